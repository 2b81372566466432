// Compliance each term, apart from eligibility: whether what keeps the aid of a pupil going is so. Pure.
//
// <policies>/student_aid/compliance_rules.csv:
//
//   code        one of ComplianceCodes()
//   effect      STOP_PAY: payment checks the same by itself, so that nothing is stopped twice; SHOW
//   items       item codes separated by |; empty: all
//   stages      stages separated by |; empty: all
//   from,until  first day, first day after
//   label_zh,label_en,todo_zh (what to do),source
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "ruraledu/student_aid/v1/compliance.pb.h"

namespace ruraledu::student_aid {

struct ComplianceRule {
  std::string code;
  v1::ComplianceEffect effect = v1::COMPLIANCE_EFFECT_UNSPECIFIED;
  std::vector<std::string> items, stages;  // empty: all
  absl::CivilDay from, until;              // closed, open
  std::string label_zh, label_en, todo_zh, source;
};

// Codes that the rules know, in order, and whether payment checks the same:
//
//   code            unmet when                                               payment
//   ACCOUNT         an item pays cash and the card is of no use              AccountReasons (account_rules.h)
//   BOARDING        has no bed by the last check of the dormitories
//   ENROLLED        the status of the day is another one than ENROLLED
//   EVIDENCE        a piece of a required kind is refused
//   IDENTIFIED      an item rests on the identification, which is not
//                   confirmed for the school year, or disputed
//   NO_RESTRICTION  a restriction stops the item                             StopsPayment (restriction_rules.h)
//   PRESENT         not seen by the last check of who is in class
struct ComplianceCode {
  std::string_view code;
  bool payment_checks = false;
};
absl::Span<const ComplianceCode> ComplianceCodes();

// The table of a deployment. Immutable; safe for many threads.
class ComplianceBook {
 public:
  // DATA_FILE with the line: a code or effect that nobody knows, STOP_PAY for a code that payment does not check, days
  // out of order, no label, to-do or source, two rows of a code that hold on one day.
  static absl::StatusOr<ComplianceBook> Parse(std::string_view text);

  const std::vector<ComplianceRule>& rules() const { return rules_; }  // in order of code and first day
  // The newest row of the code; nullptr: none.
  const ComplianceRule* Find(std::string_view code) const;

 private:
  std::vector<ComplianceRule> rules_;
};

// FIELD_REQUIRED, FIELD_TOO_MANY, DUPLICATE_IN_BATCH, DATE_INVALID.
absl::Status CheckComplianceFacts(const v1::ComplianceFacts& facts);

// What nobody recorded is UNKNOWN and never held against the pupil. The facts have passed the check.
v1::EvaluateComplianceResponse EvaluateCompliance(const ComplianceBook& book, const v1::ComplianceFacts& facts);

}  // namespace ruraledu::student_aid
