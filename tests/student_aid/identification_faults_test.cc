// A fault before each statement of every write of identification: no half write, the same request_id succeeds
// afterwards, once. Three calls at once share commits, as in writes_test.cc.
//
// RURALEDU_FAULT_STRIDE (default 3): every how many statements a fault; 1: before each of them.
#include <atomic>
#include <cstdlib>
#include <thread>

#include "tests/student_aid/identification_fixture.h"

namespace ruraledu::student_aid {
namespace {

using Again = std::function<absl::Status()>;  // the same request, whenever it is called

std::shared_ptr<std::atomic<int64_t>> NewCounter() {
  return std::make_shared<std::atomic<int64_t>>(-1);
}

db::Options Faulty(std::shared_ptr<std::atomic<int64_t>> left) {
  db::Options options;
  options.decorate = db::WithFaults([left = std::move(left)](int64_t, std::string_view) {
    return *left < 0 || left->fetch_sub(1) > 0 ? absl::OkStatus() : (*left = 0, absl::UnknownError("cut off"));
  });
  return options;
}

class IdentificationFaults : public IdentificationFixture, public ::testing::TestWithParam<std::string> {
 protected:
  explicit IdentificationFaults(std::shared_ptr<std::atomic<int64_t>> counter = NewCounter())
      : IdentificationFixture(Faulty(counter)), left(std::move(counter)) {
    // Every call of a test has a pupil of its own.
    for (int n = 1; n <= kPupils; ++n) registry.Put(Student(absl::StrCat("x", n), "JUN", "8"));
    EXPECT_TRUE(aid.CatchUp().ok());
  }

  template <typename Request, typename Answer>
  Again Repeat(const std::string& by, const std::string& method, const Request& request,
               absl::StatusOr<Answer> (Handlers::*handler)(rpc::Call&, const Request&)) {
    return [=, this]() -> absl::Status {
      const auto answer = As(by, method, request, handler);
      RETURN_IF_ERROR(answer.status());
      if constexpr (requires { answer->rows(); }) {
        EXPECT_EQ(Reasons(answer), "-");
      }
      return absl::OkStatus();
    };
  }
  // The call on a pupil; what it needs is made now.
  Again Prepare(const std::string& method, const std::string& person) {
    if (method == "CreateIdentification")
      return Repeat("teacher", method, Opening(person), &Handlers::CreateIdentification);
    if (method == "BatchSubmitIdentifications") {
      return Repeat("teacher", method, Submitting({Application(person)}), &Handlers::BatchSubmitIdentifications);
    }
    if (method == "ProposeIdentifications") {
      v1::ProposeIdentificationsRequest request;
      request.set_parent(kCounty);
      request.set_term(kAutumn);
      request.set_request_id(NewId());
      return Repeat("officer", method, request, &Handlers::ProposeIdentifications);
    }
    static const std::map<std::string, std::string> kFrom = {{"ClassReviewIdentification", "APPLIED"},
                                                             {"SchoolReviewIdentification", "CLASS_REVIEWED"},
                                                             {"StartNotice", "SCHOOL_REVIEWED"},
                                                             {"CloseNotice", "ON_NOTICE"},
                                                             {"CreateObjection", "ON_NOTICE"},
                                                             {"ResolveObjection", "RECHECK"},
                                                             {"CreateAppeal", "REJECTED"},
                                                             {"DecideSchoolAppeal", "REJECTED"},
                                                             {"DecideCountyAppeal", "REJECTED"},
                                                             {"BatchAdjustIdentifications", "CONFIRMED"},
                                                             {"BatchArchiveIdentifications", "CONFIRMED"}};
    Bring(person, kFrom.at(method));
    return PrepareLater(method, person);
  }
  Again PrepareLater(const std::string& method, const std::string& person) {
    if (method == "ClassReviewIdentification") {
      return Repeat("class", method, Reviewing(person), &Handlers::ClassReviewIdentification);
    }
    if (method == "SchoolReviewIdentification") {
      return Repeat("school", method, Reviewing(person), &Handlers::SchoolReviewIdentification);
    }
    if (method == "StartNotice") return Repeat("school", method, Posting({person}), &Handlers::StartNotice);
    if (method == "CloseNotice") {
      On(9, 26);
      return Repeat("school", method, Closing(Whole(person).notice()), &Handlers::CloseNotice);
    }
    if (method == "CreateObjection") return Repeat("clerk", method, Objecting(person), &Handlers::CreateObjection);
    if (method == "ResolveObjection") {  // with the notice that a changed list begins
      return Repeat("school", method, Resolving(person, v1::OBJECTION_OUTCOME_LEVEL_CHANGED, 2),
                    &Handlers::ResolveObjection);
    }
    if (method == "CreateAppeal") return Repeat("clerk", method, Appealing(person), &Handlers::CreateAppeal);
    if (method == "BatchAdjustIdentifications") {
      return Repeat("school", method, Adjusting(person, "2023-2024-2", 2, false, "核实"),
                    &Handlers::BatchAdjustIdentifications);
    }
    if (method == "BatchArchiveIdentifications") {
      return Repeat("county", method, Archiving({person}), &Handlers::BatchArchiveIdentifications);
    }
    EXPECT_TRUE(Appeal(person).ok());
    if (method == "DecideSchoolAppeal") {
      return Repeat("leader", method, Deciding(person, true), &Handlers::DecideSchoolAppeal);
    }
    EXPECT_TRUE(DecideAtSchool(person, false).ok());
    EXPECT_TRUE(Appeal(person).ok());
    return Repeat("county", method, Deciding(person, false), &Handlers::DecideCountyAppeal);
  }

