// Imports from upload to close: schools, rosters, classes, villages, households, hardship records.
#include "tests/registry/import_fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr auto kRoster = v1::IMPORT_SOURCE_STUDENT_ROSTER;
constexpr auto kRural = v1::IMPORT_SOURCE_RURAL_REVITALISATION;

TEST_F(ImportTest, SchoolsAndRosterEndToEnd) {
  LoadSchools();
  EXPECT_THAT(All<v1::School>(kSchools), SizeIs(2));
  const std::string id = Id("20140305", 17);
  const v1::Import ready = Check(kRoster, "r1", RosterCsv({Pupil("张子涵", id), Pupil("李梦", Id("20140611", 24))}));
  EXPECT_EQ(ready.state(), v1::IMPORT_STATE_READY) << ready.ShortDebugString();
  EXPECT_EQ(ready.preview().rows(), 2);
  EXPECT_EQ(ready.preview().new_rows(), 2) << ready.preview().ShortDebugString();
  EXPECT_EQ(ready.facts_on(), "2023-09-01") << "the first day of the school year";
  EXPECT_THAT(All<v1::Student>(kStudents), IsEmpty()) << "a preview applies nothing";
  ASSERT_TRUE(Apply(ready.name(), {}, ready.etag()).ok());
  EXPECT_EQ(Get(ready.name()).state(), v1::IMPORT_STATE_PARTLY_APPLIED);
  EXPECT_TRUE(*database_->Read([](db::Transaction& tx) { return HasOpenBatch(tx, kCounty); }))
      << "runs refuse BATCH_OPEN";
  ASSERT_TRUE(RunJobs().ok());
  const v1::Import closed = Get(ready.name());
  EXPECT_EQ(closed.state(), v1::IMPORT_STATE_CLOSED);
  EXPECT_EQ(closed.applied_rows(), 2);
  EXPECT_FALSE(*database_->Read([](db::Transaction& tx) { return HasOpenBatch(tx, kCounty); }));
  const v1::Student student = StudentNamed("张子涵");
  EXPECT_EQ(student.id_number(), id);
  EXPECT_EQ(student.sex(), "1");
  EXPECT_EQ(student.status(), "ENROLLED");
  ASSERT_EQ(student.enrolments_size(), 1);
  EXPECT_EQ(student.enrolments(0).grade(), "3");
  EXPECT_EQ(student.enrolments(0).stage(), "PRI");
  EXPECT_EQ(student.enrolments(0).valid_from().month(), 9);
  EXPECT_EQ(student.boardings(0).boarding(), false);
  EXPECT_TRUE(student.area().starts_with("411728001/"));
  EXPECT_THAT(All<v1::SchoolClass>(kClasses), SizeIs(1)) << "made by name, once";
  const auto chunks =
      database_->Read([](db::Transaction& tx) { return tx.QueryOne("SELECT count(*) FROM import_chunk"); });
  EXPECT_EQ((*chunks)->Int(0), 0) << "uploaded bytes are gone";
}

TEST_F(ImportTest, TheSameRosterAgainChangesNothing) {
  LoadSchools();
  const std::string csv = RosterCsv({Pupil("张子涵", Id("20140305", 17))});
  CheckAndApply(kRoster, "r1", csv);
  const State before = Everything();
  const v1::Import again = CheckAndApply(kRoster, "r2", csv);
  EXPECT_EQ(again.preview().unchanged(), 1) << again.ShortDebugString();
  EXPECT_EQ(Everything(), before);
}

