// Scores of early warning: refreshed by the evaluation of a county, by what schools say of learning, ranked.
#include "services/dropout_monitoring/care_tables.h"
#include "tests/dropout_monitoring/attendance_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Risks : public AttendanceTest {
 protected:
  void Live(int date, const std::vector<std::string>& absent) {
    On(date);
    Marks first, second;
    for (const std::string& person : absent) (person == "p4" ? second : first)[person] = v1::MARK_ABSENT;
    EXPECT_EQ(Record({Sheet(date, first), Sheet(date, second, true, v1::SESSION_DAY, "counties/411728/classes/k2")}),
              "R R");
    EvaluateDay(date);
  }
  void LeftBehind(const std::string& person, const std::string& in_class = "k1") {
    registry_v1::Student student = Student(person, in_class);
    student.set_left_behind_education(2);
    student.mutable_disability()->set_kind("5");
    student.mutable_disability()->set_grade("1");
    registry.Put(student);
    ASSERT_TRUE(monitoring.CatchUp().ok());
  }
  static std::string Name(const std::string& person) { return absl::StrCat(kCounty, "/risks/", person); }
  v1::Risk RiskOf(const std::string& person) {
    v1::GetRiskRequest request;
    request.set_name(Name(person));
    return monitoring.Call("GetRisk", request, &Handlers::GetRisk).value_or(v1::Risk());
  }
  std::vector<std::string> Ranked(v1::RiskLevel level = v1::RISK_LEVEL_UNSPECIFIED,
                                  const std::string& area = "411728") {
    v1::ListRisksRequest request;
    request.set_parent(kCounty);
    request.set_level(level);
    request.set_page_size(1);
    std::vector<std::string> persons;
    do {
      const auto listed = monitoring.Call("ListRisks", request, &Handlers::ListRisks, area);
      EXPECT_TRUE(listed.ok()) << listed.status();
      for (const auto& risk : listed->risks()) persons.push_back(absl::StrCat(risk.person(), ":", risk.points()));
      request.set_page_token(listed->next_page_token());
    } while (!request.page_token().empty());
    return persons;
  }
  v1::RecordLearningRequest Learning(const std::string& person, int failed = 3) {
    v1::RecordLearningRequest request;
    request.set_name(Name(person));
    request.mutable_learning()->set_term("2023-2024-1");
    request.mutable_learning()->set_subjects_failed(failed);
    request.mutable_learning()->set_struggling(true);
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::Risk> Learn(const v1::RecordLearningRequest& request, const std::string& area = "411728") {
    return monitoring.Call("RecordLearning", request, &Handlers::RecordLearning, area);
  }
  template <typename T>
  static std::string Reason(const absl::StatusOr<T>& answer) {
    return answer.ok() ? "" : ReasonOf(answer.status());
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, Risks, ::testing::Values("sqlite", "postgres"),
                         [](const auto& info) { return info.param; });

TEST_P(Risks, TheEvaluationScoresAndTheListRanks) {
  LeftBehind("p2");
  Live(20230904, {"p2"});
  EXPECT_EQ(RiskOf("p1").points(), 5) << "9 years old in grade 3";
  EXPECT_EQ(RiskOf("p2").points(), 25) << "8 left behind, 12 disability, 5 over age: one marked day says nothing";
  for (const int date : {20230905, 20230906, 20230907}) Live(date, {});
  EXPECT_EQ(RiskOf("p2").points(), 25) << "nor do four";
  Live(20230908, {"p4"});
  EXPECT_EQ(RiskOf("p2").points(), 55) << "30 absent one day in five besides";
  EXPECT_EQ(RiskOf("p2").level(), v1::RISK_LEVEL_FIRST);
  ASSERT_EQ(RiskOf("p2").reasons_size(), 3);
  EXPECT_EQ(RiskOf("p2").reasons(0).factor(), "ABSENT_PERMILLE");
  EXPECT_EQ(RiskOf("p2").reasons(1).factor(), "LEFT_BEHIND");
  EXPECT_TRUE(RiskOf("p2").sealed_reasons().empty()) << "disability is not shown";
  EXPECT_THAT(Ranked(), ElementsAre("p2:55", "p4:35"));
  EXPECT_THAT(Ranked(v1::RISK_LEVEL_FIRST), ElementsAre("p2:55"));
  EXPECT_THAT(Ranked(v1::RISK_LEVEL_UNSPECIFIED, "411728103/s1/k2"), ElementsAre("p4:35"));
  EXPECT_EQ(monitoring.Counter("risk_pupils", "411728", "FIRST"), 1);
  EXPECT_EQ(monitoring.Counter("risk_pupils", "411728", "WATCH"), 1);
  const std::string etag = RiskOf("p2").etag();
  Live(20230911, {"p2"});
  EXPECT_EQ(RiskOf("p2").etag(), etag) << "two of six days are as many points: nothing changed";
}

TEST_P(Risks, WhoLeavesTheRollsLosesThePoints) {
  LeftBehind("p2");
  Live(20230904, {"p2"});
  registry_v1::Student gone = Student("p2");
  gone.set_status("EMIGRATED");
  registry.Put(gone);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  Live(20230905, {});
  EXPECT_EQ(RiskOf("p2").points(), 0);
  EXPECT_THAT(Ranked(), IsEmpty());
  EXPECT_EQ(monitoring.Counter("risk_pupils"), 0);
}

TEST_P(Risks, LearningCountsAtOnceAndStays) {
  On(20230904);
  const v1::RecordLearningRequest request = Learning("p1");
  EXPECT_EQ(Reason(Learn(request, "411728103/s1/k2")), "PERMISSION_DENIED") << "another class";
  const auto learned = Learn(request, "411728103/s1/k1");
  ASSERT_TRUE(learned.ok()) << learned.status();
  EXPECT_EQ(learned->points(), 35) << "20 three subjects, 10 struggling, 5 over age";
  EXPECT_FALSE(learned->has_learning()) << "masked";
  EXPECT_EQ(Learn(request, "411728103/s1/k1")->etag(), learned->etag()) << "replay";
  EXPECT_THAT(Ranked(), ElementsAre("p1:35"));
  for (const int date : {20230904, 20230905, 20230906, 20230907}) Live(date, {});
  Live(20230908, {"p1"});
  EXPECT_EQ(RiskOf("p1").points(), 65);
  ASSERT_TRUE(Learn(Learning("p1", 0)).ok());
  EXPECT_EQ(RiskOf("p1").points(), 45) << "corrected";
}

TEST_P(Risks, WhatIsWrongIsRefused) {
  On(20230904);
  v1::RecordLearningRequest request = Learning("p1", 51);
  EXPECT_EQ(Reason(Learn(request)), "NUMBER_RANGE");
  request = Learning("p1");
  request.mutable_learning()->set_term("2023");
  EXPECT_EQ(Reason(Learn(request)), "TERM_FORMAT");
  request.mutable_learning()->clear_term();
  EXPECT_EQ(Reason(Learn(request)), "FIELD_REQUIRED");
  request = Learning("p1");
  request.set_etag("\"1\"");
  EXPECT_EQ(Reason(Learn(request)), "ETAG_MISMATCH");
  EXPECT_EQ(Reason(Learn(Learning("none"))), "PERSON_UNKNOWN");
  EXPECT_EQ(Reason(Learn(Learning("none"), "411728103/s1/k1")), "PERMISSION_DENIED");
  registry_v1::Student moved = Student("p3");
  moved.set_moved_to("counties/500243/students/p3");
  registry.Put(moved);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(Reason(Learn(Learning("p3"))), "MOVED");
  v1::GetRiskRequest get;
  get.set_name(Name("p1"));
  EXPECT_EQ(Reason(monitoring.Call("GetRisk", get, &Handlers::GetRisk)), "NOT_FOUND");
  ASSERT_TRUE(Learn(Learning("p1")).ok());
  get.set_unmask(true);
  EXPECT_EQ(Reason(monitoring.Call("GetRisk", get, &Handlers::GetRisk)), "PERMISSION_DENIED")
      << "a job unmasks nothing";
}

TEST_P(Risks, PoliciesAreShownAndAnswerWithoutAStore) {
  const auto all = monitoring.Call("ListRiskPolicies", v1::ListRiskPoliciesRequest(), &Handlers::ListRiskPolicies);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->policies(0).weights_size(), 23);
  v1::EvaluateRiskRequest request;
  request.set_region_code("411728000000");
  *request.mutable_on() = Date(20230904);
  request.mutable_facts()->set_struggling(true);
  EXPECT_EQ(monitoring.Call("EvaluateRisk", request, &Handlers::EvaluateRisk)->points(), 10);
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
