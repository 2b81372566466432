#include "services/dropout_monitoring/case_writes.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

absl::StatusOr<std::optional<registry_v1::Household>> HouseholdOf(db::Transaction& tx, crypto::KeyRing& keys,
                                                                  const std::string& name) {
  if (name.empty()) {
    return std::optional<registry_v1::Household>();
  }
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(name));
  ASSIGN_OR_RETURN(const auto sealer, keys.SealerOf(shard));
  return feed::Load<registry_v1::Household>(tx, *sealer, kHouseholds, shard, feed::IdOfName(name));
}

void FillChild(const registry_v1::Student& student, v1::ChildFile* child) {
  child->set_display_name(student.display_name());
  child->set_sex(student.sex());
  child->set_ethnic_group(student.ethnic_group());
  *child->mutable_birth_date() = student.birth_date();
  if (!student.student_numbers().empty()) {
    child->set_student_number(student.student_numbers(0).number());
  }
  child->set_household_village(student.village());
  child->set_household_address(student.contact().address());
  for (const registry_v1::Guardian& guardian : student.guardians()) {
    v1::CaseGuardian* to = child->add_guardians();
    to->set_display_name(guardian.display_name());
    to->set_relation(guardian.relation());
    to->set_phone(guardian.phone());
  }
  child->set_household(student.household());
}

absl::Status PutCase(feed::RootWriter& writer, const v1::Case* before, const v1::Case& after, std::string_view cause) {
  return writer.Put(kCases, before, after, cause).status();
}

