#include "services/dropout_monitoring/enrolment_facts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/absence_approval_store.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/enrolment_store.h"
#include "services/dropout_monitoring/follower.h"
#include "services/dropout_monitoring/population_facts.h"
#include "services/dropout_monitoring/population_tables.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kYes = "yes";

std::optional<absl::CivilDay> DayOfText(const std::string& text) {
  absl::CivilDay day;
  return ParseDay(text, &day) ? std::optional(day) : std::nullopt;
}

// Whether a list still says that the child lives here.
bool LivesHere(const ComparisonCodes& codes, const v1::Resident& resident) {
  const CodeEntry* entry = codes.whereabouts.Find(resident.whereabouts());
  return resident.whereabouts().empty() || (entry != nullptr && entry->Attribute("expected") == kYes);
}

}  // namespace

absl::StatusOr<EnrolmentFacts> EnrolmentFacts::Of(const rpc::Host& host, const Standards& standards,
                                                  const std::string& shard, const SchoolYear& year, absl::CivilDay on) {
  EnrolmentFacts facts(host, standards, shard, on);
  const std::string region = RegionOfShard(shard);
  ASSIGN_OR_RETURN(facts.sealer_, host.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(facts.year_, EnrolmentYearOf(standards.terms, standards.rates, region, year));
  ASSIGN_OR_RETURN(facts.policy_, standards.enrolment.policies.InForce(region, facts.year_.begins));
  ASSIGN_OR_RETURN(const auto* cases, standards.cases.InForce(region, facts.year_.begins));
  facts.unnamed_days_ = cases->unnamed_days();
  RETURN_IF_ERROR(host.database.Read([&](db::Transaction& tx) -> absl::Status {
    for (const v1::SchoolLevel level : kDriveLevels) {
      ASSIGN_OR_RETURN(auto drive, feed::Load<v1::EnrolmentDrive>(tx, *facts.sealer_, kEnrolmentDrives, shard,
                                                                  absl::StrCat(year.text(), ".", EnumText(level))));
      if (drive.has_value()) {
        facts.drives_[level] = *std::move(drive);
      }
    }
    ASSIGN_OR_RETURN(const auto schools, AllSchools(tx, shard));
    for (const registry_v1::School& school : schools) {
      facts.school_areas_[school.name()] = school.area();
    }
    return absl::OkStatus();
  }));
  return facts;
}

std::string EnrolmentFacts::parent() const {
  return absl::StrCat("counties/", shard_.substr(1));
}

DriveDays EnrolmentFacts::days(v1::SchoolLevel level) const {
  const auto drive = drives_.find(level);
  return DaysOf(year_, *policy_, drive == drives_.end() ? nullptr : &drive->second);
}

std::string EnrolmentFacts::NameOf(v1::SchoolLevel level, const std::string& key) const {
  return absl::StrCat(parent(), "/", kExpectedChildren.collection, "/", year_.year.text(), ".", EnumText(level), ".",
                      key);
}

EnrolledChild EnrolmentFacts::Fresh(v1::SchoolLevel level, const std::string& key, const std::string& source) const {
  EnrolledChild child;
  child.after.set_name(NameOf(level, key));
  child.after.set_school_year(year_.year.text());
  child.after.set_level(level);
  child.after.set_child_key(key);
  child.after.set_source(source);
  *child.after.mutable_keep_until() = DateOf(year_.ends + unnamed_days_);
  return child;
}

absl::StatusOr<EnrolmentPage> EnrolmentFacts::Read(db::Transaction& tx, int phase, const std::string& after,
                                                   int64_t limit) const {
  const std::string year = year_.year.text();
  const BirthSpan born = PrimaryBirths(year_);
  EnrolmentPage page;
  switch (phase) {
    case 0:
      RETURN_IF_ERROR(AddPupils(tx, v1::SCHOOL_LEVEL_PRIMARY,
                                PupilsToExpect(tx, shard_, year, DayText(born.from), DayText(born.until), after, limit),
                                &page));
      break;
    case 1:
      RETURN_IF_ERROR(AddResidents(tx, after, limit, &page));
      break;
    case 2:
      RETURN_IF_ERROR(AddMembers(tx, after, limit, &page));
      break;
    case 3:
      RETURN_IF_ERROR(AddPupils(tx, v1::SCHOOL_LEVEL_JUNIOR,
                                LeaversToExpect(tx, shard_, year, *year_.primary.grades().rbegin(),
                                                DayText(year_.census_before), DayText(year_.begins), after, limit),
                                &page));
      break;
    default:
      RETURN_IF_ERROR(Refresh(tx, after, limit, &page));
  }
  return page;
}

absl::StatusOr<bool> EnrolmentFacts::OfEntryAge(db::Transaction& tx, absl::CivilDay born,
                                                const std::string& key) const {
  const EntryAge age = EntryAgeOf(year_, born);
  if (age != EntryAge::kYearOlder) {
    return age == EntryAge::kEntry;
  }
  const SchoolYear before{year_.year.start - 1};
  ASSIGN_OR_RETURN(
      const auto last,
      feed::Load<v1::ExpectedChild>(tx, *sealer_, kExpectedChildren, shard_,
                                    absl::StrCat(before.text(), ".", EnumText(v1::SCHOOL_LEVEL_PRIMARY), ".", key)));
  return last.has_value() && last->state() == v1::EXPECTED_STATE_EXCUSED;
}

absl::Status EnrolmentFacts::AddPupils(db::Transaction& tx, v1::SchoolLevel level, const Pupils& persons,
                                       EnrolmentPage* page) const {
  RETURN_IF_ERROR(persons.status());
  for (const std::string& person : *persons) {
    page->last = person;
    ASSIGN_OR_RETURN(const auto student, LoadPupil(tx, *sealer_, shard_, person));
    if (!student.has_value() || !student->moved_to().empty() || !ExpectedAt(year_, codes(), level, *student)) {
      continue;
    }
    if (level == v1::SCHOOL_LEVEL_PRIMARY) {
      ASSIGN_OR_RETURN(const bool due, OfEntryAge(tx, *DayOf(student->birth_date()), person));
      ASSIGN_OR_RETURN(const bool listed, ListedByNumber(tx, shard_, year_.year.text(), student->id_number()));
      if (!due || listed) {
        continue;
      }
    }
    EnrolledChild child = Fresh(level, person, student->name());
    child.after.set_person(person);
    RETURN_IF_ERROR(Decide(tx, &child));
    page->children.push_back(std::move(child));
  }
  return absl::OkStatus();
}

absl::Status EnrolmentFacts::AddResidents(db::Transaction& tx, const std::string& after, int64_t limit,
                                          EnrolmentPage* page) const {
  ASSIGN_OR_RETURN(const auto residents, ResidentsToExpect(tx, *sealer_, shard_, year_.year.text(), after, limit));
  for (const v1::Resident& resident : residents) {
    const std::string key = page->last = std::string(feed::IdOfName(resident.name()));
    const auto born = DayOf(resident.birth_date());
    if (!born.has_value() || !LivesHere(codes(), resident)) {
      continue;
    }
    ASSIGN_OR_RETURN(const bool due, OfEntryAge(tx, *born, key));
    if (!due) {
      continue;
    }
    EnrolledChild child = Fresh(v1::SCHOOL_LEVEL_PRIMARY, key, resident.name());
    RETURN_IF_ERROR(Decide(tx, &child));
    if (child.after.person().empty()) {  // else the register has it, and phase 0 too
      page->children.push_back(std::move(child));
    }
  }
  return absl::OkStatus();
}

absl::Status EnrolmentFacts::AddMembers(db::Transaction& tx, const std::string& after, int64_t limit,
                                        EnrolmentPage* page) const {
  const BirthSpan born = PrimaryBirths(year_);
  ASSIGN_OR_RETURN(const auto members,
                   MembersToCompare(tx, shard_, DayText(born.from), DayText(born.until), after, limit));
  for (const ComparedMember& member : members) {
    page->last = member.child_key;
    const auto day = DayOfText(member.birth_date);
    const std::string name = NameOf(v1::SCHOOL_LEVEL_PRIMARY, member.child_key);
    ASSIGN_OR_RETURN(const auto listed,
                     feed::Load<v1::ExpectedChild>(tx, *sealer_, kExpectedChildren, shard_, feed::IdOfName(name)));
    if (!day.has_value() || listed.has_value()) {
      continue;
    }
    ASSIGN_OR_RETURN(const bool due, OfEntryAge(tx, *day, member.child_key));
    if (!due) {
      continue;
    }
    EnrolledChild child =
        Fresh(v1::SCHOOL_LEVEL_PRIMARY, member.child_key, absl::StrCat(parent(), "/households/", member.household));
    child.after.set_id_digest(member.digest);
    *child.after.mutable_birth_date() = DateOf(*day);
    RETURN_IF_ERROR(Decide(tx, &child));
    if (child.after.person().empty()) {
      page->children.push_back(std::move(child));
    }
  }
  return absl::OkStatus();
}

absl::Status EnrolmentFacts::Refresh(db::Transaction& tx, const std::string& after, int64_t limit,
                                     EnrolmentPage* page) const {
  ASSIGN_OR_RETURN(auto children, ExpectedBehind(tx, *sealer_, shard_, year_.year.text(), after, limit));
  for (v1::ExpectedChild& one : children) {
    page->last = std::string(feed::IdOfName(one.name()));
    EnrolledChild& child = page->children.emplace_back();
    child.after = one;
    child.before = std::move(one);
    RETURN_IF_ERROR(Decide(tx, &child));
  }
  return absl::OkStatus();
}

absl::Status EnrolmentFacts::Decide(db::Transaction& tx, EnrolledChild* child) const {
  v1::ExpectedChild& after = child->after;
  std::string pupil_area;
  ASSIGN_OR_RETURN(const bool expected, Look(tx, child, &pupil_area));
  RETURN_IF_ERROR(TakeApproval(tx, &after));
  after.set_school(SchoolOf(after));
  SetState(standards_.enrolment.destinations, &after);
  after.set_area(AreaOf(after, pupil_area));
  if (!expected) {
    after.set_state(v1::EXPECTED_STATE_GONE);
    return absl::OkStatus();
  }
  child->suspect = Suspect(on_, days(after.level()).until, &after);
  if (child->suspect) {
    ASSIGN_OR_RETURN(const auto open,
                     OpenCaseOf(tx, shard_, after.person().empty() ? after.child_key() : after.person()));
    child->has_case = open.has_value();
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> EnrolmentFacts::Look(db::Transaction& tx, EnrolledChild* child, std::string* pupil_area) const {
  v1::ExpectedChild& after = child->after;
  after.clear_registered_as();
  after.clear_registered_school();
  after.clear_registered_on();
  if (after.person().empty()) {
    const bool resident = rpc::ShardOf(after.source(), kResidents.collection).ok();
    ASSIGN_OR_RETURN(const bool there, resident ? LookAtResident(tx, child) : LookAtMember(tx, child));
    RETURN_IF_ERROR(FindOwner(tx, &after));
    if (after.person().empty()) {
      return there;
    }
  }
  return LookAtPupil(tx, &after, pupil_area);
}

absl::Status EnrolmentFacts::TakeApproval(db::Transaction& tx, v1::ExpectedChild* child) const {
  child->clear_approval();
  child->clear_approved_on();
  for (const std::string& key : {child->child_key(), child->person()}) {
    ASSIGN_OR_RETURN(const std::string id, ApprovedOn(tx, shard_, key, on_));
    if (!id.empty()) {
      ASSIGN_OR_RETURN(const auto approval,
                       feed::Load<v1::AbsenceApproval>(tx, *sealer_, kAbsenceApprovals, shard_, id));
      child->set_approval(approval->name());
      *child->mutable_approved_on() = approval->decided_on();
      return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

absl::Status EnrolmentFacts::FindOwner(db::Transaction& tx, v1::ExpectedChild* child) const {
  if (child->id_digest().empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto owners, OwnersOfDigest(tx, child->id_digest()));
  for (const DigestOwner& owner : owners) {
    ASSIGN_OR_RETURN(const std::string person, WhoStays(tx, owner.shard, owner.person));
    if (owner.shard == shard_) {
      child->set_person(person);
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(
        TakeRegistration(tx, absl::StrCat("counties/", owner.shard.substr(1), "/students/", person), child));
  }
  return absl::OkStatus();
}

// A student of any county that the service follows.
absl::Status EnrolmentFacts::TakeRegistration(db::Transaction& tx, const std::string& name,
                                              v1::ExpectedChild* child) const {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(name));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const auto student, LoadPupil(tx, *sealer, shard, feed::IdOfName(name)));
  const registry_v1::Enrolment* span =
      student.has_value() ? RegisteredSpan(year_, codes(), child->level(), *student) : nullptr;
  if (span != nullptr) {
    child->set_registered_as(name);
    child->set_registered_school(span->school());
    *child->mutable_registered_on() = span->valid_from();
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> EnrolmentFacts::LookAtPupil(db::Transaction& tx, v1::ExpectedChild* child,
                                                 std::string* pupil_area) const {
  ASSIGN_OR_RETURN(const auto student, LoadPupil(tx, *sealer_, shard_, child->person()));
  if (student.has_value() && !student->moved_to().empty()) {  // on the list of the other county
    RETURN_IF_ERROR(TakeRegistration(tx, student->moved_to(), child));
    return !child->registered_as().empty();
  }
  if (!student.has_value() || !ExpectedAt(year_, codes(), child->level(), *student)) {
    return false;
  }
  child->set_display_name(student->display_name());
  *child->mutable_birth_date() = student->birth_date();
  child->set_id_digest(student->id_number());
  child->set_name_digest(NameDigest(host_.keys, student->display_name(), DayTextOf(student->birth_date())));
  child->set_village(student->village().empty() ? child->village() : student->village());
  child->set_former_school(FormerSchool(year_, child->level(), *student));
  RETURN_IF_ERROR(TakeRegistration(tx, student->name(), child));
  *pupil_area = child->registered_as().empty() ? "" : student->area();
  return true;
}

absl::StatusOr<bool> EnrolmentFacts::LookAtResident(db::Transaction& tx, EnrolledChild* child) const {
  ASSIGN_OR_RETURN(const auto resident,
                   feed::Load<v1::Resident>(tx, *sealer_, kResidents, shard_, feed::IdOfName(child->after.source())));
  if (!resident.has_value()) {
    return false;
  }
  v1::ExpectedChild& after = child->after;
  after.set_display_name(resident->display_name());
  *after.mutable_birth_date() = resident->birth_date();
  after.set_id_digest(resident->id_number().empty() ? "" : IdDigest(host_.keys, resident->id_number()));
  after.set_name_digest(NameDigest(host_.keys, resident->display_name(), DayTextOf(resident->birth_date())));
  after.set_village(resident->village());
  FillChildFile(*resident, &child->file);
  const bool same = resident->match() == v1::RESIDENT_MATCH_EXACT || resident->match() == v1::RESIDENT_MATCH_DECIDED;
  if (same) {
    ASSIGN_OR_RETURN(*after.mutable_person(), WhoStays(tx, shard_, std::string(feed::IdOfName(resident->student()))));
  }
  return LivesHere(codes(), *resident);
}

absl::StatusOr<bool> EnrolmentFacts::LookAtMember(db::Transaction& tx, EnrolledChild* child) const {
  v1::ExpectedChild& after = child->after;
  ASSIGN_OR_RETURN(const auto household, feed::Load<registry_v1::Household>(tx, *sealer_, kHouseholds, shard_,
                                                                            feed::IdOfName(after.source())));
  if (!household.has_value()) {
    return false;
  }
  const auto member = std::find_if(household->members().begin(), household->members().end(), [&](const auto& one) {
    return one.id_number() == after.id_digest() && !one.has_valid_to();
  });
  if (member == household->members().end()) {
    return false;
  }
  after.set_display_name(member->display_name());
  after.set_name_digest(NameDigest(host_.keys, member->display_name(), DayTextOf(after.birth_date())));
  after.set_village(household->village());
  child->file.set_display_name(member->display_name());
  *child->file.mutable_birth_date() = after.birth_date();
  child->file.set_household_village(household->village());
  child->file.set_household(household->name());
  return true;
}

std::string EnrolmentFacts::SchoolOf(const v1::ExpectedChild& child) const {
  if (child.has_notice()) {
    return child.notice().school();
  }
  const auto drive = drives_.find(child.level());
  const std::string& from = child.level() == v1::SCHOOL_LEVEL_PRIMARY ? child.village() : child.former_school();
  if (drive == drives_.end() || from.empty()) {
    return "";
  }
  const auto& rows = drive->second.catchments();
  const auto found = std::lower_bound(rows.begin(), rows.end(), from,
                                      [](const v1::Catchment& row, const auto& key) { return row.from() < key; });
  return found == rows.end() || found->from() != from ? "" : found->school();
}

std::string EnrolmentFacts::AreaOf(const v1::ExpectedChild& child, const std::string& pupil_area) const {
  const auto area_of = [&](const std::string& school) {
    const auto found = school_areas_.find(school);
    return found == school_areas_.end() ? std::string() : found->second;
  };
  const std::string_view township = TownshipOf(child.village());
  const bool in_county = CountyOf(child.village()) == shard_.substr(1);
  for (const std::string& area : {area_of(child.reported_school()), pupil_area, area_of(child.school()),
                                  area_of(child.former_school()), in_county ? std::string(township) : std::string()}) {
    if (!area.empty()) {
      return area;
    }
  }
  return shard_.substr(1);
}

}  // namespace ruraledu::dropout_monitoring
