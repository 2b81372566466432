// The copy of the registry: what the journal tells, what a resync leaves, what accounts may do.
#include "common/domain/shard.h"
#include "tests/student_aid/fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class FollowerTest : public AidTest, public ::testing::WithParamInterface<const char*> {
 protected:
  FollowerTest() {
    db::Options options;
    if (std::string(GetParam()) == "Postgres") {
      options.url = "postgres:" + testlib::Postgres::Get().NewSchema();
    }
    copy = std::make_unique<Aid>(own, registry, options);
  }

  std::vector<std::string> Pupils() {
    return *copy->place.database->Read([](db::Transaction& tx) -> absl::StatusOr<std::vector<std::string>> {
      ASSIGN_OR_RETURN(const auto rows,
                       tx.Query("SELECT shard, id, area, household_id, merged_into FROM pupil ORDER BY shard, id"));
      std::vector<std::string> lines;
      for (const db::Row& row : rows) {
        lines.push_back(
            absl::StrCat(row.Text(0), "/", row.Text(1), " ", row.Text(2), " ", row.Text(3), " ", row.Text(4)));
      }
      return lines;
    });
  }
  std::vector<PupilCopy> Copies() {
    auto page =
        copy->place.database->Read([](db::Transaction& tx) { return ReadPage(tx, "c411728", kAutumn, {}, 100, true); });
    EXPECT_TRUE(page.ok()) << page.status();
    auto opener = PageOpener::Create(*page, *copy->place.keys, "c411728");
    EXPECT_TRUE(opener.ok()) << opener.status();
    std::vector<PupilCopy> copies;
    google::protobuf::Arena arena;
    RunPupil pupil;
    for (const db::Row& row : page->pupils) {
      const absl::Status opened = opener->Open(row, &arena, &pupil);
      EXPECT_TRUE(opened.ok()) << opened;
      copies.push_back(pupil.copy);
    }
    return copies;
  }

  TempFolder own;
  std::unique_ptr<Aid> copy;
};

TEST_P(FollowerTest, KeepsPupilsWithTheirHouseholdsAndNothingMore) {
  PutCounty(registry);
  ASSERT_TRUE(copy->CatchUp().ok());
  EXPECT_THAT(Pupils(),
              ElementsAre("c411728/p1 411728103/s1 h1 ", "c411728/p2 411728103/s1  ", "c411728/p3 411728103/s1  "));
  for (const PupilCopy& pupil : Copies()) {
    EXPECT_THAT(pupil.student.id_number(), Not(HasSubstr("4117"))) << "only a digest of the number is kept";
    EXPECT_EQ(pupil.household.has_value(), pupil.key.person == "p1");
    if (pupil.household.has_value()) {
      EXPECT_EQ(pupil.household->hardships(0).kind(), "P2");
    }
  }
}

TEST_P(FollowerTest, AHouseholdThatChangesChangesItsMembers) {
  PutCounty(registry);
  ASSERT_TRUE(copy->CatchUp().ok());
  registry.Put(Household("h1", {"M1"}, {"p1"}));
  ASSERT_TRUE(copy->CatchUp().ok());
  for (const PupilCopy& pupil : Copies()) {
    if (pupil.household.has_value()) {
      EXPECT_EQ(pupil.household->hardships(0).kind(), "M1");
    }
  }
}

TEST_P(FollowerTest, PagesAreInTheOrderOfClaimShardsAndThoseOfComparisonsInThatOfIds) {
  PutCounty(registry);
  ASSERT_TRUE(copy->CatchUp().ok());
  const auto ids = [&](const PersonKey& after, bool with_comparisons) {
    const auto page = copy->place.database->Read(
        [&](db::Transaction& tx) { return ReadPage(tx, "c411728", kAutumn, after, 100, with_comparisons); });
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> found;
    for (const db::Row& row : page->pupils) {
      found.push_back(row.Text(1));
    }
    return found;
  };
  std::vector<std::string> by_claim = {"p1", "p2", "p3"};
  std::sort(by_claim.begin(), by_claim.end(),
            [](const auto& a, const auto& b) { return std::pair(PersonShard(a), a) < std::pair(PersonShard(b), b); });
  EXPECT_EQ(ids({}, false), by_claim);
  EXPECT_THAT(ids({}, true), ElementsAre("p1", "p2", "p3"));
  EXPECT_THAT(ids({"", "p1"}, true), ElementsAre("p2", "p3"));
  const PersonKey begun_before{PersonShard(by_claim[0]), by_claim[0]};
  EXPECT_THAT(ids(begun_before, true), ElementsAre(by_claim[1], by_claim[2]));
}

