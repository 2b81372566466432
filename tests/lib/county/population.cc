#include "tests/lib/county/population.h"

#include <algorithm>
#include <map>

#include "tests/lib/county/hardship.h"
#include "tests/lib/county/schools.h"

namespace ruraledu::testlib {
namespace {

struct GradeOf {
  Stage stage;
  int grade;
};
GradeOf GradeAt(int index) {
  if (index < 3) return {Stage::kPre, index + 1};
  if (index < 9) return {Stage::kPrimary, index - 2};
  if (index < 12) return {Stage::kJunior, index - 2};
  if (index < 15) return {Stage::kHigh, index - 2};
  return {Stage::kVocational, index - 14};
}
int GradeIndex(Stage stage, int grade) {
  switch (stage) {
    case Stage::kPre:
      return grade - 1;
    case Stage::kVocational:
      return grade + 14;
    default:
      return grade + 2;
  }
}
int OfficialAge(int index) {
  return index < 3 ? index + 3 : index < 15 ? index + 3 : index;
}

// All placements of one grade: a school drawn by share, cheap for 18 grades times many pupils.
class GradeBook {
 public:
  explicit GradeBook(const std::vector<School>& schools) : schools_(schools) {
    for (int index = 0; index < 18; ++index) {
      GradeOf g = GradeAt(index);
      int64_t sum = 0;
      for (size_t i = 0; i < schools.size(); ++i) {
        if (!Teaches(schools[i], g.stage, g.grade)) continue;
        sum += std::max(1, ShareOf(schools[i], g.stage));
        book_[index].push_back({sum, static_cast<int>(i)});
      }
    }
  }
  // The school of the `n`-th of `total` pupils of a grade: exact shares.
  int SchoolOf(int index, int64_t n, int64_t total) const {
    const auto& lines = book_[index];
    int64_t at = (2 * n + 1) * lines.back().first / (2 * total);
    auto it = std::upper_bound(lines.begin(), lines.end(), std::pair<int64_t, int>{at, 1 << 30});
    return it == lines.end() ? lines.back().second : it->second;
  }
  int Draw(int index, Random& random) const { return SchoolOf(index, random.Below(1000000), 1000000); }
  const School& school(int i) const { return schools_[i]; }

 private:
  const std::vector<School>& schools_;
  std::array<std::vector<std::pair<int64_t, int>>, 18> book_;
};

class Maker {
 public:
  Maker(const Profile& profile, CountyPlaces places, const FaultRates& faults, Random random)
      : profile_(profile),
        faults_(faults),
        random_(random),
        ids_(out_.ids.emplace(places.county, places.rank_in_prefecture, places.prefecture_size,
                              places.rank_in_province)) {
    out_.places = std::move(places);
  }

  Population Make(int pupils) {
    out_.schools = MakeSchools(profile_, out_.places, pupils, random_.Fork("schools"));
    GradeBook book(out_.schools);
    MakePupils(book, pupils);
    MakeLeavers(book, pupils);
    MakeHouseholds();
    MakeSecondTerm(book);
    MakeVocational();
    AssignHardship(profile_, out_, random_.Fork("hardship"));
    MakeTeachers(pupils);
    NumberClasses();
    return std::move(out_);
  }

 private:
  std::string BirthDate(int age, int school_year, Random& r) const {
    if (r.Chance(profile_.younger_ppm))
      --age;
    else if (r.Chance(profile_.older_one_ppm))
      ++age;
    else if (r.Chance(profile_.older_two_ppm))
      age += 2;
    static const std::vector<int> kMonths = {9, 9, 9, 9, 8, 8, 8, 8, 8, 8, 8, 8};  // September first
    int m = r.Pick(kMonths);
    int month = (m + 8) % 12 + 1, year = school_year - age - (month >= 9 ? 1 : 0);
    int first = DayNumber(year, month, 1);
    int next = month == 12 ? DayNumber(year + 1, 1, 1) : DayNumber(year, month + 1, 1);
    return DayText(r.Chance(14000) ? first : r.Between(first, next - 1));
  }

