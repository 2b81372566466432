// Citizen identification number, GB 11643-1999 (digest 7.1): 6 region + 8 birth date + 3 sequence + 1 check character.
//
// The region is where the number was first issued: it need not be the present county and may be withdrawn, so only the
// first two digits are checked, against the code list citizen_id_province (which has 81, 82, 83 of the residence
// permits of Hong Kong, Macao and Taiwan residents). Cells ruined by a spreadsheet (EXCEL_PRECISION) are refused by
// common/ingest before they come here.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/domain/code_list.h"

namespace ruraledu {

enum class Sex { kUnknown = 0, kMale = 1, kFemale = 2 };  // codes of digest 7.5
enum class CitizenIdKind { kResident, kHongKong, kMacao, kTaiwan };

using ProvincePrefixes = std::bitset<100>;
// The two-digit codes of a code list that are valid on any day.
ProvincePrefixes ProvincePrefixesOf(const CodeList& list);

// What the record says; absent or kUnknown is not compared.
struct PersonFacts {
  std::optional<absl::CivilDay> birth_date;
  Sex sex = Sex::kUnknown;
};

struct CitizenIdCheck {
  // "" when the number is good, else the first failure in this order: ID_LENGTH (ID_LEGACY15 for 15 digits),
  // ID_CHARSET, ID_REGION, ID_DATE (impossible or after `today`), ID_CHECK.
  std::string_view error;
  // ID_NORMALIZED (full-width, lower-case x or blanks were repaired), then ID_BIRTH_MISMATCH, ID_SEX_MISMATCH. The
  // last two only for a good number.
  std::vector<std::string_view> warnings;
  std::string number;         // normalised text, whether good or not
  absl::CivilDay birth_date;  // this and below: only for a good number
  Sex sex = Sex::kUnknown;
  CitizenIdKind kind = CitizenIdKind::kResident;

  bool ok() const { return error.empty(); }
};

// `text` is UTF-8; `today` is the day of evaluation.
CitizenIdCheck CheckCitizenId(std::string_view text, const PersonFacts& facts, const ProvincePrefixes& provinces,
                              absl::CivilDay today);

// The check character of 17 digits: weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2, sum mod 11 in "10X98765432".
char CitizenIdCheckCharacter(std::string_view first17);

// Full-width letters, digits and blanks to half-width, surrounding blanks away, upper case. Shared with student
// numbers. `changed` says whether anything was repaired.
std::string NormalizeNumber(std::string_view text, bool* changed);

// Characters (code points) of UTF-8 text; a broken byte counts as one.
size_t CharacterCount(std::string_view text);

}  // namespace ruraledu
