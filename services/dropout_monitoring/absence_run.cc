#include "services/dropout_monitoring/absence_run.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "common/feed/heads.h"
#include "services/dropout_monitoring/absence_facts.h"
#include "services/dropout_monitoring/care_store.h"
#include "services/dropout_monitoring/case_writes.h"
#include "services/dropout_monitoring/page_run.h"
#include "services/dropout_monitoring/risk_store.h"
#include "services/dropout_monitoring/unmarked_classes.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int64_t kJobsLookedAt = 20;
constexpr int64_t kLeaversPerWrite = 200;

bool Same(const google::type::Date& a, const google::type::Date& b) {
  return DayOf(a) == DayOf(b);
}

// A child whose state is another than before.
struct Change {
  const EvaluatedPupil* pupil = nullptr;
  v1::Absence after;
  int suspected_run = 0;  // of its profile
  bool newly_suspected = false;
  bool longer = false;  // SUSPECTED for another number of days than before
};

// A child whose score is another than before.
struct ScoreChange {
  std::optional<v1::Risk> before;
  v1::Risk after;
};
struct Changes {
  std::vector<Change> absences;
  std::vector<PresentFacts> returns;
  std::vector<ScoreChange> scores;
};

class Evaluation {
 public:
  Evaluation(const EvaluationParts& parts, db::JobContext& context, v1::EvaluationPlan plan, absl::CivilDay on)
      : parts_(parts), context_(context), plan_(std::move(plan)), on_(on) {}

