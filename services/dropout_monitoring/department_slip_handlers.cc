// Slips to other departments.
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "common/rpc/unmask.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/case_tables.h"
#include "services/dropout_monitoring/department_slip_rules.h"
#include "services/dropout_monitoring/department_slip_store.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/letters.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kTownship = "TOWNSHIP";  // of the list of departments: writes no slip to itself
constexpr std::string_view kUnmaskSlips = "dropout_monitoring.department_slips.unmask";

std::string AreaOf(const v1::DepartmentSlip& slip) {
  return slip.area();
}
const rpc::RootKind<v1::DepartmentSlip> kKind{kDepartmentSlips, AreaOf, nullptr};

// Whom it is about, a case or else a student of the county, and who sends it.
absl::Status FillChild(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer, const RegionTree& regions,
                       const SlipMatter& matter, const std::string& about, v1::DepartmentSlip* slip) {
  slip->set_about(about);
  slip->set_issuer(AuthorityOf(regions, tx.shard(), call.clock().Today()));
  const std::string_view id = feed::IdOfName(about);
  if (rpc::ShardOf(about, kCases.collection).value_or("") == tx.shard()) {
    ASSIGN_OR_RETURN(const auto file, feed::Load<v1::Case>(tx, sealer, kCases, tx.shard(), id));
    if (!file.has_value()) {
      return call.CheckMissing(about);
    }
    slip->set_child_key(file->child_key());
    slip->set_area(file->area());
    if (matter.department != kTownship) {
      slip->set_issuer(IssuerOf(regions, tx.shard(), call.clock().Today(), v1::LEGAL_STEP_KIND_LEGAL_1, *file, ""));
    }
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const StudentPlace place, PlaceOfStudent(call, tx, about));
  slip->set_child_key(place.person);
  slip->set_area(place.area);
  return absl::OkStatus();
}

// What the paper of a slip says of the child today. ERASED.
absl::StatusOr<SlipChild> ChildOf(db::Transaction& tx, const crypto::Sealer& sealer, const v1::DepartmentSlip& slip) {
  const std::string shard = ShardOfName(slip.name()).value_or("");
  const std::string_view id = feed::IdOfName(slip.about());
  SlipChild child;
  std::string school;
  if (rpc::ShardOf(slip.about(), kCases.collection).value_or("") == shard) {
    ASSIGN_OR_RETURN(const auto file, feed::Load<v1::Case>(tx, sealer, kCases, shard, id));
    if (!file.has_value() || !file->has_child()) {
      return Fail("ERASED", {{"name", slip.name()}});
    }
    child = {file->child().display_name(), "", file->child().household_address(), file->child().birth_date()};
    school = file->school();
  } else {
    ASSIGN_OR_RETURN(const auto student, LoadPupil(tx, sealer, shard, id));
    if (!student.has_value() || student->has_erased_on()) {
      return Fail("ERASED", {{"name", slip.name()}});
    }
    child = {student->display_name(), "", student->contact().address(), student->birth_date()};
    school = student->enrolments().empty() ? "" : student->enrolments(0).school();
  }
  ASSIGN_OR_RETURN(const auto found, FindSchool(tx, shard, feed::IdOfName(school)));
  child.school = found.has_value() ? found->display_name() : "";
  return child;
}

}  // namespace

absl::StatusOr<v1::DepartmentSlip> Handlers::SendDepartmentSlip(rpc::Call& call,
                                                                const v1::SendDepartmentSlipRequest& request) {
  const CaseAct act = CaseActOf(call);
  const SlipMatter* matter = standards_.slips.Find(request.matter());
  Violations violations;
  const auto known = DayOf(request.known_on(), "known_on", &violations);
  if (known.has_value() && *known > act.on) {
    violations.Add("known_on", "DATE_AHEAD", {{"date", DayText(*known)}});
  }
  if (matter == nullptr) {
    violations.Add("matter", "CODE_UNKNOWN", {{"list", "slip_matters"}});
  }
  violations.MostBytes("text", request.text(), kMostCaseText);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const auto* policy, standards_.cases.InForce(RegionOfShard(shard), act.on));
  // The calendar lies in another shard.
  ASSIGN_OR_RETURN(const WorkCalendar calendar,
                   host_.database.Read([](db::Transaction& tx) { return feed::ReadWorkCalendar(tx); }));
  const std::string name = absl::StrCat(request.parent(), "/departmentSlips/", rpc::StableId(call));
  return rpc::WriteRoot(
      call, host_, kKind, name, true, "SEND",
      [&](db::Transaction& tx, const v1::DepartmentSlip*, v1::DepartmentSlip& after) -> absl::Status {
        RETURN_IF_ERROR(FillChild(call, tx, *sealer, *standards_.regions, *matter, request.about(), &after));
        after.set_text(request.text());
        return SendSlip(*matter, *policy, calendar, act, known.value_or(act.on), &after);
      });
}

