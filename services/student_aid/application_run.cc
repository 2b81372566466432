#include "services/student_aid/application_run.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "common/feed/heads.h"
#include "services/student_aid/application_rules.h"
#include "services/student_aid/department_store.h"
#include "services/student_aid/owing_rules.h"
#include "services/student_aid/reassess_rules.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr absl::Duration kFactsPause = absl::Milliseconds(200);

// What a page knows of one person.
struct Person {
  v1::Decision decision;
  std::map<std::string, v1::Application> mine;  // by item
  std::vector<v1::Application> others;          // of those who were merged into the person
  std::map<v1::BenefitFamily, int64_t> given;   // recorded aid in fen; a waiver without an amount is 0
  bool stands = false;                          // an identification, confirmed for the term
  PupilMoney money;                             // what counts under caps; nothing where none holds
};

class ApplicationRun {
 public:
  ApplicationRun(const ApplicationParts& parts, db::JobContext& context, v1::ApplicationPlan plan, Term term,
                 absl::CivilDay day)
      : parts_(parts),
        context_(context),
        plan_(std::move(plan)),
        term_(term),
        act_{absl::StrCat("job:", context.job().id), day, ""} {}

  absl::StatusOr<std::string> Run() {
    if (!now_.ParseFromString(context_.job().cursor)) {
      return absl::DataLossError("the cursor of applications does not parse");
    }
    ASSIGN_OR_RETURN(sealer_, parts_.host.keys.SealerOf(shard()));
    const std::string region = absl::StrCat(county(), "000000");
    policy_ = parts_.applications.InForce(region, term_);
    const v1::IdentificationPolicy* kinds = parts_.tables.InForce(region, term_);
    if (policy_ == nullptr || kinds == nullptr) {
      return Fail("POLICY_MISSING", {{"region", region}, {"term", plan_.term()}});
    }
    compared_ = ComparedKinds(*kinds);
    capped_ = !parts_.departments.CapsOn(region, parts_.departments.calendar().FirstDay(term_)).empty();
    for (bool more = true; more;) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      ASSIGN_OR_RETURN(more, Page());
    }
    return now_.SerializeAsString();
  }

 private:
  const std::string& shard() const { return context_.job().shard; }
  std::string county() const { return shard().substr(1); }
  std::string parent() const { return absl::StrCat("counties/", county()); }

  struct Snapshot {
    DecisionPage page;
    RestrictionMap restrictions;
    std::map<std::string, PupilMoney> money;
    bool ready = false, decided = false;
  };
  absl::StatusOr<Snapshot> Read() {
    const std::string instance = parts_.host.database.instance();
    return parts_.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<Snapshot> {
      Snapshot snapshot;
      ASSIGN_OR_RETURN(const bool reached, feed::Reached(tx, "student_aid", instance, plan_.after()));
      ASSIGN_OR_RETURN(const bool open, BatchOpen(tx, shard()));
      snapshot.ready = reached && !open;
      ASSIGN_OR_RETURN(const auto runs,
                       FindRuns(tx, *sealer_, shard(), v1::RUN_KIND_ENTITLEMENT, plan_.term(), v1::RUN_STATE_CLOSED));
      snapshot.decided = !runs.empty();
      ASSIGN_OR_RETURN(snapshot.restrictions, OpenRestrictions(tx, *sealer_, shard()));
      ASSIGN_OR_RETURN(snapshot.page, ReadDecisions(tx, shard(), plan_.term(), now_.person(), parts_.page));
      if (capped_) {
        ASSIGN_OR_RETURN(snapshot.money, MoneyOf(tx, parts_.book, parts_.departments, shard(),
                                                 FirstColumn(snapshot.page.decisions), term_));
      }
      return snapshot;
    });
  }

  // One page; false when there was none.
  absl::StatusOr<bool> Page() {
    ASSIGN_OR_RETURN(const Snapshot snapshot, Read());
    if (!snapshot.ready) {
      return context_.Postpone(db::JobState::kWaitingForFeed, kFactsPause);
    }
    if (!snapshot.decided) {
      return Fail("ENTITLEMENT_RUN_MISSING", {{"term", plan_.term()}});
    }
    if (snapshot.page.decisions.empty()) {
      return false;
    }
    ASSIGN_OR_RETURN(auto persons, Open(snapshot.page));
    for (Person& person : persons) {
      if (const auto money = snapshot.money.find(person.decision.person()); money != snapshot.money.end()) {
        person.money = money->second;
      }
    }
    next_ = now_;
    next_.set_person(snapshot.page.decisions.back().Text(0));
    next_.set_persons(next_.persons() + static_cast<int64_t>(persons.size()));
    seen_.clear();
    feed::RootWriter writer(shard(), *sealer_, {act_.person, context_.job().id}, parts_.host.NewCounters());
    for (const Person& person : persons) {
      RETURN_IF_ERROR(Settle(person, snapshot.restrictions, &writer));
    }
    const absl::Status written = context_.Chunk(
        [&](db::Transaction& tx) -> absl::Status {
          if (plan_.preview()) {
            return absl::OkStatus();
          }
          RETURN_IF_ERROR(CheckUnchanged(tx, kApplications, seen_));
          return writer.Write(tx).status();
        },
        next_.SerializeAsString(), next_.persons(), 0);
    if (ReasonOf(written) == "HEAD_MOVED") {
      return true;  // somebody was faster: the page is read again
    }
    RETURN_IF_ERROR(written);
    now_ = next_;
    return true;
  }

  // The persons of a page, in order.
  absl::StatusOr<std::vector<Person>> Open(const DecisionPage& page) const {
    std::vector<Person> persons;
    std::map<std::string, size_t> at;
    for (const db::Row& row : page.decisions) {
      at[row.Text(0)] = persons.size();
      RETURN_IF_ERROR(feed::ReadRoot(row, 2, kDecisions, row.Text(1), sealer_.get(), &persons.emplace_back().decision));
    }
    const auto of = [&](const db::Row& row) -> Person* {
      const auto found = at.find(row.Text(0));
      return found == at.end() ? nullptr : &persons[found->second];
    };
    for (const db::Row& row : page.applications) {
      v1::Application application;
      RETURN_IF_ERROR(feed::ReadRoot(row, 2, kApplications, row.Text(1), sealer_.get(), &application));
      Person* const person = of(row);
      if (person != nullptr && application.person() == row.Text(0)) {
        person->mine[application.item()] = std::move(application);
      } else if (person != nullptr) {
        person->others.push_back(std::move(application));
      }
    }
    for (const db::Row& row : page.aid) {
      v1::AidRecord record;
      RETURN_IF_ERROR(feed::ReadRoot(row, 2, kAidRecords, row.Text(1), nullptr, &record));
      if (Person* const person = of(row); person != nullptr && record.source() != kOwnAid) {
        person->given[parts_.book.FamilyOf(record.item())] += record.amount_fen();
      }
    }
    for (const db::Row& row : page.identifications) {
      v1::Identification record;
      RETURN_IF_ERROR(feed::ReadRoot(row, 2, kIdentifications, row.Text(1), nullptr, &record));
      if (Person* const person = of(row); person != nullptr) {
        person->stands |= !record.disputed() && LevelIn(record, plan_.term()) > 0;
      }
    }
    return persons;
  }

  // What is there first: an item that ends makes room for another one of its family.
  absl::Status Settle(const Person& person, const RestrictionMap& restrictions, feed::RootWriter* writer) {
    const auto items = CashItems(person.decision.answer());
    RETURN_IF_ERROR(SettleOwed(person, items));
    std::set<v1::BenefitFamily> out;  // families whose money is out
    for (const v1::Application& other : person.others) {
      if (IsLive(other.state())) {
        out.insert(other.family());
      }
    }
    for (const auto& [code, before] : person.mine) {
      const auto granted = items.find(code);
      if (!before.outward_case().empty()) {  // goes by its case, not by a decision
        if (IsLive(before.state())) {
          out.insert(before.family());
        }
        continue;
      }
      if (before.state() == v1::APPLICATION_STATE_PAID && StandsBeside(parts_.book, person.decision, code)) {
        continue;
      }
      ASSIGN_OR_RETURN(const v1::Application after,
                       Renew(person, before, granted == items.end() ? nullptr : granted->second, writer));
      if (IsOrdered(after.state())) {
        out.insert(after.family());
      }
    }
    for (const auto& [code, item] : items) {
      if (!person.mine.contains(code)) {
        RETURN_IF_ERROR(OpenNew(person, *item, restrictions, out, writer));
      }
    }
    return absl::OkStatus();
  }

  // --- What is new --------------------------------------------------------------------------------------------------

  absl::Status OpenNew(const Person& person, const v1::EntitledItem& item, const RestrictionMap& restrictions,
                       const std::set<v1::BenefitFamily>& out, feed::RootWriter* writer) {
    const v1::Decision& decision = person.decision;
    v1::Application application;
    application.set_name(
        absl::StrCat(parent(), "/applications/", decision.person(), ".", plan_.term(), ".", item.item()));
    const auto& [owed, cap] = owing_.at(item.item());
    if (owed == 0 && !cap.empty()) {
      next_.set_capped(next_.capped() + 1);
      return absl::OkStatus();
    }
    if (owed == 0 || out.contains(item.family())) {
      next_.set_given(next_.given() + 1);
      return absl::OkStatus();
    }
    if (StopsApplication(restrictions, decision.person(), application.name(), act_.on)) {
      next_.set_restricted(next_.restricted() + 1);
      return absl::OkStatus();
    }
    application.set_person(decision.person());
    application.set_term(plan_.term());
    application.set_item(item.item());
    application.set_family(item.family());
    Place(decision, &application);
    const Basis basis = BasisOf(item, compared_, person.stands);
    OpenApplication(act_, *policy_, AssessmentOf(decision, CauseOfNew(item, basis), owed, "", cap), &application);
    RETURN_IF_ERROR(HandIn(person, item, basis, &application));
    return Put(nullptr, application,
               basis.without_paper ? v1::APPLICATION_CHANGE_PROPOSED : v1::APPLICATION_CHANGE_DRAFTED, writer);
  }

  void Place(const v1::Decision& decision, v1::Application* application) const {
    application->set_area(decision.area());
    application->set_school(SchoolName(decision.area()));
  }
  std::string SchoolName(std::string_view area) const {
    const std::string_view school = SchoolOf(area);
    return school.empty() ? "" : absl::StrCat(parent(), "/schools/", feed::IdOfName(school));
  }

  // What it rests on; handed in when that needs no paper.
  absl::Status HandIn(const Person& person, const v1::EntitledItem& item, const Basis& basis,
                      v1::Application* application) const {
    *application->mutable_positions() = person.decision.positions();
    application->set_supplementary(item.supplementary());
    application->set_identification(
        basis.identification
            ? absl::StrCat(parent(), "/identifications/", person.decision.person(), ".", term_.year.text())
            : "");
    if (!basis.without_paper || application->state() != v1::APPLICATION_STATE_DRAFT) {
      return absl::OkStatus();
    }
    application->set_proposed(true);
    return SubmitApplication(act_, application);
  }

  absl::Status SettleOwed(const Person& person, const std::map<std::string, const v1::EntitledItem*>& items) {
    OwedFacts facts{person.decision.person(), absl::StrCat(county(), "000000"), plan_.term()};
    for (const auto& [code, item] : items) {
      const auto mine = person.mine.find(code);
      facts.items[code] = {item->family(), Granted(person, *item), mine == person.mine.end() ? nullptr : &mine->second};
    }
    facts.own = person.money.own;
    facts.others = person.money.others;
    ASSIGN_OR_RETURN(owing_, WorkOutOwed(parts_.departments, facts));
    return absl::OkStatus();
  }

  int64_t Granted(const Person& person, const v1::EntitledItem& item) const {
    const auto given = person.given.find(item.family());
    const bool waived = given != person.given.end() && given->second == 0;
    return waived ? 0
                  : OwedFen(parts_.book, item, person.decision.input().facts(),
                            given == person.given.end() ? 0 : given->second);
  }

  v1::Assessment AssessmentOf(const v1::Decision& decision, v1::AssessmentCause cause, int64_t amount_fen,
                              const std::string& reason, const std::string& cap = "") const {
    v1::Assessment assessment;
    assessment.set_cap(cap);
    assessment.set_cause(cause);
    assessment.set_decision(decision.name());
    assessment.set_amount_fen(amount_fen);
    *assessment.mutable_on() = DateOf(act_.on);
    assessment.set_reason(reason);
    return assessment;
  }

  // --- What is there ------------------------------------------------------------------------------------------------

  // `item`: as it is granted now, null when it is not.
  absl::StatusOr<v1::Application> Renew(const Person& person, const v1::Application& before,
                                        const v1::EntitledItem* item, feed::RootWriter* writer) {
    v1::Application after = before;
    v1::ApplicationChange change = v1::APPLICATION_CHANGE_UNSPECIFIED;
    const int64_t owed = item == nullptr ? 0 : owing_.at(item->item()).fen;
    switch (before.state()) {
      case v1::APPLICATION_STATE_REJECTED:
      case v1::APPLICATION_STATE_RECOVERING:
      case v1::APPLICATION_STATE_RECOVERED:
      case v1::APPLICATION_STATE_WRITTEN_OFF:
        return after;
      case v1::APPLICATION_STATE_WITHDRAWN: {
        ASSIGN_OR_RETURN(change, Again(person, item, owed, &after));
        break;
      }
      case v1::APPLICATION_STATE_ORDERED: {
        change = owed != before.amount_fen() ? v1::APPLICATION_CHANGE_WAITS : v1::APPLICATION_CHANGE_UNSPECIFIED;
        break;
      }
      case v1::APPLICATION_STATE_PAID: {
        ASSIGN_OR_RETURN(change, Paid(person, before, owed, &after));
        break;
      }
      default: {
        ASSIGN_OR_RETURN(change, owed == 0 ? Gone(person, before, &after) : Changed(person, *item, owed, &after));
        break;
      }
    }
    RETURN_IF_ERROR(Put(&before, after, change, writer));
    return after;
  }

  absl::StatusOr<v1::ApplicationChange> Again(const Person& person, const v1::EntitledItem* item, int64_t owed,
                                              v1::Application* after) {
    if (owed == 0 || after->amount_fen() > 0) {  // taken back by the family, not because nothing was granted
      return v1::APPLICATION_CHANGE_UNSPECIFIED;
    }
    ASSIGN_OR_RETURN(const v1::AssessmentCause cause, Cause(person, *after));
    ASSIGN_OR_RETURN(const auto* policy, PolicyOf(parts_.applications, *after));
    Place(person.decision, after);
    after->set_proposed(false);
    RETURN_IF_ERROR(ReopenApplication(
        act_, *policy, AssessmentOf(person.decision, cause, owed, "", owing_.at(item->item()).cap), after));
    const Basis basis = BasisOf(*item, compared_, person.stands);
    RETURN_IF_ERROR(HandIn(person, *item, basis, after));
    return basis.without_paper ? v1::APPLICATION_CHANGE_PROPOSED : v1::APPLICATION_CHANGE_DRAFTED;
  }

  // Money of somebody who is another record now belongs to that one.
  absl::StatusOr<v1::ApplicationChange> Paid(const Person& person, const v1::Application& before, int64_t owed,
                                             v1::Application* after) {
    if (owed == before.amount_fen() || person.decision.input().facts().status() == "MERGED") {
      return v1::APPLICATION_CHANGE_UNSPECIFIED;
    }
    ASSIGN_OR_RETURN(const v1::AssessmentCause cause, Cause(person, before));
    ASSIGN_OR_RETURN(const auto* policy, PolicyOf(parts_.applications, before));
    const std::string reason = owed == 0 ? ReasonGone(person.decision, before.item()) : "";
    const std::string cap = owed == 0 ? "" : owing_.at(before.item()).cap;
    RETURN_IF_ERROR(Reassess(act_, *policy, AssessmentOf(person.decision, cause, owed, reason, cap), after));
    return after->overpaid() ? v1::APPLICATION_CHANGE_OVERPAID : v1::APPLICATION_CHANGE_REASSESSED;
  }

  absl::StatusOr<v1::ApplicationChange> Gone(const Person& person, const v1::Application& before,
                                             v1::Application* after) {
    ASSIGN_OR_RETURN(const v1::AssessmentCause cause, Cause(person, before));
    ASSIGN_OR_RETURN(const auto* policy, PolicyOf(parts_.applications, before));
    const auto granted = owing_.find(before.item());
    const std::string cap = granted == owing_.end() ? "" : granted->second.cap;
    const std::string reason = granted == owing_.end() ? ReasonGone(person.decision, before.item())
                               : cap.empty()           ? "ALREADY_RECEIVED"
                                                       : "AID_CAP_EXCEEDED";
    Act act = act_;
    act.reason = reason;
    RETURN_IF_ERROR(Lapse(act, *policy, AssessmentOf(person.decision, cause, 0, reason, cap), after));
    return v1::APPLICATION_CHANGE_WITHDRAWN;
  }

  absl::StatusOr<v1::ApplicationChange> Changed(const Person& person, const v1::EntitledItem& item, int64_t owed,
                                                v1::Application* after) {
    v1::ApplicationChange change = v1::APPLICATION_CHANGE_UNSPECIFIED;
    const std::string& area = person.decision.area();
    if (after->area() != area && after->state() != v1::APPLICATION_STATE_SUSPENDED) {
      RETURN_IF_ERROR(Relist(act_, area, SchoolName(area), after));
      change = v1::APPLICATION_CHANGE_RELISTED;
    }
    if (after->amount_fen() != owed) {
      ASSIGN_OR_RETURN(const v1::AssessmentCause cause, Cause(person, *after));
      ASSIGN_OR_RETURN(const auto* policy, PolicyOf(parts_.applications, *after));
      RETURN_IF_ERROR(
          Reassess(act_, *policy, AssessmentOf(person.decision, cause, owed, "", owing_.at(item.item()).cap), after));
      change = change == v1::APPLICATION_CHANGE_UNSPECIFIED ? v1::APPLICATION_CHANGE_REASSESSED : change;
    }
    const Basis basis = BasisOf(item, compared_, person.stands);
    const bool draft = after->state() == v1::APPLICATION_STATE_DRAFT;
    if (draft || change != v1::APPLICATION_CHANGE_UNSPECIFIED) {
      RETURN_IF_ERROR(HandIn(person, item, basis, after));
    }
    return draft && basis.without_paper ? v1::APPLICATION_CHANGE_PROPOSED : change;
  }

  // Against the decision of the last assessment. The same decision: a cap leaves another part, or aid was recorded, or
  // is recorded no more.
  absl::StatusOr<v1::AssessmentCause> Cause(const Person& person, const v1::Application& application) const {
    const auto owing = owing_.find(application.item());
    const bool cut = owing != owing_.end() && !owing->second.cap.empty();
    const auto& assessments = application.assessments();
    const std::string last = assessments.empty() ? "" : assessments.rbegin()->decision();
    if (last == person.decision.name()) {
      return cut || !CapOf(application).empty() ? v1::ASSESSMENT_CAUSE_CAP : v1::ASSESSMENT_CAUSE_CLAIM;
    }
    ASSIGN_OR_RETURN(const auto before, parts_.host.database.Read([&](db::Transaction& tx) {
      return feed::Load<v1::Decision>(tx, *sealer_, kDecisions, shard(), feed::IdOfName(last));
    }));
    return before.has_value() ? CauseOf(*before, person.decision, application.item())
                              : v1::ASSESSMENT_CAUSE_REGISTRY_CHANGE;
  }

  absl::Status Put(const v1::Application* before, const v1::Application& after, v1::ApplicationChange change,
                   feed::RootWriter* writer) {
    if (change == v1::APPLICATION_CHANGE_UNSPECIFIED) {
      return absl::OkStatus();
    }
    v1::TouchedApplication touched;
    touched.set_name(after.name());
    touched.set_change(change);
    touched.set_from_fen(before == nullptr ? 0 : before->amount_fen());
    touched.set_to_fen(after.amount_fen());
    const bool assessed = before == nullptr || after.assessments_size() > before->assessments_size();
    if (assessed) {
      touched.set_cause(after.assessments().rbegin()->cause());
      touched.set_reason(after.assessments().rbegin()->reason());
    }
    CountTouched(touched, after.item(), &next_);
    if (change == v1::APPLICATION_CHANGE_WAITS || plan_.preview()) {
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(writer->Put(kApplications, before, after, v1::ApplicationChange_Name(change)).status());
    seen_.emplace_back(feed::IdOfName(after.name()), before == nullptr ? "" : before->etag());
    return absl::OkStatus();
  }

  const ApplicationParts& parts_;
  db::JobContext& context_;
  const v1::ApplicationPlan plan_;
  const Term term_;
  const Act act_;
  std::shared_ptr<const crypto::Sealer> sealer_;
  const v1::ApplicationPolicy* policy_ = nullptr;
  std::set<std::string> compared_;
  bool capped_ = false;                                    // a cap holds in the county
  std::map<std::string, Owing> owing_;                     // of the person under way, by item
  v1::ApplicationRunResult now_, next_;                    // stored; with the page under way
  std::vector<std::pair<std::string, std::string>> seen_;  // id and etag of what the page changes
};

}  // namespace

absl::StatusOr<std::string> RunApplications(const ApplicationParts& parts, db::JobContext& context) {
  v1::ApplicationPlan plan;
  if (!plan.ParseFromString(context.job().input)) {
    return absl::InternalError("application_proposals: input does not parse");
  }
  ASSIGN_OR_RETURN(const Term term, ParseTerm(plan.term()));
  const auto day = DayOf(plan.on());
  if (!day.has_value()) {
    return absl::InternalError("application_proposals: a plan without a day");
  }
  return ApplicationRun(parts, context, std::move(plan), term, *day).Run();
}

}  // namespace ruraledu::student_aid
