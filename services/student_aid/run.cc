#include "services/student_aid/run.h"

#include <future>

#include "absl/strings/str_cat.h"
#include "common/base/behind.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "common/feed/heads.h"
#include "services/student_aid/benefit_claims.h"
#include "services/student_aid/compliance_store.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr absl::Duration kFactsPause = absl::Milliseconds(200);
constexpr absl::Duration kTurnPause = absl::Milliseconds(500);

template <typename T>
std::set<std::string> SetOf(const T& texts) {
  return {texts.begin(), texts.end()};
}

// Errors after which the engine goes on at the cursor.
bool EngineGoesOn(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return absl::IsUnavailable(status) || reason == "HEAD_MOVED" || reason == "DATABASE_RETRY" ||
         reason == "JOB_LEASE_LOST" || reason == "JOB_POSTPONED" || reason == "JOB_RELEASED";
}

}  // namespace

std::string_view JobKind(v1::RunKind kind) {
  return kind == v1::RUN_KIND_ENTITLEMENT ? kEntitlementJob : kComparisonJob;
}

CountyRun::CountyRun(const RunParts& parts, db::JobContext& context, v1::RunPlan plan, Term term)
    : parts_(parts),
      context_(context),
      plan_(std::move(plan)),
      term_(term),
      dates_(parts.book.calendar().DatesOf(term)),
      name_(absl::StrCat("counties/", context.job().shard.substr(1), "/runs/", context.job().id)) {}

absl::StatusOr<std::string> CountyRun::Go(bool with_comparisons, const Page& page) {
  if (!cursor_.ParseFromString(context_.job().cursor)) {
    return absl::DataLossError("the cursor of a run does not parse");
  }
  ASSIGN_OR_RETURN(sealer_, parts_.host.keys.SealerOf(shard()));
  auto result = Steps(with_comparisons, page);
  if (!result.ok() && ReasonOf(result.status()) == "CLAIM_BARRED") {
    return context_.Postpone(db::JobState::kQueued, kTurnPause);  // the next turn claims under another operation
  }
  if (!result.ok() && !EngineGoesOn(result.status())) {
    Abandon().IgnoreError();  // otherwise the next run of the term does it
  }
  return result;
}

absl::StatusOr<std::string> CountyRun::Steps(bool with_comparisons, const Page& page) {
  RETURN_IF_ERROR(AwaitFacts());
  if (!cursor_.opened()) {
    RETURN_IF_ERROR(OpenRun());
  }
  RETURN_IF_ERROR(LoadRun());
  RETURN_IF_ERROR(SettleClaims());  // of a turn that was cut off
  if (!cursor_.paged()) {
    RETURN_IF_ERROR(Pages(with_comparisons, page));
  }
  return Close();
}

absl::Status CountyRun::AwaitFacts() {
  const std::string instance = parts_.host.database.instance();
  ASSIGN_OR_RETURN(const bool ready, parts_.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(const bool open, BatchOpen(tx, shard()));
    return open ? absl::StatusOr<bool>(false) : feed::Reached(tx, "student_aid", instance, plan_.after());
  }));
  return ready ? absl::OkStatus() : context_.Postpone(db::JobState::kWaitingForFeed, kFactsPause);
}

// A run of the same kind and term whose job is still alive goes first; those of ended jobs are closed.
absl::StatusOr<bool> CountyRun::OthersUnderWay(db::Transaction& tx) {
  ASSIGN_OR_RETURN(const auto running,
                   FindRuns(tx, *sealer_, shard(), plan_.kind(), plan_.term(), v1::RUN_STATE_RUNNING));
  for (const v1::Run& other : running) {
    ASSIGN_OR_RETURN(const bool alive, db::GoesOn(tx, shard(), feed::IdOfName(other.name())));
    if (alive) {
      return true;
    }
    v1::Run ended = other;
    ended.set_state(v1::RUN_STATE_ABANDONED);
    RETURN_IF_ERROR(PutRun(tx, &other, ended, "ABANDON"));
  }
  return false;
}

