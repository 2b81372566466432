#include "common/rpc/process.h"
#include "services/dropout_monitoring/wiring.h"

int main(int argc, char** argv) {
  return ruraledu::rpc::RunProcess(argc, argv, [](ruraledu::rpc::Process& process) -> absl::Status {
    ASSIGN_OR_RETURN(const auto dropout_monitoring, ruraledu::dropout_monitoring::Wiring::Create(process));
    return process.Serve({dropout_monitoring->hosted()});
  });
}
