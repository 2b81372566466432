// The resource methods that every service has - Get, List, Create, Update of roots (common/feed/root.h) - so that a
// handler states only what is its own: the rule, and what the answer shows. The steps are those of every handler:
// check, load, decide, save, answer.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/crypto/keys.h"
#include "common/domain/shard.h"
#include "common/feed/root.h"
#include "common/rpc/call.h"
#include "google/protobuf/field_mask.pb.h"

namespace ruraledu::rpc {

// What the handlers of every service stand on.
struct Host {
  db::Database& database;
  crypto::KeyRing& keys;
  const Clock& clock;
  // Makes the observer that keeps the counters of the dashboards in the same transaction; unset: no counters.
  std::function<std::unique_ptr<feed::RootObserver>()> counters;

  std::unique_ptr<feed::RootObserver> NewCounters() const { return counters ? counters() : nullptr; }
};

// NAME_INVALID unless `name` is "<parent>/<collection>/<id>" with a parent that names a shard. Returns the shard.
absl::StatusOr<std::string> ShardOf(std::string_view name, std::string_view collection);

// "counties/411728/..." -> "411728".
std::string_view CountyOfParent(std::string_view name);

// An id for what a write creates, made of subject, method and request_id: a repeated request finds what its first try
// made.
std::string StableId(Call& call);

// Classified fields as somebody without the right to see them gets them (digest 7.7): names and identity numbers
// masked, dates cut to the year, everything else of class PERSONAL, IDENTIFIER, SENSITIVE left out; a bool field
// `masked` is set.
void MaskRoot(google::protobuf::Message& root);

// Opaque page tokens, bound to the request's filter: PAGE_TOKEN for a token of another filter or a damaged one.
std::string PageToken(std::string_view filter, const std::vector<std::string>& key);
absl::StatusOr<std::vector<std::string>> PageKey(std::string_view filter, std::string_view token, size_t parts);
// For pages by one key: the key, "" for the first page. PAGE_TOKEN.
absl::StatusOr<std::string> PageAfter(std::string_view filter, std::string_view token);
// 0 -> 50, capped at 1000; negative: PAGE_SIZE.
absl::StatusOr<int64_t> PageSize(int32_t asked);
// A request without page_size and page_token, serialized: what a token is bound to.
std::string FilterOf(const google::protobuf::Message& request);

// Copies the fields named by `mask` (or, without one, all that are set) from `from` to `to`; fields marked output_only
// and the name stay. A path goes into parts that are not repeated: "contact.card_number" leaves the rest of the
// contact. FIELD_UNKNOWN for a path that leads to no field.
absl::Status ApplyMask(const google::protobuf::Message& from, const google::protobuf::FieldMask& mask,
                       google::protobuf::Message* to);

// One root. Missing and foreign ones are answered by Call::CheckMissing and CheckArea.
template <typename M, typename AreaOf>
absl::StatusOr<M> GetRoot(Call& call, const Host& host, const feed::RootTable& table, const std::string& name,
                          AreaOf area_of) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOf(name, table.collection));
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  return host.database.Read(
      [&](db::Transaction& tx) -> absl::StatusOr<M> {
        ASSIGN_OR_RETURN(auto root, feed::Load<M>(tx, *sealer, table, shard, feed::IdOfName(name)));
        if (!root.has_value()) {
          return call.CheckMissing(name);
        }
        RETURN_IF_ERROR(call.CheckArea(area_of(*root), name));
        return *std::move(root);
      },
      {.deadline = call.deadline()});
}

// Filter and order of a list. `order` are NOT NULL text columns, paging is by (order..., id).
struct ListSpec {
  std::string_view area_column;  // column compared with the caller's areas
  std::vector<std::string_view> order;
  std::vector<std::pair<std::string, db::Value>> equal;  // column = value
  std::vector<AreaRange> within;  // narrower ranges of area_column, e.g. one township; empty: the caller's
  // A further condition out of the store; appends its values.
  std::function<std::string(std::vector<db::Value>* args)> also = nullptr;
};

