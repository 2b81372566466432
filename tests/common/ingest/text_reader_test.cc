#include <sys/resource.h>

#include <algorithm>

#include "tests/common/ingest/ingest_testing.h"

namespace ruraledu::ingest {
namespace {

using Texts = std::vector<std::vector<std::string>>;

TEST(TextReader, SeparatorsLineEndsAndQuotes) {
  struct Case {
    const char* bytes;
    Texts rows;
  } cases[] = {
      {"a,b\nc,d\n", {{"a", "b"}, {"c", "d"}}},
      {"a,b\r\nc,d", {{"a", "b"}, {"c", "d"}}},
      {"a,b\rc,d\r", {{"a", "b"}, {"c", "d"}}},
      {"a\tb,x\nc\td\n", {{"a", "b,x"}, {"c", "d"}}},
      {"a;b\nc;d\n", {{"a", "b"}, {"c", "d"}}},
      {"\"a,1\",\"say \"\"hi\"\"\"\n", {{"a,1", "say \"hi\""}}},
      {"\"two\r\nlines\",b\nc,d\n", {{"two\r\nlines", "b"}, {"c", "d"}}},
      {"a,\"\",\nb,,c\n", {{"a", "", ""}, {"b", "", "c"}}},
      {"\n\n , \na,b\n\n", {{"a", "b"}}},
      {"\xEF\xBB\xBF姓名,1\n", {{"姓名", "1"}}},
      {"=\"0012\",b\n", {{"0012", "b"}}},
      {"5\" tall,b\n", {{"5\" tall", "b"}}},
  };
  for (const Case& c : cases) {
    Table table = ReadBytes(c.bytes);
    EXPECT_EQ(table.reason, "") << c.bytes;
    EXPECT_EQ(table.texts(), c.rows) << c.bytes;
  }
}

TEST(TextReader, LinesAreThoseOfTheFile) {
  Table table = ReadBytes("t\n\n\"a\nb\",c\r\nd,e\n");
  ASSERT_EQ(table.rows.size(), 3u);
  EXPECT_EQ(table.rows[0].line, 1);
  EXPECT_EQ(table.rows[1].line, 3);
  EXPECT_EQ(table.rows[2].line, 5);
}

// Digest 7.6: byte order mark or valid UTF-8, else GB18030; both editions of the standard.
TEST(TextReader, Encodings) {
  Table gbk = ReadBytes("\xD0\xD5\xC3\xFB,\xC2\xED\xA9\x96\n");  // 姓名, U+9A6C and a symbol
  EXPECT_EQ(gbk.detail, "GB18030");
  EXPECT_EQ(gbk.rows[0].cells[0].text, "姓名");
  EXPECT_EQ(ReadBytes("姓名,王\n").detail, "UTF-8");
  // 龴 (U+9FB4) in two bytes (FE59) and in four (82 35 90 37); 𠀀 (U+20000) in four.
  Table rare = ReadBytes("\xFE\x59,\x82\x35\x90\x37,\x95\x32\x82\x36\n");
  EXPECT_EQ(rare.texts(), (Texts{{"龴", "龴", "𠀀"}}));
}

TEST(TextReader, NoCharacterIsLost) {
  Table table = ReadBytes("\xD0\xD5\xC3\xFB,\xCD\xF5\xFF,ok\n\xCD\xF5,b,c\n");
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0].cells[1].fault, "TEXT_UNMAPPABLE");
  EXPECT_EQ(table.rows[0].cells[1].text, "\\xCD\\xF5\\xFF");
  EXPECT_EQ(table.rows[0].cells[2].text, "ok");
  EXPECT_EQ(table.rows[1].cells[0].fault, "");
  Table cut = ReadBytes("\xEF\xBB\xBF王,\xE7\x8E\n");
  EXPECT_EQ(cut.rows[0].cells[1].fault, "TEXT_UNMAPPABLE");
  EXPECT_EQ(ReadBytes("王芳,\xE7\x8E").rows[0].cells[1].fault, "TEXT_UNMAPPABLE") << "cut off at the end";
  EXPECT_EQ(ReadBytes("王\xEF\xBF\xBD,a\n").rows[0].cells[0].fault, "TEXT_UNMAPPABLE");
  std::string nul = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz,a";
  nul.append(1, '\0').append("b\n");
  EXPECT_EQ(ReadBytes(nul).rows[0].cells[1].fault, "TEXT_NUL");
}

