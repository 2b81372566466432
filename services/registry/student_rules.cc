#include "services/registry/student_rules.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/domain/names.h"
#include "common/domain/student_number.h"

namespace ruraledu::registry {
namespace {

constexpr Transition kStatusRows[] = {
    {"ENROLLED", "SUSPENDED", "SUSPENDED"},
    {"ENROLLED", "TRANSFER_OUT_PENDING", "TRANSFER_OUT_PENDING"},
    {"ENROLLED", "SUSPECTED", "SUSPECTED"},
    {"ENROLLED", "GRADUATED", "GRADUATED"},
    {"ENROLLED", "COMPLETED", "COMPLETED"},
    {"ENROLLED", "HOME_TAUGHT", "HOME_TAUGHT"},
    {"ENROLLED", "DECEASED", "DECEASED"},
    {"ENROLLED", "EMIGRATED", "EMIGRATED"},
    {"SUSPENDED", "ENROLLED", "ENROLLED"},
    {"SUSPENDED", "DROPPED", "DROPPED"},
    {"SUSPENDED", "DECEASED", "DECEASED"},
    {"TRANSFER_OUT_PENDING", "TRANSFERRED", "TRANSFERRED"},
    {"TRANSFER_OUT_PENDING", "ENROLLED", "ENROLLED"},
    {"TRANSFER_OUT_PENDING", "SUSPECTED", "SUSPECTED"},
    {"TRANSFERRED", "ENROLLED", "ENROLLED"},
    {"SUSPECTED", "ENROLLED", "ENROLLED"},
    {"SUSPECTED", "DROPPED", "DROPPED"},
    {"SUSPECTED", "DECEASED", "DECEASED"},
    {"DROPPED", "RETURNED", "RETURNED"},
    {"DROPPED", "DECEASED", "DECEASED"},
    {"RETURNED", "ENROLLED", "ENROLLED"},
    {"RETURNED", "SUSPECTED", "SUSPECTED"},
    {"HOME_TAUGHT", "ENROLLED", "ENROLLED"},
    {"HOME_TAUGHT", "GRADUATED", "GRADUATED"},
    {"HOME_TAUGHT", "DECEASED", "DECEASED"},
    {"EMIGRATED", "ENROLLED", "ENROLLED"},
    {"GRADUATED", "ENROLLED", "ENROLLED"},  // the next stage
    {"COMPLETED", "ENROLLED", "ENROLLED"},
};

class Checker {
 public:
  Checker(const StudentChecks& checks, std::string_view field, Violations* violations)
      : checks_(checks), field_(field), violations_(violations) {}

  std::string At(std::string_view name) const { return absl::StrCat(field_, ".", name); }

  void Code(std::string_view list, const std::string& code, std::string_view name) {
    const CodeList* found = checks_.codes.Find(list);
    if (!code.empty() && (found == nullptr || found->Find(code, checks_.today) == nullptr)) {
      violations_->Add(At(name), "CODE_UNKNOWN", {{"list", list}});
    }
  }

  void Name(v1::Student* student) {
    const auto name = NormalizeName(student->display_name());
    if (!name.ok()) {
      violations_->Add(At("display_name"), ReasonOf(name.status()));
      return;
    }
    student->set_display_name(*name);
    violations_->Require(!name->empty(), At("display_name"));
  }

  void Identity(v1::Student* student, std::vector<std::string>* warnings) {
    if (student->id_type().empty()) {
      student->set_id_type(student->id_number().empty() ? "Z" : "1");
    }
    Code("id_paper", student->id_type(), "id_type");
    if (student->id_type() != "1") {
      student->set_id_number(absl::AsciiStrToUpper(student->id_number()));
      return;
    }
    const PersonFacts facts{DayOf(student->birth_date()), student->sex() == "1"   ? Sex::kMale
                                                          : student->sex() == "2" ? Sex::kFemale
                                                                                  : Sex::kUnknown};
    CitizenIdCheck check = CheckCitizenId(student->id_number(), facts, checks_.provinces, checks_.today);
    if (!check.ok()) {
      violations_->Add(At("id_number"), check.error);
      return;
    }
    warnings->insert(warnings->end(), check.warnings.begin(), check.warnings.end());
    student->set_id_number(check.number);
    if (!student->has_birth_date()) {
      *student->mutable_birth_date() = DateOf(check.birth_date);
    }
    if (student->sex().empty()) {
      student->set_sex(check.sex == Sex::kMale ? "1" : "2");
    }
  }

