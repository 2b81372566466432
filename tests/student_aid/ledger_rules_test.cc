// The ledger's rules: a table per kind, closing, how old money is, and random histories against a model that counts
// what happened.
#include "services/student_aid/ledger_rules.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"

namespace ruraledu::student_aid {
namespace {

using Kind = v1::LedgerEntryKind;

v1::LedgerEntry Entry(Kind kind, int64_t amount, int year = 2023) {
  v1::LedgerEntry entry;
  entry.set_kind(kind);
  entry.set_budget_year(year);
  entry.set_item("SP_NUTR");
  entry.set_amount_fen(amount);
  return entry;
}

// A fund in the middle of its year: 1000 allotted, 700 arrived, 300 ordered of which 200 are paid, 50 of those wrong.
struct Books {
  FundState fund, next;
  OpenAmounts order, person;

  Books() {
    for (const auto& [kind, amount] : std::vector<std::pair<Kind, int64_t>>{{v1::LEDGER_ENTRY_KIND_ALLOTMENT, 1000},
                                                                            {v1::LEDGER_ENTRY_KIND_ARRIVAL, 700},
                                                                            {v1::LEDGER_ENTRY_KIND_ORDER, 300},
                                                                            {v1::LEDGER_ENTRY_KIND_PAYMENT, 200},
                                                                            {v1::LEDGER_ENTRY_KIND_OVERPAYMENT, 50}}) {
      EXPECT_EQ(Post(kind, amount), "");
    }
  }
  std::string Post(Kind kind, int64_t amount) {
    v1::LedgerEntry entry = Entry(kind, amount);
    const Touched touched{&fund, kind == v1::LEDGER_ENTRY_KIND_CARRY_OVER ? &next : nullptr, &order, &person};
    const absl::Status booked = Book(touched, &entry);
    EXPECT_EQ(booked.ok(), entry.lines_size() > 0);
    EXPECT_EQ(fund.Imbalance(), 0);
    EXPECT_EQ(next.Imbalance(), 0);
    return ReasonOf(booked);
  }
  // "ALLOTTED 300 CASH 500 ...", accounts at zero left out; then what is open.
  std::string Text() const {
    std::vector<std::string> parts;
    for (int account = 1; account < v1::LedgerAccount_ARRAYSIZE; ++account) {
      const auto name = static_cast<v1::LedgerAccount>(account);
      if (fund.Net(name) != 0) parts.push_back(absl::StrCat(EnumText(name), " ", fund.Net(name)));
    }
    return absl::StrCat(absl::StrJoin(parts, " "), " | ", order.payable_fen, " ", order.paid_fen, " ",
                        order.recoverable_fen, " | ", person.recoverable_fen);
  }
};

TEST(LedgerRules, BeginOfTheTables) {
  EXPECT_EQ(Books().Text(), "SOURCE 1000 ALLOTTED 300 CASH 500 PAYABLE 100 SPENT 250 RECOVERABLE 50 | 100 150 50 | 50");
}

struct KindCase {
  Kind kind;
  int64_t most;  // what is not too much
  std::string refusal, after;
};

TEST(LedgerRules, EachKindMovesItsAccountsUpToItsLimitAndNotAFenMore) {
  const std::vector<KindCase> cases = {
      {v1::LEDGER_ENTRY_KIND_ALLOTMENT, 100'000'000'000, "LEDGER_AMOUNT",
       "SOURCE 100000001000 ALLOTTED 100000000300 CASH 500 PAYABLE 100 SPENT 250 RECOVERABLE 50 | 100 150 50 | 50"},
      {v1::LEDGER_ENTRY_KIND_ALLOTMENT_CUT, 300, "LEDGER_AMOUNT",
       "SOURCE 700 CASH 500 PAYABLE 100 SPENT 250 RECOVERABLE 50 | 100 150 50 | 50"},
      {v1::LEDGER_ENTRY_KIND_ARRIVAL, 300, "LEDGER_AMOUNT",
       "SOURCE 1000 CASH 800 PAYABLE 100 SPENT 250 RECOVERABLE 50 | 100 150 50 | 50"},
      {v1::LEDGER_ENTRY_KIND_ARRIVAL_CUT, 400, "FUND_SHORT",
       "SOURCE 1000 ALLOTTED 700 CASH 100 PAYABLE 100 SPENT 250 RECOVERABLE 50 | 100 150 50 | 50"},
      {v1::LEDGER_ENTRY_KIND_ORDER, 400, "FUND_SHORT",
       "SOURCE 1000 ALLOTTED 300 CASH 500 PAYABLE 500 SPENT 650 RECOVERABLE 50 | 500 150 50 | 50"},
      {v1::LEDGER_ENTRY_KIND_PAYMENT, 100, "LEDGER_AMOUNT",
       "SOURCE 1000 ALLOTTED 300 CASH 400 SPENT 250 RECOVERABLE 50 | 0 250 50 | 50"},
      {v1::LEDGER_ENTRY_KIND_ORDER_END, 100, "LEDGER_AMOUNT",
       "SOURCE 1000 ALLOTTED 300 CASH 500 SPENT 150 RECOVERABLE 50 | 0 150 50 | 50"},
      {v1::LEDGER_ENTRY_KIND_RETURN, 150, "LEDGER_AMOUNT",
       "SOURCE 1000 ALLOTTED 300 CASH 650 PAYABLE 100 SPENT 100 RECOVERABLE 50 | 100 0 50 | 50"},
      {v1::LEDGER_ENTRY_KIND_OVERPAYMENT, 150, "LEDGER_AMOUNT",
       "SOURCE 1000 ALLOTTED 300 CASH 500 PAYABLE 100 SPENT 100 RECOVERABLE 200 | 100 0 200 | 200"},
      {v1::LEDGER_ENTRY_KIND_RECOVERY, 50, "LEDGER_AMOUNT",
       "SOURCE 1000 ALLOTTED 300 CASH 550 PAYABLE 100 SPENT 250 | 100 150 0 | 0"},
      {v1::LEDGER_ENTRY_KIND_WRITE_OFF, 50, "LEDGER_AMOUNT",
       "SOURCE 1000 ALLOTTED 300 CASH 500 PAYABLE 100 SPENT 250 WRITTEN_OFF 50 | 100 150 0 | 0"},
      {v1::LEDGER_ENTRY_KIND_CARRY_OVER, 400, "FUND_SHORT",
       "SOURCE 1000 ALLOTTED 300 CASH 100 PAYABLE 100 SPENT 250 RECOVERABLE 50 CARRIED -400 | 100 150 50 | 50"},
      {v1::LEDGER_ENTRY_KIND_SURRENDER, 400, "FUND_SHORT",
       "SOURCE 1000 ALLOTTED 300 CASH 100 PAYABLE 100 SPENT 250 RECOVERABLE 50 SURRENDERED 400 | 100 150 50 | 50"},
      {v1::LEDGER_ENTRY_KIND_SETTLEMENT, 400, "FUND_SHORT",
       "SOURCE 1000 ALLOTTED 300 CASH 100 PAYABLE 100 SPENT 650 RECOVERABLE 50 | 100 150 50 | 50"},
  };
  std::set<int> kinds;
  for (const KindCase& one : cases) {
    SCOPED_TRACE(EnumText(one.kind));
    kinds.insert(one.kind);
    const std::string before = Books().Text();
    Books books;
    EXPECT_EQ(books.Post(one.kind, one.most + 1), one.refusal);
    for (const int64_t none : {int64_t{0}, int64_t{-1}, int64_t{-1} << 62}) {
      EXPECT_EQ(books.Post(one.kind, none), "LEDGER_AMOUNT");
    }
    EXPECT_EQ(books.Text(), before);
    EXPECT_EQ(books.Post(one.kind, one.most), "");
    EXPECT_EQ(books.Text(), one.after);
  }
  EXPECT_EQ(kinds.size(), v1::LedgerEntryKind_ARRAYSIZE - 1) << "a kind without a row";
}

TEST(LedgerRules, CarryOverStaysWithTheItemAndGoesOneYearOn) {
  Books books;
  ASSERT_EQ(books.Post(v1::LEDGER_ENTRY_KIND_CARRY_OVER, 400), "");
  EXPECT_EQ(books.next.Net(v1::LEDGER_ACCOUNT_CASH), 400);
  EXPECT_EQ(books.next.Net(v1::LEDGER_ACCOUNT_CARRIED), 400);
  const auto lines = LinesOf(v1::LEDGER_ENTRY_KIND_CARRY_OVER, 2023, 400);
  ASSERT_EQ(lines.size(), 4u);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(lines[i].budget_year(), i < 2 ? 2023 : 2024);
}

TEST(LedgerRules, WhatWasBroughtInIsNotCalledBack) {
  Books books;
  ASSERT_EQ(books.Post(v1::LEDGER_ENTRY_KIND_CARRY_OVER, 400), "");
  std::swap(books.fund, books.next);
  EXPECT_EQ(books.Post(v1::LEDGER_ENTRY_KIND_ARRIVAL_CUT, 1), "FUND_SHORT");
}

TEST(LedgerRules, AFundMayAdvanceByItsOwnRuleOnly) {
  Books books;
  EXPECT_EQ(books.Post(v1::LEDGER_ENTRY_KIND_ORDER, 500), "FUND_SHORT");
  books.fund.advance_fen = 100;
  EXPECT_EQ(books.Post(v1::LEDGER_ENTRY_KIND_ORDER, 501), "FUND_SHORT");
  EXPECT_EQ(books.Post(v1::LEDGER_ENTRY_KIND_ORDER, 450), "");
  EXPECT_EQ(books.fund.Available(), -50);
  EXPECT_EQ(books.Post(v1::LEDGER_ENTRY_KIND_SETTLEMENT, 50), "");
  EXPECT_EQ(books.Post(v1::LEDGER_ENTRY_KIND_SETTLEMENT, 1), "FUND_SHORT");
  EXPECT_EQ(books.Post(v1::LEDGER_ENTRY_KIND_SURRENDER, 1), "FUND_SHORT") << "an advance is not given back";
  EXPECT_EQ(books.Post(v1::LEDGER_ENTRY_KIND_PAYMENT, 550), "");
  EXPECT_EQ(books.fund.Net(v1::LEDGER_ACCOUNT_CASH), -100);
}

TEST(LedgerRules, AClosedYearTakesOnlyWhatSettlesItsPast) {
  const std::set<Kind> past = {v1::LEDGER_ENTRY_KIND_RETURN,     v1::LEDGER_ENTRY_KIND_OVERPAYMENT,
                               v1::LEDGER_ENTRY_KIND_RECOVERY,   v1::LEDGER_ENTRY_KIND_WRITE_OFF,
                               v1::LEDGER_ENTRY_KIND_CARRY_OVER, v1::LEDGER_ENTRY_KIND_SURRENDER};
  for (int kind = 1; kind < v1::LedgerEntryKind_ARRAYSIZE; ++kind) {
    Books books;
    books.fund.closed = true;
    EXPECT_EQ(books.Post(static_cast<Kind>(kind), 10), past.contains(static_cast<Kind>(kind)) ? "" : "FUND_CLOSED")
        << EnumText(static_cast<Kind>(kind));
  }
  Books books;
  books.next.closed = true;
  EXPECT_EQ(books.Post(v1::LEDGER_ENTRY_KIND_CARRY_OVER, 10), "FUND_CLOSED");
}

TEST(LedgerRules, AYearIsClosedWhenNothingIsLeft) {
  Books books;
  EXPECT_EQ(ReasonOf(CheckClosing(books.fund, "2023.SP_NUTR")), "FUND_NOT_SETTLED");  // 300 not arrived
  ASSERT_EQ(books.Post(v1::LEDGER_ENTRY_KIND_ALLOTMENT_CUT, 300), "");
  EXPECT_EQ(ReasonOf(CheckClosing(books.fund, "2023.SP_NUTR")), "FUND_NOT_SETTLED");  // 100 payable
  ASSERT_EQ(books.Post(v1::LEDGER_ENTRY_KIND_ORDER_END, 100), "");
  EXPECT_EQ(ReasonOf(CheckClosing(books.fund, "2023.SP_NUTR")), "FUND_NOT_SETTLED");  // 500 at hand
  ASSERT_EQ(books.Post(v1::LEDGER_ENTRY_KIND_CARRY_OVER, 500), "");
  EXPECT_EQ(ReasonOf(CheckClosing(books.fund, "2023.SP_NUTR")), "") << "what persons owe does not keep a year open";
  books.fund.closed = true;
  EXPECT_EQ(ReasonOf(CheckClosing(books.fund, "2023.SP_NUTR")), "FUND_CLOSED");
}

TEST(LedgerRules, RecoveryOfAPersonIsLimitedByBothOrderAndPerson) {
  Books books;
  books.person.recoverable_fen = 20;
  EXPECT_EQ(books.Post(v1::LEDGER_ENTRY_KIND_RECOVERY, 21), "LEDGER_AMOUNT");
  EXPECT_EQ(books.Post(v1::LEDGER_ENTRY_KIND_RECOVERY, 20), "");
  EXPECT_EQ(books.order.recoverable_fen, 30);
  EXPECT_EQ(books.person.recoverable_fen, 0);
}

TEST(LedgerRules, TotalsReadTheYearOffTheAccounts) {
  Books books;
  for (const auto& [kind, amount] : std::vector<std::pair<Kind, int64_t>>{{v1::LEDGER_ENTRY_KIND_ALLOTMENT_CUT, 40},
                                                                          {v1::LEDGER_ENTRY_KIND_ARRIVAL_CUT, 30},
                                                                          {v1::LEDGER_ENTRY_KIND_ORDER_END, 60},
                                                                          {v1::LEDGER_ENTRY_KIND_RETURN, 21},
                                                                          {v1::LEDGER_ENTRY_KIND_RECOVERY, 12},
                                                                          {v1::LEDGER_ENTRY_KIND_WRITE_OFF, 7},
                                                                          {v1::LEDGER_ENTRY_KIND_SETTLEMENT, 90},
                                                                          {v1::LEDGER_ENTRY_KIND_SURRENDER, 5},
                                                                          {v1::LEDGER_ENTRY_KIND_CARRY_OVER, 8}}) {
    ASSERT_EQ(books.Post(kind, amount), "") << EnumText(kind);
  }
  const FundTotals totals = TotalsOf(books.fund);
  EXPECT_EQ(totals.allotted_fen, 960);
  EXPECT_EQ(totals.arrived_fen, 670);
  EXPECT_EQ(totals.ordered_fen, 300);
  EXPECT_EQ(totals.failed_fen, 60);
  EXPECT_EQ(totals.paid_fen, 200);
  EXPECT_EQ(totals.returned_fen, 21);
  EXPECT_EQ(totals.settled_fen, 90);
  EXPECT_EQ(totals.overpaid_fen, 50);
  EXPECT_EQ(totals.recovered_fen, 12);
  EXPECT_EQ(totals.written_off_fen, 7);
  EXPECT_EQ(totals.carried_in_fen, 0);
  EXPECT_EQ(totals.carried_out_fen, 8);
  EXPECT_EQ(totals.surrendered_fen, 5);
  EXPECT_EQ(TotalsOf(books.next).carried_in_fen, 8);
}

TEST(LedgerAges, TheOldestArrivalIsPaidOutFirst) {
  std::vector<v1::FundArrival> arrivals(2);
  arrivals[0].set_amount_fen(100);
  *arrivals[0].mutable_arrived_on() = DateOf(absl::CivilDay(2024, 5, 1));
  arrivals[1].set_amount_fen(50);
  *arrivals[1].mutable_arrived_on() = DateOf(absl::CivilDay(2024, 6, 1));
  const auto unspent = [&](int64_t at_hand) {
    SetUnspent(at_hand, absl::MakeSpan(arrivals));
    return std::pair(arrivals[0].unspent_fen(), arrivals[1].unspent_fen());
  };
  EXPECT_EQ(unspent(150), std::pair(int64_t{100}, int64_t{50}));
  EXPECT_EQ(unspent(30), std::pair(int64_t{0}, int64_t{30}));
  EXPECT_EQ(unspent(-10), std::pair(int64_t{0}, int64_t{0})) << "an advance";
  EXPECT_EQ(unspent(500), std::pair(int64_t{100}, int64_t{50})) << "what was brought in is older";
  SetDue(30, absl::CivilDay(2024, 5, 31), &arrivals);
  EXPECT_EQ(*DayOf(arrivals[0].pay_out_by()), absl::CivilDay(2024, 5, 31)) << "the day of the arrival does not count";
  EXPECT_FALSE(arrivals[0].overdue());
  SetDue(30, absl::CivilDay(2024, 6, 1), &arrivals);
  EXPECT_TRUE(arrivals[0].overdue());
  EXPECT_FALSE(arrivals[1].overdue());
  unspent(50);
  SetDue(30, absl::CivilDay(2024, 6, 1), &arrivals);
  EXPECT_FALSE(arrivals[0].overdue()) << "paid out";
}

std::string AgesText(const std::vector<YearOfItem>& years) {
  std::string text;
  for (const AgedMoney& aged : AgesOf(years)) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", aged.amount_fen, " of ", aged.origin_year, " in ",
                    aged.budget_year);
  }
  return text;
}

