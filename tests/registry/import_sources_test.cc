// Every source: new, changed, unchanged, missing and wrong rows, and what a withdrawal leaves.
#include <fstream>

#include "services/registry/store.h"
#include "tests/registry/import_fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void Complete(v1::Import& import) {
  import.set_complete(true);
}

class ImportSourcesTest : public ImportTest {
 protected:
  const std::string zhang_ = Id("20140305", 17), li_ = Id("20140611", 24);

  void LoadPupils() {
    LoadSchools();
    CheckAndApply(v1::IMPORT_SOURCE_STUDENT_ROSTER, "pupils", RosterCsv({Pupil("张子涵", zhang_), Pupil("李梦", li_)}));
  }
  // Two files of one source, the second one complete; both are withdrawn, the later one first.
  struct Files {
    v1::ImportSource source;
    std::string first, second;
    std::vector<std::string> first_rows, second_rows;  // "line outcome code", all of them
  };
  void Run(const Files& files) {
    const State empty = Everything();
    const v1::Import first = CheckAndApply(files.source, "one", files.first);
    EXPECT_EQ(Rows(first.name(), "*"), files.first_rows);
    const State before = InUse();
    EXPECT_NE(Everything(), empty);
    const v1::Import second = CheckAndApply(files.source, "two", files.second, Complete);
    EXPECT_EQ(Rows(second.name(), "*"), files.second_rows);
    EXPECT_NE(InUse(), before);
    TakeBack(second.name());
    EXPECT_EQ(InUse(), before) << "the images from before the second file";
    TakeBack(first.name());
  }
  // Everything but what is in no area or holds on no day: a withdrawal deletes nothing (DR-13).
  State InUse() {
    std::vector<std::string> out;
    for (const v1::School& school : All<v1::School>(kSchools)) {
      if (school.area().empty()) out.push_back(school.name());
    }
    for (const v1::SchoolClass& one : All<v1::SchoolClass>(kClasses)) {
      if (one.area().empty()) out.push_back(one.name());
    }
    for (const v1::Region& region : All<v1::Region>(kRegions)) {
      if (region.has_valid_to() && DayOf(region.valid_from()) == DayOf(region.valid_to())) out.push_back(region.name());
    }
    State state = Everything();
    for (const std::string& name : out) {
      std::erase_if(state,
                    [&](const std::string& line) { return line.starts_with(absl::StrCat("name: \"", name, "\"")); });
    }
    return state;
  }
  void TakeBack(const std::string& name) {
    const auto withdrawn = Withdraw(name);
    ASSERT_TRUE(withdrawn.ok()) << withdrawn.status();
    const absl::Status ran = RunJobs();
    ASSERT_TRUE(ran.ok()) << ran;
    EXPECT_EQ(Get(name).state(), v1::IMPORT_STATE_WITHDRAWN);
    EXPECT_EQ(Get(name).withdrawal_conflicts(), 0) << testing::PrintToString(Rows(name, "CONFLICT"));
  }
};

TEST_F(ImportSourcesTest, Schools) {
  const std::string header = "学校标识码,学校名称,办学类型,学段,办别,乡镇代码,城乡分类代码\n";
  Run({.source = v1::IMPORT_SOURCE_SCHOOLS,
       .first = header + "2141000001,瞿阳小学,小学,小学,公办,411728001,121\n"
                         "2141000002,石寨铺小学,小学,小学,公办,411728002,121\n"
                         "2141000003,无乡镇小学,小学,小学,公办,411728999,121\n",
       .second = header + "2141000001,瞿阳小学,小学,小学,公办,411728001,121\n"
                          "2141000004,新建小学,小学,小学,公办,411728001,121\n",
       .first_rows = {"2 NEW", "3 NEW", "4 ERROR REGION_UNKNOWN"},
       .second_rows = {"2 UNCHANGED", "3 NEW", "0 MISSING"}});
  for (const v1::School& school : All<v1::School>(kSchools)) {
    EXPECT_EQ(school.area(), "") << "a withdrawn school is nowhere";
  }
  const v1::Import again =
      CheckAndApply(v1::IMPORT_SOURCE_SCHOOLS, "three", header + "2141000001,瞿阳小学,小学,小学,公办,411728001,121\n");
  EXPECT_THAT(Rows(again.name(), "*"), ElementsAre("2 CHANGED"));
  EXPECT_EQ(All<v1::School>(kSchools)[0].state() == v1::SCHOOL_STATE_OPEN ||
                All<v1::School>(kSchools)[1].state() == v1::SCHOOL_STATE_OPEN ||
                All<v1::School>(kSchools)[2].state() == v1::SCHOOL_STATE_OPEN,
            true)
      << "a later file takes it up again";
}

