#include "common/ingest/table_writer.h"

#include <unicode/ucnv.h>
#include <xlsxwriter.h>

#include <cstdio>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/error.h"
#include "common/domain/money.h"

namespace ruraledu::ingest {
namespace {

constexpr int64_t kSheetRows = 1'048'576;

std::string DayText(absl::CivilDay day) {
  return absl::StrFormat("%04d-%02d-%02d", day.year(), day.month(), day.day());
}

// Text that looks like the escape _xHHHH_ of a workbook gets its own underscore escaped.
std::string EscapeLiteral(std::string text) {
  for (size_t at = 0; (at = text.find("_x", at)) != std::string::npos; ++at) {
    bool looks = at + 7 <= text.size() && text[at + 6] == '_' &&
                 text.find_first_not_of("0123456789ABCDEFabcdef", at + 2) == at + 6;
    if (looks) {
      text.replace(at, 1, "_x005F_");
      at += 6;
    }
  }
  return text;
}

class CsvWriter final : public TableWriter {
 public:
  CsvWriter(std::FILE* file, std::string name, bool gb18030) : file_(file), name_(std::move(name)) {
    if (gb18030) {
      UErrorCode status = U_ZERO_ERROR;
      converter_ = ucnv_open("gb18030", &status);
    } else {
      line_ = "\xEF\xBB\xBF";
    }
  }
  ~CsvWriter() override {
    if (file_ != nullptr) {
      std::fclose(file_);
    }
    if (converter_ != nullptr) {
      ucnv_close(converter_);
    }
  }
  CsvWriter(const CsvWriter&) = delete;
  CsvWriter& operator=(const CsvWriter&) = delete;

  absl::Status Write(const std::vector<OutCell>& row) override {
    for (size_t i = 0; i < row.size(); ++i) {
      line_.append(i == 0 ? "" : ",").append(Field(row[i]));
    }
    line_.append("\r\n");
    std::string bytes = converter_ == nullptr ? std::exchange(line_, "") : Encode();
    bool written = std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size();
    return written ? absl::OkStatus() : Fail("FILE_UNWRITABLE", {{"path", name_}});
  }

  absl::Status Close() override {
    bool good = std::fflush(file_) == 0;
    good = std::fclose(std::exchange(file_, nullptr)) == 0 && good;
    return good ? absl::OkStatus() : Fail("FILE_UNWRITABLE", {{"path", name_}});
  }

 private:
  static std::string Field(const OutCell& cell) {
    switch (cell.kind) {
      case OutCell::Kind::kInteger:
        return std::to_string(cell.number);
      case OutCell::Kind::kMoney:
        return FormatFen(cell.number);
      case OutCell::Kind::kDate:
        return DayText(cell.day);
      case OutCell::Kind::kText:
        break;
    }
    std::string text = GuardFormula(cell.text);
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
      return text;
    }
    std::string quoted = "\"";
    for (char c : text) {
      quoted.append(c == '"' ? 2 : 1, c);
    }
    return quoted + "\"";
  }

  std::string Encode() {
    std::string bytes(line_.size() * 2 + 16, '\0');
    UErrorCode status = U_ZERO_ERROR;
    int32_t count = ucnv_fromAlgorithmic(converter_, UCNV_UTF8, bytes.data(), static_cast<int32_t>(bytes.size()),
                                         line_.data(), static_cast<int32_t>(line_.size()), &status);
    bytes.resize(U_SUCCESS(status) ? static_cast<size_t>(count) : 0);
    line_.clear();
    return bytes;
  }

  std::FILE* file_;
  std::string name_;
  UConverter* converter_ = nullptr;
  std::string line_;
};

class XlsxWriter final : public TableWriter {
 public:
  XlsxWriter(lxw_workbook* book, std::string name)
      : book_(book), sheet_(workbook_add_worksheet(book, "Sheet1")), name_(std::move(name)) {
    money_ = workbook_add_format(book);
    format_set_num_format(money_, "0.00");
    date_ = workbook_add_format(book);
    format_set_num_format(date_, "yyyy-mm-dd");
  }
  ~XlsxWriter() override {
    if (book_ != nullptr) {
      lxw_workbook_free(book_);
    }
  }
  XlsxWriter(const XlsxWriter&) = delete;
  XlsxWriter& operator=(const XlsxWriter&) = delete;

