#include "services/dropout_monitoring/enrolment_run.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "services/dropout_monitoring/case_writes.h"
#include "services/dropout_monitoring/enrolment_facts.h"
#include "services/dropout_monitoring/enrolment_store.h"
#include "services/dropout_monitoring/page_run.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kLastPhase = EnrolmentFacts::kPhases - 1;

v1::EnrolmentFigures* FiguresOf(v1::SchoolLevel level, v1::EnrolmentRun* run) {
  for (v1::EnrolmentFigures& figures : *run->mutable_figures()) {
    if (figures.level() == level) {
      return &figures;
    }
  }
  v1::EnrolmentFigures* added = run->add_figures();
  added->set_level(level);
  return added;
}

void AddState(v1::ExpectedState state, v1::EnrolmentFigures* figures) {
  auto* states = figures->mutable_states();
  const auto found =
      std::find_if(states->begin(), states->end(), [&](const auto& row) { return row.state() >= state; });
  if (found != states->end() && found->state() == state) {
    found->set_children(found->children() + 1);
    return;
  }
  v1::ExpectedCount* added = figures->add_states();
  added->set_state(state);
  added->set_children(1);
  std::sort(states->begin(), states->end(), [](const auto& a, const auto& b) { return a.state() < b.state(); });
}

// Whoever joins is counted when it does, and where it is when the whole list is looked at.
void Count(const EnrolledChild& child, bool whole, v1::EnrolmentRun* run) {
  v1::EnrolmentFigures* figures = FiguresOf(child.after.level(), run);
  figures->set_fresh(figures->fresh() + (child.before.has_value() ? 0 : 1));
  run->set_suspected(run->suspected() + (child.suspect ? 1 : 0));
  run->set_cases_opened(run->cases_opened() + (child.suspect && !child.has_case ? 1 : 0));
  if (whole && child.after.state() != v1::EXPECTED_STATE_GONE) {
    figures->set_children(figures->children() + 1);
    figures->set_noticed(figures->noticed() + (child.after.has_notice() ? 1 : 0));
    AddState(child.after.state(), figures);
  }
}

class Run {
 public:
  Run(const EnrolmentParts& parts, db::JobContext& context, v1::EnrolmentPlan plan, absl::CivilDay on,
      EnrolmentFacts facts)
      : parts_(parts), context_(context), plan_(std::move(plan)), on_(on), facts_(std::move(facts)) {}

  absl::StatusOr<std::string> All() {
    if (!now_.ParseFromString(context_.job().cursor)) {
      return absl::DataLossError("the cursor of an enrolment run does not parse");
    }
    RETURN_IF_ERROR(RunPages(
        parts_.host, context_, plan_.after(), EnrolmentFacts::kPhases,
        [&](db::Transaction& tx, const v1::EnrolmentCursor& now) {
          return facts_.Read(tx, now.phase(), now.after(), parts_.page);
        },
        [](const EnrolmentPage& page, v1::EnrolmentCursor* next) {
          for (const EnrolledChild& child : page.children) {
            Count(child, next->phase() == kLastPhase, next->mutable_run());
          }
        },
        [&](db::Transaction& tx, const EnrolmentPage& page) { return Store(tx, page); },
        [](const v1::EnrolmentCursor& now) { return DoneOf(now.run()); }, &now_));
    return Close();
  }

 private:
  const std::string& shard() const { return context_.job().shard; }
  std::string parent() const { return absl::StrCat("counties/", shard().substr(1)); }
  std::string actor() const { return absl::StrCat("job:", context_.job().id); }
  const crypto::Sealer& sealer() const { return *facts_.sealer(); }
  feed::RootWriter NewWriter(db::Transaction& tx) const {
    return feed::RootWriter(tx, sealer(), {actor(), context_.job().id}, parts_.host.NewCounters());
  }

  static int64_t DoneOf(const v1::EnrolmentRun& run) {
    int64_t done = 0;
    for (const v1::EnrolmentFigures& figures : run.figures()) {
      done += figures.children();
    }
    return done;
  }

