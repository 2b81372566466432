#include "common/rpc/resources.h"

#include "absl/algorithm/container.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/crypto/hash.h"
#include "common/crypto/masking.h"
#include "common/db/sql_text.h"
#include "common/rpc/access_table.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/type/date.pb.h"

namespace ruraledu::rpc {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ruraledu::common::v1::DataClass;

constexpr size_t kFilterDigest = 8;
constexpr char kSeparator = '\x1f';  // not in ids, areas or names

std::string FilterDigest(std::string_view filter) {
  return crypto::Sha256({filter}).substr(0, kFilterDigest);
}

DataClass ClassOf(const FieldDescriptor* field) {
  return field->options().GetExtension(ruraledu::common::v1::data_class);
}

void MaskField(Message& root, const FieldDescriptor* field) {
  const auto* reflection = root.GetReflection();
  if (!field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
      field->name() == "display_name") {
    reflection->SetString(&root, field, crypto::MaskName(reflection->GetString(root, field)));
  } else if (!field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
             field->name() == "id_number") {
    reflection->SetString(&root, field, crypto::MaskIdNumber(reflection->GetString(root, field)));
  } else if (!field->is_repeated() && field->message_type() == google::type::Date::descriptor()) {
    auto* date = static_cast<google::type::Date*>(reflection->MutableMessage(&root, field));
    date->set_month(0);
    date->set_day(0);
  } else {
    reflection->ClearField(&root, field);
  }
}

// "(area >= $n AND area < $n+1) OR ..." over the ranges; binds their ends.
std::string RangeText(std::string_view column, absl::Span<const AreaRange> ranges, std::vector<db::Value>* args) {
  std::vector<std::string> parts;
  for (const AreaRange& range : ranges) {
    args->push_back(range.lo);
    args->push_back(range.hi);
    parts.push_back(absl::StrCat("(", column, " >= $", args->size() - 1, " AND ", column, " < $", args->size(), ")"));
  }
  return parts.empty() ? "1 = 0" : absl::StrCat("(", absl::StrJoin(parts, " OR "), ")");
}

std::vector<AreaRange> Narrowed(std::vector<AreaRange> allowed, const std::vector<AreaRange>& within) {
  if (within.empty()) {
    return allowed;
  }
  const Scope both = Scope(std::move(allowed)).Intersection(Scope(within));
  return {both.ranges().begin(), both.ranges().end()};
}

}  // namespace

absl::StatusOr<std::string> ShardOf(std::string_view name, std::string_view collection) {
  if (collection == "accounts") {
    return AccessShard(name);
  }
  const std::vector<std::string_view> parts = absl::StrSplit(name, '/');
  if (parts.size() != 4 || parts[2] != collection || parts[3].empty()) {
    return Fail("NAME_INVALID", {{"pattern", absl::StrCat("counties/{county}/", collection, "/{id}")}});
  }
  const auto shard = ShardOfName(name);
  if (!shard.ok()) {
    return Fail("NAME_INVALID", {{"pattern", absl::StrCat("counties/{county}/", collection, "/{id}")}});
  }
  return *shard;
}

std::string_view CountyOfParent(std::string_view name) {
  const std::string_view rest = name.substr(name.find('/') + 1);
  return rest.substr(0, rest.find('/'));
}

std::string StableId(Call& call) {
  const auto key = call.request_key();
  if (!key.has_value()) {
    return NewId(call.clock());
  }
  std::string digest = crypto::Sha256({key->subject, "|", key->method, "|", key->request_id}).substr(0, 16);
  digest[6] = static_cast<char>((digest[6] & 0x0f) | 0x80);  // UUID version 8: made by the application
  digest[8] = static_cast<char>((digest[8] & 0x3f) | 0x80);
  const std::string hex = absl::BytesToHexString(digest);
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-", hex.substr(16, 4), "-",
                      hex.substr(20));
}

void MaskRoot(Message& root) {
  std::vector<const FieldDescriptor*> set;
  root.GetReflection()->ListFields(root, &set);
  for (const FieldDescriptor* field : set) {
    if (ClassOf(field) >= DataClass::DATA_CLASS_PERSONAL) {
      MaskField(root, field);
    }
  }
  if (const auto* masked = root.GetDescriptor()->FindFieldByName("masked")) {
    root.GetReflection()->SetBool(&root, masked, true);
  }
}

std::string PageToken(std::string_view filter, const std::vector<std::string>& key) {
  return absl::WebSafeBase64Escape(absl::StrCat(FilterDigest(filter), absl::StrJoin(key, std::string(1, kSeparator))));
}

absl::StatusOr<std::vector<std::string>> PageKey(std::string_view filter, std::string_view token, size_t parts) {
  std::string text;
  if (!absl::WebSafeBase64Unescape(token, &text) || text.size() < kFilterDigest ||
      text.substr(0, kFilterDigest) != FilterDigest(filter)) {
    return Fail("PAGE_TOKEN");
  }
  // A token is not secret, so anybody can write one: only what PageToken gives is taken, and only text, since the key
  // goes into a statement.
  std::vector<std::string> key = absl::StrSplit(text.substr(kFilterDigest), kSeparator);
  const bool given = PageToken(filter, key) == token && absl::c_all_of(key, db::IsUtf8WithoutNul);
  return given && key.size() == parts ? key : absl::StatusOr<std::vector<std::string>>(Fail("PAGE_TOKEN"));
}

absl::StatusOr<std::string> PageAfter(std::string_view filter, std::string_view token) {
  if (token.empty()) {
    return std::string();
  }
  ASSIGN_OR_RETURN(auto key, PageKey(filter, token, 1));
  return std::move(key.front());
}

