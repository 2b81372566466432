// Bad input: each kind has a stated reason and leaves no trace in the data.
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "common/ingest/table_writer.h"
#include "tests/registry/import_fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kSchoolsSource = v1::IMPORT_SOURCE_SCHOOLS;
constexpr auto kRoster = v1::IMPORT_SOURCE_STUDENT_ROSTER;

class BadInputTest : public ImportTest {
 protected:
  void SetUp() override { LoadSchools(); }

  // The text of the cell that the first row is refused for.
  std::string OriginalOf(const std::string& import) {
    v1::ListImportRowsRequest request;
    request.set_name(import);
    request.set_outcome("ERROR");
    request.set_with_originals(true);
    const auto page = Must(CallAs(Somebody("COUNTY_REGISTRAR", "411728", "DATA_CORRECTION"), "ListImportRows", request,
                                  &Handlers::ListImportRows, "DATA_CORRECTION"));
    return page.rows().empty() ? "" : page.rows(0).original();
  }
  // A roster of one pupil as a workbook.
  std::string Workbook() {
    const std::string path = folder_ / "roster.xlsx", id = Id("20140305", 17);
    auto writer = ingest::CreateTable(
        path, ingest::OutFormat::kXlsx,
        {"姓名", "身份证号", "学籍号", "性别", "出生日期", "学校标识码", "年级", "班级", "就读方式"});
    EXPECT_TRUE(writer.ok());
    std::vector<ingest::OutCell> row;
    for (const std::string& text :
         {std::string("张子涵"), id, "G" + id, std::string(), std::string(), std::string("2141000001"),
          std::string("三年级"), std::string("1班"), std::string("走读")}) {
      row.push_back(ingest::OutCell::Text(text));
    }
    EXPECT_TRUE((*writer)->Write(row).ok());
    EXPECT_TRUE((*writer)->Close().ok());
    std::ifstream in(path, std::ios::binary);
    std::stringstream bytes;
    bytes << in.rdbuf();
    return bytes.str();
  }
};

struct RowCase {
  const char* what;
  v1::ImportSource source;
  std::string csv;
  const char* reason;
};

// Rows: refused one by one; a file that has nothing else changes nothing.
TEST_F(BadInputTest, Rows) {
  const std::string schools = "学校标识码,学校名称,学段,乡镇代码,城乡分类代码\n", good = Id("20140305", 17);
  const std::string legacy = "411728140305017";
  const RowCase cases[] = {
      {"unknown region, of a school", kSchoolsSource, schools + "2141000003,新学校,小学,411728999,121\n",
       "REGION_UNKNOWN"},
      {"unknown region, of a village", v1::IMPORT_SOURCE_VILLAGES, "村代码,村名称\n411728999201,东村\n",
       "REGION_UNKNOWN"},
      {"unknown region, that takes over", v1::IMPORT_SOURCE_VILLAGES,
       "村代码,村名称,撤销日期,接续代码\n411728001201,东村,2023-01-01,411728999201\n", "REGION_SUCCESSOR"},
      {"unknown region, of a pupil's residence", kRoster,
       absl::StrCat("姓名,身份证号,学校标识码,年级,班级,学籍号,户籍村代码\n张子涵,", good, ",2141000001,三年级,1班,,",
                    "411728999999\n"),
       "REGION_UNKNOWN"},
      {"unknown region, of a household", v1::IMPORT_SOURCE_RURAL_REVITALISATION,
       absl::StrCat("户编号,姓名,证件号码,与户主关系,户类型,村代码\nH1,张三,", good, ",户主,脱贫户,411728999999\n"),
       "REGION_UNKNOWN"},
      {"region of another county", v1::IMPORT_SOURCE_VILLAGES, "村代码,村名称\n411729001201,东村\n", "REGION_CODE"},
      {"wrong check digit", kRoster, RosterCsv({Pupil("张子涵", "411700201403050179")}), "ID_CHECK"},
      {"15 digits", kRoster, RosterCsv({Pupil("张子涵", legacy)}), "ID_LEGACY15"},
      {"scientific notation", kRoster, RosterCsv({Pupil("张子涵", "4.117E+17")}), "EXCEL_PRECISION"},
      {"digits that Excel lost", kRoster, RosterCsv({Pupil("张子涵", "411700201403050000")}), "EXCEL_PRECISION"},
      {"a date that is no day", kRoster,
       RosterCsv({absl::StrCat("张子涵,", good, ",G", good, ",,2014-02-30,2141000001,三年级,1班,走读")}),
       "DATE_INVALID"},
      {"a blank where something is required", kRoster, RosterCsv({Pupil("", good)}), "VALUE_REQUIRED"}};
  const State before = Everything();
  for (const RowCase& c : cases) {
    SCOPED_TRACE(c.what);
    const v1::Import import = Check(c.source, c.what, c.csv);
    if (import.state() == v1::IMPORT_STATE_REFUSED) {
      EXPECT_EQ(import.refusal(), c.reason);
    } else {
      EXPECT_THAT(Rows(import.name(), "*"), ElementsAre(absl::StrCat("2 ERROR ", c.reason)));
      if (absl::StrContains(c.csv, "411728999999")) {
        EXPECT_EQ(OriginalOf(import.name()), "411728999999") << "what the row said is kept";
      }
      EXPECT_TRUE(Apply(import.name()).ok());
      ASSERT_TRUE(RunJobs().ok());
    }
    EXPECT_EQ(Everything(), before);
  }
}

