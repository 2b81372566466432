#include "common/crypto/blind_index.h"

namespace ruraledu::crypto {
namespace {

constexpr size_t kIndexBytes = 16;  // a chance of 2^-78 that any two of 10^7.5 values of one kind meet

IndexRow Row(const IndexKey& key, std::string_view kind, std::string_view normalized) {
  const std::string digest = key.key.Mac({BigEndian32(static_cast<uint32_t>(kind.size())), kind, normalized});
  return {key.version, Hex(std::string_view(digest).substr(0, kIndexBytes))};
}

}  // namespace

IndexRow BlindIndex(const KeyRing& keys, std::string_view kind, std::string_view normalized) {
  return Row(keys.index_keys().back(), kind, normalized);
}

std::vector<IndexRow> BlindIndexes(const KeyRing& keys, std::string_view kind, std::string_view normalized) {
  std::vector<IndexRow> rows;
  for (const IndexKey& key : keys.index_keys()) {
    rows.push_back(Row(key, kind, normalized));
  }
  return rows;
}

}  // namespace ruraledu::crypto
