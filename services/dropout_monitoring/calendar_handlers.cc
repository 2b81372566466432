// Calendars of schools, and the classes that were not marked on a day of theirs.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/calendar_rules.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/store.h"
#include "services/dropout_monitoring/unmarked_classes.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int64_t kClassesPerRead = 200;

std::string AreaOfCalendar(const v1::SchoolCalendar& calendar) {
  return calendar.area();
}

}  // namespace

absl::StatusOr<v1::SchoolCalendar> Handlers::PutSchoolCalendar(rpc::Call& call,
                                                               const v1::PutSchoolCalendarRequest& request) {
  ASSIGN_OR_RETURN(const SchoolYear year, ParseSchoolYear(request.school_year()));
  Violations violations;
  CheckCalendar(request.calendar(), year, &violations);
  RETURN_IF_ERROR(violations.status());
  const std::string school(feed::IdOfName(request.school()));
  const std::string name = CalendarName(request.parent(), school, year);
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(name));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const auto there, host_.database.Read([&](db::Transaction& tx) {
    return feed::Load<v1::SchoolCalendar>(tx, *sealer, kSchoolCalendars, shard, feed::IdOfName(name));
  }));
  rpc::RootKind<v1::SchoolCalendar> kind{kSchoolCalendars, AreaOfCalendar, nullptr};
  kind.show = [](v1::SchoolCalendar&) {};
  return rpc::WriteRoot(
      call, host_, kind, name, !there.has_value(), "PUT",
      [&](db::Transaction& tx, const v1::SchoolCalendar* before, v1::SchoolCalendar& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.calendar().etag(), before == nullptr ? "" : before->etag()));
        after.set_area(std::string(rpc::CountyOfParent(name)));
        if (!school.empty()) {
          ASSIGN_OR_RETURN(const auto found, FindSchool(tx, tx.shard(), school));
          if (!found.has_value()) {
            return Fail("SCHOOL_UNKNOWN");
          }
          after.set_area(found->area());
        }
        after.set_school(request.school());
        after.set_school_year(year.text());
        *after.mutable_spans() = request.calendar().spans();
        *after.mutable_exceptions() = request.calendar().exceptions();
        after.set_half_days(request.calendar().half_days());
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::SchoolCalendar> Handlers::GetSchoolCalendar(rpc::Call& call,
                                                               const v1::GetSchoolCalendarRequest& request) {
  return rpc::GetRoot<v1::SchoolCalendar>(call, host_, kSchoolCalendars, request.name(), AreaOfCalendar);
}

absl::StatusOr<v1::ListSchoolCalendarsResponse> Handlers::ListSchoolCalendars(
    rpc::Call& call, const v1::ListSchoolCalendarsRequest& request) {
  const rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  return rpc::ListRoots<v1::SchoolCalendar, v1::ListSchoolCalendarsRequest, v1::ListSchoolCalendarsResponse>(
      call, host_, kSchoolCalendars, spec, request, &v1::ListSchoolCalendarsResponse::mutable_calendars);
}

absl::StatusOr<v1::ListUnmarkedClassesResponse> Handlers::ListUnmarkedClasses(
    rpc::Call& call, const v1::ListUnmarkedClassesRequest& request) {
  Violations violations;
  violations.Require(request.has_day(), "day");
  const auto day = DayOf(request.day(), "day", &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const int64_t size, rpc::PageSize(request.page_size()));
  const std::string filter = rpc::FilterOf(request);
  std::vector<std::string> after = {"", ""};
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(after, rpc::PageKey(filter, request.page_token(), 2));
  }
  ASSIGN_OR_RETURN(const WorkCalendar work, host_.database.Read(feed::ReadWorkCalendar));
  const std::vector<AreaRange> ranges = call.Ranges();
  return host_.database.Read(
      [&](db::Transaction& tx) -> absl::StatusOr<v1::ListUnmarkedClassesResponse> {
        v1::ListUnmarkedClassesResponse response;
        Unmarked unmarked(tx, shard, request.parent(), *day, work, standards_.statuses);
        std::vector<std::string> last = after;
        while (true) {
          ASSIGN_OR_RETURN(const auto rows,
                           PageOfClasses(tx, shard, TeachingYearOf(*day).text(), last[0], last[1], kClassesPerRead));
          for (const ClassRow& row : rows) {
            last = {row.area, row.id};
            const bool mine = std::any_of(ranges.begin(), ranges.end(),
                                          [&](const AreaRange& range) { return range.Contains(row.area); });
            if (!mine) {
              continue;
            }
            ASSIGN_OR_RETURN(auto found, unmarked.Look(row));
            if (found.has_value()) {
              *response.add_classes() = *std::move(found);
            }
            if (response.classes_size() >= size) {
              response.set_next_page_token(rpc::PageToken(filter, last));
              return response;
            }
          }
          if (static_cast<int64_t>(rows.size()) < kClassesPerRead) {
            return response;
          }
        }
      },
      {.deadline = call.deadline()});
}

}  // namespace ruraledu::dropout_monitoring
