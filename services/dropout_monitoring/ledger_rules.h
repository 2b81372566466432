// Columns of the ledgers of dropout control, and what a national platform calls them (digest 3.3, 3.4, 3.5).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/domain/report_cells.h"
#include "ruraledu/dropout_monitoring/v1/case.pb.h"
#include "services/dropout_monitoring/case_policy_rules.h"

namespace ruraledu::dropout_monitoring {

// A case as it stands in a ledger on a day.
struct LedgerCase {
  const v1::Case& file;
  v1::CaseState state = v1::CASE_STATE_UNSPECIFIED;  // on the day
  std::string school_code, school_name;
  const CaseCodes& codes;
};

// Who may see a value: everybody who sees the ledger, or in clear only who may see the child. kHidden: left out else.
enum class Personal { kNo, kName, kIdNumber, kPhone, kAddress, kHidden };

struct LedgerColumn {
  std::string_view id, label_zh, label_en;
  Personal personal = Personal::kNo;
  reports_v1::ReportCell (*cell)(const LedgerCase& one) = nullptr;
};
// Every column that a ledger may have (3.4).
absl::Span<const LedgerColumn> LedgerColumns();
const LedgerColumn* FindColumn(std::string_view id);

// How a platform writes a value. kPlainDay: 20230911.
enum class PlatformFormat { kText, kIsoDay, kPlainDay };

struct PlatformColumn {
  std::string platform, heading, source;
  const LedgerColumn* column = nullptr;
  PlatformFormat format = PlatformFormat::kText;
  std::string codes;  // list of codes; "": values as they are
  absl::CivilDay from;
};

// Texts of <policies>/dropout_monitoring/platform_columns.csv and platform_codes.csv.
struct PlatformFiles {
  std::string columns, codes;
};

// Immutable; safe for many threads.
class PlatformBook {
 public:
  PlatformBook() = default;
  // DATA_FILE: an unknown column or format, a list of codes that is not there, a heading twice, a row without source, a
  // code twice.
  static absl::StatusOr<PlatformBook> Parse(const PlatformFiles& files);

  // All platforms, in order of name.
  std::vector<std::string> platforms() const;
  // The newest layout of a platform on a day, in the order of the file; empty: none.
  std::vector<const PlatformColumn*> ColumnsOf(std::string_view platform, absl::CivilDay on) const;
  // A value as the platform writes it. One that its list does not have stays as it is: nothing is lost.
  reports_v1::ReportCell Write(const PlatformColumn& column, const reports_v1::ReportCell& value) const;

 private:
  std::vector<PlatformColumn> columns_;
  std::map<std::pair<std::string, std::string>, std::map<std::string, std::string>> codes_;  // by platform and list
};

std::string StateLabel(v1::CaseState state);  // "疑似辍学"

}  // namespace ruraledu::dropout_monitoring
