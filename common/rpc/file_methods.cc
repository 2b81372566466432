#include "common/rpc/file_methods.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/rpc/unmask.h"

namespace ruraledu::rpc {
namespace {

namespace v1 = ruraledu::files::v1;
using ruraledu::common::v1::DataClass;

// What every method on one file needs.
struct Target {
  std::string shard, id;
  std::shared_ptr<const crypto::Sealer> sealer;
};

absl::StatusOr<Target> TargetOf(const Host& host, const std::string& name) {
  Target target;
  ASSIGN_OR_RETURN(target.shard, ShardOf(name, kFiles.collection));
  ASSIGN_OR_RETURN(target.sealer, host.keys.SealerOf(target.shard));
  target.id = std::string(feed::IdOfName(name));
  return target;
}

// A pupil who moves takes the right to see the files along; an owner that is gone leaves it where it was.
absl::StatusOr<std::string> AreaNow(const FileMethods& methods, db::Transaction& tx, const v1::File& file) {
  ASSIGN_OR_RETURN(const auto area, methods.area_of(tx, file.owner()));
  return area.value_or(file.area());
}

absl::StatusOr<v1::File> LoadFile(const FileMethods& methods, Call& call, db::Transaction& tx, const Target& target,
                                  const std::string& name) {
  ASSIGN_OR_RETURN(auto file, feed::Load<v1::File>(tx, *target.sealer, kFiles, target.shard, target.id));
  if (!file.has_value()) {
    return call.CheckMissing(name);
  }
  ASSIGN_OR_RETURN(const std::string area, AreaNow(methods, tx, *file));
  RETURN_IF_ERROR(call.CheckArea(area, name));
  return *std::move(file);
}

// In clear, with the area that it is in now.
absl::StatusOr<v1::File> ReadOne(const FileMethods& methods, Call& call, const Target& target,
                                 const std::string& name) {
  return methods.host.database.Read(
      [&](db::Transaction& tx) -> absl::StatusOr<v1::File> {
        ASSIGN_OR_RETURN(v1::File file, LoadFile(methods, call, tx, target, name));
        ASSIGN_OR_RETURN(*file.mutable_area(), AreaNow(methods, tx, file));
        return file;
      },
      {.deadline = call.deadline()});
}

// As an answer: masked, with what is not kept in the row.
absl::StatusOr<v1::File> Shown(const FileMethods& methods, Call& call, db::Transaction& tx, const Target& target,
                               const std::string& name) {
  ASSIGN_OR_RETURN(v1::File file, LoadFile(methods, call, tx, target, name));
  if (file.state() == v1::FILE_STATE_UPLOADING) {
    ASSIGN_OR_RETURN(const int64_t received, files::ReceivedBytes(tx, target.shard, target.id));
    file.set_received_bytes(received);
  }
  MaskRoot(file);
  return file;
}

absl::StatusOr<int64_t> Save(db::Transaction& tx, const crypto::Sealer& sealer, feed::RootWriter::Author author,
                             const v1::File* before, const v1::File& after, std::string_view cause) {
  feed::RootWriter writer(tx, sealer, std::move(author));
  RETURN_IF_ERROR(writer.Put(kFiles, before, after, cause).status());
  return writer.Finish();
}

// Changes a file within a write handler.
template <typename Decide>
absl::StatusOr<v1::File> Change(const FileMethods& methods, Call& call, const Target& target, const std::string& name,
                                std::string_view cause, Decide decide) {
  return Write(
      call, methods.host.database, target.shard,
      [&](db::Transaction& tx) -> absl::StatusOr<Written> {
        ASSIGN_OR_RETURN(const v1::File before, LoadFile(methods, call, tx, target, name));
        ASSIGN_OR_RETURN(const v1::File after, decide(tx, before));
        ASSIGN_OR_RETURN(const int64_t version,
                         Save(tx, *target.sealer, {call.caller().subject, call.call_id()}, &before, after, cause));
        return Written{name, version};
      },
      [&](db::Transaction& tx, const std::string& written) { return Shown(methods, call, tx, target, written); });
}

bool IsGuarded(const v1::File& file) {
  return file.content_class() != DataClass::DATA_CLASS_PUBLIC && file.content_class() != DataClass::DATA_CLASS_PERSONAL;
}

class ContentStream final : public StreamSource<v1::ReadFileResponse> {
 public:
  ContentStream(const files::Shelf& shelf, Target target, int64_t from, int64_t until)
      : shelf_(shelf), target_(std::move(target)), at_(from), until_(until) {}

