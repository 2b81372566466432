#include "services/registry/handlers.h"
#include "services/registry/identity.h"
#include "services/registry/identity_rules.h"
#include "services/registry/import_run.h"
#include "services/registry/store.h"

namespace ruraledu::registry {
namespace {

const rpc::RootKind<v1::IdentityReview> kReview{kReviews, [](const v1::IdentityReview& r) { return r.area(); },
                                                nullptr};

void AddFinding(std::string_view code, bool warning, v1::ValidateIdentityResponse* response) {
  auto* finding = response->add_findings();
  finding->set_code(std::string(code));
  finding->set_warning(warning);
  finding->set_message(EnglishText(code));
  finding->set_message_zh(ChineseText(code));
}

absl::Status SettleNumber(db::Transaction& tx, const rpc::Host& host, const v1::Student& student,
                          const std::string& other, const std::string& subject) {
  return student.id_number().empty()
             ? absl::OkStatus()
             : InsertSettleIdentity(tx, subject, student.name(), other, IdIndexes(host.keys, student.id_number()));
}

// A row of a department that came with an import: "counties/411728/imports/<id>#<line>".
bool NamesImportRow(std::string_view reference) {
  return reference.substr(0, reference.rfind('/')).ends_with("/imports");
}

// Gives the student what the department says of the person.
absl::Status AttachRows(db::Transaction& tx, const rpc::Host& host, std::shared_ptr<const Reference> reference,
                        std::shared_ptr<const crypto::Sealer> sealer, const v1::IdentityReview& review,
                        const std::string& subject) {
  const std::string name = review.household_member().substr(0, review.household_member().find('#'));
  ASSIGN_OR_RETURN(const auto import, feed::Load<v1::Import>(tx, *sealer, kImports, tx.shard(), feed::IdOfName(name)));
  if (!import.has_value() || import->state() != v1::IMPORT_STATE_CLOSED) {
    return Fail("REVIEW_STALE");
  }
  const ImportParts parts{.host = host,
                          .reference = reference,
                          .sealer = sealer,
                          .facts = FactsOf(*import, *reference),
                          .shard = tx.shard(),
                          .actor = subject};
  return AttachReviewed(tx, parts, review);
}

// Both records of a merge, which lie in the shard of the one that stays.
struct Pair {
  v1::Student keep, duplicate;
};

absl::StatusOr<Pair> LoadPair(db::Transaction& tx, const crypto::Sealer& sealer, rpc::Call& call,
                              const std::string& keep, const std::string& duplicate) {
  Pair pair;
  for (auto [name, student] : {std::pair(&keep, &pair.keep), std::pair(&duplicate, &pair.duplicate)}) {
    const auto shard = ShardOfName(*name);
    if (!shard.ok() || *shard != tx.shard()) {
      return Fail("MERGE_OTHER_COUNTY");
    }
    ASSIGN_OR_RETURN(auto found, feed::Load<v1::Student>(tx, sealer, kStudents, tx.shard(), feed::IdOfName(*name)));
    if (!found.has_value()) {
      return call.CheckMissing(*name);
    }
    RETURN_IF_ERROR(call.CheckArea(found->area()));
    *student = *std::move(found);
  }
  return pair;
}

// Merges within a transaction: the duplicate becomes a dated alias; references to it are not rewritten. The claim on
// its identity number goes to the record that stays (identity.h).
absl::Status Merge(db::Transaction& tx, const rpc::Host& host, const Pair& pair, const std::string& subject,
                   feed::RootWriter& writer) {
  RETURN_IF_ERROR(CheckMerge(pair.keep, pair.duplicate));
  for (const v1::Student* student : {&pair.keep, &pair.duplicate}) {
    ASSIGN_OR_RETURN(const bool open, HasOpenTransfer(tx, tx.shard(), feed::IdOfName(student->name())));
    if (open) {
      return Fail("TRANSFER_OPEN");
    }
  }
  RETURN_IF_ERROR(SettleNumber(tx, host, pair.duplicate, pair.keep.name(), subject));
  v1::Student alias = pair.duplicate;
  alias.set_merged_into(pair.keep.name());
  ASSIGN_OR_RETURN(auto extra, KeepStudentExtra(tx, tx.shard(), feed::IdOfName(alias.name())));
  return writer.Put(kStudents, &pair.duplicate, alias, "MERGE", std::move(extra)).status();
}

}  // namespace

absl::StatusOr<v1::ValidateIdentityResponse> Handlers::ValidateIdentity(rpc::Call& call,
                                                                        const v1::ValidateIdentityRequest& request) {
  const auto reference = reference_.Get();
  const PersonFacts facts{DayOf(request.birth_date()), request.sex() == "1"   ? Sex::kMale
                                                       : request.sex() == "2" ? Sex::kFemale
                                                                              : Sex::kUnknown};
  const absl::CivilDay as_of = DayOf(request.as_of()).value_or(call.clock().Today());
  const CitizenIdCheck check = CheckCitizenId(request.id_number(), facts, reference->provinces, as_of);
  v1::ValidateIdentityResponse response;
  response.set_valid(check.ok());
  if (!check.ok()) {
    AddFinding(check.error, false, &response);
  }
  for (const std::string_view warning : check.warnings) {
    AddFinding(warning, true, &response);
  }
  if (check.ok()) {
    *response.mutable_birth_date() = DateOf(check.birth_date);
    response.set_sex(check.sex == Sex::kMale ? "1" : "2");
  }
  return response;
}

absl::StatusOr<v1::ListReviewsResponse> Handlers::ListReviews(rpc::Call& call, const v1::ListReviewsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"rank"}};
  if (request.state() != v1::REVIEW_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::ReviewState_Name(request.state()));
  }
  return rpc::ListRoots<v1::IdentityReview, v1::ListReviewsRequest, v1::ListReviewsResponse>(
      call, host_, kReviews, spec, request, &v1::ListReviewsResponse::mutable_reviews);
}

