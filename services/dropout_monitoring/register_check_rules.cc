#include "services/dropout_monitoring/register_check_rules.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kMostDueDay = 31;
constexpr int kMostLookBack = 366;

absl::Status ReadPolicy(const DataTable& table, size_t row, v1::RegisterPolicy* policy) {
  int32_t due = 0, back = 0;
  if (!ReadNumber(table, row, "due_day", 1, kMostDueDay, &due) ||
      !ReadNumber(table, row, "look_back_days", 1, kMostLookBack, &back)) {
    return table.Error(row, "due_day is 1 to 31, look_back_days 1 to 366");
  }
  policy->set_due_day(due);
  policy->set_look_back_days(back);
  return absl::OkStatus();
}

bool WithoutChild(v1::ComparisonKind kind, bool class_is_marked) {
  return kind == v1::COMPARISON_KIND_ON_ROLL_ABSENT || kind == v1::COMPARISON_KIND_REGISTER_DROPOUT ||
         kind == v1::COMPARISON_KIND_TRANSFER_UNCONFIRMED ||
         (kind == v1::COMPARISON_KIND_ON_ROLL_UNMARKED && class_is_marked);
}

v1::RegisterFinding Found(v1::RegisterFindingKind kind, const std::string& student, const std::string& area,
                          const std::string& other_school = "", const std::string& other_student = "") {
  v1::RegisterFinding finding;
  finding.set_kind(kind);
  finding.set_student(student);
  finding.set_area(area);
  finding.set_other_school(other_school);
  finding.set_other_student(other_student);
  return finding;
}

auto KeyOf(const v1::RegisterFinding& finding) {
  return std::tuple<int, std::string, std::string>(finding.kind(), finding.student(), finding.other_student());
}

void Order(std::vector<v1::RegisterFinding>* findings) {
  std::stable_sort(findings->begin(), findings->end(),
                   [](const auto& a, const auto& b) { return KeyOf(a) < KeyOf(b); });
  findings->erase(std::unique(findings->begin(), findings->end(),
                              [](const auto& a, const auto& b) { return KeyOf(a) == KeyOf(b); }),
                  findings->end());
}

// A correction holds when the data say so, too; what another school passed on cannot be looked for here.
bool WorkedOff(const v1::RegisterFinding& finding) {
  return finding.has_gone_on() || finding.answer() == v1::REGISTER_ANSWER_EXPLAINED ||
         finding.answer() == v1::REGISTER_ANSWER_PASSED ||
         (finding.answer() == v1::REGISTER_ANSWER_CORRECTED && !finding.passed_from().empty());
}

void Count(v1::RegisterCheck* check) {
  v1::RegisterFigures figures;
  figures.set_in_class_unknown(check->figures().in_class_unknown());
  for (const v1::RegisterFinding& finding : check->findings()) {
    switch (finding.kind()) {
      case v1::REGISTER_FINDING_KIND_IN_CLASS_UNREGISTERED:
        figures.set_in_class_unregistered(figures.in_class_unregistered() + 1);
        break;
      case v1::REGISTER_FINDING_KIND_REGISTERED_WITHOUT_CHILD:
        figures.set_registered_without_child(figures.registered_without_child() + 1);
        break;
      case v1::REGISTER_FINDING_KIND_TWO_REGISTERS:
        figures.set_two_registers(figures.two_registers() + 1);
        break;
      default:
        figures.set_borrowed_places(figures.borrowed_places() + 1);
    }
    figures.set_open(figures.open() + (WorkedOff(finding) ? 0 : 1));
  }
  *check->mutable_figures() = figures;
}

}  // namespace

absl::StatusOr<RegisterBook> ParseRegisterBook(std::string_view text, RegionPath path) {
  return RegisterBook::Parse("register_policies.csv", text, "registerPolicies", {"due_day", "look_back_days"},
                             std::move(path), ReadPolicy);
}

