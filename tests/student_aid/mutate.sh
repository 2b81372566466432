#!/bin/sh
# Applies every mutation of mutations.txt to a copy of the rules and expects the tests of the rules to fail.
# usage: tests/student_aid/mutate.sh BUILD_DIR   (student_aid_rules must be built there; not part of the normal tests)
# CXXFLAGS adds flags that the build used, e.g. "-fsanitize=address,undefined".
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
flags="-std=c++20 -O0 -w -I$root -isystem $build/gen -DRURALEDU_SOURCE_DIR=\"$root\" ${CXXFLAGS:-}"
libs="$build/common/libruraledu_domain.a $build/common/libruraledu_base.a $build/proto/libruraledu_proto.a
      -lgmock -lgtest -lgtest_main -lpthread $(pkg-config --libs protobuf icu-uc icu-i18n absl_status absl_statusor \
      absl_strings absl_str_format absl_time absl_civil_time absl_flat_hash_map absl_flat_hash_set absl_synchronization absl_random_random absl_cord)"
rules=$build/services/student_aid/libstudent_aid_rules.a
for test in "$root"/tests/student_aid/*_rules_test.cc; do
  c++ $flags -c "$test" -o "$tmp/$(basename "$test").o" || exit 2
done
c++ $flags "$tmp"/*_test.cc.o "$rules" $libs -o "$tmp/tests" || exit 2
"$tmp/tests" > "$tmp/log" 2>&1 || { echo "the tests fail without a mutation"; tail -20 "$tmp/log"; exit 2; }
survived=0
while IFS='|' read -r file edit what; do
  case $file in \#* | '') continue ;; esac
  file=$(echo "$file" | tr -d ' ')
  rm -rf "$tmp/tree" && mkdir -p "$tmp/tree/$(dirname "$file")" && cp -r "$root/deploy" "$tmp/tree/"
  sed "$(echo "$edit" | sed 's/^ //; s/ $//')" "$root/$file" > "$tmp/tree/$file"
  if cmp -s "$root/$file" "$tmp/tree/$file"; then
    echo "NOT APPLIED $file:$what"; survived=1; continue
  fi
  run=$tmp/tests
  case $file in *.cc)
    run=$tmp/mutant
    # The mutant comes before the archive, whose object of the same name is then not needed.
    c++ $flags -c "$tmp/tree/$file" -o "$tmp/mutant.o" && c++ $flags "$tmp"/*_test.cc.o "$tmp/mutant.o" "$rules" $libs \
      -o "$run" || { echo "NOT BUILT $file:$what"; survived=1; continue; } ;;
  esac
  if RURALEDU_MUTATED_SOURCE=$tmp/tree "$run" > "$tmp/log" 2>&1; then
    echo "SURVIVED $file:$what"; survived=1
  else
    echo "caught $file:$what  by $(grep -m1 -o '\[  FAILED  \] [A-Za-z0-9]*\.[A-Za-z0-9]*' "$tmp/log" | cut -d' ' -f6)"
  fi
done < "$root/tests/student_aid/mutations.txt"
exit $survived
