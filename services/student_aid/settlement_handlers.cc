// Waivers are settled between finance and school (2.7): what decisions in force waive, less what was settled before.
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/ledger.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr int64_t kPage = 2000;

struct Waived {
  int32_t pupils = 0;
  int64_t amount_fen = 0;
};
using WaivedBySchool = std::map<std::string, Waived>;  // by area of the school: DR-11

absl::StatusOr<WaivedBySchool> ReadWaived(db::Database& database, std::string_view shard, std::string_view term,
                                          std::string_view item) {
  WaivedBySchool schools;
  std::string area, id;
  while (true) {
    ASSIGN_OR_RETURN(const auto page, database.Read([&](db::Transaction& tx) {
      return GrantedOf(tx, shard, term, item, area, id, kPage);
    }));
    for (const GrantedRow& row : page) {
      const std::string school(SchoolOf(row.area));
      if (row.granted && !school.empty()) {
        ++schools[school].pupils;
        schools[school].amount_fen += row.amount_fen;
      }
    }
    if (static_cast<int64_t>(page.size()) < kPage) {
      return schools;
    }
    area = page.back().area;
    id = page.back().id;
  }
}

absl::Status CheckRequest(const PolicyBook& book, const v1::SettleWaiversRequest& request) {
  RETURN_IF_ERROR(ParseTerm(request.term()).status());
  Violations violations;
  violations.MostBytes("document", request.document(), kMostName);
  violations.Require(request.has_on(), "on");
  DayOf(request.on(), "on", &violations);
  const v1::PolicyItem* item = FindItem(book, request.item());
  if (item == nullptr) {
    violations.Add("item", "ITEM_UNKNOWN", {{"item", request.item()}});
  } else if (item->pay_form() != v1::PAY_FORM_WAIVER) {
    violations.Add("item", "ITEM_NOT_WAIVED", {{"item", request.item()}});
  }
  const std::set<std::string> schools(request.schools().begin(), request.schools().end());
  if (schools.size() != static_cast<size_t>(request.schools_size())) {
    violations.Add("schools", "DUPLICATE_IN_BATCH");
  }
  return violations.status();
}

// The schools that are asked for, with nothing waived where there is nothing.
absl::StatusOr<WaivedBySchool> Narrowed(rpc::Call& call, const rpc::Host& host, std::string_view shard,
                                        const v1::SettleWaiversRequest& request, WaivedBySchool all) {
  if (request.schools().empty()) {
    return all;
  }
  WaivedBySchool wanted;
  RETURN_IF_ERROR(host.database.Read([&](db::Transaction& tx) -> absl::Status {
    for (const std::string& name : request.schools()) {
      ASSIGN_OR_RETURN(const auto school, FindSchool(tx, shard, feed::IdOfName(name)));
      if (!school.has_value() || school->name() != name) {
        return call.CheckMissing(name);
      }
      wanted[school->area()] = all[school->area()];
    }
    return absl::OkStatus();
  }));
  return wanted;
}

class Settler {
 public:
  Settler(db::Transaction& tx, const crypto::Sealer& sealer, feed::RootWriter& writer,
          const v1::SettleWaiversRequest& request)
      : tx_(tx), sealer_(sealer), writer_(writer), ledger_(tx, writer), request_(request) {}

  absl::StatusOr<v1::SettlementRow> Settle(const std::string& area, const Waived& waived) {
    const std::string school(feed::IdOfName(area));
    v1::SettlementRow row;
    row.set_school(absl::StrCat(request_.parent(), "/schools/", school));
    row.set_pupils(waived.pupils);
    row.set_waived_fen(waived.amount_fen);
    const std::string id = absl::StrCat(school, ".", request_.term(), ".", request_.item());
    ASSIGN_OR_RETURN(const auto before, feed::Load<v1::Settlement>(tx_, sealer_, kSettlements, tx_.shard(), id));
    v1::Settlement after = before.value_or(v1::Settlement());
    const std::string name = absl::StrCat(request_.parent(), "/settlements/", id);
    row.set_settlement(before.has_value() ? name : "");
    const int64_t due = waived.amount_fen - after.settled_fen();
    if (due <= 0) {
      row.set_reason("NOTHING_DUE");
      return row;
    }
    const absl::Status posted = Post(due);
    if (!posted.ok()) {
      row.set_reason(ReasonOf(posted));
      return rpc::RefusesRow(posted) ? absl::StatusOr<v1::SettlementRow>(row) : posted;
    }
    row.set_amount_fen(due);
    row.set_settlement(name);
    after.set_name(name);
    after.set_area(area);
    after.set_school(row.school());
    after.set_term(request_.term());
    after.set_item(request_.item());
    after.set_pupils(waived.pupils);
    after.set_waived_fen(waived.amount_fen);
    after.set_settled_fen(after.settled_fen() + due);
    v1::SettlementPart* part = after.add_parts();
    part->set_amount_fen(due);
    *part->mutable_on() = request_.on();
    part->set_document(request_.document());
    part->set_entry(ledger_.last());
    RETURN_IF_ERROR(writer_.Put(kSettlements, before.has_value() ? &*before : nullptr, after, "SETTLE").status());
    return row;
  }
  absl::Status Finish() { return ledger_.Finish(); }

