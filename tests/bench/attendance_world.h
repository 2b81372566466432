// The database of dropout_monitoring with invented counties in it: classes of forty, marked class by class through the
// handler, day after day, with children who stay away.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/base/clock.h"
#include "ruraledu/dropout_monitoring/v1/absence.pb.h"
#include "ruraledu/dropout_monitoring/v1/attendance.pb.h"

namespace ruraledu::bench {

class AttendanceWorld {
 public:
  // `pupils` in as many counties of prefecture 4117 as they need, who are taught on `days` days.
  AttendanceWorld(int64_t pupils, int days);
  ~AttendanceWorld();

  // Takes in the marks of one day, counted from 0, of all classes, two counties at a time; seconds.
  double TakeIn(int day);
  // Evaluates every county at the end of the day, two at a time as the job engine of a process does; seconds.
  double Evaluate(int day);

  int64_t sheets() const { return sheets_; }
  const dropout_monitoring::v1::EvaluationResult& result() const { return result_; }
  // "person,day,mark" of every mark there is on the day, as plain rows: 1 present, 2 leave, 3 absent.
  void WriteRows(int day, const std::string& file) const;

 private:
  class Service;
  enum class Marked { kNothing, kPresent, kLeave, kAbsent };
  Marked MarkOf(int64_t pupil, int day) const;
  void Fill(const std::string& county, int64_t from, int64_t until);
  void TakeInCounty(const std::string& county, int64_t from, int64_t until, int day);
  dropout_monitoring::v1::EvaluationResult EvaluateCounty(const std::string& county, int day);
  // Calls `work` for every county, two at a time; seconds.
  double EachCounty(const std::function<void(size_t)>& work);

  struct County {
    std::string code;
    int64_t from = 0, until = 0;  // pupils
  };
  const int64_t pupils_;
  std::vector<absl::CivilDay> days_;
  std::vector<County> counties_;
  FakeClock clock_;
  std::unique_ptr<Service> service_;
  int64_t sheets_ = 0;
  dropout_monitoring::v1::EvaluationResult result_;
};

}  // namespace ruraledu::bench
