// A fault before each statement of a write: no half write, the same request_id succeeds afterwards, once. Three calls
// at once share commits, as in writes_test.cc.
#pragma once

#include <atomic>
#include <thread>

#include "tests/lib/cuts.h"
#include "tests/student_aid/identification_fixture.h"

namespace ruraledu::student_aid {

using Again = std::function<absl::Status()>;  // the same request, whenever it is called

// Statements that still work; negative: all.
inline std::shared_ptr<std::atomic<int64_t>> NewCounter() {
  return std::make_shared<std::atomic<int64_t>>(-1);
}

inline db::Options Faulty(std::shared_ptr<std::atomic<int64_t>> left, db::Options options = {}) {
  options.decorate = db::WithFaults([left = std::move(left)](int64_t, std::string_view) {
    return *left < 0 || left->fetch_sub(1) > 0 ? absl::OkStatus() : (*left = 0, absl::UnknownError("cut off"));
  });
  return options;
}

// What a table, or another query of (text, shard, number), holds.
inline std::vector<std::string> RowsOf(Aid& aid, const std::vector<std::string>& queries) {
  std::vector<std::string> lines;
  for (const std::string& sql : queries) {
    const auto rows = aid.place.database->Read([&](db::Transaction& tx) { return tx.Query(sql); });
    EXPECT_TRUE(rows.ok()) << rows.status();
    for (const db::Row& row : *rows) lines.push_back(absl::StrCat(row.Text(0), " ", row.Int(2)));
  }
  return lines;
}

// Every root of the tables has the journal entry of its version, and the chain holds.
inline void ExpectJournalled(Aid& aid, const std::vector<std::string>& tables) {
  for (const std::string& table : tables) {
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

struct CutOff {
  std::atomic<int64_t>& left;
  int most = 0;                      // calls that `next` can make
  std::function<Again(int n)> next;  // the n-th call, from 1; what it needs is made now
  std::function<void()> ready;       // before the calls
  std::function<std::vector<std::string>()> written;
  std::function<void()> sound;
  int stride = 5;  // statements between two cuts
};

inline void CutOffAnywhere(const CutOff& test) {
  const testlib::Cuts cuts(test.stride);
  int n = 0;
  int64_t cut = cuts.first;
  for (;; cut += cuts.stride) {
    ASSERT_LE(n + 3, test.most);
    std::vector<Again> members;
    for (int i = 0; i < 3; ++i) members.push_back(test.next(++n));
    test.ready();
    std::vector<absl::Status> answers(members.size());
    test.left = cut;
    std::vector<std::thread> threads;
    for (size_t i = 0; i < members.size(); ++i) {
      threads.emplace_back([&, i] { answers[i] = members[i](); });
    }
    for (std::thread& thread : threads) thread.join();
    test.left = -1;
    test.sound();
    for (const Again& member : members) {
      const absl::Status again = member();
      ASSERT_TRUE(again.ok()) << "cut at " << cut << ": " << again;
    }
    const auto done = test.written();
    test.sound();
    for (const Again& member : members) EXPECT_TRUE(member().ok());
    EXPECT_EQ(test.written(), done) << "a replay writes nothing";
    if (std::all_of(answers.begin(), answers.end(), [](const absl::Status& s) { return s.ok(); })) break;
  }
  EXPECT_GT(cut, 4) << "so few statements cannot be";
}

}  // namespace ruraledu::student_aid
