#include "common/crypto/field_cipher.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "common/base/error.h"
#include "common/crypto/aes_gcm.h"
#include "common/crypto/erasure.h"
#include "common/crypto/hash.h"

namespace ruraledu::crypto {
namespace {

std::vector<DataKey> Keys(std::initializer_list<uint32_t> ids) {
  std::vector<DataKey> keys;
  for (const uint32_t id : ids) {
    keys.push_back({id, Suite::kInternational, Secret(Sha256({BigEndian32(id)}))});
  }
  return keys;
}

Sealer NoReload(std::initializer_list<uint32_t> ids) {
  return Sealer(Keys(ids), [] { return absl::StatusOr<std::vector<DataKey>>(std::vector<DataKey>()); });
}

TEST(AesGcmTest, NistVector) {
  // gcmEncryptExtIV256, 128-bit text, 160-bit additional data: test case 16 of the GCM specification.
  const std::string key = *FromHex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  const std::string iv = *FromHex("cafebabefacedbaddecaf888");
  const std::string plain = *FromHex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
      "ba637b39");
  const std::string additional = *FromHex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const AesGcm gcm(key);
  for (int use = 0; use < 2; ++use) {  // the second runs on the kept context
    std::string text(plain.size(), '\0'), tag(kTagBytes, '\0'), back(plain.size(), '\0');
    gcm.Seal(Bytes(iv), {additional}, plain, Bytes(text), Bytes(tag));
    EXPECT_EQ(Hex(text),
              "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e63"
              "93ba7a0abcc9f662");
    EXPECT_EQ(Hex(tag), "76fc6ece0f4e1768cddf8853bb2d551b");
    EXPECT_TRUE(gcm.Open(Bytes(iv), {additional}, text, Bytes(tag), Bytes(back)));
    EXPECT_EQ(back, plain);
  }
}

TEST(FieldCipherTest, RoundTripAndShape) {
  const Sealer sealer = NoReload({7});
  const std::string context = FieldContext("id_number", "person-1");
  for (const std::string& plain : {std::string(), std::string("411728200901019016"), std::string(100'000, 'x'),
                                   std::string("残疾类别\0听力", 19)}) {
    const std::string sealed = sealer.Seal(plain, context);
    EXPECT_EQ(sealed.size(), plain.size() + kSealOverhead);
    EXPECT_EQ(Hex(sealed.substr(0, 5)), "0100000007");
    EXPECT_EQ(sealer.Open(sealed, context).value(), plain);
    if (!plain.empty()) {
      EXPECT_EQ(sealed.find(plain), std::string::npos);
    }
  }
  EXPECT_NE(sealer.Seal("a", context), sealer.Seal("a", context)) << "an IV was used twice";
}

TEST(FieldCipherTest, EveryChangedByteIsFound) {
  const Sealer sealer = NoReload({1});
  const std::string context = FieldContext("phone", "p");
  const std::string sealed = sealer.Seal("13912345678", context);
  for (size_t at = 0; at < sealed.size(); ++at) {
    for (const int flip : {1, 3, 0x80, 0xff}) {
      std::string changed = sealed;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      const auto opened = sealer.Open(changed, context);
      ASSERT_FALSE(opened.ok()) << at;
      const std::string expected = at == 0 && flip == 3 ? "SUITE_UNAVAILABLE"
                                   : at >= 1 && at <= 4 ? "DATA_KEY_UNKNOWN"
                                                        : "SEALED_VALUE_CORRUPT";
      EXPECT_EQ(ReasonOf(opened.status()), expected) << at;
    }
  }
  for (size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_EQ(ReasonOf(sealer.Open(sealed.substr(0, size), context).status()), "SEALED_VALUE_CORRUPT") << size;
  }
  EXPECT_FALSE(sealer.Open(sealed + "x", context).ok());
  EXPECT_TRUE(sealer.Open(sealed, context).ok());
}

TEST(FieldCipherTest, BoundToFieldPersonAndKey) {
  const Sealer sealer = NoReload({1});
  const std::string sealed = sealer.Seal("value", FieldContext("phone", "person-1"));
  for (const auto& [field, person] : std::vector<std::pair<std::string, std::string>>{{"phone", "person-2"},
                                                                                      {"id_number", "person-1"},
                                                                                      {"phoneperson-1", ""},
                                                                                      {"phone", ""},
                                                                                      {"phon", "eperson-1"}}) {
    EXPECT_EQ(ReasonOf(sealer.Open(sealed, FieldContext(field, person)).status()), "SEALED_VALUE_CORRUPT") << field;
  }
  const Sealer other = NoReload({1});
  EXPECT_TRUE(other.Open(sealed, FieldContext("phone", "person-1")).ok()) << "same key, another process";
}

TEST(FieldCipherTest, RotationKeepsOldValuesReadable) {
  const Sealer before = NoReload({1});
  const std::string old_value = before.Seal("v", "c");
  const Sealer after = NoReload({2, 1});
  EXPECT_EQ(after.current_key_id(), 2U);
  EXPECT_EQ(after.Open(old_value, "c").value(), "v");
  EXPECT_TRUE(after.NeedsReseal(old_value));
  EXPECT_FALSE(after.NeedsReseal(after.Seal("v", "c")));
}

TEST(FieldCipherTest, UnknownKeyIsAskedForOnce) {
  int asked = 0;
  const Sealer sealer(Keys({1}), [&asked] {
    ++asked;
    return absl::StatusOr<std::vector<DataKey>>(Keys({1, 2}));
  });
  const std::string sealed = NoReload({1, 2}).Seal("v", "c");
  EXPECT_EQ(sealer.Open(sealed, "c").value(), "v");
  EXPECT_EQ(sealer.Open(sealed, "c").value(), "v");
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(sealer.current_key_id(), 2U);
  EXPECT_EQ(ReasonOf(sealer.Open(NoReload({3}).Seal("v", "c"), "c").status()), "DATA_KEY_UNKNOWN");
}

TEST(FieldCipherTest, IvsDifferAlsoInAForkedChild) {
  unsigned char first[kIvBytes];
  NextIv(first);  // the block is drawn
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    unsigned char iv[kIvBytes];
    NextIv(iv);
    _exit(write(ends[1], iv, kIvBytes) == kIvBytes ? 0 : 1);
  }
  unsigned char here[kIvBytes], there[kIvBytes];
  NextIv(here);
  ASSERT_EQ(read(ends[0], there, kIvBytes), static_cast<ssize_t>(kIvBytes));
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_NE(std::string(here, here + kIvBytes), std::string(there, there + kIvBytes));
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    NextIv(here);
    EXPECT_TRUE(seen.insert(std::string(here, here + kIvBytes)).second);
  }
}

