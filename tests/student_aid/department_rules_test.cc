// Caps over all departments' aid and their data, as tables.
#include "services/student_aid/department_rules.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

constexpr char kHead[] = "cap,region,from,until,period,purposes,limit_yuan,over,label_zh,source\n";

absl::StatusOr<DepartmentBook> With(const std::string& rows) {
  return DepartmentsWith(kHead + rows);
}

v1::EvaluateAidCapRequest Asking(int64_t fen, const std::string& term = "2023-2024-1") {
  v1::EvaluateAidCapRequest request;
  request.set_region_code("411728000000");
  request.set_term(term);
  request.set_family(v1::BENEFIT_FAMILY_LIVING);
  request.set_amount_fen(fen);
  return request;
}
void Give(const std::string& purpose, int64_t fen, int day, v1::EvaluateAidCapRequest* request) {
  v1::CountedAid* other = request->add_others();
  other->set_purpose(purpose);
  other->set_amount_fen(fen);
  SetDate(day, other->mutable_given_on());
}
// "cap period used allowed ...; allowed cap".
std::string Answer(const DepartmentBook& book, const v1::EvaluateAidCapRequest& request) {
  const auto answer = EvaluateAidCap(book, request);
  if (!answer.ok()) return std::string(ReasonOf(answer.status()));
  std::string text;
  for (const v1::AidCapUse& use : answer->caps()) {
    absl::StrAppend(&text, use.cap(), " ", use.period(), " ", use.used_fen(), " ", use.allowed_fen(), "; ");
  }
  return absl::StrCat(text, answer->allowed_fen(), " ", answer->cap());
}

TEST(AidCapTest, AddsUpWhatOthersGaveInTheSameYear) {
  const auto book = With("A,411728000000,2023-09-01,,SCHOOL_YEAR,*,1000,CUT,上限,own\n");
  ASSERT_TRUE(book.ok()) << book.status();
  auto request = Asking(60000);
  EXPECT_EQ(Answer(*book, request), "A 2023-2024 0 60000; 60000 ");
  Give("MEALS", 30000, 20231115, &request);
  Give("LIVING", 20000, 20240301, &request);  // the spring is the same school year
  Give("LIVING", 99999, 20230831, &request);  // the day before it is another one
  EXPECT_EQ(Answer(*book, request), "A 2023-2024 50000 50000; 50000 A");
  Give("OTHER", 50000, 20240831, &request);
  EXPECT_EQ(Answer(*book, request), "A 2023-2024 100000 0; 0 A");
  Give("OTHER", 500000, 20240831, &request);
  EXPECT_EQ(Answer(*book, request), "A 2023-2024 600000 0; 0 A") << "no room is less than none";
}

TEST(AidCapTest, RefusesWholeOrCountsSomePurposesInACalendarYear) {
  const auto book = With(
      "A,,2023-01-01,,CALENDAR_YEAR,LIVING|MEALS,1000,REFUSE,上限,own\n"
      "B,,2023-01-01,,SCHOOL_YEAR,FEES,1,REFUSE,上限,own\n");
  ASSERT_TRUE(book.ok()) << book.status();
  auto request = Asking(60000);
  Give("LIVING", 40000, 20230105, &request);
  Give("FEES", 90000, 20230105, &request);
  EXPECT_EQ(Answer(*book, request), "A 2023 40000 60000; 60000 ") << "exactly full; B does not count living";
  Give("MEALS", 1, 20231231, &request);
  EXPECT_EQ(Answer(*book, request), "A 2023 40001 0; 0 A");
  request.set_term("2023-2024-2");  // of 2024
  EXPECT_EQ(Answer(*book, request), "A 2024 0 60000; 60000 ");
  request.set_family(v1::BENEFIT_FAMILY_SCHOLARSHIP);
  EXPECT_EQ(Answer(*book, request), "60000 ") << "of no purpose";
}

