// Attachments of pupils through the methods of the service: the whole way, who may, what is journalled, what is
// refused.
#include <set>

#include "tests/student_aid/fixture.h"

namespace ruraledu::student_aid {
namespace {

namespace files_v1 = ruraledu::files::v1;
using ruraledu::common::v1::DATA_CLASS_PERSONAL;
using ruraledu::common::v1::DATA_CLASS_UNSPECIFIED;

constexpr char kPupil[] = "counties/411728/students/p1";
constexpr char kContent[] = "残疾证 第三级";

class FileHandlersTest : public AidTest {
 protected:
  void SetUp() override {
    PutCounty(registry);
    ASSERT_TRUE(aid.CatchUp().ok());
  }

  files_v1::CreateFileRequest Wanted(const std::string& content = kContent) {
    files_v1::CreateFileRequest request;
    request.set_parent(kCounty);
    request.set_request_id(NewId());
    request.mutable_file()->set_owner(kPupil);
    request.mutable_file()->set_kind(files_v1::FILE_KIND_EVIDENCE);
    request.mutable_file()->set_total_bytes(static_cast<int64_t>(content.size()));
    request.mutable_file()->set_file_name("王小明残疾证.txt");
    request.mutable_file()->set_sha256(crypto::Sha256({content}));
    return request;
  }
  absl::StatusOr<files_v1::File> Create(const files_v1::CreateFileRequest& request,
                                        const std::string& area = "411728") {
    return aid.Call("CreateFile", request, &Handlers::CreateFile, area);
  }
  absl::StatusOr<int64_t> Upload(const std::string& name, std::string_view data, int64_t offset = 0) {
    files_v1::UploadFileChunkRequest request;
    request.set_name(name);
    request.set_offset(offset);
    request.set_data(std::string(data));
    request.set_sha256(crypto::Sha256({data}));
    ASSIGN_OR_RETURN(const auto answer, aid.Call("UploadFileChunk", request, &Handlers::UploadFileChunk));
    return answer.received_bytes();
  }
  absl::StatusOr<files_v1::File> Commit(const std::string& name, const std::string& request_id = NewId()) {
    files_v1::CommitFileRequest request;
    request.set_name(name);
    request.set_request_id(request_id);
    return aid.Call("CommitFile", request, &Handlers::CommitFile);
  }
  absl::StatusOr<files_v1::File> Get(const std::string& name, const std::string& area = "411728") {
    files_v1::GetFileRequest request;
    request.set_name(name);
    return aid.Call("GetFile", request, &Handlers::GetFile, area);
  }
  absl::StatusOr<files_v1::File> Erase(const std::string& name, const std::string& etag = "",
                                       const std::string& request_id = NewId()) {
    files_v1::EraseFileRequest request;
    request.set_name(name);
    request.set_etag(etag);
    request.set_request_id(request_id);
    return aid.Call("EraseFile", request, &Handlers::EraseFile);
  }
  // A committed file of p1.
  std::string Put(const std::string& content = kContent,
                  ruraledu::common::v1::DataClass content_class = DATA_CLASS_UNSPECIFIED) {
    auto wanted = Wanted(content);
    wanted.mutable_file()->set_content_class(content_class);
    const auto file = Create(wanted);
    EXPECT_TRUE(file.ok()) << file.status();
    EXPECT_TRUE(Upload(file->name(), content).ok());
    const auto committed = Commit(file->name());
    EXPECT_TRUE(committed.ok()) << committed.status();
    return file->name();
  }

