#include "services/student_aid/erasure.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/feed/erasure.h"
#include "common/files/content.h"
#include "common/rpc/file_methods.h"
#include "services/student_aid/store.h"
#include "services/student_aid/tables.h"

namespace ruraledu::student_aid {
namespace {

constexpr int64_t kPage = 100;

// "counties/411728/identifications/<person>.2023-2024", or an application's name.
bool IsOf(const v1::NoticeEntry& entry, std::string_view person) {
  const std::string_view id =
      feed::IdOfName(entry.identification().empty() ? entry.application() : entry.identification());
  return id.substr(0, id.find('.')) == person;
}

// The person of the root that an entry of this service's journal carries; "" when it is of nobody.
std::string PersonOf(const google::protobuf::Any& published) {
  const std::string type = published.type_url().substr(published.type_url().rfind('/') + 1);
  const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  const auto* field = descriptor == nullptr ? nullptr : descriptor->FindFieldByName("person");
  if (field == nullptr) {
    return std::string();
  }
  const auto* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor);
  const std::unique_ptr<google::protobuf::Message> root(prototype->New());
  return root->ParseFromString(published.value()) ? root->GetReflection()->GetString(*root, field) : std::string();
}

bool Shows(const v1::Notice& notice, std::string_view person) {
  return std::any_of(notice.entries().begin(), notice.entries().end(),
                     [&](const v1::NoticeEntry& entry) { return IsOf(entry, person) && !entry.masked_name().empty(); });
}

// What the erasure of one person needs.
class Erasure {
 public:
  Erasure(const rpc::Host& host, db::JobContext& context, const crypto::Sealer& sealer)
      : host_(host),
        context_(context),
        sealer_(sealer),
        person_(context.job().input),
        student_(absl::StrCat("counties/", context.job().shard.substr(1), "/students/", person_)) {}

  absl::Status Run() {
    std::vector<std::string> notices;
    if (context_.job().cursor.empty()) {  // the rows are to come
      ASSIGN_OR_RETURN(notices, FindNotices());
    }
    return feed::RunErasure(
        context_, sealer_, [&](db::Transaction& tx) { return EraseRows(tx, notices); },
        [&](const auto& change, const std::string& personal) { return Tells(change, personal); });
  }

 private:
  // Ids of the notices that show the person; none is added once the registry has erased it.
  absl::StatusOr<std::vector<std::string>> FindNotices() {
    std::vector<std::string> found;
    std::string after;
    for (;;) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      ASSIGN_OR_RETURN(const auto page, host_.database.Read([&](db::Transaction& tx) {
        return PageOfNotices(tx, context_.job().shard, after, kPage);
      }));
      if (page.empty()) {
        return found;
      }
      for (const v1::Notice& notice : page) {
        if (Shows(notice, person_)) {
          found.emplace_back(feed::IdOfName(notice.name()));
        }
      }
      after = feed::IdOfName(page.back().name());
    }
  }

  absl::Status EraseRows(db::Transaction& tx, const std::vector<std::string>& notices) {
    feed::RootWriter writer(tx, sealer_, {absl::StrCat("job:", context_.job().id), context_.job().id},
                            host_.NewCounters());
    for (const feed::RootTable* table : OwnRoots()) {
      RETURN_IF_ERROR(EraseRoots(tx, *table, writer));
    }
    for (const std::string& id : notices) {
      RETURN_IF_ERROR(EraseEntries(tx, id, writer));
    }
    RETURN_IF_ERROR(EraseFiles(tx, writer));
    return writer.Finish().status();
  }

