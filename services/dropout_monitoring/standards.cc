#include "services/dropout_monitoring/standards.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/domain/load_file.h"
#include "services/dropout_monitoring/escalation_rules.h"
#include "services/dropout_monitoring/legal_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

absl::StatusOr<CaseBook> LoadCases(const std::string& folder, const std::string& data_folder,
                                   std::shared_ptr<const RegionTree> regions) {
  CaseFiles files;
  ASSIGN_OR_RETURN(files.policies, LoadFile(folder + "/case_policies.csv"));
  ASSIGN_OR_RETURN(files.terms, LoadFile(folder + "/case_action_terms.csv"));
  ASSIGN_OR_RETURN(files.ladder, LoadFile(folder + "/case_ladder.csv"));
  ASSIGN_OR_RETURN(auto policies, ParseCasePolicies(files));
  ASSIGN_OR_RETURN(CodeList reasons, LoadCodeList(data_folder, "dropout_reason"));
  ASSIGN_OR_RETURN(CodeList means, LoadCodeList(data_folder, "contact_means"));
  ASSIGN_OR_RETURN(CodeList outcomes, LoadCodeList(data_folder, "contact_outcome"));
  ASSIGN_OR_RETURN(CodeList placements, LoadCodeList(data_folder, "dropout_placement"));
  ASSIGN_OR_RETURN(CodeList evidence, LoadCodeList(data_folder, "case_evidence"));
  return CaseBook(
      std::move(policies),
      {std::move(reasons), std::move(means), std::move(outcomes), std::move(placements), std::move(evidence)},
      RegionPathOf(std::move(regions)));
}

absl::StatusOr<std::map<std::string, std::string>> LoadDocuments(const std::string& folder, const CaseBook& cases) {
  std::map<std::string, std::string> documents;
  for (const std::string_view name : kDocuments) {
    ASSIGN_OR_RETURN(documents[std::string(name)], LoadFile(absl::StrCat(folder, "/documents/", name, ".txt")));
  }
  for (const v1::CasePolicy& policy : cases.policies()) {
    for (const v1::LadderRung& rung : policy.ladder()) {
      const std::string name = PaperOf(rung.paper());
      ASSIGN_OR_RETURN(documents[name], LoadFile(absl::StrCat(folder, "/documents/", name, ".txt")));
    }
  }
  return documents;
}

// Comparisons.
absl::StatusOr<ComparisonBook> LoadComparisons(const std::string& folder, const std::string& data_folder,
                                               std::shared_ptr<const RegionTree> regions) {
  ASSIGN_OR_RETURN(const std::string policies, LoadFile(folder + "/comparison_policies.csv"));
  ASSIGN_OR_RETURN(const std::string kinds, LoadFile(folder + "/comparison_kinds.csv"));
  ASSIGN_OR_RETURN(CodeList statuses, LoadCodeList(data_folder, "student_status"));
  ASSIGN_OR_RETURN(CodeList stages, LoadCodeList(data_folder, "stage"));
  ASSIGN_OR_RETURN(CodeList hardships, LoadCodeList(data_folder, "hardship_kind"));
  ASSIGN_OR_RETURN(CodeList sources, LoadCodeList(data_folder, "resident_source"));
  ASSIGN_OR_RETURN(CodeList whereabouts, LoadCodeList(data_folder, "resident_whereabouts"));
  ASSIGN_OR_RETURN(CodeList provinces, LoadCodeList(data_folder, "citizen_id_province"));
  return ComparisonBook::Parse(policies, kinds,
                               {std::move(statuses), std::move(stages), std::move(hardships), std::move(sources),
                                std::move(whereabouts), std::move(provinces)},
                               RegionPathOf(std::move(regions)));
}

absl::StatusOr<RateBook> LoadRates(const std::string& folder, std::shared_ptr<const RegionTree> regions) {
  RateFiles files;
  ASSIGN_OR_RETURN(files.ages, LoadFile(folder + "/official_ages.csv"));
  ASSIGN_OR_RETURN(files.statuses, LoadFile(folder + "/rate_statuses.csv"));
  ASSIGN_OR_RETURN(files.targets, LoadFile(folder + "/rate_targets.csv"));
  return RateBook::Parse(files, RegionPathOf(std::move(regions)));
}