TEST(LedgerAges, MoneyKeepsTheYearForWhichItWasAllotted) {
  EXPECT_EQ(AgesText({{2022, 1000, 0, 300, 0}, {2023, 500, 300, 0, 250}}), "250 of 2023 in 2023")
      << "a year spends its oldest money first";
  EXPECT_EQ(AgesText({{2022, 1000, 0, 300, 0}, {2023, 500, 300, 0, 700}}), "200 of 2022 in 2023, 500 of 2023 in 2023");
  EXPECT_EQ(AgesText({{2021, 100, 0, 100, 0}, {2022, 50, 100, 120, 0}, {2023, 10, 120, 0, 130}}),
            "70 of 2021 in 2023, 50 of 2022 in 2023, 10 of 2023 in 2023");
  EXPECT_EQ(AgesText({{2023, 10, 5, 0, 15}}), "5 of 2022 in 2023, 10 of 2023 in 2023");
  EXPECT_EQ(AgesText({}), "");
}

// --- Random histories ----------------------------------------------------------------------------------------------
// What happened, counted, with no accounts. Funds are numbered: two items in a year, and the year after the last one,
// to which money is carried.
constexpr int kItems = 2, kYears = 2, kOrders = 3, kOwers = 2;
constexpr int kFunds = kItems * (kYears + 1);
template <typename T>
using OfFund = std::array<T, kFunds>;

