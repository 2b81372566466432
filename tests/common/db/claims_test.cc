// Remembered answers and claims.
#include "common/db/claims.h"

#include <map>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/db/idempotency.h"
#include "tests/common/db/fixture.h"

namespace ruraledu::db {
namespace {

class ClaimsTest : public DatabaseTest {
 protected:
  void SetUp() override {
    options_.clock = &clock_;
    Open();
  }
  static ClaimRow Wanted(const std::string& key, const std::string& holder, const std::string& operation) {
    return {"benefit", key, holder, ClaimState::kTentative, "owner", operation};
  }
  ClaimRow Take(const ClaimRow& wanted) {
    auto row = database_->Write("claims", [&](Transaction& tx) { return Claim(tx, wanted); });
    EXPECT_TRUE(row.ok()) << row.status();
    return row.value_or(ClaimRow{});
  }
  absl::Status Own(const std::string& operation) {
    return database_->Write("owner", [&](Transaction& tx) -> absl::Status {
      RETURN_IF_ERROR(CheckNotBarred(tx, operation));
      return MarkDone(tx, operation);
    });
  }
  absl::Status Confirm(const std::string& operation) {
    return database_->Write("claims", [&](Transaction& tx) { return ConfirmClaims(tx, "benefit", operation); });
  }
  absl::Status Release(const std::string& key, const std::string& holder) {
    return database_->Write("claims", [&](Transaction& tx) { return ReleaseClaim(tx, "benefit", key, holder); });
  }
  std::optional<ClaimRow> Find(const std::string& key) {
    auto row = database_->Read([&](Transaction& tx) -> absl::StatusOr<std::optional<ClaimRow>> {
      ASSIGN_OR_RETURN(auto found, tx.QueryOne("SELECT holder, state, operation FROM claim WHERE claim_key = $1", key));
      if (!found.has_value()) {
        return std::nullopt;
      }
      ClaimRow claim = Wanted(key, found->Text(0), found->Text(2));
      claim.state = found->Text(1) == "HELD"        ? ClaimState::kHeld
                    : found->Text(1) == "TENTATIVE" ? ClaimState::kTentative
                                                    : ClaimState::kReleased;
      return claim;
    });
    EXPECT_TRUE(row.ok()) << row.status();
    return row.value_or(std::nullopt);
  }
  SweepResult Sweep() {
    auto result = SweepClaims(*database_, absl::Minutes(1), 1000);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.value_or(SweepResult{});
  }

  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
};

TEST_P(ClaimsTest, FreeTakenRepeatedReleasedRetaken) {
  EXPECT_EQ(Take(Wanted("k", "a", "op1")).holder, "a");
  EXPECT_EQ(Take(Wanted("k", "b", "op2")).holder, "a");  // taken: nothing changes
  EXPECT_EQ(Take(Wanted("k", "a", "op1")).state, ClaimState::kTentative);
  ASSERT_TRUE(Own("op1").ok());
  ASSERT_TRUE(Confirm("op1").ok());
  EXPECT_EQ(Take(Wanted("k", "a", "op3")).state, ClaimState::kHeld);  // never back to TENTATIVE
  EXPECT_EQ(Find("k")->operation, "op1");
  ASSERT_TRUE(Release("k", "b").ok());  // not the holder's
  EXPECT_EQ(Find("k")->state, ClaimState::kHeld);
  ASSERT_TRUE(Release("k", "a").ok());
  EXPECT_EQ(Find("k")->state, ClaimState::kReleased);
  EXPECT_EQ(Take(Wanted("k", "b", "op2")).holder, "b");
}

TEST_P(ClaimsTest, ManyKeysInInputOrder) {
  EXPECT_EQ(Take(Wanted("00150", "other", "op0")).holder, "other");
  std::vector<ClaimRow> wanted;
  for (int i = 400; i > 0; --i) {
    wanted.push_back(Wanted(absl::StrCat("00", i), "me", "op1"));
  }
  wanted.push_back(Wanted("00400", "twin", "op1"));  // the same key twice: the first one has it
  auto rows = database_->Write("claims", [&](Transaction& tx) { return ClaimMany(tx, wanted); });
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ((*rows)[i].key, wanted[i].key);
    EXPECT_EQ((*rows)[i].holder, wanted[i].key == "00150" ? "other" : "me");
  }
}

TEST_P(ClaimsTest, TheSweeperAsksTheOwner) {
  Take(Wanted("done", "a", "op1"));
  Take(Wanted("lost", "b", "op2"));
  ASSERT_TRUE(Own("op1").ok());
  EXPECT_EQ(Sweep().held, 0) << "too young";
  clock_.Advance(absl::Minutes(2));
  const SweepResult result = Sweep();
  EXPECT_EQ(result.held, 1);
  EXPECT_EQ(result.released, 1);
  EXPECT_EQ(Find("done")->state, ClaimState::kHeld);
  EXPECT_EQ(Find("lost")->state, ClaimState::kReleased);
  EXPECT_EQ(ReasonOf(Own("op2")), "CLAIM_BARRED");
  const auto mark = database_->Write("owner", [&](Transaction& tx) { return MarkDone(tx, "op2"); });
  EXPECT_EQ(ReasonOf(mark), "CLAIM_BARRED");
  EXPECT_TRUE(Own("op1").ok());  // repeating a done one is harmless
}

// Random histories of owners that pause, crash and come late, of releases and sweeps. At no time are there two rightful
// holders of a key (an owner whose write went through and was not released), and none of them loses its claim.
TEST_P(ClaimsTest, NeverTwoHoldersNeverALostClaim) {
  const unsigned seed = std::random_device{}();
  RecordProperty("seed", static_cast<int>(seed));
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const auto pick = [&](size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random); };
  struct Attempt {
    std::string key, holder, operation;
    int step = 0;  // 0 wants, 1 claimed, 2 owned, 3 confirmed
  };
  std::vector<Attempt> attempts;
  std::map<std::string, std::string> rightful;  // key -> holder
  int names = 0;
  for (int round = 0; round < 300; ++round) {
    const size_t dice = pick(12);
    if (dice < 3 || attempts.empty()) {
      ++names;
      attempts.push_back({absl::StrCat("key", pick(3)), absl::StrCat("h", names), absl::StrCat("op", names)});
    } else if (dice == 3) {
      clock_.Advance(absl::Seconds(90));
      Sweep();
    } else if (dice == 4 && !rightful.empty()) {
      const auto it = std::next(rightful.begin(), static_cast<long>(pick(rightful.size())));
      ASSERT_TRUE(Release(it->first, it->second).ok());
      rightful.erase(it);
    } else {
      const size_t index = pick(attempts.size());
      Attempt& attempt = attempts[index];
      bool over = false;
      if (attempt.step == 0) {
        over = Take(Wanted(attempt.key, attempt.holder, attempt.operation)).holder != attempt.holder;
      } else if (attempt.step == 1) {
        const absl::Status status = Own(attempt.operation);
        over = !status.ok();
        if (status.ok()) {
          EXPECT_FALSE(rightful.contains(attempt.key)) << "two holders of " << attempt.key;
          rightful[attempt.key] = attempt.holder;
        }
      } else {
        ASSERT_TRUE(Confirm(attempt.operation).ok());
        over = true;
      }
      ++attempt.step;
      if (over) {
        attempts.erase(attempts.begin() + static_cast<long>(index));
      }
    }
    for (const auto& [key, holder] : rightful) {
      const auto row = Find(key);
      ASSERT_TRUE(row.has_value());
      ASSERT_EQ(row->holder, holder) << "a rightful claim was lost in round " << round;
      ASSERT_NE(row->state, ClaimState::kReleased) << round;
    }
  }
}

