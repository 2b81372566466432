#include "services/student_aid/clause_rules.h"

namespace ruraledu::student_aid {
namespace {

constexpr ClauseInfo kClauses[] = {
    {"AGE_OUTSIDE", "age on 31 August outside of the limits of the row (DR-08)", "8月31日年龄不在范围内"},
    {"AGE_UNKNOWN", "the row has age limits and no birth date is known (DR-08)", "缺少出生日期，无法判断年龄"},
    {"ALREADY_RECEIVED", "the amount of the family was received in the same term or year (DR-10, 2.5)",
     "本学期（学年）已领取同类资助"},
    {"BOARDING_OTHER", "boarding on the census date differs from the row (2.5, DR-21)", "寄宿情况不符"},
    {"CHARGE_UNKNOWN", "the amount follows a charge that is not known (DR-15, DR-16)", "缺少收费标准"},
    {"FAMILY_LOCAL", "the lowest local row of the benefit family governs (DR-16, DR-59)", "同类资助按本地标准执行"},
    {"FAMILY_LOWER", "another row of the benefit family gives as much or more (DR-16, DR-59)", "同类资助取较高者"},
    {"FEE_WAIVED", "the fee is waived already, nothing is left to pay (DR-18)", "保教费已免除"},
    {"FOUND_AFTER_CUTOFF", "monitored household found after the cut-off: next term (DR-10)",
     "监测对象认定晚于截止日，下学期起享受"},
    {"FRESHMAN_GRANTED", "the grant of this admission was given already (2.4)", "本次录取已享受新生入学资助"},
    {"GRADE_NOT_STATED", "the row is for certain years of study and no grade is stated (DR-17)", "缺少年级"},
    {"KIND_AREA_URBAN", "the kind counts with area RURAL only (2.1, 2.3)", "该类对象限农村"},
    {"KIND_ENDED", "the kind ended on or before the first day of the term (DR-10)", "困难类型已于开学前终止"},
    {"KIND_NOT_HELD", "no kind of the row is held (2.1, 2.5)", "不属于该项目资助对象"},
    {"KIND_STARTS_LATER", "the kind starts after the first day of the term: next term (DR-10)",
     "困难类型开学后才生效，下学期起享受"},
    {"LOAN_OTHER_KIND", "another kind of loan is held in the school year (2.4)", "本学年已办理另一类助学贷款"},
    {"NOTHING_CHARGED", "nothing is charged that could be waived (DR-15)", "无应减免费用"},
    {"NOT_THIS_TERM", "paid once a year, in the autumn term", "每学年秋季学期发放一次"},
    {"NUTRITION_PILOT", "the school is in a nutrition pilot: meals, no cash (DR-22)",
     "营养改善计划试点学校供餐，不发现金"},
    {"RISK_ELIMINATED", "the risk was eliminated on or before the first day of the term (DR-14)", "开学前风险已消除"},
    {"SCHOLARSHIP_OTHER", "another scholarship of the school year excludes it (2.5)", "本学年已获其他奖学金"},
    {"STAGE_OTHER", "for another stage", "学段不符"},
    {"STATUS_NOT_ENROLLED", "not enrolled on the census date (2.5, DR-21)", "学籍状态不是在读"},
    {"STUDY_YEAR_OTHER", "for other years of study (DR-17)", "年级不符"},
};

}  // namespace

absl::Span<const ClauseInfo> Clauses() {
  return kClauses;
}

}  // namespace ruraledu::student_aid