TEST(AidCapTest, TheLowestRegionAndTheDayPickTheRow) {
  const auto book = With(
      "A,,2023-01-01,,SCHOOL_YEAR,*,1000,CUT,上限,own\n"
      "A,411728000000,2024-01-01,,SCHOOL_YEAR,*,100,CUT,上限,own\n"
      "Z,410000000000,2023-01-01,2024-02-01,SCHOOL_YEAR,*,500,CUT,上限,own\n");
  ASSERT_TRUE(book.ok()) << book.status();
  EXPECT_EQ(Answer(*book, Asking(60000)), "A 2023-2024 0 60000; Z 2023-2024 0 50000; 50000 Z");
  EXPECT_EQ(Answer(*book, Asking(60000, "2023-2024-2")), "A 2023-2024 0 10000; 10000 A");
  auto elsewhere = Asking(60000, "2023-2024-2");
  elsewhere.set_region_code("500243000000");
  EXPECT_EQ(Answer(*book, elsewhere), "A 2023-2024 0 60000; 60000 ");
  const auto none = With("");
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(Answer(*none, Asking(60000)), "60000 ");
}

TEST(AidCapTest, NamesEverythingThatIsWrong) {
  v1::EvaluateAidCapRequest request;
  request.set_amount_fen(-1);
  request.set_term("2023");
  Give("NONE", -1, 20230105, &request);
  request.add_others()->set_purpose("LIVING");
  const auto refused = EvaluateAidCap(DepartmentTables(), request);
  const std::string text(refused.status().ToString());
  for (const char* reason : {"region_code", "TERM_FORMAT", "family", "AMOUNT_NEGATIVE", "CODE_UNKNOWN", "given_on"}) {
    EXPECT_NE(text.find(reason), std::string::npos) << reason << " " << text;
  }
  auto many = Asking(1);
  for (int i = 0; i <= 1000; ++i) Give("LIVING", 1, 20230105, &many);
  EXPECT_EQ(ReasonOf(EvaluateAidCap(DepartmentTables(), many).status()), "FIELD_TOO_MANY");
}

