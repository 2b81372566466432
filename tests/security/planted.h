// What requests.txt plants in classified fields, and the department's file that it imports.
#pragma once

#include <string_view>

namespace ruraledu::security {

// Every value of a field of class IDENTIFIER in requests.txt and in the file below: numbers of papers, phones, cards,
// and a part of each address that is nothing else.
inline constexpr std::string_view kPlantedIdentifiers[] = {
    "41172820160315001X",  "411728201604221019", "411728201606013029",  "411728201507182038", "411728201608085050",
    "411728198509093018",  "411728199002124043", "G41172820160315001X", "13903961701",        "13903961702",
    "13903961703",         "13903961704",        "13903961705",         "41172820160909707X", "6217996100012345678",
    "6217996100087654321", "红石崖村七组十九号", "建设路二十三号",
};

// Text of fields of class SENSITIVE that cannot be anything else.
inline constexpr std::string_view kPlantedSensitive[] = {"41172820160315001X42", "残联第七批第十九行",
                                                         "民政第三批第四十二行"};

// One row names a child of the county without an identity number: a weak match, a review. One row has a wrong number:
// an error whose original text is kept.
inline constexpr std::string_view kCivilAffairsFile =
    "\xEF\xBB\xBF"
    "户主姓名,户主身份证号,姓名,身份证号,出生日期,性别,与户主关系,救助类型,城乡类别,开始日期,村代码,联系电话\n"
    "李大河,411728198801016060,李小丽,,2016-08-08,男,子女,城乡低保,农村,2024-01-01,411728103201,13903961704\n"
    "李大河,411728198801016060,李小花,411728201608085051,2016-08-08,女,子女,城乡低保,农村,2024-01-01,411728103201,\n";

}  // namespace ruraledu::security
