#include "services/dropout_monitoring/population_facts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/absence_approval_rules.h"
#include "services/dropout_monitoring/absence_approval_store.h"
#include "services/dropout_monitoring/case_adoption.h"
#include "services/dropout_monitoring/case_rules.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/case_writes.h"
#include "services/dropout_monitoring/follower.h"
#include "services/dropout_monitoring/population_figure_rules.h"
#include "services/dropout_monitoring/population_tables.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kNoRegister = "NO_REGISTER";
constexpr int kCountedMonth = 8, kCountedDay = 31;  // DR-08

bool OutByCase(const std::string& state) {
  v1::CaseState read = v1::CASE_STATE_UNSPECIFIED;
  return v1::CaseState_Parse(state, &read) && Unresolved(read);
}

bool Yes(const CodeList& list, const std::string& code, std::string_view column) {
  const CodeEntry* entry = list.Find(code);
  return entry != nullptr && entry->Attribute(column) == "yes";
}

// The record that stays.
absl::StatusOr<std::string> NameOf(db::Transaction& tx, const DigestOwner& owner) {
  ASSIGN_OR_RETURN(const std::string person, WhoStays(tx, owner.shard, owner.person));
  return absl::StrCat("counties/", owner.shard.substr(1), "/students/", person);
}

}  // namespace

void FillChildFile(const v1::Resident& resident, v1::ChildFile* file) {
  file->set_display_name(resident.display_name());
  file->set_sex(resident.sex());
  *file->mutable_birth_date() = resident.birth_date();
  file->set_id_number(resident.id_number());
  file->set_household_village(resident.village());
  file->set_household_address(resident.address());
  *file->mutable_guardians() = resident.guardians();
}

