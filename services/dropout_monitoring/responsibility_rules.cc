#include "services/dropout_monitoring/responsibility_rules.h"

#include <algorithm>

#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/domain/area.h"
#include "common/domain/data_table.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kResidence = "RESIDENCE", kSchool = "SCHOOL";
constexpr size_t kVillage = 12, kTownship = 9, kCounty = 6;

bool IsDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

absl::StatusOr<std::vector<v1::ResponsibilitySlot>> ParseResponsibilitySlots(std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse("responsibility_slots.csv", text,
                                                           {"mechanism", "slot", "line", "spine", "names_child",
                                                            "label_zh", "label_en", "source"}));
  std::vector<v1::ResponsibilitySlot> slots;
  for (size_t row = 0; row < table.size(); ++row) {
    v1::ResponsibilitySlot slot;
    slot.set_mechanism(std::string(table.Get(row, "mechanism")));
    slot.set_slot(std::string(table.Get(row, "slot")));
    slot.set_spine(std::string(table.Get(row, "spine")));
    slot.set_names_child(table.Get(row, "names_child") == "1");
    slot.set_label_zh(std::string(table.Get(row, "label_zh")));
    slot.set_label_en(std::string(table.Get(row, "label_en")));
    slot.set_source(std::string(table.Get(row, "source")));
    const std::string_view named = table.Get(row, "line");
    const auto line = named.empty() ? v1::CONTROL_LINE_UNSPECIFIED : EnumOf<v1::ControlLine>(named);
    if (!line.has_value()) {
      return table.Error(row, "the line is ADMINISTRATION, EDUCATION or empty");
    }
    slot.set_line(*line);
    if (slot.spine() != kResidence && slot.spine() != kSchool) {
      return table.Error(row, "the spine is RESIDENCE or SCHOOL");
    }
    if (slot.mechanism().empty() || slot.slot().empty() || slot.source().empty()) {
      return table.Error(row, "a row needs mechanism, slot and source");
    }
    if (slot.names_child() && slot.line() == v1::CONTROL_LINE_UNSPECIFIED) {
      return table.Error(row, "a slot that names children belongs to a line");
    }
    if (FindSlot(slots, slot.mechanism(), slot.slot()) != nullptr) {
      return table.Error(row, "the slot stands twice");
    }
    slots.push_back(std::move(slot));
  }
  return slots;
}

const v1::ResponsibilitySlot* FindSlot(absl::Span<const v1::ResponsibilitySlot> slots, std::string_view mechanism,
                                       std::string_view slot) {
  const auto* const found = std::find_if(slots.begin(), slots.end(), [&](const v1::ResponsibilitySlot& row) {
    return row.mechanism() == mechanism && row.slot() == slot;
  });
  return found == slots.end() ? nullptr : found;
}

absl::StatusOr<std::string> AreaOfSubject(const v1::ResponsibilitySlot& slot, std::string_view county,
                                          const std::string& subject) {
  const bool here = subject.size() >= kCounty && subject.substr(0, kCounty) == county;
  const bool region = IsDigits(subject) && (subject.size() == kCounty || subject.size() == kTownship ||
                                            (subject.size() == kVillage && slot.spine() == kResidence));
  const bool place = region || (slot.spine() == kSchool && ParseArea(subject).ok());
  if (!here || !place) {
    return Fail("RESPONSIBILITY_SUBJECT", {{"subject", subject}, {"slot", slot.slot()}});
  }
  return subject.size() == kVillage && region ? subject.substr(0, kTownship) : subject;
}

absl::Status CheckComponents(const v1::Mechanism& mechanism) {
  for (int i = 0; i < mechanism.components_size(); ++i) {
    if (mechanism.components(i).number() != i + 1 || mechanism.components(i).text().empty()) {
      return Fail("MECHANISM_COMPONENTS");
    }
  }
  return mechanism.components().empty() ? Fail("MECHANISM_COMPONENTS") : absl::OkStatus();
}

std::vector<v1::ControlLine> LinesWithout(const NamedOf& named, const std::string& person, const std::string& area,
                                          const std::string& village) {
  std::vector<v1::ControlLine> lines;
  if (!named.administration.contains(village) && !named.administration.contains(person)) {
    lines.push_back(v1::CONTROL_LINE_ADMINISTRATION);
  }
  if (!named.education.contains(area) && !named.education.contains(person)) {
    lines.push_back(v1::CONTROL_LINE_EDUCATION);
  }
  return lines;
}

}  // namespace ruraledu::dropout_monitoring
