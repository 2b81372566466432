#include "tests/lib/county/sheet.h"

#include <iconv.h>
#include <xlsxwriter.h>

#include <cstdio>
#include <fstream>
#include <memory>

#include "absl/strings/str_join.h"
#include "tests/lib/county/identity.h"
#include "tests/lib/county/text.h"

namespace ruraledu::testlib {
namespace {

constexpr int kBlankAfter = 3;  // a blank line comes after this many rows

bool IsNumericId(std::string_view id) {
  return id.size() == 18 && id.find_first_not_of("0123456789") == std::string_view::npos;
}

int ExcelSerial(std::string_view day) {
  return DayNumberOf(day) + 2;
}  // 1900-01-01 is 1, and Excel's 29 February 1900

absl::StatusOr<std::string> ToGb18030(const std::string& utf8) {
  iconv_t cd = iconv_open("GB18030", "UTF-8");
  if (cd == reinterpret_cast<iconv_t>(-1)) return absl::InternalError("iconv has no GB18030");
  std::string out(utf8.size() * 2 + 16, '\0');
  char* in_at = const_cast<char*>(utf8.data());
  char* out_at = out.data();
  size_t in_left = utf8.size(), out_left = out.size();
  size_t result = iconv(cd, &in_at, &in_left, &out_at, &out_left);
  iconv_close(cd);
  if (result == static_cast<size_t>(-1)) return absl::InternalError("text does not fit GB18030");
  out.resize(out.size() - out_left);
  return out;
}

std::string CsvCell(const std::string& cell) {
  if (cell.find_first_of(",\"\n") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (char c : cell) {
    if (c == '"') quoted.push_back('"');
    quoted.push_back(c);
  }
  return quoted + "\"";
}

}  // namespace

SheetShape DrawShape(const FaultRates& f, Random r) {
  SheetShape s;
  s.xlsx = !r.Chance(f.csv_file);
  int at = r.Below(100);
  s.encoding = at < 80 ? Encoding::kGb18030 : at < 88 ? Encoding::kUtf8Bom : Encoding::kUtf8;
  if (r.Chance(f.odd_date_file)) {
    static const std::vector<int> kShares = {0, 25, 15, 7, 3};
    s.dates = static_cast<DateShape>(r.Pick(kShares));
    s.yes_no = r.Below(3);
  }
  s.title = r.Chance(f.title_file);
  s.footer = r.Chance(f.footer_file);
  s.two_line_header = r.Chance(f.two_line_header_file);
  s.hidden_sheet = s.xlsx && r.Chance(f.hidden_sheet_file);
  s.blank_line = r.Chance(f.blank_line_file);
  s.synonyms = r.Chance(f.synonym_file);
  s.precision_ids = r.Chance(f.precision_file);
  s.apostrophe_ids = !s.precision_ids && r.Chance(f.apostrophe_file);
  s.dated_name = !r.Chance(f.undated_file);
  s.inline_strings = r.Chance(300000);
  return s;
}

Sheet::Sheet(const std::vector<Column>& columns, std::string title, SheetShape shape)
    : columns_(columns), title_(std::move(title)), shape_(shape) {
  if (columns_.front().group.empty()) shape_.two_line_header = false;
  next_line_ = 2 + (shape_.title ? 1 : 0) + (shape_.two_line_header ? 1 : 0);
}

int Sheet::Add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
  int line = next_line_++;
  if (shape_.blank_line && rows_.size() == kBlankAfter) ++next_line_;
  return line;
}

bool Sheet::Ruins(std::string_view id) const {
  return shape_.precision_ids && IsNumericId(id);
}

std::string Sheet::Formatted(size_t column, const std::string& cell) const {
  switch (columns_[column].kind) {
    case ColumnKind::kText:
      return cell;
    case ColumnKind::kId:
      if (Ruins(cell)) return Cat(cell.substr(0, 1), ".", cell.substr(1, 14), "E+17");
      return shape_.apostrophe_ids && !cell.empty() ? "'" + cell : cell;
    case ColumnKind::kYesNo:
      if (shape_.yes_no == 0) return cell == "1" ? "是" : "否";
      return shape_.yes_no == 1 ? cell : cell == "1" ? "√" : "";
    case ColumnKind::kDate:
      break;
  }
  if (cell.size() != 10) return cell;
  std::string year = cell.substr(0, 4);
  int month = std::stoi(cell.substr(5, 2)), day = std::stoi(cell.substr(8, 2));
  switch (shape_.dates) {
    case DateShape::kIso:
      return cell;
    case DateShape::kSlash:
      return Cat(year, "/", month, "/", day);
    case DateShape::kCompact:
      return Cat(year, cell.substr(5, 2), cell.substr(8, 2));
    case DateShape::kSerial:
      return Cat(ExcelSerial(cell));
    case DateShape::kChinese:
      return Cat(year, "年", month, "月", day, "日");
  }
  return cell;
}

std::vector<std::string> Sheet::HeaderLine() const {
  std::vector<std::string> line;
  for (const Column& c : columns_) {
    line.emplace_back(c.headers[shape_.synonyms ? title_.size() % c.headers.size() : 0]);
  }
  return line;
}

// put(cells, row index or -1)
template <typename Put>
void Sheet::EachLine(Put put) const {
  if (shape_.title) put(std::vector<std::string>{title_}, -1);
  if (shape_.two_line_header) {
    std::vector<std::string> groups;
    for (size_t i = 0; i < columns_.size(); ++i) {
      bool same = i > 0 && columns_[i].group == columns_[i - 1].group;
      groups.emplace_back(same ? "" : columns_[i].group);
    }
    put(groups, -1);
  }
  put(HeaderLine(), -1);
  for (size_t r = 0; r < rows_.size(); ++r) {
    put(rows_[r], static_cast<int>(r));
    if (shape_.blank_line && r + 1 == kBlankAfter) put(std::vector<std::string>{}, -1);
  }
  if (shape_.footer) put(std::vector<std::string>{Cat("合计：", rows_.size(), "  制表人：  日期：2023-10-08")}, -1);
}

absl::Status Sheet::WriteCsv(const std::string& path) const {
  std::string text;
  EachLine([&](const std::vector<std::string>& cells, int row) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) text.push_back(',');
      if (i >= cells.size()) continue;
      text += CsvCell(row < 0 ? cells[i] : Formatted(i, cells[i]));
    }
    text += "\r\n";
  });
  if (shape_.encoding == Encoding::kUtf8Bom) text.insert(0, "\xEF\xBB\xBF");
  if (shape_.encoding == Encoding::kGb18030) {
    auto converted = ToGb18030(text);
    if (!converted.ok()) return converted.status();
    text = *std::move(converted);
  }
  std::ofstream out(path, std::ios::binary);
  out << text;
  return out.good() ? absl::OkStatus() : absl::UnknownError("cannot write " + path);
}

