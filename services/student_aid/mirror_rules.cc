#include "services/student_aid/mirror_rules.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/record_state.h"
#include "services/student_aid/report_rules.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kFormats[] = {"TEXT", "LABEL", "YUAN", "DAY", "DAY8", "NUMBER"};

// A fact, as the text, number or day that formats write.
struct Value {
  std::string text;
  int64_t number = 0;
  std::optional<absl::CivilDay> day;
};
struct Fact {
  std::string_view name;
  Value (*value)(const MirrorFacts& facts);
};

template <std::string MirrorFacts::*Field>
Value TextOf(const MirrorFacts& facts) {
  return {facts.*Field, 0, {}};
}

constexpr Fact kFacts[] = {
    {"name", TextOf<&MirrorFacts::name>},
    {"id_type", TextOf<&MirrorFacts::id_type>},
    {"id_number", TextOf<&MirrorFacts::id_number>},
    {"student_number", TextOf<&MirrorFacts::student_number>},
    {"sex", TextOf<&MirrorFacts::sex>},
    {"ethnic_group", TextOf<&MirrorFacts::ethnic_group>},
    {"school_code", TextOf<&MirrorFacts::school_code>},
    {"school_name", TextOf<&MirrorFacts::school_name>},
    {"stage", TextOf<&MirrorFacts::stage>},
    {"grade", TextOf<&MirrorFacts::grade>},
    {"study_mode", TextOf<&MirrorFacts::study_mode>},
    {"term", TextOf<&MirrorFacts::term>},
    {"project", TextOf<&MirrorFacts::project>},
    {"item", TextOf<&MirrorFacts::item>},
    {"item_label", TextOf<&MirrorFacts::item_label>},
    {"card_number", TextOf<&MirrorFacts::card_number>},
    {"card_holder", TextOf<&MirrorFacts::card_holder>},
    {"reference", TextOf<&MirrorFacts::reference>},
    {"row",
     [](const MirrorFacts& facts) {
       return Value{"", facts.row, {}};
     }},
    {"level",
     [](const MirrorFacts& facts) {
       return Value{facts.level == 0 ? "" : absl::StrCat(facts.level), facts.level, {}};
     }},
    {"amount",
     [](const MirrorFacts& facts) {
       return Value{"", facts.amount_fen, {}};
     }},
    {"paid",
     [](const MirrorFacts& facts) {
       return Value{"", facts.paid_fen, {}};
     }},
    {"birth_date",
     [](const MirrorFacts& facts) {
       return Value{"", 0, facts.birth_date};
     }},
    {"paid_on",
     [](const MirrorFacts& facts) {
       return Value{"", 0, facts.paid_on};
     }},
};

const Fact* FindFact(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kFacts), std::end(kFacts), [&](const Fact& fact) { return fact.name == name; });
  return found == std::end(kFacts) ? nullptr : found;
}

reports_v1::ReportCell CellOf(const MirrorBook& book, const v1::MirrorColumn& column, const MirrorFacts& facts) {
  const Fact* fact = FindFact(column.fact());
  if (fact == nullptr) {
    return {};
  }
  const Value value = fact->value(facts);
  if (column.format() == "YUAN") {
    return AmountCell(value.number);
  }
  if (column.format() == "NUMBER") {
    return CountCell(value.number);
  }
  if (column.format() == "DAY") {
    return value.day.has_value() ? DayCell(DateOf(*value.day)) : reports_v1::ReportCell();
  }
  if (column.format() == "DAY8") {
    return TextCell(value.day.has_value() ? absl::StrReplaceAll(DayText(*value.day), {{"-", ""}}) : "");
  }
  return TextCell(column.format() == "LABEL" && !value.text.empty() ? book.LabelOf(column.code_list(), value.text)
                                                                    : value.text);
}

v1::MirrorReason DifferenceOf(const MirrorTheirs& theirs, const v1::MirrorEntry& entry) {
  if (entry.row() == 0) {
    return theirs.lines == 0        ? v1::MIRROR_REASON_UNSPECIFIED  // they took it back
           : entry.person().empty() ? v1::MIRROR_REASON_UNKNOWN_PERSON
                                    : v1::MIRROR_REASON_MISSING_HERE;
  }
  if (theirs.lines == 0) {
    return v1::MIRROR_REASON_MISSING_THERE;
  }
  if (theirs.lines > 1) {
    return v1::MIRROR_REASON_DUPLICATE_THERE;
  }
  if (theirs.fen != entry.reported_fen()) {
    return v1::MIRROR_REASON_OTHER_AMOUNT;
  }
  return theirs.level != 0 && theirs.level != entry.reported_level() ? v1::MIRROR_REASON_OTHER_LEVEL
                                                                     : v1::MIRROR_REASON_UNSPECIFIED;
}

