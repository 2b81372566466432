// Edges of single rows, ways to qualify, tiers, regions, first days; every clause and every violation once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "common/base/error.h"
#include "services/student_aid/benefit_rules.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using testing::ElementsAre;

v1::PupilFacts In(const std::string& region, v1::PupilFacts facts) {
  facts.set_school_region(region);
  return facts;
}

TEST(Ningxia, HighSchoolWaiverIsTheHigherOf800AndTheApprovedCharge) {  // NX_HS_WAIVE, DR-16
  struct Row {
    const char* term;
    int64_t tuition, approved, fen;
    bool flagged;
  };
  const Row rows[] = {
      {"2023-2024-2", 40000, 40000, 40000, false},  // the region's 800 covers all of it
      {"2023-2024-2", 30000, 40000, 30000, false},  // never above the charge
      {"2023-2024-2", 60000, 40000, 40000, false},
      {"2023-2024-2", 60000, 40001, 40001, true},  // national scope is higher
      {"2023-2024-2", 60000, 70000, 60000, true},
      {"2023-2024-2", 60000, 0, 40000, false},
  };
  for (const Row& row : rows) {
    v1::PupilFacts facts = In("640422000000", Pupil("HS", "10", true));
    facts.mutable_charges()->set_tuition_fen(row.tuition);
    facts.mutable_charges()->set_approved_public_tuition_fen(row.approved);
    const auto decision = Decide(facts, row.term);
    EXPECT_EQ(Fen(decision, "NX_HS_WAIVE"), row.fen) << row.tuition << " " << row.approved;
    EXPECT_EQ(Flagged(decision, "NX_HS_WAIVE", "STANDARD_BELOW_NATIONAL"), row.flagged);
    EXPECT_EQ(Fen(Decide(facts, "2023-2024-1"), "NX_HS_WAIVE"), -1);  // in force 2024
  }
}

TEST(Veterans, EverySoldierGetsTheGrantAndHardshipAddsNothing) {  // CN_UG_VET
  for (const char* stage : {"UG", "COL"}) {
    v1::PupilFacts soldier = In("500243000000", Pupil(stage, "1", false, {}));
    soldier.set_discharged_soldier(true);
    EXPECT_EQ(Fen(Decide(soldier, "2023-2024-2"), "CN_UG_VET"), 165000);
    EXPECT_EQ(Fen(Decide(soldier, "2024-2025-1"), "CN_UG_VET"), 185000);
    EXPECT_TRUE(Find(Decide(soldier, "2024-2025-1"), "CN_UG_VET")->kinds().empty());
    AddKind(&soldier, "N1");
    const auto decision = Decide(soldier, "2024-2025-1");
    EXPECT_EQ(Fen(decision, "CN_UG_GRANT"), 185000);  // one grant of the family
    EXPECT_EQ(Why(decision, "CN_UG_VET"), "FAMILY_LOWER");
  }
}

TEST(Scholarships, OncePerYearForThoseSelected) {  // CN_VOC_SCHOLAR
  v1::PupilFacts facts = In("500243000000", Pupil("VOC", "V2", false, {}));
  EXPECT_EQ(Why(Decide(facts, "2023-2024-1"), "CN_VOC_SCHOLAR"), "NOT_SELECTED");
  facts.add_selected("CN_VOC_SCHOLAR");
  EXPECT_EQ(Fen(Decide(facts, "2023-2024-1"), "CN_VOC_SCHOLAR"), 600000);
  EXPECT_EQ(Why(Decide(facts, "2023-2024-2"), "CN_VOC_SCHOLAR"), "NOT_THIS_TERM");
  EXPECT_EQ(Fen(Decide(facts, "2019-2020-1"), "CN_VOC_SCHOLAR"), 600000);
  EXPECT_EQ(Fen(Decide(facts, "2018-2019-1"), "CN_VOC_SCHOLAR"), -1);
  AddKind(&facts, "N1");
  EXPECT_EQ(Fen(Decide(facts, "2023-2024-1"), "CN_VOC_GRANT"), 100000);  // stacks with the grant
  facts.set_scholarship("CN_VOC_SCHOLAR");
  EXPECT_EQ(Why(Decide(facts, "2023-2024-1"), "CN_VOC_SCHOLAR"), "ALREADY_RECEIVED");
}

