// Comparisons and ledgers as rules: digest 3.1, 3.3, DR-08, DR-28.
#include "services/dropout_monitoring/population_rules.h"

#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/load_file.h"
#include "services/dropout_monitoring/child_ledger_rules.h"
#include "services/dropout_monitoring/population_figure_rules.h"
#include "tests/dropout_monitoring/fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kPolicyHead[] = "region,valid_from,entry_age,last_age,last_grade,transfer_days,run_day,source\n";
constexpr char kKindHead[] = "kind,is_out,opens_case,channel,label_zh,label_en,source\n";

class PopulationRules : public ::testing::Test {
 protected:
  ComparisonDay On(int month, int day) const {
    const ComparisonBook& book = ShippedStandards().comparisons;
    return {book, **book.InForce("411728000000", absl::CivilDay(2023, month, day)), absl::CivilDay(2023, month, day),
            SchoolYear{2023}, absl::CivilDay(2023, 9, 30)};
  }
  static PupilFacts Pupil(const std::string& status = "ENROLLED", const std::string& stage = "PRI",
                          const std::string& grade = "3") {
    PupilFacts pupil;
    pupil.status = status;
    pupil.stage = stage;
    pupil.grade = grade;
    pupil.birth_date = absl::CivilDay(2014, 3, 15);
    pupil.status_from = absl::CivilDay(2023, 9, 1);
    return pupil;
  }
  static std::string Text(const std::vector<v1::ComparisonKind>& kinds) {
    std::string text;
    for (const auto kind : kinds) {
      absl::StrAppend(&text, text.empty() ? "" : " ", v1::ComparisonKind_Name(kind).substr(16));
    }
    return text;
  }
  std::string Found(const PupilFacts& pupil, int month = 10, int day = 9) const {
    return Text(FindingsOf(On(month, day), pupil));
  }
  static ComparisonCodes Codes() { return ShippedStandards().comparisons.codes(); }
  static std::string Wrong(const std::string& policies, const std::string& kinds) {
    return ReasonOf(ComparisonBook::Parse(policies, kinds, Codes(), RegionPathByDigits).status());
  }
};

TEST_F(PopulationRules, WhatThreeRegistersSayOfAPupil) {
  EXPECT_EQ(Found(Pupil()), "");
  EXPECT_EQ(Found(Pupil("SUSPENDED")), "") << "registered, not attending, no dropout (3.1)";
  EXPECT_EQ(Found(Pupil("HOME_TAUGHT")), "");
  EXPECT_EQ(Found(Pupil("SUSPECTED")), "REGISTER_DROPOUT");
  EXPECT_EQ(Found(Pupil("DROPPED")), "REGISTER_DROPOUT");
  EXPECT_EQ(Found(Pupil("GRADUATED", "PRI", "6")), "NOT_ENROLLED") << "left grade 6 for no school";
  EXPECT_EQ(Found(Pupil("GRADUATED", "PRI", "6"), 9, 30), "") << "the register is counted on the census date";
  EXPECT_EQ(Found(Pupil("GRADUATED", "JUN", "9")), "") << "through with the last grade";
  EXPECT_EQ(Found(Pupil("DROPPED", "JUN", "9")), "REGISTER_DROPOUT") << "has not finished it";
  EXPECT_EQ(Found(Pupil("DROPPED", "VOC", "V1")), "") << "beyond the compulsory grades";
  for (const char* gone : {"TRANSFERRED", "DECEASED", "EMIGRATED"}) EXPECT_EQ(Found(Pupil(gone)), "") << gone;
  EXPECT_EQ(Found(Pupil("ENROLLED", "PRE", "P3")), "NEVER_ENROLLED") << "nine years old in a kindergarten";
  PupilFacts elsewhere = Pupil("DROPPED");
  elsewhere.elsewhere = true;
  EXPECT_EQ(Found(elsewhere), "");
}

TEST_F(PopulationRules, WhoIsOnTheRollAndNotThere) {
  PupilFacts away = Pupil();
  away.suspected = away.unmarked = true;
  EXPECT_EQ(Found(away), "ON_ROLL_ABSENT");
  away.suspected = false;
  EXPECT_EQ(Found(away), "ON_ROLL_UNMARKED") << "not marked is never absent (DR-28)";
  away.status = "SUSPENDED";
  EXPECT_EQ(Found(away), "");
}

