#include "services/student_aid/comparison_rules.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"

namespace ruraledu::student_aid {
namespace {

// Aid and decision of one benefit family.
struct Family {
  const v1::EntitledItem* entitled = nullptr;
  std::vector<const v1::AidedItem*> aided;
};

bool Enrolled(const v1::ComparisonFacts& facts) {
  return std::any_of(facts.enrolments().begin(), facts.enrolments().end(),
                     [](const auto& enrolment) { return enrolment.status() == "ENROLLED"; });
}

// A clause that needs no hardship record is met by the education register, which is a source too (2.9).
bool InSource(const v1::ComparisonFacts& facts) {
  return facts.sources_size() > 0 || facts.identified_by_school() ||
         std::any_of(facts.decision().items().begin(), facts.decision().items().end(),
                     [](const v1::EntitledItem& item) { return item.counts_in_coverage(); });
}

bool SeveralSchools(const v1::ComparisonFacts& facts) {
  std::set<std::string> schools;
  for (const auto& enrolment : facts.enrolments()) {
    if (enrolment.status() == "ENROLLED") schools.insert(enrolment.school());
  }
  return schools.size() > 1;
}

bool OnlyWeak(const v1::ComparisonFacts& facts) {
  return !facts.identified_by_school() && facts.sources_size() > 0 &&
         std::all_of(facts.sources().begin(), facts.sources().end(), [](const auto& s) { return s.weak_match(); });
}

std::string_view ClauseOf(const v1::ComparisonFacts& facts, const std::string& item) {
  for (const v1::RemovedItem& removed : facts.decision().removed()) {
    if (removed.item() == item) return removed.reason();
  }
  return "";
}

v1::GapReason ShouldAidReason(const v1::ComparisonFacts& facts, const Family& family, int64_t aided_fen) {
  if (OnlyWeak(facts)) return v1::GAP_REASON_WEAK_MATCH;
  if (family.entitled->supplementary()) return v1::GAP_REASON_SUPPLEMENTARY;
  return aided_fen > 0 ? v1::GAP_REASON_AMOUNT_SHORT : v1::GAP_REASON_NO_AID;
}

// Why the aid of a family is too much; UNSPECIFIED when it is not.
v1::GapReason ShouldNotReason(const v1::ComparisonFacts& facts, const Family& family, int64_t aided_fen) {
  if (family.aided.empty()) return v1::GAP_REASON_UNSPECIFIED;
  if (facts.deceased()) return v1::GAP_REASON_DECEASED;
  if (!Enrolled(facts)) return v1::GAP_REASON_NOT_ENROLLED;
  if (family.aided.size() > 1) return v1::GAP_REASON_DUPLICATE_AID;
  if (family.entitled == nullptr) {
    return InSource(facts) ? v1::GAP_REASON_CLAUSE_NOT_MET : v1::GAP_REASON_NOT_IN_SOURCE;
  }
  return aided_fen > family.entitled->amount_fen() ? v1::GAP_REASON_AMOUNT_OVER : v1::GAP_REASON_UNSPECIFIED;
}

v1::ComparisonRow CompareFamily(const v1::ComparisonFacts& facts, v1::BenefitFamily code, const Family& family) {
  v1::ComparisonRow row;
  row.set_person(facts.person());
  row.set_family(code);
  row.set_item(family.entitled != nullptr ? family.entitled->item() : family.aided[0]->item());
  bool in_full = false;
  for (const v1::AidedItem* item : family.aided) {
    row.set_aided_fen(row.aided_fen() + item->amount_fen());
    in_full |= item->amount_fen() == 0;
  }
  if (family.entitled != nullptr) {
    row.set_entitled_fen(family.entitled->amount_fen());
    in_full |= !family.aided.empty() && row.aided_fen() >= row.entitled_fen();
  }
  const bool eligible = !facts.deceased() && Enrolled(facts);
  row.set_should_be_aided(family.entitled != nullptr && eligible);
  row.set_covered(row.should_be_aided() && in_full);
  row.set_reason(ShouldNotReason(facts, family, row.aided_fen()));
  if (row.reason() != v1::GAP_REASON_UNSPECIFIED) {
    row.set_list(v1::COMPARISON_LIST_SHOULD_NOT);
    row.set_clause(std::string(ClauseOf(facts, family.aided[0]->item())));
  } else if (row.should_be_aided() && !row.covered()) {
    row.set_list(v1::COMPARISON_LIST_SHOULD_AID);
    row.set_reason(ShouldAidReason(facts, family, row.aided_fen()));
  }
  return row;
}

void AddClasses(const v1::ComparisonFacts& facts, v1::ComparisonResult* result) {
  const bool in_source = InSource(facts), aided = facts.aided_size() > 0;
  bool gap = false, duplicate = SeveralSchools(facts), mismatch = false;
  for (const v1::ComparisonRow& row : result->rows()) {
    gap |= row.should_be_aided() && !row.covered();
    duplicate |= row.reason() == v1::GAP_REASON_DUPLICATE_AID;
  }
  for (const auto& source : facts.sources()) mismatch |= source.id_mismatch();
  for (const auto& item : facts.aided()) mismatch |= item.id_mismatch();
  if (in_source && aided) result->add_classes(v1::COMPARISON_CLASS_A);
  if (in_source && gap) result->add_classes(v1::COMPARISON_CLASS_B);
  if (aided && !in_source) result->add_classes(v1::COMPARISON_CLASS_C);
  if (mismatch) result->add_classes(v1::COMPARISON_CLASS_D);
  if (duplicate) result->add_classes(v1::COMPARISON_CLASS_E);
  if ((in_source || aided) && (facts.deceased() || !Enrolled(facts))) result->add_classes(v1::COMPARISON_CLASS_F);
}

}  // namespace

v1::ComparisonResult ComparePerson(const v1::ComparisonFacts& facts) {
  std::map<v1::BenefitFamily, Family> families;
  for (const v1::EntitledItem& item : facts.decision().items()) {
    if (item.counts_in_coverage()) families[item.family()].entitled = &item;
  }
  for (const v1::AidedItem& item : facts.aided()) families[item.family()].aided.push_back(&item);

  v1::ComparisonResult result;
  result.set_person(facts.person());
  for (const auto& [code, family] : families) *result.add_rows() = CompareFamily(facts, code, family);
  std::sort(result.mutable_rows()->begin(), result.mutable_rows()->end(),
            [](const auto& a, const auto& b) { return a.item() < b.item(); });
  AddClasses(facts, &result);
  if (InSource(facts)) {
    for (const v1::RemovedItem& removed : facts.decision().removed()) {
      v1::WhyNot* why = result.add_why_not();
      why->set_item(removed.item());
      why->set_reason(removed.reason());
    }
  }
  const auto weak = [](const auto& record) { return record.weak_match(); };
  result.set_weak_match(std::any_of(facts.sources().begin(), facts.sources().end(), weak) ||
                        std::any_of(facts.aided().begin(), facts.aided().end(), weak));
  return result;
}

absl::StatusOr<Rate> CoverageRate(int64_t covered, int64_t should_be_aided) {
  if (covered < 0 || covered > should_be_aided) {
    return Fail("COVERAGE_OVER_WHOLE",
                {{"aided", std::to_string(covered)}, {"should", std::to_string(should_be_aided)}});
  }
  return Rate{covered, should_be_aided};
}

std::vector<RunLine> LinesOf(const std::string& person, const v1::EvaluateEntitlementResponse& decision) {
  std::vector<RunLine> lines;
  for (const v1::EntitledItem& item : decision.items()) {
    lines.push_back({person, item.item(), item.amount_fen(), absl::StrJoin(item.flags(), ",")});
  }
  return lines;
}

std::vector<RunLine> LinesOf(const v1::ComparisonResult& result) {
  std::vector<RunLine> lines;
  for (const v1::ComparisonRow& row : result.rows()) {
    const std::string mark = absl::StrCat(v1::ComparisonList_Name(row.list()), ",", v1::GapReason_Name(row.reason()));
    lines.push_back({row.person(), row.item(), row.aided_fen(), mark});
  }
  return lines;
}

std::vector<std::string> UnmetOf(const v1::ComparisonResult& result) {
  std::vector<std::string> codes;
  for (const v1::ComplianceFinding& finding : result.compliance_findings()) {
    if (finding.state() == v1::COMPLIANCE_STATE_UNMET) codes.push_back(finding.code());
  }
  return codes;
}

bool AddComplianceChange(const v1::ComparisonResult& before, const v1::ComparisonResult& after,
                         v1::PersonDifference* difference) {
  const auto had = UnmetOf(before), has = UnmetOf(after);
  const bool said = before.compliance() != v1::COMPLIANCE_STATUS_UNSPECIFIED &&
                    after.compliance() != v1::COMPLIANCE_STATUS_UNSPECIFIED;
  if (!said || (before.compliance() == after.compliance() && had == has)) {
    return false;
  }
  difference->set_compliance_before(before.compliance());
  difference->set_compliance_after(after.compliance());
  std::set_difference(has.begin(), has.end(), had.begin(), had.end(),
                      google::protobuf::RepeatedFieldBackInserter(difference->mutable_became_unmet()));
  std::set_difference(had.begin(), had.end(), has.begin(), has.end(),
                      google::protobuf::RepeatedFieldBackInserter(difference->mutable_no_longer_unmet()));
  return true;
}

std::vector<v1::RunDifference> CompareRuns(std::vector<RunLine> before, std::vector<RunLine> after) {
  const auto key = [](const RunLine& line) { return std::tie(line.person, line.item); };
  const auto less = [&](const RunLine& a, const RunLine& b) { return key(a) < key(b); };
  std::sort(before.begin(), before.end(), less);
  std::sort(after.begin(), after.end(), less);
  std::vector<v1::RunDifference> differences;
  const auto add = [&](v1::RunChange change, const RunLine* old_line, const RunLine* new_line) {
    v1::RunDifference& difference = differences.emplace_back();
    const RunLine& any = old_line != nullptr ? *old_line : *new_line;
    difference.set_change(change);
    difference.set_person(any.person);
    difference.set_item(any.item);
    if (old_line != nullptr) {
      difference.set_before_fen(old_line->amount_fen);
      difference.set_before(old_line->mark);
    }
    if (new_line != nullptr) {
      difference.set_after_fen(new_line->amount_fen);
      difference.set_after(new_line->mark);
    }
  };
  auto b = before.begin();
  auto a = after.begin();
  while (b != before.end() || a != after.end()) {
    if (a == after.end() || (b != before.end() && less(*b, *a))) {
      add(v1::RUN_CHANGE_GONE, &*b++, nullptr);
    } else if (b == before.end() || less(*a, *b)) {
      add(v1::RUN_CHANGE_NEW, nullptr, &*a++);
    } else {
      if (!(*b == *a)) add(v1::RUN_CHANGE_CHANGED, &*b, &*a);
      ++b, ++a;
    }
  }
  return differences;
}

}  // namespace ruraledu::student_aid
