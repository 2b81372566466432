#include "common/ingest/docx_writer.h"

#include <gtest/gtest.h>

#include "common/ingest/byte_source.h"
#include "common/ingest/zip_file.h"

namespace ruraledu::ingest {
namespace {

std::string Part(const std::string& docx, const std::string& name) {
  auto zip = ZipFile::Open(FromString(docx), TableLimits());
  EXPECT_TRUE(zip.ok()) << zip.status();
  EXPECT_TRUE((*zip)->Begin(name).ok()) << name;
  std::string text(1 << 16, '\0');
  const auto got = (*zip)->Read(text.data(), text.size());
  EXPECT_TRUE(got.ok());
  text.resize(got.value_or(0));
  return text;
}

TEST(DocxWriter, WritesTitleParagraphsAndTheRightEdge) {
  const std::string docx = WriteDocx("# 通知书\n　　内容 <a> & b\x01\n> 2026年9月1日\n").value();
  const std::string body = Part(docx, "word/document.xml");
  EXPECT_NE(body.find("<w:jc w:val=\"center\"/>"), std::string::npos);
  EXPECT_NE(body.find(">通知书</w:t>"), std::string::npos);
  EXPECT_NE(body.find("内容 &lt;a&gt; &amp; b</w:t>"), std::string::npos);
  EXPECT_NE(body.find("<w:jc w:val=\"right\"/>"), std::string::npos);
  size_t paragraphs = 0;
  for (size_t at = body.find("<w:p>"); at != std::string::npos; at = body.find("<w:p>", at + 1)) ++paragraphs;
  EXPECT_EQ(paragraphs, 3);
  EXPECT_NE(Part(docx, "[Content_Types].xml").find("/word/document.xml"), std::string::npos);
  EXPECT_NE(Part(docx, "_rels/.rels").find("word/document.xml"), std::string::npos);
  EXPECT_EQ(WriteDocx("# 通知书\n　　内容 <a> & b\x01\n> 2026年9月1日\n").value(), docx);
}

}  // namespace
}  // namespace ruraledu::ingest
