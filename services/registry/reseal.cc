#include "services/registry/reseal.h"

#include <map>
#include <set>

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/db/claims.h"
#include "services/registry/identity.h"
#include "services/registry/import_run.h"
#include "services/registry/store.h"

namespace ruraledu::registry {
namespace {

constexpr int64_t kLines = 500;
constexpr int64_t kStudentsPerPage = 2'000;
constexpr absl::Duration kPause = absl::Seconds(30);

std::string TextOf(const ImportPlace& place) {
  return absl::StrCat(place.import_id, "/", place.at);
}

absl::StatusOr<ImportPlace> PlaceOf(const std::string& text) {
  ImportPlace place;
  const size_t slash = text.rfind('/');
  if (!text.empty() && (slash == std::string::npos || !absl::SimpleAtoi(text.substr(slash + 1), &place.at))) {
    return absl::InternalError("reseal: cursor does not parse");
  }
  place.import_id = text.substr(0, text.empty() ? 0 : slash);
  return place;
}

// The keys of a staged row under the newest blind-index key; a row that has none keeps none.
void RekeyLine(const rpc::Host& host, const ImportFacts& facts, StagedLine* line) {
  const RowView row(line->staged.values());
  if (!line->row_key.empty()) {
    line->row_key = crypto::BlindIndex(host.keys, "import_key", RowKey(facts, row)).value;
  }
  if (!line->person_key.empty()) {
    line->person_key = crypto::BlindIndex(host.keys, "id_number", PersonIdOfRow(row)).value;
  }
}

absl::StatusOr<int64_t> ResealLines(db::Transaction& tx, const rpc::Host& host, const Reference& reference,
                                    const crypto::Sealer& sealer, const ImportPlace& after, const ImportPlace& until) {
  ASSIGN_OR_RETURN(auto lines, LinesUntil(tx, sealer, after, until));
  std::map<std::string, ImportFacts> imports;
  int64_t changed = 0;
  for (SealedLine& one : lines) {
    auto facts = imports.find(one.import_id);
    if (facts == imports.end()) {
      ASSIGN_OR_RETURN(const auto import, feed::Load<v1::Import>(tx, sealer, kImports, tx.shard(), one.import_id));
      if (!import.has_value()) {
        return absl::DataLossError("a staged row without its import");
      }
      facts = imports.emplace(one.import_id, FactsOf(*import, reference)).first;
    }
    const std::string row_key = one.line.row_key, person_key = one.line.person_key;
    RekeyLine(host, facts->second, &one.line);
    if (one.old || one.line.row_key != row_key || one.line.person_key != person_key) {
      RETURN_IF_ERROR(ResealLine(tx, sealer, one.import_id, one.line));
      ++changed;
    }
  }
  return changed;
}

// Staged rows.
feed::ResealStep ImportLines(const rpc::Host& host, const ReferenceBook& book) {
  return [&host, &book](feed::ResealTurn& turn, const std::string& text) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const ImportPlace after, PlaceOf(text));
    ASSIGN_OR_RETURN(const auto until,
                     host.database.Read([&](db::Transaction& tx) { return LastLine(tx, turn.shard, after, kLines); }));
    if (!until.has_value()) {
      return std::string();
    }
    const auto reference = book.Get();
    int64_t changed = 0;
    RETURN_IF_ERROR(turn.Chunk(TextOf(*until), [&](db::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(changed, ResealLines(tx, host, *reference, *turn.sealer, after, *until));
      return absl::OkStatus();
    }));
    turn.result().set_rows(turn.result().rows() + changed);
    return TextOf(*until);
  };
}

// Uploaded chunks, one by one: they are large.
feed::ResealStep ImportChunks(const rpc::Host& host) {
  return [&host](feed::ResealTurn& turn, const std::string& text) -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(const ImportPlace after, PlaceOf(text));
    ASSIGN_OR_RETURN(const auto next,
                     host.database.Read([&](db::Transaction& tx) { return NextChunk(tx, turn.shard, after); }));
    if (!next.has_value()) {
      return std::string();
    }
    bool changed = false;
    RETURN_IF_ERROR(turn.Chunk(TextOf(*next), [&](db::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(changed, ResealChunk(tx, *turn.sealer, *next));
      return absl::OkStatus();
    }));
    turn.result().set_rows(turn.result().rows() + (changed ? 1 : 0));
    return TextOf(*next);
  };
}