// Who studies, by letters: Full time, Rural household, Agriculture major, Minority area, public School, performing arts
// (X), home in a former Poor area, Kind N1.
v1::PupilFacts Vocational(std::string_view letters, const std::string& grade) {
  const auto has = [&](char letter) { return letters.find(letter) != letters.npos; };
  v1::PupilFacts facts = In("500243000000", Pupil("VOC", grade, false, {}));
  facts.set_full_time_formal(has('F'));
  facts.set_rural_household(has('R'));
  facts.set_agriculture_major(has('A'));
  facts.set_minority_area(has('M'));
  facts.set_school_public(has('S'));
  facts.set_performing_arts_major(has('X'));
  facts.set_former_poor_area(has('P'));
  if (has('K')) AddKind(&facts, "N1");
  return facts;
}

TEST(Vocational, EachWayToTheWaiver) {  // CN_VOC_WAIVE
  for (const auto& [who, grade, granted] : {std::tuple{"FR", "V3", true},
                                            {"FA", "V3", true},
                                            {"FK", "V3", true},
                                            {"FM", "V3", true},
                                            {"F", "V1", false},
                                            {"R", "V1", false},
                                            {"A", "V1", false},
                                            {"K", "V1", false},
                                            {"M", "V1", false},
                                            {"AS", "V2", true},
                                            {"AS", "V3", false},
                                            {"S", "V1", false},
                                            {"FRX", "V1", false},
                                            {"FKX", "V1", false},
                                            {"ASX", "V1", false},
                                            {"RAMK", "V1", false},
                                            {"FRAMSK", "V1", true}}) {
    EXPECT_EQ(Fen(Decide(Vocational(who, grade), "2023-2024-1"), "CN_VOC_WAIVE"), granted ? 60000 : -1) << who << grade;
  }
  EXPECT_EQ(Why(Decide(Vocational("FRX", "V1"), "2023-2024-1"), "CN_VOC_WAIVE"), "PERFORMING_ARTS");
  EXPECT_EQ(Why(Decide(Vocational("F", "V1"), "2023-2024-1"), "CN_VOC_WAIVE"), "NOT_RURAL_HOUSEHOLD");
  v1::PupilFacts late = Vocational("F", "V1");
  AddKind(&late, "N1", 20230902);  // the nearest miss
  EXPECT_EQ(Why(Decide(late, "2023-2024-1"), "CN_VOC_WAIVE"), "KIND_STARTS_LATER");
}

TEST(Vocational, EachWayToTheGrant) {  // CN_VOC_GRANT, DR-17
  for (const auto& [who, granted] : {std::pair{"FA", true},
                                     {"FK", true},
                                     {"FRP", true},
                                     {"FR", false},
                                     {"FP", false},
                                     {"F", false},
                                     {"FM", false}}) {
    EXPECT_EQ(Fen(Decide(Vocational(who, "V2"), "2024-2025-1"), "CN_VOC_GRANT"), granted ? 100000 : -1) << who;
    EXPECT_EQ(Fen(Decide(Vocational(who, "V3"), "2024-2025-1"), "CN_VOC_GRANT"), -1) << who;
    EXPECT_EQ(Fen(Decide(Vocational(who, "V3"), "2024-2025-2"), "CN_VOC_GRANT"), granted ? 115000 : -1) << who;
  }
}

// The shipped sets with a change.
PolicyBook Changed(const std::function<void(v1::PolicySet& sp, v1::PolicySet& cn)>& change) {
  std::vector<v1::PolicySet> sets = ShippedSets();
  change(sets[3], sets[0]);
  return PolicyBook::Create(sets, ShippedCalendar()).value();
}

v1::PolicyItem* ItemOf(v1::PolicySet& set, std::string_view code) {
  for (v1::PolicyItem& item : *set.mutable_items()) {
    if (item.code() == code) return &item;
  }
  return nullptr;
}

