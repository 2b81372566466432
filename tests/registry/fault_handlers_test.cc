// A fault at each statement of two writes, one after the other: nothing half written, and the same request_id succeeds
// later.
#include <atomic>

#include "tests/registry/handlers_fixture.h"

namespace ruraledu::registry {
namespace {

class FaultHandlersTest : public RegistryTest {
 protected:
  // Opens with a plan that fails everything from the `at`-th statement on, once armed.
  void OpenArmed(int64_t at) {
    armed_ = std::make_shared<std::atomic<bool>>(false);
    auto count = std::make_shared<std::atomic<int64_t>>(0);
    Open([armed = armed_, count, at](int64_t, std::string_view) {
      return *armed && ++*count >= at ? absl::UnavailableError("cut off") : absl::OkStatus();
    });
  }
  // Students, counters and journal of the county: changes together or not at all.
  std::vector<std::string> Facts() {
    std::vector<std::string> facts = Counters();
    for (v1::Student& student : All<v1::Student>(kStudents)) {
      facts.push_back(student.ShortDebugString());
    }
    const auto journal = database_->Read([](db::Transaction& tx) {
      return tx.Query("SELECT entity FROM journal WHERE shard = $1 ORDER BY seq", kCounty);
    });
    for (const db::Row& row : *journal) {
      facts.push_back(row.Text(0));
    }
    return facts;
  }

  template <typename Request>
  void CutOffEverywhere(std::string_view method, const std::function<Request(int)>& make,
                        absl::StatusOr<v1::Student> (Handlers::*handler)(rpc::Call&, const Request&)) {
    for (int at = 1;; ++at) {
      ASSERT_LT(at, 500);
      Request request = make(at);
      OpenArmed(at);
      const auto before = Facts();
      *armed_ = true;
      const auto first = Call(method, request, handler);
      *armed_ = false;
      Open();
      if (first.ok()) {
        EXPECT_GT(at, 8) << "so few statements cannot be";
        EXPECT_EQ(Differences(), 0);
        return;
      }
      const auto after = Facts();
      const auto again = Call(method, request, handler);
      ASSERT_TRUE(again.ok()) << "cut off at statement " << at << ": " << again.status();
      const auto done = Facts();
      EXPECT_TRUE(after == before || after == done) << "half written when cut off at statement " << at;
      EXPECT_NE(done, before);
      const auto third = Call(method, request, handler);
      ASSERT_TRUE(third.ok()) << third.status();
      EXPECT_EQ(third->SerializeAsString(), again->SerializeAsString());
      EXPECT_EQ(Facts(), done) << "a replay writes nothing";
    }
  }

  std::shared_ptr<std::atomic<bool>> armed_;
};

TEST_F(FaultHandlersTest, CreateStudentWithItsClaim) {
  const v1::School school = Must(Create(School()));
  CutOffEverywhere<v1::CreateStudentRequest>(
      "CreateStudent",
      [&](int at) {
        v1::CreateStudentRequest request;
        request.set_parent(kParent);
        *request.mutable_student() = Student(school, Id("20140305", at));
        request.set_request_id(absl::StrCat("create-", at));
        return request;
      },
      &Handlers::CreateStudent);
}

TEST_F(FaultHandlersTest, MergeStudents) {
  const v1::School school = Must(Create(School()));
  const v1::Student keep = Must(Create(Student(school, Id("20140305", 900))));
  CutOffEverywhere<v1::MergeStudentsRequest>(
      "MergeStudents",
      [&](int at) {
        v1::MergeStudentsRequest request;
        request.set_name(keep.name());
        request.set_duplicate(Must(Create(Student(school, Id("20140305", at)))).name());
        request.set_reason("same child");
        request.set_request_id(absl::StrCat("merge-", at));
        return request;
      },
      &Handlers::MergeStudents);
}

}  // namespace
}  // namespace ruraledu::registry