absl::Status CountyRun::OpenRun() {
  bool wait = false;
  v1::RunCursor opened = cursor_;
  opened.set_opened(true);
  const absl::Status stored = Store(
      [&](db::Transaction& tx) -> absl::Status {
        ASSIGN_OR_RETURN(wait, OthersUnderWay(tx));
        if (wait) {
          return Fail("JOB_POSTPONED");
        }
        ASSIGN_OR_RETURN(const auto before,
                         FindRuns(tx, *sealer_, shard(), plan_.kind(), plan_.term(), v1::RUN_STATE_UNSPECIFIED));
        v1::Run run;
        run.set_name(name_);
        run.set_kind(plan_.kind());
        run.set_term(plan_.term());
        run.set_number(before.empty() ? 1 : before.front().number() + 1);
        run.set_state(v1::RUN_STATE_RUNNING);
        *run.mutable_census_date() = DateOf(dates_.census);
        run.set_rules_version(std::string(kRulesVersion));
        ASSIGN_OR_RETURN(*run.mutable_positions(), CopyPositions(tx, shard()));
        run.set_job(absl::StrCat(parent(), "/jobs/", context_.job().id));
        run.set_area(county());
        return PutRun(tx, nullptr, run, "OPEN");
      },
      opened);
  return wait ? context_.Postpone(db::JobState::kQueued, kTurnPause) : stored;
}

absl::Status CountyRun::LoadRun() {
  return parts_.host.database.Read([&](db::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto run, feed::Load<v1::Run>(tx, *sealer_, kRuns, shard(), context_.job().id));
    if (!run.has_value()) {
      return absl::DataLossError("an opened run is not there");
    }
    run_ = *std::move(run);
    ASSIGN_OR_RETURN(const auto closed,
                     FindRuns(tx, *sealer_, shard(), plan_.kind(), plan_.term(), v1::RUN_STATE_CLOSED));
    previous_ = !closed.empty();
    return absl::OkStatus();
  });
}

struct CountyRun::Prepared {
  v1::RunCursor cursor;
  Write write;
};

absl::Status CountyRun::Pages(bool with_comparisons, const Page& page) {
  // Waited for on every way out.
  std::future<absl::StatusOr<SealedPage>> reading;  // the page behind
  Behind writing;                                   // the page before
  const auto read = [&](PersonKey after) {
    reading = std::async(std::launch::async,
                         [this, with_comparisons, after = std::move(after)] { return Read(after, with_comparisons); });
  };
  read({cursor_.claim_shard(), cursor_.person()});
  for (v1::RunCursor at = cursor_; !at.paged();) {
    ASSIGN_OR_RETURN(const SealedPage sealed, reading.get());
    if (!sealed.batch_open && !sealed.pupils.empty()) {
      read({sealed.pupils.back().Text(0), sealed.pupils.back().Text(1)});
    }
    ASSIGN_OR_RETURN(Prepared next, Prepare(at, sealed, page));
    RETURN_IF_ERROR(writing.Wait());
    RETURN_IF_ERROR(context_.CheckGoOn());
    if (sealed.batch_open) {
      return context_.Postpone(db::JobState::kWaitingForFeed, kFactsPause);
    }
    at = next.cursor;
    RETURN_IF_ERROR(writing.Start([this, next = std::move(next)]() -> absl::Status {
      RETURN_IF_ERROR(Store(next.write, next.cursor));
      return SettleClaims();
    }));
  }
  return writing.Wait();
}

absl::StatusOr<SealedPage> CountyRun::Read(const PersonKey& after, bool with_comparisons) const {
  return parts_.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<SealedPage> {
    ASSIGN_OR_RETURN(SealedPage page, ReadPage(tx, shard(), plan_.term(), after, parts_.page, with_comparisons));
    if (with_comparisons) {
      RETURN_IF_ERROR(AddComplianceRows(tx, shard(), plan_.term(), &page));
    }
    return page;
  });
}

