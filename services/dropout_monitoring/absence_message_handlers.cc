// Messages to guardians about an absence without leave: made, answered by the channel, read.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/crypto/masking.h"
#include "common/domain/message_delivery.h"
#include "common/domain/shard.h"
#include "common/rpc/batch_rows.h"
#include "common/rpc/unmask.h"
#include "services/dropout_monitoring/absence_message_rules.h"
#include "services/dropout_monitoring/absence_message_store.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/read_ahead.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int32_t kMostMessages = 500;
constexpr int kMostDeliveries = 500;
constexpr std::string_view kUnmaskMessages = "dropout_monitoring.absence_messages.unmask";

absl::Status CheckSend(const CodeList& channels, absl::CivilDay today, const v1::SendAbsenceMessagesRequest& request) {
  Violations violations;
  if (channels.Find(request.channel(), today) == nullptr) {
    violations.Add("channel", "CODE_UNKNOWN", {{"list", channels.name()}});
  }
  if (request.limit() < 0 || request.limit() > kMostMessages) {
    violations.Add("limit", "NUMBER_RANGE", {{"low", "0"}, {"high", absl::StrCat(kMostMessages)}});
  }
  return violations.status();
}

// "areas/411728103" as an area, that of the county when none is named. NAME_INVALID.
absl::StatusOr<std::string> AreaAsked(const std::string& area, std::string_view shard) {
  RETURN_IF_ERROR(rpc::WithinArea(area).status());
  return area.empty() ? std::string(shard.substr(1)) : area.substr(area.find('/') + 1);
}

// By what the messages of a call are made.
struct Sending {
  const MessageTemplate& form;
  const std::string& parent;
  const std::string& channel;
  absl::CivilDay today;
};

// The message of a child and its run.
absl::Status Tell(db::Transaction& tx, const crypto::Sealer& sealer, const Sending& sending, const ChildToTell& child,
                  feed::RootWriter& writer) {
  std::optional<v1::AbsenceMessage> before;
  const std::string id = MessageIdOf(child.absence);
  if (child.again) {
    ASSIGN_OR_RETURN(before, feed::Load<v1::AbsenceMessage>(tx, sealer, kAbsenceMessages, tx.shard(), id));
  }
  v1::AbsenceMessage after = before.value_or(v1::AbsenceMessage());
  after.set_name(absl::StrCat(sending.parent, "/", kAbsenceMessages.collection, "/", id));
  RETURN_IF_ERROR(SendMessage(sending.today, sending.form, sending.channel, child.absence,
                              crypto::MaskName(child.display_name), &after));
  return writer.Put(kAbsenceMessages, before.has_value() ? &*before : nullptr, after, "SEND").status();
}

}  // namespace

absl::StatusOr<v1::SendAbsenceMessagesResponse> Handlers::SendAbsenceMessages(
    rpc::Call& call, const v1::SendAbsenceMessagesRequest& request) {
  const absl::CivilDay today = call.clock().Today();
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const std::string area, AreaAsked(request.area(), shard));
  RETURN_IF_ERROR(call.CheckArea(area));
  RETURN_IF_ERROR(CheckSend(standards_.absence_messages.channels(), today, request));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const MessageTemplate* form, standards_.absence_messages.InForce(RegionOfShard(shard), today));
  const Sending sending{*form, request.parent(), request.channel(), today};
  const size_t most = static_cast<size_t>(request.limit() == 0 ? kMostMessages : request.limit());
  using Children = std::vector<ChildToTell>;
  const auto read = [&](db::Transaction& tx) {
    return ChildrenToTell(tx, shard, RangeOf(area), today, request.again(), most + 1);
  };
  const auto apply = [&](db::Transaction& tx, const ReadAhead<Children>* ahead) -> absl::StatusOr<rpc::Written> {
    Children children;
    if (ahead != nullptr) {
      RETURN_IF_ERROR(CheckStill(tx, *ahead));
      children = ahead->value;
    } else {
      ASSIGN_OR_RETURN(children, read(tx));
    }
    feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
    const size_t made = std::min(children.size(), most);
    for (size_t i = 0; i < made; ++i) {
      RETURN_IF_ERROR(Tell(tx, *sealer, sending, children[i], writer));
    }
    ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
    return rpc::Written{SentText(made, children.size() > made), version};
  };
  return ReadThenWrite<Children>(host_.database, shard, call.deadline(), read, [&](const ReadAhead<Children>* ahead) {
    return rpc::Write(
        call, host_.database, shard, [&](db::Transaction& tx) { return apply(tx, ahead); },
        [](db::Transaction&, const std::string& written) { return SentOf<v1::SendAbsenceMessagesResponse>(written); });
  });
}

absl::StatusOr<v1::BatchRecordAbsenceDeliveriesResponse> Handlers::BatchRecordAbsenceDeliveries(
    rpc::Call& call, const v1::BatchRecordAbsenceDeliveriesRequest& request) {
  const absl::CivilDay today = call.clock().Today();
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  google::protobuf::RepeatedPtrField<std::string> names;
  for (const v1::AbsenceMessageDelivery& delivery : request.deliveries()) {
    *names.Add() = delivery.message();
  }
  ASSIGN_OR_RETURN(std::vector<rpc::BatchRow> rows, rpc::RowsNamed(names, "deliveries", kMostDeliveries));
  RETURN_IF_ERROR(host_.database.Read(
      [&](db::Transaction& tx) { return rpc::SettleRows(call, tx, shard, kAbsenceMessages, &rows); },
      {.deadline = call.deadline()}));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].reason.empty()) {
      rows[i].reason = ProblemOfDelivery(request.deliveries(static_cast<int>(i)), today);
    }
  }
  return rpc::StepOnRows<v1::AbsenceMessage, v1::BatchRecordAbsenceDeliveriesResponse>(
      call, host_, shard, kAbsenceMessages, std::move(rows), "ANSWER",
      [&](db::Transaction&, size_t i, const v1::AbsenceMessage*, v1::AbsenceMessage& after) {
        return RecordDelivery(request.deliveries(static_cast<int>(i)), today, &after);
      });
}

absl::StatusOr<v1::ListAbsenceMessagesResponse> Handlers::ListAbsenceMessages(
    rpc::Call& call, const v1::ListAbsenceMessagesRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (request.state() != v1::ABSENCE_MESSAGE_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::AbsenceMessageState_Name(request.state()));
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  if (request.unmask()) {
    ASSIGN_OR_RETURN(const std::string area, AreaAsked(request.area(), shard));
    RETURN_IF_ERROR(rpc::JournalUnmask(call, host_.database, host_.keys, kUnmaskMessages, area,
                                       absl::StrCat(request.parent(), "/", kAbsenceMessages.collection)));
  }
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  v1::ListAbsenceMessagesResponse response;
  ASSIGN_OR_RETURN(
      *response.mutable_next_page_token(),
      rpc::ListRoots(
          call, host_, kAbsenceMessages, request.parent(), spec, request, request.page_size(), request.page_token(),
          rpc::AddTo(response.mutable_messages(), kAbsenceMessages, request.unmask() ? sealer.get() : nullptr)));
  return response;
}

}  // namespace ruraledu::dropout_monitoring
