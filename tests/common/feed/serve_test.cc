#include "common/feed/serve.h"

#include "tests/common/feed/fixture.h"

namespace ruraledu::feed {
namespace {

using ruraledu::feed::v1::ListJournalRequest;
using ruraledu::feed::v1::ListShardsRequest;
using ruraledu::feed::v1::ListStateRequest;

class ServeTest : public testing::Test {
 protected:
  TempFolder folder_;
  Place place_{folder_, "source"};
};

TEST(ShardOfParent, Table) {
  const std::pair<std::string, std::string> kCases[] = {{"counties/411728", "c411728"},  {"cities/411700", "t411700"},
                                                        {"provinces/410000", "p410000"}, {"persons/17", "h017"},
                                                        {"persons/255", "h255"},         {"shards/h017", "h017"},
                                                        {"shards/c411728", "c411728"},   {"shards/n000000", "n000000"}};
  for (const auto& [parent, shard] : kCases) {
    EXPECT_EQ(ShardOfParent(parent).value_or("refused"), shard) << parent;
  }
  for (const char* parent : {"", "counties", "counties/", "counties/41172", "counties/411728/schools/1", "persons/256",
                             "persons/-1", "persons/", "shards/", "shards/x1", "provinces/411728", "COUNTIES/411728"}) {
    EXPECT_EQ(ReasonOf(ShardOfParent(parent).status()), "PARENT_INVALID") << parent;
  }
}

TEST_F(ServeTest, ShardsComeInPages) {
  for (const char* shard : {"p410000", "c411728", "h017", "c500243"}) {
    place_.Set(shard, "a", 1);
  }
  ListShardsRequest request;
  request.set_page_size(3);
  auto page = ListShards(place_.Server(), request);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->heads_size(), 3);
  EXPECT_EQ(page->heads(0).shard(), "c411728");
  EXPECT_EQ(page->heads(0).service(), "things");
  EXPECT_EQ(page->heads(0).instance(), place_.database->instance());
  EXPECT_EQ(page->heads(0).seq(), 1);
  EXPECT_EQ(page->heads(0).hash().size(), 32u);
  request.set_page_token(page->next_page_token());
  page = ListShards(place_.Server(), request);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->heads_size(), 1);
  EXPECT_EQ(page->heads(0).shard(), "p410000");
  EXPECT_EQ(page->next_page_token(), "");
  request.set_page_size(-1);
  EXPECT_EQ(ReasonOf(ListShards(place_.Server(), request).status()), "PAGE_SIZE");
}

TEST_F(ServeTest, JournalGoesOnAfterAPosition) {
  for (int i = 1; i <= 3; ++i) {
    place_.Set("c411728", "a", i);
  }
  ListJournalRequest request;
  request.set_parent("counties/411728");
  request.set_page_size(2);
  auto page = ListJournal(place_.Server(), request);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->entries_size(), 2);
  EXPECT_EQ(page->head().seq(), 3);
  EXPECT_EQ(page->entries(0).personal(), "") << "with_personal was not asked for";
  auto& after = *request.mutable_after();
  after = page->head();
  after.set_seq(2);
  after.set_hash(page->entries(1).hash());
  request.set_with_personal(true);
  page = ListJournal(place_.Server(), request);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->entries_size(), 1);
  EXPECT_EQ(page->entries(0).seq(), 3);
  EXPECT_EQ(page->entries(0).personal(), "note of a");
}

TEST_F(ServeTest, APositionOfAnotherHistoryIsRefused) {
  place_.Set("c411728", "a", 1);
  place_.Set("c411728", "a", 2);
  ListJournalRequest good;
  good.set_parent("counties/411728");
  *good.mutable_after() = ListJournal(place_.Server(), good)->head();
  ASSERT_TRUE(ListJournal(place_.Server(), good).ok());
  const std::function<void(ruraledu::common::v1::Position&)> kCases[] = {
      [](auto& p) { p.set_instance("another"); },
      [](auto& p) { p.set_instance(""); },
      [](auto& p) { p.set_seq(3); },
      [](auto& p) { p.set_seq(1); },
      [](auto& p) { p.set_seq(-1); },
      [](auto& p) { p.set_hash("another"); },
      [](auto& p) { p.set_hash(""); },
      [](auto& p) { p.set_service("registry"); },
      [](auto& p) { p.set_shard("c500243"); },
  };
  for (const auto& change : kCases) {
    ListJournalRequest request = good;
    change(*request.mutable_after());
    EXPECT_EQ(ReasonOf(ListJournal(place_.Server(), request).status()), "FEED_REPLACED") << request.DebugString();
  }
}

TEST_F(ServeTest, AskingForAnUnknownShardLeavesNoTrace) {
  ListJournalRequest journal;
  journal.set_parent("counties/500243");
  journal.set_with_personal(true);
  auto page = ListJournal(place_.Server(), journal);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->entries_size(), 0);
  EXPECT_EQ(page->head().seq(), 0);
  EXPECT_TRUE(place_.store->Load("c500243")->empty());
}

TEST_F(ServeTest, StateTokensBelongToTheirQuestion) {
  for (const char* id : {"a", "b", "c"}) {
    place_.Set("c411728", id, 1);
  }
  ListStateRequest request;
  request.set_parent("counties/411728");
  request.set_page_size(2);
  const auto first = ListState(place_.Server(), request);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->entries_size(), 2);
  EXPECT_EQ(first->position().seq(), 3);
  EXPECT_EQ(first->entries(0).personal(), "");
  const std::string token = first->next_page_token();
  request.set_page_token(token);
  const auto second = ListState(place_.Server(), request);
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_EQ(second->entries_size(), 1);
  EXPECT_EQ(second->entries(0).entity(), "things/c");
  EXPECT_EQ(second->next_page_token(), "");

  const std::function<void(ListStateRequest&)> kCases[] = {
      [](auto& r) { r.set_parent("counties/500243"); },    [](auto& r) { r.set_with_personal(true); },
      [&](auto& r) { r.set_page_token(token + "A"); },     [&](auto& r) { r.set_page_token(token.substr(1)); },
      [](auto& r) { r.set_page_token("not base64url!"); }, [](auto& r) { r.set_page_token("AAAAAAAAAAA"); },
  };
  for (const auto& change : kCases) {
    ListStateRequest other = request;
    change(other);
    EXPECT_EQ(ReasonOf(ListState(place_.Server(), other).status()), "PAGE_TOKEN") << other.DebugString();
  }
}

}  // namespace
}  // namespace ruraledu::feed
