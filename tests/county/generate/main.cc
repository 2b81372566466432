// county_generate: writes one or more generated counties, see tests/lib/county/county.h.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "tests/lib/county/county.h"
#include "tests/lib/county/place.h"

int main(int argc, char** argv) {
  using namespace ruraledu::testlib;
  CountyOptions options;
  std::vector<std::string> counties;
  std::string profile = "A", province;
  int faults = 1;
  CLI::App app{"Writes the files of invented counties and the truth about them"};
  app.add_option("--profile", profile, "A: plain county of central China, B: mountain county of the north-west")
      ->check(CLI::IsMember({"A", "B"}));
  app.add_option("--county", counties, "six digits; several are written one after the other");
  app.add_option("--province", province, "two digits: all its counties, --pupils shared among them")
      ->excludes("--county");
  app.add_option("--pupils", options.pupils, "pupils of each county, of a province in all")
      ->check(CLI::Range(100, 5000000));
  app.add_option("--seed", options.seed, "the same seed gives the same bytes");
  app.add_option("--out", options.dir, "folder; each county gets its own below")->required();
  app.add_option("--faults", faults, "0: a clean county")->check(CLI::Range(0, 1));
  app.add_option("--regions", options.regions_csv, "region table");
  app.add_option("--villages", options.villages_csv, "village table; villages of other counties are invented");
  app.add_option("--holidays", options.holidays_csv, "holiday table");
  CLI11_PARSE(app, argc, argv);
  options.profile = profile[0];
  if (!province.empty()) {
    counties = CountiesOf(options.regions_csv, province);
    if (!counties.empty()) options.pupils = std::max<int>(options.pupils / static_cast<int>(counties.size()), 100);
  }
  if (counties.empty()) {
    std::fprintf(stderr, "county_generate: no county; give --county or --province\n");
    return 1;
  }
  if (faults == 0) options.faults = FaultRates::None();
  for (const std::string& county : counties) {
    options.county = county;
    auto made = GenerateCounty(options);
    if (!made.ok()) {
      std::fprintf(stderr, "county_generate: %s: %s\n", county.c_str(), made.status().ToString().c_str());
      return 1;
    }
    size_t files = 0;
    for (const auto& [source, paths] : made->files) files += paths.size();
    const TermTotals& autumn = made->truth.totals[1];
    std::printf("%s: %zu files, %lld pupils, %lld entitled in 2023-2024-1 with %lld fen, %zu planted faults\n",
                made->dir.c_str(), files, static_cast<long long>(autumn.enrolled),
                static_cast<long long>(autumn.entitled_pupils), static_cast<long long>(autumn.total_fen),
                made->truth.faults.size());
  }
  return 0;
}
