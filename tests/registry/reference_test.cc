// What the deployment ships reaches an installation at every start, and only what differs.
#include <fstream>
#include <sstream>

#include "absl/strings/str_replace.h"
#include "common/feed/journal.h"
#include "common/obs/log.h"
#include "tests/lib/postgres.h"
#include "tests/registry/import_fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ReferenceTest : public ImportTest, public ::testing::WithParamInterface<const char*> {
 protected:
  ReferenceTest()
      : ImportTest(std::string(GetParam()) == "Postgres" ? "postgres:" + testlib::Postgres::Get().NewSchema() : "") {
    area_ = "";
  }
  // Changes a data file of the deployment.
  void Rewrite(const std::string& name, const std::function<std::string(std::string)>& change) {
    const std::string path = folder_ / "data/" + name;
    const std::string text = change(*LoadFile(path));
    std::filesystem::remove(path);  // a link into the source
    std::ofstream(path) << text;
  }
  std::vector<int64_t> Heads() {
    std::vector<int64_t> heads;
    for (const std::string shard : {"p410000", "n000000"}) {
      const auto head = database_->Read([&](db::Transaction& tx) { return feed::HeadOf(tx, shard); });
      EXPECT_TRUE(head.ok()) << head.status();
      heads.push_back(head->seq);
    }
    return heads;
  }
  v1::Calendar Year(int year) {
    for (const v1::Calendar& calendar : All<v1::Calendar>(kCalendars, std::string(kNationShard))) {
      if (calendar.year() == year) {
        return calendar;
      }
    }
    return {};
  }
  std::string NameOf(const std::string& code) {
    const auto book = book_->Get();
    const Region* region = book->regions.FindLast(code);
    return region == nullptr ? "" : region->name;
  }
};

TEST_P(ReferenceTest, NewerFilesAreTakenOverOnceAndEqualOnesWriteNothing) {
  const std::vector<int64_t> first = Heads();
  Open();
  EXPECT_EQ(Heads(), first) << "nothing differs";
  const std::string old = NameOf("411728001000");
  Rewrite("regions.csv", [&](std::string text) {
    return absl::StrReplaceAll(text, {{"411728001000," + old, "411728001000,新名街道"}}) +
           "411728990000,新设街道,township,411728000000\n";
  });
  Rewrite("region-changes.csv", [](const std::string& text) {
    return text + "411728999000,旧乡,township,411728000000,2020-01-01,411728990000,test\n";
  });
  Rewrite("holidays.csv", [](const std::string& text) {
    return text + "2027-01-01,public_holiday,元旦\n2027-10-01,public_holiday,国庆节\n";
  });
  Open();
  EXPECT_EQ(NameOf("411728001000"), "新名街道");
  EXPECT_EQ(NameOf("411728990000"), "新设街道");
  EXPECT_EQ(book_->Get()->regions.FindLast("411728999000")->valid_to, absl::CivilDay(2020, 1, 1));
  EXPECT_THAT(Year(2027).days(), SizeIs(2));
  const std::vector<int64_t> second = Heads();
  EXPECT_EQ(second, (std::vector<int64_t>{first[0] + 1, first[1] + 1})) << "one entry each: three regions, one year";
  const auto entries =
      database_->Read([&](db::Transaction& tx) { return feed::ReadEntries(tx, "p410000", first[0], 10, nullptr); });
  ASSERT_TRUE(entries.ok());
  EXPECT_EQ(entries->front().actor(), "service:registry");
  Open();
  EXPECT_EQ(Heads(), second);
}

TEST_P(ReferenceTest, AYearThatAnImportChangedStays) {
  const std::string header = "日期,是否工作日,名称\n";
  CheckAndApply(v1::IMPORT_SOURCE_CALENDARS, "local", header + "2023-06-09,否,地方节日\n");
  const v1::Import early = CheckAndApply(v1::IMPORT_SOURCE_CALENDARS, "early", header + "2027-01-01,否,元旦\n");
  ASSERT_TRUE(Withdraw(early.name()).ok());
  ASSERT_TRUE(RunJobs().ok());
  ASSERT_THAT(Year(2027).days(), SizeIs(0));
  const v1::Calendar imported = Year(2023), other = Year(2024);
  Rewrite("holidays.csv", [](std::string text) {
    return absl::StrReplaceAll(text, {{"元旦", "新年"}}) +
           "2027-01-01,public_holiday,元旦\n2027-10-01,public_holiday,国庆节\n";
  });
  Open();
  EXPECT_EQ(Year(2023).SerializeAsString(), imported.SerializeAsString());
  EXPECT_NE(Year(2024).SerializeAsString(), other.SerializeAsString());
  EXPECT_THAT(Year(2027).days(), SizeIs(2)) << "the import that made the year was withdrawn";
}

// Issue 2: the published rows load as fewer codes, and those that are two levels at once are named.
TEST_P(ReferenceTest, TheShippedRegionsAndTheirLoadReport) {
  obs::CapturedLog log;
  const auto book = ReferenceBook::Open(*host_, RURALEDU_SOURCE_DIR "/deploy/data");
  ASSERT_TRUE(book.ok()) << book.status();
  const auto lines = log.lines();
  EXPECT_THAT(lines, Contains(testing::AllOf(HasSubstr("regions_loaded"), HasSubstr("\"rows\":44703"),
                                             HasSubstr("\"codes\":44699"))));
  for (const char* name : {"东莞市", "中山市", "儋州市", "金门县"}) {
    EXPECT_THAT(lines, Contains(testing::AllOf(HasSubstr("regions_folded"), HasSubstr(name)))) << name;
  }
  EXPECT_EQ((*book)->Get()->regions.size(), 44699u + 3) << "and those of region-changes.csv";
}

INSTANTIATE_TEST_SUITE_P(Databases, ReferenceTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ruraledu::registry