  absl::StatusOr<std::optional<v1::ReadFileResponse>> Next(Call&) override {
    if (ended()) {
      return std::optional<v1::ReadFileResponse>();
    }
    v1::ReadFileResponse response;
    response.set_offset(at_);
    ASSIGN_OR_RETURN(*response.mutable_data(), files::Read(shelf_, target_.shard, target_.id, at_, until_ - at_));
    at_ += static_cast<int64_t>(response.data().size());
    return std::optional(std::move(response));
  }
  bool ended() const override { return at_ >= until_; }

 private:
  const files::Shelf& shelf_;
  const Target target_;
  int64_t at_;
  const int64_t until_;
};

// What is announced of a new file; everything else is the server's to say.
v1::File Announced(Call& call, const v1::CreateFileRequest& request) {
  v1::File file;
  file.set_name(absl::StrCat(request.parent(), "/", kFiles.collection, "/", NewId(call.clock())));
  file.set_owner(request.file().owner());
  file.set_kind(request.file().kind());
  file.set_content_class(request.file().content_class() == DataClass::DATA_CLASS_UNSPECIFIED
                             ? DataClass::DATA_CLASS_SENSITIVE
                             : request.file().content_class());
  file.set_total_bytes(request.file().total_bytes());
  file.set_file_name(request.file().file_name());
  file.set_sha256(request.file().sha256());
  file.set_uploaded_by(call.caller().subject);
  return file;
}

}  // namespace

const feed::RootTable kFiles{
    "file", "files", {"area", "owner", "state", "total_bytes", "since"}, [](const google::protobuf::Message& root) {
      const auto& file = static_cast<const v1::File&>(root);
      const int64_t since =
          std::max({file.create_time_us(), file.commit_time_us(), file.verdict_time_us(), file.erase_time_us()});
      return std::vector<db::Value>{file.area(), file.owner(), EnumText(file.state()), int64_t{file.total_bytes()},
                                    since};
    }};

absl::StatusOr<v1::File> CreateFile(const FileMethods& methods, Call& call, const v1::CreateFileRequest& request) {
  RETURN_IF_ERROR(files::CheckNew(methods.shelf.settings, request.file()));
  if (!request.file().owner().starts_with(request.parent() + "/")) {
    return Fail("FILE_OWNER", {{"allowed", absl::StrCat(request.parent(), "/...")}});
  }
  const v1::File wanted = Announced(call, request);
  ASSIGN_OR_RETURN(const Target target, TargetOf(methods.host, wanted.name()));
  return Write(
      call, methods.host.database, target.shard,
      [&](db::Transaction& tx) -> absl::StatusOr<Written> {
        ASSIGN_OR_RETURN(const auto area, methods.area_of(tx, wanted.owner()));
        if (!area.has_value()) {
          return call.CheckMissing(wanted.owner());
        }
        RETURN_IF_ERROR(call.CheckArea(*area));
        v1::File file = wanted;
        file.set_area(*area);
        ASSIGN_OR_RETURN(file, files::Open(tx, *target.sealer, std::move(file)));
        ASSIGN_OR_RETURN(const int64_t version,
                         Save(tx, *target.sealer, {call.caller().subject, call.call_id()}, nullptr, file, "CREATE"));
        return Written{file.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) {
        Target found = target;
        found.id = std::string(feed::IdOfName(name));
        return Shown(methods, call, tx, found, name);
      });
}

absl::StatusOr<v1::UploadFileChunkResponse> UploadFileChunk(const FileMethods& methods, Call& call,
                                                            const v1::UploadFileChunkRequest& request) {
  ASSIGN_OR_RETURN(const Target target, TargetOf(methods.host, request.name()));
  ASSIGN_OR_RETURN(const files::Chunk chunk,
                   files::SealChunk(*target.sealer, target.id, request.offset(), request.data(), request.sha256()));
  return Write(
      call, methods.host.database, target.shard,
      [&](db::Transaction& tx) -> absl::StatusOr<Written> {
        ASSIGN_OR_RETURN(const v1::File file, LoadFile(methods, call, tx, target, request.name()));
        RETURN_IF_ERROR(files::Append(tx, file, chunk));
        return Written{request.name(), tx.head().seq};
      },
      [&](db::Transaction& tx, const std::string&) -> absl::StatusOr<v1::UploadFileChunkResponse> {
        v1::UploadFileChunkResponse response;
        ASSIGN_OR_RETURN(const int64_t received, files::ReceivedBytes(tx, target.shard, target.id));
        response.set_received_bytes(received);
        return response;
      });
}

absl::StatusOr<v1::File> CommitFile(const FileMethods& methods, Call& call, const v1::CommitFileRequest& request) {
  ASSIGN_OR_RETURN(const Target target, TargetOf(methods.host, request.name()));
  ASSIGN_OR_RETURN(const v1::File file, ReadOne(methods, call, target, request.name()));
  files::Stored stored;
  // An upload that has ended may have been ended by this very request: the write knows.
  if (auto checked = files::Store(methods.shelf, target.shard, file); checked.ok()) {
    stored = *std::move(checked);
  } else if (ReasonOf(checked.status()) != "UPLOAD_CLOSED") {
    return checked.status();
  }
  return Change(methods, call, target, request.name(), "COMMIT", [&](db::Transaction& tx, const v1::File& before) {
    return files::Commit(tx, methods.shelf.settings, before, stored);
  });
}

absl::StatusOr<v1::File> GetFile(const FileMethods& methods, Call& call, const v1::GetFileRequest& request) {
  ASSIGN_OR_RETURN(const Target target, TargetOf(methods.host, request.name()));
  if (!request.unmask()) {
    return methods.host.database.Read(
        [&](db::Transaction& tx) { return Shown(methods, call, tx, target, request.name()); },
        {.deadline = call.deadline()});
  }
  ASSIGN_OR_RETURN(v1::File file, ReadOne(methods, call, target, request.name()));
  RETURN_IF_ERROR(
      JournalUnmask(call, methods.host.database, methods.host.keys, methods.unmask, file.area(), request.name()));
  return file;
}

absl::StatusOr<std::unique_ptr<StreamSource<v1::ReadFileResponse>>> ReadFile(const FileMethods& methods, Call& call,
                                                                             const v1::ReadFileRequest& request) {
  ASSIGN_OR_RETURN(const Target target, TargetOf(methods.host, request.name()));
  ASSIGN_OR_RETURN(const v1::File file, ReadOne(methods, call, target, request.name()));
  if (file.state() != v1::FILE_STATE_CLEAN) {
    return Fail("FILE_NOT_CLEAN", {{"state", EnumText(file.state())}});
  }
  if (request.offset() < 0 || request.offset() > file.total_bytes() || request.length() < 0) {
    return Fail("NUMBER_RANGE", {{"low", "0"}, {"high", absl::StrCat(file.total_bytes())}});
  }
  if (IsGuarded(file)) {
    RETURN_IF_ERROR(
        JournalUnmask(call, methods.host.database, methods.host.keys, methods.unmask, file.area(), request.name()));
  }
  const int64_t left = file.total_bytes() - request.offset();
  const int64_t length = request.length() == 0 ? left : std::min(request.length(), left);
  return std::make_unique<ContentStream>(methods.shelf, target, request.offset(), request.offset() + length);
}

absl::StatusOr<v1::ListFilesResponse> ListFiles(const FileMethods& methods, Call& call,
                                                const v1::ListFilesRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.owner()));
  ASSIGN_OR_RETURN(const int64_t size, PageSize(request.page_size()));
  const std::string filter = FilterOf(request);
  ASSIGN_OR_RETURN(const std::string after, PageAfter(filter, request.page_token()));
  return methods.host.database.Read(
      [&](db::Transaction& tx) -> absl::StatusOr<v1::ListFilesResponse> {
        ASSIGN_OR_RETURN(const auto area, methods.area_of(tx, request.owner()));
        if (!area.has_value()) {
          return call.CheckMissing(request.owner());
        }
        RETURN_IF_ERROR(call.CheckArea(*area));
        ASSIGN_OR_RETURN(const auto rows, files::FilesOf(tx, shard, request.owner(), after, size + 1));
        v1::ListFilesResponse response;
        for (const db::Row& row : rows) {
          if (response.files_size() == size) {
            response.set_next_page_token(
                PageToken(filter, {std::string(feed::IdOfName(response.files().rbegin()->name()))}));
            break;
          }
          v1::File* const file = response.add_files();
          RETURN_IF_ERROR(feed::ReadRoot(row, 1, kFiles, row.Text(0), nullptr, file));
          MaskRoot(*file);
        }
        return response;
      },
      {.deadline = call.deadline()});
}

