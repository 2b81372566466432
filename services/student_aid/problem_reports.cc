// The report of problems: every code within two days, open and done, with what was done (anchor table A1 row 31).
#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "services/student_aid/problem_rules.h"
#include "services/student_aid/problem_store.h"
#include "services/student_aid/report.h"
#include "services/student_aid/report_rules.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {
namespace {

constexpr int64_t kRowsPerRead = 1000;

using Key = std::pair<std::string, std::string>;  // where a page goes on; the second part is often empty
using Problems = std::vector<Problem>;

// What a source reads behind a key, what each row of it comes to, and the key of a row.
struct Source {
  std::function<absl::StatusOr<std::vector<db::Row>>(db::Transaction& tx, const Key& after)> read;
  std::function<absl::Status(db::Transaction& tx, const db::Row& row, Problems* problems)> each;
  std::function<Key(const db::Row& row)> key = [](const db::Row& row) { return Key(row.Text(0), ""); };
};

absl::Status Gather(const rpc::Host& host, const Source& source, ProblemCounts* counts) {
  struct Page {
    Problems problems;
    Key last;
    bool more = false;
  };
  Key after;
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(const Page page, host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<Page> {
      Page read;
      ASSIGN_OR_RETURN(const auto rows, source.read(tx, after));
      for (const db::Row& row : rows) {
        RETURN_IF_ERROR(source.each(tx, row, &read.problems));
        read.last = source.key(row);
      }
      read.more = static_cast<int64_t>(rows.size()) == kRowsPerRead;
      return read;
    }));
    for (const Problem& problem : page.problems) {
      Count(problem, counts);
    }
    after = page.last;
    more = page.more;
  }
  return absl::OkStatus();
}

// The first moment of a day in Asia/Shanghai (DR-07), as journals have it.
int64_t MicrosOfDay(absl::CivilDay day) {
  return absl::ToUnixMicros(absl::FromCivil(absl::CivilSecond(day), absl::FixedTimeZone(8 * 60 * 60)));
}

v1::ApplicationState StateOf(std::string_view name) {
  v1::ApplicationState state = v1::APPLICATION_STATE_UNSPECIFIED;
  v1::ApplicationState_Parse(std::string(name), &state);
  return state;
}

bool Within(const DayRange& days, const google::type::Date& date) {
  const auto day = DayOf(date);
  return day.has_value() && days.Contains(*day);
}

// The root of a row, without what is sealed.
template <typename M>
absl::StatusOr<M> Open(const db::Row& row, const feed::RootTable& table) {
  M root;
  RETURN_IF_ERROR(feed::ReadRoot(row, 1, table, row.Text(0), nullptr, &root));
  return root;
}

// Reads roots of one table by id and looks at those that lie within the days.
template <typename M, typename Read, typename Each>
Source ById(const feed::RootTable& table, const std::string& shard, Read read, Each each) {
  return {[shard, read](db::Transaction& tx, const Key& after) { return read(tx, shard, after.first, kRowsPerRead); },
          [&table, each](db::Transaction&, const db::Row& row, Problems* problems) -> absl::Status {
            ASSIGN_OR_RETURN(const M root, Open<M>(row, table));
            each(row, root, problems);
            return absl::OkStatus();
          }};
}

Source Restrictions(const std::string& shard, const DayRange& days, absl::CivilDay today) {
  return ById<v1::Restriction>(kRestrictions, shard, AllRestrictions,
                               [days, today](const db::Row&, const v1::Restriction& one, Problems* problems) {
                                 if (Within(days, one.from())) {
                                   problems->push_back(ProblemOf(one, today));
                                 }
                               });
}

// What was found and is gone was recorded anew: it stands no more. Findings have no state of their own.
Source Presence(const std::string& shard, const DayRange& days) {
  return ById<v1::PresenceCheck>(kPresenceChecks, shard, ChecksWithFindings,
                                 [days](const db::Row&, const v1::PresenceCheck& check, Problems* problems) {
                                   for (const v1::PresenceFinding& finding : check.findings()) {
                                     if (Within(days, check.recorded_on())) {
                                       problems->push_back({ProblemSource::kPresence, finding.reason(), ""});
                                     }
                                   }
                                 });
}

