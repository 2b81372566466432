#include "services/registry/handlers.h"
#include "services/registry/identity.h"
#include "services/registry/identity_rules.h"
#include "services/registry/store.h"
#include "services/registry/transfers.h"

namespace ruraledu::registry {
namespace {

const rpc::RootKind<v1::Transfer> kTransfer{kTransfers, [](const v1::Transfer& t) { return t.area(); }, nullptr};

// The claim on a transfer, in the hash shard of its name.
db::ClaimRow ClaimOn(const std::string& transfer, std::string_view holder, const std::string& owner,
                     const std::string& operation) {
  return {.space = std::string(kTransferSpace),
          .key = transfer,
          .holder = std::string(holder),
          .owner_shard = owner,
          .operation = operation};
}

absl::StatusOr<db::ClaimRow> TakeTransfer(const rpc::Host& host, const db::ClaimRow& wanted) {
  ASSIGN_OR_RETURN(db::ClaimRow holds, host.database.Write(PersonShard(wanted.key),
                                                           [&](db::Transaction& tx) { return db::Claim(tx, wanted); }));
  if (holds.holder != wanted.holder) {
    return Fail("TRANSFER_DECIDED", {{"by", holds.holder}});
  }
  return holds;
}

absl::Status ConfirmTransfer(const rpc::Host& host, const db::ClaimRow& claim) {
  return host.database.Write(PersonShard(claim.key),
                             [&](db::Transaction& tx) { return db::ConfirmClaims(tx, claim.space, claim.operation); });
}

// Within the write that decides the transfer. A claim that is held was decided by a write before: replays of that one
// never come here.
absl::Status SettleTransfer(db::Transaction& tx, const db::ClaimRow& claim) {
  if (claim.state == db::ClaimState::kHeld) {
    return Fail("TRANSFER_DECIDED", {{"by", claim.holder}});
  }
  RETURN_IF_ERROR(db::CheckNotBarred(tx, claim.operation));
  return db::MarkDone(tx, claim.operation);
}

// What the source knows, read from its shard.
struct Leaving {
  v1::Transfer transfer;
  v1::Student student;
};

// The answer to a transfer that is none of the caller's county: who does not cover the county is not told.
absl::Status UnknownTransfer(rpc::Call& call, std::string_view shard) {
  const bool all = call.Holds(call.method().access.permission(), PrefixOfShard(shard).value_or(""));
  return Fail(all ? "TRANSFER_UNKNOWN" : "PERMISSION_DENIED");
}

// `county`: of the caller.
absl::StatusOr<Leaving> ReadLeaving(const rpc::Host& host, rpc::Call& call, std::string_view county,
                                    const std::string& name) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(name, "transfers"));
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  return host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<Leaving> {
    ASSIGN_OR_RETURN(auto transfer, feed::Load<v1::Transfer>(tx, *sealer, kTransfers, shard, feed::IdOfName(name)));
    if (!transfer.has_value()) {
      return UnknownTransfer(call, county);
    }
    ASSIGN_OR_RETURN(auto student,
                     feed::Load<v1::Student>(tx, *sealer, kStudents, shard, feed::IdOfName(transfer->student())));
    return Leaving{*std::move(transfer), *std::move(student)};
  });
}

absl::StatusOr<v1::ListTransfersResponse> ListIncoming(const rpc::Host& host, rpc::Call& call,
                                                       const v1::ListTransfersRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  RETURN_IF_ERROR(call.CheckArea(PrefixOfShard(shard).value_or("")));
  ASSIGN_OR_RETURN(const int64_t size, rpc::PageSize(request.page_size()));
  const std::string filter = rpc::FilterOf(request);
  std::vector<std::string> after = {"", ""};
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(after, rpc::PageKey(filter, request.page_token(), 2));
  }
  ASSIGN_OR_RETURN(auto transfers, host.database.Read(
                                       [&](db::Transaction& tx) {
                                         return TransfersInto(tx, shard, request.state(), after[0], after[1], size + 1);
                                       },
                                       {.deadline = call.deadline()}));
  v1::ListTransfersResponse response;
  for (v1::Transfer& transfer : transfers) {
    if (response.transfers_size() == size) {
      const std::string& last = response.transfers().rbegin()->name();
      response.set_next_page_token(
          rpc::PageToken(filter, {ShardOfName(last).value_or(""), std::string(feed::IdOfName(last))}));
      break;
    }
    *response.add_transfers() = std::move(transfer);
  }
  return response;
}

}  // namespace

