// Recovery of what was paid wrongly (2.7 b, c, d; DR-26).
#include <set>

#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "services/student_aid/application_rules.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/payment_writes.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr int kMostApplications = 50;
constexpr size_t kMostDocument = 200;  // bytes

using Proofs = google::protobuf::RepeatedPtrField<v1::Evidence>;

absl::Status CheckStart(const IdentificationBook& tables, absl::CivilDay today,
                        const v1::StartRecoveryRequest& request) {
  Violations violations;
  CheckEvidence(tables, today, request.evidence(), "evidence", &violations);
  violations.Require(request.applications_size() > 0, "applications");
  violations.Require(request.cause() != v1::RECOVERY_CAUSE_UNSPECIFIED, "cause");
  violations.Require(!request.document().empty(), "document");
  violations.Require(!request.reason().empty(), "reason");
  const bool one_only = request.cause() == v1::RECOVERY_CAUSE_WRONG_AMOUNT;
  violations.MostElements("applications", request.applications_size(), one_only ? 1 : kMostApplications);
  violations.MostBytes("document", request.document(), kMostDocument);
  violations.MostBytes("reason", request.reason(), kMostText);
  DayOf(request.left_on(), "left_on", &violations);
  return violations.status();
}

std::string PersonOf(std::string_view application) {
  const std::string_view id = feed::IdOfName(application);
  return std::string(id.substr(0, id.find('.')));
}

// NAME_INVALID for names of other counties or persons, DUPLICATE_IN_BATCH for a name that stands twice.
absl::Status CheckNames(const v1::StartRecoveryRequest& request, std::string_view shard) {
  std::set<std::string> seen;
  for (const std::string& name : request.applications()) {
    ASSIGN_OR_RETURN(const std::string of, rpc::ShardOf(name, kApplications.collection));
    if (of != shard || PersonOf(name) != PersonOf(request.applications(0))) {
      return Fail("NAME_INVALID", {{"field", "applications"}});
    }
    if (!seen.insert(name).second) {
      return Fail("DUPLICATE_IN_BATCH");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Application> Load(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer,
                                     const std::string& name) {
  ASSIGN_OR_RETURN(auto application,
                   feed::Load<v1::Application>(tx, sealer, kApplications, tx.shard(), feed::IdOfName(name)));
  if (!application.has_value()) {
    return call.CheckMissing(name);
  }
  RETURN_IF_ERROR(call.CheckArea(application->area(), name));
  return *std::move(application);
}

v1::LedgerEntry RecoveryEntry(v1::LedgerEntryKind kind, const v1::Application& application, int64_t amount_fen,
                              absl::CivilDay on, const std::string& document, const std::string& reason) {
  v1::LedgerEntry entry;
  entry.set_kind(kind);
  entry.set_budget_year(BudgetYearOf(application.term()));
  entry.set_item(application.item());
  entry.set_amount_fen(amount_fen);
  *entry.mutable_on() = DateOf(on);
  entry.set_order(application.order());
  entry.set_person(application.person());
  entry.set_document(document);
  entry.set_reason(reason);
  return entry;
}

// What proves it joins the evidence of the application, which refers to its attachments.
absl::Status AddEvidence(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer, const Proofs& evidence,
                         const v1::Application& before, v1::Application* after) {
  after->mutable_evidence()->MergeFrom(evidence);
  return Refer(&call, tx, sealer, before.name(), FilesNamed(before), FilesNamed(*after));
}

// Changes one application in RECOVERING by `step`, which posts what it does.
using RecoveryStep = std::function<absl::Status(Ledger& ledger, v1::Application& after)>;
absl::StatusOr<v1::Application> OnRecovery(rpc::Call& call, const rpc::Host& host, const std::string& name,
                                           const std::string& etag, std::string_view cause, const Proofs& evidence,
                                           const RecoveryStep& step) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(name, kApplications.collection));
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  return rpc::Write(
      call, host.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const v1::Application before, Load(call, tx, *sealer, name));
        RETURN_IF_ERROR(feed::CheckEtag(etag, before.etag()));
        if (before.state() != v1::APPLICATION_STATE_RECOVERING) {
          return Fail(
              "STATE_TRANSITION",
              {{"machine", kApplicationStates.name()}, {"from", EnumText(before.state())}, {"event", "recover"}});
        }
        RETURN_IF_ERROR(CheckNotPayer(before, ActOf(call).person));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host.NewCounters());
        Ledger ledger(tx, writer);
        v1::Application after = before;
        RETURN_IF_ERROR(step(ledger, after));
        RETURN_IF_ERROR(AddEvidence(call, tx, *sealer, evidence, before, &after));
        RETURN_IF_ERROR(writer.Put(kApplications, &before, after, cause).status());
        RETURN_IF_ERROR(ledger.Finish());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{name, version};
      },
      [&](db::Transaction& tx, const std::string& written) -> absl::StatusOr<v1::Application> {
        ASSIGN_OR_RETURN(v1::Application application, Load(call, tx, *sealer, written));
        rpc::MaskRoot(application);
        return application;
      });
}

}  // namespace

