// Identity claims under anything that happens: random interleavings of creations, corrections, merges, un-merges
// and moves over three counties, calls cut off at any statement, pauses longer than the sweep, jobs that come
// late. Never do two persons have one number; never is a rightful claim lost, nor one kept that is nobody's.
//
// RURALEDU_CLAIM_ROUNDS (default 1), RURALEDU_CLAIM_STEPS (of a round, default 30) and RURALEDU_CLAIM_SEED (default:
// drawn, printed) choose other runs.
#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "common/db/claims.h"
#include "services/registry/store.h"
#include "tests/lib/postgres.h"
#include "tests/lib/setting.h"
#include "tests/registry/fixture.h"

namespace ruraledu::registry {
namespace {

using testlib::Setting;

constexpr const char* kCounties[] = {"411727", "411728", "411729"};
constexpr int kNumbers = 5;

class ClaimsPropertyTest : public RegistryTest, public ::testing::WithParamInterface<const char*> {
 protected:
  ClaimsPropertyTest()
      : RegistryTest(std::string(GetParam()) == "Postgres" ? "postgres:" + testlib::Postgres::Get().NewSchema() : "") {
    Open([left = left_](int64_t, std::string_view) {
      return *left < 0 || --*left > 0 ? absl::OkStatus() : (*left = 1, absl::UnavailableError("cut off"));
    });
    for (int i = 0; i < kNumbers; ++i) {
      numbers_.push_back(Id(absl::StrCat("2014030", i + 1), 17));
    }
    for (const char* county : kCounties) {
      schools_.push_back(
          Must(Create(School(absl::StrCat("2141", county), {"PRI"}, absl::StrCat(county, "001")), Parent(county))));
    }
  }

  static std::string Parent(const std::string& county) { return absl::StrCat("counties/", county); }

  // A call that may be cut off at a random statement: `ok` tells nothing then.
  template <typename F>
  void Cut(std::mt19937_64& random, F call) {
    *left_ = random() % 3 == 0 ? static_cast<int64_t>(random() % 30) + 1 : -1;
    call();
    *left_ = -1;
  }

  struct Record {
    std::string name, id, number, merged_into, moved_to;
  };
  std::vector<Record> Records() {
    std::vector<Record> records;
    for (const char* county : kCounties) {
      for (const v1::Student& s : All<v1::Student>(kStudents, absl::StrCat("c", county))) {
        records.push_back(
            {s.name(), std::string(feed::IdOfName(s.name())), s.id_number(), s.merged_into(), s.moved_to()});
      }
    }
    return records;
  }
  std::vector<Record> Here() {
    std::vector<Record> here;
    for (Record& record : Records()) {
      if (record.merged_into.empty() && record.moved_to.empty()) {
        here.push_back(std::move(record));
      }
    }
    return here;
  }

  // At any moment. A student on the way stands in two counties as one person.
  void ExpectNoNumberTwice() {
    std::map<std::string, std::set<std::string>> holders;
    for (const Record& record : Here()) {
      if (!record.number.empty()) {
        holders[record.number].insert(record.id);
      }
    }
    for (const auto& [number, persons] : holders) {
      EXPECT_EQ(persons.size(), 1u) << "a number of several persons";
    }
  }

  // When everything has come to rest: who should hold each number holds it, and nobody else.
  void ExpectClaimsAsRecords() {
    std::map<std::string, std::string> should;  // number -> person
    for (const Record& record : Records()) {
      if (!record.moved_to.empty() || record.number.empty()) {
        continue;
      }
      should[record.number] = record.merged_into.empty() ? record.id : std::string(feed::IdOfName(record.merged_into));
    }
    for (const std::string& number : numbers_) {
      const std::string key = IdIndexes(*keys_, number).front();
      const auto claim = database_->Write(ClaimShardOf(key),
                                          [&](db::Transaction& tx) { return db::FindClaim(tx, kIdentitySpace, key); });
      ASSERT_TRUE(claim.ok()) << claim.status();
      const bool held = claim->has_value() && (*claim)->state == db::ClaimState::kHeld;
      const bool tentative = claim->has_value() && (*claim)->state == db::ClaimState::kTentative;
      EXPECT_FALSE(tentative) << "left open after the sweep";
      EXPECT_EQ(held ? (*claim)->holder : "", should.contains(number) ? should[number] : "")
          << "number " << std::find(numbers_.begin(), numbers_.end(), number) - numbers_.begin();
    }
  }

  void Rest() {
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(RunJobs().ok());
      clock_.Advance(absl::Hours(2));
      ASSERT_TRUE(db::SweepClaims(*database_, absl::Hours(1), 1000).ok());
    }
  }

  std::string AnyNumber(std::mt19937_64& random) { return numbers_[random() % numbers_.size()]; }

