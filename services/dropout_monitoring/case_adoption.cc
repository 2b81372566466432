#include "services/dropout_monitoring/case_adoption.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/case_step_rules.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

// Which of two open cases of a child goes on.
bool GoesOn(const v1::Case& one, const v1::Case& other) {
  const bool confirmed = Unresolved(one.state());
  return confirmed != Unresolved(other.state()) ? confirmed : one.number() < other.number();
}

absl::StatusOr<CaseRules> RulesOf(const CaseTools& tools, const v1::Case& file) {
  ASSIGN_OR_RETURN(const auto* policy, PolicyOf(tools.book, file));
  return CaseRules{*policy, tools.book.codes()};
}

// Both are of one child now.
absl::Status Join(const AdoptFacts& facts, v1::Case* stays, v1::Case* goes) {
  ASSIGN_OR_RETURN(const CaseRules rules, RulesOf(*facts.tools, *stays));
  for (const v1::Finding& finding : goes->findings()) {
    RETURN_IF_ERROR(AddFinding(rules, {facts.actor, facts.today, ""}, finding, stays));
  }
  const CaseAct joined{facts.actor, facts.today, goes->name()};
  RETURN_IF_ERROR(Touch(
      rules, joined, [&](v1::Case& file) { NoteCase(joined, "join", file.state(), &file); }, stays));
  ASSIGN_OR_RETURN(const CaseRules others, RulesOf(*facts.tools, *goes));
  return CloseAsDuplicate(others, {facts.actor, facts.today, stays->name()}, goes);
}

}  // namespace

std::string StudentOf(const v1::Resident& resident, std::string_view shard) {
  const bool known = resident.match() == v1::RESIDENT_MATCH_EXACT || resident.match() == v1::RESIDENT_MATCH_DECIDED;
  return known && ShardOfName(resident.student()).value_or("") == shard
             ? std::string(feed::IdOfName(resident.student()))
             : "";
}

absl::Status AdoptCase(db::Transaction& tx, feed::RootWriter& writer, const AdoptFacts& facts) {
  ASSIGN_OR_RETURN(const auto sealer, facts.tools->keys.SealerOf(tx.shard()));
  ASSIGN_OR_RETURN(const auto former, FindOpenCase(tx, *sealer, facts.child_key));
  if (!former.has_value() || !former->person().empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::string person, WhoStays(tx, tx.shard(), facts.person));
  ASSIGN_OR_RETURN(const auto student, LoadPupil(tx, *sealer, tx.shard(), person));
  if (!student.has_value() || !student->moved_to().empty() || student->has_erased_on()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto own, FindOpenCase(tx, *sealer, person));
  v1::Case adopted = *former;
  RETURN_IF_ERROR(TakePerson(tx, *facts.tools, {facts.actor, facts.today, student->name()}, person, &adopted));
  if (!own.has_value()) {
    return writer.Put(kCases, &*former, adopted, "ADOPT").status();
  }
  v1::Case present = *own;
  const bool former_stays = GoesOn(*former, *own);
  RETURN_IF_ERROR(former_stays ? Join(facts, &adopted, &present) : Join(facts, &present, &adopted));
  // What is closed comes first: a child has one open case at each moment.
  const auto put_own = [&] { return writer.Put(kCases, &*own, present, "JOIN").status(); };
  if (former_stays) {
    RETURN_IF_ERROR(put_own());
  }
  RETURN_IF_ERROR(writer.Put(kCases, &*former, adopted, "ADOPT").status());
  return former_stays ? absl::OkStatus() : put_own();
}

}  // namespace ruraledu::dropout_monitoring