TEST(Tiers, ByTheBestLevelOfTheKindsThatQualify) {  // 2.6, digest 9 question 7
  const PolicyBook book = Changed([](auto& sp, auto&) {
    for (const int64_t fen : {290000, 200001, 100000}) ItemOf(sp, "SP_HS_GRANT")->add_tier_fen(fen);
    ItemOf(sp, "SP_HS_GRANT")->add_kinds("N1");
    ItemOf(sp, "SP_HS_GRANT")->add_kinds("D1");
  });
  const auto fen = [&](std::vector<std::pair<std::string, int>> kinds, const char* term) {
    v1::PupilFacts facts = Pupil("HS", "10", true, {});
    for (const auto& [kind, level] : kinds) {
      AddKind(&facts, kind);
      facts.mutable_hardships()->rbegin()->set_level(level);
    }
    return Fen(Decide(facts, term, book), "SP_HS_GRANT");
  };
  EXPECT_EQ(fen({{"N1", 1}}, "2023-2024-1"), 145000);
  EXPECT_EQ(fen({{"N1", 2}}, "2023-2024-1"), 100001);  // the odd fen in autumn (DR-02)
  EXPECT_EQ(fen({{"N1", 2}}, "2023-2024-2"), 100000);
  EXPECT_EQ(fen({{"N1", 3}}, "2023-2024-1"), 50000);
  EXPECT_EQ(fen({{"N1", 4}}, "2023-2024-1"), 50000);              // as the lowest tier
  EXPECT_EQ(fen({{"N1", 3}, {"D1", 2}}, "2023-2024-1"), 100001);  // the best level
  EXPECT_EQ(fen({{"P2", 0}}, "2023-2024-1"), 145000);             // level 1 where none is stated
  EXPECT_EQ(fen({{"N1", 0}}, "2023-2024-1"), 150000);             // no level: the row's amount
}

TEST(Kinds, TheAreaOfAKindFoundInTheTermCounts) {  // 2.1, DR-10
  const PolicyBook book = Changed([](auto& sp, auto&) { ItemOf(sp, "SP_NUTR")->add_rural_only_kinds("M2"); });
  for (const auto& [area, from, fen] : {std::tuple{"RURAL", 20231001, 40000},
                                        {"URBAN", 20231001, -1},
                                        {"", 20231001, -1},
                                        {"RURAL", 20230101, 40000},
                                        {"URBAN", 20230101, -1}}) {
    v1::PupilFacts facts = Pupil("PRI", "1", true, {});
    AddKind(&facts, "M2", from, 0, 0, area);
    EXPECT_EQ(Fen(Decide(facts, "2023-2024-1", book), "SP_NUTR"), fen) << area << from;
  }
}

TEST(Charges, NothingChargedAndNothingKnown) {  // DR-15, DR-18
  v1::PupilFacts facts = Pupil("HS", "10", true);
  facts.mutable_charges()->set_tuition_fen(0);
  facts.mutable_charges()->set_accommodation_fen(0);
  EXPECT_EQ(Why(Decide(facts, "2023-2024-1"), "SP_HS_FEE"), "NOTHING_CHARGED");
  facts.mutable_charges()->clear_accommodation_fen();
  EXPECT_EQ(Why(Decide(facts, "2023-2024-1"), "SP_HS_FEE"), "CHARGE_UNKNOWN");  // a boarder's is not known
  facts.set_boarding(false);
  EXPECT_EQ(Why(Decide(facts, "2023-2024-1"), "SP_HS_FEE"), "NOTHING_CHARGED");
  v1::PupilFacts child = Pupil("PRE", "P3");
  SetDate(20200101, child.mutable_birth_date());
  EXPECT_EQ(Why(Decide(child, "2025-2026-1"), "SP_PRE_FEE"), "CHARGE_UNKNOWN");
  child.mutable_charges()->set_preschool_fee_fen(0);
  EXPECT_EQ(Why(Decide(child, "2025-2026-1"), "SP_PRE_FEE"), "NOTHING_CHARGED");
  child.set_school_public(false);
  child.mutable_charges()->set_preschool_fee_fen(50000);
  EXPECT_EQ(Why(Decide(child, "2025-2026-1"), "SP_PRE_FEE"), "CHARGE_UNKNOWN");  // the public level is not known
  child.mutable_charges()->set_public_preschool_fee_fen(50000);
  EXPECT_EQ(Why(Decide(child, "2025-2026-1"), "SP_PRE_FEE"), "FEE_WAIVED");
  child.mutable_charges()->set_public_preschool_fee_fen(49999);
  EXPECT_EQ(Fen(Decide(child, "2025-2026-1"), "SP_PRE_FEE"), 1);
}

