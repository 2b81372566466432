#include "services/student_aid/goods_policy_rules.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/data_table.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kFile = "goods.csv";
constexpr int64_t kMostValueFen = 10'000'000, kMostQuantity = 1000;

absl::CivilDay From(const v1::GoodsItem& item) {
  return DayOf(item.from()).value_or(kFirstDay);
}
absl::CivilDay Until(const v1::GoodsItem& item) {
  return DayOf(item.until()).value_or(kLastDay);
}
bool HoldsOn(const v1::GoodsItem& item, absl::CivilDay day) {
  return From(item) <= day && day < Until(item);
}

absl::StatusOr<int64_t> ReadNumber(const DataTable& table, size_t row, std::string_view column, int64_t low,
                                   int64_t high) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(table.Get(row, column), &number) || number < low || number > high) {
    return table.Error(row, absl::StrCat(column, " is a number from ", low, " to ", high));
  }
  return number;
}

absl::Status ReadCodes(const DataTable& table, size_t row, std::string_view column, const CodeList& list,
                       google::protobuf::RepeatedPtrField<std::string>* codes) {
  for (const std::string_view code : absl::StrSplit(table.Get(row, column), '|', absl::SkipEmpty())) {
    if (list.Find(code) == nullptr) {
      return table.Error(row, absl::StrCat(column, " are codes separated by |; there is no ", code));
    }
    codes->Add(std::string(code));
  }
  return absl::OkStatus();
}

absl::Status ReadDays(const DataTable& table, size_t row, v1::GoodsItem* item) {
  ASSIGN_OR_RETURN(const absl::CivilDay from, table.Day(row, "from", kFirstDay));
  ASSIGN_OR_RETURN(const absl::CivilDay until, table.Day(row, "until", kLastDay));
  *item->mutable_from() = DateOf(from);
  if (until != kLastDay) {
    *item->mutable_until() = DateOf(until);
  }
  return until <= from ? table.Error(row, "days are out of order") : absl::OkStatus();
}

absl::StatusOr<v1::GoodsItem> ReadItem(const DataTable& table, size_t row, const CodeLists& lists) {
  v1::GoodsItem item;
  const auto text = [&](std::string_view column) { return std::string(table.Get(row, column)); };
  item.set_item(text("item"));
  item.set_region(text("region"));
  item.set_label_zh(text("label_zh"));
  item.set_label_en(text("label_en"));
  item.set_unit(text("unit"));
  item.set_source(text("source"));
  const std::string* const needed[] = {&item.item(), &item.label_zh(), &item.label_en(), &item.unit(), &item.source()};
  if (std::any_of(std::begin(needed), std::end(needed), [](const auto* one) { return one->empty(); })) {
    return table.Error(row, "a row needs an item, both labels, a unit and a source");
  }
  if (!item.region().empty() && item.region().size() != 12) {
    return table.Error(row, "a region has 12 digits; empty is the nation");
  }
  RETURN_IF_ERROR(ReadDays(table, row, &item));
  ASSIGN_OR_RETURN(const int64_t value, ReadNumber(table, row, "value_fen", 0, kMostValueFen));
  ASSIGN_OR_RETURN(const int64_t quantity, ReadNumber(table, row, "quantity", 1, kMostQuantity));
  item.set_value_fen(value);
  item.set_quantity(quantity);
  const auto period = EnumOf<v1::GoodsPeriod>(table.Get(row, "period")).value_or(v1::GOODS_PERIOD_UNSPECIFIED);
  if (period == v1::GOODS_PERIOD_UNSPECIFIED) {
    return table.Error(row, "a period is TERM, SCHOOL_YEAR or ONCE");
  }
  item.set_period(period);
  RETURN_IF_ERROR(ReadCodes(table, row, "kinds", *lists.Find("hardship_kind"), item.mutable_kinds()));
  RETURN_IF_ERROR(ReadCodes(table, row, "stages", *lists.Find("stage"), item.mutable_stages()));
  return item;
}

bool Overlap(const v1::GoodsItem& a, const v1::GoodsItem& b) {
  return a.item() == b.item() && a.region() == b.region() && From(a) < Until(b) && From(b) < Until(a);
}

}  // namespace

