#include <algorithm>

#include "common/base/error.h"
#include "common/domain/data_table.h"
#include "common/domain/load_file.h"
#include "common/domain/text.h"
#include "common/ingest/header_map.h"

namespace ruraledu::ingest {
namespace {

constexpr std::string_view kNote = "_note";

// Headers that mean the same have one key. `remarks`: whether the text in brackets counts.
std::string Key(std::string_view header, bool remarks) {
  std::string text = NormalizeCode(header), key;
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (text.compare(i, 3, "【") == 0 || c == '(' || c == '[') {
      ++depth;
    } else if (text.compare(i, 3, "】") == 0 || c == ')' || c == ']') {
      depth = std::max(depth - 1, 0);
    } else if (remarks || depth == 0) {
      if (text.compare(i, 3, "、") == 0) {
        i += 2;
      } else if (std::string_view(" *_-:./\\'\"").find(c) == std::string_view::npos) {
        key.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
      }
    }
    if (static_cast<unsigned char>(c) == 0xE3 && (text.compare(i, 3, "【") == 0 || text.compare(i, 3, "】") == 0)) {
      i += 2;
    }
  }
  return key;
}

std::vector<std::string> Split(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size() && !text.empty();) {
    size_t end = std::min(text.find('|', at), text.size());
    parts.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

bool ReadKind(std::string_view text, FieldSpec& field) {
  static constexpr std::pair<std::string_view, ValueKind> kKinds[] = {
      {"text", ValueKind::kText}, {"name", ValueKind::kName},   {"id", ValueKind::kId},
      {"date", ValueKind::kDate}, {"money", ValueKind::kMoney}, {"bool", ValueKind::kBool},
      {"tick", ValueKind::kTick}, {"int", ValueKind::kInt},     {"ignored", ValueKind::kIgnored}};
  if (text.substr(0, 5) == "code:" && text.size() > 5) {
    field.kind = ValueKind::kCode;
    field.list = std::string(text.substr(5));
    return true;
  }
  const auto* found =
      std::find_if(std::begin(kKinds), std::end(kKinds), [&](auto& kind) { return kind.first == text; });
  if (found == std::end(kKinds)) {
    return false;
  }
  field.kind = found->second;
  return true;
}

bool ReadClass(std::string_view text, FieldSpec& field) {
  static constexpr std::string_view kClasses[] = {"PUBLIC", "PERSONAL", "IDENTIFIER", "SENSITIVE"};
  const auto* found = std::find(std::begin(kClasses), std::end(kClasses), text);
  field.data_class = static_cast<DataClass>(found - std::begin(kClasses));
  return found != std::end(kClasses);
}

absl::StatusOr<FieldSpec> ReadField(const DataTable& table, size_t row) {
  FieldSpec field;
  field.name = std::string(table.Get(row, "field"));
  std::string_view required = table.Get(row, "required"), carry = table.Get(row, "carry");
  field.required_value = required == "yes";
  field.required_column = required == "yes" || required == "column";
  field.carry = carry == "key" ? Carry::kKey : carry == "yes" ? Carry::kYes : Carry::kNo;
  field.synonyms = Split(table.Get(row, "synonyms"));
  if (field.name.empty() || !ReadKind(table.Get(row, "kind"), field) || !ReadClass(table.Get(row, "class"), field) ||
      (!field.required_column && required != "no") || (field.carry == Carry::kNo && !carry.empty())) {
    return table.Error(row, "field, required, kind, class or carry has no meaning");
  }
  return field;
}

}  // namespace

absl::StatusOr<HeaderSpec> HeaderSpec::Parse(std::string_view name, std::string_view text) {
  static constexpr std::string_view kColumns[] = {"field", "required", "kind", "synonyms", "class", "carry", "source"};
  ASSIGN_OR_RETURN(DataTable table, DataTable::Parse(name, text, kColumns));
  HeaderSpec spec;
  for (size_t row = 0; row < table.size(); ++row) {
    ASSIGN_OR_RETURN(FieldSpec field, ReadField(table, row));
    if (field.name == kNote) {
      spec.notes_ = std::move(field.synonyms);
      continue;
    }
    if (field.kind == ValueKind::kIgnored) {
      continue;
    }
    auto index = static_cast<int>(spec.fields_.size());
    std::vector<std::string> labels = field.synonyms;
    labels.push_back(field.name);
    for (const std::string& label : labels) {
      auto [entry, added] = spec.by_key_.emplace(Key(label, true), index);
      if (!added && entry->second != index) {
        return table.Error(row, "a synonym of two fields: " + label);
      }
    }
    spec.fields_.push_back(std::move(field));
  }
  return spec;
}

absl::StatusOr<HeaderSpec> HeaderSpec::Load(const std::string& path) {
  ASSIGN_OR_RETURN(std::string text, LoadFile(path));
  return Parse(path.substr(path.rfind('/') + 1), text);
}

int HeaderSpec::Field(std::string_view name) const {
  auto found = std::find_if(fields_.begin(), fields_.end(), [&](const FieldSpec& field) { return field.name == name; });
  return found == fields_.end() ? -1 : static_cast<int>(found - fields_.begin());
}

int HeaderSpec::Match(std::string_view header) const {
  for (bool remarks : {true, false}) {
    auto found = by_key_.find(Key(header, remarks));
    if (found != by_key_.end()) {
      return found->second;
    }
  }
  return -1;
}

}  // namespace ruraledu::ingest
