// The job that holds a feedback of the national system against an export.
#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/crypto/hash.h"
#include "common/rpc/file_methods.h"
#include "ruraledu/student_aid/v1/mirror_job.pb.h"
#include "services/student_aid/file_content.h"
#include "services/student_aid/mirror_lines.h"
#include "services/student_aid/mirror_rules.h"
#include "services/student_aid/mirror_run.h"
#include "services/student_aid/mirror_store.h"

namespace ruraledu::student_aid {
namespace {

constexpr absl::Duration kTurnPause = absl::Milliseconds(500);
constexpr size_t kIdDigits = 32;     // hexadecimal: 128 bits of a digest
constexpr size_t kMostErrors = 200;  // that are kept
constexpr size_t kLookUps = 500;     // persons per snapshot
constexpr int64_t kKeysPerRead = 5000;

// Lines about one pupil and project that no row of the export takes.
struct Extra {
  std::string person, project, school_code;
  MirrorTheirs theirs;
};

void Add(const MirrorLine& line, MirrorTheirs* theirs) {
  if (theirs->lines == 0) {
    theirs->line = line.number;
    theirs->level = line.level;
  }
  ++theirs->lines;
  theirs->fen += line.fen;
}

class Feedback {
 public:
  Feedback(const MirrorParts& parts, db::JobContext& context, v1::MirrorFeedbackPlan plan)
      : parts_(parts), context_(context), plan_(std::move(plan)) {}

  absl::StatusOr<std::string> Run() {
    ASSIGN_OR_RETURN(sealer_, parts_.host.keys.SealerOf(shard()));
    after_ = context_.job().cursor;
    if (after_.starts_with(parent())) {  // it was done, and its file is gone
      name_ = after_;
      RETURN_IF_ERROR(parts_.host.database.Read([&](db::Transaction& tx) { return Reload(tx); }));
      return root_.SerializeAsString();
    }
    RETURN_IF_ERROR(parts_.host.database.Read([&](db::Transaction& tx) { return LoadExport(tx); }));
    RETURN_IF_ERROR(FindName());
    ASSIGN_OR_RETURN(const bool done, FindEarlier());
    if (done) {
      RETURN_IF_ERROR(DropCopy());
      return root_.SerializeAsString();
    }
    ASSIGN_OR_RETURN(auto content, Content());
    ASSIGN_OR_RETURN(read_, ReadMirrorLines(parts_, std::move(content), export_, *layout_));
    if (read_.errors.empty()) {
      RETURN_IF_ERROR(FindPersons());
      RETURN_IF_ERROR(Assign());
    }
    RETURN_IF_ERROR(Open());
    while (root_.state() == v1::MIRROR_FEEDBACK_STATE_RUNNING) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      RETURN_IF_ERROR(Page());
    }
    return root_.SerializeAsString();
  }

 private:
  const std::string& shard() const { return context_.job().shard; }
  std::string parent() const { return absl::StrCat("counties/", shard().substr(1)); }
  std::string job_name() const { return absl::StrCat(parent(), "/jobs/", context_.job().id); }
  std::string export_id() const { return std::string(feed::IdOfName(plan_.export_name())); }
  feed::RootWriter::Author author() const { return {absl::StrCat("job:", context_.job().id), context_.job().id}; }

