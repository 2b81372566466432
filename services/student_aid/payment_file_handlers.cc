// Files for the bank and from it.
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "ruraledu/student_aid/v1/payment_job.pb.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/payment_file_rules.h"
#include "services/student_aid/payment_run.h"
#include "services/student_aid/payment_store.h"
#include "services/student_aid/payment_writes.h"
#include "services/student_aid/record_writes.h"

namespace ruraledu::student_aid {
namespace {

constexpr int64_t kOrdersPerMessage = 500;
constexpr std::string_view kUnmaskPayments = "student_aid.payments.unmask";

template <typename M>
std::string AreaOf(const M& root) {
  return root.area();
}

// Head, pages of orders in the order of their rows, tail.
class FileStream final : public rpc::StreamSource<v1::ExportPaymentFileResponse> {
 public:
  FileStream(const rpc::Host& host, std::shared_ptr<const crypto::Sealer> sealer, std::string shard,
             v1::PaymentBatch batch, v1::PaymentFileFormat format)
      : host_(host), sealer_(std::move(sealer)), shard_(std::move(shard)), batch_(std::move(batch)), format_(format) {}

  absl::StatusOr<std::optional<v1::ExportPaymentFileResponse>> Next(rpc::Call&) override {
    if (ended()) {
      return std::optional<v1::ExportPaymentFileResponse>();
    }
    ASSIGN_OR_RETURN(std::string text, Orders());
    if (offset_ == 0) {
      text.insert(0, PaymentFileHead(batch_, format_));
    }
    if (row_ >= batch_.order_count()) {
      text += PaymentFileTail(batch_, format_);
      ended_ = true;
    }
    v1::ExportPaymentFileResponse response;
    response.set_offset(offset_);
    offset_ += static_cast<int64_t>(text.size());
    response.set_data(std::move(text));
    return std::optional(std::move(response));
  }
  bool ended() const override { return ended_; }

 private:
  absl::StatusOr<std::string> Orders() {
    ASSIGN_OR_RETURN(const auto rows, host_.database.Read([&](db::Transaction& tx) {
      return OrdersOfBatch(tx, shard_, feed::IdOfName(batch_.name()), row_, "", kOrdersPerMessage);
    }));
    if (rows.empty()) {
      return absl::DataLossError("orders of a payment batch are missing");
    }
    std::string text;
    for (const db::Row& row : rows) {
      v1::PaymentOrder order;
      RETURN_IF_ERROR(feed::ReadRoot(row, 2, kPaymentOrders, row.Text(0), sealer_.get(), &order));
      text += PaymentFileLine(order, format_);
      row_ = row.Int(1);
    }
    return text;
  }

