// What following up pupils and graduates goes by, as data: <policies>/student_aid/follow_up_rules.csv, dated, per
// region, with sources; the letter to another county; code lists.
//
//   OUTWARD_KINDS          kinds of 2.1 whose pupils elsewhere are asked for each term, "P2 M1"
//   OUTWARD_ANSWER_DAYS    days within which the other county answers a letter
//   GRADUATE_CONTACT_DAYS  days within which somebody reaches a graduate again
//   UNNAMED_KEEP_DAYS      days after which complaints and cases about somebody whom no register knows are erased
//   CONSENT_ENDING_DAYS    days before its end from which a consent is shown as ending
//   INFORMATION_ANSWER_DAYS  working days within which somebody of the family answers what is asked
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/domain/code_list.h"
#include "services/student_aid/policy_rules.h"

namespace ruraledu::student_aid {

enum class FollowUpRule {
  kOutwardKinds,
  kOutwardAnswerDays,
  kGraduateContactDays,
  kUnnamedKeepDays,
  kConsentEndingDays,
  kInformationAnswerDays
};

// Name of a county by its six digits, "" when there is none. Wired to RegionTree.
using CountyName = std::function<std::string(std::string_view county)>;

struct FollowUpFiles {
  std::string rules, letter;  // CSV; template
  // Code lists of the same names.
  std::string graduate_measure, graduate_contact, graduate_outcome, graduate_subsidy, publicity_channel;
};

class FollowUpBook {
 public:
  struct Row {
    FollowUpRule rule = FollowUpRule::kOutwardKinds;
    std::string region;          // 12 digits; "" is the nation
    absl::CivilDay from, until;  // closed, open
    int32_t days = 0;
    std::vector<std::string> kinds;
    std::string source;
  };

  // Rules with the columns rule,region,from,until,value,source. DATA_FILE for a rule that nobody knows, a value that is
  // none, a missing source, two rows of a rule and region that hold on one day, a rule without an open row of the
  // nation, a template without a line per pupil or with a place that nobody fills, and what CodeList::Parse refuses.
  static absl::StatusOr<FollowUpBook> Create(const FollowUpFiles& files, RegionPath path, CountyName name);

  // Of the lowest region that has a row on the day; empty and 0 before the first one of the nation.
  const std::vector<std::string>& OutwardKinds(std::string_view region, absl::CivilDay day) const;
  int32_t Days(FollowUpRule rule, std::string_view region, absl::CivilDay day) const;

  const std::string& letter() const { return letter_; }
  std::string NameOf(std::string_view county) const { return name_(county); }
  const CodeList& measures() const { return lists_[0]; }
  const CodeList& contacts() const { return lists_[1]; }  // attribute "reached": 1 when somebody was
  const CodeList& outcomes() const { return lists_[2]; }  // attribute "placed": 1 when it counts as employment
  const CodeList& subsidies() const { return lists_[3]; }
  const CodeList& channels() const { return lists_[4]; }

 private:
  FollowUpBook(RegionPath path, CountyName name) : path_(std::move(path)), name_(std::move(name)) {}
  const Row* Find(FollowUpRule rule, std::string_view region, absl::CivilDay day) const;

  RegionPath path_;
  CountyName name_;
  std::vector<Row> rows_;
  std::string letter_;
  std::vector<CodeList> lists_;
};

}  // namespace ruraledu::student_aid
