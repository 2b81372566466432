// Official ages, the meaning of statuses for rates, and targets, as data (digest 3.7).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/domain/rate.h"
#include "common/domain/region_path.h"
#include "ruraledu/dropout_monitoring/v1/rate.pb.h"

namespace ruraledu::dropout_monitoring {

// What a status of the register says: of enrolment, and of a cohort.
enum class Enrolled { kFull, kGross, kFinished, kNone };                             // kGross: in gross rates only
enum class CohortEnd { kNow, kBack, kSuspended, kDropped, kOut, kDied, kFinished };  // kBack: after a dropout
struct RateStatus {
  Enrolled enrolled = Enrolled::kNone;
  CohortEnd end = CohortEnd::kNow;
};

struct RateTarget {
  Rate least;
  std::string source;
};

// Texts of <policies>/dropout_monitoring/official_ages.csv, rate_statuses.csv, rate_targets.csv.
struct RateFiles {
  std::string ages, statuses, targets;
};

// Immutable; safe for many threads.
class RateBook {
 public:
  // DATA_FILE: a level or indicator that is none, ages out of order, a level twice in a region on one day, a region
  // that lacks a level, a status twice or without a meaning, a target without a denominator, no levels of the nation.
  static absl::StatusOr<RateBook> Parse(const RateFiles& files, RegionPath path);

  // The levels of the lowest region that has any on the day, in order of level; those of the nation otherwise.
  std::vector<v1::OfficialAge> LevelsOn(std::string_view region, absl::CivilDay on) const;
  // Of a status that nobody knows: on the roll.
  RateStatus StatusOf(std::string_view status) const;
  std::optional<RateTarget> TargetOf(v1::RateIndicator indicator, std::string_view region, absl::CivilDay on) const;

 private:
  struct TargetRow {
    v1::RateIndicator indicator;
    std::string region;
    absl::CivilDay from;
    RateTarget target;
  };

  std::vector<v1::OfficialAge> ages_;
  std::map<std::string, RateStatus, std::less<>> statuses_;
  std::vector<TargetRow> targets_;
  RegionPath path_;
};

const v1::OfficialAge* FindLevel(absl::Span<const v1::OfficialAge> levels, v1::SchoolLevel level);
// The level of a stage and grade; UNSPECIFIED: none.
v1::SchoolLevel LevelOf(absl::Span<const v1::OfficialAge> levels, std::string_view stage, std::string_view grade);

}  // namespace ruraledu::dropout_monitoring
