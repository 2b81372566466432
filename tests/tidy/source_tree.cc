#include "tests/tidy/source_tree.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace ruraledu::tidy {
namespace {

namespace fs = std::filesystem;

std::string Read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

enum class Part { kCode, kLineComment, kBlockComment, kText, kCharacter, kRawText };

// Walks C++ and tells of which part each character is. A quote belongs to the literal that it opens or closes.
template <typename Each>
void Walk(std::string_view cpp, Each each) {
  Part part = Part::kCode;
  std::string raw_end;
  for (size_t i = 0; i < cpp.size(); ++i) {
    const char c = cpp[i];
    const std::string_view rest = cpp.substr(i);
    if (part == Part::kCode) {
      const bool digit_separator = c == '\'' && i > 0 && std::isdigit(static_cast<unsigned char>(cpp[i - 1])) != 0;
      if (rest.starts_with("//")) {
        part = Part::kLineComment;
      } else if (rest.starts_with("/*")) {
        part = Part::kBlockComment;
      } else if (c == '"' && i > 0 && cpp[i - 1] == 'R') {
        part = Part::kRawText;
        raw_end = absl::StrCat(")", cpp.substr(i + 1, cpp.find('(', i) - i - 1), "\"");
      } else if (c == '"') {
        part = Part::kText;
      } else if (c == '\'' && !digit_separator) {
        part = Part::kCharacter;
      }
      each(i, part);
      continue;
    }
    each(i, part);
    if (part == Part::kLineComment && c == '\n') {
      part = Part::kCode;
    } else if (part == Part::kBlockComment && c == '/' && cpp[i - 1] == '*') {
      part = Part::kCode;
    } else if (part == Part::kRawText && rest.starts_with(raw_end)) {
      for (size_t end = i + raw_end.size() - 1; i < end;) {
        each(++i, part);
      }
      part = Part::kCode;
    } else if ((part == Part::kText || part == Part::kCharacter) && c == '\\' && i + 1 < cpp.size()) {
      each(++i, part);
    } else if ((part == Part::kText && c == '"') || (part == Part::kCharacter && c == '\'')) {
      part = Part::kCode;
    }
  }
}

bool IsWordPart(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::string Blanked(std::string_view cpp, bool texts_too) {
  std::string text(cpp);
  Walk(cpp, [&](size_t i, Part part) {
    const bool comment = part == Part::kLineComment || part == Part::kBlockComment;
    if ((comment || (texts_too && part != Part::kCode)) && text[i] != '\n') {
      text[i] = ' ';
    }
  });
  return text;
}

}  // namespace

std::vector<SourceFile> FilesBelow(const std::vector<std::string>& folders, const std::vector<std::string>& endings) {
  std::vector<SourceFile> files;
  const fs::path root = RURALEDU_SOURCE_DIR;
  for (const std::string& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string path = fs::relative(entry.path(), root).string();
      const bool wanted = std::any_of(endings.begin(), endings.end(), [&](const auto& e) { return path.ends_with(e); });
      if (entry.is_regular_file() && wanted) {
        files.push_back({path, Read(entry.path())});
      }
    }
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

const std::vector<SourceFile>& CppFiles() {
  static const auto* const files =
      new std::vector<SourceFile>(FilesBelow({"common", "services", "tests"}, {".h", ".cc"}));
  return *files;
}

std::string WithoutComments(std::string_view cpp) {
  return Blanked(cpp, false);
}

std::string CodeOnly(std::string_view cpp) {
  return Blanked(cpp, true);
}

std::vector<Literal> StringLiterals(std::string_view cpp) {
  std::vector<Literal> literals;
  std::string current;
  bool inside = false, adjacent = false;
  size_t start = 0;
  const auto close = [&] {
    const bool raw = current.size() > 1 && current[1] != '"' && cpp[start] == '"' && start > 0 && cpp[start - 1] == 'R';
    std::string text = current.substr(1, current.size() - 2);
    if (raw) {
      text = text.substr(text.find('(') + 1);
      text = text.substr(0, text.rfind(')'));
    }
    if (adjacent && !literals.empty()) {
      literals.back().text += text;
    } else {
      literals.push_back({LineOf(cpp, start), text});
    }
    adjacent = true;
  };
  Part before = Part::kCode;
  Walk(cpp, [&](size_t i, Part part) {
    const bool text = part == Part::kText || part == Part::kRawText;
    const bool opens = text && (!inside || before == Part::kCode);
    if (inside && !text) {
      close();
      inside = false;
    }
    if (opens && !inside) {
      start = i;
      current.clear();
      inside = true;
    }
    if (inside) {
      current += cpp[i];
      if (current.size() > 1 && part == Part::kText && cpp[i] == '"' && cpp[i - 1] != '\\') {
        close();
        inside = false;
      }
    } else if (part == Part::kCode && std::isspace(static_cast<unsigned char>(cpp[i])) == 0 && cpp[i] != 'R') {
      adjacent = false;
    }
    before = part;
  });
  return literals;
}

std::vector<std::string> Includes(std::string_view cpp) {
  std::vector<std::string> includes;
  for (std::string_view line : absl::StrSplit(WithoutComments(cpp), '\n')) {
    if (!line.starts_with("#include ") || line.size() < 12) {
      continue;
    }
    const std::string_view name = line.substr(10);
    includes.emplace_back(name.substr(0, name.find_first_of("\">")));
  }
  return includes;
}

int LineOf(std::string_view text, size_t offset) {
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

size_t FindWord(std::string_view text, std::string_view word, size_t from) {
  for (size_t at = text.find(word, from); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool free_before = at == 0 || !IsWordPart(text[at - 1]) || !IsWordPart(word.front());
    const size_t end = at + word.size();
    const bool free_after = end == text.size() || !IsWordPart(text[end]) || !IsWordPart(word.back());
    if (free_before && free_after) {
      return at;
    }
  }
  return std::string_view::npos;
}

std::string At(const SourceFile& file, size_t offset, std::string_view problem) {
  return absl::StrCat(file.path, ":", LineOf(file.text, offset), ": ", problem);
}

std::string Joined(const std::vector<std::string>& findings) {
  return absl::StrCat(findings.size(), " findings\n", absl::StrJoin(findings, "\n"));
}

}  // namespace ruraledu::tidy
