#include "services/student_aid/outward_run.h"

#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/feed/heads.h"
#include "services/student_aid/outward_store.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr absl::Duration kFactsPause = absl::Milliseconds(200);
enum Phase { kElsewhere, kFromElsewhere, kPayments, kDone };

class OutwardRun {
 public:
  OutwardRun(const OutwardParts& parts, db::JobContext& context, v1::OutwardPlan plan, Term term, absl::CivilDay day)
      : parts_(parts),
        context_(context),
        plan_(std::move(plan)),
        term_(term),
        dates_(parts.book.calendar().DatesOf(term)),
        act_{absl::StrCat("job:", context.job().id), day, ""} {}

  absl::StatusOr<std::string> Run() {
    if (!now_.ParseFromString(context_.job().cursor)) {
      return absl::DataLossError("the cursor of outward cases does not parse");
    }
    ASSIGN_OR_RETURN(sealer_, parts_.host.keys.SealerOf(shard()));
    while (now_.phase() != kDone) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      RETURN_IF_ERROR(now_.phase() == kPayments ? SettlePage() : PupilPage());
    }
    return now_.SerializeAsString();
  }

 private:
  const std::string& shard() const { return context_.job().shard; }
  std::string county() const { return shard().substr(1); }
  bool out() const { return now_.phase() == kElsewhere; }
  feed::RootWriter NewWriter() const {
    return {shard(), *sealer_, {act_.person, context_.job().id}, parts_.host.NewCounters()};
  }

  // What one page reads: pupils by the shard of their school, and the cases that they have already.
  struct Snapshot {
    std::vector<PupilKey> keys;
    std::map<std::string, SealedPage> pages;
    std::map<std::string, v1::OutwardCase> cases;  // by id
    ruraledu::common::v1::Positions positions;
    bool ready = false;
  };
  absl::StatusOr<Snapshot> Read() {
    const std::string instance = parts_.host.database.instance();
    return parts_.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<Snapshot> {
      Snapshot snapshot;
      ASSIGN_OR_RETURN(const bool reached, feed::Reached(tx, "student_aid", instance, plan_.after()));
      ASSIGN_OR_RETURN(const bool open, BatchOpen(tx, shard()));
      snapshot.ready = reached && !open;
      ASSIGN_OR_RETURN(snapshot.positions, CopyPositions(tx, shard()));
      ASSIGN_OR_RETURN(snapshot.keys, out() ? PupilsElsewhere(tx, shard(), {now_.shard(), now_.id()}, parts_.page)
                                            : PupilsFromElsewhere(tx, shard(), now_.id(), parts_.page));
      std::map<std::string, std::vector<std::string>> by_shard;
      for (const PupilKey& key : snapshot.keys) {
        by_shard[key.shard].push_back(key.person);
        const std::string id = IdOf(key.person);
        ASSIGN_OR_RETURN(auto found, feed::Load<v1::OutwardCase>(tx, *sealer_, kOutwardCases, shard(), id));
        if (found.has_value()) {
          snapshot.cases[id] = *std::move(found);
        }
      }
      for (const auto& [of, persons] : by_shard) {
        ASSIGN_OR_RETURN(snapshot.pages[of], ReadPersons(tx, of, persons));
      }
      return snapshot;
    });
  }
  std::string IdOf(std::string_view person) const { return absl::StrCat(person, ".", plan_.term()); }

  absl::Status PupilPage() {
    ASSIGN_OR_RETURN(const Snapshot snapshot, Read());
    if (!snapshot.ready) {
      return context_.Postpone(db::JobState::kWaitingForFeed, kFactsPause);
    }
    v1::OutwardRunResult next = now_;
    feed::RootWriter writer = NewWriter();
    std::vector<std::pair<std::string, std::string>> seen;  // id and etag of a case, "" for a new one
    if (snapshot.keys.empty()) {
      NextPhase(&next);
    } else {
      next.set_shard(snapshot.keys.back().shard);
      next.set_id(snapshot.keys.back().person);
      next.set_looked_at(next.looked_at() + static_cast<int64_t>(snapshot.keys.size()));
      RETURN_IF_ERROR(Decide(snapshot, &next, &writer, &seen));
    }
    return Store(next, &writer, seen);
  }

  static void NextPhase(v1::OutwardRunResult* next) {
    next->set_phase(next->phase() + 1);
    next->clear_shard();
    next->clear_id();
  }

  absl::Status Store(const v1::OutwardRunResult& next, feed::RootWriter* writer,
                     const std::vector<std::pair<std::string, std::string>>& seen) {
    const absl::Status written = context_.Chunk(
        [&](db::Transaction& tx) -> absl::Status {
          RETURN_IF_ERROR(CheckUnchanged(tx, kOutwardCases, seen));
          return writer->Write(tx).status();
        },
        next.SerializeAsString(), next.looked_at(), 0);
    if (ReasonOf(written) == "HEAD_MOVED") {
      return absl::OkStatus();  // somebody was faster: the page is read again
    }
    RETURN_IF_ERROR(written);
    now_ = next;
    return absl::OkStatus();
  }

  absl::Status Decide(const Snapshot& snapshot, v1::OutwardRunResult* next, feed::RootWriter* writer,
                      std::vector<std::pair<std::string, std::string>>* seen) {
    google::protobuf::Arena arena;
    RunPupil pupil;
    for (const auto& [of, page] : snapshot.pages) {
      ASSIGN_OR_RETURN(const PageOpener opener, PageOpener::Create(page, parts_.host.keys, of));
      for (const db::Row& row : page.pupils) {
        arena.Reset();
        RETURN_IF_ERROR(opener.Open(row, &arena, &pupil));
        const auto found = snapshot.cases.find(IdOf(pupil.copy.key.person));
        const v1::OutwardCase* before = found == snapshot.cases.end() ? nullptr : &found->second;
        if (before != nullptr && (before->state() != v1::OUTWARD_STATE_FOUND || before->by_hand())) {
          continue;
        }
        v1::OutwardCase after = before == nullptr ? v1::OutwardCase() : *before;
        ASSIGN_OR_RETURN(const bool counts, Describe(pupil.copy, page, of, snapshot.positions, &after));
        if (!counts) {
          continue;
        }
        ASSIGN_OR_RETURN(const bool changed,
                         writer->Put(kOutwardCases, before, after, before == nullptr ? "FIND" : "FOLLOW"));
        next->set_opened(next->opened() + (before == nullptr ? 1 : 0));
        next->set_moved(next->moved() + (before != nullptr && changed ? 1 : 0));
        if (changed) {
          seen->emplace_back(feed::IdOfName(after.name()), before == nullptr ? "" : before->etag());
        }
      }
    }
    return absl::OkStatus();
  }

  // The case of a pupil as it is to be; false when there is nobody to ask for.
  absl::StatusOr<bool> Describe(const PupilCopy& pupil, const SealedPage& page, const std::string& of,
                                const ruraledu::common::v1::Positions& positions, v1::OutwardCase* one) {
    const CensusPlace place = PlaceOn(pupil, page.schools, of.substr(1), dates_.census);
    if (place.enrolment == nullptr || place.status != "ENROLLED" || !pupil.household.has_value()) {
      return false;
    }
    const auto school = page.schools.find(place.enrolment->school());
    const registry_v1::School* at = school == page.schools.end() ? nullptr : &school->second;
    v1::EvaluateOutwardCaseRequest input;
    input.set_term(plan_.term());
    ReadPupilFacts(parts_.book, pupil, place, at, county(), dates_, input.mutable_facts());
    ASSIGN_OR_RETURN(const auto answer, EvaluateFound(parts_.book, parts_.follow_up, input));
    if (answer.tracked_kinds().empty()) {
      return false;
    }
    if (one->name().empty()) {
      one->set_name(absl::StrCat("counties/", county(), "/outwardCases/", IdOf(pupil.key.person)));
      one->set_person(pupil.key.person);
      one->set_term(plan_.term());
      one->set_direction(out() ? v1::OUTWARD_DIRECTION_OUT : v1::OUTWARD_DIRECTION_IN);
      *one->mutable_positions() = positions;
      OpenCase(act_, answer, one);
    }
    one->set_area(out() ? HomeArea(pupil, county()) : place.area);
    one->set_other_county(out() ? of.substr(1) : std::string(rpc::CountyOfParent(pupil.household->name())));
    one->set_school_name(at == nullptr ? "" : at->display_name());
    one->set_display_name(pupil.student.display_name());
    *one->mutable_tracked_kinds() = answer.tracked_kinds();
    *one->mutable_entitled() = answer.entitled();
    *one->mutable_input() = std::move(input);
    return true;
  }

  // --- Payments of the home county ----------------------------------------------------------------------------------

  struct Paid {
    v1::OutwardCase before;
    std::vector<v1::ApplicationState> states;
  };
  absl::StatusOr<std::vector<Paid>> ReadPaid() {
    return parts_.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<Paid>> {
      std::vector<Paid> all;
      ASSIGN_OR_RETURN(const auto ids, CasesToSettle(tx, shard(), plan_.term(), now_.id(), parts_.page));
      for (const std::string& id : ids) {
        Paid& paid = all.emplace_back();
        ASSIGN_OR_RETURN(auto found, feed::Load<v1::OutwardCase>(tx, *sealer_, kOutwardCases, shard(), id));
        paid.before = *std::move(found);
        for (const v1::OutwardBackfill& backfill : paid.before.backfills()) {
          if (backfill.application().empty()) {
            continue;
          }
          ASSIGN_OR_RETURN(const auto application, feed::Load<v1::Application>(tx, *sealer_, kApplications, shard(),
                                                                               feed::IdOfName(backfill.application())));
          paid.states.push_back(application.has_value() ? application->state() : v1::APPLICATION_STATE_UNSPECIFIED);
        }
      }
      return all;
    });
  }

  absl::Status SettlePage() {
    ASSIGN_OR_RETURN(const std::vector<Paid> page, ReadPaid());
    v1::OutwardRunResult next = now_;
    feed::RootWriter writer = NewWriter();
    std::vector<std::pair<std::string, std::string>> seen;
    if (page.empty()) {
      NextPhase(&next);
    }
    for (const Paid& paid : page) {
      next.set_id(std::string(feed::IdOfName(paid.before.name())));
      next.set_looked_at(next.looked_at() + 1);
      v1::OutwardCase after = paid.before;
      ASSIGN_OR_RETURN(const bool settled, SettleCase(act_, paid.states, &after));
      if (settled) {
        RETURN_IF_ERROR(writer.Put(kOutwardCases, &paid.before, after, "SETTLE").status());
        seen.emplace_back(next.id(), paid.before.etag());
        next.set_settled(next.settled() + 1);
      }
    }
    return Store(next, &writer, seen);
  }

  const OutwardParts& parts_;
  db::JobContext& context_;
  const v1::OutwardPlan plan_;
  const Term term_;
  const TermDates dates_;
  const Act act_;
  std::shared_ptr<const crypto::Sealer> sealer_;
  v1::OutwardRunResult now_;
};

}  // namespace

