// Report of what the expert committee has to say, and has said, of disabled children (digest 3.1, 3.7).
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/crypto/masking.h"
#include "common/domain/area.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/area_pages.h"
#include "services/dropout_monitoring/care_store.h"
#include "services/dropout_monitoring/committee_store.h"
#include "services/dropout_monitoring/reports.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr size_t kColumns = 15;

std::string TaskLabel(v1::CommitteeTask task) {
  constexpr std::string_view kLabels[] = {"", "新安置评估", "学段衔接", "送教上门续期", "年度复核"};
  return std::string(kLabels[task]);
}

std::string StateLabel(v1::CommitteeReviewState state) {
  constexpr std::string_view kLabels[] = {"未评估", "待审核", "已确认", "已退回"};
  return std::string(kLabels[state]);
}

absl::StatusOr<std::string> NameOf(db::Transaction& tx, std::string_view shard, const v1::DisabledChild& child) {
  if (child.person().empty()) {
    return child.child().display_name();
  }
  ASSIGN_OR_RETURN(const auto pupil, FindPupil(tx, shard, child.person()));
  return pupil.has_value() ? pupil->display_name : std::string();
}

// What the committee said is the child's: in clear only.
ReportRow LineOf(const PlacementBook& book, const CommitteeRow& row, const std::string& name, bool unmask) {
  const v1::CommitteeDue& due = row.due;
  const v1::CommitteeReview review = row.review.value_or(v1::CommitteeReview());
  const v1::PlacementKind* kind = book.Kind(review.opinion().advised_kind());
  const auto shown = [&](const std::string& text) { return unmask ? TextCell(text) : ReportCell(); };
  return RowOf(
      {TextCell(TownshipOf(due.area())), TextCell(unmask ? name : crypto::MaskName(name)), TextCell(due.stage()),
       TextCell(due.grade()), TextCell(TaskLabel(due.task())), DayCell(due.due_on()),
       TextCell(due.overdue() || review.late() ? "逾期" : ""), TextCell(StateLabel(due.state())),
       unmask ? DayCell(review.opinion().on()) : ReportCell(), shown(absl::StrJoin(review.opinion().members(), "、")),
       shown(LabelIn(book.recommendations, review.recommendation())), shown(kind == nullptr ? "" : kind->label_zh()),
       shown(review.opinion().text()), DayCell(review.entered_on()), DayCell(review.decided_on())});
}

// Looks of a year that is not the present one: what was due then is not known any more.
absl::StatusOr<std::vector<CommitteeRow>> PastRows(db::Transaction& tx, const crypto::Sealer& sealer,
                                                   const std::string& shard, const ReportQuery& query) {
  ASSIGN_OR_RETURN(const auto reviews, ReviewsOfYear(tx, &sealer, shard, query.period));
  std::vector<CommitteeRow> rows;
  for (const auto& [id, review] : reviews) {
    if (!RangeOf(query.area).Contains(review.area())) {
      continue;
    }
    ASSIGN_OR_RETURN(const auto child, feed::Load<v1::DisabledChild>(tx, sealer, kDisabledChildren, shard, id));
    CommitteeRow& row = rows.emplace_back();
    row.child = child.value_or(v1::DisabledChild());
    row.review = review;
    row.due.set_child(review.child());
    row.due.set_area(review.area());
    row.due.set_task(review.task());
    *row.due.mutable_due_on() = review.due_on();
    row.due.set_review(review.name());
    row.due.set_state(review.state());
  }
  return rows;
}

absl::Status CommitteeRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                           std::vector<ReportRow>* rows, ReportRow* total) {
  const std::string shard = absl::StrCat("c", CountyOf(query.area));
  const PlacementBook& book = parts.standards.care.placements;
  ASSIGN_OR_RETURN(const auto sealer, parts.host.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const auto* policy, book.policies.InForce(RegionOfShard(shard), query.today));
  const CommitteeDay day{book, *policy, parts.standards.terms, query.today};
  const AreaRange range = RangeOf(query.area);
  ASSIGN_OR_RETURN(*rows, parts.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<ReportRow>> {
    const bool present = query.period == day.year().text();
    ASSIGN_OR_RETURN(const auto children, present ? CommitteeList(tx, *sealer, shard, {&range, 1}, day)
                                                  : PastRows(tx, *sealer, shard, query));
    std::vector<ReportRow> read;
    for (const CommitteeRow& row : children) {
      ASSIGN_OR_RETURN(const std::string name, NameOf(tx, shard, row.child));
      read.push_back(LineOf(book, row, name, query.unmask));
    }
    return read;
  }));
  std::vector<ReportCell> cells(kColumns);
  cells[0] = TextCell(absl::StrCat("合计 ", rows->size()));
  *total = RowOf(cells);
  cursor->done = true;
  return absl::OkStatus();
}

}  // namespace

ReportSpec CommitteeReviewsReport() {
  return {.kind = v1::REPORT_KIND_COMMITTEE_REVIEWS,
          .id = "committee-reviews",
          .title_zh = "残疾儿童教育评估安置台账",
          .period = rpc::ReportPeriod::kSchoolYear,
          .below_county = true,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"name", "姓名", "Name"},
                      {"stage", "学段", "Stage"},
                      {"grade", "年级", "Grade"},
                      {"task", "评估事项", "Task"},
                      {"due_on", "评估期限", "By"},
                      {"late", "是否逾期", "Overdue"},
                      {"state", "状态", "State"},
                      {"on", "评估日期", "Looked on"},
                      {"members", "评估专家", "Members"},
                      {"recommendation", "评估建议", "Recommendation"},
                      {"kind", "建议安置方式", "Advised placement"},
                      {"reason", "理由", "Reason"},
                      {"entered_on", "录入日期", "Entered on"},
                      {"decided_on", "审核日期", "Decided on"}},
          .rows = CommitteeRows};
}

}  // namespace ruraledu::dropout_monitoring
