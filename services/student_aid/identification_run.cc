#include "services/student_aid/identification_run.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/feed/heads.h"
#include "services/student_aid/fact_rules.h"
#include "services/student_aid/identification_rules.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr absl::Duration kFactsPause = absl::Milliseconds(200);
constexpr std::string_view kComparisonEvidence = "COMPARISON";

// A pupil of a page who has a record, or gets one.
struct Candidate {
  KnownPupil pupil;
  v1::EvaluateIdentificationRequest input;  // without factors
  v1::EvaluateIdentificationResponse answer;
};

bool OnNotice(const v1::Identification& record) {
  return record.state() == v1::IDENTIFICATION_STATE_ON_NOTICE || record.state() == v1::IDENTIFICATION_STATE_RECHECK;
}

bool LevelHolds(const v1::Identification& record) {
  return record.state() == v1::IDENTIFICATION_STATE_CONFIRMED || record.state() == v1::IDENTIFICATION_STATE_ARCHIVED;
}

class Proposals {
 public:
  Proposals(const ProposalParts& parts, db::JobContext& context, v1::ProposalPlan plan, Term term, absl::CivilDay day)
      : parts_(parts),
        context_(context),
        plan_(std::move(plan)),
        year_(term.year.text()),
        day_(day),
        act_{absl::StrCat("job:", context.job().id), day, ""} {}

