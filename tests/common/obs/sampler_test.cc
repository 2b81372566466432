#include "common/obs/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "common/base/clock.h"
#include "common/base/error.h"

namespace ruraledu::obs {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SamplerTest, RunsEveryProbeAtOnceAndAgain) {
  Metrics metrics;
  Sampler sampler(&metrics, absl::Milliseconds(1));
  std::atomic<int> good = 0, bad = 0;
  sampler.Add("bad", [&] {
    ++bad;
    return Fail("FILE_UNREADABLE");
  });
  sampler.Add("good", [&] {
    ++good;
    return absl::OkStatus();
  });
  sampler.Start();
  const absl::Time end = Clock::System().Now() + absl::Minutes(1);
  while (good < 3 && Clock::System().Now() < end) {
    std::this_thread::yield();
  }
  sampler.Stop();
  EXPECT_GE(good, 3) << "a failing probe stops no other one";
  const int tries = bad;
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_probe_failures_total{probe=\"bad\"} " + std::to_string(tries)));
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_probe_failures_total{probe=\"good\"} 0"));
}

TEST(SamplerTest, StopWithoutStartAndTwice) {
  Metrics metrics;
  Sampler sampler(&metrics, absl::Hours(1));
  sampler.Stop();
  sampler.Stop();
}

TEST(SamplerTest, LooksAtItsProcess) {
  Metrics metrics;
  Sampler sampler(&metrics, absl::Hours(1));
  sampler.Add("process", ProcessProbe(metrics));
  sampler.RunOnce();
  sampler.RunOnce();
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_probe_failures_total{probe=\"process\"} 0"));
  for (const char* name : {"process_start_time_seconds", "process_resident_memory_bytes", "process_open_fds"}) {
    EXPECT_THAT(metrics.Text(), HasSubstr(std::string("\n") + name + " "));
    EXPECT_THAT(metrics.Text(), Not(HasSubstr(std::string("\n") + name + " 0\n"))) << name;
    EXPECT_THAT(metrics.Text(), Not(HasSubstr(std::string("\n") + name + " -"))) << name;
  }
}

}  // namespace
}  // namespace ruraledu::obs
