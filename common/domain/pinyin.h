// Readings of single Han characters, by ICU's Han-Latin transliteration, cached per thread.
#pragma once

#include <string>
#include <string_view>

namespace ruraledu {

struct Reading {
  std::string syllable;  // "lv", "zhang"; "" when the character has no reading
  char tone = '0';       // '1'..'4', '5' neutral, '0' without a reading
};

enum class ReadingUse { kCommon, kSurname };

// Never fails: without ICU data every character has no reading.
const Reading& ReadingOf(char32_t character, ReadingUse use);

// UTF-8 <-> code points. False on malformed text.
bool DecodeUtf8(std::string_view text, std::u32string* characters);
std::string EncodeUtf8(std::u32string_view characters);

// Han characters of any block.
bool IsHan(char32_t character);

}  // namespace ruraledu
