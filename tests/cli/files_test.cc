#include "common/crypto/hash.h"
#include "ruraledu/files/v1/files.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::files::v1;

class FilesTest : public CliTest {
 protected:
  FilesTest() {
    rpc::FakeClient& aid = services_["student_aid"];
    aid.On<v1::CreateFileRequest, v1::File>("CreateFile", [this](const auto& request) {
      created_ = request;
      v1::File file = request.file();
      file.set_name(request.parent() + "/files/f1");
      file.set_state(v1::FILE_STATE_UPLOADING);
      return file;
    });
    aid.On<v1::UploadFileChunkRequest, v1::UploadFileChunkResponse>("UploadFileChunk", [this](const auto& request) {
      EXPECT_EQ(request.name(), "counties/411728/files/f1");
      EXPECT_EQ(request.offset(), static_cast<int64_t>(content_.size()));
      EXPECT_EQ(request.sha256(), crypto::Sha256({request.data()}));
      content_ += request.data();
      v1::UploadFileChunkResponse response;
      response.set_received_bytes(static_cast<int64_t>(content_.size()));
      return response;
    });
    aid.On<v1::CommitFileRequest, v1::File>("CommitFile", [](const auto& request) {
      v1::File file;
      file.set_name(request.name());
      file.set_state(v1::FILE_STATE_QUARANTINED);
      return file;
    });
    aid.On<v1::GetFileRequest, v1::File>("GetFile", [](const auto& request) {
      v1::File file;
      file.set_name(request.name());
      file.set_state(v1::FILE_STATE_CLEAN);
      file.set_media_type("text/plain");
      file.set_total_bytes(7);
      return file;
    });
  }
  v1::CreateFileRequest created_;
  std::string content_;
};

TEST_F(FilesTest, PutSendsTheFileInChunksForAStudent) {
  const std::string content(2'500'000, 'x');
  const Outcome put = Run({"files", "put", Write("proof.txt", content), "--student", "p1", "--kind", "promise"});
  ASSERT_EQ(put.code, 0) << put.err;
  EXPECT_HAS(put.out, "counties/411728/files/f1: quarantined");
  EXPECT_EQ(content_, content);
  EXPECT_EQ(created_.parent(), "counties/411728");
  EXPECT_EQ(created_.file().owner(), "counties/411728/students/p1");
  EXPECT_EQ(created_.file().kind(), v1::FILE_KIND_PROMISE);
  EXPECT_EQ(created_.file().content_class(), ruraledu::common::v1::DATA_CLASS_SENSITIVE);
  EXPECT_EQ(created_.file().total_bytes(), 2'500'000);
  EXPECT_EQ(created_.file().sha256(), crypto::Sha256({content}));
  EXPECT_EQ(created_.file().file_name(), "proof.txt");
}

TEST_F(FilesTest, PutTakesAnyOwnerAndRefusesUnknownWords) {
  const std::string file = Write("proof.txt", "x");
  ASSERT_EQ(Run({"files", "put", file, "--owner", "counties/411728/notices/n1", "--class", "public"}).code, 0);
  EXPECT_EQ(created_.file().owner(), "counties/411728/notices/n1");
  EXPECT_EQ(created_.parent(), "counties/411728");
  EXPECT_EQ(created_.file().content_class(), ruraledu::common::v1::DATA_CLASS_PUBLIC);
  EXPECT_EQ(Run({"files", "put", file}).code, 3) << "nobody's file";
  EXPECT_EQ(Run({"files", "put", file, "--student", "p1", "--kind", "picture"}).code, 3);
  EXPECT_EQ(Run({"files", "put", file, "--student", "p1", "--class", "secret"}).code, 3);
  EXPECT_EQ(Run({"files", "put", Path("nowhere"), "--student", "p1"}).code, 2);
}

TEST_F(FilesTest, GetWritesANewFileOfTheOwnerOnly) {
  services_["student_aid"].On<v1::ReadFileRequest, v1::ReadFileResponse>("ReadFile", [](const auto&) {
    v1::ReadFileResponse response;
    response.set_data("content");
    return response;
  });
  const std::string out = Path("got.txt");
  const Outcome got = Run({"files", "get", "counties/411728/files/f1", "--out", out});
  ASSERT_EQ(got.code, 0) << got.err;
  EXPECT_HAS(got.out, "7 bytes, text/plain");
  std::ifstream in(out);
  EXPECT_EQ((std::string{std::istreambuf_iterator<char>(in), {}}), "content");
  EXPECT_EQ(std::filesystem::status(out).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_NE(Run({"files", "get", "counties/411728/files/f1", "--out", out}).code, 0) << "it is not overwritten";
}

TEST_F(FilesTest, GetThatIsRefusedOrCutOffLeavesNothing) {
  services_["student_aid"].On<v1::ReadFileRequest, v1::ReadFileResponse>(
      "ReadFile", [](const auto&) -> absl::StatusOr<v1::ReadFileResponse> {
        return Fail("FILE_NOT_CLEAN", {{"state", "QUARANTINED"}});
      });
  const std::string out = Path("got.txt");
  const Outcome refused = Run({"files", "get", "counties/411728/files/f1", "--out", out});
  EXPECT_EQ(refused.code, 6);
  EXPECT_HAS(refused.err, "QUARANTINED");
  EXPECT_FALSE(std::filesystem::exists(out));
  EXPECT_FALSE(std::filesystem::exists(out + ".part"));
  services_["student_aid"].On<v1::ReadFileRequest, v1::ReadFileResponse>("ReadFile", [](const auto&) {
    v1::ReadFileResponse response;
    response.set_data("cont");
    return response;
  });
  EXPECT_NE(Run({"files", "get", "counties/411728/files/f1", "--out", out}).code, 0);
  EXPECT_FALSE(std::filesystem::exists(out)) << "shorter than the file";
}

TEST_F(FilesTest, ListAndErase) {
  services_["student_aid"].On<v1::ListFilesRequest, v1::ListFilesResponse>("ListFiles", [](const auto& request) {
    EXPECT_EQ(request.owner(), "counties/411728/students/p1");
    v1::ListFilesResponse page;
    v1::File* file = page.add_files();
    file->set_name("counties/411728/files/f1");
    file->set_kind(v1::FILE_KIND_EVIDENCE);
    file->set_state(v1::FILE_STATE_CLEAN);
    file->set_media_type("application/pdf");
    file->set_total_bytes(12'345);
    return page;
  });
  services_["student_aid"].On<v1::EraseFileRequest, v1::File>("EraseFile", [](const auto& request) {
    v1::File file;
    file.set_name(request.name());
    file.set_state(v1::FILE_STATE_ERASED);
    return file;
  });
  const Outcome list = Run({"files", "list", "--student", "p1"});
  ASSERT_EQ(list.code, 0) << list.err;
  EXPECT_HAS(list.out, "evidence");
  EXPECT_HAS(list.out, "12,345");
  EXPECT_HAS(Run({"files", "erase", "counties/411728/files/f1"}).out, "erased");
  EXPECT_HAS(Run({"files", "erase", "counties/411728/files/f1", "--json"}).out, "FILE_STATE_ERASED");
}

}  // namespace
}  // namespace ruraledu::cli
