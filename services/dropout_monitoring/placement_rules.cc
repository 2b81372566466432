#include "services/dropout_monitoring/placement_rules.h"

#include <algorithm>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/record_state.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int32_t kMostNumber = 1000;
constexpr int kMostMonths = 36;
constexpr int32_t kMostMonthDay = 1231;
constexpr int kHundred = 100;
constexpr int kLeapYear = 2024;
constexpr int kPercent = 100;
constexpr int kMostRows = 400;
constexpr std::string_view kAble = "ABLE";
constexpr std::string_view kNotAble = "NOT_ABLE";

bool IsDay(int month_and_day) {
  const absl::CivilDay day(kLeapYear, month_and_day / kHundred, month_and_day % kHundred);
  return day.month() == month_and_day / kHundred && day.day() == month_and_day % kHundred;
}

// When the expert committee looks (committee_rules.h).
absl::Status ReadCommittee(const DataTable& table, size_t row, v1::PlacementPolicy* policy) {
  for (const std::string_view grade : absl::StrSplit(table.Get(row, "last_grades"), '|', absl::SkipEmpty())) {
    policy->add_last_grades(std::string(grade));
  }
  int32_t review_by = 0, transition_by = 0, new_days = 0;
  const bool numbers = ReadNumber(table, row, "review_by", 1, kMostMonthDay, &review_by) &&
                       ReadNumber(table, row, "transition_by", 1, kMostMonthDay, &transition_by) &&
                       ReadNumber(table, row, "new_days", 0, kMostNumber, &new_days);
  if (policy->last_grades().empty() || !numbers || !IsDay(review_by) || !IsDay(transition_by)) {
    return table.Error(row, "last_grades are named; review_by and transition_by are a month and day: 1130 and 531");
  }
  policy->set_review_by(review_by);
  policy->set_transition_by(transition_by);
  policy->set_new_days(new_days);
  return absl::OkStatus();
}

absl::Status ReadPolicy(const DataTable& table, size_t row, v1::PlacementPolicy* policy) {
  struct Column {
    std::string_view name;
    int32_t least, most;
    void (v1::PlacementPolicy::*set)(int32_t);
  };
  for (const Column& column :
       {Column{"age_from", 1, kMostNumber, &v1::PlacementPolicy::set_age_from},
        Column{"age_to", 1, kMostNumber, &v1::PlacementPolicy::set_age_to},
        Column{"lessons_per_year", 0, kMostNumber, &v1::PlacementPolicy::set_lessons_per_year},
        Column{"gap_days", 1, kMostNumber, &v1::PlacementPolicy::set_gap_days},
        Column{"review_months", 1, kMostMonths, &v1::PlacementPolicy::set_review_months},
        Column{"ends_notice_days", 0, kMostNumber, &v1::PlacementPolicy::set_ends_notice_days},
        Column{"enrolment_target", 0, kPercent, &v1::PlacementPolicy::set_enrolment_target},
        Column{"placement_target", 0, kPercent, &v1::PlacementPolicy::set_placement_target},
        Column{"three_kinds_target", 0, kPercent, &v1::PlacementPolicy::set_three_kinds_target}}) {
    int32_t number = 0;
    if (!ReadNumber(table, row, column.name, column.least, column.most, &number)) {
      return table.Error(row, absl::StrCat(column.name, " lies between ", column.least, " and ", column.most));
    }
    (policy->*column.set)(number);
  }
  return policy->age_from() <= policy->age_to() ? ReadCommittee(table, row, policy)
                                                : table.Error(row, "age_from is above age_to");
}

absl::StatusOr<v1::PlacementKind> ReadKind(const CodeEntry& entry) {
  v1::PlacementKind kind;
  kind.set_code(entry.code);
  kind.set_label_zh(entry.label_zh);
  kind.set_placed(entry.Attribute("placed") == "yes");
  kind.set_placed_with_plan(entry.Attribute("placed") == "with_plan");
  kind.set_needs_plan(entry.Attribute("plan") == "yes");
  kind.set_at_home(entry.Attribute("at_home") == "yes");
  kind.set_apart(entry.Attribute("apart") == "yes");
  kind.set_opinion(std::string(entry.Attribute("opinion")));
  for (const std::string_view paper : absl::StrSplit(entry.Attribute("evidence"), '|', absl::SkipEmpty())) {
    kind.add_evidence(std::string(paper));
  }
  int32_t months = 0;
  const bool opinion = kind.opinion().empty() || kind.opinion() == kAble || kind.opinion() == kNotAble;
  if (!opinion || !absl::SimpleAtoi(entry.Attribute("most_months"), &months) || months < 0 || months > kMostMonths) {
    return Fail("DATA_FILE",
                {{"file", "placement_kind.csv"}, {"line", "0"}, {"problem", "most_months or opinion of a kind"}});
  }
  kind.set_most_months(months);
  return kind;
}

