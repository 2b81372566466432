// The yearly look of the expert committee behind its handlers, on both databases.
#include "common/obs/metrics.h"
#include "services/dropout_monitoring/care_gauges.h"
#include "services/dropout_monitoring/committee_store.h"
#include "tests/dropout_monitoring/care_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CommitteeTest : public CareFixture, public ::testing::TestWithParam<const char*> {
 protected:
  CommitteeTest() : CareFixture(OptionsOf(GetParam())) {
    registry_v1::Student leaver = Child("d2");
    leaver.mutable_disability()->set_kind("5");
    leaver.mutable_disability()->set_grade("2");
    leaver.mutable_enrolments(0)->set_grade("6");
    registry.Put(leaver);
    EXPECT_TRUE(monitoring.CatchUp().ok());
    RunClock();
    EXPECT_TRUE(Propose(Placing(ChildName("d2"))).ok());
    EXPECT_TRUE(Decide(ChildName("d2")).ok());
  }

  // "d1 NEW", with "!" when it is overdue.
  std::vector<std::string> Due(v1::ListCommitteeDueRequest request = {}, const std::string& area = "411728") {
    request.set_parent(kCounty);
    std::vector<std::string> lines;
    do {
      const auto listed = As("o", area, "ListCommitteeDue", request, &Handlers::ListCommitteeDue);
      EXPECT_TRUE(listed.ok()) << listed.status();
      EXPECT_EQ(listed->school_year(), "2023-2024");
      for (const auto& due : listed->children()) {
        lines.push_back(absl::StrCat(feed::IdOfName(due.child()), " ", v1::CommitteeTask_Name(due.task()).substr(15),
                                     due.overdue() ? "!" : ""));
      }
      request.set_page_token(listed->next_page_token());
    } while (!request.page_token().empty());
    return lines;
  }
  absl::StatusOr<v1::CommitteeReview> Enter(const v1::EnterCommitteeReviewRequest& request,
                                            const std::string& area = "411728", const std::string& by = "officer") {
    return As(by, area, "EnterCommitteeReview", request, &Handlers::EnterCommitteeReview);
  }
  v1::DecideCommitteeReviewRequest Deciding(const v1::CommitteeReview& review, bool confirm = true) const {
    v1::DecideCommitteeReviewRequest request = Of<v1::DecideCommitteeReviewRequest>(review.name());
    request.set_confirm(confirm);
    request.set_etag(review.etag());
    return request;
  }
  absl::StatusOr<v1::CommitteeReview> DecideAs(const std::string& by, const v1::DecideCommitteeReviewRequest& request,
                                               const std::string& area = "411728") {
    return As(by, area, "DecideCommitteeReview", request, &Handlers::DecideCommitteeReview);
  }
  int OpinionsOf(const std::string& id) {
    const auto sealer = *monitoring.place.keys->SealerOf(kShard);
    const auto child = monitoring.place.database->Read(
        [&](db::Transaction& tx) { return feed::Load<v1::DisabledChild>(tx, *sealer, kDisabledChildren, kShard, id); });
    return child.ok() && child->has_value() ? (*child)->opinions_size() : -1;
  }
  std::string Gauge() {
    obs::Metrics metrics;
    EXPECT_TRUE(CareProbe(monitoring.host(), ShippedStandards(), metrics)().ok());
    return metrics.Text();
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, CommitteeTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(CommitteeTest, WhoIsDueInTheSchoolYear) {
  EXPECT_EQ(ChildOf("d2").grade(), "6") << "of the register, by the daily look";
  EXPECT_THAT(Due(), ElementsAre("d1 NEW", "d2 TRANSITION"));
  v1::ListCommitteeDueRequest request;
  request.set_page_size(1);
  EXPECT_THAT(Due(request), ElementsAre("d1 NEW", "d2 TRANSITION")) << "page by page";
  request.set_task(v1::COMMITTEE_TASK_TRANSITION);
  EXPECT_THAT(Due(request), ElementsAre("d2 TRANSITION"));
  request = {};
  request.set_area("areas/411728102");
  EXPECT_THAT(Due(request), IsEmpty());
  request.set_area("areas/411728103/s1");
  EXPECT_THAT(Due(request), ElementsAre("d1 NEW", "d2 TRANSITION"));
  EXPECT_THAT(Due({}, "411728102"), IsEmpty()) << "a neighbour learns nothing";
  EXPECT_THAT(Due(request, "411728102"), IsEmpty());
  request = {};
  request.set_overdue_only(true);
  EXPECT_THAT(Due(request), IsEmpty());
  EXPECT_THAT(Gauge(), HasSubstr("overdue_committee_reviews{county=\"411728\"} 0"));
  On(12, 1);
  EXPECT_THAT(Due(request), ElementsAre("d1 NEW!")) << "30 November is over";
  EXPECT_THAT(Gauge(), HasSubstr("overdue_committee_reviews{county=\"411728\"} 1"));
  On(6, 1, 2024);
  EXPECT_THAT(Due(request), ElementsAre("d1 NEW!", "d2 TRANSITION!")) << "and 31 May";
  request.set_parent(kCounty);
  request.set_page_token("rubbish");
  EXPECT_EQ(Reason(As("o", "411728", "ListCommitteeDue", request, &Handlers::ListCommitteeDue)), "PAGE_TOKEN");
}

TEST_P(CommitteeTest, OneEntersAnotherConfirmsAndPlacementsFollow) {
  const std::string name = ChildName("d1");
  const v1::EnterCommitteeReviewRequest request = Reviewing(name);
  EXPECT_EQ(Reason(Enter(request, "411728102")), "PERMISSION_DENIED");
  EXPECT_EQ(Reason(Enter(Reviewing(ChildName("none")), "411728102")), "PERMISSION_DENIED");
  EXPECT_EQ(Reason(Enter(Reviewing(ChildName("none")))), "NOT_FOUND");
  const auto entered = Enter(request);
  ASSERT_TRUE(entered.ok()) << entered.status();
  EXPECT_EQ(entered->name(), absl::StrCat(kCounty, "/committeeReviews/2023-2024.d1"));
  EXPECT_TRUE(entered->masked());
  EXPECT_FALSE(entered->has_opinion());
  EXPECT_EQ(entered->recommendation(), "");
  EXPECT_EQ(Enter(request)->etag(), entered->etag()) << "a replay";
  v1::EnterCommitteeReviewRequest other = request;
  other.set_correction_reason("另一内容");
  EXPECT_EQ(Reason(Enter(other)), "REQUEST_ID_REUSED");
  EXPECT_EQ(OpinionsOf("d1"), 0);
  EXPECT_EQ(Reason(DecideAs("officer", Deciding(*entered))), "ROLE_HELD");
  EXPECT_EQ(Reason(DecideAs("head", Deciding(*entered, false))), "FIELD_REQUIRED");
  EXPECT_EQ(Reason(DecideAs("head", Deciding(*entered), "411728102")), "PERMISSION_DENIED");
  v1::DecideCommitteeReviewRequest stale = Deciding(*entered);
  stale.set_etag("\"1\"");
  EXPECT_EQ(Reason(DecideAs("head", stale)), "ETAG_MISMATCH");
  stale.clear_etag();
  v1::DecideCommitteeReviewRequest nothing = Deciding(*entered);
  nothing.set_name(absl::StrCat(kCounty, "/committeeReviews/2023-2024.none"));
  EXPECT_EQ(Reason(DecideAs("head", nothing)), "NOT_FOUND");
  v1::DecideCommitteeReviewRequest refusing = Deciding(*entered, false);
  refusing.set_reason("缺少评估记录");
  const auto refused = DecideAs("head", refusing);
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_EQ(refused->state(), v1::COMMITTEE_REVIEW_STATE_REFUSED);
  EXPECT_EQ(Reason(DecideAs("head", Deciding(*refused))), "STATE_TRANSITION");
  const auto again = Enter(Reviewing(name));
  ASSERT_TRUE(again.ok()) << again.status();
  const v1::DecideCommitteeReviewRequest confirming = Deciding(*again);
  const auto confirmed = DecideAs("head", confirming);
  ASSERT_TRUE(confirmed.ok()) << confirmed.status();
  EXPECT_EQ(DecideAs("head", confirming)->etag(), confirmed->etag()) << "a replay";
  EXPECT_FALSE(confirmed->late());
  EXPECT_EQ(OpinionsOf("d1"), 1);
  // The opinion is the committee's now, and home teaching follows it.
  ASSERT_TRUE(Propose(Placing(name, "HOME_TEACHING")).ok());
  EXPECT_TRUE(Decide(name).ok()) << "without another opinion";
  On(12, 1);
  EXPECT_THAT(Gauge(), HasSubstr("overdue_committee_reviews{county=\"411728\"} 0"));
  EXPECT_EQ(Reason(Enter(Reviewing(name))), "COMMITTEE_ANSWER") << "teaching at home ends in July: renewed, not placed";
}

TEST_P(CommitteeTest, WhatIsWrongIsRefused) {
  const auto reason = [&](auto change) {
    v1::EnterCommitteeReviewRequest request = Reviewing(ChildName("d1"));
    change(request);
    return Reason(Enter(request));
  };
  EXPECT_EQ(reason([](auto& r) { r.mutable_opinion()->clear_text(); }), "FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& r) { r.clear_recommendation(); }), "FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& r) { r.set_recommendation("MARS"); }), "CODE_UNKNOWN");
  EXPECT_EQ(reason([](auto& r) { r.set_recommendation("KEEP"); }), "COMMITTEE_ANSWER");
  EXPECT_EQ(reason([](auto& r) { r.mutable_opinion()->mutable_members()->RemoveLast(); }), "FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& r) { r.set_correction_reason(std::string(2001, 'x')); }), "FIELD_TOO_LONG");
  EXPECT_EQ(reason([&](auto& r) { *r.mutable_opinion()->mutable_on() = DateOf(today + 1); }), "DATE_AHEAD");
  EXPECT_EQ(reason([](auto& r) { *r.mutable_opinion()->mutable_on() = Date(20230831); }), "COMMITTEE_YEAR");
  EXPECT_EQ(reason([](auto& r) { r.mutable_opinion()->mutable_on()->set_month(13); }), "DATE_INVALID");
  EXPECT_EQ(reason([](auto& r) {
              for (int i = 0; i < 30; ++i) r.mutable_opinion()->add_members("医生乙");
            }),
            "FIELD_TOO_MANY");
  EXPECT_EQ(reason([](auto& r) { r.set_etag("\"1\""); }), "ETAG_MISMATCH");
  const auto entered = Enter(Reviewing(ChildName("d1")));
  v1::DecideCommitteeReviewRequest longer = Deciding(*entered, false);
  longer.set_reason(std::string(2001, 'x'));
  EXPECT_EQ(Reason(DecideAs("head", longer)), "FIELD_TOO_LONG");
  // So many opinions that no other one fits.
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(Advise(ChildName("d1")).ok());
  EXPECT_EQ(Reason(DecideAs("head", Deciding(*entered))), "FIELD_TOO_MANY");
}