TEST_F(ImportTest, ALaterRosterMovesOnAndKeepsTheHistory) {
  LoadSchools();
  const std::string id = Id("20140305", 17);
  CheckAndApply(kRoster, "r1", RosterCsv({Pupil("张子涵", id)}));
  const v1::Import next = CheckAndApply(kRoster, "r2", RosterCsv({Pupil("张子涵", id, "2141000001", "四年级")}),
                                        [](v1::Import& i) { i.set_school_year("2024-2025"); });
  EXPECT_EQ(next.preview().changed(), 1);
  const v1::Student student = StudentNamed("张子涵");
  ASSERT_EQ(student.enrolments_size(), 2);
  EXPECT_EQ(student.enrolments(0).grade(), "4");
  EXPECT_EQ(student.enrolments(1).valid_to().year(), 2024);
  EXPECT_THAT(All<v1::SchoolClass>(kClasses), SizeIs(2)) << "classes belong to a school year";
}

TEST_F(ImportTest, RowsThatRepeatAKey) {
  LoadSchools();
  const std::string one = Id("20140305", 17), two = Id("20140611", 24);
  const v1::Import ready = Check(kRoster, "r1",
                                 RosterCsv({Pupil("张子涵", one), Pupil("张子涵", one), Pupil("李梦", two),
                                            Pupil("李梦", two, "3141000002", "七年级")}));
  EXPECT_THAT(Rows(ready.name()), ElementsAre("2 NEW", "3 DUPLICATE DUPLICATE_IN_BATCH",
                                              "4 DUPLICATE DUPLICATE_DIFFERS", "5 DUPLICATE DUPLICATE_DIFFERS"));
  EXPECT_EQ(ready.preview().duplicates(), 3);
}

TEST_F(ImportTest, AnotherSchoolOfTheSameDayDoesNotMoveAPupil) {
  LoadSchools();
  const std::string id = Id("20100305", 17);
  CheckAndApply(kRoster, "r1", RosterCsv({Pupil("张子涵", id)}));
  const v1::Import other = CheckAndApply(kRoster, "r2", RosterCsv({Pupil("张子涵", id, "3141000002", "七年级")}));
  EXPECT_THAT(Rows(other.name(), "*"), ElementsAre("2 CHANGED DUPLICATE_ACROSS_SCHOOLS"));
  EXPECT_EQ(StudentNamed("张子涵").enrolments(0).stage(), "PRI");
}

// 2.9 class E: kept beside the present enrolment from roster to roster, until one does not repeat it.
TEST_F(ImportTest, ASecondSchoolIsKeptAsLongAsItsRostersRepeatIt) {
  LoadSchools();
  const std::string id = Id("20100305", 17);
  const auto on = [](const char* day) { return [day](v1::Import& i) { i.set_facts_on(day); }; };
  const auto first = RosterCsv({Pupil("张子涵", id)});
  const auto second = RosterCsv({Pupil("张子涵", id, "3141000002", "七年级")});
  const auto spans = [&] {
    std::vector<std::string> out;
    const v1::Student student = StudentNamed("张子涵");
    for (const v1::Enrolment& span : student.enrolments()) {
      out.push_back(absl::StrCat(span.stage(), " ", span.valid_from().year(), "-", span.valid_from().month(), " ",
                                 span.valid_to().year(), "-", span.valid_to().month(), " ", span.exit_type()));
    }
    return out;
  };
  CheckAndApply(kRoster, "a1", first, on("2023-09-01"));
  CheckAndApply(kRoster, "b1", second, on("2023-09-01"));
  EXPECT_THAT(spans(), ElementsAre("PRI 2023-9 0-0 ", "JUN 2023-9 0-0 "));
  EXPECT_THAT(Rows(CheckAndApply(kRoster, "b2", second, on("2023-09-01")).name(), "*"),
              ElementsAre("2 UNCHANGED DUPLICATE_ACROSS_SCHOOLS"));
  // Both again in spring: the unchanged present span began before, and the second row moves nobody.
  CheckAndApply(kRoster, "a3", first, on("2024-03-01"));
  EXPECT_THAT(Rows(CheckAndApply(kRoster, "b3", second, on("2024-03-01")).name(), "*"),
              ElementsAre("2 CHANGED DUPLICATE_ACROSS_SCHOOLS"));
  const std::vector<std::string> both = {"PRI 2023-9 0-0 ", "JUN 2024-3 0-0 ", "JUN 2023-9 2024-3 CONCURRENT"};
  EXPECT_EQ(spans(), both);
  EXPECT_THAT(Rows(CheckAndApply(kRoster, "a4", first, on("2024-03-01")).name(), "*"), ElementsAre("2 UNCHANGED"));
  EXPECT_EQ(spans(), both);
  // The second one's file first, as well.
  CheckAndApply(kRoster, "b5", second, on("2024-05-01"));
  CheckAndApply(kRoster, "a5", first, on("2024-05-01"));
  EXPECT_EQ(spans()[1], "JUN 2024-5 0-0 ");
  CheckAndApply(kRoster, "a6", first, on("2024-06-01"));
  EXPECT_EQ(spans()[1], "JUN 2024-5 2024-6 CONCURRENT");
}

