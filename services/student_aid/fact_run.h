// Takes the answer of a department about what families reported over, as a job.
//
// The file is read whole before anything is written. With damaged lines nothing is taken over. Else, page by page, each
// entry keeps how it was found, and what was found stands beside what was reported in the input of its identification,
// whose score is worked out again; the last write closes the enquiry and erases the content of the file.
#pragma once

#include <string>
#include <string_view>

#include "common/db/jobs.h"
#include "common/files/content.h"
#include "common/ingest/header_map.h"
#include "common/rpc/resources.h"
#include "services/student_aid/department_policy_rules.h"
#include "services/student_aid/identification_policy_rules.h"

namespace ruraledu::student_aid {

inline constexpr std::string_view kFactAnswersJob = "fact_answers";

struct FactParts {
  const rpc::Host& host;
  const DepartmentBook& departments;
  const IdentificationBook& tables;
  const ingest::HeaderSpec& header;  // headers/fact_answers.csv
  const files::Shelf& shelf;
  int64_t page = 300;  // lines per write
};

// Result: FactEnquiry. Errors: those of ingest::OpenTable and MappedTable, STATE_TRANSITION, FACT_ENQUIRY_OTHER.
absl::StatusOr<std::string> RunFactAnswers(const FactParts& parts, db::JobContext& context);

}  // namespace ruraledu::student_aid
