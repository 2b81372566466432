#include "tests/bench/attendance_world.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/dropout_monitoring/store.h"
#include "tests/bench/bench.h"
#include "tests/dropout_monitoring/attendance_fixture.h"

namespace ruraledu::bench {
namespace {

namespace registry_v1 = ruraledu::registry::v1;
namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr int64_t kCountyPupils = 100'000;
constexpr int64_t kClassPupils = 40;
constexpr int64_t kSchoolClasses = 25;
constexpr int64_t kPerWrite = 2'000;
constexpr int64_t kSheetsPerCall = 200;
constexpr absl::CivilDay kFirstDay(2023, 9, 4);
constexpr absl::CivilDay kLastDay(2024, 1, 19);

std::string IdOf(int64_t pupil) {
  return absl::StrFormat("0190c0de-%04x-7000-8000-%012x", (pupil * 40'503) & 0xffff, pupil);
}
std::string ClassOf(int64_t pupil) {
  return absl::StrCat("k", pupil / kClassPupils);
}
std::string SchoolOf(int64_t pupil) {
  return absl::StrCat("s", pupil / kClassPupils / kSchoolClasses);
}
std::string AreaOf(const std::string& county, int64_t pupil) {
  return absl::StrCat(county, 100 + pupil / kClassPupils / kSchoolClasses % 20, "/", SchoolOf(pupil), "/",
                      ClassOf(pupil));
}

// The same for the same arguments, spread over 0..999.
int64_t Draw(int64_t a, int64_t b) {
  uint64_t mixed = static_cast<uint64_t>(a) * 0x9e3779b97f4a7c15ULL + static_cast<uint64_t>(b) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 30)) * 0x94d049bb133111ebULL;
  return static_cast<int64_t>((mixed ^ (mixed >> 31)) % 1000);
}

absl::Time NoonOf(absl::CivilDay day) {
  return absl::FromCivil(absl::CivilHour(day.year(), day.month(), day.day(), 12), absl::FixedTimeZone(8 * 60 * 60));
}

registry_v1::School MakeSchool(const std::string& county, int64_t pupil) {
  registry_v1::School school = dropout_monitoring::School(SchoolOf(pupil));
  const std::string area = AreaOf(county, pupil);
  school.set_name(absl::StrCat("counties/", county, "/schools/", SchoolOf(pupil)));
  school.set_area(area.substr(0, area.rfind('/')));
  return school;
}
registry_v1::SchoolClass MakeClass(const std::string& county, int64_t pupil) {
  registry_v1::SchoolClass made = dropout_monitoring::Class(ClassOf(pupil), SchoolOf(pupil));
  made.set_name(absl::StrCat("counties/", county, "/classes/", ClassOf(pupil)));
  made.set_school(absl::StrCat("counties/", county, "/schools/", SchoolOf(pupil)));
  made.set_area(AreaOf(county, pupil));
  return made;
}
registry_v1::Student MakePupil(const std::string& county, int64_t pupil) {
  registry_v1::Student student = dropout_monitoring::Student(IdOf(pupil), ClassOf(pupil), SchoolOf(pupil));
  student.set_name(absl::StrCat("counties/", county, "/students/", IdOf(pupil)));
  student.set_id_number(absl::StrCat("digest-", pupil));
  auto* span = student.mutable_enrolments(0);
  span->set_school(absl::StrCat("counties/", county, "/schools/", SchoolOf(pupil)));
  span->set_class_name(absl::StrCat("counties/", county, "/classes/", ClassOf(pupil)));
  student.set_area(AreaOf(county, pupil));
  return student;
}

}  // namespace

class AttendanceWorld::Service {
 public:
  explicit Service(const Clock& clock) : registry(folder), monitoring(folder, registry) { monitoring.UseClock(clock); }

