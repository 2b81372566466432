// Letters and papers of the service: a template of the policies' folder documents, filled, as a DOCX.
#pragma once

#include <map>
#include <string>

#include "common/base/error.h"
#include "common/ingest/docx_writer.h"
#include "services/dropout_monitoring/legal_rules.h"
#include "services/dropout_monitoring/standards.h"

namespace ruraledu::dropout_monitoring {

// `file` without its extension. DATA_FILE when a placeholder has no value.
template <typename Response>
absl::StatusOr<Response> RenderLetter(const Standards& standards, const std::string& paper,
                                      const std::map<std::string, std::string>& values, std::string_view file) {
  ASSIGN_OR_RETURN(const std::string text, FillTemplate(paper, standards.documents.at(paper), values));
  Response response;
  response.set_file_name(absl::StrCat(file, ".docx"));
  response.set_content_type(std::string(ingest::kDocx));
  ASSIGN_OR_RETURN(*response.mutable_content(), ingest::WriteDocx(text));
  return response;
}

}  // namespace ruraledu::dropout_monitoring
