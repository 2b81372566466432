// Every row of digest 2.2 to 2.4, written out again from its tables: what the files hold, and what a pupil gets by each
// row alone at its first and last term, of each kind, stage, grade, boarding or not, with each condition missing.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

enum Who { kHousehold, kHardship, kToday, kFour, kPoorOrDisabled, kDisabled, kEverybody };
enum Rhythm { kHalves, kAutumnOnly, kSchoolYear, kCharge };

// Kinds of 2.1; `D1` and `D2` of the four groups count in rural areas only.
std::set<std::string> KindsOf(Who who) {
  std::set<std::string> household = {"P2", "M1", "M2", "M3"};
  std::set<std::string> others = {"D1", "D2", "D3", "O1", "O2", "X1", "X2", "R1", "R2", "W1", "E1", "N1"};
  if (who == kHousehold) return household;
  if (who == kEverybody) return {};
  if (who == kDisabled) return {"X1"};
  if (who == kFour) others = {"X1", "D1", "D2"};
  if (who == kPoorOrDisabled) others = {"X1"};
  if (who != kToday) household.insert("P1");
  others.merge(household);
  return others;
}

struct Row {
  const char *code, *stages;
  Who who;
  const char* boarding;
  int64_t yuan;  // per year; per term where the charge is the amount
  Rhythm rhythm;
  const char *from, *until, *marks;
  const char* conditions;  // of the row
  const char* years;
  const char* given;  // conditions of the way by which the pupils here come in
  v1::Confidence confidence;
};

constexpr v1::Confidence H = v1::CONFIDENCE_HIGH, M = v1::CONFIDENCE_MEDIUM, L = v1::CONFIDENCE_LOW;
constexpr char kSp[] = "2022-2023-2";

