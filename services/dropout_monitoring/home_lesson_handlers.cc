// Lessons at home.
#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "services/dropout_monitoring/care_store.h"
#include "services/dropout_monitoring/case_checks.h"
#include "services/dropout_monitoring/handlers.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kMostLessonsPerDay = 12;

absl::Status CheckLesson(const v1::HomeLesson& lesson, absl::CivilDay today) {
  Violations violations;
  violations.Require(!lesson.child().empty(), "lesson.child");
  violations.Require(lesson.has_on(), "lesson.on");
  violations.Require(!lesson.teacher().empty(), "lesson.teacher");
  const auto on = DayOf(lesson.on(), "lesson.on", &violations);
  if (on.has_value() && *on > today) {
    violations.Add("lesson.on", "DATE_AHEAD", {{"date", DayText(*on)}});
  }
  if (lesson.lessons() < 1 || lesson.lessons() > kMostLessonsPerDay) {
    violations.Add("lesson.lessons", "NUMBER_RANGE", {{"low", "1"}, {"high", absl::StrCat(kMostLessonsPerDay)}});
  }
  violations.MostBytes("lesson.teacher", lesson.teacher(), kMostCaseName);
  violations.MostBytes("lesson.note", lesson.note(), kMostCaseText);
  return violations.status();
}

}  // namespace

absl::StatusOr<v1::HomeLesson> Handlers::RecordHomeLesson(rpc::Call& call, const v1::RecordHomeLessonRequest& request) {
  const v1::HomeLesson& asked = request.lesson();
  const absl::CivilDay today = call.clock().Today();
  RETURN_IF_ERROR(CheckLesson(asked, today));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const std::string name = absl::StrCat(request.parent(), "/homeLessons/", rpc::StableId(call));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const auto child, feed::Load<v1::DisabledChild>(tx, *sealer, kDisabledChildren, shard,
                                                                         feed::IdOfName(asked.child())));
        if (!child.has_value() || child->name() != asked.child()) {
          return call.CheckMissing(asked.child());
        }
        RETURN_IF_ERROR(call.CheckArea(child->area()));
        const v1::Placement* held = PlacementInForce(*child, *DayOf(asked.on()));
        const v1::PlacementKind* kind = held == nullptr ? nullptr : standards_.care.placements.Kind(held->kind());
        if (kind == nullptr || !kind->at_home()) {
          return Fail("NOT_HOME_TAUGHT");
        }
        v1::HomeLesson after = asked;
        after.set_name(name);
        after.set_area(child->area());
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(writer.Put(kHomeLessons, nullptr, after, "TEACH").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{name, version};
      },
      [&](db::Transaction& tx, const std::string& written) -> absl::StatusOr<v1::HomeLesson> {
        ASSIGN_OR_RETURN(auto lesson,
                         feed::Load<v1::HomeLesson>(tx, *sealer, kHomeLessons, shard, feed::IdOfName(written)));
        if (!lesson.has_value()) {
          return call.CheckMissing(written);
        }
        RETURN_IF_ERROR(call.CheckArea(lesson->area()));
        rpc::MaskRoot(*lesson);
        return *std::move(lesson);
      });
}

absl::StatusOr<v1::ListHomeLessonsResponse> Handlers::ListHomeLessons(rpc::Call& call,
                                                                      const v1::ListHomeLessonsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"given_on"}};
  if (!request.child().empty()) {
    spec.equal.emplace_back("child", std::string(feed::IdOfName(request.child())));
  }
  ASSIGN_OR_RETURN(spec.within, rpc::WithinArea(request.area()));
  return rpc::ListRoots<v1::HomeLesson, v1::ListHomeLessonsRequest, v1::ListHomeLessonsResponse>(
      call, host_, kHomeLessons, spec, request, &v1::ListHomeLessonsResponse::mutable_lessons);
}

}  // namespace ruraledu::dropout_monitoring
