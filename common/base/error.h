// Errors of the whole suite.
//
// Every refusal has a reason code out of one table (reasons.cc): the code gives the status code, the English text and
// the Chinese text. Reasons are UPPER_SNAKE and stable: callers branch on them, tests name them, runbooks list them.
// Texts may hold {placeholders}, filled from the arguments of the call; never put personal data into an argument.
//
// Inside the suite an error is an absl::Status. The details travel as payloads under their type URL
// (google.rpc.ErrorInfo, google.rpc.BadRequest, google.rpc.LocalizedMessage); common/rpc packs them at the edge.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace ruraledu {

struct ReasonInfo {
  std::string_view reason;   // "ID_CHECK"
  absl::StatusCode code;     // what a caller sees as gRPC status
  std::string_view english;  // says what is wrong and the way out; may hold {placeholders}
  std::string_view chinese;
};

using ErrorArgs = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// The whole table, sorted by reason. Printed by `ruraledu reasons` and pinned by a golden test.
absl::Span<const ReasonInfo> Reasons();

// The entry of a reason; aborts on an unknown one (tests/tidy checks every literal in the tree against the table).
const ReasonInfo& FindReason(std::string_view reason);

// A status with the code and texts of `reason`, ErrorInfo{reason, domain "ruraledu", metadata = args} and a zh-CN
// LocalizedMessage.
absl::Status Fail(std::string_view reason, ErrorArgs args = {});

// The reason of a status made by Fail or Violations, "" when it has none.
std::string ReasonOf(const absl::Status& status);

// The path of the first violated field of a status made by Violations, "" when it has none.
std::string FieldOf(const absl::Status& status);

// The Chinese text of a status made by Fail or Violations, "" when it has none.
std::string ChineseOf(const absl::Status& status);

// Text of a reason with its placeholders filled: for row errors of imports and for field violations.
std::string EnglishText(std::string_view reason, ErrorArgs args = {});
std::string ChineseText(std::string_view reason, ErrorArgs args = {});

// Collects every field violation of a request, so that a caller sees all of them in one INVALID_ARGUMENT.
class Violations {
 public:
  // `field` is the path in the request ("student.birth_date", "rows[3].amount_fen").
  void Add(std::string_view field, std::string_view reason, ErrorArgs args = {});
  // Adds FIELD_REQUIRED when `present` is false.
  void Require(bool present, std::string_view field);
  // Adds FIELD_TOO_LONG when the text has more bytes.
  void MostBytes(std::string_view field, std::string_view text, size_t limit);
  // Adds FIELD_TOO_MANY when there are more.
  void MostElements(std::string_view field, int64_t count, int64_t limit);

  bool empty() const { return items_.empty(); }
  // OK when empty. Otherwise INVALID_ARGUMENT with google.rpc.BadRequest; ErrorInfo.reason is the reason of the first
  // violation, its metadata the field.
  absl::Status status() const;

 private:
  struct Item {
    std::string field, reason, english, chinese;
  };
  std::vector<Item> items_;
};

}  // namespace ruraledu

// Returns early with the status of `expr` when it is not OK.
#define RETURN_IF_ERROR(expr)                                                 \
  do {                                                                        \
    if (absl::Status ruraledu_returned_ = (expr); !ruraledu_returned_.ok()) { \
      return ruraledu_returned_;                                              \
    }                                                                         \
  } while (false)

// ASSIGN_OR_RETURN(auto x, F()): x = *F(), or returns its status.
#define ASSIGN_OR_RETURN(lhs, expr) ASSIGN_OR_RETURN_IMPL_(RURALEDU_CONCAT_(status_or_, __LINE__), lhs, expr)
#define RURALEDU_CONCAT_INNER_(a, b) a##b
#define RURALEDU_CONCAT_(a, b) RURALEDU_CONCAT_INNER_(a, b)
#define ASSIGN_OR_RETURN_IMPL_(tmp, lhs, expr) \
  auto tmp = (expr);                           \
  if (!tmp.ok()) {                             \
    return std::move(tmp).status();            \
  }                                            \
  lhs = *std::move(tmp)
