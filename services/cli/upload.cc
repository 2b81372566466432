#include "services/cli/upload.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/enum_text.h"
#include "common/crypto/hash.h"
#include "services/cli/chunked_file.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::registry::v1;
using v1::Import;

std::string StateText(v1::ImportState state) {
  return absl::AsciiStrToLower(EnumText(state));
}

class Run {
 public:
  Run(Session& session, ImportOrder& order)
      : session_(session),
        order_(order),
        progress_(session.MakeProgress(std::filesystem::path(order.file).filename().string())) {}

  absl::StatusOr<Import> Go() {
    RETURN_IF_ERROR(Open());
    if (import_.state() == v1::IMPORT_STATE_UPLOADING) {
      RETURN_IF_ERROR(Upload());
      RETURN_IF_ERROR(Commit());
    }
    RETURN_IF_ERROR(WaitWhile({v1::IMPORT_STATE_CHECKING}));
    if (import_.state() == v1::IMPORT_STATE_REFUSED) {
      return Stop("CLI_IMPORT_REFUSED", import_.refusal());
    }
    if (order_.apply && import_.state() != v1::IMPORT_STATE_CLOSED) {
      RETURN_IF_ERROR(Apply());
      if (!import_.job().empty()) {
        RETURN_IF_ERROR(session_.WaitForJob("registry", import_.job(), true).status());
      }
    }
    Show(1, 1, StateText(import_.state()));
    progress_.End();
    return import_;
  }

 private:
  void Show(int64_t done, int64_t total, std::string_view what) {
    if (!order_.quiet) {
      progress_.Show(done, total, what);
    }
  }

  absl::Status Open() {
    ASSIGN_OR_RETURN(file_, ChunkedFile::Open(order_.file));
    order_.import.set_sha256(file_->sha256());
    order_.import.set_total_bytes(file_->bytes());
    order_.import.set_file_name(file_->name());
    v1::CreateImportRequest request;
    request.set_parent(order_.parent);
    *request.mutable_import() = order_.import;
    ASSIGN_OR_RETURN(import_, session_.Call<Import>("registry", "CreateImport", request));
    return absl::OkStatus();
  }

  absl::Status Upload() {
    for (int64_t offset = import_.received_bytes(); offset < import_.total_bytes();) {
      v1::UploadChunkRequest request;
      request.set_name(import_.name());
      request.set_offset(offset);
      ASSIGN_OR_RETURN(*request.mutable_data(), file_->Chunk(offset));
      request.set_sha256(crypto::Sha256({request.data()}));
      ASSIGN_OR_RETURN(const auto answer, session_.Call<v1::UploadChunkResponse>("registry", "UploadChunk", request));
      offset = answer.received_bytes();
      Show(offset, import_.total_bytes(), "upload");
    }
    return absl::OkStatus();
  }

  absl::Status Commit() {
    v1::CommitUploadRequest request;
    request.set_name(import_.name());
    ASSIGN_OR_RETURN(import_, session_.Call<Import>("registry", "CommitUpload", request));
    return absl::OkStatus();
  }

  // Polls while the import is in one of `states`, and the job behind it, whose error ends the wait.
  absl::Status WaitWhile(const std::vector<v1::ImportState>& states) {
    for (absl::Duration waited; std::count(states.begin(), states.end(), import_.state()) > 0;) {
      RETURN_IF_ERROR(CheckJob());
      Show(import_.applied_rows(), import_.preview().rows(), StateText(import_.state()));
      session_.Pause(&waited);
      v1::GetImportRequest request;
      request.set_name(import_.name());
      ASSIGN_OR_RETURN(import_, session_.Call<Import>("registry", "GetImport", request));
    }
    return absl::OkStatus();
  }

  absl::Status CheckJob() {
    if (import_.job().empty()) {
      return absl::OkStatus();
    }
    ruraledu::jobs::v1::GetJobRequest request;
    request.set_name(import_.job());
    const auto job = session_.Call<ruraledu::jobs::v1::Job>("registry", "GetJob", request);
    RETURN_IF_ERROR(job.status());
    const bool ended =
        job->state() == ruraledu::jobs::v1::JOB_STATE_FAILED || job->state() == ruraledu::jobs::v1::JOB_STATE_CANCELLED;
    return ended ? session_.WaitForJob("registry", import_.job(), true).status() : absl::OkStatus();
  }

  absl::Status Apply() {
    if (import_.state() == v1::IMPORT_STATE_HELD && order_.override_guards.empty()) {
      return Stop("CLI_IMPORT_HELD", absl::StrJoin(import_.preview().guards(), ", "));
    }
    if (import_.state() == v1::IMPORT_STATE_READY || import_.state() == v1::IMPORT_STATE_HELD) {
      v1::ApplyImportRequest request;
      request.set_name(import_.name());
      request.set_etag(import_.etag());
      request.mutable_override_guards()->Assign(order_.override_guards.begin(), order_.override_guards.end());
      ASSIGN_OR_RETURN(import_, session_.Call<Import>("registry", "ApplyImport", request));
    }
    return WaitWhile({v1::IMPORT_STATE_READY, v1::IMPORT_STATE_HELD, v1::IMPORT_STATE_PARTLY_APPLIED});
  }

  absl::Status Stop(std::string_view reason, std::string_view why) {
    progress_.End();
    return Fail(reason, {{"import", import_.name()}, {"why", why}});
  }

  Session& session_;
  ImportOrder& order_;
  Progress progress_;
  std::optional<ChunkedFile> file_;
  Import import_;
};

}  // namespace

absl::StatusOr<Import> RunImport(Session& session, ImportOrder order) {
  return Run(session, order).Go();
}

}  // namespace ruraledu::cli