// AL-2 by file: several schools may take the pupils over, on a day that has come, and no stage goes while it has
// pupils.
TEST_F(ImportSourcesTest, ARegisterClosesASchoolOnceItsStagesAreTaughtElsewhere) {
  const std::string header =
      "学校标识码,学校名称,办学类型,学段,办别,乡镇代码,城乡分类代码,建校日期,撤销日期,接收学校标识码\n";
  const std::string others =
      "2141000001,瞿阳小学,小学,小学,公办,411728001,121,,,\n"
      "3141000002,车站中学,初级中学,初中,公办,411728002,121,,,\n";
  const auto nine = [](const std::string& stages, const std::string& closed, const std::string& to) {
    return absl::StrCat("3141000003,九年一贯学校,初级中学,", stages, ",公办,411728002,121,2001-09-01,", closed, ",", to,
                        "\n");
  };
  CheckAndApply(v1::IMPORT_SOURCE_SCHOOLS, "open", header + others + nine("小学、初中", "", ""));
  CheckAndApply(v1::IMPORT_SOURCE_STUDENT_ROSTER, "pupils", RosterCsv({Pupil("张子涵", zhang_, "3141000003")}));
  const struct {
    std::string row, outcome;
  } cases[] = {{nine("初中", "", ""), "ERROR STAGE_HAS_PUPILS"},
               {nine("小学、初中", "2023-09-21", "2141000001、3141000002"), "ERROR DATE_AHEAD"},
               {nine("小学、初中", "2001-08-31", "2141000001、3141000002"), "ERROR SPAN_ORDER"},
               {nine("小学、初中", "2023-09-01", "2141000001"), "ERROR REPLACEMENT_REQUIRED"},
               {nine("小学、初中", "2023-09-01", "2141000001、2141000009"), "ERROR SCHOOL_UNKNOWN"},
               {nine("小学、初中", "2023-09-01", "2141000001；3141000002"), "CHANGED"}};
  int batch = 0;
  for (const auto& c : cases) {
    const v1::Import import = CheckAndApply(v1::IMPORT_SOURCE_SCHOOLS, absl::StrCat("close-", ++batch), header + c.row);
    EXPECT_THAT(Rows(import.name(), "*"), ElementsAre(absl::StrCat("2 ", c.outcome))) << c.row;
  }
  for (const v1::School& school : All<v1::School>(kSchools)) {
    EXPECT_EQ(school.replacements_size(), school.code() == "3141000003" ? 2 : 0) << school.code();
  }
}

TEST_F(ImportSourcesTest, AKindergartenInTheRegisterIsApprovedAndChargesAreKept) {
  const v1::Import closed = CheckAndApply(
      v1::IMPORT_SOURCE_SCHOOLS, "one",
      "学校标识码,学校名称,办学类型,学段,办别,乡镇代码,城乡分类代码,保教费（元/学期）,学费标准,住宿费标准\n"
      "1141000005,瞿阳幼儿园,幼儿园,幼儿园,公办,411728001,121,\"1,200.50\",,\n"
      "2141000001,瞿阳小学,小学,小学,公办,411728001,121,,,\n"
      "2141000002,石寨铺小学,小学,小学,公办,411728002,121,,800,300.005\n");
  EXPECT_THAT(Rows(closed.name(), "*"), ElementsAre("2 NEW", "3 NEW", "4 ERROR MONEY_PRECISION"));
  for (const v1::School& school : All<v1::School>(kSchools)) {
    const bool kindergarten = school.display_name() == "瞿阳幼儿园";
    EXPECT_EQ(school.kindergarten_approved(), kindergarten) << school.display_name();
    EXPECT_EQ(school.charges().preschool_fee_fen(), kindergarten ? 120050 : 0);
    EXPECT_FALSE(school.charges().has_tuition_fen()) << "what the file does not say stays unknown";
  }
}

