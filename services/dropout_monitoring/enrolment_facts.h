// What a run of the enrolment drive reads of a county, page by page, and what it decides about each child.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/rpc/resources.h"
#include "ruraledu/registry/v1/school.pb.h"
#include "services/dropout_monitoring/enrolment_rules.h"
#include "services/dropout_monitoring/population_store.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

// One child as the page found it, and as it is to be.
struct EnrolledChild {
  std::optional<v1::ExpectedChild> before;
  v1::ExpectedChild after;
  bool suspect = false;  // a case is opened
  bool has_case = false;
  v1::ChildFile file;  // of who is no pupil of the county and suspected
};
struct EnrolmentPage {
  std::string last;  // key done last, "" at the end of the phase
  std::vector<EnrolledChild> children;
};

class EnrolmentFacts {
 public:
  // Pupils of the age of entry, residents, members of households in no register, leavers of the last primary grade;
  // then all children of the lists.
  static constexpr int kPhases = 5;

  // `host` and `standards` outlive the facts. REGION_POLICY_MISSING, CASE_POLICY_MISSING.
  static absl::StatusOr<EnrolmentFacts> Of(const rpc::Host& host, const Standards& standards, const std::string& shard,
                                           const SchoolYear& year, absl::CivilDay on);
  const EnrolmentYear& year() const { return year_; }
  const v1::EnrolmentPolicy& policy() const { return *policy_; }
  const std::shared_ptr<const crypto::Sealer>& sealer() const { return sealer_; }
  DriveDays days(v1::SchoolLevel level) const;

  // Within a snapshot: at most `limit` children of a phase behind a key.
  absl::StatusOr<EnrolmentPage> Read(db::Transaction& tx, int phase, const std::string& after, int64_t limit) const;
  // Where the child belongs, by what is known of it.
  std::string AreaOf(const v1::ExpectedChild& child, const std::string& pupil_area = "") const;
  // The school that it is expected in: of its notice, else of the catchment.
  std::string SchoolOf(const v1::ExpectedChild& child) const;

 private:
  EnrolmentFacts(const rpc::Host& host, const Standards& standards, std::string shard, absl::CivilDay on)
      : host_(host), standards_(standards), shard_(std::move(shard)), on_(on) {}

  const ComparisonCodes& codes() const { return standards_.comparisons.codes(); }
  std::string parent() const;
  std::string NameOf(v1::SchoolLevel level, const std::string& key) const;
  EnrolledChild Fresh(v1::SchoolLevel level, const std::string& key, const std::string& source) const;

  using Pupils = absl::StatusOr<std::vector<std::string>>;
  absl::Status AddPupils(db::Transaction& tx, v1::SchoolLevel level, const Pupils& persons, EnrolmentPage* page) const;
  absl::Status AddResidents(db::Transaction& tx, const std::string& after, int64_t limit, EnrolmentPage* page) const;
  absl::Status AddMembers(db::Transaction& tx, const std::string& after, int64_t limit, EnrolmentPage* page) const;
  absl::Status Refresh(db::Transaction& tx, const std::string& after, int64_t limit, EnrolmentPage* page) const;
  // Whether a child of that age, by its key, is expected: a year older only who was excused the year before.
  absl::StatusOr<bool> OfEntryAge(db::Transaction& tx, absl::CivilDay born, const std::string& key) const;

  // Puts what is known now into the child; false: it is not expected any more.
  absl::StatusOr<bool> Look(db::Transaction& tx, EnrolledChild* child, std::string* pupil_area) const;
  // A paper by which the child may stay away today.
  absl::Status TakeApproval(db::Transaction& tx, v1::ExpectedChild* child) const;
  absl::Status FindOwner(db::Transaction& tx, v1::ExpectedChild* child) const;
  absl::StatusOr<bool> LookAtPupil(db::Transaction& tx, v1::ExpectedChild* child, std::string* pupil_area) const;
  absl::StatusOr<bool> LookAtResident(db::Transaction& tx, EnrolledChild* child) const;
  absl::StatusOr<bool> LookAtMember(db::Transaction& tx, EnrolledChild* child) const;
  absl::Status TakeRegistration(db::Transaction& tx, const std::string& student, v1::ExpectedChild* child) const;
  absl::Status Decide(db::Transaction& tx, EnrolledChild* child) const;

  const rpc::Host& host_;
  const Standards& standards_;
  const std::string shard_;
  const absl::CivilDay on_;
  std::shared_ptr<const crypto::Sealer> sealer_;
  const v1::EnrolmentPolicy* policy_ = nullptr;
  int unnamed_days_ = 0;
  EnrolmentYear year_;
  std::map<v1::SchoolLevel, v1::EnrolmentDrive> drives_;
  std::map<std::string, std::string> school_areas_;  // by resource name
};

}  // namespace ruraledu::dropout_monitoring
