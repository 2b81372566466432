// Reports of funds: what is needed, how far it is executed, what arrived. Amounts are read off the ledger, so the
// totals are those of its accounts.
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/ledger_store.h"
#include "services/student_aid/report.h"
#include "services/student_aid/report_rules.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

// --- Budget need ----------------------------------------------------------------------------------------------------
struct Need {
  int64_t heads = 0, amount_fen = 0;
};
struct ItemNeed {
  Need spring, autumn;
  LevelAmounts split;

  ItemNeed& operator+=(const ItemNeed& other) {
    spring.heads += other.spring.heads;
    spring.amount_fen += other.spring.amount_fen;
    autumn.heads += other.autumn.heads;
    autumn.amount_fen += other.autumn.amount_fen;
    split += other.split;
    return *this;
  }
};

std::vector<reports_v1::ReportCell> NeedCells(const ItemNeed& need) {
  return {CountCell(need.spring.heads),
          AmountCell(need.spring.amount_fen),
          CountCell(need.autumn.heads),
          AmountCell(need.autumn.amount_fen),
          AmountCell(need.spring.amount_fen + need.autumn.amount_fen),
          AmountCell(need.split.by_level[v1::FUNDING_LEVEL_CENTRAL]),
          AmountCell(need.split.by_level[v1::FUNDING_LEVEL_PROVINCE]),
          AmountCell(need.split.by_level[v1::FUNDING_LEVEL_CITY]),
          AmountCell(need.split.by_level[v1::FUNDING_LEVEL_COUNTY]),
          AmountCell(need.split.unsplit_fen)};
}

// Cash and waivers of both terms of the budget year (DR-02), split by the shares in force in each.
absl::StatusOr<std::map<std::string, ItemNeed>> NeedOf(db::Transaction& tx, const PolicyBook& book,
                                                       const std::string& shard, int32_t year) {
  std::map<std::string, ItemNeed> needs;
  for (const Term& term : TermsOfBudgetYear(year)) {
    ASSIGN_OR_RETURN(const auto entitled, EntitledOf(tx, shard, term.text()));
    for (const auto& [item, heads_and_fen] : entitled) {
      const v1::PolicyItem* row = ItemInForce(book, RegionOfShard(shard), term, item);
      row = row == nullptr ? FindItem(book, item) : row;
      if (row == nullptr || (row->pay_form() != v1::PAY_FORM_CASH && row->pay_form() != v1::PAY_FORM_WAIVER)) {
        continue;
      }
      ItemNeed& need = needs[item];
      (term.season == Season::kSpring ? need.spring : need.autumn) = {heads_and_fen.first, heads_and_fen.second};
      ASSIGN_OR_RETURN(const LevelAmounts split, SplitByLevel(*row, heads_and_fen.second));
      need.split += split;
    }
  }
  return needs;
}

absl::Status BudgetNeedRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                            std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  const int32_t year = ParseBudgetYear(query.period);
  ItemNeed sum;
  RETURN_IF_ERROR(ByCounty(parts.host, query, cursor, rows,
                           [&](db::Transaction& tx, const std::string& shard, auto* added) -> absl::Status {
                             ASSIGN_OR_RETURN(const auto needs, NeedOf(tx, parts.book, shard, year));
                             for (const auto& [item, need] : needs) {
                               std::vector<reports_v1::ReportCell> cells = {TextCell(shard.substr(1)), TextCell(item),
                                                                            TextCell(LabelOf(parts.book, item))};
                               const auto amounts = NeedCells(need);
                               cells.insert(cells.end(), amounts.begin(), amounts.end());
                               added->push_back(RowOf(cells));
                               sum += need;
                             }
                             return absl::OkStatus();
                           }));
  std::vector<reports_v1::ReportCell> cells = {TextCell("合计"), {}, {}};
  const auto amounts = NeedCells(sum);
  cells.insert(cells.end(), amounts.begin(), amounts.end());
  *total = RowOf(cells);
  return absl::OkStatus();
}

// --- Execution ------------------------------------------------------------------------------------------------------
std::vector<reports_v1::ReportCell> ExecutionCells(int64_t budget_fen, const FundTotals& moved, int64_t executed_fen) {
  return {AmountCell(budget_fen),        AmountCell(moved.ordered_fen),     AmountCell(moved.paid_fen),
          AmountCell(moved.settled_fen), AmountCell(moved.failed_fen),      AmountCell(moved.returned_fen),
          AmountCell(executed_fen),      RateCell(executed_fen, budget_fen)};
}

