#include "services/dropout_monitoring/absence_approval_rules.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "common/domain/data_table.h"
#include "common/domain/record_state.h"
#include "common/domain/state_machine.h"
#include "services/dropout_monitoring/regional_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr char kFile[] = "approval_kinds.csv";
constexpr Transition kApprovalRows[] = {
    {"PROPOSED", "approve", "IN_FORCE"},   {"PROPOSED", "refuse", "REFUSED"},  {"PROPOSED", "withdraw", "WITHDRAWN"},
    {"IN_FORCE", "withdraw", "WITHDRAWN"}, {"IN_FORCE", "follow", "FOLLOWED"}, {"IN_FORCE", "leave", "LEFT"},
    {"IN_FORCE", "return", "BACK"},        {"IN_FORCE", "miss", "NOT_BACK"},   {"WITHDRAWN", "follow", "FOLLOWED"},
    {"WITHDRAWN", "leave", "LEFT"},        {"WITHDRAWN", "return", "BACK"},    {"WITHDRAWN", "miss", "NOT_BACK"},
};
constexpr StateMachine kApprovalStates("absence_approval", "PROPOSED", kApprovalRows);
static_assert(kApprovalStates.AllReachable() && kApprovalStates.Unambiguous());

constexpr std::string_view kTaughtAtHome = "HOME_TAUGHT";
constexpr int kMostNumber = 1000;

absl::Status Move(std::string_view event, absl::CivilDay on, v1::AbsenceApproval* approval) {
  RETURN_IF_ERROR(MoveState(kApprovalStates, event, approval));
  *approval->mutable_state_on() = DateOf(on);
  approval->clear_clock_on();
  return absl::OkStatus();
}

absl::StatusOr<ApprovalTerm> ReadTerm(const DataTable& table, size_t row) {
  ApprovalTerm term;
  term.kind = EnumOf<v1::ApprovalKind>(table.Get(row, "kind")).value_or(v1::APPROVAL_KIND_UNSPECIFIED);
  const std::string_view level = table.Get(row, "level");
  const bool numbers = ReadNumber(table, row, "most_months", 1, kMostNumber, &term.most_months) &&
                       ReadNumber(table, row, "ahead_days", 0, kMostNumber, &term.ahead_days) &&
                       ReadNumber(table, row, "grace_days", 0, kMostNumber, &term.grace_days);
  if (term.kind == v1::APPROVAL_KIND_UNSPECIFIED || !numbers || (level != "COUNTY" && level != "TOWNSHIP") ||
      table.Get(row, "source").empty()) {
    return table.Error(row, "a row needs a kind, a level COUNTY or TOWNSHIP, months, days and its source");
  }
  term.by_county = level == "COUNTY";
  term.evidence = absl::StrSplit(table.Get(row, "evidence"), '|', absl::SkipEmpty());
  return term;
}

}  // namespace

absl::StatusOr<ApprovalBook> ApprovalBook::Parse(std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse(kFile, text,
                                                           {"kind", "level", "most_months", "ahead_days", "grace_days",
                                                            "evidence", "label_zh", "source"}));
  ApprovalBook book;
  for (size_t row = 0; row < table.size(); ++row) {
    ASSIGN_OR_RETURN(book.terms_.emplace_back(), ReadTerm(table, row));
  }
  std::sort(book.terms_.begin(), book.terms_.end(), [](const auto& a, const auto& b) { return a.kind < b.kind; });
  bool each = book.terms_.size() == static_cast<size_t>(v1::ApprovalKind_MAX);
  for (size_t i = 0; each && i < book.terms_.size(); ++i) {
    each = static_cast<size_t>(book.terms_[i].kind) == i + 1;
  }
  return each ? absl::StatusOr<ApprovalBook>(std::move(book))
              : Fail("DATA_FILE", {{"file", kFile}, {"line", "0"}, {"problem", "each kind stands once"}});
}

const ApprovalTerm& ApprovalBook::Of(v1::ApprovalKind kind) const {
  return terms_[static_cast<size_t>(kind) - 1];
}

std::string_view DecidedIn(const ApprovalTerm& term, std::string_view area) {
  const std::string_view township = TownshipOf(area);
  return term.by_county || township.empty() ? CountyOf(area) : township;
}