TEST_F(ImportTest, WrongRowsAreListedAndTheGoodOnesTaken) {
  LoadSchools();
  const v1::Import closed =
      CheckAndApply(kRoster, "r1",
                    RosterCsv({Pupil("好学生", Id("20140305", 17)), Pupil("错号码", "411700201403050179"),
                               Pupil("失精度", "4.117E+17"), Pupil("无学校", Id("20140305", 35), "2141999999"),
                               Pupil("无年级", Id("20140305", 53), "2141000001", "九百年级"),
                               Pupil("错学段", Id("20140305", 71), "2141000001", "七年级")}));
  EXPECT_EQ(closed.state(), v1::IMPORT_STATE_CLOSED);
  EXPECT_THAT(Rows(closed.name()),
              ElementsAre("2 NEW", "3 ERROR ID_CHECK", "4 ERROR EXCEL_PRECISION", "5 ERROR SCHOOL_UNKNOWN",
                          "6 ERROR CODE_UNKNOWN", "7 ERROR STAGE_NOT_TAUGHT"));
  EXPECT_THAT(All<v1::Student>(kStudents), SizeIs(1));
}

TEST_F(ImportTest, AllOrNothingWithAnErrorAppliesNothing) {
  LoadSchools();
  const State before = Everything();
  const v1::Import refused =
      Check(kRoster, "r1", RosterCsv({Pupil("好学生", Id("20140305", 17)), Pupil("错号码", "411700201403050179")}),
            [](v1::Import& i) { i.set_mode(v1::IMPORT_MODE_ALL_OR_NOTHING); });
  EXPECT_EQ(refused.state(), v1::IMPORT_STATE_REFUSED);
  EXPECT_EQ(refused.refusal(), "IMPORT_HAS_ERRORS");
  EXPECT_EQ(refused.preview().error_codes(0).code(), "ID_CHECK");
  EXPECT_EQ(ReasonOf(Apply(refused.name()).status()), "IMPORT_STATE");
  EXPECT_EQ(Everything(), before);
}

TEST_F(ImportTest, AnIdentityHeldByAnotherPerson) {
  LoadSchools();
  const std::string taken = Id("20140305", 17), free = Id("20140611", 24);
  const std::string key = IdIndexes(*keys_, taken).front();
  ASSERT_TRUE(database_
                  ->Write(ClaimShardOf(key),
                          [&](db::Transaction& tx) {
                            return db::Claim(tx, {std::string(kIdentitySpace), key, "somebody", db::ClaimState::kHeld,
                                                  "c500243", "op"})
                                .status();
                          })
                  .ok());
  const State before = Everything();
  const std::string csv = RosterCsv({Pupil("张子涵", taken), Pupil("李梦", free)});
  const v1::Import whole =
      CheckAndApply(kRoster, "all", csv, [](v1::Import& i) { i.set_mode(v1::IMPORT_MODE_ALL_OR_NOTHING); });
  EXPECT_EQ(whole.state(), v1::IMPORT_STATE_REFUSED);
  EXPECT_EQ(whole.refusal(), "IDENTITY_TAKEN");
  EXPECT_THAT(All<v1::Student>(kStudents), IsEmpty());
  EXPECT_THAT(Rows(whole.name(), "ERROR"), ElementsAre("2 ERROR IDENTITY_TAKEN"));
  const v1::Import part = CheckAndApply(kRoster, "part", csv);
  EXPECT_EQ(part.state(), v1::IMPORT_STATE_CLOSED) << "the claim of the other row was given back";
  EXPECT_THAT(Rows(part.name()), ElementsAre("2 ERROR IDENTITY_TAKEN", "3 NEW"));
}

