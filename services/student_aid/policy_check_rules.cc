// The loading checks of policy sets, see CheckPolicySets in policy_rules.h.
#include <algorithm>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "services/student_aid/policy_rules.h"
#include "services/student_aid/share_rules.h"

namespace ruraledu::student_aid {
namespace {

// Basis points of the whole: the shares of a cost are exact (2.10).
constexpr int kWholeBp = 10000;

// One row with its set and its terms.
struct Row {
  const v1::PolicySet* set;
  const v1::PolicyItem* item;
  TermSpan span;
};

std::string Path(const v1::PolicySet& set, const v1::PolicyItem& item, const char* field) {
  return absl::StrCat(set.name(), ".items[", item.code(), "].", field);
}

void CheckTerm(const std::string& text, bool required, const std::string& field, Violations* violations) {
  if (text.empty() && !required) return;
  if (!ParseTerm(text).ok()) violations->Add(field, "TERM_FORMAT", {{"term", text}});
}

void CheckNames(const v1::PolicySet& set, const v1::PolicyItem& item, Violations* violations) {
  const absl::flat_hash_set<std::string> known(set.kind_rank().begin(), set.kind_rank().end());
  const auto kinds = [&](const auto& names) {
    for (const std::string& kind : names) {
      if (!known.contains(kind)) violations->Add(Path(set, item, "kinds"), "KIND_UNKNOWN", {{"kind", kind}});
    }
  };
  const auto conditions = [&](const auto& names) {
    for (const std::string& name : names) {
      if (ConditionIndex(name) < 0) {
        violations->Add(Path(set, item, "conditions"), "CONDITION_UNKNOWN", {{"name", name}});
      }
    }
  };
  for (const std::string& stage : item.stages()) {
    if (StageIndex(stage) < 0) violations->Add(Path(set, item, "stages"), "STAGE_UNKNOWN", {{"stage", stage}});
  }
  kinds(item.kinds());
  kinds(item.rural_only_kinds());
  conditions(item.conditions());
  for (const v1::Alternative& way : item.any_of()) {
    kinds(way.kinds());
    kinds(way.rural_only_kinds());
    conditions(way.conditions());
  }
}

// What contradicts itself in a row; "" when nothing does.
std::string_view RowProblem(const v1::PolicyItem& item) {
  if (item.code().empty()) return "no code";
  if (item.stages().empty()) return "no stage";
  if (item.family() == v1::BENEFIT_FAMILY_UNSPECIFIED) return "no family";
  if (item.pay_form() == v1::PAY_FORM_UNSPECIFIED) return "no pay form";
  if (item.source().empty()) return "no source";
  if (item.annual_fen() < 0) return "negative amount";
  if (item.range_low_fen() > item.range_high_fen()) return "range_low_fen above range_high_fen";
  if (item.age_to() != 0 && item.age_from() > item.age_to()) return "age_from above age_to";
  if (!item.boarding().empty() && item.boarding() != "BOARDING" && item.boarding() != "DAY") {
    return "boarding is neither BOARDING nor DAY";
  }
  if (!item.any_of().empty() && !item.kinds().empty()) return "kinds beside any_of";
  const bool no_amount = item.annual_fen() == 0 && item.charge_basis() == v1::CHARGE_BASIS_UNSPECIFIED;
  if (no_amount && item.family() != v1::BENEFIT_FAMILY_UNIVERSAL) return "neither amount nor charge";
  for (int year : item.study_years()) {
    if (year < 1 || year > 12) return "study year outside 1..12";
  }
  for (int64_t tier : item.tier_fen()) {
    if (tier < 0) return "negative tier";
  }
  return SharesProblem(item);
}

void CheckRow(const v1::PolicySet& set, const v1::PolicyItem& item, Violations* violations) {
  CheckTerm(item.from_term(), false, Path(set, item, "from_term"), violations);
  CheckTerm(item.until_term(), false, Path(set, item, "until_term"), violations);
  CheckNames(set, item, violations);
  if (const std::string_view problem = RowProblem(item); !problem.empty()) {
    violations->Add(Path(set, item, "row"), "POLICY_ROW", {{"problem", problem}});
  }
  int sum = 0;
  for (const v1::FundingShare& share : item.shares()) sum += share.basis_points();
  const bool negative = std::any_of(item.shares().begin(), item.shares().end(),
                                    [](const auto& share) { return share.basis_points() < 0; });
  if (!item.shares().empty() && (sum != kWholeBp || negative)) {
    violations->Add(Path(set, item, "shares"), "SHARES_NOT_WHOLE", {{"sum", absl::StrCat(sum)}});
  }
}

void CheckSet(const v1::PolicySet& set, Violations* violations) {
  CheckTerm(set.from_term(), true, absl::StrCat(set.name(), ".from_term"), violations);
  CheckTerm(set.until_term(), false, absl::StrCat(set.name(), ".until_term"), violations);
  violations->Require(!set.jurisdiction().empty(), absl::StrCat(set.name(), ".jurisdiction"));
  const absl::flat_hash_set<std::string> known(set.kind_rank().begin(), set.kind_rank().end());
  for (const auto* list : {&set.monitored_kinds(), &set.level_one_kinds()}) {
    for (const std::string& kind : *list) {
      if (!known.contains(kind)) {
        violations->Add(absl::StrCat(set.name(), ".kind_rank"), "KIND_UNKNOWN", {{"kind", kind}});
      }
    }
  }
  if (set.name() != absl::StrCat("policySets/", set.jurisdiction(), "@", set.version()) || set.version() < 1) {
    violations->Add(absl::StrCat(set.name(), ".name"), "POLICY_ROW",
                    {{"problem", "name is not policySets/{jurisdiction}@{version}"}});
  }
  for (const v1::PolicyItem& item : set.items()) CheckRow(set, item, violations);
}

// All kinds by which a row can be had.
absl::flat_hash_set<std::string> KindsOf(const v1::PolicyItem& item) {
  absl::flat_hash_set<std::string> kinds(item.kinds().begin(), item.kinds().end());
  for (const v1::Alternative& way : item.any_of()) kinds.insert(way.kinds().begin(), way.kinds().end());
  return kinds;
}

// Whether `after` leaves out some value of `before`; an empty list is everything.
template <typename List>
bool Narrower(const List& before, const List& after) {
  if (std::empty(after)) return false;
  if (std::empty(before)) return true;
  return std::any_of(before.begin(), before.end(),
                     [&](const auto& value) { return std::find(after.begin(), after.end(), value) == after.end(); });
}

// How `after` supports less than `before`; "" when it does not (DR-04).
std::string Reduction(const v1::PolicyItem& before, const v1::PolicyItem& after) {
  if (after.annual_fen() < before.annual_fen() && after.annual_fen() != 0) {
    return absl::StrCat("amount ", before.annual_fen(), " fen becomes ", after.annual_fen());
  }
  for (int i = 0; i < std::min(before.tier_fen_size(), after.tier_fen_size()); ++i) {
    if (after.tier_fen(i) < before.tier_fen(i)) return absl::StrCat("tier ", i + 1, " becomes lower");
  }
  const auto lacks = [](const auto& kinds, const auto& others) {
    return std::any_of(kinds.begin(), kinds.end(), [&](const auto& kind) { return !others.contains(kind); });
  };
  const auto old_kinds = KindsOf(before), new_kinds = KindsOf(after);
  if (!new_kinds.empty() && (old_kinds.empty() || lacks(old_kinds, new_kinds))) return "a kind is dropped";
  if (Narrower(before.stages(), after.stages())) return "a stage is dropped";
  if (Narrower(before.study_years(), after.study_years())) return "a year of study is dropped";
  if (!after.boarding().empty() && after.boarding() != before.boarding()) return "boarding becomes a condition";
  for (const std::string& name : after.conditions()) {
    if (std::find(before.conditions().begin(), before.conditions().end(), name) == before.conditions().end()) {
      return absl::StrCat("condition ", name, " is added");
    }
  }
  const int old_to = before.age_to() == 0 ? 999 : before.age_to(), new_to = after.age_to() == 0 ? 999 : after.age_to();
  if (after.age_from() > before.age_from() || new_to < old_to) return "the age limits become narrower";
  return "";
}

void AddFinding(std::string_view code, const Row& row, const Term& term, std::string detail,
                std::vector<v1::PolicyFinding>* findings) {
  v1::PolicyFinding& finding = findings->emplace_back();
  finding.set_code(std::string(code));
  finding.set_item(row.item->code());
  finding.set_term(term.text());
  finding.set_detail(std::move(detail));
}

// Rows of one code inside one set: one after the other, without hole or overlap, the last as long as the set.
void CheckSuccession(std::vector<Row> rows, Violations* violations, std::vector<v1::PolicyFinding>* findings) {
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.span.from < b.span.from; });
  for (size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const TermSpan set = SpanOf(*row.set);
    const std::string field = Path(*row.set, *row.item, "until_term");
    if (row.span.until && *row.span.until < row.span.from) {
      violations->Add(Path(*row.set, *row.item, "row"), "POLICY_ROW", {{"problem", "until_term before from_term"}});
    }
    if (row.span.from < set.from && !HasMark(*row.item, v1::STANDARD_MARK_CEILING)) {
      violations->Add(Path(*row.set, *row.item, "from_term"), "POLICY_ROW", {{"problem", "begins before its set"}});
    }
    if (i + 1 == rows.size()) {
      if (row.span.until != set.until) violations->Add(field, "POLICY_GAP", {{"item", row.item->code()}});
      continue;
    }
    const Row& next = rows[i + 1];
    if (!row.span.until || *row.span.until >= next.span.from) {
      violations->Add(field, "POLICY_OVERLAP", {{"item", row.item->code()}});
    } else if (row.span.until->Next() != next.span.from) {
      violations->Add(field, "POLICY_GAP", {{"item", row.item->code()}});
    } else if (std::string detail = Reduction(*row.item, *next.item); !detail.empty()) {
      AddFinding("SUPPORT_REDUCED", next, next.span.from, std::move(detail), findings);
    }
  }
}

