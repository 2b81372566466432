// Villages, calendars, schools, classes, teachers.
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "tests/lib/county/columns.h"
#include "tests/lib/county/schools.h"
#include "tests/lib/county/text.h"
#include "tests/lib/county/words.h"
#include "tests/lib/county/writer.h"

namespace ruraledu::testlib {
namespace {

SheetShape PlainCsv() {
  SheetShape shape;
  shape.xlsx = false;
  shape.encoding = Encoding::kUtf8;
  return shape;
}

absl::Status WriteVillages(CountyWriter& w) {
  Sheet sheet(VillageColumns(), "", PlainCsv());
  for (const Village& v : w.population.places.villages) {
    sheet.Add({v.code, v.name, w.population.places.townships[v.township].code + "000"});
  }
  return w.Finish(sheet, "villages", "base", "villages");
}

absl::Status WriteCalendars(CountyWriter& w) {
  Sheet sheet(CalendarColumns(), "", PlainCsv());
  std::ifstream in(w.options.holidays_csv);
  if (!in) return absl::NotFoundError("no holidays in " + w.options.holidays_csv);
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> cells = absl::StrSplit(line, ',');
    if (cells.size() >= 3 && cells[0] >= "2022" && cells[0] < "2025") {
      sheet.Add({cells[0], cells[1] == "transfer_workday" ? "1" : "0", cells[2]});
    }
  }
  return w.Finish(sheet, "calendars", "base", "calendars");
}

std::string Stages(const School& s) {
  switch (s.kind) {
    case SchoolKind::kNineYear:
    case SchoolKind::kSpecial:
      return "小学、初中";
    case SchoolKind::kJunior:
      return "初中";
    case SchoolKind::kHigh:
      return "普通高中";
    case SchoolKind::kVocational:
      return "中职";
    case SchoolKind::kKindergarten:
      return "学前";
    default:
      return "小学";
  }
}

absl::Status WriteSchools(CountyWriter& w) {
  SheetShape shape = DrawShape(w.options.faults, w.random.Fork("schools file"));
  shape.precision_ids = shape.apostrophe_ids = false;
  Sheet sheet(SchoolColumns(), w.population.places.name + "学校基本信息表", shape);
  for (const School& s : w.population.schools) {
    const Village& village = w.population.places.villages[s.village];
    const Township& township = w.population.places.townships[s.township];
    const bool charges = s.kind == SchoolKind::kHigh || s.kind == SchoolKind::kVocational;
    const SchoolCharges c = ChargesOf(s, w.profile);
    const auto yuan = [&](int64_t fen) { return charges ? absl::StrFormat("%d.%02d", fen / 100, fen % 100) : ""; };
    bool inclusive = s.kindergarten == Kindergarten::kPublic || s.kindergarten == Kindergarten::kInclusive;
    sheet.Add({s.code, s.name, SchoolTypeChinese(s), Stages(s), s.is_private ? "民办" : "公办", inclusive ? "1" : "0",
               w.profile.minority_area ? "1" : "0", township.code, village.code,
               s.site == Site::kSeat       ? "111"
               : s.site == Site::kTownship ? "210"
                                           : "220",
               s.site == Site::kSeat ? "1" : "0", s.boarding_ppm > 100000 ? "1" : "0",
               s.kind == SchoolKind::kTeachingPoint ? "1" : "0", s.in_pilot ? "国家试点" : "", yuan(c.tuition_fen),
               yuan(c.accommodation_fen), yuan(c.approved_tuition_fen)});
  }
  return w.Finish(sheet, "schools", "base", w.Stem("学校", shape));
}

absl::Status WriteClasses(CountyWriter& w) {
  SheetShape shape = DrawShape(w.options.faults, w.random.Fork("classes file"));
  shape.precision_ids = shape.apostrophe_ids = false;
  Sheet sheet(ClassColumns(), w.population.places.name + "班级信息表", shape);
  for (int term : {0, 1}) {
    std::map<std::tuple<int, Stage, int, int>, int> sizes;
    for (const Pupil& p : w.population.pupils) {
      const Placement& at = p.places[term];
      if (at.status == Status::kEnrolled) ++sizes[{at.school, at.stage, at.grade, at.class_no}];
    }
    std::string year(kTerms[term].substr(0, 9));
    for (const auto& [key, size] : sizes) {
      const auto& [school, stage, grade, number] = key;
      const School& s = w.population.schools[school];
      sheet.Add({s.code, s.name, year, StageChinese(stage), GradeChinese(stage, grade), ClassName(number), Cat(size)});
    }
  }
  return w.Finish(sheet, "classes", "base", w.Stem("班级", shape));
}

absl::Status WriteTeachers(CountyWriter& w) {
  static constexpr std::string_view kSubjects[] = {"语文",       "数学", "英语", "体育",    "科学",
                                                   "道德与法治", "音乐", "美术", "信息技术"};
  static constexpr std::string_view kTitles[] = {"高级教师", "一级教师", "一级教师", "二级教师", "二级教师"};
  SheetShape shape = DrawShape(w.options.faults, w.random.Fork("teachers file"));
  shape.precision_ids = false;
  Sheet sheet(TeacherColumns(), w.population.places.name + "教职工信息表", shape);
  Random r = w.random.Fork("teachers rows");
  for (size_t i = 0; i < w.population.teachers.size(); ++i) {
    const Adult& t = w.population.teachers[i];
    const School& s = w.population.schools[w.population.teacher_school[i]];
    int year = std::stoi(t.birth_date.substr(0, 4));
    bool birth_differs = r.Chance(w.options.faults.teacher_birth_mismatch);
    std::string birth = birth_differs ? DayText(DayNumberOf(t.birth_date) + 31) : t.birth_date;
    std::string_view subject = kSubjects[r.Below(9)], title = kTitles[r.Below(5)];
    int line = sheet.Add({t.name, t.id, t.male ? "男" : "女", birth, s.code, s.name, std::string(subject),
                          std::string(title), Cat(std::max(year + 22, 1985), "-09-01")});
    if (birth_differs) w.Fault(line, t.id, "birth_date", "ID_BIRTH_MISMATCH", false);
  }
  return w.Finish(sheet, "teachers", "base", w.Stem("教师", shape));
}

}  // namespace

