// Rows that a follower keeps of another service's roots: tables with the columns shard, id, body, sealed (as in root.h,
// cut to what the service needs), version (the source's) and mark (the last resync that saw the row).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "common/domain/calendar.h"
#include "common/feed/root.h"
#include "ruraledu/common/v1/types.pb.h"
#include "ruraledu/registry/v1/school.pb.h"

namespace ruraledu::feed {

// Of which entry an image is. Without `resync` an older image never replaces a newer one and the mark stays; with it
// the image of the state replaces whatever is there.
struct Seen {
  int64_t version = 0;
  std::optional<int64_t> resync;
};

// Body and sealed part of a copy.
struct Rested {
  std::string body, sealed;
};
Rested Rest(const crypto::Sealer& sealer, const RootTable& table, std::string_view name,
            const google::protobuf::Message& root);

// Numbers as the keyed digests that copies have in their place: of an identity document, of a student.
std::string IdDigest(const crypto::KeyRing& keys, std::string_view id_number);
std::string NumberDigest(const crypto::KeyRing& keys, std::string_view student_number);

// Upsert of a copy in the transaction's shard. `columns` lie between id and body; no `rested`: a table without body.
absl::Status PutCopy(db::Transaction& tx, std::string_view table, std::string_view id,
                     const std::vector<std::pair<std::string_view, db::Value>>& columns, const Rested* rested,
                     const Seen& seen);
// Removes the rows of a shard that the resync did not see.
absl::Status DropUnseen(db::Transaction& tx, absl::Span<const std::string_view> tables, std::string_view shard,
                        int64_t resync);

// Imports of the registry that are partly applied, in a table `open_batch` of the service: an entry opens or closes
// one; whether one is open in a county shard, or in any of the counties of a province's digits ("41").
absl::Status PutBatch(db::Transaction& tx, std::string_view import, bool open, const Seen& seen);
absl::StatusOr<bool> BatchOpen(db::Transaction& tx, std::string_view shard);
absl::StatusOr<bool> BatchOpenWithin(db::Transaction& tx, std::string_view province_digits);

// County shards of a province that the follower of the registry knows, in order.
absl::StatusOr<std::vector<std::string>> CountiesWithin(db::Transaction& tx, std::string_view province_digits);
// Where the copy of a shard of the registry stands; empty when nothing was followed yet.
absl::StatusOr<ruraledu::common::v1::Positions> CopyPositions(db::Transaction& tx, std::string_view shard);

// Out of the copies of schools in a table `school`.
absl::StatusOr<std::optional<ruraledu::registry::v1::School>> FindSchool(db::Transaction& tx, std::string_view shard,
                                                                         std::string_view school);
absl::StatusOr<std::vector<ruraledu::registry::v1::School>> AllSchools(db::Transaction& tx, std::string_view shard);

// The record that stays of a chain of merges, out of the copies in a table `pupil` with a column `merged_into`; the
// person itself when nobody was merged.
absl::StatusOr<std::string> WhoStays(db::Transaction& tx, std::string_view shard, std::string person);

// Whether the copies in a table `pupil` with a column `display_name` have the person by name: not somebody of whom the
// registry has no record in the shard, and not who was erased.
absl::StatusOr<bool> HasNamedPupil(db::Transaction& tx, std::string_view shard, std::string_view person);

// The working days of the nation, out of the copies in `work_calendar`. Read before the write that needs them: they lie
// in another shard.
absl::StatusOr<WorkCalendar> ReadWorkCalendar(db::Transaction& tx);

}  // namespace ruraledu::feed
