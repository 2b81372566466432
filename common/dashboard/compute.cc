// One dashboard out of the counters, in one snapshot.
#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/dashboard/board.h"
#include "common/dashboard/counters.h"
#include "common/dashboard/suppression.h"

namespace ruraledu::dashboard {
namespace {

using ruraledu::dashboard::v1::Dashboard;
using ruraledu::dashboard::v1::Indicator;

constexpr size_t kTownshipDigits = 9;
constexpr std::string_view kNow = "";  // period of STOCK rows while current

// Where the figures of one asked period are: FLOW rows under its name, STOCK rows under "" from the current period on.
struct Periods {
  std::string current;
  std::string_view StockPeriod(std::string_view period) const { return period >= current ? kNow : period; }
};

struct Sums {
  std::map<std::string, Totals, std::less<>> own;             // by period as stored
  std::map<std::pair<size_t, std::string>, Totals> children;  // by index of the child and period
  // The other schools of the township, by area and period; read for a school's public view.
  std::map<std::string, std::map<std::string, Totals, std::less<>>> neighbours;
};

class Computation {
 public:
  Computation(db::Transaction& tx, const BoardSpec& spec, const Ask& ask)
      : tx_(tx), spec_(spec), ask_(ask), today_(tx.clock().Today()), periods_{spec.current_period(today_)} {}

  absl::StatusOr<Dashboard> Run() {
    ASSIGN_OR_RETURN(place_, FindPlace(tx_, spec_.places, ask_.area, today_));
    named_ = place_.children.size();
    trend_ = spec_.trend_periods ? spec_.trend_periods(ask_.period) : std::vector<std::string>();
    ASSIGN_OR_RETURN(const auto shards, spec_.places.shards->Of(spec_.places.regions(), ask_.area, today_));
    RETURN_IF_ERROR(ReadVersion(shards));
    RETURN_IF_ERROR(ReadCounters());
    RETURN_IF_ERROR(LeaveOutUnknown(shards));
    return Build();
  }

