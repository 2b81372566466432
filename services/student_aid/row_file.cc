#include "services/student_aid/row_file.h"

#include <algorithm>

#include "common/base/error.h"
#include "common/crypto/hash.h"
#include "common/rpc/file_methods.h"
#include "services/student_aid/file_content.h"

namespace ruraledu::student_aid {
namespace {

constexpr int64_t kMostLines = 200000;  // of one file: a county has fewer pupils
constexpr size_t kMostErrors = 200;     // that are kept
constexpr size_t kDigits = 32;          // hexadecimal: 128 bits of a digest

void AddError(int64_t line, const std::string& column, std::string_view reason, RowFile* read) {
  v1::MirrorLineError& error = read->errors.emplace_back();
  error.set_line(line);
  error.set_column(column);
  error.set_reason(std::string(reason));
}

absl::Status TakeAll(const RowFileSource& source, ingest::MappedTable& table, const TakeRow& take, RowFile* read) {
  std::vector<std::string> values;
  const RowValue value = [&](std::string_view field) -> const std::string& {
    return values[static_cast<size_t>(table.spec().Field(field))];
  };
  ingest::MappedRow row;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, table.Next(&row));
    if (!more) {
      return absl::OkStatus();
    }
    ++read->count;
    std::vector<ingest::RowError> wrong;
    RETURN_IF_ERROR(ingest::ParseRow(table, row, source.lists, source.host.clock.Today(), &values, &wrong));
    for (const ingest::RowError& error : wrong) {
      AddError(error.line, error.column, error.code, read);
    }
    if (!wrong.empty()) {
      continue;
    }
    const auto [field, reason] = take(row.line, value);
    if (!reason.empty()) {
      AddError(row.line, table.header(table.spec().Field(field)), reason, read);
    }
  }
}

}  // namespace

google::protobuf::RepeatedPtrField<v1::MirrorLineError> RowFile::FirstErrors() const {
  const auto kept = std::min(errors.size(), kMostErrors);
  return {errors.begin(), errors.begin() + static_cast<ptrdiff_t>(kept)};
}

absl::StatusOr<RowFile> ReadRows(const RowFileSource& source, const std::string& shard, const std::string& file,
                                 std::string_view purpose, const TakeRow& take) {
  const std::string id(feed::IdOfName(file));
  ASSIGN_OR_RETURN(const auto sealer, source.host.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const auto found, source.host.database.Read([&](db::Transaction& tx) {
    return feed::Load<ruraledu::files::v1::File>(tx, *sealer, rpc::kFiles, shard, id);
  }));
  if (!found.has_value()) {
    return absl::DataLossError("a file that was handed in is not there");
  }
  RowFile read;
  read.file_name = found->file_name();
  read.time_us = found->commit_time_us();
  FileContent content(source.shelf, shard, id, found->total_bytes());
  ASSIGN_OR_RETURN(const std::string digest, DigestOf(content));
  read.digest = crypto::Hex(source.host.keys.Fingerprint({purpose, digest})).substr(0, kDigits);
  ingest::TableOptions options;
  options.limits.rows = kMostLines;
  ASSIGN_OR_RETURN(
      auto reader,
      ingest::OpenTable(std::make_unique<FileContent>(source.shelf, shard, id, found->total_bytes()), options));
  ASSIGN_OR_RETURN(ingest::MappedTable table, ingest::MappedTable::Open(std::move(reader), source.header));
  RETURN_IF_ERROR(TakeAll(source, table, take, &read));
  return read;
}

}  // namespace ruraledu::student_aid
