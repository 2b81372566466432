// Information asked of families: asked, answered, declined, taken back, read.
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/information_rules.h"
#include "services/student_aid/information_store.h"
#include "services/student_aid/pupil_files.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kUnmaskInformation = "student_aid.information.unmask";

std::string AreaOf(const v1::InformationRequest& request) {
  return request.area();
}

// Masked, with how it stands on the day.
void Show(absl::CivilDay day, v1::InformationRequest& request) {
  rpc::MaskRoot(request);
  request.set_state(InformationStateOn(request, day));
}

rpc::RootKind<v1::InformationRequest> KindOn(absl::CivilDay day) {
  return {kInformationRequests, AreaOf, nullptr, [day](v1::InformationRequest& root) { Show(day, root); }};
}

const std::string& TermOf(const v1::Identification& record) {
  return record.input().term();
}
const std::string& TermOf(const v1::Application& record) {
  return record.term();
}

// What the request is about, of a record of the table: settles its area.
template <typename Record>
absl::Status FillRecord(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer,
                        v1::InformationRequest* request) {
  const feed::RootTable& table = TableOf<Record>();
  ASSIGN_OR_RETURN(const std::string of, rpc::ShardOf(request->record(), table.collection));
  if (of != tx.shard()) {
    return Fail("NAME_INVALID", {{"field", "record"}});
  }
  ASSIGN_OR_RETURN(const auto record,
                   feed::Load<Record>(tx, sealer, table, tx.shard(), feed::IdOfName(request->record())));
  if (!record.has_value()) {
    return call.CheckMissing(request->record());
  }
  RETURN_IF_ERROR(call.CheckArea(record->area()));
  RETURN_IF_ERROR(CheckMayAsk(*record));
  request->set_area(record->area());
  request->set_person(record->person());
  request->set_term(TermOf(*record));
  return absl::OkStatus();
}

bool IsOf(std::string_view name, const feed::RootTable& table) {
  return rpc::ShardOf(name, table.collection).ok();
}

absl::Status CheckChannel(const ConsentBook& book, absl::CivilDay today, const std::string& channel) {
  Violations violations;
  if (book.channels().Find(channel, today) == nullptr) {
    violations.Add("channel", "CODE_UNKNOWN", {{"list", "information_channel"}});
  }
  return violations.status();
}

absl::Status CheckCreate(const ConsentBook& book, absl::CivilDay today,
                         const v1::CreateInformationRequestRequest& request) {
  Violations violations;
  violations.MostBytes("addressee", request.addressee(), kMostName);
  violations.MostBytes("phone", request.phone(), kMostName);
  violations.MostBytes("question", request.question(), kMostText);
  if (book.relations().Find(request.relation(), today) == nullptr) {
    violations.Add("relation", "CODE_UNKNOWN", {{"list", "guardian_relation"}});
  }
  CheckItems(book.items(), today, request.items(), request.question(), &violations);
  return violations.status();
}

absl::Status CheckAnswer(const v1::AnswerInformationRequestRequest& request) {
  Violations violations;
  for (int i = 0; i < request.answers_size(); ++i) {
    const std::string at = absl::StrCat("answers[", i, "]");
    violations.Require(!request.answers(i).item().empty(), absl::StrCat(at, ".item"));
    violations.Require(!request.answers(i).text().empty(), absl::StrCat(at, ".text"));
    violations.MostBytes(absl::StrCat(at, ".text"), request.answers(i).text(), kMostText);
  }
  violations.MostBytes("witness", request.witness(), kMostName);
  return violations.status();
}

// The request holds the proofs of its answers from now on.
absl::Status HoldFiles(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer,
                       const v1::InformationRequest& request) {
  std::vector<std::string> files;
  for (const v1::InformationAnswer& answer : request.answers()) {
    if (!answer.file().empty()) {
      RETURN_IF_ERROR(CheckPupilFile(tx, sealer, answer.file(), request.person()));
      files.push_back(answer.file());
    }
  }
  return Refer(&call, tx, sealer, request.name(), {}, files);
}

}  // namespace

absl::StatusOr<v1::InformationRequest> Handlers::CreateInformationRequest(
    rpc::Call& call, const v1::CreateInformationRequestRequest& request) {
  const Act act = ActOf(call);
  RETURN_IF_ERROR(CheckCreate(consents_, act.on, request));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const WorkCalendar calendar, host_.database.Read(feed::ReadWorkCalendar));
  const int32_t days = follow_up_.Days(FollowUpRule::kInformationAnswerDays, RegionOfShard(shard), act.on);
  const std::string name =
      absl::StrCat(request.parent(), "/", kInformationRequests.collection, "/", rpc::StableId(call));
  return rpc::WriteRoot(
      call, host_, KindOn(act.on), name, true, "ASK",
      [&](db::Transaction& tx, const v1::InformationRequest*, v1::InformationRequest& after) -> absl::Status {
        after.set_record(request.record());
        RETURN_IF_ERROR(IsOf(request.record(), kApplications)
                            ? FillRecord<v1::Application>(call, tx, *sealer, &after)
                            : FillRecord<v1::Identification>(call, tx, *sealer, &after));
        after.set_addressee(request.addressee());
        after.set_relation(request.relation());
        after.set_phone(request.phone());
        *after.mutable_items() = request.items();
        after.set_question(request.question());
        return AskInformation(act, days, calendar, &after);
      });
}

