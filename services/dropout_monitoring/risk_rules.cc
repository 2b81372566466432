#include "services/dropout_monitoring/risk_rules.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/data_table.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kCollection = "riskPolicies";
constexpr std::string_view kAbsence = "ABSENT_PERMILLE";
constexpr int64_t kPermille = 1000;
constexpr int32_t kMostPoints = 100;
constexpr int32_t kMostDays = 400;
constexpr int32_t kMostCount = 50;
constexpr int kTransferYears = 2;
constexpr std::string_view kSealedFactors[] = {"HOUSEHOLD_KIND", "DISABILITY_GRADE"};

// A factor is a number, or codes of which the heaviest counts. Nothing for a share of fewer days than the policy wants.
struct Factor {
  std::string_view name;
  std::optional<int64_t> (*number)(const v1::RiskFacts&) = nullptr;
  std::vector<std::string> (*codes)(const v1::RiskFacts&) = nullptr;
};
constexpr Factor kFactors[] = {
    {kAbsence,
     [](const v1::RiskFacts& f) {
       return f.marked_days() == 0 ? std::nullopt
                                   : std::optional<int64_t>(f.absent_days() * kPermille / f.marked_days());
     }},
    {"SUBJECTS_FAILED", [](const v1::RiskFacts& f) { return std::optional<int64_t>(f.subjects_failed()); }},
    {"YEARS_OVER_AGE", [](const v1::RiskFacts& f) { return std::optional<int64_t>(f.years_over_age()); }},
    {"HOUSEHOLD_KIND", nullptr,
     [](const v1::RiskFacts& f) {
       return std::vector<std::string>(f.household_kinds().begin(), f.household_kinds().end());
     }},
    {"LEFT_BEHIND", [](const v1::RiskFacts& f) { return std::optional<int64_t>(f.left_behind()); }},
    {"DISABILITY_GRADE", nullptr,
     [](const v1::RiskFacts& f) { return std::vector<std::string>{f.disability_grade()}; }},
    {"TRANSFERS", [](const v1::RiskFacts& f) { return std::optional<int64_t>(f.transfers()); }},
    {"STRUGGLING", [](const v1::RiskFacts& f) { return std::optional<int64_t>(f.struggling() ? 1 : 0); }},
    {"EARLIER_SUSPICIONS", [](const v1::RiskFacts& f) { return std::optional<int64_t>(f.earlier_suspicions()); }},
};

const Factor* FactorNamed(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kFactors), std::end(kFactors), [&](const Factor& one) { return one.name == name; });
  return found == std::end(kFactors) ? nullptr : found;
}

absl::Status ReadPolicy(const DataTable& table, size_t row, v1::RiskPolicy* policy) {
  int32_t watch = 0, first = 0, age = 0;
  int32_t least = 0;
  if (!ReadNumber(table, row, "watch_from", 1, kMostPoints, &watch) ||
      !ReadNumber(table, row, "first_from", watch, kMostPoints * 2, &first) ||
      !ReadNumber(table, row, "grade_1_age", 1, kMostCount, &age) ||
      !ReadNumber(table, row, "least_marked", 1, kMostDays, &least)) {
    return table.Error(row, "a policy has points in order, the usual age of grade 1 and the least of marked days");
  }
  policy->set_watch_from(watch);
  policy->set_first_from(first);
  policy->set_grade_1_age(age);
  policy->set_least_marked(least);
  return absl::OkStatus();
}

absl::Status ReadWeight(const DataTable& table, size_t row, RiskBook* book) {
  v1::RiskPolicy* policy = book->Named(absl::StrCat(kCollection, "/", table.Get(row, "policy")));
  const Factor* factor = FactorNamed(table.Get(row, "factor"));
  if (policy == nullptr || factor == nullptr) {
    return table.Error(row, "a weight needs a policy of risk_policies.csv and a factor that is known");
  }
  v1::RiskWeight* weight = policy->add_weights();
  weight->set_factor(std::string(factor->name));
  weight->set_code(std::string(table.Get(row, "code")));
  weight->set_source(std::string(table.Get(row, "source")));
  int32_t at_least = 0, points = 0;
  const bool coded = factor->codes != nullptr;
  const bool shape = coded ? !weight->code().empty() && table.Get(row, "at_least").empty()
                           : weight->code().empty() && ReadNumber(table, row, "at_least", 1, 1000, &at_least);
  if (!shape || !ReadNumber(table, row, "points", 1, kMostPoints, &points) || weight->source().empty()) {
    return table.Error(row, "a factor has at_least or code, points from 1 to 100 and a source");
  }
  weight->set_at_least(at_least);
  weight->set_points(points);
  return absl::OkStatus();
}

