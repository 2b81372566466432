// Texts to families as data: a table of templates per jurisdiction, dated, with sources, and how one is filled.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/region_path.h"
#include "common/domain/region_span.h"

namespace ruraledu {

struct MessageTemplate {
  RegionSpan span;
  std::string name;  // "FM_CN@1": template and version
  std::string text;  // with placeholders in braces
  std::string source;
};

// A table of templates: columns template, version, region, source and those named here.
struct MessageTable {
  std::string_view file, from, until, text;
  std::vector<std::string_view> placeholders;  // "{name}": those that are filled
  std::vector<std::string_view> required;      // those of them that every text has
};

// DATA_FILE with the line for what ReadRegionSpan and CheckNation refuse, a template without a name or a version, a
// text without a required placeholder or with one that nobody fills, a version twice, and two rows of a region on one
// day.
absl::StatusOr<std::vector<MessageTemplate>> ReadMessageTemplates(const MessageTable& form, std::string_view csv);

// That of the lowest region that has one on the day; nullptr: none.
const MessageTemplate* FindMessageTemplate(absl::Span<const MessageTemplate> templates, const RegionPath& path,
                                           std::string_view region, absl::CivilDay day);

// Placeholder with its braces, and what it stands for.
using MessageValues = std::vector<std::pair<std::string_view, std::string>>;
// Braces within a value are text.
std::string FillMessage(const MessageTemplate& form, const MessageValues& values);

}  // namespace ruraledu
