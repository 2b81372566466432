// The letter to another county out of its template: lines that begin with # are left out, the line with {index} stands
// once per pupil.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace ruraledu::student_aid {

struct LetterPupil {
  std::string name, school;
};
struct LetterFacts {
  std::string letter, to, from, term, due, date;
  std::vector<LetterPupil> pupils;  // in the order of DR-11
};

// The template without its comments. DATA_FILE unless one line has {index}, with {name} on it, and every {place} is one
// that RenderLetter fills.
absl::StatusOr<std::string> CheckLetterTemplate(std::string_view file, std::string_view text);

std::string RenderLetter(std::string_view checked, const LetterFacts& facts);

}  // namespace ruraledu::student_aid
