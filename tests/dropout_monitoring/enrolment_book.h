// Kindergarten children, leavers and runs for the tests of the enrolment drive and of leavers.
#pragma once

#include "tests/dropout_monitoring/case_fixture.h"
#include "tests/dropout_monitoring/population_book.h"

namespace ruraledu::dropout_monitoring {

// A pupil in one span of a stage and grade.
inline registry_v1::Student PupilIn(const std::string& id, int born, const std::string& stage, const std::string& grade,
                                    int from, const std::string& school = "s1") {
  registry_v1::Student student = Student(id, "k1", school);
  student.set_display_name("赵" + id);
  *student.mutable_birth_date() = Date(born);
  student.set_id_number(IdOf(born, static_cast<unsigned char>(id.back())));
  student.set_village("411728103001");
  registry_v1::Enrolment* span = student.mutable_enrolments(0);
  span->set_stage(stage);
  span->set_grade(grade);
  *span->mutable_valid_from() = Date(from);
  return student;
}
// The pupil's newest span, in front of the others; the one before ends.
inline void Enter(registry_v1::Student& student, const std::string& stage, const std::string& grade, int from,
                  const std::string& school) {
  *student.mutable_enrolments(0)->mutable_valid_to() = Date(from);
  registry_v1::Enrolment span;
  span.set_school(absl::StrCat(kCounty, "/schools/", school));
  span.set_stage(stage);
  span.set_grade(grade);
  *span.mutable_valid_from() = Date(from);
  const std::vector<registry_v1::Enrolment> before(student.enrolments().begin(), student.enrolments().end());
  student.clear_enrolments();
  *student.add_enrolments() = span;
  for (const auto& one : before) *student.add_enrolments() = one;
  student.set_area(absl::StrCat("411728103/", school));
}

// One turn of a job that was started; its result.
template <typename Result>
absl::StatusOr<Result> Turned(Monitoring& monitoring, const absl::StatusOr<ruraledu::jobs::v1::Job>& job) {
  RETURN_IF_ERROR(job.status());
  const std::string id(feed::IdOfName(job->name()));
  RETURN_IF_ERROR(monitoring.Turn(kShard, id));
  ASSIGN_OR_RETURN(const auto row,
                   monitoring.place.database->Read([&](db::Transaction& tx) { return db::FindJob(tx, kShard, id); }));
  Result result;
  EXPECT_TRUE(result.ParseFromString(row->result));
  return result;
}

// Jobs of a kind that wait, each turned; how many.
inline int TurnWaiting(Monitoring& monitoring, std::string_view kind) {
  const auto waiting = monitoring.place.database->Read([&](db::Transaction& tx) {
    return tx.Query("SELECT id FROM job WHERE kind = $1 AND state = 'QUEUED' ORDER BY id", kind);
  });
  for (const db::Row& row : *waiting) {
    const absl::Status turned = monitoring.Turn(kShard, row.Text(0));
    EXPECT_TRUE(turned.ok()) << turned;
  }
  return static_cast<int>(waiting->size());
}

// A person of the county with a role of the shipped table.
inline rpc::Caller OfRole(const std::string& role, const std::string& person = "officer",
                          const std::string& area = "411728") {
  auto access = std::make_shared<rpc::AccountAccess>();
  access->account = "accounts/411728-" + person;
  access->person = person;
  rpc::GrantRow grant{.name = "grant", .role = role, .area = area, .from = absl::CivilDay(2000, 1, 1)};
  grant.purposes = {"DROPOUT_CASE"};
  access->grants = {grant};
  return {.subject = person, .issuer = "test", .access = std::move(access)};
}

}  // namespace ruraledu::dropout_monitoring