TEST(TextReader, Refusals) {
  TableOptions small;
  small.limits.row_bytes = 100;
  small.limits.cell_bytes = 50;
  small.limits.rows = 2;
  small.limits.columns = 3;
  small.limits.file_bytes = 1000;
  EXPECT_EQ(ReadBytes("", small).reason, "FILE_EMPTY");
  EXPECT_EQ(ReadBytes(" \r\n\n", small).reason, "FILE_EMPTY");
  EXPECT_EQ(ReadBytes("\xEF\xBB\xBF", small).reason, "FILE_EMPTY");
  EXPECT_EQ(ReadBytes("<html><table>", small).reason, "FILE_KIND_UNKNOWN");
  EXPECT_EQ(ReadBytes("%PDF-1.4", small).reason, "FILE_KIND_UNKNOWN");
  EXPECT_EQ(ReadBytes(std::string("\xFF\xFE"
                                  "a\0b\0",
                                  6),
                      small)
                .reason,
            "FILE_KIND_UNKNOWN");
  EXPECT_EQ(ReadBytes(std::string("\x7F"
                                  "ELF\1\1\1\0\0\0\0",
                                  11),
                      small)
                .reason,
            "FILE_KIND_UNKNOWN");
  EXPECT_EQ(ReadBytes("a,\"b\nc", small).reason, "FILE_TRUNCATED");
  EXPECT_EQ(ReadBytes(std::string(60, 'a') + "\n", small).reason, "CELL_TOO_LONG");
  EXPECT_EQ(ReadBytes(std::string(40, 'a') + "," + std::string(40, 'b') + "," + std::string(40, 'c'), small).reason,
            "ROW_TOO_LONG");
  EXPECT_EQ(ReadBytes("a\nb\nc\n", small).reason, "TOO_MANY_ROWS");
  EXPECT_EQ(ReadBytes("a,b,c,d\n", small).reason, "TOO_MANY_COLUMNS");
  EXPECT_EQ(ReadBytes(std::string(1001, 'a'), small).reason, "FILE_TOO_LARGE");
  EXPECT_EQ(ReadAll(OpenTable("/nonexistent/file.csv")).reason, "FILE_UNREADABLE");
}

// Bytes made on demand, so that a line of 1 GB costs nothing.
class Endless final : public ByteSource {
 public:
  explicit Endless(int64_t size) : size_(size) {}
  int64_t size() const override { return size_; }
  absl::StatusOr<size_t> ReadAt(int64_t offset, char* out, size_t n) override {
    auto count = static_cast<size_t>(std::clamp<int64_t>(size_ - offset, 0, static_cast<int64_t>(n)));
    std::fill_n(out, count, 'x');
    return count;
  }

 private:
  int64_t size_;
};

long PeakKilobytes() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST(TextReader, ALineOfOneGigabyteIsRefusedInLittleMemory) {
  long before = PeakKilobytes();
  Table table = ReadAll(OpenTable(std::make_unique<Endless>(int64_t{1} << 30)));
  EXPECT_EQ(table.reason, "CELL_TOO_LONG");
  TableOptions wide;
  wide.limits.cell_bytes = 1 << 30;
  EXPECT_EQ(ReadAll(OpenTable(std::make_unique<Endless>(int64_t{1} << 30), wide)).reason, "ROW_TOO_LONG");
  EXPECT_LT(PeakKilobytes() - before, 24 << 10);
}

}  // namespace
}  // namespace ruraledu::ingest
