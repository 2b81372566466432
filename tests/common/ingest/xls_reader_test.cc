#include "tests/common/ingest/ingest_testing.h"

namespace ruraledu::ingest {
namespace {

std::string Little(uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) {
    text.push_back(static_cast<char>(value >> (8 * i)));
  }
  return text;
}

std::string Record(uint32_t type, const std::string& body) {
  return Little(type, 2) + Little(static_cast<uint32_t>(body.size()), 2) + body;
}

std::string Wide(const std::u16string& text) {
  std::string bytes;
  for (char16_t c : text) {
    bytes += Little(c, 2);
  }
  return bytes;
}

std::string Bound(uint32_t position, uint32_t state, const std::u16string& name) {
  return Record(0x85, Little(position, 4) + Little(state, 1) + Little(0, 1) +
                          Little(static_cast<uint32_t>(name.size()), 1) + Little(1, 1) + Wide(name));
}

std::string Begin(uint32_t kind) {
  return Record(0x809, Little(0x600, 2) + Little(kind, 2) + Little(0, 4) + Little(0, 8 - 4) + Little(6, 4));
}

std::string Label(uint32_t row, uint32_t column, const std::u16string& text) {
  return Record(0x204, Little(row, 2) + Little(column, 2) + Little(0, 2) +
                           Little(static_cast<uint32_t>(text.size()), 2) + Little(1, 1) + Wide(text));
}

std::string Sheet(const std::string& cells) {
  return Begin(0x10) + Record(0x200, Little(0, 4) + Little(2, 4) + Little(0, 2) + Little(2, 2) + Little(0, 2)) + cells +
         Record(0x0A, "");
}

// A BIFF8 workbook: a hidden sheet, then the visible one, in a compound file of 512-byte sectors.
std::string Workbook97(const std::string& cells) {
  std::string hidden = Sheet(Label(0, 0, u"old"));
  auto globals = [&](uint32_t first) {
    return Begin(5) + Record(0x42, Little(0x4B0, 2)) + Bound(first, 1, u"旧") +
           Bound(first + static_cast<uint32_t>(hidden.size()), 0, u"名单") + Record(0x0A, "");
  };
  std::string book = globals(static_cast<uint32_t>(globals(0).size())) + hidden + Sheet(cells);
  book.resize((std::max<size_t>(book.size(), 4096) + 511) / 512 * 512);
  auto sectors = static_cast<uint32_t>(book.size() / 512);
  std::string head = std::string("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8) + std::string(16, '\0') + Little(0x3E, 2) +
                     Little(3, 2) + Little(0xFFFE, 2) + Little(9, 2) + Little(6, 2) + std::string(10, '\0') +
                     Little(1, 4) + Little(1, 4) + Little(0, 4) + Little(4096, 4) + Little(0xFFFFFFFE, 4) +
                     Little(0, 4) + Little(0xFFFFFFFE, 4) + Little(0, 4) + Little(0, 4);
  while (head.size() < 512) {
    head += Little(0xFFFFFFFF, 4);
  }
  std::string fat = Little(0xFFFFFFFD, 4) + Little(0xFFFFFFFE, 4);
  for (uint32_t i = 0; i < sectors; ++i) {
    fat += Little(i + 1 == sectors ? 0xFFFFFFFE : i + 3, 4);
  }
  while (fat.size() < 512) {
    fat += Little(0xFFFFFFFF, 4);
  }
  auto entry = [](const std::u16string& name, uint32_t type, uint32_t child, uint32_t start, uint32_t size) {
    std::string text = Wide(name);
    text.resize(64);
    return text + Little(static_cast<uint32_t>(name.size() * 2 + 2), 2) + Little(type, 1) + Little(1, 1) +
           Little(0xFFFFFFFF, 4) + Little(0xFFFFFFFF, 4) + Little(child, 4) + std::string(36, '\0') + Little(start, 4) +
           Little(size, 4) + Little(0, 4);
  };
  std::string directory = entry(u"Root Entry", 5, 1, 0xFFFFFFFE, 0) +
                          entry(u"Workbook", 2, 0xFFFFFFFF, 2, static_cast<uint32_t>(book.size())) +
                          std::string(256, '\0');
  return head + fat + directory + book;
}

TEST(XlsReader, FirstVisibleSheet) {
  Table table = ReadBytes(Workbook97(Label(0, 0, u"姓名") + Label(1, 1, u"张三")));
  ASSERT_EQ(table.reason, "");
  EXPECT_EQ(table.detail, "名单");
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0].cells[0].text, "姓名");
  EXPECT_EQ(table.rows[1].line, 2);
  EXPECT_EQ(table.rows[1].cells[1].text, "张三");
}

TEST(XlsReader, Refusals) {
  std::string bytes = Workbook97(Label(0, 0, u"姓名"));
  for (size_t size = 8; size + 512 < bytes.size(); size += 400) {
    EXPECT_NE(ReadBytes(bytes.substr(0, size)).reason, "") << size;
  }
  TableOptions missing;
  missing.xls_program = "/nonexistent/ruraledu_xls";
  EXPECT_EQ(ReadBytes(bytes, missing).reason, "XLS_UNAVAILABLE");
  TableOptions small;
  small.limits.xls_bytes = 100;
  EXPECT_EQ(ReadBytes(bytes, small).reason, "FILE_TOO_LARGE");
  std::string sealed = bytes;
  sealed += Wide(u"EncryptedPackage");
  EXPECT_EQ(ReadBytes(sealed).reason, "FILE_ENCRYPTED");
}

}  // namespace
}  // namespace ruraledu::ingest
