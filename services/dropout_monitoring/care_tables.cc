#include "services/dropout_monitoring/care_tables.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "ruraledu/dropout_monitoring/v1/dossier.pb.h"
#include "ruraledu/dropout_monitoring/v1/placement.pb.h"
#include "ruraledu/dropout_monitoring/v1/risk.pb.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kMostRank = 9999;

std::string RankOf(int points) {
  return absl::StrFormat("%04d", kMostRank - std::clamp(points, 0, kMostRank));
}

}  // namespace

const feed::RootTable kRisks{
    "risk", "risks", {"area", "level", "rank", "has_points"}, feed::ColumnsOf<v1::Risk>(+[](const v1::Risk& risk) {
      return std::vector<db::Value>{risk.area(), v1::RiskLevel_Name(risk.level()), RankOf(risk.points()),
                                    int64_t{risk.points() > 0}};
    })};

const feed::RootTable kDisabledChildren{
    "disabled_child",
    "disabledChildren",
    {"area", "person", "has_findings"},
    feed::ColumnsOf<v1::DisabledChild>(+[](const v1::DisabledChild& child) {
      return std::vector<db::Value>{child.area(), child.person(), int64_t{!child.findings().empty()}};
    })};

const feed::RootTable kHomeLessons{
    "home_lesson",
    "homeLessons",
    {"area", "child", "given_on"},
    feed::ColumnsOf<v1::HomeLesson>(+[](const v1::HomeLesson& lesson) {
      return std::vector<db::Value>{lesson.area(), std::string(feed::IdOfName(lesson.child())), DayTextOf(lesson.on())};
    })};

const feed::RootTable kDossiers{"dossier",
                                "dossiers",
                                {"area", "township", "is_left_behind", "is_in_difficulty", "is_open", "reviewed_on"},
                                feed::ColumnsOf<v1::Dossier>(+[](const v1::Dossier& dossier) {
                                  return std::vector<db::Value>{
                                      dossier.area(),
                                      dossier.township(),
                                      int64_t{dossier.left_behind_education() > 0 || dossier.left_behind_civil()},
                                      int64_t{dossier.in_difficulty()},
                                      int64_t{!dossier.closed()},
                                      DayTextOf(dossier.reviewed_on())};
                                })};

const feed::RootTable kPsychologicalNotes{
    "psychological_note",
    "psychologicalNotes",
    {"area", "dossier", "written_on"},
    feed::ColumnsOf<v1::PsychologicalNote>(+[](const v1::PsychologicalNote& note) {
      return std::vector<db::Value>{note.area(), std::string(feed::IdOfName(note.dossier())), DayTextOf(note.on())};
    })};

}  // namespace ruraledu::dropout_monitoring
