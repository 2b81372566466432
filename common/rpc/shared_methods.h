// The methods that every service has: feed and jobs. Each is one line in a service's handlers.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/db/jobs.h"
#include "common/feed/heads.h"
#include "common/feed/serve.h"
#include "common/rpc/resources.h"
#include "common/rpc/stream.h"
#include "ruraledu/jobs/v1/jobs.pb.h"

namespace ruraledu::rpc {

struct SharedMethods {
  const Host& host;
  feed::HeadPoller& heads;
  std::string service;                              // "registry"
  feed::StateReader state;                          // usually feed::ListRootState over the service's tables
  std::map<std::string, std::string> result_types;  // kind of a job -> full name of its result message
};

absl::StatusOr<ruraledu::feed::v1::ListShardsResponse> ListShards(const SharedMethods& shared, Call& call,
                                                                  const ruraledu::feed::v1::ListShardsRequest& request);
// `with_personal` needs "<service>.feed.personal" over the shard's area: PERMISSION_DENIED otherwise.
absl::StatusOr<ruraledu::feed::v1::ListJournalResponse> ListJournal(
    const SharedMethods& shared, Call& call, const ruraledu::feed::v1::ListJournalRequest& request);
absl::StatusOr<std::unique_ptr<StreamSource<ruraledu::feed::v1::StreamJournalResponse>>> StreamJournal(
    const SharedMethods& shared, Call& call, const ruraledu::feed::v1::StreamJournalRequest& request);
absl::StatusOr<ruraledu::feed::v1::ListStateResponse> ListState(const SharedMethods& shared, Call& call,
                                                                const ruraledu::feed::v1::ListStateRequest& request);

// Signatures of the audit administrator over heads. FEED_REPLACED for a head that this journal never had,
// SIGNATURE_INVALID for what is no signature at all; whose key it is, is found out offline.
absl::StatusOr<ruraledu::feed::v1::SignedHead> SignHead(const SharedMethods& shared, Call& call,
                                                        const ruraledu::feed::v1::SignHeadRequest& request);
absl::StatusOr<ruraledu::feed::v1::ListSignedHeadsResponse> ListSignedHeads(
    const SharedMethods& shared, Call& call, const ruraledu::feed::v1::ListSignedHeadsRequest& request);

absl::StatusOr<ruraledu::jobs::v1::Job> GetJob(const SharedMethods& shared, Call& call,
                                               const ruraledu::jobs::v1::GetJobRequest& request);
absl::StatusOr<ruraledu::jobs::v1::ListJobsResponse> ListJobs(const SharedMethods& shared, Call& call,
                                                              const ruraledu::jobs::v1::ListJobsRequest& request);
absl::StatusOr<ruraledu::jobs::v1::Job> CancelJob(const SharedMethods& shared, Call& call,
                                                  const ruraledu::jobs::v1::CancelJobRequest& request);

// Starts a job within a write: inserts the row with the caller as subject. The name of the answer is
// "<parent>/jobs/<id>".
absl::StatusOr<ruraledu::jobs::v1::Job> StartJob(const SharedMethods& shared, Call& call, const std::string& parent,
                                                 std::string_view kind, const google::protobuf::Message& input,
                                                 const std::function<absl::Status(db::Transaction&)>& check = nullptr);

// A job as callers see it.
ruraledu::jobs::v1::Job JobMessage(const SharedMethods& shared, const db::JobRow& row);

}  // namespace ruraledu::rpc
