#include "common/base/error.h"

#include <set>

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace ruraledu {
namespace {

using ::testing::HasSubstr;

template <typename Detail>
Detail DetailOf(const absl::Status& status) {
  Detail detail;
  const auto payload = status.GetPayload("type.googleapis.com/" + Detail::descriptor()->full_name());
  EXPECT_TRUE(payload.has_value());
  if (payload) {
    EXPECT_TRUE(detail.ParseFromString(std::string(*payload)));
  }
  return detail;
}

std::set<std::string> Placeholders(std::string_view text) {
  std::set<std::string> names;
  for (size_t open = text.find('{'); open != text.npos; open = text.find('{', open + 1)) {
    const size_t close = text.find('}', open);
    names.emplace(text.substr(open + 1, close == text.npos ? close : close - open - 1));
  }
  return names;
}

bool Only(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == text.npos;
}

TEST(Reasons, TableIsSortedUniqueAndComplete) {
  std::string_view last;
  for (const ReasonInfo& info : Reasons()) {
    EXPECT_LT(last, info.reason);
    last = info.reason;
    EXPECT_TRUE(Only(info.reason, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")) << info.reason;
    EXPECT_NE(info.code, absl::StatusCode::kOk) << info.reason;
    EXPECT_FALSE(info.english.empty() || info.chinese.empty()) << info.reason;
    EXPECT_EQ(&FindReason(info.reason), &info);
  }
}

TEST(Reasons, TextsOfBothLanguagesUseKnownPlaceholders) {
  for (const ReasonInfo& info : Reasons()) {
    for (const std::string& name : Placeholders(info.chinese)) {
      EXPECT_TRUE(Placeholders(info.english).contains(name)) << info.reason << " {" << name << "}";
    }
    for (const std::string& name : Placeholders(info.english)) {
      EXPECT_TRUE(Only(name, "abcdefghijklmnopqrstuvwxyz0123456789_")) << info.reason << " {" << name << "}";
    }
  }
}

TEST(Reasons, AnUnknownReasonEndsTheProgram) {
  EXPECT_DEATH(FindReason("NO_SUCH_REASON"), "NO_SUCH_REASON");
}

TEST(Fail, FillsTextsAndDetails) {
  const absl::Status status = Fail("FIELD_REQUIRED", {{"field", "student.name"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "student.name is required");
  EXPECT_EQ(ReasonOf(status), "FIELD_REQUIRED");
  EXPECT_THAT(ChineseOf(status), HasSubstr("student.name"));
  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  EXPECT_EQ(info.domain(), "ruraledu");
  EXPECT_EQ(info.metadata().at("field"), "student.name");
  EXPECT_EQ(DetailOf<google::rpc::LocalizedMessage>(status).locale(), "zh-CN");
}

TEST(Fail, StatusesOfOthersHaveNoReason) {
  EXPECT_EQ(ReasonOf(absl::InternalError("x")), "");
  EXPECT_EQ(ChineseOf(absl::OkStatus()), "");
}

TEST(Violations, CollectAll) {
  Violations violations;
  EXPECT_TRUE(violations.empty());
  EXPECT_TRUE(violations.status().ok());
  violations.Require(true, "a");
  EXPECT_TRUE(violations.empty());
  violations.Require(false, "student.name");
  violations.Add("student.id", "FIELD_REQUIRED", {{"field", "student.id"}});
  const absl::Status status = violations.status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "FIELD_REQUIRED");
  const auto bad = DetailOf<google::rpc::BadRequest>(status);
  ASSERT_EQ(bad.field_violations_size(), 2);
  EXPECT_EQ(bad.field_violations(0).field(), "student.name");
  EXPECT_EQ(bad.field_violations(1).field(), "student.id");
  EXPECT_THAT(bad.field_violations(1).description(), HasSubstr("FIELD_REQUIRED"));
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).metadata().at("field"), "student.name");
}

TEST(Violations, LimitsIncludeTheirEnds) {
  Violations violations;
  violations.MostBytes("note", "中文", 6);
  violations.MostElements("rows", 200, 200);
  EXPECT_TRUE(violations.empty());
  violations.MostBytes("note", "中文.", 6);
  EXPECT_EQ(ReasonOf(violations.status()), "FIELD_TOO_LONG") << "bytes, not characters";
  violations.MostElements("rows", 201, 200);
  const auto bad = DetailOf<google::rpc::BadRequest>(violations.status());
  ASSERT_EQ(bad.field_violations_size(), 2);
  EXPECT_EQ(bad.field_violations(1).field(), "rows");
  EXPECT_THAT(bad.field_violations(1).description(), HasSubstr("200"));
}

absl::StatusOr<int> Half(int n) {
  if (n % 2 != 0) {
    return Fail("FIELD_REQUIRED", {{"field", "n"}});
  }
  return n / 2;
}

absl::StatusOr<int> Quarter(int n) {
  ASSIGN_OR_RETURN(const int half, Half(n));
  ASSIGN_OR_RETURN(int quarter, Half(half));
  RETURN_IF_ERROR(absl::OkStatus());
  return quarter;
}

TEST(Macros, ReturnEarly) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(ReasonOf(Quarter(6).status()), "FIELD_REQUIRED");
  EXPECT_EQ(ReasonOf(Quarter(3).status()), "FIELD_REQUIRED");
}

}  // namespace
}  // namespace ruraledu
