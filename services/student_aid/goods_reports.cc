// Goods: the ledger by school and item, and the pupils who are entitled and have not been given.
#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "common/crypto/masking.h"
#include "services/student_aid/goods_store.h"
#include "services/student_aid/goods_writes.h"
#include "services/student_aid/office_store.h"
#include "services/student_aid/report.h"
#include "services/student_aid/snapshot.h"

namespace ruraledu::student_aid {
namespace {

std::string ShardOf(const registry_v1::School& school) {
  return absl::StrCat("c", CountyOf(school.area()));
}
std::string RegionOf(const registry_v1::School& school) {
  return absl::StrCat(CountyOf(school.area()), "000000");
}

std::vector<reports_v1::ReportCell> SchoolCells(const registry_v1::School& school) {
  return {TextCell(TownshipOf(school.area())), TextCell(school.code()), TextCell(school.display_name())};
}

// --- Ledger ---------------------------------------------------------------------------------------------------------
// Columns of units, in their order, and the value.
enum LedgerSum {
  kOpening,
  kReceived,
  kIssued,
  kReturned,
  kTransferredIn,
  kTransferredOut,
  kLost,
  kSpoilt,
  kCounted,
  kClosing,
  kUnits,
  kValueFen = kUnits,
  kLedgerSums
};

std::array<int64_t, kUnits> UnitsOf(const v1::GoodsTerm& term) {
  const v1::GoodsTotals& totals = term.totals();
  return {term.opening(),           totals.received(), totals.issued(), totals.returned(), totals.transferred_in(),
          totals.transferred_out(), totals.lost(),     totals.spoilt(), totals.counted(),  term.closing()};
}

void AddLedgerRow(const ReportParts& parts, const ReportQuery& query, const registry_v1::School& school,
                  const v1::GoodsStock& stock, ReportCursor* cursor, std::vector<reports_v1::ReportRow>* rows) {
  const v1::GoodsTerm term = TermOf(stock, query.period);
  const auto units = UnitsOf(term);
  if (std::all_of(units.begin(), units.end(), [](int64_t number) { return number == 0; })) {
    return;
  }
  const absl::CivilDay last = parts.goods.calendar().LastDay(*ParseTerm(query.period));
  const v1::GoodsItem* item = parts.goods.Find(stock.item(), RegionOf(school), last);
  item = item != nullptr ? item : parts.goods.Newest(stock.item(), RegionOf(school));
  const int64_t value = item == nullptr ? 0 : item->value_fen() * term.closing();
  auto cells = SchoolCells(school);
  cells.push_back(TextCell(stock.item()));
  cells.push_back(TextCell(item == nullptr ? stock.item() : item->label_zh()));
  cells.push_back(TextCell(item == nullptr ? "" : item->unit()));
  for (size_t i = 0; i < units.size(); ++i) {
    cells.push_back(CountCell(units[i]));
    cursor->sums[i] += units[i];
  }
  cells.push_back(AmountCell(value));
  cursor->sums[kValueFen] += value;
  rows->push_back(RowOf(cells));
}

// The rest of the key is the last item of the school.
absl::Status LedgerRows(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                        std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  RETURN_IF_ERROR(
      BySchool(parts.host, query, limit, cursor, rows,
               [&](db::Transaction& tx, const registry_v1::School& school, int64_t most, ReportCursor* at,
                   std::vector<reports_v1::ReportRow>* added) -> absl::StatusOr<size_t> {
                 ASSIGN_OR_RETURN(const auto found,
                                  StocksOfSchool(tx, ShardOf(school), feed::IdOfName(school.name()), at->key[1], most));
                 ASSIGN_OR_RETURN(const auto stocks, feed::ReadRoots<v1::GoodsStock>(found, kGoodsStocks, nullptr));
                 for (const v1::GoodsStock& stock : stocks) {
                   AddLedgerRow(parts, query, school, stock, at, added);
                   at->key[1] = stock.item();
                 }
                 return found.size();
               }));
  if (cursor->done) {
    std::vector<reports_v1::ReportCell> cells = {TextCell("合计"), {}, {}, {}, {}, {}};
    for (size_t i = 0; i < kUnits; ++i) {
      cells.push_back(CountCell(cursor->sums[i]));
    }
    cells.push_back(AmountCell(cursor->sums[kValueFen]));
    *total = RowOf(cells);
  }
  return absl::OkStatus();
}

// --- Unissued -------------------------------------------------------------------------------------------------------
enum UnissuedSum { kPupilItems, kMissing, kUnissuedSums };

absl::Status AddUnissued(const ReportParts& parts, const ReportQuery& query, db::Transaction& tx,
                         const registry_v1::School& school, const std::string& person, const GoodsPupils::Pupil& pupil,
                         absl::CivilDay on, ReportCursor* cursor, std::vector<reports_v1::ReportRow>* rows) {
  ASSIGN_OR_RETURN(const auto place, FindPupil(tx, ShardOf(school), person));
  const std::string name = place.has_value() ? place->display_name : "";
  ASSIGN_OR_RETURN(GoodsByPeriod out, GoodsOut(tx, ShardOf(school), person));
  for (const v1::GoodsItem* item : parts.goods.On(RegionOf(school), on)) {
    const std::string period = parts.goods.PeriodOf(*item, on);
    const int64_t has = out[{item->item(), period}];
    if (!IsEntitled(*item, pupil.stage, pupil.kinds) || has >= item->quantity()) {
      continue;
    }
    auto cells = SchoolCells(school);
    cells.push_back(TextCell(person));
    cells.push_back(TextCell(query.unmask ? name : crypto::MaskName(name)));
    cells.push_back(TextCell(item->item()));
    cells.push_back(TextCell(item->label_zh()));
    cells.push_back(TextCell(period));
    cells.push_back(CountCell(item->quantity()));
    cells.push_back(CountCell(has));
    cells.push_back(CountCell(item->quantity() - has));
    rows->push_back(RowOf(cells));
    cursor->sums[kPupilItems] += 1;
    cursor->sums[kMissing] += item->quantity() - has;
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> AddUnissuedPage(const ReportParts& parts, const ReportQuery& query, db::Transaction& tx,
                                       const registry_v1::School& school, int64_t most, ReportCursor* at,
                                       std::vector<reports_v1::ReportRow>* rows) {
  ASSIGN_OR_RETURN(const Term term, ParseTerm(query.period));
  const absl::CivilDay on = NearestDay(parts.goods.calendar(), term, parts.host.clock.Today());
  ASSIGN_OR_RETURN(auto persons, PupilsWithin(tx, ShardOf(school), RangeOf(school.area())));
  persons.erase(persons.begin(), std::upper_bound(persons.begin(), persons.end(), at->key[1]));
  persons.resize(std::min(persons.size(), static_cast<size_t>(most)));
  ASSIGN_OR_RETURN(const auto pupils, GoodsPupils(parts.host, parts.goods, ShardOf(school)).Read(tx, persons, on));
  for (const auto& [person, pupil] : pupils) {
    if (pupil.school == school.name()) {
      RETURN_IF_ERROR(AddUnissued(parts, query, tx, school, person, pupil, on, at, rows));
    }
  }
  at->key[1] = persons.empty() ? at->key[1] : persons.back();
  return persons.size();
}

// The rest of the key is the last pupil of the school.
absl::Status UnissuedRows(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                          std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  RETURN_IF_ERROR(BySchool(parts.host, query, limit, cursor, rows,
                           [&](db::Transaction& tx, const registry_v1::School& school, int64_t most, ReportCursor* at,
                               std::vector<reports_v1::ReportRow>* added) {
                             return AddUnissuedPage(parts, query, tx, school, most, at, added);
                           }));
  if (cursor->done) {
    *total = RowOf({TextCell("合计"),
                    {},
                    {},
                    {},
                    {},
                    {},
                    TextCell(absl::StrCat(cursor->sums[kPupilItems], " 人次")),
                    {},
                    {},
                    {},
                    CountCell(cursor->sums[kMissing])});
  }
  return absl::OkStatus();
}

}  // namespace

ReportSpec GoodsLedgerReport() {
  return {.kind = v1::REPORT_KIND_GOODS_LEDGER,
          .id = "goods-ledger",
          .title_zh = "实物资助台账",
          .period = rpc::ReportPeriod::kTerm,
          .below_county = true,
          .key_parts = 2,
          .sums = kLedgerSums,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"item", "物资代码", "Item"},
                      {"label", "物资名称", "Goods"},
                      {"unit", "单位", "Unit"},
                      {"opening", "期初结存", "Opening"},
                      {"received", "接收", "Received"},
                      {"issued", "发放", "Issued"},
                      {"returned", "退回", "Returned"},
                      {"transferred_in", "调入", "Transferred in"},
                      {"transferred_out", "调出", "Transferred out"},
                      {"lost", "丢失", "Lost"},
                      {"spoilt", "损毁", "Spoilt"},
                      {"counted", "盘点差异", "Counted"},
                      {"closing", "期末结存", "Closing"},
                      {"value_fen", "结存价值（元）", "Value"}},
          .rows = LedgerRows};
}

ReportSpec GoodsUnissuedReport() {
  return {.kind = v1::REPORT_KIND_GOODS_UNISSUED,
          .id = "goods-unissued",
          .title_zh = "应发未发实物名单",
          .period = rpc::ReportPeriod::kTerm,
          .below_county = true,
          .key_parts = 2,
          .sums = kUnissuedSums,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"person", "学生编号", "Pupil"},
                      {"name", "姓名", "Name"},
                      {"item", "物资代码", "Item"},
                      {"label", "物资名称", "Goods"},
                      {"period", "期间", "Period"},
                      {"quantity", "应发数量", "Entitled"},
                      {"issued", "已发数量", "Issued"},
                      {"missing", "未发数量", "Missing"}},
          .rows = UnissuedRows};
}

}  // namespace ruraledu::student_aid
