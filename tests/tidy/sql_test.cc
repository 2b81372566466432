// The SQL subset that SQLite and PostgreSQL understand alike, over schema/*.sql and every SQL literal of the tree.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/tidy/source_tree.h"

namespace ruraledu::tidy {
namespace {

using Tokens = std::vector<std::string>;

// Words in lower case, numbers, '...' as ', and single other characters; "$1" is one token, "||", "<>" and "::" too.
Tokens TokensOf(std::string_view sql) {
  Tokens tokens;
  for (size_t i = 0; i < sql.size();) {
    const auto c = static_cast<unsigned char>(sql[i]);
    size_t end = i + 1;
    if (std::isspace(c) != 0) {
      ++i;
      continue;
    }
    if (sql.substr(i).starts_with("--")) {
      i = std::min(sql.find('\n', i), sql.size());
      continue;
    }
    if (std::isalpha(c) != 0 || c == '_' || c == '$') {
      while (end < sql.size() && (std::isalnum(static_cast<unsigned char>(sql[end])) != 0 || sql[end] == '_')) {
        ++end;
      }
    } else if (c == '\'') {
      end = std::min(sql.find('\'', i + 1), sql.size() - 1) + 1;
      tokens.emplace_back("'");
      i = end;
      continue;
    } else if (sql.substr(i, 2) == "::" || sql.substr(i, 2) == "||" || sql.substr(i, 2) == "<>") {
      end = i + 2;
    }
    tokens.push_back(absl::AsciiStrToLower(sql.substr(i, end - i)));
    i = end;
  }
  return tokens;
}

std::string Next(const Tokens& tokens, size_t i) {
  return i + 1 < tokens.size() ? tokens[i + 1] : "";
}

// Whether the parenthesis that opens at `open` holds a comma of its own.
bool HasComma(const Tokens& tokens, size_t open) {
  int depth = 0;
  for (size_t i = open; i < tokens.size(); ++i) {
    depth += tokens[i] == "(" ? 1 : tokens[i] == ")" ? -1 : 0;
    if (tokens[i] == "," && depth == 1) {
      return true;
    }
    if (depth == 0) {
      return false;
    }
  }
  return false;
}

const std::set<std::string, std::less<>> kForbidden = {
    "like",         "ilike",   "glob",     "similar",   "regexp",        "json",     "jsonb",   "array",
    "trigger",      "boolean", "varchar",  "integer",   "int",           "real",     "numeric", "decimal",
    "timestamp",    "date",    "serial",   "bigserial", "autoincrement", "identity", "now",     "current_timestamp",
    "current_date", "random",  "strftime", "ifnull",    "nvl",           "replace",  "pragma",  "blob",
    "char",         "float",   "collate",  "ctid",      "rowid",         "greatest", "least",   "returning_id"};

// Columns on the right of DO UPDATE SET must say whose they are.
void CheckUpsert(const Tokens& tokens, size_t set, std::vector<std::string>* problems) {
  bool right = false;
  int depth = 0;
  for (size_t i = set + 1; i < tokens.size(); ++i) {
    const std::string& token = tokens[i];
    depth += token == "(" ? 1 : token == ")" ? -1 : 0;
    if (token == "returning") {
      return;
    }
    if (token == "where") {
      right = true;
    } else if (token == "=" && depth == 0) {
      right = true;
    } else if (token == "," && depth == 0) {
      right = false;
    } else if (right && (std::isalpha(static_cast<unsigned char>(token[0])) != 0 || token[0] == '_')) {
      const bool qualified = tokens[i - 1] == "." || Next(tokens, i) == "." || Next(tokens, i) == "(";
      const std::set<std::string> keywords = {"and",  "or",  "not",  "null", "is",     "case", "when",    "then",
                                              "else", "end", "cast", "as",   "bigint", "text", "excluded"};
      if (!qualified && !keywords.contains(token)) {
        problems->push_back(absl::StrCat("unqualified column ", token, " in an upsert"));
      }
    }
  }
}

void CheckCall(const Tokens& tokens, size_t i, std::vector<std::string>* problems) {
  if (Next(tokens, i) != "(") {
    return;
  }
  if ((tokens[i] == "max" || tokens[i] == "min") && HasComma(tokens, i + 1)) {
    problems->push_back("scalar max or min");
  }
  const bool cast = i >= 2 && tokens[i - 1] == "(" && tokens[i - 2] == "cast";
  if (tokens[i] == "sum" && !cast) {
    problems->push_back("sum without CAST(sum(...) AS BIGINT)");
  }
}

// One statement.
std::vector<std::string> CheckStatement(std::string_view sql) {
  std::vector<std::string> problems;
  const Tokens tokens = TokensOf(sql);
  const auto has = [&](std::string_view word) { return std::find(tokens.begin(), tokens.end(), word) != tokens.end(); };
  for (size_t i = 0; i < tokens.size(); ++i) {
    const std::string& token = tokens[i];
    const bool column = i > 0 && tokens[i - 1] == ".";
    if (kForbidden.contains(token) && !column) {
      problems.push_back(absl::StrCat("not in the subset: ", token));
    }
    if (token == "?" || token == "::" || token == "`") {
      problems.push_back(absl::StrCat("not in the subset: ", token));
    }
    if ((token == "x" || token == "e") && Next(tokens, i) == "'") {
      problems.push_back("a byte or escape literal");
    }
    if ((token == "true" || token == "false") && tokens[i - 1] != "where") {
      problems.push_back("a boolean value; 0 or 1");
    }
    if (token == "set" && i >= 2 && tokens[i - 1] == "update" && tokens[i - 2] == "do") {
      CheckUpsert(tokens, i, &problems);
    }
    CheckCall(tokens, i, &problems);
  }
  if (!tokens.empty() && tokens[0] == "insert" && Next(tokens, 0) != "into") {
    problems.push_back("INSERT OR ...");
  }
  if (!tokens.empty() && tokens[0] == "insert" && has("select") && has("conflict") && !has("where")) {
    problems.push_back("INSERT ... SELECT ... ON CONFLICT needs WHERE true");
  }
  return problems;
}

// Types, NOT NULL and the shard in front of the key.
std::vector<std::string> CheckTable(std::string_view sql) {
  const Tokens tokens = TokensOf(sql);
  std::vector<std::string> problems;
  if (tokens.size() < 4 || tokens[0] != "create" || tokens[1] != "table") {
    return problems;
  }
  const std::set<std::string> types = {"text", "bigint", "double", "bytea"};
  bool shard_first = false;
  std::vector<Tokens> parts(1);
  int depth = 0;
  for (size_t i = 3; i < tokens.size(); ++i) {
    depth += tokens[i] == "(" ? 1 : tokens[i] == ")" ? -1 : 0;
    if (tokens[i] == "," && depth == 1) {
      parts.emplace_back();
    } else if (depth >= 1 && !(tokens[i] == "(" && depth == 1)) {
      parts.back().push_back(tokens[i]);
    }
  }
  for (const Tokens& part : parts) {
    const std::string all = absl::StrCat(" ", absl::StrJoin(part, " "), " ");
    if (part[0] == "primary") {
      shard_first |= part.size() > 3 && part[3] == "shard";
    } else if (part[0] != "check" && part[0] != "unique") {
      const bool key = all.find(" primary key ") != std::string::npos;
      shard_first |= key && part[0] == "shard";
      if (part.size() < 2 || !types.contains(part[1])) {
        problems.push_back(absl::StrCat("type of column ", part[0]));
      }
      if (!key && all.find(" not null ") == std::string::npos) {
        problems.push_back(absl::StrCat("column ", part[0], " may be NULL"));
      }
    }
  }
  const std::set<std::string> one_per_database = {"instance", "migration"};
  if (!shard_first && !one_per_database.contains(tokens[2])) {
    problems.push_back(absl::StrCat("the primary key of ", tokens[2], " does not begin with shard"));
  }
  return problems;
}

bool IsSql(std::string_view literal) {
  for (const std::string_view verb :
       {"SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH ", "CREATE ", "ALTER ", "DROP "}) {
    if (literal.starts_with(verb)) {
      return true;
    }
  }
  return false;
}

TEST(SqlSubset, HoldsInSchemas) {
  std::vector<std::string> findings;
  int statements = 0;
  for (const SourceFile& file : FilesBelow({"common", "services"}, {".sql"})) {
    for (std::string_view statement : absl::StrSplit(file.text, ";\n")) {
      ++statements;
      for (const auto& problems : {CheckStatement(statement), CheckTable(statement)}) {
        for (const std::string& problem : problems) {
          findings.push_back(absl::StrCat(file.path, ": ", problem));
        }
      }
    }
  }
  EXPECT_GT(statements, 40);
  EXPECT_TRUE(findings.empty()) << Joined(findings);
}

// The drivers speak their own dialects: PRAGMA, advisory locks, catalogues.
TEST(SqlSubset, HoldsInSources) {
  std::vector<std::string> findings;
  int statements = 0;
  for (const SourceFile& file : CppFiles()) {
    if (file.path.starts_with("tests/") || file.path.starts_with("common/db/postgres") ||
        file.path.starts_with("common/db/sqlite")) {
      continue;
    }
    for (const Literal& literal : StringLiterals(file.text)) {
      if (!IsSql(literal.text)) {
        continue;
      }
      ++statements;
      for (const std::string& problem : CheckStatement(literal.text)) {
        findings.push_back(absl::StrCat(file.path, ":", literal.line, ": ", problem));
      }
    }
  }
  EXPECT_GT(statements, 50);
  EXPECT_TRUE(findings.empty()) << Joined(findings);
}

// A service's SQL is in its store files.
TEST(SqlSubset, SqlOfServicesIsInStoreFiles) {
  std::set<std::string> found;
  for (const SourceFile& file : CppFiles()) {
    const std::string base = file.path.substr(file.path.rfind('/') + 1);
    if (!file.path.starts_with("services/") || base.find("store.") != std::string::npos) {
      continue;
    }
    for (const Literal& literal : StringLiterals(file.text)) {
      if (IsSql(literal.text)) {
        found.insert(file.path);
      }
    }
  }
  EXPECT_TRUE(found.empty()) << Joined(std::vector<std::string>(found.begin(), found.end()));
}

TEST(SqlSubset, WrongStatementsAreFound) {
  const char* const wrong[] = {
      "SELECT id FROM student WHERE name LIKE $1",
      "SELECT max(a, b) FROM t",
      "SELECT sum(value) FROM counter",
      "SELECT id FROM t WHERE id = ?",
      "SELECT id FROM t WHERE open = true",
      "SELECT x'00' FROM t",
      "SELECT value::text FROM t",
      "SELECT now()",
      "INSERT OR REPLACE INTO t (a) VALUES ($1)",
      "INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET b = b + excluded.b",
      "INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET b = excluded.b WHERE version < 3",
      "INSERT INTO t (a) SELECT a FROM u ON CONFLICT (a) DO NOTHING",
  };
  for (const char* sql : wrong) {
    EXPECT_FALSE(CheckStatement(sql).empty()) << sql;
  }
  for (const char* sql : {"CREATE TABLE t (id TEXT NOT NULL, PRIMARY KEY (id))",
                          "CREATE TABLE t (shard TEXT NOT NULL, at TEXT, PRIMARY KEY (shard))",
                          "CREATE TABLE t (shard TEXT NOT NULL, at VARCHAR NOT NULL, PRIMARY KEY (shard))"}) {
    EXPECT_FALSE(CheckTable(sql).empty()) << sql;
  }
}

TEST(SqlSubset, RightStatementsPass) {
  const char* const right[] = {
      "SELECT CAST(sum(value) AS BIGINT), max(seq) FROM counter WHERE area = $1 AND note = 'we like it'",
      "INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET b = t.b + excluded.b, c = $3 WHERE t.b < 5",
      "INSERT INTO t (a) SELECT a FROM u WHERE true ON CONFLICT (a) DO NOTHING",
      "UPDATE head SET seq = $2 WHERE shard = $1 RETURNING seq",
  };
  for (const char* sql : right) {
    EXPECT_TRUE(CheckStatement(sql).empty()) << sql << "\n" << Joined(CheckStatement(sql));
  }
  EXPECT_TRUE(
      CheckTable("CREATE TABLE t (shard TEXT NOT NULL, x DOUBLE PRECISION NOT NULL, PRIMARY KEY (shard, x))").empty());
}

}  // namespace
}  // namespace ruraledu::tidy