v1::Placement* Proposed(v1::DisabledChild* child) {
  const auto found = std::find_if(child->mutable_placements()->begin(), child->mutable_placements()->end(),
                                  [](const auto& one) { return one.state() == v1::PLACEMENT_STATE_PROPOSED; });
  return found == child->mutable_placements()->end() ? nullptr : &*found;
}

absl::Status CheckSpan(const v1::PlacementKind& kind, const v1::Placement& asked) {
  const auto from = DayOf(asked.from());
  const auto until = DayOf(asked.until());
  if (!from.has_value() || (until.has_value() && *until <= *from)) {
    return Fail("SPAN_ORDER");
  }
  if (kind.most_months() > 0 && (!until.has_value() || *until > PlusMonths(*from, kind.most_months()))) {
    return Fail("PLACEMENT_SPAN", {{"kind", kind.code()}, {"months", absl::StrCat(kind.most_months())}});
  }
  return absl::OkStatus();
}

// The newest opinion up to a day; null: none.
const v1::CommitteeOpinion* NewestOpinion(const v1::DisabledChild& child, absl::CivilDay on) {
  const v1::CommitteeOpinion* newest = nullptr;
  for (const v1::CommitteeOpinion& opinion : child.opinions()) {
    if (DayOf(opinion.on()) <= on && (newest == nullptr || DayOf(newest->on()) <= DayOf(opinion.on()))) {
      newest = &opinion;
    }
  }
  return newest;
}

bool PlacedBy(const v1::PlacementKind* kind, const v1::Placement& placement) {
  return kind != nullptr && (kind->placed() || (kind->placed_with_plan() && placement.has_plan()));
}

// One child on one day.
class Look {
 public:
  Look(const PlacementBook& book, const v1::PlacementPolicy& policy, const v1::DisabledChild& child,
       const HomeTeaching& home, absl::CivilDay on, v1::EvaluatePlacementResponse* answer)
      : book_(book), policy_(policy), child_(child), home_(home), on_(on), answer_(*answer) {}

  void Find() {
    const v1::Placement* last = LastBegun(child_, on_);
    const v1::Placement* now = PlacementInForce(child_, on_);
    if (now == nullptr) {
      if (last != nullptr) {
        Add("APPROVAL_EXPIRED", *DayOf(last->until()));
      } else {
        Add("NO_PLACEMENT", on_);
      }
      return;
    }
    const v1::PlacementKind* kind = book_.Kind(now->kind());
    answer_.set_in_force(now->number());
    answer_.set_placed(PlacedBy(kind, *now));
    FindEnd(*now);
    if (kind != nullptr && kind->at_home()) {
      FindGap(*now);
      FindShort(*now);
    }
    if (kind != nullptr && kind->placed_with_plan() && !now->has_plan()) {
      Add("NO_PLACEMENT", *DayOf(now->from()));  // a delay without a teaching plan is no placement
    }
    if (!now->stage().empty() && !child_.stage().empty() && now->stage() != child_.stage()) {
      Add("STAGE_CHANGED", on_);
    }
  }

 private:
  void Add(const char* code, absl::CivilDay since) {
    v1::PlacementFinding* finding = answer_.add_findings();
    finding->set_code(code);
    *finding->mutable_since() = DateOf(since);
  }

  void FindEnd(const v1::Placement& now) {
    const auto until = DayOf(now.until());
    if (until.has_value() && on_ >= *until - policy_.ends_notice_days()) {
      Add("APPROVAL_ENDS", *until - policy_.ends_notice_days());
    }
    absl::CivilDay seen = *DayOf(now.from());
    if (const v1::CommitteeOpinion* opinion = NewestOpinion(child_, on_); opinion != nullptr) {
      seen = std::max(seen, *DayOf(opinion->on()));
    }
    if (const absl::CivilDay due = PlusMonths(seen, policy_.review_months()); due <= on_) {
      Add("REVIEW_DUE", due);
    }
  }

  bool Taught(absl::CivilDay day) const {
    return std::any_of(home_.spans.begin(), home_.spans.end(),
                       [&](const auto& span) { return span.first <= day && day <= span.second; });
  }

