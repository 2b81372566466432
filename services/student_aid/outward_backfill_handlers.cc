// Payments of the home county for pupils who study elsewhere (digest 2.8): proposed, decided. What is agreed to goes
// the way of every aid application from there on, on the notice of the county, since no school of the county knows the
// pupil.
#include <algorithm>
#include <set>

#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/student_aid/application_rules.h"
#include "services/student_aid/benefit_claims.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/outward_rules.h"
#include "services/student_aid/outward_store.h"
#include "services/student_aid/reassess_rules.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kUnknown = "PERSON_UNKNOWN", kEvidence = "LETTER";

// Money is out, or on its way.
bool Alive(v1::ApplicationState state) {
  return state != v1::APPLICATION_STATE_REJECTED && state != v1::APPLICATION_STATE_WITHDRAWN &&
         state != v1::APPLICATION_STATE_RECOVERED && state != v1::APPLICATION_STATE_WRITTEN_OFF;
}

absl::Status CheckReason(const std::string& reason) {
  Violations violations;
  violations.MostBytes("reason", reason, kMostText);
  return violations.status();
}

// Why no application is opened for an item, "" when one may be: what the county itself gives or has on its way.
std::string Bar(const PolicyBook& book, const std::string& item, const std::vector<v1::Application>& applications) {
  for (const v1::Application& application : applications) {
    if (application.item() == item && application.state() != v1::APPLICATION_STATE_WITHDRAWN) {
      return absl::StrCat("APPLICATION_", EnumText(application.state()));
    }
    if (application.family() == book.FamilyOf(item) && Alive(application.state())) {
      return std::string(kDuplicateAid);
    }
  }
  return "";
}

// What is known before the claims are taken.
struct Agreement {
  v1::OutwardCase before;  // empty: not there, or not proposed
  std::string barred;      // of every item
  std::vector<std::string> keys;
  std::vector<std::string> items;  // of the keys
};

absl::StatusOr<Agreement> ReadAgreement(db::Transaction& tx, const crypto::Sealer& sealer, const PolicyBook& book,
                                        std::string_view shard, std::string_view id) {
  Agreement agreement;
  ASSIGN_OR_RETURN(auto found, feed::Load<v1::OutwardCase>(tx, sealer, kOutwardCases, shard, id));
  if (!found.has_value() || found->state() != v1::OUTWARD_STATE_BACKFILL_PROPOSED) {
    return agreement;
  }
  agreement.before = *std::move(found);
  const v1::OutwardCase& one = agreement.before;
  ASSIGN_OR_RETURN(const auto place, FindPupil(tx, shard, one.person()));
  agreement.barred = place.has_value() ? "" : std::string(kUnknown);
  ASSIGN_OR_RETURN(const auto applications, ApplicationsOf(tx, sealer, shard, one.person(), one.term()));
  for (const v1::OutwardBackfill& backfill : one.backfills()) {
    const v1::BenefitFamily family = book.FamilyOf(backfill.item());
    if (agreement.barred.empty() && IsClaimed(family) && Bar(book, backfill.item(), applications).empty()) {
      agreement.keys.push_back(BenefitKey(one.person(), one.term(), family));
      agreement.items.push_back(backfill.item());
    }
  }
  return agreement;
}

// Opens the applications of a case within its write.
class Opening {
 public:
  Opening(db::Transaction& tx, feed::RootWriter& writer, const crypto::Sealer& sealer, const PolicyBook& book,
          const v1::ApplicationPolicy& policy, const Act& leader)
      : tx_(tx), writer_(writer), sealer_(sealer), book_(book), policy_(policy), leader_(leader) {}

