// XML in pieces, for parts of a package that came from outside: a document type (and with it every entity) is refused,
// depth and the length of one tag are bounded, so that memory is.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/ingest/zip_file.h"

struct XML_ParserStruct;

namespace ruraledu::ingest {

// What happens in a document. Names come without their prefix.
class XmlEvents {
 public:
  virtual ~XmlEvents() = default;
  // `attributes`: name, value, name, value, ..., nullptr; see Attribute.
  virtual void Start(std::string_view name, const char** attributes) = 0;
  virtual void End(std::string_view name) = 0;
  virtual void Text(std::string_view text) = 0;

  // Stops the reading with this error.
  void Refuse(absl::Status status) {
    if (status_.ok()) {
      status_ = std::move(status);
    }
  }
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

// The value of the attribute, its prefix ignored, "" when it is not there.
std::string_view Attribute(const char** attributes, std::string_view name);

class XmlStream {
 public:
  explicit XmlStream(XmlEvents* events);
  ~XmlStream();
  XmlStream(const XmlStream&) = delete;
  XmlStream& operator=(const XmlStream&) = delete;

  // Errors: the one the events refused with, FILE_XML_UNSAFE, FILE_DAMAGED.
  absl::Status Feed(const char* data, size_t n, bool last);

 private:
  friend struct XmlHandlers;
  XmlEvents* events_;
  XML_ParserStruct* parser_;
  int depth_ = 0;
  int64_t fed_ = 0;
};

// Reads a whole part.
absl::Status ReadPart(ZipFile& zip, const std::string& part, XmlEvents& events);

}  // namespace ruraledu::ingest
