#include "services/student_aid/benefit_rules.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/domain/school_year.h"

namespace ruraledu::student_aid {

bool IsClaimed(v1::BenefitFamily family) {
  return family != v1::BENEFIT_FAMILY_UNIVERSAL && family != v1::BENEFIT_FAMILY_UNSPECIFIED;
}

std::string BenefitKey(std::string_view person, std::string_view term, v1::BenefitFamily family) {
  if (family == v1::BENEFIT_FAMILY_FRESHMAN) {
    const absl::StatusOr<Term> parsed = ParseTerm(term);
    return absl::StrCat(person, "/", parsed.ok() ? Term{parsed->year, Season::kAutumn}.text() : std::string(term), "/",
                        static_cast<int>(family));
  }
  return absl::StrCat(person, "/", term, "/", static_cast<int>(family));
}

void ForStorage(const std::set<v1::BenefitFamily>& held_elsewhere, v1::EvaluateEntitlementResponse* answer) {
  for (int i = 0; i < answer->items_size();) {
    if (!held_elsewhere.contains(answer->items(i).family())) {
      ++i;
      continue;
    }
    v1::RemovedItem* removed = answer->add_removed();
    removed->set_item(answer->items(i).item());
    removed->set_reason(std::string(kDuplicateAid));
    answer->mutable_items()->DeleteSubrange(i, 1);
  }
  for (v1::RemovedItem& removed : *answer->mutable_removed()) removed.clear_detail();
  // Pointers and not messages: nothing is copied.
  const auto by_item = [](const v1::RemovedItem* a, const v1::RemovedItem* b) { return a->item() < b->item(); };
  std::stable_sort(answer->mutable_removed()->pointer_begin(), answer->mutable_removed()->pointer_end(), by_item);
}

}  // namespace ruraledu::student_aid
