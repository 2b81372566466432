// Jobs that take orders on: after their batch, and by what the bank answered.
#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/crypto/hash.h"
#include "common/ingest/bank_answer.h"
#include "common/rpc/file_methods.h"
#include "ruraledu/student_aid/v1/payment_job.pb.h"
#include "services/student_aid/file_content.h"
#include "services/student_aid/payment_run.h"
#include "services/student_aid/payment_store.h"
#include "services/student_aid/payment_writes.h"

namespace ruraledu::student_aid {
namespace {

constexpr absl::Duration kTurnPause = absl::Milliseconds(500);
constexpr size_t kReturnId = 32;  // hexadecimal digits: 128 bits of the digest

absl::StatusOr<v1::PaymentBatch> LoadBatch(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view shard,
                                           std::string_view name) {
  ASSIGN_OR_RETURN(auto batch, feed::Load<v1::PaymentBatch>(tx, sealer, kPaymentBatches, shard, feed::IdOfName(name)));
  return batch.has_value() ? absl::StatusOr<v1::PaymentBatch>(*std::move(batch))
                           : absl::DataLossError("a payment batch is not there");
}

feed::RootWriter WriterOf(db::Transaction& tx, const crypto::Sealer& sealer, const rpc::Host& host,
                          const db::JobRow& job) {
  return {tx, sealer, {absl::StrCat("job:", job.id), job.id}, host.NewCounters()};
}

// --- sweeps ---------------------------------------------------------------------------------------------------------

class Sweep {
 public:
  Sweep(const PaymentParts& parts, db::JobContext& context, v1::PaymentSweepPlan plan)
      : parts_(parts), context_(context), plan_(std::move(plan)) {}

  absl::StatusOr<std::string> Run() {
    if (!at_.ParseFromString(context_.job().cursor)) {
      return absl::DataLossError("the cursor of a sweep does not parse");
    }
    ASSIGN_OR_RETURN(sealer_, parts_.host.keys.SealerOf(context_.job().shard));
    for (bool more = true; more;) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      ASSIGN_OR_RETURN(more, Page());
    }
    return at_.SerializeAsString();
  }

 private:
  // One page; false when there was none. Orders that were taken on otherwise meanwhile are left alone.
  absl::StatusOr<bool> Page() {
    const std::string& shard = context_.job().shard;
    ASSIGN_OR_RETURN(const auto rows, parts_.host.database.Read([&](db::Transaction& tx) {
      return OrdersOfBatch(tx, shard, feed::IdOfName(plan_.batch()), at_.row(),
                           v1::PaymentOrderState_Name(v1::PAYMENT_ORDER_STATE_ORDERED), parts_.page);
    }));
    if (rows.empty()) {
      return false;
    }
    v1::PaymentSweepResult next = at_;
    next.set_row(rows.back().Int(1));
    next.set_orders(next.orders() + static_cast<int64_t>(rows.size()));
    RETURN_IF_ERROR(context_.Chunk([&](db::Transaction& tx) { return Take(tx, rows); }, next.SerializeAsString(),
                                   next.orders(), 0));
    at_ = next;
    return true;
  }

  absl::Status Take(db::Transaction& tx, const std::vector<db::Row>& rows) {
    const Act act{plan_.person(), parts_.host.clock.Today(), ""};
    const bool send = plan_.state() == v1::PAYMENT_ORDER_STATE_SENT;
    feed::RootWriter writer = WriterOf(tx, *sealer_, parts_.host, context_.job());
    Ledger ledger(tx, writer);
    OrderWrites orders(tx, *sealer_, writer, ledger);
    ASSIGN_OR_RETURN(v1::PaymentBatch counted,
                     LoadBatch(tx, *sealer_, context_.job().shard, plan_.batch()));  // its counts are of the bank only
    const LineEffect effect{v1::PAYMENT_LINE_OUTCOME_UNSPECIFIED, send ? "send" : "cancel", ""};
    for (const db::Row& row : rows) {
      ASSIGN_OR_RETURN(const v1::PaymentOrder* order, orders.Order(row.Text(0)));
      if (order->state() == v1::PAYMENT_ORDER_STATE_ORDERED) {
        RETURN_IF_ERROR(orders.Take(act, row.Text(0), effect, {act.on, "", ""}, &counted));
      }
    }
    RETURN_IF_ERROR(orders.Finish(send ? "SEND" : "CANCEL"));
    RETURN_IF_ERROR(ledger.Finish());
    return writer.Finish().status();
  }

