#include "common/domain/student_number.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"

namespace ruraledu {
namespace {

std::string_view FirstFailure(std::string_view number, const ProvincePrefixes& provinces, absl::CivilDay today,
                              absl::CivilDay* birth) {
  const std::string_view body = number.substr(std::min<size_t>(number.size(), 1));
  const bool digits = body.size() == 18 && absl::c_all_of(body.substr(0, 17), absl::ascii_isdigit) &&
                      (absl::ascii_isdigit(body[17]) || (body[17] == 'X' && number[0] != 'L'));
  if (!digits || std::string_view("GJL").find(number[0]) == std::string_view::npos) {
    return "STUDENT_NUMBER_FORMAT";
  }
  if (!provinces[static_cast<size_t>((body[0] - '0') * 10 + (body[1] - '0'))]) {
    return "STUDENT_NUMBER_REGION";
  }
  const std::string date = absl::StrCat(body.substr(6, 4), "-", body.substr(10, 2), "-", body.substr(12, 2));
  if (!ParseDay(date, birth) || *birth > today) {
    return "STUDENT_NUMBER_DATE";
  }
  const bool checked = number[0] != 'L';
  return checked && CitizenIdCheckCharacter(body.substr(0, 17)) != body[17] ? "STUDENT_NUMBER_CHECK" : "";
}

}  // namespace

StudentNumberCheck CheckStudentNumber(std::string_view text, std::string_view citizen_id,
                                      const ProvincePrefixes& provinces, absl::CivilDay today) {
  StudentNumberCheck check;
  bool changed = false;
  check.number = NormalizeNumber(text, &changed);
  if (changed) {
    check.warnings.push_back("STUDENT_NUMBER_NORMALIZED");
  }
  check.error = FirstFailure(check.number, provinces, today, &check.birth_date);
  if (!check.ok()) {
    return check;
  }
  check.kind = check.number[0];
  if (check.kind == 'G' && !citizen_id.empty() && std::string_view(check.number).substr(1) != citizen_id) {
    check.warnings.push_back("STUDENT_NUMBER_BODY_MISMATCH");
  }
  return check;
}

}  // namespace ruraledu
