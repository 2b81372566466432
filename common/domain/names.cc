#include "common/domain/names.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"
#include "common/domain/full_width.h"
#include "common/domain/load_file.h"
#include "common/domain/pinyin.h"

namespace ruraledu {
namespace {

constexpr char32_t kMiddleDot = 0x00B7;
constexpr std::u32string_view kDots = U"\u00B7\u2022\u30FB\u2027";
constexpr std::u32string_view kOpening = U"([{<\u3010\u3014\u300A\u3008\uFF08\uFF3B\uFF5B";
constexpr std::u32string_view kClosing = U")]}>\u3011\u3015\u300B\u3009\uFF09\uFF3D\uFF5D";

bool In(std::u32string_view set, char32_t character) {
  return set.find(character) != std::u32string_view::npos;
}

bool HanAt(std::u32string_view text, size_t at) {
  return at < text.size() && IsHan(text[at]);
}

// NFC; false on an ICU failure.
bool Compose(std::string* text) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
  const icu::UnicodeString wide = icu::UnicodeString::fromUTF8(*text);
  if (U_FAILURE(error) || nfc->isNormalized(wide, error)) {
    return U_SUCCESS(error);
  }
  text->clear();
  nfc->normalize(wide, error).toUTF8String(*text);
  return U_SUCCESS(error);
}

std::u32string UnifyDots(std::u32string_view text) {
  std::u32string unified(text);
  for (size_t i = 0; i < text.size(); ++i) {
    const bool between = i > 0 && HanAt(text, i - 1) && HanAt(text, i + 1);
    if (In(kDots, text[i]) || (text[i] == '.' && between)) {
      unified[i] = kMiddleDot;
    }
  }
  return unified;
}

// Drops blanks at the ends, beside Han characters and dots, and repeated ones.
std::u32string DropBlanks(std::u32string_view text) {
  std::u32string kept;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!u_isUWhiteSpace(static_cast<UChar32>(text[i]))) {
      kept.push_back(text[i]);
      continue;
    }
    size_t next = i;
    while (next < text.size() && u_isUWhiteSpace(static_cast<UChar32>(text[next]))) {
      ++next;
    }
    const auto tight = [](char32_t c) { return IsHan(c) || c == kMiddleDot; };
    if (!kept.empty() && next < text.size() && !tight(kept.back()) && !tight(text[next])) {
      kept.push_back(' ');
    }
    i = next - 1;
  }
  return kept;
}

int CharacterSimilarity(const PreparedName::Character& a, const PreparedName::Character& b) {
  if (a.written == b.written) {
    return 1000;
  }
  if (a.folded == b.folded) {
    return 970;
  }
  if (a.syllable != b.syllable) {
    return 0;
  }
  return a.tone == b.tone ? 850 : 800;
}

}  // namespace

absl::StatusOr<std::string> NormalizeName(std::string_view name) {
  std::string text = ToHalfWidth(name);
  std::u32string characters;
  if (!DecodeUtf8(text, &characters) || !Compose(&text)) {
    return Fail("NAME_FORMAT");
  }
  characters.clear();
  DecodeUtf8(text, &characters);
  // Blanks first: a dot between blanks stands between Han characters all the same.
  const std::u32string normal = DropBlanks(UnifyDots(DropBlanks(characters)));
  if (absl::c_any_of(normal, [](char32_t c) { return u_iscntrl(static_cast<UChar32>(c)) != 0; })) {
    return Fail("NAME_FORMAT");
  }
  return EncodeUtf8(normal);
}

std::string StripNickname(std::string_view name) {
  std::u32string characters;
  if (!DecodeUtf8(name, &characters)) {
    return std::string(name);
  }
  std::u32string kept;
  int depth = 0;
  for (char32_t c : characters) {
    depth += In(kOpening, c);
    if (depth == 0) {
      kept.push_back(c);
    }
    depth -= depth > 0 && In(kClosing, c);
  }
  kept = DropBlanks(kept);
  return kept.empty() ? std::string(name) : EncodeUtf8(kept);
}