struct Model {
  struct Happened {
    std::array<int64_t, v1::LedgerEntryKind_ARRAYSIZE> of{};
    int64_t brought = 0;
    int64_t At(int kind) const { return of[static_cast<size_t>(kind)]; }
  };
  OfFund<Happened> funds;
  OfFund<std::array<Happened, kOrders>> orders;
  OfFund<std::array<Happened, kOwers>> persons;
  OfFund<int64_t> advances{};
  OfFund<bool> closed{};

  int64_t Cash(size_t fund) const {
    const Happened& all = funds[fund];
    return all.At(v1::LEDGER_ENTRY_KIND_ARRIVAL) - all.At(v1::LEDGER_ENTRY_KIND_ARRIVAL_CUT) +
           all.At(v1::LEDGER_ENTRY_KIND_RETURN) + all.At(v1::LEDGER_ENTRY_KIND_RECOVERY) + all.brought -
           all.At(v1::LEDGER_ENTRY_KIND_PAYMENT) - all.At(v1::LEDGER_ENTRY_KIND_SETTLEMENT) -
           all.At(v1::LEDGER_ENTRY_KIND_CARRY_OVER) - all.At(v1::LEDGER_ENTRY_KIND_SURRENDER);
  }
  static int64_t Payable(const Happened& all) {
    return all.At(v1::LEDGER_ENTRY_KIND_ORDER) - all.At(v1::LEDGER_ENTRY_KIND_PAYMENT) -
           all.At(v1::LEDGER_ENTRY_KIND_ORDER_END);
  }
  static int64_t Paid(const Happened& all) {
    return all.At(v1::LEDGER_ENTRY_KIND_PAYMENT) - all.At(v1::LEDGER_ENTRY_KIND_RETURN) -
           all.At(v1::LEDGER_ENTRY_KIND_OVERPAYMENT);
  }
  static int64_t Owed(const Happened& all) {
    return all.At(v1::LEDGER_ENTRY_KIND_OVERPAYMENT) - all.At(v1::LEDGER_ENTRY_KIND_RECOVERY) -
           all.At(v1::LEDGER_ENTRY_KIND_WRITE_OFF);
  }
  static int64_t NotArrived(const Happened& all) {
    return all.At(v1::LEDGER_ENTRY_KIND_ALLOTMENT) - all.At(v1::LEDGER_ENTRY_KIND_ALLOTMENT_CUT) -
           all.At(v1::LEDGER_ENTRY_KIND_ARRIVAL) + all.At(v1::LEDGER_ENTRY_KIND_ARRIVAL_CUT);
  }
  bool Allows(Kind kind, size_t fund, size_t order, size_t person, int64_t amount) const {
    const bool past = kind == v1::LEDGER_ENTRY_KIND_RETURN || kind == v1::LEDGER_ENTRY_KIND_OVERPAYMENT ||
                      kind == v1::LEDGER_ENTRY_KIND_RECOVERY || kind == v1::LEDGER_ENTRY_KIND_WRITE_OFF ||
                      kind == v1::LEDGER_ENTRY_KIND_CARRY_OVER || kind == v1::LEDGER_ENTRY_KIND_SURRENDER;
    if (amount <= 0 || (closed[fund] && !past)) return false;
    const Happened& of_order = orders[fund][order];
    const int64_t free = Cash(fund) - Payable(funds[fund]);
    switch (kind) {
      case v1::LEDGER_ENTRY_KIND_ALLOTMENT:
        return true;
      case v1::LEDGER_ENTRY_KIND_ALLOTMENT_CUT:
      case v1::LEDGER_ENTRY_KIND_ARRIVAL:
        return amount <= NotArrived(funds[fund]);
      case v1::LEDGER_ENTRY_KIND_ORDER:
      case v1::LEDGER_ENTRY_KIND_SETTLEMENT:
        return amount <= free + advances[fund];
      case v1::LEDGER_ENTRY_KIND_PAYMENT:
      case v1::LEDGER_ENTRY_KIND_ORDER_END:
        return amount <= Payable(of_order);
      case v1::LEDGER_ENTRY_KIND_RETURN:
      case v1::LEDGER_ENTRY_KIND_OVERPAYMENT:
        return amount <= Paid(of_order);
      case v1::LEDGER_ENTRY_KIND_RECOVERY:
      case v1::LEDGER_ENTRY_KIND_WRITE_OFF:
        return amount <= Owed(of_order) && amount <= Owed(persons[fund][person]);
      case v1::LEDGER_ENTRY_KIND_ARRIVAL_CUT:
        return amount <= free && amount <= funds[fund].At(v1::LEDGER_ENTRY_KIND_ARRIVAL) -
                                               funds[fund].At(v1::LEDGER_ENTRY_KIND_ARRIVAL_CUT);
      case v1::LEDGER_ENTRY_KIND_CARRY_OVER:
        return amount <= free && !closed[fund + kItems];
      default:
        return amount <= free;
    }
  }
  void Happens(Kind kind, size_t fund, size_t order, size_t person, int64_t amount) {
    funds[fund].of[kind] += amount;
    orders[fund][order].of[kind] += amount;
    persons[fund][person].of[kind] += amount;
    if (kind == v1::LEDGER_ENTRY_KIND_CARRY_OVER) funds[fund + kItems].brought += amount;
  }
};

