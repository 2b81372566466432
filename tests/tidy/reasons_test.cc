// The table of reason codes: sorted, complete, pinned.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "google/rpc/code.pb.h"
#include "tests/tidy/source_tree.h"

namespace ruraledu::tidy {
namespace {

bool IsReason(std::string_view text) {
  return text.size() > 2 && std::isupper(static_cast<unsigned char>(text[0])) != 0 &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isupper(c) != 0 || std::isdigit(c) != 0 || c == '_'; });
}

// The literal that begins at `at`, "" when there is none.
std::string LiteralAt(std::string_view text, size_t at) {
  while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) != 0) {
    ++at;
  }
  if (at >= text.size() || text[at] != '"') {
    return "";
  }
  return std::string(text.substr(at + 1, text.find('"', at + 1) - at - 1));
}

// The place after the first comma of the arguments that begin at `at`, npos when there is no second argument.
size_t SecondArgument(std::string_view text, size_t at) {
  int depth = 0;
  bool quoted = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"' && text[at - 1] != '\\') {
      quoted = !quoted;
    } else if (quoted) {
      continue;
    } else if (c == ',' && depth == 0) {
      return at + 1;
    } else if (absl::StrContains("([{", std::string(1, c))) {
      ++depth;
    } else if (absl::StrContains(")]}", std::string(1, c)) && --depth < 0) {
      break;
    }
  }
  return std::string_view::npos;
}

// Every reason that a file names in Fail, EnglishText, ChineseText, FindReason and Violations::Add.
std::vector<std::pair<size_t, std::string>> NamedReasons(std::string_view cpp) {
  std::vector<std::pair<size_t, std::string>> found;
  const std::string text = WithoutComments(cpp);
  for (const std::string_view call : {"Fail(", "EnglishText(", "ChineseText(", "FindReason("}) {
    for (size_t at = text.find(call); at != std::string::npos; at = text.find(call, at + 1)) {
      if (const std::string reason = LiteralAt(text, at + call.size()); IsReason(reason)) {
        found.emplace_back(at, reason);
      }
    }
  }
  for (size_t at = text.find(".Add("); at != std::string::npos; at = text.find(".Add(", at + 1)) {
    const size_t second = SecondArgument(text, at + 5);
    if (const std::string reason = second == std::string::npos ? "" : LiteralAt(text, second); IsReason(reason)) {
      found.emplace_back(at, reason);
    }
  }
  return found;
}

std::string GoldenText() {
  std::string text;
  for (const ReasonInfo& info : Reasons()) {
    absl::StrAppend(&text, info.reason, " ", google::rpc::Code_Name(static_cast<google::rpc::Code>(info.code)), "\n");
  }
  return text;
}

TEST(ReasonTable, IsSortedAndComplete) {
  std::vector<std::string> names;
  for (const ReasonInfo& info : Reasons()) {
    names.emplace_back(info.reason);
    EXPECT_TRUE(IsReason(info.reason)) << info.reason;
    EXPECT_FALSE(info.english.empty()) << info.reason;
    const bool chinese = std::any_of(info.chinese.begin(), info.chinese.end(), [](char c) { return c < 0; });
    EXPECT_TRUE(chinese || info.chinese == "{argument}：{problem}") << info.reason;
    EXPECT_NE(info.code, absl::StatusCode::kOk) << info.reason;
  }
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

// The placeholders of both texts are the same, so that no argument is lost in translation.
TEST(ReasonTable, TextsHaveTheSamePlaceholders) {
  const auto placeholders = [](std::string_view text) {
    std::set<std::string> names;
    for (size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
      names.emplace(text.substr(open, text.find('}', open) - open + 1));
    }
    return names;
  };
  for (const ReasonInfo& info : Reasons()) {
    EXPECT_EQ(placeholders(info.english), placeholders(info.chinese)) << info.reason;
  }
}

TEST(ReasonTable, HoldsEveryReasonInTheTree) {
  std::set<std::string> known;
  for (const ReasonInfo& info : Reasons()) {
    known.emplace(info.reason);
  }
  std::vector<std::string> findings;
  size_t named = 0;
  for (const SourceFile& file : CppFiles()) {
    if (file.path.starts_with("tests/")) {
      continue;
    }
    for (const auto& [at, reason] : NamedReasons(file.text)) {
      ++named;
      if (!known.contains(reason)) {
        findings.push_back(At(file, at, absl::StrCat(reason, " is not in common/base/reasons_*.cc")));
      }
    }
  }
  EXPECT_GT(named, 100u);
  EXPECT_TRUE(findings.empty()) << Joined(findings);
}

TEST(ReasonTable, NamesAreFoundInEveryForm) {
  const auto found = NamedReasons(R"cc(
    return Fail("FIRST_ONE", {{"a", "B"}});
    violations.Add("grant.area", "SECOND_ONE", {{"area", x}});
    violations.Add(absl::StrCat("rows[", i, "]"), "THIRD_ONE");
    EnglishText("FOURTH_ONE");
    // Fail("IN_A_COMMENT")
    table.Add({"a", "NOT_ONE"});
    sum.Add(one, two);
  )cc");
  std::set<std::string> names;
  for (const auto& [at, reason] : found) {
    names.insert(reason);
  }
  EXPECT_EQ(names, (std::set<std::string>{"FIRST_ONE", "SECOND_ONE", "THIRD_ONE", "FOURTH_ONE"}));
}

// Reasons are a contract: callers branch on them. A change of this file is a change of the contract; to accept it:
//   ruraledu reasons --codes > tests/golden/reasons.txt
TEST(ReasonTable, IsTheGoldenOne) {
  const auto golden = FilesBelow({"tests/golden"}, {"reasons.txt"});
  ASSERT_EQ(golden.size(), 1u);
  const std::vector<std::string> expected = absl::StrSplit(golden[0].text, '\n');
  const std::vector<std::string> actual = absl::StrSplit(GoldenText(), '\n');
  std::vector<std::string> differences;
  for (const std::string& line : expected) {
    if (std::find(actual.begin(), actual.end(), line) == actual.end()) {
      differences.push_back("gone: " + line);
    }
  }
  for (const std::string& line : actual) {
    if (std::find(expected.begin(), expected.end(), line) == expected.end()) {
      differences.push_back("new: " + line);
    }
  }
  EXPECT_TRUE(differences.empty()) << Joined(differences);
}

}  // namespace
}  // namespace ruraledu::tidy
