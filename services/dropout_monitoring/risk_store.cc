#include "services/dropout_monitoring/risk_store.h"

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/case_tables.h"
#include "services/dropout_monitoring/case_writes.h"

namespace ruraledu::dropout_monitoring {
namespace {

// Of the table `pupil p`: whom a score is kept for.
constexpr std::string_view kOnRoll =
    "p.merged_into = '' AND p.status IN ('ENROLLED', 'SUSPECTED', 'DROPPED', 'RETURNED', 'HOME_TAUGHT', 'SUSPENDED', "
    "'TRANSFER_OUT_PENDING')";

Suspicions Counted(const std::vector<v1::Case>& cases) {
  Suspicions counts;
  for (const v1::Case& file : cases) {
    if (file.outcome() != v1::CASE_OUTCOME_FALSE_ALARM && file.outcome() != v1::CASE_OUTCOME_DUPLICATE) {
      ++counts[file.child_key()];
    }
  }
  return counts;
}

}  // namespace

absl::StatusOr<Suspicions> SuspicionsIn(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM dropout_case WHERE shard = $1 AND "
                                             "is_open = 0 ORDER BY id",
                                             shard));
  ASSIGN_OR_RETURN(const auto cases, feed::ReadRoots<v1::Case>(rows, kCases, nullptr));
  return Counted(cases);
}

absl::StatusOr<Suspicions> SuspicionsOf(db::Transaction& tx, std::string_view shard, std::string_view person) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM dropout_case WHERE shard = $1 AND "
                                             "child_key = $2 AND is_open = 0 ORDER BY id",
                                             shard, person));
  ASSIGN_OR_RETURN(const auto cases, feed::ReadRoots<v1::Case>(rows, kCases, nullptr));
  return Counted(cases);
}

absl::StatusOr<std::map<std::string, ScoredChild>> ScoredChildrenOf(db::Transaction& tx, crypto::KeyRing& keys,
                                                                    const std::string& shard, std::string_view school,
                                                                    absl::CivilDay on) {
  constexpr std::string_view kOfSchool =
      "IN (SELECT e.person FROM enrolment e WHERE e.shard = $1 AND e.school = $2 AND e.valid_from <= $3 AND "
      "(e.valid_to = '' OR e.valid_to > $3)) ORDER BY ";
  ASSIGN_OR_RETURN(const auto sealer, keys.SealerOf(shard));
  ASSIGN_OR_RETURN(auto read, ReadRegister(tx, keys, shard, absl::StrCat(kOnRoll, " AND p.id ", kOfSchool, "p.id"),
                                           {std::string(school), DayText(on)}, on));
  std::map<std::string, ScoredChild> children;
  for (RegisterChild& child : read) {
    const std::string person(feed::IdOfName(child.student.name()));
    static_cast<RegisterChild&>(children[person]) = std::move(child);
  }
  ASSIGN_OR_RETURN(
      const auto scores,
      tx.Query(absl::StrCat("SELECT id, body, sealed, version FROM risk WHERE shard = $1 AND id ", kOfSchool, "id"),
               shard, school, DayText(on)));
  for (const db::Row& row : scores) {
    if (const auto child = children.find(row.Text(0)); child != children.end()) {
      RETURN_IF_ERROR(feed::ReadRoot(row, 1, kRisks, row.Text(0), sealer.get(), &child->second.before.emplace()));
    }
  }
  return children;
}

absl::StatusOr<ScoredChild> ScoredChildOf(db::Transaction& tx, crypto::KeyRing& keys, const std::string& shard,
                                          const std::string& person, absl::CivilDay on) {
  ASSIGN_OR_RETURN(const auto sealer, keys.SealerOf(shard));
  ScoredChild child;
  ASSIGN_OR_RETURN(static_cast<RegisterChild&>(child), OneOfRegister(tx, keys, shard, person, on));
  ASSIGN_OR_RETURN(child.before, feed::Load<v1::Risk>(tx, *sealer, kRisks, shard, person));
  return child;
}

absl::StatusOr<std::vector<v1::Risk>> ScoresOfLeavers(db::Transaction& tx, const crypto::Sealer& sealer,
                                                      std::string_view shard, int64_t limit) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query(absl::StrCat("SELECT r.id, r.body, r.sealed, r.version FROM risk r WHERE r.shard = $1 AND r.has_points "
                            "= 1 AND NOT EXISTS (SELECT 1 FROM pupil p WHERE p.shard = r.shard AND p.id = r.id AND ",
                            kOnRoll, ") ORDER BY r.id LIMIT $2"),
               shard, limit));
  return feed::ReadRoots<v1::Risk>(rows, kRisks, &sealer);
}

absl::StatusOr<const v1::RiskPolicy*> RiskPolicyOf(const Standards& standards, const std::string& shard,
                                                   absl::CivilDay on) {
  return standards.care.risks.InForce(RegionOfShard(shard), on);
}

absl::StatusOr<std::optional<v1::Risk>> Rescored(const Standards& standards, const v1::RiskPolicy& policy,
                                                 const std::string& shard, const ScoredChild& child,
                                                 const v1::AbsenceEvaluation& evaluation, int64_t earlier_suspicions,
                                                 absl::CivilDay on) {
  v1::Risk after = child.before.value_or(v1::Risk());
  const RiskSource source{.student = child.student,
                          .kinds = child.kinds,
                          .marked_days = evaluation.marked_days(),
                          .absent_days = evaluation.absent_days(),
                          .earlier_suspicions = earlier_suspicions,
                          .learning = after.has_learning() ? &after.learning() : nullptr};
  const v1::EvaluateRiskResponse score =
      Score(policy, RiskFactsOf(policy, source, standards.care.grades, standards.terms, on));
  if (!child.before.has_value() && score.points() == 0) {
    return std::optional<v1::Risk>();
  }
  ASSIGN_OR_RETURN(const std::string parent, ParentOfShard(shard));
  after.set_person(std::string(feed::IdOfName(child.student.name())));
  after.set_name(absl::StrCat(parent, "/risks/", after.person()));
  after.set_area(child.student.area());
  PutScore(score, on, &after);
  return std::optional(std::move(after));
}

}  // namespace ruraledu::dropout_monitoring