  int HomeVillage(const School& school, Random& r) const {
    const auto& places = out_.places;
    if (school.site == Site::kVillage && r.Chance(800000)) return school.village;
    bool any = school.site == Site::kSeat && (school.kind >= SchoolKind::kHigh || r.Chance(400000));
    if (any) return r.Below(static_cast<int>(places.villages.size()));
    const auto& villages = places.townships[school.township].villages;
    return villages[r.Below(static_cast<int>(villages.size()))];
  }

  bool Boards(const School& s, Stage stage, int grade, Random& r) const {
    if (stage == Stage::kPre || (stage == Stage::kPrimary && grade <= 2 && !s.is_private)) return false;
    if (stage == Stage::kPrimary && s.kind == SchoolKind::kNineYear) return r.Chance(100000);
    return r.Chance(s.boarding_ppm);
  }

  Pupil NewPupil(int index, int school, int school_year, Random& r) {
    Pupil p;
    p.male = r.Chance(profile_.boys_ppm);
    while (p.id.empty()) {
      p.birth_date = BirthDate(OfficialAge(index), school_year, r);
      p.id = ids_.Take(p.birth_date, p.male);
    }
    p.number = "G" + p.id;
    p.minority = r.Chance(profile_.minority_ppm);
    p.village = HomeVillage(out_.schools[school], r);
    bool compulsory = index >= 3 && index < 12;
    if (compulsory) {
      int at = r.Below(1000000);
      p.left_behind = at < profile_.left_behind_both_ppm                                  ? 2
                      : at < profile_.left_behind_both_ppm + profile_.left_behind_one_ppm ? 1
                                                                                          : 0;
      p.migrant = out_.schools[school].site == Site::kSeat && p.left_behind == 0 && r.Chance(30000);
    }
    return p;
  }

  Placement Place(int school, int index, Random& r) const {
    GradeOf g = GradeAt(index);
    return {school, g.stage, g.grade, 1, Boards(out_.schools[school], g.stage, g.grade, r), Status::kEnrolled};
  }

  // The term before, one grade lower; some were not in the county or in no kindergarten.
  void PlaceBefore(Pupil& p, int index, const GradeBook& book, Random& r) const {
    if (index == 0 || r.Chance(10000)) return;
    int school = p.places[1].school, before = index - 1;
    if (index == 3 && r.Chance(100000)) return;
    if (index == 15) before = 11;  // vocational year 1 comes from grade 9
    bool special = out_.schools[school].kind == SchoolKind::kSpecial;
    GradeOf g = GradeAt(before);
    if (special && g.stage == Stage::kPre) return;
    if (!special && !Teaches(out_.schools[school], g.stage, g.grade)) school = book.Draw(before, r);
    p.places[0] = Place(school, before, r);
    if (g.stage == p.places[1].stage && g.grade > 2) p.places[0].boarding = p.places[1].boarding;
  }

  void MakePupils(const GradeBook& book, int pupils) {
    int64_t natural = profile_.natural_size(), done = 0;
    int special_school = -1;
    for (size_t i = 0; i < out_.schools.size(); ++i) {
      if (out_.schools[i].kind == SchoolKind::kSpecial) special_school = static_cast<int>(i);
    }
    if (special_school < 0) natural -= profile_.special;
    int64_t cumulative = 0;
    out_.pupils.reserve(pupils + pupils / 10);
    for (int index = 0; index < 18; ++index) {
      Random r = random_.Fork("grade", index);
      cumulative += profile_.grades[index];
      int total = static_cast<int>(cumulative * pupils / natural - done);
      done += total;
      for (int n = 0; n < total; ++n) {
        int school = book.SchoolOf(index, n, total);
        Pupil p = NewPupil(index, school, 2023, r);
        p.places[1] = Place(school, index, r);
        PlaceBefore(p, index, book, r);
        out_.pupils.push_back(std::move(p));
      }
    }
    Random r = random_.Fork("special");
    for (; done < pupils; ++done) {  // nine grades of the special school
      int index = 3 + static_cast<int>(done % 9);
      Pupil p = NewPupil(index, special_school, 2023, r);
      p.places[1] = Place(special_school, index, r);
      p.places[1].boarding = r.Chance(out_.schools[special_school].boarding_ppm);
      PlaceBefore(p, index, book, r);
      out_.pupils.push_back(std::move(p));
    }
  }