absl::StatusOr<v1::Transfer> Handlers::CreateTransfer(rpc::Call& call, const v1::CreateTransferRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const std::string destination, rpc::ShardOf(request.transfer().to_school(), "schools"));
  const auto effective_on = DayOf(request.transfer().effective_on());
  if (!effective_on.has_value()) {
    Violations violations;
    violations.Add("transfer.effective_on", "DATE_INVALID");
    return violations.status();
  }
  const std::string name = absl::StrCat(request.parent(), "/transfers/", rpc::StableId(call));
  return rpc::WriteRoot(call, host_, kTransfer, name, true, "CREATE",
                        [&](db::Transaction& tx, const v1::Transfer*, v1::Transfer& after) -> absl::Status {
                          const std::string id(feed::IdOfName(request.transfer().student()));
                          ASSIGN_OR_RETURN(auto student, feed::Load<v1::Student>(tx, *sealer, kStudents, shard, id));
                          if (!student.has_value()) {
                            return call.CheckMissing(request.transfer().student());
                          }
                          RETURN_IF_ERROR(call.CheckArea(student->area()));
                          ASSIGN_OR_RETURN(const bool open, HasOpenTransfer(tx, shard, id));
                          RETURN_IF_ERROR(CheckTransfer(*student, open, *effective_on));
                          RETURN_IF_ERROR(rpc::ApplyMask(request.transfer(), {}, &after));
                          after.set_state(v1::TRANSFER_STATE_REQUESTED);
                          after.clear_new_student();
                          after.set_area(student->area());
                          return absl::OkStatus();
                        });
}

absl::StatusOr<v1::Student> Handlers::AcceptTransfer(rpc::Call& call, const v1::AcceptTransferRequest& request) {
  const auto reference = reference_.Get();
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(Leaving leaving, ReadLeaving(host_, call, shard, request.transfer()));
  ASSIGN_OR_RETURN(const std::string wanted, rpc::ShardOf(leaving.transfer.to_school(), "schools"));
  if (wanted != shard) {
    return UnknownTransfer(call, shard);
  }
  RETURN_IF_ERROR(CheckSchoolInReach(call, host_, shard, leaving.transfer.to_school()));
  const absl::CivilDay effective_on = *DayOf(leaving.transfer.effective_on());
  const std::string name = absl::StrCat(request.parent(), "/students/", feed::IdOfName(leaving.transfer.student()));
  ASSIGN_OR_RETURN(const db::ClaimRow claim,
                   TakeTransfer(host_, ClaimOn(request.transfer(), "accept", shard, NewId(call.clock()))));
  const auto decide = [&](db::Transaction& tx, const v1::Student*, v1::Student& after) -> absl::Status {
    RETURN_IF_ERROR(SettleTransfer(tx, claim));
    ASSIGN_OR_RETURN(const v1::School school,
                     InReach(call, shard, LoadSchool(tx, *sealer, leaving.transfer.to_school())));
    std::optional<v1::SchoolClass> school_class;
    if (!request.to_class().empty()) {
      ASSIGN_OR_RETURN(school_class, InReach(call, shard, LoadClass(tx, *sealer, request.to_class())));
    }
    after = ArrivalOf(leaving.student, name);
    EndConcurrent(effective_on, &after);
    const v1::Enrolment& present = leaving.student.enrolments(0);
    RETURN_IF_ERROR(Enrol(reference->codes, school, school_class.has_value() ? &*school_class : nullptr,
                          present.stage(), present.grade(), effective_on, "TRANSFER", &after));
    *after.mutable_status_from() = leaving.transfer.effective_on();
    v1::Transfer input = leaving.transfer;
    input.set_new_student(name);
    return db::InsertJob(tx, {.shard = shard,
                              .id = NewId(call.clock()),
                              .kind = std::string(kCloseTransferJob),
                              .input = input.SerializeAsString(),
                              .subject = call.caller().subject,
                              .area = PrefixOfShard(shard).value_or("")});
  };
  // A student who left this county earlier and comes back has a row here already: it is taken up again.
  ASSIGN_OR_RETURN(const bool back, host_.database.Read([&](db::Transaction& tx) {
    return HasStudent(tx, shard, feed::IdOfName(name));
  }));
  ASSIGN_OR_RETURN(v1::Student arrived,
                   rpc::WriteRoot(call, host_, StudentKind(host_, *reference), name, !back, "TRANSFER_IN", decide));
  RETURN_IF_ERROR(ConfirmTransfer(host_, claim));
  return arrived;
}

