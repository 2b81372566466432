#include "services/student_aid/department_run.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/crypto/hash.h"
#include "services/student_aid/department_store.h"
#include "services/student_aid/file_content.h"
#include "services/student_aid/mirror_store.h"
#include "services/student_aid/row_file.h"

namespace ruraledu::student_aid {
namespace {

constexpr absl::Duration kTurnPause = absl::Milliseconds(500);
constexpr int kMostUnmatched = 200;  // lines of nobody that are kept
constexpr size_t kDigits = 32;       // hexadecimal: 128 bits of a digest

struct AidLine {
  int64_t number = 0;
  PaperDigests digests;
  std::string item, purpose;
  int64_t fen = 0;
  google::type::Date given_on;
};

class Reading {
 public:
  Reading(const DepartmentParts& parts, db::JobContext& context, v1::DepartmentAidListPlan plan)
      : parts_(parts), context_(context), plan_(std::move(plan)) {}

  absl::StatusOr<std::string> Run() {
    ASSIGN_OR_RETURN(sealer_, parts_.host.keys.SealerOf(shard()));
    RETURN_IF_ERROR(parts_.host.database.Read([&](db::Transaction& tx) { return Load(tx); }));
    if (list_.state() == v1::DEPARTMENT_AID_LIST_STATE_COUNTED && list_.job() == job_name()) {
      return list_.SerializeAsString();  // it was done, and its file is gone
    }
    if (!context_.job().cursor.empty() && !absl::SimpleAtoi(context_.job().cursor, &done_)) {
      return absl::DataLossError("the cursor of a list does not parse");
    }
    RETURN_IF_ERROR(ReadFile());
    RETURN_IF_ERROR(Open());
    while (list_.state() == v1::DEPARTMENT_AID_LIST_STATE_READING) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      RETURN_IF_ERROR(Page());
    }
    return list_.SerializeAsString();
  }

 private:
  const std::string& shard() const { return context_.job().shard; }
  std::string parent() const { return absl::StrCat("counties/", shard().substr(1)); }
  std::string job_name() const { return absl::StrCat(parent(), "/jobs/", context_.job().id); }
  std::string id() const { return std::string(feed::IdOfName(plan_.list())); }
  feed::RootWriter NewWriter(db::Transaction& tx) const {
    return {tx, *sealer_, {absl::StrCat("job:", context_.job().id), context_.job().id}, parts_.host.NewCounters()};
  }

  absl::Status Load(db::Transaction& tx) {
    ASSIGN_OR_RETURN(auto list, feed::Load<v1::DepartmentAidList>(tx, *sealer_, kDepartmentAidLists, shard(), id()));
    if (!list.has_value()) {
      return absl::DataLossError("a list of a department is not there");
    }
    list_ = *std::move(list);
    return absl::OkStatus();
  }

  absl::Status ReadFile() {
    const RowFileSource source{parts_.host, parts_.shelf, parts_.header, parts_.departments.lists()};
    ASSIGN_OR_RETURN(read_, ReadRows(source, shard(), plan_.file(), "department_aid_list",
                                     [&](int64_t line, const RowValue& value) { return Take(line, value); }));
    return absl::OkStatus();
  }
  RowFault Take(int64_t number, const RowValue& value) {
    AidLine line;
    line.number = number;
    line.given_on = list_.from();
    if (value("citizen_id").empty() && value("student_number").empty()) {
      return {"citizen_id", "VALUE_REQUIRED"};
    }
    if (absl::CivilDay day; ParseDay(value("given_on"), &day)) {
      if (day < *DayOf(list_.from()) || day > *DayOf(list_.until())) {
        return {"given_on", "DEPARTMENT_AID_DAY"};
      }
      line.given_on = DateOf(day);
    }
    line.digests = DigestsOfPaper(parts_.host.keys, value("citizen_id"), value("student_number"));
    line.item = value("item");
    line.purpose = value("purpose");
    line.fen = std::strtoll(value("amount").c_str(), nullptr, 10);
    lines_.push_back(std::move(line));
    return {};
  }

