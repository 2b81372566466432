// Imports of one county: the handlers, and jobs that run in the test's own thread, so that a test can cut one off at
// any statement and go on.
#pragma once

#include <set>

#include "absl/strings/str_join.h"
#include "common/domain/citizen_id.h"
#include "tests/registry/fixture.h"

namespace ruraledu::registry {

// What is in the county and what identity claims say, without versions: equal for equal end states.
using State = std::vector<std::string>;

class ImportTest : public RegistryTest {
 protected:
  using RegistryTest::Create;
  using RegistryTest::RegistryTest;
  absl::StatusOr<v1::Import> Create(v1::ImportSource source, const std::string& batch, const std::string& bytes,
                                    const std::function<void(v1::Import&)>& change = nullptr) {
    v1::CreateImportRequest request;
    request.set_parent(kParent);
    request.set_request_id(NextRequest());
    v1::Import& import = *request.mutable_import();
    import.set_source(source);
    import.set_batch(batch);
    import.set_mode(v1::IMPORT_MODE_PARTIAL);
    import.set_school_year("2023-2024");
    import.set_total_bytes(static_cast<int64_t>(bytes.size()));
    import.set_sha256(crypto::Sha256({bytes}));
    if (change) {
      change(import);
    }
    return Call("CreateImport", request, &Handlers::CreateImport, area_);
  }
  absl::StatusOr<int64_t> Upload(const std::string& name, int64_t offset, const std::string& bytes,
                                 const std::string& digest = "") {
    v1::UploadChunkRequest request;
    request.set_name(name);
    request.set_offset(offset);
    request.set_data(bytes);
    request.set_sha256(digest.empty() ? crypto::Sha256({bytes}) : digest);
    const auto answer = Call("UploadChunk", request, &Handlers::UploadChunk, area_);
    return answer.ok() ? absl::StatusOr<int64_t>(answer->received_bytes()) : answer.status();
  }
  absl::StatusOr<v1::Import> Commit(const std::string& name) {
    v1::CommitUploadRequest request;
    request.set_name(name);
    request.set_request_id(NextRequest());
    return Call("CommitUpload", request, &Handlers::CommitUpload, area_);
  }
  absl::StatusOr<v1::Import> Apply(const std::string& name, const std::vector<std::string>& guards = {},
                                   const std::string& etag = "") {
    v1::ApplyImportRequest request;
    request.set_name(name);
    request.set_etag(etag);
    request.set_request_id(NextRequest());
    *request.mutable_override_guards() = {guards.begin(), guards.end()};
    return Call("ApplyImport", request, &Handlers::ApplyImport, area_);
  }
  absl::StatusOr<v1::Import> Withdraw(const std::string& name) {
    v1::WithdrawImportRequest request;
    request.set_name(name);
    request.set_reason("wrong file");
    request.set_request_id(NextRequest());
    return Call("WithdrawImport", request, &Handlers::WithdrawImport, area_);
  }
  v1::Import Get(const std::string& name) {
    v1::GetImportRequest request;
    request.set_name(name);
    auto import = Call("GetImport", request, &Handlers::GetImport, area_);
    EXPECT_TRUE(import.ok()) << import.status();
    return import.ok() ? *import : v1::Import();
  }
  // "line outcome code" of every row that is not UNCHANGED, or of one outcome ("*": all).
  std::vector<std::string> Rows(const std::string& name, const std::string& outcome = "") {
    v1::ListImportRowsRequest request;
    request.set_name(name);
    request.set_outcome(outcome);
    std::vector<std::string> rows;
    do {
      const auto page = Call("ListImportRows", request, &Handlers::ListImportRows, area_);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) {
        break;
      }
      for (const v1::ImportRow& row : page->rows()) {
        rows.push_back(absl::StrCat(row.line(), " ", row.outcome(), row.code().empty() ? "" : " ", row.code()));
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return rows;
  }

  // Upload, commit and check of a whole file.
  v1::Import Check(v1::ImportSource source, const std::string& batch, const std::string& bytes,
                   const std::function<void(v1::Import&)>& change = nullptr) {
    auto import = Create(source, batch, bytes, change);
    EXPECT_TRUE(import.ok()) << import.status();
    if (!import.ok()) {
      return {};
    }
    constexpr size_t kPart = 1000;
    for (size_t at = 0; at < bytes.size(); at += kPart) {
      const auto sent = Upload(import->name(), static_cast<int64_t>(at), bytes.substr(at, kPart));
      EXPECT_TRUE(sent.ok()) << sent.status();
    }
    const auto committed = Commit(import->name());
    EXPECT_TRUE(committed.ok()) << committed.status();
    const absl::Status ran = RunJobs();
    EXPECT_TRUE(ran.ok()) << ran;
    return Get(import->name());
  }
  v1::Import CheckAndApply(v1::ImportSource source, const std::string& batch, const std::string& bytes,
                           const std::function<void(v1::Import&)>& change = nullptr) {
    const v1::Import import = Check(source, batch, bytes, change);
    const auto applied = Apply(import.name(), {"MASS_DISAPPEARANCE", "DUPLICATE_SHARE"});
    EXPECT_TRUE(applied.ok()) << applied.status() << " " << import.ShortDebugString();
    const absl::Status ran = RunJobs();
    EXPECT_TRUE(ran.ok()) << ran;
    return Get(import.name());
  }

  // Everything that the county holds, versions and times left out.
  State Everything() {
    State state;
    const auto add = [&](auto roots) {
      for (auto& root : roots) {
        root.clear_etag();
        state.push_back(root.ShortDebugString());
      }
    };
    add(All<v1::School>(kSchools));
    add(All<v1::SchoolClass>(kClasses));
    add(All<v1::Student>(kStudents));
    add(All<v1::Household>(kHouseholds));
    add(All<v1::IdentityReview>(kReviews));
    add(All<v1::Teacher>(kTeachers));
    add(All<v1::Region>(kRegions));
    add(All<v1::Calendar>(kCalendars, std::string(kNationShard)));
    const auto persons = database_->Read(
        [&](db::Transaction& tx) { return tx.Query("SELECT id, home_shard FROM person ORDER BY shard, id"); });
    EXPECT_TRUE(persons.ok()) << persons.status();
    for (const db::Row& row : *persons) {
      state.push_back(absl::StrCat(row.Text(0), " in ", row.Text(1)));
    }
    const auto claims = database_->Read([&](db::Transaction& tx) {
      return tx.Query("SELECT claim_key, holder, state FROM claim ORDER BY space, claim_key");
    });
    EXPECT_TRUE(claims.ok()) << claims.status();
    for (const db::Row& row : *claims) {
      state.push_back(absl::StrCat(row.Text(0), " ", row.Text(1), " ", row.Text(2)));
    }
    const std::vector<std::string> counters = Counters();
    state.insert(state.end(), counters.begin(), counters.end());
    return state;
  }

  // Two schools, ready for pupils.
  static std::string SchoolsCsv() {
    return "学校标识码,学校名称,办学类型,学段,办别,乡镇代码,城乡分类代码,是否寄宿制学校\n"
           "2141000001,瞿阳小学,小学,小学,公办,411728001,121,0\n"
           "3141000002,车站中学,初级中学,初中,公办,411728002000,121,1\n";
  }
  static std::string RosterCsv(const std::vector<std::string>& rows) {
    return absl::StrCat("姓名,身份证号,学籍号,性别,出生日期,学校标识码,年级,班级,就读方式\n", absl::StrJoin(rows, "\n"),
                        "\n");
  }
  // One row of a roster: a boy of the primary school, grade 3.
  static std::string Pupil(const std::string& name, const std::string& id, const std::string& school = "2141000001",
                           const std::string& grade = "三年级") {
    return absl::StrCat(name, ",", id, ",G", id, ",,,", school, ",", grade, ",1班,走读");
  }
  void LoadSchools() {
    EXPECT_EQ(CheckAndApply(v1::IMPORT_SOURCE_SCHOOLS, "schools", SchoolsCsv()).state(), v1::IMPORT_STATE_CLOSED);
  }

  std::string area_ = "4117";  // of the caller; "": the whole country
};

}  // namespace ruraledu::registry
