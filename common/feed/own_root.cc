#include "common/feed/own_root.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace ruraledu::feed {
namespace {

// What a column, or "id", says of a root, as an id; "" for no column.
std::string ColumnOf(const OwnRoot& kind, std::string_view column, const google::protobuf::Message& root,
                     std::string_view id) {
  if (column == "id") {
    return std::string(id);
  }
  const auto& columns = kind.table->columns;
  const auto at = std::find(columns.begin(), columns.end(), column) - columns.begin();
  const std::vector<db::Value> values = kind.table->values(root);
  const auto* text =
      at < static_cast<ptrdiff_t>(values.size()) ? std::get_if<std::string>(&values[static_cast<size_t>(at)]) : nullptr;
  return text == nullptr ? std::string() : std::string(IdOfName(*text));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> IdsOfPerson(db::Transaction& tx, std::string_view shard,
                                                     const RootTable& table, const PersonIn& in,
                                                     std::string_view person) {
  const std::string select = absl::StrCat("SELECT id FROM ", table.table, " WHERE shard = $1 AND ");
  ASSIGN_OR_RETURN(const auto rows,
                   in.leads_id ? tx.Query(absl::StrCat(select, "id >= $2 AND id < $3 ORDER BY id"), shard,
                                          absl::StrCat(person, "."), absl::StrCat(person, "/"))
                               : tx.Query(absl::StrCat(select, in.column, " = $2 ORDER BY id"), shard, person));
  std::vector<std::string> ids;
  for (const db::Row& row : rows) {
    ids.push_back(row.Text(0));
  }
  return ids;
}

std::string PersonOf(const OwnRoot& kind, const google::protobuf::Message& root, std::string_view id) {
  return ColumnOf(kind, kind.person.column, root, id);
}

std::string KeyOf(const OwnRoot& kind, const google::protobuf::Message& root, std::string_view id) {
  return ColumnOf(kind, kind.person.key, root, id);
}

}  // namespace ruraledu::feed
