// A fault before each statement of the write of early warning (cut_off.h).
#include "tests/dropout_monitoring/case_fixture.h"
#include "tests/dropout_monitoring/cut_off.h"

namespace ruraledu::dropout_monitoring {
namespace {

class CareFaults : public CaseFixture, public ::testing::TestWithParam<std::string> {
 protected:
  explicit CareFaults(Left counter = std::make_shared<std::atomic<int64_t>>(-1))
      : CaseFixture(Faulty(counter)), left(std::move(counter)) {
    for (int n = 1; n <= kMost; ++n) registry.Put(Child(absl::StrCat("x", n)));
    EXPECT_TRUE(monitoring.CatchUp().ok());
  }

  template <typename Request, typename Answer>
  Again Repeat(const std::string& by, const Request& request,
               absl::StatusOr<Answer> (Handlers::*handler)(rpc::Call&, const Request&)) {
    return [=, this] { return As(by, "411728", GetParam(), request, handler).status(); };
  }

  // The n-th call; what it needs is made now.
  Again Next(int n) {
    const std::string person = absl::StrCat("x", n);
    v1::RecordLearningRequest request = Of<v1::RecordLearningRequest>(absl::StrCat(kCounty, "/risks/", person));
    request.mutable_learning()->set_term("2023-2024-1");
    request.mutable_learning()->set_struggling(true);
    return Repeat("t", request, &Handlers::RecordLearning);
  }

  static constexpr int kMost = 30;
  Left left;
};

TEST_P(CareFaults, CutOffAnywhere) {
  CutOffAnywhere(
      {.left = left, .monitoring = monitoring, .roots = {"risk"}, .others = {}, .most = kMost, .next = [this](int n) {
         return Next(n);
       }});
}

INSTANTIATE_TEST_SUITE_P(Writes, CareFaults, ::testing::Values("RecordLearning"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ruraledu::dropout_monitoring
