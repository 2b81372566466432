// Proof of presence: recorded, held against the register, read.
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/base/day.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "common/domain/school_year.h"
#include "common/domain/shard.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/office_store.h"
#include "services/student_aid/presence_rules.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/snapshot.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr int kMostSeen = 5000;
constexpr int32_t kMostBeds = 20000;
constexpr size_t kMostPlace = 200;  // bytes

std::string AreaOf(const v1::PresenceCheck& check) {
  return check.area();
}

// The term of a period, and the day whose register counts: the census date or the last day of the month, today when
// that is still to come.
struct Period {
  Term term;
  absl::CivilDay day;
};
// TERM_FORMAT, DATE_INVALID, DATE_AHEAD.
absl::StatusOr<Period> ReadPeriod(const TermCalendar& calendar, v1::PresenceKind kind, const std::string& text,
                                  absl::CivilDay today) {
  Period period;
  absl::CivilDay first;
  if (kind == v1::PRESENCE_KIND_BOARDING) {
    ASSIGN_OR_RETURN(period.term, ParseTerm(text));
    first = calendar.FirstDay(period.term);
    period.day = calendar.CensusDate(period.term);
  } else {
    if (!ParseDay(text + "-01", &first)) {
      return Fail("DATE_INVALID");
    }
    period.term = calendar.TermOf(first);
    period.day = absl::CivilDay(absl::CivilMonth(first) + 1) - 1;
  }
  if (first > today) {
    return Fail("DATE_AHEAD", {{"date", DayText(first)}});
  }
  period.day = std::min(period.day, today);
  return period;
}

absl::Status CheckRecord(const v1::RecordPresenceRequest& request) {
  Violations violations;
  violations.Require(request.kind() == v1::PRESENCE_KIND_BOARDING || request.kind() == v1::PRESENCE_KIND_IN_CLASS,
                     "kind");
  if (request.beds() < 0 || request.beds() > kMostBeds) {
    violations.Add("beds", "NUMBER_RANGE", {{"low", "0"}, {"high", absl::StrCat(kMostBeds)}});
  }
  violations.MostElements("rows", request.rows_size(), kMostSeen);
  for (int i = 0; i < request.rows_size() && i < kMostSeen; ++i) {
    const std::string at = absl::StrCat("rows[", i, "]");
    violations.Require(!request.rows(i).person().empty(), at + ".person");
    violations.Require(request.kind() != v1::PRESENCE_KIND_BOARDING || !request.rows(i).place().empty(), at + ".place");
    violations.MostBytes(at + ".place", request.rows(i).place(), kMostPlace);
  }
  return violations.status();
}

// What the copies say of a school on a day.
struct Register {
  registry_v1::School school;
  SealedPage page;
  std::set<std::string> aided;
};
absl::StatusOr<Register> ReadRegister(rpc::Call& call, db::Transaction& tx, std::string_view shard,
                                      const std::string& school, const Term& term) {
  Register read;
  ASSIGN_OR_RETURN(auto found, FindSchool(tx, shard, feed::IdOfName(school)));
  if (!found.has_value() || found->name() != school) {
    const absl::Status missing = call.CheckMissing(school);
    return absl::IsNotFound(missing) ? Fail("SCHOOL_UNKNOWN") : missing;
  }
  RETURN_IF_ERROR(call.CheckArea(found->area()));
  read.school = *std::move(found);
  const AreaRange within = RangeOf(read.school.area());
  ASSIGN_OR_RETURN(const auto persons, PupilsWithin(tx, shard, within));
  ASSIGN_OR_RETURN(read.page, ReadPersons(tx, shard, persons));
  ASSIGN_OR_RETURN(read.aided, AidedWithin(tx, shard, term.text(), within));
  return read;
}

bool LivesNear(NearRule rule, const PupilCopy& pupil, const registry_v1::School& school) {
  const bool known = pupil.household.has_value() && pupil.household->village().size() == 12;
  const std::string& village = known ? pupil.household->village() : pupil.student.village();
  return rule == NearRule::kTownship && !school.township().empty() && village.substr(0, 9) == school.township();
}

// The roll of the school on the day, opened outside of the transaction.
absl::StatusOr<PresenceFacts> FactsOf(const rpc::Host& host, const OfficeBook& office, std::string_view shard,
                                      const Register& read, absl::CivilDay day,
                                      const v1::RecordPresenceRequest& request) {
  PresenceFacts facts{.kind = request.kind(), .beds = request.beds(), .roll = {}, .aided = read.aided};
  const NearRule rule = office.Near(RegionOfShard(shard), day);
  ASSIGN_OR_RETURN(const PageOpener opener, PageOpener::Create(read.page, host.keys, shard));
  google::protobuf::Arena arena;
  RunPupil pupil;
  for (const db::Row& row : read.page.pupils) {
    arena.Reset();
    RETURN_IF_ERROR(opener.Open(row, &arena, &pupil));
    const CensusPlace place = PlaceOn(pupil.copy, read.page.schools, shard.substr(1), day);
    if (place.enrolment == nullptr || SchoolOf(place.area) != read.school.area()) {
      continue;
    }
    facts.roll.push_back(
        {pupil.copy.key.person, BoardsOn(pupil.copy.student, day), LivesNear(rule, pupil.copy, read.school)});
  }
  return facts;
}

}  // namespace

