// The enrolment drive: rules; lists, days, catchments and notices behind their handlers on both databases.
#include "tests/dropout_monitoring/enrolment_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

TEST(EnrolmentRules, TablesAreChecked) {
  const auto wrong = [](const std::string& rows) {
    return ReasonOf(
        ParseEnrolmentPolicies("region,valid_from,window_days,source\n" + rows, RegionPathOf(nullptr)).status());
  };
  EXPECT_EQ(wrong(",2020-09-01,15,s\n"), "");
  for (const char* rows : {"", ",2020-09-01,0,s\n", ",2020-09-01,x,s\n", ",2020-09-01,15,\n", "41,2020-09-01,15,s\n",
                           ",2020-09-01,15,s\n,2020-09-01,16,s\n"}) {
    EXPECT_EQ(wrong(rows), "DATA_FILE") << rows;
  }
  const std::string head = "code,label_zh,label_en,valid_from,valid_to,standard,source,outcome,place\n";
  const auto bad = [&](const std::string& row) {
    return ReasonOf(CheckDestinations(*CodeList::Parse("enrolment_destination", head + row)));
  };
  EXPECT_EQ(bad("A,甲,a,,,,s,ELSEWHERE,yes\n"), "");
  EXPECT_EQ(bad("A,甲,a,,,,s,GONE,no\n"), "");
  EXPECT_EQ(bad("A,甲,a,,,,s,MARS,yes\n"), "DATA_FILE");
  EXPECT_EQ(bad("A,甲,a,,,,s,EXCUSED,no\n"), "DATA_FILE") << "approvals excuse";
}

TEST(EnrolmentRules, TheAgeOfEntryIsThatOf31August) {
  const Standards& shipped = ShippedStandards();
  const auto year = EnrolmentYearOf(shipped.terms, shipped.rates, "411728000000", SchoolYear{2023});
  ASSERT_TRUE(year.ok()) << year.status();
  EXPECT_EQ(EntryAgeOf(*year, absl::CivilDay(2017, 8, 31)), EntryAge::kEntry);
  EXPECT_EQ(EntryAgeOf(*year, absl::CivilDay(2017, 9, 1)), EntryAge::kNo);
  EXPECT_EQ(EntryAgeOf(*year, absl::CivilDay(2016, 9, 1)), EntryAge::kEntry);
  EXPECT_EQ(EntryAgeOf(*year, absl::CivilDay(2016, 8, 31)), EntryAge::kYearOlder);
  EXPECT_EQ(EntryAgeOf(*year, absl::CivilDay(2015, 8, 31)), EntryAge::kNo);
  const BirthSpan span = PrimaryBirths(*year);
  EXPECT_EQ(span.from, absl::CivilDay(2015, 9, 1));
  EXPECT_EQ(span.until, absl::CivilDay(2017, 8, 31));
}

// What schools say in any order leaves the same child.
TEST(EnrolmentRules, ReportsInAnyOrder) {
  const CodeList& codes = ShippedStandards().enrolment.destinations;
  std::vector<std::pair<std::string, int>> reports = {{"a", 3}, {"b", 2}, {"a", 1}, {"b", 3}, {"c", 1}};
  std::sort(reports.begin(), reports.end());
  std::optional<std::string> first;
  do {
    v1::ExpectedChild child;
    for (const auto& [school, day] : reports) TakeReport(school, absl::CivilDay(2023, 9, day), "t", &child);
    SetState(codes, &child);
    const std::string text = child.SerializeAsString();
    EXPECT_EQ(first.value_or(text), text);
    first = text;
    EXPECT_EQ(child.reported_school(), "b") << "the latest first day";
    EXPECT_EQ(DayOf(child.settled_on()), absl::CivilDay(2023, 9, 1));
  } while (std::next_permutation(reports.begin(), reports.end()));
}

class EnrolmentTest : public EnrolmentFixture, public ::testing::TestWithParam<const char*> {
 protected:
  EnrolmentTest() : EnrolmentFixture(GetParam()) {}
};