v1::Finding FindingOf(const SuspectedFacts& facts) {
  v1::Finding finding;
  finding.set_channel(v1::DISCOVERY_CHANNEL_ABSENCE);
  *finding.mutable_on() = DateOf(facts.suspected_on);
  if (facts.last_attended.has_value()) {
    *finding.mutable_last_attended_on() = DateOf(*facts.last_attended);
  }
  finding.set_run_days(facts.run_days);
  finding.set_source(facts.absence);
  return finding;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> HouseholdKindsOn(db::Transaction& tx, crypto::KeyRing& keys,
                                                          const std::string& household, absl::CivilDay on) {
  std::vector<std::string> kinds;
  ASSIGN_OR_RETURN(const auto found, HouseholdOf(tx, keys, household));
  if (found.has_value()) {
    AddKindsOn(found->hardships(), on, &kinds);
  }
  return kinds;
}

void AddKindsOn(const google::protobuf::RepeatedPtrField<registry_v1::HardshipRecord>& records, absl::CivilDay on,
                std::vector<std::string>* kinds) {
  for (const registry_v1::HardshipRecord& record : records) {
    const auto to = DayOf(record.valid_to());
    const auto eliminated = DayOf(record.risk_eliminated_on());
    const bool open = DayOf(record.valid_from()) <= on && (!to.has_value() || on < *to) &&
                      (!eliminated.has_value() || on < *eliminated);
    if (open && std::find(kinds->begin(), kinds->end(), record.kind()) == kinds->end()) {
      kinds->push_back(record.kind());
    }
  }
}

absl::StatusOr<std::vector<std::string>> KindsOn(db::Transaction& tx, crypto::KeyRing& keys, std::string_view shard,
                                                 const std::string& person, absl::CivilDay on) {
  std::vector<std::string> kinds;
  ASSIGN_OR_RETURN(const auto sealer, keys.SealerOf(std::string(shard)));
  ASSIGN_OR_RETURN(const auto student, LoadPupil(tx, *sealer, shard, person));
  if (student.has_value()) {
    AddKindsOn(student->hardships(), on, &kinds);
    ASSIGN_OR_RETURN(const auto household, HouseholdOf(tx, keys, student->household()));
    if (household.has_value()) {
      AddKindsOn(household->hardships(), on, &kinds);
    }
  }
  return kinds;
}

absl::Status FillFromRegistry(db::Transaction& tx, crypto::KeyRing& keys, const std::string& person, absl::CivilDay on,
                              v1::Case* file) {
  ASSIGN_OR_RETURN(const auto sealer, keys.SealerOf(tx.shard()));
  ASSIGN_OR_RETURN(const auto student, LoadPupil(tx, *sealer, tx.shard(), person));
  if (!student.has_value()) {
    ASSIGN_OR_RETURN(const std::string parent, ParentOfShard(tx.shard()));
    return Fail("PERSON_UNKNOWN", {{"parent", parent}});
  }
  if (!student->moved_to().empty()) {
    return Fail("MOVED", {{"name", student->moved_to()}});
  }
  if (student->has_erased_on()) {
    return Fail("ERASED", {{"name", student->name()}});
  }
  file->set_person(person);
  file->set_child_key(person);
  file->set_area(student->area());
  FillChild(*student, file->mutable_child());
  ASSIGN_OR_RETURN(const auto kinds, KindsOn(tx, keys, tx.shard(), person, on));
  file->mutable_circumstances()->mutable_kinds()->Assign(kinds.begin(), kinds.end());
  file->mutable_circumstances()->set_left_behind_education(student->left_behind_education());
  file->mutable_circumstances()->set_left_behind_civil(student->left_behind_civil());
  file->mutable_circumstances()->set_disability_kind(student->disability().kind());
  file->mutable_circumstances()->set_disability_grade(student->disability().grade());
  if (!student->enrolments().empty()) {
    file->set_school(student->enrolments(0).school());
    file->set_stage(student->enrolments(0).stage());
    file->set_grade(student->enrolments(0).grade());
  }
  file->set_authority(v1::AUTHORITY_LEVEL_SCHOOL);
  file->set_authority_area(file->area());
  return absl::OkStatus();
}

absl::Status TakePerson(db::Transaction& tx, const CaseTools& tools, const CaseAct& act, const std::string& person,
                        v1::Case* file) {
  v1::Case known;
  RETURN_IF_ERROR(FillFromRegistry(tx, tools.keys, person, act.on, &known));
  ASSIGN_OR_RETURN(const auto* policy, PolicyOf(tools.book, *file));
  return Touch(
      {*policy, tools.book.codes()}, act,
      [&](v1::Case& after) {
        after.set_person(known.person());
        after.set_child_key(known.child_key());
        after.set_area(known.area());
        after.set_school(known.school());
        after.set_stage(known.stage());
        after.set_grade(known.grade());
        // What only the finder knew stays.
        if (!known.child().guardians().empty()) {
          after.mutable_child()->clear_guardians();
        }
        after.mutable_child()->MergeFrom(known.child());
        after.mutable_circumstances()->clear_kinds();
        after.mutable_circumstances()->MergeFrom(known.circumstances());
        NoteCase(act, "adopt", after.state(), &after);
      },
      file);
}

void FillUnknown(const std::string& child_key, const std::string& township, const v1::ChildFile& child,
                 v1::Case* file) {
  file->set_child_key(child_key);
  file->set_area(township);
  *file->mutable_child() = child;
  file->set_authority(v1::AUTHORITY_LEVEL_TOWNSHIP);
  file->set_authority_area(township);
}

absl::StatusOr<const v1::CasePolicy*> PolicyOf(const CaseBook& book, const v1::Case& file) {
  return book.Find(file.policy());
}

absl::StatusOr<bool> DestinationConfirmed(db::Transaction& tx, crypto::KeyRing& keys, const v1::Case& file,
                                          const std::string& destination) {
  if (file.person().empty() || destination.empty()) {
    return false;
  }
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(file.name()));
  ASSIGN_OR_RETURN(const auto sealer, keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const auto student, LoadPupil(tx, *sealer, shard, file.person()));
  if (!student.has_value()) {
    return false;
  }
  const auto county_of = [](const std::string& name) { return ShardOfName(name).value_or(""); };
  const bool elsewhere = !student->moved_to().empty() && county_of(student->moved_to()) == county_of(destination);
  const bool here = !student->enrolments().empty() && student->enrolments(0).school() == destination &&
                    destination != file.school() && !student->enrolments(0).has_valid_to();
  return elsewhere || here;
}

absl::Status OpenSuspected(db::Transaction& tx, feed::RootWriter& writer, const SuspectedFacts& facts) {
  if (!facts.another_run) {
    ASSIGN_OR_RETURN(const auto open, OpenCaseOf(tx, tx.shard(), facts.person));
    if (!open.has_value()) {
      ASSIGN_OR_RETURN(const auto sealer, facts.tools->keys.SealerOf(tx.shard()));
      ASSIGN_OR_RETURN(const auto last, FindLastCase(tx, *sealer, facts.person));
      if (last.has_value() && facts.run_days < last->run_days() + facts.suspected_run) {
        return absl::OkStatus();  // nothing that was not known when it was closed
      }
    }
  }
  FoundFacts found;
  found.person = facts.person;
  found.actor = facts.actor;
  found.today = facts.today;
  found.tools = facts.tools;
  found.findings.push_back(FindingOf(facts));
  return OpenFound(tx, writer, found).status();
}

