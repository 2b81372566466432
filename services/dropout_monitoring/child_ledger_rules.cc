#include "services/dropout_monitoring/child_ledger_rules.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "common/domain/state_machine.h"
#include "services/dropout_monitoring/case_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr Transition kLedgerRows[] = {
    {"PREPARED", "sign", "SIGNED"},
    {"SIGNED", "replace", "REPLACED"},
};
constexpr StateMachine kLedgerStates("child_ledger", "PREPARED", kLedgerRows);
static_assert(kLedgerStates.AllReachable() && kLedgerStates.Unambiguous());

v1::LedgerLine LineOf(const v1::Case& file) {
  v1::LedgerLine line;
  line.set_case_name(file.name());
  line.set_child_key(file.child_key());
  line.set_area(file.area());
  line.set_state(file.state());
  *line.mutable_since() = file.state_on();
  return line;
}

}  // namespace

v1::LedgerKind LedgerOf(const v1::Case& file) {
  switch (file.state()) {
    case v1::CASE_STATE_SUSPECTED:
    case v1::CASE_STATE_VERIFYING:
      return v1::LEDGER_KIND_SUSPECTED;
    case v1::CASE_STATE_RETURNED_TRIAL:
      return file.spans().empty() ? v1::LEDGER_KIND_SUSPECTED : v1::LEDGER_KIND_DROPPED;
    default:
      return Unresolved(file.state()) ? v1::LEDGER_KIND_DROPPED : v1::LEDGER_KIND_UNSPECIFIED;
  }
}

std::string SignedOff(v1::LedgerKind kind, const v1::Case& file) {
  if (LedgerOf(file) == kind) {
    return "";
  }
  if (file.outcome() != v1::CASE_OUTCOME_UNSPECIFIED) {
    return EnumText(file.outcome());
  }
  switch (file.state()) {
    case v1::CASE_STATE_MOVED_CONFIRMED:
      return "MOVED";
    case v1::CASE_STATE_DECEASED:
      return "DECEASED";
    case v1::CASE_STATE_EXEMPT:
      return "EXEMPT";
    default:
      return "CONFIRMED";
  }
}

void FillLedger(absl::Span<const v1::Case> cases, absl::Span<const v1::Case> before, v1::ChildLedger* ledger) {
  std::vector<v1::LedgerLine> lines;
  std::map<std::pair<std::string, std::string>, int64_t> figures;
  int64_t children = 0, still = 0, signed_off = 0;
  for (const v1::Case& file : cases) {
    if (LedgerOf(file) == ledger->kind()) {
      lines.push_back(LineOf(file));
      ++figures[{std::string(TownshipOf(file.area())), EnumText(file.state())}];
      ++children;
    }
  }
  for (const v1::Case& file : before) {
    const std::string why = SignedOff(ledger->kind(), file);
    if (why.empty()) {
      ++still;
      continue;
    }
    lines.push_back(LineOf(file));
    lines.back().set_signed_off(why);
    ++signed_off;
  }
  std::sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) {
    return std::tie(a.area(), a.case_name()) < std::tie(b.area(), b.case_name());
  });
  ledger->mutable_lines()->Assign(lines.begin(), lines.end());
  ledger->clear_figures();
  for (const auto& [key, count] : figures) {
    v1::PopulationFigures* row = ledger->add_figures();
    row->set_area(key.first);
    row->set_state(key.second);
    row->set_children(count);
  }
  ledger->set_children(children);
  ledger->set_fresh(children - still);
  ledger->set_signed_off(signed_off);
}

absl::Status SignLedger(const std::string& person, absl::CivilDay on, v1::ChildLedger* ledger) {
  RETURN_IF_ERROR(kLedgerStates.Next(EnumText(ledger->state()), "sign").status());
  if (ledger->prepared_by() == person) {
    return Fail("ROLE_HELD", {{"held", "PREPARER"}, {"wanted", "SIGNER"}});
  }
  ledger->set_state(v1::LEDGER_STATE_SIGNED);
  ledger->set_signed_by(person);
  *ledger->mutable_signed_on() = DateOf(on);
  return absl::OkStatus();
}

}  // namespace ruraledu::dropout_monitoring
