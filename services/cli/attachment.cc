#include "services/cli/attachment.h"

#include "common/crypto/hash.h"
#include "services/cli/chunked_file.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::files::v1;

}  // namespace

absl::StatusOr<v1::File> PutAttachment(Session& session, const std::string& service, const std::string& path,
                                       v1::File about) {
  ASSIGN_OR_RETURN(ChunkedFile content, ChunkedFile::Open(path));
  v1::CreateFileRequest create;
  const size_t second = about.owner().find('/', about.owner().find('/') + 1);
  create.set_parent(about.owner().substr(0, second));
  about.set_total_bytes(content.bytes());
  about.set_sha256(content.sha256());
  about.set_file_name(content.name());
  *create.mutable_file() = std::move(about);
  ASSIGN_OR_RETURN(const v1::File file, session.Call<v1::File>(service, "CreateFile", create));
  Progress progress = session.MakeProgress(content.name());
  for (int64_t offset = 0; offset < content.bytes();) {
    v1::UploadFileChunkRequest chunk;
    chunk.set_name(file.name());
    chunk.set_offset(offset);
    ASSIGN_OR_RETURN(*chunk.mutable_data(), content.Chunk(offset));
    chunk.set_sha256(crypto::Sha256({chunk.data()}));
    ASSIGN_OR_RETURN(const auto answer, session.Call<v1::UploadFileChunkResponse>(service, "UploadFileChunk", chunk));
    offset = answer.received_bytes();
    progress.Show(offset, content.bytes(), "upload");
  }
  progress.End();
  v1::CommitFileRequest commit;
  commit.set_name(file.name());
  return session.Call<v1::File>(service, "CommitFile", commit, {.timeout = absl::Minutes(1)});
}

absl::StatusOr<v1::File> WaitForScan(Session& session, const std::string& service, v1::File file) {
  for (absl::Duration waited; file.state() == v1::FILE_STATE_QUARANTINED;) {
    session.Pause(&waited);
    v1::GetFileRequest get;
    get.set_name(file.name());
    ASSIGN_OR_RETURN(file, session.Call<v1::File>(service, "GetFile", get));
  }
  return file;
}

absl::StatusOr<std::string> PutSentFile(Session& session, const std::string& owner, const std::string& path) {
  v1::File about;
  about.set_owner(owner);
  about.set_kind(v1::FILE_KIND_OTHER);
  about.set_content_class(ruraledu::common::v1::DATA_CLASS_IDENTIFIER);
  ASSIGN_OR_RETURN(auto file, PutAttachment(session, "student_aid", path, std::move(about)));
  ASSIGN_OR_RETURN(file, WaitForScan(session, "student_aid", std::move(file)));
  return file.name();
}

}  // namespace ruraledu::cli