  // Days of term behind the last lesson, or behind the beginning: holidays do not count.
  void FindGap(const v1::Placement& now) {
    absl::CivilDay last = *DayOf(now.from()) - 1;
    for (const auto& [day, lessons] : home_.lessons) {
      if (day <= on_ && lessons > 0) {
        last = std::max(last, day);
      }
    }
    int days = 0;
    for (absl::CivilDay day = last + 1; day <= on_; ++day) {
      days += Taught(day) ? 1 : 0;
      if (days == policy_.gap_days()) {
        Add("HOME_TEACHING_GAP", day);
        return;
      }
    }
  }

  // By spans that are over: within a span the lessons may still come.
  void FindShort(const v1::Placement& now) {
    int64_t all = 0, covered = 0;
    absl::CivilDay over = absl::CivilDay::min();
    for (const auto& [first, end] : home_.spans) {
      all += end - first + 1;
      if (end <= on_) {
        covered += std::max<int64_t>(0, end - std::max(first, *DayOf(now.from())) + 1);
        over = end;
      }
    }
    int held = 0;
    for (const auto& [day, lessons] : home_.lessons) {
      held += day <= on_ && !home_.spans.empty() && day >= home_.spans.front().first ? lessons : 0;
    }
    const int64_t due = all == 0 ? 0 : policy_.lessons_per_year() * covered / all;
    answer_.set_lessons_held(held);
    answer_.set_lessons_due(static_cast<int32_t>(due));
    if (held < due) {
      Add("LESSONS_SHORT", over);
    }
  }

  const PlacementBook& book_;
  const v1::PlacementPolicy& policy_;
  const v1::DisabledChild& child_;
  const HomeTeaching& home_;
  const absl::CivilDay on_;
  v1::EvaluatePlacementResponse& answer_;
};

void CheckRequest(const v1::EvaluatePlacementRequest& request, Violations* violations) {
  CheckRegionAndDay(request, violations);
  const auto day = [&](const google::type::Date& date, std::string_view field) {
    if (!DayOf(date, field, violations).has_value()) {
      violations->Require(date.year() != 0, field);
    }
  };
  for (const v1::Placement& placement : request.facts().placements()) {
    day(placement.from(), "facts.placements.from");
    DayOf(placement.until(), "facts.placements.until", violations);
  }
  for (const v1::CommitteeOpinion& opinion : request.facts().opinions()) {
    day(opinion.on(), "facts.opinions.on");
  }
  for (const v1::HomeLesson& lesson : request.lessons()) {
    day(lesson.on(), "lessons.on");
  }
  for (const v1::TeachingSpan& span : request.spans()) {
    day(span.first_day(), "spans.first_day");
    day(span.last_day(), "spans.last_day");
  }
  violations->MostElements("lessons", request.lessons_size(), kMostRows);
}

v1::PlacementRate RateOf(const Rate& rate, int target) {
  v1::PlacementRate made;
  made.mutable_rate()->set_numerator(rate.numerator);
  made.mutable_rate()->set_denominator(rate.denominator);
  made.set_percent(PercentText(rate).value_or(""));
  made.set_target(target);
  made.set_reached(target > 0 &&
                   CompareToTarget(rate, {target, kPercent}, TargetDirection::kAtLeast) == TargetState::kMet);
  return made;
}

void PutCounts(const std::map<std::string, int64_t>& counts,
               google::protobuf::RepeatedPtrField<v1::PlacementCount>* to) {
  for (const auto& [code, children] : counts) {
    v1::PlacementCount* count = to->Add();
    count->set_code(code);
    count->set_children(children);
  }
}

}  // namespace

const v1::PlacementKind* PlacementBook::Kind(std::string_view code) const {
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const auto& kind) { return kind.code() == code; });
  return found == kinds.end() ? nullptr : &*found;
}

absl::StatusOr<PlacementBook> ParsePlacementBook(const std::string& policies, const CodeList& kinds,
                                                 CodeList disabilities, RegionPath path) {
  PlacementBook book{.policies = {}, .kinds = {}, .disabilities = std::move(disabilities)};
  ASSIGN_OR_RETURN(book.policies,
                   RegionalBook<v1::PlacementPolicy>::Parse("placement_policies.csv", policies, "placementPolicies", {},
                                                            std::move(path), ReadPolicy));
  for (const CodeEntry& entry : kinds.entries()) {
    ASSIGN_OR_RETURN(book.kinds.emplace_back(), ReadKind(entry));
  }
  return book;
}