TEST_F(PopulationRules, ATransferThatNobodyConfirmsIsSuspectedAfterItsDays) {
  PupilFacts leaving = Pupil("TRANSFER_OUT_PENDING");
  EXPECT_EQ(Found(leaving, 10, 1), "") << "30 days";
  EXPECT_EQ(Found(leaving, 10, 2), "TRANSFER_UNCONFIRMED");
  leaving.status_from.reset();
  EXPECT_EQ(Found(leaving), "");
}

TEST_F(PopulationRules, SchoolAgeIsSixToFifteenOnTheLastOfAugust) {
  const ComparisonDay day = On(10, 9);
  EXPECT_TRUE(OfSchoolAge(day, absl::CivilDay(2017, 8, 31)));
  EXPECT_FALSE(OfSchoolAge(day, absl::CivilDay(2017, 9, 1)));
  EXPECT_TRUE(OfSchoolAge(day, absl::CivilDay(2007, 9, 1)));
  EXPECT_FALSE(OfSchoolAge(day, absl::CivilDay(2007, 8, 31)));
  PupilFacts old = Pupil("DROPPED");
  old.birth_date = absl::CivilDay(2007, 8, 31);
  EXPECT_EQ(Found(old), "");
  old.birth_date.reset();
  EXPECT_EQ(Found(old), "");
}

TEST_F(PopulationRules, AResidentInNoRegister) {
  ResidentFacts child;
  child.birth_date = absl::CivilDay(2016, 3, 1);
  const auto found = [&](int month, int day) { return Text(FindingsOf(On(month, day), child)); };
  EXPECT_EQ(found(10, 9), "DOOR_TO_DOOR");
  child.in_register = true;
  EXPECT_EQ(found(9, 2), "NEVER_ENROLLED") << "seven years: nobody waits";
  child.birth_date = absl::CivilDay(2017, 3, 1);
  EXPECT_EQ(found(9, 30), "") << "the six-year-olds may still come";
  EXPECT_EQ(found(10, 1), "NEVER_ENROLLED");
  child.expected = false;
  EXPECT_EQ(found(10, 9), "");
  child.expected = true;
  child.known = true;
  EXPECT_EQ(found(10, 9), "");
}

TEST_F(PopulationRules, SupportedHouseholdsAreFlaggedWhenTheirChildIsOut) {
  const ComparisonDay day = On(10, 9);
  std::vector<v1::ComparisonKind> kinds = {v1::COMPARISON_KIND_REGISTER_DROPOUT};
  AddSupported(day, false, {"D1"}, &kinds);
  EXPECT_EQ(Text(kinds), "REGISTER_DROPOUT") << "civil affairs is another base";
  AddSupported(day, false, {"D1", "M2"}, &kinds);
  EXPECT_EQ(Text(kinds), "REGISTER_DROPOUT SUPPORTED_DROPOUT");
  kinds = {v1::COMPARISON_KIND_ON_ROLL_UNMARKED};
  AddSupported(day, false, {"P2"}, &kinds);
  EXPECT_EQ(Text(kinds), "ON_ROLL_UNMARKED") << "not out";
  kinds.clear();
  AddSupported(day, true, {"P2"}, &kinds);
  EXPECT_EQ(Text(kinds), "SUPPORTED_DROPOUT") << "out by its case";
}

