// Random histories of calls from the handed-in application to what the bank did, with faults in any statement, repeated
// calls and several persons at once, against a model of what was acknowledged: no item is paid twice, no state is
// skipped, no acknowledged write is lost or done twice, nobody acts for two bodies on a record.
//
// RURALEDU_PAYMENT_SEED repeats a run as far as threads allow, RURALEDU_PAYMENT_HISTORIES (default 8) makes it longer,
// RURALEDU_PAYMENT_STEPS (default 40) each of them.
#include <atomic>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "common/base/enum_text.h"
#include "services/student_aid/application_rules.h"
#include "tests/lib/setting.h"
#include "tests/student_aid/cut_off.h"
#include "tests/student_aid/payment_fixture.h"

namespace ruraledu::student_aid {
namespace {

constexpr int kPersons = 6;
constexpr int kFirstPage = 3;  // of two in most batches
constexpr const char* kApprovers[] = {"a1", "a2", "a3"};
constexpr const char* kPayers[] = {"p1", "p2"};
constexpr const char* kPeople[] = {"s1", "s2", "a1", "a2", "a3", "p1", "p2", "clerk"};

// 2.7 with the notice of the school, told anew: which states an event leads between, and whose act it is.
struct Way {
  const char *event, *from, *to, *body;
};
constexpr Way kWays[] = {{"open", "DRAFT", "DRAFT", ""},
                         {"submit", "DRAFT", "SUBMITTED", "submitter"},
                         {"school_approve", "SUBMITTED", "SCHOOL_APPROVED", "school"},
                         {"post_school", "SCHOOL_APPROVED", "ON_SCHOOL_NOTICE", "school"},
                         {"object", "ON_SCHOOL_NOTICE", "SUSPENDED", ""},
                         {"object", "SUSPENDED", "SUSPENDED", ""},
                         {"resolve_school", "SUSPENDED", "SUSPENDED", "school"},
                         {"resolve_school", "SUSPENDED", "ON_SCHOOL_NOTICE", "school"},
                         {"county_sign", "ON_SCHOOL_NOTICE", "ON_SCHOOL_NOTICE", "county"},
                         {"county_approve", "ON_SCHOOL_NOTICE", "COUNTY_APPROVED", "county"},
                         {"complete", "COUNTY_APPROVED", "APPROVED", "county"},
                         {"order", "APPROVED", "ORDERED", "payer"},
                         {"order", "PAY_FAILED", "ORDERED", "payer"},
                         {"pay", "ORDERED", "PAID", ""},
                         {"fail", "ORDERED", "PAY_FAILED", ""},
                         {"return", "PAID", "PAY_FAILED", ""}};

const Way* WayOf(const v1::IdentificationStep& step) {
  const auto found = std::find_if(std::begin(kWays), std::end(kWays), [&](const Way& way) {
    return step.event() == way.event && step.from() == way.from && step.to() == way.to;
  });
  return found == std::end(kWays) ? nullptr : found;
}

// Five working days between the posting and the day, where no holiday is: DR-05.
bool NoticeIsOver(absl::CivilDay posted, absl::CivilDay today) {
  int hung = 0;
  for (absl::CivilDay day = posted + 1; day < today; ++day) {
    hung += absl::GetWeekday(day) < absl::Weekday::saturday ? 1 : 0;
  }
  return hung >= 5;
}

// What was acknowledged about a pupil's application.
struct Known {
  bool reviewed = false, posted = false;
  int objected = 0, resolved = 0;
  std::set<std::string> approved;  // by whom
  int64_t received = 0;            // of the bank
};

class PaymentHistory : public PaymentFixture {
 public:
  PaymentHistory(uint64_t seed, const char* database, std::shared_ptr<std::atomic<int64_t>> counter = NewCounter())
      : PaymentFixture(With(OptionsOf(database), counter)), random_(seed), left_(std::move(counter)) {
    aid.page = kFirstPage;
    EXPECT_TRUE(aid.Entitle().ok() && aid.Compare().ok());
    std::vector<v1::Application> submitted;
    for (int n = 1; n <= kPersons; ++n) {
      v1::Application application = Approved(Person(n));
      application.clear_steps();
      application.clear_state();
      application.add_evidence()->set_kind("PROMISE");
      v1::Assessment worth;
      worth.set_amount_fen(n % 2 == 0 ? 250'000 : kAmount);  // more than one approval, or one
      const Act job{"job:propose", day_, ""};
      OpenApplication(job, ApplicationTables().policies()[0], worth, &application);
      application.set_school(absl::StrCat(kCounty, "/schools/s1"));
      EXPECT_TRUE(SubmitApplication(job, &application).ok());
      submitted.push_back(application);
    }
    Put(submitted);
    EXPECT_TRUE(Fund(kItem, 10'000'000).ok());
    Pass(0);
    has_ = Net(v1::LEDGER_ACCOUNT_CASH);
  }
  void Run(int64_t steps) {
    for (int64_t step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
      SCOPED_TRACE(absl::StrCat("step ", step));
      Pass(day_ < absl::CivilDay(2023, 12, 20) ? Below(4) : 0);
      Below(2) == 0 ? Forward() : Any();
      ExpectModel();
    }
    ExpectJournalled(aid, {"application", "payment_order", "payment_batch", "payment_return", "ledger_entry"});
  }
  const std::map<std::string, int>& done() const { return done_; }

 private:
  static db::Options With(db::Options options, std::shared_ptr<std::atomic<int64_t>> counter) {
    options.decorate = Faulty(std::move(counter)).decorate;
    return options;
  }
  static std::string Person(int n) { return absl::StrCat("p", n); }
  void Pass(int days) {
    day_ += days;
    On(day_.month(), day_.day(), static_cast<int>(day_.year()));
    EXPECT_TRUE(aid.CatchUp().ok());  // the registry is heard of on the new day
  }
  int Below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  template <size_t N>
  std::string AnyOf(const char* const (&of)[N]) {
    return of[Below(static_cast<int>(N))];
  }

  // Calls at once, cut off somewhere in half of the cases; then each as its client repeats it: the same request.
  void Called(const std::vector<std::pair<const char*, Again>>& calls) {
    const bool cut = Below(2) == 0;
    const int at = Below(calls.size() > 1 ? 150 : 60);
    if (cut || calls.size() > 1) {
      *left_ = cut ? at : -1;
      std::vector<std::thread> threads;
      for (const auto& [name, call] : calls) {
        threads.emplace_back([&again = call] { again().IgnoreError(); });
      }
      for (std::thread& thread : threads) thread.join();
      done_["cut"] += cut && *left_ == 0 ? 1 : 0;
      *left_ = -1;
    }
    for (const auto& [name, call] : calls) {
      const absl::Status status = call();
      ++done_[status.ok() ? name : ReasonOf(status)];
    }
  }
  template <typename Request, typename Response>
  std::pair<const char*, Again> Asking(const char* name, const std::string& by, const Request& request,
                                       absl::StatusOr<Response> (Handlers::*handler)(rpc::Call&, const Request&),
                                       absl::StatusOr<Response>* answer) {
    return {name, [=, this] {
              *answer = As(by, name, request, handler);
              return answer->status();
            }};
  }
  template <typename Request, typename Response>
  absl::StatusOr<Response> Asked(const char* name, const std::string& by, const Request& request,
                                 absl::StatusOr<Response> (Handlers::*handler)(rpc::Call&, const Request&)) {
    absl::StatusOr<Response> answer = absl::UnknownError("not asked");
    Called({Asking(name, by, request, handler, &answer)});
    return answer;
  }
  // Turns of the queued jobs of a kind, cut off now and then.
  void Work(std::string_view kind) {
    const auto jobs =
        *aid.place.database->Read([&](db::Transaction& tx) { return db::ListJobs(tx, "c411728", kind, "", 1000); });
    for (const db::JobRow& job : jobs) {
      for (bool ended = job.state != db::JobState::kQueued; !ended;) {
        *left_ = Below(3) == 0 ? -1 : Below(120);
        ended = aid.Turn("c411728", job.id).ok();
        *left_ = -1;
        ++done_[ended ? "job ended" : "job cut"];
      }
    }
  }

  std::vector<std::string> Some() {
    std::vector<std::string> persons = {Person(1 + Below(kPersons))};
    for (int n = 1; n <= kPersons; ++n) {
      if (Below(3) > 0 && Person(n) != persons[0]) persons.push_back(Person(n));
    }
    return persons;
  }
  // What somebody's application waits for, so that histories get far.
  void Forward() {
    const std::vector<std::string> persons = Some();
    switch (ApplicationOf(persons[0]).state()) {
      case v1::APPLICATION_STATE_SUBMITTED:
        return BySchool(persons);
      case v1::APPLICATION_STATE_SCHOOL_APPROVED:
        return Post();
      case v1::APPLICATION_STATE_ON_SCHOOL_NOTICE:
        return Below(3) == 0 ? Dispute(persons[0]) : ByCounty(persons);
      case v1::APPLICATION_STATE_SUSPENDED:
        return Dispute(persons[0]);
      case v1::APPLICATION_STATE_APPROVED:
      case v1::APPLICATION_STATE_PAY_FAILED:
        return Order();
      default:
        Send();
        return Answer();
    }
  }
  void Any() {
    const std::vector<std::string> persons = Some();
    switch (Below(11)) {
      case 0:
      case 1:
        return BySchool(persons);
      case 2:
        return Post();
      case 3:
      case 4:
        return ByCounty(persons);
      case 5:
        return Dispute(persons[0]);
      case 6:
        return Order();
      case 7:
      case 8:
        return Send();
      default:
        return Answer();
    }
  }

  v1::BatchReviewApplicationsRequest Review(const std::vector<std::string>& persons) {
    v1::BatchReviewApplicationsRequest request;
    request.set_parent(kCounty);
    request.set_request_id(NewId());
    request.set_decision(v1::REVIEW_DECISION_ACCEPT);
    for (const std::string& person : persons) request.add_applications(ApplicationName(person));
    return request;
  }
  static std::string PersonOf(const std::string& name) {
    const std::string_view id = feed::IdOfName(name);
    return std::string(id.substr(0, id.find('.')));
  }
  // Those whose rows were taken.
  template <typename Response>
  std::vector<std::string> Taken(const absl::StatusOr<Response>& answer) {
    std::vector<std::string> persons;
    for (int i = 0; answer.ok() && i < answer->rows_size(); ++i) {
      ++done_[answer->rows(i).reason()];
      if (answer->rows(i).reason().empty()) persons.push_back(PersonOf(answer->rows(i).name()));
    }
    return persons;
  }
  void BySchool(const std::vector<std::string>& persons) {
    const auto answer = Asked("BatchSchoolReviewApplications", Below(4) == 0 ? AnyOf(kPeople) : "s1", Review(persons),
                              &Handlers::BatchSchoolReviewApplications);
    for (const std::string& person : Taken(answer)) known_[person].reviewed = true;
  }
  void Post() {
    v1::StartNoticeRequest request;
    request.set_parent(kCounty);
    request.set_school(absl::StrCat(kCounty, "/schools/s1"));
    request.set_term(kAutumn);
    request.set_kind(v1::NOTICE_KIND_SCHOOL_APPLICATIONS);
    request.set_request_id(NewId());
    const auto answer = Asked("StartNotice", "s1", request, &Handlers::StartNotice);
    for (const std::string& person : Taken(answer)) known_[person].posted = true;
  }
  // Several at once: each signs once, and no more than are needed.
  void ByCounty(const std::vector<std::string>& persons) {
    std::vector<std::string> people(std::begin(kApprovers), std::end(kApprovers));
    people.push_back(AnyOf(kPeople));
    std::vector<absl::StatusOr<v1::BatchApplicationsResponse>> answers(people.size(), absl::UnknownError("not asked"));
    std::vector<std::pair<const char*, Again>> calls;
    for (size_t i = 0; i < people.size(); ++i) {
      calls.push_back(Asking("BatchCountyReviewApplications", people[i], Review(persons),
                             &Handlers::BatchCountyReviewApplications, &answers[i]));
    }
    Called(calls);
    for (size_t i = 0; i < people.size(); ++i) {
      for (const std::string& person : Taken(answers[i])) {
        EXPECT_TRUE(known_[person].approved.insert("job:" + people[i]).second) << person << " by " << people[i];
        ++done_["approved"];
      }
    }
  }
  void Dispute(const std::string& person) {
    Known& known = known_[person];
    if (known.objected == known.resolved) {
      auto request = Objecting("");
      request.set_name(ApplicationName(person));
      known.objected +=
          Asked("CreateApplicationObjection", "clerk", request, &Handlers::CreateApplicationObjection).ok();
      return;
    }
    auto request = Resolving("", v1::OBJECTION_OUTCOME_UNFOUNDED, 0, known.objected);
    request.set_name(ApplicationName(person));
    known.resolved += Asked("ResolveApplicationObjection", Below(2) == 0 ? AnyOf(kPeople) : "s1", request,
                            &Handlers::ResolveApplicationObjection)
                          .ok();
  }

  // By two at once: one batch of the term is made at a time.
  void Order() {
    const auto kind = Below(2) == 0 ? v1::PAYMENT_BATCH_KIND_REISSUE : v1::PAYMENT_BATCH_KIND_REGULAR;
    absl::StatusOr<v1::PaymentBatch> one = absl::UnknownError("not asked"), other = one;
    Called({Asking("CreatePaymentBatch", Below(4) == 0 ? AnyOf(kApprovers) : AnyOf(kPayers), Creating(kind),
                   &Handlers::CreatePaymentBatch, &one),
            Asking("CreatePaymentBatch", AnyOf(kPayers), Creating(kind), &Handlers::CreatePaymentBatch, &other)});
    EXPECT_NE(one.ok(), other.ok()) << one.status() << other.status();
    batches_[(one.ok() ? one : other)->name()] = "";
    Work(kPaymentOrderJob);
  }
  std::map<int32_t, v1::PaymentBatch> Batches() {  // by number: ids of one moment have no order
    v1::ListPaymentBatchesRequest list;
    list.set_parent(kCounty);
    list.set_page_size(1000);
    const auto batches = As("reader", "ListPaymentBatches", list, &Handlers::ListPaymentBatches);
    EXPECT_TRUE(batches.ok()) << batches.status();
    std::map<int32_t, v1::PaymentBatch> all;
    for (const v1::PaymentBatch& batch : batches->batches()) all[batch.number()] = batch;
    return all;
  }
  // Sent, or sent and given up at once: one of both.
  void Send() {
    for (const auto& [number, batch] : Batches()) {
      if (batch.state() != v1::PAYMENT_BATCH_STATE_ORDERED) continue;
      absl::StatusOr<v1::PaymentBatch> sent = absl::UnknownError("not asked"), cancelled = sent;
      std::vector calls{Asking("SendPaymentBatch", "p1", Naming<v1::SendPaymentBatchRequest>(batch.name()),
                               &Handlers::SendPaymentBatch, &sent)};
      if (Below(3) == 0) {
        calls.push_back(Asking("CancelPaymentBatch", "p2", Naming<v1::CancelPaymentBatchRequest>(batch.name()),
                               &Handlers::CancelPaymentBatch, &cancelled));
      }
      Called(calls);
      EXPECT_NE(sent.ok(), cancelled.ok()) << sent.status() << cancelled.status();
      batches_[batch.name()] = sent.ok() ? "sent" : "cancelled";
      Work(kPaymentSweepJob);
    }
  }
  // The bank makes each payment of a batch that was sent at most once, and says something about some of them.
  void Answer() {
    std::vector<v1::PaymentBatch> sent;
    for (const auto& [number, batch] : Batches()) {
      if (batch.sent_on().year() > 0) sent.push_back(batch);
    }
    if (sent.empty()) return;
    const v1::PaymentBatch& batch = sent[static_cast<size_t>(Below(static_cast<int>(sent.size())))];
    v1::ListPaymentOrdersRequest list;
    list.set_parent(kCounty);
    list.set_batch(batch.name());
    const auto orders = As("reader", "ListPaymentOrders", list, &Handlers::ListPaymentOrders);
    ASSERT_TRUE(orders.ok()) << orders.status();
    std::string lines;
    int64_t hash = 0, sum = 0;
    int count = 0;
    for (const v1::PaymentOrder& order : orders->orders()) {
      if (Below(3) == 0) continue;
      const std::string says = Said(order);
      ++count;
      hash += order.row();
      sum += order.amount_fen();
      absl::StrAppend(&lines, "D,", order.reference(), ",", FormatFen(order.amount_fen()), ",", says, ",",
                      DayText(day_), ",BK,\n");
    }
    const std::string text = absl::StrCat("H,RURALEDU-RETURN,1,", batch.reference(), ",", DayText(day_), "\n", lines,
                                          "T,", count, ",", FormatFen(sum), ",", hash, "\n");
    // Told: the county has to hear it, by one import or by two of the same content.
    const std::string file = Upload(batch.name(), text);
    absl::StatusOr<ruraledu::jobs::v1::Job> job = absl::UnknownError("not asked"), again = job;
    std::vector calls{
        Asking("ImportPaymentReturn", "p2", Importing(batch.name(), file), &Handlers::ImportPaymentReturn, &job)};
    if (Below(3) == 0) {
      calls.push_back(Asking("ImportPaymentReturn", "clerk", Importing(batch.name(), Upload(batch.name(), text)),
                             &Handlers::ImportPaymentReturn, &again));
    }
    Called(calls);
    ASSERT_TRUE(job.ok()) << job.status() << "\n" << text;
    Work(kPaymentReturnJob);
  }
  // What the bank does with an order, for good but for payments that come back.
  std::string Said(const v1::PaymentOrder& order) {
    std::string& at = at_bank_[order.reference()];
    const std::string before = at;
    if (at.empty()) {
      at = Below(4) == 0 ? "REJECTED" : "PAID";
    } else if (at == "PAID" && Below(4) == 0) {
      at = "RETURNED";
    }
    if (at != before) {
      ++done_[at];
      known_[order.person()].received += at == "PAID" ? order.amount_fen() : at == "RETURNED" ? -order.amount_fen() : 0;
    }
    return at;
  }

  void ExpectModel() {
    std::map<std::string, int> alive;  // orders by person that are or may be money
    std::map<std::string, int64_t> paid;
    v1::ListPaymentOrdersRequest list;
    list.set_parent(kCounty);
    list.set_page_size(1000);
    const auto orders = As("reader", "ListPaymentOrders", list, &Handlers::ListPaymentOrders);
    ASSERT_TRUE(orders.ok()) << orders.status();
    int64_t payable = 0, all_paid = 0;
    for (const v1::PaymentOrder& order : orders->orders()) {
      const bool waits =
          order.state() == v1::PAYMENT_ORDER_STATE_ORDERED || order.state() == v1::PAYMENT_ORDER_STATE_SENT;
      const bool is_paid = order.state() == v1::PAYMENT_ORDER_STATE_PAID;
      alive[order.person()] += waits || is_paid ? 1 : 0;
      payable += waits ? order.amount_fen() : 0;
      paid[order.person()] += is_paid ? order.amount_fen() : 0;
      all_paid += is_paid ? order.amount_fen() : 0;
    }
    EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_PAYABLE), payable);
    EXPECT_EQ(Net(v1::LEDGER_ACCOUNT_CASH), has_ - all_paid);
    for (int n = 1; n <= kPersons; ++n) {
      const std::string person = Person(n);
      SCOPED_TRACE(person);
      EXPECT_LE(alive[person], 1) << "an item is paid twice";
      EXPECT_EQ(paid[person], known_[person].received) << "what the bank did";
      const v1::Application application = ApplicationOf(person);
      EXPECT_EQ(application.paid_fen(), paid[person]);
      ExpectWay(application, known_[person]);
    }
    ExpectBatches();
  }
  // Each batch that was acknowledged is there once, and where it was acknowledged to be.
  void ExpectBatches() {
    const auto batches = Batches();
    EXPECT_EQ(batches.size(), batches_.size());
    for (const auto& [number, batch] : batches) {
      const auto known = batches_.find(batch.name());
      ASSERT_NE(known, batches_.end()) << batch.name();
      EXPECT_EQ(batch.sent_on().year() > 0, known->second == "sent");
      EXPECT_TRUE(known->second != "cancelled" || batch.state() == v1::PAYMENT_BATCH_STATE_CANCELLED);
    }
  }
  // Its lines follow one another by the ways, hold what was acknowledged and no more, and nobody stands for two bodies.
  void ExpectWay(const v1::Application& application, const Known& known) {
    std::map<std::string, std::string> body_of;
    std::map<std::string, int> events;
    std::set<std::string> approvers;
    std::string at = "DRAFT";
    int open = 0;
    for (const v1::IdentificationStep& step : application.steps()) {
      EXPECT_EQ(step.from(), at) << step.event();
      at = step.to();
      ++events[step.event()];
      const Way* way = WayOf(step);
      ASSERT_NE(way, nullptr) << step.from() << " " << step.event() << " " << step.to();
      if (std::string_view(way->body) != "") {
        EXPECT_EQ(body_of.emplace(step.person(), way->body).first->second, way->body) << step.person();
      }
      open += step.event() == "object" ? 1 : step.event() == "resolve_school" ? -1 : 0;
      if (step.event() == "county_sign" || step.event() == "county_approve") {
        EXPECT_TRUE(approvers.insert(step.person()).second) << step.person() << " approved twice";
        EXPECT_TRUE(NoticeIsOver(*DayOf(application.posted_on()), *DayOf(step.on()))) << DayText(*DayOf(step.on()));
      }
      if (step.event() == "order") {
        EXPECT_EQ(static_cast<int>(approvers.size()), application.approvals_needed());
        EXPECT_EQ(open, 0);
      }
    }
    EXPECT_EQ(at, EnumText(application.state()));
    EXPECT_EQ(events["school_approve"], known.reviewed ? 1 : 0);
    EXPECT_EQ(events["post_school"], known.posted ? 1 : 0);
    EXPECT_EQ(events["object"], known.objected);
    EXPECT_EQ(events["resolve_school"], known.resolved);
    EXPECT_EQ(approvers, known.approved);
    done_["ordered again"] += events["order"] > 1 ? 1 : 0;
  }

