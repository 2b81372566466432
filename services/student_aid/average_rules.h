// The check of AVERAGE standards per county and school year (DR-19).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ruraledu/student_aid/v1/comparison.pb.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

// The national AVERAGE rows as one term has them. Keeps pointers into the book.
class Averages {
 public:
  // Errors: POLICY_MISSING when a national set with such rows has no limits.
  static absl::StatusOr<Averages> Of(const PolicyBook& book, const Term& term);

  // Puts the AVERAGE row of family and stage into a row with a recorded amount, with its standard of the term and
  // whether the amount lies outside of the individual range. A row without one stays as it is.
  void Set(std::string_view stage, v1::ComparisonRow* row) const;
  // Code of the AVERAGE row that payments of the item count in: of its family, and of all its stages. "" when none.
  std::string_view RowOf(const v1::PolicyItem& item) const;
  // Per item, in order of its code. `sums` are those of one county and of terms of one school year. `allotted_fen`: by
  // code of the AVERAGE row, what is allotted to the county for the same terms.
  std::vector<v1::AverageCheck> Check(absl::Span<const v1::AverageSum> sums,
                                      const std::map<std::string, int64_t>& allotted_fen) const;

 private:
  struct Standard {
    const v1::PolicySet* set;
    const v1::PolicyItem* item;
  };
  Averages(std::vector<Standard> standards, const Term& term) : standards_(std::move(standards)), term_(term) {}

  std::vector<Standard> standards_;  // all AVERAGE rows of the sets in force, whatever their terms
  Term term_;
};

// What of a fund of `fund_fen` is for one of the two terms of its budget year: half, as amounts per year are (DR-02).
inline int64_t TermPartFen(int64_t fund_fen, const Term& term) {
  return HalfOfAnnualFen(fund_fen, term.season);
}

// Adds what Averages::Set() put into a row.
void AddToSum(const v1::ComparisonRow& row, v1::AverageSum* sum);

// One of the two is enough.
inline bool Passes(const v1::AverageCheck& check) {
  return check.mean_ok() || check.within_allocation();
}

}  // namespace ruraledu::student_aid
