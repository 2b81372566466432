#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "google/protobuf/arena.h"
#include "services/student_aid/benefit_claims.h"
#include "services/student_aid/comparison_rules.h"
#include "services/student_aid/entitlement_rules.h"
#include "services/student_aid/province_run.h"
#include "services/student_aid/run.h"

namespace ruraledu::student_aid {
namespace {

// The decision about one pupil before it is compared with the one in force.
struct Candidate {
  // On the arena of the page.
  v1::Decision* now = nullptr;
  const v1::Decision* before = nullptr;
  std::vector<v1::BenefitFamily> given;  // already, of what the one before grants
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

  absl::Status Page(const SealedPage& page, const PageOpener& opener, v1::RunCursor* cursor, CountyRun::Write* write) {
    google::protobuf::Arena arena;
    std::vector<Candidate> candidates;
    candidates.reserve(page.pupils.size());
    for (const db::Row& row : page.pupils) {
      RETURN_IF_ERROR(opener.Open(row, &arena, &pupil_));
      RETURN_IF_ERROR(AddCandidate(page, &arena, &candidates));
    }
    // Stored in the order of ids, which the indexes have and in which the comparison reads them.
    std::sort(candidates.begin(), candidates.end(),
              [](const Candidate& a, const Candidate& b) { return a.now->person() < b.now->person(); });
    ASSIGN_OR_RETURN(const Taken taken, Claim(&candidates, cursor->persons()));
    cursor->mutable_confirm_operations()->Add(taken.operations.begin(), taken.operations.end());
    cursor->mutable_confirm_shards()->Add(taken.shards.begin(), taken.shards.end());
    const auto writer = std::make_shared<feed::RootWriter>(run_.NewWriter());
    const auto differences = std::make_shared<std::vector<std::pair<std::string, v1::PersonDifference>>>();
    std::set<std::string> sets(cursor->policy_sets().begin(), cursor->policy_sets().end());
    for (const Candidate& candidate : candidates) {
      for (const std::string& set : candidate.now->answer().policy_sets()) {
        if (!sets.contains(set)) {
          sets.insert(set);
        }
      }
      Count(candidate, cursor);
      AddReleases(candidate, cursor);
      if (Changed(candidate)) {
        AddDifference(candidate, differences.get(), cursor);
        Complete(candidate.now, page.positions);
        RETURN_IF_ERROR(PutDecision(candidate, *writer));
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
  // What `pupil_` is granted.
  absl::Status AddCandidate(const SealedPage& page, google::protobuf::Arena* arena,
                            std::vector<Candidate>* candidates) {
    const PolicyBook& book = run_.parts().book;
    const PupilCopy& copy = pupil_.copy;
    CensusPlace place = PlaceOn(copy, page.schools, run_.county(), run_.dates().census);
    PlaceAtUniversity(pupil_.studies, run_.dates().census, &place);
    if (place.enrolment == nullptr && place.study == nullptr && pupil_.decision == nullptr) {
      return absl::OkStatus();  // not of this county on the census date
    }
    Candidate& next = candidates->emplace_back();
    next.now = google::protobuf::Arena::CreateMessage<v1::Decision>(arena);
    next.now->set_person(copy.key.person);
    next.now->set_revision(1);
    v1::PupilFacts* facts = next.now->mutable_input()->mutable_facts();
    if (pupil_.decision != nullptr) {
      next.before = pupil_.decision;
      next.now->set_revision(next.before->revision() + 1);
      for (const v1::AidRecord& record : pupil_.aid) {
        if (record.refused().empty()) {
          next.given.push_back(book.FamilyOf(record.item()));
        }
      }
    }
    if (place.study != nullptr) {
      ReadStudentFacts(book, copy, place, run_.county(), run_.term(), facts);
      AddIdentified(pupil_.identifications, run_.term().text(), run_.dates(), facts);
      AddReceived(book, run_.dates(), pupil_.aid, facts);
      next.now->set_area(place.area);
      next.now->set_stage(place.stage);
    } else if (place.enrolment == nullptr) {
      // Gone since the last run: the facts of then with the status of now.
      *facts = next.before->input().facts();
      facts->set_status(place.status);
      next.now->set_area(next.before->area());
      next.now->set_stage(next.before->stage());
    } else {
      const auto school = page.schools.find(place.enrolment->school());
      ReadPupilFacts(book, copy, place, school == page.schools.end() ? nullptr : &school->second, run_.county(),
                     run_.dates(), facts);
      AddIdentified(pupil_.identifications, run_.term().text(), run_.dates(), facts);
      AddReceived(book, run_.dates(), pupil_.aid, facts);
      next.now->set_area(place.area);
      next.now->set_stage(place.stage);
    }
    return Evaluate(&next);
  }

  // The stored input names sets and rules, so that a replay is the same call.
  absl::Status Evaluate(Candidate* candidate) {
    v1::EvaluateEntitlementRequest& input = *candidate->now->mutable_input();
    v1::EvaluateEntitlementResponse& answer = *candidate->now->mutable_answer();
    const absl::Status status = evaluator_.Evaluate(input.facts(), &answer);
    if (!status.ok() && !IsFactProblem(status)) {
      return status;
    }
    if (!status.ok()) {
      candidate->invalid = true;
      answer.Clear();
      answer.add_flags("FACTS_INVALID");
      answer.add_flags(ReasonOf(status));
      answer.set_rules_version(std::string(kRulesVersion));
    }
    ForStorage({}, &answer);
    input.set_term(run_.term().text());
    *input.mutable_policy_sets() = answer.policy_sets();
    input.set_rules_version(std::string(kRulesVersion));
    return absl::OkStatus();
  }

  // Claims what is newly granted; what the decision in force grants is held already.
  absl::StatusOr<Taken> Claim(std::vector<Candidate>* candidates, int64_t page_number) {
    std::vector<std::string> keys;
    std::vector<std::pair<size_t, v1::BenefitFamily>> owners;
    for (size_t i = 0; i < candidates->size(); ++i) {
      const Candidate& candidate = (*candidates)[i];
      for (const v1::EntitledItem& item : candidate.now->answer().items()) {
        if (IsClaimed(item.family()) &&
            (candidate.before == nullptr || !Grants(candidate.before->answer(), item.family()))) {
          keys.push_back(BenefitKey(candidate.now->person(), run_.term().text(), item.family()));
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
      ForStorage(families, (*candidates)[i].now->mutable_answer());
    }
    return taken;
  }

  static bool Changed(const Candidate& candidate) {
    return candidate.before == nullptr || candidate.before->area() != candidate.now->area() ||
           !SameMessage(candidate.before->input(), candidate.now->input()) ||
           !SameMessage(candidate.before->answer(), candidate.now->answer());
  }

  static void Count(const Candidate& candidate, v1::RunCursor* cursor) {
    cursor->set_persons(cursor->persons() + 1);
    cursor->set_invalid_persons(cursor->invalid_persons() + (candidate.invalid ? 1 : 0));
    bool entitled = false;
    for (const v1::EntitledItem& item : candidate.now->answer().items()) {
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
      const auto& given = candidate.given;
      if (IsClaimed(item.family()) && std::find(given.begin(), given.end(), item.family()) == given.end() &&
          !Grants(candidate.now->answer(), item.family())) {
        cursor->add_release_keys(BenefitKey(candidate.now->person(), run_.term().text(), item.family()));
      }
    }
  }

  // What follows of person, revision, input and answer.
  void Complete(v1::Decision* now, const ruraledu::common::v1::Positions& positions) const {
    v1::Decision& decision = *now;
    decision.set_term(run_.term().text());
    decision.set_name(
        absl::StrCat(run_.parent(), "/decisions/", decision.person(), ".", decision.term(), ".", decision.revision()));
    decision.set_run(run_.name());
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
  }

  void AddDifference(const Candidate& candidate, std::vector<std::pair<std::string, v1::PersonDifference>>* differences,
                     v1::RunCursor* cursor) const {
    if (!run_.has_previous()) {
      return;
    }
    const std::string& person = candidate.now->person();
    const auto before =
        candidate.before == nullptr ? std::vector<RunLine>() : LinesOf(person, candidate.before->answer());
    v1::PersonDifference difference;
    difference.set_student(absl::StrCat(run_.parent(), "/students/", person));
    for (const v1::RunDifference& line : CompareRuns(before, LinesOf(person, candidate.now->answer()))) {
      (line.change() == v1::RUN_CHANGE_NEW    ? difference.mutable_added()
       : line.change() == v1::RUN_CHANGE_GONE ? difference.mutable_gone()
                                              : difference.mutable_changed())
          ->Add(std::string(line.item()));
      difference.set_amount_change_fen(difference.amount_change_fen() + line.after_fen() - line.before_fen());
    }
    if (difference.added_size() + difference.gone_size() + difference.changed_size() > 0) {
      differences->emplace_back(candidate.now->area(), std::move(difference));
      cursor->set_differences(cursor->differences() + 1);
    }
  }

  static absl::Status PutDecision(const Candidate& candidate, feed::RootWriter& writer) {
    if (candidate.before != nullptr) {
      v1::Decision superseded = *candidate.before;
      superseded.set_in_force(false);
      RETURN_IF_ERROR(writer.Put(kDecisions, candidate.before, superseded, "SUPERSEDE").status());
    }
    return writer.Put(kDecisions, nullptr, *candidate.now, "DECIDE").status();
  }

  CountyRun& run_;
  Evaluator evaluator_;
  RunPupil pupil_;  // one person after the other
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
  return run.Go(false, [&](const auto&... page) { return pages.Page(page...); });
}

}  // namespace ruraledu::student_aid
