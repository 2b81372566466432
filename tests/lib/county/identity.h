// Invented persons: citizen IDs of digest 7.1, names of county-profile 14, days as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/lib/county/random.h"

namespace ruraledu::testlib {

// Days since 1900-01-01 and their text "YYYY-MM-DD"; 1900 <= year < 2100.
int DayNumber(int year, int month, int day);
std::string DayText(int number);
int DayNumberOf(std::string_view text);

// The check digit of GB 11643 for the first 17 characters.
char IdCheckDigit(std::string_view first17);
// Whether `id` is a complete valid citizen ID with an existing birth date.
bool IdIsValid(std::string_view id);

// Hands out citizen IDs that nobody alive has: the region part is of prefecture or province level (xxxx00, digest
// 7.1). Counties of one province never collide: each has its own block of sequence numbers.
class IdSource {
 public:
  // `rank_in_prefecture` of `prefecture_size` counties and `rank_in_province` give the county its blocks.
  IdSource(std::string_view county, int rank_in_prefecture, int prefecture_size, int rank_in_province);
  // A new number. When the day is used up, a part of the province is taken that no prefecture has.
  std::string Take(std::string_view birth_date, bool male);
  // Like Take, with the given six digit region part of adults from before a change of regions.
  std::string TakeOld(std::string_view region, std::string_view birth_date, bool male);

 private:
  struct Block {
    std::string region;
    int begin, end;              // sequence numbers
    std::vector<uint16_t> used;  // per day and sex
  };
  static bool TakeFrom(Block& block, std::string_view birth_date, bool male, std::string* id);
  std::vector<Block> blocks_;
  std::vector<Block> old_;
};

// Names by profile; `hui` draws from the north-west table.
std::string FamilyName(Random& random, bool hui);
std::string GivenName(Random& random, bool male);
// Another spelling of the same sound or a variant character; the name itself when there is none.
std::string Homophone(std::string_view name);

// A phone of 11 digits and a card of 19 digits (Luhn right) out of ranges that no operator or bank uses.
std::string Phone(Random& random);
std::string BankCard(Random& random);

}  // namespace ruraledu::testlib
