// School (institution) code (digest 7.3): 2 type + 2 province + 6 sequence, 10 digits; never reused. A teaching point
// without a code of its own is written with its parent's code and a two-digit suffix, in a field of its own.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/domain/citizen_id.h"
#include "common/domain/code_list.h"

namespace ruraledu {

struct SchoolCode {
  std::string type;      // code list school_type, "21"
  std::string province;  // "41"
  std::string sequence;  // 6 digits

  std::string text() const { return type + province + sequence; }
};

// Full-width digits and surrounding blanks are repaired. Errors in this order: SCHOOL_CODE_FORMAT, SCHOOL_CODE_TYPE
// (not in `types`), SCHOOL_CODE_PROVINCE.
absl::StatusOr<SchoolCode> ParseSchoolCode(std::string_view text, const CodeList& types,
                                           const ProvincePrefixes& provinces);

struct TeachingPointCode {
  SchoolCode parent;
  std::string suffix;  // "01" .. "99"
};

// 12 digits: the parent's code and the suffix. Errors as above; a suffix "00" is SCHOOL_CODE_FORMAT.
absl::StatusOr<TeachingPointCode> ParseTeachingPointCode(std::string_view text, const CodeList& types,
                                                         const ProvincePrefixes& provinces);

}  // namespace ruraledu
