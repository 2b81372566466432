#include "services/cli/evidence.h"

#include "services/cli/calls.h"

namespace ruraledu::cli {
namespace {

using ruraledu::dropout_monitoring::v1::CaseEvidence;

}  // namespace

CLI::Option* AddEvidenceOption(CLI::App* command, const std::string& option, std::vector<std::string>* texts) {
  return command
      ->add_option(option, *texts, "code list case_evidence, paper and its day: ORDER=教督〔2026〕7号@2026-09-01")
      ->allow_extra_args(false);
}

absl::Status AddEvidence(std::string_view argument, const std::vector<std::string>& texts,
                         google::protobuf::RepeatedPtrField<CaseEvidence>* evidence) {
  for (const std::string& text : texts) {
    CaseEvidence& one = *evidence->Add();
    const size_t paper = text.find('=');
    const size_t day = text.rfind('@');
    one.set_kind(text.substr(0, paper));
    if (paper == std::string::npos) {
      continue;
    }
    const bool dated = day != std::string::npos && day > paper;
    one.set_file_name(text.substr(paper + 1, dated ? day - paper - 1 : std::string::npos));
    RETURN_IF_ERROR(PutDay(argument, dated ? text.substr(day + 1) : "", &one, &CaseEvidence::mutable_dated_on));
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::cli
