// Attachments of a service, as commands put them.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "ruraledu/files/v1/files.pb.h"
#include "ruraledu/jobs/v1/jobs.pb.h"
#include "services/cli/session.h"
#include "services/cli/table.h"

namespace ruraledu::cli {

// Uploads the file at `path`; `about` says whose it is, its kind and class.
absl::StatusOr<ruraledu::files::v1::File> PutAttachment(Session& session, const std::string& service,
                                                        const std::string& path, ruraledu::files::v1::File about);

// Waits until it is decided whether the content may be read.
absl::StatusOr<ruraledu::files::v1::File> WaitForScan(Session& session, const std::string& service,
                                                      ruraledu::files::v1::File file);

// What another party sent about a root of student_aid, an answer of the bank or a list of a department: uploads it and
// waits until it may be read. Its resource name.
absl::StatusOr<std::string> PutSentFile(Session& session, const std::string& owner, const std::string& path);

// Puts such a file and starts the job of `method` that reads it; shows the root that the job made of it.
template <typename Root, typename Request>
absl::Status HandIn(Session& session, std::string_view method, Request request, const std::string& path, bool wait,
                    absl::Status (*show)(Session&, const Root&)) {
  ASSIGN_OR_RETURN(*request.mutable_file(), PutSentFile(session, request.name(), path));
  ASSIGN_OR_RETURN(auto job, session.Call<ruraledu::jobs::v1::Job>("student_aid", method, request));
  if (wait) {
    ASSIGN_OR_RETURN(job, session.WaitForJob("student_aid", job.name()));
  }
  Root read;
  return job.result().UnpackTo(&read) ? show(session, read) : session.PrintJson(job);
}

// The damaged lines of a file below what was said of it.
template <typename Root>
absl::Status ShowLineErrors(Session& session, const Root& root) {
  if (root.errors().empty() || session.console().json) {
    return absl::OkStatus();
  }
  Table table({{"行 line", true}, {"列 column"}, {"原因 reason"}});
  for (const auto& error : root.errors()) {
    table.Add({Grouped(error.line()), error.column(), error.reason()});
  }
  return session.Print(root, table);
}

}  // namespace ruraledu::cli