// A cell in GB18030 with a byte that is no character of it: the row is refused, nothing is guessed.
TEST_F(BadInputTest, UnmappableBytes) {
  const State before = Everything();
  std::string csv;
  const std::string path = folder_ / "gb.csv", id = Id("20140305", 17);
  auto writer =
      ingest::CreateTable(path, ingest::OutFormat::kCsvGb18030,
                          {"姓名", "身份证号", "学籍号", "性别", "出生日期", "学校标识码", "年级", "班级", "就读方式"});
  ASSERT_TRUE(writer.ok());
  std::vector<ingest::OutCell> row;
  for (const std::string& text :
       {std::string("张XX"), id, "G" + id, std::string(), std::string(), std::string("2141000001"),
        std::string("三年级"), std::string("1班"), std::string("走读")}) {
    row.push_back(ingest::OutCell::Text(text));
  }
  ASSERT_TRUE((*writer)->Write(row).ok());
  ASSERT_TRUE((*writer)->Close().ok());
  std::ifstream in(path, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  csv = bytes.str();
  csv.replace(csv.find("XX"), 2, "\xff\xff");
  const v1::Import import = CheckAndApply(kRoster, "gb", csv);
  EXPECT_THAT(Rows(import.name(), "*"), ElementsAre("2 ERROR TEXT_UNMAPPABLE"));
  EXPECT_EQ(Everything(), before);
}

struct FileCase {
  const char* what;
  std::string bytes;
  const char* reason;
};

// Whole files.
TEST_F(BadInputTest, Files) {
  const std::string workbook = Workbook();
  std::string wide = "张子涵";  // every cell within its limit
  for (int i = 0; i < 11; ++i) {
    absl::StrAppend(&wide, ",", std::string(100'000, 'a'));
  }
  const FileCase cases[] = {{"truncated workbook", workbook.substr(0, workbook.size() / 2), "FILE_TRUNCATED"},
                            {"not a table",
                             std::string("\x7f"
                                         "ELF\x02\x01\x01\0\0\0\0",
                                         11),
                             "FILE_KIND_UNKNOWN"},
                            {"blank", "\n \n", "FILE_EMPTY"},
                            {"header only", RosterCsv({}), "FILE_EMPTY"},
                            {"header of another file", "甲,乙\n1,2\n", "HEADER_UNKNOWN"},
                            {"header without a required column", "姓名,身份证号\n张子涵,1\n", "HEADER_MISSING"},
                            {"a cell beyond every limit", RosterCsv({std::string(140'000, 'a')}), "CELL_TOO_LONG"},
                            {"a row beyond every limit", RosterCsv({wide}), "ROW_TOO_LONG"}};
  const State before = Everything();
  for (const FileCase& c : cases) {
    SCOPED_TRACE(c.what);
    const v1::Import import = Check(kRoster, c.what, c.bytes);
    EXPECT_EQ(import.state(), v1::IMPORT_STATE_REFUSED);
    EXPECT_EQ(import.refusal(), c.reason);
    EXPECT_EQ(ReasonOf(Apply(import.name()).status()), "IMPORT_STATE");
    EXPECT_THAT(Rows(import.name(), "*"), IsEmpty());
    EXPECT_EQ(Everything(), before);
  }
  const auto left =
      database_->Read([](db::Transaction& tx) { return tx.QueryOne("SELECT count(*) FROM import_chunk"); });
  EXPECT_EQ((*left)->Int(0), 0);
}

TEST_F(BadInputTest, ExtraColumnsAreShownAndIgnored) {
  const State before = Everything();
  const v1::Import ready = Check(kSchoolsSource, "x",
                                 "学校标识码,学校名称,办学类型,学段,办别,乡镇代码,城乡分类代码,是否寄宿制学校,星座\n"
                                 "2141000001,瞿阳小学,小学,小学,公办,411728001,121,0,狮子\n");
  EXPECT_THAT(ready.preview().ignored_headers(), ElementsAre("星座"));
  EXPECT_TRUE(Apply(ready.name()).ok());
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_EQ(Everything(), before) << "a column that nobody understands changes nothing";
}

TEST_F(BadInputTest, EmptyAndRepeatedUploads) {
  const State before = Everything();
  EXPECT_EQ(ReasonOf(ImportTest::Create(kRoster, "empty", "").status()), "NUMBER_RANGE");
  const auto first = ImportTest::Create(kRoster, "b", "one");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(ReasonOf(ImportTest::Create(kRoster, "b", "two").status()), "DUPLICATE_BATCH");

  v1::CreateImportRequest request;
  request.set_parent(kParent);
  request.set_request_id("once");
  request.mutable_import()->set_source(kRoster);
  request.mutable_import()->set_batch("c");
  request.mutable_import()->set_total_bytes(3);
  request.mutable_import()->set_sha256(crypto::Sha256({"one"}));
  const auto made = Call("CreateImport", request, &Handlers::CreateImport);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(Must(Call("CreateImport", request, &Handlers::CreateImport)).name(), made->name()) << "the same again";
  request.mutable_import()->set_batch("d");
  EXPECT_EQ(ReasonOf(Call("CreateImport", request, &Handlers::CreateImport).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(Everything(), before);
}

TEST_F(BadInputTest, AMissingCalendarYear) {
  const State before = Everything();
  v1::AddWorkingDaysRequest request;
  *request.mutable_start() = DateOf(absl::CivilDay(2031, 3, 1));
  request.set_working_days(5);
  EXPECT_EQ(ReasonOf(Call("AddWorkingDays", request, &Handlers::AddWorkingDays, "").status()), "CALENDAR_MISSING")
      << "never guessed (DR-05)";
  EXPECT_EQ(Everything(), before);
}

}  // namespace
}  // namespace ruraledu::registry
