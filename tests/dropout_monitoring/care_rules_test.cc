// Left behind by two definitions, de facto unattended, and what a dossier says by itself (3.8).
#include "services/dropout_monitoring/care_rules.h"

#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/load_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kDeploy = RURALEDU_SOURCE_DIR "/deploy/";
const absl::CivilDay kOn(2023, 12, 1);

CodeList List(const std::string& name) {
  return *CodeList::Parse(name, *LoadFile(kDeploy + "data/codes/" + name + ".csv"));
}
const CareBook& Book() {
  static const auto* const book =
      new CareBook{*ParseCarePolicies(*LoadFile(kDeploy + "policies/dropout_monitoring/care_policies.csv")),
                   List("parent_condition"),
                   List("care_kind"),
                   List("care_event"),
                   List("living_arrangement"),
                   List("one_to_one"),
                   List("guardian_relation")};
  return *book;
}

v1::CareFacts Facts() {
  v1::CareFacts facts;
  *facts.mutable_birth_date() = DateOf(absl::CivilDay(2013, 5, 1));
  facts.set_rural_household(true);
  facts.set_at_school_at_home(true);
  facts.add_parents()->set_relation("FATHER");
  facts.add_parents()->set_relation("MOTHER");
  return facts;
}
void Away(v1::CareFacts* facts, int parent, absl::CivilDay since) {
  *facts->mutable_parents(parent)->mutable_away_from() = DateOf(since);
}
void Condition(v1::CareFacts* facts, int parent, const std::string& code, absl::CivilDay from,
               std::optional<absl::CivilDay> until = std::nullopt) {
  v1::ParentCondition* condition = facts->mutable_parents(parent)->add_conditions();
  condition->set_code(code);
  *condition->mutable_from() = DateOf(from);
  if (until.has_value()) *condition->mutable_until() = DateOf(*until);
}
v1::CareEvaluation Of(const v1::CareFacts& facts, absl::CivilDay on = kOn) {
  return EvaluateCare(Book(), **Book().policies.InForce("411728000000", on), facts, on);
}

TEST(Care, TwoDefinitionsAreTwoFlags) {
  v1::CareFacts facts = Facts();
  EXPECT_EQ(Of(facts).left_behind_education(), 0);
  // The example of 3.8: mother at home and able, father away five months.
  Away(&facts, 0, absl::CivilDay(2023, 7, 1));
  EXPECT_EQ(Of(facts).left_behind_education(), 1);
  EXPECT_FALSE(Of(facts).left_behind_civil());
  facts.mutable_parents(1)->set_unable(true);
  EXPECT_TRUE(Of(facts).left_behind_civil()) << "the other one without guardianship ability";
  EXPECT_TRUE(Of(facts).boarding_first());
  facts.set_rural_household(false);
  EXPECT_FALSE(Of(facts).left_behind_civil());
  EXPECT_EQ(Of(facts).left_behind_education(), 1);
}

TEST(Care, ThreeMonthsMakeTheEducationFlag) {
  v1::CareFacts facts = Facts();
  Away(&facts, 0, absl::CivilDay(2023, 9, 2));
  Away(&facts, 1, absl::CivilDay(2023, 9, 1));
  EXPECT_EQ(Of(facts).left_behind_education(), 1) << "one day short";
  EXPECT_TRUE(Of(facts).left_behind_civil()) << "the civil-affairs definition knows no months";
  EXPECT_EQ(Of(facts, kOn + 1).left_behind_education(), 2);
  facts.set_at_school_at_home(false);
  EXPECT_EQ(Of(facts, kOn + 1).left_behind_education(), 0) << "a child that went along is not left behind";
}

TEST(Care, SixteenIsTooOldForTheCivilFlag) {
  v1::CareFacts facts = Facts();
  Away(&facts, 0, absl::CivilDay(2023, 1, 1));
  Away(&facts, 1, absl::CivilDay(2023, 1, 1));
  *facts.mutable_birth_date() = DateOf(absl::CivilDay(2007, 12, 2));
  EXPECT_TRUE(Of(facts).left_behind_civil());
  EXPECT_FALSE(Of(facts, kOn + 1).left_behind_civil());
}