TEST(Regions, UniversityRowsFollowTheHouseholdAndSchoolRowsTheSchool) {
  v1::PupilFacts away = In("110108000000", Pupil("COL", "1"));  // from Suiping, studies in Beijing
  away.set_home_region("411728000000");
  away.set_school_in_province(false);
  away.set_freshman_year(2023);
  auto decision = Decide(away, "2023-2024-1");
  EXPECT_EQ(Fen(decision, "SP_FRESH_OUT"), 100000);
  EXPECT_EQ(Fen(decision, "SP_YULU"), 150000);
  EXPECT_EQ(Fen(decision, "SP_LOAN_UG"), 1600000);
  EXPECT_EQ(Why(decision, "SP_UG"), "NOT_IN_PROVINCE");
  EXPECT_EQ(Fen(decision, "CN_UG_GRANT"), 165000);
  EXPECT_THAT(decision.policy_sets(), ElementsAre("policySets/SP@1", "policySets/HN@1", "policySets/CN@1"));

  v1::PupilFacts guest = Pupil("PRI", "1", true);  // from Pengshui, studies in Suiping
  guest.set_home_region("500243000000");
  EXPECT_EQ(Fen(Decide(guest, "2023-2024-1"), "SP_LIV_B_PRI"), 50000);
  guest =
      In("500243000000", Pupil("PRI", "1", true));  // the other way round: aid is given where the pupil is registered
  guest.set_home_region("411728000000");
  decision = Decide(guest, "2023-2024-1");
  EXPECT_EQ(Fen(decision, "SP_LIV_B_PRI"), -1);
  EXPECT_EQ(Fen(decision, "CN_LIV_B_PRI"), 50000);
  EXPECT_EQ(Find(decision, "SP_NUTR"), nullptr);
}

TEST(FirstDay, OfTheSchoolDecidesWhereItDiffers) {  // DR-02, DR-10, DR-14
  v1::EvaluateEntitlementRequest request;
  *request.mutable_facts() = Pupil("PRI", "1", true, {});
  AddKind(request.mutable_facts(), "P2", 20230904);
  request.set_term("2023-2024-1");
  for (const auto& [first_day, granted] :
       {std::pair{0, false}, {20230903, false}, {20230904, true}, {20230905, true}}) {
    if (first_day != 0) SetDate(first_day, request.mutable_first_day());
    EXPECT_EQ(Fen(Evaluate(Book(), request).value(), "SP_LIV_B_PRI") > 0, granted) << first_day;
  }
  request.mutable_first_day()->Clear();  // an unset date is the calendar's day
  EXPECT_EQ(Fen(Evaluate(Book(), request).value(), "SP_LIV_B_PRI"), -1);
}

TEST(SpecialEducation, IsAidedByTheCompulsoryStageOfTheGrade) {  // decisions/0007
  for (const auto& [grade, item, fen] : {std::tuple{"1", "SP_LIV_B_PRI", 50000},
                                         {"6", "SP_LIV_B_PRI", 50000},
                                         {"7", "SP_LIV_B_JUN", 62500},
                                         {"9", "SP_LIV_B_JUN", 62500}}) {
    EXPECT_EQ(Fen(Decide(Pupil("SPE", grade, true), "2023-2024-1"), item), fen) << grade;
    EXPECT_EQ(Fen(Decide(Pupil("SPE", grade, true), "2023-2024-1"), "SP_NUTR"), 40000) << grade;
  }
  EXPECT_EQ(Decide(Pupil("SPE", "10", true), "2023-2024-1").items_size(), 0);
  EXPECT_EQ(Decide(Pupil("SPE", "", true), "2023-2024-1").items_size(), 0);
}

TEST(HomeTeaching, IsNoEnrolmentOfTheLetterOf25) {  // decisions/0007
  v1::PupilFacts facts = Pupil("PRI", "3", false, {"X1", "P2"});
  facts.set_status("HOME_TAUGHT");
  const auto decision = Decide(facts, "2023-2024-1");
  EXPECT_EQ(decision.items_size(), 0);
  EXPECT_EQ(Why(decision, "SP_LIV_N_PRI"), "STATUS_NOT_ENROLLED");
}

