// CSV and TXT: RFC 4180 quoting, comma, tab or semicolon, CR, LF or CRLF. Bytes are split before they are decoded: no
// separator, quote or line break can be a later byte of a GB18030 or UTF-8 character.
#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/error.h"
#include "common/ingest/encoding.h"
#include "common/ingest/formats.h"

namespace ruraledu::ingest {
namespace {

constexpr size_t kChunk = 256 << 10;

enum class FieldEnd { kField, kRow, kFile };

class TextReader final : public TableReader {
 public:
  TextReader(std::unique_ptr<ByteSource> source, const TableLimits& limits, TextStart start, char separator)
      : source_(std::move(source)),
        limits_(limits),
        encoding_(start.encoding),
        decoder_(start.encoding),
        separator_(separator),
        offset_(start.offset),
        buffer_(kChunk) {
    stop_[static_cast<unsigned char>(separator)] = stop_['\r'] = stop_['\n'] = true;
  }

  FileKind kind() const override { return FileKind::kText; }
  std::string detail() const override { return encoding_ == Encoding::kUtf8 ? "UTF-8" : "GB18030"; }

  absl::StatusOr<bool> Next(Row* row) override {
    for (bool more = true; more && failure_.ok();) {
      size_t count = 0;
      more = ReadRecord(*row, count);
      row->cells.resize(count);
      std::for_each(row->cells.begin(), row->cells.end(), [this](Cell& cell) { Finish(cell); });
      if (!failure_.ok() || std::all_of(row->cells.begin(), row->cells.end(), IsBlank)) {
        continue;
      }
      if (++rows_ > limits_.rows) {
        failure_ = Fail("TOO_MANY_ROWS", {{"limit", std::to_string(limits_.rows)}});
        break;
      }
      return true;
    }
    RETURN_IF_ERROR(failure_);
    return false;
  }

 private:
  // Makes at least one byte available, or says that there is none.
  bool Available() {
    if (at_ < end_) {
      return true;
    }
    auto got = source_->ReadAt(offset_, buffer_.data(), buffer_.size());
    if (!got.ok()) {
      failure_ = std::move(got).status();
      return false;
    }
    at_ = 0;
    end_ = *got;
    offset_ += static_cast<int64_t>(end_);
    return end_ > 0;
  }

  // False after the last record of the file or an error.
  bool ReadRecord(Row& row, size_t& count) {
    row.line = line_;
    record_bytes_ = 0;
    for (FieldEnd end = FieldEnd::kField; end == FieldEnd::kField;) {
      if (count >= static_cast<size_t>(limits_.columns)) {
        failure_ = Fail("TOO_MANY_COLUMNS", {{"limit", std::to_string(limits_.columns)}});
        return false;
      }
      if (row.cells.size() <= count) {
        row.cells.emplace_back();
      }
      Cell& cell = row.cells[count++];
      cell.text.clear();
      cell.fault = {};
      end = ReadField(cell.text);
      if (!failure_.ok() || end == FieldEnd::kFile) {
        return false;
      }
    }
    return true;
  }

  FieldEnd ReadField(std::string& text) {
    if (Available() && buffer_[at_] == '"') {
      ++at_;
      ReadQuoted(text);
    }
    while (failure_.ok() && Available()) {
      size_t start = at_;
      while (at_ < end_ && !stop_[static_cast<unsigned char>(buffer_[at_])]) {
        ++at_;
      }
      Append(text, start);
      if (at_ < end_ && failure_.ok()) {
        return EndField(buffer_[at_++]);
      }
    }
    return FieldEnd::kFile;
  }

  FieldEnd EndField(char stop) {
    if (stop == separator_) {
      return FieldEnd::kField;
    }
    if (stop == '\r' && Available() && buffer_[at_] == '\n') {
      ++at_;
    }
    ++line_;
    return FieldEnd::kRow;
  }

  // After the opening quote, up to and with the closing one.
  void ReadQuoted(std::string& text) {
    while (failure_.ok() && Available()) {
      size_t start = at_;
      auto* quote = static_cast<const char*>(std::memchr(&buffer_[at_], '"', end_ - at_));
      at_ = quote == nullptr ? end_ : static_cast<size_t>(quote - buffer_.data());
      CountLines(start);
      Append(text, start);
      if (quote == nullptr) {
        continue;
      }
      ++at_;
      if (!Available() || buffer_[at_] != '"') {
        return;
      }
      ++at_;
      text.push_back('"');
    }
    if (failure_.ok()) {
      failure_ = Fail("FILE_TRUNCATED");
    }
  }

