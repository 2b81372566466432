// State of one county while its files are written: who was taken by which row.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "absl/status/status.h"
#include "tests/lib/county/county.h"
#include "tests/lib/county/population.h"
#include "tests/lib/county/sheet.h"

namespace ruraledu::testlib {

struct CountyWriter {
  CountyWriter(const CountyOptions& options, const Profile& profile, Population& population, Random random,
               GeneratedCounty& out)
      : options(options), profile(profile), population(population), random(random), out(out) {}

  const CountyOptions& options;
  const Profile& profile;
  Population& population;
  Random random;
  GeneratedCounty& out;

  // Makes out.dir/<folder>, writes the sheet and notes it under `source`. The pending faults and rows of the sheet get
  // the file's name.
  absl::Status Finish(const Sheet& sheet, const std::string& source, const std::string& folder,
                      const std::string& stem);

  void Fault(int line, const std::string& key, std::string_view field, std::string_view reason, bool refused);
  void Row(int line, std::string_view kind, Match match, int pupil);
  // Stem with county and day for most files (county-profile 13).
  std::string Stem(const std::string& what, const SheetShape& shape) const;

  std::vector<bool> guardian_known;             // by pupil: an accepted roster row has the guardian's ID number
  std::unordered_set<std::string> taken_names;  // name + birth date of every pupil: nobody else gets one
  bool OnRegister(int pupil) const;             // any term's roster row was taken

 private:
  std::vector<PlantedFault> pending_faults_;
  std::vector<RowTruth> pending_rows_;
};

// A broken form of an ID for a reason of digest 7.1.
std::string BrokenId(const std::string& id, std::string_view reason);
// Draws one of ID_CHECK ... ID_LEGACY15 by the rates of the student register; "" for a sound row.
std::string_view DrawIdFault(const FaultRates& faults, Random& random);
std::string FullWidth(const std::string& text);

// The groups of files, in order of loading.
absl::Status WriteBaseFiles(CountyWriter& writer);    // villages, calendars, schools, classes, teachers
absl::Status WriteRosters(CountyWriter& writer);      // students by school and term
absl::Status WriteDepartments(CountyWriter& writer);  // hardship registers
absl::Status WriteBankAndAid(CountyWriter& writer);   // bank accounts, aid lists of the past

}  // namespace ruraledu::testlib
