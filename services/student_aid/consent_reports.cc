// The report of consents: by school and use, as of today (digest 7.7; anchor table A1 row 30).
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "services/student_aid/consent_store.h"
#include "services/student_aid/report.h"

namespace ruraledu::student_aid {
namespace {

std::string BasisText(const v1::LegalBasis* basis) {
  switch (basis == nullptr ? v1::LEGAL_BASIS_KIND_UNSPECIFIED : basis->basis()) {
    case v1::LEGAL_BASIS_KIND_STATUTORY_DUTY:
      return "法定职责";
    case v1::LEGAL_BASIS_KIND_CONSENT:
      return "同意";
    case v1::LEGAL_BASIS_KIND_CONTRACT:
      return "合同";
    default:
      return "";
  }
}

std::vector<reports_v1::ReportCell> Joined(std::vector<reports_v1::ReportCell> head, const ConsentCounts& counts) {
  for (const int64_t count :
       {counts.needed, counts.valid, counts.ending, counts.expired, counts.withdrawn, counts.missing}) {
    head.push_back(CountCell(count));
  }
  return head;
}

// The pupils of one school.
struct SchoolRoll {
  std::vector<ConsentSpan> spans;
  std::set<std::string> identified;
};

std::map<std::string, SchoolRoll> BySchools(const ConsentRoll& roll) {
  std::map<std::string, SchoolRoll> schools;  // by area
  for (const auto& [person, pupil] : roll.pupils) {
    SchoolRoll& school = schools[std::string(SchoolOf(pupil.area))];
    school.spans.insert(school.spans.end(), pupil.spans.begin(), pupil.spans.end());
    if (pupil.identified) {
      school.identified.insert(person);
    }
  }
  return schools;
}

absl::Status ConsentsRows(const ReportParts& parts, const ReportQuery& query, int64_t, ReportCursor* cursor,
                          std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  const std::string shard = absl::StrCat("c", CountyOf(query.area));
  const std::string region = absl::StrCat(CountyOf(query.area), "000000");
  const std::vector<std::string> needed = UsesNeeded(parts.consents, region, query.today);
  const int32_t days = parts.follow_up.Days(FollowUpRule::kConsentEndingDays, region, query.today);
  std::vector<registry_v1::School> schools;
  ASSIGN_OR_RETURN(const ConsentRoll roll,
                   parts.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<ConsentRoll> {
                     ASSIGN_OR_RETURN(schools, SchoolsInOrder(tx, shard));
                     return ReadConsentRoll(tx, shard, query.period);
                   }));
  const std::map<std::string, SchoolRoll> rolls = BySchools(roll);
  ConsentCounts sum;
  for (const registry_v1::School& school : schools) {
    const auto of = rolls.find(school.area());
    if (of == rolls.end() || !RangeOf(query.area).Contains(school.area())) {
      continue;
    }
    for (const auto& [use, counts] :
         CountConsents(of->second.spans, of->second.identified, needed, query.today, days)) {
      rows->push_back(RowOf(Joined(
          {TextCell(TownshipOf(school.area())), TextCell(school.code()), TextCell(school.display_name()), TextCell(use),
           TextCell(parts.consents.LabelOf(use)), TextCell(BasisText(parts.consents.Find(use, region, query.today)))},
          counts)));
      sum += counts;
    }
  }
  *total = RowOf(Joined({TextCell("合计"), {}, {}, {}, {}, {}}, sum));
  cursor->done = true;
  return absl::OkStatus();
}

}  // namespace

ReportSpec ConsentsReport() {
  return {.kind = v1::REPORT_KIND_CONSENTS,
          .id = "consents",
          .title_zh = "个人信息授权同意情况表",
          .period = rpc::ReportPeriod::kSchoolYear,
          .below_county = true,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"use", "用途代码", "Use"},
                      {"use_label", "用途", "Use in words"},
                      {"basis", "合法性基础", "Legal basis"},
                      {"needed", "应取得同意人数", "Pupils whose consent is needed"},
                      {"valid", "有效人数", "Holds"},
                      {"ending", "即将到期人数", "Of them ending soon"},
                      {"expired", "已到期人数", "Ended"},
                      {"withdrawn", "已撤回人数", "Withdrawn"},
                      {"missing", "缺少有效同意人数", "Needed and does not hold"}},
          .rows = ConsentsRows};
}

}  // namespace ruraledu::student_aid
