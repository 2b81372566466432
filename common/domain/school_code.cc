#include "common/domain/school_code.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "common/base/error.h"

namespace ruraledu {
namespace {

bool IsDigits(std::string_view text, size_t count) {
  return text.size() == count && absl::c_all_of(text, absl::ascii_isdigit);
}

absl::StatusOr<SchoolCode> Take(std::string_view number, const CodeList& types, const ProvincePrefixes& provinces) {
  if (!IsDigits(number, 10)) {
    return Fail("SCHOOL_CODE_FORMAT");
  }
  SchoolCode code{std::string(number.substr(0, 2)), std::string(number.substr(2, 2)), std::string(number.substr(4))};
  if (types.Find(code.type) == nullptr) {
    return Fail("SCHOOL_CODE_TYPE", {{"type", code.type}});
  }
  if (!provinces[static_cast<size_t>((number[2] - '0') * 10 + (number[3] - '0'))]) {
    return Fail("SCHOOL_CODE_PROVINCE", {{"province", code.province}});
  }
  return code;
}

}  // namespace

absl::StatusOr<SchoolCode> ParseSchoolCode(std::string_view text, const CodeList& types,
                                           const ProvincePrefixes& provinces) {
  bool changed = false;
  return Take(NormalizeNumber(text, &changed), types, provinces);
}

absl::StatusOr<TeachingPointCode> ParseTeachingPointCode(std::string_view text, const CodeList& types,
                                                         const ProvincePrefixes& provinces) {
  bool changed = false;
  const std::string number = NormalizeNumber(text, &changed);
  if (!IsDigits(number, 12) || number.substr(10) == "00") {
    return Fail("SCHOOL_CODE_FORMAT");
  }
  TeachingPointCode code;
  ASSIGN_OR_RETURN(code.parent, Take(std::string_view(number).substr(0, 10), types, provinces));
  code.suffix = number.substr(10);
  return code;
}

}  // namespace ruraledu
