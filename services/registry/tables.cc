#include "services/registry/tables.h"

#include "absl/strings/str_format.h"
#include "common/base/clock.h"
#include "common/domain/shard.h"
#include "ruraledu/registry/v1/access.pb.h"
#include "ruraledu/registry/v1/identity.pb.h"
#include "ruraledu/registry/v1/import.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/region.pb.h"
#include "ruraledu/registry/v1/school.pb.h"

namespace ruraledu::registry {
namespace {

// Values of the columns of a typed root.
std::string Day(const google::type::Date& date) {
  return date.year() == 0 ? "" : DayText(absl::CivilDay(date.year(), date.month(), date.day()));
}

}  // namespace

const feed::RootTable kRegions{
    "region", "regions", {"code", "parent"}, feed::ColumnsOf<v1::Region>(+[](const v1::Region& r) {
      return std::vector<db::Value>{r.code(), r.parent()};
    })};

const feed::RootTable kCalendars{"calendar", "calendars", {}, feed::ColumnsOf<v1::Calendar>(+[](const v1::Calendar&) {
                                   return std::vector<db::Value>{};
                                 })};

const feed::RootTable kSchools{
    "school", "schools", {"area", "code", "state"}, feed::ColumnsOf<v1::School>(+[](const v1::School& s) {
      return std::vector<db::Value>{s.area(), s.code(), v1::SchoolState_Name(s.state())};
    })};

const feed::RootTable kClasses{"school_class",
                               "classes",
                               {"area", "school", "school_year", "display_name"},
                               feed::ColumnsOf<v1::SchoolClass>(+[](const v1::SchoolClass& c) {
                                 return std::vector<db::Value>{c.area(), c.school(), c.school_year(), c.display_name()};
                               })};

const feed::RootTable kStudents{"student",
                                "students",
                                {"area", "village", "status", "stage", "display_name", "birth_date", "household",
                                 "gone", "sort_key", "id_index", "number_index"},
                                feed::ColumnsOf<v1::Student>(+[](const v1::Student& s) {
                                  const std::string stage = s.enrolments().empty() ? "" : s.enrolments(0).stage();
                                  return std::vector<db::Value>{s.area(),
                                                                s.village(),
                                                                s.status(),
                                                                stage,
                                                                s.display_name(),
                                                                Day(s.birth_date()),
                                                                std::string(feed::IdOfName(s.household())),
                                                                s.moved_to().empty() ? s.merged_into() : s.moved_to()};
                                })};

const feed::RootTable kHouseholds{"household",
                                  "households",
                                  {"village", "source_number"},
                                  feed::ColumnsOf<v1::Household>(+[](const v1::Household& h) {
                                    return std::vector<db::Value>{h.village(), h.source_number()};
                                  })};

const feed::RootTable kTeachers{"teacher",
                                "teachers",
                                {"area", "display_name", "staff_number", "sort_key", "id_index"},
                                feed::ColumnsOf<v1::Teacher>(+[](const v1::Teacher& t) {
                                  return std::vector<db::Value>{t.area(), t.display_name(), t.staff_number()};
                                })};

const feed::RootTable kReviews{"review",
                               "reviews",
                               {"area", "state", "rank", "pair"},
                               feed::ColumnsOf<v1::IdentityReview>(+[](const v1::IdentityReview& r) {
                                 return std::vector<db::Value>{r.area(), v1::ReviewState_Name(r.state()),
                                                               absl::StrFormat("%04d", 1000 - r.score_permille())};
                               })};

const feed::RootTable kTransfers{"transfer",
                                 "transfers",
                                 {"area", "state", "student", "to_shard"},
                                 feed::ColumnsOf<v1::Transfer>(+[](const v1::Transfer& t) {
                                   return std::vector<db::Value>{t.area(), v1::TransferState_Name(t.state()),
                                                                 std::string(feed::IdOfName(t.student())),
                                                                 ShardOfName(t.to_school()).value_or("")};
                                 })};

const feed::RootTable kImports{
    "import", "imports", {"source", "batch", "state"}, feed::ColumnsOf<v1::Import>(+[](const v1::Import& i) {
      return std::vector<db::Value>{v1::ImportSource_Name(i.source()), i.batch(), v1::ImportState_Name(i.state())};
    })};

const feed::RootTable kAccounts{
    "account", "accounts", {"issuer", "subject"}, feed::ColumnsOf<v1::Account>(+[](const v1::Account& a) {
      return std::vector<db::Value>{a.issuer(), a.subject()};
    })};

const std::vector<const feed::RootTable*> kAllTables = {&kRegions,   &kCalendars,  &kSchools,  &kClasses,
                                                        &kStudents,  &kHouseholds, &kTeachers, &kReviews,
                                                        &kTransfers, &kImports,    &kAccounts};

google::protobuf::Message* NewRoot(const feed::RootTable& table) {
  if (&table == &kRegions) return new v1::Region;
  if (&table == &kCalendars) return new v1::Calendar;
  if (&table == &kSchools) return new v1::School;
  if (&table == &kClasses) return new v1::SchoolClass;
  if (&table == &kStudents) return new v1::Student;
  if (&table == &kHouseholds) return new v1::Household;
  if (&table == &kTeachers) return new v1::Teacher;
  if (&table == &kReviews) return new v1::IdentityReview;
  if (&table == &kTransfers) return new v1::Transfer;
  if (&table == &kImports) return new v1::Import;
  return new v1::Account;
}

}  // namespace ruraledu::registry
