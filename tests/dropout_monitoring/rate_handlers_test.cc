// Rates and cohorts out of a register that goes back nine years, and what the county enters, on both databases.
#include "absl/strings/str_join.h"
#include "common/domain/report_cells.h"
#include "tests/dropout_monitoring/case_fixture.h"
#include "tests/dropout_monitoring/rate_book.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RateTest : public CaseFixture, public ::testing::TestWithParam<const char*> {
 protected:
  RateTest() : CaseFixture(OptionsOf(GetParam())) {
    On(11, 20);
    registry_v1::School school = TownSchool("n1");
    school.set_code("2141000009");
    school.set_display_name("九年一贯制学校");
    school.add_stages("JUN");
    registry.Put(school);
  }

  // "n1 1 2015, n1 2 2016": a pupil with this history, the oldest span first.
  void Put(const std::string& id, const std::string& history, const std::string& status = "ENROLLED",
           int status_from = 20150901, int born = 20090315) {
    registry_v1::Student student = Child(id);
    student.clear_enrolments();
    *student.mutable_birth_date() = Date(born);
    student.set_status(status);
    *student.mutable_status_from() = Date(status_from);
    auto spans = Spans(history);
    for (size_t i = spans.size(); i-- > 0;) {
      registry_v1::Enrolment* span = student.add_enrolments();
      span->set_school(absl::StrCat(kCounty, "/schools/", spans[i].school));
      span->set_stage(spans[i].stage);
      span->set_grade(spans[i].grade);
      *span->mutable_valid_from() = DateOf(spans[i].from);
      const auto to = spans[i].to.has_value() ? spans[i].to
                      : i + 1 < spans.size()  ? std::optional(spans[i + 1].from)
                                              : std::nullopt;
      if (to.has_value()) *span->mutable_valid_to() = DateOf(*to);
    }
    student.set_area("411728103/n1");
    registry.Put(student);
  }
  static std::string Years(int grade, int year, int until = 2023) {
    std::vector<std::string> spans;
    for (; year <= until; ++year, ++grade) spans.push_back(absl::StrCat("n1 ", grade, " ", year));
    return absl::StrJoin(spans, ", ");
  }
  // Entered in 2015: a is in grade 9, b went in 2019, c died, d dropped out in October, e came in grade 4.
  void PutCohort() {
    Put("a", Years(1, 2015));
    Put("b", Years(1, 2015, 2018) + " 2019-03-01", "TRANSFERRED", 20190301);
    Put("c", Years(1, 2015, 2019), "DECEASED", 20200105);
    Put("d", Years(1, 2015), "DROPPED", 20231010);
    Put("e", Years(4, 2018));
    for (int grade = 2; grade <= 9; ++grade) {  // the register knows everybody of 2015
      Put(absl::StrCat("h", grade), absl::StrCat("n1 ", grade, " 2015 2016-07-01"), "GRADUATED", 20160701, 20010101);
    }
    EXPECT_TRUE(monitoring.CatchUp().ok());
  }

  v1::PutRateFiguresRequest Entering(const std::string& area = "411728", const std::string& year = "2023-2024") const {
    v1::PutRateFiguresRequest request = Of<v1::PutRateFiguresRequest>("");
    request.set_parent(kCounty);
    request.mutable_figures()->set_area(area);
    request.mutable_figures()->set_school_year(year);
    request.mutable_figures()->set_source("县统计局 2023 年分年龄人口");
    auto* population = request.mutable_figures()->add_populations();
    population->set_level(v1::SCHOOL_LEVEL_JUNIOR);
    population->set_people(10);
    return request;
  }
  absl::StatusOr<v1::RateFigures> Enter(const v1::PutRateFiguresRequest& request, const std::string& by = "officer") {
    return As(by, "411728", "PutRateFigures", request, &Handlers::PutRateFigures);
  }
  absl::StatusOr<v1::RateFigures> SignAs(const std::string& by, const v1::RateFigures& figures) {
    v1::SignRateFiguresRequest request = Of<v1::SignRateFiguresRequest>(figures.name());
    request.set_etag(figures.etag());
    return As(by, "411728", "SignRateFigures", request, &Handlers::SignRateFigures);
  }
  v1::RateFigures Signed(const v1::PutRateFiguresRequest& request) {
    const auto entered = Enter(request);
    EXPECT_TRUE(entered.ok()) << entered.status();
    const auto signed_one = SignAs("approver", *entered);
    EXPECT_TRUE(signed_one.ok()) << signed_one.status();
    return signed_one.value_or(v1::RateFigures());
  }
  absl::StatusOr<v1::Rates> Rates(const std::string& area = "411728", const std::string& year = "2023-2024",
                                  const std::string& scope = "411728") {
    v1::GetRatesRequest request;
    request.set_area(absl::StrCat("areas/", area));
    request.set_school_year(year);
    return As("reader", scope, "GetRates", request, &Handlers::GetRates);
  }
  static v1::RateResult Of(const absl::StatusOr<v1::Rates>& rates, v1::RateIndicator indicator) {
    EXPECT_TRUE(rates.ok()) << rates.status();
    return rates.ok() ? rates->rates(indicator - 1) : v1::RateResult();
  }
  using CaseFixture::Of;
  static std::string Fraction(const v1::RateResult& one) {
    return absl::StrCat(one.rate().numerator(), "/", one.rate().denominator(), " ", one.reason());
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, RateTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(RateTest, RetentionFollowsTheRegister) {
  PutCohort();
  const auto rates = Rates();
  const v1::RateResult raw = Of(rates, v1::RATE_INDICATOR_NINE_YEAR_RETENTION_RAW);
  EXPECT_EQ(Fraction(raw), "3/4 ") << "a, d and e by the census of 2023; a, b, c and d entered";
  EXPECT_EQ(raw.percent(), "75.00%");
  EXPECT_EQ(Fraction(Of(rates, v1::RATE_INDICATOR_NINE_YEAR_RETENTION_ADJUSTED)), "2/3 ") << "(4 + 1 - 1 - 1)";
  EXPECT_EQ(Fraction(Of(rates, v1::RATE_INDICATOR_DROPOUT)), "1/6 ") << "p1 to p3 are in primary school";
  EXPECT_EQ(rates->facts().counted_on().day(), 30);
  v1::EvaluateRatesRequest again;
  *again.mutable_facts() = rates->facts();
  const auto evaluated = As("reader", "411728", "EvaluateRates", again, &Handlers::EvaluateRates);
  ASSERT_TRUE(evaluated.ok()) << evaluated.status();
  ASSERT_EQ(evaluated->rates_size(), rates->rates_size());
  for (int i = 0; i < rates->rates_size(); ++i) {
    EXPECT_EQ(evaluated->rates(i).SerializeAsString(), rates->rates(i).SerializeAsString()) << "the facts say it all";
  }
  // Nobody knows who entered junior school in 2013; a school without the level has no rate.
  EXPECT_EQ(Fraction(Of(Rates("411728", "2015-2016"), v1::RATE_INDICATOR_JUNIOR_RETENTION)),
            "1/0 COHORT_ENTRY_MISSING");
  EXPECT_EQ(Fraction(Of(Rates("411728103/s1"), v1::RATE_INDICATOR_JUNIOR_RETENTION)), "0/0 LEVEL_NOT_TAUGHT");
}

TEST_P(RateTest, ADropoutIsKnownByItsCase) {
  PutCohort();
  On(9, 11);
  Confirmed("p1");
  On(11, 20);
  EXPECT_EQ(Fraction(Of(Rates(), v1::RATE_INDICATOR_DROPOUT)), "2/6 ") << "d by the register, p1 by its case";
  EXPECT_EQ(Fraction(Of(Rates("411728", "2022-2023"), v1::RATE_INDICATOR_DROPOUT)), "0/3 ");
}

TEST_P(RateTest, EnrolmentNeedsAPopulation) {
  PutCohort();
  EXPECT_EQ(Fraction(Of(Rates(), v1::RATE_INDICATOR_JUNIOR_GROSS)), "3/0 POPULATION_MISSING");
  const auto entered = Enter(Entering());
  ASSERT_TRUE(entered.ok()) << entered.status();
  EXPECT_EQ(Of(Rates(), v1::RATE_INDICATOR_JUNIOR_GROSS).reason(), "POPULATION_MISSING") << "nobody signed it";
  const auto signed_one = SignAs("approver", *entered);
  ASSERT_TRUE(signed_one.ok()) << signed_one.status();
  EXPECT_EQ(Fraction(Of(Rates(), v1::RATE_INDICATOR_JUNIOR_GROSS)), "3/10 ");
  EXPECT_EQ(Fraction(Of(Rates(), v1::RATE_INDICATOR_JUNIOR_NET)), "3/10 ") << "14 years old, d until October";
  EXPECT_EQ(Of(Rates(), v1::RATE_INDICATOR_JUNIOR_NET).denominator().figures(), signed_one->name());
  // In a township those who live there count.
  Signed(Entering("411728103"));
  EXPECT_EQ(Fraction(Of(Rates("411728103"), v1::RATE_INDICATOR_JUNIOR_GROSS)), "3/10 ");
  Signed(Entering("411728104"));
  EXPECT_EQ(Fraction(Of(Rates("411728104"), v1::RATE_INDICATOR_JUNIOR_GROSS)), "0/10 ");
}

TEST_P(RateTest, FiguresGoThroughTwoPersons) {
  const v1::PutRateFiguresRequest request = Entering();
  const auto entered = Enter(request);
  ASSERT_TRUE(entered.ok()) << entered.status();
  EXPECT_EQ(entered->name(), absl::StrCat(kCounty, "/rateFigures/411728.2023-2024.1"));
  EXPECT_EQ(Enter(request)->etag(), entered->etag()) << "replay";
  EXPECT_EQ(Reason(SignAs("officer", *entered)), "ROLE_HELD");
  v1::PutRateFiguresRequest better = Entering();
  better.mutable_figures()->mutable_populations(0)->set_people(12);
  better.mutable_figures()->set_etag("\"99\"");
  EXPECT_EQ(Reason(Enter(better)), "ETAG_MISMATCH");
  better.mutable_figures()->set_etag(entered->etag());
  better.set_request_id(NewId());
  const auto again = Enter(better);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->name(), entered->name()) << "nobody had signed it";
  EXPECT_EQ(Reason(SignAs("approver", *entered)), "ETAG_MISMATCH");
  const auto signed_one = SignAs("approver", *again);
  ASSERT_TRUE(signed_one.ok()) << signed_one.status();
  EXPECT_EQ(Reason(SignAs("other", *signed_one)), "STATE_TRANSITION");
  v1::PutRateFiguresRequest correction = Entering();
  EXPECT_EQ(Reason(Enter(correction)), "FIELD_REQUIRED") << "a signed one is corrected with a reason";
  correction.mutable_figures()->set_correction_reason("统计口径更正");
  correction.set_request_id(NewId());
  const v1::RateFigures second = Signed(correction);
  EXPECT_EQ(second.version_number(), 2);
  v1::ListRateFiguresRequest list;
  list.set_parent(kCounty);
  EXPECT_EQ(As("r", "411728", "ListRateFigures", list, &Handlers::ListRateFigures)->figures_size(), 1);
  list.set_all_versions(true);
  list.set_school_year("2023-2024");
  EXPECT_EQ(As("r", "411728", "ListRateFigures", list, &Handlers::ListRateFigures)->figures_size(), 2);
  v1::GetRateFiguresRequest get;
  get.set_name(signed_one->name());
  EXPECT_EQ(As("r", "411728", "GetRateFigures", get, &Handlers::GetRateFigures)->state(),
            v1::RATE_FIGURES_STATE_REPLACED);
  get.set_name(absl::StrCat(kCounty, "/rateFigures/411728.2020-2021.1"));
  EXPECT_EQ(Reason(As("r", "411728", "GetRateFigures", get, &Handlers::GetRateFigures)), "NOT_FOUND");
}

