// Where leavers went: rules, and behind their handlers on both databases.
#include "absl/strings/str_join.h"
#include "common/obs/metrics.h"
#include "services/dropout_monitoring/leaver_gauges.h"
#include "services/dropout_monitoring/leaver_rules.h"
#include "services/dropout_monitoring/leaver_store.h"
#include "tests/dropout_monitoring/enrolment_book.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr char kYear[] = "2022-2023";

TEST(LeaverRules, TheTableIsChecked) {
  const auto wrong = [](const std::string& rows) {
    return ReasonOf(ParseLeaverPolicies("region,valid_from,grades,call_by,call_again_days,due_by,source\n" + rows,
                                        RegionPathOf(nullptr))
                        .status());
  };
  EXPECT_EQ(wrong(",2020-09-01,9|12,930,14,1231,s\n"), "");
  for (const char* rows :
       {"", ",2020-09-01,,930,14,1231,s\n", ",2020-09-01,9,931,14,1231,s\n", ",2020-09-01,9,930,0,1231,s\n",
        ",2020-09-01,9,930,14,229,s\n", ",2020-09-01,9,930,14,1232,s\n", ",2020-09-01,9,930,14,1231,\n"}) {
    EXPECT_EQ(wrong(rows), "DATA_FILE") << rows;
  }
}

// Promoted is known and proven: never a plain claim of a vocational place (NX-1f).
TEST(LeaverRules, WhatCountsAsKnownAndPromoted) {
  const Standards& shipped = ShippedStandards();
  const v1::LeaverPolicy& policy = **shipped.leavers.policies.InForce("411728000000", absl::CivilDay(2023, 8, 31));
  const LeaverYear year = LeaverYearOf(shipped.terms, policy, SchoolYear{2022});
  EXPECT_EQ(year.due_on, absl::CivilDay(2023, 12, 31));
  const absl::CivilDay day(2023, 9, 20);
  const auto after = [&](const std::string& grade, const LeaverClaim& claim) {
    v1::Leaver leaver;
    leaver.set_grade(grade);
    const auto taken = TakeDestination(shipped.leavers, claim, "t", day, &leaver);
    if (!taken.ok()) return ReasonOf(taken.status());
    SetLeaver(shipped.leavers, policy, year, &leaver);
    return absl::StrCat(v1::LeaverState_Name(leaver.state()).substr(13), leaver.promoted() ? " promoted" : "",
                        leaver.has_call_due_on() ? " call" : "");
  };
  EXPECT_EQ(after("9", {"SENIOR", "县一高", "", "", "", day}), "KNOWN promoted");
  EXPECT_EQ(after("9", {"VOCATIONAL", "县职高", "", "", "", day}), "CLAIMED call");
  EXPECT_EQ(after("9", {"VOCATIONAL", "县职高", "ADMISSION_NOTICE", "2023-17", "", day}), "KNOWN promoted");
  EXPECT_EQ(after("9", {"WORK", "", "", "", "", day}), "KNOWN");
  EXPECT_EQ(after("9", {"UNKNOWN", "", "", "", "", day}), "UNKNOWN call");
  EXPECT_EQ(after("9", {"ARMY", "", "", "", "", day}), "CODE_UNKNOWN") << "not of the grade";
  EXPECT_EQ(after("12", {"ARMY", "", "", "", "", day}), "KNOWN");
  EXPECT_EQ(after("9", {"MARS", "", "", "", "", day}), "CODE_UNKNOWN");
  EXPECT_EQ(after("9", {"SENIOR", "", "", "", "", day}), "VALUE_REQUIRED");
  EXPECT_EQ(after("9", {"VOCATIONAL", "县职高", "ADMISSION_NOTICE", "", "", day}), "LEAVER_PROOF");
  EXPECT_EQ(after("9", {"VOCATIONAL", "县职高", "", "17", "", day}), "LEAVER_PROOF");
  EXPECT_EQ(after("9", {"VOCATIONAL", "县职高", "REGISTRY", "17", "", day}), "LEAVER_PROOF") << "found by the service";
  EXPECT_EQ(after("9", {"WORK", "", "", "", "", day + 1}), "DATE_AHEAD");
}

