#include "services/dropout_monitoring/report_facts.h"

#include "absl/strings/str_cat.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/case_writes.h"
#include "services/dropout_monitoring/register_check_store.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

absl::StatusOr<const v1::CasePolicy*> PolicyOn(const ReportFacts& facts, std::string_view shard, absl::CivilDay on) {
  return facts.standards.cases.InForce(RegionOfShard(shard), on);
}

absl::StatusOr<const v1::RegisterPolicy*> RegisterPolicyOn(const ReportFacts& facts, std::string_view shard,
                                                           absl::CivilDay on) {
  return facts.standards.registers.InForce(RegionOfShard(shard), on);
}

template <typename SumOfMonth>
absl::StatusOr<int> MissingIn(const std::vector<absl::CivilMonth>& months, SumOfMonth sum_of) {
  int missing = 0;
  for (const absl::CivilMonth month : months) {
    ASSIGN_OR_RETURN(const auto sum, sum_of(month));
    missing += sum.missing_size();
  }
  return missing;
}

}  // namespace

absl::StatusOr<v1::MonthRollUp> MonthSum(db::Transaction& tx, const ReportFacts& facts, std::string_view shard,
                                         absl::CivilMonth month) {
  ASSIGN_OR_RETURN(const auto* policy, PolicyOn(facts, shard, absl::CivilDay(month)));
  ASSIGN_OR_RETURN(const auto schools, AllSchools(tx, shard));
  ASSIGN_OR_RETURN(const auto reports, InForceOf<v1::ZeroReport>(tx, kZeroReports, shard, MonthText(month)));
  return RollUp(month, ReportDue(month, policy->report_day()), facts.today, schools, reports);
}

absl::StatusOr<v1::RegisterRollUp> RegisterSum(db::Transaction& tx, const ReportFacts& facts, std::string_view shard,
                                               absl::CivilMonth month) {
  ASSIGN_OR_RETURN(const auto* policy, RegisterPolicyOn(facts, shard, absl::CivilDay(month)));
  ASSIGN_OR_RETURN(const auto schools, AllSchools(tx, shard));
  ASSIGN_OR_RETURN(const auto checks, InForceOf<v1::RegisterCheck>(tx, kRegisterChecks, shard, MonthText(month)));
  return RollUp(month, ReportDue(month, policy->due_day()), facts.today, schools, checks);
}

absl::StatusOr<int> MissingReports(db::Transaction& tx, const ReportFacts& facts, std::string_view shard,
                                   absl::CivilDay on) {
  ASSIGN_OR_RETURN(const auto* policy, PolicyOn(facts, shard, on));
  return MissingIn(MonthsDue(on, policy->report_day(), facts.standards.terms),
                   [&](absl::CivilMonth month) { return MonthSum(tx, facts, shard, month); });
}

absl::StatusOr<int> MissingRegisterChecks(db::Transaction& tx, const ReportFacts& facts, std::string_view shard,
                                          absl::CivilDay on) {
  ASSIGN_OR_RETURN(const auto* policy, RegisterPolicyOn(facts, shard, on));
  return MissingIn(MonthsDue(on, policy->due_day(), facts.standards.terms),
                   [&](absl::CivilMonth month) { return RegisterSum(tx, facts, shard, month); });
}

absl::StatusOr<v1::Clearance> ClearanceOn(db::Transaction& tx, const ReportFacts& facts, std::string_view shard,
                                          absl::CivilDay on) {
  ASSIGN_OR_RETURN(const auto sealer, facts.host.keys.SealerOf(std::string(shard)));
  ASSIGN_OR_RETURN(const auto cases, CasesOpenOn(tx, *sealer, shard, on));
  std::vector<ChildOn> children;
  for (const v1::Case& file : cases) {
    ChildOn child{StateOn(file, on), {file.circumstances().kinds().begin(), file.circumstances().kinds().end()}};
    if (!file.person().empty()) {  // the register says what the household is on the day
      ASSIGN_OR_RETURN(child.kinds, KindsOn(tx, facts.host.keys, shard, file.person(), on));
    }
    children.push_back(std::move(child));
  }
  ASSIGN_OR_RETURN(const int missing, MissingReports(tx, facts, shard, on));
  return Clear(on, children, missing);
}

}  // namespace ruraledu::dropout_monitoring
