#include "tests/scenarios/year_scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "ruraledu/registry/v1/access.pb.h"
#include "ruraledu/registry/v1/requests.pb.h"
#include "tests/lib/county/population.h"
#include "tests/lib/day.h"
#include "tests/scenarios/year_calls.h"

namespace ruraledu::testlib {
namespace {

namespace aid = ruraledu::student_aid::v1;
namespace jobs = ruraledu::jobs::v1;
namespace registry = ruraledu::registry::v1;

constexpr char kSchoolYear[] = "2023-2024";

std::string Term(int term) {
  return std::string(kTerms[static_cast<size_t>(term)]);
}

}  // namespace

std::vector<SuiteAccount> OfficeAccounts(const std::string& county) {
  std::vector<SuiteAccount> accounts = CountyAccounts(county);
  for (const auto& [name, person, role] : {std::tuple("teacher", "P-8", "CLASS_TEACHER"),
                                           {"class", "P-9", "CLASS_TEACHER"},
                                           {"school", "P-10", "SCHOOL_AID_OFFICER"},
                                           {"payer", "P-11", "COUNTY_AID_PAYER"},
                                           {"auditor", "P-12", "COUNTY_AID_APPROVER"},
                                           {"head", "P-13", "COUNTY_AID_APPROVER"}}) {
    accounts.push_back({name, person, role, county});
  }
  return accounts;
}

YearScenario::YearScenario(Suite& suite, CountyScenario& county, int fault_ppm)
    : suite_(suite), county_(county), parent_(county.parent()), bank_(3, fault_ppm) {
  AllowToUnmask("payer", "COUNTY_AID_PAYER");
}

cli::Session& YearScenario::As(const std::string& who) {
  std::unique_ptr<cli::Session>& session = sessions_[who];
  if (session == nullptr) {
    session = std::make_unique<cli::Session>(
        cli::Console{.out = shown_, .err = shown_}, cli::ConnectWithTokens,
        [](absl::Duration pace) { poll(nullptr, 0, static_cast<int>(absl::ToInt64Milliseconds(pace))); });
    session->set_profile_file(suite_.profile(who));
  }
  return *session;
}

std::string YearScenario::Cli(const std::string& who, std::vector<std::string> arguments) {
  const std::string shown = absl::StrJoin(arguments, " ");
  arguments.insert(arguments.end(), {"--county", county_.truth().county});
  const Outcome outcome = suite_.Cli(who, std::move(arguments));
  EXPECT_EQ(outcome.code, 0) << shown << "\n" << outcome.out << outcome.err;
  return outcome.out;
}

absl::StatusOr<jobs::Job> YearScenario::Done(const std::string& who, const std::string& job) {
  return As(who).WaitForJob("student_aid", job, true);
}

// A grant that states a purpose, given by one administrator and confirmed by another.
void YearScenario::AllowToUnmask(const std::string& who, const std::string& role) {
  registry::ListAccountsRequest list;
  list.set_parent("areas/" + county_.truth().county);
  const auto accounts = As("security").ListAll<registry::ListAccountsResponse>("registry", "ListAccounts", list, 0);
  ASSERT_TRUE(accounts.ok()) << accounts.status();
  for (const registry::Account& account : accounts->accounts()) {
    if (account.subject() != who) {
      continue;
    }
    registry::GiveGrantRequest give;
    give.set_name(account.name());
    give.mutable_grant()->set_role(role);
    give.mutable_grant()->set_area(list.parent());
    give.mutable_grant()->add_purposes(kToPay);
    *give.mutable_grant()->mutable_valid_from() = account.grants(0).valid_from();
    const auto given = As("security").Call<registry::Account>("registry", "GiveGrant", give);
    ASSERT_TRUE(given.ok()) << given.status();
    registry::ConfirmGrantRequest confirm;
    confirm.set_name(given->grants().rbegin()->name());
    const auto confirmed = As("audit").Call<registry::Account>("registry", "ConfirmGrant", confirm);
    ASSERT_TRUE(confirmed.ok()) << confirmed.status();
    // What pays has to know of it.
    (*As(who).Client("student_aid"))->AddAfter((*As("audit").Client("registry"))->after());
    return;
  }
  FAIL() << "no account " << who;
}

void YearScenario::On(const std::string& day) {
  if (!today_.empty()) {
    ExpectBalanced(today_);
  }
  today_ = day;
  SetDay(day);
}

// --- identification -------------------------------------------------------------------------------------------------

std::vector<YearScenario::Identification> YearScenario::Identifications() {
  aid::ListIdentificationsRequest request;
  request.set_parent(parent_);
  request.set_school_year(kSchoolYear);
  const auto all =
      As("officer").ListAll<aid::ListIdentificationsResponse>("student_aid", "ListIdentifications", request, 0);
  EXPECT_TRUE(all.ok()) << all.status();
  return all.ok() ? std::vector<Identification>(all->identifications().begin(), all->identifications().end())
                  : std::vector<Identification>();
}

void YearScenario::Identify(int term, const std::string& posted, const std::string& closed) {
  suite_.PassOn("importer", "officer");
  Cli("officer", {"aid", "identify", "propose", "--term", Term(term), "--wait"});
  const std::vector<Identification> proposed = Identifications();
  ASSERT_GE(proposed.size(), 3u);
  aid::ReviewIdentificationRequest review;
  review.set_name(proposed.front().name());
  review.set_decision(aid::REVIEW_DECISION_ACCEPT);
  EXPECT_EQ(ReasonOf(Call<Identification>("school", "SchoolReviewIdentification", review).status()), "STATE_TRANSITION")
      << "the class is skipped";
  for (const Identification& record : proposed) {
    review.set_name(record.name());
    Must<Identification>("class", "ClassReviewIdentification", review);
  }
  EXPECT_EQ(ReasonOf(Call<Identification>("class", "SchoolReviewIdentification", review).status()),
            "PERMISSION_DENIED");
  for (const Identification& record : proposed) {
    review.set_name(record.name());
    Must<Identification>("school", "SchoolReviewIdentification", review);
  }
  PostIdentifications(term, posted, closed);
  aid::BatchArchiveIdentificationsRequest archive;
  archive.set_parent(parent_);
  std::set<int> identified;
  for (const Identification& record : Identifications()) {
    EXPECT_EQ(record.state(), aid::IDENTIFICATION_STATE_CONFIRMED) << record.name();
    archive.add_identifications(record.name());
    const auto pupil = county_.Persons().find(record.person());
    ASSERT_NE(pupil, county_.Persons().end()) << record.name();
    identified.insert(pupil->second);
  }
  ExpectNoReasons(Must<aid::BatchIdentificationsResponse>("officer", "BatchArchiveIdentifications", archive));
  county_.ExpectIdentified(term, identified);
}

void YearScenario::PostIdentifications(int term, const std::string& posted, const std::string& closed) {
  On(posted);
  std::map<std::string, std::vector<Identification>> by_school;
  const std::vector<Identification> all = Identifications();
  ASSERT_FALSE(all.empty());
  for (const Identification& record : all) {
    by_school[SchoolOf(parent_, record.area())].push_back(record);
  }
  std::vector<std::string> notices;
  for (const auto& [school, records] : by_school) {
    aid::StartNoticeRequest start;
    start.set_parent(parent_);
    start.set_school(school);
    start.set_term(Term(term));
    const auto notice = Must<aid::NoticeResponse>("school", "StartNotice", start);
    EXPECT_EQ(notice.rows_size(), static_cast<int>(records.size()));
    notices.push_back(notice.notice().name());
  }
  // The first one of each of two schools is objected to; nothing is paid while that is open.
  for (const auto& [school, records] : by_school) {
    aid::CreateObjectionRequest object;
    object.set_name(records.front().name());
    object.set_objector("邻居");
    object.set_ground("家中有车");
    Must<Identification>("officer", "CreateObjection", object);
    aid::ResolveObjectionRequest resolve;
    resolve.set_name(object.name());
    resolve.set_objection(1);
    resolve.set_outcome(aid::OBJECTION_OUTCOME_UNFOUNDED);
    resolve.set_reason("入户核实");
    EXPECT_EQ(ReasonOf(Call<Identification>("officer", "ResolveObjection", resolve).status()), "ROLE_HELD");
    Must<Identification>("school", "ResolveObjection", resolve);
  }
  aid::CloseNoticeRequest close;
  close.set_name(notices.front());
  const auto early = Call<aid::NoticeResponse>("school", "CloseNotice", close);
  EXPECT_EQ(ReasonsOf(early), "NOTICE_RUNNING") << "it runs for working days";
  On(closed);
  for (const std::string& notice : notices) {
    close.set_name(notice);
    ExpectNoReasons(Must<aid::NoticeResponse>("school", "CloseNotice", close));
  }
}

void YearScenario::Adjust(int term) {
  suite_.PassOn("importer", "officer");
  Cli("officer", {"aid", "identify", "propose", "--term", Term(term), "--wait"});
  aid::BatchAdjustIdentificationsRequest request;
  request.set_parent(parent_);
  request.set_term(Term(term));
  for (const Identification& record : Identifications()) {
    if (record.state() == aid::IDENTIFICATION_STATE_ARCHIVED) {
      aid::IdentificationAdjustment& adjustment = *request.add_adjustments();
      adjustment.set_name(record.name());
      adjustment.set_level(record.level());
      adjustment.set_reason("学期动态调整");
      adjustment.set_etag(record.etag());
    }
  }
  ASSERT_GT(request.adjustments_size(), 0);
  ExpectNoReasons(Must<aid::BatchIdentificationsResponse>("school", "BatchAdjustIdentifications", request));
}

// --- applications ---------------------------------------------------------------------------------------------------

std::vector<YearScenario::Application> YearScenario::Applications(int term, ApplicationState state) {
  aid::ListApplicationsRequest request;
  request.set_parent(parent_);
  request.set_term(Term(term));
  request.set_state(state);
  const auto all = As("officer").ListAll<aid::ListApplicationsResponse>("student_aid", "ListApplications", request, 0);
  EXPECT_TRUE(all.ok()) << all.status();
  return all.ok() ? std::vector<Application>(all->applications().begin(), all->applications().end())
                  : std::vector<Application>();
}

std::set<std::string> YearScenario::SchoolsOf(int term, ApplicationState state) {
  std::set<std::string> schools;
  for (const Application& application : Applications(term, state)) {
    schools.insert(application.school());
  }
  return schools;
}

void YearScenario::HandInDrafts(int term) {
  aid::BatchSubmitApplicationsRequest request;
  request.set_parent(parent_);
  for (const Application& draft : Applications(term, aid::APPLICATION_STATE_DRAFT)) {
    aid::ApplicationSubmission& one = *request.add_applications();
    one.set_name(draft.name());
    one.add_evidence()->set_kind("PROMISE");
  }
  if (request.applications_size() > 0) {
    ExpectNoReasons(Must<aid::BatchApplicationsResponse>("teacher", "BatchSubmitApplications", request));
  }
}

aid::BatchApplicationsResponse YearScenario::Accept(const std::string& who, const std::string& method,
                                                    const std::string& school, int term) {
  aid::BatchReviewApplicationsRequest review;
  review.set_parent(parent_);
  review.set_school(school);
  review.set_term(Term(term));
  review.set_decision(aid::REVIEW_DECISION_ACCEPT);
  return Must<aid::BatchApplicationsResponse>(who, method, review);
}

void YearScenario::ReviewBySchools(int term) {
  for (const std::string& school : SchoolsOf(term, aid::APPLICATION_STATE_SUBMITTED)) {
    ExpectNoReasons(Accept("school", "BatchSchoolReviewApplications", school, term));
    aid::StartNoticeRequest start;
    start.set_parent(parent_);
    start.set_school(school);
    start.set_term(Term(term));
    start.set_kind(aid::NOTICE_KIND_SCHOOL_APPLICATIONS);
    ExpectNoReasons(Must<aid::NoticeResponse>("school", "StartNotice", start));
  }
}

// Why the county could not approve, by application; each school is one batch.
std::map<std::string, std::string> YearScenario::ReviewByCounty(int term) {
  std::map<std::string, std::string> refused;
  for (const std::string& school : SchoolsOf(term, aid::APPLICATION_STATE_ON_SCHOOL_NOTICE)) {
    const auto done = Accept("approver", "BatchCountyReviewApplications", school, term);
    for (const auto& row : done.rows()) {
      if (!row.reason().empty()) {
        refused[row.name()] = row.reason();
      }
    }
  }
  return refused;
}

void YearScenario::Apply(int term, const std::string& posted, const std::string& closed) {
  On(posted);
  county_.Decide(term);
  county_.ExpectDecisions(term);
  county_.Compare(term);
  Cli("officer", {"aid", "applications", "propose", "--term", Term(term), "--wait"});
  HandInDrafts(term);
  const std::vector<Application> all = Applications(term, aid::APPLICATION_STATE_SUBMITTED);
  ASSERT_GE(all.size(), 4u);
  ReviewBySchools(term);
  aid::CreateObjectionRequest object;
  object.set_name(all.front().name());
  object.set_objector("村民");
  object.set_ground("已外出经商");
  Must<Application>("officer", "CreateApplicationObjection", object);
  const auto early = ReviewByCounty(term);
  EXPECT_EQ(early.size(), all.size() - 1) << "one is suspended";
  for (const auto& [name, reason] : early) {
    EXPECT_EQ(reason, "NOTICE_RUNNING") << name;
  }
  On(closed);
  EXPECT_THAT(ReviewByCounty(term), testing::IsEmpty());
  aid::BatchReviewApplicationsRequest suspended;
  suspended.set_parent(parent_);
  suspended.set_decision(aid::REVIEW_DECISION_ACCEPT);
  suspended.add_applications(object.name());
  const auto refused = Call<aid::BatchApplicationsResponse>("approver", "BatchCountyReviewApplications", suspended);
  EXPECT_THAT(ReasonsOf(refused), testing::AnyOf("OBJECTION_OPEN", "STATE_TRANSITION"));
  aid::ResolveObjectionRequest resolve;
  resolve.set_name(object.name());
  resolve.set_objection(1);
  resolve.set_outcome(aid::OBJECTION_OUTCOME_UNFOUNDED);
  resolve.set_reason("入户核实");
  Must<Application>("school", "ResolveApplicationObjection", resolve);
  EXPECT_THAT(ReviewByCounty(term), testing::IsEmpty());
  EXPECT_EQ(Applications(term, aid::APPLICATION_STATE_APPROVED).size(), all.size());
}

}  // namespace ruraledu::testlib
