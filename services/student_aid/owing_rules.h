// What is owed of the items of a term that are granted to a person, as far as the caps over all departments' aid leave
// it.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/student_aid/department_rules.h"

namespace ruraledu::student_aid {

struct OwedItem {
  v1::BenefitFamily family = v1::BENEFIT_FAMILY_UNSPECIFIED;
  int64_t granted_fen = 0;                  // less what others gave in the family
  const v1::Application* before = nullptr;  // the person's application; null: none yet
};

struct OwedFacts {
  std::string person, region, term;
  std::map<std::string, OwedItem> items;  // by code
  absl::Span<const v1::Application> own;  // of the person and of those who were merged, around the term
  absl::Span<const v1::CountedAid> others;
};

// What is owed, and the cap that left less than was granted.
struct Owing {
  int64_t fen = 0;
  std::string cap;
};

// The cap of the last assessment; "": none left less.
std::string CapOf(const v1::Application& application);

// Of every item, in order of code: the first one takes its part first. Money that is out stays as it is and counts
// beside the others, as do live applications of other terms; an item that was refused, or taken back by the family,
// takes nothing.
absl::StatusOr<std::map<std::string, Owing>> WorkOutOwed(const DepartmentBook& departments, const OwedFacts& facts);

}  // namespace ruraledu::student_aid
