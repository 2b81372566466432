// The ledger of aid money as pure rules (digest 2.7, 2.10): which accounts an entry moves, and what it may not exceed.
//
// A fund is an item in a budget year of a county (DR-02). Its chart of accounts, with the side on which each one grows:
//
//   SOURCE       credit  what levels of government allotted
//   ALLOTTED     debit   allotted and not yet arrived
//   CASH         debit   at hand
//   PAYABLE      credit  ordered and not yet paid
//   SPENT        debit   ordered and not ended, settled with schools
//   RECOVERABLE  debit   to come back from persons
//   WRITTEN_OFF  debit   given up
//   CARRIED      credit  brought in from the year before, less what was given to the year after
//   SURRENDERED  debit   given back to the treasury
//
// What an entry books, what it may not exceed, and whether a closed fund still takes it. "available" is CASH less
// PAYABLE; "may go below" adds what the fund may advance (垫付) by a rule of its own. Of each order and each person the
// ledger keeps what is open: payable, paid (and neither returned nor wrong), recoverable.
//
//   kind           debit        credit       not above                        closed  open amounts
//   ALLOTMENT      ALLOTTED     SOURCE       -                                no
//   ALLOTMENT_CUT  SOURCE       ALLOTTED     ALLOTTED                         no
//   ARRIVAL        CASH         ALLOTTED     ALLOTTED                         no
//   ARRIVAL_CUT    ALLOTTED     CASH         available, what arrived          no
//   ORDER          SPENT        PAYABLE      available, may go below          no      payable +
//   PAYMENT        PAYABLE      CASH         payable of the order             no      payable -, paid +
//   ORDER_END      PAYABLE      SPENT        payable of the order             no      payable -
//   RETURN         CASH         SPENT        paid of the order                yes     paid -
//   OVERPAYMENT    RECOVERABLE  SPENT        paid of the order                yes     paid -, recoverable +
//   RECOVERY       CASH         RECOVERABLE  recoverable of order and person  yes     recoverable -
//   WRITE_OFF      WRITTEN_OFF  RECOVERABLE  recoverable of order and person  yes     recoverable -
//   CARRY_OVER     CARRIED      CASH         available                        yes
//     next year    CASH         CARRIED                                       no
//   SURRENDER      SURRENDERED  CASH         available                        yes
//   SETTLEMENT     SPENT        CASH         available, may go below          no
//
// So the debits and the credits of a fund are the same, no balance falls below zero but CARRIED of a year that gives
// and CASH of a fund that may advance, and nobody is asked for more than was wrongly taken. A RETURN ends its order:
// whoever pays again orders again. What a closed fund still takes settles its past; money that comes back to it goes on
// by CARRY_OVER.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "ruraledu/student_aid/v1/fund.pb.h"
#include "ruraledu/student_aid/v1/ledger.pb.h"

namespace ruraledu::student_aid {

// Both sides of an account.
struct Balance {
  int64_t debit_fen = 0;
  int64_t credit_fen = 0;
  friend bool operator==(const Balance&, const Balance&) = default;
};

struct FundState {
  std::array<Balance, v1::LedgerAccount_ARRAYSIZE> accounts;  // by LedgerAccount
  bool closed = false;
  int64_t advance_fen = 0;  // how far CASH less PAYABLE may go below zero

  // On the side on which the account grows.
  int64_t Net(v1::LedgerAccount account) const;
  // CASH less PAYABLE: money at hand that nothing is ordered against.
  int64_t Available() const;
  // Debits less credits over all accounts: always zero.
  int64_t Imbalance() const;
};

// What is open of an order or of a person in a fund.
struct OpenAmounts {
  int64_t payable_fen = 0;      // ordered and neither paid nor ended
  int64_t paid_fen = 0;         // paid and neither returned nor wrong
  int64_t recoverable_fen = 0;  // wrong and neither recovered nor written off
  friend bool operator==(const OpenAmounts&, const OpenAmounts&) = default;
};

// What an entry moves. Of a person only `recoverable_fen` is kept.
struct Touched {
  FundState* fund = nullptr;
  FundState* next = nullptr;      // the fund of the item in the next budget year; for CARRY_OVER only
  OpenAmounts* order = nullptr;   // of the entry's order; entries without one share one
  OpenAmounts* person = nullptr;  // null: the entry names nobody
};

// Checks the entry, sets its lines and moves what it touches; after an error nothing has moved. LEDGER_AMOUNT,
// FUND_SHORT, FUND_CLOSED.
absl::Status Book(const Touched& touched, v1::LedgerEntry* entry);

// Whether what is open of the order limits entries of the kind.
bool LooksAtOrder(v1::LedgerEntryKind kind);

// The lines of a kind.
std::vector<v1::LedgerLine> LinesOf(v1::LedgerEntryKind kind, int32_t budget_year, int64_t amount_fen);
// The line adds to the accounts of its fund.
void Add(const v1::LedgerLine& line, FundState* fund);

// FUND_NOT_SETTLED unless the budget year of the fund may be closed: everything that was allotted arrived or was cut,
// every order was paid or ended, and what is left was carried over or surrendered. FUND_CLOSED when it is.
absl::Status CheckClosing(const FundState& fund, std::string_view name);

// --- What a year was, read off the accounts ------------------------------------------------------------------------
// As in Fund (fund.proto). Linear in both sides of the accounts, so that it is as true of the movements of a month.
struct FundTotals {
  int64_t allotted_fen = 0, arrived_fen = 0, carried_in_fen = 0, carried_out_fen = 0, surrendered_fen = 0;
  int64_t ordered_fen = 0, failed_fen = 0, paid_fen = 0, returned_fen = 0, settled_fen = 0;
  int64_t overpaid_fen = 0, recovered_fen = 0, written_off_fen = 0;

  // The budget that is executed: allotted and brought in, less what was given on or back.
  int64_t Budget() const { return allotted_fen + carried_in_fen - carried_out_fen - surrendered_fen; }
  // Money that is with pupils and schools: paid and settled, less what came back.
  int64_t Executed() const { return paid_fen - returned_fen + settled_fen; }
};
FundTotals TotalsOf(const FundState& fund);
FundState operator+(const FundState& a, const FundState& b);  // accounts only

// --- How old the money at hand is ----------------------------------------------------------------------------------
// Sets what of each arrival of a fund is not paid out yet: the oldest money goes first, so what is at hand is the
// newest. `arrivals` are in order of days.
void SetUnspent(int64_t at_hand_fen, absl::Span<v1::FundArrival> arrivals);

// The last day on which each arrival is to be paid out, `days` after it (DR-06), and whether it is over.
void SetDue(int days, absl::CivilDay today, std::vector<v1::FundArrival>* arrivals);

// Money of one item by the budget year for which it was allotted, from the oldest fund on: what a year spends is its
// oldest money, and so is what it carries over.
struct YearOfItem {
  int32_t budget_year = 0;
  int64_t arrived_fen = 0;      // less cuts
  int64_t carried_in_fen = 0;   // from the year before
  int64_t carried_out_fen = 0;  // to the year after
  int64_t left_fen = 0;         // CASH
};
struct AgedMoney {
  int32_t budget_year = 0;  // of the fund in which it lies
  int32_t origin_year = 0;  // for which it was allotted
  int64_t amount_fen = 0;
};
// `years` in order, without two of the same year.
std::vector<AgedMoney> AgesOf(absl::Span<const YearOfItem> years);

}  // namespace ruraledu::student_aid
