// The methods on attachments that services share (ruraledu.files.v1), each one line in a service's handlers, and what
// common/files leaves to the journal: how files rest as roots, in the name of whom they change.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/feed/reseal.h"
#include "common/files/content.h"
#include "common/files/jobs.h"
#include "common/rpc/resources.h"
#include "common/rpc/stream.h"
#include "ruraledu/files/v1/files.pb.h"

namespace ruraledu::rpc {

extern const feed::RootTable kFiles;  // table `file` of common/files

struct FileMethods {
  const Host& host;
  const files::Shelf& shelf;
  // Over the owner's area: to see file names, and to read content of class IDENTIFIER and SENSITIVE.
  std::string unmask;
  // The area of a root that files may belong to; nullopt when there is none of that name. FILE_OWNER for a name of
  // another kind.
  std::function<absl::StatusOr<std::optional<std::string>>(db::Transaction& tx, std::string_view owner)> area_of;
};

absl::StatusOr<ruraledu::files::v1::File> CreateFile(const FileMethods& methods, Call& call,
                                                     const ruraledu::files::v1::CreateFileRequest& request);
absl::StatusOr<ruraledu::files::v1::UploadFileChunkResponse> UploadFileChunk(
    const FileMethods& methods, Call& call, const ruraledu::files::v1::UploadFileChunkRequest& request);
absl::StatusOr<ruraledu::files::v1::File> CommitFile(const FileMethods& methods, Call& call,
                                                     const ruraledu::files::v1::CommitFileRequest& request);
absl::StatusOr<ruraledu::files::v1::File> GetFile(const FileMethods& methods, Call& call,
                                                  const ruraledu::files::v1::GetFileRequest& request);
absl::StatusOr<std::unique_ptr<StreamSource<ruraledu::files::v1::ReadFileResponse>>> ReadFile(
    const FileMethods& methods, Call& call, const ruraledu::files::v1::ReadFileRequest& request);
absl::StatusOr<ruraledu::files::v1::ListFilesResponse> ListFiles(const FileMethods& methods, Call& call,
                                                                 const ruraledu::files::v1::ListFilesRequest& request);
absl::StatusOr<ruraledu::files::v1::File> EraseFile(const FileMethods& methods, Call& call,
                                                    const ruraledu::files::v1::EraseFileRequest& request);

// For the jobs of common/files. The keys outlive what they give.
files::RootsOf FileRoots(crypto::KeyRing& keys);

// The steps of the reseal job: rows and keys of objects. Chunks of open uploads stay under the key that they came in
// with; they are gone with their upload.
std::vector<feed::ResealStep> FileResealSteps();

}  // namespace ruraledu::rpc