TEST_P(ClaimsTest, AnAnswerIsRememberedFor72Hours) {
  const RequestKey key{"user", "/Method", "r1", std::string("\0\x01", 2)};
  const auto find = [&](const RequestKey& k, const std::string& shard = "c1") {
    return database_->Write(shard, [&](Transaction& tx) { return FindRemembered(tx, k); });
  };
  const auto remember = [&](const Remembered& answer) {
    return database_->Write("c1", [&](Transaction& tx) { return Remember(tx, key, answer); });
  };
  const auto forget = [&](int64_t limit) {
    return database_->Write("c1", [&](Transaction& tx) { return ForgetOld(tx, limit); });
  };
  EXPECT_FALSE(find(key)->has_value());
  ASSERT_TRUE(remember({"schools/1\nschools/2", 7}).ok());
  const auto again = find(key);
  ASSERT_TRUE(again.ok() && again->has_value());
  EXPECT_EQ((*again)->name, "schools/1\nschools/2");
  EXPECT_EQ((*again)->version, 7);
  RequestKey other = key;
  other.fingerprint = "else";
  EXPECT_EQ(ReasonOf(find(other).status()), "REQUEST_ID_REUSED");
  other.subject = "another";
  EXPECT_FALSE(find(other)->has_value());
  EXPECT_FALSE(find(key, "c2")->has_value());
  clock_.Advance(absl::Hours(71));
  EXPECT_EQ(*forget(10), 0);
  EXPECT_TRUE(find(key)->has_value());
  clock_.Advance(absl::Hours(2));
  EXPECT_FALSE(find(key)->has_value());
  ASSERT_TRUE(remember({"schools/3", 8}).ok());  // over the old one
  EXPECT_EQ((*find(key))->name, "schools/3");
  clock_.Advance(absl::Hours(73));
  EXPECT_EQ(*forget(10), 1);
  EXPECT_EQ(*forget(10), 0);
}

