#include "common/feed/copy.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/crypto/hash.h"
#include "common/domain/shard.h"
#include "common/feed/follower.h"
#include "ruraledu/registry/v1/region.pb.h"

namespace ruraledu::feed {
namespace {

namespace registry_v1 = ruraledu::registry::v1;

std::string DigitsRange(std::string_view province_digits, char tail) {
  return absl::StrCat("c", province_digits, std::string(1, tail));
}

}  // namespace

Rested Rest(const crypto::Sealer& sealer, const RootTable& table, std::string_view name,
            const google::protobuf::Message& root) {
  const std::unique_ptr<google::protobuf::Message> open(root.New()), sealed(root.New());
  open->CopyFrom(root);
  KeepOpen(*open);
  sealed->CopyFrom(root);
  KeepSealed(*sealed);
  const std::string text = sealed->SerializeAsString();
  return {open->SerializeAsString(),
          text.empty() ? "" : sealer.Seal(text, crypto::FieldContext(table.collection, IdOfName(name)))};
}

std::string IdDigest(const crypto::KeyRing& keys, std::string_view id_number) {
  return crypto::Hex(keys.Fingerprint({"id_number", id_number}));
}

std::string NumberDigest(const crypto::KeyRing& keys, std::string_view student_number) {
  return crypto::Hex(keys.Fingerprint({"student_number", student_number}));
}

absl::Status PutCopy(db::Transaction& tx, std::string_view table, std::string_view id,
                     const std::vector<std::pair<std::string_view, db::Value>>& columns, const Rested* rested,
                     const Seen& seen) {
  std::vector<db::Value> args = {tx.shard(), std::string(id)};
  std::string names = "shard, id", marks = "$1, $2", sets;
  const auto add = [&](std::string_view name, db::Value value) {
    args.push_back(std::move(value));
    absl::StrAppend(&names, ", ", name);
    absl::StrAppend(&marks, ", $", args.size());
    if (name != "mark" || seen.resync.has_value()) {
      absl::StrAppend(&sets, sets.empty() ? "" : ", ", name, " = excluded.", name);
    }
  };
  for (const auto& [name, value] : columns) {
    add(name, value);
  }
  if (rested != nullptr) {
    add("body", db::Blob{rested->body});
    add("sealed", db::Blob{rested->sealed});
  }
  add("version", seen.version);
  add("mark", seen.resync.value_or(0));
  const std::string guard =
      seen.resync.has_value() ? "" : absl::StrCat(" WHERE ", table, ".version <= excluded.version");
  return tx
      .ExecuteValues(absl::StrCat("INSERT INTO ", table, " (", names, ") VALUES (", marks,
                                  ") ON CONFLICT (shard, id) DO UPDATE SET ", sets, guard),
                     std::move(args))
      .status();
}

absl::Status DropUnseen(db::Transaction& tx, absl::Span<const std::string_view> tables, std::string_view shard,
                        int64_t resync) {
  for (const std::string_view table : tables) {
    RETURN_IF_ERROR(
        tx.Execute(absl::StrCat("DELETE FROM ", table, " WHERE shard = $1 AND mark <> $2"), shard, resync).status());
  }
  return absl::OkStatus();
}

absl::Status PutBatch(db::Transaction& tx, std::string_view import, bool open, const Seen& seen) {
  return open ? PutCopy(tx, "open_batch", import, {}, nullptr, seen)
              : tx.Execute("DELETE FROM open_batch WHERE shard = $1 AND id = $2 AND version <= $3", tx.shard(), import,
                           seen.version)
                    .status();
}

absl::StatusOr<bool> BatchOpen(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT id FROM open_batch WHERE shard = $1 ORDER BY id LIMIT 1", shard));
  return row.has_value();
}

absl::StatusOr<bool> BatchOpenWithin(db::Transaction& tx, std::string_view province_digits) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT id FROM open_batch WHERE shard >= $1 AND shard < $2 ORDER BY shard, id LIMIT 1",
                               DigitsRange(province_digits, '0'), DigitsRange(province_digits, ':')));
  return row.has_value();
}

absl::StatusOr<std::vector<std::string>> CountiesWithin(db::Transaction& tx, std::string_view province_digits) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT shard FROM followed WHERE service = 'registry' AND shard >= $1 AND "
                            "shard < $2 ORDER BY shard",
                            DigitsRange(province_digits, '0'), DigitsRange(province_digits, ':')));
  std::vector<std::string> shards;
  for (const db::Row& row : rows) {
    shards.push_back(row.Text(0));
  }
  return shards;
}

absl::StatusOr<ruraledu::common::v1::Positions> CopyPositions(db::Transaction& tx, std::string_view shard) {
  ruraledu::common::v1::Positions positions;
  ASSIGN_OR_RETURN(const auto followed, FindFollowed(tx, "registry", shard));
  if (followed.has_value()) {
    *positions.add_positions() = followed->position;
  }
  return positions;
}

absl::StatusOr<std::optional<registry_v1::School>> FindSchool(db::Transaction& tx, std::string_view shard,
                                                              std::string_view school) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT body FROM school WHERE shard = $1 AND id = $2", shard, school));
  std::optional<registry_v1::School> found;
  if (row.has_value() && !found.emplace().ParseFromString(row->Bytes(0))) {
    return absl::DataLossError("a stored school does not parse");
  }
  return found;
}

absl::StatusOr<std::vector<registry_v1::School>> AllSchools(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT body FROM school WHERE shard = $1 ORDER BY id", shard));
  std::vector<registry_v1::School> schools;
  for (const db::Row& row : rows) {
    if (!schools.emplace_back().ParseFromString(row.Bytes(0))) {
      return absl::DataLossError("a stored school does not parse");
    }
  }
  return schools;
}

absl::StatusOr<std::string> WhoStays(db::Transaction& tx, std::string_view shard, std::string person) {
  for (std::set<std::string> seen; seen.insert(person).second;) {
    ASSIGN_OR_RETURN(const auto row,
                     tx.QueryOne("SELECT merged_into FROM pupil WHERE shard = $1 AND id = $2", shard, person));
    if (row.has_value() && !row->Text(0).empty()) {
      person = row->Text(0);
    }
  }
  return person;
}

absl::StatusOr<bool> HasNamedPupil(db::Transaction& tx, std::string_view shard, std::string_view person) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT display_name FROM pupil WHERE shard = $1 AND id = $2", shard, person));
  return row.has_value() && !row->Text(0).empty();
}

absl::StatusOr<WorkCalendar> ReadWorkCalendar(db::Transaction& tx) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT body FROM work_calendar WHERE shard = $1 ORDER BY id", kNationShard));
  std::string text = "date,kind,name\n";
  for (const db::Row& row : rows) {
    ruraledu::registry::v1::Calendar calendar;
    if (!calendar.ParseFromString(row.Bytes(0))) {
      return absl::DataLossError("a stored calendar does not parse");
    }
    for (const auto& day : calendar.days()) {
      const auto date = DayOf(day.date());
      absl::StrAppend(&text, date.has_value() ? DayText(*date) : "", ",", day.kind(), ",\n");
    }
  }
  return WorkCalendar::Parse("work_calendar", text);
}

}  // namespace ruraledu::feed
