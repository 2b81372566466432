#include "common/ingest/xlsx_book.h"

#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/ingest/xml_stream.h"

namespace ruraledu::ingest {
namespace {

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

int ToInt(std::string_view text) {
  int value = 0;
  return absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &value) ? value : -1;
}

class Small : public XmlEvents {
 public:
  void End(std::string_view) override {}
  void Text(std::string_view) override {}
};

struct Relation {
  std::string type, target;
};

// A relationships part: id -> kind (last word of the type) and target as a part name.
class Relations final : public Small {
 public:
  explicit Relations(std::string folder) : folder_(std::move(folder)) {}
  void Start(std::string_view name, const char** attributes) override {
    if (name != "Relationship" || Attribute(attributes, "TargetMode") == "External") {
      return;
    }
    std::string_view type = Attribute(attributes, "Type");
    Relation relation{std::string(type.substr(type.rfind('/') + 1)), Part(Attribute(attributes, "Target"))};
    all.emplace(Attribute(attributes, "Id"), std::move(relation));
    if (all.size() > 10'000) {
      Refuse(Fail("ZIP_BOMB"));
    }
  }
  const std::string* Find(std::string_view type) const {
    for (const auto& [id, relation] : all) {
      if (relation.type == type) {
        return &relation.target;
      }
    }
    return nullptr;
  }

  std::map<std::string, Relation, std::less<>> all;

 private:
  std::string Part(std::string_view target) const {
    if (!target.empty() && target[0] == '/') {
      return std::string(target.substr(1));
    }
    std::string folder = folder_;
    for (; target.substr(0, 3) == "../"; target.remove_prefix(3)) {
      folder.resize(folder.empty() ? 0 : folder.size() - 1);
      folder.resize(folder.rfind('/') + 1);
    }
    while (target.substr(0, 2) == "./") {
      target.remove_prefix(2);
    }
    return folder + std::string(target);
  }
  std::string folder_;
};

class Workbook final : public Small {
 public:
  struct Sheet {
    std::string name, id;
    bool visible;
  };
  void Start(std::string_view name, const char** attributes) override {
    if (name == "workbookPr") {
      std::string_view flag = Attribute(attributes, "date1904");
      system_1904 = flag == "1" || flag == "true";
    } else if (name == "sheet" && sheets.size() < 10'000) {
      std::string_view state = Attribute(attributes, "state");
      sheets.push_back(
          {std::string(Attribute(attributes, "name")), RelationId(attributes), state.empty() || state == "visible"});
    }
  }
  bool system_1904 = false;
  std::vector<Sheet> sheets;

 private:
  // `id` with a prefix; `sheetId` is something else.
  static std::string RelationId(const char** attributes) {
    for (; *attributes != nullptr; attributes += 2) {
      if (EndsWith(attributes[0], ":id")) {
        return attributes[1];
      }
    }
    return "";
  }
};

// Number formats that the standard and the Chinese locale give without a format code: dates, not times of day.
bool IsDateFormat(int id) {
  return (id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 31) || id == 36 || (id >= 50 && id <= 54) ||
         id == 57 || id == 58;
}

// Whether a format code shows a day or year: y or d outside quotes, brackets and escapes.
bool IsDateCode(std::string_view code) {
  bool quoted = false, bracket = false;
  for (size_t i = 0; i < code.size() && (quoted || code[i] != ';'); ++i) {
    char c = absl::ascii_tolower(static_cast<unsigned char>(code[i]));
    if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '\\' || c == '_' || c == '*')) {
      ++i;
    } else if (!quoted && (c == '[' || c == ']')) {
      bracket = c == '[';
    } else if (!quoted && !bracket && (c == 'y' || c == 'd')) {
      return true;
    }
  }
  return false;
}

class Styles final : public Small {
 public:
  void Start(std::string_view name, const char** attributes) override {
    if (name == "numFmt") {
      codes_[ToInt(Attribute(attributes, "numFmtId"))] = IsDateCode(Attribute(attributes, "formatCode"));
    } else if (name == "cellXfs") {
      inside_ = true;
    } else if (name == "xf" && inside_ && dates.size() < 100'000) {
      int id = ToInt(Attribute(attributes, "numFmtId"));
      auto code = codes_.find(id);
      dates.push_back(code != codes_.end() ? code->second : IsDateFormat(id));
    }
  }
  void End(std::string_view name) override { inside_ = inside_ && name != "cellXfs"; }
  std::vector<bool> dates;

