#include "common/feed/serve.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/crypto/hash.h"
#include "common/domain/shard.h"
#include "common/feed/journal.h"

namespace ruraledu::feed {
namespace {

using ruraledu::common::v1::Position;
using ruraledu::feed::v1::JournalEntry;
using ruraledu::feed::v1::ListJournalRequest;
using ruraledu::feed::v1::ListJournalResponse;
using ruraledu::feed::v1::ListShardsRequest;
using ruraledu::feed::v1::ListShardsResponse;
using ruraledu::feed::v1::ListStateRequest;
using ruraledu::feed::v1::ListStateResponse;

Position PositionOf(const FeedServer& server, std::string_view shard, const db::Head& head) {
  Position position;
  position.set_instance(server.database.instance());
  position.set_service(server.service);
  position.set_shard(std::string(shard));
  position.set_seq(head.seq);
  position.set_hash(head.hash);
  return position;
}

absl::StatusOr<int64_t> PageSize(int32_t asked, int64_t fallback, int64_t cap) {
  if (asked < 0) {
    return Fail("PAGE_SIZE");
  }
  return asked == 0 ? fallback : std::min<int64_t>(asked, cap);
}

// A token is a key behind a digest that binds it to the question it belongs to. It grants nothing: permission is
// checked on the request itself.
constexpr size_t kSealBytes = 8;

std::string TokenSeal(std::string_view question, std::string_view key) {
  return crypto::Sha256({question, std::string_view("\0", 1), key}).substr(0, kSealBytes);
}

std::string TokenOf(std::string_view question, std::string_view key) {
  return key.empty() ? "" : crypto::Base64Url(absl::StrCat(TokenSeal(question, key), key));
}

absl::StatusOr<std::string> KeyOf(std::string_view question, std::string_view token) {
  if (token.empty()) {
    return std::string();
  }
  const auto bytes = crypto::FromBase64Url(token);
  if (!bytes.has_value() || bytes->size() <= kSealBytes) {
    return Fail("PAGE_TOKEN");
  }
  std::string key = bytes->substr(kSealBytes);
  if (TokenSeal(question, key) != bytes->substr(0, kSealBytes)) {
    return Fail("PAGE_TOKEN");
  }
  return key;
}

// FEED_REPLACED unless `after` is a place in the history of the shard whose head is `head`.
absl::Status CheckAfter(db::Transaction& tx, const Position& own, const Position& after) {
  const auto replaced = [&] {
    return Fail("FEED_REPLACED",
                {{"service", own.service()}, {"shard", own.shard()}, {"seq", absl::StrCat(after.seq())}});
  };
  if (after.seq() == 0 && after.instance().empty()) {
    return absl::OkStatus();
  }
  if (after.instance() != own.instance() || after.service() != own.service() || after.shard() != own.shard() ||
      after.seq() < 0 || after.seq() > own.seq()) {
    return replaced();
  }
  if (after.seq() > 0) {
    ASSIGN_OR_RETURN(auto row,
                     tx.QueryOne("SELECT hash FROM journal WHERE shard = $1 AND seq = $2", own.shard(), after.seq()));
    if (!row.has_value() || row->Bytes(0) != after.hash()) {
      return replaced();
    }
  }
  return absl::OkStatus();
}

struct JournalPage {
  std::vector<JournalEntry> entries;  // sealed
  Position head;
};

// The sealer is made only where something is sealed: asking for a shard that has no data must not give it a key.
absl::Status OpenOrClear(const FeedServer& server, std::string_view shard, bool with_personal,
                         std::vector<JournalEntry>& entries) {
  if (!with_personal) {
    for (JournalEntry& entry : entries) {
      entry.clear_personal();
    }
    return absl::OkStatus();
  }
  if (std::all_of(entries.begin(), entries.end(), [](const JournalEntry& e) { return e.personal().empty(); })) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto sealer, server.keys.SealerOf(shard));
  return OpenPersonal(*sealer, entries);
}

}  // namespace