 private:
  absl::Status Post(int64_t amount_fen) {
    v1::LedgerEntry entry;
    entry.set_kind(v1::LEDGER_ENTRY_KIND_SETTLEMENT);
    entry.set_budget_year(BudgetYearOf(request_.term()));
    entry.set_item(request_.item());
    entry.set_amount_fen(amount_fen);
    *entry.mutable_on() = request_.on();
    entry.set_document(request_.document());
    return ledger_.Post(std::move(entry));
  }

  db::Transaction& tx_;
  const crypto::Sealer& sealer_;
  feed::RootWriter& writer_;
  Ledger ledger_;
  const v1::SettleWaiversRequest& request_;
};

std::string RowsText(const std::vector<v1::SettlementRow>& rows) {
  std::string text;
  for (const v1::SettlementRow& row : rows) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", row.school(), "\t", row.pupils(), "\t", row.waived_fen(), "\t",
                    row.amount_fen(), "\t", row.settlement(), "\t", row.reason());
  }
  return text;
}

v1::SettleWaiversResponse ReadRows(std::string_view text) {
  v1::SettleWaiversResponse response;
  for (const std::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> cells = absl::StrSplit(line, '\t');
    v1::SettlementRow* row = response.add_rows();
    int32_t pupils = 0;
    int64_t waived = 0, amount = 0;
    if (absl::SimpleAtoi(cells.at(1), &pupils) && absl::SimpleAtoi(cells.at(2), &waived) &&
        absl::SimpleAtoi(cells.at(3), &amount)) {
      row->set_pupils(pupils);
      row->set_waived_fen(waived);
      row->set_amount_fen(amount);
    }
    row->set_school(cells.at(0));
    row->set_settlement(cells.at(4));
    row->set_reason(cells.at(5));
  }
  return response;
}

}  // namespace

absl::StatusOr<v1::SettleWaiversResponse> Handlers::SettleWaivers(rpc::Call& call,
                                                                  const v1::SettleWaiversRequest& request) {
  RETURN_IF_ERROR(CheckRequest(book_, request));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  RETURN_IF_ERROR(call.CheckArea(rpc::CountyOfParent(request.parent())));
  ASSIGN_OR_RETURN(WaivedBySchool all, ReadWaived(host_.database, shard, request.term(), request.item()));
  ASSIGN_OR_RETURN(const WaivedBySchool schools, Narrowed(call, host_, shard, request, std::move(all)));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        Settler settler(tx, *sealer, writer, request);
        std::vector<v1::SettlementRow> rows;
        for (const auto& [area, waived] : schools) {
          ASSIGN_OR_RETURN(rows.emplace_back(), settler.Settle(area, waived));
        }
        RETURN_IF_ERROR(settler.Finish());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{RowsText(rows), version};
      },
      [](db::Transaction&, const std::string& text) -> absl::StatusOr<v1::SettleWaiversResponse> {
        return ReadRows(text);
      });
}

absl::StatusOr<v1::ListSettlementsResponse> Handlers::ListSettlements(rpc::Call& call,
                                                                      const v1::ListSettlementsRequest& request) {
  RETURN_IF_ERROR(ParseTerm(request.term()).status());
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}, .equal = {{"term", request.term()}}};
  if (!request.item().empty()) {
    spec.equal.emplace_back("item", request.item());
  }
  return rpc::ListRoots<v1::Settlement, v1::ListSettlementsRequest, v1::ListSettlementsResponse>(
      call, host_, kSettlements, spec, request, &v1::ListSettlementsResponse::mutable_settlements);
}

}  // namespace ruraledu::student_aid
