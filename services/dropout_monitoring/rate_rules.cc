#include "services/dropout_monitoring/rate_rules.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/state_machine.h"
#include "services/dropout_monitoring/cohort_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

using dashboard_state = ruraledu::dashboard::v1::IndicatorState;
namespace dashboard_v1 = ruraledu::dashboard::v1;

constexpr std::string_view kPopulationMissing = "POPULATION_MISSING";
constexpr std::string_view kEntryMissing = "COHORT_ENTRY_MISSING";
constexpr std::string_view kNotTaught = "LEVEL_NOT_TAUGHT";
constexpr std::string_view kZero = "DENOMINATOR_ZERO";
constexpr std::string_view kIncomplete = "INCOMPLETE";
constexpr std::string_view kPreliminary = "PRELIMINARY";
constexpr std::string_view kMostPeople = "2000000000";

constexpr Transition kFiguresRows[] = {{"PREPARED", "sign", "SIGNED"}, {"SIGNED", "replace", "REPLACED"}};
constexpr StateMachine kFiguresStates("rate_figures", "PREPARED", kFiguresRows);
static_assert(kFiguresStates.AllReachable() && kFiguresStates.Unambiguous());

struct IndicatorSpec {
  v1::RateIndicator indicator;
  RateKind kind;
  std::string_view label_zh;
};
constexpr IndicatorSpec kIndicators[] = {
    {v1::RATE_INDICATOR_NINE_YEAR_RETENTION_RAW, RateKind::kRawRetention, "九年义务教育巩固率"},
    {v1::RATE_INDICATOR_NINE_YEAR_RETENTION_ADJUSTED, RateKind::kShare, "九年义务教育巩固率（调整）"},
    {v1::RATE_INDICATOR_JUNIOR_RETENTION, RateKind::kShare, "初中三年巩固率"},
    {v1::RATE_INDICATOR_DROPOUT, RateKind::kShare, "辍学率"},
    {v1::RATE_INDICATOR_PRIMARY_NET, RateKind::kGross, "小学净入学率"},
    {v1::RATE_INDICATOR_JUNIOR_NET, RateKind::kGross, "初中净入学率"},
    {v1::RATE_INDICATOR_PRIMARY_GROSS, RateKind::kGross, "小学毛入学率"},
    {v1::RATE_INDICATOR_JUNIOR_GROSS, RateKind::kGross, "初中毛入学率"},
    {v1::RATE_INDICATOR_UPPER_SECONDARY_GROSS, RateKind::kGross, "高中阶段毛入学率"},
    {v1::RATE_INDICATOR_PRESCHOOL_GROSS, RateKind::kGross, "学前三年毛入园率"},
};

RateKind KindOf(v1::RateIndicator indicator) {
  const auto* const found = std::find_if(std::begin(kIndicators), std::end(kIndicators),
                                         [&](const auto& spec) { return spec.indicator == indicator; });
  return found == std::end(kIndicators) ? RateKind::kShare : found->kind;
}

bool OnRoll(Enrolled enrolled) {
  return enrolled == Enrolled::kFull || enrolled == Enrolled::kGross;
}

// The register counts where it can; what the county reported stands beside it, and counts where it cannot.
v1::RateSide SideOf(std::optional<int64_t> counted, std::optional<int64_t> reported, std::string_view figures) {
  v1::RateSide side;
  if (counted.has_value()) {
    side.set_counted(*counted);
  }
  if (reported.has_value()) {
    side.set_reported(*reported);
    side.set_figures(std::string(figures));
  }
  side.set_counts(counted.has_value()    ? v1::FIGURE_SOURCE_COUNTED
                  : reported.has_value() ? v1::FIGURE_SOURCE_REPORTED
                                         : v1::FIGURE_SOURCE_UNSPECIFIED);
  return side;
}

int64_t ValueOf(const v1::RateSide& side) {
  return side.counts() == v1::FIGURE_SOURCE_REPORTED ? side.reported() : side.counted();
}

