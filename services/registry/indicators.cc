#include "services/registry/indicators.h"

#include <algorithm>
#include <set>

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "common/domain/data_table.h"
#include "common/domain/school_year.h"
#include "common/domain/shard.h"
#include "ruraledu/registry/v1/identity.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/school.pb.h"
#include "services/registry/store.h"
#include "services/registry/tables.h"

namespace ruraledu::registry {
namespace {

using dashboard::Contributions;
using dashboard::IndicatorSpec;
using dashboard::Measure;

constexpr std::string_view kKindergarten = "11";  // school_type

Measure Stock(std::string_view id, std::string_view unit, std::string_view dimension = "") {
  return {.id = id, .unit = unit, .dimension = dimension};
}

std::vector<Measure> AllMeasures() {
  std::vector<Measure> measures = {
      Stock("pupils", "person", "stage"),
      Stock("pupil_status", "person", "student_status"),
      Stock("boarders", "person", "stage"),
      Stock("left_behind", "person", "left_behind"),
      Stock("left_behind_civil", "person"),
      Stock("migrant", "person", "stage"),
      Stock("relocated", "person", "stage"),
      Stock("disabled", "person", "disability_kind"),
      Stock("schools", "school", "school_type"),
      Stock("school_stages", "school", "stage"),
      Stock("teaching_points", "school"),
      Stock("small_schools", "school"),
      Stock("boarding_schools", "school"),
      Stock("broadband", "school"),
      Stock("rural_schools", "school"),
      Stock("online_classroom", "school"),
      Stock("kindergartens", "school"),
      Stock("kindergarten_standard", "school"),
      Stock("teachers", "person", "teacher_post"),
      Stock("teacher_stages", "person", "stage"),
      Stock("teacher_titles", "person", "title_grade"),
      Stock("backbone", "person", "backbone_level"),
      Stock("households", "household"),
      Stock("hardship_households", "household", "hardship_kind"),
      Stock("open_reviews", "item", "review_kind"),
      Stock("open_transfers", "item"),
      {.id = "classes", .kind = dashboard::MeasureKind::kFlow, .unit = "class", .dimension = "stage"},
      {.id = "class_sizes", .kind = dashboard::MeasureKind::kFlow, .unit = "class", .dimension = "class_size_band"},
  };
  for (Measure& measure : measures) {
    if (measure.unit == "household") {
      measure.spine = Spine::kResidence;
    }
  }
  return measures;
}

// Codes of a list whose attribute has a value.
std::set<std::string> CodesWith(const CodeLists& codes, std::string_view list, std::string_view attribute,
                                std::string_view value) {
  std::set<std::string> found;
  if (const CodeList* entries = codes.Find(list); entries != nullptr) {
    for (const CodeEntry& entry : entries->entries()) {
      if (entry.Attribute(attribute) == value) {
        found.insert(entry.code);
      }
    }
  }
  return found;
}

void ContributeStudent(const std::set<std::string>& on_roll, const v1::Student& student, Contributions& to) {
  if (student.area().empty() || !student.moved_to().empty() || !student.merged_into().empty()) {
    return;
  }
  const auto add = [&](std::string_view measure, std::string_view code) { to.Add(measure, student.area(), "", code); };
  add("pupil_status", student.status());
  if (!on_roll.contains(student.status())) {
    return;
  }
  const std::string stage = student.enrolments().empty() ? "" : student.enrolments(0).stage();
  add("pupils", stage);
  const bool boards =
      !student.boardings().empty() && student.boardings(0).boarding() && !student.boardings(0).has_valid_to();
  for (const auto& [measure, holds] : {std::pair("boarders", boards), std::pair("migrant", student.migrant()),
                                       std::pair("relocated", student.relocated())}) {
    if (holds) {
      add(measure, stage);
    }
  }
  if (student.left_behind_education() != 0) {
    add("left_behind", absl::StrCat(student.left_behind_education()));
  }
  if (student.left_behind_civil()) {
    add("left_behind_civil", "");
  }
  if (!student.disability().kind().empty() && !student.disability().has_valid_to()) {
    add("disabled", student.disability().kind());
  }
}

void ContributeSchool(const std::set<std::string>& rural, const v1::School& school, Contributions& to) {
  if (school.area().empty()) {
    return;  // a withdrawn import made it
  }
  if (school.state() != v1::SCHOOL_STATE_OPEN) {
    return;
  }
  const auto add = [&](std::string_view measure, bool holds, std::string_view code = "") {
    if (holds) {
      to.Add(measure, school.area(), "", code);
    }
  };
  add("schools", true, school.school_type());
  for (const std::string& stage : school.stages()) {
    add("school_stages", true, stage);
  }
  const bool kindergarten = school.school_type() == kKindergarten;
  const bool counts_for_classrooms = !kindergarten && rural.contains(school.urban_rural());
  add("teaching_points", school.is_teaching_point());
  add("small_schools", school.is_small());
  add("boarding_schools", school.is_boarding());
  add("broadband", school.has_broadband());
  add("rural_schools", counts_for_classrooms);
  add("online_classroom", counts_for_classrooms && school.has_online_classroom());
  add("kindergartens", kindergarten);
  add("kindergarten_standard", kindergarten && school.meets_standard());
}

// Smallest size and code of each band, largest first.
std::vector<std::pair<int32_t, std::string>> SizeBands(const CodeLists& codes) {
  std::vector<std::pair<int32_t, std::string>> bands;
  if (const CodeList* list = codes.Find("class_size_band"); list != nullptr) {
    for (const CodeEntry& entry : list->entries()) {
      int32_t from = 0;
      if (absl::SimpleAtoi(entry.Attribute("from_size"), &from)) {
        bands.emplace_back(from, entry.code);
      }
    }
  }
  std::sort(bands.rbegin(), bands.rend());
  return bands;
}

void ContributeClass(const std::vector<std::pair<int32_t, std::string>>& bands, const v1::SchoolClass& one,
                     Contributions& to) {
  if (one.area().empty()) {
    return;  // a withdrawn import made it
  }
  const auto year = ParseSchoolYear(one.school_year());
  if (!year.ok()) {
    return;
  }
  const auto band = absl::c_find_if(bands, [&](const auto& entry) { return one.reported_size() >= entry.first; });
  for (const Season season : {Season::kAutumn, Season::kSpring}) {
    const std::string term = Term{*year, season}.text();
    to.Add("classes", one.area(), term, one.stage());
    if (band != bands.end()) {  // a size was reported
      to.Add("class_sizes", one.area(), term, band->second);
    }
  }
}

void ContributeTeacher(const v1::Teacher& teacher, Contributions& to) {
  if (teacher.area().empty() || teacher.services().empty() || teacher.services(0).has_valid_to()) {
    return;
  }
  to.Add("teachers", teacher.area(), "", teacher.post());
  to.Add("teacher_titles", teacher.area(), "", teacher.title_grade());
  for (const std::string& stage : teacher.certificate_stages()) {
    to.Add("teacher_stages", teacher.area(), "", stage);
  }
  if (!teacher.backbone_level().empty()) {
    to.Add("backbone", teacher.area(), "", teacher.backbone_level());
  }
}

void ContributeHousehold(const v1::Household& household, Contributions& to) {
  to.Add("households", household.village(), "");
  std::set<std::string> kinds;
  for (const v1::HardshipRecord& record : household.hardships()) {
    if (!record.has_valid_to()) {
      kinds.insert(record.kind());
    }
  }
  for (const std::string& kind : kinds) {
    to.Add("hardship_households", household.village(), "", kind);
  }
}

void ContributeReview(const v1::IdentityReview& review, Contributions& to) {
  if (!review.area().empty() && review.state() == v1::REVIEW_STATE_OPEN) {
    to.Add("open_reviews", review.area(), "", review.kind());
  }
}

void ContributeTransfer(const v1::Transfer& transfer, Contributions& to) {
  if (!transfer.area().empty() && transfer.state() == v1::TRANSFER_STATE_REQUESTED) {
    to.Add("open_transfers", transfer.area(), "");
  }
}

using Labels = std::function<std::function<std::string(std::string_view)>(std::string_view list)>;

std::vector<IndicatorSpec> PupilIndicators(const Labels& labels) {
  return {
      {.id = "registry.pupils",
       .label = "Pupils on roll",
       .label_zh = "在籍学生",
       .numerator = {{"pupils"}},
       .parts = true,
       .source = "3.1, 7.5",
       .part_label = labels("stage")},
      {.id = "registry.pupil_status",
       .label = "Pupils by status",
       .label_zh = "学生状态",
       .numerator = {{"pupil_status"}},
       .parts = true,
       .sensitive = true,
       .source = "3.1",
       .part_label = labels("student_status")},
      {.id = "registry.boarders",
       .label = "Boarders",
       .label_zh = "寄宿学生",
       .numerator = {{"boarders"}},
       .denominator = {{"pupils"}},
       .parts = true,
       .source = "XJ-2a, 2.2",
       .part_label = labels("stage")},
      {.id = "registry.left_behind",
       .label = "Left-behind children (education statistics)",
       .label_zh = "留守儿童（教育统计口径）",
       .numerator = {{"left_behind"}},
       .parts = true,
       .sensitive = true,
       .source = "3.8, XJ-7a",
       .part_label = labels("left_behind")},
      {.id = "registry.left_behind_civil",
       .label = "Left-behind children (civil affairs)",
       .label_zh = "留守儿童（民政口径）",
       .numerator = {{"left_behind_civil"}},
       .sensitive = true,
       .source = "3.8"},
      {.id = "registry.migrant",
       .label = "Children of migrant workers",
       .label_zh = "随迁子女",
       .numerator = {{"migrant"}},
       .parts = true,
       .source = "AL-1d",
       .part_label = labels("stage")},
      {.id = "registry.relocated",
       .label = "Pupils of relocated families",
       .label_zh = "易地搬迁家庭学生",
       .numerator = {{"relocated"}},
       .parts = true,
       .sensitive = true,
       .source = "XJ-2b",
       .part_label = labels("stage")},
      {.id = "registry.disabled",
       .label = "Pupils with a disability certificate",
       .label_zh = "持证残疾学生",
       .numerator = {{"disabled"}},
       .parts = true,
       .sensitive = true,
       .source = "2.1 X1, AL-1d",
       .part_label = labels("disability_kind")},
  };
}

std::vector<IndicatorSpec> SchoolIndicators(const Labels& labels, const Targets& targets) {
  return {
      {.id = "registry.schools",
       .label = "Schools by type",
       .label_zh = "学校（按类型）",
       .numerator = {{"schools"}},
       .parts = true,
       .source = "7.3",
       .part_label = labels("school_type")},
      {.id = "registry.school_stages",
       .label = "Stages taught, counted per school",
       .label_zh = "办学学段",
       .numerator = {{"school_stages"}},
       .parts = true,
       .source = "7.5",
       .part_label = labels("stage")},
      {.id = "registry.teaching_points",
       .label = "Teaching points",
       .label_zh = "教学点",
       .numerator = {{"teaching_points"}},
       .source = "AL-2, 7.3"},
      {.id = "registry.small_schools",
       .label = "Small schools",
       .label_zh = "乡村小规模学校",
       .numerator = {{"small_schools"}},
       .source = "XJ-2a, 4.4"},
      {.id = "registry.boarding_schools",
       .label = "Boarding schools",
       .label_zh = "寄宿制学校",
       .numerator = {{"boarding_schools"}},
       .source = "XJ-2a"},
      {.id = "registry.broadband",
       .label = "Schools with broadband",
       .label_zh = "宽带网络接入率",
       .numerator = {{"broadband"}},
       .denominator = {{"schools"}},
       .target = targets.Of("registry.broadband"),
       .source = "SP-4.2.4"},
      {.id = "registry.online_classroom",
       .label = "Rural schools with an online interactive classroom",
       .label_zh = "农村学校在线互动课堂覆盖率",
       .numerator = {{"online_classroom"}},
       .denominator = {{"rural_schools"}},
       .target = targets.Of("registry.online_classroom"),
       .source = "XJ-3, 7.4"},
      {.id = "registry.kindergarten_standard",
       .label = "Kindergartens that meet the provincial basic standard",
       .label_zh = "幼儿园达标率",
       .numerator = {{"kindergarten_standard"}},
       .denominator = {{"kindergartens"}},
       .target = targets.Of("registry.kindergarten_standard"),
       .source = "SP-4.2.1"},
      {.id = "registry.classes",
       .label = "Classes",
       .label_zh = "班级",
       .numerator = {{"classes"}},
       .parts = true,
       .source = "XJ-2a",
       .part_label = labels("stage")},
      {.id = "registry.oversized_classes",
       .label = "Oversized classes",
       .label_zh = "大班额班级",
       .numerator = {{"class_sizes", {"OVERSIZED", "SUPER_OVERSIZED"}}},
       .parts = true,
       .target = targets.Of("registry.oversized_classes"),
       .direction = TargetDirection::kAtMost,
       .source = "XJ-2a, 4.7",
       .part_label = labels("class_size_band")},
  };
}

std::vector<IndicatorSpec> OtherIndicators(const Labels& labels) {
  return {
      {.id = "registry.teachers",
       .label = "Teachers by post",
       .label_zh = "教职工（按岗位）",
       .numerator = {{"teachers"}},
       .parts = true,
       .source = "4.1",
       .part_label = labels("teacher_post")},
      {.id = "registry.teacher_stages",
       .label = "Stages of teaching certificates",
       .label_zh = "教师资格（按学段）",
       .numerator = {{"teacher_stages"}},
       .parts = true,
       .source = "4.4, 7.5",
       .part_label = labels("stage")},
      {.id = "registry.teacher_titles",
       .label = "Teachers by title",
       .label_zh = "教师职称",
       .numerator = {{"teacher_titles"}},
       .parts = true,
       .source = "4.6",
       .part_label = labels("title_grade")},
      {.id = "registry.backbone",
       .label = "Backbone teachers",
       .label_zh = "骨干教师",
       .numerator = {{"backbone"}},
       .parts = true,
       .source = "4.1",
       .part_label = labels("backbone_level")},
      {.id = "registry.households",
       .label = "Households of the departments' registers",
       .label_zh = "在册家庭",
       .numerator = {{"households"}},
       .source = "2.1"},
      {.id = "registry.hardship_households",
       .label = "Households by kind of hardship",
       .label_zh = "困难家庭（按类型）",
       .numerator = {{"hardship_households"}},
       .parts = true,
       .sensitive = true,
       .source = "2.1",
       .part_label = labels("hardship_kind")},
      {.id = "registry.open_reviews",
       .label = "Doubtful pairs that wait for a decision",
       .label_zh = "待核人员信息",
       .numerator = {{"open_reviews"}},
       .parts = true,
       .source = "7.1, 2.9"},
      {.id = "registry.open_transfers",
       .label = "Transfers that wait for the destination",
       .label_zh = "待接收转学",
       .numerator = {{"open_transfers"}},
       .source = "3.1, XJ-2b"},
  };
}

}  // namespace

std::unique_ptr<const dashboard::MeasureBook> Measures(const CodeLists& codes) {
  using dashboard::ContributorOf;
  const auto on_roll = CodesWith(codes, "student_status", "registered", "yes");
  const auto rural = CodesWith(codes, "urban_rural_class", "group", "RURAL");
  const auto bands = SizeBands(codes);
  return std::make_unique<const dashboard::MeasureBook>(
      AllMeasures(),
      std::vector<dashboard::Contributor>{
          ContributorOf<v1::Student>(kStudents,
                                     [on_roll](const auto& s, auto& to) { ContributeStudent(on_roll, s, to); }),
          ContributorOf<v1::School>(kSchools, [rural](const auto& s, auto& to) { ContributeSchool(rural, s, to); }),
          ContributorOf<v1::SchoolClass>(kClasses, [bands](const auto& c, auto& to) { ContributeClass(bands, c, to); }),
          ContributorOf<v1::Teacher>(kTeachers, ContributeTeacher),
          ContributorOf<v1::Household>(kHouseholds, ContributeHousehold),
          ContributorOf<v1::IdentityReview>(kReviews, ContributeReview),
          ContributorOf<v1::Transfer>(kTransfers, ContributeTransfer)});
}

absl::StatusOr<Targets> Targets::Parse(std::string_view file, std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse(file, text, {"indicator", "region", "numerator", "denominator", "source"}));
  Targets targets;
  for (size_t row = 0; row < table.size(); ++row) {
    Row target{std::string(table.Get(row, "region")), {}};
    if (!absl::SimpleAtoi(table.Get(row, "numerator"), &target.rate.numerator) ||
        !absl::SimpleAtoi(table.Get(row, "denominator"), &target.rate.denominator) || target.rate.denominator < 1) {
      return table.Error(row, "a target is two whole numbers, the second above 0");
    }
    targets.rows_[std::string(table.Get(row, "indicator"))].push_back(std::move(target));
  }
  for (auto& [indicator, rows] : targets.rows_) {
    absl::c_stable_sort(rows, [](const Row& a, const Row& b) { return a.region.size() > b.region.size(); });
  }
  return targets;
}