TEST_P(EnrolmentTest, TheListsComeFromTheRegistersAndTheHouseholds) {
  const v1::EnrolmentRun run = Ran();
  EXPECT_THAT(States(), UnorderedElementsAre("PRIMARY a1 EXPECTED", "PRIMARY ch EXPECTED", "PRIMARY h2 EXPECTED",
                                             "JUNIOR b1 EXPECTED", "JUNIOR b2 EXPECTED"));
  ASSERT_EQ(run.figures_size(), 2);
  EXPECT_EQ(run.figures(0).children(), 3);
  EXPECT_EQ(run.figures(0).fresh(), 3);
  EXPECT_EQ(run.figures(1).children(), 2);
  EXPECT_EQ(run.suspected(), 0);
  EXPECT_EQ(run.policy(), "enrolmentPolicies/CN.2020-09-01");
  EXPECT_EQ(Now(NameOf("JUNIOR", "b2")).former_school(), SchoolName("s2"));
  EXPECT_EQ(Now(NameOf("JUNIOR", "b2")).area(), "411728103/s2") << "the school that it leaves, none is known yet";
  const v1::ExpectedChild a1 = Now(NameOf("PRIMARY", "a1"));
  EXPECT_EQ(a1.village(), kVillage);
  EXPECT_EQ(a1.area(), "411728103");
  EXPECT_EQ(a1.display_name(), "赵**") << "masked";
  EXPECT_EQ(a1.id_digest(), "");

  const int64_t before = Versions();
  EXPECT_EQ(Ran().figures(0).fresh(), 0);
  EXPECT_EQ(Versions(), before) << "a run that finds nothing new writes nothing";

  // A resident whom the registry has now stays one row, with what it has.
  const std::string resident = OfSource("residents");
  registry_v1::Student came = PupilIn("a9", 20170201, "PRI", "1", 20230901);
  came.set_id_number(IdOf(20170201));
  registry.Put(came);
  registry_v1::Student left = PupilIn("a1", 20170101, "PRE", "P3", 20220901);
  left.set_status("TRANSFERRED");
  registry.Put(left);
  registry_v1::Student entered = PupilIn("b1", 20110101, "PRI", "6", 20220901);
  Enter(entered, "JUN", "7", 20230830, "j1");
  registry.Put(entered);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  Ran();
  EXPECT_THAT(States(), UnorderedElementsAre("PRIMARY a1 GONE", "PRIMARY ch REGISTERED", "PRIMARY h2 EXPECTED",
                                             "JUNIOR b1 REGISTERED", "JUNIOR b2 EXPECTED"));
  EXPECT_EQ(Now(resident).person(), "a9");
  EXPECT_EQ(Now(NameOf("JUNIOR", "b1")).area(), "411728103/j1");
  EXPECT_EQ(DayOf(Now(NameOf("JUNIOR", "b1")).settled_on()), absl::CivilDay(2023, 8, 30));

  v1::ListEnrolmentRunsRequest runs;
  runs.set_parent(kCounty);
  EXPECT_EQ(monitoring.Call("ListEnrolmentRuns", runs, &Handlers::ListEnrolmentRuns)->runs_size(), 3);
  EXPECT_EQ(Reason(As("o", "411728", "StartEnrolmentRun", Starting("2021-2022"), &Handlers::StartEnrolmentRun)),
            "ENROLMENT_YEAR");
  EXPECT_EQ(Reason(As("o", "411728", "StartEnrolmentRun", Starting("2023"), &Handlers::StartEnrolmentRun)),
            "SCHOOL_YEAR_FORMAT");
  registry_v1::Import import;
  import.set_name(absl::StrCat(kCounty, "/imports/i1"));
  import.set_state(registry_v1::IMPORT_STATE_PARTLY_APPLIED);
  registry.Put(import);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(Reason(As("o", "411728", "StartEnrolmentRun", Starting(), &Handlers::StartEnrolmentRun)), "BATCH_OPEN");
}

