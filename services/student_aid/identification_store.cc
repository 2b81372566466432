// Look-ups of records of identification beside what common/feed/root.h does.
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {

absl::StatusOr<bool> HasRecordOfAlias(db::Transaction& tx, std::string_view shard, std::string_view person,
                                      std::string_view school_year) {
  ASSIGN_OR_RETURN(const auto aliases, AliasesOf(tx, shard, person));
  for (const std::string& alias : aliases) {
    ASSIGN_OR_RETURN(const auto area,
                     feed::AreaOfRoot(tx, kIdentifications, shard, absl::StrCat(alias, ".", school_year)));
    if (area.has_value()) {
      return true;
    }
  }
  return false;
}

absl::StatusOr<std::vector<std::string>> IdsToPost(db::Transaction& tx, std::string_view shard,
                                                   std::string_view school_year, const AreaRange& within) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id FROM identification WHERE shard = $1 AND school_year = $2 AND area >= $3 AND "
                            "area < $4 AND state = $5 ORDER BY area, id",
                            shard, school_year, within.lo, within.hi,
                            v1::IdentificationState_Name(v1::IDENTIFICATION_STATE_SCHOOL_REVIEWED)));
  return FirstColumn(rows);
}

absl::StatusOr<std::vector<std::string>> IdsOnNotice(db::Transaction& tx, std::string_view shard,
                                                     std::string_view notice) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id FROM identification WHERE shard = $1 AND notice = $2 AND "
                            "notice <> '' AND state IN ($3, $4) ORDER BY id",
                            shard, notice, v1::IdentificationState_Name(v1::IDENTIFICATION_STATE_ON_NOTICE),
                            v1::IdentificationState_Name(v1::IDENTIFICATION_STATE_RECHECK)));
  return FirstColumn(rows);
}

absl::StatusOr<std::vector<std::string>> IdsOfPerson(db::Transaction& tx, std::string_view shard,
                                                     std::string_view person) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT id FROM identification WHERE shard = $1 AND person = $2 ORDER BY school_year", shard, person));
  return FirstColumn(rows);
}

absl::StatusOr<std::vector<std::string>> PersonsWithRecord(db::Transaction& tx, std::string_view shard,
                                                           std::string_view school_year, std::string_view after,
                                                           std::string_view last) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT person FROM identification WHERE shard = $1 AND person > $2 AND person <= $3 AND "
                            "school_year = $4 ORDER BY person",
                            shard, after, last, school_year));
  return FirstColumn(rows);
}

}  // namespace ruraledu::student_aid
