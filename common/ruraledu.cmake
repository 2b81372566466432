# Build settings and the functions that make a target from a folder.

include(CTest)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(RURALEDU_SANITIZE "" CACHE STRING "Comma-separated sanitizers, e.g. address,undefined")
set(GOOGLEAPIS_DIR "/usr/share/gocode/src/github.com/gogo/googleapis" CACHE PATH
    "Where google/api, google/rpc and google/type protos are (golang-github-gogo-googleapis-dev)")

find_program(CCACHE ccache)
if(CCACHE)  # with what the cache must overlook to keep files that use a precompiled header
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
  else()
    add_compile_options(-fpch-preprocess)
  endif()
endif()

add_compile_options(-Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers)
# Optimising, g++ 12 warns of what is not there inside std::string, std::variant and absl's maps (GCC bugs 105329, 105562,
# 104475); the sanitizer build looks for the real ones.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  foreach(warning restrict maybe-uninitialized free-nonheap-object)
    add_compile_options($<$<NOT:$<CONFIG:Debug>>:-Wno-${warning}>)
  endforeach()
else()
  # The packaged libraries are g++'s: names of templates as it mangles them. And libstdc++ itself uses get_temporary_buffer.
  add_compile_options(-fclang-abi-compat=17 -Wno-deprecated-declarations)
  add_link_options(-fuse-ld=lld)  # a fifth of the time of ld, and half its memory
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  # -g1 keeps line numbers for sanitizer reports at half the object size. Tests are built fast, the product runs fast: -O1 costs a library a
  # third of its compile time and a test program three times its own, and halves the time that servers take in tests.
  set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
  set(RURALEDU_LIBRARY_OPTIONS -O1)
else()
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
endif()
if(RURALEDU_SANITIZE)
  add_compile_options(-fsanitize=${RURALEDU_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${RURALEDU_SANITIZE})
  if(RURALEDU_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
    # Not these, which double generated and templated code: what null and object-size find, the address sanitizer finds too;
    # misaligned access and wrong dynamic types stay unseen, for a clean build within its time (with them clang takes a third longer).
    add_compile_options(-fno-sanitize=null,alignment,vptr,object-size)
    # The product is looked at for undefined behaviour; the tests are not: two fifths of the time that one takes to compile.
    set(RURALEDU_TEST_OPTIONS -fno-sanitize=undefined)
  endif()
  if(RURALEDU_SANITIZE MATCHES "thread")
    add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)  # the sanitizer does not see Boost.Asio's fences: what they guard is behind mutexes too
  endif()
endif()

find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(EXPAT REQUIRED)
find_package(ZLIB REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(tomlplusplus CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(ICU REQUIRED IMPORTED_TARGET icu-uc icu-i18n)
pkg_check_modules(GRPC REQUIRED IMPORTED_TARGET grpc++)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
# Its -D_FILE_OFFSET_BITS=64 says nothing on a 64-bit machine, and keeps precompiled headers from being used.
set_target_properties(PkgConfig::HIREDIS PROPERTIES INTERFACE_COMPILE_OPTIONS "" INTERFACE_COMPILE_DEFINITIONS "")
pkg_check_modules(MINIZIP REQUIRED IMPORTED_TARGET minizip)
find_library(FREEXL_LIBRARY freexl REQUIRED)
find_library(XLSXWRITER_LIBRARY xlsxwriter REQUIRED)
find_library(GRPC_REFLECTION_LIBRARY grpc++_reflection REQUIRED)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)
if(BUILD_TESTING)
  find_package(GTest REQUIRED)
endif()

include_directories(${CMAKE_SOURCE_DIR})

# Debian builds Abseil as C++14, so absl::string_view is a class of its own that does not convert from or to std::string_view. The suite
# speaks std::string_view: the headers are taken with implicit conversions added. Layout and symbols stay those of the packaged library
# (common/decisions/0003-string-view.md).
function(ruraledu_bridge_header header after added)
  file(READ /usr/include/${header} text)
  string(FIND "${text}" "${after}" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "${header} is not the one that this build knows: '${after}' is not in it")
  endif()
  string(REPLACE "${after}" "${added}${after}" text "${text}")
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/bridge/${header} CONTENT "${text}" @ONLY)
endfunction()
file(READ /usr/include/absl/base/options.h absl_options)
if(absl_options MATCHES "define ABSL_OPTION_USE_STD_STRING_VIEW 0")
  ruraledu_bridge_header(absl/strings/string_view.h "  // Null `string_view` constructor\n"
    "  constexpr string_view(std::string_view text) noexcept : ptr_(text.data()), length_(text.size()) {}  // NOLINT
  constexpr operator std::string_view() const noexcept { return {ptr_, length_}; }  // NOLINT\n")
  file(READ ${CMAKE_BINARY_DIR}/bridge/absl/strings/string_view.h bridged)
  string(REPLACE "#include <string>\n" "#include <string>\n#include <string_view>\n" bridged "${bridged}")
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/bridge/absl/strings/string_view.h CONTENT "${bridged}" @ONLY)
  ruraledu_bridge_header(absl/strings/str_cat.h "  // No bool ctor -- bools convert to an integral type.\n"
    "  AlphaNum(std::string_view text) : piece_(text) {}  // NOLINT\n")
  ruraledu_bridge_header(absl/strings/internal/str_split_internal.h "  ConvertibleToStringView(const char* s)"
    "  ConvertibleToStringView(std::string_view s) : value_(s) {}  // NOLINT\n")
  include_directories(BEFORE SYSTEM ${CMAKE_BINARY_DIR}/bridge)
endif()

# Precompiled headers, in sanitizer builds (optimising, g++ 12 takes headers from there as ours to warn of): one of what nearly every file
# includes for libraries, whose code is position independent, one with GoogleTest for test programs, and for large targets one of their own
# with what all of their files include. They halve a clean build; no source may rely on them (RURALEDU_PCH=OFF builds without).
option(RURALEDU_PCH "Precompile protobuf, Abseil, the standard library, GoogleTest and the central headers of services" ON)
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(RURALEDU_PCH OFF)
endif()
function(ruraledu_precompile target)
  target_link_libraries(${target} PRIVATE protobuf::libprotobuf absl::statusor absl::str_format absl::time
                                          absl::flat_hash_map absl::flat_hash_set)
  target_precompile_headers(${target} PRIVATE <algorithm> <functional> <map> <memory> <optional> <set> <string> <vector>
    <absl/container/flat_hash_map.h> <absl/container/flat_hash_set.h> <absl/status/statusor.h> <absl/strings/str_cat.h>
    <absl/strings/str_format.h> <absl/strings/str_join.h> <absl/strings/str_split.h> <absl/time/civil_time.h>
    <absl/time/time.h> <google/protobuf/map_field.h> <google/protobuf/message.h> ${ARGN})
endfunction()
if(RURALEDU_PCH)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/pch/main.cc CONTENT "int main() {}\n")
  add_library(ruraledu_pch OBJECT ${CMAKE_BINARY_DIR}/pch/main.cc)
  target_compile_options(ruraledu_pch PRIVATE ${RURALEDU_LIBRARY_OPTIONS})
  ruraledu_precompile(ruraledu_pch)
  if(BUILD_TESTING)
    add_executable(ruraledu_test_pch ${CMAKE_BINARY_DIR}/pch/main.cc)
    target_link_libraries(ruraledu_test_pch PRIVATE GTest::gmock)
    target_compile_options(ruraledu_test_pch PRIVATE ${RURALEDU_TEST_OPTIONS})
    ruraledu_precompile(ruraledu_test_pch <gmock/gmock.h> <gtest/gtest.h>)
  endif()
