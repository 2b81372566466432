#include "tests/lib/county/hardship.h"

#include <array>

namespace ruraledu::testlib {
namespace {

constexpr std::array<std::string_view, 3> kMonitored = {"M1", "M2", "M3"};

std::string DayIn(Random& r, std::string_view first, std::string_view last) {
  return DayText(r.Between(DayNumberOf(first), DayNumberOf(last)));
}

// Days that decide, and their neighbours.
std::string EdgeDay(Random& r) {
  const std::string& term = std::string(kTerms[r.Below(3)]);
  int day = DayNumberOf(r.Chance(600000) ? TermFirstDay(term) : TermCutOff(term));
  return DayText(day + r.Between(-1, 1));
}

KindFact Monitored(std::string_view kind, bool eliminated, Random& r) {
  KindFact fact{std::string(kind)};
  fact.from = r.Chance(250000) ? EdgeDay(r) : DayIn(r, "2020-06-01", "2024-05-31");
  if (!eliminated) return fact;
  static constexpr std::string_view kBunch[] = {"2022-11-20", "2023-06-20", "2023-11-20", "2024-04-15"};
  std::string on = r.Chance(250000) ? EdgeDay(r) : DayText(DayNumberOf(kBunch[r.Below(4)]) + r.Between(-12, 12));
  if (on <= fact.from) on = DayText(DayNumberOf(fact.from) + r.Between(20, 200));
  if (on <= "2024-06-05") fact.eliminated_on = on;  // later ones are not known yet
  return fact;
}

void HouseholdKinds(const HardshipShares& s, Household& h, Random& r) {
  int at = r.Below(1000000), edge = 0;
  auto falls = [&](int share) { return at < (edge += share); };
  bool poor = true;
  if (falls(s.p2)) {
    h.kinds.push_back({"P2", DayIn(r, "2014-03-01", "2020-11-30")});
  } else if (falls(s.p3)) {
    h.kinds.push_back({"P3", DayIn(r, "2014-03-01", "2020-11-30")});
    poor = false;
  } else {
    bool found = false;
    for (int m = 0; m < 3 && !found; ++m) {
      for (bool eliminated : {false, true}) {
        if (found || !falls(eliminated ? s.eliminated[m] : s.open[m])) continue;
        found = true;
        h.kinds.push_back(Monitored(kMonitored[m], eliminated, r));
        // M1 was registered poor and keeps P2 or P3 underneath (DR-14).
        if (m == 0) h.kinds.push_back({r.Chance(500000) ? "P2" : "P3", DayIn(r, "2014-03-01", "2019-11-30")});
      }
    }
    poor = found;
  }
  int share = s.p2 + s.open[0] + s.open[1] + s.open[2] + s.eliminated[0] + s.eliminated[1] + s.eliminated[2];
  int64_t d1 = s.d1_rural + s.d1_urban;
  int64_t also = d1 * s.d1_also_p / 1000000;
  int chance = static_cast<int>(poor ? also * 1000000 / share : (d1 - also) * 1000000 / (1000000 - share));
  if (r.Chance(chance)) {
    KindFact fact{"D1", r.Chance(150000) ? EdgeDay(r) : DayIn(r, "2016-01-01", "2024-04-30")};
    fact.rural = poor || r.Below(static_cast<int>(d1)) < s.d1_rural;
    if (r.Chance(100000)) {
      fact.to = r.Chance(300000) ? EdgeDay(r) : DayIn(r, "2022-12-01", "2024-05-31");
      if (fact.to <= fact.from) fact.to.clear();
    }
    h.kinds.push_back(fact);
  } else if (r.Chance(s.d2)) {
    h.kinds.push_back({"D2", DayIn(r, "2016-01-01", "2023-12-31")});
  } else if (r.Chance(s.d3)) {
    h.kinds.push_back({"D3", DayIn(r, "2024-01-01", "2024-05-31")});
  }
}

void PersonKinds(const HardshipShares& s, Pupil& p, bool has_any, Random& r) {
  auto add = [&](const char* kind, int share, std::string_view from) {
    if (r.Chance(share)) p.kinds.push_back({kind, DayIn(r, from, "2024-05-31")});
  };
  std::string born = DayText(DayNumberOf(p.birth_date) + 200);
  add("O1", s.o1, born);
  if (p.kinds.empty()) add("O2", s.o2, born < "2019-07-01" ? "2019-07-01" : born);
  add("X1", s.x1, born);
  add("X2", s.x2, born);
  add("R1", s.r1, born);
  if (p.kinds.empty() || p.kinds.back().kind != "R1") add("R2", s.r2, born);
  add("W1", s.w1, "2021-01-01");
  add("E1", s.e1, "2023-01-01");
  bool higher = p.places[1].stage >= Stage::kHigh;
  if (p.kinds.empty() && !has_any && r.Chance(higher ? s.n1 * 2 : p.places[1].stage == Stage::kPre ? s.n1 / 2 : s.n1)) {
    p.kinds.push_back({"N1", r.Chance(500000) ? "2022-09-20" : "2023-09-20"});
  }
}

}  // namespace

void AssignHardship(const Profile& profile, Population& population, Random random) {
  for (Household& h : population.households) {
    HouseholdKinds(profile.hardship, h, random);
    for (int i : h.pupils) PersonKinds(profile.hardship, population.pupils[i], !h.kinds.empty(), random);
  }
}

}  // namespace ruraledu::testlib
