// Stocks and movements of goods: sums that tie, what is never below zero, who decides, what may be taken back; the
// table.
#include "services/student_aid/goods_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using enum v1::GoodsMovementKind;

constexpr char kAutumnTerm[] = "2023-2024-1", kSpringTerm[] = "2023-2024-2";

v1::GoodsMovement Moved(v1::GoodsMovementKind kind, int64_t units, const std::string& term = kAutumnTerm) {
  v1::GoodsMovement movement;
  movement.set_name("counties/411728/goodsMovements/m1");
  movement.set_item("BEDDING");
  movement.set_kind(kind);
  movement.set_quantity(units);
  movement.set_term(term);
  movement.set_state(v1::GOODS_MOVEMENT_STATE_BOOKED);
  return movement;
}

// "2023-2024-1: 0 -> 7" of each term.
std::vector<std::string> TermsOf(const v1::GoodsStock& stock) {
  std::vector<std::string> lines;
  for (const v1::GoodsTerm& term : stock.terms()) {
    lines.push_back(absl::StrCat(term.term(), ": ", term.opening(), " -> ", term.closing()));
  }
  return lines;
}

TEST(GoodsRules, EveryKindMovesTheStockItsWay) {
  const std::pair<v1::GoodsMovementKind, int64_t> cases[] = {
      {GOODS_MOVEMENT_KIND_RECEIVED, 3},       {GOODS_MOVEMENT_KIND_ISSUED, -3},
      {GOODS_MOVEMENT_KIND_RETURNED, 3},       {GOODS_MOVEMENT_KIND_TRANSFERRED_OUT, -3},
      {GOODS_MOVEMENT_KIND_TRANSFERRED_IN, 3}, {GOODS_MOVEMENT_KIND_LOST, -3},
      {GOODS_MOVEMENT_KIND_SPOILT, -3},        {GOODS_MOVEMENT_KIND_COUNTED, 3},
      {GOODS_MOVEMENT_KIND_UNSPECIFIED, 0},
  };
  ASSERT_EQ(std::size(cases), static_cast<size_t>(v1::GoodsMovementKind_ARRAYSIZE));
  for (const auto& [kind, delta] : cases) {
    EXPECT_EQ(DeltaOf(Moved(kind, 3)), delta) << EnumText(kind);
    EXPECT_EQ(DeltaOf(Moved(kind, -3)), -delta) << "taken back: " << EnumText(kind);
  }
  EXPECT_EQ(DeltaOf(Moved(GOODS_MOVEMENT_KIND_COUNTED, -2)), -2);
}

TEST(GoodsRules, TheSumsOfTermsTie) {
  v1::GoodsStock stock;
  ASSERT_TRUE(BookMovement(Moved(GOODS_MOVEMENT_KIND_RECEIVED, 10), &stock).ok());
  ASSERT_TRUE(BookMovement(Moved(GOODS_MOVEMENT_KIND_ISSUED, 3), &stock).ok());
  ASSERT_TRUE(BookMovement(Moved(GOODS_MOVEMENT_KIND_ISSUED, 4, "2024-2025-1"), &stock).ok());
  EXPECT_THAT(TermsOf(stock), ElementsAre("2023-2024-1: 0 -> 7", "2024-2025-1: 7 -> 3"));
  // Told late: the terms behind it follow.
  ASSERT_TRUE(BookMovement(Moved(GOODS_MOVEMENT_KIND_LOST, 2, kSpringTerm), &stock).ok());
  EXPECT_THAT(TermsOf(stock), ElementsAre("2023-2024-1: 0 -> 7", "2023-2024-2: 7 -> 5", "2024-2025-1: 5 -> 1"));
  EXPECT_EQ(stock.on_hand(), 1);
  EXPECT_EQ(stock.totals().received(), 10);
  EXPECT_EQ(stock.totals().issued(), 7);
  EXPECT_EQ(stock.totals().lost(), 2);
  const v1::GoodsTerm quiet = TermOf(stock, "2024-2025-2");
  EXPECT_EQ(quiet.opening(), 1);
  EXPECT_EQ(quiet.closing(), 1);
  EXPECT_EQ(TermOf(stock, "2022-2023-1").closing(), 0);
  EXPECT_EQ(TermOf(stock, kSpringTerm).totals().lost(), 2);
}