  absl::StatusOr<std::string> Run() {
    if (!now_.ParseFromString(context_.job().cursor)) {
      return absl::DataLossError("the cursor of proposals does not parse");
    }
    ASSIGN_OR_RETURN(sealer_, parts_.host.keys.SealerOf(shard()));
    for (bool more = true; more;) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      ASSIGN_OR_RETURN(more, Page());
    }
    return now_.SerializeAsString();
  }

 private:
  const std::string& shard() const { return context_.job().shard; }
  std::string county() const { return shard().substr(1); }

  // What one page reads: pupils, and the records that they have already.
  struct Snapshot {
    SealedPage page;
    std::map<std::string, v1::Identification> records;  // by person
    bool ready = false;
  };
  absl::StatusOr<Snapshot> Read() {
    const std::string instance = parts_.host.database.instance();
    return parts_.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<Snapshot> {
      Snapshot snapshot;
      ASSIGN_OR_RETURN(snapshot.page, ReadRoll(tx, shard(), now_.person(), parts_.page));
      ASSIGN_OR_RETURN(const bool reached, feed::Reached(tx, "student_aid", instance, plan_.after()));
      snapshot.ready = reached && !snapshot.page.batch_open;
      if (snapshot.page.pupils.empty()) {
        return snapshot;
      }
      const std::string& last = snapshot.page.pupils.back().Text(1);
      ASSIGN_OR_RETURN(const auto persons, PersonsWithRecord(tx, shard(), year_, now_.person(), last));
      for (const std::string& person : persons) {
        ASSIGN_OR_RETURN(snapshot.records[person], RecordOf(tx, person));
      }
      return snapshot;
    });
  }
  absl::StatusOr<v1::Identification> RecordOf(db::Transaction& tx, const std::string& person) {
    ASSIGN_OR_RETURN(auto record, feed::Load<v1::Identification>(tx, *sealer_, kIdentifications, shard(),
                                                                 absl::StrCat(person, ".", year_)));
    return *std::move(record);
  }

  // One page; false when there was none.
  absl::StatusOr<bool> Page() {
    ASSIGN_OR_RETURN(const Snapshot snapshot, Read());
    if (!snapshot.ready) {
      return context_.Postpone(db::JobState::kWaitingForFeed, kFactsPause);
    }
    if (snapshot.page.pupils.empty()) {
      return false;
    }
    v1::ProposalResult next = now_;
    next.set_person(snapshot.page.pupils.back().Text(1));
    next.set_persons(next.persons() + static_cast<int64_t>(snapshot.page.pupils.size()));
    feed::RootWriter writer(shard(), *sealer_, {act_.person, context_.job().id}, parts_.host.NewCounters());
    std::vector<std::pair<std::string, std::string>> seen;  // id and etag of a record, "" for a new one
    RETURN_IF_ERROR(Decide(snapshot, &next, &writer, &seen));
    const absl::Status written = context_.Chunk(
        [&](db::Transaction& tx) -> absl::Status {
          RETURN_IF_ERROR(CheckUnchanged(tx, kIdentifications, seen));
          return writer.Write(tx).status();
        },
        next.SerializeAsString(), next.persons(), 0);
    if (ReasonOf(written) == "HEAD_MOVED") {
      return true;  // somebody was faster: the page is read again
    }
    RETURN_IF_ERROR(written);
    now_ = next;
    return true;
  }

  absl::Status Decide(const Snapshot& snapshot, v1::ProposalResult* next, feed::RootWriter* writer,
                      std::vector<std::pair<std::string, std::string>>* seen) {
    ASSIGN_OR_RETURN(const PageOpener opener, PageOpener::Create(snapshot.page, parts_.host.keys, shard()));
    google::protobuf::Arena arena;
    RunPupil pupil;
    for (const db::Row& row : snapshot.page.pupils) {
      arena.Reset();
      RETURN_IF_ERROR(opener.Open(row, &arena, &pupil));
      Candidate one{.pupil = Know(pupil.copy, snapshot.page.schools, county(), day_)};
      one.input = InputOf(one.pupil, county(), plan_.term(), day_, {});
      auto answer = ScoreInput(parts_.tables, &one.input);
      RETURN_IF_ERROR(answer.status());
      one.answer = *std::move(answer);
      const auto found = snapshot.records.find(one.pupil.person);
      const v1::Identification* before = found == snapshot.records.end() ? nullptr : &found->second;
      v1::Identification after = before == nullptr ? v1::Identification() : *before;
      const bool open = before == nullptr || before->state() == v1::IDENTIFICATION_STATE_NOTIFIED;
      if (open) {
        ASSIGN_OR_RETURN(const bool proposed, Propose(one, snapshot.page.positions, &after));
        next->set_proposed(next->proposed() + (proposed ? 1 : 0));
      } else {
        Follow(one, &after, next);
      }
      if (open && after.state() != v1::IDENTIFICATION_STATE_APPLIED) {
        continue;
      }
      ASSIGN_OR_RETURN(const bool changed, writer->Put(kIdentifications, before, after, open ? "PROPOSE" : "FOLLOW"));
      if (changed) {
        seen->emplace_back(feed::IdOfName(after.name()), before == nullptr ? "" : before->etag());
      }
    }
    return absl::OkStatus();
  }

  // False: nothing to propose, or the person has the record of one who was merged into it.
  absl::StatusOr<bool> Propose(const Candidate& one, const ruraledu::common::v1::Positions& positions,
                               v1::Identification* record) {
    if (!one.pupil.refused.empty() || !one.answer.without_paper()) {
      return false;
    }
    ASSIGN_OR_RETURN(const bool elsewhere, parts_.host.database.Read([&](db::Transaction& tx) {
      return HasRecordOfAlias(tx, shard(), one.pupil.person, year_);
    }));
    if (elsewhere) {
      return false;
    }
    if (record->name().empty()) {
      record->set_name(absl::StrCat("counties/", county(), "/identifications/", one.pupil.person, ".", year_));
      record->set_person(one.pupil.person);
      record->set_school_year(year_);
      Notify(act_, record);
    }
    record->set_area(one.pupil.area);
    record->set_origin(v1::IDENTIFICATION_ORIGIN_COMPARISON);
    *record->mutable_positions() = positions;
    record->add_evidence()->set_kind(std::string(kComparisonEvidence));
    RETURN_IF_ERROR(Apply(act_, one.input, one.answer, record));
    return true;
  }

  void Follow(const Candidate& one, v1::Identification* record, v1::ProposalResult* result) {
    const bool here = one.pupil.refused.empty();
    if (here && record->area() != one.pupil.area && !OnNotice(*record)) {
      record->set_area(one.pupil.area);
      result->set_moved(result->moved() + 1);
    }
    if (!LevelHolds(*record)) {
      return;
    }
    int32_t level = 0;  // of somebody who is no longer a pupil of the county
    if (here) {
      v1::EvaluateIdentificationRequest input = one.input;
      *input.mutable_facts()->mutable_factors() = FactorsNow(*record);
      const auto answer = EvaluateIdentification(parts_.tables, input);
      level = answer.ok() ? answer->level() : record->answer().level();
    }
    record->set_adjustment_due(level != record->answer().level());
    record->set_proposed_level(level);
    result->set_adjustments_due(result->adjustments_due() + (record->adjustment_due() ? 1 : 0));
  }

  const ProposalParts& parts_;
  db::JobContext& context_;
  const v1::ProposalPlan plan_;
  const std::string year_;
  const absl::CivilDay day_;
  const Act act_;
  std::shared_ptr<const crypto::Sealer> sealer_;
  v1::ProposalResult now_;
};

}  // namespace

