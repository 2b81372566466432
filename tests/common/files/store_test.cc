// What every store does, and what a folder does when its process is killed.
#include <sys/wait.h>
#include <unistd.h>

#include "tests/common/files/fixture.h"

namespace ruraledu::files {
namespace {

std::string Piece(char c) {
  return std::string(static_cast<size_t>(kSealedPiece), c);
}

class StoreTest : public FilesTest {};
INSTANTIATE_ON_ALL_STORES(StoreTest);

TEST_P(StoreTest, PiecesComeBackByNumber) {
  ASSERT_TRUE(store_->Put(kShard, "ab01", PiecesOf({Piece('x'), Piece('y'), "end"})).ok());
  EXPECT_EQ(*store_->Get(kShard, "ab01", 0), Piece('x'));
  EXPECT_EQ(*store_->Get(kShard, "ab01", 1), Piece('y'));
  EXPECT_EQ(*store_->Get(kShard, "ab01", 2), "end");
  EXPECT_EQ(ReasonOf(store_->Get(kShard, "ab01", 3).status()), "FILE_CONTENT_MISSING");
  EXPECT_EQ(ReasonOf(store_->Get(kShard, "ab02", 0).status()), "FILE_CONTENT_MISSING");
  EXPECT_EQ(ReasonOf(store_->Get("c500243", "ab01", 0).status()), "FILE_CONTENT_MISSING");
}

TEST_P(StoreTest, ObjectsOutliveTheProcess) {
  ASSERT_TRUE(store_->Put(kShard, "ab01", PiecesOf({"kept"})).ok());
  Open();
  EXPECT_EQ(*store_->Get(kShard, "ab01", 0), "kept");
}

TEST_P(StoreTest, RepeatingAWriteIsNoError) {
  ASSERT_TRUE(store_->Put(kShard, "ab01", PiecesOf({"once"})).ok());
  ASSERT_TRUE(store_->Put(kShard, "ab01", PiecesOf({"once"})).ok());
  EXPECT_EQ(*store_->Get(kShard, "ab01", 0), "once");
  EXPECT_EQ(Objects(), 1u);
}

TEST_P(StoreTest, RemovedIsGoneAndRemovingNothingIsNoError) {
  ASSERT_TRUE(store_->Put(kShard, "ab01", PiecesOf({Piece('x'), "y"})).ok());
  ASSERT_TRUE(store_->Put(kShard, "ab02", PiecesOf({"stays"})).ok());
  EXPECT_TRUE(store_->Remove(kShard, "ab01").ok());
  EXPECT_TRUE(store_->Remove(kShard, "ab01").ok());
  EXPECT_TRUE(store_->Remove("c500243", "ab02").ok());
  EXPECT_EQ(ReasonOf(store_->Get(kShard, "ab01", 0).status()), "FILE_CONTENT_MISSING");
  EXPECT_EQ(*store_->Get(kShard, "ab02", 0), "stays");
}

TEST_P(StoreTest, ListsByNameAndPageWithinAShard) {
  EXPECT_TRUE(store_->List(kShard, "", 10)->empty());
  for (const char* object : {"ffee", "00aa", "7f01", "7f00", "7e99"}) {
    ASSERT_TRUE(store_->Put(kShard, object, PiecesOf({Piece('x'), "y"})).ok());
  }
  ASSERT_TRUE(store_->Put("c500243", "1111", PiecesOf({"x"})).ok());
  EXPECT_THAT(*store_->List(kShard, "", 10), testing::ElementsAre("00aa", "7e99", "7f00", "7f01", "ffee"));
  EXPECT_THAT(*store_->List(kShard, "", 2), testing::ElementsAre("00aa", "7e99"));
  EXPECT_THAT(*store_->List(kShard, "7e99", 2), testing::ElementsAre("7f00", "7f01"));
  EXPECT_THAT(*store_->List(kShard, "7f01", 2), testing::ElementsAre("ffee"));
  EXPECT_TRUE(store_->List(kShard, "ffee", 2)->empty());
}

TEST_P(StoreTest, AnErrorOfTheSenderIsTheAnswer) {
  int given = 0;
  const absl::Status put = store_->Put(kShard, "ab01", [&]() -> absl::StatusOr<std::optional<std::string>> {
    if (++given == 2) return Fail("UPLOAD_CLOSED");
    return std::optional(Piece('x'));
  });
  EXPECT_EQ(ReasonOf(put), "UPLOAD_CLOSED");
  ASSERT_TRUE(store_->Remove(kShard, "ab01").ok());
  EXPECT_EQ(Objects(), 0u);
}

// A fault before each step, and the same write again.
TEST_P(StoreTest, AWriteThatFailedSucceedsWhenItIsRepeated) {
  const std::vector<std::string> pieces = {Piece('x'), Piece('y'), "end"};
  bool whole = false;
  for (int64_t cut = 0; !whole; ++cut) {
    ASSERT_LT(cut, 100);
    const std::string object = absl::StrCat("ab", 100 + cut);
    int64_t steps = 0;
    before_step_ = [&](std::string_view) { return steps++ < cut ? absl::OkStatus() : absl::UnknownError("cut off"); };
    left_ = GetParam() == Kind::kFolder ? -1 : cut;
    whole = store_->Put(kShard, object, PiecesOf(pieces)).ok();
    left_ = -1;
    before_step_ = [](std::string_view) { return absl::OkStatus(); };
    ASSERT_TRUE(store_->Put(kShard, object, PiecesOf(pieces)).ok());
    for (size_t i = 0; i < pieces.size(); ++i) {
      EXPECT_EQ(*store_->Get(kShard, object, static_cast<int64_t>(i)), pieces[i]) << cut;
    }
  }
}

class FolderStoreTest : public FilesTest {};
INSTANTIATE_TEST_SUITE_P(, FolderStoreTest, testing::Values(Kind::kFolder), KindName);

// Kills a process before its `n`-th step; false when it had fewer.
bool KilledAtStep(const std::string& path, const std::string& object, const Pieces& pieces, int n) {
  const pid_t child = fork();
  if (child == 0) {
    int steps = 0;
    const auto store = OpenFolderStore({.path = path, .before_step = [&](std::string_view) {
                                          if (++steps == n) _exit(9);
                                          return absl::OkStatus();
                                        }});
    _exit(store.ok() && (*store)->Put(kShard, object, pieces).ok() ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && (WEXITSTATUS(status) == 9 || WEXITSTATUS(status) == 0)) << status;
  return WEXITSTATUS(status) == 9;
}

TEST_P(FolderStoreTest, AKilledProcessLeavesNothingOrTheWhole) {
  const std::vector<std::string> pieces = {Piece('x'), Piece('y'), "end"};
  int nothing = 0, whole = 0, steps = 0;
  for (bool killed = true; killed;) {
    const std::string object = absl::StrCat("ab", 100 + ++steps);
    killed = KilledAtStep(folder_ / "contents", object, PiecesOf(pieces), steps);
    const auto first = store_->Get(kShard, object, 0);
    if (!first.ok()) {
      EXPECT_EQ(ReasonOf(first.status()), "FILE_CONTENT_MISSING");
      ++nothing;
      continue;
    }
    ++whole;
    for (size_t i = 0; i < pieces.size(); ++i) {
      EXPECT_EQ(*store_->Get(kShard, object, static_cast<int64_t>(i)), pieces[i]) << steps;
    }
  }
  EXPECT_EQ(nothing, 6) << "before open, three writes, sync and rename";
  EXPECT_EQ(whole, 2) << "before the folder is synced, and without a kill";
  // No row knows any of them: all are collected, the unfinished ones too.
  EXPECT_FALSE(FilesBelow(folder_ / "contents").empty());
  ASSERT_TRUE(RunCollect().ok());
  EXPECT_THAT(FilesBelow(folder_ / "contents"), testing::IsEmpty());
}

TEST_P(FolderStoreTest, TheRepetitionOfAKilledWriteCleansUpBehindIt) {
  ASSERT_TRUE(KilledAtStep(folder_ / "contents", "ab01", PiecesOf({"text"}), 3));
  ASSERT_EQ(FilesBelow(folder_ / "contents").size(), 1u);
  ASSERT_TRUE(store_->Put(kShard, "ab01", PiecesOf({"text"})).ok());
  EXPECT_EQ(FilesBelow(folder_ / "contents").size(), 1u);
  EXPECT_EQ(*store_->Get(kShard, "ab01", 0), "text");
}

TEST_P(FolderStoreTest, TheFasterOfTwoWritersMayCleanUpTheOther) {
  // The slow one is overtaken just before it renames.
  bool overtaken = false;
  before_step_ = [&](std::string_view step) {
    if (step == "rename" && !overtaken) {
      overtaken = true;
      return store_->Put(kShard, "ab01", PiecesOf({"text"}));
    }
    return absl::OkStatus();
  };
  EXPECT_TRUE(store_->Put(kShard, "ab01", PiecesOf({"text"})).ok());
  EXPECT_TRUE(overtaken);
  EXPECT_EQ(*store_->Get(kShard, "ab01", 0), "text");
  EXPECT_EQ(FilesBelow(folder_ / "contents").size(), 1u);
}

TEST_P(FolderStoreTest, AFolderThatCannotBeMadeIsAnError) {
  EXPECT_EQ(ReasonOf(OpenFolderStore({.path = folder_ / "keys/below", .before_step = nullptr}).status()), "FILE_STORE");
  std::filesystem::remove_all(folder_ / "contents");
  std::ofstream(folder_ / "contents") << "a file where the folder was";
  EXPECT_EQ(ReasonOf(store_->Put(kShard, "ab01", PiecesOf({"text"}))), "FILE_STORE");
  EXPECT_EQ(ReasonOf(store_->List(kShard, "", 10).status()), "FILE_STORE");
}

TEST_P(FolderStoreTest, ContentsAreTheOwnersAlone) {
  ASSERT_TRUE(store_->Put(kShard, "ab01", PiecesOf({"text"})).ok());
  const auto files = FilesBelow(folder_ / "contents");
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(std::filesystem::status(files[0]).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_THAT(files[0], testing::EndsWith("/c411728/ab/ab01"));
}

}  // namespace
}  // namespace ruraledu::files
