// Upload, refusals of whole files, guards, formats, and what ListImportRows shows.
#include <fstream>
#include <sstream>

#include "common/ingest/table_writer.h"
#include "tests/registry/import_fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kSchoolsSource = v1::IMPORT_SOURCE_SCHOOLS;
constexpr auto kRoster = v1::IMPORT_SOURCE_STUDENT_ROSTER;

TEST_F(ImportTest, ABatchIsOneFile) {
  const auto first = Create(kSchoolsSource, "b", "one");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Create(kSchoolsSource, "b", "one")->name(), first->name()) << "the same again is the same import";
  EXPECT_EQ(ReasonOf(Create(kSchoolsSource, "b", "two").status()), "DUPLICATE_BATCH");
  EXPECT_NE(Create(v1::IMPORT_SOURCE_CLASSES, "b", "two")->name(), first->name())
      << "batches of another source are others";
}

TEST_F(ImportTest, AnImportStatesWhatItIs) {
  struct Case {
    const char* reason;
    std::function<void(v1::Import&)> change;
  };
  const Case cases[] = {{"FIELD_REQUIRED", [](v1::Import& i) { i.clear_source(); }},
                        {"FIELD_REQUIRED", [](v1::Import& i) { i.clear_batch(); }},
                        {"FIELD_TOO_LONG", [](v1::Import& i) { i.set_batch(std::string(65, 'b')); }},
                        {"FIELD_REQUIRED", [](v1::Import& i) { i.set_sha256("short"); }},
                        {"NUMBER_RANGE", [](v1::Import& i) { i.set_total_bytes(0); }},
                        {"SCHOOL_YEAR_FORMAT", [](v1::Import& i) { i.set_school_year("2023"); }},
                        {"DATE_INVALID", [](v1::Import& i) { i.set_facts_on("2023-02-30"); }}};
  for (const Case& c : cases) {
    EXPECT_EQ(ReasonOf(Create(kSchoolsSource, "b", "one", c.change).status()), c.reason);
  }
  EXPECT_EQ(Create(kSchoolsSource, "b", "one", [](v1::Import& i) { i.set_school_year("2022-2023-2"); })->facts_on(),
            "2023-03-01");
}

TEST_F(ImportTest, ChunksInOrderAndWhole) {
  const std::string name = Create(kSchoolsSource, "b", "0123456789")->name();
  EXPECT_EQ(ReasonOf(Upload(name, 0, "01234", crypto::Sha256({"other"})).status()), "CHUNK_DIGEST");
  EXPECT_EQ(ReasonOf(Upload(name, 5, "56789").status()), "CHUNK_OFFSET");
  EXPECT_EQ(*Upload(name, 0, "01234"), 5);
  EXPECT_EQ(*Upload(name, 0, "01234"), 5) << "the same chunk again is fine";
  EXPECT_EQ(ReasonOf(Upload(name, 0, "01239").status()), "CHUNK_OFFSET") << "the place has other bytes";
  EXPECT_EQ(Get(name).received_bytes(), 5);
  EXPECT_EQ(ReasonOf(Commit(name).status()), "IMPORT_INCOMPLETE");
  EXPECT_EQ(ReasonOf(Upload(name, 5, "567890").status()), "CHUNK_OFFSET") << "beyond the announced size";
  EXPECT_EQ(ReasonOf(Upload(name, 5, std::string((1 << 20) + 1, 'x')).status()), "CHUNK_TOO_LARGE");
  EXPECT_EQ(*Upload(name, 5, "56780"), 10);
  EXPECT_EQ(ReasonOf(Commit(name).status()), "IMPORT_DIGEST");
}

TEST_F(ImportTest, AnUploadThatHasEnded) {
  const v1::Import import = Check(kSchoolsSource, "b", SchoolsCsv());
  EXPECT_EQ(ReasonOf(Upload(import.name(), 0, "x").status()), "UPLOAD_CLOSED");
  EXPECT_EQ(ReasonOf(Commit(import.name()).status()), "UPLOAD_CLOSED");
}

