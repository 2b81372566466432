// Every column that a header map of the registry knows is read by the rules of its source, or is of kind "ignored" and
// so told to whoever sends the file.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/tidy/source_tree.h"

namespace ruraledu::tidy {
namespace {

// The functions that read the rows of a source.
const std::map<std::string, std::vector<std::string>>& Readers() {
  static const std::vector<std::string> person = {"PersonRecord", "AreaOfRow",     "PersonKey",
                                                  "BirthOfRow",   "PersonIdOfRow", "QueueWeakMatches"};
  static const auto& readers = *new std::map<std::string, std::vector<std::string>>{
      {"student_roster",
       {"RosterToStudent", "AddGuardian", "PutDisability", "StatusOfRow", "StageOfRow", "PlaceByRoster",
        "StudentOfRoster", "ClassOf", "PersonKey", "PersonIdOfRow", "PutVocational"}},
      {"rural_revitalisation",
       {"RowKey", "CheckHouseholdRow", "RowToMember", "VillageOfRow", "HouseholdRecords", "PutHead", "Household",
        "QueueWeakMatches", "BirthOfRow"}},
      {"civil_affairs", person},
      {"disabled_federation",
       {"PersonRecord", "CertificateEnded", "PersonKey", "BirthOfRow", "PersonIdOfRow", "QueueWeakMatches", "Attach"}},
      {"veterans", person},
      {"schools", {"RowToSchool", "PutCharges", "SchoolCodeOf", "School", "CloseByRow"}},
      {"classes", {"RowKey", "RowToClass", "StageOfRow", "Class"}},
      {"teachers", {"RowToTeacher", "PutCertificates", "Teacher", "PersonKey"}},
      {"villages", {"RowToVillage"}},
      {"calendars", {"Calendar", "RowKey"}}};
  return readers;
}

// The text of every function `name` that the imports of services/registry define.
std::string BodiesOf(const std::string& name) {
  std::string bodies;
  for (const SourceFile& file : CppFiles()) {
    if (!file.path.starts_with("services/registry/import") || !file.path.ends_with(".cc")) {
      continue;
    }
    for (size_t at = FindWord(file.text, name); at != std::string::npos; at = FindWord(file.text, name, at + 1)) {
      const char first = file.text[file.text.rfind('\n', at) + 1];
      const size_t open = file.text.find_first_of("{;", at);
      const bool defines = first != ' ' && first != '/' && file.text[at + name.size()] == '(';
      if (defines && open != std::string::npos && file.text[open] == '{') {
        absl::StrAppend(&bodies, file.text.substr(at, file.text.find("\n}\n", at) - at), "\n");
      }
    }
  }
  return bodies;
}

// "guardian2_id" is read as such, or as "guardian2" and "_id".
bool Reads(const std::set<std::string>& literals, const std::string& field) {
  const size_t cut = field.find('_');
  return literals.contains(field) ||
         (cut != std::string::npos && literals.contains(field.substr(0, cut)) && literals.contains(field.substr(cut)));
}

TEST(Headers, EveryColumnIsReadOrIgnored) {
  std::vector<std::string> findings;
  const auto maps = FilesBelow({"deploy/data/headers"}, {".csv"});
  std::set<std::string> seen;
  for (const SourceFile& map : maps) {
    const std::string source = map.path.substr(map.path.rfind('/') + 1, map.path.size() - map.path.rfind('/') - 5);
    const auto readers = Readers().find(source);
    if (readers == Readers().end()) {
      continue;  // of another service
    }
    seen.insert(source);
    std::set<std::string> literals;
    for (const std::string& reader : readers->second) {
      const std::string body = BodiesOf(reader);
      EXPECT_NE(body, "") << "no function " << reader;
      for (const Literal& literal : StringLiterals(body)) {
        literals.insert(literal.text);
      }
    }
    const std::vector<std::string> lines = absl::StrSplit(map.text, '\n', absl::SkipEmpty());
    for (size_t i = 1; i < lines.size(); ++i) {
      const std::vector<std::string> cells = absl::StrSplit(lines[i], ',');
      ASSERT_GT(cells.size(), 5u) << lines[i];
      const std::string& field = cells[0];
      const bool ignored = cells[2] == "ignored";
      const bool read = Reads(literals, field) || cells[5] == "key";
      if (field != "_note" && ignored == read) {
        findings.push_back(absl::StrCat(map.path, ": ", field, read ? " is read, not ignored" : " is read by no rule"));
      }
    }
  }
  EXPECT_EQ(seen.size(), Readers().size());
  EXPECT_TRUE(findings.empty()) << Joined(findings);
}

}  // namespace
}  // namespace ruraledu::tidy
