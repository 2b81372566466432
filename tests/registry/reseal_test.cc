// New keys: both versions are read until the job is done and the old ones are gone, wherever it is cut off.
#include <atomic>

#include "common/db/claims.h"
#include "ruraledu/jobs/v1/reseal.pb.h"
#include "services/registry/store.h"
#include "tests/lib/postgres.h"
#include "tests/registry/import_fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

class ResealTest : public ImportTest, public ::testing::WithParamInterface<const char*> {
 protected:
  ResealTest()
      : ImportTest(std::string(GetParam()) == "Postgres" ? "postgres:" + testlib::Postgres::Get().NewSchema() : "") {}

  // A turn that was cut off between barring a claim and giving it back leaves it to the sweeper; until then the job
  // waits.
  absl::Status RunToEnd() {
    absl::Status ran = RunJobs();
    for (int i = 0; i < 5 && ReasonOf(ran) == "JOB_POSTPONED"; ++i) {
      RETURN_IF_ERROR(db::SweepClaims(*database_, absl::ZeroDuration(), 1000).status());
      ran = RunJobs();
    }
    return ran;
  }

  void SetUp() override {
    LoadSchools();
    CheckAndApply(v1::IMPORT_SOURCE_STUDENT_ROSTER, "pupils", RosterCsv({Pupil("张子涵", zhang_), Pupil("李梦", li_)}));
    CheckAndApply(v1::IMPORT_SOURCE_TEACHERS, "teachers", TeachersCsv());
    ready_ = Check(v1::IMPORT_SOURCE_STUDENT_ROSTER, "later", RosterCsv({Pupil("赵六", zhao_)}));
    ASSERT_EQ(ready_.state(), v1::IMPORT_STATE_READY);
    school_ = All<v1::School>(kSchools)[0];
    for (const v1::School& school : All<v1::School>(kSchools)) {
      if (school.code() == "2141000001") school_ = school;
    }
    const v1::Student again = Must(Create(Student(school_, Id("20140611", 26), "李梦")));
    v1::MergeStudentsRequest merge;
    merge.set_name(StudentNamed("李梦").name() == again.name() ? Other(again.name()) : StudentNamed("李梦").name());
    merge.set_duplicate(again.name());
    merge.set_reason("SAME");
    merge.set_request_id(NextRequest());
    ASSERT_TRUE(Call("MergeStudents", merge, &Handlers::MergeStudents).ok());
    ASSERT_TRUE(RunJobs().ok());
    merged_into_ = std::string(feed::IdOfName(merge.name()));
  }
  std::string Other(const std::string& name) {
    for (const v1::Student& student : All<v1::Student>(kStudents)) {
      if (student.display_name() == "李梦" && student.name() != name) return student.name();
    }
    return "";
  }
  static std::string TeachersCsv() {
    return absl::StrCat("姓名,身份证号,教职工号,学校标识码,岗位\n", "王老师,", Id("19850101", 11),
                        ",T1,2141000001,教师\n");
  }

  void AddKeys() {
    ASSERT_TRUE(crypto::AddKey(folder_ / "keys", crypto::KeyPurpose::kIndex).ok());
    ASSERT_TRUE(crypto::AddKey(folder_ / "keys", crypto::KeyPurpose::kMaster).ok());
  }
  // Leaves only the newest line of each purpose in the key file.
  void DropOldKeys() {
    std::map<std::string, std::string> newest;
    std::ifstream in(folder_ / "keys");
    for (std::string line; std::getline(in, line);) {
      if (!line.empty() && line[0] != '#') newest[line.substr(0, line.find(' '))] = line;
    }
    in.close();
    std::ofstream out(folder_ / "keys");
    for (const auto& [purpose, line] : newest) {
      out << line << "\n";
    }
  }
  absl::StatusOr<ruraledu::jobs::v1::Job> Start(bool new_data_key) {
    ruraledu::jobs::v1::ResealRequest request = OfShard(kParent);
    request.set_new_data_key(new_data_key);
    return Call("Reseal", request, &Handlers::Reseal);
  }
  ruraledu::jobs::v1::ResealRequest OfShard(const std::string& parent) {
    ruraledu::jobs::v1::ResealRequest request;
    request.set_parent(parent);
    request.set_request_id(NextRequest());
    return request;
  }
  ruraledu::jobs::v1::ResealResult Reseal(bool new_data_key) {
    const auto job = Start(new_data_key);
    EXPECT_TRUE(job.ok()) << job.status();
    const absl::Status ran = RunJobs();
    EXPECT_TRUE(ran.ok()) << ran;
    ruraledu::jobs::v1::GetJobRequest get;
    get.set_name(job->name());
    const auto done = Call("GetJob", get, &Handlers::GetJob);
    ruraledu::jobs::v1::ResealResult result;
    EXPECT_TRUE(done.ok() && done->result().UnpackTo(&result)) << done.status();
    return result;
  }

