#include "services/dropout_monitoring/attendance_record.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/crypto/hash.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/calendar_rules.h"
#include "services/dropout_monitoring/follower.h"
#include "services/dropout_monitoring/roster_rules.h"
#include "services/dropout_monitoring/sheet_rules.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kByNumber = "studentNumbers/";
constexpr absl::Duration kClockSlack = absl::Minutes(10);  // between the clock of a teacher and this one

using SheetList = google::protobuf::RepeatedPtrField<v1::AttendanceSheet>;

char LetterOf(v1::Session session) {
  return session == v1::SESSION_DAY       ? 'D'
         : session == v1::SESSION_MORNING ? 'M'
         : session == v1::SESSION_MEAL    ? 'F'
                                          : 'A';
}

// A sheet of the request on its way.
struct Row {
  const v1::AttendanceSheet* sheet = nullptr;
  std::string class_id, area, school;
  absl::CivilDay day;
  Sessions sessions = 0;
  bool changed = false;
  std::vector<std::pair<int, std::string>> problems;  // mark, reason

  void Refuse(std::string_view reason, int mark = -1) { problems.emplace_back(mark, std::string(reason)); }
};

// "R", "U" or "X" with problems "mark=REASON" joined by commas: what is remembered of a row.
std::string TextOf(const Row& row) {
  if (row.problems.empty()) {
    return row.changed ? "R" : "U";
  }
  return absl::StrCat("X", absl::StrJoin(row.problems, ",", absl::PairFormatter("=")));
}

v1::AttendanceResult ResultOf(std::string_view text) {
  v1::AttendanceResult result;
  result.set_outcome(text[0] == 'R'   ? v1::ATTENDANCE_OUTCOME_RECORDED
                     : text[0] == 'U' ? v1::ATTENDANCE_OUTCOME_UNCHANGED
                                      : v1::ATTENDANCE_OUTCOME_REFUSED);
  const std::string problems(text.substr(1));
  for (const std::string& problem : std::vector<std::string>(absl::StrSplit(problems, ',', absl::SkipEmpty()))) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(problem, absl::MaxSplits('=', 1));
    int mark = -1;
    v1::AttendanceProblem* added = result.add_problems();
    added->set_mark(absl::SimpleAtoi(parts.first, &mark) ? mark : -1);
    added->set_reason(parts.second);
  }
  return result;
}

// Finds the classes and settles the caller's area for each.
absl::StatusOr<std::vector<Row>> Resolve(rpc::Call& call, db::Transaction& tx, std::string_view shard,
                                         const SheetList& sheets) {
  std::vector<Row> rows;
  for (const v1::AttendanceSheet& sheet : sheets) {
    Row& row = rows.emplace_back();
    row.sheet = &sheet;
    row.class_id = std::string(feed::IdOfName(sheet.class_name()));
    row.day = *DayOf(sheet.day());
    ASSIGN_OR_RETURN(const auto found, FindClass(tx, shard, row.class_id));
    if (!found.has_value()) {
      const absl::Status missing = call.CheckMissing(row.class_id);
      if (!absl::IsNotFound(missing)) {
        return missing;
      }
      row.Refuse("CLASS_UNKNOWN");
      continue;
    }
    RETURN_IF_ERROR(call.CheckArea(found->area()));
    row.area = found->area();
    row.school = std::string(feed::IdOfName(found->school()));
  }
  return rows;
}

// Decides and stores the sheets of one request, within the county's write.
class Recorder {
 public:
  Recorder(db::Transaction& tx, const crypto::Sealer& sealer, feed::RootWriter& writer, const crypto::KeyRing& keys,
           const Standards& standards, const WorkCalendar& work, const Clock& clock, std::string parent,
           Witness witness)
      : tx_(tx),
        sealer_(sealer),
        writer_(writer),
        keys_(keys),
        standards_(standards),
        work_(work),
        now_us_(clock.NowMicros()),
        today_(clock.Today()),
        parent_(std::move(parent)),
        witness_(witness) {}

  // Which sessions the sheet is about; refuses it otherwise.
  absl::Status CheckDay(Row* row) {
    if (row->day > today_ || row->sheet->taken_at_us() > now_us_ + absl::ToInt64Microseconds(kClockSlack)) {
      row->Refuse("DATE_AHEAD");
      return absl::OkStatus();
    }
    if (ShanghaiDay(absl::FromUnixMicros(row->sheet->taken_at_us())) < row->day) {
      row->Refuse("MARKED_BEFORE_DAY");
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const auto calendar, CalendarOf(tx_, tx_.shard(), row->school, TeachingYearOf(row->day).text()));
    if (!calendar.has_value()) {
      row->Refuse("SCHOOL_CALENDAR_MISSING");
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const Sessions held, TeachingDays(work_, *calendar).On(row->day));
    if (held == 0) {
      row->Refuse("NOT_A_SCHOOL_DAY");
      return absl::OkStatus();
    }
    row->sessions = SessionsOf(*row, held);
    if (row->sessions == 0) {
      row->Refuse("SESSION_NOT_TAKEN");
    }
    return absl::OkStatus();
  }

