#include "common/base/error.h"

#include <cstdlib>
#include <iostream>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/rpc/error_details.pb.h"

namespace ruraledu {
namespace {

constexpr std::string_view kErrorInfo = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr std::string_view kBadRequest = "type.googleapis.com/google.rpc.BadRequest";
constexpr std::string_view kLocalized = "type.googleapis.com/google.rpc.LocalizedMessage";

std::string Fill(std::string_view text, ErrorArgs args) {
  std::string filled(text);
  for (const auto& [name, value] : args) {
    absl::StrReplaceAll({{absl::StrCat("{", name, "}"), value}}, &filled);
  }
  return filled;
}

template <typename Detail>
Detail Payload(const absl::Status& status, std::string_view url) {
  Detail detail;
  if (auto payload = status.GetPayload(url)) {
    detail.ParseFromString(std::string(*payload));
  }
  return detail;
}

void Attach(absl::Status& status, std::string_view reason, ErrorArgs args, std::string_view chinese) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  info.set_domain("ruraledu");
  for (const auto& [name, value] : args) {
    (*info.mutable_metadata())[std::string(name)] = std::string(value);
  }
  status.SetPayload(kErrorInfo, absl::Cord(info.SerializeAsString()));
  google::rpc::LocalizedMessage localized;
  localized.set_locale("zh-CN");
  localized.set_message(std::string(chinese));
  status.SetPayload(kLocalized, absl::Cord(localized.SerializeAsString()));
}

}  // namespace

const ReasonInfo& FindReason(std::string_view reason) {
  const auto table = Reasons();
  const auto found = absl::c_lower_bound(
      table, reason, [](const ReasonInfo& info, std::string_view wanted) { return info.reason < wanted; });
  if (found == table.end() || found->reason != reason) {
    std::cerr << "unknown reason " << reason << "\n";
    std::abort();
  }
  return *found;
}

std::string EnglishText(std::string_view reason, ErrorArgs args) {
  return Fill(FindReason(reason).english, args);
}
std::string ChineseText(std::string_view reason, ErrorArgs args) {
  return Fill(FindReason(reason).chinese, args);
}

absl::Status Fail(std::string_view reason, ErrorArgs args) {
  absl::Status status(FindReason(reason).code, EnglishText(reason, args));
  Attach(status, reason, args, ChineseText(reason, args));
  return status;
}

std::string ReasonOf(const absl::Status& status) {
  return Payload<google::rpc::ErrorInfo>(status, kErrorInfo).reason();
}

std::string FieldOf(const absl::Status& status) {
  const auto info = Payload<google::rpc::ErrorInfo>(status, kErrorInfo);
  const auto found = info.metadata().find("field");
  return found == info.metadata().end() ? "" : found->second;
}

std::string ChineseOf(const absl::Status& status) {
  return Payload<google::rpc::LocalizedMessage>(status, kLocalized).message();
}

void Violations::Add(std::string_view field, std::string_view reason, ErrorArgs args) {
  items_.push_back({std::string(field), std::string(reason), EnglishText(reason, args), ChineseText(reason, args)});
}

void Violations::Require(bool present, std::string_view field) {
  if (!present) {
    Add(field, "FIELD_REQUIRED", {{"field", field}});
  }
}

void Violations::MostBytes(std::string_view field, std::string_view text, size_t limit) {
  if (text.size() > limit) {
    Add(field, "FIELD_TOO_LONG", {{"field", field}, {"limit", absl::StrCat(limit)}});
  }
}

void Violations::MostElements(std::string_view field, int64_t count, int64_t limit) {
  if (count > limit) {
    Add(field, "FIELD_TOO_MANY", {{"field", field}, {"limit", absl::StrCat(limit)}});
  }
}

absl::Status Violations::status() const {
  if (items_.empty()) {
    return absl::OkStatus();
  }
  google::rpc::BadRequest bad;
  std::string english;
  std::string chinese;
  for (const Item& item : items_) {
    auto* violation = bad.add_field_violations();
    violation->set_field(item.field);
    violation->set_description(absl::StrCat(item.reason, ": ", item.english));
    absl::StrAppend(&english, english.empty() ? "" : "; ", item.field, ": ", item.english);
    absl::StrAppend(&chinese, chinese.empty() ? "" : "；", item.field, "：", item.chinese);
  }
  absl::Status status(absl::StatusCode::kInvalidArgument, english);
  Attach(status, items_.front().reason, {{"field", items_.front().field}}, chinese);
  status.SetPayload(kBadRequest, absl::Cord(bad.SerializeAsString()));
  return status;
}

}  // namespace ruraledu
