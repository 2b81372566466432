// Graduates (XJ-8, AL-7) and publicity (PS-5b, AL-5c) through the methods, on both databases.
#include "services/student_aid/report_rules.h"
#include "tests/student_aid/outward_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;

class FollowUpTest : public OutwardFixture, public ::testing::TestWithParam<const char*> {
 protected:
  FollowUpTest() : OutwardFixture(OptionsOf(GetParam())) {}

  absl::StatusOr<v1::BatchGraduatesResponse> EnterAll(const std::vector<std::string>& persons) {
    return As("officer", "BatchEnterGraduates", Graduating(persons), &Handlers::BatchEnterGraduates);
  }
  absl::StatusOr<v1::Graduate> Add(const std::string& person,
                                   const std::function<void(v1::AddGraduateEntryRequest*)>& entry) {
    return As("teacher", "AddGraduateEntry", Adding(person, entry), &Handlers::AddGraduateEntry);
  }
  v1::ListGraduateGapsResponse Gaps(int page_size = 0, const std::string& token = "") {
    v1::ListGraduateGapsRequest request;
    request.set_parent(kCounty);
    request.set_graduating_year(2023);
    request.set_page_size(page_size);
    request.set_page_token(token);
    const auto gaps = As("reader", "ListGraduateGaps", request, &Handlers::ListGraduateGaps);
    EXPECT_TRUE(gaps.ok()) << gaps.status();
    return gaps.value_or(v1::ListGraduateGapsResponse());
  }
  static std::vector<std::string> Lines(const v1::ListGraduateGapsResponse& gaps) {
    std::vector<std::string> lines;
    for (const v1::GraduateGapRow& row : gaps.rows()) {
      std::string line(feed::IdOfName(row.graduate()));
      for (const int gap : row.gaps()) absl::StrAppend(&line, " ", gap);
      lines.push_back(line);
    }
    return lines;
  }
  absl::StatusOr<v1::PublicityActivity> Publish(const v1::CreatePublicityActivityRequest& request,
                                                const std::string& area = "411728") {
    return As("officer", "CreatePublicityActivity", request, &Handlers::CreatePublicityActivity, area);
  }
  v1::PublicityCoverage Coverage(const std::string& area = "411728") {
    v1::GetPublicityCoverageRequest request;
    request.set_parent(kCounty);
    request.set_term(kAutumn);
    const auto coverage = As("reader", "GetPublicityCoverage", request, &Handlers::GetPublicityCoverage, area);
    EXPECT_TRUE(coverage.ok()) << coverage.status();
    return coverage.value_or(v1::PublicityCoverage());
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, FollowUpTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(FollowUpTest, TheBaseOfAYearAndWhatItsFilesLack) {
  const auto entering = Graduating({"p1", "p2", "p3", "zz", "p1"});
  const auto entered = As("officer", "BatchEnterGraduates", entering, &Handlers::BatchEnterGraduates);
  EXPECT_EQ(Reasons(entered), "- - GRADUATE_NO_HARDSHIP PERSON_UNKNOWN DUPLICATE_IN_BATCH");
  EXPECT_EQ(Reasons(As("officer", "BatchEnterGraduates", entering, &Handlers::BatchEnterGraduates)), Reasons(entered));
  EXPECT_EQ(Reasons(EnterAll({"p1"})), "GRADUATE_EXISTS");
  EXPECT_EQ(Lines(Gaps()), (std::vector<std::string>{"p1.2023 1 2", "p2.2023 1 2"}));
  const auto first = Gaps(1);
  EXPECT_EQ(Lines(first), std::vector<std::string>{"p1.2023 1 2"});
  EXPECT_EQ(Lines(Gaps(1, first.next_page_token())), std::vector<std::string>{"p2.2023 1 2"});

  ASSERT_TRUE(Add("p1", [](auto* r) { r->mutable_measure()->set_code("COUNSELLING"); }).ok());
  ASSERT_TRUE(Add("p1", [](auto* r) { r->mutable_contact()->set_outcome("REACHED"); }).ok());
  const auto placed = Add("p1", [](auto* r) {
    r->mutable_outcome()->set_code("EMPLOYED");
    r->mutable_outcome()->set_place("某公司");
  });
  ASSERT_TRUE(placed.ok()) << placed.status();
  EXPECT_TRUE(placed->masked());
  EXPECT_TRUE(placed->measures().empty()) << "what is in a file is sensitive";
  EXPECT_EQ(placed->measure_count(), 1);
  const auto gaps = Gaps();
  EXPECT_EQ(Lines(gaps), std::vector<std::string>{"p2.2023 1 2"});
  EXPECT_EQ(gaps.employment().numerator(), 1);
  EXPECT_EQ(gaps.employment().denominator(), 2);
  EXPECT_EQ(aid.Counter("graduates_placed"), 1);
  EXPECT_EQ(aid.Counter("graduates"), 2);
  On(11, 9);
  EXPECT_EQ(Lines(Gaps()), (std::vector<std::string>{"p1.2023 2", "p2.2023 1 2"})) << "a month later";

  ASSERT_TRUE(Add("p2", [](auto* r) { r->mutable_withdrawal()->set_reason("户籍迁出"); }).ok());
  EXPECT_EQ(Gaps().employment().denominator(), 1);
  EXPECT_EQ(Reasons(EnterAll({"p2"})), "-") << "comes back";
}

TEST_P(FollowUpTest, WhatIsRefusedAndWhoReads) {
  ASSERT_EQ(Reasons(EnterAll({"p1"})), "-");
  auto stale = Adding("p1", [](auto* r) { r->set_file_name("x.pdf"); });
  stale.set_etag("\"999999\"");
  EXPECT_EQ(ReasonOf(As("teacher", "AddGraduateEntry", stale, &Handlers::AddGraduateEntry).status()), "ETAG_MISMATCH");
  EXPECT_EQ(ReasonOf(Add("p1", [](auto*) {}).status()), "FIELD_REQUIRED");
  EXPECT_EQ(ReasonOf(Add("p2", [](auto* r) { r->set_file_name("x.pdf"); }).status()), "NOT_FOUND");
  const auto entry = Adding("p1", [](auto* r) { r->set_file_name("x.pdf"); });
  EXPECT_EQ(ReasonOf(As("t", "AddGraduateEntry", entry, &Handlers::AddGraduateEntry, "411728104").status()),
            "PERMISSION_DENIED");
  ASSERT_TRUE(As("t", "AddGraduateEntry", entry, &Handlers::AddGraduateEntry).ok());
  const auto again = As("t", "AddGraduateEntry", entry, &Handlers::AddGraduateEntry);
  v1::GetGraduateRequest get;
  get.set_name(entry.name());
  const auto read = As("reader", "GetGraduate", get, &Handlers::GetGraduate);
  ASSERT_TRUE(read.ok() && again.ok());
  EXPECT_EQ(read->etag(), again->etag()) << "once";
  EXPECT_EQ(read->display_name(), "王**");
  EXPECT_EQ(read->school_name(), "常庄中心学校");
  v1::ListGraduatesRequest list;
  list.set_parent(kCounty);
  list.set_graduating_year(2023);
  list.set_responsible("teacher-1");
  list.set_state(v1::GRADUATE_STATE_OPEN);
  EXPECT_EQ(As("reader", "ListGraduates", list, &Handlers::ListGraduates)->graduates_size(), 1);
  list.set_responsible("teacher-2");
  EXPECT_EQ(As("reader", "ListGraduates", list, &Handlers::ListGraduates)->graduates_size(), 0);
  list.set_graduating_year(23);
  EXPECT_EQ(ReasonOf(As("reader", "ListGraduates", list, &Handlers::ListGraduates).status()), "NUMBER_RANGE");
  auto wrong = Graduating({"p2"}, 1999);
  EXPECT_EQ(ReasonOf(As("officer", "BatchEnterGraduates", wrong, &Handlers::BatchEnterGraduates).status()),
            "NUMBER_RANGE");
  wrong = Graduating({"p2"});
  wrong.mutable_graduates(0)->clear_responsible();
  EXPECT_EQ(ReasonOf(As("officer", "BatchEnterGraduates", wrong, &Handlers::BatchEnterGraduates).status()),
            "FIELD_REQUIRED");
  wrong.mutable_graduates(0)->set_responsible("x");
  wrong.mutable_graduates(0)->set_stage("NONE");
  EXPECT_EQ(ReasonOf(As("officer", "BatchEnterGraduates", wrong, &Handlers::BatchEnterGraduates).status()),
            "STAGE_UNKNOWN");
  EXPECT_EQ(ReasonOf(As("officer", "BatchEnterGraduates", Graduating({}), &Handlers::BatchEnterGraduates).status()),
            "FIELD_REQUIRED");
  wrong = Graduating(std::vector<std::string>(201, "p2"));
  EXPECT_EQ(ReasonOf(As("officer", "BatchEnterGraduates", wrong, &Handlers::BatchEnterGraduates).status()),
            "FIELD_TOO_MANY");
  registry_v1::Student alias = Student("p2", "JUN", "7");
  alias.set_merged_into(absl::StrCat(kCounty, "/students/p1"));
  registry.Put(alias);
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(Reasons(EnterAll({"p2"})), "MERGED");
  v1::ListGraduateGapsRequest gaps;
  gaps.set_parent(kCounty);
  gaps.set_graduating_year(23);
  EXPECT_EQ(ReasonOf(As("reader", "ListGraduateGaps", gaps, &Handlers::ListGraduateGaps).status()), "NUMBER_RANGE");
}

TEST_P(FollowUpTest, SchoolsThatNothingReachedAreNamed) {
  registry_v1::School second = School(kCounty, "s2", "411728104");
  second.set_code("3241001235");
  second.set_display_name("第二小学");
  registry.Put(second);
  registry_v1::School closed = School(kCounty, "s3", "411728104");
  closed.set_state(registry_v1::SCHOOL_STATE_CLOSED);
  registry.Put(closed);
  ASSERT_TRUE(aid.CatchUp().ok());
  const auto request = Publishing("s1", 10, 9);
  const auto activity = Publish(request);
  ASSERT_TRUE(activity.ok()) << activity.status();
  EXPECT_EQ(activity->term(), kAutumn) << "of the day";
  EXPECT_EQ(activity->area(), "411728103/s1");
  EXPECT_EQ(Publish(request)->name(), activity->name());
  ASSERT_TRUE(Publish(Publishing("")).ok());

  v1::PublicityCoverage coverage = Coverage();
  EXPECT_EQ(coverage.coverage().numerator(), 1);
  EXPECT_EQ(coverage.coverage().denominator(), 2) << "a closed school teaches nobody";
  ASSERT_EQ(coverage.unreached_size(), 1);
  EXPECT_EQ(coverage.unreached(0).display_name(), "第二小学");
  EXPECT_EQ(coverage.awareness().numerator(), 9);
  EXPECT_EQ(coverage.awareness().denominator(), 10);
  EXPECT_EQ(Coverage("411728103").coverage().denominator(), 1) << "of the caller's area";
  EXPECT_EQ(aid.Counter("publicity_aware", "411728103/s1"), 9);
  EXPECT_EQ(aid.Counter("publicity_activities"), 2);

  v1::GetReportRequest report;
  report.set_area("areas/411728");
  report.set_report(v1::REPORT_KIND_PUBLICITY);
  report.set_period(kAutumn);
  const auto rows = As("reader", "GetReport", report, &Handlers::GetReport);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->rows_size(), 3) << "two schools and a township's villages";
  EXPECT_EQ(CellText(rows->total().cells(9)), "90.00%");

  v1::WithdrawPublicityActivityRequest withdraw;
  withdraw.set_name(activity->name());
  withdraw.set_request_id(NewId());
  EXPECT_EQ(ReasonOf(As("o", "WithdrawPublicityActivity", withdraw, &Handlers::WithdrawPublicityActivity).status()),
            "FIELD_REQUIRED");
  withdraw.set_reason("重复登记");
  withdraw.set_etag("\"999999\"");
  EXPECT_EQ(ReasonOf(As("o", "WithdrawPublicityActivity", withdraw, &Handlers::WithdrawPublicityActivity).status()),
            "ETAG_MISMATCH");
  withdraw.clear_etag();
  ASSERT_TRUE(As("o", "WithdrawPublicityActivity", withdraw, &Handlers::WithdrawPublicityActivity).ok());
  withdraw.set_request_id(NewId());
  EXPECT_EQ(ReasonOf(As("o", "WithdrawPublicityActivity", withdraw, &Handlers::WithdrawPublicityActivity).status()),
            "PUBLICITY_WITHDRAWN");
  EXPECT_EQ(Coverage().unreached_size(), 2);
  EXPECT_FALSE(Coverage().awareness().denominator() > 0);
  v1::ListPublicityActivitiesRequest list;
  list.set_parent(kCounty);
  list.set_term(kAutumn);
  list.set_channel("HANDBOOK");
  EXPECT_EQ(As("r", "ListPublicityActivities", list, &Handlers::ListPublicityActivities)->activities_size(), 2)
      << "what was taken back stays readable (DR-13)";
  list.set_channel("POSTER");
  EXPECT_EQ(As("r", "ListPublicityActivities", list, &Handlers::ListPublicityActivities)->activities_size(), 0);
}

TEST_P(FollowUpTest, AnActivityHasAPlaceOfTheCounty) {
  EXPECT_EQ(ReasonOf(Publish(Publishing("s7")).status()), "SCHOOL_UNKNOWN");
  auto village = Publishing("");
  village.mutable_activity()->set_village("500243101001");
  EXPECT_EQ(ReasonOf(Publish(village).status()), "REGION_UNKNOWN");
  auto channel = Publishing();
  channel.mutable_activity()->set_channel("RUMOUR");
  EXPECT_EQ(ReasonOf(Publish(channel).status()), "CODE_UNKNOWN");
  EXPECT_EQ(ReasonOf(Publish(Publishing("s1"), "411728104").status()), "PERMISSION_DENIED");
}

}  // namespace
}  // namespace ruraledu::student_aid
