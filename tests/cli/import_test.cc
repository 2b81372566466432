#include <optional>
#include <set>

#include "common/crypto/hash.h"
#include "ruraledu/registry/v1/import.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::registry::v1;

// A registry that takes one file after the other.
class ImportCliTest : public CliTest {
 protected:
  ImportCliTest() {
    rpc::FakeClient& registry = services_["registry"];
    registry.On<v1::CreateImportRequest, v1::Import>("CreateImport", [this](const auto& request) {
      created_.push_back(request);
      if (!import_.has_value()) {
        import_ = request.import();
        import_->set_name("counties/411728/imports/1");
        import_->set_state(v1::IMPORT_STATE_UPLOADING);
      }
      return *import_;
    });
    registry.On<v1::UploadChunkRequest, v1::UploadChunkResponse>(
        "UploadChunk", [this](const auto& request) -> absl::StatusOr<v1::UploadChunkResponse> {
          EXPECT_EQ(request.offset(), import_->received_bytes());
          EXPECT_EQ(request.sha256(), crypto::Sha256({request.data()}));
          EXPECT_LE(request.data().size(), size_t{1} << 20);
          bytes_ += request.data();
          ++chunks_;
          import_->set_received_bytes(request.offset() + static_cast<int64_t>(request.data().size()));
          v1::UploadChunkResponse answer;
          answer.set_received_bytes(import_->received_bytes());
          return answer;
        });
    registry.On<v1::CommitUploadRequest, v1::Import>("CommitUpload", [this](const auto&) {
      import_->set_state(v1::IMPORT_STATE_CHECKING);
      return *import_;
    });
    registry.On<v1::GetImportRequest, v1::Import>("GetImport", [this](const auto&) {
      import_->set_state(applying_ ? v1::IMPORT_STATE_CLOSED : checked_);
      import_->mutable_preview()->set_rows(1234);
      import_->mutable_preview()->set_new_rows(1200);
      import_->mutable_preview()->set_errors(34);
      return *import_;
    });
    registry.On<v1::ApplyImportRequest, v1::Import>("ApplyImport", [this](const auto& request) {
      applied_.push_back(request);
      applying_ = true;
      import_->set_state(v1::IMPORT_STATE_PARTLY_APPLIED);
      return *import_;
    });
  }

  std::optional<v1::Import> import_;
  std::vector<v1::CreateImportRequest> created_;
  std::vector<v1::ApplyImportRequest> applied_;
  v1::ImportState checked_ = v1::IMPORT_STATE_READY;
  bool applying_ = false;
  std::string bytes_;
  int chunks_ = 0;
};

