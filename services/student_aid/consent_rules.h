// Consents of guardians and pupils (授权同意; digest 7.7, PIPL art. 13, 15, 31): who signs, how long one holds, whether
// a use of data is allowed on a day. Whether a consent holds is told, never stored.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "ruraledu/student_aid/v1/consent.pb.h"
#include "services/student_aid/consent_policy_rules.h"
#include "services/student_aid/step_rules.h"

namespace ruraledu::student_aid {

inline constexpr std::string_view kSelf = "SELF";  // who signs beside the codes of guardian_relation

v1::ConsentState ConsentStateOn(const v1::Consent& consent, absl::CivilDay day);
// First day on which a consent of the row holds no more; kLastDay: until it is withdrawn. A month is full on the same
// day of a later one, or on the day after a month that lacks it.
absl::CivilDay EndOfConsent(const v1::LegalBasis& basis, absl::CivilDay signed_on);
// Whether a pupil signs himself on the day, instead of a guardian.
bool SignsSelf(const v1::LegalBasis& basis, absl::CivilDay birth, absl::CivilDay day);

// Takes down what a paper says: use, relation, signed_on and perhaps an earlier end are set. CONSENT_NOT_NEEDED where
// the basis is no consent, BIRTH_DATE_UNKNOWN, CONSENT_SIGNATORY, CONSENT_TOO_LONG.
absl::Status RecordConsent(const Act& act, const v1::LegalBasis& basis, std::optional<absl::CivilDay> birth,
                           v1::Consent* consent);
// From `act`'s day on. CONSENT_OVER for one that does not hold.
absl::Status WithdrawConsent(const Act& act, v1::Consent* consent);

// What is known of a pupil to whom a use of data is about.
struct ConsentFacts {
  std::optional<absl::CivilDay> birth;
  std::vector<v1::Consent> consents;  // to other uses, too
};
// `basis`: null when nothing is said of the use on the day. Of several consents one that holds, else the newest,
// counts.
v1::EvaluateConsentResponse EvaluateConsent(const v1::LegalBasis* basis, absl::CivilDay on, const ConsentFacts& facts);

// Whether every pupil who is identified has to have consented: what the office does with the data of all of them. A
// referral is asked for one by one.
bool NeededOfAll(const v1::LegalBasis& basis);
// The uses of which that is so in a region on a day.
std::vector<std::string> UsesNeeded(const ConsentBook& book, std::string_view region, absl::CivilDay day);

// A consent as reports and gauges count it.
struct ConsentSpan {
  std::string person, use;
  absl::CivilDay until;
  bool withdrawn = false;
};
// Pupils by how they stand to one use: one stands once among valid, expired and withdrawn, by a consent that holds or
// else the newest. `ending` are among the valid ones, `missing` and `renew` (holds, and ends soon) among those needed.
struct ConsentCounts {
  int64_t needed = 0, valid = 0, ending = 0, expired = 0, withdrawn = 0, missing = 0, renew = 0;

  ConsentCounts& operator+=(const ConsentCounts& other);
};
// By use: those of `needed`, of which every one of `identified` needs a consent, and those that `spans` are about.
// `spans`: of one person and use in the order in which they were recorded.
std::map<std::string, ConsentCounts> CountConsents(absl::Span<const ConsentSpan> spans,
                                                   const std::set<std::string>& identified,
                                                   absl::Span<const std::string> needed, absl::CivilDay today,
                                                   int32_t ending_days);

}  // namespace ruraledu::student_aid
