// A school year of identification in small: a county with a working-day calendar, a clock that the test moves, and
// people with their parts.
#pragma once

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "services/student_aid/identification_rules.h"
#include "tests/student_aid/fixture.h"

namespace ruraledu::student_aid {

// The shipped calendar of one year as the registry tells it.
inline registry_v1::Calendar CalendarYear(int year) {
  registry_v1::Calendar calendar;
  calendar.set_name(absl::StrCat("calendars/", year));
  calendar.set_year(year);
  const std::string text = Shipped("data/holidays.csv");
  for (const std::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    absl::CivilDay day;
    if (line.starts_with(absl::StrCat(year)) && ParseDay(cells[0], &day)) {
      auto* added = calendar.add_days();
      *added->mutable_date() = DateOf(day);
      added->set_kind(cells[1]);
    }
  }
  return calendar;
}

class IdentificationFixture {
 protected:
  explicit IdentificationFixture(db::Options options = {})
      : registry(folder), aid(folder, registry, std::move(options)) {
    aid.UseClock(clock);
    PutCounty(registry);  // p1: P2 by the household; p2: D1; p3: nothing
    registry.Put(Student("p4", "JUN", "8"));
    for (const int year : {2023, 2024}) registry.Put(CalendarYear(year));
    EXPECT_TRUE(aid.CatchUp().ok());
  }

  // Noon in Shanghai.
  void On(int month, int day, int year = 2023) {
    clock.Set(absl::FromCivil(absl::CivilHour(year, month, day, 12), absl::FixedTimeZone(8 * 60 * 60)));
  }
  static std::string Name(const std::string& person, const std::string& year = "2023-2024") {
    return absl::StrCat(kCounty, "/identifications/", person, ".", year);
  }

  template <typename Request, typename Response>
  absl::StatusOr<Response> As(const std::string& person, std::string_view method, const Request& request,
                              absl::StatusOr<Response> (Handlers::*handler)(rpc::Call&, const Request&),
                              const std::string& area = "411728") {
    return aid.CallAs(rpc::MakeJobCaller(person, area), method, request, handler, "");
  }