// The books beside it.
struct Real {
  OfFund<FundState> funds;
  OfFund<std::array<OpenAmounts, kOrders>> orders;
  OfFund<std::array<OpenAmounts, kOwers>> persons;

  bool Post(Kind kind, size_t fund, size_t order, size_t person, int64_t amount) {
    v1::LedgerEntry entry = Entry(kind, amount, 2023 + static_cast<int>(fund) / kItems);
    Touched touched{&funds[fund], nullptr, &orders[fund][order], &persons[fund][person]};
    if (kind == v1::LEDGER_ENTRY_KIND_CARRY_OVER) touched.next = &funds[fund + kItems];
    const absl::Status booked = Book(touched, &entry);
    EXPECT_TRUE(booked.ok() || !ReasonOf(booked).empty()) << booked;
    return booked.ok();
  }
};

void ExpectFund(const Model& model, const Real& real, size_t fund) {
  const Model::Happened& happened = model.funds[fund];
  const FundState& state = real.funds[fund];
  ASSERT_EQ(state.Imbalance(), 0);
  ASSERT_EQ(state.Net(v1::LEDGER_ACCOUNT_CASH), model.Cash(fund));
  ASSERT_EQ(state.Net(v1::LEDGER_ACCOUNT_PAYABLE), Model::Payable(happened));
  ASSERT_EQ(state.Net(v1::LEDGER_ACCOUNT_RECOVERABLE), Model::Owed(happened));
  ASSERT_EQ(state.Net(v1::LEDGER_ACCOUNT_ALLOTTED), Model::NotArrived(happened));
  ASSERT_EQ(state.Net(v1::LEDGER_ACCOUNT_SPENT),
            Model::Payable(happened) + Model::Paid(happened) + happened.At(v1::LEDGER_ENTRY_KIND_SETTLEMENT));
  for (int account = 1; account < v1::LedgerAccount_ARRAYSIZE; ++account) {
    const int64_t least = account == v1::LEDGER_ACCOUNT_CARRIED ? -happened.At(v1::LEDGER_ENTRY_KIND_CARRY_OVER)
                          : account == v1::LEDGER_ACCOUNT_CASH  ? -model.advances[fund]
                                                                : 0;
    ASSERT_GE(state.Net(static_cast<v1::LedgerAccount>(account)), least);
  }
  ASSERT_GE(state.Available(), -model.advances[fund]);
  const FundTotals totals = TotalsOf(state);
  ASSERT_EQ(totals.paid_fen, happened.At(v1::LEDGER_ENTRY_KIND_PAYMENT));
  ASSERT_EQ(totals.returned_fen, happened.At(v1::LEDGER_ENTRY_KIND_RETURN));
  ASSERT_EQ(totals.failed_fen, happened.At(v1::LEDGER_ENTRY_KIND_ORDER_END));
  ASSERT_EQ(totals.recovered_fen, happened.At(v1::LEDGER_ENTRY_KIND_RECOVERY));
  ASSERT_EQ(totals.settled_fen, happened.At(v1::LEDGER_ENTRY_KIND_SETTLEMENT));
  for (size_t person = 0; person < kOwers; ++person) {
    const Model::Happened& owes = model.persons[fund][person];
    ASSERT_EQ(real.persons[fund][person].recoverable_fen, Model::Owed(owes));
    ASSERT_LE(owes.At(v1::LEDGER_ENTRY_KIND_RECOVERY) + owes.At(v1::LEDGER_ENTRY_KIND_WRITE_OFF),
              owes.At(v1::LEDGER_ENTRY_KIND_OVERPAYMENT))
        << "more is asked back than was wrongly taken";
  }
  for (size_t order = 0; order < kOrders; ++order) {
    const Model::Happened& of = model.orders[fund][order];
    ASSERT_EQ(real.orders[fund][order], (OpenAmounts{Model::Payable(of), Model::Paid(of), Model::Owed(of)}));
  }
}

