// Rates, cohorts, and the figures that a county enters for them.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "common/rpc/reports.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/rate_facts.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr size_t kMostSource = 800;  // bytes: 200 characters
constexpr std::string_view kAreas = "areas/";
constexpr size_t kCountyDigits = 6, kTownshipDigits = 9;

std::string AreaOf(const v1::RateFigures& figures) {
  return figures.area();
}

// A figure is of the county or of a township in it.
absl::Status CheckAsked(const RateParts& parts, const v1::RateFigures& figures, std::string_view county) {
  Violations violations;
  const std::string& area = figures.area();
  const bool region = area.size() == kCountyDigits || area.size() == kTownshipDigits;
  if (!region || !IsAreaPrefix(area) || CountyOf(area) != county) {
    violations.Add("figures.area", "AREA_FORMAT", {{"area", area}});
  }
  violations.Require(!figures.source().empty(), "figures.source");
  violations.MostBytes("figures.source", figures.source(), kMostSource);
  violations.MostBytes("figures.correction_reason", figures.correction_reason(), kMostCaseText);
  RETURN_IF_ERROR(violations.status());
  RETURN_IF_ERROR(ParseRateYear(parts, figures.school_year()).status());
  return CheckFigures(figures);
}

// What the caller says, as version `number`.
v1::RateFigures Prepared(const v1::RateFigures& asked, const std::string& parent, int number, const CaseAct& act) {
  v1::RateFigures made;
  made.set_name(absl::StrCat(parent, "/rateFigures/", asked.area(), ".", asked.school_year(), ".", number));
  made.set_area(asked.area());
  made.set_school_year(asked.school_year());
  made.set_version_number(number);
  made.set_state(v1::RATE_FIGURES_STATE_PREPARED);
  *made.mutable_populations() = asked.populations();
  *made.mutable_entries() = asked.entries();
  made.set_source(asked.source());
  made.set_correction_reason(asked.correction_reason());
  made.set_prepared_by(act.person);
  *made.mutable_prepared_on() = DateOf(act.on);
  return made;
}

absl::StatusOr<v1::RateFigures> LoadFigures(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer,
                                            const std::string& name) {
  ASSIGN_OR_RETURN(auto figures,
                   feed::Load<v1::RateFigures>(tx, sealer, kRateFigures, tx.shard(), feed::IdOfName(name)));
  if (!figures.has_value()) {
    return call.CheckMissing(name);
  }
  RETURN_IF_ERROR(call.CheckArea(figures->area(), name));
  return *std::move(figures);
}

}  // namespace

absl::StatusOr<v1::ListOfficialAgesResponse> Handlers::ListOfficialAges(rpc::Call&,
                                                                        const v1::ListOfficialAgesRequest& request) {
  ASSIGN_OR_RETURN(const SchoolYear year, ParseSchoolYear(request.school_year()));
  const auto levels =
      standards_.rates.LevelsOn(request.region_code(), standards_.terms.FirstDay({year, Season::kAutumn}));
  v1::ListOfficialAgesResponse response;
  response.mutable_levels()->Assign(levels.begin(), levels.end());
  return response;
}

absl::StatusOr<v1::RateFigures> Handlers::PutRateFigures(rpc::Call& call, const v1::PutRateFiguresRequest& request) {
  const CaseAct act = CaseActOf(call);
  const v1::RateFigures& asked = request.figures();
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  RETURN_IF_ERROR(CheckAsked({host_, standards_, act.on}, asked, shard.substr(1)));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        RETURN_IF_ERROR(call.CheckArea(asked.area(), request.parent()));
        ASSIGN_OR_RETURN(const auto versions, FiguresOf(tx, shard, asked.area(), asked.school_year()));
        // A version that nobody signed is made again; a signed one is corrected by another.
        const bool again = !versions.empty() && versions.back().state() == v1::RATE_FIGURES_STATE_PREPARED;
        RETURN_IF_ERROR(feed::CheckEtag(asked.etag(), again ? versions.back().etag() : ""));
        if (versions.size() > (again ? 1u : 0u) && asked.correction_reason().empty()) {
          return Fail("FIELD_REQUIRED", {{"field", "figures.correction_reason"}});
        }
        const int number = static_cast<int>(versions.size()) + (again ? 0 : 1);
        const v1::RateFigures after = Prepared(asked, request.parent(), number, act);
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(writer.Put(kRateFigures, again ? &versions.back() : nullptr, after, "PREPARE").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{after.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) { return LoadFigures(call, tx, *sealer, name); });
}

