// Student numbers (digest 7.2) and school codes (7.3).
#include "common/base/error.h"
#include "common/domain/school_code.h"
#include "common/domain/student_number.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/domain/deploy_data.h"

namespace ruraledu {
namespace {

using ::ruraledu::testing::Codes;
using ::ruraledu::testing::Day;
using ::ruraledu::testing::Provinces;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

StudentNumberCheck Check(std::string_view text, std::string_view citizen_id = "") {
  return CheckStudentNumber(text, citizen_id, Provinces(), Day("2023-09-01"));
}

TEST(StudentNumber, Kinds) {
  const StudentNumberCheck formal = Check("G411700201309059016", "411700201309059016");
  EXPECT_EQ(formal.error, "");
  EXPECT_THAT(formal.warnings, IsEmpty());
  EXPECT_EQ(formal.kind, 'G');
  EXPECT_EQ(formal.birth_date, Day("2013-09-05"));
  EXPECT_EQ(Check("J41170020140310918X").kind, 'J');
  EXPECT_EQ(Check("L411700201309050000").kind, 'L');  // the last four are random, no check
  EXPECT_EQ(Check("L411700201309059017").error, "");
}

TEST(StudentNumber, Refusals) {
  const struct {
    std::string number, error;
  } bad[] = {
      {"", "STUDENT_NUMBER_FORMAT"},
      {"G", "STUDENT_NUMBER_FORMAT"},
      {"411700201309059016", "STUDENT_NUMBER_FORMAT"},
      {"K411700201309059016", "STUDENT_NUMBER_FORMAT"},
      {"G41170020130905901", "STUDENT_NUMBER_FORMAT"},
      {"G4117002013090590161", "STUDENT_NUMBER_FORMAT"},
      {"G41170020130905X016", "STUDENT_NUMBER_FORMAT"},
      {"L41170020130905901X", "STUDENT_NUMBER_FORMAT"},
      {"G999900200101019078", "STUDENT_NUMBER_REGION"},
      {"G640400201002299037", "STUDENT_NUMBER_DATE"},
      {"L411700202309020000", "STUDENT_NUMBER_DATE"},
      {"G411700201309059017", "STUDENT_NUMBER_CHECK"},
      {"J411700201309059017", "STUDENT_NUMBER_CHECK"},
  };
  for (const auto& c : bad) {
    EXPECT_EQ(Check(c.number).error, c.error) << c.number;
    EXPECT_EQ(FindReason(c.error).reason, c.error);
  }
}

TEST(StudentNumber, Warnings) {
  EXPECT_THAT(Check("G411700201309059016", "411700201608319025").warnings, ElementsAre("STUDENT_NUMBER_BODY_MISMATCH"));
  EXPECT_THAT(Check("J411700201309059016", "411700201608319025").warnings, IsEmpty());
  EXPECT_THAT(Check("g411700201309059016 ").warnings, ElementsAre("STUDENT_NUMBER_NORMALIZED"));
}

TEST(SchoolCode, PartsAndRefusals) {
  const CodeList& types = **Codes().Get("school_type");
  const auto code = ParseSchoolCode("２１41000123", types, Provinces());
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(code->type, "21");
  EXPECT_EQ(code->province, "41");
  EXPECT_EQ(code->text(), "2141000123");
  for (const auto& [text, reason] :
       {std::pair{"214100012", "SCHOOL_CODE_FORMAT"}, std::pair{"21410001234", "SCHOOL_CODE_FORMAT"},
        std::pair{"21410001X3", "SCHOOL_CODE_FORMAT"}, std::pair{"2041000123", "SCHOOL_CODE_TYPE"},
        std::pair{"2199000123", "SCHOOL_CODE_PROVINCE"}}) {
    EXPECT_EQ(ReasonOf(ParseSchoolCode(text, types, Provinces()).status()), reason) << text;
  }
  const auto point = ParseTeachingPointCode("214100012307", types, Provinces());
  ASSERT_TRUE(point.ok());
  EXPECT_EQ(point->parent.text(), "2141000123");
  EXPECT_EQ(point->suffix, "07");
  EXPECT_EQ(ReasonOf(ParseTeachingPointCode("214100012300", types, Provinces()).status()), "SCHOOL_CODE_FORMAT");
  EXPECT_EQ(ReasonOf(ParseTeachingPointCode("2141000123", types, Provinces()).status()), "SCHOOL_CODE_FORMAT");
}

}  // namespace
}  // namespace ruraledu
