#include "tests/lib/county/county.h"

#include <filesystem>

#include "tests/lib/county/text.h"
#include "tests/lib/county/writer.h"

namespace ruraledu::testlib {
namespace {

void FillTruth(const Population& people, CountyTruth& truth) {
  truth.pupils.resize(people.pupils.size());
  for (size_t i = 0; i < people.pupils.size(); ++i) {
    const Pupil& p = people.pupils[i];
    PupilTruth& t = truth.pupils[i];
    t.number = p.number;
    t.name = p.name;
    t.id = p.id;
    t.birth_date = p.birth_date;
    t.sex = p.male ? "男" : "女";
    if (p.second_school >= 0) t.second_school_code = people.schools[p.second_school].code;
    t.kinds = people.KindsOf(p);
    for (int term = 0; term < 3; ++term) {
      const Placement& at = p.places[term];
      if (at.status == Status::kAbsent) continue;
      const School& school = people.schools[at.school];
      PupilTerm& now = t.terms[term];
      now.school_code = school.code;
      now.school_name = school.name;
      now.township = people.places.townships[school.township].code;
      now.stage = StageCode(at.stage);
      now.status = StatusCode(at.status);
      now.grade = at.grade;
      now.class_no = at.class_no;
      now.boarding = at.boarding;
    }
  }
}

void CountTerm(const PupilTerm& now, TermTotals& totals) {
  ++totals.on_register;
  if (now.known_status == "ENROLLED") ++totals.enrolled;
  if (now.aid.entitled()) ++totals.entitled_pupils;
  totals.total_fen += now.aid.total_fen();
  for (const AidItem& item : now.aid.items) {
    ++totals.pupils_by_item[item.code];
    totals.fen_by_item[item.code] += item.fen;
  }
}

void ComputeAid(const Population& people, const Profile& profile, CountyTruth& truth) {
  for (size_t i = 0; i < people.pupils.size(); ++i) {
    PupilTruth& t = truth.pupils[i];
    int known_from = -1;
    for (int term = 0; term < 3; ++term) {
      PupilTerm& now = t.terms[term];
      if (!now.status.empty()) {
        now.facts = people.FactsOf(people.pupils[i], term, {}, profile);
        AidFacts clean = now.facts;
        clean.kinds = t.kinds;
        now.aid_if_clean = Entitle(clean);
      }
      now.known_from = known_from = now.accepted ? term : known_from;
      if (known_from < 0) continue;
      now.known_status = t.terms[known_from].status;
      AidFacts known = people.FactsOf(people.pupils[i], known_from, t.accepted_kinds, profile);
      known.term = kTerms[term];
      now.aid = Entitle(known);
      CountTerm(now, truth.totals[term]);
    }
  }
}

}  // namespace

std::string_view MatchCode(Match match) {
  constexpr std::string_view kCodes[] = {"EXACT", "WEAK_MATCH", "NOT_A_PUPIL", "PUPIL_NOT_ON_REGISTER", "REFUSED"};
  return kCodes[static_cast<int>(match)];
}

absl::StatusOr<GeneratedCounty> GenerateCounty(const CountyOptions& options) {
  if (options.pupils < 100) return absl::InvalidArgumentError("at least 100 pupils");
  if (options.profile != 'A' && options.profile != 'B') return absl::InvalidArgumentError("profile A or B");
  const Profile& profile = options.profile == 'A' ? ProfileA() : ProfileB();
  Random random = Random(options.seed).Fork(options.county);
  auto places = LoadCountyPlaces(options.regions_csv, options.villages_csv, options.county, random.Fork("places"));
  if (!places.ok()) return places.status();

  GeneratedCounty out;
  out.dir = Cat(options.dir, "/", options.county);
  out.truth.county = options.county;
  Population people =
      MakePopulation(profile, *std::move(places), options.pupils, options.faults, random.Fork("population"));
  FillTruth(people, out.truth);
  CountyWriter writer(options, profile, people, random.Fork("files"), out);
  for (const Pupil& p : people.pupils) writer.taken_names.insert(p.name + p.birth_date);
  for (auto* write : {WriteBaseFiles, WriteRosters, WriteDepartments}) {
    if (absl::Status status = write(writer); !status.ok()) return status;
  }
  ComputeAid(people, profile, out.truth);
  if (absl::Status status = WriteBankAndAid(writer); !status.ok()) return status;
  std::filesystem::create_directories(out.dir + "/truth");
  if (absl::Status status = WriteTruth(out.truth, out.dir + "/truth"); !status.ok()) return status;
  return out;
}

}  // namespace ruraledu::testlib