  const PaymentParts& parts_;
  db::JobContext& context_;
  const v1::PaymentSweepPlan plan_;
  std::shared_ptr<const crypto::Sealer> sealer_;
  v1::PaymentSweepResult at_;
};

// --- returns --------------------------------------------------------------------------------------------------------

std::optional<ingest::BankFormat> BankFormatOf(v1::PaymentFileFormat format) {
  switch (format) {
    case v1::PAYMENT_FILE_FORMAT_CSV:
      return ingest::BankFormat::kCsv;
    case v1::PAYMENT_FILE_FORMAT_PAIN_002:
      return ingest::BankFormat::kPain002;
    case v1::PAYMENT_FILE_FORMAT_CAMT_053:
      return ingest::BankFormat::kCamt053;
    default:
      return std::nullopt;
  }
}

BankSays SaysOf(ingest::BankOutcome outcome) {
  return outcome == ingest::BankOutcome::kPaid       ? BankSays::kPaid
         : outcome == ingest::BankOutcome::kRejected ? BankSays::kRejected
                                                     : BankSays::kReturned;
}

class Return {
 public:
  Return(const PaymentParts& parts, db::JobContext& context, v1::PaymentReturnPlan plan)
      : parts_(parts), context_(context), plan_(std::move(plan)) {}

  absl::StatusOr<std::string> Run() {
    ASSIGN_OR_RETURN(sealer_, parts_.host.keys.SealerOf(shard()));
    RETURN_IF_ERROR(ReadFile());
    RETURN_IF_ERROR(Open());
    while (root_.state() != v1::PAYMENT_RETURN_STATE_CLOSED) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      RETURN_IF_ERROR(Page());
    }
    return root_.SerializeAsString();
  }

 private:
  const std::string& shard() const { return context_.job().shard; }
  std::string parent() const { return absl::StrCat("counties/", shard().substr(1)); }
  std::string job_name() const { return absl::StrCat(parent(), "/jobs/", context_.job().id); }

  // Reads the whole answer and finds the name of the return file.
  absl::Status ReadFile() {
    ASSIGN_OR_RETURN(const auto file, parts_.host.database.Read([&](db::Transaction& tx) {
      return feed::Load<ruraledu::files::v1::File>(tx, *sealer_, rpc::kFiles, shard(), feed::IdOfName(plan_.file()));
    }));
    const auto format = BankFormatOf(plan_.format());
    if (!file.has_value() || !format.has_value()) {
      return absl::DataLossError("a return file without its file or format");
    }
    const std::string id(feed::IdOfName(plan_.file()));
    auto content = std::make_unique<FileContent>(parts_.shelf, shard(), id, file->total_bytes());
    ASSIGN_OR_RETURN(const std::string digest, DigestOf(*content));
    ASSIGN_OR_RETURN(answer_, ingest::ReadBankAnswer(std::move(content), *format));
    name_ = absl::StrCat(
        parent(), "/paymentReturns/",
        crypto::Hex(parts_.host.keys.Fingerprint({"payment_return", plan_.batch(), digest})).substr(0, kReturnId));
    return absl::OkStatus();
  }

