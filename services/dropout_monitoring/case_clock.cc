#include "services/dropout_monitoring/case_clock.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/dashboard/moved_counties.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/absence_approval_store.h"
#include "services/dropout_monitoring/absence_approval_writes.h"
#include "services/dropout_monitoring/care_clock.h"
#include "services/dropout_monitoring/care_store.h"
#include "services/dropout_monitoring/case_action_rules.h"
#include "services/dropout_monitoring/case_step_rules.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/case_writes.h"
#include "services/dropout_monitoring/department_slip_rules.h"
#include "services/dropout_monitoring/department_slip_store.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

// What the registry says of the child: the step by which the case ends; nullopt: it goes on.
absl::StatusOr<std::optional<v1::CaseStepKind>> EndedBy(db::Transaction& tx, const crypto::Sealer& sealer,
                                                        const v1::Case& file) {
  ASSIGN_OR_RETURN(const auto student, LoadPupil(tx, sealer, tx.shard(), file.child_key()));
  if (!student.has_value()) {
    return std::optional<v1::CaseStepKind>();
  }
  return student->status() == "DECEASED" ? std::optional(v1::CASE_STEP_KIND_DECEASE)
         : !student->moved_to().empty()  ? std::optional(v1::CASE_STEP_KIND_MOVE)
                                         : std::optional<v1::CaseStepKind>();
}

class Turn {
 public:
  Turn(const CaseClockParts& parts, db::JobContext& context)
      : parts_(parts), context_(context), shard_(context.job().shard), today_(parts.host.clock.Today()) {}

  absl::StatusOr<std::string> Run() {
    std::string cursor = context_.job().cursor;
    while (true) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      ASSIGN_OR_RETURN(const auto ids, context_.database().Read([&](db::Transaction& tx) {
        return CasesToLookAt(tx, shard_, today_, cursor, parts_.page);
      }));
      if (ids.empty()) {
        break;
      }
      cursor = ids.back();
      done_ += static_cast<int64_t>(ids.size());
      RETURN_IF_ERROR(context_.Chunk([&](db::Transaction& tx) { return LookAt(tx, ids); }, cursor, done_, done_));
    }
    RETURN_IF_ERROR(Repeat(cursor, SlipsToRemind, &Turn::Remind));
    RETURN_IF_ERROR(Repeat(cursor, ApprovalsToLookAt, &Turn::LookForChildren));
    RETURN_IF_ERROR(CountGaps(cursor));
    RETURN_IF_ERROR(LookAtCare(parts_, context_, cursor, done_));
    return std::string();
  }

 private:
  absl::Status LookAt(db::Transaction& tx, const std::vector<std::string>& ids) {
    ASSIGN_OR_RETURN(const auto sealer, parts_.host.keys.SealerOf(shard_));
    const std::string actor = absl::StrCat("job:", context_.job().id);
    feed::RootWriter writer(tx, *sealer, {actor, context_.job().id}, parts_.host.NewCounters());
    for (const std::string& id : ids) {
      ASSIGN_OR_RETURN(const auto before, feed::Load<v1::Case>(tx, *sealer, kCases, shard_, id));
      if (!before.has_value() || before->state() == v1::CASE_STATE_CLOSED) {
        continue;  // somebody was faster
      }
      v1::Case after = *before;
      ASSIGN_OR_RETURN(const auto* policy, PolicyOf(parts_.standards.cases, after));
      const CaseRules rules{*policy, parts_.standards.cases.codes()};
      ASSIGN_OR_RETURN(const auto ended, EndedBy(tx, *sealer, after));
      if (ended.has_value()) {
        ASSIGN_OR_RETURN(const std::string parent, ParentOfShard(shard_));
        RETURN_IF_ERROR(CloseByRegistry(rules, {actor, today_, ""}, *ended,
                                        absl::StrCat(parent, "/students/", after.child_key()), &after));
      } else {
        IssueDue(rules, today_, &after);
      }
      RETURN_IF_ERROR(writer.Put(kCases, &*before, after, "CLOCK").status());
    }
    return writer.Finish().status();
  }

  using Due = absl::StatusOr<std::vector<std::string>> (*)(db::Transaction&, std::string_view, absl::CivilDay, int64_t);
  // What is due of one kind; what was looked at is due no more, so there is no cursor.
  absl::Status Repeat(const std::string& cursor, Due due,
                      absl::Status (Turn::*look)(db::Transaction&, const std::vector<std::string>&)) {
    while (true) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      ASSIGN_OR_RETURN(const auto ids, context_.database().Read(
                                           [&](db::Transaction& tx) { return due(tx, shard_, today_, parts_.page); }));
      if (ids.empty()) {
        return absl::OkStatus();
      }
      RETURN_IF_ERROR(
          context_.Chunk([&](db::Transaction& tx) { return (this->*look)(tx, ids); }, cursor, done_, done_));
    }
  }

  // Children whose approval is over (3.1).
  absl::Status LookForChildren(db::Transaction& tx, const std::vector<std::string>& ids) {
    ASSIGN_OR_RETURN(const auto sealer, parts_.host.keys.SealerOf(shard_));
    const std::string actor = absl::StrCat("job:", context_.job().id);
    feed::RootWriter writer(tx, *sealer, {actor, context_.job().id}, parts_.host.NewCounters());
    RETURN_IF_ERROR(LookAtApprovals(tx, writer, {parts_.host, parts_.standards, actor, today_}, ids));
    return writer.Finish().status();
  }

  absl::Status Remind(db::Transaction& tx, const std::vector<std::string>& ids) {
    ASSIGN_OR_RETURN(const auto sealer, parts_.host.keys.SealerOf(shard_));
    feed::RootWriter writer(tx, *sealer, {absl::StrCat("job:", context_.job().id), context_.job().id},
                            parts_.host.NewCounters());
    for (const std::string& id : ids) {
      ASSIGN_OR_RETURN(const auto before, feed::Load<v1::DepartmentSlip>(tx, *sealer, kDepartmentSlips, shard_, id));
      if (before.has_value()) {
        v1::DepartmentSlip after = *before;
        ASSIGN_OR_RETURN(const auto* policy, parts_.standards.cases.Find(after.policy()));
        RemindSlip(*policy, today_, &after);
        RETURN_IF_ERROR(writer.Put(kDepartmentSlips, &*before, after, "REMIND").status());
      }
    }
    return writer.Finish().status();
  }

  absl::Status CountGaps(const std::string& cursor) {
    std::map<v1::ControlLine, int64_t> children = {{v1::CONTROL_LINE_ADMINISTRATION, 0},
                                                   {v1::CONTROL_LINE_EDUCATION, 0}};
    ASSIGN_OR_RETURN(const NamedOf named, context_.database().Read([&](db::Transaction& tx) {
      return SubjectsNamed(tx, shard_, parts_.standards.slots, today_);
    }));
    const AreaRange county = RangeOf(shard_.substr(1));
    std::pair<std::string, std::string> after;
    while (true) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      ASSIGN_OR_RETURN(const auto pupils, context_.database().Read([&](db::Transaction& tx) {
        return PupilsBehind(tx, shard_, county.lo, county.hi, after.first, after.second, parts_.page * 10);
      }));
      if (pupils.empty()) {
        break;
      }
      for (const PupilRow& pupil : pupils) {
        for (const v1::ControlLine line : LinesWithout(named, pupil.person, pupil.area, pupil.village)) {
          ++children[line];
        }
      }
      after = {pupils.back().area, pupils.back().person};
    }
    return context_.Chunk(
        [&](db::Transaction& tx) -> absl::Status {
          for (const auto& [line, count] : children) {
            RETURN_IF_ERROR(SaveGap(tx, line, today_, count));
          }
          return absl::OkStatus();
        },
        cursor, done_, done_);
  }

  const CaseClockParts& parts_;
  db::JobContext& context_;
  const std::string shard_;
  const absl::CivilDay today_;
  int64_t done_ = 0;
};

