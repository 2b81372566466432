// The walk through all methods: of each method of a contract a test of its service expects every reason that its
// handler names, a stale etag if it takes one, and its repetition wherever it is cut off if it writes; and every other
// reason of the service is expected by some test of it. Nobody keeps a list: what a test calls and expects is read off
// its text, through the functions of fixtures that it uses.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "tests/tidy/source_tree.h"

namespace ruraledu::tidy {
namespace {

using Words = std::set<std::string>;

bool IsWordPart(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

Words WordsOf(std::string_view text) {
  Words words;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && IsWordPart(text[end])) {
      ++end;
    }
    if (end > at) {
      words.emplace(text.substr(at, end - at));
    }
    at = end + 1;
  }
  return words;
}

// Adds what is in both.
void AddCommon(const Words& a, const Words& b, Words* common) {
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(*common, common->end()));
}

// --- C++ ------------------------------------------------------------------------------------------------------------

// The word that ends in front of `end`, spaces left out.
std::string_view WordBefore(std::string_view code, size_t* end) {
  while (*end > 0 && std::isspace(static_cast<unsigned char>(code[*end - 1])) != 0) {
    --*end;
  }
  size_t begin = *end;
  while (begin > 0 && IsWordPart(code[begin - 1])) {
    --begin;
  }
  return code.substr(begin, *end - begin);
}

// The name of the function whose body opens at `open`, with what qualifies it: "Handlers::GetFund"; "" for other
// blocks.
std::string FunctionAt(std::string_view code, size_t open) {
  size_t at = open;
  std::string_view word = WordBefore(code, &at);
  while (word == "const" || word == "override") {
    at -= word.size();
    word = WordBefore(code, &at);
  }
  if (!word.empty() || at == 0 || code[at - 1] != ')') {
    return "";
  }
  int depth = 0;
  do {
    --at;
    depth += code[at] == ')' ? 1 : code[at] == '(' ? -1 : 0;
  } while (at > 0 && depth > 0);
  const std::string_view name = WordBefore(code, &at);
  if (name == "if" || name == "for" || name == "while" || name == "switch") {
    return "";
  }
  const std::string_view before = code.substr(0, at - name.size());
  return absl::StrCat(absl::EndsWith(before, "Handlers::") ? "Handlers::" : "", name);
}

struct Function {
  std::string name;
  Words words;            // also those of literals
  std::string_view text;  // of the file without comments
};

// Every function of a file, also those within others. `text` has no comments.
std::vector<Function> FunctionsOf(std::string_view text) {
  const std::string code = CodeOnly(text);
  std::vector<Function> functions;
  std::vector<size_t> open;
  for (size_t i = 0; i < code.size(); ++i) {
    if (code[i] == '{') {
      open.push_back(i);
    } else if (code[i] == '}' && !open.empty()) {
      if (std::string name = FunctionAt(code, open.back()); !name.empty()) {
        const std::string_view body = text.substr(open.back(), i - open.back());
        functions.push_back({std::move(name), WordsOf(body), body});
      }
      open.pop_back();
    }
  }
  return functions;
}

// --- what a service promises ----------------------------------------------------------------------------------------

struct Field {
  std::string type, name, comment;  // comment: the line above
};
using Contract = std::map<std::string, std::vector<Field>>;  // message -> fields

struct Method {
  std::string name, request;
  bool writes = false;
};

// `line` is "  repeated Row rows = 3 [...];".
void AddField(std::string_view line, std::string comment, std::vector<Field>* fields) {
  const std::vector<std::string> words = absl::StrSplit(line.substr(0, line.find('=')), ' ', absl::SkipEmpty());
  if (words.size() >= 2 && absl::StrContains(line, " = ")) {
    const std::vector<std::string> parts = absl::StrSplit(words[words.size() - 2], '.');
    fields->push_back({parts.back(), words.back(), std::move(comment)});
  }
}

