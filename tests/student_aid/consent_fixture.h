// A county where civil affairs may be asked by consent only, and papers that families signed.
#pragma once

#include "services/student_aid/consent_gauges.h"
#include "services/student_aid/consent_store.h"
#include "tests/student_aid/fact_fixture.h"

namespace ruraledu::student_aid {

inline constexpr char kAsk[] = "ENQUIRE_CIVIL_AFFAIRS";
inline constexpr char kRefer[] = "DONOR_REFERRAL";
inline constexpr char kAskByConsent[] =
    "ENQUIRE_CIVIL_AFFAIRS,ENQUIRY,CIVIL_AFFAIRS,411728000000,2023-01-01,,CONSENT,yes,12,14,查询,enquiry,own\n";

class ConsentFixture : public FactFixture {
 protected:
  explicit ConsentFixture(db::Options options = {}) : FactFixture(std::move(options)) {
    static const auto* book = new ConsentBook(ConsentsWith(kAskByConsent).value());
    aid.UseBases(*book);
    On(9, 5);
  }

  // A signed paper of a pupil's mother; the pupils are 12.
  v1::NewConsent Paper(const std::string& person, const std::vector<std::string>& uses = {kAsk},
                       int signed_on = 20230901) {
    v1::NewConsent paper;
    paper.set_student(Pupil(person));
    for (const std::string& use : uses) paper.add_uses(use);
    paper.set_signatory("李秀英");
    paper.set_relation("MOTHER");
    *paper.mutable_signed_on() = Date(signed_on);
    paper.set_file(Upload(Pupil(person), absl::StrCat("授权书 ", ++papers_)));
    return paper;
  }
  static v1::BatchRecordConsentsRequest Recording(const std::vector<v1::NewConsent>& papers) {
    v1::BatchRecordConsentsRequest request;
    request.set_parent(kCounty);
    for (const v1::NewConsent& paper : papers) *request.add_consents() = paper;
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::BatchRecordConsentsResponse> Record(const v1::BatchRecordConsentsRequest& request) {
    return As("clerk", "BatchRecordConsents", request, &Handlers::BatchRecordConsents);
  }
  // Records one paper for one use; the name of the consent.
  std::string Consented(const v1::NewConsent& paper) {
    const auto response = Record(Recording({paper}));
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok() || response->rows_size() != 1) return "";
    EXPECT_EQ(response->rows(0).reason(), "");
    return response->rows(0).name();
  }
  v1::Consent ConsentOf(const std::string& name) { return WholeRoot<v1::Consent>(kConsents, name); }
  static v1::WithdrawConsentRequest Withdrawing(const std::string& name) {
    auto request = Naming<v1::WithdrawConsentRequest>(name);
    request.set_reason("不再同意");
    return request;
  }
  absl::StatusOr<v1::Consent> Withdraw(const v1::WithdrawConsentRequest& request) {
    return As("clerk", "WithdrawConsent", request, &Handlers::WithdrawConsent);
  }

 private:
  int papers_ = 0;
};

}  // namespace ruraledu::student_aid
