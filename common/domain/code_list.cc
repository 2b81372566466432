#include "common/domain/code_list.h"

#include <filesystem>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/domain/full_width.h"
#include "common/domain/load_file.h"

namespace ruraledu {
namespace {

constexpr std::string_view kColumns[] = {"code",     "label_zh", "label_en", "valid_from",
                                         "valid_to", "standard", "source"};

std::string LabelKey(std::string_view label) {
  return absl::AsciiStrToLower(absl::StrReplaceAll(ToHalfWidth(label), {{" ", ""}, {"\t", ""}}));
}

bool Overlap(const CodeEntry& a, const CodeEntry& b) {
  return a.valid_from < b.valid_to && b.valid_from < a.valid_to;
}

}  // namespace

std::string_view CodeEntry::Attribute(std::string_view name) const {
  const auto found = attributes.find(name);
  return found == attributes.end() ? std::string_view() : std::string_view(found->second);
}

absl::StatusOr<CodeList> CodeList::Parse(std::string_view name, std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse(name, text, kColumns));
  CodeList list;
  list.name_ = std::string(name);
  for (size_t row = 0; row < table.size(); ++row) {
    RETURN_IF_ERROR(list.Add(table, row));
    RETURN_IF_ERROR(list.Register(table, row));
  }
  return list;
}

absl::Status CodeList::Add(const DataTable& table, size_t row) {
  CodeEntry entry;
  entry.code = std::string(table.Get(row, "code"));
  entry.label_zh = std::string(table.Get(row, "label_zh"));
  entry.label_en = std::string(table.Get(row, "label_en"));
  entry.standard = std::string(table.Get(row, "standard"));
  entry.source = std::string(table.Get(row, "source"));
  if (entry.code.empty() || entry.label_zh.empty() || entry.source.empty()) {
    return table.Error(row, "code, label_zh and source are required");
  }
  ASSIGN_OR_RETURN(entry.valid_from, table.Day(row, "valid_from", kFirstDay));
  ASSIGN_OR_RETURN(entry.valid_to, table.Day(row, "valid_to", kLastDay));
  if (const std::string_view synonyms = table.Get(row, "synonyms"); !synonyms.empty()) {
    entry.synonyms = absl::StrSplit(synonyms, '|');
  }
  for (std::string_view column : table.columns()) {
    if (column != "synonyms" && !absl::c_linear_search(kColumns, column)) {
      entry.attributes.emplace(column, table.Get(row, column));
    }
  }
  entries_.push_back(std::move(entry));
  return absl::OkStatus();
}

absl::Status CodeList::Register(const DataTable& table, size_t row) {
  const size_t index = entries_.size() - 1;
  const CodeEntry& entry = entries_[index];
  const auto taken = [&](const std::vector<size_t>& others) {
    return absl::c_any_of(others, [&](size_t other) { return other != index && Overlap(entries_[other], entry); });
  };
  std::vector<size_t>& same_code = by_code_[entry.code];
  if (taken(same_code)) {
    return table.Error(row, absl::StrCat("code ", entry.code, " is given twice"));
  }
  same_code.push_back(index);
  std::vector<std::string_view> labels = {entry.label_zh, entry.label_en};
  labels.insert(labels.end(), entry.synonyms.begin(), entry.synonyms.end());
  for (std::string_view label : labels) {
    if (label.empty()) {
      continue;
    }
    std::vector<size_t>& same_label = by_label_[LabelKey(label)];
    if (taken(same_label)) {
      return table.Error(row, absl::StrCat("label ", label, " is given twice"));
    }
    same_label.push_back(index);
  }
  return absl::OkStatus();
}

const CodeEntry* CodeList::Find(std::string_view code) const {
  const auto found = by_code_.find(code);
  if (found == by_code_.end()) {
    return nullptr;
  }
  const size_t last = *absl::c_max_element(
      found->second, [&](size_t a, size_t b) { return entries_[a].valid_from < entries_[b].valid_from; });
  return &entries_[last];
}

const CodeEntry* CodeList::Find(std::string_view code, absl::CivilDay day) const {
  const auto found = by_code_.find(code);
  if (found != by_code_.end()) {
    for (size_t index : found->second) {
      if (entries_[index].ValidOn(day)) {
        return &entries_[index];
      }
    }
  }
  return nullptr;
}

const CodeEntry* CodeList::FindLabel(std::string_view label, absl::CivilDay day) const {
  const auto found = by_label_.find(LabelKey(label));
  if (found != by_label_.end()) {
    for (size_t index : found->second) {
      if (entries_[index].ValidOn(day)) {
        return &entries_[index];
      }
    }
  }
  return nullptr;
}

absl::StatusOr<std::string> CodeList::CodeOf(std::string_view cell, absl::CivilDay day) const {
  std::string code = ToHalfWidth(cell);
  absl::StripAsciiWhitespace(&code);
  const CodeEntry* entry = Find(code, day);
  if (entry == nullptr) {
    entry = FindLabel(cell, day);
  }
  if (entry == nullptr) {
    return Fail("CODE_UNKNOWN", {{"list", name_}});
  }
  return entry->code;
}

absl::StatusOr<CodeList> LoadCodeList(std::string_view data_folder, std::string_view name) {
  ASSIGN_OR_RETURN(const std::string text, LoadFile(absl::StrCat(data_folder, "/codes/", name, ".csv")));
  return CodeList::Parse(name, text);
}

absl::StatusOr<CodeLists> CodeLists::Load(const std::string& folder) {
  CodeLists lists;
  std::error_code error;
  for (std::filesystem::directory_iterator file(folder, error), end; !error && file != end; file.increment(error)) {
    if (file->path().extension() != ".csv") {
      continue;
    }
    ASSIGN_OR_RETURN(const std::string text, LoadFile(file->path().string()));
    ASSIGN_OR_RETURN(CodeList list, CodeList::Parse(file->path().stem().string(), text));
    lists.Put(std::move(list));
  }
  if (error) {
    return Fail("DATA_FILE_UNREADABLE", {{"file", folder}});
  }
  return lists;
}

void CodeLists::Put(CodeList list) {
  std::string name(list.name());
  lists_.insert_or_assign(std::move(name), std::move(list));
}

const CodeList* CodeLists::Find(std::string_view name) const {
  const auto found = lists_.find(name);
  return found == lists_.end() ? nullptr : &found->second;
}

absl::StatusOr<const CodeList*> CodeLists::Get(std::string_view name) const {
  const CodeList* list = Find(name);
  if (list == nullptr) {
    return Fail("CODE_LIST_UNKNOWN", {{"list", name}});
  }
  return list;
}

std::vector<std::string> CodeLists::names() const {
  std::vector<std::string> names;
  for (const auto& [name, list] : lists_) {
    names.push_back(name);
  }
  return names;
}

}  // namespace ruraledu