TEST_P(EnrolmentTest, ADriveHasDaysAndCatchments) {
  v1::PutEnrolmentDriveRequest primary = Driving(v1::SCHOOL_LEVEL_PRIMARY, kVillage, SchoolName("s1"));
  const auto put = Put(primary);
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(DayOf(put->report_from()), absl::CivilDay(2023, 9, 1));
  EXPECT_EQ(DayOf(put->report_until()), absl::CivilDay(2023, 9, 15)) << "15 days, the first one included";
  EXPECT_EQ(put->days_source(), "enrolmentPolicies/CN.2020-09-01");
  EXPECT_EQ(Put(primary)->etag(), put->etag()) << "a replay";
  const auto wrong = [&](const std::function<void(v1::PutEnrolmentDriveRequest&)>& change) {
    v1::PutEnrolmentDriveRequest request = Driving(v1::SCHOOL_LEVEL_PRIMARY, kVillage, SchoolName("s1"));
    change(request);
    return Reason(Put(request));
  };
  EXPECT_EQ(wrong([](auto& r) { r.set_etag("\"999\""); }), "ETAG_MISMATCH");
  EXPECT_EQ(wrong([](auto& r) { r.set_level(v1::SCHOOL_LEVEL_PRESCHOOL); }), "FIELD_REQUIRED");
  EXPECT_EQ(wrong([](auto& r) { r.set_school_year("2020-2021"); }), "ENROLMENT_YEAR");
  EXPECT_EQ(wrong([](auto& r) { *r.mutable_report_from() = Date(20230901); }), "ENROLMENT_DAYS") << "both or neither";
  EXPECT_EQ(wrong([](auto& r) {
              *r.mutable_report_from() = Date(20230905);
              *r.mutable_report_until() = Date(20230901);
            }),
            "ENROLMENT_DAYS");
  EXPECT_EQ(wrong([](auto& r) { *r.add_catchments() = r.catchments(0); }), "DUPLICATE_IN_BATCH");
  EXPECT_EQ(wrong([](auto& r) { r.mutable_catchments(0)->set_from("640422103001"); }), "REGION_CODE");
  EXPECT_EQ(wrong([](auto& r) { r.mutable_catchments(0)->set_school(SchoolName("s9")); }), "SCHOOL_UNKNOWN");
  EXPECT_EQ(wrong([](auto& r) {
              r.set_level(v1::SCHOOL_LEVEL_JUNIOR);
              r.mutable_catchments(0)->set_from(SchoolName("s9"));
            }),
            "SCHOOL_UNKNOWN");
  EXPECT_EQ(wrong([](auto& r) {
              r.set_level(v1::SCHOOL_LEVEL_JUNIOR);
              r.mutable_catchments(0)->set_from(SchoolName("s1"));
              r.mutable_catchments(0)->set_school(SchoolName("s2"));
            }),
            "CATCHMENT_LEVEL")
      << "a primary school takes nobody into grade 7";
  EXPECT_EQ(wrong([](auto& r) { r.mutable_catchments(0)->set_school(kJunior); }), "CATCHMENT_LEVEL");
  EXPECT_EQ(wrong([](auto& r) {
              for (int i = 0; i < 2001; ++i) *r.add_catchments() = r.catchments(0);
            }),
            "FIELD_TOO_MANY");
  EXPECT_EQ(Reason(Put(Driving(v1::SCHOOL_LEVEL_PRIMARY, kVillage, SchoolName("s1")), "411728103")),
            "PERMISSION_DENIED");
  registry_v1::School closed = TownSchool("s2");
  closed.set_state(registry_v1::SCHOOL_STATE_CLOSED);
  registry.Put(closed);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(wrong([](auto& r) { r.mutable_catchments(0)->set_school(SchoolName("s2")); }), "SCHOOL_CLOSED");
  v1::PutEnrolmentDriveRequest own = Driving(v1::SCHOOL_LEVEL_JUNIOR, SchoolName("s2"), kJunior);
  *own.mutable_report_from() = Date(20230828);
  *own.mutable_report_until() = Date(20230903);
  EXPECT_EQ(Put(own)->days_source(), "COUNTY");
  v1::GetEnrolmentDriveRequest get;
  get.set_name(absl::StrCat(kCounty, "/enrolmentDrives/", kYear, ".JUNIOR"));
  EXPECT_EQ(As("o", "411728", "GetEnrolmentDrive", get, &Handlers::GetEnrolmentDrive)->catchments(0).school(), kJunior);
  get.set_name(absl::StrCat(kCounty, "/enrolmentDrives/2022-2023.JUNIOR"));
  EXPECT_EQ(Reason(As("o", "411728", "GetEnrolmentDrive", get, &Handlers::GetEnrolmentDrive)), "NOT_FOUND");

  Ran();
  EXPECT_EQ(Now(NameOf("PRIMARY", "a1")).school(), SchoolName("s1"));
  EXPECT_EQ(Now(NameOf("PRIMARY", "a1")).area(), "411728103/s1");
  EXPECT_EQ(Now(NameOf("JUNIOR", "b2")).area(), "411728103/j1");
  EXPECT_EQ(Now(NameOf("JUNIOR", "b1")).school(), "") << "no catchment names its school";
  v1::ListExpectedChildrenRequest list;
  list.set_area("areas/411728103/j1");
  EXPECT_EQ(Listed(list).size(), 1u);
  list.clear_area();
  list.set_level(v1::SCHOOL_LEVEL_PRIMARY);
  list.set_village(kVillage);
  list.set_state(v1::EXPECTED_STATE_EXPECTED);
  EXPECT_EQ(Listed(list).size(), 2u);
  list = {};
  list.set_former_school(SchoolName("s2"));
  EXPECT_EQ(Listed(list).size(), 1u);
  EXPECT_EQ(Listed({}, "411728103/j1").size(), 1u) << "a school sees its own";
}

