// Hardship registers: rural revitalisation, civil affairs, disabled federation, veterans, school identification.
#include <functional>
#include <set>

#include "tests/lib/county/columns.h"
#include "tests/lib/county/text.h"
#include "tests/lib/county/writer.h"

namespace ruraledu::testlib {
namespace {

// One person on a department's list.
struct Listed {
  std::string name, id, birth_date;
  bool male = true;
  int pupil = -1;
  std::string relation;
};

class DepartmentWriter {
 public:
  explicit DepartmentWriter(CountyWriter& w)
      : w_(w), people_(w.population), faults_(w.options.faults), rate_(w.options.faults) {}

  absl::Status Write() {
    ListExtraHouseholds();
    for (auto write : {&DepartmentWriter::WriteRevitalisation, &DepartmentWriter::WriteCivilAffairs,
                       &DepartmentWriter::WriteOrphans, &DepartmentWriter::WriteFederation,
                       &DepartmentWriter::WriteVeterans, &DepartmentWriter::WriteIdentification}) {
      if (absl::Status status = (this->*write)(); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  using Cells = std::function<std::vector<std::string>(const std::string& name, const std::string& id)>;

  Listed Invent(Random& r, int first_year, int last_year) {
    Listed p;
    p.male = r.Chance(500000);
    do {
      p.birth_date = DayText(DayNumber(r.Between(first_year, last_year), 1, 1) + r.Below(365));
      p.id = people_.ids->Take(p.birth_date, p.male);
    } while (p.id.empty());
    do {
      p.name = FamilyName(r, w_.profile.north_west_names) + GivenName(r, p.male);
    } while (w_.taken_names.contains(p.name + p.birth_date));
    return p;
  }

  // Households without pupils: mostly old people, on the lists like the others.
  void ListExtraHouseholds() {
    Random r = w_.random.Fork("other households");
    int count = static_cast<int>(static_cast<int64_t>(w_.profile.other_households) * w_.options.pupils /
                                 w_.profile.natural_size());
    extra_.resize(count);
    for (Extra& e : extra_) {
      e.village = r.Below(static_cast<int>(people_.places.villages.size()));
      int at = r.Below(100);
      e.fact.kind = at < 55   ? "P2"
                    : at < 58 ? "P3"
                    : at < 60 ? "M1"
                    : at < 63 ? "M2"
                    : at < 65 ? "M3"
                    : at < 85 ? "D1"
                              : "D2";
      e.fact.from = DayText(r.Between(DayNumber(2015, 1, 1), DayNumber(2020, 12, 1)));
      int members = e.fact.kind == "D2" ? 1 : r.Between(1, 3);
      for (int m = 0; m < members; ++m) {
        Listed p = Invent(r, 1935, 1975);
        p.relation = m == 0 ? "户主" : m == 1 ? "配偶" : "其他";
        e.members.push_back(std::move(p));
      }
    }
  }

  // Head first, then the other adults, then the pupils.
  std::vector<Listed> Members(const Household& h) const {
    std::vector<Listed> list;
    auto add = [&](const Adult& a, std::string_view relation) {
      list.push_back({a.name, a.id, a.birth_date, a.male, -1, std::string(relation)});
    };
    add(h.adult(h.head), "户主");
    bool old_head = h.head == 2;
    if (h.head != 0) add(h.father, old_head ? "子" : "配偶");
    if (h.head != 1) add(h.mother, old_head ? "儿媳" : "配偶");
    if (!old_head) add(h.grandparent, h.grandparent.male ? "父亲" : "母亲");
    for (int i : h.pupils) {
      const Pupil& p = people_.pupils[i];
      std::string_view relation = old_head ? (p.male ? "孙子" : "孙女") : (p.male ? "子" : "女");
      list.push_back({p.name, p.id, p.birth_date, p.male, i, std::string(relation)});
    }
    return list;
  }

  // Adds one row with the faults of departments, notes its truth and, for an exact match, the accepted kind.
  // `cells` makes the row of a name and an ID; `brings` is the kind the row gives to a pupil. Whether it can be taken.
  bool AddPerson(Sheet& sheet, const Listed& person, const KindFact& brings, Random& r, const Cells& cells,
                 bool may_break = true, std::string_view refused = "", std::string_view field = "citizen_id") {
    std::string name = person.name, id = person.id;
    bool pupil = person.pupil >= 0;
    bool broken = may_break && refused.empty() && r.Chance(rate_.dept_id_check);
    bool other =
        may_break && pupil && refused.empty() && !broken && !sheet.shape().precision_ids && r.Chance(rate_.other_id);
    if (pupil && !other && r.Chance(rate_.homophone)) name = Homophone(name);
    if (broken) id = BrokenId(id, "ID_CHECK");
    if (other) {
      do {
        id = people_.ids->Take(person.birth_date, person.male);
      } while (id.empty());
    }
    bool ruined = refused.empty() && sheet.Ruins(id);
    int line = sheet.Add(cells(name, id));
    if (broken) refused = "ID_CHECK";
    if (ruined) refused = "EXCEL_PRECISION";
    Match match = !pupil                         ? Match::kNotAPupil
                  : !w_.OnRegister(person.pupil) ? Match::kPupilNotOnRegister
                  : other                        ? Match::kWeak
                                                 : Match::kExact;
    if (!refused.empty()) {
      w_.Fault(line, person.id, broken || ruined ? "citizen_id" : field, refused, true);
      match = Match::kRefused;
    }
    w_.Row(line, brings.kind, match, person.pupil);
    if (match == Match::kExact) Accept(person.pupil, brings);
    return refused.empty();
  }

  // `dead` rows of a duplicate bring nothing twice: a kind counts once.
  void Accept(int pupil, const KindFact& fact) {
    std::vector<KindFact>& kinds = w_.out.truth.pupils[pupil].accepted_kinds;
    for (const KindFact& k : kinds) {
      if (k.kind == fact.kind && k.from == fact.from) return;
    }
    kinds.push_back(fact);
  }

  struct Extra {
    int village;
    KindFact fact;
    std::vector<Listed> members;
  };

  static bool IsMonitored(const std::string& kind) { return kind[0] == 'M'; }
  static bool IsPoor(const std::string& kind) { return kind[0] == 'P'; }

  static std::string PoorChinese(const std::string& kind) {
    if (kind == "M1") return "脱贫不稳定户";
    if (kind == "M2") return "边缘易致贫户";
    if (kind == "M3") return "突发严重困难户";
    return "脱贫户";
  }

  void AddHousehold(Sheet& sheet, const std::string& number, bool head_once, int village, const KindFact& fact,
                    const std::vector<Listed>& members, Random& r, bool second_time) {
    // The date is missing on the whole household: its rows are refused together.
    bool no_date = !second_time && !sheet.shape().precision_ids && !fact.eliminated_on.empty() &&
                   r.Chance(rate_.risk_date_missing);
    bool first = true;
    for (const Listed& person : members) {
      if (person.pupil >= 0 && !second_time && r.Chance(rate_.member_missing)) continue;
      bool blank = head_once && !first;
      auto cells = [&](const std::string& name, const std::string& id) -> std::vector<std::string> {
        bool monitored = IsMonitored(fact.kind);
        return {blank ? "" : number,
                blank ? "" : members[0].name,
                people_.places.villages[village].code,
                PoorChinese(fact.kind),
                fact.kind == "P3" ? "0" : "1",
                fact.from,
                monitored && !fact.eliminated_on.empty() ? "1" : "0",
                no_date ? "" : fact.eliminated_on,
                name,
                id,
                person.relation};
      };
      std::string_view refused = second_time ? "DUPLICATE_IN_BATCH" : no_date ? "FIELD_REQUIRED" : "";
      // The first row carries the household, so it stays whole.
      AddPerson(sheet, person, fact, r, cells, !first, refused, no_date ? "risk_eliminated_on" : "citizen_id");
      first = false;
    }
  }

  absl::Status WriteRevitalisation() {
    for (bool monitored : {false, true}) {
      std::vector<std::vector<int>> households(people_.places.townships.size()), extras(households.size());
      auto wanted = [&](const KindFact& f) { return monitored ? IsMonitored(f.kind) : IsPoor(f.kind); };
      for (size_t i = 0; i < people_.households.size(); ++i) {
        for (const KindFact& f : people_.households[i].kinds) {
          if (wanted(f))
            households[people_.places.villages[people_.households[i].village].township].push_back(static_cast<int>(i));
        }
      }
      for (size_t i = 0; i < extra_.size(); ++i) {
        if (wanted(extra_[i].fact))
          extras[people_.places.villages[extra_[i].village].township].push_back(static_cast<int>(i));
      }
      for (size_t t = 0; t < households.size(); ++t) {
        if (households[t].empty() && extras[t].empty()) continue;
        absl::Status status = WriteTownship(static_cast<int>(t), monitored, households[t], extras[t]);
        if (!status.ok()) return status;
      }
    }
    return absl::OkStatus();
  }

  absl::Status WriteTownship(int t, bool monitored, const std::vector<int>& households,
                             const std::vector<int>& extras) {
    const Township& township = people_.places.townships[t];
    std::string what = monitored ? "监测对象" : "脱贫户";
    Random r = w_.random.Fork(what, t);
    SheetShape shape = DrawShape(faults_, r.Fork("shape"));
    Sheet sheet(RevitalisationColumns(), Cat(township.name, what, "信息表"), shape);
    bool head_once = r.Chance(rate_.head_first_row_file);
    for (int i : households) {
      const Household& h = people_.households[i];
      std::vector<Listed> members = Members(h);
      for (const KindFact& fact : h.kinds) {
        if (monitored ? !IsMonitored(fact.kind) : !IsPoor(fact.kind)) continue;
        std::string number = Cat("H", township.code, 100000 + i);
        std::vector<Listed> all = members;
        if (fact.kind != "P3" && w_.profile.studies_elsewhere_ppm > 0) {
          for (size_t k = 0; k < h.pupils.size(); ++k) {
            if (!r.Chance(w_.profile.studies_elsewhere_ppm)) continue;
            all.push_back(Invent(r, 2008, 2016));
            all.back().relation = "子";
          }
        }
        // A household is listed twice only where every row of its first listing is sound.
        bool twice = !shape.precision_ids && fact.eliminated_on.empty() && r.Chance(rate_.duplicate_household);
        if (!twice) {
          AddHousehold(sheet, number, head_once, h.village, fact, all, r, false);
          continue;
        }
        FaultRates usual = rate_;
        rate_ = FaultRates::None();
        AddHousehold(sheet, number, head_once, h.village, fact, all, r, false);
        AddHousehold(sheet, number, head_once, h.village, fact, all, r, true);
        rate_ = usual;
      }
    }
    for (int i : extras) {
      AddHousehold(sheet, Cat("H", township.code, 900000 + i), head_once, extra_[i].village, extra_[i].fact,
                   extra_[i].members, r, false);
    }
    return w_.Finish(sheet, "rural_revitalisation", "rural_revitalisation", Cat(township.name, w_.Stem(what, shape)));
  }

  absl::Status WriteCivilAffairs() {
    struct List {
      const char *kind, *word, *file;
    };
    for (const List& list :
         {List{"D1", "低保", "城乡低保"}, List{"D2", "特困供养", "特困人员"}, List{"D3", "低保边缘", "低保边缘家庭"}}) {
      Random r = w_.random.Fork(list.file);
      SheetShape shape = DrawShape(faults_, r.Fork("shape"));
      Sheet sheet(CivilAffairsColumns(), w_.population.places.name + list.file + "名单", shape);
      auto add = [&](const std::string& number, int village, const KindFact& fact, const std::vector<Listed>& members) {
        bool children_left_out = r.Chance(rate_.child_not_insured);
        for (const Listed& person : members) {
          if (person.pupil >= 0 && children_left_out) continue;
          AddPerson(sheet, person, fact, r,
                    [&](const std::string& name, const std::string& id) -> std::vector<std::string> {
                      return {number,
                              name,
                              id,
                              person.relation,
                              list.word,
                              fact.from,
                              fact.to,
                              fact.rural ? "农村" : "城市",
                              people_.places.villages[village].code};
                    });
        }
      };
      for (size_t i = 0; i < people_.households.size(); ++i) {
        for (const KindFact& f : people_.households[i].kinds) {
          if (f.kind == list.kind)
            add(Cat("DB", 100000 + i), people_.households[i].village, f, Members(people_.households[i]));
        }
      }
      for (size_t i = 0; i < extra_.size(); ++i) {
        if (extra_[i].fact.kind == list.kind)
          add(Cat("DB", 900000 + i), extra_[i].village, extra_[i].fact, extra_[i].members);
      }
      if (sheet.size() == 0) continue;
      absl::Status status = w_.Finish(sheet, "civil_affairs", "civil_affairs", w_.Stem(list.file, shape));
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  Listed AsListed(int i) const {
    const Pupil& p = people_.pupils[i];
    return {p.name, p.id, p.birth_date, p.male, i, "本人"};
  }

  // fn(pupil, fact) for every personal kind of the given ones.
  template <typename Fn>
  void ForKinds(std::initializer_list<std::string_view> kinds, Fn fn) const {
    for (size_t i = 0; i < people_.pupils.size(); ++i) {
      for (const KindFact& f : people_.pupils[i].kinds) {
        for (std::string_view kind : kinds) {
          if (f.kind == kind) fn(static_cast<int>(i), f);
        }
      }
    }
  }

  absl::Status WriteOrphans() {
    Random r = w_.random.Fork("orphans");
    SheetShape shape = DrawShape(faults_, r.Fork("shape"));
    shape.precision_ids = false;
    Sheet sheet(CivilAffairsColumns(), w_.population.places.name + "孤儿和事实无人抚养儿童名单", shape);
    auto row = [&](const Listed& person, const KindFact& f) {
      AddPerson(sheet, person, f, r, [&](const std::string& name, const std::string& id) -> std::vector<std::string> {
        return {"", name, id, "本人", f.kind == "O1" ? "孤儿" : "事实无人抚养儿童", f.from, "", "农村", ""};
      });
      if (r.Chance(rate_.over_age_orphan)) {  // grown up and still listed
        Listed old = Invent(r, 2001, 2003);
        AddPerson(sheet, old, f, r, [&](const std::string& name, const std::string& id) -> std::vector<std::string> {
          return {"", name, id, "本人", "孤儿", "2015-01-01", "", "农村", ""};
        });
      }
    };
    ForKinds({"O1", "O2"}, [&](int i, const KindFact& f) { row(AsListed(i), f); });
    if (sheet.size() == 0) return absl::OkStatus();
    return w_.Finish(sheet, "civil_affairs", "civil_affairs", w_.Stem("孤儿", shape));
  }

  absl::Status WriteFederation() {
    static constexpr std::string_view kKinds[] = {"视力", "听力", "言语", "肢体", "智力", "精神", "多重"};
    static constexpr std::string_view kGrades[] = {"一级", "二级", "三级", "四级"};
    static const std::vector<int> kKindShares = {6, 9, 5, 24, 42, 6, 8}, kGradeShares = {22, 30, 26, 22};
    Random r = w_.random.Fork("federation");
    SheetShape shape = DrawShape(faults_, r.Fork("shape"));
    Sheet sheet(FederationColumns(), w_.population.places.name + "持证残疾人信息表", shape);
    auto row = [&](const Listed& person, const KindFact& f) {
      int kind = r.Pick(kKindShares), grade = r.Pick(kGradeShares);
      return AddPerson(
          sheet, person, f, r, [&](const std::string& name, const std::string& id) -> std::vector<std::string> {
            return {
                name,  id, Cat(person.id, kind + 1, grade + 1), std::string(kKinds[kind]), std::string(kGrades[grade]),
                f.from};
          });
    };
    ForKinds({"X1"}, [&](int i, const KindFact& f) { row(AsListed(i), f); });
    std::set<std::string> parents;
    // X2: the federation lists the parent, nobody lists the child. The register knows the parent as the guardian.
    ForKinds({"X2"}, [&](int i, const KindFact& f) {
      const Household& home = people_.households[people_.pupils[i].household];
      if (!parents.insert(home.father.id).second) return;  // two children, one certificate
      const Adult& parent = home.father;
      if (!row({parent.name, parent.id, parent.birth_date, parent.male, -1, "本人"}, {"X1", f.from})) return;
      for (int child : home.pupils) {
        if (home.guardian == 0 && w_.guardian_known[child]) Accept(child, {"X2", f.from});
      }
    });
    int adults = w_.options.pupils / 100;
    for (int i = 0; i < adults; ++i) row(Invent(r, 1940, 1990), {"X1", "2016-05-01"});
    return w_.Finish(sheet, "disabled_federation", "disabled_federation", w_.Stem("持证残疾人", shape));
  }

  absl::Status WriteVeterans() {
    Random r = w_.random.Fork("veterans");
    SheetShape shape = DrawShape(faults_, r.Fork("shape"));
    shape.precision_ids = false;
    Sheet sheet(VeteransColumns(), w_.population.places.name + "优抚对象子女名单", shape);
    ForKinds({"R1", "R2"}, [&](int i, const KindFact& f) {
      Listed person = AsListed(i);
      std::string_view word = f.kind == "R1" ? "烈士子女" : "优抚家庭子女";
      bool without_id = r.Chance(rate_.veteran_without_id);
      if (!without_id) {
        AddPerson(sheet, person, f, r, [&](const std::string& name, const std::string& id) -> std::vector<std::string> {
          return {name, id, person.birth_date, std::string(word), f.from};
        });
        return;
      }
      int line = sheet.Add({person.name, "", person.birth_date, std::string(word), f.from});
      w_.Row(line, f.kind, w_.OnRegister(i) ? Match::kWeak : Match::kPupilNotOnRegister, i);
    });
    if (sheet.size() == 0) return absl::OkStatus();
    return w_.Finish(sheet, "veterans", "veterans", w_.Stem("优抚", shape));
  }

  // What schools and the workers' union found: N1, E1, W1.
  absl::Status WriteIdentification() {
    if (!w_.options.school_identification) return absl::OkStatus();
    Random r = w_.random.Fork("identification");
    SheetShape shape = DrawShape(faults_, r.Fork("shape"));
    shape.precision_ids = false;
    Sheet sheet(IdentificationColumns(), w_.population.places.name + "家庭经济困难学生认定名单", shape);
    ForKinds({"N1", "E1", "W1"}, [&](int i, const KindFact& f) {
      const char* word = f.kind == "N1" ? "其他家庭经济困难" : f.kind == "E1" ? "突发状况" : "特困职工子女";
      AddPerson(sheet, AsListed(i), f, r,
                [&](const std::string& name, const std::string& id) -> std::vector<std::string> {
                  return {people_.pupils[i].number, name, id, word, f.from};
                });
    });
    if (sheet.size() == 0) return absl::OkStatus();
    return w_.Finish(sheet, "school_identification", "school_identification", w_.Stem("困难认定", shape));
  }

  CountyWriter& w_;
  Population& people_;
  const FaultRates& faults_;
  FaultRates rate_;  // none while a household is written that is listed twice
  std::vector<Extra> extra_;
};

}  // namespace

absl::Status WriteDepartments(CountyWriter& writer) {
  return DepartmentWriter(writer).Write();
}

}  // namespace ruraledu::testlib
