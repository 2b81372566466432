#include "services/dropout_monitoring/roster_rules.h"

#include <map>
#include <tuple>

#include "common/base/day.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kSessions = 4;

std::string_view PersonOf(std::string_view student) {
  return student.substr(student.rfind('/') + 1);
}

}  // namespace

Marking MarkingOf(const CodeList& statuses, std::string_view status, std::string_view status_from, absl::CivilDay day) {
  if (DayText(day) < status_from) {
    return Marking::kRoster;
  }
  const CodeEntry* entry = statuses.Find(status);
  const std::string_view marking = entry == nullptr ? "none" : entry->Attribute("marking");
  return marking == "roster" ? Marking::kRoster : marking == "name" ? Marking::kByName : Marking::kNone;
}

std::vector<bool> Contradictions(absl::Span<const v1::AttendanceSheet* const> sheets,
                                 absl::Span<const uint8_t> sessions) {
  using Key = std::tuple<std::string_view, int32_t, int32_t, int32_t, int, int64_t, std::string_view>;
  struct Said {
    v1::Mark mark = v1::MARK_UNSPECIFIED;
    size_t sheet = 0;
  };
  std::map<Key, Said> said;
  std::vector<bool> contradict(sheets.size(), false);
  for (size_t i = 0; i < sheets.size(); ++i) {
    const v1::AttendanceSheet& sheet = *sheets[i];
    for (int bit = 0; bit < kSessions; ++bit) {
      if ((sessions[i] & (1 << bit)) == 0) {
        continue;
      }
      for (const v1::AttendanceMark& mark : sheet.marks()) {
        const Key key(sheet.class_name(), sheet.day().year(), sheet.day().month(), sheet.day().day(), bit,
                      sheet.taken_at_us(), PersonOf(mark.student()));
        const auto [known, fresh] = said.emplace(key, Said{mark.mark(), i});
        if (!fresh && known->second.mark != mark.mark()) {
          contradict[i] = contradict[known->second.sheet] = true;
        }
      }
    }
  }
  return contradict;
}

}  // namespace ruraledu::dropout_monitoring
