// Goods at schools: what moves a stock, taken back, decided on by a second person, read.
#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "services/student_aid/goods_store.h"
#include "services/student_aid/goods_writes.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/record_writes.h"

namespace ruraledu::student_aid {
namespace {

// One write of movements.
struct Movements {
  rpc::Call& call;
  db::Transaction& tx;
  const crypto::Sealer& sealer;
  GoodsWrites& writes;
  const GoodsBook& book;
  const Act act;
};

// A movement that the caller covers. NOT_FOUND.
absl::StatusOr<v1::GoodsMovement> LoadMovement(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer,
                                               const std::string& name) {
  ASSIGN_OR_RETURN(auto movement,
                   feed::Load<v1::GoodsMovement>(tx, sealer, kGoodsMovements, tx.shard(), feed::IdOfName(name)));
  if (!movement.has_value() || movement->name() != name) {
    return call.CheckMissing(name);
  }
  RETURN_IF_ERROR(call.CheckArea(movement->area(), name));
  return *std::move(movement);
}

// What is given back: of the pupil and period of the issue.
absl::Status TakeIssue(Movements& in, const v1::RecordGoodsMovementRequest& request, v1::GoodsMovement* movement) {
  RETURN_IF_ERROR(rpc::ShardOf(request.issue(), kGoodsMovements.collection).status());
  ASSIGN_OR_RETURN(const v1::GoodsMovement issue, LoadMovement(in.call, in.tx, in.sealer, request.issue()));
  const std::string id(feed::IdOfName(issue.name()));
  ASSIGN_OR_RETURN(const bool reversed, IsReversed(in.tx, in.tx.shard(), id));
  ASSIGN_OR_RETURN(const int64_t returned, ReturnedOf(in.tx, in.tx.shard(), id));
  RETURN_IF_ERROR(CheckReturn(issue, reversed, returned, request.item(), request.quantity()));
  movement->set_issue(issue.name());
  movement->set_person(issue.person());
  movement->set_period(issue.period());
  movement->set_relation(request.relation());
  return absl::OkStatus();
}

// The other side of a transfer, and what both know of each other.
absl::StatusOr<v1::GoodsMovement> OtherSide(Movements& in, const std::string& other_school,
                                            v1::GoodsMovement* movement) {
  ASSIGN_OR_RETURN(const registry_v1::School school, SchoolForGoods(in.call, in.tx, other_school));
  if (school.name() == movement->school()) {
    return Fail("NAME_INVALID", {{"field", "other_school"}});
  }
  movement->set_other_school(school.name());
  v1::GoodsMovement other = *movement;
  other.set_name(absl::StrCat(movement->name(), "-in"));
  other.set_kind(v1::GOODS_MOVEMENT_KIND_TRANSFERRED_IN);
  other.set_area(school.area());
  other.set_school(school.name());
  other.set_other_school(movement->school());
  other.set_counterpart(movement->name());
  movement->set_counterpart(other.name());
  return other;
}

absl::Status Record(Movements& in, const v1::RecordGoodsMovementRequest& request, const std::string& name) {
  ASSIGN_OR_RETURN(const registry_v1::School school, SchoolForGoods(in.call, in.tx, request.school()));
  v1::GoodsMovement movement;
  movement.set_name(name);
  movement.set_area(school.area());
  movement.set_school(school.name());
  movement.set_item(request.item());
  movement.set_kind(request.kind());
  movement.set_quantity(request.quantity());
  *movement.mutable_on() = request.on();
  movement.set_term(in.book.calendar().TermOf(*DayOf(request.on())).text());
  movement.set_document(request.document());
  if (request.kind() == v1::GOODS_MOVEMENT_KIND_RECEIVED) {
    movement.set_from_whom(request.from_whom());
  } else if (request.kind() == v1::GOODS_MOVEMENT_KIND_RETURNED) {
    RETURN_IF_ERROR(TakeIssue(in, request, &movement));
  } else if (request.kind() == v1::GOODS_MOVEMENT_KIND_COUNTED) {
    ASSIGN_OR_RETURN(const v1::GoodsStock* const stock, in.writes.Stock(school.name(), request.item()));
    movement.set_counted(request.counted());
    movement.set_expected(stock->on_hand());
    movement.set_quantity(request.counted() - stock->on_hand());
  }
  if (NeedsSecondPerson(movement)) {
    RETURN_IF_ERROR(NeedsReason(in.act));
  }
  RecordMovement(in.act, &movement);
  if (request.kind() == v1::GOODS_MOVEMENT_KIND_TRANSFERRED_OUT) {
    ASSIGN_OR_RETURN(const v1::GoodsMovement other, OtherSide(in, request.other_school(), &movement));
    RETURN_IF_ERROR(in.writes.Enter(movement, "RECORD"));
    return in.writes.Enter(other, "RECORD");
  }
  return in.writes.Enter(movement, "RECORD");
}

absl::Status ReverseOne(Movements& in, const v1::GoodsMovement& movement, const std::string& name,
                        const std::string& counterpart) {
  const std::string id(feed::IdOfName(movement.name()));
  ASSIGN_OR_RETURN(const bool reversed, IsReversed(in.tx, in.tx.shard(), id));
  ASSIGN_OR_RETURN(const int64_t returned, ReturnedOf(in.tx, in.tx.shard(), id));
  RETURN_IF_ERROR(CheckReversible(movement, reversed, returned));
  v1::GoodsMovement reversal = ReversalOf(in.act, in.book.calendar(), movement);
  reversal.set_name(name);
  reversal.set_counterpart(counterpart);
  return in.writes.Enter(reversal, "REVERSE");
}

// A transfer is taken back on both sides.
absl::Status Reverse(Movements& in, const v1::ReverseGoodsMovementRequest& request, const std::string& name) {
  ASSIGN_OR_RETURN(const v1::GoodsMovement movement, LoadMovement(in.call, in.tx, in.sealer, request.name()));
  RETURN_IF_ERROR(feed::CheckEtag(request.etag(), movement.etag()));
  const bool both = !movement.counterpart().empty();
  const std::string other_name = both ? absl::StrCat(name, "-in") : "";
  RETURN_IF_ERROR(ReverseOne(in, movement, name, other_name));
  if (!both) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const v1::GoodsMovement other, LoadMovement(in.call, in.tx, in.sealer, movement.counterpart()));
  return ReverseOne(in, other, other_name, name);
}

absl::Status Decide(Movements& in, std::string_view event, std::string_view cause, const std::string& name,
                    const std::string& etag) {
  ASSIGN_OR_RETURN(const v1::GoodsMovement before, LoadMovement(in.call, in.tx, in.sealer, name));
  RETURN_IF_ERROR(feed::CheckEtag(etag, before.etag()));
  v1::GoodsMovement after = before;
  RETURN_IF_ERROR(DecideMovement(in.act, event, &after));
  return in.writes.Change(before, after, cause);
}

// A write of movements that answers the one of `name`.
template <typename Body>
absl::StatusOr<v1::GoodsMovement> WriteMovements(rpc::Call& call, const rpc::Host& host, const GoodsBook& book, Act act,
                                                 const std::string& name, Body body) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(name, kGoodsMovements.collection));
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  return rpc::Write(
      call, host.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host.NewCounters());
        GoodsWrites writes(tx, *sealer, writer);
        Movements in{call, tx, *sealer, writes, book, act};
        RETURN_IF_ERROR(body(in));
        RETURN_IF_ERROR(writes.Finish());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{name, version};
      },
      [&](db::Transaction& tx, const std::string& written) { return LoadMovement(call, tx, *sealer, written); });
}