// What CN_VOC_WAIVE and SP_VOC_FEE ask for; a column that is left out, or a blank cell, changes nothing.
TEST_F(ImportSourcesTest, TheFactsOfVocationalAid) {
  CheckAndApply(v1::IMPORT_SOURCE_SCHOOLS, "schools",
                "学校标识码,学校名称,办学类型,学段,办别,乡镇代码,城乡分类代码,是否民族地区,学费标准,公办学费标准\n"
                "3641000001,县职专,中等职业学校,中职,公办,411728001,111,是,600,600\n");
  const v1::School school = All<v1::School>(kSchools)[0];
  EXPECT_TRUE(school.minority_area());
  EXPECT_EQ(school.charges().tuition_fen(), 60000);
  EXPECT_EQ(school.charges().approved_public_tuition_fen(), 60000);
  const auto roster = [&](const char* batch, const std::string& columns, const std::string& cells) {
    return CheckAndApply(
        v1::IMPORT_SOURCE_STUDENT_ROSTER, batch,
        absl::StrCat("姓名,身份证号,学籍号,学校标识码,年级,班级,就读方式", columns, "\n张子涵,", Id("20070305", 17),
                     ",G", Id("20070305", 17), ",3641000001,中职一年级,1班,走读", cells, "\n"));
  };
  const auto facts = [&] {
    const v1::VocationalFacts all = All<v1::Student>(kStudents)[0].vocational();
    return absl::StrCat(all.full_time_formal(), all.agriculture_major(), all.performing_arts_major());
  };
  const std::string columns = ",学习形式,是否涉农专业,艺术类表演专业(戏曲表演除外)";
  roster("r1", columns, ",全日制,是,否");
  EXPECT_EQ(facts(), "110");
  roster("r2", "", "");
  EXPECT_EQ(facts(), "110");
  roster("r3", columns, ",非全日制,,是");
  EXPECT_EQ(facts(), "011");
  EXPECT_THAT(Rows(roster("r4", columns, ",周末,,").name(), "*"), ElementsAre("2 ERROR CODE_UNKNOWN"));
}

TEST_F(ImportSourcesTest, TheDutyRegisterOfSchools) {
  CheckAndApply(v1::IMPORT_SOURCE_SCHOOLS, "one",
                "学校标识码,教学点后缀,学校名称,办学类型,学段,办别,乡镇代码,城乡分类代码,是否县城学校,是否寄宿制学校,"
                "是否教学点,中心校标识码,是否小规模学校,试点类型,是否接入互联网,是否有在线互动课堂,是否标准化学校,"
                "帮扶学校标识码,建校日期\n"
                "2141000001,,城关小学,小学,小学,公办,411728001,111,是,否,否,,否,地方试点,是,是,是,,1956-09-01\n"
                "2141000002,,乡中心小学,小学,小学,公办,411728002,121,否,是,否,,否,地方试点,是,否,否,2141000001,\n"
                "2141000002,01,刘庄教学点,小学,小学,公办,411728002,220,否,否,是,2141000002,是,地方试点,否,否,否,"
                "2141000002,\n");
  std::map<std::string, v1::School> schools;
  for (const v1::School& school : All<v1::School>(kSchools)) {
    schools[school.display_name()] = school;
  }
  ASSERT_EQ(schools.size(), 3u);
  const v1::School &town = schools["城关小学"], &centre = schools["乡中心小学"], &point = schools["刘庄教学点"];
  EXPECT_TRUE(town.in_county_seat() && town.has_broadband() && town.has_online_classroom() && town.meets_standard());
  EXPECT_FALSE(town.is_boarding() || town.is_small() || town.is_teaching_point());
  EXPECT_EQ(DayOf(town.opened_on()), absl::CivilDay(1956, 9, 1));
  EXPECT_EQ(town.urban_rural(), "111");
  EXPECT_TRUE(centre.is_boarding());
  EXPECT_EQ(centre.supporting_school(), town.name());
  EXPECT_TRUE(point.is_teaching_point() && point.is_small());
  EXPECT_EQ(point.code(), "214100000201");
  EXPECT_EQ(point.centre_school(), centre.name());
  EXPECT_EQ(point.supporting_school(), centre.name());
  EXPECT_EQ(point.nutrition_pilot(), "LOCAL");
  EXPECT_FALSE(point.has_broadband());
}