  absl::Status EraseRoots(db::Transaction& tx, const feed::RootTable& table, feed::RootWriter& writer) {
    if (std::find(table.columns.begin(), table.columns.end(), "person") == table.columns.end()) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const auto ids, RootsOfPerson(tx, tx.shard(), table, person_));
    for (const std::string& id : ids) {
      const std::unique_ptr<google::protobuf::Message> before(NewRoot(table));
      RETURN_IF_ERROR(feed::LoadRoot(tx, sealer_, table, tx.shard(), id, before.get()).status());
      const std::unique_ptr<google::protobuf::Message> after(before->New());
      after->CopyFrom(*before);
      feed::KeepPublished(*after);
      RETURN_IF_ERROR(writer.Put(table, before.get(), *after, "ERASE").status());
      RETURN_IF_ERROR(DetachFiles(tx, absl::StrCat("counties/", tx.shard().substr(1), "/", table.collection, "/", id)));
    }
    return absl::OkStatus();
  }

  // A root that lost what it says about the person refers to no attachment any more.
  static absl::Status DetachFiles(db::Transaction& tx, const std::string& root) {
    std::string after;
    for (;;) {
      ASSIGN_OR_RETURN(const auto rows, files::FilesOf(tx, tx.shard(), root, after, kPage));
      for (const db::Row& row : rows) {
        after = row.Text(0);
        RETURN_IF_ERROR(files::Detach(tx, after, root));
      }
      if (rows.size() < static_cast<size_t>(kPage)) {
        return absl::OkStatus();
      }
    }
  }

  absl::Status EraseEntries(db::Transaction& tx, const std::string& id, feed::RootWriter& writer) {
    ASSIGN_OR_RETURN(const auto before, feed::Load<v1::Notice>(tx, sealer_, kNotices, tx.shard(), id));
    v1::Notice after = *before;
    for (v1::NoticeEntry& entry : *after.mutable_entries()) {
      if (IsOf(entry, person_)) {
        entry.clear_masked_name();
      }
    }
    return writer.Put(kNotices, &*before, after, "ERASE").status();
  }

  absl::Status EraseFiles(db::Transaction& tx, feed::RootWriter& writer) {
    std::string after;
    for (;;) {
      ASSIGN_OR_RETURN(const auto rows, files::FilesOf(tx, tx.shard(), student_, after, kPage));
      for (const db::Row& row : rows) {
        after = row.Text(0);
        RETURN_IF_ERROR(EraseFile(tx, row, writer));
      }
      if (rows.size() < static_cast<size_t>(kPage)) {
        return absl::OkStatus();
      }
    }
  }

  absl::Status EraseFile(db::Transaction& tx, const db::Row& row, feed::RootWriter& writer) {
    ruraledu::files::v1::File file;
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, rpc::kFiles, row.Text(0), &sealer_, &file));
    if (file.owner() != student_) {
      return absl::OkStatus();
    }
    const auto after = files::Erase(tx, file);
    if (ReasonOf(after.status()) == "FILE_REFERENCED" || ReasonOf(after.status()) == "STATE_TRANSITION") {
      return absl::OkStatus();  // evidence of somebody else, too; erased before
    }
    RETURN_IF_ERROR(after.status());
    return writer.Put(rpc::kFiles, &file, *after, "ERASE").status();
  }

  // Whose change it is stands in the published image, whatever the name of the root.
  bool Tells(const ruraledu::feed::v1::RootChange& change, const std::string& personal) const {
    if (change.after().Is<v1::Notice>()) {
      v1::Notice notice;
      return notice.ParseFromString(personal) && Shows(notice, person_);
    }
    if (change.after().Is<ruraledu::files::v1::File>()) {
      ruraledu::files::v1::File file;
      return change.after().UnpackTo(&file) && file.owner() == student_;
    }
    return PersonOf(change.after()) == person_;
  }

  const rpc::Host& host_;
  db::JobContext& context_;
  const crypto::Sealer& sealer_;
  const std::string person_, student_;
};

}  // namespace

absl::Status InsertErasePerson(db::Transaction& tx, std::string_view person) {
  return InsertOwnJob(tx, kErasePersonJob, std::string(person));
}

absl::StatusOr<std::string> RunErasePerson(const rpc::Host& host, db::JobContext& context) {
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(context.job().shard));
  RETURN_IF_ERROR(Erasure(host, context, *sealer).Run());
  return std::string();
}

}  // namespace ruraledu::student_aid