TEST(GoodsRules, AStockIsNeverBelowZeroNotEvenInATermThatIsOver) {
  v1::GoodsStock stock;
  EXPECT_EQ(ReasonOf(BookMovement(Moved(GOODS_MOVEMENT_KIND_ISSUED, 1), &stock)), "STOCK_EXCEEDED");
  EXPECT_TRUE(stock.terms().empty()) << "nothing has changed";
  ASSERT_TRUE(BookMovement(Moved(GOODS_MOVEMENT_KIND_RECEIVED, 2), &stock).ok());
  ASSERT_TRUE(BookMovement(Moved(GOODS_MOVEMENT_KIND_RECEIVED, 5, kSpringTerm), &stock).ok());
  const std::string before = stock.SerializeAsString();
  EXPECT_EQ(ReasonOf(BookMovement(Moved(GOODS_MOVEMENT_KIND_SPOILT, 3), &stock)), "STOCK_EXCEEDED")
      << "7 at hand, and only 2 of them in the autumn";
  EXPECT_EQ(stock.SerializeAsString(), before);
  EXPECT_TRUE(BookMovement(Moved(GOODS_MOVEMENT_KIND_SPOILT, 7, kSpringTerm), &stock).ok());
  EXPECT_EQ(ReasonOf(BookMovement(Moved(GOODS_MOVEMENT_KIND_RECEIVED, -1), &stock)), "STOCK_EXCEEDED");
  EXPECT_EQ(stock.on_hand(), 0);
}

TEST(GoodsRules, LossesAndDifferencesWantASecondPerson) {
  const Act clerk{"clerk", absl::CivilDay(2023, 12, 1), "老鼠咬坏"}, leader{"leader", absl::CivilDay(2023, 12, 2), ""};
  for (const auto& [kind, units, waits] : {std::tuple(GOODS_MOVEMENT_KIND_LOST, 1, true),
                                           {GOODS_MOVEMENT_KIND_SPOILT, 1, true},
                                           {GOODS_MOVEMENT_KIND_COUNTED, -1, true},
                                           {GOODS_MOVEMENT_KIND_COUNTED, 0, false},
                                           {GOODS_MOVEMENT_KIND_RECEIVED, 1, false},
                                           {GOODS_MOVEMENT_KIND_ISSUED, 1, false},
                                           {GOODS_MOVEMENT_KIND_RETURNED, 1, false},
                                           {GOODS_MOVEMENT_KIND_TRANSFERRED_OUT, 1, false}}) {
    v1::GoodsMovement movement = Moved(kind, units);
    RecordMovement(clerk, &movement);
    EXPECT_EQ(movement.state(), waits ? v1::GOODS_MOVEMENT_STATE_WAITING : v1::GOODS_MOVEMENT_STATE_BOOKED)
        << EnumText(kind);
  }
  v1::GoodsMovement lost = Moved(GOODS_MOVEMENT_KIND_LOST, 1);
  RecordMovement(clerk, &lost);
  EXPECT_EQ(lost.reason(), "老鼠咬坏");
  EXPECT_EQ(ReasonOf(DecideMovement(clerk, "confirm", &lost)), "ROLE_HELD");
  EXPECT_EQ(ReasonOf(DecideMovement(clerk, "refuse", &lost)), "ROLE_HELD");
  ASSERT_TRUE(DecideMovement(leader, "confirm", &lost).ok());
  EXPECT_EQ(lost.state(), v1::GOODS_MOVEMENT_STATE_BOOKED);
  EXPECT_EQ(lost.decided_by(), "leader");
  EXPECT_EQ(ReasonOf(DecideMovement(leader, "refuse", &lost)), "STATE_TRANSITION");
}

