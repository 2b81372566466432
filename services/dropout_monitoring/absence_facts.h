// What an evaluation knows of the pupils of a school: read in one snapshot, answered day by day outside of it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "ruraledu/dropout_monitoring/v1/case.pb.h"
#include "services/dropout_monitoring/attendance_rules.h"
#include "services/dropout_monitoring/calendar_rules.h"
#include "services/dropout_monitoring/standards.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {

// One pupil.
struct EvaluatedPupil {
  std::string person, area, status, status_from;
  struct Span {
    std::string school, in_class;
    ClassKind kind;
    absl::CivilDay from, until;  // first day no more
  };
  std::vector<Span> spans;
  std::vector<uint8_t> marks;  // by day and session, the meal among them
  v1::Absence before;          // without a name: none
  v1::Case open_case;          // without a name: none; without sealed fields
};

class SchoolFacts {
 public:
  // Reads the school in the transaction's snapshot; holds() is false when it has no school day on `on`.
  static absl::StatusOr<SchoolFacts> Read(db::Transaction& tx, std::string_view shard, const std::string& school,
                                          absl::CivilDay on, int32_t window_days, const WorkCalendar& work);
  bool holds() const { return holds_; }
  const std::vector<EvaluatedPupil>& pupils() const { return pupils_; }
  // The school days of a pupil in the time that its evaluation needs, in order.
  std::vector<DayFact> DaysOf(const EvaluatedPupil& pupil, const CodeList& statuses) const;
  // What the pupil is on the day.
  ClassKind KindOf(const EvaluatedPupil& pupil) const;

 private:
  absl::Status ReadWindow(db::Transaction& tx, const std::string& school, int32_t window_days);
  absl::Status ReadPupils(db::Transaction& tx, const std::string& school);
  absl::Status ReadMarks(db::Transaction& tx);
  absl::Status ReadSheets(db::Transaction& tx, const std::string& in_class);
  absl::Status TakeSheetMarks(db::Transaction& tx, const v1::Sheet& sheet);
  // Sessions of a school from from_ to on_, by day.
  absl::StatusOr<const std::vector<Sessions>*> HeldBy(db::Transaction& tx, const std::string& school);

  std::string shard_;
  absl::CivilDay on_, window_from_, from_;
  const WorkCalendar* work_ = nullptr;
  bool holds_ = false;
  std::vector<EvaluatedPupil> pupils_;
  absl::flat_hash_map<std::string, size_t> by_person_;
  std::map<std::string, std::vector<Sessions>> held_;         // by school
  std::map<std::string, std::vector<size_t>> known_rosters_;  // positions in pupils_
};

}  // namespace ruraledu::dropout_monitoring
