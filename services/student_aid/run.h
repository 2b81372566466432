// Runs over a county and term as jobs: entitlement (2.5) and comparison (2.9). The id of a run is the id of its job.
//
//   WAITING_FOR_FEED until the positions that the request named are reached, and while an import is partly applied
//   open     the run's root, numbered per kind and term; an unfinished run of a dead job is set ABANDONED
//   page     persons in order (store.h): one snapshot, decisions outside of any transaction, one write that stores them
//            together with the cursor. While a page is decided the next one is read and the one before is written; a
//            page that was cut off is done again from the same cursor
//   close    totals, differences to the run before, averages of the school year (DR-19)
//
// A province run is a parent job with one child job per county that the follower knows.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "common/db/jobs.h"
#include "common/rpc/resources.h"
#include "ruraledu/student_aid/v1/run_job.pb.h"
#include "services/student_aid/compliance_facts.h"
#include "services/student_aid/entitlement_rules.h"
#include "services/student_aid/snapshot.h"

namespace ruraledu::student_aid {

inline constexpr std::string_view kEntitlementJob = "entitlement_run";
inline constexpr std::string_view kComparisonJob = "comparison_run";
std::string_view JobKind(v1::RunKind kind);

// 200 ms at most on the machine of a county. Three pages are in memory.
inline constexpr int64_t kPersonsPerWrite = 4000;

struct RunParts {
  const rpc::Host& host;
  const PolicyBook& book;
  const ComplianceParts& compliance;
  int64_t page = kPersonsPerWrite;
};

// Result: Run; that of a province has the sums of its children. Errors: ENTITLEMENT_RUN_MISSING, POLICY_MISSING,
// TERM_FORMAT.
absl::StatusOr<std::string> RunEntitlement(const RunParts& parts, db::JobContext& context);
absl::StatusOr<std::string> RunComparison(const RunParts& parts, db::JobContext& context);

// --- For entitlement_run.cc and comparison_run.cc -------------------------------------------------------------------

// The frame of a county run.
class CountyRun {
 public:
  CountyRun(const RunParts& parts, db::JobContext& context, v1::RunPlan plan, Term term);

  // What one page adds, worked out outside of the transaction; `write` stores it and runs within the chunk, perhaps
  // more than once, after the page is gone. The next page is worked out before it has run.
  using Write = std::function<absl::Status(db::Transaction&)>;
  using Page = std::function<absl::Status(const SealedPage&, const PageOpener&, v1::RunCursor* cursor, Write* write)>;

  absl::StatusOr<std::string> Go(bool with_comparisons, const Page& page);

  const RunParts& parts() const { return parts_; }
  const Term& term() const { return term_; }
  const std::string& shard() const { return context_.job().shard; }
  std::string county() const { return shard().substr(1); }
  std::string parent() const { return absl::StrCat("counties/", county()); }
  const TermDates& dates() const { return dates_; }
  const std::string& name() const { return name_; }
  // What compliance is worked out of.
  absl::StatusOr<ComplianceReader> NewComplianceReader();
  // Whether there is a closed run before this one to differ from.
  bool has_previous() const { return run_.number() > 1 && previous_; }
  feed::RootWriter NewWriter() const {
    return {shard(), *sealer_, {absl::StrCat("job:", context_.job().id), context_.job().id}, parts_.host.NewCounters()};
  }
  // Lease of this turn, part of the claim operations: a turn that was barred does not bar the next one.
  int64_t epoch() const { return context_.job().lease_epoch; }
  db::JobContext& context() { return context_; }

 private:
  absl::StatusOr<std::string> Steps(bool with_comparisons, const Page& page);
  absl::Status AwaitFacts();
  absl::Status OpenRun();
  absl::StatusOr<bool> OthersUnderWay(db::Transaction& tx);
  struct Prepared;
  absl::Status Pages(bool with_comparisons, const Page& page);
  absl::StatusOr<SealedPage> Read(const PersonKey& after, bool with_comparisons) const;
  absl::StatusOr<Prepared> Prepare(v1::RunCursor from, const SealedPage& sealed, const Page& page) const;
  absl::Status SettleClaims();
  absl::StatusOr<std::string> Close();
  absl::Status CheckSchoolYear(v1::Run* closed);  // comparison_run.cc
  void CountCompliance(v1::Run* closed) const;    // comparison_run.cc
  absl::CivilDay ComplianceOn() const;            // comparison_run.cc
  absl::Status LoadRun();
  absl::Status PutRun(db::Transaction& tx, const v1::Run* before, const v1::Run& after, std::string_view cause);
  absl::Status Abandon();
  absl::Status Store(const Write& body, const v1::RunCursor& cursor);

  const RunParts& parts_;
  db::JobContext& context_;
  const v1::RunPlan plan_;
  const Term term_;
  const TermDates dates_;
  const std::string name_;
  std::shared_ptr<const crypto::Sealer> sealer_;
  v1::RunCursor cursor_;
  v1::Run run_;
  bool previous_ = false;
};

}  // namespace ruraledu::student_aid
