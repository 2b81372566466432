// Benefit claims of persons that turn out to be one, and of one that turns out to be two: random
// interleavings over three counties of grants that may be cut off, merges, un-merges, late jobs and pauses longer than
// the sweep. Never does a person get a benefit twice in a term; never is a rightful claim lost.
//
// RURALEDU_CLAIM_ROUNDS (default 3) and RURALEDU_CLAIM_SEED (default: drawn, printed) choose other runs.
#include "services/student_aid/merge_claims.h"

#include <map>
#include <random>
#include <set>

#include "services/student_aid/benefit_claims.h"
#include "tests/lib/setting.h"
#include "tests/student_aid/fixture.h"

namespace ruraledu::student_aid {
namespace {

using testlib::Setting;

constexpr const char* kCounties[] = {"c411728", "c500243", "c419001"};
constexpr auto kFamily = v1::BENEFIT_FAMILY_LIVING;
constexpr int kSteps = 200;

class MergeClaimsTest : public AidTest, public ::testing::WithParamInterface<const char*> {
 protected:
  MergeClaimsTest() {
    db::Options options{.clock = &clock_};
    if (std::string(GetParam()) == "Postgres") {
      options.url = "postgres:" + testlib::Postgres::Get().NewSchema();
    }
    copy_ = std::make_unique<Aid>(own_, registry, options);
    registry.Put(School());
    for (const char* person : {"p1", "p2", "p3"}) {
      registry.Put(Student(person, "JUN", "7"));
    }
    EXPECT_TRUE(copy_->CatchUp().ok());
  }
  db::Database& database() { return *copy_->place.database; }

  void Merge(const std::string& alias, const std::string& person) {
    registry_v1::Student student = Student(alias, "JUN", "7");
    if (!person.empty()) {
      student.set_merged_into(absl::StrCat(kCounty, "/students/", person));
    }
    registry.Put(student);
    EXPECT_TRUE(copy_->CatchUp().ok());
  }

  // Runs the jobs that are queued once each; how many are left.
  size_t RunJobs() {
    const auto jobs =
        *database().Read([](db::Transaction& tx) { return db::ListJobs(tx, "c411728", kMergeClaimsJob, "", 1000); });
    size_t left = 0;
    for (auto job = jobs.rbegin(); job != jobs.rend(); ++job) {
      if (job->state != db::JobState::kQueued) {
        continue;
      }
      OneTurn turn(database(), *job);
      const auto result = RunMergeClaims(copy_->host(), turn);
      if (turn.postponed.has_value()) {
        ++left;
        continue;
      }
      EXPECT_TRUE(result.ok()) << result.status();
      EXPECT_TRUE(database()
                      .Write("c411728",
                             [&](db::Transaction& tx) {
                               return tx.Execute("UPDATE job SET state = 'SUCCEEDED' WHERE shard = $1 AND id = $2",
                                                 tx.shard(), job->id);
                             })
                      .ok());
    }
    return left;
  }
  void Sweep() {
    clock_.Advance(absl::Minutes(10));
    EXPECT_TRUE(db::SweepClaims(database(), absl::Minutes(5), 1000).ok());
  }
  void Rest() {
    Sweep();
    EXPECT_EQ(RunJobs(), 0u);
    Sweep();
  }

  // A county gives a benefit: claim, its own write, confirmation; `steps` says where it is cut off (3: nowhere). True
  // when the county's write was done.
  bool Give(const std::string& person, const std::string& county, int steps = 3) {
    const auto taken =
        TakeBenefits(database(), {BenefitKey(person, kAutumn, kFamily)}, county, absl::StrCat("op-", ++operations_));
    EXPECT_TRUE(taken.ok()) << taken.status();
    if (!taken->had[0] || steps < 2) {
      return false;
    }
    const absl::Status settled =
        database().Write(county, [&](db::Transaction& tx) { return SettleBenefits(tx, taken->operations); });
    if (!settled.ok()) {
      EXPECT_EQ(ReasonOf(settled), "CLAIM_BARRED") << settled;
      return false;
    }
    if (steps > 2) {
      EXPECT_TRUE(ConfirmBenefits(database(), taken->shards, taken->operations).ok());
    }
    return true;
  }
  std::string HolderOf(const std::string& person) {
    const std::string key = BenefitKey(person, kAutumn, kFamily);
    const auto claim = *database().Write(PersonShard(person),
                                         [&](db::Transaction& tx) { return db::FindClaim(tx, kBenefitSpace, key); });
    return claim.has_value() && claim->state == db::ClaimState::kHeld ? claim->holder : "";
  }

