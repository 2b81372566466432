// A version of the three ledgers of a county, as it was signed (三本台账, digest 3.3).
#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "common/crypto/masking.h"
#include "services/dropout_monitoring/area_pages.h"
#include "services/dropout_monitoring/case_tables.h"
#include "services/dropout_monitoring/ledger_rules.h"
#include "services/dropout_monitoring/population_store.h"

namespace ruraledu::dropout_monitoring {
namespace {

using Columns = std::vector<rpc::ReportColumnSpec>;

// What the option names; `version` 0: the one that was signed last by the day.
struct AskedLedger {
  v1::LedgerKind kind = v1::LEDGER_KIND_UNSPECIFIED;
  int version = 0;
};
AskedLedger ParseOption(const std::string& option) {
  const std::vector<std::string> words = absl::StrSplit(option, '.');
  AskedLedger asked;
  const auto kind = EnumOf<v1::LedgerKind>(words[0]);
  const bool numbered = words.size() == 2 && absl::SimpleAtoi(words[1], &asked.version) && asked.version > 0;
  if (kind.has_value() && (words.size() == 1 || numbered)) {
    asked.kind = *kind;
  }
  return asked;
}

std::string SignedOffLabel(const std::string& why) {
  constexpr std::pair<std::string_view, std::string_view> kLabels[] = {
      {"RETURNED", "已复学"}, {"FALSE_ALARM", "误报"}, {"MOVED", "已转出"},
      {"DECEASED", "死亡"},   {"EXEMPT", "免学"},      {"CONFIRMED", "转辍学台账"}};
  const auto* const found =
      std::find_if(std::begin(kLabels), std::end(kLabels), [&](const auto& one) { return one.first == why; });
  return found == std::end(kLabels) ? why : absl::StrCat("销号：", found->second);
}

Columns OfChildren() {
  return BehindPlace({{"number", "个案编号", "Case number"},
                      {"student_number", "学籍号", "Student number"},
                      {"name", "姓名", "Name"},
                      {"state", "状态", "State"},
                      {"since", "状态起始", "Since"},
                      {"signed_off", "销号情况", "Signed off"}});
}
Columns OfSchoolAge() {
  return {{"township", "乡镇代码", "Township"},
          {"state", "学籍状态", "State in the register"},
          {"children", "适龄儿童少年", "Children of school age"}};
}

// The version that was asked for. REPORT_OPTION.
absl::StatusOr<v1::ChildLedger> Find(db::Transaction& tx, const std::string& shard, const std::string& option,
                                     absl::CivilDay on) {
  const AskedLedger asked = ParseOption(option);
  std::vector<std::string> known;
  if (asked.kind == v1::LEDGER_KIND_UNSPECIFIED) {
    known = {"SCHOOL_AGE", "SUSPECTED", "DROPPED"};
  } else {
    ASSIGN_OR_RETURN(const auto versions, SignedLedgers(tx, shard, asked.kind));
    for (const v1::ChildLedger& version : versions) {  // the newest first
      if (*DayOf(version.signed_on()) > on) {
        continue;
      }
      if (asked.version == 0 || asked.version == version.version_number()) {
        return version;
      }
      known.emplace_back(feed::IdOfName(version.name()));
    }
  }
  return Fail("REPORT_OPTION",
              {{"option", option}, {"report", "signed-ledger"}, {"known", absl::StrJoin(known, ", ")}});
}

absl::StatusOr<ReportRow> LineRow(const AreaPage& page, const ReportQuery& query, const v1::LedgerLine& line) {
  ASSIGN_OR_RETURN(const auto file,
                   feed::Load<v1::Case>(page.tx, page.sealer, kCases, page.shard, feed::IdOfName(line.case_name())));
  const v1::Case known = file.value_or(v1::Case());
  const std::string& number = known.child().student_number();
  std::vector<ReportCell> cells = page.places.CellsOf(line.area());
  cells.push_back(TextCell(known.number()));
  cells.push_back(TextCell(
      query.unmask ? number : crypto::Mask(crypto::PersonalField::kIdNumber, crypto::MaskForm::kScreen, number)));
  cells.push_back(NameCell(query, known.child().display_name()));
  cells.push_back(TextCell(StateLabel(line.state())));
  cells.push_back(DayCell(line.since()));
  cells.push_back(TextCell(SignedOffLabel(line.signed_off())));
  return RowOf(cells);
}

absl::StatusOr<std::vector<ReportRow>> RowsOf(const AreaPage& page, const ReportQuery& query,
                                              const v1::ChildLedger& ledger) {
  const AreaRange range = RangeOf(query.area);
  std::vector<ReportRow> rows;
  if (ledger.kind() == v1::LEDGER_KIND_SCHOOL_AGE) {
    for (const v1::PopulationFigures& row : ledger.figures()) {
      if (range.Contains(row.area())) {
        rows.push_back(RowOf({TextCell(row.area()), TextCell(row.state()), CountCell(row.children())}));
      }
    }
    return rows;
  }
  for (const v1::LedgerLine& line : ledger.lines()) {
    if (range.Contains(line.area())) {
      ASSIGN_OR_RETURN(rows.emplace_back(), LineRow(page, query, line));
    }
  }
  return rows;
}

absl::Status LedgerRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                        std::vector<ReportRow>* rows, ReportRow* total) {
  absl::CivilDay on;
  ParseDay(query.period, &on);
  const std::string shard = absl::StrCat("c", CountyOf(query.area));
  ASSIGN_OR_RETURN(const auto sealer, parts.host.keys.SealerOf(shard));
  v1::ChildLedger ledger;
  ASSIGN_OR_RETURN(*rows, parts.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<ReportRow>> {
    ASSIGN_OR_RETURN(ledger, Find(tx, shard, parts.option, on));
    ASSIGN_OR_RETURN(const PlaceNames places, PlaceNames::Read(tx, shard));
    return RowsOf(AreaPage{tx, *sealer, shard, places}, query, ledger);
  }));
  std::vector<ReportCell> cells((ledger.kind() == v1::LEDGER_KIND_SCHOOL_AGE ? OfSchoolAge() : OfChildren()).size());
  cells[0] = TextCell(absl::StrCat("合计 ", rows->size()));
  cells[1] = TextCell(absl::StrCat("第", ledger.version_number(), "版 签字 ", DayTextOf(ledger.signed_on())));
  *total = RowOf(cells);
  cursor->done = true;
  return absl::OkStatus();
}

}  // namespace

ReportSpec SignedLedgerReport() {
  return {.kind = v1::REPORT_KIND_SIGNED_LEDGER,
          .id = "signed-ledger",
          .title_zh = "签字台账",
          .period = rpc::ReportPeriod::kDay,
          .below_county = true,
          .rows = LedgerRows,
          .headings = [](const ReportParts& parts, std::string_view) {
            return ParseOption(parts.option).kind == v1::LEDGER_KIND_SCHOOL_AGE ? OfSchoolAge() : OfChildren();
          }};
}

}  // namespace ruraledu::dropout_monitoring
