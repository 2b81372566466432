// Nothing that identifies anybody rests in clear: databases with their logs of writes, what was uploaded, Redis, the
// log files, the metrics. Searched byte by byte, in every encoding that a careless copy could have.
#include <gtest/gtest.h>
#include <string.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/lib/postgres.h"
#include "tests/security/planted.h"
#include "tests/security/world.h"

namespace ruraledu::security {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string Utf16(std::string_view text, bool big_endian) {
  std::string bytes;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : 3;
    unsigned unit = length == 1 ? lead : length == 2 ? lead & 0x1fu : lead & 0x0fu;
    for (size_t k = 1; k < length; ++k) {
      unit = unit << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3fu);
    }
    i += length;
    const char high = static_cast<char>(unit >> 8), low = static_cast<char>(unit & 0xff);
    bytes += big_endian ? std::string{high, low} : std::string{low, high};
  }
  return bytes;
}

// Full-width digits and letters, as departments' files have them.
std::string FullWidth(std::string_view text) {
  std::string wide;
  for (const char c : text) {
    wide += {static_cast<char>(0xef), static_cast<char>(0xbc + (c - 0x20 + 0x80 > 0xbf ? 1 : 0)),
             static_cast<char>(0x80 + ((c - 0x20) & 0x3f))};
  }
  return wide;
}

// What is left of the base64 of a text inside a longer one: at each of the three alignments, without the characters
// that depend on the neighbours.
std::vector<std::string> Base64Inside(std::string_view text, bool web_safe) {
  std::vector<std::string> all;
  for (size_t shift = 0; shift < 3; ++shift) {
    const std::string padded = absl::StrCat(std::string(shift, '\0'), text);
    const std::string whole = padded.substr(0, padded.size() / 3 * 3);
    const std::string encoded = web_safe ? absl::WebSafeBase64Escape(whole) : absl::Base64Escape(whole);
    all.push_back(encoded.substr(shift == 0 ? 0 : 4));
  }
  return all;
}

bool Ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isascii(static_cast<unsigned char>(c)); });
}

// Needle -> what it is, for failures.
std::map<std::string, std::string> Needles() {
  std::map<std::string, std::string> needles;
  const auto add = [&](std::string_view value) {
    const std::string name(value);
    needles[name] = name;
    needles[Utf16(value, false)] = absl::StrCat(name, " in UTF-16LE");
    needles[Utf16(value, true)] = absl::StrCat(name, " in UTF-16BE");
    needles[absl::BytesToHexString(value)] = absl::StrCat(name, " in hexadecimal");
    needles[absl::AsciiStrToUpper(absl::BytesToHexString(value))] = absl::StrCat(name, " in hexadecimal");
    for (const bool web_safe : {false, true}) {
      for (const std::string& inside : Base64Inside(value, web_safe)) {
        needles[inside] = absl::StrCat(name, " in base64");
      }
    }
    if (Ascii(value)) {
      needles[FullWidth(value)] = absl::StrCat(name, " in full-width characters");
    }
  };
  for (const std::string_view value : kPlantedIdentifiers) {
    add(value);
  }
  for (const std::string_view value : kPlantedSensitive) {
    add(value);
  }
  // The addresses as a department writes them.
  needles["\xBA\xEC\xCA\xAF\xD1\xC2\xB4\xE5\xC6\xDF\xD7\xE9"] = "红石崖村七组 in GB18030";
  needles["\xBD\xA8\xC9\xE8\xC2\xB7\xB6\xFE\xCA\xAE\xC8\xFD\xBA\xC5"] = "建设路二十三号 in GB18030";
  return needles;
}

bool Contains(const std::string& bytes, const std::string& needle) {
  return memmem(bytes.data(), bytes.size(), needle.data(), needle.size()) != nullptr;
}

std::vector<std::string> FoundIn(const std::string& bytes) {
  static const auto& needles = *new std::map<std::string, std::string>(Needles());
  std::vector<std::string> found;
  for (const auto& [needle, what] : needles) {
    if (Contains(bytes, needle)) {
      found.push_back(what);
    }
  }
  return found;
}

