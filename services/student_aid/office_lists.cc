// Reports by pupil of the office: who is not aided and should be, or is and should not; who of the newly monitored was
// paid what (2.9, 2.10, DR-10).
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "common/crypto/masking.h"
#include "services/student_aid/ledger_store.h"
#include "services/student_aid/office_store.h"
#include "services/student_aid/report.h"
#include "services/student_aid/report_rules.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

std::string ShardOf(const ReportQuery& query) {
  return absl::StrCat("c", CountyOf(query.area));
}

absl::StatusOr<std::string> NameOf(db::Transaction& tx, const ReportQuery& query, const std::string& person) {
  ASSIGN_OR_RETURN(const auto place, FindPupil(tx, ShardOf(query), person));
  const std::string name = place.has_value() ? place->display_name : "";
  return query.unmask ? name : crypto::MaskName(name);
}

// Cells that every row by pupil begins with.
absl::StatusOr<std::vector<reports_v1::ReportCell>> PupilCells(db::Transaction& tx, const ReportQuery& query,
                                                               const registry_v1::School& school,
                                                               const std::string& person) {
  ASSIGN_OR_RETURN(const std::string name, NameOf(tx, query, person));
  return std::vector<reports_v1::ReportCell>{TextCell(TownshipOf(school.area())), TextCell(school.code()),
                                             TextCell(school.display_name()), TextCell(person), TextCell(name)};
}

// --- Gaps -----------------------------------------------------------------------------------------------------------
enum GapSum { kShould, kShouldFen, kShouldNot, kShouldNotFen, kGapSums };

absl::Status AddGaps(const ReportParts& parts, const ReportQuery& query, db::Transaction& tx,
                     const registry_v1::School& school, const v1::Comparison& comparison, ReportCursor* cursor,
                     std::vector<reports_v1::ReportRow>* rows) {
  for (const v1::ComparisonRow& row : comparison.result().rows()) {
    if (row.list() != v1::COMPARISON_LIST_SHOULD_AID && row.list() != v1::COMPARISON_LIST_SHOULD_NOT) {
      continue;
    }
    const bool should = row.list() == v1::COMPARISON_LIST_SHOULD_AID;
    const int64_t fen = should ? row.entitled_fen() - row.aided_fen() : row.aided_fen();
    ASSIGN_OR_RETURN(auto cells, PupilCells(tx, query, school, comparison.person()));
    cells.push_back(TextCell(should ? "应助未助" : "不应助而助"));
    cells.push_back(TextCell(row.item()));
    cells.push_back(TextCell(LabelOf(parts.book, row.item())));
    cells.push_back(TextCell(EnumText(row.reason())));
    cells.push_back(AmountCell(row.entitled_fen()));
    cells.push_back(AmountCell(row.aided_fen()));
    cells.push_back(AmountCell(fen));
    rows->push_back(RowOf(cells));
    cursor->sums[should ? kShould : kShouldNot] += 1;
    cursor->sums[should ? kShouldFen : kShouldNotFen] += fen;
  }
  return absl::OkStatus();
}

absl::Status GapsRows(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                      std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  ASSIGN_OR_RETURN(const auto sealer, parts.host.keys.SealerOf(ShardOf(query)));
  RETURN_IF_ERROR(BySchool(
      parts.host, query, limit, cursor, rows,
      [&](db::Transaction& tx, const registry_v1::School& school, int64_t most, ReportCursor* at,
          std::vector<reports_v1::ReportRow>* added) -> absl::StatusOr<size_t> {
        ASSIGN_OR_RETURN(const auto found, ListedComparisons(tx, ShardOf(query), query.period, RangeOf(school.area()),
                                                             {at->key[1], at->key[2]}, most));
        for (const db::Row& row : found) {
          v1::Comparison comparison;
          RETURN_IF_ERROR(feed::ReadRoot(row, 1, kComparisons, row.Text(0), sealer.get(), &comparison));
          RETURN_IF_ERROR(AddGaps(parts, query, tx, school, comparison, at, added));
          at->key[1] = comparison.area();
          at->key[2] = row.Text(0);
        }
        return found.size();
      }));
  if (cursor->done) {
    const auto& sums = cursor->sums;
    *total = RowOf({TextCell("合计"),
                    {},
                    {},
                    {},
                    {},
                    TextCell(absl::StrCat("应助未助 ", sums[kShould], "，不应助而助 ", sums[kShouldNot])),
                    {},
                    {},
                    {},
                    {},
                    {},
                    AmountCell(sums[kShouldFen] + sums[kShouldNotFen])});
  }
  return absl::OkStatus();
}

