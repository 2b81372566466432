// aid departments, aid facts, aid evidence: which call each command makes, and what it shows.
#include "ruraledu/student_aid/v1/application.pb.h"
#include "ruraledu/student_aid/v1/department_aid.pb.h"
#include "ruraledu/student_aid/v1/fact_enquiry.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

constexpr char kList[] = "counties/411728/departmentAidLists/l1";
constexpr char kEnquiry[] = "counties/411728/factEnquiries/e1";

class DepartmentTest : public CliTest {
 protected:
  DepartmentTest() { UseShippedData(); }
};

TEST_F(DepartmentTest, ListsOfAid) {
  v1::DepartmentAidList list;
  list.set_name(kList);
  list.set_department("CIVIL_AFFAIRS");
  list.set_state(v1::DEPARTMENT_AID_LIST_STATE_REFUSED);
  list.add_errors()->set_reason("MONEY_PRECISION");
  const auto opened = Answers<v1::CreateDepartmentAidListRequest>("CreateDepartmentAidList", list);
  EXPECT_HAS(Run({"aid", "departments", "open", "--department", "CIVIL_AFFAIRS", "--from", "2023-09-01", "--until",
                  "2024-08-31"})
                 .out,
             kList);
  EXPECT_EQ(opened->from().year(), 2023);
  EXPECT_EQ(opened->until().month(), 8);
  const auto got = Answers<v1::GetDepartmentAidListRequest>("GetDepartmentAidList", list);
  EXPECT_HAS(Run({"aid", "departments", "show", kList}).out, "MONEY_PRECISION");
  EXPECT_EQ(got->name(), kList);
  const auto withdrawn = Answers<v1::WithdrawDepartmentAidListRequest>("WithdrawDepartmentAidList", list);
  EXPECT_HAS(Run({"aid", "departments", "withdraw", kList, "--reason", "名单有误"}).out, "REFUSED");
  EXPECT_EQ(withdrawn->reason(), "名单有误");
  v1::ListDepartmentAidListsResponse all;
  *all.add_lists() = list;
  Answers<v1::ListDepartmentAidListsRequest>("ListDepartmentAidLists", all);
  EXPECT_HAS(Run({"aid", "departments", "list"}).out, "CIVIL_AFFAIRS");
  v1::DepartmentAid row;
  row.set_person("P-1");
  row.set_amount_fen(30000);
  v1::ListDepartmentAidsResponse rows;
  *rows.add_aids() = row;
  const auto listed = Answers<v1::ListDepartmentAidsRequest>("ListDepartmentAids", rows);
  EXPECT_HAS(Run({"aid", "departments", "rows", "--list", kList, "--person", "P-1"}).out, "300.00");
  EXPECT_EQ(listed->list(), kList);
  EXPECT_EQ(listed->person(), "P-1");
  const auto one = Answers<v1::GetDepartmentAidRequest>("GetDepartmentAid", row);
  EXPECT_HAS(Run({"aid", "departments", "row", "counties/411728/departmentAids/l1.0000001"}).out, "P-1");
  EXPECT_FALSE(one->unmask());
}

TEST_F(DepartmentTest, Enquiries) {
  v1::FactEnquiry enquiry;
  enquiry.set_name(kEnquiry);
  enquiry.set_reference("RURALEDU-HC-411728-e1");
  const auto asked = Answers<v1::CreateFactEnquiryRequest>("CreateFactEnquiry", enquiry);
  EXPECT_HAS(
      Run({"aid", "facts", "ask", "--department", "CIVIL_AFFAIRS", "--year", "2023-2024", "--area", "411728103"}).out,
      enquiry.reference());
  EXPECT_EQ(asked->school_year(), "2023-2024");
  EXPECT_EQ(asked->area(), "areas/411728103");
  EXPECT_EQ(Run({"aid", "facts", "file", kEnquiry, "--out", Path("x.csv")}).code, 2) << "no purpose";
  const auto got = Answers<v1::GetFactEnquiryRequest>("GetFactEnquiry", enquiry);
  EXPECT_HAS(Run({"aid", "facts", "show", kEnquiry}).out, enquiry.reference());
  EXPECT_EQ(got->name(), kEnquiry);
  v1::ListFactEnquiriesResponse all;
  *all.add_enquiries() = enquiry;
  const auto listed = Answers<v1::ListFactEnquiriesRequest>("ListFactEnquiries", all);
  EXPECT_HAS(Run({"aid", "facts", "list", "--year", "2023-2024"}).out, kEnquiry);
  EXPECT_EQ(listed->school_year(), "2023-2024");
  v1::ListFactEnquiryEntriesResponse entries;
  entries.add_entries()->set_match("NOT_FOUND");
  const auto shown = Answers<v1::ListFactEnquiryEntriesRequest>("ListFactEnquiryEntries", entries);
  EXPECT_HAS(Run({"aid", "facts", "entries", "--enquiry", kEnquiry}).out, "NOT_FOUND");
  EXPECT_EQ(shown->enquiry(), kEnquiry);
}

TEST_F(DepartmentTest, EvidenceOfEitherRecord) {
  v1::Application application;
  application.set_name("counties/411728/applications/p1.2023-2024-1.X");
  const auto decided = Answers<v1::DecideEvidenceRequest>("DecideApplicationEvidence", application);
  Run({"aid", "evidence", "decide", application.name(), "2", "--as", "asked-again", "--reason", "字迹不清"});
  EXPECT_EQ(decided->number(), 2);
  EXPECT_EQ(decided->decision(), v1::EVIDENCE_DECISION_ASKED_AGAIN);
  EXPECT_EQ(decided->reason(), "字迹不清");
  v1::Identification record;
  record.set_name("counties/411728/identifications/p1.2023-2024");
  const auto supplied = Answers<v1::SupplyEvidenceRequest>("SupplyIdentificationEvidence", record);
  Run({"aid", "evidence", "supply", record.name(), "1", "--kind", "PROMISE"});
  EXPECT_EQ(supplied->number(), 1);
  EXPECT_EQ(supplied->evidence().kind(), "PROMISE");
}

}  // namespace
}  // namespace ruraledu::cli
