// Attachments: the same in every service (common/rpc/file_methods.h).
#include "services/dropout_monitoring/handlers.h"

namespace ruraledu::dropout_monitoring {
namespace {

namespace files_v1 = ruraledu::files::v1;

}  // namespace

absl::StatusOr<files_v1::File> Handlers::CreateFile(rpc::Call& call, const files_v1::CreateFileRequest& request) {
  return rpc::CreateFile(files_, call, request);
}

absl::StatusOr<files_v1::UploadFileChunkResponse> Handlers::UploadFileChunk(
    rpc::Call& call, const files_v1::UploadFileChunkRequest& request) {
  return rpc::UploadFileChunk(files_, call, request);
}

absl::StatusOr<files_v1::File> Handlers::CommitFile(rpc::Call& call, const files_v1::CommitFileRequest& request) {
  return rpc::CommitFile(files_, call, request);
}

absl::StatusOr<files_v1::File> Handlers::GetFile(rpc::Call& call, const files_v1::GetFileRequest& request) {
  return rpc::GetFile(files_, call, request);
}

absl::StatusOr<std::unique_ptr<rpc::StreamSource<files_v1::ReadFileResponse>>> Handlers::ReadFile(
    rpc::Call& call, const files_v1::ReadFileRequest& request) {
  return rpc::ReadFile(files_, call, request);
}

absl::StatusOr<files_v1::ListFilesResponse> Handlers::ListFiles(rpc::Call& call,
                                                                const files_v1::ListFilesRequest& request) {
  return rpc::ListFiles(files_, call, request);
}

absl::StatusOr<files_v1::File> Handlers::EraseFile(rpc::Call& call, const files_v1::EraseFileRequest& request) {
  return rpc::EraseFile(files_, call, request);
}

}  // namespace ruraledu::dropout_monitoring