  void Numbers(v1::Student* student, std::vector<std::string>* warnings) {
    for (int i = 0; i < student->student_numbers_size(); ++i) {
      auto* number = student->mutable_student_numbers(i);
      StudentNumberCheck check =
          CheckStudentNumber(number->number(), student->id_number(), checks_.provinces, checks_.today);
      if (!check.ok()) {
        violations_->Add(At(absl::StrCat("student_numbers[", i, "].number")), check.error);
        continue;
      }
      warnings->insert(warnings->end(), check.warnings.begin(), check.warnings.end());
      number->set_number(check.number);
    }
  }

  void Rest(const v1::Student& student) {
    if (!DayOf(student.birth_date()).has_value() || *DayOf(student.birth_date()) > checks_.today) {
      violations_->Add(At("birth_date"), "DATE_INVALID");
    }
    Code("sex", student.sex(), "sex");
    Code("ethnic_group", student.ethnic_group(), "ethnic_group");
    Code("health", student.health(), "health");
    Code("inclusive_class", student.inclusive_class(), "inclusive_class");
    Code("disability_kind", student.disability().kind(), "disability.kind");
    Code("disability_grade", student.disability().grade(), "disability.grade");
    if (!student.village().empty()) {
      CheckVillage(checks_, student.village(), At("village"), violations_);
    }
    if (student.left_behind_education() < 0 || student.left_behind_education() > 2) {
      violations_->Add(At("left_behind_education"), "CODE_UNKNOWN", {{"list", "left_behind"}});
    }
    for (int i = 0; i < student.hardships_size(); ++i) {
      CheckHardship(checks_, At(absl::StrCat("hardships[", i, "]")), student.hardships(i), violations_);
    }
  }

