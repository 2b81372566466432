#include "common/crypto/hash.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

namespace ruraledu::crypto {
namespace {

TEST(HashTest, KnownVectors) {
  // FIPS 180-4 examples; GB/T 32905-2016 appendix A.
  EXPECT_EQ(Hex(Sha256({"abc"})), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(Sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sm3({"abc"})), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
}

struct HmacVector {
  std::string key, data, mac;
};

TEST(HashTest, HmacSha256OfRfc4231) {
  const HmacVector kVectors[] = {
      {std::string(20, '\x0b'), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
  };
  for (const HmacVector& vector : kVectors) {
    EXPECT_EQ(Hex(HmacSha256(vector.key, {vector.data})), vector.mac);
    const HmacKey key(vector.key);
    EXPECT_EQ(Hex(key.Mac({vector.data})), vector.mac);
    EXPECT_EQ(Hex(key.Mac({vector.data.substr(0, 3), vector.data.substr(3)})), vector.mac) << "second use of the key";
  }
  EXPECT_NE(HmacSm3("k", {"x"}), HmacSha256("k", {"x"}));
  EXPECT_EQ(HmacSha256("", {"x"}), HmacKey("").Mac({"x"})) << "an empty key is a key";
}

TEST(HashTest, StreamEqualsOneShotAndStartsAnew) {
  Sha256Stream stream;
  for (int round = 0; round < 2; ++round) {
    stream.Update("ab");
    stream.Update("");
    stream.Update("c");
    EXPECT_EQ(stream.Finish(), Sha256({"abc"}));
  }
}

TEST(HashTest, TextFormsRoundTrip) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (size_t size = 0; size < 100; ++size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) {
      byte = static_cast<char>(random());
    }
    EXPECT_EQ(FromHex(Hex(bytes)), bytes);
    EXPECT_EQ(FromBase64Url(Base64Url(bytes)), bytes);
  }
  EXPECT_EQ(Base64Url("\xff\xfe\xfd"), "__79");
  EXPECT_EQ(Base64Url("fo"), "Zm8");
}

TEST(HashTest, TextFormsAreStrict) {
  for (const char* wrong : {"0", "0g", "a b", "zz"}) {
    EXPECT_EQ(FromHex(wrong), std::nullopt) << wrong;
  }
  // padding, the other alphabet, white space, a length that cannot be, unused bits set
  for (const char* wrong : {"Zm8=", "+/79", "Zm 8", "Z", "Zm9"}) {
    EXPECT_EQ(FromBase64Url(wrong), std::nullopt) << wrong;
  }
}

TEST(HashTest, ThreadsShareAKey) {
  const HmacKey key("secret");
  const std::string expected = HmacSha256("secret", {"value"});
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        ASSERT_EQ(key.Mac({"value"}), expected);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

TEST(HashTest, EqualConstantTime) {
  EXPECT_TRUE(EqualConstantTime("abc", "abc"));
  EXPECT_FALSE(EqualConstantTime("abc", "abd"));
  EXPECT_FALSE(EqualConstantTime("abc", "ab"));
}

}  // namespace
}  // namespace ruraledu::crypto
