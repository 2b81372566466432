#include "services/student_aid/pupil_files.h"

#include "common/base/enum_text.h"
#include "common/files/content.h"
#include "common/rpc/file_methods.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {

absl::Status CheckPupilFile(db::Transaction& tx, const crypto::Sealer& sealer, const std::string& file,
                            std::string_view person) {
  ASSIGN_OR_RETURN(const auto found,
                   feed::Load<ruraledu::files::v1::File>(tx, sealer, rpc::kFiles, tx.shard(), feed::IdOfName(file)));
  if (!found.has_value() || found->name() != file) {
    return Fail("FILE_UNKNOWN", {{"name", file}});
  }
  ASSIGN_OR_RETURN(const std::string owner, WhoStays(tx, tx.shard(), std::string(feed::IdOfName(found->owner()))));
  if (owner != person) {
    return Fail("FILE_UNKNOWN", {{"name", file}});
  }
  return found->state() == ruraledu::files::v1::FILE_STATE_CLEAN
             ? absl::OkStatus()
             : Fail("FILE_NOT_CLEAN", {{"state", EnumText(found->state())}});
}

}  // namespace ruraledu::student_aid