absl::StatusOr<PopulationFacts> PopulationFacts::Of(const rpc::Host& host, const Standards& standards,
                                                    const std::string& shard, absl::CivilDay on) {
  PopulationFacts facts(host, standards, shard, on);
  ASSIGN_OR_RETURN(facts.sealer_, host.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(facts.policy_, standards.comparisons.InForce(RegionOfShard(shard), on));
  facts.year_ = standards.terms.SchoolYearOf(on);
  facts.census_ = standards.terms.CensusDate(Term{facts.year_, Season::kAutumn});
  return facts;
}

std::string PopulationFacts::parent() const {
  return absl::StrCat("counties/", shard_.substr(1));
}

absl::StatusOr<ComparisonPage> PopulationFacts::Read(db::Transaction& tx, int phase, const std::string& after,
                                                     int64_t limit) const {
  using Reader =
      absl::Status (PopulationFacts::*)(db::Transaction&, const std::string&, int64_t, ComparisonPage*) const;
  constexpr Reader kReaders[kPhases] = {&PopulationFacts::ReadPupils, &PopulationFacts::ReadResidents,
                                        &PopulationFacts::ReadMembers, &PopulationFacts::ReadNobody};
  ComparisonPage page;
  const Reader reader = kReaders[phase];
  RETURN_IF_ERROR((this->*reader)(tx, after, limit, &page));
  if (page.children.empty() || reader == &PopulationFacts::ReadNobody) {
    return page;
  }
  ASSIGN_OR_RETURN(auto before,
                   FindingsBetween(tx, *sealer_, shard_, page.children.front().key, page.children.back().key));
  for (ComparedChild& child : page.children) {
    child.before = std::move(before[child.key]);
    if (!child.kinds.empty()) {
      ASSIGN_OR_RETURN(const std::string approval, ApprovedOn(tx, shard_, child.key, on_));
      if (!approval.empty()) {  // may stay away (3.1)
        TakeOutApproved(&child.kinds);
      }
    }
  }
  return page;
}

absl::Status PopulationFacts::ReadPupils(db::Transaction& tx, const std::string& after, int64_t limit,
                                         ComparisonPage* page) const {
  ASSIGN_OR_RETURN(const auto pupils, PupilsToCompare(tx, shard_, after, limit));
  for (const ComparedPupil& row : pupils) {
    const registry_v1::Student& student = row.student;
    const PupilFacts facts = FactsOf(row);
    ComparedChild& child = page->children.emplace_back();
    page->last = row.person;
    child.key = child.person = row.person;
    child.area = student.area().empty() ? shard_.substr(1) : student.area();
    child.village = student.village();
    child.source = absl::StrCat(parent(), "/students/", row.person);
    child.case_name = row.case_id.empty() ? "" : absl::StrCat(parent(), "/cases/", row.case_id);
    child.out_by_case = facts.out_by_case;
    page->figures.set_pupils(page->figures.pupils() + 1);
    if (!OwesSchool(day(), facts)) {
      continue;  // what was found before is over
    }
    CountChildren(child.area, facts.status, 1, &page->figures);
    child.kinds = FindingsOf(day(), facts);
    if (facts.out_by_case || IsOut(book(), child.kinds)) {
      ASSIGN_OR_RETURN(const auto kinds, KindsOn(tx, host_.keys, shard_, child.person, on_));
      child.hardships = book().Supported(kinds);
      AddSupported(day(), facts.out_by_case, child.hardships, &child.kinds);
    }
  }
  return absl::OkStatus();
}

PupilFacts PopulationFacts::FactsOf(const ComparedPupil& row) const {
  PupilFacts facts;
  facts.status = row.student.status();
  if (!row.student.enrolments().empty()) {
    facts.stage = row.student.enrolments(0).stage();
    facts.grade = row.student.enrolments(0).grade();
  }
  absl::CivilDay born;
  if (ParseDay(row.birth_date, &born)) {
    facts.birth_date = born;
  }
  facts.status_from = DayOf(row.student.status_from());
  facts.elsewhere = !row.student.merged_into().empty() || !row.student.moved_to().empty();
  facts.suspected = row.step == v1::AbsenceStep_Name(v1::ABSENCE_STEP_SUSPECTED);
  facts.unmarked = row.unmarked;
  facts.out_by_case = OutByCase(row.case_state);
  return facts;
}

absl::Status PopulationFacts::ReadResidents(db::Transaction& tx, const std::string& after, int64_t limit,
                                            ComparisonPage* page) const {
  ASSIGN_OR_RETURN(auto residents, ResidentsBehind(tx, *sealer_, shard_, after, limit));
  for (v1::Resident& resident : residents) {
    ComparedChild& child = page->children.emplace_back();
    page->last = child.key = std::string(feed::IdOfName(resident.name()));
    child.area = resident.area();
    child.village = resident.village();
    child.source = resident.name();
    child.after = resident;
    child.resident = std::move(resident);
    RETURN_IF_ERROR(Match(tx, &*child.after));
    SetKeepUntil(book(), *policy_, &*child.after);
    FillChildFile(*child.after, &child.file);
    RETURN_IF_ERROR(ReadCase(tx, &child));
    child.adopter = child.case_name.empty() ? "" : StudentOf(*child.after, shard_);
    const ResidentFacts facts = FactsOf(*child.after);
    page->figures.set_residents(page->figures.residents() + 1);
    page->figures.set_weak(page->figures.weak() + (child.after->match() == v1::RESIDENT_MATCH_WEAK ? 1 : 0));
    if (!facts.known && facts.expected && facts.birth_date.has_value() && OfSchoolAge(day(), *facts.birth_date)) {
      CountChildren(child.area, kNoRegister, 1, &page->figures);
    }
    child.kinds = FindingsOf(day(), facts);
    ASSIGN_OR_RETURN(const std::string household, HouseholdOfChild(tx, shard_, child.key));
    RETURN_IF_ERROR(AddHousehold(tx, household, &child));
  }
  return absl::OkStatus();
}

// Students of the registers: by number in this county or another one, by name and birth date in this one.
absl::Status PopulationFacts::Match(db::Transaction& tx, v1::Resident* resident) const {
  std::string exact, elsewhere;
  if (!resident->id_number().empty()) {
    ASSIGN_OR_RETURN(const auto owners, OwnersOfDigest(tx, IdDigest(host_.keys, resident->id_number())));
    for (const DigestOwner& owner : owners) {
      ASSIGN_OR_RETURN(const std::string name, NameOf(tx, owner));
      std::string& found = owner.shard == shard_ ? exact : elsewhere;
      found = found.empty() ? name : found;
    }
  }
  std::vector<std::string> weak;
  const auto born = DayOf(resident->birth_date());
  if (exact.empty() && elsewhere.empty() && born.has_value()) {
    const std::string digest = NameDigest(host_.keys, resident->display_name(), DayText(*born));
    ASSIGN_OR_RETURN(const auto owners, OwnersOfDigest(tx, digest));
    for (const DigestOwner& owner : owners) {
      if (owner.shard == shard_) {
        ASSIGN_OR_RETURN(weak.emplace_back(), NameOf(tx, owner));
      }
    }
    std::sort(weak.begin(), weak.end());
    weak.erase(std::unique(weak.begin(), weak.end()), weak.end());
  }
  MatchResident(exact, elsewhere, std::move(weak), resident);
  return absl::OkStatus();
}

ResidentFacts PopulationFacts::FactsOf(const v1::Resident& resident) const {
  const ComparisonCodes& codes = book().codes();
  ResidentFacts facts;
  facts.birth_date = DayOf(resident.birth_date());
  facts.in_register = std::any_of(resident.sources().begin(), resident.sources().end(),
                                  [&](const auto& source) { return Yes(codes.sources, source, "register"); });
  facts.expected = resident.whereabouts().empty() || Yes(codes.whereabouts, resident.whereabouts(), "expected");
  facts.known = resident.match() != v1::RESIDENT_MATCH_NONE;
  return facts;
}

absl::Status PopulationFacts::ReadCase(db::Transaction& tx, ComparedChild* child) const {
  ASSIGN_OR_RETURN(const auto open, OpenCaseOf(tx, shard_, child->key));
  if (open.has_value()) {
    child->case_name = absl::StrCat(parent(), "/cases/", open->id);
    child->out_by_case = OutByCase(open->state);
  }
  return absl::OkStatus();
}

absl::Status PopulationFacts::AddHousehold(db::Transaction& tx, const std::string& household,
                                           ComparedChild* child) const {
  if (household.empty() || !IsOut(book(), child->kinds)) {
    return absl::OkStatus();
  }
  const std::string name = absl::StrCat(parent(), "/households/", household);
  ASSIGN_OR_RETURN(const auto kinds, HouseholdKindsOn(tx, host_.keys, name, on_));
  child->hardships = book().Supported(kinds);
  child->file.set_household(name);
  AddSupported(day(), false, child->hardships, &child->kinds);
  return absl::OkStatus();
}

absl::Status PopulationFacts::ReadMembers(db::Transaction& tx, const std::string& after, int64_t limit,
                                          ComparisonPage* page) const {
  // Born so that they are of school age.
  const absl::CivilDay from(year_.start - policy_->last_age - 1, kCountedMonth, kCountedDay);
  const absl::CivilDay until(year_.start - policy_->entry_age, kCountedMonth, kCountedDay);
  ASSIGN_OR_RETURN(const auto members, MembersToCompare(tx, shard_, DayText(from + 1), DayText(until), after, limit));
  for (const ComparedMember& member : members) {
    ComparedChild& child = page->children.emplace_back();
    page->last = child.key = member.child_key;
    child.source = absl::StrCat(parent(), "/households/", member.household);
    page->figures.set_members(page->figures.members() + 1);
    RETURN_IF_ERROR(FillMember(tx, member, &child));
    ASSIGN_OR_RETURN(const auto owners, OwnersOfDigest(tx, member.digest));
    if (!owners.empty()) {
      continue;  // a student, whom the registry has not linked yet
    }
    CountChildren(child.area, kNoRegister, 1, &page->figures);
    child.kinds = FindingsOf(day(), ResidentFacts{DayOf(child.file.birth_date()), true, true, false});
    RETURN_IF_ERROR(AddHousehold(tx, member.household, &child));
  }
  return absl::OkStatus();
}

absl::Status PopulationFacts::FillMember(db::Transaction& tx, const ComparedMember& row, ComparedChild* child) const {
  child->area = shard_.substr(1);
  absl::CivilDay born;
  if (ParseDay(row.birth_date, &born)) {
    *child->file.mutable_birth_date() = DateOf(born);
  }
  RETURN_IF_ERROR(ReadCase(tx, child));
  ASSIGN_OR_RETURN(const auto household,
                   feed::Load<registry_v1::Household>(tx, *sealer_, kHouseholds, shard_, row.household));
  if (!household.has_value()) {
    return absl::OkStatus();
  }
  child->village = household->village();
  child->file.set_household_village(household->village());
  const std::string_view township = TownshipOf(household->village());
  child->area = township.empty() ? child->area : std::string(township);
  for (const registry_v1::HouseholdMember& member : household->members()) {
    if (member.id_number() == row.digest) {
      child->file.set_display_name(member.display_name());
    }
  }
  return absl::OkStatus();
}

absl::Status PopulationFacts::ReadNobody(db::Transaction& tx, const std::string& after, int64_t limit,
                                         ComparisonPage* page) const {
  ASSIGN_OR_RETURN(auto findings, FindingsAboutNobody(tx, *sealer_, shard_, after, limit));
  for (v1::ComparisonFinding& finding : findings) {
    page->last = std::string(feed::IdOfName(finding.name()));
    ComparedChild& child = page->children.emplace_back();
    child.key = finding.child_key();
    child.area = finding.area();
    child.before.push_back(std::move(finding));
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::dropout_monitoring
