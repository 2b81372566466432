#include "common/feed/root_fields.h"

#include <functional>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/wire_format_lite.h"
#include "ruraledu/common/v1/options.pb.h"

namespace ruraledu::feed {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::internal::WireFormatLite;
using ruraledu::common::v1::DataClass;

enum class Place { kSealed, kPersonal, kOpen, kName, kEtag };

struct TypeFields {
  FieldClasses classes;
  absl::flat_hash_map<int, Place> by_number;

  Place PlaceOf(int number) const {
    const auto found = by_number.find(number);
    return found == by_number.end() ? Place::kSealed : found->second;
  }
};

TypeFields Classify(const Descriptor& type) {
  TypeFields fields;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    Place& place = fields.by_number[field->number()];
    switch (field->options().GetExtension(ruraledu::common::v1::data_class)) {
      case DataClass::DATA_CLASS_PERSONAL:
        place = Place::kPersonal;
        fields.classes.personal.push_back(field);
        break;
      case DataClass::DATA_CLASS_IDENTIFIER:
      case DataClass::DATA_CLASS_SENSITIVE:
        place = Place::kSealed;
        fields.classes.sealed.push_back(field);
        break;
      default:
        place = field->name() == "name" ? Place::kName : field->name() == "etag" ? Place::kEtag : Place::kOpen;
        (place == Place::kName   ? fields.classes.name
         : place == Place::kEtag ? fields.classes.etag
                                 : fields.classes.open.emplace_back()) = field;
    }
  }
  return fields;
}

const TypeFields& FieldsOf(const Descriptor* type) {
  static absl::Mutex mu;
  static auto& known = *new absl::flat_hash_map<const Descriptor*, std::unique_ptr<TypeFields>>();
  {
    absl::ReaderMutexLock lock(&mu);
    if (auto found = known.find(type); found != known.end()) {
      return *found->second;
    }
  }
  absl::MutexLock lock(&mu);
  auto& entry = known[type];
  if (entry == nullptr) {
    entry = std::make_unique<TypeFields>(Classify(*type));
  }
  return *entry;
}

std::string Serialized(const Message& root) {
  std::string bytes(root.ByteSizeLong(), '\0');
  google::protobuf::io::ArrayOutputStream array(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedOutputStream stream(&array);
  stream.SetSerializationDeterministic(true);
  root.SerializeWithCachedSizes(&stream);
  return bytes;
}

// Calls `each` with number and bytes of every field, values of one repeated field that follow each other together.
void ForEachField(std::string_view bytes, const std::function<void(int number, std::string_view field)>& each) {
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                                            static_cast<int>(bytes.size()));
  int begin = 0, number = 0;
  const auto flush = [&](int end) {
    if (end > begin) {
      each(number, bytes.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
    }
    begin = end;
  };
  for (int at = 0; const uint32_t tag = in.ReadTag(); at = in.CurrentPosition()) {
    const int next = WireFormatLite::GetTagFieldNumber(tag);
    if (next != number) {
      flush(at);
      number = next;
    }
    WireFormatLite::SkipField(&in, tag);
  }
  flush(static_cast<int>(bytes.size()));
}

}  // namespace

const FieldClasses& ClassesOf(const Descriptor* type) {
  return FieldsOf(type).classes;
}

RootImage ImageOf(const Message& root) {
  const TypeFields& fields = FieldsOf(root.GetDescriptor());
  const std::string bytes = Serialized(root);
  RootImage image;
  ForEachField(bytes, [&](int number, std::string_view field) {
    switch (fields.PlaceOf(number)) {
      case Place::kSealed:
        image.sealed.append(field);
        image.classified.append(field);
        break;
      case Place::kPersonal:
        image.open.append(field);
        image.classified.append(field);
        break;
      case Place::kOpen:
      case Place::kName:
        image.published.append(field);
        image.open.append(field);
        break;
      case Place::kEtag:
        break;
    }
  });
  return image;
}

std::string ChangedFields(const Descriptor* type, std::string_view before, std::string_view after) {
  const TypeFields& fields = FieldsOf(type);
  absl::flat_hash_map<int, std::string_view> now;
  ForEachField(after, [&](int number, std::string_view field) { now[number] = field; });
  std::string changed;
  ForEachField(before, [&](int number, std::string_view field) {
    const auto found = now.find(number);
    if (fields.PlaceOf(number) == Place::kName || found == now.end() || found->second != field) {
      changed.append(field);
    }
  });
  return changed;
}

}  // namespace ruraledu::feed
