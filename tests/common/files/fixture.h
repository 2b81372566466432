// Files in small: a county whose service keeps its roots without a journal, over each of the three stores.
#pragma once

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/crypto/hash.h"
#include "common/db/faults.h"
#include "common/files/content.h"
#include "common/files/jobs.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "schema/files.h"
#include "tests/lib/postgres.h"
#include "tests/lib/temp_folder.h"

namespace ruraledu::files {

inline constexpr char kShard[] = "c411728";
inline constexpr char kOwner[] = "counties/411728/students/p1";

enum class Kind { kFolder, kSqlite, kPostgres };
inline std::string KindName(const testing::TestParamInfo<Kind>& info) {
  return info.param == Kind::kFolder ? "Folder" : info.param == Kind::kSqlite ? "Sqlite" : "Postgres";
}
#define INSTANTIATE_ON_ALL_STORES(suite) \
  INSTANTIATE_TEST_SUITE_P(, suite, testing::Values(Kind::kFolder, Kind::kSqlite, Kind::kPostgres), KindName)

using testlib::TempFolder;

inline std::vector<std::string> FilesBelow(const std::string& folder) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

inline Pieces PiecesOf(std::vector<std::string> pieces) {
  return [pieces = std::move(pieces), next = size_t{0}]() mutable -> absl::StatusOr<std::optional<std::string>> {
    return next < pieces.size() ? std::optional(pieces[next++]) : std::nullopt;
  };
}

// A turn of a job without an engine: what it stored is all that survives.
class OneTurn final : public db::JobContext {
 public:
  OneTurn(db::Database& database, std::string_view kind) : database_(database) {
    job_.shard = kShard;
    job_.id = "j1";
    job_.kind = std::string(kind);
  }
  const db::JobRow& job() const override { return job_; }
  db::Database& database() override { return database_; }
  absl::Status Chunk(const std::function<absl::Status(db::Transaction&)>& body, std::string cursor, int64_t done,
                     int64_t) override {
    RETURN_IF_ERROR(database_.Write(kShard, [&](db::Transaction& tx) { return body(tx); }));
    job_.cursor = std::move(cursor);
    job_.done_units = done;
    return absl::OkStatus();
  }
  absl::Status CheckGoOn() override { return absl::OkStatus(); }
  absl::Status Postpone(db::JobState state, absl::Duration delay) override {
    EXPECT_EQ(state, db::JobState::kQueued);
    postponed = delay;
    return Fail("JOB_POSTPONED");
  }
  std::optional<absl::Duration> postponed;

