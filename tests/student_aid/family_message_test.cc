// Messages to families after payment: what they say, who was not reached, once each.
#include "services/student_aid/family_message_rules.h"
#include "services/student_aid/office_policy_rules.h"
#include "tests/student_aid/office_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class FamilyMessageTest : public OfficeFixture, public ::testing::TestWithParam<const char*> {
 protected:
  FamilyMessageTest() : OfficeFixture(OptionsOf(GetParam())) {}

  static v1::BatchRecordDeliveriesRequest Answering(const std::vector<std::pair<std::string, bool>>& answers) {
    v1::BatchRecordDeliveriesRequest request;
    request.set_parent(kCounty);
    request.set_request_id(NewId());
    for (const auto& [person, delivered] : answers) {
      v1::FamilyMessageDelivery* row = request.add_deliveries();
      row->set_message(MessageName(person));
      row->set_delivered(delivered);
      *row->mutable_on() = Date(20231201);
      if (!delivered) row->set_failure("空号");
    }
    return request;
  }
  absl::StatusOr<v1::BatchRecordDeliveriesResponse> Record(const v1::BatchRecordDeliveriesRequest& request) {
    return As("officer", "BatchRecordDeliveries", request, &Handlers::BatchRecordDeliveries);
  }
  // "p1 SENT 1": person, state, attempts.
  std::vector<std::string> Listed(const std::string& batch, v1::FamilyMessageState state = {}, int size = 0) {
    v1::ListFamilyMessagesRequest request;
    request.set_batch(batch);
    request.set_state(state);
    request.set_page_size(size);
    std::vector<std::string> lines;
    do {
      const auto page = As("reader", "ListFamilyMessages", request, &Handlers::ListFamilyMessages);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return lines;
      for (const v1::FamilyMessage& message : page->messages()) {
        EXPECT_TRUE(message.text().empty() && message.masked());
        lines.push_back(absl::StrCat(message.person(), " ", v1::FamilyMessageState_Name(message.state()).substr(21),
                                     " ", message.attempts()));
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return lines;
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, FamilyMessageTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(FamilyMessageTest, EachFamilyIsToldOnceAndAgainWhenItWasNotReached) {
  const std::string batch = Pay({"p1", "p2", "p3"});
  const auto first = Telling(batch, 2);
  const auto told = Tell(first);
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->made(), 2);
  EXPECT_TRUE(told->more());
  EXPECT_EQ(Tell(first)->made(), 2) << "a replay";
  EXPECT_THAT(Listed(batch), ElementsAre("p1 SENT 1", "p2 SENT 1"));
  EXPECT_EQ(Tell(Telling(batch))->made(), 1);
  EXPECT_FALSE(Tell(Telling(batch))->more());
  EXPECT_EQ(Tell(Telling(batch))->made(), 0);
  const auto message = WholeRoot<v1::FamilyMessage>(kFamilyMessages, MessageName("p1"));
  EXPECT_EQ(
      message.text(),
      "【学生资助】家长您好：王**同学2023-2024学年秋季学期初中寄宿生生活补助625.00元已于2023-12-"
      "01发放至尾号所示银行卡（************" +
          Card(1).substr(12) +
          "），请核对。如未到账或有疑问，请联系学校资助专干或县学生资助中心。资助资金发放不收取任何费用，谨防诈骗。");
  EXPECT_EQ(message.template_(), "FM_CN@1");

  EXPECT_EQ(Reasons(Record(Answering({{"p1", true}, {"p2", false}, {"p3", true}}))), "- - -");
  EXPECT_THAT(Listed(batch, v1::FAMILY_MESSAGE_STATE_UNDELIVERED, 1), ElementsAre("p2 UNDELIVERED 1"));
  EXPECT_EQ(aid.Counter("messages_undelivered", "411728"), 1);
  EXPECT_EQ(aid.Counter("messages_delivered", "411728"), 2);
  EXPECT_EQ(Tell(Telling(batch))->made(), 0);
  auto again = Telling(batch, 0, true);
  again.set_channel("CLASS_TEACHER");
  EXPECT_EQ(Tell(again)->made(), 1);
  EXPECT_THAT(Listed(batch, {}, 2), ElementsAre("p1 DELIVERED 1", "p2 SENT 2", "p3 DELIVERED 1"));
  EXPECT_EQ(WholeRoot<v1::FamilyMessage>(kFamilyMessages, MessageName("p2")).channel(), "CLASS_TEACHER");
}

TEST_P(FamilyMessageTest, RowsOfTheChannelAreCheckedOneByOne) {
  const std::string batch = Pay({"p1", "p2"});
  ASSERT_TRUE(Tell(Telling(batch)).ok());
  auto request = Answering({{"p1", true}, {"p1", true}, {"p5", true}, {"p2", false}});
  request.mutable_deliveries(3)->clear_failure();
  EXPECT_EQ(Reasons(Record(request)), "- DUPLICATE_IN_BATCH NOT_FOUND FIELD_REQUIRED");
  request = Answering({{"p1", false}, {"p2", false}});
  *request.mutable_deliveries(1)->mutable_on() = Date(20231202);
  EXPECT_EQ(Reasons(Record(request)), "STATE_TRANSITION DATE_AHEAD");
  request = Answering({{"p2", true}});
  *request.mutable_deliveries(0)->mutable_on() = Date(20231130);
  EXPECT_EQ(Reasons(Record(request)), "RETURN_DATE") << "before it was sent";
  request = Answering({{"p2", false}});
  request.mutable_deliveries(0)->set_failure(std::string(201, 'x'));
  EXPECT_EQ(Reasons(Record(request)), "FIELD_TOO_LONG");
  request.mutable_deliveries(0)->set_message("counties/500243/familyMessages/x");
  EXPECT_EQ(Reasons(Record(request)), "refused NAME_INVALID");
  auto pigeon = Telling(batch);
  pigeon.set_channel("PIGEON");
  EXPECT_EQ(ReasonOf(Tell(pigeon).status()), "CODE_UNKNOWN");
  EXPECT_EQ(ReasonOf(Tell(Telling(batch, 501)).status()), "NUMBER_RANGE");
  EXPECT_EQ(ReasonOf(Tell(Telling(absl::StrCat(kCounty, "/paymentBatches/none"))).status()), "NOT_FOUND");
  On(12, 1, 2017);
  EXPECT_EQ(ReasonOf(Tell(Telling(batch)).status()), "POLICY_MISSING") << "before the first template";
}

TEST_P(FamilyMessageTest, TextsInClearNeedAPurpose) {
  const std::string batch = Pay({"p1"});
  ASSERT_TRUE(Tell(Telling(batch)).ok());
  v1::ListFamilyMessagesRequest request;
  request.set_batch(batch);
  request.set_unmask(true);
  const auto list = [&](const std::string& purpose) {
    return aid.CallAs(With("COUNTY_AID_PAYER"), "ListFamilyMessages", request, &Handlers::ListFamilyMessages, purpose);
  };
  EXPECT_EQ(ReasonOf(list("").status()), "PURPOSE_REQUIRED");
  const auto clear = list("AID_REVIEW");
  ASSERT_TRUE(clear.ok()) << clear.status();
  EXPECT_THAT(clear->messages(0).text(), HasSubstr("625.00元"));
  EXPECT_FALSE(clear->messages(0).masked());
}

// --- The tables -----------------------------------------------------------------------------------------------------

std::string Problem(const absl::Status& status) {
  return status.ok() ? "" : absl::StrCat(ReasonOf(status), " ", status.message());
}

TEST(OfficeTables, RefuseWhatCannotHold) {
  const std::string head = "code,region,from,until,label_zh,label_en,sensitive,priority,answer_days,source\n";
  const auto categories = [&](const std::string& rows) {
    return Problem(ParseComplaintCategories(head + rows).status());
  };
  EXPECT_EQ(categories("A,,,,甲,a,0,NORMAL,5,s\n"), "");
  EXPECT_THAT(categories("A,,,,甲,a,2,NORMAL,5,s\n"), HasSubstr("sensitive is 0 or 1"));
  EXPECT_THAT(categories("A,,,,甲,a,0,SOON,5,s\n"), HasSubstr("priority is NORMAL, HIGH or URGENT"));
  EXPECT_THAT(categories("A,,,,甲,a,0,UNSPECIFIED,5,s\n"), HasSubstr("priority is NORMAL, HIGH or URGENT"));
  EXPECT_THAT(categories("A,,,,甲,a,0,NORMAL,0,s\n"), HasSubstr("answer_days"));
  EXPECT_THAT(categories("A,,,,甲,a,0,NORMAL,61,s\n"), HasSubstr("answer_days"));
  EXPECT_THAT(categories("A,,,,,a,0,NORMAL,5,s\n"), HasSubstr("both labels"));
  EXPECT_THAT(categories("A,,,,甲,a,0,NORMAL,5,\n"), HasSubstr("source"));
  EXPECT_THAT(categories("A,411728,,,甲,a,0,NORMAL,5,s\n"), HasSubstr("12 digits"));
  EXPECT_THAT(categories("A,,2024-01-01,2023-01-01,甲,a,0,NORMAL,5,s\n"), HasSubstr("days in order"));
  EXPECT_THAT(categories("A,,,,甲,a,0,NORMAL,5,s\nA,,2024-01-01,,乙,b,0,NORMAL,5,s\n"),
              HasSubstr("holds on one of its days"));
  EXPECT_THAT(categories("A,411728000000,,,甲,a,0,NORMAL,5,s\n"), HasSubstr("nation"));
  const std::string form_head = "template,version,region,from,until,text,source\n";
  const auto forms = [&](const std::string& rows) { return Problem(ParseMessageTemplates(form_head + rows).status()); };
  EXPECT_EQ(forms("F,1,,,,{item}{amount},s\n"), "");
  EXPECT_THAT(forms("F,1,,,,{item},s\n"), HasSubstr("{item} and {amount}"));
  EXPECT_THAT(forms("F,1,,,,{item}{amount}{phone},s\n"), HasSubstr("placeholder"));
  EXPECT_THAT(forms("F,,,,,{item}{amount},s\n"), HasSubstr("version"));
  EXPECT_THAT(forms("F,1,,,,{item}{amount},s\nF,1,411728000000,,,{item}{amount},s\n"), HasSubstr("twice"));
  EXPECT_THAT(forms("F,1,411728000000,,,{item}{amount},s\n"), HasSubstr("nation"));
}

TEST(OfficeTables, TheRowsOfACountyReplaceThoseAbove) {
  const std::string head = "code,region,from,until,label_zh,label_en,sensitive,priority,answer_days,source\n";
  const auto rows = ParseComplaintCategories(
      head + "A,,,,甲,a,0,NORMAL,5,s\nB,,,,乙,b,0,NORMAL,5,s\nA,411728000000,2024-01-01,,甲县,c,1,HIGH,3,s\n");
  ASSERT_TRUE(rows.ok()) << rows.status();
  const OfficeBook book(*rows, {}, OfficeTables().channels(), OfficeTables().kinds(), {});
  const absl::CivilDay before(2023, 12, 31), after(2024, 1, 1);
  EXPECT_EQ(book.Categories("411728000000", before).size(), 2u);
  EXPECT_EQ(book.Categories("411728000000", after).size(), 1u);
  EXPECT_EQ(book.FindCategory("A", "411728000000", after)->answer_days(), 3);
  EXPECT_EQ(book.FindCategory("B", "411728000000", after), nullptr);
  EXPECT_EQ(book.FindCategory("A", "500243000000", after)->answer_days(), 5);
  EXPECT_EQ(book.LabelOfCategory("A"), "甲县");
  EXPECT_EQ(book.LabelOfCategory("Z"), "Z");
  EXPECT_EQ(book.Template("411728000000", after), nullptr);
}

}  // namespace
}  // namespace ruraledu::student_aid
