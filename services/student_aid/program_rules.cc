#include "services/student_aid/program_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"

namespace ruraledu::student_aid {
namespace {

template <typename Years>
uint32_t YearMask(const Years& years) {
  uint32_t mask = 0;
  for (int year : years) mask |= uint32_t{1} << year;
  return mask;
}

template <typename Names>
uint32_t ConditionMask(const Names& names) {
  uint32_t mask = 0;
  for (const std::string& name : names) mask |= uint32_t{1} << ConditionIndex(name);
  return mask;
}

template <typename Way>
ProgramWay CompileWay(const PolicyBook& book, const Way& way) {
  return {book.KindMask(way.kinds()), book.KindMask(way.rural_only_kinds()), ConditionMask(way.conditions()),
          YearMask(way.study_years())};
}

ProgramRow CompileRow(const PolicyBook& book, const v1::PolicySet& set, const v1::PolicyItem& item, int level,
                      Season season) {
  ProgramRow row{&item, &set};
  row.applied = absl::StrCat(absl::StripPrefix(set.name(), "policySets/"), ":", item.code());
  row.level = level;
  row.national = set.region_code().empty();
  row.floor =
      row.national && (HasMark(item, v1::STANDARD_MARK_BASE) || HasMark(item, v1::STANDARD_MARK_BASE_BY_SCOPE) ||
                       HasMark(item, v1::STANDARD_MARK_CEILING));
  row.stages = 0;
  for (const std::string& stage : item.stages()) row.stages |= uint32_t{1} << StageIndex(stage);
  row.common = CompileWay(book, item);
  for (const v1::Alternative& way : item.any_of()) row.ways.push_back(CompileWay(book, way));
  if (row.ways.empty()) row.ways.push_back({row.common.kinds, row.common.rural_kinds, 0, 0});
  row.amount_fen = TermAmountFen(item, item.annual_fen(), season);
  for (int64_t tier : item.tier_fen()) row.tiers_fen.push_back(TermAmountFen(item, tier, season));
  row.level_one = book.KindMask(set.level_one_kinds());
  for (const std::string& kind : set.kind_rank()) row.rank.push_back(book.KindIndex(kind));
  return row;
}

}  // namespace

int64_t TermAmountFen(const v1::PolicyItem& item, int64_t annual_fen, Season season) {
  switch (item.rhythm()) {
    case v1::PAY_RHYTHM_AUTUMN:
      return season == Season::kAutumn ? annual_fen : 0;
    case v1::PAY_RHYTHM_SCHOOL_YEAR:
      return annual_fen;
    default:
      return HalfOfAnnualFen(annual_fen, season);
  }
}

absl::StatusOr<Program> CompileProgram(const PolicyBook& book, std::string_view school, std::string_view home,
                                       const Term& term, absl::Span<const std::string> names) {
  Program program;
  for (const bool at_home : {false, true}) {
    const auto sets = book.InForce(at_home ? home : school, term, names);
    for (size_t level = 0; level < sets.size(); ++level) {
      const v1::PolicySet* set = sets[level];
      if (std::find(program.sets.begin(), program.sets.end(), set) == program.sets.end()) program.sets.push_back(set);
      for (const v1::PolicyItem& item : set->items()) {
        const bool by_home = item.region_basis() == v1::REGION_BASIS_HOME;
        if (by_home != at_home || !SpanOf(*set, item).Contains(term)) continue;
        program.rows.push_back(CompileRow(book, *set, item, static_cast<int>(level), term.season));
      }
    }
  }
  for (const std::string& name : names) {
    const v1::PolicySet* set = book.Find(name);
    if (set == nullptr) return Fail("POLICY_SET_UNKNOWN", {{"name", name}});
    if (std::find(program.sets.begin(), program.sets.end(), set) == program.sets.end()) {
      return Fail("POLICY_SET_ELSEWHERE", {{"name", name}, {"region", school}, {"term", term.text()}});
    }
  }
  if (program.sets.empty()) return Fail("POLICY_MISSING", {{"region", school}, {"term", term.text()}});
  for (const v1::PolicySet* set : program.sets) program.monitored |= book.KindMask(set->monitored_kinds());
  std::stable_sort(program.sets.begin(), program.sets.end(),
                   [](const auto* a, const auto* b) { return !a->region_code().empty() && b->region_code().empty(); });
  std::sort(program.rows.begin(), program.rows.end(),
            [](const auto& a, const auto& b) { return a.item->code() < b.item->code(); });
  return program;
}

}  // namespace ruraledu::student_aid
