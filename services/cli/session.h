// What a command works with: connections that are opened when needed, the console, and the ways to print an answer.
#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/rpc/client.h"
#include "google/protobuf/message.h"
#include "google/type/date.pb.h"
#include "ruraledu/jobs/v1/jobs.pb.h"
#include "services/cli/profile.h"
#include "services/cli/table.h"

namespace ruraledu::cli {

// Opens a client of "registry", "student_aid" or "dropout_monitoring". The real one asks the registry for tokens and
// renews them; `kIssuer` is the registry without a token, by the client certificate alone.
inline constexpr std::string_view kIssuer = "issuer";
using Connector = std::function<absl::StatusOr<std::unique_ptr<rpc::Client>>(const Profile&, std::string_view service)>;
absl::StatusOr<std::unique_ptr<rpc::Client>> ConnectWithTokens(const Profile& profile, std::string_view service);

struct Console {
  std::ostream& out;
  std::ostream& err;  // progress and errors
  bool terminal = false;
  bool json = false;
};

class Session {
 public:
  Session(Console console, Connector connect, std::function<void(absl::Duration)> pause)
      : console_(console), connect_(std::move(connect)), pause_(std::move(pause)) {}

  Console& console() { return console_; }
  void set_profile_file(std::string file) { profile_file_ = std::move(file); }
  absl::StatusOr<Profile*> profile();
  // A client that waits for whatever earlier calls and commands wrote.
  absl::StatusOr<rpc::Client*> Client(std::string_view service);
  // "counties/411728" of --county, or of the profile. CLI_ARGUMENT.
  absl::StatusOr<std::string> County(std::string_view county);
  // The parents that --parent and --county mean: one shard, else the county and its accounts. CLI_ARGUMENT.
  absl::StatusOr<std::vector<std::string>> Parents(const std::string& parent, std::string_view county);

  // One unary call.
  template <typename Response>
  absl::StatusOr<Response> Call(std::string_view service, std::string_view method,
                                const google::protobuf::Message& request, const rpc::CallOptions& options = {}) {
    ASSIGN_OR_RETURN(rpc::Client* const client, Client(service));
    return client->Call<Response>(method, request, options);
  }
  // Pages until the end or `limit` items (0: all), as one message: the repeated fields are appended.
  template <typename Response, typename Request>
  absl::StatusOr<Response> ListAll(std::string_view service, std::string_view method, Request request, int64_t limit,
                                   const rpc::CallOptions& options = {}) {
    Response all;
    do {
      request.set_page_size(static_cast<int32_t>(PageSize(limit, ItemsOf(all))));
      ASSIGN_OR_RETURN(const Response page, Call<Response>(service, method, request, options));
      all.clear_next_page_token();
      all.MergeFrom(page);
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty() && (limit == 0 || ItemsOf(all) < limit));
    return all;
  }

  // Polls until the job is over, showing its progress. The job's own error when it failed; CLI_JOB_FAILED without one.
  // What the job wrote is waited for by later calls and commands.
  absl::StatusOr<ruraledu::jobs::v1::Job> WaitForJob(std::string_view service, const std::string& name,
                                                     bool quiet = false);
  // Between two looks at something under way, for which `waited` begins at zero: an eighth of the time waited so far,
  // so that what is short is seen to end at once and what is long is not asked after all the time.
  void Pause(absl::Duration* waited);

  // Pretty JSON of protobuf, to standard output.
  absl::Status PrintJson(const google::protobuf::Message& message);
  // JSON with --json, else the table with the number of its rows.
  absl::Status Print(const google::protobuf::Message& message, const Table& table);
  // What no message of the contracts tells.
  absl::Status Print(const Table& table);
  // One line for people, or its fields as a JSON object.
  void Say(std::string_view line, std::initializer_list<std::pair<std::string_view, std::string_view>> fields);
  Progress MakeProgress(std::string label) { return Progress(console_.err, console_.terminal, std::move(label)); }

  // Stores the positions that this session reached; forgets all when `ended` says that a history was replaced.
  absl::Status KeepPositions(const absl::Status& ended);

 private:
  static int64_t PageSize(int64_t limit, int64_t had);
  static int64_t ItemsOf(const google::protobuf::Message& page);

  Console console_;
  Connector connect_;
  std::function<void(absl::Duration)> pause_;
  std::string profile_file_;
  std::optional<Profile> profile_;
  std::map<std::string, std::unique_ptr<rpc::Client>, std::less<>> clients_;
};

// Shows an error to people, or as JSON (google.rpc.Status), and gives the exit code of its class:
// 1 internal, 3 invalid argument, 4 not found, 5 not allowed, 6 state does not allow it, 7 try again later, 8
// cancelled. (0 is success, 2 a wrong command line.)
int ShowError(Console& console, const absl::Status& status);

// "2023-09-01" <-> google.type.Date; "" is the unset one. CLI_ARGUMENT.
absl::StatusOr<google::type::Date> DateOf(std::string_view argument, std::string_view text);
std::string TextOf(const google::type::Date& date);
// "counties/411728/students/x" -> "x".
std::string LastPart(std::string_view name);
// Reads a message from JSON text. CLI_ARGUMENT names `argument`.
absl::Status FromJson(std::string_view argument, const std::string& json, google::protobuf::Message* message);

}  // namespace ruraledu::cli