// Slips to other departments.
absl::StatusOr<SlipBook> LoadSlips(const std::string& folder, const std::string& data_folder) {
  ASSIGN_OR_RETURN(const std::string matters, LoadFile(folder + "/slip_matters.csv"));
  ASSIGN_OR_RETURN(CodeList departments, LoadCodeList(data_folder, "slip_department"));
  ASSIGN_OR_RETURN(CodeList results, LoadCodeList(data_folder, "slip_result"));
  return SlipBook::Parse(matters, std::move(departments), std::move(results));
}

// Every reason of a dropout has a measure, and the slip that goes with it is one that is written.
absl::Status CheckUsualMeasures(const CodeList& reasons, const SlipBook& slips) {
  for (const CodeEntry& reason : reasons.entries()) {
    const std::string_view matter = reason.Attribute("matter");
    if (reason.Attribute("measure").empty() || reason.Attribute("measure_source").empty() ||
        (!matter.empty() && slips.Find(matter) == nullptr)) {
      return Fail("DATA_FILE", {{"file", "dropout_reason.csv"},
                                {"line", "0"},
                                {"problem", absl::StrCat(reason.code,
                                                         " needs a measure, its source, and a matter of "
                                                         "slip_matters.csv or none")}});
    }
  }
  return absl::OkStatus();
}

// The enrolment drive, leavers.
absl::StatusOr<EnrolmentBook> LoadEnrolment(const std::string& folder, const std::string& data_folder,
                                            const RegionPath& path) {
  EnrolmentBook book;
  ASSIGN_OR_RETURN(const std::string policies, LoadFile(folder + "/enrolment_policies.csv"));
  ASSIGN_OR_RETURN(book.policies, ParseEnrolmentPolicies(policies, path));
  ASSIGN_OR_RETURN(book.destinations, LoadCodeList(data_folder, "enrolment_destination"));
  RETURN_IF_ERROR(CheckDestinations(book.destinations));
  return book;
}

absl::StatusOr<LeaverBook> LoadLeavers(const std::string& folder, const std::string& data_folder,
                                       const RegionPath& path) {
  LeaverBook book;
  ASSIGN_OR_RETURN(const std::string policies, LoadFile(folder + "/leaver_policies.csv"));
  ASSIGN_OR_RETURN(book.policies, ParseLeaverPolicies(policies, path));
  ASSIGN_OR_RETURN(book.destinations, LoadCodeList(data_folder, "leaver_destination"));
  ASSIGN_OR_RETURN(book.proofs, LoadCodeList(data_folder, "leaver_proof"));
  ASSIGN_OR_RETURN(book.calls, LoadCodeList(data_folder, "leaver_call"));
  return book;
}

absl::StatusOr<PlatformBook> LoadPlatforms(const std::string& folder) {
  PlatformFiles files;
  ASSIGN_OR_RETURN(files.columns, LoadFile(folder + "/platform_columns.csv"));
  ASSIGN_OR_RETURN(files.codes, LoadFile(folder + "/platform_codes.csv"));
  return PlatformBook::Parse(files);
}

// Absence.
absl::StatusOr<ProfileBook> LoadProfiles(const std::string& folder, const std::string& data_folder,
                                         std::shared_ptr<const RegionTree> regions) {
  ProfileFiles files;
  ASSIGN_OR_RETURN(files.profiles, LoadFile(folder + "/absence_profiles.csv"));
  ASSIGN_OR_RETURN(files.cumulative, LoadFile(folder + "/absence_cumulative.csv"));
  ASSIGN_OR_RETURN(files.regions, LoadFile(folder + "/absence_regions.csv"));
  ASSIGN_OR_RETURN(ProfileBook book, ProfileBook::Parse(files, RegionPathOf(std::move(regions))));
  ASSIGN_OR_RETURN(const CodeList grades, LoadCodeList(data_folder, "grade"));
  for (const v1::ProfileInForce& held : book.in_force()) {
    const bool known = std::any_of(grades.entries().begin(), grades.entries().end(), [&](const CodeEntry& grade) {
      return held.stage().empty() ||
             (grade.Attribute("stage") == held.stage() && (held.grade().empty() || grade.code == held.grade()));
    });
    if (!known) {
      return Fail("DATA_FILE",
                  {{"file", "absence_regions.csv"},
                   {"line", "0"},
                   {"problem", absl::StrCat(held.stage(), " ", held.grade(), " is no stage and grade of grade.csv")}});
    }
  }
  return book;
}

}  // namespace

