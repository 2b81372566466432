// Who is responsible (digest 3.3): slots as data, what a slot may be for, and which child has no name in a line.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ruraledu/dropout_monitoring/v1/responsibility.pb.h"

namespace ruraledu::dropout_monitoring {

// responsibility_slots.csv: mechanism,slot,line,spine,names_child,label_zh,label_en,source. DATA_FILE: an unknown line
// or spine, a slot twice, no source, a name of a child in no line.
absl::StatusOr<std::vector<v1::ResponsibilitySlot>> ParseResponsibilitySlots(std::string_view text);

// Null when there is none.
const v1::ResponsibilitySlot* FindSlot(absl::Span<const v1::ResponsibilitySlot> slots, std::string_view mechanism,
                                       std::string_view slot);

// The area by which a responsibility for `subject` is seen: of the school spine the subject itself, of a village its
// township. RESPONSIBILITY_SUBJECT for what is no county, township, village, school or class of the county; a person is
// checked by the caller, who knows the rolls.
absl::StatusOr<std::string> AreaOfSubject(const v1::ResponsibilitySlot& slot, std::string_view county,
                                          const std::string& subject);

// Mechanisms of the county's own: MECHANISM_COMPONENTS unless they are numbered 1, 2, ... with a text each.
absl::Status CheckComponents(const v1::Mechanism& mechanism);

// The lines in which a child has no name. `named`: villages, classes and persons of each line that have one.
struct NamedOf {
  std::set<std::string, std::less<>> administration, education;
};
std::vector<v1::ControlLine> LinesWithout(const NamedOf& named, const std::string& person, const std::string& area,
                                          const std::string& village);

}  // namespace ruraledu::dropout_monitoring
