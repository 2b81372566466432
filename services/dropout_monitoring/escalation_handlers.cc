// Reminders that were issued because actions were late: who is told reads them (DR-54).
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/escalation_rules.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/letters.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

// The unit that leads a case: a school, a township, or an authority above.
absl::StatusOr<std::string> UnitOf(db::Transaction& tx, const RegionTree& regions, const v1::Case& file,
                                   absl::CivilDay today) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(file.name()));
  if (file.authority() == v1::AUTHORITY_LEVEL_SCHOOL) {
    ASSIGN_OR_RETURN(const auto school, FindSchool(tx, shard, feed::IdOfName(file.school())));
    if (school.has_value()) {
      return school->display_name();
    }
  }
  if (file.authority() == v1::AUTHORITY_LEVEL_TOWNSHIP) {
    const Region* township = regions.Find(absl::StrCat(file.authority_area(), "000"), today);
    if (township != nullptr) {
      return township->name;
    }
  }
  return AuthorityOf(regions, shard, today);
}

}  // namespace

absl::StatusOr<v1::ListEscalationsResponse> Handlers::ListEscalations(rpc::Call& call,
                                                                      const v1::ListEscalationsRequest& request) {
  Violations violations;
  const auto from = DayOf(request.issued_from(), "issued_from", &violations);
  RETURN_IF_ERROR(violations.status());
  const EscalationFilter filter{request.level(), from.value_or(absl::CivilDay::min())};
  const std::string from_text = from.has_value() ? DayText(*from) : "";
  rpc::ListSpec spec{.area_column = "area", .order = {"escalated_on"}};
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  spec.also = [&](std::vector<db::Value>* args) { return EscalatedSince(from_text, request.level(), args); };
  const absl::CivilDay today = call.clock().Today();
  v1::ListEscalationsResponse response;
  ASSIGN_OR_RETURN(
      *response.mutable_next_page_token(),
      rpc::ListRoots(call, host_, kCases, request.parent(), spec, request, request.page_size(), request.page_token(),
                     [&](const db::Row& row, size_t column, const std::string& id) -> absl::Status {
                       v1::Case file;
                       RETURN_IF_ERROR(feed::ReadRoot(row, column, kCases, id, nullptr, &file));
                       for (v1::IssuedEscalation& one : EscalationsOf(file, filter, today)) {
                         *response.add_escalations() = std::move(one);
                       }
                       return absl::OkStatus();
                     }));
  return response;
}

absl::StatusOr<v1::RenderEscalationPaperResponse> Handlers::RenderEscalationPaper(
    rpc::Call& call, const v1::RenderEscalationPaperRequest& request) {
  ASSIGN_OR_RETURN(const v1::Case file, rpc::GetRoot<v1::Case>(call, host_, kCases, request.name(),
                                                               [](const v1::Case& found) { return found.area(); }));
  const v1::Escalation* escalation = FindEscalation(file, request.action_number(), request.rung());
  const std::string paper = escalation == nullptr ? "" : PaperOf(escalation->paper());
  if (!standards_.documents.contains(paper)) {  // not issued, or by a ladder that the policies no longer have
    return Fail("ESCALATION_NOT_ISSUED",
                {{"action_number", absl::StrCat(request.action_number())}, {"rung", absl::StrCat(request.rung())}});
  }
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(file.name()));
  const absl::CivilDay today = call.clock().Today();
  ASSIGN_OR_RETURN(const std::string unit, host_.database.Read([&](db::Transaction& tx) {
    return UnitOf(tx, *standards_.regions, file, today);
  }));
  return RenderLetter<v1::RenderEscalationPaperResponse>(
      standards_, paper, PaperValues(file, *escalation, unit, AuthorityOf(*standards_.regions, shard, today)),
      PaperNumber(file, *escalation));
}

}  // namespace ruraledu::dropout_monitoring
