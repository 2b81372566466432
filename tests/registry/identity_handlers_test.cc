// Identity: checks of numbers (7.1), possible duplicates and weak matches, merge and un-merge as dated aliases.
#include "services/registry/store.h"
#include "tests/registry/fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class IdentityHandlersTest : public RegistryTest {
 protected:
  void SetUp() override {
    school = Must(Create(School()));
    keep = Must(Create(Student(school, Id("20140305", 1), "张子涵")));
    v1::Student second = Student(school, "", "张梓涵");
    second.set_id_type("Z");
    *second.mutable_birth_date() = DateOf(absl::CivilDay(2014, 3, 5));
    duplicate = Must(Create(second));
  }
  absl::StatusOr<v1::ValidateIdentityResponse> Validate(
      const std::string& number, const std::function<void(v1::ValidateIdentityRequest&)>& fill = nullptr) {
    v1::ValidateIdentityRequest request;
    request.set_id_number(number);
    if (fill) {
      fill(request);
    }
    return Call("ValidateIdentity", request, &Handlers::ValidateIdentity);
  }
  static std::vector<std::string> Codes(const v1::ValidateIdentityResponse& response) {
    std::vector<std::string> codes;
    for (const auto& finding : response.findings()) {
      codes.push_back(absl::StrCat(finding.code(), finding.warning() ? " warning" : ""));
    }
    return codes;
  }
  v1::IdentityReview Review(const std::string& id, const std::string& kind = "POSSIBLE_DUPLICATE") {
    v1::IdentityReview review;
    review.set_name(absl::StrCat(kParent, "/reviews/", id));
    review.set_kind(kind);
    review.set_student(keep.name());
    review.set_area(keep.area());
    review.set_score_permille(900);
    review.set_state(v1::REVIEW_STATE_OPEN);
    if (kind == "POSSIBLE_DUPLICATE") {
      review.set_other_student(duplicate.name());
    }
    return review;
  }
  v1::IdentityReview Open(v1::IdentityReview review) {
    Put(kReviews, review, {ReviewPair(review)});
    for (const v1::IdentityReview& found : All<v1::IdentityReview>(kReviews)) {
      review = found.name() == review.name() ? found : review;
    }
    return review;
  }
  v1::DecideReviewRequest Deciding(const v1::IdentityReview& review, v1::ReviewState decision,
                                   const std::string& kept = "") {
    v1::DecideReviewRequest request;
    request.set_name(review.name());
    request.set_decision(decision);
    request.set_keep(kept);
    request.set_request_id(NextRequest());
    return request;
  }
  absl::StatusOr<v1::IdentityReview> Decide(const v1::DecideReviewRequest& request) {
    return Call("DecideReview", request, &Handlers::DecideReview);
  }
  absl::StatusOr<v1::Student> Merge(const std::string& name, const std::string& other) {
    v1::MergeStudentsRequest request;
    request.set_name(name);
    request.set_duplicate(other);
    request.set_reason("same child");
    request.set_request_id(NextRequest());
    return Call("MergeStudents", request, &Handlers::MergeStudents);
  }
  absl::StatusOr<v1::Student> Unmerge(const std::string& name) {
    v1::UnmergeStudentRequest request;
    request.set_name(name);
    request.set_reason("two children");
    request.set_request_id(NextRequest());
    return Call("UnmergeStudent", request, &Handlers::UnmergeStudent);
  }

  v1::School school;
  v1::Student keep, duplicate;
};

