// What became of those who entered together (3.7): nobody is lost and nobody counts twice.
#include <random>

#include "absl/strings/match.h"
#include "tests/dropout_monitoring/rate_book.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr v1::SchoolLevel kNine[] = {v1::SCHOOL_LEVEL_PRIMARY, v1::SCHOOL_LEVEL_JUNIOR};
constexpr v1::SchoolLevel kPrimary[] = {v1::SCHOOL_LEVEL_PRIMARY};

std::vector<v1::OfficialAge> Levels() {
  return ShippedRates().LevelsOn("411728000000", absl::CivilDay(2023, 9, 1));
}

// "entrants 1, graduates 1": what is not 0, in the order of the message.
std::string Text(const v1::CohortCounts& counts) {
  std::vector<std::string> parts;
  const auto* type = v1::CohortCounts::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    if (field->is_repeated()) {
      for (const v1::GradeCount& now : counts.now())
        parts.push_back(absl::StrCat("now ", now.grade(), " ", now.pupils()));
    } else if (const int64_t value = counts.GetReflection()->GetInt64(counts, field); value != 0) {
      parts.push_back(absl::StrCat(field->name(), " ", value));
    }
  }
  return absl::StrJoin(parts, ", ");
}

v1::CohortCounts Count(absl::Span<const v1::SchoolLevel> of, int entry, const std::string& spans,
                       const std::string& status, const std::string& places = "s", bool out = false,
                       bool was_out = false) {
  const auto levels = Levels();
  v1::CohortCounts counts;
  CountPupil(
      CohortOf(levels, of, {entry}, ShippedTerms()), levels, ShippedRates(), {Spans(spans), status, out, was_out},
      [&](std::string_view school) { return absl::StartsWith(school, places); }, &counts);
  return counts;
}

struct Row {
  const char* what;
  const char* spans;
  const char* status;
  const char* counts;
};

// Of the nine years of a county whose schools are s1, s2 ...; "x" lies elsewhere.
TEST(Cohort, NineYearsOfACounty) {
  const Row rows[] = {
      {"stayed", "s1 1 2015, s1 2 2016, s2 7 2021, s2 9 2023", "ENROLLED", "entrants 1, now 9 1"},
      {"kindergarten before", "s1 P3 2014, s1 1 2015", "ENROLLED", "entrants 1, now 1 1"},
      {"after the census", "s1 1 2015-10-08", "ENROLLED", "transferred_in 1, now 1 1"},
      {"came in grade 4", "x 1 2015, s1 4 2018", "ENROLLED", "transferred_in 1, now 4 1"},
      {"no history before grade 4", "s1 4 2018", "ENROLLED", "transferred_in 1, now 4 1"},
      {"from school to school", "s1 1 2015, s2 1 2015-11-02", "ENROLLED", "entrants 1, now 1 1"},
      {"went", "s1 1 2015, x 2 2016", "ENROLLED", "entrants 1, transferred_out 1"},
      {"to another county", "s1 1 2015 2016-03-01", "TRANSFERRED", "entrants 1, transferred_out 1"},
      {"abroad", "s1 1 2015 2016-03-01", "EMIGRATED", "entrants 1, transferred_out 1"},
      {"went and came back", "s1 1 2015, x 2 2016, s1 3 2017", "ENROLLED",
       "entrants 1, transferred_in 1, transferred_out 1, now 3 1"},
      {"died", "s1 1 2015, s1 2 2016", "DECEASED", "entrants 1, deaths 1"},
      {"dropped out", "s1 1 2015, s1 8 2022", "DROPPED", "entrants 1, dropouts 1"},
      {"back", "s1 1 2015, s1 8 2022", "RETURNED", "entrants 1, returned 1, now 8 1"},
      {"suspended", "s1 1 2015, s1 8 2022", "SUSPENDED", "entrants 1, suspended 1"},
      {"suspected is on the roll", "s1 1 2015, s1 8 2022", "SUSPECTED", "entrants 1, now 8 1"},
      {"taught at home", "s1 1 2015", "HOME_TAUGHT", "entrants 1, now 1 1"},
      {"repeats", "s1 1 2015, s1 2 2016, s1 2 2017", "ENROLLED", "entrants 1, cohort_out 1"},
      {"graduated", "s1 1 2015, s1 9 2023", "GRADUATED", "entrants 1, graduates 1"},
      {"completed", "s1 1 2015, s1 9 2023", "COMPLETED", "entrants 1, graduates 1"},
      {"high school here", "s1 1 2015, s1 9 2023, s3 10 2024", "ENROLLED", "entrants 1, graduates 1"},
      {"high school elsewhere", "s1 1 2015, s1 9 2023, x 10 2024", "ENROLLED", "entrants 1, graduates 1"},
      {"left after grade 6", "s1 1 2015, s1 6 2020", "GRADUATED", "entrants 1, unexplained 1"},
      {"off the roll", "s1 1 2015 2016-03-01", "ENROLLED", "entrants 1, unexplained 1"},
      {"another cohort", "s1 1 2016", "ENROLLED", ""},
      {"repeats into the cohort below is none of this", "s1 1 2014, s1 1 2015", "ENROLLED", "cohort_in 1, now 1 1"},
  };
  for (const Row& row : rows) {
    const v1::CohortCounts counts = Count(kNine, 2015, row.spans, row.status);
    EXPECT_EQ(Text(counts), row.counts) << row.what;
    EXPECT_EQ(CameIn(counts), AccountedFor(counts)) << row.what;
  }
}

