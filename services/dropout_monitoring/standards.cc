#include "services/dropout_monitoring/standards.h"

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/domain/load_file.h"

namespace ruraledu::dropout_monitoring {
namespace {

// By the stored parents of the tree, by digits without one.
RegionPath PathOf(std::shared_ptr<const RegionTree> regions) {
  return [regions = std::move(regions)](std::string_view region) {
    std::vector<std::string> codes;
    if (regions != nullptr) {
      for (const Region* step : regions->PathOf(region, Clock::System().Today())) {
        codes.insert(codes.begin(), step->code);
      }
    }
    return codes.empty() ? RegionPathByDigits(region) : codes;
  };
}

absl::StatusOr<CodeList> LoadCodes(const std::string& data_folder, const std::string& list) {
  ASSIGN_OR_RETURN(const std::string text, LoadFile(absl::StrCat(data_folder, "/codes/", list, ".csv")));
  return CodeList::Parse(list, text);
}

}  // namespace

absl::StatusOr<Standards> LoadStandards(const std::string& policies_folder, const std::string& data_folder,
                                        std::shared_ptr<const RegionTree> regions) {
  ASSIGN_OR_RETURN(const std::string terms_text, LoadFile(data_folder + "/term-calendar.csv"));
  ASSIGN_OR_RETURN(TermCalendar terms, TermCalendar::Parse("term-calendar.csv", terms_text));
  const std::string folder = policies_folder + "/dropout_monitoring/absence_";
  ProfileFiles files;
  ASSIGN_OR_RETURN(files.profiles, LoadFile(folder + "profiles.csv"));
  ASSIGN_OR_RETURN(files.cumulative, LoadFile(folder + "cumulative.csv"));
  ASSIGN_OR_RETURN(files.regions, LoadFile(folder + "regions.csv"));
  ASSIGN_OR_RETURN(ProfileBook profiles, ProfileBook::Parse(files, PathOf(regions)));
  ASSIGN_OR_RETURN(CodeList leave_reasons, LoadCodes(data_folder, "leave_reason"));
  ASSIGN_OR_RETURN(CodeList statuses, LoadCodes(data_folder, "student_status"));
  return Standards{std::move(regions), std::move(terms), std::move(profiles), std::move(leave_reasons),
                   std::move(statuses)};
}

}  // namespace ruraledu::dropout_monitoring
