// Overriding a reconciliation: proposed by one person with the difference, confirmed and booked by another one.
#include <memory>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/domain/shard.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/ledger_store.h"
#include "services/student_aid/payment_override_rules.h"
#include "services/student_aid/payment_writes.h"
#include "services/student_aid/record_writes.h"

namespace ruraledu::student_aid {
namespace {

constexpr size_t kMostDocument = 200;  // bytes

std::string AreaOf(const v1::PaymentOverride& override) {
  return override.area();
}

const rpc::RootKind<v1::PaymentOverride> kKind{kPaymentOverrides, AreaOf, nullptr};

// A root that the caller covers. NOT_FOUND.
template <typename Root>
absl::StatusOr<Root> Load(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer,
                          const feed::RootTable& table, const std::string& name) {
  ASSIGN_OR_RETURN(auto root, feed::Load<Root>(tx, sealer, table, tx.shard(), feed::IdOfName(name)));
  if (!root.has_value()) {
    return call.CheckMissing(name);
  }
  RETURN_IF_ERROR(call.CheckArea(root->area(), name));
  return *std::move(root);
}

// The orders of the lines in their order. NAME_INVALID for one that is not of the batch.
absl::StatusOr<std::vector<v1::PaymentOrder>> OrdersOf(db::Transaction& tx, const crypto::Sealer& sealer,
                                                       const v1::ProposePaymentOverrideRequest& request) {
  std::vector<v1::PaymentOrder> orders;
  for (const v1::PaymentOverrideLine& line : request.lines()) {
    ASSIGN_OR_RETURN(
        auto order, feed::Load<v1::PaymentOrder>(tx, sealer, kPaymentOrders, tx.shard(), feed::IdOfName(line.order())));
    if (!order.has_value() || order->name() != line.order() || order->batch() != request.name()) {
      return Fail("NAME_INVALID", {{"field", "lines.order"}});
    }
    orders.push_back(*std::move(order));
  }
  return orders;
}

// FUND_CLOSED: what a closed year settles by itself comes by the files of the bank.
absl::Status CheckFundsOpen(db::Transaction& tx, const std::vector<v1::PaymentOrder>& orders) {
  std::set<FundKey> keys;
  for (const v1::PaymentOrder& order : orders) {
    keys.insert({BudgetYearOf(order.term()), order.item()});
  }
  for (const FundKey& key : keys) {
    ASSIGN_OR_RETURN(const FundState fund, LoadFund(tx, tx.shard(), key));
    if (fund.closed) {
      return Fail("FUND_CLOSED", {{"fund", FundId(key)}});
    }
  }
  return absl::OkStatus();
}

// Books the rows of an override that was confirmed.
absl::Status BookRows(db::Transaction& tx, const Act& act, const v1::PaymentOverride& override, OrderWrites& orders,
                      v1::PaymentBatch* batch) {
  std::vector<v1::PaymentOrder> seen;
  for (const v1::PaymentOverrideRow& row : override.rows()) {
    const std::string id(feed::IdOfName(row.line().order()));
    ASSIGN_OR_RETURN(const v1::PaymentOrder* order, orders.Order(id));
    RETURN_IF_ERROR(CheckShown(row, *order));
    seen.push_back(*order);
    ASSIGN_OR_RETURN(const LineEffect effect, OverrideEffect(row.line(), *order));
    RETURN_IF_ERROR(orders.Take(act, id, effect, NoteOf(row.line()), batch));
  }
  RETURN_IF_ERROR(CheckFundsOpen(tx, seen));
  return StepBatch("reconcile", AnsweredGuard(*batch), batch);
}

}  // namespace

absl::StatusOr<v1::PaymentOverride> Handlers::ProposePaymentOverride(rpc::Call& call,
                                                                     const v1::ProposePaymentOverrideRequest& request) {
  const Act act = ActOf(call);
  Violations violations;
  CheckOverrideLines(request, act.on, &violations);
  violations.MostBytes("document", request.document(), kMostDocument);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kPaymentBatches.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const std::string name =
      absl::StrCat("counties/", shard.substr(1), "/", kPaymentOverrides.collection, "/", rpc::StableId(call));
  return rpc::WriteRoot(
      call, host_, kKind, name, true, "PROPOSE",
      [&](db::Transaction& tx, const v1::PaymentOverride*, v1::PaymentOverride& after) -> absl::Status {
        ASSIGN_OR_RETURN(const auto batch, Load<v1::PaymentBatch>(call, tx, *sealer, kPaymentBatches, request.name()));
        ASSIGN_OR_RETURN(const auto orders, OrdersOf(tx, *sealer, request));
        RETURN_IF_ERROR(ShowDifference(batch, orders, request, &after));
        RETURN_IF_ERROR(CheckFundsOpen(tx, orders));
        after.set_area(batch.area());
        after.set_batch(batch.name());
        after.set_document(request.document());
        ProposeOverride(act, &after);
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::PaymentOverride> Handlers::ConfirmPaymentOverride(rpc::Call& call,
                                                                     const v1::ConfirmPaymentOverrideRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kPaymentOverrides.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const Act act = ActOf(call);
  const auto load = [&](db::Transaction& tx) {
    return Load<v1::PaymentOverride>(call, tx, *sealer, kPaymentOverrides, request.name());
  };
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const v1::PaymentOverride before, load(tx));
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before.etag()));
        ASSIGN_OR_RETURN(const auto batch, Load<v1::PaymentBatch>(call, tx, *sealer, kPaymentBatches, before.batch()));
        v1::PaymentOverride after = before;
        RETURN_IF_ERROR(DecideOverride(act, "confirm", batch.payer(), &after));
        RETURN_IF_ERROR(CheckOverridable(batch));
        v1::PaymentBatch booked = batch;
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        Ledger ledger(tx, writer);
        OrderWrites orders(tx, *sealer, writer, ledger);
        RETURN_IF_ERROR(BookRows(tx, act, after, orders, &booked));
        RETURN_IF_ERROR(orders.Finish("OVERRIDE"));
        RETURN_IF_ERROR(writer.Put(kPaymentBatches, &batch, booked, "OVERRIDE").status());
        RETURN_IF_ERROR(writer.Put(kPaymentOverrides, &before, after, "CONFIRM").status());
        RETURN_IF_ERROR(ledger.Finish());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{before.name(), version};
      },
      [&](db::Transaction& tx, const std::string&) { return load(tx); });
}

