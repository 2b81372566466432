// Two replicas of student_aid on PostgreSQL and one Redis that stops, starts cold, freezes and is filled with values
// that are older, cut off, of another instance, of another schema or of another type, while counters change: every
// answer equals a recomputation at its version, and none fails.
//
//   RURALEDU_CHAOS_WRITES=400   changes (default 15)
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/cache/versioned_cache.h"
#include "common/dashboard/board.h"
#include "common/dashboard/counters.h"
#include "common/dashboard/terms.h"
#include "common/feed/key_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/student_aid/indicators.h"
#include "services/student_aid/standards.h"
#include "services/student_aid/tables.h"
#include "tests/chaos/rig.h"

namespace ruraledu::chaos {
namespace {

namespace aid_v1 = ruraledu::student_aid::v1;
using ruraledu::dashboard::v1::Dashboard;
using ruraledu::dashboard::v1::GetDashboardRequest;

constexpr char kTerm[] = "2023-2024-1";
const std::vector<std::string> kCounties = {"411728", "411729"};

// Without what may differ between two computations at one version.
std::string Essence(Dashboard board) {
  board.clear_as_of();
  board.clear_computed_time_us();
  return board.SerializeAsString();
}

// The counters' database, written and recomputed beside the replicas.
class Truth {
 public:
  explicit Truth(const Suite& suite) : database_(OpenDatabase(suite.database_url("student_aid"))) {
    store_ = feed::DatabaseKeyStore(*database_);
    keys_ = *crypto::KeyRing::Open(suite.home() + "/keys/data.keys", store_.get());
    const std::string deploy = RURALEDU_SOURCE_DIR "/deploy";
    tree_ = std::make_shared<const RegionTree>(*LoadRegions(deploy + "/data"));
    book_ = std::make_unique<student_aid::PolicyBook>(
        *student_aid::LoadStandards(deploy + "/policies", deploy + "/data", tree_));
    tables_ = std::make_unique<student_aid::IdentificationBook>(
        *student_aid::LoadIdentificationTables(deploy + "/policies", deploy + "/data", tree_));
    follow_up_ = std::make_unique<student_aid::FollowUpBook>(
        *student_aid::LoadFollowUp(deploy + "/policies", deploy + "/data", tree_));
    spec_ = {.service = "student_aid",
             .measures = &student_aid::Measures(),
             .indicators = student_aid::Indicators(*book_, *tables_, *follow_up_)};
    spec_.places = {[tree = tree_] { return tree; }, dashboard::SchoolNames};
    dashboard::ShowByTerm(book_->calendar(), &spec_);
  }

  const dashboard::BoardSpec& spec() const { return spec_; }
  db::Database& database() { return *database_; }

  // One comparison of a pupil changes.
  void Change(std::mt19937& random) {
    const std::string& county = kCounties[random() % kCounties.size()];
    const std::string shard = "c" + county, id = absl::StrCat("p", random() % 12, ".", kTerm);
    const auto sealer = *keys_->SealerOf(shard);
    const bool covered = random() % 2 == 0, should = random() % 4 != 0;
    const std::string area = absl::StrCat(county, "00", random() % 2 + 1, "/s", random() % 3);
    const auto status = database_->Write(shard, [&](db::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const auto before,
                       feed::Load<aid_v1::Comparison>(tx, *sealer, student_aid::kComparisons, shard, id));
      aid_v1::Comparison after;
      after.set_name(absl::StrCat("counties/", county, "/comparisons/", id));
      after.set_person(id.substr(0, id.find('.')));
      after.set_term(kTerm);
      after.set_area(area);
      after.set_stage("PRI");
      after.mutable_result()->add_classes(covered ? aid_v1::COMPARISON_CLASS_A : aid_v1::COMPARISON_CLASS_B);
      auto* row = after.mutable_result()->add_rows();
      row->set_item("SP_LIV_B_JUN");
      row->set_should_be_aided(should);
      row->set_covered(covered);
      row->set_aided_fen(covered ? 62'500 : 0);
      feed::RootWriter writer(tx, *sealer, {"tester", "call"},
                              std::make_unique<dashboard::CounterFold>(student_aid::Measures()));
      RETURN_IF_ERROR(
          writer.Put(student_aid::kComparisons, before.has_value() ? &*before : nullptr, after, "TEST").status());
      return writer.Finish().status();
    });
    EXPECT_TRUE(status.ok()) << status;
  }

