// Cases: lawful control and its documents, siblings at risk.
#include "common/base/day.h"
#include "common/domain/school_year.h"
#include "common/domain/shard.h"
#include "common/rpc/unmask.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/legal_rules.h"
#include "services/dropout_monitoring/letters.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kLegal = "dropout_monitoring.cases.legal";

std::string AreaOf(const v1::Case& file) {
  return file.authority_area();
}

// The name of the school, and who issues the document of a step.
struct Names {
  std::string school, issuer;
};
absl::StatusOr<Names> NamesOf(db::Transaction& tx, const RegionTree& regions, const v1::Case& file,
                              v1::LegalStepKind kind, absl::CivilDay today) {
  Names names;
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(file.name()));
  ASSIGN_OR_RETURN(const auto school, FindSchool(tx, shard, feed::IdOfName(file.school())));
  if (school.has_value()) {
    names.school = school->display_name();
  }
  names.issuer = IssuerOf(regions, shard, today, kind, file, names.school);
  return names;
}

// By the full years on 31 August of the school year (DR-08); whose birth date is not known may be.
bool MayBeOfSchoolAge(const ComparisonPolicy& policy, const SchoolYear& year, const std::string& birth_date) {
  absl::CivilDay born;
  if (!ParseDay(birth_date, &born)) {
    return true;
  }
  const int age = SchoolAge(born, year);
  return age >= policy.entry_age && age <= policy.last_age;
}

}  // namespace

absl::StatusOr<v1::Case> Handlers::IssueLegalStep(rpc::Call& call, const v1::IssueLegalStepRequest& request) {
  const CaseAct act = CaseActOf(call);
  Violations violations;
  CheckEvidence(standards_.cases.codes(), act.on, request.records(), "records", &violations);
  RETURN_IF_ERROR(violations.status());
  // The calendar lies in another shard.
  ASSIGN_OR_RETURN(const WorkCalendar calendar,
                   host_.database.Read([](db::Transaction& tx) { return feed::ReadWorkCalendar(tx); }));
  return ChangeCase(call, request.name(), request.etag(), "LEGAL_STEP",
                    [&](db::Transaction& tx, const CaseRules& rules, v1::Case& file) -> absl::Status {
                      const bool by_school = request.kind() == v1::LEGAL_STEP_KIND_LEGAL_0;
                      if (!by_school && !call.Holds(kLegal, file.authority_area())) {
                        return Fail("PERMISSION_DENIED");
                      }
                      RETURN_IF_ERROR(dropout_monitoring::IssueLegalStep(
                          rules, calendar, act, request.kind(), request.term_days(), request.records(), &file));
                      ASSIGN_OR_RETURN(const Names names,
                                       NamesOf(tx, *standards_.regions, file, request.kind(), act.on));
                      KeepDocument(names.school, names.issuer, &file);
                      return absl::OkStatus();
                    });
}

absl::StatusOr<v1::RenderLegalDocumentResponse> Handlers::RenderLegalDocument(
    rpc::Call& call, const v1::RenderLegalDocumentRequest& request) {
  ASSIGN_OR_RETURN(const v1::Case file, rpc::GetRoot<v1::Case>(call, host_, kCases, request.name(), AreaOf));
  if (!file.has_child()) {
    return Fail("ERASED", {{"name", request.name()}});
  }
  const v1::LegalStep* step = FindLegalStep(file, request.kind());
  if (step == nullptr) {
    return Fail("LEGAL_NOT_TAKEN", {{"step", v1::LegalStepKind_Name(request.kind())}});
  }
  RETURN_IF_ERROR(
      rpc::JournalUnmask(call, host_.database, host_.keys, kUnmaskCases, file.authority_area(), request.name()));
  ASSIGN_OR_RETURN(const Names names, host_.database.Read([&](db::Transaction& tx) {
    return NamesOf(tx, *standards_.regions, file, request.kind(), call.clock().Today());
  }));
  return RenderLetter<v1::RenderLegalDocumentResponse>(standards_, DocumentOf(request.kind()),
                                                       DocumentValues(file, *step, names.school, names.issuer),
                                                       step->document_number());
}

absl::StatusOr<v1::ListSiblingsAtRiskResponse> Handlers::ListSiblingsAtRisk(
    rpc::Call& call, const v1::ListSiblingsAtRiskRequest& request) {
  ASSIGN_OR_RETURN(const v1::Case file, rpc::GetRoot<v1::Case>(call, host_, kCases, request.name(),
                                                               [](const v1::Case& found) { return found.area(); }));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(file.name()));
  ASSIGN_OR_RETURN(const std::string parent, ParentOfShard(shard));
  ASSIGN_OR_RETURN(const auto siblings, host_.database.Read([&](db::Transaction& tx) {
    return SiblingsIn(tx, shard, feed::IdOfName(file.child().household()), file.person());
  }));
  const absl::CivilDay today = call.clock().Today();
  ASSIGN_OR_RETURN(const ComparisonPolicy* policy, standards_.comparisons.InForce(RegionOfShard(shard), today));
  const SchoolYear year = standards_.terms.SchoolYearOf(today);
  v1::ListSiblingsAtRiskResponse response;
  for (const Sibling& sibling : siblings) {
    if (!call.Holds("dropout_monitoring.cases.read", sibling.area)) {
      continue;  // of another school: theirs to see
    }
    if (!MayBeOfSchoolAge(*policy, year, sibling.birth_date)) {
      continue;
    }
    v1::SiblingAtRisk* row = response.add_siblings();
    row->set_student(absl::StrCat(parent, "/students/", sibling.person));
    row->set_area(sibling.area);
    if (!sibling.open_case.empty()) {
      row->set_open_case(absl::StrCat(parent, "/cases/", sibling.open_case));
    }
  }
  return response;
}

}  // namespace ruraledu::dropout_monitoring