  testlib::TempFolder folder;
  testlib::Registry registry;
  dropout_monitoring::Monitoring monitoring;
};

AttendanceWorld::AttendanceWorld(int64_t pupils, int days)
    : pupils_(pupils), clock_(NoonOf(kFirstDay)), service_(std::make_unique<Service>(clock_)) {
  static constexpr const char* kCounties[] = {"411728", "411721", "411722", "411723", "411724",
                                              "411725", "411726", "411727", "411702", "411729"};
  service_->registry.Put(dropout_monitoring::WorkingDays(2023));
  service_->registry.Put(dropout_monitoring::WorkingDays(2024));
  Must(service_->monitoring.CatchUp());
  WorkCalendar work = Must(service_->monitoring.place.database->Read(feed::ReadWorkCalendar));
  for (absl::CivilDay day = kFirstDay; static_cast<int>(days_.size()) < days && day <= kLastDay; ++day) {
    if (Must(work.IsWorkday(day))) {
      days_.push_back(day);
    }
  }
  for (const char* county : kCounties) {
    const int64_t from = static_cast<int64_t>(counties_.size()) * kCountyPupils;
    if (from < pupils) {
      counties_.push_back({county, from, std::min(pupils, from + kCountyPupils)});
      Fill(county, from, counties_.back().until);
    }
  }
}

AttendanceWorld::~AttendanceWorld() = default;

AttendanceWorld::Marked AttendanceWorld::MarkOf(int64_t pupil, int day) const {
  const auto back = static_cast<int64_t>(days_.size()) - 1 - day;
  if (Draw(pupil / kClassPupils, 1'000 + day) < 10) {
    return Marked::kNothing;  // nobody marked the class
  }
  if (pupil % 100 == 7) {  // away on the last days, as long as the next digits say
    return back < pupil / 100 % 6 ? Marked::kAbsent : Marked::kPresent;
  }
  const int64_t drawn = Draw(pupil, day);
  return drawn < 8 ? Marked::kAbsent : drawn < 20 ? Marked::kLeave : Marked::kPresent;
}

void AttendanceWorld::Fill(const std::string& county, int64_t from, int64_t until) {
  const std::string shard = absl::StrCat("c", county);
  auto& monitoring = service_->monitoring;
  const auto sealer = Must(monitoring.place.keys->SealerOf(shard));
  for (int64_t first = from; first < until; first += kPerWrite) {
    Must(monitoring.place.database->Write(shard, [&](db::Transaction& tx) -> absl::Status {
      for (int64_t pupil = first; pupil < std::min(until, first + kPerWrite); ++pupil) {
        if (pupil % (kClassPupils * kSchoolClasses) == 0) {
          RETURN_IF_ERROR(dropout_monitoring::PutSchool(tx, MakeSchool(county, pupil), {.version = 1}));
        }
        if (pupil % kClassPupils == 0) {
          RETURN_IF_ERROR(dropout_monitoring::PutClass(tx, MakeClass(county, pupil), {.version = 1}));
        }
        RETURN_IF_ERROR(dropout_monitoring::PutPupil(tx, *sealer, MakePupil(county, pupil), {}, {.version = 1}));
      }
      return absl::OkStatus();
    }));
  }
  v1::PutSchoolCalendarRequest request;
  request.set_parent(absl::StrCat("counties/", county));
  request.set_school_year("2023-2024");
  request.set_request_id(NewId());
  auto* span = request.mutable_calendar()->add_spans();
  *span->mutable_first_day() = DateOf(kFirstDay);
  *span->mutable_last_day() = DateOf(kLastDay);
  Must(
      monitoring.Call("PutSchoolCalendar", request, &dropout_monitoring::Handlers::PutSchoolCalendar, county).status());
}

double AttendanceWorld::EachCounty(const std::function<void(size_t)>& work) {
  return Time([&] {
    std::atomic<size_t> next = 0;
    const auto some = [&] {
      for (size_t i = next++; i < counties_.size(); i = next++) {
        work(i);
      }
    };
    std::thread other(some);
    some();
    other.join();
  });
}

double AttendanceWorld::TakeIn(int day) {
  clock_.Set(NoonOf(days_[static_cast<size_t>(day)]));
  sheets_ = 0;
  for (int64_t pupil = 0; pupil < pupils_; pupil += kClassPupils) {
    sheets_ += MarkOf(pupil, day) == Marked::kNothing ? 0 : 1;
  }
  return EachCounty([&](size_t i) { TakeInCounty(counties_[i].code, counties_[i].from, counties_[i].until, day); });
}

void AttendanceWorld::TakeInCounty(const std::string& county, int64_t from, int64_t until, int day) {
  v1::BatchRecordAttendanceRequest request;
  const auto send = [&] {
    request.set_parent(absl::StrCat("counties/", county));
    request.set_request_id(NewId());
    const auto response = Must(service_->monitoring.Call("BatchRecordAttendance", request,
                                                         &dropout_monitoring::Handlers::BatchRecordAttendance, county));
    for (const auto& result : response.results()) {
      if (result.outcome() != v1::ATTENDANCE_OUTCOME_RECORDED) {
        Must(absl::InternalError(absl::StrCat("a sheet was not recorded: ", result.ShortDebugString())));
      }
    }
    request.Clear();
  };
  for (int64_t first = from; first < until; first += kClassPupils) {
    if (MarkOf(first, day) == Marked::kNothing) {
      continue;
    }
    v1::AttendanceSheet* sheet = request.add_sheets();
    sheet->set_class_name(absl::StrCat("counties/", county, "/classes/", ClassOf(first)));
    *sheet->mutable_day() = DateOf(days_[static_cast<size_t>(day)]);
    sheet->set_session(v1::SESSION_DAY);
    sheet->set_taken_at_us(clock_.NowMicros());
    sheet->set_whole_class(true);
    for (int64_t pupil = first; pupil < std::min(until, first + kClassPupils); ++pupil) {
      const Marked mark = MarkOf(pupil, day);
      if (mark != Marked::kPresent) {
        auto* added = sheet->add_marks();
        added->set_student(IdOf(pupil));
        added->set_mark(mark == Marked::kLeave ? v1::MARK_LEAVE : v1::MARK_ABSENT);
        added->set_leave_reason(mark == Marked::kLeave ? "SICK" : "");
      }
    }
    if (request.sheets_size() == kSheetsPerCall) {
      send();
    }
  }
  if (request.sheets_size() > 0) {
    send();
  }
}

double AttendanceWorld::Evaluate(int day) {
  std::vector<v1::EvaluationResult> results(counties_.size());
  const double seconds = EachCounty([&](size_t i) { results[i] = EvaluateCounty(counties_[i].code, day); });
  result_.Clear();
  for (const v1::EvaluationResult& one : results) {
    result_.set_pupils(result_.pupils() + one.pupils());
    result_.set_warned(result_.warned() + one.warned());
    result_.set_to_visit(result_.to_visit() + one.to_visit());
    result_.set_suspected(result_.suspected() + one.suspected());
    result_.set_no_record(result_.no_record() + one.no_record());
  }
  return seconds;
}

v1::EvaluationResult AttendanceWorld::EvaluateCounty(const std::string& county, int day) {
  v1::StartEvaluationRequest request;
  request.set_parent(absl::StrCat("counties/", county));
  *request.mutable_on() = DateOf(days_[static_cast<size_t>(day)]);
  request.set_request_id(NewId());
  auto& monitoring = service_->monitoring;
  const auto job =
      Must(monitoring.Call("StartEvaluation", request, &dropout_monitoring::Handlers::StartEvaluation, county));
  const std::string shard = absl::StrCat("c", county);
  const std::string id(feed::IdOfName(job.name()));
  Must(monitoring.Turn(shard, id));
  const auto row =
      Must(monitoring.place.database->Read([&](db::Transaction& tx) { return db::FindJob(tx, shard, id); }));
  v1::EvaluationResult result;
  if (!row.has_value() || !result.ParseFromString(row->result)) {
    Must(absl::InternalError("an evaluation without result"));
  }
  return result;
}

void AttendanceWorld::WriteRows(int day, const std::string& file) const {
  std::ofstream rows(file, std::ios::app);
  for (int64_t pupil = 0; pupil < pupils_; ++pupil) {
    const Marked mark = MarkOf(pupil, day);
    if (mark != Marked::kNothing) {
      rows << pupil << ',' << day << ',' << static_cast<int>(mark) << '\n';
    }
  }
}

}  // namespace ruraledu::bench