 private:
  absl::Status ReadVersion(const std::vector<std::string>& shards) {
    ASSIGN_OR_RETURN(const auto rows,
                     tx_.Query("SELECT shard, seq FROM head WHERE shard >= $1 AND shard <= $2",
                               shards.empty() ? "" : shards.front(), shards.empty() ? "" : shards.back()));
    for (const db::Row& row : rows) {
      if (std::binary_search(shards.begin(), shards.end(), row.Text(0))) {
        version_ += row.Int(1);
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadCounters() {
    std::vector<std::string> all = trend_;
    all.insert(all.end(), {ask_.period, std::string(kNow)});
    if (HidesSmall() && place_.level == kSchoolLevel) {  // what is hidden of a school depends on its neighbours
      return ReadLevel(kSchoolLevel, Scope::OfPrefix(TownshipOf(ask_.area)), all, [&](const db::Row& row) {
        Add(row, row.Text(0) == ask_.area ? sums_.own[row.Text(1)] : sums_.neighbours[row.Text(0)][row.Text(1)]);
      });
    }
    const bool counties = place_.level == place_.child_level;  // above the county both come from the same rows
    RETURN_IF_ERROR(ReadLevel(place_.level, place_.scope, all, [&](const db::Row& row) {
      Add(row, sums_.own[row.Text(1)]);
      if (counties) {
        Add(row, sums_.children[{ChildOf(row.Text(0)), row.Text(1)}]);
      }
    }));
    if (counties || place_.child_level.empty()) {
      return absl::OkStatus();
    }
    return ReadLevel(place_.child_level, place_.scope, {ask_.period, std::string(kNow)}, [&](const db::Row& row) {
      Add(row, sums_.children[{ChildOf(row.Text(0)), row.Text(1)}]);
    });
  }

  // Rows (area, period, measure, dimension, value) of one level in the scope's ranges.
  absl::Status ReadLevel(std::string_view level, const Scope& scope, const std::vector<std::string>& periods,
                         const std::function<void(const db::Row&)>& visit) {
    for (const AreaRange& range : scope.ranges()) {
      std::vector<db::Value> args = {range.lo, range.hi};
      std::string where = absl::StrCat("level = '", level, "' AND area >= $1 AND area < $2");
      if (!place_.shard.empty()) {
        args.push_back(place_.shard);
        absl::StrAppend(&where, " AND shard = $3");
      }
      const std::string marks = Marks(periods, &args);  // before the arguments move
      ASSIGN_OR_RETURN(
          const auto rows,
          tx_.QueryValues(absl::StrCat("SELECT area, period, measure, dimension, value FROM counter WHERE ", where,
                                       " AND period IN (", marks, ") AND value <> 0"),
                          std::move(args)));
      std::for_each(rows.begin(), rows.end(), visit);
    }
    return absl::OkStatus();
  }

  // "$4, $5" for texts that are added to the arguments.
  static std::string Marks(const std::vector<std::string>& texts, std::vector<db::Value>* args) {
    std::vector<std::string> marks;
    for (const std::string& text : texts) {
      args->push_back(text);
      marks.push_back(absl::StrCat("$", args->size()));
    }
    return absl::StrJoin(marks, ", ");
  }

  // Periods of which nothing is known show nothing rather than zeros.
  absl::Status LeaveOutUnknown(const std::vector<std::string>& shards) {
    const auto measures = spec_.measures->measures();
    const bool stocks = std::any_of(measures.begin(), measures.end(),
                                    [](const Measure& measure) { return measure.kind == MeasureKind::kStock; });
    std::set<std::string> kept;
    if (stocks && !shards.empty()) {
      std::vector<db::Value> args = {shards.front(), shards.back()};
      std::vector<std::string> periods = trend_;
      periods.push_back(ask_.period);
      const std::string marks = Marks(periods, &args);
      ASSIGN_OR_RETURN(const auto rows, tx_.QueryValues(absl::StrCat("SELECT shard, period FROM counter_period WHERE "
                                                                     "shard >= $1 AND shard <= $2 AND period IN (",
                                                                     marks, ")"),
                                                        std::move(args)));
      for (const db::Row& row : rows) {
        if (std::binary_search(shards.begin(), shards.end(), row.Text(0))) {
          kept.insert(row.Text(1));
        }
      }
    }
    if (stocks && ask_.period < periods_.current && !kept.contains(ask_.period)) {
      return Fail("PERIOD_NOT_KEPT", {{"period", ask_.period}});
    }
    bool begun = false;
    std::erase_if(trend_, [&](const std::string& period) {
      begun = begun || sums_.own.contains(period);
      return stocks ? period < periods_.current && !kept.contains(period) : !begun;
    });
    return absl::OkStatus();
  }

  static void Add(const db::Row& row, Totals& to) { to[row.Text(2)][row.Text(3)] += row.Int(4); }

  // The child that a row's area lies in; one that nobody names is shown by its code.
  size_t ChildOf(const std::string& area) {
    const auto [known, fresh] = child_of_.emplace(area, 0);
    if (fresh) {
      const auto found = std::find_if(place_.children.begin(), place_.children.end(),
                                      [&](const Child& child) { return child.scope.Contains(area); });
      known->second = static_cast<size_t>(found - place_.children.begin());
      if (found == place_.children.end()) {
        place_.children.push_back({area, area.substr(area.rfind('/') + 1), Scope::OfPrefix(area)});
      }
    }
    return known->second;
  }

  // The figures of a period: FLOW and STOCK rows together.
  template <typename Find>
  Totals TotalsOf(std::string_view period, Find find) const {
    Totals totals;
    for (const Measure& measure : spec_.measures->measures()) {
      const bool stock = measure.kind == MeasureKind::kStock;
      const Totals* rows = find(stock ? periods_.StockPeriod(period) : period);
      if (rows == nullptr) {
        continue;
      }
      if (const auto values = rows->find(measure.id); values != rows->end()) {
        totals.emplace(values->first, values->second);
      }
    }
    return totals;
  }

  bool HidesSmall() const { return ask_.view == View::kPublic; }

  using Indicators = google::protobuf::RepeatedPtrField<Indicator>;

  // The indicators of each area, those of schools with small groups hidden; with their parts when they are shown, and
  // where parts decide what is hidden.
  std::map<std::string, Indicators, std::less<>> IndicatorsOf(const std::map<std::string, Totals>& areas,
                                                              std::string_view period, bool with_parts) const {
    std::map<std::string, Indicators, std::less<>> shown;
    std::vector<Indicators*> schools;  // that have anything, in the order of their areas
    for (const auto& [area, totals] : areas) {
      Indicators& indicators = shown[area];
      for (const IndicatorSpec& spec : spec_.indicators) {
        *indicators.Add() = Compute(*spec_.measures, spec, totals, area, period, with_parts || HidesSmall());
      }
      if (area.size() > kTownshipDigits && !totals.empty()) {
        schools.push_back(&indicators);
      }
    }
    for (size_t i = 0; HidesSmall() && i < spec_.indicators.size(); ++i) {
      if (spec_.indicators[i].sensitive) {
        std::vector<Indicator*> column;
        for (Indicators* school : schools) {
          column.push_back(school->Mutable(static_cast<int>(i)));
        }
        HideSmall(column);
      }
    }
    return shown;
  }

  // The area's own indicators.
  Indicators OwnIndicators(const std::string& period, bool with_parts) const {
    std::map<std::string, Totals> areas;
    for (const auto& [school, periods] : sums_.neighbours) {
      areas[school] = TotalsOf(period, [&](std::string_view stored) { return FindTotals(periods, stored); });
    }
    areas[ask_.area] = TotalsOf(period, [&](std::string_view stored) { return FindTotals(sums_.own, stored); });
    return std::move(IndicatorsOf(areas, period, with_parts)[ask_.area]);
  }

  static const Totals* FindTotals(const std::map<std::string, Totals, std::less<>>& periods, std::string_view period) {
    const auto found = periods.find(period);
    return found == periods.end() ? nullptr : &found->second;
  }

  static Indicators WithoutParts(Indicators indicators) {
    for (Indicator& indicator : indicators) {
      indicator.clear_parts();
    }
    return indicators;
  }

  Dashboard Build() {
    Dashboard board;
    board.set_area(absl::StrCat("areas/", ask_.area));
    board.set_area_name(place_.name);
    board.set_period(ask_.period);
    board.set_public_view(HidesSmall());
    board.set_version(version_);
    board.set_computed_time_us(tx_.clock().NowMicros());
    *board.mutable_as_of() = DateOf(today_);
    *board.mutable_indicators() = OwnIndicators(ask_.period, true);
    AddBreakdown(&board);
    for (const std::string& period : trend_) {
      auto* point = board.add_trend();
      point->set_period(period);
      *point->mutable_indicators() = WithoutParts(OwnIndicators(period, false));
    }
    return board;
  }

  void AddBreakdown(Dashboard* board) {
    std::map<std::string, Totals> areas;
    for (size_t child = 0; child < place_.children.size(); ++child) {
      areas[place_.children[child].area] = TotalsOf(ask_.period, [&](std::string_view period) {
        const auto found = sums_.children.find({child, std::string(period)});
        return found == sums_.children.end() ? nullptr : &found->second;
      });
    }
    auto shown = IndicatorsOf(areas, ask_.period, false);
    for (const size_t child : ChildOrder()) {
      auto* row = board->add_breakdown();
      row->set_area(absl::StrCat("areas/", place_.children[child].area));
      row->set_area_name(place_.children[child].name);
      *row->mutable_indicators() = WithoutParts(std::move(shown[place_.children[child].area]));
    }
  }

  // Regions by code; schools as the service orders them, by code of the school (DR-11), unnamed ones last by id.
  std::vector<size_t> ChildOrder() const {
    std::vector<size_t> order(place_.children.size());
    for (size_t i = 0; i < order.size(); ++i) {
      order[i] = i;
    }
    const size_t named = place_.child_level == kSchoolLevel ? named_ : 0;
    std::sort(order.begin() + static_cast<ptrdiff_t>(std::min(named, order.size())), order.end(),
              [&](size_t a, size_t b) { return place_.children[a].area < place_.children[b].area; });
    return order;
  }

  db::Transaction& tx_;
  const BoardSpec& spec_;
  const Ask& ask_;
  const absl::CivilDay today_;
  const Periods periods_;
  Place place_;
  size_t named_ = 0;
  std::vector<std::string> trend_;
  int64_t version_ = 0;
  Sums sums_;
  absl::flat_hash_map<std::string, size_t> child_of_;
};

}  // namespace

absl::StatusOr<Dashboard> ComputeDashboard(db::Transaction& tx, const BoardSpec& spec, const Ask& ask) {
  return Computation(tx, spec, ask).Run();
}

absl::StatusOr<Ask> AskOf(const BoardSpec& spec, const ruraledu::dashboard::v1::GetDashboardRequest& request,
                          const Clock& clock, View view) {
  absl::string_view prefix = request.area();
  if (!absl::ConsumePrefix(&prefix, "areas/") || !IsAreaPrefix(prefix) ||
      (prefix.size() > kTownshipDigits && SchoolOf(prefix).size() != prefix.size())) {
    return Fail("AREA_FORMAT", {{"area", request.area()}});
  }
  if (spec.check_period && !request.period().empty()) {
    RETURN_IF_ERROR(spec.check_period(request.period()));
  }
  return Ask{std::string(prefix), request.period().empty() ? spec.current_period(clock.Today()) : request.period(),
             view};
}

}  // namespace ruraledu::dashboard
