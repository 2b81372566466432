#include "common/crypto/keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "common/base/error.h"
#include "common/crypto/blind_index.h"
#include "tests/lib/temp_folder.h"

namespace ruraledu::crypto {
namespace {

class KeysTest : public testing::Test {
 protected:
  KeysTest() { EXPECT_TRUE(CreateKeyFile(path_).ok()); }

  std::unique_ptr<KeyRing> Ring() { return KeyRing::Open(path_, &store_).value(); }
  std::string ReasonOfOpen() { return ReasonOf(KeyRing::Open(path_, &store_).status()); }
  std::string Text() const {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  void Write(const std::string& text) { std::ofstream(path_, std::ios::trunc) << text; }
  void DropLine(const std::string& start) {
    std::string text = Text();
    const size_t at = text.find("\n" + start) + 1;
    text.erase(at, text.find('\n', at) + 1 - at);
    Write(text);
  }

  testlib::TempFolder folder_;
  const std::string path_ = folder_ / "keys";
  MemoryKeyStore store_;
};

TEST_F(KeysTest, FileIsPrivateAndNeverOverwritten) {
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  const std::string before = Text();
  EXPECT_EQ(ReasonOf(CreateKeyFile(path_)), "FILE_EXISTS");
  EXPECT_EQ(Text(), before);
  EXPECT_EQ(ReasonOf(CreateKeyFile(folder_ / "none/keys")), "FILE_UNWRITABLE");
}

TEST_F(KeysTest, ModeIsChecked) {
  for (const mode_t mode : {0640, 0604, 0660, 0644}) {
    chmod(path_.c_str(), mode);
    EXPECT_EQ(ReasonOfOpen(), "FILE_MODE") << mode;
  }
  chmod(path_.c_str(), 0400);
  EXPECT_EQ(ReasonOfOpen(), "");
  EXPECT_EQ(ReasonOf(KeyRing::Open(folder_ / "none", &store_).status()), "KEY_FILE_UNREADABLE");
  EXPECT_EQ(ReasonOf(KeyRing::Open(folder_.path(), &store_).status()), "KEY_FILE_UNREADABLE");
}

TEST_F(KeysTest, DamagedFilesAreRefused) {
  const std::string good = Text();
  const std::string key = Base64Url(std::string(32, 'k'));
  const std::vector<std::string> wrong_lines = {"master 2 short",   "master x " + key,       "master 0 " + key,
                                                "other 1 " + key,   "master 1 " + key,       "master 2",
                                                "master  2 " + key, "master 2 " + key + " ", "master -1 " + key};
  for (const std::string& line : wrong_lines) {
    Write(good + line + "\n");
    EXPECT_EQ(ReasonOfOpen(), "KEY_FILE_INVALID") << line;
  }
  for (const char* purpose : {"master", "index", "fingerprint"}) {
    Write(good);
    DropLine(purpose);
    EXPECT_EQ(ReasonOfOpen(), "KEY_FILE_INVALID") << purpose;
  }
  Write(good + "\n# a comment\nmaster 2 " + key);
  EXPECT_EQ(ReasonOfOpen(), "");
}

TEST_F(KeysTest, AnotherProcessOpensWhatOneSealed) {
  const std::string sealed = Ring()->SealerOf("c411728").value()->Seal("v", "c");
  const auto ring = Ring();
  EXPECT_EQ(ring->SealerOf("c411728").value()->Open(sealed, "c").value(), "v");
  EXPECT_EQ(ReasonOf(ring->SealerOf("c411729").value()->Open(sealed, "c").status()), "SEALED_VALUE_CORRUPT");
  EXPECT_EQ(ring->SealerOf("c411728").value(), ring->SealerOf("c411728").value());
}

TEST_F(KeysTest, WrappedKeysAreBoundToTheirPlace) {
  ASSERT_TRUE(Ring()->SealerOf("c411728").ok());
  const WrappedKey row = store_.Load("c411728").value().at(0);
  ASSERT_TRUE(store_.Save("c500243", row, "").ok());
  EXPECT_EQ(ReasonOf(Ring()->SealerOf("c500243").status()), "SEALED_VALUE_CORRUPT");
  for (size_t at = 0; at < row.wrapped.size(); ++at) {
    MemoryKeyStore changed_store;
    WrappedKey changed = row;
    changed.wrapped[at] = static_cast<char>(changed.wrapped[at] ^ 1);
    ASSERT_TRUE(changed_store.Save("c411728", changed, "").ok());
    const auto ring = KeyRing::Open(path_, &changed_store).value();
    EXPECT_EQ(ReasonOf(ring->SealerOf("c411728").status()), at < 4 ? "MASTER_KEY_UNKNOWN" : "SEALED_VALUE_CORRUPT");
  }
  WrappedKey national = row;
  national.suite = Suite::kNational;
  ASSERT_TRUE(store_.Save("c110101", national, "").ok());
  EXPECT_EQ(ReasonOf(Ring()->SealerOf("c110101").status()), "SUITE_UNAVAILABLE");
}

TEST_F(KeysTest, RotatingDataKeysReachesOtherProcesses) {
  const auto here = Ring(), there = Ring();
  const auto sealer_there = there->SealerOf("c411728").value();
  const std::string first = sealer_there->Seal("first", "c");
  EXPECT_EQ(here->RotateDataKey("c411728").value(), 2U);
  const auto sealer_here = here->SealerOf("c411728").value();
  EXPECT_EQ(sealer_here->current_key_id(), 2U);
  EXPECT_EQ(sealer_here->Open(first, "c").value(), "first");
  EXPECT_EQ(sealer_there->Open(sealer_here->Seal("second", "c"), "c").value(), "second");
  EXPECT_EQ(sealer_there->current_key_id(), 2U);
}

TEST_F(KeysTest, MasterRotationEndsWithTheOldLineGone) {
  const std::string sealed = Ring()->SealerOf("c411728").value()->Seal("v", "c");
  EXPECT_EQ(AddKey(path_, KeyPurpose::kMaster).value(), 2U);
  EXPECT_EQ(Ring()->Rewrap("c411728").value(), 1);
  EXPECT_EQ(Ring()->Rewrap("c411728").value(), 0);
  DropLine("master 1");
  EXPECT_EQ(Ring()->SealerOf("c411728").value()->Open(sealed, "c").value(), "v");
}

TEST_F(KeysTest, BlindIndexRowsPerVersion) {
  const IndexRow old_row = BlindIndex(*Ring(), "id_number", "411728200901019016");
  EXPECT_EQ(old_row.key_version, 1U);
  EXPECT_EQ(old_row.value.size(), 32U);
  EXPECT_EQ(AddKey(path_, KeyPurpose::kIndex).value(), 2U);
  const auto ring = Ring();
  const std::vector<IndexRow> rows = BlindIndexes(*ring, "id_number", "411728200901019016");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0], old_row);
  EXPECT_EQ(rows[1], BlindIndex(*ring, "id_number", "411728200901019016"));
  EXPECT_NE(rows[0].value, rows[1].value);
  EXPECT_NE(BlindIndex(*ring, "phone", "411728200901019016").value, rows[1].value);
  EXPECT_NE(BlindIndex(*ring, "id_number4", "11728200901019016").value, rows[1].value);
}

TEST_F(KeysTest, FingerprintIsKeyed) {
  const auto ring = Ring();
  EXPECT_EQ(ring->Fingerprint({"a", "b"}), Ring()->Fingerprint({"ab"}));
  EXPECT_NE(ring->Fingerprint({"a"}), ring->Fingerprint({"b"}));
  const std::string other_path = folder_ / "other";
  ASSERT_TRUE(CreateKeyFile(other_path).ok());
  EXPECT_NE(KeyRing::Open(other_path, &store_).value()->Fingerprint({"a"}), ring->Fingerprint({"a"}));
}

// Two processes and many threads meet in new shards: all end with one key per shard.
TEST_F(KeysTest, FirstUseRaces) {
  const auto one = Ring(), two = Ring();
  std::vector<std::thread> threads;
  std::array<std::vector<std::string>, 8> sealed;
  for (size_t t = 0; t < sealed.size(); ++t) {
    threads.emplace_back([&, t] {
      KeyRing& ring = t % 2 == 0 ? *one : *two;
      for (int shard = 0; shard < 50; ++shard) {
        sealed[t].push_back(ring.SealerOf("c" + std::to_string(100000 + shard)).value()->Seal("v", "c"));
        if (shard % 10 == 9) {
          ASSERT_TRUE(ring.RotateDataKey("c100000").ok());
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const auto& values : sealed) {
    for (size_t shard = 0; shard < values.size(); ++shard) {
      const std::string name = "c" + std::to_string(100000 + shard);
      EXPECT_EQ(one->SealerOf(name).value()->Open(values[shard], "c").value(), "v");
      if (shard > 0) {
        EXPECT_EQ(store_.Load(name).value().size(), 1U);
      }
    }
  }
}

}  // namespace
}  // namespace ruraledu::crypto
