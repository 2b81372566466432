// A person whose retention has ended: what this service knew goes, what it did stays, and others lose nothing.
#include <atomic>

#include "common/feed/journal.h"
#include "common/rpc/file_methods.h"
#include "tests/lib/known_of_person.h"
#include "tests/student_aid/identification_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kShard[] = "c411728";
constexpr char kPupil[] = "counties/411728/students/p3";
constexpr char kContent[] = "低保证明";

TEST(Erasure, EveryKindOfRootSaysWhereAPersonIs) {
  EXPECT_THAT(testlib::UnsaidOf(OwnKinds(), Schema()),
              ElementsAre("departmentAidLists: department is about nobody?",   // sealed for what its rows tell with it
                          "factEnquiries: answer_file_name is about nobody?",  // without a name of a person
                          "paymentBatches: account is about nobody?"));        // the county's own account
}

class ErasureTest : public IdentificationFixture, public ::testing::TestWithParam<const char*> {
 protected:
  ErasureTest() : ErasureTest(std::make_shared<std::atomic<int64_t>>(-1)) {}
  explicit ErasureTest(std::shared_ptr<std::atomic<int64_t>> counter)
      : IdentificationFixture(Options(counter)), left(std::move(counter)) {}
  static db::Options Options(std::shared_ptr<std::atomic<int64_t>> left) {
    db::Options options = OptionsOf(GetParam());
    options.decorate = db::WithFaults([left](int64_t, std::string_view) {
      return *left < 0 || --*left > 0 ? absl::OkStatus() : (*left = 1, absl::UnavailableError("killed"));
    });
    return options;
  }

  // p3 and p4 identified on one notice, decided upon, p3 with a file.
  void SetUp() override {
    On(9, 18);
    ASSERT_EQ(Reasons(Submit({Application("p3"), Application("p4")})), "- -");
    for (const char* person : {"p3", "p4"}) {
      ASSERT_TRUE(ClassReview(person).ok());
      ASSERT_TRUE(SchoolReview(person).ok());
    }
    const auto posted = StartNotice({"p3", "p4"});
    ASSERT_EQ(Reasons(posted), "- -");
    notice = posted->notice().name();
    On(9, 26);
    ASSERT_EQ(Reasons(CloseNotice(notice)), "- -");
    ASSERT_TRUE(aid.Entitle().ok());
    file = PutFile();
  }
  std::string PutFile() {
    ruraledu::files::v1::CreateFileRequest create;
    create.set_parent(kCounty);
    create.set_request_id(NewId());
    create.mutable_file()->set_owner(kPupil);
    create.mutable_file()->set_kind(ruraledu::files::v1::FILE_KIND_EVIDENCE);
    create.mutable_file()->set_total_bytes(sizeof(kContent) - 1);
    create.mutable_file()->set_file_name("王小明低保证明.txt");
    create.mutable_file()->set_sha256(crypto::Sha256({kContent}));
    const auto created = aid.Call("CreateFile", create, &Handlers::CreateFile);
    EXPECT_TRUE(created.ok()) << created.status();
    ruraledu::files::v1::UploadFileChunkRequest chunk;
    chunk.set_name(created->name());
    chunk.set_data(kContent);
    chunk.set_sha256(crypto::Sha256({kContent}));
    EXPECT_TRUE(aid.Call("UploadFileChunk", chunk, &Handlers::UploadFileChunk).ok());
    ruraledu::files::v1::CommitFileRequest commit;
    commit.set_name(created->name());
    commit.set_request_id(NewId());
    EXPECT_TRUE(aid.Call("CommitFile", commit, &Handlers::CommitFile).ok());
    return created->name();
  }
  // As the registry's erasure leaves the student.
  void EraseInRegistry(const std::string& person = "p3") {
    registry_v1::Student student = Student(person, "PRI", "4");
    student.set_status("GRADUATED");
    feed::KeepPublished(student);
    *student.mutable_erased_on() = Date(20240901);
    registry.Put(student);
    ASSERT_TRUE(aid.CatchUp().ok());
  }
  std::vector<db::JobRow> Jobs() {
    return *aid.place.database->Read(
        [&](db::Transaction& tx) { return db::ListJobs(tx, kShard, rpc::kErasePersonJob, "", 10); });
  }

