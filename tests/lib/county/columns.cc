#include "tests/lib/county/columns.h"

namespace ruraledu::testlib {
namespace {

using enum ColumnKind;
using Columns = std::vector<Column>;

}  // namespace

const Columns& VillageColumns() {
  static const Columns columns = {{"village_code", kText, "", {"村代码"}},
                                  {"name", kText, "", {"村名称"}},
                                  {"township_code", kText, "", {"乡镇代码"}}};
  return columns;
}

const Columns& CalendarColumns() {
  static const Columns columns = {
      {"date", kDate, "", {"日期"}}, {"is_working_day", kYesNo, "", {"是否工作日"}}, {"name", kText, "", {"名称"}}};
  return columns;
}

const Columns& SchoolColumns() {
  static const Columns columns = {{"school_code", kText, "学校信息", {"学校标识码", "学校代码"}},
                                  {"name", kText, "学校信息", {"学校名称", "名称"}},
                                  {"school_kind", kText, "学校信息", {"办学类型"}},
                                  {"stages", kText, "学校信息", {"学段", "办学学段"}},
                                  {"ownership", kText, "学校信息", {"办学性质", "举办者类型"}},
                                  {"inclusive_kindergarten", kYesNo, "学校信息", {"是否普惠性幼儿园", "普惠性"}},
                                  {"minority_area", kYesNo, "位置", {"是否民族地区", "民族地区学校"}},
                                  {"township_code", kText, "位置", {"乡镇代码"}},
                                  {"village_code", kText, "位置", {"村代码"}},
                                  {"urban_rural_class", kText, "位置", {"城乡分类代码", "城乡分类"}},
                                  {"in_county_seat", kYesNo, "位置", {"是否县城学校", "是否在县城"}},
                                  {"boarding_school", kYesNo, "办学条件", {"是否寄宿制学校", "寄宿制学校"}},
                                  {"teaching_point", kYesNo, "办学条件", {"是否教学点"}},
                                  {"pilot_kind", kText, "办学条件", {"营养改善计划试点类型", "试点类型"}},
                                  {"tuition", kText, "收费", {"学费(元/学期)", "学费标准"}},
                                  {"accommodation", kText, "收费", {"住宿费(元/学期)", "住宿费标准"}},
                                  {"approved_public_tuition", kText, "收费", {"公办学费标准"}}};
  return columns;
}

const Columns& ClassColumns() {
  static const Columns columns = {{"school_code", kText, "", {"学校标识码", "学校代码"}},
                                  {"school_name", kText, "", {"学校名称"}},
                                  {"school_year", kText, "", {"学年"}},
                                  {"stage", kText, "", {"学段"}},
                                  {"grade", kText, "", {"年级"}},
                                  {"class_name", kText, "", {"班级", "班级名称"}},
                                  {"size", kText, "", {"班级人数", "学生数"}}};
  return columns;
}

const Columns& TeacherColumns() {
  static const Columns columns = {{"name", kText, "个人信息", {"姓名", "教师姓名"}},
                                  {"citizen_id", kId, "个人信息", {"身份证件号", "身份证号", "证件号码"}},
                                  {"sex", kText, "个人信息", {"性别"}},
                                  {"birth_date", kDate, "个人信息", {"出生日期"}},
                                  {"school_code", kText, "任职信息", {"学校标识码"}},
                                  {"school_name", kText, "任职信息", {"学校名称", "工作单位"}},
                                  {"subject", kText, "任职信息", {"任教学科"}},
                                  {"title_grade", kText, "任职信息", {"职称"}},
                                  {"work_started_on", kDate, "任职信息", {"参加工作时间"}}};
  return columns;
}

const Columns& RosterColumns() {
  static const Columns columns = {
      {"student_number", kText, "学生信息", {"学籍号", "全国学籍号"}},
      {"name", kText, "学生信息", {"姓名", "学生姓名", "名字"}},
      {"id_kind", kText, "学生信息", {"身份证件类型", "证件类型"}},
      {"citizen_id", kId, "学生信息", {"身份证件号", "身份证号", "证件号码"}},
      {"sex", kText, "学生信息", {"性别"}},
      {"birth_date", kDate, "学生信息", {"出生日期", "出生年月日"}},
      {"ethnic_group", kText, "学生信息", {"民族"}},
      {"school_code", kText, "学籍信息", {"学校标识码", "学校代码"}},
      {"school_name", kText, "学籍信息", {"学校名称"}},
      {"stage", kText, "学籍信息", {"学段"}},
      {"grade", kText, "学籍信息", {"年级", "就读年级"}},
      {"class_name", kText, "学籍信息", {"班级"}},
      {"study_mode", kText, "学籍信息", {"就读方式"}},
      {"status", kText, "学籍信息", {"学籍状态", "学生状态"}},
      {"full_time_formal", kText, "学籍信息", {"学习形式", "是否全日制"}},
      {"agriculture_major", kYesNo, "学籍信息", {"是否涉农专业", "涉农专业"}},
      {"performing_arts_major", kYesNo, "学籍信息", {"艺术类表演专业(戏曲表演除外)", "是否非戏曲表演专业"}},
      {"left_behind", kText, "学籍信息", {"留守儿童", "是否留守儿童"}},
      {"migrant", kYesNo, "学籍信息", {"是否随迁子女", "随迁子女"}},
      {"guardian_name", kText, "家庭信息", {"监护人姓名", "家长姓名", "监护人"}},
      {"guardian_id", kId, "家庭信息", {"监护人身份证件号", "家长身份证号"}},
      {"guardian_relation", kText, "家庭信息", {"监护人关系"}},
      {"guardian_phone", kText, "家庭信息", {"联系电话", "监护人电话"}},
      {"village_code", kText, "家庭信息", {"村代码", "户籍村代码"}},
      {"address", kText, "家庭信息", {"现住址", "家庭住址"}},
      {"household_type", kText, "家庭信息", {"户口性质"}}};
  return columns;
}

const Columns& RevitalisationColumns() {
  static const Columns columns = {{"household_number", kText, "户信息", {"户编号", "户号"}},
                                  {"head_name", kText, "户信息", {"户主姓名", "户主"}},
                                  {"village_code", kText, "户信息", {"村代码", "行政村代码"}},
                                  {"kind", kText, "户信息", {"户类型", "农户类型"}},
                                  {"enjoys_policy", kYesNo, "户信息", {"是否享受政策", "享受政策"}},
                                  {"recognized_on", kDate, "户信息", {"识别日期", "识别时间"}},
                                  {"risk_eliminated", kYesNo, "户信息", {"风险是否消除", "风险是否已消除"}},
                                  {"risk_eliminated_on", kDate, "户信息", {"风险消除日期", "风险消除时间"}},
                                  {"name", kText, "成员信息", {"姓名", "家庭成员姓名"}},
                                  {"citizen_id", kId, "成员信息", {"证件号码", "身份证号"}},
                                  {"relation_to_head", kText, "成员信息", {"与户主关系"}}};
  return columns;
}

const Columns& CivilAffairsColumns() {
  static const Columns columns = {{"household_number", kText, "", {"户编号", "家庭编号"}},
                                  {"name", kText, "", {"姓名", "救助对象姓名"}},
                                  {"citizen_id", kId, "", {"身份证号", "身份证件号", "证件号码"}},
                                  {"relation_to_head", kText, "", {"与户主关系"}},
                                  {"kind", kText, "", {"救助类型", "救助类别"}},
                                  {"started_on", kDate, "", {"开始日期", "批准日期"}},
                                  {"ended_on", kDate, "", {"终止日期", "停保日期"}},
                                  {"area", kText, "", {"城乡类别", "城乡属性"}},
                                  {"village_code", kText, "", {"村代码"}}};
  return columns;
}

const Columns& FederationColumns() {
  static const Columns columns = {{"name", kText, "", {"姓名", "残疾人姓名"}},
                                  {"citizen_id", kId, "", {"身份证号", "身份证件号"}},
                                  {"certificate_number", kText, "", {"残疾证号", "残疾人证号"}},
                                  {"disability_kind", kText, "", {"残疾类别", "残疾类型"}},
                                  {"disability_grade", kText, "", {"残疾等级", "残疾级别"}},
                                  {"issued_on", kDate, "", {"发证日期", "办证日期"}}};
  return columns;
}

const Columns& VeteransColumns() {
  static const Columns columns = {{"name", kText, "", {"姓名", "子女姓名"}},
                                  {"citizen_id", kId, "", {"身份证号", "身份证件号"}},
                                  {"birth_date", kDate, "", {"出生日期"}},
                                  {"kind", kText, "", {"优抚类别", "对象类别"}},
                                  {"recognized_on", kDate, "", {"认定日期", "批准日期"}}};
  return columns;
}

const Columns& IdentificationColumns() {
  static const Columns columns = {{"student_number", kText, "", {"学籍号"}},
                                  {"name", kText, "", {"姓名"}},
                                  {"citizen_id", kId, "", {"身份证件号"}},
                                  {"kind", kText, "", {"困难类型"}},
                                  {"recognized_on", kDate, "", {"认定日期"}}};
  return columns;
}

const Columns& BankColumns() {
  static const Columns columns = {{"student_number", kText, "", {"学籍号"}},
                                  {"name", kText, "", {"学生姓名", "姓名", "名字"}},
                                  {"citizen_id", kId, "", {"身份证件号", "身份证号"}},
                                  {"card_number", kText, "", {"银行卡号", "社保卡号"}},
                                  {"account_holder", kText, "", {"持卡人姓名", "户名"}},
                                  {"holder_id", kId, "", {"持卡人身份证号", "开户人身份证号"}},
                                  {"holder_relation", kText, "", {"与学生关系"}}};
  return columns;
}

const Columns& AidColumns() {
  static const Columns columns = {{"student_number", kText, "", {"学籍号"}},
                                  {"name", kText, "", {"姓名"}},
                                  {"citizen_id", kId, "", {"身份证件号"}},
                                  {"school_code", kText, "", {"学校标识码"}},
                                  {"term", kText, "", {"学期"}},
                                  {"item", kText, "", {"资助项目"}},
                                  {"amount_yuan", kText, "", {"金额"}}};
  return columns;
}

std::vector<SourceColumns> AllColumns() {
  return {{"villages", &VillageColumns()},
          {"calendars", &CalendarColumns()},
          {"schools", &SchoolColumns()},
          {"classes", &ClassColumns()},
          {"teachers", &TeacherColumns()},
          {"student_roster", &RosterColumns()},
          {"rural_revitalisation", &RevitalisationColumns()},
          {"civil_affairs", &CivilAffairsColumns()},
          {"disabled_federation", &FederationColumns()},
          {"veterans", &VeteransColumns()},
          {"bank_accounts", &BankColumns()}};
}

}  // namespace ruraledu::testlib