// Versions of one jurisdiction: the next begins in the term after the last one, or takes over from an open one.
void CheckVersions(std::vector<const v1::PolicySet*> sets, const std::vector<Row>& rows, Violations* violations,
                   std::vector<v1::PolicyFinding>* findings) {
  std::sort(sets.begin(), sets.end(), [](const auto* a, const auto* b) { return a->version() < b->version(); });
  for (size_t i = 0; i < sets.size(); ++i) {
    const TermSpan span = SpanOf(*sets[i]);
    const std::string field = absl::StrCat(sets[i]->name(), ".until_term");
    if (i + 1 == sets.size()) {
      if (span.until) violations->Add(field, "POLICY_GAP", {{"item", sets[i]->jurisdiction()}});
      continue;
    }
    const Term start = SpanOf(*sets[i + 1]).from;
    if (sets[i]->version() == sets[i + 1]->version() || start <= span.from || (span.until && start <= *span.until)) {
      violations->Add(field, "POLICY_OVERLAP", {{"item", sets[i]->jurisdiction()}});
    } else if (span.until && span.until->Next() != start) {
      violations->Add(field, "POLICY_GAP", {{"item", sets[i]->jurisdiction()}});
    }
    for (const Row& row : rows) {
      const bool last = !row.span.until || (span.until && *row.span.until == *span.until) || start <= *row.span.until;
      if (row.set != sets[i] || !last || start < row.span.from) continue;
      const auto next = std::find_if(rows.begin(), rows.end(), [&](const Row& other) {
        return other.set == sets[i + 1] && other.item->code() == row.item->code() && other.span.Contains(start);
      });
      std::string detail = next == rows.end() ? "the item is dropped" : Reduction(*row.item, *next->item);
      if (!detail.empty()) AddFinding("SUPPORT_REDUCED", row, start, std::move(detail), findings);
    }
  }
}