 private:
  const StudentChecks& checks_;
  const std::string field_;
  Violations* violations_;
};

}  // namespace

constexpr StateMachine kStatusMachine("student_status", "ENROLLED", kStatusRows);
static_assert(kStatusMachine.AllReachable() && kStatusMachine.Unambiguous());
const StateMachine kStudentStatus = kStatusMachine;

void CheckVillage(const StudentChecks& checks, std::string_view village, const std::string& field,
                  Violations* violations) {
  if (!village.empty() && village == checks.kept_village) {
    return;
  }
  if (!IsRegionCode(village)) {
    violations->Add(field, "REGION_CODE", {{"code", village}});
    return;
  }
  const std::string township = absl::StrCat(village.substr(0, RegionDigits(RegionLevel::kTownship)), "000");
  const Region* above = checks.regions.FindLast(township);
  const bool placed = above != nullptr && above->HasLevel(RegionLevel::kTownship);
  const Region* own = checks.regions.FindLast(village);
  const bool known = own != nullptr && (own->HasLevel(RegionLevel::kVillage) || (placed && own == above));
  if (!known && !(placed && checks.regions.ChildrenOf(township, checks.today).empty())) {
    violations->Add(field, "REGION_UNKNOWN", {{"level", "village"}, {"region", village}});
  }
}

void CheckHardship(const StudentChecks& checks, const std::string& field, const v1::HardshipRecord& record,
                   Violations* violations) {
  const CodeList* kinds = checks.codes.Find("hardship_kind");
  if (kinds == nullptr || kinds->Find(record.kind()) == nullptr) {
    violations->Add(absl::StrCat(field, ".kind"), "CODE_UNKNOWN", {{"list", "hardship_kind"}});
  }
  const auto from = DayOf(record.valid_from());
  if (!from.has_value()) {
    violations->Add(absl::StrCat(field, ".valid_from"), "DATE_INVALID");
    return;
  }
  for (const auto& [name, date] :
       {std::pair(".valid_to", record.valid_to()), std::pair(".risk_eliminated_on", record.risk_eliminated_on())}) {
    const auto day = DayOf(date, absl::StrCat(field, name), violations);
    if (day.has_value() && *day < *from) {
      violations->Add(absl::StrCat(field, name), "SPAN_ORDER");
    }
  }
  const bool has_area = record.kind() == "D1" || record.kind() == "D2";
  if (!record.area().empty() && (!has_area || (record.area() != "RURAL" && record.area() != "URBAN"))) {
    violations->Add(absl::StrCat(field, ".area"), "CODE_UNKNOWN", {{"list", "hardship_area"}});
  }
}

void CheckStudent(const StudentChecks& checks, std::string_view field, v1::Student* student, Violations* violations,
                  std::vector<std::string>* warnings) {
  Checker checker(checks, field, violations);
  checker.Name(student);
  checker.Identity(student, warnings);
  checker.Numbers(student, warnings);
  checker.Rest(*student);
}

absl::Status Enrol(const CodeLists& codes, const v1::School& school, const v1::SchoolClass* school_class,
                   std::string_view stage, std::string_view grade, absl::CivilDay from, std::string_view exit_type,
                   v1::Student* student) {
  if (school.state() != v1::SCHOOL_STATE_OPEN) {
    return Fail("SCHOOL_CLOSED", {{"school", school.name()}});
  }
  if (!absl::c_linear_search(school.stages(), stage)) {
    return Fail("STAGE_NOT_TAUGHT", {{"stage", stage}});
  }
  const CodeList* grades = codes.Find("grade");
  if (grades == nullptr || grades->Find(grade, from) == nullptr) {
    return Fail("CODE_UNKNOWN", {{"list", "grade"}});
  }
  if (school_class != nullptr && school_class->school() != school.name()) {
    return Fail("CLASS_OTHER_SCHOOL");
  }
  v1::Enrolment next;
  next.set_school(school.name());
  next.set_class_name(school_class == nullptr ? "" : school_class->name());
  next.set_stage(std::string(stage));
  next.set_grade(std::string(grade));
  *next.mutable_valid_from() = DateOf(from);
  auto* spans = student->mutable_enrolments();
  if (!spans->empty() && !spans->Get(0).has_valid_to()) {
    v1::Enrolment* present = spans->Mutable(0);
    const bool same = present->school() == next.school() && present->class_name() == next.class_name() &&
                      present->stage() == next.stage() && present->grade() == next.grade();
    if (same) {
      student->set_area(school_class == nullptr ? school.area() : school_class->area());
      return absl::OkStatus();
    }
    const absl::CivilDay began = DayOf(present->valid_from()).value_or(from);
    if (from < began) {
      return Fail("SPAN_ORDER");
    }
    if (from == began) {
      spans->erase(spans->begin());
    } else {
      *present->mutable_valid_to() = DateOf(from);
      present->set_exit_type(std::string(exit_type));
    }
  }
  spans->Add(std::move(next));
  std::rotate(spans->pointer_begin(), spans->pointer_end() - 1, spans->pointer_end());
  student->set_area(school_class == nullptr ? school.area() : school_class->area());
  return absl::OkStatus();
}

void EndConcurrent(absl::CivilDay on, v1::Student* student) {
  for (int i = 1; i < student->enrolments_size(); ++i) {
    v1::Enrolment* span = student->mutable_enrolments(i);
    if (!span->has_valid_to()) {
      *span->mutable_valid_to() = DateOf(std::max(on, DayOf(span->valid_from()).value_or(on)));
      span->set_exit_type(std::string(kConcurrent));
    }
  }
}

absl::Status SetBoarding(bool boarding, absl::CivilDay from, v1::Student* student) {
  auto* spans = student->mutable_boardings();
  if (!spans->empty() && !spans->Get(0).has_valid_to()) {
    v1::BoardingSpan* present = spans->Mutable(0);
    if (present->boarding() == boarding) {
      return absl::OkStatus();
    }
    const absl::CivilDay began = DayOf(present->valid_from()).value_or(from);
    if (from < began) {
      return Fail("SPAN_ORDER");
    }
    if (from == began) {
      present->set_boarding(boarding);
      return absl::OkStatus();
    }
    *present->mutable_valid_to() = DateOf(from);
  }
  v1::BoardingSpan next;
  next.set_boarding(boarding);
  *next.mutable_valid_from() = DateOf(from);
  spans->Add(std::move(next));
  std::rotate(spans->pointer_begin(), spans->pointer_end() - 1, spans->pointer_end());
  return absl::OkStatus();
}

bool BoardsOn(const v1::Student& student, absl::CivilDay day) {
  for (const v1::BoardingSpan& span : student.boardings()) {
    const auto from = DayOf(span.valid_from());
    const auto to = DayOf(span.valid_to());
    if (from.has_value() && *from <= day && (!to.has_value() || day < *to)) {
      return span.boarding();
    }
  }
  return false;
}

}  // namespace ruraledu::registry
