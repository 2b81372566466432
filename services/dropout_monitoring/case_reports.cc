// Ledgers of cases on a day, and the same as a national platform wants them (digest 3.3, 3.4).
#include <algorithm>
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/crypto/masking.h"
#include "common/domain/area.h"
#include "services/dropout_monitoring/case_rules.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/report_rules.h"
#include "services/dropout_monitoring/reports.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

bool IsSuspected(v1::CaseState state) {
  return state == v1::CASE_STATE_SUSPECTED || state == v1::CASE_STATE_VERIFYING;
}
bool IsDropout(v1::CaseState state) {
  return Unresolved(state) || state == v1::CASE_STATE_RETURNED_TRIAL;
}
// Of a platform also those that were closed in the school year: it has to learn of it.
bool IsReported(v1::CaseState state) {
  return state != v1::CASE_STATE_UNSPECIFIED;
}

crypto::PersonalField FieldOf(Personal personal) {
  switch (personal) {
    case Personal::kName:
      return crypto::PersonalField::kName;
    case Personal::kPhone:
      return crypto::PersonalField::kPhone;
    case Personal::kAddress:
      return crypto::PersonalField::kAddress;
    default:
      return crypto::PersonalField::kIdNumber;
  }
}

ReportCell Shown(const LedgerColumn& column, const LedgerCase& one, bool unmask) {
  ReportCell cell = column.cell(one);
  if (unmask || column.personal == Personal::kNo) {
    return cell;
  }
  return column.personal == Personal::kHidden
             ? ReportCell()
             : TextCell(crypto::Mask(FieldOf(column.personal), crypto::MaskForm::kScreen, CellText(cell)));
}

using Wanted = bool (*)(v1::CaseState state);
using CellsOf = std::function<std::vector<ReportCell>(const LedgerCase& one)>;

// Cases of an area that were open on a day, or closed since `since`, in the order of DR-11: township, school code,
// student number, number of the case.
absl::StatusOr<std::vector<ReportRow>> ReadLedger(const ReportParts& parts, const ReportQuery& query,
                                                  absl::CivilDay since, Wanted wanted, const CellsOf& cells) {
  absl::CivilDay on;
  ParseDay(query.period, &on);
  const std::string shard = absl::StrCat("c", CountyOf(query.area));
  ASSIGN_OR_RETURN(const auto sealer, parts.host.keys.SealerOf(shard));
  return parts.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<ReportRow>> {
    ASSIGN_OR_RETURN(const auto files, CasesOpenOn(tx, *sealer, shard, since));
    ASSIGN_OR_RETURN(const auto schools, AllSchools(tx, shard));
    std::map<std::string, const registry_v1::School*> by_name;
    for (const registry_v1::School& school : schools) {
      by_name[school.name()] = &school;
    }
    std::map<std::tuple<std::string, std::string, std::string, std::string>, ReportRow> ordered;
    for (const v1::Case& file : files) {
      const v1::CaseState state = StateOn(file, on);
      if (!RangeOf(query.area).Contains(file.area()) || !wanted(state)) {
        continue;
      }
      const auto school = by_name.find(file.school());
      const bool known = school != by_name.end();
      const LedgerCase one{file, state, known ? school->second->code() : "",
                           known ? school->second->display_name() : "", parts.standards.cases.codes()};
      ordered[{std::string(TownshipOf(file.area())), one.school_code, file.child().student_number(), file.number()}] =
          RowOf(cells(one));
    }
    std::vector<ReportRow> rows;
    for (auto& [key, row] : ordered) {
      rows.push_back(std::move(row));
    }
    return rows;
  });
}

ReportRow CountRow(size_t columns, size_t rows) {
  std::vector<ReportCell> cells(columns);
  cells[0] = TextCell(absl::StrCat("合计 ", rows));
  return RowOf(cells);
}

// --- Ledgers of the county ------------------------------------------------------------------------------------------
constexpr std::string_view kSuspected[] = {"township",         "school_code",     "school",      "grade",
                                           "number",           "student_number",  "name",        "village",
                                           "guardians",        "guardian_phones", "channel",     "discovered_on",
                                           "last_attended_on", "state",           "persuasions", "due_on"};
constexpr std::string_view kDropouts[] = {
    "township",    "school_code", "school",          "grade",         "number",          "student_number", "name",
    "village",     "guardians",   "guardian_phones", "discovered_on", "state",           "reason",         "poverty",
    "kinds",       "measures",    "roles",           "persuasions",   "last_contact_on", "legal_document", "placement",
    "returned_on", "relapses",    "due_on"};

