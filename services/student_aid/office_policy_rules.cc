#include "services/student_aid/office_policy_rules.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kCategories = "complaint_categories.csv";
constexpr std::string_view kTemplates = "family_messages.csv";
constexpr std::string_view kPresence = "presence_rules.csv";
constexpr int kMostAnswerDays = 60;
constexpr std::string_view kPlaceholders[] = {"{name}", "{item}", "{term}", "{amount}", "{day}", "{card}"};

bool HoldsOn(const OfficeSpan& span, absl::CivilDay day) {
  return span.from <= day && day < span.until;
}
bool Overlap(const OfficeSpan& a, const OfficeSpan& b) {
  return a.region == b.region && a.from < b.until && b.from < a.until;
}

absl::StatusOr<OfficeSpan> ReadSpan(const DataTable& table, size_t row) {
  OfficeSpan span;
  span.region = std::string(table.Get(row, "region"));
  if (!span.region.empty() && span.region.size() != 12) {
    return table.Error(row, "a region has 12 digits; empty is the nation");
  }
  ASSIGN_OR_RETURN(span.from, table.Day(row, "from", kFirstDay));
  ASSIGN_OR_RETURN(span.until, table.Day(row, "until", kLastDay));
  if (span.until <= span.from || table.Get(row, "source").empty()) {
    return table.Error(row, "a row needs a source, and days in order");
  }
  return span;
}

// Whether the nation has a row that does not end.
template <typename Row>
absl::Status CheckNation(std::string_view file, const std::vector<Row>& rows) {
  const bool open = std::any_of(rows.begin(), rows.end(), [](const Row& row) {
    return row.span.region.empty() && HoldsOn(row.span, kLastDay - 1);
  });
  return open ? absl::OkStatus()
              : Fail("DATA_FILE", {{"file", file}, {"line", "1"}, {"problem", "no open row of the nation"}});
}

// The text without its placeholders still has a brace: one of them is none.
bool Fits(std::string_view text) {
  std::string rest(text);
  for (const std::string_view placeholder : kPlaceholders) {
    rest = absl::StrReplaceAll(rest, {{placeholder, ""}});
  }
  return rest.find_first_of("{}") == std::string::npos && text.find("{item}") != std::string_view::npos &&
         text.find("{amount}") != std::string_view::npos;
}

// The rows that hold in a region: those of the lowest one that has any on the day.
template <typename Row>
std::vector<const Row*> RowsOfRegion(const std::vector<Row>& rows, const RegionPath& path, std::string_view region,
                                     absl::CivilDay day) {
  std::vector<std::string> codes = path(region);
  codes.emplace_back();  // the nation
  std::vector<const Row*> found;
  for (const std::string& code : codes) {
    for (const Row& row : rows) {
      if (row.span.region == code && HoldsOn(row.span, day)) {
        found.push_back(&row);
      }
    }
    if (!found.empty()) {
      break;
    }
  }
  return found;
}

}  // namespace

absl::StatusOr<std::vector<ComplaintCategoryRow>> ParseComplaintCategories(std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse(kCategories, text,
                                                           {"code", "region", "from", "until", "label_zh", "label_en",
                                                            "sensitive", "priority", "answer_days", "source"}));
  std::vector<ComplaintCategoryRow> rows;
  for (size_t i = 0; i < table.size(); ++i) {
    ComplaintCategoryRow row;
    ASSIGN_OR_RETURN(row.span, ReadSpan(table, i));
    v1::ComplaintCategory& category = row.category;
    category.set_code(std::string(table.Get(i, "code")));
    category.set_label_zh(std::string(table.Get(i, "label_zh")));
    category.set_label_en(std::string(table.Get(i, "label_en")));
    category.set_source(std::string(table.Get(i, "source")));
    if (category.code().empty() || category.label_zh().empty() || category.label_en().empty()) {
      return table.Error(i, "a category needs a code and both labels");
    }
    const std::string_view sensitive = table.Get(i, "sensitive");
    if (sensitive != "0" && sensitive != "1") {
      return table.Error(i, "sensitive is 0 or 1");
    }
    category.set_sensitive(sensitive == "1");
    v1::ComplaintPriority priority = v1::COMPLAINT_PRIORITY_UNSPECIFIED;
    if (!v1::ComplaintPriority_Parse(absl::StrCat("COMPLAINT_PRIORITY_", table.Get(i, "priority")), &priority) ||
        priority == v1::COMPLAINT_PRIORITY_UNSPECIFIED) {
      return table.Error(i, "priority is NORMAL, HIGH or URGENT");
    }
    category.set_priority(priority);
    int32_t days = 0;
    if (!absl::SimpleAtoi(table.Get(i, "answer_days"), &days) || days < 1 || days > kMostAnswerDays) {
      return table.Error(i, "answer_days is a number from 1 to 60");
    }
    category.set_answer_days(days);
    for (const ComplaintCategoryRow& other : rows) {
      if (other.category.code() == category.code() && Overlap(other.span, row.span)) {
        return table.Error(i, "another row of the code and region holds on one of its days");
      }
    }
    rows.push_back(std::move(row));
  }
  RETURN_IF_ERROR(CheckNation(kCategories, rows));
  return rows;
}

