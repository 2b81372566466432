#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "services/student_aid/benefit_claims.h"
#include "services/student_aid/comparison_rules.h"
#include "services/student_aid/entitlement_rules.h"
#include "services/student_aid/province_run.h"
#include "services/student_aid/run.h"

namespace ruraledu::student_aid {
namespace {

// The decision about one pupil before it is compared with the one in force.
struct Candidate {
  std::string person, area, stage;
  const v1::Decision* before = nullptr;
  const std::vector<v1::AidRecord>* aid = nullptr;
  v1::EvaluateEntitlementRequest input;
  v1::EvaluateEntitlementResponse answer;
  bool invalid = false;
};

bool Grants(const v1::EvaluateEntitlementResponse& answer, v1::BenefitFamily family) {
  return std::any_of(answer.items().begin(), answer.items().end(),
                     [&](const auto& item) { return item.family() == family; });
}

bool SameMessage(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

bool IsFactProblem(const absl::Status& status) {
  return absl::IsInvalidArgument(status) && !ReasonOf(status).starts_with("POLICY_");
}

class EntitlementPages {
 public:
  explicit EntitlementPages(CountyRun& run) : run_(run), evaluator_(run.parts().book, run.term()) {}

  absl::Status Page(RunPage& page, v1::RunCursor* cursor, CountyRun::Write* write) {
    std::vector<Candidate> candidates;
    for (const PupilCopy& pupil : page.pupils) {
      RETURN_IF_ERROR(AddCandidate(page, pupil, &candidates));
    }
    ASSIGN_OR_RETURN(const Taken taken, Claim(&candidates, cursor->persons()));
    cursor->mutable_confirm_operations()->Add(taken.operations.begin(), taken.operations.end());
    cursor->mutable_confirm_shards()->Add(taken.shards.begin(), taken.shards.end());
    const auto writer = std::make_shared<feed::RootWriter>(run_.NewWriter());
    const auto differences = std::make_shared<std::vector<std::pair<std::string, v1::PersonDifference>>>();
    std::set<std::string> sets(cursor->policy_sets().begin(), cursor->policy_sets().end());
    for (Candidate& candidate : candidates) {
      sets.insert(candidate.answer.policy_sets().begin(), candidate.answer.policy_sets().end());
      Count(candidate, cursor);
      AddReleases(candidate, cursor);
      if (Changed(candidate)) {
        AddDifference(candidate, differences.get(), cursor);
        RETURN_IF_ERROR(PutDecision(candidate.before, Decide(candidate, page.positions), *writer));
      }
    }
    cursor->mutable_policy_sets()->Assign(sets.begin(), sets.end());
    *write = [run = std::string(feed::IdOfName(run_.name())), writer, differences,
              operations = taken.operations](db::Transaction& tx) -> absl::Status {
      RETURN_IF_ERROR(SettleBenefits(tx, operations));
      RETURN_IF_ERROR(InsertDifferences(tx, run, *differences));
      return writer->Write(tx).status();
    };
    return absl::OkStatus();
  }

 private:
  absl::Status AddCandidate(const RunPage& page, const PupilCopy& pupil, std::vector<Candidate>* candidates) {
    const CensusPlace place = PlaceOn(pupil, page.schools, run_.county(), run_.dates().census);
    const auto before = page.decisions.find(pupil.key.person);
    if (place.enrolment == nullptr && before == page.decisions.end()) {
      return absl::OkStatus();  // not of this county on the census date
    }
    static const std::vector<v1::AidRecord> kNoAid;
    const auto aid = page.aid.find(pupil.key.person);
    Candidate next{.person = pupil.key.person, .area = place.area, .stage = place.stage};
    next.before = before == page.decisions.end() ? nullptr : &before->second;
    next.aid = aid == page.aid.end() ? &kNoAid : &aid->second;
    if (place.enrolment == nullptr) {
      // Gone since the last run: the facts of then with the status of now.
      *next.input.mutable_facts() = next.before->input().facts();
      next.input.mutable_facts()->set_status(place.status);
      next.area = next.before->area();
      next.stage = next.before->stage();
    } else {
      const auto school = page.schools.find(place.enrolment->school());
      *next.input.mutable_facts() =
          FactsOf(run_.parts().book, pupil, place, school == page.schools.end() ? nullptr : &school->second,
                  run_.county(), run_.dates());
      AddReceived(run_.parts().book, run_.dates(), *next.aid, next.input.mutable_facts());
    }
    RETURN_IF_ERROR(Evaluate(&next));
    candidates->push_back(std::move(next));
    return absl::OkStatus();
  }

  // The stored input names sets and rules, so that a replay is the same call.
  absl::Status Evaluate(Candidate* candidate) {
    const absl::Status status = evaluator_.Evaluate(candidate->input.facts(), &candidate->answer);
    if (!status.ok() && !IsFactProblem(status)) {
      return status;
    }
    if (!status.ok()) {
      candidate->invalid = true;
      candidate->answer.Clear();
      candidate->answer.add_flags("FACTS_INVALID");
      candidate->answer.add_flags(ReasonOf(status));
      candidate->answer.set_rules_version(std::string(kRulesVersion));
    }
    ForStorage({}, &candidate->answer);
    candidate->input.set_term(run_.term().text());
    *candidate->input.mutable_policy_sets() = candidate->answer.policy_sets();
    candidate->input.set_rules_version(std::string(kRulesVersion));
    return absl::OkStatus();
  }

  // Claims what is newly granted; what the decision in force grants is held already.
  absl::StatusOr<Taken> Claim(std::vector<Candidate>* candidates, int64_t page_number) {
    std::vector<std::string> keys;
    std::vector<std::pair<size_t, v1::BenefitFamily>> owners;
    for (size_t i = 0; i < candidates->size(); ++i) {
      const Candidate& candidate = (*candidates)[i];
      for (const v1::EntitledItem& item : candidate.answer.items()) {
        if (IsClaimed(item.family()) &&
            (candidate.before == nullptr || !Grants(candidate.before->answer(), item.family()))) {
          keys.push_back(BenefitKey(candidate.person, run_.term().text(), item.family()));
          owners.emplace_back(i, item.family());
        }
      }
    }
    const std::string operation = absl::StrCat(feed::IdOfName(run_.name()), ".", run_.epoch(), ".", page_number);
    ASSIGN_OR_RETURN(Taken taken, TakeBenefits(run_.parts().host.database, keys, run_.shard(), operation));
    std::map<size_t, std::set<v1::BenefitFamily>> refused;
    for (size_t i = 0; i < keys.size(); ++i) {
      if (!taken.had[i]) {
        refused[owners[i].first].insert(owners[i].second);
      }
    }
    for (const auto& [i, families] : refused) {
      ForStorage(families, &(*candidates)[i].answer);
    }
    return taken;
  }

  static bool Changed(const Candidate& candidate) {
    return candidate.before == nullptr || candidate.before->area() != candidate.area ||
           !SameMessage(candidate.before->input(), candidate.input) ||
           !SameMessage(candidate.before->answer(), candidate.answer);
  }

  static void Count(const Candidate& candidate, v1::RunCursor* cursor) {
    cursor->set_persons(cursor->persons() + 1);
    cursor->set_invalid_persons(cursor->invalid_persons() + (candidate.invalid ? 1 : 0));
    bool entitled = false;
    for (const v1::EntitledItem& item : candidate.answer.items()) {
      v1::RunItemTotal& total = (*cursor->mutable_items())[item.item()];
      total.set_persons(total.persons() + 1);
      total.set_amount_fen(total.amount_fen() + item.amount_fen());
      entitled |= item.counts_in_coverage();
    }
    cursor->set_entitled_persons(cursor->entitled_persons() + (entitled ? 1 : 0));
  }

  // What is granted no more is given back, unless it was given to the pupil already.
  void AddReleases(const Candidate& candidate, v1::RunCursor* cursor) const {
    if (candidate.before == nullptr) {
      return;
    }
    for (const v1::EntitledItem& item : candidate.before->answer().items()) {
      const bool given = std::any_of(candidate.aid->begin(), candidate.aid->end(), [&](const v1::AidRecord& record) {
        return record.refused().empty() && run_.parts().book.FamilyOf(record.item()) == item.family();
      });
      if (IsClaimed(item.family()) && !given && !Grants(candidate.answer, item.family())) {
        cursor->add_release_keys(BenefitKey(candidate.person, run_.term().text(), item.family()));
      }
    }
  }

  // Takes input and answer out of the candidate.
  v1::Decision Decide(Candidate& candidate, const ruraledu::common::v1::Positions& positions) const {
    v1::Decision decision;
    decision.set_person(candidate.person);
    decision.set_term(run_.term().text());
    decision.set_revision(candidate.before == nullptr ? 1 : candidate.before->revision() + 1);
    decision.set_name(
        absl::StrCat(run_.parent(), "/decisions/", candidate.person, ".", decision.term(), ".", decision.revision()));
    decision.set_area(candidate.area);
    decision.set_stage(candidate.stage);
    decision.set_run(run_.name());
    decision.mutable_input()->Swap(&candidate.input);
    decision.mutable_answer()->Swap(&candidate.answer);
    *decision.mutable_positions() = positions;
    decision.set_in_force(true);
    for (const v1::EntitledItem& item : decision.answer().items()) {
      decision.add_items(item.item());
      v1::DecisionItem* counted = decision.add_counted();
      counted->set_item(item.item());
      counted->set_amount_fen(item.amount_fen());
      counted->set_counts_in_coverage(item.counts_in_coverage());
      counted->set_cash(item.pay_form() == v1::PAY_FORM_CASH);
      if (item.pay_form() == v1::PAY_FORM_CASH || item.pay_form() == v1::PAY_FORM_WAIVER) {
        decision.set_amount_fen(decision.amount_fen() + item.amount_fen());
      }
    }
    return decision;
  }

  void AddDifference(const Candidate& candidate, std::vector<std::pair<std::string, v1::PersonDifference>>* differences,
                     v1::RunCursor* cursor) const {
    if (!run_.has_previous()) {
      return;
    }
    const auto before =
        candidate.before == nullptr ? std::vector<RunLine>() : LinesOf(candidate.person, candidate.before->answer());
    v1::PersonDifference difference;
    difference.set_student(absl::StrCat(run_.parent(), "/students/", candidate.person));
    for (const v1::RunDifference& line : CompareRuns(before, LinesOf(candidate.person, candidate.answer))) {
      (line.change() == v1::RUN_CHANGE_NEW    ? difference.mutable_added()
       : line.change() == v1::RUN_CHANGE_GONE ? difference.mutable_gone()
                                              : difference.mutable_changed())
          ->Add(std::string(line.item()));
      difference.set_amount_change_fen(difference.amount_change_fen() + line.after_fen() - line.before_fen());
    }
    if (difference.added_size() + difference.gone_size() + difference.changed_size() > 0) {
      differences->emplace_back(candidate.area, std::move(difference));
      cursor->set_differences(cursor->differences() + 1);
    }
  }

  static absl::Status PutDecision(const v1::Decision* before, const v1::Decision& after, feed::RootWriter& writer) {
    if (before != nullptr) {
      v1::Decision superseded = *before;
      superseded.set_in_force(false);
      RETURN_IF_ERROR(writer.Put(kDecisions, before, superseded, "SUPERSEDE").status());
    }
    return writer.Put(kDecisions, nullptr, after, "DECIDE").status();
  }

  CountyRun& run_;
  Evaluator evaluator_;
};

}  // namespace

absl::StatusOr<std::string> RunEntitlement(const RunParts& parts, db::JobContext& context) {
  v1::RunPlan plan;
  if (!plan.ParseFromString(context.job().input)) {
    return absl::DataLossError("the input of a run does not parse");
  }
  if (context.job().shard.starts_with('p')) {
    return RunProvince(parts, context, plan);
  }
  ASSIGN_OR_RETURN(const Term term, ParseTerm(plan.term()));
  CountyRun run(parts, context, plan, term);
  EntitlementPages pages(run);
  return run.Go(false,
                [&](RunPage& page, v1::RunCursor* cursor, auto* write) { return pages.Page(page, cursor, write); });
}

}  // namespace ruraledu::student_aid
