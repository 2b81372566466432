// Puts dropout_monitoring together in a process: its own server (main.cc) and services/all_in_one use the same.
#pragma once

#include <memory>

#include "common/rpc/process.h"

namespace ruraledu::dropout_monitoring {

class Wiring {
 public:
  // Lays the foundation, reads regions and standards, follows the registry (peer "registry"), runs jobs, keeps
  // dashboards fresh. Settings in [service]: `redis`, address of the cache, "" for none; those of attachments
  // (common/rpc/file_service.h);
  // `evaluation_hour`, from which on the day is evaluated, 18 unless set. Lives as long as the process serves.
  static absl::StatusOr<std::unique_ptr<Wiring>> Create(rpc::Process& process);
  virtual ~Wiring() = default;
  virtual rpc::Hosted hosted() = 0;
};

}  // namespace ruraledu::dropout_monitoring