TEST_F(ImportSourcesTest, Classes) {
  LoadSchools();
  const std::string header = "学校标识码,班级名称,学段,年级,班额\n";
  Run({.source = v1::IMPORT_SOURCE_CLASSES,
       .first = header + "2141000001,1班,小学,三年级,40\n"
                         "2141000001,2班,小学,三年级,41\n"
                         "2141000009,1班,小学,三年级,42\n"
                         "2141000001,1班,初中,七年级,43\n",
       .second = header + "2141000001,1班,小学,三年级,45\n"
                          "2141000001,3班,小学,三年级,39\n",
       .first_rows = {"2 NEW", "3 NEW", "4 ERROR SCHOOL_UNKNOWN", "5 ERROR STAGE_NOT_TAUGHT"},
       .second_rows = {"2 CHANGED", "3 NEW", "0 MISSING"}});
  for (const v1::SchoolClass& one : All<v1::SchoolClass>(kClasses)) {
    EXPECT_EQ(one.area(), "");
  }
}

TEST_F(ImportSourcesTest, Teachers) {
  LoadSchools();
  const std::string header = "姓名,身份证号,教职工号,学校标识码,岗位\n", one = Id("19850101", 11),
                    two = Id("19860101", 21);
  Run({.source = v1::IMPORT_SOURCE_TEACHERS,
       .first = absl::StrCat(header, "王老师,", one, ",T1,2141000001,教师\n", "赵老师,", two, ",T2,2141000001,校长\n",
                             "钱老师,", Id("19870101", 31), ",T3,2141000009,教师\n",  //
                             "孙老师,411700198801010111,T4,2141000001,教师\n"),
       .second = absl::StrCat(header, "王老师,", one, ",T1,3141000002,教师\n"),
       .first_rows = {"2 NEW", "3 NEW", "4 ERROR SCHOOL_UNKNOWN", "5 ERROR ID_CHECK"},
       .second_rows = {"2 CHANGED", "0 MISSING"}});
  for (const v1::Teacher& teacher : All<v1::Teacher>(kTeachers)) {
    EXPECT_EQ(teacher.area(), "") << teacher.display_name();
  }
}

// What the certificates allow and who leads a class come from the files; columns that nobody keeps are named.
TEST_F(ImportSourcesTest, CertificatesAndClassTeachers) {
  LoadSchools();
  const std::string one = Id("19850101", 21), two = Id("19860101", 22);
  const v1::Import teachers = CheckAndApply(
      v1::IMPORT_SOURCE_TEACHERS, "teachers",
      absl::StrCat("姓名,身份证号,教职工号,学校标识码,岗位,教师资格种类,资格证学科,是否在编,学历,任校长日期\n",
                   "王老师,", one, ",T1,2141000001,教师,小学教师资格、初级中学教师资格,语文、数学,是,本科,\n",
                   "赵老师,", two, ",T2,2141000001,校长,高等学校教师资格,,是,本科,2020-02-30\n", "钱老师,",
                   Id("19870101", 31), ",T3,2141000001,教师,驾驶证,,是,本科,\n"));
  EXPECT_THAT(Rows(teachers.name(), "*"), ElementsAre("2 NEW", "3 NEW", "4 ERROR CODE_UNKNOWN"))
      << "an ignored column refuses nothing";
  EXPECT_THAT(teachers.preview().ignored_headers(), ElementsAre("是否在编", "学历", "任校长日期"));
  std::map<std::string, v1::Teacher> by_number;
  for (const v1::Teacher& teacher : All<v1::Teacher>(kTeachers)) {
    by_number[teacher.staff_number()] = teacher;
  }
  EXPECT_THAT(by_number["T1"].certificate_stages(), ElementsAre("PRI", "JUN"));
  EXPECT_THAT(by_number["T1"].certificate_subjects(), ElementsAre("语文", "数学"));
  EXPECT_THAT(by_number["T2"].certificate_stages(), IsEmpty()) << "for no school of ours";
  EXPECT_THAT(Counters("COUNTY"), Contains(testing::HasSubstr(" teacher_stages JUN = 1")));

  const v1::Import classes =
      CheckAndApply(v1::IMPORT_SOURCE_CLASSES, "classes",
                    absl::StrCat("学校标识码,班级,年级,班主任身份证号,核定班额\n2141000001,三(1)班,三年级,", one,
                                 ",45\n2141000001,三(2)班,三年级,T2,45\n2141000001,三(3)班,三年级,T9,45\n"));
  EXPECT_THAT(Rows(classes.name(), "*"), ElementsAre("2 NEW", "3 NEW", "4 NEW TEACHER_UNKNOWN"));
  EXPECT_THAT(classes.preview().ignored_headers(), ElementsAre("核定班额"));
  std::map<std::string, std::string> heads;
  for (const v1::SchoolClass& one_class : All<v1::SchoolClass>(kClasses)) {
    heads[one_class.display_name()] = one_class.class_teacher();
  }
  EXPECT_EQ(heads["三(1)班"], by_number["T1"].name());
  EXPECT_EQ(heads["三(2)班"], by_number["T2"].name());
  EXPECT_EQ(heads["三(3)班"], "");
}

