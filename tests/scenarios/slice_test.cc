// A thin slice through everything, in one process on SQLite and as two replicas of each service on PostgreSQL: one
// pupil imported, one item entitled with its claim, moved to another county, merged, a follower caught up after a
// restore, a dashboard read through Redis, a metric scraped, a foreign caller refused.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ruraledu/registry/v1/identity.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/requests.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "services/cli/session.h"
#include "tests/lib/county/identity.h"
#include "tests/lib/suite.h"

namespace ruraledu::testlib {
namespace {

namespace aid = ruraledu::student_aid::v1;
namespace fs = std::filesystem;
namespace registry = ruraledu::registry::v1;
using ::testing::HasSubstr;

constexpr char kTerm[] = "2023-2024-1";
constexpr char kDump[] = "/usr/lib/postgresql/15/bin/pg_dump";
constexpr char kPsql[] = "/usr/lib/postgresql/15/bin/psql";

std::string Id(const std::string& birth, const std::string& sequence) {
  std::string id = absl::StrCat("411700", birth, sequence, "0");
  id.back() = IdCheckDigit(id.substr(0, 17));
  return id;
}

struct Harness {
  std::string name;
  bool all_in_one = false, postgres = false;
  int replicas = 1;
};

class SliceTest : public testing::TestWithParam<Harness> {
 protected:
  SliceTest() : suite_(Options()) { suite_.Start(); }

  static SuiteOptions Options() {
    SuiteOptions options{.all_in_one = GetParam().all_in_one,
                         .postgres = GetParam().postgres,
                         .replicas = GetParam().replicas,
                         .accounts = CountyAccounts("411728")};
    for (const SuiteAccount& account : CountyAccounts("411722", "-b")) {
      options.accounts.push_back(account);
    }
    return options;
  }

  std::string Done(const std::string& who, const std::vector<std::string>& arguments) {
    const Outcome outcome = suite_.Cli(who, arguments);
    EXPECT_EQ(outcome.code, 0) << absl::StrJoin(arguments, " ") << "\n" << outcome.out << outcome.err;
    return outcome.out;
  }
  template <typename Message>
  Message Asked(const std::string& who, std::vector<std::string> arguments) {
    arguments.push_back("--json");
    Message message;
    const std::string json = Done(who, arguments);
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &message).ok()) << json;
    return message;
  }
  void Import(const std::string& who, const std::string& county, const std::string& source, const std::string& csv) {
    const std::string file = absl::StrCat(suite_.home(), "/", source, ++files_, ".csv");
    std::ofstream(file) << csv;
    Done(who, {"import", source, file, "--county", county, "--facts-on", "2023-09-01", "--apply"});
    suite_.PassOn(who, "officer" + who.substr(std::string("importer").size()));
  }
  static std::string Roster(const std::string& name, const std::string& id, const std::string& school) {
    return absl::StrCat("姓名,身份证号,学籍号,学校标识码,年级,班级,就读方式\n", name, ",", id, ",G", id, ",", school,
                        ",三年级,1班,走读\n");
  }
  registry::Student Find(const std::string& who, const std::string& county, const std::string& id) {
    return Asked<registry::Student>(who, {"students", "find", id, "--county", county});
  }
  std::string School(const std::string& who, const std::string& county) {
    return Asked<registry::ListSchoolsResponse>(who, {"schools", "list", "--county", county}).schools(0).name();
  }
  // Pupils of the newest entitlement run of the county; -1: the copy was read anew since the command before, which is
  // said once.
  int64_t PupilsDecided() {
    const Outcome listed = suite_.Cli("officer", {"aid", "runs", "--term", kTerm, "--limit", "1", "--json"});
    if (listed.code != 0) {
      EXPECT_THAT(listed.out + listed.err, HasSubstr("FEED_REPLACED"));
      return -1;
    }
    aid::ListRunsResponse runs;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(listed.out, &runs).ok()) << listed.out;
    return runs.runs_size() == 1 ? runs.runs(0).persons() : -1;
  }
  void EachRegistry(const std::function<void(int replica)>& act) {
    for (int replica = 0; replica < GetParam().replicas; ++replica) {
      act(replica);
    }
  }

  std::string Postgres() const { return suite_.database_url("registry").substr(std::string("postgres:").size()); }
  void Backup() {
    if (GetParam().postgres) {
      const std::string schema = Postgres().substr(Postgres().find("search_path=") + 12);
      const Outcome dumped = suite_.Run({kDump, "-n", schema.substr(0, schema.find('\'')), "--clean", "-f",
                                         suite_.home() + "/backup.sql", Postgres()});
      ASSERT_EQ(dumped.code, 0) << dumped.err;
    } else {
      fs::copy_file(suite_.database_file("registry"), suite_.home() + "/backup.db");
    }
  }
  void Restore() {
    if (GetParam().postgres) {
      const Outcome restored =
          suite_.Run({kPsql, "-q", "-v", "ON_ERROR_STOP=1", "-f", suite_.home() + "/backup.sql", Postgres()});
      ASSERT_EQ(restored.code, 0) << restored.err;
    } else {
      for (const char* suffix : {"", "-wal", "-shm"}) {
        fs::remove(suite_.database_file("registry") + suffix);
      }
      fs::copy_file(suite_.home() + "/backup.db", suite_.database_file("registry"));
    }
    Done("system", {"journal", "restored", "--database", suite_.database_url("registry")});
  }

  Suite suite_;
  int files_ = 0;
};

