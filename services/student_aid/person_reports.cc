// Reports by pupil: what each one is granted, was paid, has to give back.
#include <algorithm>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/crypto/masking.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/ledger_store.h"
#include "services/student_aid/report.h"
#include "services/student_aid/report_rules.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

std::string NameOf(const ReportQuery& query, const std::optional<PupilPlace>& place) {
  const std::string name = place.has_value() ? place->display_name : "";
  return query.unmask ? name : crypto::MaskName(name);
}

// --- Over-payments --------------------------------------------------------------------------------------------------
struct WrongSums {
  int64_t overpaid = 0, recovered = 0, written_off = 0;
  std::vector<reports_v1::ReportCell> Cells() const {
    return {AmountCell(overpaid), AmountCell(recovered), AmountCell(written_off),
            AmountCell(overpaid - recovered - written_off)};
  }
};

absl::Status AddOverpayments(const ReportParts& parts, const ReportQuery& query, const std::string& shard,
                             db::Transaction& tx, std::vector<reports_v1::ReportRow>* rows, WrongSums* sum) {
  ASSIGN_OR_RETURN(const auto wrong, OverpaymentsOf(tx, shard, ParseBudgetYear(query.period)));
  ASSIGN_OR_RETURN(const auto schools, SchoolsInOrder(tx, shard));
  std::map<std::string, std::pair<size_t, const registry_v1::School*>> by_area;
  for (size_t i = 0; i < schools.size(); ++i) {
    by_area[schools[i].area()] = {i, &schools[i]};
  }
  std::map<std::tuple<size_t, std::string, std::string, std::string>, reports_v1::ReportRow> ordered;
  for (const OverpaymentRow& one : wrong) {
    ASSIGN_OR_RETURN(const auto place, FindPupil(tx, shard, one.person));
    const auto school = by_area.find(place.has_value() ? std::string(SchoolOf(place->area)) : "");
    const bool known = school != by_area.end();
    const WrongSums sums{one.overpaid_fen, one.recovered_fen, one.written_off_fen};
    std::vector<reports_v1::ReportCell> cells = {TextCell(shard.substr(1)),
                                                 TextCell(known ? school->second.second->code() : ""),
                                                 TextCell(known ? school->second.second->display_name() : ""),
                                                 TextCell(one.person),
                                                 TextCell(NameOf(query, place)),
                                                 TextCell(one.item),
                                                 TextCell(LabelOf(parts.book, one.item)),
                                                 TextCell(feed::IdOfName(one.order))};
    for (reports_v1::ReportCell& cell : sums.Cells()) {
      cells.push_back(std::move(cell));
    }
    ordered[{known ? school->second.first : schools.size(), one.person, one.item, one.order}] = RowOf(cells);
    sum->overpaid += sums.overpaid;
    sum->recovered += sums.recovered;
    sum->written_off += sums.written_off;
  }
  for (auto& [key, row] : ordered) {
    rows->push_back(std::move(row));
  }
  return absl::OkStatus();
}

absl::Status OverpaymentsRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                              std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  WrongSums sum;
  ASSIGN_OR_RETURN(const auto shards,
                   parts.host.database.Read([&](db::Transaction& tx) { return CountiesOfReport(tx, query.area); }));
  for (const std::string& shard : shards) {
    RETURN_IF_ERROR(parts.host.database.Read(
        [&](db::Transaction& tx) { return AddOverpayments(parts, query, shard, tx, rows, &sum); }));
  }
  std::vector<reports_v1::ReportCell> cells = {TextCell("合计"), {}, {}, {}, {}, {}, {}, {}};
  for (reports_v1::ReportCell& cell : sum.Cells()) {
    cells.push_back(std::move(cell));
  }
  *total = RowOf(cells);
  cursor->done = true;
  return absl::OkStatus();
}

// --- Aid ledger -----------------------------------------------------------------------------------------------------
struct Given {
  bool cash = true;
  int64_t entitled = 0, ordered = 0, paid = 0, recoverable = 0;
};

// Sums of the cursor, in the order of the columns.
enum Sum { kRows, kEntitled, kOrdered, kPaid, kRecoverable, kSums };

std::map<std::string, Given> GivenOf(const PolicyBook& book, const v1::Decision& decision,
                                     const std::map<std::string, PaidAmounts>& paid) {
  std::map<std::string, Given> items;
  for (const v1::DecisionItem& counted : decision.counted()) {
    const v1::PolicyItem* item = FindItem(book, counted.item());
    const bool waived = item != nullptr && item->pay_form() == v1::PAY_FORM_WAIVER;
    if ((counted.cash() || waived) && counted.amount_fen() > 0) {
      Given& given = items[counted.item()];
      given.cash = counted.cash();
      given.entitled += counted.amount_fen();
    }
  }
  for (const auto& [item, amounts] : paid) {
    Given& given = items[item];
    given.ordered += amounts.ordered_fen - amounts.failed_fen;
    given.paid += amounts.paid_fen - amounts.returned_fen;
    given.recoverable += amounts.overpaid_fen - amounts.recovered_fen - amounts.written_off_fen;
  }
  return items;
}

