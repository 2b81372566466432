#include "services/dropout_monitoring/case_checks.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/rpc/resources.h"
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

void CheckCount(int count, const std::string& field, Violations* violations) {
  if (count > kMostRows) {
    violations->Add(field, "FIELD_TOO_MANY", {{"field", field}, {"limit", absl::StrCat(kMostRows)}});
  }
}

}  // namespace

CaseAct CaseActOf(rpc::Call& call, std::string reason) {
  const auto& access = call.caller().access;
  const bool person = access != nullptr && !access->person.empty();
  return {person ? access->person : call.caller().subject, call.clock().Today(), std::move(reason)};
}

void CheckText(const std::string& text, std::string_view field, size_t limit, Violations* violations) {
  if (text.size() > limit) {
    violations->Add(field, "FIELD_TOO_LONG", {{"field", field}, {"limit", absl::StrCat(limit)}});
  }
}

void CheckChild(const v1::ChildFile& child, const std::string& field, Violations* violations) {
  CheckText(child.display_name(), field + ".display_name", kMostCaseName, violations);
  CheckText(child.household_address(), field + ".household_address", kMostCaseName, violations);
  CheckText(child.current_address(), field + ".current_address", kMostCaseName, violations);
  DayOf(child.birth_date(), field + ".birth_date", violations);
  CheckCount(child.guardians_size(), field + ".guardians", violations);
  for (const v1::CaseGuardian& guardian : child.guardians()) {
    CheckText(guardian.display_name(), field + ".guardians.display_name", kMostCaseName, violations);
    CheckText(guardian.migrant_place(), field + ".guardians.migrant_place", kMostCaseName, violations);
  }
}

void CheckEvidence(const CaseCodes& codes, absl::CivilDay today,
                   const google::protobuf::RepeatedPtrField<v1::CaseEvidence>& evidence, const std::string& field,
                   Violations* violations) {
  CheckCount(evidence.size(), field, violations);
  for (int i = 0; i < evidence.size(); ++i) {
    const std::string at = absl::StrCat(field, "[", i, "]");
    violations->Require(!evidence.Get(i).kind().empty(), at + ".kind");
    CheckCode(codes.evidence, today, evidence.Get(i).kind(), at + ".kind", violations);
    CheckText(evidence.Get(i).file_name(), at + ".file_name", kMostCaseName, violations);
    DayOf(evidence.Get(i).dated_on(), at + ".dated_on", violations);
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
  CheckText(contact.place(), "contact.place", kMostCaseName, violations);
  CheckText(contact.result(), "contact.result", kMostCaseText, violations);
  CheckText(contact.next_step(), "contact.next_step", kMostCaseText, violations);
  CheckCount(contact.people_size(), "contact.people", violations);
  for (const std::string& name : contact.people()) {
    CheckText(name, "contact.people", kMostCaseName, violations);
  }
}

void CheckCodes(const CaseCodes& codes, absl::CivilDay today, const v1::Case& file, const std::string& field,
                Violations* violations) {
  CheckCode(codes.reasons, today, file.reason_code(), field + ".reason_code", violations);
  CheckCode(codes.placements, today, file.placement(), field + ".placement", violations);
  CheckText(file.measures(), field + ".measures", kMostCaseText, violations);
  CheckCount(file.roles_size(), field + ".roles", violations);
  for (const v1::CaseRole& role : file.roles()) {
    violations->Require(!role.slot().empty(), field + ".roles.slot");
    CheckText(role.display_name(), field + ".roles.display_name", kMostCaseName, violations);
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