  // Finds the return file, or makes it: of the same content there is one. That of a job that ended goes on here.
  absl::Status Open() {
    bool wait = false;
    const absl::Status opened = context_.Chunk(
        [&](db::Transaction& tx) -> absl::Status {
          ASSIGN_OR_RETURN(const v1::PaymentBatch batch, LoadBatch(tx, *sealer_, shard(), plan_.batch()));
          RETURN_IF_ERROR(CheckAnswerable(batch));
          RETURN_IF_ERROR(CheckAnswered({answer_.message, answer_.message_count, answer_.message_sum_fen}, batch));
          ASSIGN_OR_RETURN(const auto found, feed::Load<v1::PaymentReturn>(tx, *sealer_, kPaymentReturns, shard(),
                                                                           feed::IdOfName(name_)));
          wait = false;
          if (found.has_value()) {
            root_ = *found;
            ASSIGN_OR_RETURN(wait, OtherIsAlive(tx));
            return absl::OkStatus();
          }
          v1::PaymentReturn fresh = Fresh(batch);
          feed::RootWriter writer = WriterOf(tx, *sealer_, parts_.host, context_.job());
          RETURN_IF_ERROR(writer.Put(kPaymentReturns, nullptr, fresh, "IMPORT").status());
          RETURN_IF_ERROR(writer.Finish().status());
          return Reload(tx);
        },
        context_.job().cursor, 0, static_cast<int64_t>(answer_.lines.size()));
    RETURN_IF_ERROR(opened);
    return wait ? context_.Postpone(db::JobState::kQueued, kTurnPause) : absl::OkStatus();
  }
  absl::StatusOr<bool> OtherIsAlive(db::Transaction& tx) const {
    if (root_.state() == v1::PAYMENT_RETURN_STATE_CLOSED || root_.job() == job_name()) {
      return false;
    }
    return db::GoesOn(tx, shard(), feed::IdOfName(root_.job()));
  }
  v1::PaymentReturn Fresh(const v1::PaymentBatch& batch) const {
    v1::PaymentReturn fresh;
    fresh.set_name(name_);
    fresh.set_area(batch.area());
    fresh.set_batch(batch.name());
    fresh.set_format(plan_.format());
    fresh.set_file(plan_.file());
    fresh.set_job(job_name());
    fresh.set_imported_by(plan_.person());
    *fresh.mutable_imported_on() = DateOf(parts_.host.clock.Today());
    fresh.set_lines(static_cast<int64_t>(answer_.lines.size()));
    fresh.set_state(answer_.lines.empty() ? v1::PAYMENT_RETURN_STATE_CLOSED : v1::PAYMENT_RETURN_STATE_RUNNING);
    return fresh;
  }
  absl::Status Reload(db::Transaction& tx) {
    ASSIGN_OR_RETURN(auto root,
                     feed::Load<v1::PaymentReturn>(tx, *sealer_, kPaymentReturns, shard(), feed::IdOfName(name_)));
    root_ = *std::move(root);
    return absl::OkStatus();
  }

  absl::Status Page() {
    const auto total = static_cast<int64_t>(answer_.lines.size());
    return context_.Chunk([&](db::Transaction& tx) { return Book(tx); }, context_.job().cursor,
                          std::min(root_.lines_done() + parts_.page, total), total);
  }

  absl::Status Book(db::Transaction& tx) {
    RETURN_IF_ERROR(Reload(tx));
    ASSIGN_OR_RETURN(const v1::PaymentBatch before, LoadBatch(tx, *sealer_, shard(), plan_.batch()));
    v1::PaymentBatch batch = before;
    v1::PaymentReturn next = root_;
    feed::RootWriter writer = WriterOf(tx, *sealer_, parts_.host, context_.job());
    Ledger ledger(tx, writer);
    OrderWrites orders(tx, *sealer_, writer, ledger);
    std::vector<v1::PaymentReturnLine> lines;
    const int64_t until = std::min(next.lines() - next.lines_done(), parts_.page);
    for (int64_t i = 0; i < until; ++i) {
      const int64_t number = next.lines_done() + i + 1;
      const ingest::BankLine& line = answer_.lines[static_cast<size_t>(number - 1)];
      ASSIGN_OR_RETURN(lines.emplace_back(), BookLine(tx, line, orders, &batch));
      lines.back().set_line(number);
      Count(lines.back().outcome(), &next);
    }
    next.set_lines_done(next.lines_done() + until);
    if (next.lines_done() == next.lines()) {
      next.set_state(v1::PAYMENT_RETURN_STATE_CLOSED);
    }
    if (batch.SerializeAsString() != before.SerializeAsString()) {
      RETURN_IF_ERROR(StepBatch("reconcile", AnsweredGuard(batch), &batch));
    }
    RETURN_IF_ERROR(orders.Finish("RECONCILE"));
    RETURN_IF_ERROR(writer.Put(kPaymentBatches, &before, batch, "RECONCILE").status());
    RETURN_IF_ERROR(writer.Put(kPaymentReturns, &root_, next, "RECONCILE").status());
    RETURN_IF_ERROR(InsertReturnLines(tx, feed::IdOfName(name_), lines));
    RETURN_IF_ERROR(ledger.Finish());
    RETURN_IF_ERROR(writer.Finish().status());
    return Reload(tx);
  }

