// Legal bases and consents, as tables that read like the law (digest 7.7; PIPL art. 13, 15, 31, 35).
#include "services/student_aid/consent_rules.h"

#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/data_table.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kSuiping[] = "411728000000";
constexpr char kHead[] =
    "use,kind,department,region,from,until,basis,inform,consent_months,self_age,label_zh,label_en,source\n";
constexpr char kRest[] = "OTHER,ENQUIRY,,,,,STATUTORY_DUTY,yes,,,其他,other,own\n";
const absl::CivilDay kToday(2023, 9, 5);

google::type::Date Ymd(int ymd) {
  google::type::Date date;
  SetDate(ymd, &date);
  return date;
}

// A use by consent for 12 months, a pupil of 14 signing himself.
v1::LegalBasis ByConsent(int months = 12, int age = 14) {
  v1::LegalBasis basis;
  basis.set_use("U");
  basis.set_kind(v1::DATA_USE_KIND_ENQUIRY);
  basis.set_basis(v1::LEGAL_BASIS_KIND_CONSENT);
  basis.set_consent_months(months);
  basis.set_self_age(age);
  return basis;
}

v1::Consent Signed(int on, const std::string& relation = "MOTHER", int until = 0, int withdrawn = 0) {
  v1::Consent consent;
  consent.set_name(absl::StrCat("consents/", on));
  consent.set_use("U");
  consent.set_relation(relation);
  *consent.mutable_signed_on() = Ymd(on);
  if (until != 0) *consent.mutable_valid_until() = Ymd(until);
  if (withdrawn != 0) *consent.mutable_withdrawn_on() = Ymd(withdrawn);
  return consent;
}

TEST(LegalBasesTest, TheShippedRowsSayWhatTheDigestSays) {
  const ConsentBook& book = ConsentTables();
  EXPECT_EQ(book.BasesOn(kSuiping, kToday).size(), 16);
  for (const v1::LegalBasis* basis : book.BasesOn(kSuiping, kToday)) {
    const bool duty = basis->basis() == v1::LEGAL_BASIS_KIND_STATUTORY_DUTY;
    EXPECT_EQ(duty, basis->kind() != v1::DATA_USE_KIND_DONOR_REFERRAL) << basis->use();
    EXPECT_EQ(basis->inform(), basis->kind() != v1::DATA_USE_KIND_FAMILY_MESSAGE) << "art. 35: " << basis->use();
    EXPECT_THAT(basis->source(), HasSubstr("PIPL art. 13"));
    EXPECT_FALSE(NeededOfAll(*basis)) << basis->use();
  }
  EXPECT_TRUE(book.BasesOn(kSuiping, absl::CivilDay(2021, 10, 31)).empty()) << "the law is in force from 2021-11-01";
  EXPECT_EQ(book.Find("DONOR_REFERRAL", kSuiping, kToday)->self_age(), 14) << "art. 31";
  EXPECT_EQ(book.FindEnquiry("CIVIL_AFFAIRS", kSuiping, kToday)->use(), "ENQUIRE_CIVIL_AFFAIRS");
  EXPECT_EQ(book.FindEnquiry("VETERANS", kSuiping, kToday)->use(), "ENQUIRE_OTHER");
  EXPECT_EQ(book.LabelOf("PUBLIC_NOTICE"), "认定与资助公示");
  EXPECT_EQ(book.LabelOf("X"), "X");
}

