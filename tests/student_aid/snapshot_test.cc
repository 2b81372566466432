// What is true of a pupil on the census date (DR-21), at the edges of days and terms. Autumn 2023: first day 1
// September, census 30 September, cut-off 30 November.
#include "services/student_aid/snapshot.h"

#include "services/student_aid/comparison_rules.h"
#include "tests/student_aid/fixture.h"

namespace ruraledu::student_aid {
namespace {

const TermDates& Dates() {
  static const auto* dates = new TermDates(Book().calendar().DatesOf(*ParseTerm(kAutumn)));
  return *dates;
}

PupilCopy Copy(registry_v1::Student student) {
  PupilCopy pupil;
  pupil.key.person = "p1";
  pupil.student = std::move(student);
  return pupil;
}

CensusPlace Place(const PupilCopy& pupil) {
  static const auto* schools = new std::map<std::string, registry_v1::School>{{School().name(), School()}};
  return PlaceOn(pupil, *schools, "411728", Dates().census);
}

v1::PupilFacts Facts(const PupilCopy& pupil) {
  v1::PupilFacts facts;
  ReadPupilFacts(Book(), pupil, Place(pupil), nullptr, "411728", Dates(), &facts);
  return facts;
}

v1::ComparisonFacts ComparisonFacts(const PupilCopy& pupil, v1::Decision* decision = nullptr,
                                    const std::vector<v1::AidRecord>& aid = {}) {
  v1::ComparisonFacts facts;
  ReadComparisonFacts(Book(), pupil, Place(pupil), Dates(), decision, aid, &facts);
  return facts;
}

TEST(Census, AnEnrolmentCountsFromItsFirstDayToTheDayBeforeItsEnd) {
  struct Row {
    int from, to;
    const char* status;
  };
  for (const Row& row :
       {Row{20230930, 0, "ENROLLED"}, Row{20231001, 0, "NOT_ON_ROLL"}, Row{20220901, 20231001, "ENROLLED"},
        Row{20220901, 20230930, "NOT_ON_ROLL"}, Row{20230930, 20230930, "NOT_ON_ROLL"}}) {
    registry_v1::Student student = Student("p1", "JUN", "7");
    *student.mutable_enrolments(0)->mutable_valid_from() = Date(row.from);
    if (row.to != 0) *student.mutable_enrolments(0)->mutable_valid_to() = Date(row.to);
    const CensusPlace place = Place(Copy(student));
    EXPECT_EQ(place.status, row.status) << row.from << " " << row.to;
    EXPECT_EQ(place.enrolment != nullptr, std::string_view(row.status) == "ENROLLED");
  }
}

TEST(Census, AStatusThatBeginsLaterDoesNotCount) {
  for (const auto& [since, status] : {std::pair{20230930, "SUSPENDED"}, {20231001, "ENROLLED"}}) {
    registry_v1::Student student = Student("p1", "JUN", "7");
    student.set_status("SUSPENDED");
    *student.mutable_status_from() = Date(since);
    EXPECT_EQ(Place(Copy(student)).status, status) << since;
  }
}

TEST(Census, MovedMergedAndForeignPupilsAreNotOnTheRoll) {
  registry_v1::Student moved = Student("p1", "JUN", "7");
  *moved.mutable_enrolments(0)->mutable_valid_to() = Date(20230901);
  moved.set_moved_to("counties/500243/students/p1");
  EXPECT_EQ(Place(Copy(moved)).status, "TRANSFERRED");
  registry_v1::Student merged = Student("p1", "JUN", "7");
  merged.set_merged_into("counties/411728/students/p2");
  EXPECT_EQ(Place(Copy(merged)).status, "MERGED");
  EXPECT_EQ(Place(Copy(merged)).enrolment, nullptr);
  registry_v1::Student dead = Student("p1", "JUN", "7");
  *dead.mutable_enrolments(0)->mutable_valid_to() = Date(20230901);
  dead.set_status("DECEASED");
  EXPECT_EQ(Place(Copy(dead)).status, "DECEASED");
  EXPECT_EQ(Place(Copy(Student("p1", "JUN", "7", false, {}, kOther, "s9"))).status, "NOT_ON_ROLL");
}

TEST(Census, ASecondSchoolOfTheDayIsSeenByTheComparison) {  // 2.9 class E
  registry_v1::Student student = Student("p1", "JUN", "7");
  *student.mutable_enrolments(0)->mutable_valid_from() = Date(20230901);
  registry_v1::Enrolment second = student.enrolments(0);
  second.set_school(School(kCounty, "s2").name());
  *student.add_enrolments() = second;
  for (const auto& [until, seen] : {std::pair{0, true}, {20231001, true}, {20230930, false}}) {
    if (until != 0) *student.mutable_enrolments(1)->mutable_valid_to() = Date(until);
    const PupilCopy pupil = Copy(student);
    EXPECT_EQ(Place(pupil).enrolment->school(), School().name());
    const v1::ComparisonResult result = ComparePerson(ComparisonFacts(pupil));
    EXPECT_EQ(result.classes_size() == 1 && result.classes(0) == v1::COMPARISON_CLASS_E, seen) << until;
  }
}

TEST(Census, WhoDoesNotBoardPaysNoAccommodation) {  // DR-15
  registry_v1::School school = School();
  school.mutable_charges()->set_tuition_fen(40000);
  school.mutable_charges()->set_accommodation_fen(50000);
  for (const bool boards : {true, false}) {
    const PupilCopy pupil = Copy(Student("p1", "HS", "10", boards));
    v1::PupilFacts facts;
    ReadPupilFacts(Book(), pupil, Place(pupil), &school, "411728", Dates(), &facts);
    EXPECT_EQ(facts.charges().tuition_fen(), 40000);
    EXPECT_EQ(facts.charges().accommodation_fen(), boards ? 50000 : 0);
  }
}

TEST(Census, BoardingOfTheDayDecides) {  // DR-21
  for (const auto& [from, to, boards] :
       {std::tuple{20230930, 0, true}, {20231001, 0, false}, {20220901, 20230930, false}, {20220901, 20231001, true}}) {
    registry_v1::Student student = Student("p1", "JUN", "7", true);
    *student.mutable_boardings(0)->mutable_valid_from() = Date(from);
    if (to != 0) *student.mutable_boardings(0)->mutable_valid_to() = Date(to);
    EXPECT_EQ(Facts(Copy(student)).boarding(), boards) << from << " " << to;
  }
}

TEST(Household, CountsWhileThePupilIsAMemberOnTheFirstDay) {
  for (const auto& [left, counts] : {std::pair{0, true}, {20230901, false}, {20230902, true}}) {
    PupilCopy pupil = Copy(Student("p1", "JUN", "7"));
    pupil.household = Household("h1", {"P2"}, {"p1"});
    if (left != 0) *pupil.household->mutable_members(0)->mutable_valid_to() = Date(left);
    EXPECT_EQ(Facts(pupil).hardships_size(), counts ? 1 : 0) << left;
    EXPECT_EQ(Facts(pupil).home_region(), "411728000000");
  }
}

// A record that was withdrawn or replaced on its first day would be refused by the rules with HARDSHIP_INTERVAL, and
// the pupil would get nothing at all.
TEST(Hardship, RecordsThatHoldOnNoDayAreLeftOut) {
  PupilCopy pupil = Copy(Student("p1", "JUN", "7", true, {"D1"}));
  *pupil.student.add_hardships() = Hardship("X1", 20230901, 20230901);
  *pupil.student.add_hardships() = Hardship("M2", 20231010, 20231010);
  pupil.household = Household("h1", {"P2"}, {"p1"});
  *pupil.household->add_hardships() = Hardship("M1", 20230101, 20230101);
  const v1::PupilFacts facts = Facts(pupil);
  ASSERT_EQ(facts.hardships_size(), 2);
  EXPECT_EQ(facts.hardships(0).kind(), "D1");
  EXPECT_EQ(facts.hardships(1).kind(), "P2");
  const auto decision = Decide(facts, kAutumn);
  EXPECT_EQ(Fen(decision, "SP_LIV_B_JUN"), 62500);
  const auto compared = ComparisonFacts(pupil);
  EXPECT_EQ(compared.sources_size(), 2);
}

TEST(Sources, HoldOnTheFirstDayAndMonitoredOnesUpToTheCutOff) {  // DR-10
  for (const auto& [kind, from, to, holds] : {std::tuple{"D1", 20230901, 0, true},
                                              {"D1", 20230902, 0, false},
                                              {"D1", 20200101, 20230901, false},
                                              {"D1", 20200101, 20230902, true},
                                              {"M1", 20231130, 0, true},
                                              {"M1", 20231201, 0, false},
                                              {"M1", 20200101, 20230901, false}}) {
    PupilCopy pupil = Copy(Student("p1", "JUN", "7"));
    *pupil.student.add_hardships() = Hardship(kind, from, to);
    EXPECT_EQ(ComparisonFacts(pupil).sources_size(), holds ? 1 : 0) << kind << from;
  }
}

v1::AidRecord Paid(const std::string& item, int64_t fen, int on, const std::string& refused = "") {
  v1::AidRecord record;
  record.set_item(item);
  record.set_amount_fen(fen);
  *record.mutable_paid_on() = Date(on);
  record.set_refused(refused);
  return record;
}

TEST(Received, WhatWasPaidBeforeAMonitoredKindWasFound) {  // DR-10
  struct Row {
    const char* kind;
    int found;
    size_t received;
  };
  const std::vector<v1::AidRecord> aid = {Paid("CN_HS_GRANT", 100000, 20231009), Paid("CN_HS_GRANT", 1, 20231010),
                                          Paid("CN_HS_GRANT", 2, 20231001, "DUPLICATE_AID")};
  for (const Row& row : {Row{"M3", 20231010, 1}, Row{"M3", 20231011, 2}, Row{"M3", 20231130, 2}, Row{"M3", 20231201, 0},
                         Row{"M3", 20230901, 0}, Row{"M3", 20230902, 0}, Row{"D1", 20231010, 0}}) {
    v1::PupilFacts facts;
    AddKind(&facts, row.kind, row.found);
    AddReceived(Book(), Dates(), aid, &facts);
    EXPECT_EQ(facts.received_size(), row.received) << row.kind << row.found;
  }
}

// 1000 yuan as N1 were paid in October; as M3 the pupil has 1500: 500 are left to pay, and 1500 are compared.
TEST(Received, IsAddedBackBeforeAComparison) {
  PupilCopy pupil = Copy(Student("p1", "HS", "10", true));
  *pupil.student.add_hardships() = Hardship("N1");
  *pupil.student.add_hardships() = Hardship("M3", 20231101);
  for (const auto& [paid, granted, reason] :
       {std::tuple{100000, 50000, v1::GAP_REASON_SUPPLEMENTARY}, {150000, -1, v1::GAP_REASON_UNSPECIFIED}}) {
    const std::vector<v1::AidRecord> aid = {Paid("CN_HS_GRANT", paid, 20231020)};
    v1::Decision decision;
    *decision.mutable_input()->mutable_facts() = Facts(pupil);
    AddReceived(Book(), Dates(), aid, decision.mutable_input()->mutable_facts());
    *decision.mutable_answer() = Decide(decision.input().facts(), kAutumn);
    EXPECT_EQ(Fen(decision.answer(), "SP_HS_GRANT"), granted);
    const auto result = ComparePerson(ComparisonFacts(pupil, &decision, aid));
    const auto row = std::find_if(result.rows().begin(), result.rows().end(),
                                  [](const auto& r) { return r.family() == v1::BENEFIT_FAMILY_GRANT; });
    ASSERT_NE(row, result.rows().end());
    EXPECT_EQ(row->entitled_fen(), 150000);
    EXPECT_EQ(row->aided_fen(), paid);
    EXPECT_TRUE(row->should_be_aided());
    EXPECT_EQ(row->reason(), reason);
    EXPECT_EQ(row->covered(), paid == 150000);
  }
}

// Home in a former contiguous poor area: the household's village, else the pupil's own (digest 2.3, CN_VOC_GRANT).
TEST(Census, TheHomeTellsWhetherItLiesInAFormerPoorArea) {
  struct Row {
    const char *own, *household;
    bool counts;
  };
  for (const Row& row : {Row{"500243101201", "", true}, Row{"500243001001", "", false}, Row{"", "", false},
                         Row{"411728102201", "640422101200", true}, Row{"640422101200", "640422100200", false}}) {
    PupilCopy pupil = Copy(Student("p1", "VOC", "V1"));
    pupil.student.set_village(row.own);
    if (row.household[0] != 0) {
      pupil.household.emplace().set_village(row.household);
    }
    EXPECT_EQ(Facts(pupil).former_poor_area(), row.counts) << row.own << " " << row.household;
  }
}

}  // namespace
}  // namespace ruraledu::student_aid
