// Steps on funds: proposed by one person, confirmed or refused by another one.
#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/student_aid/fund_step_rules.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/ledger.h"
#include "services/student_aid/record_writes.h"

namespace ruraledu::student_aid {
namespace {

std::string AreaOf(const v1::FundStep& step) {
  return step.area();
}

// The funds of a county, and what of them is over age.
struct Funds {
  std::map<FundKey, FundState> all;
  std::map<FundKey, int64_t> over_age;

  FundFacts FactsOf(const FundKey& key) {
    return {all[key], all[{key.budget_year + 1, key.item}], over_age[key], FundId(key)};
  }
};

absl::StatusOr<Funds> ReadFunds(db::Transaction& tx, const FundRules& rules, absl::CivilDay today) {
  Funds funds;
  ASSIGN_OR_RETURN(funds.all, LoadFunds(tx, tx.shard(), 0));
  funds.over_age = OverAge(funds.all, rules.OverAgeYear(RegionOfShard(tx.shard()), today));
  return funds;
}

// The rows of a step without items: every fund of the year that it applies to.
std::vector<v1::FundRow> AllRows(v1::FundStepKind kind, int32_t budget_year, Funds* funds) {
  std::vector<FundKey> keys;
  for (const auto& [key, state] : funds->all) {
    if (key.budget_year == budget_year) {
      keys.push_back(key);
    }
  }
  std::vector<v1::FundRow> rows;
  for (const FundKey& key : keys) {
    if (AppliesTo(kind, funds->FactsOf(key))) {
      rows.emplace_back().set_item(key.item);
    }
  }
  return rows;
}

v1::LedgerEntryKind EntryKindOf(v1::FundStepKind kind) {
  return kind == v1::FUND_STEP_KIND_CARRY_OVER ? v1::LEDGER_ENTRY_KIND_CARRY_OVER : v1::LEDGER_ENTRY_KIND_SURRENDER;
}

// Books a row of a confirmed step. Errors as AmountOf.
absl::Status BookRow(db::Transaction& tx, Ledger& ledger, const v1::FundStep& step, Funds* funds, v1::FundRow* row) {
  const FundKey key{step.budget_year(), row->item()};
  const FundFacts facts = funds->FactsOf(key);
  ASSIGN_OR_RETURN(const int64_t amount, AmountOf(step.kind(), facts, row->amount_fen()));
  switch (step.kind()) {
    case v1::FUND_STEP_KIND_CLOSE:
      return SaveRules(tx, key, DayText(*DayOf(step.decided_on())), facts.fund.advance_fen);
    case v1::FUND_STEP_KIND_ADVANCE:
      return SaveRules(tx, key, "", amount);
    default:
      break;
  }
  v1::LedgerEntry entry;
  entry.set_kind(EntryKindOf(step.kind()));
  entry.set_budget_year(key.budget_year);
  entry.set_item(key.item);
  entry.set_amount_fen(amount);
  *entry.mutable_on() = step.decided_on();
  entry.set_document(step.document());
  RETURN_IF_ERROR(ledger.Post(std::move(entry)));
  row->set_entry(ledger.last());
  return absl::OkStatus();
}

std::string_view CauseOf(v1::FundStepKind kind) {
  static constexpr std::string_view kCauses[] = {"", "CARRY_OVER", "SURRENDER", "CLOSE", "ADVANCE"};
  return kCauses[kind];
}

absl::StatusOr<v1::FundStep> Reread(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer,
                                    const std::string& name) {
  ASSIGN_OR_RETURN(auto step, feed::Load<v1::FundStep>(tx, sealer, kFundSteps, tx.shard(), feed::IdOfName(name)));
  if (!step.has_value()) {
    return call.CheckMissing(name);
  }
  RETURN_IF_ERROR(call.CheckArea(step->area(), name));
  return *std::move(step);
}

// The step that is asked for, with amounts that can be booked now.
absl::StatusOr<v1::FundStep> Proposed(db::Transaction& tx, const PolicyBook& book, const FundRules& rules,
                                      v1::FundStepKind kind, absl::CivilDay today,
                                      const v1::ProposeFundStepRequest& request) {
  ASSIGN_OR_RETURN(Funds funds, ReadFunds(tx, rules, today));
  std::vector<v1::FundRow> rows =
      request.items().empty() ? AllRows(kind, request.budget_year(), &funds) : RowsOf(book, request.items());
  if (rows.empty()) {
    return Fail("FUND_STEP_EMPTY", {{"year", absl::StrCat(request.budget_year())}});
  }
  v1::FundStep step;
  step.set_area(tx.shard().substr(1));
  step.set_kind(kind);
  step.set_budget_year(request.budget_year());
  step.set_document(request.document());
  for (v1::FundRow& row : rows) {
    if (!row.reason().empty()) {
      return Fail(row.reason(), {{"item", row.item()}});
    }
    ASSIGN_OR_RETURN(const int64_t amount,
                     AmountOf(kind, funds.FactsOf({request.budget_year(), row.item()}), row.amount_fen()));
    row.set_amount_fen(amount);
    *step.add_rows() = std::move(row);
  }
  return step;
}

}  // namespace

absl::StatusOr<v1::FundStep> Handlers::ProposeStep(rpc::Call& call, v1::FundStepKind kind,
                                                   const v1::ProposeFundStepRequest& request) {
  Violations violations;
  CheckFundRequest(request.budget_year(), request.document(), request.items_size(), &violations);
  if (kind == v1::FUND_STEP_KIND_ADVANCE) {
    violations.Require(!request.items().empty(), "items");
  }
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  RETURN_IF_ERROR(call.CheckArea(rpc::CountyOfParent(request.parent())));
  const std::string name = absl::StrCat(request.parent(), "/fundSteps/", rpc::StableId(call));
  const Act act = ActOf(call);
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(v1::FundStep step, Proposed(tx, book_, fund_rules_, kind, act.on, request));
        step.set_name(name);
        Propose(act, &step);
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(writer.Put(kFundSteps, nullptr, step, "PROPOSE").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{name, version};
      },
      [&](db::Transaction& tx, const std::string& written) { return Reread(call, tx, *sealer, written); });
}

