// Messages to families after payment: made, answered by the channel, read.
#include <algorithm>

#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/crypto/masking.h"
#include "common/domain/message_delivery.h"
#include "common/domain/shard.h"
#include "services/student_aid/family_message_rules.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/office_store.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/report.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr int32_t kMostMessages = 500;
constexpr std::string_view kUnmaskPayments = "student_aid.payments.unmask";

absl::StatusOr<v1::PaymentBatch> Batch(rpc::Call& call, const rpc::Host& host, const std::string& name) {
  return rpc::GetRoot<v1::PaymentBatch>(call, host, kPaymentBatches, name,
                                        [](const v1::PaymentBatch& batch) { return batch.area(); });
}

// The message of an order as it is; a new one when there is none. What OrdersToTell gives.
struct Told {
  v1::PaymentOrder order;
  std::optional<v1::FamilyMessage> before;
};
absl::StatusOr<Told> ReadTold(const db::Row& row, const crypto::Sealer& sealer) {
  Told told;
  RETURN_IF_ERROR(feed::ReadRoot(row, 1, kPaymentOrders, row.Text(0), &sealer, &told.order));
  if (!row.IsNull(4)) {
    RETURN_IF_ERROR(feed::ReadRoot(row, 4, kFamilyMessages, row.Text(0), &sealer, &told.before.emplace()));
  }
  return told;
}

absl::Status CheckSend(const OfficeBook& office, absl::CivilDay today, const v1::SendFamilyMessagesRequest& request) {
  Violations violations;
  if (office.channels().Find(request.channel(), today) == nullptr) {
    violations.Add("channel", "CODE_UNKNOWN", {{"list", "contact_channel"}});
  }
  if (request.limit() < 0 || request.limit() > kMostMessages) {
    violations.Add("limit", "NUMBER_RANGE", {{"low", "0"}, {"high", absl::StrCat(kMostMessages)}});
  }
  return violations.status();
}

}  // namespace

absl::StatusOr<v1::SendFamilyMessagesResponse> Handlers::SendFamilyMessages(
    rpc::Call& call, const v1::SendFamilyMessagesRequest& request) {
  const Act act = ActOf(call);
  RETURN_IF_ERROR(CheckSend(office_, act.on, request));
  ASSIGN_OR_RETURN(const v1::PaymentBatch batch, Batch(call, host_, request.batch()));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.batch()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const MessageTemplate* form = office_.Template(RegionOfShard(shard), act.on);
  if (form == nullptr) {
    return Fail("POLICY_MISSING", {{"region", RegionOfShard(shard)}, {"term", batch.term()}});
  }
  const size_t most = request.limit() == 0 ? kMostMessages : request.limit();
  const std::string parent = absl::StrCat("counties/", shard.substr(1));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const auto rows, OrdersToTell(tx, shard, feed::IdOfName(request.batch()), request.again(),
                                                       static_cast<int64_t>(most) + 1));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        const size_t made = std::min(rows.size(), most);
        for (size_t i = 0; i < made; ++i) {
          ASSIGN_OR_RETURN(const Told told, ReadTold(rows[i], *sealer));
          ASSIGN_OR_RETURN(const auto place, FindPupil(tx, shard, told.order.person()));
          v1::FamilyMessage after = told.before.value_or(v1::FamilyMessage());
          after.set_name(absl::StrCat(parent, "/familyMessages/", rows[i].Text(0)));
          const MessageValues facts =
              FactsOf(told.order, crypto::MaskName(place.has_value() ? place->display_name : ""),
                      crypto::MaskCard(told.order.card().number()), LabelOf(book_, told.order.item()));
          RETURN_IF_ERROR(SendMessage(act, *form, request.channel(), told.order, facts, &after));
          RETURN_IF_ERROR(
              writer.Put(kFamilyMessages, told.before.has_value() ? &*told.before : nullptr, after, "SEND").status());
        }
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{SentText(made, rows.size() > made), version};
      },
      [](db::Transaction&, const std::string& written) { return SentOf<v1::SendFamilyMessagesResponse>(written); });
}

absl::StatusOr<v1::BatchRecordDeliveriesResponse> Handlers::BatchRecordDeliveries(
    rpc::Call& call, const v1::BatchRecordDeliveriesRequest& request) {
  const Act act = ActOf(call);
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  google::protobuf::RepeatedPtrField<std::string> names;
  for (const v1::FamilyMessageDelivery& delivery : request.deliveries()) {
    *names.Add() = delivery.message();
  }
  ASSIGN_OR_RETURN(std::vector<rpc::BatchRow> rows, rpc::RowsNamed(names, "deliveries"));
  RETURN_IF_ERROR(host_.database.Read(
      [&](db::Transaction& tx) { return rpc::SettleRows(call, tx, shard, kFamilyMessages, &rows); }));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].reason.empty()) {
      rows[i].reason = ProblemOfDelivery(request.deliveries(static_cast<int>(i)), act.on);
    }
  }
  return StepOnRows<v1::FamilyMessage, v1::BatchRecordDeliveriesResponse>(
      call, host_, shard, std::move(rows), "ANSWER",
      [&](db::Transaction&, size_t i, const v1::FamilyMessage*, v1::FamilyMessage& after) {
        return RecordDelivery(request.deliveries(static_cast<int>(i)), act.on, &after);
      });
}

absl::StatusOr<v1::ListFamilyMessagesResponse> Handlers::ListFamilyMessages(
    rpc::Call& call, const v1::ListFamilyMessagesRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.batch(), kPaymentBatches.collection));
  const std::string parent = absl::StrCat("counties/", shard.substr(1));
  RETURN_IF_ERROR(call.CheckArea(shard.substr(1), request.batch()));  // a batch is of the county
  rpc::ListSpec spec{
      .area_column = "area", .order = {"area"}, .equal = {{"batch", std::string(feed::IdOfName(request.batch()))}}};
  if (request.state() != v1::FAMILY_MESSAGE_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::FamilyMessageState_Name(request.state()));
  }
  if (request.unmask()) {
    RETURN_IF_ERROR(AllowUnmask(call, kUnmaskPayments, shard.substr(1), request.batch()));
  }
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  v1::ListFamilyMessagesResponse response;
  ASSIGN_OR_RETURN(
      *response.mutable_next_page_token(),
      rpc::ListRoots(
          call, host_, kFamilyMessages, parent, spec, request, request.page_size(), request.page_token(),
          rpc::AddTo(response.mutable_messages(), kFamilyMessages, request.unmask() ? sealer.get() : nullptr)));
  return response;
}

}  // namespace ruraledu::student_aid