  // Pupils of spring 2023 who are not enrolled any more in autumn: the last grades, and those who left.
  void MakeLeavers(const GradeBook& book, int pupils) {
    Random r = random_.Fork("leavers");
    auto leave = [&](int index, int count, Status status) {
      for (int n = 0; n < count; ++n) {
        int school = book.Draw(index, r);
        Pupil p = NewPupil(index, school, 2022, r);
        p.places[0] = Place(school, index, r);
        p.places[1] = p.places[0];
        p.places[1].status = status;
        out_.pupils.push_back(std::move(p));
      }
    };
    int64_t natural = profile_.natural_size();
    auto part = [&](int64_t n) { return static_cast<int>(n * pupils / natural); };
    for (int index : {14, 17}) leave(index, part(profile_.grades[index] * 98 / 100), Status::kGraduated);
    leave(11, part(profile_.grades[11] * 3 / 100), Status::kGraduated);
    for (int index = 3; index < 12; ++index) {
      leave(index, part(profile_.grades[index] * 9 / 1000), Status::kTransferred);
      leave(index, part(profile_.grades[index] * 15 / 10000), Status::kSuspended);
    }
    leave(8, std::max(1, pupils * 12 / 100000), Status::kDeceased);
    leave(10, std::max(1, pupils / 50000), Status::kEmigrated);
  }

  // Spring 2024: the autumn with boarding changes, moves, suspensions and deaths (sections 4 and 9).
  void MakeSecondTerm(const GradeBook& book) {
    Random r = random_.Fork("second term");
    for (Pupil& p : out_.pupils) {
      if (p.places[1].status != Status::kEnrolled) continue;
      Placement& now = p.places[2] = p.places[1];
      bool special = out_.schools[now.school].kind == SchoolKind::kSpecial;
      int at = r.Below(1000000);
      if (at < 60)
        now.status = Status::kDeceased;
      else if (at < 800)
        now.status = Status::kSuspended;
      else if (at < 4000)
        now.status = Status::kTransferred;
      else if (at < 8000 && !special)
        now.school = book.Draw(GradeIndex(now.stage, now.grade), r);
      else if (at < 18000 && now.stage != Stage::kPre && now.grade > 2)
        now.boarding = !now.boarding;
      if (now.school != p.places[1].school) now.boarding = Boards(out_.schools[now.school], now.stage, now.grade, r);
    }
    MakeSecondSchools(book);
  }

  // Facts that decide about vocational aid: every way of CN_VOC_WAIVE has its pupils.
  void MakeVocational() {
    for (size_t i = 0; i < out_.pupils.size(); ++i) {
      Pupil& p = out_.pupils[i];
      const bool vocational = std::any_of(p.places.begin(), p.places.end(), [](const Placement& at) {
        return at.status != Status::kAbsent && at.stage == Stage::kVocational;
      });
      if (!vocational) continue;
      Random r = random_.Fork("vocational", i);
      p.rural = !r.Chance(400000);
      p.full_time = !r.Chance(150000);
      p.agriculture = r.Chance(250000);
      p.performing_arts = r.Chance(100000);
    }
  }

