#include "common/obs/trace.h"

#include <gtest/gtest.h>

namespace ruraledu::obs {
namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736", kSpan = "00f067aa0ba902b7";

TEST(TraceTest, ReadsTheExampleOfTheStandard) {
  const auto context = ParseTraceparent("00-" + kTrace + "-" + kSpan + "-01");
  ASSERT_TRUE(context);
  EXPECT_EQ(*context, (TraceContext{kTrace, kSpan, true}));
  EXPECT_EQ(FormatTraceparent(*context), "00-" + kTrace + "-" + kSpan + "-01");
  EXPECT_FALSE(ParseTraceparent("00-" + kTrace + "-" + kSpan + "-00")->sampled);
  EXPECT_TRUE(ParseTraceparent("cc-" + kTrace + "-" + kSpan + "-01-what-the-future-brings"));
  EXPECT_TRUE(ParseTraceparent("00-" + kTrace + "-" + kSpan + "-ff")->sampled);
}

TEST(TraceTest, RefusesMalformedOnes) {
  for (const std::string& header :
       {std::string(), "ff-" + kTrace + "-" + kSpan + "-01", "00-" + std::string(32, '0') + "-" + kSpan + "-01",
        "00-" + kTrace + "-" + std::string(16, '0') + "-01", "00-" + kTrace + "-" + kSpan + "-1",
        "00-" + kTrace + "-" + kSpan + "-01-x", "00-" + kTrace + "-" + kSpan + "-0g",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + kSpan + "-01", "00_" + kTrace + "-" + kSpan + "-01",
        "cc-" + kTrace + "-" + kSpan + "-01x"}) {
    EXPECT_FALSE(ParseTraceparent(header)) << header;
  }
}

TEST(TraceTest, ChildrenKeepTheTrace) {
  const TraceContext root = NewTrace();
  EXPECT_EQ(ParseTraceparent(FormatTraceparent(root)), root);
  const TraceContext child = ChildOf({kTrace, kSpan, true});
  EXPECT_EQ(child.trace_id, kTrace);
  EXPECT_NE(child.span_id, kSpan);
  EXPECT_TRUE(child.sampled);
  EXPECT_NE(NewTrace().trace_id, root.trace_id);
}

}  // namespace
}  // namespace ruraledu::obs
