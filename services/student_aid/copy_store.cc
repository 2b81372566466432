// The copies of the registry's roots.
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/crypto/hash.h"
#include "common/domain/shard.h"
#include "common/feed/follower.h"
#include "services/student_aid/payment_store.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr size_t kMostAliases = 64;  // merges never form a ring; a damaged copy might

// Body and sealed part of a copy.
struct Rested {
  std::string body, sealed;
};

template <typename M>
Rested Rest(const crypto::Sealer& sealer, const feed::RootTable& table, const M& root) {
  M open = root, sealed = root;
  feed::KeepOpen(open);
  feed::KeepSealed(sealed);
  const std::string text = sealed.SerializeAsString();
  return {open.SerializeAsString(),
          text.empty() ? "" : sealer.Seal(text, crypto::FieldContext(table.collection, feed::IdOfName(root.name())))};
}

// Upsert of a copy. `columns` lie between id and body.
absl::Status PutCopy(db::Transaction& tx, std::string_view table, std::string_view id,
                     const std::vector<std::pair<std::string_view, std::string>>& columns, const Rested* rested,
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

// Of guardians the names, of the contact the card: what payment checks.
void KeepAccount(registry_v1::Student* student) {
  for (registry_v1::Guardian& guardian : *student->mutable_guardians()) {
    registry_v1::Guardian named;
    named.set_display_name(guardian.display_name());
    guardian = std::move(named);
  }
  if (student->has_contact()) {
    registry_v1::Contact card;
    card.set_card_number(student->contact().card_number());
    card.set_card_holder(student->contact().card_holder());
    *student->mutable_contact() = std::move(card);
  }
}

std::string DigitsRange(std::string_view province_digits, char tail) {
  return absl::StrCat("c", province_digits, std::string(1, tail));
}

}  // namespace

absl::Status PutPupil(db::Transaction& tx, const crypto::Sealer& sealer, const registry_v1::Student& student,
                      std::string_view card_digest, const Seen& seen) {
  registry_v1::Student copy = student;
  copy.clear_student_numbers();
  KeepAccount(&copy);
  copy.clear_disability();
  copy.clear_health();
  copy.clear_ethnic_group();
  copy.clear_sex();
  const Rested rested = Rest(sealer, kPupils, copy);
  const std::string_view person = feed::IdOfName(student.name());
  const auto household_shard = student.household().empty() ? "" : ShardOfName(student.household()).value_or("");
  return PutCopy(tx, "pupil", person,
                 {{"claim_shard", PersonShard(person)},
                  {"area", student.area()},
                  {"display_name", student.display_name()},
                  {"merged_into", std::string(feed::IdOfName(student.merged_into()))},
                  {"household_shard", household_shard},
                  {"household_id", std::string(feed::IdOfName(student.household()))},
                  {"card_digest", std::string(card_digest)}},
                 &rested, seen);
}

absl::Status PutSchool(db::Transaction& tx, const registry_v1::School& school, const Seen& seen) {
  const Rested rested{school.SerializeAsString(), ""};
  return PutCopy(tx, "school", feed::IdOfName(school.name()), {}, &rested, seen);
}

absl::Status PutHousehold(db::Transaction& tx, const crypto::Sealer& sealer, const registry_v1::Household& household,
                          const Seen& seen) {
  registry_v1::Household copy = household;
  copy.clear_source_number();
  for (auto& member : *copy.mutable_members()) {
    member.clear_display_name();
  }
  const Rested rested = Rest(sealer, kHouseholds, copy);
  return PutCopy(tx, "household", feed::IdOfName(household.name()), {}, &rested, seen);
}

absl::Status PutCalendar(db::Transaction& tx, const registry_v1::Calendar& calendar, const Seen& seen) {
  const Rested rested{calendar.SerializeAsString(), ""};
  return PutCopy(tx, "work_calendar", feed::IdOfName(calendar.name()), {}, &rested, seen);
}

absl::Status PutBatch(db::Transaction& tx, std::string_view import, bool open, const Seen& seen) {
  return open ? PutCopy(tx, "open_batch", import, {}, nullptr, seen)
              : tx.Execute("DELETE FROM open_batch WHERE shard = $1 AND id = $2 AND version <= $3", tx.shard(), import,
                           seen.version)
                    .status();
}

