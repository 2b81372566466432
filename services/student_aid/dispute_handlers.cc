// Objections and appeals, of identifications and of applications.
#include <initializer_list>
#include <tuple>

#include "common/base/proto_day.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/notices.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

// The notice that a changed list begins: of one record, at its school.
absl::Status PutNotice(db::Transaction& tx, feed::RootWriter& writer, const std::string& name, int32_t working_days,
                       const v1::Identification& record) {
  ASSIGN_OR_RETURN(v1::NoticeEntry entry, EntryOf(tx, record));
  v1::Notice notice;
  notice.set_name(name);
  notice.set_kind(v1::NOTICE_KIND_IDENTIFICATIONS);
  notice.set_area(std::string(SchoolOf(record.area())));
  notice.set_school(absl::StrCat("counties/", tx.shard().substr(1), "/schools/", feed::IdOfName(notice.area())));
  notice.set_term(record.term());
  FillNotice(*DayOf(record.posted_on()), *DayOf(record.notice_ends_on()), working_days, {std::move(entry)}, &notice);
  return writer.Put(kNotices, nullptr, notice, "POST").status();
}

struct Books {
  const IdentificationBook& tables;
  const ApplicationBook& applications;
};

// The clocks of a record for which something was applied for.
absl::StatusOr<Clocks> ClocksOf(const Books& books, const v1::Identification& record, std::string_view event) {
  RETURN_IF_ERROR(CheckBegun(record, event));
  ASSIGN_OR_RETURN(const auto* policy, PolicyOf(books.tables, record));
  return Clocks(*policy);
}
absl::StatusOr<Clocks> ClocksOf(const Books& books, const v1::Application& application, std::string_view) {
  ASSIGN_OR_RETURN(const auto* policy, PolicyOf(books.applications, application));
  return Clocks(*policy);
}

absl::Status Decide(const Books& books, const Act& act, const AppealDecision& decision, v1::Identification* record) {
  RETURN_IF_ERROR(CheckBegun(*record, "decide_appeal"));
  ASSIGN_OR_RETURN(const auto* policy, PolicyOf(books.tables, *record));
  return DecideAppeal(act, decision, *policy, record);
}
absl::Status Decide(const Books&, const Act& act, const AppealDecision& decision, v1::Application* application) {
  return DecideAppeal(act, decision, application);
}

using Files = google::protobuf::RepeatedPtrField<std::string>;
absl::Status CheckTexts(std::initializer_list<std::tuple<std::string_view, const std::string*, size_t>> texts,
                        const Files& files = {}) {
  Violations violations;
  CheckFiles(files, "files", &violations);
  for (const auto& [field, text, limit] : texts) {
    violations.MostBytes(field, *text, limit);
  }
  return violations.status();
}

}  // namespace

template <typename Record>
absl::StatusOr<Record> Handlers::ObjectTo(rpc::Call& call, const v1::CreateObjectionRequest& request) {
  RETURN_IF_ERROR(CheckTexts({{"objector", &request.objector(), kMostName}, {"ground", &request.ground(), kMostText}},
                             request.files()));
  ASSIGN_OR_RETURN(const WorkCalendar calendar, host_.database.Read(feed::ReadWorkCalendar));
  const Act act = ActOf(call);
  return StepOn<Record>(call, host_, request.name(), "", "OBJECT",
                        [&](db::Transaction&, feed::RootWriter&, Record& after) -> absl::Status {
                          ASSIGN_OR_RETURN(const Clocks clocks, ClocksOf({tables_, applications_}, after, "object"));
                          RETURN_IF_ERROR(Object(act, request.objector(), request.ground(), clocks, calendar, &after));
                          *after.mutable_objections()->rbegin()->mutable_files() = request.files();
                          return absl::OkStatus();
                        });
}

template <typename Record>
absl::StatusOr<Record> Handlers::AppealFor(rpc::Call& call, const v1::CreateAppealRequest& request) {
  RETURN_IF_ERROR(CheckTexts({{"appellant", &request.appellant(), kMostName}, {"ground", &request.ground(), kMostText}},
                             request.files()));
  ASSIGN_OR_RETURN(const WorkCalendar calendar, host_.database.Read(feed::ReadWorkCalendar));
  const Act act = ActOf(call);
  return StepOn<Record>(
      call, host_, request.name(), "", "APPEAL",
      [&](db::Transaction&, feed::RootWriter&, Record& after) -> absl::Status {
        ASSIGN_OR_RETURN(const Clocks clocks, ClocksOf({tables_, applications_}, after, "appeal"));
        RETURN_IF_ERROR(FileAppeal(act, request.appellant(), request.ground(), clocks, calendar, &after));
        *after.mutable_appeals()->rbegin()->mutable_files() = request.files();
        return absl::OkStatus();
      });
}

