// Papers of a case or placement on the command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ruraledu/dropout_monitoring/v1/case.pb.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {

// An option that may be given more than once: KIND=paper, KIND=paper@2026-09-01; a KIND alone is refused by the
// service.
CLI::Option* AddEvidenceOption(CLI::App* command, const std::string& option, std::vector<std::string>* texts);
// What was given as messages. CLI_ARGUMENT names `argument`.
absl::Status AddEvidence(std::string_view argument, const std::vector<std::string>& texts,
                         google::protobuf::RepeatedPtrField<ruraledu::dropout_monitoring::v1::CaseEvidence>* evidence);

}  // namespace ruraledu::cli
