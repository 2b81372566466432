// What the contracts say about each method, read from their descriptors at start-up.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/rpc/call.h"
#include "google/protobuf/descriptor.h"

namespace ruraledu::rpc {

using FieldPath = std::vector<const google::protobuf::FieldDescriptor*>;

// A method and where in its request things are.
struct MethodEntry {
  Method method;
  FieldPath scope;  // of access.scope_field; empty unless SCOPE_KIND_FIELD
  const google::protobuf::FieldDescriptor* request_id = nullptr;     // IDEMPOTENCY_REQUEST_ID
  const google::protobuf::FieldDescriptor* validate_only = nullptr;  // bool, optional
  absl::Duration timeout, max_timeout;
};

// All methods of some contracts. Health and reflection are not in it: they have no access conditions.
class MethodTable {
 public:
  // `contracts`: full names of proto services linked into the program. METHOD_ACCESS{method, problem} when one is not
  // linked, or a method has no access option, an unstated scope, idempotency or spine, a scope field that does not
  // resolve to text, or REQUEST_ID without a string field `request_id`.
  static absl::StatusOr<MethodTable> Read(std::string_view service, absl::Span<const std::string> contracts);

  size_t size() const { return methods_.size(); }
  const MethodEntry& operator[](int index) const { return *methods_[index]; }
  // -1 when there is none; `name` is "GetStudent" or "/ruraledu.registry.v1.RegistryService/GetStudent".
  int Find(std::string_view name) const;

 private:
  std::vector<std::unique_ptr<MethodEntry>> methods_;  // entries do not move
  absl::flat_hash_map<std::string, int> by_name_;
};

// The entry of one method; the same errors. `service` is the folder name and label of metrics, "registry".
absl::StatusOr<MethodEntry> ReadMethod(std::string_view service, const google::protobuf::MethodDescriptor& method);

// Every text at `path`, repeated elements one by one; an element or message that is not there gives "".
std::vector<std::string> TextsAt(const google::protobuf::Message& message, const FieldPath& path);

// Generic checks of a request, all violations in one INVALID_ARGUMENT: FIELD_REQUIRED for unset fields marked
// `required`, FIELD_TEXT for text with NUL, FIELD_TOO_LONG for text over 4 KiB (request_id 128 bytes), FIELD_TOO_MANY
// for more than 1,000 elements, DATE_INVALID for a google.type.Date that is no day of the calendar. Messages nested
// deeper than 32 are refused too (FIELD_TOO_DEEP). What an `update_mask` of the request leaves out of its resource is
// not looked at, since nobody takes it: an answer with masked dates comes back as it went out.
absl::Status CheckFields(const google::protobuf::Message& request);

}  // namespace ruraledu::rpc
