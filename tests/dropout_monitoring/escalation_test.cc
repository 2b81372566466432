// What is told upwards because an action is late (DR-54), on both databases.
#include "common/base/enum_text.h"
#include "common/ingest/byte_source.h"
#include "common/ingest/zip_file.h"
#include "common/obs/metrics.h"
#include "services/dropout_monitoring/case_gauges.h"
#include "services/dropout_monitoring/escalation_rules.h"
#include "tests/dropout_monitoring/case_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

TEST(EscalationRules, AnsweredIsWhatTheCaseNoLongerWaitsFor) {
  v1::Case file;
  file.set_action(v1::CASE_ACTION_PERSUADE);
  file.set_action_number(3);
  const auto issue = [&](int action, int rung, v1::AuthorityLevel level, absl::CivilDay on) {
    v1::Escalation* one = file.add_escalations();
    one->set_action_number(action);
    one->set_rung(rung);
    one->set_level(level);
    *one->mutable_issued_on() = DateOf(on);
  };
  EXPECT_EQ(EscalatedOn(file), "");
  EXPECT_EQ(HighestLevel(file, false), v1::AUTHORITY_LEVEL_UNSPECIFIED);
  issue(2, 3, v1::AUTHORITY_LEVEL_COUNTY, absl::CivilDay(2023, 9, 20));
  issue(3, 1, v1::AUTHORITY_LEVEL_SCHOOL, absl::CivilDay(2023, 10, 2));
  EXPECT_EQ(EscalatedOn(file), "2023-10-02");
  EXPECT_EQ(HighestLevel(file, false), v1::AUTHORITY_LEVEL_COUNTY);
  EXPECT_EQ(HighestLevel(file, true), v1::AUTHORITY_LEVEL_SCHOOL);
  EXPECT_TRUE(Answered(file, file.escalations(0)));
  EXPECT_FALSE(Answered(file, file.escalations(1)));
  EXPECT_EQ(FindEscalation(file, 3, 2), nullptr);
  EXPECT_EQ(FindEscalation(file, 3, 1), &file.escalations(1));
  file.clear_action();  // closed
  EXPECT_TRUE(Answered(file, file.escalations(1)));
  EXPECT_EQ(HighestLevel(file, true), v1::AUTHORITY_LEVEL_UNSPECIFIED);
}

TEST(EscalationRules, EachPaperOfTheLadderHasATemplateThatCanBeFilled) {
  v1::Case file;
  file.set_number("411728-2023-000001");
  int papers = 0;
  for (const v1::CasePolicy& policy : ShippedStandards().cases.policies()) {
    for (const v1::LadderRung& rung : policy.ladder()) {
      v1::Escalation escalation;
      escalation.set_action(v1::CASE_ACTION_VERIFY);
      escalation.set_rung(rung.rung());
      const std::string paper = PaperOf(rung.paper());
      ASSERT_TRUE(ShippedStandards().documents.contains(paper)) << paper;
      const auto text = FillTemplate(paper, ShippedStandards().documents.at(paper),
                                     PaperValues(file, escalation, "第一小学", "遂平县教育行政部门"));
      ASSERT_TRUE(text.ok()) << paper << text.status();
      for (const char* part : {"411728-2023-000001", "第一小学", "核实", "遂平县教育行政部门"}) {
        EXPECT_THAT(*text, HasSubstr(part)) << paper;
      }
      ++papers;
    }
  }
  EXPECT_GE(papers, 4);
}

class EscalationTest : public CaseFixture, public ::testing::TestWithParam<const char*> {
 protected:
  EscalationTest() : CaseFixture(OptionsOf(GetParam())) {}

