#include "common/rpc/access_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/base/error.h"
#include "schema/rpc.h"

namespace ruraledu::rpc {
namespace {

class AccessTableTest : public ::testing::Test {
 protected:
  AccessTableTest() {
    auto opened = db::Database::Open({.url = "sqlite:" + path_.string()}, rpc::Schema());
    EXPECT_TRUE(opened.ok()) << opened.status();
    database_ = *std::move(opened);
    table_ = *AccessTable::Open(*database_, absl::Hours(1));  // only Refresh reads
  }
  ~AccessTableTest() override {
    table_.reset();
    database_.reset();
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
      std::filesystem::remove(path_.string() + suffix);
    }
  }
  void Write(const std::function<absl::Status(db::Transaction&)>& fn) {
    const absl::Status status = database_->Write(*AccessShard(kAccount), fn);
    EXPECT_TRUE(status.ok()) << status;
  }

  static constexpr const char* kAccount = "accounts/411728-0001";
  const std::filesystem::path path_ = std::filesystem::temp_directory_path() / ("access-" + NewId() + ".db");
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<AccessTable> table_;
};

TEST_F(AccessTableTest, AccountsGrantsAndRevocations) {
  const AccountRow account{.name = kAccount, .issuer = "registry", .subject = "wang", .person = "p1"};
  const GrantRow grant{.name = "accounts/411728-0001/grants/1",
                       .role = "OFFICER",
                       .area = "411728",
                       .from = absl::CivilDay(2026, 1, 1),
                       .purposes = {"CASE_WORK", "AUDIT"}};
  Write([&](db::Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(PutAccount(tx, account));
    RETURN_IF_ERROR(PutGrant(tx, kAccount, grant));
    return PutGrant(tx, kAccount, grant);  // idempotent
  });
  EXPECT_EQ(table_->Find("registry", "wang"), nullptr) << "not read yet";
  ASSERT_TRUE(table_->Refresh().ok());
  const auto found = table_->Find("registry", "wang");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->account, kAccount);
  EXPECT_EQ(found->person, "p1");
  ASSERT_EQ(found->grants.size(), 1);
  EXPECT_EQ(found->grants[0].area, "411728");
  EXPECT_THAT(found->grants[0].purposes, ::testing::ElementsAre("CASE_WORK", "AUDIT"));
  EXPECT_EQ(table_->Find("other", "wang"), nullptr);

  Write([&](db::Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(PutRevocation(tx, kAccount, "session-1", 0));
    RETURN_IF_ERROR(PutRevocation(tx, kAccount, "", 1000));
    return PutRevocation(tx, kAccount, "", 500);  // never earlier again
  });
  ASSERT_TRUE(table_->Refresh().ok());
  EXPECT_EQ(table_->Find("registry", "wang")->revoked_before_s, 1000);
  EXPECT_TRUE(table_->Find("registry", "wang")->revoked_sessions.contains("session-1"));
  EXPECT_EQ(found->revoked_before_s, 0) << "a running call keeps its snapshot";
}

TEST_F(AccessTableTest, ARenamedSubjectLeavesNothingBehind) {
  Write(
      [&](db::Transaction& tx) { return PutAccount(tx, {.name = kAccount, .issuer = "registry", .subject = "old"}); });
  ASSERT_TRUE(table_->Refresh().ok());
  Write(
      [&](db::Transaction& tx) { return PutAccount(tx, {.name = kAccount, .issuer = "registry", .subject = "new"}); });
  ASSERT_TRUE(table_->Refresh().ok());
  EXPECT_EQ(table_->Find("registry", "old"), nullptr);
  EXPECT_NE(table_->Find("registry", "new"), nullptr);
  Write([&](db::Transaction& tx) { return ClearAccess(tx); });
  ASSERT_TRUE(table_->Refresh().ok());
  EXPECT_EQ(table_->Find("registry", "new"), nullptr);
}

TEST(AccessShard, IsTheHomeRegion) {
  EXPECT_EQ(*AccessShard("accounts/411728-0001"), "a411728");
  EXPECT_EQ(*AccessShard("accounts/41-0001"), "a41");
  EXPECT_EQ(*AccessShard("accounts/00-0001"), "a00");
  EXPECT_EQ(ReasonOf(AccessShard("accounts/411-0001").status()), "NAME_INVALID");
  EXPECT_EQ(ReasonOf(AccessShard("persons/1").status()), "NAME_INVALID");
}

}  // namespace
}  // namespace ruraledu::rpc
