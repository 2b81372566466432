#include "common/files/scanner.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "tests/common/files/fixture.h"

namespace ruraledu::files {
namespace {

// A scanner of a few lines of shell.
class ScannerTest : public testing::Test {
 protected:
  absl::StatusOr<bool> Scan(const std::string& script, std::vector<std::string> pieces,
                            absl::Duration limit = absl::Minutes(5)) {
    const std::string path = folder_ / "scan";
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    auto scanner = Scanner::Create("service.files_scanner", path + " one  two", limit);
    EXPECT_TRUE(scanner.ok()) << scanner.status();
    return scanner->IsClean(PiecesOf(std::move(pieces)));
  }
  std::string Problem(const std::string& script, std::vector<std::string> pieces,
                      absl::Duration limit = absl::Minutes(5)) {
    const auto clean = Scan(script, std::move(pieces), limit);
    return clean.ok() ? "" : absl::StrCat(ReasonOf(clean.status()), " ", clean.status().message());
  }
  TempFolder folder_;
};

TEST_F(ScannerTest, AnswersByItsExitCode) {
  EXPECT_TRUE(*Scan("cat >/dev/null; exit 0", {"content"}));
  EXPECT_FALSE(*Scan("cat >/dev/null; exit 1", {"content"}));
  EXPECT_THAT(Problem("cat >/dev/null; exit 2", {"content"}), testing::HasSubstr("exit code 2"));
}

TEST_F(ScannerTest, SeesTheWholeContentAndItsArguments) {
  const std::string large(3 << 20, 'x');
  EXPECT_TRUE(*Scan("[ \"$1 $2\" = 'one two' ] && [ $(wc -c) -eq 3145731 ]", {large, "end"}));
  EXPECT_TRUE(*Scan("[ \"$(cat)\" = EICAR ] && exit 0; exit 3", {"EI", "CAR"}));
}

TEST_F(ScannerTest, KnowsNothingElseOfTheProcess) {
  setenv("RURALEDU_SECRET", "1", 1);
  EXPECT_TRUE(
      *Scan("cat >/dev/null; [ -z \"$RURALEDU_SECRET\" ] && [ $(ls /proc/self/fd | wc -l) -le 4 ]", {"content"}));
  unsetenv("RURALEDU_SECRET");
}

TEST_F(ScannerTest, ThatHangsIsKilledWithWhatItStarted) {
  const std::string pid = folder_ / "pid";
  EXPECT_THAT(Problem("sh -c 'echo $$ >" + pid + "; exec tail -f /dev/null' & exec tail -f /dev/null", {"content"},
                      absl::Seconds(5)),
              testing::HasSubstr("not ended in time"));
  std::ifstream in(pid);
  pid_t grandchild = 0;
  ASSERT_TRUE(in >> grandchild);
  const int watched = static_cast<int>(syscall(SYS_pidfd_open, grandchild, 0));
  if (watched >= 0) {  // killed, and not gone yet
    pollfd one = {watched, POLLIN, 0};
    EXPECT_EQ(poll(&one, 1, 60'000), 1);
    close(watched);
  }
}

TEST_F(ScannerTest, ThatDoesNotReadIsKilledToo) {
  EXPECT_THAT(Problem("exec tail -f /dev/null", {std::string(4 << 20, 'x')}, absl::Seconds(2)),
              testing::HasSubstr("not ended in time"));
}

TEST_F(ScannerTest, ThatCrashesSaysNothing) {
  EXPECT_THAT(Problem("kill -SEGV $$", {"content"}), testing::HasSubstr("ended by signal 11"));
  EXPECT_THAT(Problem("kill -KILL $$", {std::string(4 << 20, 'x')}), testing::HasSubstr("ended by signal 9"));
}

TEST_F(ScannerTest, MayEndEarlyToRefuseButNotToAccept) {
  EXPECT_FALSE(*Scan("exit 1", {std::string(4 << 20, 'x'), std::string(4 << 20, 'x')}));
  EXPECT_THAT(Problem("exit 0", {std::string(4 << 20, 'x'), std::string(4 << 20, 'x')}),
              testing::HasSubstr("did not read to the end"));
}

TEST_F(ScannerTest, PassesOnWhyThereIsNoContent) {
  auto scanner = Scanner::Create("service.files_scanner", "/bin/cat", absl::Minutes(1));
  ASSERT_TRUE(scanner.ok());
  EXPECT_EQ(
      ReasonOf(
          scanner->IsClean([]() -> absl::StatusOr<std::optional<std::string>> { return Fail("FILE_CONTENT_MISSING"); })
              .status()),
      "FILE_CONTENT_MISSING");
}

TEST_F(ScannerTest, MustBeAProgramByItsWholePath) {
  for (const char* command : {"clamdscan -", "/no/such/program", "./scan"}) {
    EXPECT_EQ(ReasonOf(Scanner::Create("service.files_scanner", command, absl::Minutes(1)).status()), "CONFIG_INVALID");
  }
  std::ofstream(folder_ / "broken") << "no program";
  std::filesystem::permissions(folder_ / "broken", std::filesystem::perms::owner_all);
  const auto broken = Scanner::Create("service.files_scanner", folder_ / "broken", absl::Minutes(1));
  ASSERT_TRUE(broken.ok());
  EXPECT_EQ(ReasonOf(broken->IsClean(PiecesOf({"x"})).status()), "SCAN_FAILED");
}

TEST_F(ScannerTest, OfNothingFindsEverythingClean) {
  EXPECT_TRUE(*Scanner::Create("service.files_scanner", "", absl::Minutes(1))->IsClean(PiecesOf({"x"})));
}

}  // namespace
}  // namespace ruraledu::files
