// aid consents, aid information: which call each command makes, and what it shows.
#include "ruraledu/student_aid/v1/consent.pb.h"
#include "ruraledu/student_aid/v1/information_request.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

constexpr char kConsent[] = "counties/411728/consents/c1";
constexpr char kRequest[] = "counties/411728/informationRequests/r1";
constexpr char kRecord[] = "counties/411728/identifications/P-1.2023-2024";

class ConsentTest : public CliTest {
 protected:
  ConsentTest() { UseShippedData(); }
};

TEST_F(ConsentTest, BasesAndEvaluation) {
  v1::ListLegalBasesResponse bases;
  v1::LegalBasis* basis = bases.add_bases();
  basis->set_use("DONOR_REFERRAL");
  basis->set_basis(v1::LEGAL_BASIS_KIND_CONSENT);
  basis->set_consent_months(12);
  const auto asked = Answers<v1::ListLegalBasesRequest>("ListLegalBases", bases);
  EXPECT_HAS(Run({"aid", "consents", "bases", "--on", "2023-09-01"}).out, "DONOR_REFERRAL");
  EXPECT_EQ(asked->region_code(), "411728000000");
  EXPECT_EQ(asked->on().month(), 9);
  EXPECT_HAS(Run({"aid", "consents", "bases", "--region", "410000000000"}).out, "12");
  EXPECT_EQ(asked->region_code(), "410000000000");
  EXPECT_EQ(Run({"aid", "consents", "bases", "--on", "yesterday"}).code, 3) << "no day";
  v1::EvaluateConsentResponse answer;
  answer.set_finding(v1::CONSENT_FINDING_EXPIRED);
  const auto evaluated = Answers<v1::EvaluateConsentRequest>("EvaluateConsent", answer);
  EXPECT_HAS(Run({"aid", "consents", "evaluate", "--facts", Write("facts.json", R"({"use": "DONOR_REFERRAL"})")}).out,
             "EXPIRED");
  EXPECT_EQ(evaluated->use(), "DONOR_REFERRAL");
}

TEST_F(ConsentTest, PapersOfFamilies) {
  v1::BatchRecordConsentsResponse rows;
  rows.add_rows()->set_name(kConsent);
  rows.add_rows()->set_reason("CONSENT_SIGNATORY");
  const auto recorded = Answers<v1::BatchRecordConsentsRequest>("BatchRecordConsents", rows);
  EXPECT_HAS(Run({"aid", "consents", "record", "--student", "counties/411728/students/P-1", "--use", "DONOR_REFERRAL",
                  "--use", "ENQUIRE_CIVIL_AFFAIRS", "--signatory", "李秀英", "--relation", "MOTHER", "--signed-on",
                  "2023-09-01", "--until", "2024-01-01", "--file", "counties/411728/files/f1"})
                 .out,
             "CONSENT_SIGNATORY");
  ASSERT_EQ(recorded->consents_size(), 1);
  EXPECT_EQ(recorded->consents(0).uses_size(), 2);
  EXPECT_EQ(recorded->consents(0).relation(), "MOTHER");
  EXPECT_EQ(recorded->consents(0).signed_on().year(), 2023);
  EXPECT_EQ(recorded->consents(0).valid_until().year(), 2024);
  v1::Consent consent;
  consent.set_name(kConsent);
  consent.set_state(v1::CONSENT_STATE_WITHDRAWN);
  const auto withdrawn = Answers<v1::WithdrawConsentRequest>("WithdrawConsent", consent);
  EXPECT_HAS(Run({"aid", "consents", "withdraw", kConsent, "--reason", "不再同意", "--etag", "\"3\""}).out,
             "WITHDRAWN");
  EXPECT_EQ(withdrawn->reason(), "不再同意");
  EXPECT_EQ(withdrawn->etag(), "\"3\"");
  const auto got = Answers<v1::GetConsentRequest>("GetConsent", consent);
  EXPECT_HAS(Run({"aid", "consents", "show", kConsent}).out, kConsent);
  EXPECT_FALSE(got->unmask());
  v1::ListConsentsResponse all;
  *all.add_consents() = consent;
  const auto listed = Answers<v1::ListConsentsRequest>("ListConsents", all);
  EXPECT_HAS(Run({"aid", "consents", "list", "--area", "411728103", "--ends-before", "2023-12-31", "--state", "EXPIRED",
                  "--use", "DONOR_REFERRAL", "--student", "P-1"})
                 .out,
             kConsent);
  EXPECT_EQ(listed->area(), "areas/411728103");
  EXPECT_EQ(listed->ends_before().day(), 31);
  EXPECT_EQ(listed->state(), v1::CONSENT_STATE_EXPIRED);
  EXPECT_EQ(listed->use(), "DONOR_REFERRAL");
  EXPECT_EQ(listed->student(), "P-1");
}