// The heaviest weight of a factor that applies; null: none. `value`: what it applied to.
const v1::RiskWeight* Applied(const v1::RiskPolicy& policy, const Factor& factor, const v1::RiskFacts& facts,
                              std::string* value) {
  const std::vector<std::string> codes = factor.codes == nullptr ? std::vector<std::string>() : factor.codes(facts);
  const bool too_few = factor.name == kAbsence && facts.marked_days() < policy.least_marked();
  const std::optional<int64_t> number = factor.number == nullptr || too_few ? std::nullopt : factor.number(facts);
  const v1::RiskWeight* heaviest = nullptr;
  for (const v1::RiskWeight& weight : policy.weights()) {
    if (weight.factor() != factor.name || (heaviest != nullptr && weight.points() <= heaviest->points())) {
      continue;
    }
    const bool applies = number.has_value() ? *number >= weight.at_least()
                                            : std::find(codes.begin(), codes.end(), weight.code()) != codes.end();
    if (applies) {
      heaviest = &weight;
      *value = number.has_value() ? absl::StrCat(*number) : weight.code();
    }
  }
  return heaviest;
}

int YearsOverAge(const v1::RiskPolicy& policy, const registry::v1::Student& student, const CodeList& grades,
                 const TermCalendar& terms, absl::CivilDay on) {
  const auto born = DayOf(student.birth_date());
  const CodeEntry* grade = student.enrolments().empty() ? nullptr : grades.Find(student.enrolments(0).grade());
  int order = 0;
  if (!born.has_value() || grade == nullptr || !absl::SimpleAtoi(grade->Attribute("order"), &order) || order < 1) {
    return 0;  // before grade 1 nobody is over age
  }
  const int usual = policy.grade_1_age() + order - 1;
  return std::clamp(SchoolAge(*born, terms.SchoolYearOf(on)) - usual, 0, kMostCount);
}

// Spans are newest first.
int TransfersOf(const registry::v1::Student& student, absl::CivilDay on) {
  const absl::CivilDay since(on.year() - kTransferYears, on.month(), on.day());
  int transfers = 0;
  for (int i = 0; i + 1 < student.enrolments_size(); ++i) {
    const registry::v1::Enrolment& span = student.enrolments(i);
    const registry::v1::Enrolment& before = student.enrolments(i + 1);
    const auto from = DayOf(span.valid_from());
    const bool recent = from.has_value() && since < *from && *from <= on;
    transfers += recent && span.school() != before.school() && span.stage() == before.stage() ? 1 : 0;
  }
  return std::min(transfers, kMostCount);
}

// What a score says beside the values of that day.
std::string WithoutValues(v1::Risk risk) {
  for (auto* reasons : {risk.mutable_reasons(), risk.mutable_sealed_reasons()}) {
    for (v1::RiskReason& reason : *reasons) {
      reason.clear_value();
    }
  }
  return risk.SerializeAsString();
}

}  // namespace

absl::StatusOr<RiskBook> ParseRiskBook(const std::string& policies, const std::string& weights, RegionPath path) {
  ASSIGN_OR_RETURN(RiskBook book, RiskBook::Parse("risk_policies.csv", policies, kCollection,
                                                  {"watch_from", "first_from", "grade_1_age", "least_marked"},
                                                  std::move(path), ReadPolicy));
  ASSIGN_OR_RETURN(
      const DataTable rows,
      DataTable::Parse("risk_weights.csv", weights, {"policy", "factor", "at_least", "code", "points", "source"}));
  for (size_t row = 0; row < rows.size(); ++row) {
    RETURN_IF_ERROR(ReadWeight(rows, row, &book));
  }
  return book;
}

