#include "common/db/sql_text.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"

namespace ruraledu::db {
namespace {

bool IsWordChar(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
}

std::string_view SqliteType(std::string_view word) {
  if (word == "BIGINT") return "INT";
  if (word == "BYTEA") return "BLOB";
  if (word == "DOUBLE") return "REAL";
  if (word == "PRECISION") return "";
  return word;
}

// Length of the UTF-8 sequence at the start of `text`, 0 when it is none (overlong, surrogate, beyond U+10FFFF, NUL).
size_t SequenceLength(std::string_view text) {
  const auto at = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](size_t i) { return (at(i) & 0xC0u) == 0x80u; };
  const unsigned first = at(0);
  if (first < 0x80) return first == 0 ? 0 : 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return tail(1) ? 2 : 0;
  if (first < 0xF0) {
    const bool bad = (first == 0xE0 && at(1) < 0xA0) || (first == 0xED && at(1) > 0x9F);
    return !bad && tail(1) && tail(2) ? 3 : 0;
  }
  if (first < 0xF5) {
    const bool bad = (first == 0xF0 && at(1) < 0x90) || (first == 0xF4 && at(1) > 0x8F);
    return !bad && tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::vector<std::string> SplitStatements(std::string_view sql) {
  std::vector<std::string> statements;
  std::string statement;
  for (const std::string& full_line : std::vector<std::string>(absl::StrSplit(std::string(sql), '\n'))) {
    std::string line(absl::StripAsciiWhitespace(full_line));
    if (line.empty() || line.starts_with("--")) {
      continue;
    }
    const bool ends = line.ends_with(';');
    if (ends) {
      line.pop_back();
    }
    statement += statement.empty() ? line : "\n" + line;
    if (ends) {
      statements.push_back(std::exchange(statement, ""));
    }
  }
  if (!statement.empty()) {
    statements.push_back(std::move(statement));
  }
  return statements;
}

std::string ForSqlite(std::string_view statement) {
  const bool creates = statement.starts_with("CREATE TABLE");
  if (!creates && !statement.starts_with("ALTER TABLE")) {
    return std::string(statement);
  }
  std::string result;
  bool quoted = false;
  for (size_t i = 0; i < statement.size();) {
    size_t end = i;
    while (end < statement.size() && IsWordChar(statement[end])) {
      ++end;
    }
    if (end > i) {
      const std::string_view word = statement.substr(i, end - i);
      result += quoted ? word : SqliteType(word);
      i = end;
      continue;
    }
    quoted ^= statement[i] == '\'';
    result.push_back(statement[i++]);
  }
  return creates ? result + " STRICT" : result;
}

size_t HighestPlaceholder(std::string_view sql) {
  size_t highest = 0;
  for (size_t i = 0; i < sql.size(); ++i) {
    size_t number = 0;
    for (size_t j = i + 1; sql[i] == '$' && j < sql.size() && sql[j] >= '0' && sql[j] <= '9'; ++j) {
      number = number * 10 + static_cast<size_t>(sql[j] - '0');
    }
    highest = std::max(highest, number);
  }
  return highest;
}

bool IsUtf8WithoutNul(std::string_view text) {
  while (!text.empty()) {
    if (text.size() >= 8) {  // eight ASCII characters at once: most of an import is digits
      uint64_t word;
      std::memcpy(&word, text.data(), 8);
      constexpr uint64_t kHigh = 0x8080808080808080, kOnes = 0x0101010101010101;
      if (((word | (word - kOnes)) & kHigh) == 0) {
        text.remove_prefix(8);
        continue;
      }
    }
    const size_t length = SequenceLength(text);
    if (length == 0) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

absl::Status CheckValues(absl::Span<const Value> values) {
  for (const Value& value : values) {
    if (const auto* text = std::get_if<std::string>(&value); text != nullptr && !IsUtf8WithoutNul(*text)) {
      return Fail("DATABASE_INTERNAL", {{"detail", "a text that is not UTF-8 or holds NUL"}});
    }
    if (const auto* number = std::get_if<double>(&value); number != nullptr && std::isnan(*number)) {
      return Fail("DATABASE_INTERNAL", {{"detail", "a number that is NaN"}});
    }
  }
  return absl::OkStatus();
}

std::string Checksum(std::string_view text) {
  uint64_t hash = 14695981039346656037ULL;
  for (char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  return absl::StrFormat("%016x", hash);
}

}  // namespace ruraledu::db
