#include "services/student_aid/benefit_rules.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace ruraledu::student_aid {

bool IsClaimed(v1::BenefitFamily family) {
  return family != v1::BENEFIT_FAMILY_UNIVERSAL && family != v1::BENEFIT_FAMILY_UNSPECIFIED;
}

std::string BenefitKey(std::string_view person, std::string_view term, v1::BenefitFamily family) {
  return absl::StrCat(person, "/", term, "/", static_cast<int>(family));
}

void ForStorage(const std::set<v1::BenefitFamily>& held_elsewhere, v1::EvaluateEntitlementResponse* answer) {
  google::protobuf::RepeatedPtrField<v1::EntitledItem> kept;
  for (v1::EntitledItem& item : *answer->mutable_items()) {
    if (!held_elsewhere.contains(item.family())) {
      *kept.Add() = std::move(item);
      continue;
    }
    v1::RemovedItem* removed = answer->add_removed();
    removed->set_item(item.item());
    removed->set_reason(std::string(kDuplicateAid));
  }
  *answer->mutable_items() = std::move(kept);
  for (v1::RemovedItem& removed : *answer->mutable_removed()) removed.clear_detail();
  const auto by_item = [](const auto& a, const auto& b) { return a.item() < b.item(); };
  auto* removed = answer->mutable_removed();
  if (!std::is_sorted(removed->begin(), removed->end(), by_item)) {
    std::stable_sort(removed->begin(), removed->end(), by_item);
  }
}

}  // namespace ruraledu::student_aid
