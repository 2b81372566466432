// Orders booked in the ledger beside two bare rows per order, written through the same driver with the same durability.
#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/crypto/keys.h"
#include "common/dashboard/counters.h"
#include "common/feed/key_store.h"
#include "schema/dashboard.h"
#include "schema/feed.h"
#include "schema/rpc.h"
#include "schema/student_aid.h"
#include "services/student_aid/indicators.h"
#include "services/student_aid/ledger.h"
#include "tests/bench/bare_rows.h"
#include "tests/bench/bench.h"
#include "tests/bench/rpc_fixture.h"
#include "tests/lib/postgres.h"

namespace ruraledu::bench {
namespace {

namespace v1 = ruraledu::student_aid::v1;

constexpr char kShard[] = "c411728";

// A database with a fund that has money for all orders.
class LedgerWorld {
 public:
  LedgerWorld(const Folder& folder, const std::string& url) {
    std::vector<db::Migration> migrations;
    for (const auto& part : {feed::Schema(), rpc::Schema(), dashboard::Schema(), student_aid::Schema()}) {
      migrations.insert(migrations.end(), part.begin(), part.end());
    }
    database_ = Must(db::Database::Open({.url = url}, migrations));
    const std::string file = folder / absl::StrCat(url.substr(0, url.find(':')), ".keys");
    Must(crypto::CreateKeyFile(file));
    store_ = feed::DatabaseKeyStore(*database_);
    keys_ = Must(crypto::KeyRing::Open(file, store_.get()));
    Book({Entry(v1::LEDGER_ENTRY_KIND_ALLOTMENT, "", 90'000'000'000),
          Entry(v1::LEDGER_ENTRY_KIND_ARRIVAL, "", 90'000'000'000)});
  }

  // Orders per second, `per_write` in one transaction.
  double Orders(int64_t count, int64_t per_write) {
    ++round_;
    const double seconds = Time([&] {
      for (int64_t from = 0; from < count; from += per_write) {
        std::vector<v1::LedgerEntry> entries;
        for (int64_t i = from; i < std::min(count, from + per_write); ++i) {
          entries.push_back(Entry(v1::LEDGER_ENTRY_KIND_ORDER, absl::StrCat("p", round_, "-", i), 62'500));
        }
        Book(entries);
      }
    });
    return static_cast<double>(count) / seconds;
  }

 private:
  static v1::LedgerEntry Entry(v1::LedgerEntryKind kind, const std::string& person, int64_t fen) {
    v1::LedgerEntry entry;
    entry.set_kind(kind);
    entry.set_budget_year(2024);
    entry.set_item("SP_LIV_B_JUN");
    entry.set_amount_fen(fen);
    *entry.mutable_on() = DateOf(absl::CivilDay(2024, 5, 10));
    entry.set_person(person);
    if (!person.empty()) {
      entry.set_order(absl::StrCat("counties/411728/paymentOrders/", person, ".2023-2024-2.SP_LIV_B_JUN.1"));
      entry.set_batch("counties/411728/paymentBatches/b1");
    }
    return entry;
  }
  void Book(const std::vector<v1::LedgerEntry>& entries) {
    const auto sealer = Must(keys_->SealerOf(kShard));
    Must(database_->Write(kShard, [&](db::Transaction& tx) -> absl::Status {
      feed::RootWriter writer(tx, *sealer, {"bench", "bench"},
                              std::make_unique<dashboard::CounterFold>(student_aid::Measures()));
      student_aid::Ledger ledger(tx, writer);
      for (const v1::LedgerEntry& entry : entries) {
        RETURN_IF_ERROR(ledger.Post(entry));
      }
      RETURN_IF_ERROR(ledger.Finish());
      return writer.Finish().status();
    }));
  }

  std::unique_ptr<db::Database> database_;
  std::unique_ptr<crypto::WrappedKeyStore> store_;
  std::unique_ptr<crypto::KeyRing> keys_;
  int round_ = 0;
};

void BenchOn(bool postgres) {
  const std::string name = postgres ? "PostgreSQL" : "SQLite";
  const Folder folder;
  LedgerWorld world(folder,
                    postgres ? "postgres:" + testlib::Postgres::Get().NewSchema() : "sqlite:" + (folder / "ledger.db"));
  BareRows bare(postgres);
  const int64_t single = Setting("ORDERS", 2'000);
  constexpr int64_t kPerBatch = 2'000;
  const int64_t batched = 5 * kPerBatch;
  Report({.what = absl::StrCat("orders booked one by one against two bare rows each, ", name),
          .floor = postgres ? 0.3 : 0.5,  // decision 0027
          .goal = 0.8,
          .measured = Interleave([&] { return world.Orders(single, 1); }, [&] { return bare.Rate(single, 1); }),
          .unit = "orders/s",
          .note = absl::StrCat(single, " orders, a transaction each")});
  Report({.what = absl::StrCat("orders booked in batches against two bare rows each, ", name),
          .floor = postgres ? 0.3 : 0.1,
          .goal = 0.5,
          .measured = Interleave([&] { return world.Orders(batched, kPerBatch); },
                                 [&] { return bare.Rate(batched, kPerBatch); }),
          .unit = "orders/s",
          .note = absl::StrCat(batched, " orders, ", kPerBatch, " per transaction")});
}

}  // namespace

void BenchLedger() {
  BenchOn(false);
  BenchOn(true);
}

}  // namespace ruraledu::bench
