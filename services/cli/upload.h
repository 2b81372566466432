// One file through the life of an import: upload -> check -> preview -> apply. Repeating it is safe at every point: the
// same file of the same batch goes on where the last attempt stopped.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ruraledu/registry/v1/import.pb.h"
#include "services/cli/session.h"

namespace ruraledu::cli {

struct ImportOrder {
  ruraledu::registry::v1::Import import;  // source, batch, mode, school_year, facts_on, complete
  std::string parent;                     // "counties/411728"
  std::string file;
  bool apply = false;
  bool quiet = false;  // one of many files: the caller shows how far the whole is
  std::vector<std::string> override_guards;
};

// Returns the import as it stands at the end: CLOSED, or READY without `apply`. Errors: FILE_UNREADABLE, those of the
// server, CLI_IMPORT_REFUSED, CLI_IMPORT_HELD; the job's own error when it failed.
absl::StatusOr<ruraledu::registry::v1::Import> RunImport(Session& session, ImportOrder order);

}  // namespace ruraledu::cli
