#include "absl/strings/numbers.h"
#include "services/registry/handlers.h"
#include "services/registry/tables.h"

namespace ruraledu::registry {

absl::StatusOr<v1::Region> Handlers::GetRegion(rpc::Call& call, const v1::GetRegionRequest& request) {
  ASSIGN_OR_RETURN(const RegionId id, ParseRegionName(request.name()));
  const auto reference = reference_.Get();
  const absl::CivilDay day = DayOf(request.as_of()).value_or(call.clock().Today());
  const Region* region = reference->regions.Find(id, day);
  if (region == nullptr) {
    return Fail("REGION_UNKNOWN", {{"code", id.code}});
  }
  return ToMessage(*region, &reference->regions);
}

absl::StatusOr<v1::ListRegionsResponse> Handlers::ListRegions(rpc::Call& call, const v1::ListRegionsRequest& request) {
  const auto reference = reference_.Get();
  const absl::CivilDay day = DayOf(request.as_of()).value_or(call.clock().Today());
  std::vector<const Region*> regions;
  if (request.parent().empty()) {
    regions = reference->regions.Provinces(day);
  } else {
    ASSIGN_OR_RETURN(const RegionId id, ParseRegionName(request.parent()));
    if (reference->regions.Find(id, day) == nullptr) {
      return Fail("REGION_UNKNOWN", {{"code", id.code}});
    }
    regions = reference->regions.ChildrenOf(id.code, day);
  }
  ASSIGN_OR_RETURN(const int64_t size, rpc::PageSize(request.page_size()));
  const std::string filter = rpc::FilterOf(request);
  ASSIGN_OR_RETURN(const std::string after, rpc::PageAfter(filter, request.page_token()));
  v1::ListRegionsResponse response;
  for (const Region* region : regions) {
    if (region->code <= after) {
      continue;
    }
    if (response.regions_size() == size) {
      response.set_next_page_token(rpc::PageToken(filter, {response.regions(static_cast<int>(size) - 1).code()}));
      break;
    }
    *response.add_regions() = ToMessage(*region, &reference->regions);
  }
  return response;
}

absl::StatusOr<v1::Calendar> Handlers::GetCalendar(rpc::Call& call, const v1::GetCalendarRequest& request) {
  const std::string_view year = feed::IdOfName(request.name());
  int number = 0;
  if (!request.name().starts_with("calendars/") || !absl::SimpleAtoi(year, &number)) {
    return Fail("NAME_INVALID", {{"pattern", "calendars/{year}"}});
  }
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(kNationShard));
  return host_.database.Read([&](db::Transaction& tx) -> absl::StatusOr<v1::Calendar> {
    ASSIGN_OR_RETURN(auto calendar, feed::Load<v1::Calendar>(tx, *sealer, kCalendars, kNationShard, year));
    if (!calendar.has_value()) {
      return Fail("CALENDAR_MISSING", {{"year", year}});
    }
    return *std::move(calendar);
  });
}

absl::StatusOr<v1::AddWorkingDaysResponse> Handlers::AddWorkingDays(rpc::Call& call,
                                                                    const v1::AddWorkingDaysRequest& request) {
  Violations violations;
  const auto start = DayOf(request.start());
  if (!start.has_value()) {
    violations.Add("start", "DATE_INVALID");
  }
  if (request.working_days() < 1 || request.working_days() > 366) {
    violations.Add("working_days", "NUMBER_RANGE", {{"low", "1"}, {"high", "366"}});
  }
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const absl::CivilDay end, reference_.Get()->calendar.NoticeEnd(*start, request.working_days()));
  v1::AddWorkingDaysResponse response;
  *response.mutable_end() = DateOf(end);
  *response.mutable_next_step_from() = DateOf(end + 1);
  return response;
}

}  // namespace ruraledu::registry
