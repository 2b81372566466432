#include "services/student_aid/evidence_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kDecide = "decide_evidence";
constexpr std::string_view kSupply = "supply_evidence";

bool Waits(v1::IdentificationState state) {
  return state == v1::IDENTIFICATION_STATE_APPLIED || state == v1::IDENTIFICATION_STATE_CLASS_REVIEWED;
}
bool Waits(v1::ApplicationState state) {
  return state == v1::APPLICATION_STATE_SUBMITTED;
}

bool Fell(const v1::Evidence& piece) {
  return piece.decision() == v1::EVIDENCE_DECISION_REFUSED || piece.decision() == v1::EVIDENCE_DECISION_ASKED_AGAIN;
}

template <typename Record>
absl::StatusOr<v1::Evidence*> FindPiece(std::string_view event, int32_t number, Record* record) {
  if (!Waits(record->state())) {
    return Fail(
        "STATE_TRANSITION",
        {{"machine", WorkflowOf(*record).states.name()}, {"from", EnumText(record->state())}, {"event", event}});
  }
  if (number < 1 || number > record->evidence_size()) {
    return Fail("EVIDENCE_UNKNOWN",
                {{"number", absl::StrCat(number)}, {"count", absl::StrCat(record->evidence_size())}});
  }
  v1::Evidence* const piece = record->mutable_evidence(number - 1);
  return piece->replaced_by() == 0 ? absl::StatusOr<v1::Evidence*>(piece)
                                   : Fail("EVIDENCE_REPLACED", {{"number", absl::StrCat(number)},
                                                                {"by", absl::StrCat(piece->replaced_by())}});
}

// Whether somebody acted for the family on the record.
template <typename Record>
bool HandedInBy(const Record& record, std::string_view person) {
  return std::any_of(record.steps().begin(), record.steps().end(), [&](const v1::IdentificationStep& step) {
    const EventBody* body = BodyOf(WorkflowOf(record), step.event());
    return body != nullptr && body->body == "SUBMITTER" && step.person() == person;
  });
}

}  // namespace

EvidenceList HandedIn(const EvidenceList& evidence) {
  EvidenceList pieces;
  for (const v1::Evidence& one : evidence) {
    v1::Evidence* piece = pieces.Add();
    piece->set_kind(one.kind());
    piece->set_file_name(one.file_name());
    if (one.has_dated_on()) {
      *piece->mutable_dated_on() = one.dated_on();
    }
    piece->set_file(one.file());
  }
  return pieces;
}

template <typename Record>
absl::Status DecideEvidence(const Act& act, int32_t number, v1::EvidenceDecision decision, Record* record) {
  if (!v1::EvidenceDecision_IsValid(decision) || decision == v1::EVIDENCE_DECISION_UNSPECIFIED) {
    return Fail("FIELD_REQUIRED", {{"field", "decision"}});
  }
  ASSIGN_OR_RETURN(v1::Evidence* const piece, FindPiece(kDecide, number, record));
  if (HandedInBy(*record, act.person)) {
    return Fail("ROLE_HELD", {{"held", "SUBMITTER"}, {"wanted", "REVIEWER"}});
  }
  if (decision != v1::EVIDENCE_DECISION_ACCEPTED) {
    RETURN_IF_ERROR(NeedsReason(act));
  }
  piece->set_decision(decision);
  piece->set_reason(act.reason);
  piece->set_decided_by(act.person);
  *piece->mutable_decided_on() = DateOf(act.on);
  Note(act, kDecide, record);
  return absl::OkStatus();
}

template <typename Record>
absl::Status SupplyEvidence(const Act& act, int32_t number, const v1::Evidence& evidence, Record* record) {
  ASSIGN_OR_RETURN(v1::Evidence* const piece, FindPiece(kSupply, number, record));
  if (!Fell(*piece)) {
    return Fail("EVIDENCE_STANDS", {{"number", absl::StrCat(number)}});
  }
  if (evidence.kind() != piece->kind()) {
    return Fail("EVIDENCE_KIND", {{"number", absl::StrCat(number)}, {"kind", piece->kind()}});
  }
  const auto& all = record->evidence();
  if (std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.decided_by() == act.person; })) {
    return Fail("ROLE_HELD", {{"held", "REVIEWER"}, {"wanted", "SUBMITTER"}});
  }
  RETURN_IF_ERROR(CheckBody(*record, kSupply, act.person));
  piece->set_replaced_by(record->evidence_size() + 1);
  EvidenceList one;
  *one.Add() = evidence;
  record->mutable_evidence()->MergeFrom(HandedIn(one));
  Note(act, kSupply, record);
  return absl::OkStatus();
}

absl::Status CheckEvidenceStands(const CodeList& kinds, const EvidenceList& evidence) {
  bool stands = evidence.empty();
  for (int i = 0; i < evidence.size(); ++i) {
    const v1::Evidence& piece = evidence.Get(i);
    stands |= piece.replaced_by() == 0 && !Fell(piece);
    const CodeEntry* const kind = kinds.Find(piece.kind());
    if (piece.replaced_by() == 0 && Fell(piece) && kind != nullptr && kind->Attribute("required") == "yes") {
      return Fail("EVIDENCE_REFUSED", {{"number", absl::StrCat(i + 1)}, {"kind", piece.kind()}});
    }
  }
  return stands ? absl::OkStatus() : Fail("EVIDENCE_REQUIRED");
}

#define RURALEDU_EVIDENCE_OF(Record)                                                                \
  template absl::Status DecideEvidence<Record>(const Act&, int32_t, v1::EvidenceDecision, Record*); \
  template absl::Status SupplyEvidence<Record>(const Act&, int32_t, const v1::Evidence&, Record*)
RURALEDU_EVIDENCE_OF(v1::Identification);
RURALEDU_EVIDENCE_OF(v1::Application);

}  // namespace ruraledu::student_aid
