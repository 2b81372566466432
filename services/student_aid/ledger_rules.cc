#include "services/student_aid/ledger_rules.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/money.h"

namespace ruraledu::student_aid {
namespace {

constexpr int64_t kMostFen = 100'000'000'000;  // one billion yuan, as everywhere (AMOUNT_TOO_LARGE)

enum class Limit { kNone, kAllotted, kArrived, kAvailable, kAdvance, kPayable, kPaid, kRecoverable };

// A row of the table in the header.
struct KindRow {
  v1::LedgerEntryKind kind;
  v1::LedgerAccount debit, credit;
  Limit limit;
  bool when_closed;
  int payable, paid, recoverable;  // signs
};

constexpr KindRow kRows[] = {
    {v1::LEDGER_ENTRY_KIND_ALLOTMENT, v1::LEDGER_ACCOUNT_ALLOTTED, v1::LEDGER_ACCOUNT_SOURCE, Limit::kNone, false, 0, 0,
     0},
    {v1::LEDGER_ENTRY_KIND_ALLOTMENT_CUT, v1::LEDGER_ACCOUNT_SOURCE, v1::LEDGER_ACCOUNT_ALLOTTED, Limit::kAllotted,
     false, 0, 0, 0},
    {v1::LEDGER_ENTRY_KIND_ARRIVAL, v1::LEDGER_ACCOUNT_CASH, v1::LEDGER_ACCOUNT_ALLOTTED, Limit::kAllotted, false, 0, 0,
     0},
    {v1::LEDGER_ENTRY_KIND_ARRIVAL_CUT, v1::LEDGER_ACCOUNT_ALLOTTED, v1::LEDGER_ACCOUNT_CASH, Limit::kArrived, false, 0,
     0, 0},
    {v1::LEDGER_ENTRY_KIND_ORDER, v1::LEDGER_ACCOUNT_SPENT, v1::LEDGER_ACCOUNT_PAYABLE, Limit::kAdvance, false, 1, 0,
     0},
    {v1::LEDGER_ENTRY_KIND_PAYMENT, v1::LEDGER_ACCOUNT_PAYABLE, v1::LEDGER_ACCOUNT_CASH, Limit::kPayable, false, -1, 1,
     0},
    {v1::LEDGER_ENTRY_KIND_ORDER_END, v1::LEDGER_ACCOUNT_PAYABLE, v1::LEDGER_ACCOUNT_SPENT, Limit::kPayable, false, -1,
     0, 0},
    {v1::LEDGER_ENTRY_KIND_RETURN, v1::LEDGER_ACCOUNT_CASH, v1::LEDGER_ACCOUNT_SPENT, Limit::kPaid, true, 0, -1, 0},
    {v1::LEDGER_ENTRY_KIND_OVERPAYMENT, v1::LEDGER_ACCOUNT_RECOVERABLE, v1::LEDGER_ACCOUNT_SPENT, Limit::kPaid, true, 0,
     -1, 1},
    {v1::LEDGER_ENTRY_KIND_RECOVERY, v1::LEDGER_ACCOUNT_CASH, v1::LEDGER_ACCOUNT_RECOVERABLE, Limit::kRecoverable, true,
     0, 0, -1},
    {v1::LEDGER_ENTRY_KIND_WRITE_OFF, v1::LEDGER_ACCOUNT_WRITTEN_OFF, v1::LEDGER_ACCOUNT_RECOVERABLE,
     Limit::kRecoverable, true, 0, 0, -1},
    {v1::LEDGER_ENTRY_KIND_CARRY_OVER, v1::LEDGER_ACCOUNT_CARRIED, v1::LEDGER_ACCOUNT_CASH, Limit::kAvailable, true, 0,
     0, 0},
    {v1::LEDGER_ENTRY_KIND_SURRENDER, v1::LEDGER_ACCOUNT_SURRENDERED, v1::LEDGER_ACCOUNT_CASH, Limit::kAvailable, true,
     0, 0, 0},
    {v1::LEDGER_ENTRY_KIND_SETTLEMENT, v1::LEDGER_ACCOUNT_SPENT, v1::LEDGER_ACCOUNT_CASH, Limit::kAdvance, false, 0, 0,
     0},
};

const KindRow* RowOf(v1::LedgerEntryKind kind) {
  const auto* found =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const auto& row) { return row.kind == kind; });
  return found == std::end(kRows) ? nullptr : found;
}

