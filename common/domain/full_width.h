// Full-width forms of East Asian text.
#pragma once

#include <string>
#include <string_view>

namespace ruraledu {

// U+FF01..U+FF5E to "!".."~" and U+3000 to " " (digest 7.6); every other byte stays.
std::string ToHalfWidth(std::string_view text);

}  // namespace ruraledu
