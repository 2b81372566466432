// Profiles of absence (3.2) and where they hold, out of their files.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/domain/region_path.h"
#include "ruraledu/dropout_monitoring/v1/absence.pb.h"

namespace ruraledu::dropout_monitoring {

struct ProfileFiles {
  std::string profiles, cumulative, regions;  // texts of absence_*.csv
};

// Of whom a profile is asked for; empty: of nobody in particular.
struct ClassKind {
  std::string stage, grade;
  friend auto operator<=>(const ClassKind&, const ClassKind&) = default;
};

class ProfileBook {
 public:
  // DATA_FILE: thresholds that fall, a rule of a profile that is none, spans of a region and class that overlap, a
  // grade without a stage, a row without a source, no profile for the nation and all classes.
  static absl::StatusOr<ProfileBook> Parse(const ProfileFiles& files, RegionPath path = RegionPathByDigits);

  absl::Span<const v1::AbsenceProfile> profiles() const { return profiles_; }
  absl::Span<const v1::ProfileInForce> in_force() const { return in_force_; }
  // PROFILE_UNKNOWN.
  absl::StatusOr<const v1::AbsenceProfile*> Named(std::string_view code) const;
  // The profile of the lowest region that has one for the class on the day; that of its grade, else of its stage, else
  // of all: PROFILE_MISSING.
  absl::StatusOr<const v1::AbsenceProfile*> InForce(std::string_view region, const ClassKind& of,
                                                    absl::CivilDay day) const;
  // School days that the profiles look back at most.
  int32_t longest_window() const;

 private:
  std::vector<v1::AbsenceProfile> profiles_;
  std::vector<v1::ProfileInForce> in_force_;
  RegionPath path_;
};

}  // namespace ruraledu::dropout_monitoring