  static v1::IdentificationApplication Application(const std::string& person, int64_t income = 900) {
    v1::IdentificationApplication application;
    application.set_student(absl::StrCat(kCounty, "/students/", person));
    application.set_origin(v1::IDENTIFICATION_ORIGIN_FAMILY);
    v1::FactorFact* fact = application.add_factors();
    fact->set_factor("INCOME");
    fact->set_value(income);
    v1::Evidence* evidence = application.add_evidence();
    evidence->set_kind("PROMISE");
    evidence->set_file_name("承诺书-1.pdf");
    return application;
  }
  static v1::BatchSubmitIdentificationsRequest Submitting(const std::vector<v1::IdentificationApplication>& all,
                                                          const std::string& term = kAutumn) {
    v1::BatchSubmitIdentificationsRequest request;
    request.set_parent(kCounty);
    request.set_term(term);
    request.set_request_id(NewId());
    for (const auto& one : all) *request.add_applications() = one;
    return request;
  }
  absl::StatusOr<v1::BatchIdentificationsResponse> Submit(const std::vector<v1::IdentificationApplication>& all,
                                                          const std::string& by = "teacher") {
    return As(by, "BatchSubmitIdentifications", Submitting(all), &Handlers::BatchSubmitIdentifications);
  }
  static v1::ReviewIdentificationRequest Reviewing(const std::string& person, bool accept = true, int level = 0,
                                                   const std::string& reason = "") {
    v1::ReviewIdentificationRequest request;
    request.set_name(Name(person));
    request.set_decision(accept ? v1::REVIEW_DECISION_ACCEPT : v1::REVIEW_DECISION_REJECT);
    request.set_level(level);
    request.set_reason(reason);
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::Identification> ClassReview(const std::string& person, bool accept = true,
                                                 const std::string& by = "class") {
    return As(by, "ClassReviewIdentification", Reviewing(person, accept, 0, accept ? "" : "income above"),
              &Handlers::ClassReviewIdentification);
  }
  absl::StatusOr<v1::Identification> SchoolReview(const std::string& person, bool accept = true,
                                                  const std::string& by = "school") {
    return As(by, "SchoolReviewIdentification", Reviewing(person, accept, 0, accept ? "" : "income above"),
              &Handlers::SchoolReviewIdentification);
  }
  static v1::StartNoticeRequest Posting(const std::vector<std::string>& persons = {}) {
    v1::StartNoticeRequest request;
    request.set_parent(kCounty);
    request.set_school(absl::StrCat(kCounty, "/schools/s1"));
    request.set_term(kAutumn);
    request.set_request_id(NewId());
    for (const std::string& person : persons) request.add_identifications(Name(person));
    return request;
  }
  absl::StatusOr<v1::NoticeResponse> StartNotice(const std::vector<std::string>& persons = {},
                                                 const std::string& by = "school") {
    return As(by, "StartNotice", Posting(persons), &Handlers::StartNotice);
  }
  static v1::CloseNoticeRequest Closing(const std::string& notice) {
    v1::CloseNoticeRequest request;
    request.set_name(notice);
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::NoticeResponse> CloseNotice(const std::string& notice, const std::string& by = "school") {
    return As(by, "CloseNotice", Closing(notice), &Handlers::CloseNotice);
  }
  static v1::CreateObjectionRequest Objecting(const std::string& person) {
    v1::CreateObjectionRequest request;
    request.set_name(Name(person));
    request.set_objector("邻居李四");
    request.set_ground("家中有两辆汽车");
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::Identification> Object(const std::string& person, const std::string& by = "clerk") {
    return As(by, "CreateObjection", Objecting(person), &Handlers::CreateObjection);
  }
  static v1::ResolveObjectionRequest Resolving(const std::string& person, v1::ObjectionOutcome outcome, int level = 0,
                                               int number = 1) {
    v1::ResolveObjectionRequest request;
    request.set_name(Name(person));
    request.set_objection(number);
    request.set_outcome(outcome);
    request.set_level(level);
    request.set_reason("入户核实");
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::Identification> Resolve(const std::string& person, v1::ObjectionOutcome outcome, int level = 0,
                                             int number = 1, const std::string& by = "school") {
    return As(by, "ResolveObjection", Resolving(person, outcome, level, number), &Handlers::ResolveObjection);
  }
  static v1::CreateAppealRequest Appealing(const std::string& person) {
    v1::CreateAppealRequest request;
    request.set_name(Name(person));
    request.set_appellant("家长王五");
    request.set_ground("收入下降");
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::Identification> Appeal(const std::string& person, const std::string& by = "clerk") {
    return As(by, "CreateAppeal", Appealing(person), &Handlers::CreateAppeal);
  }
  static v1::DecideAppealRequest Deciding(const std::string& person, bool granted) {
    v1::DecideAppealRequest request;
    request.set_name(Name(person));
    request.set_granted(granted);
    request.set_reason("复核");
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::Identification> DecideAtSchool(const std::string& person, bool granted,
                                                    const std::string& by = "leader") {
    return As(by, "DecideSchoolAppeal", Deciding(person, granted), &Handlers::DecideSchoolAppeal);
  }
  absl::StatusOr<v1::Identification> DecideAtCounty(const std::string& person, bool granted,
                                                    const std::string& by = "county") {
    return As(by, "DecideCountyAppeal", Deciding(person, granted), &Handlers::DecideCountyAppeal);
  }
  static v1::BatchAdjustIdentificationsRequest Adjusting(const std::string& person, const std::string& term,
                                                         int level = 0, bool ended = false,
                                                         const std::string& reason = "", int64_t income = 900) {
    v1::BatchAdjustIdentificationsRequest request;
    request.set_parent(kCounty);
    request.set_term(term);
    request.set_request_id(NewId());
    v1::IdentificationAdjustment* one = request.add_adjustments();
    one->set_name(Name(person));
    one->set_level(level);
    one->set_ended(ended);
    one->set_reason(reason);
    v1::FactorFact* fact = one->add_factors();
    fact->set_factor("INCOME");
    fact->set_value(income);
    return request;
  }
  absl::StatusOr<v1::BatchIdentificationsResponse> Adjust(const v1::BatchAdjustIdentificationsRequest& request,
                                                          const std::string& by = "school") {
    return As(by, "BatchAdjustIdentifications", request, &Handlers::BatchAdjustIdentifications);
  }
  static v1::BatchArchiveIdentificationsRequest Archiving(const std::vector<std::string>& persons) {
    v1::BatchArchiveIdentificationsRequest request;
    request.set_parent(kCounty);
    request.set_request_id(NewId());
    for (const std::string& person : persons) request.add_identifications(Name(person));
    return request;
  }
  absl::StatusOr<v1::BatchIdentificationsResponse> Archive(const std::vector<std::string>& persons,
                                                           const std::string& by = "county") {
    return As(by, "BatchArchiveIdentifications", Archiving(persons), &Handlers::BatchArchiveIdentifications);
  }
  static v1::CreateIdentificationRequest Opening(const std::string& person, const std::string& year = "2023-2024") {
    v1::CreateIdentificationRequest request;
    request.set_parent(kCounty);
    request.set_student(person);
    request.set_school_year(year);
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::Identification> Create(const std::string& person) {
    return As("teacher", "CreateIdentification", Opening(person), &Handlers::CreateIdentification);
  }
  absl::StatusOr<v1::Identification> Get(const std::string& person) {
    v1::GetIdentificationRequest request;
    request.set_name(Name(person));
    return As("reader", "GetIdentification", request, &Handlers::GetIdentification);
  }
  // The whole record, sealed parts too.
  v1::Identification Whole(const std::string& person, const std::string& year = "2023-2024") {
    const auto sealer = *aid.place.keys->SealerOf("c411728");
    const auto record = aid.place.database->Read([&](db::Transaction& tx) {
      return feed::Load<v1::Identification>(tx, *sealer, kIdentifications, "c411728", absl::StrCat(person, ".", year));
    });
    EXPECT_TRUE(record.ok() && record->has_value()) << person << record.status();
    return record.ok() && record->has_value() ? **record : v1::Identification();
  }
  std::string State(const std::string& person) { return EnumText(Whole(person).state()); }

  // "" when every row was done, else "<reason> ..." in their order, "-" for one that was done.
  template <typename Response>
  static std::string Reasons(const absl::StatusOr<Response>& response) {
    if (!response.ok()) return absl::StrCat("refused ", ReasonOf(response.status()));
    std::vector<std::string> reasons;
    for (const v1::IdentificationRow& row : response->rows())
      reasons.push_back(row.reason().empty() ? "-" : row.reason());
    return absl::StrJoin(reasons, " ");
  }

  // From the application to the state, on 18 September; confirmed on 26 September.
  void Bring(const std::string& person, const std::string& state) {
    On(9, 18);
    EXPECT_EQ(Reasons(Submit({Application(person)})), "-") << person;
    if (state == "APPLIED") return;
    if (state == "REJECTED") {
      EXPECT_TRUE(ClassReview(person, false).ok());
      return;
    }
    EXPECT_TRUE(ClassReview(person).ok());
    if (state == "CLASS_REVIEWED") return;
    EXPECT_TRUE(SchoolReview(person).ok());
    if (state == "SCHOOL_REVIEWED") return;
    const auto posted = StartNotice({person});
    EXPECT_EQ(Reasons(posted), "-");
    if (state == "RECHECK") {
      EXPECT_TRUE(Object(person).ok());
    }
    if (state == "ON_NOTICE" || state == "RECHECK" || !posted.ok()) return;
    On(9, 26);
    EXPECT_EQ(Reasons(CloseNotice(posted->notice().name())), "-");
    if (state == "ARCHIVED") {
      EXPECT_EQ(Reasons(Archive({person})), "-");
    }
  }

  // Starts the proposals and runs them to their end.
  absl::StatusOr<v1::ProposalResult> Propose(const std::string& term = kAutumn) {
    v1::ProposeIdentificationsRequest request;
    request.set_parent(kCounty);
    request.set_term(term);
    request.set_request_id(NewId());
    const auto job = As("officer", "ProposeIdentifications", request, &Handlers::ProposeIdentifications);
    RETURN_IF_ERROR(job.status());
    RETURN_IF_ERROR(aid.Turn("c411728", std::string(feed::IdOfName(job->name()))));
    ruraledu::jobs::v1::GetJobRequest get;
    get.set_name(job->name());
    ASSIGN_OR_RETURN(const auto done, As("officer", "GetJob", get, &Handlers::GetJob));
    v1::ProposalResult result;
    EXPECT_TRUE(done.result().UnpackTo(&result));
    return result;
  }
  // Runs the queued jobs of a kind.
  void RunJobs(std::string_view kind) {
    const auto jobs =
        *aid.place.database->Read([&](db::Transaction& tx) { return db::ListJobs(tx, "c411728", kind, "", 1000); });
    for (auto job = jobs.rbegin(); job != jobs.rend(); ++job) {
      if (job->state == db::JobState::kQueued) {
        const absl::Status done = aid.Turn("c411728", job->id);
        EXPECT_TRUE(done.ok()) << done;
      }
    }
  }

  FakeClock clock{absl::FromCivil(absl::CivilHour(2023, 9, 18, 12), absl::FixedTimeZone(8 * 60 * 60))};
  TempFolder folder;
  Registry registry;
  Aid aid;
};

inline db::Options OptionsOf(const std::string& database) {
  db::Options options;
  if (database == "Postgres") options.url = "postgres:" + testlib::Postgres::Get().NewSchema();
  return options;
}

}  // namespace ruraledu::student_aid
