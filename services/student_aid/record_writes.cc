#include "services/student_aid/record_writes.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "common/files/content.h"
#include "common/rpc/file_methods.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr int kMostEvidence = 20;
constexpr std::string_view kReadFiles = "student_aid.files.read";

template <typename Record>
absl::StatusOr<Record> Reread(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer,
                              const std::string& name) {
  ASSIGN_OR_RETURN(auto record, feed::Load<Record>(tx, sealer, TableOf<Record>(), tx.shard(), feed::IdOfName(name)));
  if (!record.has_value()) {
    return call.CheckMissing(name);
  }
  RETURN_IF_ERROR(call.CheckArea(record->area(), name));
  return *std::move(record);
}

}  // namespace

Act ActOf(rpc::Call& call, std::string reason) {
  const auto& access = call.caller().access;
  const bool person = access != nullptr && !access->person.empty();
  return {person ? access->person : call.caller().subject, call.clock().Today(), std::move(reason)};
}

absl::StatusOr<const v1::IdentificationPolicy*> PolicyOf(const IdentificationBook& tables,
                                                         const v1::Identification& record) {
  const v1::IdentificationPolicy* policy = tables.Find(record.policy());
  return policy != nullptr ? absl::StatusOr<const v1::IdentificationPolicy*>(policy)
                           : Fail("POLICY_SET_UNKNOWN", {{"name", record.policy()}});
}

void CheckEvidence(const IdentificationBook& tables, absl::CivilDay today,
                   const google::protobuf::RepeatedPtrField<v1::Evidence>& evidence, const std::string& field,
                   Violations* violations) {
  violations->MostElements(field, evidence.size(), kMostEvidence);
  for (int i = 0; i < evidence.size(); ++i) {
    const std::string at = absl::StrCat(field, "[", i, "]");
    if (tables.evidence().Find(evidence.Get(i).kind(), today) == nullptr) {
      violations->Add(absl::StrCat(at, ".kind"), "CODE_UNKNOWN", {{"list", "evidence_kind"}});
    }
    violations->MostBytes(absl::StrCat(at, ".file_name"), evidence.Get(i).file_name(), kMostName);
    DayOf(evidence.Get(i).dated_on(), absl::StrCat(at, ".dated_on"), violations);
  }
}

void CheckFiles(const google::protobuf::RepeatedPtrField<std::string>& files, std::string_view field,
                Violations* violations) {
  violations->MostElements(field, files.size(), kMostEvidence);
}

absl::Status Refer(rpc::Call* call, db::Transaction& tx, const crypto::Sealer& sealer, const std::string& root,
                   const std::vector<std::string>& before, const std::vector<std::string>& after) {
  const std::set<std::string> was(before.begin(), before.end()), is(after.begin(), after.end());
  std::vector<std::string> fresh;
  std::set_difference(is.begin(), is.end(), was.begin(), was.end(), std::back_inserter(fresh));
  for (const std::string& name : fresh) {
    ASSIGN_OR_RETURN(const auto file,
                     feed::Load<ruraledu::files::v1::File>(tx, sealer, rpc::kFiles, tx.shard(), feed::IdOfName(name)));
    // Nobody learns of files of other areas.
    if (!file.has_value() || file->name() != name || (call != nullptr && !call->Holds(kReadFiles, file->area()))) {
      return Fail("FILE_UNKNOWN", {{"name", name}});
    }
    if (file->state() != ruraledu::files::v1::FILE_STATE_CLEAN) {
      return Fail("FILE_NOT_CLEAN", {{"state", EnumText(file->state())}});
    }
  }
  for (const std::string& name : fresh) {
    RETURN_IF_ERROR(files::Attach(tx, feed::IdOfName(name), root));
  }
  for (const std::string& name : was) {
    if (!is.contains(name)) {
      RETURN_IF_ERROR(files::Detach(tx, feed::IdOfName(name), root));
    }
  }
  return absl::OkStatus();
}

template <typename Record>
std::vector<std::string> FilesNamed(const Record& record) {
  std::vector<std::string> names;
  for (const v1::Evidence& evidence : record.evidence()) {
    if (!evidence.file().empty()) {
      names.push_back(evidence.file());
    }
  }
  for (const v1::Objection& objection : record.objections()) {
    names.insert(names.end(), objection.files().begin(), objection.files().end());
  }
  for (const v1::Appeal& appeal : record.appeals()) {
    names.insert(names.end(), appeal.files().begin(), appeal.files().end());
  }
  return names;
}
template std::vector<std::string> FilesNamed(const v1::Identification&);
template std::vector<std::string> FilesNamed(const v1::Application&);
template <>
std::vector<std::string> FilesNamed(const v1::FamilyMessage&) {
  return {};
}
// Studying elsewhere, graduates: they name papers, not attachments.
template <>
std::vector<std::string> FilesNamed(const v1::OutwardCase&) {
  return {};
}
template <>
std::vector<std::string> FilesNamed(const v1::Graduate&) {
  return {};
}

