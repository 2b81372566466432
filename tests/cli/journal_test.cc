// Offline verification of a database.
#include "common/feed/journal.h"

#include "absl/strings/str_cat.h"
#include "common/crypto/keys.h"
#include "common/crypto/signing.h"
#include "schema/feed.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace feed_v1 = ruraledu::feed::v1;

class JournalCliTest : public CliTest {
 protected:
  // A database with three changes in a county, its head signed by `key`.
  void MakeDatabase() {
    ASSERT_TRUE(crypto::CreateKeyFile(Path("data.keys")).ok());
    crypto::MemoryKeyStore store;
    const auto keys = crypto::KeyRing::Open(Path("data.keys"), &store);
    ASSERT_TRUE(keys.ok()) << keys.status();
    const auto sealer = (*keys)->SealerOf("c411728");
    ASSERT_TRUE(sealer.ok());
    InDatabase([&](db::Transaction& tx) -> absl::Status {
      for (const char* body : {"one", "two", "three"}) {
        RETURN_IF_ERROR(
            feed::Append(
                tx, **sealer,
                {.entity = "counties/411728/schools/1", .actor = "wang", .call_id = "c", .body = body, .personal = ""})
                .status());
      }
      const auto signed_head = feed::SignHead("instance", "c411728", tx.head(), 1, key_.private_pem);
      RETURN_IF_ERROR(signed_head.status());
      return feed::StoreSignedHead(tx, *signed_head);
    });
    ASSERT_TRUE(crypto::WritePemFile(Path("audit.pub"), key_.public_pem).ok());
  }

  void InDatabase(const std::function<absl::Status(db::Transaction&)>& change) {
    const auto database = db::Database::Open({.url = Url()}, feed::Schema());
    ASSERT_TRUE(database.ok()) << database.status();
    const absl::Status done = (*database)->Write("c411728", change);
    ASSERT_TRUE(done.ok()) << done;
  }

  std::string Url() const { return "sqlite:" + Path("registry.db"); }
  Outcome Verify() { return Run({"journal", "verify", "--database", Url(), "--key", Path("audit.pub")}); }

  const crypto::KeyPairPem key_ = crypto::GenerateEd25519();
};

TEST_F(JournalCliTest, AWholeChainIsVerifiedWithItsSignatures) {
  MakeDatabase();
  const Outcome verified = Verify();
  EXPECT_EQ(verified.code, 0) << verified.err;
  EXPECT_HAS(verified.out, "c411728: 3 entries, chain whole");
  EXPECT_HAS(verified.out, "1 signed heads");
  EXPECT_HAS(verified.out, "1 shards verified");
}

TEST_F(JournalCliTest, AChangedEntryIsFound) {
  MakeDatabase();
  InDatabase([](db::Transaction& tx) {
    return tx.Execute("UPDATE journal SET body = $1 WHERE shard = $2 AND seq = 2", db::Blob{"changed"}, "c411728")
        .status();
  });
  const Outcome broken = Verify();
  EXPECT_NE(broken.code, 0);
  EXPECT_HAS(broken.err, "JOURNAL_BROKEN");
}

TEST_F(JournalCliTest, ASignatureNeedsItsKey) {
  MakeDatabase();
  const Outcome unknown = Run({"journal", "verify", "--database", Url()});
  EXPECT_EQ(unknown.code, 3);
  EXPECT_HAS(unknown.err, "--key");
}

TEST_F(JournalCliTest, ARestoredDatabaseGetsAnotherInstance) {
  MakeDatabase();
  const auto instance = [this] { return (*db::Database::Open({.url = Url()}, feed::Schema()))->instance(); };
  const std::string before = instance();
  const Outcome restored = Run({"journal", "restored", "--database", Url()});
  EXPECT_EQ(restored.code, 0) << restored.err;
  EXPECT_NE(instance(), before);
  EXPECT_HAS(restored.out, "instance " + before + " is now " + instance());
  EXPECT_EQ(Verify().code, 0) << "the chain is the same";
  EXPECT_EQ(Run({"journal", "restored"}).code, 2) << "never by accident";
}

// A service that has the journal of MakeDatabase and stores what is sent to it.
TEST_F(JournalCliTest, TheAuditAdministratorSignsWhatWasChecked) {
  MakeDatabase();
  ASSERT_TRUE(crypto::WritePemFile(Path("audit.key"), key_.private_pem).ok());
  const auto database = db::Database::Open({.url = Url()}, feed::Schema());
  ASSERT_TRUE(database.ok());
  ASSERT_TRUE((*database)
                  ->Write("c411728",
                          [](db::Transaction& tx) {
                            return tx.Execute("DELETE FROM signed_head WHERE shard = $1", "c411728").status();
                          })
                  .ok());
  rpc::FakeClient& registry = services_["registry"];
  registry.On<feed_v1::ListJournalRequest, feed_v1::ListJournalResponse>(
      "ListJournal", [&](const feed_v1::ListJournalRequest& asked) -> absl::StatusOr<feed_v1::ListJournalResponse> {
        return (*database)->Read([&](db::Transaction& tx) -> absl::StatusOr<feed_v1::ListJournalResponse> {
          feed_v1::ListJournalResponse page;
          const bool county = asked.parent() == "counties/411728";
          page.mutable_head()->set_shard(county ? "c411728" : "a411728");
          page.mutable_head()->set_instance("instance");
          if (county) {
            ASSIGN_OR_RETURN(const db::Head head, feed::HeadOf(tx, "c411728"));
            page.mutable_head()->set_seq(head.seq);
            page.mutable_head()->set_hash(head.hash);
            ASSIGN_OR_RETURN(const auto entries, feed::ReadEntries(tx, "c411728", asked.after().seq(), 2, nullptr));
            page.mutable_entries()->Assign(entries.begin(), entries.end());
          }
          return page;
        });
      });
  registry.On<feed_v1::SignHeadRequest, feed_v1::SignedHead>(
      "SignHead", [&](const feed_v1::SignHeadRequest& asked) -> absl::StatusOr<feed_v1::SignedHead> {
        const auto& position = asked.head().position();
        const feed::SignedHead head{.shard = position.shard(),
                                    .head = {position.seq(), position.hash()},
                                    .signed_at_us = asked.head().signed_time_us(),
                                    .key_id = asked.head().key_id(),
                                    .signature = asked.head().signature(),
                                    .instance = position.instance()};
        RETURN_IF_ERROR(
            (*database)->Write("c411728", [&](db::Transaction& tx) { return feed::StoreSignedHead(tx, head); }));
        return asked.head();
      });
  const Outcome done = Run({"journal", "sign", "--key", Path("audit.key")});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_HAS(done.out, "counties/411728: head 3 signed by key");
  const auto public_key = [this](std::string_view) { return absl::StatusOr<std::string>(key_.public_pem); };
  const auto checked = feed::VerifySignedHeads(**database, "c411728", public_key);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(*checked, 1);

  ASSERT_TRUE((*database)
                  ->Write("c411728",
                          [](db::Transaction& tx) {
                            return tx
                                .Execute("UPDATE journal SET body = $1 WHERE shard = $2 AND seq = 2",
                                         db::Blob{"changed"}, "c411728")
                                .status();
                          })
                  .ok());
  const Outcome refused = Run({"journal", "sign", "--key", Path("audit.key")});
  EXPECT_NE(refused.code, 0) << "a broken chain is not signed";
  EXPECT_HAS(refused.err, "JOURNAL_BROKEN");
  EXPECT_EQ(Run({"journal", "sign"}).code, 2) << "without a key";
}

}  // namespace
}  // namespace ruraledu::cli