  Dashboard Compute(const std::string& area, bool full) {
    const dashboard::Ask ask{area, kTerm, full ? dashboard::View::kFull : dashboard::View::kPublic};
    const auto board =
        database_->Read([&](db::Transaction& tx) { return dashboard::ComputeDashboard(tx, spec_, ask); });
    EXPECT_TRUE(board.ok()) << board.status();
    return board.value_or(Dashboard());
  }

 private:
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<crypto::WrappedKeyStore> store_;
  std::unique_ptr<crypto::KeyRing> keys_;
  std::shared_ptr<const RegionTree> tree_;
  std::unique_ptr<student_aid::PolicyBook> book_;
  std::unique_ptr<student_aid::IdentificationBook> tables_;
  std::unique_ptr<student_aid::FollowUpBook> follow_up_;
  dashboard::BoardSpec spec_;
};

struct Question {
  std::string who, area;
  bool full;
};

// Plants bad values under the keys of the replicas, and takes Redis away.
class Spoiler {
 public:
  Spoiler(testlib::Redis& redis, Truth& truth, std::vector<Question> questions)
      : redis_(redis),
        truth_(truth),
        questions_(std::move(questions)),
        client_(*cache::RedisClient::Open({.address = redis.address(), .reply_timeout = absl::Seconds(10)})),
        board_(truth.database(), truth.spec(), nullptr, client_.get()),
        schema_(dashboard::Fingerprint(student_aid::Measures(), truth.spec().indicators)) {}

  void Spoil(std::mt19937& random) {
    const Question& question = questions_[random() % questions_.size()];
    const std::string key =
        board_.RedisKeyOf({question.area, kTerm, question.full ? dashboard::View::kFull : dashboard::View::kPublic});
    const std::string present = client_->Call({"GET", key}).text;
    if (!present.empty()) {
      ++found_;
      old_.emplace(key, present);
    }
    const cache::Versioned wrong{1'000'000, Clock::System().NowMicros(), std::make_shared<const std::string>("wrong")};
    const std::string instance = truth_.database().instance();
    switch (random() % 9) {
      case 0:
        client_->Call({"FLUSHALL"});
        return;
      case 1:
        redis_.Stop();
        redis_.Start();
        EXPECT_TRUE(client_->AwaitConnected(Clock::System().Now() + absl::Minutes(1)));
        return;
      case 2:
        redis_.Freeze();
        Pause(300);
        redis_.Thaw();
        return;
      case 3:
        client_->Call({"SET", key, old_[key]});
        return;
      case 4:
        client_->Call({"SET", key, present.substr(0, present.size() / 2)});
        return;
      case 5:
        client_->Call({"SET", key, cache::Frame({schema_, "foreign"}, wrong)});
        return;
      case 6:
        client_->Call({"SET", key, cache::Frame({"0", instance}, wrong)});
        return;
      case 7:
        client_->Call({"DEL", key});
        client_->Call({"SADD", key, "a set"});
        return;
      default:
        client_->Call({"SET", key, cache::Frame({schema_, instance}, {0, 0, wrong.bytes})});  // of another day
    }
  }
  int found() const { return found_; }