TEST_F(ImportTest, FilesThatAreRefused) {
  struct Case {
    const char *batch, *text, *reason;
  };
  for (const Case& c :
       {Case{"blank", "\n\n", "FILE_EMPTY"},
        Case{"header", "学校标识码,学校名称,学段,乡镇代码,城乡分类代码\n", "FILE_EMPTY"},
        Case{"missing", "学校标识码,学校名称\n2141000001,瞿阳小学\n", "HEADER_MISSING"},
        Case{"unknown", "甲,乙\n1,2\n", "HEADER_UNKNOWN"},
        Case{"twice", "学校标识码,学校代码,学校名称,学段,乡镇代码,城乡分类代码\n1,2,3,4,5,6\n", "HEADER_DUPLICATE"}}) {
    const v1::Import import = Check(kSchoolsSource, c.batch, c.text);
    EXPECT_EQ(import.state(), v1::IMPORT_STATE_REFUSED) << c.batch;
    EXPECT_EQ(import.refusal(), c.reason) << c.batch;
    EXPECT_EQ(ReasonOf(Apply(import.name()).status()), "IMPORT_STATE");
  }
  EXPECT_THAT(All<v1::School>(kSchools), IsEmpty());
  const auto left =
      database_->Read([](db::Transaction& tx) { return tx.QueryOne("SELECT count(*) FROM import_chunk"); });
  EXPECT_EQ((*left)->Int(0), 0);
}