std::vector<rpc::ReportColumnSpec> Headings(absl::Span<const std::string_view> ids) {
  std::vector<rpc::ReportColumnSpec> headings;
  for (const std::string_view id : ids) {
    const LedgerColumn* const column = FindColumn(id);
    headings.push_back({column->id, column->label_zh, column->label_en});
  }
  return headings;
}

rpc::ReportRows<ReportParts> LedgerRows(absl::Span<const std::string_view> ids, Wanted wanted) {
  return [ids, wanted](const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                       std::vector<ReportRow>* rows, ReportRow* total) -> absl::Status {
    absl::CivilDay on;
    ParseDay(query.period, &on);
    ASSIGN_OR_RETURN(*rows, ReadLedger(parts, query, on, wanted, [&](const LedgerCase& one) {
      std::vector<ReportCell> cells;
      for (const std::string_view id : ids) {
        cells.push_back(Shown(*FindColumn(id), one, query.unmask));
      }
      return cells;
    }));
    *total = CountRow(ids.size(), rows->size());
    cursor->done = true;
    return absl::OkStatus();
  };
}

// --- National platforms ---------------------------------------------------------------------------------------------
// The platform of the kind; where that is empty, the option names one of the table.
rpc::ReportRows<ReportParts> PlatformRows(std::string_view fixed) {
  return [fixed](const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                 std::vector<ReportRow>* rows, ReportRow*) -> absl::Status {
    const std::string platform(fixed.empty() ? parts.option : fixed);
    const auto known = parts.standards.platforms.platforms();
    if (fixed.empty() && std::find(known.begin(), known.end(), platform) == known.end()) {
      return Fail("REPORT_OPTION",
                  {{"option", platform}, {"report", "platform"}, {"known", absl::StrJoin(known, ", ")}});
    }
    absl::CivilDay on;
    ParseDay(query.period, &on);
    const auto columns = parts.standards.platforms.ColumnsOf(platform, on);
    const TermCalendar& terms = parts.standards.terms;
    const absl::CivilDay begin = terms.FirstDay({terms.SchoolYearOf(on), Season::kAutumn});
    ASSIGN_OR_RETURN(*rows, ReadLedger(parts, query, begin - 1, IsReported, [&](const LedgerCase& one) {
      std::vector<ReportCell> cells;
      for (const PlatformColumn* column : columns) {
        cells.push_back(parts.standards.platforms.Write(*column, Shown(*column->column, one, query.unmask)));
      }
      return cells;
    }));
    cursor->done = true;
    return absl::OkStatus();
  };
}

ReportSpec SpecOfPlatform(v1::ReportKind kind, std::string_view id, std::string_view title, std::string_view fixed) {
  return {.kind = kind,
          .id = id,
          .title_zh = title,
          .period = rpc::ReportPeriod::kDay,
          .below_county = true,
          .rows = PlatformRows(fixed),
          .headings = [fixed](const ReportParts& parts, std::string_view period) {
            absl::CivilDay on;
            ParseDay(period, &on);
            std::vector<rpc::ReportColumnSpec> headings;
            for (const PlatformColumn* column :
                 parts.standards.platforms.ColumnsOf(fixed.empty() ? parts.option : fixed, on)) {
              headings.push_back({column->column->id, column->heading, column->column->label_en});
            }
            return headings;
          }};
}

}  // namespace

ReportSpec SuspectedReport() {
  return {.kind = v1::REPORT_KIND_SUSPECTED,
          .id = "suspected",
          .title_zh = "疑似辍学学生台账",
          .period = rpc::ReportPeriod::kDay,
          .below_county = true,
          .columns = Headings(kSuspected),
          .rows = LedgerRows(kSuspected, IsSuspected)};
}

ReportSpec DropoutsReport() {
  return {.kind = v1::REPORT_KIND_DROPOUTS,
          .id = "dropouts",
          .title_zh = "辍学学生台账",
          .period = rpc::ReportPeriod::kDay,
          .below_county = true,
          .columns = Headings(kDropouts),
          .rows = LedgerRows(kDropouts, IsDropout)};
}

ReportSpec PlatformLedgerReport() {
  return SpecOfPlatform(v1::REPORT_KIND_PLATFORM_LEDGER, "platform-ledger", "全国控辍保学工作台账管理平台导出表",
                        "LEDGER_2019");
}

ReportSpec PlatformBasicReport() {
  return SpecOfPlatform(v1::REPORT_KIND_PLATFORM_BASIC, "platform-basic", "全国基础教育管理服务平台导出表",
                        "BASIC_2024");
}

ReportSpec PlatformReport() {
  return SpecOfPlatform(v1::REPORT_KIND_PLATFORM, "platform", "控辍保学平台导出表", "");
}

}  // namespace ruraledu::dropout_monitoring
