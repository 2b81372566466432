// PostgreSQL's binary forms of values. Internal to common/db.
#pragma once

#include <string>
#include <vector>

#include "common/db/db.h"

struct pg_result;

namespace ruraledu::db {

// Type oids of the values; 0 for NULL, which the server then infers.
std::vector<unsigned> ParameterTypes(absl::Span<const Value> values);

// The parameters of one execution in binary form; keeps pointers into `values`.
class BoundParameters {
 public:
  explicit BoundParameters(absl::Span<const Value> values);
  int size() const { return static_cast<int>(values_.size()); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  std::vector<uint64_t> numbers_;  // in network order
  std::vector<const char*> values_;
  std::vector<int> lengths_, formats_;
};

// The first row of a result in binary form. DATABASE_INTERNAL for a type outside the subset (numeric, boolean ...).
absl::StatusOr<Row> ReadRow(const pg_result* result);

std::string CopyHeader();
void AppendCopyRow(absl::Span<const Value> row, std::string& out);
void AppendCopyEnd(std::string& out);

}  // namespace ruraledu::db