absl::StatusOr<GoodsBook> GoodsBook::Create(std::string_view text, CodeLists lists, TermCalendar calendar,
                                            RegionPath path) {
  GoodsBook book;
  book.lists_ = std::move(lists);
  book.calendar_ = std::move(calendar);
  book.path_ = std::move(path);
  for (const std::string_view list : {"hardship_kind", "stage", "guardian_relation"}) {
    RETURN_IF_ERROR(book.lists_.Get(list).status());
  }
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse(kFile, text,
                                    {"item", "region", "from", "until", "label_zh", "label_en", "unit", "value_fen",
                                     "quantity", "period", "kinds", "stages", "source"}));
  for (size_t i = 0; i < table.size(); ++i) {
    ASSIGN_OR_RETURN(v1::GoodsItem item, ReadItem(table, i, book.lists_));
    if (std::any_of(book.items_.begin(), book.items_.end(), [&](const auto& other) { return Overlap(other, item); })) {
      return table.Error(i, "another row of the item and region holds on one of its days");
    }
    book.items_.push_back(std::move(item));
  }
  std::sort(book.items_.begin(), book.items_.end(), [](const v1::GoodsItem& a, const v1::GoodsItem& b) {
    return std::tuple(a.item(), a.region(), From(a)) < std::tuple(b.item(), b.region(), From(b));
  });
  return book;
}

std::vector<const v1::GoodsItem*> GoodsBook::On(std::string_view region, absl::CivilDay day) const {
  std::set<std::string_view> codes;
  for (const v1::GoodsItem& item : items_) {
    codes.insert(item.item());
  }
  std::vector<const v1::GoodsItem*> items;
  for (const std::string_view code : codes) {
    if (const v1::GoodsItem* item = Find(code, region, day); item != nullptr) {
      items.push_back(item);
    }
  }
  return items;
}

const v1::GoodsItem* GoodsBook::Find(std::string_view item, std::string_view region, absl::CivilDay day) const {
  return NewestInForce<v1::GoodsItem>(
      items_, path_, region, day, [](const v1::GoodsItem& one) -> const std::string& { return one.region(); },
      [&](const v1::GoodsItem& one) {
        return one.item() == item && HoldsOn(one, day) ? std::optional(From(one)) : std::nullopt;
      });
}

bool GoodsBook::Knows(std::string_view item) const {
  return std::any_of(items_.begin(), items_.end(), [&](const auto& one) { return one.item() == item; });
}

const v1::GoodsItem* GoodsBook::Newest(std::string_view item, std::string_view region) const {
  return NewestInForce<v1::GoodsItem>(
      items_, path_, region, kLastDay, [](const v1::GoodsItem& one) -> const std::string& { return one.region(); },
      [&](const v1::GoodsItem& one) { return one.item() == item ? std::optional(From(one)) : std::nullopt; });
}

std::string GoodsBook::PeriodOf(const v1::GoodsItem& item, absl::CivilDay day) const {
  const std::string term = calendar_.TermOf(day).text();
  return item.period() == v1::GOODS_PERIOD_TERM          ? term
         : item.period() == v1::GOODS_PERIOD_SCHOOL_YEAR ? term.substr(0, term.rfind('-'))
                                                         : std::string(kGoodsOnce);
}

std::set<std::string> KindsOn(const google::protobuf::RepeatedPtrField<v1::HardshipFact>& hardships,
                              absl::CivilDay day) {
  std::set<std::string> kinds;
  for (const v1::HardshipFact& fact : hardships) {
    const auto from = DayOf(fact.valid_from());
    const auto to = DayOf(fact.valid_to());
    const auto eliminated = DayOf(fact.risk_eliminated_on());
    if (from.has_value() && *from <= day && (!to.has_value() || day < *to) &&
        (!eliminated.has_value() || day < *eliminated)) {
      kinds.insert(fact.kind());
    }
  }
  return kinds;
}

bool IsEntitled(const v1::GoodsItem& item, std::string_view stage, const std::set<std::string>& kinds) {
  const bool stage_fits =
      item.stages().empty() || std::find(item.stages().begin(), item.stages().end(), stage) != item.stages().end();
  return stage_fits && (item.kinds().empty() || std::any_of(item.kinds().begin(), item.kinds().end(),
                                                            [&](const auto& kind) { return kinds.contains(kind); }));
}

}  // namespace ruraledu::student_aid