  void MakeSecondSchools(const GradeBook& book) {
    Random r = random_.Fork("two schools");
    for (Pupil& p : out_.pupils) {
      bool enrolled = p.places[1].status == Status::kEnrolled && p.places[2].status == Status::kEnrolled;
      if (!enrolled || p.places[1].school != p.places[2].school || !r.Chance(faults_.two_schools)) continue;
      if (out_.schools[p.places[1].school].kind == SchoolKind::kSpecial) continue;
      int other = book.Draw(GradeIndex(p.places[1].stage, p.places[1].grade), r);
      // Files come in order of the school code, and the first school of a day is where the pupil is.
      if (other > p.places[1].school && out_.schools[other].code > out_.schools[p.places[1].school].code) {
        p.second_school = other;
      }
    }
  }

  Adult NewAdult(bool male, int birth_year, const std::string& family, Random& r) {
    Adult a{.male = male};
    a.name = family + GivenName(r, male);
    for (int day = DayNumber(birth_year, 1, 1) + r.Below(365); a.id.empty(); ++day) {
      a.birth_date = DayText(day);
      bool old = !profile_.old_id_region.empty() && out_.places.county == profile_.county && birth_year < 1998 &&
                 r.Chance(300000);
      a.id = old ? ids_.TakeOld(profile_.old_id_region, a.birth_date, male) : ids_.Take(a.birth_date, male);
    }
    return a;
  }

  int OpenHousehold(const Pupil& p, Random& r) {
    int child_year = std::stoi(p.birth_date.substr(0, 4));
    std::string family = FamilyName(r, profile_.north_west_names);
    Household h{.village = p.village};
    h.father = NewAdult(true, child_year - r.Between(22, 36), family, r);
    h.mother = NewAdult(false, child_year - r.Between(21, 34), FamilyName(r, profile_.north_west_names), r);
    bool grandfather = r.Chance(550000);
    h.grandparent = NewAdult(grandfather, child_year - r.Between(46, 62),
                             grandfather ? family : FamilyName(r, profile_.north_west_names), r);
    static const std::vector<int> kHead = {55, 15, 30};
    h.head = r.Pick(kHead);
    h.guardian = p.left_behind == 2 ? 2 : p.left_behind == 1 ? 1 : r.Below(2);
    h.phone = Phone(r);
    h.card = BankCard(r);
    out_.households.push_back(std::move(h));
    return static_cast<int>(out_.households.size()) - 1;
  }

  // A pupil joins an open household of the village when the birth dates allow it.
  void MakeHouseholds() {
    Random r = random_.Fork("households");
    std::map<int, std::vector<int>> open;
    for (size_t i = 0; i < out_.pupils.size(); ++i) {
      Pupil& p = out_.pupils[i];
      std::vector<int>& waiting = open[p.village];
      int chosen = -1;
      if (!waiting.empty() && r.Chance(420000)) {
        size_t at = r.Below(static_cast<int>(waiting.size()));
        const Pupil& elder = out_.pupils[out_.households[waiting[at]].pupils.front()];
        int apart = DayNumberOf(elder.birth_date) - DayNumberOf(p.birth_date);
        if (std::abs(apart) > 330 && std::abs(apart) < 3600) {
          chosen = waiting[at];
          waiting.erase(waiting.begin() + at);
        }
      }
      if (chosen < 0) {
        chosen = OpenHousehold(p, r);
        waiting.push_back(chosen);
        if (waiting.size() > 40) waiting.erase(waiting.begin());
      }
      Household& h = out_.households[chosen];
      h.pupils.push_back(static_cast<int>(i));
      p.household = chosen;
      int family_bytes = static_cast<int>(h.father.name.size());
      // The family name is what the father's name starts with: compound names have two characters.
      std::string_view father = h.father.name;
      int length = father.starts_with("欧阳") || father.starts_with("诸葛") ? 6 : 3;
      p.name = h.father.name.substr(0, std::min(length, family_bytes)) + GivenName(r, p.male);
    }
  }

