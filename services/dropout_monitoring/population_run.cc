#include "services/dropout_monitoring/population_run.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "services/dropout_monitoring/case_adoption.h"
#include "services/dropout_monitoring/page_run.h"
#include "services/dropout_monitoring/population_facts.h"
#include "services/dropout_monitoring/population_figure_rules.h"
#include "services/dropout_monitoring/population_tables.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

class Comparison {
 public:
  Comparison(const ComparisonParts& parts, db::JobContext& context, v1::ComparisonPlan plan, absl::CivilDay on,
             PopulationFacts facts)
      : parts_(parts), context_(context), plan_(std::move(plan)), on_(on), facts_(std::move(facts)) {}

  absl::StatusOr<std::string> Run() {
    if (!now_.ParseFromString(context_.job().cursor)) {
      return absl::DataLossError("the cursor of a comparison does not parse");
    }
    RETURN_IF_ERROR(RunPages(
        parts_.host, context_, plan_.after(), PopulationFacts::kPhases,
        [&](db::Transaction& tx, const v1::ComparisonCursor& now) {
          return facts_.Read(tx, now.phase(), now.after(), parts_.page);
        },
        [&](const ComparisonPage& page, v1::ComparisonCursor* next) { Count(page, next->mutable_run()); },
        [&](db::Transaction& tx, const ComparisonPage& page) { return Store(tx, page); },
        [](const v1::ComparisonCursor& now) { return DoneOf(now.run()); }, &now_));
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

  void Count(const ComparisonPage& page, v1::ComparisonRun* run) const {
    AddFigures(page.figures, run);
    for (const ComparedChild& child : page.children) {
      CountKinds(child.kinds, child.before, run);
      run->set_cases_opened(run->cases_opened() + (child.case_name.empty() && !Opening(child).empty() ? 1 : 0));
    }
  }

  static int64_t DoneOf(const v1::ComparisonRun& run) { return run.pupils() + run.residents() + run.members(); }

  // Kinds that are new and open a case.
  std::vector<v1::ComparisonKind> Opening(const ComparedChild& child) const {
    std::vector<v1::ComparisonKind> kinds = FreshKinds(child.kinds, child.before);
    const ComparisonBook& book = parts_.standards.comparisons;
    kinds.erase(std::remove_if(kinds.begin(), kinds.end(), [&](auto kind) { return !book.Row(kind).opens_case; }),
                kinds.end());
    return kinds;
  }

  absl::Status Store(db::Transaction& tx, const ComparisonPage& page) const {
    feed::RootWriter writer = NewWriter(tx);
    std::set<std::string> adopters;  // the writer's rows are not read back: once for a person and write
    for (const ComparedChild& child : page.children) {
      if (child.resident.has_value()) {
        ASSIGN_OR_RETURN(const auto present, feed::Load<v1::Resident>(tx, sealer(), kResidents, shard(), child.key));
        RETURN_IF_ERROR(CheckSame(present, *child.resident));
        RETURN_IF_ERROR(writer.Put(kResidents, &*present, *child.after, "COMPARE").status());
      }
      if (!child.adopter.empty() && adopters.insert(child.adopter).second) {
        RETURN_IF_ERROR(AdoptCase(tx, writer, {child.key, child.adopter, actor(), parts_.host.clock.Today(), &tools_}));
      }
      std::string case_name = child.case_name;
      if (const auto opening = Opening(child); !opening.empty()) {
        ASSIGN_OR_RETURN(case_name, OpenFound(tx, writer, FoundOf(child, opening)));
      }
      for (const v1::ComparisonKind kind : child.kinds) {
        RETURN_IF_ERROR(StoreFinding(tx, writer, child, kind, case_name));
      }
      RETURN_IF_ERROR(StoreGone(tx, writer, child));
    }
    return writer.Finish().status();
  }

  template <typename M>
  static absl::Status CheckSame(const std::optional<M>& present, const M& seen) {
    return present.has_value() && present->etag() == seen.etag() ? absl::OkStatus() : Fail("HEAD_MOVED");
  }

  FoundFacts FoundOf(const ComparedChild& child, const std::vector<v1::ComparisonKind>& opening) const {
    const std::string_view township = TownshipOf(child.area);
    FoundFacts facts{.person = child.person,
                     .child_key = child.key,
                     .township = township.empty() ? child.area : std::string(township),
                     .child = child.file,
                     .findings = {},
                     .actor = actor(),
                     .today = parts_.host.clock.Today(),
                     .tools = &tools_};
    for (const v1::ComparisonKind kind : opening) {
      v1::Finding& finding = facts.findings.emplace_back();
      finding.set_channel(parts_.standards.comparisons.Row(kind).channel);
      *finding.mutable_on() = DateOf(on_);
      finding.set_source(NameOf(child, kind));
    }
    return facts;
  }

  std::string NameOf(const ComparedChild& child, v1::ComparisonKind kind) const {
    return absl::StrCat(parent(), "/", kComparisonFindings.collection, "/", child.key, ".", EnumText(kind));
  }

  absl::Status StoreFinding(db::Transaction& tx, feed::RootWriter& writer, const ComparedChild& child,
                            v1::ComparisonKind kind, const std::string& case_name) const {
    const std::string name = NameOf(child, kind);
    ASSIGN_OR_RETURN(const auto before, feed::Load<v1::ComparisonFinding>(tx, sealer(), kComparisonFindings, shard(),
                                                                          feed::IdOfName(name)));
    v1::ComparisonFinding after = before.value_or(v1::ComparisonFinding());
    if (!before.has_value() || !before->gone_by().empty()) {
      after.set_name(name);
      after.set_kind(kind);
      after.set_child_key(child.key);
      after.set_times(after.times() + 1);
      *after.mutable_found_on() = DateOf(on_);
      after.set_found_by(context_.job().id);
      after.clear_gone_on();
      after.clear_gone_by();
      after.clear_keep_until();
    }
    after.set_area(child.area);
    after.set_village(child.village);
    after.set_source(child.source);
    after.mutable_kinds()->Assign(child.hardships.begin(), child.hardships.end());
    if (!case_name.empty()) {
      after.set_case_name(case_name);
    }
    return writer.Put(kComparisonFindings, before.has_value() ? &*before : nullptr, after, "COMPARE").status();
  }

  absl::Status StoreGone(db::Transaction& tx, feed::RootWriter& writer, const ComparedChild& child) const {
    const auto kinds = GoneKinds(child.kinds, child.before);
    for (const v1::ComparisonFinding& finding : child.before) {
      if (std::find(kinds.begin(), kinds.end(), finding.kind()) == kinds.end()) {
        continue;
      }
      ASSIGN_OR_RETURN(const auto present, feed::Load<v1::ComparisonFinding>(tx, sealer(), kComparisonFindings, shard(),
                                                                             feed::IdOfName(finding.name())));
      RETURN_IF_ERROR(CheckSame(present, finding));
      v1::ComparisonFinding gone = finding;
      *gone.mutable_gone_on() = DateOf(on_);
      gone.set_gone_by(context_.job().id);
      if (!AboutStudent(gone)) {
        ASSIGN_OR_RETURN(const auto* policy, parts_.standards.cases.InForce(RegionOfShard(shard()), on_));
        *gone.mutable_keep_until() = DateOf(on_ + policy->unnamed_days());
      }
      RETURN_IF_ERROR(writer.Put(kComparisonFindings, &finding, gone, "COMPARE").status());
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Close() {
    const std::string& id = context_.job().id;
    v1::ComparisonRun run = now_.run();
    run.set_name(absl::StrCat(parent(), "/", kComparisonRuns.collection, "/", id));
    run.set_area(shard().substr(1));
    *run.mutable_on() = DateOf(on_);
    run.set_school_year(facts_.year().text());
    const auto close = [&](db::Transaction& tx) -> absl::Status {
      feed::RootWriter writer = NewWriter(tx);
      ASSIGN_OR_RETURN(const auto before, feed::Load<v1::ComparisonRun>(tx, sealer(), kComparisonRuns, shard(), id));
      RETURN_IF_ERROR(writer.Put(kComparisonRuns, before.has_value() ? &*before : nullptr, run, "CLOSE").status());
      return writer.Finish().status();
    };
    RETURN_IF_ERROR(context_.Chunk(close, now_.SerializeAsString(), DoneOf(run), DoneOf(run)));
    return run.SerializeAsString();
  }

  const ComparisonParts& parts_;
  db::JobContext& context_;
  const v1::ComparisonPlan plan_;
  const absl::CivilDay on_;
  const PopulationFacts facts_;
  const CaseTools tools_{parts_.standards.cases, parts_.host.keys};
  v1::ComparisonCursor now_;
};

}  // namespace

absl::StatusOr<std::string> RunComparison(const ComparisonParts& parts, db::JobContext& context) {
  v1::ComparisonPlan plan;
  if (!plan.ParseFromString(context.job().input)) {
    return absl::InternalError("population_comparison: input does not parse");
  }
  const auto on = DayOf(plan.on());
  if (!on.has_value()) {
    return absl::InternalError("population_comparison: a plan without a day");
  }
  ASSIGN_OR_RETURN(PopulationFacts facts, PopulationFacts::Of(parts.host, parts.standards, context.job().shard, *on));
  return Comparison(parts, context, std::move(plan), *on, std::move(facts)).Run();
}

}  // namespace ruraledu::dropout_monitoring