  absl::StatusOr<v1::Student> Find(const std::string& id_number) {
    v1::FindStudentRequest request;
    request.set_parent(kParent);
    request.set_id_number(id_number);
    return Call("FindStudent", request, &Handlers::FindStudent);
  }
  // What anybody sees, with every version, and the journal's chain.
  std::vector<std::string> Seen() {
    std::vector<std::string> seen;
    const auto add = [&](const auto& roots) {
      for (const auto& root : roots) seen.push_back(root.DebugString());
    };
    add(All<v1::Student>(kStudents));
    add(All<v1::Teacher>(kTeachers));
    add(All<v1::School>(kSchools));
    add(All<v1::Import>(kImports));
    const auto sealer = *keys_->SealerOf(kCounty);
    const auto entries =
        database_->Read([&](db::Transaction& tx) { return feed::ReadEntries(tx, kCounty, 0, 500, sealer.get()); });
    EXPECT_TRUE(entries.ok()) << entries.status();
    add(*entries);
    const std::vector<std::string> counters = Counters();
    seen.insert(seen.end(), counters.begin(), counters.end());
    return seen;
  }
  void ExpectReads() {
    EXPECT_EQ(Must(Find(zhang_)).name(), StudentNamed("张子涵").name());
    EXPECT_EQ(ReasonOf(Create(Student(school_, zhang_, "别人")).status()), "IDENTITY_TAKEN");
    EXPECT_EQ(ReasonOf(Create(Student(school_, li_, "别人")).status()), "IDENTITY_TAKEN");
    EXPECT_EQ(ReasonOf(Create(Student(school_, Id("20140611", 26), "别人")).status()), "IDENTITY_TAKEN")
        << "of the merged one";
    const auto verified = feed::VerifyChain(*database_, kCounty);
    EXPECT_TRUE(verified.ok()) << verified.status();
  }
  // Values that are not under the present data key, per table.
  std::vector<std::string> Old() {
    const auto sealer = *keys_->SealerOf(kCounty);
    std::vector<std::string> old;
    for (const char* source :
         {"student", "teacher", "school", "household", "review", "import", "import_row", "import_chunk", "journal"}) {
      const std::string column = std::string(source) == "journal" ? "personal" : "sealed";
      const auto rows = database_->Read([&](db::Transaction& tx) {
        return tx.Query(
            absl::StrCat("SELECT ", column, " FROM ", source, " WHERE shard = $1 AND length(", column, ") > 0"),
            kCounty);
      });
      EXPECT_TRUE(rows.ok()) << rows.status();
      for (const db::Row& row : *rows) {
        if (sealer->NeedsReseal(row.Bytes(0))) old.push_back(source);
      }
    }
    return old;
  }
  // Students, teachers and staged rows whose index is not that of the newest key; and numbers whose claim under the
  // newest key is not held by whom the county says.
  std::vector<std::string> OldIndexes() {
    std::vector<std::string> old;
    const auto newest = [&](const std::string& number) { return IdIndexes(*keys_, number).back(); };
    const auto rows = [&](const std::string& sql) {
      const auto found = database_->Read([&](db::Transaction& tx) { return tx.Query(sql, kCounty); });
      EXPECT_TRUE(found.ok()) << found.status();
      return *found;
    };
    for (const v1::Student& student : All<v1::Student>(kStudents)) {
      const std::string id(feed::IdOfName(student.name())), key = newest(student.id_number());
      for (const db::Row& row : rows("SELECT id, id_index FROM student WHERE shard = $1")) {
        if (row.Text(0) == id && row.Text(1) != key) old.push_back("student");
      }
      const auto claim = database_->Read([&](db::Transaction& tx) {
        return tx.QueryOne("SELECT holder, state FROM claim WHERE shard = $1 AND space = 'identity' AND claim_key = $2",
                           ClaimShardOf(key), key);
      });
      EXPECT_TRUE(claim.ok()) << claim.status();
      const std::string holder = student.merged_into().empty() ? id : merged_into_;
      if (!claim->has_value() || (*claim)->Text(0) != holder || (*claim)->Text(1) != "HELD") old.push_back("claim");
    }
    for (const v1::Teacher& teacher : All<v1::Teacher>(kTeachers)) {
      for (const db::Row& row : rows("SELECT id_index FROM teacher WHERE shard = $1")) {
        if (row.Text(0) != newest(teacher.id_number())) old.push_back("teacher");
      }
    }
    std::set<std::string> right = {newest(zhang_), newest(li_), newest(zhao_), newest(Id("19850101", 11))};
    for (const db::Row& row : rows("SELECT person_key FROM import_row WHERE shard = $1 AND person_key <> ''")) {
      if (!right.contains(row.Text(0))) old.push_back("import_row");
    }
    return old;
  }

