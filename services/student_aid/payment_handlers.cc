// Payment batches and orders (2.7).
#include "common/base/proto_day.h"
#include "common/feed/heads.h"
#include "ruraledu/student_aid/v1/payment_job.pb.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/payment_rules.h"
#include "services/student_aid/payment_run.h"
#include "services/student_aid/payment_store.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr int kMostItems = 50;
constexpr std::string_view kUnmaskPayments = "student_aid.payments.unmask";

std::string AreaOf(const v1::PaymentBatch& batch) {
  return batch.area();
}
std::string AreaOf(const v1::PaymentOrder& order) {
  return order.area();
}

const rpc::RootKind<v1::PaymentBatch> kBatch{kPaymentBatches, [](const v1::PaymentBatch& b) { return b.area(); },
                                             nullptr};

absl::Status CheckBatch(const v1::CreatePaymentBatchRequest& request) {
  Violations violations;
  if (!ParseTerm(request.term()).ok()) {
    violations.Add("term", "TERM_FORMAT", {{"term", request.term()}});
  }
  violations.Require(request.kind() != v1::PAYMENT_BATCH_KIND_UNSPECIFIED, "kind");
  violations.MostElements("items", request.items_size(), kMostItems);
  CheckPayingAccount(request.account(), &violations);
  if (!request.reissue_of().empty() &&
      (request.kind() != v1::PAYMENT_BATCH_KIND_REISSUE || !request.reissue_of().starts_with(request.parent() + "/"))) {
    violations.Add("reissue_of", "NAME_INVALID", {{"field", "reissue_of"}});
  }
  return violations.status();
}

// ITEM_UNKNOWN for a code that no standard has.
absl::Status CheckItems(const PolicyBook& book, const v1::CreatePaymentBatchRequest& request) {
  Violations violations;
  for (int i = 0; i < request.items_size(); ++i) {
    if (book.FamilyOf(request.items(i)) == v1::BENEFIT_FAMILY_UNSPECIFIED) {
      violations.Add(absl::StrCat("items[", i, "]"), "ITEM_UNKNOWN", {{"item", request.items(i)}});
    }
  }
  return violations.status();
}

v1::PaymentBatch DraftOf(const v1::CreatePaymentBatchRequest& request, const std::string& id, int32_t number) {
  const std::string county(rpc::CountyOfParent(request.parent()));
  v1::PaymentBatch batch;
  batch.set_name(absl::StrCat(request.parent(), "/", kPaymentBatches.collection, "/", id));
  batch.set_area(county);
  batch.set_kind(request.kind());
  batch.set_term(request.term());
  *batch.mutable_items() = request.items();
  batch.set_reissue_of(request.reissue_of());
  batch.set_number(number);
  batch.set_reference(BatchReference(county, request.term(), number));
  batch.set_state(v1::PAYMENT_BATCH_STATE_DRAFT);
  *batch.mutable_account() = request.account();
  batch.set_job(absl::StrCat(request.parent(), "/jobs/", id));
  return batch;
}

db::JobRow JobOf(rpc::Call& call, std::string_view shard, std::string id, std::string_view kind,
                 const google::protobuf::Message& plan) {
  return {.shard = std::string(shard),
          .id = std::move(id),
          .kind = std::string(kind),
          .input = plan.SerializeAsString(),
          .subject = call.caller().subject,
          .area = PrefixOfShard(shard).value_or("")};
}

}  // namespace