  rpc::Caller Officer(const std::string& role, const std::string& area = "411728") {
    auto access = std::make_shared<rpc::AccountAccess>();
    access->account = "accounts/411728-officer";
    access->person = "officer";
    rpc::GrantRow grant{.name = "grant", .role = role, .area = area, .from = absl::CivilDay(2000, 1, 1)};
    grant.purposes = {"AID_REVIEW"};
    access->grants = {grant};
    return {.subject = "officer", .issuer = "test", .access = std::move(access)};
  }
  // The content as the stream gives it.
  absl::StatusOr<std::string> Read(rpc::Caller caller, const std::string& name, const std::string& purpose,
                                   int64_t offset = 0, int64_t length = 0, int* messages = nullptr) {
    files_v1::ReadFileRequest request;
    request.set_name(name);
    request.set_offset(offset);
    request.set_length(length);
    return aid.Stream(std::move(caller), "ReadFile", request, &Handlers::ReadFile, purpose,
                      [&](const files_v1::ReadFileResponse& response, std::string* all) {
                        EXPECT_EQ(response.offset(), offset + static_cast<int64_t>(all->size()));
                        *all += response.data();
                        if (messages != nullptr) ++*messages;
                      });
  }
  // "entity actor cause" of the entries of a shard.
  std::vector<std::string> Journal(const std::string& shard) {
    const auto sealer = *aid.place.keys->SealerOf(shard);
    const auto entries = aid.place.database->Read(
        [&](db::Transaction& tx) { return feed::ReadEntries(tx, shard, 0, 500, sealer.get()); });
    EXPECT_TRUE(entries.ok()) << entries.status();
    std::vector<std::string> lines;
    for (const auto& entry : *entries) {
      ruraledu::feed::v1::RootEvent event;
      EXPECT_TRUE(event.ParseFromString(entry.body()));
      lines.push_back(absl::StrCat(entry.entity(), " ", entry.actor(), " ", event.changes(0).cause()));
    }
    return lines;
  }
};

TEST_F(FileHandlersTest, AFileIsUploadedReadListedAndErased) {
  const auto created = Create(Wanted());
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->state(), files_v1::FILE_STATE_UPLOADING);
  EXPECT_EQ(created->area(), "411728103/s1");
  EXPECT_EQ(created->content_class(), ruraledu::common::v1::DATA_CLASS_SENSITIVE) << "unless somebody says less";
  EXPECT_TRUE(created->masked());
  EXPECT_EQ(created->file_name(), "");
  const std::string name = created->name();
  EXPECT_EQ(*Upload(name, std::string_view(kContent).substr(0, 5)), 5);
  EXPECT_EQ(Get(name)->received_bytes(), 5);
  EXPECT_EQ(*Upload(name, std::string_view(kContent).substr(0, 5)), 5) << "repeated";
  EXPECT_EQ(*Upload(name, std::string_view(kContent).substr(5), 5), static_cast<int64_t>(sizeof kContent - 1));
  const auto committed = Commit(name);
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(committed->state(), files_v1::FILE_STATE_CLEAN);
  EXPECT_EQ(committed->media_type(), "text/plain");
  EXPECT_NE(committed->digest(), "");
  EXPECT_EQ(*Read(Officer("COUNTY_AID_OFFICER"), name, "AID_REVIEW"), kContent);

  files_v1::ListFilesRequest list;
  list.set_owner(kPupil);
  const auto listed = aid.Call("ListFiles", list, &Handlers::ListFiles);
  ASSERT_EQ(listed->files_size(), 1);
  EXPECT_EQ(listed->files(0).name(), name);
  EXPECT_EQ(listed->files(0).file_name(), "");

