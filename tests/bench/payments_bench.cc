// A county that pays, by its handlers and jobs: a term from entitlement to the bank's answer phase by phase, the jobs
// that order and book beside two bare rows for each order, the memory that a return takes, and how all of it grows.
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tests/bench/bare_rows.h"
#include "tests/bench/bench.h"
#include "tests/student_aid/payment_fixture.h"

namespace ruraledu::bench {
namespace {

using namespace ruraledu::student_aid;

constexpr int64_t kBatch = 100'000;  // orders of one batch at most
// Orders and lines per write.
int64_t Page() {
  return Setting("PAGE", 300);
}
constexpr int kSchools = 100;
constexpr int kRefusedNth = 50;

int64_t OwnMegabytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  int64_t kilobytes = 0;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) {
      kilobytes = std::atoll(line.c_str() + field.size());
    }
  }
  return kilobytes / 1024;
}

class PayingCounty : public PaymentFixture {
 public:
  explicit PayingCounty(bool postgres) : PaymentFixture(OptionsOf(postgres ? "Postgres" : "Sqlite")) {
    aid.page = Page();
  }

  // Pupils from `from` on have approved applications afterwards.
  void Approved(int64_t from, int64_t to) {
    Must(PutPayable(*aid.place.database, *aid.place.keys, "c411728", from, to));
  }
  // Seconds of the phases of a batch that takes all that is approved.
  struct Phases {
    double order = 0, send = 0, book = 0;
    int64_t orders = 0, megabytes = 0, file = 0;  // memory that booking took, bytes of the file
  };
  Phases Batch() {
    Phases phases;
    v1::PaymentBatch batch;
    phases.order = Time([&] { batch = Order(); });
    phases.orders = batch.order_count();
    phases.send = Time([&] { Must(Send(batch.name()).status()); });
    const std::string answer = AnswerOfBank(batch, absl::CivilDay(2023, 12, 1), kRefusedNth);
    phases.file = static_cast<int64_t>(answer.size());
    const std::string file = Upload(batch.name(), answer);
    const auto job =
        Must(As("clerk", "ImportPaymentReturn", Importing(batch.name(), file), &Handlers::ImportPaymentReturn));
    std::ofstream("/proc/self/clear_refs") << "5";  // the peak starts again at what is there
    const int64_t before = OwnMegabytes("VmRSS:");
    phases.book = Time([&] { Must(aid.Turn("c411728", std::string(feed::IdOfName(job.name())))); });
    phases.megabytes = OwnMegabytes("VmHWM:") - before;
    const int64_t paid = BatchOf(batch.name()).paid_count();
    if (paid != phases.orders - phases.orders / kRefusedNth) {
      Must(absl::InternalError(absl::StrCat(paid, " of ", phases.orders, " orders are paid")));
    }
    Must(aid.place.database->Read([&](db::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const int64_t wrong, CountImbalances(tx, "c411728", 2023));
      return wrong == 0 ? absl::OkStatus() : absl::InternalError("the ledger does not balance");
    }));
    return phases;
  }

  // A term of `pupils`, each in need: from the first decision to the last line of the bank.
  void Term(int64_t pupils) {
    On(9, 18);
    for (int school = 0; school < kSchools; ++school) {
      registry.Put(School(kCounty, absl::StrCat("s", school), absl::StrCat("411728", 100 + school % 20)));
    }
    Must(aid.CatchUp());
    Must(PutPayable(*aid.place.database, *aid.place.keys, "c411728", 1'000, 1'000 + pupils, false));
    Told("entitlement", [&] { Must(aid.Entitle().status()); });
    Told("comparison", [&] { Must(aid.Compare().status()); });
    Told("applications proposed", [&] { Propose(); });
    Told("reviewed by the schools", [&] { BySchools(&Handlers::BatchSchoolReviewApplications, "school"); });
    Told("posted by the schools", [&] { Post(); });
    On(10, 9);
    Must(aid.CatchUp());
    Told("approved by the county", [&] { BySchools(&Handlers::BatchCountyReviewApplications, "county"); });
    On(12, 1);
    Must(aid.CatchUp());
    const Phases phases = Batch();
    std::cerr << absl::StrFormat("  %d orders: %.1f s, sent %.1f s, booked %.1f s, %d MB\n", phases.orders,
                                 phases.order, phases.send, phases.book, phases.megabytes);
  }

 private:
  static void Told(const char* what, const std::function<void()>& work) {
    std::cerr << absl::StrFormat("  %s: %.1f s\n", what, Time(work));
  }
  void Propose() {
    v1::ProposeApplicationsRequest request;
    request.set_parent(kCounty);
    request.set_term(kAutumn);
    request.set_request_id(NewId());
    Must(As("officer", "ProposeApplications", request, &Handlers::ProposeApplications).status());
    RunJobs(kApplicationJob);
  }
  // Calls that take what waits of a school, until nothing does.
  template <typename Call>
  void UntilEmpty(const Call& call) {
    for (int school = 0; school < kSchools; ++school) {
      for (int rows = -1; rows != 0;) {
        const auto answer = Must(call(absl::StrCat(kCounty, "/schools/s", school)));
        rows = answer.rows_size();
        for (const auto& row : answer.rows()) {
          if (!row.reason().empty()) Must(absl::InternalError(row.reason()));
        }
      }
    }
  }
  using Review = absl::StatusOr<v1::BatchApplicationsResponse> (Handlers::*)(rpc::Call&,
                                                                             const v1::BatchReviewApplicationsRequest&);
  void BySchools(Review handler, const std::string& by) {
    UntilEmpty([&](const std::string& school) {
      v1::BatchReviewApplicationsRequest request;
      request.set_parent(kCounty);
      request.set_request_id(NewId());
      request.set_decision(v1::REVIEW_DECISION_ACCEPT);
      request.set_school(school);
      request.set_term(kAutumn);
      return As(by, by == "school" ? "BatchSchoolReviewApplications" : "BatchCountyReviewApplications", request,
                handler);
    });
  }
  void Post() {
    UntilEmpty([&](const std::string& school) {
      v1::StartNoticeRequest request;
      request.set_parent(kCounty);
      request.set_school(school);
      request.set_term(kAutumn);
      request.set_kind(v1::NOTICE_KIND_SCHOOL_APPLICATIONS);
      request.set_request_id(NewId());
      return As("school", "StartNotice", request, &Handlers::StartNotice);
    });
  }
};

}  // namespace