  const rpc::Host& host_;
  const std::shared_ptr<const crypto::Sealer> sealer_;
  const std::string shard_;
  const v1::PaymentBatch batch_;
  const v1::PaymentFileFormat format_;
  int64_t row_ = 0, offset_ = 0;
  bool ended_ = false;
};

absl::Status Format(std::string_view allowed) {
  return Fail("PAYMENT_FORMAT", {{"allowed", allowed}});
}

// Whether a batch is complete and stands: its file says nothing that will not be.
bool HasFile(v1::PaymentBatchState state) {
  return state == v1::PAYMENT_BATCH_STATE_ORDERED || state == v1::PAYMENT_BATCH_STATE_SENT ||
         state == v1::PAYMENT_BATCH_STATE_PARTLY_RECONCILED || state == v1::PAYMENT_BATCH_STATE_CLOSED;
}

}  // namespace

absl::StatusOr<std::unique_ptr<rpc::StreamSource<v1::ExportPaymentFileResponse>>> Handlers::ExportPaymentFile(
    rpc::Call& call, const v1::ExportPaymentFileRequest& request) {
  if (request.format() != v1::PAYMENT_FILE_FORMAT_CSV && request.format() != v1::PAYMENT_FILE_FORMAT_PAIN_001) {
    return Format("CSV, PAIN_001");
  }
  ASSIGN_OR_RETURN(v1::PaymentBatch batch, rpc::GetRoot<v1::PaymentBatch>(call, host_, kPaymentBatches, request.name(),
                                                                          AreaOf<v1::PaymentBatch>));
  if (!HasFile(batch.state())) {
    return Fail("STATE_TRANSITION",
                {{"machine", kPaymentBatchStates.name()}, {"from", EnumText(batch.state())}, {"event", "export"}});
  }
  RETURN_IF_ERROR(AllowUnmask(call, kUnmaskPayments, batch.area(), batch.name()));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.name()));
  ASSIGN_OR_RETURN(auto sealer, host_.keys.SealerOf(shard));
  return std::make_unique<FileStream>(host_, std::move(sealer), shard, std::move(batch), request.format());
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::ImportPaymentReturn(rpc::Call& call,
                                                                      const v1::ImportPaymentReturnRequest& request) {
  if (request.format() != v1::PAYMENT_FILE_FORMAT_CSV && request.format() != v1::PAYMENT_FILE_FORMAT_PAIN_002 &&
      request.format() != v1::PAYMENT_FILE_FORMAT_CAMT_053) {
    return Format("CSV, PAIN_002, CAMT_053");
  }
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kPaymentBatches.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  v1::PaymentReturnPlan plan;
  plan.set_batch(request.name());
  plan.set_format(request.format());
  plan.set_file(request.file());
  plan.set_person(ActOf(call).person);
  // Settles the area, for replays too.
  RETURN_IF_ERROR(
      rpc::GetRoot<v1::PaymentBatch>(call, host_, kPaymentBatches, request.name(), AreaOf<v1::PaymentBatch>).status());
  const std::string parent = absl::StrCat("counties/", shard.substr(1));
  return rpc::StartJob(shared_, call, parent, kPaymentReturnJob, plan, [&](db::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const auto batch,
                     feed::Load<v1::PaymentBatch>(tx, *sealer, kPaymentBatches, shard, feed::IdOfName(request.name())));
    RETURN_IF_ERROR(CheckAnswerable(*batch));
    return CheckFileOf(tx, host_.keys, request.file(), request.name());
  });
}

absl::StatusOr<v1::PaymentReturn> Handlers::GetPaymentReturn(rpc::Call& call,
                                                             const v1::GetPaymentReturnRequest& request) {
  return rpc::GetRoot<v1::PaymentReturn>(call, host_, kPaymentReturns, request.name(), AreaOf<v1::PaymentReturn>);
}

absl::StatusOr<v1::ListPaymentReturnsResponse> Handlers::ListPaymentReturns(
    rpc::Call& call, const v1::ListPaymentReturnsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {}};
  if (!request.batch().empty()) {
    RETURN_IF_ERROR(rpc::ShardOf(request.batch(), kPaymentBatches.collection).status());
    spec.equal.emplace_back("batch", std::string(feed::IdOfName(request.batch())));
  }
  return rpc::ListRoots<v1::PaymentReturn, v1::ListPaymentReturnsRequest, v1::ListPaymentReturnsResponse>(
      call, host_, kPaymentReturns, spec, request, &v1::ListPaymentReturnsResponse::mutable_returns);
}

absl::StatusOr<v1::ListPaymentReturnLinesResponse> Handlers::ListPaymentReturnLines(
    rpc::Call& call, const v1::ListPaymentReturnLinesRequest& request) {
  ASSIGN_OR_RETURN(const int64_t size, rpc::PageSize(request.page_size()));
  const std::string filter = rpc::FilterOf(request);
  int64_t after = 0;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const auto key, rpc::PageKey(filter, request.page_token(), 1));
    if (!absl::SimpleAtoi(key[0], &after)) {
      return Fail("PAGE_TOKEN");
    }
  }
  // Settles the area.
  RETURN_IF_ERROR(
      rpc::GetRoot<v1::PaymentReturn>(call, host_, kPaymentReturns, request.name(), AreaOf<v1::PaymentReturn>)
          .status());
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.name()));
  ASSIGN_OR_RETURN(auto lines, host_.database.Read(
                                   [&](db::Transaction& tx) {
                                     return ListReturnLines(tx, shard, feed::IdOfName(request.name()),
                                                            request.problems_only(), after, size + 1);
                                   },
                                   {.deadline = call.deadline()}));
  v1::ListPaymentReturnLinesResponse response;
  if (static_cast<int64_t>(lines.size()) > size) {
    lines.pop_back();
    response.set_next_page_token(rpc::PageToken(filter, {absl::StrCat(lines.back().line())}));
  }
  response.mutable_lines()->Assign(lines.begin(), lines.end());
  return response;
}

}  // namespace ruraledu::student_aid
