// The enrolment drive: days and catchments, runs, lists, notices.
#include <map>
#include <set>

#include "absl/strings/str_join.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "common/rpc/unmask.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/enrolment_checks.h"
#include "services/dropout_monitoring/enrolment_facts.h"
#include "services/dropout_monitoring/enrolment_run.h"
#include "services/dropout_monitoring/enrolment_store.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/letters.h"
#include "services/dropout_monitoring/population_tables.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kMostCatchments = 2000, kMostChildren = 500;
constexpr std::string_view kUnmaskEnrolment = "dropout_monitoring.enrolment.unmask";
constexpr size_t kVillage = 12;

std::string AreaOf(const v1::ExpectedChild& child) {
  return child.area();
}
std::string AreaOfDrive(const v1::EnrolmentDrive& drive) {
  return drive.area();
}
const rpc::RootKind<v1::EnrolmentDrive> kDriveKind{kEnrolmentDrives, AreaOfDrive, nullptr};

// Villages of the county, or schools that are left; and schools that take the children and teach the level.
absl::Status CheckCatchments(db::Transaction& tx, const v1::OfficialAge& level,
                             const v1::PutEnrolmentDriveRequest& request) {
  const std::string county = tx.shard().substr(1);
  Violations violations;
  for (int i = 0; i < request.catchments_size(); ++i) {
    const v1::Catchment& row = request.catchments(i);
    if (request.level() == v1::SCHOOL_LEVEL_JUNIOR) {
      RETURN_IF_ERROR(FindOpenSchool(tx, row.from(), false).status());
    } else if (row.from().size() != kVillage || !row.from().starts_with(county)) {
      return Fail("REGION_CODE", {{"code", row.from()}});
    }
    ASSIGN_OR_RETURN(const auto school, FindOpenSchool(tx, row.school(), true));
    if (!Teaches(school, level)) {
      violations.Add(absl::StrCat("catchments[", i, "].school"), "CATCHMENT_LEVEL",
                     {{"school", row.school()}, {"level", EnumText(request.level())}});
    }
  }
  return violations.status();
}

// The first guardian that is known of the child; "" nobody.
absl::StatusOr<std::string> GuardianOf(db::Transaction& tx, const crypto::Sealer& sealer, const std::string& shard,
                                       const v1::ExpectedChild& child) {
  if (!child.person().empty()) {
    ASSIGN_OR_RETURN(const auto student, LoadPupil(tx, sealer, shard, child.person()));
    return student.has_value() && !student->guardians().empty() ? student->guardians(0).display_name() : "";
  }
  if (rpc::ShardOf(child.source(), kResidents.collection).ok()) {
    ASSIGN_OR_RETURN(const auto resident,
                     feed::Load<v1::Resident>(tx, sealer, kResidents, shard, feed::IdOfName(child.source())));
    return resident.has_value() && !resident->guardians().empty() ? resident->guardians(0).display_name() : "";
  }
  return std::string();
}

absl::StatusOr<NoticeNames> NamesOf(db::Transaction& tx, const crypto::Sealer& sealer, const RegionTree& regions,
                                    const v1::ExpectedChild& child, absl::CivilDay today) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(child.name()));
  NoticeNames names;
  ASSIGN_OR_RETURN(names.guardian, GuardianOf(tx, sealer, shard, child));
  ASSIGN_OR_RETURN(const auto school, FindSchool(tx, shard, feed::IdOfName(child.notice().school())));
  names.school = school.has_value() ? school->display_name() : "";
  names.authority = AuthorityOf(regions, shard, today);
  return names;
}

// One notice; "ISSUED", "UNCHANGED", or why not.
absl::StatusOr<std::string> IssueNotice(rpc::Call& call, db::Transaction& tx, const EnrolmentFacts& facts,
                                        const std::string& name, const std::string& school, const CaseAct& act,
                                        feed::RootWriter& writer) {
  ASSIGN_OR_RETURN(const auto before, feed::Load<v1::ExpectedChild>(tx, *facts.sealer(), kExpectedChildren, tx.shard(),
                                                                    feed::IdOfName(name)));
  if (!before.has_value()) {
    return call.CheckMissing(name);
  }
  RETURN_IF_ERROR(call.CheckArea(before->area()));
  if (before->has_notice() || before->state() == v1::EXPECTED_STATE_GONE) {
    return std::string(before->has_notice() ? "UNCHANGED" : "ENROLMENT_NOT_EXPECTED");
  }
  const std::string& at = school.empty() ? before->school() : school;
  if (at.empty()) {
    return std::string("ENROLMENT_SCHOOL");
  }
  v1::ExpectedChild after = *before;
  ASSIGN_OR_RETURN(const int64_t number, NextNoticeNumber(tx, facts.year().year.start, EnumText(after.level())));
  v1::EnrolmentNotice* notice = after.mutable_notice();
  notice->set_number(NoticeNumber(tx.shard().substr(1), facts.year().year, after.level(), number));
  notice->set_school(at);
  *notice->mutable_issued_on() = DateOf(act.on);
  notice->set_issued_by(act.person);
  after.set_school(at);
  after.set_area(facts.AreaOf(after));
  RETURN_IF_ERROR(writer.Put(kExpectedChildren, &*before, after, "NOTICE").status());
  return std::string("ISSUED");
}

}  // namespace

