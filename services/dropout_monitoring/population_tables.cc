#include "services/dropout_monitoring/population_tables.h"

#include "absl/strings/match.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/data_table.h"

namespace ruraledu::dropout_monitoring {
namespace {

// '' of a student.
std::string KeepUntil(const v1::ComparisonFinding& finding) {
  return AboutStudent(finding) ? "" : DayText(DayOf(finding.keep_until()).value_or(kLastDay));
}

}  // namespace

bool AboutStudent(const v1::ComparisonFinding& finding) {
  return absl::StrContains(finding.source(), "/students/");
}

const feed::RootTable kResidents{"resident",
                                 "residents",
                                 {"area", "matched", "student", "keep_until"},
                                 feed::ColumnsOf<v1::Resident>(+[](const v1::Resident& r) {
                                   const bool unknown =
                                       r.student().empty() && r.has_birth_date();  // an erased one has none
                                   return std::vector<db::Value>{r.area(), v1::ResidentMatch_Name(r.match()),
                                                                 std::string(feed::IdOfName(r.student())),
                                                                 unknown ? DayTextOf(r.keep_until()) : std::string()};
                                 })};

const feed::RootTable kComparisonFindings{"comparison_finding",
                                          "comparisonFindings",
                                          {"area", "kind", "child_key", "is_open", "found_by", "gone_by", "keep_until"},
                                          feed::ColumnsOf<v1::ComparisonFinding>(+[](const v1::ComparisonFinding& f) {
                                            return std::vector<db::Value>{
                                                f.area(),      v1::ComparisonKind_Name(f.kind()),
                                                f.child_key(), int64_t{f.gone_by().empty()},
                                                f.found_by(),  f.gone_by(),
                                                KeepUntil(f)};
                                          })};

const feed::RootTable kComparisonRuns{"comparison_run",
                                      "comparisonRuns",
                                      {"area", "on_day"},
                                      feed::ColumnsOf<v1::ComparisonRun>(+[](const v1::ComparisonRun& r) {
                                        return std::vector<db::Value>{r.area(), DayTextOf(r.on())};
                                      })};

const feed::RootTable kChildLedgers{"child_ledger",
                                    "childLedgers",
                                    {"area", "kind", "state", "number"},
                                    feed::ColumnsOf<v1::ChildLedger>(+[](const v1::ChildLedger& l) {
                                      return std::vector<db::Value>{l.area(), v1::LedgerKind_Name(l.kind()),
                                                                    v1::LedgerState_Name(l.state()),
                                                                    int64_t{l.version_number()}};
                                    })};

}  // namespace ruraledu::dropout_monitoring
