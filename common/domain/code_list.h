// Code lists as dated data: deploy/data/codes/<list>.csv with the columns
//   code,label_zh,label_en,valid_from,valid_to,standard,source
// and, where present, synonyms ("名字|学生姓名") and any attribute columns of the list ("source_department", "auto").
// The order of the file is the order for people. A code may return with other labels in another time.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/domain/data_table.h"

namespace ruraledu {

struct CodeEntry {
  std::string code;
  std::string label_zh;
  std::string label_en;
  absl::CivilDay valid_from = kFirstDay;  // first day
  absl::CivilDay valid_to = kLastDay;     // first day after
  std::string standard;                   // "GB/T 3304-1991"; may be empty
  std::string source;
  std::vector<std::string> synonyms;
  std::map<std::string, std::string, std::less<>> attributes;

  bool ValidOn(absl::CivilDay day) const { return valid_from <= day && day < valid_to; }
  // "" when the list has no such column.
  std::string_view Attribute(std::string_view name) const;
};

class CodeList {
 public:
  // Errors: DATA_FILE (shape; empty code, label or source; one code or one label twice in overlapping times).
  static absl::StatusOr<CodeList> Parse(std::string_view name, std::string_view text);

  std::string_view name() const { return name_; }
  absl::Span<const CodeEntry> entries() const { return entries_; }

  // The entry of a code, whenever it was valid: the last version. nullptr when the code is unknown.
  const CodeEntry* Find(std::string_view code) const;
  // The entry of a code that is valid on the day.
  const CodeEntry* Find(std::string_view code, absl::CivilDay day) const;
  // By Chinese or English label or synonym, after removing blanks and full-width forms; valid on the day.
  const CodeEntry* FindLabel(std::string_view label, absl::CivilDay day) const;
  // What a cell of a file means: a code or else a label. CODE_UNKNOWN{list} without the cell's content, which may be
  // sensitive.
  absl::StatusOr<std::string> CodeOf(std::string_view cell, absl::CivilDay day) const;

 private:
  absl::Status Add(const DataTable& table, size_t row);
  absl::Status Register(const DataTable& table, size_t row);

  std::string name_;
  std::vector<CodeEntry> entries_;
  std::map<std::string, std::vector<size_t>, std::less<>> by_code_;   // in file order
  std::map<std::string, std::vector<size_t>, std::less<>> by_label_;  // normalised label
};

// <data_folder>/codes/<name>.csv. DATA_FILE, DATA_FILE_UNREADABLE.
absl::StatusOr<CodeList> LoadCodeList(std::string_view data_folder, std::string_view name);

// All lists of a deployment.
class CodeLists {
 public:
  // Every *.csv of the folder (deploy/data/codes), named by its file. Errors: DATA_FILE, DATA_FILE_UNREADABLE.
  static absl::StatusOr<CodeLists> Load(const std::string& folder);

  void Put(CodeList list);
  // nullptr when there is no such list.
  const CodeList* Find(std::string_view name) const;
  // The list; CODE_LIST_UNKNOWN{list}.
  absl::StatusOr<const CodeList*> Get(std::string_view name) const;
  std::vector<std::string> names() const;

 private:
  std::map<std::string, CodeList, std::less<>> lists_;
};

}  // namespace ruraledu