TEST(LegalBasesTest, ACountySaysOtherwiseForOneUseAndATime) {
  const auto book = ConsentsWith(
      "ENQUIRE_CIVIL_AFFAIRS,ENQUIRY,CIVIL_AFFAIRS,411728000000,2023-09-01,2024-09-01,CONSENT,yes,0,14,查询,enquiry,"
      "own\n"
      "PAYMENT_FILE,PAYMENT_FILE,,410000000000,2023-09-01,,CONTRACT,no,,,名册,file,own\n");
  ASSERT_TRUE(book.ok()) << book.status();
  const auto basis = [&](const char* use, const char* region, absl::CivilDay day) {
    return v1::LegalBasisKind_Name(book->Find(use, region, day)->basis()).substr(17);
  };
  EXPECT_EQ(basis("ENQUIRE_CIVIL_AFFAIRS", kSuiping, kToday), "CONSENT");
  EXPECT_EQ(basis("ENQUIRE_CIVIL_AFFAIRS", "500243000000", kToday), "STATUTORY_DUTY");
  EXPECT_EQ(basis("ENQUIRE_CIVIL_AFFAIRS", kSuiping, absl::CivilDay(2023, 8, 31)), "STATUTORY_DUTY");
  EXPECT_EQ(basis("ENQUIRE_CIVIL_AFFAIRS", kSuiping, absl::CivilDay(2024, 9, 1)), "STATUTORY_DUTY");
  EXPECT_EQ(basis("PAYMENT_FILE", kSuiping, kToday), "CONTRACT") << "of the province";
  EXPECT_THAT(UsesNeeded(*book, kSuiping, kToday), ElementsAre("ENQUIRE_CIVIL_AFFAIRS"));
  EXPECT_TRUE(UsesNeeded(*book, "500243000000", kToday).empty());
}

TEST(LegalBasesTest, DamagedTablesAreRefusedByLine) {
  const auto problem = [](const std::string& rows, const std::string& rest = kRest) {
    const auto book = ConsentBook::Create(kHead + rest + rows, ShippedCodes());
    return book.ok() ? std::string("none") : std::string(book.status().message());
  };
  const std::string good = "A,DONOR_REFERRAL,,,,,CONSENT,yes,12,14,甲,a,own\n";
  EXPECT_EQ(problem(good), "none");
  const struct {
    std::string row, part;
  } rows[] = {
      {",COMPARISON,,,,,CONTRACT,yes,,,甲,a,own\n", "a row needs a use"},
      {"A,COMPARISON,,,,,CONTRACT,yes,,,甲,,own\n", "both labels"},
      {"A,COMPARISON,,,,,CONTRACT,yes,,,甲,a,\n", "a source"},
      {"A,COMPARISON,,411728,,,CONTRACT,yes,,,甲,a,own\n", "12 digits"},
      {"A,COMPARISON,,,2023-02-30,,CONTRACT,yes,,,甲,a,own\n", "from is not a day"},
      {"A,COMPARISON,,,2023-09-01,2023-09-01,CONTRACT,yes,,,甲,a,own\n", "not in order"},
      {"A,UNSPECIFIED,,,,,CONTRACT,yes,,,甲,a,own\n", "kind of use"},
      {"A,COMPARISON,NOBODY,,,,CONTRACT,yes,,,甲,a,own\n", "aid_department"},
      {"A,PAYMENT_FILE,CHARITY,,,,CONTRACT,yes,,,甲,a,own\n", "aid_department"},
      {"A,COMPARISON,,,,,WISH,yes,,,甲,a,own\n", "STATUTORY_DUTY, CONSENT or CONTRACT"},
      {"A,COMPARISON,,,,,CONTRACT,1,,,甲,a,own\n", "yes or no"},
      {"A,COMPARISON,,,,,CONTRACT,yes,12,,甲,a,own\n", "only a consent"},
      {"A,COMPARISON,,,,,CONTRACT,yes,,14,甲,a,own\n", "only a consent"},
      {"A,COMPARISON,,,,,CONSENT,yes,,14,甲,a,own\n", "0 to 240"},
      {"A,COMPARISON,,,,,CONSENT,yes,241,14,甲,a,own\n", "0 to 240"},
      {"A,COMPARISON,,,,,CONSENT,yes,12,0,甲,a,own\n", "1 to 18"},
      {"A,COMPARISON,,,,,CONSENT,yes,12,19,甲,a,own\n", "1 to 18"},
      {"A,COMPARISON,,,,,CONSENT,yes,12,14,甲,a,own\n", "nothing asks for consent"},
      {"A,PAYMENT_FILE,,411728000000,,,CONSENT,yes,12,14,甲,a,own\n", "nothing asks for consent"},
      {"A,PUBLIC_NOTICE,,,,,CONSENT,yes,12,14,甲,a,own\n", "nothing asks for consent"},
      {"B,ENQUIRY,,,,,CONTRACT,yes,,,甲,a,own\n", "another use has this kind"},
      {"OTHER,COMPARISON,,411728000000,,,CONTRACT,yes,,,甲,a,own\n", "another kind or department"},
      {"OTHER,ENQUIRY,,,2024-01-01,,CONTRACT,yes,,,甲,a,own\n", "holds on one of its days"},
      {"A,COMPARISON,,411728000000,,,CONTRACT,yes,,,甲,a,own\n", "without an open row of the nation: A"},
      {"A,COMPARISON,,,,2024-01-01,CONTRACT,yes,,,甲,a,own\n", "without an open row of the nation: A"},
  };
  for (const auto& [row, part] : rows) EXPECT_THAT(problem(row), HasSubstr(part)) << row;
  EXPECT_THAT(problem(good, ""), HasSubstr("no use for enquiries"));
  EXPECT_THAT(ConsentBook::Create("use,kind\n", ShippedCodes()).status().message(), HasSubstr("legal_bases.csv"));
  EXPECT_EQ(ReasonOf(ConsentBook::Create(kHead, CodeLists()).status()), "CODE_LIST_UNKNOWN");
}