std::vector<v1::RegisterFinding> RegisterFindings(const ComparisonDay& day, absl::Span<const RegisterPupil> pupils,
                                                  absl::Span<const RegisterGuest> guests) {
  std::map<std::string, bool> marked;  // by class
  for (const RegisterPupil& pupil : pupils) {
    marked[pupil.in_class] |= !pupil.facts.unmarked;
  }
  std::vector<v1::RegisterFinding> findings;
  for (const RegisterPupil& pupil : pupils) {
    if (!pupil.numbered) {
      findings.push_back(Found(v1::REGISTER_FINDING_KIND_IN_CLASS_UNREGISTERED, pupil.student, pupil.area));
    }
    const auto kinds = FindingsOf(day, pupil.facts);
    if (std::any_of(kinds.begin(), kinds.end(),
                    [&](v1::ComparisonKind kind) { return WithoutChild(kind, marked[pupil.in_class]); })) {
      findings.push_back(Found(v1::REGISTER_FINDING_KIND_REGISTERED_WITHOUT_CHILD, pupil.student, pupil.area));
    }
    for (const RegisterTwin& twin : pupil.twins) {
      findings.push_back(
          Found(v1::REGISTER_FINDING_KIND_TWO_REGISTERS, pupil.student, pupil.area, twin.school, twin.student));
    }
    if (!pupil.also_at.empty()) {
      findings.push_back(
          Found(v1::REGISTER_FINDING_KIND_BORROWED_PLACE, pupil.student, pupil.area, pupil.also_at.front()));
    }
  }
  for (const RegisterGuest& guest : guests) {
    const bool elsewhere = !guest.registered_at.empty() || !guest.moved_to.empty();
    findings.push_back(
        Found(elsewhere ? v1::REGISTER_FINDING_KIND_BORROWED_PLACE : v1::REGISTER_FINDING_KIND_IN_CLASS_UNREGISTERED,
              guest.student, guest.area, guest.registered_at, guest.moved_to));
  }
  Order(&findings);
  return findings;
}

void TakeFindings(absl::CivilDay on, std::vector<v1::RegisterFinding> found,
                  absl::Span<const v1::RegisterFinding> passed, v1::RegisterCheck* check) {
  for (const v1::RegisterFinding& one : passed) {
    const bool mirrored = std::any_of(found.begin(), found.end(), [&](const v1::RegisterFinding& here) {
      return here.kind() == one.kind() && here.student() == one.other_student();
    });
    if (!mirrored) {  // of two registers each school finds its own
      found.push_back(one);
    }
  }
  Order(&found);  // what is found here stands before the same one passed on
  std::map<std::tuple<int, std::string, std::string>, v1::RegisterFinding> all;
  for (const v1::RegisterFinding& before : check->findings()) {
    v1::RegisterFinding& gone = all[KeyOf(before)] = before;
    if (!gone.has_gone_on() && gone.passed_from().empty()) {
      *gone.mutable_gone_on() = DateOf(on);
    }
  }
  for (v1::RegisterFinding& one : found) {
    const auto [there, fresh] = all.try_emplace(KeyOf(one), one);
    if (fresh) {
      *there->second.mutable_found_on() = DateOf(on);
    } else {
      there->second.clear_gone_on();
      there->second.set_area(one.area());
      there->second.set_other_school(one.other_school());
    }
  }
  check->clear_findings();
  for (auto& [key, finding] : all) {
    *check->add_findings() = std::move(finding);
  }
  Count(check);
}

absl::Status AnswerFinding(const CaseAct& act, const v1::AnswerRegisterFindingRequest& request,
                           v1::RegisterCheck* check) {
  if (check->state() != v1::ZERO_REPORT_STATE_PREPARED) {
    const std::string from = EnumText(check->state());
    return Fail("STATE_TRANSITION", {{"machine", "register_check"}, {"from", from}, {"event", "answer"}});
  }
  const bool passed = request.answer() == v1::REGISTER_ANSWER_PASSED;
  if (passed && request.passed_to().empty()) {
    return Fail("FIELD_REQUIRED", {{"field", "passed_to"}});
  }
  if (passed && request.passed_to() == check->school()) {
    return Fail("SCHOOL_UNKNOWN");
  }
  bool any = false;
  for (v1::RegisterFinding& finding : *check->mutable_findings()) {
    if (finding.kind() == request.kind() && finding.student() == request.student()) {
      any = true;
      finding.set_answer(request.answer());
      finding.set_reason(act.reason);
      finding.set_passed_to(passed ? request.passed_to() : "");
      finding.set_answered_by(act.person);
      *finding.mutable_answered_on() = DateOf(act.on);
    }
  }
  Count(check);
  return any ? absl::OkStatus() : Fail("FINDING_UNKNOWN", {{"kind", v1::RegisterFindingKind_Name(request.kind())}});
}

absl::Status CheckCleaned(bool zero, const v1::RegisterCheck& check) {
  if (check.figures().open() > 0) {
    return Fail("FINDINGS_OPEN", {{"count", absl::StrCat(check.figures().open())}});
  }
  const bool nothing = check.findings().empty() && check.figures().in_class_unknown() == 0;
  return zero == nothing ? absl::OkStatus() : Fail("ZERO_NOT_STATED");
}

}  // namespace ruraledu::dropout_monitoring