  EXPECT_EQ(ReasonOf(Erase(name, "\"1\"").status()), "ETAG_MISMATCH");
  const auto erased = Erase(name, Get(name)->etag());
  ASSERT_TRUE(erased.ok()) << erased.status();
  EXPECT_EQ(erased->state(), files_v1::FILE_STATE_ERASED);
  EXPECT_EQ(erased->digest(), committed->digest());
  EXPECT_EQ(ReasonOf(Read(Officer("COUNTY_AID_OFFICER"), name, "AID_REVIEW").status()), "FILE_NOT_CLEAN");
  EXPECT_EQ(ReasonOf(Erase(name).status()), "STATE_TRANSITION");
  EXPECT_THAT(Journal("c411728"), ::testing::ElementsAre(name + " job:tester CREATE", name + " job:tester COMMIT",
                                                         name + " job:tester ERASE"));
  EXPECT_TRUE(feed::VerifyChain(*aid.place.database, "c411728").ok());
}

TEST_F(FileHandlersTest, TheJournalHoldsNoNameAndForgetsItWhenErased) {
  const std::string name = Put();
  const auto personal = [&](bool open) {
    const auto sealer = *aid.place.keys->SealerOf("c411728");
    const auto entries = *aid.place.database->Read(
        [&](db::Transaction& tx) { return feed::ReadEntries(tx, "c411728", 0, 500, open ? sealer.get() : nullptr); });
    bool found = false;
    for (const auto& entry : entries) {
      EXPECT_EQ(entry.body().find("王小明"), std::string::npos);
      EXPECT_EQ(entry.body().find(crypto::Sha256({kContent})), std::string::npos) << "a plain digest can be tried";
      found |= entry.personal().find("王小明") != std::string::npos;
    }
    return found;
  };
  EXPECT_TRUE(personal(true));
  ASSERT_TRUE(Erase(name).ok());
  EXPECT_FALSE(personal(true));
  EXPECT_TRUE(feed::VerifyChain(*aid.place.database, "c411728").ok());
}

TEST_F(FileHandlersTest, ReadingSensitiveContentNeedsAPurposeAndIsJournalled) {
  const std::string name = Put();
  const auto reason = [&](rpc::Caller caller, const std::string& purpose) {
    return ReasonOf(Read(std::move(caller), name, purpose).status());
  };
  EXPECT_EQ(reason(rpc::MakeJobCaller("tester", "411728"), "AID_REVIEW"), "PERMISSION_DENIED");
  EXPECT_EQ(reason(Officer("COUNTY_AID_OFFICER"), ""), "PURPOSE_REQUIRED");
  EXPECT_EQ(reason(Officer("COUNTY_AID_OFFICER"), "CURIOSITY"), "PERMISSION_DENIED");
  EXPECT_EQ(reason(Officer("COUNTY_AID_OFFICER", "500243"), "AID_REVIEW"), "PERMISSION_DENIED");
  EXPECT_EQ(reason(Officer("CLASS_TEACHER"), "AID_REVIEW"), "PERMISSION_DENIED") << "may upload, may not read";
  EXPECT_THAT(Journal("a411728"), ::testing::IsEmpty()) << "nothing was shown";
  EXPECT_EQ(*Read(Officer("COUNTY_AID_OFFICER"), name, "AID_REVIEW"), kContent);
  EXPECT_THAT(Journal("a411728"), ::testing::ElementsAre(name + " officer UNMASK AID_REVIEW"));
  // What is not sensitive is read by whoever may see the pupil.
  const std::string open = Put("公告", DATA_CLASS_PERSONAL);
  EXPECT_EQ(*Read(Officer("CLASS_TEACHER"), open, ""), "公告");
  EXPECT_EQ(Journal("a411728").size(), 1u);
}

TEST_F(FileHandlersTest, TheNameIsUnmaskedByWhoMayAndThatIsJournalled) {
  const std::string name = Put();
  files_v1::GetFileRequest request;
  request.set_name(name);
  request.set_unmask(true);
  EXPECT_EQ(
      ReasonOf(aid.CallAs(Officer("CLASS_TEACHER"), "GetFile", request, &Handlers::GetFile, "AID_REVIEW").status()),
      "PERMISSION_DENIED");
  const auto file = aid.CallAs(Officer("COUNTY_AID_OFFICER"), "GetFile", request, &Handlers::GetFile, "AID_REVIEW");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_FALSE(file->masked());
  EXPECT_EQ(file->file_name(), "王小明残疾证.txt");
  EXPECT_EQ(file->sha256(), crypto::Sha256({kContent}));
  EXPECT_EQ(Journal("a411728").size(), 1u);
}

TEST_F(FileHandlersTest, PartsAreReadAndTheStreamEnds) {
  std::string content(ruraledu::files::kPieceBytes + 100, 'x');
  content[ruraledu::files::kPieceBytes] = 'y';
  auto wanted = Wanted(content);
  wanted.mutable_file()->set_content_class(DATA_CLASS_PERSONAL);
  const std::string name = Create(wanted)->name();
  ASSERT_TRUE(Upload(name, content.substr(0, 1 << 20)).ok());
  ASSERT_TRUE(Upload(name, content.substr(1 << 20), 1 << 20).ok());
  ASSERT_TRUE(Commit(name).ok());
  const rpc::Caller teacher = Officer("CLASS_TEACHER");
  int messages = 0;
  EXPECT_EQ(*Read(teacher, name, "", 0, 0, &messages), content);
  EXPECT_EQ(messages, 2);
  EXPECT_EQ(*Read(teacher, name, "", ruraledu::files::kPieceBytes - 1, 3), "xyx");
  EXPECT_EQ(*Read(teacher, name, "", static_cast<int64_t>(content.size()) - 1, 1000), "x");
  EXPECT_EQ(*Read(teacher, name, "", static_cast<int64_t>(content.size())), "");
  EXPECT_EQ(ReasonOf(Read(teacher, name, "", static_cast<int64_t>(content.size()) + 1).status()), "NUMBER_RANGE");
  EXPECT_EQ(ReasonOf(Read(teacher, name, "", -1).status()), "NUMBER_RANGE");
  EXPECT_EQ(ReasonOf(Read(teacher, name, "", 0, -1).status()), "NUMBER_RANGE");
}

TEST_F(FileHandlersTest, AnErasureEndsAReading) {
  std::string content(2 * ruraledu::files::kPieceBytes, 'x');
  auto wanted = Wanted(content);
  wanted.mutable_file()->set_content_class(DATA_CLASS_PERSONAL);
  const std::string name = Create(wanted)->name();
  ASSERT_TRUE(Upload(name, content.substr(0, 1 << 20)).ok());
  ASSERT_TRUE(Upload(name, content.substr(1 << 20), 1 << 20).ok());
  ASSERT_TRUE(Commit(name).ok());
  files_v1::ReadFileRequest request;
  request.set_name(name);
  int messages = 0;
  const auto read = aid.Stream(Officer("CLASS_TEACHER"), "ReadFile", request, &Handlers::ReadFile, "",
                               [&](const files_v1::ReadFileResponse&, std::string*) {
                                 if (++messages == 1) {
                                   EXPECT_TRUE(Erase(name).ok());
                                 }
                               });
  EXPECT_EQ(ReasonOf(read.status()), "FILE_NOT_CLEAN");
  EXPECT_EQ(messages, 1);
}

TEST_F(FileHandlersTest, NothingButACleanFileIsHandedOut) {
  aid.file_settings.clean_unscanned = false;
  const std::string name = Put();
  EXPECT_EQ(Get(name)->state(), files_v1::FILE_STATE_QUARANTINED);
  EXPECT_EQ(ReasonOf(Read(Officer("COUNTY_AID_OFFICER"), name, "AID_REVIEW").status()), "FILE_NOT_CLEAN");
  EXPECT_THAT(Journal("a411728"), ::testing::IsEmpty()) << "a reading that did not happen";
  const auto jobs = aid.place.database->Read(
      [](db::Transaction& tx) { return db::ListJobs(tx, "c411728", ruraledu::files::kScanJob, "", 10); });
  ASSERT_EQ(jobs->size(), 1u);
  OneTurn turn(*aid.place.database, jobs->front());
  const auto scanner = *ruraledu::files::Scanner::Create("service.files_scanner", "/bin/false", absl::Minutes(1));
  const auto ran = ruraledu::files::ScanJob(*aid.shelf, scanner, rpc::FileRoots(*aid.place.keys), {})(turn);
  ASSERT_TRUE(ran.ok()) << ran.status();
  const auto rejected = Get(name);
  EXPECT_EQ(rejected->state(), files_v1::FILE_STATE_REJECTED);
  EXPECT_EQ(rejected->refusal(), "SCAN_REJECTED");
  EXPECT_EQ(ReasonOf(Read(Officer("COUNTY_AID_OFFICER"), name, "AID_REVIEW").status()), "FILE_NOT_CLEAN");
  EXPECT_EQ(Journal("c411728").back(), absl::StrCat(name, " job:", jobs->front().id, " SCAN_REJECTED"));
  EXPECT_TRUE(feed::VerifyChain(*aid.place.database, "c411728").ok());
}

TEST_F(FileHandlersTest, RepeatedRequestsAnswerOnce) {
  const auto wanted = Wanted();
  const auto first = Create(wanted);
  EXPECT_EQ(Create(wanted)->name(), first->name());
  auto other = wanted;
  other.mutable_file()->set_total_bytes(1);
  EXPECT_EQ(ReasonOf(Create(other).status()), "REQUEST_ID_REUSED");
  ASSERT_TRUE(Upload(first->name(), kContent).ok());
  const auto committed = Commit(first->name(), "commit-1");
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(Commit(first->name(), "commit-1")->etag(), committed->etag());
  EXPECT_EQ(ReasonOf(Commit(first->name(), "commit-2").status()), "UPLOAD_CLOSED");
  const auto erased = Erase(first->name(), "", "erase-1");
  ASSERT_TRUE(erased.ok()) << erased.status();
  EXPECT_EQ(Erase(first->name(), "", "erase-1")->etag(), erased->etag());
  EXPECT_EQ(Journal("c411728").size(), 3u);
}

TEST_F(FileHandlersTest, FilesFollowTheAreaOfTheirOwner) {
  const std::string name = Put();
  EXPECT_EQ(ReasonOf(Get(name, "411728103/s2").status()), "PERMISSION_DENIED");
  EXPECT_TRUE(Get(name, "411728103/s1").ok());
  registry.Put(School(kCounty, "s2"));
  auto moved = Student("p1", "JUN", "7", true, {}, kCounty, "s2");
  moved.set_area("411728103/s2");
  registry.Put(moved);
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_TRUE(Get(name, "411728103/s2").ok());
  EXPECT_EQ(ReasonOf(Get(name, "411728103/s1").status()), "PERMISSION_DENIED");
  files_v1::ListFilesRequest list;
  list.set_owner(kPupil);
  EXPECT_TRUE(aid.Call("ListFiles", list, &Handlers::ListFiles, "411728103/s2").ok());
  EXPECT_EQ(ReasonOf(aid.Call("ListFiles", list, &Handlers::ListFiles, "411728103/s1").status()), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(Create(Wanted(), "411728103/s1").status()), "PERMISSION_DENIED");
}

TEST_F(FileHandlersTest, OwnersArePupilsOfTheCounty) {
  const auto reason = [&](const std::string& owner, const std::string& area = "411728") {
    auto request = Wanted();
    request.mutable_file()->set_owner(owner);
    return ReasonOf(Create(request, area).status());
  };
  EXPECT_EQ(reason("counties/411728/students/nobody"), "NOT_FOUND");
  EXPECT_EQ(reason("counties/411728/students/nobody", "411728103/s1"), "PERMISSION_DENIED") << "nor whether there is";
  EXPECT_EQ(reason("counties/411728/teachers/t1"), "FILE_OWNER");
  EXPECT_EQ(reason("counties/411728/students/p1/more"), "FILE_OWNER");
  EXPECT_EQ(reason("counties/500243/students/p1"), "FILE_OWNER") << "of another county than the parent";
  EXPECT_EQ(reason(""), "FIELD_REQUIRED");
  files_v1::ListFilesRequest list;
  list.set_owner("counties/411728/students/nobody");
  EXPECT_EQ(ReasonOf(aid.Call("ListFiles", list, &Handlers::ListFiles).status()), "NOT_FOUND");
  list.set_owner("counties/411728/runs/r1");
  EXPECT_EQ(ReasonOf(aid.Call("ListFiles", list, &Handlers::ListFiles).status()), "FILE_OWNER");
}

TEST_F(FileHandlersTest, WhatIsNotThereIsNotTold) {
  const std::string nobody = absl::StrCat(kCounty, "/files/nobody");
  EXPECT_EQ(ReasonOf(Get(nobody).status()), "NOT_FOUND");
  const absl::Status missing = Get(nobody, "411728103/s2").status();
  EXPECT_EQ(ReasonOf(missing), "PERMISSION_DENIED");
  EXPECT_EQ(missing, Get(Put(), "411728103/s2").status()) << "as one that is there";
  EXPECT_EQ(ReasonOf(Upload(nobody, "x").status()), "NOT_FOUND");
  EXPECT_EQ(ReasonOf(Commit(nobody).status()), "NOT_FOUND");
  EXPECT_EQ(ReasonOf(Erase(nobody).status()), "NOT_FOUND");
  EXPECT_EQ(ReasonOf(Get("counties/411728/students/p1").status()), "NAME_INVALID");
}

TEST_F(FileHandlersTest, LimitsAndTypesAreThoseOfTheService) {
  aid.file_settings.max_bytes = 10;
  EXPECT_EQ(ReasonOf(Create(Wanted("0123456789a")).status()), "FILE_TOO_LARGE");
  const std::string name = Create(Wanted("0123456789"))->name();
  EXPECT_EQ(ReasonOf(Commit(name).status()), "UPLOAD_INCOMPLETE");
  EXPECT_EQ(ReasonOf(Upload(name, "012", 1).status()), "CHUNK_OFFSET");
  files_v1::UploadFileChunkRequest chunk;
  chunk.set_name(name);
  chunk.set_data("0123456789");
  chunk.set_sha256("no digest of it");
  EXPECT_EQ(ReasonOf(aid.Call("UploadFileChunk", chunk, &Handlers::UploadFileChunk).status()), "CHUNK_DIGEST");
  chunk.set_data(std::string((1 << 20) + 1, 'x'));
  EXPECT_EQ(ReasonOf(aid.Call("UploadFileChunk", chunk, &Handlers::UploadFileChunk).status()), "CHUNK_TOO_LARGE");
  ASSERT_TRUE(Upload(name, "0123456780").ok());
  EXPECT_EQ(ReasonOf(Commit(name).status()), "UPLOAD_DIGEST");
  const std::string program = Create(Wanted("MZ\x01\x02"))->name();
  ASSERT_TRUE(Upload(program, "MZ\x01\x02").ok());
  const auto refused = Commit(program);
  EXPECT_EQ(ReasonOf(refused.status()), "FILE_TYPE");
  EXPECT_THAT(std::string(refused.status().message()), ::testing::HasSubstr("PDF, JPEG, PNG, XLSX, DOCX, OFD, TEXT"));
}

TEST_F(FileHandlersTest, ListsPageByToken) {
  std::set<std::string> names;
  for (int i = 0; i < 5; ++i) names.insert(Put(absl::StrCat("file ", i)));
  files_v1::ListFilesRequest list;
  list.set_owner(kPupil);
  list.set_page_size(2);
  std::set<std::string> seen;
  for (int pages = 1;; ++pages) {
    const auto page = aid.Call("ListFiles", list, &Handlers::ListFiles);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& file : page->files()) seen.insert(file.name());
    list.set_page_token(page->next_page_token());
    if (list.page_token().empty()) {
      EXPECT_EQ(pages, 3);
      break;
    }
  }
  EXPECT_EQ(seen, names);
  list.set_page_token("elsewhere");
  EXPECT_EQ(ReasonOf(aid.Call("ListFiles", list, &Handlers::ListFiles).status()), "PAGE_TOKEN");
  list.clear_page_token();
  list.set_page_size(-1);
  EXPECT_EQ(ReasonOf(aid.Call("ListFiles", list, &Handlers::ListFiles).status()), "PAGE_SIZE");
}

