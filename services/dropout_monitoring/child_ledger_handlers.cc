// The three ledgers of a county.
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/child_ledger_rules.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/population_store.h"
#include "services/dropout_monitoring/population_tables.h"
#include "services/dropout_monitoring/read_ahead.h"

namespace ruraledu::dropout_monitoring {
namespace {

std::string AreaOf(const v1::ChildLedger& ledger) {
  return ledger.area();
}

// Figures of the newest comparison. NO_COMPARISON.
absl::Status FillSchoolAge(db::Transaction& tx, std::string_view shard, v1::ChildLedger* ledger) {
  ASSIGN_OR_RETURN(const auto run, NewestComparison(tx, shard));
  if (!run.has_value()) {
    return Fail("NO_COMPARISON");
  }
  ledger->set_run(run->name());
  *ledger->mutable_figures() = run->population();
  int64_t children = 0;
  for (const v1::PopulationFigures& row : run->population()) {
    children += row.children();
  }
  ledger->set_children(children);
  return absl::OkStatus();
}

// Cases of the ledger, and those of the version that was signed last.
absl::Status FillCases(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view shard, absl::CivilDay on,
                       const v1::ChildLedger* last, v1::ChildLedger* ledger) {
  ASSIGN_OR_RETURN(const auto cases, CasesOpenOn(tx, sealer, shard, on));
  std::vector<v1::Case> before;
  for (int i = 0; last != nullptr && i < last->lines_size(); ++i) {
    if (last->lines(i).signed_off().empty()) {
      ASSIGN_OR_RETURN(auto file,
                       feed::Load<v1::Case>(tx, sealer, kCases, shard, feed::IdOfName(last->lines(i).case_name())));
      if (file.has_value()) {
        before.push_back(*std::move(file));
      }
    }
  }
  FillLedger(cases, before, ledger);
  return absl::OkStatus();
}

// The next version of a ledger, and the one that it is drawn up again over.
struct LedgerDraft {
  std::optional<v1::ChildLedger> before;
  v1::ChildLedger after;
};
absl::StatusOr<LedgerDraft> DraftOf(db::Transaction& tx, const crypto::Sealer& sealer, const std::string& shard,
                                    const v1::PrepareChildLedgerRequest& request, const CaseAct& act) {
  ASSIGN_OR_RETURN(const auto newest, NewestLedgers(tx, shard, request.kind()));
  LedgerDraft draft;
  // A version that nobody signed is drawn up again.
  const bool again = !newest.empty() && newest[0].state() == v1::LEDGER_STATE_PREPARED;
  const v1::ChildLedger* last = newest.size() > (again ? 1u : 0u) ? &newest[again ? 1 : 0] : nullptr;
  v1::ChildLedger& after = draft.after;
  after.set_version_number((newest.empty() ? 0 : newest[0].version_number()) + (again ? 0 : 1));
  after.set_kind(request.kind());
  after.set_name(
      absl::StrCat(request.parent(), "/childLedgers/", EnumText(request.kind()), ".", after.version_number()));
  after.set_area(shard.substr(1));
  after.set_state(v1::LEDGER_STATE_PREPARED);
  *after.mutable_on() = DateOf(act.on);
  after.set_prepared_by(act.person);
  RETURN_IF_ERROR(request.kind() == v1::LEDGER_KIND_SCHOOL_AGE ? FillSchoolAge(tx, shard, &after)
                                                               : FillCases(tx, sealer, shard, act.on, last, &after));
  if (again) {
    after.set_etag(newest[0].etag());
    draft.before = newest[0];
  }
  return draft;
}

}  // namespace

absl::StatusOr<v1::ChildLedger> Handlers::PrepareChildLedger(rpc::Call& call,
                                                             const v1::PrepareChildLedgerRequest& request) {
  Violations violations;
  violations.Require(v1::LedgerKind_IsValid(request.kind()) && request.kind() != v1::LEDGER_KIND_UNSPECIFIED, "kind");
  RETURN_IF_ERROR(violations.status());
  const CaseAct act = CaseActOf(call);
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  RETURN_IF_ERROR(call.CheckArea(shard.substr(1), request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const auto draft_of = [&](db::Transaction& tx) { return DraftOf(tx, *sealer, shard, request, act); };
  const auto show = [&](db::Transaction& tx, const std::string& name) -> absl::StatusOr<v1::ChildLedger> {
    ASSIGN_OR_RETURN(auto ledger, feed::Load<v1::ChildLedger>(tx, *sealer, kChildLedgers, shard, feed::IdOfName(name)));
    return ledger.has_value() ? absl::StatusOr<v1::ChildLedger>(*std::move(ledger)) : call.CheckMissing(name);
  };
  return ReadThenWrite<LedgerDraft>(
      host_.database, shard, call.deadline(), draft_of, [&](const ReadAhead<LedgerDraft>* ahead) {
        return rpc::Write(
            call, host_.database, shard,
            [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
              if (ahead != nullptr) {
                RETURN_IF_ERROR(CheckStill(tx, *ahead));
              }
              ASSIGN_OR_RETURN(const LedgerDraft draft,
                               ahead != nullptr ? absl::StatusOr<LedgerDraft>(ahead->value) : draft_of(tx));
              feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
              const v1::ChildLedger* before = draft.before.has_value() ? &*draft.before : nullptr;
              RETURN_IF_ERROR(writer.Put(kChildLedgers, before, draft.after, "PREPARE").status());
              ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
              return rpc::Written{draft.after.name(), version};
            },
            show);
      });
}

absl::StatusOr<v1::ChildLedger> Handlers::SignChildLedger(rpc::Call& call, const v1::SignChildLedgerRequest& request) {
  const CaseAct act = CaseActOf(call);
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kChildLedgers.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const auto load = [&](db::Transaction& tx) -> absl::StatusOr<v1::ChildLedger> {
    ASSIGN_OR_RETURN(auto ledger,
                     feed::Load<v1::ChildLedger>(tx, *sealer, kChildLedgers, shard, feed::IdOfName(request.name())));
    if (!ledger.has_value()) {
      return call.CheckMissing(request.name());
    }
    RETURN_IF_ERROR(call.CheckArea(ledger->area(), request.name()));
    return *std::move(ledger);
  };
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const v1::ChildLedger before, load(tx));
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before.etag()));
        v1::ChildLedger after = before;
        RETURN_IF_ERROR(SignLedger(act.person, act.on, &after));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        ASSIGN_OR_RETURN(const auto newest, NewestLedgers(tx, shard, before.kind()));
        for (const v1::ChildLedger& version : newest) {
          if (version.state() == v1::LEDGER_STATE_SIGNED) {
            v1::ChildLedger replaced = version;
            replaced.set_state(v1::LEDGER_STATE_REPLACED);
            RETURN_IF_ERROR(writer.Put(kChildLedgers, &version, replaced, "REPLACE").status());
          }
        }
        RETURN_IF_ERROR(writer.Put(kChildLedgers, &before, after, "SIGN").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{request.name(), version};
      },
      [&](db::Transaction& tx, const std::string&) { return load(tx); });
}