  std::vector<std::string> Written() {
    std::vector<std::string> lines;
    for (const char* sql : {"SELECT id, shard, version FROM identification ORDER BY id",
                            "SELECT id, shard, version FROM notice ORDER BY id",
                            "SELECT entity, shard, seq FROM journal WHERE shard = 'c411728' ORDER BY seq",
                            "SELECT id, shard, 0 FROM job WHERE kind = 'identification_proposals' ORDER BY id"}) {
      const auto rows = aid.place.database->Read([&](db::Transaction& tx) { return tx.Query(sql); });
      EXPECT_TRUE(rows.ok()) << rows.status();
      for (const db::Row& row : *rows) lines.push_back(absl::StrCat(row.Text(0), " ", row.Int(2)));
    }
    return lines;
  }
  void ExpectSound() {
    for (const char* table : {"identification", "notice"}) {
      const auto lost = aid.place.database->Read([&](db::Transaction& tx) {
        return tx.Query(absl::StrCat("SELECT id FROM ", table,
                                     " AS root WHERE NOT EXISTS (SELECT seq FROM journal WHERE journal.shard = "
                                     "root.shard AND journal.seq = root.version)"));
      });
      ASSERT_TRUE(lost.ok()) << lost.status();
      EXPECT_TRUE(lost->empty()) << table << " without its entry";
    }
    const auto verified = feed::VerifyChain(*aid.place.database, "c411728");
    EXPECT_TRUE(verified.ok()) << verified.status();
  }

  static constexpr int kPupils = 200;
  std::shared_ptr<std::atomic<int64_t>> left;  // statements that still work; negative: all
};

TEST_P(IdentificationFaults, ThreeAtOnceCutOffAnywhere) {
  const char* text = std::getenv("RURALEDU_FAULT_STRIDE");
  const int stride = text == nullptr ? 3 : std::atoi(text);
  ASSERT_GT(stride, 0);
  int n = 0, cuts = 0;
  const auto next = [&] { return Prepare(GetParam(), absl::StrCat("x", ++n)); };
  for (int cut = 0;; cut += stride, ++cuts) {
    ASSERT_LE(n + 3, kPupils);
    std::vector<Again> members;
    for (int i = 0; i < 3; ++i) members.push_back(next());
    if (GetParam() == "CloseNotice") On(9, 26);
    std::vector<absl::Status> answers(members.size());
    *left = cut;
    std::vector<std::thread> threads;
    for (size_t i = 0; i < members.size(); ++i) {
      threads.emplace_back([&, i] { answers[i] = members[i](); });
    }
    for (std::thread& thread : threads) thread.join();
    *left = -1;
    ExpectSound();
    for (const Again& member : members) {
      const absl::Status again = member();
      ASSERT_TRUE(again.ok()) << "cut at " << cut << ": " << again;
    }
    const auto done = Written();
    ExpectSound();
    for (const Again& member : members) EXPECT_TRUE(member().ok());
    EXPECT_EQ(Written(), done) << "a replay writes nothing";
    if (std::all_of(answers.begin(), answers.end(), [](const absl::Status& s) { return s.ok(); })) break;
  }
  EXPECT_GT(cuts * stride, 4) << "so few statements cannot be";
}

INSTANTIATE_TEST_SUITE_P(Writes, IdentificationFaults,
                         ::testing::Values("CreateIdentification", "BatchSubmitIdentifications",
                                           "ClassReviewIdentification", "SchoolReviewIdentification", "StartNotice",
                                           "CloseNotice", "CreateObjection", "ResolveObjection", "CreateAppeal",
                                           "DecideSchoolAppeal", "DecideCountyAppeal", "BatchAdjustIdentifications",
                                           "BatchArchiveIdentifications", "ProposeIdentifications"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ruraledu::student_aid