// Who decided about a claim as it was must not touch it as it is.
TEST_P(ClaimsTest, ARenewedClaimIsAnotherOne) {
  Take(Wanted("k", "a", "op1"));
  ASSERT_TRUE(Own("op1").ok());
  ASSERT_TRUE(Confirm("op1").ok());
  const ClaimRow seen = *Find("k");
  const auto renew = [&](const std::string& holder, const std::string& operation) {
    auto rows =
        database_->Write("claims", [&](Transaction& tx) { return RenewMany(tx, {Wanted("k", holder, operation)}); });
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows->front();
  };
  EXPECT_EQ(renew("b", "op2").holder, "a") << "not b's to renew";
  EXPECT_EQ(Find("k")->operation, "op1");
  EXPECT_EQ(renew("a", "op3").operation, "op3");
  EXPECT_EQ(Find("k")->state, ClaimState::kHeld) << "never back to TENTATIVE";
  const auto release = [&](const ClaimRow& row) {
    return *database_->Write("claims", [&](Transaction& tx) { return ReleaseSeen(tx, row); });
  };
  const auto move = [&](const ClaimRow& row, const std::string& holder) {
    return *database_->Write("claims", [&](Transaction& tx) { return MoveSeen(tx, row, holder); });
  };
  EXPECT_FALSE(release(seen));
  EXPECT_FALSE(move(seen, "b"));
  EXPECT_TRUE(move(*Find("k"), "b"));
  EXPECT_EQ(Find("k")->holder, "b");
  EXPECT_TRUE(release(*Find("k")));
  EXPECT_EQ(Find("k")->state, ClaimState::kReleased);
  EXPECT_EQ(renew("c", "op4").state, ClaimState::kTentative) << "a free key is taken as by Claim";
}

TEST_P(ClaimsTest, ABarIsForEver) {
  const auto bar = [&](const std::string& operation) {
    return *database_->Write("owner", [&](Transaction& tx) { return Bar(tx, operation); });
  };
  ASSERT_TRUE(Own("op1").ok());
  EXPECT_FALSE(bar("op1")) << "it was done";
  EXPECT_TRUE(bar("op2"));
  EXPECT_TRUE(bar("op2"));
  EXPECT_EQ(ReasonOf(Own("op2")), "CLAIM_BARRED");
}

TEST_P(ClaimsTest, ClaimsByTheBeginningOfTheirKey) {
  for (const char* key : {"p1/a", "p1/b", "p10/a", "p2/a", "p1/c"}) {
    Take(Wanted(key, "h", "op"));
  }
  ASSERT_TRUE(Release("p1/c", "h").ok());
  const auto rows = *database_->Write("claims", [](Transaction& tx) { return FindClaims(tx, "benefit", "p1/"); });
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].key, "p1/a");
  EXPECT_EQ(rows[1].key, "p1/b");
}

TEST_P(ClaimsTest, OldOutcomesAreForgottenWhenNobodyAsksAnyMore) {
  const auto prune = [&] {
    auto pruned = PruneOperations(*database_, absl::Hours(72), 100);
    EXPECT_TRUE(pruned.ok()) << pruned.status();
    return pruned.value_or(-1);
  };
  const std::string lasting = absl::StrCat(kLasting, "op");
  Take(Wanted("k", "a", "op1"));
  for (const std::string& operation : {std::string("op1"), std::string("op2"), lasting}) {
    ASSERT_TRUE(Own(operation).ok());
  }
  ASSERT_TRUE(*database_->Write("owner", [&](Transaction& tx) { return Bar(tx, "barred"); }));
  EXPECT_EQ(prune(), 0) << "too young";
  clock_.Advance(absl::Hours(80));
  EXPECT_EQ(prune(), 0) << "the sweeper has not asked for op1 yet";
  EXPECT_EQ(Sweep().held, 1);
  ASSERT_TRUE(Own("young").ok());
  EXPECT_EQ(prune(), 2);
  const auto left = *database_->Read(
      [](Transaction& tx) { return tx.Query("SELECT operation FROM claim_operation ORDER BY operation"); });
  ASSERT_EQ(left.size(), 3u);
  EXPECT_EQ(left[0].Text(0), "barred");
  EXPECT_EQ(left[1].Text(0), lasting);
  EXPECT_EQ(left[2].Text(0), "young");
}

INSTANTIATE_ON_BOTH_DATABASES(ClaimsTest);

}  // namespace
}  // namespace ruraledu::db
