#include "services/dropout_monitoring/care_standards.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/domain/load_file.h"

namespace ruraledu::dropout_monitoring {
namespace {

absl::StatusOr<CodeList> List(const std::string& data_folder, const std::string& list) {
  ASSIGN_OR_RETURN(const std::string text, LoadFile(absl::StrCat(data_folder, "/codes/", list, ".csv")));
  return CodeList::Parse(list, text);
}

}  // namespace

absl::StatusOr<CareStandards> LoadCareStandards(const std::string& folder, const std::string& data_folder,
                                                const RegionPath& path) {
  ASSIGN_OR_RETURN(const std::string policies, LoadFile(folder + "/risk_policies.csv"));
  ASSIGN_OR_RETURN(const std::string weights, LoadFile(folder + "/risk_weights.csv"));
  ASSIGN_OR_RETURN(RiskBook risks, ParseRiskBook(policies, weights, path));
  ASSIGN_OR_RETURN(CodeList grades, List(data_folder, "grade"));
  return CareStandards{std::move(risks), std::move(grades)};
}

}  // namespace ruraledu::dropout_monitoring