TEST_P(RateTest, ReportedEntrantsStandBesideTheRegister) {
  PutCohort();
  v1::PutRateFiguresRequest request = Entering("411728", "2015-2016");
  auto* entry = request.mutable_figures()->add_entries();
  entry->set_level(v1::SCHOOL_LEVEL_PRIMARY);
  entry->set_entrants(5);
  Signed(request);
  const v1::RateResult raw = Of(Rates(), v1::RATE_INDICATOR_NINE_YEAR_RETENTION_RAW);
  EXPECT_EQ(raw.denominator().counted(), 4);
  EXPECT_EQ(raw.denominator().reported(), 5);
  EXPECT_EQ(raw.denominator().counts(), v1::FIGURE_SOURCE_COUNTED);
  request = Entering("411728", "2014-2015");
  entry = request.mutable_figures()->add_entries();
  entry->set_level(v1::SCHOOL_LEVEL_PRIMARY);
  entry->set_entrants(4);
  Signed(request);
  const v1::RateResult before = Of(Rates("411728", "2022-2023"), v1::RATE_INDICATOR_NINE_YEAR_RETENTION_RAW);
  EXPECT_FALSE(before.denominator().has_counted()) << "the register is younger";
  EXPECT_EQ(Fraction(before), "0/4 ");
}

