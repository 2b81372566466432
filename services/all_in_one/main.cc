// One process that hosts all services: a single county machine, the quick start.
#include "common/rpc/process.h"
#include "services/dropout_monitoring/wiring.h"
#include "services/registry/wiring.h"
#include "services/student_aid/wiring.h"

int main(int argc, char** argv) {
  return ruraledu::rpc::RunProcess(argc, argv, [](ruraledu::rpc::Process& process) -> absl::Status {
    ASSIGN_OR_RETURN(const auto registry, ruraledu::registry::Wiring::Create(process));
    ASSIGN_OR_RETURN(const auto student_aid, ruraledu::student_aid::Wiring::Create(process));
    ASSIGN_OR_RETURN(const auto dropout_monitoring, ruraledu::dropout_monitoring::Wiring::Create(process));
    return process.Serve({registry->hosted(), student_aid->hosted(), dropout_monitoring->hosted()});
  });
}
