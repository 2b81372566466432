// kill -9 while a batch makes its orders, while they follow the batch that was sent, and while the answer of the bank
// is booked: after the restart the same batch completes, once.
//
//   RURALEDU_CHAOS=1             else nothing of this file runs
//   RURALEDU_CHAOS_ORDERS=30000  payments of the batch (default 1500)
//   RURALEDU_CHAOS_KILLS=3       kills in each of the three (default 1)
#include <sqlite3.h>

#include <iostream>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/crypto/hash.h"
#include "common/feed/key_store.h"
#include "gtest/gtest.h"
#include "ruraledu/files/v1/files.pb.h"
#include "ruraledu/student_aid/v1/student_aid_service.pb.h"
#include "services/student_aid/payment_run.h"
#include "tests/chaos/rig.h"
#include "tests/student_aid/payable_county.h"

namespace ruraledu::chaos {
namespace {

namespace v1 = ruraledu::student_aid::v1;
using ruraledu::jobs::v1::Job;

constexpr char kCounty[] = "counties/411728";
constexpr int kRefusedNth = 50;

// How far the jobs of a kind are, read beside the service by a connection of its own.
struct Progress {
  int alive = 0, ended = 0;
  int64_t done = 0;  // units of those that are alive
};
Progress ProgressOf(const std::string& file, std::string_view kind) {
  Progress progress;
  sqlite3* handle = nullptr;
  if (sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) {
    sqlite3_busy_timeout(handle, 1000);
    sqlite3_exec(
        handle, absl::StrCat("SELECT state, done_units FROM job WHERE kind = '", kind, "'").c_str(),
        [](void* to, int, char** cells, char**) {
          auto& found = *static_cast<Progress*>(to);
          const std::string state = cells[0];
          const bool ended = state == "SUCCEEDED" || state == "FAILED" || state == "CANCELLED";
          ++(ended ? found.ended : found.alive);
          found.done += ended ? 0 : std::atoll(cells[1]);
          return 0;
        },
        &progress, nullptr);
  }
  sqlite3_close(handle);
  return progress;
}

class PaymentKillTest : public testing::Test {
 protected:
  // The state before the batch: a county that the registry tells of, and what payments need, written beside it.
  void Prepare() {
    suite_.Start();
    WriteSchools("411728", suite_.home() + "/schools.csv");
    Import(suite_, "411728", "schools", suite_.home() + "/schools.csv");
    AwaitLevel(suite_, "411728");
    ASSERT_EQ(suite_.Stop("all_in_one"), 0);
    const auto database = OpenDatabase(suite_.database_url("student_aid"));
    const auto store = feed::DatabaseKeyStore(*database);
    const auto keys = crypto::KeyRing::Open(suite_.home() + "/keys/data.keys", store.get());
    ASSERT_TRUE(keys.ok()) << keys.status();
    const absl::Status put = student_aid::PutPayable(*database, **keys, "c411728", 0, orders_);
    ASSERT_TRUE(put.ok()) << put;
  }

  // The same request until it is answered.
  template <typename Response, typename Request>
  Response Ask(const std::string& method, const Request& request) {
    absl::StatusOr<Response> answer = absl::UnavailableError("not asked");
    EXPECT_TRUE(Await([&] {
      answer = payer_->Call<Response>(method, request);
      const std::string reason = ReasonOf(answer.status());
      EXPECT_TRUE(answer.ok() || absl::IsUnavailable(answer.status()) || absl::IsDeadlineExceeded(answer.status()) ||
                  reason == "FEED_SILENT" || reason == "FILE_NOT_CLEAN")
          << answer.status();
      return answer.ok() || ::testing::Test::HasFailure();
    })) << answer.status();
    return answer.value_or(Response());
  }
  template <typename Request>
  static Request Naming(const std::string& name) {
    Request request;
    request.set_name(name);
    request.set_request_id(NewId());
    return request;
  }

