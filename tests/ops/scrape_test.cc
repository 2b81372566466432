// The suite as a process, scraped by a real Prometheus that runs deploy/prometheus and deploy/alerts as they are (only
// the intervals are shorter).
#include <poll.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/lib/prometheus.h"
#include "tests/lib/suite.h"

namespace ruraledu {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

std::string ReadFile(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

struct Family {
  std::string type, help;
  std::set<std::string> labels;
  bool operator==(const Family&) const = default;
};
using Families = std::map<std::string, Family>;

std::set<std::string> LabelNames(std::string_view sample) {
  std::set<std::string> names;
  const size_t open = sample.find('{');
  if (open == std::string_view::npos) {
    return names;
  }
  // Values hold no quotes, commas or braces here: they come from closed sets.
  const std::string_view inside = sample.substr(open + 1, sample.rfind('}') - open - 1);
  for (const std::string_view pair : absl::StrSplit(inside, ',', absl::SkipEmpty())) {
    names.insert(std::string(pair.substr(0, pair.find('='))));
  }
  names.erase("le");
  return names;
}

// What a page of the exposition format says.
Families ParsePage(const std::string& page) {
  Families families;
  std::string name;
  for (const std::string_view line : absl::StrSplit(page, '\n', absl::SkipEmpty())) {
    if (line.starts_with("# HELP ")) {
      const std::vector<std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 3));
      name = words[2];
      families[name].help = words[3];
    } else if (line.starts_with("# TYPE ")) {
      const std::vector<std::string> words = absl::StrSplit(line, ' ');
      families[words[2]].type = words[3];
    } else {
      families[name].labels = LabelNames(line);
    }
  }
  return families;
}

Families Golden() {
  Families families;
  for (const std::string_view line :
       absl::StrSplit(ReadFile(RURALEDU_SOURCE_DIR "/tests/golden/metrics.txt"), '\n', absl::SkipEmpty())) {
    const std::vector<std::string> parts = absl::StrSplit(line, '\t');
    families[parts[0]] = {parts[1], parts[3], absl::StrSplit(parts[2], ',', absl::SkipEmpty())};
  }
  return families;
}

class ScrapeTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    suite_ = new testlib::Suite({.all_in_one = true});
    suite_->Start();
  }
  static void TearDownTestSuite() {
    delete suite_;
    suite_ = nullptr;
  }

  // The page once the probes have run for the first time.
  static std::string Page() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    std::string page;
    do {
      page = suite_->Admin("all_in_one", 0, "/metrics").body;
      poll(nullptr, 0, 20);
    } while (page.find("ruraledu_cache_refresh_lag_seconds") == std::string::npos &&
             std::chrono::steady_clock::now() < end);
    return page;
  }

  static testlib::Suite* suite_;
};

testlib::Suite* ScrapeTest::suite_ = nullptr;

TEST_F(ScrapeTest, TheProcessExposesTheGoldenList) {
  EXPECT_EQ(suite_->Cli("officer", {"regions"}).code, 0);
  const Families golden = Golden();
  const Families exposed = ParsePage(Page());
  for (const auto& [name, family] : exposed) {
    const auto known = golden.find(name);
    if (known == golden.end()) {
      ADD_FAILURE() << name << " is not in tests/golden/metrics.txt";
      continue;
    }
    EXPECT_EQ(family.type, known->second.type) << name;
    EXPECT_EQ(family.help, known->second.help) << name;
    EXPECT_EQ(family.labels, known->second.labels) << name;
  }
  // These appear with what they speak of: counties with data, attachments, a check that ended.
  const std::set<std::string> later = {"ruraledu_files",
                                       "ruraledu_files_bytes",
                                       "ruraledu_integrity_checked_timestamp_seconds",
                                       "ruraledu_integrity_findings",
                                       "ruraledu_registry_imports_open",
                                       "ruraledu_registry_reviews_open",
                                       "ruraledu_registry_transfers_open"};
  for (const auto& [name, family] : golden) {
    if (!later.contains(name) && !name.starts_with("ruraledu_student_aid_") &&
        !name.starts_with("ruraledu_dropout_monitoring_")) {
      EXPECT_TRUE(exposed.contains(name)) << name << " is in the list and not exposed";
    }
  }
}

TEST_F(ScrapeTest, EveryProbeReadsItsGauges) {
  const std::string page = Page();
  int probes = 0;
  for (const std::string_view line : absl::StrSplit(page, '\n')) {
    if (line.starts_with("ruraledu_probe_failures_total{")) {
      ++probes;
      EXPECT_TRUE(line.ends_with(" 0")) << line;
    }
  }
  EXPECT_GE(probes, 8);
  EXPECT_GT(suite_->Metric("all_in_one", 0, "ruraledu_db_writes_total", {"committed"}), 0);
  EXPECT_GT(suite_->Metric("all_in_one", 0, "ruraledu_certificate_expiry_timestamp_seconds", {"server"}), 1.7e9);
  EXPECT_EQ(suite_->Metric("all_in_one", 0, "ruraledu_ready", {"registry"}), 1);
  EXPECT_EQ(suite_->Metric("all_in_one", 0, "ruraledu_cache_up", {"student_aid"}), 1);
}