TEST_F(ImportSourcesTest, Villages) {
  const std::string header = "村代码,村名称\n";
  Run({.source = v1::IMPORT_SOURCE_VILLAGES,
       .first = header + "411728001201,东村\n411728001202,西村\n411729001201,外县村\n",
       .second = header + "411728001201,东庄\n411728001203,南村\n",
       .first_rows = {"2 NEW", "3 NEW", "4 ERROR REGION_CODE"},
       .second_rows = {"2 CHANGED", "3 NEW", "0 MISSING"}});
  EXPECT_EQ(book_->Get()->regions.FindLast("411728001201"), nullptr) << "holds on no day";
  CheckAndApply(v1::IMPORT_SOURCE_VILLAGES, "three", header + "411728001201,东村\n");
  EXPECT_NE(book_->Get()->regions.FindLast("411728001201"), nullptr);
}

// As deploy/data/README.md says.
TEST_F(ImportSourcesTest, TheShippedVillagesOfACounty) {
  std::ifstream in(RURALEDU_SOURCE_DIR "/deploy/data/villages-five-plans.csv");
  std::string csv, line;
  for (std::getline(in, line), csv = line + "\n"; std::getline(in, line);) {
    csv += line.starts_with("411728") ? line + "\n" : "";
  }
  const v1::Import import = CheckAndApply(v1::IMPORT_SOURCE_VILLAGES, "villages", csv);
  EXPECT_EQ(import.preview().errors(), 0);
  EXPECT_EQ(import.preview().new_rows(), absl::c_count(csv, '\n') - 1);
  EXPECT_GT(import.preview().new_rows(), 100);
  EXPECT_THAT(import.preview().ignored_headers(), ElementsAre("level"));
}

TEST_F(ImportSourcesTest, AVillageInWhichSomebodyLivesStays) {
  LoadPupils();
  const v1::Import villages = CheckAndApply(v1::IMPORT_SOURCE_VILLAGES, "v", "村代码,村名称\n411728001201,东村\n");
  CheckAndApply(v1::IMPORT_SOURCE_RURAL_REVITALISATION, "h",
                absl::StrCat("户编号,户主姓名,村代码,户类型,是否享受政策,识别日期,姓名,证件号码,与户主关系\n",
                             "H1,张三,411728001201,脱贫户,是,2016-01-01,张三,", Id("19850101", 11), ",户主\n"));
  ASSERT_TRUE(Withdraw(villages.name()).ok());
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_EQ(Get(villages.name()).withdrawal_conflicts(), 1);
  EXPECT_THAT(Rows(villages.name(), "CONFLICT"), ElementsAre("2 CONFLICT ROOT_CHANGED"));
  EXPECT_NE(book_->Get()->regions.FindLast("411728001201"), nullptr);
}