endif()
# Headers of its own when there are any, else those of the shared target.
function(ruraledu_use_precompiled target shared)
  if(RURALEDU_PCH AND ARGN)
    ruraledu_precompile(${target} ${ARGN})
  elseif(RURALEDU_PCH)
    target_precompile_headers(${target} REUSE_FROM ${shared})
  endif()
endfunction()

# ruraledu_library(<target> <folder> [PATTERN *.cc] [HEADERS header...] [DEPS target...])
# A static library of the folder's sources, or an interface library while it has none. HEADERS: precompiled for it.
function(ruraledu_library target folder)
  cmake_parse_arguments(ARG "" "" "PATTERN;EXCLUDE;HEADERS;DEPS" ${ARGN})
  if(NOT ARG_PATTERN)
    set(ARG_PATTERN "*.cc")
  endif()
  set(sources "")
  foreach(pattern ${ARG_PATTERN})
    file(GLOB matched CONFIGURE_DEPENDS ${folder}/${pattern})
    list(APPEND sources ${matched})
  endforeach()
  foreach(pattern ${ARG_EXCLUDE})
    list(FILTER sources EXCLUDE REGEX "/${pattern}$")
  endforeach()
  if(sources)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PUBLIC ${ARG_DEPS})
    target_compile_options(${target} PRIVATE ${RURALEDU_LIBRARY_OPTIONS})
    ruraledu_use_precompiled(${target} ruraledu_pch ${ARG_HEADERS})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${ARG_DEPS})
  endif()
endfunction()