TEST_F(ConsentTest, WhatAGuardianIsAsked) {
  v1::InformationRequest request;
  request.set_name(kRequest);
  request.set_state(v1::INFORMATION_REQUEST_STATE_OPEN);
  request.add_items("INCOME");
  const auto asked = Answers<v1::CreateInformationRequestRequest>("CreateInformationRequest", request);
  EXPECT_HAS(Run({"aid", "information", "ask", "--record", kRecord, "--addressee", "王秀兰", "--relation",
                  "GRANDPARENT", "--item", "INCOME", "--item", "CUSTODY", "--question", "与谁同住"})
                 .out,
             "OPEN");
  EXPECT_EQ(asked->record(), kRecord);
  EXPECT_EQ(asked->items_size(), 2);
  EXPECT_EQ(asked->phone(), "") << "nobody needs one";
  const auto answered = Answers<v1::AnswerInformationRequestRequest>("AnswerInformationRequest", request);
  EXPECT_HAS(Run({"aid", "information", "answer", kRequest, "--channel", "HOME_VISIT", "--answer", "INCOME=900 元=月",
                  "--answer", "CUSTODY=祖母", "--file", "CUSTODY=counties/411728/files/f1", "--cannot-write",
                  "--witness", "P-9"})
                 .out,
             kRequest);
  ASSERT_EQ(answered->answers_size(), 2);
  EXPECT_EQ(answered->answers(0).text(), "900 元=月");
  EXPECT_EQ(answered->answers(1).file(), "counties/411728/files/f1");
  EXPECT_TRUE(answered->cannot_write());
  EXPECT_EQ(answered->witness(), "P-9");
  EXPECT_EQ(Run({"aid", "information", "answer", kRequest, "--channel", "PHONE", "--answer", "INCOME"}).code, 3)
      << "an item without an answer";
  const auto declined = Answers<v1::DeclineInformationRequestRequest>("DeclineInformationRequest", request);
  Run({"aid", "information", "decline", kRequest, "--channel", "PHONE", "--reason", "不便"});
  EXPECT_EQ(declined->reason(), "不便");
  const auto withdrawn = Answers<v1::WithdrawInformationRequestRequest>("WithdrawInformationRequest", request);
  Run({"aid", "information", "withdraw", kRequest, "--reason", "已有证明"});
  EXPECT_EQ(withdrawn->reason(), "已有证明");
  const auto got = Answers<v1::GetInformationRequestRequest>("GetInformationRequest", request);
  EXPECT_HAS(Run({"aid", "information", "show", kRequest}).out, kRequest);
  EXPECT_EQ(got->name(), kRequest);
  v1::ListInformationRequestsResponse all;
  *all.add_requests() = request;
  const auto listed = Answers<v1::ListInformationRequestsRequest>("ListInformationRequests", all);
  EXPECT_HAS(Run({"aid", "information", "list", "--state", "LAPSED", "--record", kRecord}).out, "INCOME");
  EXPECT_EQ(listed->state(), v1::INFORMATION_REQUEST_STATE_LAPSED);
  EXPECT_EQ(listed->record(), kRecord);
}

}  // namespace
}  // namespace ruraledu::cli
