#include "services/cli/session.h"

#include <algorithm>
#include <ostream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "google/protobuf/util/json_util.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "ruraledu/dropout_monitoring/v1/dropout_monitoring_service.pb.h"
#include "ruraledu/registry/v1/registry_service.pb.h"
#include "ruraledu/student_aid/v1/student_aid_service.pb.h"

namespace ruraledu::cli {
namespace {

using google::protobuf::Message;
using ruraledu::jobs::v1::Job;

constexpr int64_t kLargestPage = 1000;
constexpr absl::Duration kShortestPause = absl::Milliseconds(2);
constexpr absl::Duration kLongestPause = absl::Seconds(1);
constexpr std::string_view kBadRequest = "type.googleapis.com/google.rpc.BadRequest";

std::string ContractOf(std::string_view service) {
  // The contracts are looked up by name: a static link keeps only what something names.
  google::protobuf::internal::StrongReference(descriptor_table_ruraledu_2fregistry_2fv1_2fregistry_5fservice_2eproto);
  google::protobuf::internal::StrongReference(
      descriptor_table_ruraledu_2fstudent_5faid_2fv1_2fstudent_5faid_5fservice_2eproto);
  google::protobuf::internal::StrongReference(
      descriptor_table_ruraledu_2fdropout_5fmonitoring_2fv1_2fdropout_5fmonitoring_5fservice_2eproto);
  return service == "registry"      ? "ruraledu.registry.v1.RegistryService"
         : service == "student_aid" ? "ruraledu.student_aid.v1.StudentAidService"
                                    : "ruraledu.dropout_monitoring.v1.DropoutMonitoringService";
}

std::string Json(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) {
    // An Any of a type that this program does not know.
    return absl::StrCat("{\"unknownType\": \"", message.GetTypeName(), "\"}\n");
  }
  return json;
}

absl::Status ErrorOf(const google::rpc::Status& error) {
  absl::Status status(static_cast<absl::StatusCode>(error.code()), error.message());
  for (const auto& detail : error.details()) {
    status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return status;
}

google::rpc::Status WireOf(const absl::Status& status) {
  google::rpc::Status wire;
  wire.set_code(static_cast<int>(status.code()));
  wire.set_message(std::string(status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& value) {
    auto* any = wire.add_details();
    any->set_type_url(std::string(url));
    any->set_value(std::string(value));
  });
  return wire;
}

int ExitCode(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return 0;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return 3;
    case absl::StatusCode::kNotFound:
      return 4;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return 5;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
      return 6;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return 7;
    case absl::StatusCode::kCancelled:
      return 8;
    default:
      return 1;
  }
}

bool Over(const Job& job) {
  using namespace ruraledu::jobs::v1;
  return job.state() == JOB_STATE_SUCCEEDED || job.state() == JOB_STATE_FAILED || job.state() == JOB_STATE_CANCELLED;
}

}  // namespace

absl::StatusOr<std::unique_ptr<rpc::Client>> ConnectWithTokens(const Profile& profile, std::string_view service) {
  using namespace ruraledu::registry::v1;
  ASSIGN_OR_RETURN(std::unique_ptr<rpc::Client> by_certificate,
                   rpc::ConnectTo({.config = profile.services.at("registry"), .contract = ContractOf("registry")}));
  if (service == kIssuer) {
    return by_certificate;
  }
  const std::shared_ptr<rpc::Client> issuer = std::move(by_certificate);
  const auto fetch = [issuer]() -> absl::StatusOr<rpc::FetchedToken> {
    ASSIGN_OR_RETURN(const IssueTokenResponse issued,
                     issuer->Call<IssueTokenResponse>("IssueToken", IssueTokenRequest()));
    return rpc::FetchedToken{issued.token(), absl::FromUnixSeconds(issued.expires_at())};
  };
  return rpc::ConnectTo({.config = profile.services.at(std::string(service)),
                         .contract = ContractOf(service),
                         .token = rpc::RenewingToken(fetch)});
}

absl::StatusOr<Profile*> Session::profile() {
  if (!profile_.has_value()) {
    ASSIGN_OR_RETURN(profile_, LoadProfile(profile_file_));
  }
  return &*profile_;
}

absl::StatusOr<rpc::Client*> Session::Client(std::string_view service) {
  auto found = clients_.find(service);
  if (found == clients_.end()) {
    ASSIGN_OR_RETURN(Profile* const known, profile());
    ASSIGN_OR_RETURN(auto client, connect_(*known, service));
    client->AddAfter(LoadPositions(*known));
    found = clients_.emplace(service, std::move(client)).first;
  }
  for (const auto& [name, other] : clients_) {
    if (name != service) {
      found->second->AddAfter(other->after());
    }
  }
  return found->second.get();
}

absl::StatusOr<std::vector<std::string>> Session::Parents(const std::string& parent, std::string_view county) {
  if (!parent.empty()) {
    return std::vector{parent};
  }
  ASSIGN_OR_RETURN(std::string name, County(county));
  std::string accounts = absl::StrCat("shards/a", LastPart(name));
  return std::vector{std::move(name), std::move(accounts)};
}

absl::StatusOr<std::string> Session::County(std::string_view county) {
  std::string code(county);
  if (code.empty()) {
    ASSIGN_OR_RETURN(Profile* const known, profile());
    code = known->county;
  }
  if (code.starts_with("counties/")) {
    code = code.substr(9);
  }
  if (code.size() != 6 || !std::all_of(code.begin(), code.end(), absl::ascii_isdigit)) {
    return Fail("CLI_ARGUMENT", {{"argument", "--county"}, {"problem", "six digits, for example 411728"}});
  }
  return "counties/" + code;
}