std::string HomeArea(const PupilCopy& pupil, std::string_view county) {
  const std::string_view township =
      pupil.household.has_value() ? TownshipOf(pupil.household->village()) : std::string_view();
  return std::string(township.starts_with(county) ? township : county);
}

absl::StatusOr<v1::EvaluateOutwardCaseResponse> EvaluateFound(const PolicyBook& book, const FollowUpBook& rules,
                                                              const v1::EvaluateOutwardCaseRequest& input) {
  auto answer = EvaluateOutwardCase(book, rules, input);
  if (answer.ok() || !absl::IsInvalidArgument(answer.status())) {
    return answer;
  }
  ASSIGN_OR_RETURN(const Term term, ParseTerm(input.term()));
  v1::EvaluateOutwardCaseResponse kinds;
  for (std::string& kind : TrackedKinds(book, rules, input.facts(), term)) {
    kinds.add_tracked_kinds(std::move(kind));
  }
  return kinds;
}

absl::StatusOr<std::string> RunOutwardCases(const OutwardParts& parts, db::JobContext& context) {
  v1::OutwardPlan plan;
  if (!plan.ParseFromString(context.job().input)) {
    return absl::InternalError("outward_cases: input does not parse");
  }
  ASSIGN_OR_RETURN(const Term term, ParseTerm(plan.term()));
  const auto day = DayOf(plan.on());
  if (!day.has_value()) {
    return absl::InternalError("outward_cases: a plan without a day");
  }
  return OutwardRun(parts, context, std::move(plan), term, *day).Run();
}

}  // namespace ruraledu::student_aid
