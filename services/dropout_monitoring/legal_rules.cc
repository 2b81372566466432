#include "services/dropout_monitoring/legal_rules.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/case_action_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kNoVillage = "000";  // of a code of 12 digits
// What has a people's government: a subdistrict has an office of the county, a development zone a committee.
constexpr std::string_view kGoverned[] = {"镇", "乡", "苏木"};
constexpr std::string_view kRecordsOfOrder[] = {"EDUCATION_RECORD", "ORDER"};  // LEGAL_1: one step with two records

bool Taken(const v1::Case& file, v1::LegalStepKind kind) {
  return std::any_of(file.legal_steps().begin(), file.legal_steps().end(), [&](const v1::LegalStep& step) {
    return step.kind() == kind && step.round() == file.relapse_count();
  });
}

absl::Status Needs(v1::LegalStepKind kind, std::string_view what, int64_t has, int64_t needed) {
  return has >= needed ? absl::OkStatus()
                       : Fail("LEGAL_PRECONDITION", {{"step", EnumText(kind)},
                                                     {"what", what},
                                                     {"has", absl::StrCat(has)},
                                                     {"needed", absl::StrCat(needed)}});
}

std::string DocumentNumber(const v1::Case& file, v1::LegalStepKind kind) {
  const std::string step = EnumText(kind);
  return absl::StrCat(file.number(), "-L", step.substr(step.size() - 1),
                      file.relapse_count() > 0 ? absl::StrCat("-R", file.relapse_count()) : "");
}

}  // namespace

std::optional<v1::LegalStepKind> NextLegalStep(const v1::CasePolicy& policy, const v1::Case& file) {
  for (int number = v1::LEGAL_STEP_KIND_LEGAL_0; number <= v1::LEGAL_STEP_KIND_LEGAL_3; ++number) {
    const auto kind = static_cast<v1::LegalStepKind>(number);
    const bool left_out = kind == v1::LEGAL_STEP_KIND_LEGAL_2 && !policy.penalty_step();
    if (!left_out && !Taken(file, kind)) {
      return kind;
    }
  }
  return std::nullopt;
}

absl::Status CheckLegalStep(const CaseRules& rules, absl::CivilDay on, v1::LegalStepKind kind, const v1::Case& file) {
  if (kind == v1::LEGAL_STEP_KIND_LEGAL_2 && !rules.policy.penalty_step()) {
    return Fail("LEGAL_STEP_OFF", {{"step", EnumText(kind)}});
  }
  if (kind == v1::LEGAL_STEP_KIND_UNSPECIFIED || !v1::LegalStepKind_IsValid(kind)) {  // callers may send any number
    return Fail("FIELD_REQUIRED", {{"field", "kind"}});
  }
  const auto next = NextLegalStep(rules.policy, file);
  if (!next.has_value() || kind < *next) {
    return Fail("LEGAL_STEP_TAKEN", {{"step", EnumText(kind)}});
  }
  if (kind > *next) {
    return Fail("LEGAL_STEP_SKIPPED", {{"step", EnumText(kind)}, {"missing", EnumText(*next)}});
  }
  switch (kind) {
    case v1::LEGAL_STEP_KIND_LEGAL_0:
      return Needs(kind, "failed visits", FailedVisits(rules.codes, file), rules.policy.legal_0_visits());
    case v1::LEGAL_STEP_KIND_LEGAL_1:
      return Needs(kind, "failed persuasions on different days", FailedDays(rules.codes, file),
                   rules.policy.legal_1_persuasions());
    default: {  // the term of the step before has passed
      const absl::CivilDay ends = *DayOf(file.legal_steps(file.legal_steps_size() - 1).term_ends_on());
      return Needs(kind, "days after the term of the step before", on - ends, 1);
    }
  }
}

absl::Status IssueLegalStep(const CaseRules& rules, const WorkCalendar& calendar, const CaseAct& act,
                            v1::LegalStepKind kind, int term_days,
                            const google::protobuf::RepeatedPtrField<v1::CaseEvidence>& records, v1::Case* file) {
  RETURN_IF_ERROR(CheckLegalStep(rules, act.on, kind, *file));
  const int days = term_days == 0 ? rules.policy.term_days() : term_days;
  if (days < rules.policy.term_days_least() || days > rules.policy.term_days_most()) {
    return Fail("LEGAL_TERM", {{"days", absl::StrCat(days)},
                               {"least", absl::StrCat(rules.policy.term_days_least())},
                               {"most", absl::StrCat(rules.policy.term_days_most())}});
  }
  if (kind == v1::LEGAL_STEP_KIND_LEGAL_1) {
    for (const std::string_view wanted : kRecordsOfOrder) {
      if (std::none_of(records.begin(), records.end(), [&](const auto& record) { return record.kind() == wanted; })) {
        return Fail("LEGAL_RECORDS", {{"step", EnumText(kind)}, {"kind", wanted}});
      }
    }
  }
  ASSIGN_OR_RETURN(const absl::CivilDay ends, calendar.PeriodEnd(act.on, days));
  return Advance(
      rules, act,
      [&](v1::Case& after, bool& done) -> absl::Status {
        RETURN_IF_ERROR(MoveCase(rules, act, absl::AsciiStrToLower(EnumText(kind)), &after));
        v1::LegalStep* step = after.add_legal_steps();
        step->set_kind(kind);
        *step->mutable_issued_on() = DateOf(act.on);
        *step->mutable_term_ends_on() = DateOf(ends);
        step->set_document_number(DocumentNumber(after, kind));
        step->set_issued_by(act.person);
        *step->mutable_records() = records;
        step->set_round(after.relapse_count());
        done = after.action() == v1::CASE_ACTION_LEGAL_STEP || after.action() == v1::CASE_ACTION_AWAIT_TERM;
        return absl::OkStatus();
      },
      file);
}

