// Benefits of persons who are corrected, merged, un-merged and moved between counties, over both services as they run:
// whatever the order of these and of the counties' runs, and wherever the process is killed between, nobody has a
// benefit twice in a term, and whoever should have it has it once every county has run again.
//
// RURALEDU_SEED=<number> (default: drawn, printed) and RURALEDU_CLAIM_STEPS (default 40) choose other runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "ruraledu/registry/v1/identity.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/requests.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "services/cli/session.h"
#include "tests/lib/county/identity.h"
#include "tests/lib/setting.h"
#include "tests/lib/suite.h"

namespace ruraledu::testlib {
namespace {

namespace aid = ruraledu::student_aid::v1;
namespace jobs = ruraledu::jobs::v1;
namespace registry = ruraledu::registry::v1;

constexpr char kTerm[] = "2023-2024-1";
constexpr const char* kCounties[] = {"411722", "411728", "411729"};
constexpr int kChildren = 4;
constexpr int kLastMove = 28;  // of September: the census is on the 30th (DR-21)

std::string Id(int day, int sequence) {
  std::string id = absl::StrFormat("4117002014%02d%02d%03d", 1 + day / 28, 1 + day % 28, sequence);
  id.push_back(IdCheckDigit(id));
  return id;
}

// A child, of whom the registry has two records: the second one came with a mistyped number. Both are poor.
struct Child {
  std::string numbers[2];  // the record that stays has one of them, and the other after a correction
  int number = 0;
  std::string record, second;  // person ids
  std::string county, second_county;
  bool merged = false;
  int moved = 1;  // day of September of the last move
};

class ClaimsTest : public testing::Test {
 protected:
  ClaimsTest() : suite_(Options()) {
    suite_.Start();
    session_.set_profile_file(suite_.profile("all"));
    for (const char* county : kCounties) {
      const std::string file = absl::StrCat(suite_.home(), "/schools-", county, ".csv");
      std::ofstream(file) << "学校标识码,学校名称,办学类型,学段,办别,乡镇代码,城乡分类,是否寄宿制学校\n2141" << county
                          << ",小学,小学,小学,公办," << county << "001,121,0\n";
      const Outcome outcome = suite_.Cli("all", {"import", "schools", file, "--county", county, "--apply"});
      EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
      registry::ListSchoolsRequest request;
      request.set_parent(Parent(county));
      schools_[county] = Must<registry::ListSchoolsResponse>("registry", "ListSchools", request).schools(0).name();
    }
  }

  static SuiteOptions Options() {
    return {.all_in_one = true,
            .redis = false,
            .accounts = {{"all", "P-all", "JOB", "41"}},
            .counties = {std::begin(kCounties), std::end(kCounties)}};
  }
  static std::string Parent(const std::string& county) { return absl::StrCat("counties/", county); }
  static std::string Student(const std::string& county, const std::string& person) {
    return absl::StrCat("counties/", county, "/students/", person);
  }
  std::string RequestId() { return absl::StrCat("claims-", ++requests_); }

  template <typename Response, typename Request>
  Response Must(std::string_view service, std::string_view method, const Request& request) {
    auto answer = session_.Call<Response>(service, method, request);
    EXPECT_TRUE(answer.ok()) << method << " " << request.ShortDebugString() << ": " << answer.status();
    return answer.ok() ? *std::move(answer) : Response();
  }

  std::string Create(const std::string& county, const std::string& number, const std::string& name) {
    registry::CreateStudentRequest request;
    request.set_parent(Parent(county));
    request.set_request_id(RequestId());
    registry::Student& student = *request.mutable_student();
    student.set_display_name(name);
    student.set_id_number(number);
    auto* enrolment = student.add_enrolments();
    enrolment->set_school(schools_.at(county));
    enrolment->set_stage("PRI");
    enrolment->set_grade("3");
    auto* hardship = student.add_hardships();
    hardship->set_kind("D1");
    hardship->set_area("RURAL");
    hardship->set_source("CIVIL_AFFAIRS");
    hardship->set_evidence("list");
    for (auto* date : {enrolment->mutable_valid_from(), hardship->mutable_valid_from()}) {
      date->set_year(2022);
      date->set_month(9);
      date->set_day(1);
    }
    const auto made = Must<registry::Student>("registry", "CreateStudent", request);
    return std::string(cli::LastPart(made.name()));
  }

  // A correction that the end of the one before overtakes is told to start again.
  void Correct(Child& child) {
    child.number = 1 - child.number;
    registry::UpdateStudentRequest request;
    request.mutable_student()->set_name(Student(child.county, child.record));
    request.mutable_student()->set_id_number(child.numbers[child.number]);
    request.mutable_update_mask()->add_paths("id_number");
    absl::Status corrected;
    do {
      request.set_request_id(RequestId());
      corrected = session_.Call<registry::Student>("registry", "UpdateStudent", request).status();
    } while (ReasonOf(corrected) == "CLAIM_BARRED");
    EXPECT_TRUE(corrected.ok()) << corrected;
  }
  void MergeOrPart(Child& child) {
    if (child.merged) {
      registry::UnmergeStudentRequest request;
      request.set_name(Student(child.second_county, child.second));
      request.set_reason("NOT_THE_SAME");
      request.set_request_id(RequestId());
      Must<registry::Student>("registry", "UnmergeStudent", request);
    } else {
      registry::MergeStudentsRequest request;
      request.set_name(Student(child.county, child.record));
      request.set_duplicate(Student(child.second_county, child.second));
      request.set_reason("SAME_PERSON");
      request.set_request_id(RequestId());
      Must<registry::Student>("registry", "MergeStudents", request);
    }
    child.merged = !child.merged;
  }
  void Move(Child& child, const std::string& county) {
    registry::CreateTransferRequest request;
    request.set_parent(Parent(child.county));
    request.set_request_id(RequestId());
    registry::Transfer& transfer = *request.mutable_transfer();
    transfer.set_student(Student(child.county, child.record));
    transfer.set_to_school(schools_.at(county));
    transfer.set_reason("MOVED_HOUSE");
    transfer.mutable_effective_on()->set_year(2023);
    transfer.mutable_effective_on()->set_month(9);
    transfer.mutable_effective_on()->set_day(++child.moved);
    registry::AcceptTransferRequest accept;
    accept.set_parent(Parent(county));
    accept.set_transfer(Must<registry::Transfer>("registry", "CreateTransfer", request).name());
    accept.set_request_id(RequestId());
    Must<registry::Student>("registry", "AcceptTransfer", accept);
    child.county = county;
  }

