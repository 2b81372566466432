// What a bank answers about payments that it was told to make: an own CSV layout, ISO 20022 pain.002 (status report)
// and camt.053 (statement). The file is read whole before anything is given, so that a file is refused whole.
//
// Own layout, text in UTF-8 or GB18030, amounts in yuan:
//   H,RURALEDU-RETURN,1,<reference of the message>,<day>
//   D,<reference>,<amount>,PAID | REJECTED | RETURNED,<day>,<the bank's reference>,<reason code>     any number of
//   times T,<number of D lines>,<sum of their amounts>,<sum of the last seven digits of their references>
// A reference that does not end in seven digits adds nothing to the last sum.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/ingest/byte_source.h"

namespace ruraledu::ingest {

enum class BankFormat { kCsv, kPain002, kCamt053 };
enum class BankOutcome { kPaid, kRejected, kReturned };

struct BankLine {
  std::string reference;              // EndToEndId; cut to kMostReference bytes
  std::optional<int64_t> amount_fen;  // nullopt: the file does not say it
  BankOutcome outcome = BankOutcome::kPaid;
  absl::CivilDay on;
  std::string bank_reference;  // cut likewise
  std::string reason;          // cut likewise
};
inline constexpr size_t kMostReference = 35;  // Max35Text

struct BankAnswer {
  std::string message;  // reference of the message that it answers; "" when the format has none (camt.053)
  // pain.002: what the message had, where it says so.
  std::optional<int64_t> message_count, message_sum_fen;
  // In the order of the file. Of a status report those that say how it ended, of a statement the booked ones that bear
  // a reference of whoever paid.
  std::vector<BankLine> lines;
};

struct BankLimits {
  int64_t file_bytes = int64_t{1} << 30;
  int64_t lines = 1'000'000;
};

// Errors:
//   PAYMENT_RETURN_EMPTY       no byte
//   PAYMENT_RETURN_FORMAT      not of the format, with the line or element and what is wrong; not well-formed; XML with
//                              a document type
//   PAYMENT_RETURN_COUNT, PAYMENT_RETURN_SUM, PAYMENT_RETURN_HASH   the file contradicts its own totals
//   PAYMENT_RETURN_STATEMENTS  a camt.053 with several statements
//   PAYMENT_RETURN_GROUP       a pain.002 that says how the whole message ended and names no payment
//   MONEY_FORMAT, MONEY_PRECISION, MONEY_NEGATIVE, MONEY_RANGE, DATE_INVALID, TOO_MANY_ROWS, FILE_TOO_LARGE
absl::StatusOr<BankAnswer> ReadBankAnswer(std::unique_ptr<ByteSource> source, BankFormat format,
                                          const BankLimits& limits = {});

// What a bank answers about cards that it was asked to check, in an own layout:
//   H,RURALEDU-CHECKED,1,<reference of the check>,<day>
//   D,<reference of the card>,OK | REFUSED,<reason code>     any number of times
//   T,<number of D lines>
struct CheckedCard {
  std::string reference;  // cut to 64 bytes
  bool refused = false;
  std::string reason;  // cut to kMostReference
};
struct CheckAnswer {
  std::string check;
  std::vector<CheckedCard> cards;
};
// PAYMENT_RETURN_EMPTY, _FORMAT, _COUNT, DATE_INVALID, TOO_MANY_ROWS, FILE_TOO_LARGE.
absl::StatusOr<CheckAnswer> ReadCheckAnswer(std::unique_ptr<ByteSource> source, const BankLimits& limits = {});

// The last seven digits of a reference as a number, 0 when it does not end in seven.
int64_t ReferenceRow(std::string_view reference);

}  // namespace ruraledu::ingest
