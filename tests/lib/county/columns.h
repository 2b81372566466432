// The columns of every file that the generator writes. Field names are those of deploy/data/headers; a test checks that
// every header word is known there.
#pragma once

#include <string_view>
#include <vector>

#include "tests/lib/county/sheet.h"

namespace ruraledu::testlib {

const std::vector<Column>& VillageColumns();
const std::vector<Column>& CalendarColumns();
const std::vector<Column>& SchoolColumns();
const std::vector<Column>& ClassColumns();
const std::vector<Column>& TeacherColumns();
const std::vector<Column>& RosterColumns();
const std::vector<Column>& RevitalisationColumns();
const std::vector<Column>& CivilAffairsColumns();
const std::vector<Column>& FederationColumns();
const std::vector<Column>& VeteransColumns();
const std::vector<Column>& IdentificationColumns();
const std::vector<Column>& BankColumns();
const std::vector<Column>& AidColumns();

// Table name in deploy/data/headers and its columns. Aid lists and school identification have no table there.
struct SourceColumns {
  std::string_view source;
  const std::vector<Column>* columns;
};
std::vector<SourceColumns> AllColumns();

}  // namespace ruraledu::testlib
