#include "services/student_aid/goods_rules.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "common/domain/record_state.h"

namespace ruraledu::student_aid {
namespace {

using enum v1::GoodsMovementKind;

constexpr size_t kMostShortText = 200;  // bytes
constexpr size_t kMostReason = 2000;    // bytes: 500 characters

void CheckDay(const google::type::Date& on, absl::CivilDay today, Violations* violations) {
  const auto day = DayOf(on, "on", violations);
  violations->Require(on.ByteSizeLong() > 0, "on");
  if (day.has_value() && *day > today) {
    violations->Add("on", "DATE_AHEAD", {{"date", DayText(*day)}});
  }
}

void CheckItem(const std::string& item, const GoodsBook& book, Violations* violations) {
  if (!book.Knows(item)) {
    violations->Add("item", "CODE_UNKNOWN", {{"list", "goods"}});
  }
}

void CheckNumber(int64_t number, int64_t low, int64_t high, const std::string& field, Violations* violations) {
  if (number < low || number > high) {
    violations->Add(field, "NUMBER_RANGE", {{"low", absl::StrCat(low)}, {"high", absl::StrCat(high)}});
  }
}

void CheckRelation(const std::string& relation, const GoodsBook& book, const std::string& field,
                   Violations* violations) {
  if (!relation.empty() && book.relations().Find(relation) == nullptr) {
    violations->Add(field, "CODE_UNKNOWN", {{"list", "guardian_relation"}});
  }
}

bool IsRecordable(v1::GoodsMovementKind kind) {
  return kind == GOODS_MOVEMENT_KIND_RECEIVED || kind == GOODS_MOVEMENT_KIND_RETURNED ||
         kind == GOODS_MOVEMENT_KIND_TRANSFERRED_OUT || kind == GOODS_MOVEMENT_KIND_LOST ||
         kind == GOODS_MOVEMENT_KIND_SPOILT || kind == GOODS_MOVEMENT_KIND_COUNTED;
}

void AddTo(const v1::GoodsMovement& movement, v1::GoodsTotals* totals) {
  const int64_t units = movement.quantity();
  switch (movement.kind()) {
    case GOODS_MOVEMENT_KIND_RECEIVED:
      return totals->set_received(totals->received() + units);
    case GOODS_MOVEMENT_KIND_ISSUED:
      return totals->set_issued(totals->issued() + units);
    case GOODS_MOVEMENT_KIND_RETURNED:
      return totals->set_returned(totals->returned() + units);
    case GOODS_MOVEMENT_KIND_TRANSFERRED_IN:
      return totals->set_transferred_in(totals->transferred_in() + units);
    case GOODS_MOVEMENT_KIND_TRANSFERRED_OUT:
      return totals->set_transferred_out(totals->transferred_out() + units);
    case GOODS_MOVEMENT_KIND_LOST:
      return totals->set_lost(totals->lost() + units);
    case GOODS_MOVEMENT_KIND_SPOILT:
      return totals->set_spoilt(totals->spoilt() + units);
    case GOODS_MOVEMENT_KIND_COUNTED:
      return totals->set_counted(totals->counted() + units);
    default:
      return;
  }
}

int64_t SumOf(const v1::GoodsTotals& totals) {
  return totals.received() + totals.returned() + totals.transferred_in() + totals.counted() - totals.issued() -
         totals.transferred_out() - totals.lost() - totals.spoilt();
}

// The term's row, put where it belongs when it is new.
v1::GoodsTerm* RowOf(const std::string& term, v1::GoodsStock* stock) {
  auto& terms = *stock->mutable_terms();
  const auto found = std::find_if(terms.begin(), terms.end(), [&](const auto& row) { return row.term() == term; });
  if (found != terms.end()) {
    return &*found;
  }
  terms.Add()->set_term(term);
  int at = terms.size() - 1;
  for (; at > 0 && terms.Get(at - 1).term() > term; --at) {
    terms.SwapElements(at - 1, at);
  }
  return terms.Mutable(at);
}

}  // namespace

void CheckMovement(const v1::RecordGoodsMovementRequest& request, const GoodsBook& book, absl::CivilDay today,
                   Violations* violations) {
  if (!IsRecordable(request.kind())) {
    violations->Add("kind", "CODE_UNKNOWN", {{"list", "goods_movement_kind"}});
  }
  CheckItem(request.item(), book, violations);
  const bool counts = request.kind() == GOODS_MOVEMENT_KIND_COUNTED;
  CheckNumber(request.quantity(), counts ? 0 : 1, counts ? 0 : kMostGoods, "quantity", violations);
  CheckNumber(request.counted(), 0, counts ? kMostGoods : 0, "counted", violations);
  CheckDay(request.on(), today, violations);
  violations->MostBytes("from_whom", request.from_whom(), kMostShortText);
  violations->MostBytes("document", request.document(), kMostShortText);
  violations->MostBytes("reason", request.reason(), kMostReason);
  CheckRelation(request.relation(), book, "relation", violations);
  violations->Require(request.kind() != GOODS_MOVEMENT_KIND_RECEIVED || !request.document().empty(), "document");
  violations->Require(request.kind() != GOODS_MOVEMENT_KIND_RETURNED || !request.issue().empty(), "issue");
  violations->Require(request.kind() != GOODS_MOVEMENT_KIND_TRANSFERRED_OUT || !request.other_school().empty(),
                      "other_school");
  const bool gone = request.kind() == GOODS_MOVEMENT_KIND_LOST || request.kind() == GOODS_MOVEMENT_KIND_SPOILT;
  violations->Require(!gone || !request.reason().empty(), "reason");
}

void CheckIssue(const v1::BatchIssueGoodsRequest& request, const GoodsBook& book, absl::CivilDay today,
                Violations* violations) {
  CheckItem(request.item(), book, violations);
  CheckDay(request.on(), today, violations);
  violations->MostBytes("document", request.document(), kMostShortText);
  violations->Require(!request.rows().empty(), "rows");
  if (request.rows_size() > kMostIssued) {
    violations->Add("rows", "FIELD_TOO_MANY", {{"field", "rows"}, {"limit", absl::StrCat(kMostIssued)}});
    return;
  }
  std::set<std::string> seen;
  for (int i = 0; i < request.rows_size(); ++i) {
    const v1::GoodsIssueRow& row = request.rows(i);
    const std::string at = absl::StrCat("rows[", i, "]");
    violations->Require(!row.person().empty(), at + ".person");
    if (!seen.insert(row.person()).second) {
      violations->Add(at + ".person", "DUPLICATE_IN_BATCH");
    }
    CheckNumber(row.quantity(), 0, kMostGoods, at + ".quantity", violations);
    CheckRelation(row.relation(), book, at + ".relation", violations);
  }
}

bool NeedsSecondPerson(const v1::GoodsMovement& movement) {
  return movement.kind() == GOODS_MOVEMENT_KIND_LOST || movement.kind() == GOODS_MOVEMENT_KIND_SPOILT ||
         (movement.kind() == GOODS_MOVEMENT_KIND_COUNTED && movement.quantity() != 0);
}

void RecordMovement(const Act& act, v1::GoodsMovement* movement) {
  movement->set_state(NeedsSecondPerson(*movement) ? v1::GOODS_MOVEMENT_STATE_WAITING
                                                   : v1::GOODS_MOVEMENT_STATE_BOOKED);
  movement->set_reason(act.reason);
  movement->set_recorded_by(act.person);
  *movement->mutable_recorded_on() = DateOf(act.on);
}

absl::Status DecideMovement(const Act& act, std::string_view event, v1::GoodsMovement* movement) {
  RETURN_IF_ERROR(kGoodsMovementStates.Next(EnumText(movement->state()), event).status());
  if (act.person == movement->recorded_by()) {
    return Fail("ROLE_HELD", {{"held", "RECORDER"}, {"wanted", "CHECKER"}});
  }
  RETURN_IF_ERROR(MoveState(kGoodsMovementStates, event, movement));
  movement->set_decided_by(act.person);
  *movement->mutable_decided_on() = DateOf(act.on);
  movement->set_refusal(act.reason);
  return absl::OkStatus();
}

int64_t DeltaOf(const v1::GoodsMovement& movement) {
  v1::GoodsTotals totals;
  AddTo(movement, &totals);
  return SumOf(totals);
}

absl::Status BookMovement(const v1::GoodsMovement& movement, v1::GoodsStock* stock) {
  v1::GoodsStock after = *stock;
  AddTo(movement, after.mutable_totals());
  AddTo(movement, RowOf(movement.term(), &after)->mutable_totals());
  int64_t at_hand = 0;
  for (v1::GoodsTerm& row : *after.mutable_terms()) {
    row.set_opening(at_hand);
    at_hand += SumOf(row.totals());
    row.set_closing(at_hand);
    if (at_hand < 0) {
      return Fail("STOCK_EXCEEDED", {{"item", movement.item()},
                                     {"on_hand", absl::StrCat(stock->on_hand())},
                                     {"units", absl::StrCat(-DeltaOf(movement))},
                                     {"term", row.term()}});
    }
  }
  after.set_on_hand(at_hand);
  *stock = std::move(after);
  return absl::OkStatus();
}

v1::GoodsTerm TermOf(const v1::GoodsStock& stock, std::string_view term) {
  v1::GoodsTerm nothing_moved;
  nothing_moved.set_term(std::string(term));
  for (const v1::GoodsTerm& row : stock.terms()) {
    if (row.term() == term) {
      return row;
    }
    if (row.term() < term) {
      nothing_moved.set_opening(row.closing());
      nothing_moved.set_closing(row.closing());
    }
  }
  return nothing_moved;
}

absl::Status CheckReversible(const v1::GoodsMovement& movement, bool reversed, int64_t returned) {
  const bool stands = movement.state() == v1::GOODS_MOVEMENT_STATE_BOOKED && movement.reverses().empty() && !reversed &&
                      returned == 0 && movement.quantity() != 0;
  return stands ? absl::OkStatus()
                : Fail("MOVEMENT_NOT_REVERSIBLE", {{"name", movement.name()}, {"state", EnumText(movement.state())}});
}

v1::GoodsMovement ReversalOf(const Act& act, const TermCalendar& calendar, const v1::GoodsMovement& movement) {
  v1::GoodsMovement reversal = movement;
  reversal.set_quantity(-movement.quantity());
  reversal.set_reverses(movement.name());
  *reversal.mutable_on() = DateOf(act.on);
  reversal.set_term(calendar.TermOf(act.on).text());
  for (const int field : {v1::GoodsMovement::kNameFieldNumber, v1::GoodsMovement::kCounterpartFieldNumber,
                          v1::GoodsMovement::kCountedFieldNumber, v1::GoodsMovement::kExpectedFieldNumber,
                          v1::GoodsMovement::kDecidedByFieldNumber, v1::GoodsMovement::kDecidedOnFieldNumber,
                          v1::GoodsMovement::kEtagFieldNumber}) {
    reversal.GetReflection()->ClearField(&reversal, v1::GoodsMovement::descriptor()->FindFieldByNumber(field));
  }
  RecordMovement(act, &reversal);
  return reversal;
}

absl::Status CheckReturn(const v1::GoodsMovement& issue, bool reversed, int64_t returned, std::string_view item,
                         int64_t quantity) {
  const bool issued = issue.kind() == GOODS_MOVEMENT_KIND_ISSUED && issue.quantity() > 0 && issue.item() == item &&
                      issue.state() == v1::GOODS_MOVEMENT_STATE_BOOKED && !reversed;
  const int64_t out = issued ? issue.quantity() - returned : 0;
  return quantity <= out ? absl::OkStatus()
                         : Fail("RETURN_EXCEEDED", {{"name", issue.name()}, {"out", absl::StrCat(out)}});
}

}  // namespace ruraledu::student_aid