TEST_P(FollowerTest, AResyncLeavesWhatTheRegistryHasAndNothingElse) {
  PutCounty(registry);
  ASSERT_TRUE(copy->CatchUp().ok());
  registry.Lose("student", "c411728", "p3");
  copy->CatchUp().IgnoreError();  // stops the shard: its history was replaced
  ASSERT_TRUE(copy->CatchUp().ok());
  EXPECT_EQ(Pupils().size(), 2u);
}

// The engine hands over entries and pages of state; here they come by hand.
TEST_P(FollowerTest, AccountsMayWhatIsConfirmedAndNotRevoked) {
  RegistryCopy applier(*copy->place.keys);
  int64_t seq = 0;
  const auto tell = [&](const registry_v1::Account& account, int64_t resync) {
    ruraledu::feed::v1::RootEvent event;
    event.add_changes()->mutable_after()->PackFrom(account);
    ruraledu::feed::v1::JournalEntry entry;
    entry.set_shard("a411728");
    entry.set_seq(++seq);
    entry.set_body(event.SerializeAsString());
    ASSERT_TRUE(applier.Prepare("a411728").ok());
    const absl::Status told = copy->place.database->Write("a411728", [&](db::Transaction& tx) {
      return resync == 0 ? applier.Apply(tx, entry) : applier.ApplyState(tx, entry, resync);
    });
    ASSERT_TRUE(told.ok()) << told;
  };
  registry_v1::Account account;
  account.set_name("accounts/411728-li");
  account.set_issuer("registry");
  account.set_subject("li");
  account.set_active(true);
  auto* grant = account.add_grants();
  grant->set_name("accounts/411728-li/grants/g1");
  grant->set_role("COUNTY_AID_OFFICER");
  grant->set_area("areas/411728");
  *grant->mutable_valid_from() = Date(20200101);
  tell(account, 0);
  auto table = rpc::AccessTable::Open(*copy->place.database);
  ASSERT_TRUE(table.ok());
  ASSERT_NE((*table)->Find("registry", "li"), nullptr);
  EXPECT_THAT((*table)->Find("registry", "li")->grants, IsEmpty()) << "not confirmed";

  grant->set_confirmed_by("accounts/411728-wang");
  tell(account, 0);
  ASSERT_TRUE((*table)->Refresh().ok());
  ASSERT_EQ((*table)->Find("registry", "li")->grants.size(), 1u);
  EXPECT_EQ((*table)->Find("registry", "li")->grants[0].area, "411728");

  grant->set_revoked(true);
  account.set_revoked_before(1'700'000'000);
  tell(account, 0);
  ASSERT_TRUE((*table)->Refresh().ok());
  const auto access = (*table)->Find("registry", "li");
  EXPECT_EQ(access->revoked_before_s, 1'700'000'000);
  EXPECT_LE(access->grants[0].until, access->grants[0].from);

  registry_v1::Account other = account;
  other.set_name("accounts/411728-zhao");
  other.set_subject("zhao");
  tell(other, 7);
  const absl::Status finished = copy->place.database->Write(
      "a411728", [&](db::Transaction& tx) { return applier.FinishResync(tx, "a411728", 7); });
  ASSERT_TRUE(finished.ok()) << finished;
  ASSERT_TRUE((*table)->Refresh().ok());
  EXPECT_EQ((*table)->Find("registry", "li"), nullptr) << "an account that a resync does not see may nothing";
  EXPECT_NE((*table)->Find("registry", "zhao"), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Databases, FollowerTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ruraledu::student_aid