absl::StatusOr<v1::PaymentBatch> Handlers::CreatePaymentBatch(rpc::Call& call,
                                                              const v1::CreatePaymentBatchRequest& request) {
  RETURN_IF_ERROR(CheckBatch(request));
  RETURN_IF_ERROR(CheckItems(book_, request));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const std::string id = NewId(call.clock());
  const Act act = ActOf(call);
  v1::PaymentPlan plan;
  plan.set_batch(absl::StrCat(request.parent(), "/", kPaymentBatches.collection, "/", id));
  *plan.mutable_after() = OfRegistry(request.after());
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        RETURN_IF_ERROR(call.CheckArea(shard.substr(1)));
        ASSIGN_OR_RETURN(const int64_t heard, HeardAt(tx, shard));
        RETURN_IF_ERROR(CheckHeard(call.clock(), heard));
        ASSIGN_OR_RETURN(const bool open, BatchOpen(tx, shard));
        if (open) {
          return Fail("BATCH_OPEN", {{"county", request.parent()}});
        }
        ASSIGN_OR_RETURN(const std::string other, BatchUnderWay(tx, shard, request.term()));
        if (!other.empty()) {
          return Fail("PAYMENT_BATCH_OPEN",
                      {{"name", absl::StrCat(request.parent(), "/", kPaymentBatches.collection, "/", other)}});
        }
        ASSIGN_OR_RETURN(const int64_t before, CountBatches(tx, shard, request.term()));
        v1::PaymentBatch batch = DraftOf(request, id, static_cast<int32_t>(before + 1));
        batch.set_payer(act.person);
        RETURN_IF_ERROR(db::InsertJob(tx, JobOf(call, shard, id, kPaymentOrderJob, plan)));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(writer.Put(kPaymentBatches, nullptr, batch, "CREATE").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{batch.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) -> absl::StatusOr<v1::PaymentBatch> {
        ASSIGN_OR_RETURN(auto batch,
                         feed::Load<v1::PaymentBatch>(tx, *sealer, kPaymentBatches, shard, feed::IdOfName(name)));
        RETURN_IF_ERROR(call.CheckArea(batch->area()));
        rpc::MaskRoot(*batch);
        return *std::move(batch);
      });
}

absl::StatusOr<v1::PaymentBatch> Handlers::GetPaymentBatch(rpc::Call& call, const v1::GetPaymentBatchRequest& request) {
  ASSIGN_OR_RETURN(v1::PaymentBatch batch,
                   rpc::GetRoot<v1::PaymentBatch>(call, host_, kPaymentBatches, request.name(),
                                                  [](const v1::PaymentBatch& root) { return AreaOf(root); }));
  rpc::MaskRoot(batch);
  if (request.with_drift()) {
    ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.name()));
    const int64_t seq = batch.positions().positions_size() > 0 ? batch.positions().positions(0).seq() : 0;
    ASSIGN_OR_RETURN(*batch.mutable_drift(),
                     host_.database.Read(
                         [&](db::Transaction& tx) { return DriftOf(tx, shard, feed::IdOfName(request.name()), seq); },
                         {.deadline = call.deadline()}));
  }
  return batch;
}

absl::StatusOr<v1::ListPaymentBatchesResponse> Handlers::ListPaymentBatches(
    rpc::Call& call, const v1::ListPaymentBatchesRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"term"}};
  if (!request.term().empty()) {
    RETURN_IF_ERROR(ParseTerm(request.term()).status());
    spec.equal.emplace_back("term", request.term());
  }
  if (request.state() != v1::PAYMENT_BATCH_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::PaymentBatchState_Name(request.state()));
  }
  return rpc::ListRoots<v1::PaymentBatch, v1::ListPaymentBatchesRequest, v1::ListPaymentBatchesResponse>(
      call, host_, kPaymentBatches, spec, request, &v1::ListPaymentBatchesResponse::mutable_batches);
}

absl::StatusOr<v1::ListLeftOutResponse> Handlers::ListLeftOut(rpc::Call& call, const v1::ListLeftOutRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kPaymentBatches.collection));
  ASSIGN_OR_RETURN(const int64_t size, rpc::PageSize(request.page_size()));
  const std::string filter = rpc::FilterOf(request);
  PayableKey after;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const auto key, rpc::PageKey(filter, request.page_token(), 2));
    after = {key[0], key[1]};
  }
  return host_.database.Read(
      [&](db::Transaction& tx) -> absl::StatusOr<v1::ListLeftOutResponse> {
        const std::string_view id = feed::IdOfName(request.name());
        ASSIGN_OR_RETURN(const auto area, AreaOfPaymentBatch(tx, shard, id));
        if (!area.has_value()) {
          return call.CheckMissing(request.name());
        }
        RETURN_IF_ERROR(call.CheckArea(*area));
        ASSIGN_OR_RETURN(const auto rows, ListLeftOutRows(tx, shard, id, after, size + 1));
        v1::ListLeftOutResponse response;
        for (const LeftOutRow& row : rows) {
          if (response.rows_size() == size) {
            const LeftOutRow& last = rows[static_cast<size_t>(size) - 1];
            response.set_next_page_token(rpc::PageToken(filter, {last.area, last.application}));
            break;
          }
          v1::LeftOut* left_out = response.add_rows();
          left_out->set_application(absl::StrCat("counties/", shard.substr(1), "/applications/", row.application));
          left_out->set_area(row.area);
          left_out->set_reason(row.reason);
        }
        return response;
      },
      {.deadline = call.deadline()});
}