TEST_F(ImportSourcesTest, ASchoolWithPupilsStays) {
  LoadPupils();
  const v1::Import schools = CheckAndApply(v1::IMPORT_SOURCE_SCHOOLS, "again", SchoolsCsv());
  EXPECT_EQ(schools.preview().unchanged(), 2);
  v1::ListImportsRequest request;
  request.set_parent(kParent);
  const auto list = Must(Call("ListImports", request, &Handlers::ListImports));
  for (const v1::Import& import : list.imports()) {
    if (import.batch() == "schools") {
      ASSERT_TRUE(Withdraw(import.name()).ok());
      ASSERT_TRUE(RunJobs().ok());
      EXPECT_THAT(Rows(import.name(), "CONFLICT"), ElementsAre("2 CONFLICT ROOT_CHANGED")) << "the other has no pupils";
    }
  }
}

TEST_F(ImportSourcesTest, ARosterTakesItsClassesBack) {
  LoadSchools();
  const v1::Import roster =
      CheckAndApply(v1::IMPORT_SOURCE_STUDENT_ROSTER, "r", RosterCsv({Pupil("张子涵", zhang_), Pupil("李梦", li_)}));
  TakeBack(roster.name());
  ASSERT_THAT(All<v1::SchoolClass>(kClasses), SizeIs(1));
  EXPECT_EQ(All<v1::SchoolClass>(kClasses)[0].area(), "");
  EXPECT_EQ(StudentNamed("张子涵").area(), "");
}

TEST_F(ImportSourcesTest, Calendars) {
  area_ = "";
  const std::string header = "日期,是否工作日,名称\n";
  Run({.source = v1::IMPORT_SOURCE_CALENDARS,
       .first = header + "2031-01-01,否,元旦\n2031-10-01,否,国庆节\n2031-10-11,是,\n2031-02-30,否,没有这天\n",
       .second = header + "2031-01-01,否,元旦\n2031-01-02,否,元旦\n",
       .first_rows = {"2 NEW", "3 NEW", "4 NEW", "5 ERROR DATE_INVALID"},
       .second_rows = {"2 UNCHANGED", "3 NEW"}});
  EXPECT_FALSE(book_->Get()->calendar.HasYear(absl::CivilYear(2031))) << "missing again (DR-05)";
}

TEST_F(ImportSourcesTest, ACalendarIsTheNations) {
  const std::string csv = "日期,是否工作日,名称\n2031-01-01,否,元旦\n2031-10-01,否,国庆节\n";
  for (const char* area : {"411728", "4117", "41"}) {
    area_ = area;
    EXPECT_EQ(ReasonOf(Create(v1::IMPORT_SOURCE_CALENDARS, "c", csv).status()), "PERMISSION_DENIED") << area;
  }
  area_ = "";
  const v1::Import ready = Check(v1::IMPORT_SOURCE_CALENDARS, "c", csv);
  area_ = "411728";
  EXPECT_EQ(ReasonOf(Apply(ready.name()).status()), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(Withdraw(ready.name()).status()), "PERMISSION_DENIED");
  area_ = "";
  EXPECT_TRUE(Apply(ready.name()).ok());
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_TRUE(book_->Get()->calendar.HasYear(absl::CivilYear(2031)));
}

TEST_F(ImportSourcesTest, DisabledFederation) {
  LoadPupils();
  const std::string header = "姓名,身份证号,残疾证号,残疾类别,残疾等级,发证日期,证件状态\n", grown = Id("19700101", 11);
  Run({.source = v1::IMPORT_SOURCE_DISABLED_FEDERATION,
       .first = absl::StrCat(header, "张子涵,", zhang_, ",", zhang_, "12,视力,二级,2020-01-01,正常\n",  //
                             "李梦,", li_, ",", li_, "43,肢体,三级,2021-01-01,正常\n",                  //
                             "王五,", grown, ",", grown, "21,听力,一级,2010-01-01,正常\n",              //
                             "错号,411700201403050179,41170020140305017911,视力,一级,2020-01-01,正常\n"),
       .second = absl::StrCat(header, "张子涵,", zhang_, ",", zhang_, "11,视力,一级,2020-01-01,正常\n"),
       .first_rows = {"2 CHANGED EXACT", "3 CHANGED EXACT", "4 UNCHANGED NOT_A_PUPIL", "5 ERROR ID_CHECK"},
       .second_rows = {"2 CHANGED EXACT", "0 MISSING"}});
  EXPECT_THAT(StudentNamed("张子涵").hardships(), IsEmpty());
  EXPECT_EQ(StudentNamed("张子涵").disability().kind(), "");
}