class LeaverTest : public CaseFixture, public ::testing::TestWithParam<const char*> {
 protected:
  LeaverTest() : CaseFixture(OptionsOf(GetParam())) {
    On(9, 20);
    for (const char* id : {"l1", "l2", "l3", "l4"}) registry.Put(Leaving(id));
    registry.Put(Leaving("h1", "12", "HS", "s2"));
    registry.Put(PupilIn("n1", 20090101, "JUN", "8", 20220901));  // stays
    EXPECT_TRUE(monitoring.CatchUp().ok());
  }

  static registry_v1::Student Leaving(const std::string& id, const std::string& grade = "9",
                                      const std::string& stage = "JUN", const std::string& school = "s1") {
    registry_v1::Student student = PupilIn(id, 20080101, stage, grade, 20220901, school);
    student.set_status("GRADUATED");
    *student.mutable_status_from() = Date(20230701);
    *student.mutable_enrolments(0)->mutable_valid_to() = Date(20230701);
    student.add_student_numbers()->set_number("G" + IdOf(20080101, static_cast<unsigned char>(id.back())));
    return student;
  }
  void Tell(const registry_v1::Student& student) {
    registry.Put(student);
    ASSERT_TRUE(monitoring.CatchUp().ok());
  }
  static std::string NameOf(const std::string& person, const std::string& grade = "9") {
    return absl::StrCat(kCounty, "/leavers/", kYear, ".", grade, ".", person);
  }
  v1::StartLeaverRunRequest Starting(const std::string& year = kYear) {
    v1::StartLeaverRunRequest request = Of<v1::StartLeaverRunRequest>("");
    request.set_parent(kCounty);
    request.set_school_year(year);
    return request;
  }
  v1::LeaverRunResult Ran() {
    const auto run = Turned<v1::LeaverRunResult>(
        monitoring, As("officer", "411728", "StartLeaverRun", Starting(), &Handlers::StartLeaverRun));
    EXPECT_TRUE(run.ok()) << run.status();
    return run.value_or(v1::LeaverRunResult());
  }
  v1::Leaver Now(const std::string& name) {
    v1::GetLeaverRequest get;
    get.set_name(name);
    const auto leaver = As("o", "411728", "GetLeaver", get, &Handlers::GetLeaver);
    EXPECT_TRUE(leaver.ok()) << leaver.status();
    return leaver.value_or(v1::Leaver());
  }
  v1::Leaver Clear(const std::string& name) {
    v1::GetLeaverRequest get;
    get.set_name(name);
    get.set_unmask(true);
    const auto leaver =
        monitoring.CallAs(OfRole("COUNTY_DROPOUT_OFFICER"), "GetLeaver", get, &Handlers::GetLeaver, "DROPOUT_CASE");
    EXPECT_TRUE(leaver.ok()) << leaver.status();
    return leaver.value_or(v1::Leaver());
  }
  std::vector<std::string> Listed(v1::ListLeaversRequest request = {}, const std::string& area = "411728") {
    request.set_parent(kCounty);
    request.set_school_year(kYear);
    const auto listed = As("o", area, "ListLeavers", request, &Handlers::ListLeavers);
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<std::string> lines;
    for (const auto& leaver : listed->leavers()) {
      lines.push_back(absl::StrCat(leaver.person(), " ", v1::LeaverState_Name(leaver.state()).substr(13)));
    }
    return lines;
  }
  static v1::LeaverRow RowOf(const std::string& person, const std::string& code, const std::string& place = "",
                             const std::string& proof_kind = "", const std::string& proof = "",
                             const std::string& reason = "") {
    v1::LeaverRow row;
    row.set_person(person);
    row.set_code(code);
    row.set_place(place);
    row.set_proof_kind(proof_kind);
    row.set_proof(proof);
    row.set_correction_reason(reason);
    return row;
  }
  v1::BatchRecordLeaverDestinationsRequest Recording(const std::vector<v1::LeaverRow>& rows) {
    v1::BatchRecordLeaverDestinationsRequest request = Of<v1::BatchRecordLeaverDestinationsRequest>("");
    request.set_parent(kCounty);
    request.set_school_year(kYear);
    request.mutable_rows()->Assign(rows.begin(), rows.end());
    return request;
  }
  std::string Recorded(const v1::BatchRecordLeaverDestinationsRequest& request, const std::string& area = "411728") {
    const auto answer =
        As("teacher", area, "BatchRecordLeaverDestinations", request, &Handlers::BatchRecordLeaverDestinations);
    return answer.ok() ? absl::StrJoin(answer->outcomes(), " ") : Reason(answer);
  }
  std::string Recorded(const std::vector<v1::LeaverRow>& rows, const std::string& area = "411728") {
    return Recorded(Recording(rows), area);
  }
  absl::StatusOr<v1::LeaverLedger> Prepare(const std::string& school = "s1", const std::string& reason = "",
                                           const std::string& area = "411728") {
    v1::PrepareLeaverLedgerRequest request = Of<v1::PrepareLeaverLedgerRequest>("");
    request.set_parent(kCounty);
    request.set_school_year(kYear);
    request.set_school(absl::StrCat(kCounty, "/schools/", school));
    request.set_correction_reason(reason);
    return As("teacher", area, "PrepareLeaverLedger", request, &Handlers::PrepareLeaverLedger);
  }
  absl::StatusOr<v1::LeaverLedger> SignAs(const std::string& person, const v1::LeaverLedger& ledger,
                                          const std::string& area = "411728") {
    v1::SignLeaverLedgerRequest request = Of<v1::SignLeaverLedgerRequest>(ledger.name());
    request.set_etag(ledger.etag());
    return As(person, area, "SignLeaverLedger", request, &Handlers::SignLeaverLedger);
  }
  absl::StatusOr<v1::LeaverLedger> CloseAs(const std::string& person, const v1::LeaverLedger& ledger,
                                           const std::string& area = "411728") {
    v1::CloseLeaverLedgerRequest request = Of<v1::CloseLeaverLedgerRequest>(ledger.name());
    request.set_etag(ledger.etag());
    return As(person, area, "CloseLeaverLedger", request, &Handlers::CloseLeaverLedger);
  }
  v1::GetLeaverRatesResponse Rates(const std::string& area = "411728") {
    v1::GetLeaverRatesRequest request;
    request.set_parent(kCounty);
    request.set_school_year(kYear);
    const auto rates = As("o", area, "GetLeaverRates", request, &Handlers::GetLeaverRates);
    EXPECT_TRUE(rates.ok()) << rates.status();
    return rates.value_or(v1::GetLeaverRatesResponse());
  }
};

