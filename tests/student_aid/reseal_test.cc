// New keys: what student_aid keeps, own rows, copies and journal, comes under them and reads as before.
#include <atomic>

#include "common/feed/journal.h"
#include "tests/student_aid/fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kShard[] = "c411728";

class ResealTest : public ::testing::TestWithParam<const char*> {
 protected:
  db::Options Options() {
    const std::string url = std::string(GetParam()) == "Postgres" ? testlib::Postgres::Get().NewSchema() : "";
    db::Options options;
    options.url = url.empty() ? "" : "postgres:" + url;
    options.decorate = db::WithFaults([left = left_](int64_t, std::string_view) {
      return *left < 0 || --*left > 0 ? absl::OkStatus() : (*left = 1, absl::UnavailableError("killed"));
    });
    return options;
  }
  void SetUp() override {
    PutCounty(registry);
    ASSERT_TRUE(aid.CatchUp().ok());
    ASSERT_TRUE(aid.Entitle().ok());
    v1::BatchSubmitIdentificationsRequest identify;
    identify.set_parent(kCounty);
    identify.set_term(kAutumn);
    identify.set_request_id(NewId());
    identify.add_applications()->set_student("p1");
    identify.mutable_applications(0)->set_origin(v1::IDENTIFICATION_ORIGIN_FAMILY);
    const auto rows = aid.Call("BatchSubmitIdentifications", identify, &Handlers::BatchSubmitIdentifications);
    ASSERT_TRUE(rows.ok()) << rows.status();
    ASSERT_EQ(rows->rows(0).reason(), "");
  }
  std::string Start() {
    ruraledu::jobs::v1::ResealRequest request;
    request.set_parent(kCounty);
    request.set_new_data_key(true);
    request.set_request_id(NewId());
    const auto job = aid.Call("Reseal", request, &Handlers::Reseal);
    EXPECT_TRUE(job.ok()) << job.status();
    return job.ok() ? std::string(feed::IdOfName(job->name())) : "";
  }
  // Decisions, copies and the journal with everything in clear.
  std::vector<std::string> Seen() {
    std::vector<std::string> seen = aid.Decisions();
    const auto sealer = *aid.place.keys->SealerOf(kShard);
    const auto read = aid.place.database->Read([&](db::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const auto pupils,
                       tx.Query("SELECT id, body, sealed, version FROM pupil WHERE shard = $1 ORDER BY id", kShard));
      for (const db::Row& row : pupils) {
        registry_v1::Student pupil;
        RETURN_IF_ERROR(feed::ReadRoot(row, 1, kPupils, row.Text(0), sealer.get(), &pupil));
        seen.push_back(pupil.DebugString());
      }
      ASSIGN_OR_RETURN(const auto households,
                       tx.Query("SELECT id, body, sealed, version FROM household WHERE shard = $1", kShard));
      for (const db::Row& row : households) {
        registry_v1::Household household;
        RETURN_IF_ERROR(feed::ReadRoot(row, 1, kHouseholds, row.Text(0), sealer.get(), &household));
        seen.push_back(household.DebugString());
      }
      ASSIGN_OR_RETURN(const auto entries, feed::ReadEntries(tx, kShard, 0, 500, sealer.get()));
      for (const auto& entry : entries) seen.push_back(entry.DebugString());
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
    return seen;
  }
  std::vector<std::string> Old() {
    const auto sealer = *aid.place.keys->SealerOf(kShard);
    std::vector<std::string> old;
    for (const std::string source :
         {"decision", "aid_record", "comparison", "identification", "pupil", "household", "journal"}) {
      const std::string column = source == "journal" ? "personal" : "sealed";
      const auto rows = aid.place.database->Read([&](db::Transaction& tx) {
        return tx.Query(
            absl::StrCat("SELECT ", column, " FROM ", source, " WHERE shard = $1 AND length(", column, ") > 0"),
            kShard);
      });
      EXPECT_TRUE(rows.ok()) << rows.status();
      for (const db::Row& row : *rows) {
        if (sealer->NeedsReseal(row.Bytes(0))) old.push_back(source);
      }
    }
    return old;
  }

  TempFolder folder;
  std::shared_ptr<std::atomic<int64_t>> left_ = std::make_shared<std::atomic<int64_t>>(-1);  // statements until killed
  Registry registry{folder};
  Aid aid{folder, registry, Options()};
};

TEST_P(ResealTest, CutOffAnywhereItEndsUnderTheNewKeysAndReadsAsBefore) {
  const auto before = Seen();
  EXPECT_THAT(before, Not(IsEmpty()));
  int rounds = 0;
  for (int64_t at = 5;; at += 9, ++rounds) {
    ASSERT_TRUE(crypto::AddKey(aid.place.keys_path, crypto::KeyPurpose::kMaster).ok());
    aid.Reopen();
    const std::string job = Start();
    const uint32_t old_key = (*aid.place.keys->SealerOf(kShard))->current_key_id();
    *left_ = at;
    const absl::Status first = aid.Turn(kShard, job);
    *left_ = -1;
    aid.Reopen();
    EXPECT_EQ(Seen(), before) << "cut off at " << at;
    if (first.ok()) {
      EXPECT_GT((*aid.place.keys->SealerOf(kShard))->current_key_id(), old_key);
      EXPECT_THAT(Old(), IsEmpty());
      break;
    }
    const absl::Status second = aid.Turn(kShard, job);
    ASSERT_TRUE(second.ok()) << second;
    EXPECT_THAT(Old(), IsEmpty()) << "cut off at " << at;
    EXPECT_EQ(Seen(), before);
  }
  EXPECT_GT(rounds, 3);
  ASSERT_TRUE(aid.Entitle().ok());
  EXPECT_EQ(aid.Decisions().size(), 3u) << "and a run finds nothing new";
}

INSTANTIATE_TEST_SUITE_P(Databases, ResealTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ruraledu::student_aid
