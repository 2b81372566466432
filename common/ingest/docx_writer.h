// Writes a letter as Office Open XML (.docx) that every office program opens and prints.
//
// No packaged program does this without a running office suite (LibreOffice, pandoc: hundreds of megabytes and seconds
// a letter), and a letter needs a title, paragraphs and their place on the line only: three parts in a zip file, by
// minizip, which reads workbooks already.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace ruraledu::ingest {

inline constexpr std::string_view kDocx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

// One line of `text` is one paragraph: "# " begins a title (centred, bold), "> " a line at the right edge. Text is
// valid UTF-8; what XML cannot hold is left out. FILE_UNWRITABLE.
absl::StatusOr<std::string> WriteDocx(std::string_view text);

}  // namespace ruraledu::ingest