absl::StatusOr<v1::ChildLedger> Handlers::GetChildLedger(rpc::Call& call, const v1::GetChildLedgerRequest& request) {
  return rpc::GetRoot<v1::ChildLedger>(call, host_, kChildLedgers, request.name(), AreaOf);
}

absl::StatusOr<v1::ListChildLedgersResponse> Handlers::ListChildLedgers(rpc::Call& call,
                                                                        const v1::ListChildLedgersRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"kind"}};
  if (request.kind() != v1::LEDGER_KIND_UNSPECIFIED) {
    spec.equal.emplace_back("kind", v1::LedgerKind_Name(request.kind()));
  }
  if (request.in_force_only()) {
    spec.equal.emplace_back("state", v1::LedgerState_Name(v1::LEDGER_STATE_SIGNED));
  }
  ASSIGN_OR_RETURN(auto listed,
                   (rpc::ListRoots<v1::ChildLedger, v1::ListChildLedgersRequest, v1::ListChildLedgersResponse>(
                       call, host_, kChildLedgers, spec, request, &v1::ListChildLedgersResponse::mutable_ledgers)));
  for (v1::ChildLedger& ledger : *listed.mutable_ledgers()) {
    ledger.clear_lines();
  }
  return listed;
}

}  // namespace ruraledu::dropout_monitoring
