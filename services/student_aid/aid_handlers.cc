#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/proto_day.h"
#include "common/crypto/hash.h"
#include "services/student_aid/benefit_claims.h"
#include "services/student_aid/facts_rules.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr int kMaxRecords = 500;

void CheckRecord(const PolicyBook& book, const std::string& field, const v1::AidRecord& record,
                 Violations* violations) {
  violations->Require(!record.person().empty(), absl::StrCat(field, ".person"));
  violations->Require(!record.source().empty(), absl::StrCat(field, ".source"));
  if (book.FamilyOf(record.item()) == v1::BENEFIT_FAMILY_UNSPECIFIED) {
    violations->Add(absl::StrCat(field, ".item"), "ITEM_UNKNOWN", {{"item", record.item()}});
  }
  if (!ParseTerm(record.term()).ok()) {
    violations->Add(absl::StrCat(field, ".term"), "TERM_FORMAT", {{"term", record.term()}});
  }
  CheckAmount(record.amount_fen(), absl::StrCat(field, ".amount_fen"), violations);
  violations->Require(record.has_paid_on(), absl::StrCat(field, ".paid_on"));
  DayOf(record.paid_on(), absl::StrCat(field, ".paid_on"), violations);
}

absl::Status CheckRecords(const PolicyBook& book, const v1::BatchRecordAidRequest& request) {
  Violations violations;
  violations.MostElements("records", request.records_size(), kMaxRecords);
  for (int i = 0; i < request.records_size() && i < kMaxRecords; ++i) {
    CheckRecord(book, absl::StrCat("records[", i, "]"), request.records(i), &violations);
  }
  return violations.status();
}

// The wanted record of a known person; `name` is set by the writer.
struct Wanted {
  v1::AidRecord record;
  v1::BenefitFamily family = v1::BENEFIT_FAMILY_UNSPECIFIED;
  bool had = true;      // the county holds the benefit
  std::string outcome;  // set already for a person that is unknown

  // Records are idempotent by person, item, term and source. A refused one is kept under an id with the school.
  std::string Id(bool refused) const {
    return absl::BytesToHexString(
        crypto::Sha256({absl::StrJoin({record.person(), record.item(), record.term(), record.source(),
                                       refused ? absl::StrCat("refused:", record.school()) : std::string()},
                                      "\n")})
            .substr(0, 16));
  }
};

// Decides and stores the records of one batch, within the county's write.
class Recorder {
 public:
  Recorder(db::Transaction& tx, const crypto::Sealer& sealer, feed::RootWriter& writer, std::string parent)
      : tx_(tx), sealer_(sealer), writer_(writer), parent_(std::move(parent)) {}

  absl::StatusOr<std::string> Put(const Wanted& wanted) {
    ASSIGN_OR_RETURN(auto* given, Given(wanted));
    bool duplicate = !wanted.had;
    for (const v1::AidRecord& other : *given) {
      duplicate |= other.item() != wanted.record.item() || other.school() != wanted.record.school();
    }
    if (duplicate) {
      RETURN_IF_ERROR(Store(wanted, kDuplicateAid).status());
      return std::string(kDuplicateAid);
    }
    ASSIGN_OR_RETURN(const bool changed, Store(wanted, ""));
    if (changed) {
      given->push_back(wanted.record);
      RETURN_IF_ERROR(Supersede(wanted));
    }
    return std::string(changed ? "RECORDED" : "UNCHANGED");
  }

 private:
  // Aid of the family that the person has in the term: stored, and of this batch.
  absl::StatusOr<std::vector<v1::AidRecord>*> Given(const Wanted& wanted) {
    const auto key = BenefitKey(wanted.record.person(), wanted.record.term(), wanted.family);
    const auto found = given_.find(key);
    if (found != given_.end()) {
      return &found->second;
    }
    ASSIGN_OR_RETURN(auto stored, AidOf(tx_, sealer_, wanted.record.person(), wanted.record.term(), wanted.family));
    return &given_.emplace(key, std::move(stored)).first->second;
  }

  absl::StatusOr<bool> Store(const Wanted& wanted, std::string_view refused) {
    v1::AidRecord record = wanted.record;
    record.set_refused(std::string(refused));
    const std::string id = wanted.Id(!refused.empty());
    record.set_name(absl::StrCat(parent_, "/aidRecords/", id));
    if (!written_.insert(id).second) {
      return false;  // twice in one batch
    }
    ASSIGN_OR_RETURN(const auto before, feed::Load<v1::AidRecord>(tx_, sealer_, kAidRecords, tx_.shard(), id));
    return writer_.Put(kAidRecords, before.has_value() ? &*before : nullptr, record, "RECORD",
                       {static_cast<int64_t>(wanted.family)});
  }

  // What was refused once and is accepted now is evidence no longer.
  absl::Status Supersede(const Wanted& wanted) {
    ASSIGN_OR_RETURN(const auto evidence,
                     feed::Load<v1::AidRecord>(tx_, sealer_, kAidRecords, tx_.shard(), wanted.Id(true)));
    if (!evidence.has_value() || evidence->refused() != kDuplicateAid) {
      return absl::OkStatus();
    }
    v1::AidRecord settled = *evidence;
    settled.set_refused("SUPERSEDED");
    return writer_.Put(kAidRecords, &*evidence, settled, "SUPERSEDE", {static_cast<int64_t>(wanted.family)}).status();
  }

