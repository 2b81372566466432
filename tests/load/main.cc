// ruraledu_load: callers of a running suite on this machine - pupils read and changed, lists, dashboards - and a table
// of rates, latencies and errors. It changes data (a flag of pupils, back and forth), so never a real county's: only
// loopback addresses are taken. Bounded: at most 64 callers, ten minutes, a million calls.
//
//   ruraledu_load --profile <officer's profile> --county 411728 [--term 2023-2024-1] [--callers 8] [--seconds 10]
//                 [--mix read=6,list=1,write=1,dashboard=2]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "ruraledu/dashboard/v1/dashboard.pb.h"
#include "ruraledu/registry/v1/requests.pb.h"
#include "services/cli/session.h"

namespace ruraledu::load {
namespace {

namespace v1 = ruraledu::registry::v1;
using SteadyClock = std::chrono::steady_clock;

constexpr int64_t kMostCalls = 1'000'000;

struct Options {
  std::string profile, county = "411728", term = "2023-2024-1", mix = "read=6,list=1,write=1,dashboard=2";
  int callers = 8, seconds = 10;
};

// What became of the calls of one kind.
struct Tally {
  std::vector<double> milliseconds;
  std::map<std::string, int64_t> errors;  // by reason
};
using Tallies = std::map<std::string, Tally>;

absl::StatusOr<std::vector<std::string>> KindsOf(const std::string& mix) {
  std::vector<std::string> kinds;
  for (const std::string_view part : absl::StrSplit(mix, ',')) {
    const std::pair<std::string, std::string> one = absl::StrSplit(part, absl::MaxSplits('=', 1));
    int weight = 0;
    const bool known = one.first == "read" || one.first == "list" || one.first == "write" || one.first == "dashboard";
    if (!known || !absl::SimpleAtoi(one.second, &weight) || weight < 0 || weight > 1000) {
      return absl::InvalidArgumentError(absl::StrCat("--mix: ", part));
    }
    kinds.insert(kinds.end(), static_cast<size_t>(weight), one.first);
  }
  return kinds;
}

class Caller {
 public:
  Caller(const Options& options, const std::vector<std::string>& pupils, int number)
      : options_(options), pupils_(pupils), random_(static_cast<uint64_t>(number)) {}

  absl::Status Connect(const cli::Profile& profile) {
    ASSIGN_OR_RETURN(registry_, cli::ConnectWithTokens(profile, "registry"));
    ASSIGN_OR_RETURN(student_aid_, cli::ConnectWithTokens(profile, "student_aid"));
    return absl::OkStatus();
  }

  void Run(const std::vector<std::string>& kinds, SteadyClock::time_point until, std::atomic<int64_t>& calls) {
    while (SteadyClock::now() < until && calls++ < kMostCalls) {
      const std::string& kind = kinds[random_() % kinds.size()];
      const auto begun = SteadyClock::now();
      const absl::Status status = Call(kind);
      Tally& tally = tallies_[kind];
      tally.milliseconds.push_back(std::chrono::duration<double, std::milli>(SteadyClock::now() - begun).count());
      if (!status.ok()) {
        const std::string reason = ReasonOf(status);
        ++tally.errors[reason.empty() ? absl::StatusCodeToString(status.code()) : reason];
      }
    }
  }
  const Tallies& tallies() const { return tallies_; }

 private:
  absl::Status Call(const std::string& kind) {
    const std::string& pupil = pupils_[random_() % pupils_.size()];
    if (kind == "read") {
      v1::GetStudentRequest request;
      request.set_name(pupil);
      return registry_->Call<v1::Student>("GetStudent", request).status();
    }
    if (kind == "list") {
      v1::ListStudentsRequest request;
      request.set_parent(absl::StrCat("counties/", options_.county));
      return registry_->Call<v1::ListStudentsResponse>("ListStudents", request).status();
    }
    if (kind == "write") {
      v1::UpdateStudentRequest request;
      request.mutable_student()->set_name(pupil);
      request.mutable_student()->set_migrant(random_() % 2 == 0);
      request.mutable_update_mask()->add_paths("migrant");
      return registry_->Call<v1::Student>("UpdateStudent", request).status();
    }
    ruraledu::dashboard::v1::GetDashboardRequest request;
    request.set_area(absl::StrCat("areas/", options_.county));
    request.set_period(options_.term);
    return student_aid_->Call<ruraledu::dashboard::v1::Dashboard>("GetDashboard", request, {.pass_after = false})
        .status();
  }