// --- Supplements ----------------------------------------------------------------------------------------------------
enum SupplementSum { kItems, kGrantedFen, kPaidItems, kPaidFen, kSupplementSums };

// The finding after which an item is granted within the term: of the kinds that qualify the one found first.
struct Finding {
  std::string kind;
  google::type::Date on;
};
Finding FindingOf(const v1::Decision& decision, const std::string& item) {
  const auto& items = decision.answer().items();
  const auto entitled = std::find_if(items.begin(), items.end(), [&](const auto& one) { return one.item() == item; });
  Finding first;
  for (const v1::HardshipFact& fact : decision.input().facts().hardships()) {
    const bool qualifies = entitled != items.end() && std::find(entitled->kinds().begin(), entitled->kinds().end(),
                                                                fact.kind()) != entitled->kinds().end();
    const auto on = DayOf(fact.valid_from());
    if (qualifies && on.has_value() && (first.kind.empty() || *on < *DayOf(first.on))) {
      first = {fact.kind(), fact.valid_from()};
    }
  }
  return first;
}

std::string StateLabel(v1::ApplicationState state) {
  switch (state) {
    case v1::APPLICATION_STATE_PAID:
    case v1::APPLICATION_STATE_RECOVERING:
    case v1::APPLICATION_STATE_RECOVERED:
    case v1::APPLICATION_STATE_WRITTEN_OFF:
      return "已发放";
    case v1::APPLICATION_STATE_PAY_FAILED:
      return "发放失败待补发";
    case v1::APPLICATION_STATE_REJECTED:
    case v1::APPLICATION_STATE_WITHDRAWN:
      return "未予资助";
    default:
      return "办理中";
  }
}

absl::Status AddSupplement(const ReportParts& parts, const ReportQuery& query, const crypto::Sealer& sealer,
                           db::Transaction& tx, const registry_v1::School& school, const v1::Application& application,
                           ReportCursor* cursor, std::vector<reports_v1::ReportRow>* rows) {
  const std::string shard = ShardOf(query);
  v1::Decision decision;
  if (!application.assessments().empty()) {
    RETURN_IF_ERROR(feed::LoadRoot(tx, sealer, kDecisions, shard,
                                   feed::IdOfName(application.assessments().rbegin()->decision()), &decision)
                        .status());
  }
  v1::PaymentOrder order;
  if (!application.order().empty()) {
    RETURN_IF_ERROR(
        feed::LoadRoot(tx, sealer, kPaymentOrders, shard, feed::IdOfName(application.order()), &order).status());
  }
  ASSIGN_OR_RETURN(const auto homes, HouseholdOf(tx, shard, application.person()));
  registry_v1::Household home;
  if (!homes.empty() && !home.ParseFromString(homes[0].Bytes(1))) {
    return absl::DataLossError("a stored household does not parse");
  }
  const Finding finding = FindingOf(decision, application.item());
  ASSIGN_OR_RETURN(auto cells, PupilCells(tx, query, school, application.person()));
  cells.push_back(TextCell(home.village()));
  cells.push_back(TextCell(homes.empty() ? "" : homes[0].Text(0)));
  cells.push_back(TextCell(query.unmask ? finding.kind : finding.kind.empty() ? "" : "*"));
  cells.push_back(DayCell(finding.on));
  cells.push_back(TextCell(application.item()));
  cells.push_back(TextCell(LabelOf(parts.book, application.item())));
  cells.push_back(AmountCell(application.amount_fen()));
  cells.push_back(TextCell(StateLabel(application.state())));
  cells.push_back(DayCell(order.paid_on()));
  cells.push_back(AmountCell(application.paid_fen()));
  rows->push_back(RowOf(cells));
  cursor->sums[kItems] += 1;
  cursor->sums[kGrantedFen] += application.amount_fen();
  cursor->sums[kPaidItems] += application.paid_fen() > 0 ? 1 : 0;
  cursor->sums[kPaidFen] += application.paid_fen();
  return absl::OkStatus();
}

