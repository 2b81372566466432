// Reference data in memory: what handlers and rules look up on every call. Regions, villages and calendars are roots in
// the database, put there from the shipped files at start; code lists, names and terms are files of the deployment.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/base/proto_day.h"
#include "common/domain/calendar.h"
#include "common/domain/citizen_id.h"
#include "common/domain/code_list.h"
#include "common/domain/names.h"
#include "common/domain/region.h"
#include "common/domain/school_year.h"
#include "common/rpc/resources.h"
#include "ruraledu/registry/v1/region.pb.h"
#include "services/registry/student_rules.h"

namespace ruraledu::registry {

struct Reference {
  RegionTree regions;
  WorkCalendar calendar;
  CodeLists codes;
  NameRules names;
  ProvincePrefixes provinces;
  TermCalendar terms;

  // What the rules about people need, on a day.
  StudentChecks ChecksOn(absl::CivilDay today, std::string_view kept_village = {}) const {
    return {codes, provinces, regions, today, kept_village};
  }
};

// Holds the present Reference; readers keep the one they took.
class ReferenceBook {
 public:
  // Puts the regions and calendars of the shipped files that differ from the stored ones (the load report goes to the
  // log), then loads. The files are the only source of regions above villages. A year of the calendar whose last change
  // was an import's, or its withdrawal's, stays as that left it; what a file no longer names stays. Nothing differs:
  // nothing is written. DATA_FILE, DATA_FILE_UNREADABLE.
  static absl::StatusOr<std::unique_ptr<ReferenceBook>> Open(const rpc::Host& host, const std::string& data_folder);

  std::shared_ptr<const Reference> Get() const;
  // deploy/data; the policies lie beside it.
  const std::string& data_folder() const { return data_folder_; }
  // Reads regions and calendars from the database again, after an import of villages or calendars.
  absl::Status Reload();

 private:
  ReferenceBook(const rpc::Host& host, std::string data_folder) : host_(host), data_folder_(std::move(data_folder)) {}
  absl::Status PutRegions();
  absl::Status PutCalendars();
  absl::StatusOr<std::map<int, ruraledu::registry::v1::Calendar>> ShippedCalendars() const;

  const rpc::Host& host_;
  const std::string data_folder_;
  mutable absl::Mutex mu_;
  std::shared_ptr<const Reference> current_ ABSL_GUARDED_BY(mu_);
};

// "regions/county-411728000000" <-> the region's own level and code.
std::string RegionName(RegionLevel level, std::string_view code);
absl::StatusOr<RegionId> ParseRegionName(std::string_view name);
ruraledu::registry::v1::Region ToMessage(const Region& region, const RegionTree* tree);

}  // namespace ruraledu::registry
