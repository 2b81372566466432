// Imports and uploads through the real server and the real command line client.
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/crypto/hash.h"
#include "common/domain/citizen_id.h"
#include "ruraledu/registry/v1/import.pb.h"
#include "ruraledu/registry/v1/requests.pb.h"
#include "services/cli/session.h"
#include "tests/bench/aid_world.h"
#include "tests/bench/bench.h"
#include "tests/lib/suite.h"

namespace ruraledu::bench {
namespace {

namespace v1 = ruraledu::registry::v1;
using testlib::Outcome;
using testlib::Suite;

constexpr int64_t kPupilsOfSchool = 500;

// County codes of a city and the townships of each, from the shipped table.
std::map<std::string, std::vector<std::string>> TownshipsOf(const std::string& city) {
  std::map<std::string, std::vector<std::string>> counties;
  std::ifstream file(absl::StrCat(RURALEDU_SOURCE_DIR, "/deploy/data/regions.csv"));
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    if (cells.size() >= 4 && cells[2] == "township" && cells[3].starts_with(city)) {
      counties[cells[3].substr(0, 6)].push_back(cells[0]);
    }
  }
  return counties;
}

struct County {
  std::string code, schools, roster;  // files
  int64_t pupils = 0;
};

// Identity numbers of prefecture level, unique over all counties of a run.
std::string IdNumber(int64_t number) {
  const std::string first = absl::StrFormat("411700%04d%02d%02d%03d", 2008 + number % 15, 1 + number / 15 % 12,
                                            1 + number / 180 % 28, number / 5040 % 1000);
  return first + CitizenIdCheckCharacter(first);
}

std::vector<County> WriteCounties(const Folder& folder, int64_t pupils) {
  static constexpr const char* kSurnames[] = {"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙"};
  static constexpr const char* kGiven[] = {"明", "丽", "强", "芳", "军", "敏", "静", "磊", "洋", "艳", "勇", "娟",
                                           "涛", "霞", "平", "刚", "桂", "英", "宇", "欣", "子", "涵", "梓", "轩"};
  std::vector<County> counties;
  int64_t number = 0;
  for (const auto& [code, townships] : TownshipsOf("4117")) {
    const int64_t here = std::min(kCountyPupils, pupils - number);
    if (here <= 0) {
      break;
    }
    County county{code, folder / (code + "-schools.csv"), folder / (code + "-roster.csv"), here};
    std::ofstream schools(county.schools), roster(county.roster);
    schools << "学校标识码,学校名称,办学类型,学段,办别,乡镇代码,城乡分类代码,是否寄宿制学校\n";
    roster << "姓名,身份证号,学籍号,性别,出生日期,学校标识码,年级,班级,就读方式,监护人姓名,监护人电话,家庭住址\n";
    const int64_t count = (here + kPupilsOfSchool - 1) / kPupilsOfSchool;
    for (int64_t school = 0; school < count; ++school) {
      schools << absl::StrFormat("2141%06d", number / kPupilsOfSchool + school) << ",第" << school
              << "小学,小学,小学,公办," << townships[static_cast<size_t>(school) % townships.size()] << ",121,0\n";
    }
    for (int64_t i = 0; i < here; ++i, ++number) {
      const std::string id = IdNumber(number);
      roster << kSurnames[number % 12] << kGiven[number / 12 % 24] << kGiven[number / 288 % 24] << "," << id << ",G"
             << id << ",,," << absl::StrFormat("2141%06d", number / kPupilsOfSchool) << ",三年级," << 1 + number % 12
             << "班,走读,王建国,138" << absl::StrFormat("%08d", number) << ",某乡某村" << number << "号\n";
    }
    counties.push_back(std::move(county));
  }
  return counties;
}

void Expect(const Outcome& outcome) {
  if (outcome.code != 0) {
    std::cerr << outcome.out << outcome.err << std::endl;
    Must(absl::InternalError("a command failed"));
  }
}

std::vector<testlib::SuiteAccount> ProvinceAccounts() {
  return {{"importer", "P-4", "IMPORT_OPERATOR", "41"},
          {"importer", "P-4", "COUNTY_REGISTRAR", "41"},
          {"officer", "P-5", "COUNTY_AID_OFFICER", "41"}};
}

void Import(const Suite& suite, const County& county, const std::string& source, const std::string& file) {
  Expect(suite.Cli("importer",
                   {"import", source, file, "--county", county.code, "--batch", source, "--mode", "partial", "--apply",
                    "--school-year", "2023-2024", "--facts-on", "2023-09-01", "--override-guard", "DUPLICATE_SHARE"}));
}

// Counties two at a time, as two bureaus would.
double ImportAll(const Suite& suite, const std::vector<County>& counties, const std::string& source) {
  return Time([&] {
    std::atomic<size_t> next = 0;
    const auto work = [&] {
      for (size_t i = next++; i < counties.size(); i = next++) {
        Import(suite, counties[i], source, source == "schools" ? counties[i].schools : counties[i].roster);
      }
    };
    std::thread other(work);
    work();
    other.join();
  });
}

// The rows that the import left, written again by a bare loop into the same table with the same indexes.
double RawLoop(const std::string& database, const std::string& copy) {
  sqlite3* handle = nullptr;
  sqlite3_open_v2(database.c_str(), &handle, SQLITE_OPEN_READONLY, nullptr);
  PlainSqlite plain(copy);
  std::vector<std::vector<db::Value>> rows;
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(handle,
                     "SELECT sql FROM sqlite_master WHERE tbl_name = 'student' AND sql IS NOT NULL ORDER BY type DESC",
                     -1, &statement, nullptr);
  while (sqlite3_step(statement) == SQLITE_ROW) {
    plain.Execute(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
  }
  sqlite3_finalize(statement);
  sqlite3_prepare_v2(handle, "SELECT * FROM student ORDER BY shard, id", -1, &statement, nullptr);
  const int columns = sqlite3_column_count(statement);
  while (sqlite3_step(statement) == SQLITE_ROW) {
    std::vector<db::Value>& row = rows.emplace_back();
    for (int i = 0; i < columns; ++i) {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, i));
      const std::string text(bytes == nullptr ? "" : bytes, static_cast<size_t>(sqlite3_column_bytes(statement, i)));
      switch (sqlite3_column_type(statement, i)) {
        case SQLITE_INTEGER:
          row.push_back(int64_t{sqlite3_column_int64(statement, i)});
          break;
        case SQLITE_BLOB:
          row.push_back(db::Blob{text});
          break;
        default:
          row.push_back(text);
      }
    }
  }
  sqlite3_finalize(statement);
  sqlite3_close(handle);
  const std::string marks = absl::StrJoin(std::vector<std::string>(static_cast<size_t>(columns), "?"), ", ");
  return Time([&] { plain.Insert(absl::StrCat("INSERT INTO student VALUES (", marks, ")"), rows, 5'000); });
}

double RawCopy(const Suite& suite, const Folder& folder) {
  const std::string connection = suite.database_url("registry").substr(std::string("postgres:").size());
  const auto sql = [&](const std::string& text) {
    const Outcome outcome = suite.Run({"/usr/bin/psql", connection, "-v", "ON_ERROR_STOP=1", "-qc", text});
    Expect(outcome);
  };
  sql(absl::StrCat("\\copy student TO '", folder / "student.copy", "'"));
  sql("DROP TABLE IF EXISTS raw_student");
  sql("CREATE TABLE raw_student (LIKE student INCLUDING ALL)");
  return Time([&] { sql(absl::StrCat("\\copy raw_student FROM '", folder / "student.copy", "'")); });
}

int64_t Megabytes(pid_t process, const std::string& key) {
  std::ifstream status(absl::StrCat("/proc/", process, "/status"));
  for (std::string line; std::getline(status, line);) {
    int64_t kilobytes = 0;
    if (line.starts_with(key) &&
        absl::SimpleAtoi(absl::StripAsciiWhitespace(line.substr(key.size() + 1, line.size() - key.size() - 3)),
                         &kilobytes)) {
      return kilobytes / 1024;
    }
  }
  return 0;
}

std::unique_ptr<rpc::Client> ClientOf(const Suite& suite, const std::string& who) {
  return Must(cli::ConnectWithTokens(Must(cli::LoadProfile(suite.profile(who))), "registry"));
}

// Ninety-ninth percentile in milliseconds of reading pupils, one call at a time, until `go_on` is false.
double ForegroundP99(const Suite& suite, const std::vector<std::string>& names, const std::function<bool()>& go_on) {
  const auto client = ClientOf(suite, "importer");
  std::vector<double> seconds;
  for (size_t i = 0; go_on(); ++i) {
    v1::GetStudentRequest request;
    request.set_name(names[i % names.size()]);
    seconds.push_back(Time([&] { Must(client->Call<v1::Student>("GetStudent", request).status()); }));
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds.empty() ? 0 : seconds[seconds.size() * 99 / 100] * 1e3;
}

std::vector<std::string> SomePupils(const Suite& suite, const std::string& county) {
  v1::ListStudentsRequest request;
  request.set_parent(absl::StrCat("counties/", county));
  request.set_page_size(1000);
  const auto page = Must(ClientOf(suite, "importer")->Call<v1::ListStudentsResponse>("ListStudents", request));
  std::vector<std::string> names;
  for (const v1::Student& student : page.students()) {
    names.push_back(student.name());
  }
  return names;
}

// A small county first, so that there is somebody to read; then the reads alone, then beside the import.
void BenchForeground(int64_t pupils) {
  const Folder folder;
  Suite suite({.redis = false, .accounts = ProvinceAccounts(), .whole_country = true});
  suite.Start("registry");
  std::vector<County> counties = WriteCounties(folder, pupils);
  ImportAll(suite, counties, "schools");
  std::ifstream all(counties[0].roster);
  std::ofstream first(folder / "first.csv");
  std::string line;
  for (int i = 0; i < 500 && std::getline(all, line); ++i) {
    first << line << "\n";
  }
  first.close();
  Expect(suite.Cli("importer",
                   {"import", "student_roster", folder / "first.csv", "--county", counties[0].code, "--batch", "first",
                    "--mode", "partial", "--apply", "--school-year", "2023-2024", "--facts-on", "2023-09-01"}));
  const std::vector<std::string> names = SomePupils(suite, counties[0].code);
  const auto until = absl::Now() + absl::Seconds(5);
  const double idle = ForegroundP99(suite, names, [&] { return absl::Now() < until; });
  std::atomic<bool> importing = true;
  double busy = 0;
  std::thread reads([&] { busy = ForegroundP99(suite, names, [&] { return importing.load(); }); });
  ImportAll(suite, counties, "student_roster");
  importing = false;
  reads.join();
  Report({.what = "p99 of reading a pupil during an import against idle",
          .at_least = false,
          .floor = 5,
          .goal = 2,
          .measured = {busy, idle, busy / idle},
          .unit = "ms",
          .note = absl::StrCat(pupils, " rows, two imports at once")});
}

}  // namespace

void BenchImport(bool postgres) {
  const int64_t rows = Rows();
  std::vector<double> ours, peer, ratios;
  int64_t peak = 0;
  for (int round = 0; round < Setting("IMPORT_ROUNDS", Rounds()); ++round) {
    const Folder folder;
    Suite suite({.postgres = postgres, .redis = false, .accounts = ProvinceAccounts(), .whole_country = true});
    suite.Start("registry");
    const std::vector<County> counties = WriteCounties(folder, rows);
    ImportAll(suite, counties, "schools");
    ours.push_back(static_cast<double>(rows) / ImportAll(suite, counties, "student_roster"));
    peak = std::max(peak, Megabytes(suite.process("registry"), "VmHWM:"));
    if (!postgres) {
      suite.Stop("registry");
    }
    const double seconds =
        postgres ? RawCopy(suite, folder) : RawLoop(suite.database_file("registry"), folder / "raw.db");
    peer.push_back(static_cast<double>(rows) / seconds);
    ratios.push_back(ours.back() / peer.back());
    std::cerr << "import: " << ours.back() << " rows/s, raw " << peer.back() << " rows/s, server's peak " << peak
              << " MB" << std::endl;
  }
  Report({.what = postgres ? "import against \\copy into the same table, PostgreSQL"
                           : "import against a raw indexed insert loop, SQLite",
          .floor = postgres ? 0.13 : 0.2,  // decision 0012
          .goal = 1,
          .measured = {Median(ours), Median(peer), Median(ratios)},
          .unit = "rows/s",
          .note = absl::StrCat(rows, " rows: upload, parse, check, claims, sealing, journal, apply; server's peak ",
                               peak, " MB")});
  if (!postgres) {
    BenchForeground(rows);
  }
}

void BenchUpload() {
  Suite suite({.redis = false, .accounts = ProvinceAccounts(), .whole_country = true});
  suite.Start("registry");
  const pid_t process = suite.process("registry");
  const auto client = ClientOf(suite, "importer");
  const std::string part(1 << 20, 'x');
  const std::string digest = crypto::Sha256({part});
  const auto upload = [&](int64_t megabytes) {
    crypto::Sha256Stream whole;
    for (int64_t i = 0; i < megabytes; ++i) {
      whole.Update(part);
    }
    v1::CreateImportRequest create;
    create.set_parent("counties/411728");
    create.mutable_import()->set_source(v1::IMPORT_SOURCE_SCHOOLS);
    create.mutable_import()->set_batch(absl::StrCat("upload-", megabytes));
    create.mutable_import()->set_mode(v1::IMPORT_MODE_PARTIAL);
    create.mutable_import()->set_file_name("x.csv");
    create.mutable_import()->set_total_bytes(megabytes << 20);
    create.mutable_import()->set_sha256(whole.Finish());
    const auto import = Must(client->Call<v1::Import>("CreateImport", create));
    for (int64_t i = 0; i < megabytes; ++i) {
      v1::UploadChunkRequest chunk;
      chunk.set_name(import.name());
      chunk.set_offset(i << 20);
      chunk.set_data(part);
      chunk.set_sha256(digest);
      Must(client->Call<v1::UploadChunkResponse>("UploadChunk", chunk).status());
    }
  };
  upload(1);
  std::ofstream(absl::StrCat("/proc/", process, "/clear_refs")) << "5";  // the peak starts again at what is there
  const int64_t before = Megabytes(process, "VmRSS:");
  const int64_t size = Setting("UPLOAD_MEGABYTES", Rows() >= 1'000'000 ? 1024 : 64);
  const double seconds = Time([&] { upload(size); });
  const int64_t peak = Megabytes(process, "VmHWM:");
  const auto growth = static_cast<double>(peak - before);
  Report({.what = "growth of the server's memory by an upload, MB",
          .at_least = false,
          .floor = 64,
          .goal = 24,
          .measured = {static_cast<double>(peak), static_cast<double>(before), growth},
          .unit = "MB",
          .note = absl::StrFormat("%d MB at %.0f MB/s", size, static_cast<double>(size) / seconds)});
}

}  // namespace ruraledu::bench
