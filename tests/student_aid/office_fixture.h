// A county with a paid batch, attachments, complaints and messages to families.
#pragma once

#include "tests/student_aid/payment_fixture.h"
#include "tests/student_aid/report_text.h"

namespace ruraledu::student_aid {

class OfficeFixture : public PaymentFixture {
 protected:
  explicit OfficeFixture(db::Options options = {}) : PaymentFixture(std::move(options)) {}

  static std::string Pupil(const std::string& person) { return absl::StrCat(kCounty, "/students/", person); }

  v1::CreateComplaintRequest Complaining(const std::string& category = "NOT_PAID") {
    v1::CreateComplaintRequest request;
    request.set_parent(kCounty);
    request.set_category(category);
    request.set_term(kAutumn);
    request.set_channel("PHONE");
    request.set_complainant("王建国");
    request.set_contact("13900000000");
    request.set_ground("补助没有到账");
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::Complaint> Complain(const v1::CreateComplaintRequest& request, const std::string& by = "clerk") {
    return As(by, "CreateComplaint", request, &Handlers::CreateComplaint);
  }
  absl::StatusOr<v1::Complaint> AssignTo(const std::string& complaint, const std::string& person) {
    auto request = Naming<v1::AssignComplaintRequest>(complaint);
    request.set_assignee(absl::StrCat("job:", person));  // as `As` calls them
    return As("officer", "AssignComplaint", request, &Handlers::AssignComplaint);
  }
  absl::StatusOr<v1::Complaint> AnswerAs(const std::string& person, const std::string& complaint,
                                         v1::ComplaintOutcome outcome = v1::COMPLAINT_OUTCOME_FOUNDED) {
    auto request = Naming<v1::AnswerComplaintRequest>(complaint);
    request.set_outcome(outcome);
    request.set_answer("银行退汇，已重新发放");
    return As(person, "AnswerComplaint", request, &Handlers::AnswerComplaint);
  }
  absl::StatusOr<v1::Complaint> ReopenAgain(const std::string& complaint) {
    auto request = Naming<v1::ReopenComplaintRequest>(complaint);
    request.set_ground("仍未到账");
    return As("clerk", "ReopenComplaint", request, &Handlers::ReopenComplaint);
  }
  v1::Complaint ComplaintOf(const std::string& name) { return WholeRoot<v1::Complaint>(kComplaints, name); }

  // Pays the pupils; the batch.
  std::string Pay(const std::vector<std::string>& persons, const std::string& day = "2023-12-01") {
    Approve(persons);
    const v1::PaymentBatch batch = Order();
    EXPECT_TRUE(Send(batch.name()).ok());
    std::vector<std::string> lines;
    for (size_t row = 1; row <= persons.size(); ++row) lines.push_back(absl::StrCat(row, " PAID"));
    EXPECT_TRUE(Import(batch.name(), Answer(batch, lines, kAmount, day)).ok());
    return batch.name();
  }
  static v1::SendFamilyMessagesRequest Telling(const std::string& batch, int limit = 0, bool again = false) {
    v1::SendFamilyMessagesRequest request;
    request.set_batch(batch);
    request.set_channel("SMS");
    request.set_limit(limit);
    request.set_again(again);
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::SendFamilyMessagesResponse> Tell(const v1::SendFamilyMessagesRequest& request) {
    return As("officer", "SendFamilyMessages", request, &Handlers::SendFamilyMessages);
  }
  static std::string MessageName(const std::string& person) {
    return absl::StrCat(kCounty, "/familyMessages/", person, ".", kAutumn, ".", kItem, ".1");
  }

  // Somebody with one role in the county, as accounts are.
  static rpc::Caller With(const std::string& role, const std::string& person = "officer") {
    auto access = std::make_shared<rpc::AccountAccess>();
    access->account = "accounts/411728-" + person;
    access->person = person;
    rpc::GrantRow grant{.name = "grant", .role = role, .area = "411728", .from = absl::CivilDay(2000, 1, 1)};
    grant.purposes = {"AID_REVIEW"};
    access->grants = {grant};
    return {.subject = person, .issuer = "test", .access = std::move(access)};
  }
  // Rows of a report of the term, and its total behind them.
  std::vector<std::string> ReportLines(v1::ReportKind kind, const std::string& area = "areas/411728",
                                       bool unmask = false) {
    v1::GetReportRequest request;
    request.set_area(area);
    request.set_report(kind);
    request.set_period(kAutumn);
    request.set_unmask(unmask);
    const auto report =
        aid.CallAs(With("COUNTY_AID_OFFICER"), "GetReport", request, &Handlers::GetReport, unmask ? "AID_REVIEW" : "");
    EXPECT_TRUE(report.ok()) << report.status();
    std::vector<std::string> lines;
    if (!report.ok()) return lines;
    for (const auto& row : report->rows()) lines.push_back(Line(row));
    lines.push_back(Line(report->total()));
    return lines;
  }
};

}  // namespace ruraledu::student_aid