absl::StatusOr<v1::PaymentOverride> Handlers::RefusePaymentOverride(rpc::Call& call,
                                                                    const v1::RefusePaymentOverrideRequest& request) {
  Violations violations;
  violations.MostBytes("reason", request.reason(), kMostText);
  RETURN_IF_ERROR(violations.status());
  const Act act = ActOf(call, request.reason());
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, "REFUSE",
      [&](db::Transaction&, const v1::PaymentOverride* before, v1::PaymentOverride& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        return DecideOverride(act, "refuse", "", &after);
      });
}

absl::StatusOr<v1::PaymentOverride> Handlers::GetPaymentOverride(rpc::Call& call,
                                                                 const v1::GetPaymentOverrideRequest& request) {
  return rpc::GetRoot<v1::PaymentOverride>(call, host_, kPaymentOverrides, request.name(), AreaOf);
}

absl::StatusOr<v1::ListPaymentOverridesResponse> Handlers::ListPaymentOverrides(
    rpc::Call& call, const v1::ListPaymentOverridesRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"batch"}};
  if (!request.batch().empty()) {
    RETURN_IF_ERROR(rpc::ShardOf(request.batch(), kPaymentBatches.collection).status());
    spec.equal.emplace_back("batch", std::string(feed::IdOfName(request.batch())));
  }
  if (request.proposed_only()) {
    spec.equal.emplace_back("state", v1::PaymentOverrideState_Name(v1::PAYMENT_OVERRIDE_STATE_PROPOSED));
  }
  return rpc::ListRoots<v1::PaymentOverride, v1::ListPaymentOverridesRequest, v1::ListPaymentOverridesResponse>(
      call, host_, kPaymentOverrides, spec, request, &v1::ListPaymentOverridesResponse::mutable_overrides);
}

}  // namespace ruraledu::student_aid