absl::Status ProposePlacement(const PlacementBook& book, const PlacementAct& act, const v1::Placement& asked,
                              v1::DisabledChild* child) {
  const v1::PlacementKind& kind = *book.Kind(asked.kind());
  if (const v1::Placement* open = Proposed(child); open != nullptr) {
    return Fail("PROPOSAL_OPEN", {{"kind", open->kind()}});
  }
  RETURN_IF_ERROR(CheckSpan(kind, asked));
  if (kind.needs_plan() && (asked.plan().content().empty() || asked.plan().lessons_per_week() == 0)) {
    return Fail("PLACEMENT_PLAN", {{"kind", kind.code()}});
  }
  for (const std::string& paper : kind.evidence()) {
    if (std::none_of(asked.evidence().begin(), asked.evidence().end(),
                     [&](const v1::CaseEvidence& one) { return one.kind() == paper; })) {
      return Fail("CASE_EVIDENCE", {{"kind", paper}});
    }
  }
  v1::Placement* made = child->add_placements();
  *made = asked;
  made->set_number(child->placements_size());
  made->set_stage(child->stage());
  made->set_state(v1::PLACEMENT_STATE_PROPOSED);
  made->set_proposed_by(act.person);
  *made->mutable_proposed_on() = DateOf(act.on);
  made->clear_decided_by();
  made->clear_decided_on();
  made->clear_reason();
  return absl::OkStatus();
}

absl::Status CheckOpinionFor(const PlacementBook& book, std::string_view kind, const v1::DisabledChild* child,
                             absl::CivilDay on) {
  const v1::PlacementKind* placement = book.Kind(kind);
  if (placement != nullptr && placement->opinion().empty()) {
    return absl::OkStatus();
  }
  const std::string wanted = placement == nullptr ? absl::StrCat(kAble, " / ", kNotAble) : placement->opinion();
  const v1::CommitteeOpinion* newest = child == nullptr ? nullptr : NewestOpinion(*child, on);
  const bool given =
      newest != nullptr && (placement == nullptr || (newest->able_to_learn() ? kAble : kNotAble) == wanted);
  return given ? absl::OkStatus() : Fail("PLACEMENT_OPINION", {{"kind", kind}, {"opinion", wanted}});
}

absl::Status DecidePlacement(const PlacementBook& book, const PlacementAct& act, bool approve,
                             const std::string& reason, v1::DisabledChild* child) {
  v1::Placement* open = Proposed(child);
  if (open == nullptr) {
    return Fail("PROPOSAL_NONE");
  }
  if (open->proposed_by() == act.person) {
    return Fail("ROLE_HELD", {{"held", "PROPOSER"}, {"wanted", "DECIDER"}});
  }
  if (!approve && reason.empty()) {
    return Fail("FIELD_REQUIRED", {{"field", "reason"}});
  }
  if (approve && book.Kind(open->kind()) != nullptr) {
    RETURN_IF_ERROR(CheckOpinionFor(book, open->kind(), child, act.on));
  }
  RETURN_IF_ERROR(MoveState(kPlacementStates, approve ? "approve" : "refuse", open));
  open->set_decided_by(act.person);
  *open->mutable_decided_on() = DateOf(act.on);
  open->set_reason(reason);
  return absl::OkStatus();
}

const v1::Placement* LastBegun(const v1::DisabledChild& child, absl::CivilDay on) {
  const v1::Placement* last = nullptr;
  for (const v1::Placement& one : child.placements()) {
    if (one.state() == v1::PLACEMENT_STATE_APPROVED && DayOf(one.from()) <= on &&
        (last == nullptr || DayOf(last->from()) <= DayOf(one.from()))) {
      last = &one;
    }
  }
  return last;
}

bool OfSchoolAge(const v1::PlacementPolicy& policy, const TermCalendar& terms, const v1::DisabledChild& child,
                 absl::CivilDay on) {
  const auto born = DayOf(child.birth_date());
  const int age = born.has_value() ? SchoolAge(*born, terms.SchoolYearOf(on)) : policy.age_from();
  return !child.gone() && policy.age_from() <= age && age <= policy.age_to();
}

const v1::Placement* PlacementInForce(const v1::DisabledChild& child, absl::CivilDay on) {
  const v1::Placement* last = LastBegun(child, on);
  const auto until = last == nullptr ? std::nullopt : DayOf(last->until());
  return until.has_value() && *until <= on ? nullptr : last;
}

