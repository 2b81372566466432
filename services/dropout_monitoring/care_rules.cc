#include "services/dropout_monitoring/care_rules.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "common/domain/school_year.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int32_t kMostNumber = 100;
constexpr int kMostParents = 2;
constexpr int kMostConditions = 20;
constexpr size_t kMostText = 800;  // bytes: 200 characters
constexpr size_t kTownshipDigits = 9;
constexpr std::string_view kOrphan = "ORPHAN";
constexpr std::string_view kUnattended = "DE_FACTO_UNATTENDED";
constexpr std::string_view kOwnDisability = "OWN_DISABILITY";

absl::Status ReadPolicy(const DataTable& table, size_t row, v1::CarePolicy* policy) {
  int32_t civil = 0, away = 0, unattended = 0;
  if (!ReadNumber(table, row, "civil_under_age", 1, kMostNumber, &civil) ||
      !ReadNumber(table, row, "away_months", 0, kMostNumber, &away) ||
      !ReadNumber(table, row, "unattended_under_age", 1, kMostNumber, &unattended)) {
    return table.Error(row, "ages and months are whole numbers up to 100");
  }
  policy->set_civil_under_age(civil);
  policy->set_away_months(away);
  policy->set_unattended_under_age(unattended);
  return absl::OkStatus();
}

// A condition that holds on the day and lasts, or is known to last, as long as it must.
bool Holds(const CodeList& conditions, const v1::ParentCondition& condition, std::string_view effect,
           absl::CivilDay on) {
  const CodeEntry* entry = conditions.Find(condition.code());
  const auto from = DayOf(condition.from());
  const auto until = DayOf(condition.until());
  if (entry == nullptr || entry->Attribute("effect") != effect || !from.has_value() || on < *from ||
      (until.has_value() && *until <= on)) {
    return false;
  }
  int months = 0;
  return absl::SimpleAtoi(entry->Attribute("least_months"), &months) && PlusMonths(*from, months) <= until.value_or(on);
}

bool AnyHolds(const CodeList& conditions, const v1::CareParent& parent, std::string_view effect, absl::CivilDay on) {
  return std::any_of(parent.conditions().begin(), parent.conditions().end(),
                     [&](const auto& condition) { return Holds(conditions, condition, effect, on); });
}

// What matters of the parents of a child.
struct Parents {
  int known = 0, away = 0, away_long = 0, gone = 0, unattending = 0, not_there = 0, unable = 0;
};

Parents CountParents(const CareBook& book, const v1::CarePolicy& policy, const v1::CareFacts& facts,
                     absl::CivilDay on) {
  Parents count;
  for (const v1::CareParent& parent : facts.parents()) {
    const bool gone = AnyHolds(book.conditions, parent, "gone", on);
    const bool unattending = !gone && AnyHolds(book.conditions, parent, "unattending", on);
    const auto since = DayOf(parent.away_from());
    const bool away = !gone && since.has_value() && *since <= on;
    const bool unable = !away && (parent.unable() || gone || unattending);
    ++count.known;
    count.gone += gone ? 1 : 0;
    count.unattending += unattending ? 1 : 0;
    count.away += away ? 1 : 0;
    count.away_long += away && PlusMonths(*since, policy.away_months()) <= on ? 1 : 0;
    count.unable += unable ? 1 : 0;
    count.not_there += away || unable ? 1 : 0;
  }
  return count;
}

void AddKind(std::string_view kind, v1::Dossier* dossier) {
  if (std::find(dossier->kinds().begin(), dossier->kinds().end(), kind) == dossier->kinds().end()) {
    dossier->add_kinds(std::string(kind));
  }
}

bool HasDisability(const registry::v1::Student& student, absl::CivilDay on) {
  const auto until = DayOf(student.disability().valid_to());
  return !student.disability().kind().empty() && (!until.has_value() || on < *until);
}

bool OfHardships(const CodeEntry& kind, const std::vector<std::string>& hardships) {
  const std::vector<std::string_view> wanted = absl::StrSplit(kind.Attribute("hardships"), '|', absl::SkipEmpty());
  return std::any_of(hardships.begin(), hardships.end(), [&](const std::string& one) {
    return std::find(wanted.begin(), wanted.end(), one) != wanted.end();
  });
}

v1::CareFacts FactsOf(const CareSource& source, const v1::Dossier& dossier) {
  v1::CareFacts facts;
  *facts.mutable_birth_date() = source.student.birth_date();
  facts.set_rural_household(source.student.rural_household());
  facts.set_at_school_at_home(source.on_roll && !source.student.migrant());
  *facts.mutable_parents() = dossier.parents();
  return facts;
}

// Kinds that people wrote stay; those that follow from facts are worked out.
void SettleKinds(const CareBook& book, const CareSource& source, const v1::CareEvaluation& evaluation,
                 absl::CivilDay on, v1::Dossier* dossier) {
  const auto before = dossier->kinds();
  dossier->clear_kinds();
  for (const CodeEntry& kind : book.kinds.entries()) {
    const bool written = std::find(before.begin(), before.end(), kind.code) != before.end();
    const bool follows =
        OfHardships(kind, source.hardships) || (kind.code == kOwnDisability && HasDisability(source.student, on)) ||
        (kind.code == kOrphan && evaluation.orphan()) || (kind.code == kUnattended && evaluation.de_facto_unattended());
    if (kind.Attribute("auto") == "yes" ? follows : written) {
      AddKind(kind.code, dossier);
    }
  }
  dossier->set_in_difficulty(!dossier->kinds().empty());
}

}  // namespace