TEST(ErasureTest, DigestTellsChangesAndNeedsItsSalt) {
  const Sealer sealer = NoReload({1});
  const std::string salt = NewDigestSalt();
  const std::string digest = KeyedDigest(sealer, salt, "phone", "13912345678");
  EXPECT_EQ(digest.size(), 2U + 32U);
  EXPECT_TRUE(DigestMatches(sealer, digest, salt, "phone", "13912345678").value());
  EXPECT_FALSE(DigestMatches(sealer, digest, salt, "phone", "13912345679").value());
  EXPECT_FALSE(DigestMatches(sealer, digest, salt, "card", "13912345678").value());
  EXPECT_FALSE(DigestMatches(sealer, digest, NewDigestSalt(), "phone", "13912345678").value());
  EXPECT_FALSE(DigestMatches(sealer, "nonsense", salt, "phone", "13912345678").value());
  EXPECT_NE(KeyedDigest(sealer, salt, "ab", "c"), KeyedDigest(sealer, salt, "a", "bc"));
  const Sealer rotated = NoReload({1, 2});
  EXPECT_TRUE(DigestMatches(rotated, digest, salt, "phone", "13912345678").value());
  EXPECT_EQ(ReasonOf(DigestMatches(NoReload({2}), digest, salt, "phone", "13912345678").status()), "DATA_KEY_UNKNOWN");
}

}  // namespace
}  // namespace ruraledu::crypto
