#include "tests/lib/county/cash.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/str_format.h"
#include "tests/lib/county/population.h"

namespace ruraledu::testlib {
namespace {

// 2.6: identified without paper.
constexpr std::array<std::string_view, 10> kWithoutPaper = {"P2", "M1", "M2", "M3", "D1", "D2", "O1", "O2", "X1", "R1"};

// The last digit by which a number passes ISO/IEC 7812-1.
char CheckDigitOf(const std::string& digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const int digit = digits[digits.size() - 1 - i] - '0';
    const int twice = digit * 2;
    sum += i % 2 == 1 ? digit : twice > 9 ? twice - 9 : twice;
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

}  // namespace

std::set<int> FoundByComparison(const CountyTruth& truth, int term) {
  std::set<int> found;
  for (size_t i = 0; i < truth.pupils.size(); ++i) {
    const PupilTruth& pupil = truth.pupils[i];
    const PupilTerm& now = pupil.terms[static_cast<size_t>(term)];
    const bool listed =
        std::any_of(pupil.accepted_kinds.begin(), pupil.accepted_kinds.end(), [&](const KindFact& fact) {
          return std::find(kWithoutPaper.begin(), kWithoutPaper.end(), fact.kind) != kWithoutPaper.end() &&
                 CountsOnFirstDay(fact, kTerms[static_cast<size_t>(term)]);
        });
    if (listed && now.known_status == "ENROLLED") {
      found.insert(static_cast<int>(i));
    }
  }
  return found;
}

void Identify(const std::set<int>& pupils, int term, CountyTruth* truth) {
  for (const int i : pupils) {
    PupilTruth& pupil = truth->pupils[static_cast<size_t>(i)];
    pupil.accepted_kinds.push_back({.kind = "N1", .from = TermFirstDay(kTerms[static_cast<size_t>(term)])});
    for (size_t t = static_cast<size_t>(term); t < pupil.terms.size(); ++t) {
      PupilTerm& now = pupil.terms[t];
      if (now.known_from >= 0) {
        AidFacts facts = pupil.terms[static_cast<size_t>(now.known_from)].facts;
        facts.term = kTerms[t];
        facts.kinds = pupil.accepted_kinds;
        now.aid = Entitle(facts);
      }
    }
  }
}

std::map<std::string, int64_t> CashOf(const PupilTruth& pupil, int term) {
  std::map<std::string, int64_t> amounts;
  for (const AidItem& item : pupil.terms[static_cast<size_t>(term)].aid.items) {
    if (PaidInCash(item.code)) {
      amounts[item.code] = item.fen;
    }
  }
  return amounts;
}

std::string CardOf(int pupil) {
  const std::string digits = absl::StrFormat("62220200%07d", pupil);
  return digits + CheckDigitOf(digits);
}

}  // namespace ruraledu::testlib