TEST(LedgerProperty, TenThousandRandomHistoriesAgreeWithAModel) {
  const uint64_t seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto upto = [&](int64_t n) { return static_cast<int64_t>(random() % static_cast<uint64_t>(n)); };
  const auto any = [&](int n) { return static_cast<size_t>(upto(n)); };
  int64_t done = 0, refused = 0;
  for (int history = 0; history < 10'000; ++history) {
    SCOPED_TRACE(absl::StrCat("seed ", seed, " history ", history));
    Model model;
    Real real;
    for (int step = 0; step < 40; ++step) {
      const size_t fund = any(kItems * kYears);
      if (upto(40) == 0) {
        model.advances[fund] += 20;  // a rule to advance is only widened here
        real.funds[fund].advance_fen += 20;
      }
      if (upto(100) == 0 && CheckClosing(real.funds[fund], "").ok()) {
        model.closed[fund] = true;
        real.funds[fund].closed = true;
      }
      // Money first, so that there is something to go wrong with.
      const int kind =
          step < 6 ? 1 + static_cast<int>(upto(2)) : 1 + static_cast<int>(upto(v1::LedgerEntryKind_ARRAYSIZE - 1));
      const size_t order = any(kOrders), person = order % kOwers;
      const int64_t amount = upto(60) - 2;
      const bool allowed = model.Allows(static_cast<Kind>(kind), fund, order, person, amount);
      ASSERT_EQ(real.Post(static_cast<Kind>(kind), fund, order, person, amount), allowed)
          << EnumText(static_cast<Kind>(kind)) << " " << amount << " step " << step;
      if (allowed) model.Happens(static_cast<Kind>(kind), fund, order, person, amount);
      ++(allowed ? done : refused);
    }
    for (size_t of = 0; of < kFunds && !HasFatalFailure(); ++of) ExpectFund(model, real, of);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(done, 50'000);
  EXPECT_GT(refused, 50'000);
}

}  // namespace
}  // namespace ruraledu::student_aid