  absl::Status Store(db::Transaction& tx, const EnrolmentPage& page) const {
    feed::RootWriter writer = NewWriter(tx);
    for (const EnrolledChild& child : page.children) {
      ASSIGN_OR_RETURN(const auto present, feed::Load<v1::ExpectedChild>(tx, sealer(), kExpectedChildren, shard(),
                                                                         feed::IdOfName(child.after.name())));
      const std::string seen = child.before.has_value() ? child.before->etag() : "";
      if ((present.has_value() ? present->etag() : "") != seen) {
        return Fail("HEAD_MOVED", {{"shard", shard()}});
      }
      v1::ExpectedChild after = child.after;
      if (child.suspect) {
        ASSIGN_OR_RETURN(*after.mutable_case_name(), OpenFound(tx, writer, FoundOf(child)));
      }
      RETURN_IF_ERROR(
          writer.Put(kExpectedChildren, present.has_value() ? &*present : nullptr, after, "EXPECT").status());
    }
    return writer.Finish().status();
  }

  FoundFacts FoundOf(const EnrolledChild& child) const {
    const v1::ExpectedChild& after = child.after;
    const std::string_view township = TownshipOf(after.area());
    FoundFacts facts{.person = after.person(),
                     .child_key = after.child_key(),
                     .township = township.empty() ? after.area() : std::string(township),
                     .child = child.file,
                     .findings = {},
                     .actor = actor(),
                     .today = parts_.host.clock.Today(),
                     .tools = &tools_};
    v1::Finding& finding = facts.findings.emplace_back();
    finding.set_channel(v1::DISCOVERY_CHANNEL_ENROLMENT);
    *finding.mutable_on() = DateOf(on_);
    finding.set_source(after.name());
    return facts;
  }

  absl::StatusOr<std::string> Close() {
    const std::string& id = context_.job().id;
    v1::EnrolmentRun run = now_.run();
    run.set_name(absl::StrCat(parent(), "/", kEnrolmentRuns.collection, "/", id));
    run.set_area(shard().substr(1));
    *run.mutable_on() = DateOf(on_);
    run.set_school_year(plan_.school_year());
    run.set_policy(facts_.policy().name());
    const auto close = [&](db::Transaction& tx) -> absl::Status {
      feed::RootWriter writer = NewWriter(tx);
      ASSIGN_OR_RETURN(const auto before, feed::Load<v1::EnrolmentRun>(tx, sealer(), kEnrolmentRuns, shard(), id));
      RETURN_IF_ERROR(writer.Put(kEnrolmentRuns, before.has_value() ? &*before : nullptr, run, "CLOSE").status());
      return writer.Finish().status();
    };
    RETURN_IF_ERROR(context_.Chunk(close, now_.SerializeAsString(), DoneOf(run), DoneOf(run)));
    return run.SerializeAsString();
  }

  const EnrolmentParts& parts_;
  db::JobContext& context_;
  const v1::EnrolmentPlan plan_;
  const absl::CivilDay on_;
  const EnrolmentFacts facts_;
  const CaseTools tools_{parts_.standards.cases, parts_.host.keys};
  v1::EnrolmentCursor now_;
};

}  // namespace

absl::StatusOr<std::string> RunEnrolment(const EnrolmentParts& parts, db::JobContext& context) {
  v1::EnrolmentPlan plan;
  if (!plan.ParseFromString(context.job().input)) {
    return absl::InternalError("enrolment_run: input does not parse");
  }
  const auto on = DayOf(plan.on());
  if (!on.has_value()) {
    return absl::InternalError("enrolment_run: a plan without a day");
  }
  ASSIGN_OR_RETURN(const SchoolYear year, ParseSchoolYear(plan.school_year()));
  ASSIGN_OR_RETURN(EnrolmentFacts facts,
                   EnrolmentFacts::Of(parts.host, parts.standards, context.job().shard, year, *on));
  return Run(parts, context, std::move(plan), *on, std::move(facts)).All();
}

}  // namespace ruraledu::dropout_monitoring
