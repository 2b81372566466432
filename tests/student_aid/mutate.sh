#!/bin/sh
# Applies every mutation of mutations.txt to a copy of the rules and expects the tests of the rules to fail.
# usage: tests/student_aid/mutate.sh BUILD_DIR [WORD]   (ruraledu_domain must be built there; not part of the normal tests)
# WORD: only the mutations whose line holds it. CXXFLAGS adds flags that the build used, e.g.
# "-fsanitize=address,undefined". About 10 seconds each.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
only=${2:-}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bridge=
[ -d "$build/bridge" ] && bridge="-isystem $build/bridge"
flags="-std=c++20 -O0 -w $bridge -I$root -isystem $build/gen -DRURALEDU_SOURCE_DIR=\"$root\" ${CXXFLAGS:-}"
libs="$build/common/libruraledu_domain.a $build/common/libruraledu_base.a $build/proto/libruraledu_proto.a
      -lgmock -lgtest -lgtest_main -lpthread $(pkg-config --libs protobuf icu-uc icu-i18n absl_status absl_statusor \
      absl_strings absl_str_format absl_time absl_civil_time absl_flat_hash_map absl_flat_hash_set absl_synchronization absl_random_random absl_cord)"
mkdir "$tmp/tests" "$tmp/rules"
for source in "$root"/tests/student_aid/*_rules_test.cc; do
  c++ $flags -c "$source" -o "$tmp/tests/$(basename "$source").o" || exit 2
done
# What may be mutated is an archive: a mutant that is named before it takes the place of its member.
for source in "$root"/services/student_aid/*_rules.cc "$root"/common/base/proto_day.cc \
              "$root"/common/domain/school_year.cc; do
  c++ $flags -c "$source" -o "$tmp/rules/$(basename "$source" .cc).o" || exit 2
done
ar rcs "$tmp/rules.a" "$tmp"/rules/*.o
c++ $flags "$tmp"/tests/*.o "$tmp/rules.a" $libs -o "$tmp/run" || exit 2
"$tmp/run" > "$tmp/log" 2>&1 || { echo "the tests fail without a mutation"; tail -20 "$tmp/log"; exit 2; }
failed=0 caught=0
while IFS='@' read -r file edit what; do
  case $file in \#* | '') continue ;; esac
  case "$file $edit $what" in *"$only"*) ;; *) continue ;; esac
  file=$(echo "$file" | tr -d ' ')
  rm -rf "$tmp/tree" && mkdir -p "$tmp/tree/$(dirname "$file")" && cp -r "$root/deploy" "$tmp/tree/"
  sed "$edit" "$root/$file" > "$tmp/tree/$file"
  changed=$(diff "$root/$file" "$tmp/tree/$file" | grep -c '^>')
  if [ "$changed" -ne 1 ]; then
    echo "NOT APPLIED to one line but $changed: $file:$what"; failed=1; continue
  fi
  run=$tmp/run
  case $file in *.cc)
    run=$tmp/mutant
    c++ $flags -c "$tmp/tree/$file" -o "$tmp/mutant.o" &&
      c++ $flags "$tmp"/tests/*.o "$tmp/mutant.o" "$tmp/rules.a" $libs -o "$run" ||
      { echo "NOT BUILT $file:$what"; failed=1; continue; } ;;
  esac
  if RURALEDU_MUTATED_SOURCE=$tmp/tree timeout 300 "$run" --gtest_fail_fast > "$tmp/log" 2>&1; then
    echo "SURVIVED $file:$what"; failed=1
  else
    caught=$((caught + 1))
    echo "caught $file:$what by $(grep -m1 -o '\[  FAILED  \] [A-Za-z0-9]*\.[A-Za-z0-9]*' "$tmp/log" | cut -d' ' -f6)"
  fi
done < "$root/tests/student_aid/mutations.txt"
echo "$caught caught"
exit $failed
