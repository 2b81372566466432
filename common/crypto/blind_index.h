// Search over encrypted values: a keyed digest beside the sealed value (digest 7.7: not a plain hash, because the space
// of ID numbers can be tried out).
//
// Each value has one row per key version in its index table, so a key can be changed while both versions are looked up.
// `kind` keeps equal values of different fields apart ("id_number", "phone", "bank_card", "student_number").
// `normalized` is the one canonical form of the value (ASCII digits, X upper-case, 18-digit ID); the caller normalises.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/keys.h"

namespace ruraledu::crypto {

struct IndexRow {
  uint32_t key_version;
  std::string value;  // first 16 bytes of HMAC-SHA256(kind, value) as 32 hexadecimal characters
  friend bool operator==(const IndexRow&, const IndexRow&) = default;
};

// Under the current key.
IndexRow BlindIndex(const KeyRing& keys, std::string_view kind, std::string_view normalized);

// Under every key version, ascending: what is stored, and what is looked up.
std::vector<IndexRow> BlindIndexes(const KeyRing& keys, std::string_view kind, std::string_view normalized);

}  // namespace ruraledu::crypto
