#include "tests/lib/county/identity.h"

#include <array>
#include <cstdio>

namespace ruraledu::testlib {
namespace {

bool IsLeap(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}
int MonthLength(int year, int month) {
  constexpr int kLength[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kLength[month - 1];
}
int DaysBeforeYear(int year) {
  int y = year - 1;
  return (year - 1900) * 365 + (y / 4 - y / 100 + y / 400) - (1899 / 4 - 1899 / 100 + 1899 / 400);
}
bool AllDigits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}
int Number(std::string_view text) {
  return std::stoi(std::string(text));
}

struct Weighted {
  std::string_view text;
  int weight;
};
constexpr Weighted kCentral[] = {{"王", 120}, {"李", 110}, {"张", 110}, {"刘", 80},  {"陈", 50}, {"赵", 40},
                                 {"杨", 30},  {"周", 22},  {"吴", 20},  {"孙", 20},  {"马", 18}, {"朱", 16},
                                 {"胡", 16},  {"郭", 16},  {"何", 14},  {"高", 14},  {"徐", 14}, {"魏", 12},
                                 {"宋", 12},  {"闫", 8},   {"臧", 3},   {"欧阳", 2}, {"诸葛", 1}};
constexpr Weighted kNorthWest[] = {{"马", 260}, {"王", 90}, {"杨", 80}, {"李", 60}, {"张", 60}, {"苏", 40},
                                   {"海", 15},  {"虎", 12}, {"火", 10}, {"摆", 10}, {"撒", 10}, {"兰", 15},
                                   {"单", 10},  {"丁", 15}, {"田", 20}, {"冶", 6},  {"穆", 10}, {"白", 15}};
constexpr std::string_view kFirst[] = {"子", "梓", "紫", "雨", "宇", "浩", "昊", "欣", "佳", "嘉", "一", "思", "诗",
                                       "俊", "博", "文", "明", "晨", "雅", "若", "玉", "振", "家", "志", "金", "永"};
constexpr std::string_view kBoy[] = {"涵", "轩", "然", "辰", "宇", "博", "杰", "豪", "阳",
                                     "洋", "泽", "鑫", "哲", "喆", "航", "旭", "强", "龙"};
constexpr std::string_view kGirl[] = {"涵", "萱", "然", "琪", "怡", "彤", "妍", "婷", "欣",
                                      "月", "玥", "洁", "颖", "瑶", "梅", "兰", "雪", "静"};
constexpr std::string_view kRare[] = {"\xF0\xA9\xBE\xA0", "\xE4\xB6\xAE", "\xF0\xAC\x8D\x9B",
                                      "㛃"};  // outside the common set
constexpr std::string_view kSame[][2] = {{"梓", "子"}, {"紫", "子"}, {"喆", "哲"}, {"玥", "月"},
                                         {"萱", "轩"}, {"昊", "浩"}, {"嘉", "佳"}, {"宇", "雨"}};

template <size_t N>
std::string_view Draw(Random& random, const Weighted (&table)[N]) {
  int sum = 0;
  for (const Weighted& w : table) sum += w.weight;
  int at = random.Below(sum);
  for (const Weighted& w : table) {
    if ((at -= w.weight) < 0) return w.text;
  }
  return table[0].text;
}
template <size_t N>
std::string_view Draw(Random& random, const std::string_view (&table)[N]) {
  return table[random.Below(N)];
}

}  // namespace

int DayNumber(int year, int month, int day) {
  int number = DaysBeforeYear(year) + day - 1;
  for (int m = 1; m < month; ++m) number += MonthLength(year, m);
  return number;
}

std::string DayText(int number) {
  int year = 1900 + number / 366;
  while (DaysBeforeYear(year + 1) <= number) ++year;
  number -= DaysBeforeYear(year);
  int month = 1;
  while (number >= MonthLength(year, month)) number -= MonthLength(year, month++);
  std::array<char, 48> text;
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02d", year, month, number + 1);
  return text.data();
}

int DayNumberOf(std::string_view text) {
  return DayNumber(Number(text.substr(0, 4)), Number(text.substr(5, 2)), Number(text.substr(8, 2)));
}

char IdCheckDigit(std::string_view first17) {
  constexpr int kWeight[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (int i = 0; i < 17; ++i) sum += (first17[i] - '0') * kWeight[i];
  return "10X98765432"[sum % 11];
}

bool IdIsValid(std::string_view id) {
  if (id.size() != 18 || !AllDigits(id.substr(0, 17))) return false;
  int year = Number(id.substr(6, 4)), month = Number(id.substr(10, 2)), day = Number(id.substr(12, 2));
  if (year < 1800 || year >= 2100 || month < 1 || month > 12 || day < 1 || day > MonthLength(year, month)) return false;
  return IdCheckDigit(id) == id[17];
}

IdSource::IdSource(std::string_view county, int rank_in_prefecture, int prefecture_size, int rank_in_province) {
  std::string province(county.substr(0, 2));
  // Dongguan and its like are county and prefecture at once: their own code would be a real first issue place.
  std::string own = county.substr(4) == "00" ? province + "9900" : std::string(county.substr(0, 4)) + "00";
  int size = 1000 / prefecture_size / 2 * 2;
  blocks_.push_back({own, rank_in_prefecture * size, (rank_in_prefecture + 1) * size, {}});
  // 44-89 are no prefectures: four counties share one (no province has more than 184 counties).
  std::string spare = province + std::to_string(44 + rank_in_province / 4 % 46) + "00";
  int quarter = rank_in_province % 4 * 250;
  blocks_.push_back({spare, quarter, quarter + 250, {}});
}

bool IdSource::TakeFrom(Block& block, std::string_view birth_date, bool male, std::string* id) {
  size_t slot = static_cast<size_t>(DayNumberOf(birth_date)) * 2 + (male ? 1 : 0);
  if (block.used.size() <= slot) block.used.resize(slot + 2000);
  for (;;) {
    int sequence = block.begin + 2 * block.used[slot] + (male ? 1 : 0);
    if (sequence >= block.end) return false;
    ++block.used[slot];
    std::array<char, 16> tail;
    std::snprintf(tail.data(), tail.size(), "%03d", sequence);
    *id = block.region;
    id->append(birth_date.substr(0, 4)).append(birth_date.substr(5, 2)).append(birth_date.substr(8, 2));
    id->append(tail.data());
    id->push_back(IdCheckDigit(*id));
    // Nobody can tell such a number from one whose last digits a spreadsheet took (digest 7.1).
    if (!id->ends_with("000")) return true;
  }
}

std::string IdSource::Take(std::string_view birth_date, bool male) {
  std::string id;
  for (Block& block : blocks_) {
    if (TakeFrom(block, birth_date, male, &id)) return id;
  }
  return "";
}

std::string IdSource::TakeOld(std::string_view region, std::string_view birth_date, bool male) {
  if (old_.empty()) old_.push_back({std::string(region), blocks_[0].begin, blocks_[0].end, {}});
  std::string id;
  if (TakeFrom(old_[0], birth_date, male, &id)) return id;
  return Take(birth_date, male);
}

std::string FamilyName(Random& random, bool hui) {
  return std::string(hui ? Draw(random, kNorthWest) : Draw(random, kCentral));
}

std::string GivenName(Random& random, bool male) {
  std::string last(male ? Draw(random, kBoy) : Draw(random, kGirl));
  if (random.Chance(600)) last = std::string(Draw(random, kRare));
  if (random.Chance(200000)) return last;
  if (random.Chance(200)) return "木·" + last + "提";  // with a middle dot
  return std::string(Draw(random, kFirst)) + last;
}

std::string Homophone(std::string_view name) {
  for (const auto& pair : kSame) {
    for (int side : {0, 1}) {
      size_t at = name.find(pair[side]);
      if (at == std::string_view::npos || at == 0) continue;
      std::string changed(name);
      return changed.replace(at, pair[side].size(), pair[1 - side]);
    }
  }
  return std::string(name);
}

std::string Phone(Random& random) {
  std::array<char, 16> text;
  std::snprintf(text.data(), text.size(), "140%08d", random.Below(100000000));
  return text.data();
}

std::string BankCard(Random& random) {
  std::string card = "620000";
  while (card.size() < 18) card.push_back(static_cast<char>('0' + random.Below(10)));
  int sum = 0;
  for (size_t i = 0; i < card.size(); ++i) {
    int digit = card[card.size() - 1 - i] - '0';
    if (i % 2 == 0) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  card.push_back(static_cast<char>('0' + (10 - sum % 10) % 10));
  return card;
}

}  // namespace ruraledu::testlib
