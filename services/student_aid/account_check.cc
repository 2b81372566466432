// The job that books what the bank answered about cards.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/ingest/bank_answer.h"
#include "common/rpc/file_methods.h"
#include "ruraledu/student_aid/v1/payment_job.pb.h"
#include "services/student_aid/file_content.h"
#include "services/student_aid/payment_run.h"
#include "services/student_aid/payment_store.h"

namespace ruraledu::student_aid {
namespace {

class Check {
 public:
  Check(const PaymentParts& parts, db::JobContext& context, v1::AccountCheckPlan plan)
      : parts_(parts), context_(context), plan_(std::move(plan)) {}

  absl::StatusOr<std::string> Run() {
    if (!at_.ParseFromString(context_.job().cursor)) {
      return absl::DataLossError("the cursor of an account check does not parse");
    }
    ASSIGN_OR_RETURN(sealer_, parts_.host.keys.SealerOf(shard()));
    RETURN_IF_ERROR(ReadFile());
    do {
      RETURN_IF_ERROR(context_.CheckGoOn());
      RETURN_IF_ERROR(Page());
    } while (at_.lines() < static_cast<int64_t>(answer_.cards.size()));
    return root_.SerializeAsString();
  }

 private:
  const std::string& shard() const { return context_.job().shard; }

  absl::Status ReadFile() {
    const std::string id(feed::IdOfName(plan_.file()));
    ASSIGN_OR_RETURN(const auto file, parts_.host.database.Read([&](db::Transaction& tx) {
      return feed::Load<ruraledu::files::v1::File>(tx, *sealer_, rpc::kFiles, shard(), id);
    }));
    if (!file.has_value()) {
      return absl::DataLossError("an account check without its file");
    }
    ASSIGN_OR_RETURN(answer_, ingest::ReadCheckAnswer(
                                  std::make_unique<FileContent>(parts_.shelf, shard(), id, file->total_bytes())));
    const std::string_view expected = feed::IdOfName(plan_.check());
    return answer_.check == expected ? absl::OkStatus() : Fail("PAYMENT_RETURN_BATCH", {{"expected", expected}});
  }

  absl::Status Page() {
    const auto total = static_cast<int64_t>(answer_.cards.size());
    v1::AccountCheckCursor next = at_;
    next.set_lines(std::min(at_.lines() + parts_.page, total));
    RETURN_IF_ERROR(context_.Chunk([&](db::Transaction& tx) { return Book(tx, next.lines()); },
                                   next.SerializeAsString(), next.lines(), total));
    at_ = next;
    return absl::OkStatus();
  }

  absl::Status Book(db::Transaction& tx, int64_t until) {
    ASSIGN_OR_RETURN(const auto before, feed::Load<v1::AccountCheck>(tx, *sealer_, kAccountChecks, shard(),
                                                                     feed::IdOfName(plan_.check())));
    v1::AccountCheck after = *before;
    if (at_.lines() == 0) {  // another answer counts anew
      after.set_accepted(0);
      after.set_refused(0);
      after.set_unknown(0);
    }
    after.set_file(plan_.file());
    after.set_job(absl::StrCat("counties/", shard().substr(1), "/jobs/", context_.job().id));
    for (int64_t i = at_.lines(); i < until; ++i) {
      const ingest::CheckedCard& card = answer_.cards[static_cast<size_t>(i)];
      ASSIGN_OR_RETURN(const bool known, PutCardRefusal(tx, card.reference, card.refused, card.reason));
      if (!known) {
        after.set_unknown(after.unknown() + 1);
      } else if (card.refused) {
        after.set_refused(after.refused() + 1);
      } else {
        after.set_accepted(after.accepted() + 1);
      }
    }
    after.set_lines_done(until);
    feed::RootWriter writer(tx, *sealer_, {absl::StrCat("job:", context_.job().id), context_.job().id},
                            parts_.host.NewCounters());
    RETURN_IF_ERROR(writer.Put(kAccountChecks, &*before, after, "ANSWER").status());
    RETURN_IF_ERROR(writer.Finish().status());
    root_ = std::move(after);
    return absl::OkStatus();
  }

  const PaymentParts& parts_;
  db::JobContext& context_;
  const v1::AccountCheckPlan plan_;
  std::shared_ptr<const crypto::Sealer> sealer_;
  ingest::CheckAnswer answer_;
  v1::AccountCheckCursor at_;
  v1::AccountCheck root_;
};

}  // namespace

absl::StatusOr<std::string> RunAccountCheck(const PaymentParts& parts, db::JobContext& context) {
  v1::AccountCheckPlan plan;
  if (!plan.ParseFromString(context.job().input)) {
    return absl::InternalError("account_check: input does not parse");
  }
  return Check(parts, context, std::move(plan)).Run();
}

}  // namespace ruraledu::student_aid
