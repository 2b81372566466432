#!/bin/bash
# The tests of common/rpc, common/db and common/feed under the thread sanitizer (preset "tsan", suppressions in tests/tsan.supp).
# usage: tests/tsan.sh [--gtest_filter=...]
# Not part of the normal tests: a build of its own, and some ten times slower.
set -euo pipefail
cd "$(dirname "$(dirname "$(readlink -f "$0")")")"
export TSAN_OPTIONS="suppressions=$PWD/tests/tsan.supp:ignore_noninstrumented_modules=1"
cmake --preset tsan
cmake --build build/tsan -j "${RURALEDU_JOBS:-2}" --target common_rpc_tests common_db_tests common_feed_tests
failed=0
for module in rpc db feed; do
  "build/tsan/tests/common_${module}_tests" "$@" || failed=1
done
exit $failed
