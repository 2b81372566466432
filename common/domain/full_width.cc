#include "common/domain/full_width.h"

namespace ruraledu {

std::string ToHalfWidth(std::string_view text) {
  std::string half;
  half.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = [&](size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
    const unsigned second = byte(i + 1), third = byte(i + 2);
    if (byte(i) == 0xEF && (second == 0xBC || second == 0xBD) && third >= 0x80 && third <= 0xBF) {
      const unsigned form = ((second & 0x3F) << 6) | (third & 0x3F);  // offset in the block U+F000
      if (form >= 0xF01 && form <= 0xF5E) {
        half.push_back(static_cast<char>(form - 0xF01 + '!'));
        i += 2;
        continue;
      }
    } else if (byte(i) == 0xE3 && second == 0x80 && third == 0x80) {
      half.push_back(' ');
      i += 2;
      continue;
    }
    half.push_back(text[i]);
  }
  return half;
}

}  // namespace ruraledu
