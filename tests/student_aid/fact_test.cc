// What families report beside what departments verify, and which of the two a decision used; on both databases.
#include "services/student_aid/fact_rules.h"
#include "services/student_aid/identification_score_rules.h"
#include "tests/student_aid/fact_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FactTest : public FactFixture, public ::testing::TestWithParam<const char*> {
 protected:
  FactTest() : FactFixture(OptionsOf(GetParam())) {}

  // "reported BELOW_LINE verified LOW used VERIFIED": of the income in the score.
  std::string Sides(const v1::Identification& record) {
    for (const v1::AppliedFactor& applied : record.answer().applied()) {
      if (applied.factor() == "INCOME") {
        return absl::StrCat("reported ", applied.reported_answer(), " verified ", applied.verified_answer(), " used ",
                            v1::FactSource_Name(applied.used()).substr(12));
      }
    }
    return "";
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, FactTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(FactTest, WhatWasVerifiedStandsBesideWhatWasReportedAndTheScoreSaysWhichItUsed) {
  Apply(4);
  const auto enquiry = Ask();
  ASSERT_TRUE(enquiry.ok()) << enquiry.status();
  EXPECT_EQ(enquiry->entries(), 4);
  EXPECT_GT(enquiry->file_time_us(), 0);
  const int32_t before = RecordOf("p1").level();
  On(9, 8);
  const auto answered = Take(*enquiry, Answering(*enquiry, {"1 FOUND 1600", "2 FOUND 900", "3 NOT_FOUND", "4 WEAK"}));
  ASSERT_TRUE(answered.ok()) << answered.status();
  EXPECT_EQ(answered->state(), v1::FACT_ENQUIRY_STATE_ANSWERED);
  EXPECT_EQ(answered->answered(), 4);
  EXPECT_EQ(answered->differing(), 1);
  EXPECT_EQ(answered->answer_file_name(), "回盘.csv");
  EXPECT_GT(answered->answer_time_us(), 0);
  const v1::Identification p1 = RecordOf("p1");
  EXPECT_EQ(Sides(p1), "reported BELOW_LINE verified LOW used VERIFIED");
  const v1::FactorFact& fact = p1.input().facts().factors(0);
  EXPECT_EQ(fact.value(), 900) << "what was reported stays";
  EXPECT_EQ(fact.verified().value(), 1600);
  EXPECT_EQ(fact.verified().match(), "FOUND");
  EXPECT_EQ(fact.verified().enquiry(), enquiry->name());
  EXPECT_NE(p1.level(), before) << "nobody reviewed it yet";
  EXPECT_EQ(p1.level(), p1.answer().level());
  EXPECT_EQ(p1.steps().rbegin()->event(), "verify");
  EXPECT_EQ(Sides(RecordOf("p2")), "reported BELOW_LINE verified BELOW_LINE used VERIFIED");
  EXPECT_EQ(Sides(RecordOf("p3")), "reported BELOW_LINE verified  used REPORTED");
  EXPECT_EQ(RecordOf("p3").level(), before);
  // The decision replays with both values.
  v1::ReplayIdentificationRequest replay;
  replay.set_name(Name("p1"));
  const auto replayed = As("officer", "ReplayIdentification", replay, &Handlers::ReplayIdentification);
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_TRUE(replayed->same());
  v1::ListFactEnquiryEntriesRequest list;
  list.set_parent(kCounty);
  list.set_enquiry(enquiry->name());
  list.set_person("p3");
  const auto entries = As("reader", "ListFactEnquiryEntries", list, &Handlers::ListFactEnquiryEntries);
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->entries_size(), 1);
  EXPECT_EQ(entries->entries(0).match(), "NOT_FOUND");
  EXPECT_TRUE(entries->entries(0).taken());
  EXPECT_EQ(ReasonOf(Ask().status()), "FACT_ENQUIRY_EMPTY") << "each was asked";
  v1::ListFactEnquiriesRequest all;
  all.set_parent(kCounty);
  all.set_school_year("2023-2024");
  EXPECT_EQ(As("reader", "ListFactEnquiries", all, &Handlers::ListFactEnquiries)->enquiries_size(), 1);
}

