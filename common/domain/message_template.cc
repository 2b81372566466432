#include "common/domain/message_template.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace ruraledu {
namespace {

// A text without its placeholders that still has a brace has one that is none.
bool Fits(const MessageTable& form, std::string_view text) {
  std::string rest(text);
  for (const std::string_view placeholder : form.placeholders) {
    rest = absl::StrReplaceAll(rest, {{placeholder, ""}});
  }
  return rest.find_first_of("{}") == std::string::npos &&
         std::all_of(form.required.begin(), form.required.end(),
                     [&](std::string_view placeholder) { return absl::StrContains(text, placeholder); });
}

absl::StatusOr<MessageTemplate> ReadTemplate(const MessageTable& form, const DataTable& table, size_t row) {
  MessageTemplate read;
  ASSIGN_OR_RETURN(read.span, ReadRegionSpan(table, row, form.from, form.until));
  read.name = absl::StrCat(table.Get(row, "template"), "@", table.Get(row, "version"));
  read.text = std::string(table.Get(row, form.text));
  read.source = std::string(table.Get(row, "source"));
  if (read.name.front() == '@' || read.name.back() == '@') {
    return table.Error(row, "a template needs a name and a version");
  }
  if (!Fits(form, read.text)) {
    return table.Error(row, absl::StrCat("a text has ", absl::StrJoin(form.required, " and "),
                                         ", and no placeholder but ", absl::StrJoin(form.placeholders, " ")));
  }
  return read;
}

}  // namespace

absl::StatusOr<std::vector<MessageTemplate>> ReadMessageTemplates(const MessageTable& form, std::string_view csv) {
  ASSIGN_OR_RETURN(
      const DataTable table,
      DataTable::Parse(form.file, csv, {"template", "version", "region", form.from, form.until, form.text, "source"}));
  std::vector<MessageTemplate> rows;
  for (size_t i = 0; i < table.size(); ++i) {
    ASSIGN_OR_RETURN(MessageTemplate row, ReadTemplate(form, table, i));
    const bool twice = std::any_of(rows.begin(), rows.end(), [&](const MessageTemplate& other) {
      return other.name == row.name || other.span.Overlaps(row.span);
    });
    if (twice) {
      return table.Error(i, "the version stands twice, or another row of the region holds on one of its days");
    }
    rows.push_back(std::move(row));
  }
  RETURN_IF_ERROR(CheckNation(form.file, rows));
  return rows;
}

const MessageTemplate* FindMessageTemplate(absl::Span<const MessageTemplate> templates, const RegionPath& path,
                                           std::string_view region, absl::CivilDay day) {
  return NewestInForce<MessageTemplate>(
      templates, path, region, day, [](const MessageTemplate& row) { return std::string_view(row.span.region); },
      [day](const MessageTemplate& row) {
        return row.span.HoldsOn(day) ? std::optional(row.span.from) : std::nullopt;
      });
}

std::string FillMessage(const MessageTemplate& form, const MessageValues& values) {
  return absl::StrReplaceAll(form.text, values);
}

}  // namespace ruraledu