absl::StatusOr<std::vector<MessageTemplate>> ParseMessageTemplates(std::string_view text) {
  ASSIGN_OR_RETURN(
      const DataTable table,
      DataTable::Parse(kTemplates, text, {"template", "version", "region", "from", "until", "text", "source"}));
  std::vector<MessageTemplate> rows;
  for (size_t i = 0; i < table.size(); ++i) {
    MessageTemplate row;
    ASSIGN_OR_RETURN(row.span, ReadSpan(table, i));
    row.name = absl::StrCat(table.Get(i, "template"), "@", table.Get(i, "version"));
    row.text = std::string(table.Get(i, "text"));
    row.source = std::string(table.Get(i, "source"));
    if (row.name.front() == '@' || row.name.back() == '@') {
      return table.Error(i, "a template needs a name and a version");
    }
    if (!Fits(row.text)) {
      return table.Error(i, "a text has {item} and {amount}, and no placeholder but {name} {term} {day} {card} beside");
    }
    for (const MessageTemplate& other : rows) {
      if (other.name == row.name || Overlap(other.span, row.span)) {
        return table.Error(i, "the version stands twice, or another row of the region holds on one of its days");
      }
    }
    rows.push_back(std::move(row));
  }
  RETURN_IF_ERROR(CheckNation(kTemplates, rows));
  return rows;
}

absl::StatusOr<std::vector<NearRow>> ParsePresenceRules(std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse(kPresence, text, {"region", "from", "until", "near", "source"}));
  std::vector<NearRow> rows;
  for (size_t i = 0; i < table.size(); ++i) {
    NearRow row;
    ASSIGN_OR_RETURN(row.span, ReadSpan(table, i));
    const std::string_view near = table.Get(i, "near");
    if (near != "NONE" && near != "TOWNSHIP") {
      return table.Error(i, "near is NONE or TOWNSHIP");
    }
    row.near = near == "TOWNSHIP" ? NearRule::kTownship : NearRule::kNone;
    for (const NearRow& other : rows) {
      if (Overlap(other.span, row.span)) {
        return table.Error(i, "another row of the region holds on one of its days");
      }
    }
    rows.push_back(std::move(row));
  }
  RETURN_IF_ERROR(CheckNation(kPresence, rows));
  return rows;
}

std::string FillMessage(const MessageTemplate& form, const MessageFacts& facts) {
  return absl::StrReplaceAll(form.text, {{"{name}", facts.name},
                                         {"{item}", facts.item},
                                         {"{term}", facts.term},
                                         {"{amount}", facts.amount},
                                         {"{day}", facts.day},
                                         {"{card}", facts.card}});
}

OfficeBook::OfficeBook(std::vector<ComplaintCategoryRow> categories, std::vector<MessageTemplate> templates,
                       CodeList channels, CodeList kinds, std::vector<NearRow> near, RegionPath path)
    : categories_(std::move(categories)),
      templates_(std::move(templates)),
      channels_(std::move(channels)),
      kinds_(std::move(kinds)),
      near_(std::move(near)),
      path_(std::move(path)) {}

std::vector<const v1::ComplaintCategory*> OfficeBook::Categories(std::string_view region, absl::CivilDay day) const {
  std::vector<const v1::ComplaintCategory*> found;
  for (const ComplaintCategoryRow* row : RowsOfRegion(categories_, path_, region, day)) {
    found.push_back(&row->category);
  }
  return found;
}

const v1::ComplaintCategory* OfficeBook::FindCategory(std::string_view code, std::string_view region,
                                                      absl::CivilDay day) const {
  const auto all = Categories(region, day);
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto* one) { return one->code() == code; });
  return found == all.end() ? nullptr : *found;
}

std::string OfficeBook::LabelOfCategory(std::string_view code) const {
  const auto found = std::find_if(categories_.rbegin(), categories_.rend(),
                                  [&](const auto& row) { return row.category.code() == code; });
  return found == categories_.rend() ? std::string(code) : found->category.label_zh();
}

const MessageTemplate* OfficeBook::Template(std::string_view region, absl::CivilDay day) const {
  const auto found = RowsOfRegion(templates_, path_, region, day);
  return found.empty() ? nullptr : found.front();
}

NearRule OfficeBook::Near(std::string_view region, absl::CivilDay day) const {
  const auto found = RowsOfRegion(near_, path_, region, day);
  return found.empty() ? NearRule::kNone : found.front()->near;
}

}  // namespace ruraledu::student_aid