TEST_F(PopulationRules, TheTablesAreChecked) {
  const std::string nation = std::string(kPolicyHead) + ",2020-09-01,6,15,9,30,5,s\n";
  std::string kinds = kKindHead;
  for (int kind = v1::ComparisonKind_MIN + 1; kind <= v1::ComparisonKind_MAX; ++kind) {
    absl::StrAppend(&kinds, v1::ComparisonKind_Name(static_cast<v1::ComparisonKind>(kind)).substr(16),
                    ",1,1,COMPARISON,a,b,s\n");
  }
  EXPECT_EQ(Wrong(nation, kinds), "");
  const std::string head = kPolicyHead;
  for (const std::string& policies :
       {head, head + ",2020-09-01,7,6,9,30,5,s\n", head + ",2020-09-01,0,15,9,30,5,s\n",
        head + ",2020-09-01,6,15,,30,5,s\n", head + ",2020-09-01,6,15,9,30,5,\n",
        nation + ",2020-09-01,7,15,9,30,5,s\n", head + ",2020-09-01,6,15,9,30,0,s\n",
        head + ",2020-09-01,6,15,9,30,29,s\n", head + "410000000000,2020-09-01,6,15,9,30,5,s\n"}) {
    EXPECT_EQ(Wrong(policies, kinds), "DATA_FILE") << policies;
  }
  const std::string kind_head = kKindHead;
  for (const std::string& wrong :
       {kind_head, kinds + "NEVER_ENROLLED,1,1,COMPARISON,a,b,s\n", kinds + "OTHER,1,1,COMPARISON,a,b,s\n",
        kind_head + "NEVER_ENROLLED,2,1,COMPARISON,a,b,s\n", kind_head + "NEVER_ENROLLED,1,1,ABSENCE,a,b,s\n",
        kind_head + "NEVER_ENROLLED,1,1,COMPARISON,a,b,\n"}) {
    EXPECT_EQ(Wrong(nation, wrong), "DATA_FILE") << wrong;
  }
  const auto seven =
      ComparisonBook::Parse(nation + "640000000000,2021-09-01,7,15,9,30,5,s\n", kinds, Codes(), RegionPathByDigits);
  EXPECT_EQ((*seven->InForce("640422000000", absl::CivilDay(2023, 9, 1)))->entry_age, 7) << "a region may set 7";
  EXPECT_EQ((*seven->InForce("640422000000", absl::CivilDay(2020, 9, 1)))->entry_age, 6);
  EXPECT_EQ(ReasonOf(seven->InForce("640422000000", absl::CivilDay(2019, 9, 1)).status()), "CASE_POLICY_MISSING");
}

TEST_F(PopulationRules, ASourceOfResidentsStatesItsRetention) {
  const std::string nation = std::string(kPolicyHead) + ",2020-09-01,6,15,9,30,5,s\n";
  const std::string kinds = *LoadFile(RURALEDU_SOURCE_DIR "/deploy/policies/dropout_monitoring/comparison_kinds.csv");
  const std::string head =
      "code,label_zh,label_en,valid_from,valid_to,standard,source,register,retention_days,synonyms\n";
  for (const char* days : {"", "-1", "a year"}) {
    ComparisonCodes codes = Codes();
    codes.sources = *CodeList::Parse("resident_source", absl::StrCat(head, "POLICE,户籍,,,,,s,yes,", days, ",\n"));
    EXPECT_EQ(ReasonOf(ComparisonBook::Parse(nation, kinds, std::move(codes), RegionPathByDigits).status()),
              "DATA_FILE")
        << days;
  }
}

TEST_F(PopulationRules, ACountyIsDueOnceAMonth) {  // DR-27
  ComparisonPolicy policy;
  policy.run_day = 5;
  const auto due = [&](absl::CivilDay today, std::optional<absl::CivilDay> compared) {
    return ComparisonDue(policy, today, compared);
  };
  const absl::CivilDay fifth(2023, 10, 5);
  EXPECT_FALSE(due(fifth - 1, std::nullopt));
  EXPECT_TRUE(due(fifth, std::nullopt));
  EXPECT_TRUE(due(fifth, absl::CivilDay(2023, 9, 30)));
  EXPECT_TRUE(due(fifth + 20, fifth - 1)) << "late, but this month";
  EXPECT_FALSE(due(fifth + 20, fifth));
  EXPECT_FALSE(due(absl::CivilDay(2023, 11, 4), fifth));
  EXPECT_TRUE(due(absl::CivilDay(2023, 11, 5), fifth));
}

TEST_F(PopulationRules, HowLongSomebodyIsKeptWhomNoRegisterKnows) {  // 7.7
  const ComparisonBook& book = ShippedStandards().comparisons;
  const ComparisonPolicy& policy = On(10, 9).policy;
  const auto until = [&](int born, const std::vector<std::string>& sources) {
    v1::Resident child;
    if (born != 0) *child.mutable_birth_date() = Date(born);
    for (const std::string& source : sources) child.add_sources(source);
    SetKeepUntil(book, policy, &child);
    return DayOf(child.keep_until());
  };
  EXPECT_EQ(until(20140831, {"POLICE"}), absl::CivilDay(2031, 8, 31))
      << "15 on the day, 2029; that school year; a year";
  EXPECT_EQ(until(20140901, {"POLICE"}), absl::CivilDay(2032, 8, 30)) << "a year later, 365 days";
  EXPECT_EQ(until(20140831, {}), absl::CivilDay(2030, 8, 31)) << "no source keeps it";
  EXPECT_EQ(until(0, {"POLICE"}), std::nullopt) << "erased";
}

