// The yearly look of the expert committee as rules: who is due and by which day (digest 3.1, 3.7, DR-32, PS-11), and
// which recommendation answers.
#include "services/dropout_monitoring/committee_rules.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/dropout_monitoring/fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

const absl::CivilDay kAutumn(2023, 9, 11);

CommitteeDay On(absl::CivilDay on) {
  const PlacementBook& book = ShippedStandards().care.placements;
  return {book, **book.policies.InForce("411728000000", on), ShippedStandards().terms, on};
}

v1::DisabledChild Child(const std::string& grade = "3", int born = 20140501) {
  v1::DisabledChild child;
  child.set_name("counties/411728/disabledChildren/d1");
  child.set_area("411728103/s1/k1");
  child.set_person("d1");
  *child.mutable_birth_date() = Date(born);
  child.set_grade(grade);
  child.set_registered(true);
  return child;
}
v1::DisabledChild Placed(v1::DisabledChild child, int from, int until = 0, const std::string& kind = "SPECIAL_SCHOOL") {
  v1::Placement* placement = child.add_placements();
  placement->set_kind(kind);
  placement->set_state(v1::PLACEMENT_STATE_APPROVED);
  *placement->mutable_from() = Date(from);
  if (until != 0) *placement->mutable_until() = Date(until);
  return child;
}
v1::DisabledChild Seen(v1::DisabledChild child, int on, const std::string& review = "reviews/1") {
  *child.add_opinions()->mutable_on() = Date(on);
  child.mutable_opinions(child.opinions_size() - 1)->set_review(review);
  return child;
}
v1::DisabledChild Noted(v1::DisabledChild child, int since) {
  child.add_findings()->set_code("NO_PLACEMENT");
  *child.mutable_findings(0)->mutable_since() = Date(since);
  return child;
}

// "NEW by 2023-11-30", "" nothing.
std::string Duty(const v1::DisabledChild& child, absl::CivilDay on = kAutumn) {
  const auto duty = DutyOf(On(on), child);
  return duty.has_value() ? absl::StrCat(v1::CommitteeTask_Name(duty->task).substr(15), " by ", DayText(duty->due_on))
                          : "";
}

TEST(Committee, WhoIsDueAndByWhichDay) {
  const v1::DisabledChild child = Child();
  struct Row {
    const char* what;
    v1::DisabledChild child;
    absl::CivilDay on;
    std::string due;
  };
  v1::DisabledChild gone = Child();
  gone.set_gone(true);
  v1::DisabledChild unregistered = Placed(Child("6"), 20230901);
  unregistered.set_registered(false);
  v1::DisabledChild planned = Placed(Child(), 20230901, 20240901, "DELAYED_ENTRY");
  planned.mutable_placements(0)->mutable_plan()->set_content("生活语文");
  const Row rows[] = {
      {"never placed", child, kAutumn, "NEW by 2023-11-30"},
      {"known since September: the day of the year is later", Noted(child, 20230905), kAutumn, "NEW by 2023-11-30"},
      {"found in spring: 30 days", Noted(child, 20240311), absl::CivilDay(2024, 5, 1), "NEW by 2024-04-10"},
      {"since the year before: the day of that year", Noted(child, 20221001), kAutumn, "NEW by 2022-11-30"},
      {"a delay without a plan is no placement", Placed(child, 20230901, 20240901, "DELAYED_ENTRY"), kAutumn,
       "NEW by 2023-11-30"},
      {"a delay with one ends with the school year", planned, kAutumn, "REVIEW by 2024-08-31"},
      {"an approval ended", Placed(child, 20220901, 20230901, "NO_CONDITION"), kAutumn, "NEW by 2023-08-31"},
      {"teaching at home ended", Placed(child, 20220901, 20230901, "HOME_TEACHING"), kAutumn,
       "HOME_TEACHING by 2023-08-31"},
      {"teaching at home ends in the year", Placed(child, 20230901, 20240301, "HOME_TEACHING"), kAutumn,
       "HOME_TEACHING by 2024-02-29"},
      {"it ends in the next year", Placed(child, 20230911, 20240911, "HOME_TEACHING"), kAutumn, ""},
      {"placed this year", Placed(child, 20230901), kAutumn, ""},
      {"a school year ago", Placed(child, 20220901), kAutumn, "REVIEW by 2023-11-30"},
      {"the months are over in spring", Placed(child, 20230401), kAutumn, "REVIEW by 2024-04-01"},
      {"nobody looked the year before either", Placed(child, 20210901), kAutumn, "REVIEW by 2022-11-30"},
      {"looked at in the autumn before", Seen(Placed(child, 20210901), 20221015), kAutumn, "REVIEW by 2023-11-30"},
      {"looked at this autumn", Seen(Placed(child, 20210901), 20230905), kAutumn, ""},
      {"an opinion that nobody confirmed is no look", Seen(Placed(child, 20220901), 20230905, ""), kAutumn,
       "REVIEW by 2023-11-30"},
      {"last grade of primary school", Placed(Child("6"), 20230901), kAutumn, "TRANSITION by 2024-05-31"},
      {"last grade and a review: where next says both", Placed(Child("9"), 20210901), kAutumn,
       "TRANSITION by 2024-05-31"},
      {"before the approval ends", Placed(Child("6"), 20230901, 20240301, "HOME_TEACHING"), kAutumn,
       "TRANSITION by 2024-02-29"},
      {"last grade without a placement", Child("6"), kAutumn, "NEW by 2023-11-30"},
      {"upper kindergarten, not of school age yet", Child("P3", 20180101), kAutumn, "TRANSITION by 2024-05-31"},
      {"middle kindergarten", Child("P2", 20190101), kAutumn, ""},
      {"grade 9, over age", Placed(Child("9", 20070101), 20230901), kAutumn, "TRANSITION by 2024-05-31"},
      {"over age", Placed(Child("8", 20070101), 20200901), kAutumn, ""},
      {"on no roll there is no last grade", unregistered, kAutumn, ""},
      {"gone", gone, kAutumn, ""},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Duty(row.child, row.on), row.due) << row.what;
  }
}

