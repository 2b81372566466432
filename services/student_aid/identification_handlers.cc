// Records of identification: opened, handed in, reviewed, adjusted, filed, read.
#include <algorithm>
#include <map>
#include <set>

#include "common/base/proto_day.h"
#include "common/feed/heads.h"
#include "services/student_aid/evidence_rules.h"
#include "services/student_aid/fact_rules.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/identification_run.h"
#include "services/student_aid/information_rules.h"
#include "services/student_aid/information_store.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr int kMostApplications = 200;
constexpr std::string_view kUnmaskIdentification = "student_aid.identification.unmask";
constexpr std::string_view kHandleObjections = "student_aid.identification.objections";

std::string AreaOf(const v1::Identification& record) {
  return record.area();
}

const rpc::RootKind<v1::Identification> kRecord{kIdentifications, AreaOf, nullptr};

absl::Status CheckApplications(const IdentificationBook& tables, absl::CivilDay today,
                               const v1::BatchSubmitIdentificationsRequest& request) {
  Violations violations;
  if (!ParseTerm(request.term()).ok()) {
    violations.Add("term", "TERM_FORMAT", {{"term", request.term()}});
  }
  violations.Require(request.applications_size() > 0, "applications");
  violations.MostElements("applications", request.applications_size(), kMostApplications);
  for (int i = 0; i < request.applications_size() && i < kMostApplications; ++i) {
    const v1::IdentificationApplication& one = request.applications(i);
    const std::string at = absl::StrCat("applications[", i, "]");
    violations.Require(!one.student().empty(), absl::StrCat(at, ".student"));
    violations.Require(
        one.origin() == v1::IDENTIFICATION_ORIGIN_FAMILY || one.origin() == v1::IDENTIFICATION_ORIGIN_CLASS_TEACHER,
        absl::StrCat(at, ".origin"));
    CheckEvidence(tables, today, one.evidence(), absl::StrCat(at, ".evidence"), &violations);
  }
  return violations.status();
}

// Who is meant, after merges; empty when the registry has nobody of the id. Settles the caller's area.
absl::StatusOr<std::string> Resolve(rpc::Call& call, db::Transaction& tx, std::string_view shard,
                                    const std::string& student) {
  std::string person(feed::IdOfName(student));
  for (int merges = 0; merges < 2; ++merges) {
    ASSIGN_OR_RETURN(const auto place, FindPupil(tx, shard, person));
    if (!place.has_value()) {
      const absl::Status missing = call.CheckMissing(student);
      return absl::IsNotFound(missing) ? absl::StatusOr<std::string>("") : missing;
    }
    RETURN_IF_ERROR(call.CheckArea(place->area));
    if (place->merged_into.empty()) {
      break;
    }
    person = place->merged_into;
  }
  return person;
}

// Pupils as the registers know them, with the positions at which they were read.
struct Known {
  std::map<std::string, KnownPupil> pupils;
  ruraledu::common::v1::Positions positions;
};
absl::StatusOr<Known> ReadKnown(const rpc::Host& host, std::string_view shard, const std::vector<std::string>& persons,
                                absl::CivilDay day) {
  ASSIGN_OR_RETURN(const SealedPage page,
                   host.database.Read([&](db::Transaction& tx) { return ReadPersons(tx, shard, persons); }));
  ASSIGN_OR_RETURN(const PageOpener opener, PageOpener::Create(page, host.keys, shard));
  Known known{.pupils = {}, .positions = page.positions};
  google::protobuf::Arena arena;
  RunPupil pupil;
  for (const db::Row& row : page.pupils) {
    arena.Reset();
    RETURN_IF_ERROR(opener.Open(row, &arena, &pupil));
    KnownPupil one = Know(pupil.copy, page.schools, shard.substr(1), day);
    known.pupils[one.person] = std::move(one);
  }
  return known;
}

// An application whose pupil is known and scored.
struct Prepared {
  std::string person, year, area;
  v1::EvaluateIdentificationRequest input;
  v1::EvaluateIdentificationResponse answer;
};

