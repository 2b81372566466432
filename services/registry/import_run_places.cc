// Schools, classes, teachers, villages, calendars.
#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/domain/shard.h"
#include "common/domain/text.h"
#include "services/registry/identity.h"
#include "services/registry/import_run.h"
#include "services/registry/rekey.h"
#include "services/registry/school_rules.h"
#include "services/registry/store.h"

namespace ruraledu::registry {
namespace {

bool Refused(const RowIssues& issues) {
  return !issues.empty();
}

}  // namespace

std::vector<db::Value> ImportRun::TeacherExtra(const v1::Teacher& teacher) {
  const NameRules& names = parts_.reference->names;
  return {names.SortKey(names.Prepare(teacher.display_name())), CurrentIndex("id_number", teacher.id_number())};
}

absl::StatusOr<ImportRun::Schools::mapped_type*> ImportRun::SchoolByCode(std::string_view code) {
  const auto [at, fresh] = schools_.try_emplace(std::string(code));
  if (fresh && !code.empty()) {
    ASSIGN_OR_RETURN(const auto row, SchoolRowByCode(tx_, parts_.shard, code));
    if (row.has_value()) {
      at->second.emplace();
      RETURN_IF_ERROR(feed::ReadRoot(*row, 1, kSchools, row->Text(0), parts_.sealer.get(), &*at->second));
    }
  }
  return &at->second;
}

absl::StatusOr<const v1::School*> ImportRun::SchoolInUse(std::string_view code) {
  ASSIGN_OR_RETURN(const auto* school, SchoolByCode(code));
  return school->has_value() && !(*school)->area().empty() ? &**school : nullptr;
}

absl::StatusOr<ImportRun::Classes::mapped_type*> ImportRun::FindClass(std::string_view school, std::string_view year,
                                                                      std::string_view grade, std::string_view name) {
  const auto [at, fresh] = classes_.try_emplace(absl::StrCat(school, "|", year, "|", grade, "|", name));
  if (!fresh) {
    return &at->second;
  }
  ASSIGN_OR_RETURN(const auto rows, ClassRows(tx_, parts_.shard, school, year, name));
  for (const db::Row& row : rows) {
    v1::SchoolClass found;
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kClasses, row.Text(0), parts_.sealer.get(), &found));
    if (found.grade() == grade) {
      at->second = std::move(found);
    }
  }
  return &at->second;
}

absl::StatusOr<const v1::SchoolClass*> ImportRun::ClassOf(const v1::School& school, const RowView& row,
                                                          StagedLine* line) {
  const std::string name = NormalizeText(row.Get("class_name"));
  if (name.empty()) {
    return nullptr;
  }
  const std::string& year = parts_.facts.school_year;
  const std::string_view grade = row.Get("grade");
  ASSIGN_OR_RETURN(auto* kept, FindClass(school.name(), year, grade, name));
  if (kept->has_value() && !(*kept)->area().empty()) {
    return &**kept;
  }
  v1::SchoolClass made = kept->value_or(v1::SchoolClass());
  if (!kept->has_value()) {
    made.set_name(Name("classes", DerivedId({"class", school.name(), year, grade, name})));
    made.set_school(school.name());
    made.set_school_year(year);
  }
  RowToClass(checks(), row, &made);
  Violations violations;
  CheckClass(parts_.reference->codes, checks().today, school, "school_class", &made, &violations);
  if (!violations.empty()) {
    Refuse(IssueOf(violations.status()), line);
    return nullptr;
  }
  RETURN_IF_ERROR(Put<v1::SchoolClass>(kClasses, *kept, made, "IMPORT", line).status());
  *kept = std::move(made);
  return &**kept;
}

absl::Status ImportRun::CloseByRow(const RowView& row, v1::School* school, RowIssues* issues) {
  const auto closed = row.Day("closed_on");
  if (!closed.has_value()) {
    return absl::OkStatus();
  }
  std::vector<v1::School> replacements;
  for (const std::string& code : ItemsOf(row.Get("replacement_school_code"))) {
    ASSIGN_OR_RETURN(const v1::School* replacement, SchoolInUse(code));
    if (replacement == nullptr) {
      issues->push_back({"replacement_school_code", "SCHOOL_UNKNOWN"});
      return absl::OkStatus();
    }
    replacements.push_back(*replacement);
  }
  if (const absl::Status closing = CheckClosing(*school, *closed, checks().today, replacements); !closing.ok()) {
    const bool of_day = ReasonOf(closing) != "REPLACEMENT_REQUIRED";
    issues->push_back({of_day ? "closed_on" : "replacement_school_code", ReasonOf(closing)});
    return absl::OkStatus();
  }
  school->set_state(v1::SCHOOL_STATE_CLOSED);
  *school->mutable_closed_on() = DateOf(*closed);
  school->clear_replacements();
  for (const v1::School& replacement : replacements) {
    school->add_replacements(replacement.name());
  }
  return absl::OkStatus();
}

