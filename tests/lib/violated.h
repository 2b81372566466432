// Every violation of a status made by Violations, as "field REASON", in order.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"

namespace ruraledu::testlib {

inline std::vector<std::string> Violated(const absl::Status& status) {
  std::vector<std::string> found;
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& bytes) {
    google::rpc::BadRequest bad;
    if (url.find("BadRequest") == absl::string_view::npos || !bad.ParseFromString(std::string(bytes))) {
      return;
    }
    for (const auto& violation : bad.field_violations()) {
      found.push_back(
          absl::StrCat(violation.field(), " ", violation.description().substr(0, violation.description().find(':'))));
    }
  });
  return found;
}

}  // namespace ruraledu::testlib
