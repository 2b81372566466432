// The four steps of lawful control (依法控辍四步法, DR-30), and their documents.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/domain/calendar.h"
#include "common/domain/region.h"
#include "services/dropout_monitoring/case_rules.h"

namespace ruraledu::dropout_monitoring {

// The step that comes next in the present round; nullopt: all were taken. A step that the policy leaves out is not
// skipped.
std::optional<v1::LegalStepKind> NextLegalStep(const v1::CasePolicy& policy, const v1::Case& file);
// Whether the next step may be taken on the day: LEGAL_PRECONDITION.
absl::Status CheckLegalStep(const CaseRules& rules, absl::CivilDay on, v1::LegalStepKind kind, const v1::Case& file);

// Takes a step. LEGAL_STEP_SKIPPED, LEGAL_STEP_TAKEN, LEGAL_STEP_OFF (not in the province), LEGAL_PRECONDITION,
// LEGAL_TERM (days outside of the policy), LEGAL_RECORDS (LEGAL_1 needs the talk with the parents and the order),
// STATE_TRANSITION, CALENDAR_MISSING. A term that ends on a day off ends on the next working day (DR-06).
absl::Status IssueLegalStep(const CaseRules& rules, const WorkCalendar& calendar, const CaseAct& act,
                            v1::LegalStepKind kind, int term_days,
                            const google::protobuf::RepeatedPtrField<v1::CaseEvidence>& records, v1::Case* file);

// The newest step of a kind; null: none was taken.
const v1::LegalStep* FindLegalStep(const v1::Case& file, v1::LegalStepKind kind);

// Templates of the papers, in the folder documents of the policies; the next is the one of a step.
inline constexpr std::string_view kDocuments[] = {
    "legal_0", "legal_1", "legal_2", "legal_3", "department_slip", "department_slip_mandatory", "enrolment_notice"};
std::string DocumentOf(v1::LegalStepKind kind);
// The education authority of the county of a shard, as its papers name it.
std::string AuthorityOf(const RegionTree& regions, std::string_view shard, absl::CivilDay on);
// Who issues the document of a step (DR-30): the school its reminder; the people's government of the township that
// leads the case the reminder of a child without a school, the order and the suit; the education department what is
// left, and everything where the area has no government (art. 58 names townships and the department, no subdistrict).
std::string IssuerOf(const RegionTree& regions, std::string_view shard, absl::CivilDay on, v1::LegalStepKind kind,
                     const v1::Case& file, const std::string& school);
// Keeps with the newest step what its document says.
void KeepDocument(const std::string& school, const std::string& issuer, v1::Case* file);
// "2023年9月21日"; "未知日期" for no day.
std::string DayInWords(const google::type::Date& day);
// Text of a template with its {placeholders} filled; DATA_FILE when one of them has no value in `values`.
absl::StatusOr<std::string> FillTemplate(std::string_view file, std::string_view text,
                                         const std::map<std::string, std::string>& values);
// The values of a document: those that were kept with the step, else those of the case with `school` and `authority`.
// A child that never was at a school, and a day that is not known, leave no gap in the text.
std::map<std::string, std::string> DocumentValues(const v1::Case& file, const v1::LegalStep& step,
                                                  const std::string& school, const std::string& authority);

}  // namespace ruraledu::dropout_monitoring