absl::StatusOr<bool> HasWork(db::Transaction& tx, const std::string& shard, absl::CivilDay today) {
  ASSIGN_OR_RETURN(const std::string counted, GapsCountedOn(tx, shard));
  ASSIGN_OR_RETURN(const std::string looked, LookedOn(tx, shard));
  if (std::min(counted, looked) < DayText(today)) {
    return true;
  }
  ASSIGN_OR_RETURN(const auto ids, CasesToLookAt(tx, shard, today, "", 1));
  ASSIGN_OR_RETURN(const auto slips, SlipsToRemind(tx, shard, today, 1));
  ASSIGN_OR_RETURN(const auto approvals, ApprovalsToLookAt(tx, shard, today, 1));
  return !ids.empty() || !slips.empty() || !approvals.empty();
}

}  // namespace

absl::StatusOr<std::string> RunCaseClock(const CaseClockParts& parts, db::JobContext& context) {
  return Turn(parts, context).Run();
}

obs::Sampler::Probe CaseClockProbe(const CaseClockParts& parts) {
  return dashboard::MovedCounties(
      parts.host.database,
      [parts](const std::string& shard) -> absl::Status {
        const rpc::Host& host = parts.host;
        ASSIGN_OR_RETURN(const bool wanted, host.database.Read([&](db::Transaction& tx) {
          return HasWork(tx, shard, host.clock.Today());
        }));
        if (!wanted) {
          return absl::OkStatus();
        }
        return host.database.Write(shard, [&](db::Transaction& tx) -> absl::Status {
          return db::EnsureJob(tx, {.shard = shard,
                                    .id = NewId(host.clock),
                                    .kind = std::string(kCaseClockJob),
                                    .subject = "service:dropout_monitoring",
                                    .area = PrefixOfShard(shard).value_or("")});
        });
      },
      &parts.host.clock);
}

}  // namespace ruraledu::dropout_monitoring
