// The life of a file over each store: upload, content, references, erasure.
#include <set>

#include "tests/common/files/fixture.h"
#include "tests/common/files/samples.h"

namespace ruraledu::files {
namespace {

class ContentTest : public FilesTest {};
INSTANTIATE_ON_ALL_STORES(ContentTest);

TEST_P(ContentTest, WhatWasUploadedIsRead) {
  const std::string content = TextOf(2 * kPieceBytes + 12'345);
  ASSERT_TRUE(DoOpen(Wanted("f1", content)).ok());
  // Chunks need not be as long as pieces.
  for (size_t at = 0; at < content.size(); at += 700'001) {
    ASSERT_TRUE(DoAppend("f1", static_cast<int64_t>(at), std::string_view(content).substr(at, 700'001)).ok());
  }
  ASSERT_TRUE(DoCommit("f1").ok());
  const v1::File file = Load("f1");
  EXPECT_EQ(file.state(), v1::FILE_STATE_CLEAN);
  EXPECT_EQ(file.media_type(), "text/plain");
  EXPECT_EQ(file.commit_time_us(), clock_.NowMicros());
  EXPECT_EQ(*ReadAll("f1"), content);
  EXPECT_EQ(*Read(*shelf_, kShard, "f1", kPieceBytes - 3, 10), content.substr(kPieceBytes - 3, 3))
      << "to the piece's end";
  EXPECT_EQ(*Read(*shelf_, kShard, "f1", kPieceBytes, 10), content.substr(kPieceBytes, 10));
  EXPECT_EQ(*Read(*shelf_, kShard, "f1", file.total_bytes(), 10), "");
  EXPECT_EQ(*Read(*shelf_, kShard, "f1", 5, 0), "");
  EXPECT_EQ(ReasonOf(Read(*shelf_, kShard, "f1", file.total_bytes() + 1, 10).status()), "NUMBER_RANGE");
  EXPECT_EQ(ReasonOf(Read(*shelf_, kShard, "f1", -1, 10).status()), "NUMBER_RANGE");
  EXPECT_EQ(Count("file_chunk"), 0) << "the upload is gone";
  Open();
  EXPECT_EQ(*ReadAll("f1"), content) << "after a restart";
}

TEST_P(ContentTest, SmallestAndExactSizes) {
  int n = 0;
  for (const int64_t size : {int64_t{1}, kPieceBytes - 1, kPieceBytes, kPieceBytes + 1, 2 * kPieceBytes}) {
    const std::string content = TextOf(static_cast<size_t>(size));
    const std::string id = absl::StrCat("f", ++n);
    ASSERT_TRUE(Put(id, content).ok()) << size;
    EXPECT_EQ(*ReadAll(id), content) << size;
  }
}

TEST_P(ContentTest, AnnouncementsAreChecked) {
  v1::File file = Wanted("f1", "x");
  EXPECT_TRUE(CheckNew(settings_, file).ok());
  const auto reason = [&](auto change) {
    v1::File wrong = file;
    change(wrong);
    const absl::Status status = CheckNew(settings_, wrong);
    return absl::StrCat(ReasonOf(status), " ", FieldOf(status));
  };
  EXPECT_EQ(reason([](auto& f) { f.clear_owner(); }), "FIELD_REQUIRED file.owner");
  EXPECT_EQ(reason([](auto& f) { f.clear_kind(); }), "FIELD_REQUIRED file.kind");
  EXPECT_EQ(reason([](auto& f) { f.set_sha256("short"); }), "FIELD_REQUIRED file.sha256");
  EXPECT_EQ(reason([](auto& f) { f.clear_file_name(); }), "FIELD_REQUIRED file.file_name");
  EXPECT_EQ(reason([](auto& f) { f.set_file_name(std::string(256, 'x')); }), "FIELD_TOO_LONG file.file_name");
  EXPECT_EQ(reason([](auto& f) { f.set_kind(static_cast<v1::FileKind>(77)); }), "CODE_UNKNOWN file.kind");
  EXPECT_EQ(reason([](auto& f) { f.set_content_class(static_cast<ruraledu::common::v1::DataClass>(77)); }),
            "CODE_UNKNOWN file.content_class");
  EXPECT_EQ(reason([](auto& f) { f.set_total_bytes(0); }), "NUMBER_RANGE file.total_bytes");
  EXPECT_EQ(reason([&](auto& f) { f.set_total_bytes(settings_.max_bytes + 1); }), "FILE_TOO_LARGE file.total_bytes");
}

TEST_P(ContentTest, ChunksComeInOrderAndMayBeRepeated) {
  const std::string content = "abcdef";
  ASSERT_TRUE(DoOpen(Wanted("f1", content)).ok());
  const auto expected = [&](int64_t offset, std::string_view data) {
    const absl::Status status = DoAppend("f1", offset, data);
    return absl::StrCat(ReasonOf(status), " ", status.message());
  };
  EXPECT_THAT(expected(3, "def"), testing::StartsWith("CHUNK_OFFSET the next chunk must begin at byte 0"));
  ASSERT_TRUE(DoAppend("f1", 0, "abc").ok());
  ASSERT_TRUE(DoAppend("f1", 0, "abc").ok()) << "repeated";
  EXPECT_THAT(expected(0, "abX"), testing::HasSubstr("byte 3")) << "the same place, other bytes";
  EXPECT_THAT(expected(1, "bc"), testing::HasSubstr("byte 3"));
  EXPECT_THAT(expected(-1, "bc"), testing::StartsWith("CHUNK_OFFSET"));
  EXPECT_THAT(expected(std::numeric_limits<int64_t>::max(), "bc"), testing::StartsWith("CHUNK_OFFSET"));
  EXPECT_THAT(expected(3, "defg"), testing::HasSubstr("byte 3")) << "longer than announced";
  EXPECT_THAT(expected(3, ""), testing::HasSubstr("byte 3"));
  EXPECT_EQ(ReasonOf(DoCommit("f1")), "UPLOAD_INCOMPLETE");
  ASSERT_TRUE(DoAppend("f1", 3, "def").ok());
  EXPECT_EQ(ReasonOf(SealChunk(*sealer_, "f1", 0, "abc", crypto::Sha256({"abd"})).status()), "CHUNK_DIGEST");
  EXPECT_EQ(ReasonOf(SealChunk(*sealer_, "f1", 0, std::string(kChunkBytes + 1, 'x'), "").status()), "CHUNK_TOO_LARGE");
  ASSERT_TRUE(DoCommit("f1").ok());
  EXPECT_EQ(ReasonOf(DoAppend("f1", 0, "abc")), "UPLOAD_CLOSED");
  EXPECT_EQ(ReasonOf(DoCommit("f1")), "UPLOAD_CLOSED");
}

TEST_P(ContentTest, AWrongFileIsRefusedAndTheUploadStaysOpen) {
  v1::File other = Wanted("f1", "abc");
  other.set_sha256(crypto::Sha256({"abd"}));
  ASSERT_TRUE(DoOpen(other).ok());
  ASSERT_TRUE(DoAppend("f1", 0, "abc").ok());
  EXPECT_EQ(ReasonOf(DoCommit("f1")), "UPLOAD_DIGEST");
  EXPECT_EQ(ReasonOf(Put("f2", std::string("MZ\x90\x00\x03", 5))), "FILE_TYPE");
  settings_.types = {FileType::kPdf};
  EXPECT_EQ(ReasonOf(Put("f3", "text")), "FILE_TYPE");
  EXPECT_TRUE(Put("f4", SamplePdf()).ok());
  EXPECT_EQ(Load("f2").state(), v1::FILE_STATE_UPLOADING);
  EXPECT_EQ(ReasonOf(Read(*shelf_, kShard, "f2", 0, 10).status()), "FILE_NOT_CLEAN");
  EXPECT_EQ(Objects(), 1u) << "nothing of the refused ones is in the store";
}

TEST_P(ContentTest, NothingRestsInClear) {
  const std::string content = "残疾证 secret words that nobody else writes " + TextOf(200'000);
  ASSERT_TRUE(DoOpen(Wanted("f1", content)).ok());
  ASSERT_TRUE(DoAppend("f1", 0, content).ok());
  const auto clear = [&] {
    for (const char* sql :
         {"SELECT sealed FROM file_chunk", "SELECT sealed FROM file_piece", "SELECT sealed_key FROM file_object"}) {
      const auto rows = database_->Read([&](db::Transaction& tx) { return tx.Query(sql); });
      for (const db::Row& row : *rows) {
        if (row.Bytes(0).find("secret words") != std::string::npos) return true;
      }
    }
    for (const std::string& file :
         GetParam() == Kind::kFolder ? FilesBelow(folder_ / "contents") : std::vector<std::string>()) {
      std::ifstream in(file, std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(in), {}};
      if (bytes.find("secret words") != std::string::npos) return true;
    }
    return false;
  };
  EXPECT_FALSE(clear());
  ASSERT_TRUE(DoCommit("f1").ok());
  EXPECT_FALSE(clear());
}

TEST_P(ContentTest, TheSameContentIsKeptOncePerShardAndNothingTells) {
  const std::string content = TextOf(kPieceBytes + 10);
  ASSERT_TRUE(Put("f1", content).ok());
  ASSERT_TRUE(Put("f2", content, "counties/411728/students/p2").ok());
  const auto housekeeping = RunCollect();
  ASSERT_TRUE(housekeeping.ok());
  EXPECT_EQ(Objects(), 1u);
  EXPECT_EQ(Count("file_object"), 1);
  EXPECT_EQ(*ReadAll("f1"), content);
  EXPECT_EQ(*ReadAll("f2"), content);
  // What answers show of the two: equal but for name, owner and the digest, which is another one for each file.
  v1::File one = Load("f1"), two = Load("f2");
  EXPECT_NE(one.digest(), two.digest());
  EXPECT_TRUE(*DigestFits(*sealer_, one, crypto::Sha256({content})));
  EXPECT_FALSE(*DigestFits(*sealer_, one, crypto::Sha256({"other"})));
  two.set_name(one.name());
  two.set_owner(one.owner());
  two.set_digest(one.digest());
  EXPECT_EQ(one.SerializeAsString(), two.SerializeAsString());
}

TEST_P(ContentTest, JobsDoNotTellWhetherAContentWasThere) {
  settings_.clean_unscanned = false;
  const auto jobs = [&] {
    const auto rows =
        database_->Read([](db::Transaction& tx) { return tx.Query("SELECT kind FROM job ORDER BY kind"); });
    std::vector<std::string> kinds;
    for (const db::Row& row : *rows) kinds.push_back(row.Text(0));
    const absl::Status gone =
        database_->Write(kShard, [](db::Transaction& tx) { return tx.Execute("DELETE FROM job").status(); });
    EXPECT_TRUE(gone.ok()) << gone;
    return kinds;
  };
  ASSERT_TRUE(Put("f1", "same").ok());
  const auto first = jobs();
  EXPECT_THAT(first, testing::ElementsAre("expire_uploads", "scan_files"));
  ASSERT_TRUE(Put("f2", "same").ok());
  EXPECT_EQ(jobs(), first);
  EXPECT_EQ(Load("f2").state(), v1::FILE_STATE_QUARANTINED) << "the second one waits for the scanner as the first did";
  ASSERT_TRUE(DoErase("f1").ok());
  const auto shared = jobs();
  ASSERT_TRUE(DoErase("f2").ok());
  EXPECT_EQ(jobs(), shared) << "nor whether another file holds it still";
}

TEST_P(ContentTest, OneJobOfAKindWaitsHoweverMuchThereIsToDo) {
  ASSERT_TRUE(Put("f1", "one").ok());
  ASSERT_TRUE(Put("f2", "two").ok());
  EXPECT_EQ(Count("job WHERE kind = 'expire_uploads'"), 1);
  // One that runs may have looked already.
  ASSERT_TRUE(
      database_
          ->Write(kShard, [](db::Transaction& tx) { return tx.Execute("UPDATE job SET state = 'RUNNING'").status(); })
          .ok());
  ASSERT_TRUE(Put("f3", "three").ok());
  EXPECT_EQ(Count("job WHERE kind = 'expire_uploads'"), 2);
}

TEST_P(ContentTest, ErasingDestroysKeyAndContentAndKeepsTheRow) {
  ASSERT_TRUE(Put("f1", "erase me").ok());
  const v1::File before = Load("f1");
  clock_.Advance(absl::Hours(1));
  ASSERT_TRUE(DoErase("f1").ok());
  const v1::File after = Load("f1");
  EXPECT_EQ(after.state(), v1::FILE_STATE_ERASED);
  EXPECT_EQ(after.file_name(), "");
  EXPECT_EQ(after.sha256(), "");
  EXPECT_EQ(after.digest(), before.digest());
  EXPECT_EQ(after.commit_time_us(), before.commit_time_us());
  EXPECT_EQ(after.erase_time_us(), clock_.NowMicros());
  EXPECT_EQ(ReasonOf(Read(*shelf_, kShard, "f1", 0, 10).status()), "FILE_NOT_CLEAN");
  EXPECT_EQ(Count("file_object WHERE dropped = 1"), 1);
  const auto key =
      database_->Read([](db::Transaction& tx) { return tx.QueryOne("SELECT sealed_key FROM file_object"); });
  EXPECT_EQ((*key)->Bytes(0), "") << "nobody reads what is still in the store";
  ASSERT_TRUE(RunCollect().ok());
  EXPECT_EQ(Objects(), 0u);
  EXPECT_EQ(Count("file_object"), 0);
  EXPECT_EQ(ReasonOf(DoErase("f1")), "STATE_TRANSITION");
}

TEST_P(ContentTest, AnErasedContentMayComeAgain) {
  ASSERT_TRUE(Put("f1", "again").ok());
  ASSERT_TRUE(DoErase("f1").ok());
  ASSERT_TRUE(Put("f2", "again").ok()) << "before the bytes of the first one are collected";
  ASSERT_TRUE(RunCollect().ok());
  EXPECT_EQ(*ReadAll("f2"), "again");
  EXPECT_EQ(Objects(), 1u);
}

TEST_P(ContentTest, ASharedContentStaysForTheOtherFile) {
  ASSERT_TRUE(Put("f1", "shared").ok());
  ASSERT_TRUE(Put("f2", "shared").ok());
  ASSERT_TRUE(DoErase("f1").ok());
  ASSERT_TRUE(RunCollect().ok());
  EXPECT_EQ(*ReadAll("f2"), "shared");
  EXPECT_EQ(ReasonOf(ReadAll("f1").status()), "FILE_NOT_CLEAN");
  ASSERT_TRUE(DoErase("f2").ok());
  ASSERT_TRUE(RunCollect().ok());
  EXPECT_EQ(Objects(), 0u);
}

TEST_P(ContentTest, AFileThatAnotherRootRefersToIsNotErased) {
  const std::string other = "counties/411728/identifications/i1";
  ASSERT_TRUE(Put("f1", "referenced").ok());
  const auto in_county = [&](auto change) { return database_->Write(kShard, change); };
  const auto attach = [&](db::Transaction& tx) { return Attach(tx, "f1", other); };
  ASSERT_TRUE(in_county(attach).ok());
  ASSERT_TRUE(in_county(attach).ok()) << "repeated";
  const auto ids = [&](const std::string& owner, const std::string& after, int64_t limit) {
    const auto rows = database_->Read([&](db::Transaction& tx) { return FilesOf(tx, kShard, owner, after, limit); });
    std::vector<std::string> all;
    for (const db::Row& row : *rows) all.push_back(row.Text(0));
    return all;
  };
  EXPECT_THAT(ids(other, "", 10), testing::ElementsAre("f1"));
  EXPECT_THAT(ids(kOwner, "", 10), testing::ElementsAre("f1"));
  EXPECT_THAT(ids(kOwner, "f1", 10), testing::IsEmpty());
  EXPECT_EQ(ReasonOf(DoErase("f1")), "FILE_REFERENCED");
  EXPECT_EQ(*ReadAll("f1"), "referenced");
  const auto detach = [&](db::Transaction& tx) { return Detach(tx, "f1", other); };
  ASSERT_TRUE(in_county(detach).ok());
  ASSERT_TRUE(in_county(detach).ok()) << "repeated";
  EXPECT_THAT(ids(other, "", 10), testing::IsEmpty());
  ASSERT_TRUE(DoErase("f1").ok());
  EXPECT_EQ(ReasonOf(in_county(attach)), "FILE_NOT_CLEAN");
  EXPECT_EQ(ReasonOf(in_county([&](db::Transaction& tx) { return Attach(tx, "nobody", other); })), "FILE_UNKNOWN");
}

TEST_P(ContentTest, AnUploadThatIsErasedLeavesNothing) {
  ASSERT_TRUE(DoOpen(Wanted("f1", "abcdef")).ok());
  ASSERT_TRUE(DoAppend("f1", 0, "abc").ok());
  ASSERT_TRUE(DoErase("f1").ok());
  EXPECT_EQ(Count("file_chunk"), 0);
  EXPECT_EQ(Count("file_held"), 0);
  EXPECT_EQ(ReasonOf(DoAppend("f1", 3, "def")), "UPLOAD_CLOSED");
}

TEST_P(ContentTest, ACommitThatComesTooLateLeavesOnlyWhatIsCollected) {
  ASSERT_TRUE(DoOpen(Wanted("f1", "abc")).ok());
  ASSERT_TRUE(DoAppend("f1", 0, "abc").ok());
  const auto stored = files::Store(*shelf_, kShard, Load("f1"));  // slow: erased and collected meanwhile
  ASSERT_TRUE(stored.ok()) << stored.status();
  ASSERT_TRUE(DoErase("f1").ok());
  ASSERT_TRUE(RunCollect().ok());
  ASSERT_TRUE(store_->Put(kShard, stored->object, PiecesOf({"late"})).ok());
  EXPECT_EQ(
      ReasonOf(Write([&](db::Transaction& tx) { return Commit(tx, settings_, Load(tx, "f1"), *stored); }).status()),
      "UPLOAD_CLOSED");
  EXPECT_EQ(Objects(), 1u);
  ASSERT_TRUE(RunCollect().ok());
  EXPECT_EQ(Objects(), 0u);
}

TEST_P(ContentTest, TheCollectorLeavesOpenUploadsAlone) {
  ASSERT_TRUE(DoOpen(Wanted("f1", "abc")).ok());
  ASSERT_TRUE(DoAppend("f1", 0, "abc").ok());
  const auto stored = files::Store(*shelf_, kShard, Load("f1"));
  ASSERT_TRUE(stored.ok()) << stored.status();
  ASSERT_TRUE(RunCollect().ok()) << "between the two halves of a commit";
  ASSERT_TRUE(Write([&](db::Transaction& tx) { return Commit(tx, settings_, Load(tx, "f1"), *stored); }).ok());
  EXPECT_EQ(*ReadAll("f1"), "abc");
}

TEST_P(ContentTest, LostContentIsAnError) {
  ASSERT_TRUE(Put("f1", TextOf(kPieceBytes + 1)).ok());
  const std::string object = (*store_->List(kShard, "", 1))[0];
  const std::string first = *store_->Get(kShard, object, 0), second = *store_->Get(kShard, object, 1);
  // Pieces in each other's place, as somebody who can write the store could put them.
  ASSERT_TRUE(store_->Remove(kShard, object).ok());
  EXPECT_EQ(ReasonOf(Read(*shelf_, kShard, "f1", 0, 10).status()), "FILE_CONTENT_MISSING");
  std::string changed = first;
  changed.back() = static_cast<char>(changed.back() ^ 1);
  ASSERT_TRUE(store_->Put(kShard, object, PiecesOf({changed, second})).ok());
  EXPECT_EQ(ReasonOf(Read(*shelf_, kShard, "f1", 0, 10).status()), "SEALED_VALUE_CORRUPT");
  EXPECT_EQ(Read(*shelf_, kShard, "f1", kPieceBytes, 10)->size(), 1u);
}

TEST_P(ContentTest, KeysAreSealedAnew) {
  ASSERT_TRUE(Put("f1", "one").ok());
  ASSERT_TRUE(Put("f2", "two").ok());
  ASSERT_TRUE(keys_->RotateDataKey(kShard).ok());
  ASSERT_TRUE(Put("f3", "three").ok()) << "under the new key";
  const auto reseal = [&] {
    return database_->Write(kShard, [&](db::Transaction& tx) -> absl::StatusOr<int64_t> {
      ASSIGN_OR_RETURN(const std::string last, LastObject(tx, kShard, "", 100));
      return ResealKeys(tx, *sealer_, "", last);
    });
  };
  EXPECT_EQ(*reseal(), 2);
  EXPECT_EQ(*reseal(), 0);
  for (const auto& [id, content] : {std::pair("f1", "one"), std::pair("f2", "two"), std::pair("f3", "three")}) {
    EXPECT_EQ(*ReadAll(id), content);
  }
}

// A fault before each statement of the whole way: the step that it hit is repeated, and what is read at the end is
// right and complete.
TEST_P(ContentTest, EveryStepSucceedsWhenItIsRepeatedAfterAFault) {
  const std::string content = TextOf(kPieceBytes + 100);
  int64_t cut = 0;
  for (bool hit = true; hit; ++cut) {
    ASSERT_LT(cut, 400);
    const std::string id = absl::StrCat("f", cut);
    const std::string text = absl::StrCat(content, cut);
    hit = false;
    left_ = cut;
    const auto repeated = [&](auto step) {
      absl::Status status = step();
      if (!status.ok() && left_ == 0) {
        hit = true;
        left_ = -1;
        status = step();
      }
      return status;
    };
    const absl::Status opened = repeated([&] {
      const absl::Status status = DoOpen(Wanted(id, text));
      return left_ < 0 && Count(absl::StrCat("file WHERE id = '", id, "'")) == 1 ? absl::OkStatus() : status;
    });
    ASSERT_TRUE(opened.ok()) << opened;
    ASSERT_TRUE(repeated([&] { return DoAppend(id, 0, text.substr(0, kChunkBytes)); }).ok());
    ASSERT_TRUE(repeated([&] { return DoAppend(id, kChunkBytes, text.substr(kChunkBytes)); }).ok());
    const absl::Status committed = repeated([&] {
      const absl::Status status = DoCommit(id);
      return ReasonOf(status) == "UPLOAD_CLOSED" ? absl::OkStatus() : status;
    });
    ASSERT_TRUE(committed.ok()) << committed;
    left_ = -1;
    EXPECT_EQ(*ReadAll(id), text);
  }
  EXPECT_GT(cut, 30);
  ASSERT_TRUE(RunCollect().ok());
  EXPECT_EQ(static_cast<int64_t>(Objects()), Count("file_object"));
}

}  // namespace
}  // namespace ruraledu::files
