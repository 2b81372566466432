// A fault before each statement of a write: no half write, the same request_id succeeds afterwards, once.
#pragma once

#include <atomic>

#include "common/db/faults.h"
#include "common/feed/journal.h"
#include "tests/dropout_monitoring/fixture.h"
#include "tests/lib/cuts.h"

namespace ruraledu::dropout_monitoring {

using Left = std::shared_ptr<std::atomic<int64_t>>;  // statements that still work; negative: all
using Again = std::function<absl::Status()>;         // the same request, whenever it is called

inline db::Options Faulty(Left left) {
  db::Options options;
  options.decorate = db::WithFaults([left = std::move(left)](int64_t, std::string_view) {
    return *left < 0 || left->fetch_sub(1) > 0 ? absl::OkStatus() : (*left = 0, absl::UnknownError("cut off"));
  });
  return options;
}

struct CutOff {
  Left left;
  Monitoring& monitoring;
  std::vector<std::string> roots;    // tables of roots
  std::vector<std::string> others;   // other tables with id and version
  int most = 0;                      // calls that `next` can make
  std::function<Again(int n)> next;  // the n-th call, from 1; what it needs is made now
};

inline std::vector<std::string> WrittenBy(const CutOff& test) {
  std::vector<std::string> tables = test.roots;
  tables.insert(tables.end(), test.others.begin(), test.others.end());
  std::vector<std::string> lines;
  for (const std::string& table : tables) {
    const auto rows = test.monitoring.place.database->Read(
        [&](db::Transaction& tx) { return tx.Query(absl::StrCat("SELECT id, version FROM ", table, " ORDER BY id")); });
    EXPECT_TRUE(rows.ok()) << rows.status();
    for (const db::Row& row : *rows) lines.push_back(absl::StrCat(row.Text(0), " ", row.Int(1)));
  }
  return lines;
}

// Every root has the journal entry of its version, and the chain holds.
inline void ExpectSound(const CutOff& test) {
  for (const std::string& table : test.roots) {
    const auto lost = test.monitoring.place.database->Read([&](db::Transaction& tx) {
      return tx.Query(absl::StrCat("SELECT id FROM ", table,
                                   " AS root WHERE NOT EXISTS (SELECT seq FROM journal WHERE journal.shard = "
                                   "root.shard AND journal.seq = root.version)"));
    });
    ASSERT_TRUE(lost.ok()) << lost.status();
    EXPECT_TRUE(lost->empty()) << table << " without its entry";
  }
  EXPECT_TRUE(feed::VerifyChain(*test.monitoring.place.database, kShard).ok());
}

inline void CutOffAnywhere(const CutOff& test) {
  const testlib::Cuts cuts(5);
  int n = 0;
  int64_t cut = cuts.first;
  for (;; cut += cuts.stride) {
    ASSERT_LT(n, test.most);
    const Again call = test.next(++n);
    const auto before = WrittenBy(test);
    *test.left = cut;
    const absl::Status cut_off = call();
    *test.left = -1;
    ExpectSound(test);
    if (!cut_off.ok()) EXPECT_EQ(WrittenBy(test), before) << "a half write, cut at " << cut;
    const absl::Status again = call();
    ASSERT_TRUE(again.ok()) << "cut at " << cut << ": " << again;
    const auto done = WrittenBy(test);
    EXPECT_TRUE(call().ok());
    EXPECT_EQ(WrittenBy(test), done) << "a replay writes nothing";
    if (cut_off.ok()) break;
  }
  EXPECT_GT(cut, 4) << "so few statements cannot be";
}

}  // namespace ruraledu::dropout_monitoring
