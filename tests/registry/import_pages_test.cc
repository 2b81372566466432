// Rows are made ready page by page, each beside the write of the one before: rows that depend on an earlier page, and
// others who write in the county meanwhile.
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "tests/registry/import_fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

constexpr auto kRoster = v1::IMPORT_SOURCE_STUDENT_ROSTER;
constexpr int kTwoPages = 260;  // the first page has 200 rows

class ImportPagesTest : public ImportTest {
 protected:
  static absl::CivilDay BirthOf(int i) { return absl::CivilDay(2013, 9, 1) + i; }
  static std::string IdOf(int i) {
    const absl::CivilDay birth = BirthOf(i);
    return Id(absl::StrFormat("%04d%02d%02d", birth.year(), birth.month(), birth.day()), 17);
  }
  static std::vector<std::string> Pupils(int count) {
    std::vector<std::string> rows;
    for (int i = 0; i < count; ++i) {
      rows.push_back(Pupil(absl::StrCat("生", i), IdOf(i)));
    }
    return rows;
  }

  // Somebody else writes in the county before the `from`-th to the `to`-th time that students are looked up.
  void OpenWithAnother(int from, int to) {
    auto looked = std::make_shared<std::atomic<int>>(0);
    Open([this, looked, from, to](int64_t, std::string_view sql) -> absl::Status {
      if (!armed_ || !absl::StartsWith(sql, "SELECT id_index, id, gone")) {
        return absl::OkStatus();
      }
      const int time = ++*looked;
      return time < from || time > to ? absl::OkStatus() : WriteAsAnother();
    });
  }
  absl::Status WriteAsAnother() {
    ++others_;
    const auto sealer = keys_->SealerOf(kCounty);
    return database_->Write(kCounty, [&](db::Transaction& tx) {
      return feed::Append(tx, **sealer, {.entity = "other", .actor = "other", .call_id = "other", .body = "x"})
          .status();
    });
  }

  // Every student rests with the version of the journal entry that holds it.
  void ExpectVersions(size_t count) {
    const auto students = All<v1::Student>(kStudents);
    EXPECT_THAT(students, SizeIs(count));
    const auto sealer = keys_->SealerOf(kCounty);
    const auto found = database_->Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<bool>> {
      feed::PastRoots past(tx, **sealer, kCounty);
      std::vector<bool> all;
      for (const v1::Student& student : students) {
        v1::Student then;
        ASSIGN_OR_RETURN(const bool there, past.Load(VersionOf(student.etag()), student.name(), &then));
        all.push_back(there);
      }
      return all;
    });
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_THAT(*found, Each(true));
  }

  // A name that sounds alike on the same day, and one with day and month changed, beside `others` in the same file.
  void ExpectPossibleDuplicates(int others) {
    LoadSchools();
    CheckAndApply(kRoster, "r1", RosterCsv({Pupil("张子涵", Id("20140305", 37)), Pupil("王大力", Id("20140611", 37))}));
    auto rows = Pupils(others);
    rows.push_back("张梓涵,,,男,2014-03-05,2141000001,三年级,2班,走读");
    rows.push_back("王大利,,,男,2014-11-06,2141000001,三年级,2班,走读");
    rows.push_back("王大利,,,男,2014-07-06,2141000001,三年级,3班,走读");  // no day that could be meant
    const v1::Import made = CheckAndApply(kRoster, "r2", RosterCsv(rows));
    EXPECT_EQ(made.applied_rows(), others + 3) << made.ShortDebugString();
    std::vector<std::string> pairs;
    for (const auto& review : All<v1::IdentityReview>(kReviews)) {
      pairs.push_back(review.kind());
    }
    EXPECT_THAT(pairs, testing::ElementsAre("POSSIBLE_DUPLICATE", "POSSIBLE_DUPLICATE"));
  }

  std::atomic<bool> armed_ = false;
  std::atomic<int> others_ = 0;
};

// Few new students are compared with those of their birth dates, many with the whole county.
TEST_F(ImportPagesTest, PossibleDuplicatesOfASmallFile) {
  ExpectPossibleDuplicates(3);
}

TEST_F(ImportPagesTest, PossibleDuplicatesOfALargeFile) {
  ExpectPossibleDuplicates(2'001);
}

TEST_F(ImportPagesTest, ALaterPageFindsWhatAnEarlierOneMade) {
  LoadSchools();
  auto rows = Pupils(kTwoPages);
  rows.push_back(absl::StrCat("生3,,G", IdOf(3), ",,,2141000001,三年级,2班,走读"));
  rows.push_back("生4,,,男," + absl::FormatCivilTime(BirthOf(4)) + ",2141000001,三年级,2班,走读");
  const v1::Import import = CheckAndApply(kRoster, "r1", RosterCsv(rows));
  EXPECT_EQ(import.state(), v1::IMPORT_STATE_CLOSED);
  ExpectVersions(kTwoPages);
  EXPECT_EQ(StudentNamed("生3").id_number(), IdOf(3));
  EXPECT_EQ(StudentNamed("生4").id_number(), IdOf(4));
}

// 1: made ready again; 2: under the lock; the others while the second page is made ready beside the write of the first.
TEST_F(ImportPagesTest, OthersWriteMeanwhile) {
  for (const auto& [count, from, to] : {std::tuple(20, 1, 1), {20, 1, 2}, {kTwoPages, 1, 1}, {kTwoPages, 3, 3}}) {
    SCOPED_TRACE(absl::StrCat(count, " pupils, ", from, " to ", to));
    Close();
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(folder_ / (std::string("registry.db") + suffix));
    }
    others_ = 0;
    OpenWithAnother(from, to);
    LoadSchools();
    const v1::Import ready = Check(kRoster, "r1", RosterCsv(Pupils(count)));
    ASSERT_TRUE(Apply(ready.name()).ok());
    armed_ = true;
    const absl::Status ran = RunJobs();
    armed_ = false;
    ASSERT_TRUE(ran.ok()) << ran;
    EXPECT_EQ(others_, to - from + 1);
    EXPECT_EQ(Get(ready.name()).applied_rows(), count);
    EXPECT_EQ(Get(ready.name()).state(), v1::IMPORT_STATE_CLOSED);
    ExpectVersions(static_cast<size_t>(count));
    EXPECT_THAT(Rows(ready.name(), "NEW"), SizeIs(count));
  }
}

TEST(IdOfLine, FollowsTheRowsOfAnImport) {
  const std::string import = "0192a3b4-c5d6-7e8f-9a0b-1c2d3e4f5061";
  std::string last;
  for (const int64_t line : {1, 2, 3, 16'383, 16'384, 16'385, 1'000'000, 60'000'000}) {
    const std::string id = IdOfLine("student", import, line);
    EXPECT_EQ(id, IdOfLine("student", import, line)) << "the same after a restart";
    EXPECT_THAT(id, ::testing::MatchesRegex("0192a3b4-c5d6-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    EXPECT_GT(id, last);
    EXPECT_NE(id, IdOfLine("teacher", import, line));
    EXPECT_NE(id, IdOfLine("student", "0192a3b4-c5d6-7e8f-9a0b-1c2d3e4f5062", line));
    last = id;
  }
}

}  // namespace
}  // namespace ruraledu::registry
