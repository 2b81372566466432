// What the tests of ingest share: reading a whole table, making packages by hand.
#pragma once

#include <minizip/zip.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/ingest/table_reader.h"
#include "gtest/gtest.h"

namespace ruraledu::ingest {

struct Table {
  std::string reason;  // "" when the file was read to its end
  std::string detail;
  std::vector<Row> rows;

  std::vector<std::vector<std::string>> texts() const {
    std::vector<std::vector<std::string>> all;
    for (const Row& row : rows) {
      all.emplace_back();
      for (const Cell& cell : row.cells) {
        all.back().push_back(cell.text);
      }
    }
    return all;
  }
};

inline Table ReadAll(absl::StatusOr<std::unique_ptr<TableReader>> reader) {
  Table table;
  if (!reader.ok()) {
    table.reason = ReasonOf(reader.status());
    return table;
  }
  table.detail = (*reader)->detail();
  for (Row row;;) {
    auto more = (*reader)->Next(&row);
    if (!more.ok()) {
      table.reason = ReasonOf(more.status());
      EXPECT_EQ(ReasonOf((*reader)->Next(&row).status()), table.reason) << "an error stays";
      return table;
    }
    if (!*more) {
      return table;
    }
    table.rows.push_back(row);
  }
}

inline Table ReadBytes(std::string bytes, const TableOptions& options = {}) {
  return ReadAll(OpenTable(FromString(std::move(bytes)), options));
}

inline std::string TempPath(const std::string& name) {
  return testing::TempDir() + "/ingest_" + std::to_string(getpid()) + "_" + name;
}

inline std::string FileBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

using Parts = std::vector<std::pair<std::string, std::string>>;

inline std::string Zip(const Parts& parts) {
  std::string path = TempPath("made.zip");
  zipFile zip = zipOpen64(path.c_str(), APPEND_STATUS_CREATE);
  for (const auto& [name, content] : parts) {
    zip_fileinfo info = {};
    zipOpenNewFileInZip64(zip, name.c_str(), &info, nullptr, 0, nullptr, 0, nullptr, Z_DEFLATED, 6, 0);
    zipWriteInFileInZip(zip, content.data(), static_cast<unsigned>(content.size()));
    zipCloseFileInZip(zip);
  }
  zipClose(zip, nullptr);
  std::string bytes = FileBytes(path);
  unlink(path.c_str());
  return bytes;
}

constexpr char kRelation[] = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

// The parts of a workbook with a hidden first sheet and `sheet` as the rows of the second; `extra` parts replace or
// add.
inline Parts WorkbookParts(const std::string& rows, const std::string& strings = "",
                           const std::string& properties = "") {
  std::string r = kRelation;
  auto relation = [&](std::string id, std::string type, std::string target) {
    return "<Relationship Id=\"" + id + "\" Type=\"" + r + "/" + type + "\" Target=\"" + target + "\"/>";
  };
  std::string sheets =
      "<sheets><sheet name=\"old\" sheetId=\"1\" state=\"hidden\" r:id=\"rId1\"/>"
      "<sheet name=\"名单\" sheetId=\"2\" r:id=\"rId2\"/></sheets>";
  return {
      {"[Content_Types].xml", "<Types/>"},
      {"_rels/.rels", "<Relationships>" + relation("rId1", "officeDocument", "xl/workbook.xml") + "</Relationships>"},
      {"xl/workbook.xml", "<workbook xmlns:r=\"" + r + "\">" + properties + sheets + "</workbook>"},
      {"xl/_rels/workbook.xml.rels", "<Relationships>" + relation("rId1", "worksheet", "worksheets/sheet1.xml") +
                                         relation("rId2", "worksheet", "/xl/worksheets/sheet2.xml") +
                                         relation("rId3", "styles", "styles.xml") +
                                         relation("rId4", "sharedStrings", "sharedStrings.xml") + "</Relationships>"},
      {"xl/styles.xml",
       "<styleSheet><numFmts><numFmt numFmtId=\"176\" formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;\"/>"
       "<numFmt numFmtId=\"177\" formatCode=\"0.00_);[Red]\\d\"/></numFmts><cellStyleXfs><xf numFmtId=\"14\"/>"
       "</cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"176\"/>"
       "<xf numFmtId=\"177\"/></cellXfs></styleSheet>"},
      {"xl/sharedStrings.xml", "<sst>" + strings + "</sst>"},
      {"xl/worksheets/sheet1.xml", "<worksheet><sheetData><row><c><v>666</v></c></row></sheetData></worksheet>"},
      {"xl/worksheets/sheet2.xml", "<worksheet><sheetData>" + rows + "</sheetData></worksheet>"}};
}

inline std::string Workbook(const std::string& rows, const std::string& strings = "",
                            const std::string& properties = "") {
  return Zip(WorkbookParts(rows, strings, properties));
}

}  // namespace ruraledu::ingest
