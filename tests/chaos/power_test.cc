// An import on a disk that loses what was not synced, and on one that is full now and then: it ends as one that nobody
// disturbed, and what was acknowledged is there. In process, since the disk is a SQLite VFS.
//
//   RURALEDU_CHAOS_CUTS=200   power cuts (default 12)
#include <random>

#include "tests/chaos/rig.h"
#include "tests/lib/lossy_vfs.h"
#include "tests/registry/import_fixture.h"

namespace ruraledu::registry {
namespace {

using testlib::LossyVfs;

class DiskTest : public ImportTest {
 protected:
  static constexpr int kPupils = 60;

  DiskTest() {
    LossyVfs::Register();
    std::vector<std::string> rows;
    for (int i = 0; i < kPupils; ++i) {
      rows.push_back(Pupil(i % 5 == 0 ? "张子涵" : "张梓涵", Id(absl::StrCat("201", i % 7, "0305"), 17 + i * 2)));
    }
    csv_ = RosterCsv(rows);
    LoadSchools();
  }
  ~DiskTest() override {
    LossyVfs::FillUp(0);
    LossyVfs::PowerOn();
  }

  // The state of the file after an announced upload, and what an undisturbed run makes of it.
  void Prepare() {
    const auto import = Create(v1::IMPORT_SOURCE_STUDENT_ROSTER, "chaos", csv_);
    ASSERT_TRUE(import.ok()) << import.status();
    name_ = import->name();
    Close();
    std::filesystem::copy_file(folder_ / "registry.db", folder_ / "saved.db");
    Open();
    ASSERT_TRUE(Drive().ok());
    ASSERT_EQ(Get(name_).state(), v1::IMPORT_STATE_CLOSED);
    expected_ = Everything();
  }
  void PutBack() {
    Close();
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(folder_ / (std::string("registry.db") + suffix));
    }
    std::filesystem::copy_file(folder_ / "saved.db", folder_ / "registry.db");
    vfs_ = LossyVfs::kName;
    Open();
  }

  // From wherever the import stands to its end, or the first error.
  absl::Status Drive() {
    v1::GetImportRequest request;
    request.set_name(name_);
    ASSIGN_OR_RETURN(v1::Import import, Call("GetImport", request, &Handlers::GetImport));
    constexpr size_t kPart = 500;
    for (auto at = static_cast<size_t>(import.received_bytes());
         import.state() == v1::IMPORT_STATE_UPLOADING && at < csv_.size(); at += kPart) {
      ASSIGN_OR_RETURN(const int64_t received, Upload(name_, static_cast<int64_t>(at), csv_.substr(at, kPart)));
      acknowledged_ = std::max(acknowledged_, received);
    }
    if (import.state() == v1::IMPORT_STATE_UPLOADING) {
      RETURN_IF_ERROR(Commit(name_).status());
    }
    RETURN_IF_ERROR(RunJobs());
    ASSIGN_OR_RETURN(import, Call("GetImport", request, &Handlers::GetImport));
    if (import.state() == v1::IMPORT_STATE_READY) {
      RETURN_IF_ERROR(Apply(name_).status());
    }
    RETURN_IF_ERROR(RunJobs());
    ASSIGN_OR_RETURN(import, Call("GetImport", request, &Handlers::GetImport));
    return import.state() == v1::IMPORT_STATE_CLOSED ? absl::OkStatus() : absl::InternalError("not closed");
  }

  std::string csv_, name_;
  State expected_;
  int64_t acknowledged_ = 0;  // bytes of the upload
};

TEST_F(DiskTest, PowerCutsWithinCommits) {
  std::mt19937_64 random(chaos::Seed());
  ASSERT_NO_FATAL_FAILURE(Prepare());
  const int cuts = chaos::Setting("RURALEDU_CHAOS_CUTS", 12);
  for (int cut = 0; cut < cuts;) {
    PutBack();
    acknowledged_ = 0;
    for (bool done = false; !done;) {
      const bool again = cut < cuts;
      if (again) {
        LossyVfs::PowerLossAtSync(1 + static_cast<int>(random() % 40), random());
      }
      done = Drive().ok();
      if (LossyVfs::has_power()) {
        ASSERT_TRUE(done);
        break;
      }
      done = false;
      ++cut;
      Close();
      LossyVfs::PowerOn();
      Open();
      const v1::Import import = Get(name_);
      EXPECT_TRUE(import.state() != v1::IMPORT_STATE_UPLOADING || import.received_bytes() >= acknowledged_)
          << "an acknowledged chunk was lost";
    }
    LossyVfs::PowerOn();
    ASSERT_EQ(Everything(), expected_) << "after cut " << cut;
    const auto heads = database_->Heads();
    ASSERT_TRUE(heads.ok()) << heads.status();
    for (const auto& head : *heads) {
      EXPECT_TRUE(feed::VerifyChain(*database_, head.shard).ok()) << head.shard;
    }
  }
}

TEST_F(DiskTest, FullNowAndThen) {
  ASSERT_NO_FATAL_FAILURE(Prepare());
  PutBack();
  LossyVfs::FillUp(30, chaos::Seed());
  std::set<std::string> reasons;
  absl::Status status = absl::UnknownError("not begun");
  for (int tries = 0; !status.ok() && tries < 2'000; ++tries) {
    status = Drive();
    if (!status.ok()) {
      reasons.insert(ReasonOf(status));
    }
  }
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_GT(LossyVfs::refused(), 0);
  EXPECT_THAT(reasons, ::testing::ElementsAre("DISK_FULL"));
  EXPECT_EQ(Everything(), expected_);
}

TEST_F(DiskTest, AFullDiskRefusesAChunkAndTakesItLater) {
  ASSERT_NO_FATAL_FAILURE(Prepare());
  PutBack();
  LossyVfs::FillUp(1'000);
  EXPECT_EQ(ReasonOf(Upload(name_, 0, csv_.substr(0, 500)).status()), "DISK_FULL");
  EXPECT_EQ(Get(name_).received_bytes(), 0) << "reading goes on";
  LossyVfs::FillUp(0);
  EXPECT_EQ(Upload(name_, 0, csv_.substr(0, 500)).value_or(0), 500);
}

}  // namespace
}  // namespace ruraledu::registry