TEST_P(LeaverTest, TheListIsThatOfTheLastGradesAndTheRegistryProves) {
  const v1::LeaverRunResult first = Ran();
  EXPECT_EQ(first.fresh(), 5);
  EXPECT_EQ(first.leavers(), 5);
  EXPECT_EQ(first.known(), 0);
  EXPECT_EQ(first.to_call(), 5);
  EXPECT_EQ(Now(NameOf("l1")).area(), "411728103/s1");
  EXPECT_EQ(Now(NameOf("l1")).display_name(), "赵**") << "masked";
  EXPECT_EQ(DayOf(Now(NameOf("l1")).call_due_on()), absl::CivilDay(2023, 9, 30));
  EXPECT_EQ(DayOf(Now(NameOf("l1")).due_on()), absl::CivilDay(2023, 12, 31));
  registry_v1::Student senior = Leaving("l1"), again = Leaving("l2"), died = Leaving("l3");
  senior.set_status("ENROLLED");
  Enter(senior, "HS", "10", 20230901, "s2");
  Tell(senior);
  again.set_status("ENROLLED");
  Enter(again, "JUN", "9", 20230901, "s1");
  Tell(again);
  died.set_status("DECEASED");
  Tell(died);
  registry_v1::Student vocational = Leaving("l4");  // in another county
  vocational.set_moved_to("counties/411722/students/v4");
  Tell(vocational);
  registry_v1::Student there = PupilIn("v4", 20080101, "VOC", "V1", 20230901);
  there.set_name("counties/411722/students/v4");
  there.set_area("411722103/s1/k1");
  Tell(there);
  const v1::LeaverRunResult second = Ran();
  EXPECT_EQ(second.fresh(), 0);
  EXPECT_EQ(second.leavers(), 4);
  EXPECT_EQ(second.known(), 3);
  EXPECT_EQ(second.proven(), 3);
  EXPECT_THAT(Listed(), UnorderedElementsAre("l1 KNOWN", "l2 KNOWN", "l3 GONE", "l4 KNOWN", "h1 UNKNOWN"));
  EXPECT_EQ(Now(NameOf("l1")).destination(), "SENIOR");
  EXPECT_EQ(Now(NameOf("l2")).destination(), "REPEAT");
  EXPECT_FALSE(Now(NameOf("l2")).promoted());
  EXPECT_TRUE(Now(NameOf("l4")).promoted()) << "the register of the school is a proof";
  EXPECT_EQ(Clear(NameOf("l4")).destinations(0).proof_kind(), "REGISTRY");
  EXPECT_EQ(Ran().proven(), 0) << "once";
  EXPECT_EQ(Recorded({RowOf("l3", "WORK")}), "STATE_TRANSITION");
  for (const auto& [year, reason] :
       {std::pair("2019-2020", "ENROLMENT_YEAR"), std::pair("2023", "SCHOOL_YEAR_FORMAT")}) {
    EXPECT_EQ(Reason(As("o", "411728", "StartLeaverRun", Starting(year), &Handlers::StartLeaverRun)), reason);
  }
  registry_v1::Import import;
  import.set_name(absl::StrCat(kCounty, "/imports/i1"));
  import.set_state(registry_v1::IMPORT_STATE_PARTLY_APPLIED);
  registry.Put(import);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(Reason(As("o", "411728", "StartLeaverRun", Starting(), &Handlers::StartLeaverRun)), "BATCH_OPEN");
}

