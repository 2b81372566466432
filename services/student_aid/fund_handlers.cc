// Funds: what their ledger says, allotments, arrivals.
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/ledger.h"
#include "services/student_aid/record_writes.h"

namespace ruraledu::student_aid {
namespace {

// "2023.SP_NUTR" of a name; NAME_INVALID.
absl::StatusOr<FundKey> KeyOf(const std::string& name) {
  const std::string_view id = feed::IdOfName(name);
  const size_t point = id.find('.');
  FundKey key;
  if (point != 4 || !absl::SimpleAtoi(id.substr(0, point), &key.budget_year)) {
    return Fail("NAME_INVALID", {{"field", "name"}});
  }
  key.item = std::string(id.substr(point + 1));
  return key;
}

template <typename Request>
absl::Status CheckRecord(const Request& request) {
  Violations violations;
  CheckFundRequest(request.budget_year(), request.document(), request.items_size(), &violations);
  violations.Require(request.has_on(), "on");
  DayOf(request.on(), "on", &violations);
  return violations.status();
}

// Posts the rows that pass, with a result each.
template <typename Request>
absl::StatusOr<v1::FundRowsResponse> Record(rpc::Call& call, const rpc::Host& host, const PolicyBook& book,
                                            v1::LedgerEntryKind kind, const Request& request) {
  RETURN_IF_ERROR(CheckRecord(request));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  RETURN_IF_ERROR(call.CheckArea(rpc::CountyOfParent(request.parent())));
  return rpc::Write(
      call, host.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        std::vector<v1::FundRow> rows = RowsOf(book, request.items());
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host.NewCounters());
        Ledger ledger(tx, writer);
        for (v1::FundRow& row : rows) {
          if (!row.reason().empty()) {
            continue;
          }
          v1::LedgerEntry entry;
          entry.set_kind(kind);
          entry.set_budget_year(request.budget_year());
          entry.set_item(row.item());
          entry.set_amount_fen(row.amount_fen());
          *entry.mutable_on() = request.on();
          entry.set_document(request.document());
          entry.set_level(request.level());
          const absl::Status posted = ledger.Post(std::move(entry));
          if (!posted.ok() && !rpc::RefusesRow(posted)) {
            return posted;
          }
          posted.ok() ? row.set_entry(ledger.last()) : row.set_reason(ReasonOf(posted));
        }
        RETURN_IF_ERROR(ledger.Finish());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{FundRowsText(rows), version};
      },
      [](db::Transaction&, const std::string& text) -> absl::StatusOr<v1::FundRowsResponse> {
        v1::FundRowsResponse response;
        ReadFundRows(text, response.mutable_rows());
        return response;
      });
}

void AddTo(const v1::Fund& fund, v1::Fund* total) {
  for (int i = 0; i < fund.GetDescriptor()->field_count(); ++i) {
    const auto* field = fund.GetDescriptor()->field(i);
    if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_INT64) {  // the amounts
      const int64_t sum = total->GetReflection()->GetInt64(*total, field) + fund.GetReflection()->GetInt64(fund, field);
      total->GetReflection()->SetInt64(total, field, sum);
    }
  }
}

v1::Fund Shown(const PolicyBook& book, std::string_view county, const FundKey& key, const FundState& state,
               int64_t over_age_fen) {
  v1::Fund fund = FundOf(key, state, over_age_fen);
  fund.set_name(absl::StrCat("counties/", county, "/funds/", FundId(key)));
  const v1::PolicyItem* item = FindItem(book, key.item);
  fund.set_label_zh(item == nullptr ? "" : item->label_zh());
  return fund;
}

}  // namespace

absl::StatusOr<v1::Fund> Handlers::GetFund(rpc::Call& call, const v1::GetFundRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), "funds"));
  RETURN_IF_ERROR(call.CheckArea(rpc::CountyOfParent(request.name())));
  ASSIGN_OR_RETURN(const FundKey key, KeyOf(request.name()));
  ASSIGN_OR_RETURN(const auto funds, host_.database.Read([&](db::Transaction& tx) { return LoadFunds(tx, shard, 0); }));
  const auto found = funds.find(key);
  if (found == funds.end()) {
    return call.CheckMissing(request.name());
  }
  const auto over = OverAge(funds, fund_rules_.OverAgeYear(RegionOfShard(shard), call.clock().Today()));
  const auto aged = over.find(key);
  return Shown(book_, shard.substr(1), key, found->second, aged == over.end() ? 0 : aged->second);
}

absl::StatusOr<v1::ListFundsResponse> Handlers::ListFunds(rpc::Call& call, const v1::ListFundsRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  RETURN_IF_ERROR(call.CheckArea(rpc::CountyOfParent(request.parent())));
  ASSIGN_OR_RETURN(const auto funds, host_.database.Read([&](db::Transaction& tx) { return LoadFunds(tx, shard, 0); }));
  const auto over = OverAge(funds, fund_rules_.OverAgeYear(RegionOfShard(shard), call.clock().Today()));
  v1::ListFundsResponse response;
  for (const auto& [key, state] : funds) {
    const auto aged = over.find(key);
    const int64_t over_age_fen = aged == over.end() ? 0 : aged->second;
    if ((request.budget_year() != 0 && request.budget_year() != key.budget_year) ||
        (request.over_age_only() && over_age_fen == 0)) {
      continue;
    }
    *response.add_funds() = Shown(book_, shard.substr(1), key, state, over_age_fen);
    AddTo(*response.funds().rbegin(), response.mutable_total());
  }
  return response;
}

absl::StatusOr<v1::FundRowsResponse> Handlers::RecordAllotment(rpc::Call& call,
                                                               const v1::RecordAllotmentRequest& request) {
  return Record(call, host_, book_,
                request.taken_back() ? v1::LEDGER_ENTRY_KIND_ALLOTMENT_CUT : v1::LEDGER_ENTRY_KIND_ALLOTMENT, request);
}

absl::StatusOr<v1::FundRowsResponse> Handlers::RecordArrival(rpc::Call& call, const v1::RecordArrivalRequest& request) {
  return Record(call, host_, book_,
                request.taken_back() ? v1::LEDGER_ENTRY_KIND_ARRIVAL_CUT : v1::LEDGER_ENTRY_KIND_ARRIVAL, request);
}

absl::StatusOr<v1::ListFundArrivalsResponse> Handlers::ListFundArrivals(rpc::Call& call,
                                                                        const v1::ListFundArrivalsRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  RETURN_IF_ERROR(call.CheckArea(rpc::CountyOfParent(request.parent())));
  const absl::CivilDay today = call.clock().Today();
  const FundRules::Row* rule = fund_rules_.Find(FundRule::kPayOutDays, RegionOfShard(shard), today);
  ASSIGN_OR_RETURN(auto arrivals, host_.database.Read([&](db::Transaction& tx) {
    return ReadArrivals(tx, shard, request.budget_year());
  }));
  v1::ListFundArrivalsResponse response;
  if (rule != nullptr) {
    SetDue(rule->value, today, &arrivals);
  }
  for (v1::FundArrival& arrival : arrivals) {
    if (!request.overdue_only() || arrival.overdue()) {
      *response.add_arrivals() = std::move(arrival);
    }
  }
  if (rule != nullptr) {
    response.set_pay_out_days(rule->value);
    response.set_source(rule->source);
  }
  return response;
}

}  // namespace ruraledu::student_aid
