#include "services/student_aid/outward_letter_rules.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kIndex = "{index}", kName = "{name}", kSchool = "{school}";

std::string Fill(std::string_view text, const LetterFacts& facts) {
  return absl::StrReplaceAll(text, {{"{letter}", facts.letter},
                                    {"{to}", facts.to},
                                    {"{from}", facts.from},
                                    {"{term}", facts.term},
                                    {"{count}", absl::StrCat(facts.pupils.size())},
                                    {"{due}", facts.due},
                                    {"{date}", facts.date}});
}

}  // namespace

absl::StatusOr<std::string> CheckLetterTemplate(std::string_view file, std::string_view text) {
  const auto fault = [&](int line, std::string_view problem) {
    return Fail("DATA_FILE", {{"file", file}, {"line", absl::StrCat(line)}, {"problem", problem}});
  };
  std::string checked;
  int number = 0, pupils = 0;
  for (const std::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (absl::StartsWith(line, "#")) {
      continue;
    }
    const bool pupil = absl::StrContains(line, kIndex);
    pupils += pupil ? 1 : 0;
    if (pupil && !absl::StrContains(line, kName)) {
      return fault(number, "the line of a pupil has no {name}");
    }
    const std::string known =
        pupil ? absl::StrReplaceAll(line, {{kIndex, ""}, {kName, ""}, {kSchool, ""}}) : std::string(line);
    if (absl::StrContains(Fill(known, LetterFacts()), "{")) {
      return fault(number, "a {place} that nobody fills");
    }
    absl::StrAppend(&checked, line, "\n");
  }
  if (pupils != 1) {
    return fault(number, "one line has {index}");
  }
  return checked;
}

std::string RenderLetter(std::string_view checked, const LetterFacts& facts) {
  std::string text;
  for (const std::string_view line : absl::StrSplit(checked, '\n')) {
    if (!absl::StrContains(line, kIndex)) {
      absl::StrAppend(&text, Fill(line, facts), "\n");
      continue;
    }
    for (size_t i = 0; i < facts.pupils.size(); ++i) {
      const LetterPupil& pupil = facts.pupils[i];
      // One pass: a name that looks like a place stays a name.
      absl::StrAppend(
          &text,
          absl::StrReplaceAll(line, {{kIndex, absl::StrCat(i + 1)}, {kName, pupil.name}, {kSchool, pupil.school}}),
          "\n");
    }
  }
  while (absl::EndsWith(text, "\n\n")) {
    text.pop_back();
  }
  return text;
}

}  // namespace ruraledu::student_aid