dashboard::Target Targets::Of(std::string_view indicator) const {
  const auto found = rows_.find(indicator);
  if (found == rows_.end()) {
    return nullptr;
  }
  return [rows = found->second](std::string_view area, std::string_view) -> std::optional<Rate> {
    const auto row = absl::c_find_if(rows, [&](const Row& one) { return area.starts_with(one.region); });
    return row == rows.end() ? std::nullopt : std::optional(row->rate);
  };
}

std::vector<IndicatorSpec> Indicators(const ReferenceBook& reference, const Targets& targets) {
  const Labels labels = [&reference](std::string_view list) {
    return [&reference, list](std::string_view code) -> std::string {
      const auto now = reference.Get();
      const CodeList* entries = now->codes.Find(list);
      const CodeEntry* entry = entries == nullptr ? nullptr : entries->Find(code);
      return entry == nullptr ? "" : entry->label_zh;
    };
  };
  std::vector<IndicatorSpec> all;
  for (auto theme : {PupilIndicators(labels), SchoolIndicators(labels, targets), OtherIndicators(labels)}) {
    absl::c_move(theme, std::back_inserter(all));
  }
  return all;
}

dashboard::Places PlacesOf(const ReferenceBook& reference) {
  const auto schools = [&reference](db::Transaction& tx,
                                    std::string_view township) -> absl::StatusOr<std::vector<dashboard::SchoolName>> {
    ASSIGN_OR_RETURN(const std::string shard, ShardOfArea(reference.Get()->regions, township));
    ASSIGN_OR_RETURN(const auto found, SchoolsWithin(tx, shard, RangeOf(township)));
    std::vector<dashboard::SchoolName> names;
    for (const v1::School& school : found) {
      names.push_back({std::string(feed::IdOfName(school.name())), school.display_name()});
    }
    return names;
  };
  return {[&reference] {
            const auto now = reference.Get();
            return std::shared_ptr<const RegionTree>(now, &now->regions);
          },
          schools};
}

}  // namespace ruraledu::registry