dashboard_state StateOf(const Rate& rate, std::string_view flag, const std::optional<RateTarget>& target) {
  if (!rate.applicable()) {
    return dashboard_v1::INDICATOR_STATE_NOT_APPLICABLE;
  }
  if (flag == "RATE_OVER_100") {
    return dashboard_v1::INDICATOR_STATE_DATA_ERROR;
  }
  if (!target.has_value()) {
    return dashboard_v1::INDICATOR_STATE_UNSPECIFIED;
  }
  return CompareToTarget(rate, target->least, TargetDirection::kAtLeast) == TargetState::kMet
             ? dashboard_v1::INDICATOR_STATE_MET
             : dashboard_v1::INDICATOR_STATE_MISSED;
}

// Rate, text, flags, state out of both values.
void Fill(const Rate& rate, const std::optional<RateTarget>& target, v1::RateResult* result) {
  result->mutable_rate()->set_numerator(rate.numerator);
  result->mutable_rate()->set_denominator(rate.denominator);
  const std::string_view flag = rate.applicable() ? RateFlag(rate, KindOf(result->indicator())) : "";
  result->set_state(StateOf(rate, flag, target));
  const bool wrong = result->state() == dashboard_v1::INDICATOR_STATE_DATA_ERROR;
  result->set_percent(PercentText(wrong ? Rate{1, 1} : rate).value_or(""));
  if (!flag.empty()) {
    result->add_flags(std::string(flag));
  }
  if (target.has_value()) {
    result->mutable_target()->set_numerator(target->least.numerator);
    result->mutable_target()->set_denominator(target->least.denominator);
    result->set_target_source(target->source);
  }
}

class Evaluation {
 public:
  Evaluation(const RateBook& book, absl::CivilDay on, const v1::RateFacts& facts)
      : book_(book), on_(on), facts_(facts) {}

  std::vector<v1::RateResult> All() const {
    std::vector<v1::RateResult> results;
    for (const IndicatorSpec& spec : kIndicators) {
      results.push_back(One(spec.indicator));
    }
    return results;
  }

 private:
  v1::RateResult One(v1::RateIndicator indicator) const {
    switch (indicator) {
      case v1::RATE_INDICATOR_NINE_YEAR_RETENTION_RAW:
        return Raw(indicator, facts_.nine_years());
      case v1::RATE_INDICATOR_NINE_YEAR_RETENTION_ADJUSTED:
        return Adjusted(indicator, facts_.nine_years());
      case v1::RATE_INDICATOR_JUNIOR_RETENTION:
        return Adjusted(indicator, facts_.junior());
      case v1::RATE_INDICATOR_DROPOUT:
        return Of(indicator, SideOf(facts_.dropouts(), std::nullopt, ""),
                  SideOf(facts_.compulsory_pupils(), std::nullopt, ""), kZero);
      case v1::RATE_INDICATOR_PRIMARY_NET:
        return Enrolment(indicator, v1::SCHOOL_LEVEL_PRIMARY, true);
      case v1::RATE_INDICATOR_JUNIOR_NET:
        return Enrolment(indicator, v1::SCHOOL_LEVEL_JUNIOR, true);
      case v1::RATE_INDICATOR_PRIMARY_GROSS:
        return Enrolment(indicator, v1::SCHOOL_LEVEL_PRIMARY, false);
      case v1::RATE_INDICATOR_JUNIOR_GROSS:
        return Enrolment(indicator, v1::SCHOOL_LEVEL_JUNIOR, false);
      case v1::RATE_INDICATOR_UPPER_SECONDARY_GROSS:
        return Enrolment(indicator, v1::SCHOOL_LEVEL_UPPER_SECONDARY, false);
      default:
        return Enrolment(indicator, v1::SCHOOL_LEVEL_PRESCHOOL, false);
    }
  }

