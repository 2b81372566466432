#include "common/domain/data_table.h"

#include "common/base/error.h"
#include "common/domain/load_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/domain/deploy_data.h"

namespace ruraledu {
namespace {

using ::testing::HasSubstr;

TEST(DataTable, ReadsQuotedFieldsAndLineNumbers) {
  const auto table = DataTable::Parse("t",
                                      "\xEF\xBB\xBF"
                                      "a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n\r\n2,\n3,\"\"\n",
                                      {"b"});
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->size(), 3u);
  EXPECT_EQ(table->Get(0, "a"), "1");
  EXPECT_EQ(table->Get(0, "b"), "x, \"y\"\nz");
  EXPECT_EQ(table->Get(1, "b"), "");
  EXPECT_EQ(table->Get(2, "b"), "");
  EXPECT_EQ(table->Get(1, "c"), "");
  EXPECT_THAT(table->Error(1, "x").ToString(), HasSubstr("line 5"));
}

TEST(DataTable, LastLineNeedsNoEnd) {
  const auto table = DataTable::Parse("t", "a,b\n1,2", {});
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->Get(0, "b"), "2");
}

TEST(DataTable, Refusals) {
  for (const char* text : {"", "a\n1\n", "a,b\n1\n", "a,b\n1,2,3\n", "a,b\n\"1,2\n", "a,b\n\"1\"x,2\n"}) {
    EXPECT_EQ(ReasonOf(DataTable::Parse("t", text, {"b"}).status()), "DATA_FILE") << text;
  }
}

TEST(DataTable, Days) {
  const auto table = DataTable::Parse("t", "d\n2023-09-01\n2023-9-1\n", {"d"});
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(*table->Day(0, "d", kFirstDay), testing::Day("2023-09-01"));
  EXPECT_EQ(*table->Day(0, "absent", kLastDay), kLastDay);
  EXPECT_EQ(ReasonOf(table->Day(1, "d", kFirstDay).status()), "DATA_FILE");
}

TEST(LoadFile, SaysWhichFileIsMissing) {
  EXPECT_EQ(ReasonOf(LoadFile("/nonexistent/file.csv").status()), "DATA_FILE_UNREADABLE");
  EXPECT_THAT(*LoadFile(testing::DataFolder() + "/term-calendar.csv"), HasSubstr("autumn"));
}

}  // namespace
}  // namespace ruraledu
