// The SQL of disabled children, lessons at home and dossiers, and what the daily look reads.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "common/domain/area.h"
#include "services/dropout_monitoring/care_tables.h"
#include "services/dropout_monitoring/register_store.h"
#include "services/dropout_monitoring/standards.h"
#include "services/dropout_monitoring/store.h"

namespace ruraledu::dropout_monitoring {

// Whether the register has the child on a roll (3.1: `registered` of the list of statuses).
bool OnRoll(const CodeList& statuses, const registry_v1::Student& student);
// What makes a child one that no student register knows: its number, else name, birth date and township.
std::string UnknownChildId(const crypto::KeyRing& keys, const v1::ChildFile& child, std::string_view township);
// The ids under which a child of the register may have been entered before the register knew it.
std::vector<std::string> FormerIds(const crypto::KeyRing& keys, const registry_v1::Student& student);

// Brings a disabled child up to date with the register.
void TakeFromRegister(const CodeList& statuses, const registry_v1::Student& student, v1::DisabledChild* child);
// Works out the findings of a child on a day, with its lessons and the calendar of its school.
absl::Status SettleChild(db::Transaction& tx, const Standards& standards, const std::string& shard, absl::CivilDay on,
                         v1::DisabledChild* child);

// Days from `from` to `on` with a lesson at home, each once, of a person whose placement in force on `on` is at home;
// nullopt: it has no such placement.
absl::StatusOr<std::optional<int>> HomeTaughtDays(db::Transaction& tx, const crypto::Sealer& sealer,
                                                  const PlacementBook& book, std::string_view shard,
                                                  const std::string& person, absl::CivilDay from, absl::CivilDay on);

// Children of the ledger within ranges of areas, classified fields opened.
absl::StatusOr<std::vector<v1::DisabledChild>> DisabledChildrenIn(db::Transaction& tx, const crypto::Sealer& sealer,
                                                                  std::string_view shard,
                                                                  absl::Span<const AreaRange> ranges);
// Those that no student register knows.
absl::StatusOr<std::vector<v1::DisabledChild>> UnknownChildren(db::Transaction& tx, const crypto::Sealer& sealer,
                                                               std::string_view shard);

// A child of the register with what the service keeps of it.
struct CareRow {
  RegisterChild known;
  bool on_roll = false;
  std::optional<v1::DisabledChild> child;
  std::optional<v1::Dossier> dossier;
};
// Behind a person, in order, merged records included.
absl::StatusOr<std::vector<CareRow>> CareRowsBehind(db::Transaction& tx, crypto::KeyRing& keys,
                                                    const CodeList& statuses, const std::string& shard,
                                                    const std::string& after, int64_t limit, absl::CivilDay on);

// The day of the last look, "" never.
absl::StatusOr<std::string> LookedOn(db::Transaction& tx, std::string_view shard);
absl::Status SaveLook(db::Transaction& tx, absl::CivilDay on);

// For gauges.
struct CareCounts {
  int64_t unplaced = 0;        // children with NO_PLACEMENT or APPROVAL_EXPIRED
  int64_t home_gaps = 0;       // with HOME_TEACHING_GAP
  int64_t stale_dossiers = 0;  // open ones that nobody brought up to date since the term began
};
absl::StatusOr<CareCounts> CountCare(db::Transaction& tx, std::string_view shard, absl::CivilDay term_began);

}  // namespace ruraledu::dropout_monitoring
