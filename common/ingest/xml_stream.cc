#include "common/ingest/xml_stream.h"

#include <expat.h>

#include <vector>

#include "common/base/error.h"

namespace ruraledu::ingest {
namespace {

constexpr int kDepth = 100;
constexpr int64_t kTagBytes = 1 << 20;

std::string_view LocalName(std::string_view name) {
  size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

}  // namespace

struct XmlHandlers {
  static XmlStream& Of(void* user) { return *static_cast<XmlStream*>(user); }

  static void Start(void* user, const char* name, const char** attributes) {
    XmlStream& self = Of(user);
    if (++self.depth_ > kDepth) {
      self.events_->Refuse(Fail("FILE_XML_UNSAFE"));
    } else {
      self.events_->Start(LocalName(name), attributes);
    }
    StopIfRefused(self);
  }
  static void End(void* user, const char* name) {
    --Of(user).depth_;
    if (Of(user).events_->status().ok()) {  // an empty element ends even after its start was refused
      Of(user).events_->End(LocalName(name));
    }
    StopIfRefused(Of(user));
  }
  static void Text(void* user, const char* text, int n) {
    Of(user).events_->Text({text, static_cast<size_t>(n)});
    StopIfRefused(Of(user));
  }
  static void Doctype(void* user, const char*, const char*, const char*, int) {
    Of(user).events_->Refuse(Fail("FILE_XML_UNSAFE"));
    StopIfRefused(Of(user));
  }
  static void StopIfRefused(XmlStream& self) {
    if (!self.events_->status().ok()) {
      XML_StopParser(self.parser_, XML_FALSE);
    }
  }
};

std::string_view Attribute(const char** attributes, std::string_view name) {
  for (; *attributes != nullptr; attributes += 2) {
    if (LocalName(attributes[0]) == name) {
      return attributes[1];
    }
  }
  return "";
}

XmlStream::XmlStream(XmlEvents* events) : events_(events), parser_(XML_ParserCreate(nullptr)) {
  XML_SetUserData(parser_, this);
  XML_SetElementHandler(parser_, XmlHandlers::Start, XmlHandlers::End);
  XML_SetCharacterDataHandler(parser_, XmlHandlers::Text);
  XML_SetStartDoctypeDeclHandler(parser_, XmlHandlers::Doctype);
}

XmlStream::~XmlStream() {
  XML_ParserFree(parser_);
}

absl::Status XmlStream::Feed(const char* data, size_t n, bool last) {
  fed_ += static_cast<int64_t>(n);
  XML_Status result = XML_Parse(parser_, data, static_cast<int>(n), last ? 1 : 0);
  RETURN_IF_ERROR(events_->status());
  if (result != XML_STATUS_OK) {
    return Fail("FILE_DAMAGED");
  }
  if (fed_ - XML_GetCurrentByteIndex(parser_) > kTagBytes) {
    return Fail("FILE_XML_UNSAFE");
  }
  return absl::OkStatus();
}

absl::Status ReadPart(ZipFile& zip, const std::string& part, XmlEvents& events) {
  RETURN_IF_ERROR(zip.Begin(part));
  XmlStream xml(&events);
  std::vector<char> buffer(64 << 10);
  for (size_t got = 1; got > 0;) {
    ASSIGN_OR_RETURN(got, zip.Read(buffer.data(), buffer.size()));
    RETURN_IF_ERROR(xml.Feed(buffer.data(), got, got == 0));
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::ingest