absl::Status SupplementsRows(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                             std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  ASSIGN_OR_RETURN(const auto sealer, parts.host.keys.SealerOf(ShardOf(query)));
  RETURN_IF_ERROR(BySchool(
      parts.host, query, limit, cursor, rows,
      [&](db::Transaction& tx, const registry_v1::School& school, int64_t most, ReportCursor* at,
          std::vector<reports_v1::ReportRow>* added) -> absl::StatusOr<size_t> {
        ASSIGN_OR_RETURN(const auto found, ApplicationsWithin(tx, ShardOf(query), query.period, RangeOf(school.area()),
                                                              {at->key[1], at->key[2]}, most));
        for (const db::Row& row : found) {
          v1::Application application;
          RETURN_IF_ERROR(feed::ReadRoot(row, 1, kApplications, row.Text(0), nullptr, &application));
          if (application.supplementary()) {
            RETURN_IF_ERROR(AddSupplement(parts, query, *sealer, tx, school, application, at, added));
          }
          at->key[1] = application.area();
          at->key[2] = row.Text(0);
        }
        return found.size();
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
                    {},
                    TextCell(absl::StrCat(sums[kItems], " 人次")),
                    {},
                    AmountCell(sums[kGrantedFen]),
                    TextCell(absl::StrCat("已发放 ", sums[kPaidItems], " 人次")),
                    {},
                    AmountCell(sums[kPaidFen])});
  }
  return absl::OkStatus();
}

}  // namespace

ReportSpec GapsReport() {
  return {.kind = v1::REPORT_KIND_GAPS,
          .id = "gaps",
          .title_zh = "应助未助、不应助而助人员名单",
          .period = rpc::ReportPeriod::kTerm,
          .below_county = true,
          .key_parts = 3,
          .sums = kGapSums,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"person", "学生编号", "Pupil"},
                      {"name", "姓名", "Name"},
                      {"list", "名单", "List"},
                      {"item", "项目代码", "Item"},
                      {"item_label", "资助项目", "Item in words"},
                      {"reason", "原因代码", "Reason"},
                      {"entitled_fen", "应助金额（元）", "Entitled"},
                      {"aided_fen", "已助金额（元）", "Given"},
                      {"differs_fen", "差额（元）", "Lacking or too much"}},
          .rows = GapsRows};
}

ReportSpec SupplementsReport() {
  return {.kind = v1::REPORT_KIND_SUPPLEMENTS,
          .id = "supplements",
          .title_zh = "新纳入监测对象资助补发情况反馈表",
          .period = rpc::ReportPeriod::kTerm,
          .below_county = true,
          .key_parts = 3,
          .sums = kSupplementSums,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"person", "学生编号", "Pupil"},
                      {"name", "姓名", "Name"},
                      {"village", "户籍村代码", "Village of the household"},
                      {"household", "户编号", "Household"},
                      {"kind", "困难类型", "Kind"},
                      {"found_on", "纳入监测日期", "Found on"},
                      {"item", "项目代码", "Item"},
                      {"item_label", "资助项目", "Item in words"},
                      {"granted_fen", "核定金额（元）", "Granted"},
                      {"state", "办理情况", "How far it is"},
                      {"paid_on", "发放日期", "Paid on"},
                      {"paid_fen", "实发金额（元）", "Paid"}},
          .rows = SupplementsRows};
}

}  // namespace ruraledu::student_aid