TEST_F(IdentityHandlersTest, AnyoneCanCheckANumber) {
  const std::string good = Id("20140305", 1);
  const auto right = Must(Validate(good));
  EXPECT_TRUE(right.valid());
  EXPECT_THAT(Codes(right), IsEmpty());
  EXPECT_EQ(DayOf(right.birth_date()), absl::CivilDay(2014, 3, 5));
  EXPECT_EQ(right.sex(), "1");
  EXPECT_THAT(Codes(Must(Validate("4117001985010101"))), ElementsAre("ID_LENGTH"));
  EXPECT_THAT(Codes(Must(Validate("411700850101001"))), ElementsAre("ID_LEGACY15"));
  EXPECT_THAT(Codes(Must(Validate("99" + good.substr(2)))), ElementsAre("ID_REGION"));
  EXPECT_THAT(Codes(Must(Validate("411700201413050017"))), ElementsAre("ID_DATE"));
  EXPECT_FALSE(Must(Validate(good.substr(0, 17) + (good[17] == '0' ? "1" : "0"))).valid());
  const auto doubted = Must(Validate(" " + good, [](auto& r) {
    r.set_sex("2");
    *r.mutable_birth_date() = DateOf(absl::CivilDay(2014, 3, 6));
  }));
  EXPECT_TRUE(doubted.valid()) << "warnings do not refuse";
  EXPECT_THAT(Codes(doubted), SizeIs(3));
  EXPECT_THAT(Codes(Must(Validate(good, [](auto& r) { *r.mutable_as_of() = DateOf(absl::CivilDay(2014, 3, 4)); }))),
              ElementsAre("ID_DATE"))
      << "on that day the child was not born";
  EXPECT_THAT(doubted.ShortDebugString(), Not(HasSubstr(good)));
}

TEST_F(IdentityHandlersTest, AMergeIsAnAliasAndCanBeEnded) {
  const auto before = Counters("COUNTY");
  EXPECT_THAT(before, Contains("COUNTY 411728  pupils PRI = 2"));
  EXPECT_EQ(Must(Merge(keep.name(), duplicate.name())).name(), keep.name());
  ASSERT_TRUE(RunJobs().ok());
  const absl::Status alias = Read(duplicate.name()).status();
  EXPECT_EQ(ReasonOf(alias), "MERGED");
  EXPECT_THAT(std::string(alias.message()), HasSubstr(keep.name()));
  EXPECT_THAT(Counters("COUNTY"), Contains("COUNTY 411728  pupils PRI = 1")) << "one child";
  EXPECT_EQ(ReasonOf(Merge(keep.name(), duplicate.name()).status()), "MERGED");
  EXPECT_EQ(ReasonOf(Merge(duplicate.name(), keep.name()).status()), "MERGED");
  v1::ChangeStudentStatusRequest status;
  status.set_name(duplicate.name());
  status.set_status("SUSPECTED");
  *status.mutable_status_from() = DateOf(absl::CivilDay(2023, 9, 12));
  status.set_request_id(NextRequest());
  EXPECT_EQ(ReasonOf(Call("ChangeStudentStatus", status, &Handlers::ChangeStudentStatus).status()), "MERGED");
  v1::UpdateStudentRequest update;
  update.mutable_student()->set_name(duplicate.name());
  update.mutable_student()->set_health("10");
  update.mutable_update_mask()->add_paths("health");
  update.set_request_id(NextRequest());
  EXPECT_EQ(ReasonOf(Call("UpdateStudent", update, &Handlers::UpdateStudent).status()), "MERGED");
  EXPECT_EQ(Differences(), 0);
  EXPECT_EQ(Must(Unmerge(duplicate.name())).merged_into(), "");
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_TRUE(Read(duplicate.name()).ok());
  EXPECT_EQ(Counters("COUNTY"), before);
  EXPECT_EQ(ReasonOf(Unmerge(duplicate.name()).status()), "NOT_MERGED");
  EXPECT_EQ(Differences(), 0);
}

