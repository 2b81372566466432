// A file that another department sent, read whole: its rows by field, and what is wrong with them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/domain/code_list.h"
#include "common/files/content.h"
#include "common/ingest/header_map.h"
#include "common/rpc/resources.h"
#include "ruraledu/student_aid/v1/mirror.pb.h"

namespace ruraledu::student_aid {

struct RowFile {
  int64_t count = 0;                        // lines with data
  std::vector<v1::MirrorLineError> errors;  // in order of line
  std::string digest;                       // keyed, of the content
  std::string file_name;                    // as it was handed in
  int64_t time_us = 0;                      // when it was handed in
  // The first 200 errors.
  google::protobuf::RepeatedPtrField<v1::MirrorLineError> FirstErrors() const;
};

// The value of a field of the row, "" when there is none.
using RowValue = std::function<const std::string&(std::string_view field)>;
// A field of the row that cannot be taken and why, or two empty texts.
using RowFault = std::pair<std::string_view, std::string_view>;
// Takes a row whose values have the form that the header asks for.
using TakeRow = std::function<RowFault(int64_t line, const RowValue& value)>;

struct RowFileSource {
  const rpc::Host& host;
  const files::Shelf& shelf;
  const ingest::HeaderSpec& header;
  const CodeLists& lists;
};
// `file`: resource name; `purpose` keeps digests of one use apart. Errors: those of ingest::OpenTable and MappedTable.
absl::StatusOr<RowFile> ReadRows(const RowFileSource& source, const std::string& shard, const std::string& file,
                                 std::string_view purpose, const TakeRow& take);

}  // namespace ruraledu::student_aid
