// Calls of a person of the office, and what rows of an answer say.
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "tests/scenarios/year_scenario.h"

namespace ruraledu::testlib {

inline constexpr char kToPay[] = "PAYMENT";  // purpose for which cards are shown

template <typename Response, typename Request>
absl::StatusOr<Response> YearScenario::Call(const std::string& who, const std::string& method, Request request) {
  return As(who).Call<Response>("student_aid", method, request);
}

template <typename Response, typename Request>
Response YearScenario::Must(const std::string& who, const std::string& method, const Request& request) {
  auto answer = Call<Response>(who, method, request);
  EXPECT_TRUE(answer.ok()) << method << " by " << who << ": " << request.ShortDebugString() << " " << answer.status();
  return answer.ok() ? *std::move(answer) : Response();
}

// The reasons of the rows, each once; that of the whole answer when it was refused.
template <typename Response>
std::string ReasonsOf(const absl::StatusOr<Response>& response) {
  if (!response.ok()) {
    return ReasonOf(response.status());
  }
  std::set<std::string> reasons;
  for (const auto& row : response->rows()) {
    reasons.insert(row.reason());
  }
  return absl::StrJoin(reasons, " ");
}

template <typename Response>
void ExpectNoReasons(const Response& response) {
  EXPECT_GT(response.rows_size(), 0);
  for (const auto& row : response.rows()) {
    EXPECT_EQ(row.reason(), "") << row.ShortDebugString();
  }
}

// "411728103/s1/c1" -> "counties/411728/schools/s1".
inline std::string SchoolOf(const std::string& parent, const std::string& area) {
  const std::vector<std::string> parts = absl::StrSplit(area, '/');
  return parts.size() < 2 ? "" : absl::StrCat(parent, "/schools/", parts[1]);
}

}  // namespace ruraledu::testlib
