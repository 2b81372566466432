// Compliance by a comparison run: what the service knows of it, who changed, the lists and figures apart from
// eligibility.
#include "absl/strings/str_join.h"
#include "services/student_aid/compliance_facts.h"
#include "tests/student_aid/office_fixture.h"
#include "tests/student_aid/report_text.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kCompliant = v1::COMPLIANCE_STATUS_ELIGIBLE_COMPLIANT;
constexpr auto kFails = v1::COMPLIANCE_STATUS_ELIGIBLE_NOT_COMPLIANT;
constexpr auto kNotEligible = v1::COMPLIANCE_STATUS_NOT_ELIGIBLE;

// p1 to p4 are junior boarders of poor families with cards; p5 holds a kind that grants nothing, p6 and p7 none.
class ComplianceTest : public OfficeFixture, public ::testing::TestWithParam<const char*> {
 protected:
  ComplianceTest() : OfficeFixture(OptionsOf(GetParam())) {
    for (int n = 1; n <= 5; ++n) PutPoor(absl::StrCat("p", n), Card(n), n == 5 ? "P3" : "P2");
    EXPECT_TRUE(aid.CatchUp().ok());
    EXPECT_TRUE(aid.Entitle().ok());
  }

  registry_v1::Student Poor(const std::string& person, const std::string& card, const std::string& kind = "P2") {
    registry_v1::Student student = Student(person, "JUN", "7", true, {kind});
    student.mutable_contact()->set_card_number(card);
    student.mutable_contact()->set_card_holder("王小明");
    student.add_guardians()->set_display_name("王建国");
    return student;
  }
  void PutPoor(const std::string& person, const std::string& card, const std::string& kind = "P2") {
    registry.Put(Poor(person, card, kind));
  }
  void Seen(v1::PresenceKind kind, const std::string& period, const std::vector<std::string>& persons) {
    v1::RecordPresenceRequest request;
    request.set_parent(kCounty);
    request.set_school(absl::StrCat(kCounty, "/schools/s1"));
    request.set_kind(kind);
    request.set_period(period);
    request.set_beds(100);
    for (const std::string& person : persons) {
      request.add_rows()->set_person(person);
      request.mutable_rows()->rbegin()->set_place(absl::StrCat("1-", person));
    }
    request.set_request_id(NewId());
    const auto check = As("teacher", "RecordPresenceCheck", request, &Handlers::RecordPresenceCheck);
    EXPECT_TRUE(check.ok()) << check.status();
  }
  std::string Restrict(const std::string& person, const std::string& code = "RECOVERY_OPEN") {
    v1::CreateRestrictionRequest request;
    request.set_parent(kCounty);
    request.set_student(Pupil(person));
    request.set_code(code);
    request.set_reason("多领未退");
    request.set_request_id(NewId());
    const auto made = As("officer", "CreateRestriction", request, &Handlers::CreateRestriction);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? made->name() : "";
  }
  v1::Run Compare() {
    const auto run = aid.Compare();
    EXPECT_TRUE(run.ok()) << run.status();
    return run.value_or(v1::Run());
  }
  // "p2 ACCOUNT(CARD_MISSING) PRESENT" of everybody who stands so.
  std::vector<std::string> Standing(v1::ComplianceStatus status) {
    v1::ListComparisonRowsRequest request;
    request.set_parent(kCounty);
    request.set_term(kAutumn);
    request.set_compliance(status);
    const auto response = As("reader", "ListComparisonRows", request, &Handlers::ListComparisonRows);
    EXPECT_TRUE(response.ok()) << response.status();
    std::vector<std::string> lines;
    for (const v1::ComparedPerson& person : response.ok() ? response->persons() : decltype(response->persons()){}) {
      EXPECT_EQ(person.compliance(), status);
      std::string line(feed::IdOfName(person.student()));
      for (const v1::ComplianceFinding& finding : person.compliance_findings()) {
        if (finding.state() == v1::COMPLIANCE_STATE_UNMET) {
          absl::StrAppend(
              &line, " ", finding.code(),
              finding.reasons().empty() ? "" : absl::StrCat("(", absl::StrJoin(finding.reasons(), ","), ")"));
        }
      }
      lines.push_back(line);
    }
    return lines;
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, ComplianceTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(ComplianceTest, StandsApartFromEligibility) {
  Seen(v1::PRESENCE_KIND_IN_CLASS, "2023-10", {"p1"});
  Seen(v1::PRESENCE_KIND_IN_CLASS, "2023-11", {"p1", "p2", "p3", "p5"});  // the newest counts
  Seen(v1::PRESENCE_KIND_BOARDING, kAutumn, {"p1", "p2", "p4"});
  Restrict("p2");
  const v1::Run run = Compare();
  EXPECT_EQ(run.eligible_compliant(), 1);
  EXPECT_EQ(run.eligible_not_compliant(), 3);
  EXPECT_EQ(run.not_eligible(), 1);
  EXPECT_EQ(run.unmet().at("PRESENT"), 1);
  EXPECT_EQ(run.unmet().at("BOARDING"), 1);
  EXPECT_EQ(run.unmet().at("NO_RESTRICTION"), 1);
  EXPECT_EQ(DayText(*DayOf(run.compliance_on())), "2023-12-01");
  EXPECT_THAT(Standing(kCompliant), ElementsAre("p1"));
  EXPECT_THAT(Standing(kFails), ElementsAre("p2 NO_RESTRICTION", "p3 BOARDING", "p4 PRESENT"));
  EXPECT_THAT(Standing(kNotEligible), ElementsAre("p5"));
  EXPECT_EQ(aid.Counter("compliance_checked", "411728", "JUN"), 4);
  EXPECT_EQ(aid.Counter("not_compliant", "411728", "JUN"), 3);
  // Each row says for itself: the restriction is about every item, the bed about one.
  const auto comparison = WholeRoot<v1::Comparison>(kComparisons, absl::StrCat(kCounty, "/comparisons/p3.", kAutumn));
  for (const v1::ComparisonRow& row : comparison.result().rows()) {
    EXPECT_EQ(row.unmet_size(), row.item() == kItem ? 1 : 0) << row.item();
  }
  // What nobody recorded is not held against anybody.
  EXPECT_THAT(run.unmet(), ::testing::SizeIs(3));
}

TEST_P(ComplianceTest, TellsWhoChangedAndNothingThatDidNot) {
  Seen(v1::PRESENCE_KIND_IN_CLASS, "2023-11", {"p1", "p2", "p3", "p4"});
  const std::string restriction = Restrict("p2");
  const v1::Run first = Compare();
  EXPECT_EQ(first.differences(), 0);
  const auto seq = [&] {
    return *aid.place.database->Read([](db::Transaction& tx) -> absl::StatusOr<int64_t> {
      ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT CAST(sum(version) AS BIGINT) FROM comparison"));
      return row->Int(0);
    });
  };
  const int64_t before = seq();
  EXPECT_EQ(Compare().differences(), 0);
  EXPECT_EQ(seq(), before) << "what did not change is not written";

  Seen(v1::PRESENCE_KIND_IN_CLASS, "2023-11", {"p1", "p2", "p4"});
  auto lift = Naming<v1::LiftRestrictionRequest>(restriction);
  lift.set_reason("已退回");
  ASSERT_TRUE(As("leader", "LiftRestriction", lift, &Handlers::LiftRestriction).ok());
  const v1::Run second = Compare();
  EXPECT_EQ(second.differences(), 2);
  v1::ListRunDifferencesRequest list;
  list.set_name(second.name());
  const auto differences = As("reader", "ListRunDifferences", list, &Handlers::ListRunDifferences);
  ASSERT_TRUE(differences.ok()) << differences.status();
  ASSERT_EQ(differences->differences_size(), 2);
  const v1::PersonDifference& better = differences->differences(0);
  EXPECT_EQ(better.student(), Pupil("p2"));
  EXPECT_EQ(better.compliance_before(), kFails);
  EXPECT_EQ(better.compliance_after(), kCompliant);
  EXPECT_THAT(better.no_longer_unmet(), ElementsAre("NO_RESTRICTION"));
  const v1::PersonDifference& worse = differences->differences(1);
  EXPECT_EQ(worse.student(), Pupil("p3"));
  EXPECT_EQ(worse.compliance_after(), kFails);
  EXPECT_THAT(worse.became_unmet(), ElementsAre("PRESENT"));
  EXPECT_TRUE(worse.changed().empty() && worse.added().empty());
}

TEST_P(ComplianceTest, TheCardIsCheckedAsPaymentDoes) {
  PutPoor("p1", "");
  PutPoor("p3", Card(2));  // another family's card, whose holder is guardian of neither
  registry_v1::Student other = Poor("p2", Card(2));
  other.mutable_contact()->set_card_holder("李四");
  registry.Put(other);
  ASSERT_TRUE(aid.CatchUp().ok());
  Compare();
  EXPECT_THAT(Standing(kFails), ElementsAre("p1 ACCOUNT(CARD_MISSING)", "p2 ACCOUNT(CARD_HOLDER,CARD_SHARED)",
                                            "p3 ACCOUNT(CARD_SHARED)"));
  Approve({"p1", "p2", "p3", "p4"});
  const v1::PaymentBatch batch = Order();
  EXPECT_EQ(LeftOutOf(batch.name()), "p1 CARD_MISSING p2 CARD_HOLDER p3 CARD_SHARED") << "and nobody else";
}

TEST_P(ComplianceTest, TheRegisterOfTodayCountsNotOnlyTheCensusDate) {
  registry_v1::Student gone = Poor("p4", Card(4));
  gone.set_status("SUSPENDED");
  *gone.mutable_status_from() = Date(20231115);  // after the census date
  registry.Put(gone);
  ASSERT_TRUE(aid.CatchUp().ok());
  ASSERT_TRUE(aid.Entitle().ok());
  Compare();
  EXPECT_THAT(Standing(kFails), ElementsAre("p4 ENROLLED(SUSPENDED)"));
  // DR-26: it stops nothing of the term.
  Approve({"p4"});
  EXPECT_EQ(LeftOutOf(Order().name()), "");
}

TEST_P(ComplianceTest, RefusedEvidenceOfAnApplicationShows) {
  const auto with = [&](const std::string& person, v1::ApplicationState state, v1::EvidenceDecision decision) {
    v1::Application application = Approved(person);
    application.set_state(state);
    application.add_evidence()->set_kind("PROMISE");
    application.mutable_evidence(0)->set_decision(decision);
    return application;
  };
  Put({with("p1", v1::APPLICATION_STATE_SUBMITTED, v1::EVIDENCE_DECISION_REFUSED),
       with("p2", v1::APPLICATION_STATE_SUBMITTED, v1::EVIDENCE_DECISION_ACCEPTED),
       with("p3", v1::APPLICATION_STATE_SCHOOL_APPROVED, v1::EVIDENCE_DECISION_ACCEPTED)});
  Compare();
  EXPECT_THAT(Standing(kFails), ElementsAre("p1 EVIDENCE"));
  const auto unknown = [&](const std::string& person) {
    const auto comparison =
        WholeRoot<v1::Comparison>(kComparisons, absl::StrCat(kCounty, "/comparisons/", person, ".", kAutumn));
    std::vector<std::string> items;
    for (const auto& finding : comparison.result().compliance_findings()) {
      if (finding.code() == "EVIDENCE" && finding.state() == v1::COMPLIANCE_STATE_UNKNOWN) {
        items.assign(finding.items().begin(), finding.items().end());
      }
    }
    return items;
  };
  EXPECT_THAT(unknown("p3"), ElementsAre("SP_NUTR")) << "an item for which nothing was handed in";
  EXPECT_THAT(unknown("p4"), ElementsAre("SP_LIV_B_JUN", "SP_NUTR"));
}

TEST_P(ComplianceTest, TheReportKeepsTheTwoListsApartAndNamesMasked) {
  Seen(v1::PRESENCE_KIND_IN_CLASS, "2023-11", {"p1", "p2", "p4"});
  Compare();
  const std::string head = "411728103|3241001234|常庄中心学校|";
  const auto masked = ReportLines(v1::REPORT_KIND_COMPLIANCE);
  ASSERT_GE(masked.size(), 3u);
  EXPECT_EQ(masked[0],
            head +
                "p3|王**|符合资格但复核未通过|PRESENT|在校（月度核查）|提示|初中寄宿生生活补助、义务教育营养补助||"
                "请学校核实学生去向；疑似失学的转控辍保学");
  EXPECT_THAT(masked[1], HasSubstr(head + "p5|王**|不符合资格|***|"));
  EXPECT_THAT(masked.back(), HasSubstr("符合资格但复核未通过 1 人，不符合资格 1 人"));
  const auto clear = ReportLines(v1::REPORT_KIND_COMPLIANCE, "areas/411728", true);
  EXPECT_THAT(clear[0], HasSubstr("p3|王小明|"));
  EXPECT_THAT(clear[1], HasSubstr("p5|王小明|不符合资格|KIND_NOT_HELD|"));
}

TEST_P(ComplianceTest, IsEvaluatedByAnybodyAndItsFactsAreChecked) {
  v1::EvaluateComplianceRequest request;
  *request.mutable_facts()->mutable_on() = Date(20231115);
  request.mutable_facts()->set_status("SUSPENDED");
  request.mutable_facts()->add_items()->set_item(kItem);
  const auto response = As("anybody", "EvaluateCompliance", request, &Handlers::EvaluateCompliance);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status(), kFails);
  EXPECT_EQ(response->findings(2).code(), "EVIDENCE");
  request.mutable_facts()->clear_on();
  EXPECT_EQ(ReasonOf(As("anybody", "EvaluateCompliance", request, &Handlers::EvaluateCompliance).status()),
            "FIELD_REQUIRED");
}

TEST(ComplianceFacts, PresenceIsOfTheSchoolThatThePupilIsAt) {
  v1::PresenceCheck check;
  check.set_school("s1");
  check.set_kind(v1::PRESENCE_KIND_IN_CLASS);
  check.add_rows()->set_person("a");
  check.add_findings()->set_reason("NOT_IN_CLASS");
  check.mutable_findings(0)->set_person("b");
  check.add_findings()->set_reason("NOT_ON_ROLL");
  check.mutable_findings(1)->set_person("c");
  PresenceSeen seen;
  AddPresence(check, &seen);
  EXPECT_EQ(AnswerOf(seen.in_class, "s1", "a"), v1::FACT_ANSWER_YES);
  EXPECT_EQ(AnswerOf(seen.in_class, "s1", "b"), v1::FACT_ANSWER_NO);
  EXPECT_EQ(AnswerOf(seen.in_class, "s1", "c"), v1::FACT_ANSWER_UNSPECIFIED) << "came after the check";
  EXPECT_EQ(AnswerOf(seen.in_class, "s2", "b"), v1::FACT_ANSWER_UNSPECIFIED);
  EXPECT_EQ(AnswerOf(seen.in_bed, "s1", "a"), v1::FACT_ANSWER_UNSPECIFIED);
}

TEST(ComplianceFacts, TheDayIsTodayOrTheNearestOneOfTheTerm) {
  const TermCalendar calendar = ShippedCalendar();
  const Term term = *ParseTerm(kAutumn);
  EXPECT_EQ(NearestDay(calendar, term, absl::CivilDay(2023, 11, 5)), absl::CivilDay(2023, 11, 5));
  EXPECT_EQ(NearestDay(calendar, term, absl::CivilDay(2023, 1, 5)), absl::CivilDay(2023, 9, 1));
  EXPECT_EQ(NearestDay(calendar, term, absl::CivilDay(2026, 1, 5)), absl::CivilDay(2024, 2, 29));
}

}  // namespace
}  // namespace ruraledu::student_aid
