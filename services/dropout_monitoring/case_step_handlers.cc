// Cases: worked on, decided by two persons, handed over.
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "services/dropout_monitoring/absence_approval_store.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/case_step_rules.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

absl::Status CheckReason(const std::string& reason) {
  Violations violations;
  violations.MostBytes("reason", reason, kMostCaseText);
  return violations.status();
}

// What a step knows beside the case, as the newest evaluation left it, and what is approved today.
absl::StatusOr<StepFacts> FactsOfStep(db::Transaction& tx, crypto::KeyRing& keys, const v1::Case& file,
                                      const std::string& destination, absl::CivilDay today) {
  StepFacts facts;
  ASSIGN_OR_RETURN(facts.destination_confirmed, DestinationConfirmed(tx, keys, file, destination));
  ASSIGN_OR_RETURN(facts.contradicted_days, ContradictedDays(tx, tx.shard(), file.person()));
  ASSIGN_OR_RETURN(const std::string person, WhoStays(tx, tx.shard(), file.person()));
  for (const std::string& key : {file.child_key(), person}) {  // who was merged may be approved under either
    ASSIGN_OR_RETURN(const bool exempted, ExemptedOn(tx, tx.shard(), key, today));
    facts.exempted |= exempted;
  }
  return facts;
}

std::string OfferedTo(const v1::Case& file) {
  return file.offered_to().empty() ? file.authority_area() : file.offered_to();
}

// HAND_OVER_AREA unless the area is that of an authority of the level in the county of the shard.
absl::Status CheckAuthority(db::Transaction& tx, const v1::HandOver& offer) {
  const std::string county = std::string(tx.shard().substr(1));
  bool fits = false;
  if (offer.level() == v1::AUTHORITY_LEVEL_COUNTY) {
    fits = offer.area() == county;
  } else if (const auto area = ParseArea(offer.area()); area.ok() && CountyOf(offer.area()) == county) {
    fits = offer.level() == v1::AUTHORITY_LEVEL_TOWNSHIP ? area->school.empty() : !area->school.empty();
    if (fits && offer.level() == v1::AUTHORITY_LEVEL_SCHOOL) {
      ASSIGN_OR_RETURN(const auto school, FindSchool(tx, tx.shard(), area->school));
      fits = school.has_value() && school->township() == area->township;
    }
  }
  return fits ? absl::OkStatus()
              : Fail("HAND_OVER_AREA", {{"area", offer.area()}, {"level", v1::AuthorityLevel_Name(offer.level())}});
}

}  // namespace

absl::StatusOr<v1::Case> Handlers::VerifyCase(rpc::Call& call, const v1::VerifyCaseRequest& request) {
  const CaseAct act = CaseActOf(call);
  return ChangeCase(
      call, request.name(), request.etag(), "VERIFY",
      [&](db::Transaction&, const CaseRules& rules, v1::Case& file) { return Verify(rules, act, &file); });
}

absl::StatusOr<v1::Case> Handlers::RecordContact(rpc::Call& call, const v1::RecordContactRequest& request) {
  const CaseAct act = CaseActOf(call);
  Violations violations;
  CheckContact(standards_.cases.codes(), act.on, request.contact(), &violations);
  RETURN_IF_ERROR(violations.status());
  return ChangeCase(call, request.name(), request.etag(), "CONTACT",
                    [&](db::Transaction& tx, const CaseRules& rules, v1::Case& file) -> absl::Status {
                      RETURN_IF_ERROR(CheckUnlocked(tx, *DayOf(request.contact().on())));
                      return AddContact(rules, act, request.contact(), &file);
                    });
}

absl::StatusOr<v1::Case> Handlers::ProposeCaseStep(rpc::Call& call, const v1::ProposeCaseStepRequest& request) {
  const v1::CaseProposal& proposal = request.proposal();
  const CaseAct act = CaseActOf(call, proposal.reason());
  Violations violations;
  violations.Require(proposal.kind() != v1::CASE_STEP_KIND_UNSPECIFIED, "proposal.kind");
  violations.MostBytes("proposal.reason", proposal.reason(), kMostCaseText);
  violations.MostBytes("proposal.destination_text", proposal.destination_text(), kMostCaseName);
  violations.MostBytes("proposal.aid_decision", proposal.aid_decision(), kMostCaseName);
  CheckEvidence(standards_.cases.codes(), act.on, proposal.evidence(), "proposal.evidence", &violations);
  RETURN_IF_ERROR(violations.status());
  return ChangeCase(call, request.name(), request.etag(), "PROPOSE",
                    [&](db::Transaction& tx, const CaseRules& rules, v1::Case& file) -> absl::Status {
                      ASSIGN_OR_RETURN(const StepFacts facts,
                                       FactsOfStep(tx, host_.keys, file, proposal.destination(), act.on));
                      return Propose(rules, act, proposal, facts, &file);
                    });
}