  // Every classified part that the service still has of p3 ("p4": of the other one), with where it is.
  std::vector<std::string> Known(const std::string& person) {
    const auto sealer = *aid.place.keys->SealerOf(kShard);
    std::vector<std::string> known;
    const auto read = aid.place.database->Read([&](db::Transaction& tx) -> absl::Status {
      for (const feed::OwnRoot& kind : OwnKinds()) {
        if (kind.table != &kDecisions && kind.table != &kIdentifications) continue;
        ASSIGN_OR_RETURN(const auto ids, feed::IdsOfPerson(tx, kShard, *kind.table, kind.person, person));
        for (const std::string& id : ids) {
          const std::unique_ptr<google::protobuf::Message> root(kind.make());
          RETURN_IF_ERROR(feed::LoadRoot(tx, *sealer, *kind.table, kShard, id, root.get()).status());
          feed::KeepClassified(*root);
          if (root->ByteSizeLong() > 0) known.push_back(absl::StrCat("row ", id));
        }
      }
      ASSIGN_OR_RETURN(const auto board, feed::Load<v1::Notice>(tx, *sealer, kNotices, kShard, feed::IdOfName(notice)));
      for (const auto& entry : board->entries()) {
        if (entry.identification() == Name(person) && !entry.masked_name().empty()) known.push_back("notice");
      }
      ASSIGN_OR_RETURN(const auto entries, feed::ReadEntries(tx, kShard, 0, 500, sealer.get()));
      for (const auto& entry : entries) {
        ruraledu::feed::v1::RootEvent event;
        ruraledu::feed::v1::RootPersonal personal;
        EXPECT_TRUE(event.ParseFromString(entry.body()) && personal.ParseFromString(entry.personal()));
        for (int i = 0; i < personal.changes_size(); ++i) {
          const std::string& name = event.changes(i).name();
          const bool theirs =
              name.find(absl::StrCat("/", person, ".")) != std::string::npos || (person == "p3" && name == file);
          v1::Notice shown;
          EXPECT_TRUE(name != notice || shown.ParseFromString(personal.changes(i)));
          const bool named = std::any_of(shown.entries().begin(), shown.entries().end(), [&](const auto& entry) {
            return entry.identification() == Name(person) && !entry.masked_name().empty();
          });
          if (named || (theirs && !personal.changes(i).empty())) known.push_back(absl::StrCat("journal ", name));
        }
      }
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
    return known;
  }
  std::string FileState() {
    ruraledu::files::v1::GetFileRequest get;
    get.set_name(file);
    const auto answer = aid.Call("GetFile", get, &Handlers::GetFile);
    return answer.ok() ? ruraledu::files::v1::FileState_Name(answer->state()) : std::string(ReasonOf(answer.status()));
  }

  std::shared_ptr<std::atomic<int64_t>> left;  // statements until killed
  std::string notice, file;
};

TEST_P(ErasureTest, CutOffAnywhereItEndsWithNothingLeftOfThePersonAndAllOfOthers) {
  EXPECT_THAT(Known("p3"), Contains(HasSubstr("row")));
  EXPECT_THAT(Known("p3"), Contains(HasSubstr("journal")));
  EXPECT_THAT(Known("p3"), Contains("notice"));
  EXPECT_EQ(FileState(), "FILE_STATE_CLEAN");
  // Lists that show both go from the journal; the notice itself keeps the other one.
  const auto others = [&] {
    auto known = Known("p4");
    std::erase(known, absl::StrCat("journal ", notice));
    return known;
  };
  const auto before = others();
  EXPECT_THAT(before, Contains("notice"));
  EraseInRegistry();
  ASSERT_EQ(Jobs().size(), 1u);
  const std::string job = Jobs()[0].id;
  int rounds = 0;
  for (int64_t at = 3;; at += 7, ++rounds) {
    *left = at;
    const absl::Status turn = aid.Turn(kShard, job);
    *left = -1;
    EXPECT_EQ(others(), before) << "cut off at " << at;
    if (turn.ok()) break;
  }
  EXPECT_GT(rounds, 2);
  EXPECT_THAT(Known("p3"), IsEmpty());
  EXPECT_EQ(FileState(), "FILE_STATE_ERASED");
  EXPECT_EQ(State("p3"), "CONFIRMED") << "what was decided stays";
  EXPECT_EQ(aid.Decisions().size(), 4u);
}

TEST_P(ErasureTest, IsOrderedOnceHoweverOftenTheRegistryTellsIt) {
  EraseInRegistry();
  registry_v1::Student again = Student("p3", "PRI", "5");
  feed::KeepPublished(again);
  *again.mutable_erased_on() = Date(20240901);
  registry.Put(again);
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(Jobs().size(), 1u);
}

TEST_P(ErasureTest, AFileToWhichSomebodyElseRefersStaysAsLongAsThatOne) {
  ASSERT_TRUE(
      aid.place.database
          ->Write(kShard,
                  [&](db::Transaction& tx) { return ruraledu::files::Attach(tx, feed::IdOfName(file), Name("p4")); })
          .ok());
  EraseInRegistry();
  RunJobs(rpc::kErasePersonJob);
  EXPECT_EQ(FileState(), "FILE_STATE_CLEAN");
  EXPECT_THAT(Known("p4"), Contains(HasSubstr("row")));
  EraseInRegistry("p4");
  RunJobs(rpc::kErasePersonJob);
  EXPECT_EQ(FileState(), "FILE_STATE_ERASED");
  EXPECT_THAT(testlib::KnownOf(*aid.place.database, **aid.place.keys->SealerOf(kShard), kShard, OwnKinds(), "低保证明"),
              IsEmpty());
}

TEST_P(ErasureTest, WhatWasErasedIsNotReplayed) {
  EraseInRegistry();
  RunJobs(rpc::kErasePersonJob);
  v1::ReplayIdentificationRequest request;
  request.set_name(Name("p3"));
  EXPECT_EQ(ReasonOf(As("auditor", "ReplayIdentification", request, &Handlers::ReplayIdentification).status()),
            "ERASED");
  v1::ReplayDecisionRequest decision;
  decision.set_name(absl::StrCat(kCounty, "/decisions/p3.", kAutumn, ".1"));
  EXPECT_EQ(ReasonOf(aid.Call("ReplayDecision", decision, &Handlers::ReplayDecision).status()), "ERASED");
}

INSTANTIATE_TEST_SUITE_P(Databases, ErasureTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ruraledu::student_aid
