// Sizes that can be read in one go: files 95 in 100 of at most 400 lines and none above 900; functions of the product
// 95 in 100 of at most 40 lines and none above 70.
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/tidy/source_tree.h"

namespace ruraledu::tidy {
namespace {

struct Function {
  int line = 0;
  int lines = 0;
};

// Whether a line can be the one before the first line of a declaration.
bool EndsSomething(std::string_view line) {
  line = absl::StripTrailingAsciiWhitespace(line);
  return line.empty() || line.back() == ';' || line.back() == '{' || line.back() == '}' || line.back() == ':' ||
         line.front() == '#';
}

size_t IndentOf(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

// Function bodies of formatted code: a head with parentheses whose last line ends in a brace, down to the brace at the
// indent of the head. What is nested (lambdas) counts to the function around it.
std::vector<Function> FunctionsOf(std::string_view text) {
  const std::string code = CodeOnly(text);
  const std::vector<std::string_view> lines = absl::StrSplit(code, '\n');
  std::vector<Function> functions;
  for (size_t open = 0; open < lines.size(); ++open) {
    if (!absl::EndsWith(absl::StripTrailingAsciiWhitespace(lines[open]), "{")) continue;
    size_t first = open;
    while (first > 0 && !EndsSomething(lines[first - 1])) --first;
    std::string head;
    for (size_t i = first; i <= open; ++i) absl::StrAppend(&head, absl::StripLeadingAsciiWhitespace(lines[i]), " ");
    const size_t parenthesis = head.find('(');
    const bool scope = head.starts_with("namespace ") || head.starts_with("class ") || head.starts_with("struct ") ||
                       head.starts_with("enum ") || head.starts_with("union ") || head.starts_with("}");
    if (scope || parenthesis == std::string::npos || head.find('{') < parenthesis || head.ends_with("= { ")) continue;
    const size_t indent = IndentOf(lines[first]);
    size_t close = open + 1;
    while (close < lines.size() &&
           !(IndentOf(lines[close]) == indent && lines[close].substr(indent).starts_with("}"))) {
      ++close;
    }
    functions.push_back({static_cast<int>(first + 1), static_cast<int>(close - first + 1)});
    open = close;
  }
  return functions;
}

int Percentile95(std::vector<int> sizes) {
  std::sort(sizes.begin(), sizes.end());
  return sizes[sizes.size() * 95 / 100];
}

TEST(Sizes, OfFiles) {
  std::vector<int> sizes;
  for (const SourceFile& file : CppFiles()) {
    sizes.push_back(static_cast<int>(std::count(file.text.begin(), file.text.end(), '\n')));
    EXPECT_LE(sizes.back(), 900) << file.path;
  }
  EXPECT_LE(Percentile95(sizes), 400);
}

TEST(Sizes, OfFunctions) {
  std::vector<int> sizes;
  for (const SourceFile& file : CppFiles()) {
    if (file.path.starts_with("tests/")) continue;
    for (const Function& function : FunctionsOf(file.text)) {
      sizes.push_back(function.lines);
      EXPECT_LE(function.lines, 70) << file.path << ":" << function.line;
    }
  }
  ASSERT_GT(sizes.size(), 1000u);
  EXPECT_LE(Percentile95(sizes), 40);
}

TEST(Sizes, TheCounterCounts) {
  const auto functions = FunctionsOf(
      "namespace a {\n"
      "struct B {\n"
      "  int c() const {\n"
      "    return 1;  // }\n"
      "  }\n"
      "};\n"
      "const T kTable{\"x\", F([](int) {\n"
      "                 return 1;\n"
      "               })};\n"
      "\n"
      "int Long(int a,\n"
      "         int b) {\n"
      "  if (a) {\n"
      "    b = [](int) {\n"
      "      return 2;\n"
      "    }(a);\n"
      "  }\n"
      "  return b;\n"
      "}\n"
      "}  // namespace a\n");
  ASSERT_EQ(functions.size(), 2u);
  EXPECT_EQ(functions[0].line, 3);
  EXPECT_EQ(functions[0].lines, 3);
  EXPECT_EQ(functions[1].line, 11);
  EXPECT_EQ(functions[1].lines, 9);
}

}  // namespace
}  // namespace ruraledu::tidy
