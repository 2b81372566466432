// The top-level fields of a root by data class, and its serialized image split by them. For common/feed/root.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"

namespace ruraledu::feed {

// Worked out once per type.
struct FieldClasses {
  std::vector<const google::protobuf::FieldDescriptor*> personal;  // PERSONAL
  std::vector<const google::protobuf::FieldDescriptor*> sealed;    // IDENTIFIER, SENSITIVE
  std::vector<const google::protobuf::FieldDescriptor*> open;      // the rest but `name` and `etag`
  const google::protobuf::FieldDescriptor* name = nullptr;
  const google::protobuf::FieldDescriptor* etag = nullptr;
};
const FieldClasses& ClassesOf(const google::protobuf::Descriptor* type);

// One serialization of a root, its fields copied to where they rest; the etag is left out. Fields keep their order, so
// each part is what the root would give with the other fields cleared. Maps are written in order of their keys: equal
// roots have equal images. A field that this release does not know counts as sealed.
struct RootImage {
  std::string published;   // name and open fields: what the journal tells
  std::string open;        // the same and PERSONAL: what rests in clear
  std::string sealed;      // IDENTIFIER, SENSITIVE
  std::string classified;  // PERSONAL, IDENTIFIER, SENSITIVE
};
RootImage ImageOf(const google::protobuf::Message& root);

// Of the published image `before`: the name and the fields that are not the same in `after`.
std::string ChangedFields(const google::protobuf::Descriptor* type, std::string_view before, std::string_view after);

}  // namespace ruraledu::feed
