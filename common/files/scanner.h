// The scanner of attachments: a program of the installation's own (clamdscan and the like), named by the configuration.
// It is given the content on its standard input and answers by its exit code: 0 clean, 1 not clean, anything else that
// it could not say. It gets no file name, no environment but PATH, and no output is read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/files/store.h"

namespace ruraledu::files {

class Scanner {
 public:
  // `command`: the program with its arguments, separated by spaces; no shell sees it. CONFIG_INVALID names `key` when
  // the program is no absolute path of something that may be run. Empty: a scanner that finds everything clean, for
  // installations that say so.
  static absl::StatusOr<Scanner> Create(std::string_view key, std::string_view command, absl::Duration limit);

  // SCAN_FAILED: it could not be started, was killed by a signal, ended with another code, did not read to the end
  // before it said "clean", or had not ended after `limit` and was killed with all that it had started. Errors of
  // `content` too.
  absl::StatusOr<bool> IsClean(const Pieces& content) const;

 private:
  Scanner(std::vector<std::string> command, absl::Duration limit) : command_(std::move(command)), limit_(limit) {}

  std::vector<std::string> command_;
  absl::Duration limit_;
};

}  // namespace ruraledu::files
