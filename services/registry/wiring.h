// Puts the registry together; shared by its own process and by all_in_one.
#pragma once

#include <memory>

#include "common/rpc/process.h"

namespace ruraledu::registry {

inline constexpr char kContract[] = "ruraledu.registry.v1.RegistryService";

class Wiring {
 public:
  // Lays the foundation, seeds and loads reference data, bootstraps the first accounts, starts the jobs.
  static absl::StatusOr<std::unique_ptr<Wiring>> Create(rpc::Process& process);
  ~Wiring();  // stops the jobs
  rpc::Hosted hosted();

 private:
  struct Pieces;
  explicit Wiring(std::unique_ptr<Pieces> pieces);
  std::unique_ptr<Pieces> pieces_;
};

}  // namespace ruraledu::registry
