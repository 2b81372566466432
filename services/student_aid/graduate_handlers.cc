// Hardship graduates (XJ-8, AL-7): entered, added to, read; what their files lack.
#include <map>

#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/crypto/masking.h"
#include "common/domain/shard.h"
#include "services/student_aid/graduate_rules.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/outward_store.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/snapshot.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr int kMostEntries = 200, kFirstYear = 2000, kLastYear = 2100;
constexpr std::string_view kUnmaskGraduates = "student_aid.graduates.unmask";
constexpr std::string_view kFoundBySchool = "N1";

std::string AreaOf(const v1::Graduate& graduate) {
  return graduate.area();
}

void CheckYear(int32_t year, Violations* violations) {
  if (year < kFirstYear || year > kLastYear) {
    violations->Add("graduating_year", "NUMBER_RANGE",
                    {{"low", absl::StrCat(kFirstYear)}, {"high", absl::StrCat(kLastYear)}});
  }
}

absl::Status CheckEntries(const v1::BatchEnterGraduatesRequest& request) {
  Violations violations;
  CheckYear(request.graduating_year(), &violations);
  violations.Require(request.graduates_size() > 0, "graduates");
  violations.MostElements("graduates", request.graduates_size(), kMostEntries);
  for (int i = 0; i < request.graduates_size() && i < kMostEntries; ++i) {
    const v1::GraduateEnrolment& one = request.graduates(i);
    const std::string at = absl::StrCat("graduates[", i, "].");
    violations.Require(!one.student().empty(), at + "student");
    violations.Require(!one.responsible().empty(), at + "responsible");
    violations.MostBytes(at + "responsible", one.responsible(), kMostName);
    violations.MostBytes(at + "school_name", one.school_name(), kMostName);
    if (!one.stage().empty() && StageIndex(one.stage()) < 0) {
      violations.Add(at + "stage", "STAGE_UNKNOWN", {{"stage", one.stage()}});
    }
  }
  return violations.status();
}

// What the registers say of a graduate: the last enrolment, and the kinds held on its last day.
void Describe(const PupilCopy& pupil, const std::map<std::string, registry_v1::School>& schools, absl::CivilDay today,
              v1::Graduate* graduate) {
  graduate->set_person(pupil.key.person);
  graduate->set_display_name(pupil.student.display_name());
  graduate->set_area(pupil.student.area());
  absl::CivilDay day = today;
  if (!pupil.student.enrolments().empty()) {
    const registry_v1::Enrolment& last = pupil.student.enrolments(0);
    graduate->set_stage(last.stage());
    const auto left = DayOf(last.valid_to());
    day = left.has_value() && *left <= today ? *left - 1 : today;
    if (const auto school = schools.find(last.school()); school != schools.end()) {
      graduate->set_area(school->second.area());
      graduate->set_school_name(school->second.display_name());
    }
  }
  google::protobuf::RepeatedPtrField<v1::HardshipFact> facts;
  ReadHardships(pupil, day, &facts);
  for (const v1::HardshipFact& fact : facts) {
    const auto to = DayOf(fact.valid_to());
    if (*DayOf(fact.valid_from()) <= day && (!to.has_value() || day < *to)) {
      graduate->add_kinds(fact.kind());
    }
  }
}

// One row of a file, described, or why it is not.
absl::StatusOr<v1::Graduate> Prepare(rpc::Call& call, const rpc::Host& host, std::string_view shard,
                                     const std::string& parent, const v1::GraduateEnrolment& one, int32_t year) {
  const std::string person(feed::IdOfName(one.student()));
  struct Known {
    SealedPage page;
    bool identified = false;
  };
  ASSIGN_OR_RETURN(const Known known, host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<Known> {
    Known read;
    ASSIGN_OR_RETURN(read.page, ReadPersons(tx, shard, {&person, 1}));
    ASSIGN_OR_RETURN(read.identified, WasIdentified(tx, shard, person));
    return read;
  }));
  if (known.page.pupils.empty()) {
    const absl::Status missing = call.CheckMissing(one.student());
    return absl::IsNotFound(missing) ? Fail("PERSON_UNKNOWN", {{"parent", parent}}) : missing;
  }
  ASSIGN_OR_RETURN(const PageOpener opener, PageOpener::Create(known.page, host.keys, shard));
  google::protobuf::Arena arena;
  RunPupil pupil;
  RETURN_IF_ERROR(opener.Open(known.page.pupils.front(), &arena, &pupil));
  v1::Graduate graduate;
  graduate.set_name(absl::StrCat(parent, "/graduates/", person, ".", year));
  graduate.set_graduating_year(year);
  Describe(pupil.copy, known.page.schools, call.clock().Today(), &graduate);
  RETURN_IF_ERROR(call.CheckArea(graduate.area()));
  if (!pupil.copy.student.merged_into().empty()) {
    return Fail("MERGED", {{"name", "another person"}});
  }
  if (graduate.kinds().empty() && known.identified) {
    graduate.add_kinds(std::string(kFoundBySchool));
  }
  if (graduate.kinds().empty()) {
    return Fail("GRADUATE_NO_HARDSHIP");
  }
  if (!one.stage().empty()) {
    graduate.set_stage(one.stage());
  }
  if (!one.school_name().empty()) {
    graduate.set_school_name(one.school_name());
  }
  return graduate;
}

}  // namespace