TEST(GoodsRules, AReversalIsAMovementBelowZero) {
  const Act act{"clerk", absl::CivilDay(2024, 3, 5), "登错学校"};
  v1::GoodsMovement issued = Moved(GOODS_MOVEMENT_KIND_ISSUED, 2);
  issued.set_person("p1");
  issued.set_period("ONCE");
  issued.set_etag("\"7\"");
  EXPECT_TRUE(CheckReversible(issued, false, 0).ok());
  EXPECT_EQ(ReasonOf(CheckReversible(issued, true, 0)), "MOVEMENT_NOT_REVERSIBLE");
  EXPECT_EQ(ReasonOf(CheckReversible(issued, false, 1)), "MOVEMENT_NOT_REVERSIBLE") << "part of it came back";
  const v1::GoodsMovement reversal = ReversalOf(act, ShippedCalendar(), issued);
  EXPECT_EQ(reversal.quantity(), -2);
  EXPECT_EQ(reversal.term(), kSpringTerm) << "booked when it is taken back";
  EXPECT_EQ(reversal.period(), "ONCE") << "counts where the first one counts";
  EXPECT_EQ(reversal.reverses(), issued.name());
  EXPECT_EQ(reversal.state(), v1::GOODS_MOVEMENT_STATE_BOOKED);
  EXPECT_TRUE(reversal.name().empty() && reversal.etag().empty());
  EXPECT_EQ(ReasonOf(CheckReversible(reversal, false, 0)), "MOVEMENT_NOT_REVERSIBLE");
  v1::GoodsMovement lost = Moved(GOODS_MOVEMENT_KIND_LOST, 1);
  EXPECT_EQ(ReversalOf(act, ShippedCalendar(), lost).state(), v1::GOODS_MOVEMENT_STATE_WAITING);
  lost.set_state(v1::GOODS_MOVEMENT_STATE_WAITING);
  EXPECT_EQ(ReasonOf(CheckReversible(lost, false, 0)), "MOVEMENT_NOT_REVERSIBLE");
}

TEST(GoodsRules, OnlyWhatIsOutComesBack) {
  const v1::GoodsMovement issue = Moved(GOODS_MOVEMENT_KIND_ISSUED, 2);
  EXPECT_TRUE(CheckReturn(issue, false, 0, "BEDDING", 2).ok());
  EXPECT_TRUE(CheckReturn(issue, false, 1, "BEDDING", 1).ok());
  EXPECT_EQ(ReasonOf(CheckReturn(issue, false, 1, "BEDDING", 2)), "RETURN_EXCEEDED");
  EXPECT_EQ(ReasonOf(CheckReturn(issue, true, 0, "BEDDING", 1)), "RETURN_EXCEEDED") << "it was taken back";
  EXPECT_EQ(ReasonOf(CheckReturn(issue, false, 0, "DICTIONARY", 1)), "RETURN_EXCEEDED") << "another item";
  EXPECT_EQ(ReasonOf(CheckReturn(Moved(GOODS_MOVEMENT_KIND_RECEIVED, 2), false, 0, "BEDDING", 1)), "RETURN_EXCEEDED");
}

TEST(GoodsRules, WhoIsEntitledToWhat) {
  const auto item = [](const std::string& code) {
    return GoodsTables().Find(code, "411728000000", absl::CivilDay(2023, 11, 1));
  };
  ASSERT_NE(item("TEXTBOOKS"), nullptr);
  EXPECT_TRUE(IsEntitled(*item("TEXTBOOKS"), "PRI", {}));  // everybody of compulsory education
  EXPECT_FALSE(IsEntitled(*item("TEXTBOOKS"), "HS", {"P2"}));
  EXPECT_FALSE(IsEntitled(*item("BEDDING"), "JUN", {}));
  EXPECT_TRUE(IsEntitled(*item("BEDDING"), "JUN", {"X1", "P2"}));
  EXPECT_TRUE(IsEntitled(*item("DONATED_KIT"), "HS", {"N1"}));
  EXPECT_EQ(item("NOTHING"), nullptr);
  EXPECT_EQ(GoodsTables().Find("TEXTBOOKS", "500243000000", absl::CivilDay(2023, 11, 1)), nullptr);
  EXPECT_EQ(GoodsTables().Find("TEXTBOOKS", "411728000000", absl::CivilDay(2021, 11, 1)), nullptr);
  EXPECT_NE(GoodsTables().Newest("TEXTBOOKS", "411728000000"), nullptr);
  const absl::CivilDay day(2024, 3, 5);
  EXPECT_EQ(GoodsTables().PeriodOf(*item("TEXTBOOKS"), day), "2023-2024-2");
  EXPECT_EQ(GoodsTables().PeriodOf(*item("WINTER_CLOTHES"), day), "2023-2024");
  EXPECT_EQ(GoodsTables().PeriodOf(*item("BEDDING"), day), "ONCE");
}