bool Share(const auto& a, const auto& b) {
  return std::any_of(a.begin(), a.end(), [&](const auto& x) { return std::find(b.begin(), b.end(), x) != b.end(); });
}

// Whether somebody could meet both rows at once: same family, stage, boarding and a common kind and term.
bool Meet(const Row& local, const Row& national) {
  const v1::PolicyItem &a = *local.item, &b = *national.item;
  if (a.family() != b.family() || !Share(a.stages(), b.stages())) return false;
  if (!a.boarding().empty() && !b.boarding().empty() && a.boarding() != b.boarding()) return false;
  const auto a_kinds = KindsOf(a), b_kinds = KindsOf(b);
  if (!a_kinds.empty() && !b_kinds.empty() && !Share(a_kinds, b_kinds)) return false;
  const Term first = std::max(local.span.from, national.span.from);
  return local.span.Contains(first) && national.span.Contains(first);
}

void CompareWithNation(const Row& local, const Row& national, Violations* violations,
                       std::vector<v1::PolicyFinding>* findings) {
  const int64_t here = local.item->annual_fen(), there = national.item->annual_fen();
  const Term first = std::max(local.span.from, national.span.from);
  const bool ceiling = HasMark(*national.item, v1::STANDARD_MARK_CEILING);
  if (ceiling && here > there) {
    violations->Add(Path(*local.set, *local.item, "annual_fen"), "CEILING_ABOVE_NATIONAL",
                    {{"item", local.item->code()}, {"term", first.text()}});
  }
  if ((ceiling || HasMark(*national.item, v1::STANDARD_MARK_BASE)) && here != 0 && here < there) {
    AddFinding("STANDARD_BELOW_NATIONAL", local, first,
               absl::StrCat(here, " fen is below ", there, " fen of ", national.item->code()), findings);
  }
  std::vector<int64_t> amounts(local.item->tier_fen().begin(), local.item->tier_fen().end());
  amounts.push_back(here);
  for (const int64_t fen : amounts) {
    if (HasMark(*national.item, v1::STANDARD_MARK_RANGE) && fen != 0 &&
        (fen < national.item->range_low_fen() || fen > national.item->range_high_fen())) {
      AddFinding("AMOUNT_OUTSIDE_RANGE", local, first,
                 absl::StrCat(fen, " fen is outside of the range of ", national.item->code()), findings);
    }
  }
}

}  // namespace