  std::mt19937_64 random_;
  std::shared_ptr<std::atomic<int64_t>> left_;            // statements that still work; negative: all
  absl::CivilDay day_{2023, 10, 9};                       // no holiday follows this year
  std::map<std::string, Known> known_;                    // by person
  std::map<std::string, std::string> batches_, at_bank_;  // by name, by reference
  int64_t has_ = 0;                                       // money of the fund
  std::map<std::string, int> done_;
};

TEST(PaymentProperty, NothingIsPaidTwiceSkippedOrLost) {
  const auto seed =
      static_cast<uint64_t>(testlib::Setting("RURALEDU_PAYMENT_SEED", static_cast<int64_t>(std::random_device{}())));
  std::cout << "RURALEDU_PAYMENT_SEED=" << seed << "\n";
  SCOPED_TRACE(seed);
  std::map<std::string, int> done;
  const int64_t histories = testlib::Setting("RURALEDU_PAYMENT_HISTORIES", 8);
  for (int64_t i = 0; i < histories && !HasFailure(); ++i) {
    PaymentHistory history(seed + static_cast<uint64_t>(i), i == 0 ? "Postgres" : "Sqlite");
    history.Run(testlib::Setting("RURALEDU_PAYMENT_STEPS", 40));
    for (const auto& [what, times] : history.done()) done[what] += times;
  }
  for (const char* seen :
       {"cut", "job cut", "approved", "ROLE_HELD", "NOTICE_RUNNING", "STATE_TRANSITION", "OBJECTION_OPEN",
        "ResolveApplicationObjection", "PAYMENT_BATCH_OPEN", "PAID", "REJECTED", "RETURNED", "ordered again"}) {
    EXPECT_GT(done[seen], 0) << seen << ": too few histories to say anything";
  }
}

}  // namespace
}  // namespace ruraledu::student_aid
