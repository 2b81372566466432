#include "common/ingest/cell_value.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/domain/money.h"
#include "common/domain/names.h"
#include "common/domain/text.h"
#include "common/ingest/formats.h"

namespace ruraledu::ingest {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

bool Strip(std::string& text, std::string_view prefix) {
  if (text.compare(0, prefix.size(), prefix) != 0) {
    return false;
  }
  text.erase(0, prefix.size());
  return true;
}

bool StripEnd(std::string& text, std::string_view suffix) {
  if (text.size() < suffix.size() || text.compare(text.size() - suffix.size(), suffix.size(), suffix) != 0) {
    return false;
  }
  text.resize(text.size() - suffix.size());
  return true;
}

// The apostrophe that tells Excel "this is text", in any of its shapes.
void DropApostrophe(std::string& text) {
  for (std::string_view mark : {"'", "＇", "‘", "’", "`"}) {
    if (Strip(text, mark)) {
      return;
    }
  }
}

// Half-width, trimmed, without the apostrophe; the fault of the cell as error.
absl::StatusOr<std::string> Plain(const Cell& cell) {
  if (!cell.fault.empty()) {
    return Fail(cell.fault);
  }
  std::string text = NormalizeCode(cell.text);
  DropApostrophe(text);
  return text;
}

// 4.117E+17
bool IsScientific(std::string_view text) {
  size_t e = text.find_first_of("eE");
  if (e == std::string_view::npos || e == 0) {
    return false;
  }
  std::string_view mantissa = text.substr(0, e), exponent = text.substr(e + 1);
  bool point = mantissa.find('.') != std::string_view::npos, sign = !exponent.empty() && exponent[0] == '+';
  return (point || sign) && AllDigits(exponent.substr(sign ? 1 : 0)) &&
         mantissa.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool LostDigits(const Cell& cell, std::string_view text) {
  if (IsScientific(text)) {
    return true;
  }
  size_t first = text.find_first_not_of('0');
  if (first == std::string_view::npos || !AllDigits(text)) {
    return false;
  }
  std::string_view significant = text.substr(first);
  if (cell.kind == CellKind::kNumber) {
    return significant.size() > 15;
  }
  return significant.size() >= 17 && significant.find_first_not_of('0', 15) == std::string_view::npos;
}

int ToInt(std::string_view digits) {
  int value = -1;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::optional<absl::CivilDay> MakeDay(int year, int month, int day) {
  if (year < 1900 || year > 2199) {
    return std::nullopt;
  }
  absl::CivilDay date(year, month, day);
  bool exists = date.year() == year && date.month() == month && date.day() == day;
  return exists ? std::optional(date) : std::nullopt;
}

// Removes " 00:00:00", "T08:30" and the like.
void DropTime(std::string& text) {
  size_t at = text.find_first_of(" T");
  if (at != std::string::npos && text.find_first_not_of("0123456789:.Z", at + 1) == std::string::npos &&
      text.find(':', at) != std::string::npos) {
    text.resize(at);
  }
}

// Year, month and day with one separator between them, or 年 月 日.
std::optional<absl::CivilDay> SplitDay(std::string text) {
  std::vector<std::string_view> separators = {"-", "-", ""};
  if (text.find("年") != std::string::npos) {
    text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
    separators = {"年", "月", "日"};
  } else if (text.find('/') != std::string::npos) {
    separators = {"/", "/", ""};
  } else if (text.find('.') != std::string::npos) {
    separators = {".", ".", ""};
  }
  int parts[3];
  std::string_view rest = text;
  for (size_t i = 0; i < 3; ++i) {
    size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (digits == 0 || digits > (i == 0 ? 4u : 2u) || (i == 0 && digits != 4) ||
        rest.substr(digits, separators[i].size()) != separators[i]) {
      return std::nullopt;
    }
    parts[i] = ToInt(rest.substr(0, digits));
    rest.remove_prefix(digits + separators[i].size());
  }
  return rest.empty() ? MakeDay(parts[0], parts[1], parts[2]) : std::nullopt;
}

std::optional<absl::CivilDay> SerialDay(int serial) {
  std::string date = SerialDate(serial, false);
  return date.empty() ? std::nullopt
                      : MakeDay(ToInt(date.substr(0, 4)), ToInt(date.substr(5, 2)), ToInt(date.substr(8)));
}

// Removes commas that group three digits; false when one stands elsewhere.
bool Ungroup(std::string& text) {
  size_t comma = text.find(',');
  if (comma == std::string::npos) {
    return true;
  }
  size_t end = std::min(text.find('.'), text.size());
  size_t digits = text.find_first_of("0123456789");
  if (comma <= digits || comma - digits > 3 || (end - comma) % 4 != 0) {
    return false;
  }
  for (size_t i = digits; i < text.size(); ++i) {
    bool due = i >= comma && i < end && (i - comma) % 4 == 0;
    if ((text[i] == ',') != due) {
      return false;
    }
  }
  text.erase(std::remove(text.begin(), text.end(), ','), text.end());
  return true;
}

}  // namespace

absl::StatusOr<std::string> ParseText(const Cell& cell) {
  if (!cell.fault.empty()) {
    return Fail(cell.fault);
  }
  std::string text = NormalizeText(cell.text);
  if (!text.empty() && text[0] == '\'') {
    text.erase(0, 1);
  }
  return text;
}

absl::StatusOr<std::string> ParseName(const Cell& cell) {
  ASSIGN_OR_RETURN(std::string text, ParseText(cell));
  return NormalizeName(text);
}

absl::StatusOr<std::string> ParseId(const Cell& cell) {
  ASSIGN_OR_RETURN(std::string text, Plain(cell));
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  return LostDigits(cell, text) ? Fail("EXCEL_PRECISION") : absl::StatusOr<std::string>(std::move(text));
}

absl::StatusOr<std::optional<absl::CivilDay>> ParseDate(const Cell& cell) {
  ASSIGN_OR_RETURN(std::string text, Plain(cell));
  if (text.empty()) {
    return std::nullopt;
  }
  DropTime(text);
  std::optional<absl::CivilDay> day;
  if (!AllDigits(text)) {
    day = SplitDay(std::move(text));
  } else if (text.size() == 8) {
    day = MakeDay(ToInt(text.substr(0, 4)), ToInt(text.substr(4, 2)), ToInt(text.substr(6)));
  } else if (text.size() == 5 || (cell.kind == CellKind::kNumber && text.size() <= 6)) {
    day = SerialDay(ToInt(text));
  }
  if (!day) {
    return Fail("DATE_INVALID");
  }
  return day;
}

absl::StatusOr<std::optional<bool>> ParseBool(const Cell& cell) {
  ASSIGN_OR_RETURN(std::string text, Plain(cell));
  if (text.empty()) {
    return std::nullopt;
  }
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  for (std::string_view yes : {"是", "有", "1", "√", "✓", "✔", "☑", "yes", "y", "true", "对"}) {
    if (text == yes) {
      return true;
    }
  }
  for (std::string_view no : {"否", "无", "0", "×", "✗", "✘", "no", "n", "false", "没有", "不是"}) {
    if (text == no) {
      return false;
    }
  }
  return Fail("VALUE_BOOL");
}

absl::StatusOr<std::optional<int64_t>> ParseMoneyFen(const Cell& cell) {
  ASSIGN_OR_RETURN(std::string text, Plain(cell));
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  if (text.empty()) {
    return std::nullopt;
  }
  Strip(text, "¥") || Strip(text, "￥");
  StripEnd(text, "元");
  ASSIGN_OR_RETURN(int64_t fen, ParseFen(text, Sign::kAny));
  return fen;
}

absl::StatusOr<std::optional<int64_t>> ParseInt(const Cell& cell) {
  ASSIGN_OR_RETURN(std::string text, Plain(cell));
  if (text.empty()) {
    return std::nullopt;
  }
  int64_t value = 0;
  bool grouped = Ungroup(text);
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (!grouped || error != std::errc() || end != text.data() + text.size()) {
    return Fail("VALUE_INT");
  }
  return value;
}

}  // namespace ruraledu::ingest
