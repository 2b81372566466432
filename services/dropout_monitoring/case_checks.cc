#include "services/dropout_monitoring/case_checks.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/rpc/resources.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/report_rules.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kMostRows = 20;
constexpr std::string_view kChangeable[] = {"reason_code", "poverty_caused", "measures",
                                            "roles",       "placement",      "officer"};

void CheckCode(const CodeList& list, absl::CivilDay today, const std::string& code, const std::string& field,
               Violations* violations) {
  if (!code.empty() && list.Find(code, today) == nullptr) {
    violations->Add(field, "CODE_UNKNOWN", {{"list", list.name()}});
  }
}

}  // namespace

absl::Status CheckUnlocked(db::Transaction& tx, absl::CivilDay on) {
  const std::string month = MonthOf(on);
  ASSIGN_OR_RETURN(const auto reviews, ReviewsThatLock(tx, tx.shard(), month));
  return reviews.empty() ? absl::OkStatus() : Fail("PERIOD_APPROVED", {{"review", reviews[0]}, {"period", month}});
}

CaseAct CaseActOf(rpc::Call& call, std::string reason) {
  const auto& access = call.caller().access;
  const bool person = access != nullptr && !access->person.empty();
  return {person ? access->person : call.caller().subject, call.clock().Today(), std::move(reason)};
}

void CheckChild(const v1::ChildFile& child, const std::string& field, Violations* violations) {
  violations->MostBytes(field + ".display_name", child.display_name(), kMostCaseName);
  violations->MostBytes(field + ".household_address", child.household_address(), kMostCaseName);
  violations->MostBytes(field + ".current_address", child.current_address(), kMostCaseName);
  DayOf(child.birth_date(), field + ".birth_date", violations);
  violations->MostElements(field + ".guardians", child.guardians_size(), kMostRows);
  for (const v1::CaseGuardian& guardian : child.guardians()) {
    violations->MostBytes(field + ".guardians.display_name", guardian.display_name(), kMostCaseName);
    violations->MostBytes(field + ".guardians.migrant_place", guardian.migrant_place(), kMostCaseName);
  }
}

void CheckEvidence(const CaseCodes& codes, absl::CivilDay today,
                   const google::protobuf::RepeatedPtrField<v1::CaseEvidence>& evidence, const std::string& field,
                   Violations* violations) {
  violations->MostElements(field, evidence.size(), kMostRows);
  for (int i = 0; i < evidence.size(); ++i) {
    const std::string at = absl::StrCat(field, "[", i, "]");
    violations->Require(!evidence.Get(i).kind().empty(), at + ".kind");
    CheckCode(codes.evidence, today, evidence.Get(i).kind(), at + ".kind", violations);
    violations->Require(!evidence.Get(i).file_name().empty(), at + ".file_name");
    violations->MostBytes(at + ".file_name", evidence.Get(i).file_name(), kMostCaseName);
    const auto dated = DayOf(evidence.Get(i).dated_on(), at + ".dated_on", violations);
    if (dated.has_value() && *dated > today) {
      violations->Add(at + ".dated_on", "DATE_AHEAD", {{"date", DayText(*dated)}});
    }
  }
}

void CheckContact(const CaseCodes& codes, absl::CivilDay today, const v1::CaseContact& contact,
                  Violations* violations) {
  const auto on = DayOf(contact.on(), "contact.on", violations);
  violations->Require(on.has_value() || contact.has_on(), "contact.on");
  violations->Require(!contact.means().empty(), "contact.means");
  violations->Require(!contact.outcome().empty(), "contact.outcome");
  violations->Require(!contact.people().empty(), "contact.people");
  violations->Require(!contact.place().empty(), "contact.place");
  violations->Require(!contact.result().empty(), "contact.result");
  CheckCode(codes.means, today, contact.means(), "contact.means", violations);
  CheckCode(codes.outcomes, today, contact.outcome(), "contact.outcome", violations);
  violations->MostBytes("contact.place", contact.place(), kMostCaseName);
  violations->MostBytes("contact.result", contact.result(), kMostCaseText);
  violations->MostBytes("contact.next_step", contact.next_step(), kMostCaseText);
  violations->MostElements("contact.people", contact.people_size(), kMostRows);
  for (const std::string& name : contact.people()) {
    violations->MostBytes("contact.people", name, kMostCaseName);
  }
}

void CheckCodes(const CaseCodes& codes, absl::CivilDay today, const v1::Case& file, const std::string& field,
                Violations* violations) {
  CheckCode(codes.reasons, today, file.reason_code(), field + ".reason_code", violations);
  CheckCode(codes.placements, today, file.placement(), field + ".placement", violations);
  violations->MostBytes(field + ".measures", file.measures(), kMostCaseText);
  violations->MostElements(field + ".roles", file.roles_size(), kMostRows);
  for (const v1::CaseRole& role : file.roles()) {
    violations->Require(!role.slot().empty(), field + ".roles.slot");
    violations->MostBytes(field + ".roles.display_name", role.display_name(), kMostCaseName);
  }
}

void CheckDates(const v1::Case& file, Violations* violations) {
  const auto needed = [&](const google::type::Date& date, const std::string& field) {
    if (!DayOf(date, field, violations).has_value() && date.year() == 0) {
      violations->Require(false, field);
    }
  };
  for (const v1::CaseContact& contact : file.contacts()) {
    needed(contact.on(), "facts.contacts.on");
  }
  for (const v1::LegalStep& step : file.legal_steps()) {
    needed(step.term_ends_on(), "facts.legal_steps.term_ends_on");
  }
  DayOf(file.due_on(), "facts.due_on", violations);
  DayOf(file.stable_on(), "facts.stable_on", violations);
}

absl::Status CheckChangeable(const v1::Case& changes) {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  changes.GetReflection()->ListFields(changes, &fields);
  for (const auto* field : fields) {
    if (std::find(std::begin(kChangeable), std::end(kChangeable), field->name()) == std::end(kChangeable)) {
      return Fail("FIELD_UNKNOWN", {{"field", field->name()}});
    }
  }
  return absl::OkStatus();
}

void TakeChangeable(const v1::Case& from, v1::Case* to) {
  to->set_reason_code(from.reason_code());
  to->set_poverty_caused(from.poverty_caused());
  to->set_measures(from.measures());
  *to->mutable_roles() = from.roles();
  to->set_placement(from.placement());
  to->set_officer(from.officer());
}

absl::StatusOr<StudentPlace> PlaceOfStudent(rpc::Call& call, db::Transaction& tx, const std::string& student) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(student, kPupils.collection));
  ASSIGN_OR_RETURN(const std::string person, WhoStays(tx, tx.shard(), std::string(feed::IdOfName(student))));
  ASSIGN_OR_RETURN(const auto pupil, FindPupil(tx, tx.shard(), person));
  if (shard != tx.shard() || !pupil.has_value()) {
    return call.CheckMissing(student);
  }
  return StudentPlace{person, pupil->area};
}

}  // namespace ruraledu::dropout_monitoring