// The area in which a record is opened, or why none is.
absl::StatusOr<std::string> AreaToOpen(const Known& known, const std::string& person) {
  const auto found = known.pupils.find(person);
  if (found == known.pupils.end() || found->second.refused == "NOT_A_PUPIL") {
    return Fail("NOT_A_PUPIL");
  }
  if (found->second.refused == "MOVED") {
    return Fail("MOVED", {{"name", "that of the other county"}});
  }
  return found->second.refused.empty() ? absl::StatusOr<std::string>(found->second.area)
                                       : Fail("MERGED", {{"name", "another person"}});
}

void Open(const Act& act, const std::string& person, const std::string& school_year, const std::string& area,
          v1::Identification* record) {
  record->set_person(person);
  record->set_school_year(school_year);
  record->set_area(area);
  Notify(act, record);
}

absl::Status ApplyOne(const Act& act, const v1::IdentificationApplication& application, const Prepared& prepared,
                      const ruraledu::common::v1::Positions& positions, v1::Identification* record) {
  record->set_area(prepared.area);
  record->set_origin(application.origin());
  *record->mutable_evidence() = HandedIn(application.evidence());
  *record->mutable_positions() = positions;
  return Apply(act, prepared.input, prepared.answer, record);
}

absl::Status AdjustOne(const IdentificationBook& tables, Act act, const v1::IdentificationAdjustment& one,
                       const KnownPupil& pupil, const std::string& term, const v1::Identification& before,
                       v1::Identification* after) {
  RETURN_IF_ERROR(CheckPresent(before, one.etag()));
  if (!one.ended() && pupil.refused == "MOVED") {
    return Fail("MOVED", {{"name", "that of the other county"}});
  }
  if (!one.ended() && pupil.refused == "NOT_A_PUPIL") {
    return Fail("NOT_A_PUPIL");
  }
  act.reason = one.reason();
  auto input = InputOf(pupil, rpc::CountyOfParent(before.name()), term, act.on,
                       WithVerified(Reported(one.factors()), FactorsNow(before)));
  ASSIGN_OR_RETURN(const auto answer, ScoreInput(tables, &input));
  after->mutable_evidence()->MergeFrom(HandedIn(one.evidence()));
  after->clear_verified_later();
  return Adjust(act, {one.level(), one.ended()}, input, answer, *tables.Find(answer.policy()), after);
}

absl::Status CheckAdjustments(const IdentificationBook& tables, absl::CivilDay today,
                              const v1::BatchAdjustIdentificationsRequest& request) {
  Violations violations;
  if (!ParseTerm(request.term()).ok()) {
    violations.Add("term", "TERM_FORMAT", {{"term", request.term()}});
  }
  violations.Require(request.adjustments_size() > 0, "adjustments");
  violations.MostElements("adjustments", request.adjustments_size(), kMostApplications);
  for (int i = 0; i < request.adjustments_size() && i < kMostApplications; ++i) {
    const v1::IdentificationAdjustment& one = request.adjustments(i);
    CheckEvidence(tables, today, one.evidence(), absl::StrCat("adjustments[", i, "].evidence"), &violations);
    violations.MostBytes(absl::StrCat("adjustments[", i, "].reason"), one.reason(), kMostText);
  }
  return violations.status();
}

// The rows of a batch of applications, scored; `prepared` has one entry per row.
std::vector<rpc::BatchRow> PrepareRows(const IdentificationBook& tables, const Act& act, const Known& known,
                                       const std::vector<std::string>& persons,
                                       const v1::BatchSubmitIdentificationsRequest& request,
                                       std::vector<Prepared>* prepared) {
  const std::string year = ParseTerm(request.term())->year.text();
  std::vector<rpc::BatchRow> rows;
  std::set<std::string> seen;
  for (int i = 0; i < request.applications_size(); ++i) {
    const v1::IdentificationApplication& one = request.applications(i);
    const std::string person = persons[i].empty() ? std::string(feed::IdOfName(one.student())) : persons[i];
    const std::string name = absl::StrCat(request.parent(), "/identifications/", person, ".", year);
    rpc::BatchRow& row = rows.emplace_back(rpc::BatchRow{name, persons[i].empty() ? "PERSON_UNKNOWN" : ""});
    Prepared& ready = prepared->emplace_back(Prepared{.person = person, .year = year});
    const auto area = AreaToOpen(known, person);
    if (!row.reason.empty() || !area.ok()) {
      row.reason = row.reason.empty() ? ReasonOf(area.status()) : row.reason;
      continue;
    }
    ready.area = *area;
    ready.input = InputOf(known.pupils.at(person), rpc::CountyOfParent(request.parent()), request.term(), act.on,
                          Reported(one.factors()));
    auto answer = ScoreInput(tables, &ready.input);
    row.reason = !answer.ok() ? ReasonOf(answer.status()) : seen.insert(person).second ? "" : "DUPLICATE_IN_BATCH";
    if (answer.ok()) {
      ready.answer = *std::move(answer);
    }
  }
  return rows;
}