const Row kRows[] = {
    // 2.2
    {"SP_PRE_FEE", "PRE", kHousehold, "", 600, kHalves, kSp, "", "", "", "", "", H},
    {"SP_PRE_LIV", "PRE", kHousehold, "", 400, kHalves, kSp, "", "", "", "", "", H},
    {"SP_COMP_WAIVE", "PRI JUN", kEverybody, "", 0, kHalves, kSp, "", "", "", "", "", H},
    {"SP_LIV_B_PRI", "PRI", kHousehold, "BOARDING", 1000, kHalves, kSp, "", "", "", "", "", H},
    {"SP_LIV_B_JUN", "JUN", kHousehold, "BOARDING", 1250, kHalves, kSp, "", "", "", "", "", H},
    {"SP_LIV_N_PRI", "PRI", kHousehold, "DAY", 500, kHalves, kSp, "", "", "", "", "", H},
    {"SP_LIV_N_JUN", "JUN", kHousehold, "DAY", 625, kHalves, kSp, "", "", "", "", "", H},
    {"SP_NUTR", "PRI JUN", kHousehold, "", 800, kHalves, kSp, "", "", "", "", "", H},
    {"SP_HS_FEE", "HS", kHousehold, "", 1600, kHalves, kSp, "", "", "", "", "", H},
    {"SP_HS_GRANT", "HS", kHousehold, "", 3000, kHalves, kSp, "", "", "", "", "", H},
    {"SP_VOC_FEE", "VOC", kHousehold, "", 1200, kHalves, kSp, "", "", "FULL_TIME_FORMAL", "", "", H},
    {"SP_VOC_GRANT", "VOC", kHousehold, "", 2000, kHalves, kSp, "2024-2025-1", "", "", "1 2", "", H},
    {"SP_VOC_GRANT", "VOC", kHousehold, "", 2000, kHalves, "2024-2025-2", "", "", "", "1 2 3", "", H},
    {"SP_UG", "COL UG", kHousehold, "", 4000, kHalves, kSp, "", "", "IN_PROVINCE", "", "", H},
    {"SP_MA", "MA", kHousehold, "", 6000, kHalves, kSp, "", "", "IN_PROVINCE", "", "", H},
    {"SP_PHD", "PHD", kHousehold, "", 12000, kHalves, kSp, "", "", "IN_PROVINCE", "", "", H},
    {"SP_YULU", "COL", kHousehold, "", 3000, kHalves, kSp, "", "", "", "", "", H},
    {"SP_LOAN_UG", "COL UG", kHousehold, "", 12000, kSchoolYear, "2022-2023-1", "", "CEILING", "", "", "", H},
    {"SP_LOAN_PG", "MA PHD", kHousehold, "", 16000, kSchoolYear, "2022-2023-1", "", "CEILING", "", "", "", H},
    {"SP_FRESH_IN", "COL UG", kHousehold, "", 500, kAutumnOnly, kSp, "", "", "FRESHMAN IN_PROVINCE", "", "", H},
    {"SP_FRESH_OUT", "COL UG", kHousehold, "", 1000, kAutumnOnly, kSp, "", "", "FRESHMAN OUT_OF_PROVINCE", "", "", H},
    // 2.3
    {"CN_LIV_B_PRI", "PRI", kHardship, "BOARDING", 1000, kHalves, "2011-2012-1", "2023-2024-1", "BASE", "", "", "", H},
    {"CN_LIV_B_PRI", "PRI", kHardship, "BOARDING", 1250, kHalves, "2023-2024-2", "", "BASE", "", "", "", H},
    {"CN_LIV_B_JUN", "JUN", kHardship, "BOARDING", 1250, kHalves, "2011-2012-1", "2023-2024-1", "BASE", "", "", "", H},
    {"CN_LIV_B_JUN", "JUN", kHardship, "BOARDING", 1500, kHalves, "2023-2024-2", "", "BASE", "", "", "", H},
    {"CN_LIV_N_PRI", "PRI", kFour, "DAY", 500, kHalves, "2019-2020-1", "2023-2024-1", "BASE", "", "", "", H},
    {"CN_LIV_N_PRI", "PRI", kFour, "DAY", 625, kHalves, "2023-2024-2", "", "BASE", "", "", "", H},
    {"CN_LIV_N_JUN", "JUN", kFour, "DAY", 625, kHalves, "2019-2020-1", "2023-2024-1", "BASE", "", "", "", H},
    {"CN_LIV_N_JUN", "JUN", kFour, "DAY", 750, kHalves, "2023-2024-2", "", "BASE", "", "", "", H},
    {"CN_HS_GRANT", "HS", kHardship, "", 2000, kHalves, "2014-2015-2", "2024-2025-1", "AVERAGE RANGE", "", "", "", H},
    {"CN_HS_GRANT", "HS", kHardship, "", 2300, kHalves, "2024-2025-2", "", "AVERAGE RANGE", "", "", "", H},
    {"CN_HS_WAIVE", "HS", kFour, "", 1234, kCharge, "2016-2017-1", "", "BASE_BY_SCOPE ACTUAL", "", "", "", H},
    {"NX_HS_WAIVE", "HS", kFour, "", 800, kHalves, "2023-2024-2", "", "", "", "", "", H},
    {"CN_VOC_WAIVE", "VOC", kHardship, "", 1234, kCharge, "2012-2013-1", "", "BASE_BY_SCOPE ACTUAL",
     "NOT_PERFORMING_ARTS", "1 2 3", "FULL_TIME_FORMAL", H},
    {"CN_VOC_GRANT", "VOC", kHardship, "", 2000, kHalves, "2014-2015-2", "2024-2025-1", "AVERAGE", "", "1 2", "", H},
    {"CN_VOC_GRANT", "VOC", kHardship, "", 2300, kHalves, "2024-2025-2", "", "AVERAGE", "", "1 2 3", "", H},
    {"CN_VOC_SCHOLAR", "VOC", kEverybody, "", 6000, kAutumnOnly, "2019-2020-1", "", "BASE", "SELECTED", "", "", H},
    {"CN_UG_GRANT", "COL UG", kHardship, "", 3300, kHalves, "2018-2019-2", "2023-2024-2", "AVERAGE RANGE", "", "", "",
     H},
    {"CN_UG_GRANT", "COL UG", kHardship, "", 3700, kHalves, "2024-2025-1", "", "AVERAGE RANGE", "", "", "", H},
    {"CN_UG_VET", "COL UG", kEverybody, "", 3300, kHalves, "2018-2019-2", "2023-2024-2", "BASE", "DISCHARGED_SOLDIER",
     "", "", H},
    {"CN_UG_VET", "COL UG", kEverybody, "", 3700, kHalves, "2024-2025-1", "", "BASE", "DISCHARGED_SOLDIER", "", "", H},
    {"CN_UG_SCHOLAR", "COL UG", kEverybody, "", 8000, kAutumnOnly, "2007-2008-1", "2023-2024-2", "BASE", "SELECTED", "",
     "", M},
    {"CN_UG_SCHOLAR", "COL UG", kEverybody, "", 10000, kAutumnOnly, "2024-2025-1", "", "BASE", "SELECTED", "", "", H},
    {"CN_UG_INSPIRE", "COL UG", kHardship, "", 5000, kAutumnOnly, "2007-2008-1", "2023-2024-2", "BASE", "SELECTED",
     "2 3 4 5 6 7 8", "", M},
    {"CN_UG_INSPIRE", "COL UG", kHardship, "", 6000, kAutumnOnly, "2024-2025-1", "", "BASE", "SELECTED",
     "2 3 4 5 6 7 8", "", H},
    {"CN_MA_GRANT", "MA", kEverybody, "", 6000, kHalves, "2014-2015-1", "", "BASE", "FULL_TIME_FORMAL", "", "", H},
    {"CN_PHD_GRANT", "PHD", kEverybody, "", 13000, kHalves, "2016-2017-2", "", "BASE", "FULL_TIME_FORMAL", "", "", H},
    {"CN_PHD_GRANT_CENTRAL", "PHD", kEverybody, "", 15000, kHalves, "2016-2017-2", "", "BASE",
     "FULL_TIME_FORMAL CENTRAL_UNIVERSITY", "", "", H},
    {"HN_PRE_LIV", "PRE", kToday, "", 400, kHalves, "2022-2023-1", "", "", "", "",
     "KINDERGARTEN_APPROVED KINDERGARTEN_INCLUSIVE", L},
    {"NX_PRE_FEE", "PRE", kPoorOrDisabled, "", 1500, kHalves, "2016-2017-2", "", "", "KINDERGARTEN_APPROVED", "",
     "RURAL_HOUSEHOLD", H},
    {"NX_SPE_FUNDS", "PRI JUN", kDisabled, "", 6000, kHalves, "2016-2017-2", "", "", "SPECIAL_EDUCATION", "", "", M},
    {"NX_PRE_MEAL", "PRE", kPoorOrDisabled, "", 900, kHalves, "2016-2017-2", "", "", "KINDERGARTEN_APPROVED", "",
     "RURAL_HOUSEHOLD", H},
    {"CN_PRE_WAIVE", "PRE", kEverybody, "", 1000, kCharge, "2025-2026-1", "", "BASE_BY_SCOPE ACTUAL", "", "3",
     "SCHOOL_PUBLIC", H},
    // 2.4
    {"CN_LOAN_UG", "COL UG", kHardship, "", 8000, kSchoolYear, "2014-2015-1", "2020-2021-2", "CEILING", "", "", "", H},
    {"CN_LOAN_UG", "COL UG", kHardship, "", 12000, kSchoolYear, "2021-2022-1", "2022-2023-2", "CEILING", "", "", "", H},
    {"CN_LOAN_UG", "COL UG", kHardship, "", 16000, kSchoolYear, "2023-2024-1", "2023-2024-2", "CEILING", "", "", "", H},
    {"CN_LOAN_UG", "COL UG", kHardship, "", 20000, kSchoolYear, "2024-2025-1", "", "CEILING", "", "", "", H},
    {"CN_LOAN_PG", "MA PHD", kHardship, "", 12000, kSchoolYear, "2014-2015-1", "2020-2021-2", "CEILING", "", "", "", H},
    {"CN_LOAN_PG", "MA PHD", kHardship, "", 16000, kSchoolYear, "2021-2022-1", "2022-2023-2", "CEILING", "", "", "", H},
    {"CN_LOAN_PG", "MA PHD", kHardship, "", 20000, kSchoolYear, "2023-2024-1", "2023-2024-2", "CEILING", "", "", "", H},
    {"CN_LOAN_PG", "MA PHD", kHardship, "", 25000, kSchoolYear, "2024-2025-1", "", "CEILING", "", "", "", H},
    {"CN_YULU", "COL", kHousehold, "", 3000, kHalves, "2021-2022-1", "", "", "", "", "", M},
};

