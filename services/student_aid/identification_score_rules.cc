#include "services/student_aid/identification_score_rules.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"

namespace ruraledu::student_aid {
namespace {

using Policy = v1::IdentificationPolicy;

// The row that a fact means, reported or verified; nullptr when there is none.
template <typename Fact>
const v1::FactorRow* RowOf(const Policy& policy, const std::string& factor, const Fact& fact) {
  for (const v1::FactorRow& row : policy.factors()) {
    if (row.factor() != factor) {
      continue;
    }
    const bool by_value = !row.unit().empty();
    const bool within = fact.has_value() && (!row.has_from_value() || row.from_value() <= fact.value()) &&
                        (!row.has_below_value() || fact.value() < row.below_value());
    if (by_value ? within : !fact.has_value() && row.answer() == fact.answer()) {
      return &row;
    }
  }
  return nullptr;
}

void CheckFactors(const Policy& policy, const v1::IdentificationFacts& facts, Violations* violations) {
  std::set<std::string> seen;
  for (int i = 0; i < facts.factors_size(); ++i) {
    const v1::FactorFact& fact = facts.factors(i);
    const std::string field = absl::StrCat("facts.factors[", i, "]");
    const bool verified = fact.has_verified() && fact.verified().prevails();
    if (RowOf(policy, fact.factor(), fact) == nullptr ||
        (verified && RowOf(policy, fact.factor(), fact.verified()) == nullptr)) {
      violations->Add(field, "FACTOR_UNKNOWN", {{"factor", fact.factor()}, {"policy", policy.name()}});
    }
    if (!seen.insert(fact.factor()).second) {
      violations->Add(field, "FACTOR_TWICE", {{"factor", fact.factor()}});
    }
  }
}

void CheckRequest(const v1::EvaluateIdentificationRequest& request, Violations* violations) {
  violations->Require(request.has_facts(), "facts");
  violations->Require(!request.term().empty(), "term");
  violations->Require(request.has_evaluated_on(), "evaluated_on");
  if (!request.term().empty() && !ParseTerm(request.term()).ok()) {
    violations->Add("term", "TERM_FORMAT", {{"term", request.term()}});
  }
  DayOf(request.evaluated_on(), "evaluated_on", violations);
  if (!request.rules_version().empty() && request.rules_version() != kScoreRulesVersion) {
    violations->Add("rules_version", "RULES_VERSION_UNKNOWN", {{"version", request.rules_version()}});
  }
}

absl::StatusOr<const Policy*> PolicyOf(const IdentificationBook& book,
                                       const v1::EvaluateIdentificationRequest& request) {
  if (!request.policy().empty()) {
    const Policy* named = book.Find(request.policy());
    return named != nullptr ? absl::StatusOr<const Policy*>(named)
                            : Fail("POLICY_SET_UNKNOWN", {{"name", request.policy()}});
  }
  const std::string& region = request.facts().school_region();
  const Policy* in_force = book.InForce(region, *ParseTerm(request.term()));
  return in_force != nullptr ? absl::StatusOr<const Policy*>(in_force)
                             : Fail("POLICY_MISSING", {{"region", region}, {"term", request.term()}});
}

// Adds up rows and writes the answer.
class Score {
 public:
  Score(const Policy& policy, v1::EvaluateIdentificationResponse* answer) : policy_(policy), answer_(answer) {
    answer_->set_policy(policy.name());
    answer_->set_rules_version(std::string(kScoreRulesVersion));
    for (const v1::IdentificationGroup& group : policy.groups()) {
      v1::GroupScore* score = answer_->add_groups();
      score->set_group(group.group());
      score->set_max_points(group.max_points());
    }
  }

  void Kind(const v1::KindRow& row) {
    v1::AppliedFactor* applied = Add(v1::FACTOR_GROUP_SPECIAL_GROUP, row.kind(), row.points(), row.source());
    applied->set_level(row.level());
    answer_->set_level_by_kind(Harder(answer_->level_by_kind(), row.level()));
  }
  void Factor(const v1::FactorFact& fact) {
    const v1::FactorRow& reported = *RowOf(policy_, fact.factor(), fact);
    const v1::FactorRow* const verified =
        fact.has_verified() ? RowOf(policy_, fact.factor(), fact.verified()) : nullptr;
    const v1::FactorRow& row = fact.verified().prevails() ? *verified : reported;
    v1::AppliedFactor* applied = Add(row.group(), row.factor(), row.points(), row.source());
    applied->set_answer(row.answer());
    if (fact.has_verified()) {
      applied->set_used(fact.verified().prevails() ? v1::FACT_SOURCE_VERIFIED : v1::FACT_SOURCE_REPORTED);
      applied->set_reported_answer(reported.answer());
      applied->set_verified_answer(verified == nullptr ? "" : verified->answer());
    }
  }
  void Finish() {
    int32_t total = 0;
    for (v1::GroupScore& group : *answer_->mutable_groups()) {
      group.set_points(std::min(group.counted(), group.max_points()));
      total += group.points();
    }
    answer_->set_total_points(total);
    for (const v1::IdentificationLevel& level : policy_.levels()) {
      if (total >= level.at_least_points()) {
        answer_->set_level_by_points(Harder(answer_->level_by_points(), level.level()));
      }
    }
    answer_->set_level(Harder(answer_->level_by_points(), answer_->level_by_kind()));
    answer_->set_without_paper(answer_->level_by_kind() > 0);
  }

 private:
  // 1 is the hardest, 0 is none.
  static int32_t Harder(int32_t a, int32_t b) { return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b); }

  v1::AppliedFactor* Add(v1::FactorGroup group, const std::string& factor, int32_t points, const std::string& source) {
    v1::AppliedFactor* applied = answer_->add_applied();
    applied->set_group(group);
    applied->set_factor(factor);
    applied->set_points(points);
    applied->set_source(source);
    v1::GroupScore* score = answer_->mutable_groups(group - 1);
    score->set_counted(score->counted() + points);
    return applied;
  }

  const Policy& policy_;
  v1::EvaluateIdentificationResponse* const answer_;
};

}  // namespace

bool HoldsOn(const v1::HardshipFact& fact, absl::CivilDay day) {
  const auto from = DayOf(fact.valid_from());
  const auto to = DayOf(fact.valid_to());
  const auto eliminated = DayOf(fact.risk_eliminated_on());
  return from.has_value() && *from <= day && (!to.has_value() || day < *to) &&
         (!eliminated.has_value() || day < *eliminated);
}

absl::StatusOr<v1::EvaluateIdentificationResponse> EvaluateIdentification(
    const IdentificationBook& book, const v1::EvaluateIdentificationRequest& request) {
  Violations violations;
  CheckRequest(request, &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const Policy* const policy, PolicyOf(book, request));
  CheckFactors(*policy, request.facts(), &violations);
  RETURN_IF_ERROR(violations.status());
  const absl::CivilDay day = *DayOf(request.evaluated_on());
  v1::EvaluateIdentificationResponse answer;
  Score score(*policy, &answer);
  for (const v1::KindRow& row : policy->kinds()) {
    const auto& facts = request.facts().hardships();
    if (std::any_of(facts.begin(), facts.end(),
                    [&](const auto& fact) { return fact.kind() == row.kind() && HoldsOn(fact, day); })) {
      score.Kind(row);
    }
  }
  for (const v1::FactorFact& fact : request.facts().factors()) {
    score.Factor(fact);
  }
  score.Finish();
  return answer;
}

}  // namespace ruraledu::student_aid
