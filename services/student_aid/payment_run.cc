#include "services/student_aid/payment_run.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/feed/heads.h"
#include "ruraledu/student_aid/v1/payment_job.pb.h"
#include "services/student_aid/account_facts.h"
#include "services/student_aid/account_rules.h"
#include "services/student_aid/application_rules.h"
#include "services/student_aid/benefit_claims.h"
#include "services/student_aid/department_store.h"
#include "services/student_aid/payment_store.h"
#include "services/student_aid/payment_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr absl::Duration kFactsPause = absl::Milliseconds(200);
constexpr absl::Duration kTurnPause = absl::Milliseconds(500);

// An application of a page: why it is left out, or what is ordered.
struct Candidate {
  v1::Application before;
  std::string reason;  // "" while it passes
  v1::PaymentOrder order;
};

// What of the standards pays an item in a term.
struct ItemInForce {
  const v1::PolicySet* set = nullptr;
  const v1::PolicyItem* item = nullptr;
};

ItemInForce FindItem(const PolicyBook& book, std::string_view region, const Term& term, std::string_view code) {
  for (const v1::PolicySet* set : book.InForce(region, term)) {
    for (const v1::PolicyItem& item : set->items()) {
      if (item.code() == code && SpanOf(*set, item).Contains(term)) {
        return {set, &item};
      }
    }
  }
  return {};
}

class Ordering {
 public:
  Ordering(const PaymentParts& parts, db::JobContext& context, v1::PaymentPlan plan)
      : parts_(parts), context_(context), plan_(std::move(plan)) {}

  absl::StatusOr<std::string> Run() {
    if (!cursor_.ParseFromString(context_.job().cursor)) {
      return absl::DataLossError("the cursor of a payment batch does not parse");
    }
    ASSIGN_OR_RETURN(sealer_, parts_.host.keys.SealerOf(shard()));
    RETURN_IF_ERROR(parts_.host.database.Read([&](db::Transaction& tx) { return LoadBatch(tx); }));
    RETURN_IF_ERROR(SettleClaims());  // of a turn that was cut off
    if (batch_.state() == v1::PAYMENT_BATCH_STATE_DRAFT) {
      RETURN_IF_ERROR(Freeze());
    }
    if (batch_.state() == v1::PAYMENT_BATCH_STATE_FROZEN) {
      auto done = Pages();
      if (ReasonOf(done) == "CLAIM_BARRED") {
        return context_.Postpone(db::JobState::kQueued, kTurnPause);  // the next turn claims under another operation
      }
      RETURN_IF_ERROR(done);
    }
    return batch_.SerializeAsString();
  }

 private:
  const std::string& shard() const { return context_.job().shard; }
  std::string county() const { return shard().substr(1); }
  std::string region() const { return absl::StrCat(county(), "000000"); }
  std::string id() const { return std::string(feed::IdOfName(plan_.batch())); }
  Act act() const { return {batch_.payer(), parts_.host.clock.Today(), ""}; }
  feed::RootWriter NewWriter(db::Transaction& tx) const {
    return {tx, *sealer_, {absl::StrCat("job:", context_.job().id), context_.job().id}, parts_.host.NewCounters()};
  }

  absl::Status LoadBatch(db::Transaction& tx) {
    ASSIGN_OR_RETURN(auto batch, feed::Load<v1::PaymentBatch>(tx, *sealer_, kPaymentBatches, shard(), id()));
    if (!batch.has_value()) {
      return absl::DataLossError("a payment batch is not there");
    }
    batch_ = *std::move(batch);
    return absl::OkStatus();
  }

  // False: the facts are not to be relied on now.
  bool Reliable(int64_t heard_at_us, bool batch_open) const {
    return !batch_open && CheckHeard(parts_.host.clock, heard_at_us).ok();
  }