bool GrowsByCredit(v1::LedgerAccount account) {
  return account == v1::LEDGER_ACCOUNT_SOURCE || account == v1::LEDGER_ACCOUNT_PAYABLE ||
         account == v1::LEDGER_ACCOUNT_CARRIED;
}

std::string FundText(const v1::LedgerEntry& entry) {
  return absl::StrCat(entry.budget_year(), ".", entry.item());
}

int64_t LimitOf(const KindRow& row, const Touched& touched) {
  switch (row.limit) {
    case Limit::kNone:
      return kMostFen;
    case Limit::kAllotted:
      return touched.fund->Net(v1::LEDGER_ACCOUNT_ALLOTTED);
    case Limit::kArrived:  // what was carried in or came back is not called back
      return std::min(touched.fund->Available(), TotalsOf(*touched.fund).arrived_fen);
    case Limit::kAvailable:
      return touched.fund->Available();
    case Limit::kAdvance:
      return touched.fund->Available() + touched.fund->advance_fen;
    case Limit::kPayable:
      return touched.order->payable_fen;
    case Limit::kPaid:
      return touched.order->paid_fen;
    case Limit::kRecoverable:
      return touched.person == nullptr ? touched.order->recoverable_fen
                                       : std::min(touched.order->recoverable_fen, touched.person->recoverable_fen);
  }
  return 0;
}

absl::Status CheckEntry(const KindRow& row, const Touched& touched, const v1::LedgerEntry& entry) {
  const int64_t amount = entry.amount_fen();
  if (touched.fund->closed && !row.when_closed) {
    return Fail("FUND_CLOSED", {{"fund", FundText(entry)}});
  }
  if (touched.next != nullptr && touched.next->closed) {
    return Fail("FUND_CLOSED", {{"fund", absl::StrCat(entry.budget_year() + 1, ".", entry.item())}});
  }
  const int64_t limit = std::min(LimitOf(row, touched), kMostFen);
  if (amount > 0 && amount <= limit) {
    return absl::OkStatus();
  }
  const bool of_fund = row.limit == Limit::kAdvance || row.limit == Limit::kAvailable || row.limit == Limit::kArrived;
  if (amount > 0 && amount <= kMostFen && of_fund) {
    return Fail("FUND_SHORT",
                {{"fund", FundText(entry)}, {"available", FormatFen(limit)}, {"amount", FormatFen(amount)}});
  }
  return Fail("LEDGER_AMOUNT",
              {{"kind", EnumText(row.kind)}, {"amount", FormatFen(amount)}, {"limit", FormatFen(limit)}});
}

v1::LedgerLine LineOf(int32_t year, v1::LedgerAccount account, int64_t debit_fen, int64_t credit_fen) {
  v1::LedgerLine line;
  line.set_budget_year(year);
  line.set_account(account);
  line.set_debit_fen(debit_fen);
  line.set_credit_fen(credit_fen);
  return line;
}

}  // namespace

int64_t FundState::Net(v1::LedgerAccount account) const {
  const Balance& both = accounts[account];
  return GrowsByCredit(account) ? both.credit_fen - both.debit_fen : both.debit_fen - both.credit_fen;
}

int64_t FundState::Available() const {
  return Net(v1::LEDGER_ACCOUNT_CASH) - Net(v1::LEDGER_ACCOUNT_PAYABLE);
}

int64_t FundState::Imbalance() const {
  int64_t difference = 0;
  for (const Balance& both : accounts) {
    difference += both.debit_fen - both.credit_fen;
  }
  return difference;
}