Source Payments(const std::string& shard, const DayRange& days) {
  return ById<v1::PaymentOrder>(kPaymentOrders, shard, EndedOrders,
                                [days](const db::Row& row, const v1::PaymentOrder& order, Problems* problems) {
                                  if (Within(days, order.ended_on())) {
                                    problems->push_back(ProblemOf(order, StateOf(row.Text(4))));
                                  }
                                });
}

Source RefusedRecords(const std::string& shard, const DayRange& days) {
  return ById<v1::AidRecord>(kAidRecords, shard, RefusedAid,
                             [days](const db::Row&, const v1::AidRecord& record, Problems* problems) {
                               if (Within(days, record.paid_on())) {
                                 problems->push_back(ProblemOf(record));
                               }
                             });
}

Source Feedbacks(const std::string& shard, const DayRange& days) {
  return ById<v1::MirrorFeedback>(
      kMirrorFeedbacks, shard, RefusedFeedbacks,
      [days](const db::Row& row, const v1::MirrorFeedback& feedback, Problems* problems) {
        for (const v1::MirrorLineError& error : feedback.errors()) {
          if (Within(days, feedback.imported_on())) {
            problems->push_back({ProblemSource::kImport, error.reason(), row.Int(4) == 1 ? "已重新导入" : ""});
          }
        }
      });
}

Source Mirror(const std::string& shard, const DayRange& days) {
  return {[shard, days](db::Transaction& tx, const Key& after) {
            return DifferencesFound(tx, shard, days.from, days.to, after.first, kRowsPerRead);
          },
          [](db::Transaction&, const db::Row& row, Problems* problems) -> absl::Status {
            ASSIGN_OR_RETURN(const auto entry, Open<v1::MirrorEntry>(row, kMirrorEntries));
            problems->push_back(ProblemOf(entry));
            return absl::OkStatus();
          }};
}

Source LeftOut(const std::string& shard, const DayRange& days) {
  return {[shard](db::Transaction& tx, const Key& after) {
            return LeftOutOfBatches(tx, shard, after.first, after.second, kRowsPerRead);
          },
          [days](db::Transaction&, const db::Row& row, Problems* problems) -> absl::Status {
            ASSIGN_OR_RETURN(const auto batch, Open<v1::PaymentBatch>(row, kPaymentBatches));
            if (Within(days, batch.frozen_on())) {
              problems->push_back(LeftOutProblem(row.Text(5), StateOf(row.Text(6))));
            }
            return absl::OkStatus();
          },
          [](const db::Row& row) { return Key(row.Text(0), row.Text(4)); }};
}

// Lines of the bank that booked nothing; nobody says what is done about them.
Source Lines(const std::string& shard, const DayRange& days) {
  return {[shard](db::Transaction& tx, const Key& after) {
            int64_t line = 0;
            (void)absl::SimpleAtoi(after.second, &line);  // "" is 0
            return UnbookedLines(tx, shard, after.first, line, kRowsPerRead);
          },
          [days](db::Transaction&, const db::Row& row, Problems* problems) -> absl::Status {
            ASSIGN_OR_RETURN(const auto answer, Open<v1::PaymentReturn>(row, kPaymentReturns));
            if (Within(days, answer.imported_on())) {
              const auto outcome = static_cast<v1::PaymentLineOutcome>(row.Int(5));
              problems->push_back({ProblemSource::kImport, row.Text(6).empty() ? EnumText(outcome) : row.Text(6), ""});
            }
            return absl::OkStatus();
          },
          [](const db::Row& row) { return Key(row.Text(0), absl::StrCat(row.Int(4))); }};
}