v1::EvaluateRiskResponse Score(const v1::RiskPolicy& policy, const v1::RiskFacts& facts) {
  v1::EvaluateRiskResponse response;
  response.set_policy(policy.name());
  for (const Factor& factor : kFactors) {
    std::string value;
    if (const v1::RiskWeight* weight = Applied(policy, factor, facts, &value); weight != nullptr) {
      v1::RiskReason* reason = response.add_reasons();
      reason->set_factor(std::string(factor.name));
      reason->set_value(value);
      reason->set_points(weight->points());
      response.set_points(response.points() + weight->points());
    }
  }
  std::stable_sort(response.mutable_reasons()->begin(), response.mutable_reasons()->end(),
                   [](const auto& a, const auto& b) { return a.points() > b.points(); });
  response.set_level(response.points() >= policy.first_from()   ? v1::RISK_LEVEL_FIRST
                     : response.points() >= policy.watch_from() ? v1::RISK_LEVEL_WATCH
                                                                : v1::RISK_LEVEL_UNSPECIFIED);
  return response;
}

absl::StatusOr<v1::EvaluateRiskResponse> EvaluateRisk(const RiskBook& book, const v1::EvaluateRiskRequest& request) {
  Violations violations;
  const auto on = CheckRegionAndDay(request, &violations);
  const v1::RiskFacts& facts = request.facts();
  struct Range {
    std::string_view field;
    int32_t value, most;
  };
  for (const Range& range :
       {Range{"facts.marked_days", facts.marked_days(), kMostDays},
        Range{"facts.absent_days", facts.absent_days(), facts.marked_days()},
        Range{"facts.subjects_failed", facts.subjects_failed(), kMostCount},
        Range{"facts.years_over_age", facts.years_over_age(), kMostCount},
        Range{"facts.left_behind", facts.left_behind(), 2}, Range{"facts.transfers", facts.transfers(), kMostCount},
        Range{"facts.earlier_suspicions", facts.earlier_suspicions(), kMostCount}}) {
    if (range.value < 0 || range.value > range.most) {
      violations.Add(range.field, "NUMBER_RANGE", {{"low", "0"}, {"high", absl::StrCat(range.most)}});
    }
  }
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const v1::RiskPolicy* policy, book.InForce(request.region_code(), *on));
  return Score(*policy, facts);
}

v1::RiskFacts RiskFactsOf(const v1::RiskPolicy& policy, const RiskSource& source, const CodeList& grades,
                          const TermCalendar& terms, absl::CivilDay on) {
  const registry::v1::Student& student = source.student;
  v1::RiskFacts facts;
  facts.set_marked_days(source.marked_days);
  facts.set_absent_days(source.absent_days);
  facts.mutable_household_kinds()->Assign(source.kinds.begin(), source.kinds.end());
  facts.set_left_behind(student.left_behind_education());
  facts.set_earlier_suspicions(static_cast<int32_t>(std::min<int64_t>(source.earlier_suspicions, kMostCount)));
  const auto ends = DayOf(student.disability().valid_to());
  if (!ends.has_value() || on < *ends) {
    facts.set_disability_grade(student.disability().grade());
  }
  facts.set_years_over_age(YearsOverAge(policy, student, grades, terms, on));
  facts.set_transfers(TransfersOf(student, on));
  if (source.learning != nullptr) {
    const auto term = ParseTerm(source.learning->term());
    const int old = term.ok() ? TermsBetween(*term, terms.TermOf(on)) : -1;
    if (old == 0 || old == 1) {
      facts.set_subjects_failed(source.learning->subjects_failed());
      facts.set_struggling(source.learning->struggling());
    }
  }
  return facts;
}

void PutScore(const v1::EvaluateRiskResponse& score, absl::CivilDay on, v1::Risk* risk) {
  v1::Risk after = *risk;
  after.set_points(score.points());
  after.set_level(score.level());
  after.set_policy(score.policy());
  after.clear_reasons();
  after.clear_sealed_reasons();
  for (const v1::RiskReason& reason : score.reasons()) {
    const bool sealed =
        std::find(std::begin(kSealedFactors), std::end(kSealedFactors), reason.factor()) != std::end(kSealedFactors);
    *(sealed ? after.add_sealed_reasons() : after.add_reasons()) = reason;
  }
  if (WithoutValues(after) != WithoutValues(*risk) || !risk->has_scored_on()) {
    *after.mutable_scored_on() = DateOf(on);
    *risk = std::move(after);
  }
}

}  // namespace ruraledu::dropout_monitoring
