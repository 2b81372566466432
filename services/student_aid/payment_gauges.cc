#include "services/student_aid/payment_gauges.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/dashboard/county_sums.h"
#include "common/dashboard/moved_counties.h"
#include "services/student_aid/payment_store.h"

namespace ruraledu::student_aid {
namespace {

using enum obs::MetricType;

constexpr size_t kTerms = 3;
constexpr std::string_view kUnpaid = "ruraledu_student_aid_unpaid_items";
constexpr std::string_view kFailed = "ruraledu_student_aid_failed_payments";
constexpr std::string_view kOverdue = "ruraledu_student_aid_overdue_items";
constexpr std::string_view kUnanswered = "ruraledu_student_aid_unanswered_batches";
constexpr std::string_view kMeasures[] = {"pay_unpaid_items", "pay_failed_items"};  // indicators.cc

struct Waiting {
  int64_t unpaid = 0, failed = 0;
};

class Probe {
 public:
  Probe(db::Database& database, obs::Metrics& metrics, const PaymentBook& payments, const Clock& clock)
      : database_(database),
        metrics_(metrics),
        payments_(payments),
        clock_(clock),
        moved_(dashboard::MovedCounties(database, [this](const std::string& shard) { return Look(shard); })) {}

  absl::Status Run() {
    RETURN_IF_ERROR(moved_());
    for (const auto& [shard, terms] : waiting_) {
      for (const auto& [term, waiting] : terms) {
        Show(shard.substr(1), term, waiting);
      }
    }
    for (const auto& [shard, batches] : sent_) {
      const std::string county = shard.substr(1);
      const auto late =
          std::count_if(batches.begin(), batches.end(), [&](const SentBatch& batch) { return IsLate(county, batch); });
      metrics_.GaugeOf(kUnanswered, {county}).Set(static_cast<double>(late));
    }
    return absl::OkStatus();
  }

 private:
  using Terms = std::map<std::string, Waiting, std::greater<>>;  // the newest first

  absl::Status Look(const std::string& shard) {
    ASSIGN_OR_RETURN(const auto sums,
                     database_.Read([&](db::Transaction& tx) { return dashboard::CountySums(tx, shard, kMeasures); }));
    Terms& terms = waiting_[shard];
    for (auto& [term, waiting] : terms) {
      waiting = {};  // a counter that is gone is zero
    }
    for (const dashboard::CountySum& sum : sums) {
      Waiting& waiting = terms[sum.period];
      (sum.measure == kMeasures[0] ? waiting.unpaid : waiting.failed) = sum.value;
    }
    while (terms.size() > kTerms) {
      terms.erase(std::prev(terms.end()));
    }
    ASSIGN_OR_RETURN(sent_[shard], database_.Read([&](db::Transaction& tx) { return BatchesAtTheBank(tx, shard); }));
    return absl::OkStatus();
  }

  void Show(const std::string& county, const std::string& term, const Waiting& waiting) {
    const auto set = [&](std::string_view gauge, int64_t value) {
      metrics_.GaugeOf(gauge, {county, term}).Set(static_cast<double>(value));
    };
    set(kUnpaid, waiting.unpaid);
    set(kFailed, waiting.failed);
    set(kOverdue, IsOver(county, term) ? waiting.unpaid : 0);
  }
  bool IsOver(const std::string& county, const std::string& text) const {
    const auto term = ParseTerm(text);
    if (!term.ok()) {
      return false;
    }
    const auto rules = payments_.InForce(absl::StrCat(county, "000000"), *term);
    return rules.ok() && clock_.Today() > PayBy(**rules, *term);
  }

  bool IsLate(const std::string& county, const SentBatch& batch) const {
    const auto term = ParseTerm(batch.term);
    if (!term.ok()) {
      return false;
    }
    const auto rules = payments_.InForce(absl::StrCat(county, "000000"), *term);
    return rules.ok() && IsUnanswered(**rules, batch.sent_on, clock_.Today());
  }

  db::Database& database_;
  obs::Metrics& metrics_;
  const PaymentBook& payments_;
  const Clock& clock_;
  std::map<std::string, Terms> waiting_;                // by county shard
  std::map<std::string, std::vector<SentBatch>> sent_;  // by county shard
  const obs::Sampler::Probe moved_;
};

}  // namespace

absl::Span<const obs::MetricSpec> PaymentMetricSpecs() {
  static const auto* const specs = new std::vector<obs::MetricSpec>{
      {kGauge, kUnpaid, "Items that are approved or ordered and not paid (digest 2.7)", {"county", "term"}},
      {kGauge, kFailed, "Items whose payment failed or came back and was not ordered again", {"county", "term"}},
      {kGauge,
       kOverdue,
       "Items that are not paid although the last day of the term is over (DR-23)",
       {"county", "term"}},
      {kGauge,
       kUnanswered,
       "Batches that the bank has had for longer than it may be silent and has not answered for all orders",
       {"county"}},
  };
  return *specs;
}

obs::Sampler::Probe PaymentProbe(db::Database& database, obs::Metrics& metrics, const PaymentBook& payments,
                                 const Clock& clock) {
  metrics.Declare(PaymentMetricSpecs());
  return [probe = std::make_shared<Probe>(database, metrics, payments, clock)] { return probe->Run(); };
}

}  // namespace ruraledu::student_aid