v1::EnterCommitteeReviewRequest Said(const std::string& recommendation, const std::string& kind = "", bool able = true,
                                     int on = 20230910) {
  v1::EnterCommitteeReviewRequest request;
  request.set_recommendation(recommendation);
  request.mutable_opinion()->set_advised_kind(kind);
  request.mutable_opinion()->set_able_to_learn(able);
  *request.mutable_opinion()->mutable_on() = Date(on);
  return request;
}
std::string Entered(const v1::DisabledChild& child, const v1::EnterCommitteeReviewRequest& request,
                    v1::CommitteeReview* review, absl::CivilDay on = kAutumn) {
  return ReasonOf(EnterReview(On(on), {"a", on}, child, request, review));
}
std::string Entered(const v1::DisabledChild& child, const v1::EnterCommitteeReviewRequest& request) {
  v1::CommitteeReview review;
  return Entered(child, request, &review);
}

TEST(Committee, ARecommendationAnswersTheTask) {
  EXPECT_EQ(Entered(Child(), Said("PLACE", "SPECIAL_SCHOOL")), "");
  EXPECT_EQ(Entered(Child(), Said("KEEP")), "COMMITTEE_ANSWER") << "there is nothing to keep";
  EXPECT_EQ(Entered(Child(), Said("PLACE")), "FIELD_REQUIRED") << "where?";
  EXPECT_EQ(Entered(Child(), Said("PLACE", "HOME_TEACHING", false)), "COMMITTEE_ANSWER") << "3.1: able to learn";
  EXPECT_EQ(Entered(Child(), Said("NOT_ABLE", "NO_CONDITION", true)), "COMMITTEE_ANSWER");
  EXPECT_EQ(Entered(Child(), Said("NOT_ABLE", "NO_CONDITION", false)), "");
  EXPECT_EQ(Entered(Placed(Child(), 20220901), Said("KEEP")), "");
  EXPECT_EQ(Entered(Placed(Child(), 20220901), Said("NEXT_STAGE", "SPECIAL_SCHOOL")), "COMMITTEE_ANSWER");
  EXPECT_EQ(Entered(Placed(Child("6"), 20220901), Said("NEXT_STAGE", "SPECIAL_SCHOOL")), "");
  EXPECT_EQ(Entered(Placed(Child("9"), 20220901), Said("VOCATIONAL")), "");
  EXPECT_EQ(Entered(Placed(Child(), 20230901), Said("KEEP")), "") << "nothing is due: an early review";
  EXPECT_EQ(Entered(Placed(Child(), 20220901), Said("KEEP", "", true, 20230831)), "COMMITTEE_YEAR");
}