const v1::LegalStep* FindLegalStep(const v1::Case& file, v1::LegalStepKind kind) {
  const auto found = std::find_if(file.legal_steps().rbegin(), file.legal_steps().rend(),
                                  [&](const v1::LegalStep& step) { return step.kind() == kind; });
  return found == file.legal_steps().rend() ? nullptr : &*found;
}

absl::StatusOr<std::string> FillTemplate(std::string_view file, std::string_view text,
                                         const std::map<std::string, std::string>& values) {
  std::string filled;
  while (!text.empty()) {
    const size_t open = text.find('{');
    filled.append(text.substr(0, open));
    if (open == std::string_view::npos) {
      break;
    }
    const size_t close = text.find('}', open);
    const auto value = close == std::string_view::npos
                           ? values.end()
                           : values.find(std::string(text.substr(open + 1, close - open - 1)));
    if (value == values.end()) {
      return Fail("DATA_FILE", {{"file", file}, {"line", "0"}, {"problem", "a placeholder that nobody fills"}});
    }
    filled.append(value->second);
    text.remove_prefix(close + 1);
  }
  return filled;
}

std::string DocumentOf(v1::LegalStepKind kind) {
  return std::string(kDocuments[kind - v1::LEGAL_STEP_KIND_LEGAL_0]);
}

std::string AuthorityOf(const RegionTree& regions, std::string_view shard, absl::CivilDay on) {
  const auto path = regions.PathOf(RegionOfShard(shard), on);
  return absl::StrCat(path.empty() ? "" : path.back()->name, "教育行政部门");
}

std::string IssuerOf(const RegionTree& regions, std::string_view shard, absl::CivilDay on, v1::LegalStepKind kind,
                     const v1::Case& file, const std::string& school) {
  if (kind == v1::LEGAL_STEP_KIND_LEGAL_0 && !school.empty()) {
    return school;
  }
  if (kind != v1::LEGAL_STEP_KIND_LEGAL_2 && file.authority() == v1::AUTHORITY_LEVEL_TOWNSHIP) {
    const auto path = regions.PathOf(absl::StrCat(file.authority_area(), kNoVillage), on);
    const bool governed =
        !path.empty() && std::any_of(std::begin(kGoverned), std::end(kGoverned),
                                     [&](const auto& end) { return absl::EndsWith(path.back()->name, end); });
    if (governed) {
      return absl::StrCat(path.back()->name, "人民政府");
    }
  }
  return AuthorityOf(regions, shard, on);
}

void KeepDocument(const std::string& school, const std::string& issuer, v1::Case* file) {
  v1::LegalDocument* document = file->mutable_legal_steps(file->legal_steps_size() - 1)->mutable_document();
  document->set_issuer(issuer);
  document->set_school(school);
  document->set_grade(file->grade());
  if (file->has_last_attended_on()) {
    *document->mutable_last_attended_on() = file->last_attended_on();
  }
  document->set_persuasions(file->persuasions());
}

std::string DayInWords(const google::type::Date& day) {
  return day.year() == 0 ? "未知日期" : absl::StrCat(day.year(), "年", day.month(), "月", day.day(), "日");
}

std::map<std::string, std::string> DocumentValues(const v1::Case& file, const v1::LegalStep& step,
                                                  const std::string& school, const std::string& authority) {
  const std::string guardian = file.child().guardians().empty() ? "" : file.child().guardians(0).display_name();
  v1::LegalDocument document = step.document();
  if (!step.has_document()) {
    document.set_issuer(authority);
    document.set_school(school);
    document.set_grade(file.grade());
    *document.mutable_last_attended_on() = file.last_attended_on();
    document.set_persuasions(file.persuasions());
  }
  const bool enrolled = !document.school().empty();
  const std::string grade = document.grade().empty() ? "" : absl::StrCat(document.grade(), "年级");
  const std::string last = DayInWords(document.last_attended_on());
  return {{"document_number", step.document_number()},
          {"guardian", guardian.empty() ? "监护人" : guardian},
          {"child", file.child().display_name()},
          {"school", document.school()},
          {"grade", grade},
          {"place", enrolled ? absl::StrCat("（", document.school(), grade, "）") : ""},
          {"last_attended_on", last},
          {"since", document.last_attended_on().year() == 0 ? "" : absl::StrCat("自", last, "后")},
          {"attend", enrolled ? "返校就读" : "入学就读"},
          {"persuasions", absl::StrCat(document.persuasions())},
          {"term_ends_on", DayInWords(step.term_ends_on())},
          {"authority", document.issuer()},
          {"issued_on", DayInWords(step.issued_on())}};
}

}  // namespace ruraledu::dropout_monitoring
