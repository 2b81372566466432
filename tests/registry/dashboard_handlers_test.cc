// The registry's dashboard: counters that change with the facts equal the rebuilt ones, whatever happened.
#include "tests/registry/import_fixture.h"

namespace ruraledu::registry {
namespace {

using dashboard_v1::Dashboard;
using dashboard_v1::Indicator;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class DashboardHandlersTest : public ImportTest {
 protected:
  absl::StatusOr<Dashboard> Board(const std::string& area, const std::string& period = "",
                                  const rpc::Caller& caller = rpc::MakeJobCaller("test", "41")) {
    dashboard_v1::GetDashboardRequest request;
    request.set_area(absl::StrCat("areas/", area));
    request.set_period(period);
    clock_.Advance(absl::Seconds(2));  // past what is held in process
    ASSIGN_OR_RETURN(const rpc::Bytes bytes, CallAs(caller, "GetDashboard", request, &Handlers::GetDashboard));
    Dashboard board;
    EXPECT_TRUE(board.ParseFromString(*bytes));
    return board;
  }
  template <typename Board>
  static const Indicator& Of(const Board& board, const std::string& id) {
    for (const Indicator& indicator : board.indicators()) {
      if (indicator.id() == "registry." + id) {
        return indicator;
      }
    }
    ADD_FAILURE() << "no indicator " << id;
    return Indicator::default_instance();
  }
  template <typename Board>
  static int64_t Value(const Board& board, const std::string& id) {
    return Of(board, id).numerator().value();
  }
  static std::vector<std::string> Parts(const Indicator& indicator) {
    std::vector<std::string> parts;
    for (const auto& part : indicator.parts()) {
      parts.push_back(absl::StrCat(part.code(), " ", part.label_zh(), " ", part.numerator().value()));
    }
    return parts;
  }
  static std::string HouseholdsCsv() {
    return absl::StrCat(
        "户编号,户主姓名,村代码,户类型,是否享受政策,识别日期,风险是否消除,风险消除日期,姓名,证件号码,与户主关系\n",
        "H1,张三,411728001201,脱贫户,是,2016-01-01,否,,张三,", Id("19850101", 11), ",户主\n", ",,,,,,,,张子涵,",
        Id("20140305", 17), ",子\n");
  }
};

TEST_F(DashboardHandlersTest, CountersAfterImportsEqualTheRebuiltOnes) {
  LoadSchools();
  EXPECT_EQ(Differences(), 0);
  CheckAndApply(
      v1::IMPORT_SOURCE_STUDENT_ROSTER, "r1",
      RosterCsv({Pupil("张子涵", Id("20140305", 17)), Pupil("李四", Id("20140306", 19)),
                 Pupil("王五", Id("20110307", 21), "3141000002", "七年级"), Pupil("错号码", "411700201403050179")}));
  CheckAndApply(v1::IMPORT_SOURCE_RURAL_REVITALISATION, "h1", HouseholdsCsv());
  EXPECT_THAT(Counters("COUNTY"), Contains("COUNTY 411728  pupils PRI = 2"));
  EXPECT_EQ(Differences(), 0);
  // The next roster is complete: who is not in it any more leaves, and somebody changed the school.
  CheckAndApply(
      v1::IMPORT_SOURCE_STUDENT_ROSTER, "r2",
      RosterCsv({Pupil("张子涵", Id("20140305", 17)), Pupil("李四", Id("20140306", 19), "3141000002", "七年级")}),
      [](v1::Import& import) { import.set_complete(true); });
  EXPECT_EQ(Differences(), 0);
  const auto withdrawn = Withdraw(All<v1::Import>(kImports).back().name());
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.status();
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_EQ(Differences(), 0);
}

TEST_F(DashboardHandlersTest, OneDashboardShowsTheCountyByTownshipAndSchool) {
  LoadSchools();
  const v1::School primary =
      All<v1::School>(kSchools)[0].code() == "2141000001" ? All<v1::School>(kSchools)[0] : All<v1::School>(kSchools)[1];
  ASSERT_TRUE(Create(Class(primary, "3", 40)).ok());
  ASSERT_TRUE(Create(Class(primary, "4", 56)).ok());
  ASSERT_TRUE(Create(Class(primary, "5", 66)).ok());
  ASSERT_TRUE(Create(Class(primary, "6", 0)).ok()) << "no size was reported";
  for (int i = 0; i < 6; ++i) {
    v1::Student student = Student(primary, Id("20140305", 30 + i));
    student.set_left_behind_education(i < 3 ? 1 : 0);
    student.set_migrant(i == 5);
    auto* boards = student.add_boardings();
    boards->set_boarding(i < 2);
    *boards->mutable_valid_from() = DateOf(absl::CivilDay(2023, 9, 1));
    if (i == 0) {
      student.mutable_disability()->set_kind("1");
      student.mutable_disability()->set_grade("2");
    }
    ASSERT_TRUE(Create(student).ok());
  }
  ASSERT_TRUE(Create(Teacher(primary)).ok());
  ASSERT_TRUE(Create(Household()).ok());

  const Dashboard county = *Board("411728");
  EXPECT_EQ(county.area_name(), "遂平县");
  EXPECT_EQ(county.period(), "2023-2024-1");
  EXPECT_THAT(Parts(Of(county, "pupils")), ElementsAre("PRI 小学 6"));
  EXPECT_THAT(Parts(Of(county, "pupil_status")), ElementsAre("ENROLLED 在读 6"));
  EXPECT_EQ(Value(county, "boarders"), 2);
  EXPECT_EQ(Of(county, "boarders").denominator().value(), 6);
  EXPECT_THAT(Parts(Of(county, "left_behind")), ElementsAre("1 单亲留守 3"));
  EXPECT_EQ(Value(county, "migrant"), 1);
  EXPECT_EQ(Value(county, "disabled"), 1);
  EXPECT_EQ(Value(county, "schools"), 2);
  EXPECT_EQ(Value(county, "classes"), 4);
  EXPECT_THAT(Parts(Of(county, "oversized_classes")), ElementsAre("OVERSIZED 大班额 1", "SUPER_OVERSIZED 超大班额 1"));
  EXPECT_FALSE(Of(county, "oversized_classes").has_target()) << "0 is a target of county 640422 (XJ-2a)";
  EXPECT_THAT(Parts(Of(county, "teachers")), ElementsAre("TEACHER 教师 1"));
  EXPECT_THAT(Parts(Of(county, "hardship_households")), ElementsAre("P2 脱贫户（享受政策） 1"));
  EXPECT_EQ(Of(county, "kindergarten_standard").state(), dashboard_v1::INDICATOR_STATE_NOT_APPLICABLE) << "none there";
  ASSERT_GT(county.breakdown_size(), 1);
  EXPECT_EQ(Value(county.breakdown(0), "pupils") + Value(county.breakdown(1), "pupils"), 6);
  EXPECT_EQ(county.trend_size(), 0) << "of earlier terms nothing is known";
  EXPECT_EQ(ReasonOf(Board("411728", "2022-2023-1").status()), "PERIOD_NOT_KEPT");
  EXPECT_EQ(ReasonOf(Board("411728", "2023").status()), "TERM_FORMAT");
  EXPECT_EQ(ReasonOf(Board("4117280").status()), "NAME_INVALID");
  EXPECT_EQ(Value(*Board("411728", "2023-2024-2"), "classes"), 4) << "a class lives through its school year";
  EXPECT_EQ(Value(*Board("411728", "2024-2025-1"), "classes"), 0);

  const Dashboard township = *Board("411728001");
  ASSERT_EQ(township.breakdown_size(), 1);
  EXPECT_EQ(township.breakdown(0).area_name(), "瞿阳小学");
  EXPECT_FALSE(township.public_view());
  EXPECT_EQ(Value(township.breakdown(0), "left_behind"), 3);
  // A township officer may not read the facts by name.
  const Dashboard outside = *Board("411728001", "", Somebody("TOWNSHIP_OFFICER", "411728001"));
  EXPECT_TRUE(outside.public_view());
  EXPECT_EQ(Value(outside, "left_behind"), 3) << "not below township level";
  EXPECT_TRUE(Of(outside.breakdown(0), "left_behind").numerator().small());
  EXPECT_EQ(Value(outside.breakdown(0), "pupils"), 6) << "not sensitive";
  EXPECT_EQ(ReasonOf(Board("411728", "", Somebody("TOWNSHIP_OFFICER", "411728001")).status()), "PERMISSION_DENIED");
  EXPECT_EQ(Value(*Board("41"), "pupils"), 6);
  EXPECT_EQ(Differences(), 0);
}

TEST_F(DashboardHandlersTest, LevelsOfAnEndedTermAreKept) {
  LoadSchools();
  CheckAndApply(v1::IMPORT_SOURCE_STUDENT_ROSTER, "r1", RosterCsv({Pupil("张子涵", Id("20140305", 17))}));
  clock_.Set(absl::FromCivil(absl::CivilSecond(2024, 3, 2, 10, 0, 0), absl::UTCTimeZone()));
  EXPECT_EQ(*dashboard::QueueOpenTerm(*database_, book_->Get()->terms, clock_), 1);
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_EQ(*dashboard::QueueOpenTerm(*database_, book_->Get()->terms, clock_), 0);
  CheckAndApply(v1::IMPORT_SOURCE_STUDENT_ROSTER, "r2", RosterCsv({Pupil("李四", Id("20140306", 19))}),
                [](v1::Import& import) { import.set_school_year("2023-2024"); });
  const Dashboard now = *Board("411728");
  EXPECT_EQ(now.period(), "2023-2024-2");
  EXPECT_EQ(Value(now, "pupils"), 2);
  ASSERT_EQ(now.trend_size(), 1);
  EXPECT_EQ(now.trend(0).period(), "2023-2024-1");
  EXPECT_EQ(Value(now.trend(0), "pupils"), 1);
  EXPECT_EQ(Value(*Board("411728", "2023-2024-1"), "pupils"), 1);
  EXPECT_EQ(Differences(), 0) << "kept levels are left alone";
}

TEST_F(DashboardHandlersTest, AWatchSendsWhatIsNewAndNothingTwice) {
  LoadSchools();
  dashboard_v1::WatchDashboardRequest request;
  request.set_area("areas/411728");
  rpc::ServerCall call(*engine_, engine_->methods().Find("WatchDashboard"));
  ASSERT_TRUE(call.AdmitCaller(rpc::MakeJobCaller("test", "4117"), "", absl::InfiniteFuture()).ok());
  ASSERT_TRUE(call.Check(request).ok());
  auto stream = handlers_->WatchDashboard(call, request);
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_THAT((*stream)->Shards(), ElementsAre("c411728"));
  const auto first = (*stream)->Next(call);
  ASSERT_TRUE(first.ok() && first->has_value()) << first.status();
  EXPECT_EQ(Value(**first, "schools"), 2);
  clock_.Advance(absl::Seconds(2));
  const auto nothing = (*stream)->Next(call);
  ASSERT_TRUE(nothing.ok());
  EXPECT_FALSE(nothing->has_value());
  request.set_area("areas/4117281");
  EXPECT_EQ(ReasonOf(handlers_->WatchDashboard(call, request).status()), "AREA_FORMAT");
}

TEST_F(DashboardHandlersTest, TargetsAreDataOfTheCountyThatSetThem) {
  const auto targets = Targets::Parse("t.csv",
                                      "indicator,region,numerator,denominator,source\n"
                                      "registry.broadband,,9,10,country\n"
                                      "registry.broadband,41,95,100,province\n"
                                      "registry.broadband,411728,1,1,county\n");
  ASSERT_TRUE(targets.ok()) << targets.status();
  const dashboard::Target target = targets->Of("registry.broadband");
  EXPECT_EQ(target("411728001", "")->numerator, 1);
  EXPECT_EQ(target("411729", "")->numerator, 95);
  EXPECT_EQ(target("64", "")->numerator, 9);
  EXPECT_EQ(targets->Of("registry.pupils"), nullptr);
  for (const char* bad : {"registry.broadband,,x,10,s", "registry.broadband,,1,0,s"}) {
    EXPECT_EQ(
        ReasonOf(Targets::Parse("t.csv", absl::StrCat("indicator,region,numerator,denominator,source\n", bad, "\n"))
                     .status()),
        "DATA_FILE")
        << bad;
  }
}

TEST_F(DashboardHandlersTest, ARebuildSetsRightWhatIsWrong) {
  LoadSchools();
  ASSERT_TRUE(
      database_
          ->Write(kCounty,
                  [](db::Transaction& tx) {
                    return tx.Execute("UPDATE counter SET value = value + 1 WHERE measure = 'schools'").status();
                  })
          .ok());
  EXPECT_GT(Differences(), 0);
  EXPECT_EQ(Differences(), 0);
  dashboard_v1::RebuildDashboardRequest request;
  request.set_parent(kParent);
  request.set_request_id(NextRequest());
  const auto job = Must(Call("RebuildDashboard", request, &Handlers::RebuildDashboard));
  EXPECT_EQ(Must(Call("RebuildDashboard", request, &Handlers::RebuildDashboard)).name(), job.name()) << "once";
  request.set_request_id(NextRequest());
  EXPECT_EQ(
      ReasonOf(CallAs(Somebody("TOWNSHIP_OFFICER"), "RebuildDashboard", request, &Handlers::RebuildDashboard).status()),
      "PERMISSION_DENIED");
}

}  // namespace
}  // namespace ruraledu::registry
