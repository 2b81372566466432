#include "services/student_aid/department_policy_rules.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kFile = "aid_caps.csv";
constexpr std::string_view kDepartments = "aid_department";
constexpr std::string_view kPurposes = "aid_purpose";
constexpr std::string_view kMatches = "fact_match";
constexpr int64_t kMostYuan = 1'000'000;

absl::Status ReadLimits(const DataTable& table, size_t row, AidCap* cap) {
  cap->period = EnumOf<v1::AidCapPeriod>(table.Get(row, "period")).value_or(v1::AID_CAP_PERIOD_UNSPECIFIED);
  if (cap->period == v1::AID_CAP_PERIOD_UNSPECIFIED) {
    return table.Error(row, "a period is SCHOOL_YEAR or CALENDAR_YEAR");
  }
  cap->mode = EnumOf<v1::AidCapMode>(table.Get(row, "over")).value_or(v1::AID_CAP_MODE_UNSPECIFIED);
  if (cap->mode == v1::AID_CAP_MODE_UNSPECIFIED) {
    return table.Error(row, "over is REFUSE or CUT");
  }
  int64_t yuan = 0;
  if (!absl::SimpleAtoi(table.Get(row, "limit_yuan"), &yuan) || yuan < 1 || yuan > kMostYuan) {
    return table.Error(row, "a limit is a number of yuan from 1 to 1000000");
  }
  cap->limit_fen = yuan * 100;
  return absl::OkStatus();
}

absl::StatusOr<AidCap> ReadCap(const DataTable& table, size_t row) {
  AidCap cap;
  cap.cap = std::string(table.Get(row, "cap"));
  cap.region = std::string(table.Get(row, "region"));
  cap.label_zh = std::string(table.Get(row, "label_zh"));
  cap.source = std::string(table.Get(row, "source"));
  if (!cap.region.empty() && cap.region.size() != 12) {
    return table.Error(row, "a region has 12 digits; empty is the nation");
  }
  ASSIGN_OR_RETURN(cap.from, table.Day(row, "from", kFirstDay));
  ASSIGN_OR_RETURN(cap.until, table.Day(row, "until", kLastDay));
  if (cap.cap.empty() || cap.label_zh.empty() || cap.source.empty() || cap.until <= cap.from) {
    return table.Error(row, "a row needs a code, a label, a source, and days in order");
  }
  RETURN_IF_ERROR(ReadLimits(table, row, &cap));
  if (table.Get(row, "purposes") != "*") {
    cap.purposes = absl::StrSplit(table.Get(row, "purposes"), '|');
  }
  return cap;
}

}  // namespace

absl::StatusOr<DepartmentBook> DepartmentBook::Create(std::string_view caps, std::string_view facts, CodeLists lists,
                                                      TermCalendar calendar, RegionPath path) {
  DepartmentBook book;
  book.lists_ = std::move(lists);
  book.calendar_ = std::move(calendar);
  book.path_ = std::move(path);
  RETURN_IF_ERROR(book.lists_.Get(kDepartments).status());
  RETURN_IF_ERROR(book.lists_.Get(kMatches).status());
  RETURN_IF_ERROR(book.AddFamilies());
  RETURN_IF_ERROR(book.AddCaps(caps));
  RETURN_IF_ERROR(book.AddFacts(facts));
  return book;
}

absl::Status DepartmentBook::AddFamilies() {
  ASSIGN_OR_RETURN(const CodeList* const purposes, lists_.Get(kPurposes));
  for (const CodeEntry& entry : purposes->entries()) {
    for (const std::string_view word : absl::StrSplit(entry.Attribute("families"), '|', absl::SkipEmpty())) {
      const auto family = EnumOf<v1::BenefitFamily>(word).value_or(v1::BENEFIT_FAMILY_UNSPECIFIED);
      if (family == v1::BENEFIT_FAMILY_UNSPECIFIED || !purposes_.emplace(family, entry.code).second) {
        return Fail("DATA_FILE", {{"file", "aid_purpose.csv"},
                                  {"line", entry.code},
                                  {"problem", absl::StrCat("no such family, or of two purposes: ", word)}});
      }
    }
  }
  return absl::OkStatus();
}