TEST(ConsentTest, HoldsFromItsSignatureToItsEndOrItsWithdrawal) {
  const auto state = [](const v1::Consent& consent, int day) {
    return v1::ConsentState_Name(ConsentStateOn(consent, *DayOf(Ymd(day)))).substr(14);
  };
  const v1::Consent year = Signed(20230905, "MOTHER", 20240905);
  EXPECT_EQ(state(year, 20240904), "VALID");
  EXPECT_EQ(state(year, 20240905), "EXPIRED");
  EXPECT_EQ(state(Signed(20230905), 20990101), "VALID") << "without an end";
  const v1::Consent taken_back = Signed(20230905, "MOTHER", 20240905, 20231001);
  EXPECT_EQ(state(taken_back, 20230930), "VALID");
  EXPECT_EQ(state(taken_back, 20231001), "WITHDRAWN");
  EXPECT_EQ(state(taken_back, 20250101), "WITHDRAWN") << "it is what ended it";
}

TEST(ConsentTest, EndsAfterItsMonths) {
  const auto end = [](int signed_on, int months) {
    return DayText(EndOfConsent(ByConsent(months), *DayOf(Ymd(signed_on))));
  };
  EXPECT_EQ(end(20230905, 12), "2024-09-05");
  EXPECT_EQ(end(20230831, 6), "2024-03-01") << "February has no 31st";
  EXPECT_EQ(end(20240229, 12), "2025-03-01");
  EXPECT_EQ(end(20231231, 2), "2024-03-01");
  EXPECT_EQ(end(20230905, 0), DayText(kLastDay));
}

