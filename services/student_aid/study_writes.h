// What the handlers of studies and tracked aid share. For *_handlers.cc only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/rpc/resources.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {

// Somebody of the transaction's county; the person who stays of those that were merged.
struct FoundPerson {
  std::string id;
  PupilPlace place;
};
// `student`: resource name or person id. nullopt: the county has nobody of the id. Errors: those of CheckArea.
absl::StatusOr<std::optional<FoundPerson>> FindPerson(rpc::Call& call, db::Transaction& tx, const std::string& student);

// Roots of one write that several of its rows may change: loaded once, put once.
template <typename M>
class Roots {
 public:
  // All of it outlives this.
  Roots(db::Transaction& tx, const crypto::Sealer& sealer, const feed::RootTable& table)
      : tx_(tx), sealer_(sealer), table_(table) {}

  // As it is by now; a new one has no name.
  absl::StatusOr<M*> Get(const std::string& id) {
    auto found = roots_.find(id);
    if (found == roots_.end()) {
      ASSIGN_OR_RETURN(const auto before, feed::Load<M>(tx_, sealer_, table_, tx_.shard(), id));
      found = roots_.emplace(id, std::pair(before, before.value_or(M()))).first;
    }
    return &found->second.second;
  }
  absl::Status Put(feed::RootWriter& writer, std::string_view cause) {
    for (const auto& [id, images] : roots_) {
      const auto& [before, after] = images;
      if (!after.name().empty()) {
        RETURN_IF_ERROR(writer.Put(table_, before.has_value() ? &*before : nullptr, after, cause).status());
      }
    }
    return absl::OkStatus();
  }

 private:
  db::Transaction& tx_;
  const crypto::Sealer& sealer_;
  const feed::RootTable& table_;
  std::map<std::string, std::pair<std::optional<M>, M>> roots_;  // by id: as it was, as it is
};

}  // namespace ruraledu::student_aid
