// What a service still tells of a person in clear, found by looking at everything that it keeps, and what its table of
// own roots leaves unsaid (common/feed/own_root.h).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/feed/journal.h"
#include "common/feed/own_root.h"
#include "gtest/gtest.h"

namespace ruraledu::testlib {

using Kinds = absl::Span<const feed::OwnRoot>;

// "row <name>" and "journal <name>" of every root and change of a shard whose classified part has the marker in it.
inline std::vector<std::string> KnownOf(db::Database& database, const crypto::Sealer& sealer, const std::string& shard,
                                        Kinds kinds, const std::string& marker) {
  std::vector<std::string> known;
  std::map<std::string, const feed::OwnRoot*> by_type;
  const auto read = database.Read([&](db::Transaction& tx) -> absl::Status {
    known.clear();
    for (const feed::OwnRoot& kind : kinds) {
      std::unique_ptr<google::protobuf::Message> root(kind.make());
      by_type[root->GetDescriptor()->full_name()] = &kind;
      ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat("SELECT id, body, sealed, version FROM ",
                                                              kind.table->table, " WHERE shard = $1 ORDER BY id"),
                                                 shard));
      for (const db::Row& row : rows) {
        root.reset(kind.make());
        RETURN_IF_ERROR(feed::ReadRoot(row, 1, *kind.table, row.Text(0), &sealer, root.get()));
        feed::KeepClassified(*root);
        if (absl::StrContains(root->Utf8DebugString(), marker)) {
          known.push_back(absl::StrCat("row ", kind.table->collection, "/", row.Text(0)));
        }
      }
    }
    for (int64_t after = 0;;) {
      ASSIGN_OR_RETURN(const auto entries, feed::ReadEntries(tx, shard, after, 500, &sealer));
      if (entries.empty()) return absl::OkStatus();
      after = entries.back().seq();
      for (const auto& entry : entries) {
        ruraledu::feed::v1::RootEvent event;
        ruraledu::feed::v1::RootPersonal personal;
        EXPECT_TRUE(event.ParseFromString(entry.body()) && personal.ParseFromString(entry.personal()));
        for (int i = 0; i < personal.changes_size(); ++i) {
          const auto& change = event.changes(i);
          const auto kind = by_type.find(std::string(feed::IdOfName(change.after().type_url())));
          if (kind == by_type.end()) continue;
          std::unique_ptr<google::protobuf::Message> root(kind->second->make());
          EXPECT_TRUE(root->ParseFromString(personal.changes(i)));
          if (absl::StrContains(root->Utf8DebugString(), marker)) {
            known.push_back(absl::StrCat("journal ", change.name()));
          }
        }
      }
    }
  });
  EXPECT_TRUE(read.ok()) << read;
  return known;
}

inline bool IsClassified(const google::protobuf::FieldDescriptor& field) {
  std::unique_ptr<google::protobuf::Message> root(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(field.containing_type())->New());
  const auto* reflection = root->GetReflection();
  if (field.is_repeated() || field.cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
    if (field.cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) return false;
    field.is_repeated() ? reflection->AddMessage(root.get(), &field) : reflection->MutableMessage(root.get(), &field);
  } else {
    reflection->SetString(root.get(), &field, "x");
  }
  feed::KeepPublished(*root);
  return field.is_repeated() ? reflection->FieldSize(*root, &field) == 0 : !reflection->HasField(*root, &field);
}

// What an erasure would get wrong: a kind of which nothing is said, a column that there is not, classified fields of a
// kind that is said to be about nobody, and a table of roots that no kind is of.
inline std::vector<std::string> UnsaidOf(Kinds kinds, absl::Span<const db::Migration> schema) {
  std::vector<std::string> unsaid;
  std::vector<std::string> tables;
  for (const feed::OwnRoot& kind : kinds) {
    const std::string name(kind.table->collection);
    tables.emplace_back(kind.table->table);
    if (!kind.person.stated()) unsaid.push_back(name + ": where is the person?");
    const auto& columns = kind.table->columns;
    const std::string column(kind.person.column);
    if (!column.empty() && column != "id" && std::find(columns.begin(), columns.end(), column) == columns.end()) {
      unsaid.push_back(absl::StrCat(name, ": no column ", column));
    }
    const std::unique_ptr<google::protobuf::Message> root(kind.make());
    for (int i = 0; kind.person.nobody && i < root->GetDescriptor()->field_count(); ++i) {
      const auto* field = root->GetDescriptor()->field(i);
      if (IsClassified(*field)) unsaid.push_back(absl::StrCat(name, ": ", field->name(), " is about nobody?"));
    }
  }
  for (const db::Migration& migration : schema) {
    const std::vector<std::string> statements = absl::StrSplit(std::string(migration.sql), "CREATE TABLE ");
    for (size_t i = 1; i < statements.size(); ++i) {
      const std::string body = statements[i].substr(0, statements[i].find(';'));
      const std::string table = body.substr(0, body.find(' '));
      const bool root = absl::StrContains(body, "sealed BYTEA") && !absl::StrContains(body, "mark BIGINT");
      if (root && std::find(tables.begin(), tables.end(), table) == tables.end()) {
        unsaid.push_back(absl::StrCat("table ", table, ": roots of no kind"));
      }
    }
  }
  return unsaid;
}

}  // namespace ruraledu::testlib