  // Frozen are the positions and the day; what is read of a person later is not older than they are, and an order
  // keeps what it was made of.
  absl::Status Freeze() {
    ASSIGN_OR_RETURN(const Term term, ParseTerm(batch_.term()));
    ASSIGN_OR_RETURN(const PaymentRules* rules, parts_.payments.InForce(region(), term));
    const std::string instance = parts_.host.database.instance();
    bool ready = false;
    const absl::Status stored = context_.Chunk(
        [&](db::Transaction& tx) -> absl::Status {
          RETURN_IF_ERROR(LoadBatch(tx));
          ASSIGN_OR_RETURN(const bool open, BatchOpen(tx, shard()));
          ASSIGN_OR_RETURN(const int64_t heard, HeardAt(tx, shard()));
          ASSIGN_OR_RETURN(const bool reached, feed::Reached(tx, "student_aid", instance, plan_.after()));
          ready = reached && Reliable(heard, open);
          if (!ready || batch_.state() != v1::PAYMENT_BATCH_STATE_DRAFT) {
            return absl::OkStatus();
          }
          v1::PaymentBatch next = batch_;
          RETURN_IF_ERROR(StepBatch("freeze", "", &next));
          ASSIGN_OR_RETURN(*next.mutable_positions(), CopyPositions(tx, shard()));
          *next.mutable_frozen_on() = DateOf(act().on);
          *next.mutable_pay_by() = DateOf(PayBy(*rules, term));
          return PutBatch(tx, "FREEZE", next);
        },
        cursor_.SerializeAsString(), 0, 0);
    RETURN_IF_ERROR(stored);
    return ready ? absl::OkStatus() : context_.Postpone(db::JobState::kWaitingForFeed, kFactsPause);
  }

  absl::Status PutBatch(db::Transaction& tx, std::string_view cause, const v1::PaymentBatch& next) {
    feed::RootWriter writer = NewWriter(tx);
    RETURN_IF_ERROR(writer.Put(kPaymentBatches, &batch_, next, cause).status());
    RETURN_IF_ERROR(writer.Finish().status());
    return LoadBatch(tx);
  }