TEST_P(EnrolmentTest, NoticesAreNumberedAndRenderedFromTheTemplate) {
  ASSERT_TRUE(Put(Driving(v1::SCHOOL_LEVEL_PRIMARY, kVillage, SchoolName("s1"))).ok());
  Ran();
  const std::string a1 = NameOf("PRIMARY", "a1"), b1 = NameOf("JUNIOR", "b1");
  v1::RenderEnrolmentNoticeRequest render;
  render.set_name(a1);
  const auto rendered = [&](rpc::Caller caller, const std::string& purpose = "DROPOUT_CASE") {
    return monitoring.CallAs(std::move(caller), "RenderEnrolmentNotice", render, &Handlers::RenderEnrolmentNotice,
                             purpose);
  };
  EXPECT_EQ(Reason(rendered(OfRole("COUNTY_DROPOUT_OFFICER"))), "ENROLMENT_NO_NOTICE");
  const auto request = Issuing({a1, b1, a1});
  EXPECT_EQ(Issued(request), "ISSUED ENROLMENT_SCHOOL DUPLICATE_IN_BATCH");
  EXPECT_EQ(Issued(request), "ISSUED ENROLMENT_SCHOOL DUPLICATE_IN_BATCH") << "a replay";
  EXPECT_EQ(Issued(Issuing({a1, b1}, kJunior)), "UNCHANGED ISSUED") << "who has one keeps it";
  EXPECT_EQ(Issued(Issuing({b1}, SchoolName("s9"))), "SCHOOL_UNKNOWN");
  EXPECT_EQ(Issued(Issuing({})), "FIELD_REQUIRED");
  EXPECT_EQ(Issued(Issuing(std::vector<std::string>(501, a1))), "FIELD_TOO_MANY");
  EXPECT_EQ(Issued(Issuing({NameOf("PRIMARY", "p9")})), "NOT_FOUND");
  EXPECT_EQ(Issued(Issuing({NameOf("JUNIOR", "b2")}, kJunior), "411728104"), "PERMISSION_DENIED");
  const v1::ExpectedChild child = Now(b1);
  EXPECT_EQ(child.notice().number(), "411728-2023-J-000001");
  EXPECT_EQ(child.notice().issued_by(), "job:clerk");
  EXPECT_EQ(DayOf(child.notice().issued_on()), today);
  EXPECT_EQ(child.school(), kJunior);
  EXPECT_EQ(child.area(), "411728103/j1");

  EXPECT_EQ(Reason(rendered(rpc::MakeJobCaller("o", "411728"))), "PERMISSION_DENIED") << "jobs unmask nothing";
  EXPECT_EQ(Reason(rendered(OfRole("COUNTY_DROPOUT_OFFICER"), "")), "PURPOSE_REQUIRED");
  EXPECT_EQ(Reason(rendered(OfRole("PRINCIPAL"))), "PERMISSION_DENIED");
  const auto document = rendered(OfRole("COUNTY_DROPOUT_OFFICER"));
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(document->file_name(), "411728-2023-P-000001.docx");
  EXPECT_GT(document->content().size(), 500u);
  const auto values = NoticeValues(Now(a1), {absl::CivilDay(2023, 9, 1), absl::CivilDay(2023, 9, 15)},
                                   {"王大山", "查岈山镇中心小学", "遂平县教育行政部门"});
  EXPECT_EQ(values.at("report_until"), "2023年9月15日");
  EXPECT_EQ(values.at("grade"), "小学一年级");
  v1::GetExpectedChildRequest get;
  get.set_name(a1);
  get.set_unmask(true);
  EXPECT_EQ(monitoring
                .CallAs(OfRole("COUNTY_DROPOUT_OFFICER"), "GetExpectedChild", get, &Handlers::GetExpectedChild,
                        "DROPOUT_CASE")
                ->display_name(),
            "赵a1");
  // The notice stays, the school it names too.
  registry_v1::School other = TownSchool("j2");
  other.clear_stages();
  other.add_stages("JUN");
  registry.Put(other);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  ASSERT_TRUE(Put(Driving(v1::SCHOOL_LEVEL_JUNIOR, SchoolName("s1"), SchoolName("j2"))).ok());
  Ran();
  EXPECT_EQ(Now(b1).school(), kJunior);
}