absl::StatusOr<v1::EnrolmentDrive> Handlers::PutEnrolmentDrive(rpc::Call& call,
                                                               const v1::PutEnrolmentDriveRequest& request) {
  const absl::CivilDay today = call.clock().Today();
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  RETURN_IF_ERROR(call.CheckArea(shard.substr(1), request.parent()));
  ASSIGN_OR_RETURN(const SchoolYear year, ParseYearOf(standards_.terms, today, request.school_year(), kDriveYears));
  Violations violations;
  const auto from = DayOf(request.report_from(), "report_from", &violations);
  const auto until = DayOf(request.report_until(), "report_until", &violations);
  const bool level = request.level() == v1::SCHOOL_LEVEL_PRIMARY || request.level() == v1::SCHOOL_LEVEL_JUNIOR;
  violations.Require(level, "level");
  violations.MostElements("catchments", request.catchments_size(), kMostCatchments);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const EnrolmentFacts facts, EnrolmentFacts::Of(host_, standards_, shard, year, today));
  v1::EnrolmentDrive stated;
  *stated.mutable_catchments() = request.catchments();
  if (from.has_value()) {
    *stated.mutable_report_from() = request.report_from();
  }
  if (until.has_value()) {
    *stated.mutable_report_until() = request.report_until();
  }
  RETURN_IF_ERROR(CheckDrive(facts.year(), &stated));
  const DriveDays days = from.has_value() ? DriveDays{*from, *until} : DaysOf(facts.year(), facts.policy(), nullptr);
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const std::string id = absl::StrCat(request.school_year(), ".", EnumText(request.level()));
  const std::string name = absl::StrCat(request.parent(), "/", kEnrolmentDrives.collection, "/", id);
  ASSIGN_OR_RETURN(const auto there, host_.database.Read([&](db::Transaction& tx) {
    return feed::Load<v1::EnrolmentDrive>(tx, *sealer, kEnrolmentDrives, shard, id);
  }));
  return rpc::WriteRoot(
      call, host_, kDriveKind, name, !there.has_value(), "PUT",
      [&](db::Transaction& tx, const v1::EnrolmentDrive* before, v1::EnrolmentDrive& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before == nullptr ? "" : before->etag()));
        const bool primary = request.level() == v1::SCHOOL_LEVEL_PRIMARY;
        RETURN_IF_ERROR(CheckCatchments(tx, primary ? facts.year().primary : facts.year().junior, request));
        *after.mutable_catchments() = stated.catchments();
        after.set_area(shard.substr(1));
        after.set_school_year(request.school_year());
        after.set_level(request.level());
        *after.mutable_report_from() = DateOf(days.from);
        *after.mutable_report_until() = DateOf(days.until);
        after.set_days_source(from.has_value() ? "COUNTY" : facts.policy().name());
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::EnrolmentDrive> Handlers::GetEnrolmentDrive(rpc::Call& call,
                                                               const v1::GetEnrolmentDriveRequest& request) {
  return rpc::GetRoot<v1::EnrolmentDrive>(call, host_, kEnrolmentDrives, request.name(), AreaOfDrive);
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::StartEnrolmentRun(rpc::Call& call,
                                                                    const v1::StartEnrolmentRunRequest& request) {
  const absl::CivilDay today = call.clock().Today();
  RETURN_IF_ERROR(call.CheckArea(rpc::CountyOfParent(request.parent())));
  RETURN_IF_ERROR(ParseYearOf(standards_.terms, today, request.school_year(), kDriveYears).status());
  v1::EnrolmentPlan plan;
  *plan.mutable_on() = DateOf(today);
  plan.set_school_year(request.school_year());
  *plan.mutable_after() = rpc::OfRegistry(request.after());
  return rpc::StartJob(shared_, call, request.parent(), kEnrolmentJob, plan,
                       rpc::NoOpenBatch(shared_, request.parent(), plan.after()));
}

absl::StatusOr<v1::ListEnrolmentRunsResponse> Handlers::ListEnrolmentRuns(rpc::Call& call,
                                                                          const v1::ListEnrolmentRunsRequest& request) {
  const rpc::ListSpec spec{.area_column = "area", .order = {"on_day"}};
  return rpc::ListRoots<v1::EnrolmentRun, v1::ListEnrolmentRunsRequest, v1::ListEnrolmentRunsResponse>(
      call, host_, kEnrolmentRuns, spec, request, &v1::ListEnrolmentRunsResponse::mutable_runs);
}

absl::StatusOr<v1::ExpectedChild> Handlers::GetExpectedChild(rpc::Call& call,
                                                             const v1::GetExpectedChildRequest& request) {
  ASSIGN_OR_RETURN(v1::ExpectedChild child,
                   rpc::GetRoot<v1::ExpectedChild>(call, host_, kExpectedChildren, request.name(), AreaOf));
  if (!request.unmask()) {
    rpc::MaskRoot(child);
    return child;
  }
  RETURN_IF_ERROR(rpc::JournalUnmask(call, host_.database, host_.keys, kUnmaskEnrolment, child.area(), request.name()));
  return child;
}

absl::StatusOr<v1::ListExpectedChildrenResponse> Handlers::ListExpectedChildren(
    rpc::Call& call, const v1::ListExpectedChildrenRequest& request) {
  RETURN_IF_ERROR(ParseSchoolYear(request.school_year()).status());
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}, .equal = {{"school_year", request.school_year()}}};
  if (request.level() != v1::SCHOOL_LEVEL_UNSPECIFIED) {
    spec.equal.emplace_back("level", EnumText(request.level()));
  }
  if (request.state() != v1::EXPECTED_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::ExpectedState_Name(request.state()));
  }
  if (!request.village().empty()) {
    spec.equal.emplace_back("village", request.village());
  }
  if (!request.former_school().empty()) {
    spec.equal.emplace_back("former_school", std::string(feed::IdOfName(request.former_school())));
  }
  if (request.claims_only()) {
    spec.equal.emplace_back("claim_open", int64_t{1});
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  return rpc::ListRoots<v1::ExpectedChild, v1::ListExpectedChildrenRequest, v1::ListExpectedChildrenResponse>(
      call, host_, kExpectedChildren, spec, request, &v1::ListExpectedChildrenResponse::mutable_children);
}

