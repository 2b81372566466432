// Personal names: normal form, order for people, and comparison that tolerates what departments really write
// (digest 7.6; homophones, variant characters, middle dots, nicknames in brackets). Pure and safe to call from many
// threads; readings are cached per thread, so millions of comparisons are cheap.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

namespace ruraledu {

// The stored form: full-width letters, digits and blanks to half-width; U+2022, U+30FB, U+2027 and "." between Han
// characters to U+00B7; blanks away at the ends and beside Han characters, single elsewhere; NFC. Idempotent.
// Errors: NAME_FORMAT (not UTF-8, or control characters). "" stays "".
absl::StatusOr<std::string> NormalizeName(std::string_view name);

// Without anything in brackets of any kind: "张三（狗蛋）" -> "张三". A name that is nothing but brackets stays.
std::string StripNickname(std::string_view name);

// What a comparison needs of a name; made once per name, compared often.
struct PreparedName {
  struct Character {
    char32_t written;      // lower case for Latin letters
    char32_t folded;       // variant characters folded
    std::string syllable;  // toneless pinyin with v for u-umlaut; the character itself when it has no reading
    char tone;             // '1'..'5'; '0' without a reading

    friend bool operator==(const Character&, const Character&) = default;
  };
  std::vector<Character> characters;  // without dots, blanks and nicknames
  std::string normal;                 // normalised, without nicknames
};

class NameRules {
 public:
  // `variants`: CSV variant,standard,source, one character each; a standard form is never itself a variant.
  // `surnames`: CSV surname,pinyin,source; compound surnames of two characters with toned readings as digits
  // ("ou1 yang2"). Errors: DATA_FILE.
  static absl::StatusOr<NameRules> Parse(std::string_view variants, std::string_view surnames);
  // From name-variants.csv and compound-surnames.csv of `folder` (deploy/data).
  static absl::StatusOr<NameRules> Load(const std::string& folder);

  // Malformed names give an empty result.
  PreparedName Prepare(std::string_view name) const;

  // The family name: a compound surname, else the first character; the whole name when it has a middle dot or no Han.
  std::string FamilyName(std::string_view name) const;
  // Equal for homophones and variants: "zhang zi han". For candidate lookup.
  std::string NameKey(const PreparedName& name) const;
  // Sorts as a Chinese dictionary does (reading, tone, character) under byte comparison, surnames with their own
  // readings (单 shan, 曾 zeng).
  std::string SortKey(const PreparedName& name) const;

  // 0..1000 permille; symmetric; 1000 if and only if the normal forms without nicknames are equal. Best alignment of
  // the characters: same 1000, variant 970, same sound 850, same sound with another tone 800, else 0, over the longer
  // length.
  int Similarity(const PreparedName& a, const PreparedName& b) const;
  int Similarity(std::string_view a, std::string_view b) const { return Similarity(Prepare(a), Prepare(b)); }

 private:
  absl::flat_hash_map<char32_t, char32_t> variants_;
  absl::flat_hash_map<std::u32string, std::vector<std::string>> surnames_;  // readings with tone digit
};

}  // namespace ruraledu
