// Publicity of aid policies: recorded, taken back, read; which schools it reached.
#include <algorithm>
#include <tuple>

#include "common/base/proto_day.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/outward_store.h"
#include "services/student_aid/publicity_rules.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

std::string AreaOf(const v1::PublicityActivity& activity) {
  return activity.area();
}

void ShowAll(v1::PublicityActivity&) {}

const rpc::RootKind<v1::PublicityActivity> kKind{kPublicityActivities, AreaOf, nullptr, ShowAll};

bool Allows(const std::vector<AreaRange>& ranges, std::string_view area) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const AreaRange& range) { return range.Contains(area); });
}

// Open schools within the ranges, in the order of DR-11.
absl::StatusOr<std::vector<registry_v1::School>> OpenSchools(db::Transaction& tx, std::string_view shard,
                                                             const std::vector<AreaRange>& ranges) {
  ASSIGN_OR_RETURN(auto schools, AllSchools(tx, shard));
  std::erase_if(schools, [&](const registry_v1::School& school) {
    return school.state() == registry_v1::SCHOOL_STATE_CLOSED || !Allows(ranges, school.area());
  });
  std::sort(schools.begin(), schools.end(), [](const auto& a, const auto& b) {
    return std::tuple(TownshipOf(a.area()), a.code(), a.area()) < std::tuple(TownshipOf(b.area()), b.code(), b.area());
  });
  return schools;
}

}  // namespace

absl::StatusOr<v1::PublicityActivity> Handlers::CreatePublicityActivity(
    rpc::Call& call, const v1::CreatePublicityActivityRequest& request) {
  const v1::PublicityActivity& asked = request.activity();
  const Act act = ActOf(call);
  RETURN_IF_ERROR(CheckActivity(follow_up_, act.on, asked));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  const std::string county = shard.substr(1);
  const bool village = !asked.village().empty();
  if (village && (asked.village().size() != 12 || TownshipOf(asked.village()).empty() ||
                  !std::string_view(asked.village()).starts_with(county))) {
    return Fail("REGION_UNKNOWN", {{"level", "village"}, {"region", asked.village()}});
  }
  const std::string name = absl::StrCat(request.parent(), "/publicityActivities/", rpc::StableId(call));
  return rpc::WriteRoot(
      call, host_, kKind, name, true, "CREATE",
      [&](db::Transaction& tx, const v1::PublicityActivity*, v1::PublicityActivity& after) -> absl::Status {
        after = asked;
        after.clear_etag();
        after.clear_withdrawn_by();
        after.clear_withdrawn_on();
        after.clear_withdrawn_reason();
        after.set_name(name);
        after.set_recorded_by(act.person);
        after.set_term(book_.calendar().TermOf(*DayOf(asked.on())).text());
        after.set_area(std::string(TownshipOf(asked.village())));
        if (!village) {
          ASSIGN_OR_RETURN(const auto school, FindSchool(tx, shard, feed::IdOfName(asked.school())));
          if (!school.has_value() || school->name() != asked.school()) {
            const absl::Status missing = call.CheckMissing(asked.school());
            return absl::IsNotFound(missing) ? Fail("SCHOOL_UNKNOWN") : missing;
          }
          after.set_area(school->area());
        }
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::PublicityActivity> Handlers::WithdrawPublicityActivity(
    rpc::Call& call, const v1::WithdrawPublicityActivityRequest& request) {
  Violations violations;
  violations.MostBytes("reason", request.reason(), kMostText);
  RETURN_IF_ERROR(violations.status());
  const Act act = ActOf(call, request.reason());
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, "WITHDRAW",
      [&](db::Transaction&, const v1::PublicityActivity* before, v1::PublicityActivity& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        return WithdrawActivity(act, &after);
      });
}

absl::StatusOr<v1::ListPublicityActivitiesResponse> Handlers::ListPublicityActivities(
    rpc::Call& call, const v1::ListPublicityActivitiesRequest& request) {
  RETURN_IF_ERROR(ParseTerm(request.term()).status());
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}, .equal = {{"term", request.term()}}};
  if (!request.channel().empty()) {
    spec.equal.emplace_back("channel", request.channel());
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  return rpc::ListRoots<v1::PublicityActivity, v1::ListPublicityActivitiesRequest, v1::ListPublicityActivitiesResponse>(
      call, host_, kPublicityActivities, spec, request, &v1::ListPublicityActivitiesResponse::mutable_activities);
}

absl::StatusOr<v1::PublicityCoverage> Handlers::GetPublicityCoverage(rpc::Call& call,
                                                                     const v1::GetPublicityCoverageRequest& request) {
  RETURN_IF_ERROR(ParseTerm(request.term()).status());
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  const std::vector<AreaRange> ranges = call.Ranges();
  return host_.database.Read([&](db::Transaction& tx) -> absl::StatusOr<v1::PublicityCoverage> {
    v1::PublicityCoverage coverage;
    coverage.set_term(request.term());
    ASSIGN_OR_RETURN(const auto schools, OpenSchools(tx, shard, ranges));
    ASSIGN_OR_RETURN(auto activities, ActivitiesOf(tx, shard, request.term()));
    std::erase_if(activities, [&](const auto& activity) { return !Allows(ranges, activity.area()); });
    const auto reached = ReachBySchool(activities);
    Reach sum;
    for (const auto& [school, reach] : reached) {
      sum += reach;
    }
    coverage.mutable_awareness()->set_numerator(sum.aware);
    coverage.mutable_awareness()->set_denominator(sum.asked);
    for (const registry_v1::School& school : schools) {
      if (!reached.contains(school.name())) {
        v1::UnreachedSchool* unreached = coverage.add_unreached();
        unreached->set_school(school.name());
        unreached->set_code(school.code());
        unreached->set_display_name(school.display_name());
        unreached->set_area(school.area());
      }
    }
    coverage.mutable_coverage()->set_denominator(static_cast<int64_t>(schools.size()));
    coverage.mutable_coverage()->set_numerator(static_cast<int64_t>(schools.size()) - coverage.unreached_size());
    return coverage;
  });
}

}  // namespace ruraledu::student_aid