  absl::Status Write(const std::vector<OutCell>& row) override {
    if (row_ >= kSheetRows) {
      return Fail("TOO_MANY_ROWS", {{"limit", std::to_string(kSheetRows)}});
    }
    for (size_t i = 0; i < row.size(); ++i) {
      lxw_error error = Put(static_cast<lxw_row_t>(row_), static_cast<lxw_col_t>(i), row[i]);
      if (error == LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED) {
        return Fail("CELL_TOO_LONG", {{"line", std::to_string(row_ + 1)}, {"limit", "32767"}});
      }
      if (error != LXW_NO_ERROR) {
        return Fail("FILE_UNWRITABLE", {{"path", name_}});
      }
    }
    ++row_;
    return absl::OkStatus();
  }

  absl::Status Close() override {
    lxw_error error = workbook_close(std::exchange(book_, nullptr));
    return error == LXW_NO_ERROR ? absl::OkStatus() : Fail("FILE_UNWRITABLE", {{"path", name_}});
  }

 private:
  lxw_error Put(lxw_row_t row, lxw_col_t column, const OutCell& cell) {
    switch (cell.kind) {
      case OutCell::Kind::kInteger:
        return PutInteger(row, column, cell.number);
      case OutCell::Kind::kMoney:
        return PutMoney(row, column, cell.number);
      case OutCell::Kind::kDate:
        return PutDate(row, column, cell.day);
      case OutCell::Kind::kText:
        break;
    }
    std::string text = EscapeLiteral(GuardFormula(cell.text));
    return text.empty() ? LXW_NO_ERROR : worksheet_write_string(sheet_, row, column, text.c_str(), nullptr);
  }

  // Beyond 15 digits a number cell would lose some: such numbers go as text.
  lxw_error PutInteger(lxw_row_t row, lxw_col_t column, int64_t number) {
    return number < 1'000'000'000'000'000 && number > -1'000'000'000'000'000
               ? worksheet_write_number(sheet_, row, column, static_cast<double>(number), nullptr)
               : worksheet_write_string(sheet_, row, column, std::to_string(number).c_str(), nullptr);
  }

  // Excel knows no other number: the cell is for reading, sums stay with the service.
  static double ExcelNumber(int64_t units, int64_t per_whole) {
    return static_cast<double>(units) / static_cast<double>(per_whole);
  }

  // Below 10^15 fen the nearest number of a cell shows exactly the two decimals.
  lxw_error PutMoney(lxw_row_t row, lxw_col_t column, int64_t fen) {
    return fen < 1'000'000'000'000'000 && fen > -1'000'000'000'000'000
               ? worksheet_write_number(sheet_, row, column, ExcelNumber(fen, 100), money_)
               : worksheet_write_string(sheet_, row, column, FormatFen(fen).c_str(), nullptr);
  }

  // Excel's days begin in 1900 and count 1900-02-29: before March 1900 a day is text.
  lxw_error PutDate(lxw_row_t row, lxw_col_t column, absl::CivilDay day) {
    auto serial = static_cast<double>(day - absl::CivilDay(1899, 12, 30));
    return serial > 60 ? worksheet_write_number(sheet_, row, column, serial, date_)
                       : worksheet_write_string(sheet_, row, column, DayText(day).c_str(), nullptr);
  }

  lxw_workbook* book_;
  lxw_worksheet* sheet_;
  std::string name_;
  lxw_format *money_, *date_;
  int64_t row_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TableWriter>> CreateTable(const std::string& path, OutFormat format,
                                                         const std::vector<std::string>& header,
                                                         const std::string& scratch) {
  std::string name = path.substr(path.rfind('/') + 1);
  std::FILE* file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr) {
    return Fail("FILE_UNWRITABLE", {{"path", name}});
  }
  std::unique_ptr<TableWriter> writer;
  if (format == OutFormat::kXlsx) {
    std::fclose(file);
    std::string folder = scratch;
    lxw_workbook_options options = {};
    options.constant_memory = LXW_TRUE;
    options.tmpdir = folder.empty() ? nullptr : folder.data();
    lxw_workbook* book = workbook_new_opt(path.c_str(), &options);
    if (book == nullptr) {
      return Fail("FILE_UNWRITABLE", {{"path", name}});
    }
    writer = std::make_unique<XlsxWriter>(book, name);
  } else {
    writer = std::make_unique<CsvWriter>(file, name, format == OutFormat::kCsvGb18030);
  }
  std::vector<OutCell> line;
  for (const std::string& label : header) {
    line.push_back(OutCell::Text(label));
  }
  RETURN_IF_ERROR(writer->Write(line));
  return writer;
}

std::string GuardFormula(std::string_view text) {
  bool risky = !text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos;
  return (risky ? "'" : "") + std::string(text);
}

}  // namespace ruraledu::ingest