TEST_P(RateTest, BadRequests) {
  EXPECT_EQ(Reason(Rates("411728", "2023")), "SCHOOL_YEAR_FORMAT");
  EXPECT_EQ(Reason(Rates("411728", "2024-2025")), "DATE_AHEAD");
  EXPECT_EQ(Reason(Rates("411728103/s1/k1")), "AREA_FORMAT");
  for (const char* area : {"4117", "411729", "411728103/s1", "41172"}) {
    EXPECT_EQ(Reason(Enter(Entering(area))), "AREA_FORMAT") << area;
  }
  EXPECT_EQ(Reason(Enter(Entering("411728", "2024-2025"))), "DATE_AHEAD");
  EXPECT_EQ(Reason(Enter(Entering("411728", "x"))), "SCHOOL_YEAR_FORMAT");
  v1::PutRateFiguresRequest bad = Entering();
  bad.mutable_figures()->clear_source();
  EXPECT_EQ(Reason(Enter(bad)), "FIELD_REQUIRED");
  bad = Entering();
  bad.mutable_figures()->set_source(std::string(900, 'x'));
  EXPECT_EQ(Reason(Enter(bad)), "FIELD_TOO_LONG");
  bad = Entering();
  bad.mutable_figures()->mutable_populations(0)->set_people(-1);
  EXPECT_EQ(Reason(Enter(bad)), "REPORT_FIGURES");
  v1::EvaluateRatesRequest facts;
  facts.mutable_facts()->set_school_year("2023-2024");
  facts.mutable_facts()->set_dropouts(-1);
  EXPECT_EQ(Reason(As("r", "411728", "EvaluateRates", facts, &Handlers::EvaluateRates)), "NUMBER_RANGE");
  v1::ListOfficialAgesRequest ages;
  ages.set_school_year("2023-2024");
  EXPECT_EQ(As("r", "411728", "ListOfficialAges", ages, &Handlers::ListOfficialAges)->levels_size(), 5);
  ages.set_school_year("2023");
  EXPECT_EQ(Reason(As("r", "411728", "ListOfficialAges", ages, &Handlers::ListOfficialAges)), "SCHOOL_YEAR_FORMAT");
  EXPECT_FALSE(Rates("411728", "2023-2024", "411728103").ok()) << "a township does not see the county";
  EXPECT_FALSE(As("t", "411728103", "PutRateFigures", Entering(), &Handlers::PutRateFigures).ok());
}