TEST_P(LeaverTest, DestinationsAreVersionsRecordedRowByRow) {
  Ran();
  v1::LeaverRow by_number = RowOf("", "SENIOR", "县一高");
  by_number.set_student_number("G" + IdOf(20080101, '4'));
  v1::LeaverRow ahead = RowOf("l3", "WORK");
  *ahead.mutable_known_on() = DateOf(today + 1);
  const auto request = Recording({RowOf("l1", "VOCATIONAL", "县职高"), RowOf(NameOf("l2"), "AT_HOME"), by_number,
                                  RowOf("n1", "WORK"), RowOf("l1", "WORK"), ahead, RowOf("h1", "SENIOR", "县一高")});
  const std::string outcomes = "RECORDED RECORDED RECORDED PERSON_UNKNOWN DUPLICATE_IN_BATCH DATE_AHEAD CODE_UNKNOWN";
  EXPECT_EQ(Recorded(request), outcomes);
  EXPECT_EQ(Recorded(request), outcomes) << "a replay";
  EXPECT_EQ(Recorded({RowOf("l1", "VOCATIONAL", "县职高")}), "UNCHANGED") << "the same file once more";
  EXPECT_EQ(Now(NameOf("l1")).state(), v1::LEAVER_STATE_CLAIMED);
  EXPECT_FALSE(Now(NameOf("l1")).promoted());
  EXPECT_EQ(Recorded({RowOf("l1", "VOCATIONAL", "县职高", "ADMISSION_NOTICE", "2023-17")}), "RECORDED");
  const v1::Leaver l1 = Clear(NameOf("l1"));
  ASSERT_EQ(l1.destinations_size(), 2) << "the claim stays";
  EXPECT_EQ(l1.destinations(1).number(), 2);
  EXPECT_EQ(l1.destinations(1).recorded_by(), "job:teacher");
  EXPECT_TRUE(l1.promoted());
  EXPECT_EQ(Now(NameOf("l1")).destinations_size(), 0) << "masked";
  EXPECT_EQ(Recorded(std::vector<v1::LeaverRow>{}), "FIELD_REQUIRED");
  EXPECT_EQ(Recorded(std::vector<v1::LeaverRow>(501)), "FIELD_TOO_MANY");
  EXPECT_EQ(Recorded({RowOf("l1", "WORK", std::string(801, 'a'))}), "FIELD_TOO_LONG");
  EXPECT_EQ(Recorded({RowOf("l1", "WORK")}, "411728103/s2"), "PERMISSION_DENIED") << "of another school";
  v1::GetLeaverRequest get;
  get.set_name(NameOf("l1"));
  get.set_unmask(true);
  EXPECT_EQ(Reason(As("w", "411728", "GetLeaver", get, &Handlers::GetLeaver)), "PERMISSION_DENIED")
      << "jobs unmask nothing";
  get.set_name(NameOf("l9"));
  EXPECT_EQ(Reason(As("w", "411728", "GetLeaver", get, &Handlers::GetLeaver)), "NOT_FOUND");
}