absl::StatusOr<RegionalBook<v1::CarePolicy>> ParseCarePolicies(const std::string& text, RegionPath path) {
  return RegionalBook<v1::CarePolicy>::Parse("care_policies.csv", text, "carePolicies", {}, std::move(path),
                                             ReadPolicy);
}

v1::CareEvaluation EvaluateCare(const CareBook& book, const v1::CarePolicy& policy, const v1::CareFacts& facts,
                                absl::CivilDay on) {
  const Parents parents = CountParents(book, policy, facts, on);
  const auto born = DayOf(facts.birth_date());
  const int age = born.has_value() ? FullYears(*born, on) : 0;
  v1::CareEvaluation evaluation;
  evaluation.set_policy(policy.name());
  evaluation.set_left_behind_education(facts.at_school_at_home() ? parents.away_long : 0);
  evaluation.set_left_behind_civil(facts.rural_household() && age < policy.civil_under_age() &&
                                   (parents.away == kMostParents || (parents.away == 1 && parents.unable == 1)));
  const bool minor = age < policy.unattended_under_age();
  evaluation.set_orphan(minor && parents.gone == kMostParents);
  evaluation.set_de_facto_unattended(minor && parents.gone < kMostParents &&
                                     parents.gone + parents.unattending == kMostParents);
  evaluation.set_boarding_first(parents.not_there == kMostParents);
  return evaluation;
}

absl::StatusOr<v1::CareEvaluation> EvaluateCare(const CareBook& book, const v1::EvaluateCareRequest& request) {
  Violations violations;
  const auto on = CheckRegionAndDay(request, &violations);
  violations.Require(request.facts().has_birth_date(), "facts.birth_date");
  DayOf(request.facts().birth_date(), "facts.birth_date", &violations);
  CheckParents(book, on.value_or(absl::CivilDay()), request.facts().parents(), "facts.parents", &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const auto* policy, book.policies.InForce(request.region_code(), *on));
  return EvaluateCare(book, *policy, request.facts(), *on);
}

void CheckParents(const CareBook& book, absl::CivilDay on,
                  const google::protobuf::RepeatedPtrField<v1::CareParent>& parents, const std::string& field,
                  Violations* violations) {
  violations->MostElements(field, parents.size(), kMostParents);
  for (const v1::CareParent& parent : parents) {
    if (book.relations.Find(parent.relation(), on) == nullptr) {
      violations->Add(field + ".relation", "CODE_UNKNOWN", {{"list", book.relations.name()}});
    }
    violations->MostBytes(field + ".display_name", parent.display_name(), kMostText);
    violations->MostBytes(field + ".phone", parent.phone(), kMostText);
    violations->MostBytes(field + ".work_place", parent.work_place(), kMostText);
    DayOf(parent.away_from(), field + ".away_from", violations);
    DayOf(parent.last_home_on(), field + ".last_home_on", violations);
    violations->MostElements(field + ".conditions", parent.conditions_size(), kMostConditions);
    for (const v1::ParentCondition& condition : parent.conditions()) {
      if (book.conditions.Find(condition.code(), on) == nullptr) {
        violations->Add(field + ".conditions.code", "CODE_UNKNOWN", {{"list", book.conditions.name()}});
      }
      violations->Require(condition.has_from(), field + ".conditions.from");
      DayOf(condition.from(), field + ".conditions.from", violations);
      DayOf(condition.until(), field + ".conditions.until", violations);
    }
  }
}

bool NeedsDossier(const CareBook& book, const CareSource& source, absl::CivilDay on) {
  if (!source.on_roll) {
    return false;
  }
  return source.student.left_behind_education() > 0 || source.student.left_behind_civil() ||
         HasDisability(source.student, on) ||
         std::any_of(book.kinds.entries().begin(), book.kinds.entries().end(),
                     [&](const CodeEntry& kind) { return OfHardships(kind, source.hardships); });
}

void SettleDossier(const CareBook& book, const v1::CarePolicy& policy, const CareSource& source, absl::CivilDay on,
                   v1::Dossier* dossier) {
  v1::CareEvaluation evaluation = EvaluateCare(book, policy, FactsOf(source, *dossier), on);
  if (dossier->parents().empty()) {
    evaluation.set_left_behind_education(source.student.left_behind_education());
    evaluation.set_left_behind_civil(source.student.left_behind_civil());
  }
  const bool changed = evaluation.left_behind_education() != dossier->left_behind_education() ||
                       evaluation.left_behind_civil() != dossier->left_behind_civil();
  if (changed) {
    *dossier->mutable_left_behind_from() = DateOf(on);
  }
  dossier->set_left_behind_education(evaluation.left_behind_education());
  dossier->set_left_behind_civil(evaluation.left_behind_civil());
  if (source.on_roll || dossier->area().empty()) {
    dossier->set_area(source.student.area());
  }
  const std::string& village = source.student.village();
  dossier->set_township(village.size() >= kTownshipDigits ? village.substr(0, kTownshipDigits)
                                                          : std::string(TownshipOf(dossier->area())));
  SettleKinds(book, source, evaluation, on, dossier);
  dossier->set_closed(!source.on_roll || (evaluation.left_behind_education() == 0 && !evaluation.left_behind_civil() &&
                                          !dossier->in_difficulty()));
}

}  // namespace ruraledu::dropout_monitoring