  void NewPupil(std::mt19937_64& random) {
    const size_t at = random() % schools_.size();
    v1::CreateStudentRequest request;
    request.set_parent(Parent(kCounties[at]));
    *request.mutable_student() = Student(schools_[at], AnyNumber(random), absl::StrCat("学生", random() % 9));
    request.set_request_id(NextRequest());
    Cut(random, [&] { (void)Call("CreateStudent", request, &Handlers::CreateStudent); });
    if (random() % 2 == 0) {  // the client tries again; or does not
      (void)Call("CreateStudent", request, &Handlers::CreateStudent);
    }
  }
  void Correct(std::mt19937_64& random, const Record& record) {
    v1::UpdateStudentRequest request;
    request.mutable_student()->set_name(record.name);
    request.mutable_student()->set_id_number(AnyNumber(random));
    request.mutable_update_mask()->add_paths("id_number");
    // The birth date follows from the number.
    const std::string& number = request.student().id_number();
    absl::CivilDay birth(std::stoi(number.substr(6, 4)), std::stoi(number.substr(10, 2)),
                         std::stoi(number.substr(12, 2)));
    *request.mutable_student()->mutable_birth_date() = DateOf(birth);
    request.mutable_update_mask()->add_paths("birth_date");
    request.set_request_id(NextRequest());
    Cut(random, [&] { (void)Call("UpdateStudent", request, &Handlers::UpdateStudent); });
  }
  void Merge(std::mt19937_64& random, const Record& keep, const Record& duplicate) {
    v1::MergeStudentsRequest request;
    request.set_name(keep.name);
    request.set_duplicate(duplicate.name);
    request.set_reason("same person");
    request.set_request_id(NextRequest());
    Cut(random, [&] { (void)Call("MergeStudents", request, &Handlers::MergeStudents); });
  }
  void Unmerge(std::mt19937_64& random, const Record& alias) {
    v1::UnmergeStudentRequest request;
    request.set_name(alias.name);
    request.set_reason("two persons");
    request.set_request_id(NextRequest());
    Cut(random, [&] { (void)Call("UnmergeStudent", request, &Handlers::UnmergeStudent); });
  }
  void Move(std::mt19937_64& random, const Record& record) {
    const size_t to = random() % schools_.size();
    v1::CreateTransferRequest ask;
    ask.set_parent(record.name.substr(0, record.name.find("/students")));
    ask.mutable_transfer()->set_student(record.name);
    ask.mutable_transfer()->set_to_school(schools_[to].name());
    *ask.mutable_transfer()->mutable_effective_on() = DateOf(absl::CivilDay(2023, 10, 1) + moves_++);
    ask.set_request_id(NextRequest());
    const auto asked = Call("CreateTransfer", ask, &Handlers::CreateTransfer);
    if (!asked.ok()) {
      return;
    }
    if (random() % 4 == 0) {  // asked and not answered yet
      open_.push_back({asked->name(), Parent(kCounties[to])});
      return;
    }
    Accept(random, {asked->name(), Parent(kCounties[to])});
  }
  struct Asked {
    std::string transfer, parent;
  };
  void Accept(std::mt19937_64& random, const Asked& asked) {
    v1::AcceptTransferRequest accept;
    accept.set_parent(asked.parent);
    accept.set_transfer(asked.transfer);
    accept.set_request_id(NextRequest());
    Cut(random, [&] { (void)Call("AcceptTransfer", accept, &Handlers::AcceptTransfer); });
  }

  void Step(std::mt19937_64& random) {
    const auto here = Here();
    const auto pick = [&] { return here[random() % here.size()]; };
    const int what = static_cast<int>(random() % 20);
    if (here.size() < 3 || what < 6) {
      NewPupil(random);
    } else if (what < 10) {
      Correct(random, pick());
    } else if (what < 12) {
      Merge(random, pick(), pick());
    } else if (what < 14) {
      for (const Record& record : Records()) {
        if (!record.merged_into.empty() && random() % 2 == 0) {
          return Unmerge(random, record);
        }
      }
    } else if (what < 16) {
      Move(random, pick());
    } else if (what < 17 && !open_.empty()) {
      Accept(random, open_.back());
      open_.pop_back();
    } else if (what < 18) {
      const absl::Status ran = RunJobs();
      EXPECT_TRUE(ran.ok()) << ran;
    } else {
      clock_.Advance(absl::Minutes(static_cast<int64_t>(random() % 180)));
      EXPECT_TRUE(db::SweepClaims(*database_, absl::Hours(1), 1000).ok());
    }
  }

