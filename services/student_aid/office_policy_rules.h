// What a jurisdiction says about complaints, messages to families and boarders, as data, dated, per region, with
// sources:
//
//   <policies>/student_aid/complaint_categories.csv
//     code,region,from,until,label_zh,label_en,sensitive,priority,answer_days,source
//   <policies>/student_aid/family_messages.csv
//     template,version,region,from,until,text,source
//   <policies>/student_aid/presence_rules.csv
//     region,from,until,near,source
//   <data>/codes/contact_channel.csv   how people are reached
//   <data>/codes/hardship_kind.csv     labels of the kinds of hardship
//
// The rows of a county are its own when it has any that hold on the day, else those of the regions above it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/domain/code_list.h"
#include "common/domain/message_template.h"
#include "ruraledu/student_aid/v1/complaint.pb.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

struct ComplaintCategoryRow {
  RegionSpan span;
  v1::ComplaintCategory category;
};
// DATA_FILE with the line for a region that is none, days out of order, no label or source, `sensitive` that is neither
// 0 nor 1, a priority that is none, answer days outside of 1 to 60, a code twice in one region on one day, and without
// an open row of the nation.
absl::StatusOr<std::vector<ComplaintCategoryRow>> ParseComplaintCategories(std::string_view text);

// With {name} {item} {term} {amount} {day} {card}. DATA_FILE likewise; a placeholder that nobody fills, a text without
// {item} and {amount}, a version twice.
absl::StatusOr<std::vector<MessageTemplate>> ParseMessageTemplates(std::string_view text);

// Which boarders live near their school, so that the office looks at them: NONE or TOWNSHIP.
enum class NearRule { kNone, kTownship };
struct NearRow {
  RegionSpan span;
  NearRule near = NearRule::kNone;
};
// DATA_FILE likewise; a rule that nobody knows, a region twice on one day.
absl::StatusOr<std::vector<NearRow>> ParsePresenceRules(std::string_view text);

// The tables of a deployment. Immutable; safe for many threads.
class OfficeBook {
 public:
  // What passed the parsers. `channels`: code list contact_channel; `kinds`: hardship_kind, for reports.
  OfficeBook(std::vector<ComplaintCategoryRow> categories, std::vector<MessageTemplate> templates, CodeList channels,
             CodeList kinds, std::vector<NearRow> near, RegionPath path = RegionPathByDigits);

  // Those that hold in the region on the day, in the order of the file.
  std::vector<const v1::ComplaintCategory*> Categories(std::string_view region, absl::CivilDay day) const;
  // nullptr when none of them has the code.
  const v1::ComplaintCategory* FindCategory(std::string_view code, std::string_view region, absl::CivilDay day) const;
  // Chinese label of a code, whenever it held; the code when there is none.
  std::string LabelOfCategory(std::string_view code) const;
  // nullptr when there is none.
  const MessageTemplate* Template(std::string_view region, absl::CivilDay day) const;
  // kNone where nothing is said.
  NearRule Near(std::string_view region, absl::CivilDay day) const;
  const CodeList& channels() const { return channels_; }
  const CodeList& kinds() const { return kinds_; }

 private:
  std::vector<ComplaintCategoryRow> categories_;
  std::vector<MessageTemplate> templates_;
  CodeList channels_, kinds_;
  std::vector<NearRow> near_;
  RegionPath path_;
};

}  // namespace ruraledu::student_aid