// The batch is sent or cancelled at once; its orders follow by a job.
absl::StatusOr<v1::PaymentBatch> Handlers::MoveBatch(rpc::Call& call, const std::string& name, const std::string& etag,
                                                     bool send) {
  const Act act = ActOf(call);
  v1::PaymentSweepPlan plan;
  plan.set_batch(name);
  plan.set_state(send ? v1::PAYMENT_ORDER_STATE_SENT : v1::PAYMENT_ORDER_STATE_CANCELLED);
  plan.set_person(act.person);
  const std::string job = NewId(call.clock());
  return rpc::WriteRoot(
      call, host_, kBatch, name, false, send ? "SEND" : "CANCEL",
      [&](db::Transaction& tx, const v1::PaymentBatch* before, v1::PaymentBatch& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(etag, before->etag()));
        RETURN_IF_ERROR(StepBatch(send ? "send" : "cancel", "", &after));
        if (send) {
          *after.mutable_sent_on() = DateOf(act.on);
        }
        return db::InsertJob(tx, JobOf(call, tx.shard(), job, kPaymentSweepJob, plan));
      });
}

absl::StatusOr<v1::PaymentBatch> Handlers::SendPaymentBatch(rpc::Call& call,
                                                            const v1::SendPaymentBatchRequest& request) {
  return MoveBatch(call, request.name(), request.etag(), true);
}

absl::StatusOr<v1::PaymentBatch> Handlers::CancelPaymentBatch(rpc::Call& call,
                                                              const v1::CancelPaymentBatchRequest& request) {
  return MoveBatch(call, request.name(), request.etag(), false);
}

absl::StatusOr<v1::PaymentOrder> Handlers::GetPaymentOrder(rpc::Call& call, const v1::GetPaymentOrderRequest& request) {
  ASSIGN_OR_RETURN(v1::PaymentOrder order,
                   rpc::GetRoot<v1::PaymentOrder>(call, host_, kPaymentOrders, request.name(),
                                                  [](const v1::PaymentOrder& root) { return AreaOf(root); }));
  if (!request.unmask()) {
    rpc::MaskRoot(order);
    return order;
  }
  RETURN_IF_ERROR(AllowUnmask(call, kUnmaskPayments, order.area(), order.name()));
  order.clear_card_digest();
  return order;
}

absl::StatusOr<v1::ListPaymentOrdersResponse> Handlers::ListPaymentOrders(rpc::Call& call,
                                                                          const v1::ListPaymentOrdersRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (!request.batch().empty()) {
    RETURN_IF_ERROR(rpc::ShardOf(request.batch(), kPaymentBatches.collection).status());
    spec.equal.emplace_back("batch", std::string(feed::IdOfName(request.batch())));
  }
  if (!request.term().empty()) {
    RETURN_IF_ERROR(ParseTerm(request.term()).status());
    spec.equal.emplace_back("term", request.term());
  }
  if (request.state() != v1::PAYMENT_ORDER_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::PaymentOrderState_Name(request.state()));
  }
  if (!request.person().empty()) {
    spec.equal.emplace_back("person", request.person());
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  return rpc::ListRoots<v1::PaymentOrder, v1::ListPaymentOrdersRequest, v1::ListPaymentOrdersResponse>(
      call, host_, kPaymentOrders, spec, request, &v1::ListPaymentOrdersResponse::mutable_orders);
}

}  // namespace ruraledu::student_aid
