// Public notices, objections and appeals through the methods, on both databases.
#include "tests/student_aid/identification_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class NoticeTest : public IdentificationFixture, public ::testing::TestWithParam<const char*> {
 protected:
  NoticeTest() : IdentificationFixture(OptionsOf(GetParam())) {}

  v1::ListNoticesResponse Notices(bool running_only, const std::string& area = "411728") {
    v1::ListNoticesRequest request;
    request.set_parent(kCounty);
    request.set_term(kAutumn);
    request.set_running_only(running_only);
    const auto page = As("reader", "ListNotices", request, &Handlers::ListNotices, area);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.value_or(v1::ListNoticesResponse());
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, NoticeTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

// 7.7: no ID, phone, card, family detail, hardship kind, disability, illness - and no full name.
TEST_P(NoticeTest, ShowsWhatMayHangOnAWall) {
  registry_v1::Student named = Student("p4", "JUN", "8", false, {"X1"});
  named.set_display_name("欧阳修");
  registry.Put(named);
  ASSERT_TRUE(aid.CatchUp().ok());
  Bring("p3", "SCHOOL_REVIEWED");
  Bring("p4", "SCHOOL_REVIEWED");
  const auto posted = StartNotice();
  ASSERT_TRUE(posted.ok()) << posted.status();
  v1::GetNoticeRequest get;
  get.set_name(posted->notice().name());
  const auto notice = As("reader", "GetNotice", get, &Handlers::GetNotice);
  ASSERT_TRUE(notice.ok()) << notice.status();
  ASSERT_EQ(notice->entries_size(), 2);
  EXPECT_EQ(notice->entries(0).masked_name(), "王**");
  EXPECT_EQ(notice->entries(1).masked_name(), "欧阳*");
  EXPECT_EQ(notice->entries(1).level(), 1);
  EXPECT_EQ(notice->working_days(), 5);
  const std::string text = notice->DebugString();
  for (const char* hidden : {"X1", "4117282011", "小明", "欧阳修", "INCOME"}) EXPECT_THAT(text, Not(HasSubstr(hidden)));
  ASSERT_EQ(Notices(true).notices_size(), 1);
  EXPECT_EQ(Notices(true).notices(0).entries_size(), 0) << "lists have no names";
  EXPECT_EQ(Notices(true).notices(0).entry_count(), 2);
  EXPECT_EQ(Notices(true, "411728104").notices_size(), 0);
  get.set_name(absl::StrCat(kCounty, "/notices/none"));
  EXPECT_EQ(ReasonOf(As("reader", "GetNotice", get, &Handlers::GetNotice).status()), "NOT_FOUND");
  v1::ListNoticesRequest wrong;
  wrong.set_parent(kCounty);
  wrong.set_term("2023");
  EXPECT_EQ(ReasonOf(As("reader", "ListNotices", wrong, &Handlers::ListNotices).status()), "TERM_FORMAT");
}

// Bad input: a notice without a calendar is refused and nothing of it is there.
TEST_P(NoticeTest, WithoutTheCalendarOfTheYearNothingIsPosted) {
  registry.Put(Student("p3", "PRI", "4"));
  Bring("p3", "SCHOOL_REVIEWED");
  On(12, 28, 2024);  // the fifth working day lies in 2025, which the registry has not told
  EXPECT_EQ(ReasonOf(StartNotice({"p3"}).status()), "CALENDAR_MISSING");
  EXPECT_EQ(State("p3"), "SCHOOL_REVIEWED");
  EXPECT_EQ(Notices(false).notices_size(), 0);
  registry.Put(CalendarYear(2025));
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(Reasons(StartNotice({"p3"})), "-") << "as soon as it is followed";
}

TEST_P(NoticeTest, RowsAreOfTheSchoolAndTheYear) {
  registry.Put(School(kCounty, "s2", "411728104"));
  registry_v1::Student far = Student("far", "JUN", "8", false, {"O1"}, kCounty, "s2");
  far.set_area("411728104/s2");
  registry.Put(far);
  ASSERT_TRUE(aid.CatchUp().ok());
  for (const char* person : {"p3", "far"}) Bring(person, "SCHOOL_REVIEWED");
  Bring("p4", "APPLIED");
  EXPECT_EQ(Reasons(StartNotice({"p3", "far", "p4", "nobody", "p3"})),
            "- SCHOOL_OTHER STATE_TRANSITION NOT_FOUND DUPLICATE_IN_BATCH");
  auto later = Posting({"far"});
  later.set_school(absl::StrCat(kCounty, "/schools/s2"));
  later.set_term("2024-2025-1");
  const auto other_year = As("school", "StartNotice", later, &Handlers::StartNotice);
  EXPECT_EQ(Reasons(other_year), "TERM_OTHER_YEAR");
  EXPECT_FALSE(other_year->has_notice()) << "no notice without a pupil";
  auto wrong = Posting();
  wrong.set_school(absl::StrCat(kCounty, "/schools/none"));
  EXPECT_EQ(ReasonOf(As("school", "StartNotice", wrong, &Handlers::StartNotice).status()), "NOT_FOUND");
  wrong = Posting();
  wrong.set_term("2023");
  EXPECT_EQ(ReasonOf(As("school", "StartNotice", wrong, &Handlers::StartNotice).status()), "TERM_FORMAT");
  wrong.set_term("2017-2018-1");
  EXPECT_EQ(ReasonOf(As("school", "StartNotice", wrong, &Handlers::StartNotice).status()), "POLICY_MISSING");
  wrong = Posting();
  wrong.add_identifications(absl::StrCat(kOther, "/identifications/p3.2023-2024"));
  EXPECT_EQ(ReasonOf(As("school", "StartNotice", wrong, &Handlers::StartNotice).status()), "NAME_INVALID");
  wrong = Posting();
  for (int i = 0; i < 2001; ++i) wrong.add_identifications(Name("p3"));
  EXPECT_EQ(ReasonOf(As("school", "StartNotice", wrong, &Handlers::StartNotice).status()), "FIELD_TOO_MANY");
  EXPECT_EQ(ReasonOf(As("school", "StartNotice", Posting(), &Handlers::StartNotice, "411728104").status()),
            "PERMISSION_DENIED");
  auto stale = Closing(Notices(true).notices(0).name());
  stale.set_etag("\"1\"");
  EXPECT_EQ(ReasonOf(As("school", "CloseNotice", stale, &Handlers::CloseNotice).status()), "ETAG_MISMATCH");
  EXPECT_EQ(ReasonOf(CloseNotice(absl::StrCat(kCounty, "/notices/none")).status()), "NOT_FOUND");
}

TEST_P(NoticeTest, AnObjectionHoldsUpItsPupilAlone) {
  Bring("p3", "SCHOOL_REVIEWED");
  Bring("p4", "SCHOOL_REVIEWED");
  const std::string notice = StartNotice()->notice().name();
  On(9, 20);
  ASSERT_TRUE(Object("p3").ok());
  EXPECT_EQ(aid.Counter("open_objections"), 1);
  EXPECT_TRUE(Whole("p3").disputed());
  On(9, 26);
  EXPECT_EQ(Reasons(CloseNotice(notice)), "OBJECTION_OPEN -");
  EXPECT_EQ(Notices(true).notices_size(), 1) << "not closed while somebody of it is open";
  EXPECT_EQ(ReasonOf(Object("p4").status()), "OBJECTION_LATE") << "confirmed since, and late all the same";
  ASSERT_TRUE(Resolve("p3", v1::OBJECTION_OUTCOME_UNFOUNDED).ok());
  EXPECT_EQ(aid.Counter("open_objections"), 0);
  EXPECT_EQ(Reasons(CloseNotice(notice)), "-") << "the notice was over already";
  EXPECT_EQ(Notices(true).notices_size(), 0);
}

// Bad input: an objection after the notice.
TEST_P(NoticeTest, AnObjectionAfterTheNoticeIsLate) {
  Bring("p3", "ON_NOTICE");
  On(9, 25);
  v1::CreateObjectionRequest last = Objecting("p3");
  last.set_objector("");
  EXPECT_TRUE(As("clerk", "CreateObjection", last, &Handlers::CreateObjection).ok())
      << "on the last day, by nobody named";
  On(9, 26);
  const std::string etag = Whole("p3").etag();
  EXPECT_EQ(ReasonOf(Object("p3").status()), "OBJECTION_LATE");
  EXPECT_EQ(Whole("p3").etag(), etag);
}

TEST_P(NoticeTest, EachReasonOfARefusedRecheck) {
  Bring("p3", "RECHECK");
  EXPECT_EQ(ReasonOf(Resolve("p3", v1::OBJECTION_OUTCOME_UNFOUNDED, 0, 2).status()), "OBJECTION_UNKNOWN");
  EXPECT_EQ(ReasonOf(Resolve("p3", v1::OBJECTION_OUTCOME_UNFOUNDED, 0, 1, "clerk").status()), "ROLE_HELD");
  EXPECT_EQ(ReasonOf(Resolve("p3", v1::OBJECTION_OUTCOME_UNFOUNDED, 0, 1, "class").status()), "ROLE_HELD");
  EXPECT_EQ(ReasonOf(Resolve("p3", v1::OBJECTION_OUTCOME_UNSPECIFIED).status()), "FIELD_REQUIRED");
  EXPECT_EQ(ReasonOf(Resolve("p3", v1::OBJECTION_OUTCOME_LEVEL_CHANGED, 9).status()), "LEVEL_UNKNOWN");
  auto request = Resolving("p3", v1::OBJECTION_OUTCOME_UNFOUNDED);
  request.set_etag("\"1\"");
  EXPECT_EQ(ReasonOf(As("school", "ResolveObjection", request, &Handlers::ResolveObjection).status()), "ETAG_MISMATCH");
  request.clear_etag();
  request.set_reason(std::string(2001, 'x'));
  EXPECT_EQ(ReasonOf(As("school", "ResolveObjection", request, &Handlers::ResolveObjection).status()),
            "FIELD_TOO_LONG");
  auto objection = Objecting("p3");
  objection.set_objector(std::string(801, 'x'));
  EXPECT_EQ(ReasonOf(As("clerk", "CreateObjection", objection, &Handlers::CreateObjection).status()), "FIELD_TOO_LONG");
  EXPECT_EQ(State("p3"), "RECHECK");
}

TEST_P(NoticeTest, AChangedLevelBeginsANoticeOfItsOwn) {
  Bring("p3", "SCHOOL_REVIEWED");
  Bring("p4", "SCHOOL_REVIEWED");
  const std::string first = StartNotice()->notice().name();
  ASSERT_TRUE(Object("p3").ok());
  On(9, 21);
  const auto request = Resolving("p3", v1::OBJECTION_OUTCOME_LEVEL_CHANGED, 2);
  ASSERT_TRUE(As("school", "ResolveObjection", request, &Handlers::ResolveObjection).ok());
  ASSERT_TRUE(As("school", "ResolveObjection", request, &Handlers::ResolveObjection).ok()) << "a replay";
  const std::string second = Whole("p3").notice();
  EXPECT_NE(second, first);
  EXPECT_EQ(Notices(true).notices_size(), 2);
  v1::GetNoticeRequest get;
  get.set_name(second);
  const auto notice = As("reader", "GetNotice", get, &Handlers::GetNotice);
  ASSERT_TRUE(notice.ok());
  ASSERT_EQ(notice->entries_size(), 1);
  EXPECT_EQ(notice->entries(0).level(), 2);
  EXPECT_EQ(notice->school(), "counties/411728/schools/s1");
  EXPECT_EQ(notice->area(), "411728103/s1");
  EXPECT_EQ(notice->working_days(), 5);
  EXPECT_EQ(DayText(*DayOf(notice->ends_on())), "2023-09-28");
  On(9, 26);
  EXPECT_EQ(Reasons(CloseNotice(first)), "-") << "that of the others does not wait";
  EXPECT_EQ(Reasons(CloseNotice(second)), "NOTICE_RUNNING");
  On(9, 29);
  EXPECT_EQ(Reasons(CloseNotice(second)), "-");
  EXPECT_EQ(Whole("p3").level(), 2);
}

TEST_P(NoticeTest, WhoIsTakenOffTheListMayAppeal) {
  Bring("p3", "RECHECK");
  On(9, 20);
  ASSERT_TRUE(Resolve("p3", v1::OBJECTION_OUTCOME_EXCLUDED).ok());
  EXPECT_EQ(State("p3"), "REJECTED");
  ASSERT_TRUE(Appeal("p3").ok());
  EXPECT_EQ(aid.Counter("open_appeals", "411728", "SCHOOL"), 1);
  EXPECT_EQ(ReasonOf(DecideAtSchool("p3", true, "school").status()), "ROLE_HELD") << "who took the pupil off";
  EXPECT_EQ(ReasonOf(DecideAtCounty("p3", true).status()), "APPEAL_NONE");
  ASSERT_TRUE(DecideAtSchool("p3", false).ok());
  EXPECT_EQ(aid.Counter("open_appeals"), 0);
  ASSERT_TRUE(Appeal("p3").ok());
  EXPECT_EQ(aid.Counter("open_appeals", "411728", "COUNTY"), 1);
  EXPECT_EQ(ReasonOf(Appeal("p3").status()), "APPEAL_OPEN");
  EXPECT_EQ(ReasonOf(DecideAtCounty("p3", true, "leader").status()), "ROLE_HELD");
  ASSERT_TRUE(DecideAtCounty("p3", true).ok());
  EXPECT_EQ(State("p3"), "SCHOOL_REVIEWED");
  EXPECT_FALSE(Whole("p3").disputed());
  const auto again = StartNotice({"p3"}, "leader");
  EXPECT_EQ(Reasons(again), "-");
  On(9, 28);
  EXPECT_EQ(Reasons(CloseNotice(again->notice().name(), "leader")), "-");
}

// Bad input: an appeal out of time (DR-58).
TEST_P(NoticeTest, AnAppealOutOfTimeIsRefused) {
  Bring("p3", "REJECTED");
  Bring("p4", "REJECTED");
  On(10, 8);  // the tenth working day after the 18th
  ASSERT_TRUE(Appeal("p3").ok());
  On(10, 9);
  const std::string etag = Whole("p4").etag();
  EXPECT_EQ(ReasonOf(Appeal("p4").status()), "APPEAL_LATE");
  EXPECT_EQ(Whole("p4").etag(), etag);
  ASSERT_TRUE(DecideAtSchool("p3", false).ok());
  On(10, 23);
  EXPECT_TRUE(Appeal("p3").ok()) << "ten working days of being told on the 9th";
  On(10, 24);
  ASSERT_TRUE(DecideAtCounty("p3", false).ok()) << "late or not, an answer is taken";
  EXPECT_EQ(ReasonOf(Appeal("p3").status()), "APPEAL_USED");
  auto request = Deciding("p3", true);
  request.clear_reason();
  Bring("p2", "REJECTED");
  ASSERT_TRUE(Appeal("p2").ok());
  request.set_name(Name("p2"));
  EXPECT_EQ(ReasonOf(As("leader", "DecideSchoolAppeal", request, &Handlers::DecideSchoolAppeal).status()),
            "FIELD_REQUIRED");
  request.set_reason("x");
  request.set_etag("\"1\"");
  EXPECT_EQ(ReasonOf(As("leader", "DecideSchoolAppeal", request, &Handlers::DecideSchoolAppeal).status()),
            "ETAG_MISMATCH");
  request.clear_etag();
  request.set_level(9);
  EXPECT_EQ(ReasonOf(As("leader", "DecideSchoolAppeal", request, &Handlers::DecideSchoolAppeal).status()),
            "LEVEL_UNKNOWN");
  auto appeal = Appealing("p4");
  appeal.set_ground(std::string(2001, 'x'));
  EXPECT_EQ(ReasonOf(As("clerk", "CreateAppeal", appeal, &Handlers::CreateAppeal).status()), "FIELD_TOO_LONG");
  request.set_reason(std::string(2001, 'x'));
  EXPECT_EQ(ReasonOf(As("leader", "DecideSchoolAppeal", request, &Handlers::DecideSchoolAppeal).status()),
            "FIELD_TOO_LONG");
}

// Other county, other township: nothing is told.
TEST_P(NoticeTest, ForeignersAreToldNothing) {
  Bring("p3", "RECHECK");
  for (const char* area : {"500243", "411728104"}) {
    const auto denied = [&](std::string_view method, const auto& request, auto handler) {
      EXPECT_EQ(ReasonOf(As("stranger", method, request, handler, area).status()), "PERMISSION_DENIED")
          << method << " " << area;
    };
    for (const char* person : {"p3", "nobody"}) {
      v1::GetIdentificationRequest get;
      get.set_name(Name(person));
      denied("GetIdentification", get, &Handlers::GetIdentification);
      denied("CreateObjection", Objecting(person), &Handlers::CreateObjection);
      denied("ResolveObjection", Resolving(person, v1::OBJECTION_OUTCOME_UNFOUNDED), &Handlers::ResolveObjection);
      denied("CreateAppeal", Appealing(person), &Handlers::CreateAppeal);
      denied("DecideSchoolAppeal", Deciding(person, true), &Handlers::DecideSchoolAppeal);
      denied("DecideCountyAppeal", Deciding(person, true), &Handlers::DecideCountyAppeal);
      denied("ClassReviewIdentification", Reviewing(person), &Handlers::ClassReviewIdentification);
      denied("SchoolReviewIdentification", Reviewing(person), &Handlers::SchoolReviewIdentification);
      denied("BatchSubmitIdentifications", Submitting({Application(person)}), &Handlers::BatchSubmitIdentifications);
      denied("BatchArchiveIdentifications", Archiving({person}), &Handlers::BatchArchiveIdentifications);
      denied("BatchAdjustIdentifications", Adjusting(person, kAutumn), &Handlers::BatchAdjustIdentifications);
      denied("CreateIdentification", Opening(person), &Handlers::CreateIdentification);
    }
    for (const std::string& notice : {Whole("p3").notice(), absl::StrCat(kCounty, "/notices/none")}) {
      v1::GetNoticeRequest get;
      get.set_name(notice);
      denied("GetNotice", get, &Handlers::GetNotice);
      denied("CloseNotice", Closing(notice), &Handlers::CloseNotice);
    }
  }
}

}  // namespace
}  // namespace ruraledu::student_aid