std::vector<std::string> Words(std::string_view text) {
  return absl::StrSplit(text, ' ', absl::SkipEmpty());
}

Term TermOf(std::string_view text) {
  return ParseTerm(text).value();
}

bool Holds(const Row& row, const Term& term) {
  return TermOf(row.from) <= term && (*row.until == '\0' || term <= TermOf(row.until));
}

// What the row gives in the term, -1 for nothing.
int64_t Due(const Row& row, const Term& term) {
  if (!Holds(row, term)) return -1;
  const bool autumn = term.season == Season::kAutumn;
  switch (row.rhythm) {
    case kAutumnOnly:
      return autumn ? row.yuan * 100 : -1;
    case kHalves:
      return row.yuan * 50;
    default:
      return row.yuan * 100;
  }
}

// A book with one code only: what becomes of a row beside no other.
const PolicyBook& Alone(const std::string& code) {
  static auto* books = new std::map<std::string, PolicyBook>;
  const auto found = books->find(code);
  if (found != books->end()) return found->second;
  std::vector<v1::PolicySet> sets;
  for (v1::PolicySet set : ShippedSets()) {
    auto* items = set.mutable_items();
    for (int i = items->size() - 1; i >= 0; --i) {
      if (items->Get(i).code() != code) items->DeleteSubrange(i, 1);
    }
    if (!items->empty()) sets.push_back(std::move(set));
  }
  return books->emplace(code, PolicyBook::Create(sets, ShippedCalendar()).value()).first->second;
}

