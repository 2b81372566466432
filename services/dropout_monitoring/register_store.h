// Children of the registry's copy together with what their households are: one read for many.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/crypto/keys.h"
#include "common/db/db.h"
#include "ruraledu/registry/v1/person.pb.h"

namespace ruraledu::dropout_monitoring {

struct RegisterChild {
  ruraledu::registry::v1::Student student;
  std::vector<std::string> kinds;  // hardship kinds of it and its household that are open on the day
};

// Children of a shard by a condition on the table `pupil p` with its order ("p.id > $2 ORDER BY p.id"); `args` from $2
// on.
absl::StatusOr<std::vector<RegisterChild>> ReadRegister(db::Transaction& tx, crypto::KeyRing& keys,
                                                        const std::string& shard, const std::string& condition,
                                                        std::vector<db::Value> args, absl::CivilDay on);
// One child; PERSON_UNKNOWN, MOVED.
absl::StatusOr<RegisterChild> OneOfRegister(db::Transaction& tx, crypto::KeyRing& keys, const std::string& shard,
                                            const std::string& person, absl::CivilDay on);

}  // namespace ruraledu::dropout_monitoring
