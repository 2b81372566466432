// What an XLSX package says about its sheets: which one is read, which cell styles are dates, the shared strings.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/ingest/string_store.h"
#include "common/ingest/zip_file.h"

namespace ruraledu::ingest {

struct XlsxBook {
  std::string sheet_name;
  std::string sheet_part;
  bool system_1904 = false;
  std::vector<bool> date_styles;  // by the index a cell's style attribute has
  std::unique_ptr<StringStore> strings;
};

// Chooses the first visible worksheet. Errors as OpenTable.
absl::StatusOr<XlsxBook> ReadBook(ZipFile& zip, const TableOptions& options);

// Replaces _xHHHH_, how a workbook writes a control character.
void DecodeEscapes(std::string& text);

}  // namespace ruraledu::ingest