// A row per item and month; what is executed is the sum of the months so far.
absl::Status ExecutionRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                           std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  const int32_t year = ParseBudgetYear(query.period);
  FundState sum;
  RETURN_IF_ERROR(ByCounty(
      parts.host, query, cursor, rows, [&](db::Transaction& tx, const std::string& shard, auto* added) -> absl::Status {
        ASSIGN_OR_RETURN(const auto funds, LoadFunds(tx, shard, year));
        ASSIGN_OR_RETURN(const auto months, MonthsOf(tx, shard, year));  // in order of item and month
        std::map<FundKey, int64_t> executed;
        for (const auto& [key, moved] : months) {
          const FundTotals totals = TotalsOf(moved);
          executed[key.first] += totals.Executed();
          const auto fund = funds.find(key.first);
          const int64_t budget = fund == funds.end() ? 0 : TotalsOf(fund->second).Budget();
          std::vector<reports_v1::ReportCell> cells = {TextCell(shard.substr(1)), TextCell(key.first.item),
                                                       TextCell(LabelOf(parts.book, key.first.item)),
                                                       TextCell(key.second)};
          const auto amounts = ExecutionCells(budget, totals, executed[key.first]);
          cells.insert(cells.end(), amounts.begin(), amounts.end());
          added->push_back(RowOf(cells));
        }
        for (const auto& [key, fund] : funds) {
          sum = sum + fund;
        }
        return absl::OkStatus();
      }));
  std::vector<reports_v1::ReportCell> cells = {TextCell("合计"), {}, {}, {}};
  const FundTotals totals = TotalsOf(sum);
  const auto amounts = ExecutionCells(totals.Budget(), totals, totals.Executed());
  cells.insert(cells.end(), amounts.begin(), amounts.end());
  *total = RowOf(cells);
  return absl::OkStatus();
}

// --- Arrival of funds -----------------------------------------------------------------------------------------------
struct FundLine {
  std::string_view label;
  int allotted, arrived;  // signs
};
const FundLine* LineOf(v1::LedgerEntryKind kind) {
  static constexpr FundLine kAllotted{"下达", 1, 0}, kCut{"核减", -1, 0}, kArrived{"到位", 0, 1}, kBack{"收回", 0, -1};
  switch (kind) {
    case v1::LEDGER_ENTRY_KIND_ALLOTMENT:
      return &kAllotted;
    case v1::LEDGER_ENTRY_KIND_ALLOTMENT_CUT:
      return &kCut;
    case v1::LEDGER_ENTRY_KIND_ARRIVAL:
      return &kArrived;
    case v1::LEDGER_ENTRY_KIND_ARRIVAL_CUT:
      return &kBack;
    default:
      return nullptr;
  }
}

struct ArrivalSums {
  int64_t allotted = 0, arrived = 0, unspent = 0;
};

absl::Status AddArrivals(const ReportParts& parts, const ReportQuery& query, db::Transaction& tx,
                         const std::string& shard, std::vector<reports_v1::ReportRow>* rows, ArrivalSums* sums) {
  const int32_t year = ParseBudgetYear(query.period);
  ASSIGN_OR_RETURN(auto arrivals, ReadArrivals(tx, shard, year));
  if (const auto* rule = parts.rules.Find(FundRule::kPayOutDays, RegionOfShard(shard), query.today); rule != nullptr) {
    SetDue(rule->value, query.today, &arrivals);
  }
  std::map<std::string, const v1::FundArrival*> clocks;  // by entry
  for (const v1::FundArrival& arrival : arrivals) {
    clocks[arrival.entry()] = &arrival;
  }
  ASSIGN_OR_RETURN(const auto entries, FundEntries(tx, shard, year));
  for (const v1::LedgerEntry& entry : entries) {
    const FundLine* line = LineOf(entry.kind());
    if (line == nullptr) {
      continue;
    }
    const auto clock = clocks.find(entry.name());
    const v1::FundArrival none;
    const v1::FundArrival& arrival = clock == clocks.end() ? none : *clock->second;
    const int64_t allotted = line->allotted * entry.amount_fen(), arrived = line->arrived * entry.amount_fen();
    rows->push_back(
        RowOf({TextCell(shard.substr(1)), TextCell(entry.item()), TextCell(LabelOf(parts.book, entry.item())),
               TextCell(line->label), TextCell(LevelText(entry.level())), TextCell(entry.document()),
               DayCell(entry.on()), AmountCell(allotted), AmountCell(arrived), AmountCell(arrival.unspent_fen()),
               DayCell(arrival.pay_out_by()), TextCell(arrival.overdue() ? "是" : "")}));
    sums->allotted += allotted;
    sums->arrived += arrived;
    sums->unspent += arrival.unspent_fen();
  }
  return absl::OkStatus();
}