TEST_P(EnrolmentTest, WhoWasExcusedIsExpectedTheYearAfter) {
  registry.Put(PupilIn("c1", 20160301, "PRE", "P3", 20220901));
  registry.Put(PupilIn("c2", 20160302, "PRE", "P3", 20220901));
  ASSERT_TRUE(monitoring.CatchUp().ok());
  v1::ExpectedChild last;
  last.set_name(absl::StrCat(kCounty, "/expectedChildren/2022-2023.PRIMARY.c1"));
  last.set_school_year("2022-2023");
  last.set_level(v1::SCHOOL_LEVEL_PRIMARY);
  last.set_child_key("c1");
  last.set_area("411728103");
  last.set_state(v1::EXPECTED_STATE_EXCUSED);
  ASSERT_TRUE(monitoring.place.database
                  ->Write(kShard,
                          [&](db::Transaction& tx) -> absl::Status {
                            ASSIGN_OR_RETURN(const auto sealer, monitoring.place.keys->SealerOf(kShard));
                            feed::RootWriter writer(tx, *sealer, {"t", "t"});
                            RETURN_IF_ERROR(writer.Put(kExpectedChildren, nullptr, last, "TEST").status());
                            return writer.Finish().status();
                          })
                  .ok());
  Ran();
  EXPECT_THAT(States(), ::testing::Contains("PRIMARY c1 EXPECTED"));
  EXPECT_THAT(States(), Not(::testing::Contains(HasSubstr("c2")))) << "the comparisons have it";
}

TEST_P(EnrolmentTest, AChildInAnotherCountyOfTheSuiteIsKnown) {
  Ran();
  registry_v1::Student there = PupilIn("q1", 20170201, "PRI", "1", 20230901);
  there.set_name("counties/411722/students/q1");
  there.set_id_number(IdOf(20170201));
  there.mutable_enrolments(0)->set_school("counties/411722/schools/s1");
  there.set_area("411722103/s1/k1");
  registry.Put(there);
  registry_v1::Student moved = PupilIn("b1", 20110101, "PRI", "6", 20220901);
  moved.set_moved_to("counties/411722/students/q2");
  moved.set_status("TRANSFERRED");
  registry.Put(moved);
  registry_v1::Student arrived = PupilIn("q2", 20110101, "JUN", "7", 20230901);
  arrived.set_name("counties/411722/students/q2");
  arrived.set_area("411722103/s1/k1");
  registry.Put(arrived);
  registry_v1::Student away = PupilIn("b2", 20110102, "PRI", "6", 20220901);
  away.set_moved_to("counties/411722/students/q3");
  registry.Put(away);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  On(9, 20);
  EXPECT_EQ(Ran().suspected(), 2) << "a1 and the child of the household";
  EXPECT_THAT(States(), UnorderedElementsAre("PRIMARY a1 NOT_REPORTED", "PRIMARY ch REGISTERED",
                                             "PRIMARY h2 NOT_REPORTED", "JUNIOR b1 REGISTERED", "JUNIOR b2 GONE"));
  EXPECT_EQ(Now(OfSource("residents")).registered_as(), "counties/411722/students/q1");
}

TEST_P(EnrolmentTest, WhoWasErasedIsNoRowOfNames) {
  Ran();
  ASSERT_EQ(Issued(Issuing({NameOf("JUNIOR", "b1")}, kJunior)), "ISSUED");
  registry_v1::Student erased = PupilIn("b1", 20110101, "PRI", "6", 20220901);
  erased.set_status("DROPPED");
  feed::KeepPublished(erased);
  *erased.mutable_erased_on() = DateOf(today);
  registry.Put(erased);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(TurnWaiting(monitoring, rpc::kErasePersonJob), 1);
  Ran();
  const v1::ExpectedChild child = Now(NameOf("JUNIOR", "b1"));
  EXPECT_EQ(child.display_name(), "");
  EXPECT_EQ(child.state(), v1::EXPECTED_STATE_GONE);
  v1::RenderEnrolmentNoticeRequest render;
  render.set_name(child.name());
  EXPECT_EQ(Reason(monitoring.CallAs(OfRole("COUNTY_DROPOUT_OFFICER"), "RenderEnrolmentNotice", render,
                                     &Handlers::RenderEnrolmentNotice, "DROPOUT_CASE")),
            "ERASED");
}

INSTANTIATE_TEST_SUITE_P(Databases, EnrolmentTest, ::testing::Values("SQLite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ruraledu::dropout_monitoring