TEST_P(LeaverTest, WhoIsNotKnownIsCalled) {
  Ran();
  ASSERT_EQ(Recorded({RowOf("l1", "WORK"), RowOf("l2", "UNKNOWN")}), "RECORDED RECORDED");
  v1::ListLeaversRequest list;
  list.set_to_call(true);
  EXPECT_THAT(Listed(list), UnorderedElementsAre("l2 UNKNOWN", "l3 UNKNOWN", "l4 UNKNOWN", "h1 UNKNOWN"));
  On(10, 9);
  v1::RecordLeaverCallRequest request = Of<v1::RecordLeaverCallRequest>(NameOf("l2"));
  request.set_outcome("NO_ANSWER");
  request.set_text("无人接听");
  const auto called = [&] { return As("t", "411728", "RecordLeaverCall", request, &Handlers::RecordLeaverCall); };
  const auto answer = called();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->call_count(), 1);
  EXPECT_EQ(DayOf(answer->call_due_on()), absl::CivilDay(2023, 10, 23)) << "a fortnight";
  EXPECT_EQ(called()->call_count(), 1) << "a replay";
  list.set_grade("9");
  EXPECT_THAT(Listed(list), ElementsAre("l3 UNKNOWN", "l4 UNKNOWN", "l2 UNKNOWN")) << "the first to be called first";
  request.set_request_id(NewId());
  request.set_outcome("MARS");
  EXPECT_EQ(Reason(called()), "CODE_UNKNOWN");
  request.set_outcome("REACHED");
  *request.mutable_on() = DateOf(today + 1);
  EXPECT_EQ(Reason(called()), "DATE_AHEAD");
  request.clear_on();
  request.set_etag("\"999\"");
  EXPECT_EQ(Reason(called()), "ETAG_MISMATCH");
  registry_v1::Student died = Leaving("l4");
  died.set_status("DECEASED");
  Tell(died);
  Ran();
  request = Of<v1::RecordLeaverCallRequest>(NameOf("l4"));
  request.set_outcome("REACHED");
  EXPECT_EQ(Reason(called()), "STATE_TRANSITION");
  // Past the last day.
  obs::Metrics metrics;
  auto probe = LeaverProbe(monitoring.host(), ShippedStandards(), metrics);
  On(12, 31);
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_dropout_monitoring_unknown_leavers{county=\"411728\"} 0"));
  EXPECT_EQ(TurnWaiting(monitoring, kLeaverJob), 1) << "by itself";
  On(1, 1, 2024);
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_dropout_monitoring_unknown_leavers{county=\"411728\"} 3"));
  EXPECT_EQ(TurnWaiting(monitoring, kLeaverJob), 1);
  ASSERT_TRUE(probe().ok());
  EXPECT_EQ(TurnWaiting(monitoring, kLeaverJob), 0);
}

