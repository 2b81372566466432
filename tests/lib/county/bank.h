// A bank that makes payments as a file of orders tells it and answers as banks do, with some of everything going wrong.
// Layouts are read and written from their description (services/student_aid/README.md), amounts counted here again.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/lib/county/random.h"

namespace ruraledu::testlib {

struct PaymentLine {
  std::string reference, holder, card;
  int64_t fen = 0;
};
struct PaymentFile {
  std::string reference;
  std::vector<PaymentLine> lines;
};
// Refuses a file that contradicts itself: lines, sum, sum of the last eight digits of the cards, a reference twice.
absl::StatusOr<PaymentFile> ReadPaymentFile(const std::string& text);

// What the bank sends back, and what has to come of it.
struct BankFile {
  std::string text;
  std::string refused;                  // reason for which the file is refused whole; "": its lines are booked
  std::map<std::string, int> outcomes;  // "PAID" -> lines
};

class Bank {
 public:
  // `fault_ppm`: of the lines, for each kind of fault; the first lines of a large file have one of each in any case.
  Bank(uint64_t seed, int fault_ppm) : random_(seed), fault_ppm_(fault_ppm) {}

  // Makes the payments of a file. On the day itself: an answer that is empty but valid, one with a wrong count, one
  // with a wrong hash, and the good one, which pays or rejects every line, names one that nobody ordered, and tells one
  // twice.
  std::vector<BankFile> Pay(const PaymentFile& file, const std::string& day);
  // Some days later: what was paid and came back, and again one that was told before.
  BankFile Later(const PaymentFile& file, const std::string& day);

  // On a card now.
  int64_t Balance(const std::string& card) const;
  const std::map<std::string, int64_t>& balances() const { return balances_; }
  // Faults so far by kind: "REJECTED", "RETURNED", "UNKNOWN", "DUPLICATE", "COUNT", "HASH", "EMPTY".
  const std::map<std::string, int>& faults() const { return faults_; }

 private:
  struct Told {
    std::string reference;
    int64_t fen;
    std::string what, day, reason;
  };
  BankFile Write(const std::string& reference, const std::string& day, const std::vector<Told>& lines, int more_lines,
                 int more_hash);
  bool Goes(const PaymentFile& file, size_t line, size_t first);  // wrong with this line

  Random random_;
  const int fault_ppm_;
  std::map<std::string, int64_t> balances_;    // by card
  std::map<std::string, std::string> states_;  // by reference: "PAID", "REJECTED", "RETURNED"
  std::map<std::string, int> faults_;
};

}  // namespace ruraledu::testlib