absl::Status DropUnseen(db::Transaction& tx, std::string_view shard, int64_t resync) {
  for (const char* table : {"pupil", "school", "household", "work_calendar", "open_batch"}) {
    RETURN_IF_ERROR(
        tx.Execute(absl::StrCat("DELETE FROM ", table, " WHERE shard = $1 AND mark <> $2"), shard, resync).status());
  }
  return absl::OkStatus();
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
  ASSIGN_OR_RETURN(const auto followed, feed::FindFollowed(tx, "registry", shard));
  if (followed.has_value()) {
    *positions.add_positions() = followed->position;
  }
  return positions;
}

absl::StatusOr<std::optional<PupilPlace>> FindPupil(db::Transaction& tx, std::string_view shard,
                                                    std::string_view person) {
  ASSIGN_OR_RETURN(
      const auto row,
      tx.QueryOne("SELECT area, display_name, merged_into, version FROM pupil WHERE shard = $1 AND id = $2", shard,
                  person));
  return row.has_value() ? std::optional(PupilPlace{row->Text(0), row->Text(1), row->Text(2), row->Int(3)})
                         : std::nullopt;
}

absl::StatusOr<std::optional<std::string>> AreaOfFileOwner(db::Transaction& tx, std::string_view owner) {
  const std::vector<std::string> parts = absl::StrSplit(std::string(owner), '/');
  const auto shard = ShardOfName(owner);
  const bool county = parts.size() == 4 && parts[0] == "counties" && shard.ok();
  if (county && parts[2] == kPaymentBatches.collection) {
    return AreaOfPaymentBatch(tx, *shard, parts[3]);
  }
  if (county && parts[2] == kAccountChecks.collection) {
    return AreaOfAccountCheck(tx, *shard, parts[3]);
  }
  if (!county || parts[2] != "students") {
    return Fail("FILE_OWNER", {{"allowed",
                                "counties/{county}/students/{student}, counties/{county}/paymentBatches/{batch}, "
                                "counties/{county}/accountChecks/{check}"}});
  }
  ASSIGN_OR_RETURN(const auto pupil, FindPupil(tx, *shard, parts[3]));
  return pupil.has_value() ? std::optional(pupil->area) : std::nullopt;
}

absl::StatusOr<bool> MarkAccessResync(db::Transaction& tx, int64_t resync) {
  ASSIGN_OR_RETURN(
      const int64_t changed,
      tx.Execute("INSERT INTO access_resync (shard, mark) VALUES ($1, $2) ON CONFLICT (shard) DO UPDATE SET "
                 "mark = excluded.mark WHERE access_resync.mark <> excluded.mark",
                 tx.shard(), resync));
  return changed > 0;
}

absl::StatusOr<std::string> MergedInto(db::Transaction& tx, std::string_view person) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT merged_into FROM pupil WHERE shard = $1 AND id = $2", tx.shard(), person));
  return row.has_value() ? row->Text(0) : std::string();
}

absl::StatusOr<std::string> WhoStays(db::Transaction& tx, std::string_view shard, std::string person) {
  for (std::set<std::string> seen; seen.insert(person).second;) {
    ASSIGN_OR_RETURN(const auto place, FindPupil(tx, shard, person));
    if (place.has_value() && !place->merged_into.empty()) {
      person = place->merged_into;
    }
  }
  return person;
}

absl::StatusOr<std::vector<std::string>> AliasesOf(db::Transaction& tx, std::string_view shard,
                                                   std::string_view person) {
  std::vector<std::string> all, now = {std::string(person)};
  while (!now.empty() && all.size() < kMostAliases) {
    std::vector<std::string> next;
    for (const std::string& one : now) {
      ASSIGN_OR_RETURN(const auto rows,
                       tx.Query("SELECT id FROM pupil WHERE shard = $1 AND merged_into = $2 AND merged_into <> '' "
                                "ORDER BY id",
                                shard, one));
      for (const db::Row& row : rows) {
        next.push_back(row.Text(0));
      }
    }
    all.insert(all.end(), next.begin(), next.end());
    now = std::move(next);
  }
  return all;
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

absl::StatusOr<WorkCalendar> ReadCalendar(db::Transaction& tx) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT body FROM work_calendar WHERE shard = $1 ORDER BY id", kNationShard));
  std::string text = "date,kind,name\n";
  for (const db::Row& row : rows) {
    registry_v1::Calendar calendar;
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

}  // namespace ruraledu::student_aid
