#include "services/student_aid/snapshot.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "services/student_aid/identification_rules.h"
#include "services/student_aid/reassess_rules.h"
#include "services/student_aid/study_rules.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kSchoolSource = "SCHOOL";
constexpr std::string_view kSpecialStage = "SPE", kOrdinaryClass = "00";  // 7.5

template <typename Span>
bool Covers(const Span& span, absl::CivilDay day) {
  const auto from = DayOf(span.valid_from());
  const auto to = DayOf(span.valid_to());
  return from.has_value() && *from <= day && (!to.has_value() || day < *to);
}

// Membership of the pupil in the household: nullptr when the household does not list the pupil.
const registry_v1::HouseholdMember* MemberOf(const PupilCopy& pupil) {
  for (const auto& member : pupil.household->members()) {
    if (feed::IdOfName(member.student()) == pupil.key.person) {
      return &member;
    }
  }
  return nullptr;
}

// Records that were withdrawn or replaced on the day on which they began hold on no day.
bool HoldsOnSomeDay(const registry_v1::HardshipRecord& record) {
  const auto from = DayOf(record.valid_from());
  const auto to = DayOf(record.valid_to());
  return from.has_value() && (!to.has_value() || *from < *to);
}

// Hardship records of the person, then of the household while the person belongs to it on `day`.
template <typename Each>
void EachRecord(const PupilCopy& pupil, absl::CivilDay day, Each each) {
  for (const auto& record : pupil.student.hardships()) {
    if (HoldsOnSomeDay(record)) {
      each(record, static_cast<const registry_v1::HouseholdMember*>(nullptr));
    }
  }
  if (!pupil.household.has_value()) {
    return;
  }
  const registry_v1::HouseholdMember* member = MemberOf(pupil);
  const auto left = member == nullptr ? std::nullopt : DayOf(member->valid_to());
  if (left.has_value() && *left <= day) {
    return;
  }
  for (const auto& record : pupil.household->hardships()) {
    if (HoldsOnSomeDay(record)) {
      each(record, member);
    }
  }
}

// What the school charges this pupil: who does not board pays no accommodation (DR-15).
void CopyCharges(const registry_v1::SchoolCharges& from, bool boarding, v1::Charges* to) {
  if (from.has_tuition_fen()) {
    to->set_tuition_fen(from.tuition_fen());
  }
  if (boarding && from.has_accommodation_fen()) {
    to->set_accommodation_fen(from.accommodation_fen());
  }
  if (from.has_preschool_fee_fen()) {
    to->set_preschool_fee_fen(from.preschool_fee_fen());
  }
  if (from.has_approved_public_tuition_fen()) {
    to->set_approved_public_tuition_fen(from.approved_public_tuition_fen());
  }
  if (from.has_public_preschool_fee_fen()) {
    to->set_public_preschool_fee_fen(from.public_preschool_fee_fen());
  }
}

void CopySchool(const registry_v1::School& school, v1::PupilFacts* facts) {
  facts->set_nutrition_pilot(!school.nutrition_pilot().empty() && school.nutrition_pilot() != "NONE");
  facts->set_kindergarten_approved(school.kindergarten_approved());
  // Public kindergartens are inclusive (普惠性) by nature; the flag marks the private ones that are.
  facts->set_kindergarten_inclusive(school.kindergarten_inclusive() || school.is_public());
  facts->set_school_public(school.is_public());
  facts->set_minority_area(school.minority_area());
  CopyCharges(school.charges(), facts->boarding(), facts->mutable_charges());
}

// What holds of the person wherever the person learns.
void ReadPersonFacts(const PolicyBook& book, const PupilCopy& pupil, absl::CivilDay first_day, v1::PupilFacts* facts) {
  facts->set_person(pupil.key.person);
  if (pupil.student.has_birth_date()) {
    *facts->mutable_birth_date() = pupil.student.birth_date();
  }
  ReadHardships(pupil, first_day, facts->mutable_hardships());
  facts->set_rural_household(pupil.student.rural_household());
  const bool household_known = pupil.household.has_value() && pupil.household->village().size() == 12;
  if (household_known) {
    facts->set_home_region(absl::StrCat(pupil.household->village().substr(0, 6), "000000"));
  }
  facts->set_former_poor_area(
      book.poor_areas().OutsideSeat(household_known ? pupil.household->village() : pupil.student.village()));
}

std::string StatusOn(const registry_v1::Student& student, absl::CivilDay census, bool on_roll) {
  const auto since = DayOf(student.status_from());
  if (on_roll && (!since.has_value() || census < *since)) {
    return "ENROLLED";  // the present status began later
  }
  return student.status();
}

bool Monitored(const PolicyBook& book, std::string_view kind) {
  const int index = book.KindIndex(kind);
  return index >= 0 && (book.monitored() >> index & 1) != 0;
}

