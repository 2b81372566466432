// Goods given to pupils: a whole class in one write, row by row.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/goods_store.h"
#include "services/student_aid/goods_writes.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/record_writes.h"

namespace ruraledu::student_aid {
namespace {

// What the rows of one batch share, within the county's write.
struct Batch {
  registry_v1::School school;
  const v1::GoodsItem* item = nullptr;
  std::string period, term;
  std::map<std::string, GoodsPupils::Pupil> pupils;
  std::map<std::string, int64_t> out;  // units that a person has of the period
};

// The person of each row who stays, "" when the county has none.
absl::StatusOr<std::vector<std::string>> PersonsOf(rpc::Call& call, db::Transaction& tx,
                                                   const v1::BatchIssueGoodsRequest& request) {
  std::vector<std::string> persons;
  for (const v1::GoodsIssueRow& row : request.rows()) {
    ASSIGN_OR_RETURN(const auto person,
                     FindPerson(call, tx, absl::StrCat(request.parent(), "/students/", row.person())));
    persons.push_back(person.has_value() ? person->id : "");
  }
  return persons;
}

// GOODS_NOT_ENTITLED, ALREADY_ISSUED.
absl::Status CheckRow(const Batch& batch, const std::string& person, int64_t units) {
  const auto pupil = batch.pupils.find(person);
  if (pupil == batch.pupils.end() || pupil->second.school != batch.school.name() ||
      !IsEntitled(*batch.item, pupil->second.stage, pupil->second.kinds)) {
    return Fail("GOODS_NOT_ENTITLED", {{"item", batch.item->item()}});
  }
  const int64_t has = batch.out.at(person);
  if (has + units > batch.item->quantity()) {
    return Fail("ALREADY_ISSUED", {{"item", batch.item->item()},
                                   {"units", absl::StrCat(has)},
                                   {"quantity", absl::StrCat(batch.item->quantity())},
                                   {"period", batch.period}});
  }
  return absl::OkStatus();
}

absl::StatusOr<Batch> ReadBatch(rpc::Call& call, db::Transaction& tx, const rpc::Host& host, const GoodsBook& book,
                                const v1::BatchIssueGoodsRequest& request, const std::vector<std::string>& persons) {
  const absl::CivilDay on = *DayOf(request.on());
  Batch batch;
  ASSIGN_OR_RETURN(batch.school, SchoolForGoods(call, tx, request.school()));
  batch.item = book.Find(request.item(), RegionOfShard(tx.shard()), on);
  if (batch.item == nullptr) {
    return Fail("CODE_UNKNOWN", {{"list", "goods"}});
  }
  batch.period = book.PeriodOf(*batch.item, on);
  batch.term = book.calendar().TermOf(on).text();
  ASSIGN_OR_RETURN(batch.pupils, GoodsPupils(host, book, std::string(tx.shard())).Read(tx, persons, on));
  for (const std::string& person : persons) {
    if (!person.empty() && !batch.out.contains(person)) {
      ASSIGN_OR_RETURN(GoodsByPeriod out, GoodsOut(tx, tx.shard(), person));
      batch.out[person] = out[{batch.item->item(), batch.period}];
    }
  }
  return batch;
}

v1::GoodsMovement MovementOf(const Batch& batch, const v1::BatchIssueGoodsRequest& request, int row,
                             const std::string& person, std::string_view id) {
  v1::GoodsMovement movement;
  movement.set_name(absl::StrCat(request.parent(), "/", kGoodsMovements.collection, "/", id, "-", row));
  movement.set_area(batch.school.area());
  movement.set_school(batch.school.name());
  movement.set_item(batch.item->item());
  movement.set_kind(v1::GOODS_MOVEMENT_KIND_ISSUED);
  movement.set_quantity(request.rows(row).quantity() == 0 ? batch.item->quantity() : request.rows(row).quantity());
  *movement.mutable_on() = request.on();
  movement.set_term(batch.term);
  movement.set_person(person);
  movement.set_period(batch.period);
  movement.set_relation(request.rows(row).relation());
  movement.set_document(request.document());
  return movement;
}

// A line per row: the reason and the name of the movement, one of them empty.
absl::StatusOr<std::string> IssueRows(rpc::Call& call, db::Transaction& tx, const rpc::Host& host,
                                      const GoodsBook& book, const v1::BatchIssueGoodsRequest& request,
                                      GoodsWrites& writes) {
  ASSIGN_OR_RETURN(const auto persons, PersonsOf(call, tx, request));
  ASSIGN_OR_RETURN(Batch batch, ReadBatch(call, tx, host, book, request, persons));
  const Act act = ActOf(call);
  const std::string id = rpc::StableId(call);
  std::vector<std::string> lines;
  for (int i = 0; i < request.rows_size(); ++i) {
    const std::string& person = persons[static_cast<size_t>(i)];
    v1::GoodsMovement movement = MovementOf(batch, request, i, person, id);
    RecordMovement(act, &movement);
    absl::Status done = person.empty() ? Fail("PERSON_UNKNOWN", {{"parent", request.parent()}})
                                       : CheckRow(batch, person, movement.quantity());
    if (done.ok()) {
      done = writes.Enter(movement, "ISSUE");
    }
    if (!done.ok() && !rpc::RefusesRow(done)) {
      return done;
    }
    if (done.ok()) {
      batch.out[person] += movement.quantity();
    }
    lines.push_back(absl::StrCat(ReasonOf(done), "\t", done.ok() ? movement.name() : ""));
  }
  return absl::StrJoin(lines, "\n");
}

}  // namespace

absl::StatusOr<v1::BatchIssueGoodsResponse> Handlers::BatchIssueGoods(rpc::Call& call,
                                                                      const v1::BatchIssueGoodsRequest& request) {
  Violations violations;
  CheckIssue(request, goods_, ActOf(call).on, &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        GoodsWrites writes(tx, *sealer, writer);
        ASSIGN_OR_RETURN(const std::string lines, IssueRows(call, tx, host_, goods_, request, writes));
        RETURN_IF_ERROR(writes.Finish());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{lines, version};
      },
      [&](db::Transaction& tx, const std::string& lines) -> absl::StatusOr<v1::BatchIssueGoodsResponse> {
        v1::BatchIssueGoodsResponse response;
        for (const std::string_view line : absl::StrSplit(lines, '\n')) {
          const std::pair<std::string, std::string> parts = absl::StrSplit(line, '\t');
          v1::GoodsIssueResult* const result = response.add_results();
          result->set_person(request.rows(response.results_size() - 1).person());
          result->set_reason(parts.first);
          if (parts.second.empty()) {
            continue;
          }
          ASSIGN_OR_RETURN(auto movement, feed::Load<v1::GoodsMovement>(tx, *sealer, kGoodsMovements, shard,
                                                                        feed::IdOfName(parts.second)));
          if (!movement.has_value()) {
            return absl::DataLossError("a movement that was written is not there");
          }
          RETURN_IF_ERROR(call.CheckArea(movement->area(), parts.second));
          *result->mutable_movement() = *std::move(movement);
        }
        return response;
      });
}

}  // namespace ruraledu::student_aid