std::string AreaOf(const v1::GoodsStock& stock) {
  return stock.area();
}

absl::Status CheckReason(const std::string& reason) {
  Violations violations;
  violations.MostBytes("reason", reason, kMostText);
  return violations.status();
}

}  // namespace

absl::StatusOr<v1::ListGoodsResponse> Handlers::ListGoods(rpc::Call&, const v1::ListGoodsRequest&) {
  v1::ListGoodsResponse response;
  response.mutable_goods()->Assign(goods_.items().begin(), goods_.items().end());
  return response;
}

absl::StatusOr<v1::GoodsMovement> Handlers::RecordGoodsMovement(rpc::Call& call,
                                                                const v1::RecordGoodsMovementRequest& request) {
  const Act act = ActOf(call, request.reason());
  Violations violations;
  CheckMovement(request, goods_, act.on, &violations);
  RETURN_IF_ERROR(violations.status());
  const std::string name = absl::StrCat(request.parent(), "/", kGoodsMovements.collection, "/", rpc::StableId(call));
  return WriteMovements(call, host_, goods_, act, name, [&](Movements& in) { return Record(in, request, name); });
}

absl::StatusOr<v1::GoodsMovement> Handlers::ReverseGoodsMovement(rpc::Call& call,
                                                                 const v1::ReverseGoodsMovementRequest& request) {
  RETURN_IF_ERROR(CheckReason(request.reason()));
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kGoodsMovements.collection));
  const std::string name =
      absl::StrCat("counties/", shard.substr(1), "/", kGoodsMovements.collection, "/", rpc::StableId(call));
  return WriteMovements(call, host_, goods_, ActOf(call, request.reason()), name,
                        [&](Movements& in) { return Reverse(in, request, name); });
}

