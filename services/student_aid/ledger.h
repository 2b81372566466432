// Writes ledger entries within the transaction of what they are about, and the balances of the funds with them. For
// *_handlers.cc and jobs of payments; the lines of each kind are in ledger_rules.h.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "common/db/db.h"
#include "common/feed/root.h"
#include "ruraledu/student_aid/v1/ledger.pb.h"
#include "services/student_aid/ledger_rules.h"
#include "services/student_aid/ledger_store.h"

namespace ruraledu::student_aid {

// DR-02: "2023-2024-1" -> 2023, "2023-2024-2" -> 2024. The term is valid.
int32_t BudgetYearOf(std::string_view term);

// Posts entries of one county. Balances are read once per fund, folded in memory and written by Finish, which comes
// before the writer's own; posted once, an entry is never changed.
class Ledger {
 public:
  Ledger(db::Transaction& tx, feed::RootWriter& writer) : tx_(tx), writer_(writer) {}

  // `entry`: kind, budget_year, item, amount_fen, on, and what it refers to; name, area and lines are set here.
  // Errors: FUND_SHORT (money at hand does not cover what is ordered, and the fund has no rule to advance), FUND_CLOSED
  // (the budget year is closed), LEDGER_AMOUNT (zero or below, or more than there is to end, return, recover). A
  // refused entry leaves nothing behind: the caller may go on with others.
  absl::Status Post(ruraledu::student_aid::v1::LedgerEntry entry);
  absl::Status Finish();

  // The fund as it is with what was posted so far.
  absl::StatusOr<FundState*> Fund(const FundKey& key);
  // Name of the entry that was posted last.
  const std::string& last() const { return last_; }

 private:
  struct Opened {
    OpenAmounts amounts;
    bool present = false;  // has a row
    bool known = false;    // whether it has one was asked
    bool moved = false;
  };
  using DayKey = std::pair<std::string, std::pair<FundKey, int>>;  // day, fund, account

  absl::StatusOr<Opened*> Open(const OpenKey& key, bool fresh);
  absl::Status FinishOpen();

  db::Transaction& tx_;
  feed::RootWriter& writer_;
  std::map<FundKey, FundState> funds_;
  std::map<OpenKey, Opened> open_;
  std::map<DayKey, Balance> days_;
  std::string last_;
};

}  // namespace ruraledu::student_aid
