#include "services/dropout_monitoring/rate_facts.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "common/feed/copy.h"
#include "common/rpc/reports.h"
#include "services/dropout_monitoring/rate_store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr v1::SchoolLevel kNineYears[] = {v1::SCHOOL_LEVEL_PRIMARY, v1::SCHOOL_LEVEL_JUNIOR};
constexpr v1::SchoolLevel kJunior[] = {v1::SCHOOL_LEVEL_JUNIOR};
constexpr size_t kTownshipDigits = 9, kRegionDigits = 12;

std::string RegionOf(std::string_view area) {
  std::string digits(area.substr(0, std::min(area.find('/'), area.size())));
  digits.resize(kRegionDigits, '0');
  return digits;
}

// What cases say of pupils.
void Tell(const std::map<std::string, OutOfSchool>& out, std::map<std::string, CohortPupil>* pupils) {
  for (auto& [person, pupil] : *pupils) {
    const auto found = out.find(person);
    pupil.was_out = found != out.end();
    pupil.out = pupil.was_out && found->second.now;
  }
}

// Loads the facts of one area of a county, a snapshot at a time: each reads a county's pupils once.
class Loader {
 public:
  Loader(const RateParts& parts, std::string area, const SchoolYear& year)
      : parts_(parts),
        area_(std::move(area)),
        shard_(absl::StrCat("c", CountyOf(area_))),
        year_(year),
        levels_(parts.standards.rates.LevelsOn(RegionOf(CountyOf(area_)), First(year))) {}

  absl::StatusOr<v1::RateFacts> Load() {
    RETURN_IF_ERROR(FindSchools());
    v1::RateFacts facts;
    facts.set_region_code(RegionOf(CountyOf(area_)));
    facts.set_school_year(year_.text());
    const absl::CivilDay census = Census(year_);
    const absl::CivilDay counted = std::min(census, parts_.today);
    *facts.mutable_counted_on() = DateOf(counted);
    facts.set_preliminary(counted < census);
    ASSIGN_OR_RETURN(const auto groups, Groups(counted, false));
    RETURN_IF_ERROR(AddLevels(counted, groups, &facts));
    RETURN_IF_ERROR(AddCohort(kNineYears, groups, facts.mutable_nine_years()));
    RETURN_IF_ERROR(AddCohort(kJunior, groups, facts.mutable_junior()));
    for (const v1::SchoolLevel level : kNineYears) {
      const v1::OfficialAge* const found = FindLevel(levels_, level);
      for (int i = 0; found != nullptr && i < found->grades_size(); ++i) {
        facts.set_compulsory_pupils(facts.compulsory_pupils() + InGrade(groups, level, found->grades(i)));
      }
    }
    RETURN_IF_ERROR(AddDropouts(&facts));
    return facts;
  }

 private:
  absl::CivilDay First(const SchoolYear& year) const {
    return parts_.standards.terms.FirstDay({year, Season::kAutumn});
  }
  absl::CivilDay Census(const SchoolYear& year) const {
    return parts_.standards.terms.CensusDate({year, Season::kAutumn});
  }
  bool WholeCounty() const { return area_.size() == CountyOf(area_).size(); }
  bool Within(std::string_view school) const { return WholeCounty() || schools_.contains(std::string(school)); }
  int64_t InGrade(const std::vector<PupilGroup>& groups, v1::SchoolLevel level, std::string_view grade) const {
    return PupilsIn(levels_, parts_.standards.rates, groups, level, grade);
  }

  absl::Status FindSchools() {
    ASSIGN_OR_RETURN(const auto all,
                     parts_.host.database.Read([&](db::Transaction& tx) { return feed::AllSchools(tx, shard_); }));
    for (const auto& school : all) {
      if (RangeOf(area_).Contains(school.area())) {
        schools_.insert(std::string(feed::IdOfName(school.name())));
        stages_.insert(school.stages().begin(), school.stages().end());
      }
    }
    ASSIGN_OR_RETURN(out_, parts_.host.database.Read([&](db::Transaction& tx) { return DropoutsByCases(tx, shard_); }));
    return absl::OkStatus();
  }

  bool Taught(v1::SchoolLevel level) const {
    const v1::OfficialAge* const found = FindLevel(levels_, level);
    return found != nullptr && std::any_of(found->stages().begin(), found->stages().end(),
                                           [&](const std::string& stage) { return stages_.contains(stage); });
  }

  // Pupils of the schools of the area, or of the whole county.
  absl::StatusOr<std::vector<PupilGroup>> Groups(absl::CivilDay day, bool county) const {
    if (county || WholeCounty()) {
      return parts_.host.database.Read([&](db::Transaction& tx) { return GroupsOn(tx, shard_, day, {}); });
    }
    std::vector<PupilGroup> groups;
    for (const std::string& school : schools_) {
      ASSIGN_OR_RETURN(auto some, parts_.host.database.Read([&](db::Transaction& tx) {
        return GroupsOn(tx, shard_, day, {.school = school});
      }));
      groups.insert(groups.end(), some.begin(), some.end());
    }
    return groups;
  }

