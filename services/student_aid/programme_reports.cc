// Reports of programmes: loans of a school year by county, public funds for disabled pupils by school.
#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/student_aid/loans.h"
#include "services/student_aid/report.h"
#include "services/student_aid/report_rules.h"
#include "services/student_aid/store.h"
#include "services/student_aid/study_store.h"

namespace ruraledu::student_aid {
namespace {

constexpr int64_t kPage = 500;

// --- Loans ----------------------------------------------------------------------------------------------------------
struct Loans {
  int64_t wanted = 0, undecided = 0, eligible = 0, covered = 0;
  int64_t origin = 0, campus = 0, contracts = 0, agreed_fen = 0;

  Loans& operator+=(const Loans& other) {
    wanted += other.wanted;
    undecided += other.undecided;
    eligible += other.eligible;
    covered += other.covered;
    origin += other.origin;
    campus += other.campus;
    contracts += other.contracts;
    agreed_fen += other.agreed_fen;
    return *this;
  }
  reports_v1::ReportRow Row(std::string_view county) const {
    return RowOf({TextCell(county), CountCell(wanted), CountCell(undecided), CountCell(eligible), CountCell(origin),
                  CountCell(campus), CountCell(contracts), AmountCell(agreed_fen), CountCell(covered),
                  RateCell(covered, eligible)});
  }
};

void Add(const LoanSum& sum, Loans* loans) {
  v1::TrackedAidState state = v1::TRACKED_AID_STATE_UNSPECIFIED;
  v1::TrackedAidState_Parse(sum.state, &state);
  (sum.kind == v1::TrackedAidKind_Name(v1::TRACKED_AID_KIND_LOAN_ORIGIN) ? loans->origin : loans->campus) += sum.loans;
  if (state == v1::TRACKED_AID_STATE_AGREED || state == v1::TRACKED_AID_STATE_PAID) {
    loans->contracts += sum.loans;
    loans->agreed_fen += sum.agreed_fen;
  }
}

void Add(const v1::LoanCandidate& candidate, Loans* loans) {
  loans->wanted += 1;
  loans->undecided += candidate.gap() == v1::LOAN_GAP_NOT_DECIDED ? 1 : 0;
  loans->eligible += Eligible(candidate) ? 1 : 0;
  loans->covered += candidate.gap() == v1::LOAN_GAP_UNSPECIFIED ? 1 : 0;
}

// Page by page: a county has thousands of students.
absl::StatusOr<Loans> LoansOf(const ReportParts& parts, const std::string& shard, const Term& term) {
  ASSIGN_OR_RETURN(const auto sealer, parts.host.keys.SealerOf(shard));
  Loans loans;
  ASSIGN_OR_RETURN(const auto sums,
                   parts.host.database.Read([&](db::Transaction& tx) { return LoanSums(tx, shard, term.text()); }));
  for (const LoanSum& sum : sums) {
    Add(sum, &loans);
  }
  std::string area, id;
  for (bool more = true; more;) {
    std::vector<v1::Study> studies;
    ASSIGN_OR_RETURN(
        const auto candidates,
        parts.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<v1::LoanCandidate>> {
          ASSIGN_OR_RETURN(studies, PageOfStudies(tx, shard, RangeOf(shard.substr(1)), area, id, kPage));
          return LoanCandidatesOf(tx, *sealer, parts.book, shard, term.year, studies);
        }));
    for (const v1::LoanCandidate& candidate : candidates) {
      Add(candidate, &loans);
    }
    more = studies.size() == static_cast<size_t>(kPage);
    if (more) {
      area = studies.back().area();
      id = std::string(feed::IdOfName(studies.back().name()));
    }
  }
  return loans;
}

absl::Status LoanRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                      std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  ASSIGN_OR_RETURN(const Term asked, ParseTerm(query.period));
  const Term term{asked.year, Season::kAutumn};
  ASSIGN_OR_RETURN(const auto shards,
                   parts.host.database.Read([&](db::Transaction& tx) { return CountiesOfReport(tx, query.area); }));
  Loans sum;
  for (const std::string& shard : shards) {
    ASSIGN_OR_RETURN(const Loans loans, LoansOf(parts, shard, term));
    rows->push_back(loans.Row(shard.substr(1)));
    sum += loans;
  }
  *total = sum.Row("合计");
  cursor->done = true;
  return absl::OkStatus();
}

