#include "common/feed/journal.h"

#include "common/crypto/signing.h"
#include "tests/common/feed/fixture.h"

namespace ruraledu::feed {
namespace {

using ruraledu::feed::v1::JournalEntry;
using testing::HasSubstr;

class JournalTest : public testing::TestWithParam<Backend> {
 protected:
  absl::StatusOr<std::vector<JournalEntry>> Read(int64_t after, int64_t limit, bool open = true) {
    const auto sealer = place_.SealerOf(kShard);
    return place_.database->Read(
        [&](db::Transaction& tx) { return ReadEntries(tx, kShard, after, limit, open ? sealer.get() : nullptr); });
  }
  absl::StatusOr<int64_t> AppendAll(const std::vector<Change>& changes) {
    const auto sealer = place_.SealerOf(kShard);
    return place_.database->Write(kShard, [&](db::Transaction& tx) { return AppendMany(tx, *sealer, changes); });
  }

  inline static const std::string kShard = "c411728";
  TempFolder folder_;
  Place place_{folder_, "own", GetParam()};
};

TEST_P(JournalTest, EntriesAreChainedAndGapFree) {
  EXPECT_EQ(place_.Set(kShard, "a", 1), 1);
  EXPECT_EQ(place_.Set(kShard, "b", 2), 2);
  auto last = AppendAll({{"things/c", "job:1", "call", "c=3", "p"}, {"things/d", "job:1", "call", "d=4", ""}});
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(*last, 4);
  EXPECT_EQ(place_.Set("c500243", "a", 9), 1) << "every shard counts for itself";

  auto entries = Read(1, 2);
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ((*entries)[0].seq(), 2);
  EXPECT_EQ((*entries)[0].body(), "b=2");
  EXPECT_EQ((*entries)[0].personal(), "note of b");
  EXPECT_EQ((*entries)[1].actor(), "job:1");
  EXPECT_EQ((*entries)[1].personal(), "p");

  auto head = VerifyChain(*place_.database, kShard);
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->seq, 4);
  EXPECT_EQ(head->hash.size(), 32u);
  auto empty = VerifyChain(*place_.database, "c419001");
  EXPECT_TRUE(empty.ok() && empty->seq == 0) << empty.status();
}

TEST_P(JournalTest, WithoutSealerPersonalIsHidden) {
  place_.Set(kShard, "a", 1);
  auto entries = Read(0, 10, /*open=*/false);
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_EQ((*entries)[0].personal(), "");
  auto stored = place_.database->Read([&](db::Transaction& tx) { return tx.QueryOne("SELECT personal FROM journal"); });
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_THAT((*stored)->Bytes(0), testing::Not(HasSubstr("note"))) << "encrypted where it rests";
}

TEST_P(JournalTest, AFailedWriteLeavesNoEntry) {
  place_.Set(kShard, "a", 1);
  const auto sealer = place_.SealerOf(kShard);
  const absl::Status failed = place_.database->Write(kShard, [&](db::Transaction& tx) {
    EXPECT_TRUE(Append(tx, *sealer, {"things/b", "x", "y", "b=1", ""}).ok());
    return absl::InternalError("changed its mind");
  });
  EXPECT_FALSE(failed.ok());
  EXPECT_EQ(place_.Set(kShard, "b", 1), 2);
  EXPECT_TRUE(VerifyChain(*place_.database, kShard).ok());
}

TEST_P(JournalTest, TamperingIsFoundAtItsEntry) {
  for (int i = 0; i < 4; ++i) {
    place_.Set(kShard, "a", i);
  }
  const std::string journal = "UPDATE journal SET ", where = " WHERE shard = 'c411728' AND seq = 3";
  const std::pair<std::string, std::string> kCases[] = {
      {journal + "entity = 'things/b'" + where, journal + "entity = 'things/a'" + where},
      {journal + "actor = 'nobody'" + where, journal + "actor = 'teller'" + where},
      {journal + "call_id = 'x'" + where, journal + "call_id = 'call'" + where},
      {journal + "time_us = time_us + 1" + where, journal + "time_us = time_us - 1" + where},
      {journal + "seq = 9" + where, journal + "seq = 3 WHERE seq = 9"},
      {journal + "body = hash" + where, ""},
  };
  for (const auto& [damage, repair] : kCases) {
    SCOPED_TRACE(damage);
    ASSERT_TRUE(place_.Sql(kShard, damage).ok());
    const auto head = VerifyChain(*place_.database, kShard);
    EXPECT_EQ(ReasonOf(head.status()), "JOURNAL_BROKEN");
    EXPECT_THAT(std::string(head.status().message()), HasSubstr("entry 3"));
    if (!repair.empty()) {
      ASSERT_TRUE(place_.Sql(kShard, repair).ok());
      ASSERT_TRUE(VerifyChain(*place_.database, kShard).ok());
    }
  }
}

TEST_P(JournalTest, CutOffEntriesAreFound) {
  place_.Set(kShard, "a", 1);
  place_.Set(kShard, "a", 2);
  ASSERT_TRUE(place_.Sql(kShard, "DELETE FROM journal WHERE seq = 2").ok());
  const auto head = VerifyChain(*place_.database, kShard);
  EXPECT_EQ(ReasonOf(head.status()), "JOURNAL_BROKEN");
  EXPECT_THAT(std::string(head.status().message()), HasSubstr("entry 2"));
}

TEST_P(JournalTest, ErasureKeepsTheChain) {
  place_.Set(kShard, "a", 1);
  place_.Set(kShard, "b", 1);
  place_.Set(kShard, "a", 2);
  auto erased = place_.database->Write(kShard, [](db::Transaction& tx) { return ErasePersonal(tx, "things/a"); });
  ASSERT_TRUE(erased.ok()) << erased.status();
  EXPECT_EQ(*erased, 2);
  auto entries = Read(0, 10);
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_EQ((*entries)[0].personal(), "");
  EXPECT_EQ((*entries)[1].personal(), "note of b");
  EXPECT_EQ((*entries)[2].personal(), "");
  EXPECT_TRUE(VerifyChain(*place_.database, kShard).ok());
}

TEST_P(JournalTest, OnePersonIsTakenOutOfABulkEntry) {
  ASSERT_TRUE(AppendAll({{"things/a", "job:1", "call", "500 rows", "a;b;c"}}).ok());
  const auto sealer = place_.SealerOf(kShard);
  const auto replace = [&](int64_t seq, const std::string& personal) {
    return place_.database->Write(kShard,
                                  [&](db::Transaction& tx) { return ReplacePersonal(tx, *sealer, seq, personal); });
  };
  EXPECT_THAT(replace(1, "a;c").value_or(false), true);
  EXPECT_EQ((*Read(0, 1))[0].personal(), "a;c");
  EXPECT_THAT(replace(1, "").value_or(false), true);
  EXPECT_THAT(replace(1, "b").value_or(true), false) << "what is erased stays erased";
  EXPECT_TRUE(VerifyChain(*place_.database, kShard).ok());
}

TEST_P(JournalTest, PersonalDoesNotOpenInAnotherEntry) {
  place_.Set(kShard, "a", 1);
  place_.Set(kShard, "b", 1);
  ASSERT_TRUE(place_.Sql(kShard, "UPDATE journal SET personal = (SELECT personal FROM journal WHERE seq = 1)").ok());
  EXPECT_EQ(ReasonOf(Read(1, 1).status()), "SEALED_VALUE_CORRUPT");
}

TEST_P(JournalTest, PagesAreBoundedInBytes) {
  const std::string large(1 << 20, 'x');
  ASSERT_TRUE(AppendAll({{"t/a", "x", "y", large + large + large, ""},
                         {"t/b", "x", "y", large, ""},
                         {"t/c", "x", "y", large, ""},
                         {"t/d", "x", "y", large, ""}})
                  .ok());
  EXPECT_EQ(Read(0, 10)->size(), 1u);
  EXPECT_EQ(Read(1, 10)->size(), 2u);
  EXPECT_TRUE(VerifyChain(*place_.database, kShard).ok());
  EXPECT_EQ(ReasonOf(AppendAll({{"t/e", "x", "y", std::string(kMaxEntryBytes, 'x'), "p"}}).status()),
            "ENTRY_TOO_LARGE");
}

TEST_P(JournalTest, SignedHeads) {
  place_.Set(kShard, "a", 1);
  place_.Set(kShard, "a", 2);
  const auto pair = crypto::GenerateEd25519();
  const auto head = VerifyChain(*place_.database, kShard);
  const auto signed_head = SignHead(place_.database->instance(), kShard, *head, 7, pair.private_pem);
  ASSERT_TRUE(signed_head.ok()) << signed_head.status();
  ASSERT_TRUE(
      place_.database->Write(kShard, [&](db::Transaction& tx) { return StoreSignedHead(tx, *signed_head); }).ok());
  place_.Set(kShard, "a", 3);
  const auto verify = [&] {
    return VerifySignedHeads(*place_.database, kShard,
                             [&](std::string_view) -> absl::StatusOr<std::string> { return pair.public_pem; });
  };
  const auto count = verify();
  ASSERT_TRUE(count.ok()) << count.status();
  EXPECT_EQ(*count, 1);
  ASSERT_TRUE(place_.Sql(kShard, "UPDATE signed_head SET signed_at = 8").ok());
  EXPECT_EQ(ReasonOf(verify().status()), "SIGNATURE_INVALID");
  ASSERT_TRUE(place_.Sql(kShard, "UPDATE journal SET hash = body WHERE seq = 2").ok());
  EXPECT_EQ(ReasonOf(verify().status()), "JOURNAL_BROKEN");
}

TEST_P(JournalTest, KeysComeBackFromTheDatabase) {
  place_.Set(kShard, "a", 1);
  ASSERT_TRUE(place_.keys->RotateDataKey(kShard).ok());
  place_.Set(kShard, "b", 1);
  auto again = crypto::KeyRing::Open(folder_ / "own.keys", place_.store.get());
  ASSERT_TRUE(again.ok()) << again.status();
  const auto sealer = (*again)->SealerOf(kShard);
  ASSERT_TRUE(sealer.ok()) << sealer.status();
  EXPECT_EQ((*sealer)->current_key_id(), 2u);
  auto entries =
      place_.database->Read([&](db::Transaction& tx) { return ReadEntries(tx, kShard, 0, 10, sealer->get()); });
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_EQ((*entries)[0].personal(), "note of a");
  EXPECT_EQ((*entries)[1].personal(), "note of b");
}

INSTANTIATE_TEST_SUITE_P(, JournalTest, testing::Values(Backend::kSqlite, Backend::kPostgres), BackendName);

// Computed by another implementation (Python's hashlib) from the definition in journal.h.
TEST(EntryHash, IsFrozen) {
  JournalEntry entry;
  entry.set_shard("c411728");
  entry.set_seq(1);
  entry.set_time_us(1788192000000000);
  entry.set_actor("teller");
  entry.set_call_id("call-1");
  entry.set_entity("students/7");
  entry.set_body("在籍");
  const std::string first = EntryHash("", entry);
  EXPECT_EQ(crypto::Hex(first), "cd88137c9e553f9e8964b821115b9e89e87b69ade794994087ff933f33d93ccd");
  entry.set_seq(2);
  entry.set_time_us(1788192000000001);
  entry.set_actor("job:5");
  entry.set_call_id("call-2");
  entry.set_entity("students/8");
  entry.set_body("");
  EXPECT_EQ(crypto::Hex(EntryHash(first, entry)), "00b1a96786071193c36be52b24567ed0ac293534a36f6ab270fc52eb12404b20");
}

}  // namespace
}  // namespace ruraledu::feed
