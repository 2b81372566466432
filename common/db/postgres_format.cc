#include "common/db/postgres_format.h"

#include <endian.h>
#include <libpq-fe.h>

#include <bit>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace ruraledu::db {
namespace {

// Fixed numbers of PostgreSQL's catalogue (pg_type.dat).
constexpr Oid kBytea = 17, kName = 19, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25, kFloat8 = 701, kVarchar = 1043;

uint64_t NetworkBits(const Value& value) {
  const auto* number = std::get_if<int64_t>(&value);
  return htobe64(number != nullptr ? static_cast<uint64_t>(*number) : std::bit_cast<uint64_t>(std::get<double>(value)));
}

const std::string* Bytes(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    return text;
  }
  const auto* blob = std::get_if<Blob>(&value);
  return blob == nullptr ? nullptr : &blob->bytes;
}

template <typename T>
T Load(const char* data) {
  T value;
  std::memcpy(&value, data, sizeof value);
  return value;
}

template <typename T>
void Append(T big_endian, std::string& out) {
  out.append(reinterpret_cast<const char*>(&big_endian), sizeof big_endian);
}

absl::StatusOr<Value> ReadCell(const PGresult* result, int column) {
  if (PQgetisnull(result, 0, column) != 0) {
    return Value();
  }
  const char* data = PQgetvalue(result, 0, column);
  const auto size = static_cast<size_t>(PQgetlength(result, 0, column));
  switch (const Oid type = PQftype(result, column)) {
    case kInt8:
      return static_cast<int64_t>(be64toh(Load<uint64_t>(data)));
    case kInt4:
      return static_cast<int64_t>(static_cast<int32_t>(be32toh(Load<uint32_t>(data))));
    case kInt2:
      return static_cast<int64_t>(static_cast<int16_t>(be16toh(Load<uint16_t>(data))));
    case kFloat8:
      return std::bit_cast<double>(be64toh(Load<uint64_t>(data)));
    case kText:
    case kVarchar:
    case kName:
      return std::string(data, size);
    case kBytea:
      return Blob{std::string(data, size)};
    default:
      return Fail("DATABASE_INTERNAL", {{"detail", absl::StrCat("a result column of type ", type, ": cast it")}});
  }
}

}  // namespace

std::vector<unsigned> ParameterTypes(absl::Span<const Value> values) {
  constexpr Oid kTypes[] = {0, kInt8, kFloat8, kText, kBytea};  // by index of the variant
  std::vector<unsigned> types;
  types.reserve(values.size());
  for (const Value& value : values) {
    types.push_back(kTypes[value.index()]);
  }
  return types;
}

BoundParameters::BoundParameters(absl::Span<const Value> values)
    : numbers_(values.size()), values_(values.size()), lengths_(values.size()), formats_(values.size(), 1) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (const std::string* bytes = Bytes(values[i])) {
      values_[i] = bytes->data();
      lengths_[i] = static_cast<int>(bytes->size());
    } else if (values[i].index() != 0) {
      numbers_[i] = NetworkBits(values[i]);
      values_[i] = reinterpret_cast<const char*>(&numbers_[i]);
      lengths_[i] = 8;
    }
  }
}

absl::StatusOr<Row> ReadRow(const pg_result* result) {
  std::vector<Value> cells;
  const int columns = PQnfields(result);
  cells.reserve(columns);
  for (int column = 0; column < columns; ++column) {
    ASSIGN_OR_RETURN(Value cell, ReadCell(result, column));
    cells.push_back(std::move(cell));
  }
  return Row(std::move(cells));
}

std::string CopyHeader() {
  std::string header("PGCOPY\n\377\r\n\0", 11);  // signature, then no flags, no extension
  header.append(8, '\0');
  return header;
}

void AppendCopyRow(absl::Span<const Value> row, std::string& out) {
  Append(htobe16(static_cast<uint16_t>(row.size())), out);
  for (const Value& value : row) {
    if (value.index() == 0) {
      Append(htobe32(0xffffffffu), out);
    } else if (const std::string* bytes = Bytes(value)) {
      Append(htobe32(static_cast<uint32_t>(bytes->size())), out);
      out += *bytes;
    } else {
      Append(htobe32(8u), out);
      Append(NetworkBits(value), out);
    }
  }
}

void AppendCopyEnd(std::string& out) {
  Append(htobe16(0xffffu), out);
}

}  // namespace ruraledu::db
