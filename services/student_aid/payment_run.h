// Work on payments as jobs (digest 2.7).
//
// Orders: freezes the inputs of a batch and makes its orders, page by page in the order of areas and ids. A page is one
// snapshot, claims in the persons' hash shards, and one write that stores orders, applications, ledger entries, rows
// that were left out, and the cursor. Refusals of a row leave it out; nothing is ordered by halves. It waits while the
// registry was not heard of for a minute and while an import is partly applied (design 6). A batch that is cut off
// anywhere goes on at its cursor.
//
// Sweeps: takes the orders of a batch that was sent or cancelled on after it.
//
// Checks: books which cards the bank refused before a batch; the same answer again books the same.
//
// Returns: reads what the bank answered whole, refuses it whole or books it line by line. The same content books
// nothing a second time: a return file is named by a keyed digest of batch and content, and keeps how far it got.
#pragma once

#include <string>
#include <string_view>

#include "common/db/jobs.h"
#include "common/files/content.h"
#include "common/rpc/resources.h"
#include "services/student_aid/department_policy_rules.h"
#include "services/student_aid/payment_policy_rules.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

inline constexpr std::string_view kAccountCheckJob = "account_check";
inline constexpr std::string_view kPaymentOrderJob = "payment_order";
inline constexpr std::string_view kPaymentSweepJob = "payment_sweep";
inline constexpr std::string_view kPaymentReturnJob = "payment_return";

// Design 6: payments refuse a copy of the registry that was not heard from for this long.
inline constexpr absl::Duration kSilence = absl::Seconds(60);
// FEED_SILENT. `heard_at_us`: 0 is never.
absl::Status CheckHeard(const Clock& clock, int64_t heard_at_us);

struct PaymentParts {
  const rpc::Host& host;
  const PolicyBook& book;
  const PaymentBook& payments;
  const files::Shelf& shelf;
  const DepartmentBook& departments;
  int64_t page = 300;  // applications, orders or lines per write
};

// Result: AccountCheck. Errors: those of ReadCheckAnswer, PAYMENT_RETURN_BATCH.
absl::StatusOr<std::string> RunAccountCheck(const PaymentParts& parts, db::JobContext& context);
// Result: PaymentBatch. Errors: POLICY_MISSING, TERM_FORMAT.
absl::StatusOr<std::string> RunPaymentOrders(const PaymentParts& parts, db::JobContext& context);
// Result: PaymentSweepResult.
absl::StatusOr<std::string> RunPaymentSweep(const PaymentParts& parts, db::JobContext& context);
// Result: PaymentReturn. Errors: those of ReadBankAnswer and CheckAnswered.
absl::StatusOr<std::string> RunPaymentReturn(const PaymentParts& parts, db::JobContext& context);

}  // namespace ruraledu::student_aid