TEST(AidCapTest, AnExceededCapNamesValueAndWayOut) {
  const auto book = With("A,,2023-01-01,,SCHOOL_YEAR,*,1000,CUT,上限,own\n");
  auto request = Asking(60000);
  Give("LIVING", 50000, 20231115, &request);
  const auto answer = EvaluateAidCap(*book, request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  const absl::Status over = CheckAidCap(request, *answer);
  EXPECT_EQ(ReasonOf(over), "AID_CAP_EXCEEDED");
  EXPECT_NE(std::string(over.message()).find("600.00"), std::string::npos) << over;
  request.set_amount_fen(50000);
  EXPECT_TRUE(CheckAidCap(request, *EvaluateAidCap(*book, request)).ok());
}

TEST(DepartmentBookTest, RefusesDataThatCannotBe) {
  const char* const kWrong[] = {
      "A,41,2023-01-01,,SCHOOL_YEAR,*,1000,CUT,上限,own",
      "A,,2023-01-01,2023-01-01,SCHOOL_YEAR,*,1000,CUT,上限,own",
      "A,,2023-01-01,,TERM,*,1000,CUT,上限,own",
      "A,,2023-01-01,,UNSPECIFIED,*,1000,CUT,上限,own",
      "A,,2023-01-01,,SCHOOL_YEAR,*,0,CUT,上限,own",
      "A,,2023-01-01,,SCHOOL_YEAR,*,1.5,CUT,上限,own",
      "A,,2023-01-01,,SCHOOL_YEAR,*,1000,LESS,上限,own",
      "A,,2023-01-01,,SCHOOL_YEAR,LIVING|NONE,1000,CUT,上限,own",
      "A,,2023-01-01,,SCHOOL_YEAR,,1000,CUT,上限,own",
      "A,,2023-01-01,,SCHOOL_YEAR,*,1000,CUT,,own",
      "A,,2023-01-01,,SCHOOL_YEAR,*,1000,CUT,上限,",
      ",,2023-01-01,,SCHOOL_YEAR,*,1000,CUT,上限,own",
      "A,,2023-01-01,,SCHOOL_YEAR,*,1,CUT,上限,own\nA,,2024-01-01,,SCHOOL_YEAR,*,2,CUT,上限,own"};
  for (const char* rows : kWrong) {
    EXPECT_EQ(ReasonOf(With(absl::StrCat(rows, "\n")).status()), "DATA_FILE") << rows;
  }
  const auto facts = [](const std::string& rows) {
    return ReasonOf(DepartmentBook::Create(kHead, "department,factor,from,until,prevails,source\n" + rows,
                                           ShippedCodes(), ShippedCalendar())
                        .status());
  };
  EXPECT_EQ(facts("CIVIL_AFFAIRS,INCOME,2023-01-01,,yes,own\n"), "");
  for (const char* rows : {"NOBODY,INCOME,2023-01-01,,yes,own\n", "CIVIL_AFFAIRS,,2023-01-01,,yes,own\n",
                           "CIVIL_AFFAIRS,INCOME,2023-01-01,,maybe,own\n", "CIVIL_AFFAIRS,INCOME,2023-01-01,,yes,\n",
                           "CIVIL_AFFAIRS,INCOME,2023-01-01,2022-01-01,yes,own\n",
                           "CIVIL_AFFAIRS,INCOME,2023-01-01,,yes,own\nCIVIL_AFFAIRS,INCOME,2024-01-01,,no,own\n"}) {
    EXPECT_EQ(facts(rows), "DATA_FILE") << rows;
  }
  CodeLists two = ShippedCodes();
  two.Put(CodeList::Parse("aid_purpose",
                          "code,label_zh,label_en,valid_from,valid_to,standard,source,families\n"
                          "A,甲,a,,,,own,LIVING\nB,乙,b,,,,own,LIVING\n")
              .value());
  EXPECT_EQ(
      ReasonOf(DepartmentBook::Create(kHead, "department,factor,from,until,prevails,source\n", two, ShippedCalendar())
                   .status()),
      "DATA_FILE");
}

TEST(DepartmentBookTest, ShippedFactorsAreThoseOfTheScoredTable) {
  const absl::CivilDay day(2023, 10, 1);
  EXPECT_EQ(DepartmentTables().FactorsOf("CIVIL_AFFAIRS", day),
            (std::vector<std::string>{"DEBT", "INCOME", "PROPERTY"}));
  EXPECT_TRUE(DepartmentTables().FactorsOf("CIVIL_AFFAIRS", absl::CivilDay(2023, 8, 31)).empty());
  EXPECT_TRUE(DepartmentTables().Prevails("CIVIL_AFFAIRS", "INCOME", "FOUND", day));
  EXPECT_FALSE(DepartmentTables().Prevails("CIVIL_AFFAIRS", "INCOME", "WEAK", day));
  EXPECT_FALSE(DepartmentTables().Prevails("CIVIL_AFFAIRS", "DEBT", "FOUND", day));
  std::set<std::string> scored;
  for (const v1::FactorRow& row : Tables().policies()[0].factors()) scored.insert(row.factor());
  for (const CodeEntry& department : DepartmentTables().lists().Find("aid_department")->entries()) {
    for (const std::string& factor : DepartmentTables().FactorsOf(department.code, day)) {
      EXPECT_TRUE(scored.contains(factor)) << factor;
    }
  }
}

TEST(DepartmentAidListTest, GoesByItsMachine) {
  v1::DepartmentAidList list;
  list.set_state(v1::DEPARTMENT_AID_LIST_STATE_OPEN);
  EXPECT_EQ(ReasonOf(StepList("count", &list)), "STATE_TRANSITION");
  EXPECT_TRUE(StepList("read", &list).ok());
  EXPECT_TRUE(StepList("count", &list).ok());
  EXPECT_EQ(ReasonOf(StepList("read", &list)), "STATE_TRANSITION");
  EXPECT_TRUE(StepList("replace", &list).ok());
  EXPECT_EQ(ReasonOf(StepList("withdraw", &list)), "STATE_TRANSITION");
}

TEST(IsPromisedTest, FromTheFirstApprovalOn) {
  v1::Application application;
  application.set_state(v1::APPLICATION_STATE_ON_SCHOOL_NOTICE);
  EXPECT_FALSE(IsPromised(application));
  application.set_approvals(1);
  EXPECT_TRUE(IsPromised(application));
  application.set_state(v1::APPLICATION_STATE_REJECTED);
  EXPECT_FALSE(IsPromised(application));
  application.set_approvals(0);
  for (const auto state :
       {v1::APPLICATION_STATE_APPROVED, v1::APPLICATION_STATE_PAY_FAILED, v1::APPLICATION_STATE_PAID}) {
    application.set_state(state);
    EXPECT_TRUE(IsPromised(application)) << state;
  }
}

}  // namespace
}  // namespace ruraledu::student_aid
