// students cards: which calls it makes, and what it shows.
#include "ruraledu/registry/v1/identity.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/requests.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::registry::v1;

class CardTest : public CliTest {
 protected:
  // Of the third pupil only name and birth date are known; the second one is no pupil of the county any more.
  CardTest() {
    UseShippedData();
    services_["registry"].On<v1::FindStudentRequest, v1::Student>(
        "FindStudent", [](const auto& request) -> absl::StatusOr<v1::Student> {
          v1::Student student;
          if (request.id_number() == "411728201501011234" || request.display_name() == "丙") {
            student.set_name("counties/411728/students/p1");
          } else if (request.id_number() == "411728201501015678") {
            student.set_name("counties/411728/students/p2");
          } else {
            return Fail("NOT_FOUND");
          }
          return student;
        });
    services_["registry"].On<v1::UpdateStudentRequest, v1::Student>(
        "UpdateStudent", [this](const auto& request) -> absl::StatusOr<v1::Student> {
          if (request.student().name() == "counties/411728/students/p2") {
            return Fail(refusal_);
          }
          updates_.push_back(request);
          return v1::Student();
        });
    list_ = Write("cards.csv",
                  "身份证件号,姓名,户名,银行卡号,是否激活\n"
                  "411728201501011234,甲,王大山,6222020200000000019,\n"
                  "411728201501015678,乙,乙,6222020200000000027,是\n"
                  "411728201501019999,丙,丙,6222020200000000035,是\n"
                  "411728201501011234,甲,甲,6222020200000000043,否\n");
  }

  std::string list_, refusal_ = "MOVED";
  std::vector<v1::UpdateStudentRequest> updates_;
};

TEST_F(CardTest, AreRecordedForWhomIsCertain) {
  const Outcome done = Run({"students", "cards", list_});
  EXPECT_EQ(done.code, 0) << done.err;
  ASSERT_EQ(updates_.size(), 1u);
  EXPECT_EQ(updates_[0].student().name(), "counties/411728/students/p1");
  EXPECT_EQ(updates_[0].student().contact().card_number(), "6222020200000000019");
  EXPECT_EQ(updates_[0].student().contact().card_holder(), "王大山");
  ASSERT_EQ(updates_[0].update_mask().paths_size(), 2) << "address and phone stay";
  EXPECT_EQ(updates_[0].update_mask().paths(0), "contact.card_number");
  EXPECT_EQ(updates_[0].update_mask().paths(1), "contact.card_holder");
  EXPECT_HAS(done.err, "line 3: MOVED");
  EXPECT_HAS(done.err, "line 4: WEAK_MATCH");
  EXPECT_HAS(done.err, "line 5: CARD_REFUSED");
  EXPECT_HAS(done.out, "RECORDED");
  EXPECT_EQ(done.err.find("622202"), std::string::npos) << "no card on the terminal";
}

TEST_F(CardTest, AreNotRecordedByWhomMayNot) {
  refusal_ = "PERMISSION_DENIED";
  EXPECT_EQ(Run({"students", "cards", list_}).code, 5);
}

}  // namespace
}  // namespace ruraledu::cli
