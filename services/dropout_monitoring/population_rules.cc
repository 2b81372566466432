#include "services/dropout_monitoring/population_rules.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/names.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kYes = "yes";
constexpr size_t kVillage = 12, kTownship = 9;
constexpr std::string_view kOut[] = {"SUSPECTED", "DROPPED"};  // digest 3.1
constexpr std::string_view kGone[] = {"TRANSFERRED", "DECEASED", "EMIGRATED"};
constexpr std::string_view kLeaving = "TRANSFER_OUT_PENDING";

template <typename List>
bool In(const List& list, std::string_view text) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

bool Has(const CodeList& list, std::string_view code, std::string_view column) {
  const CodeEntry* entry = list.Find(code);
  return entry != nullptr && entry->Attribute(column) == kYes;
}

// Beyond the compulsory grades, or through with the last of them.
bool Finished(const ComparisonDay& day, const PupilFacts& pupil) {
  const ComparisonCodes& codes = day.book.codes();
  const bool registered = Has(codes.statuses, pupil.status, "registered");
  const bool compulsory = Has(codes.stages, pupil.stage, "compulsory");
  const bool before = pupil.stage == "PRE" || pupil.stage.empty();
  return (!compulsory && !before) || (!registered && !In(kOut, pupil.status) && pupil.grade == day.policy.last_grade);
}

void Replace(const std::string& from, std::string* to) {
  if (!from.empty()) {
    *to = from;
  }
}

absl::Status CheckNumber(const ComparisonBook& book, absl::CivilDay today, v1::Resident* row) {
  if (row->id_number().empty()) {
    return absl::OkStatus();
  }
  const CitizenIdCheck check = CheckCitizenId(row->id_number(), {}, book.provinces(), today);
  if (!check.ok()) {
    return Fail(check.error, {{"field", "id_number"}});
  }
  row->set_id_number(check.number);
  if (!row->has_birth_date()) {
    *row->mutable_birth_date() = DateOf(check.birth_date);
  }
  return absl::OkStatus();
}

}  // namespace

bool OfSchoolAge(const ComparisonDay& day, absl::CivilDay birth_date) {
  const int age = SchoolAge(birth_date, day.year);
  return age >= day.policy.entry_age && age <= day.policy.last_age;
}

bool OwesSchool(const ComparisonDay& day, const PupilFacts& pupil) {
  return !pupil.elsewhere && pupil.birth_date.has_value() && OfSchoolAge(day, *pupil.birth_date) &&
         !In(kGone, pupil.status) && !Finished(day, pupil);
}

// Whether a child that nobody registered yet may still come: the youngest, until the day on which pupils are counted.
static bool MayStillCome(const ComparisonDay& day, absl::CivilDay birth_date) {
  return SchoolAge(birth_date, day.year) == day.policy.entry_age && day.on <= day.census;
}

std::vector<v1::ComparisonKind> FindingsOf(const ComparisonDay& day, const PupilFacts& pupil) {
  std::vector<v1::ComparisonKind> kinds;
  if (!OwesSchool(day, pupil)) {
    return kinds;
  }
  const ComparisonCodes& codes = day.book.codes();
  const bool registered = Has(codes.statuses, pupil.status, "registered");
  const bool attending = Has(codes.statuses, pupil.status, "attending");
  const bool compulsory = Has(codes.stages, pupil.stage, "compulsory");
  if (In(kOut, pupil.status)) {
    kinds.push_back(v1::COMPARISON_KIND_REGISTER_DROPOUT);
  } else if (!compulsory) {  // in a kindergarten, or nowhere: no school knows the child
    if (!MayStillCome(day, *pupil.birth_date)) {
      kinds.push_back(v1::COMPARISON_KIND_NEVER_ENROLLED);
    }
  } else if (!registered) {
    if (day.on > day.census) {
      kinds.push_back(v1::COMPARISON_KIND_NOT_ENROLLED);
    }
  } else if (pupil.status == kLeaving && pupil.status_from.has_value() &&
             day.on - *pupil.status_from > day.policy.transfer_days) {
    kinds.push_back(v1::COMPARISON_KIND_TRANSFER_UNCONFIRMED);
  } else if (attending && pupil.suspected) {
    kinds.push_back(v1::COMPARISON_KIND_ON_ROLL_ABSENT);
  } else if (attending && pupil.unmarked) {
    kinds.push_back(v1::COMPARISON_KIND_ON_ROLL_UNMARKED);
  }
  return kinds;
}

std::vector<v1::ComparisonKind> FindingsOf(const ComparisonDay& day, const ResidentFacts& resident) {
  if (resident.known || !resident.expected || !resident.birth_date.has_value() ||
      !OfSchoolAge(day, *resident.birth_date) || MayStillCome(day, *resident.birth_date)) {
    return {};
  }
  return {resident.in_register ? v1::COMPARISON_KIND_NEVER_ENROLLED : v1::COMPARISON_KIND_DOOR_TO_DOOR};
}

bool IsOut(const ComparisonBook& book, absl::Span<const v1::ComparisonKind> kinds) {
  return std::any_of(kinds.begin(), kinds.end(), [&](v1::ComparisonKind kind) { return book.Row(kind).is_out; });
}

