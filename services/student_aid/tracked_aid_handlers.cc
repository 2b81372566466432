// Aid that others decide and pay: evaluated, recorded, read.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "services/student_aid/benefit_rules.h"
#include "services/student_aid/facts_rules.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/loans.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/study_rules.h"
#include "services/student_aid/study_store.h"
#include "services/student_aid/study_writes.h"
#include "services/student_aid/tracked_aid_rules.h"

namespace ruraledu::student_aid {
namespace {

constexpr int kMostRowsTracked = 500;
constexpr std::string_view kUnmaskTracked = "student_aid.tracked.unmask";
constexpr std::string_view kRecorded = "RECORDED", kUnchanged = "UNCHANGED";

std::string AreaOf(const v1::TrackedAid& aid) {
  return aid.area();
}

void CheckRow(const v1::TrackedAidRow& row, absl::CivilDay today, const std::string& field, Violations* violations) {
  const auto at = [&](std::string_view name) { return absl::StrCat(field, ".", name); };
  violations->Require(!row.student().empty(), at("student"));
  violations->Require(v1::TrackedAidKind_IsValid(row.kind()) && row.kind() != v1::TRACKED_AID_KIND_UNSPECIFIED,
                      at("kind"));
  violations->Require(row.event() != v1::TRACKED_AID_EVENT_UNSPECIFIED, at("event"));
  violations->Require(row.has_on(), at("on"));
  if (!ParseTerm(row.term()).ok()) {
    violations->Add(at("term"), "TERM_FORMAT", {{"term", row.term()}});
  }
  const auto on = DayOf(row.on(), at("on"), violations);
  if (on.has_value() && *on > today) {
    violations->Add(at("on"), "DATE_AHEAD", {{"date", absl::FormatCivilTime(*on)}});
  }
  CheckAmount(row.amount_fen(), at("amount_fen"), violations);
  for (const auto& [name, text] :
       {std::pair("reference", &row.reference()), std::pair("item", &row.item()),
        std::pair("contract_number", &row.contract_number()), std::pair("co_borrower", &row.co_borrower())}) {
    violations->MostBytes(at(name), *text, kMostName);
  }
  violations->MostBytes(at("reason"), row.reason(), kMostText);
}

absl::Status CheckRows(const v1::BatchRecordTrackedAidsRequest& request, absl::CivilDay today) {
  Violations violations;
  violations.MostElements("rows", request.rows_size(), kMostRowsTracked);
  for (int i = 0; i < request.rows_size() && i < kMostRowsTracked; ++i) {
    CheckRow(request.rows(i), today, absl::StrCat("rows[", i, "]"), &violations);
  }
  return violations.status();
}

// The rows of one batch, within the county's write.
class Tracker {
 public:
  Tracker(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer, const PolicyBook& book,
          const FundRules& rules, std::string parent)
      : call_(call),
        tx_(tx),
        sealer_(sealer),
        book_(book),
        rules_(rules),
        parent_(std::move(parent)),
        aids_(tx, sealer, kTrackedAids) {}

  // "RECORDED", "UNCHANGED", or why the row is left out.
  absl::StatusOr<std::string> Take(const v1::TrackedAidRow& row) {
    ASSIGN_OR_RETURN(const auto person, FindPerson(call_, tx_, row.student()));
    if (!person.has_value()) {
      return std::string("PERSON_UNKNOWN");
    }
    ASSIGN_OR_RETURN(const Term given, ParseTerm(row.term()));
    const Term term = TermOf(row.kind(), given);
    const std::string id = absl::StrCat(person->id, ".", term.text(), ".", EnumText(row.kind()));
    ASSIGN_OR_RETURN(v1::TrackedAid * aid, aids_.Get(id));
    v1::TrackedAid next = *aid;
    const absl::StatusOr<std::string> outcome =
        row.event() == v1::TRACKED_AID_EVENT_ASK ? Ask(row, *person, term, id, &next) : Answer(row, id, &next);
    if (!outcome.ok()) {
      return rpc::RefusesRow(outcome.status()) ? absl::StatusOr<std::string>(ReasonOf(outcome.status())) : outcome;
    }
    if (*outcome == kRecorded) {
      *aid = std::move(next);
    }
    return outcome;
  }

  absl::Status Put(feed::RootWriter& writer) { return aids_.Put(writer, "RECORD"); }

 private:
  Act ActOn(const v1::TrackedAidRow& row) const {
    Act act = ActOf(call_, row.reason());
    act.on = DayOf(row.on()).value_or(act.on);
    return act;
  }

