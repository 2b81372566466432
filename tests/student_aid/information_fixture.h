// Identifications and applications about which somebody of the family is asked.
#pragma once

#include "services/student_aid/consent_gauges.h"
#include "services/student_aid/information_rules.h"
#include "services/student_aid/information_store.h"
#include "tests/student_aid/fact_fixture.h"

namespace ruraledu::student_aid {

class InformationFixture : public FactFixture {
 protected:
  explicit InformationFixture(db::Options options = {}) : FactFixture(std::move(options)) {}

  // Of p1 to p4 on Tuesday, 5 September: reviewed by the class.
  void Reviewed(const std::vector<std::string>& persons) {
    On(9, 5);
    for (const std::string& person : persons) {
      EXPECT_EQ(Reasons(Submit({Application(person)})), "-");
      EXPECT_TRUE(ClassReview(person).ok());
    }
  }
  // Applications that wait for the school.
  void HandedIn(const std::vector<std::string>& persons) {
    for (const std::string& person : persons) {
      v1::Application application = Approved(person);
      application.set_state(v1::APPLICATION_STATE_SUBMITTED);
      while (application.steps_size() > 1) application.mutable_steps()->RemoveLast();
      Put({application});
    }
  }
  static v1::CreateInformationRequestRequest Asking(const std::string& record,
                                                    const std::vector<std::string>& items = {"INCOME", "CUSTODY"}) {
    v1::CreateInformationRequestRequest request;
    request.set_parent(kCounty);
    request.set_record(record);
    request.set_addressee("王秀兰");
    request.set_relation("GRANDPARENT");
    for (const std::string& item : items) request.add_items(item);
    request.set_question("孩子现与谁同住");
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::InformationRequest> AskFamily(const v1::CreateInformationRequestRequest& request) {
    return As("teacher", "CreateInformationRequest", request, &Handlers::CreateInformationRequest);
  }
  // The name of a request about a record.
  std::string Asked(const std::string& record) {
    const auto request = AskFamily(Asking(record));
    EXPECT_TRUE(request.ok()) << request.status();
    return request.ok() ? request->name() : "";
  }
  static v1::AnswerInformationRequestRequest Answering(const std::string& name,
                                                       const std::vector<std::string>& items = {"CUSTODY", "INCOME"}) {
    auto request = Naming<v1::AnswerInformationRequestRequest>(name);
    request.set_channel("HOME_VISIT");
    for (const std::string& item : items) {
      v1::InformationAnswer* answer = request.add_answers();
      answer->set_item(item);
      answer->set_text("与祖母同住，月收入 900 元");
    }
    return request;
  }
  absl::StatusOr<v1::InformationRequest> AnswerFamily(const v1::AnswerInformationRequestRequest& request,
                                                      const std::string& by = "clerk") {
    return As(by, "AnswerInformationRequest", request, &Handlers::AnswerInformationRequest);
  }
  static v1::DeclineInformationRequestRequest Declining(const std::string& name) {
    auto request = Naming<v1::DeclineInformationRequestRequest>(name);
    request.set_channel("PHONE");
    request.set_reason("不便说明");
    return request;
  }
  absl::StatusOr<v1::InformationRequest> DeclineFamily(const v1::DeclineInformationRequestRequest& request) {
    return As("clerk", "DeclineInformationRequest", request, &Handlers::DeclineInformationRequest);
  }
  static v1::WithdrawInformationRequestRequest TakingBack(const std::string& name) {
    auto request = Naming<v1::WithdrawInformationRequestRequest>(name);
    request.set_reason("已有证明");
    return request;
  }
  absl::StatusOr<v1::InformationRequest> TakeBack(const v1::WithdrawInformationRequestRequest& request) {
    return As("clerk", "WithdrawInformationRequest", request, &Handlers::WithdrawInformationRequest);
  }
  v1::InformationRequest RequestOf(const std::string& name) {
    return WholeRoot<v1::InformationRequest>(kInformationRequests, name);
  }
};

}  // namespace ruraledu::student_aid