void SetCondition(std::string_view name, bool on, const Row& row, const Term& term, v1::PupilFacts* facts) {
  if (name == "FULL_TIME_FORMAL") facts->set_full_time_formal(on);
  if (name == "IN_PROVINCE") facts->set_school_in_province(on);
  if (name == "OUT_OF_PROVINCE") facts->set_school_in_province(!on);
  if (name == "KINDERGARTEN_APPROVED") facts->set_kindergarten_approved(on);
  if (name == "KINDERGARTEN_INCLUSIVE") facts->set_kindergarten_inclusive(on);
  if (name == "NOT_PERFORMING_ARTS") facts->set_performing_arts_major(!on);
  if (name == "RURAL_HOUSEHOLD") facts->set_rural_household(on);
  if (name == "SCHOOL_PUBLIC") facts->set_school_public(on);
  if (name == "DISCHARGED_SOLDIER") facts->set_discharged_soldier(on);
  if (name == "CENTRAL_UNIVERSITY") facts->set_central_university(on);
  if (name == "FRESHMAN") facts->set_freshman_year(on ? term.year.start : term.year.start - 1);
  if (name == "SPECIAL_EDUCATION") facts->set_special_education(on);
  if (name == "SELECTED") facts->clear_selected();
  if (name == "SELECTED" && on) facts->add_selected(row.code);
}

std::string RegionOf(std::string_view code) {
  return code.starts_with("SP") ? "411728000000" : code.starts_with("HN") ? "410122000000" : "640422000000";
}

// Of the grades of a stage one that the row takes.
std::string GradeFor(const Row& row, std::string_view stage) {
  const auto years = Words(row.years);
  for (const char* grade : {"P1", "P2", "P3", "1", "7", "10", "V1", "2"}) {
    const int year = StudyYear(StageIndex(stage), grade);
    if (year > 0 && (years.empty() || years[0] == std::to_string(year))) return grade;
  }
  return "";
}

void SetKind(const std::string& kind, const char* area, v1::PupilFacts* facts) {
  facts->clear_hardships();
  if (!kind.empty()) AddKind(facts, kind, 20000101, 0, 0, area);
}

// Somebody whom the row means in the term.
v1::PupilFacts Meant(const Row& row, const Term& term) {
  v1::PupilFacts facts;
  facts.set_status("ENROLLED");
  facts.set_stage(Words(row.stages)[0]);
  facts.set_grade(GradeFor(row, facts.stage()));
  facts.set_boarding(std::string_view(row.boarding) == "BOARDING");
  facts.set_school_region(RegionOf(row.code));
  SetDate((term.year.start - 4) * 10000 + 101, facts.mutable_birth_date());
  facts.mutable_charges()->set_tuition_fen(1000000);
  facts.mutable_charges()->set_accommodation_fen(1000000);
  facts.mutable_charges()->set_approved_public_tuition_fen(123400);
  facts.mutable_charges()->set_preschool_fee_fen(100000);
  for (const char* list : {row.conditions, row.given}) {
    for (const std::string& name : Words(list)) SetCondition(name, true, row, term, &facts);
  }
  if (row.who != kEverybody) SetKind(*KindsOf(row.who).rbegin(), "", &facts);
  return facts;
}

