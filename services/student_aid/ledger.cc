#include "services/student_aid/ledger.h"

#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "common/domain/school_year.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {

int32_t BudgetYearOf(std::string_view term) {
  return ParseTerm(term)->BudgetYear();
}

absl::StatusOr<FundState*> Ledger::Fund(const FundKey& key) {
  auto found = funds_.find(key);
  if (found == funds_.end()) {
    ASSIGN_OR_RETURN(FundState fund, LoadFund(tx_, tx_.shard(), key));
    found = funds_.emplace(key, std::move(fund)).first;
  }
  return &found->second;
}

// What is only added to is not read one by one: Finish asks for all of those at once.
absl::StatusOr<Ledger::Opened*> Ledger::Open(const OpenKey& key, bool fresh) {
  Opened& opened = open_[key];
  if (!opened.known && !fresh) {
    ASSIGN_OR_RETURN(const auto stored, FindOpen(tx_, tx_.shard(), key));
    opened.known = true;
    opened.present = stored.has_value();
    if (stored.has_value()) {  // beside what was added before it was asked for
      opened.amounts.payable_fen += stored->payable_fen;
      opened.amounts.paid_fen += stored->paid_fen;
      opened.amounts.recoverable_fen += stored->recoverable_fen;
    }
  }
  return &opened;
}

absl::Status Ledger::Post(v1::LedgerEntry entry) {
  const auto on = DayOf(entry.on());
  if (!on.has_value() || entry.item().empty()) {
    return absl::InternalError("an entry of the ledger without a day or an item");
  }
  const FundKey key{entry.budget_year(), entry.item()};
  Touched touched;
  ASSIGN_OR_RETURN(touched.fund, Fund(key));
  if (entry.kind() == v1::LEDGER_ENTRY_KIND_CARRY_OVER) {
    ASSIGN_OR_RETURN(touched.next, Fund({key.budget_year + 1, key.item}));
  }
  ASSIGN_OR_RETURN(Opened * order, Open({key, false, entry.order()}, !LooksAtOrder(entry.kind())));
  touched.order = &order->amounts;
  Opened* person = nullptr;
  const bool recovers = entry.kind() == v1::LEDGER_ENTRY_KIND_OVERPAYMENT ||
                        entry.kind() == v1::LEDGER_ENTRY_KIND_RECOVERY ||
                        entry.kind() == v1::LEDGER_ENTRY_KIND_WRITE_OFF;
  if (recovers && !entry.person().empty()) {
    ASSIGN_OR_RETURN(person, Open({key, true, entry.person()}, false));
    touched.person = &person->amounts;
  }
  RETURN_IF_ERROR(Book(touched, &entry));
  order->moved = true;
  if (person != nullptr) {
    person->moved = true;
  }
  const std::string county = tx_.shard().substr(1);
  last_ = absl::StrCat("counties/", county, "/ledgerEntries/", NewId(tx_.clock()));
  entry.set_name(last_);
  entry.set_area(county);
  const std::string day = DayText(*on);
  for (const v1::LedgerLine& line : entry.lines()) {
    Balance& moved = days_[{day, {{line.budget_year(), entry.item()}, line.account()}}];
    moved.debit_fen += line.debit_fen();
    moved.credit_fen += line.credit_fen();
  }
  return writer_.Put(kLedgerEntries, nullptr, entry, EnumText(entry.kind())).status();
}

absl::Status Ledger::FinishOpen() {
  std::vector<OpenKey> unknown;
  for (const auto& [key, opened] : open_) {
    if (opened.moved && !opened.known) {
      unknown.push_back(key);
    }
  }
  ASSIGN_OR_RETURN(const auto stored, FindOpenOf(tx_, unknown));
  for (const auto& [key, amounts] : stored) {
    Opened& opened = open_[key];
    opened.present = true;
    opened.amounts.payable_fen += amounts.payable_fen;
    opened.amounts.paid_fen += amounts.paid_fen;
    opened.amounts.recoverable_fen += amounts.recoverable_fen;
  }
  std::vector<std::pair<OpenKey, OpenAmounts>> present, fresh;
  for (const auto& [key, opened] : open_) {
    if (opened.moved && (opened.present || !(opened.amounts == OpenAmounts()))) {
      (opened.present ? present : fresh).emplace_back(key, opened.amounts);
    }
  }
  return SaveOpen(tx_, present, fresh);
}

absl::Status Ledger::Finish() {
  std::set<std::pair<FundKey, int>> moved;
  for (const auto& [key, balance] : days_) {
    moved.insert(key.second);
    RETURN_IF_ERROR(
        AddToDay(tx_, key.first, key.second.first, static_cast<v1::LedgerAccount>(key.second.second), balance));
  }
  for (const auto& [fund, account] : moved) {
    RETURN_IF_ERROR(
        SaveAccount(tx_, fund, static_cast<v1::LedgerAccount>(account), funds_.at(fund).accounts.at(account)));
  }
  RETURN_IF_ERROR(FinishOpen());
  days_.clear();
  open_.clear();
  return absl::OkStatus();
}

}  // namespace ruraledu::student_aid