TEST_F(ImportSourcesTest, Veterans) {
  LoadPupils();
  const std::string header = "姓名,身份证号,出生日期,优抚类别,认定日期\n";
  Run({.source = v1::IMPORT_SOURCE_VETERANS,
       .first = absl::StrCat(header, "张子涵,", zhang_, ",,烈士子女,2020-01-01\n",  //
                             "李梦,", li_, ",,优抚家庭子女,2021-01-01\n",           //
                             "无名,", Id("20150101", 33), ",,优抚家庭子女,2021-01-01\n", "错类,", Id("20150101", 35),
                             ",,低保,2021-01-01\n"),
       .second = absl::StrCat(header, "张子涵,", zhang_, ",,烈士子女,2020-01-01\n"),
       .first_rows = {"2 CHANGED EXACT", "3 CHANGED EXACT", "4 UNCHANGED NOT_A_PUPIL", "5 UNCHANGED NOT_A_PUPIL"},
       .second_rows = {"2 UNCHANGED EXACT", "0 MISSING"}});
}

// Kind X2 (digest 2.1): the federation lists the parent, the register names the parent as guardian.
TEST_F(ImportSourcesTest, ChildrenOfADisabledParent) {
  LoadSchools();
  const std::string mother = Id("19850101", 12),
                    header = "姓名,身份证号,残疾证号,残疾类别,残疾等级,发证日期,证件状态\n";
  const auto roster = [&](const std::string& relation) {
    return absl::StrCat("姓名,身份证号,学籍号,学校标识码,年级,班级,监护人姓名,监护人身份证件号,监护人关系\n", "张子涵,",
                        zhang_, ",G", zhang_, ",2141000001,三年级,1班,王芳,", mother, ",", relation, "\n");
  };
  const std::string listed = absl::StrCat(header, "王芳,", mother, ",", mother, "43,肢体,三级,2020-05-01,正常\n");
  const auto kinds = [&] {
    std::vector<std::string> found;
    const v1::Student student = StudentNamed("张子涵");
    for (const v1::HardshipRecord& record : student.hardships()) {
      found.push_back(
          absl::StrCat(record.kind(), " ", record.valid_from().year(), record.has_valid_to() ? " ended" : ""));
    }
    return found;
  };
  CheckAndApply(v1::IMPORT_SOURCE_STUDENT_ROSTER, "r1", roster("其他"));
  CheckAndApply(v1::IMPORT_SOURCE_DISABLED_FEDERATION, "x1", listed);
  EXPECT_THAT(kinds(), IsEmpty()) << "an aunt is no parent";
  CheckAndApply(v1::IMPORT_SOURCE_STUDENT_ROSTER, "r2", roster("母亲"));
  EXPECT_THAT(kinds(), ElementsAre("X2 2020")) << "the roster came later";
  const v1::Import again = CheckAndApply(v1::IMPORT_SOURCE_DISABLED_FEDERATION, "x2", listed, Complete);
  EXPECT_EQ(again.preview().missing(), 0);
  EXPECT_THAT(kinds(), ElementsAre("X2 2020"));
  const std::string other = Id("19850101", 14);
  CheckAndApply(v1::IMPORT_SOURCE_DISABLED_FEDERATION, "x3",
                absl::StrCat(header, "赵六,", other, ",", other, "43,肢体,三级,2020-05-01,正常\n"), Complete);
  EXPECT_THAT(kinds(), ElementsAre("X2 2020 ended"));
}

