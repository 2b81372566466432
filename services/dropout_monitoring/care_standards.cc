#include "services/dropout_monitoring/care_standards.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/domain/load_file.h"
#include "services/dropout_monitoring/committee_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

absl::StatusOr<PlacementBook> LoadPlacements(const std::string& folder, const std::string& data_folder,
                                             const RegionPath& path) {
  ASSIGN_OR_RETURN(const std::string policies, LoadFile(folder + "/placement_policies.csv"));
  ASSIGN_OR_RETURN(const CodeList kinds, LoadCodeList(data_folder, "placement_kind"));
  ASSIGN_OR_RETURN(CodeList disabilities, LoadCodeList(data_folder, "disability_kind"));
  ASSIGN_OR_RETURN(PlacementBook book, ParsePlacementBook(policies, kinds, std::move(disabilities), path));
  ASSIGN_OR_RETURN(book.recommendations, LoadCodeList(data_folder, "committee_recommendation"));
  RETURN_IF_ERROR(CheckRecommendations(book.recommendations));
  return book;
}

absl::StatusOr<CareBook> LoadCare(const std::string& folder, const std::string& data_folder, const RegionPath& path) {
  ASSIGN_OR_RETURN(const std::string text, LoadFile(folder + "/care_policies.csv"));
  ASSIGN_OR_RETURN(auto policies, ParseCarePolicies(text, path));
  ASSIGN_OR_RETURN(CodeList conditions, LoadCodeList(data_folder, "parent_condition"));
  ASSIGN_OR_RETURN(CodeList kinds, LoadCodeList(data_folder, "care_kind"));
  ASSIGN_OR_RETURN(CodeList events, LoadCodeList(data_folder, "care_event"));
  ASSIGN_OR_RETURN(CodeList living, LoadCodeList(data_folder, "living_arrangement"));
  ASSIGN_OR_RETURN(CodeList one_to_one, LoadCodeList(data_folder, "one_to_one"));
  ASSIGN_OR_RETURN(CodeList relations, LoadCodeList(data_folder, "guardian_relation"));
  return CareBook{std::move(policies), std::move(conditions), std::move(kinds),    std::move(events),
                  std::move(living),   std::move(one_to_one), std::move(relations)};
}

}  // namespace

absl::StatusOr<CareStandards> LoadCareStandards(const std::string& folder, const std::string& data_folder,
                                                const RegionPath& path) {
  ASSIGN_OR_RETURN(const std::string policies, LoadFile(folder + "/risk_policies.csv"));
  ASSIGN_OR_RETURN(const std::string weights, LoadFile(folder + "/risk_weights.csv"));
  ASSIGN_OR_RETURN(RiskBook risks, ParseRiskBook(policies, weights, path));
  ASSIGN_OR_RETURN(CodeList grades, LoadCodeList(data_folder, "grade"));
  ASSIGN_OR_RETURN(PlacementBook placements, LoadPlacements(folder, data_folder, path));
  ASSIGN_OR_RETURN(CodeList disability_grades, LoadCodeList(data_folder, "disability_grade"));
  ASSIGN_OR_RETURN(CareBook care, LoadCare(folder, data_folder, path));
  return CareStandards{std::move(risks), std::move(grades), std::move(placements), std::move(disability_grades),
                       std::move(care)};
}

}  // namespace ruraledu::dropout_monitoring
