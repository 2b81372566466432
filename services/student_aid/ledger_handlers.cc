// The ledger as it is read: entries, the trial balance of a day.
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/ledger_store.h"

namespace ruraledu::student_aid {
namespace {

absl::StatusOr<EntryFilter> FilterOf(const v1::ListLedgerEntriesRequest& request) {
  Violations violations;
  const auto from = DayOf(request.from(), "from", &violations);
  const auto to = DayOf(request.to(), "to", &violations);
  RETURN_IF_ERROR(violations.status());
  return EntryFilter{.budget_year = request.budget_year(),
                     .item = request.item(),
                     .person = std::string(feed::IdOfName(request.person())),
                     .order = request.order(),
                     .kind = request.kind(),
                     .from = from.has_value() ? DayText(*from) : "",
                     .to = to.has_value() ? DayText(*to) : ""};
}

}  // namespace

absl::StatusOr<v1::ListLedgerEntriesResponse> Handlers::ListLedgerEntries(rpc::Call& call,
                                                                          const v1::ListLedgerEntriesRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  RETURN_IF_ERROR(call.CheckArea(rpc::CountyOfParent(request.parent())));
  ASSIGN_OR_RETURN(const EntryFilter filter, FilterOf(request));
  ASSIGN_OR_RETURN(const int64_t size, rpc::PageSize(request.page_size()));
  const std::string bound = rpc::FilterOf(request);
  std::vector<std::string> key(2);
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(key, rpc::PageKey(bound, request.page_token(), 2));
  }
  ASSIGN_OR_RETURN(auto entries, host_.database.Read([&](db::Transaction& tx) {
    return ListEntries(tx, shard, filter, key[0], key[1], size + 1);
  }));
  v1::ListLedgerEntriesResponse response;
  if (static_cast<int64_t>(entries.size()) > size) {
    entries.resize(size);
    response.set_next_page_token(rpc::PageToken(
        bound, {DayText(*DayOf(entries.back().on())), std::string(feed::IdOfName(entries.back().name()))}));
  }
  response.mutable_entries()->Assign(entries.begin(), entries.end());
  return response;
}

absl::StatusOr<v1::TrialBalance> Handlers::GetTrialBalance(rpc::Call& call, const v1::GetTrialBalanceRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  RETURN_IF_ERROR(call.CheckArea(rpc::CountyOfParent(request.parent())));
  Violations violations;
  const auto on = DayOf(request.on(), "on", &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const auto funds,
                   host_.database.Read([&](db::Transaction& tx) { return BalancesOn(tx, shard, *on); }));
  v1::TrialBalance balance;
  *balance.mutable_on() = request.on();
  for (const auto& [key, state] : funds) {
    for (size_t account = 0; account < state.accounts.size(); ++account) {
      const Balance& both = state.accounts[account];
      if (both == Balance()) {
        continue;
      }
      v1::TrialBalanceRow* row = balance.add_rows();
      row->set_budget_year(key.budget_year);
      row->set_item(key.item);
      row->set_account(static_cast<v1::LedgerAccount>(account));
      row->set_debit_fen(both.debit_fen);
      row->set_credit_fen(both.credit_fen);
      balance.set_debit_fen(balance.debit_fen() + both.debit_fen);
      balance.set_credit_fen(balance.credit_fen() + both.credit_fen);
    }
  }
  return balance;
}

}  // namespace ruraledu::student_aid
