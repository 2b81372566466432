#include "common/ingest/table_reader.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "common/base/error.h"
#include "common/ingest/encoding.h"
#include "common/ingest/formats.h"

namespace ruraledu::ingest {

TableReaderOr OpenTable(std::unique_ptr<ByteSource> source, const TableOptions& options) {
  char magic[8] = {};
  ASSIGN_OR_RETURN(size_t got, source->ReadAt(0, magic, sizeof magic));
  if (got == 0) {
    return Fail("FILE_EMPTY");
  }
  if (source->size() > options.limits.file_bytes) {
    return Fail("FILE_TOO_LARGE", {{"limit", std::to_string(options.limits.file_bytes)}});
  }
  if (std::memcmp(magic, "PK\x03\x04", 4) == 0) {
    return OpenXlsx(std::move(source), options);
  }
  if (std::memcmp(magic, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8) == 0) {
    return OpenXls(std::move(source), options);
  }
  return OpenText(std::move(source), options);
}

TableReaderOr OpenTable(const std::string& path, const TableOptions& options) {
  ASSIGN_OR_RETURN(auto source, OpenFile(path));
  return OpenTable(std::move(source), options);
}

std::string SerialDate(double serial, bool system_1904) {
  serial += system_1904 ? 1462 : 0;
  if (!(serial >= 1 && serial < 2'958'466)) {
    return "";
  }
  auto seconds = static_cast<int64_t>(std::llround(serial * 86'400));
  int64_t day = seconds / 86'400, second = seconds % 86'400;
  if (day == 60) {
    return "";  // 1900-02-29, which the 1900 system counts by mistake
  }
  absl::CivilDay date = absl::CivilDay(1899, 12, day < 60 ? 31 : 30) + day;
  std::string text = absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(), date.day());
  if (second != 0) {
    absl::StrAppendFormat(&text, " %02d:%02d:%02d", second / 3600, second / 60 % 60, second % 60);
  }
  return text;
}

void NormalizeNumber(std::string& digits) {
  if (digits.size() <= 15 && digits.find_first_not_of("0123456789") == std::string::npos) {
    return;
  }
  double value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || !(std::fabs(value) < 1e15)) {
    return;
  }
  if (value == std::floor(value)) {
    digits = absl::StrFormat("%.0f", value == 0 ? 0.0 : value);
  } else if (std::fabs(value) >= 1e-4) {
    digits = absl::StrFormat("%.15g", value);  // the 15 digits that Excel shows: 1250.5499999999999 is 1250.55
  }
}

bool IsBlank(const Cell& cell) {
  std::string_view text = cell.text;
  while (!text.empty()) {
    if (text[0] == ' ' || text[0] == '\t' || text[0] == '\r' || text[0] == '\n') {
      text.remove_prefix(1);
    } else if (text.substr(0, 2) == "\xC2\xA0") {
      text.remove_prefix(2);
    } else if (text.substr(0, 3) == "\xE3\x80\x80") {
      text.remove_prefix(3);
    } else {
      return false;
    }
  }
  return true;
}

void MarkNul(Cell& cell) {
  if (cell.text.find('\0') != std::string::npos) {
    cell.text = EscapeBytes(cell.text);
    cell.fault = "TEXT_NUL";
  }
}

}  // namespace ruraledu::ingest
