// Evidence of identifications and applications, piece by piece.
#include "services/student_aid/evidence_rules.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/record_writes.h"

namespace ruraledu::student_aid {
namespace {

template <typename Record>
absl::StatusOr<Record> Decide(rpc::Call& call, const rpc::Host& host, const v1::DecideEvidenceRequest& request) {
  Violations violations;
  violations.MostBytes("reason", request.reason(), kMostText);
  RETURN_IF_ERROR(violations.status());
  const Act act = ActOf(call, request.reason());
  return StepOn<Record>(call, host, request.name(), request.etag(), "DECIDE_EVIDENCE",
                        [&](db::Transaction&, feed::RootWriter&, Record& after) {
                          return DecideEvidence(act, request.number(), request.decision(), &after);
                        });
}

template <typename Record>
absl::StatusOr<Record> Supply(rpc::Call& call, const rpc::Host& host, const IdentificationBook& tables,
                              const v1::SupplyEvidenceRequest& request) {
  const Act act = ActOf(call);
  EvidenceList one;
  *one.Add() = request.evidence();
  Violations violations;
  CheckEvidence(tables, act.on, one, "evidence", &violations);
  RETURN_IF_ERROR(violations.status());
  return StepOn<Record>(call, host, request.name(), request.etag(), "SUPPLY_EVIDENCE",
                        [&](db::Transaction&, feed::RootWriter&, Record& after) {
                          return SupplyEvidence(act, request.number(), request.evidence(), &after);
                        });
}

}  // namespace

absl::StatusOr<v1::Identification> Handlers::DecideIdentificationEvidence(rpc::Call& call,
                                                                          const v1::DecideEvidenceRequest& request) {
  return Decide<v1::Identification>(call, host_, request);
}

absl::StatusOr<v1::Identification> Handlers::SupplyIdentificationEvidence(rpc::Call& call,
                                                                          const v1::SupplyEvidenceRequest& request) {
  return Supply<v1::Identification>(call, host_, tables_, request);
}

absl::StatusOr<v1::Application> Handlers::DecideApplicationEvidence(rpc::Call& call,
                                                                    const v1::DecideEvidenceRequest& request) {
  return Decide<v1::Application>(call, host_, request);
}

absl::StatusOr<v1::Application> Handlers::SupplyApplicationEvidence(rpc::Call& call,
                                                                    const v1::SupplyEvidenceRequest& request) {
  return Supply<v1::Application>(call, host_, tables_, request);
}

}  // namespace ruraledu::student_aid