absl::StatusOr<std::string> OpenFound(db::Transaction& tx, feed::RootWriter& writer, const FoundFacts& facts) {
  ASSIGN_OR_RETURN(const auto sealer, facts.tools->keys.SealerOf(tx.shard()));
  ASSIGN_OR_RETURN(auto open, FindOpenCase(tx, *sealer, facts.person.empty() ? facts.child_key : facts.person));
  const bool adopts =
      !open.has_value() && !facts.person.empty() && !facts.child_key.empty() && facts.child_key != facts.person;
  if (adopts) {  // it may have been found before a register knew it
    ASSIGN_OR_RETURN(open, FindOpenCase(tx, *sealer, facts.child_key));
  }
  const CaseAct act{facts.actor, facts.today, ""};
  const CaseCodes& codes = facts.tools->book.codes();
  v1::Case file = open.value_or(v1::Case());
  const v1::CasePolicy* policy = nullptr;
  if (open.has_value()) {
    ASSIGN_OR_RETURN(policy, PolicyOf(facts.tools->book, file));
    if (adopts) {
      ASSIGN_OR_RETURN(const std::string parent, ParentOfShard(tx.shard()));
      const CaseAct known{facts.actor, facts.today, absl::StrCat(parent, "/students/", facts.person)};
      RETURN_IF_ERROR(TakePerson(tx, *facts.tools, known, facts.person, &file));
    }
  } else {
    ASSIGN_OR_RETURN(policy, facts.tools->book.InForce(RegionOfShard(tx.shard()), facts.today));
    ASSIGN_OR_RETURN(*file.mutable_number(), NextCaseNumber(tx, static_cast<int>(facts.today.year())));
    file.set_name(absl::StrCat("counties/", tx.shard().substr(1), "/cases/", file.number()));
    if (facts.person.empty()) {
      FillUnknown(facts.child_key, facts.township, facts.child, &file);
    } else {
      RETURN_IF_ERROR(FillFromRegistry(tx, facts.tools->keys, facts.person, facts.today, &file));
    }
  }
  bool fresh = !open.has_value();
  for (const v1::Finding& finding : facts.findings) {
    RETURN_IF_ERROR(fresh ? Open({*policy, codes}, act, finding, &file)
                          : AddFinding({*policy, codes}, act, finding, &file));
    fresh = false;
  }
  RETURN_IF_ERROR(PutCase(writer, open.has_value() ? &*open : nullptr, file, open.has_value() ? "FINDING" : "OPEN"));
  return file.name();
}

absl::CivilDay CountedFrom(const v1::Case& file) {
  if (file.state() == v1::CASE_STATE_RETURNED_TRIAL) {
    return DayOf(file.returned_on()).value_or(absl::CivilDay::max());
  }
  return DayOf(file.round_from()).value_or(absl::CivilDay::max()) + (file.relapse_count() > 0 ? 1 : 0);
}

absl::Status ReportPresent(db::Transaction& tx, feed::RootWriter& writer, const PresentFacts& facts) {
  ASSIGN_OR_RETURN(const auto sealer, facts.tools->keys.SealerOf(tx.shard()));
  ASSIGN_OR_RETURN(auto open, FindOpenCase(tx, *sealer, facts.person));
  if (!facts.etag.empty() && (!open.has_value() || open->etag() != facts.etag)) {
    return Fail("HEAD_MOVED");
  }
  if (!open.has_value() || facts.first_present.value_or(absl::CivilDay::max()) < *DayOf(open->round_from())) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto* policy, PolicyOf(facts.tools->book, *open));
  const CaseRules rules{*policy, facts.tools->book.codes()};
  const CaseAct act{facts.actor, facts.today, ""};
  v1::Case after = *open;
  if (after.state() == v1::CASE_STATE_RETURNED_TRIAL) {
    RETURN_IF_ERROR(CountAttended(rules, act, facts.attended_days, &after));
  } else if (facts.first_present.has_value() && kCaseStates.Find(EnumText(after.state()), "return") != nullptr) {
    RETURN_IF_ERROR(Return(rules, act, *facts.first_present, facts.attended_days, "", &after));
  } else {
    return absl::OkStatus();  // moved, deceased, exempt, or not back
  }
  return PutCase(writer, &*open, after, "PRESENT");
}

}  // namespace ruraledu::dropout_monitoring
