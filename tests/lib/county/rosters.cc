// The student register, one file per school and term.
#include <algorithm>

#include "tests/lib/county/columns.h"
#include "tests/lib/county/text.h"
#include "tests/lib/county/words.h"
#include "tests/lib/county/writer.h"

namespace ruraledu::testlib {
namespace {

// What is wrong with a pupil's row in every term: the mistake sits in the school's own system.
struct RowFaults {
  std::string_view id_reason;
  bool unknown_school, duplicate, birth_differs, sex_differs, temporary, number_differs;
  bool lower_x, full_width, no_address, wrong_phone;
};

RowFaults DrawRowFaults(const FaultRates& f, const Pupil& p, Random r) {
  RowFaults row{};
  row.id_reason = DrawIdFault(f, r);
  row.unknown_school = r.Chance(f.unknown_school) && row.id_reason.empty();
  row.duplicate = r.Chance(f.duplicate_in_file);
  bool sound = row.id_reason.empty() && !row.unknown_school;
  // Kindergarten age decides about aid, so its birth dates stay right.
  bool in_kindergarten = p.places[1].stage == Stage::kPre || p.places[0].stage == Stage::kPre;
  row.birth_differs = r.Chance(f.birth_mismatch) && sound && !in_kindergarten;
  row.sex_differs = r.Chance(f.sex_mismatch) && sound;
  row.temporary = r.Chance(f.temporary_number);
  row.number_differs = r.Chance(f.number_differs) && sound && !row.temporary;
  row.lower_x = p.id.back() == 'X' && r.Chance(f.id_lower_x);
  row.full_width = r.Chance(f.id_full_width);
  row.no_address = r.Chance(f.address_empty);
  row.wrong_phone = r.Chance(f.phone_wrong);
  return row;
}

class RosterWriter {
 public:
  explicit RosterWriter(CountyWriter& w) : w_(w), people_(w.population) {}