absl::StatusOr<Job> Session::WaitForJob(std::string_view service, const std::string& name, bool quiet) {
  Progress progress = MakeProgress(LastPart(name));
  ruraledu::jobs::v1::GetJobRequest request;
  request.set_name(name);
  for (absl::Duration waited;;) {
    ASSIGN_OR_RETURN(Job job, Call<Job>(service, "GetJob", request));
    const std::string state = absl::AsciiStrToLower(EnumText(job.state()));
    if (!quiet) {
      progress.Show(job.done_units(), job.total_units(), absl::StrCat(job.kind(), " ", state));
    }
    if (!Over(job)) {
      Pause(&waited);
      continue;
    }
    progress.End();
    if (job.state() == ruraledu::jobs::v1::JOB_STATE_SUCCEEDED) {
      ASSIGN_OR_RETURN(rpc::Client* const client, Client(service));
      client->AddAfter(job.positions());
      return job;
    }
    return job.has_error() ? ErrorOf(job.error()) : Fail("CLI_JOB_FAILED", {{"job", name}, {"state", state}});
  }
}

void Session::Pause(absl::Duration* waited) {
  const absl::Duration pause = std::clamp(*waited / 8, kShortestPause, kLongestPause);
  pause_(pause);
  *waited += pause;
}

absl::Status Session::PrintJson(const Message& message) {
  console_.out << Json(message);
  return absl::OkStatus();
}

absl::Status Session::Print(const Message& message, const Table& table) {
  if (console_.json) {
    return PrintJson(message);
  }
  console_.out << table.Text() << table.size() << (table.size() == 1 ? " row\n" : " rows\n");
  return absl::OkStatus();
}

absl::Status Session::Print(const Table& table) {
  if (console_.json) {
    return PrintJson(table.Values());
  }
  console_.out << table.Text();
  return absl::OkStatus();
}

void Session::Say(std::string_view line, std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  if (!console_.json) {
    console_.out << line << "\n";
    return;
  }
  google::protobuf::Struct object;
  for (const auto& [name, value] : fields) {
    (*object.mutable_fields())[std::string(name)].set_string_value(std::string(value));
  }
  console_.out << Json(object);
}

absl::Status Session::KeepPositions(const absl::Status& ended) {
  if (!profile_.has_value()) {
    return absl::OkStatus();
  }
  std::map<std::pair<std::string, std::string>, ruraledu::common::v1::Position> newest;
  if (ReasonOf(ended) != "FEED_REPLACED") {
    for (const auto& [name, client] : clients_) {
      const ruraledu::common::v1::Positions after = client->after();
      for (const auto& position : after.positions()) {
        auto& known = newest[{position.service(), position.shard()}];
        if (known.instance() != position.instance() || known.seq() < position.seq()) {
          known = position;
        }
      }
    }
  }
  // What this command moved comes last: it is kept the longest.
  ruraledu::common::v1::Positions ordered, moved;
  const ruraledu::common::v1::Positions before = LoadPositions(*profile_);
  for (const auto& [key, position] : newest) {
    const bool same = std::any_of(before.positions().begin(), before.positions().end(), [&](const auto& old) {
      return old.SerializeAsString() == position.SerializeAsString();
    });
    *(same ? ordered : moved).add_positions() = position;
  }
  ordered.MergeFrom(moved);
  return SavePositions(*profile_, ordered);
}

int64_t Session::PageSize(int64_t limit, int64_t had) {
  return limit == 0 ? kLargestPage : std::min(kLargestPage, limit - had);
}

int64_t Session::ItemsOf(const Message& page) {
  const auto* field = page.GetDescriptor()->field(0);
  return page.GetReflection()->FieldSize(page, field);
}

int ShowError(Console& console, const absl::Status& status) {
  if (console.json) {
    console.err << Json(WireOf(status));
    return ExitCode(status.code());
  }
  const std::string reason = ReasonOf(status);
  console.err << "error " << (reason.empty() ? std::string(absl::StatusCodeToString(status.code())) : reason) << ": "
              << status.message() << "\n";
  if (const std::string chinese = ChineseOf(status); !chinese.empty()) {
    console.err << "  " << chinese << "\n";
  }
  google::rpc::BadRequest bad;
  if (const auto payload = status.GetPayload(kBadRequest); payload && bad.ParseFromString(std::string(*payload))) {
    for (const auto& violation : bad.field_violations()) {
      console.err << "  - " << violation.field() << ": " << violation.description() << "\n";
    }
  }
  return ExitCode(status.code());
}

absl::StatusOr<google::type::Date> DateOf(std::string_view argument, std::string_view text) {
  google::type::Date date;
  absl::CivilDay day;
  if (text.empty()) {
    return date;
  }
  if (!ParseDay(text, &day)) {
    return Fail("CLI_ARGUMENT", {{"argument", argument}, {"problem", "a day is written 2023-09-01"}});
  }
  date.set_year(static_cast<int32_t>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

std::string TextOf(const google::type::Date& date) {
  return date.year() == 0 ? "" : DayText(absl::CivilDay(date.year(), date.month(), date.day()));
}

std::string LastPart(std::string_view name) {
  return std::string(name.substr(name.rfind('/') + 1));
}

absl::Status FromJson(std::string_view argument, const std::string& json, Message* message) {
  const auto parsed = google::protobuf::util::JsonStringToMessage(json, message);
  if (parsed.ok()) {
    return absl::OkStatus();
  }
  return Fail("CLI_ARGUMENT", {{"argument", argument}, {"problem", std::string(parsed.message())}});
}

}  // namespace ruraledu::cli
