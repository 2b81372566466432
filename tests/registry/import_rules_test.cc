// The meaning of rows, one rule at a time.
#include "services/registry/import_rules.h"

#include "common/domain/load_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ruraledu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ImportValues Values(std::initializer_list<std::pair<const char*, const char*>> pairs) {
  ImportValues values;
  for (const auto& [field, value] : pairs) {
    values[field] = value;
  }
  return values;
}

absl::CivilDay DayOf(const google::type::Date& date) {
  return absl::CivilDay(date.year(), date.month(), date.day());
}

const RegionTree& Regions() {
  static const auto& tree = *new RegionTree(*LoadRegions(RURALEDU_SOURCE_DIR "/deploy/data"));
  return tree;
}

class ImportRulesTest : public ::testing::Test {
 protected:
  CodeLists codes_ = *CodeLists::Load(RURALEDU_SOURCE_DIR "/deploy/data/codes");
  ProvincePrefixes provinces_ = ProvincePrefixesOf(**codes_.Get("citizen_id_province"));
  StudentChecks checks_{codes_, provinces_, Regions(), absl::CivilDay(2023, 9, 20)};
  ImportFacts facts_{
      .source = v1::IMPORT_SOURCE_RURAL_REVITALISATION, .county = "411728", .facts_on = absl::CivilDay(2023, 9, 1)};
};

TEST_F(ImportRulesTest, KindsOfHouseholds) {
  struct Case {
    const char *kind, *enjoys, *expected;
  };
  for (const Case& c : {Case{"P2", "1", "P2"}, Case{"P2", "0", "P3"}, Case{"P2", "", "P2"}, Case{"M1", "1", "M1"},
                        Case{"P1", "1", "P1"}}) {
    const ImportValues values =
        Values({{"kind", c.kind}, {"enjoys_policy", c.enjoys}, {"recognized_on", "2016-01-01"}});
    const auto records = HouseholdRecords(facts_, RowView(values));
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(records[0].kind(), c.expected) << c.kind << " " << c.enjoys;
    EXPECT_EQ(records[0].source(), "RURAL_REVITALISATION");
  }
}

TEST_F(ImportRulesTest, AnUnstableHouseholdKeepsItsUnderlyingKind) {  // DR-14
  const ImportValues values = Values({{"kind", "M1"},
                                      {"enjoys_policy", "0"},
                                      {"recognized_on", "2022-05-01"},
                                      {"out_of_poverty_on", "2018-12-01"},
                                      {"risk_eliminated_on", "2023-04-01"}});
  const auto records = HouseholdRecords(facts_, RowView(values));
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(DayOf(records[0].risk_eliminated_on()), absl::CivilDay(2023, 4, 1));
  EXPECT_EQ(records[1].kind(), "P3");
  EXPECT_FALSE(records[1].has_risk_eliminated_on());
  EXPECT_EQ(DayOf(records[1].valid_from()), absl::CivilDay(2018, 12, 1));
}

v1::HardshipRecord Record(const char* kind, absl::CivilDay from, const char* source = "RURAL_REVITALISATION") {
  v1::HardshipRecord record;
  record.set_kind(kind);
  record.set_source(source);
  record.mutable_valid_from()->set_year(static_cast<int>(from.year()));
  record.mutable_valid_from()->set_month(from.month());
  record.mutable_valid_from()->set_day(from.day());
  return record;
}

TEST_F(ImportRulesTest, ANewKindOfAGroupEndsTheOldOne) {
  google::protobuf::RepeatedPtrField<v1::HardshipRecord> records;
  PutHardship(codes_, Record("P2", absl::CivilDay(2016, 1, 1)), true, facts_.facts_on, &records);
  PutHardship(codes_, Record("M1", absl::CivilDay(2022, 1, 1)), true, facts_.facts_on, &records);
  PutHardship(codes_, Record("D1", absl::CivilDay(2020, 1, 1), "CIVIL_AFFAIRS"), true, facts_.facts_on, &records);
  ASSERT_EQ(records.size(), 3) << "monitored kinds, poor kinds and other departments are apart";
  PutHardship(codes_, Record("M2", absl::CivilDay(2023, 3, 1)), true, facts_.facts_on, &records);
  EXPECT_EQ(DayOf(records[1].valid_to()), absl::CivilDay(2023, 3, 1)) << "the new one begins where the old one ends";
  PutHardship(codes_, Record("P3", absl::CivilDay(2016, 1, 1)), true, facts_.facts_on, &records);
  ASSERT_EQ(records.size(), 5);
  EXPECT_EQ(DayOf(records[0].valid_to()), facts_.facts_on) << "the old kind held until the file said otherwise";
  EXPECT_EQ(DayOf(records[4].valid_from()), facts_.facts_on);
  EXPECT_FALSE(records[2].has_valid_to());
}

TEST_F(ImportRulesTest, ARepeatChangesNothing) {
  google::protobuf::RepeatedPtrField<v1::HardshipRecord> records;
  v1::HardshipRecord record = Record("P2", absl::CivilDay(2016, 1, 1));
  record.set_evidence("batch 1");
  PutHardship(codes_, record, true, facts_.facts_on, &records);
  record.set_evidence("batch 2");
  PutHardship(codes_, record, true, facts_.facts_on, &records);
  ASSERT_EQ(records.size(), 1);
  EXPECT_EQ(records[0].evidence(), "batch 1");
}