absl::StatusOr<v1::Transfer> Handlers::EndTransfer(rpc::Call& call, const v1::EndTransferRequest& request) {
  ASSIGN_OR_RETURN(const std::string caller_shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const Leaving leaving, ReadLeaving(host_, call, caller_shard, request.transfer()));
  ASSIGN_OR_RETURN(const std::string source, ShardOfName(request.transfer()));
  ASSIGN_OR_RETURN(const std::string destination, ShardOfName(leaving.transfer.to_school()));
  if (caller_shard != source && caller_shard != destination) {
    return UnknownTransfer(call, caller_shard);
  }
  const bool withdraws = caller_shard == source;
  RETURN_IF_ERROR(call.CheckArea(withdraws ? leaving.transfer.area() : PrefixOfShard(destination).value_or("")));
  ASSIGN_OR_RETURN(const db::ClaimRow claim,
                   TakeTransfer(host_, ClaimOn(request.transfer(), "end", source, NewId(call.clock()))));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(source));
  const auto load = [&](db::Transaction& tx) -> absl::StatusOr<v1::Transfer> {
    ASSIGN_OR_RETURN(auto found,
                     feed::Load<v1::Transfer>(tx, *sealer, kTransfers, source, feed::IdOfName(request.transfer())));
    return *std::move(found);
  };
  ASSIGN_OR_RETURN(
      v1::Transfer ended,
      rpc::Write(
          call, host_.database, source,
          [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
            RETURN_IF_ERROR(SettleTransfer(tx, claim));
            ASSIGN_OR_RETURN(const v1::Transfer before, load(tx));
            v1::Transfer after = before;
            after.set_state(withdraws ? v1::TRANSFER_STATE_WITHDRAWN : v1::TRANSFER_STATE_REFUSED);
            feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
            RETURN_IF_ERROR(writer.Put(kTransfers, &before, after, withdraws ? "WITHDRAW" : "REFUSE").status());
            ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
            return rpc::Written{request.transfer(), version};
          },
          [&](db::Transaction& tx, const std::string&) { return load(tx); }));
  RETURN_IF_ERROR(ConfirmTransfer(host_, claim));
  return ended;
}

absl::StatusOr<v1::Transfer> Handlers::GetTransfer(rpc::Call& call, const v1::GetTransferRequest& request) {
  return rpc::GetRoot<v1::Transfer>(call, host_, kTransfers, request.name(), kTransfer.area_of);
}

absl::StatusOr<v1::ListTransfersResponse> Handlers::ListTransfers(rpc::Call& call,
                                                                  const v1::ListTransfersRequest& request) {
  if (request.incoming()) {
    return ListIncoming(host_, call, request);
  }
  rpc::ListSpec spec{.area_column = "area"};
  if (request.state() != v1::TRANSFER_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::TransferState_Name(request.state()));
  }
  return rpc::ListRoots<v1::Transfer, v1::ListTransfersRequest, v1::ListTransfersResponse>(
      call, host_, kTransfers, spec, request, &v1::ListTransfersResponse::mutable_transfers);
}

}  // namespace ruraledu::registry