  absl::StatusOr<std::string> Answer(const v1::TrackedAidRow& row, const std::string& id, v1::TrackedAid* aid) {
    if (aid->name().empty()) {
      return Fail("NOT_FOUND", {{"name", id}});
    }
    RETURN_IF_ERROR(feed::CheckEtag(row.etag(), aid->etag()));
    RETURN_IF_ERROR(RecordAnswer(ActOn(row), row, aid));
    return std::string(kRecorded);
  }

  absl::StatusOr<std::string> Ask(const v1::TrackedAidRow& row, const FoundPerson& person, const Term& term,
                                  const std::string& id, v1::TrackedAid* aid) {
    RETURN_IF_ERROR(feed::CheckEtag(row.etag(), aid->etag()));
    const bool same = Stands(aid->state()) && row.reference() == aid->reference() &&
                      (row.amount_fen() == 0 || row.amount_fen() == aid->amount_fen()) &&
                      (row.item().empty() || row.item() == aid->item());
    if (same) {
      return std::string(kUnchanged);
    }
    ASSIGN_OR_RETURN(const auto decision, DecisionInForce(tx_, sealer_, tx_.shard(), person.id, term.text()));
    if (!decision.has_value() || !decision->has_input()) {
      return Fail("ENTITLEMENT_RUN_MISSING", {{"term", term.text()}});
    }
    for (const v1::RemovedItem& removed : decision->answer().removed()) {
      if (removed.reason() == kDuplicateAid && book_.FamilyOf(removed.item()) == FamilyOf(row.kind())) {
        return std::string(kDuplicateAid);
      }
    }
    v1::EvaluateTrackedAidRequest input;
    *input.mutable_entitlement() = decision->input();
    *input.mutable_entitlement()->mutable_evaluation_date() = row.on();
    input.set_kind(row.kind());
    input.set_item(row.item());
    input.set_amount_fen(row.amount_fen());
    RETURN_IF_ERROR(AddStudy(person.id, term, *DayOf(row.on()), &input));
    RETURN_IF_ERROR(AddHeld(person.id, term, &input));
    ASSIGN_OR_RETURN(const auto answer, EvaluateTracked(book_, rules_, input));
    if (!answer.reason().empty()) {
      return answer.reason();
    }
    aid->set_name(absl::StrCat(parent_, "/trackedAids/", id));
    aid->set_person(person.id);
    aid->set_area(person.place.area);
    aid->set_term(term.text());
    aid->set_kind(row.kind());
    RETURN_IF_ERROR(AskFor(ActOn(row), row, input, answer, aid));
    return std::string(kRecorded);
  }

  // What is known of the study by now: the decision may be older.
  absl::Status AddStudy(const std::string& person, const Term& term, absl::CivilDay on,
                        v1::EvaluateTrackedAidRequest* input) {
    ASSIGN_OR_RETURN(const auto ids, feed::IdsOfPerson(tx_, tx_.shard(), kStudies, {.column = "person"}, person));
    std::vector<v1::Study> studies;
    for (const std::string& id : ids) {
      ASSIGN_OR_RETURN(auto study, feed::Load<v1::Study>(tx_, sealer_, kStudies, tx_.shard(), id));
      studies.push_back(*std::move(study));
    }
    if (studies.empty()) {
      return absl::OkStatus();
    }
    const absl::CivilDay day = std::max(on, book_.calendar().FirstDay(term));
    const v1::Study* study = StudyOn(studies, day);
    input->mutable_entitlement()->mutable_facts()->set_status(study == nullptr ? "NOT_ON_ROLL" : StatusOn(*study, day));
    if (study == nullptr) {
      return absl::OkStatus();
    }
    input->set_years_left(YearsLeft(*study, term.year));
    const v1::StudyYear* year = YearOf(*study, term.year);
    if (year != nullptr && year->has_tuition_fen()) {
      input->set_tuition_fen(year->tuition_fen());
    }
    if (year != nullptr && year->has_accommodation_fen()) {
      input->set_accommodation_fen(year->accommodation_fen());
    }
    return absl::OkStatus();
  }

  // What stands already in the school year: one loan, one scholarship.
  absl::Status AddHeld(const std::string& person, const Term& term, v1::EvaluateTrackedAidRequest* input) {
    for (const v1::TrackedAidKind kind :
         {v1::TRACKED_AID_KIND_LOAN_ORIGIN, v1::TRACKED_AID_KIND_LOAN_CAMPUS, v1::TRACKED_AID_KIND_SCHOLARSHIP}) {
      ASSIGN_OR_RETURN(const v1::TrackedAid* other,
                       aids_.Get(absl::StrCat(person, ".", TermOf(kind, term).text(), ".", EnumText(kind))));
      if (!other->name().empty() && Stands(other->state())) {
        v1::HeldAid* held = input->add_held();
        held->set_kind(kind);
        held->set_item(other->item());
      }
    }
    return absl::OkStatus();
  }

