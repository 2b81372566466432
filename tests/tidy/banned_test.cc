// What must not be in the tree.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/tidy/source_tree.h"

namespace ruraledu::tidy {
namespace {

struct Ban {
  std::string_view word;
  std::string_view why;
  std::vector<std::string_view> but;   // paths that may
  std::vector<std::string_view> only;  // paths that are looked at; none: all
};

const std::vector<Ban> kBans = {
    {"sleep_for", "wait for a condition, not for time", {}, {"tests/"}},
    {"SleepFor", "wait for a condition, not for time", {}, {"tests/"}},
    {"usleep", "wait for a condition, not for time", {}, {"tests/"}},
    {"std::regex", "unbounded stack and time; write a parser", {}, {}},
    {"getenv", "configuration is a file", {"services/cli/profile.cc", "tests/"}, {}},
    {"system_clock", "Clock is the only source of now", {"common/base/clock", "common/rpc/"}, {"common/", "services/"}},
    {"absl::Now", "Clock is the only source of now", {"common/base/clock"}, {"common/", "services/"}},
    {"std::rand", "absl::BitGen, or a seeded generator in tests", {}, {}},
    {"srand", "absl::BitGen, or a seeded generator in tests", {}, {}},
    {"using namespace std", "names stay visible", {}, {}},
    {"throw", "errors are absl::Status", {"services/cli/"}, {"common/", "services/"}},
    {"strcpy", "no bounds", {}, {}},
    {"sprintf", "no bounds", {}, {}},
};

bool Under(std::string_view path, const std::vector<std::string_view>& folders) {
  return std::any_of(folders.begin(), folders.end(), [&](std::string_view f) { return path.starts_with(f); });
}

std::vector<std::string> BannedIn(const SourceFile& file) {
  std::vector<std::string> findings;
  const std::string code = CodeOnly(file.text);
  for (const Ban& ban : kBans) {
    if ((!ban.only.empty() && !Under(file.path, ban.only)) || Under(file.path, ban.but)) {
      continue;
    }
    for (size_t at = FindWord(code, ban.word); at != std::string::npos; at = FindWord(code, ban.word, at + 1)) {
      findings.push_back(At(file, at, absl::StrCat(ban.word, ": ", ban.why)));
    }
  }
  return findings;
}

// Money is whole fen. Excel stores every number as a double: only its writer may convert.
std::vector<std::string> FloatingMoney(const SourceFile& file) {
  std::vector<std::string> findings;
  int number = 0;
  for (std::string_view line : absl::StrSplit(CodeOnly(file.text), '\n')) {
    ++number;
    const std::string lower = absl::AsciiStrToLower(line);
    const bool floating =
        FindWord(lower, "double") != std::string::npos || FindWord(lower, "float") != std::string::npos;
    const bool money = FindWord(lower, "fen") != std::string::npos || absl::StrContains(lower, "_fen") ||
                       absl::StrContains(lower, "amount") || absl::StrContains(lower, "yuan");
    if (floating && money && file.path != "common/ingest/table_writer.cc") {
      findings.push_back(absl::StrCat(file.path, ":", number, ": floating point near money"));
    }
  }
  return findings;
}

// The tree names nothing outside itself. (Written in two halves: this file is looked at too.)
std::vector<std::string> OutsideReferences(const SourceFile& file) {
  std::vector<std::string> findings;
  const std::string_view names[] = {
      "/wo"
      "rk/",
      "../sha"
      "red",
      "/fa"
      "rm/",
      ".libr"
      "ary",
      "/tmp/"
      "b-",
      "/ro"
      "ot/"};
  for (const std::string_view name : names) {
    for (size_t at = file.text.find(name); at != std::string::npos; at = file.text.find(name, at + 1)) {
      findings.push_back(At(file, at, name));
    }
  }
  return findings;
}

std::vector<std::string> InTree(const std::vector<SourceFile>& files,
                                const std::function<std::vector<std::string>(const SourceFile&)>& check) {
  std::vector<std::string> findings;
  for (const SourceFile& file : files) {
    const auto found = check(file);
    findings.insert(findings.end(), found.begin(), found.end());
  }
  return findings;
}

TEST(Banned, WordsAreNotInTheTree) {
  const auto findings = InTree(CppFiles(), BannedIn);
  EXPECT_TRUE(findings.empty()) << Joined(findings);
}

TEST(Banned, MoneyIsNeverFloating) {
  auto files = FilesBelow({"common", "services", "proto"}, {".h", ".cc", ".proto"});
  const auto findings = InTree(files, FloatingMoney);
  EXPECT_TRUE(findings.empty()) << Joined(findings);
}

TEST(Banned, NothingOutsideIsNamed) {
  auto files = FilesBelow({"common", "services", "proto", "tests", "deploy", ".ci"},
                          {".h", ".cc", ".proto", ".txt", ".cmake", ".md", ".sh", ".toml", ".csv", ".textproto",
                           ".yaml", ".yml", ".json", ".sql", "/run"});
  const auto findings = InTree(files, OutsideReferences);
  EXPECT_TRUE(findings.empty()) << Joined(findings);
}

TEST(Banned, NoFileIsTooLong) {
  constexpr int64_t kLongest = 900;
  for (const SourceFile& file : CppFiles()) {
    EXPECT_LE(std::count(file.text.begin(), file.text.end(), '\n'), kLongest) << file.path;
  }
}

TEST(Banned, WrongLinesAreFound) {
  const std::pair<const char*, const char*> wrong[] = {
      {"tests/a_test.cc", "std::this_thread::sleep_for(x);"},
      {"common/a.cc", "std::regex r;"},
      {"common/a.cc", "getenv(name)"},
      {"services/x/a.cc", "throw Error();"},
      {"services/x/a.cc", "absl::Now()"},
      {"tests/a.cc", "srand(1);"},
  };
  for (const auto& [path, text] : wrong) {
    EXPECT_EQ(BannedIn({path, text}).size(), 1u) << text;
  }
  EXPECT_FALSE(FloatingMoney({"services/a.cc", "double amount_fen = 1;"}).empty());
  EXPECT_FALSE(FloatingMoney({"services/a.cc", "x = static_cast<float>(fen);"}).empty());
  EXPECT_FALSE(OutsideReferences({"README.md",
                                  "see /wo"
                                  "rk/main"})
                   .empty());
}

TEST(Banned, WordsInTextsAndCommentsPass) {
  EXPECT_TRUE(BannedIn({"common/a.cc", "// throw nothing\nLog(\"throw\"); int thrown = 1'000;"}).empty());
  EXPECT_TRUE(FloatingMoney({"common/a.cc", "int64_t amount_fen = 0;\ndouble seconds = 0;"}).empty());
}

TEST(SourceTree, ReadsLiterals) {
  const auto literals = StringLiterals("f(\"a\" // x \"no\"\n  \"b\", \"c\\\"d\", R\"sql(e \" f)sql\", 'g');");
  ASSERT_EQ(literals.size(), 3u);
  EXPECT_EQ(literals[0].text, "ab");
  EXPECT_EQ(literals[1].text, "c\\\"d");
  EXPECT_EQ(literals[2].text, "e \" f");
}

}  // namespace
}  // namespace ruraledu::tidy
