// Who of the county studies at a university: recorded, read.
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/study_rules.h"
#include "services/student_aid/study_writes.h"
#include "services/student_aid/tracked_aid_rules.h"

namespace ruraledu::student_aid {
namespace {

constexpr int kMostStudies = 500;

std::string AreaOf(const v1::Study& study) {
  return study.area();
}

absl::Status CheckStudies(const v1::BatchRecordStudiesRequest& request) {
  Violations violations;
  violations.MostElements("studies", request.studies_size(), kMostStudies);
  for (int i = 0; i < request.studies_size() && i < kMostStudies; ++i) {
    CheckStudy(request.studies(i), absl::StrCat("studies[", i, "]"), &violations);
  }
  return violations.status();
}

// The rows of one batch, within the county's write.
class StudyWrites {
 public:
  StudyWrites(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer, const TermCalendar& calendar,
              std::string parent)
      : call_(call),
        tx_(tx),
        calendar_(calendar),
        act_(ActOf(call)),
        parent_(std::move(parent)),
        studies_(tx, sealer, kStudies),
        aids_(tx, sealer, kTrackedAids) {}

  absl::StatusOr<std::string> Take(const v1::Study& row) {
    ASSIGN_OR_RETURN(const auto person, FindPerson(call_, tx_, row.person()));
    if (!person.has_value()) {
      return std::string("PERSON_UNKNOWN");
    }
    const std::string id = absl::StrCat(person->id, ".", row.admission_year());
    ASSIGN_OR_RETURN(v1::Study * study, studies_.Get(id));
    if (!row.etag().empty() && !feed::CheckEtag(row.etag(), study->etag()).ok()) {
      return std::string("ETAG_MISMATCH");
    }
    const v1::Study before = *study;
    TakeStudy(row, study);
    study->set_name(absl::StrCat(parent_, "/studies/", id));
    study->set_person(person->id);
    study->set_area(person->place.area);
    absl::CivilDay from;
    const std::string_view event = EventOf(before, *study, &from);
    if (!event.empty()) {
      RETURN_IF_ERROR(MoveAid(person->id, event, from));
    }
    return std::string(before.SerializeAsString() == study->SerializeAsString() ? "UNCHANGED" : "RECORDED");
  }

  absl::Status Put(feed::RootWriter& writer) {
    RETURN_IF_ERROR(studies_.Put(writer, "RECORD"));
    return aids_.Put(writer, "FOLLOW_STUDY");
  }
  const std::vector<std::string>& moved() const { return moved_; }

 private:
  // What is not paid yet follows the study from the day on.
  absl::Status MoveAid(const std::string& person, std::string_view event, absl::CivilDay from) {
    ASSIGN_OR_RETURN(const auto ids, feed::IdsOfPerson(tx_, tx_.shard(), kTrackedAids, {.column = "person"}, person));
    for (const std::string& id : ids) {
      ASSIGN_OR_RETURN(v1::TrackedAid * aid, aids_.Get(id));
      if (Reaches(calendar_, *aid, from) && FollowStudy(act_, event, aid)) {
        moved_.push_back(aid->name());
      }
    }
    return absl::OkStatus();
  }

  rpc::Call& call_;
  db::Transaction& tx_;
  const TermCalendar& calendar_;
  const Act act_;
  const std::string parent_;
  Roots<v1::Study> studies_;
  Roots<v1::TrackedAid> aids_;
  std::vector<std::string> moved_;
};

}  // namespace

absl::StatusOr<std::optional<FoundPerson>> FindPerson(rpc::Call& call, db::Transaction& tx,
                                                      const std::string& student) {
  ASSIGN_OR_RETURN(const std::string person, WhoStays(tx, tx.shard(), std::string(feed::IdOfName(student))));
  ASSIGN_OR_RETURN(const auto place, FindPupil(tx, tx.shard(), person));
  if (!place.has_value()) {
    const absl::Status missing = call.CheckMissing(student);
    return absl::IsNotFound(missing) ? absl::StatusOr<std::optional<FoundPerson>>(std::nullopt) : missing;
  }
  RETURN_IF_ERROR(call.CheckArea(place->area));
  return FoundPerson{person, *place};
}

absl::StatusOr<v1::BatchRecordStudiesResponse> Handlers::BatchRecordStudies(
    rpc::Call& call, const v1::BatchRecordStudiesRequest& request) {
  RETURN_IF_ERROR(CheckStudies(request));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        StudyWrites writes(call, tx, *sealer, book_.calendar(), request.parent());
        std::vector<std::string> outcomes;
        for (const v1::Study& row : request.studies()) {
          ASSIGN_OR_RETURN(outcomes.emplace_back(), writes.Take(row));
        }
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(writes.Put(writer));
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{absl::StrCat(absl::StrJoin(outcomes, " "), "\n", absl::StrJoin(writes.moved(), " ")),
                            version};
      },
      [](db::Transaction&, const std::string& text) -> absl::StatusOr<v1::BatchRecordStudiesResponse> {
        const std::pair<std::string_view, std::string_view> lines = absl::StrSplit(text, absl::MaxSplits('\n', 1));
        v1::BatchRecordStudiesResponse answer;
        for (const std::string_view outcome : absl::StrSplit(lines.first, ' ', absl::SkipEmpty())) {
          answer.add_outcomes(std::string(outcome));
        }
        for (const std::string_view name : absl::StrSplit(lines.second, ' ', absl::SkipEmpty())) {
          answer.add_moved(std::string(name));
        }
        return answer;
      });
}

absl::StatusOr<v1::Study> Handlers::GetStudy(rpc::Call& call, const v1::GetStudyRequest& request) {
  ASSIGN_OR_RETURN(v1::Study study, rpc::GetRoot<v1::Study>(call, host_, kStudies, request.name(), AreaOf));
  rpc::MaskRoot(study);
  return study;
}

absl::StatusOr<v1::ListStudiesResponse> Handlers::ListStudies(rpc::Call& call, const v1::ListStudiesRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (!request.student().empty()) {
    spec.equal.emplace_back("person", std::string(feed::IdOfName(request.student())));
  }
  if (request.admission_year() != 0) {
    spec.equal.emplace_back("admission_year", int64_t{request.admission_year()});
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  return rpc::ListRoots<v1::Study, v1::ListStudiesRequest, v1::ListStudiesResponse>(
      call, host_, kStudies, spec, request, &v1::ListStudiesResponse::mutable_studies);
}

}  // namespace ruraledu::student_aid
