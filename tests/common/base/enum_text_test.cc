#include "common/base/enum_text.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ruraledu/common/v1/options.pb.h"
#include "ruraledu/jobs/v1/jobs.pb.h"

namespace ruraledu {
namespace {

using jobs::v1::JobState;
using ::testing::ElementsAre;

struct Named {
  int number;
  std::string_view text;
};
constexpr Named kStates[] = {{0, "UNSPECIFIED"}, {1, "QUEUED"}, {2, "RUNNING"}, {3, "WAITING_FOR_FEED"}};

TEST(EnumText, NamesGoThereAndBackWithoutTheirPrefix) {
  for (const Named& one : kStates) {
    const auto state = static_cast<JobState>(one.number);
    EXPECT_EQ(EnumText(state), one.text);
    EXPECT_EQ(EnumOf<JobState>(one.text), state) << one.text;
    EXPECT_EQ(EnumText(*jobs::v1::JobState_descriptor(), one.number), one.text);
    EXPECT_EQ(EnumOf(*jobs::v1::JobState_descriptor(), one.text), one.number);
  }
}

TEST(EnumText, ANumberThatTheEnumDoesNotKnowHasNoName) {
  for (const int number : {-1, jobs::v1::JobState_MAX + 1, 1000}) {
    EXPECT_EQ(EnumText(static_cast<JobState>(number)), "") << number;
  }
}

TEST(EnumText, ATextIsTheWholeNameInItsOwnLetters) {
  for (const std::string_view text : {"", "PAID", "queued", "QUEUE", "QUEUED ", "JOB_STATE_QUEUED", "_QUEUED"}) {
    EXPECT_EQ(EnumOf<JobState>(text), std::nullopt) << text;
  }
}

TEST(EnumText, AllNamesButTheUnsetOneStandInTheOrderOfTheContract) {
  EXPECT_THAT(EnumTexts(*ruraledu::common::v1::Spine_descriptor()), ElementsAre("SCHOOL", "RESIDENCE"));
}

}  // namespace
}  // namespace ruraledu