TEST_P(LeaverTest, ALedgerIsClosedByTheSchoolAndTheCountyAndCorrectedByVersions) {
  EXPECT_EQ(Reason(Prepare()), "LEAVERS_NONE");
  Ran();
  EXPECT_EQ(Reason(Prepare("s9")), "SCHOOL_UNKNOWN");
  EXPECT_EQ(Reason(Prepare("s1", "", "411728103/s2")), "PERMISSION_DENIED");
  ASSERT_EQ(Recorded({RowOf("l1", "SENIOR", "县一高"), RowOf("l2", "VOCATIONAL", "县职高", "ADMISSION_NOTICE", "17"),
                      RowOf("l3", "VOCATIONAL", "县职高")}),
            "RECORDED RECORDED RECORDED");
  const auto drawn = Prepare();
  ASSERT_TRUE(drawn.ok()) << drawn.status();
  ASSERT_EQ(drawn->figures_size(), 1);
  EXPECT_EQ(drawn->figures(0).leavers(), 4);
  EXPECT_EQ(drawn->figures(0).known(), 2);
  EXPECT_EQ(drawn->figures(0).promoted(), 2);
  EXPECT_EQ(drawn->figures(0).vocational(), 1);
  EXPECT_EQ(drawn->figures(0).claimed(), 1);
  EXPECT_EQ(drawn->figures(0).codes_size(), 3);
  EXPECT_EQ(Reason(CloseAs("county", *drawn)), "STATE_TRANSITION") << "the school first";
  EXPECT_EQ(Reason(SignAs("teacher", *drawn)), "ROLE_HELD");
  ASSERT_EQ(Recorded({RowOf("l4", "WORK")}), "RECORDED");
  EXPECT_EQ(Reason(SignAs("principal", *drawn)), "LEDGER_STALE");
  const auto again = Prepare();
  EXPECT_EQ(again->name(), drawn->name()) << "one that nobody signed is drawn up again";
  EXPECT_EQ(Reason(SignAs("principal", *drawn)), "ETAG_MISMATCH");
  EXPECT_EQ(Reason(SignAs("principal", *again, "411728103/s2")), "PERMISSION_DENIED");
  const auto signed_one = SignAs("principal", *again);
  ASSERT_TRUE(signed_one.ok()) << signed_one.status();
  EXPECT_EQ(Reason(CloseAs("principal", *signed_one)), "ROLE_HELD");
  EXPECT_EQ(Reason(CloseAs("county", *signed_one, "411728103/s2")), "PERMISSION_DENIED");
  On(12, 31);
  const auto closed = CloseAs("county", *signed_one);
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_EQ(closed->state(), v1::LEAVER_LEDGER_STATE_CLOSED);
  EXPECT_FALSE(closed->late());
  EXPECT_EQ(Now(NameOf("l3")).closed_by(), closed->name());
  EXPECT_FALSE(Now(NameOf("l3")).has_call_due_on());
  EXPECT_EQ(Now(NameOf("h1", "12")).closed_by(), "") << "of another school";

  On(1, 20, 2024);
  EXPECT_EQ(Recorded({RowOf("l3", "VOCATIONAL", "县职高", "SCHOOL_CERTIFICATE", "9")}), "LEAVER_CLOSED");
  EXPECT_EQ(Recorded({RowOf("l3", "VOCATIONAL", "县职高", "SCHOOL_CERTIFICATE", "9", "补交证明")}), "RECORDED");
  EXPECT_EQ(Clear(NameOf("l3")).destinations(1).correction_reason(), "补交证明");
  EXPECT_EQ(Reason(Prepare()), "FIELD_REQUIRED") << "why another version";
  const auto second = Prepare("s1", "补交证明");
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->version_number(), 2);
  const auto corrected = CloseAs("county", *SignAs("principal", *second));
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  EXPECT_FALSE(corrected->late()) << "the school was in time";
  v1::GetLeaverLedgerRequest get;
  get.set_name(closed->name());
  const auto kept = As("o", "411728", "GetLeaverLedger", get, &Handlers::GetLeaverLedger);
  EXPECT_EQ(kept->state(), v1::LEAVER_LEDGER_STATE_REPLACED);
  EXPECT_EQ(kept->figures(0).promoted(), 2) << "it stays as it was";
  EXPECT_EQ(corrected->figures(0).promoted(), 3);
  v1::ListLeaverLedgersRequest list;
  list.set_parent(kCounty);
  list.set_school_year(kYear);
  list.set_state(v1::LEAVER_LEDGER_STATE_CLOSED);
  EXPECT_EQ(As("o", "411728", "ListLeaverLedgers", list, &Handlers::ListLeaverLedgers)->ledgers_size(), 1);
  // A closed ledger is left alone by runs.
  registry_v1::Student senior = Leaving("l4");
  senior.set_status("ENROLLED");
  Enter(senior, "HS", "10", 20240201, "s2");
  Tell(senior);
  EXPECT_EQ(Ran().proven(), 0);
}

