// The attachments of one service put together from its configuration: the store, the limits, the scanner, the jobs.
//
// Settings in [service]:
//   files_folder         contents lie in its subfolder of the service's name. Unset: in the database
//   files_max_bytes      largest file; default 20971520
//   files_types          accepted types, default "PDF, JPEG, PNG, XLSX, DOCX, OFD, TEXT, ISO20022"
//   files_scanner        program and arguments that are shown every file on standard input: exit code 0 clean, 1 not
//   files_scan_seconds   its time limit; default 60
//   files_unscanned      what becomes of files without a scanner: "quarantine" (default): nobody reads them until there
//                        is one; "clean": they may be read at once
//   files_upload_hours   an upload that is open for longer is given up; default 48
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "common/files/content.h"
#include "common/files/scanner.h"
#include "common/obs/metrics.h"
#include "common/obs/sampler.h"
#include "common/rpc/config.h"

namespace ruraledu::db {
class JobEngine;
}

namespace ruraledu::rpc {

class FileService {
 public:
  // CONFIG_INVALID, FILE_STORE. Database and keys outlive it.
  static absl::StatusOr<std::unique_ptr<FileService>> Open(const Config& config, std::string_view service,
                                                           db::Database& database, crypto::KeyRing& keys);
  const files::Shelf& shelf() const { return shelf_; }
  // The kinds of jobs of common/files, before the engine starts. Outlives the engine.
  void Register(db::JobEngine& engine, const obs::RuntimeMetrics& metrics) const;
  obs::Sampler::Probe Probe(const obs::RuntimeMetrics& metrics) const;

 private:
  FileService(db::Database& database, crypto::KeyRing& keys, files::Settings settings,
              std::unique_ptr<files::ContentStore> store, std::optional<files::Scanner> scanner);

  const files::Settings settings_;
  const std::unique_ptr<files::ContentStore> store_;
  const std::optional<files::Scanner> scanner_;  // nullopt: files wait in quarantine
  const files::Shelf shelf_;
};

}  // namespace ruraledu::rpc
