#include "common/obs/log.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

#include "common/base/error.h"

namespace ruraledu::obs {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Person {
  std::string name;
};
static_assert(!std::is_constructible_v<LogValue, Person>, "personal data does not convert");
static_assert(!std::is_constructible_v<LogValue, google::protobuf::Struct>, "messages do not convert");
static_assert(!std::is_constructible_v<LogValue, std::vector<std::string>>);
static_assert(!std::is_constructible_v<LogValue, const void*>, "a pointer is no boolean");

std::string Line(std::initializer_list<LogField> fields) {
  return LogLine("2026-09-01T00:00:00.123456Z", Level::kInfo, "rpc", fields);
}

google::protobuf::Struct Parse(const std::string& line) {
  google::protobuf::Struct object;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(line, &object).ok()) << line;
  return object;
}

TEST(LogTest, OneLineOfJsonInStableOrder) {
  EXPECT_EQ(
      Line({{"method", "GetStudent"}, {"code", 0}, {"replayed", false}, {"seconds", 0.25}, {"seq", int64_t{1} << 60}}),
      R"({"time":"2026-09-01T00:00:00.123456Z","level":"info","event":"rpc","method":"GetStudent","code":0,)"
      R"("replayed":false,"seconds":0.25,"seq":1152921504606846976})");
}

TEST(LogTest, AnyTextIsEscaped) {
  const std::string nasty = "quote\" back\\ line\nbreak \t nul" + std::string(1, '\0') + "\x7f 中文 </script>";
  const std::string line = Line({{"text", nasty}});
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  EXPECT_EQ(Parse(line).fields().at("text").string_value(), nasty);
}

TEST(LogTest, NumbersWithoutAJsonFormAreNull) {
  EXPECT_THAT(Line({{"x", std::nan("")}, {"y", std::numeric_limits<double>::infinity()}}),
              HasSubstr(R"("x":null,"y":null})"));
}

TEST(LogTest, WhatLooksPersonalIsRedacted) {
  for (const char* personal :
       {"411728200901019016", "41172820090101901X", "41172820090101901x", "411728090101901", "6217001234567890123",
        "13912345678", "身份证411728200901019016错", "id=411728200901019016;", "phone:13912345678"}) {
    const std::string line = Line({{"text", personal}});
    EXPECT_THAT(line, HasSubstr("[redacted]")) << personal;
    EXPECT_THAT(line, Not(HasSubstr("1728"))) << personal;
    EXPECT_THAT(line, Not(HasSubstr("12345678"))) << personal;
  }
  for (const char* harmless : {"411728104203", "c411728", "018f3c5e-7b1a-7c3d-9e2f-139123456789", "2026-09-01",
                               "4bf92f3577b34da6a3ce929d0e0e4736", "12345678901"}) {
    EXPECT_THAT(Line({{"text", harmless}}), HasSubstr(harmless));
  }
}

TEST(LogTest, CaptureLevelAndStatus) {
  const CapturedLog log;
  Log(Level::kDebug, "dropped");
  Log(Level::kInfo, "kept", {{"a", 1}});
  SetLogLevel(Level::kError);
  Log(Level::kWarning, "dropped");
  LogStatus(Level::kError, "failed", Fail("FIELD_REQUIRED", {{"field", "secret_value"}}));
  SetLogLevel(Level::kInfo);
  ASSERT_EQ(log.lines().size(), 2U);
  EXPECT_EQ(Parse(log.lines()[0]).fields().at("event").string_value(), "kept");
  EXPECT_THAT(log.lines()[1], HasSubstr(R"("code":3,"reason":"FIELD_REQUIRED"})"));
  EXPECT_THAT(log.lines()[1], Not(HasSubstr("secret_value")));
}

TEST(LogTest, FileGetsWholeLinesOfAllThreads) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("ruraledu-log-test-" + std::to_string(getpid()));
  ASSERT_TRUE(LogToFile(path).ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 200; ++i) {
        Log(Level::kInfo, "line", {{"thread", t}, {"i", i}});
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(ReasonOf(LogToFile("/nonexistent/folder/log")), "FILE_UNWRITABLE");
  ASSERT_TRUE(LogToFile("").ok());
  struct stat info;
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0027, 0U) << "others may not read, the group may not write";
  std::ifstream file(path);
  int lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    EXPECT_EQ(Parse(line).fields().at("event").string_value(), "line");
  }
  EXPECT_EQ(lines, 800);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace ruraledu::obs
