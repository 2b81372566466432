#include "tests/common/domain/deploy_data.h"

#include <cstdlib>
#include <iostream>

#include "common/base/clock.h"
#include "common/domain/load_file.h"

namespace ruraledu::testing {
namespace {

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::cerr << value.status() << "\n";
    std::abort();
  }
  return *std::move(value);
}

}  // namespace

std::string DataFolder() {
  return std::string(RURALEDU_SOURCE_DIR) + "/deploy/data";
}

const RegionTree& Regions() {
  static const RegionTree tree = OrDie(LoadRegions(DataFolder()));
  return tree;
}

const CodeLists& Codes() {
  static const CodeLists lists = OrDie(CodeLists::Load(DataFolder() + "/codes"));
  return lists;
}

const WorkCalendar& Holidays() {
  static const WorkCalendar calendar =
      OrDie(WorkCalendar::Parse("holidays.csv", OrDie(LoadFile(DataFolder() + "/holidays.csv"))));
  return calendar;
}

const TermCalendar& Terms() {
  static const TermCalendar calendar =
      OrDie(TermCalendar::Parse("term-calendar.csv", OrDie(LoadFile(DataFolder() + "/term-calendar.csv"))));
  return calendar;
}

const NameRules& Names() {
  static const NameRules rules = OrDie(NameRules::Load(DataFolder()));
  return rules;
}

const ProvincePrefixes& Provinces() {
  static const ProvincePrefixes prefixes = ProvincePrefixesOf(**Codes().Get("citizen_id_province"));
  return prefixes;
}

absl::CivilDay Day(const std::string& text) {
  absl::CivilDay day;
  if (!ParseDay(text, &day)) {
    std::cerr << "not a day: " << text << "\n";
    std::abort();
  }
  return day;
}

uint32_t Seed() {
  const char* given = std::getenv("RURALEDU_SEED");
  const auto seed = given != nullptr ? static_cast<uint32_t>(std::strtoul(given, nullptr, 10)) : 20231121u;
  std::cout << "seed " << seed << "\n";
  return seed;
}

}  // namespace ruraledu::testing