absl::StatusOr<CountyRun::Prepared> CountyRun::Prepare(v1::RunCursor from, const SealedPage& sealed,
                                                       const Page& page) const {
  Prepared next{.cursor = std::move(from), .write = [](db::Transaction&) { return absl::OkStatus(); }};
  next.cursor.clear_confirm_operations();
  next.cursor.clear_confirm_shards();
  next.cursor.clear_release_keys();
  if (sealed.pupils.empty()) {
    next.cursor.set_paged(true);
  } else if (!sealed.batch_open) {
    ASSIGN_OR_RETURN(const PageOpener opener, PageOpener::Create(sealed, parts_.host.keys, shard()));
    next.cursor.set_claim_shard(sealed.pupils.back().Text(0));
    next.cursor.set_person(sealed.pupils.back().Text(1));
    RETURN_IF_ERROR(page(sealed, opener, &next.cursor, &next.write));
  }
  return next;
}

absl::Status CountyRun::SettleClaims() {
  RETURN_IF_ERROR(
      ConfirmBenefits(parts_.host.database, SetOf(cursor_.confirm_shards()), SetOf(cursor_.confirm_operations())));
  RETURN_IF_ERROR(
      ReleaseBenefits(parts_.host.database, {cursor_.release_keys().begin(), cursor_.release_keys().end()}, shard()));
  cursor_.clear_confirm_operations();
  cursor_.clear_confirm_shards();
  cursor_.clear_release_keys();
  return absl::OkStatus();
}

absl::StatusOr<std::string> CountyRun::Close() {
  v1::Run closed = run_;
  closed.clear_etag();
  closed.set_state(v1::RUN_STATE_CLOSED);
  closed.set_persons(cursor_.persons());
  closed.set_entitled_persons(cursor_.entitled_persons());
  closed.set_invalid_persons(cursor_.invalid_persons());
  closed.set_differences(cursor_.differences());
  *closed.mutable_policy_sets() = cursor_.policy_sets();
  *closed.mutable_classes() = cursor_.classes();
  closed.clear_totals();
  for (const auto& [item, total] :
       std::map<std::string, v1::RunItemTotal>(cursor_.items().begin(), cursor_.items().end())) {
    v1::AmountByItem* row = closed.add_totals();
    row->set_item(item);
    row->set_persons(total.persons());
    row->set_amount_fen(total.amount_fen());
    if (plan_.kind() == v1::RUN_KIND_COMPARISON) {
      row->mutable_coverage()->set_numerator(total.covered());
      row->mutable_coverage()->set_denominator(total.persons());
    }
  }
  if (plan_.kind() == v1::RUN_KIND_COMPARISON) {
    CountCompliance(&closed);
    RETURN_IF_ERROR(CheckSchoolYear(&closed));
  }
  if (run_.state() != v1::RUN_STATE_CLOSED) {
    RETURN_IF_ERROR(Store([&](db::Transaction& tx) { return PutRun(tx, &run_, closed, "CLOSE"); }, cursor_));
  }
  return closed.SerializeAsString();
}

absl::Status CountyRun::Abandon() {
  if (run_.name().empty() || run_.state() != v1::RUN_STATE_RUNNING) {
    return absl::OkStatus();
  }
  v1::Run ended = run_;
  ended.set_state(v1::RUN_STATE_ABANDONED);
  return Store([&](db::Transaction& tx) { return PutRun(tx, &run_, ended, "ABANDON"); }, cursor_);
}

absl::Status CountyRun::PutRun(db::Transaction& tx, const v1::Run* before, const v1::Run& after,
                               std::string_view cause) {
  feed::RootWriter writer = NewWriter();
  RETURN_IF_ERROR(writer.Put(kRuns, before, after, cause).status());
  return writer.Write(tx).status();
}

absl::Status CountyRun::Store(const Write& body, const v1::RunCursor& cursor) {
  RETURN_IF_ERROR(context_.Chunk(body, cursor.SerializeAsString(), cursor.persons(), 0));
  cursor_ = cursor;
  return absl::OkStatus();
}

}  // namespace ruraledu::student_aid