TEST(Committee, ARecommendationSaysWhichTaskItAnswers) {
  const auto reason = [](const std::string& tasks, const std::string& kind) {
    return ReasonOf(CheckRecommendations(*CodeList::Parse(
        "committee_recommendation",
        absl::StrCat("code,label_zh,label_en,valid_from,valid_to,standard,source,tasks,kind\nX,x,x,,,,x,", tasks, ",",
                     kind, "\n"))));
  };
  EXPECT_EQ(reason("NEW|REVIEW", "no"), "");
  EXPECT_EQ(reason("NEW|LATER", "no"), "DATA_FILE");
  EXPECT_EQ(reason("UNSPECIFIED", "no"), "DATA_FILE");
  EXPECT_EQ(reason("", "yes"), "DATA_FILE");
  EXPECT_EQ(reason("NEW", "maybe"), "DATA_FILE");
}

TEST(Committee, OnePersonEntersAnotherConfirms) {
  const v1::DisabledChild child = Placed(Child(), 20220901);
  v1::CommitteeReview review;
  ASSERT_EQ(Entered(child, Said("KEEP"), &review), "");
  EXPECT_EQ(review.state(), v1::COMMITTEE_REVIEW_STATE_ENTERED);
  EXPECT_EQ(review.school_year(), "2023-2024");
  EXPECT_EQ(ReasonOf(DecideReview({"a", kAutumn}, true, "", &review)), "ROLE_HELD");
  review.set_state(v1::COMMITTEE_REVIEW_STATE_ENTERED);
  EXPECT_EQ(ReasonOf(DecideReview({"b", kAutumn}, false, "", &review)), "FIELD_REQUIRED");
  review.set_state(v1::COMMITTEE_REVIEW_STATE_ENTERED);
  ASSERT_EQ(ReasonOf(DecideReview({"b", kAutumn}, false, "缺少评估记录", &review)), "");
  EXPECT_EQ(review.state(), v1::COMMITTEE_REVIEW_STATE_REFUSED);
  EXPECT_EQ(ReasonOf(DecideReview({"b", kAutumn}, true, "", &review)), "STATE_TRANSITION");
  ASSERT_EQ(Entered(child, Said("CHANGE", "INCLUSIVE_CLASS"), &review), "");
  EXPECT_EQ(review.refusal_reason(), "");
  ASSERT_EQ(ReasonOf(DecideReview({"b", absl::CivilDay(2023, 12, 1)}, true, "", &review)), "");
  EXPECT_TRUE(review.late());
  EXPECT_EQ(Entered(child, Said("KEEP"), &review), "FIELD_REQUIRED") << "settled: only with a reason";
  auto corrected = Said("KEEP");
  corrected.set_correction_reason("录入有误");
  EXPECT_EQ(Entered(child, corrected, &review), "");
  EXPECT_FALSE(review.late());
}

TEST(Committee, TheListShowsWhatIsDueUntilItIsConfirmed) {
  const v1::DisabledChild child = Placed(Child(), 20220901);
  const absl::CivilDay last(2023, 11, 30);
  const auto due = [&](const v1::DisabledChild& of, const v1::CommitteeReview* review, absl::CivilDay on) {
    const auto row = DueOf(On(on), of, review);
    return row.has_value()
               ? absl::StrCat(v1::CommitteeTask_Name(row->task()).substr(15), " ",
                              v1::CommitteeReviewState_Name(row->state()).substr(23), row->overdue() ? " OVERDUE" : "")
               : "";
  };
  EXPECT_EQ(due(child, nullptr, last), "REVIEW UNSPECIFIED");
  EXPECT_EQ(due(child, nullptr, last + 1), "REVIEW UNSPECIFIED OVERDUE");
  v1::CommitteeReview review;
  ASSERT_EQ(Entered(child, Said("KEEP"), &review), "");
  EXPECT_EQ(due(child, &review, last + 1), "REVIEW ENTERED OVERDUE") << "one person alone settles nothing";
  ASSERT_TRUE(DecideReview({"b", kAutumn}, true, "", &review).ok());
  EXPECT_EQ(due(child, &review, last + 1), "REVIEW CONFIRMED");
  EXPECT_EQ(due(Seen(child, 20230910), &review, last + 1), "REVIEW CONFIRMED") << "it stays on the list of the year";
  EXPECT_EQ(due(Placed(child, 20230901, 20231201, "NO_CONDITION"), &review, last + 1), "NEW CONFIRMED OVERDUE")
      << "a look at an old placement says nothing of one that is lacking now";
  EXPECT_EQ(due(Placed(Child(), 20230901), nullptr, last), "");
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