KnownPupil Know(const PupilCopy& pupil, const std::map<std::string, registry_v1::School>& schools,
                std::string_view county, absl::CivilDay day) {
  const CensusPlace place = PlaceOn(pupil, schools, county, day);
  KnownPupil known{.person = pupil.key.person, .area = place.area};
  if (place.status == "MERGED") {
    known.refused = "MERGED";
  } else if (place.status == "TRANSFERRED") {
    known.refused = "MOVED";
  } else if (place.enrolment == nullptr || place.status != "ENROLLED") {
    known.refused = "NOT_A_PUPIL";
  }
  google::protobuf::RepeatedPtrField<v1::HardshipFact> facts;
  ReadHardships(pupil, day, &facts);
  known.hardships.assign(facts.begin(), facts.end());
  return known;
}

v1::EvaluateIdentificationRequest InputOf(const KnownPupil& pupil, std::string_view county, const std::string& term,
                                          absl::CivilDay day,
                                          const google::protobuf::RepeatedPtrField<v1::FactorFact>& factors) {
  v1::EvaluateIdentificationRequest input;
  v1::IdentificationFacts* facts = input.mutable_facts();
  facts->set_person(pupil.person);
  facts->set_school_region(absl::StrCat(county, "000000"));
  facts->mutable_hardships()->Assign(pupil.hardships.begin(), pupil.hardships.end());
  *facts->mutable_factors() = factors;
  input.set_term(term);
  *input.mutable_evaluated_on() = DateOf(day);
  return input;
}

absl::StatusOr<v1::EvaluateIdentificationResponse> ScoreInput(const IdentificationBook& tables,
                                                              v1::EvaluateIdentificationRequest* input) {
  ASSIGN_OR_RETURN(auto answer, EvaluateIdentification(tables, *input));
  input->set_policy(answer.policy());
  input->set_rules_version(answer.rules_version());
  return answer;
}

absl::StatusOr<std::string> RunProposals(const ProposalParts& parts, db::JobContext& context) {
  v1::ProposalPlan plan;
  if (!plan.ParseFromString(context.job().input)) {
    return absl::InternalError("identification_proposals: input does not parse");
  }
  ASSIGN_OR_RETURN(const Term term, ParseTerm(plan.term()));
  const auto day = DayOf(plan.evaluated_on());
  if (!day.has_value()) {
    return absl::InternalError("identification_proposals: a plan without a day");
  }
  return Proposals(parts, context, std::move(plan), term, *day).Run();
}

absl::Status InsertMergeRecords(db::Transaction& tx, std::string_view person) {
  return InsertOwnJob(tx, kMergeRecordsJob, std::string(person));
}

absl::StatusOr<std::string> RunMergeRecords(const rpc::Host& host, db::JobContext& context) {
  const std::string& shard = context.job().shard;
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  const auto settle = [&](db::Transaction& tx) -> absl::Status {
    feed::RootWriter writer(tx, *sealer, {absl::StrCat("job:", context.job().id), context.job().id},
                            host.NewCounters());
    ASSIGN_OR_RETURN(const std::string stays, WhoStays(tx, shard, context.job().input));
    std::vector<std::string> persons = {stays};
    ASSIGN_OR_RETURN(const auto aliases, AliasesOf(tx, shard, stays));
    persons.insert(persons.end(), aliases.begin(), aliases.end());
    std::set<std::string> years;  // that have the record that counts
    for (const std::string& person : persons) {
      ASSIGN_OR_RETURN(const auto ids, IdsOfPerson(tx, shard, person));
      for (const std::string& id : ids) {
        ASSIGN_OR_RETURN(const auto before, feed::Load<v1::Identification>(tx, *sealer, kIdentifications, shard, id));
        v1::Identification after = *before;
        after.set_set_aside(!years.insert(before->school_year()).second);
        RETURN_IF_ERROR(writer.Put(kIdentifications, &*before, after, "MERGE").status());
      }
    }
    return writer.Finish().status();
  };
  RETURN_IF_ERROR(context.Chunk(settle, "", 0, 0));
  return std::string();
}

}  // namespace ruraledu::student_aid
