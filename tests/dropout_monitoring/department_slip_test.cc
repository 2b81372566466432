// Slips to other departments: rules, and behind their handlers on both databases.
#include "common/obs/metrics.h"
#include "services/dropout_monitoring/case_gauges.h"
#include "services/dropout_monitoring/department_slip_rules.h"
#include "tests/dropout_monitoring/case_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr char kHead[] = "matter,department,mandatory,report_days,answer_days,label_zh,label_en,source\n";

TEST(DepartmentSlipRules, TheTableIsChecked) {
  const SlipBook& shipped = ShippedStandards().slips;
  const auto wrong = [&](const std::string& rows) {
    return ReasonOf(SlipBook::Parse(kHead + rows, shipped.departments(), shipped.results()).status());
  };
  EXPECT_EQ(wrong("A,POLICE,1,0,3,a,b,s\n"), "");
  for (const char* rows : {"", "A,MOON,1,0,3,a,b,s\n", "A,POLICE,2,0,3,a,b,s\n", "A,POLICE,1,-1,3,a,b,s\n",
                           "A,POLICE,1,0,0,a,b,s\n", "A,POLICE,1,x,3,a,b,s\n", ",POLICE,1,0,3,a,b,s\n",
                           "A,POLICE,1,0,3,a,b,\n", "A,POLICE,1,0,3,a,b,s\nA,POLICE,1,0,3,a,b,s\n"}) {
    EXPECT_EQ(wrong(rows), "DATA_FILE") << rows;
  }
  for (const char* matter : {"HARM", "GUARDIANSHIP"}) EXPECT_TRUE(shipped.Find(matter)->mandatory) << matter;
  EXPECT_EQ(shipped.Find("CHILD_LABOUR")->department, "LABOUR") << "art. 14";
}

class SlipTest : public CaseFixture, public ::testing::TestWithParam<const char*> {
 protected:
  SlipTest() : CaseFixture(OptionsOf(GetParam())) {}

  v1::SendDepartmentSlipRequest Sending(const std::string& about, const std::string& matter = "CHILD_LABOUR") const {
    v1::SendDepartmentSlipRequest request = Of<v1::SendDepartmentSlipRequest>("");
    request.set_parent(kCounty);
    request.set_about(about);
    request.set_matter(matter);
    request.set_text("请依法查处");
    return request;
  }
  absl::StatusOr<v1::DepartmentSlip> Send(const v1::SendDepartmentSlipRequest& request,
                                          const std::string& area = "411728") {
    return As("officer", area, "SendDepartmentSlip", request, &Handlers::SendDepartmentSlip);
  }
  absl::StatusOr<v1::DepartmentSlip> Answer(const v1::DepartmentSlip& slip, const std::string& result = "SETTLED",
                                            std::optional<absl::CivilDay> on = {}, const std::string& etag = "") {
    v1::AnswerDepartmentSlipRequest request = Of<v1::AnswerDepartmentSlipRequest>(slip.name());
    request.set_result(result);
    request.set_answer("已责令改正");
    request.set_etag(etag);
    if (on.has_value()) *request.mutable_answered_on() = DateOf(*on);
    return As("officer", "411728", "AnswerDepartmentSlip", request, &Handlers::AnswerDepartmentSlip);
  }
  v1::DepartmentSlip Now(const v1::DepartmentSlip& slip) {
    v1::GetDepartmentSlipRequest request;
    request.set_name(slip.name());
    return monitoring.Call("GetDepartmentSlip", request, &Handlers::GetDepartmentSlip).value_or(v1::DepartmentSlip());
  }
};

TEST_P(SlipTest, ASlipGoesToTheDepartmentOfItsMatter) {
  const auto file = OpenFor("p1");
  ASSERT_TRUE(file.ok()) << file.status();
  const auto request = Sending(file->name());
  const auto slip = Send(request);
  ASSERT_TRUE(slip.ok()) << slip.status();
  EXPECT_EQ(slip->department(), "LABOUR");
  EXPECT_EQ(slip->child_key(), "p1");
  EXPECT_EQ(slip->area(), kClassArea);
  EXPECT_EQ(DayOf(slip->due_on()), absl::CivilDay(2023, 9, 21)) << "10 days behind 11 September";
  EXPECT_EQ(slip->text(), "") << "masked";
  EXPECT_EQ(Send(request)->name(), slip->name()) << "a replay";
  v1::SendDepartmentSlipRequest harm = Sending(absl::StrCat(kCounty, "/students/p3"), "HARM");
  *harm.mutable_known_on() = DateOf(today - 1);
  const auto late = Send(harm);
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_TRUE(late->mandatory());
  EXPECT_TRUE(late->sent_late()) << "at once, on the day";
  EXPECT_FALSE(slip->sent_late());

  EXPECT_EQ(Reason(Send(Sending(file->name(), "MARS"))), "CODE_UNKNOWN");
  EXPECT_EQ(Reason(Send(Sending(absl::StrCat(kCounty, "/cases/c9")))), "NOT_FOUND");
  EXPECT_EQ(Reason(Send(Sending(absl::StrCat(kCounty, "/schools/s1")))), "NAME_INVALID");
  EXPECT_EQ(Reason(Send(Sending(file->name()), "411728104")), "PERMISSION_DENIED");
  *harm.mutable_known_on() = DateOf(today + 1);
  harm.set_request_id(NewId());
  EXPECT_EQ(Reason(Send(harm)), "DATE_AHEAD");
  harm.clear_known_on();
  harm.set_text(std::string(2001, 'a'));
  EXPECT_EQ(Reason(Send(harm)), "FIELD_TOO_LONG");
}