// The claims of a page of students under the newest key, in the three steps of common/db/claims.h. Who should hold them
// is what the county says of its students (identity.h).
class ClaimPage {
 public:
  ClaimPage(const rpc::Host& host, feed::ResealTurn& turn, std::string after, std::string until)
      : host_(host), turn_(turn), after_(std::move(after)), until_(std::move(until)), operation_(NewId(host.clock)) {}

  // OK when all is done. HEAD_MOVED when a student of the page changed meanwhile, CLAIM_BARRED when the sweeper has to
  // free a claim first: nothing is claimed then.
  absl::Status Run() {
    ASSIGN_OR_RETURN(const Wanted wanted, host_.database.Read([&](db::Transaction& tx) { return Ask(tx); }));
    RETURN_IF_ERROR(Take(wanted));
    if (Foreign()) {
      RETURN_IF_ERROR(GiveBack());
      return Fail("CLAIM_BARRED");
    }
    int64_t added = 0;
    for (const db::ClaimRow& row : mine_) {
      added += row.operation == operation_ ? 1 : 0;
    }
    const absl::Status settled = turn_.Chunk(until_, [&](db::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const Wanted now, Ask(tx));
      return now == wanted ? Settle(tx) : Fail("HEAD_MOVED", {{"shard", turn_.shard}});
    });
    if (!settled.ok()) {
      RETURN_IF_ERROR(GiveBack());
      return settled;
    }
    turn_.result().set_claims(turn_.result().claims() + added);
    return Confirm();
  }

 private:
  using Wanted = std::map<std::string, std::map<std::string, std::string>>;  // claim shard -> key -> person

  absl::StatusOr<Wanted> Ask(db::Transaction& tx) const {
    ASSIGN_OR_RETURN(const auto students, StudentsUntil(tx, *turn_.sealer, turn_.shard, after_, until_));
    Wanted wanted;
    for (const v1::Student& student : students) {
      if (student.id_number().empty() || !student.moved_to().empty()) {
        continue;  // of who went away, the other county says it
      }
      const std::string key = IdIndexes(host_.keys, student.id_number()).back();
      const std::string& name = student.merged_into().empty() ? student.name() : student.merged_into();
      wanted[ClaimShardOf(key)].try_emplace(key, feed::IdOfName(name));
    }
    return wanted;
  }

  absl::Status Take(const Wanted& wanted) {
    const std::vector<std::string> shards = db::ShardsOf(wanted);
    std::vector<std::vector<db::ClaimRow>> found(shards.size());
    RETURN_IF_ERROR(db::WriteEach(host_.database, shards, [&](size_t i, db::Transaction& tx) -> absl::Status {
      std::vector<db::ClaimRow> rows;
      for (const auto& [key, person] : wanted.at(shards[i])) {
        rows.push_back({.space = std::string(kIdentitySpace),
                        .key = key,
                        .holder = person,
                        .owner_shard = turn_.shard,
                        .operation = operation_});
      }
      ASSIGN_OR_RETURN(found[i], db::ClaimMany(tx, rows));
      return absl::OkStatus();
    }));
    for (size_t i = 0; i < shards.size(); ++i) {
      for (db::ClaimRow& row : found[i]) {
        const bool ours = row.holder == wanted.at(shards[i]).at(row.key);
        if (ours && row.state == db::ClaimState::kTentative) {
          mine_.push_back(std::move(row));  // taken now, or by a turn that was cut off
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status Settle(db::Transaction& tx) const {
    for (const std::string& operation : Operations()) {
      RETURN_IF_ERROR(db::CheckNotBarred(tx, operation));
      RETURN_IF_ERROR(db::MarkDone(tx, operation));
    }
    return absl::OkStatus();
  }

  // What this county may settle. A claim that another county was about to settle when it was cut off is the sweeper's.
  bool Foreign() const {
    return absl::c_any_of(mine_, [&](const db::ClaimRow& row) { return row.owner_shard != turn_.shard; });
  }
  std::set<std::string> Operations() const {
    std::set<std::string> operations;
    for (const db::ClaimRow& row : mine_) {
      operations.insert(row.operation);
    }
    return operations;
  }

  std::map<std::string, std::vector<db::ClaimRow>> MineByShard() const {
    std::map<std::string, std::vector<db::ClaimRow>> by_shard;
    for (const db::ClaimRow& row : mine_) {
      by_shard[ClaimShardOf(row.key)].push_back(row);
    }
    return by_shard;
  }

  absl::Status Confirm() const {
    const auto by_shard = MineByShard();
    const std::vector<std::string> shards = db::ShardsOf(by_shard);
    const std::set<std::string> operations = Operations();
    return db::WriteEach(host_.database, shards, [&](size_t, db::Transaction& tx) -> absl::Status {
      for (const std::string& operation : operations) {
        RETURN_IF_ERROR(db::ConfirmClaims(tx, kIdentitySpace, operation));
      }
      return absl::OkStatus();
    });
  }

  absl::Status GiveBack() const {
    ASSIGN_OR_RETURN(const bool barred,
                     host_.database.Write(turn_.shard, [&](db::Transaction& tx) { return db::Bar(tx, operation_); }));
    const auto by_shard = MineByShard();
    const std::vector<std::string> shards = db::ShardsOf(by_shard);
    return !barred ? absl::OkStatus()
                   : db::WriteEach(host_.database, shards, [&](size_t i, db::Transaction& tx) -> absl::Status {
                       for (const db::ClaimRow& row : by_shard.at(shards[i])) {
                         if (row.operation == operation_) {
                           RETURN_IF_ERROR(db::ReleaseSeen(tx, row).status());
                         }
                       }
                       return absl::OkStatus();
                     });
  }

  const rpc::Host& host_;
  feed::ResealTurn& turn_;
  const std::string after_, until_;
  const std::string operation_;
  std::vector<db::ClaimRow> mine_;  // TENTATIVE, of the person that should hold it
};

feed::ResealStep IdentityClaims(const rpc::Host& host) {
  return [&host](feed::ResealTurn& turn, const std::string& after) -> absl::StatusOr<std::string> {
    if (host.keys.index_keys().size() < 2) {
      return std::string();
    }
    ASSIGN_OR_RETURN(const std::string until, host.database.Read([&](db::Transaction& tx) {
      return LastStudent(tx, turn.shard, after, kStudentsPerPage);
    }));
    while (!until.empty()) {
      const absl::Status done = ClaimPage(host, turn, after, until).Run();
      if (ReasonOf(done) == "CLAIM_BARRED") {  // of a turn that was cut off
        return turn.context.Postpone(db::JobState::kQueued, kPause);
      }
      if (ReasonOf(done) != "HEAD_MOVED") {
        RETURN_IF_ERROR(done);
        break;
      }
      RETURN_IF_ERROR(turn.context.CheckGoOn());
    }
    return until;
  };
}

}  // namespace

std::vector<feed::ResealStep> ResealSteps(const rpc::Host& host, const ReferenceBook& book) {
  std::vector<feed::ResealStep> steps;
  for (const feed::RootTable* table : kAllTables) {
    if (table == &kStudents) {
      steps.push_back(feed::ResealRoots(
          *table, [] { return new v1::Student; },
          [&host](const google::protobuf::Message& root) {
            return StudentIndexes(host.keys, static_cast<const v1::Student&>(root));
          }));
    } else if (table == &kTeachers) {
      steps.push_back(feed::ResealRoots(
          *table, [] { return new v1::Teacher; },
          [&host](const google::protobuf::Message& root) {
            return TeacherIndexes(host.keys, static_cast<const v1::Teacher&>(root));
          }));
    } else {
      steps.push_back(feed::ResealRoots(*table));
    }
  }
  steps.push_back(feed::ResealJournal());
  steps.push_back(ImportLines(host, book));
  steps.push_back(ImportChunks(host));
  steps.push_back(IdentityClaims(host));
  return steps;
}

}  // namespace ruraledu::registry
