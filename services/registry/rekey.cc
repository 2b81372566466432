#include "services/registry/rekey.h"

#include "common/domain/area.h"
#include "services/registry/store.h"
#include "services/registry/tables.h"

namespace ruraledu::registry {
namespace {

constexpr int64_t kPerChunk = 500;

// The area of a root as a settable field; null for a root without one.
const google::protobuf::FieldDescriptor* AreaField(const google::protobuf::Message& root) {
  return root.GetDescriptor()->FindFieldByName("area");
}

// Re-keys a page of one table; returns how many.
absl::StatusOr<int64_t> RekeyPage(db::Transaction& tx, const crypto::Sealer& sealer, const rpc::Host& host,
                                  const feed::RootTable& table, std::string_view from, std::string_view to,
                                  const feed::RootWriter::Author& author) {
  ASSIGN_OR_RETURN(auto roots, RootsWithin(tx, sealer, table, RangeOf(from), kPerChunk));
  feed::RootWriter writer(tx, sealer, author, host.NewCounters());
  for (WholeRoot& whole : roots) {
    const std::unique_ptr<google::protobuf::Message> after(whole.root->New());
    after->CopyFrom(*whole.root);
    const auto* field = AreaField(*after);
    const std::string area = after->GetReflection()->GetString(*after, field);
    after->GetReflection()->SetString(after.get(), field, absl::StrCat(to, area.substr(from.size())));
    RETURN_IF_ERROR(writer.Put(table, whole.root.get(), *after, "SCHOOL_MOVED", std::move(whole.extra)).status());
  }
  RETURN_IF_ERROR(writer.Finish().status());
  return static_cast<int64_t>(roots.size());
}

}  // namespace

absl::Status InsertRekeyJob(db::Transaction& tx, std::string_view subject, std::string_view from, std::string_view to) {
  return db::InsertJob(tx, {.shard = tx.shard(),
                            .id = NewId(tx.clock()),
                            .kind = std::string(kRekeyJob),
                            .input = absl::StrCat(from, "|", to),
                            .subject = std::string(subject),
                            .area = std::string(CountyOf(from))});
}

absl::StatusOr<std::string> RunRekey(const rpc::Host& host, db::JobContext& context) {
  const std::string& input = context.job().input;
  const std::string from = input.substr(0, input.find('|'));
  const std::string to = input.substr(input.find('|') + 1);
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(context.job().shard));
  const feed::RootWriter::Author author{absl::StrCat("job:", context.job().id), context.job().id};
  int64_t done = context.job().done_units;
  // What was re-keyed lies outside of the old range, so starting anew after a crash goes on with the rest.
  for (const feed::RootTable* table : {&kClasses, &kStudents, &kTeachers, &kReviews, &kTransfers}) {
    for (int64_t got = kPerChunk; got == kPerChunk;) {
      RETURN_IF_ERROR(context.CheckGoOn());
      RETURN_IF_ERROR(context.Chunk(
          [&](db::Transaction& tx) -> absl::Status {
            ASSIGN_OR_RETURN(got, RekeyPage(tx, *sealer, host, *table, from, to, author));
            return absl::OkStatus();
          },
          "", done, 0));
      done += got;
    }
  }
  return std::string();
}

}  // namespace ruraledu::registry
