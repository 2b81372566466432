#include "services/student_aid/fact_run.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "services/student_aid/fact_rules.h"
#include "services/student_aid/fact_store.h"
#include "services/student_aid/file_content.h"
#include "services/student_aid/row_file.h"

namespace ruraledu::student_aid {
namespace {

constexpr absl::Duration kTurnPause = absl::Milliseconds(500);

struct AnswerLine {
  std::string entry;  // id
  v1::VerifiedFact verified;
};

class Answers {
 public:
  Answers(const FactParts& parts, db::JobContext& context, v1::FactAnswersPlan plan)
      : parts_(parts), context_(context), plan_(std::move(plan)), today_(parts.host.clock.Today()) {}

  absl::StatusOr<std::string> Run() {
    ASSIGN_OR_RETURN(sealer_, parts_.host.keys.SealerOf(shard()));
    RETURN_IF_ERROR(parts_.host.database.Read([&](db::Transaction& tx) -> absl::Status {
      RETURN_IF_ERROR(Load(tx));
      ASSIGN_OR_RETURN(entries_, EntriesOfEnquiry(tx, shard(), id()));
      return absl::OkStatus();
    }));
    if (enquiry_.state() == v1::FACT_ENQUIRY_STATE_ANSWERED && enquiry_.job() == job_name()) {
      return enquiry_.SerializeAsString();  // it was done, and its file is gone
    }
    if (!context_.job().cursor.empty() && !absl::SimpleAtoi(context_.job().cursor, &done_)) {
      return absl::DataLossError("the cursor of answers does not parse");
    }
    RETURN_IF_ERROR(ReadFile());
    RETURN_IF_ERROR(Open());
    while (enquiry_.state() == v1::FACT_ENQUIRY_STATE_READING) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      RETURN_IF_ERROR(Page());
    }
    return enquiry_.SerializeAsString();
  }

 private:
  const std::string& shard() const { return context_.job().shard; }
  std::string job_name() const { return absl::StrCat("counties/", shard().substr(1), "/jobs/", context_.job().id); }
  std::string id() const { return std::string(feed::IdOfName(plan_.enquiry())); }
  feed::RootWriter NewWriter(db::Transaction& tx) const {
    return {tx, *sealer_, {absl::StrCat("job:", context_.job().id), context_.job().id}, parts_.host.NewCounters()};
  }

  absl::Status Load(db::Transaction& tx) {
    ASSIGN_OR_RETURN(auto enquiry, feed::Load<v1::FactEnquiry>(tx, *sealer_, kFactEnquiries, shard(), id()));
    if (!enquiry.has_value()) {
      return absl::DataLossError("an enquiry is not there");
    }
    enquiry_ = *std::move(enquiry);
    return absl::OkStatus();
  }

  absl::Status ReadFile() {
    const RowFileSource source{parts_.host, parts_.shelf, parts_.header, parts_.departments.lists()};
    ASSIGN_OR_RETURN(read_, ReadRows(source, shard(), plan_.file(), "fact_answers",
                                     [&](int64_t, const RowValue& value) { return Take(value); }));
    return other_ ? Fail("FACT_ENQUIRY_OTHER", {{"expected", enquiry_.reference()}}) : absl::OkStatus();
  }
  RowFault Take(const RowValue& value) {
    other_ |= value("reference") != enquiry_.reference();
    const int64_t row = std::strtoll(value("row").c_str(), nullptr, 10);
    const bool known = row >= 1 && row <= static_cast<int64_t>(entries_.size()) &&
                       entries_[static_cast<size_t>(row - 1)].factor() == value("factor");
    if (!known || !taken_.insert(row).second) {
      return {"row", "FACT_ENTRY_UNKNOWN"};
    }
    const CodeEntry* const match = parts_.departments.lists().Find("fact_match")->Find(value("match"));
    AnswerLine line;
    line.entry = std::string(feed::IdOfName(entries_[static_cast<size_t>(row - 1)].name()));
    line.verified.set_match(value("match"));
    if (match != nullptr && match->Attribute("usable") == "yes") {
      if (value("answer").empty() && value("value").empty()) {
        return {"value", "VALUE_REQUIRED"};
      }
      line.verified.set_answer(value("answer"));
      if (!value("value").empty()) {
        line.verified.set_value(std::strtoll(value("value").c_str(), nullptr, 10));
      }
    }
    line.verified.set_enquiry(plan_.enquiry());
    *line.verified.mutable_verified_on() = DateOf(today_);
    line.verified.set_prevails(
        parts_.departments.Prevails(enquiry_.department(), value("factor"), value("match"), today_));
    lines_.push_back(std::move(line));
    return {};
  }

