#include "common/rpc/method_table.h"

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"

namespace ruraledu::rpc {
namespace {

namespace v1 = ruraledu::common::v1;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::Reflection;

constexpr size_t kTextLimit = 4096;
constexpr size_t kRequestIdLimit = 128;
constexpr int kElementLimit = 1000;
constexpr int kDepthLimit = 32;

absl::Status Wrong(const MethodDescriptor& method, std::string_view problem) {
  return Fail("METHOD_ACCESS", {{"method", method.full_name()}, {"problem", problem}});
}

// The fields of "a.b.c" from `message` on; empty when one is missing or the last one is not text.
FieldPath ResolvePath(const Descriptor* message, std::string_view text) {
  FieldPath path;
  for (const std::string& part : std::vector<std::string>(absl::StrSplit(std::string(text), '.'))) {
    const FieldDescriptor* field = message == nullptr ? nullptr : message->FindFieldByName(part);
    if (field == nullptr || field->is_map()) {
      return {};
    }
    path.push_back(field);
    message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE ? field->message_type() : nullptr;
  }
  return path.back()->type() == FieldDescriptor::TYPE_STRING ? path : FieldPath();
}

absl::Status ReadScope(const MethodDescriptor& method, MethodEntry& entry) {
  const v1::Access& access = entry.method.access;
  switch (access.scope()) {
    case v1::SCOPE_KIND_FIELD:
      if (access.spine() == v1::SPINE_UNSPECIFIED) {
        return Wrong(method, "no spine");
      }
      entry.scope = ResolvePath(method.input_type(), access.scope_field());
      return entry.scope.empty() ? Wrong(method, "scope_field does not resolve to text") : absl::OkStatus();
    case v1::SCOPE_KIND_GLOBAL:
    case v1::SCOPE_KIND_SUBJECT:
      return access.scope_field().empty() ? absl::OkStatus() : Wrong(method, "scope_field without SCOPE_KIND_FIELD");
    default:
      return Wrong(method, "no scope");
  }
}

void ReadTimes(MethodEntry& entry) {
  const v1::Access& access = entry.method.access;
  const absl::Duration cap = entry.method.streaming ? absl::Hours(24) : absl::Seconds(60);
  entry.max_timeout = access.max_timeout_ms() > 0 ? absl::Milliseconds(access.max_timeout_ms()) : cap;
  const absl::Duration usual = entry.method.streaming ? entry.max_timeout : absl::Seconds(10);
  entry.timeout = access.timeout_ms() > 0 ? absl::Milliseconds(access.timeout_ms()) : usual;
  entry.timeout = std::min(entry.timeout, entry.max_timeout);
}

void CollectTexts(const Message& message, const FieldPath& path, size_t depth, std::vector<std::string>& texts) {
  const FieldDescriptor* field = path[depth];
  const Reflection* reflection = message.GetReflection();
  const bool last = depth + 1 == path.size();
  if (!field->is_repeated()) {
    if (last) {
      texts.push_back(reflection->GetString(message, field));
    } else if (reflection->HasField(message, field)) {
      CollectTexts(reflection->GetMessage(message, field), path, depth + 1, texts);
    } else {
      texts.emplace_back();
    }
    return;
  }
  const int size = reflection->FieldSize(message, field);
  if (size == 0) {
    texts.emplace_back();
  }
  for (int i = 0; i < size; ++i) {
    if (last) {
      texts.push_back(reflection->GetRepeatedString(message, field, i));
    } else {
      CollectTexts(reflection->GetRepeatedMessage(message, field, i), path, depth + 1, texts);
    }
  }
}

void CheckText(const std::string& text, const FieldDescriptor* field, const std::string& path, Violations& violations) {
  const size_t limit = field->name() == "request_id" ? kRequestIdLimit : kTextLimit;
  if (text.size() > limit) {
    violations.Add(path, "FIELD_TOO_LONG", {{"field", path}, {"limit", absl::StrCat(limit)}});
  } else if (text.find('\0') != std::string::npos) {
    violations.Add(path, "FIELD_TEXT", {{"field", path}});
  }
}

// With `mask`: only what it names of the message, and name and etag.
void CheckMessage(const Message& message, const std::string& prefix, int depth, const FieldMask* mask,
                  Violations& violations);

// The update mask of a request; null without one and when it is empty, which names all that is set.
const FieldMask* MaskOf(const Message& request) {
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName("update_mask");
  if (field == nullptr || field->is_repeated() || field->message_type() != FieldMask::descriptor()) {
    return nullptr;
  }
  const auto* mask = dynamic_cast<const FieldMask*>(&request.GetReflection()->GetMessage(request, field));
  return mask != nullptr && !mask->paths().empty() ? mask : nullptr;
}

bool Names(const FieldMask& mask, const std::string& field) {
  return field == "name" || field == "etag" || absl::c_linear_search(mask.paths(), field);
}

void CheckField(const Message& message, const FieldDescriptor* field, const std::string& path, int depth,
                Violations& violations) {
  const Reflection* reflection = message.GetReflection();
  const bool text = field->type() == FieldDescriptor::TYPE_STRING;
  const bool nested = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  if (!field->is_repeated()) {
    if (text) {
      CheckText(reflection->GetString(message, field), field, path, violations);
    } else if (nested && reflection->HasField(message, field)) {
      const bool resource = depth == 0 && field->message_type() != FieldMask::descriptor();
      CheckMessage(reflection->GetMessage(message, field), path, depth + 1, resource ? MaskOf(message) : nullptr,
                   violations);
    }
    return;
  }
  const int size = reflection->FieldSize(message, field);
  if (size > kElementLimit) {
    violations.Add(path, "FIELD_TOO_MANY", {{"field", path}, {"limit", absl::StrCat(kElementLimit)}});
    return;
  }
  for (int i = 0; i < size && (text || nested); ++i) {
    const std::string element = absl::StrCat(path, "[", i, "]");
    if (text) {
      CheckText(reflection->GetRepeatedString(message, field, i), field, element, violations);
    } else {
      CheckMessage(reflection->GetRepeatedMessage(message, field, i), element, depth + 1, nullptr, violations);
    }
  }
}

void CheckMessage(const Message& message, const std::string& prefix, int depth, const FieldMask* mask,
                  Violations& violations) {
  if (depth > kDepthLimit) {
    violations.Add(prefix, "FIELD_TOO_DEEP", {{"field", prefix}});
    return;
  }
  if (const auto* date = dynamic_cast<const google::type::Date*>(&message); date != nullptr) {
    DayOf(*date, prefix, &violations);  // DATE_INVALID
    return;
  }
  const Descriptor* descriptor = message.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (mask != nullptr && !Names(*mask, field->name())) {
      continue;
    }
    const std::string path = prefix.empty() ? field->name() : absl::StrCat(prefix, ".", field->name());
    if (field->options().GetExtension(v1::required)) {
      const Reflection* reflection = message.GetReflection();
      violations.Require(
          field->is_repeated() ? reflection->FieldSize(message, field) > 0 : reflection->HasField(message, field),
          path);
    }
    CheckField(message, field, path, depth, violations);
  }
}

}  // namespace