TEST_P(FactTest, AfterTheNoticeTheDecisionStaysAndAnAdjustmentIsDue) {
  Bring("p4", "CONFIRMED");
  const v1::Identification confirmed = RecordOf("p4");
  const auto enquiry = Ask();
  ASSERT_TRUE(enquiry.ok()) << enquiry.status();
  ASSERT_TRUE(Take(*enquiry, Answering(*enquiry, {"1 FOUND 2500"})).ok());
  const v1::Identification now = RecordOf("p4");
  EXPECT_EQ(now.level(), confirmed.level());
  EXPECT_EQ(now.answer().SerializeAsString(), confirmed.answer().SerializeAsString());
  EXPECT_TRUE(now.adjustment_due());
  ASSERT_EQ(now.verified_later_size(), 1);
  EXPECT_EQ(now.verified_later(0).value(), confirmed.input().facts().factors(0).value());
  EXPECT_EQ(now.verified_later(0).verified().value(), 2500);
  // The adjustment takes it over.
  On(9, 27);
  EXPECT_EQ(Reasons(Adjust(Adjusting("p4", kAutumn, 0, true, "核查收入高于标准"))), "-");
  const v1::Identification adjusted = RecordOf("p4");
  EXPECT_EQ(Sides(adjusted), "reported BELOW_LINE verified ABOVE used VERIFIED");
  EXPECT_EQ(adjusted.verified_later_size(), 0);
  EXPECT_FALSE(adjusted.adjustment_due());
}

TEST_P(FactTest, DamagedAnswersAreNamedAndNothingIsTakenOver) {
  Apply(2);
  const auto enquiry = Ask();
  ASSERT_TRUE(enquiry.ok()) << enquiry.status();
  std::string content = Answering(*enquiry, {"1 FOUND", "9 FOUND 1", "1 FOUND 1", "2 什么 1", "2 FOUND x"});
  const auto refused = Take(*enquiry, content);
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_EQ(refused->state(), v1::FACT_ENQUIRY_STATE_OPEN);
  std::vector<std::string> errors;
  for (const v1::MirrorLineError& error : refused->errors()) {
    errors.push_back(absl::StrCat(error.line(), " ", error.column(), " ", error.reason()));
  }
  EXPECT_THAT(errors, ElementsAre("2 核实值 VALUE_REQUIRED", "3 序号 FACT_ENTRY_UNKNOWN", "4 序号 FACT_ENTRY_UNKNOWN",
                                  "5 核查结果 CODE_UNKNOWN", HasSubstr("6 核实值 ")));
  EXPECT_FALSE(RecordOf("p1").input().facts().factors(0).has_verified());
  v1::FactEnquiry other = *enquiry;
  other.set_reference("RURALEDU-HC-411728-x");
  EXPECT_EQ(ReasonOf(Take(*enquiry, Answering(other, {"1 FOUND 1"})).status()), "FACT_ENQUIRY_OTHER");
  EXPECT_EQ(ReasonOf(Take(*enquiry, "查询编号,序号\nx,1\n").status()), "HEADER_MISSING");
  // An empty answer is an answer.
  const auto empty = Take(*enquiry, Answering(*enquiry, {}));
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ(empty->state(), v1::FACT_ENQUIRY_STATE_ANSWERED);
  EXPECT_EQ(empty->answered(), 0);
  EXPECT_EQ(ReasonOf(As("clerk", "ImportFactAnswers", Importing(enquiry->name(), "counties/411728/files/none"),
                        &Handlers::ImportFactAnswers)
                         .status()),
            "STATE_TRANSITION");
}