  db::Transaction& tx_;
  const crypto::Sealer& sealer_;
  feed::RootWriter& writer_;
  const std::string parent_;
  std::map<std::string, std::vector<v1::AidRecord>> given_;
  std::set<std::string> written_;
};

// Finds the persons in the copy and checks the caller's area for each.
absl::StatusOr<std::vector<Wanted>> Resolve(rpc::Call& call, db::Transaction& tx, const PolicyBook& book,
                                            std::string_view shard, const v1::BatchRecordAidRequest& request) {
  std::vector<Wanted> all;
  for (const v1::AidRecord& record : request.records()) {
    Wanted& wanted = all.emplace_back(Wanted{.record = record, .family = book.FamilyOf(record.item())});
    wanted.record.clear_etag();
    wanted.record.set_school(std::string(feed::IdOfName(record.school())));
    wanted.record.set_person(std::string(feed::IdOfName(record.person())));
    ASSIGN_OR_RETURN(auto place, FindPupil(tx, shard, wanted.record.person()));
    if (place.has_value() && !place->merged_into.empty()) {
      wanted.record.set_person(place->merged_into);
      ASSIGN_OR_RETURN(place, FindPupil(tx, shard, wanted.record.person()));
    }
    if (!place.has_value()) {
      const absl::Status missing = call.CheckMissing(wanted.record.person());
      if (!absl::IsNotFound(missing)) {
        return missing;
      }
      wanted.outcome = "PERSON_UNKNOWN";
      continue;
    }
    RETURN_IF_ERROR(call.CheckArea(place->area));
    wanted.record.set_area(place->area);
  }
  return all;
}

absl::StatusOr<Taken> Claim(db::Database& database, std::string_view shard, std::string_view operation,
                            std::vector<Wanted>* all) {
  std::vector<std::string> keys;
  std::vector<Wanted*> owners;
  for (Wanted& wanted : *all) {
    if (wanted.outcome.empty() && IsClaimed(wanted.family)) {
      keys.push_back(BenefitKey(wanted.record.person(), wanted.record.term(), wanted.family));
      owners.push_back(&wanted);
    }
  }
  ASSIGN_OR_RETURN(Taken taken, TakeBenefits(database, keys, shard, operation));
  for (size_t i = 0; i < owners.size(); ++i) {
    owners[i]->had = taken.had[i];
  }
  return taken;
}

}  // namespace

absl::StatusOr<v1::BatchRecordAidResponse> Handlers::BatchRecordAid(rpc::Call& call,
                                                                    const v1::BatchRecordAidRequest& request) {
  RETURN_IF_ERROR(CheckRecords(book_, request));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(std::vector<Wanted> all,
                   host_.database.Read([&](db::Transaction& tx) { return Resolve(call, tx, book_, shard, request); }));
  ASSIGN_OR_RETURN(const Taken taken, Claim(host_.database, shard, NewId(call.clock()), &all));
  bool applied = false;  // a replay claims nothing: the sweeper gives back what it took
  ASSIGN_OR_RETURN(
      v1::BatchRecordAidResponse response,
      rpc::Write(
          call, host_.database, shard,
          [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
            RETURN_IF_ERROR(SettleBenefits(tx, taken.operations));
            feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
            Recorder recorder(tx, *sealer, writer, request.parent());
            std::vector<std::string> outcomes;
            for (const Wanted& wanted : all) {
              if (!wanted.outcome.empty()) {
                outcomes.push_back(wanted.outcome);
                continue;
              }
              ASSIGN_OR_RETURN(outcomes.emplace_back(), recorder.Put(wanted));
            }
            ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
            applied = true;
            return rpc::Written{absl::StrJoin(outcomes, "\n"), version};
          },
          [](db::Transaction&, const std::string& outcomes) -> absl::StatusOr<v1::BatchRecordAidResponse> {
            v1::BatchRecordAidResponse answer;
            for (const std::string_view outcome : absl::StrSplit(outcomes, '\n')) {
              answer.add_outcomes(std::string(outcome));
            }
            return answer;
          }));
  if (applied) {
    RETURN_IF_ERROR(ConfirmBenefits(host_.database, taken.shards, taken.operations));
  }
  return response;
}

absl::StatusOr<v1::ListAidRecordsResponse> Handlers::ListAidRecords(rpc::Call& call,
                                                                    const v1::ListAidRecordsRequest& request) {
  RETURN_IF_ERROR(ParseTerm(request.term()).status());
  const rpc::ListSpec spec{.area_column = "area", .order = {"area"}, .equal = {{"term", request.term()}}};
  return rpc::ListRoots<v1::AidRecord, v1::ListAidRecordsRequest, v1::ListAidRecordsResponse>(
      call, host_, kAidRecords, spec, request, &v1::ListAidRecordsResponse::mutable_records);
}

}  // namespace ruraledu::student_aid