bool LooksAtOrder(v1::LedgerEntryKind kind) {
  const KindRow* row = RowOf(kind);
  return row != nullptr &&
         (row->limit == Limit::kPayable || row->limit == Limit::kPaid || row->limit == Limit::kRecoverable);
}

std::vector<v1::LedgerLine> LinesOf(v1::LedgerEntryKind kind, int32_t budget_year, int64_t amount_fen) {
  const KindRow* row = RowOf(kind);
  if (row == nullptr) {
    return {};
  }
  std::vector<v1::LedgerLine> lines = {LineOf(budget_year, row->debit, amount_fen, 0),
                                       LineOf(budget_year, row->credit, 0, amount_fen)};
  if (kind == v1::LEDGER_ENTRY_KIND_CARRY_OVER) {
    lines.push_back(LineOf(budget_year + 1, v1::LEDGER_ACCOUNT_CASH, amount_fen, 0));
    lines.push_back(LineOf(budget_year + 1, v1::LEDGER_ACCOUNT_CARRIED, 0, amount_fen));
  }
  return lines;
}

void Add(const v1::LedgerLine& line, FundState* fund) {
  Balance& both = fund->accounts[line.account()];
  both.debit_fen += line.debit_fen();
  both.credit_fen += line.credit_fen();
}

absl::Status Book(const Touched& touched, v1::LedgerEntry* entry) {
  const KindRow* row = RowOf(entry->kind());
  if (row == nullptr || (entry->kind() == v1::LEDGER_ENTRY_KIND_CARRY_OVER) != (touched.next != nullptr)) {
    return absl::InternalError("an entry of the ledger without a kind");
  }
  RETURN_IF_ERROR(CheckEntry(*row, touched, *entry));
  const int64_t amount = entry->amount_fen();
  const auto lines = LinesOf(entry->kind(), entry->budget_year(), amount);
  entry->mutable_lines()->Assign(lines.begin(), lines.end());
  for (const v1::LedgerLine& line : lines) {
    Add(line, line.budget_year() == entry->budget_year() ? touched.fund : touched.next);
  }
  touched.order->payable_fen += row->payable * amount;
  touched.order->paid_fen += row->paid * amount;
  touched.order->recoverable_fen += row->recoverable * amount;
  if (touched.person != nullptr) {
    touched.person->recoverable_fen += row->recoverable * amount;
  }
  return absl::OkStatus();
}

absl::Status CheckClosing(const FundState& fund, std::string_view name) {
  if (fund.closed) {
    return Fail("FUND_CLOSED", {{"fund", name}});
  }
  for (const v1::LedgerAccount account :
       {v1::LEDGER_ACCOUNT_ALLOTTED, v1::LEDGER_ACCOUNT_PAYABLE, v1::LEDGER_ACCOUNT_CASH}) {
    if (fund.Net(account) != 0) {
      return Fail("FUND_NOT_SETTLED",
                  {{"fund", name}, {"account", EnumText(account)}, {"amount", FormatFen(fund.Net(account))}});
    }
  }
  return absl::OkStatus();
}