// "areas/411728103" -> ranges for ListSpec::within; nothing for "". NAME_INVALID.
absl::StatusOr<std::vector<AreaRange>> WithinArea(const std::string& area);

// What a list does with each root, in its order.
using AddRoot = std::function<absl::Status(const db::Row& row, size_t column, const std::string& id)>;

// Into a field of the answer: masked, or in clear with a sealer, which a caller gets after JournalUnmask only.
template <typename M>
AddRoot AddTo(google::protobuf::RepeatedPtrField<M>* field, const feed::RootTable& table,
              const crypto::Sealer* in_clear = nullptr) {
  return [field, &table, in_clear](const db::Row& row, size_t column, const std::string& id) -> absl::Status {
    M* root = field->Add();
    RETURN_IF_ERROR(feed::ReadRoot(row, column, table, id, in_clear, root));
    if (in_clear == nullptr) {
      MaskRoot(*root);
    }
    return absl::OkStatus();
  };
}

// A page of roots; the next page's token.
absl::StatusOr<std::string> ListRoots(Call& call, const Host& host, const feed::RootTable& table,
                                      const std::string& parent, const ListSpec& spec,
                                      const google::protobuf::Message& request, int32_t page_size,
                                      const std::string& page_token, const AddRoot& add);

template <typename M, typename Request, typename Response>
absl::StatusOr<Response> ListRoots(Call& call, const Host& host, const feed::RootTable& table, const ListSpec& spec,
                                   const Request& request,
                                   google::protobuf::RepeatedPtrField<M>* (Response::*field)()) {
  Response response;
  ASSIGN_OR_RETURN(*response.mutable_next_page_token(),
                   ListRoots(call, host, table, request.parent(), spec, request, request.page_size(),
                             request.page_token(), AddTo((response.*field)(), table)));
  return response;
}

// What a write needs to know of a root type.
template <typename M>
struct RootKind {
  const feed::RootTable& table;
  std::function<std::string(const M&)> area_of;  // "" when the type has no area
  // Values of the table's extra columns.
  std::function<std::vector<db::Value>(const M&)> extra;
  // What the answer shows; default: masked.
  std::function<void(M&)> show = [](M& root) { MaskRoot(root); };
};

// Changes or creates one root: loads it, checks its area, lets `decide(tx, before, after)` apply the rule to `after` (a
// copy of the present root, or an empty one when `create`), saves, answers. `before` is null when `create`.
template <typename M, typename Decide>
absl::StatusOr<M> WriteRoot(Call& call, const Host& host, const RootKind<M>& kind, const std::string& name, bool create,
                            std::string_view cause, Decide decide) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOf(name, kind.table.collection));
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  const auto load = [&](db::Transaction& tx, const std::string& wanted) -> absl::StatusOr<M> {
    ASSIGN_OR_RETURN(auto root, feed::Load<M>(tx, *sealer, kind.table, shard, feed::IdOfName(wanted)));
    if (!root.has_value()) {
      return call.CheckMissing(wanted);
    }
    RETURN_IF_ERROR(call.CheckArea(kind.area_of(*root), wanted));
    return *std::move(root);
  };
  return Write(
      call, host.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<Written> {
        std::optional<M> before;
        if (!create) {
          ASSIGN_OR_RETURN(before, load(tx, name));
        }
        M after = create ? M() : *before;
        after.set_name(name);
        RETURN_IF_ERROR(decide(tx, before.has_value() ? &*before : nullptr, after));
        RETURN_IF_ERROR(call.CheckArea(kind.area_of(after), name));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host.NewCounters());
        RETURN_IF_ERROR(writer
                            .Put(kind.table, before.has_value() ? &*before : nullptr, after, cause,
                                 kind.extra ? kind.extra(after) : std::vector<db::Value>())
                            .status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return Written{name, version};
      },
      [&](db::Transaction& tx, const std::string& written) -> absl::StatusOr<M> {
        ASSIGN_OR_RETURN(M root, load(tx, written));
        kind.show(root);
        return root;
      });
}

}  // namespace ruraledu::rpc