// --- Public funds for disabled pupils -------------------------------------------------------------------------------
absl::Status SchoolFundsRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                             std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  const std::string shard = absl::StrCat("c", query.area.substr(0, 6));
  struct Read {
    SchoolFunds funds;
    std::map<std::string, registry_v1::School> schools;  // by area
  };
  ASSIGN_OR_RETURN(const Read read, parts.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<Read> {
    Read both;
    ASSIGN_OR_RETURN(both.funds, SchoolFundsOf(tx, shard, query.period, RangeOf(query.area)));
    ASSIGN_OR_RETURN(auto schools, AllSchools(tx, shard));
    for (registry_v1::School& school : schools) {
      both.schools[school.area()] = std::move(school);
    }
    return both;
  }));
  // DR-11: township, then school code.
  std::map<std::array<std::string, 4>, reports_v1::ReportRow> ordered;
  int64_t heads = 0, fen = 0;
  for (const auto& [key, amounts] : read.funds) {
    const auto& [area, item] = key;
    const auto school = read.schools.find(area);
    const std::string code = school == read.schools.end() ? "" : school->second.code();
    const std::string name = school == read.schools.end() ? "" : school->second.display_name();
    const std::string township(TownshipOf(area));
    ordered[{township, code, area, item}] =
        RowOf({TextCell(township), TextCell(code), TextCell(name), TextCell(item), TextCell(LabelOf(parts.book, item)),
               CountCell(amounts.first), AmountCell(amounts.second)});
    heads += amounts.first;
    fen += amounts.second;
  }
  for (auto& [key, row] : ordered) {
    rows->push_back(std::move(row));
  }
  *total = RowOf({TextCell("合计"), {}, {}, {}, {}, CountCell(heads), AmountCell(fen)});
  cursor->done = true;
  return absl::OkStatus();
}

}  // namespace

ReportSpec LoansReport() {
  return {.kind = v1::REPORT_KIND_LOANS,
          .id = "loans",
          .title_zh = "助学贷款应贷尽贷情况表",
          .period = rpc::ReportPeriod::kTerm,
          .columns = {{"county", "县区代码", "County"},
                      {"wanted", "有贷款意愿学生", "Want a loan"},
                      {"undecided", "尚未认定资格", "Not decided yet"},
                      {"eligible", "有意愿且符合条件", "Want one and may have it"},
                      {"origin", "生源地贷款申请", "Origin-place applicants"},
                      {"campus", "校园地贷款申请", "Campus applicants"},
                      {"contracts", "合同数", "Contracts"},
                      {"agreed_fen", "合同金额（元）", "Agreed"},
                      {"covered", "应贷已贷", "Of those eligible with a contract"},
                      {"rate", "应贷尽贷率", "Rate"}},
          .rows = LoanRows};
}

ReportSpec SchoolFundsReport() {
  return {.kind = v1::REPORT_KIND_SCHOOL_FUNDS,
          .id = "school-funds",
          .title_zh = "残疾学生公用经费核拨表",
          .period = rpc::ReportPeriod::kTerm,
          .below_county = true,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"item", "项目代码", "Item"},
                      {"item_label", "经费项目", "Item in words"},
                      {"count", "学生数", "Pupils"},
                      {"amount_fen", "核拨金额（元）", "Allocated"}},
          .rows = SchoolFundsRows};
}

}  // namespace ruraledu::student_aid