TEST(Care, BothParentsEachMakeAChildUnattended) {
  v1::CareFacts facts = Facts();
  Condition(&facts, 0, "DEAD", absl::CivilDay(2020, 1, 1));
  EXPECT_FALSE(Of(facts).de_facto_unattended()) << "the mother is there";
  Condition(&facts, 1, "LOST_CONTACT", absl::CivilDay(2023, 6, 2));
  EXPECT_FALSE(Of(facts).de_facto_unattended()) << "a day short of six months";
  EXPECT_TRUE(Of(facts, kOn + 1).de_facto_unattended());
  EXPECT_FALSE(Of(facts, kOn + 1).orphan());
  *facts.mutable_birth_date() = DateOf(absl::CivilDay(2005, 12, 2));
  EXPECT_FALSE(Of(facts, kOn + 1).de_facto_unattended()) << "18";
}

TEST(Care, ASentenceCountsByItsLength) {
  v1::CareFacts facts = Facts();
  Condition(&facts, 0, "SERIOUS_ILLNESS", absl::CivilDay(2023, 11, 1));
  Condition(&facts, 1, "IMPRISONED", absl::CivilDay(2023, 11, 1), absl::CivilDay(2024, 4, 30));
  EXPECT_FALSE(Of(facts).de_facto_unattended()) << "less than six months";
  *facts.mutable_parents(1)->mutable_conditions(0)->mutable_until() = DateOf(absl::CivilDay(2024, 5, 1));
  EXPECT_TRUE(Of(facts).de_facto_unattended()) << "six months from the first day on";
  EXPECT_FALSE(Of(facts, absl::CivilDay(2024, 5, 1)).de_facto_unattended()) << "released";
}

TEST(Care, BothDeadIsAnOrphanAndNotUnattended) {
  v1::CareFacts facts = Facts();
  Condition(&facts, 0, "DEAD", absl::CivilDay(2020, 1, 1));
  Condition(&facts, 1, "DECLARED_MISSING", absl::CivilDay(2022, 1, 1));
  EXPECT_TRUE(Of(facts).orphan());
  EXPECT_FALSE(Of(facts).de_facto_unattended());
  facts.mutable_parents()->RemoveLast();
  EXPECT_FALSE(Of(facts).orphan()) << "of the other one nothing is known";
}

TEST(Care, EveryConditionOfTheListCounts) {
  for (const CodeEntry& entry : Book().conditions.entries()) {
    v1::CareFacts facts = Facts();
    Condition(&facts, 0, "SERIOUS_ILLNESS", absl::CivilDay(2020, 1, 1));
    Condition(&facts, 1, entry.code, absl::CivilDay(2020, 1, 1));
    EXPECT_TRUE(Of(facts).de_facto_unattended()) << entry.code;
  }
}

class Dossiers : public ::testing::Test {
 protected:
  Dossiers() {
    student.set_area("411728103/s1/k1");
    student.set_village("411728102001");
    student.set_rural_household(true);
    *student.mutable_birth_date() = DateOf(absl::CivilDay(2013, 5, 1));
  }
  CareSource Source() const { return {student, hardships, true}; }
  void Settle(absl::CivilDay on = kOn) {
    SettleDossier(Book(), **Book().policies.InForce("411728000000", on), Source(), on, &dossier);
  }

  registry::v1::Student student;
  std::vector<std::string> hardships;
  v1::Dossier dossier;
};

TEST_F(Dossiers, TheRegisterSaysWhoNeedsOne) {
  EXPECT_FALSE(NeedsDossier(Book(), Source(), kOn));
  hardships = {"P2"};
  EXPECT_FALSE(NeedsDossier(Book(), Source(), kOn)) << "out of poverty";
  hardships = {"M1"};
  EXPECT_TRUE(NeedsDossier(Book(), Source(), kOn));
  EXPECT_FALSE(NeedsDossier(Book(), {student, hardships, false}, kOn)) << "on no roll";
  hardships.clear();
  student.set_left_behind_civil(true);
  EXPECT_TRUE(NeedsDossier(Book(), Source(), kOn));
  student.set_left_behind_civil(false);
  student.mutable_disability()->set_kind("5");
  EXPECT_TRUE(NeedsDossier(Book(), Source(), kOn));
  *student.mutable_disability()->mutable_valid_to() = DateOf(kOn);
  EXPECT_FALSE(NeedsDossier(Book(), Source(), kOn));
}

