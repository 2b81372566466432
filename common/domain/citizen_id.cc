#include "common/domain/citizen_id.h"

#include <array>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/domain/full_width.h"

namespace ruraledu {
namespace {

bool HasCharset(std::string_view number) {
  return absl::c_all_of(number.substr(0, 17), absl::ascii_isdigit) &&
         (absl::ascii_isdigit(number[17]) || number[17] == 'X');
}

CitizenIdKind KindOf(std::string_view province) {
  return province == "81"   ? CitizenIdKind::kHongKong
         : province == "82" ? CitizenIdKind::kMacao
         : province == "83" ? CitizenIdKind::kTaiwan
                            : CitizenIdKind::kResident;
}

std::string_view FirstFailure(std::string_view number, const ProvincePrefixes& provinces, absl::CivilDay today,
                              absl::CivilDay* birth) {
  if (number.size() == 15 && absl::c_all_of(number, absl::ascii_isdigit)) {
    return "ID_LEGACY15";
  }
  if (CharacterCount(number) != 18) {
    return "ID_LENGTH";
  }
  if (number.size() != 18 || !HasCharset(number)) {
    return "ID_CHARSET";
  }
  if (!provinces[static_cast<size_t>((number[0] - '0') * 10 + (number[1] - '0'))]) {
    return "ID_REGION";
  }
  const std::string date = absl::StrCat(number.substr(6, 4), "-", number.substr(10, 2), "-", number.substr(12, 2));
  if (!ParseDay(date, birth) || *birth > today) {
    return "ID_DATE";
  }
  return CitizenIdCheckCharacter(number.substr(0, 17)) == number[17] ? "" : "ID_CHECK";
}

}  // namespace

ProvincePrefixes ProvincePrefixesOf(const CodeList& list) {
  ProvincePrefixes prefixes;
  for (const CodeEntry& entry : list.entries()) {
    size_t prefix = 0;
    if (absl::SimpleAtoi(entry.code, &prefix) && prefix < prefixes.size()) {
      prefixes.set(prefix);
    }
  }
  return prefixes;
}

char CitizenIdCheckCharacter(std::string_view first17) {
  constexpr std::array<int, 17> kWeights = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (size_t i = 0; i < kWeights.size(); ++i) {
    sum += (first17[i] - '0') * kWeights[i];
  }
  return "10X98765432"[sum % 11];
}

std::string NormalizeNumber(std::string_view text, bool* changed) {
  std::string number = ToHalfWidth(text);
  absl::StripAsciiWhitespace(&number);
  absl::AsciiStrToUpper(&number);
  *changed = number != text;
  return number;
}

size_t CharacterCount(std::string_view text) {
  return static_cast<size_t>(absl::c_count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

CitizenIdCheck CheckCitizenId(std::string_view text, const PersonFacts& facts, const ProvincePrefixes& provinces,
                              absl::CivilDay today) {
  CitizenIdCheck check;
  bool changed = false;
  check.number = NormalizeNumber(text, &changed);
  if (changed) {
    check.warnings.push_back("ID_NORMALIZED");
  }
  check.error = FirstFailure(check.number, provinces, today, &check.birth_date);
  if (!check.ok()) {
    return check;
  }
  check.sex = (check.number[16] - '0') % 2 == 1 ? Sex::kMale : Sex::kFemale;
  check.kind = KindOf(std::string_view(check.number).substr(0, 2));
  if (facts.birth_date && *facts.birth_date != check.birth_date) {
    check.warnings.push_back("ID_BIRTH_MISMATCH");
  }
  if (facts.sex != Sex::kUnknown && facts.sex != check.sex) {
    check.warnings.push_back("ID_SEX_MISMATCH");
  }
  return check;
}

}  // namespace ruraledu