// Comparisons say what is wrong now; their day is that on which they were written last.
Source Comparisons(const std::string& shard, const DayRange& days, std::shared_ptr<const crypto::Sealer> sealer) {
  return {[shard, days](db::Transaction& tx, const Key& after) {
            return ComparisonsWritten(tx, shard, MicrosOfDay(days.from), MicrosOfDay(days.to + 1), after.first,
                                      kRowsPerRead);
          },
          [shard, sealer](db::Transaction& tx, const db::Row& row, Problems* problems) -> absl::Status {
            v1::Comparison comparison;
            RETURN_IF_ERROR(feed::ReadRoot(row, 1, kComparisons, row.Text(0), sealer.get(), &comparison));
            for (const v1::ComparisonRow& one : comparison.result().rows()) {
              ASSIGN_OR_RETURN(
                  const std::string state,
                  StateOfApplication(tx, shard,
                                     absl::StrCat(comparison.person(), ".", comparison.term(), ".", one.item())));
              auto problem = ProblemOf(one, state.empty() ? std::nullopt : std::optional(StateOf(state)));
              if (problem.has_value()) {
                problems->push_back(*std::move(problem));
              }
            }
            return absl::OkStatus();
          }};
}

absl::Status GatherCounty(const ReportParts& parts, const ReportQuery& query, const std::string& shard,
                          ProblemCounts* counts) {
  const DayRange days = *ParseDays(query.period);
  ASSIGN_OR_RETURN(const auto sealer, parts.host.keys.SealerOf(shard));
  for (const Source& source : {Restrictions(shard, days, query.today), Presence(shard, days), Payments(shard, days),
                               LeftOut(shard, days), RefusedRecords(shard, days), Lines(shard, days),
                               Feedbacks(shard, days), Comparisons(shard, days, sealer), Mirror(shard, days)}) {
    RETURN_IF_ERROR(Gather(parts.host, source, counts));
  }
  return absl::OkStatus();
}

absl::Status ProblemsRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                          std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  ASSIGN_OR_RETURN(const auto shards,
                   parts.host.database.Read([&](db::Transaction& tx) { return CountiesOfReport(tx, query.area); }));
  int64_t found = 0, open = 0;
  for (const std::string& shard : shards) {
    ProblemCounts counts;
    RETURN_IF_ERROR(GatherCounty(parts, query, shard, &counts));
    for (const auto& [key, count] : counts) {
      const v1::RestrictionCode* code = parts.applications.FindCode(key.second);
      rows->push_back(
          RowOf({TextCell(shard.substr(1)), TextCell(ProblemSourceLabel(key.first)), TextCell(key.second),
                 TextCell(key.first == ProblemSource::kRestriction && code != nullptr ? code->label_zh() : ""),
                 CountCell(count.found), CountCell(count.open), CountCell(count.found - count.open),
                 RateCell(count.found - count.open, count.found), TextCell(count.DoneText())}));
      found += count.found;
      open += count.open;
    }
  }
  *total = RowOf({TextCell("合计"),
                  {},
                  {},
                  {},
                  CountCell(found),
                  CountCell(open),
                  CountCell(found - open),
                  RateCell(found - open, found),
                  {}});
  cursor->done = true;
  return absl::OkStatus();
}

}  // namespace

ReportSpec ProblemsReport() {
  return {.kind = v1::REPORT_KIND_PROBLEMS,
          .id = "problems",
          .title_zh = "问题代码处理情况表",
          .period = rpc::ReportPeriod::kDays,
          .columns = {{"county", "县区代码", "County"},
                      {"source", "来源", "Where it was found"},
                      {"code", "问题代码", "Code"},
                      {"label", "说明", "In words"},
                      {"found", "发生数", "Found"},
                      {"open", "未处理", "Open"},
                      {"done", "已处理", "Done"},
                      {"rate", "处理率", "Rate done"},
                      {"how", "处理方式", "What was done"}},
          .rows = ProblemsRows};
}

}  // namespace ruraledu::student_aid
