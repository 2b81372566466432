// The copies of the registry's roots.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/domain/shard.h"
#include "common/feed/copy.h"
#include "services/student_aid/payment_store.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr size_t kMostAliases = 64;  // merges never form a ring; a damaged copy might

// Upsert of a copy of a root that has nothing to seal.
template <typename M>
absl::Status PutOpen(db::Transaction& tx, std::string_view table, const M& root, const Seen& seen) {
  const feed::Rested rested{root.SerializeAsString(), ""};
  return feed::PutCopy(tx, table, feed::IdOfName(root.name()), {}, &rested, seen);
}

// Of guardians the names, of the contact the card: what payment checks.
void KeepAccount(registry_v1::Student* student) {
  for (registry_v1::Guardian& guardian : *student->mutable_guardians()) {
    registry_v1::Guardian named;
    named.set_display_name(guardian.display_name());
    guardian = std::move(named);
  }
  if (student->has_contact()) {
    registry_v1::Contact card;
    card.set_card_number(student->contact().card_number());
    card.set_card_holder(student->contact().card_holder());
    *student->mutable_contact() = std::move(card);
  }
}

}  // namespace

absl::Status PutPupil(db::Transaction& tx, const crypto::Sealer& sealer, const registry_v1::Student& student,
                      std::string_view card_digest, const Seen& seen) {
  registry_v1::Student copy = student;
  copy.clear_student_numbers();
  KeepAccount(&copy);
  copy.clear_disability();
  copy.clear_health();
  copy.clear_ethnic_group();
  copy.clear_sex();
  const feed::Rested rested = feed::Rest(sealer, kPupils, copy.name(), copy);
  const std::string_view person = feed::IdOfName(student.name());
  const auto household_shard = student.household().empty() ? "" : ShardOfName(student.household()).value_or("");
  return feed::PutCopy(tx, "pupil", person,
                       {{"claim_shard", PersonShard(person)},
                        {"area", student.area()},
                        {"display_name", student.display_name()},
                        {"merged_into", std::string(feed::IdOfName(student.merged_into()))},
                        {"household_shard", household_shard},
                        {"household_id", std::string(feed::IdOfName(student.household()))},
                        {"card_digest", std::string(card_digest)}},
                       &rested, seen);
}

absl::Status PutSchool(db::Transaction& tx, const registry_v1::School& school, const Seen& seen) {
  return PutOpen(tx, "school", school, seen);
}

absl::Status PutHousehold(db::Transaction& tx, const crypto::Sealer& sealer, const registry_v1::Household& household,
                          const Seen& seen) {
  registry_v1::Household copy = household;
  copy.clear_source_number();
  for (auto& member : *copy.mutable_members()) {
    member.clear_display_name();
  }
  const feed::Rested rested = feed::Rest(sealer, kHouseholds, copy.name(), copy);
  return feed::PutCopy(tx, "household", feed::IdOfName(household.name()), {}, &rested, seen);
}

absl::Status PutCalendar(db::Transaction& tx, const registry_v1::Calendar& calendar, const Seen& seen) {
  return PutOpen(tx, "work_calendar", calendar, seen);
}

absl::StatusOr<std::optional<PupilPlace>> FindPupil(db::Transaction& tx, std::string_view shard,
                                                    std::string_view person) {
  ASSIGN_OR_RETURN(
      const auto row,
      tx.QueryOne("SELECT area, display_name, merged_into, version FROM pupil WHERE shard = $1 AND id = $2", shard,
                  person));
  return row.has_value() ? std::optional(PupilPlace{row->Text(0), row->Text(1), row->Text(2), row->Int(3)})
                         : std::nullopt;
}

absl::StatusOr<std::optional<std::string>> AreaOfFileOwner(db::Transaction& tx, std::string_view owner) {
  const std::vector<std::string> parts = absl::StrSplit(std::string(owner), '/');
  const auto shard = ShardOfName(owner);
  const bool county = parts.size() == 4 && parts[0] == "counties" && shard.ok();
  if (county && parts[2] == kPaymentBatches.collection) {
    return AreaOfPaymentBatch(tx, *shard, parts[3]);
  }
  if (county && parts[2] == kAccountChecks.collection) {
    return AreaOfAccountCheck(tx, *shard, parts[3]);
  }
  if (county && parts[2] == kMirrorExports.collection) {
    return feed::AreaOfRoot(tx, kMirrorExports, *shard, parts[3]);
  }
  if (county && parts[2] == kDepartmentAidLists.collection) {
    return feed::AreaOfRoot(tx, kDepartmentAidLists, *shard, parts[3]);
  }
  if (county && parts[2] == kFactEnquiries.collection) {
    return feed::AreaOfRoot(tx, kFactEnquiries, *shard, parts[3]);
  }
  if (!county || parts[2] != "students") {
    return Fail("FILE_OWNER",
                {{"allowed",
                  "counties/{county}/students/{student}, counties/{county}/paymentBatches/{batch}, "
                  "counties/{county}/accountChecks/{check}, counties/{county}/mirrorExports/{export}, "
                  "counties/{county}/departmentAidLists/{list}, counties/{county}/factEnquiries/{enquiry}"}});
  }
  ASSIGN_OR_RETURN(const auto pupil, FindPupil(tx, *shard, parts[3]));
  return pupil.has_value() ? std::optional(pupil->area) : std::nullopt;
}

absl::StatusOr<std::string> MergedInto(db::Transaction& tx, std::string_view person) {
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT merged_into FROM pupil WHERE shard = $1 AND id = $2", tx.shard(), person));
  return row.has_value() ? row->Text(0) : std::string();
}

absl::StatusOr<std::vector<std::string>> AliasesOf(db::Transaction& tx, std::string_view shard,
                                                   std::string_view person) {
  std::vector<std::string> all, now = {std::string(person)};
  while (!now.empty() && all.size() < kMostAliases) {
    std::vector<std::string> next;
    for (const std::string& one : now) {
      ASSIGN_OR_RETURN(const auto rows,
                       tx.Query("SELECT id FROM pupil WHERE shard = $1 AND merged_into = $2 AND merged_into <> '' "
                                "ORDER BY id",
                                shard, one));
      for (const db::Row& row : rows) {
        next.push_back(row.Text(0));
      }
    }
    all.insert(all.end(), next.begin(), next.end());
    now = std::move(next);
  }
  return all;
}

}  // namespace ruraledu::student_aid
