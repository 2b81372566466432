#include "services/dropout_monitoring/standards.h"

#include "common/base/error.h"
#include "common/domain/load_file.h"

namespace ruraledu::dropout_monitoring {

absl::StatusOr<Standards> LoadStandards(const std::string& policies_folder, const std::string& data_folder,
                                        std::shared_ptr<const RegionTree> regions) {
  ASSIGN_OR_RETURN(const std::string terms_text, LoadFile(data_folder + "/term-calendar.csv"));
  ASSIGN_OR_RETURN(TermCalendar terms, TermCalendar::Parse("term-calendar.csv", terms_text));
  return Standards{std::move(regions), std::move(terms)};
}

}  // namespace ruraledu::dropout_monitoring