// An officer recognises a pupil in a row of a department whose number is wrong.
TEST_F(ImportSourcesTest, ARecognisedPupilGetsWhatTheDepartmentSays) {
  LoadPupils();
  const std::string csv =
      absl::StrCat("姓名,身份证号,救助类型,开始日期,城乡类别\n张子涵,", Id("20140305", 35), ",农村低保,2020-01-01,\n");
  const v1::Import civil = CheckAndApply(v1::IMPORT_SOURCE_CIVIL_AFFAIRS, "c1", csv);
  EXPECT_THAT(Rows(civil.name(), "*"), ElementsAre("2 WEAK_MATCH"));
  const auto reviews = All<v1::IdentityReview>(kReviews);
  ASSERT_THAT(reviews, SizeIs(1));
  v1::DecideReviewRequest decide;
  decide.set_name(reviews[0].name());
  decide.set_decision(v1::REVIEW_STATE_SAME);
  decide.set_request_id(NextRequest());
  const auto decided = Call("DecideReview", decide, &Handlers::DecideReview);
  ASSERT_TRUE(decided.ok()) << decided.status();
  ASSERT_THAT(StudentNamed("张子涵").hardships(), SizeIs(1));
  EXPECT_EQ(StudentNamed("张子涵").hardships(0).kind(), "D1");
  EXPECT_THAT(Rows(civil.name(), "*"), ElementsAre("2 CHANGED EXACT"));
  const v1::Import next = CheckAndApply(v1::IMPORT_SOURCE_CIVIL_AFFAIRS, "c2", csv, Complete);
  EXPECT_THAT(Rows(next.name(), "*"), ElementsAre("2 UNCHANGED EXACT")) << "decided once, known for ever";
  TakeBack(next.name());
  TakeBack(civil.name());
  EXPECT_THAT(StudentNamed("张子涵").hardships(), IsEmpty());
}

// Between preview and apply another batch made a row invalid: all or nothing is all or nothing still.
TEST_F(ImportSourcesTest, AllOrNothingIsCheckedAgainBeforeTheFirstRow) {
  LoadSchools();
  const auto whole = [](v1::Import& i) { i.set_mode(v1::IMPORT_MODE_ALL_OR_NOTHING); };
  const v1::Import ready =
      Check(v1::IMPORT_SOURCE_STUDENT_ROSTER, "r",
            RosterCsv({Pupil("李梦", li_, "3141000002", "七年级"), Pupil("张子涵", zhang_)}), whole);
  ASSERT_EQ(ready.state(), v1::IMPORT_STATE_READY);
  CheckAndApply(v1::IMPORT_SOURCE_SCHOOLS, "later",
                "学校标识码,学校名称,办学类型,学段,办别,乡镇代码,城乡分类代码\n"
                "2141000001,瞿阳小学,小学,初中,公办,411728001,121\n");
  const State before = Everything();
  ASSERT_TRUE(Apply(ready.name()).ok());
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_EQ(Get(ready.name()).state(), v1::IMPORT_STATE_REFUSED);
  EXPECT_EQ(Get(ready.name()).refusal(), "IMPORT_HAS_ERRORS");
  EXPECT_THAT(Rows(ready.name(), "ERROR"), ElementsAre("3 ERROR STAGE_NOT_TAUGHT"));
  EXPECT_EQ(Everything(), before);
}

// The reason of a withdrawal is free text of an officer: it must not stand in the journal, which others follow.
TEST_F(ImportSourcesTest, TheReasonOfAWithdrawalIsNotPublished) {
  LoadSchools();
  const v1::Import roster = CheckAndApply(v1::IMPORT_SOURCE_STUDENT_ROSTER, "r", RosterCsv({Pupil("张子涵", zhang_)}));
  v1::WithdrawImportRequest request;
  request.set_name(roster.name());
  request.set_reason("张子涵的母亲来电");
  request.set_request_id(NextRequest());
  ASSERT_TRUE(Call("WithdrawImport", request, &Handlers::WithdrawImport).ok());
  ASSERT_TRUE(RunJobs().ok());
  const auto bodies = database_->Read([](db::Transaction& tx) { return tx.Query("SELECT body FROM journal"); });
  ASSERT_TRUE(bodies.ok());
  for (const db::Row& row : *bodies) {
    EXPECT_EQ(row.Bytes(0).find("来电"), std::string::npos);
  }
}

// Design section 6, "People move": the directory knows everybody.
TEST_F(ImportSourcesTest, NewPupilsAreInTheDirectory) {
  LoadPupils();
  for (const v1::Student& student : All<v1::Student>(kStudents)) {
    const std::string id(feed::IdOfName(student.name()));
    const auto place = database_->Read([&](db::Transaction& tx) { return FindPerson(tx, id); });
    ASSERT_TRUE(place.ok() && place->has_value()) << student.display_name();
    EXPECT_EQ((*place)->home_shard, kCounty);
  }
}

}  // namespace
}  // namespace ruraledu::registry