  const std::string zhang_ = Id("20140305", 17), li_ = Id("20140611", 24), zhao_ = Id("20140712", 31);
  v1::Import ready_;
  v1::School school_;
  std::string merged_into_;
};

TEST_P(ResealTest, NothingIsOldToBeginWith) {
  EXPECT_THAT(Old(), IsEmpty());
  EXPECT_THAT(OldIndexes(), IsEmpty());
  const auto result = Reseal(false);
  EXPECT_EQ(result.ShortDebugString(), "");
}

TEST_P(ResealTest, EverythingComesUnderTheNewestKeysAndNobodySeesADifference) {
  const auto before = Seen();
  AddKeys();
  Open();
  EXPECT_THAT(OldIndexes(), Not(IsEmpty()));
  ExpectReads();
  EXPECT_EQ(Seen(), before);
  const auto result = Reseal(true);
  EXPECT_EQ(result.data_keys(), 1);
  EXPECT_GT(result.rows(), 5);
  EXPECT_GT(result.entries(), 2);
  EXPECT_EQ(result.claims(), 3);
  EXPECT_THAT(Old(), IsEmpty());
  EXPECT_THAT(OldIndexes(), IsEmpty());
  EXPECT_EQ(Seen(), before);
  EXPECT_EQ(Reseal(false).ShortDebugString(), "") << "the second one finds nothing to do";
  ASSERT_TRUE(RunJobs().ok());

  for (const char* parent : {"shards/n000000", "shards/p410000"}) {  // whose data keys the old master key wraps, too
    ASSERT_TRUE(CallAs(rpc::MakeJobCaller("test", ""), "Reseal", OfShard(parent), &Handlers::Reseal).ok()) << parent;
  }
  ASSERT_TRUE(RunJobs().ok());
  DropOldKeys();
  Open();
  EXPECT_EQ(keys_->index_keys().size(), 1);
  EXPECT_EQ(Seen(), before);
  ExpectReads();
  EXPECT_THAT(OldIndexes(), IsEmpty());
  EXPECT_THAT(Rows(CheckAndApply(v1::IMPORT_SOURCE_TEACHERS, "again", TeachersCsv()).name(), "*"),
              ElementsAre("2 UNCHANGED"));
  ASSERT_TRUE(Apply(ready_.name()).ok());
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_EQ(Get(ready_.name()).state(), v1::IMPORT_STATE_CLOSED);
  EXPECT_EQ(Must(Find(zhao_)).name(), StudentNamed("赵六").name()) << "staged under the old keys";
}

