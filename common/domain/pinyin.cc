#include "common/domain/pinyin.h"

#include <unicode/normalizer2.h>
#include <unicode/translit.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <memory>

#include "absl/container/node_hash_map.h"

namespace ruraledu {
namespace {

// "lǚ" decomposed to base letters and combining marks gives syllable "lv" and tone 3.
Reading Decompose(const icu::UnicodeString& latin) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(error);
  if (U_FAILURE(error)) {
    return {};
  }
  const icu::UnicodeString marks = nfd->normalize(latin, error);
  Reading reading;
  reading.tone = '5';
  for (int32_t i = 0; i < marks.length(); ++i) {
    switch (const char16_t unit = marks[i]) {
      case 0x0304:
        reading.tone = '1';
        break;
      case 0x0301:
        reading.tone = '2';
        break;
      case 0x030C:
        reading.tone = '3';
        break;
      case 0x0300:
        reading.tone = '4';
        break;
      case 0x0308:
        reading.syllable.back() = 'v';
        break;
      default:
        if (unit < 'a' || unit > 'z') {
          return {};
        }
        reading.syllable.push_back(static_cast<char>(unit));
    }
  }
  return reading.syllable.empty() ? Reading{} : reading;
}

class Readings {
 public:
  explicit Readings(const char* id) {
    UErrorCode error = U_ZERO_ERROR;
    transliterator_.reset(icu::Transliterator::createInstance(id, UTRANS_FORWARD, error));
  }

  const Reading& Of(char32_t character) {
    const auto [found, added] = cache_.try_emplace(character);
    if (added && transliterator_ != nullptr && IsHan(character)) {
      icu::UnicodeString text(static_cast<UChar32>(character));
      transliterator_->transliterate(text);
      found->second = Decompose(text.trim());
    }
    return found->second;
  }

 private:
  std::unique_ptr<icu::Transliterator> transliterator_;
  absl::node_hash_map<char32_t, Reading> cache_;  // bounded by the Han characters in use
};

}  // namespace

bool IsHan(char32_t character) {
  UErrorCode error = U_ZERO_ERROR;
  return uscript_getScript(static_cast<UChar32>(character), &error) == USCRIPT_HAN && U_SUCCESS(error);
}

const Reading& ReadingOf(char32_t character, ReadingUse use) {
  static const Reading kNone;
  if (!IsHan(character)) {
    return kNone;
  }
  thread_local Readings common("Han-Latin");
  thread_local Readings surname("Han-Latin/Names");
  return (use == ReadingUse::kSurname ? surname : common).Of(character);
}

bool DecodeUtf8(std::string_view text, std::u32string* characters) {
  const auto size = static_cast<int32_t>(text.size());
  for (int32_t at = 0; at < size;) {
    UChar32 character = 0;
    U8_NEXT(text.data(), at, size, character);
    if (character < 0) {
      return false;
    }
    characters->push_back(static_cast<char32_t>(character));
  }
  return true;
}

std::string EncodeUtf8(std::u32string_view characters) {
  std::string text;
  for (char32_t character : characters) {
    uint8_t bytes[U8_MAX_LENGTH];
    int32_t size = 0;
    U8_APPEND_UNSAFE(bytes, size, character);
    text.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  }
  return text;
}

}  // namespace ruraledu
