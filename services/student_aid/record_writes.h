// How the handlers of identification and of applications change records: one at a time, or many in one write with a
// result per row. For *_handlers.cc only.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/rpc/batch_rows.h"
#include "common/rpc/resources.h"
#include "services/student_aid/application_rules.h"
#include "services/student_aid/identification_policy_rules.h"
#include "services/student_aid/identification_rules.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {

// Who acts: the person behind the account, today.
Act ActOf(rpc::Call& call, std::string reason = "");

// The tables by which a record goes: POLICY_SET_UNKNOWN.
absl::StatusOr<const v1::IdentificationPolicy*> PolicyOf(const IdentificationBook& tables,
                                                         const v1::Identification& record);

// Reasons in words and names of persons are short.
inline constexpr size_t kMostText = 2000;  // bytes: 500 characters
inline constexpr size_t kMostName = 800;
// At most 20, of kinds that are known on the day, with names and dates that are some.
void CheckEvidence(const IdentificationBook& tables, absl::CivilDay today,
                   const google::protobuf::RepeatedPtrField<v1::Evidence>& evidence, const std::string& field,
                   Violations* violations);

// At most 20 attachments: FIELD_TOO_MANY.
void CheckFiles(const google::protobuf::RepeatedPtrField<std::string>& files, std::string_view field,
                Violations* violations);
// Makes a root refer to the attachments that it names after a change, and no more to those that it named before it.
// FILE_UNKNOWN, FILE_NOT_CLEAN; then nothing has changed. `call` settles the areas of files that are new; null: of a
// job.
absl::Status Refer(rpc::Call* call, db::Transaction& tx, const crypto::Sealer& sealer, const std::string& root,
                   const std::vector<std::string>& before, const std::vector<std::string>& after);
// The attachments that a record names: of its evidence, its objections and appeals.
template <typename Record>
std::vector<std::string> FilesNamed(const Record& record);
template <>
std::vector<std::string> FilesNamed(const v1::FamilyMessage& message);
// Studying elsewhere, graduates.
template <>
std::vector<std::string> FilesNamed(const v1::OutwardCase& record);
template <>
std::vector<std::string> FilesNamed(const v1::Graduate& record);

// ETAG_MISMATCH, MERGED: what every change of a record that is there checks.
absl::Status CheckPresent(const v1::Identification& before, const std::string& etag);
absl::Status CheckPresent(const v1::Application& before, const std::string& etag);
absl::Status CheckPresent(const v1::FamilyMessage& before, const std::string& etag);
// Studying elsewhere, graduates.
absl::Status CheckPresent(const v1::OutwardCase& before, const std::string& etag);
absl::Status CheckPresent(const v1::Graduate& before, const std::string& etag);

// STATE_TRANSITION for a record for which nothing was applied for yet.
absl::Status CheckBegun(const v1::Identification& record, std::string_view event);

// Identification, Application, FamilyMessage, OutwardCase or Graduate: where it rests.
template <typename Record>
const feed::RootTable& TableOf();
template <>
const feed::RootTable& TableOf<v1::Identification>();
template <>
const feed::RootTable& TableOf<v1::Application>();
template <>
const feed::RootTable& TableOf<v1::FamilyMessage>();
// Studying elsewhere, graduates.
template <>
const feed::RootTable& TableOf<v1::OutwardCase>();
template <>
const feed::RootTable& TableOf<v1::Graduate>();

// Changes one record and whatever the step puts beside it; answers it masked. Errors as rpc::WriteRoot, CheckPresent
// and those of the step.
template <typename Record>
using RecordStep = std::function<absl::Status(db::Transaction& tx, feed::RootWriter& writer, Record& after)>;
template <typename Record>
absl::StatusOr<Record> StepOn(rpc::Call& call, const rpc::Host& host, const std::string& name, const std::string& etag,
                              std::string_view cause, const RecordStep<Record>& step);

// rpc::StepOnRows of records, which refer to the attachments that they name.
template <typename Record, typename Response>
absl::StatusOr<Response> StepOnRows(rpc::Call& call, const rpc::Host& host, std::string_view shard,
                                    std::vector<rpc::BatchRow> rows, std::string_view cause,
                                    const rpc::BatchStep<Record>& step);

// Leaves out who objected, and what might tell it, unless the caller handles objections there.
template <typename Record>
void HideObjectors(rpc::Call& call, std::string_view permission, Record* record) {
  if (call.Holds(permission, record->area())) {
    return;
  }
  for (v1::Objection& objection : *record->mutable_objections()) {
    objection.clear_objector();
    objection.clear_ground();
    objection.clear_files();
  }
}

// All tables of a book, or the one in force in a region and term: FIELD_REQUIRED, TERM_FORMAT, POLICY_MISSING.
template <typename Book, typename Request, typename Policy>
absl::Status ListPolicies(const Book& book, const Request& request, google::protobuf::RepeatedPtrField<Policy>* to) {
  if (request.term().empty() && request.region_code().empty()) {
    to->Assign(book.policies().begin(), book.policies().end());
    std::sort(to->begin(), to->end(), [](const auto& a, const auto& b) { return a.name() < b.name(); });
    return absl::OkStatus();
  }
  Violations violations;
  violations.Require(!request.term().empty(), "term");
  violations.Require(!request.region_code().empty(), "region_code");
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const Term term, ParseTerm(request.term()));
  const Policy* policy = book.InForce(request.region_code(), term);
  if (policy == nullptr) {
    return Fail("POLICY_MISSING", {{"region", request.region_code()}, {"term", request.term()}});
  }
  *to->Add() = *policy;
  return absl::OkStatus();
}

}  // namespace ruraledu::student_aid
