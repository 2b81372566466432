// Offline verification of a database.
#include "common/feed/journal.h"

#include "absl/strings/str_cat.h"
#include "common/crypto/keys.h"
#include "common/crypto/signing.h"
#include "schema/feed.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

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

}  // namespace
}  // namespace ruraledu::cli