  absl::Status Record(Row* row) {
    ASSIGN_OR_RETURN(const std::vector<Member> members, MembersOf(tx_, tx_.shard(), row->class_id, row->day));
    ASSIGN_OR_RETURN(SheetTaken taken, Understand(members, row));
    if (!row->problems.empty()) {
      return absl::OkStatus();
    }
    if (row->sheet->whole_class()) {
      RETURN_IF_ERROR(TakeWhole(members, *row, &taken));
    }
    for (const v1::Session session : ListOf(row->sessions)) {
      RETURN_IF_ERROR(Store(taken, session, row));
    }
    return absl::OkStatus();
  }

  // Rosters and sheets as they are now.
  absl::Status Put() {
    for (const auto& [id, roster] : rosters_) {
      ASSIGN_OR_RETURN(const auto before, feed::Load<v1::Roster>(tx_, sealer_, kRosters, tx_.shard(), id));
      RETURN_IF_ERROR(writer_.Put(kRosters, before.has_value() ? &*before : nullptr, roster, "MARK").status());
    }
    for (const auto& [id, sheet] : sheets_) {
      if (sheet.changed) {
        RETURN_IF_ERROR(
            writer_.Put(kSheets, sheet.before.has_value() ? &*sheet.before : nullptr, sheet.after, "MARK").status());
      }
    }
    return absl::OkStatus();
  }

 private:
  // What a sheet is about on a day of school. A meal is taken whatever is taught.
  Sessions SessionsOf(const Row& row, Sessions held) const {
    if (witness_ == Witness::kCanteen) {
      return BitOf(v1::SESSION_MEAL);
    }
    return row.sheet->session() == v1::SESSION_DAY ? held : static_cast<Sessions>(held & BitOf(row.sheet->session()));
  }

  struct OpenSheet {
    std::optional<v1::Sheet> before;
    v1::Sheet after;
    bool changed = false;
  };

  // The marks by registry person id.
  absl::StatusOr<SheetTaken> Understand(const std::vector<Member>& members, Row* row) {
    SheetTaken taken{.taken_at_us = row->sheet->taken_at_us(), .roster = "", .persons = {}, .marks = {}};
    for (int i = 0; i < row->sheet->marks_size(); ++i) {
      const v1::AttendanceMark& mark = row->sheet->marks(i);
      ASSIGN_OR_RETURN(const std::string person, PersonOf(mark.student()));
      const auto member =
          std::find_if(members.begin(), members.end(), [&](const Member& one) { return one.person == person; });
      if (member == members.end()) {
        ASSIGN_OR_RETURN(const auto known, FindPupil(tx_, tx_.shard(), person));
        row->Refuse(known.has_value() ? "NOT_IN_CLASS" : "PERSON_UNKNOWN", i);
      } else if (MarkingOf(standards_.statuses, member->status, member->status_from, row->day) == Marking::kNone) {
        row->Refuse("PUPIL_SUSPENDED", i);
      } else if (mark.mark() == v1::MARK_LEAVE && mark.leave_reason().empty()) {
        row->Refuse("VALUE_REQUIRED", i);  // a leave that nobody gives a reason for ends no run (DR-28: approved leave)
      } else if (!mark.leave_reason().empty() &&
                 standards_.leave_reasons.Find(mark.leave_reason(), row->day) == nullptr) {
        row->Refuse("CODE_UNKNOWN", i);
      }
      const bool leave = mark.mark() == v1::MARK_LEAVE;
      taken.marks[person] = {mark.mark(), taken.taken_at_us, leave ? mark.leave_reason() : ""};
    }
    return taken;
  }

  // The person who is meant; "" for a number that nobody has, or more than one.
  absl::StatusOr<std::string> PersonOf(const std::string& student) {
    if (!student.starts_with(kByNumber)) {
      return WhoStays(tx_, tx_.shard(), std::string(feed::IdOfName(student)));
    }
    ASSIGN_OR_RETURN(const auto persons,
                     PersonsByNumber(tx_, tx_.shard(), NumberDigest(keys_, student.substr(kByNumber.size()))));
    std::set<std::string> staying;
    for (const std::string& person : persons) {
      ASSIGN_OR_RETURN(const std::string stays, WhoStays(tx_, tx_.shard(), person));
      staying.insert(stays);
    }
    return staying.size() == 1 ? *staying.begin() : std::string();
  }

