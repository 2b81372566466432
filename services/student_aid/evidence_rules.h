// Decisions about evidence piece by piece (2.6, 2.7): a record does not pass the school while a piece of a kind that is
// required (`required` of the code list evidence_kind) is refused or asked for again and nothing came instead.
//
// Instances: Identification, Application.
#pragma once

#include "absl/status/status.h"
#include "common/domain/code_list.h"
#include "services/student_aid/step_rules.h"

namespace ruraledu::student_aid {

using EvidenceList = google::protobuf::RepeatedPtrField<v1::Evidence>;

// As it is handed in: without what only the school decides.
EvidenceList HandedIn(const EvidenceList& evidence);

// STATE_TRANSITION unless the record waits for its reviews, EVIDENCE_UNKNOWN, EVIDENCE_REPLACED, ROLE_HELD for whoever
// handed in, FIELD_REQUIRED of the decision, and of the reason unless it is accepted.
template <typename Record>
absl::Status DecideEvidence(const Act& act, int32_t number, v1::EvidenceDecision decision, Record* record);

// STATE_TRANSITION, EVIDENCE_UNKNOWN, EVIDENCE_REPLACED; EVIDENCE_STANDS for a piece that was not refused or asked for
// again, EVIDENCE_KIND for one of another kind, ROLE_HELD for whoever reviewed or decided about evidence.
template <typename Record>
absl::Status SupplyEvidence(const Act& act, int32_t number, const v1::Evidence& evidence, Record* record);

// EVIDENCE_REFUSED, naming the first piece; EVIDENCE_REQUIRED when evidence was handed in and every piece was refused.
absl::Status CheckEvidenceStands(const CodeList& kinds, const EvidenceList& evidence);

}  // namespace ruraledu::student_aid