 private:
  testlib::Redis& redis_;
  Truth& truth_;
  const std::vector<Question> questions_;
  const std::unique_ptr<cache::RedisClient> client_;
  dashboard::Board board_;
  const std::string schema_;
  std::map<std::string, std::string> old_;
  int found_ = 0;
};

TEST(RedisTest, TwoReplicasAnswerRightWhateverRedisDoes) {
  RURALEDU_CHAOS_ONLY();
  std::mt19937 random(Seed());
  std::vector<SuiteAccount> accounts = AccountsOf(kCounties);
  accounts.push_back({"city", "C-1", "CITY_VIEWER", "4117"});
  Suite suite({.postgres = true, .replicas = 2, .county = kCounties[0], .accounts = accounts});
  suite.Launch("registry", 0);
  suite.Launch("student_aid", 0);
  suite.Launch("student_aid", 1);
  suite.AwaitReady("registry", 0);
  suite.AwaitReady("student_aid", 0);
  suite.AwaitReady("student_aid", 1);
  Truth truth(suite);
  const std::vector<Question> questions = {{"city", "4117", false},
                                           {"city", "411728", false},
                                           {"officer-411728", "411728", true},
                                           {"officer-411728", "411728001", true},
                                           {"officer-411729", "411729", true}};
  const auto ask = [&](rpc::Client& client, const Question& question) {
    GetDashboardRequest request;
    request.set_area("areas/" + question.area);
    request.set_period(kTerm);
    return client.Call<Dashboard>("GetDashboard", request);
  };
  std::vector<std::vector<std::unique_ptr<rpc::Client>>> clients(2);
  for (int replica = 0; replica < 2; ++replica) {
    for (const Question& question : questions) {
      auto& client = clients[static_cast<size_t>(replica)].emplace_back(
          Connect(suite, question.who, "student_aid", suite.address("student_aid", replica)));
      // Grants come by the feed.
      ASSERT_TRUE(Await([&] { return ask(*client, question).ok(); })) << ask(*client, question).status();
    }
  }

  std::map<std::pair<size_t, int64_t>, std::string> history;
  const auto record = [&] {
    for (size_t i = 0; i < questions.size(); ++i) {
      const Dashboard board = truth.Compute(questions[i].area, questions[i].full);
      EXPECT_EQ(board.public_view(), !questions[i].full);
      history.emplace(std::pair(i, board.version()), Essence(board));
    }
  };
  std::atomic<bool> writing = true;
  std::atomic<int> asked = 0;
  std::mutex mutex;
  std::map<std::pair<size_t, int64_t>, std::set<std::string>> answers;  // by question and version
  std::vector<std::thread> readers;
  for (size_t n = 0; n < 4; ++n) {
    readers.emplace_back([&, n] {
      for (size_t i = n; writing; ++i) {
        const size_t question = i % questions.size();
        const auto board = ask(*clients[n % 2][question], questions[question]);
        EXPECT_TRUE(board.ok()) << board.status();
        if (board.ok()) {
          std::string essence = Essence(*board);
          std::lock_guard lock(mutex);
          answers[{question, board->version()}].insert(std::move(essence));
        }
        ++asked;
        Pause(2);
      }
    });
  }
  record();
  Spoiler spoiler(*suite.redis(), truth, questions);
  const int writes = Setting("RURALEDU_CHAOS_WRITES", 15);
  for (int i = 0; i < writes; ++i) {
    truth.Change(random);
    record();
    spoiler.Spoil(random);
    const int before = asked;
    EXPECT_TRUE(Await([&] { return asked >= before + 10; }));
  }
  writing = false;
  for (std::thread& reader : readers) {
    reader.join();
  }
  int versions = 0;
  for (const auto& [at, essences] : answers) {
    const auto found = history.find(at);
    ASSERT_NE(found, history.end()) << questions[at.first].area << " at " << at.second;
    EXPECT_THAT(essences, testing::ElementsAre(found->second)) << questions[at.first].area << " at " << at.second;
    ++versions;
  }
  EXPECT_GT(versions, writes / 2);
  const auto count = [&](const std::string& result) {
    return suite.Metric("student_aid", 0, "ruraledu_cache_requests_total", {"result=\"" + result + "\""}) +
           suite.Metric("student_aid", 1, "ruraledu_cache_requests_total", {"result=\"" + result + "\""});
  };
  EXPECT_GT(count("hit"), 0) << "Redis was not used at all";
  EXPECT_GT(spoiler.found(), 0);
  std::cout << asked << " answers at " << versions << " versions; Redis: " << count("hit") << " hits, " << count("miss")
            << " misses, " << count("error") << " errors" << std::endl;
}

}  // namespace
}  // namespace ruraledu::chaos