TEST_P(SlipTest, ThePaperNamesTheChildToWhomeverMaySeeIt) {
  const auto file = OpenFor("p1");
  ASSERT_TRUE(file.ok()) << file.status();
  const auto letter = [&](const absl::StatusOr<v1::DepartmentSlip>& slip, rpc::Caller caller,
                          const std::string& purpose = "DROPOUT_CARE") {
    v1::RenderDepartmentSlipRequest request;
    request.set_name(slip.value().name());
    return monitoring.CallAs(std::move(caller), "RenderDepartmentSlip", request, &Handlers::RenderDepartmentSlip,
                             purpose);
  };
  const auto labour = Send(Sending(file->name()));
  EXPECT_EQ(Reason(letter(labour, rpc::MakeJobCaller("x", "411728"))), "PERMISSION_DENIED") << "a job unmasks nothing";
  EXPECT_EQ(Reason(letter(labour, Holder("COUNTY_DROPOUT_OFFICER"), "")), "PURPOSE_REQUIRED");
  const auto paper = letter(labour, Holder("COUNTY_DROPOUT_OFFICER"));
  ASSERT_TRUE(paper.ok()) << paper.status();
  EXPECT_TRUE(paper->file_name().ends_with(".docx"));
  const std::string text = BodyOf(paper->content());
  for (const char* part :
       {"人社部门（劳动监察）", "疑似使用童工", "请依法查处", "2023年9月21日", "遂平县教育行政部门"}) {
    EXPECT_THAT(text, ::testing::HasSubstr(part));
  }
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("第十一条")));
  const auto harm =
      letter(Send(Sending(absl::StrCat(kCounty, "/students/p3"), "HARM")), Holder("COUNTY_DROPOUT_OFFICER"));
  ASSERT_TRUE(harm.ok()) << harm.status();
  EXPECT_THAT(BodyOf(harm->content()), ::testing::HasSubstr("《中华人民共和国未成年人保护法》第十一条"));
}

// DR-30: the township that leads the case writes as it would order, but not to itself; what was sent keeps its sender.
TEST_P(SlipTest, WhoLeadsTheCaseSendsTheSlip) {
  v1::OpenCaseRequest open = Opening("");
  open.clear_student();
  open.set_township("411728103");
  open.mutable_child()->set_display_name("李小花");
  const auto file = As("clerk", "411728103", "OpenCase", open, &Handlers::OpenCase);
  ASSERT_TRUE(file.ok()) << file.status();
  const auto slip = Send(Sending(file->name()), "411728103");
  ASSERT_TRUE(slip.ok()) << slip.status();
  EXPECT_EQ(slip->issuer(), "查岈山镇人民政府");
  EXPECT_EQ(Send(Sending(file->name(), "VISIT"), "411728103")->issuer(), "遂平县教育行政部门");
  EXPECT_EQ(Send(Sending(absl::StrCat(kCounty, "/students/p3")))->issuer(), "遂平县教育行政部门");
  v1::RenderDepartmentSlipRequest render;
  render.set_name(slip->name());
  const auto paper = monitoring.CallAs(Holder("COUNTY_DROPOUT_OFFICER"), "RenderDepartmentSlip", render,
                                       &Handlers::RenderDepartmentSlip, "DROPOUT_CARE");
  ASSERT_TRUE(paper.ok()) << paper.status();
  EXPECT_THAT(BodyOf(paper->content()), ::testing::HasSubstr("查岈山镇人民政府"));
}

