// Uploads that come twice, late and in any order leave the same sheet.
#include "services/dropout_monitoring/sheet_rules.h"

#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ruraledu::dropout_monitoring {
namespace {

using Rosters = std::map<std::string, std::vector<std::string>>;

const Rosters& AllRosters() {
  static const auto* const all =
      new Rosters{{"r1", {"a", "b", "c", "d"}}, {"r2", {"a", "b", "d", "e"}}, {"r3", {"b", "c", "e"}}};
  return *all;
}

std::vector<std::string> PersonsOf(const std::string& roster) {
  return roster.empty() ? std::vector<std::string>() : AllRosters().at(roster);
}

void Take(const SheetTaken& taken, v1::Sheet* sheet) {
  TakeSheet(taken, PersonsOf(sheet->roster()), sheet);
}

SheetTaken Whole(int64_t at, const std::string& roster, const std::map<std::string, v1::Mark>& marks = {}) {
  SheetTaken taken{at, roster, PersonsOf(roster), {}};
  for (const auto& [person, mark] : marks) taken.marks[person] = {mark, at, ""};
  return taken;
}
SheetTaken Single(int64_t at, const std::string& person, v1::Mark mark, const std::string& reason = "") {
  SheetTaken taken{at, "", {}, {}};
  taken.marks[person] = {mark, at, reason};
  return taken;
}

// "a=1 b=4": what the sheet says.
std::string Says(const v1::Sheet& sheet) {
  std::vector<std::string> parts;
  for (const auto& [person, taken] : MarksOf(sheet, PersonsOf(sheet.roster()))) {
    parts.push_back(absl::StrCat(person, "=", taken.mark));
  }
  return absl::StrJoin(parts, " ");
}

TEST(Sheet, AWholeClassIsPresentButForWhomItNames) {
  v1::Sheet sheet;
  Take(Whole(10, "r1", {{"b", v1::MARK_ABSENT}}), &sheet);
  EXPECT_EQ(Says(sheet), "a=1 b=4 c=1 d=1");
  EXPECT_EQ(sheet.entries_size(), 1) << "only the exception is written";
  EXPECT_EQ(sheet.marked(), 4);
  EXPECT_EQ(sheet.absent(), 1);
}

TEST(Sheet, WhoIsOnNoRosterAndNotNamedHasNoMark) {
  v1::Sheet sheet;
  Take(Single(10, "b", v1::MARK_LEAVE, "SICK"), &sheet);
  EXPECT_EQ(Says(sheet), "b=3");
  EXPECT_EQ(sheet.taken_at_us(), 0);
  ASSERT_EQ(sheet.leaves_size(), 1);
  EXPECT_EQ(sheet.leaves(0).reason(), "SICK");
  EXPECT_EQ(sheet.on_leave(), 1);
}

TEST(Sheet, ALaterMarkCorrectsAnEarlierOne) {
  v1::Sheet sheet;
  Take(Whole(10, "r1", {{"b", v1::MARK_ABSENT}}), &sheet);
  Take(Single(20, "b", v1::MARK_LATE), &sheet);
  EXPECT_EQ(Says(sheet), "a=1 b=2 c=1 d=1");
  EXPECT_EQ(sheet.late(), 1);
  Take(Single(15, "b", v1::MARK_LEAVE), &sheet);
  EXPECT_EQ(Says(sheet), "a=1 b=2 c=1 d=1") << "an older one says nothing";
  Take(Whole(30, "r1"), &sheet);
  EXPECT_EQ(Says(sheet), "a=1 b=1 c=1 d=1");
  EXPECT_EQ(sheet.entries_size(), 0);
}

TEST(Sheet, ARosterThatChangedKeepsWhatWasSaidOfWhoLeft) {
  v1::Sheet sheet;
  Take(Whole(10, "r1"), &sheet);
  Take(Whole(20, "r2", {{"e", v1::MARK_ABSENT}}), &sheet);
  EXPECT_EQ(Says(sheet), "a=1 b=1 c=1 d=1 e=4");
  EXPECT_EQ(sheet.roster(), "r2");
}

SheetTaken OfChance(std::mt19937& random) {
  const auto mark = [&] { return static_cast<v1::Mark>(1 + random() % 4); };
  const int64_t at = 1 + static_cast<int64_t>(random() % 6);  // few moments: many ties
  if (random() % 2 == 0) {
    const char* reasons[] = {"", "SICK", "OTHER"};
    return Single(at, std::string(1, static_cast<char>('a' + random() % 6)), mark(), reasons[random() % 3]);
  }
  SheetTaken taken = Whole(at, absl::StrCat("r", 1 + random() % 3));
  for (const std::string& person : taken.persons) {
    if (random() % 3 == 0) taken.marks[person] = {mark(), at, ""};
  }
  return taken;
}

// Written apart from the product: of each child the greatest of all that was said.
std::string SaidAtMost(const std::vector<SheetTaken>& uploads) {
  std::map<std::string, std::tuple<int64_t, int, v1::Mark>> most;
  const auto say = [&](const std::string& person, int64_t at, v1::Mark mark) {
    auto& known = most[person];
    known = std::max(known, std::tuple(at, -static_cast<int>(mark), mark), [](const auto& a, const auto& b) {
      return std::pair(std::get<0>(a), std::get<1>(a)) < std::pair(std::get<0>(b), std::get<1>(b));
    });
  };
  for (const SheetTaken& upload : uploads) {
    for (const auto& [person, taken] : upload.marks) say(person, taken.taken_at_us, taken.mark);
    for (const std::string& person : upload.persons) {
      if (!upload.marks.contains(person)) say(person, upload.taken_at_us, v1::MARK_PRESENT);
    }
  }
  std::vector<std::string> parts;
  for (const auto& [person, said] : most) parts.push_back(absl::StrCat(person, "=", std::get<2>(said)));
  return absl::StrJoin(parts, " ");
}

TEST(Property, AnyOrderOfUploadsWithRepetitionsLeavesTheSameSheet) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::vector<SheetTaken> uploads;
    for (size_t i = 0, count = 1 + random() % 8; i < count; ++i) uploads.push_back(OfChance(random));
    v1::Sheet first;
    for (const SheetTaken& upload : uploads) Take(upload, &first);
    ASSERT_EQ(Says(first), SaidAtMost(uploads));
    for (int order = 0; order < 6; ++order) {
      std::vector<SheetTaken> shuffled = uploads;
      for (size_t i = 0; i < 3; ++i) shuffled.push_back(uploads[random() % uploads.size()]);
      std::shuffle(shuffled.begin(), shuffled.end(), random);
      v1::Sheet again;
      for (const SheetTaken& upload : shuffled) Take(upload, &again);
      ASSERT_EQ(again.DebugString(), first.DebugString());
    }
  }
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