  void MakeTeachers(int pupils) {
    Random r = random_.Fork("teachers");
    int total = static_cast<int>(static_cast<int64_t>(profile_.teachers) * pupils / profile_.natural_size());
    std::vector<int> weights;
    for (const School& s : out_.schools) weights.push_back(s.weight + s.weight_junior);
    for (int i = 0; i < total; ++i) {
      int school = r.Pick(weights);
      out_.teachers.push_back(
          NewAdult(r.Chance(330000), 2023 - r.Between(23, 59), FamilyName(r, profile_.north_west_names), r));
      out_.teacher_school.push_back(school);
    }
  }

  // Classes of equal size per school and grade, by turns.
  void NumberClasses() {
    for (int term = 0; term < 3; ++term) {
      std::map<std::pair<int, int>, std::vector<Placement*>> classes;
      for (Pupil& p : out_.pupils) {
        Placement& at = p.places[term];
        if (at.status != Status::kAbsent) classes[{at.school, GradeIndex(at.stage, at.grade)}].push_back(&at);
      }
      for (auto& [key, members] : classes) {
        int size = out_.schools[key.first].class_size;
        int count = (static_cast<int>(members.size()) + size - 1) / size;
        for (size_t i = 0; i < members.size(); ++i) members[i]->class_no = 1 + static_cast<int>(i) % count;
      }
    }
  }

  const Profile& profile_;
  const FaultRates& faults_;
  Random random_;
  Population out_;
  IdSource& ids_;
};

}  // namespace

std::string_view StatusCode(Status status) {
  constexpr std::string_view kCodes[] = {"",          "ENROLLED", "SUSPENDED", "TRANSFERRED",
                                         "GRADUATED", "DECEASED", "EMIGRATED"};
  return kCodes[static_cast<int>(status)];
}

std::string_view StatusChinese(Status status) {
  constexpr std::string_view kNames[] = {"", "在读", "休学", "已转出", "毕业", "死亡", "出国（境）"};
  return kNames[static_cast<int>(status)];
}

std::vector<KindFact> Population::KindsOf(const Pupil& pupil) const {
  std::vector<KindFact> all = households[pupil.household].kinds;
  all.insert(all.end(), pupil.kinds.begin(), pupil.kinds.end());
  return all;
}

AidFacts Population::FactsOf(const Pupil& pupil, int term, std::vector<KindFact> kinds, const Profile& profile) const {
  const Placement& at = pupil.places[term];
  const School& school = schools[at.school];
  AidFacts facts;
  facts.term = kTerms[term];
  facts.county = places.county;
  facts.birth_date = pupil.birth_date;
  facts.status = StatusCode(at.status);
  facts.stage = at.stage;
  facts.grade = at.grade;
  facts.boarding = at.boarding;
  facts.kindergarten = school.kindergarten;
  facts.in_nutrition_pilot = school.in_pilot;
  const SchoolCharges charges = ChargesOf(school, profile);
  facts.approved_tuition_fen = charges.approved_tuition_fen;
  facts.tuition_fen = charges.tuition_fen;
  facts.accommodation_fen = at.boarding ? charges.accommodation_fen : 0;
  facts.full_time_formal = at.stage < Stage::kVocational || pupil.full_time;
  facts.agriculture_major = pupil.agriculture;
  facts.performing_arts_major = pupil.performing_arts;
  facts.minority_area = profile.minority_area;
  facts.school_public = !school.is_private;
  facts.rural_household = pupil.rural;
  facts.home_outside_seat = !places.townships[places.villages[pupil.village].township].seat;
  facts.kinds = std::move(kinds);
  return facts;
}

Population MakePopulation(const Profile& profile, CountyPlaces places, int pupils, const FaultRates& faults,
                          Random random) {
  return Maker(profile, std::move(places), faults, random).Make(pupils);
}

}  // namespace ruraledu::testlib