TEST_F(PopulationRules, ARowOfAListIsMadeGood) {
  const ComparisonBook& book = ShippedStandards().comparisons;
  const absl::CivilDay today(2023, 10, 9);
  const auto normalise = [&](v1::Resident row) { return ReasonOf(Normalise(book, "411728", today, &row)); };
  v1::Resident row;
  row.set_display_name(" 王小明 ");
  row.set_id_number("４１１７００２０１６０８３１９０２５");
  row.set_village("411728103001");
  v1::Resident good = row;
  ASSERT_TRUE(Normalise(book, "411728", today, &good).ok());
  EXPECT_EQ(good.display_name(), "王小明");
  EXPECT_EQ(good.id_number(), "411700201608319025");
  EXPECT_EQ(DayOf(good.birth_date()), absl::CivilDay(2016, 8, 31));
  EXPECT_EQ(good.area(), "411728103");
  v1::Resident bad = row;
  bad.set_id_number("411700201608319026");
  EXPECT_EQ(normalise(bad), "ID_CHECK");
  bad = row;
  bad.clear_id_number();
  EXPECT_EQ(normalise(bad), "VALUE_REQUIRED");
  *bad.mutable_birth_date() = Date(20231010);
  EXPECT_EQ(normalise(bad), "DATE_INVALID");
  bad = row;
  bad.set_display_name("");
  EXPECT_EQ(normalise(bad), "VALUE_REQUIRED");
  bad.set_display_name("a\x01");
  EXPECT_EQ(normalise(bad), "NAME_FORMAT");
  for (const char* village : {"", "411728103", "640422103001", "41172810300a"}) {
    bad = row;
    bad.set_village(village);
    EXPECT_EQ(normalise(bad), "REGION_CODE") << village;
  }
  bad = row;
  bad.set_whereabouts("MARS");
  EXPECT_EQ(normalise(bad), "CODE_UNKNOWN");
}

TEST_F(PopulationRules, ADecisionHoldsForLaterRuns) {
  v1::Resident child;
  MatchResident("", "", {"a", "b"}, &child);
  EXPECT_EQ(child.match(), v1::RESIDENT_MATCH_WEAK);
  EXPECT_EQ(ReasonOf(DecideMatch("c", "w", absl::CivilDay(2023, 10, 9), &child)), "CANDIDATE_UNKNOWN");
  v1::Resident other = child;
  ASSERT_TRUE(DecideMatch("", "w", absl::CivilDay(2023, 10, 9), &other).ok());
  EXPECT_EQ(ReasonOf(DecideMatch("a", "w", absl::CivilDay(2023, 10, 9), &other)), "REVIEW_DECIDED");
  MatchResident("", "", {"a", "b"}, &other);
  EXPECT_EQ(other.match(), v1::RESIDENT_MATCH_NONE) << "none of them, still";
  MatchResident("", "", {"a", "c"}, &other);
  EXPECT_EQ(other.match(), v1::RESIDENT_MATCH_WEAK);
  EXPECT_THAT(other.candidates(), ElementsAre("c")) << "somebody new";
  ASSERT_TRUE(DecideMatch("a", "w", absl::CivilDay(2023, 10, 9), &child).ok());
  MatchResident("", "", {}, &child);
  EXPECT_EQ(child.match(), v1::RESIDENT_MATCH_DECIDED);
  EXPECT_EQ(child.student(), "a");
  EXPECT_THAT(child.candidates(), IsEmpty());
}

TEST_F(PopulationRules, WhatAListLeavesEmptyStays) {
  v1::Resident child, row;
  row.set_display_name("王小明");
  row.set_address("一组");
  TakeResident(row, "POLICE", absl::CivilDay(2023, 9, 5), &child);
  row.clear_address();
  row.set_whereabouts("WORKING");
  TakeResident(row, "HOUSE_VISIT", absl::CivilDay(2023, 9, 1), &child);
  TakeResident(row, "POLICE", absl::CivilDay(2023, 9, 1), &child);
  EXPECT_EQ(child.address(), "一组");
  EXPECT_EQ(child.whereabouts(), "WORKING");
  EXPECT_THAT(child.sources(), ElementsAre("HOUSE_VISIT", "POLICE"));
  EXPECT_EQ(DayOf(child.listed_on()), absl::CivilDay(2023, 9, 5)) << "an older list that comes later";
}

