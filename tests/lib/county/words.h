// Chinese words of code values, as the files write them.
#pragma once

#include <string>
#include <string_view>

#include "tests/lib/county/population.h"

namespace ruraledu::testlib {

std::string StageChinese(Stage stage);
std::string GradeChinese(Stage stage, int grade);
std::string ClassName(int number);
std::string SchoolTypeChinese(const School& school);

}  // namespace ruraledu::testlib
