#include "common/db/faults.h"

#include <atomic>

#include "common/base/error.h"

namespace ruraledu::db {
namespace {

struct Shared {
  explicit Shared(FaultPlan fault_plan) : plan(std::move(fault_plan)) {}
  FaultPlan plan;
  std::atomic<int64_t> statements = 0;
};

class FaultyConnection final : public Connection {
 public:
  FaultyConnection(std::unique_ptr<Connection> real, std::shared_ptr<Shared> shared)
      : real_(std::move(real)), shared_(std::move(shared)) {}

  absl::StatusOr<int64_t> Run(std::string_view sql, absl::Span<const Value> params,
                              const std::function<absl::Status(Row)>& each) override {
    RETURN_IF_ERROR(shared_->plan(++shared_->statements, sql));
    return real_->Run(sql, params, each);
  }
  absl::Status Bulk(std::string_view table, absl::Span<const std::string_view> columns,
                    absl::Span<const std::vector<Value>> rows) override {
    RETURN_IF_ERROR(shared_->plan(++shared_->statements, "BULK " + std::string(table)));
    return real_->Bulk(table, columns, rows);
  }

 private:
  std::unique_ptr<Connection> real_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace

std::function<std::unique_ptr<Connection>(std::unique_ptr<Connection>)> WithFaults(FaultPlan plan) {
  auto shared = std::make_shared<Shared>(std::move(plan));
  return [shared](std::unique_ptr<Connection> real) {
    return std::make_unique<FaultyConnection>(std::move(real), shared);
  };
}

}  // namespace ruraledu::db
