// The SQL of other departments' aid, and everything that counts under caps for a pupil.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/db/db.h"
#include "common/domain/area.h"
#include "services/student_aid/department_rules.h"
#include "services/student_aid/policy_rules.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {

// Rows of lists that count, of some persons or those who were merged into them, given from one day to another, both
// included; by the person who stays, in order of day and id. Without their sealed fields unless there is a sealer.
absl::StatusOr<std::map<std::string, std::vector<v1::DepartmentAid>>> DepartmentAidOf(
    db::Transaction& tx, const crypto::Sealer* sealer, std::string_view shard, const std::vector<std::string>& persons,
    absl::CivilDay from, absl::CivilDay to);

// The same of applications of some terms, without sealed fields.
absl::StatusOr<std::map<std::string, std::vector<v1::Application>>> ApplicationsOf(
    db::Transaction& tx, std::string_view shard, const std::vector<std::string>& persons,
    const std::vector<std::string>& terms);

// Money of a pupil that counts under caps around a term: own applications, and what others gave (lists of departments,
// recorded aid of other systems).
struct PupilMoney {
  std::vector<v1::Application> own;
  std::vector<v1::CountedAid> others;
};
absl::StatusOr<std::map<std::string, PupilMoney>> MoneyOf(db::Transaction& tx, const PolicyBook& book,
                                                          const DepartmentBook& departments, std::string_view shard,
                                                          const std::vector<std::string>& persons, const Term& term);

// Ids of the lists that count, of a slot or with a digest; "": any.
absl::StatusOr<std::vector<std::string>> CountedLists(db::Transaction& tx, std::string_view shard,
                                                      std::string_view slot, std::string_view digest);

// Persons of an area with rows of lists that count, given from one day to another, behind a person, in order.
absl::StatusOr<std::vector<std::string>> AidedByOthers(db::Transaction& tx, std::string_view shard,
                                                       const AreaRange& within, absl::CivilDay from, absl::CivilDay to,
                                                       std::string_view after, int64_t limit);

// What counts beside an application: an approval looks at what is promised, an order at what was ordered, so that of
// two approved ones that do not fit together the first one goes.
using CountsBeside = bool (*)(const v1::Application& application);

// Checks applications of one county against the caps, one after the other within one write: what passed counts for
// those behind it.
class CapCheck {
 public:
  CapCheck(const PolicyBook& book, const DepartmentBook& departments, CountsBeside beside)
      : book_(book), departments_(departments), beside_(beside) {}

  // Reads what the persons have around the term. Nothing is read where no cap holds.
  absl::Status Read(db::Transaction& tx, const std::vector<std::string>& persons, const Term& term);
  // AID_CAP_EXCEEDED.
  absl::Status Check(const v1::Application& application);

 private:
  struct Known {
    std::vector<v1::CountedAid> others;
    std::map<std::string, v1::CountedAid> promised;  // by application
  };
  const PolicyBook& book_;
  const DepartmentBook& departments_;
  const CountsBeside beside_;
  std::string region_;
  std::map<std::string, Known> known_;  // by term and person
  std::map<std::string, bool> capped_;  // by term
};

}  // namespace ruraledu::student_aid
