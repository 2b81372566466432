#include "services/cli/row_recorder.h"

#include <ostream>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "ruraledu/registry/v1/identity.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/requests.pb.h"
#include "services/cli/table.h"

namespace ruraledu::cli {
namespace {

namespace registry = ruraledu::registry::v1;

constexpr size_t kBatch = 500;
constexpr size_t kShown = 20;  // lines on the terminal

}  // namespace

absl::Status RowRecorder::Run(const std::string& file) {
  ASSIGN_OR_RETURN(Profile* const profile, session_.profile());
  ASSIGN_OR_RETURN(auto spec,
                   ingest::HeaderSpec::Load(absl::StrCat(profile->data_folder, "/headers/", header_, ".csv")));
  ASSIGN_OR_RETURN(codes_, CodeLists::Load(profile->data_folder + "/codes"));
  ASSIGN_OR_RETURN(auto reader, ingest::OpenTable(file));
  ASSIGN_OR_RETURN(ingest::MappedTable table, ingest::MappedTable::Open(std::move(reader), std::move(spec)));
  RETURN_IF_ERROR(Begin());
  ingest::MappedRow row;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, table.Next(&row));
    if (!more) {
      break;
    }
    RETURN_IF_ERROR(Take(table, row));
  }
  RETURN_IF_ERROR(Flush());
  progress_.End();
  return Report();
}

absl::Status RowRecorder::Take(const ingest::MappedTable& table, const ingest::MappedRow& row) {
  Row read{.line = row.line, .spec = &table.spec(), .values = {}};
  std::vector<ingest::RowError> errors;
  RETURN_IF_ERROR(ingest::ParseRow(table, row, codes_, Clock::System().Today(), &read.values, &errors));
  if (!errors.empty()) {
    Count(row.line, errors.front().code);
    return absl::OkStatus();
  }
  const absl::StatusOr<Person> person = PersonOf(read);
  if (absl::IsNotFound(person.status()) || absl::IsInvalidArgument(person.status())) {
    Count(row.line, ReasonOf(person.status()));
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(person.status());
  ASSIGN_OR_RETURN(const std::string outcome, Add(read, *person));
  if (!outcome.empty()) {
    Count(row.line, outcome);
    return absl::OkStatus();
  }
  lines_.push_back(row.line);
  return lines_.size() == kBatch ? Flush() : absl::OkStatus();
}

absl::StatusOr<RowRecorder::Person> RowRecorder::PersonOf(const Row& row) {
  const std::string& number = row.Value("citizen_id");
  const std::string& name = row.Value("name");
  const auto known = persons_.find(number);
  if (known != persons_.end()) {
    return known->second;
  }
  registry::FindStudentRequest request;
  request.set_parent(parent_);
  request.set_id_number(number);
  auto student = session_.Call<registry::Student>("registry", "FindStudent", request);
  absl::CivilDay birth;
  const bool by_name =
      absl::IsNotFound(student.status()) && !name.empty() && number.size() == 18 &&
      ParseDay(absl::StrCat(number.substr(6, 4), "-", number.substr(10, 2), "-", number.substr(12, 2)), &birth);
  if (by_name) {
    request.set_display_name(name);
    *request.mutable_birth_date() = ruraledu::DateOf(birth);
    student = session_.Call<registry::Student>("registry", "FindStudent", request);
  }
  RETURN_IF_ERROR(student.status());
  return persons_[number] = Person{LastPart(student->name()), by_name};
}

absl::Status RowRecorder::Flush() {
  if (lines_.empty()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> outcomes, Send());
  for (size_t i = 0; i < outcomes.size() && i < lines_.size(); ++i) {
    Count(lines_[i], outcomes[i]);
  }
  sent_ += static_cast<int64_t>(lines_.size());
  progress_.Show(sent_, 0, absl::StrCat(Grouped(sent_), " rows"));
  lines_.clear();
  return absl::OkStatus();
}

void RowRecorder::Count(int64_t line, const std::string& outcome) {
  ++counts_[outcome];
  if (outcome == "RECORDED" || outcome == "UNCHANGED") {
    return;
  }
  noted_.emplace_back(line, outcome);
  if (noted_.size() <= kShown && !session_.console().json) {
    session_.console().err << "line " << line << ": " << outcome << "\n";
  }
}

absl::Status RowRecorder::Report() {
  if (session_.console().json) {
    return session_.PrintJson(AsJson());
  }
  if (noted_.size() > kShown) {
    session_.console().err << "... and " << noted_.size() - kShown << " lines more; --json lists all\n";
  }
  Table table({{"结果 outcome"}, {"行 rows", true}});
  for (const auto& [outcome, count] : counts_) {
    table.Add({outcome, Grouped(count)});
  }
  session_.console().out << table.Text();
  return absl::OkStatus();
}

// {"outcomes": {"RECORDED": 80, ...}, "lines": [{"line": 7, "outcome": "NOT_FOUND"}, ...]}
google::protobuf::Struct RowRecorder::AsJson() const {
  google::protobuf::Struct report;
  auto& outcomes = *(*report.mutable_fields())["outcomes"].mutable_struct_value()->mutable_fields();
  for (const auto& [outcome, count] : counts_) {
    outcomes[outcome].set_number_value(static_cast<double>(count));
  }
  auto& lines = *(*report.mutable_fields())["lines"].mutable_list_value();
  for (const auto& [line, outcome] : noted_) {
    auto& fields = *lines.add_values()->mutable_struct_value()->mutable_fields();
    fields["line"].set_number_value(static_cast<double>(line));
    fields["outcome"].set_string_value(outcome);
  }
  return report;
}

}  // namespace ruraledu::cli