// Amount by the row alone; -1 when it is not granted.
int64_t Given(const Row& row, const Term& term, const v1::PupilFacts& facts, std::string* why = nullptr) {
  v1::EvaluateEntitlementRequest request;
  *request.mutable_facts() = facts;
  request.set_term(term.text());
  const auto decision = Evaluate(Alone(row.code), request);
  if (!decision.ok()) {
    EXPECT_EQ(ReasonOf(decision.status()), "POLICY_MISSING") << decision.status();
    return -1;
  }
  if (why != nullptr) *why = Why(*decision, row.code);
  return Fen(*decision, row.code);
}

// A term in which the row gives something.
Term Some(const Row& row) {
  const Term from = TermOf(row.from);
  return Due(row, from) >= 0 ? from : from.Next();
}

// Rows with several ways to qualify give the reason of the nearest one.
bool OneWay(const Row& row) {
  for (const v1::PolicySet& set : Alone(row.code).sets()) {
    for (const v1::PolicyItem& item : set.items()) {
      if (!item.any_of().empty()) return false;
    }
  }
  return true;
}

std::string Name(const Row& row) {
  return std::string(row.code) + " from " + row.from;
}

TEST(Digest, TheFilesHoldItsRowsAndNoOthers) {
  std::map<std::pair<std::string, std::string>, std::pair<v1::PolicySet, v1::PolicyItem>> shipped;
  for (const v1::PolicySet& set : ShippedSets()) {
    for (const v1::PolicyItem& item : set.items()) shipped[{item.code(), SpanOf(set, item).from.text()}] = {set, item};
  }
  for (const Row& row : kRows) {
    SCOPED_TRACE(Name(row));
    const auto found = shipped.find({row.code, row.from});
    ASSERT_NE(found, shipped.end());
    const auto& [set, item] = found->second;
    const TermSpan span = SpanOf(set, item);
    EXPECT_EQ(span.until ? span.until->text() : "", row.until);
    EXPECT_EQ(item.annual_fen(), row.rhythm == kCharge ? 0 : row.yuan * 100);
    EXPECT_EQ(absl::StrJoin(item.stages(), " "), row.stages);
    EXPECT_EQ(item.boarding(), row.boarding);
    EXPECT_EQ(absl::StrJoin(item.conditions(), " "), row.conditions);
    if (item.any_of().empty()) {
      EXPECT_EQ(absl::StrJoin(item.study_years(), " "), row.years);
    }
    EXPECT_EQ(item.confidence(), row.confidence);
    std::vector<std::string> marks;
    for (int mark : item.marks()) {
      marks.push_back(v1::StandardMark_Name(static_cast<v1::StandardMark>(mark)).substr(sizeof("STANDARD_MARK")));
    }
    EXPECT_EQ(absl::StrJoin(marks, " "), row.marks);
    EXPECT_EQ(item.source().starts_with("SP-4.1."), std::string_view(row.code).starts_with("SP"));
    EXPECT_FALSE(item.source().empty() || item.label_zh().empty() || item.payer().empty());
    shipped.erase(found);
  }
  for (const auto& [key, row] : shipped) ADD_FAILURE() << "not in the digest: " << key.first << " from " << key.second;
}

TEST(Digest, RowsHoldFromTheirFirstToTheirLastTerm) {
  for (const Row& row : kRows) {
    std::vector<Term> terms = {TermOf(row.from).Previous(), TermOf(row.from), TermOf(row.from).Next()};
    if (*row.until != '\0') {
      const Term until = TermOf(row.until);
      terms.insert(terms.end(), {until.Previous(), until, until.Next()});
    } else {
      terms.insert(terms.end(), {TermOf("2026-2027-1"), TermOf("2099-2100-2")});
    }
    for (const Term& term : terms) {
      int64_t due = -1;
      for (const Row& other : kRows) {
        if (std::string_view(other.code) == row.code) due = std::max(due, Due(other, term));
      }
      v1::PupilFacts facts = Meant(row, term);
      EXPECT_EQ(Given(row, term, facts), due) << Name(row) << " in " << term.text();
    }
  }
}

