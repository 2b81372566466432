#include "common/domain/text.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace ruraledu {
namespace {

struct Form {
  char32_t private_use, standard;
};

// GB 18030-2022 annex: characters moved out of the private use area, and the six that stay there although Unicode has
// them. Sorted by private_use.
constexpr Form kForms[] = {
    {0xE78D, 0xFE10},  {0xE78E, 0xFE12},  {0xE78F, 0xFE11},  {0xE790, 0xFE13},  {0xE791, 0xFE14},
    {0xE792, 0xFE15},  {0xE793, 0xFE16},  {0xE794, 0xFE17},  {0xE795, 0xFE18},  {0xE796, 0xFE19},
    {0xE7C7, 0x1E3F},  {0xE816, 0x20087}, {0xE817, 0x20089}, {0xE818, 0x200CC}, {0xE81E, 0x9FB4},
    {0xE826, 0x9FB5},  {0xE82B, 0x9FB6},  {0xE82C, 0x9FB7},  {0xE831, 0x215D7}, {0xE832, 0x9FB8},
    {0xE83B, 0x2298F}, {0xE843, 0x9FB9},  {0xE854, 0x9FBA},  {0xE855, 0x241FE}, {0xE864, 0x9FBB},
};

char32_t Next(std::string_view text, size_t& at) {
  auto index = static_cast<int64_t>(at);
  UChar32 c = 0;
  U8_NEXT_OR_FFFD(text.data(), index, static_cast<int64_t>(text.size()), c);
  at = static_cast<size_t>(index);
  return static_cast<char32_t>(c);
}

void Append(std::string& out, char32_t c) {
  char buffer[4];
  int length = 0;
  U8_APPEND_UNSAFE(buffer, length, static_cast<UChar32>(c));
  out.append(buffer, static_cast<size_t>(length));
}

bool IsBlank(char32_t c) {
  return c == ' ' || (c >= 0x09 && c <= 0x0D) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool IsZeroWidth(char32_t c) {
  return (c >= 0x200B && c <= 0x200D) || c == 0xFEFF;
}

char32_t HalfWidth(char32_t c, bool punctuation) {
  if (c < 0xFF01 || c > 0xFF5E) {
    return c;
  }
  char32_t half = c - 0xFEE0;
  bool alphanumeric = (half >= '0' && half <= '9') || (half >= 'A' && half <= 'Z') || (half >= 'a' && half <= 'z');
  return alphanumeric || punctuation ? half : c;
}

// Composition can change only text with something outside these ranges.
bool StableUnderNfc(char32_t c) {
  return c < 0x300 || (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xFF01 && c <= 0xFF5E);
}

std::string Compose(std::string text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
  if (U_FAILURE(status)) {
    return text;
  }
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  nfc->normalizeUTF8(0, text, sink, nullptr, status);
  return U_SUCCESS(status) ? out : text;
}

std::string Normalize(std::string_view text, bool punctuation) {
  std::string out;
  out.reserve(text.size());
  bool stable = true, blank = false;
  for (size_t at = 0; at < text.size();) {
    char32_t c = Next(text, at);
    if (IsBlank(c)) {
      blank = true;
    } else if (!IsZeroWidth(c)) {
      if (blank && !out.empty()) {
        out.push_back(' ');
      }
      blank = false;
      c = StandardForm(HalfWidth(c, punctuation));
      stable = stable && StableUnderNfc(c);
      Append(out, c);
    }
  }
  return stable ? out : Compose(std::move(out));
}

}  // namespace

char32_t StandardForm(char32_t code_point) {
  if (code_point < 0xE78D || code_point > 0xE864) {
    return code_point;
  }
  const Form* form = std::lower_bound(std::begin(kForms), std::end(kForms), code_point,
                                      [](const Form& f, char32_t c) { return f.private_use < c; });
  return form != std::end(kForms) && form->private_use == code_point ? form->standard : code_point;
}

std::string NormalizeText(std::string_view text) {
  return Normalize(text, false);
}

std::string NormalizeCode(std::string_view text) {
  return Normalize(text, true);
}

}  // namespace ruraledu
