// One small file of each accepted type.
#pragma once

#include <string>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "tests/common/ingest/ingest_testing.h"

namespace ruraledu::files {

inline std::string SamplePdf() {
  return "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";
}
inline std::string SampleJpeg() {
  return std::string("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\xff\xd9", 15);
}
inline std::string SamplePng() {
  return std::string("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00", 29);
}
inline std::string SampleXlsx() {
  return ingest::Zip({{"[Content_Types].xml", "<Types/>"}, {"xl/workbook.xml", "<workbook/>"}});
}
inline std::string SampleDocx() {
  return ingest::Zip({{"[Content_Types].xml", "<Types/>"}, {"word/document.xml", "<document/>"}});
}
inline std::string SampleOfd() {
  return ingest::Zip({{"OFD.xml", "<OFD/>"}, {"Doc_0/Document.xml", "<Document/>"}});
}
// Bytes that do not pack away to nothing.
inline std::string TextBytes(size_t size) {
  std::string text;
  for (uint32_t x = 1; text.size() < size; x = x * 1'664'525 + 1'013'904'223) {
    text += static_cast<char>('a' + (x >> 24) % 26);
  }
  return text;
}

}  // namespace ruraledu::files