  absl::StatusOr<std::optional<v1::RateFigures>> Figures(const SchoolYear& year) const {
    return parts_.host.database.Read(
        [&](db::Transaction& tx) { return FiguresInForce(tx, shard_, area_, year.text()); });
  }

  absl::Status AddLevels(absl::CivilDay day, const std::vector<PupilGroup>& groups, v1::RateFacts* facts) const {
    std::vector<PupilGroup> living;
    if (area_.size() == kTownshipDigits) {
      ASSIGN_OR_RETURN(living, parts_.host.database.Read([&](db::Transaction& tx) {
        return GroupsOn(tx, shard_, day, {.township = area_});
      }));
    }
    ASSIGN_OR_RETURN(const auto figures, Figures(year_));
    for (v1::LevelFacts& level :
         CountLevels(levels_, parts_.standards.rates, year_, area_.size() == kTownshipDigits ? living : groups)) {
      for (const v1::LevelPopulation& one :
           figures.has_value() ? figures->populations() : v1::RateFigures::default_instance().populations()) {
        if (one.level() == level.level()) {
          level.set_people(one.people());
          level.set_figures(figures->name());
        }
      }
      *facts->add_levels() = std::move(level);
    }
    return absl::OkStatus();
  }

  absl::Status AddCohort(absl::Span<const v1::SchoolLevel> of, const std::vector<PupilGroup>& groups,
                         v1::CohortFacts* facts) const {
    CohortSpec spec = CohortOf(levels_, of, year_, parts_.standards.terms);
    if (!std::all_of(of.begin(), of.end(), [&](v1::SchoolLevel level) { return Taught(level); })) {
      return absl::OkStatus();  // nobody can stay to the end here
    }
    const int last = static_cast<int>(spec.grades.size()) - 1;
    spec.entry.start -= last;
    spec.census = Census(spec.entry);
    facts->set_entry_year(spec.entry.text());
    facts->set_last_grade_pupils(InGrade(groups, of.back(), spec.grades.back()));
    ASSIGN_OR_RETURN(const auto then, Groups(spec.census, false));
    facts->set_first_grade_pupils(InGrade(then, of.front(), spec.grades.front()));
    std::vector<PupilGroup> county;
    if (!WholeCounty()) {
      ASSIGN_OR_RETURN(county, Groups(spec.census, true));
    }
    facts->set_covered(Covers(levels_, parts_.standards.rates, WholeCounty() ? then : county, kNineYears));
    std::vector<GradeYear> grades;
    for (int i = 0; i <= last; ++i) {
      grades.push_back({spec.grades[static_cast<size_t>(i)], {spec.entry.start + i}});
    }
    ASSIGN_OR_RETURN(auto pupils, parts_.host.database.Read([&](db::Transaction& tx) {
      return PupilsOfCohort(tx, shard_, grades, parts_.today);
    }));
    Tell(out_, &pupils);
    v1::CohortCounts* counts = facts->mutable_counts();
    for (const auto& [person, pupil] : pupils) {
      CountPupil(
          spec, levels_, parts_.standards.rates, pupil, [&](std::string_view school) { return Within(school); },
          counts);
    }
    facts->set_graduating(counts->graduates() + NowIn(*counts, spec.grades.back()));
    ASSIGN_OR_RETURN(const auto figures, Figures(spec.entry));
    for (const v1::EntryFigures& entry :
         figures.has_value() ? figures->entries() : v1::RateFigures::default_instance().entries()) {
      if (entry.level() == of.front()) {
        *facts->mutable_reported() = entry;
        facts->set_figures(figures->name());
      }
    }
    return absl::OkStatus();
  }

  // A child counts once, whoever says so: the case or the register.
  absl::Status AddDropouts(v1::RateFacts* facts) const {
    const absl::CivilDay from = First(year_);
    const absl::CivilDay until = parts_.standards.terms.LastDay({year_, Season::kSpring});
    ASSIGN_OR_RETURN(
        const auto children,
        parts_.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::set<std::string>> {
          std::set<std::string> found;
          for (const auto& [child, one] : out_) {
            const bool began = std::any_of(one.from.begin(), one.from.end(),
                                           [&](absl::CivilDay day) { return from <= day && day <= until; });
            if (began && RangeOf(area_).Contains(one.area)) {
              found.insert(child);
            }
          }
          ASSIGN_OR_RETURN(const auto persons, DropoutsByRegister(tx, shard_, RangeOf(area_), from, until));
          found.insert(persons.begin(), persons.end());
          return found;
        }));
    facts->set_dropouts(static_cast<int64_t>(children.size()));
    return absl::OkStatus();
  }

  const RateParts& parts_;
  const std::string area_, shard_;
  const SchoolYear year_;
  const std::vector<v1::OfficialAge> levels_;
  std::set<std::string> schools_, stages_;
  std::map<std::string, OutOfSchool> out_;
};

}  // namespace