  void CountLines(size_t start) {
    for (size_t i = start; i < at_; ++i) {
      line_ += buffer_[i] == '\n' || (buffer_[i] == '\r' && (i + 1 >= end_ || buffer_[i + 1] != '\n')) ? 1 : 0;
    }
  }

  void Append(std::string& text, size_t start) {
    auto count = static_cast<int64_t>(at_ - start);
    record_bytes_ += count + 1;
    if (record_bytes_ > limits_.row_bytes) {
      failure_ = Fail("ROW_TOO_LONG", {{"line", std::to_string(line_)}, {"limit", std::to_string(limits_.row_bytes)}});
    } else if (static_cast<int64_t>(text.size()) + count > limits_.cell_bytes) {
      failure_ =
          Fail("CELL_TOO_LONG", {{"line", std::to_string(line_)}, {"limit", std::to_string(limits_.cell_bytes)}});
    } else {
      text.append(&buffer_[start], static_cast<size_t>(count));
    }
  }

  void Finish(Cell& cell) {
    size_t size = cell.text.size();
    if (size >= 3 && cell.text[0] == '=' && cell.text[1] == '"' && cell.text[size - 1] == '"') {
      cell.text = cell.text.substr(2, size - 3);  // ="0123", how programs keep Excel from eating a code
    }
    cell.kind = cell.text.empty() ? CellKind::kEmpty : CellKind::kText;
    decoder_.Decode(cell);
  }

  std::unique_ptr<ByteSource> source_;
  TableLimits limits_;
  Encoding encoding_;
  CellDecoder decoder_;
  char separator_;
  int64_t offset_;
  std::vector<char> buffer_;
  bool stop_[256] = {};
  size_t at_ = 0, end_ = 0;
  int64_t line_ = 1, rows_ = 0, record_bytes_ = 0;
  absl::Status failure_;
};

// Whether a file that begins so can be a table in text.
bool LooksLikeText(std::string_view sample) {
  for (std::string_view other : {"\xFF\xFE", "\xFE\xFF", "%PDF", "{\\rtf", "Rar!", "7z\xBC\xAF"}) {
    if (sample.substr(0, other.size()) == other) {
      return false;
    }
  }
  size_t first = sample.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (first != std::string_view::npos && sample[first] == '<') {
    return false;  // a web page or XML saved under the name of a table
  }
  auto controls = std::count_if(sample.begin(), sample.end(), [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && c != '\t' && c != '\r' && c != '\n';
  });
  return controls * 50 <= static_cast<int64_t>(sample.size());
}

// The separator that occurs most often outside quotes.
char FindSeparator(std::string_view sample) {
  size_t comma = 0, tab = 0, semicolon = 0;
  bool quoted = false;
  for (char c : sample) {
    quoted = quoted != (c == '"');
    if (!quoted) {
      comma += c == ',' ? 1 : 0;
      tab += c == '\t' ? 1 : 0;
      semicolon += c == ';' ? 1 : 0;
    }
  }
  return tab > comma && tab >= semicolon ? '\t' : semicolon > comma ? ';' : ',';
}

}  // namespace

TableReaderOr OpenText(std::unique_ptr<ByteSource> source, const TableOptions& options) {
  std::string sample(64 << 10, '\0');
  ASSIGN_OR_RETURN(size_t got, source->ReadAt(0, sample.data(), sample.size()));
  sample.resize(got);
  if (!LooksLikeText(sample)) {
    return Fail("FILE_KIND_UNKNOWN");
  }
  if (sample.find_first_not_of(" \t\r\n\xEF\xBB\xBF") == std::string::npos && got < (64 << 10)) {
    return Fail("FILE_EMPTY");
  }
  ASSIGN_OR_RETURN(TextStart start, DetectEncoding(*source));
  return std::make_unique<TextReader>(std::move(source), options.limits, start, FindSeparator(sample));
}

}  // namespace ruraledu::ingest