TEST_F(Dossiers, FlagsAreTheRegistersUntilTheParentsAreKnown) {
  student.set_left_behind_education(2);
  Settle();
  EXPECT_EQ(dossier.left_behind_education(), 2);
  EXPECT_EQ(dossier.area(), "411728103/s1/k1");
  EXPECT_EQ(dossier.township(), "411728102") << "where it lives";
  EXPECT_EQ(DayOf(dossier.left_behind_from()), kOn);
  *dossier.mutable_parents() = Facts().parents();
  *dossier.mutable_parents(0)->mutable_away_from() = DateOf(absl::CivilDay(2023, 1, 1));
  Settle(kOn + 5);
  EXPECT_EQ(dossier.left_behind_education(), 1);
  EXPECT_EQ(DayOf(dossier.left_behind_from()), kOn + 5);
  Settle(kOn + 6);
  EXPECT_EQ(DayOf(dossier.left_behind_from()), kOn + 5) << "nothing changed";
}

TEST_F(Dossiers, KindsFollowFactsAndKeepWhatPeopleWrote) {
  hardships = {"D1", "O2"};
  dossier.add_kinds("OWN_ILLNESS");
  dossier.add_kinds("ORPHAN");  // follows from facts: nobody writes it
  Settle();
  EXPECT_THAT(dossier.kinds(), ElementsAre("FAMILY_POVERTY", "OWN_ILLNESS", "DE_FACTO_UNATTENDED"));
  EXPECT_TRUE(dossier.in_difficulty());
  EXPECT_FALSE(dossier.closed());
  hardships.clear();
  dossier.clear_kinds();
  Settle();
  EXPECT_THAT(dossier.kinds(), IsEmpty());
  EXPECT_TRUE(dossier.closed());
}

TEST(Care, TheMethodRefusesWhatCannotBe) {
  v1::EvaluateCareRequest request;
  const auto reason = [&] { return ReasonOf(EvaluateCare(Book(), request).status()); };
  EXPECT_EQ(reason(), "FIELD_REQUIRED");
  request.set_region_code("411728000000");
  *request.mutable_on() = DateOf(kOn);
  *request.mutable_facts() = Facts();
  EXPECT_EQ(reason(), "");
  request.mutable_facts()->mutable_parents(0)->set_relation("NEIGHBOUR");
  EXPECT_EQ(reason(), "CODE_UNKNOWN");
  *request.mutable_facts() = Facts();
  Condition(request.mutable_facts(), 0, "TIRED", kOn);
  EXPECT_EQ(reason(), "CODE_UNKNOWN");
  *request.mutable_facts() = Facts();
  request.mutable_facts()->add_parents()->set_relation("OTHER");
  EXPECT_EQ(reason(), "FIELD_TOO_MANY");
  *request.mutable_facts() = Facts();
  request.mutable_facts()->mutable_birth_date()->set_month(13);
  EXPECT_EQ(reason(), "DATE_INVALID");
  *request.mutable_facts() = Facts();
  request.set_region_code("4117");
  EXPECT_EQ(reason(), "REGION_CODE");
  request.set_region_code("411728000000");
  *request.mutable_on() = DateOf(absl::CivilDay(2015, 1, 1));
  EXPECT_EQ(reason(), "REGION_POLICY_MISSING");
  EXPECT_EQ(ReasonOf(ParseCarePolicies("region,valid_from,civil_under_age,away_months,unattended_under_age,source\n"
                                       ",2016-02-01,0,3,18,x\n")
                         .status()),
            "DATA_FILE");
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
