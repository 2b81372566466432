#include "services/student_aid/account_facts.h"

#include "common/base/error.h"

namespace ruraledu::student_aid {
namespace {

namespace registry_v1 = ruraledu::registry::v1;

// Columns of PayablePage::rows.
constexpr size_t kPupil = 5, kPupilBody = 6, kMergedInto = 9, kCard = 10, kRefusal = 11;

}  // namespace

absl::StatusOr<AccountFactsOpener> AccountFactsOpener::Create(const PayablePage& page, crypto::KeyRing& keys,
                                                              std::string_view shard) {
  AccountFactsOpener opener;
  ASSIGN_OR_RETURN(opener.sealer_, keys.SealerOf(shard));
  for (const auto& [digest, rows] : page.sharing) {
    for (const db::Row& row : rows) {
      registry_v1::Student student;
      RETURN_IF_ERROR(feed::ReadRoot(row, 1, kPupils, row.Text(0), opener.sealer_.get(), &student));
      if (!student.moved_to().empty()) {
        continue;  // a pupil of another county now
      }
      Sharer& sharer = opener.sharers_[digest].emplace_back();
      sharer.id = row.Text(0);
      for (const registry_v1::Guardian& guardian : student.guardians()) {
        sharer.guardians.add_guardians(guardian.display_name());
      }
    }
  }
  return opener;
}

absl::StatusOr<OpenedAccount> AccountFactsOpener::Open(const db::Row& row) const {
  OpenedAccount account;
  if (row.IsNull(kPupil)) {
    account.refused = "PERSON_UNKNOWN";
    return account;
  }
  if (!row.Text(kMergedInto).empty()) {
    account.refused = "MERGED";
    return account;
  }
  registry_v1::Student student;
  RETURN_IF_ERROR(feed::ReadRoot(row, kPupilBody, kPupils, row.Text(kPupil), sealer_.get(), &student));
  account.facts.set_pupil(student.display_name());
  account.facts.set_card_number(student.contact().card_number());
  account.facts.set_card_holder(student.contact().card_holder());
  for (const registry_v1::Guardian& guardian : student.guardians()) {
    account.facts.add_guardians(guardian.display_name());
  }
  account.facts.set_refused_by_bank(!row.IsNull(kRefusal));
  const auto sharers = sharers_.find(row.Text(kCard));
  if (sharers != sharers_.end()) {
    for (const Sharer& sharer : sharers->second) {
      if (sharer.id != row.Text(kPupil)) {
        *account.facts.add_shared_with() = sharer.guardians;
      }
    }
  }
  return account;
}

}  // namespace ruraledu::student_aid