absl::Status FundArrivalsRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                              std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  ArrivalSums sums;
  RETURN_IF_ERROR(
      ByCounty(parts.host, query, cursor, rows, [&](db::Transaction& tx, const std::string& shard, auto* added) {
        return AddArrivals(parts, query, tx, shard, added, &sums);
      }));
  *total = RowOf({TextCell("合计"),
                  {},
                  {},
                  {},
                  {},
                  {},
                  {},
                  AmountCell(sums.allotted),
                  AmountCell(sums.arrived),
                  AmountCell(sums.unspent),
                  {},
                  {}});
  return absl::OkStatus();
}

}  // namespace

ReportSpec BudgetNeedReport() {
  return {.kind = v1::REPORT_KIND_BUDGET_NEED,
          .id = "budget-need",
          .title_zh = "资助资金预算需求表",
          .columns = {{"county", "县区代码", "County"},
                      {"item", "项目代码", "Item"},
                      {"item_label", "资助项目", "Item in words"},
                      {"spring_heads", "春季人数", "Pupils in spring"},
                      {"spring_fen", "春季金额（元）", "Amount in spring"},
                      {"autumn_heads", "秋季人数", "Pupils in autumn"},
                      {"autumn_fen", "秋季金额（元）", "Amount in autumn"},
                      {"amount_fen", "全年预算需求（元）", "Need of the year"},
                      {"central_fen", "中央承担（元）", "Central share"},
                      {"province_fen", "省级承担（元）", "Province share"},
                      {"city_fen", "市级承担（元）", "City share"},
                      {"county_fen", "县级承担（元）", "County share"},
                      {"unsplit_fen", "未定分担（元）", "No shares stated"}},
          .rows = BudgetNeedRows};
}

ReportSpec ExecutionReport() {
  return {.kind = v1::REPORT_KIND_EXECUTION,
          .id = "execution",
          .title_zh = "资助资金预算执行进度表",
          .columns = {{"county", "县区代码", "County"},
                      {"item", "项目代码", "Item"},
                      {"item_label", "资助项目", "Item in words"},
                      {"month", "月份", "Month"},
                      {"budget_fen", "全年预算（元）", "Budget of the year"},
                      {"ordered_fen", "本月下达支付（元）", "Ordered"},
                      {"paid_fen", "本月发放（元）", "Paid"},
                      {"settled_fen", "本月学校结算（元）", "Settled with schools"},
                      {"failed_fen", "本月发放失败（元）", "Failed"},
                      {"returned_fen", "本月退回（元）", "Returned"},
                      {"executed_fen", "累计执行（元）", "Executed so far"},
                      {"rate", "执行率", "Rate"}},
          .rows = ExecutionRows};
}

ReportSpec FundArrivalsReport() {
  return {.kind = v1::REPORT_KIND_FUND_ARRIVALS,
          .id = "fund-arrivals",
          .title_zh = "资助资金到位台账",
          .columns = {{"county", "县区代码", "County"},
                      {"item", "项目代码", "Item"},
                      {"item_label", "资助项目", "Item in words"},
                      {"step", "事项", "What"},
                      {"level", "资金来源", "Level"},
                      {"document", "文号", "Document"},
                      {"day", "日期", "Day"},
                      {"allotted_fen", "下达金额（元）", "Allotted"},
                      {"arrived_fen", "到位金额（元）", "Arrived"},
                      {"unspent_fen", "未支付金额（元）", "Not paid out"},
                      {"pay_out_by", "支付期限", "To be paid out by"},
                      {"overdue", "超期", "Overdue"}},
          .rows = FundArrivalsRows};
}

}  // namespace ruraledu::student_aid