  absl::Status Write() {
    w_.guardian_known.resize(people_.pupils.size());
    for (size_t i = 0; i < people_.pupils.size(); ++i) {
      Pupil& p = people_.pupils[i];
      faults_.push_back(DrawRowFaults(w_.options.faults, p, w_.random.Fork("roster row", i)));
      GiveNumber(static_cast<int>(i), p);
    }
    for (int term = 0; term < 3; ++term) {
      if (absl::Status status = WriteTerm(term); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  void GiveNumber(int i, Pupil& p) {
    Random r = w_.random.Fork("number", i);
    std::string birth = p.id.substr(6, 8);
    if (faults_[i].temporary) {
      // Four random digits; the index keeps them apart.
      p.number = Cat("L", people_.places.county, birth, 1000 + (i * 7 + r.Below(7)) % 9000);
    } else if (faults_[i].number_differs) {
      std::string other = p.id;
      other.replace(14, 3, p.male ? "999" : "998");
      other[17] = IdCheckDigit(other);
      p.number = "G" + other;
    }
    w_.out.truth.pupils[i].number = p.number;
  }

  absl::Status WriteTerm(int term) {
    std::vector<std::vector<int>> by_school(people_.schools.size());
    for (size_t i = 0; i < people_.pupils.size(); ++i) {
      const Pupil& p = people_.pupils[i];
      if (p.places[term].status == Status::kAbsent) continue;
      by_school[p.places[term].school].push_back(static_cast<int>(i));
      if (p.second_school >= 0 && term > 0) by_school[p.second_school].push_back(static_cast<int>(i));
    }
    for (size_t s = 0; s < by_school.size(); ++s) {
      if (by_school[s].empty()) continue;
      std::stable_sort(by_school[s].begin(), by_school[s].end(), [&](int a, int b) {
        const Placement &x = people_.pupils[a].places[term], &y = people_.pupils[b].places[term];
        return std::tuple(x.stage, x.grade, x.class_no) < std::tuple(y.stage, y.grade, y.class_no);
      });
      if (absl::Status status = WriteSchool(term, static_cast<int>(s), by_school[s]); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status WriteSchool(int term, int s, const std::vector<int>& pupils) {
    const School& school = people_.schools[s];
    SheetShape shape = DrawShape(w_.options.faults, w_.random.Fork("roster shape", s));
    Sheet sheet(RosterColumns(), school.name + "学生花名册", shape);
    for (int i : pupils) {
      // Without the row of the first school, whose file comes first, the second one would be a move.
      const bool first = s == people_.pupils[i].places[term].school;
      if (!first && !w_.out.truth.pupils[i].terms[term].accepted) continue;
      AddRow(sheet, term, s, i);
      const RowFaults& f = faults_[i];
      if (f.duplicate && f.id_reason.empty() && !f.unknown_school && !sheet.Ruins(people_.pupils[i].id)) {
        int line = sheet.Add(Cells(sheet, term, s, i));
        w_.Fault(line, people_.pupils[i].number, "student_number", "DUPLICATE_IN_BATCH", true);
      }
    }
    std::string name = Cat(school.code, school.name);
    return w_.Finish(sheet, Cat("student_roster:", kTerms[term]), Cat("students/", kTerms[term]),
                     shape.dated_name ? Cat(name, people_.places.name) : name);
  }

  void AddRow(Sheet& sheet, int term, int s, int i) {
    const Pupil& p = people_.pupils[i];
    const RowFaults& f = faults_[i];
    int line = sheet.Add(Cells(sheet, term, s, i));
    bool ruined = f.id_reason.empty() && !f.full_width && !f.lower_x && sheet.Ruins(p.id);
    if (!f.id_reason.empty()) {
      bool lost = sheet.Ruins(BrokenId(p.id, f.id_reason));  // the broken number loses its digits too
      w_.Fault(line, p.number, "citizen_id", lost ? "EXCEL_PRECISION" : f.id_reason, true);
    }
    if (ruined) w_.Fault(line, p.number, "citizen_id", "EXCEL_PRECISION", true);
    if (f.unknown_school) w_.Fault(line, p.number, "school_code", "SCHOOL_UNKNOWN", true);
    bool accepted = f.id_reason.empty() && !ruined && !f.unknown_school;
    PupilTerm& now = w_.out.truth.pupils[i].terms[term];
    if (accepted && s != p.places[term].school) {
      now.twice = true;
      w_.Fault(line, p.number, "school_code", "DUPLICATE_ACROSS_SCHOOLS", false);
    }
    if (accepted && f.birth_differs) w_.Fault(line, p.number, "birth_date", "ID_BIRTH_MISMATCH", false);
    if (accepted && f.number_differs) w_.Fault(line, p.number, "student_number", "STUDENT_NUMBER_BODY_MISMATCH", false);
    if (accepted && (f.lower_x || f.full_width)) w_.Fault(line, p.number, "citizen_id", "ID_NORMALIZED", false);
    if (accepted && f.sex_differs) w_.Fault(line, p.number, "sex", "ID_SEX_MISMATCH", false);
    if (accepted && s == p.places[term].school) {
      now.accepted = true;
      if (!sheet.shape().precision_ids) w_.guardian_known[i] = true;
    }
  }

  std::string IdCell(const Pupil& p, const RowFaults& f) const {
    if (!f.id_reason.empty()) return BrokenId(p.id, f.id_reason);
    std::string id = p.id;
    if (f.lower_x) id.back() = 'x';
    return f.full_width ? FullWidth(id) : id;
  }

  std::vector<std::string> Cells(const Sheet& sheet, int term, int s, int i) const {
    const Pupil& p = people_.pupils[i];
    const RowFaults& f = faults_[i];
    const Placement& at = p.places[term];
    const School& school = people_.schools[s];
    const Household& h = people_.households[p.household];
    const Adult& guardian = h.adult(h.guardian);
    const Village& village = people_.places.villages[p.village];
    std::string birth = f.birth_differs ? DayText(DayNumberOf(p.birth_date) + 1) : p.birth_date;
    bool male = p.male != f.sex_differs;
    std::string relation = h.guardian == 0 ? "父亲" : h.guardian == 1 ? "母亲" : guardian.male ? "祖父" : "祖母";
    std::string code = f.unknown_school ? Cat(school.code.substr(0, 4), "999999") : school.code;
    return {p.number,
            p.name,
            "居民身份证",
            IdCell(p, f),
            male ? "男" : "女",
            birth,
            p.minority ? (w_.profile.north_west_names ? "回族" : "蒙古族") : "汉族",
            code,
            school.name,
            StageChinese(at.stage),
            GradeChinese(at.stage, at.grade),
            ClassName(at.class_no),
            at.boarding ? "住校" : "走读",
            std::string(StatusChinese(at.status)),
            at.stage != Stage::kVocational ? ""
            : p.full_time                  ? "全日制"
                                           : "非全日制",
            p.agriculture ? "1" : "0",
            p.performing_arts ? "1" : "0",
            p.left_behind == 0   ? "非留守儿童"
            : p.left_behind == 1 ? "单亲留守"
                                 : "双亲留守",
            p.migrant ? "1" : "0",
            guardian.name,
            sheet.shape().precision_ids ? "" : guardian.id,
            relation,
            f.wrong_phone ? h.phone.substr(0, 10) : h.phone,
            village.code,
            f.no_address ? "" : Cat(people_.places.townships[village.township].name, village.name),
            p.rural ? "农业户口" : "非农业户口"};
  }

  CountyWriter& w_;
  Population& people_;
  std::vector<RowFaults> faults_;
};

}  // namespace

absl::Status WriteRosters(CountyWriter& writer) {
  return RosterWriter(writer).Write();
}

}  // namespace ruraledu::testlib