  // Kills the process in the midst of the jobs of a kind, until they are done.
  void KillDuring(std::string_view kind) {
    const std::string file = suite_.database_file("student_aid");
    int hits = 0;
    int64_t before = -1;
    ASSERT_TRUE(Await(
        [&] {
          const Progress now = ProgressOf(file, kind);
          if (now.alive > 0 && now.done > 0 && now.done != before && hits < kills_) {
            before = now.done;
            Pause(static_cast<int>(random_() % 40));  // somewhere in the next page
            suite_.Kill("all_in_one");
            hits += ProgressOf(file, kind).alive > 0 ? 1 : 0;
            suite_.Start("all_in_one");
          }
          return now.alive == 0 && now.ended > 0;
        },
        1'200))
        << kind;
    EXPECT_GE(hits, kills_) << kind << " was over too soon: more orders are needed to hit it";
    std::cout << kind << ": killed " << hits << " times" << std::endl;
  }

  std::string Upload(const std::string& batch, const std::string& content) {
    ruraledu::files::v1::CreateFileRequest create;
    create.set_parent(kCounty);
    create.set_request_id(NewId());
    create.mutable_file()->set_owner(batch);
    create.mutable_file()->set_kind(ruraledu::files::v1::FILE_KIND_OTHER);
    create.mutable_file()->set_total_bytes(static_cast<int64_t>(content.size()));
    create.mutable_file()->set_file_name("回盘.csv");
    create.mutable_file()->set_sha256(crypto::Sha256({content}));
    const auto file = Ask<ruraledu::files::v1::File>("CreateFile", create);
    for (size_t offset = 0; offset < content.size(); offset += files::kChunkBytes) {
      ruraledu::files::v1::UploadFileChunkRequest chunk;
      chunk.set_name(file.name());
      chunk.set_offset(static_cast<int64_t>(offset));
      chunk.set_data(content.substr(offset, files::kChunkBytes));
      chunk.set_sha256(crypto::Sha256({chunk.data()}));
      Ask<ruraledu::files::v1::UploadFileChunkResponse>("UploadFileChunk", chunk);
    }
    Ask<ruraledu::files::v1::File>("CommitFile", Naming<ruraledu::files::v1::CommitFileRequest>(file.name()));
    return file.name();
  }

  // "what number" of each query.
  std::vector<std::string> Counted(const std::vector<std::pair<std::string, std::string>>& queries) {
    const auto database = OpenDatabase(suite_.database_url("student_aid"));
    std::vector<std::string> lines;
    for (const auto& [what, sql] : queries) {
      const auto row = database->Read([&](db::Transaction& tx) { return tx.QueryOne(sql); });
      EXPECT_TRUE(row.ok()) << row.status();
      lines.push_back(absl::StrCat(what, " ", row.ok() && row->has_value() ? (*row)->Int(0) : -1));
    }
    const auto wrong =
        database->Read([&](db::Transaction& tx) { return student_aid::CountImbalances(tx, "c411728", 2023); });
    EXPECT_EQ(wrong.value_or(-1), 0) << wrong.status();
    return lines;
  }
  static std::pair<std::string, std::string> CountOf(const std::string& what, const std::string& from) {
    return {what, absl::StrCat("SELECT count(*) FROM ", from)};
  }

  const int64_t orders_ = Setting("RURALEDU_CHAOS_ORDERS", 1'500);
  const int kills_ = static_cast<int>(Setting("RURALEDU_CHAOS_KILLS", 1));
  std::mt19937 random_{Seed()};
  static std::vector<SuiteAccount> Accounts() {
    std::vector<SuiteAccount> accounts = AccountsOf({"411728"});
    accounts.push_back({"payer-411728", "P-411728", "COUNTY_AID_PAYER", "411728"});
    return accounts;
  }
  Suite suite_{{.all_in_one = true, .redis = false, .county = "411728", .accounts = Accounts()}};
  std::unique_ptr<rpc::Client> payer_;
};

TEST_F(PaymentKillTest, ABatchItsSendingAndItsReturn) {
  RURALEDU_CHAOS_ONLY();
  ASSERT_NO_FATAL_FAILURE(Prepare());
  suite_.Start();
  payer_ = Connect(suite_, "payer-411728", "student_aid");
  const std::string name = Ask<v1::PaymentBatch>("CreatePaymentBatch", student_aid::PayableBatch(kCounty)).name();
  ASSERT_NO_FATAL_FAILURE(KillDuring(student_aid::kPaymentOrderJob));
  v1::GetPaymentBatchRequest get;
  get.set_name(name);
  v1::PaymentBatch batch = Ask<v1::PaymentBatch>("GetPaymentBatch", get);
  EXPECT_EQ(v1::PaymentBatchState_Name(batch.state()), "PAYMENT_BATCH_STATE_ORDERED");
  ASSERT_EQ(batch.order_count(), orders_);
  EXPECT_EQ(batch.total_fen(), orders_ * student_aid::kPayableFen);
  Ask<v1::PaymentBatch>("SendPaymentBatch", Naming<v1::SendPaymentBatchRequest>(name));
  ASSERT_NO_FATAL_FAILURE(KillDuring(student_aid::kPaymentSweepJob));
  auto import = Naming<v1::ImportPaymentReturnRequest>(name);
  import.set_file(Upload(name, student_aid::AnswerOfBank(batch, Clock::System().Today(), kRefusedNth)));
  import.set_format(v1::PAYMENT_FILE_FORMAT_CSV);
  Ask<Job>("ImportPaymentReturn", import);
  ASSERT_NO_FATAL_FAILURE(KillDuring(student_aid::kPaymentReturnJob));
  batch = Ask<v1::PaymentBatch>("GetPaymentBatch", get);
  EXPECT_EQ(v1::PaymentBatchState_Name(batch.state()), "PAYMENT_BATCH_STATE_CLOSED");
  const int64_t refused = orders_ / kRefusedNth, paid = orders_ - refused;
  EXPECT_EQ(batch.paid_count(), paid);
  EXPECT_EQ(batch.failed_count(), refused);
  EXPECT_EQ(RebuildDifferences(suite_, "411728", "student_aid"), 0);
  ASSERT_EQ(suite_.Stop("all_in_one"), 0);

  const std::vector<std::string> found =
      Counted({CountOf("batches", "payment_batch"),
               CountOf("orders", "payment_order"),
               {"persons", "SELECT count(DISTINCT person) FROM payment_order"},
               CountOf("paid", "payment_order WHERE state = 'PAYMENT_ORDER_STATE_PAID'"),
               CountOf("failed", "application WHERE state = 'APPLICATION_STATE_PAY_FAILED'"),
               CountOf("lines", "payment_return_line"),
               {"ordered fen",
                "SELECT CAST(sum(amount_fen) AS BIGINT) FROM ledger_entry WHERE kind = 'LEDGER_ENTRY_KIND_ORDER'"},
               {"paid fen",
                "SELECT CAST(sum(amount_fen) AS BIGINT) FROM ledger_entry WHERE kind = 'LEDGER_ENTRY_KIND_PAYMENT'"},
               {"ended fen",
                "SELECT CAST(sum(amount_fen) AS BIGINT) FROM ledger_entry WHERE kind = 'LEDGER_ENTRY_KIND_ORDER_END'"},
               CountOf("held", "claim WHERE state = 'HELD' AND holder = 'c411728'"),
               CountOf("tentative", "claim WHERE state = 'TENTATIVE'")});
  const std::vector<std::string> expected = {"batches 1",
                                             absl::StrCat("orders ", orders_),
                                             absl::StrCat("persons ", orders_),
                                             absl::StrCat("paid ", paid),
                                             absl::StrCat("failed ", refused),
                                             absl::StrCat("lines ", orders_),
                                             absl::StrCat("ordered fen ", orders_ * student_aid::kPayableFen),
                                             absl::StrCat("paid fen ", paid * student_aid::kPayableFen),
                                             absl::StrCat("ended fen ", refused * student_aid::kPayableFen),
                                             absl::StrCat("held ", orders_),
                                             "tentative 0"};
  EXPECT_TRUE(found == expected) << Difference(expected, found);
  ExpectWholeJournal(suite_, "student_aid");
}

}  // namespace
}  // namespace ruraledu::chaos