std::string RuralCsv(const std::string& rows) {
  return absl::StrCat(
      "户编号,户主姓名,村代码,户类型,是否享受政策,识别日期,风险是否消除,风险消除日期,姓名,证件号码,与户主关系\n", rows);
}

TEST_F(ImportTest, HouseholdsAreCarriedDownAndLinked) {
  LoadSchools();
  const std::string child = Id("20140305", 17), father = Id("19850101", 11);
  CheckAndApply(kRoster, "r1", RosterCsv({Pupil("张子涵", child)}));
  const v1::Import rural =
      CheckAndApply(kRural, "p",
                    RuralCsv(absl::StrCat("H1,张三,411728001201,脱贫户,是,2016-01-01,否,,张三,", father, ",户主\n",  //
                                          ",,,,,,,,张子涵,", child, ",子\n")));
  EXPECT_THAT(Rows(rural.name(), "*"), ElementsAre("2 NEW NOT_A_PUPIL", "3 NEW EXACT"));
  const auto households = All<v1::Household>(kHouseholds);
  ASSERT_THAT(households, SizeIs(1));
  EXPECT_EQ(households[0].members_size(), 2);
  EXPECT_EQ(households[0].members(0).relation(), "HEAD");
  EXPECT_EQ(households[0].hardships(0).kind(), "P2");
  const v1::Student student = StudentNamed("张子涵");
  EXPECT_EQ(student.household(), households[0].name());
  EXPECT_EQ(student.village(), "411728001201");
}

TEST_F(ImportTest, APupilWhoComesLaterIsLinkedToTheHousehold) {
  LoadSchools();
  const std::string child = Id("20140305", 17), father = Id("19850101", 11);
  CheckAndApply(kRural, "p",
                RuralCsv(absl::StrCat("H1,张三,411728001201,脱贫户,否,2016-01-01,否,,张三,", father, ",户主\n",
                                      "H1,张三,411728001201,脱贫户,否,2016-01-01,否,,张子涵,", child, ",子\n")));
  CheckAndApply(v1::IMPORT_SOURCE_CIVIL_AFFAIRS, "d",
                absl::StrCat("姓名,身份证号,救助类型,开始日期,城乡类别\n张子涵,", child, ",农村低保,2020-01-01,\n"));
  CheckAndApply(kRoster, "r1", RosterCsv({Pupil("张子涵", child)}));
  const v1::Student student = StudentNamed("张子涵");
  ASSERT_THAT(All<v1::Household>(kHouseholds), SizeIs(1));
  EXPECT_EQ(student.household(), All<v1::Household>(kHouseholds)[0].name());
  EXPECT_EQ(All<v1::Household>(kHouseholds)[0].hardships(0).kind(), "P3") << "no longer enjoys policy (2.1)";
  ASSERT_EQ(student.hardships_size(), 1);
  EXPECT_EQ(student.hardships(0).kind(), "D1");
  EXPECT_EQ(student.hardships(0).area(), "RURAL") << "from the word of the kind";
}