absl::StatusOr<int64_t> PageSize(int32_t asked) {
  if (asked < 0) {
    return Fail("PAGE_SIZE");
  }
  return asked == 0 ? 50 : std::min<int64_t>(asked, 1000);
}

std::string FilterOf(const Message& request) {
  const std::unique_ptr<Message> filter(request.New());
  filter->CopyFrom(request);
  for (const char* field : {"page_size", "page_token"}) {
    if (const auto* descriptor = filter->GetDescriptor()->FindFieldByName(field)) {
      filter->GetReflection()->ClearField(filter.get(), descriptor);
    }
  }
  std::string text;
  {
    google::protobuf::io::StringOutputStream stream(&text);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    filter->SerializeToCodedStream(&coded);
  }
  return absl::StrCat(request.GetDescriptor()->full_name(), text);
}

namespace {

bool IsFixed(const FieldDescriptor& field) {
  return field.name() == "name" || field.name() == "etag" ||
         field.options().GetExtension(ruraledu::common::v1::output_only);
}

// `path`: what is left of `whole` at this message.
absl::Status ApplyPath(Message* from, std::string_view path, const std::string& whole, Message* to) {
  const size_t dot = path.find('.');
  const auto* field = from->GetDescriptor()->FindFieldByName(std::string(path.substr(0, dot)));
  const bool inside = dot != path.npos;
  const bool message = field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  if (field == nullptr || (inside && (!message || field->is_repeated()))) {
    return Fail("FIELD_UNKNOWN", {{"field", whole}});
  }
  if (IsFixed(*field)) {
    return absl::OkStatus();
  }
  if (inside) {
    return ApplyPath(from->GetReflection()->MutableMessage(from, field), path.substr(dot + 1), whole,
                     to->GetReflection()->MutableMessage(to, field));
  }
  to->GetReflection()->ClearField(to, field);
  to->GetReflection()->SwapFields(from, to, {field});
  return absl::OkStatus();
}

}  // namespace

absl::Status ApplyMask(const Message& from, const google::protobuf::FieldMask& mask, Message* to) {
  std::vector<const FieldDescriptor*> fields;
  if (mask.paths().empty()) {
    from.GetReflection()->ListFields(from, &fields);
  }
  const std::unique_ptr<Message> source(from.New());
  source->CopyFrom(from);
  for (const FieldDescriptor* field : fields) {
    RETURN_IF_ERROR(ApplyPath(source.get(), field->name(), field->name(), to));
  }
  for (const std::string& path : mask.paths()) {
    RETURN_IF_ERROR(ApplyPath(source.get(), path, path, to));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<AreaRange>> WithinArea(const std::string& area) {
  if (area.empty()) {
    return std::vector<AreaRange>();
  }
  const std::string prefix = area.substr(area.find('/') + 1);
  if (!area.starts_with("areas/") || !IsAreaPrefix(prefix)) {
    return Fail("NAME_INVALID", {{"field", "area"}});
  }
  return std::vector<AreaRange>{RangeOf(prefix)};
}

absl::StatusOr<std::string> ListRoots(Call& call, const Host& host, const feed::RootTable& table,
                                      const std::string& parent, const ListSpec& spec, const Message& request,
                                      int32_t page_size, const std::string& page_token, const AddRoot& add) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(parent));
  ASSIGN_OR_RETURN(const int64_t size, PageSize(page_size));
  const std::string filter = FilterOf(request);
  std::vector<std::string> columns(spec.order.begin(), spec.order.end());
  columns.push_back("id");
  std::vector<db::Value> args = {shard};
  std::string where =
      absl::StrCat("shard = $1 AND ", RangeText(spec.area_column, Narrowed(call.Ranges(), spec.within), &args));
  for (const auto& [column, value] : spec.equal) {
    args.push_back(value);
    absl::StrAppend(&where, " AND ", column, " = $", args.size());
  }
  if (spec.also) {
    absl::StrAppend(&where, " AND ", spec.also(&args));
  }
  if (!page_token.empty()) {
    ASSIGN_OR_RETURN(const auto key, PageKey(filter, page_token, columns.size()));
    std::vector<std::string> marks;
    for (const std::string& part : key) {
      args.push_back(part);
      marks.push_back(absl::StrCat("$", args.size()));
    }
    absl::StrAppend(&where, " AND (", absl::StrJoin(columns, ", "), ") > (", absl::StrJoin(marks, ", "), ")");
  }
  args.push_back(size + 1);
  const std::string sql =
      absl::StrCat("SELECT ", absl::StrJoin(columns, ", "), ", body, sealed, version FROM ", table.table, " WHERE ",
                   where, " ORDER BY ", absl::StrJoin(columns, ", "), " LIMIT $", args.size());
  ASSIGN_OR_RETURN(const auto rows, host.database.Read([&](db::Transaction& tx) { return tx.QueryValues(sql, args); },
                                                       {.deadline = call.deadline()}));
  std::vector<std::string> last;
  for (size_t i = 0; i < rows.size() && static_cast<int64_t>(i) < size; ++i) {
    last.clear();
    for (size_t c = 0; c < columns.size(); ++c) {
      last.push_back(rows[i].Text(c));
    }
    RETURN_IF_ERROR(add(rows[i], columns.size(), last.back()));
  }
  return static_cast<int64_t>(rows.size()) > size ? PageToken(filter, last) : std::string();
}

}  // namespace ruraledu::rpc