absl::StatusOr<v1::Case> Handlers::DecideCaseStep(rpc::Call& call, const v1::DecideCaseStepRequest& request) {
  RETURN_IF_ERROR(CheckReason(request.reason()));
  const CaseAct act = CaseActOf(call, request.reason());
  return ChangeCase(call, request.name(), request.etag(), "DECIDE",
                    [&](db::Transaction& tx, const CaseRules& rules, v1::Case& file) -> absl::Status {
                      ASSIGN_OR_RETURN(const StepFacts facts,
                                       FactsOfStep(tx, host_.keys, file, file.proposal().destination(), act.on));
                      return Decide(rules, act, request.kind(), request.accept(), facts, &file);
                    });
}

absl::StatusOr<v1::Case> Handlers::RecordReturn(rpc::Call& call, const v1::RecordReturnRequest& request) {
  v1::Case asked;
  asked.set_placement(request.placement());
  const CaseAct act = CaseActOf(call);
  Violations violations;
  const auto on = DayOf(request.returned_on(), "returned_on", &violations);
  CheckCodes(standards_.cases.codes(), act.on, asked, "request", &violations);
  RETURN_IF_ERROR(violations.status());
  return ChangeCase(call, request.name(), request.etag(), "RETURN",
                    [&](db::Transaction& tx, const CaseRules& rules, v1::Case& file) -> absl::Status {
                      RETURN_IF_ERROR(CheckUnlocked(tx, *on));
                      return Return(rules, act, *on, 0, request.placement(), &file);
                    });
}

absl::StatusOr<v1::Case> Handlers::RecordFollowUp(rpc::Call& call, const v1::RecordFollowUpRequest& request) {
  const CaseAct act = CaseActOf(call);
  Violations violations;
  const auto on = DayOf(request.follow_up().on(), "follow_up.on", &violations);
  violations.MostBytes("follow_up.note", request.follow_up().note(), kMostCaseText);
  RETURN_IF_ERROR(violations.status());
  return ChangeCase(call, request.name(), request.etag(), "FOLLOW_UP",
                    [&](db::Transaction& tx, const CaseRules& rules, v1::Case& file) -> absl::Status {
                      RETURN_IF_ERROR(CheckUnlocked(tx, on.value_or(act.on)));
                      return AddFollowUp(rules, act, request.follow_up(), &file);
                    });
}

absl::StatusOr<v1::Case> Handlers::OfferHandOver(rpc::Call& call, const v1::OfferHandOverRequest& request) {
  const v1::HandOver& offer = request.hand_over();
  const CaseAct act = CaseActOf(call, offer.reason());
  RETURN_IF_ERROR(CheckReason(offer.reason()));
  return ChangeCase(call, request.name(), request.etag(), "OFFER",
                    [&](db::Transaction& tx, const CaseRules& rules, v1::Case& file) -> absl::Status {
                      RETURN_IF_ERROR(CheckAuthority(tx, offer));
                      return Offer(rules, act, offer, &file);
                    });
}

absl::StatusOr<v1::Case> Handlers::AnswerHandOver(rpc::Call& call, const v1::AnswerHandOverRequest& request) {
  RETURN_IF_ERROR(CheckReason(request.reason()));
  const CaseAct act = CaseActOf(call, request.reason());
  return ChangeCase(
      call, request.name(), request.etag(), request.accept() ? "TAKE_OVER" : "DECLINE",
      [&](db::Transaction&, const CaseRules& rules, v1::Case& file) {
        return Answer(rules, act, request.accept(), request.officer(), &file);
      },
      OfferedTo);
}

}  // namespace ruraledu::dropout_monitoring
