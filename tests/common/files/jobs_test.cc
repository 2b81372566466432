#include "common/files/jobs.h"

#include "common/files/gauges.h"
#include "tests/common/files/fixture.h"

namespace ruraledu::files {
namespace {

class FileJobsTest : public FilesTest {
 protected:
  FileJobsTest() { settings_.clean_unscanned = false; }

  // A scanner that looks for a word; one that is told to "crash" or to "hang" does.
  Scanner TheScanner(absl::Duration limit = absl::Minutes(5)) {
    const std::string path = folder_ / "scan";
    std::ofstream(path) << "#!/bin/sh\ntext=$(cat)\ncase \"$text\" in\n*EICAR*) exit 1;;\n*crash*) kill -SEGV $$;;\n"
                        << "*hang*) exec tail -f /dev/null;;\nesac\nexit 0\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return *Scanner::Create("service.files_scanner", path, limit);
  }
  absl::StatusOr<std::string> Scan(const Scanner& scanner, std::optional<absl::Duration>* postponed = nullptr) {
    OneTurn turn(*database_, kScanJob);
    const auto result = ScanJob(*shelf_, scanner, TheRootsOf(), obs::RuntimeMetrics(&metrics_, "aid"))(turn);
    if (postponed != nullptr) *postponed = turn.postponed;
    return result;
  }
  absl::StatusOr<std::string> Expire(std::optional<absl::Duration>* postponed = nullptr) {
    OneTurn turn(*database_, kExpireJob);
    const auto result = ExpireJob(*shelf_, TheRootsOf())(turn);
    if (postponed != nullptr) *postponed = turn.postponed;
    return result;
  }
  std::string State(const std::string& id) { return EnumText(Load(id).state()); }

