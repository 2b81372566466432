#include "common/rpc/file_service.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/db/jobs.h"
#include "common/files/gauges.h"
#include "common/files/jobs.h"
#include "common/rpc/file_methods.h"

namespace ruraledu::rpc {
namespace {

constexpr int64_t kLargest = int64_t{1} << 30;
constexpr int64_t kMostSeconds = 3600;
constexpr int64_t kMostHours = 24 * 30;

// The settings of one service.
class Reader {
 public:
  explicit Reader(const Config& config) : config_(config) {}

  std::string Text(const std::string& key) const {
    const auto found = config_.extra.find(key);
    return found == config_.extra.end() ? "" : found->second;
  }
  absl::StatusOr<int64_t> Number(const std::string& key, int64_t otherwise, int64_t high) const {
    const std::string text = Text(key);
    int64_t value = otherwise;
    if (!text.empty() && (!absl::SimpleAtoi(text, &value) || value < 1 || value > high)) {
      return Invalid(key, absl::StrCat("a whole number from 1 to ", high));
    }
    return value;
  }
  static absl::Status Invalid(const std::string& key, std::string_view problem) {
    return Fail("CONFIG_INVALID", {{"key", absl::StrCat("service.", key)}, {"problem", problem}});
  }

 private:
  const Config& config_;
};

absl::StatusOr<files::Settings> SettingsOf(const Reader& reader) {
  files::Settings settings;
  ASSIGN_OR_RETURN(settings.max_bytes, reader.Number("files_max_bytes", settings.max_bytes, kLargest));
  ASSIGN_OR_RETURN(const int64_t hours,
                   reader.Number("files_upload_hours", absl::ToInt64Hours(settings.upload_age), kMostHours));
  settings.upload_age = absl::Hours(hours);
  if (const std::string types = reader.Text("files_types"); !types.empty()) {
    ASSIGN_OR_RETURN(settings.types, files::ParseFileTypes("service.files_types", types));
  }
  const std::string unscanned = reader.Text("files_unscanned");
  if (unscanned != "" && unscanned != "clean" && unscanned != "quarantine") {
    return Reader::Invalid("files_unscanned", "clean or quarantine");
  }
  settings.clean_unscanned = unscanned == "clean" && reader.Text("files_scanner").empty();
  return settings;
}

}  // namespace

FileService::FileService(db::Database& database, crypto::KeyRing& keys, files::Settings settings,
                         std::unique_ptr<files::ContentStore> store, std::optional<files::Scanner> scanner)
    : settings_(std::move(settings)),
      store_(std::move(store)),
      scanner_(std::move(scanner)),
      shelf_{database, keys, *store_, settings_} {}

absl::StatusOr<std::unique_ptr<FileService>> FileService::Open(const Config& config, std::string_view service,
                                                               db::Database& database, crypto::KeyRing& keys) {
  const Reader reader(config);
  ASSIGN_OR_RETURN(files::Settings settings, SettingsOf(reader));
  std::unique_ptr<files::ContentStore> store;
  if (const std::string folder = reader.Text("files_folder"); folder.empty()) {
    store = files::OpenRowStore(database);
  } else {
    ASSIGN_OR_RETURN(store,
                     files::OpenFolderStore({.path = absl::StrCat(folder, "/", service), .before_step = nullptr}));
  }
  const std::string command = reader.Text("files_scanner");
  std::optional<files::Scanner> scanner;
  if (!command.empty() || settings.clean_unscanned) {
    ASSIGN_OR_RETURN(const int64_t seconds, reader.Number("files_scan_seconds", 60, kMostSeconds));
    ASSIGN_OR_RETURN(scanner, files::Scanner::Create("service.files_scanner", command, absl::Seconds(seconds)));
  }
  return std::unique_ptr<FileService>(
      new FileService(database, keys, std::move(settings), std::move(store), std::move(scanner)));
}

void FileService::Register(db::JobEngine& engine, const obs::RuntimeMetrics& metrics) const {
  const files::RootsOf roots = FileRoots(shelf_.keys);
  if (scanner_.has_value()) {
    engine.Register(std::string(files::kScanJob), files::ScanJob(shelf_, *scanner_, roots, metrics));
  }
  engine.Register(std::string(files::kExpireJob), files::ExpireJob(shelf_, roots));
  engine.Register(std::string(files::kCollectJob), files::CollectJob(shelf_));
}

obs::Sampler::Probe FileService::Probe(const obs::RuntimeMetrics& metrics) const {
  return files::FilesProbe(shelf_.database, metrics);
}

}  // namespace ruraledu::rpc
