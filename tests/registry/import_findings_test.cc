// What a roster row is told: every finding with its column, and the way of a pupil between two registers.
#include "tests/registry/import_fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr auto kRoster = v1::IMPORT_SOURCE_STUDENT_ROSTER;

class ImportFindingsTest : public ImportTest {
 protected:
  static std::string Roster(const std::vector<std::string>& rows) {
    return absl::StrCat("姓名,身份证号,学籍号,性别,出生日期,学校标识码,年级,班级,学籍状态\n", absl::StrJoin(rows, "\n"),
                        "\n");
  }
  static std::string Row(const std::string& id, const std::string& status) {
    return absl::StrCat("张子涵,", id, ",G", id, ",,,2141000001,三年级,1班,", status);
  }
  static void Later(v1::Import& import) { import.set_facts_on("2024-03-01"); }
  // "line code column" of every row that says something.
  std::vector<std::string> Findings(const std::string& import) {
    v1::ListImportRowsRequest request;
    request.set_name(import);
    request.set_outcome("*");
    const auto page = Call("ListImportRows", request, &Handlers::ListImportRows);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> findings;
    for (const v1::ImportRow& row : page->rows()) {
      if (!row.code().empty()) {
        findings.push_back(absl::StrCat(row.line(), " ", row.code(), " ", row.column()));
      }
    }
    return findings;
  }
};

TEST_F(ImportFindingsTest, EveryWarningStandsWithItsColumn) {
  LoadSchools();
  const std::string id = Id("20140305", 17);
  const std::string row =
      absl::StrCat("张子涵, ", id, ",G", Id("20140305", 35), ",女,2014-03-06,2141000001,三年级,1班,在读");
  const v1::Import closed = CheckAndApply(kRoster, "r1", Roster({row}));
  EXPECT_EQ(closed.state(), v1::IMPORT_STATE_CLOSED);
  const auto expected = ElementsAre("2 ID_NORMALIZED 身份证号", "2 ID_BIRTH_MISMATCH 出生日期",
                                    "2 ID_SEX_MISMATCH 性别", "2 STUDENT_NUMBER_BODY_MISMATCH 学籍号");
  EXPECT_THAT(Findings(closed.name()), expected);
  EXPECT_THAT(Findings(CheckAndApply(kRoster, "r2", Roster({row})).name()), expected) << "unchanged and still wrong";
}

TEST_F(ImportFindingsTest, FullWidthDigitsAreRepairedWithAWarning) {  // 7.1
  LoadSchools();
  const std::string id = Id("20140305", 17);
  const v1::Import closed = CheckAndApply(
      kRoster, "r1",
      Roster({absl::StrCat("张子涵,", "\uFF14", id.substr(1), ",G", id, ",,,2141000001,三年级,1班,在读")}));
  EXPECT_THAT(Findings(closed.name()), ElementsAre("2 ID_NORMALIZED 身份证号"));
  EXPECT_EQ(StudentNamed("张子涵").id_number(), id);
}

TEST_F(ImportFindingsTest, AStudentNumberIsRepairedWithAWarning) {
  LoadSchools();
  const std::string id = Id("20140305", 17);
  const v1::Import closed =
      CheckAndApply(kRoster, "r1", Roster({absl::StrCat("张子涵,", id, ",g", id, ",,,2141000001,三年级,1班,在读")}));
  EXPECT_THAT(Findings(closed.name()), ElementsAre("2 STUDENT_NUMBER_NORMALIZED 学籍号"));
  v1::ListImportRowsRequest rows;
  rows.set_name(closed.name());
  rows.set_page_token(rpc::PageToken(rpc::FilterOf(rows), {"two"}));
  EXPECT_EQ(ReasonOf(Call("ListImportRows", rows, &Handlers::ListImportRows).status()), "PAGE_TOKEN");
}

TEST_F(ImportFindingsTest, ARegisterMayLeaveStepsOut) {
  LoadSchools();
  const std::string id = Id("20140305", 17);
  CheckAndApply(kRoster, "r1", Roster({Row(id, "在读")}));
  const v1::Import moved = CheckAndApply(kRoster, "r2", Roster({Row(id, "已转出")}), Later);
  EXPECT_EQ(moved.preview().changed(), 1) << moved.ShortDebugString();
  EXPECT_EQ(StudentNamed("张子涵").status(), "TRANSFERRED") << "the request that came before was nobody's file";
}

TEST_F(ImportFindingsTest, NobodyComesBackFromTheDead) {
  LoadSchools();
  const std::string id = Id("20140305", 17);
  CheckAndApply(kRoster, "r1", Roster({Row(id, "死亡")}));
  const v1::Import risen = CheckAndApply(kRoster, "r2", Roster({Row(id, "在读")}), Later);
  EXPECT_THAT(Findings(risen.name()), ElementsAre("2 STATE_TRANSITION 学籍状态"));
  EXPECT_EQ(StudentNamed("张子涵").status(), "DECEASED");
}

}  // namespace
}  // namespace ruraledu::registry
