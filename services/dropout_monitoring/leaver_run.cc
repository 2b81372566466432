#include "services/dropout_monitoring/leaver_run.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/leaver_store.h"
#include "services/dropout_monitoring/page_run.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

struct LeaverChange {
  std::optional<v1::Leaver> before;
  v1::Leaver after;
  bool proven = false;  // by the registry, in this run
};
struct LeaverPage {
  std::string last;  // key done last, "" at the end of the phase
  std::vector<LeaverChange> leavers;
};

class Run {
 public:
  Run(const LeaverParts& parts, db::JobContext& context, v1::LeaverPlan plan, absl::CivilDay on, LeaverDays days,
      std::shared_ptr<const crypto::Sealer> sealer)
      : parts_(parts),
        context_(context),
        plan_(std::move(plan)),
        on_(on),
        days_(std::move(days)),
        sealer_(std::move(sealer)) {}

  absl::StatusOr<std::string> All() {
    if (!now_.ParseFromString(context_.job().cursor)) {
      return absl::DataLossError("the cursor of a run of leavers does not parse");
    }
    // One phase per grade, then all leavers.
    RETURN_IF_ERROR(RunPages(
        parts_.host, context_, plan_.after(), days_.policy->grades_size() + 1,
        [&](db::Transaction& tx, const v1::LeaverRunResult& now) { return Read(tx, now); }, Count,
        [&](db::Transaction& tx, const LeaverPage& page) { return Store(tx, page); },
        [](const v1::LeaverRunResult& now) { return now.leavers(); }, &now_));
    return now_.SerializeAsString();
  }

 private:
  const std::string& shard() const { return context_.job().shard; }
  std::string actor() const { return absl::StrCat("job:", context_.job().id); }
  const LeaverBook& book() const { return parts_.standards.leavers; }

  absl::StatusOr<LeaverPage> Read(db::Transaction& tx, const v1::LeaverRunResult& now) const {
    LeaverPage page;
    RETURN_IF_ERROR(now.phase() < days_.policy->grades_size()
                        ? Join(tx, days_.policy->grades(now.phase()), now.after(), &page)
                        : Refresh(tx, now.after(), &page));
    return page;
  }