TEST(Digest, RowsTakeTheirKindsAndNoOthers) {
  for (const Row& row : kRows) {
    const Term term = Some(row);
    v1::PupilFacts facts = Meant(row, term);
    const std::set<std::string> kinds = KindsOf(row.who);
    for (const std::string& kind : Book().kinds()) {
      for (const char* area : {"", "RURAL", "URBAN"}) {
        const bool allowance = row.who == kFour && (kind == "D1" || kind == "D2");
        const bool takes =
            row.who == kEverybody || (kinds.contains(kind) && (!allowance || std::string_view(area) == "RURAL"));
        SetKind(kind, area, &facts);
        std::string why;
        EXPECT_EQ(Given(row, term, facts, &why), takes ? Due(row, term) : -1) << Name(row) << " " << kind << area;
        if (!takes && OneWay(row)) {
          EXPECT_EQ(why, allowance ? "KIND_AREA_URBAN" : "KIND_NOT_HELD") << Name(row) << " " << kind << area;
        }
      }
    }
    SetKind("", "", &facts);
    EXPECT_EQ(Given(row, term, facts), row.who == kEverybody ? Due(row, term) : -1) << Name(row) << " without a kind";
  }
}

TEST(Digest, RowsAreForTheirStagesGradesAndBoarding) {
  for (const Row& row : kRows) {
    const Term term = Some(row);
    const auto stages = Words(row.stages), years = Words(row.years);
    for (const std::string_view stage : Stages()) {
      for (const std::string grade :
           {"P1", "P2", "P3", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "V1", "V2", "V3", ""}) {
        const int year = StudyYear(StageIndex(stage), grade);
        if (stage == "SPE" || (year == 0 && !grade.empty())) continue;
        v1::PupilFacts facts = Meant(row, term);
        facts.set_stage(std::string(stage));
        facts.set_grade(grade);
        const bool own = std::find(stages.begin(), stages.end(), stage) != stages.end();
        const bool right = years.empty() || std::find(years.begin(), years.end(), std::to_string(year)) != years.end();
        std::string why;
        EXPECT_EQ(Given(row, term, facts, &why), own && right ? Due(row, term) : -1) << Name(row) << stage << grade;
        if (!own || (!right && OneWay(row))) {
          EXPECT_EQ(why, !own ? "STAGE_OTHER" : year == 0 ? "GRADE_NOT_STATED" : "STUDY_YEAR_OTHER") << Name(row);
        }
      }
    }
    v1::PupilFacts other = Meant(row, term);
    other.set_boarding(!other.boarding());
    std::string why;
    EXPECT_EQ(Given(row, term, other, &why), *row.boarding == '\0' ? Due(row, term) : -1) << Name(row);
    EXPECT_EQ(why, *row.boarding == '\0' ? "" : "BOARDING_OTHER") << Name(row);
  }
}

TEST(Digest, RowsNeedEachOfTheirConditions) {
  for (const Row& row : kRows) {
    const Term term = Some(row);
    for (const std::string& name : Words(row.conditions)) {
      v1::PupilFacts facts = Meant(row, term);
      SetCondition(name, false, row, term, &facts);
      std::string why;
      EXPECT_EQ(Given(row, term, facts, &why), -1) << Name(row) << " without " << name;
      EXPECT_EQ(why, Conditions()[ConditionIndex(name)].reason) << Name(row);
    }
    v1::PupilFacts left = Meant(row, term);
    left.set_status("SUSPENDED");
    std::string why;
    EXPECT_EQ(Given(row, term, left, &why), -1);
    EXPECT_EQ(why, "STATUS_NOT_ENROLLED") << Name(row);
  }
}

TEST(Digest, AgesFrom3To6OnTheLastOfAugust) {  // SP-4.1.1, DR-08
  for (const Row& row : kRows) {
    const bool limited = std::string_view(row.code) == "SP_PRE_FEE" || std::string_view(row.code) == "SP_PRE_LIV";
    const Term term = TermOf("2023-2024-2");
    if (!Holds(row, term)) continue;
    for (const auto& [birth, inside] : {std::pair{20200831, true}, std::pair{20200901, false},
                                        std::pair{20160901, true}, std::pair{20160831, false}}) {
      v1::PupilFacts facts = Meant(row, term);
      SetDate(birth, facts.mutable_birth_date());
      EXPECT_EQ(Given(row, term, facts), !limited || inside ? Due(row, term) : -1) << Name(row) << " " << birth;
    }
    v1::PupilFacts unknown = Meant(row, term);
    unknown.clear_birth_date();
    std::string why;
    EXPECT_EQ(Given(row, term, unknown, &why), limited ? -1 : Due(row, term)) << Name(row);
    if (limited) {
      EXPECT_EQ(why, "AGE_UNKNOWN");
    }
  }
}

}  // namespace
}  // namespace ruraledu::student_aid