absl::StatusOr<v1::FundStep> Handlers::CarryOver(rpc::Call& call, const v1::ProposeFundStepRequest& request) {
  return ProposeStep(call, v1::FUND_STEP_KIND_CARRY_OVER, request);
}

absl::StatusOr<v1::FundStep> Handlers::Surrender(rpc::Call& call, const v1::ProposeFundStepRequest& request) {
  return ProposeStep(call, v1::FUND_STEP_KIND_SURRENDER, request);
}

absl::StatusOr<v1::FundStep> Handlers::CloseFundYear(rpc::Call& call, const v1::ProposeFundStepRequest& request) {
  return ProposeStep(call, v1::FUND_STEP_KIND_CLOSE, request);
}

absl::StatusOr<v1::FundStep> Handlers::AllowAdvance(rpc::Call& call, const v1::ProposeFundStepRequest& request) {
  return ProposeStep(call, v1::FUND_STEP_KIND_ADVANCE, request);
}

absl::StatusOr<v1::FundStep> Handlers::ConfirmFundStep(rpc::Call& call, const v1::ConfirmFundStepRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kFundSteps.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const Act act = ActOf(call);
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const v1::FundStep before, Reread(call, tx, *sealer, request.name()));
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before.etag()));
        v1::FundStep after = before;
        RETURN_IF_ERROR(Decide(act, "confirm", &after));
        ASSIGN_OR_RETURN(Funds funds, ReadFunds(tx, fund_rules_, act.on));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        Ledger ledger(tx, writer);
        for (v1::FundRow& row : *after.mutable_rows()) {
          RETURN_IF_ERROR(BookRow(tx, ledger, after, &funds, &row));
        }
        RETURN_IF_ERROR(ledger.Finish());
        RETURN_IF_ERROR(writer.Put(kFundSteps, &before, after, CauseOf(after.kind())).status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{request.name(), version};
      },
      [&](db::Transaction& tx, const std::string& written) { return Reread(call, tx, *sealer, written); });
}

absl::StatusOr<v1::FundStep> Handlers::RefuseFundStep(rpc::Call& call, const v1::RefuseFundStepRequest& request) {
  Violations violations;
  violations.MostBytes("reason", request.reason(), kMostText);
  RETURN_IF_ERROR(violations.status());
  const Act act = ActOf(call, request.reason());
  return rpc::WriteRoot<v1::FundStep>(
      call, host_, {.table = kFundSteps, .area_of = AreaOf}, request.name(), false, "REFUSE",
      [&](db::Transaction&, const v1::FundStep* before, v1::FundStep& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        return Decide(act, "refuse", &after);
      });
}

absl::StatusOr<v1::FundStep> Handlers::GetFundStep(rpc::Call& call, const v1::GetFundStepRequest& request) {
  return rpc::GetRoot<v1::FundStep>(call, host_, kFundSteps, request.name(), AreaOf);
}

absl::StatusOr<v1::ListFundStepsResponse> Handlers::ListFundSteps(rpc::Call& call,
                                                                  const v1::ListFundStepsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (request.proposed_only()) {
    spec.equal.emplace_back("state", v1::FundStepState_Name(v1::FUND_STEP_STATE_PROPOSED));
  }
  return rpc::ListRoots<v1::FundStep, v1::ListFundStepsRequest, v1::ListFundStepsResponse>(
      call, host_, kFundSteps, spec, request, &v1::ListFundStepsResponse::mutable_steps);
}

}  // namespace ruraledu::student_aid