absl::Status CheckReview(const IdentificationBook& tables, absl::CivilDay today,
                         const v1::ReviewIdentificationRequest& request) {
  Violations violations;
  violations.Require(request.decision() != v1::REVIEW_DECISION_UNSPECIFIED, "decision");
  violations.MostBytes("reason", request.reason(), kMostText);
  CheckEvidence(tables, today, request.evidence(), "evidence", &violations);
  return violations.status();
}

}  // namespace

absl::StatusOr<v1::ListIdentificationPoliciesResponse> Handlers::ListIdentificationPolicies(
    rpc::Call&, const v1::ListIdentificationPoliciesRequest& request) {
  v1::ListIdentificationPoliciesResponse response;
  RETURN_IF_ERROR(ListPolicies(tables_, request, response.mutable_policies()));
  return response;
}

absl::StatusOr<v1::EvaluateIdentificationResponse> Handlers::EvaluateIdentification(
    rpc::Call&, const v1::EvaluateIdentificationRequest& request) {
  return student_aid::EvaluateIdentification(tables_, request);
}

absl::StatusOr<v1::Identification> Handlers::CreateIdentification(rpc::Call& call,
                                                                  const v1::CreateIdentificationRequest& request) {
  RETURN_IF_ERROR(ParseSchoolYear(request.school_year()).status());
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const std::string person, host_.database.Read([&](db::Transaction& tx) {
    return Resolve(call, tx, shard, request.student());
  }));
  if (person.empty()) {
    return Fail("PERSON_UNKNOWN", {{"parent", request.parent()}});
  }
  const Act act = ActOf(call);
  ASSIGN_OR_RETURN(const Known known, ReadKnown(host_, shard, {person}, act.on));
  const std::string name = absl::StrCat(request.parent(), "/identifications/", person, ".", request.school_year());
  return rpc::WriteRoot(
      call, host_, kRecord, name, true, "CREATE",
      [&](db::Transaction& tx, const v1::Identification*, v1::Identification& after) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string area, AreaToOpen(known, person));
        ASSIGN_OR_RETURN(const auto there, feed::AreaOfRoot(tx, kIdentifications, shard, feed::IdOfName(name)));
        ASSIGN_OR_RETURN(const bool of_alias, HasRecordOfAlias(tx, shard, person, request.school_year()));
        if (there.has_value() || of_alias) {
          return Fail("IDENTIFICATION_EXISTS", {{"name", name}});
        }
        Open(act, person, request.school_year(), area, &after);
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::Identification> Handlers::GetIdentification(rpc::Call& call,
                                                               const v1::GetIdentificationRequest& request) {
  ASSIGN_OR_RETURN(v1::Identification record,
                   rpc::GetRoot<v1::Identification>(call, host_, kIdentifications, request.name(), AreaOf));
  if (!request.unmask()) {
    rpc::MaskRoot(record);
    return record;
  }
  RETURN_IF_ERROR(AllowUnmask(call, kUnmaskIdentification, record.area(), record.name()));
  HideObjectors(call, kHandleObjections, &record);
  return record;
}