v1::EvaluatePlacementResponse EvaluatePlacement(const PlacementBook& book, const v1::PlacementPolicy& policy,
                                                const TermCalendar& terms, const v1::DisabledChild& child,
                                                const HomeTeaching& home, absl::CivilDay on) {
  v1::EvaluatePlacementResponse answer;
  answer.set_policy(policy.name());
  answer.set_school_age(OfSchoolAge(policy, terms, child, on));
  if (answer.school_age()) {
    Look(book, policy, child, home, on, &answer).Find();
  }
  return answer;
}

absl::StatusOr<v1::EvaluatePlacementResponse> EvaluatePlacement(const PlacementBook& book, const TermCalendar& terms,
                                                                const v1::EvaluatePlacementRequest& request) {
  Violations violations;
  const auto on = DayOf(request.on(), "on", &violations);
  DayOf(request.facts().birth_date(), "facts.birth_date", &violations);
  CheckRequest(request, &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const auto* policy, book.policies.InForce(request.region_code(), *on));
  HomeTeaching home;
  for (const v1::HomeLesson& lesson : request.lessons()) {
    home.lessons.emplace_back(*DayOf(lesson.on()), lesson.lessons());
  }
  for (const v1::TeachingSpan& span : request.spans()) {
    home.spans.emplace_back(*DayOf(span.first_day()), *DayOf(span.last_day()));
  }
  return EvaluatePlacement(book, *policy, terms, request.facts(), home, *on);
}

void PutFindings(const v1::EvaluatePlacementResponse& evaluation, v1::DisabledChild* child) {
  const auto before = child->findings();
  *child->mutable_findings() = evaluation.findings();
  for (v1::PlacementFinding& finding : *child->mutable_findings()) {
    for (const v1::PlacementFinding& known : before) {
      if (known.code() == finding.code() && DayOf(known.since()) < DayOf(finding.since())) {
        *finding.mutable_since() = known.since();
      }
    }
  }
}

v1::PlacementRates RatesOf(const PlacementBook& book, const v1::PlacementPolicy& policy, const TermCalendar& terms,
                           absl::Span<const v1::DisabledChild> children, absl::CivilDay on) {
  Rate enrolment, placement, three;
  std::map<std::string, int64_t> kinds, findings;
  v1::PlacementRates rates;
  for (const v1::DisabledChild& child : children) {
    if (!OfSchoolAge(policy, terms, child, on)) {
      continue;
    }
    const v1::Placement* now = PlacementInForce(child, on);
    const v1::PlacementKind* kind = now == nullptr ? nullptr : book.Kind(now->kind());
    ++enrolment.denominator;
    ++placement.denominator;
    enrolment.numerator += child.registered() ? 1 : 0;
    placement.numerator += now != nullptr && PlacedBy(kind, *now) ? 1 : 0;
    const CodeEntry* disability = book.disabilities.Find(child.disability().kind());
    if (disability != nullptr && disability->Attribute("three_kinds") == "yes") {
      ++three.denominator;
      three.numerator += child.registered() ? 1 : 0;
    }
    rates.set_apart(rates.apart() + (kind != nullptr && kind->apart() ? 1 : 0));
    if (now != nullptr) {
      ++kinds[now->kind()];
    }
    for (const v1::PlacementFinding& finding : child.findings()) {
      ++findings[finding.code()];
    }
  }
  *rates.mutable_on() = DateOf(on);
  rates.set_policy(policy.name());
  *rates.mutable_enrolment() = RateOf(enrolment, policy.enrolment_target());
  *rates.mutable_placement() = RateOf(placement, policy.placement_target());
  *rates.mutable_three_kinds() = RateOf(three, policy.three_kinds_target());
  PutCounts(kinds, rates.mutable_by_kind());
  PutCounts(findings, rates.mutable_findings());
  return rates;
}

std::string PlacementFindingLabel(std::string_view code) {
  constexpr std::pair<std::string_view, std::string_view> kLabels[] = {
      {"NO_PLACEMENT", "未安置"},          {"APPROVAL_EXPIRED", "审批已到期"}, {"APPROVAL_ENDS", "审批将到期"},
      {"HOME_TEACHING_GAP", "送教中断"},   {"LESSONS_SHORT", "送教课时不足"},  {"REVIEW_DUE", "待年度评估"},
      {"STAGE_CHANGED", "学段转衔待安置"},
  };
  for (const auto& [known, label] : kLabels) {
    if (known == code) {
      return std::string(label);
    }
  }
  return "";
}

}  // namespace ruraledu::dropout_monitoring
