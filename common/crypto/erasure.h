// Erasure of personal data (digest 7.7: end of retention is by key destruction or anonymising).
//
// What goes, in one transaction of the person's shard:
//   1. sealed columns and blind-index rows of the person: overwritten by NULL / deleted;
//   2. the `personal` column of every journal entry about the person: overwritten by an empty value;
//   3. staging rows, error originals and attachments: they have their own, shorter retention and are deleted whole.
// What stays: journal bodies. They hold no personal value but its KeyedDigest, so the hash chain and its signatures
// stay valid, and what was decided about whom (person id) stays provable. Copies in backups end with the backup, which
// lives shorter than the retention class. A whole shard is erased by deleting its wrapped data keys.
//
// The digest is salted by bytes that live in `personal` only. Once they are overwritten, not even the holder of the
// keys can find out by trying whether a digest belongs to a given ID number.
#pragma once

#include <string>
#include <string_view>

#include "common/crypto/field_cipher.h"

namespace ruraledu::crypto {

// 16 random bytes for KeyedDigest: one per journal entry, stored sealed in `personal` beside the values.
std::string NewDigestSalt();

// What stands in a journal body for a personal value: "<key id>:<32 hexadecimal characters>". Equal only for the equal
// (data key, salt, field, value).
std::string KeyedDigest(const Sealer& sealer, std::string_view salt, std::string_view field, std::string_view value);

// Whether `digest` was made of this value: the chain does not cover `personal`, but it covers the digest, so a changed
// value is found. DATA_KEY_UNKNOWN; false for a malformed digest.
absl::StatusOr<bool> DigestMatches(const Sealer& sealer, std::string_view digest, std::string_view salt,
                                   std::string_view field, std::string_view value);

}  // namespace ruraledu::crypto