absl::StatusOr<std::string> ShardOfParent(std::string_view parent) {
  const auto invalid = [&] { return Fail("PARENT_INVALID", {{"parent", parent.substr(0, 40)}}); };
  const size_t slash = parent.find('/');
  if (slash == std::string_view::npos || parent.find('/', slash + 1) != std::string_view::npos) {
    return invalid();
  }
  const std::string_view collection = parent.substr(0, slash), id = parent.substr(slash + 1);
  if (collection == "shards") {
    return IsShard(id) ? absl::StatusOr<std::string>(std::string(id)) : invalid();
  }
  if (collection == "persons") {
    int number = 0;
    const bool digits = !id.empty() && id.find_first_not_of("0123456789") == std::string_view::npos;
    return digits && absl::SimpleAtoi(id, &number) && number < kHashShards
               ? absl::StatusOr<std::string>(HashShard(number))
               : invalid();
  }
  auto shard = ShardOfName(parent);
  return shard.ok() ? shard : invalid();
}

absl::StatusOr<ListShardsResponse> ListShards(const FeedServer& server, const ListShardsRequest& request) {
  ASSIGN_OR_RETURN(const int64_t limit, PageSize(request.page_size(), 1000, 1000));
  ASSIGN_OR_RETURN(const std::string after, KeyOf("shards", request.page_token()));
  ASSIGN_OR_RETURN(auto rows, server.database.Read([&](db::Transaction& tx) {
    return tx.Query("SELECT shard, seq, hash FROM head WHERE seq > 0 AND shard > $1 ORDER BY shard LIMIT $2", after,
                    limit + 1);
  }));
  ListShardsResponse response;
  for (const db::Row& row : rows) {
    if (response.heads_size() == limit) {
      response.set_next_page_token(TokenOf("shards", response.heads(response.heads_size() - 1).shard()));
      break;
    }
    *response.add_heads() = PositionOf(server, row.Text(0), {row.Int(1), row.Bytes(2)});
  }
  return response;
}

absl::StatusOr<ListJournalResponse> ListJournal(const FeedServer& server, const ListJournalRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfParent(request.parent()));
  ASSIGN_OR_RETURN(const int64_t limit, PageSize(request.page_size(), 100, kPageEntries));
  ASSIGN_OR_RETURN(JournalPage page, server.database.Read([&](db::Transaction& tx) -> absl::StatusOr<JournalPage> {
    JournalPage page;
    ASSIGN_OR_RETURN(const db::Head head, HeadOf(tx, shard));
    page.head = PositionOf(server, shard, head);
    RETURN_IF_ERROR(CheckAfter(tx, page.head, request.after()));
    ASSIGN_OR_RETURN(page.entries, ReadSealedEntries(tx, shard, request.after().seq(), limit));
    return page;
  }));
  RETURN_IF_ERROR(OpenOrClear(server, shard, request.with_personal(), page.entries));
  ListJournalResponse response;
  for (JournalEntry& entry : page.entries) {
    *response.add_entries() = std::move(entry);
  }
  *response.mutable_head() = std::move(page.head);
  return response;
}

absl::StatusOr<ListStateResponse> ListState(const FeedServer& server, const ListStateRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfParent(request.parent()));
  ASSIGN_OR_RETURN(const int64_t limit, PageSize(request.page_size(), 200, 1000));
  const std::string question = absl::StrCat("state/", shard, request.with_personal() ? "/personal" : "");
  ASSIGN_OR_RETURN(const std::string after, KeyOf(question, request.page_token()));
  ASSIGN_OR_RETURN(
      ListStateResponse response, server.database.Read([&](db::Transaction& tx) -> absl::StatusOr<ListStateResponse> {
        ASSIGN_OR_RETURN(const db::Head head, HeadOf(tx, shard));
        ASSIGN_OR_RETURN(ListStateResponse page, server.state(tx, shard, after, limit, request.with_personal()));
        *page.mutable_position() = PositionOf(server, shard, head);
        return page;
      }));
  response.set_next_page_token(TokenOf(question, response.next_page_token()));
  return response;
}

}  // namespace ruraledu::feed