TEST(ConsentTest, AGuardianSignsBelowTheAgeAndThePupilFromItOn) {
  const absl::CivilDay birth(2009, 9, 5);  // 14 today
  const Act act{"clerk", kToday, ""};
  const auto record = [&](const std::string& relation, int on, const v1::LegalBasis& basis = ByConsent()) {
    v1::Consent consent = Signed(on, relation);
    const absl::Status recorded = RecordConsent(act, basis, birth, &consent);
    return recorded.ok() ? DayTextOf(consent.valid_until()) : ReasonOf(recorded);
  };
  EXPECT_EQ(record("MOTHER", 20230904), "2024-09-04");
  EXPECT_EQ(record("SELF", 20230904), "CONSENT_SIGNATORY");
  EXPECT_EQ(record("SELF", 20230905), "2024-09-05");
  EXPECT_EQ(record("MOTHER", 20230905), "CONSENT_SIGNATORY");
  EXPECT_EQ(record("MOTHER", 20230905, ByConsent(12, 16)), "2024-09-05") << "a county that asks guardians up to 16";
  EXPECT_EQ(record("MOTHER", 20230904, ByConsent(0)), "") << "until it is withdrawn";
  v1::LegalBasis duty = ByConsent();
  duty.set_basis(v1::LEGAL_BASIS_KIND_STATUTORY_DUTY);
  EXPECT_EQ(record("MOTHER", 20230904, duty), "CONSENT_NOT_NEEDED");
  v1::Consent consent = Signed(20230904);
  EXPECT_EQ(ReasonOf(RecordConsent(act, ByConsent(), std::nullopt, &consent)), "BIRTH_DATE_UNKNOWN");
  consent = Signed(20230904, "MOTHER", 20240905);
  EXPECT_EQ(ReasonOf(RecordConsent(act, ByConsent(), birth, &consent)), "CONSENT_TOO_LONG");
  consent = Signed(20230904, "MOTHER", 20231231);
  ASSERT_TRUE(RecordConsent(act, ByConsent(), birth, &consent).ok());
  EXPECT_EQ(DayTextOf(consent.valid_until()), "2023-12-31") << "the paper says an earlier day";
  EXPECT_EQ(consent.recorded_by(), "clerk");
  EXPECT_EQ(DayTextOf(consent.recorded_on()), "2023-09-05");
}

TEST(ConsentTest, IsWithdrawnOnceAndOnlyWhileItHolds) {
  v1::Consent consent = Signed(20230901, "MOTHER", 20240901);
  ASSERT_TRUE(WithdrawConsent({"clerk", kToday, "不同意"}, &consent).ok());
  EXPECT_EQ(DayTextOf(consent.withdrawn_on()), "2023-09-05");
  EXPECT_EQ(consent.withdrawn_by(), "clerk");
  EXPECT_EQ(consent.withdraw_reason(), "不同意");
  EXPECT_EQ(ReasonOf(WithdrawConsent({"clerk", kToday, ""}, &consent)), "CONSENT_OVER");
  consent = Signed(20220901, "MOTHER", 20230901);
  EXPECT_EQ(ReasonOf(WithdrawConsent({"clerk", kToday, ""}, &consent)), "CONSENT_OVER");
}