TEST_F(FileHandlersTest, AReferenceFromAnotherRecordKeepsAFile) {
  const std::string name = Put();
  const std::string id(feed::IdOfName(name));
  const auto change = [&](auto body) { return aid.place.database->Write("c411728", body); };
  ASSERT_TRUE(change([&](db::Transaction& tx) {
                return ruraledu::files::Attach(tx, id, "counties/411728/identifications/i1");
              }).ok());
  EXPECT_EQ(ReasonOf(Erase(name).status()), "FILE_REFERENCED");
  ASSERT_TRUE(change([&](db::Transaction& tx) {
                return ruraledu::files::Detach(tx, id, "counties/411728/identifications/i1");
              }).ok());
  EXPECT_TRUE(Erase(name).ok());
}

TEST_F(FileHandlersTest, NewKeysReachFilesToo) {
  const std::string name = Put();
  ruraledu::jobs::v1::ResealRequest request;
  request.set_parent(kCounty);
  request.set_new_data_key(true);
  request.set_request_id(NewId());
  const auto job = aid.Call("Reseal", request, &Handlers::Reseal);
  ASSERT_TRUE(job.ok()) << job.status();
  ASSERT_TRUE(aid.Turn("c411728", std::string(feed::IdOfName(job->name()))).ok());
  const auto sealer = *aid.place.keys->SealerOf("c411728");
  const auto rows = *aid.place.database->Read([](db::Transaction& tx) {
    return tx.Query("SELECT sealed FROM file UNION ALL SELECT sealed_key FROM file_object");
  });
  ASSERT_EQ(rows.size(), 2u);
  for (const db::Row& row : rows) EXPECT_FALSE(sealer->NeedsReseal(row.Bytes(0)));
  EXPECT_EQ(*Read(Officer("COUNTY_AID_OFFICER"), name, "AID_REVIEW"), kContent);
}

TEST_F(FileHandlersTest, FilesAreInTheState) {
  const std::string name = Put();
  ruraledu::feed::v1::ListStateRequest request;
  request.set_parent(kCounty);
  const auto state = aid.Call("ListState", request, &Handlers::ListState);
  ASSERT_TRUE(state.ok()) << state.status();
  ASSERT_EQ(state->entries_size(), 1);
  EXPECT_EQ(state->entries(0).entity(), name);
}

}  // namespace
}  // namespace ruraledu::student_aid