absl::StatusOr<v1::ListIdentificationsResponse> Handlers::ListIdentifications(
    rpc::Call& call, const v1::ListIdentificationsRequest& request) {
  RETURN_IF_ERROR(ParseSchoolYear(request.school_year()).status());
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}, .equal = {{"school_year", request.school_year()}}};
  if (request.state() != v1::IDENTIFICATION_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::IdentificationState_Name(request.state()));
  }
  if (request.disputed_only()) {
    spec.equal.emplace_back("disputed", int64_t{1});
  }
  if (request.adjustment_due_only()) {
    spec.equal.emplace_back("adjustment_due", int64_t{1});
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  return rpc::ListRoots<v1::Identification, v1::ListIdentificationsRequest, v1::ListIdentificationsResponse>(
      call, host_, kIdentifications, spec, request, &v1::ListIdentificationsResponse::mutable_identifications);
}

absl::StatusOr<v1::ReplayIdentificationResponse> Handlers::ReplayIdentification(
    rpc::Call& call, const v1::ReplayIdentificationRequest& request) {
  ASSIGN_OR_RETURN(const v1::Identification record,
                   rpc::GetRoot<v1::Identification>(call, host_, kIdentifications, request.name(), AreaOf));
  if (!record.has_input() && record.state() != v1::IDENTIFICATION_STATE_NOTIFIED) {
    return Fail("ERASED", {{"name", request.name()}});
  }
  RETURN_IF_ERROR(CheckBegun(record, "replay"));
  ASSIGN_OR_RETURN(const auto again, student_aid::EvaluateIdentification(tables_, record.input()));
  v1::ReplayIdentificationResponse response;
  response.set_same(again.SerializeAsString() == record.answer().SerializeAsString());
  response.set_level(again.level());
  response.set_stored_level(record.answer().level());
  return response;
}

absl::StatusOr<v1::BatchIdentificationsResponse> Handlers::BatchSubmitIdentifications(
    rpc::Call& call, const v1::BatchSubmitIdentificationsRequest& request) {
  const Act act = ActOf(call);
  RETURN_IF_ERROR(CheckApplications(tables_, act.on, request));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto persons,
                   host_.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<std::string>> {
                     std::vector<std::string> all;
                     for (const auto& one : request.applications()) {
                       ASSIGN_OR_RETURN(all.emplace_back(), Resolve(call, tx, shard, one.student()));
                     }
                     return all;
                   }));
  ASSIGN_OR_RETURN(const Known known, ReadKnown(host_, shard, persons, act.on));
  std::vector<Prepared> prepared;
  std::vector<rpc::BatchRow> rows = PrepareRows(tables_, act, known, persons, request, &prepared);
  return StepOnRows<v1::Identification, v1::BatchIdentificationsResponse>(
      call, host_, shard, std::move(rows), "SUBMIT",
      [&](db::Transaction& tx, size_t i, const v1::Identification* before, v1::Identification& after) -> absl::Status {
        const v1::IdentificationApplication& one = request.applications(static_cast<int>(i));
        const Prepared& ready = prepared[i];
        if (before != nullptr) {
          RETURN_IF_ERROR(CheckPresent(*before, one.etag()));
          return ApplyOne(act, one, ready, known.positions, &after);
        }
        ASSIGN_OR_RETURN(const bool of_alias, HasRecordOfAlias(tx, shard, ready.person, ready.year));
        if (of_alias) {
          return Fail("IDENTIFICATION_EXISTS", {{"name", "that of the person who was merged"}});
        }
        after.set_name(absl::StrCat(request.parent(), "/identifications/", ready.person, ".", ready.year));
        Open(act, ready.person, ready.year, ready.area, &after);
        return ApplyOne(act, one, ready, known.positions, &after);
      });
}

absl::StatusOr<v1::Identification> Handlers::ReviewBy(rpc::Call& call, bool by_class,
                                                      const v1::ReviewIdentificationRequest& request) {
  const Act act = ActOf(call, request.reason());
  RETURN_IF_ERROR(CheckReview(tables_, act.on, request));
  const Review review{by_class, request.decision() == v1::REVIEW_DECISION_ACCEPT, request.level()};
  return StepOn<v1::Identification>(
      call, host_, request.name(), request.etag(), by_class ? "CLASS_REVIEW" : "SCHOOL_REVIEW",
      [&](db::Transaction& tx, feed::RootWriter&, v1::Identification& after) -> absl::Status {
        after.mutable_evidence()->MergeFrom(HandedIn(request.evidence()));
        RETURN_IF_ERROR(CheckBegun(after, "review"));
        if (!by_class) {
          ASSIGN_OR_RETURN(const auto due, InformationDue(tx, tx.shard(), feed::IdOfName(request.name())));
          RETURN_IF_ERROR(CheckInformed(due, act.on));
        }
        if (!by_class && review.accept) {
          RETURN_IF_ERROR(CheckEvidenceStands(tables_.evidence(), after.evidence()));
        }
        ASSIGN_OR_RETURN(const auto* policy, PolicyOf(tables_, after));
        return ApplyReview(act, review, *policy, &after);
      });
}