  // Begins to write rows, goes on with those of a job that was cut off, or keeps what is wrong.
  absl::Status Open() {
    bool wait = false;
    const absl::Status opened = context_.Chunk(
        [&](db::Transaction& tx) -> absl::Status {
          RETURN_IF_ERROR(Load(tx));
          ASSIGN_OR_RETURN(wait, OtherIsAlive(tx));
          if (wait) {
            return absl::OkStatus();
          }
          ASSIGN_OR_RETURN(const auto same, CountedLists(tx, shard(), "", read_.digest));
          if (!same.empty()) {
            return Fail("DEPARTMENT_LIST_TWICE",
                        {{"name", absl::StrCat(parent(), "/", kDepartmentAidLists.collection, "/", same.front())}});
          }
          v1::DepartmentAidList next = list_;
          RETURN_IF_ERROR(Begin(&next));
          feed::RootWriter writer = NewWriter(tx);
          RETURN_IF_ERROR(
              writer.Put(kDepartmentAidLists, &list_, next, read_.errors.empty() ? "READ" : "REFUSE").status());
          RETURN_IF_ERROR(writer.Finish().status());
          return Load(tx);
        },
        context_.job().cursor, list_.rows(), read_.count);
    RETURN_IF_ERROR(opened);
    return wait ? context_.Postpone(db::JobState::kQueued, kTurnPause) : absl::OkStatus();
  }
  // Whether another job writes rows of the list.
  absl::StatusOr<bool> OtherIsAlive(db::Transaction& tx) {
    if (list_.state() != v1::DEPARTMENT_AID_LIST_STATE_READING || list_.job() == job_name()) {
      return false;
    }
    return db::GoesOn(tx, shard(), feed::IdOfName(list_.job()));
  }
  // STATE_TRANSITION; also for another file than the one whose rows are written already.
  absl::Status Begin(v1::DepartmentAidList* next) const {
    const bool under_way = list_.state() == v1::DEPARTMENT_AID_LIST_STATE_READING;
    if (under_way && list_.digest() != read_.digest) {
      return Fail("STATE_TRANSITION",
                  {{"machine", kDepartmentAidListStates.name()}, {"from", "READING"}, {"event", "read another file"}});
    }
    RETURN_IF_ERROR(StepList(read_.errors.empty() ? "read" : "refuse", next));
    if (!under_way || list_.job() != job_name()) {  // from the beginning, whatever an earlier job of it came to
      next->clear_rows();
      next->clear_total_fen();
      next->clear_unmatched();
      next->clear_unmatched_lines();
    }
    next->set_file(plan_.file());
    next->set_file_time_us(read_.time_us);
    next->set_digest(read_.digest);
    next->set_job(job_name());
    next->set_imported_by(plan_.person());
    *next->mutable_imported_on() = DateOf(parts_.host.clock.Today());
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
          if (list_.state() != v1::DEPARTMENT_AID_LIST_STATE_READING) {
            return absl::OkStatus();  // taken back meanwhile
          }
          v1::DepartmentAidList next = list_;
          feed::RootWriter writer = NewWriter(tx);
          for (int64_t i = done_; i < end; ++i) {
            RETURN_IF_ERROR(WriteLine(tx, i + 1, lines_[static_cast<size_t>(i)], &next, &writer));
          }
          if (end == static_cast<int64_t>(lines_.size())) {
            RETURN_IF_ERROR(Count(tx, &next, &writer));
          }
          RETURN_IF_ERROR(writer.Put(kDepartmentAidLists, &list_, next, "READ").status());
          RETURN_IF_ERROR(writer.Finish().status());
          return Load(tx);
        },
        absl::StrCat(end), end, read_.count));
    done_ = end;
    return absl::OkStatus();
  }

  absl::Status WriteLine(db::Transaction& tx, int64_t row, const AidLine& line, v1::DepartmentAidList* list,
                         feed::RootWriter* writer) {
    ASSIGN_OR_RETURN(const std::string person, PersonOfPaper(tx, shard(), line.digests));
    ASSIGN_OR_RETURN(const auto place, FindPupil(tx, shard(), person));
    if (!place.has_value()) {
      list->set_unmatched(list->unmatched() + 1);
      if (list->unmatched_lines_size() < kMostUnmatched) {
        list->add_unmatched_lines(line.number);
      }
      return absl::OkStatus();
    }
    const std::string key = absl::StrCat(id(), ".", absl::StrFormat("%07d", row));
    ASSIGN_OR_RETURN(const auto before, feed::Load<v1::DepartmentAid>(tx, *sealer_, kDepartmentAids, shard(), key));
    v1::DepartmentAid aid;
    aid.set_name(absl::StrCat(parent(), "/", kDepartmentAids.collection, "/", key));
    aid.set_list(list->name());
    aid.set_row(row);
    aid.set_line(line.number);
    aid.set_area(place->area);
    aid.set_person(person);
    aid.set_item(line.item);
    aid.set_purpose(line.purpose);
    aid.set_amount_fen(line.fen);
    *aid.mutable_given_on() = line.given_on;
    list->set_rows(list->rows() + 1);
    list->set_total_fen(list->total_fen() + line.fen);
    return writer->Put(kDepartmentAids, before.has_value() ? &*before : nullptr, aid, "READ").status();
  }

  absl::Status Count(db::Transaction& tx, v1::DepartmentAidList* list, feed::RootWriter* writer) {
    RETURN_IF_ERROR(StepList("count", list));
    ASSIGN_OR_RETURN(const auto earlier, CountedLists(tx, shard(), list->slot(), ""));
    for (const std::string& other : earlier) {
      ASSIGN_OR_RETURN(const auto before,
                       feed::Load<v1::DepartmentAidList>(tx, *sealer_, kDepartmentAidLists, shard(), other));
      v1::DepartmentAidList after = *before;
      RETURN_IF_ERROR(StepList("replace", &after));
      after.set_replaced_by(list->name());
      RETURN_IF_ERROR(writer->Put(kDepartmentAidLists, &*before, after, "REPLACE").status());
    }
    return EraseContent(tx, *sealer_, plan_.file(), writer);
  }

  const DepartmentParts& parts_;
  db::JobContext& context_;
  const v1::DepartmentAidListPlan plan_;
  std::shared_ptr<const crypto::Sealer> sealer_;
  v1::DepartmentAidList list_;
  std::vector<AidLine> lines_;
  RowFile read_;
  int64_t done_ = 0;
};

}  // namespace

std::string SlotOf(const crypto::KeyRing& keys, const v1::DepartmentAidList& list) {
  return crypto::Hex(keys.Fingerprint(
                         {"department_aid_slot", list.department(), DayTextOf(list.from()), DayTextOf(list.until())}))
      .substr(0, kDigits);
}

absl::StatusOr<std::string> RunDepartmentAidList(const DepartmentParts& parts, db::JobContext& context) {
  v1::DepartmentAidListPlan plan;
  if (!plan.ParseFromString(context.job().input)) {
    return absl::InternalError("department_aid_list: input does not parse");
  }
  return Reading(parts, context, std::move(plan)).Run();
}

}  // namespace ruraledu::student_aid
