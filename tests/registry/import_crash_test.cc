// An import that is cut off at a statement and goes on in the next process ends as one that was not.
//
// RURALEDU_CRASH_STRIDE (default 7): every how many statements it is cut off; 1: at each of them.
#include <cstdlib>

#include "tests/registry/import_fixture.h"

namespace ruraledu::registry {
namespace {

class ImportCrashTest : public ImportTest {
 protected:
  // From CHECKING to CLOSED, or the first error.
  absl::Status Drive(const std::string& name) {
    RETURN_IF_ERROR(RunJobs());
    if (Get(name).state() == v1::IMPORT_STATE_READY) {
      RETURN_IF_ERROR(Apply(name).status());
    }
    return RunJobs();
  }

  // Leaves an import committed, with the jobs to come, in `saved`.
  std::string Prepare(v1::ImportSource source, const std::string& csv) {
    auto import = Create(source, "crash", csv, [](v1::Import& i) { i.set_complete(true); });
    EXPECT_TRUE(import.ok()) << import.status();
    EXPECT_TRUE(Upload(import->name(), 0, csv).ok());
    EXPECT_TRUE(Commit(import->name()).ok());
    Close();
    std::filesystem::copy_file(folder_ / "registry.db", folder_ / "saved.db");
    return import->name();
  }

  void Restore() {
    Close();
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(folder_ / (std::string("registry.db") + suffix));
    }
    std::filesystem::copy_file(folder_ / "saved.db", folder_ / "registry.db");
  }

  void CutOffEverywhere(v1::ImportSource source, const std::string& csv) {
    const std::string name = Prepare(source, csv);
    Open();
    ASSERT_TRUE(Drive(name).ok());
    ASSERT_EQ(Get(name).state(), v1::IMPORT_STATE_CLOSED);
    const State expected = Everything();
    const char* stride = std::getenv("RURALEDU_CRASH_STRIDE");
    const int64_t step = stride == nullptr ? 7 : std::atoll(stride);
    ASSERT_GT(step, 0);
    for (int64_t at = 1;; at += step) {
      Restore();
      auto armed = std::make_shared<std::atomic<bool>>(false);
      auto count = std::make_shared<std::atomic<int64_t>>(0);
      Open([armed, count, at](int64_t, std::string_view) {
        return *armed && ++*count >= at ? absl::UnavailableError("killed") : absl::OkStatus();
      });
      *armed = true;
      const absl::Status first = DriveQuietly(name);
      *armed = false;
      if (first.ok()) {
        EXPECT_GT(at, 50) << "so few statements cannot be";
        return;
      }
      Open();
      ASSERT_TRUE(Drive(name).ok()) << "cut off at statement " << at;
      ASSERT_EQ(Get(name).state(), v1::IMPORT_STATE_CLOSED) << "cut off at statement " << at;
      ASSERT_EQ(Everything(), expected) << "cut off at statement " << at;
    }
  }

  // As Drive, where reading the state may fail too.
  absl::Status DriveQuietly(const std::string& name) {
    RETURN_IF_ERROR(RunJobs());
    v1::GetImportRequest request;
    request.set_name(name);
    ASSIGN_OR_RETURN(const v1::Import import, Call("GetImport", request, &Handlers::GetImport));
    if (import.state() == v1::IMPORT_STATE_READY) {
      RETURN_IF_ERROR(Apply(name).status());
    }
    return RunJobs();
  }
};

TEST_F(ImportCrashTest, Roster) {
  LoadSchools();
  CutOffEverywhere(v1::IMPORT_SOURCE_STUDENT_ROSTER,
                   RosterCsv({Pupil("张子涵", Id("20140305", 17)), Pupil("张梓涵", Id("20140305", 19)),
                              Pupil("错号码", "411700201403050179")}));
}

TEST_F(ImportCrashTest, Households) {
  LoadSchools();
  CheckAndApply(v1::IMPORT_SOURCE_STUDENT_ROSTER, "r", RosterCsv({Pupil("张子涵", Id("20140305", 17))}));
  CutOffEverywhere(
      v1::IMPORT_SOURCE_RURAL_REVITALISATION,
      absl::StrCat(
          "户编号,户主姓名,村代码,户类型,是否享受政策,识别日期,风险是否消除,风险消除日期,姓名,证件号码,与户主关系\n",
          "H1,张三,411728001201,脱贫户,是,2016-01-01,否,,张三,", Id("19850101", 11), ",户主\n", ",,,,,,,,张子涵,",
          Id("20140305", 17), ",子\n"));
}

}  // namespace
}  // namespace ruraledu::registry