void AddSupported(const ComparisonDay& day, bool out_by_case, absl::Span<const std::string> hardships,
                  std::vector<v1::ComparisonKind>* kinds) {
  if ((out_by_case || IsOut(day.book, *kinds)) && !day.book.Supported(hardships).empty()) {
    kinds->push_back(v1::COMPARISON_KIND_SUPPORTED_DROPOUT);
    std::sort(kinds->begin(), kinds->end());
  }
}

absl::Status Normalise(const ComparisonBook& book, std::string_view county, absl::CivilDay today, v1::Resident* row) {
  ASSIGN_OR_RETURN(*row->mutable_display_name(), NormalizeName(row->display_name()));
  RETURN_IF_ERROR(CheckNumber(book, today, row));
  if (row->display_name().empty() || !row->has_birth_date()) {
    return Fail("VALUE_REQUIRED");
  }
  const auto born = DayOf(row->birth_date());
  if (!born.has_value() || *born > today) {
    return Fail("DATE_INVALID");
  }
  const std::string& village = row->village();
  const bool digits = std::all_of(village.begin(), village.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (village.size() != kVillage || !digits || !village.starts_with(county)) {
    return Fail("REGION_CODE", {{"code", village}});
  }
  if (!row->whereabouts().empty() && book.codes().whereabouts.Find(row->whereabouts(), today) == nullptr) {
    return Fail("CODE_UNKNOWN", {{"list", book.codes().whereabouts.name()}});
  }
  row->set_area(village.substr(0, kTownship));
  return absl::OkStatus();
}

void TakeResident(const v1::Resident& row, const std::string& source, absl::CivilDay listed_on,
                  v1::Resident* resident) {
  *resident->mutable_birth_date() = row.birth_date();
  Replace(row.display_name(), resident->mutable_display_name());
  Replace(row.sex(), resident->mutable_sex());
  Replace(row.id_number(), resident->mutable_id_number());
  Replace(row.village(), resident->mutable_village());
  Replace(row.area(), resident->mutable_area());
  Replace(row.address(), resident->mutable_address());
  Replace(row.whereabouts(), resident->mutable_whereabouts());
  if (!row.guardians().empty()) {
    *resident->mutable_guardians() = row.guardians();
  }
  std::vector<std::string> sources(resident->sources().begin(), resident->sources().end());
  if (!In(sources, source)) {
    sources.push_back(source);
    std::sort(sources.begin(), sources.end());
    resident->mutable_sources()->Assign(sources.begin(), sources.end());
  }
  const auto before = DayOf(resident->listed_on());
  *resident->mutable_listed_on() = DateOf(before.has_value() ? std::max(*before, listed_on) : listed_on);
}

void MatchResident(const std::string& exact, const std::string& elsewhere, std::vector<std::string> weak,
                   v1::Resident* resident) {
  if (resident->match() == v1::RESIDENT_MATCH_DECIDED) {
    return;
  }
  weak.erase(std::remove_if(weak.begin(), weak.end(), [&](const auto& name) { return In(resident->refused(), name); }),
             weak.end());
  resident->clear_candidates();
  resident->set_student(exact.empty() ? elsewhere : exact);
  if (!resident->student().empty()) {
    resident->set_match(exact.empty() ? v1::RESIDENT_MATCH_ELSEWHERE : v1::RESIDENT_MATCH_EXACT);
    return;
  }
  resident->set_match(weak.empty() ? v1::RESIDENT_MATCH_NONE : v1::RESIDENT_MATCH_WEAK);
  resident->mutable_candidates()->Assign(weak.begin(), weak.end());
}

void SetKeepUntil(const ComparisonBook& book, const ComparisonPolicy& policy, v1::Resident* resident) {
  const auto born = DayOf(resident->birth_date());
  if (!born.has_value()) {
    return;
  }
  SchoolYear last{static_cast<int>(born->year()) + policy.last_age};
  if (SchoolAge(*born, last) < policy.last_age) {
    ++last.start;
  }
  int most = 0;
  for (const std::string& code : resident->sources()) {
    const CodeEntry* source = book.codes().sources.Find(code);
    int days = 0;
    if (source != nullptr && absl::SimpleAtoi(source->Attribute("retention_days"), &days)) {
      most = std::max(most, days);
    }
  }
  const absl::CivilDay ends(last.start + 1, 8, 31);  // school age is counted on 31 August (DR-08)
  *resident->mutable_keep_until() = DateOf(ends + most);
}

absl::Status DecideMatch(const std::string& student, const std::string& person, absl::CivilDay on,
                         v1::Resident* resident) {
  if (resident->match() != v1::RESIDENT_MATCH_WEAK) {
    return Fail("REVIEW_DECIDED");
  }
  if (!student.empty() && !In(resident->candidates(), student)) {
    return Fail("CANDIDATE_UNKNOWN");
  }
  if (student.empty()) {
    resident->mutable_refused()->MergeFrom(resident->candidates());
    std::sort(resident->mutable_refused()->begin(), resident->mutable_refused()->end());
  }
  resident->set_match(student.empty() ? v1::RESIDENT_MATCH_NONE : v1::RESIDENT_MATCH_DECIDED);
  resident->set_student(student);
  resident->clear_candidates();
  resident->set_decided_by(person);
  *resident->mutable_decided_on() = DateOf(on);
  return absl::OkStatus();
}

}  // namespace ruraledu::dropout_monitoring
