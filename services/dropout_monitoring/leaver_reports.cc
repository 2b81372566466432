// Reports of where leavers went: child by child, and by school with rates (NX-1f, SP-4.4.2).
#include <map>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/crypto/masking.h"
#include "common/domain/area.h"
#include "services/dropout_monitoring/area_pages.h"
#include "services/dropout_monitoring/leaver_store.h"
#include "services/dropout_monitoring/reports.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr size_t kRateFigures = 5;

std::string StateLabelOf(v1::LeaverState state) {
  constexpr std::string_view kLabels[] = {"", "去向不明", "待佐证", "已落实", "不再列入"};
  return std::string(kLabels[state]);
}

// Places, proofs and calls are the child's: in clear only.
ReportRow LeaverRowOf(const LeaverBook& book, const v1::Leaver& leaver, const std::string& school, bool unmask) {
  const v1::LeaverDestination newest =
      leaver.destinations().empty() ? v1::LeaverDestination() : *leaver.destinations().rbegin();
  const auto shown = [&](const std::string& text) { return unmask ? TextCell(text) : ReportCell(); };
  return RowOf({TextCell(TownshipOf(leaver.area())), TextCell(school), TextCell(leaver.grade()),
                TextCell(unmask ? leaver.display_name() : crypto::MaskName(leaver.display_name())),
                TextCell(LabelIn(book.destinations, leaver.destination())), shown(newest.place()),
                TextCell(LabelIn(book.proofs, newest.proof_kind())), shown(newest.proof()),
                TextCell(StateLabelOf(leaver.state())), YesNoCell(leaver.promoted()), DayCell(leaver.known_on()),
                CountCell(leaver.call_count()), DayCell(leaver.call_due_on()), CountCell(leaver.destinations_size())});
}

// The only part of the key is the id of the leaver.
absl::Status LeaverRows(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                        std::vector<ReportRow>* rows, ReportRow* total) {
  const std::string shard = absl::StrCat("c", CountyOf(query.area));
  ASSIGN_OR_RETURN(const auto sealer, parts.host.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const auto schools,
                   parts.host.database.Read([&](db::Transaction& tx) { return AllSchools(tx, shard); }));
  ASSIGN_OR_RETURN(const auto leavers, parts.host.database.Read([&](db::Transaction& tx) {
    return LeaversBehind(tx, *sealer, shard, query.period, "", cursor->key[0], limit);
  }));
  std::map<std::string, std::string> names;
  for (const registry_v1::School& school : schools) {
    names[school.name()] = school.display_name();
  }
  for (const v1::Leaver& leaver : leavers) {
    cursor->key[0] = std::string(feed::IdOfName(leaver.name()));
    if (leaver.state() != v1::LEAVER_STATE_GONE && RangeOf(query.area).Contains(leaver.area())) {
      rows->push_back(LeaverRowOf(parts.standards.leavers, leaver, names[leaver.school()], query.unmask));
      cursor->sums[0] += 1;
    }
  }
  cursor->done = leavers.empty();
  if (cursor->done) {
    std::vector<ReportCell> cells(14);
    cells[0] = TextCell(absl::StrCat("合计 ", cursor->sums[0]));
    *total = RowOf(cells);
  }
  return absl::OkStatus();
}

ReportRow RateRow(std::vector<ReportCell> cells, const std::vector<int64_t>& figures) {
  for (const int64_t figure : figures) {
    cells.push_back(CountCell(figure));
  }
  cells.push_back(RateCell(figures[1], figures[0]));
  cells.push_back(RateCell(figures[2], figures[0]));
  return RowOf(cells);
}

absl::Status LeaverRateRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                            std::vector<ReportRow>* rows, ReportRow* total) {
  const std::string shard = absl::StrCat("c", CountyOf(query.area));
  std::vector<registry_v1::School> schools;
  ASSIGN_OR_RETURN(const auto groups,
                   parts.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<LeaverGroup>> {
                     ASSIGN_OR_RETURN(schools, rpc::SchoolsInOrder(tx, shard));
                     return GroupsOfLeavers(tx, shard, query.period, "");
                   }));
  for (const registry_v1::School& school : schools) {
    std::vector<LeaverGroup> theirs;
    for (const LeaverGroup& group : groups) {
      if (group.school == feed::IdOfName(school.name()) && RangeOf(query.area).Contains(group.area)) {
        theirs.push_back(group);
      }
    }
    for (const v1::LeaverFigures& one : FiguresOf(parts.standards.leavers, theirs)) {
      const std::vector<int64_t> figures = {one.leavers(), one.known(), one.promoted(), one.vocational(),
                                            one.claimed()};
      rows->push_back(RateRow({TextCell(TownshipOf(school.area())), TextCell(school.code()),
                               TextCell(school.display_name()), TextCell(one.grade())},
                              figures));
      for (size_t i = 0; i < kRateFigures; ++i) {
        cursor->sums[i] += figures[i];
      }
    }
  }
  *total = RateRow({TextCell("合计"), {}, {}, {}}, cursor->sums);
  cursor->done = true;
  return absl::OkStatus();
}

}  // namespace

ReportSpec LeaversReport() {
  return {.kind = v1::REPORT_KIND_LEAVERS,
          .id = "leavers",
          .title_zh = "毕业生去向台账",
          .period = rpc::ReportPeriod::kSchoolYear,
          .below_county = true,
          .key_parts = 1,
          .sums = 1,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school", "毕业学校", "School"},
                      {"grade", "毕业年级", "Grade"},
                      {"name", "姓名", "Name"},
                      {"destination", "去向", "Destination"},
                      {"place", "去向学校或单位", "Where"},
                      {"proof_kind", "佐证类别", "Kind of proof"},
                      {"proof", "佐证编号", "Proof"},
                      {"state", "状态", "State"},
                      {"promoted", "升学", "Promoted"},
                      {"known_on", "落实日期", "Known since"},
                      {"calls", "回访次数", "Calls"},
                      {"call_due_on", "下次回访期限", "Next call by"},
                      {"versions", "版本数", "Versions"}},
          .rows = LeaverRows};
}

ReportSpec LeaverRatesReport() {
  return {.kind = v1::REPORT_KIND_LEAVER_RATES,
          .id = "leaver-rates",
          .title_zh = "毕业生去向落实与升学情况表",
          .period = rpc::ReportPeriod::kSchoolYear,
          .below_county = true,
          .sums = kRateFigures,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"grade", "毕业年级", "Grade"},
                      {"leavers", "毕业生数", "Leavers"},
                      {"known", "去向已落实", "Known"},
                      {"promoted", "升学", "Promoted"},
                      {"vocational", "其中：中职技工", "Vocational, proven"},
                      {"claimed", "待佐证", "Claimed without proof"},
                      {"known_rate", "去向落实率", "Rate of known destinations"},
                      {"promoted_rate", "升学率", "Rate of promotion"}},
          .rows = LeaverRateRows};
}

}  // namespace ruraledu::dropout_monitoring
