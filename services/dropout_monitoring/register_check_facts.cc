#include "services/dropout_monitoring/register_check_facts.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/absence_approval_rules.h"
#include "services/dropout_monitoring/population_facts.h"
#include "services/dropout_monitoring/register_check_store.h"
#include "services/dropout_monitoring/report_rules.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {
namespace {

class School {
 public:
  School(db::Transaction& tx, const RegisterFacts& facts, const crypto::Sealer& sealer, std::string shard,
         std::string parent, const v1::RegisterCheck& check)
      : tx_(tx),
        facts_(facts),
        sealer_(sealer),
        shard_(std::move(shard)),
        parent_(std::move(parent)),
        check_(check),
        id_(feed::IdOfName(check.school())) {}

  absl::Status Read(const PopulationFacts& population) {
    ASSIGN_OR_RETURN(rows_, RegisterOf(tx_, sealer_, shard_, id_, facts_.today));
    for (const RegisterRow& row : rows_) {
      if (OffTheRegister(facts_.standards.statuses, row.pupil.student.status())) {
        continue;  // a span that nobody closed; seen in class it is a guest
      }
      RegisterPupil& pupil = pupils_.emplace_back();
      pupil.student = StudentOf(shard_, row.pupil.person);
      pupil.area = row.pupil.student.area();
      pupil.in_class = row.in_class;
      pupil.facts = population.FactsOf(row.pupil);
      pupil.numbered = !row.pupil.student.student_numbers().empty();
      pupil.also_at = OthersOf(row);
    }
    RETURN_IF_ERROR(ReadTwins());
    return ReadGuests();
  }
  const std::vector<RegisterPupil>& pupils() const { return pupils_; }
  const std::vector<RegisterGuest>& guests() const { return guests_; }

  // Findings that other schools of the county passed on, in this month or the one before.
  absl::StatusOr<std::vector<v1::RegisterFinding>> Passed() const {
    ASSIGN_OR_RETURN(const absl::CivilMonth month, ParseMonth(check_.month()));
    ASSIGN_OR_RETURN(const auto checks, ChecksBetween(tx_, sealer_, shard_, MonthText(month - 1), check_.month()));
    std::vector<v1::RegisterFinding> passed;
    std::set<std::pair<int, std::string>> done;  // answered here the month before
    for (const v1::RegisterCheck& check : checks) {
      for (const v1::RegisterFinding& finding : check.findings()) {
        if (check.school() == check_.school() && check.month() != check_.month() && !finding.passed_from().empty() &&
            finding.answer() != v1::REGISTER_ANSWER_UNSPECIFIED) {
          done.emplace(finding.kind(), finding.student());
        } else if (finding.answer() == v1::REGISTER_ANSWER_PASSED && finding.passed_to() == check_.school() &&
                   !finding.has_gone_on()) {
          v1::RegisterFinding& taken = passed.emplace_back();
          taken.set_kind(finding.kind());
          taken.set_student(finding.student());
          taken.set_area(check_.area());
          taken.set_other_school(check.school());
          taken.set_other_student(finding.other_student());
          taken.set_passed_from(check.school());
        }
      }
    }
    std::erase_if(passed, [&](const auto& one) { return done.contains({one.kind(), one.student()}); });
    return passed;
  }

 private:
  static std::string StudentOf(const std::string& shard, const std::string& person) {
    return absl::StrCat("counties/", shard.substr(1), "/students/", person);
  }
  std::string SchoolNamed(const std::string& id) const { return absl::StrCat(parent_, "/schools/", id); }

  bool HeldOn(const registry_v1::Enrolment& span, absl::CivilDay day) const {
    const auto to = DayOf(span.valid_to());
    return DayOf(span.valid_from()) <= day && (!to.has_value() || day < *to);
  }

  // Schools that register the child today, and the one of its class, but this one.
  std::vector<std::string> OthersOf(const RegisterRow& row) const {
    std::set<std::string> others;
    for (const registry_v1::Enrolment& span : row.pupil.student.enrolments()) {
      if (HeldOn(span, facts_.today)) {
        others.insert(span.school());
      }
    }
    if (!row.class_school.empty()) {
      others.insert(SchoolNamed(row.class_school));
    }
    others.erase(check_.school());
    return {others.begin(), others.end()};
  }

  absl::Status ReadTwins() {
    std::map<std::string, std::vector<size_t>> by_digest;
    size_t at = 0;
    for (const RegisterRow& row : rows_) {
      if (OffTheRegister(facts_.standards.statuses, row.pupil.student.status())) {
        continue;
      }
      if (!row.pupil.student.id_number().empty()) {  // numbers are digests in the copy
        by_digest[row.pupil.student.id_number()].push_back(at);
      }
      for (const registry_v1::StudentNumber& number : row.pupil.student.student_numbers()) {
        by_digest[number.number()].push_back(at);
      }
      ++at;
    }
    std::vector<std::string> digests;
    for (const auto& [digest, places] : by_digest) {
      digests.push_back(digest);
    }
    ASSIGN_OR_RETURN(const auto owners, OwnersOfDigests(tx_, digests));
    for (const auto& [digest, owner] : owners) {
      for (const size_t place : by_digest[digest]) {
        RETURN_IF_ERROR(AddTwin(owner, &pupils_[place]));
      }
    }
    return absl::OkStatus();
  }

