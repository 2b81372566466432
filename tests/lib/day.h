// The day of a test program and of all processes that it starts, moved by the test: notices run for working days.
//
//   RURALEDU_MOVES_DAYS();          // once in the program, at file scope
//   SetDay("2023-09-04");           // nine o'clock in Shanghai; the clock runs on from there
//   SetDay("");                     // the machine's own again
//
// The program starts itself again with tests/lib/day/preload.cc before all its libraries, and its children inherit
// that. Certificates are made on the day that it is, so set a day before the first Suite, and go on to later ones only.
#pragma once

#include <string>

namespace ruraledu::testlib {

void SetDay(const std::string& day);  // "YYYY-MM-DD"
void StartWithDays(char** arguments);

#define RURALEDU_MOVES_DAYS()                                        \
  [[gnu::constructor]] static void MoveDays(int, char** arguments) { \
    ruraledu::testlib::StartWithDays(arguments);                     \
  }                                                                  \
  static_assert(true)

}  // namespace ruraledu::testlib