TEST_P(LeaverTest, RatesAndReports) {
  Ran();
  ASSERT_EQ(Recorded({RowOf("l1", "SENIOR", "县一高"), RowOf("l2", "VOCATIONAL", "县职高"), RowOf("l3", "WORK"),
                      RowOf("h1", "UNDERGRADUATE", "郑州大学")}),
            "RECORDED RECORDED RECORDED RECORDED");
  const v1::GetLeaverRatesResponse rates = Rates();
  ASSERT_EQ(rates.rates_size(), 2);
  EXPECT_EQ(rates.rates(0).figures().grade(), "9") << "before grade 12";
  EXPECT_EQ(rates.rates(0).known().numerator(), 2);
  EXPECT_EQ(rates.rates(0).known().denominator(), 4);
  EXPECT_EQ(rates.rates(0).known_percent(), "50.00%");
  EXPECT_EQ(rates.rates(0).promoted().numerator(), 1) << "a claim of a vocational place is no promotion";
  EXPECT_EQ(rates.rates(0).promoted_percent(), "25.00%");
  EXPECT_EQ(Rates("411728103/s2").rates_size(), 1) << "a school sees its own";
  const auto exported = [&](v1::ReportKind kind, bool unmask) {
    v1::ExportReportRequest file;
    file.set_area("areas/411728");
    file.set_report(kind);
    file.set_period(kYear);
    file.set_unmask(unmask);
    const auto text = monitoring.Export(OfRole("COUNTY_DROPOUT_OFFICER"), file, unmask ? "DROPOUT_CASE" : "");
    EXPECT_TRUE(text.ok()) << text.status();
    return text.value_or("");
  };
  const std::string masked = exported(v1::REPORT_KIND_LEAVERS, false);
  EXPECT_THAT(masked, Not(HasSubstr("赵l1")));
  EXPECT_THAT(masked, Not(HasSubstr("县职高"))) << "where a child is, is the child's";
  EXPECT_THAT(masked, HasSubstr("中等职业学校"));
  EXPECT_THAT(masked, HasSubstr("合计 5"));
  const std::string clear = exported(v1::REPORT_KIND_LEAVERS, true);
  EXPECT_THAT(clear, HasSubstr("赵l1"));
  EXPECT_THAT(clear, HasSubstr("县职高"));
  EXPECT_THAT(exported(v1::REPORT_KIND_LEAVER_RATES, false), HasSubstr("50.00%"));
}

TEST_P(LeaverTest, WhoWasErasedLeavesTheFigures) {
  Ran();
  ASSERT_EQ(Recorded({RowOf("l1", "SENIOR", "县一高")}), "RECORDED");
  registry_v1::Student erased = Leaving("l1");
  feed::KeepPublished(erased);
  *erased.mutable_erased_on() = DateOf(today);
  Tell(erased);
  EXPECT_EQ(TurnWaiting(monitoring, rpc::kErasePersonJob), 1);
  const v1::Leaver leaver = Clear(NameOf("l1"));
  EXPECT_EQ(leaver.display_name(), "");
  EXPECT_THAT(leaver.destinations(), IsEmpty());
  EXPECT_EQ(leaver.destination(), "SENIOR");
}

INSTANTIATE_TEST_SUITE_P(Databases, LeaverTest, ::testing::Values("SQLite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ruraledu::dropout_monitoring