TEST_F(ImportRulesTest, EndingKeepsOtherSourcesAndGroups) {
  google::protobuf::RepeatedPtrField<v1::HardshipRecord> records;
  *records.Add() = Record("P2", absl::CivilDay(2016, 1, 1));
  *records.Add() = Record("M1", absl::CivilDay(2022, 1, 1));
  *records.Add() = Record("D1", absl::CivilDay(2020, 1, 1), "CIVIL_AFFAIRS");
  EXPECT_TRUE(EndHardships(codes_, "RURAL_REVITALISATION", {KindGroup(codes_, "M3")}, facts_.facts_on, &records));
  EXPECT_FALSE(records[0].has_valid_to());
  EXPECT_EQ(DayOf(records[1].valid_to()), facts_.facts_on);
  EXPECT_FALSE(records[2].has_valid_to());
  EXPECT_FALSE(EndHardships(codes_, "RURAL_REVITALISATION", {KindGroup(codes_, "M3")}, facts_.facts_on, &records))
      << "once";
}

TEST_F(ImportRulesTest, AreaOfAllowances) {  // 2.1: several national items take rural D1 only
  facts_.source = v1::IMPORT_SOURCE_CIVIL_AFFAIRS;
  struct Case {
    const char *area, *kind_text, *remark, *expected;
  };
  for (const Case& c :
       {Case{"农村", "低保", "", "RURAL"}, Case{"", "城市低保", "", "URBAN"}, Case{"", "低保", "农村户", "RURAL"},
        Case{"城镇", "农村低保", "", "URBAN"}, Case{"", "低保", "", ""}}) {
    const ImportValues values =
        Values({{"kind", "D1"}, {"area", c.area}, {"kind_text", c.kind_text}, {"remark", c.remark}});
    EXPECT_EQ(PersonRecord(checks_, facts_, RowView(values))->area(), c.expected) << c.area << c.kind_text << c.remark;
  }
}

TEST_F(ImportRulesTest, RecordsThatAreNotOrNoLonger) {
  facts_.source = v1::IMPORT_SOURCE_DISABLED_FEDERATION;
  EXPECT_FALSE(PersonRecord(checks_, facts_, RowView(Values({{"kind", "D1"}, {"insured", "0"}}))).has_value());
  const auto expired =
      PersonRecord(checks_, facts_, RowView(Values({{"issued_on", "2012-01-01"}, {"valid_until", "2022-01-01"}})));
  EXPECT_EQ(expired->kind(), "X1");
  EXPECT_EQ(DayOf(expired->valid_to()), absl::CivilDay(2022, 1, 2)) << "valid until: the last day counts";
  EXPECT_EQ(DayOf(PersonRecord(checks_, facts_, RowView(Values({{"issued_on", "2012-01-01"}, {"status", "注销"}})))
                      ->valid_to()),
            facts_.facts_on);
  EXPECT_FALSE(PersonRecord(checks_, facts_, RowView(Values({{"issued_on", "2012-01-01"}, {"status", "正常"}})))
                   ->has_valid_to());
}

TEST_F(ImportRulesTest, ADisabilityCertificateBeginsWithTheIdentityNumber) {
  const ImportValues values = Values({{"certificate_number", "41170020140305017943"}, {"disability_kind", "4"}});
  EXPECT_EQ(PersonIdOfRow(RowView(values)), "411700201403050179");
}

TEST_F(ImportRulesTest, DaysOfACalendar) {  // DR-05
  const absl::CivilDay friday(2023, 9, 29), saturday(2023, 10, 7);
  EXPECT_EQ(CalendarKind(friday, false, true), "public_holiday");
  EXPECT_EQ(CalendarKind(friday, true, false), "");
  EXPECT_EQ(CalendarKind(saturday, true, true), "transfer_workday");
  EXPECT_EQ(CalendarKind(saturday, false, false), "") << "a plain weekend";
  EXPECT_EQ(CalendarKind(saturday, false, true), "public_holiday");
}

TEST(ImportGuards, LimitsAndFloors) {
  const char kFile[] = RURALEDU_SOURCE_DIR "/deploy/policies/registry/import_guards.csv";
  const auto guards = ParseGuards(kFile, *LoadFile(kFile));
  ASSERT_TRUE(guards.ok()) << guards.status();
  const std::vector<ImportGuard> own = {{"STUDENT_ROSTER", "MASS_DISAPPEARANCE", 100, 5},
                                        {"STUDENT_ROSTER", "DUPLICATE_SHARE", 20, 2}};
  const auto held = [&](int64_t missing, int64_t present, int64_t duplicates, int64_t rows) {
    v1::ImportPreview preview;
    preview.set_missing(missing);
    preview.set_duplicates(duplicates);
    preview.set_rows(rows);
    return GuardsThatHold(own, v1::IMPORT_SOURCE_STUDENT_ROSTER, preview, present);
  };
  EXPECT_THAT(held(10, 100, 2, 100), IsEmpty()) << "exactly the limit";
  EXPECT_THAT(held(11, 100, 0, 100), ElementsAre("MASS_DISAPPEARANCE"));
  EXPECT_THAT(held(5, 10, 0, 100), IsEmpty()) << "up to the floor nothing holds";
  EXPECT_THAT(held(6, 10, 3, 100), ElementsAre("MASS_DISAPPEARANCE", "DUPLICATE_SHARE"));
  EXPECT_FALSE(
      ParseGuards("f", "import_source,guard,limit_permille,floor_rows,source\nNOBODY,DUPLICATE_SHARE,1,1,x\n").ok());
}

}  // namespace
}  // namespace ruraledu::registry