absl::Status CheckPresent(const v1::Identification& before, const std::string& etag) {
  RETURN_IF_ERROR(feed::CheckEtag(etag, before.etag()));
  return before.set_aside() ? Fail("MERGED", {{"name", "the record of the person who stays"}}) : absl::OkStatus();
}

absl::Status CheckPresent(const v1::Application& before, const std::string& etag) {
  return feed::CheckEtag(etag, before.etag());
}
// Studying elsewhere, graduates.
absl::Status CheckPresent(const v1::OutwardCase& before, const std::string& etag) {
  return feed::CheckEtag(etag, before.etag());
}
absl::Status CheckPresent(const v1::Graduate& before, const std::string& etag) {
  return feed::CheckEtag(etag, before.etag());
}

absl::Status CheckPresent(const v1::FamilyMessage& before, const std::string& etag) {
  return feed::CheckEtag(etag, before.etag());
}

absl::Status CheckBegun(const v1::Identification& record, std::string_view event) {
  return record.has_input()
             ? absl::OkStatus()
             : Fail("STATE_TRANSITION",
                    {{"machine", kIdentificationStates.name()}, {"from", EnumText(record.state())}, {"event", event}});
}

template <>
const feed::RootTable& TableOf<v1::Identification>() {
  return kIdentifications;
}
template <>
const feed::RootTable& TableOf<v1::Application>() {
  return kApplications;
}
template <>
const feed::RootTable& TableOf<v1::FamilyMessage>() {
  return kFamilyMessages;
}
// Studying elsewhere, graduates.
template <>
const feed::RootTable& TableOf<v1::OutwardCase>() {
  return kOutwardCases;
}
template <>
const feed::RootTable& TableOf<v1::Graduate>() {
  return kGraduates;
}

template <typename Record>
absl::StatusOr<Record> StepOn(rpc::Call& call, const rpc::Host& host, const std::string& name, const std::string& etag,
                              std::string_view cause, const RecordStep<Record>& step) {
  const feed::RootTable& table = TableOf<Record>();
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(name, table.collection));
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  return rpc::Write(
      call, host.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const Record before, Reread<Record>(call, tx, *sealer, name));
        RETURN_IF_ERROR(CheckPresent(before, etag));
        Record after = before;
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host.NewCounters());
        RETURN_IF_ERROR(step(tx, writer, after));
        RETURN_IF_ERROR(Refer(&call, tx, *sealer, name, FilesNamed(before), FilesNamed(after)));
        RETURN_IF_ERROR(writer.Put(table, &before, after, cause).status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{name, version};
      },
      [&](db::Transaction& tx, const std::string& written) -> absl::StatusOr<Record> {
        ASSIGN_OR_RETURN(Record record, Reread<Record>(call, tx, *sealer, written));
        rpc::MaskRoot(record);
        return record;
      });
}

template <typename Record, typename Response>
absl::StatusOr<Response> StepOnRows(rpc::Call& call, const rpc::Host& host, std::string_view shard,
                                    std::vector<rpc::BatchRow> rows, std::string_view cause,
                                    const rpc::BatchStep<Record>& step) {
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  const rpc::BatchStep<Record> referring = [&](db::Transaction& tx, size_t row, const Record* before,
                                               Record& after) -> absl::Status {
    RETURN_IF_ERROR(step(tx, row, before, after));
    return Refer(&call, tx, *sealer, rows[row].name,
                 before == nullptr ? std::vector<std::string>() : FilesNamed(*before), FilesNamed(after));
  };
  return rpc::StepOnRows<Record, Response>(call, host, shard, TableOf<Record>(), rows, cause, referring);
}

#define RURALEDU_WRITES_OF(Record, Response)                                                                           \
  template absl::StatusOr<Record> StepOn<Record>(rpc::Call&, const rpc::Host&, const std::string&, const std::string&, \
                                                 std::string_view, const RecordStep<Record>&);                         \
  template absl::StatusOr<Response> StepOnRows<Record, Response>(rpc::Call&, const rpc::Host&, std::string_view,       \
                                                                 std::vector<rpc::BatchRow>, std::string_view,         \
                                                                 const rpc::BatchStep<Record>&)
RURALEDU_WRITES_OF(v1::Identification, v1::BatchIdentificationsResponse);
RURALEDU_WRITES_OF(v1::Application, v1::BatchApplicationsResponse);
RURALEDU_WRITES_OF(v1::FamilyMessage, v1::BatchRecordDeliveriesResponse);
// Studying elsewhere, graduates.
RURALEDU_WRITES_OF(v1::OutwardCase, v1::BatchOutwardCasesResponse);
RURALEDU_WRITES_OF(v1::Graduate, v1::BatchGraduatesResponse);

}  // namespace ruraledu::student_aid