absl::StatusOr<v1::IdentityReview> Handlers::DecideReview(rpc::Call& call, const v1::DecideReviewRequest& request) {
  const auto reference = reference_.Get();
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), "reviews"));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  if (request.decision() != v1::REVIEW_STATE_SAME && request.decision() != v1::REVIEW_STATE_DIFFERENT) {
    Violations violations;
    violations.Add("decision", "CODE_UNKNOWN", {{"list", "review_state"}});
    return violations.status();
  }
  const auto load = [&](db::Transaction& tx) -> absl::StatusOr<v1::IdentityReview> {
    ASSIGN_OR_RETURN(auto review,
                     feed::Load<v1::IdentityReview>(tx, *sealer, kReviews, shard, feed::IdOfName(request.name())));
    if (!review.has_value()) {
      return call.CheckMissing(request.name());
    }
    RETURN_IF_ERROR(call.CheckArea(review->area()));
    return *std::move(review);
  };
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const v1::IdentityReview before, load(tx));
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before.etag()));
        if (before.state() != v1::REVIEW_STATE_OPEN) {
          return Fail("REVIEW_DECIDED");
        }
        v1::IdentityReview after = before;
        after.set_state(request.decision());
        after.set_decided_by(call.caller().subject);
        after.set_note(request.note());
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(writer.Put(kReviews, &before, after, "DECIDE", {ReviewPair(after)}).status());
        if (request.decision() == v1::REVIEW_STATE_SAME && before.kind() == "POSSIBLE_DUPLICATE") {
          const std::string keep = request.keep().empty() ? before.student() : request.keep();
          if (keep != before.student() && keep != before.other_student()) {
            Violations violations;
            violations.Add("keep", "NAME_INVALID", {{"field", "keep"}});
            return violations.status();
          }
          const std::string& other = keep == before.student() ? before.other_student() : before.student();
          ASSIGN_OR_RETURN(const Pair pair, LoadPair(tx, *sealer, call, keep, other));
          RETURN_IF_ERROR(Merge(tx, host_, pair, call.caller().subject, writer));
        } else if (request.decision() == v1::REVIEW_STATE_SAME && NamesImportRow(before.household_member())) {
          RETURN_IF_ERROR(AttachRows(tx, host_, reference, sealer, before, call.caller().subject));
        } else if (request.decision() == v1::REVIEW_STATE_SAME) {
          RETURN_IF_ERROR(LinkMember(tx, *sealer, before, writer));
        }
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{request.name(), version};
      },
      [&](db::Transaction& tx, const std::string&) { return load(tx); });
}

absl::StatusOr<v1::Student> Handlers::MergeStudents(rpc::Call& call, const v1::MergeStudentsRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), "students"));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const Pair pair, LoadPair(tx, *sealer, call, request.name(), request.duplicate()));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(Merge(tx, host_, pair, call.caller().subject, writer));
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{request.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) -> absl::StatusOr<v1::Student> {
        ASSIGN_OR_RETURN(auto student, feed::Load<v1::Student>(tx, *sealer, kStudents, shard, feed::IdOfName(name)));
        RETURN_IF_ERROR(call.CheckArea(student->area()));
        rpc::MaskRoot(*student);
        return *std::move(student);
      });
}

absl::StatusOr<v1::Student> Handlers::UnmergeStudent(rpc::Call& call, const v1::UnmergeStudentRequest& request) {
  const auto reference = reference_.Get();
  return rpc::WriteRoot(call, host_, StudentKind(host_, *reference), request.name(), false, "UNMERGE",
                        [&](db::Transaction& tx, const v1::Student* before, v1::Student& after) -> absl::Status {
                          if (before->merged_into().empty()) {
                            return Fail("NOT_MERGED");
                          }
                          after.clear_merged_into();
                          return SettleNumber(tx, host_, *before, before->merged_into(), call.caller().subject);
                        });
}

}  // namespace ruraledu::registry
