#include "services/student_aid/follow_up_policy_rules.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"
#include "services/student_aid/outward_letter_rules.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kFile = "follow_up_rules.csv";
constexpr int32_t kMostDays = 4000;
constexpr std::pair<std::string_view, FollowUpRule> kNames[] = {
    {"OUTWARD_KINDS", FollowUpRule::kOutwardKinds},
    {"OUTWARD_ANSWER_DAYS", FollowUpRule::kOutwardAnswerDays},
    {"GRADUATE_CONTACT_DAYS", FollowUpRule::kGraduateContactDays},
    {"UNNAMED_KEEP_DAYS", FollowUpRule::kUnnamedKeepDays},
    {"CONSENT_ENDING_DAYS", FollowUpRule::kConsentEndingDays},
    {"INFORMATION_ANSWER_DAYS", FollowUpRule::kInformationAnswerDays}};

absl::StatusOr<FollowUpBook::Row> ReadRow(const DataTable& table, size_t row) {
  FollowUpBook::Row read;
  const auto* const name = std::find_if(std::begin(kNames), std::end(kNames),
                                        [&](const auto& known) { return known.first == table.Get(row, "rule"); });
  if (name == std::end(kNames)) {
    return table.Error(row,
                       "the rule is none of OUTWARD_KINDS, OUTWARD_ANSWER_DAYS, GRADUATE_CONTACT_DAYS, "
                       "UNNAMED_KEEP_DAYS, CONSENT_ENDING_DAYS and INFORMATION_ANSWER_DAYS");
  }
  read.rule = name->second;
  read.region = std::string(table.Get(row, "region"));
  ASSIGN_OR_RETURN(read.from, table.Day(row, "from", kFirstDay));
  ASSIGN_OR_RETURN(read.until, table.Day(row, "until", kLastDay));
  read.source = std::string(table.Get(row, "source"));
  const bool region = read.region.empty() || read.region.size() == 12;
  if (!region || read.source.empty() || read.until <= read.from) {
    return table.Error(row, "a row needs a region of 12 digits or none, days in order, and a source");
  }
  const std::string_view value = table.Get(row, "value");
  if (read.rule == FollowUpRule::kOutwardKinds) {
    read.kinds = absl::StrSplit(value, ' ', absl::SkipEmpty());
    return read.kinds.empty() ? table.Error(row, "no kinds") : absl::StatusOr<FollowUpBook::Row>(read);
  }
  if (!absl::SimpleAtoi(value, &read.days) || read.days < 1 || read.days > kMostDays) {
    return table.Error(row, "days are a number from 1 to 4000");
  }
  return read;
}

absl::StatusOr<std::vector<FollowUpBook::Row>> ReadRows(std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse(kFile, text, {"rule", "region", "from", "until", "value", "source"}));
  std::vector<FollowUpBook::Row> rows;
  for (size_t i = 0; i < table.size(); ++i) {
    ASSIGN_OR_RETURN(FollowUpBook::Row row, ReadRow(table, i));
    const bool overlaps = std::any_of(rows.begin(), rows.end(), [&](const auto& other) {
      return other.rule == row.rule && other.region == row.region && other.from < row.until && row.from < other.until;
    });
    if (overlaps) {
      return table.Error(i, "another row of the rule and region holds on one of its days");
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

absl::StatusOr<FollowUpBook> FollowUpBook::Create(const FollowUpFiles& files, RegionPath path, CountyName name) {
  FollowUpBook book(std::move(path), std::move(name));
  ASSIGN_OR_RETURN(book.rows_, ReadRows(files.rules));
  for (const auto& [rule_name, rule] : kNames) {
    if (book.Find(rule, "", kLastDay - 1) == nullptr) {
      return Fail("DATA_FILE",
                  {{"file", kFile}, {"line", "1"}, {"problem", "a rule without an open row of the nation"}});
    }
  }
  ASSIGN_OR_RETURN(book.letter_, CheckLetterTemplate("outward_letter.txt", files.letter));
  const std::pair<std::string_view, const std::string*> lists[] = {{"graduate_measure", &files.graduate_measure},
                                                                   {"graduate_contact", &files.graduate_contact},
                                                                   {"graduate_outcome", &files.graduate_outcome},
                                                                   {"graduate_subsidy", &files.graduate_subsidy},
                                                                   {"publicity_channel", &files.publicity_channel}};
  for (const auto& [list, text] : lists) {
    ASSIGN_OR_RETURN(CodeList parsed, CodeList::Parse(list, *text));
    book.lists_.push_back(std::move(parsed));
  }
  return book;
}

const FollowUpBook::Row* FollowUpBook::Find(FollowUpRule rule, std::string_view region, absl::CivilDay day) const {
  return NewestInForce<Row>(
      rows_, path_, region, day, [](const Row& row) -> const std::string& { return row.region; },
      [&](const Row& row) { return row.rule == rule && day < row.until ? std::optional(row.from) : std::nullopt; });
}

const std::vector<std::string>& FollowUpBook::OutwardKinds(std::string_view region, absl::CivilDay day) const {
  static const auto* const none = new std::vector<std::string>;
  const Row* row = Find(FollowUpRule::kOutwardKinds, region, day);
  return row == nullptr ? *none : row->kinds;
}

int32_t FollowUpBook::Days(FollowUpRule rule, std::string_view region, absl::CivilDay day) const {
  const Row* row = Find(rule, region, day);
  return row == nullptr ? 0 : row->days;
}

}  // namespace ruraledu::student_aid