TEST(ConsentTest, AUseIsAllowedByDutyContractOrAConsentThatHolds) {
  const v1::LegalBasis basis = ByConsent();
  const absl::CivilDay birth(2012, 3, 15);
  const auto finding = [&](const std::vector<v1::Consent>& consents, std::optional<absl::CivilDay> born,
                           const v1::LegalBasis* row) {
    const auto answer = EvaluateConsent(row, kToday, {born, consents});
    return absl::StrCat(v1::ConsentFinding_Name(answer.finding()).substr(16), answer.allowed() ? " yes" : " no",
                        answer.consent().empty() ? "" : " ", answer.consent());
  };
  v1::LegalBasis duty = basis, contract = basis;
  duty.set_basis(v1::LEGAL_BASIS_KIND_STATUTORY_DUTY);
  contract.set_basis(v1::LEGAL_BASIS_KIND_CONTRACT);
  v1::Consent other = Signed(20230901);
  other.set_use("V");
  const struct {
    const char* expected;
    std::vector<v1::Consent> consents;
    std::optional<absl::CivilDay> born;
    const v1::LegalBasis* row;
  } table[] = {
      {"STATUTORY yes", {}, {}, &duty},
      {"CONTRACT yes", {}, {}, &contract},
      {"NO_BASIS no", {Signed(20230901)}, birth, nullptr},
      {"NONE no", {}, birth, &basis},
      {"NONE no", {other}, birth, &basis},
      {"NONE no", {Signed(20230906)}, birth, &basis},  // signed later than the use
      {"VALID yes consents/20230905", {Signed(20230905)}, birth, &basis},
      {"EXPIRED no consents/20220901", {Signed(20220901, "MOTHER", 20230905)}, birth, &basis},
      {"WITHDRAWN no consents/20230901", {Signed(20230901, "MOTHER", 0, 20230905)}, birth, &basis},
      {"VALID yes consents/20230901", {Signed(20230901, "MOTHER", 0, 20230906)}, birth, &basis},
      {"SIGNATORY no consents/20230901", {Signed(20230901, "SELF")}, birth, &basis},
      {"BIRTH_DATE no consents/20230901", {Signed(20230901)}, {}, &basis},
      // One that holds counts before a newer one that does not, else the newest.
      {"VALID yes consents/20230801", {Signed(20230901, "SELF"), Signed(20230801)}, birth, &basis},
      {"VALID yes consents/20230801", {Signed(20230801), Signed(20230901, "SELF")}, birth, &basis},
      {"VALID yes consents/20230901", {Signed(20230801), Signed(20230901)}, birth, &basis},
      {"WITHDRAWN no consents/20230901",
       {Signed(20220901, "MOTHER", 20230801), Signed(20230901, "MOTHER", 0, 20230902)},
       birth,
       &basis},
  };
  for (const auto& row : table) EXPECT_EQ(finding(row.consents, row.born, row.row), row.expected);
  EXPECT_TRUE(EvaluateConsent(&basis, kToday, {birth, {}}).guardian_signs());
  EXPECT_FALSE(EvaluateConsent(&basis, kToday, {absl::CivilDay(2009, 9, 5), {}}).guardian_signs()) << "14 today";
  EXPECT_FALSE(EvaluateConsent(&duty, kToday, {birth, {}}).guardian_signs());
}

TEST(ConsentTest, PupilsAreCountedOncePerUse) {
  const auto day = [](int ymd) { return *DayOf(Ymd(ymd)); };
  const std::vector<ConsentSpan> spans = {
      {"p1", "U", day(20240905)},        // holds
      {"p2", "U", day(20231104)},        // ends in 60 days
      {"p3", "U", day(20231105)},        // in 61
      {"p4", "U", day(20230905)},        // ended today
      {"p5", "U", day(20240905), true},  // withdrawn
      {"p6", "U", day(20230101)},        // ended, then withdrawn: the newest counts
      {"p6", "U", day(20240101), true},
      {"p7", "U", day(20231001)},  // would end soon, but a later one holds
      {"p7", "U", kLastDay},
      {"p8", "U", kLastDay},       // holds, nobody needs it: not identified
      {"p1", "V", day(20231001)},  // a use that is not needed of all
  };
  const std::set<std::string> identified = {"p1", "p2", "p3", "p4", "p5", "p6", "p7", "p9"};
  const auto counts = CountConsents(spans, identified, {"U", "W"}, kToday, 60);
  const auto text = [&](const std::string& use) {
    const ConsentCounts& of = counts.at(use);
    return absl::StrCat("needed ", of.needed, " valid ", of.valid, " ending ", of.ending, " expired ", of.expired,
                        " withdrawn ", of.withdrawn, " missing ", of.missing, " renew ", of.renew);
  };
  EXPECT_EQ(text("U"), "needed 8 valid 5 ending 1 expired 1 withdrawn 2 missing 4 renew 1");
  EXPECT_EQ(text("V"), "needed 0 valid 1 ending 1 expired 0 withdrawn 0 missing 0 renew 0");
  EXPECT_EQ(text("W"), "needed 8 valid 0 ending 0 expired 0 withdrawn 0 missing 8 renew 0");
  EXPECT_EQ(counts.size(), 3);
  ConsentCounts sum = counts.at("U");
  sum += counts.at("W");
  EXPECT_EQ(sum.missing, 12);
}

}  // namespace
}  // namespace ruraledu::student_aid
