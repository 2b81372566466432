// The shipped processes: what they refuse to start with, what they show, and that a drain loses nothing.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/sync_stream.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tests/security/world.h"

namespace ruraledu::security {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(Process, SaysWhyItDoesNotStart) {
  testlib::Suite suite({.redis = false});
  const std::string home = suite.home();
  std::ofstream(home + "/garbage.pem") << "nothing\n";
  fs::permissions(home + "/garbage.pem", fs::perms::owner_read | fs::perms::owner_write);
  fs::copy(home + "/pki/registry.key", home + "/open.key");
  fs::permissions(home + "/open.key", fs::perms::others_read, fs::perm_options::add);
  const std::pair<std::string, std::string> kCases[] = {
      {"server.tls_key=" + home + "/none.key", "FILE_UNREADABLE"},
      {"server.tls_key=" + home + "/open.key", "FILE_MODE"},
      {"server.tls_key=" + home + "/pki/student_aid.key", "TLS_FILES"},
      {"server.client_ca=" + home + "/garbage.pem", "TLS_FILES"},
      {"server.adress=127.0.0.1:0", "CONFIG_INVALID"},
      {"keys.file=" + home + "/garbage.pem", "KEY_FILE_INVALID"},
      {"policies.folder=" + home, "DATA_FILE_UNREADABLE"},
      {"log.level=loud", "CONFIG_INVALID"},
  };
  for (const auto& [setting, reason] : kCases) {
    suite.Launch("registry", 0, {setting});
    EXPECT_EQ(suite.AwaitExit("registry"), 1) << setting;
    const std::string said = ReadFile(suite.output("registry"));
    EXPECT_TRUE(absl::StrContains(said, reason)) << setting << "\n" << said;
    fs::remove(suite.output("registry"));
  }
}

int ReflectionCode(testlib::Suite& suite) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = ReadFile(suite.home() + "/pki/ca.crt");
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("localhost");
  const auto channel = grpc::CreateCustomChannel(suite.address("registry"), grpc::SslCredentials(options), arguments);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
  const grpc::internal::RpcMethod rpc("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", nullptr,
                                      grpc::internal::RpcMethod::BIDI_STREAMING);
  const std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> stream(
      grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(channel.get(), rpc,
                                                                                            &context));
  grpc::Slice list_services("\x3a\x00", 2);
  grpc::ByteBuffer answer;
  stream->Write(grpc::ByteBuffer(&list_services, 1));
  const bool answered = stream->Read(&answer);
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  return answered ? 0 : status.error_code();
}

TEST(Process, ShowsItsContractsOnlyWhenToldTo) {
  testlib::Suite suite({.redis = false});
  suite.Start("registry");
  EXPECT_EQ(ReflectionCode(suite), 12) << "UNIMPLEMENTED";
  EXPECT_EQ(suite.Stop("registry"), 0) << "a drained process ends well";
  suite.Start("registry", 0, {"server.reflection=true"});
  EXPECT_EQ(ReflectionCode(suite), 0);
  EXPECT_EQ(suite.Stop("registry"), 0);
}

// The audit administrator signs heads of the running service; a copy of its database is verified without it.
TEST(Process, HeadsAreSignedOnlineAndVerifiedOffline) {
  testlib::Suite suite({.redis = false});
  suite.Start("registry");
  const std::string key = suite.home() + "/audit";
  ASSERT_EQ(suite.Cli("audit", {"tokens", "keygen", key}).code, 0);
  const std::vector<std::string> sign = {"journal", "sign", "--parent", "shards/a411728", "--key", key + ".key"};
  const testlib::Outcome refused = suite.Cli("officer", sign);
  EXPECT_NE(refused.code, 0);
  EXPECT_TRUE(absl::StrContains(refused.err, "PERMISSION_DENIED")) << refused.err;
  const testlib::Outcome done = suite.Cli("audit", sign);
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(absl::StrContains(done.out, "signed by key")) << done.out;
  EXPECT_EQ(suite.Cli("audit", sign).code, 0) << "once more changes nothing";
  ASSERT_EQ(suite.Stop("registry"), 0);
  const auto verify = [&](const std::string& public_key) {
    return suite.Cli("audit", {"journal", "verify", "--database", suite.database_url("registry"), "--key", public_key});
  };
  const testlib::Outcome verified = verify(key + ".pub");
  EXPECT_EQ(verified.code, 0) << verified.err;
  EXPECT_TRUE(absl::StrContains(verified.out, "1 signed heads")) << verified.out;
  EXPECT_NE(verify(suite.home() + "/keys/tokens.pub").code, 0) << "another key did not sign it";
}

// Clients write until they are refused; SIGTERM comes in the middle. What was acknowledged is there afterwards.
TEST(Process, ADrainLosesNoAcknowledgedWrite) {
  constexpr int kWriters = 4;
  constexpr size_t kBefore = 40;  // acknowledged writes before the signal
  World& world = World::Get();
  std::mutex mutex;
  std::set<std::string> acknowledged;
  std::atomic<bool> ended = false;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; !ended; ++i) {
        const std::string text = absl::StrFormat(
            "parent: \"counties/411728\" request_id: \"drain-%d-%d\" school { code: \"2141%06d\" display_name: "
            "\"第%d小学\" "
            "township: \"411728103\" stages: \"PRI\" is_public: true }",
            writer, i, 100000 + writer * 10000 + i, i);
        const Answer answer = world.Call("registry", "CreateSchool", text, world.As("own"));
        if (!answer.ok()) {
          // A handler's own refusal, or nobody there any more.
          EXPECT_EQ(answer.code, 14) << answer.text();
          return;
        }
        std::lock_guard lock(mutex);
        acknowledged.insert(World::In(answer, "registry", "CreateSchool", "name"));
      }
    });
  }
  const auto enough = [&] {
    std::lock_guard lock(mutex);
    return acknowledged.size() >= kBefore;
  };
  const absl::Time deadline = absl::Now() + absl::Seconds(120);
  while (!enough() && absl::Now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(enough());
  EXPECT_EQ(world.suite().Stop("registry"), 0);
  ended = true;
  for (std::thread& writer : writers) {
    writer.join();
  }
  world.suite().Start("registry");
  const absl::Time again_until = absl::Now() + absl::Seconds(120);
  for (const std::string& name : acknowledged) {
    Answer found;
    do {  // the channel pauses before it tries the restarted process again
      found = world.Call("registry", "GetSchool", absl::StrCat("name: \"", name, "\""), world.As("own"));
    } while (found.code == 14 && absl::Now() < again_until);
    EXPECT_TRUE(found.ok()) << name << " was acknowledged and is lost: " << found.text();
  }
  const testlib::Outcome verified = world.suite().Cli("own", {"journal", "verify"});
  EXPECT_EQ(verified.code, 0) << verified.err;
}

}  // namespace
}  // namespace ruraledu::security
