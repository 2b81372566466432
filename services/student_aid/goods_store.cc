#include "services/student_aid/goods_store.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

absl::StatusOr<int64_t> NumberOf(absl::StatusOr<std::optional<db::Row>> row) {
  RETURN_IF_ERROR(row.status());
  return row->has_value() ? (*row)->OptInt(0).value_or(0) : 0;
}

}  // namespace

absl::StatusOr<GoodsByPeriod> GoodsOut(db::Transaction& tx, std::string_view shard, const std::string& person) {
  ASSIGN_OR_RETURN(std::vector<std::string> all, AliasesOf(tx, shard, person));
  all.push_back(person);
  GoodsByPeriod out;
  for (const std::string& id : all) {
    ASSIGN_OR_RETURN(const auto rows,
                     tx.Query("SELECT item, period, kind, CAST(sum(quantity) AS BIGINT) FROM goods_movement WHERE "
                              "shard = $1 AND person = $2 AND person <> '' AND state = $3 GROUP BY item, period, kind",
                              shard, id, v1::GoodsMovementState_Name(v1::GOODS_MOVEMENT_STATE_BOOKED)));
    for (const db::Row& row : rows) {
      const bool issued = row.Text(2) == v1::GoodsMovementKind_Name(v1::GOODS_MOVEMENT_KIND_ISSUED);
      out[{row.Text(0), row.Text(1)}] += issued ? row.Int(3) : -row.Int(3);
    }
  }
  return out;
}

absl::StatusOr<int64_t> ReturnedOf(db::Transaction& tx, std::string_view shard, std::string_view movement) {
  return NumberOf(
      tx.QueryOne("SELECT CAST(sum(quantity) AS BIGINT) FROM goods_movement WHERE shard = $1 AND issue = $2 AND issue "
                  "<> '' AND state = $3",
                  shard, movement, v1::GoodsMovementState_Name(v1::GOODS_MOVEMENT_STATE_BOOKED)));
}

absl::StatusOr<bool> IsReversed(db::Transaction& tx, std::string_view shard, std::string_view movement) {
  ASSIGN_OR_RETURN(
      const int64_t reversals,
      NumberOf(tx.QueryOne("SELECT count(*) FROM goods_movement WHERE shard = $1 AND reverses = $2 AND "
                           "reverses <> '' AND state <> $3",
                           shard, movement, v1::GoodsMovementState_Name(v1::GOODS_MOVEMENT_STATE_REFUSED))));
  return reversals > 0;
}

absl::StatusOr<int64_t> WaitingGoods(db::Transaction& tx, std::string_view shard) {
  return NumberOf(tx.QueryOne(
      "SELECT count(*) FROM goods_movement WHERE shard = $1 AND state = 'GOODS_MOVEMENT_STATE_WAITING'", shard));
}

absl::StatusOr<bool> IsIdentified(db::Transaction& tx, std::string_view shard, std::string_view person,
                                  std::string_view school_year) {
  ASSIGN_OR_RETURN(
      const int64_t records,
      NumberOf(tx.QueryOne("SELECT count(*) FROM identification WHERE shard = $1 AND person = $2 AND "
                           "school_year = $3 AND disputed = 0 AND state IN ($4, $5)",
                           shard, person, school_year, v1::IdentificationState_Name(v1::IDENTIFICATION_STATE_CONFIRMED),
                           v1::IdentificationState_Name(v1::IDENTIFICATION_STATE_ARCHIVED))));
  return records > 0;
}

absl::StatusOr<std::vector<db::Row>> StocksOfSchool(db::Transaction& tx, std::string_view shard,
                                                    std::string_view school, std::string_view after, int64_t limit) {
  return tx.Query(
      "SELECT id, body, sealed, version FROM goods_stock WHERE shard = $1 AND id >= $2 AND id < $3 AND item > $4 ORDER "
      "BY id LIMIT $5",
      shard, absl::StrCat(school, "."), absl::StrCat(school, "/"), after, limit);
}

}  // namespace ruraledu::student_aid