TEST_P(CommitteeTest, InClearOnlyForAPurpose) {
  const auto entered = Enter(Reviewing(ChildName("d1")));
  ASSERT_TRUE(entered.ok()) << entered.status();
  v1::GetCommitteeReviewRequest request;
  request.set_name(entered->name());
  const auto masked = As("o", "411728", "GetCommitteeReview", request, &Handlers::GetCommitteeReview);
  EXPECT_TRUE(masked->masked());
  EXPECT_EQ(Reason(As("o", "411728102", "GetCommitteeReview", request, &Handlers::GetCommitteeReview)),
            "PERMISSION_DENIED");
  request.set_unmask(true);
  const auto as = [&](rpc::Caller caller, const std::string& purpose) {
    return monitoring.CallAs(std::move(caller), "GetCommitteeReview", request, &Handlers::GetCommitteeReview, purpose);
  };
  EXPECT_EQ(Reason(as(rpc::MakeJobCaller("o", "411728"), "")), "PERMISSION_DENIED");
  EXPECT_EQ(Reason(as(Holder("COUNTY_DROPOUT_OFFICER"), "")), "PURPOSE_REQUIRED");
  const auto clear = as(Holder("COUNTY_DROPOUT_OFFICER"), "DROPOUT_CARE");
  ASSERT_TRUE(clear.ok()) << clear.status();
  EXPECT_EQ(clear->recommendation(), "PLACE");
  EXPECT_EQ(clear->opinion().text(), "可学习生活语文");
}