  absl::StatusOr<v1::PaymentReturnLine> BookLine(db::Transaction& tx, const ingest::BankLine& line, OrderWrites& orders,
                                                 v1::PaymentBatch* batch) {
    v1::PaymentReturnLine booked;
    booked.set_reference(line.reference);
    booked.set_amount_fen(line.amount_fen.value_or(0));
    booked.set_outcome(v1::PAYMENT_LINE_OUTCOME_UNKNOWN);
    booked.set_reason(line.reason);
    const int64_t row = ingest::ReferenceRow(line.reference);
    if (row == 0 || line.reference != OrderReference(batch->reference(), row)) {
      return booked;
    }
    ASSIGN_OR_RETURN(const std::string id, OrderOfRow(tx, shard(), feed::IdOfName(batch->name()), row));
    if (id.empty()) {
      return booked;
    }
    const absl::CivilDay today = parts_.host.clock.Today();
    ASSIGN_OR_RETURN(const v1::PaymentOrder* order, orders.Order(id));
    LineEffect effect = EffectOf(SaysOf(line.outcome), line.amount_fen, *order);
    if (!effect.event.empty() && line.on > today) {
      effect = {v1::PAYMENT_LINE_OUTCOME_REFUSED, "", "DATE_AHEAD"};
    }
    absl::Status taken;
    if (!effect.event.empty()) {
      const Act act{plan_.person(), today, line.reason};
      taken = orders.Take(act, id, effect, {line.on, line.bank_reference, line.reason}, batch);
      if (!taken.ok() && !rpc::RefusesRow(taken)) {
        return taken;
      }
    }
    booked.set_outcome(taken.ok() ? effect.outcome : v1::PAYMENT_LINE_OUTCOME_REFUSED);
    if (booked.outcome() == v1::PAYMENT_LINE_OUTCOME_REFUSED) {
      booked.set_reason(taken.ok() ? std::string(effect.reason) : ReasonOf(taken));
    }
    return booked;
  }

  static void Count(v1::PaymentLineOutcome outcome, v1::PaymentReturn* root) {
    auto& outcomes = *root->mutable_outcomes();
    auto found = std::find_if(outcomes.begin(), outcomes.end(),
                              [&](const v1::PaymentLineCount& count) { return count.outcome() == outcome; });
    if (found == outcomes.end()) {
      root->add_outcomes()->set_outcome(outcome);
      std::sort(outcomes.begin(), outcomes.end(),
                [](const auto& a, const auto& b) { return a.outcome() < b.outcome(); });
      found = std::find_if(outcomes.begin(), outcomes.end(),
                           [&](const v1::PaymentLineCount& count) { return count.outcome() == outcome; });
    }
    found->set_lines(found->lines() + 1);
  }

  const PaymentParts& parts_;
  db::JobContext& context_;
  const v1::PaymentReturnPlan plan_;
  std::shared_ptr<const crypto::Sealer> sealer_;
  ingest::BankAnswer answer_;
  std::string name_;
  v1::PaymentReturn root_;
};

}  // namespace

absl::StatusOr<std::string> RunPaymentSweep(const PaymentParts& parts, db::JobContext& context) {
  v1::PaymentSweepPlan plan;
  if (!plan.ParseFromString(context.job().input)) {
    return absl::InternalError("payment_sweep: input does not parse");
  }
  return Sweep(parts, context, std::move(plan)).Run();
}

absl::StatusOr<std::string> RunPaymentReturn(const PaymentParts& parts, db::JobContext& context) {
  v1::PaymentReturnPlan plan;
  if (!plan.ParseFromString(context.job().input)) {
    return absl::InternalError("payment_return: input does not parse");
  }
  return Return(parts, context, std::move(plan)).Run();
}

}  // namespace ruraledu::student_aid
