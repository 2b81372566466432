#include "services/registry/rekey.h"

#include "common/domain/area.h"
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
  const AreaRange range = RangeOf(from);
  // Extra columns stay as they are: they follow the ones that `values` gives.
  const std::unique_ptr<google::protobuf::Message> sample(NewRoot(table));
  const size_t given = table.values(*sample).size();
  std::string extras;
  for (size_t i = given; i < table.columns.size(); ++i) {
    absl::StrAppend(&extras, ", ", table.columns[i]);
  }
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query(absl::StrCat("SELECT id, body, sealed, version", extras, " FROM ", table.table,
                                         " WHERE shard = $1 AND area >= $2 AND area < $3 ORDER BY id LIMIT $4"),
                            tx.shard(), range.lo, range.hi, kPerChunk));
  feed::RootWriter writer(tx, sealer, author, host.NewCounters());
  for (const db::Row& row : rows) {
    const std::unique_ptr<google::protobuf::Message> before(NewRoot(table));
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, table, row.Text(0), &sealer, before.get()));
    const std::unique_ptr<google::protobuf::Message> after(before->New());
    after->CopyFrom(*before);
    const auto* field = AreaField(*after);
    const std::string area = after->GetReflection()->GetString(*after, field);
    after->GetReflection()->SetString(after.get(), field, absl::StrCat(to, area.substr(from.size())));
    std::vector<db::Value> extra;
    for (size_t i = 4; i < row.size(); ++i) {
      extra.push_back(row.Text(i));
    }
    RETURN_IF_ERROR(writer.Put(table, before.get(), *after, "SCHOOL_MOVED", std::move(extra)).status());
  }
  RETURN_IF_ERROR(writer.Finish().status());
  return static_cast<int64_t>(rows.size());
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
