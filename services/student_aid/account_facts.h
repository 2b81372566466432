// What the copy of the registry says about the cards of a page of applications, as facts of account_rules.h.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/crypto/keys.h"
#include "services/student_aid/payment_store.h"

namespace ruraledu::student_aid {

struct OpenedAccount {
  std::string refused;  // PERSON_UNKNOWN: the copy has nobody; MERGED: the card of another record counts
  v1::AccountFacts facts;
};

// Pupils who share a card, and what payment asks of a card.
class CardSharers {
 public:
  // `row`: id, body, sealed and version of a pupil with the card of the digest.
  absl::Status Add(const std::string& digest, const db::Row& row, const crypto::Sealer& sealer);
  // `digest` of the pupil's card; "": nobody is known to share it.
  v1::AccountFacts FactsOf(const std::string& person, const ruraledu::registry::v1::Student& student,
                           const std::string& digest, bool refused) const;

 private:
  struct Sharer {
    std::string id;
    v1::SharedWith guardians;
  };
  std::map<std::string, std::vector<Sharer>> sharers_;  // by digest of the card
};

// Opens the pupils of a page one after the other, outside of any transaction. The page outlives it.
class AccountFactsOpener {
 public:
  static absl::StatusOr<AccountFactsOpener> Create(const PayablePage& page, crypto::KeyRing& keys,
                                                   std::string_view shard);
  // `row` is one of the page.
  absl::StatusOr<OpenedAccount> Open(const db::Row& row) const;

 private:
  std::shared_ptr<const crypto::Sealer> sealer_;
  CardSharers sharers_;
};

}  // namespace ruraledu::student_aid
