#include "common/ingest/header_map.h"

#include <filesystem>

#include "absl/strings/str_format.h"
#include "tests/common/ingest/ingest_testing.h"

namespace ruraledu::ingest {
namespace {

constexpr char kSpec[] =
    "field,required,kind,synonyms,class,carry,source\n"
    "household_number,yes,id,户编号|户号,PERSONAL,key,t\n"
    "head_name,no,name,户主姓名,PERSONAL,yes,t\n"
    "name,yes,name,姓名|学生姓名|名字,PERSONAL,,t\n"
    "citizen_id,column,id,身份证号|证件号码,IDENTIFIER,,t\n"
    "birth_date,no,date,出生日期,PERSONAL,,t\n"
    "guardian_name,no,name,监护人姓名|监护人,PERSONAL,,t\n"
    "sex,no,code:sex,性别,PERSONAL,,t\n"
    "_note,no,text,合计|制表人|备注:,PUBLIC,,t\n";

absl::StatusOr<MappedTable> Open(std::string csv, MapOptions options = {}) {
  auto spec = HeaderSpec::Parse("test.csv", kSpec);
  EXPECT_TRUE(spec.ok()) << spec.status();
  auto reader = OpenTable(FromString(std::move(csv)));
  EXPECT_TRUE(reader.ok()) << reader.status();
  return MappedTable::Open(*std::move(reader), *std::move(spec), options);
}

// name/household/id of every row, as the file has them.
std::string Rows(std::string csv) {
  auto table = Open(std::move(csv));
  if (!table.ok()) {
    return ReasonOf(table.status());
  }
  std::string all;
  for (MappedRow row;;) {
    auto more = table->Next(&row);
    if (!more.ok() || !*more) {
      return all + (more.ok() ? "" : ReasonOf(more.status()));
    }
    absl::StrAppendFormat(&all, "%d:%s/%s/%s;", row.line, row.values[2].text, row.values[0].text, row.values[3].text);
  }
}

TEST(HeaderMap, FindsTheHeader) {
  EXPECT_EQ(Rows("户编号,姓名,身份证号\n1,张三,x\n"), "2:张三/1/x;");
  EXPECT_EQ(Rows("证件号码,学生 姓名*,户号（必填）\nx,张三,1\n"), "2:张三/1/x;") << "any order, synonyms, remarks";
  EXPECT_EQ(Rows("Citizen ID,NAME,household_number\nx,张三,1\n"), "2:张三/1/x;") << "English";
  EXPECT_EQ(Rows("西吉县脱贫户名册,,\n\n户编号,姓名,身份证号\n1,张三,x\n"), "4:张三/1/x;") << "title above";
  EXPECT_EQ(Rows("户编号,姓名,身份证号\n1,张三,x\n户编号,姓名,身份证号\n2,李四,y\n"), "2:张三/1/x;4:李四/2/y;")
      << "header repeated on each page";
}

TEST(HeaderMap, TwoLineHeaders) {
  EXPECT_EQ(Rows("户编号,成员信息,,监护人信息\n,姓名,身份证号,姓名\n1,张三,x,张大\n"), "3:张三/1/x;");
  auto table = Open("户编号,成员信息,,监护人信息\n,姓名,身份证号,姓名\n1,张三,x,张大\n");
  ASSERT_TRUE(table.ok()) << table.status();
  MappedRow row;
  ASSERT_TRUE(*table->Next(&row));
  EXPECT_EQ(row.values[5].text, "张大");
  EXPECT_EQ(table->header_line(), 2);
}

TEST(HeaderMap, NotesAtTheEndAreNoRows) {
  EXPECT_EQ(Rows("户编号,姓名,身份证号\n1,张三,x\n合计,1,\n制表人：王五,,\n2023年9月1日,,\n"), "2:张三/1/x;");
  EXPECT_EQ(Rows("户编号,姓名,身份证号\n1,张三,x\n,李四,\n1,王五,y\n"), "2:张三/1/x;3:李四/1/;4:王五/1/y;")
      << "a line with one cell between rows of data is data";
}

TEST(HeaderMap, MergedCellsAreCarriedDown) {
  EXPECT_EQ(Rows("户编号,姓名,身份证号\n1,张三,a\n,张大,b\n2,李四,c\n,李二,d\n"),
            "2:张三/1/a;3:张大/1/b;4:李四/2/c;5:李二/2/d;");
  auto table = Open("户编号,户主姓名,姓名,身份证号\n1,张三,张三,a\n2,,李四,c\n");
  ASSERT_TRUE(table.ok());
  MappedRow row;
  ASSERT_TRUE(*table->Next(&row));
  ASSERT_TRUE(*table->Next(&row));
  EXPECT_EQ(row.values[1].text, "") << "another household: its head is unknown, not the one above";
}

TEST(HeaderMap, Refusals) {
  EXPECT_EQ(Rows("a,b,c\n1,2,3\n"), "HEADER_UNKNOWN");
  EXPECT_EQ(Rows("户编号,姓名,学生姓名,身份证号\n"), "HEADER_DUPLICATE");
  auto missing = Open("姓名,出生日期\n张三,2015-09-01\n");
  EXPECT_EQ(ReasonOf(missing.status()), "HEADER_MISSING");
  EXPECT_NE(std::string(missing.status().message()).find("户编号, 身份证号"), std::string::npos) << missing.status();
  auto extra = Open("户编号,姓名,身份证号,爱好\n1,张三,x,y\n");
  ASSERT_TRUE(extra.ok());
  EXPECT_EQ(extra->extra(), std::vector<std::string>{"爱好"});
  EXPECT_EQ(ReasonOf(Open("户编号,姓名,身份证号,爱好\n", {.refuse_extra = true}).status()), "HEADER_EXTRA");
}

TEST(HeaderMap, ParseRowGivesCanonicalValuesAndErrors) {
  auto sex = CodeList::Parse("sex",
                             "code,label_zh,label_en,valid_from,valid_to,standard,source\n"
                             "1,男,male,,,,t\n2,女,female,,,,t\n");
  ASSERT_TRUE(sex.ok()) << sex.status();
  CodeLists lists;
  lists.Put(*std::move(sex));
  auto table = Open("户号,名字,证件号码,出生日期,性别\n1,王　芳,４１,2015/9/1,女\n2,,4.1E+17,x,3,多\n");
  ASSERT_TRUE(table.ok()) << table.status();
  MappedRow row;
  std::vector<std::string> values;
  std::vector<RowError> errors;
  absl::CivilDay day(2024, 9, 1);
  ASSERT_TRUE(*table->Next(&row));
  ASSERT_TRUE(ParseRow(*table, row, lists, day, &values, &errors).ok());
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(values, (std::vector<std::string>{"1", "", "王芳", "41", "2015-09-01", "", "2"}));
  ASSERT_TRUE(*table->Next(&row));
  ASSERT_TRUE(ParseRow(*table, row, lists, day, &values, &errors).ok());
  std::string seen;
  for (const RowError& error : errors) {
    absl::StrAppendFormat(&seen, "%d %s %s %s %s;", error.line, error.column, error.field, error.code, error.original);
    EXPECT_EQ(error.original.empty() || EnglishMessage(error).find("4.1E") == std::string::npos, true);
    EXPECT_NE(ChineseMessage(error), "");
  }
  EXPECT_EQ(seen,
            "3   ROW_SHAPE ;3 名字 name VALUE_REQUIRED ;3 证件号码 citizen_id EXCEL_PRECISION 4.1E+17;"
            "3 出生日期 birth_date DATE_INVALID x;3 性别 sex CODE_UNKNOWN 3;");
  EXPECT_EQ(ReasonOf(ParseRow(*table, row, CodeLists(), day, &values, &errors)), "CODE_LIST_UNKNOWN");
}

TEST(HeaderSpec, BadDataIsNamed) {
  std::string head = "field,required,kind,synonyms,class,carry,source\n";
  for (const char* line : {"a,maybe,text,x,PUBLIC,,t\n", "a,no,blob,x,PUBLIC,,t\n", "a,no,text,x,SECRET,,t\n",
                           "a,no,text,x,PUBLIC,down,t\n", "a,no,text,x,PUBLIC,,t\nb,no,text,x,PUBLIC,,t\n"}) {
    EXPECT_EQ(ReasonOf(HeaderSpec::Parse("bad.csv", head + line).status()), "DATA_FILE") << line;
  }
}

// Every shipped mapping loads, has notes, names a source in each line, and finds a header made of its first synonyms.
TEST(HeaderSpec, ShippedMappings) {
  auto lists = CodeLists::Load("deploy/data/codes");
  ASSERT_TRUE(lists.ok()) << lists.status();
  int count = 0;
  for (const auto& file : std::filesystem::directory_iterator("deploy/data/headers")) {
    SCOPED_TRACE(file.path().filename().string());
    auto spec = HeaderSpec::Load(file.path().string());
    ASSERT_TRUE(spec.ok()) << spec.status();
    EXPECT_FALSE(spec->notes().empty());
    std::string header;
    for (const FieldSpec& field : spec->fields()) {
      header += (header.empty() ? "" : ",") + (field.synonyms.empty() ? field.name : field.synonyms[0]);
      EXPECT_TRUE(field.kind != ValueKind::kCode || lists->Find(field.list) != nullptr)
          << field.name << " " << field.list;
    }
    auto reader = OpenTable(FromString(header + "\n"));
    auto table = MappedTable::Open(*std::move(reader), *spec);
    ASSERT_TRUE(table.ok()) << table.status();
    EXPECT_TRUE(table->extra().empty());
    ++count;
  }
  EXPECT_EQ(count, 25);
}

}  // namespace
}  // namespace ruraledu::ingest