absl::StatusOr<v1::InformationRequest> Handlers::AnswerInformationRequest(
    rpc::Call& call, const v1::AnswerInformationRequestRequest& request) {
  const Act act = ActOf(call);
  RETURN_IF_ERROR(CheckChannel(consents_, act.on, request.channel()));
  RETURN_IF_ERROR(CheckAnswer(request));
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kInformationRequests.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  return rpc::WriteRoot(
      call, host_, KindOn(act.on), request.name(), false, "ANSWER",
      [&](db::Transaction& tx, const v1::InformationRequest* before, v1::InformationRequest& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        RETURN_IF_ERROR(AnswerInformation(act, {request.channel(), request.cannot_write(), request.witness()},
                                          request.answers(), &after));
        return HoldFiles(call, tx, *sealer, after);
      });
}

absl::StatusOr<v1::InformationRequest> Handlers::DeclineInformationRequest(
    rpc::Call& call, const v1::DeclineInformationRequestRequest& request) {
  Violations violations;
  violations.MostBytes("reason", request.reason(), kMostText);
  RETURN_IF_ERROR(violations.status());
  const Act act = ActOf(call, request.reason());
  RETURN_IF_ERROR(CheckChannel(consents_, act.on, request.channel()));
  return rpc::WriteRoot(
      call, host_, KindOn(act.on), request.name(), false, "DECLINE",
      [&](db::Transaction&, const v1::InformationRequest* before, v1::InformationRequest& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        return DeclineInformation(act, request.channel(), &after);
      });
}

absl::StatusOr<v1::InformationRequest> Handlers::WithdrawInformationRequest(
    rpc::Call& call, const v1::WithdrawInformationRequestRequest& request) {
  Violations violations;
  violations.MostBytes("reason", request.reason(), kMostText);
  RETURN_IF_ERROR(violations.status());
  const Act act = ActOf(call, request.reason());
  return rpc::WriteRoot(
      call, host_, KindOn(act.on), request.name(), false, "WITHDRAW",
      [&](db::Transaction&, const v1::InformationRequest* before, v1::InformationRequest& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        return WithdrawInformation(act, &after);
      });
}

absl::StatusOr<v1::InformationRequest> Handlers::GetInformationRequest(
    rpc::Call& call, const v1::GetInformationRequestRequest& request) {
  ASSIGN_OR_RETURN(v1::InformationRequest found,
                   rpc::GetRoot<v1::InformationRequest>(call, host_, kInformationRequests, request.name(), AreaOf));
  const absl::CivilDay today = call.clock().Today();
  if (!request.unmask()) {
    Show(today, found);
    return found;
  }
  RETURN_IF_ERROR(AllowUnmask(call, kUnmaskInformation, found.area(), found.name()));
  found.set_state(InformationStateOn(found, today));
  return found;
}

absl::StatusOr<v1::ListInformationRequestsResponse> Handlers::ListInformationRequests(
    rpc::Call& call, const v1::ListInformationRequestsRequest& request) {
  const absl::CivilDay today = call.clock().Today();
  rpc::ListSpec spec{.area_column = "area", .order = {"due_on"}};
  if (!request.student().empty()) {
    spec.equal.emplace_back("person", std::string(feed::IdOfName(request.student())));
  }
  if (!request.record().empty()) {
    spec.equal.emplace_back("record", std::string(feed::IdOfName(request.record())));
  }
  if (request.state() != v1::INFORMATION_REQUEST_STATE_UNSPECIFIED) {
    spec.also = [&](std::vector<db::Value>* args) { return InStateText(request.state(), DayText(today), args); };
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  v1::ListInformationRequestsResponse response;
  ASSIGN_OR_RETURN(
      *response.mutable_next_page_token(),
      rpc::ListRoots(call, host_, kInformationRequests, request.parent(), spec, request, request.page_size(),
                     request.page_token(),
                     [&](const db::Row& row, size_t column, const std::string& id) -> absl::Status {
                       v1::InformationRequest* const found = response.add_requests();
                       RETURN_IF_ERROR(feed::ReadRoot(row, column, kInformationRequests, id, nullptr, found));
                       Show(today, *found);
                       return absl::OkStatus();
                     }));
  return response;
}

}  // namespace ruraledu::student_aid