absl::StatusOr<v1::File> EraseFile(const FileMethods& methods, Call& call, const v1::EraseFileRequest& request) {
  ASSIGN_OR_RETURN(const Target target, TargetOf(methods.host, request.name()));
  return Change(methods, call, target, request.name(), "ERASE",
                [&](db::Transaction& tx, const v1::File& before) -> absl::StatusOr<v1::File> {
                  RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before.etag()));
                  ASSIGN_OR_RETURN(v1::File after, files::Erase(tx, before));
                  RETURN_IF_ERROR(feed::ErasePersonal(tx, request.name()).status());
                  return after;
                });
}

files::RootsOf FileRoots(crypto::KeyRing& keys) {
  return [&keys](const db::JobRow& job) -> absl::StatusOr<files::Roots> {
    ASSIGN_OR_RETURN(const std::shared_ptr<const crypto::Sealer> sealer, keys.SealerOf(job.shard));
    const feed::RootWriter::Author author{absl::StrCat("job:", job.id), job.id};
    return files::Roots{
        .load = [sealer, shard = job.shard](
                    db::Transaction& tx,
                    std::string_view id) { return feed::Load<v1::File>(tx, *sealer, kFiles, shard, id); },
        .save = [sealer, author](
                    db::Transaction& tx, const v1::File& before, const v1::File& after,
                    std::string_view cause) { return Save(tx, *sealer, author, &before, after, cause).status(); }};
  };
}

std::vector<feed::ResealStep> FileResealSteps() {
  constexpr int64_t kObjects = 500;
  const auto keys = [](feed::ResealTurn& turn, const std::string& after) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const std::string until, turn.context.database().Read([&](db::Transaction& tx) {
      return files::LastObject(tx, turn.shard, after, kObjects);
    }));
    if (until.empty()) {
      return until;
    }
    int64_t changed = 0;
    RETURN_IF_ERROR(turn.Chunk(until, [&](db::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(changed, files::ResealKeys(tx, *turn.sealer, after, until));
      return absl::OkStatus();
    }));
    turn.result().set_rows(turn.result().rows() + changed);
    return until;
  };
  return {feed::ResealRoots(kFiles), keys};
}

}  // namespace ruraledu::rpc