class ClearText : public ::testing::Test {
 protected:
  // Everything below the home of the suite but the keys, the certificates and the configuration.
  std::map<std::string, std::string> Files() {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(world.suite().home())) {
      const std::string path = fs::relative(entry.path(), world.suite().home());
      if (entry.is_regular_file() && !path.starts_with("keys/") && !path.starts_with("pki/")) {
        files[path] = ReadFile(entry.path());
      }
    }
    return files;
  }

  // What PostgreSQL rests in, by place: what it dumps, since it may compress a value, and the files of the server.
  std::map<std::string, std::string> OfPostgres() {
    const testlib::Postgres& server = testlib::Postgres::Get();
    std::map<std::string, std::string> places;
    for (const std::string service : {"registry", "student_aid"}) {
      const std::string file = absl::StrCat(world.suite().home(), "/", service, ".dump");
      server.Dump(world.suite().database_url(service), file);
      places[service] = ReadFile(file);
      fs::remove(file);
    }
    for (const auto& entry : fs::recursive_directory_iterator(server.FlushedFolder())) {
      if (entry.is_regular_file()) {
        places[entry.path()] = ReadFile(entry.path());
      }
    }
    return places;
  }

  std::string Redis(std::vector<std::string> command) {
    const std::string socket = world.suite().redis()->address().substr(std::string("unix:").size());
    command.insert(command.begin(), {"/usr/bin/redis-cli", "-s", socket});
    const testlib::Outcome outcome = world.suite().Run(command);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.out;
  }

  World& world = World::Get();
};

// The search finds what it is meant to find: in a file that has everything, in every encoding.
TEST_F(ClearText, TheSearchFindsPlantedValues) {
  const fs::path control = fs::path(world.suite().home()) / "data" / "control.bin";
  const auto needles = Needles();
  for (const auto& [needle, what] : needles) {
    std::ofstream(control, std::ios::binary) << "before " << needle << " after";
    EXPECT_FALSE(FoundIn(ReadFile(control)).empty()) << what;
  }
  EXPECT_TRUE(Files().contains("data/control.bin")) << "where the search looks";
  for (const std::string_view value : kPlantedIdentifiers) {
    for (const char* before : {"", "x", "xy"}) {
      EXPECT_FALSE(FoundIn(absl::Base64Escape(absl::StrCat(before, "{\"a\":\"", value, "\",\"b\":1}"))).empty())
          << value << " inside of a longer text, at any alignment";
    }
  }
  fs::remove(control);
}

TEST_F(ClearText, NothingRestsInClear) {
  auto files = Files();
  std::vector<std::string> databases = {"data/registry.db", "data/registry.db-wal", "data/student_aid.db"};
  if (getenv("RURALEDU_POSTGRES") != nullptr) {
    databases = {"registry", "student_aid"};
    files.merge(OfPostgres());
  }
  std::string registry;
  for (const std::string& needed : databases) {
    ASSERT_TRUE(files.contains(needed)) << needed;
    ASSERT_FALSE(files.at(needed).empty()) << needed;
    registry += Contains(needed, "registry") ? files.at(needed) : "";
  }
  // Names rest on the disk's encryption because SQL compares them: so these bytes are those that hold the county.
  EXPECT_TRUE(Contains(registry, "赵晓明"));
  int64_t bytes = 0;
  for (const auto& [path, text] : files) {
    bytes += static_cast<int64_t>(text.size());
    for (const std::string& found : FoundIn(text)) {
      ADD_FAILURE() << path << " holds " << found;
    }
  }
  EXPECT_GT(bytes, 1'000'000);
}

TEST_F(ClearText, NothingIsInRedis) {
  for (const char* service : {"registry", "student_aid"}) {
    for (const char* area : {"areas/411728", "areas/411728103"}) {
      ASSERT_TRUE(world
                      .Call(service, "GetDashboard", absl::StrCat("area: \"", area, "\" period: \"2026-2027-1\""),
                            world.As("own"))
                      .ok());
    }
  }
  Redis({"CONFIG", "SET", "rdbcompression", "no"});
  Redis({"SAVE"});
  const std::string address = world.suite().redis()->address().substr(std::string("unix:").size());
  const std::string dump = ReadFile(fs::path(address).parent_path() / "dump.rdb");
  EXPECT_TRUE(Contains(dump, "ruraledu:")) << "the dashboards are in it";
  for (const std::string& found : FoundIn(dump)) {
    ADD_FAILURE() << "Redis holds " << found;
  }
  EXPECT_FALSE(Contains(dump, "赵晓明")) << "no personal data at all";
}

