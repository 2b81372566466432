#include "common/ingest/row_error.h"

#include "common/base/error.h"

namespace ruraledu::ingest {

std::string EnglishMessage(const RowError& error) {
  return "line " + std::to_string(error.line) + ", " + error.column + ": " + EnglishText(error.code);
}

std::string ChineseMessage(const RowError& error) {
  return "第 " + std::to_string(error.line) + " 行，" + error.column + "：" + ChineseText(error.code);
}

}  // namespace ruraledu::ingest
