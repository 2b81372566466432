#include "services/cli/table.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <ostream>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace ruraledu::cli {
namespace {

constexpr int kBarCells = 24;

int CharacterWidth(UChar32 c) {
  const int8_t category = u_charType(c);
  if (category == U_NON_SPACING_MARK || category == U_ENCLOSING_MARK || category == U_FORMAT_CHAR) {
    return 0;
  }
  const int width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

std::string Printable(std::string text) {
  for (char& c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      c = '?';
    }
  }
  return text;
}

void AppendCell(std::string* line, std::string_view text, int width, bool right) {
  const std::string pad(static_cast<size_t>(std::max(0, width - DisplayWidth(text))), ' ');
  absl::StrAppend(line, right ? pad : "", text, right ? "" : pad);
}

}  // namespace

int DisplayWidth(std::string_view utf8) {
  int width = 0;
  const auto size = static_cast<int32_t>(utf8.size());
  for (int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U8_NEXT(utf8.data(), i, size, c);
    width += c < 0 ? 1 : CharacterWidth(c);
  }
  return width;
}

void Table::Add(std::vector<std::string> cells) {
  cells.resize(headings_.size());
  for (std::string& cell : cells) {
    cell = Printable(std::move(cell));
  }
  rows_.push_back(std::move(cells));
}

std::string Table::Text() const {
  std::vector<int> widths;
  for (size_t column = 0; column < headings_.size(); ++column) {
    int width = DisplayWidth(headings_[column].text);
    for (const auto& row : rows_) {
      width = std::max(width, DisplayWidth(row[column]));
    }
    widths.push_back(width);
  }
  std::string text;
  const auto line = [&](const auto& cell_of) {
    std::string made;
    for (size_t column = 0; column < headings_.size(); ++column) {
      made += column == 0 ? "" : "  ";
      AppendCell(&made, cell_of(column), widths[column], headings_[column].right);
    }
    absl::StripTrailingAsciiWhitespace(&made);
    absl::StrAppend(&text, made, "\n");
  };
  line([&](size_t column) { return headings_[column].text; });
  line([&](size_t column) { return std::string(static_cast<size_t>(widths[column]), '-'); });
  for (const auto& row : rows_) {
    line([&](size_t column) { return row[column]; });
  }
  return text;
}

google::protobuf::ListValue Table::Values() const {
  google::protobuf::ListValue list;
  for (const auto& row : rows_) {
    auto& fields = *list.add_values()->mutable_struct_value()->mutable_fields();
    for (size_t column = 0; column < headings_.size(); ++column) {
      const std::string& heading = headings_[column].text;
      google::protobuf::Value& value = fields[absl::StrReplaceAll(heading.substr(heading.find(' ') + 1), {{" ", "_"}})];
      double number = 0;
      if (headings_[column].right && absl::SimpleAtod(absl::StrReplaceAll(row[column], {{",", ""}}), &number)) {
        value.set_number_value(number);
      } else {
        value.set_string_value(row[column]);
      }
    }
  }
  return list;
}

Progress::Progress(std::ostream& out, bool terminal, std::string label)
    : out_(out), terminal_(terminal), label_(std::move(label)) {}

void Progress::Show(int64_t done, int64_t total, std::string_view what) {
  const int64_t tenth = total > 0 ? std::min<int64_t>(done * 10 / total, 10) : -1;
  if (!terminal_) {
    if (tenth != tenth_ || what != last_) {
      out_ << label_ << ": " << what << (tenth < 0 ? "" : absl::StrCat(" ", tenth * 10, " %")) << "\n" << std::flush;
    }
  } else {
    const int64_t cells = total > 0 ? std::min<int64_t>(done * kBarCells / total, kBarCells) : 0;
    out_ << "\r\033[K" << label_ << " [" << std::string(static_cast<size_t>(cells), '#')
         << std::string(static_cast<size_t>(kBarCells - cells), '.') << "] " << what;
    if (total > 0) {
      out_ << " " << std::min<int64_t>(done * 100 / total, 100) << " %";
    }
    out_ << std::flush;
    drawn_ = true;
  }
  tenth_ = tenth;
  last_ = what;
}

void Progress::End() {
  if (drawn_) {
    out_ << "\n" << std::flush;
    drawn_ = false;
  }
}

std::string Grouped(int64_t number) {
  std::string digits = absl::StrCat(number);
  for (int at = static_cast<int>(digits.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3) {
    digits.insert(static_cast<size_t>(at), ",");
  }
  return digits;
}

}  // namespace ruraledu::cli