TEST_F(ImportTest, ATruncatedWorkbookLeavesNoTrace) {
  const std::string path = folder_ / "schools.xlsx";
  auto writer = ingest::CreateTable(path, ingest::OutFormat::kXlsx,
                                    {"学校标识码", "学校名称", "学段", "乡镇代码", "城乡分类代码"});
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(
      (*writer)
          ->Write({ingest::OutCell::Text("2141000001"), ingest::OutCell::Text("瞿阳小学"),
                   ingest::OutCell::Text("小学"), ingest::OutCell::Text("411728001"), ingest::OutCell::Text("121")})
          .ok());
  ASSERT_TRUE((*writer)->Close().ok());
  std::ifstream in(path, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  const std::string whole = bytes.str();
  const v1::Import cut = Check(kSchoolsSource, "cut", whole.substr(0, whole.size() / 2));
  EXPECT_EQ(cut.state(), v1::IMPORT_STATE_REFUSED);
  EXPECT_THAT(Rows(cut.name(), "*"), IsEmpty());
  EXPECT_EQ(CheckAndApply(kSchoolsSource, "whole", whole).state(), v1::IMPORT_STATE_CLOSED);
  EXPECT_THAT(All<v1::School>(kSchools), SizeIs(1));
}

TEST_F(ImportTest, Gb18030WithTitleNotesAndRareCharacters) {
  LoadSchools();
  const std::string path = folder_ / "roster.csv";
  auto writer = ingest::CreateTable(path, ingest::OutFormat::kCsvGb18030,
                                    {"学生姓名", "证件号码", "全国学籍号", "学校代码", "年级", "班级"});
  ASSERT_TRUE(writer.ok());
  const std::string id = Id("20140305", 17);
  std::vector<ingest::OutCell> row;
  for (const std::string& text :
       {std::string("张㛃"), id, "G" + id, std::string("2141000001"), std::string("三年级"), std::string("1班")}) {
    row.push_back(ingest::OutCell::Text(text));
  }
  ASSERT_TRUE((*writer)->Write(row).ok());
  ASSERT_TRUE((*writer)->Close().ok());
  std::ifstream in(path, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  EXPECT_EQ(CheckAndApply(kRoster, "gb", bytes.str()).preview().new_rows(), 1);
  EXPECT_EQ(StudentNamed("张㛃").id_number(), id);
}

TEST_F(ImportTest, MassDisappearanceHoldsUntilItIsOverridden) {
  LoadSchools();
  std::vector<std::string> rows;
  for (int i = 0; i < 60; ++i) {
    rows.push_back(Pupil(absl::StrCat("学生", i % 2 == 0 ? "甲" : "乙", i), Id("20140305", 101 + 2 * i)));
  }
  CheckAndApply(kRoster, "all", RosterCsv(rows));
  const std::string few = RosterCsv({rows[0], rows[1], Pupil("学生甲2", "411700201403051058")});
  const v1::Import held = Check(kRoster, "few", few, [](v1::Import& i) { i.set_complete(true); });
  EXPECT_EQ(held.state(), v1::IMPORT_STATE_HELD);
  EXPECT_EQ(held.preview().missing(), 57) << "the wrong row never counts as a disappearance";
  EXPECT_THAT(held.preview().guards(), ElementsAre("MASS_DISAPPEARANCE"));
  EXPECT_EQ(ReasonOf(Apply(held.name()).status()), "IMPORT_HELD");
  EXPECT_EQ(ReasonOf(Apply(held.name(), {"MASS_DISAPPEARANCE"}, "\"1\"").status()), "ETAG_MISMATCH");
  EXPECT_TRUE(Apply(held.name(), {"MASS_DISAPPEARANCE"}, held.etag()).ok());
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_THAT(All<v1::Student>(kStudents), SizeIs(60)) << "a file deletes nobody (DR-13)";
}

TEST_F(ImportTest, AbnormalDuplicateShareHolds) {
  LoadSchools();
  std::vector<std::string> rows;
  for (int i = 0; i < 25; ++i) {
    rows.push_back(Pupil(absl::StrCat("学生", i), Id("20140305", 101 + 2 * i)));
    rows.push_back(rows.back());
  }
  const v1::Import held = Check(kRoster, "twice", RosterCsv(rows));
  EXPECT_EQ(held.state(), v1::IMPORT_STATE_HELD);
  EXPECT_THAT(held.preview().guards(), ElementsAre("DUPLICATE_SHARE"));
}

TEST_F(ImportTest, ExtraColumnsAreShown) {
  const v1::Import ready =
      Check(kSchoolsSource, "x",
            "学校标识码,学校名称,学段,乡镇代码,城乡分类代码,星座\n2141000001,瞿阳小学,小学,411728001,121,狮子\n");
  EXPECT_THAT(ready.preview().ignored_headers(), ElementsAre("星座"));
}

TEST_F(ImportTest, ListsNewestFirstByPages) {
  const std::string one = Create(kSchoolsSource, "1", "a")->name();
  clock_.Advance(absl::Seconds(1));
  const std::string two = Create(kSchoolsSource, "2", "a")->name();
  clock_.Advance(absl::Seconds(1));
  const std::string three = Create(kSchoolsSource, "3", "a")->name();
  v1::ListImportsRequest request;
  request.set_parent(kParent);
  request.set_page_size(2);
  auto page = Call("ListImports", request, &Handlers::ListImports);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->imports_size(), 2);
  EXPECT_EQ(page->imports(0).name(), three);
  EXPECT_EQ(page->imports(1).name(), two);
  request.set_page_token(page->next_page_token());
  page = Call("ListImports", request, &Handlers::ListImports);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->imports(0).name(), one);
  EXPECT_EQ(page->next_page_token(), "");
}

TEST_F(ImportTest, NoIdentityNumberRestsInClear) {
  LoadSchools();
  const std::string id = Id("20140305", 17);
  CheckAndApply(kRoster, "r1", RosterCsv({Pupil("张子涵", id)}));
  Close();
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(folder_ / "data").parent_path())) {
    if (!entry.is_regular_file()) {
      continue;
    }
    std::ifstream in(entry.path(), std::ios::binary);
    std::stringstream bytes;
    bytes << in.rdbuf();
    EXPECT_EQ(bytes.str().find(id), std::string::npos) << entry.path();
  }
}

}  // namespace
}  // namespace ruraledu::registry
