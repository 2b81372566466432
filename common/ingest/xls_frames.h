// What `ruraledu_xls` writes and the reader reads: frames of one type byte, a 32-bit length (host order, same machine)
// and that many bytes. Sheet first, then rows, then end; or an error instead of what follows.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "common/ingest/table_reader.h"

namespace ruraledu::ingest {

constexpr char kXlsSheet = 'S';  // name of the sheet
constexpr char kXlsRow = 'R';    // u32 line; per cell: u8 kind, u32 length, text
constexpr char kXlsEnd = 'Z';    // every row was given
constexpr char kXlsError = 'E';  // a reason

inline void AppendNumber(std::string& frame, uint32_t number) {
  frame.append(reinterpret_cast<const char*>(&number), sizeof number);
}

inline void AppendCell(std::string& frame, CellKind kind, const std::string& text) {
  frame.push_back(static_cast<char>(kind));
  AppendNumber(frame, static_cast<uint32_t>(text.size()));
  frame.append(text);
}

inline bool DecodeXlsRow(const std::string& frame, Row* row) {
  size_t at = 0;
  auto number = [&](uint32_t& value) {
    if (frame.size() - at < sizeof value) {
      return false;
    }
    std::memcpy(&value, frame.data() + at, sizeof value);
    at += sizeof value;
    return true;
  };
  uint32_t line = 0;
  if (!number(line)) {
    return false;
  }
  row->line = line;
  row->cells.clear();
  while (at < frame.size()) {
    Cell cell;
    cell.kind = static_cast<CellKind>(frame[at++]);
    uint32_t length = 0;
    if (!number(length) || length > frame.size() - at || cell.kind > CellKind::kBool) {
      return false;
    }
    cell.text.assign(frame, at, length);
    at += length;
    row->cells.push_back(std::move(cell));
  }
  return true;
}

}  // namespace ruraledu::ingest