TEST_P(RateTest, CohortsOfSchoolsPageByPage) {
  PutCohort();
  v1::ListCohortsRequest request;
  request.set_parent(kCounty);
  request.set_school_year("2023-2024");
  request.set_page_size(1);
  std::vector<std::string> lines;
  do {
    const auto page = As("r", "411728", "ListCohorts", request, &Handlers::ListCohorts);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::Cohort& one : page->cohorts()) {
      lines.push_back(absl::StrCat(feed::IdOfName(one.school()), " ", one.entry_year(), " ", CameIn(one.counts()), " ",
                                   one.reason()));
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(lines, ElementsAre("s1 2021-2022 3 COHORT_ENTRY_MISSING", "n1 2021-2022 3 "))
      << "p1 to p3 are in grade 3 and came without a history; a, d and e went on to grade 7";
  request.set_area("areas/411728103/n1");
  EXPECT_EQ(As("r", "411728103/n1", "ListCohorts", request, &Handlers::ListCohorts)->cohorts_size(), 1);
  request.set_school_year("2024-2025");
  EXPECT_EQ(Reason(As("r", "411728", "ListCohorts", request, &Handlers::ListCohorts)), "DATE_AHEAD");
}

TEST_P(RateTest, ReportsInTheOrderOfTheDigest) {
  PutCohort();
  v1::GetReportRequest request;
  request.set_area("areas/411728");
  request.set_report(v1::REPORT_KIND_RATES);
  request.set_period("2023-2024");
  const auto rates = As("r", "411728", "GetReport", request, &Handlers::GetReport);
  ASSERT_TRUE(rates.ok()) << rates.status();
  ASSERT_EQ(rates->rows_size(), v1::RateIndicator_MAX);
  EXPECT_EQ(CellText(rates->rows(0).cells(5)), "75.00%");
  EXPECT_EQ(CellText(rates->rows(4).cells(10)), "POPULATION_MISSING");
  request.set_area("areas/41");
  EXPECT_EQ(As("r", "41", "GetReport", request, &Handlers::GetReport)->rows_size(), 2 * v1::RateIndicator_MAX)
      << "the county, then the province";
  request.set_area("areas/411728");
  request.set_report(v1::REPORT_KIND_COHORTS);
  request.set_page_size(1);
  std::vector<std::string> schools;
  v1::Report page;
  do {
    const auto read = As("r", "411728", "GetReport", request, &Handlers::GetReport);
    ASSERT_TRUE(read.ok()) << read.status();
    page = *read;
    for (const auto& row : page.rows()) schools.push_back(CellText(row.cells(1)));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(schools, ElementsAre("2141000001", "2141000009"));
  EXPECT_EQ(CellText(page.total().cells(14)), "5") << "p1 to p3, a and e; d dropped out";
  request.clear_page_token();
  request.set_period("2023");
  EXPECT_EQ(Reason(As("r", "411728", "GetReport", request, &Handlers::GetReport)), "REPORT_PERIOD");
  request.set_period("2023-2024");
  request.set_area("areas/41");
  EXPECT_EQ(Reason(As("r", "41", "GetReport", request, &Handlers::GetReport)), "REPORT_AREA");
  request.set_report(v1::REPORT_KIND_UNSPECIFIED);
  EXPECT_EQ(Reason(As("r", "41", "GetReport", request, &Handlers::GetReport)), "FIELD_REQUIRED");
  v1::ExportReportRequest file;
  file.set_area("areas/411728");
  file.set_report(v1::REPORT_KIND_RATES);
  file.set_period("2023-2024");
  const auto csv = monitoring.Export(rpc::MakeJobCaller("r", "411728"), file);
  ASSERT_TRUE(csv.ok()) << csv.status();
  EXPECT_THAT(*csv, HasSubstr("义务教育巩固率、辍学率与入学率统计表（遂平县，2023-2024学年）.csv"));
  EXPECT_THAT(*csv, HasSubstr("区划代码,指标代码,指标,分子,分母,比率"));
  EXPECT_THAT(*csv, HasSubstr("411728,NINE_YEAR_RETENTION_RAW,九年义务教育巩固率,3,4,75.00%,4,,系统统计"));
  file.set_format(reports_v1::REPORT_FORMAT_XLSX);
  EXPECT_THAT(*monitoring.Export(rpc::MakeJobCaller("r", "411728"), file), HasSubstr(".xlsx\nPK"));
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
