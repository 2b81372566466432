#include "services/cli/row_file.h"

#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/domain/code_list.h"

namespace ruraledu::cli {

absl::Status ReadRows(Session& session, std::string_view headings, const std::string& file,
                      absl::FunctionRef<absl::Status(const FileRow&)> take) {
  ASSIGN_OR_RETURN(Profile* const profile, session.profile());
  ASSIGN_OR_RETURN(const CodeLists lists, CodeLists::Load(profile->data_folder + "/codes"));
  ASSIGN_OR_RETURN(auto spec,
                   ingest::HeaderSpec::Load(absl::StrCat(profile->data_folder, "/headers/", headings, ".csv")));
  ASSIGN_OR_RETURN(auto reader, ingest::OpenTable(file));
  ASSIGN_OR_RETURN(ingest::MappedTable table, ingest::MappedTable::Open(std::move(reader), std::move(spec)));
  int64_t wrong = 0;
  ingest::MappedRow row;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, table.Next(&row));
    if (!more) {
      break;
    }
    std::vector<std::string> values;
    std::vector<ingest::RowError> errors;
    RETURN_IF_ERROR(ingest::ParseRow(table, row, lists, Clock::System().Today(), &values, &errors));
    for (const ingest::RowError& error : errors) {
      session.console().err << ingest::EnglishMessage(error) << "\n";
    }
    wrong += errors.empty() ? 0 : 1;
    if (wrong == 0) {
      RETURN_IF_ERROR(take(FileRow(table.spec(), values, row.line)));
    }
  }
  return wrong > 0 ? Fail("IMPORT_HAS_ERRORS", {{"count", absl::StrCat(wrong)}}) : absl::OkStatus();
}

}  // namespace ruraledu::cli