absl::StatusOr<MethodEntry> ReadMethod(std::string_view service, const MethodDescriptor& method) {
  if (!method.options().HasExtension(v1::access)) {
    return Wrong(method, "no access option");
  }
  MethodEntry entry;
  entry.method = {.full_name = absl::StrCat("/", method.service()->full_name(), "/", method.name()),
                  .service = std::string(service),
                  .name = method.name(),
                  .access = method.options().GetExtension(v1::access),
                  .request = method.input_type(),
                  .streaming = method.server_streaming() && !method.client_streaming()};
  const v1::Access& access = entry.method.access;
  if (access.permission().empty() && access.scope() != v1::SCOPE_KIND_SUBJECT) {
    return Wrong(method, "no permission");
  }
  RETURN_IF_ERROR(ReadScope(method, entry));
  if (access.idempotency() == v1::IDEMPOTENCY_UNSPECIFIED) {
    return Wrong(method, "no idempotency");
  }
  if (access.idempotency() == v1::IDEMPOTENCY_REQUEST_ID) {
    entry.request_id = method.input_type()->FindFieldByName("request_id");
    if (entry.request_id == nullptr || entry.request_id->type() != FieldDescriptor::TYPE_STRING ||
        entry.request_id->is_repeated()) {
      return Wrong(method, "no text field request_id");
    }
  }
  const FieldDescriptor* validate_only = method.input_type()->FindFieldByName("validate_only");
  if (validate_only != nullptr && validate_only->type() == FieldDescriptor::TYPE_BOOL) {
    entry.validate_only = validate_only;
  }
  ReadTimes(entry);
  return entry;
}

absl::StatusOr<MethodTable> MethodTable::Read(std::string_view service, absl::Span<const std::string> contracts) {
  MethodTable table;
  for (const std::string& contract : contracts) {
    const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(contract);
    if (descriptor == nullptr) {
      return Fail("METHOD_ACCESS", {{"method", contract}, {"problem", "the contract is not linked into this program"}});
    }
    for (int i = 0; i < descriptor->method_count(); ++i) {
      ASSIGN_OR_RETURN(MethodEntry entry, ReadMethod(service, *descriptor->method(i)));
      const int index = static_cast<int>(table.methods_.size());
      if (!table.by_name_.emplace(entry.method.name, index).second) {
        return Wrong(*descriptor->method(i), "two methods of this name in one service");
      }
      table.by_name_.emplace(entry.method.full_name, index);
      table.methods_.push_back(std::make_unique<MethodEntry>(std::move(entry)));
    }
  }
  return table;
}

int MethodTable::Find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? -1 : found->second;
}

std::vector<std::string> TextsAt(const Message& message, const FieldPath& path) {
  std::vector<std::string> texts;
  CollectTexts(message, path, 0, texts);
  return texts;
}

absl::Status CheckFields(const Message& request) {
  Violations violations;
  CheckMessage(request, "", 0, nullptr, violations);
  return violations.status();
}

}  // namespace ruraledu::rpc