  absl::Status Open() {
    bool wait = false;
    const absl::Status opened = context_.Chunk(
        [&](db::Transaction& tx) -> absl::Status {
          RETURN_IF_ERROR(Load(tx));
          ASSIGN_OR_RETURN(wait, OtherIsAlive(tx));
          if (wait) {
            return absl::OkStatus();
          }
          v1::FactEnquiry next = enquiry_;
          RETURN_IF_ERROR(Begin(&next));
          feed::RootWriter writer = NewWriter(tx);
          RETURN_IF_ERROR(
              writer.Put(kFactEnquiries, &enquiry_, next, read_.errors.empty() ? "READ" : "REFUSE").status());
          RETURN_IF_ERROR(writer.Finish().status());
          return Load(tx);
        },
        context_.job().cursor, done_, read_.count);
    RETURN_IF_ERROR(opened);
    return wait ? context_.Postpone(db::JobState::kQueued, kTurnPause) : absl::OkStatus();
  }
  // Whether another job takes answers of the enquiry over.
  absl::StatusOr<bool> OtherIsAlive(db::Transaction& tx) {
    if (enquiry_.state() != v1::FACT_ENQUIRY_STATE_READING || enquiry_.job() == job_name()) {
      return false;
    }
    return db::GoesOn(tx, shard(), feed::IdOfName(enquiry_.job()));
  }
  // STATE_TRANSITION; also for another file than the one of which something was taken over already.
  absl::Status Begin(v1::FactEnquiry* next) const {
    const bool under_way = enquiry_.state() == v1::FACT_ENQUIRY_STATE_READING;
    if (under_way && enquiry_.digest() != read_.digest) {
      return Fail("STATE_TRANSITION",
                  {{"machine", kFactEnquiryStates.name()}, {"from", "READING"}, {"event", "read another file"}});
    }
    RETURN_IF_ERROR(StepEnquiry("read", next));
    if (!read_.errors.empty()) {
      next->set_state(enquiry_.state());  // a corrected file is awaited
    }
    if (!under_way || enquiry_.job() != job_name()) {
      next->clear_answered();
      next->clear_differing();
    }
    next->set_answer_file(plan_.file());
    next->set_answer_file_name(read_.file_name);
    next->set_answer_time_us(read_.time_us);
    next->set_digest(read_.digest);
    next->set_job(job_name());
    next->set_imported_by(plan_.person());
    next->set_lines(read_.count);
    next->set_error_count(static_cast<int64_t>(read_.errors.size()));
    *next->mutable_errors() = read_.FirstErrors();
    return absl::OkStatus();
  }

  absl::Status Page() {
    const int64_t end = std::min(done_ + parts_.page, static_cast<int64_t>(lines_.size()));
    RETURN_IF_ERROR(context_.Chunk(
        [&](db::Transaction& tx) -> absl::Status {
          RETURN_IF_ERROR(Load(tx));
          v1::FactEnquiry next = enquiry_;
          feed::RootWriter writer = NewWriter(tx);
          RETURN_IF_ERROR(TakeOver(tx, end, &next, &writer));
          if (end == static_cast<int64_t>(lines_.size())) {
            RETURN_IF_ERROR(StepEnquiry("close", &next));
            RETURN_IF_ERROR(EraseContent(tx, *sealer_, plan_.file(), &writer));
          }
          RETURN_IF_ERROR(writer.Put(kFactEnquiries, &enquiry_, next, "READ").status());
          RETURN_IF_ERROR(writer.Finish().status());
          return Load(tx);
        },
        absl::StrCat(end), end, read_.count));
    done_ = end;
    return absl::OkStatus();
  }

  // Several entries of a page may be about one record: it is written once.
  absl::Status TakeOver(db::Transaction& tx, int64_t end, v1::FactEnquiry* next, feed::RootWriter* writer) {
    struct Record {
      v1::Identification before, after;
    };
    std::map<std::string, Record> records;
    for (int64_t i = done_; i < end; ++i) {
      const AnswerLine& line = lines_[static_cast<size_t>(i)];
      ASSIGN_OR_RETURN(const auto before,
                       feed::Load<v1::FactEnquiryEntry>(tx, *sealer_, kFactEnquiryEntries, shard(), line.entry));
      v1::FactEnquiryEntry entry = *before;
      const std::string record_id(feed::IdOfName(entry.identification()));
      auto found = records.find(record_id);
      if (found == records.end()) {
        ASSIGN_OR_RETURN(const auto loaded,
                         feed::Load<v1::Identification>(tx, *sealer_, kIdentifications, shard(), record_id));
        if (!loaded.has_value()) {
          return absl::DataLossError("an entry without its identification");
        }
        found = records.emplace(record_id, Record{*loaded, *loaded}).first;
      }
      v1::Identification& record = found->second.after;
      next->set_answered(next->answered() + 1);
      next->set_differing(next->differing() + (Differs(record, entry.factor(), line.verified) ? 1 : 0));
      entry.set_match(line.verified.match());
      ASSIGN_OR_RETURN(const bool taken, TakeVerified(parts_.tables, {plan_.person(), today_, ""}, entry.factor(),
                                                      line.verified, &record));
      entry.set_taken(taken);
      RETURN_IF_ERROR(writer->Put(kFactEnquiryEntries, &*before, entry, "ANSWER").status());
    }
    for (const auto& [record_id, record] : records) {
      RETURN_IF_ERROR(writer->Put(kIdentifications, &record.before, record.after, "VERIFY").status());
    }
    return absl::OkStatus();
  }
  static bool Differs(const v1::Identification& record, std::string_view factor, const v1::VerifiedFact& verified) {
    for (const v1::FactorFact& fact : record.input().facts().factors()) {
      if (fact.factor() == factor && (verified.has_value() || !verified.answer().empty())) {
        return fact.answer() != verified.answer() || fact.value() != verified.value();
      }
    }
    return false;
  }

  const FactParts& parts_;
  db::JobContext& context_;
  const v1::FactAnswersPlan plan_;
  const absl::CivilDay today_;
  std::shared_ptr<const crypto::Sealer> sealer_;
  v1::FactEnquiry enquiry_;
  std::vector<v1::FactEnquiryEntry> entries_;
  std::vector<AnswerLine> lines_;
  std::set<int64_t> taken_;
  bool other_ = false;  // a line names another enquiry
  RowFile read_;
  int64_t done_ = 0;
};

}  // namespace

absl::StatusOr<std::string> RunFactAnswers(const FactParts& parts, db::JobContext& context) {
  v1::FactAnswersPlan plan;
  if (!plan.ParseFromString(context.job().input)) {
    return absl::InternalError("fact_answers: input does not parse");
  }
  return Answers(parts, context, std::move(plan)).Run();
}

}  // namespace ruraledu::student_aid