absl::StatusOr<v1::StartRecoveryResponse> Handlers::StartRecovery(rpc::Call& call,
                                                                  const v1::StartRecoveryRequest& request) {
  RETURN_IF_ERROR(CheckStart(tables_, call.clock().Today(), request));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  RETURN_IF_ERROR(CheckNames(request, shard));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const Act act = ActOf(call, request.reason());
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        Ledger ledger(tx, writer);
        for (const std::string& name : request.applications()) {
          ASSIGN_OR_RETURN(const v1::Application before, Load(call, tx, *sealer, name));
          RETURN_IF_ERROR(CheckNotPayer(before, act.person));
          v1::Application after = before;
          RETURN_IF_ERROR(StepApplication(act, "recover", "", &after));
          const absl::CivilDay census = book_.calendar().CensusDate(*ParseTerm(before.term()));
          ASSIGN_OR_RETURN(const int64_t amount_fen, RecoverableOf(request, before, census));
          Charge(amount_fen, &after);
          RETURN_IF_ERROR(AddEvidence(call, tx, *sealer, request.evidence(), before, &after));
          RETURN_IF_ERROR(ledger.Post(RecoveryEntry(v1::LEDGER_ENTRY_KIND_OVERPAYMENT, before, amount_fen, act.on,
                                                    request.document(), request.reason())));
          RETURN_IF_ERROR(writer.Put(kApplications, &before, after, v1::RecoveryCause_Name(request.cause())).status());
        }
        RETURN_IF_ERROR(ledger.Finish());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{request.applications(0), version};
      },
      [&](db::Transaction& tx, const std::string&) -> absl::StatusOr<v1::StartRecoveryResponse> {
        v1::StartRecoveryResponse response;
        for (const std::string& name : request.applications()) {
          ASSIGN_OR_RETURN(*response.add_applications(), Load(call, tx, *sealer, name));
          rpc::MaskRoot(*response.mutable_applications()->rbegin());
        }
        return response;
      });
}

absl::StatusOr<v1::Application> Handlers::RecordRecovery(rpc::Call& call, const v1::RecordRecoveryRequest& request) {
  Violations violations;
  const auto on = DayOf(request.on(), "on", &violations);
  violations.Require(request.has_on(), "on");
  violations.Require(!request.document().empty(), "document");
  violations.MostBytes("document", request.document(), kMostDocument);
  const Act act = ActOf(call);
  if (on.has_value() && *on > act.on) {
    violations.Add("on", "DATE_AHEAD", {{"date", DayText(*on)}});
  }
  CheckEvidence(tables_, act.on, request.evidence(), "evidence", &violations);
  RETURN_IF_ERROR(violations.status());
  return OnRecovery(call, host_, request.name(), request.etag(), "RECOVER", request.evidence(),
                    [&](Ledger& ledger, v1::Application& after) -> absl::Status {
                      RETURN_IF_ERROR(Discharge(request.amount_fen(), &after));
                      RETURN_IF_ERROR(ledger.Post(RecoveryEntry(v1::LEDGER_ENTRY_KIND_RECOVERY, after,
                                                                request.amount_fen(), *on, request.document(), "")));
                      if (after.recoverable_fen() == 0) {
                        return StepApplication(act, "recovered", "", &after);
                      }
                      Note(act, "recover_part", &after);
                      return absl::OkStatus();
                    });
}

absl::StatusOr<v1::Application> Handlers::WriteOffRecovery(rpc::Call& call,
                                                           const v1::WriteOffRecoveryRequest& request) {
  Violations violations;
  violations.Require(!request.document().empty(), "document");
  violations.Require(!request.reason().empty(), "reason");
  violations.MostBytes("document", request.document(), kMostDocument);
  violations.MostBytes("reason", request.reason(), kMostText);
  const Act act = ActOf(call, request.reason());
  CheckEvidence(tables_, act.on, request.evidence(), "evidence", &violations);
  RETURN_IF_ERROR(violations.status());
  return OnRecovery(
      call, host_, request.name(), request.etag(), "WRITE_OFF", request.evidence(),
      [&](Ledger& ledger, v1::Application& after) -> absl::Status {
        RETURN_IF_ERROR(CheckNotRecoverer(after, act.person));
        RETURN_IF_ERROR(ledger.Post(RecoveryEntry(v1::LEDGER_ENTRY_KIND_WRITE_OFF, after, after.recoverable_fen(),
                                                  act.on, request.document(), request.reason())));
        RETURN_IF_ERROR(Discharge(after.recoverable_fen(), &after));
        return StepApplication(act, "write_off", "", &after);
      });
}

}  // namespace ruraledu::student_aid
