#include "services/student_aid/presence_rules.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace ruraledu::student_aid {
namespace {

class Findings {
 public:
  explicit Findings(const PresenceFacts& facts) : facts_(facts) {}

  void Add(std::string_view reason, const std::string& person, const std::string& place) {
    v1::PresenceFinding& finding = found_.emplace_back();
    finding.set_reason(std::string(reason));
    finding.set_person(person);
    finding.set_place(place);
    finding.set_aided(facts_.aided.contains(person));
  }
  std::vector<v1::PresenceFinding> Sorted() && {
    std::stable_sort(found_.begin(), found_.end(), [](const auto& a, const auto& b) {
      return std::tie(a.reason(), a.person(), a.place()) < std::tie(b.reason(), b.person(), b.place());
    });
    return std::move(found_);
  }

 private:
  const PresenceFacts& facts_;
  std::vector<v1::PresenceFinding> found_;
};

// The list against itself and the roll: twice the same pupil or bed, somebody who is not on the roll.
void CheckRows(const PresenceFacts& facts, const std::map<std::string, const RegisteredPupil*>& roll,
               absl::Span<const v1::PresenceRow> rows, Findings* findings) {
  const bool beds = facts.kind == v1::PRESENCE_KIND_BOARDING;
  std::set<std::string> persons, places;
  for (const v1::PresenceRow& row : rows) {
    if (!persons.insert(row.person()).second) {
      findings->Add("PUPIL_TWICE", row.person(), row.place());
    }
    if (beds && !places.insert(row.place()).second) {
      findings->Add("BED_TWICE", row.person(), row.place());
    }
    const auto pupil = roll.find(row.person());
    if (pupil == roll.end()) {
      findings->Add("NOT_ON_ROLL", row.person(), row.place());
    } else if (beds && !pupil->second->boards) {
      findings->Add("BED_OF_NO_BOARDER", row.person(), row.place());
    }
  }
}

}  // namespace

int32_t RegisteredOf(const PresenceFacts& facts) {
  const auto counts = [&](const RegisteredPupil& pupil) {
    return facts.kind == v1::PRESENCE_KIND_IN_CLASS || pupil.boards;
  };
  return static_cast<int32_t>(std::count_if(facts.roll.begin(), facts.roll.end(), counts));
}

std::vector<v1::PresenceFinding> FindingsOf(const PresenceFacts& facts, absl::Span<const v1::PresenceRow> rows) {
  const bool beds = facts.kind == v1::PRESENCE_KIND_BOARDING;
  std::map<std::string, const RegisteredPupil*> roll;
  for (const RegisteredPupil& pupil : facts.roll) {
    roll[pupil.person] = &pupil;
  }
  Findings findings(facts);
  CheckRows(facts, roll, rows, &findings);
  std::set<std::string> seen;
  for (const v1::PresenceRow& row : rows) {
    seen.insert(row.person());
  }
  for (const auto& [person, pupil] : roll) {
    if ((pupil->boards || !beds) && !seen.contains(person)) {
      findings.Add(beds ? "BOARDER_WITHOUT_BED" : "NOT_IN_CLASS", person, "");
    }
    if (beds && pupil->boards && pupil->lives_near) {
      findings.Add("BOARDER_LIVES_NEAR", person, "");
    }
  }
  const int32_t boarders = RegisteredOf(facts);
  if (beds && boarders > facts.beds) {
    findings.Add("BOARDERS_ABOVE_BEDS", "", absl::StrCat(boarders, "/", facts.beds));
  }
  return std::move(findings).Sorted();
}

}  // namespace ruraledu::student_aid