  absl::Status AddTwin(const DigestOwner& owner, RegisterPupil* pupil) {
    const std::string student = StudentOf(owner.shard, owner.person);
    const bool there =
        student == pupil->student || std::any_of(pupil->twins.begin(), pupil->twins.end(),
                                                 [&](const RegisterTwin& twin) { return twin.student == student; });
    if (there) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const auto roll, RollOf(tx_, owner.shard, owner.person, facts_.today));
    if (roll.has_value() && !OffTheRegister(facts_.standards.statuses, roll->status)) {
      pupil->twins.push_back({student, absl::StrCat("counties/", owner.shard.substr(1), "/schools/", roll->school)});
    }
    return absl::OkStatus();
  }

  // Who was marked as present in a class of the school, with the last day and the class.
  struct Sight {
    absl::CivilDay day;
    std::string in_class;
  };
  absl::StatusOr<std::map<std::string, Sight>> Sights() const {
    ASSIGN_OR_RETURN(const auto* policy, facts_.standards.registers.InForce(RegionOfShard(shard_), facts_.today));
    const absl::CivilDay from = facts_.today - policy->look_back_days();
    ASSIGN_OR_RETURN(const auto classes, ClassesMarked(tx_, shard_, id_, from));
    std::map<std::string, std::vector<std::string>> rosters;
    std::map<std::string, Sight> sights;
    for (const std::string& in_class : classes) {
      ASSIGN_OR_RETURN(const auto sheets, SheetsOf(tx_, shard_, in_class, from, facts_.today));
      for (const v1::Sheet& sheet : sheets) {
        if (sheet.session() == v1::SESSION_MEAL) {
          continue;  // whom only the canteen has seen is who is looked for here
        }
        const auto [roster, fresh] = rosters.try_emplace(sheet.roster());
        if (fresh) {
          ASSIGN_OR_RETURN(roster->second, PersonsOf(tx_, shard_, sheet.roster()));
        }
        for (const std::string& person : PresentOn(sheet, roster->second)) {
          Sight& sight = sights.try_emplace(person, Sight{absl::CivilDay::min(), ""}).first->second;
          if (const absl::CivilDay day = *DayOf(sheet.day()); day >= sight.day) {
            sight = {day, in_class};
          }
        }
      }
    }
    return sights;
  }

  static std::set<std::string> PresentOn(const v1::Sheet& sheet, const std::vector<std::string>& roster) {
    std::set<std::string> present(roster.begin(), roster.end());
    for (const v1::SheetEntry& entry : sheet.entries()) {
      if (entry.mark() == v1::MARK_PRESENT || entry.mark() == v1::MARK_LATE) {
        present.insert(entry.person());
      } else {
        present.erase(entry.person());
      }
    }
    return present;
  }

  absl::Status ReadGuests() {
    std::set<std::string> registered;
    for (const RegisterPupil& pupil : pupils_) {
      registered.emplace(feed::IdOfName(pupil.student));
    }
    ASSIGN_OR_RETURN(const auto sights, Sights());
    for (const auto& [seen, sight] : sights) {
      ASSIGN_OR_RETURN(const std::string person, WhoStays(tx_, shard_, seen));
      if (registered.contains(person)) {
        continue;
      }
      ASSIGN_OR_RETURN(const auto student, LoadPupil(tx_, sealer_, shard_, person));
      if (student.has_value() && !student->has_erased_on()) {
        AddGuest(person, *student, sight);
      }
    }
    return absl::OkStatus();
  }

  void AddGuest(const std::string& person, const registry_v1::Student& student, const Sight& sight) {
    const auto since = DayOf(student.status_from());
    const bool off =
        OffTheRegister(facts_.standards.statuses, student.status()) && since.has_value() && *since <= sight.day;
    std::string elsewhere;
    bool here = false;
    for (const registry_v1::Enrolment& span : student.enrolments()) {
      const bool held = HeldOn(span, sight.day);
      here |= held && span.school() == check_.school();
      elsewhere = held && span.school() != check_.school() ? span.school() : elsewhere;
    }
    if (off || !here) {
      guests_.push_back(
          {StudentOf(shard_, person), absl::StrCat(check_.area(), "/", sight.in_class), elsewhere, student.moved_to()});
    }
  }

  db::Transaction& tx_;
  const RegisterFacts& facts_;
  const crypto::Sealer& sealer_;
  const std::string shard_, parent_;
  const v1::RegisterCheck& check_;
  const std::string id_;
  std::vector<RegisterRow> rows_;
  std::vector<RegisterPupil> pupils_;
  std::vector<RegisterGuest> guests_;
};

}  // namespace

absl::StatusOr<RegisterFound> ReadRegister(db::Transaction& tx, const RegisterFacts& facts,
                                           const v1::RegisterCheck& check) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(check.school(), kSchools.collection));
  ASSIGN_OR_RETURN(const auto population, PopulationFacts::Of(facts.host, facts.standards, shard, facts.today));
  ASSIGN_OR_RETURN(const std::string parent, ParentOfShard(shard));
  School school(tx, facts, *population.sealer(), shard, parent, check);
  RETURN_IF_ERROR(school.Read(population));
  RegisterFound found;
  ASSIGN_OR_RETURN(found.passed, school.Passed());
  found.found = RegisterFindings(population.day(), school.pupils(), school.guests());
  return found;
}

absl::Status DrawUp(db::Transaction& tx, const RegisterFacts& facts, const ReadAhead<RegisterFound>* ahead,
                    v1::RegisterCheck* check) {
  RegisterFound found;
  if (ahead != nullptr) {
    RETURN_IF_ERROR(CheckStill(tx, *ahead));
    found = ahead->value;
  } else {
    ASSIGN_OR_RETURN(found, ReadRegister(tx, facts, *check));
  }
  TakeFindings(facts.today, std::move(found.found), found.passed, check);
  return absl::OkStatus();
}

}  // namespace ruraledu::dropout_monitoring