  absl::Status Join(db::Transaction& tx, const std::string& grade, const std::string& after, LeaverPage* page) const {
    ASSIGN_OR_RETURN(const auto persons, LeaversToList(tx, shard(), days_.year, grade, after, parts_.page));
    for (const std::string& person : persons) {
      page->last = person;
      LeaverChange change;
      change.after.set_name(absl::StrCat("counties/", shard().substr(1), "/", kLeavers.collection, "/",
                                         plan_.school_year(), ".", grade, ".", person));
      change.after.set_school_year(plan_.school_year());
      change.after.set_grade(grade);
      change.after.set_person(person);
      ASSIGN_OR_RETURN(const bool leaves, Look(tx, &change));
      if (leaves) {
        page->leavers.push_back(std::move(change));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Refresh(db::Transaction& tx, const std::string& after, LeaverPage* page) const {
    ASSIGN_OR_RETURN(auto leavers, LeaversBehind(tx, *sealer_, shard(), plan_.school_year(), "", after, parts_.page));
    for (v1::Leaver& one : leavers) {
      page->last = std::string(feed::IdOfName(one.name()));
      LeaverChange& change = page->leavers.emplace_back();
      change.after = one;
      change.before = std::move(one);
      RETURN_IF_ERROR(Look(tx, &change).status());
    }
    return absl::OkStatus();
  }

  // Takes what the registry says now; false: it is no leaver, or none any more.
  absl::StatusOr<bool> Look(db::Transaction& tx, LeaverChange* change) const {
    v1::Leaver& after = change->after;
    ASSIGN_OR_RETURN(auto student, LoadPupil(tx, *sealer_, shard(), after.person()));
    const bool erased = student.has_value() && student->has_erased_on();
    if (erased || !after.closed_by().empty()) {
      return change->before.has_value();  // figures stay
    }
    const registry_v1::Enrolment* span =
        student.has_value() ? LeavingSpan(days_.year, after.grade(), *student) : nullptr;
    bool leaves = span != nullptr;
    if (leaves) {
      ASSIGN_OR_RETURN(const auto school, FindSchool(tx, shard(), feed::IdOfName(span->school())));
      after.set_school(span->school());
      after.set_area(school.has_value() ? school->area() : shard().substr(1));
      after.set_display_name(student->display_name());
    }
    if (leaves && !student->moved_to().empty()) {  // to the grade of another county, or to what follows it
      ASSIGN_OR_RETURN(student, Moved(tx, student->moved_to()));
      leaves = student.has_value() && LeavingSpan(days_.year, after.grade(), *student) == nullptr;
    }
    if (!leaves) {
      after.set_state(v1::LEAVER_STATE_GONE);
    } else {
      after.clear_state();
      const auto place = PlaceInRegistry(book(), days_.year, after.grade(), *student);
      change->proven = place.has_value() && TakeFromRegistry(*place, actor(), on_, &after);
    }
    SetLeaver(book(), *days_.policy, days_.year, &after);
    return leaves;
  }

  absl::StatusOr<std::optional<registry_v1::Student>> Moved(db::Transaction& tx, const std::string& name) const {
    ASSIGN_OR_RETURN(const std::string there, ShardOfName(name));
    ASSIGN_OR_RETURN(const auto sealer, parts_.host.keys.SealerOf(there));
    return LoadPupil(tx, *sealer, there, feed::IdOfName(name));
  }

  static void Count(const LeaverPage& page, v1::LeaverRunResult* result) {
    for (const LeaverChange& change : page.leavers) {
      const v1::Leaver& leaver = change.after;
      result->set_proven(result->proven() + (change.proven ? 1 : 0));
      if (!change.before.has_value()) {
        result->set_fresh(result->fresh() + 1);
      } else if (leaver.state() != v1::LEAVER_STATE_GONE) {
        result->set_leavers(result->leavers() + 1);
        result->set_known(result->known() + (leaver.state() == v1::LEAVER_STATE_KNOWN ? 1 : 0));
        result->set_to_call(result->to_call() + (leaver.has_call_due_on() ? 1 : 0));
      }
    }
  }

  absl::Status Store(db::Transaction& tx, const LeaverPage& page) const {
    feed::RootWriter writer(tx, *sealer_, {actor(), context_.job().id}, parts_.host.NewCounters());
    for (const LeaverChange& change : page.leavers) {
      ASSIGN_OR_RETURN(const auto present,
                       feed::Load<v1::Leaver>(tx, *sealer_, kLeavers, shard(), feed::IdOfName(change.after.name())));
      const std::string seen = change.before.has_value() ? change.before->etag() : "";
      if ((present.has_value() ? present->etag() : "") != seen) {
        return Fail("HEAD_MOVED", {{"shard", shard()}});
      }
      RETURN_IF_ERROR(writer.Put(kLeavers, present.has_value() ? &*present : nullptr, change.after, "LIST").status());
    }
    return writer.Finish().status();
  }

  const LeaverParts& parts_;
  db::JobContext& context_;
  const v1::LeaverPlan plan_;
  const absl::CivilDay on_;
  const LeaverDays days_;
  const std::shared_ptr<const crypto::Sealer> sealer_;
  v1::LeaverRunResult now_;
};

}  // namespace

absl::StatusOr<LeaverDays> LeaverDaysOf(const Standards& standards, const std::string& shard, const SchoolYear& year) {
  const absl::CivilDay ends = standards.terms.LastDay({year, Season::kSpring});
  ASSIGN_OR_RETURN(const auto* policy, standards.leavers.policies.InForce(RegionOfShard(shard), ends));
  return LeaverDays{policy, LeaverYearOf(standards.terms, *policy, year)};
}

absl::StatusOr<std::string> RunLeavers(const LeaverParts& parts, db::JobContext& context) {
  v1::LeaverPlan plan;
  if (!plan.ParseFromString(context.job().input)) {
    return absl::InternalError("leaver_run: input does not parse");
  }
  const auto on = DayOf(plan.on());
  if (!on.has_value()) {
    return absl::InternalError("leaver_run: a plan without a day");
  }
  const std::string& shard = context.job().shard;
  ASSIGN_OR_RETURN(const SchoolYear year, ParseSchoolYear(plan.school_year()));
  ASSIGN_OR_RETURN(LeaverDays days, LeaverDaysOf(parts.standards, shard, year));
  ASSIGN_OR_RETURN(auto sealer, parts.host.keys.SealerOf(shard));
  return Run(parts, context, std::move(plan), *on, std::move(days), std::move(sealer)).All();
}

}  // namespace ruraledu::dropout_monitoring
