// Normal form of text that came from somewhere else (digest 7.6). One form for headers, cells, names and requests, so
// that equal things compare equal byte by byte. The original text is kept by whoever stores the row.
#pragma once

#include <string>
#include <string_view>

namespace ruraledu {

// Full-width digits and letters become half-width; every kind of blank, tab and line break becomes one space;
// zero-width marks (U+200B..U+200D, U+FEFF) go; trimmed at both ends; NFC; private-use forms of StandardForm are
// replaced. Punctuation stays. `text` is valid UTF-8; an ill-formed sequence becomes U+FFFD.
std::string NormalizeText(std::string_view text);

// As NormalizeText, and full-width punctuation (U+FF01..U+FF5E) becomes half-width too: for IDs, dates, amounts, codes.
std::string NormalizeCode(std::string_view text);

// GB 18030-2005 puts 24 characters into the private use area that GB 18030-2022 (or Unicode) has as characters of their
// own: the standard code point of `code_point`, or itself. A name written by either edition reads the same.
char32_t StandardForm(char32_t code_point);

}  // namespace ruraledu