  // Everybody who is expected stands on a roster that is named by its content.
  absl::Status TakeWhole(const std::vector<Member>& members, const Row& row, SheetTaken* taken) {
    for (const Member& member : members) {
      if (MarkingOf(standards_.statuses, member.status, member.status_from, row.day) == Marking::kRoster) {
        taken->persons.push_back(member.person);
      }
    }
    taken->roster = absl::StrCat(
        row.class_id, ".", absl::BytesToHexString(crypto::Sha256({absl::StrJoin(taken->persons, "\n")}).substr(0, 8)));
    v1::Roster& roster = rosters_[taken->roster];
    roster.set_name(absl::StrCat(parent_, "/rosters/", taken->roster));
    roster.set_area(row.area);
    roster.set_class_name(row.sheet->class_name());
    roster.mutable_persons()->Assign(taken->persons.begin(), taken->persons.end());
    return absl::OkStatus();
  }

  absl::Status Store(const SheetTaken& taken, v1::Session session, Row* row) {
    const std::string id = absl::StrCat(row->class_id, ".", DayText(row->day), ".", std::string(1, LetterOf(session)));
    const auto [open, fresh] = sheets_.try_emplace(id);
    OpenSheet& sheet = open->second;
    if (fresh) {
      ASSIGN_OR_RETURN(sheet.before, feed::Load<v1::Sheet>(tx_, sealer_, kSheets, tx_.shard(), id));
      sheet.after = sheet.before.value_or(v1::Sheet());
      sheet.after.set_name(absl::StrCat(parent_, "/sheets/", id));
      sheet.after.set_area(row->area);
      sheet.after.set_class_name(row->sheet->class_name());
      *sheet.after.mutable_day() = row->sheet->day();
      sheet.after.set_session(session);
    }
    ASSIGN_OR_RETURN(const std::vector<std::string> persons, Persons(sheet.after.roster()));
    const std::string was = sheet.after.SerializeAsString();
    TakeSheet(taken, persons, &sheet.after);
    const bool changed = was != sheet.after.SerializeAsString();
    row->changed |= changed;
    sheet.changed |= changed;
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> Persons(const std::string& roster) {
    if (const auto found = rosters_.find(roster); found != rosters_.end()) {
      return std::vector<std::string>(found->second.persons().begin(), found->second.persons().end());
    }
    return PersonsOf(tx_, tx_.shard(), roster);
  }

  db::Transaction& tx_;
  const crypto::Sealer& sealer_;
  feed::RootWriter& writer_;
  const crypto::KeyRing& keys_;
  const Standards& standards_;
  const WorkCalendar& work_;
  const int64_t now_us_;
  const absl::CivilDay today_;
  const std::string parent_;
  const Witness witness_;
  std::map<std::string, v1::Roster> rosters_;
  std::map<std::string, OpenSheet> sheets_;
};

// Two sheets that contradict each other are both refused: nobody knows which one is true.
void RefuseContradictions(std::vector<Row>* rows) {
  std::vector<const v1::AttendanceSheet*> sheets;
  std::vector<Sessions> sessions;
  for (const Row& row : *rows) {
    sheets.push_back(row.sheet);
    sessions.push_back(row.problems.empty() ? row.sessions : Sessions{0});
  }
  const std::vector<bool> contradict = Contradictions(sheets, sessions);
  for (size_t i = 0; i < rows->size(); ++i) {
    if (contradict[i]) {
      (*rows)[i].Refuse("MARKS_CONTRADICT");
    }
  }
}

}  // namespace

absl::StatusOr<v1::BatchRecordAttendanceResponse> RecordSheets(rpc::Call& call, const rpc::Host& host,
                                                               const Standards& standards, const std::string& parent,
                                                               const SheetList& sheets, Witness witness) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(parent));
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const WorkCalendar work, host.database.Read(feed::ReadWorkCalendar));
  ASSIGN_OR_RETURN(const std::vector<Row> resolved,
                   host.database.Read([&](db::Transaction& tx) { return Resolve(call, tx, shard, sheets); }));
  return rpc::Write(
      call, host.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host.NewCounters());
        Recorder recorder(tx, *sealer, writer, host.keys, standards, work, call.clock(), parent, witness);
        std::vector<Row> rows = resolved;
        for (Row& row : rows) {
          if (row.problems.empty()) {
            RETURN_IF_ERROR(recorder.CheckDay(&row));
          }
        }
        RefuseContradictions(&rows);
        for (Row& row : rows) {
          if (row.problems.empty()) {
            RETURN_IF_ERROR(recorder.Record(&row));
          }
        }
        RETURN_IF_ERROR(recorder.Put());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{
            absl::StrJoin(rows, "\n", [](std::string* out, const Row& row) { absl::StrAppend(out, TextOf(row)); }),
            version};
      },
      [](db::Transaction&, const std::string& texts) -> absl::StatusOr<v1::BatchRecordAttendanceResponse> {
        v1::BatchRecordAttendanceResponse response;
        for (const std::string& text : std::vector<std::string>(absl::StrSplit(texts, '\n'))) {
          *response.add_results() = ResultOf(text);
        }
        return response;
      });
}

}  // namespace ruraledu::dropout_monitoring
