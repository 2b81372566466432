// Runs command lines against fake services.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "common/rpc/fake_client.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {

// Shares one fake among the sessions of a test.
class Shared final : public rpc::Client {
 public:
  Shared(rpc::FakeClient& fake, std::string* purpose) : fake_(fake), purpose_(purpose) {}
  absl::Status Invoke(std::string_view method, const google::protobuf::Message& request,
                      google::protobuf::Message* response, const rpc::CallOptions& options,
                      rpc::AnswerFacts* facts) override {
    *purpose_ = options.purpose;
    return fake_.Invoke(method, request, response, options, facts);
  }
  absl::Status InvokeStream(std::string_view method, const google::protobuf::Message& request,
                            google::protobuf::Message* message, const std::function<absl::Status()>& each,
                            const rpc::CallOptions& options) override {
    *purpose_ = options.purpose;
    return fake_.InvokeStream(method, request, message, each, options);
  }
  ruraledu::common::v1::Positions after() const override { return fake_.after(); }
  void AddAfter(const ruraledu::common::v1::Positions& positions) override { fake_.AddAfter(positions); }

 private:
  rpc::FakeClient& fake_;
  std::string* const purpose_;
};

// A message like `request` from text format.
template <typename Request>
std::shared_ptr<Request> Wanted(const std::shared_ptr<Request>&, const std::string& text) {
  auto wanted = std::make_shared<Request>();
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, wanted.get())) << text;
  return wanted;
}

struct Outcome {
  int code = 0;
  std::string out, err;
};

class CliTest : public ::testing::Test {
 protected:
  CliTest() {
    std::string folder = std::filesystem::temp_directory_path() / "ruraledu-cli-XXXXXX";
    folder_ = mkdtemp(folder.data());
    Write(
        "profile.toml",
        "registry = \"localhost:1\"\nca = \"ca.crt\"\ncertificate = \"a.crt\"\nkey = \"a.key\"\ncounty = \"411728\"\n");
  }
  ~CliTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
    return Path(name);
  }
  // A profile of county 411728 whose headers and code lists are the shipped ones.
  void UseShippedData() {
    Write("profile.toml", std::string("registry = \"localhost:1\"\nca = \"c\"\ncertificate = \"a\"\nkey = \"k\"\n"
                                      "county = \"411728\"\ndata = \"") +
                              RURALEDU_SOURCE_DIR + "/deploy/data\"\n");
  }

  Outcome Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--profile", Path("profile.toml")});
    std::ostringstream out, err;
    const auto connect = [this](const Profile&,
                                std::string_view service) -> absl::StatusOr<std::unique_ptr<rpc::Client>> {
      return std::make_unique<Shared>(services_[std::string(service)], &purpose_);
    };
    const int code = RunCommandLine(arguments, {.out = out, .err = err}, connect,
                                    [this](absl::Duration pause) { paused_ += pause; });
    return {code, out.str(), err.str()};
  }

  // The request of a method of a service, which is answered by `answer`.
  template <typename Request, typename Answer>
  std::shared_ptr<Request> Answers(const std::string& method, const Answer& answer,
                                   const std::string& service = "student_aid") {
    auto seen = std::make_shared<Request>();
    services_[service].On<Request, Answer>(method, [seen, answer](const Request& request) {
      *seen = request;
      return answer;
    });
    return seen;
  }

  // The same of dropout_monitoring.
  template <typename Request, typename Answer>
  std::shared_ptr<Request> Monitors(const std::string& method, const Answer& answer) {
    return Answers<Request>(method, answer, "dropout_monitoring");
  }
  // The command line is right and the call is made.
  std::string Done(std::vector<std::string> arguments) {
    const Outcome outcome = Run(std::move(arguments));
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.out;
  }

  std::string folder_;
  std::map<std::string, rpc::FakeClient> services_;
  std::string purpose_;  // of the last call
  absl::Duration paused_ = absl::ZeroDuration();
};

// The whole request, in text format, as a test writes it.
#define EXPECT_ASKED(request, text)                                                                   \
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*(request), *Wanted(request, text))) \
      << (request)->DebugString()

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

}  // namespace ruraledu::cli
