// aid complaints, aid messages: which call each command makes, and what it shows.
#include <fstream>

#include "ruraledu/student_aid/v1/complaint.pb.h"
#include "ruraledu/student_aid/v1/family_message.pb.h"
#include "ruraledu/student_aid/v1/performance.pb.h"
#include "ruraledu/student_aid/v1/presence.pb.h"
#include "ruraledu/student_aid/v1/report.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

constexpr char kName[] = "counties/411728/complaints/c1";
constexpr char kBatch[] = "counties/411728/paymentBatches/b1";

class OfficeTest : public CliTest {
 protected:
  OfficeTest() { UseShippedData(); }
  static v1::Complaint One() {
    v1::Complaint complaint;
    complaint.set_name(kName);
    complaint.set_category("NOT_PAID");
    complaint.set_state(v1::COMPLAINT_STATE_ASSIGNED);
    return complaint;
  }
};

TEST_F(OfficeTest, AComplaintGoesItsWay) {
  const auto recorded = Answers<v1::CreateComplaintRequest>("CreateComplaint", One());
  const Outcome done = Run({"aid", "complaints", "record", "--category", "NOT_PAID", "--student",
                            "counties/411728/students/p1", "--term", "2023-2024-1", "--channel", "PHONE", "--ground",
                            "没有到账", "--on", "2023-12-01", "--file", "counties/411728/files/f1"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_HAS(done.out, "ASSIGNED");
  EXPECT_EQ(recorded->parent(), "counties/411728");
  EXPECT_EQ(recorded->received_on().day(), 1);
  EXPECT_EQ(recorded->files(0), "counties/411728/files/f1");
  const auto assigned = Answers<v1::AssignComplaintRequest>("AssignComplaint", One());
  EXPECT_EQ(Run({"aid", "complaints", "assign", kName, "--to", "zhang"}).code, 0);
  EXPECT_EQ(assigned->assignee(), "zhang");
  const auto answered = Answers<v1::AnswerComplaintRequest>("AnswerComplaint", One());
  EXPECT_EQ(Run({"aid", "complaints", "answer", kName, "--outcome", "founded", "--answer", "已补发"}).code, 0);
  EXPECT_EQ(answered->outcome(), v1::COMPLAINT_OUTCOME_FOUNDED);
  EXPECT_EQ(Run({"aid", "complaints", "answer", kName, "--outcome", "ignored", "--answer", "x"}).code, 2);
  const auto reopened = Answers<v1::ReopenComplaintRequest>("ReopenComplaint", One());
  EXPECT_EQ(Run({"aid", "complaints", "reopen", kName, "--ground", "仍未到账"}).code, 0);
  EXPECT_EQ(reopened->ground(), "仍未到账");
  const auto shown = Answers<v1::GetComplaintRequest>("GetComplaint", One());
  EXPECT_EQ(Run({"aid", "complaints", "show", kName, "--unmask", "--purpose", "AID_REVIEW"}).code, 0);
  EXPECT_TRUE(shown->unmask());
}

TEST_F(OfficeTest, HowItStandsIsAskedByTheReceipt) {
  v1::GetComplaintStatusResponse status;
  status.set_state(v1::COMPLAINT_STATE_ASSIGNED);
  status.set_overdue(true);
  const auto asked = Answers<v1::GetComplaintStatusRequest>("GetComplaintStatus", status);
  const Outcome done = Run({"aid", "complaints", "status", "411728-0123-4567-89AB-CDEF"});
  EXPECT_HAS(done.out, "ASSIGNED");
  EXPECT_HAS(done.out, "yes");
  EXPECT_EQ(asked->receipt(), "411728-0123-4567-89AB-CDEF");
  EXPECT_EQ(asked->parent(), "counties/411728");
}

TEST_F(OfficeTest, ListsAndCategories) {
  v1::ListComplaintsResponse all;
  *all.add_complaints() = One();
  const auto listed = Answers<v1::ListComplaintsRequest>("ListComplaints", all);
  EXPECT_HAS(Run({"aid", "complaints", "list", "--open", "--area", "411728103"}).out, kName);
  EXPECT_TRUE(listed->open_only());
  EXPECT_EQ(listed->area(), "areas/411728103");
  v1::ListComplaintCategoriesResponse categories;
  categories.add_categories()->set_label_zh("应发未发");
  const auto asked = Answers<v1::ListComplaintCategoriesRequest>("ListComplaintCategories", categories);
  EXPECT_HAS(Run({"aid", "complaints", "categories"}).out, "应发未发");
  EXPECT_EQ(asked->region_code(), "411728000000");
}

TEST_F(OfficeTest, MessagesAreMadeUntilNoneIsLeft) {
  int calls = 0;
  services_["student_aid"].On<v1::SendFamilyMessagesRequest, v1::SendFamilyMessagesResponse>(
      "SendFamilyMessages", [&](const v1::SendFamilyMessagesRequest& request) {
        EXPECT_EQ(request.batch(), kBatch);
        v1::SendFamilyMessagesResponse answer;
        answer.set_made(500);
        answer.set_more(++calls < 3);
        return answer;
      });
  EXPECT_HAS(Run({"aid", "messages", "send", kBatch, "--channel", "SMS"}).out, "1,500");
  EXPECT_EQ(calls, 3);
  v1::ListFamilyMessagesResponse all;
  all.add_messages()->set_failure("空号");
  const auto listed = Answers<v1::ListFamilyMessagesRequest>("ListFamilyMessages", all);
  EXPECT_HAS(Run({"aid", "messages", "list", kBatch, "--undelivered"}).out, "空号");
  EXPECT_EQ(listed->state(), v1::FAMILY_MESSAGE_STATE_UNDELIVERED);
  v1::BatchRecordDeliveriesResponse rows;
  rows.add_rows()->set_reason("NOT_FOUND");
  const auto recorded = Answers<v1::BatchRecordDeliveriesRequest>("BatchRecordDeliveries", rows);
  EXPECT_HAS(
      Run({"aid", "messages", "record", "--on", "2023-12-05", "--failed", "空号", "counties/411728/familyMessages/m1"})
          .out,
      "NOT_FOUND");
  EXPECT_FALSE(recorded->deliveries(0).delivered());
}

TEST_F(OfficeTest, ReportsOfTheOfficeHaveNames) {
  const auto asked = Answers<v1::GetReportRequest>("GetReport", v1::Report());
  EXPECT_EQ(Run({"aid", "reports", "show", "supplements", "2023-2024-1"}).code, 0);
  EXPECT_EQ(asked->report(), v1::REPORT_KIND_SUPPLEMENTS);
  EXPECT_EQ(Run({"aid", "reports", "show", "execution", "2024"}).code, 0);
  EXPECT_EQ(asked->report(), v1::REPORT_KIND_EXECUTION);
}

TEST_F(OfficeTest, AListOfBedsIsReadFromAFile) {
  const std::string file = Path("beds.csv");
  std::ofstream(file) << "学生编号,宿舍床位\np1,1-101-1\np2,1-101-2\n";
  v1::PresenceCheck check;
  check.add_findings()->set_reason("BOARDER_WITHOUT_BED");
  const auto recorded = Answers<v1::RecordPresenceRequest>("RecordPresenceCheck", check);
  const Outcome done = Run({"aid", "presence", "record", "--school", "counties/411728/schools/s1", "--kind", "boarding",
                            "--period", "2023-2024-1", "--beds", "40", file});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_HAS(done.out, "BOARDER_WITHOUT_BED");
  ASSERT_EQ(recorded->rows_size(), 2);
  EXPECT_EQ(recorded->rows(1).place(), "1-101-2");
  EXPECT_EQ(recorded->kind(), v1::PRESENCE_KIND_BOARDING);
  v1::ListPresenceChecksResponse all;
  all.add_checks()->set_period("2023-11");
  const auto listed = Answers<v1::ListPresenceChecksRequest>("ListPresenceChecks", all);
  EXPECT_HAS(Run({"aid", "presence", "list", "--kind", "in-class", "--findings"}).out, "2023-11");
  EXPECT_TRUE(listed->findings_only());
  const auto shown = Answers<v1::GetPresenceCheckRequest>("GetPresenceCheck", check);
  EXPECT_EQ(Run({"aid", "presence", "show", "counties/411728/presenceChecks/c"}).code, 0);
  EXPECT_EQ(shown->name(), "counties/411728/presenceChecks/c");
}

TEST_F(OfficeTest, TargetsAreExactRates) {
  v1::PerformancePlan plan;
  v1::PerformanceTarget* target = plan.add_targets();
  target->set_indicator("student_aid.coverage");
  target->mutable_target()->set_numerator(1);
  target->mutable_target()->set_denominator(3);
  const auto set = Answers<v1::SetPerformanceTargetsRequest>("SetPerformanceTargets", plan);
  const Outcome done =
      Run({"aid", "performance", "set", "--year", "2024", "student_aid.coverage=1/3", "student_aid.complaints=5"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_HAS(done.out, "33.33%");
  EXPECT_EQ(set->targets(0).target().denominator(), 3);
  EXPECT_EQ(set->targets(1).target().numerator(), 5);
  EXPECT_EQ(set->targets(1).target().denominator(), 1);
  EXPECT_EQ(Run({"aid", "performance", "set", "--year", "2024", "student_aid.coverage=all"}).code, 3);
  const auto evaluated = Answers<v1::EvaluatePerformanceRequest>("EvaluatePerformance", plan);
  EXPECT_EQ(Run({"aid", "performance", "evaluate", "counties/411728/performancePlans/2024", "--reason",
                 "student_aid.coverage=资金未到位"})
                .code,
            0);
  EXPECT_EQ(evaluated->deviations(0).reason(), "资金未到位");
  const auto confirmed = Answers<v1::ConfirmPerformanceRequest>("ConfirmPerformance", plan);
  EXPECT_EQ(Run({"aid", "performance", "confirm", "counties/411728/performancePlans/2024", "--etag", "\"7\""}).code, 0);
  EXPECT_EQ(confirmed->etag(), "\"7\"");
  v1::ListPerformancePlansResponse all;
  all.add_plans()->set_budget_year(2024);
  Answers<v1::ListPerformancePlansRequest>("ListPerformancePlans", all);
  EXPECT_HAS(Run({"aid", "performance", "list"}).out, "2024");
  Answers<v1::GetPerformancePlanRequest>("GetPerformancePlan", plan);
  EXPECT_EQ(Run({"aid", "performance", "show", "counties/411728/performancePlans/2024"}).code, 0);
}

}  // namespace
}  // namespace ruraledu::cli
