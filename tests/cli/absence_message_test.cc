// absences messages: what is sent, answered from a file, and shown.
#include "ruraledu/dropout_monitoring/v1/absence_message.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

class AbsenceMessageTest : public CliTest {
 protected:
  AbsenceMessageTest() { UseShippedData(); }
};

TEST_F(AbsenceMessageTest, MessagesAreMadeUntilNoneIsLeft) {
  std::vector<v1::SendAbsenceMessagesRequest> asked;
  services_["dropout_monitoring"].On<v1::SendAbsenceMessagesRequest, v1::SendAbsenceMessagesResponse>(
      "SendAbsenceMessages", [&](const v1::SendAbsenceMessagesRequest& request) {
        asked.push_back(request);
        v1::SendAbsenceMessagesResponse answer;
        answer.set_made(500);
        answer.set_more(asked.size() < 3);
        return answer;
      });
  EXPECT_HAS(Done({"absences", "messages", "send", "--channel", "SMS", "--area", "411728103/s1/k1", "--again"}),
             "1,500");
  ASSERT_EQ(asked.size(), 3u);
  EXPECT_EQ(asked[2].parent(), "counties/411728");
  EXPECT_EQ(asked[2].area(), "areas/411728103/s1/k1");
  EXPECT_EQ(asked[2].channel(), "SMS");
  EXPECT_TRUE(asked[2].again());
  EXPECT_EQ(Run({"absences", "messages", "send"}).code, 2) << "no channel";
}

TEST_F(AbsenceMessageTest, AnswersOfTheChannelAreReadFromAFile) {
  v1::BatchRecordAbsenceDeliveriesResponse answer;
  answer.add_rows()->set_name("counties/411728/absenceMessages/p1.2023-09-04");
  answer.add_rows()->set_reason("NOT_FOUND");
  const auto recorded = Monitors<v1::BatchRecordAbsenceDeliveriesRequest>("BatchRecordAbsenceDeliveries", answer);
  const std::string file = Write("answers.csv",
                                 "消息编号,状态报告,日期,失败原因\n"
                                 "counties/411728/absenceMessages/p1.2023-09-04,DELIVRD,2023-09-05,\n"
                                 "p2.2023-09-04,失败,2023-09-05,空号\n");
  const std::string out = Done({"absences", "messages", "answer", file});
  for (const char* text : {"p1.2023-09-04", "NOT_FOUND"}) EXPECT_HAS(out, text);
  EXPECT_ASKED(recorded, R"pb(parent: "counties/411728"
                              deliveries {
                                message: "counties/411728/absenceMessages/p1.2023-09-04"
                                delivered: true
                                on { year: 2023 month: 9 day: 5 }
                              }
                              deliveries {
                                message: "counties/411728/absenceMessages/p2.2023-09-04"
                                on { year: 2023 month: 9 day: 5 }
                                failure: "空号"
                              })pb");
}

TEST_F(AbsenceMessageTest, AFileOfManyAnswersIsSentInParts) {
  std::vector<int> sizes;
  services_["dropout_monitoring"].On<v1::BatchRecordAbsenceDeliveriesRequest, v1::BatchRecordAbsenceDeliveriesResponse>(
      "BatchRecordAbsenceDeliveries", [&](const v1::BatchRecordAbsenceDeliveriesRequest& request) {
        sizes.push_back(request.deliveries_size());
        return v1::BatchRecordAbsenceDeliveriesResponse();
      });
  std::string rows = "消息编号,送达结果,日期\n";
  for (int i = 0; i < 501; ++i) rows += "p" + std::to_string(i) + ".2023-09-04,成功,2023-09-05\n";
  Done({"absences", "messages", "answer", Write("answers.csv", rows)});
  EXPECT_EQ(sizes, (std::vector<int>{500, 1}));
}

TEST_F(AbsenceMessageTest, AFileWithAWrongRowIsNotSent) {
  const auto recorded = Monitors<v1::BatchRecordAbsenceDeliveriesRequest>("BatchRecordAbsenceDeliveries",
                                                                          v1::BatchRecordAbsenceDeliveriesResponse());
  const Outcome out = Run({"absences", "messages", "answer",
                           Write("answers.csv", "消息编号,送达结果,日期\np1.2023-09-04,也许,2023-09-05\n")});
  EXPECT_NE(out.code, 0);
  EXPECT_HAS(out.err, "line 2");
  EXPECT_EQ(recorded->deliveries_size(), 0);
}

TEST_F(AbsenceMessageTest, MessagesAreListed) {
  v1::ListAbsenceMessagesResponse all;
  v1::AbsenceMessage& one = *all.add_messages();
  one.set_state(v1::ABSENCE_MESSAGE_STATE_UNDELIVERED);
  one.set_failure("空号");
  one.set_text("家长您好");
  const auto listed = Monitors<v1::ListAbsenceMessagesRequest>("ListAbsenceMessages", all);
  const std::string out = Done({"absences", "messages", "list", "--state", "UNDELIVERED", "--area", "411728103/s1",
                                "--unmask", "--purpose", "DROPOUT_CARE"});
  for (const char* text : {"UNDELIVERED", "空号", "家长您好"}) EXPECT_HAS(out, text);
  EXPECT_ASKED(listed, R"pb(parent: "counties/411728"
                            area: "areas/411728103/s1"
                            state: ABSENCE_MESSAGE_STATE_UNDELIVERED
                            unmask: true
                            page_size: 50)pb");
  EXPECT_EQ(purpose_, "DROPOUT_CARE");
}

}  // namespace
}  // namespace ruraledu::cli