  // Last grade by first grade eight years before, whoever they are.
  v1::RateResult Raw(v1::RateIndicator indicator, const v1::CohortFacts& cohort) const {
    return Of(indicator, SideOf(cohort.last_grade_pupils(), std::nullopt, ""),
              SideOf(Counted(cohort, cohort.first_grade_pupils()), Reported(cohort, cohort.reported().entrants()),
                     cohort.figures()),
              WhyUnknown(cohort));
  }

  // Those who reached the end by those who should have.
  v1::RateResult Adjusted(v1::RateIndicator indicator, const v1::CohortFacts& cohort) const {
    const v1::CohortCounts& counts = cohort.counts();
    const v1::EntryFigures& reported = cohort.reported();
    const int64_t stayed = CameIn(counts) - counts.transferred_out() - counts.cohort_out() - counts.deaths();
    const int64_t said =
        reported.entrants() + reported.transferred_in() - reported.transferred_out() - reported.deaths();
    return Of(indicator, SideOf(cohort.graduating(), std::nullopt, ""),
              SideOf(Counted(cohort, stayed), Reported(cohort, said), cohort.figures()), WhyUnknown(cohort));
  }

  v1::RateResult Enrolment(v1::RateIndicator indicator, v1::SchoolLevel level, bool net) const {
    v1::LevelFacts facts;
    for (const v1::LevelFacts& one : facts_.levels()) {
      facts = one.level() == level ? one : facts;
    }
    const std::optional<int64_t> people = facts.has_people() ? std::optional(facts.people()) : std::nullopt;
    return Of(indicator, SideOf(net ? facts.enrolled_in_age() : facts.pupils(), std::nullopt, ""),
              SideOf(std::nullopt, people, facts.figures()), kPopulationMissing);
  }

  static std::string_view WhyUnknown(const v1::CohortFacts& cohort) {
    return cohort.entry_year().empty() ? kNotTaught : kEntryMissing;
  }
  static std::optional<int64_t> Counted(const v1::CohortFacts& cohort, int64_t value) {
    return cohort.covered() ? std::optional(value) : std::nullopt;
  }
  static std::optional<int64_t> Reported(const v1::CohortFacts& cohort, int64_t value) {
    return cohort.has_reported() ? std::optional(value) : std::nullopt;
  }

  v1::RateResult Of(v1::RateIndicator indicator, v1::RateSide numerator, v1::RateSide denominator,
                    std::string_view unknown) const {
    v1::RateResult result;
    result.set_indicator(indicator);
    const bool known = denominator.counts() != v1::FIGURE_SOURCE_UNSPECIFIED;
    const Rate rate{ValueOf(numerator), known ? std::max<int64_t>(ValueOf(denominator), 0) : 0};
    Fill(rate, book_.TargetOf(indicator, facts_.region_code(), on_), &result);
    if (facts_.preliminary()) {
      result.add_flags(std::string(kPreliminary));
    }
    result.set_reason(rate.applicable() ? "" : std::string(known ? kZero : unknown));
    *result.mutable_numerator() = std::move(numerator);
    *result.mutable_denominator() = std::move(denominator);
    return result;
  }

  const RateBook& book_;
  const absl::CivilDay on_;
  const v1::RateFacts& facts_;
};

// Ages and grades of one level.
bool Counts(const v1::OfficialAge& level, absl::Span<const v1::OfficialAge> levels, const RateBook& book,
            const SchoolYear& year, const PupilGroup& group, bool net) {
  const v1::SchoolLevel at = LevelOf(levels, group.stage, group.grade);
  const Enrolled enrolled = book.StatusOf(group.status).enrolled;
  if (!net) {
    return group.on_roll && at == level.level() && OnRoll(enrolled);
  }
  absl::CivilDay birth;
  if (!ParseDay(group.birth_date, &birth) || at == v1::SCHOOL_LEVEL_UNSPECIFIED || at < level.level()) {
    return false;
  }
  const int age = SchoolAge(birth, year);
  const bool finished = enrolled == Enrolled::kFinished;
  const bool attends = group.on_roll && enrolled == Enrolled::kFull;
  return (attends || finished) && age >= level.first_age() && age <= level.last_age();
}