TEST_P(SliceTest, OnePupilThroughEverything) {
  const std::string id = Id("20140305", "017"), second = Id("20140611", "024"), mistyped = Id("20140305", "035");
  const std::string header = "学校标识码,学校名称,办学类型,学段,办别,乡镇代码,城乡分类,是否寄宿制学校\n";
  Import("importer", "411728", "schools", header + "2141000001,玉山小学,小学,小学,公办,411728102,121,0\n");
  Import("importer-b", "411722", "schools", header + "2141000009,蔡都小学,小学,小学,公办,411722001,121,0\n");
  Import("importer", "411728", "student_roster", Roster("张子涵", id, "2141000001"));
  Import("importer", "411728", "rural_revitalisation",
         absl::StrCat(
             "户编号,户主姓名,村代码,户类型,是否享受政策,识别日期,风险是否消除,风险消除日期,姓名,证件号码,与户主关系\n"
             "H1,张建国,411728102201,脱贫户,是,2016-01-01,否,,张建国,",
             Id("19800101", "011"), ",户主\n", "H1,张建国,411728102201,脱贫户,是,2016-01-01,否,,张子涵,", id, ",子\n"));
  const std::string home_name = Find("importer", "411728", id).name();

  // Entitled, with the claim on the benefit.
  Done("officer", {"aid", "run", "--term", kTerm, "--wait"});
  const auto decisions = Asked<aid::ListDecisionsResponse>("officer", {"aid", "decisions", "--term", kTerm});
  ASSERT_EQ(decisions.decisions_size(), 1);
  std::set<std::string> items;
  for (const aid::DecisionItem& item : decisions.decisions(0).counted()) {
    items.insert(absl::StrCat(item.item(), " ", item.amount_fen()));
  }
  EXPECT_THAT(items, testing::IsSupersetOf({"SP_LIV_N_PRI 25000", "SP_NUTR 40000"}));
  Done("officer", {"aid", "replay", decisions.decisions(0).name()});
  EXPECT_EQ(PupilsDecided(), 1);

  // Moved to another county, where the same benefit of the term cannot be recorded again.
  const auto transfer = Asked<registry::Transfer>(
      "importer", {"transfers", "request", home_name, "--to-school", School("importer-b", "411722"), "--effective",
                   "2024-03-01", "--reason", "MOVED_HOUSE"});
  const auto moved =
      Asked<registry::Student>("importer-b", {"transfers", "accept", transfer.name(), "--county", "411722"});
  EXPECT_THAT(moved.name(), testing::StartsWith("counties/411722/students/"));
  EXPECT_EQ(cli::LastPart(moved.name()), cli::LastPart(home_name)) << "a person keeps its id";
  const std::string paid = absl::StrCat(suite_.home(), "/paid.csv");
  std::ofstream(paid) << "姓名,身份证件号,学校标识码,学期,资助项目,金额\n张子涵," << id << ",2141000009," << kTerm
                      << ",CN_LIV_N_PRI,250.00\n";
  suite_.PassOn("importer-b", "officer-b");
  EXPECT_THAT(Done("officer-b", {"aid", "record", paid, "--county", "411722", "--paid-on", "2023-12-20"}),
              HasSubstr("DUPLICATE_AID"));

  // Merged with a second record of the same child.
  Import("importer-b", "411722", "student_roster", Roster("张子涵", mistyped, "2141000009"));
  const std::string duplicate = Find("importer-b", "411722", mistyped).name();
  ASSERT_NE(duplicate, moved.name());
  const auto merged =
      Asked<registry::Student>("importer-b", {"reviews", "merge", moved.name(), duplicate, "--reason", "同一人"});
  EXPECT_EQ(merged.name(), moved.name());

  // A follower catches up after the registry came back from a backup: what it knew of later is gone.
  EachRegistry([&](int replica) { EXPECT_EQ(suite_.Stop("registry", replica), 0); });
  Backup();
  EachRegistry([&](int replica) { suite_.Start("registry", replica); });
  Done("officer", {"aid", "run", "--term", kTerm, "--wait"});
  const int64_t before = PupilsDecided();
  Import("importer", "411728", "student_roster", Roster("李梦", second, "2141000001"));
  Done("officer", {"aid", "run", "--term", kTerm, "--wait"});
  EXPECT_EQ(PupilsDecided(), before + 1);
  EachRegistry([&](int replica) { EXPECT_EQ(suite_.Stop("registry", replica), 0); });
  Restore();
  EachRegistry([&](int replica) { suite_.Start("registry", replica); });
  int64_t after = -1;
  for (int tries = 0; tries < 60 && after != before; ++tries) {
    suite_.Cli("officer", {"aid", "run", "--term", kTerm, "--wait"});
    after = PupilsDecided();
  }
  EXPECT_EQ(after, before) << "the follower still knows the pupil that the backup does not";

  // A dashboard, through Redis.
  Done("officer", {"aid", "compare", "--term", kTerm, "--wait"});
  EXPECT_THAT(Done("officer", {"dashboard", "student_aid", "411728", "--period", kTerm}), HasSubstr("应助尽助率"));
  const Outcome keys = suite_.Run({"/usr/bin/redis-cli", "-s", suite_.redis()->address().substr(5), "--scan",
                                   "--pattern", "ruraledu:*:dash:student_aid:*411728*"});
  EXPECT_THAT(keys.out, HasSubstr("411728")) << keys.err;

  // A metric, and a foreign caller.
  double handled = 0;
  EachRegistry([&](int replica) {
    handled += suite_.Metric("registry", replica, "ruraledu_rpc_handled_total", {"code=\"OK\""});
  });
  EXPECT_GT(handled, 0);
  suite_.Cli("officer-b", {"aid", "runs", "--county", "411722"});  // says FEED_REPLACED once
  const Outcome foreign = suite_.Cli("officer-b", {"aid", "decisions", "--term", kTerm, "--county", "411728"});
  EXPECT_EQ(foreign.code, 5);
  EXPECT_THAT(foreign.err, HasSubstr("PERMISSION_DENIED"));
  EXPECT_THAT(foreign.out, testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Harnesses, SliceTest,
                         testing::Values(Harness{.name = "OneProcessOnSqlite", .all_in_one = true},
                                         Harness{.name = "TwoReplicasOnPostgres", .postgres = true, .replicas = 2}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace ruraledu::testlib