  FakeClock clock_{absl::FromCivil(absl::CivilSecond(2023, 9, 20, 10, 0, 0), absl::UTCTimeZone())};
  TempFolder own_;
  std::unique_ptr<Aid> copy_;
  int operations_ = 0;
};

TEST_P(MergeClaimsTest, WhatTheAliasHoldsThePersonHolds) {
  ASSERT_TRUE(Give("p2", "c500243"));
  Merge("p2", "p1");
  Rest();
  EXPECT_EQ(HolderOf("p1"), "c500243");
  EXPECT_FALSE(Give("p1", "c411728")) << "the person had it in the other county";
  Merge("p2", "");
  Rest();
  EXPECT_EQ(HolderOf("p1"), "") << "two persons again";
  EXPECT_EQ(HolderOf("p2"), "c500243");
  EXPECT_TRUE(Give("p1", "c411728"));
  Merge("p2", "p1");
  Rest();
  EXPECT_EQ(HolderOf("p1"), "c411728") << "both have it: DUPLICATE_AID, nobody loses";
  EXPECT_EQ(HolderOf("p2"), "c500243");
}

TEST_P(MergeClaimsTest, WhatACountyReliedOnStaysAfterTheEndOfTheMerge) {
  ASSERT_TRUE(Give("p2", "c500243"));
  Merge("p2", "p1");
  Rest();
  EXPECT_TRUE(Give("p1", "c500243")) << "the same county";
  Merge("p2", "");
  Rest();
  EXPECT_EQ(HolderOf("p1"), "c500243");
  EXPECT_FALSE(Give("p1", "c411728"));
}

TEST_P(MergeClaimsTest, AGrantThatComesLateFindsTheBar) {
  ASSERT_TRUE(Give("p2", "c500243"));
  Merge("p2", "p1");
  Rest();
  const auto taken = TakeBenefits(database(), {BenefitKey("p1", kAutumn, kFamily)}, "c500243", "late");
  ASSERT_TRUE(taken.ok() && taken->had[0]);
  Merge("p2", "");
  Rest();
  EXPECT_EQ(
      ReasonOf(database().Write("c500243", [&](db::Transaction& tx) { return SettleBenefits(tx, taken->operations); })),
      "CLAIM_BARRED");
}

TEST_P(MergeClaimsTest, AClaimUnderWayIsWaitedFor) {
  EXPECT_FALSE(Give("p2", "c500243", 1)) << "cut off after the claim";
  Merge("p2", "p1");
  EXPECT_EQ(RunJobs(), 1u);
  Sweep();
  EXPECT_EQ(RunJobs(), 0u);
  EXPECT_EQ(HolderOf("p1"), "");
}

// Both records got aid before anybody knew that they are one person: the comparison shows it.
TEST_P(MergeClaimsTest, AidGivenTwiceIsKeptAsEvidence) {
  v1::BatchRecordAidRequest request;
  request.set_parent(kCounty);
  request.set_request_id(NewId());
  v1::AidRecord& record = *request.add_records();
  record.set_person("p1");
  record.set_item("SP_LIV_B_JUN");
  record.set_term(kAutumn);
  record.set_amount_fen(62500);
  record.set_source("PRIOR_SYSTEM");
  record.set_school("s1");
  *record.mutable_paid_on() = Date(20231201);
  ASSERT_EQ(copy_->Call("BatchRecordAid", request, &Handlers::BatchRecordAid)->outcomes(0), "RECORDED");
  ASSERT_TRUE(Give("p2", "c500243"));
  Merge("p2", "p1");
  Rest();
  const auto refused = *database().Read([](db::Transaction& tx) {
    return tx.Query("SELECT person FROM aid_record WHERE refused = 'DUPLICATE_AID' ORDER BY person");
  });
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].Text(0), "p1");
}

TEST_P(MergeClaimsTest, AnyInterleaving) {
  for (int64_t round = 0; round < Setting("RURALEDU_CLAIM_ROUNDS", 3); ++round) {
    const auto seed = static_cast<uint64_t>(Setting("RURALEDU_CLAIM_SEED", std::random_device()()));
    SCOPED_TRACE(absl::StrCat("RURALEDU_CLAIM_SEED=", seed));
    std::mt19937_64 random(seed);
    std::map<std::string, std::set<std::string>> gave;  // person -> counties whose write was done
    for (const char* person : {"p1", "p2", "p3"}) {
      if (const std::string holder = HolderOf(person); !holder.empty()) {
        gave[person].insert(holder);
      }
    }
    bool merged = false, settled = true;
    for (int step = 0; step < kSteps; ++step) {
      const int what = static_cast<int>(random() % 12);
      if (what < 7) {
        std::string person = std::string("p") + static_cast<char>('1' + random() % 3);
        if (person == "p2" && merged) {
          person = "p1";  // the copy names the record that stays
        }
        const std::string county = kCounties[random() % 3];
        const bool given = Give(person, county, static_cast<int>(random() % 4));
        if (given) {
          gave[person].insert(county);
        }
        ASSERT_LE(gave[person].size(), 1u) << person << " got it twice, step " << step;
        if (given && merged && settled && person == "p1" && !gave["p2"].empty() && gave["p1"].empty()) {
          ASSERT_TRUE(gave["p2"].contains(county)) << "step " << step;
        }
      } else if (what < 9) {
        merged = !merged;
        settled = false;
        Merge("p2", merged ? "p1" : "");
      } else if (what < 11) {
        settled = RunJobs() == 0;
      } else {
        Sweep();
      }
    }
    Rest();
    for (const auto& [person, counties] : gave) {
      if (!counties.empty()) {
        EXPECT_EQ(HolderOf(person), *counties.begin()) << person << ": a rightful claim is lost";
      }
    }
    if (merged && gave["p1"].empty() && !gave["p2"].empty()) {
      EXPECT_EQ(HolderOf("p1"), *gave["p2"].begin());
    }
    if (!merged && gave["p1"].empty()) {
      EXPECT_EQ(HolderOf("p1"), "") << "nobody gave it to p1";
    }
    Merge("p2", "");
    Rest();
    ASSERT_FALSE(HasFailure());
    for (const char* person : {"p1", "p2", "p3"}) {  // half of the next rounds begin with nothing
      if (random() % 2 == 0) {
        for (const char* county : kCounties) {
          ASSERT_TRUE(ReleaseBenefits(database(), {BenefitKey(person, kAutumn, kFamily)}, county).ok());
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, MergeClaimsTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ruraledu::student_aid
