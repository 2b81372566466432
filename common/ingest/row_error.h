// Why a row of a file cannot be taken (digest 7.6: file line number, column, code, original text).
#pragma once

#include <cstdint>
#include <string>

namespace ruraledu::ingest {

struct RowError {
  int64_t line = 0;      // of the file, from 1
  std::string column;    // header as it stands in the file; the field's name when the file lacks the column
  std::string field;     // name of the field
  std::string code;      // reason
  std::string original;  // text of the cell as it stands in the file; of the field's data class, never logged
};

// "line 12, 身份证号: digits were lost ..."; without the original.
std::string EnglishMessage(const RowError& error);
std::string ChineseMessage(const RowError& error);

}  // namespace ruraledu::ingest
