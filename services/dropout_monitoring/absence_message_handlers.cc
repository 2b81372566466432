// Messages to guardians about an absence without leave: made, answered by the channel, read.
#include <algorithm>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/crypto/masking.h"
#include "common/domain/message_delivery.h"
#include "common/domain/shard.h"
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
constexpr std::string_view kRecorded = "-";  // a row without a reason, as it is remembered

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

absl::StatusOr<v1::SendAbsenceMessagesResponse> SentOf(db::Transaction&, const std::string& written) {
  v1::SendAbsenceMessagesResponse response;
  response.set_more(written.ends_with(" more"));
  int64_t made = 0;
  if (!absl::SimpleAtoi(written.substr(0, written.find(' ')), &made)) {
    return absl::DataLossError("a remembered answer does not parse");
  }
  response.set_made(made);
  return response;
}

absl::Status CheckNames(const v1::BatchRecordAbsenceDeliveriesRequest& request, std::string_view shard) {
  Violations violations;
  violations.MostElements("deliveries", request.deliveries_size(), kMostDeliveries);
  RETURN_IF_ERROR(violations.status());
  for (const v1::AbsenceMessageDelivery& delivery : request.deliveries()) {
    ASSIGN_OR_RETURN(const std::string of, rpc::ShardOf(delivery.message(), kAbsenceMessages.collection));
    if (of != shard) {
      return Fail("NAME_INVALID", {{"field", kAbsenceMessages.collection}});
    }
  }
  return absl::OkStatus();
}

// Settles the area of every message that is named. Only whoever may see the whole county is told that one is missing.
absl::Status CheckAreas(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer, std::string_view shard,
                        const v1::BatchRecordAbsenceDeliveriesRequest& request) {
  for (const v1::AbsenceMessageDelivery& delivery : request.deliveries()) {
    ASSIGN_OR_RETURN(const auto message, feed::Load<v1::AbsenceMessage>(tx, sealer, kAbsenceMessages, shard,
                                                                        feed::IdOfName(delivery.message())));
    if (message.has_value()) {
      RETURN_IF_ERROR(call.CheckArea(message->area()));
    } else if (const absl::Status missing = call.CheckMissing(delivery.message()); !absl::IsNotFound(missing)) {
      return missing;
    }
  }
  return absl::OkStatus();
}

// One row; why it is refused, or kRecorded.
absl::StatusOr<std::string> TakeDelivery(db::Transaction& tx, const crypto::Sealer& sealer, absl::CivilDay today,
                                         const v1::AbsenceMessageDelivery& delivery, std::set<std::string>* seen,
                                         feed::RootWriter& writer) {
  ASSIGN_OR_RETURN(const auto before, feed::Load<v1::AbsenceMessage>(tx, sealer, kAbsenceMessages, tx.shard(),
                                                                     feed::IdOfName(delivery.message())));
  if (!before.has_value()) {
    return std::string("NOT_FOUND");
  }
  if (!seen->insert(delivery.message()).second) {
    return std::string("DUPLICATE_IN_BATCH");
  }
  if (std::string problem = ProblemOfDelivery(delivery, today); !problem.empty()) {
    return problem;
  }
  v1::AbsenceMessage after = *before;
  if (const absl::Status recorded = RecordDelivery(delivery, today, &after); !recorded.ok()) {
    return std::string(ReasonOf(recorded));
  }
  RETURN_IF_ERROR(writer.Put(kAbsenceMessages, &*before, after, "ANSWER").status());
  return std::string(kRecorded);
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
    return rpc::Written{absl::StrCat(made, children.size() > made ? " more" : ""), version};
  };
  return ReadThenWrite<Children>(host_.database, shard, call.deadline(), read, [&](const ReadAhead<Children>* ahead) {
    return rpc::Write(
        call, host_.database, shard, [&](db::Transaction& tx) { return apply(tx, ahead); }, SentOf);
  });
}

absl::StatusOr<v1::BatchRecordAbsenceDeliveriesResponse> Handlers::BatchRecordAbsenceDeliveries(
    rpc::Call& call, const v1::BatchRecordAbsenceDeliveriesRequest& request) {
  const absl::CivilDay today = call.clock().Today();
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  RETURN_IF_ERROR(CheckNames(request, shard));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  RETURN_IF_ERROR(
      host_.database.Read([&](db::Transaction& tx) { return CheckAreas(call, tx, *sealer, shard, request); },
                          {.deadline = call.deadline()}));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        std::vector<std::string> reasons;
        std::set<std::string> seen;
        for (const v1::AbsenceMessageDelivery& delivery : request.deliveries()) {
          ASSIGN_OR_RETURN(reasons.emplace_back(), TakeDelivery(tx, *sealer, today, delivery, &seen, writer));
        }
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{absl::StrJoin(reasons, " "), version};
      },
      [&](db::Transaction&, const std::string& written) -> absl::StatusOr<v1::BatchRecordAbsenceDeliveriesResponse> {
        v1::BatchRecordAbsenceDeliveriesResponse response;
        for (const std::string_view reason : absl::StrSplit(written, ' ', absl::SkipEmpty())) {
          v1::AbsenceDeliveryRow* row = response.add_rows();
          row->set_name(request.deliveries(response.rows_size() - 1).message());
          row->set_reason(reason == kRecorded ? "" : std::string(reason));
        }
        return response;
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
  ASSIGN_OR_RETURN(*response.mutable_next_page_token(),
                   rpc::ListRoots(call, host_, kAbsenceMessages, request.parent(), spec, request, request.page_size(),
                                  request.page_token(),
                                  [&](const db::Row& row, size_t column, const std::string& id) -> absl::Status {
                                    v1::AbsenceMessage* message = response.add_messages();
                                    RETURN_IF_ERROR(feed::ReadRoot(row, column, kAbsenceMessages, id,
                                                                   request.unmask() ? sealer.get() : nullptr, message));
                                    if (!request.unmask()) {
                                      rpc::MaskRoot(*message);
                                    }
                                    return absl::OkStatus();
                                  }));
  return response;
}

}  // namespace ruraledu::dropout_monitoring
