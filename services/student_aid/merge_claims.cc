#include "services/student_aid/merge_claims.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/crypto/hash.h"
#include "common/domain/shard.h"
#include "common/obs/log.h"
#include "services/student_aid/benefit_claims.h"
#include "services/student_aid/store.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {
namespace {

constexpr absl::Duration kPause = absl::Seconds(5);

class Merge {
 public:
  Merge(const rpc::Host& host, db::JobContext& context, std::string alias, std::string person)
      : host_(host), context_(context), alias_(std::move(alias)), person_(std::move(person)) {}

  // True when the claims are as the copy says, false when some claim is under way: later again.
  absl::StatusOr<bool> Run() {
    for (;;) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      ASSIGN_OR_RETURN(const auto before, Merged());
      ASSIGN_OR_RETURN(const bool settled, before.has_value() ? Repeat(*before) : End());
      ASSIGN_OR_RETURN(const auto after, Merged());
      if (before.has_value() == after.has_value()) {
        return settled;
      }
    }
  }

 private:
  // Version of the copy while the alias is merged.
  absl::StatusOr<std::optional<int64_t>> Merged() {
    return host_.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::optional<int64_t>> {
      ASSIGN_OR_RETURN(const auto place, FindPupil(tx, context_.job().shard, alias_));
      const bool merged = place.has_value() && feed::IdOfName(place->merged_into) == person_;
      return merged ? std::optional(place->version) : std::nullopt;
    });
  }

  absl::StatusOr<std::vector<db::ClaimRow>> ClaimsOf(const std::string& person) {
    return host_.database.Write(PersonShard(person), [&](db::Transaction& tx) {
      return db::FindClaims(tx, kBenefitSpace, absl::StrCat(person, "/"));
    });
  }

  // Operations of repeated claims last: the outcome tells for ever whether a county relied on one.
  std::string Prefix() const { return absl::StrCat(db::kLasting, "merge.", alias_, "."); }

  absl::StatusOr<bool> Repeat(int64_t version) {
    ASSIGN_OR_RETURN(const auto claims, ClaimsOf(alias_));
    bool settled = true;
    for (const db::ClaimRow& claim : claims) {
      if (claim.state == db::ClaimState::kTentative) {
        settled = false;
        continue;
      }
      db::ClaimRow wanted = claim;
      const std::string rest = claim.key.substr(alias_.size());  // "/<term>/<family>"
      wanted.key = absl::StrCat(person_, rest);
      wanted.operation = absl::StrCat(Prefix(), version, rest);
      ASSIGN_OR_RETURN(const db::ClaimRow has, host_.database.Write(PersonShard(person_), [&](db::Transaction& tx) {
        return db::Claim(tx, wanted);
      }));
      if (has.state == db::ClaimState::kTentative) {
        settled = false;
      } else if (!has.operation.starts_with(Prefix())) {
        RETURN_IF_ERROR(KeepEvidence(claim));
      }
    }
    return settled;
  }

  absl::StatusOr<bool> End() {
    ASSIGN_OR_RETURN(const auto claims, ClaimsOf(person_));
    for (const db::ClaimRow& claim : claims) {
      if (!claim.operation.starts_with(Prefix())) {
        continue;
      }
      ASSIGN_OR_RETURN(const bool unused, host_.database.Write(claim.owner_shard, [&](db::Transaction& tx) {
        return db::Bar(tx, claim.operation);
      }));
      if (unused) {
        RETURN_IF_ERROR(
            host_.database.Write(PersonShard(person_), [&](db::Transaction& tx) { return db::ReleaseSeen(tx, claim); })
                .status());
      }
    }
    return true;
  }

  // Both held the benefit. What this county gave of it is listed once more, as refused, so that the comparison shows
  // it.
  absl::Status KeepEvidence(const db::ClaimRow& claim) {
    const std::vector<std::string> parts = absl::StrSplit(claim.key, '/');
    int family = 0;
    if (parts.size() != 3 || !absl::SimpleAtoi(parts[2], &family)) {
      return absl::InternalError("a benefit key does not parse");
    }
    obs::Log(obs::Level::kWarning, "benefit_held_twice", {{"term", parts[1]}, {"family", int64_t{family}}});
    const std::string& shard = context_.job().shard;
    ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
    return host_.database.Write(shard, [&](db::Transaction& tx) -> absl::Status {
      const auto kind = static_cast<v1::BenefitFamily>(family);
      ASSIGN_OR_RETURN(auto given, AidOf(tx, *sealer, person_, parts[1], kind));
      if (given.empty()) {
        ASSIGN_OR_RETURN(given, AidOf(tx, *sealer, alias_, parts[1], kind));
      }
      if (given.empty()) {
        return absl::OkStatus();
      }
      v1::AidRecord record = given.front();
      const std::string id = crypto::Hex(crypto::Sha256({absl::StrCat(claim.key, "\n", person_)}).substr(0, 16));
      record.set_name(absl::StrCat(record.name().substr(0, record.name().rfind('/')), "/", id));
      record.clear_etag();
      record.set_person(person_);
      record.set_refused(std::string(kDuplicateAid));
      ASSIGN_OR_RETURN(const auto before, feed::Load<v1::AidRecord>(tx, *sealer, kAidRecords, shard, id));
      feed::RootWriter writer(tx, *sealer, {absl::StrCat("job:", context_.job().id), context_.job().id},
                              host_.NewCounters());
      RETURN_IF_ERROR(writer
                          .Put(kAidRecords, before.has_value() ? &*before : nullptr, record, "MERGE",
                               {static_cast<int64_t>(family)})
                          .status());
      return writer.Finish().status();
    });
  }

  const rpc::Host& host_;
  db::JobContext& context_;
  const std::string alias_, person_;
};

}  // namespace

absl::Status InsertMergeClaims(db::Transaction& tx, std::string_view alias, std::string_view person) {
  return InsertOwnJob(tx, kMergeClaimsJob, absl::StrCat(alias, "|", person));
}

absl::StatusOr<std::string> RunMergeClaims(const rpc::Host& host, db::JobContext& context) {
  const std::vector<std::string> parts = absl::StrSplit(context.job().input, '|');
  if (parts.size() != 2) {
    return absl::InternalError("benefit_merge: input does not parse");
  }
  ASSIGN_OR_RETURN(const bool settled, Merge(host, context, parts[0], parts[1]).Run());
  if (!settled) {
    RETURN_IF_ERROR(context.Postpone(db::JobState::kQueued, kPause));
  }
  return std::string();
}

}  // namespace ruraledu::student_aid