  void Pass(int days) {
    for (int day = 0; day < days; ++day) {
      Later(1);
      RunClock();
    }
  }
  static v1::ListEscalationsRequest Asking(v1::AuthorityLevel level = v1::AUTHORITY_LEVEL_UNSPECIFIED) {
    v1::ListEscalationsRequest request;
    request.set_parent(kCounty);
    request.set_level(level);
    return request;
  }
  absl::StatusOr<v1::ListEscalationsResponse> List(const v1::ListEscalationsRequest& request,
                                                   const rpc::Caller& caller = Holder("COUNTY_DROPOUT_OFFICER")) {
    return monitoring.CallAs(caller, "ListEscalations", request, &Handlers::ListEscalations);
  }
  // "p1 SCHOOL REMINDER 8", or "yes" where it was answered.
  std::vector<std::string> Rows(const v1::ListEscalationsRequest& request,
                                const rpc::Caller& caller = Holder("COUNTY_DROPOUT_OFFICER")) {
    const auto listed = List(request, caller);
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<std::string> rows;
    for (const v1::IssuedEscalation& one : listed->escalations()) {
      rows.push_back(absl::StrCat(one.number().substr(one.number().size() - 1), " ", EnumText(one.escalation().level()),
                                  " ", one.escalation().paper(), " ",
                                  one.answered() ? "yes" : absl::StrCat(one.days_late())));
    }
    return rows;
  }
  std::string Gauges() {
    obs::Metrics metrics;
    EXPECT_TRUE(CaseProbe(monitoring.host(), ShippedStandards(), metrics)().ok());
    return metrics.Text();
  }
  static std::string Gauge(const std::string& level, int cases) {
    return absl::StrCat("ruraledu_dropout_monitoring_escalated_cases{county=\"411728\",level=\"", level, "\"} ", cases);
  }
  v1::RenderEscalationPaperRequest Paper(const std::string& name, int action, int rung) {
    v1::RenderEscalationPaperRequest request;
    request.set_name(name);
    request.set_action_number(action);
    request.set_rung(rung);
    return request;
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, EscalationTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(EscalationTest, WhatIsLateIsToldByLevelUntilItIsDone) {
  const std::string first = OpenFor("p1")->name();  // due on the next day
  EXPECT_THAT(Rows(Asking()), IsEmpty());
  EXPECT_THAT(Gauges(), HasSubstr(Gauge("SCHOOL", 0)));
  Pass(9);
  EXPECT_THAT(Rows(Asking()), ElementsAre("1 SCHOOL REMINDER 8", "1 TOWNSHIP SUPERVISION 8"));
  EXPECT_THAT(Rows(Asking(v1::AUTHORITY_LEVEL_TOWNSHIP)), ElementsAre("1 TOWNSHIP SUPERVISION 8"));
  EXPECT_THAT(Rows(Asking(v1::AUTHORITY_LEVEL_SCHOOL)), ElementsAre("1 SCHOOL REMINDER 8"))
      << "what a higher level was told hides nothing";
  EXPECT_THAT(Rows(Asking(v1::AUTHORITY_LEVEL_COUNTY)), IsEmpty());
  EXPECT_THAT(Gauges(), HasSubstr(Gauge("TOWNSHIP", 1)));
  EXPECT_THAT(Gauges(), HasSubstr(Gauge("SCHOOL", 0))) << "by the highest level only";

  v1::ListEscalationsRequest since = Asking();
  *since.mutable_issued_from() = DateOf(today);
  EXPECT_THAT(Rows(since), IsEmpty());
  *since.mutable_issued_from() = DateOf(today - 1);
  EXPECT_THAT(Rows(since), ElementsAre("1 TOWNSHIP SUPERVISION 8"));

  Pass(23);
  EXPECT_THAT(Rows(Asking(v1::AUTHORITY_LEVEL_CITY)), ElementsAre("1 CITY CIRCULAR 31"));
  EXPECT_THAT(Gauges(), HasSubstr(Gauge("CITY", 1)));
  ASSERT_TRUE(VerifyAs("teacher", kClassArea, first).ok());
  EXPECT_THAT(Rows(Asking(v1::AUTHORITY_LEVEL_CITY)), ElementsAre("1 CITY CIRCULAR yes"));
  EXPECT_THAT(Gauges(), HasSubstr(Gauge("CITY", 0)));
}

TEST_P(EscalationTest, CasesComeByTheDayOfTheirNewestReminder) {
  OpenFor("p1").IgnoreError();
  Pass(3);
  OpenFor("p3").IgnoreError();
  Pass(2);
  v1::ListEscalationsRequest request = Asking();
  request.set_page_size(1);
  EXPECT_THAT(Rows(request), ElementsAre("1 SCHOOL REMINDER 4"));
  request.set_page_token(List(request)->next_page_token());
  EXPECT_THAT(Rows(request), ElementsAre("2 SCHOOL REMINDER 1"));
  EXPECT_EQ(List(request)->next_page_token(), "");
}

TEST_P(EscalationTest, WhoIsToldReadsWhatIsTheirs) {
  OpenFor("p1").IgnoreError();
  Pass(3);
  const auto rows = UnorderedElementsAre("1 SCHOOL REMINDER 2");
  for (const auto& [role, area] :
       std::vector<std::pair<std::string, std::string>>{{"PROVINCE_DROPOUT_OFFICER", "41"},
                                                        {"CITY_DROPOUT_OFFICER", "4117"},
                                                        {"COUNTY_DROPOUT_APPROVER", "411728"},
                                                        {"TOWNSHIP_OFFICER", "411728103"},
                                                        {"SCHOOL_DROPOUT_OFFICER", kSchoolArea},
                                                        {"PRINCIPAL", kSchoolArea}}) {
    EXPECT_THAT(Rows(Asking(), Holder(role, area)), rows) << role;
  }
  EXPECT_THAT(Rows(Asking(), Holder("TOWNSHIP_OFFICER", "411728104")), IsEmpty());
  EXPECT_EQ(Reason(List(Asking(), Holder("CITY_DROPOUT_OFFICER", "5002"))), "PERMISSION_DENIED");
  EXPECT_EQ(Reason(List(Asking(), Holder("CLASS_TEACHER", kClassArea))), "PERMISSION_DENIED");
  v1::ListEscalationsRequest request = Asking();
  request.set_area("areas/411728103/s1");
  EXPECT_THAT(Rows(request), rows);
  request.set_area("areas/411728103/s2");
  EXPECT_THAT(Rows(request), IsEmpty());
  request.set_area("townships/1");
  EXPECT_EQ(Reason(List(request)), "NAME_INVALID");
}

TEST_P(EscalationTest, ThePaperGoesToTheUnitAndNamesNoChild) {
  const std::string name = OpenFor("p1")->name();
  Pass(3);
  const int action = Whole(name)->action_number();
  const auto render = [&](const v1::RenderEscalationPaperRequest& request, const rpc::Caller& caller) {
    return monitoring.CallAs(caller, "RenderEscalationPaper", request, &Handlers::RenderEscalationPaper);
  };
  const auto paper = render(Paper(name, action, 1), Holder("CITY_DROPOUT_OFFICER", "4117"));
  ASSERT_TRUE(paper.ok()) << paper.status();
  EXPECT_EQ(paper->file_name(), absl::StrCat("411728-2023-000001-T", action, "-1.docx"));
  const auto zip = ingest::ZipFile::Open(ingest::FromString(paper->content()), ingest::TableLimits());
  ASSERT_TRUE(zip.ok() && (*zip)->Begin("word/document.xml").ok());
  std::string text(1 << 16, '\0');
  text.resize((*zip)->Read(text.data(), text.size()).value_or(0));
  EXPECT_THAT(text, HasSubstr("提醒函"));
  EXPECT_THAT(text, HasSubstr("411728-2023-000001"));
  EXPECT_THAT(text, HasSubstr(School("s1").display_name()));
  EXPECT_THAT(text, Not(HasSubstr("王小明")));
  const rpc::Caller officer = Holder("COUNTY_DROPOUT_OFFICER");
  EXPECT_EQ(Reason(render(Paper(name, action, 2), officer)), "ESCALATION_NOT_ISSUED");
  EXPECT_EQ(Reason(render(Paper(name, action + 1, 1), officer)), "ESCALATION_NOT_ISSUED");
  EXPECT_EQ(Reason(render(Paper(name, action, 1), Holder("TOWNSHIP_OFFICER", "411728104"))), "PERMISSION_DENIED");
  EXPECT_EQ(Reason(render(Paper(name, action, 2), Holder("TOWNSHIP_OFFICER", "411728104"))), "PERMISSION_DENIED")
      << "a neighbour does not learn what was issued";
  EXPECT_EQ(Reason(render(Paper(absl::StrCat(kCounty, "/cases/none"), action, 1), officer)), "NOT_FOUND");
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