  absl::StatusOr<std::string> Run() {
    if (!now_.ParseFromString(context_.job().cursor)) {
      return absl::DataLossError("the cursor of an evaluation does not parse");
    }
    ASSIGN_OR_RETURN(sealer_, parts_.host.keys.SealerOf(shard()));
    ASSIGN_OR_RETURN(work_, parts_.host.database.Read(feed::ReadWorkCalendar));
    ASSIGN_OR_RETURN(risk_policy_, RiskPolicyOf(parts_.standards, shard(), on_));
    ASSIGN_OR_RETURN(suspicions_,
                     parts_.host.database.Read([&](db::Transaction& tx) { return SuspicionsIn(tx, shard()); }));
    for (bool more = true; more;) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      ASSIGN_OR_RETURN(more, School());
    }
    for (bool more = true; more;) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      ASSIGN_OR_RETURN(more, ForgetLeavers());
    }
    ASSIGN_OR_RETURN(const auto unmarked, AllUnmarked(parts_.host, parts_.standards.statuses, shard(), on_));
    now_.set_unmarked_classes(static_cast<int64_t>(unmarked.size()));
    return now_.SerializeAsString();
  }

 private:
  const std::string& shard() const { return context_.job().shard; }
  std::string parent() const { return absl::StrCat("counties/", shard().substr(1)); }

  struct Snapshot {
    bool ready = false;
    std::optional<std::string> school;
    SchoolFacts facts;
    std::map<std::string, ScoredChild> children;
    std::map<std::string, int> home_taught;  // by person on trial return: days with a lesson at home since
  };
  absl::StatusOr<Snapshot> Read() {
    const std::string instance = parts_.host.database.instance();
    return parts_.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<Snapshot> {
      Snapshot snapshot;
      ASSIGN_OR_RETURN(const bool reached, feed::Reached(tx, "dropout_monitoring", instance, plan_.after()));
      ASSIGN_OR_RETURN(const bool open, BatchOpen(tx, shard()));
      snapshot.ready = reached && !open;
      ASSIGN_OR_RETURN(snapshot.school, NextSchool(tx, shard(), now_.school()));
      if (snapshot.ready && snapshot.school.has_value()) {
        ASSIGN_OR_RETURN(snapshot.facts, SchoolFacts::Read(tx, shard(), *snapshot.school, on_,
                                                           parts_.standards.profiles.longest_window(), work_));
        if (snapshot.facts.holds()) {
          ASSIGN_OR_RETURN(snapshot.children, ScoredChildrenOf(tx, parts_.host.keys, shard(), *snapshot.school, on_));
          RETURN_IF_ERROR(ReadHomeTaught(tx, snapshot.facts, &snapshot.home_taught));
        }
      }
      return snapshot;
    });
  }

  absl::Status ReadHomeTaught(db::Transaction& tx, const SchoolFacts& facts, std::map<std::string, int>* days) const {
    for (const EvaluatedPupil& pupil : facts.pupils()) {
      if (CountsDays(pupil.open_case)) {
        ASSIGN_OR_RETURN(const auto taught, HomeTaughtDays(tx, *sealer_, parts_.standards.care.placements, shard(),
                                                           pupil.person, CountedFrom(pupil.open_case), on_));
        if (taught.has_value()) {
          (*days)[pupil.person] = *taught;
        }
      }
    }
    return absl::OkStatus();
  }

  // One school; false when there was none.
  absl::StatusOr<bool> School() {
    ASSIGN_OR_RETURN(const Snapshot snapshot, Read());
    if (!snapshot.ready) {
      return context_.Postpone(db::JobState::kWaitingForFeed, kFactsPause);
    }
    if (!snapshot.school.has_value()) {
      return false;
    }
    v1::EvaluationResult next = now_;
    next.set_school(*snapshot.school);
    next.set_schools_left_out(next.schools_left_out() + (snapshot.facts.holds() ? 0 : 1));
    Changes changes;
    for (const EvaluatedPupil& pupil : snapshot.facts.pupils()) {
      ASSIGN_OR_RETURN(const v1::AbsenceProfile* const profile, ProfileFor(snapshot.facts.KindOf(pupil)));
      const auto now = Decide(snapshot, pupil, *profile, &next, &changes);
      if (const auto child = snapshot.children.find(pupil.person);
          now.has_value() && child != snapshot.children.end()) {
        RETURN_IF_ERROR(Rescore(child->second, *now, &changes.scores));
      }
    }
    const absl::Status written = context_.Chunk([&](db::Transaction& tx) { return Store(tx, changes); },
                                                next.SerializeAsString(), next.pupils(), 0);
    if (ReasonOf(written) == "HEAD_MOVED") {
      return true;  // somebody was faster: the school is read again
    }
    RETURN_IF_ERROR(written);
    now_ = next;
    return true;
  }

  absl::StatusOr<const v1::AbsenceProfile*> ProfileFor(const ClassKind& kind) {
    const auto [known, fresh] = profiles_.try_emplace(kind);
    if (fresh) {
      ASSIGN_OR_RETURN(known->second, parts_.standards.profiles.InForce(RegionOfShard(shard()), kind, on_));
    }
    return known->second;
  }

  // What is so at the end of the day; nullopt: nothing can be said, or more is known already.
  std::optional<v1::AbsenceEvaluation> Decide(const Snapshot& snapshot, const EvaluatedPupil& pupil,
                                              const v1::AbsenceProfile& profile, v1::EvaluationResult* result,
                                              Changes* changes) const {
    const std::vector<DayFact> days = snapshot.facts.DaysOf(pupil, parts_.standards.statuses);
    const auto before_on = DayOf(pupil.before.evaluation().on());
    if (days.empty() || (before_on.has_value() && *before_on > on_)) {
      return std::nullopt;
    }
    const v1::AbsenceEvaluation& before = pupil.before.evaluation();
    Change change{.pupil = &pupil, .after = pupil.before, .suspected_run = profile.suspected_run()};
    *change.after.mutable_evaluation() = Evaluate(profile, days);
    const v1::AbsenceEvaluation now = change.after.evaluation();
    change.newly_suspected =
        Reached(profile, now) && !(Reached(profile, before) && Same(now.run_from(), before.run_from()));
    change.longer = Reached(profile, now) && (change.newly_suspected || now.run_days() != before.run_days());
    if (auto back = BackOf(snapshot, pupil, days); back.has_value() && !change.longer) {
      changes->returns.push_back(*std::move(back));
    }
    Count(before, now, change.newly_suspected, result);
    if (pupil.before.name().empty() && !SaysSomething(now)) {
      return now;
    }
    change.after.set_name(absl::StrCat(parent(), "/absences/", pupil.person));
    change.after.set_person(pupil.person);
    change.after.set_area(pupil.area);
    // A child with nothing to say keeps the day on which that was found out.
    const bool silent = !SaysSomething(now) && !SaysSomething(before) && change.after.area() == pupil.before.area();
    if (!silent) {
      result->set_changed(result->changed() + 1);
      changes->absences.push_back(std::move(change));
    }
    return now;
  }

  // On trial return, and not stable yet.
  static bool CountsDays(const v1::Case& file) {
    return file.state() == v1::CASE_STATE_RETURNED_TRIAL && !file.has_stable_on();
  }

  // What the open case of a child has to be told of its attendance, whoever found the child; nullopt: nothing new.
  std::optional<PresentFacts> BackOf(const Snapshot& snapshot, const EvaluatedPupil& pupil,
                                     absl::Span<const DayFact> days) const {
    const v1::Case& file = pupil.open_case;
    const bool back = file.state() == v1::CASE_STATE_RETURNED_TRIAL;
    if (file.name().empty() || on_ < CountedFrom(file) || (back && file.has_stable_on())) {
      return std::nullopt;
    }
    Stretch stretch = StretchSince(CountedFrom(file), days);
    if (const auto taught = snapshot.home_taught.find(pupil.person); taught != snapshot.home_taught.end()) {
      stretch.attended_days = taught->second;  // no class counts it (3.7)
    }
    if (back ? stretch.attended_days == file.attended_days() : !stretch.first_present.has_value()) {
      return std::nullopt;
    }
    return PresentFacts{.person = pupil.person,
                        .etag = file.etag(),
                        .first_present = stretch.first_present,
                        .attended_days = stretch.attended_days,
                        .actor = actor(),
                        .today = today(),
                        .tools = &tools_};
  }

  absl::Status Rescore(const ScoredChild& child, const v1::AbsenceEvaluation& now,
                       std::vector<ScoreChange>* changes) const {
    const auto scored_on = child.before.has_value() ? DayOf(child.before->scored_on()) : std::nullopt;
    if (scored_on.has_value() && *scored_on > on_) {
      return absl::OkStatus();  // of a later day: it stays
    }
    const auto earlier = suspicions_.find(feed::IdOfName(child.student.name()));
    ASSIGN_OR_RETURN(auto after, Rescored(parts_.standards, *risk_policy_, shard(), child, now,
                                          earlier == suspicions_.end() ? 0 : earlier->second, on_));
    const bool same = !after.has_value() ||
                      (child.before.has_value() && child.before->SerializeAsString() == after->SerializeAsString());
    if (!same) {
      changes->push_back({child.before, *std::move(after)});
    }
    return absl::OkStatus();
  }

  // Children who left the rolls need no hint any more. False: none was left.
  absl::StatusOr<bool> ForgetLeavers() {
    ASSIGN_OR_RETURN(const auto scores, parts_.host.database.Read([&](db::Transaction& tx) {
      return ScoresOfLeavers(tx, *sealer_, shard(), kLeaversPerWrite);
    }));
    if (scores.empty()) {
      return false;
    }
    Changes changes;
    for (const v1::Risk& score : scores) {
      v1::Risk after = score;
      PutScore(v1::EvaluateRiskResponse(), on_, &after);
      changes.scores.push_back({score, std::move(after)});
    }
    const absl::Status written = context_.Chunk([&](db::Transaction& tx) { return Store(tx, changes); },
                                                now_.SerializeAsString(), now_.pupils(), 0);
    return written.ok() || ReasonOf(written) == "HEAD_MOVED" ? absl::StatusOr<bool>(true) : written;
  }

  // Whether the present run has the length. Another one than before is told to the case even when the story is the
  // same: a child that is absent again before its return is stable relapses (3.5).
  static bool Reached(const v1::AbsenceProfile& profile, const v1::AbsenceEvaluation& state) {
    return profile.suspected_run() > 0 && state.run_days() >= profile.suspected_run();
  }

  static void Count(const v1::AbsenceEvaluation& before, const v1::AbsenceEvaluation& now, bool newly_suspected,
                    v1::EvaluationResult* result) {
    result->set_pupils(result->pupils() + 1);
    result->set_warned(result->warned() + (now.step() == v1::ABSENCE_STEP_WARN ? 1 : 0));
    result->set_to_visit(result->to_visit() + (now.step() == v1::ABSENCE_STEP_VISIT ? 1 : 0));
    result->set_suspected(result->suspected() + (now.step() == v1::ABSENCE_STEP_SUSPECTED ? 1 : 0));
    result->set_newly_suspected(result->newly_suspected() + (newly_suspected ? 1 : 0));
    result->set_no_record(result->no_record() + (HasReason(now, "NO_RECORD") ? 1 : 0));
    result->set_disputed(result->disputed() + (Disputed(now) ? 1 : 0));
    const bool returned = now.has_returned_on() && !Same(now.returned_on(), before.returned_on());
    result->set_returned(result->returned() + (returned ? 1 : 0));
    const bool stable = now.has_stable_on() && !Same(now.stable_on(), before.stable_on());
    result->set_stable(result->stable() + (stable ? 1 : 0));
  }

  absl::Status Store(db::Transaction& tx, const Changes& changes) const {
    feed::RootWriter writer(tx, *sealer_, {absl::StrCat("job:", context_.job().id), context_.job().id},
                            parts_.host.NewCounters());
    for (const ScoreChange& change : changes.scores) {
      ASSIGN_OR_RETURN(const auto before, feed::Load<v1::Risk>(tx, *sealer_, kRisks, shard(), change.after.person()));
      if ((before.has_value() ? before->etag() : "") != (change.before.has_value() ? change.before->etag() : "")) {
        return Fail("HEAD_MOVED");
      }
      RETURN_IF_ERROR(writer.Put(kRisks, before.has_value() ? &*before : nullptr, change.after, "SCORE").status());
    }
    for (const Change& change : changes.absences) {
      const std::string& person = change.pupil->person;
      ASSIGN_OR_RETURN(const auto before, feed::Load<v1::Absence>(tx, *sealer_, kAbsences, shard(), person));
      if ((before.has_value() ? before->etag() : "") != change.pupil->before.etag()) {
        return Fail("HEAD_MOVED");
      }
      RETURN_IF_ERROR(
          writer.Put(kAbsences, before.has_value() ? &*before : nullptr, change.after, "EVALUATE").status());
      if (change.longer) {
        RETURN_IF_ERROR(OpenSuspected(tx, writer, FactsOf(change)));
      }
    }
    for (const PresentFacts& back : changes.returns) {
      RETURN_IF_ERROR(ReportPresent(tx, writer, back));
    }
    return writer.Finish().status();
  }

  SuspectedFacts FactsOf(const Change& change) const {
    const v1::AbsenceEvaluation& now = change.after.evaluation();
    // Of its story; a run that goes on is found again by its last day.
    const bool first = change.newly_suspected && Same(now.run_from(), now.suspected_run_from());
    return {.person = change.pupil->person,
            .absence = change.after.name(),
            .suspected_on = first ? DayOf(now.suspected_on()).value_or(on_) : on_,
            .last_attended = DayOf(now.last_present()),
            .run_days = now.run_days(),
            .another_run = change.newly_suspected,
            .suspected_run = change.suspected_run,
            .actor = actor(),
            .today = today(),
            .tools = &tools_};
  }
  std::string actor() const { return absl::StrCat("job:", context_.job().id); }
  absl::CivilDay today() const { return parts_.host.clock.Today(); }

  const EvaluationParts& parts_;
  db::JobContext& context_;
  const v1::EvaluationPlan plan_;
  const absl::CivilDay on_;
  const CaseTools tools_{parts_.standards.cases, parts_.host.keys};
  std::shared_ptr<const crypto::Sealer> sealer_;
  WorkCalendar work_;
  std::map<ClassKind, const v1::AbsenceProfile*> profiles_;
  const v1::RiskPolicy* risk_policy_ = nullptr;
  Suspicions suspicions_;
  v1::EvaluationResult now_;
};