absl::StatusOr<v1::DepartmentSlip> Handlers::AnswerDepartmentSlip(rpc::Call& call,
                                                                  const v1::AnswerDepartmentSlipRequest& request) {
  const CaseAct act = CaseActOf(call);
  Violations violations;
  const auto on = DayOf(request.answered_on(), "answered_on", &violations);
  const CodeList& results = standards_.slips.results();
  if (results.Find(request.result(), act.on) == nullptr) {
    violations.Add("result", "CODE_UNKNOWN", {{"list", results.name()}});
  }
  violations.MostBytes("answer", request.answer(), kMostCaseText);
  RETURN_IF_ERROR(violations.status());
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, "ANSWER",
      [&](db::Transaction&, const v1::DepartmentSlip* before, v1::DepartmentSlip& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        return AnswerSlip(act, request.result(), request.answer(), on.value_or(act.on), &after);
      });
}

absl::StatusOr<v1::DepartmentSlip> Handlers::WithdrawDepartmentSlip(rpc::Call& call,
                                                                    const v1::WithdrawDepartmentSlipRequest& request) {
  const CaseAct act = CaseActOf(call, request.reason());
  Violations violations;
  violations.MostBytes("reason", request.reason(), kMostCaseText);
  RETURN_IF_ERROR(violations.status());
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, "WITHDRAW",
      [&](db::Transaction&, const v1::DepartmentSlip* before, v1::DepartmentSlip& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        return WithdrawSlip(act, &after);
      });
}

absl::StatusOr<v1::DepartmentSlip> Handlers::GetDepartmentSlip(rpc::Call& call,
                                                               const v1::GetDepartmentSlipRequest& request) {
  ASSIGN_OR_RETURN(v1::DepartmentSlip slip,
                   rpc::GetRoot<v1::DepartmentSlip>(call, host_, kDepartmentSlips, request.name(), AreaOf));
  if (!request.unmask()) {
    rpc::MaskRoot(slip);
    return slip;
  }
  RETURN_IF_ERROR(rpc::JournalUnmask(call, host_.database, host_.keys, kUnmaskSlips, slip.area(), request.name()));
  return slip;
}

absl::StatusOr<v1::RenderDepartmentSlipResponse> Handlers::RenderDepartmentSlip(
    rpc::Call& call, const v1::RenderDepartmentSlipRequest& request) {
  ASSIGN_OR_RETURN(const v1::DepartmentSlip slip,
                   rpc::GetRoot<v1::DepartmentSlip>(call, host_, kDepartmentSlips, request.name(), AreaOf));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(slip.name()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  RETURN_IF_ERROR(rpc::JournalUnmask(call, host_.database, host_.keys, kUnmaskSlips, slip.area(), request.name()));
  ASSIGN_OR_RETURN(const SlipChild child,
                   host_.database.Read([&](db::Transaction& tx) { return ChildOf(tx, *sealer, slip); }));
  const std::string authority =
      slip.issuer().empty() ? AuthorityOf(*standards_.regions, shard, call.clock().Today()) : slip.issuer();
  return RenderLetter<v1::RenderDepartmentSlipResponse>(
      standards_, slip.mandatory() ? "department_slip_mandatory" : "department_slip",
      SlipValues(standards_.slips, slip, child, authority), absl::StrCat("移送函-", feed::IdOfName(slip.name())));
}

absl::StatusOr<v1::ListDepartmentSlipsResponse> Handlers::ListDepartmentSlips(
    rpc::Call& call, const v1::ListDepartmentSlipsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"due_on"}};
  if (!request.department().empty()) {
    spec.equal.emplace_back("department", request.department());
  }
  if (request.open_only()) {
    spec.equal.emplace_back("is_open", int64_t{1});
  }
  if (!request.child().empty()) {
    spec.equal.emplace_back("child_key", std::string(feed::IdOfName(request.child())));
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  return rpc::ListRoots<v1::DepartmentSlip, v1::ListDepartmentSlipsRequest, v1::ListDepartmentSlipsResponse>(
      call, host_, kDepartmentSlips, spec, request, &v1::ListDepartmentSlipsResponse::mutable_slips);
}

}  // namespace ruraledu::dropout_monitoring