absl::Status AddPupil(const ReportParts& parts, const ReportQuery& query, db::Transaction& tx,
                      const registry_v1::School& school, const v1::Decision& decision, ReportCursor* cursor,
                      std::vector<reports_v1::ReportRow>* rows) {
  const std::string shard = absl::StrCat("c", CountyOf(school.area()));
  ASSIGN_OR_RETURN(const auto paid, PaidOf(tx, shard, decision.person(), query.period));
  const auto items = GivenOf(parts.book, decision, paid);
  if (items.empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto place, FindPupil(tx, shard, decision.person()));
  for (const auto& [item, given] : items) {
    rows->push_back(RowOf({TextCell(TownshipOf(school.area())), TextCell(school.code()),
                           TextCell(school.display_name()), TextCell(decision.person()), TextCell(NameOf(query, place)),
                           TextCell(item), TextCell(LabelOf(parts.book, item)), TextCell(given.cash ? "发放" : "减免"),
                           CountCell(1), AmountCell(given.entitled), AmountCell(given.ordered), AmountCell(given.paid),
                           AmountCell(given.recoverable)}));
    cursor->sums[kRows] += 1;
    cursor->sums[kEntitled] += given.entitled;
    cursor->sums[kOrdered] += given.ordered;
    cursor->sums[kPaid] += given.paid;
    cursor->sums[kRecoverable] += given.recoverable;
  }
  return absl::OkStatus();
}

// The rest of the key is the last decision: in each school in order of area and id.
absl::Status AidLedgerRows(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                           std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  RETURN_IF_ERROR(BySchool(parts.host, query, limit, cursor, rows,
                           [&](db::Transaction& tx, const registry_v1::School& school, int64_t most, ReportCursor* at,
                               std::vector<reports_v1::ReportRow>* added) -> absl::StatusOr<size_t> {
                             ASSIGN_OR_RETURN(const auto decisions,
                                              DecisionsOf(tx, absl::StrCat("c", CountyOf(query.area)), query.period,
                                                          RangeOf(school.area()), at->key[1], at->key[2], most));
                             for (const v1::Decision& decision : decisions) {
                               RETURN_IF_ERROR(AddPupil(parts, query, tx, school, decision, at, added));
                               at->key[1] = decision.area();
                               at->key[2] = std::string(feed::IdOfName(decision.name()));
                             }
                             return decisions.size();
                           }));
  if (cursor->done) {
    const auto& sums = cursor->sums;
    *total = RowOf({TextCell("合计"),
                    {},
                    {},
                    {},
                    {},
                    {},
                    {},
                    {},
                    CountCell(sums[kRows]),
                    AmountCell(sums[kEntitled]),
                    AmountCell(sums[kOrdered]),
                    AmountCell(sums[kPaid]),
                    AmountCell(sums[kRecoverable])});
  }
  return absl::OkStatus();
}

}  // namespace

ReportSpec OverpaymentsReport() {
  return {.kind = v1::REPORT_KIND_OVERPAYMENTS,
          .id = "overpayments",
          .title_zh = "多发资金追缴台账",
          .columns = {{"county", "县区代码", "County"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"person", "学生编号", "Pupil"},
                      {"name", "姓名", "Name"},
                      {"item", "项目代码", "Item"},
                      {"item_label", "资助项目", "Item in words"},
                      {"order", "支付单号", "Order"},
                      {"overpaid_fen", "多发金额（元）", "Over-paid"},
                      {"recovered_fen", "已追回（元）", "Recovered"},
                      {"written_off_fen", "已核销（元）", "Written off"},
                      {"open_fen", "尚待追回（元）", "Still open"}},
          .rows = OverpaymentsRows};
}

ReportSpec AidLedgerReport() {
  return {.kind = v1::REPORT_KIND_AID_LEDGER,
          .id = "aid-ledger",
          .title_zh = "学生资助台账",
          .period = rpc::ReportPeriod::kTerm,
          .below_county = true,
          .key_parts = 3,
          .sums = kSums,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"person", "学生编号", "Pupil"},
                      {"name", "姓名", "Name"},
                      {"item", "项目代码", "Item"},
                      {"item_label", "资助项目", "Item in words"},
                      {"form", "方式", "Paid or waived"},
                      {"count", "人次", "Persons by item"},
                      {"entitled_fen", "应助金额（元）", "Entitled"},
                      {"ordered_fen", "已下达支付（元）", "Ordered"},
                      {"paid_fen", "实际到账（元）", "Paid and kept"},
                      {"recoverable_fen", "待追回（元）", "To come back"}},
          .rows = AidLedgerRows};
}

}  // namespace ruraledu::student_aid