TEST(Cohort, OfASchoolEndsWithItsLevel) {
  EXPECT_EQ(Text(Count(kPrimary, 2015, "s1 1 2015, s1 6 2020, s1 7 2021", "ENROLLED")), "entrants 1, graduates 1");
  EXPECT_EQ(Text(Count(kPrimary, 2015, "s1 1 2015, s2 2 2016", "ENROLLED", "s1")), "entrants 1, transferred_out 1");
  const v1::SchoolLevel junior[] = {v1::SCHOOL_LEVEL_JUNIOR};
  EXPECT_EQ(Text(Count(junior, 2021, "s1 1 2015, s1 6 2020, s1 7 2021", "ENROLLED")), "entrants 1, now 7 1")
      << "who goes on at the same school enters its junior level";
}

TEST(Cohort, ACaseKnowsBeforeTheRegister) {
  EXPECT_EQ(Text(Count(kNine, 2015, "s1 1 2015", "SUSPECTED", "s", true, true)), "entrants 1, dropouts 1");
  EXPECT_EQ(Text(Count(kNine, 2015, "s1 1 2015", "ENROLLED", "s", false, true)), "entrants 1, returned 1, now 1 1");
  EXPECT_EQ(Text(Count(kNine, 2015, "s1 1 2015", "DECEASED", "s", true, true)), "entrants 1, deaths 1")
      << "who died is no dropout any more";
}

// 5-4: the junior level begins with grade 6; nine years stay nine years.
TEST(Cohort, FiveFourSystem) {
  RateFiles files = ShippedRateFiles();
  for (const char* row : {"PRESCHOOL,3,5,PRE,P1|P2|P3", "PRIMARY,6,10,PRI|SPE,1|2|3|4|5",
                          "JUNIOR,11,14,JUN|SPE,6|7|8|9", "UPPER_SECONDARY,15,17,HS|VOC,10|11|12", "HIGHER,0,0,COL,"}) {
    absl::StrAppend(&files.ages, "370000000000,2001-09-01,", row, ",test\n");
  }
  const auto book = RateBook::Parse(files, RegionPathByDigits);
  ASSERT_TRUE(book.ok()) << book.status();
  const auto levels = book->LevelsOn("370181000000", absl::CivilDay(2023, 9, 1));
  EXPECT_EQ(CohortOf(levels, kNine, {2015}, ShippedTerms()).grades.size(), 9u);
  EXPECT_EQ(LevelOf(levels, "JUN", "6"), v1::SCHOOL_LEVEL_JUNIOR);
  EXPECT_EQ(LevelOf(Levels(), "PRI", "6"), v1::SCHOOL_LEVEL_PRIMARY);
}

// Whatever happened to pupils, who came in is accounted for, in every cohort.
TEST(Cohort, NobodyIsLost) {
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  const char* const statuses[] = {"ENROLLED", "SUSPENDED", "TRANSFERRED", "DROPPED",   "RETURNED",  "GRADUATED",
                                  "DECEASED", "EMIGRATED", "HOME_TAUGHT", "COMPLETED", "SUSPECTED", "NEW_CODE"};
  const auto levels = Levels();
  for (int run = 0; run < 60; ++run) {
    std::map<int, v1::CohortCounts> cohorts;
    for (int n = 0; n < 20; ++n) {
      CohortPupil pupil{{}, statuses[pick(0, 11)], pick(0, 9) == 0, pick(0, 4) == 0};
      int grade = pick(1, 4);
      for (int year = pick(2012, 2018); year < 2024; ++year) {
        const std::string school = absl::StrCat(pick(0, 5) == 0 ? "x" : "s", pick(1, 3));
        for (const GradeSpan& span : Spans(absl::StrCat(school, " ", grade, " ", year))) pupil.spans.push_back(span);
        if (pick(0, 19) == 0) pupil.spans.back().to = absl::CivilDay(year + 1, 5, 1);
        grade += pick(0, 9) == 0 ? 0 : pick(0, 29) == 0 ? 2 : 1;
        if (grade > 11 || pick(0, 15) == 0) break;
      }
      for (int entry = 2008; entry < 2024; ++entry) {
        CountPupil(
            CohortOf(levels, kNine, {entry}, ShippedTerms()), levels, ShippedRates(), pupil,
            [](std::string_view school) { return school[0] == 's'; }, &cohorts[entry]);
      }
    }
    for (const auto& [entry, counts] : cohorts) {
      ASSERT_EQ(CameIn(counts), AccountedFor(counts)) << "seed " << seed << ", run " << run << ", " << entry;
    }
  }
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