  absl::Status Pages() {
    ASSIGN_OR_RETURN(term_, ParseTerm(batch_.term()));
    ASSIGN_OR_RETURN(rules_, parts_.payments.InForce(region(), term_));
    for (bool more = true; more && batch_.state() == v1::PAYMENT_BATCH_STATE_FROZEN;) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      ASSIGN_OR_RETURN(more, Page());
    }
    return batch_.state() == v1::PAYMENT_BATCH_STATE_FROZEN ? Complete() : absl::OkStatus();
  }

  PayableFilter Filter() const {
    const bool reissue = batch_.kind() == v1::PAYMENT_BATCH_KIND_REISSUE;
    return {.term = batch_.term(),
            .states = {v1::ApplicationState_Name(reissue ? v1::APPLICATION_STATE_PAY_FAILED
                                                         : v1::APPLICATION_STATE_APPROVED)},
            .items = {batch_.items().begin(), batch_.items().end()}};
  }

  // One page; false when there was none.
  absl::StatusOr<bool> Page() {
    ASSIGN_OR_RETURN(const PayablePage page, parts_.host.database.Read([&](db::Transaction& tx) {
      return ReadPayable(tx, shard(), Filter(), {cursor_.area(), cursor_.application()}, parts_.page);
    }));
    if (!Reliable(page.heard_at_us, page.batch_open)) {
      return context_.Postpone(db::JobState::kWaitingForFeed, kFactsPause);
    }
    if (page.rows.empty()) {
      return false;
    }
    v1::PaymentCursor next = cursor_;
    next.clear_confirm_operations();
    next.clear_confirm_shards();
    next.set_area(page.rows.back().Text(0));
    next.set_application(page.rows.back().Text(1));
    next.set_looked_at(next.looked_at() + static_cast<int64_t>(page.rows.size()));
    ASSIGN_OR_RETURN(std::vector<Candidate> candidates, Decide(page, &next));
    ASSIGN_OR_RETURN(const Taken taken, Claim(&candidates));
    next.mutable_confirm_operations()->Add(taken.operations.begin(), taken.operations.end());
    next.mutable_confirm_shards()->Add(taken.shards.begin(), taken.shards.end());
    const absl::Status written = Store(page, candidates, taken, next);
    if (ReasonOf(written) == "HEAD_MOVED") {
      return true;  // somebody was faster: the page is read again
    }
    RETURN_IF_ERROR(written);
    RETURN_IF_ERROR(SettleClaims());
    return true;
  }

  absl::StatusOr<std::vector<Candidate>> Decide(const PayablePage& page, v1::PaymentCursor* cursor) {
    ASSIGN_OR_RETURN(const AccountFactsOpener opener, AccountFactsOpener::Create(page, parts_.host.keys, shard()));
    std::set<std::string> sets(cursor->policy_sets().begin(), cursor->policy_sets().end());
    std::vector<Candidate> candidates;
    for (const db::Row& row : page.rows) {
      v1::Application application;
      RETURN_IF_ERROR(feed::ReadRoot(row, 2, kApplications, row.Text(1), sealer_.get(), &application));
      ASSIGN_OR_RETURN(const bool mine, Belongs(application));
      if (!mine) {
        continue;
      }
      Candidate& one = candidates.emplace_back();
      one.before = std::move(application);
      RETURN_IF_ERROR(DecideOne(row, opener, &sets, &one));
    }
    cursor->mutable_policy_sets()->Assign(sets.begin(), sets.end());
    return candidates;
  }

  // Whether the batch is about the application at all: what it is not about is not left out either.
  absl::StatusOr<bool> Belongs(const v1::Application& application) {
    if (batch_.kind() != v1::PAYMENT_BATCH_KIND_REISSUE) {
      return application.supplementary() == (batch_.kind() == v1::PAYMENT_BATCH_KIND_SUPPLEMENTARY);
    }
    if (batch_.reissue_of().empty()) {
      return true;
    }
    ASSIGN_OR_RETURN(const std::string of, parts_.host.database.Read([&](db::Transaction& tx) {
      return BatchOfOrder(tx, shard(), feed::IdOfName(application.order()));
    }));
    return of == feed::IdOfName(batch_.reissue_of());
  }

  absl::Status DecideOne(const db::Row& row, const AccountFactsOpener& opener, std::set<std::string>* sets,
                         Candidate* one) {
    ASSIGN_OR_RETURN(const OpenedAccount account, opener.Open(row));
    const ItemInForce in_force = FindItem(parts_.book, region(), term_, one->before.item());
    if (!account.refused.empty()) {
      one->reason = account.refused;
    } else if (in_force.item == nullptr) {
      one->reason = "POLICY_MISSING";
    } else if (in_force.item->pay_form() != v1::PAY_FORM_CASH) {
      one->reason = "NOT_CASH";
    } else if (one->before.amount_fen() <= 0) {
      one->reason = "NOTHING_TO_PAY";
    } else if (const auto reasons = AccountReasons(*rules_, account.facts); !reasons.empty()) {
      one->reason = reasons.front();
    }
    if (!one->reason.empty()) {
      return absl::OkStatus();
    }
    sets->insert(in_force.set->name());
    ASSIGN_OR_RETURN(const auto shares, SplitOrder(*in_force.item, one->before.amount_fen()));
    one->order = OrderOf(one->before, account, row.Text(10));
    one->order.mutable_shares()->Assign(shares.begin(), shares.end());
    return absl::OkStatus();
  }

  // All but the row, which the write gives.
  v1::PaymentOrder OrderOf(const v1::Application& application, const OpenedAccount& account,
                           const std::string& digest) const {
    v1::PaymentOrder order;
    order.set_name(absl::StrCat("counties/", county(), "/paymentOrders/", feed::IdOfName(application.name()), ".",
                                application.orders() + 1));
    order.set_area(application.area());
    order.set_person(application.person());
    order.set_term(application.term());
    order.set_item(application.item());
    order.set_application(application.name());
    order.set_batch(batch_.name());
    order.set_amount_fen(application.amount_fen());
    order.mutable_card()->set_number(CardDigits(account.facts.card_number()));
    order.mutable_card()->set_holder(account.facts.card_holder());
    order.set_card_digest(digest);
    order.set_state(v1::PAYMENT_ORDER_STATE_ORDERED);
    *order.mutable_ordered_on() = DateOf(act().on);
    *order.mutable_pay_by() = batch_.pay_by();
    return order;
  }

  // Claims what is ordered; a family that another county holds is left out.
  absl::StatusOr<Taken> Claim(std::vector<Candidate>* candidates) {
    std::vector<std::string> keys;
    std::vector<Candidate*> owners;
    for (Candidate& one : *candidates) {
      if (one.reason.empty() && IsClaimed(one.before.family())) {
        keys.push_back(BenefitKey(one.before.person(), one.before.term(), one.before.family()));
        owners.push_back(&one);
      }
    }
    const std::string operation =
        absl::StrCat(context_.job().id, ".", context_.job().lease_epoch, ".", cursor_.looked_at());
    ASSIGN_OR_RETURN(Taken taken, TakeBenefits(parts_.host.database, keys, shard(), operation));
    for (size_t i = 0; i < keys.size(); ++i) {
      if (!taken.had[i]) {
        owners[i]->reason = std::string(kDuplicateAid);
      }
    }
    return taken;
  }

  absl::Status Store(const PayablePage& page, const std::vector<Candidate>& candidates, const Taken& taken,
                     const v1::PaymentCursor& next) {
    const auto body = [&](db::Transaction& tx) -> absl::Status {
      RETURN_IF_ERROR(SettleBenefits(tx, taken.operations));
      RETURN_IF_ERROR(LoadBatch(tx));
      if (batch_.state() != v1::PAYMENT_BATCH_STATE_FROZEN) {
        return absl::OkStatus();  // given up meanwhile
      }
      ASSIGN_OR_RETURN(const auto now, PayableVersions(tx, shard(), page.rows));
      for (size_t i = 0; i < now.size(); ++i) {
        const db::Row& row = page.rows[i];
        if (now[i] != absl::StrCat(row.Int(4), ".", row.OptInt(8).value_or(0))) {
          return Fail("HEAD_MOVED", {{"shard", shard()}});
        }
      }
      return Write(tx, candidates);
    };
    RETURN_IF_ERROR(context_.Chunk(body, next.SerializeAsString(), next.looked_at(), 0));
    cursor_ = next;
    return absl::OkStatus();
  }

  static std::vector<std::string> PersonsOf(const std::vector<Candidate>& candidates) {
    std::set<std::string> persons;
    for (const Candidate& one : candidates) {
      persons.insert(one.before.person());
    }
    return {persons.begin(), persons.end()};
  }

  absl::Status Write(db::Transaction& tx, const std::vector<Candidate>& candidates) {
    ASSIGN_OR_RETURN(const RestrictionMap restrictions, OpenRestrictions(tx, *sealer_, shard()));
    CapCheck caps(parts_.book, parts_.departments, WasOrdered);
    RETURN_IF_ERROR(caps.Read(tx, PersonsOf(candidates), term_));
    feed::RootWriter writer = NewWriter(tx);
    Ledger ledger(tx, writer);
    v1::PaymentBatch next = batch_;
    std::vector<LeftOutRow> left_out;
    for (const Candidate& one : candidates) {
      std::string reason = one.reason;
      if (reason.empty()) {
        const absl::Status ordered = WriteOne(tx, one, restrictions, caps, writer, ledger, &next);
        if (!ordered.ok() && !rpc::RefusesRow(ordered)) {
          return ordered;
        }
        reason = ReasonOf(ordered);
      }
      if (!reason.empty()) {
        left_out.push_back({one.before.area(), std::string(feed::IdOfName(one.before.name())), reason});
      }
    }
    next.set_left_out_count(next.left_out_count() + static_cast<int64_t>(left_out.size()));
    RETURN_IF_ERROR(InsertLeftOut(tx, id(), left_out));
    RETURN_IF_ERROR(writer.Put(kPaymentBatches, &batch_, next, "ORDER").status());
    RETURN_IF_ERROR(ledger.Finish());
    return writer.Finish().status();
  }

  // Steps the application, books the order, writes both and counts it in the batch. After a refusal nothing of it has
  // happened.
  absl::Status WriteOne(db::Transaction& tx, const Candidate& one, const RestrictionMap& restrictions, CapCheck& caps,
                        feed::RootWriter& writer, Ledger& ledger, v1::PaymentBatch* batch) {
    if (StopsPayment(restrictions, one.before.person(), one.before.name(), act().on)) {
      return Fail("RESTRICTED");
    }
    if (!one.before.identification().empty()) {
      ASSIGN_OR_RETURN(const bool disputed,
                       IdentificationDisputed(tx, shard(), feed::IdOfName(one.before.identification())));
      if (disputed) {
        return Fail("DISPUTED", {{"name", one.before.identification()}});
      }
    }
    RETURN_IF_ERROR(caps.Check(one.before));
    v1::Application after = one.before;
    RETURN_IF_ERROR(StepApplication(act(), "order", "", &after));
    v1::PaymentOrder order = one.order;
    order.set_row(batch->order_count() + 1);
    order.set_reference(OrderReference(batch->reference(), order.row()));
    RETURN_IF_ERROR(ledger.Post(EntryOf(v1::LEDGER_ENTRY_KIND_ORDER, order, order.amount_fen(), act().on)));
    after.set_order(order.name());
    after.set_orders(after.orders() + 1);
    batch->set_order_count(order.row());
    batch->set_total_fen(batch->total_fen() + order.amount_fen());
    batch->set_hash_total(batch->hash_total() + CardHash(order.card().number()));
    RETURN_IF_ERROR(writer.Put(kPaymentOrders, nullptr, order, "ORDER").status());
    return writer.Put(kApplications, &one.before, after, "ORDER").status();
  }

  absl::Status SettleClaims() {
    RETURN_IF_ERROR(ConfirmBenefits(parts_.host.database,
                                    {cursor_.confirm_shards().begin(), cursor_.confirm_shards().end()},
                                    {cursor_.confirm_operations().begin(), cursor_.confirm_operations().end()}));
    cursor_.clear_confirm_operations();
    cursor_.clear_confirm_shards();
    return absl::OkStatus();
  }

  absl::Status Complete() {
    return context_.Chunk(
        [&](db::Transaction& tx) -> absl::Status {
          RETURN_IF_ERROR(LoadBatch(tx));
          if (batch_.state() != v1::PAYMENT_BATCH_STATE_FROZEN) {
            return absl::OkStatus();
          }
          v1::PaymentBatch next = batch_;
          RETURN_IF_ERROR(StepBatch("complete", next.order_count() == 0 ? "nothing_ordered" : "", &next));
          *next.mutable_policy_sets() = cursor_.policy_sets();
          return PutBatch(tx, "ORDER", next);
        },
        cursor_.SerializeAsString(), cursor_.looked_at(), cursor_.looked_at());
  }

  const PaymentParts& parts_;
  db::JobContext& context_;
  const v1::PaymentPlan plan_;
  Term term_;
  const PaymentRules* rules_ = nullptr;
  std::shared_ptr<const crypto::Sealer> sealer_;
  v1::PaymentBatch batch_;
  v1::PaymentCursor cursor_;
};

}  // namespace

absl::Status CheckHeard(const Clock& clock, int64_t heard_at_us) {
  return clock.NowMicros() - heard_at_us <= absl::ToInt64Microseconds(kSilence)
             ? absl::OkStatus()
             : Fail("FEED_SILENT", {{"seconds", absl::StrCat(absl::ToInt64Seconds(kSilence))}});
}

absl::StatusOr<std::string> RunPaymentOrders(const PaymentParts& parts, db::JobContext& context) {
  v1::PaymentPlan plan;
  if (!plan.ParseFromString(context.job().input)) {
    return absl::InternalError("payment_order: input does not parse");
  }
  return Ordering(parts, context, std::move(plan)).Run();
}

}  // namespace ruraledu::student_aid
