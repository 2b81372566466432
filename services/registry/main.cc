#include "common/rpc/process.h"
#include "services/registry/wiring.h"

int main(int argc, char** argv) {
  return ruraledu::rpc::RunProcess(argc, argv, [](ruraledu::rpc::Process& process) -> absl::Status {
    ASSIGN_OR_RETURN(const auto registry, ruraledu::registry::Wiring::Create(process));
    return process.Serve({registry->hosted()});
  });
}