  obs::Metrics metrics_;
};
INSTANTIATE_ON_ALL_STORES(FileJobsTest);

TEST_P(FileJobsTest, TheScannerDecides) {
  ASSERT_TRUE(Put("good", "fine").ok());
  ASSERT_TRUE(Put("bad", "EICAR").ok());
  EXPECT_EQ(State("good"), "QUARANTINED");
  EXPECT_EQ(ReasonOf(ReadAll("good").status()), "FILE_NOT_CLEAN");
  clock_.Advance(absl::Minutes(1));
  const Scanner scanner = TheScanner();
  ASSERT_TRUE(Scan(scanner).ok());
  EXPECT_EQ(State("good"), "CLEAN");
  EXPECT_EQ(Load("good").verdict_time_us(), clock_.NowMicros());
  EXPECT_EQ(*ReadAll("good"), "fine");
  EXPECT_EQ(State("bad"), "REJECTED");
  EXPECT_EQ(Load("bad").refusal(), "SCAN_REJECTED");
  EXPECT_EQ(ReasonOf(ReadAll("bad").status()), "FILE_NOT_CLEAN");
  EXPECT_EQ(Objects(), 1u) << "what was rejected is gone";
  EXPECT_THAT(metrics_.Text(), testing::HasSubstr("ruraledu_file_scans_total{result=\"clean\",service=\"aid\"} 1"));
  EXPECT_THAT(metrics_.Text(), testing::HasSubstr("ruraledu_file_scans_total{result=\"rejected\",service=\"aid\"} 1"));
}

TEST_P(FileJobsTest, WhatCannotBeScannedStaysAndIsTriedAgain) {
  ASSERT_TRUE(Put("crashes", "crash").ok());
  ASSERT_TRUE(Put("good", "fine").ok());
  std::optional<absl::Duration> postponed;
  EXPECT_EQ(ReasonOf(Scan(TheScanner(), &postponed).status()), "JOB_POSTPONED");
  EXPECT_EQ(postponed, absl::Minutes(1));
  EXPECT_EQ(State("crashes"), "QUARANTINED");
  EXPECT_EQ(ReasonOf(ReadAll("crashes").status()), "FILE_NOT_CLEAN");
  EXPECT_EQ(State("good"), "CLEAN") << "the others go on";
  EXPECT_THAT(metrics_.Text(), testing::HasSubstr("ruraledu_file_scans_total{result=\"failed\",service=\"aid\"} 1"));
  const Scanner repaired = *Scanner::Create("service.files_scanner", "", absl::Minutes(1));
  ASSERT_TRUE(Scan(repaired).ok());
  EXPECT_EQ(State("crashes"), "CLEAN");
}

TEST_P(FileJobsTest, AScannerThatHangsIsOneThatFailed) {
  ASSERT_TRUE(Put("hangs", "hang").ok());
  EXPECT_EQ(ReasonOf(Scan(TheScanner(absl::Seconds(2))).status()), "JOB_POSTPONED");
  EXPECT_EQ(State("hangs"), "QUARANTINED");
}

TEST_P(FileJobsTest, AnErasureDuringTheScanWins) {
  ASSERT_TRUE(Put("f1", "fine").ok());
  // The verdict comes when the file is erased already.
  Roots roots = TheRoots();
  bool erased = false;
  const RootsOf slow = [&](const db::JobRow&) {
    Roots wrapped = roots;
    wrapped.load = [&](db::Transaction& tx, std::string_view id) -> absl::StatusOr<std::optional<v1::File>> {
      if (!erased) {
        erased = true;
        ASSIGN_OR_RETURN(const v1::File after, Erase(tx, Load(tx, "f1")));
        RETURN_IF_ERROR(Save(tx, after));
      }
      return roots.load(tx, id);
    };
    return absl::StatusOr<Roots>(wrapped);
  };
  OneTurn turn(*database_, kScanJob);
  const Scanner scanner = TheScanner();
  ASSERT_TRUE(ScanJob(*shelf_, scanner, slow, {})(turn).ok());
  EXPECT_EQ(State("f1"), "ERASED");
}

TEST_P(FileJobsTest, SurplusCopiesGoWithTheScan) {
  ASSERT_TRUE(Put("f1", "same").ok());
  ASSERT_TRUE(Put("f2", "same").ok());
  EXPECT_EQ(Objects(), 2u);
  ASSERT_TRUE(Scan(TheScanner()).ok());
  EXPECT_EQ(Objects(), 1u);
  EXPECT_EQ(*ReadAll("f1"), "same");
  EXPECT_EQ(*ReadAll("f2"), "same");
}

TEST_P(FileJobsTest, OldUploadsAreGivenUp) {
  ASSERT_TRUE(DoOpen(Wanted("old", "abc")).ok());
  ASSERT_TRUE(DoAppend("old", 0, "ab").ok());
  clock_.Advance(absl::Hours(47));
  ASSERT_TRUE(DoOpen(Wanted("young", "abc")).ok());
  std::optional<absl::Duration> postponed;
  EXPECT_EQ(ReasonOf(Expire(&postponed).status()), "JOB_POSTPONED");
  EXPECT_EQ(postponed, absl::Hours(1)) << "when the oldest one is due";
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(ReasonOf(Expire(&postponed).status()), "JOB_POSTPONED");
  EXPECT_EQ(postponed, absl::Hours(47));
  EXPECT_EQ(State("old"), "REJECTED");
  EXPECT_EQ(Load("old").refusal(), "UPLOAD_ABANDONED");
  EXPECT_EQ(State("young"), "UPLOADING");
  EXPECT_EQ(Count("file_chunk"), 0);
  EXPECT_EQ(ReasonOf(DoAppend("old", 2, "c")), "UPLOAD_CLOSED");
  clock_.Advance(absl::Hours(47));
  ASSERT_TRUE(Expire().ok());
  EXPECT_EQ(State("young"), "REJECTED");
  EXPECT_EQ(Count("job WHERE kind = 'collect_files'"), 1) << "and what they left is collected";
}

TEST_P(FileJobsTest, NothingToDoIsNoError) {
  EXPECT_TRUE(Scan(TheScanner()).ok());
  EXPECT_TRUE(Expire().ok());
  EXPECT_TRUE(RunCollect().ok());
}

TEST_P(FileJobsTest, TheCollectorRemovesWhatNoRowKnowsPageByPage) {
  ASSERT_TRUE(Put("f1", "kept").ok());
  for (int i = 0; i < 450; ++i) {
    ASSERT_TRUE(store_->Put(kShard, absl::StrCat("0", 1000 + i), PiecesOf({"lost"})).ok());
  }
  ASSERT_TRUE(store_->Put("c500243", "ff00", PiecesOf({"another county's"})).ok());
  ASSERT_TRUE(RunCollect().ok());
  EXPECT_EQ(Objects(), 1u);
  EXPECT_EQ(store_->List("c500243", "", 10)->size(), 1u);
  ASSERT_TRUE(Scan(TheScanner()).ok());
  EXPECT_EQ(*ReadAll("f1"), "kept");
}

TEST_P(FileJobsTest, GaugesShowFilesBytesAndTheWaitForTheScanner) {
  const auto probe = FilesProbe(*database_, obs::RuntimeMetrics(&metrics_, "aid"));
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(metrics_.Text(), testing::Not(testing::HasSubstr("ruraledu_files{")));
  ASSERT_TRUE(Put("f1", "12345").ok());
  ASSERT_TRUE(Put("f2", "123").ok());
  ASSERT_TRUE(DoOpen(Wanted("f3", "1")).ok());
  clock_.Advance(absl::Seconds(90));
  // A service's head moves with every journal entry; here it is moved by hand.
  ASSERT_TRUE(database_
                  ->Write(kShard,
                          [](db::Transaction& tx) {
                            tx.set_head({1, std::string(32, 'h')});
                            return absl::OkStatus();
                          })
                  .ok());
  ASSERT_TRUE(probe().ok());
  const auto line = [](const char* family, const char* state, int value) {
    return testing::HasSubstr(
        absl::StrCat(family, "{county=\"411728\",service=\"aid\",state=\"", state, "\"} ", value, "\n"));
  };
  EXPECT_THAT(metrics_.Text(), line("ruraledu_files", "quarantined", 2));
  EXPECT_THAT(metrics_.Text(), line("ruraledu_files_bytes", "quarantined", 8));
  EXPECT_THAT(metrics_.Text(), line("ruraledu_files", "uploading", 1));
  EXPECT_THAT(metrics_.Text(), line("ruraledu_files", "clean", 0));
  EXPECT_THAT(metrics_.Text(), testing::HasSubstr("ruraledu_files_quarantine_oldest_seconds{service=\"aid\"} 90\n"));
  ASSERT_TRUE(Scan(TheScanner()).ok());
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(metrics_.Text(), testing::HasSubstr("ruraledu_files_quarantine_oldest_seconds{service=\"aid\"} 0\n"));
}

}  // namespace
}  // namespace ruraledu::files