absl::Status Sheet::WriteXlsx(const std::string& path) const {
  lxw_workbook_options options{};
  options.constant_memory = shape_.inline_strings ? LXW_TRUE : LXW_FALSE;
  lxw_workbook* book = workbook_new_opt(path.c_str(), &options);
  if (book == nullptr) return absl::UnknownError("cannot write " + path);
  lxw_doc_properties properties{};
  properties.created = 1696723200;  // fixed: the same seed gives the same bytes
  workbook_set_properties(book, &properties);
  lxw_worksheet* sheet = workbook_add_worksheet(book, "Sheet1");
  if (shape_.hidden_sheet) {
    lxw_worksheet* hidden = workbook_add_worksheet(book, "Sheet2");
    worksheet_write_string(hidden, 0, 0, "字典", nullptr);
    worksheet_hide(hidden);
  }
  lxw_row_t line = 0;
  EachLine([&](const std::vector<std::string>& cells, int row) {
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string& cell = cells[i];
      auto column = static_cast<lxw_col_t>(i);
      if (cell.empty()) continue;
      if (row >= 0 && columns_[i].kind == ColumnKind::kId && Ruins(cell)) {
        worksheet_write_number(sheet, line, column, std::stod(cell.substr(0, 15) + "000"), nullptr);
      } else if (row >= 0 && columns_[i].kind == ColumnKind::kDate && shape_.dates == DateShape::kSerial &&
                 cell.size() == 10) {
        worksheet_write_number(sheet, line, column, ExcelSerial(cell), nullptr);
      } else {
        std::string text = row < 0 ? cell : Formatted(i, cell);
        if (!text.empty()) worksheet_write_string(sheet, line, column, text.c_str(), nullptr);
      }
    }
    ++line;
  });
  lxw_error error = workbook_close(book);
  return error == LXW_NO_ERROR ? absl::OkStatus() : absl::UnknownError(lxw_strerror(error));
}

absl::StatusOr<std::string> Sheet::Write(const std::string& directory, const std::string& stem) const {
  std::string name = stem + (shape_.xlsx ? ".xlsx" : ".csv");
  absl::Status status = shape_.xlsx ? WriteXlsx(directory + "/" + name) : WriteCsv(directory + "/" + name);
  if (!status.ok()) return status;
  return name;
}

}  // namespace ruraledu::testlib
