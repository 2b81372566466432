// The generator keeps its promises: same seed same bytes, shares of the profiles, sound identities, truth that ties.
#include "tests/lib/county/county.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "tests/lib/county/columns.h"
#include "tests/lib/county/identity.h"

namespace ruraledu::testlib {
namespace {

namespace fs = std::filesystem;

std::string Read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

CountyOptions Options(const std::string& folder, int pupils = 1000) {
  CountyOptions o;
  o.dir = testing::TempDir() + "county_" + folder;
  o.pupils = pupils;
  fs::remove_all(o.dir);
  return o;
}

GeneratedCounty Made(const CountyOptions& options) {
  auto made = GenerateCounty(options);
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

// One county for the tests that only look.
const GeneratedCounty& Suiping() {
  static const GeneratedCounty* county = new GeneratedCounty(Made(Options("suiping", 4000)));
  return *county;
}

bool Within(double value, double share, double tolerance) {
  return value > share - tolerance && value < share + tolerance;
}

TEST(CountyTest, SameSeedSameBytes) {
  CountyOptions one = Options("one", 600), two = Options("two", 600), other = Options("other", 600);
  other.seed = 2;
  GeneratedCounty a = Made(one), b = Made(two), c = Made(other);
  EXPECT_EQ(a.files, b.files);
  size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(a.dir)) {
    if (!entry.is_regular_file()) continue;
    ++count;
    fs::path relative = fs::relative(entry.path(), a.dir);
    EXPECT_TRUE(Read(entry.path()) == Read(fs::path(b.dir) / relative)) << relative;
  }
  EXPECT_GT(count, 30u);
  EXPECT_FALSE(Read(a.dir + "/truth/pupils.jsonl") == Read(c.dir + "/truth/pupils.jsonl"));
}

TEST(CountyTest, FaultsDoNotChangeThePopulation) {
  CountyOptions clean = Options("clean", 600);
  clean.faults = FaultRates::None();
  GeneratedCounty a = Made(Options("faulty", 600)), b = Made(clean);
  EXPECT_TRUE(b.truth.faults.empty());
  ASSERT_EQ(a.truth.pupils.size(), b.truth.pupils.size());
  for (size_t i = 0; i < a.truth.pupils.size(); ++i) EXPECT_EQ(a.truth.pupils[i].id, b.truth.pupils[i].id);
  for (const RowTruth& row : b.truth.rows) {
    EXPECT_TRUE(row.match == Match::kExact || row.match == Match::kNotAPupil) << row.file << " " << row.line;
  }
  // Every kind that a file tells comes in, and nothing else.
  auto codes = [](const std::vector<KindFact>& kinds) {
    std::multiset<std::string> all;
    for (const KindFact& k : kinds) {
      if (k.kind != "X2" && k.kind != "N1" && k.kind != "E1" && k.kind != "W1") all.insert(k.kind + k.from);
    }
    return all;
  };
  for (const PupilTruth& p : b.truth.pupils) EXPECT_EQ(codes(p.kinds), codes(p.accepted_kinds)) << p.number;
  for (const TermTotals& t : b.truth.totals) {
    for (const auto& [item, coverage] : t.coverage_by_item) EXPECT_EQ(coverage.aided, coverage.should_be_aided);
  }
}

// Waivers that follow what a school charges, and every way to the vocational one, have pupils.
TEST(CountyTest, WaiversThatFollowTheChargeAreGiven) {
  const TermTotals& suiping = Suiping().truth.totals[1];
  for (const char* item : {"SP_HS_FEE", "SP_VOC_FEE", "CN_HS_WAIVE", "CN_VOC_WAIVE"}) {
    EXPECT_GT(suiping.fen_by_item.contains(item) ? suiping.fen_by_item.at(item) : 0, 0) << item;
  }
  std::set<std::string> vocational;
  for (const PupilTruth& pupil : Suiping().truth.pupils) {
    const AidFacts& facts = pupil.terms[1].facts;
    if (facts.stage == Stage::kVocational && facts.status == "ENROLLED") {
      const char* form = facts.full_time_formal ? "full" : "part";
      const char* major = facts.performing_arts_major ? "arts" : facts.agriculture_major ? "agriculture" : "other";
      vocational.insert(std::string(form) + " " + major + (facts.rural_household ? " rural" : " urban"));
    }
  }
  EXPECT_GE(vocational.size(), 9u) << "of twelve";
}

TEST(CountyTest, SharesOfTheProfile) {
  for (char profile : {'A', 'B'}) {
    SCOPED_TRACE(profile);
    CountyOptions o = Options(std::string("shares") + profile, 4000);
    o.profile = profile;
    if (profile == 'B') o.county = "640422";
    GeneratedCounty county = Made(o);
    const Profile& p = profile == 'A' ? ProfileA() : ProfileB();
    int compulsory = 0, p2 = 0, boys = 0, enrolled = 0, junior = 0, boarders = 0;
    for (const PupilTruth& pupil : county.truth.pupils) {
      const PupilTerm& t = pupil.terms[1];
      if (t.status != "ENROLLED") continue;
      ++enrolled;
      boys += pupil.sex == "男";
      if (t.stage != "PRI" && t.stage != "JUN") continue;
      ++compulsory;
      p2 += std::any_of(pupil.kinds.begin(), pupil.kinds.end(), [](const KindFact& k) { return k.kind == "P2"; });
      junior += t.stage == "JUN";
      boarders += t.stage == "JUN" && t.boarding;
    }
    EXPECT_EQ(enrolled, 4000);
    EXPECT_TRUE(Within(1.0 * boys / enrolled, p.boys_ppm / 1e6, 0.03)) << boys;
    EXPECT_TRUE(Within(1.0 * p2 / compulsory, p.hardship.p2 / 1e6, profile == 'A' ? 0.015 : 0.04)) << p2;
    double natural = p.grades[9] + p.grades[10] + p.grades[11];
    EXPECT_TRUE(Within(1.0 * junior / enrolled, natural / p.natural_size(), 0.01)) << junior;
    EXPECT_TRUE(Within(1.0 * boarders / junior, 0.6, 0.2)) << boarders;
  }
}

TEST(CountyTest, IdentitiesAreSoundAndNobodys) {
  const CountyTruth& truth = Suiping().truth;
  std::set<std::string> ids, numbers;
  for (const PupilTruth& p : truth.pupils) {
    EXPECT_TRUE(IdIsValid(p.id)) << p.id;
    EXPECT_EQ(p.id.substr(4, 2), "00") << p.id;  // prefecture or province level, digest 7.1
    EXPECT_EQ(p.id.substr(6, 4), p.birth_date.substr(0, 4));
    EXPECT_EQ((p.id[16] - '0') % 2 == 1, p.sex == "男");
    EXPECT_TRUE(ids.insert(p.id).second) << p.id;
    EXPECT_TRUE(numbers.insert(p.number).second) << p.number;
    EXPECT_EQ(p.number.size(), 19u);
  }
  EXPECT_TRUE(IdIsValid("11010519491231002X"));  // published examples of GB 11643
  EXPECT_TRUE(IdIsValid("440524188001010014"));
  EXPECT_FALSE(IdIsValid("411700201309059017"));
  EXPECT_FALSE(IdIsValid("640400201002299037"));  // 29 February 2010
}

TEST(CountyTest, CountiesOfOneProvinceDoNotShareIdentities) {
  std::set<std::string> ids;
  for (const char* code : {"411728", "411721", "411700", "410102", "419001"}) {
    CountyOptions o = Options(std::string("many") + code, 500);
    o.county = code;
    auto made = GenerateCounty(o);
    if (std::string(code) == "411700") {  // a prefecture is no county
      EXPECT_EQ(made.status().code(), absl::StatusCode::kNotFound);
      continue;
    }
    ASSERT_TRUE(made.ok()) << made.status();
    for (const PupilTruth& p : made->truth.pupils) EXPECT_TRUE(ids.insert(p.id).second) << p.id;
  }
}

TEST(CountyTest, OddRegions) {
  // A municipality with pseudo-prefecture, a county under the province, a city without counties.
  for (const char* code : {"500243", "419001", "441900"}) {
    CountyOptions o = Options(code, 300);
    o.county = code;
    GeneratedCounty county = Made(o);
    std::istringstream villages(Read(county.dir + "/base/villages.csv"));
    std::string line;
    std::getline(villages, line);
    std::set<std::string> codes;
    while (std::getline(villages, line)) {
      EXPECT_EQ(line.substr(0, 6), code);
      EXPECT_EQ(line.find_first_not_of("0123456789"), 12u) << line;
      EXPECT_TRUE(codes.insert(line.substr(0, 12)).second);
    }
    EXPECT_GT(codes.size(), 20u);
    for (const PupilTruth& p : county.truth.pupils) EXPECT_NE(p.id.substr(0, 6), code);
  }
}

TEST(CountyTest, PlantedFaultsStandWhereTruthSays) {
  const GeneratedCounty& county = Suiping();
  int checked = 0;
  std::set<std::string> reasons;
  for (const PlantedFault& f : county.truth.faults) {
    reasons.insert(f.reason);
    EXPECT_TRUE(fs::exists(county.dir + "/" + f.file)) << f.file;
    if (f.source != "student_roster" || !f.file.ends_with(".csv")) continue;
    std::istringstream text(Read(county.dir + "/" + f.file));
    std::string line;
    for (int i = 0; i < f.line; ++i) std::getline(text, line);
    EXPECT_THAT(line, testing::HasSubstr(f.key)) << f.file << " line " << f.line;
    ++checked;
  }
  EXPECT_GT(checked, 5);
  for (const char* reason : {"ID_CHECK", "DUPLICATE_ACROSS_SCHOOLS", "ID_BIRTH_MISMATCH"}) {
    EXPECT_TRUE(reasons.contains(reason)) << reason;
  }
}

TEST(CountyTest, EveryReasonIsPlantedWhenItsRateIsHigh) {
  CountyOptions o = Options("every", 2000);
  FaultRates& f = o.faults;
  f.id_check = f.id_length = f.id_charset = f.id_region = f.id_date = f.id_legacy15 = 20000;
  f.two_schools = 300000;
  f.unknown_school = f.duplicate_in_file = f.birth_mismatch = f.sex_mismatch = 30000;
  f.dept_id_check = f.other_id = f.duplicate_household = f.risk_date_missing = 100000;
  f.precision_file = 200000;
  f.card_shared = f.card_digit_missing = 300000;
  f.veteran_without_id = 1000000;
  GeneratedCounty county = Made(o);
  std::set<std::string> reasons;
  for (const PlantedFault& fault : county.truth.faults) reasons.insert(fault.reason);
  EXPECT_THAT(reasons, testing::IsSupersetOf({"ID_CHECK", "ID_LENGTH", "ID_CHARSET", "ID_REGION", "ID_DATE",
                                              "ID_LEGACY15", "SCHOOL_UNKNOWN", "DUPLICATE_IN_BATCH",
                                              "DUPLICATE_ACROSS_SCHOOLS", "ID_BIRTH_MISMATCH", "ID_SEX_MISMATCH",
                                              "EXCEL_PRECISION", "CARD_SHARED", "CARD_NUMBER"}));
  std::set<Match> matches;
  for (const RowTruth& row : county.truth.rows) matches.insert(row.match);
  EXPECT_EQ(matches.size(), 5u);
  std::set<char> classes;
  for (const ComparisonTruth& c : county.truth.comparison) classes.insert(c.letter);
  EXPECT_THAT(classes, testing::IsSupersetOf({'A', 'B', 'E', 'F'}));
}

TEST(CountyTest, TotalsTie) {
  const CountyTruth& truth = Suiping().truth;
  for (int term = 0; term < 3; ++term) {
    int64_t fen = 0, pupils = 0, by_item = 0, heads = 0, letters = 0;
    for (const PupilTruth& p : truth.pupils) {
      fen += p.terms[term].aid.total_fen();
      pupils += p.terms[term].aid.entitled();
      heads += p.terms[term].known_from >= 0;
      letters += static_cast<int64_t>(p.terms[term].classes.size());
    }
    const TermTotals& totals = truth.totals[term];
    for (const auto& [item, sum] : totals.fen_by_item) by_item += sum;
    EXPECT_EQ(totals.total_fen, fen);
    EXPECT_EQ(totals.total_fen, by_item);
    EXPECT_EQ(totals.entitled_pupils, pupils);
    EXPECT_EQ(totals.on_register, heads);
    int64_t classes = 0;
    for (auto [letter, count] : totals.by_class) classes += count;
    EXPECT_EQ(classes, letters);
    EXPECT_GT(fen, 0);
  }
  for (const RowTruth& row : truth.rows) {
    EXPECT_EQ(row.pupil >= 0 || row.match == Match::kNotAPupil || row.match == Match::kRefused, true);
  }
}

// Every header word that the generator writes is a synonym of its field in deploy/data/headers.
TEST(CountyTest, HeadersAreKnown) {
  for (const SourceColumns& source : AllColumns()) {
    std::string table = Read("deploy/data/headers/" + std::string(source.source) + ".csv");
    ASSERT_FALSE(table.empty()) << source.source;
    std::map<std::string, std::set<std::string>> synonyms;  // field -> words
    std::set<std::string> required;
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) {
      std::vector<std::string> cells;
      std::istringstream parts(line);
      for (std::string cell; std::getline(parts, cell, ',');) cells.push_back(cell);
      ASSERT_GE(cells.size(), 4u);
      std::istringstream words(cells[3]);
      for (std::string word; std::getline(words, word, '|');) synonyms[cells[0]].insert(word);
      if (cells[1] == "yes" || cells[1] == "column") required.insert(cells[0]);
    }
    for (const Column& column : *source.columns) {
      required.erase(std::string(column.field));
      for (std::string_view word : column.headers) {
        EXPECT_TRUE(synonyms[std::string(column.field)].contains(std::string(word)))
            << source.source << " " << column.field << " " << word;
      }
    }
    required.erase("required");
    EXPECT_TRUE(required.empty()) << source.source << " lacks " << (required.empty() ? "" : *required.begin());
  }
}

TEST(CountyTest, BadOptions) {
  CountyOptions o = Options("bad", 10);
  EXPECT_EQ(GenerateCounty(o).status().code(), absl::StatusCode::kInvalidArgument);
  o.pupils = 500;
  o.profile = 'C';
  EXPECT_EQ(GenerateCounty(o).status().code(), absl::StatusCode::kInvalidArgument);
  o.profile = 'A';
  o.county = "999999";
  EXPECT_EQ(GenerateCounty(o).status().code(), absl::StatusCode::kNotFound);
  o.county = "411728";
  o.regions_csv = "missing.csv";
  EXPECT_EQ(GenerateCounty(o).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace ruraledu::testlib