TEST_F(ImportCliTest, UploadsInChunksAndShowsThePreview) {
  const std::string content(2'500'000, 'x');
  const Outcome done = Run({"import", "student_roster", Write("roster.csv", content), "--batch", "B1", "--school-year",
                            "2023-2024", "--facts-on", "2023-09-01", "--mode", "partial", "--complete"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(bytes_, content);
  EXPECT_EQ(chunks_, 3);
  ASSERT_EQ(created_.size(), 1u);
  const v1::Import& asked = created_[0].import();
  EXPECT_EQ(created_[0].parent(), "counties/411728");
  EXPECT_EQ(asked.source(), v1::IMPORT_SOURCE_STUDENT_ROSTER);
  EXPECT_EQ(asked.batch(), "B1");
  EXPECT_EQ(asked.mode(), v1::IMPORT_MODE_PARTIAL);
  EXPECT_EQ(asked.school_year(), "2023-2024");
  EXPECT_EQ(asked.facts_on(), "2023-09-01");
  EXPECT_EQ(asked.file_name(), "roster.csv");
  EXPECT_TRUE(asked.complete());
  EXPECT_EQ(asked.sha256(), crypto::Sha256({content}));
  EXPECT_HAS(done.out, "1,234");
  EXPECT_HAS(done.out, "repeat with --apply");
  EXPECT_TRUE(applied_.empty());
}

TEST_F(ImportCliTest, AppliesWhenAsked) {
  const Outcome done = Run({"import", "schools", Write("s.csv", "a"), "--apply", "--county", "500243"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(applied_.size(), 1u);
  EXPECT_EQ(created_[0].parent(), "counties/500243");
  EXPECT_EQ(created_[0].import().batch(), "s");  // the file's name
  EXPECT_HAS(done.out, "closed");
}

TEST_F(ImportCliTest, WhatTheApplyingJobWroteIsWaitedForByLaterCommands) {
  services_["registry"].On<ruraledu::jobs::v1::GetJobRequest, ruraledu::jobs::v1::Job>(
      "GetJob", [](const auto& request) {
        ruraledu::jobs::v1::Job job;
        job.set_name(request.name());
        job.set_state(ruraledu::jobs::v1::JOB_STATE_SUCCEEDED);
        auto* position = job.mutable_positions()->add_positions();
        position->set_service("registry");
        position->set_shard("c411728");
        position->set_seq(77);
        return job;
      });
  import_.emplace();
  import_->set_state(v1::IMPORT_STATE_READY);
  import_->set_job("counties/411728/jobs/1");
  EXPECT_EQ(Run({"import", "schools", Write("s.csv", "a"), "--apply"}).code, 0);
  const auto kept = LoadPositions(*LoadProfile(Path("profile.toml")));
  ASSERT_EQ(kept.positions_size(), 1);
  EXPECT_EQ(kept.positions(0).seq(), 77);
}

TEST_F(ImportCliTest, ErrorsOfManyFilesAreAddedUp) {
  services_["registry"].On<v1::GetImportRequest, v1::Import>("GetImport", [this](const auto&) {
    import_->set_state(v1::IMPORT_STATE_READY);
    v1::CodeCount* code = import_->mutable_preview()->add_error_codes();
    code->set_code("ID_CHECK");
    code->set_count(21);
    v1::Import answer = *import_;
    import_.reset();
    return answer;
  });
  const Outcome done = Run({"import", "classes", Write("a.csv", "1"), Write("b.csv", "1")});
  EXPECT_HAS(done.out, "ID_CHECK        42");
  EXPECT_HAS(done.out, "total of 2");
}

TEST_F(ImportCliTest, GoesOnWhereAnEarlierAttemptStopped) {
  const std::string file = Write("s.csv", "0123456789");
  import_.emplace();
  import_->set_name("counties/411728/imports/1");
  import_->set_state(v1::IMPORT_STATE_UPLOADING);
  import_->set_total_bytes(10);
  import_->set_received_bytes(4);
  EXPECT_EQ(Run({"import", "schools", file}).code, 0);
  EXPECT_EQ(bytes_, "456789");
}

TEST_F(ImportCliTest, AClosedImportIsLeftAlone) {
  import_.emplace();
  import_->set_state(v1::IMPORT_STATE_CLOSED);
  const Outcome done = Run({"import", "schools", Write("s.csv", "a"), "--apply"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(chunks_, 0);
  EXPECT_TRUE(applied_.empty());
}

TEST_F(ImportCliTest, ARefusedImportNamesItsReason) {
  checked_ = v1::IMPORT_STATE_REFUSED;
  import_.emplace();
  import_->set_name("counties/411728/imports/1");
  import_->set_state(v1::IMPORT_STATE_CHECKING);
  import_->set_refusal("HEADER_UNKNOWN");
  const Outcome refused = Run({"import", "schools", Write("s.csv", "a")});
  EXPECT_EQ(refused.code, 6);
  EXPECT_HAS(refused.err, "CLI_IMPORT_REFUSED");
  EXPECT_HAS(refused.err, "HEADER_UNKNOWN");
}

TEST_F(ImportCliTest, AHeldImportWantsItsGuardsOverriddenByName) {
  checked_ = v1::IMPORT_STATE_HELD;
  const std::string file = Write("s.csv", "a");
  const Outcome held = Run({"import", "schools", file, "--apply"});
  EXPECT_EQ(held.code, 6);
  EXPECT_HAS(held.err, "CLI_IMPORT_HELD");
  const Outcome done = Run({"import", "schools", file, "--apply", "--override-guard", "MASS_DISAPPEARANCE"});
  EXPECT_EQ(done.code, 0) << done.err;
  ASSERT_EQ(applied_.size(), 1u);
  EXPECT_EQ(applied_[0].override_guards(0), "MASS_DISAPPEARANCE");
}

TEST_F(ImportCliTest, AFolderIsLoadedInOrderOfName) {
  std::filesystem::create_directory(Path("files"));
  Write("files/b.csv", "2");
  Write("files/a.csv", "1");
  const Outcome done = Run({"import", "classes", Path("files"), "--batch", "2023"});
  EXPECT_EQ(done.code, 0) << done.err;
  ASSERT_EQ(created_.size(), 2u);
  EXPECT_EQ(created_[0].import().batch(), "2023/a");
  EXPECT_EQ(created_[1].import().batch(), "2023/b");
  EXPECT_HAS(done.out, "合计 total of 2");
}

// Nothing of a folder is applied while one of its files is refused or held.
TEST_F(ImportCliTest, AllOrNothingHoldsForAllFilesOfACommand) {
  std::filesystem::create_directory(Path("files"));
  Write("files/a.csv", "1");
  Write("files/b.csv", "2");
  std::map<std::string, v1::Import> imports;
  v1::ImportState second = v1::IMPORT_STATE_REFUSED;
  rpc::FakeClient& registry = services_["registry"];
  registry.On<v1::CreateImportRequest, v1::Import>("CreateImport", [&](const auto& request) {
    v1::Import& import = imports[request.import().file_name()];
    if (import.name().empty()) {
      import = request.import();
      import.set_name(absl::StrCat("counties/411728/imports/", request.import().file_name()));
      import.set_state(request.import().file_name() == "b.csv" ? second : v1::IMPORT_STATE_READY);
    }
    return import;
  });
  registry.On<v1::GetImportRequest, v1::Import>("GetImport", [&](const auto& request) {
    v1::Import& import = imports[request.name().substr(request.name().rfind('/') + 1)];
    import.set_state(v1::IMPORT_STATE_CLOSED);
    return import;
  });
  registry.On<v1::ApplyImportRequest, v1::Import>("ApplyImport", [&](const auto& request) {
    applied_.push_back(request);
    v1::Import& import = imports[request.name().substr(request.name().rfind('/') + 1)];
    import.set_state(v1::IMPORT_STATE_PARTLY_APPLIED);
    return import;
  });
  const std::vector<std::string> all = {"import", "classes", Path("files"), "--apply"};
  EXPECT_HAS(Run(all).err, "CLI_IMPORT_REFUSED");
  EXPECT_TRUE(applied_.empty());
  imports.clear();
  second = v1::IMPORT_STATE_HELD;
  EXPECT_HAS(Run(all).err, "CLI_IMPORT_HELD");
  EXPECT_TRUE(applied_.empty());
  imports.clear();
  second = v1::IMPORT_STATE_READY;
  EXPECT_EQ(Run(all).code, 0);
  EXPECT_EQ(applied_.size(), 2u);

  imports.clear();
  applied_.clear();
  second = v1::IMPORT_STATE_REFUSED;
  Run({"import", "classes", Path("files"), "--apply", "--mode", "partial"});
  EXPECT_EQ(applied_.size(), 1u) << "file by file";
}

TEST_F(ImportCliTest, AWithdrawalIsWaitedForAndCountsWhatStays) {
  rpc::FakeClient& registry = services_["registry"];
  int asked = 0;
  registry.On<v1::WithdrawImportRequest, v1::Import>("WithdrawImport", [](const auto& request) {
    v1::Import import;
    import.set_name(request.name());
    import.set_state(v1::IMPORT_STATE_PARTLY_APPLIED);
    import.set_job("counties/411728/jobs/1");
    return import;
  });
  registry.On<ruraledu::jobs::v1::GetJobRequest, ruraledu::jobs::v1::Job>("GetJob", [&](const auto& request) {
    ruraledu::jobs::v1::Job job;
    job.set_name(request.name());
    job.set_state(++asked < 3 ? ruraledu::jobs::v1::JOB_STATE_RUNNING : ruraledu::jobs::v1::JOB_STATE_SUCCEEDED);
    return job;
  });
  registry.On<v1::GetImportRequest, v1::Import>("GetImport", [](const auto& request) {
    v1::Import import;
    import.set_name(request.name());
    import.set_batch("2023");
    import.set_state(v1::IMPORT_STATE_WITHDRAWN);
    import.set_withdrawal_conflicts(7);
    return import;
  });
  const Outcome done = Run({"import", "withdraw", "counties/411728/imports/1", "--reason", "wrong file"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(asked, 3);
  EXPECT_HAS(done.out, "2023: withdrawn, 7 conflicts");
  EXPECT_HAS(done.out, "--outcome CONFLICT");
}

TEST_F(ImportCliTest, ALongFileNameGivesABatchOf64Bytes) {
  const std::string name = "2141000001遂平县玉山镇第一初级中学附属小学学生花名册2024060";
  std::set<std::string> batches;
  for (const char* last : {"5", "6"}) {
    EXPECT_EQ(Run({"import", "classes", Write(name + last + ".csv", "1")}).code, 0);
    const std::string batch = created_.back().import().batch();
    EXPECT_LE(batch.size(), 64u);
    EXPECT_TRUE(batch.starts_with("2141000001遂平县玉山镇第一")) << batch;
    batches.insert(batch);
    import_.reset();
  }
  EXPECT_EQ(batches.size(), 2u);
}

TEST_F(ImportCliTest, KeepGoingLoadsTheOtherFilesAndFailsAtTheEnd) {
  const Outcome done = Run({"import", "classes", Path("none.csv"), Write("a.csv", "1"), "--keep-going"});
  EXPECT_EQ(done.code, 6);
  EXPECT_HAS(done.err, "none.csv");
  EXPECT_HAS(done.err, "CLI_IMPORTS_FAILED");
  EXPECT_EQ(created_.size(), 1u);
  EXPECT_EQ(Run({"import", "classes", Path("none.csv")}).code, 3);
}

TEST_F(ImportCliTest, WrongWordsAreRefused) {
  const Outcome unknown = Run({"import", "pupils", Write("a.csv", "1")});
  EXPECT_EQ(unknown.code, 3);
  EXPECT_HAS(unknown.err, "student_roster");
  EXPECT_EQ(Run({"import", "schools", Path("a.csv"), "--mode", "some"}).code, 2);
  EXPECT_EQ(Run({"import", "schools", Path("a.csv"), "--county", "4117"}).code, 3);
  EXPECT_EQ(Run({"import"}).code, 2);
}

TEST_F(ImportCliTest, RowsAreListedUpToTheLimit) {
  services_["registry"].On<v1::ListImportRowsRequest, v1::ListImportRowsResponse>(
      "ListImportRows", [](const auto& request) {
        EXPECT_EQ(request.name(), "counties/411728/imports/1");
        EXPECT_EQ(request.outcome(), "ERROR");
        v1::ListImportRowsResponse page;
        v1::ImportRow* row = page.add_rows();
        row->set_line(request.page_token().empty() ? 3 : 9);
        row->set_code("ID_CHECK");
        page.set_next_page_token(request.page_token().empty() ? "next" : "");
        return page;
      });
  const Outcome all = Run({"import", "rows", "counties/411728/imports/1", "--outcome", "ERROR", "--limit", "0"});
  EXPECT_HAS(all.out, "2 rows");
  const Outcome one = Run({"import", "rows", "counties/411728/imports/1", "--outcome", "ERROR", "--limit", "1"});
  EXPECT_HAS(one.out, "1 row\n");
}

}  // namespace
}  // namespace ruraledu::cli
