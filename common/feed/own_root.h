// The kinds of roots that a service has, one line each, with what an erasure has to know of them
// (common/rpc/person_erasure.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/feed/root.h"

namespace ruraledu::feed {

// Takes a person out of a root; whether there was anything of the person in it.
using DropPerson = bool (*)(google::protobuf::Message& root, std::string_view person);

// The day on which what a root is about ended; nullopt: it goes on.
using EndedOn = std::optional<absl::CivilDay> (*)(const google::protobuf::Message& root);

template <typename M>
M RootOf(bool (*function)(M& root, std::string_view person));
template <typename M>
M RootOf(std::optional<absl::CivilDay> (*function)(const M& root));
// A function over one kind of root as DropPerson.
template <auto Function>
bool DropFrom(google::protobuf::Message& root, std::string_view person) {
  return Function(static_cast<decltype(RootOf(Function))&>(root), person);
}

// The same as EndedOn.
template <auto Function>
std::optional<absl::CivilDay> EndOf(const google::protobuf::Message& root) {
  return Function(static_cast<const decltype(RootOf(Function))&>(root));
}

// Where a person is in the roots of a kind. Exactly one of `nobody`, `column` and `drop` alone is said of every kind;
// the tests of a service refuse one of which nothing is said.
struct PersonIn {
  bool nobody = false;  // acts and figures of an office: no field is about a child
  // A root is about one person: its column that names the person, by id or resource name; "id": the root's own id.
  // Classified fields go, and its hold on files.
  std::string_view column = "";
  bool leads_id = false;   // ids begin with "<person>." and lie in their order; there is no index by the column
  bool elsewhere = false;  // lies in the shard of another county, too, which may not know the person
  // Alone: a root lists many, the person is taken out of it. With `column`: what goes besides classified fields.
  DropPerson drop = nullptr;
  // It may be about somebody whom no register knows, so that no register ends the retention: the rows that `unnamed`
  // selects (those with an empty column), from the day on which they ended.
  EndedOn ended = nullptr;
  std::string_view unnamed = "";
  // The column, or "id", by which roots of several kinds are about one person before a register knows it. They go
  // together: with the person who it turned out to be, or when the last of them has ended.
  std::string_view key = "";

  constexpr bool stated() const {
    return nobody ? column.empty() && drop == nullptr : !column.empty() || drop != nullptr;
  }
  constexpr bool lists() const { return column.empty() && drop != nullptr; }
};

struct OwnRoot {
  const RootTable* table;
  google::protobuf::Message* (*make)();  // the caller owns it
  PersonIn person;
};

// Ids of the roots of a table in a shard that are about a person, by a column, in order.
absl::StatusOr<std::vector<std::string>> IdsOfPerson(db::Transaction& tx, std::string_view shard,
                                                     const RootTable& table, const PersonIn& in,
                                                     std::string_view person);
// The person of a root by the column of its kind; "" when it is about nobody.
std::string PersonOf(const OwnRoot& kind, const google::protobuf::Message& root, std::string_view id);
// Its key; "" when the kind has none.
std::string KeyOf(const OwnRoot& kind, const google::protobuf::Message& root, std::string_view id);

}  // namespace ruraledu::feed
