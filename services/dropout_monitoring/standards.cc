#include "services/dropout_monitoring/standards.h"

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/domain/load_file.h"

namespace ruraledu::dropout_monitoring {
namespace {

// Codes of a region and of those above it, the lowest first; by digits without a tree.
CaseBook::Path PathOf(std::shared_ptr<const RegionTree> regions) {
  return [regions](std::string_view region) {
    std::vector<std::string> codes;
    if (regions != nullptr) {
      for (const Region* step : regions->PathOf(region, Clock::System().Today())) {
        codes.insert(codes.begin(), step->code);
      }
    }
    if (codes.empty()) {
      codes = {std::string(region), absl::StrCat(region.substr(0, 4), "00000000"),
               absl::StrCat(region.substr(0, 2), "0000000000")};
    }
    return codes;
  };
}

absl::StatusOr<CodeList> LoadCodes(const std::string& data_folder, const std::string& name) {
  ASSIGN_OR_RETURN(const std::string text, LoadFile(absl::StrCat(data_folder, "/codes/", name, ".csv")));
  return CodeList::Parse(name, text);
}

absl::StatusOr<CaseBook> LoadCases(const std::string& folder, const std::string& data_folder,
                                   std::shared_ptr<const RegionTree> regions) {
  CaseFiles files;
  ASSIGN_OR_RETURN(files.policies, LoadFile(folder + "/case_policies.csv"));
  ASSIGN_OR_RETURN(files.terms, LoadFile(folder + "/case_action_terms.csv"));
  ASSIGN_OR_RETURN(files.ladder, LoadFile(folder + "/case_ladder.csv"));
  ASSIGN_OR_RETURN(auto policies, ParseCasePolicies(files));
  ASSIGN_OR_RETURN(CodeList reasons, LoadCodes(data_folder, "dropout_reason"));
  ASSIGN_OR_RETURN(CodeList means, LoadCodes(data_folder, "contact_means"));
  ASSIGN_OR_RETURN(CodeList outcomes, LoadCodes(data_folder, "contact_outcome"));
  ASSIGN_OR_RETURN(CodeList placements, LoadCodes(data_folder, "dropout_placement"));
  ASSIGN_OR_RETURN(CodeList evidence, LoadCodes(data_folder, "case_evidence"));
  return CaseBook(
      std::move(policies),
      {std::move(reasons), std::move(means), std::move(outcomes), std::move(placements), std::move(evidence)},
      PathOf(std::move(regions)));
}

absl::StatusOr<std::map<v1::LegalStepKind, std::string>> LoadDocuments(const std::string& folder) {
  std::map<v1::LegalStepKind, std::string> documents;
  for (int kind = v1::LEGAL_STEP_KIND_LEGAL_0; kind <= v1::LEGAL_STEP_KIND_LEGAL_3; ++kind) {
    const std::string file = absl::StrCat(folder, "/documents/legal_", kind - v1::LEGAL_STEP_KIND_LEGAL_0, ".txt");
    ASSIGN_OR_RETURN(documents[static_cast<v1::LegalStepKind>(kind)], LoadFile(file));
  }
  return documents;
}

}  // namespace

absl::StatusOr<Standards> LoadStandards(const std::string& policies_folder, const std::string& data_folder,
                                        std::shared_ptr<const RegionTree> regions) {
  ASSIGN_OR_RETURN(const std::string terms_text, LoadFile(data_folder + "/term-calendar.csv"));
  ASSIGN_OR_RETURN(TermCalendar terms, TermCalendar::Parse("term-calendar.csv", terms_text));
  // Cases.
  const std::string folder = policies_folder + "/dropout_monitoring";
  ASSIGN_OR_RETURN(CaseBook cases, LoadCases(folder, data_folder, regions));
  ASSIGN_OR_RETURN(auto documents, LoadDocuments(folder));
  ASSIGN_OR_RETURN(const std::string slots_text, LoadFile(folder + "/responsibility_slots.csv"));
  ASSIGN_OR_RETURN(auto slots, ParseResponsibilitySlots(slots_text));
  return Standards{std::move(regions), std::move(terms), std::move(cases), std::move(documents), std::move(slots)};
}

}  // namespace ruraledu::dropout_monitoring