void BenchPayments(bool postgres) {
  const std::string name = postgres ? "PostgreSQL" : "SQLite";
  const int64_t pupils = Setting("PUPILS", Rows());
  PayingCounty county(postgres);
  BareRows bare(postgres);
  PayingCounty::Phases first, last;
  int64_t peak = 0;
  std::vector<double> order, order_peer, order_ratio, book, book_ratio;
  for (int64_t from = 0; from < pupils; from += kBatch) {
    county.Approved(1'000 + from, 1'000 + std::min(pupils, from + kBatch));
    last = county.Batch();
    if (from == 0) first = last;
    const auto count = static_cast<double>(last.orders);
    order.push_back(count / last.order);
    book.push_back(count / last.book);
    order_peer.push_back(bare.Rate(last.orders, Page()));
    order_ratio.push_back(order.back() / order_peer.back());
    book_ratio.push_back(book.back() / order_peer.back());
    peak = std::max(peak, last.megabytes);
    std::cerr << absl::StrFormat(
        "payments: %d orders, %.0f ordered, %.0f sent, %.0f booked a second; %d MB for a return of %.1f MB\n",
        last.orders, count / last.order, count / last.send, count / last.book, last.megabytes,
        static_cast<double>(last.file) / 1e6);
  }
  const std::string note = absl::StrCat(pupils, " orders in batches of at most ", kBatch, ", ", Page(), " a write");
  Report({.what = absl::StrCat("a batch that orders against two bare rows an order, ", name),
          .floor = 0.01,
          .goal = 0.1,
          .measured = {Median(order), Median(order_peer), Median(order_ratio)},
          .unit = "orders/s",
          .note = note});
  Report({.what = absl::StrCat("a return that is booked against two bare rows a line, ", name),
          .floor = 0.01,
          .goal = 0.1,
          .measured = {Median(book), Median(order_peer), Median(book_ratio)},
          .unit = "lines/s",
          .note = note});
  Report({.what = absl::StrCat("memory that a return takes, MB, ", name),
          .at_least = false,
          .floor = 64,
          .goal = 24,
          .measured = {static_cast<double>(peak), 0, static_cast<double>(peak)},
          .unit = "MB",
          .note = absl::StrFormat("%d lines, %.1f MB", last.orders, static_cast<double>(first.file) / 1e6)});
  if (pupils > kBatch) {
    const double rate = order.back() / order.front();
    Report({.what = absl::StrCat("orders of the last batch against the first one, ", name),
            .floor = 0.7,
            .goal = 1,
            .measured = {order.back(), order.front(), rate},
            .unit = "orders/s",
            .note = absl::StrCat(pupils, " pupils of one county")});
  }
}

void BenchTerm() {
  const int64_t pupils = Setting("PUPILS", 80'000);
  std::cerr << "a term of " << pupils << " pupils, all of them aided" << std::endl;
  PayingCounty county(false);
  county.Term(pupils);
}

}  // namespace ruraledu::bench