absl::StatusOr<bool> HasEvaluation(db::Transaction& tx, const std::string& shard, const v1::EvaluationPlan& plan) {
  ASSIGN_OR_RETURN(const auto jobs, db::ListJobs(tx, shard, kEvaluationJob, "", kJobsLookedAt));
  return std::any_of(jobs.begin(), jobs.end(), [&](const db::JobRow& job) {
    v1::EvaluationPlan other;
    return other.ParseFromString(job.input) && Same(other.on(), plan.on());
  });
}

absl::StatusOr<std::vector<std::string>> ShardsWithout(db::Transaction& tx, const v1::EvaluationPlan& plan) {
  ASSIGN_OR_RETURN(const auto shards, ShardsWithCalendar(tx));
  std::vector<std::string> without;
  for (const std::string& shard : shards) {
    ASSIGN_OR_RETURN(const bool there, HasEvaluation(tx, shard, plan));
    if (!there) {
      without.push_back(shard);
    }
  }
  return without;
}

}  // namespace

absl::StatusOr<int64_t> QueueEvaluations(db::Database& database, const Clock& clock, int hour) {
  const absl::CivilDay today = clock.Today();
  const bool over = ShanghaiDay(clock.Now() - absl::Hours(hour)) == today;
  v1::EvaluationPlan plan;
  *plan.mutable_on() = DateOf(over ? today : today - 1);
  // Most looks find all there: nothing is written, nor a head locked, for them.
  ASSIGN_OR_RETURN(const auto shards, database.Read([&](db::Transaction& tx) { return ShardsWithout(tx, plan); }));
  int64_t queued = 0;
  for (const std::string& shard : shards) {
    ASSIGN_OR_RETURN(const bool fresh, database.Write(shard, [&](db::Transaction& tx) -> absl::StatusOr<bool> {
      ASSIGN_OR_RETURN(const bool there, HasEvaluation(tx, shard, plan));
      if (there) {
        return false;
      }
      RETURN_IF_ERROR(db::InsertJob(tx, {.shard = shard,
                                         .id = NewId(clock),
                                         .kind = std::string(kEvaluationJob),
                                         .input = plan.SerializeAsString(),
                                         .subject = "service:dropout_monitoring",
                                         .area = shard.substr(1)}));
      return true;
    }));
    queued += fresh ? 1 : 0;
  }
  return queued;
}

absl::StatusOr<std::string> RunEvaluation(const EvaluationParts& parts, db::JobContext& context) {
  v1::EvaluationPlan plan;
  if (!plan.ParseFromString(context.job().input)) {
    return absl::InternalError("attendance_evaluation: input does not parse");
  }
  const auto on = DayOf(plan.on());
  if (!on.has_value()) {
    return absl::InternalError("attendance_evaluation: a plan without a day");
  }
  return Evaluation(parts, context, std::move(plan), *on).Run();
}

}  // namespace ruraledu::dropout_monitoring