void ReadContract(std::string_view proto, Contract* contract, std::vector<Method>* methods) {
  std::string message, comment;
  for (const std::string_view line : absl::StrSplit(proto, '\n')) {
    const std::vector<std::string> words = absl::StrSplit(line, absl::ByAnyChar(" ()"), absl::SkipEmpty());
    if (absl::StartsWith(line, "message ")) {
      message = words.at(1);
    } else if (line == "}") {
      message.clear();
    } else if (absl::StartsWith(line, "  rpc ")) {
      const std::vector<std::string> request = absl::StrSplit(words.at(words.at(2) == "stream" ? 3 : 2), '.');
      methods->push_back({words.at(1), request.back()});
    } else if (absl::StrContains(line, "IDEMPOTENCY_REQUEST_ID") && !methods->empty()) {
      methods->back().writes = true;
    } else if (absl::StartsWith(line, "  //")) {
      comment = std::string(line.substr(std::min<size_t>(5, line.size())));
    } else if (!message.empty()) {
      AddField(line, comment, &(*contract)[message]);
    }
  }
}

const Field* EtagOf(const Contract& contract, const std::string& message) {
  const auto found = contract.find(message);
  if (found == contract.end()) {
    return nullptr;
  }
  const auto field =
      std::find_if(found->second.begin(), found->second.end(), [](const Field& f) { return f.name == "etag"; });
  return field == found->second.end() ? nullptr : &*field;
}

// In the request itself, in its rows, in the resource that it updates. That of other resources is only answered.
bool TakesEtag(const Contract& contract, const Method& method) {
  const auto request = contract.find(method.request);
  if (!method.writes || request == contract.end()) {
    return false;
  }
  const bool updates = absl::StartsWith(method.name, "Update") || absl::StartsWith(method.name, "Put");
  return EtagOf(contract, method.request) != nullptr ||
         std::any_of(request->second.begin(), request->second.end(), [&](const Field& field) {
           const Field* nested = EtagOf(contract, field.type);
           return nested != nullptr && (updates || absl::StartsWith(nested->comment, "Etag"));
         });
}

const Words& AllReasons() {
  static const auto* const all = [] {
    auto* reasons = new Words;
    for (const ReasonInfo& info : Reasons()) {
      reasons->emplace(info.reason);
    }
    return reasons;
  }();
  return *all;
}

// Reasons that stand alone in a literal, but those that something is compared with; and what a limit says.
void AddNamed(std::string_view text, const Words& words, Words* named) {
  if (words.contains("MostElements")) {
    named->insert("FIELD_TOO_MANY");
  }
  Words candidates;
  AddCommon(words, AllReasons(), &candidates);
  for (const std::string& reason : candidates) {
    const std::string literal = absl::StrCat("\"", reason, "\"");
    for (size_t at = text.find(literal); at != std::string_view::npos; at = text.find(literal, at + 1)) {
      const std::string_view before = text.substr(0, at);
      if (!absl::EndsWith(before, "== ") && !absl::EndsWith(before, "!= ")) {
        named->insert(reason);
      }
    }
  }
}

// Per method the reasons that its handler and the functions of the same file name on its way. `text` has no comments.
std::map<std::string, Words> NamedByMethods(std::string_view text) {
  std::map<std::string, Words> named;
  if (!absl::StrContains(text, "Handlers::")) {
    return named;
  }
  const std::vector<Function> functions = FunctionsOf(text);
  for (const Function& method : functions) {
    if (!absl::StartsWith(method.name, "Handlers::")) {
      continue;
    }
    std::vector<const Function*> reached = {&method};
    Words& reasons = named[method.name.substr(10)];
    for (size_t i = 0; i < reached.size(); ++i) {
      AddNamed(reached[i]->text, reached[i]->words, &reasons);
      for (const Function& other : functions) {
        const std::string name = other.name.substr(absl::StartsWith(other.name, "Handlers::") ? 10 : 0);
        if (reached[i]->words.contains(name) && std::find(reached.begin(), reached.end(), &other) == reached.end()) {
          reached.push_back(&other);
        }
      }
    }
  }
  return named;
}

// --- what its tests show --------------------------------------------------------------------------------------------

