// aid outward, aid graduates, aid publicity: which call each command makes, and what it shows.
#include "ruraledu/student_aid/v1/graduate.pb.h"
#include "ruraledu/student_aid/v1/outward.pb.h"
#include "ruraledu/student_aid/v1/publicity.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

constexpr char kCase[] = "counties/411728/outwardCases/q1.2023-2024-1";

class OutwardTest : public CliTest {
 protected:
  static v1::OutwardCase Case() {
    v1::OutwardCase one;
    one.set_name(kCase);
    one.set_state(v1::OUTWARD_STATE_QUESTIONED);
    one.set_other_county("500243");
    one.add_entitled()->set_amount_fen(6250000);
    return one;
  }
  static v1::BatchOutwardCasesResponse Rows() {
    v1::BatchOutwardCasesResponse answer;
    answer.add_rows()->set_name(kCase);
    answer.mutable_rows(0)->set_reason("OUTWARD_OTHER_COUNTY");
    return answer;
  }
};

TEST_F(OutwardTest, FromTheLetterToTheLeader) {
  const auto entered = Answers<v1::BatchEnterOutwardCasesRequest>("BatchEnterOutwardCases", Rows());
  const std::string entries = Write("entries.json", R"({"entries": [{"student": "q1", "stage": "JUN"}]})");
  EXPECT_HAS(Run({"aid", "outward", "enter", "--term", "2023-2024-1", entries}).out, "OUTWARD_OTHER_COUNTY");
  EXPECT_EQ(entered->entries(0).student(), "q1");
  EXPECT_EQ(entered->parent(), "counties/411728");
  const auto asked = Answers<v1::BatchAskOutwardCasesRequest>("BatchAskOutwardCases", Rows());
  EXPECT_EQ(Run({"aid", "outward", "ask", kCase, "--letter", "L1", "--on", "2023-10-09"}).code, 0);
  EXPECT_EQ(asked->cases(0), kCase);
  EXPECT_EQ(asked->asked_on().day(), 9);
  const auto answered = Answers<v1::BatchAnswerOutwardCasesRequest>("BatchAnswerOutwardCases", Rows());
  const std::string answers =
      Write("answers.json", R"({"answers": [{"name": "x", "result": "OUTWARD_RESULT_NOT_FOUND"}]})");
  EXPECT_EQ(Run({"aid", "outward", "answer", answers, "--letter", "A1"}).code, 0);
  EXPECT_EQ(answered->answers(0).result(), v1::OUTWARD_RESULT_NOT_FOUND);
  const auto proposed = Answers<v1::ProposeOutwardBackfillRequest>("ProposeOutwardBackfill", Case());
  const Outcome out = Run({"aid", "outward", "propose", kCase, "--item", "SP_NUTR", "--reason", "x"});
  EXPECT_EQ(out.code, 0) << out.err;
  for (const char* text : {"QUESTIONED", "500243", "62,500.00"}) EXPECT_HAS(out.out, text);
  EXPECT_EQ(proposed->items(0), "SP_NUTR");
  const auto decided = Answers<v1::DecideOutwardBackfillRequest>("DecideOutwardBackfill", Case());
  EXPECT_EQ(Run({"aid", "outward", "decide", kCase, "--reason", "x"}).code, 0);
  EXPECT_TRUE(decided->approved());
  EXPECT_EQ(Run({"aid", "outward", "decide", kCase, "--refuse", "--reason", "x"}).code, 0);
  EXPECT_FALSE(decided->approved());
  EXPECT_EQ(Run({"aid", "outward", "decide", kCase}).code, 2) << "a reason is needed";
  const auto withdrawn = Answers<v1::WithdrawOutwardCaseRequest>("WithdrawOutwardCase", Case());
  EXPECT_EQ(Run({"aid", "outward", "withdraw", kCase, "--reason", "x", "--etag", "\"7\""}).code, 0);
  EXPECT_EQ(withdrawn->etag(), "\"7\"");
}

TEST_F(OutwardTest, ListsAndLetters) {
  v1::ListOutwardCasesResponse all;
  *all.add_cases() = Case();
  const auto listed = Answers<v1::ListOutwardCasesRequest>("ListOutwardCases", all);
  EXPECT_HAS(Run({"aid", "outward", "list", "--term", "2023-2024-1", "--state", "QUESTIONED", "--overdue"}).out, kCase);
  EXPECT_EQ(listed->state(), v1::OUTWARD_STATE_QUESTIONED);
  EXPECT_TRUE(listed->overdue_only());
  EXPECT_EQ(Run({"aid", "outward", "list", "--term", "2023-2024-1", "--state", "NONE"}).code, 3);
  Answers<v1::GetOutwardCaseRequest>("GetOutwardCase", Case());
  EXPECT_HAS(Run({"aid", "outward", "show", kCase}).out, "QUESTIONED");
  v1::OutwardLetter letter;
  letter.set_text("关于核实我县籍学生资助落实情况的函\n");
  Answers<v1::RenderOutwardLetterRequest>("RenderOutwardLetter", letter);
  EXPECT_HAS(Run({"aid", "outward", "letter", "--term", "2023-2024-1", "L1"}).out, "核实我县籍学生");
  ruraledu::jobs::v1::Job job;
  job.set_name("counties/411728/jobs/j1");
  job.set_state(ruraledu::jobs::v1::JOB_STATE_SUCCEEDED);
  v1::OutwardRunResult result;
  result.set_opened(321);
  job.mutable_result()->PackFrom(result);
  const auto looked = Answers<v1::OpenOutwardCasesRequest>("OpenOutwardCases", job);
  Answers<ruraledu::jobs::v1::GetJobRequest>("GetJob", job);
  EXPECT_HAS(Run({"aid", "outward", "open", "--term", "2023-2024-1"}).out, "321");
  EXPECT_EQ(looked->term(), "2023-2024-1");
}