v1::MirrorPaidValue PaidValueOf(const v1::MirrorEntry& entry) {
  if (entry.waived()) {
    return v1::MIRROR_PAID_VALUE_UNSPECIFIED;
  }
  if (entry.paid_fen() == 0) {
    return v1::MIRROR_PAID_VALUE_NOTHING;
  }
  const bool reported = entry.row() > 0 && entry.paid_fen() == entry.reported_fen();
  const bool verified = entry.verified_lines() > 0 && entry.paid_fen() == entry.verified_fen();
  return reported && verified ? v1::MIRROR_PAID_VALUE_BOTH
         : reported           ? v1::MIRROR_PAID_VALUE_REPORTED
         : verified           ? v1::MIRROR_PAID_VALUE_VERIFIED
                              : v1::MIRROR_PAID_VALUE_NEITHER;
}

bool WorkedOff(const v1::MirrorEntry& entry) {
  return entry.state() == v1::MIRROR_ENTRY_STATE_ACCEPTED || entry.state() == v1::MIRROR_ENTRY_STATE_CORRECTED;
}

void Reopen(v1::MirrorEntry* entry) {
  entry->clear_resolution();
  entry->clear_resolved_by();
  entry->clear_resolved_on();
  entry->clear_resolve_reason();
}

}  // namespace

absl::Status StepExport(std::string_view event, v1::MirrorExport* exported) {
  return MoveState(kMirrorExportStates, event, exported);
}

bool IsMirrorFact(std::string_view fact) {
  return FindFact(fact) != nullptr;
}

bool IsMirrorFormat(std::string_view format) {
  return std::find(std::begin(kFormats), std::end(kFormats), format) != std::end(kFormats);
}

std::vector<reports_v1::ReportCell> CellsOf(const MirrorBook& book, const v1::MirrorLayout& layout,
                                            const MirrorFacts& facts) {
  std::vector<reports_v1::ReportCell> cells;
  for (const v1::MirrorColumn& column : layout.columns()) {
    cells.push_back(CellOf(book, column, facts));
  }
  return cells;
}

std::string MirrorReference(std::string_view county, std::string_view term, std::string_view layout, int32_t number) {
  layout.remove_prefix(std::min(layout.size(), layout.find('/') + 1));
  return absl::StrCat(kMirrorReference, county, "-", term.substr(0, 4), term.substr(term.rfind('-') + 1), "-",
                      layout.substr(0, layout.find('@')), "-", number);
}

void HoldAgainst(const MirrorTheirs& theirs, const Act& act, v1::MirrorEntry* entry) {
  const bool same = theirs.lines == entry->verified_lines() && theirs.fen == entry->verified_fen() &&
                    theirs.level == entry->verified_level();
  const bool stays = same && WorkedOff(*entry);
  entry->set_verified_lines(theirs.lines);
  entry->set_verified_fen(theirs.fen);
  entry->set_verified_level(theirs.level);
  entry->set_line(theirs.line);
  entry->set_paid_value(PaidValueOf(*entry));
  if (stays) {
    return;
  }
  Reopen(entry);
  const v1::MirrorReason reason = DifferenceOf(theirs, *entry);
  if (reason == v1::MIRROR_REASON_UNSPECIFIED) {
    entry->clear_found_on();
  } else if (reason != entry->reason() || !entry->has_found_on()) {
    *entry->mutable_found_on() = DateOf(act.on);
  }
  entry->set_reason(reason);
  entry->set_state(reason == v1::MIRROR_REASON_UNSPECIFIED ? v1::MIRROR_ENTRY_STATE_AGREED
                                                           : v1::MIRROR_ENTRY_STATE_OPEN);
}

absl::Status ResolveEntry(const Act& act, v1::MirrorResolution resolution, v1::MirrorEntry* entry) {
  if (entry->state() != v1::MIRROR_ENTRY_STATE_OPEN) {
    return Fail("STATE_TRANSITION",
                {{"machine", "mirror_entry"}, {"from", EnumText(entry->state())}, {"event", "resolve"}});
  }
  RETURN_IF_ERROR(NeedsReason(act));
  entry->set_state(resolution == v1::MIRROR_RESOLUTION_ACCEPTED ? v1::MIRROR_ENTRY_STATE_ACCEPTED
                                                                : v1::MIRROR_ENTRY_STATE_CORRECTED);
  entry->set_resolution(resolution);
  entry->set_resolved_by(act.person);
  *entry->mutable_resolved_on() = DateOf(act.on);
  entry->set_resolve_reason(act.reason);
  return absl::OkStatus();
}

}  // namespace ruraledu::student_aid
