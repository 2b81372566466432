// Objections and appeals.
#include "common/base/proto_day.h"
#include "services/student_aid/dispute_rules.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/identification_writes.h"
#include "services/student_aid/notices.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

// The notice that a changed list begins: of one record, at its school.
absl::Status PutNotice(db::Transaction& tx, feed::RootWriter& writer, const std::string& name,
                       const v1::Identification& record, int32_t working_days) {
  ASSIGN_OR_RETURN(v1::NoticeEntry entry, EntryOf(tx, record));
  const std::string school_area(SchoolOf(record.area()));
  const std::string school = absl::StrCat("counties/", tx.shard().substr(1), "/schools/", feed::IdOfName(school_area));
  v1::Notice notice = NoticeOf(name, school, school_area, record.term(), *DayOf(record.posted_on()),
                               *DayOf(record.notice_ends_on()), {std::move(entry)});
  notice.set_working_days(working_days);
  return writer.Put(kNotices, nullptr, notice, "POST").status();
}

}  // namespace

absl::StatusOr<v1::Identification> Handlers::CreateObjection(rpc::Call& call,
                                                             const v1::CreateObjectionRequest& request) {
  Violations violations;
  CheckText(request.objector(), "objector", kMostName, &violations);
  CheckText(request.ground(), "ground", kMostText, &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const WorkCalendar calendar, host_.database.Read(ReadCalendar));
  const Act act = ActOf(call);
  return StepOn(call, host_, request.name(), "", "OBJECT",
                [&](db::Transaction&, feed::RootWriter&, v1::Identification& after) -> absl::Status {
                  RETURN_IF_ERROR(CheckBegun(after, "object"));
                  ASSIGN_OR_RETURN(const auto* policy, PolicyOf(tables_, after));
                  return Object(act, request.objector(), request.ground(), *policy, calendar, &after);
                });
}

absl::StatusOr<v1::Identification> Handlers::ResolveObjection(rpc::Call& call,
                                                              const v1::ResolveObjectionRequest& request) {
  Violations violations;
  CheckText(request.reason(), "reason", kMostText, &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const WorkCalendar calendar, host_.database.Read(ReadCalendar));
  const Act act = ActOf(call, request.reason());
  const std::string parent = request.name().substr(0, request.name().find("/identifications/"));
  const Resolution resolution{request.objection(), request.outcome(), request.level(),
                              absl::StrCat(parent, "/notices/", rpc::StableId(call))};
  return StepOn(call, host_, request.name(), request.etag(), "RESOLVE",
                [&](db::Transaction& tx, feed::RootWriter& writer, v1::Identification& after) -> absl::Status {
                  RETURN_IF_ERROR(CheckBegun(after, "resolve"));
                  ASSIGN_OR_RETURN(const auto* policy, PolicyOf(tables_, after));
                  ASSIGN_OR_RETURN(const bool posted, Resolve(act, resolution, *policy, calendar, &after));
                  return posted ? PutNotice(tx, writer, resolution.notice, after, policy->notice_days())
                                : absl::OkStatus();
                });
}

absl::StatusOr<v1::Identification> Handlers::CreateAppeal(rpc::Call& call, const v1::CreateAppealRequest& request) {
  Violations violations;
  CheckText(request.appellant(), "appellant", kMostName, &violations);
  CheckText(request.ground(), "ground", kMostText, &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const WorkCalendar calendar, host_.database.Read(ReadCalendar));
  const Act act = ActOf(call);
  return StepOn(call, host_, request.name(), "", "APPEAL",
                [&](db::Transaction&, feed::RootWriter&, v1::Identification& after) -> absl::Status {
                  RETURN_IF_ERROR(CheckBegun(after, "appeal"));
                  ASSIGN_OR_RETURN(const auto* policy, PolicyOf(tables_, after));
                  return FileAppeal(act, request.appellant(), request.ground(), *policy, calendar, &after);
                });
}

absl::StatusOr<v1::Identification> Handlers::DecideAppealOf(rpc::Call& call, v1::AppealStep step,
                                                            const v1::DecideAppealRequest& request) {
  Violations violations;
  CheckText(request.reason(), "reason", kMostText, &violations);
  RETURN_IF_ERROR(violations.status());
  const Act act = ActOf(call, request.reason());
  return StepOn(call, host_, request.name(), request.etag(), "DECIDE_APPEAL",
                [&](db::Transaction&, feed::RootWriter&, v1::Identification& after) -> absl::Status {
                  RETURN_IF_ERROR(CheckBegun(after, "decide_appeal"));
                  ASSIGN_OR_RETURN(const auto* policy, PolicyOf(tables_, after));
                  return DecideAppeal(act, {step, request.granted(), request.level()}, *policy, &after);
                });
}

absl::StatusOr<v1::Identification> Handlers::DecideSchoolAppeal(rpc::Call& call,
                                                                const v1::DecideAppealRequest& request) {
  return DecideAppealOf(call, v1::APPEAL_STEP_SCHOOL, request);
}

absl::StatusOr<v1::Identification> Handlers::DecideCountyAppeal(rpc::Call& call,
                                                                const v1::DecideAppealRequest& request) {
  return DecideAppealOf(call, v1::APPEAL_STEP_COUNTY, request);
}

}  // namespace ruraledu::student_aid