absl::StatusOr<v1::PresenceCheck> Handlers::RecordPresenceCheck(rpc::Call& call,
                                                                const v1::RecordPresenceRequest& request) {
  RETURN_IF_ERROR(CheckRecord(request));
  const Act act = ActOf(call);
  ASSIGN_OR_RETURN(const Period period, ReadPeriod(book_.calendar(), request.kind(), request.period(), act.on));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const Register read, host_.database.Read([&](db::Transaction& tx) {
    return ReadRegister(call, tx, shard, request.school(), period.term);
  }));
  ASSIGN_OR_RETURN(const PresenceFacts facts, FactsOf(host_, office_, shard, read, period.day, request));
  v1::PresenceCheck made;
  made.set_name(absl::StrCat(request.parent(), "/presenceChecks/", feed::IdOfName(request.school()), ".",
                             EnumText(request.kind()), ".", request.period()));
  made.set_area(read.school.area());
  made.set_school(request.school());
  made.set_kind(request.kind());
  made.set_period(request.period());
  made.set_term(period.term.text());
  *made.mutable_day() = DateOf(period.day);
  made.set_beds(request.kind() == v1::PRESENCE_KIND_BOARDING ? request.beds() : 0);
  made.set_registered(RegisteredOf(facts));
  made.set_present(request.rows_size());
  *made.mutable_rows() = request.rows();
  const auto findings = FindingsOf(facts, std::vector<v1::PresenceRow>(request.rows().begin(), request.rows().end()));
  made.mutable_findings()->Assign(findings.begin(), findings.end());
  made.set_recorded_by(act.person);
  *made.mutable_recorded_on() = DateOf(act.on);
  return PutPresence(call, std::move(made), request.etag());
}

absl::StatusOr<v1::PresenceCheck> Handlers::PutPresence(rpc::Call& call, v1::PresenceCheck made,
                                                        const std::string& etag) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(made.name(), kPresenceChecks.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const auto load = [&](db::Transaction& tx) {
    return feed::Load<v1::PresenceCheck>(tx, *sealer, kPresenceChecks, shard, feed::IdOfName(made.name()));
  };
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const auto before, load(tx));
        RETURN_IF_ERROR(feed::CheckEtag(etag, before.has_value() ? before->etag() : ""));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(writer.Put(kPresenceChecks, before.has_value() ? &*before : nullptr, made, "RECORD").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{made.name(), version};
      },
      [&](db::Transaction& tx, const std::string&) -> absl::StatusOr<v1::PresenceCheck> {
        ASSIGN_OR_RETURN(auto stored, load(tx));
        if (!stored.has_value()) {
          return call.CheckMissing(made.name());
        }
        RETURN_IF_ERROR(call.CheckArea(stored->area(), made.name()));
        rpc::MaskRoot(*stored);
        return *std::move(stored);
      });
}

absl::StatusOr<v1::PresenceCheck> Handlers::GetPresenceCheck(rpc::Call& call,
                                                             const v1::GetPresenceCheckRequest& request) {
  ASSIGN_OR_RETURN(v1::PresenceCheck check,
                   rpc::GetRoot<v1::PresenceCheck>(call, host_, kPresenceChecks, request.name(), AreaOf));
  if (!request.unmask()) {
    rpc::MaskRoot(check);
    return check;
  }
  RETURN_IF_ERROR(AllowUnmask(call, kUnmask, check.area(), check.name()));
  return check;
}

absl::StatusOr<v1::ListPresenceChecksResponse> Handlers::ListPresenceChecks(
    rpc::Call& call, const v1::ListPresenceChecksRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (request.kind() != v1::PRESENCE_KIND_UNSPECIFIED) {
    spec.equal.emplace_back("kind", v1::PresenceKind_Name(request.kind()));
  }
  if (!request.period().empty()) {
    spec.equal.emplace_back("period", request.period());
  }
  if (request.findings_only()) {
    spec.equal.emplace_back("has_findings", int64_t{1});
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  return rpc::ListRoots<v1::PresenceCheck, v1::ListPresenceChecksRequest, v1::ListPresenceChecksResponse>(
      call, host_, kPresenceChecks, spec, request, &v1::ListPresenceChecksResponse::mutable_checks);
}

}  // namespace ruraledu::student_aid