  absl::Status LoadExport(db::Transaction& tx) {
    ASSIGN_OR_RETURN(auto root, feed::Load<v1::MirrorExport>(tx, *sealer_, kMirrorExports, shard(), export_id()));
    if (!root.has_value()) {
      return absl::DataLossError("a feedback without its export");
    }
    export_ = *std::move(root);
    ASSIGN_OR_RETURN(const auto schools, AllSchools(tx, shard()));
    for (const registry_v1::School& school : schools) {
      areas_[school.code()] = school.area();
    }
    layout_ = parts_.mirror.Find(export_.layout());
    return layout_ == nullptr ? Fail("POLICY_SET_UNKNOWN", {{"name", export_.layout()}}) : absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<FileContent>> Content() {
    const std::string id(feed::IdOfName(plan_.file()));
    ASSIGN_OR_RETURN(file_, parts_.host.database.Read([&](db::Transaction& tx) {
      return feed::Load<ruraledu::files::v1::File>(tx, *sealer_, rpc::kFiles, shard(), id);
    }));
    if (!file_.has_value()) {
      return absl::DataLossError("a feedback without its file");
    }
    return std::make_unique<FileContent>(parts_.shelf, shard(), id, file_->total_bytes());
  }

  absl::Status FindName() {
    ASSIGN_OR_RETURN(const auto content, Content());
    ASSIGN_OR_RETURN(const std::string digest, DigestOf(*content));
    name_ = absl::StrCat(parent(), "/", kMirrorFeedbacks.collection, "/",
                         crypto::Hex(parts_.host.keys.Fingerprint({"mirror_feedback", digest})).substr(0, kIdDigits));
    return absl::OkStatus();
  }

  // Whether the content was handed in before and nothing is left to do. MIRROR_FEEDBACK_EXPORT when it was for another
  // export.
  absl::StatusOr<bool> FindEarlier() {
    ASSIGN_OR_RETURN(const auto found, parts_.host.database.Read([&](db::Transaction& tx) {
      return feed::Load<v1::MirrorFeedback>(tx, *sealer_, kMirrorFeedbacks, shard(), feed::IdOfName(name_));
    }));
    if (!found.has_value()) {
      return false;
    }
    if (found->of_export() != plan_.export_name()) {
      return Fail("MIRROR_FEEDBACK_EXPORT", {{"expected", export_.reference()}});
    }
    root_ = *found;
    return root_.state() != v1::MIRROR_FEEDBACK_STATE_RUNNING;
  }

  absl::Status FindPersons() {
    for (size_t first = 0; first < read_.lines.size(); first += kLookUps) {
      RETURN_IF_ERROR(parts_.host.database.Read([&](db::Transaction& tx) -> absl::Status {
        for (size_t i = first; i < std::min(first + kLookUps, read_.lines.size()); ++i) {
          MirrorLine& line = read_.lines[i];
          ASSIGN_OR_RETURN(line.who, PersonOfPaper(tx, shard(), line.digests));
          line.known = !line.who.empty();
          if (!line.known) {
            line.who = line.digests.id_number.empty() ? line.digests.student_number : line.digests.id_number;
          }
        }
        return absl::OkStatus();
      }));
    }
    return absl::OkStatus();
  }

  // Gives each row of the export its lines, in their order; what is left is extra. Nothing in common with the export at
  // all: it is not its feedback.
  absl::Status Assign() {
    using Key = std::pair<std::string, std::string>;  // person, project
    std::map<Key, std::vector<const MirrorLine*>> waiting;
    for (const MirrorLine& line : read_.lines) {
      waiting[{line.who, line.project}].push_back(&line);
    }
    std::map<Key, std::pair<std::string, size_t>> taken;  // the last row of the key, and lines given out
    RETURN_IF_ERROR(EachKey([&](const std::string& id, const std::string& person, const std::string& project) {
      const Key key{person, project};
      const auto found = waiting.find(key);
      if (found == waiting.end()) {
        return;
      }
      auto& [last, given] = taken[key];
      last = id;
      if (given < found->second.size()) {
        Add(*found->second[given++], &theirs_[id]);
      }
    }));
    if (taken.empty() && !read_.lines.empty()) {
      return Fail("MIRROR_FEEDBACK_EXPORT", {{"expected", export_.reference()}});
    }
    for (const auto& [key, lines] : waiting) {
      const auto row = taken.find(key);
      for (size_t i = row == taken.end() ? 0 : row->second.second; i < lines.size(); ++i) {
        Add(*lines[i], row == taken.end() ? &ExtraOf(*lines[i])->theirs : &theirs_[row->second.first]);
      }
    }
    return absl::OkStatus();
  }
  Extra* ExtraOf(const MirrorLine& line) {
    const std::string digest =
        crypto::Hex(parts_.host.keys.Fingerprint({"mirror_extra", line.who, line.project})).substr(0, kIdDigits);
    Extra& extra = extras_[absl::StrCat(export_id(), ".x", digest)];
    extra.person = line.known ? line.who : "";
    extra.project = line.project;
    extra.school_code = line.school_code;
    return &extra;
  }
  absl::Status EachKey(const std::function<void(const std::string&, const std::string&, const std::string&)>& each) {
    std::string after;
    while (true) {
      ASSIGN_OR_RETURN(const auto rows, parts_.host.database.Read([&](db::Transaction& tx) {
        return EntryKeysOf(tx, shard(), export_id(), after, kKeysPerRead);
      }));
      for (const db::Row& row : rows) {
        if (row.Int(3) > 0) {
          each(row.Text(0), row.Text(1), row.Text(2));
        }
      }
      if (static_cast<int64_t>(rows.size()) < kKeysPerRead) {
        return absl::OkStatus();
      }
      after = rows.back().Text(0);
    }
  }

  // Makes the feedback, or goes on with one that was cut off. A damaged one is kept with what is wrong and nothing
  // else.
  absl::Status Open() {
    bool wait = false;
    const absl::Status opened = context_.Chunk(
        [&](db::Transaction& tx) -> absl::Status {
          RETURN_IF_ERROR(LoadExport(tx));
          v1::MirrorExport answered = export_;
          RETURN_IF_ERROR(StepExport("answer", &answered));
          ASSIGN_OR_RETURN(wait, OtherIsAlive(tx));
          if (wait) {
            return absl::OkStatus();
          }
          ASSIGN_OR_RETURN(const auto found, feed::Load<v1::MirrorFeedback>(tx, *sealer_, kMirrorFeedbacks, shard(),
                                                                            feed::IdOfName(name_)));
          if (found.has_value()) {
            return Reload(tx);
          }
          feed::RootWriter writer(tx, *sealer_, author(), parts_.host.NewCounters());
          RETURN_IF_ERROR(
              writer.Put(kMirrorFeedbacks, nullptr, Fresh(), !read_.errors.empty() ? "REFUSE" : "IMPORT").status());
          RETURN_IF_ERROR(writer.Finish().status());
          return Reload(tx);
        },
        after_, 0, read_.count);
    RETURN_IF_ERROR(opened);
    return wait ? context_.Postpone(db::JobState::kQueued, kTurnPause) : absl::OkStatus();
  }
  // Whether another job holds this content, or another one, against the export.
  absl::StatusOr<bool> OtherIsAlive(db::Transaction& tx) {
    ASSIGN_OR_RETURN(const std::string other, FeedbackUnderWay(tx, shard(), export_id(), feed::IdOfName(name_)));
    std::string job = root_.job();
    if (!other.empty()) {
      ASSIGN_OR_RETURN(const auto feedback,
                       feed::Load<v1::MirrorFeedback>(tx, *sealer_, kMirrorFeedbacks, shard(), other));
      job = feedback->job();
    }
    if (job.empty() || job == job_name()) {
      return false;
    }
    return db::GoesOn(tx, shard(), feed::IdOfName(job));
  }
  v1::MirrorFeedback Fresh() const {
    v1::MirrorFeedback fresh;
    fresh.set_name(name_);
    fresh.set_area(export_.area());
    fresh.set_of_export(export_.name());
    fresh.set_file(plan_.file());
    fresh.set_job(job_name());
    fresh.set_imported_by(plan_.person());
    *fresh.mutable_imported_on() = DateOf(parts_.host.clock.Today());
    fresh.set_lines(read_.count);
    fresh.set_error_count(static_cast<int64_t>(read_.errors.size()));
    const auto kept = std::min(read_.errors.size(), kMostErrors);
    fresh.mutable_errors()->Assign(read_.errors.begin(), read_.errors.begin() + static_cast<ptrdiff_t>(kept));
    fresh.set_state(!read_.errors.empty() ? v1::MIRROR_FEEDBACK_STATE_REFUSED : v1::MIRROR_FEEDBACK_STATE_RUNNING);
    return fresh;
  }
  absl::Status Reload(db::Transaction& tx) {
    ASSIGN_OR_RETURN(auto root,
                     feed::Load<v1::MirrorFeedback>(tx, *sealer_, kMirrorFeedbacks, shard(), feed::IdOfName(name_)));
    root_ = *std::move(root);
    return absl::OkStatus();
  }

  // A page of ids behind the cursor, rows that are there and rows that are to be; nothing behind them closes it.
  absl::Status Page() {
    ASSIGN_OR_RETURN(const std::vector<std::string> ids, NextIds());
    const std::string next = ids.empty() ? name_ : ids.back();
    RETURN_IF_ERROR(context_.Chunk([&](db::Transaction& tx) { return Book(tx, ids); }, next,
                                   root_.rows_done() + static_cast<int64_t>(ids.size()), read_.count));
    after_ = next;
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<std::string>> NextIds() {
    ASSIGN_OR_RETURN(const auto rows, parts_.host.database.Read([&](db::Transaction& tx) {
      return EntryKeysOf(tx, shard(), export_id(), after_, parts_.page);
    }));
    std::set<std::string> ids;
    for (const db::Row& row : rows) {
      ids.insert(row.Text(0));
    }
    int64_t extras = 0;
    for (auto extra = extras_.upper_bound(after_); extra != extras_.end() && extras < parts_.page; ++extra, ++extras) {
      ids.insert(extra->first);
    }
    std::vector<std::string> first(ids.begin(), ids.end());
    first.resize(std::min(first.size(), static_cast<size_t>(parts_.page)));
    return first;
  }

  absl::Status Book(db::Transaction& tx, const std::vector<std::string>& ids) {
    RETURN_IF_ERROR(Reload(tx));
    v1::MirrorFeedback feedback = root_;
    if (after_.empty()) {  // from the beginning, whatever an earlier job of it came to
      feedback.clear_rows_done();
      feedback.clear_agreed();
      feedback.clear_differences();
    }
    feed::RootWriter writer(tx, *sealer_, author(), parts_.host.NewCounters());
    for (const std::string& id : ids) {
      RETURN_IF_ERROR(BookRow(tx, id, &feedback, &writer));
    }
    if (ids.empty()) {
      RETURN_IF_ERROR(Close(tx, &feedback, &writer));
    }
    RETURN_IF_ERROR(writer.Put(kMirrorFeedbacks, &root_, feedback, "RECONCILE").status());
    RETURN_IF_ERROR(writer.Finish().status());
    return Reload(tx);
  }

  absl::Status BookRow(db::Transaction& tx, const std::string& id, v1::MirrorFeedback* feedback,
                       feed::RootWriter* writer) {
    ASSIGN_OR_RETURN(const auto before, feed::Load<v1::MirrorEntry>(tx, *sealer_, kMirrorEntries, shard(), id));
    v1::MirrorEntry after = before.value_or(v1::MirrorEntry());
    const auto extra = extras_.find(id);
    const auto row = theirs_.find(id);
    MirrorTheirs theirs = row == theirs_.end() ? MirrorTheirs() : row->second;
    if (extra != extras_.end()) {
      theirs = extra->second.theirs;
    }
    if (!before.has_value()) {
      RETURN_IF_ERROR(FillExtra(tx, id, extra->second, &after));
    } else if (before->row() > 0) {
      RETURN_IF_ERROR(ReadPaid(tx, &after));
    }
    Hold(theirs, &after, feedback);
    return writer->Put(kMirrorEntries, before.has_value() ? &*before : nullptr, after, "RECONCILE").status();
  }
  void Hold(const MirrorTheirs& theirs, v1::MirrorEntry* entry, v1::MirrorFeedback* feedback) const {
    HoldAgainst(theirs, {plan_.person(), parts_.host.clock.Today(), ""}, entry);
    feedback->set_rows_done(feedback->rows_done() + 1);
    if (entry->state() == v1::MIRROR_ENTRY_STATE_AGREED) {
      feedback->set_agreed(feedback->agreed() + 1);
    } else {
      feedback->set_differences(feedback->differences() + 1);
    }
  }
  absl::Status ReadPaid(db::Transaction& tx, v1::MirrorEntry* entry) {
    v1::Application application;
    RETURN_IF_ERROR(feed::LoadRoot(tx, *sealer_, kApplications, shard(),
                                   absl::StrCat(entry->person(), ".", entry->term(), ".", entry->item()), &application)
                        .status());
    entry->set_paid_fen(entry->waived() ? 0 : application.paid_fen());
    return absl::OkStatus();
  }

  absl::Status FillExtra(db::Transaction& tx, const std::string& id, const Extra& extra, v1::MirrorEntry* entry) {
    entry->set_name(absl::StrCat(parent(), "/", kMirrorEntries.collection, "/", id));
    entry->set_of_export(export_.name());
    entry->set_person(extra.person);
    entry->set_term(export_.term());
    entry->set_project(extra.project);
    std::string area = areas_.contains(extra.school_code) ? areas_[extra.school_code] : "";
    if (area.empty() && !extra.person.empty()) {
      ASSIGN_OR_RETURN(const auto place, FindPupil(tx, shard(), extra.person));
      area = place.has_value() ? std::string(SchoolOf(place->area)) : "";
    }
    entry->set_area(area.empty() ? export_.area() : area);
    return absl::OkStatus();
  }

  absl::Status Close(db::Transaction& tx, v1::MirrorFeedback* feedback, feed::RootWriter* writer) {
    feedback->set_state(v1::MIRROR_FEEDBACK_STATE_CLOSED);
    RETURN_IF_ERROR(LoadExport(tx));
    v1::MirrorExport answered = export_;
    RETURN_IF_ERROR(StepExport("answer", &answered));
    answered.set_feedback(name_);
    RETURN_IF_ERROR(writer->Put(kMirrorExports, &export_, answered, "ANSWER").status());
    return EraseContent(tx, *sealer_, plan_.file(), writer);  // what it says stands beside the rows
  }
  // The same content was booked before.
  absl::Status DropCopy() {
    if (root_.state() != v1::MIRROR_FEEDBACK_STATE_CLOSED) {
      return absl::OkStatus();
    }
    return context_.Chunk(
        [&](db::Transaction& tx) -> absl::Status {
          feed::RootWriter writer(tx, *sealer_, author(), parts_.host.NewCounters());
          RETURN_IF_ERROR(EraseContent(tx, *sealer_, plan_.file(), &writer));
          return writer.Finish().status();
        },
        name_, root_.rows_done(), root_.rows_done());
  }

  const MirrorParts& parts_;
  db::JobContext& context_;
  const v1::MirrorFeedbackPlan plan_;
  std::shared_ptr<const crypto::Sealer> sealer_;
  std::optional<ruraledu::files::v1::File> file_;
  v1::MirrorExport export_;
  const v1::MirrorLayout* layout_ = nullptr;
  std::string name_;
  std::string after_;  // id of the last row done; the name of the feedback once it is closed
  v1::MirrorFeedback root_;
  MirrorLines read_;
  std::map<std::string, MirrorTheirs> theirs_;  // by id of the row
  std::map<std::string, Extra> extras_;         // by id of the row that they get
  std::map<std::string, std::string> areas_;    // of schools, by code
};

}  // namespace

absl::StatusOr<std::string> RunMirrorFeedback(const MirrorParts& parts, db::JobContext& context) {
  v1::MirrorFeedbackPlan plan;
  if (!plan.ParseFromString(context.job().input)) {
    return absl::InternalError("mirror_feedback: input does not parse");
  }
  return Feedback(parts, context, std::move(plan)).Run();
}

}  // namespace ruraledu::student_aid
