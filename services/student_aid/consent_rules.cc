#include "services/student_aid/consent_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/data_table.h"
#include "common/domain/school_year.h"

namespace ruraledu::student_aid {
namespace {

absl::CivilDay UntilOf(const v1::Consent& consent) {
  return DayOf(consent.valid_until()).value_or(kLastDay);
}

// What one consent to the use of the row says on a day behind its signature.
v1::ConsentFinding FindingOf(const v1::LegalBasis& basis, absl::CivilDay on, std::optional<absl::CivilDay> birth,
                             const v1::Consent& consent) {
  switch (ConsentStateOn(consent, on)) {
    case v1::CONSENT_STATE_WITHDRAWN:
      return v1::CONSENT_FINDING_WITHDRAWN;
    case v1::CONSENT_STATE_EXPIRED:
      return v1::CONSENT_FINDING_EXPIRED;
    default:
      break;
  }
  if (!birth.has_value()) {
    return v1::CONSENT_FINDING_BIRTH_DATE;
  }
  const bool self = SignsSelf(basis, *birth, *DayOf(consent.signed_on()));
  return self == (consent.relation() == kSelf) ? v1::CONSENT_FINDING_VALID : v1::CONSENT_FINDING_SIGNATORY;
}

// Whether `a` counts before `b`.
bool Better(const v1::EvaluateConsentResponse& a, absl::CivilDay a_signed, const v1::EvaluateConsentResponse& b,
            absl::CivilDay b_signed) {
  return a.allowed() != b.allowed() ? a.allowed() : a_signed >= b_signed;
}

}  // namespace

v1::ConsentState ConsentStateOn(const v1::Consent& consent, absl::CivilDay day) {
  const auto withdrawn = DayOf(consent.withdrawn_on());
  if (withdrawn.has_value() && *withdrawn <= day) {
    return v1::CONSENT_STATE_WITHDRAWN;
  }
  return UntilOf(consent) <= day ? v1::CONSENT_STATE_EXPIRED : v1::CONSENT_STATE_VALID;
}

absl::CivilDay EndOfConsent(const v1::LegalBasis& basis, absl::CivilDay signed_on) {
  if (basis.consent_months() == 0) {
    return kLastDay;
  }
  const absl::CivilMonth month = absl::CivilMonth(signed_on) + basis.consent_months();
  const absl::CivilDay day(month.year(), month.month(), signed_on.day());
  return absl::CivilMonth(day) == month ? day : absl::CivilDay(month + 1);
}

bool SignsSelf(const v1::LegalBasis& basis, absl::CivilDay birth, absl::CivilDay day) {
  return FullYears(birth, day) >= basis.self_age();
}

absl::Status RecordConsent(const Act& act, const v1::LegalBasis& basis, std::optional<absl::CivilDay> birth,
                           v1::Consent* consent) {
  if (basis.basis() != v1::LEGAL_BASIS_KIND_CONSENT) {
    return Fail("CONSENT_NOT_NEEDED", {{"use", basis.use()}});
  }
  if (!birth.has_value()) {
    return Fail("BIRTH_DATE_UNKNOWN");
  }
  const absl::CivilDay signed_on = *DayOf(consent->signed_on());
  if (SignsSelf(basis, *birth, signed_on) != (consent->relation() == kSelf)) {
    return Fail("CONSENT_SIGNATORY", {{"age", absl::StrCat(basis.self_age())}});
  }
  const absl::CivilDay end = EndOfConsent(basis, signed_on);
  if (DayOf(consent->valid_until()).value_or(end) > end) {
    return Fail("CONSENT_TOO_LONG", {{"until", DayText(end)}});
  }
  if (!consent->has_valid_until() && end != kLastDay) {
    *consent->mutable_valid_until() = DateOf(end);
  }
  consent->set_recorded_by(act.person);
  *consent->mutable_recorded_on() = DateOf(act.on);
  return absl::OkStatus();
}

absl::Status WithdrawConsent(const Act& act, v1::Consent* consent) {
  if (ConsentStateOn(*consent, act.on) != v1::CONSENT_STATE_VALID) {
    return Fail("CONSENT_OVER", {{"name", consent->name()}});
  }
  consent->set_withdrawn_by(act.person);
  *consent->mutable_withdrawn_on() = DateOf(act.on);
  consent->set_withdraw_reason(act.reason);
  return absl::OkStatus();
}

v1::EvaluateConsentResponse EvaluateConsent(const v1::LegalBasis* basis, absl::CivilDay on, const ConsentFacts& facts) {
  v1::EvaluateConsentResponse answer;
  if (basis == nullptr) {
    answer.set_finding(v1::CONSENT_FINDING_NO_BASIS);
    return answer;
  }
  *answer.mutable_basis() = *basis;
  if (basis->basis() != v1::LEGAL_BASIS_KIND_CONSENT) {
    answer.set_allowed(true);
    answer.set_finding(basis->basis() == v1::LEGAL_BASIS_KIND_CONTRACT ? v1::CONSENT_FINDING_CONTRACT
                                                                       : v1::CONSENT_FINDING_STATUTORY);
    return answer;
  }
  answer.set_finding(v1::CONSENT_FINDING_NONE);
  answer.set_guardian_signs(facts.birth.has_value() && !SignsSelf(*basis, *facts.birth, on));
  std::optional<absl::CivilDay> best;
  for (const v1::Consent& consent : facts.consents) {
    const auto signed_on = DayOf(consent.signed_on());
    if (consent.use() != basis->use() || !signed_on.has_value() || *signed_on > on) {
      continue;
    }
    v1::EvaluateConsentResponse one = answer;
    one.set_finding(FindingOf(*basis, on, facts.birth, consent));
    one.set_allowed(one.finding() == v1::CONSENT_FINDING_VALID);
    one.set_consent(consent.name());
    if (!best.has_value() || Better(one, *signed_on, answer, *best)) {
      answer = one;
      best = signed_on;
    }
  }
  return answer;
}

bool NeededOfAll(const v1::LegalBasis& basis) {
  return basis.basis() == v1::LEGAL_BASIS_KIND_CONSENT && basis.kind() != v1::DATA_USE_KIND_DONOR_REFERRAL;
}

std::vector<std::string> UsesNeeded(const ConsentBook& book, std::string_view region, absl::CivilDay day) {
  std::vector<std::string> uses;
  for (const v1::LegalBasis* basis : book.BasesOn(region, day)) {
    if (NeededOfAll(*basis)) {
      uses.push_back(basis->use());
    }
  }
  return uses;
}

ConsentCounts& ConsentCounts::operator+=(const ConsentCounts& other) {
  needed += other.needed;
  valid += other.valid;
  ending += other.ending;
  expired += other.expired;
  withdrawn += other.withdrawn;
  missing += other.missing;
  renew += other.renew;
  return *this;
}

std::map<std::string, ConsentCounts> CountConsents(absl::Span<const ConsentSpan> spans,
                                                   const std::set<std::string>& identified,
                                                   absl::Span<const std::string> needed, absl::CivilDay today,
                                                   int32_t ending_days) {
  struct Standing {
    absl::CivilDay until = absl::CivilDay::min();  // of those that hold: the last one
    bool valid = false, withdrawn = false;
  };
  std::map<std::pair<std::string, std::string>, Standing> standings;  // by use and person
  for (const ConsentSpan& span : spans) {
    Standing& standing = standings[{span.use, span.person}];
    if (!span.withdrawn && span.until > today) {
      standing.valid = true;
      standing.until = std::max(standing.until, span.until);
    }
    standing.withdrawn = span.withdrawn;
  }
  std::map<std::string, ConsentCounts> counts;
  const std::set<std::string> asked(needed.begin(), needed.end());
  for (const std::string& use : asked) {
    counts[use].needed = counts[use].missing = static_cast<int64_t>(identified.size());
  }
  for (const auto& [key, standing] : standings) {
    ConsentCounts& of = counts[key.first];
    const bool ending = standing.valid && standing.until != kLastDay && standing.until - today <= ending_days;
    of.valid += standing.valid;
    of.ending += ending;
    of.withdrawn += !standing.valid && standing.withdrawn;
    of.expired += !standing.valid && !standing.withdrawn;
    if (asked.contains(key.first) && identified.contains(key.second)) {
      of.missing -= standing.valid;
      of.renew += ending;
    }
  }
  return counts;
}

}  // namespace ruraledu::student_aid