TEST_F(ImportTest, AWeakMatchIsReviewedAndNotLinked) {
  LoadSchools();
  CheckAndApply(kRoster, "r1", RosterCsv({Pupil("张子涵", Id("20140305", 17))}));
  const v1::Import rural =
      CheckAndApply(kRural, "p",
                    RuralCsv(absl::StrCat("H1,张三,411728001201,边缘易致贫户,,2022-01-01,否,,张三,", Id("19850101", 11),
                                          ",户主\n",  //
                                          ",,,,,,,,张子涵,", Id("20140305", 35), ",子\n")));
  EXPECT_THAT(Rows(rural.name(), "WEAK_MATCH"), SizeIs(1));
  const auto reviews = All<v1::IdentityReview>(kReviews);
  ASSERT_THAT(reviews, SizeIs(1));
  EXPECT_EQ(reviews[0].kind(), "WEAK_MATCH");
  EXPECT_THAT(reviews[0].reasons(), UnorderedElementsAre("NAME_EQUAL", "BIRTH_EQUAL", "SAME_COUNTY", "ID_DIFFERS"));
  EXPECT_EQ(reviews[0].student(), StudentNamed("张子涵").name());
  EXPECT_EQ(StudentNamed("张子涵").household(), "");
}

// Two thresholds: a pair of pupils is proposed from a higher score on than a department's row.
TEST_F(ImportTest, APossibleDuplicateIsReviewedWithItsReasons) {
  LoadSchools();
  CheckAndApply(kRoster, "r1", RosterCsv({Pupil("张子涵", Id("20140305", 17)), Pupil("王大力", Id("20140305", 37))}));
  CheckAndApply(kRoster, "r2",
                RosterCsv({"张梓涵,,,男,2014-03-05,2141000001,三年级,2班,走读",
                           Pupil("王大力", Id("20140305", 59), "2141000001", "四年级")}));
  const auto reviews = All<v1::IdentityReview>(kReviews);
  ASSERT_THAT(reviews, SizeIs(1)) << "two children of one name and day with numbers of their own are no pair";
  EXPECT_EQ(reviews[0].kind(), "POSSIBLE_DUPLICATE");
  EXPECT_EQ(reviews[0].state(), v1::REVIEW_STATE_OPEN);
  EXPECT_THAT(reviews[0].reasons(), testing::Contains("NAME_HOMOPHONE"));
  EXPECT_THAT(reviews[0].reasons(), testing::Contains("ID_MISSING"));
  EXPECT_EQ((std::set<std::string>{reviews[0].student(), reviews[0].other_student()}),
            (std::set<std::string>{StudentNamed("张子涵").name(), StudentNamed("张梓涵").name()}));
}

TEST_F(ImportTest, RiskEliminatedNeedsItsDate) {
  const v1::Import rural =
      Check(kRural, "m",
            RuralCsv(absl::StrCat("H1,张三,411728001201,突发严重困难户,,2022-01-01,是,,张三,", Id("19850101", 11),
                                  ",户主\n", "H2,李四,411728001201,突发严重困难户,,2022-01-01,是,2023-05-01,李四,",
                                  Id("19860101", 12), ",户主\n")));
  EXPECT_THAT(Rows(rural.name()), ElementsAre("2 ERROR FIELD_REQUIRED", "3 NEW NOT_A_PUPIL"));
}

TEST_F(ImportTest, ACompleteFileEndsWhatItNoLongerNames) {
  LoadSchools();
  const std::string one = Id("20140305", 17), two = Id("20140611", 24);
  CheckAndApply(kRoster, "r1", RosterCsv({Pupil("张子涵", one), Pupil("李梦", two)}));
  const auto csv = [](const std::string& rows) {
    return absl::StrCat("姓名,身份证号,救助类型,开始日期,城乡类别\n", rows);
  };
  CheckAndApply(v1::IMPORT_SOURCE_CIVIL_AFFAIRS, "d1",
                csv(absl::StrCat("张子涵,", one, ",低保,2020-01-01,农村\n李梦,", two, ",低保,2020-01-01,城市\n")));
  const v1::Import next =
      CheckAndApply(v1::IMPORT_SOURCE_CIVIL_AFFAIRS, "d2", csv(absl::StrCat("张子涵,", one, ",低保,2020-01-01,农村\n")),
                    [](v1::Import& i) {
                      i.set_complete(true);
                      i.set_facts_on("2023-09-15");
                    });
  EXPECT_EQ(next.preview().missing(), 1) << next.ShortDebugString();
  EXPECT_FALSE(StudentNamed("张子涵").hardships(0).has_valid_to());
  EXPECT_EQ(StudentNamed("李梦").hardships(0).valid_to().day(), 15);
}

