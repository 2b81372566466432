// The readers behind OpenTable, one per kind of file. Each owns its source.
#pragma once

#include <memory>

#include "common/ingest/table_reader.h"

namespace ruraledu::ingest {

using TableReaderOr = absl::StatusOr<std::unique_ptr<TableReader>>;

TableReaderOr OpenText(std::unique_ptr<ByteSource> source, const TableOptions& options);
TableReaderOr OpenXlsx(std::unique_ptr<ByteSource> source, const TableOptions& options);
TableReaderOr OpenXls(std::unique_ptr<ByteSource> source, const TableOptions& options);

// "YYYY-MM-DD", with " HH:MM:SS" unless the time of day is zero, of an Excel serial number; "" when out of range
// (1900 system: 1 to 2958465, day 60 does not exist).
std::string SerialDate(double serial, bool system_1904);

// An integer without exponent for an integer below 10^15, else the digits as they are in the file.
void NormalizeNumber(std::string& digits);

// Whether a cell holds nothing but blanks (ASCII, U+00A0, U+3000).
bool IsBlank(const Cell& cell);

// Marks a cell that holds NUL: the byte is shown as \x00.
void MarkNul(Cell& cell);

}  // namespace ruraledu::ingest
