// Identifications whose families reported their income, and answers of a department.
#pragma once

#include "services/student_aid/fact_store.h"
#include "tests/student_aid/mirror_fixture.h"

namespace ruraledu::student_aid {

class FactFixture : public MirrorFixture {
 protected:
  explicit FactFixture(db::Options options = {}) : MirrorFixture(std::move(options)) {}

  // p1 to p`count` report an income of 900: level 2.
  void Apply(int count) {
    On(9, 5);
    std::vector<v1::IdentificationApplication> all;
    for (int n = 1; n <= count; ++n) all.push_back(Application(absl::StrCat("p", n)));
    const auto rows = Submit(all);
    ASSERT_TRUE(rows.ok()) << rows.status();
    for (const auto& row : rows->rows()) EXPECT_EQ(row.reason(), "") << row.name();
  }
  static v1::CreateFactEnquiryRequest AskingFor(const std::string& department = "CIVIL_AFFAIRS") {
    v1::CreateFactEnquiryRequest request;
    request.set_parent(kCounty);
    request.set_department(department);
    request.set_school_year("2023-2024");
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::FactEnquiry> Ask(const v1::CreateFactEnquiryRequest& request = AskingFor()) {
    return As("officer", "CreateFactEnquiry", request, &Handlers::CreateFactEnquiry);
  }
  v1::FactEnquiry EnquiryOf(const std::string& name) { return WholeRoot<v1::FactEnquiry>(kFactEnquiries, name); }
  v1::Identification RecordOf(const std::string& person) {
    return WholeRoot<v1::Identification>(kIdentifications, Name(person));
  }
  // "1 FOUND 1600", "2 NOT_FOUND": a row, a match, a value.
  static std::string Answering(const v1::FactEnquiry& enquiry, const std::vector<std::string>& lines,
                               const std::string& factor = "INCOME") {
    std::string text = "查询编号,序号,核查项目,核查结果,核实值\n";
    for (const std::string& line : lines) {
      const std::vector<std::string> parts = absl::StrSplit(line, ' ');
      absl::StrAppend(&text, enquiry.reference(), ",", parts[0], ",", factor, ",", parts[1], ",",
                      parts.size() > 2 ? parts[2] : "", "\n");
    }
    return text;
  }
  static v1::ImportFactAnswersRequest Importing(const std::string& enquiry, const std::string& file) {
    auto request = Naming<v1::ImportFactAnswersRequest>(enquiry);
    request.set_file(file);
    return request;
  }
  absl::StatusOr<v1::FactEnquiry> Take(const v1::FactEnquiry& enquiry, const std::string& content) {
    ASSIGN_OR_RETURN(const auto job,
                     As("clerk", "ImportFactAnswers", Importing(enquiry.name(), Upload(enquiry.name(), content)),
                        &Handlers::ImportFactAnswers));
    RETURN_IF_ERROR(aid.Turn("c411728", std::string(feed::IdOfName(job.name()))));
    return EnquiryOf(enquiry.name());
  }
};

}  // namespace ruraledu::student_aid