TEST_F(ClearText, NothingIsInMetricsAndErrors) {
  for (const std::string& service : world.suite().services()) {
    const testlib::Page page = world.suite().Admin(service, 0, "/metrics");
    ASSERT_EQ(page.status, 200);
    EXPECT_TRUE(FoundIn(page.body).empty()) << FoundIn(page.body).front();
    EXPECT_FALSE(Contains(page.body, "赵晓明"));
  }
  struct Wrong {
    std::string method, text;
  };
  const std::vector<Wrong> all = {
      {"CreateStudent",
       "parent: \"counties/411728\" request_id: \"e-1\" student { display_name: \"王五\" id_number: "
       "\"411728201603150011\" contact { phone: \"13903961702\" } }"},
      {"CreateStudent",
       "parent: \"counties/411728\" request_id: \"e-2\" student { display_name: \"王五\" id_number: "
       "\"41172820160315001X\" enrolments { school: \"<school>\" stage: \"PRI\" grade: \"4\" } }"},
      {"CreateStudent",
       "parent: \"counties/411728\" request_id: \"e-3\" student { display_name: \"41172820160315001X\" "
       "student_numbers { number: \"G411728201603150011\" } }"},
      {"FindStudent", "parent: \"counties/411728\" id_number: \"411728201606013029X\""},
      {"CreateHousehold",
       "parent: \"counties/411728\" request_id: \"e-4\" household { village: \"411728103201\" members "
       "{ display_name: \"赵大山\" id_number: \"411728198509093019\" relation: \"13903961702\" } }"},
      {"CreateTeacher",
       "parent: \"counties/411728\" request_id: \"e-5\" teacher { display_name: \"周文\" id_number: "
       "\"411728199002124044\" }"},
  };
  for (const Wrong& wrong : all) {
    const Answer answer = world.Call("registry", wrong.method, wrong.text, world.As("own"));
    EXPECT_FALSE(answer.ok()) << wrong.method;
    const std::string shown = absl::StrCat(answer.message, answer.details);
    for (const char* personal : {"4117282016", "4117281985", "4117281990", "1390396", "赵大山", "王五", "周文"}) {
      EXPECT_FALSE(Contains(shown, personal)) << wrong.method << " says " << personal << ": " << answer.text();
    }
  }
  for (const auto& [path, text] : Files()) {
    if (path.starts_with("log/")) {
      EXPECT_TRUE(FoundIn(text).empty()) << path << " holds " << FoundIn(text).front();
      EXPECT_FALSE(Contains(text, "赵晓明")) << path;
    }
  }
}

// A student whose retention ended: gone from the answers and from the journal, whose chain is whole.
TEST_F(ClearText, AnErasedStudentIsGone) {
  const Who own = world.As("own");
  const Answer erased = world.Call("registry", "GetStudent", "name: \"<graduate>\"", own);
  ASSERT_TRUE(erased.ok()) << erased.text();
  EXPECT_FALSE(Contains(erased.bodies.front(), "郑"));
  EXPECT_EQ(World::In(erased, "registry", "GetStudent", "status"), "GRADUATED") << "that the person was there, stays";
  EXPECT_EQ(world.Call("registry", "FindStudent", "parent: \"counties/411728\" id_number: \"41172820160909707X\"", own)
                .reason(),
            "NOT_FOUND");
  EXPECT_EQ(
      world.Call("registry", "EraseStudent", "name: \"<student>\" reason: \"X\" request_id: \"erase-1\"", own).reason(),
      "ERASURE_ENROLLED");

  // The whole journal with its personal parts, page by page: others are there, the erased one is not.
  bool others = false;
  std::string after;
  for (std::string seq = "0"; true;) {
    const Answer page =
        world.Call("registry", "ListJournal",
                   absl::StrCat("parent: \"counties/411728\" with_personal: true page_size: 500 ", after), own);
    ASSERT_TRUE(page.ok()) << page.text();
    EXPECT_FALSE(Contains(page.bodies.front(), "郑已毕"));
    EXPECT_FALSE(Contains(page.bodies.front(), "41172820160909707X"));
    EXPECT_FALSE(Contains(page.bodies.front(), "13903961705"));
    others = others || Contains(page.bodies.front(), "41172820160315001X");
    std::string last, hash;
    for (int i = 0; !World::In(page, "registry", "ListJournal", absl::StrCat("entries.", i, ".seq")).empty(); ++i) {
      last = World::In(page, "registry", "ListJournal", absl::StrCat("entries.", i, ".seq"));
      hash = World::In(page, "registry", "ListJournal", absl::StrCat("entries.", i, ".hash"));
    }
    if (last.empty()) {
      break;
    }
    ASSERT_NE(last, seq);
    seq = last;
    after = absl::StrCat("after { instance: \"", World::In(page, "registry", "ListJournal", "head.instance"),
                         "\" service: \"registry\" shard: \"c411728\" seq: ", last, " hash: \"", hash, "\" }");
  }
  EXPECT_TRUE(others);
  const testlib::Outcome verified = world.suite().Cli("own", {"journal", "verify"});
  EXPECT_EQ(verified.code, 0) << verified.err;

  // The number is free again as soon as the job that follows has released the claim.
  const absl::Time deadline = absl::Now() + absl::Seconds(120);
  Answer again;
  do {
    again = world.Call("registry", "CreateStudent",
                       "parent: \"counties/411728\" request_id: \"erase-2\" student { display_name: \"郑又来\" "
                       "id_number: \"41172820160909707X\" enrolments { school: \"<school>\" stage: \"PRI\" grade: "
                       "\"4\" valid_from { year: 2026 month: 9 day: 1 } } }",
                       own);
  } while (again.reason() == "IDENTITY_TAKEN" && absl::Now() < deadline);
  EXPECT_TRUE(again.ok()) << again.text();
}

}  // namespace
}  // namespace ruraledu::security