absl::StatusOr<NameRules> NameRules::Parse(std::string_view variants, std::string_view surnames) {
  NameRules rules;
  ASSIGN_OR_RETURN(const DataTable pairs,
                   DataTable::Parse("name-variants", variants, {"variant", "standard", "source"}));
  for (size_t row = 0; row < pairs.size(); ++row) {
    std::u32string from, to;
    if (!DecodeUtf8(pairs.Get(row, "variant"), &from) || !DecodeUtf8(pairs.Get(row, "standard"), &to) ||
        from.size() != 1 || to.size() != 1 || from == to || !rules.variants_.emplace(from[0], to[0]).second) {
      return pairs.Error(row, "variant and standard are one character each, a variant is given once");
    }
  }
  for (const auto& [from, to] : rules.variants_) {
    if (rules.variants_.contains(to)) {
      return Fail("DATA_FILE", {{"file", "name-variants"},
                                {"line", "1"},
                                {"problem", absl::StrCat(EncodeUtf8({&to, 1}), " is a variant and a standard form")}});
    }
  }
  ASSIGN_OR_RETURN(const DataTable compound,
                   DataTable::Parse("compound-surnames", surnames, {"surname", "pinyin", "source"}));
  for (size_t row = 0; row < compound.size(); ++row) {
    std::u32string surname;
    std::vector<std::string> readings = absl::StrSplit(compound.Get(row, "pinyin"), ' ');
    const bool toned = absl::c_all_of(
        readings, [](const std::string& text) { return text.size() > 1 && text.back() >= '1' && text.back() <= '5'; });
    if (!DecodeUtf8(compound.Get(row, "surname"), &surname) || surname.size() != 2 || readings.size() != 2 || !toned ||
        !rules.surnames_.emplace(surname, std::move(readings)).second) {
      return compound.Error(row, "two characters and two readings with tone digits, a surname is given once");
    }
  }
  return rules;
}

absl::StatusOr<NameRules> NameRules::Load(const std::string& folder) {
  ASSIGN_OR_RETURN(const std::string variants, LoadFile(absl::StrCat(folder, "/name-variants.csv")));
  ASSIGN_OR_RETURN(const std::string surnames, LoadFile(absl::StrCat(folder, "/compound-surnames.csv")));
  return Parse(variants, surnames);
}

PreparedName NameRules::Prepare(std::string_view name) const {
  PreparedName prepared;
  const auto normal = NormalizeName(name);
  std::u32string text;
  if (!normal.ok()) {
    return prepared;
  }
  prepared.normal = StripNickname(*normal);
  DecodeUtf8(prepared.normal, &text);
  const bool dotted = In(text, kMiddleDot);
  std::erase_if(text, [](char32_t c) { return c == kMiddleDot || c == ' '; });
  const auto compound = dotted || text.size() < 3 ? surnames_.end() : surnames_.find(text.substr(0, 2));
  for (size_t i = 0; i < text.size(); ++i) {
    const auto written = static_cast<char32_t>(u_tolower(static_cast<UChar32>(text[i])));
    const auto variant = variants_.find(written);
    PreparedName::Character character{written, variant == variants_.end() ? written : variant->second, "", '0'};
    if (compound != surnames_.end() && i < 2) {
      const std::string& reading = compound->second[i];
      character.syllable = reading.substr(0, reading.size() - 1);
      character.tone = reading.back();
    } else {
      const bool surname = i == 0 && !dotted;
      const Reading& reading = ReadingOf(written, surname ? ReadingUse::kSurname : ReadingUse::kCommon);
      character.syllable = reading.syllable.empty() ? EncodeUtf8({&written, 1}) : reading.syllable;
      character.tone = reading.tone;
    }
    prepared.characters.push_back(std::move(character));
  }
  return prepared;
}

std::string NameRules::FamilyName(std::string_view name) const {
  std::u32string text;
  if (!DecodeUtf8(name, &text) || !HanAt(text, 0) || In(text, kMiddleDot)) {
    return std::string(name);
  }
  const bool compound = text.size() >= 3 && surnames_.contains(text.substr(0, 2));
  return EncodeUtf8(text.substr(0, compound ? 2 : 1));
}

std::string NameRules::NameKey(const PreparedName& name) const {
  std::string key;
  for (const auto& character : name.characters) {
    absl::StrAppend(&key, key.empty() ? "" : " ", character.syllable);
  }
  return key;
}

std::string NameRules::SortKey(const PreparedName& name) const {
  std::string key;
  for (const auto& character : name.characters) {
    absl::StrAppend(&key, character.syllable, std::string(1, character.tone), EncodeUtf8({&character.written, 1}), " ");
  }
  return key;
}

int NameRules::Similarity(const PreparedName& a, const PreparedName& b) const {
  if (a.normal == b.normal) {
    return 1000;
  }
  const size_t longer = std::max(a.characters.size(), b.characters.size());
  if (longer == 0) {
    return 0;
  }
  std::vector<int> row(b.characters.size() + 1, 0);  // best score of the heads aligned so far
  for (const auto& left : a.characters) {
    int diagonal = 0;
    for (size_t j = 1; j < row.size(); ++j) {
      const int above = row[j];
      row[j] = std::max({above, row[j - 1], diagonal + CharacterSimilarity(left, b.characters[j - 1])});
      diagonal = above;
    }
  }
  return std::min(999, row.back() / static_cast<int>(longer));
}

}  // namespace ruraledu