 private:
  db::Database& database_;
  db::JobRow job_;
};

class FilesTest : public testing::TestWithParam<Kind> {
 protected:
  FilesTest() : clock_(absl::FromUnixSeconds(1'700'000'000)) {
    settings_.clean_unscanned = true;
    options_.url = GetParam() == Kind::kPostgres ? "postgres:" + testlib::Postgres::Get().NewSchema()
                                                 : "sqlite:" + folder_ / "files.db";
    options_.read_limit = options_.lock_wait = absl::Minutes(1);  // a busy machine is no failure
    options_.clock = &clock_;
    options_.decorate = db::WithFaults([this](int64_t, std::string_view) {
      return left_ < 0 || left_.fetch_sub(1) > 0 ? absl::OkStatus() : (left_ = 0, absl::UnknownError("cut off"));
    });
    EXPECT_TRUE(crypto::CreateKeyFile(folder_ / "keys").ok());
    Open();
  }

  void Open() {
    shelf_.reset();
    store_.reset();
    keys_.reset();
    database_.reset();
    auto database = db::Database::Open(options_, Schema());
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    keys_ = *crypto::KeyRing::Open(folder_ / "keys", &key_store_);
    sealer_ = *keys_->SealerOf(kShard);
    if (GetParam() == Kind::kFolder) {
      store_ = *OpenFolderStore(
          {.path = folder_ / "contents", .before_step = [this](std::string_view step) { return before_step_(step); }});
    } else {
      store_ = OpenRowStore(*database_);
    }
    shelf_.emplace(Shelf{*database_, *keys_, *store_, settings_});
  }

  // --- the service -----------------------------------------------------------------------------------------------
  Roots TheRoots() {
    return {.load = [](db::Transaction& tx, std::string_view id) -> absl::StatusOr<std::optional<v1::File>> {
              ASSIGN_OR_RETURN(const auto row,
                               tx.QueryOne("SELECT body FROM file WHERE shard = $1 AND id = $2", kShard, id));
              if (!row.has_value()) return std::optional<v1::File>();
              v1::File file;
              EXPECT_TRUE(file.ParseFromString(row->Bytes(0)));
              return std::optional(file);
            },
            .save = [](db::Transaction& tx, const v1::File&, const v1::File& after,
                       std::string_view) { return Save(tx, after); }};
  }
  RootsOf TheRootsOf() {
    return [this](const db::JobRow&) { return absl::StatusOr<Roots>(TheRoots()); };
  }
  static absl::Status Save(db::Transaction& tx, const v1::File& file) {
    const int64_t since = std::max({file.create_time_us(), file.commit_time_us(), file.verdict_time_us()});
    return tx
        .Execute(
            "INSERT INTO file (shard, id, area, owner, state, total_bytes, since, body, sealed, version) VALUES "
            "($1, $2, '', $3, $4, $5, $6, $7, $8, 0) ON CONFLICT (shard, id) DO UPDATE SET state = excluded.state, "
            "since = excluded.since, body = excluded.body",
            kShard, file.name().substr(file.name().rfind('/') + 1), file.owner(), EnumText(file.state()),
            file.total_bytes(), since, db::Blob{file.SerializeAsString()}, db::Blob{})
        .status();
  }
  v1::File Load(const std::string& id) {
    return database_->Read([&](db::Transaction& tx) { return TheRoots().load(tx, id); }).value().value();
  }

  v1::File Wanted(const std::string& id, std::string_view content, const std::string& owner = kOwner) {
    v1::File file;
    file.set_name(absl::StrCat("counties/411728/files/", id));
    file.set_owner(owner);
    file.set_kind(v1::FILE_KIND_EVIDENCE);
    file.set_total_bytes(static_cast<int64_t>(content.size()));
    file.set_file_name("王小明残疾证.pdf");
    file.set_sha256(crypto::Sha256({content}));
    file.set_area("411728103/s1");
    file.set_uploaded_by("wang");
    return file;
  }
  template <typename Decide>
  absl::StatusOr<v1::File> Write(Decide decide) {
    return database_->Write(kShard, [&](db::Transaction& tx) -> absl::StatusOr<v1::File> {
      ASSIGN_OR_RETURN(const v1::File after, decide(tx));
      RETURN_IF_ERROR(Save(tx, after));
      return after;
    });
  }
  absl::Status DoOpen(const v1::File& wanted) {
    return Write([&](db::Transaction& tx) { return files::Open(tx, *sealer_, wanted); }).status();
  }
  absl::Status DoAppend(const std::string& id, int64_t offset, std::string_view data) {
    ASSIGN_OR_RETURN(const Chunk chunk, SealChunk(*sealer_, id, offset, data, crypto::Sha256({data})));
    return database_->Write(kShard, [&](db::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const auto file, TheRoots().load(tx, id));
      return Append(tx, *file, chunk);
    });
  }
  absl::Status DoCommit(const std::string& id) {
    ASSIGN_OR_RETURN(const auto file, database_->Read([&](db::Transaction& tx) { return TheRoots().load(tx, id); }));
    ASSIGN_OR_RETURN(const Stored stored, files::Store(*shelf_, kShard, *file));
    return Write([&](db::Transaction& tx) -> absl::StatusOr<v1::File> {
             ASSIGN_OR_RETURN(const auto before, TheRoots().load(tx, id));
             return Commit(tx, settings_, *before, stored);
           })
        .status();
  }
  absl::Status DoErase(const std::string& id) {
    return Write([&](db::Transaction& tx) { return Erase(tx, Load(tx, id)); }).status();
  }
  v1::File Load(db::Transaction& tx, const std::string& id) { return TheRoots().load(tx, id).value().value(); }

  // The whole way to a committed file.
  absl::Status Put(const std::string& id, const std::string& content, const std::string& owner = kOwner) {
    RETURN_IF_ERROR(DoOpen(Wanted(id, content, owner)));
    for (size_t at = 0; at < content.size(); at += kChunkBytes) {
      RETURN_IF_ERROR(DoAppend(id, static_cast<int64_t>(at), std::string_view(content).substr(at, kChunkBytes)));
    }
    return DoCommit(id);
  }
  absl::StatusOr<std::string> ReadAll(const std::string& id) {
    std::string all;
    while (true) {
      ASSIGN_OR_RETURN(const std::string part,
                       Read(*shelf_, kShard, id, static_cast<int64_t>(all.size()), kPieceBytes));
      if (part.empty()) return all;
      all += part;
    }
  }
  absl::StatusOr<std::string> RunCollect() {
    OneTurn turn(*database_, kCollectJob);
    return CollectJob(*shelf_)(turn);
  }

  int64_t Count(const std::string& what) {
    return database_
        ->Read([&](db::Transaction& tx) -> absl::StatusOr<int64_t> {
          ASSIGN_OR_RETURN(const auto row, tx.QueryOne(absl::StrCat("SELECT count(*) FROM ", what)));
          return row->Int(0);
        })
        .value();
  }
  size_t Objects() { return store_->List(kShard, "", 1000).value().size(); }

  TempFolder folder_;
  FakeClock clock_;
  Settings settings_;
  db::Options options_;
  std::atomic<int64_t> left_ = -1;  // statements that still work; negative: all
  std::function<absl::Status(std::string_view)> before_step_ = [](std::string_view) { return absl::OkStatus(); };
  crypto::MemoryKeyStore key_store_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<crypto::KeyRing> keys_;
  std::shared_ptr<const crypto::Sealer> sealer_;
  std::unique_ptr<ContentStore> store_;
  std::optional<Shelf> shelf_;
};

// A text of some size that is the same each time.
inline std::string TextOf(size_t size, char first = 'a') {
  std::string text(size, '\n');
  for (size_t i = 0; i < size; ++i) {
    text[i] = i % 64 == 63 ? '\n' : static_cast<char>('a' + (i / 64 + static_cast<size_t>(first)) % 26);
  }
  return text;
}

}  // namespace ruraledu::files
