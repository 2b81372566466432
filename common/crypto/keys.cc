#include "common/crypto/keys.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/base/error.h"
#include "common/crypto/aes_gcm.h"
#include "common/crypto/secret_file.h"

namespace ruraledu::crypto {
namespace {

constexpr size_t kVersionBytes = 4;
constexpr size_t kWrappedBytes = kVersionBytes + kIvBytes + kTagBytes + kKeyBytes;

constexpr std::string_view PurposeName(KeyPurpose purpose) {
  switch (purpose) {
    case KeyPurpose::kMaster:
      return "master";
    case KeyPurpose::kIndex:
      return "index";
    case KeyPurpose::kFingerprint:
      return "fingerprint";
  }
  return "";
}

// Cuts `text` after the next separator and returns what stood before it.
std::string_view NextToken(std::string_view& text, char separator) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view token = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return token;
}

struct KeyLine {
  KeyPurpose purpose;
  uint32_t version;
  Secret key;
};

absl::StatusOr<KeyLine> ParseLine(std::string_view line, int number) {
  const absl::Status invalid = Fail("KEY_FILE_INVALID", {{"line", std::to_string(number)}});
  const std::string_view name = NextToken(line, ' ');
  const std::string_view digits = NextToken(line, ' ');
  uint32_t version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (error != std::errc() || end != digits.data() + digits.size() || version == 0) {
    return invalid;
  }
  std::optional<std::string> key = FromBase64Url(line);
  if (!key || key->size() != kKeyBytes) {
    return invalid;
  }
  for (const KeyPurpose purpose : {KeyPurpose::kMaster, KeyPurpose::kIndex, KeyPurpose::kFingerprint}) {
    if (name == PurposeName(purpose)) {
      KeyLine parsed{purpose, version, Secret(*key)};
      Wipe(*key);
      return parsed;
    }
  }
  return invalid;
}

// Every key line of the text; the line number of the first wrong one is in the error.
absl::StatusOr<std::vector<KeyLine>> ParseKeyFile(std::string_view text) {
  std::vector<KeyLine> keys;
  int number = 0;
  while (!text.empty()) {
    const std::string_view line = NextToken(text, '\n');
    ++number;
    if (line.empty() || line[0] == '#') {
      continue;
    }
    ASSIGN_OR_RETURN(KeyLine key, ParseLine(line, number));
    const bool seen = std::any_of(keys.begin(), keys.end(), [&key](const KeyLine& other) {
      return other.purpose == key.purpose && other.version >= key.version;  // versions rise within a purpose
    });
    if (seen) {
      return Fail("KEY_FILE_INVALID", {{"line", std::to_string(number)}});
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

void AppendKey(std::string& text, KeyPurpose purpose, uint32_t version) {
  std::string key = RandomBytes(kKeyBytes);
  std::string encoded = Base64Url(key);
  text.append(PurposeName(purpose)).append(" " + std::to_string(version) + " ").append(encoded).append("\n");
  Wipe(key);
  Wipe(encoded);
}

// Binds a wrapped key to its place: copied to another shard or id it does not unwrap.
std::string WrapContext(std::string_view shard, uint32_t key_id, Suite suite) {
  return std::string("ruraledu data key ")
      .append(shard)
      .append(" " + std::to_string(key_id) + " " + std::to_string(static_cast<int>(suite)));
}

uint32_t MasterVersionOf(std::string_view wrapped) {
  uint32_t version = 0;
  for (size_t i = 0; i < kVersionBytes; ++i) {
    version = version << 8 | static_cast<uint8_t>(wrapped[i]);
  }
  return version;
}

}  // namespace

absl::StatusOr<std::vector<WrappedKey>> MemoryKeyStore::Load(std::string_view shard) {
  absl::MutexLock lock(&mu_);
  const auto found = keys_.find(std::string(shard));
  return found == keys_.end() ? std::vector<WrappedKey>() : found->second;
}

absl::Status MemoryKeyStore::Save(std::string_view shard, const WrappedKey& key, std::string_view replaces) {
  absl::MutexLock lock(&mu_);
  std::vector<WrappedKey>& rows = keys_[std::string(shard)];
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&key](const WrappedKey& other) { return other.key_id == key.key_id; });
  if (row == rows.end() && replaces.empty()) {
    rows.push_back(key);
  } else if (row != rows.end() && row->wrapped == replaces) {
    *row = key;
  }
  return absl::OkStatus();
}

absl::Status CreateKeyFile(const std::string& path) {
  std::string text =
      "# Keys of a ruraledu installation. Keep a copy in a safe place, apart from the database and its backups:\n"
      "# without this file no encrypted value can ever be read again.\n";
  for (const KeyPurpose purpose : {KeyPurpose::kMaster, KeyPurpose::kIndex, KeyPurpose::kFingerprint}) {
    AppendKey(text, purpose, 1);
  }
  const absl::Status written = WriteSmallFile(path, text, 0600, /*must_be_new=*/true);
  Wipe(text);
  return written;
}

absl::StatusOr<uint32_t> AddKey(const std::string& path, KeyPurpose purpose) {
  ASSIGN_OR_RETURN(std::string text, ReadSmallFile(path, /*private_only=*/true));
  ASSIGN_OR_RETURN(const std::vector<KeyLine> keys, ParseKeyFile(text));
  uint32_t version = 1;
  for (const KeyLine& key : keys) {
    if (key.purpose == purpose) {
      version = key.version + 1;
    }
  }
  if (!text.ends_with('\n')) {
    text.push_back('\n');
  }
  AppendKey(text, purpose, version);
  const absl::Status written = WriteSmallFile(path, text, 0600, /*must_be_new=*/false);
  Wipe(text);
  RETURN_IF_ERROR(written);
  return version;
}

struct KeyRing::MasterKey {
  uint32_t version;
  std::unique_ptr<const AesGcm> gcm;
};

KeyRing::KeyRing(WrappedKeyStore* store) : store_(store) {}
KeyRing::~KeyRing() = default;

absl::StatusOr<std::unique_ptr<KeyRing>> KeyRing::Open(const std::string& path, WrappedKeyStore* store) {
  ASSIGN_OR_RETURN(std::string text, ReadSmallFile(path, /*private_only=*/true));
  std::unique_ptr<KeyRing> ring(new KeyRing(store));
  const absl::Status parsed = ring->Parse(text);
  Wipe(text);
  RETURN_IF_ERROR(parsed);
  return ring;
}

absl::Status KeyRing::Parse(std::string_view text) {
  ASSIGN_OR_RETURN(const std::vector<KeyLine> keys, ParseKeyFile(text));
  for (const auto& [purpose, version, key] : keys) {
    switch (purpose) {
      case KeyPurpose::kMaster:
        masters_.push_back({version, std::make_unique<const AesGcm>(key.bytes())});
        break;
      case KeyPurpose::kIndex:
        index_.push_back({version, HmacKey(key.bytes())});
        break;
      case KeyPurpose::kFingerprint:
        fingerprints_.emplace_back(key.bytes());
        break;
    }
  }
  if (masters_.empty() || index_.empty() || fingerprints_.empty()) {
    return Fail("KEY_FILE_INVALID", {{"line", "end"}});  // a purpose has no key
  }
  return absl::OkStatus();
}

WrappedKey KeyRing::Wrap(std::string_view shard, uint32_t key_id, std::string_view key) const {
  const MasterKey& master = masters_.back();
  WrappedKey row{key_id, Suite::kInternational, BigEndian32(master.version)};
  row.wrapped.resize(kWrappedBytes);
  unsigned char* const iv = Bytes(row.wrapped) + kVersionBytes;
  unsigned char* const tag = iv + kIvBytes;
  NextIv(iv);
  master.gcm->Seal(iv, {WrapContext(shard, key_id, row.suite)}, key, tag + kTagBytes, tag);
  return row;
}

absl::StatusOr<DataKey> KeyRing::Unwrap(std::string_view shard, const WrappedKey& row) const {
  if (row.suite == Suite::kNational) {
    return Fail("SUITE_UNAVAILABLE", {{"suite", "2"}});
  }
  if (row.suite != Suite::kInternational || row.wrapped.size() != kWrappedBytes) {
    return Fail("SEALED_VALUE_CORRUPT");
  }
  const uint32_t version = MasterVersionOf(row.wrapped);
  const auto master = std::find_if(masters_.begin(), masters_.end(),
                                   [version](const MasterKey& candidate) { return candidate.version == version; });
  if (master == masters_.end()) {
    return Fail("MASTER_KEY_UNKNOWN", {{"version", std::to_string(version)}});
  }
  const unsigned char* const iv = Bytes(row.wrapped) + kVersionBytes;
  const unsigned char* const tag = iv + kIvBytes;
  std::string key(kKeyBytes, '\0');
  const bool fits = master->gcm->Open(iv, {WrapContext(shard, row.key_id, row.suite)},
                                      std::string_view(row.wrapped).substr(kWrappedBytes - kKeyBytes), tag, Bytes(key));
  DataKey unwrapped{row.key_id, row.suite, Secret(key)};
  Wipe(key);
  if (!fits) {
    return Fail("SEALED_VALUE_CORRUPT");
  }
  return unwrapped;
}

absl::StatusOr<std::vector<DataKey>> KeyRing::LoadKeys(std::string_view shard) {
  ASSIGN_OR_RETURN(const std::vector<WrappedKey> rows, store_->Load(shard));
  std::vector<DataKey> keys;
  for (const WrappedKey& row : rows) {
    ASSIGN_OR_RETURN(DataKey key, Unwrap(shard, row));
    keys.push_back(std::move(key));
  }
  return keys;
}

absl::Status KeyRing::AddDataKey(std::string_view shard, uint32_t key_id) {
  std::string key = RandomBytes(kKeyBytes);
  const WrappedKey row = Wrap(shard, key_id, key);
  Wipe(key);
  return store_->Save(shard, row, /*replaces=*/"");
}

absl::StatusOr<std::shared_ptr<const Sealer>> KeyRing::SealerOf(std::string_view shard) {
  {
    absl::ReaderMutexLock lock(&mu_);
    if (const auto found = sealers_.find(std::string(shard)); found != sealers_.end()) {
      return found->second;
    }
  }
  ASSIGN_OR_RETURN(std::vector<DataKey> keys, LoadKeys(shard));
  if (keys.empty()) {
    RETURN_IF_ERROR(AddDataKey(shard, 1));
    ASSIGN_OR_RETURN(keys, LoadKeys(shard));  // maybe that of another process, which was first
  }
  auto sealer =
      std::make_shared<Sealer>(std::move(keys), [this, shard = std::string(shard)] { return LoadKeys(shard); });
  absl::MutexLock lock(&mu_);
  return sealers_.try_emplace(std::string(shard), std::move(sealer)).first->second;
}

absl::StatusOr<uint32_t> KeyRing::RotateDataKey(std::string_view shard) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Sealer> sealer, SealerOf(shard));
  ASSIGN_OR_RETURN(const std::vector<WrappedKey> rows, store_->Load(shard));
  uint32_t next = 1;
  for (const WrappedKey& row : rows) {
    next = std::max(next, row.key_id + 1);
  }
  RETURN_IF_ERROR(AddDataKey(shard, next));
  RETURN_IF_ERROR(sealer->Find(next).status());
  return next;
}

absl::StatusOr<int> KeyRing::Rewrap(std::string_view shard) {
  ASSIGN_OR_RETURN(const std::vector<WrappedKey> rows, store_->Load(shard));
  int rewrapped = 0;
  for (const WrappedKey& row : rows) {
    ASSIGN_OR_RETURN(const DataKey key, Unwrap(shard, row));
    if (MasterVersionOf(row.wrapped) != masters_.back().version) {
      RETURN_IF_ERROR(store_->Save(shard, Wrap(shard, row.key_id, key.key.bytes()), row.wrapped));
      ++rewrapped;
    }
  }
  return rewrapped;
}

std::string KeyRing::Fingerprint(Parts parts) const {
  return fingerprints_.back().Mac(parts);
}

}  // namespace ruraledu::crypto