absl::StatusOr<v1::GoodsMovement> Handlers::ConfirmGoodsMovement(rpc::Call& call,
                                                                 const v1::ConfirmGoodsMovementRequest& request) {
  return WriteMovements(call, host_, goods_, ActOf(call), request.name(), [&](Movements& in) {
    return Decide(in, "confirm", "CONFIRM", request.name(), request.etag());
  });
}

absl::StatusOr<v1::GoodsMovement> Handlers::RefuseGoodsMovement(rpc::Call& call,
                                                                const v1::RefuseGoodsMovementRequest& request) {
  RETURN_IF_ERROR(CheckReason(request.reason()));
  return WriteMovements(call, host_, goods_, ActOf(call, request.reason()), request.name(),
                        [&](Movements& in) { return Decide(in, "refuse", "REFUSE", request.name(), request.etag()); });
}

absl::StatusOr<v1::GoodsStock> Handlers::GetGoodsStock(rpc::Call& call, const v1::GetGoodsStockRequest& request) {
  return rpc::GetRoot<v1::GoodsStock>(call, host_, kGoodsStocks, request.name(), AreaOf);
}

absl::StatusOr<v1::ListGoodsStocksResponse> Handlers::ListGoodsStocks(rpc::Call& call,
                                                                      const v1::ListGoodsStocksRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (!request.item().empty()) {
    spec.equal.emplace_back("item", request.item());
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  return rpc::ListRoots<v1::GoodsStock, v1::ListGoodsStocksRequest, v1::ListGoodsStocksResponse>(
      call, host_, kGoodsStocks, spec, request, &v1::ListGoodsStocksResponse::mutable_stocks);
}

absl::StatusOr<v1::ListGoodsMovementsResponse> Handlers::ListGoodsMovements(
    rpc::Call& call, const v1::ListGoodsMovementsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (!request.item().empty()) {
    spec.equal.emplace_back("item", request.item());
  }
  if (request.kind() != v1::GOODS_MOVEMENT_KIND_UNSPECIFIED) {
    spec.equal.emplace_back("kind", v1::GoodsMovementKind_Name(request.kind()));
  }
  if (!request.person().empty()) {
    spec.equal.emplace_back("person", request.person());
  }
  if (request.waiting_only()) {
    spec.equal.emplace_back("state", v1::GoodsMovementState_Name(v1::GOODS_MOVEMENT_STATE_WAITING));
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  return rpc::ListRoots<v1::GoodsMovement, v1::ListGoodsMovementsRequest, v1::ListGoodsMovementsResponse>(
      call, host_, kGoodsMovements, spec, request, &v1::ListGoodsMovementsResponse::mutable_movements);
}

}  // namespace ruraledu::student_aid
