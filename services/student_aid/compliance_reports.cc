// Who is eligible and not compliant, and what to do, apart from who is not eligible, and why; by name and school.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/crypto/masking.h"
#include "services/student_aid/compliance_store.h"
#include "services/student_aid/report.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

enum Sum { kNotCompliant, kNotEligible, kSums };

std::string ShardOf(const ReportQuery& query) {
  return absl::StrCat("c", CountyOf(query.area));
}

std::string ItemLabels(const PolicyBook& book, const google::protobuf::RepeatedPtrField<std::string>& items) {
  return absl::StrJoin(items, "、", [&](std::string* out, const std::string& item) { *out += LabelOf(book, item); });
}

// Cells of a row behind those of the pupil.
struct Line {
  std::string standing, code, label, effect, items, found, todo;
};

std::vector<Line> LinesOf(const ReportParts& parts, const ReportQuery& query, const v1::ComparisonResult& result) {
  std::vector<Line> lines;
  if (result.compliance() == v1::COMPLIANCE_STATUS_NOT_ELIGIBLE) {
    for (const v1::WhyNot& why : result.why_not()) {  // why tells what the family is
      lines.push_back(
          {"不符合资格", query.unmask ? why.reason() : "***", "", "", LabelOf(parts.book, why.item()), "", ""});
    }
    if (lines.empty()) {
      lines.push_back({"不符合资格", "", "", "", "", "", ""});
    }
    return lines;
  }
  for (const v1::ComplianceFinding& finding : result.compliance_findings()) {
    if (finding.state() != v1::COMPLIANCE_STATE_UNMET) {
      continue;
    }
    const ComplianceRule* const rule = parts.compliance.Find(finding.code());
    lines.push_back({"符合资格但复核未通过", finding.code(), rule == nullptr ? "" : rule->label_zh,
                     finding.effect() == v1::COMPLIANCE_EFFECT_STOP_PAY ? "停发" : "提示",
                     ItemLabels(parts.book, finding.items()), absl::StrJoin(finding.reasons(), "、"),
                     rule == nullptr ? "" : rule->todo_zh});
  }
  return lines;
}

absl::Status AddPupil(const ReportParts& parts, const ReportQuery& query, db::Transaction& tx,
                      const registry_v1::School& school, const v1::Comparison& comparison, ReportCursor* cursor,
                      std::vector<reports_v1::ReportRow>* rows) {
  ASSIGN_OR_RETURN(const auto place, FindPupil(tx, ShardOf(query), comparison.person()));
  const std::string name = place.has_value() ? place->display_name : "";
  for (const Line& line : LinesOf(parts, query, comparison.result())) {
    rows->push_back(
        RowOf({TextCell(TownshipOf(school.area())), TextCell(school.code()), TextCell(school.display_name()),
               TextCell(comparison.person()), TextCell(query.unmask ? name : crypto::MaskName(name)),
               TextCell(line.standing), TextCell(line.code), TextCell(line.label), TextCell(line.effect),
               TextCell(line.items), TextCell(line.found), TextCell(line.todo)}));
  }
  const bool eligible = comparison.result().compliance() == v1::COMPLIANCE_STATUS_ELIGIBLE_NOT_COMPLIANT;
  cursor->sums[eligible ? kNotCompliant : kNotEligible] += 1;
  return absl::OkStatus();
}

// The rest of the key is area and id of the last comparison.
absl::Status ComplianceRowsOf(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                              std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  ASSIGN_OR_RETURN(const auto sealer, parts.host.keys.SealerOf(ShardOf(query)));
  RETURN_IF_ERROR(
      BySchool(parts.host, query, limit, cursor, rows,
               [&](db::Transaction& tx, const registry_v1::School& school, int64_t most, ReportCursor* at,
                   std::vector<reports_v1::ReportRow>* added) -> absl::StatusOr<size_t> {
                 ASSIGN_OR_RETURN(const auto found,
                                  NotCompliantComparisons(tx, ShardOf(query), query.period, RangeOf(school.area()),
                                                          at->key[1], at->key[2], most));
                 for (const db::Row& row : found) {
                   v1::Comparison comparison;
                   RETURN_IF_ERROR(feed::ReadRoot(row, 1, kComparisons, row.Text(0), sealer.get(), &comparison));
                   RETURN_IF_ERROR(AddPupil(parts, query, tx, school, comparison, at, added));
                   at->key[1] = comparison.area();
                   at->key[2] = row.Text(0);
                 }
                 return found.size();
               }));
  if (cursor->done) {
    *total = RowOf({TextCell("合计"),
                    {},
                    {},
                    {},
                    {},
                    TextCell(absl::StrCat("符合资格但复核未通过 ", cursor->sums[kNotCompliant], " 人，不符合资格 ",
                                          cursor->sums[kNotEligible], " 人")),
                    {},
                    {},
                    {},
                    {},
                    {},
                    {}});
  }
  return absl::OkStatus();
}

}  // namespace

ReportSpec ComplianceReport() {
  return {.kind = v1::REPORT_KIND_COMPLIANCE,
          .id = "compliance",
          .title_zh = "资助条件复核名单",
          .period = rpc::ReportPeriod::kTerm,
          .below_county = true,
          .key_parts = 3,
          .sums = kSums,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"person", "学生编号", "Pupil"},
                      {"name", "姓名", "Name"},
                      {"standing", "复核结论", "Standing"},
                      {"code", "问题代码", "Code"},
                      {"label", "复核条件", "Condition"},
                      {"effect", "处理方式", "Effect"},
                      {"items", "资助项目", "Items"},
                      {"found", "发现情况", "Found"},
                      {"todo", "应办事项", "To do"}},
          .rows = ComplianceRowsOf};
}

}  // namespace ruraledu::student_aid
