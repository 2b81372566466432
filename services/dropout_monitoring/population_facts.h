// What a comparison reads of a county, page by page, and what it decides about each child.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/rpc/resources.h"
#include "ruraledu/dropout_monitoring/v1/population.pb.h"
#include "services/dropout_monitoring/population_rules.h"
#include "services/dropout_monitoring/population_store.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

// One child as the page found it.
struct ComparedChild {
  std::string key, person;            // person: "" for who is no student
  std::string area, village, source;  // source: student, resident, household
  std::string case_name;              // of its open case
  std::string adopter;                // the student of the county that its open case is about by now
  bool out_by_case = false;           // confirmed, not resolved
  std::vector<v1::ComparisonKind> kinds;
  std::vector<std::string> hardships;           // of the supported households; of who is out only
  std::vector<v1::ComparisonFinding> before;    // open findings, in full
  std::optional<v1::Resident> resident, after;  // as it is, and as it is to be
  v1::ChildFile file;                           // of who is no student
};

struct ComparisonPage {
  std::string last;  // key done last, "" at the end of the phase
  std::vector<ComparedChild> children;
  v1::ComparisonRun figures;  // what the page adds
};

// What a list knows of a child, into the file of its case.
void FillChildFile(const v1::Resident& resident, v1::ChildFile* file);

class PopulationFacts {
 public:
  // Phases in their order: pupils of the registers, residents, members of households in no register, findings about
  // nobody.
  static constexpr int kPhases = 4;

  // CASE_POLICY_MISSING. `host` and `standards` outlive the facts.
  static absl::StatusOr<PopulationFacts> Of(const rpc::Host& host, const Standards& standards, const std::string& shard,
                                            absl::CivilDay on);
  const SchoolYear& year() const { return year_; }
  const std::shared_ptr<const crypto::Sealer>& sealer() const { return sealer_; }
  ComparisonDay day() const { return {book(), *policy_, on_, year_, census_}; }
  PupilFacts FactsOf(const ComparedPupil& row) const;

  // Within a snapshot: at most `limit` children of a phase behind a key.
  absl::StatusOr<ComparisonPage> Read(db::Transaction& tx, int phase, const std::string& after, int64_t limit) const;

 private:
  PopulationFacts(const rpc::Host& host, const Standards& standards, std::string shard, absl::CivilDay on)
      : host_(host), standards_(standards), shard_(std::move(shard)), on_(on) {}

  const ComparisonBook& book() const { return standards_.comparisons; }
  std::string parent() const;

  absl::Status ReadPupils(db::Transaction& tx, const std::string& after, int64_t limit, ComparisonPage* page) const;
  absl::Status ReadResidents(db::Transaction& tx, const std::string& after, int64_t limit, ComparisonPage* page) const;
  absl::Status ReadMembers(db::Transaction& tx, const std::string& after, int64_t limit, ComparisonPage* page) const;
  absl::Status ReadNobody(db::Transaction& tx, const std::string& after, int64_t limit, ComparisonPage* page) const;
  absl::Status Match(db::Transaction& tx, v1::Resident* resident) const;
  absl::Status ReadCase(db::Transaction& tx, ComparedChild* child) const;
  absl::Status AddHousehold(db::Transaction& tx, const std::string& household, ComparedChild* child) const;
  absl::Status FillMember(db::Transaction& tx, const ComparedMember& row, ComparedChild* child) const;
  ResidentFacts FactsOf(const v1::Resident& resident) const;

  const rpc::Host& host_;
  const Standards& standards_;
  const std::string shard_;
  const absl::CivilDay on_;
  std::shared_ptr<const crypto::Sealer> sealer_;
  const ComparisonPolicy* policy_ = nullptr;
  SchoolYear year_;
  absl::CivilDay census_;
};

}  // namespace ruraledu::dropout_monitoring