TEST_P(CommitteeTest, ALookGoesWithTheChildWhenTheRegisterLearnsOfIt) {
  const auto unknown = CareFixture::Enter(EnteringUnknown());
  ASSERT_TRUE(unknown.ok()) << unknown.status();
  const auto entered = Enter(Reviewing(unknown->name()));
  ASSERT_TRUE(entered.ok()) << entered.status();
  registry_v1::Student known = Child("r1");
  known.set_display_name("赵小雨");
  *known.mutable_birth_date() = Date(20160101);
  registry.Put(known);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  Later(1);
  RunClock();
  EXPECT_THAT(Due(), ElementsAre("d1 NEW", "d2 TRANSITION", "r1 NEW"));
  v1::GetCommitteeReviewRequest request;
  request.set_name(entered->name());
  const auto got = As("o", "411728", "GetCommitteeReview", request, &Handlers::GetCommitteeReview);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->person(), "r1") << "an erasure of the person finds it";
  const auto confirmed = DecideAs("head", Deciding(*got));
  ASSERT_TRUE(confirmed.ok()) << confirmed.status();
  EXPECT_EQ(OpinionsOf("r1"), 1);
}

TEST_P(CommitteeTest, TheReportOfAYear) {
  const auto entered = Enter(Reviewing(ChildName("d1")));
  ASSERT_TRUE(entered.ok()) << entered.status();
  const auto exported = [&](const std::string& period, const std::string& area = "areas/411728") {
    v1::ExportReportRequest request;
    request.set_area(area);
    request.set_report(v1::REPORT_KIND_COMMITTEE_REVIEWS);
    request.set_period(period);
    request.set_format(ruraledu::reports::v1::REPORT_FORMAT_CSV);
    return monitoring.Export(rpc::MakeJobCaller("o", "411728"), request).value_or("");
  };
  const std::string present = exported("2023-2024");
  EXPECT_THAT(present, HasSubstr("待审核"));
  EXPECT_THAT(present, HasSubstr("学段衔接"));
  EXPECT_THAT(present, HasSubstr("合计 2"));
  EXPECT_THAT(present, Not(HasSubstr("可学习生活语文"))) << "what was said is the child's";
  EXPECT_THAT(present, Not(HasSubstr("王小明")));
  EXPECT_THAT(exported("2023-2024", "areas/411728102"), HasSubstr("合计 0"));
  On(9, 2, 2024);
  const std::string past = exported("2023-2024");
  EXPECT_THAT(past, HasSubstr("新安置评估"));
  EXPECT_THAT(past, HasSubstr("合计 1")) << "what was looked at then";
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