std::string StageChinese(Stage stage) {
  constexpr std::string_view kNames[] = {"学前", "小学", "初中", "普通高中", "中职", "专科", "本科", "硕士", "博士"};
  return std::string(kNames[static_cast<int>(stage)]);
}

std::string GradeChinese(Stage stage, int grade) {
  constexpr std::string_view kPre[] = {"小班", "中班", "大班"};
  constexpr std::string_view kNumber[] = {"一", "二", "三", "四", "五", "六", "七", "八", "九"};
  if (stage == Stage::kPre) return std::string(kPre[grade - 1]);
  if (stage == Stage::kHigh) return Cat("高", kNumber[grade - 10]);
  if (stage == Stage::kVocational) return Cat("中职", kNumber[grade - 1], "年级");
  return Cat(kNumber[grade - 1], "年级");
}

std::string ClassName(int number) {
  return Cat(number, "班");
}

std::string SchoolTypeChinese(const School& school) {
  switch (school.kind) {
    case SchoolKind::kPrimary:
      return "小学";
    case SchoolKind::kTeachingPoint:
      return "小学";
    case SchoolKind::kNineYear:
      return "九年一贯制学校";
    case SchoolKind::kJunior:
      return "初级中学";
    case SchoolKind::kHigh:
      return "普通高中";
    case SchoolKind::kVocational:
      return "中等职业学校";
    case SchoolKind::kSpecial:
      return "特殊教育学校";
    case SchoolKind::kKindergarten:
      return "幼儿园";
  }
  return "";
}

absl::Status WriteBaseFiles(CountyWriter& writer) {
  for (auto* write : {WriteVillages, WriteCalendars, WriteSchools, WriteClasses, WriteTeachers}) {
    if (absl::Status status = write(writer); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::testlib
