// The SQL of dropout_monitoring, beside what common/feed/root.h does for every root.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "common/feed/copy.h"
#include "ruraledu/dropout_monitoring/v1/absence.pb.h"
#include "ruraledu/dropout_monitoring/v1/attendance.pb.h"
#include "ruraledu/dropout_monitoring/v1/case.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/region.pb.h"
#include "ruraledu/registry/v1/school.pb.h"
#include "services/dropout_monitoring/tables.h"

namespace ruraledu::dropout_monitoring {

namespace registry_v1 = ruraledu::registry::v1;

// --- Copies of the registry's roots, written by the follower: copy_store.cc -----------------------------------------
using feed::Seen;
// Cut the root to what this service needs: no cards, no papers. The caller has replaced ID numbers by keyed digests.
// `number_digests`: those of the student's numbers, of the identity number, of name and birth date (follower.h).
absl::Status PutPupil(db::Transaction& tx, const crypto::Sealer& sealer, const registry_v1::Student& student,
                      const std::vector<std::string>& number_digests, const Seen& seen);
absl::Status PutSchool(db::Transaction& tx, const registry_v1::School& school, const Seen& seen);
absl::Status PutClass(db::Transaction& tx, const registry_v1::SchoolClass& school_class, const Seen& seen);
// Members who may be children in no register.
struct HouseholdChild {
  std::string child_key, digest, birth_date;
};
absl::Status PutHousehold(db::Transaction& tx, const crypto::Sealer& sealer, const registry_v1::Household& household,
                          const std::vector<HouseholdChild>& children, const Seen& seen);
absl::Status PutCalendar(db::Transaction& tx, const registry_v1::Calendar& calendar, const Seen& seen);
using feed::AllSchools;
using feed::BatchOpen;
using feed::BatchOpenWithin;
using feed::CopyPositions;
using feed::CountiesWithin;
using feed::FindSchool;
using feed::IdDigest;
using feed::NumberDigest;
using feed::WhoStays;

struct PupilPlace {
  std::string area, display_name, status, status_from, merged_into;
  int64_t version = 0;  // of the registry
};
absl::StatusOr<std::optional<PupilPlace>> FindPupil(db::Transaction& tx, std::string_view shard,
                                                    std::string_view person);
// The whole copy of a pupil, classified fields opened; nullopt when there is none.
absl::StatusOr<std::optional<registry_v1::Student>> LoadPupil(db::Transaction& tx, const crypto::Sealer& sealer,
                                                              std::string_view shard, std::string_view person);
// Persons with the number, by its digest.
absl::StatusOr<std::vector<std::string>> PersonsByNumber(db::Transaction& tx, std::string_view shard,
                                                         std::string_view digest);
absl::StatusOr<std::optional<registry_v1::SchoolClass>> FindClass(db::Transaction& tx, std::string_view shard,
                                                                  std::string_view id);
// The area of a pupil of the county, to whom files may belong; nullopt when there is none. FILE_OWNER.
absl::StatusOr<std::optional<std::string>> AreaOfFileOwner(db::Transaction& tx, std::string_view owner);

// --- Attendance: attendance_store.cc --------------------------------------------------------------------------------
// The calendar of a school for the teaching year of a day, else that of the county; nullopt: neither.
absl::StatusOr<std::optional<v1::SchoolCalendar>> CalendarOf(db::Transaction& tx, std::string_view shard,
                                                             std::string_view school, std::string_view school_year);
// Who belongs to a class on a day by the copy, in order of person; merged and erased records are left out.
struct Member {
  std::string person, status, status_from;
};
absl::StatusOr<std::vector<Member>> MembersOf(db::Transaction& tx, std::string_view shard, std::string_view in_class,
                                              absl::CivilDay day);
// The persons of a roster; empty for the id "".
absl::StatusOr<std::vector<std::string>> PersonsOf(db::Transaction& tx, std::string_view shard,
                                                   std::string_view roster);
// Classes of a school year behind (area, id), in that order.
struct ClassRow {
  std::string id, area, school, display_name;
};
absl::StatusOr<std::vector<ClassRow>> PageOfClasses(db::Transaction& tx, std::string_view shard,
                                                    std::string_view school_year, std::string_view after_area,
                                                    std::string_view after_id, int64_t limit);
// What an evaluation reads of the pupils who belong to a school on a day, in order of person and span.
struct SpanRow {
  std::string person, area, status, status_from;
  std::string school, in_class, stage, grade, valid_from, valid_to;
};
absl::StatusOr<std::vector<SpanRow>> SpansOfSchool(db::Transaction& tx, std::string_view shard, std::string_view school,
                                                   absl::CivilDay day);
// The state of those pupils, as far as they have one, without sealed fields; by person.
absl::StatusOr<std::map<std::string, v1::Absence>> AbsencesOfSchool(db::Transaction& tx, std::string_view shard,
                                                                    std::string_view school, absl::CivilDay day);
// The open cases of those pupils, without sealed fields; by person.
absl::StatusOr<std::map<std::string, v1::Case>> OpenCasesOfSchool(db::Transaction& tx, std::string_view shard,
                                                                  std::string_view school, absl::CivilDay day);
// Days of a child's open absence on which a list of meals has it; 0 without a state.
absl::StatusOr<int> ContradictedDays(db::Transaction& tx, std::string_view shard, std::string_view person);
// Sheets of a class, lists of meals among them, ends included; without reasons of leave.
absl::StatusOr<std::vector<v1::Sheet>> SheetsOf(db::Transaction& tx, std::string_view shard, std::string_view in_class,
                                                absl::CivilDay from, absl::CivilDay until);
// The school behind the id `after`; nullopt: none.
absl::StatusOr<std::optional<std::string>> NextSchool(db::Transaction& tx, std::string_view shard,
                                                      std::string_view after);

// Counties that have a school calendar.
absl::StatusOr<std::vector<std::string>> ShardsWithCalendar(db::Transaction& tx);

// Sessions of a day for which a class was marked as a whole, by their names.
absl::StatusOr<std::vector<std::string>> WholeSessions(db::Transaction& tx, std::string_view shard,
                                                       std::string_view in_class, absl::CivilDay day);

}  // namespace ruraledu::dropout_monitoring