// The first whole number below 0 of a message and those within it.
std::string NegativeIn(const google::protobuf::Message& message) {
  const auto* type = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_INT64 && !field->is_repeated() &&
        reflection->GetInt64(message, field) < 0) {
      return field->name();
    }
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    }
    const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int j = 0; j < count; ++j) {
      const std::string found = NegativeIn(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, j)
                                                                : reflection->GetMessage(message, field));
      if (!found.empty()) {
        return found;
      }
    }
  }
  return "";
}

absl::Status Figure(std::string_view field, std::string_view problem) {
  return Fail("REPORT_FIGURES", {{"field", field}, {"problem", problem}});
}

template <typename Rows>
absl::Status CheckLevels(std::string_view field, const Rows& rows, v1::SchoolLevel first, v1::SchoolLevel last) {
  for (int i = 0; i < rows.size(); ++i) {
    if (rows[i].level() < first || rows[i].level() > last) {
      return Figure(field, "a level that has none");
    }
    for (int j = 0; j < i; ++j) {
      if (rows[j].level() == rows[i].level()) {
        return Figure(field, "a level twice");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<v1::LevelFacts> CountLevels(absl::Span<const v1::OfficialAge> levels, const RateBook& book,
                                        const SchoolYear& year, absl::Span<const PupilGroup> groups) {
  std::vector<v1::LevelFacts> facts;
  for (const v1::OfficialAge& level : levels) {
    if (level.level() == v1::SCHOOL_LEVEL_HIGHER) {
      continue;
    }
    v1::LevelFacts& one = facts.emplace_back();
    one.set_level(level.level());
    for (const PupilGroup& group : groups) {
      one.set_pupils(one.pupils() + (Counts(level, levels, book, year, group, false) ? group.pupils : 0));
      one.set_enrolled_in_age(one.enrolled_in_age() +
                              (Counts(level, levels, book, year, group, true) ? group.pupils : 0));
    }
  }
  return facts;
}

int64_t PupilsIn(absl::Span<const v1::OfficialAge> levels, const RateBook& book, absl::Span<const PupilGroup> groups,
                 v1::SchoolLevel level, std::string_view grade) {
  int64_t pupils = 0;
  for (const PupilGroup& group : groups) {
    if (group.on_roll && group.grade == grade && LevelOf(levels, group.stage, group.grade) == level &&
        OnRoll(book.StatusOf(group.status).enrolled)) {
      pupils += group.pupils;
    }
  }
  return pupils;
}

bool Covers(absl::Span<const v1::OfficialAge> levels, const RateBook& book, absl::Span<const PupilGroup> groups,
            absl::Span<const v1::SchoolLevel> of) {
  return std::all_of(of.begin(), of.end(), [&](v1::SchoolLevel level) {
    const v1::OfficialAge* const found = FindLevel(levels, level);
    return found != nullptr &&
           std::all_of(found->grades().begin(), found->grades().end(),
                       [&](const std::string& grade) { return PupilsIn(levels, book, groups, level, grade) > 0; });
  });
}

absl::Status CheckFacts(const v1::RateFacts& facts) {
  RETURN_IF_ERROR(ParseSchoolYear(facts.school_year()).status());
  Violations violations;
  const std::string negative = NegativeIn(facts);
  if (!negative.empty()) {
    violations.Add(absl::StrCat("facts.", negative), "NUMBER_RANGE", {{"low", "0"}, {"high", kMostPeople}});
  }
  return violations.status();
}

std::vector<v1::RateResult> EvaluateRates(const RateBook& book, const TermCalendar& terms, const v1::RateFacts& facts) {
  const auto year = ParseSchoolYear(facts.school_year());
  return Evaluation(book, terms.FirstDay({year.value_or(SchoolYear{}), Season::kAutumn}), facts).All();
}

v1::RateResult SumRates(const RateBook& book, v1::RateIndicator indicator, std::string_view region, absl::CivilDay on,
                        absl::Span<const std::pair<std::string, v1::RateResult>> by_county) {
  v1::RateResult result;
  result.set_indicator(indicator);
  Rate sum;
  bool preliminary = false;
  for (const auto& [county, one] : by_county) {
    const bool counts = one.state() != dashboard_v1::INDICATOR_STATE_NOT_APPLICABLE &&
                        one.state() != dashboard_v1::INDICATOR_STATE_DATA_ERROR;
    if (!counts) {
      result.add_left_out(county);
      continue;
    }
    sum.numerator += one.rate().numerator();
    sum.denominator += one.rate().denominator();
    preliminary |= std::find(one.flags().begin(), one.flags().end(), kPreliminary) != one.flags().end();
  }
  Fill(sum, book.TargetOf(indicator, region, on), &result);
  if (preliminary) {
    result.add_flags(std::string(kPreliminary));
  }
  if (!result.left_out().empty()) {
    result.add_flags(std::string(kIncomplete));
  }
  if (!sum.applicable() && !by_county.empty()) {
    result.set_reason(by_county.front().second.reason());
  }
  return result;
}

absl::Status Sign(const std::string& person, absl::CivilDay on, v1::RateFigures* figures) {
  RETURN_IF_ERROR(kFiguresStates.Next(EnumText(figures->state()), "sign").status());
  if (figures->prepared_by() == person) {
    return Fail("ROLE_HELD", {{"held", "PREPARER"}, {"wanted", "SIGNER"}});
  }
  figures->set_state(v1::RATE_FIGURES_STATE_SIGNED);
  figures->set_signed_by(person);
  *figures->mutable_signed_on() = DateOf(on);
  return absl::OkStatus();
}

absl::Status CheckFigures(const v1::RateFigures& figures) {
  if (figures.populations().empty() && figures.entries().empty()) {
    return Fail("FIELD_REQUIRED", {{"field", "figures.populations"}});
  }
  RETURN_IF_ERROR(CheckLevels("figures.populations", figures.populations(), v1::SCHOOL_LEVEL_PRESCHOOL,
                              v1::SCHOOL_LEVEL_UPPER_SECONDARY));
  RETURN_IF_ERROR(CheckLevels("figures.entries", figures.entries(), v1::SCHOOL_LEVEL_PRIMARY, v1::SCHOOL_LEVEL_JUNIOR));
  const std::string negative = NegativeIn(figures);
  if (!negative.empty()) {
    return Figure(negative, "below 0");
  }
  for (const v1::EntryFigures& entry : figures.entries()) {
    if (entry.transferred_out() + entry.deaths() > entry.entrants() + entry.transferred_in()) {
      return Figure("entrants", "below those who left and died");
    }
  }
  return absl::OkStatus();
}

std::string IndicatorLabel(v1::RateIndicator indicator) {
  const auto* const found = std::find_if(std::begin(kIndicators), std::end(kIndicators),
                                         [&](const auto& spec) { return spec.indicator == indicator; });
  return found == std::end(kIndicators) ? "" : std::string(found->label_zh);
}

std::string LevelLabel(v1::SchoolLevel level) {
  switch (level) {
    case v1::SCHOOL_LEVEL_PRESCHOOL:
      return "学前";
    case v1::SCHOOL_LEVEL_PRIMARY:
      return "小学";
    case v1::SCHOOL_LEVEL_JUNIOR:
      return "初中";
    case v1::SCHOOL_LEVEL_UPPER_SECONDARY:
      return "高中阶段";
    default:
      return "";
  }
}

}  // namespace ruraledu::dropout_monitoring