TEST_F(OutwardTest, GraduatesAndPublicity) {
  v1::Graduate graduate;
  graduate.set_name("counties/411728/graduates/p1.2024");
  graduate.set_state(v1::GRADUATE_STATE_SUPPORTED);
  const auto added = Answers<v1::AddGraduateEntryRequest>("AddGraduateEntry", graduate);
  const std::string entry = Write("entry.json", R"({"contact": {"outcome": "REACHED"}})");
  EXPECT_HAS(Run({"aid", "graduates", "add", graduate.name(), entry}).out, "SUPPORTED");
  EXPECT_EQ(added->contact().outcome(), "REACHED");
  EXPECT_EQ(added->name(), graduate.name());
  v1::BatchGraduatesResponse rows;
  rows.add_rows()->set_reason("GRADUATE_NO_HARDSHIP");
  const auto entered = Answers<v1::BatchEnterGraduatesRequest>("BatchEnterGraduates", rows);
  const std::string people = Write("people.json", R"({"graduates": [{"student": "p1", "responsible": "t"}]})");
  EXPECT_HAS(Run({"aid", "graduates", "enter", "--year", "2024", people}).out, "GRADUATE_NO_HARDSHIP");
  EXPECT_EQ(entered->graduating_year(), 2024);
  v1::ListGraduatesResponse all;
  *all.add_graduates() = graduate;
  const auto listed = Answers<v1::ListGraduatesRequest>("ListGraduates", all);
  EXPECT_HAS(Run({"aid", "graduates", "list", "--year", "2024", "--state", "SUPPORTED"}).out, graduate.name());
  EXPECT_EQ(listed->state(), v1::GRADUATE_STATE_SUPPORTED);
  Answers<v1::GetGraduateRequest>("GetGraduate", graduate);
  EXPECT_HAS(Run({"aid", "graduates", "show", graduate.name()}).out, "SUPPORTED");
  v1::ListGraduateGapsResponse gaps;
  gaps.add_rows()->add_gaps(v1::GRADUATE_GAP_WITHOUT_POLICY);
  gaps.mutable_employment()->set_numerator(3);
  gaps.mutable_employment()->set_denominator(4);
  Answers<v1::ListGraduateGapsRequest>("ListGraduateGaps", gaps);
  const Outcome lacking = Run({"aid", "graduates", "gaps", "--year", "2024"});
  for (const char* text : {"WITHOUT_POLICY", "3/4 75.00%"}) EXPECT_HAS(lacking.out, text);

  v1::PublicityActivity activity;
  activity.set_name("counties/411728/publicityActivities/a1");
  activity.set_title("进班级");
  const auto recorded = Answers<v1::CreatePublicityActivityRequest>("CreatePublicityActivity", activity);
  const std::string file = Write("activity.json", R"({"channel": "HANDBOOK", "title": "x"})");
  EXPECT_HAS(Run({"aid", "publicity", "record", file}).out, "进班级");
  EXPECT_EQ(recorded->activity().channel(), "HANDBOOK");
  const auto withdrawn = Answers<v1::WithdrawPublicityActivityRequest>("WithdrawPublicityActivity", activity);
  EXPECT_EQ(Run({"aid", "publicity", "withdraw", activity.name(), "--reason", "x"}).code, 0);
  EXPECT_EQ(withdrawn->reason(), "x");
  v1::ListPublicityActivitiesResponse activities;
  *activities.add_activities() = activity;
  Answers<v1::ListPublicityActivitiesRequest>("ListPublicityActivities", activities);
  EXPECT_HAS(Run({"aid", "publicity", "list", "--term", "2023-2024-1"}).out, "a1");
  v1::PublicityCoverage coverage;
  coverage.add_unreached()->set_display_name("第二小学");
  coverage.mutable_coverage()->set_numerator(1);
  coverage.mutable_coverage()->set_denominator(2);
  Answers<v1::GetPublicityCoverageRequest>("GetPublicityCoverage", coverage);
  const Outcome shown = Run({"aid", "publicity", "coverage", "--term", "2023-2024-1"});
  for (const char* text : {"第二小学", "1/2 50.00%"}) EXPECT_HAS(shown.out, text);
}

}  // namespace
}  // namespace ruraledu::cli
