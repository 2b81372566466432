// The tree as text, for checks that a compiler does not make.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ruraledu::tidy {

struct SourceFile {
  std::string path;  // "services/registry/store.cc"
  std::string text;
};

// Files below `folders` whose names end in one of `endings`, in order of path. Reads from the source directory.
std::vector<SourceFile> FilesBelow(const std::vector<std::string>& folders, const std::vector<std::string>& endings);
// C++ of common, services and tests.
const std::vector<SourceFile>& CppFiles();

// Comments become blanks; line breaks and string literals stay.
std::string WithoutComments(std::string_view cpp);
// Comments and the contents of string and character literals become blanks.
std::string CodeOnly(std::string_view cpp);

struct Literal {
  int line;
  std::string text;  // adjacent literals joined
};
std::vector<Literal> StringLiterals(std::string_view cpp);

// What is between <> or "" of every include.
std::vector<std::string> Includes(std::string_view cpp);

int LineOf(std::string_view text, size_t offset);
// Whether `word` occurs with no letter, digit or underscore beside it; its first place, or npos.
size_t FindWord(std::string_view text, std::string_view word, size_t from = 0);

// "path:line: problem" for failure messages.
std::string At(const SourceFile& file, size_t offset, std::string_view problem);
std::string Joined(const std::vector<std::string>& findings);

}  // namespace ruraledu::tidy