TEST_P(SlipTest, RemindersAreIssuedOnceUntilTheAnswerComes) {
  const auto slip = Send(Sending(absl::StrCat(kCounty, "/students/p3")));
  ASSERT_TRUE(slip.ok()) << slip.status();
  On(9, 21);
  RunClock();
  EXPECT_EQ(Now(*slip).reminders_size(), 0) << "the last day";
  On(9, 22);
  RunClock();
  RunClock();
  ASSERT_EQ(Now(*slip).reminders_size(), 1);
  EXPECT_EQ(Now(*slip).reminders(0).paper(), "REMINDER");
  EXPECT_EQ(DayOf(Now(*slip).clock_on()), absl::CivilDay(2023, 9, 28)) << "+7";
  obs::Metrics metrics;
  ASSERT_TRUE(CaseProbe(monitoring.host(), ShippedStandards(), metrics)().ok());
  EXPECT_THAT(metrics.Text(), ::testing::HasSubstr("ruraledu_dropout_monitoring_overdue_slips{county=\"411728\"} 1"));
  On(10, 9);
  RunClock();
  EXPECT_EQ(Now(*slip).reminders_size(), 3) << "two were due meanwhile";
  const auto answered = Answer(*slip);
  ASSERT_TRUE(answered.ok()) << answered.status();
  EXPECT_TRUE(answered->answered_late());
  EXPECT_FALSE(answered->has_clock_on());
  On(12, 9);
  RunClock();
  EXPECT_EQ(Now(*slip).reminders_size(), 3);
}

TEST_P(SlipTest, AnAnswerIsWrittenDownOnce) {
  const auto slip = Send(Sending(absl::StrCat(kCounty, "/students/p3")));
  ASSERT_TRUE(slip.ok()) << slip.status();
  Later(2);
  EXPECT_EQ(Reason(Answer(*slip, "MARS")), "CODE_UNKNOWN");
  EXPECT_EQ(Reason(Answer(*slip, "SETTLED", today + 1)), "RETURN_DATE");
  EXPECT_EQ(Reason(Answer(*slip, "SETTLED", today - 3)), "RETURN_DATE");
  EXPECT_EQ(Reason(Answer(*slip, "SETTLED", today, "\"999\"")), "ETAG_MISMATCH");
  const auto answered = Answer(*slip, "SETTLED", today - 1, slip->etag());
  ASSERT_TRUE(answered.ok()) << answered.status();
  EXPECT_EQ(answered->state(), v1::SLIP_STATE_ANSWERED);
  EXPECT_FALSE(answered->answered_late());
  EXPECT_EQ(Reason(Answer(*slip)), "STATE_TRANSITION");
  v1::WithdrawDepartmentSlipRequest withdraw = Of<v1::WithdrawDepartmentSlipRequest>(slip->name());
  withdraw.set_reason("误发");
  const auto take_back = [&] {
    return As("officer", "411728", "WithdrawDepartmentSlip", withdraw, &Handlers::WithdrawDepartmentSlip);
  };
  EXPECT_EQ(Reason(take_back()), "STATE_TRANSITION");
  const auto other = Send(Sending(absl::StrCat(kCounty, "/students/p3"), "VISIT"));
  withdraw.set_name(other->name());
  withdraw.set_etag("\"999\"");
  EXPECT_EQ(Reason(take_back()), "ETAG_MISMATCH");
  withdraw.clear_etag();
  EXPECT_EQ(take_back()->state(), v1::SLIP_STATE_WITHDRAWN);
  withdraw.set_reason(std::string(2001, 'a'));
  EXPECT_EQ(Reason(take_back()), "FIELD_TOO_LONG");
  withdraw.set_name(absl::StrCat(kCounty, "/departmentSlips/d9"));
  withdraw.set_reason("误发");
  withdraw.set_request_id(NewId());
  EXPECT_EQ(Reason(take_back()), "NOT_FOUND");

  v1::ListDepartmentSlipsRequest list;
  list.set_parent(kCounty);
  const auto names = [&] {
    std::vector<std::string> departments;
    const auto listed = monitoring.Call("ListDepartmentSlips", list, &Handlers::ListDepartmentSlips);
    EXPECT_TRUE(listed.ok()) << listed.status();
    for (const auto& one : listed->slips()) departments.push_back(one.department());
    return departments;
  };
  EXPECT_THAT(names(), ::testing::ElementsAre("TOWNSHIP", "LABOUR")) << "the first to be answered first";
  list.set_open_only(true);
  EXPECT_THAT(names(), ::testing::IsEmpty());
  list.set_open_only(false);
  list.set_department("LABOUR");
  list.set_child("p3");
  EXPECT_THAT(names(), ::testing::ElementsAre("LABOUR"));
  list.set_child("p1");
  EXPECT_THAT(names(), ::testing::IsEmpty());
  v1::GetDepartmentSlipRequest get;
  get.set_name(slip->name());
  get.set_unmask(true);
  EXPECT_EQ(Reason(monitoring.Call("GetDepartmentSlip", get, &Handlers::GetDepartmentSlip)), "PERMISSION_DENIED")
      << "jobs unmask nothing";
}

INSTANTIATE_TEST_SUITE_P(Databases, SlipTest, ::testing::Values("SQLite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ruraledu::dropout_monitoring