absl::StatusOr<v1::BatchIssueEnrolmentNoticesResponse> Handlers::BatchIssueEnrolmentNotices(
    rpc::Call& call, const v1::BatchIssueEnrolmentNoticesRequest& request) {
  const CaseAct act = CaseActOf(call);
  Violations violations;
  violations.Require(!request.children().empty(), "children");
  violations.MostElements("children", request.children_size(), kMostChildren);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  std::map<std::string, EnrolmentFacts> by_year;  // children of one batch may be of two lists
  for (const std::string& name : request.children()) {
    ASSIGN_OR_RETURN(const std::string of, rpc::ShardOf(name, kExpectedChildren.collection));
    const std::string text(feed::IdOfName(name).substr(0, feed::IdOfName(name).find('.')));
    ASSIGN_OR_RETURN(const SchoolYear year, ParseSchoolYear(text));
    if (of != shard) {
      return call.CheckMissing(name);
    }
    if (!by_year.contains(text)) {
      ASSIGN_OR_RETURN(EnrolmentFacts facts, EnrolmentFacts::Of(host_, standards_, shard, year, act.on));
      by_year.emplace(text, std::move(facts));
    }
  }
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        if (!request.school().empty()) {
          RETURN_IF_ERROR(FindOpenSchool(tx, request.school(), true).status());
        }
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        std::vector<std::string> outcomes;
        std::set<std::string> seen;
        for (const std::string& name : request.children()) {
          if (!seen.insert(name).second) {
            outcomes.emplace_back("DUPLICATE_IN_BATCH");
            continue;
          }
          const std::string text(feed::IdOfName(name).substr(0, feed::IdOfName(name).find('.')));
          ASSIGN_OR_RETURN(outcomes.emplace_back(),
                           IssueNotice(call, tx, by_year.at(text), name, request.school(), act, writer));
        }
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{absl::StrJoin(outcomes, " "), version};
      },
      OutcomesOf<v1::BatchIssueEnrolmentNoticesResponse>);
}

absl::StatusOr<v1::RenderEnrolmentNoticeResponse> Handlers::RenderEnrolmentNotice(
    rpc::Call& call, const v1::RenderEnrolmentNoticeRequest& request) {
  ASSIGN_OR_RETURN(const v1::ExpectedChild child,
                   rpc::GetRoot<v1::ExpectedChild>(call, host_, kExpectedChildren, request.name(), AreaOf));
  if (!child.has_notice()) {
    return Fail("ENROLMENT_NO_NOTICE", {{"name", request.name()}});
  }
  if (child.display_name().empty()) {
    return Fail("ERASED", {{"name", request.name()}});
  }
  RETURN_IF_ERROR(rpc::JournalUnmask(call, host_.database, host_.keys, kUnmaskEnrolment, child.area(), request.name()));
  const absl::CivilDay today = call.clock().Today();
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.name()));
  ASSIGN_OR_RETURN(const SchoolYear year, ParseSchoolYear(child.school_year()));
  ASSIGN_OR_RETURN(const EnrolmentFacts facts, EnrolmentFacts::Of(host_, standards_, shard, year, today));
  ASSIGN_OR_RETURN(const NoticeNames names, host_.database.Read([&](db::Transaction& tx) {
    return NamesOf(tx, *facts.sealer(), *standards_.regions, child, today);
  }));
  return RenderLetter<v1::RenderEnrolmentNoticeResponse>(
      standards_, "enrolment_notice", NoticeValues(child, facts.days(child.level()), names), child.notice().number());
}

}  // namespace ruraledu::dropout_monitoring
