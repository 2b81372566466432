// XLSX: the first visible sheet, unpacked and parsed in pieces of 64 KiB; the rows of a piece wait in a queue.
#include <algorithm>
#include <charconv>
#include <utility>

#include "common/base/error.h"
#include "common/ingest/formats.h"
#include "common/ingest/xlsx_book.h"
#include "common/ingest/xml_stream.h"

namespace ruraledu::ingest {
namespace {

constexpr size_t kChunk = 64 << 10;

// Fault of a cell whose text is still the number of a shared string.
constexpr std::string_view kShared = "shared";

enum class Stored { kNumber, kShared, kText, kBool, kError, kIsoDate };

Stored StoredAs(std::string_view type) {
  return type == "s"                            ? Stored::kShared
         : type == "str" || type == "inlineStr" ? Stored::kText
         : type == "b"                          ? Stored::kBool
         : type == "e"                          ? Stored::kError
         : type == "d"                          ? Stored::kIsoDate
                                                : Stored::kNumber;
}

// Column of a reference like "AB12", from 0; -1 when it has no letters. Long ones stop at a number beyond any limit.
int ColumnOf(std::string_view reference) {
  int column = 0;
  for (char c : reference) {
    if (c < 'A' || c > 'Z' || column > 1'000'000) {
      break;
    }
    column = column * 26 + (c - 'A' + 1);
  }
  return column - 1;
}

template <typename Number>
bool Parse(std::string_view text, Number& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// Collects the rows of a sheet.
class Sheet final : public XmlEvents {
 public:
  Sheet(XlsxBook* book, const TableLimits& limits) : book_(*book), limits_(limits) {}

  void Start(std::string_view name, const char** attributes) override {
    take_ = false;
    if (name == "c") {
      StartCell(attributes);
    } else if (name == "row") {
      StartRow(attributes);
    } else if (name == "v" || name == "t") {
      take_ = cell_ != nullptr && !phonetic_;
      has_value_ = has_value_ || take_;
    } else if (name == "f") {
      formula_ = true;
    } else if (name == "rPh") {
      phonetic_ = true;
    } else if (name == "worksheet") {
      worksheet = true;
    }
  }

  void End(std::string_view name) override {
    take_ = false;
    if (name == "c") {
      EndCell();
    } else if (name == "row") {
      EndRow();
    } else if (name == "rPh") {
      phonetic_ = false;
    }
  }

  void Text(std::string_view text) override {
    if (!take_) {
      return;
    }
    if (static_cast<int64_t>(cell_->text.size() + text.size()) > limits_.cell_bytes) {
      Refuse(Fail("CELL_TOO_LONG", {{"line", std::to_string(line_)}, {"limit", std::to_string(limits_.cell_bytes)}}));
    } else {
      cell_->text.append(text);
    }
  }

  // Gives the next waiting row that has anything in it. Shared strings are put in only here: one that is long and used
  // often would fill the queue.
  absl::StatusOr<bool> Take(Row* row) {
    while (taken_ < waiting_) {
      std::swap(*row, rows_[taken_++]);
      RETURN_IF_ERROR(Complete(*row));
      if (std::all_of(row->cells.begin(), row->cells.end(), IsBlank)) {
        continue;
      }
      if (++count_ > limits_.rows) {
        return Fail("TOO_MANY_ROWS", {{"limit", std::to_string(limits_.rows)}});
      }
      return true;
    }
    if (in_row_ && waiting_ > 0) {
      std::swap(rows_[0], rows_[waiting_]);  // the row that the next piece will end; cell_ stays valid
    }
    taken_ = waiting_ = 0;
    return false;
  }

  bool worksheet = false;

 private:
  void StartRow(const char** attributes) {
    std::string_view number = Attribute(attributes, "r");
    int64_t line = line_ + 1;
    if ((!number.empty() && !Parse(number, line)) || line <= line_ || in_row_) {
      Refuse(Fail("FILE_DAMAGED"));
      return;
    }
    line_ = line;
    in_row_ = true;
    column_ = -1;
    if (rows_.size() == waiting_) {
      rows_.emplace_back();
    }
    Row& row = rows_[waiting_];
    row.line = line_;
    used_ = 0;
  }

  void StartCell(const char** attributes) {
    std::string_view reference, type, style;
    for (; *attributes != nullptr; attributes += 2) {
      std::string_view name = attributes[0];
      if (name == "r") {
        reference = attributes[1];
      } else if (name == "t") {
        type = attributes[1];
      } else if (name == "s") {
        style = attributes[1];
      }
    }
    column_ = reference.empty() ? column_ + 1 : ColumnOf(reference);
    if (!in_row_ || cell_ != nullptr || column_ < 0) {
      Refuse(Fail("FILE_DAMAGED"));
      return;
    }
    if (column_ >= limits_.columns) {
      beyond_ = true;
    }
    cell_ = beyond_ ? &spare_ : &CellAt(static_cast<size_t>(column_));
    cell_->text.clear();
    stored_ = StoredAs(type);
    unsigned index = 0;
    date_ = stored_ == Stored::kNumber && !style.empty() && Parse(style, index) && index < book_.date_styles.size() &&
            book_.date_styles[index];
    formula_ = has_value_ = false;
  }

  Cell& CellAt(size_t column) {
    std::vector<Cell>& cells = rows_[waiting_].cells;
    if (cells.size() <= column) {
      cells.resize(column + 1);
    }
    for (; used_ <= column; ++used_) {
      cells[used_].kind = CellKind::kEmpty;
      cells[used_].text.clear();
      cells[used_].fault = {};
    }
    return cells[column];
  }

  void EndCell() {
    if (cell_ == nullptr) {
      return;
    }
    Settle(*cell_);
    if (beyond_ && cell_->kind != CellKind::kEmpty) {
      Refuse(Fail("TOO_MANY_COLUMNS", {{"limit", std::to_string(limits_.columns)}}));
    }
    beyond_ = false;
    cell_ = nullptr;
  }

  // Turns what is stored into what it means.
  void Settle(Cell& cell) {
    if (formula_ && !has_value_) {
      stored_ = Stored::kError;  // a formula without a stored result: nobody has computed it
    }
    if (cell.text.empty() && stored_ != Stored::kError) {
      cell.kind = CellKind::kEmpty;
      return;
    }
    switch (stored_) {
      case Stored::kNumber:
        return SettleNumber(cell);
      case Stored::kShared:
        cell.kind = CellKind::kText;
        cell.fault = kShared;
        return;
      case Stored::kText:
        cell.kind = CellKind::kText;
        DecodeEscapes(cell.text);
        return MarkText(cell);
      case Stored::kBool:
        cell.kind = CellKind::kBool;
        return;
      case Stored::kIsoDate:
        cell.kind = CellKind::kDate;
        std::replace(cell.text.begin(), cell.text.end(), 'T', ' ');
        return;
      case Stored::kError:
        cell.kind = CellKind::kText;
        cell.fault = "CELL_ERROR";
        return;
    }
  }

  void SettleNumber(Cell& cell) {
    cell.kind = CellKind::kNumber;
    double serial = 0;
    if (date_ && Parse(std::string_view(cell.text), serial)) {
      std::string date = SerialDate(serial, book_.system_1904);
      if (!date.empty()) {
        cell.kind = CellKind::kDate;
        cell.text = std::move(date);
        return;
      }
    }
    NormalizeNumber(cell.text);
  }

  absl::Status Complete(Row& row) {
    int64_t bytes = 0;
    for (Cell& cell : row.cells) {
      if (cell.fault == kShared) {
        RETURN_IF_ERROR(PutShared(cell));
      }
      bytes += static_cast<int64_t>(cell.text.size());
      if (bytes > limits_.row_bytes) {
        return Fail("ROW_TOO_LONG", {{"line", std::to_string(row.line)}, {"limit", std::to_string(limits_.row_bytes)}});
      }
    }
    return absl::OkStatus();
  }

  absl::Status PutShared(Cell& cell) {
    int64_t index = -1;
    if (!Parse(std::string_view(cell.text), index)) {
      return Fail("FILE_DAMAGED");
    }
    RETURN_IF_ERROR(book_.strings->Get(index, &cell.text));
    cell.kind = cell.text.empty() ? CellKind::kEmpty : CellKind::kText;
    cell.fault = {};
    MarkText(cell);
    return absl::OkStatus();
  }

  static void MarkText(Cell& cell) {
    MarkNul(cell);
    if (cell.text.find("\xEF\xBF\xBD") != std::string::npos) {
      cell.fault = "TEXT_UNMAPPABLE";
    }
  }

  void EndRow() {
    if (!in_row_) {
      return Refuse(Fail("FILE_DAMAGED"));
    }
    in_row_ = false;
    std::vector<Cell>& cells = rows_[waiting_].cells;
    while (used_ > 0 && cells[used_ - 1].kind == CellKind::kEmpty) {
      --used_;
    }
    cells.resize(used_);
    waiting_ += used_ > 0 ? 1 : 0;
  }

  XlsxBook& book_;
  const TableLimits& limits_;
  std::vector<Row> rows_;
  size_t waiting_ = 0, taken_ = 0, used_ = 0;
  int64_t line_ = 0, count_ = 0;
  int column_ = -1;
  Cell* cell_ = nullptr;
  Cell spare_;
  Stored stored_ = Stored::kNumber;
  bool in_row_ = false, take_ = false, date_ = false, formula_ = false, has_value_ = false, phonetic_ = false;
  bool beyond_ = false;
};

class XlsxReader final : public TableReader {
 public:
  XlsxReader(std::unique_ptr<ZipFile> zip, XlsxBook book, const TableLimits& limits)
      : zip_(std::move(zip)),
        book_(std::move(book)),
        limits_(limits),
        sheet_(&book_, limits_),
        xml_(&sheet_),
        buffer_(kChunk) {}

  FileKind kind() const override { return FileKind::kXlsx; }
  std::string detail() const override { return book_.sheet_name; }

  absl::StatusOr<bool> Next(Row* row) override {
    while (failure_.ok()) {
      auto taken = sheet_.Take(row);
      if (!taken.ok() || *taken || done_) {
        failure_ = taken.status();
        return taken;
      }
      failure_ = Advance();
    }
    return failure_;
  }

  absl::Status Begin() { return zip_->Begin(book_.sheet_part); }

 private:
  absl::Status Advance() {
    ASSIGN_OR_RETURN(size_t got, zip_->Read(buffer_.data(), buffer_.size()));
    done_ = got == 0;
    RETURN_IF_ERROR(xml_.Feed(buffer_.data(), got, done_));
    return done_ && !sheet_.worksheet ? Fail("FILE_DAMAGED") : absl::OkStatus();
  }

  std::unique_ptr<ZipFile> zip_;
  XlsxBook book_;
  TableLimits limits_;
  Sheet sheet_;
  XmlStream xml_;
  std::vector<char> buffer_;
  bool done_ = false;
  absl::Status failure_;
};

}  // namespace

TableReaderOr OpenXlsx(std::unique_ptr<ByteSource> source, const TableOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<ZipFile> zip, ZipFile::Open(std::move(source), options.limits));
  ASSIGN_OR_RETURN(XlsxBook book, ReadBook(*zip, options));
  auto reader = std::make_unique<XlsxReader>(std::move(zip), std::move(book), options.limits);
  RETURN_IF_ERROR(reader->Begin());
  return reader;
}

}  // namespace ruraledu::ingest