// Whether a record holds for the term: on its first day, or found later up to the cut-off for monitored kinds (DR-10).
bool HoldsIn(const PolicyBook& book, const registry_v1::HardshipRecord& record, const TermDates& dates) {
  const auto from = DayOf(record.valid_from());
  const auto to = DayOf(record.valid_to());
  const absl::CivilDay last = Monitored(book, record.kind()) ? dates.cut_off : dates.first_day;
  return from.has_value() && *from <= last && (!to.has_value() || dates.first_day < *to);
}

// A supplementary item is what is left to pay; compared is the amount of the term in full (DR-10).
void AddBackReceived(const PolicyBook& book, const v1::PupilFacts& facts, v1::EvaluateEntitlementResponse* decision) {
  std::map<v1::BenefitFamily, int64_t> received;
  for (const v1::ReceivedItem& item : facts.received()) {
    received[book.FamilyOf(item.item())] += item.amount_fen();
  }
  for (v1::EntitledItem& item : *decision->mutable_items()) {
    if (item.supplementary()) {
      item.set_amount_fen(item.amount_fen() + received[item.family()]);
    }
  }
  for (const v1::RemovedItem& removed : decision->removed()) {
    const v1::BenefitFamily family = book.FamilyOf(removed.item());
    if (removed.reason() == "ALREADY_RECEIVED" && received[family] > 0) {
      v1::EntitledItem* settled = decision->add_items();
      settled->set_item(removed.item());
      settled->set_family(family);
      settled->set_amount_fen(received[family]);
      settled->set_supplementary(true);
      settled->set_counts_in_coverage(true);
    }
  }
}

}  // namespace

absl::CivilDay NearestDay(const TermCalendar& calendar, const Term& term, absl::CivilDay day) {
  return std::clamp(day, calendar.FirstDay(term), calendar.LastDay(term));
}

CensusPlace PlaceOn(const PupilCopy& pupil, const std::map<std::string, registry_v1::School>& schools,
                    std::string_view county, absl::CivilDay census) {
  CensusPlace place{.area = pupil.student.area()};
  const std::string here = absl::StrCat("counties/", county, "/");
  for (const auto& enrolment : pupil.student.enrolments()) {
    if (Covers(enrolment, census) && enrolment.school().starts_with(here)) {
      place.enrolment = &enrolment;
      break;
    }
  }
  if (!pupil.student.merged_into().empty()) {
    place.enrolment = nullptr;
    place.status = "MERGED";
    return place;
  }
  place.status = StatusOn(pupil.student, census, place.enrolment != nullptr);
  if (place.enrolment == nullptr) {
    place.status = !pupil.student.moved_to().empty() ? "TRANSFERRED"
                   : place.status == "ENROLLED"      ? "NOT_ON_ROLL"
                                                     : place.status;
    return place;
  }
  place.stage = place.enrolment->stage();
  if (const auto school = schools.find(place.enrolment->school()); school != schools.end()) {
    const std::string_view school_class = feed::IdOfName(place.enrolment->class_name());
    place.area = absl::StrCat(school->second.area(), school_class.empty() ? "" : "/", school_class);
  }
  return place;
}

void PlaceAtUniversity(const std::vector<v1::Study>& studies, absl::CivilDay census, CensusPlace* place) {
  if (place->enrolment != nullptr || place->status == "MERGED" || place->status == "TRANSFERRED" ||
      place->status == "DECEASED") {
    return;
  }
  place->study = StudyOn(studies, census);
  if (place->study != nullptr) {
    place->status = StatusOn(*place->study, census);
    place->stage = place->study->stage();
  }
}

void ReadHardships(const PupilCopy& pupil, absl::CivilDay day,
                   google::protobuf::RepeatedPtrField<v1::HardshipFact>* facts) {
  EachRecord(pupil, day, [&](const registry_v1::HardshipRecord& record, const registry_v1::HouseholdMember*) {
    v1::HardshipFact* fact = facts->Add();
    fact->set_kind(record.kind());
    fact->set_area(record.area());
    *fact->mutable_valid_from() = record.valid_from();
    if (record.has_valid_to()) {
      *fact->mutable_valid_to() = record.valid_to();
    }
    if (record.has_risk_eliminated_on()) {
      *fact->mutable_risk_eliminated_on() = record.risk_eliminated_on();
    }
    fact->set_source(record.source());
    fact->set_level(record.level());
  });
}

bool BoardsOn(const registry_v1::Student& student, absl::CivilDay day) {
  for (const auto& span : student.boardings()) {
    if (Covers(span, day)) {
      return span.boarding();
    }
  }
  return false;
}

void ReadPupilFacts(const PolicyBook& book, const PupilCopy& pupil, const CensusPlace& place,
                    const registry_v1::School* school, std::string_view county, const TermDates& dates,
                    v1::PupilFacts* facts) {
  ReadPersonFacts(book, pupil, dates.first_day, facts);
  facts->set_status(place.status);
  facts->set_stage(place.enrolment->stage());
  facts->set_grade(place.enrolment->grade());
  facts->set_boarding(BoardsOn(pupil.student, dates.census));
  facts->set_school_region(absl::StrCat(county, "000000"));
  if (school != nullptr) {
    CopySchool(*school, facts);
  }
  facts->set_full_time_formal(pupil.student.vocational().full_time_formal());
  facts->set_agriculture_major(pupil.student.vocational().agriculture_major());
  facts->set_performing_arts_major(pupil.student.vocational().performing_arts_major());
  const std::string& inclusive = pupil.student.inclusive_class();
  facts->set_special_education(place.enrolment->stage() == kSpecialStage ||
                               (!inclusive.empty() && inclusive != kOrdinaryClass));
}

