// A list of another office, sent row by row in batches to a method that answers an outcome per row. Persons are found
// by identity number in the registry; nothing of the list is kept.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/domain/code_list.h"
#include "common/ingest/header_map.h"
#include "google/protobuf/struct.pb.h"
#include "services/cli/session.h"

namespace ruraledu::cli {

// Whether a refusal is about the one that was named, so that the others of a list may pass; else the call failed.
inline bool IsOfOne(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status);
}

class RowRecorder {
 public:
  // `header`: deploy/data/headers/<header>.csv.
  RowRecorder(Session& session, std::string parent, std::string header)
      : session_(session),
        parent_(std::move(parent)),
        header_(std::move(header)),
        progress_(session.MakeProgress("record")) {}
  virtual ~RowRecorder() = default;
  // Reads the file to its end, sends everything, shows how many rows had which outcome.
  absl::Status Run(const std::string& file);

 protected:
  // A row by the fields of the header.
  struct Row {
    int64_t line = 0;
    const ingest::HeaderSpec* spec = nullptr;
    std::vector<std::string> values;
    // "" when the file has no such column.
    const std::string& Value(std::string_view field) const { return values[static_cast<size_t>(spec->Field(field))]; }
    int64_t Number(std::string_view field) const { return std::strtoll(Value(field).c_str(), nullptr, 10); }
  };
  struct Person {
    std::string id;
    bool by_name = false;  // nobody has the number: a weak match by name and the birth date in it (2.9)
  };

  // Whom the row is about: by its identity number in the registry.
  virtual absl::StatusOr<Person> PersonOf(const Row& row);
  // Before the first row.
  virtual absl::Status Begin() { return absl::OkStatus(); }
  // Adds the row to the batch. An outcome other than "" keeps it out.
  virtual absl::StatusOr<std::string> Add(const Row& row, const Person& person) = 0;
  // Sends the batch and forgets it; an outcome per row that was added.
  virtual absl::StatusOr<std::vector<std::string>> Send() = 0;

  // Counts an outcome of a line; one that needs a look is shown.
  void Count(int64_t line, const std::string& outcome);
  Session& session() { return session_; }
  const std::string& parent() const { return parent_; }

 private:
  absl::Status Take(const ingest::MappedTable& table, const ingest::MappedRow& row);
  absl::Status Flush();
  absl::Status Report();
  google::protobuf::Struct AsJson() const;

  Session& session_;
  const std::string parent_, header_;
  Progress progress_;
  CodeLists codes_;
  std::vector<int64_t> lines_;             // of the batch
  std::map<std::string, Person> persons_;  // by identity number, in memory only
  std::map<std::string, int64_t> counts_;
  std::vector<std::pair<int64_t, std::string>> noted_;
  int64_t sent_ = 0;
};

}  // namespace ruraledu::cli
