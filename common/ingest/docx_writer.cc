#include "common/ingest/docx_writer.h"

#include <minizip/zip.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"

namespace ruraledu::ingest {
namespace {

constexpr std::string_view kTypes =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" "
    "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override "
    "PartName=\"/word/document.xml\" "
    "ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
constexpr std::string_view kRelations =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" "
    "Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" "
    "Target=\"word/document.xml\"/></Relationships>";
constexpr std::string_view kBegin =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
    "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>";
constexpr std::string_view kEnd = "</w:body></w:document>";

// The file in memory that minizip writes to; `opaque` is the Memory.
struct Memory {
  std::string bytes;
  size_t at = 0;

  static Memory& Of(void* opaque) { return *static_cast<Memory*>(opaque); }
  static void* Open(void* opaque, const void*, int) { return opaque; }
  static uLong Read(void*, void*, void*, uLong) { return 0; }
  static uLong Write(void* opaque, void*, const void* from, uLong n) {
    Memory& memory = Of(opaque);
    if (memory.at + n > memory.bytes.size()) {
      memory.bytes.resize(memory.at + n);
    }
    std::memcpy(memory.bytes.data() + memory.at, from, n);
    memory.at += n;
    return n;
  }
  static ZPOS64_T Tell(void* opaque, void*) { return Of(opaque).at; }
  static long Seek(void* opaque, void*, ZPOS64_T offset, int origin) {
    Memory& memory = Of(opaque);
    const size_t base = origin == ZLIB_FILEFUNC_SEEK_SET   ? 0
                        : origin == ZLIB_FILEFUNC_SEEK_CUR ? memory.at
                                                           : memory.bytes.size();
    if (base + offset > memory.bytes.size()) {
      return -1;
    }
    memory.at = base + offset;
    return 0;
  }
  static int Close(void*, void*) { return 0; }
  static int Error(void*, void*) { return 0; }
};

void AppendEscaped(std::string_view text, std::string* xml) {
  for (const char c : text) {
    switch (c) {
      case '&':
        xml->append("&amp;");
        break;
      case '<':
        xml->append("&lt;");
        break;
      case '>':
        xml->append("&gt;");
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\t') {
          xml->push_back(c);
        }
    }
  }
}

void AppendParagraph(std::string_view line, std::string* xml) {
  const bool title = line.starts_with("# "), right = line.starts_with("> ");
  if (title || right) {
    line.remove_prefix(2);
  }
  absl::StrAppend(xml, "<w:p>",
                  title   ? "<w:pPr><w:jc w:val=\"center\"/></w:pPr>"
                  : right ? "<w:pPr><w:jc w:val=\"right\"/></w:pPr>"
                          : "",
                  "<w:r>", title ? "<w:rPr><w:b/><w:sz w:val=\"36\"/></w:rPr>" : "<w:rPr><w:sz w:val=\"28\"/></w:rPr>",
                  "<w:t xml:space=\"preserve\">");
  AppendEscaped(line, xml);
  xml->append("</w:t></w:r></w:p>");
}

bool AddPart(zipFile zip, const char* name, std::string_view content) {
  zip_fileinfo info = {};
  info.tmz_date = {0, 0, 0, 1, 0, 1980};  // the same letter has the same bytes
  return zipOpenNewFileInZip(zip, name, &info, nullptr, 0, nullptr, 0, nullptr, Z_DEFLATED, Z_DEFAULT_COMPRESSION) ==
             ZIP_OK &&
         zipWriteInFileInZip(zip, content.data(), static_cast<unsigned>(content.size())) == ZIP_OK &&
         zipCloseFileInZip(zip) == ZIP_OK;
}

}  // namespace

absl::StatusOr<std::string> WriteDocx(std::string_view text) {
  std::string body(kBegin);
  while (text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  for (const std::string_view line : absl::StrSplit(text, '\n')) {
    AppendParagraph(line, &body);
  }
  body.append(kEnd);
  Memory memory;
  zlib_filefunc64_def calls = {Memory::Open, Memory::Read,  Memory::Write, Memory::Tell,
                               Memory::Seek, Memory::Close, Memory::Error, &memory};
  zipFile zip = zipOpen2_64("", APPEND_STATUS_CREATE, nullptr, &calls);
  const bool written = zip != nullptr && AddPart(zip, "[Content_Types].xml", kTypes) &&
                       AddPart(zip, "_rels/.rels", kRelations) && AddPart(zip, "word/document.xml", body);
  if (zip == nullptr || zipClose(zip, nullptr) != ZIP_OK || !written) {
    return Fail("FILE_UNWRITABLE", {{"path", "docx"}});
  }
  return std::move(memory.bytes);
}

}  // namespace ruraledu::ingest