# ruraledu_schema(<target> <module> <folder>): embeds <folder>/schema/NNNN_*.sql into the target as
# ruraledu::<module>::Schema(), declared in the generated "schema/<module>.h".
function(ruraledu_schema target module folder)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/schema/*.sql)
  if(NOT files)
    return()
  endif()
  list(SORT files)
  set(header ${CMAKE_BINARY_DIR}/gen/schema/${module}.h)
  set(source ${CMAKE_BINARY_DIR}/gen/schema/${module}.cc)
  set(rows "")
  foreach(file ${files})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME)
    string(REGEX MATCH "^[0-9]+" number ${name})
    math(EXPR number "1${number} - 10000")
    file(READ ${file} text)
    string(APPEND rows "    {\"${module}\", ${number}, R\"sql(${text})sql\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${header} @ONLY CONTENT
"#pragma once\n#include \"absl/types/span.h\"\n#include \"common/db/db.h\"\n
namespace ruraledu::@module@ {\nabsl::Span<const ruraledu::db::Migration> Schema();\n}\n")
  file(WRITE ${source}.new "#include \"schema/${module}.h\"\n\nnamespace ruraledu::${module} {
absl::Span<const ruraledu::db::Migration> Schema() {\n  static constexpr ruraledu::db::Migration kMigrations[] = {\n${rows}  };
  return kMigrations;\n}\n}\n")
  file(COPY_FILE ${source}.new ${source} ONLY_IF_DIFFERENT)
  target_sources(${target} PRIVATE ${source})
  target_include_directories(${target} PUBLIC ${CMAKE_BINARY_DIR}/gen)
endfunction()

# ruraledu_module(<name> [DEPS target...]): the library ruraledu_<name> from common/<name>.
function(ruraledu_module name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  ruraledu_library(ruraledu_${name} ${CMAKE_SOURCE_DIR}/common/${name} DEPS ${ARG_DEPS})
  get_target_property(type ruraledu_${name} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    ruraledu_schema(ruraledu_${name} ${name} ${CMAKE_SOURCE_DIR}/common/${name})
  endif()
endfunction()

# Environment of every test program, also of those that are entered by hand: what the sanitizers overlook, and who names lines for them.
set(RURALEDU_LSAN "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/lsan.supp:print_suppressions=0"
                  "ASAN_SYMBOLIZER_PATH=/usr/lib/llvm-19/bin/llvm-symbolizer")

# ruraledu_tests(<folder> [SHARDS n] [DEPS target...]): one test binary <folder>_tests of tests/<folder>/*_test.cc, known to CTest; its
# tests in n entries <folder>_1, ... that may run at once, before shorter ones. The folder's fixture.h, if there is one, is precompiled.
function(ruraledu_tests folder)
  cmake_parse_arguments(ARG "" "SHARDS" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${folder}/*.cc)
  if(NOT sources)
    return()
  endif()
  string(REPLACE "/" "_" target ${folder})
  add_executable(${target}_tests ${sources})
  target_link_libraries(${target}_tests PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${target}_tests PRIVATE RURALEDU_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  # `if (x) EXPECT_EQ(...)` is right: GoogleTest's macros guard it in their own way.
  target_compile_options(${target}_tests PRIVATE ${RURALEDU_TEST_OPTIONS} $<$<CXX_COMPILER_ID:GNU>:-Wno-dangling-else>)
  file(GLOB fixture CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${folder}/fixture.h)
  ruraledu_use_precompiled(${target}_tests ruraledu_test_pch ${fixture})
  if(NOT ARG_SHARDS)
    set(ARG_SHARDS 1)
  endif()
  foreach(shard RANGE 1 ${ARG_SHARDS})
    set(entry ${target})
    if(ARG_SHARDS GREATER 1)
      set(entry ${target}_${shard})
    endif()
    math(EXPR index "${shard} - 1")
    add_test(NAME ${entry} COMMAND ${target}_tests WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${entry} PROPERTIES COST ${ARG_SHARDS} ENVIRONMENT
      "${RURALEDU_LSAN};GTEST_TOTAL_SHARDS=${ARG_SHARDS};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()

# ruraledu_service(<name> [SHARDS n] [DEPS target...]): the targets of services/<name>, see design of one service in README.md.
#   <name>_rules   *_rules.cc: pure decisions, link messages, base and domain only
#   <name>         everything else but main.cc
#   <name>_server  main.cc, the binary
function(ruraledu_service name)
  cmake_parse_arguments(ARG "" "SHARDS" "DEPS" ${ARGN})
  set(folder ${CMAKE_SOURCE_DIR}/services/${name})
  ruraledu_library(${name}_rules ${folder} PATTERN "*_rules.cc" DEPS ruraledu_proto ruraledu_domain)
  ruraledu_library(${name} ${folder} EXCLUDE "[^/]*_rules.cc" "main.cc" DEPS ${name}_rules ruraledu_rpc ${ARG_DEPS}
                   HEADERS ${folder}/handlers.h ${folder}/store.h ${CMAKE_SOURCE_DIR}/common/rpc/resources.h)
  ruraledu_schema(${name} ${name} ${folder})
  if(EXISTS ${folder}/main.cc)
    add_executable(${name}_server ${folder}/main.cc)
    target_link_libraries(${name}_server PRIVATE ${name})
  endif()
  if(BUILD_TESTING)
    ruraledu_tests(${name} SHARDS ${ARG_SHARDS} DEPS ${name} ruraledu_testlib)
  endif()
endfunction()