absl::Status ProposeApproval(const ApprovalTerm& term, const CaseAct& act, v1::AbsenceApproval* approval) {
  const absl::CivilDay from = *DayOf(approval->valid_from());
  const absl::CivilDay until = *DayOf(approval->valid_until());
  if (until < from || until >= PlusMonths(from, term.most_months) || from > act.on + term.ahead_days) {
    return Fail("APPROVAL_SPAN", {{"from", DayText(from)},
                                  {"until", DayText(until)},
                                  {"months", absl::StrCat(term.most_months)},
                                  {"days", absl::StrCat(term.ahead_days)}});
  }
  for (const std::string& paper : term.evidence) {
    if (std::none_of(approval->evidence().begin(), approval->evidence().end(),
                     [&](const v1::CaseEvidence& one) { return one.kind() == paper; })) {
      return Fail("CASE_EVIDENCE", {{"kind", paper}});
    }
  }
  approval->set_kind(term.kind);
  approval->set_proposed_by(act.person);
  *approval->mutable_proposed_on() = DateOf(act.on);
  approval->set_state(v1::APPROVAL_STATE_PROPOSED);
  *approval->mutable_state_on() = DateOf(act.on);
  return absl::OkStatus();
}

absl::Status DecideApproval(const ApprovalTerm& term, const CaseAct& act, bool approve, const std::string& paper,
                            v1::AbsenceApproval* approval) {
  RETURN_IF_ERROR(Move(approve ? "approve" : "refuse", act.on, approval));
  if (approval->proposed_by() == act.person) {
    return Fail("ROLE_HELD", {{"held", "PROPOSER"}, {"wanted", "APPROVER"}});
  }
  approval->set_decided_by(act.person);
  *approval->mutable_decided_on() = DateOf(act.on);
  if (approve) {
    approval->set_paper(paper);
    *approval->mutable_clock_on() = DateOf(*DayOf(approval->valid_until()) + term.grace_days + 1);
  } else {
    approval->set_reason(act.reason);
  }
  return absl::OkStatus();
}

absl::Status WithdrawApproval(const ApprovalTerm& term, const CaseAct& act, v1::AbsenceApproval* approval) {
  const auto clock = DayOf(approval->clock_on());
  RETURN_IF_ERROR(Move("withdraw", act.on, approval));
  approval->set_reason(act.reason);
  if (clock.has_value()) {
    *approval->mutable_clock_on() = DateOf(std::min(*clock, act.on + term.grace_days + 1));
  }
  return absl::OkStatus();
}

absl::Status EndApproval(absl::CivilDay on, const ApprovalEnd& end, v1::AbsenceApproval* approval) {
  RETURN_IF_ERROR(Move(!end.followed_by.empty() ? "follow"
                       : end.left               ? "leave"
                       : end.back               ? "return"
                                                : "miss",
                       on, approval));
  approval->set_followed_by(end.followed_by);
  return absl::OkStatus();
}

bool IsBack(const CodeList& statuses, std::string_view status) {
  const CodeEntry* entry = statuses.Find(status);
  return entry != nullptr && entry->Attribute("attending") == "yes" && status != kTaughtAtHome;
}

bool OffTheRegister(const CodeList& statuses, std::string_view status) {
  const CodeEntry* entry = statuses.Find(status);
  return entry != nullptr && entry->Attribute("registered") == "no";
}

void TakeOutApproved(std::vector<v1::ComparisonKind>* kinds) {
  const auto explained = [](v1::ComparisonKind kind) {
    return kind == v1::COMPARISON_KIND_NEVER_ENROLLED || kind == v1::COMPARISON_KIND_NOT_ENROLLED ||
           kind == v1::COMPARISON_KIND_DOOR_TO_DOOR;
  };
  const size_t before = kinds->size();
  std::erase_if(*kinds, explained);
  if (kinds->size() < before && kinds->size() == 1 && kinds->front() == v1::COMPARISON_KIND_SUPPORTED_DROPOUT) {
    kinds->clear();  // it was out for no other reason
  }
}

}  // namespace ruraledu::dropout_monitoring