TEST_F(IdentityHandlersTest, EachReasonOfARefusedMerge) {
  EXPECT_EQ(ReasonOf(Merge(keep.name(), keep.name()).status()), "MERGE_SELF");
  EXPECT_EQ(ReasonOf(Merge(keep.name(), absl::StrCat(kParent, "/students/none")).status()), "NOT_FOUND");
  const v1::School far = Must(Create(School("2141000009", {"PRI"}, "411729001"), kOtherParent));
  const v1::Student other = Must(Create(Student(far, Id("20140305", 9)), kOtherParent));
  EXPECT_EQ(ReasonOf(Merge(keep.name(), other.name()).status()), "MERGE_OTHER_COUNTY");
  v1::IdentityReview across = Review("r8");
  across.set_other_student(other.name());
  EXPECT_EQ(ReasonOf(Decide(Deciding(Open(across), v1::REVIEW_STATE_SAME)).status()), "MERGE_OTHER_COUNTY");
  v1::CreateTransferRequest ask;
  ask.set_parent(kParent);
  ask.mutable_transfer()->set_student(duplicate.name());
  ask.mutable_transfer()->set_to_school(far.name());
  *ask.mutable_transfer()->mutable_effective_on() = DateOf(absl::CivilDay(2023, 10, 8));
  ask.set_request_id(NextRequest());
  ASSERT_TRUE(Call("CreateTransfer", ask, &Handlers::CreateTransfer).ok());
  EXPECT_EQ(ReasonOf(Merge(keep.name(), duplicate.name()).status()), "TRANSFER_OPEN");
  EXPECT_EQ(ReasonOf(Decide(Deciding(Open(Review("r9")), v1::REVIEW_STATE_SAME)).status()), "TRANSFER_OPEN");
  EXPECT_EQ(ReasonOf(Unmerge(keep.name()).status()), "NOT_MERGED");
  v1::MergeStudentsRequest silent;
  silent.set_name(keep.name());
  silent.set_duplicate(duplicate.name());
  silent.set_request_id(NextRequest());
  EXPECT_EQ(ReasonOf(Call("MergeStudents", silent, &Handlers::MergeStudents).status()), "FIELD_REQUIRED");
}

TEST_F(IdentityHandlersTest, DifferentClosesAPairAndSameMerges) {
  const v1::IdentityReview first = Open(Review("r1"));
  EXPECT_THAT(Counters("COUNTY"), Contains("COUNTY 411728  open_reviews POSSIBLE_DUPLICATE = 1"));
  v1::DecideReviewRequest request = Deciding(first, v1::REVIEW_STATE_OPEN);
  EXPECT_THAT(testlib::Violated(Decide(request).status()), ElementsAre("decision CODE_UNKNOWN"));
  request = Deciding(first, v1::REVIEW_STATE_DIFFERENT);
  request.set_etag("\"0\"");
  EXPECT_EQ(ReasonOf(Decide(request).status()), "ETAG_MISMATCH");
  request.set_etag(first.etag());
  request.set_note("twins");
  ExpectReplay<v1::DecideReviewRequest, v1::IdentityReview>("DecideReview", request, &Handlers::DecideReview,
                                                            [](auto& r) { r.set_note("other"); });
  const v1::IdentityReview decided = All<v1::IdentityReview>(kReviews)[0];
  EXPECT_EQ(decided.state(), v1::REVIEW_STATE_DIFFERENT);
  EXPECT_EQ(decided.decided_by(), "job:test");
  EXPECT_TRUE(Read(duplicate.name()).ok());
  EXPECT_EQ(ReasonOf(Decide(Deciding(first, v1::REVIEW_STATE_SAME)).status()), "REVIEW_DECIDED");
  EXPECT_EQ(ReasonOf(Decide(Deciding(Review("none"), v1::REVIEW_STATE_SAME)).status()), "NOT_FOUND");
  EXPECT_THAT(Counters("COUNTY"), Not(Contains(HasSubstr("open_reviews"))));
}

TEST_F(IdentityHandlersTest, SameKeepsTheOneThatTheOfficerNames) {
  const v1::IdentityReview review = Open(Review("r1"));
  const v1::Student third = Must(Create(Student(school, Id("20140305", 7), "王小明")));
  EXPECT_THAT(testlib::Violated(Decide(Deciding(review, v1::REVIEW_STATE_SAME, third.name())).status()),
              ElementsAre("keep NAME_INVALID"))
      << "somebody who is not of the pair";
  EXPECT_TRUE(Read(keep.name()).ok());
  EXPECT_TRUE(Decide(Deciding(review, v1::REVIEW_STATE_SAME, duplicate.name())).ok());
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_TRUE(Read(duplicate.name()).ok());
  EXPECT_EQ(ReasonOf(Read(keep.name()).status()), "MERGED");
  EXPECT_EQ(Differences(), 0);
}

