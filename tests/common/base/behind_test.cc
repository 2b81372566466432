#include "common/base/behind.h"

#include <thread>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace ruraledu {
namespace {

TEST(Behind, AStepRunsBesideItsCallerAndIsWaitedFor) {
  absl::Notification go_on;
  std::thread::id ran_on;
  bool done = false;
  {
    Behind behind;
    EXPECT_TRUE(behind.Wait().ok()) << "nothing was started";
    ASSERT_TRUE(behind
                    .Start([&] {
                      go_on.WaitForNotification();  // the caller is here already
                      ran_on = std::this_thread::get_id();
                      done = true;
                      return absl::OkStatus();
                    })
                    .ok());
    go_on.Notify();
  }
  EXPECT_TRUE(done) << "on every way out";
  EXPECT_NE(ran_on, std::this_thread::get_id());
}

TEST(Behind, AfterAnErrorNothingIsStarted) {
  Behind behind;
  ASSERT_TRUE(behind.Start([] { return absl::AbortedError("first"); }).ok());
  bool started = false;
  EXPECT_EQ(behind.Start([&] {
    started = true;
    return absl::OkStatus();
  }),
            absl::AbortedError("first"));
  EXPECT_FALSE(started);
  EXPECT_TRUE(behind.Wait().ok()) << "an error is told once";
}

}  // namespace
}  // namespace ruraledu
