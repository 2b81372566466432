// Who should hold the claim on an identity number, once the county's write is done.
#include "absl/algorithm/container.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/registry/identity.h"

namespace ruraledu::registry {
namespace {

struct Question {
  std::string student, other;  // ids
  std::string county;          // shard
};

// What the county says: the student that should hold the claim, "" for nobody; or that another county has to say.
struct Word {
  std::string holder;
  std::string moved_to;  // name of the student's new record
};

absl::StatusOr<Word> Ask(const rpc::Host& host, const Question& question, const db::ClaimRow& claim,
                         const std::string& subject) {
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(question.county));
  return host.database.Write(question.county, [&](db::Transaction& tx) -> absl::StatusOr<Word> {
    for (const std::string& id : {question.student, question.other}) {
      ASSIGN_OR_RETURN(const auto student, feed::Load<v1::Student>(tx, *sealer, kStudents, question.county, id));
      if (!student.has_value()) {
        continue;
      }
      if (id == question.student && !student->moved_to().empty()) {
        return Word{.moved_to = student->moved_to()};
      }
      if (absl::c_linear_search(IdIndexes(host.keys, student->id_number()), claim.key)) {
        return Word{student->merged_into().empty() ? id : std::string(feed::IdOfName(student->merged_into()))};
      }
    }
    // Nobody has the number. A write that still wants to give it to the student finds the bar and starts again.
    if (claim.owner_shard == question.county) {
      RETURN_IF_ERROR(db::Bar(tx, claim.operation).status());
    }
    return Word();
  });
}

// Until the claim is as the county says, seen after the claim was changed.
absl::Status SettleKey(const rpc::Host& host, db::JobContext& context, const Question& question,
                       const std::string& key) {
  const std::string shard = ClaimShardOf(key);
  for (;;) {
    RETURN_IF_ERROR(context.CheckGoOn());
    ASSIGN_OR_RETURN(const auto claim, host.database.Write(shard, [&](db::Transaction& tx) {
      return db::FindClaim(tx, kIdentitySpace, key);
    }));
    const bool ours = claim.has_value() && claim->state != db::ClaimState::kReleased &&
                      (claim->holder == question.student || claim->holder == question.other);
    if (!ours) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const Word word, Ask(host, question, *claim, context.job().subject));
    if (!word.moved_to.empty()) {
      ASSIGN_OR_RETURN(const std::string county, ShardOfName(word.moved_to));
      return host.database.Write(county, [&](db::Transaction& tx) {
        return InsertSettleIdentity(tx, context.job().subject, word.moved_to, question.other, {key});
      });
    }
    if (word.holder == claim->holder) {
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(host.database
                        .Write(shard,
                               [&](db::Transaction& tx) {
                                 return word.holder.empty() ? db::ReleaseSeen(tx, *claim)
                                                            : db::MoveSeen(tx, *claim, word.holder);
                               })
                        .status());
  }
}

}  // namespace

absl::Status InsertSettleIdentity(db::Transaction& tx, std::string_view subject, std::string_view student,
                                  std::string_view other, const std::vector<std::string>& keys) {
  if (keys.empty()) {
    return absl::OkStatus();
  }
  return db::InsertJob(
      tx, {.shard = tx.shard(),
           .id = NewId(tx.clock()),
           .kind = std::string(kSettleIdentityJob),
           .input = absl::StrCat(feed::IdOfName(student), "|", feed::IdOfName(other), "|", absl::StrJoin(keys, "|")),
           .subject = std::string(subject),
           .area = PrefixOfShard(tx.shard()).value_or("")});
}

absl::StatusOr<std::string> RunSettleIdentity(const rpc::Host& host, db::JobContext& context) {
  const std::vector<std::string> parts = absl::StrSplit(context.job().input, '|');
  if (parts.size() < 3) {
    return absl::InternalError("identity_settle: input does not parse");
  }
  const Question question{parts[0], parts[1], context.job().shard};
  for (size_t i = 2; i < parts.size(); ++i) {
    RETURN_IF_ERROR(SettleKey(host, context, question, parts[i]));
  }
  return std::string();
}

}  // namespace ruraledu::registry