 private:
  bool inside_ = false;
  std::map<int, bool> codes_;
};

class SharedStrings final : public XmlEvents {
 public:
  SharedStrings(StringStore* store, int64_t cell_bytes) : store_(store), cell_bytes_(cell_bytes) {}
  void Start(std::string_view name, const char**) override {
    if (name == "si") {
      text_.clear();
    }
    phonetic_ = phonetic_ || name == "rPh";
    take_ = name == "t" && !phonetic_;
  }
  void End(std::string_view name) override {
    take_ = false;
    if (name == "rPh") {
      phonetic_ = false;
    } else if (name == "si") {
      DecodeEscapes(text_);
      Refuse(store_->Add(text_));
    }
  }
  void Text(std::string_view text) override {
    if (!take_) {
      return;
    }
    if (static_cast<int64_t>(text_.size() + text.size()) > cell_bytes_) {
      Refuse(Fail("CELL_TOO_LONG", {{"line", "?"}, {"limit", std::to_string(cell_bytes_)}}));
      return;
    }
    text_.append(text);
  }

 private:
  StringStore* store_;
  int64_t cell_bytes_;
  std::string text_;
  bool take_ = false, phonetic_ = false;
};

absl::StatusOr<std::string> FindWorkbook(ZipFile& zip) {
  if (!zip.Has("[Content_Types].xml") || !zip.Has("_rels/.rels")) {
    return Fail("FILE_KIND_UNKNOWN");
  }
  Relations package("");
  RETURN_IF_ERROR(ReadPart(zip, "_rels/.rels", package));
  const std::string* part = package.Find("officeDocument");
  if (part == nullptr || !EndsWith(*part, ".xml") || part->find("workbook") == std::string::npos) {
    return Fail("FILE_KIND_UNKNOWN");
  }
  return *part;
}

}  // namespace

absl::StatusOr<XlsxBook> ReadBook(ZipFile& zip, const TableOptions& options) {
  ASSIGN_OR_RETURN(std::string part, FindWorkbook(zip));
  Workbook workbook;
  RETURN_IF_ERROR(ReadPart(zip, part, workbook));
  size_t slash = part.rfind('/') + 1;
  Relations relations(part.substr(0, slash));
  RETURN_IF_ERROR(ReadPart(zip, part.substr(0, slash) + "_rels/" + part.substr(slash) + ".rels", relations));
  XlsxBook book;
  book.system_1904 = workbook.system_1904;
  for (const Workbook::Sheet& sheet : workbook.sheets) {
    auto relation = relations.all.find(sheet.id);
    if (sheet.visible && relation != relations.all.end() && relation->second.type == "worksheet") {
      book.sheet_name = sheet.name;
      book.sheet_part = relation->second.target;
      break;
    }
  }
  if (book.sheet_part.empty()) {
    return Fail("FILE_EMPTY");
  }
  if (const std::string* styles = relations.Find("styles")) {
    Styles events;
    RETURN_IF_ERROR(ReadPart(zip, *styles, events));
    book.date_styles = std::move(events.dates);
  }
  book.strings = std::make_unique<StringStore>(options.limits, options.scratch);
  if (const std::string* strings = relations.Find("sharedStrings")) {
    SharedStrings events(book.strings.get(), options.limits.cell_bytes);
    RETURN_IF_ERROR(ReadPart(zip, *strings, events));
  }
  return book;
}

void DecodeEscapes(std::string& text) {
  size_t to = 0;
  for (size_t at = 0; at < text.size();) {
    int code = 0;
    bool escape = text.compare(at, 2, "_x") == 0 && at + 7 <= text.size() && text[at + 6] == '_';
    for (size_t i = 2; escape && i < 6; ++i) {
      auto c = static_cast<unsigned char>(text[at + i]);
      escape = absl::ascii_isxdigit(c);
      code = code * 16 + (absl::ascii_isdigit(c) ? c - '0' : (absl::ascii_tolower(c) - 'a' + 10));
    }
    if (escape && code < 0x80) {
      text[to++] = static_cast<char>(code);
      at += 7;
    } else {
      text[to++] = text[at++];
    }
  }
  text.resize(to);
}

}  // namespace ruraledu::ingest
