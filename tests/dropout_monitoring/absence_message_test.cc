// Messages to guardians about an absence without leave: who is told, once per run, whom it did not reach (digest 3.2).
#include "services/dropout_monitoring/absence_message_store.h"
#include "tests/dropout_monitoring/attendance_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr v1::Mark kAbsent = v1::MARK_ABSENT;
constexpr char kFirst[] = "411728103/s1/k1";
constexpr char kSecond[] = "411728103/s1/k2";

class AbsenceMessages : public AttendanceTest {
 protected:
  // Somebody with a role of the shipped table, and with a purpose.
  static rpc::Caller Holder(const std::string& role, const std::string& area) {
    auto access = std::make_shared<rpc::AccountAccess>();
    access->account = "accounts/411728-holder";
    access->person = "holder";
    rpc::GrantRow grant{.name = "grant", .role = role, .area = area, .from = absl::CivilDay(2000, 1, 1)};
    grant.purposes = {"DROPOUT_CARE"};
    access->grants = {grant};
    return {.subject = "holder", .issuer = "test", .access = std::move(access)};
  }
  // A day of both classes: who is absent, and whom the canteen served.
  void Live(int date, const std::vector<std::string>& absent, const std::vector<std::string>& served = {}) {
    On(date);
    Marks first, second;
    for (const std::string& person : absent) (person == "p4" ? second : first)[person] = kAbsent;
    ASSERT_EQ(Record({Sheet(date, first), Sheet(date, second, true, v1::SESSION_DAY, "counties/411728/classes/k2")}),
              "R R");
    if (!served.empty()) ASSERT_EQ(Serve({Meals(date, served)}), "R");
    EvaluateDay(date);
  }
  static v1::SendAbsenceMessagesRequest Telling(int limit = 0, bool again = false, const std::string& channel = "SMS") {
    v1::SendAbsenceMessagesRequest request;
    request.set_parent(kCounty);
    request.set_channel(channel);
    request.set_again(again);
    request.set_limit(limit);
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::SendAbsenceMessagesResponse> TellAs(const std::string& role, const std::string& area,
                                                         const v1::SendAbsenceMessagesRequest& request) {
    return monitoring.CallAs(Holder(role, area), "SendAbsenceMessages", request, &Handlers::SendAbsenceMessages);
  }
  // "2 more"; the reason of an error instead.
  static std::string Made(const absl::StatusOr<v1::SendAbsenceMessagesResponse>& sent) {
    return sent.ok() ? absl::StrCat(sent->made(), sent->more() ? " more" : "")
                     : absl::StrCat(ReasonOf(sent.status()), "!");
  }
  std::string Tell(const v1::SendAbsenceMessagesRequest& request) {
    return Made(monitoring.Call("SendAbsenceMessages", request, &Handlers::SendAbsenceMessages));
  }
  static std::string MessageName(const std::string& id) { return absl::StrCat(kCounty, "/absenceMessages/", id); }
  // {id, "" or why it did not arrive}, all on a day.
  static v1::BatchRecordAbsenceDeliveriesRequest Answering(
      const std::vector<std::pair<std::string, std::string>>& answers, int date) {
    v1::BatchRecordAbsenceDeliveriesRequest request;
    request.set_parent(kCounty);
    request.set_request_id(NewId());
    for (const auto& [id, failure] : answers) {
      v1::AbsenceMessageDelivery* row = request.add_deliveries();
      row->set_message(MessageName(id));
      row->set_delivered(failure.empty());
      row->set_failure(failure);
      *row->mutable_on() = Date(date);
    }
    return request;
  }
  // "- NOT_FOUND": a word per row; the reason of an error instead.
  std::string Answer(const v1::BatchRecordAbsenceDeliveriesRequest& request, const std::string& role = "INTEGRATION",
                     const std::string& area = "411728") {
    const auto answer = monitoring.CallAs(Holder(role, area), "BatchRecordAbsenceDeliveries", request,
                                          &Handlers::BatchRecordAbsenceDeliveries);
    if (!answer.ok()) return absl::StrCat(ReasonOf(answer.status()), "!");
    std::vector<std::string> words;
    for (int i = 0; i < answer->rows_size(); ++i) {
      EXPECT_EQ(answer->rows(i).name(), request.deliveries(i).message());
      words.push_back(answer->rows(i).reason().empty() ? "-" : answer->rows(i).reason());
    }
    return absl::StrJoin(words, " ");
  }
  // "p2 3 SENT 1": person, days, state, attempts; page by page, masked.
  std::vector<std::string> Listed(v1::AbsenceMessageState state = {}, const std::string& area = "",
                                  const std::string& held = "411728") {
    v1::ListAbsenceMessagesRequest request;
    request.set_parent(kCounty);
    request.set_state(state);
    request.set_page_size(1);
    if (!area.empty()) request.set_area(absl::StrCat("areas/", area));
    std::vector<std::string> lines;
    do {
      const auto page = monitoring.CallAs(Holder("CLASS_TEACHER", held), "ListAbsenceMessages", request,
                                          &Handlers::ListAbsenceMessages);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return lines;
      for (const v1::AbsenceMessage& message : page->messages()) {
        EXPECT_TRUE(message.text().empty() && message.masked());
        lines.push_back(absl::StrCat(message.person(), " ", message.run_days(), " ",
                                     v1::AbsenceMessageState_Name(message.state()).substr(22), " ",
                                     message.attempts()));
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return lines;
  }
  v1::AbsenceMessage Whole(const std::string& id) {
    const auto sealer = *monitoring.place.keys->SealerOf(kShard);
    return monitoring.place.database
        ->Read([&](db::Transaction& tx) {
          return feed::Load<v1::AbsenceMessage>(tx, *sealer, kAbsenceMessages, kShard, id);
        })
        ->value_or(v1::AbsenceMessage());
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, AbsenceMessages, ::testing::Values("sqlite", "postgres"));

TEST_P(AbsenceMessages, EachFamilyIsToldOncePerRun) {
  Live(20230904, {"p2"});
  const auto first = Telling();
  EXPECT_EQ(Tell(first), "1");
  EXPECT_EQ(Tell(first), "1") << "a replay";
  const v1::AbsenceMessage message = Whole("p2.2023-09-04");
  EXPECT_EQ(
      message.text(),
      "【缺勤告知】家长您好：王**同学自2023-09-04起未请假缺勤，至今共1个上学日。请尽快与班主任联系说明情况，督促孩子"
      "返校；如确需请假，请补办请假手续。收到本告知不收取任何费用。");
  EXPECT_EQ(message.template_(), "AM_CN@1");
  EXPECT_EQ(message.area(), kFirst);
  EXPECT_EQ(message.step(), v1::ABSENCE_STEP_WARN);
  EXPECT_EQ(message.channel(), "SMS");
  EXPECT_EQ(DayOf(message.run_from()), absl::CivilDay(2023, 9, 4));
  EXPECT_EQ(DayOf(message.sent_on()), absl::CivilDay(2023, 9, 4));
  Live(20230905, {"p2"});
  EXPECT_EQ(Tell(Telling()), "0") << "the run goes on";
  Live(20230906, {});
  EXPECT_EQ(Tell(Telling()), "0") << "back";
  Live(20230907, {"p2"});
  EXPECT_EQ(Tell(Telling()), "1") << "another run";
  EXPECT_THAT(Listed(), ElementsAre("p2 1 SENT 1", "p2 1 SENT 1"));
  EXPECT_EQ(Whole("p2.2023-09-07").area(), kFirst);
  auto other = first;
  other.set_channel("PHONE");
  EXPECT_EQ(Tell(other), "REQUEST_ID_REUSED!");
}

TEST_P(AbsenceMessages, AreMadeSomeAtATime) {
  Live(20230904, {"p1", "p2", "p3", "p4"});
  EXPECT_EQ(Tell(Telling(3)), "3 more");
  EXPECT_EQ(Tell(Telling(3)), "1");
  EXPECT_EQ(Tell(Telling(3)), "0");
  EXPECT_THAT(Listed(), ElementsAre("p1 1 SENT 1", "p2 1 SENT 1", "p3 1 SENT 1", "p4 1 SENT 1"));
}

TEST_P(AbsenceMessages, WhoWasNotReachedIsToldAgain) {
  for (const int date : {20230904, 20230905}) Live(date, {"p1", "p2", "p3"});
  EXPECT_EQ(Tell(Telling()), "3");
  EXPECT_EQ(Answer(Answering({{"p1.2023-09-04", ""}, {"p2.2023-09-04", "空号"}, {"p3.2023-09-04", "停机"}}, 20230905)),
            "- - -");
  EXPECT_THAT(Listed(v1::ABSENCE_MESSAGE_STATE_UNDELIVERED), ElementsAre("p2 2 UNDELIVERED 1", "p3 2 UNDELIVERED 1"));
  EXPECT_EQ(Whole("p2.2023-09-04").failure(), "空号");
  Live(20230906, {"p1", "p2"});
  EXPECT_EQ(Tell(Telling()), "0");
  EXPECT_EQ(Tell(Telling(0, true, "CLASS_TEACHER")), "1") << "p3 is back, p1 knows";
  const v1::AbsenceMessage again = Whole("p2.2023-09-04");
  EXPECT_EQ(again.attempts(), 2);
  EXPECT_EQ(again.run_days(), 3);
  EXPECT_EQ(again.step(), v1::ABSENCE_STEP_SUSPECTED);
  EXPECT_EQ(again.channel(), "CLASS_TEACHER");
  EXPECT_THAT(again.text(), HasSubstr("共3个上学日"));
  EXPECT_TRUE(again.failure().empty() && !again.has_answered_on());
  EXPECT_THAT(Listed(), ElementsAre("p1 2 DELIVERED 1", "p2 3 SENT 2", "p3 2 UNDELIVERED 1"));
  EXPECT_EQ(Answer(Answering({{"p3.2023-09-04", ""}}, 20230906)), "-") << "it arrived late";
}

TEST_P(AbsenceMessages, OfAClassAreItsTeachersMatter) {
  Live(20230904, {"p1", "p4"});
  auto foreign = Telling();
  foreign.set_area(absl::StrCat("areas/", kFirst));
  EXPECT_EQ(Made(TellAs("CLASS_TEACHER", kSecond, foreign)), "PERMISSION_DENIED!") << "of a neighbour";
  EXPECT_EQ(Made(TellAs("CLASS_TEACHER", kSecond, Telling())), "PERMISSION_DENIED!") << "of the county";
  EXPECT_THAT(Listed(), IsEmpty());
  auto own = Telling();
  own.set_area(absl::StrCat("areas/", kSecond));
  EXPECT_EQ(Made(TellAs("CLASS_TEACHER", kSecond, own)), "1");
  EXPECT_EQ(Made(TellAs("CLASS_TEACHER", kSecond, own)), "1") << "a replay";
  EXPECT_THAT(Listed(), ElementsAre("p4 1 SENT 1"));
  EXPECT_THAT(Listed({}, "", kFirst), IsEmpty());
  auto school = Telling();
  school.set_area("areas/411728103/s1");
  EXPECT_EQ(Made(TellAs("SCHOOL_DROPOUT_OFFICER", "411728103/s1", school)), "1") << "p1";
  EXPECT_THAT(Listed({}, kFirst), ElementsAre("p1 1 SENT 1"));
  EXPECT_THAT(Listed({}, "", kFirst), ElementsAre("p1 1 SENT 1"));
  EXPECT_EQ(Made(TellAs("SCHOOL_MEAL_OFFICER", "411728103/s1", Telling())), "PERMISSION_DENIED!");
  EXPECT_EQ(Made(TellAs("CLASS_TEACHER", "500243101/s1/k1", Telling())), "PERMISSION_DENIED!");

  const auto of_first = Answering({{"p1.2023-09-04", ""}}, 20230904);
  EXPECT_EQ(Answer(of_first, "CLASS_TEACHER", kFirst), "PERMISSION_DENIED!") << "the channel answers";
  EXPECT_EQ(Answer(of_first, "SCHOOL_DROPOUT_OFFICER", "411728103/s2"), "PERMISSION_DENIED!") << "a neighbour";
  EXPECT_EQ(Answer(Answering({{"p9.2023-09-04", ""}}, 20230904), "SCHOOL_DROPOUT_OFFICER", "411728103/s2"),
            "PERMISSION_DENIED!")
      << "who learns nothing";
  EXPECT_EQ(Answer(of_first, "SCHOOL_DROPOUT_OFFICER", "411728103/s1"), "-");
  EXPECT_EQ(Answer(of_first, "SCHOOL_DROPOUT_OFFICER", "411728103/s1"), "-") << "a replay";
}

TEST_P(AbsenceMessages, AreNotMadeAboutWhoMayBeAtSchool) {
  Live(20230904, {"p1", "p2", "p3"}, {"p2"});
  registry_v1::Student left = Student("p3");
  *left.mutable_enrolments(0)->mutable_valid_to() = Date(20230904);
  registry.Put(left);
  registry_v1::Student merged = Student("p1");
  merged.set_merged_into(absl::StrCat(kCounty, "/students/p4"));
  registry.Put(merged);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(Tell(Telling()), "0") << "p1 is merged, p2 was served, p3 left the school";
  EXPECT_EQ(Serve({Meals(20230904, {}, {"p2"})}), "R") << "the canteen looks again";
  EvaluateDay(20230904);
  EXPECT_EQ(Tell(Telling()), "1") << "the lists were cleared";
  EXPECT_THAT(Listed(), ElementsAre("p2 1 SENT 1"));
}

TEST_P(AbsenceMessages, SendingIsCheckedFirst) {
  Live(20230904, {"p2"});
  EXPECT_EQ(Tell(Telling(0, false, "PIGEON")), "CODE_UNKNOWN!");
  EXPECT_EQ(Tell(Telling(501)), "NUMBER_RANGE!");
  EXPECT_EQ(Tell(Telling(-1)), "NUMBER_RANGE!");
  auto request = Telling();
  request.set_area("411728103");
  EXPECT_EQ(Tell(request), "NAME_INVALID!");
  v1::ListAbsenceMessagesRequest list;
  list.set_parent(kCounty);
  list.set_area("areas/x");
  EXPECT_EQ(ReasonOf(monitoring.Call("ListAbsenceMessages", list, &Handlers::ListAbsenceMessages).status()),
            "NAME_INVALID");
  On(20171201);
  EXPECT_EQ(Tell(Telling()), "REGION_POLICY_MISSING!") << "before the first template";
  EXPECT_THAT(Listed(), IsEmpty());
}

TEST_P(AbsenceMessages, RowsOfTheChannelAreCheckedOneByOne) {
  Live(20230904, {"p1", "p2"});
  Live(20230905, {"p1", "p2"});
  ASSERT_EQ(Tell(Telling()), "2");
  auto request = Answering(
      {{"p1.2023-09-04", ""}, {"p1.2023-09-04", ""}, {"p5.2023-09-04", ""}, {"p2.2023-09-04", "x"}}, 20230905);
  request.mutable_deliveries(3)->clear_failure();
  EXPECT_EQ(Answer(request), "- DUPLICATE_IN_BATCH NOT_FOUND FIELD_REQUIRED");
  EXPECT_EQ(Answer(request), "- DUPLICATE_IN_BATCH NOT_FOUND FIELD_REQUIRED") << "a replay";
  EXPECT_EQ(Answer(Answering({{"p2.2023-09-04", ""}, {"p1.2023-09-04", ""}}, 20230906)), "DATE_AHEAD DATE_AHEAD");
  EXPECT_EQ(Answer(Answering({{"p2.2023-09-04", ""}}, 20230904)), "RETURN_DATE") << "before it was sent";
  EXPECT_EQ(Answer(Answering({{"p2.2023-09-04", std::string(201, 'x')}}, 20230905)), "FIELD_TOO_LONG");
  EXPECT_EQ(Answer(Answering({{"p1.2023-09-04", "空号"}}, 20230905)), "STATE_TRANSITION") << "it arrived";
  EXPECT_THAT(Listed(), ElementsAre("p1 2 DELIVERED 1", "p2 2 SENT 1"));
  request.mutable_deliveries(0)->set_message("counties/500243/absenceMessages/p1.2023-09-04");
  request.set_request_id(NewId());
  EXPECT_EQ(Answer(request), "NAME_INVALID!");
  request.mutable_deliveries(0)->set_message("counties/411728/absences/p1");
  EXPECT_EQ(Answer(request), "NAME_INVALID!");
  EXPECT_EQ(Answer(Answering({}, 20230905)), "FIELD_REQUIRED!");
  EXPECT_EQ(Answer(Answering({501, {"p1.2023-09-04", ""}}, 20230905)), "FIELD_TOO_MANY!");
}

TEST_P(AbsenceMessages, TextsInClearNeedAPurposeAndAreJournalled) {
  Live(20230904, {"p2"});
  ASSERT_EQ(Tell(Telling()), "1");
  v1::ListAbsenceMessagesRequest request;
  request.set_parent(kCounty);
  request.set_unmask(true);
  const auto list = [&](const rpc::Caller& caller, const std::string& purpose) {
    return monitoring.CallAs(caller, "ListAbsenceMessages", request, &Handlers::ListAbsenceMessages, purpose);
  };
  const rpc::Caller county = Holder("COUNTY_DROPOUT_OFFICER", "411728");
  const rpc::Caller school = Holder("SCHOOL_DROPOUT_OFFICER", "411728103/s1");
  EXPECT_EQ(ReasonOf(list(county, "").status()), "PURPOSE_REQUIRED");
  EXPECT_EQ(ReasonOf(list(rpc::MakeJobCaller("x", "411728"), "DROPOUT_CARE").status()), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(list(school, "DROPOUT_CARE").status()), "PERMISSION_DENIED") << "not all of the county";
  const auto journalled = [&] {
    return monitoring.place.database
        ->Read([](db::Transaction& tx) {
          return tx.Query("SELECT seq FROM journal WHERE entity = $1", absl::StrCat(kCounty, "/absenceMessages"));
        })
        ->size();
  };
  EXPECT_EQ(journalled(), 0u);
  const auto all = list(county, "DROPOUT_CARE");
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->messages_size(), 1);
  EXPECT_THAT(all->messages(0).text(), HasSubstr("王**"));
  EXPECT_FALSE(all->messages(0).masked());
  request.set_area(absl::StrCat("areas/", kFirst));
  const auto own = list(school, "DROPOUT_CARE");
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_THAT(own->messages(0).text(), HasSubstr("2023-09-04"));
  EXPECT_EQ(journalled(), 2u);
  EXPECT_EQ(ReasonOf(list(Holder("CLASS_TEACHER", kFirst), "DROPOUT_CARE").status()), "PERMISSION_DENIED");
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
