#include "services/dropout_monitoring/unmarked_classes.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/roster_rules.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int64_t kClassesPerRead = 200;

}  // namespace

Unmarked::Unmarked(db::Transaction& tx, std::string shard, std::string parent, absl::CivilDay day,
                   const WorkCalendar& work, const CodeList& statuses)
    : tx_(tx),
      shard_(std::move(shard)),
      parent_(std::move(parent)),
      day_(day),
      work_(work),
      statuses_(statuses),
      year_(TeachingYearOf(day).text()) {}

absl::StatusOr<std::optional<v1::UnmarkedClass>> Unmarked::Look(const ClassRow& row) {
  ASSIGN_OR_RETURN(const Sessions held, Held(row.school));
  if (held == 0) {
    return std::nullopt;
  }
  ASSIGN_OR_RETURN(const auto marked, WholeSessions(tx_, shard_, row.id, day_));
  v1::UnmarkedClass found;
  for (const v1::Session session : ListOf(held)) {
    if (std::find(marked.begin(), marked.end(), v1::Session_Name(session)) == marked.end()) {
      found.add_sessions(session);
    }
  }
  if (found.sessions_size() == 0) {
    return std::nullopt;
  }
  ASSIGN_OR_RETURN(const auto members, MembersOf(tx_, shard_, row.id, day_));
  const bool any = std::any_of(members.begin(), members.end(), [&](const Member& member) {
    return MarkingOf(statuses_, member.status, member.status_from, day_) == Marking::kRoster;
  });
  if (!any) {
    return std::nullopt;
  }
  found.set_class_name(absl::StrCat(parent_, "/classes/", row.id));
  found.set_area(row.area);
  found.set_display_name(row.display_name);
  return found;
}

absl::StatusOr<Sessions> Unmarked::Held(const std::string& school) {
  if (const auto known = held_.find(school); known != held_.end()) {
    return known->second;
  }
  ASSIGN_OR_RETURN(const auto calendar, CalendarOf(tx_, shard_, school, year_));
  Sessions held = 0;
  if (calendar.has_value()) {
    ASSIGN_OR_RETURN(held, TeachingDays(work_, *calendar).On(day_));
  }
  return held_[school] = held;
}

absl::StatusOr<std::vector<v1::UnmarkedClass>> AllUnmarked(const rpc::Host& host, const CodeList& statuses,
                                                           const std::string& shard, absl::CivilDay day) {
  struct Page {
    std::vector<v1::UnmarkedClass> classes;
    std::pair<std::string, std::string> last;
    bool more = false;
  };
  ASSIGN_OR_RETURN(const WorkCalendar work, host.database.Read(feed::ReadWorkCalendar));
  ASSIGN_OR_RETURN(const std::string parent, ParentOfShard(shard));
  std::vector<v1::UnmarkedClass> all;
  Page page{.more = true};
  while (page.more) {
    ASSIGN_OR_RETURN(page, host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<Page> {
      Page read{.last = page.last};
      Unmarked unmarked(tx, shard, parent, day, work, statuses);
      ASSIGN_OR_RETURN(const auto rows, PageOfClasses(tx, shard, TeachingYearOf(day).text(), page.last.first,
                                                      page.last.second, kClassesPerRead));
      for (const ClassRow& row : rows) {
        read.last = {row.area, row.id};
        ASSIGN_OR_RETURN(auto found, unmarked.Look(row));
        if (found.has_value()) {
          read.classes.push_back(*std::move(found));
        }
      }
      read.more = static_cast<int64_t>(rows.size()) == kClassesPerRead;
      return read;
    }));
    all.insert(all.end(), page.classes.begin(), page.classes.end());
  }
  return all;
}

std::string SessionLabel(v1::Session session) {
  return session == v1::SESSION_MORNING ? "上午" : session == v1::SESSION_AFTERNOON ? "下午" : "全天";
}

}  // namespace ruraledu::dropout_monitoring
