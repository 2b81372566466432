// A file that is made for its owner's eyes only.
#pragma once

#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "services/cli/session.h"

namespace ruraledu::cli {

// It gets its name when it is kept; nothing stays of one that is not.
class PrivateFile {
 public:
  // FILE_EXISTS, FILE_UNWRITABLE.
  static absl::StatusOr<std::unique_ptr<PrivateFile>> Create(std::string path);
  ~PrivateFile();
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;

  // FILE_UNWRITABLE, as Keep.
  absl::Status Write(std::string_view data);
  absl::Status Keep();
  const std::string& path() const { return path_; }
  int64_t bytes() const { return bytes_; }

 private:
  explicit PrivateFile(std::string path) : path_(std::move(path)), part_(path_ + ".part") {}
  absl::Status Unwritable() const;

  const std::string path_, part_;
  std::ofstream out_;
  int64_t bytes_ = 0;
};

// Keeps what was written and says how large it is.
absl::Status KeepPrivate(Session& session, PrivateFile* file);

// Streams an answer into a file for its owner's eyes only and says how large it is. `content`: the bytes of a part.
template <typename Part, typename Request>
absl::Status SavePrivate(Session& session, std::string_view service, std::string_view method, const Request& request,
                         const std::string& file, const std::string& purpose,
                         const std::string& (Part::*content)() const) {
  ASSIGN_OR_RETURN(rpc::Client* const client, session.Client(service));
  ASSIGN_OR_RETURN(const auto out, PrivateFile::Create(file));
  RETURN_IF_ERROR(client->Stream<Part>(method, request, [&](const Part& part) { return out->Write((part.*content)()); },
                                       {.timeout = absl::Hours(1), .purpose = purpose}));
  return KeepPrivate(session, out.get());
}

// Asks for a letter and keeps it. The file is there before the letter is asked for: reading it is journalled.
template <typename Letter, typename Request>
absl::Status SaveLetter(Session& session, std::string_view service, std::string_view method, const Request& request,
                        const std::string& file, const std::string& purpose) {
  ASSIGN_OR_RETURN(const auto out, PrivateFile::Create(file));
  ASSIGN_OR_RETURN(const auto letter, session.Call<Letter>(service, method, request, {.purpose = purpose}));
  RETURN_IF_ERROR(out->Write(letter.content()));
  return KeepPrivate(session, out.get());
}

}  // namespace ruraledu::cli