absl::Status ImportRun::School(StagedLine* line) {
  const RowView row(line->staged.values());
  const std::string code = SchoolCodeOf(row);
  ASSIGN_OR_RETURN(auto* kept, SchoolByCode(code));
  const std::optional<v1::School> before = *kept;
  v1::School after = before.value_or(v1::School());
  if (!before.has_value()) {
    after.set_name(Name("schools", DerivedId({"school", parts_.shard, code})));
  }
  RowIssues issues;
  RowToSchool(checks(), parts_.reference->regions, parts_.facts, row, &after, &issues);
  for (const std::string_view field : {"parent_school_code", "supporting_school_code"}) {
    ASSIGN_OR_RETURN(const v1::School* other, SchoolInUse(row.Get(field)));
    if (other == nullptr && row.Has(field)) {
      issues.push_back({std::string(field), "SCHOOL_UNKNOWN"});
    } else if (other != nullptr && field == "parent_school_code") {
      after.set_centre_school(other->name());
    } else if (other != nullptr) {
      after.set_supporting_school(other->name());
    }
  }
  if (before.has_value() && !before->area().empty() && GivesUpStage(*before, after)) {
    ASSIGN_OR_RETURN(const auto pupils, PupilsOfSchool(tx_, before->area()));
    if (const absl::Status stages = CheckStagesKept(parts_.reference->codes, after, pupils); !stages.ok()) {
      issues.push_back({"stages", ReasonOf(stages)});
    }
  }
  if (after.state() == v1::SCHOOL_STATE_OPEN && !Refused(issues)) {
    RETURN_IF_ERROR(CloseByRow(row, &after, &issues));
  }
  if (Refused(issues)) {
    Refuse(issues.front(), line);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool changed, Put(kSchools, before, after, "IMPORT", line));
  if (changed && !dry_ && before.has_value() && !before->area().empty() && before->area() != after.area()) {
    RETURN_IF_ERROR(Then([actor = parts_.actor, from = before->area(), to = after.area()](db::Transaction& tx) {
      return InsertRekeyJob(tx, actor, from, to);
    }));
  }
  *kept = after;
  Settle(!before.has_value(), changed, after.name(), "", line);
  return absl::OkStatus();
}

