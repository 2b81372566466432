// The dependency arrows of the suite: who may include what.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/tidy/source_tree.h"

namespace ruraledu::tidy {
namespace {

// base <- domain <- obs <- crypto, db, ingest, cache <- files <- feed, dashboard <- rpc.
const std::map<std::string, int> kLevels = {{"base", 0}, {"domain", 1},    {"obs", 2},   {"crypto", 3},
                                            {"db", 3},   {"ingest", 3},    {"cache", 3}, {"files", 4},
                                            {"feed", 5}, {"dashboard", 6}, {"rpc", 7}};

// A library's headers, and the folders that may see them.
struct Owner {
  std::string_view header;
  std::vector<std::string_view> folders;
};
const std::vector<Owner> kOwners = {
    {"sqlite3.h", {"common/db/"}},
    {"libpq-fe.h", {"common/db/"}},
    {"hiredis", {"common/cache/"}},
    {"prometheus/", {"common/obs/"}},
    {"civetweb", {"common/obs/"}},
    {"spdlog/", {"common/obs/"}},
    {"openssl/", {"common/crypto/", "common/rpc/"}},
    {"toml++/", {"common/rpc/", "services/cli/"}},
    {"CLI/", {"services/cli/"}},
    {"unicode/", {"common/domain/", "common/ingest/", "services/cli/"}},
    {"expat.h", {"common/ingest/"}},
    {"minizip/", {"common/ingest/"}},
    {"xlsxwriter", {"common/ingest/"}},
    {"freexl.h", {"common/ingest/"}},
    {"boost/", {"common/obs/", "services/gateway/"}},
};

std::string Base(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

bool IsGrpc(std::string_view include) {
  return include.starts_with("grpcpp") || include.ends_with(".grpc.pb.h");
}

bool MaySeeGrpc(std::string_view path) {
  const std::string base = Base(path);
  return base == "service.h" || base == "main.cc" || path.starts_with("common/rpc/") ||
         path.starts_with("services/cli/") || path.starts_with("services/gateway/");
}

// "registry" of "services/registry/store.h", "" elsewhere.
std::string ServiceOf(std::string_view path) {
  const std::vector<std::string> parts = absl::StrSplit(std::string(path), '/');
  return parts.size() > 2 && parts[0] == "services" ? parts[1] : "";
}

std::string RulesProblem(std::string_view path, std::string_view include) {
  if (!absl::StrContains(Base(path), "_rules.")) {
    return "";
  }
  const bool other_rules =
      include.starts_with(absl::StrCat("services/", ServiceOf(path), "/")) && absl::StrContains(include, "_rules.h");
  const bool base = (include.starts_with("common/base/") && include != "common/base/clock.h") ||
                    include.starts_with("common/domain/");
  const bool suite =
      include.starts_with("common/") || include.starts_with("services/") || include.starts_with("schema/");
  return suite && !other_rules && !base ? "rules see messages, common/base and common/domain only" : "";
}

std::string CommonProblem(std::string_view path, std::string_view include) {
  if (!path.starts_with("common/")) {
    return "";
  }
  if (include.starts_with("services/") || include.starts_with("tests/")) {
    return "common does not know the services";
  }
  const std::vector<std::string> from = absl::StrSplit(std::string(path), '/');
  const std::vector<std::string> to = absl::StrSplit(std::string(include), '/');
  if (to[0] != "common" || to.size() < 3 || from[1] == to[1]) {
    return "";
  }
  const auto known = kLevels.find(to[1]);
  return known == kLevels.end() || known->second >= kLevels.at(from[1]) ? "against the arrow within common" : "";
}

std::string Problem(std::string_view path, std::string_view include) {
  const bool test = path.starts_with("tests/");
  if (IsGrpc(include) && !MaySeeGrpc(path) && !test) {
    return "gRPC is seen by common/rpc, service.h, main.cc, cli and gateway only";
  }
  for (const Owner& owner : kOwners) {
    const bool allowed = std::any_of(owner.folders.begin(), owner.folders.end(),
                                     [&](std::string_view folder) { return path.starts_with(folder); });
    if (include.starts_with(owner.header) && !allowed && !test) {
      return "this library is behind another folder";
    }
  }
  const std::string from = ServiceOf(path);
  const std::string to = ServiceOf(include);
  if (!from.empty() && !to.empty() && from != to && from != "all_in_one") {
    return "a service never includes another service";
  }
  if (Base(path).starts_with("store.") &&
      (absl::StrContains(include, "handlers.h") || absl::StrContains(include, "common/rpc/"))) {
    return "a store sees common/db, messages and rules only";
  }
  if (path.starts_with("tests/lib/county/") && (include.starts_with("common/") || include.starts_with("services/"))) {
    return "the oracle shares no code with the product";
  }
  const std::string rules = RulesProblem(path, include);
  return rules.empty() ? CommonProblem(path, include) : rules;
}

TEST(Arrows, HoldInTheTree) {
  std::vector<std::string> findings;
  for (const SourceFile& file : CppFiles()) {
    for (const std::string& include : Includes(file.text)) {
      if (const std::string problem = Problem(file.path, include); !problem.empty()) {
        findings.push_back(absl::StrCat(file.path, " includes ", include, ": ", problem));
      }
    }
  }
  EXPECT_GT(CppFiles().size(), 100u);
  EXPECT_TRUE(findings.empty()) << Joined(findings);
}

TEST(Arrows, WrongIncludesAreFound) {
  const std::pair<const char*, const char*> wrong[] = {
      {"services/registry/store.cc", "grpcpp/server.h"},
      {"services/registry/handlers.cc", "ruraledu/registry/v1/registry_service.grpc.pb.h"},
      {"services/registry/store.cc", "sqlite3.h"},
      {"common/feed/journal.cc", "openssl/evp.h"},
      {"services/student_aid/entitlement_rules.cc", "common/db/db.h"},
      {"services/student_aid/entitlement_rules.cc", "common/base/clock.h"},
      {"services/student_aid/entitlement_rules.cc", "services/student_aid/store.h"},
      {"services/student_aid/follower.cc", "services/registry/store.h"},
      {"common/domain/area.cc", "common/db/db.h"},
      {"common/db/db.cc", "common/crypto/keys.h"},
      {"common/files/content.cc", "common/feed/root.h"},
      {"common/ingest/zip_file.cc", "common/files/file_type.h"},
      {"common/rpc/client.cc", "services/registry/store.h"},
      {"services/registry/store.cc", "services/registry/handlers.h"},
      {"tests/lib/county/oracle.cc", "common/domain/money.h"},
  };
  for (const auto& [path, include] : wrong) {
    EXPECT_NE(Problem(path, include), "") << path << " " << include;
  }
}

TEST(Arrows, RightIncludesPass) {
  const std::pair<const char*, const char*> right[] = {
      {"services/registry/service.h", "ruraledu/registry/v1/registry_service.grpc.pb.h"},
      {"services/student_aid/entitlement_rules.cc", "services/student_aid/policy_rules.h"},
      {"services/student_aid/entitlement_rules.cc", "common/domain/money.h"},
      {"services/all_in_one/main.cc", "services/registry/wiring.h"},
      {"common/rpc/server.cc", "common/feed/heads.h"},
      {"common/files/content.h", "common/db/db.h"},
      {"common/db/sqlite_connection.cc", "sqlite3.h"},
  };
  for (const auto& [path, include] : right) {
    EXPECT_EQ(Problem(path, include), "") << path << " " << include;
  }
}

}  // namespace
}  // namespace ruraledu::tidy