absl::StatusOr<Standards> LoadStandards(const std::string& policies_folder, const std::string& data_folder,
                                        std::shared_ptr<const RegionTree> regions) {
  ASSIGN_OR_RETURN(const std::string terms_text, LoadFile(data_folder + "/term-calendar.csv"));
  ASSIGN_OR_RETURN(TermCalendar terms, TermCalendar::Parse("term-calendar.csv", terms_text));
  const std::string folder = policies_folder + "/dropout_monitoring";
  // Absence.
  ASSIGN_OR_RETURN(ProfileBook profiles, LoadProfiles(folder, data_folder, regions));
  ASSIGN_OR_RETURN(CodeList leave_reasons, LoadCodeList(data_folder, "leave_reason"));
  ASSIGN_OR_RETURN(CodeList statuses, LoadCodeList(data_folder, "student_status"));
  ASSIGN_OR_RETURN(const std::string messages_text, LoadFile(folder + "/absence_messages.csv"));
  ASSIGN_OR_RETURN(CodeList channels, LoadCodeList(data_folder, "contact_channel"));
  ASSIGN_OR_RETURN(AbsenceMessageBook absence_messages,
                   AbsenceMessageBook::Parse(messages_text, std::move(channels), RegionPathOf(regions)));
  // Cases.
  ASSIGN_OR_RETURN(CaseBook cases, LoadCases(folder, data_folder, regions));
  ASSIGN_OR_RETURN(auto documents, LoadDocuments(folder, cases));
  ASSIGN_OR_RETURN(const std::string slots_text, LoadFile(folder + "/responsibility_slots.csv"));
  ASSIGN_OR_RETURN(auto slots, ParseResponsibilitySlots(slots_text));
  // Comparisons.
  ASSIGN_OR_RETURN(ComparisonBook comparisons, LoadComparisons(folder, data_folder, regions));
  // Slips to other departments.
  ASSIGN_OR_RETURN(SlipBook slips, LoadSlips(folder, data_folder));
  RETURN_IF_ERROR(CheckUsualMeasures(cases.codes().reasons, slips));
  // Approvals by which a child may stay away.
  ASSIGN_OR_RETURN(const std::string approvals_text, LoadFile(folder + "/approval_kinds.csv"));
  ASSIGN_OR_RETURN(ApprovalBook approvals, ApprovalBook::Parse(approvals_text));
  // Register cleaning.
  ASSIGN_OR_RETURN(const std::string registers_text, LoadFile(folder + "/register_policies.csv"));
  ASSIGN_OR_RETURN(RegisterBook registers, ParseRegisterBook(registers_text, RegionPathOf(regions)));
  // Rates.
  ASSIGN_OR_RETURN(RateBook rates, LoadRates(folder, regions));
  // The enrolment drive, leavers.
  ASSIGN_OR_RETURN(EnrolmentBook enrolment, LoadEnrolment(folder, data_folder, RegionPathOf(regions)));
  ASSIGN_OR_RETURN(LeaverBook leavers, LoadLeavers(folder, data_folder, RegionPathOf(regions)));
  // Early warning, placement, dossiers.
  ASSIGN_OR_RETURN(CareStandards care, LoadCareStandards(folder, data_folder, RegionPathOf(regions)));
  // Ledgers.
  ASSIGN_OR_RETURN(PlatformBook platforms, LoadPlatforms(folder));
  return Standards{.regions = std::move(regions),
                   .terms = std::move(terms),
                   .profiles = std::move(profiles),
                   .leave_reasons = std::move(leave_reasons),
                   .statuses = std::move(statuses),
                   .absence_messages = std::move(absence_messages),
                   .cases = std::move(cases),
                   .documents = std::move(documents),
                   .slots = std::move(slots),
                   .comparisons = std::move(comparisons),
                   .registers = std::move(registers),
                   .rates = std::move(rates),
                   .slips = std::move(slips),
                   .approvals = std::move(approvals),
                   .enrolment = std::move(enrolment),
                   .leavers = std::move(leavers),
                   .care = std::move(care),
                   .platforms = std::move(platforms)};
}

}  // namespace ruraledu::dropout_monitoring