// The pairs of the table in the header, solved for what was booked of each kind.
FundTotals TotalsOf(const FundState& fund) {
  const auto both = [&](v1::LedgerAccount account) { return fund.accounts[account]; };
  FundTotals totals;
  totals.allotted_fen = fund.Net(v1::LEDGER_ACCOUNT_SOURCE);
  totals.arrived_fen = totals.allotted_fen - fund.Net(v1::LEDGER_ACCOUNT_ALLOTTED);
  totals.carried_in_fen = both(v1::LEDGER_ACCOUNT_CARRIED).credit_fen;
  totals.carried_out_fen = both(v1::LEDGER_ACCOUNT_CARRIED).debit_fen;
  totals.surrendered_fen = both(v1::LEDGER_ACCOUNT_SURRENDERED).debit_fen;
  totals.written_off_fen = both(v1::LEDGER_ACCOUNT_WRITTEN_OFF).debit_fen;
  totals.overpaid_fen = both(v1::LEDGER_ACCOUNT_RECOVERABLE).debit_fen;
  totals.recovered_fen = both(v1::LEDGER_ACCOUNT_RECOVERABLE).credit_fen - totals.written_off_fen;
  // Debits of CASH: arrivals, returns, recoveries, what was brought in. Arrivals are the credits of ALLOTTED but for
  // what was cut, which is all that SOURCE is debited.
  const int64_t arrivals = both(v1::LEDGER_ACCOUNT_ALLOTTED).credit_fen - both(v1::LEDGER_ACCOUNT_SOURCE).debit_fen;
  totals.returned_fen =
      both(v1::LEDGER_ACCOUNT_CASH).debit_fen - arrivals - totals.recovered_fen - totals.carried_in_fen;
  totals.ordered_fen = both(v1::LEDGER_ACCOUNT_PAYABLE).credit_fen;
  totals.failed_fen = both(v1::LEDGER_ACCOUNT_SPENT).credit_fen - totals.returned_fen - totals.overpaid_fen;
  totals.paid_fen = both(v1::LEDGER_ACCOUNT_PAYABLE).debit_fen - totals.failed_fen;
  totals.settled_fen = both(v1::LEDGER_ACCOUNT_SPENT).debit_fen - totals.ordered_fen;
  return totals;
}

FundState operator+(const FundState& a, const FundState& b) {
  FundState sum = a;
  for (size_t i = 0; i < sum.accounts.size(); ++i) {
    sum.accounts[i].debit_fen += b.accounts[i].debit_fen;
    sum.accounts[i].credit_fen += b.accounts[i].credit_fen;
  }
  return sum;
}

void SetUnspent(int64_t at_hand_fen, absl::Span<v1::FundArrival> arrivals) {
  int64_t left = std::max<int64_t>(at_hand_fen, 0);
  for (auto arrival = arrivals.rbegin(); arrival != arrivals.rend(); ++arrival) {
    const int64_t unspent = std::min(arrival->amount_fen(), left);
    left -= unspent;
    arrival->set_unspent_fen(unspent);
  }
}

void SetDue(int days, absl::CivilDay today, std::vector<v1::FundArrival>* arrivals) {
  for (v1::FundArrival& arrival : *arrivals) {
    const auto arrived_on = DayOf(arrival.arrived_on());
    if (arrived_on.has_value()) {
      *arrival.mutable_pay_out_by() = DateOf(*arrived_on + days);
      arrival.set_overdue(arrival.unspent_fen() > 0 && *arrived_on + days < today);
    }
  }
}

std::vector<AgedMoney> AgesOf(absl::Span<const YearOfItem> years) {
  std::vector<AgedMoney> ages;
  std::map<int32_t, int64_t> carried;  // by year of origin, out of the fund before
  for (const YearOfItem& year : years) {
    std::map<int32_t, int64_t> in = std::move(carried);
    carried.clear();
    int64_t known = 0;
    for (const auto& [origin, amount] : in) {
      known += amount;
    }
    // Brought in from a year that is not in the list: it is as old as the year before.
    in[year.budget_year - 1] += std::max<int64_t>(year.carried_in_fen - known, 0);
    in[year.budget_year] += year.arrived_fen;
    int64_t total = 0;
    for (const auto& [origin, amount] : in) {
      total += amount;
    }
    int64_t spent = std::max<int64_t>(total - year.carried_out_fen - year.left_fen, 0);
    int64_t given = year.carried_out_fen;
    for (auto& [origin, amount] : in) {
      const int64_t used = std::min(amount, spent);
      spent -= used;
      amount -= used;
      const int64_t moved = std::min(amount, given);
      given -= moved;
      amount -= moved;
      if (moved > 0) {
        carried[origin] += moved;
      }
      if (amount > 0) {
        ages.push_back({year.budget_year, origin, amount});
      }
    }
  }
  return ages;
}

}  // namespace ruraledu::student_aid
