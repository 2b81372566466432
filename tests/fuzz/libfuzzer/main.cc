// One target as libFuzzer wants it, for builds with Clang: RURALEDU_FUZZ_TARGET=text ruraledu_fuzz <corpus folder>.
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using ruraledu::fuzz::Target;
  static const Target& target = [&]() -> const Target& {
    const char* name = std::getenv("RURALEDU_FUZZ_TARGET");
    for (const Target& one : ruraledu::fuzz::Targets()) {
      if (name != nullptr && one.name == name) {
        return one;
      }
    }
    std::cerr << "RURALEDU_FUZZ_TARGET names no target\n";
    std::exit(2);
  }();
  const std::string problem = target.run({reinterpret_cast<const char*>(data), size});
  if (!problem.empty()) {
    std::cerr << problem << "\n";
    std::abort();
  }
  return 0;
}