absl::StatusOr<v1::Identification> Handlers::ClassReviewIdentification(rpc::Call& call,
                                                                       const v1::ReviewIdentificationRequest& request) {
  return ReviewBy(call, true, request);
}

absl::StatusOr<v1::Identification> Handlers::SchoolReviewIdentification(
    rpc::Call& call, const v1::ReviewIdentificationRequest& request) {
  return ReviewBy(call, false, request);
}

absl::StatusOr<v1::BatchIdentificationsResponse> Handlers::BatchAdjustIdentifications(
    rpc::Call& call, const v1::BatchAdjustIdentificationsRequest& request) {
  const Act act = ActOf(call);
  RETURN_IF_ERROR(CheckAdjustments(tables_, act.on, request));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  std::vector<rpc::BatchRow> rows;
  std::vector<std::string> persons;
  for (const v1::IdentificationAdjustment& one : request.adjustments()) {
    rows.push_back({one.name(), ""});
    const std::string_view id = feed::IdOfName(one.name());
    persons.emplace_back(id.substr(0, id.rfind('.')));
  }
  RETURN_IF_ERROR(host_.database.Read(
      [&](db::Transaction& tx) { return rpc::SettleRows(call, tx, shard, kIdentifications, &rows); }));
  ASSIGN_OR_RETURN(Known known, ReadKnown(host_, shard, persons, act.on));
  return StepOnRows<v1::Identification, v1::BatchIdentificationsResponse>(
      call, host_, shard, std::move(rows), "ADJUST",
      [&](db::Transaction&, size_t i, const v1::Identification* before, v1::Identification& after) {
        KnownPupil& pupil = known.pupils[persons[i]];
        pupil.person = persons[i];
        return AdjustOne(tables_, act, request.adjustments(static_cast<int>(i)), pupil, request.term(), *before,
                         &after);
      });
}

absl::StatusOr<v1::BatchIdentificationsResponse> Handlers::BatchArchiveIdentifications(
    rpc::Call& call, const v1::BatchArchiveIdentificationsRequest& request) {
  const Act act = ActOf(call);
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(std::vector<rpc::BatchRow> rows, rpc::RowsNamed(request.identifications(), "identifications"));
  if (rows.empty()) {
    return Fail("FIELD_REQUIRED", {{"field", "identifications"}});
  }
  RETURN_IF_ERROR(host_.database.Read(
      [&](db::Transaction& tx) { return rpc::SettleRows(call, tx, shard, kIdentifications, &rows); }));
  return StepOnRows<v1::Identification, v1::BatchIdentificationsResponse>(
      call, host_, shard, std::move(rows), "ARCHIVE",
      [&](db::Transaction&, size_t, const v1::Identification* before, v1::Identification& after) -> absl::Status {
        RETURN_IF_ERROR(CheckPresent(*before, ""));
        return Archive(act, &after);
      });
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::ProposeIdentifications(
    rpc::Call& call, const v1::ProposeIdentificationsRequest& request) {
  RETURN_IF_ERROR(ParseTerm(request.term()).status());
  v1::ProposalPlan plan;
  plan.set_term(request.term());
  *plan.mutable_evaluated_on() = DateOf(call.clock().Today());
  *plan.mutable_after() = OfRegistry(request.after());
  return rpc::StartJob(shared_, call, request.parent(), kProposalJob, plan,
                       NoOpenBatch(shared_, request.parent(), plan.after()));
}

}  // namespace ruraledu::student_aid
