// The table of goods (实物资助): what a pupil gets, how often, and who is entitled. Goods stand beside aid money, which
// may not be paid in goods (digest 2.7).
//
// <policies>/student_aid/goods.csv:
//
//   item        code; the row of the lowest region that has one of the item on the day holds
//   region      12 digits; empty is the nation   from,until  first day, first day after
//   label_zh,label_en,unit
//   value_fen   value of a unit for the ledger of value
//   quantity    units for a pupil in a period    period  TERM, SCHOOL_YEAR or ONCE
//   kinds       codes of hardship_kind separated by |; empty: every pupil
//   stages      codes of stage separated by |; empty: all
//   source
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/domain/code_list.h"
#include "common/domain/region_path.h"
#include "common/domain/school_year.h"
#include "google/protobuf/repeated_field.h"
#include "ruraledu/student_aid/v1/entitlement.pb.h"
#include "ruraledu/student_aid/v1/goods.pb.h"

namespace ruraledu::student_aid {

inline constexpr std::string_view kGoodsOnce = "ONCE";

class GoodsBook {
 public:
  // `lists` holds hardship_kind, stage and guardian_relation: CODE_LIST_UNKNOWN. DATA_FILE with the line for a region
  // that is none, days out of order, no item, label, unit or source, a value or quantity out of bounds, a period, kind
  // or stage that nobody knows, two rows of an item and region that hold on one day.
  static absl::StatusOr<GoodsBook> Create(std::string_view text, CodeLists lists, TermCalendar calendar,
                                          RegionPath path = RegionPathByDigits);

  const std::vector<v1::GoodsItem>& items() const { return items_; }  // in order of item, region, first day
  // The row that holds in the region on the day; nullptr: none.
  const v1::GoodsItem* Find(std::string_view item, std::string_view region, absl::CivilDay day) const;
  // Every item that holds in the region on the day, in order.
  std::vector<const v1::GoodsItem*> On(std::string_view region, absl::CivilDay day) const;
  // Whether some row, whenever and wherever it holds, is of the item.
  bool Knows(std::string_view item) const;
  // The newest row of the item that ever held in the region; nullptr: none.
  const v1::GoodsItem* Newest(std::string_view item, std::string_view region) const;

  // Period of an item that a day lies in: a term, a school year or ONCE.
  std::string PeriodOf(const v1::GoodsItem& item, absl::CivilDay day) const;
  const TermCalendar& calendar() const { return calendar_; }
  const CodeList& relations() const { return *lists_.Find("guardian_relation"); }

 private:
  CodeLists lists_;
  TermCalendar calendar_;
  RegionPath path_;
  std::vector<v1::GoodsItem> items_;
};

// Kinds that hold on a day; a monitored one holds until its risk was eliminated (DR-14).
std::set<std::string> KindsOn(const google::protobuf::RepeatedPtrField<v1::HardshipFact>& hardships,
                              absl::CivilDay day);
// Whether a pupil of the stage with the kinds gets the item.
bool IsEntitled(const v1::GoodsItem& item, std::string_view stage, const std::set<std::string>& kinds);

}  // namespace ruraledu::student_aid