TEST_F(IdentityHandlersTest, AConfirmedWeakMatchLinksMemberAndPupil) {
  v1::Household household = Household();
  v1::HouseholdMember* child = household.add_members();
  child->set_display_name("张子涵");
  child->set_relation("CHILD");
  *child->mutable_valid_from() = DateOf(absl::CivilDay(2016, 1, 1));
  household = Must(Create(household));
  v1::IdentityReview review = Review("r1", "WEAK_MATCH");
  review.set_household_member(absl::StrCat(household.name(), "#1"));
  Open(review);
  v1::IdentityReview stale = Review("r2", "WEAK_MATCH");
  stale.set_household_member(absl::StrCat(household.name(), "#7"));
  Open(stale);
  EXPECT_EQ(ReasonOf(Decide(Deciding(stale, v1::REVIEW_STATE_SAME)).status()), "REVIEW_STALE");
  ASSERT_TRUE(Decide(Deciding(review, v1::REVIEW_STATE_SAME)).ok());
  const v1::Household linked = All<v1::Household>(kHouseholds)[0];
  EXPECT_EQ(linked.members(1).student(), keep.name());
  EXPECT_EQ(linked.members(1).match(), "WEAK_MATCH");
  EXPECT_EQ(Must(Read(keep.name())).household(), household.name());
  EXPECT_EQ(Must(Read(keep.name())).village(), "411728001201");
  v1::ListReviewsRequest list;
  list.set_parent(kParent);
  list.set_state(v1::REVIEW_STATE_OPEN);
  const auto open = Must(Call("ListReviews", list, &Handlers::ListReviews));
  ASSERT_THAT(open.reviews(), SizeIs(1));
  EXPECT_EQ(open.reviews(0).name(), stale.name());
}

TEST_F(IdentityHandlersTest, ReviewsComeHighestScoreFirst) {
  for (const int score : {700, 950, 800}) {
    v1::IdentityReview review = Review(absl::StrCat("r", score), "WEAK_MATCH");
    review.set_household_member(absl::StrCat(kParent, "/households/h#", score));
    review.set_score_permille(score);
    Open(review);
  }
  v1::ListReviewsRequest list;
  list.set_parent(kParent);
  list.set_page_size(2);
  const auto first = Must(Call("ListReviews", list, &Handlers::ListReviews));
  ASSERT_THAT(first.reviews(), SizeIs(2));
  EXPECT_EQ(first.reviews(0).score_permille(), 950);
  EXPECT_EQ(first.reviews(1).score_permille(), 800);
  list.set_page_token(first.next_page_token());
  EXPECT_EQ(Must(Call("ListReviews", list, &Handlers::ListReviews)).reviews(0).score_permille(), 700);
  EXPECT_THAT(Must(Call("ListReviews", list, &Handlers::ListReviews, "411728001")).reviews(), SizeIs(1));
  list.set_page_token("");
  EXPECT_THAT(Must(Call("ListReviews", list, &Handlers::ListReviews, "411728002")).reviews(), IsEmpty());
}

TEST_F(IdentityHandlersTest, RepeatedWritesGiveTheFirstAnswer) {
  v1::MergeStudentsRequest merge;
  merge.set_name(keep.name());
  merge.set_duplicate(duplicate.name());
  merge.set_reason("same child");
  ExpectReplay<v1::MergeStudentsRequest, v1::Student>("MergeStudents", merge, &Handlers::MergeStudents,
                                                      [](auto& r) { r.set_reason("other"); });
  v1::UnmergeStudentRequest unmerge;
  unmerge.set_name(duplicate.name());
  unmerge.set_reason("two children");
  ExpectReplay<v1::UnmergeStudentRequest, v1::Student>("UnmergeStudent", unmerge, &Handlers::UnmergeStudent,
                                                       [](auto& r) { r.set_reason("other"); });
}

}  // namespace
}  // namespace ruraledu::registry
