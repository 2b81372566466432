#include "services/student_aid/consent_store.h"

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/data_table.h"

namespace ruraledu::student_aid {
namespace {

// Who was merged into whom, in a county.
absl::StatusOr<std::map<std::string, std::string>> MergesOf(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, merged_into FROM pupil WHERE shard = $1 AND merged_into <> ''", shard));
  std::map<std::string, std::string> merges;
  for (const db::Row& row : rows) {
    merges[row.Text(0)] = row.Text(1);
  }
  return merges;
}

// Adds pupils of the rows to a roll, each as the person who stays.
class Roll {
 public:
  Roll(db::Transaction& tx, std::string_view shard) : tx_(tx), shard_(shard) {}

  absl::Status Open() {
    ASSIGN_OR_RETURN(merges_, MergesOf(tx_, shard_));
    return absl::OkStatus();
  }
  // `area`: of the row's person.
  absl::StatusOr<std::pair<std::string, ConsentRoll::Pupil*>> Get(const std::string& person, const std::string& area) {
    if (!merges_.contains(person)) {
      ConsentRoll::Pupil& pupil = roll.pupils[person];
      pupil.area = area;
      return std::pair(person, &pupil);
    }
    ASSIGN_OR_RETURN(const std::string stays, WhoStays(tx_, shard_, person));
    ASSIGN_OR_RETURN(const auto place, FindPupil(tx_, shard_, stays));
    ConsentRoll::Pupil& pupil = roll.pupils[stays];
    pupil.area = place.has_value() ? place->area : area;
    return std::pair(stays, &pupil);
  }
  ConsentRoll roll;

 private:
  db::Transaction& tx_;
  const std::string shard_;
  std::map<std::string, std::string> merges_;
};

}  // namespace

std::string EndedText(std::string day, std::vector<db::Value>* args) {
  args->push_back(std::move(day));
  return absl::StrCat("withdrawn_on = '' AND valid_until <= $", args->size());
}

std::string InStateText(v1::ConsentState state, std::string day, std::vector<db::Value>* args) {
  if (state == v1::CONSENT_STATE_WITHDRAWN) {
    return "withdrawn_on <> ''";
  }
  if (state == v1::CONSENT_STATE_EXPIRED) {
    return EndedText(std::move(day), args);
  }
  args->push_back(std::move(day));
  return absl::StrCat("withdrawn_on = '' AND valid_until > $", args->size());
}

absl::StatusOr<std::optional<absl::CivilDay>> BirthDateOf(db::Transaction& tx, std::string_view shard,
                                                          std::string_view person) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT body, sealed, version FROM pupil WHERE shard = $1 AND id = $2", shard, person));
  if (!row.has_value()) {
    return std::optional<absl::CivilDay>();
  }
  registry_v1::Student student;
  RETURN_IF_ERROR(feed::ReadRoot(*row, 0, kPupils, person, nullptr, &student));
  return DayOf(student.birth_date());
}

absl::StatusOr<ConsentFacts> ConsentFactsOf(db::Transaction& tx, std::string_view shard, std::string_view person,
                                            std::string_view use) {
  ConsentFacts facts;
  ASSIGN_OR_RETURN(facts.birth, BirthDateOf(tx, shard, person));
  ASSIGN_OR_RETURN(std::vector<std::string> persons, AliasesOf(tx, shard, person));
  persons.emplace_back(person);
  for (const std::string& one : persons) {
    ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM consent WHERE shard = $1 AND "
                                               "person = $2 AND use_code = $3 ORDER BY id",
                                               shard, one, use));
    ASSIGN_OR_RETURN(auto consents, feed::ReadRoots<v1::Consent>(rows, kConsents, nullptr));
    std::move(consents.begin(), consents.end(), std::back_inserter(facts.consents));
  }
  return facts;
}

absl::StatusOr<ConsentRoll> ReadConsentRoll(db::Transaction& tx, std::string_view shard, std::string_view school_year) {
  Roll roll(tx, shard);
  RETURN_IF_ERROR(roll.Open());
  ASSIGN_OR_RETURN(const auto consents,
                   tx.Query("SELECT c.person, p.area, c.use_code, c.valid_until, c.withdrawn_on FROM consent c JOIN "
                            "pupil p ON p.shard = c.shard AND p.id = c.person WHERE c.shard = $1 ORDER BY c.id",
                            shard));
  for (const db::Row& row : consents) {
    ASSIGN_OR_RETURN(const auto found, roll.Get(row.Text(0), row.Text(1)));
    ConsentSpan& span = found.second->spans.emplace_back();
    span.person = found.first;
    span.use = row.Text(2);
    span.withdrawn = !row.Text(4).empty();
    ParseDay(row.Text(3), &span.until);
  }
  ASSIGN_OR_RETURN(
      const auto identified,
      tx.Query("SELECT i.person, p.area FROM identification i JOIN pupil p ON p.shard = i.shard AND p.id = i.person "
               "WHERE i.shard = $1 AND i.school_year = $2 AND i.state NOT IN ($3, $4, $5)",
               shard, school_year, v1::IdentificationState_Name(v1::IDENTIFICATION_STATE_NOTIFIED),
               v1::IdentificationState_Name(v1::IDENTIFICATION_STATE_REJECTED),
               v1::IdentificationState_Name(v1::IDENTIFICATION_STATE_REVOKED)));
  for (const db::Row& row : identified) {
    ASSIGN_OR_RETURN(const auto found, roll.Get(row.Text(0), row.Text(1)));
    found.second->identified = true;
  }
  return std::move(roll.roll);
}

}  // namespace ruraledu::student_aid
