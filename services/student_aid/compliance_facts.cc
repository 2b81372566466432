#include "services/student_aid/compliance_facts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/student_aid/account_rules.h"
#include "services/student_aid/compliance_store.h"
#include "services/student_aid/evidence_rules.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {
namespace {

v1::FactAnswer YesOrNo(bool yes) {
  return yes ? v1::FACT_ANSWER_YES : v1::FACT_ANSWER_NO;
}

template <typename Key>
v1::FactAnswer Look(const std::map<std::string, v1::FactAnswer>& answers, const Key& key) {
  const auto found = answers.find(key);
  return found == answers.end() ? v1::FACT_ANSWER_UNSPECIFIED : found->second;
}

// Before anything is handed in, and of what is over, nothing is known. Behind the review of the school it stands.
v1::FactAnswer EvidenceIn(std::string_view state) {
  static const auto* const unknown = new std::set<std::string>{
      v1::ApplicationState_Name(v1::APPLICATION_STATE_DRAFT), v1::ApplicationState_Name(v1::APPLICATION_STATE_REJECTED),
      v1::ApplicationState_Name(v1::APPLICATION_STATE_WITHDRAWN),
      v1::ApplicationState_Name(v1::APPLICATION_STATE_SUBMITTED)};
  return unknown->contains(std::string(state)) ? v1::FACT_ANSWER_UNSPECIFIED : v1::FACT_ANSWER_YES;
}

bool Confirmed(const db::Row& row) {
  const std::string& state = row.Text(1);
  return !row.Bool(2) && (state == v1::IdentificationState_Name(v1::IDENTIFICATION_STATE_CONFIRMED) ||
                          state == v1::IdentificationState_Name(v1::IDENTIFICATION_STATE_ARCHIVED));
}

const v1::EntitledItem* FindEntitled(const v1::EvaluateEntitlementResponse& decision, const std::string& item) {
  const auto& items = decision.items();
  const auto found = std::find_if(items.begin(), items.end(), [&](const auto& one) { return one.item() == item; });
  return found == items.end() ? nullptr : &*found;
}

}  // namespace

void AddPresence(const v1::PresenceCheck& check, PresenceSeen* seen) {
  const bool beds = check.kind() == v1::PRESENCE_KIND_BOARDING;
  PresenceSeen::School& school = (beds ? seen->in_bed : seen->in_class)[check.school()];
  for (const v1::PresenceRow& row : check.rows()) {
    school.seen.insert(row.person());
  }
  for (const v1::PresenceFinding& finding : check.findings()) {
    if (finding.reason() == (beds ? "BOARDER_WITHOUT_BED" : "NOT_IN_CLASS")) {
      school.missing.insert(finding.person());
    }
  }
}

v1::FactAnswer AnswerOf(const std::map<std::string, PresenceSeen::School>& schools, const std::string& school,
                        const std::string& person) {
  const auto found = schools.find(school);
  if (found == schools.end()) {
    return v1::FACT_ANSWER_UNSPECIFIED;
  }
  return found->second.missing.contains(person) ? v1::FACT_ANSWER_NO
         : found->second.seen.contains(person)  ? v1::FACT_ANSWER_YES
                                                : v1::FACT_ANSWER_UNSPECIFIED;
}

absl::StatusOr<ComplianceReader> ComplianceReader::Create(const ComplianceParts& parts, db::Database& database,
                                                          std::shared_ptr<const crypto::Sealer> sealer,
                                                          std::string shard, const Term& term, absl::CivilDay first_day,
                                                          absl::CivilDay on) {
  ComplianceReader reader(parts, std::move(sealer), std::move(shard), term, on);
  RETURN_IF_ERROR(database.Read([&](db::Transaction& tx) { return reader.Load(tx, first_day); }));
  return reader;
}

absl::Status ComplianceReader::Load(db::Transaction& tx, absl::CivilDay first_day) {
  ASSIGN_OR_RETURN(restrictions_, OpenRestrictions(tx, *sealer_, shard_));
  ASSIGN_OR_RETURN(const auto rows, NewestPresenceChecks(tx, shard_, term_.text(), first_day, on_));
  for (const db::Row& row : rows) {
    v1::PresenceCheck check;
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kPresenceChecks, row.Text(0), nullptr, &check));
    AddPresence(check, &presence_);
  }
  return absl::OkStatus();
}

