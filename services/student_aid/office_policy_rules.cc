#include "services/student_aid/office_policy_rules.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/numbers.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kCategories = "complaint_categories.csv";
constexpr std::string_view kPresence = "presence_rules.csv";
constexpr int kMostAnswerDays = 60;

// The rows that hold in a region: those of the lowest one that has any on the day.
template <typename Row>
std::vector<const Row*> RowsOfRegion(const std::vector<Row>& rows, const RegionPath& path, std::string_view region,
                                     absl::CivilDay day) {
  std::vector<std::string> codes = path(region);
  codes.emplace_back();  // the nation
  std::vector<const Row*> found;
  for (const std::string& code : codes) {
    for (const Row& row : rows) {
      if (row.span.region == code && row.span.HoldsOn(day)) {
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
    ASSIGN_OR_RETURN(row.span, ReadRegionSpan(table, i, "from", "until"));
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
    const auto priority =
        EnumOf<v1::ComplaintPriority>(table.Get(i, "priority")).value_or(v1::COMPLAINT_PRIORITY_UNSPECIFIED);
    if (priority == v1::COMPLAINT_PRIORITY_UNSPECIFIED) {
      return table.Error(i, "priority is NORMAL, HIGH or URGENT");
    }
    category.set_priority(priority);
    int32_t days = 0;
    if (!absl::SimpleAtoi(table.Get(i, "answer_days"), &days) || days < 1 || days > kMostAnswerDays) {
      return table.Error(i, "answer_days is a number from 1 to 60");
    }
    category.set_answer_days(days);
    for (const ComplaintCategoryRow& other : rows) {
      if (other.category.code() == category.code() && other.span.Overlaps(row.span)) {
        return table.Error(i, "another row of the code and region holds on one of its days");
      }
    }
    rows.push_back(std::move(row));
  }
  RETURN_IF_ERROR(CheckNation(kCategories, rows));
  return rows;
}

absl::StatusOr<std::vector<MessageTemplate>> ParseMessageTemplates(std::string_view text) {
  static const auto* const form =
      new MessageTable{.file = "family_messages.csv",
                       .from = "from",
                       .until = "until",
                       .text = "text",
                       .placeholders = {"{name}", "{item}", "{term}", "{amount}", "{day}", "{card}"},
                       .required = {"{item}", "{amount}"}};
  return ReadMessageTemplates(*form, text);
}

absl::StatusOr<std::vector<NearRow>> ParsePresenceRules(std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse(kPresence, text, {"region", "from", "until", "near", "source"}));
  std::vector<NearRow> rows;
  for (size_t i = 0; i < table.size(); ++i) {
    NearRow row;
    ASSIGN_OR_RETURN(row.span, ReadRegionSpan(table, i, "from", "until"));
    const std::string_view near = table.Get(i, "near");
    if (near != "NONE" && near != "TOWNSHIP") {
      return table.Error(i, "near is NONE or TOWNSHIP");
    }
    row.near = near == "TOWNSHIP" ? NearRule::kTownship : NearRule::kNone;
    for (const NearRow& other : rows) {
      if (other.span.Overlaps(row.span)) {
        return table.Error(i, "another row of the region holds on one of its days");
      }
    }
    rows.push_back(std::move(row));
  }
  RETURN_IF_ERROR(CheckNation(kPresence, rows));
  return rows;
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
  return FindMessageTemplate(templates_, path_, region, day);
}

NearRule OfficeBook::Near(std::string_view region, absl::CivilDay day) const {
  const auto found = RowsOfRegion(near_, path_, region, day);
  return found.empty() ? NearRule::kNone : found.front()->near;
}

}  // namespace ruraledu::student_aid
