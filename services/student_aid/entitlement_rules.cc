#include "services/student_aid/entitlement_rules.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/proto_day.h"
#include "services/student_aid/family_rules.h"

namespace ruraledu::student_aid {

struct Evaluator::State {
  Options options;
  TermDates dates;
  absl::CivilDay evaluated_on;

  absl::flat_hash_map<std::pair<std::string, std::string>, Program> programs;
  const Program* program = nullptr;  // of the last person; most follow their neighbours
  const std::string* school = nullptr;
  const std::string* home = nullptr;

  Case person;
  std::vector<Verdict> verdicts;

  absl::Status PickProgram();
  void Write(v1::EvaluateEntitlementResponse* response) const;
  void WriteItem(const ProgramRow& row, const Verdict& verdict, v1::EntitledItem* item) const;
};

absl::Status Evaluator::State::PickProgram() {
  const std::string& at = person.facts->school_region();
  const std::string& from = person.facts->home_region().empty() ? at : person.facts->home_region();
  if (program != nullptr && *school == at && *home == from) return absl::OkStatus();
  auto found = programs.find(std::make_pair(at, from));
  if (found == programs.end()) {
    ASSIGN_OR_RETURN(Program compiled, CompileProgram(person.book, at, from, person.term, options.policy_sets));
    // Clearing keeps the memory bounded whatever regions a caller asks for; a run has a handful.
    if (programs.size() >= 4096) programs.clear();
    found = programs.emplace(std::make_pair(at, from), std::move(compiled)).first;
  }
  program = &found->second;
  school = &found->first.first;
  home = &found->first.second;
  return absl::OkStatus();
}

void Evaluator::State::WriteItem(const ProgramRow& row, const Verdict& verdict, v1::EntitledItem* item) const {
  item->set_item(row.item->code());
  item->set_family(row.item->family());
  item->set_pay_form(row.item->pay_form());
  item->set_amount_fen(verdict.amount_fen);
  item->add_applied_rows(row.applied);
  if (verdict.floor != kNoRow) item->add_applied_rows(program->rows[verdict.floor].applied);
  for (int kind : row.rank) {
    if ((verdict.kinds >> kind & 1) != 0) item->add_kinds(person.book.kinds()[kind]);
  }
  if (verdict.below_national) item->add_flags("STANDARD_BELOW_NATIONAL");
  if (verdict.supplementary) item->add_flags("SUPPLEMENTARY");
  item->set_supplementary(verdict.supplementary);
  item->set_counts_in_coverage(row.item->counts_in_coverage());
}

void Evaluator::State::Write(v1::EvaluateEntitlementResponse* response) const {
  response->Clear();
  const auto granted = [](const Verdict& verdict) { return verdict.kind == Verdict::kGranted; };
  const bool any = std::any_of(verdicts.begin(), verdicts.end(), granted);
  for (size_t i = 0; i < verdicts.size(); ++i) {
    const ProgramRow& row = program->rows[i];
    const Verdict& verdict = verdicts[i];
    if (granted(verdict)) WriteItem(row, verdict, response->add_items());
    const bool own_stage = (row.stages >> person.masks.stage & 1) != 0;
    if (verdict.kind != Verdict::kRemoved || (any && !own_stage)) continue;
    v1::RemovedItem* removed = response->add_removed();
    removed->set_item(row.item->code());
    removed->set_reason(verdict.reason.data(), verdict.reason.size());
    removed->set_detail(verdict.detail.data(), verdict.detail.size());
    if (verdict.replaced_by != kNoRow) removed->set_replaced_by(program->rows[verdict.replaced_by].item->code());
  }
  bool review_due = false;
  for (const v1::PolicySet* set : program->sets) {
    response->add_policy_sets(set->name());
    review_due |= set->has_review_by() && DayNumber(evaluated_on) > DayNumber(set->review_by());
  }
  if (review_due) response->add_flags("POLICY_REVIEW_DUE");
  response->set_rules_version(kRulesVersion.data(), kRulesVersion.size());
}

Evaluator::Evaluator(const PolicyBook& book, Term term, Options options)
    : state_(new State{.options = std::move(options),
                       .dates = book.calendar().DatesOf(term),
                       .person = {.book = book, .term = term}}) {
  State& state = *state_;
  if (state.options.first_day) state.dates.first_day = *state.options.first_day;
  state.evaluated_on = state.options.evaluation_date.value_or(state.dates.first_day);
}

Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;

absl::Status Evaluator::Evaluate(const v1::PupilFacts& facts, v1::EvaluateEntitlementResponse* response) {
  State& state = *state_;
  Case& person = state.person;
  Violations violations;
  ReadFacts(person.book, facts, &person.masks, &violations);
  if (!violations.empty()) return violations.status();
  person.facts = &facts;
  RETURN_IF_ERROR(state.PickProgram());
  const Program& program = *state.program;
  person.kinds = ReadKinds(person.book, facts, state.dates, program.monitored);
  state.verdicts.clear();
  for (const ProgramRow& row : program.rows) state.verdicts.push_back(JudgeRow(person, row));
  KeepOnePerFamily(program, &state.verdicts);
  CoverRemainingFee(program, facts, &state.verdicts);
  DeductReceived(person.book, program, facts, &state.verdicts);
  state.Write(response);
  return absl::OkStatus();
}

absl::StatusOr<v1::EvaluateEntitlementResponse> Evaluate(const PolicyBook& book,
                                                         const v1::EvaluateEntitlementRequest& request) {
  Violations violations;
  violations.Require(request.has_facts(), "facts");
  violations.Require(!request.term().empty(), "term");
  const absl::StatusOr<Term> term = ParseTerm(request.term());
  if (!request.term().empty() && !term.ok()) violations.Add("term", "TERM_FORMAT", {{"term", request.term()}});
  if (!request.rules_version().empty() && request.rules_version() != kRulesVersion) {
    violations.Add("rules_version", "RULES_VERSION_UNKNOWN", {{"version", request.rules_version()}});
  }
  Evaluator::Options options;
  options.policy_sets.assign(request.policy_sets().begin(), request.policy_sets().end());
  options.evaluation_date = DayOf(request.evaluation_date(), "evaluation_date", &violations);
  options.first_day = DayOf(request.first_day(), "first_day", &violations);
  FactMasks masks;
  if (request.has_facts()) ReadFacts(book, request.facts(), &masks, &violations);
  RETURN_IF_ERROR(violations.status());
  v1::EvaluateEntitlementResponse response;
  Evaluator evaluator(book, *term, std::move(options));
  RETURN_IF_ERROR(evaluator.Evaluate(request.facts(), &response));
  return response;
}

}  // namespace ruraledu::student_aid