template <typename Record>
absl::StatusOr<Record> Handlers::DecideAppealOf(rpc::Call& call, v1::AppealStep step,
                                                const v1::DecideAppealRequest& request) {
  RETURN_IF_ERROR(CheckTexts({{"reason", &request.reason(), kMostText}}));
  const Act act = ActOf(call, request.reason());
  const AppealDecision decision{step, request.granted(), request.level()};
  return StepOn<Record>(call, host_, request.name(), request.etag(), "DECIDE_APPEAL",
                        [&](db::Transaction&, feed::RootWriter&, Record& after) {
                          return Decide({tables_, applications_}, act, decision, &after);
                        });
}

absl::StatusOr<v1::Identification> Handlers::CreateObjection(rpc::Call& call,
                                                             const v1::CreateObjectionRequest& request) {
  return ObjectTo<v1::Identification>(call, request);
}

absl::StatusOr<v1::Application> Handlers::CreateApplicationObjection(rpc::Call& call,
                                                                     const v1::CreateObjectionRequest& request) {
  return ObjectTo<v1::Application>(call, request);
}

absl::StatusOr<v1::Identification> Handlers::ResolveObjection(rpc::Call& call,
                                                              const v1::ResolveObjectionRequest& request) {
  RETURN_IF_ERROR(CheckTexts({{"reason", &request.reason(), kMostText}}));
  ASSIGN_OR_RETURN(const WorkCalendar calendar, host_.database.Read(feed::ReadWorkCalendar));
  const Act act = ActOf(call, request.reason());
  const std::string parent = request.name().substr(0, request.name().find("/identifications/"));
  const Resolution resolution{request.objection(), request.outcome(), request.level(),
                              absl::StrCat(parent, "/notices/", rpc::StableId(call))};
  return StepOn<v1::Identification>(
      call, host_, request.name(), request.etag(), "RESOLVE",
      [&](db::Transaction& tx, feed::RootWriter& writer, v1::Identification& after) -> absl::Status {
        RETURN_IF_ERROR(CheckBegun(after, "resolve"));
        ASSIGN_OR_RETURN(const auto* policy, PolicyOf(tables_, after));
        ASSIGN_OR_RETURN(const bool posted, Resolve(act, resolution, *policy, calendar, &after));
        return posted ? PutNotice(tx, writer, resolution.notice, policy->notice_days(), after) : absl::OkStatus();
      });
}

absl::StatusOr<v1::Application> Handlers::ResolveApplicationObjection(rpc::Call& call,
                                                                      const v1::ResolveObjectionRequest& request) {
  RETURN_IF_ERROR(CheckTexts({{"reason", &request.reason(), kMostText}}));
  const Act act = ActOf(call, request.reason());
  return StepOn<v1::Application>(call, host_, request.name(), request.etag(), "RESOLVE",
                                 [&](db::Transaction&, feed::RootWriter&, v1::Application& after) {
                                   return student_aid::ResolveObjection(act, request.objection(), request.outcome(),
                                                                        &after);
                                 });
}

absl::StatusOr<v1::Identification> Handlers::CreateAppeal(rpc::Call& call, const v1::CreateAppealRequest& request) {
  return AppealFor<v1::Identification>(call, request);
}

absl::StatusOr<v1::Application> Handlers::CreateApplicationAppeal(rpc::Call& call,
                                                                  const v1::CreateAppealRequest& request) {
  return AppealFor<v1::Application>(call, request);
}

absl::StatusOr<v1::Identification> Handlers::DecideSchoolAppeal(rpc::Call& call,
                                                                const v1::DecideAppealRequest& request) {
  return DecideAppealOf<v1::Identification>(call, v1::APPEAL_STEP_SCHOOL, request);
}

absl::StatusOr<v1::Identification> Handlers::DecideCountyAppeal(rpc::Call& call,
                                                                const v1::DecideAppealRequest& request) {
  return DecideAppealOf<v1::Identification>(call, v1::APPEAL_STEP_COUNTY, request);
}

absl::StatusOr<v1::Application> Handlers::DecideApplicationSchoolAppeal(rpc::Call& call,
                                                                        const v1::DecideAppealRequest& request) {
  return DecideAppealOf<v1::Application>(call, v1::APPEAL_STEP_SCHOOL, request);
}

absl::StatusOr<v1::Application> Handlers::DecideApplicationCountyAppeal(rpc::Call& call,
                                                                        const v1::DecideAppealRequest& request) {
  return DecideAppealOf<v1::Application>(call, v1::APPEAL_STEP_COUNTY, request);
}

}  // namespace ruraledu::student_aid