TEST_P(ResealTest, CutOffAnywhereItGoesOn) {
  const auto before = Seen();
  int64_t rounds = 0;
  for (int64_t at = 5;; at = at * 3 / 2) {
    AddKeys();
    auto armed = std::make_shared<std::atomic<bool>>(false);
    auto count = std::make_shared<std::atomic<int64_t>>(0);
    Open([armed, count, at](int64_t, std::string_view) {
      return *armed && ++*count >= at ? absl::UnavailableError("killed") : absl::OkStatus();
    });
    ASSERT_TRUE(Start(true).ok());
    *armed = true;
    const absl::Status ran = RunJobs();
    *armed = false;
    Open();
    ExpectReads();
    EXPECT_EQ(Seen(), before) << "cut off at " << at;
    const absl::Status rest = RunToEnd();
    ASSERT_TRUE(rest.ok()) << "cut off at " << at << ": " << rest;
    const auto swept = db::SweepClaims(*database_, absl::ZeroDuration(), 1000);
    ASSERT_TRUE(swept.ok()) << swept.status();
    EXPECT_THAT(Old(), IsEmpty()) << "cut off at " << at;
    EXPECT_THAT(OldIndexes(), IsEmpty()) << "cut off at " << at;
    EXPECT_EQ(Seen(), before);
    if (ran.ok()) break;
    ++rounds;
  }
  EXPECT_GT(rounds, 5);
}

// A number that is corrected while a job lies cut off is nobody's under the new key.
TEST_P(ResealTest, ACorrectionMeanwhileWins) {
  AddKeys();
  int64_t at = 20;
  for (; at < 880; at += 40) {
    auto armed = std::make_shared<std::atomic<bool>>(false);
    auto count = std::make_shared<std::atomic<int64_t>>(0);
    Open([armed, count, at](int64_t, std::string_view) {
      return *armed && ++*count >= at ? absl::UnavailableError("killed") : absl::OkStatus();
    });
    ASSERT_TRUE(Start(false).ok());
    *armed = true;
    const absl::Status ran = RunJobs();
    *armed = false;
    Open();
    const std::string before = StudentNamed("张子涵").id_number(), after = Id("20140305", static_cast<int>(at) + 101);
    v1::UpdateStudentRequest request;
    request.mutable_student()->set_name(StudentNamed("张子涵").name());
    request.mutable_student()->set_id_number(after);
    request.mutable_update_mask()->add_paths("id_number");
    request.set_request_id(NextRequest());
    const auto corrected = Call("UpdateStudent", request, &Handlers::UpdateStudent);
    ASSERT_TRUE(corrected.ok()) << corrected.status();
    const absl::Status rest = RunToEnd();
    ASSERT_TRUE(rest.ok()) << "cut off at " << at << ": " << rest;
    ASSERT_TRUE(db::SweepClaims(*database_, absl::ZeroDuration(), 1000).ok());
    const auto owner = Create(Student(school_, before, absl::StrCat("原主", at)));
    EXPECT_TRUE(owner.ok()) << "cut off at " << at << ": " << owner.status();
    EXPECT_EQ(ReasonOf(Create(Student(school_, after, "别人")).status()), "IDENTITY_TAKEN");
    if (ran.ok()) break;
    AddKeys();
  }
  EXPECT_LT(at, 880) << "never reached its end";
  EXPECT_GT(at, 60);
}

TEST_P(ResealTest, OnlyTheSecurityAdministratorStartsIt) {
  EXPECT_EQ(ReasonOf(CallAs(Somebody("SYSTEM_ADMIN"), "Reseal", OfShard(kParent), &Handlers::Reseal).status()),
            "PERMISSION_DENIED");
  EXPECT_TRUE(CallAs(Somebody("SECURITY_ADMIN"), "Reseal", OfShard(kParent), &Handlers::Reseal).ok());
  EXPECT_EQ(
      ReasonOf(CallAs(Somebody("SECURITY_ADMIN"), "Reseal", OfShard("shards/n000000"), &Handlers::Reseal).status()),
      "PERMISSION_DENIED")
      << "of no county";
  const auto accounts = CallAs(Somebody("SECURITY_ADMIN"), "Reseal", OfShard("shards/a411728"), &Handlers::Reseal);
  ASSERT_TRUE(accounts.ok()) << accounts.status();
  ASSERT_TRUE(RunJobs().ok());
  ruraledu::jobs::v1::GetJobRequest get;
  get.set_name(accounts->name());
  const auto done = CallAs(Somebody("SECURITY_ADMIN"), "GetJob", get, &Handlers::GetJob);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->state(), ruraledu::jobs::v1::JOB_STATE_SUCCEEDED);
}

INSTANTIATE_TEST_SUITE_P(Databases, ResealTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ruraledu::registry
