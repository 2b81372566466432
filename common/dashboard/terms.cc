#include "common/dashboard/terms.h"

#include <memory>

#include "common/base/error.h"
#include "common/dashboard/rebuild.h"
#include "common/db/jobs.h"

namespace ruraledu::dashboard {
namespace {

constexpr int kTrendTerms = 5;

}  // namespace

void ShowByTerm(const TermCalendar& terms, BoardSpec* spec) {
  const auto calendar = std::make_shared<const TermCalendar>(terms);
  spec->current_period = [calendar](absl::CivilDay today) { return calendar->TermOf(today).text(); };
  spec->check_period = [](std::string_view period) { return ParseTerm(period).status(); };
  spec->trend_periods = [](std::string_view period) {
    std::vector<std::string> earlier;
    if (const auto term = ParseTerm(period); term.ok()) {
      for (int back = kTrendTerms; back > 0; --back) {
        earlier.push_back(term->Plus(-back).text());
      }
    }
    return earlier;
  };
}

absl::StatusOr<int64_t> QueueOpenTerm(db::Database& database, const TermCalendar& terms, const Clock& clock) {
  const ruraledu::Term now = terms.TermOf(clock.Today());
  const std::string ended = now.Previous().text();
  ASSIGN_OR_RETURN(const auto rows, database.Read([&](db::Transaction& tx) {
    return tx.Query(
        "SELECT h.shard FROM head h JOIN journal j ON j.shard = h.shard AND j.seq = 1 WHERE h.shard >= 'c' AND "
        "h.shard < 'd' AND j.time_us < $1 AND NOT EXISTS (SELECT 1 FROM counter_period p WHERE p.shard = h.shard AND "
        "p.period = $2) ORDER BY h.shard",
        FirstMoment(terms.FirstDay(now)), ended);
  }));
  int64_t queued = 0;
  for (const db::Row& row : rows) {
    const std::string shard = row.Text(0);
    ASSIGN_OR_RETURN(const bool fresh, database.Write(shard, [&](db::Transaction& tx) -> absl::StatusOr<bool> {
      ASSIGN_OR_RETURN(const auto jobs, db::ListJobs(tx, shard, kOpenPeriodJob, "", 1));
      if (!jobs.empty() && jobs[0].input == ended) {
        return false;
      }
      RETURN_IF_ERROR(db::InsertJob(tx, {.shard = shard,
                                         .id = NewId(clock),
                                         .kind = std::string(kOpenPeriodJob),
                                         .input = ended,
                                         .subject = "service",
                                         .area = shard.substr(1)}));
      return true;
    }));
    queued += fresh ? 1 : 0;
  }
  return queued;
}

absl::Time FirstMoment(absl::CivilDay day) {
  return absl::FromCivil(day, absl::FixedTimeZone(8 * 60 * 60));
}

}  // namespace ruraledu::dashboard
