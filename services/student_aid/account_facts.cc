#include "services/student_aid/account_facts.h"

#include "common/base/error.h"

namespace ruraledu::student_aid {
namespace {

namespace registry_v1 = ruraledu::registry::v1;

// Columns of PayablePage::rows.
constexpr size_t kPupil = 5, kPupilBody = 6, kMergedInto = 9, kCard = 10, kRefusal = 11;

}  // namespace

absl::Status CardSharers::Add(const std::string& digest, const db::Row& row, const crypto::Sealer& sealer) {
  registry_v1::Student student;
  RETURN_IF_ERROR(feed::ReadRoot(row, 1, kPupils, row.Text(0), &sealer, &student));
  if (!student.moved_to().empty()) {
    return absl::OkStatus();  // a pupil of another county now
  }
  Sharer& sharer = sharers_[digest].emplace_back();
  sharer.id = row.Text(0);
  for (const registry_v1::Guardian& guardian : student.guardians()) {
    sharer.guardians.add_guardians(guardian.display_name());
  }
  return absl::OkStatus();
}

v1::AccountFacts CardSharers::FactsOf(const std::string& person, const registry_v1::Student& student,
                                      const std::string& digest, bool refused) const {
  v1::AccountFacts facts;
  facts.set_pupil(student.display_name());
  facts.set_card_number(student.contact().card_number());
  facts.set_card_holder(student.contact().card_holder());
  for (const registry_v1::Guardian& guardian : student.guardians()) {
    facts.add_guardians(guardian.display_name());
  }
  facts.set_refused_by_bank(refused);
  if (const auto sharers = sharers_.find(digest); sharers != sharers_.end()) {
    for (const Sharer& sharer : sharers->second) {
      if (sharer.id != person) {
        *facts.add_shared_with() = sharer.guardians;
      }
    }
  }
  return facts;
}

absl::StatusOr<AccountFactsOpener> AccountFactsOpener::Create(const PayablePage& page, crypto::KeyRing& keys,
                                                              std::string_view shard) {
  AccountFactsOpener opener;
  ASSIGN_OR_RETURN(opener.sealer_, keys.SealerOf(shard));
  for (const auto& [digest, rows] : page.sharing) {
    for (const db::Row& row : rows) {
      RETURN_IF_ERROR(opener.sharers_.Add(digest, row, *opener.sealer_));
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
  account.facts = sharers_.FactsOf(row.Text(kPupil), student, row.Text(kCard), !row.IsNull(kRefusal));
  return account;
}

}  // namespace ruraledu::student_aid
