// Erasure of a person whose retention has ended (common/feed/erasure.h, digest 7.7): the registry decides, a service
// follows. Where a person is in the roots of a service stands in its table of own roots (common/feed/own_root.h);
// nothing else is of the service.
//
// First the rows: the person is taken out of roots that list many, page by page; then, in one transaction, classified
// fields of every root about the person and the files that belong to the person. A file to which a root about somebody
// else refers stays: it is that one's evidence too. Then the journal. What stays is who decided what about which person
// id; it cannot be replayed any more.
//
// Roots in the shard of another county go the same way, by a job of that shard, unless the registry has a record of the
// person there, too: then the erasure of that record is waited for.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/db/jobs.h"
#include "common/feed/own_root.h"
#include "common/obs/sampler.h"
#include "common/rpc/resources.h"
#include "ruraledu/registry/v1/person.pb.h"

namespace ruraledu::rpc {

inline constexpr std::string_view kErasePersonJob = "person_erase";

// In the follower's transaction, before the copy of the student is replaced: gives the job, once, when the registry
// says that the student is erased.
absl::Status FollowErasure(db::Transaction& tx, std::string_view service,
                           const ruraledu::registry::v1::Student& student);

// The job, over all kinds of own roots of the service.
absl::StatusOr<std::string> RunErasePerson(const Host& host, absl::Span<const feed::OwnRoot> kinds,
                                           db::JobContext& context);

// Roots about somebody whom no register knows: no register says when their retention ends. They go a number of days
// after they ended, in a job that a probe gives.
inline constexpr std::string_view kEraseUnnamedJob = "unnamed_erase";
using KeepDays = std::function<int(const std::string& shard, absl::CivilDay today)>;
absl::StatusOr<std::string> RunEraseUnnamed(const Host& host, absl::Span<const feed::OwnRoot> kinds,
                                            const KeepDays& keep_days, db::JobContext& context);
// Whether something of a shard that ended on `last` or before is not erased yet. Reads all roots of that sort.
absl::StatusOr<bool> IsUnnamedDue(db::Database& database, absl::Span<const feed::OwnRoot> kinds,
                                  const std::string& shard, absl::CivilDay last);
// `host` outlives it.
obs::Sampler::Probe UnnamedProbe(const Host& host, std::string service, absl::Span<const feed::OwnRoot> kinds,
                                 KeepDays keep_days);

}  // namespace ruraledu::rpc