  std::shared_ptr<std::atomic<int64_t>> left_ = std::make_shared<std::atomic<int64_t>>(-1);  // statements; < 0: all
  std::vector<std::string> numbers_;
  std::vector<v1::School> schools_;
  std::vector<Asked> open_;
  int moves_ = 0;
};

TEST_P(ClaimsPropertyTest, AnyInterleaving) {
  for (int64_t round = 0; round < Setting("RURALEDU_CLAIM_ROUNDS", 1); ++round) {
    const auto seed = static_cast<uint64_t>(Setting("RURALEDU_CLAIM_SEED", std::random_device()()));
    SCOPED_TRACE(absl::StrCat("RURALEDU_CLAIM_SEED=", seed));
    std::mt19937_64 random(seed);
    for (int64_t step = 0; step < Setting("RURALEDU_CLAIM_STEPS", 30); ++step) {
      Step(random);
      ExpectNoNumberTwice();
      if (HasFailure()) {
        FAIL() << "step " << step;
      }
    }
    Rest();
    ExpectNoNumberTwice();
    ExpectClaimsAsRecords();
    ASSERT_FALSE(HasFailure());
  }
}

// Threads that want one number for different persons at once: one gets it.
TEST_P(ClaimsPropertyTest, RacingThreads) {
  for (int round = 0; round < 4; ++round) {
    std::atomic<int> made = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) {
      v1::CreateStudentRequest request;
      const size_t at = static_cast<size_t>(i) % schools_.size();
      request.set_parent(Parent(kCounties[at]));
      *request.mutable_student() = Student(schools_[at], numbers_[static_cast<size_t>(round)], absl::StrCat("学生", i));
      request.set_request_id(NextRequest());
      threads.emplace_back([this, request, &made] {
        const auto answer = Call("CreateStudent", request, &Handlers::CreateStudent);
        made += answer.ok() ? 1 : 0;
        if (!answer.ok()) {
          EXPECT_EQ(ReasonOf(answer.status()), "IDENTITY_TAKEN") << answer.status();
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    EXPECT_EQ(made, 1);
  }
  Rest();
  ExpectNoNumberTwice();
  ExpectClaimsAsRecords();
}

// A process that died between the claim and the county's write: the number is free again, and a write of the dead one
// that comes late is refused.
TEST_P(ClaimsPropertyTest, AnOwnerThatDied) {
  v1::Student dead;
  dead.set_id_number(numbers_[0]);
  IdentityClaim claim(*host_, dead, "dead", kCounty, "operation-of-the-dead");
  ASSERT_TRUE(claim.Take().ok());
  v1::Student wanted = Student(schools_[0], numbers_[0]);
  EXPECT_EQ(ReasonOf(Create(wanted, Parent(kCounties[0])).status()), "IDENTITY_TAKEN");
  clock_.Advance(absl::Hours(2));
  ASSERT_TRUE(db::SweepClaims(*database_, absl::Hours(1), 1000).ok());
  EXPECT_TRUE(Create(wanted, Parent(kCounties[0])).ok());
  EXPECT_EQ(ReasonOf(database_->Write(kCounty, [&](db::Transaction& tx) { return claim.Settle(tx); })), "CLAIM_BARRED");
  ExpectClaimsAsRecords();
}

// The number of a corrected pupil goes back to whom it belongs; a merge carries the alias's number along, an un-merge
// gives it back.
TEST_P(ClaimsPropertyTest, CorrectionsAndMergesMoveClaims) {
  const v1::Student wrong = Must(Create(Student(schools_[1], numbers_[0], "张三"), Parent(kCounties[1])));
  EXPECT_EQ(ReasonOf(Create(Student(schools_[2], numbers_[0], "李四"), Parent(kCounties[2])).status()),
            "IDENTITY_TAKEN");
  v1::UpdateStudentRequest correct;
  correct.mutable_student()->set_name(wrong.name());
  correct.mutable_student()->set_id_number(Id("20140301", 19));
  correct.mutable_update_mask()->add_paths("id_number");
  correct.set_request_id(NextRequest());
  ASSERT_TRUE(Call("UpdateStudent", correct, &Handlers::UpdateStudent).ok());
  ASSERT_TRUE(RunJobs().ok());
  const v1::Student right = Must(Create(Student(schools_[1], numbers_[0], "李四"), Parent(kCounties[1])));

  const auto holder = [&](const std::string& number) {
    const std::string key = IdIndexes(*keys_, number).front();
    const auto claim = database_->Write(ClaimShardOf(key),
                                        [&](db::Transaction& tx) { return db::FindClaim(tx, kIdentitySpace, key); });
    return claim.ok() && claim->has_value() ? (*claim)->holder : "";
  };
  std::mt19937_64 whole(1);
  const std::string kept(feed::IdOfName(right.name())), alias(feed::IdOfName(wrong.name()));
  v1::MergeStudentsRequest merge;
  merge.set_name(right.name());
  merge.set_duplicate(wrong.name());
  merge.set_reason("same person");
  merge.set_request_id(NextRequest());
  ASSERT_TRUE(Call("MergeStudents", merge, &Handlers::MergeStudents).ok());
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_EQ(holder(Id("20140301", 19)), kept);
  EXPECT_EQ(holder(numbers_[0]), kept);
  v1::UnmergeStudentRequest unmerge;
  unmerge.set_name(wrong.name());
  unmerge.set_reason("two persons");
  unmerge.set_request_id(NextRequest());
  ASSERT_TRUE(Call("UnmergeStudent", unmerge, &Handlers::UnmergeStudent).ok());
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_EQ(holder(Id("20140301", 19)), alias);
  EXPECT_EQ(holder(numbers_[0]), kept);
  ExpectClaimsAsRecords();
}

INSTANTIATE_TEST_SUITE_P(, ClaimsPropertyTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ruraledu::registry
