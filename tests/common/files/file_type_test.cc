#include "common/files/file_type.h"

#include "absl/strings/str_cat.h"
#include "tests/common/files/samples.h"

namespace ruraledu::files {
namespace {

std::string TypeOf(std::string bytes, const ArchiveLimits& limits = {}) {
  const auto type =
      DetectFileType(std::shared_ptr<ingest::ByteSource>(ingest::FromString(std::move(bytes))), AllFileTypes(), limits);
  return type.ok() ? std::string(FileTypeName(*type)) : ReasonOf(type.status());
}

TEST(FileType, IsFoundFromTheBytes) {
  EXPECT_EQ(TypeOf(SamplePdf()), "PDF");
  EXPECT_EQ(TypeOf(SampleJpeg()), "JPEG");
  EXPECT_EQ(TypeOf(SamplePng()), "PNG");
  EXPECT_EQ(TypeOf(SampleXlsx()), "XLSX");
  EXPECT_EQ(TypeOf(SampleDocx()), "DOCX");
  EXPECT_EQ(TypeOf(SampleOfd()), "OFD");
  EXPECT_EQ(TypeOf("承诺书\r\n\t本人承诺……\n"), "TEXT");
  EXPECT_EQ(TypeOf("\xef\xbb\xbf承诺书"), "TEXT");
  EXPECT_EQ(TypeOf("\xb3\xd0\xc5\xb5\xca\xe9 GB18030 \x81\x30\x81\x30"), "TEXT");
}

TEST(FileType, AMessageOfABankIsXmlOfItsNamespacesOnly) {
  const std::string open =
      "<?xml version=\"1.0\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\">";
  EXPECT_EQ(TypeOf(open + "<BkToCstmrStmt/></Document>"), "ISO20022");
  EXPECT_EQ(TypeOf("\xef\xbb\xbf" + open + std::string(100'000, ' ') + "</Document>"), "ISO20022");
  EXPECT_EQ(TypeOf(open + "<h:script xmlns:h='http://www.w3.org/1999/xhtml'>x</h:script></Document>"), "FILE_TYPE");
  EXPECT_EQ(TypeOf("<svg xmlns='http://www.w3.org/2000/svg' id='urn:iso:std:iso:20022'/>"), "FILE_TYPE");
  EXPECT_EQ(TypeOf("<html id='urn:iso:std:iso:20022'><script/></html>"), "FILE_TYPE");
  EXPECT_EQ(TypeOf("<!DOCTYPE Document [<!ENTITY a 'b'>]>" + open.substr(22) + "</Document>"), "FILE_TYPE");
  EXPECT_EQ(TypeOf("<?xml-stylesheet href='x'?>" + open.substr(22) + "</Document>"), "FILE_TYPE");
  EXPECT_EQ(TypeOf(open + "<BkToCstmrStmt>"), "FILE_TYPE") << "not well-formed";
}

TEST(FileType, WhatIsNotAcceptedIsRefusedWithWhatIs) {
  const auto refused = DetectFileType(std::shared_ptr<ingest::ByteSource>(ingest::FromString("\x7f"
                                                                                             "ELF\x02")),
                                      std::vector<FileType>{FileType::kPdf, FileType::kPng}, {});
  EXPECT_EQ(ReasonOf(refused.status()), "FILE_TYPE");
  EXPECT_THAT(std::string(refused.status().message()), testing::HasSubstr("PDF, PNG"));
  // One that is known but not accepted here.
  EXPECT_EQ(ReasonOf(DetectFileType(std::shared_ptr<ingest::ByteSource>(ingest::FromString(SampleJpeg())),
                                    std::vector<FileType>{FileType::kPdf}, {})
                         .status()),
            "FILE_TYPE");
}

TEST(FileType, ProgramsMarkupAndOtherBinariesAreRefused) {
  for (const std::string& bytes :
       {std::string("MZ\x90\x00\x03", 5),
        std::string("\x7f"
                    "ELF"),
        std::string("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8), std::string("GIF89a\x01\x00", 8),
        std::string("  <!DOCTYPE html><p>"), std::string("<svg onload='x'>"),
        std::string("\xef\xbb\xbf<?xml version='1.0'?>"), std::string("#!/bin/sh\n"), std::string("{\\rtf1 x}"),
        std::string("text with a \0 in it", 19), std::string("bell \x07"), std::string("\xff\xfet\0", 4),
        std::string("ends within a character \xe7"), std::string("\x81"), std::string()}) {
    EXPECT_EQ(TypeOf(bytes), "FILE_TYPE") << absl::CHexEscape(bytes);
  }
}

TEST(FileType, ANameOrAFirstByteIsNotEnough) {
  EXPECT_EQ(TypeOf("\xff\xd8\xff"), "FILE_TYPE");
  EXPECT_EQ(TypeOf(std::string("\xff\xd8\xff\x00", 4)), "FILE_TYPE");
  EXPECT_EQ(TypeOf("\x89PNG\r\n\x1a\n"), "FILE_TYPE");
  EXPECT_EQ(TypeOf("PK\x03\x04 is no archive"), "FILE_TRUNCATED");
}

TEST(FileType, ArchivesAreToldApartByTheirParts) {
  EXPECT_EQ(TypeOf(ingest::Zip({{"a.txt", "a"}})), "FILE_TYPE");
  EXPECT_EQ(TypeOf(ingest::Zip({{"xl/workbook.xml", "<w/>"}})), "FILE_TYPE") << "no content types";
  EXPECT_EQ(TypeOf(ingest::Zip({{"[Content_Types].xml", "<t/>"}, {"ppt/presentation.xml", "<p/>"}})), "FILE_TYPE");
  EXPECT_EQ(TypeOf(ingest::Zip(
                {{"[Content_Types].xml", "<t/>"}, {"xl/workbook.xml", "<w/>"}, {"xl/vbaProject.bin", "macro"}})),
            "FILE_TYPE")
      << "macros";
}

TEST(FileType, ArchivesThatDoNotUnpackAreRefused) {
  std::string cut = SampleDocx();
  cut.resize(cut.size() / 2);
  EXPECT_EQ(TypeOf(cut), "FILE_TRUNCATED");
  std::string changed = ingest::Zip({{"[Content_Types].xml", "<t/>"}, {"word/document.xml", TextBytes(5'000)}});
  changed[changed.find("word/document.xml") + 40] ^= 0x55;
  EXPECT_EQ(TypeOf(changed), "FILE_DAMAGED");
  EXPECT_EQ(TypeOf(ingest::Zip(
                {{"[Content_Types].xml", "<t/>"}, {"word/document.xml", "<d/>"}, {"word/document.xml", "<other/>"}})),
            "FILE_DAMAGED")
      << "two parts of one name";
}

TEST(FileType, BombsAreRefused) {
  const std::string zeros(8 << 20, '\0');
  const ingest::Parts parts = {{"[Content_Types].xml", "<t/>"}, {"word/document.xml", "<d/>"}, {"word/a.bin", zeros}};
  EXPECT_EQ(TypeOf(ingest::Zip(parts)), "ZIP_BOMB") << "1:1000";
  EXPECT_EQ(TypeOf(ingest::Zip(parts), {.ratio = 2'000}), "DOCX");
  EXPECT_EQ(TypeOf(ingest::Zip(parts), {.unpacked_bytes = 4 << 20, .ratio = 2'000}), "ZIP_BOMB") << "one part";
  const ingest::Parts two = {{"[Content_Types].xml", "<t/>"},
                             {"word/document.xml", "<d/>"},
                             {"word/a.bin", zeros.substr(0, 3 << 20)},
                             {"word/b.bin", zeros.substr(0, 3 << 20)}};
  EXPECT_EQ(TypeOf(ingest::Zip(two), {.unpacked_bytes = 4 << 20, .ratio = 2'000}), "ZIP_BOMB") << "all parts";
  EXPECT_EQ(TypeOf(ingest::Zip(two), {.entries = 3}), "ZIP_BOMB") << "too many parts";
}

TEST(FileType, SettingsNameTypes) {
  EXPECT_EQ(*ParseFileTypes("service.files_types", "PDF, TEXT"), (std::vector{FileType::kPdf, FileType::kText}));
  EXPECT_EQ(ReasonOf(ParseFileTypes("service.files_types", "PDF,EXE").status()), "CONFIG_INVALID");
  EXPECT_EQ(ReasonOf(ParseFileTypes("service.files_types", " , ").status()), "CONFIG_INVALID");
}

TEST(FileType, EveryTypeHasANameAndAMediaType) {
  for (const FileType type : AllFileTypes()) {
    EXPECT_EQ(*ParseFileTypes("k", FileTypeName(type)), std::vector{type});
    EXPECT_THAT(std::string(MediaType(type)), testing::HasSubstr("/"));
  }
}

}  // namespace
}  // namespace ruraledu::files