TEST(Successor, AKindThatBecomesMonitoredDoesNotChangeOldDecisions) {  // replay
  v1::EvaluateEntitlementRequest request;
  *request.mutable_facts() = Pupil("PRI", "1", true, {});
  AddKind(request.mutable_facts(), "D1", 20231001);
  request.set_term("2023-2024-1");
  const auto before = Evaluate(Book(), request).value();
  EXPECT_EQ(Why(before, "CN_LIV_B_PRI"), "KIND_STARTS_LATER");
  std::vector<v1::PolicySet> sets = ShippedSets();
  v1::PolicySet next = sets[0];
  next.set_name("policySets/CN@2");
  next.set_version(2);
  next.set_from_term("2027-2028-1");
  next.add_monitored_kinds("D1");
  for (int i = next.items_size() - 1; i >= 0; --i) {
    if (!next.items(i).until_term().empty()) next.mutable_items()->DeleteSubrange(i, 1);
  }
  for (v1::PolicyItem& item : *next.mutable_items()) item.clear_from_term();
  sets.push_back(next);
  const PolicyBook book = PolicyBook::Create(sets, ShippedCalendar()).value();
  *request.mutable_policy_sets() = before.policy_sets();
  request.set_rules_version(before.rules_version());
  EXPECT_EQ(Evaluate(book, request).value().SerializeAsString(), before.SerializeAsString());
  request.clear_policy_sets();
  EXPECT_EQ(Evaluate(book, request).value().SerializeAsString(), before.SerializeAsString());
  EXPECT_EQ(book.Find("policySets/CN@2")->version(), 2);
}

TEST(Ranking, LowestRegionFirstWhateverTheAmount) {  // DR-16: the lowest level that has a row
  std::vector<v1::PolicySet> sets = ShippedSets();
  v1::PolicySet& province = sets[1];
  v1::PolicyItem* living = province.add_items();
  *living = *ItemOf(sets[3], "SP_LIV_B_PRI");
  living->set_code("HN_LIV_B_PRI");
  living->set_annual_fen(900000);
  const PolicyBook book = PolicyBook::Create(sets, ShippedCalendar()).value();
  auto decision = Decide(Pupil("PRI", "1", true), "2023-2024-1", book);
  EXPECT_EQ(Fen(decision, "SP_LIV_B_PRI"), 50000);
  EXPECT_EQ(Why(decision, "HN_LIV_B_PRI"), "FAMILY_LOCAL");
  decision = Decide(In("410122000000", Pupil("PRI", "1", true)), "2023-2024-1", book);
  EXPECT_EQ(Fen(decision, "HN_LIV_B_PRI"), 450000);
}

TEST(Claims, OnePerPersonTermAndFamily) {  // decisions/0008
  std::set<std::string> keys;
  for (const char* person : {"p1", "p2"}) {
    for (const char* term : {"2023-2024-1", "2023-2024-2"}) {
      for (const auto family : {v1::BENEFIT_FAMILY_LIVING, v1::BENEFIT_FAMILY_GRANT, v1::BENEFIT_FAMILY_LOAN}) {
        EXPECT_TRUE(keys.insert(BenefitKey(person, term, family)).second);
        EXPECT_TRUE(IsClaimed(family));
      }
    }
  }
  EXPECT_EQ(BenefitKey("p1", "2023-2024-1", v1::BENEFIT_FAMILY_LIVING), "p1/2023-2024-1/1");
  // A freshman grant is one per admission, whatever the term of a record (2.4).
  EXPECT_EQ(BenefitKey("p1", "2023-2024-2", v1::BENEFIT_FAMILY_FRESHMAN), "p1/2023-2024-1/8");
  EXPECT_EQ(BenefitKey("p1", "2023-2024-1", v1::BENEFIT_FAMILY_FRESHMAN), "p1/2023-2024-1/8");
  EXPECT_NE(BenefitKey("p1", "2024-2025-1", v1::BENEFIT_FAMILY_FRESHMAN), "p1/2023-2024-1/8");
  EXPECT_FALSE(IsClaimed(v1::BENEFIT_FAMILY_UNIVERSAL));
  EXPECT_FALSE(IsClaimed(v1::BENEFIT_FAMILY_UNSPECIFIED));
}