void ReadStudentFacts(const PolicyBook& book, const PupilCopy& pupil, const CensusPlace& place, std::string_view county,
                      const Term& term, v1::PupilFacts* facts) {
  ReadPersonFacts(book, pupil, book.calendar().FirstDay(term), facts);
  if (facts->home_region().empty()) {
    facts->set_home_region(absl::StrCat(county, "000000"));
  }
  facts->set_status(place.status);
  ReadStudy(*place.study, term, facts->home_region(), facts);
}

void AddReceived(const PolicyBook& book, const TermDates& dates, const std::vector<v1::AidRecord>& aid,
                 v1::PupilFacts* facts) {
  std::optional<absl::CivilDay> found;
  for (const auto& fact : facts->hardships()) {
    const auto from = DayOf(fact.valid_from());
    if (Monitored(book, fact.kind()) && from.has_value() && dates.first_day < *from && *from <= dates.cut_off &&
        (!found.has_value() || *from < *found)) {
      found = from;
    }
  }
  for (const v1::AidRecord& record : aid) {
    const auto paid = DayOf(record.paid_on());
    if (found.has_value() && record.refused().empty() && paid.has_value() && *paid < *found) {
      v1::ReceivedItem* received = facts->add_received();
      received->set_item(record.item());
      received->set_amount_fen(record.amount_fen());
      received->set_own(record.source() == kOwnAid);
    }
  }
}

void AddIdentified(const std::vector<v1::Identification>& identifications, std::string_view term,
                   const TermDates& dates, v1::PupilFacts* facts) {
  for (const v1::Identification& record : identifications) {
    const int32_t level = LevelIn(record, term);
    if (level == 0 || record.disputed() || record.answer().level_by_kind() > 0) {
      continue;
    }
    v1::HardshipFact* fact = facts->add_hardships();
    fact->set_kind(std::string(kIdentifiedKind));
    *fact->mutable_valid_from() = DateOf(dates.first_day);
    fact->set_source(std::string(kSchoolSource));
    fact->set_level(level);
  }
}

void ReadComparisonFacts(const PolicyBook& book, const PupilCopy& pupil, const CensusPlace& place,
                         const TermDates& dates, v1::Decision* decision, const std::vector<v1::AidRecord>& aid,
                         v1::ComparisonFacts* facts) {
  facts->set_person(pupil.key.person);
  EachRecord(pupil, dates.first_day,
             [&](const registry_v1::HardshipRecord& record, const registry_v1::HouseholdMember* member) {
               if (!HoldsIn(book, record, dates)) {
                 return;
               }
               v1::SourceRecord* source = facts->add_sources();
               source->set_source(record.source());
               source->set_kind(record.kind());
               if (member != nullptr) {
                 source->set_weak_match(member->match() == "WEAK_MATCH");
                 source->set_id_mismatch(!member->id_number().empty() && !pupil.student.id_number().empty() &&
                                         member->id_number() != pupil.student.id_number());
               }
               if (record.kind() == kIdentifiedKind || record.kind() == "E1") {
                 facts->set_identified_by_school(true);
               }
             });
  if (decision != nullptr) {
    const auto& hardships = decision->input().facts().hardships();
    facts->set_identified_by_school(facts->identified_by_school() ||
                                    std::any_of(hardships.begin(), hardships.end(), [](const v1::HardshipFact& fact) {
                                      return fact.kind() == kIdentifiedKind && fact.source() == kSchoolSource;
                                    }));
    facts->mutable_decision()->Swap(decision->mutable_answer());
    AddBackReceived(book, decision->input().facts(), facts->mutable_decision());
  }
  for (const v1::AidRecord& record : aid) {
    v1::AidedItem* item = facts->add_aided();
    item->set_item(record.item());
    item->set_family(book.FamilyOf(record.item()));
    item->set_amount_fen(record.amount_fen());
    item->set_school(record.school());
    item->set_weak_match(record.weak_match());
    item->set_id_mismatch(record.id_mismatch());
  }
  // The place is the first one that covers the day; a further one is a second school that lists the pupil too (2.9 E).
  if (place.study != nullptr) {
    facts->add_enrolments()->set_status(place.status);  // the university has no id of the registry
  }
  for (const auto& span : pupil.student.enrolments()) {
    if (place.enrolment != nullptr && Covers(span, dates.census)) {
      v1::ComparedEnrolment* enrolment = facts->add_enrolments();
      enrolment->set_school(std::string(feed::IdOfName(span.school())));
      enrolment->set_status(place.status);
    }
  }
  facts->set_deceased(place.status == "DECEASED");
}

}  // namespace ruraledu::student_aid