  const Options& options_;
  const std::vector<std::string>& pupils_;
  std::mt19937_64 random_;
  std::unique_ptr<rpc::Client> registry_, student_aid_;
  Tallies tallies_;
};

double At(const std::vector<double>& sorted, double share) {
  return sorted.empty()
             ? 0
             : sorted[std::min(sorted.size() - 1, static_cast<size_t>(static_cast<double>(sorted.size()) * share))];
}

void Print(const Tallies& tallies, double seconds) {
  std::printf("%-10s %10s %10s %9s %9s %9s %9s  %s\n", "kind", "calls", "calls/s", "p50 ms", "p95 ms", "p99 ms",
              "max ms", "errors");
  for (auto [kind, tally] : tallies) {
    std::sort(tally.milliseconds.begin(), tally.milliseconds.end());
    std::string errors;
    for (const auto& [reason, count] : tally.errors) {
      absl::StrAppend(&errors, errors.empty() ? "" : ", ", reason, " ", count);
    }
    std::printf("%-10s %10zu %10.0f %9.2f %9.2f %9.2f %9.2f  %s\n", kind.c_str(), tally.milliseconds.size(),
                static_cast<double>(tally.milliseconds.size()) / seconds, At(tally.milliseconds, 0.5),
                At(tally.milliseconds, 0.95), At(tally.milliseconds, 0.99), At(tally.milliseconds, 1),
                errors.empty() ? "none" : errors.c_str());
  }
}

absl::StatusOr<std::vector<std::string>> SomePupils(const cli::Profile& profile, const std::string& county) {
  ASSIGN_OR_RETURN(const auto client, cli::ConnectWithTokens(profile, "registry"));
  v1::ListStudentsRequest request;
  request.set_parent(absl::StrCat("counties/", county));
  request.set_page_size(1000);
  ASSIGN_OR_RETURN(const auto page, client->Call<v1::ListStudentsResponse>("ListStudents", request));
  std::vector<std::string> names;
  for (const v1::Student& student : page.students()) {
    names.push_back(student.name());
  }
  return names.empty() ? absl::StatusOr<std::vector<std::string>>(absl::NotFoundError("the county has no pupils"))
                       : names;
}

absl::Status Run(const Options& options) {
  ASSIGN_OR_RETURN(const cli::Profile profile, cli::LoadProfile(options.profile));
  for (const auto& [service, config] : profile.services) {
    if (!absl::StartsWith(config.address, "localhost:") && !absl::StartsWith(config.address, "127.0.0.1:")) {
      return absl::InvalidArgumentError(absl::StrCat(service, " is not on this machine"));
    }
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> kinds, KindsOf(options.mix));
  if (kinds.empty()) {
    return absl::InvalidArgumentError("--mix asks for nothing");
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> pupils, SomePupils(profile, options.county));
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < options.callers; ++i) {
    callers.push_back(std::make_unique<Caller>(options, pupils, i));
    RETURN_IF_ERROR(callers.back()->Connect(profile));
  }
  std::atomic<int64_t> calls = 0;
  const auto begun = SteadyClock::now();
  std::vector<std::thread> threads;
  for (const auto& caller : callers) {
    threads.emplace_back(
        [&, one = caller.get()] { one->Run(kinds, begun + std::chrono::seconds(options.seconds), calls); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - begun).count();
  Tallies sum;
  for (const auto& caller : callers) {
    for (const auto& [kind, tally] : caller->tallies()) {
      sum[kind].milliseconds.insert(sum[kind].milliseconds.end(), tally.milliseconds.begin(), tally.milliseconds.end());
      for (const auto& [reason, count] : tally.errors) {
        sum[kind].errors[reason] += count;
      }
    }
  }
  Print(sum, seconds);
  return absl::OkStatus();
}

}  // namespace
}  // namespace ruraledu::load

int main(int argc, char** argv) {
  ruraledu::load::Options options;
  CLI::App app{"Loads a suite on this machine and prints rates, latencies and errors"};
  app.add_option("--profile", options.profile, "of somebody who may read and change pupils")->required();
  app.add_option("--county", options.county, "six digits")->capture_default_str();
  app.add_option("--term", options.term, "of the dashboard")->capture_default_str();
  app.add_option("--callers", options.callers, "calls at a time")->capture_default_str()->check(CLI::Range(1, 64));
  app.add_option("--seconds", options.seconds, "how long")->capture_default_str()->check(CLI::Range(1, 600));
  app.add_option("--mix", options.mix, "weights of the kinds of calls")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = ruraledu::load::Run(options);
  if (!status.ok()) {
    std::fprintf(stderr, "ruraledu_load: %s\n", status.ToString().c_str());
    return 1;
  }
  return 0;
}