TEST_F(PopulationRules, DifferencesToTheRunBefore) {
  v1::ComparisonFinding before;
  before.set_kind(v1::COMPARISON_KIND_NEVER_ENROLLED);
  v1::ComparisonFinding over;
  over.set_kind(v1::COMPARISON_KIND_DOOR_TO_DOOR);
  v1::ComparisonRun run;
  CountKinds({v1::COMPARISON_KIND_NEVER_ENROLLED, v1::COMPARISON_KIND_SUPPORTED_DROPOUT}, {before, over}, &run);
  ASSERT_EQ(run.kinds_size(), 3);
  EXPECT_EQ(run.kinds(0).still(), 1);
  EXPECT_EQ(run.kinds(0).fresh(), 0);
  EXPECT_EQ(run.kinds(1).kind(), v1::COMPARISON_KIND_SUPPORTED_DROPOUT);
  EXPECT_EQ(run.kinds(1).fresh(), 1);
  EXPECT_EQ(run.kinds(2).gone(), 1);
}

TEST_F(PopulationRules, LedgersSignOffWhatIsSettled) {
  const auto made = [](const std::string& id, v1::CaseState state, v1::CaseOutcome outcome = {}) {
    v1::Case file;
    file.set_name(id);
    file.set_area("411728103/s1");
    file.set_state(state);
    file.set_outcome(outcome);
    return file;
  };
  v1::Case trial = made("c3", v1::CASE_STATE_RETURNED_TRIAL);
  EXPECT_EQ(LedgerOf(trial), v1::LEDGER_KIND_SUSPECTED);
  trial.add_spans();
  EXPECT_EQ(LedgerOf(trial), v1::LEDGER_KIND_DROPPED) << "it was confirmed";
  EXPECT_EQ(LedgerOf(made("c", v1::CASE_STATE_EXEMPT)), v1::LEDGER_KIND_UNSPECIFIED);
  const v1::Case confirmed = made("c1", v1::CASE_STATE_CONFIRMED);
  const v1::Case suspected = made("c2", v1::CASE_STATE_SUSPECTED), fresh = made("c4", v1::CASE_STATE_VERIFYING);
  const v1::Case alarm = made("c5", v1::CASE_STATE_CLOSED, v1::CASE_OUTCOME_FALSE_ALARM);
  v1::ChildLedger ledger;
  ledger.set_kind(v1::LEDGER_KIND_SUSPECTED);
  ledger.set_state(v1::LEDGER_STATE_PREPARED);
  ledger.set_prepared_by("a");
  FillLedger({confirmed, suspected, fresh, trial}, {confirmed, suspected, alarm}, &ledger);
  EXPECT_EQ(ledger.children(), 2);
  EXPECT_EQ(ledger.fresh(), 1);
  EXPECT_EQ(ledger.signed_off(), 2);
  ASSERT_EQ(ledger.lines_size(), 4);
  EXPECT_EQ(ledger.lines(0).signed_off(), "CONFIRMED") << "it goes on in the ledger of dropouts";
  EXPECT_EQ(ledger.lines(1).signed_off(), "");
  EXPECT_EQ(ledger.lines(3).signed_off(), "FALSE_ALARM");
  for (const auto& [state, why] :
       {std::pair(v1::CASE_STATE_MOVED_CONFIRMED, "MOVED"), std::pair(v1::CASE_STATE_DECEASED, "DECEASED"),
        std::pair(v1::CASE_STATE_EXEMPT, "EXEMPT")}) {
    EXPECT_EQ(SignedOff(v1::LEDGER_KIND_DROPPED, made("c", state)), why);
  }
  EXPECT_EQ(ReasonOf(SignLedger("a", absl::CivilDay(2023, 10, 9), &ledger)), "ROLE_HELD");
  EXPECT_TRUE(SignLedger("b", absl::CivilDay(2023, 10, 9), &ledger).ok());
  EXPECT_EQ(ReasonOf(SignLedger("c", absl::CivilDay(2023, 10, 9), &ledger)), "STATE_TRANSITION");
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