TEST_P(FactTest, TheFileOfAnEnquiryNeedsAPurposeAndSaysWhatToFillIn) {
  Apply(2);
  EXPECT_EQ(ReasonOf(Ask(AskingFor("NOBODY")).status()), "CODE_UNKNOWN");
  EXPECT_EQ(ReasonOf(Ask(AskingFor("CHARITY")).status()), "FACT_SOURCE_NONE");
  auto year = AskingFor();
  year.set_school_year("2023");
  EXPECT_EQ(ReasonOf(Ask(year).status()), "SCHOOL_YEAR_FORMAT");
  const auto stated = AskingFor();
  const auto enquiry = Ask(stated);
  ASSERT_TRUE(enquiry.ok()) << enquiry.status();
  EXPECT_EQ(Ask(stated)->name(), enquiry->name()) << "a replay";
  EXPECT_EQ(ReasonOf(As("clerk", "ImportFactAnswers", Importing(enquiry->name(), "counties/411728/files/none"),
                        &Handlers::ImportFactAnswers)
                         .status()),
            "FILE_UNKNOWN");
  v1::ExportFactEnquiryRequest request;
  request.set_name(enquiry->name());
  request.set_format(reports_v1::REPORT_FORMAT_CSV);
  const auto file = [&](const std::string& purpose) {
    return aid.Stream(
        With("COUNTY_AID_OFFICER"), "ExportFactEnquiry", request, &Handlers::ExportFactEnquiry, purpose,
        [](const reports_v1::ExportReportResponse& part, std::string* all) { absl::StrAppend(all, part.content()); });
  };
  EXPECT_EQ(ReasonOf(file("").status()), "PURPOSE_REQUIRED");
  const auto content = file("AID_REVIEW");
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_THAT(*content, HasSubstr(absl::StrCat(enquiry->reference(), ",1,学生1,", IdNumber(1), ",INCOME,")));
  EXPECT_THAT(*content, HasSubstr("permille of the allowance standard"));
  EXPECT_THAT(*content, ::testing::Not(::testing::AnyOf(HasSubstr(",900,"), HasSubstr(",900\r"))))
      << "what was reported is nobody else's business";
  const auto read =
      As("reader", "GetFactEnquiry", Naming<v1::GetFactEnquiryRequest>(enquiry->name()), &Handlers::GetFactEnquiry);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->entries(), 2);
  registry_v1::Student erased = Student("p1", "JUN", "7");
  erased.set_status("GRADUATED");
  feed::KeepPublished(erased);
  *erased.mutable_erased_on() = Date(20240901);
  registry.Put(erased);
  ASSERT_TRUE(aid.CatchUp().ok());
  RunJobs(rpc::kErasePersonJob);
  EXPECT_EQ(ReasonOf(file("AID_REVIEW").status()), "ERASED") << "nobody is asked about again";
}

// A family cannot hand in what only a department says.
TEST_P(FactTest, WhatIsHandedInAsVerifiedIsNot) {
  On(9, 5);
  v1::IdentificationApplication claim = Application("p4");
  claim.mutable_factors(0)->mutable_verified()->set_value(100);
  claim.mutable_factors(0)->mutable_verified()->set_prevails(true);
  claim.mutable_evidence(0)->set_decision(v1::EVIDENCE_DECISION_ACCEPTED);
  ASSERT_TRUE(Submit({claim}).ok());
  EXPECT_FALSE(RecordOf("p4").input().facts().factors(0).has_verified());
  EXPECT_EQ(RecordOf("p4").evidence(0).decision(), v1::EVIDENCE_DECISION_UNSPECIFIED);
}

TEST(FactScoreTest, AVerifiedValueWithoutARowIsRefusedOnlyWhereItWouldCount) {
  v1::EvaluateIdentificationRequest request;
  request.mutable_facts()->set_school_region("411728000000");
  request.set_term(kAutumn);
  *request.mutable_evaluated_on() = Date(20230905);
  v1::FactorFact* fact = request.mutable_facts()->add_factors();
  fact->set_factor("LABOUR");
  fact->set_answer("CASUAL");
  fact->mutable_verified()->set_answer("NO_SUCH");
  const auto shown = EvaluateIdentification(Tables(), request);
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->applied(0).answer(), "CASUAL");
  EXPECT_EQ(shown->applied(0).used(), v1::FACT_SOURCE_REPORTED);
  fact->mutable_verified()->set_prevails(true);
  EXPECT_EQ(ReasonOf(EvaluateIdentification(Tables(), request).status()), "FACTOR_UNKNOWN");
  fact->mutable_verified()->set_answer("NONE");
  const auto counts = EvaluateIdentification(Tables(), request);
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->applied(0).answer(), "NONE");
  EXPECT_GT(counts->total_points(), shown->total_points());
  v1::Identification record;
  record.set_state(v1::IDENTIFICATION_STATE_APPLIED);
  *record.mutable_input() = request;
  record.mutable_input()->mutable_facts()->mutable_factors(0)->clear_verified();
  v1::VerifiedFact wrong;
  wrong.set_answer("NO_SUCH");
  wrong.set_prevails(true);
  EXPECT_FALSE(*TakeVerified(Tables(), {"officer", absl::CivilDay(2023, 9, 8), ""}, "LABOUR", wrong, &record));
  EXPECT_FALSE(*TakeVerified(Tables(), {"officer", absl::CivilDay(2023, 9, 8), ""}, "INCOME", wrong, &record));
  record.set_state(v1::IDENTIFICATION_STATE_REVOKED);
  wrong.set_answer("NONE");
  EXPECT_FALSE(*TakeVerified(Tables(), {"officer", absl::CivilDay(2023, 9, 8), ""}, "LABOUR", wrong, &record));
}

}  // namespace
}  // namespace ruraledu::student_aid
