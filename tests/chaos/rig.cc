#include "tests/chaos/rig.h"

#include <poll.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/crypto/keys.h"
#include "common/domain/citizen_id.h"
#include "common/feed/key_store.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "ruraledu/dashboard/v1/dashboard.pb.h"
#include "ruraledu/feed/v1/feed.pb.h"
#include "ruraledu/jobs/v1/jobs.pb.h"
#include "ruraledu/registry/v1/registry_service.pb.h"
#include "schema/feed.h"
#include "services/cli/session.h"
#include "services/registry/tables.h"

namespace ruraledu::chaos {
namespace {

namespace registry_v1 = ruraledu::registry::v1;
constexpr int kTryAgainLater = 7;  // exit code of the client
constexpr int kSchools = 4;

std::string SchoolCode(const std::string& county, int school) {
  return absl::StrCat("2141", county.substr(4), absl::StrFormat("%04d", school));
}

absl::Time Now() {
  return Clock::System().Now();
}

// Of all shards, asked for as the follower asks.
std::vector<common::v1::Position> HeadsOfRegistry(const Suite& suite, const std::string& county) {
  auto profile = cli::LoadProfile(suite.profile("system-" + county));
  EXPECT_TRUE(profile.ok()) << profile.status();
  rpc::ClientConfig config = profile->services["registry"];
  config.certificate = suite.home() + "/pki/student_aid.crt";
  config.key = suite.home() + "/pki/student_aid.key";
  const auto client = rpc::ConnectTo({.config = std::move(config), .contract = "ruraledu.registry.v1.RegistryService"});
  EXPECT_TRUE(client.ok()) << client.status();
  std::vector<common::v1::Position> heads;
  ruraledu::feed::v1::ListShardsRequest request;
  do {
    const auto page = (*client)->Call<ruraledu::feed::v1::ListShardsResponse>("ListShards", request);
    EXPECT_TRUE(page.ok()) << page.status();
    heads.insert(heads.end(), page->heads().begin(), page->heads().end());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return heads;
}

// What the answer of the client says about refused rows: "" when there are none.
std::string RefusedRows(const std::string& json) {
  registry_v1::ListImportsResponse done;
  if (const auto parsed = google::protobuf::util::JsonStringToMessage(json, &done); !parsed.ok()) {
    return absl::StrCat("unreadable answer: ", json);
  }
  std::string refused;
  for (const registry_v1::Import& import : done.imports()) {
    for (const auto& code : import.preview().error_codes()) {
      absl::StrAppend(&refused, code.ShortDebugString(), "; ");
    }
  }
  return refused;
}

}  // namespace

uint32_t Seed() {
  static const uint32_t seed = [] {
    const char* given = std::getenv("RURALEDU_SEED");
    const auto chosen = given != nullptr ? static_cast<uint32_t>(std::atoll(given)) : std::random_device()();
    std::cout << "RURALEDU_SEED=" << chosen << std::endl;
    return chosen;
  }();
  return seed;
}

void Pause(int milliseconds) {
  poll(nullptr, 0, milliseconds);
}

bool Await(const std::function<bool()>& condition, int seconds) {
  for (const absl::Time end = Now() + absl::Seconds(seconds); !condition(); Pause(20)) {
    if (Now() > end) {
      return false;
    }
  }
  return true;
}

std::vector<SuiteAccount> AccountsOf(const std::vector<std::string>& counties) {
  std::vector<SuiteAccount> accounts;
  for (const std::string& county : counties) {
    accounts.push_back({"registrar-" + county, "R-" + county, "COUNTY_REGISTRAR", county});
    accounts.push_back({"officer-" + county, "O-" + county, "COUNTY_AID_OFFICER", county});
    accounts.push_back({"system-" + county, "S-" + county, "SYSTEM_ADMIN", county});
  }
  return accounts;
}

void WriteSchools(const std::string& county, const std::string& file) {
  std::ofstream out(file);
  out << "学校标识码,学校名称,办学类型,学段,办别,乡镇代码,城乡分类代码,是否寄宿制学校\n";
  for (int school = 0; school < kSchools; ++school) {
    out << SchoolCode(county, school) << ",第" << school + 1 << "小学,小学,小学,公办," << county << "001,121,0\n";
  }
}

void WriteRoster(const std::string& county, int rows, const std::string& file, int first) {
  static const std::vector<std::string> kFamily = {"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐"};
  static const std::vector<std::string> kGiven = {"子", "雨", "浩", "梓", "佳", "思", "明", "文", "宇", "欣", "一",
                                                  "晨", "诗", "嘉", "俊", "若", "可", "天", "语", "博", "静", "国",
                                                  "立", "春", "海", "建", "玉", "红", "志", "永", "德", "秀", "芳"};
  static const std::vector<std::string> kGrades = {"一年级", "二年级", "三年级", "四年级", "五年级", "六年级"};
  std::ofstream out(file);
  out << "姓名,身份证号,学籍号,性别,出生日期,学校标识码,年级,班级,就读方式\n";
  for (int i = first; i < first + rows; ++i) {
    const absl::CivilDay birth = absl::CivilDay(2011, 9, 1) + i % 2190;
    // The first of a day is number 1: an id that ends with 000 looks as if Excel had rounded it, and is refused.
    const int number = (county[5] - '0') * 100 + 1 + i / 2190;
    const std::string seventeen =
        absl::StrFormat("%s00%04d%02d%02d%03d", county.substr(0, 4), birth.year(), birth.month(), birth.day(), number);
    const std::string id = seventeen + CitizenIdCheckCharacter(seventeen);
    const size_t n = static_cast<size_t>(i) * 7919;
    out << kFamily[n % kFamily.size()] << kGiven[n / 11 % kGiven.size()] << kGiven[n / 363 % kGiven.size()] << "," << id
        << ",G" << id << ",,," << SchoolCode(county, i % kSchools) << ","
        << kGrades[static_cast<size_t>(i) % kGrades.size()] << "," << i % 3 + 1 << "班,走读\n";
  }
}

void Import(Suite& suite, const std::string& county, const std::string& source, const std::string& file,
            const std::string& batch, int seconds) {
  const absl::Time end = Now() + absl::Seconds(seconds);
  for (;;) {
    // A client that ends while gRPC shakes hands with a server that was just killed leaves the random generators of
    // gRPC's threads behind (OpenSSL frees them at a thread's end), which is no failure of the import.
    const Outcome done =
        suite.Run({"/usr/bin/env", "ASAN_OPTIONS=detect_leaks=0", suite.program("ruraledu"), "--profile",
                   suite.profile("registrar-" + county), "import", source, file, "--county", county, "--batch", batch,
                   "--school-year", "2023-2024", "--mode", "partial", "--apply", "--json"});
    if (done.code == 0) {
      EXPECT_EQ(RefusedRows(done.out), "") << file;
      return;
    }
    if (done.code != kTryAgainLater || Now() > end) {
      ADD_FAILURE() << "import of " << file << " ended with " << done.code << ": " << done.err;
      return;
    }
    Pause(100);
  }
}

std::unique_ptr<rpc::Client> Connect(const Suite& suite, const std::string& who, const std::string& service,
                                     const std::string& address) {
  auto profile = cli::LoadProfile(suite.profile(who));
  EXPECT_TRUE(profile.ok()) << profile.status();
  if (!address.empty()) {
    profile->services[service].address = address;
  }
  auto client = cli::ConnectWithTokens(*profile, service);
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

Writers::Writers(const Suite& suite, const std::string& county, int threads, int pause_milliseconds)
    : suite_(suite), county_(county), pause_(pause_milliseconds) {
  for (int thread = 0; thread < threads; ++thread) {
    threads_.emplace_back([this, thread] { Work(thread); });
  }
}

void Writers::Stop() {
  stop_ = true;
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
}

void Writers::Work(int thread) {
  const auto client = Connect(suite_, "registrar-" + county_, "registry");
  for (int i = 0; !stop_; ++i) {
    registry_v1::CreateHouseholdRequest request;
    const std::string number = absl::StrCat("w", thread, "-", i);
    request.set_parent("counties/" + county_);
    request.set_request_id(absl::StrCat("chaos-", number));
    request.mutable_household()->set_source_number(number);
    request.mutable_household()->set_village(county_ + "001" + kVillage);
    auto* head = request.mutable_household()->add_members();
    head->set_display_name("王小明");
    head->set_relation("HEAD");
    const absl::Time end = Now() + absl::Minutes(5);
    auto made = client->Call<registry_v1::Household>("CreateHousehold", request);
    while (!made.ok() && Now() < end) {
      EXPECT_TRUE(absl::IsUnavailable(made.status()) || absl::IsDeadlineExceeded(made.status())) << made.status();
      ++again_;
      Pause(20);
      made = client->Call<registry_v1::Household>("CreateHousehold", request);
    }
    if (!made.ok()) {
      ADD_FAILURE() << "never acknowledged: " << made.status();
      return;
    }
    {
      std::lock_guard lock(mutex_);
      names_[number] = made->name();
    }
    ++count_;
    Pause(pause_);
  }
}

std::map<std::string, std::string> Writers::names() const {
  std::lock_guard lock(mutex_);
  return names_;
}

std::unique_ptr<db::Database> OpenDatabase(const std::string& url) {
  auto opened = db::Database::Open({.url = url, .read_limit = absl::Minutes(10)}, feed::Schema());
  if (!opened.ok()) {
    ADD_FAILURE() << opened.status();
    std::abort();
  }
  return *std::move(opened);
}

std::vector<std::string> Contents(const std::string& url, const std::string& keys_file) {
  const auto database = OpenDatabase(url);
  const auto store = feed::DatabaseKeyStore(*database);
  const auto keys = crypto::KeyRing::Open(keys_file, store.get());
  EXPECT_TRUE(keys.ok()) << keys.status();
  std::vector<std::string> lines;
  const auto read = [&](db::Transaction& tx) -> absl::Status {
    lines.clear();
    for (const feed::RootTable* table : {&registry::kSchools, &registry::kClasses, &registry::kStudents,
                                         &registry::kHouseholds, &registry::kTeachers, &registry::kReviews}) {
      const std::string sql =
          absl::StrCat("SELECT shard, id, body, sealed, version FROM ", table->table, " ORDER BY shard, id");
      RETURN_IF_ERROR(tx.ForEach(sql, {}, [&](db::Row row) -> absl::Status {
        ASSIGN_OR_RETURN(const auto sealer, (*keys)->SealerOf(row.Text(0)));
        const std::unique_ptr<google::protobuf::Message> root(registry::NewRoot(*table));
        RETURN_IF_ERROR(feed::ReadRoot(row, 2, *table, row.Text(1), sealer.get(), root.get()));
        root->GetReflection()->ClearField(root.get(), root->GetDescriptor()->FindFieldByName("etag"));
        lines.push_back(absl::StrCat(table->table, " ", row.Text(1), " ", root->ShortDebugString()));
        return absl::OkStatus();
      }));
    }
    return tx.ForEach(
        "SELECT space, claim_key, holder, state FROM claim ORDER BY space, claim_key, holder", {}, [&](db::Row row) {
          lines.push_back(absl::StrCat("claim ", row.Text(0), " ", row.Text(1), " ", row.Text(2), " ", row.Text(3)));
          return absl::OkStatus();
        });
  };
  // The shards' keys first: they are read from the same database, which does not go while rows are delivered.
  const auto heads = database->Heads();
  EXPECT_TRUE(heads.ok()) << heads.status();
  for (const auto& head : *heads) {
    EXPECT_TRUE((*keys)->SealerOf(head.shard).ok());
  }
  const absl::Status status = database->Read(read);
  EXPECT_TRUE(status.ok()) << status;
  return lines;
}

std::vector<std::string> CopyContents(const std::string& url) {
  const auto database = OpenDatabase(url);
  std::vector<std::string> lines;
  const absl::Status status = database->Read([&](db::Transaction& tx) -> absl::Status {
    lines.clear();
    const auto keep = [&](db::Row row) {
      std::string line;
      for (size_t i = 0; i < row.size(); ++i) {
        absl::StrAppend(&line, row.Text(i), " ");
      }
      lines.push_back(line);
      return absl::OkStatus();
    };
    RETURN_IF_ERROR(tx.ForEach(
        "SELECT 'pupil', shard, id, area, display_name, merged_into, household_id FROM pupil ORDER BY shard, id", {},
        keep));
    RETURN_IF_ERROR(tx.ForEach("SELECT 'school', shard, id FROM school ORDER BY shard, id", {}, keep));
    RETURN_IF_ERROR(tx.ForEach("SELECT 'household', shard, id FROM household ORDER BY shard, id", {}, keep));
    return tx.ForEach("SELECT 'open batch', shard, id FROM open_batch ORDER BY shard, id", {}, keep);
  });
  EXPECT_TRUE(status.ok()) << status;
  return lines;
}

std::map<std::string, std::string> TakeWritten(std::vector<std::string>* contents) {
  std::map<std::string, std::string> written;
  std::erase_if(*contents, [&](const std::string& line) {
    const auto value = [&](const std::string& field) {
      const size_t at = line.find(field + ": \"");
      const size_t from = at + field.size() + 3;
      return at == std::string::npos ? "" : line.substr(from, line.find('"', from) - from);
    };
    if (!line.starts_with("household ") || !value("village").ends_with(Writers::kVillage)) {
      return false;
    }
    EXPECT_TRUE(written.emplace(value("source_number"), value("name")).second) << "stored twice: " << line;
    return true;
  });
  return written;
}

std::string Difference(const std::vector<std::string>& expected, const std::vector<std::string>& found) {
  const auto minus = [](std::vector<std::string> from, std::vector<std::string> what) {
    std::sort(from.begin(), from.end());
    std::sort(what.begin(), what.end());
    std::vector<std::string> left;
    std::set_difference(from.begin(), from.end(), what.begin(), what.end(), std::back_inserter(left));
    return left;
  };
  std::string text;
  for (const auto& [label, lines] : {std::pair("missing", minus(expected, found)), {"extra", minus(found, expected)}}) {
    absl::StrAppend(&text, label, ": ", lines.size(), "\n");
    for (size_t i = 0; i < std::min<size_t>(lines.size(), 5); ++i) {
      absl::StrAppend(&text, "  ", lines[i], "\n");
    }
  }
  return text;
}

void ExpectWholeJournal(const Suite& suite, const std::string& service) {
  const Outcome verified =
      suite.Run({suite.program("ruraledu"), "journal", "verify", "--database", suite.database_url(service)});
  EXPECT_EQ(verified.code, 0) << service << ": " << verified.out << verified.err;
  EXPECT_NE(verified.out.find("shards verified"), std::string::npos) << verified.out;
}

int64_t RebuildDifferences(const Suite& suite, const std::string& county, const std::string& service) {
  const auto client = Connect(suite, "system-" + county, service);
  ruraledu::dashboard::v1::RebuildDashboardRequest request;
  request.set_parent("counties/" + county);
  auto job = client->Call<ruraledu::jobs::v1::Job>("RebuildDashboard", request);
  const absl::Time end = Now() + absl::Minutes(10);
  while (job.ok() && job->state() < ruraledu::jobs::v1::JOB_STATE_SUCCEEDED && Now() < end) {
    Pause(50);
    ruraledu::jobs::v1::GetJobRequest again;
    again.set_name(job->name());
    job = client->Call<ruraledu::jobs::v1::Job>("GetJob", again);
  }
  EXPECT_TRUE(job.ok()) << job.status();
  ruraledu::dashboard::v1::RebuildDashboardResult result;
  const bool told = job.ok() && job->result().UnpackTo(&result);
  EXPECT_TRUE(told) << (job.ok() ? job->ShortDebugString() : "");
  return told ? result.differences() : -1;
}

void AwaitLevel(const Suite& suite, const std::string& county, int replica) {
  constexpr size_t kAtOnce = 32;  // the metadata of a call holds about 8 KiB
  const std::vector<common::v1::Position> heads = HeadsOfRegistry(suite, county);
  for (size_t at = 0; at < heads.size(); at += kAtOnce) {
    common::v1::Positions after;
    after.mutable_positions()->Assign(
        heads.begin() + static_cast<std::ptrdiff_t>(at),
        heads.begin() + static_cast<std::ptrdiff_t>(std::min(at + kAtOnce, heads.size())));
    const auto client = Connect(suite, "system-" + county, "student_aid", suite.address("student_aid", replica));
    client->AddAfter(after);
    ruraledu::jobs::v1::ListJobsRequest request;
    request.set_parent("counties/" + county);
    absl::Status answer;
    EXPECT_TRUE(Await(
        [&] {
          answer = client->Call<ruraledu::jobs::v1::ListJobsResponse>("ListJobs", request).status();
          return answer.ok();
        },
        600))
        << answer;
  }
}

}  // namespace ruraledu::chaos