absl::Status DepartmentBook::AddCaps(std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse(kFile, text,
                                                           {"cap", "region", "from", "until", "period", "purposes",
                                                            "limit_yuan", "over", "label_zh", "source"}));
  for (size_t i = 0; i < table.size(); ++i) {
    ASSIGN_OR_RETURN(AidCap cap, ReadCap(table, i));
    for (const std::string& purpose : cap.purposes) {
      if (!KnowsPurpose(purpose)) {
        return table.Error(i, "purposes are codes of aid_purpose separated by |, or *");
      }
    }
    for (const AidCap& other : caps_) {
      if (other.cap == cap.cap && other.region == cap.region && other.from < cap.until && cap.from < other.until) {
        return table.Error(i, "another row of the cap and region holds on one of its days");
      }
    }
    caps_.push_back(std::move(cap));
  }
  return absl::OkStatus();
}

absl::Status DepartmentBook::AddFacts(std::string_view text) {
  ASSIGN_OR_RETURN(
      const DataTable table,
      DataTable::Parse("fact_sources.csv", text, {"department", "factor", "from", "until", "prevails", "source"}));
  for (size_t i = 0; i < table.size(); ++i) {
    FactSourceRow row;
    row.department = std::string(table.Get(i, "department"));
    row.factor = std::string(table.Get(i, "factor"));
    row.prevails = table.Get(i, "prevails") == "yes";
    ASSIGN_OR_RETURN(row.from, table.Day(i, "from", kFirstDay));
    ASSIGN_OR_RETURN(row.until, table.Day(i, "until", kLastDay));
    if (lists_.Find(kDepartments)->Find(row.department) == nullptr) {
      return table.Error(i, "a department is a code of aid_department");
    }
    if (!row.prevails && table.Get(i, "prevails") != "no") {
      return table.Error(i, "prevails is yes or no");
    }
    if (row.factor.empty() || table.Get(i, "source").empty() || row.until <= row.from) {
      return table.Error(i, "a row needs a factor, a source, and days in order");
    }
    for (const FactSourceRow& other : facts_) {
      if (other.department == row.department && other.factor == row.factor && other.from < row.until &&
          row.from < other.until) {
        return table.Error(i, "another row of the department and factor holds on one of its days");
      }
    }
    facts_.push_back(std::move(row));
  }
  return absl::OkStatus();
}

std::vector<std::string> DepartmentBook::FactorsOf(std::string_view department, absl::CivilDay day) const {
  std::vector<std::string> factors;
  for (const FactSourceRow& row : facts_) {
    if (row.department == department && row.from <= day && day < row.until) {
      factors.push_back(row.factor);
    }
  }
  std::sort(factors.begin(), factors.end());
  return factors;
}

bool DepartmentBook::Prevails(std::string_view department, std::string_view factor, std::string_view match,
                              absl::CivilDay day) const {
  const CodeEntry* const code = lists_.Find(kMatches)->Find(match);
  return code != nullptr && code->Attribute("usable") == "yes" &&
         std::any_of(facts_.begin(), facts_.end(), [&](const FactSourceRow& row) {
           return row.department == department && row.factor == factor && row.prevails && row.from <= day &&
                  day < row.until;
         });
}

bool DepartmentBook::KnowsDepartment(std::string_view code, absl::CivilDay day) const {
  const CodeList* const list = lists_.Find(kDepartments);
  return list != nullptr && list->Find(code, day) != nullptr;
}

bool DepartmentBook::KnowsPurpose(std::string_view code) const {
  const CodeList* const list = lists_.Find(kPurposes);
  return list != nullptr && list->Find(code) != nullptr;
}

std::string DepartmentBook::PurposeOf(v1::BenefitFamily family) const {
  const auto found = purposes_.find(family);
  return found == purposes_.end() ? "" : found->second;
}

std::vector<const AidCap*> DepartmentBook::CapsOn(std::string_view region, absl::CivilDay day) const {
  std::vector<std::string> codes;
  if (!region.empty()) {
    codes = path_(region);
  }
  codes.emplace_back();  // the nation
  std::map<std::string_view, const AidCap*> lowest;
  for (const std::string& code : codes) {
    for (const AidCap& cap : caps_) {
      if (cap.region == code && cap.from <= day && day < cap.until) {
        lowest.emplace(cap.cap, &cap);
      }
    }
  }
  std::vector<const AidCap*> caps;
  for (const auto& [code, cap] : lowest) {
    caps.push_back(cap);
  }
  return caps;
}

}  // namespace ruraledu::student_aid