  rpc::Call& call_;
  db::Transaction& tx_;
  const crypto::Sealer& sealer_;
  const PolicyBook& book_;
  const FundRules& rules_;
  const std::string parent_;
  Roots<v1::TrackedAid> aids_;
};

}  // namespace

absl::StatusOr<v1::EvaluateTrackedAidResponse> Handlers::EvaluateTrackedAid(
    rpc::Call&, const v1::EvaluateTrackedAidRequest& request) {
  return EvaluateTracked(book_, fund_rules_, request);
}

absl::StatusOr<v1::BatchRecordTrackedAidsResponse> Handlers::BatchRecordTrackedAids(
    rpc::Call& call, const v1::BatchRecordTrackedAidsRequest& request) {
  RETURN_IF_ERROR(CheckRows(request, call.clock().Today()));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        Tracker tracker(call, tx, *sealer, book_, fund_rules_, request.parent());
        std::vector<std::string> outcomes;
        for (const v1::TrackedAidRow& row : request.rows()) {
          ASSIGN_OR_RETURN(outcomes.emplace_back(), tracker.Take(row));
        }
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(tracker.Put(writer));
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{absl::StrJoin(outcomes, " "), version};
      },
      [](db::Transaction&, const std::string& outcomes) -> absl::StatusOr<v1::BatchRecordTrackedAidsResponse> {
        v1::BatchRecordTrackedAidsResponse answer;
        for (const std::string_view outcome : absl::StrSplit(outcomes, ' ', absl::SkipEmpty())) {
          answer.add_outcomes(std::string(outcome));
        }
        return answer;
      });
}

absl::StatusOr<v1::TrackedAid> Handlers::GetTrackedAid(rpc::Call& call, const v1::GetTrackedAidRequest& request) {
  ASSIGN_OR_RETURN(v1::TrackedAid aid, rpc::GetRoot<v1::TrackedAid>(call, host_, kTrackedAids, request.name(), AreaOf));
  if (!request.unmask()) {
    rpc::MaskRoot(aid);
    return aid;
  }
  RETURN_IF_ERROR(AllowUnmask(call, kUnmaskTracked, aid.area(), aid.name()));
  return aid;
}

absl::StatusOr<v1::ListTrackedAidsResponse> Handlers::ListTrackedAids(rpc::Call& call,
                                                                      const v1::ListTrackedAidsRequest& request) {
  RETURN_IF_ERROR(ParseTerm(request.term()).status());
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}, .equal = {{"term", request.term()}}};
  if (request.kind() != v1::TRACKED_AID_KIND_UNSPECIFIED) {
    spec.equal.emplace_back("kind", v1::TrackedAidKind_Name(request.kind()));
  }
  if (request.state() != v1::TRACKED_AID_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::TrackedAidState_Name(request.state()));
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  return rpc::ListRoots<v1::TrackedAid, v1::ListTrackedAidsRequest, v1::ListTrackedAidsResponse>(
      call, host_, kTrackedAids, spec, request, &v1::ListTrackedAidsResponse::mutable_tracked_aids);
}

absl::StatusOr<v1::ListLoanCandidatesResponse> Handlers::ListLoanCandidates(
    rpc::Call& call, const v1::ListLoanCandidatesRequest& request) {
  ASSIGN_OR_RETURN(const SchoolYear year, ParseSchoolYear(request.school_year()));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  std::vector<v1::Study> studies;
  v1::ListLoanCandidatesResponse response;
  ASSIGN_OR_RETURN(*response.mutable_next_page_token(),
                   rpc::ListRoots(call, host_, kStudies, request.parent(), spec, request, request.page_size(),
                                  request.page_token(), [&](const db::Row& row, size_t column, const std::string& id) {
                                    return feed::ReadRoot(row, column, kStudies, id, nullptr, &studies.emplace_back());
                                  }));
  ASSIGN_OR_RETURN(auto candidates, host_.database.Read([&](db::Transaction& tx) {
    return LoanCandidatesOf(tx, *sealer, book_, shard, year, studies);
  }));
  for (v1::LoanCandidate& candidate : candidates) {
    if (request.with_contract() || candidate.gap() != v1::LOAN_GAP_UNSPECIFIED) {
      *response.add_candidates() = std::move(candidate);
    }
  }
  return response;
}

}  // namespace ruraledu::student_aid
