#include "services/dropout_monitoring/area_pages.h"

#include "common/crypto/masking.h"
#include "services/dropout_monitoring/case_store.h"

namespace ruraledu::dropout_monitoring {

absl::StatusOr<PlaceNames> PlaceNames::Read(db::Transaction& tx, const std::string& shard) {
  ASSIGN_OR_RETURN(const auto schools, AllSchools(tx, shard));
  PlaceNames places;
  for (const registry_v1::School& school : schools) {
    places.by_area_[school.area()] = school;
  }
  return places;
}

std::vector<ReportCell> PlaceNames::CellsOf(std::string_view area) const {
  const auto found = by_area_.find(SchoolOf(area));
  if (found != by_area_.end()) {
    return SchoolCells(found->second);
  }
  return {TextCell(TownshipOf(area)), ReportCell(), ReportCell()};
}

std::string PlaceNames::SchoolNamed(std::string_view name) const {
  for (const auto& [area, school] : by_area_) {
    if (!name.empty() && school.name() == name) {
      return school.display_name();
    }
  }
  return "";
}

std::vector<rpc::ReportColumnSpec> BehindPlace(std::vector<rpc::ReportColumnSpec> more) {
  std::vector<rpc::ReportColumnSpec> columns = {
      {"township", "乡镇代码", "Township"}, {"school_code", "学校代码", "School code"}, {"school", "学校", "School"}};
  columns.insert(columns.end(), more.begin(), more.end());
  return columns;
}

absl::StatusOr<std::string> NameOfChild(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view shard,
                                        std::string_view child_key) {
  ASSIGN_OR_RETURN(const auto pupil, FindPupil(tx, shard, child_key));
  if (pupil.has_value()) {
    return pupil->display_name;
  }
  ASSIGN_OR_RETURN(const auto file, FindLastCaseIn(tx, sealer, shard, child_key));
  return file.has_value() ? file->child().display_name() : std::string();
}

ReportCell NameCell(const ReportQuery& query, const std::string& name) {
  return TextCell(query.unmask ? name : crypto::MaskName(name));
}

ReportCell YesNoCell(bool yes) {
  return TextCell(yes ? "是" : "否");
}

ReportCell HiddenCell(const ReportQuery& query, const std::string& text) {
  return query.unmask ? TextCell(text) : ReportCell();
}

std::string LabelIn(const CodeList& list, const std::string& code) {
  const CodeEntry* entry = list.Find(code);
  return entry == nullptr ? code : entry->label_zh;
}

}  // namespace ruraledu::dropout_monitoring
