// A school year of a county's aid office, by those who work there: identification, decisions, applications, money.
// Every step is checked where it is made; what it all comes to is held against the oracle and the books of the bank.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "ruraledu/student_aid/v1/application_requests.pb.h"
#include "ruraledu/student_aid/v1/fund.pb.h"
#include "ruraledu/student_aid/v1/identification.pb.h"
#include "ruraledu/student_aid/v1/ledger.pb.h"
#include "ruraledu/student_aid/v1/payment.pb.h"
#include "services/cli/session.h"
#include "tests/lib/county/bank.h"
#include "tests/lib/suite.h"
#include "tests/scenarios/county_scenario.h"

namespace ruraledu::testlib {

// Everybody in it: CountyAccounts and teacher, class, school, payer, auditor and head.
std::vector<SuiteAccount> OfficeAccounts(const std::string& county);

class YearScenario {
 public:
  YearScenario(Suite& suite, CountyScenario& county, int fault_ppm);

  // The day of the suite from now on; the books are in balance on it.
  void On(const std::string& day);

  // Compared kinds are proposed, reviewed by class and school, posted by `posted`, objected to, and confirmed on
  // `closed`; in the second term adjusted. Whoever is confirmed is known to the oracle as such.
  void Identify(int term, const std::string& posted, const std::string& closed);
  void Adjust(int term);
  // Decisions as the oracle makes them, compared; applications out of them, through school, notice and county.
  void Apply(int term, const std::string& posted, const std::string& closed);
  // Money of the term is allotted and arrives; a tenth more than is needed.
  void Endow(int term, const std::string& day);
  // A batch, the bank's answers of that day, and what comes back `later`.
  void Pay(int term, ruraledu::student_aid::v1::PaymentBatchKind kind, const std::string& day,
           const std::string& later);
  // The same when somebody waits for a batch of the kind.
  void PayIfAny(int term, ruraledu::student_aid::v1::PaymentBatchKind kind, const std::string& day);
  void MendCards();  // of those whom a batch left out for them
  // Two of those paid were not eligible: one pays back, the other a half, the rest is written off.
  void Recover(int term, const std::string& day);
  // What is left is carried over; the budget year of the term takes nothing any more.
  void Close(int term);

  // Each pupil's fen: of the applications, on the cards, and by the oracle.
  void ExpectPaid(int term);
  void ExpectFaultsOfEveryKind();
  void ExpectBalanced(const std::string& day);

 private:
  using Application = ruraledu::student_aid::v1::Application;
  using ApplicationState = ruraledu::student_aid::v1::ApplicationState;
  using Identification = ruraledu::student_aid::v1::Identification;
  using Amounts = std::map<std::string, int64_t>;
  void ExpectCovered(int term, const std::vector<Amounts>& got);

  cli::Session& As(const std::string& who);
  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(const std::string& who, const std::string& method, Request request);
  template <typename Response, typename Request>
  Response Must(const std::string& who, const std::string& method, const Request& request);
  std::string Cli(const std::string& who, std::vector<std::string> arguments);
  absl::StatusOr<ruraledu::jobs::v1::Job> Done(const std::string& who, const std::string& job);
  void AllowToUnmask(const std::string& who, const std::string& role);

  std::vector<Identification> Identifications();
  std::vector<Application> Applications(int term, ApplicationState state);
  // Schools in which somebody is in the state.
  std::set<std::string> SchoolsOf(int term, ApplicationState state);
  void PostIdentifications(int term, const std::string& posted, const std::string& closed);
  // All of a school that wait for the review.
  ruraledu::student_aid::v1::BatchApplicationsResponse Accept(const std::string& who, const std::string& method,
                                                              const std::string& school, int term);
  void ReviewBySchools(int term);
  std::map<std::string, std::string> ReviewByCounty(int term);
  void HandInDrafts(int term);
  void PutCards(int term);
  void PutCard(int pupil, const std::string& number);

  ruraledu::student_aid::v1::PaymentBatch Batch(int term, ruraledu::student_aid::v1::PaymentBatchKind kind);
  PaymentFile FileOf(const ruraledu::student_aid::v1::PaymentBatch& batch);
  void Answer(const ruraledu::student_aid::v1::PaymentBatch& batch, const BankFile& file);
  std::string Upload(const std::string& batch, const std::string& content);
  void Step(const std::string& method, const ruraledu::student_aid::v1::ProposeFundStepRequest& request);

  Suite& suite_;
  CountyScenario& county_;
  const std::string parent_;
  Bank bank_;
  std::ostringstream shown_;
  std::map<std::string, std::unique_ptr<cli::Session>> sessions_;
  std::string today_;
  std::set<int> bad_cards_;  // pupils
};

}  // namespace ruraledu::testlib
