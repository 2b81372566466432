// A fault before each statement of the writes that every service has: attachments, jobs (cut_off.h).
#include "common/crypto/hash.h"
#include "tests/dropout_monitoring/case_fixture.h"
#include "tests/dropout_monitoring/cut_off.h"

namespace ruraledu::dropout_monitoring {
namespace {

namespace files_v1 = ruraledu::files::v1;

class SharedFixture : public CaseFixture {
 protected:
  explicit SharedFixture(db::Options options = {}) : CaseFixture(std::move(options)) {}

  template <typename Request, typename Answer>
  Again Repeat(const std::string& method, const Request& request,
               absl::StatusOr<Answer> (Handlers::*handler)(rpc::Call&, const Request&)) {
    return [=, this] { return As("clerk", "411728", method, request, handler).status(); };
  }
  // The n-th call about a file; what it needs is made now.
  Again OnFile(const std::string& method, int n) {
    const std::string content = absl::StrCat("proof ", n);
    auto create = Of<files_v1::CreateFileRequest>("");
    create.set_parent(kCounty);
    create.mutable_file()->set_owner(absl::StrCat(kCounty, "/students/p1"));
    create.mutable_file()->set_kind(files_v1::FILE_KIND_EVIDENCE);
    create.mutable_file()->set_total_bytes(static_cast<int64_t>(content.size()));
    create.mutable_file()->set_file_name("证明.txt");
    create.mutable_file()->set_sha256(crypto::Sha256({content}));
    if (method == "CreateFile") return Repeat(method, create, &Handlers::CreateFile);
    const auto file = As("clerk", "411728", "CreateFile", create, &Handlers::CreateFile);
    EXPECT_TRUE(file.ok()) << file.status();
    files_v1::UploadFileChunkRequest chunk;
    chunk.set_name(file->name());
    chunk.set_data(content);
    chunk.set_sha256(crypto::Sha256({content}));
    EXPECT_TRUE(As("clerk", "411728", "UploadFileChunk", chunk, &Handlers::UploadFileChunk).ok());
    const auto commit = Of<files_v1::CommitFileRequest>(file->name());
    if (method == "CommitFile") return Repeat(method, commit, &Handlers::CommitFile);
    EXPECT_TRUE(As("clerk", "411728", "CommitFile", commit, &Handlers::CommitFile).ok());
    auto erase = Of<files_v1::EraseFileRequest>(file->name());
    erase.set_etag(etag);
    return Repeat(method, erase, &Handlers::EraseFile);
  }

  std::string etag;  // with which files are erased
};

class SharedFaults : public SharedFixture, public ::testing::TestWithParam<std::string> {
 protected:
  explicit SharedFaults(Left counter = std::make_shared<std::atomic<int64_t>>(-1))
      : SharedFixture(Faulty(counter)), left(std::move(counter)) {
    // The jobs that look after files wait from now on, and no write has to insert them.
    EXPECT_TRUE(OnFile("EraseFile", 0)().ok());
  }

  // The n-th call; what it needs is made now.
  Again Next(int n) {
    const std::string& method = GetParam();
    if (method.ends_with("File")) return OnFile(method, n);
    if (method == "Reseal") {
      auto reseal = Of<ruraledu::jobs::v1::ResealRequest>("");
      reseal.set_parent(kCounty);
      return Repeat(method, reseal, &Handlers::Reseal);
    }
    auto rebuild = Of<ruraledu::dashboard::v1::RebuildDashboardRequest>("");
    rebuild.set_parent(kCounty);
    if (method == "RebuildDashboard") return Repeat(method, rebuild, &Handlers::RebuildDashboard);
    const auto job = As("clerk", "411728", "RebuildDashboard", rebuild, &Handlers::RebuildDashboard);
    EXPECT_TRUE(job.ok()) << job.status();
    return Repeat(method, Of<ruraledu::jobs::v1::CancelJobRequest>(job->name()), &Handlers::CancelJob);
  }

  Left left;
};

TEST_P(SharedFaults, CutOffAnywhere) {
  CutOffAnywhere(
      {.left = left, .monitoring = monitoring, .roots = {"file"}, .others = {"job"}, .most = 60, .next = [this](int n) {
         return Next(n);
       }});
}

class SharedTest : public SharedFixture, public ::testing::Test {};

TEST_F(SharedTest, AStaleEtagErasesNothing) {
  etag = "\"0\"";
  const Again erase = OnFile("EraseFile", 1);
  EXPECT_EQ(ReasonOf(erase()), "ETAG_MISMATCH");
}

INSTANTIATE_TEST_SUITE_P(Writes, SharedFaults,
                         ::testing::Values("CreateFile", "CommitFile", "EraseFile", "RebuildDashboard", "CancelJob",
                                           "Reseal"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ruraledu::dropout_monitoring