absl::StatusOr<v1::BatchGraduatesResponse> Handlers::BatchEnterGraduates(
    rpc::Call& call, const v1::BatchEnterGraduatesRequest& request) {
  RETURN_IF_ERROR(CheckEntries(request));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  std::vector<rpc::BatchRow> rows;
  std::vector<v1::Graduate> fresh;
  std::map<std::string, int> seen;
  for (const v1::GraduateEnrolment& one : request.graduates()) {
    auto graduate = Prepare(call, host_, shard, request.parent(), one, request.graduating_year());
    if (!graduate.ok() && !rpc::RefusesRow(graduate.status())) {
      return graduate.status();
    }
    const std::string name =
        absl::StrCat(request.parent(), "/graduates/", feed::IdOfName(one.student()), ".", request.graduating_year());
    rows.push_back({name, !graduate.ok() ? ReasonOf(graduate.status()) : ++seen[name] > 1 ? "DUPLICATE_IN_BATCH" : ""});
    fresh.push_back(graduate.ok() ? *std::move(graduate) : v1::Graduate());
  }
  const Act act = ActOf(call);
  return StepOnRows<v1::Graduate, v1::BatchGraduatesResponse>(
      call, host_, shard, std::move(rows), "ENTER",
      [&](db::Transaction&, size_t i, const v1::Graduate* before, v1::Graduate& after) -> absl::Status {
        if (before != nullptr && before->state() != v1::GRADUATE_STATE_WITHDRAWN) {
          return Fail("GRADUATE_EXISTS", {{"name", before->name()}});
        }
        after = before == nullptr ? fresh[i] : *before;
        return EnterGraduate(act, request.graduates(static_cast<int>(i)).responsible(), &after);
      });
}

absl::StatusOr<v1::Graduate> Handlers::GetGraduate(rpc::Call& call, const v1::GetGraduateRequest& request) {
  ASSIGN_OR_RETURN(v1::Graduate graduate, rpc::GetRoot<v1::Graduate>(call, host_, kGraduates, request.name(), AreaOf));
  if (!request.unmask()) {
    rpc::MaskRoot(graduate);
    return graduate;
  }
  RETURN_IF_ERROR(AllowUnmask(call, kUnmaskGraduates, graduate.area(), graduate.name()));
  return graduate;
}

absl::StatusOr<v1::ListGraduatesResponse> Handlers::ListGraduates(rpc::Call& call,
                                                                  const v1::ListGraduatesRequest& request) {
  Violations violations;
  CheckYear(request.graduating_year(), &violations);
  RETURN_IF_ERROR(violations.status());
  rpc::ListSpec spec{
      .area_column = "area", .order = {"area"}, .equal = {{"graduating_year", int64_t{request.graduating_year()}}}};
  if (request.state() != v1::GRADUATE_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::GraduateState_Name(request.state()));
  }
  if (!request.responsible().empty()) {
    spec.equal.emplace_back("responsible", request.responsible());
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  return rpc::ListRoots<v1::Graduate, v1::ListGraduatesRequest, v1::ListGraduatesResponse>(
      call, host_, kGraduates, spec, request, &v1::ListGraduatesResponse::mutable_graduates);
}

absl::StatusOr<v1::Graduate> Handlers::AddGraduateEntry(rpc::Call& call, const v1::AddGraduateEntryRequest& request) {
  const Act act = ActOf(call);
  return StepOn<v1::Graduate>(call, host_, request.name(), request.etag(), "ADD",
                              [&](db::Transaction&, feed::RootWriter&, v1::Graduate& after) {
                                return AddEntry(act, follow_up_, request, &after);
                              });
}

absl::StatusOr<v1::ListGraduateGapsResponse> Handlers::ListGraduateGaps(rpc::Call& call,
                                                                        const v1::ListGraduateGapsRequest& request) {
  Violations violations;
  CheckYear(request.graduating_year(), &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  const absl::CivilDay today = call.clock().Today();
  const absl::CivilDay since = today - follow_up_.Days(FollowUpRule::kGraduateContactDays, RegionOfShard(shard), today);
  rpc::ListSpec spec{
      .area_column = "area", .order = {"area"}, .equal = {{"graduating_year", int64_t{request.graduating_year()}}}};
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  spec.also = [since](std::vector<db::Value>* args) { return LackingText(since, args); };
  v1::ListGraduateGapsResponse response;
  *response.mutable_contact_since() = DateOf(since);
  ASSIGN_OR_RETURN(*response.mutable_next_page_token(),
                   rpc::ListRoots(call, host_, kGraduates, request.parent(), spec, request, request.page_size(),
                                  request.page_token(),
                                  [&](const db::Row& row, size_t column, const std::string& id) -> absl::Status {
                                    v1::Graduate graduate;
                                    RETURN_IF_ERROR(feed::ReadRoot(row, column, kGraduates, id, nullptr, &graduate));
                                    v1::GraduateGapRow* gap = response.add_rows();
                                    gap->set_graduate(graduate.name());
                                    gap->set_masked_name(crypto::MaskName(graduate.display_name()));
                                    gap->set_area(graduate.area());
                                    gap->set_responsible(graduate.responsible());
                                    if (graduate.has_last_contact_on()) {
                                      *gap->mutable_last_contact_on() = graduate.last_contact_on();
                                    }
                                    for (const v1::GraduateGap one : GapsOf(graduate, since)) {
                                      gap->add_gaps(one);
                                    }
                                    return absl::OkStatus();
                                  }));
  ASSIGN_OR_RETURN(const Rate rate, host_.database.Read([&](db::Transaction& tx) {
    return PlacedOf(tx, shard, request.graduating_year(), call.Ranges());
  }));
  response.mutable_employment()->set_numerator(rate.numerator);
  response.mutable_employment()->set_denominator(rate.denominator);
  return response;
}

}  // namespace ruraledu::student_aid
