#include "services/student_aid/reassess_rules.h"

#include <algorithm>
#include <tuple>
#include <vector>

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kMerged = "MERGED";
constexpr std::string_view kDuplicate = "DUPLICATE_AID";
constexpr std::string_view kIdentified = "N1";
constexpr int kMostTouched = 200;

const v1::EntitledItem* ItemOf(const v1::EvaluateEntitlementResponse& answer, std::string_view code) {
  const auto found =
      std::find_if(answer.items().begin(), answer.items().end(), [&](const auto& item) { return item.item() == code; });
  return found == answer.items().end() ? nullptr : &*found;
}

// "" when the item was not considered.
std::string RemovedReason(const v1::EvaluateEntitlementResponse& answer, std::string_view code) {
  const auto found = std::find_if(answer.removed().begin(), answer.removed().end(),
                                  [&](const auto& removed) { return removed.item() == code; });
  return found == answer.removed().end() ? "" : found->reason();
}

// Facts without the identification, and the identification alone.
std::string WithoutLevel(v1::PupilFacts facts, std::string* level) {
  auto& hardships = *facts.mutable_hardships();
  const auto identified = std::stable_partition(hardships.begin(), hardships.end(),
                                                [](const auto& fact) { return fact.kind() != kIdentified; });
  for (auto fact = identified; fact != hardships.end(); ++fact) {
    *level += fact->SerializeAsString();
  }
  hardships.erase(identified, hardships.end());
  return facts.SerializeAsString();
}

template <typename Texts>
std::vector<std::string> Sorted(const Texts& texts) {
  std::vector<std::string> sorted(texts.begin(), texts.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace

std::set<std::string> ComparedKinds(const v1::IdentificationPolicy& policy) {
  std::set<std::string> kinds;
  for (const v1::KindRow& row : policy.kinds()) {
    if (row.level() > 0) {
      kinds.insert(row.kind());
    }
  }
  return kinds;
}

std::map<std::string, const v1::EntitledItem*> CashItems(const v1::EvaluateEntitlementResponse& answer) {
  std::map<std::string, const v1::EntitledItem*> items;
  for (const v1::EntitledItem& item : answer.items()) {
    if (item.pay_form() == v1::PAY_FORM_CASH) {
      items[item.item()] = &item;
    }
  }
  return items;
}

Basis BasisOf(const v1::EntitledItem& item, const std::set<std::string>& compared, bool stands) {
  const auto& kinds = item.kinds();
  if (std::any_of(kinds.begin(), kinds.end(), [&](const auto& kind) { return compared.contains(kind); })) {
    return {.without_paper = true};
  }
  const bool identified = std::find(kinds.begin(), kinds.end(), kIdentified) != kinds.end();
  return {.without_paper = identified && stands, .identification = identified && stands};
}

bool StandsBeside(const PolicyBook& book, const v1::Decision& decision, std::string_view item) {
  const auto& received = decision.input().facts().received();
  const bool before = std::any_of(received.begin(), received.end(),
                                  [&](const v1::ReceivedItem& one) { return one.own() && one.item() == item; });
  const auto& granted = decision.answer().items();
  return before && std::any_of(granted.begin(), granted.end(), [&](const v1::EntitledItem& one) {
           return one.supplementary() && one.item() != item && one.family() == book.FamilyOf(item);
         });
}

int64_t OwedFen(const PolicyBook& book, const v1::EntitledItem& item, const v1::PupilFacts& facts, int64_t given_fen) {
  int64_t owed = item.amount_fen() - given_fen;
  for (const v1::ReceivedItem& received : facts.received()) {
    if (item.supplementary() && !received.own() && book.FamilyOf(received.item()) == item.family()) {
      owed += received.amount_fen();
    }
  }
  return std::max<int64_t>(owed, 0);
}

v1::AssessmentCause CauseOf(const v1::Decision& before, const v1::Decision& now, std::string_view item) {
  const auto& then = before.answer();
  const auto& answer = now.answer();
  if ((RemovedReason(then, item) == kDuplicate) != (RemovedReason(answer, item) == kDuplicate)) {
    return v1::ASSESSMENT_CAUSE_CLAIM;
  }
  const v1::PupilFacts &old_facts = before.input().facts(), &facts = now.input().facts();
  if ((old_facts.status() == kMerged) != (facts.status() == kMerged)) {
    return v1::ASSESSMENT_CAUSE_IDENTITY;
  }
  const v1::EntitledItem *old_item = ItemOf(then, item), *new_item = ItemOf(answer, item);
  if (new_item != nullptr && new_item->supplementary() && (old_item == nullptr || !old_item->supplementary())) {
    return v1::ASSESSMENT_CAUSE_SAME_TERM_ENTRY;
  }
  if (Sorted(before.input().policy_sets()) != Sorted(now.input().policy_sets())) {
    return v1::ASSESSMENT_CAUSE_STANDARDS;
  }
  if (before.input().rules_version() != now.input().rules_version()) {
    return v1::ASSESSMENT_CAUSE_RULES;
  }
  std::string old_level, level;
  const bool same_facts = WithoutLevel(old_facts, &old_level) == WithoutLevel(facts, &level);
  return same_facts && old_level != level ? v1::ASSESSMENT_CAUSE_IDENTIFICATION : v1::ASSESSMENT_CAUSE_REGISTRY_CHANGE;
}

v1::AssessmentCause CauseOfNew(const v1::EntitledItem& item, const Basis& basis) {
  return item.supplementary()   ? v1::ASSESSMENT_CAUSE_SAME_TERM_ENTRY
         : basis.identification ? v1::ASSESSMENT_CAUSE_IDENTIFICATION
                                : v1::ASSESSMENT_CAUSE_FIRST;
}

std::string ReasonGone(const v1::Decision& now, std::string_view item) {
  if (now.input().facts().status() == kMerged) {
    return std::string(kMerged);
  }
  const std::string reason = RemovedReason(now.answer(), item);
  return reason.empty() ? "KIND_NOT_HELD" : reason;
}

void CountTouched(const v1::TouchedApplication& touched, std::string_view item, v1::ApplicationRunResult* result) {
  const auto key = [](const v1::ApplicationImpact& impact) {
    return std::tuple<int, int, std::string_view>(impact.change(), impact.cause(), impact.item());
  };
  v1::ApplicationImpact next;
  next.set_change(touched.change());
  next.set_cause(touched.cause());
  next.set_item(std::string(item));
  auto& impacts = *result->mutable_impacts();
  auto at = std::lower_bound(impacts.begin(), impacts.end(), next,
                             [&](const auto& a, const auto& b) { return key(a) < key(b); });
  if (at == impacts.end() || key(*at) != key(next)) {
    const auto position = at - impacts.begin();
    *impacts.Add() = next;
    std::rotate(impacts.begin() + position, impacts.end() - 1, impacts.end());
    at = impacts.begin() + position;
  }
  at->set_applications(at->applications() + 1);
  at->set_amount_change_fen(at->amount_change_fen() + touched.to_fen() - touched.from_fen());
  if (result->touched_size() < kMostTouched) {
    *result->add_touched() = touched;
  }
}

}  // namespace ruraledu::student_aid