// Nothing personal: what looks like an ID number, a phone or a card is no label value and no help text.
TEST_F(ScrapeTest, ThePageHoldsNoLongNumbers) {
  for (const std::string_view line : absl::StrSplit(Page(), '\n')) {
    const std::string_view name = line.substr(0, line.rfind(' '));
    size_t digits = 0;
    for (const char c : name) {
      digits = c >= '0' && c <= '9' ? digits + 1 : 0;
      EXPECT_LT(digits, 11u) << line;
    }
  }
}

// What a page tells people to type is a command line that the client takes: it fails for want of a profile or a file,
// never for its words. Paths are turned away from the machine that runs this test.
TEST_F(ScrapeTest, TheClientUnderstandsTheRunbooks) {
  int commands = 0;
  for (const auto& page : fs::directory_iterator(RURALEDU_SOURCE_DIR "/deploy/runbooks")) {
    bool shell = false;
    const std::vector<std::string> lines = absl::StrSplit(ReadFile(page.path()), '\n');
    for (const std::string& line : lines) {
      if (line.starts_with("```")) {
        shell = line == "```sh";
      }
      if (!shell || !line.starts_with("ruraledu ")) {
        continue;
      }
      ++commands;
      const std::string words = absl::StrReplaceAll(
          line.substr(8), {{"/var/", "/nonexistent/"}, {"/etc/", "/nonexistent/"}, {"<", ""}, {">", ""}});
      const testlib::Outcome done =
          suite_->Run({"/bin/bash", "-c",
                       absl::StrCat(suite_->program("ruraledu"), " --profile /nonexistent/profile.toml", words)});
      EXPECT_NE(done.code, 0) << line;
      EXPECT_NE(done.code, 2) << page.path().filename() << ": " << line << "\n" << done.err;
      EXPECT_LT(done.code, 9) << line << "\n" << done.err;
    }
  }
  EXPECT_GE(commands, 15);
}

TEST_F(ScrapeTest, PrometheusScrapesItAndRunsTheRules) {
  const fs::path home = fs::path(suite_->home()) / "monitoring";
  fs::create_directories(home);
  for (const char* folder : {"prometheus", "alerts"}) {
    fs::copy(fs::path(RURALEDU_SOURCE_DIR "/deploy") / folder, home / folder, fs::copy_options::recursive);
  }
  std::string config = ReadFile(home / "prometheus/prometheus.yml");
  ASSERT_EQ(absl::StrReplaceAll({{"_interval: 15s", "_interval: 200ms"}}, &config), 2);
  std::ofstream(home / "prometheus/prometheus.yml") << config;
  std::string recorded = ReadFile(home / "prometheus/rules/ruraledu.yml");
  ASSERT_EQ(absl::StrReplaceAll({{"interval: 30s", "interval: 200ms"}}, &recorded), 1);
  std::ofstream(home / "prometheus/rules/ruraledu.yml") << recorded;
  // The address as the process itself logs it.
  std::string log = ReadFile(suite_->log("all_in_one"));
  const size_t at = log.rfind("\"admin_port\":");
  ASSERT_NE(at, std::string::npos);
  const std::string port = log.substr(at + 13, log.find_first_not_of("0123456789", at + 13) - at - 13);
  std::ofstream(home / "prometheus/targets/ruraledu.yml") << "- targets: ['127.0.0.1:" << port << "']\n";

  const testlib::Prometheus prometheus(home / "prometheus/prometheus.yml");
  EXPECT_THAT(prometheus.Await(R"(up{job="ruraledu"} == 1)", "\"value\":["), HasSubstr("127.0.0.1:" + port));
  EXPECT_EQ(suite_->Cli("officer", {"regions"}).code, 0);
  EXPECT_THAT(prometheus.Await(R"(ruraledu_rpc_handled_total{method="ListRegions",code="OK",service="registry"} > 0)",
                               "value\":["),
              HasSubstr(R"("code":"OK")"));
  EXPECT_THAT(prometheus.Query(R"(count(count by (__name__) ({job="ruraledu"})) > 50)"), HasSubstr("\"value\":["));
  EXPECT_THAT(prometheus.Query("scrape_samples_scraped < 5000"), HasSubstr("\"value\":["))
      << "labels are bounded: a quiet process has few series";

  // All rules are loaded and each has been evaluated without an error.
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  std::string rules;
  do {
    rules = prometheus.Get("/api/v1/rules");
    poll(nullptr, 0, 50);
  } while (rules.find(R"("health":"unknown")") != std::string::npos && std::chrono::steady_clock::now() < end);
  EXPECT_THAT(rules, HasSubstr(R"("name":"ProcessDown")"));
  EXPECT_THAT(rules, HasSubstr(R"("name":"service:ruraledu_rpc_errors:ratio_rate5m")"));
  EXPECT_THAT(rules, Not(HasSubstr(R"("health":"unknown")")));
  EXPECT_THAT(rules, Not(HasSubstr("lastError\":\"")));
  EXPECT_THAT(rules, Not(HasSubstr(R"("health":"err")")));

  suite_->Kill("all_in_one");
  EXPECT_THAT(prometheus.Await(R"(ALERTS{alertname="ProcessDown"})", "pending"), HasSubstr("pending"))
      << "the alarm begins to count";
  suite_->Start("all_in_one");
  EXPECT_THAT(prometheus.Await(R"(up{job="ruraledu"} == 1)", "\"value\":["), HasSubstr("\"value\":["));
}

}  // namespace
}  // namespace ruraledu