absl::Status ImportRun::Class(StagedLine* line) {
  const RowView row(line->staged.values());
  ASSIGN_OR_RETURN(const v1::School* school, SchoolInUse(row.Get("school_code")));
  if (school == nullptr) {
    Refuse({"school_code", "SCHOOL_UNKNOWN"}, line);
    return absl::OkStatus();
  }
  const std::string year(row.Has("school_year") ? row.Get("school_year") : std::string_view(parts_.facts.school_year));
  if (!ParseSchoolYear(year).ok()) {
    Refuse({"school_year", "SCHOOL_YEAR_FORMAT"}, line);
    return absl::OkStatus();
  }
  const std::string name = NormalizeText(row.Get("class_name")), grade(row.Get("grade"));
  ASSIGN_OR_RETURN(auto* kept, FindClass(school->name(), year, grade, name));
  const std::optional<v1::SchoolClass> before = *kept;
  v1::SchoolClass after = before.value_or(v1::SchoolClass());
  if (!before.has_value()) {
    after.set_name(Name("classes", DerivedId({"class", school->name(), year, grade, name})));
    after.set_school(school->name());
    after.set_school_year(year);
  }
  RowToClass(checks(), row, &after);
  std::vector<std::string> warnings;
  if (const std::string_view head = row.Get("head_teacher_id"); !head.empty()) {
    ASSIGN_OR_RETURN(const std::string teacher, TeacherOf(head, head));
    if (teacher.empty()) {
      warnings.push_back("TEACHER_UNKNOWN");
    } else {
      after.set_class_teacher(Name("teachers", teacher));
    }
  }
  Violations violations;
  CheckClass(parts_.reference->codes, checks().today, *school, "school_class", &after, &violations);
  if (!violations.empty()) {
    Refuse(IssueOf(violations.status()), line);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool changed, Put(kClasses, before, after, "IMPORT", line));
  *kept = after;
  Settle(!before.has_value(), changed, after.name(), "", line);
  Warn(warnings, line);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ImportRun::TeacherOf(std::string_view id_number, std::string_view staff_number) {
  std::string id;
  for (const std::string& index : IndexesOf("id_number", id_number)) {
    if (id.empty()) {
      ASSIGN_OR_RETURN(id, TeacherByIndex(tx_, parts_.shard, index));
    }
  }
  if (id.empty() && !staff_number.empty()) {
    ASSIGN_OR_RETURN(id, TeacherByStaffNumber(tx_, parts_.shard, staff_number));
  }
  return id;
}

absl::Status ImportRun::Teacher(StagedLine* line) {
  const RowView row(line->staged.values());
  ASSIGN_OR_RETURN(const v1::School* school, SchoolInUse(row.Get("school_code")));
  if (school == nullptr) {
    Refuse({"school_code", "SCHOOL_UNKNOWN"}, line);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::string id, TeacherOf(row.Get("citizen_id"), row.Get("staff_number")));
  std::optional<v1::Teacher> before;
  if (!id.empty()) {
    ASSIGN_OR_RETURN(before, Load<v1::Teacher>(kTeachers, id));
  }
  v1::Teacher after = before.value_or(v1::Teacher());
  if (!before.has_value()) {
    after.set_name(Name("teachers", IdOfLine("teacher", parts_.facts.import_id, line->line)));
  }
  RowIssues issues;
  std::vector<std::string> warnings;
  RowToTeacher(checks(), parts_.facts, row, *school, &after, &issues, &warnings);
  if (Refused(issues)) {
    Refuse(issues.front(), line);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool changed, Put(kTeachers, before, after, "IMPORT", line, TeacherExtra(after)));
  Settle(!before.has_value(), changed, after.name(), "", line);
  Warn(warnings, line);
  return absl::OkStatus();
}

absl::Status ImportRun::Village(StagedLine* line) {
  const RowView row(line->staged.values());
  ASSIGN_OR_RETURN(const auto before, Load<v1::Region>(kRegions, absl::StrCat("village-", row.Get("village_code"))));
  v1::Region after = before.value_or(v1::Region());
  RowIssues issues;
  RowToVillage(parts_.reference->regions, parts_.facts, row, &after, &issues);
  if (Refused(issues)) {
    Refuse(issues.front(), line);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool changed, Put(kRegions, before, after, "IMPORT", line));
  Settle(!before.has_value(), changed, after.name(), "", line);
  return absl::OkStatus();
}

// The days of one year. The file says something of the days it names; the others stay.
absl::Status ImportRun::Calendar(ImportUnit& unit) {
  const auto day_of = [](const StagedLine* line) { return RowView(line->staged.values()).Day("date"); };
  const int year = static_cast<int>(day_of(unit.front())->year());
  ASSIGN_OR_RETURN(const auto before, Load<v1::Calendar>(kCalendars, absl::StrCat(year)));
  v1::Calendar after = before.value_or(v1::Calendar());
  std::map<absl::CivilDay, v1::CalendarDay> days;
  for (const v1::CalendarDay& day : after.days()) {
    days[*DayOf(day.date())] = day;
  }
  for (StagedLine* line : unit) {
    const RowView row(line->staged.values());
    const absl::CivilDay day = *day_of(line);
    const std::string kind = CalendarKind(day, row.Is("is_working_day"), row.Has("name"));
    const auto known = days.find(day);
    const bool is_new = known == days.end() && !kind.empty();
    const bool changed = known != days.end() && known->second.kind() != kind;
    if (kind.empty()) {
      days.erase(day);
    } else if (is_new || changed) {
      v1::CalendarDay& put = days[day];
      *put.mutable_date() = DateOf(day);
      put.set_kind(kind);
      put.set_label_zh(std::string(row.Has("name") ? row.Get("name") : row.Get("remark")));
    }
    Settle(is_new, changed, absl::StrCat("calendars/", year), "", line);
  }
  after.set_name(absl::StrCat("calendars/", year));
  after.set_year(year);
  after.clear_days();
  for (const auto& [day, put] : days) {
    *after.add_days() = put;
  }
  if (after.source().empty()) {
    after.set_source(parts_.facts.evidence);
  }
  if (!after.has_covers_until()) {
    *after.mutable_covers_until() = DateOf(absl::CivilDay(year, 12, 31));
  }
  return Put(kCalendars, before, after, "IMPORT", nullptr).status();  // images: ImportJob::ApplyCalendars
}

}  // namespace ruraledu::registry