absl::StatusOr<std::vector<v1::PolicyFinding>> CheckPolicySets(absl::Span<const v1::PolicySet> sets) {
  Violations violations;
  for (const v1::PolicySet& set : sets) CheckSet(set, &violations);
  RETURN_IF_ERROR(violations.status());  // what follows needs terms that can be read

  std::vector<v1::PolicyFinding> findings;
  std::vector<Row> rows;
  std::map<std::pair<const v1::PolicySet*, std::string>, std::vector<Row>> codes;
  std::map<std::string, std::vector<const v1::PolicySet*>> versions;
  absl::flat_hash_map<std::string, std::string> owner;
  for (const v1::PolicySet& set : sets) {
    versions[set.jurisdiction()].push_back(&set);
    for (const v1::PolicyItem& item : set.items()) {
      rows.push_back({&set, &item, SpanOf(set, item)});
      codes[{&set, item.code()}].push_back(rows.back());
      if (owner.emplace(item.code(), set.jurisdiction()).first->second != set.jurisdiction()) {
        violations.Add(Path(set, item, "code"), "POLICY_OVERLAP", {{"item", item.code()}});
      }
    }
  }
  for (const auto& [code, own] : codes) CheckSuccession(own, &violations, &findings);
  for (const auto& [jurisdiction, own] : versions) CheckVersions(own, rows, &violations, &findings);
  for (const Row& local : rows) {
    for (const Row& national : rows) {
      if (local.set->region_code().empty() || !national.set->region_code().empty()) continue;
      if (Meet(local, national)) CompareWithNation(local, national, &violations, &findings);
    }
  }
  RETURN_IF_ERROR(violations.status());
  std::sort(findings.begin(), findings.end(), [](const auto& a, const auto& b) {
    return std::tie(a.item(), a.term(), a.code(), a.detail()) < std::tie(b.item(), b.term(), b.code(), b.detail());
  });
  return findings;
}

}  // namespace ruraledu::student_aid