TEST(Violations, EachReasonWithItsField) {
  struct Row {
    const char *field, *reason;
    std::function<void(v1::EvaluateEntitlementRequest&)> damage;
  };
  const auto hardship = [](auto& r) { return r.mutable_facts()->mutable_hardships(0); };
  const auto charges = [](auto& r) { return r.mutable_facts()->mutable_charges(); };
  const Row rows[] = {
      {"facts", "FIELD_REQUIRED", [](auto& r) { r.clear_facts(); }},
      {"term", "FIELD_REQUIRED", [](auto& r) { r.clear_term(); }},
      {"term", "TERM_FORMAT", [](auto& r) { r.set_term("2023-2025-1"); }},
      {"rules_version", "RULES_VERSION_UNKNOWN", [](auto& r) { r.set_rules_version("0"); }},
      {"evaluation_date", "DATE_INVALID", [](auto& r) { SetDate(20230230, r.mutable_evaluation_date()); }},
      {"first_day", "DATE_INVALID", [](auto& r) { SetDate(20231301, r.mutable_first_day()); }},
      {"facts.status", "FIELD_REQUIRED", [](auto& r) { r.mutable_facts()->clear_status(); }},
      {"facts.stage", "STAGE_UNKNOWN", [](auto& r) { r.mutable_facts()->set_stage("KG"); }},
      {"facts.grade", "GRADE_UNKNOWN", [](auto& r) { r.mutable_facts()->set_grade("7"); }},
      {"facts.school_region", "REGION_CODE", [](auto& r) { r.mutable_facts()->set_school_region("411728"); }},
      {"facts.home_region", "REGION_CODE", [](auto& r) { r.mutable_facts()->set_home_region("41172800000x"); }},
      {"facts.birth_date", "DATE_INVALID", [](auto& r) { SetDate(20150229, r.mutable_facts()->mutable_birth_date()); }},
      {"facts.hardships[0].kind", "KIND_UNKNOWN", [&](auto& r) { hardship(r)->set_kind("Q9"); }},
      {"facts.hardships[0].valid_from", "DATE_INVALID", [&](auto& r) { hardship(r)->clear_valid_from(); }},
      {"facts.hardships[0].valid_to", "DATE_INVALID",
       [&](auto& r) { SetDate(20230431, hardship(r)->mutable_valid_to()); }},
      {"facts.hardships[0].valid_to", "HARDSHIP_INTERVAL",
       [&](auto& r) { *hardship(r)->mutable_valid_to() = hardship(r)->valid_from(); }},
      {"facts.hardships[0].risk_eliminated_on", "DATE_INVALID",
       [&](auto& r) { SetDate(20230931, hardship(r)->mutable_risk_eliminated_on()); }},
      {"facts.hardships[0].risk_eliminated_on", "HARDSHIP_INTERVAL",
       [&](auto& r) { SetDate(19991231, hardship(r)->mutable_risk_eliminated_on()); }},
      {"facts.charges.tuition_fen", "AMOUNT_NEGATIVE", [&](auto& r) { charges(r)->set_tuition_fen(-1); }},
      {"facts.charges.tuition_fen", "AMOUNT_TOO_LARGE", [&](auto& r) { charges(r)->set_tuition_fen(INT64_MAX); }},
      {"facts.charges.accommodation_fen", "AMOUNT_NEGATIVE", [&](auto& r) { charges(r)->set_accommodation_fen(-1); }},
      {"facts.charges.approved_public_tuition_fen", "AMOUNT_NEGATIVE",
       [&](auto& r) { charges(r)->set_approved_public_tuition_fen(-1); }},
      {"facts.charges.preschool_fee_fen", "AMOUNT_NEGATIVE", [&](auto& r) { charges(r)->set_preschool_fee_fen(-1); }},
      {"facts.charges.public_preschool_fee_fen", "AMOUNT_TOO_LARGE",
       [&](auto& r) { charges(r)->set_public_preschool_fee_fen(100'000'000'001); }},
      {"facts.received[0].item", "ITEM_UNKNOWN", [](auto& r) { r.mutable_facts()->add_received()->set_item("X"); }},
      {"facts.received[0].amount_fen", "AMOUNT_NEGATIVE",
       [](auto& r) {
         r.mutable_facts()->add_received()->set_item("SP_NUTR");
         r.mutable_facts()->mutable_received(0)->set_amount_fen(-1);
       }},
  };
  for (const Row& row : rows) {
    v1::EvaluateEntitlementRequest request;
    *request.mutable_facts() = Pupil("PRI", "1", true);
    request.set_term("2023-2024-1");
    ASSERT_TRUE(Evaluate(Book(), request).ok());
    row.damage(request);
    const absl::Status status = Evaluate(Book(), request).status();
    EXPECT_EQ(ReasonOf(status), row.reason) << row.field;
    EXPECT_EQ(FieldOf(status), row.field) << row.reason;
  }
}

}  // namespace
}  // namespace ruraledu::student_aid
