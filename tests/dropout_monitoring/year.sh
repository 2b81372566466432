#!/bin/bash
# A whole county over a whole school year beside the oracle: 80,000 pupils, 200 school days. Takes the tests of a build
# without sanitizers: tests/dropout_monitoring/year.sh build/bench
set -eu
cd "$(dirname "$0")/../.."
export RURALEDU_YEAR_PUPILS=${RURALEDU_YEAR_PUPILS:-80000}
time "${1:-build/bench}/services/dropout_monitoring/dropout_monitoring_tests" --gtest_filter='YearTest.*'