absl::StatusOr<v1::RateFigures> Handlers::SignRateFigures(rpc::Call& call, const v1::SignRateFiguresRequest& request) {
  const CaseAct act = CaseActOf(call);
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kRateFigures.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const v1::RateFigures before, LoadFigures(call, tx, *sealer, request.name()));
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before.etag()));
        v1::RateFigures after = before;
        RETURN_IF_ERROR(Sign(act.person, act.on, &after));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        ASSIGN_OR_RETURN(const auto present, FiguresInForce(tx, shard, before.area(), before.school_year()));
        if (present.has_value()) {
          v1::RateFigures replaced = *present;
          replaced.set_state(v1::RATE_FIGURES_STATE_REPLACED);
          RETURN_IF_ERROR(writer.Put(kRateFigures, &*present, replaced, "REPLACE").status());
        }
        RETURN_IF_ERROR(writer.Put(kRateFigures, &before, after, "SIGN").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{request.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) { return LoadFigures(call, tx, *sealer, name); });
}

absl::StatusOr<v1::RateFigures> Handlers::GetRateFigures(rpc::Call& call, const v1::GetRateFiguresRequest& request) {
  return rpc::GetRoot<v1::RateFigures>(call, host_, kRateFigures, request.name(), AreaOf);
}

absl::StatusOr<v1::ListRateFiguresResponse> Handlers::ListRateFigures(rpc::Call& call,
                                                                      const v1::ListRateFiguresRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (!request.school_year().empty()) {
    RETURN_IF_ERROR(ParseSchoolYear(request.school_year()).status());
    spec.equal.emplace_back("school_year", request.school_year());
  }
  if (!request.all_versions()) {
    spec.equal.emplace_back("is_replaced", int64_t{0});
  }
  return rpc::ListRoots<v1::RateFigures, v1::ListRateFiguresRequest, v1::ListRateFiguresResponse>(
      call, host_, kRateFigures, spec, request, &v1::ListRateFiguresResponse::mutable_figures);
}

absl::StatusOr<v1::Rates> Handlers::GetRates(rpc::Call& call, const v1::GetRatesRequest& request) {
  RETURN_IF_ERROR(rpc::WithinArea(request.area()).status());
  const std::string area(request.area().substr(std::min(kAreas.size(), request.area().size())));
  if (area.empty() || (area.find('/') != std::string::npos && area != SchoolOf(area))) {
    return Fail("AREA_FORMAT", {{"area", area}});
  }
  RETURN_IF_ERROR(call.CheckArea(area, request.area()));
  const RateParts parts{host_, standards_, call.clock().Today()};
  ASSIGN_OR_RETURN(const SchoolYear year, ParseRateYear(parts, request.school_year()));
  return RatesOf(parts, area, year);
}

absl::StatusOr<v1::EvaluateRatesResponse> Handlers::EvaluateRates(rpc::Call&, const v1::EvaluateRatesRequest& request) {
  RETURN_IF_ERROR(CheckFacts(request.facts()));
  const auto results = dropout_monitoring::EvaluateRates(standards_.rates, standards_.terms, request.facts());
  v1::EvaluateRatesResponse response;
  response.mutable_rates()->Assign(results.begin(), results.end());
  return response;
}

absl::StatusOr<v1::ListCohortsResponse> Handlers::ListCohorts(rpc::Call& call, const v1::ListCohortsRequest& request) {
  const RateParts parts{host_, standards_, call.clock().Today()};
  ASSIGN_OR_RETURN(const SchoolYear year, ParseRateYear(parts, request.school_year()));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto within, rpc::WithinArea(request.area()));
  ASSIGN_OR_RETURN(int64_t room, rpc::PageSize(request.page_size()));
  const std::string filter = rpc::FilterOf(request);
  ASSIGN_OR_RETURN(const std::string after, rpc::PageAfter(filter, request.page_token()));
  Scope scope(call.Ranges());
  if (!within.empty()) {
    scope = scope.Intersection(Scope(within));
  }
  v1::ListCohortsResponse response;
  std::map<std::string, OutOfSchool> out;
  ASSIGN_OR_RETURN(const auto schools,
                   host_.database.Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<registry_v1::School>> {
                     ASSIGN_OR_RETURN(out, DropoutsByCases(tx, shard));
                     return rpc::SchoolsInOrder(tx, shard);
                   }));
  bool reached = after.empty();
  std::string last;
  for (const registry_v1::School& school : schools) {
    if (reached && scope.Contains(school.area())) {
      if (room-- == 0) {
        response.set_next_page_token(rpc::PageToken(filter, {last}));
        break;
      }
      ASSIGN_OR_RETURN(const auto cohorts, host_.database.Read([&](db::Transaction& tx) {
        return CohortsOf(parts, tx, out, school, year);
      }));
      response.mutable_cohorts()->Add(cohorts.begin(), cohorts.end());
    }
    last = school.area();
    reached |= last == after;
  }
  return response;
}

}  // namespace ruraledu::dropout_monitoring