TEST_F(ImportTest, VillagesAreKnownAtOnce) {
  const v1::Import closed =
      CheckAndApply(v1::IMPORT_SOURCE_VILLAGES, "v",
                    "村代码,村名称\n411728001201,东村\n411728001202,西村\n411729001201,外县村\n41172800120,短码\n");
  EXPECT_THAT(Rows(closed.name()), ElementsAre("2 NEW", "3 NEW", "4 ERROR REGION_CODE", "5 ERROR REGION_CODE"));
  EXPECT_NE(book_->Get()->regions.FindLast("411728001201"), nullptr);
}

TEST_F(ImportTest, WithdrawalRestoresAndListsWhatChangedSince) {
  LoadSchools();
  const std::string one = Id("20140305", 17), two = Id("20140611", 24);
  const v1::Import first = CheckAndApply(kRoster, "r1", RosterCsv({Pupil("张子涵", one), Pupil("李梦", two)}));
  const std::string area = StudentNamed("李梦").area();
  const v1::Import second = CheckAndApply(
      kRoster, "r2",
      RosterCsv({Pupil("张子涵", one, "2141000001", "四年级"), Pupil("李梦", two, "2141000001", "四年级")}),
      [](v1::Import& i) { i.set_school_year("2024-2025"); });
  ASSERT_TRUE(Withdraw(second.name()).ok());
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_EQ(Get(second.name()).state(), v1::IMPORT_STATE_WITHDRAWN);
  EXPECT_EQ(StudentNamed("张子涵").enrolments_size(), 1);
  EXPECT_EQ(StudentNamed("李梦").enrolments(0).grade(), "3");
  EXPECT_EQ(Get(second.name()).withdrawal_conflicts(), 0);
  EXPECT_EQ(StudentNamed("李梦").area(), area) << "both are what the first import left";
  v1::UpdateStudentRequest change;
  change.mutable_student()->set_name(StudentNamed("李梦").name());
  change.mutable_student()->set_migrant(true);
  change.mutable_update_mask()->add_paths("migrant");
  change.set_request_id(NextRequest());
  ASSERT_TRUE(Call("UpdateStudent", change, &Handlers::UpdateStudent).ok());
  ASSERT_TRUE(Withdraw(first.name()).ok());
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_EQ(StudentNamed("张子涵").area(), "") << "nothing changed since: out of use";
  EXPECT_EQ(StudentNamed("李梦").area(), area) << "an officer changed this one";
  EXPECT_THAT(Rows(first.name(), "CONFLICT"), testing::Contains("3 CONFLICT ROOT_CHANGED"));
}

TEST_F(ImportTest, AWithdrawnNewStudentCountsNowhereAndComesBack) {
  LoadSchools();
  const std::string csv = RosterCsv({Pupil("张子涵", Id("20140305", 17))});
  const v1::Import first = CheckAndApply(kRoster, "r1", csv);
  ASSERT_TRUE(Withdraw(first.name()).ok());
  ASSERT_TRUE(RunJobs().ok());
  const v1::Student gone = StudentNamed("张子涵");
  EXPECT_EQ(gone.area(), "");
  EXPECT_EQ(gone.enrolments(0).exit_type(), "CORRECTION");
  CheckAndApply(kRoster, "r2", csv);
  EXPECT_EQ(StudentNamed("张子涵").name(), gone.name()) << "the same person (DR-12)";
  EXPECT_NE(StudentNamed("张子涵").area(), "");
}

}  // namespace
}  // namespace ruraledu::registry