  // Starts the run, kills the process when told to, and waits for its end.
  void Run(const std::string& county, bool kill) {
    aid::StartEntitlementRunRequest request;
    request.set_parent(Parent(county));
    request.set_term(kTerm);
    request.set_request_id(RequestId());
    *request.mutable_after() = (*session_.Client("registry"))->after();
    const auto job = Must<jobs::Job>("student_aid", "StartEntitlementRun", request);
    if (kill) {
      suite_.Kill("all_in_one");
      suite_.Start("all_in_one");
    }
    const auto ended = session_.WaitForJob("student_aid", job.name(), true);
    EXPECT_TRUE(ended.ok()) << ended.status();
  }

  // Person -> counties in which a decision in force grants the living subsidy of the term.
  std::map<std::string, std::vector<std::string>> Granted() {
    std::map<std::string, std::vector<std::string>> granted;
    for (const char* county : kCounties) {
      aid::ListDecisionsRequest request;
      request.set_parent(Parent(county));
      request.set_term(kTerm);
      request.set_page_size(1000);
      const auto page = Must<aid::ListDecisionsResponse>("student_aid", "ListDecisions", request);
      for (const aid::Decision& decision : page.decisions()) {
        for (const std::string& item : decision.items()) {
          if (absl::StrContains(item, "_LIV_")) {
            granted[decision.person()].push_back(county);
          }
        }
      }
    }
    return granted;
  }
  void ExpectNobodyTwice() {
    for (const auto& [person, counties] : Granted()) {
      EXPECT_LE(counties.size(), 1u) << person << " in " << absl::StrJoin(counties, ", ");
    }
  }
  // After every county has run again: once to give back what is no longer its own, once to give what became free.
  void ExpectEverybodyOnce(const std::vector<Child>& children, std::mt19937_64& random) {
    for (int round = 0; round < 2; ++round) {
      std::vector<std::string> order(std::begin(kCounties), std::end(kCounties));
      std::shuffle(order.begin(), order.end(), random);
      for (const std::string& county : order) {
        Run(county, false);
      }
    }
    auto granted = Granted();
    for (const Child& child : children) {
      EXPECT_THAT(granted[child.record], testing::ElementsAre(child.county)) << "the record that stays";
      EXPECT_THAT(granted[child.second], testing::SizeIs(child.merged ? 0 : 1)) << "merged: " << child.merged;
    }
  }

  Suite suite_;
  std::ostringstream shown_;
  cli::Session session_{{.out = shown_, .err = shown_}, cli::ConnectWithTokens, [](absl::Duration pace) {
                          poll(nullptr, 0, static_cast<int>(absl::ToInt64Milliseconds(pace)));
                        }};
  std::map<std::string, std::string> schools_;  // by county
  int requests_ = 0;
};

TEST_F(ClaimsTest, NobodyTwiceAndEverybodyOnce) {
  const int64_t seed = Setting("RURALEDU_SEED", std::random_device()());
  std::cerr << "RURALEDU_SEED=" << seed << "\n";
  SCOPED_TRACE(absl::StrCat("RURALEDU_SEED=", seed));
  std::mt19937_64 random(static_cast<uint64_t>(seed));
  std::vector<Child> children(kChildren);
  for (int i = 0; i < kChildren; ++i) {
    Child& child = children[static_cast<size_t>(i)];
    child.county = child.second_county = kCounties[i % 3];
    child.numbers[0] = Id(40 * i, 17);
    child.numbers[1] = Id(40 * i, 35);
    const std::string name = absl::StrCat("张小", i);
    child.record = Create(child.county, child.numbers[0], name);
    child.second = Create(child.county, Id(40 * i, 59), name);
  }
  const int64_t steps = Setting("RURALEDU_CLAIM_STEPS", 40);
  const auto killed = static_cast<int64_t>(random() % static_cast<uint64_t>(steps));
  for (int64_t step = 0; step < steps && !HasFailure(); ++step) {
    SCOPED_TRACE(absl::StrCat("step ", step));
    Child& child = children[random() % kChildren];
    const std::string county = kCounties[random() % 3];
    const uint64_t what = step == killed ? 9 : random() % 9;
    if (what < 2) {
      Correct(child);
    } else if (what < 4 && child.county == child.second_county) {
      MergeOrPart(child);
    } else if (what < 6 && county != child.county && child.moved < kLastMove && !child.merged) {
      Move(child, county);
    } else {
      Run(county, step == killed);
      ExpectNobodyTwice();
    }
  }
  ExpectEverybodyOnce(children, random);
}

}  // namespace
}  // namespace ruraledu::testlib
