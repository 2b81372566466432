// SIGTERM while clients write and import: nothing acknowledged is lost, calls in flight end or are refused UNAVAILABLE
// and succeed when they are repeated. Probes are answered while the worker is busy and calls are refused: how fast is
// printed. (That health answers while every worker is blocked: tests/common/rpc/work_test.cc.)
//
//   RURALEDU_CHAOS_DRAINS=10   drains (default 1)
//   RURALEDU_CHAOS_ROWS=5000   pupils that are imported meanwhile (default 200)
#include <algorithm>
#include <filesystem>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "ruraledu/registry/v1/registry_service.pb.h"
#include "tests/chaos/rig.h"

namespace ruraledu::chaos {
namespace {

namespace fs = std::filesystem;
namespace registry_v1 = ruraledu::registry::v1;

TEST(DrainTest, UnderLoad) {
  RURALEDU_CHAOS_ONLY();
  std::mt19937 random(Seed());
  const std::string county = "411728";
  const int drains = Setting("RURALEDU_CHAOS_DRAINS", 1);
  Suite suite({.all_in_one = true, .redis = false, .county = county, .accounts = AccountsOf({county})});
  suite.Start();
  const std::string schools = suite.home() + "/schools.csv", roster = suite.home() + "/roster.csv";
  WriteSchools(county, schools);
  WriteRoster(county, Setting("RURALEDU_CHAOS_ROWS", 200), roster);
  Import(suite, county, "schools", schools);
  Writers writers(suite, county, 4, /*pause_milliseconds=*/1);
  std::atomic<bool> imported = false;
  std::thread importer([&] {
    Import(suite, county, "student_roster", roster);
    imported = true;
  });
  for (int drain = 0; drain < drains; ++drain) {
    const int acknowledged = writers.acknowledged();
    EXPECT_TRUE(Await([&] { return writers.acknowledged() > acknowledged + static_cast<int>(random() % 60); }));
    EXPECT_EQ(suite.Stop("all_in_one"), 0) << "an orderly end";
    suite.Start("all_in_one");
  }
  EXPECT_TRUE(Await([&] { return imported.load(); }, 600));
  importer.join();
  writers.Stop();
  ASSERT_EQ(suite.Stop("all_in_one"), 0);
  std::vector<std::string> found = Contents(suite.database_url("registry"), suite.home() + "/keys/data.keys");
  EXPECT_EQ(TakeWritten(&found), writers.names());
  ExpectWholeJournal(suite, "registry");
  std::cout << drains << " drains, " << writers.acknowledged() << " writes acknowledged, " << writers.again()
            << " tries refused" << std::endl;
}

TEST(DrainTest, ProbesAreAnsweredWhileAllWorkersAreBusy) {
  RURALEDU_CHAOS_ONLY();
  const std::string county = "411728";
  Suite suite({.all_in_one = true,
               .redis = false,
               .county = county,
               .accounts = AccountsOf({county}),
               .settings = {"server.workers=1", "server.queue=2"}});
  suite.Start();
  std::atomic<bool> stop = false;
  std::atomic<int> overloaded = 0;
  std::vector<std::thread> callers;
  for (int n = 0; n < 12; ++n) {
    callers.emplace_back([&] {
      const auto client = Connect(suite, "registrar-" + county, "registry");
      registry_v1::ListRegionsRequest request;
      request.set_page_size(1'000);
      while (!stop) {
        const auto answer = client->Call<registry_v1::ListRegionsResponse>("ListRegions", request);
        if (!answer.ok()) {
          EXPECT_TRUE(absl::IsUnavailable(answer.status()) || absl::IsResourceExhausted(answer.status()) ||
                      absl::IsDeadlineExceeded(answer.status()))
              << answer.status();
          ++overloaded;
        }
      }
    });
  }
  EXPECT_TRUE(Await([&] { return suite.Metric("registry", 0, "ruraledu_rpc_shed_total") > 20; }));
  std::vector<double> took;
  for (int probe = 0; probe < 50; ++probe) {
    const absl::Time begun = Clock::System().Now();
    EXPECT_EQ(suite.Admin("registry", 0, "/livez").status, 200);
    EXPECT_EQ(suite.Admin("registry", 0, "/readyz").status, 200);
    took.push_back(absl::ToDoubleMilliseconds(Clock::System().Now() - begun) / 2);
  }
  stop = true;
  for (std::thread& caller : callers) {
    caller.join();
  }
  std::sort(took.begin(), took.end());
  std::cout << "probes under load: median " << took[took.size() / 2] << " ms, longest " << took.back() << " ms; "
            << suite.Metric("registry", 0, "ruraledu_rpc_shed_total") << " calls refused" << std::endl;
}

}  // namespace
}  // namespace ruraledu::chaos