class Shown {
 public:
  Shown(const std::vector<SourceFile>& files, const Words& methods) : methods_(methods) {
    for (const SourceFile& file : files) {
      texts_.push_back(WithoutComments(file.text));
      AddCommon(WordsOf(texts_.back()), AllReasons(), &mentioned_);
      for (Function& function : FunctionsOf(texts_.back())) {
        const bool test = absl::StartsWith(function.name, "TEST");
        (test ? tests_ : helpers_[function.name]).push_back(std::move(function.words));
      }
      if (absl::StrContains(file.path, "fault") || absl::StrContains(file.path, "writes")) {
        AddCommon(WordsOf(texts_.back()), methods_, &cut_off_);
      }
    }
    for (const Words& words : tests_) {
      Words reasons;
      AddCommon(words, AllReasons(), &reasons);
      for (const std::string& method : Called(words)) {
        expected_[method].insert(reasons.begin(), reasons.end());
      }
    }
  }

  bool Expects(const std::string& method, const std::string& reason) const {
    const auto found = expected_.find(method);
    return found != expected_.end() && found->second.contains(reason);
  }
  bool Mentions(const std::string& reason) const { return mentioned_.contains(reason); }
  bool CutsOff(const std::string& method) const { return cut_off_.contains(method); }

 private:
  // Methods that a text names, or a function that it calls.
  Words Called(const Words& words) {
    Words called;
    AddCommon(words, methods_, &called);
    for (const std::string& word : words) {
      if (helpers_.contains(word)) {
        const Words& by_helper = CalledBy(word);
        called.insert(by_helper.begin(), by_helper.end());
      }
    }
    return called;
  }
  const Words& CalledBy(const std::string& helper) {
    const auto [known, fresh] = called_by_.emplace(helper, Words());
    if (fresh) {  // what calls itself adds nothing
      Words called;
      for (const Words& words : helpers_[helper]) {
        called.merge(Called(words));
      }
      called_by_[helper] = std::move(called);
    }
    return called_by_[helper];
  }

  const Words& methods_;
  std::vector<std::string> texts_;
  std::vector<Words> tests_;
  std::map<std::string, std::vector<Words>> helpers_;
  std::map<std::string, Words> called_by_, expected_;
  Words cut_off_, mentioned_;
};

// What no test can show, and why.
using Excuses = std::map<std::string, std::string>;

void Walk(const std::string& service, const Excuses& excuses) {
  Contract contract;
  std::vector<Method> methods;
  for (const char* shared : {"files", "jobs", "dashboard", "feed", "reports"}) {
    for (const SourceFile& file : FilesBelow({absl::StrCat("proto/ruraledu/", shared)}, {".proto"})) {
      ReadContract(file.text, &contract, &methods);
    }
  }
  for (const SourceFile& file : FilesBelow({absl::StrCat("proto/ruraledu/", service)}, {".proto"})) {
    ReadContract(file.text, &contract, &methods);
  }
  std::map<std::string, Words> owed;
  Words all;
  for (const SourceFile& file : FilesBelow({absl::StrCat("services/", service)}, {".cc", ".h"})) {
    const std::string text = WithoutComments(file.text);
    AddNamed(text, WordsOf(text), &all);
    for (auto& [method, reasons] : NamedByMethods(text)) {
      owed[method].merge(reasons);
    }
  }
  Words names;
  for (const Method& method : methods) {
    names.insert(method.name);
  }
  const Shown shown(FilesBelow({absl::StrCat("tests/", service)}, {".cc", ".h"}), names);
  EXPECT_GT(methods.size(), 60u) << service;
  std::vector<std::string> findings;
  for (const std::string& reason : all) {
    if (!shown.Mentions(reason)) {
      findings.push_back(reason);
    }
  }
  for (const Method& method : methods) {
    if (TakesEtag(contract, method)) {
      owed[method.name].insert("ETAG_MISMATCH");
    }
    for (const std::string& reason : owed[method.name]) {
      if (!shown.Expects(method.name, reason)) {
        findings.push_back(absl::StrCat(method.name, " ", reason));
      }
    }
    if (method.writes && !shown.CutsOff(method.name)) {
      findings.push_back(absl::StrCat(method.name, " is cut off and repeated nowhere"));
    }
  }
  for (const auto& [finding, why] : excuses) {
    EXPECT_EQ(std::erase(findings, finding), 1u) << service << ": " << finding << " is excused and shown";
  }
  EXPECT_TRUE(findings.empty()) << "no test of " << service << " shows: " << Joined(findings);
}

