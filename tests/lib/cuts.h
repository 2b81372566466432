// Before which statements the tests of faults cut off: every so many, in every run from another one on, so that in time
// each statement has its turn and no run takes long.
//
// RURALEDU_FAULT_STRIDE: every how many statements; 1: before each of them. RURALEDU_FAULT_FIRST: statements that work
// before the first cut, to repeat a run.
#pragma once

#include <algorithm>
#include <random>

#include "tests/lib/setting.h"

namespace ruraledu::testlib {

struct Cuts {
  explicit Cuts(int64_t otherwise)
      : stride(std::max<int64_t>(1, Setting("RURALEDU_FAULT_STRIDE", otherwise))),
        first(Setting("RURALEDU_FAULT_FIRST", std::random_device{}() % stride)) {}

  const int64_t stride, first;
};

}  // namespace ruraledu::testlib