  // `refused`: items that another county holds.
  absl::Status Open(const std::string& barred, const std::set<std::string>& refused, v1::OutwardCase* one) {
    ASSIGN_OR_RETURN(const auto applications, ApplicationsOf(tx_, sealer_, tx_.shard(), one->person(), one->term()));
    for (v1::OutwardBackfill& backfill : *one->mutable_backfills()) {
      ASSIGN_OR_RETURN(const auto given,
                       AidOf(tx_, sealer_, one->person(), one->term(), book_.FamilyOf(backfill.item())));
      const std::string why = !barred.empty() ? barred
                              : !given.empty() || refused.contains(backfill.item())
                                  ? std::string(kDuplicateAid)
                                  : Bar(book_, backfill.item(), applications);
      backfill.set_barred(why);
      if (why.empty()) {
        RETURN_IF_ERROR(OpenOne(*one, applications, &backfill));
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status OpenOne(const v1::OutwardCase& one, const std::vector<v1::Application>& applications,
                       v1::OutwardBackfill* backfill) {
    const auto found = std::find_if(applications.begin(), applications.end(), [&](const v1::Application& application) {
      return application.item() == backfill->item();
    });
    const v1::Application* before = found == applications.end() ? nullptr : &*found;
    v1::Application after = before == nullptr ? v1::Application() : *before;
    v1::Assessment first;
    first.set_cause(v1::ASSESSMENT_CAUSE_BACKFILL);
    first.set_amount_fen(backfill->amount_fen());
    first.set_reason(EnumText(one.result()));
    *first.mutable_on() = DateOf(leader_.on);
    const Act proposer = Proposer(one);
    if (before == nullptr) {
      after.set_name(absl::StrCat(one.name().substr(0, one.name().find("/outwardCases/")), "/applications/",
                                  one.person(), ".", one.term(), ".", backfill->item()));
      after.set_person(one.person());
      after.set_term(one.term());
      after.set_item(backfill->item());
      after.set_family(book_.FamilyOf(backfill->item()));
      OpenApplication(proposer, policy_, first, &after);
    } else {
      RETURN_IF_ERROR(ReopenApplication(proposer, policy_, first, &after));
    }
    after.set_area(one.area());
    after.clear_school();
    after.set_outward_case(one.name());
    after.set_notice_level(v1::NOTICE_LEVEL_COUNTY);
    v1::Evidence* evidence = after.add_evidence();
    evidence->set_kind(std::string(kEvidence));
    evidence->set_file_name(one.answer_letter());
    RETURN_IF_ERROR(SubmitApplication(proposer, &after));
    RETURN_IF_ERROR(ReviewBySchool(leader_, true, &after));
    backfill->set_application(after.name());
    return writer_.Put(kApplications, before, after, "BACKFILL").status();
  }

  Act Proposer(const v1::OutwardCase& one) const {
    Act act = leader_;
    for (const v1::IdentificationStep& step : one.steps()) {
      if (step.event() == "propose") {
        act = {step.person(), DayOf(step.on()).value_or(leader_.on), step.reason()};
      }
    }
    return act;
  }

  db::Transaction& tx_;
  feed::RootWriter& writer_;
  const crypto::Sealer& sealer_;
  const PolicyBook& book_;
  const v1::ApplicationPolicy& policy_;
  const Act& leader_;
};

}  // namespace

absl::StatusOr<v1::OutwardCase> Handlers::ProposeOutwardBackfill(rpc::Call& call,
                                                                 const v1::ProposeOutwardBackfillRequest& request) {
  RETURN_IF_ERROR(CheckReason(request.reason()));
  const Act act = ActOf(call, request.reason());
  const std::vector<std::string> items(request.items().begin(), request.items().end());
  return StepOn<v1::OutwardCase>(
      call, host_, request.name(), request.etag(), "PROPOSE_BACKFILL",
      [&](db::Transaction&, feed::RootWriter&, v1::OutwardCase& after) { return ProposeBackfill(act, items, &after); });
}

absl::StatusOr<v1::OutwardCase> Handlers::DecideOutwardBackfill(rpc::Call& call,
                                                                const v1::DecideOutwardBackfillRequest& request) {
  RETURN_IF_ERROR(CheckReason(request.reason()));
  const Act act = ActOf(call, request.reason());
  if (!request.approved()) {
    return StepOn<v1::OutwardCase>(
        call, host_, request.name(), request.etag(), "REFUSE_BACKFILL",
        [&](db::Transaction&, feed::RootWriter&, v1::OutwardCase& after) { return RefuseBackfill(act, &after); });
  }
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kOutwardCases.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const Agreement agreement, host_.database.Read([&](db::Transaction& tx) {
    return ReadAgreement(tx, *sealer, book_, shard, feed::IdOfName(request.name()));
  }));
  RETURN_IF_ERROR(CheckBody(agreement.before, "approve", act.person));
  ASSIGN_OR_RETURN(const Taken taken, TakeBenefits(host_.database, agreement.keys, shard, NewId(call.clock())));
  std::set<std::string> refused;
  for (size_t i = 0; i < agreement.items.size(); ++i) {
    if (!taken.had[i]) {
      refused.insert(agreement.items[i]);
    }
  }
  bool applied = false;  // a replay claims nothing: the sweeper gives back what it took
  ASSIGN_OR_RETURN(
      v1::OutwardCase answer,
      StepOn<v1::OutwardCase>(
          call, host_, request.name(), request.etag(), "APPROVE_BACKFILL",
          [&](db::Transaction& tx, feed::RootWriter& writer, v1::OutwardCase& after) -> absl::Status {
            RETURN_IF_ERROR(SettleBenefits(tx, taken.operations));
            if (after.state() == v1::OUTWARD_STATE_BACKFILL_PROPOSED) {
              if (after.etag() != agreement.before.etag()) {
                return Fail("HEAD_MOVED", {{"shard", shard}});
              }
              const std::string region = RegionOfShard(shard);
              ASSIGN_OR_RETURN(const Term term, ParseTerm(after.term()));
              const v1::ApplicationPolicy* policy = applications_.InForce(region, term);
              if (policy == nullptr) {
                return Fail("POLICY_MISSING", {{"region", region}, {"term", after.term()}});
              }
              RETURN_IF_ERROR(
                  Opening(tx, writer, *sealer, book_, *policy, act).Open(agreement.barred, refused, &after));
            }
            RETURN_IF_ERROR(ApproveBackfill(act, &after));
            applied = true;
            return absl::OkStatus();
          }));
  if (applied) {
    RETURN_IF_ERROR(ConfirmBenefits(host_.database, taken.shards, taken.operations));
  }
  return answer;
}

}  // namespace ruraledu::student_aid