constexpr char kRepeated[] = "never leaves the service: what was prepared is prepared again";

TEST(Methods, OfStudentAid) {
  Walk("student_aid", {{"HEAD_MOVED", kRepeated},
                       {"AllowAdvance FUND_STEP_EMPTY", "it names its funds, so it is never without rows"},
                       {"DecideOutwardBackfill HEAD_MOVED",
                        "another call between its reading and its writing; the caller repeats it"}});
}

TEST(Methods, OfDropoutMonitoring) {
  Walk("dropout_monitoring",
       {{"HEAD_MOVED", kRepeated},
        {"CONFIG_INVALID", "a wrong setting, with which the process does not start"},
        {"StreamAttendance is cut off and repeated nowhere", "BatchRecordAttendance answers each of its messages"}});
}

TEST(Methods, OfRegistry) {
  Walk("registry", {{"HEAD_MOVED", kRepeated}});
}

TEST(Methods, AreReadOffTheText) {
  const auto named = NamedByMethods(WithoutComments(R"cc(
    absl::Status CheckTerm(int a) {
      return a == 1 ? absl::OkStatus() : Fail("TERM_FORMAT");
    }
    absl::Status Other() {
      return Fail("MERGED");
    }
    absl::StatusOr<v1::One> Handlers::GetOne(rpc::Call& call, const v1::GetOneRequest& request) {
      if (ReasonOf(CheckTerm(1)) == "MOVED") {
        return Fail("ERASED");  // Fail("NOT_FOUND")
      }
    }
  )cc"));
  EXPECT_EQ(named.at("GetOne"), (Words{"ERASED", "TERM_FORMAT"}));

  Contract contract;
  std::vector<Method> methods;
  ReadContract(
      "message PutRequest {\n  // Name.\n  string name = 1;\n  Root root = 2;\n}\nmessage Root {\n  // Quoted "
      "version.\n"
      "  string etag = 2;\n}\nmessage Batch {\n  repeated Row rows = 1;\n}\nmessage Row {\n  // Etag; empty: any.\n"
      "  string etag = 1;\n}\nservice S {\n  rpc PutRoot(PutRequest) returns (Root) {\n    IDEMPOTENCY_REQUEST_ID\n  "
      "}\n"
      "  rpc CreateRoot(PutRequest) returns (Root) {\n    IDEMPOTENCY_REQUEST_ID\n  }\n  rpc BatchDo(a.v1.Batch) "
      "returns "
      "(Root) {\n    IDEMPOTENCY_REQUEST_ID\n  }\n}\n",
      &contract, &methods);
  ASSERT_EQ(methods.size(), 3u);
  EXPECT_TRUE(TakesEtag(contract, methods[0]));
  EXPECT_FALSE(TakesEtag(contract, methods[1])) << "what it makes has none yet";
  EXPECT_TRUE(TakesEtag(contract, methods[2]));

  const Words of = {"GetOne", "PutRoot"};
  const Shown shown({{"x/faults_test.cc",
                      "int Ask(int a) const { return Call(\"GetOne\", &Handlers::GetOne); }\n"
                      "TEST_P(A, B) { EXPECT_EQ(Ask(1), \"p1 ERASED\"); }\nTEST(A, C) { PutRoot(\"MERGED\"); }\n"}},
                    of);
  EXPECT_TRUE(shown.Expects("GetOne", "ERASED"));
  EXPECT_FALSE(shown.Expects("GetOne", "MERGED"));
  EXPECT_FALSE(shown.Expects("PutRoot", "ERASED"));
  EXPECT_TRUE(shown.CutsOff("PutRoot"));
}

}  // namespace
}  // namespace ruraledu::tidy
