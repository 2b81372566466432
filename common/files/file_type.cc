#include "common/files/file_type.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/ingest/xml_stream.h"
#include "common/ingest/zip_file.h"

namespace ruraledu::files {
namespace {

using std::string_view_literals::operator""sv;

struct Known {
  FileType type;
  std::string_view name, media;
};
constexpr Known kKnown[] = {
    {FileType::kPdf, "PDF", "application/pdf"},
    {FileType::kJpeg, "JPEG", "image/jpeg"},
    {FileType::kPng, "PNG", "image/png"},
    {FileType::kXlsx, "XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {FileType::kDocx, "DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {FileType::kOfd, "OFD", "application/ofd"},
    {FileType::kText, "TEXT", "text/plain"},
    {FileType::kIso20022, "ISO20022", "application/xml"},
};

constexpr size_t kHeadBytes = 512;
constexpr size_t kBufferBytes = 64 << 10;

const Known& KnownOf(FileType type) {
  return *absl::c_find_if(kKnown, [type](const Known& known) { return known.type == type; });
}

// A source that somebody else keeps.
class Borrowed final : public ingest::ByteSource {
 public:
  explicit Borrowed(std::shared_ptr<ingest::ByteSource> source) : source_(std::move(source)) {}
  int64_t size() const override { return source_->size(); }
  absl::StatusOr<size_t> ReadAt(int64_t offset, char* out, size_t n) override {
    return source_->ReadAt(offset, out, n);
  }

 private:
  std::shared_ptr<ingest::ByteSource> source_;
};

// --- archives -------------------------------------------------------------------------------------------------------

// Reads the part that was begun to its end, for its limits and its checksum.
absl::Status Unpack(ingest::ZipFile& zip, std::string& buffer) {
  while (true) {
    ASSIGN_OR_RETURN(const size_t got, zip.Read(buffer.data(), buffer.size()));
    if (got == 0) {
      return absl::OkStatus();
    }
  }
}

std::optional<FileType> TypeOfParts(const std::set<std::string>& parts) {
  const bool macros = absl::c_any_of(
      parts, [](const std::string& part) { return absl::EndsWith(absl::AsciiStrToLower(part), "vbaproject.bin"); });
  if (macros) {
    return std::nullopt;
  }
  if (parts.contains("[Content_Types].xml") && parts.contains("xl/workbook.xml")) {
    return FileType::kXlsx;
  }
  if (parts.contains("[Content_Types].xml") && parts.contains("word/document.xml")) {
    return FileType::kDocx;
  }
  return parts.contains("OFD.xml") ? std::optional(FileType::kOfd) : std::nullopt;
}

absl::StatusOr<std::optional<FileType>> TypeOfArchive(std::shared_ptr<ingest::ByteSource> source,
                                                      const ArchiveLimits& limits) {
  ingest::TableLimits unpacking;
  unpacking.zip_entries = limits.entries;
  unpacking.unpacked_bytes = limits.unpacked_bytes;
  unpacking.unpack_ratio = limits.ratio;
  ASSIGN_OR_RETURN(const auto zip, ingest::ZipFile::Open(std::make_unique<Borrowed>(std::move(source)), unpacking));
  std::set<std::string> parts;
  std::string buffer(kBufferBytes, '\0');
  while (true) {
    ASSIGN_OR_RETURN(auto part, zip->BeginNext());
    if (!part.has_value()) {
      break;
    }
    RETURN_IF_ERROR(Unpack(*zip, buffer));
    if (!parts.insert(*std::move(part)).second) {
      return Fail("FILE_DAMAGED");  // which of two parts of one name is meant depends on the reader
    }
  }
  return TypeOfParts(parts);
}

// --- text -----------------------------------------------------------------------------------------------------------

// An ASCII character that is shown or breaks lines.
bool IsPlain(unsigned char c) {
  return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

// Follows a text byte by byte in one of its encodings.
class Utf8 {
 public:
  bool Take(unsigned char c) {
    if (left_ > 0) {
      const bool good = c >= low_ && c <= high_;
      low_ = 0x80;
      high_ = 0xbf;
      --left_;
      return good;
    }
    if (c < 0x80) {
      return IsPlain(c);
    }
    left_ = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    low_ = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;   // nothing longer than it needs to be
    high_ = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;  // no surrogates, nothing above U+10FFFF
    return c >= 0xc2 && c <= 0xf4;
  }
  bool Ends() const { return left_ == 0; }

 private:
  int left_ = 0;
  unsigned char low_ = 0x80, high_ = 0xbf;
};

class Gb18030 {
 public:
  bool Take(unsigned char c) {
    switch (at_) {
      case 0:
        at_ = c >= 0x80 ? 1 : 0;
        return c < 0x80 ? IsPlain(c) : c >= 0x81 && c <= 0xfe;
      case 1:
        at_ = c >= 0x30 && c <= 0x39 ? 2 : 0;
        return at_ == 2 || (c >= 0x40 && c <= 0xfe && c != 0x7f);
      case 2:
        at_ = 3;
        return c >= 0x81 && c <= 0xfe;
      default:
        at_ = 0;
        return c >= 0x30 && c <= 0x39;
    }
  }
  bool Ends() const { return at_ == 0; }

 private:
  int at_ = 0;
};

absl::StatusOr<bool> IsText(ingest::ByteSource& source) {
  Utf8 utf8;
  Gb18030 gb18030;
  bool is_utf8 = true, is_gb18030 = true;
  std::string buffer(kBufferBytes, '\0');
  for (int64_t offset = 0; offset < source.size() && (is_utf8 || is_gb18030);) {
    ASSIGN_OR_RETURN(const size_t got, source.ReadAt(offset, buffer.data(), buffer.size()));
    if (got == 0) {
      return Fail("FILE_TRUNCATED");
    }
    for (size_t i = 0; i < got; ++i) {
      const auto c = static_cast<unsigned char>(buffer[i]);
      is_utf8 = is_utf8 && utf8.Take(c);
      is_gb18030 = is_gb18030 && gb18030.Take(c);
    }
    offset += static_cast<int64_t>(got);
  }
  return (is_utf8 && utf8.Ends()) || (is_gb18030 && gb18030.Ends());
}

// Text that programs do something with when they are given it: HTML, SVG, XML, scripts, RTF.
bool IsActive(std::string_view head) {
  head = head.starts_with("\xef\xbb\xbf") ? head.substr(3) : head;
  const std::string_view trimmed = absl::StripLeadingAsciiWhitespace(head);
  return trimmed.starts_with("<") || head.starts_with("#!") || trimmed.starts_with("{\\rtf");
}

// --- messages of banks ---------------------------------------------------------------------------------------------

// Whether every namespace of a document is one of ISO 20022: nothing in it is markup that a browser would run.
class Namespaces final : public ingest::XmlEvents {
 public:
  void Start(std::string_view name, const char** attributes) override {
    for (; *attributes != nullptr; attributes += 2) {
      const std::string_view key = attributes[0], value = attributes[1];
      if (key != "xmlns" && !key.starts_with("xmlns:")) {
        continue;
      }
      const bool iso = value.starts_with("urn:iso:std:iso:20022:tech:xsd:");
      if (!iso && value != "http://www.w3.org/2001/XMLSchema-instance") {
        Refuse(Fail("FILE_TYPE"));
        return;
      }
      named_ |= iso && depth_ == 0 && name == "Document";
    }
    ++depth_;
    if (!named_) {
      Refuse(Fail("FILE_TYPE"));
    }
  }
  void End(std::string_view) override { --depth_; }
  void Text(std::string_view) override {}

 private:
  int depth_ = 0;
  bool named_ = false;
};

absl::StatusOr<bool> IsIso20022(ingest::ByteSource& source) {
  Namespaces namespaces;
  ingest::XmlStream xml(&namespaces);
  std::string buffer(kBufferBytes, '\0');
  for (int64_t offset = 0; offset < source.size();) {
    ASSIGN_OR_RETURN(const size_t got, source.ReadAt(offset, buffer.data(), buffer.size()));
    if (got == 0) {
      return Fail("FILE_TRUNCATED");
    }
    offset += static_cast<int64_t>(got);
    if (!xml.Feed(buffer.data(), got, offset == source.size()).ok()) {
      return false;
    }
  }
  return true;
}

// --- all ------------------------------------------------------------------------------------------------------------

absl::StatusOr<std::optional<FileType>> TypeOf(const std::shared_ptr<ingest::ByteSource>& source,
                                               const ArchiveLimits& limits) {
  std::string head(kHeadBytes, '\0');
  ASSIGN_OR_RETURN(const size_t got, source->ReadAt(0, head.data(), head.size()));
  head.resize(got);
  if (head.starts_with("%PDF-")) {
    return FileType::kPdf;
  }
  if (head.starts_with("\xff\xd8\xff"sv) && head.size() > 3 && static_cast<unsigned char>(head[3]) >= 0xc0) {
    return FileType::kJpeg;
  }
  if (head.starts_with("\x89PNG\r\n\x1a\n"sv) && std::string_view(head).substr(8).substr(0, 8) == "\0\0\0\rIHDR"sv) {
    return FileType::kPng;
  }
  if (head.starts_with("PK\x03\x04"sv)) {
    return TypeOfArchive(source, limits);
  }
  if (IsActive(head)) {
    const bool xml = absl::StrContains(head, "urn:iso:std:iso:20022") && !absl::StrContains(head, "<?xml-stylesheet");
    ASSIGN_OR_RETURN(const bool message, xml ? IsIso20022(*source) : absl::StatusOr<bool>(false));
    return message ? std::optional(FileType::kIso20022) : std::nullopt;
  }
  ASSIGN_OR_RETURN(const bool text, IsText(*source));
  return text && source->size() > 0 ? std::optional(FileType::kText) : std::nullopt;
}

}  // namespace

absl::Span<const FileType> AllFileTypes() {
  static constexpr FileType kAll[] = {FileType::kPdf,  FileType::kJpeg, FileType::kPng,  FileType::kXlsx,
                                      FileType::kDocx, FileType::kOfd,  FileType::kText, FileType::kIso20022};
  return kAll;
}

std::string_view FileTypeName(FileType type) {
  return KnownOf(type).name;
}

std::string_view MediaType(FileType type) {
  return KnownOf(type).media;
}

absl::StatusOr<std::vector<FileType>> ParseFileTypes(std::string_view key, std::string_view text) {
  std::vector<FileType> types;
  for (const std::string_view name : absl::StrSplit(text, absl::ByAnyChar(", "), absl::SkipEmpty())) {
    const auto* known = absl::c_find_if(kKnown, [name](const Known& one) { return one.name == name; });
    if (known == std::end(kKnown)) {
      return Fail("CONFIG_INVALID", {{"key", key}, {"problem", "PDF, JPEG, PNG, XLSX, DOCX, OFD, TEXT, ISO20022"}});
    }
    types.push_back(known->type);
  }
  return types.empty() ? Fail("CONFIG_INVALID", {{"key", key}, {"problem", "names no type"}})
                       : absl::StatusOr<std::vector<FileType>>(std::move(types));
}

absl::StatusOr<FileType> DetectFileType(std::shared_ptr<ingest::ByteSource> source, absl::Span<const FileType> allowed,
                                        const ArchiveLimits& limits) {
  ASSIGN_OR_RETURN(const auto type, TypeOf(source, limits));
  if (!type.has_value() || !absl::c_linear_search(allowed, *type)) {
    const std::string names =
        absl::StrJoin(allowed, ", ", [](std::string* out, FileType one) { absl::StrAppend(out, FileTypeName(one)); });
    return Fail("FILE_TYPE", {{"allowed", names}});
  }
  return *type;
}

}  // namespace ruraledu::files
