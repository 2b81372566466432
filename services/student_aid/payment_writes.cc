#include "services/student_aid/payment_writes.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "common/rpc/file_methods.h"
#include "services/student_aid/account_rules.h"
#include "services/student_aid/application_rules.h"

namespace ruraledu::student_aid {
namespace {

// What an event books, and what it does to what was paid.
struct Booking {
  std::string_view event;  // of the order
  std::string_view step;   // of the application
  v1::LedgerEntryKind kind;
  int sign;  // of the amount in paid_fen
};
constexpr Booking kBookings[] = {{"pay", "pay", v1::LEDGER_ENTRY_KIND_PAYMENT, 1},
                                 {"fail", "fail", v1::LEDGER_ENTRY_KIND_ORDER_END, 0},
                                 {"cancel", "fail", v1::LEDGER_ENTRY_KIND_ORDER_END, 0},
                                 {"return", "return", v1::LEDGER_ENTRY_KIND_RETURN, -1}};

const Booking* BookingOf(std::string_view event) {
  for (const Booking& booking : kBookings) {
    if (booking.event == event) {
      return &booking;
    }
  }
  return nullptr;
}

}  // namespace

std::string CardDigest(const crypto::KeyRing& keys, std::string_view number) {
  const std::string digits = CardDigits(number);
  return digits.empty() ? "" : absl::BytesToHexString(keys.Fingerprint({"card", digits}));
}

absl::Status CheckFileOf(db::Transaction& tx, crypto::KeyRing& keys, const std::string& file,
                         const std::string& owner) {
  ASSIGN_OR_RETURN(const auto sealer, keys.SealerOf(tx.shard()));
  ASSIGN_OR_RETURN(const auto found,
                   feed::Load<ruraledu::files::v1::File>(tx, *sealer, rpc::kFiles, tx.shard(), feed::IdOfName(file)));
  if (!found.has_value() || found->name() != file || found->owner() != owner) {
    return Fail("FILE_UNKNOWN", {{"name", file}});
  }
  return found->state() == ruraledu::files::v1::FILE_STATE_CLEAN
             ? absl::OkStatus()
             : Fail("FILE_NOT_CLEAN", {{"state", EnumText(found->state())}});
}

v1::LedgerEntry EntryOf(v1::LedgerEntryKind kind, const v1::PaymentOrder& order, int64_t amount_fen,
                        absl::CivilDay on) {
  v1::LedgerEntry entry;
  entry.set_kind(kind);
  entry.set_budget_year(BudgetYearOf(order.term()));
  entry.set_item(order.item());
  entry.set_amount_fen(amount_fen);
  *entry.mutable_on() = DateOf(on);
  entry.set_order(order.name());
  entry.set_person(order.person());
  entry.set_batch(order.batch());
  return entry;
}

template <typename M>
absl::StatusOr<OrderWrites::Root<M>*> OrderWrites::Load(const feed::RootTable& table, const std::string& id,
                                                        std::map<std::string, Root<M>>* to) {
  auto found = to->find(id);
  if (found == to->end()) {
    ASSIGN_OR_RETURN(auto root, feed::Load<M>(tx_, sealer_, table, tx_.shard(), id));
    if (!root.has_value()) {
      return absl::DataLossError(absl::StrCat("an order without its root in ", table.table));
    }
    found = to->emplace(id, Root<M>{*root, *root}).first;
  }
  return &found->second;
}

absl::StatusOr<const v1::PaymentOrder*> OrderWrites::Order(const std::string& id) {
  ASSIGN_OR_RETURN(const auto* order, Load(kPaymentOrders, id, &orders_));
  return &order->after;
}

absl::Status OrderWrites::TakeApplication(const Act& act, std::string_view event, const v1::PaymentOrder& order) {
  const Booking* booking = BookingOf(event);
  if (booking == nullptr) {
    return absl::OkStatus();
  }
  const std::string id(feed::IdOfName(order.application()));
  ASSIGN_OR_RETURN(auto* application, Load(kApplications, id, &applications_));
  v1::Application next = application->after;
  RETURN_IF_ERROR(StepApplication(act, booking->step, "", &next));
  next.set_paid_fen(next.paid_fen() + booking->sign * order.amount_fen());
  next.set_overpaid(next.paid_fen() > next.amount_fen());
  if (next.paid_fen() == 0) {
    next.clear_paid_on();
  } else if (!next.has_paid_on()) {
    *next.mutable_paid_on() = order.paid_on();
  }
  RETURN_IF_ERROR(ledger_.Post(EntryOf(booking->kind, order, order.amount_fen(), act.on)));
  application->after = std::move(next);
  return absl::OkStatus();
}

absl::Status OrderWrites::Take(const Act& act, const std::string& id, const LineEffect& effect, const BankNote& note,
                               v1::PaymentBatch* batch) {
  ASSIGN_OR_RETURN(auto* order, Load(kPaymentOrders, id, &orders_));
  v1::PaymentOrder next = order->after;
  RETURN_IF_ERROR(TakeEffect(effect, note, &next));
  RETURN_IF_ERROR(TakeApplication(act, effect.event, next));
  CountOrder(order->after, next, batch);
  order->after = std::move(next);
  return absl::OkStatus();
}

absl::Status OrderWrites::Finish(std::string_view cause) {
  for (const auto& [id, order] : orders_) {
    RETURN_IF_ERROR(writer_.Put(kPaymentOrders, &order.before, order.after, cause).status());
  }
  for (const auto& [id, application] : applications_) {
    RETURN_IF_ERROR(writer_.Put(kApplications, &application.before, application.after, cause).status());
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::student_aid