TEST(GoodsRules, KindsHoldOnDays) {
  google::protobuf::RepeatedPtrField<v1::HardshipFact> facts;
  const auto add = [&](const std::string& kind, absl::CivilDay from) {
    v1::HardshipFact* fact = facts.Add();
    fact->set_kind(kind);
    *fact->mutable_valid_from() = DateOf(from);
    return fact;
  };
  add("P2", absl::CivilDay(2020, 1, 1));
  *add("D1", absl::CivilDay(2020, 1, 1))->mutable_valid_to() = DateOf(absl::CivilDay(2023, 12, 1));
  *add("M1", absl::CivilDay(2020, 1, 1))->mutable_risk_eliminated_on() = DateOf(absl::CivilDay(2023, 12, 2));  // DR-14
  add("O1", absl::CivilDay(2023, 12, 3));
  EXPECT_THAT(KindsOn(facts, absl::CivilDay(2023, 11, 30)), ElementsAre("D1", "M1", "P2"));
  EXPECT_THAT(KindsOn(facts, absl::CivilDay(2023, 12, 1)), ElementsAre("M1", "P2"));
  EXPECT_THAT(KindsOn(facts, absl::CivilDay(2023, 12, 2)), ElementsAre("P2"));
  EXPECT_THAT(KindsOn(facts, absl::CivilDay(2023, 12, 3)), ElementsAre("O1", "P2"));
}

TEST(GoodsTable, RefusesWhatCannotHold) {
  const auto refused = [](const std::string& rows) {
    return std::string(GoodsWith("item,region,from,until,label_zh,label_en,unit,value_fen,quantity,period,kinds,stages,"
                                 "source\n" +
                                 rows)
                           .status()
                           .message());
  };
  EXPECT_EQ(refused("A,,,,书,b,本,1,1,TERM,P2|M1,PRI,s\n"), "");
  EXPECT_THAT(refused(",,,,书,b,本,1,1,TERM,,,s\n"), HasSubstr("needs an item"));
  EXPECT_THAT(refused("A,,,,书,b,本,1,1,TERM,,,\n"), HasSubstr("a source"));
  EXPECT_THAT(refused("A,4117,,,书,b,本,1,1,TERM,,,s\n"), HasSubstr("12 digits"));
  EXPECT_THAT(refused("A,,2024-01-01,2023-01-01,书,b,本,1,1,TERM,,,s\n"), HasSubstr("out of order"));
  EXPECT_THAT(refused("A,,,,书,b,本,-1,1,TERM,,,s\n"), HasSubstr("value_fen is a number"));
  EXPECT_THAT(refused("A,,,,书,b,本,1,0,TERM,,,s\n"), HasSubstr("quantity is a number"));
  EXPECT_THAT(refused("A,,,,书,b,本,1,1,WEEK,,,s\n"), HasSubstr("TERM, SCHOOL_YEAR or ONCE"));
  EXPECT_THAT(refused("A,,,,书,b,本,1,1,TERM,Q9,,s\n"), HasSubstr("there is no Q9"));
  EXPECT_THAT(refused("A,,,,书,b,本,1,1,TERM,,HIGH,s\n"), HasSubstr("there is no HIGH"));
  EXPECT_THAT(refused("A,,,,书,b,本,1,1,TERM,,,s\nA,,2024-01-01,,书,b,本,1,1,TERM,,,s\n"), HasSubstr("holds on one"));
  EXPECT_EQ(ReasonOf(GoodsBook::Create("item\n", CodeLists(), ShippedCalendar()).status()), "CODE_LIST_UNKNOWN");
  // A county's own row comes before the nation's.
  const auto book = GoodsWith(
      "item,region,from,until,label_zh,label_en,unit,value_fen,quantity,period,kinds,stages,source\n"
      "A,,,,书,b,本,1,1,TERM,,,s\nA,411728000000,2023-01-01,2024-01-01,书,b,本,7,2,ONCE,,,s\n");
  ASSERT_TRUE(book.ok()) << book.status();
  EXPECT_EQ(book->Find("A", "411728000000", absl::CivilDay(2023, 5, 1))->value_fen(), 7);
  EXPECT_EQ(book->Find("A", "411728000000", absl::CivilDay(2024, 5, 1))->value_fen(), 1);
  EXPECT_EQ(book->Find("A", "500243000000", absl::CivilDay(2023, 5, 1))->value_fen(), 1);
  EXPECT_TRUE(book->Knows("A"));
  EXPECT_FALSE(book->Knows("B"));
}

}  // namespace
}  // namespace ruraledu::student_aid
