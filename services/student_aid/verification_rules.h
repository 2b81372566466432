// Verification after payment: how many pupils are asked, which ones, and what their answers say. Integers only; every
// rounding is stated. Rules as data:
//
//   <policies>/student_aid/verification_rules.csv   region,from,until,confidence_bp,margin_bp,source
//   <policies>/student_aid/verification_quantiles.csv   confidence_bp,z_millionths,source
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/domain/region_path.h"
#include "ruraledu/student_aid/v1/verification.pb.h"
#include "services/student_aid/step_rules.h"

namespace ruraledu::student_aid {

// What holds in a region on a day.
struct VerificationRule {
  std::string region;          // 12 digits; "" is the nation
  absl::CivilDay from, until;  // closed, open
  int32_t confidence_bp = 0, margin_bp = 0;
  std::string source;
};

// The tables of a deployment. Immutable; safe for many threads.
class VerificationBook {
 public:
  // DATA_FILE with the line for: a region that is none, days out of order, a row without source, a region twice on one
  // day, a margin outside of 1 to 5000, a confidence without its quantile, quantiles that do not rise; no open row of
  // the nation.
  static absl::StatusOr<VerificationBook> Create(std::string_view rules, std::string_view quantiles,
                                                 RegionPath path = RegionPathByDigits);

  // The row of the lowest region that has one. POLICY_MISSING.
  absl::StatusOr<const VerificationRule*> InForce(std::string_view region, absl::CivilDay day) const;
  // Quantile of the normal distribution in millionths; 0 for a level that the table does not have.
  int64_t QuantileOf(int32_t confidence_bp) const;
  // "9000, 9500, 9900".
  std::string LevelsText() const;

 private:
  std::vector<VerificationRule> rules_;
  std::map<int32_t, int64_t> quantiles_;
  RegionPath path_;
};

// Size of a sample of a population for a share that may be anything (p = 1/2), by the finite-population formula
// n = n0 / (1 + (n0 - 1) / N) with n0 = z^2 / (4 e^2), rounded up; at most the population.
int64_t SampleSize(int64_t population, int64_t z_millionths, int32_t margin_bp);
// Half width of the interval in basis points for `asked` answers out of a population, p = 1/2, rounded up.
int32_t MarginOf(int64_t population, int64_t asked, int64_t z_millionths);
// Splits a sample by the sizes of strata: in proportion, rests to the largest remainders (of equal ones the first), at
// least one of each, none above its size.
std::vector<int64_t> Allocate(const std::vector<int64_t>& sizes, int64_t sample);
// `count` of the persons, in order of id, drawn without replacement. The same persons, count and seed give the same.
std::vector<std::string> Draw(std::vector<std::string> persons, int64_t count, uint64_t seed);

// FIELD violations: a level without quantile, a margin out of range, a school or person twice. POLICY_MISSING.
absl::StatusOr<v1::EvaluateVerificationResponse> EvaluateSample(const VerificationBook& book,
                                                                const v1::EvaluateVerificationRequest& request);

// Puts answers into strata, by area, and what they say of all.
using AnswerCounts = std::map<std::pair<std::string, v1::VerificationAnswer>, int64_t>;
void FillResult(const VerificationBook& book, const AnswerCounts& answers, v1::Verification* verification);

// Records an answer. STATE_TRANSITION once the verification is closed, ROLE_HELD for who ordered the payments,
// DATE_AHEAD, NUMBER_RANGE of the part.
absl::Status TakeAnswer(const Act& act, const v1::Verification& verification,
                        const v1::RecordVerificationAnswerRequest& request, v1::VerificationEntry* entry);
// STATE_TRANSITION, FIELD_REQUIRED while somebody of the sample was not asked.
absl::Status CloseVerified(const Act& act, v1::Verification* verification);

}  // namespace ruraledu::student_aid