absl::Status ComplianceReader::TakePage(const SealedPage& page) {
  identified_.clear();
  evidence_.clear();
  cards_.clear();
  sharers_ = {};
  const ComplianceRows& rows = page.compliance;
  for (const db::Row& row : rows.identified) {
    identified_[row.Text(0)] = YesOrNo(Confirmed(row));
  }
  for (const db::Row& row : rows.applied) {
    evidence_[absl::StrCat(row.Text(0), ".", term_.text(), ".", row.Text(1))] = EvidenceIn(row.Text(2));
  }
  for (const db::Row& row : rows.submitted) {
    v1::Application application;
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kApplications, row.Text(0), sealer_.get(), &application));
    const absl::Status stands = CheckEvidenceStands(parts_.tables.evidence(), application.evidence());
    evidence_[row.Text(0)] = YesOrNo(stands.ok());
  }
  for (const db::Row& row : rows.cards) {
    cards_[row.Text(0)] = {row.Text(1), !row.IsNull(2)};
  }
  for (const db::Row& row : rows.sharers) {
    RETURN_IF_ERROR(sharers_.Add(row.Text(4), row, *sealer_));
  }
  return absl::OkStatus();
}

void ComplianceReader::AddItems(const RunPupil& pupil, const v1::EvaluateEntitlementResponse& decision,
                                const v1::ComparisonResult& result, v1::ComplianceFacts* facts) const {
  const std::string& person = pupil.copy.key.person;
  for (const v1::ComparisonRow& row : result.rows()) {
    if (!row.should_be_aided()) {
      continue;
    }
    const std::string application = absl::StrCat(person, ".", term_.text(), ".", row.item());
    const v1::EntitledItem* const entitled = FindEntitled(decision, row.item());
    v1::ComplianceItem* const item = facts->add_items();
    item->set_item(row.item());
    item->set_cash(entitled != nullptr && entitled->pay_form() == v1::PAY_FORM_CASH);
    item->set_needs_identification(entitled != nullptr && entitled->kinds_size() > 0 &&
                                   std::all_of(entitled->kinds().begin(), entitled->kinds().end(),
                                               [](const auto& kind) { return kind == kIdentifiedKind; }));
    item->set_restricted(YesOrNo(StopsPayment(
        restrictions_, person, absl::StrCat("counties/", shard_.substr(1), "/applications/", application), on_)));
    item->set_evidence_stands(Look(evidence_, application));
  }
}

void ComplianceReader::AddCard(const RunPupil& pupil, v1::ComplianceFacts* facts) const {
  const auto rules = parts_.payments.InForce(RegionOfShard(shard_), term_);
  if (!rules.ok()) {
    return;  // payment knows no rule either
  }
  const std::string& person = pupil.copy.key.person;
  const auto found = cards_.find(person);
  const Card card = found == cards_.end() ? Card() : found->second;
  const std::vector<std::string> reasons =
      AccountReasons(**rules, sharers_.FactsOf(person, pupil.copy.student, card.digest, card.refused));
  facts->set_card_usable(YesOrNo(reasons.empty()));
  facts->mutable_card_reasons()->Assign(reasons.begin(), reasons.end());
}

v1::ComplianceFacts ComplianceReader::FactsOf(const RunPupil& pupil,
                                              const std::map<std::string, registry_v1::School>& schools,
                                              const v1::EvaluateEntitlementResponse& decision, std::string_view stage,
                                              const v1::ComparisonResult& result) const {
  v1::ComplianceFacts facts;
  *facts.mutable_on() = DateOf(on_);
  facts.set_stage(std::string(stage));
  facts.set_considered(!result.classes().empty() || !result.rows().empty() || !result.why_not().empty());
  AddItems(pupil, decision, result, &facts);
  for (const v1::WhyNot& why : result.why_not()) {
    v1::NotGrantedItem* const item = facts.add_not_granted();
    item->set_item(why.item());
    item->set_reason(why.reason());
  }
  if (facts.items().empty()) {
    return facts;  // nothing else is asked
  }
  const std::string& person = pupil.copy.key.person;
  CensusPlace today = PlaceOn(pupil.copy, schools, shard_.substr(1), on_);
  PlaceAtUniversity(pupil.studies, on_, &today);
  facts.set_status(today.status);
  if (today.enrolment != nullptr) {
    facts.set_in_class(AnswerOf(presence_.in_class, today.enrolment->school(), person));
    facts.set_has_bed(AnswerOf(presence_.in_bed, today.enrolment->school(), person));
  }
  facts.set_identified(Look(identified_, person));
  AddCard(pupil, &facts);
  return facts;
}

}  // namespace ruraledu::student_aid
