// Attachments of a service, as commands put them.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "ruraledu/files/v1/files.pb.h"
#include "services/cli/session.h"

namespace ruraledu::cli {

// Uploads the file at `path`; `about` says whose it is, its kind and class.
absl::StatusOr<ruraledu::files::v1::File> PutAttachment(Session& session, const std::string& service,
                                                        const std::string& path, ruraledu::files::v1::File about);

// Waits until it is decided whether the content may be read.
absl::StatusOr<ruraledu::files::v1::File> WaitForScan(Session& session, const std::string& service,
                                                      ruraledu::files::v1::File file);

}  // namespace ruraledu::cli