absl::StatusOr<SchoolYear> ParseRateYear(const RateParts& parts, std::string_view text) {
  ASSIGN_OR_RETURN(const SchoolYear year, ParseSchoolYear(text));
  const absl::CivilDay first = parts.standards.terms.FirstDay({year, Season::kAutumn});
  return first > parts.today ? Fail("DATE_AHEAD", {{"date", DayText(first)}}) : absl::StatusOr<SchoolYear>(year);
}

absl::StatusOr<v1::RateFacts> RateFactsOf(const RateParts& parts, const std::string& area, const SchoolYear& year) {
  return Loader(parts, area, year).Load();
}

absl::StatusOr<std::vector<CountyRates>> RatesByCounty(const RateParts& parts, const std::string& area,
                                                       const SchoolYear& year) {
  ASSIGN_OR_RETURN(const auto shards,
                   parts.host.database.Read([&](db::Transaction& tx) { return rpc::CountiesOfReport(tx, area); }));
  std::vector<CountyRates> counties;
  for (const std::string& shard : shards) {
    ASSIGN_OR_RETURN(const v1::RateFacts facts, RateFactsOf(parts, shard.substr(1), year));
    counties.emplace_back(shard.substr(1), EvaluateRates(parts.standards.rates, parts.standards.terms, facts));
  }
  return counties;
}

std::vector<v1::RateResult> SumOf(const RateParts& parts, std::string_view area, const SchoolYear& year,
                                  absl::Span<const CountyRates> counties) {
  const absl::CivilDay first = parts.standards.terms.FirstDay({year, Season::kAutumn});
  std::vector<v1::RateResult> sums;
  for (int i = v1::RateIndicator_MIN + 1; i <= v1::RateIndicator_MAX; ++i) {
    std::vector<std::pair<std::string, v1::RateResult>> one;
    for (const auto& [county, results] : counties) {
      one.emplace_back(county, results[static_cast<size_t>(i - 1)]);
    }
    sums.push_back(SumRates(parts.standards.rates, static_cast<v1::RateIndicator>(i), RegionOf(area), first, one));
  }
  return sums;
}

absl::StatusOr<v1::Rates> RatesOf(const RateParts& parts, const std::string& area, const SchoolYear& year) {
  v1::Rates rates;
  rates.set_area(absl::StrCat("areas/", area));
  rates.set_school_year(year.text());
  std::vector<v1::RateResult> results;
  if (CountyOf(area).empty()) {
    ASSIGN_OR_RETURN(const auto counties, RatesByCounty(parts, area, year));
    results = SumOf(parts, area, year, counties);
  } else {
    ASSIGN_OR_RETURN(*rates.mutable_facts(), RateFactsOf(parts, area, year));
    results = EvaluateRates(parts.standards.rates, parts.standards.terms, rates.facts());
  }
  rates.mutable_rates()->Assign(results.begin(), results.end());
  return rates;
}

absl::StatusOr<std::vector<v1::Cohort>> CohortsOf(const RateParts& parts, db::Transaction& tx,
                                                  const std::map<std::string, OutOfSchool>& out,
                                                  const ruraledu::registry::v1::School& school,
                                                  const SchoolYear& year) {
  const std::string shard = absl::StrCat("c", CountyOf(school.area()));
  const std::string id(feed::IdOfName(school.name()));
  const TermCalendar& terms = parts.standards.terms;
  const RateBook& book = parts.standards.rates;
  const auto levels = book.LevelsOn(RegionOf(CountyOf(school.area())), terms.FirstDay({year, Season::kAutumn}));
  ASSIGN_OR_RETURN(auto pupils, PupilsOfSchool(tx, shard, id, parts.today));
  Tell(out, &pupils);
  std::vector<v1::Cohort> cohorts;
  for (const v1::SchoolLevel level : kNineYears) {
    const v1::OfficialAge* const ages = FindLevel(levels, level);
    for (int ago = (ages == nullptr ? 0 : ages->grades_size()) - 1; ago >= 0; --ago) {
      const v1::SchoolLevel of[] = {level};
      const CohortSpec spec = CohortOf(levels, of, {year.start - ago}, terms);
      v1::Cohort cohort;
      for (const auto& [person, pupil] : pupils) {
        CountPupil(
            spec, levels, book, pupil, [&](std::string_view at) { return at == id; }, cohort.mutable_counts());
      }
      if (CameIn(cohort.counts()) == 0) {
        continue;
      }
      cohort.set_school(school.name());
      cohort.set_area(school.area());
      cohort.set_school_code(school.code());
      cohort.set_display_name(school.display_name());
      cohort.set_level(level);
      cohort.set_entry_year(spec.entry.text());
      cohort.set_reason(cohort.counts().entrants() == 0 ? "COHORT_ENTRY_MISSING" : "");
      cohorts.push_back(std::move(cohort));
    }
  }
  return cohorts;
}

}  // namespace ruraledu::dropout_monitoring
