// aid studies, aid tracked, aid loans: which call each command makes, and what it shows.
#include "ruraledu/registry/v1/identity.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/requests.pb.h"
#include "ruraledu/student_aid/v1/programme.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;
namespace registry = ruraledu::registry::v1;

class ProgrammeCommands : public CliTest {
 protected:
  ProgrammeCommands() {
    UseShippedData();
    // Of the second number only name and birth date are known.
    services_["registry"].On<registry::FindStudentRequest, registry::Student>(
        "FindStudent", [](const auto& request) -> absl::StatusOr<registry::Student> {
          if (request.id_number() != "411728200501011234" && request.display_name() != "乙") {
            return Fail("NOT_FOUND");
          }
          registry::Student student;
          student.set_name("counties/411728/students/p1");
          return student;
        });
  }
};

TEST_F(ProgrammeCommands, AListOfAdmissions) {
  v1::BatchRecordStudiesResponse answer;
  answer.add_outcomes("RECORDED");
  answer.add_moved("counties/411728/trackedAids/p1.2023-2024-1.RAIN_DEW");
  const auto seen = Answers<v1::BatchRecordStudiesRequest>("BatchRecordStudies", answer);
  const std::string list = Write(
      "list.csv",
      "身份证件号,姓名,录取年份,层次,院校名称,院校区划代码,学制,全日制,在读状态,状态起始日期,学年,学费,住宿费,"
      "有贷款意愿\n"
      "411728200501011234,甲,2023,专科,郑州职业技术学院,410122000000,3,是,休学,2024-03-01,2023-2024,5000,1000.5,是\n"
      "411728200501015678,乙,2023,本科,河南大学,410212000000,4,,,,,,,\n");
  const Outcome done = Run({"aid", "studies", "record", list});
  EXPECT_EQ(done.code, 0) << done.err;
  ASSERT_EQ(seen->studies_size(), 1) << "a weak match is nobody";
  const v1::Study& study = seen->studies(0);
  EXPECT_EQ(study.person(), "p1");
  EXPECT_EQ(study.stage(), "COL");
  EXPECT_EQ(study.spans(0).state(), v1::STUDY_STATE_SUSPENDED);
  EXPECT_EQ(study.spans(0).from().month(), 3);
  EXPECT_EQ(study.years(0).tuition_fen(), 500000);
  EXPECT_EQ(study.years(0).accommodation_fen(), 100050);
  EXPECT_EQ(study.years(0).loan_wish(), v1::LOAN_WISH_YES);
  EXPECT_EQ(study.source(), "EXAM_CENTRE");
  EXPECT_HAS(done.err, "line 3: WEAK_MATCH");
  EXPECT_HAS(done.err, "follows the study: counties/411728/trackedAids/p1");
  EXPECT_EQ(done.err.find("4117282005"), std::string::npos) << "no identity number on the terminal";
}

TEST_F(ProgrammeCommands, AListOfABank) {
  v1::BatchRecordTrackedAidsResponse answer;
  answer.add_outcomes("LOAN_ABOVE_CEILING");
  const auto seen = Answers<v1::BatchRecordTrackedAidsRequest>("BatchRecordTrackedAids", answer);
  const std::string list =
      Write("list.csv",
            "身份证件号,姓名,学期,贷款类别,办理结果,办理日期,贷款金额,合同编号,共同借款人\n"
            "411728200501011234,甲,2023-2024-1,生源地信用助学贷款,签约,2023-10-08,8000,HT-1,王大山\n");
  const Outcome done = Run({"aid", "tracked", "record", list});
  EXPECT_EQ(done.code, 0) << done.err;
  ASSERT_EQ(seen->rows_size(), 1);
  EXPECT_EQ(seen->rows(0).kind(), v1::TRACKED_AID_KIND_LOAN_ORIGIN);
  EXPECT_EQ(seen->rows(0).event(), v1::TRACKED_AID_EVENT_AGREE);
  EXPECT_EQ(seen->rows(0).amount_fen(), 800000);
  EXPECT_EQ(seen->rows(0).co_borrower(), "王大山");
  EXPECT_HAS(done.err, "line 2: LOAN_ABOVE_CEILING");
}

TEST_F(ProgrammeCommands, ListsAndOne) {
  v1::ListStudiesResponse studies;
  v1::Study* study = studies.add_studies();
  study->set_university("河南大学");
  study->add_spans()->set_state(v1::STUDY_STATE_STUDYING);
  const auto listed = Answers<v1::ListStudiesRequest>("ListStudies", studies);
  const Outcome all = Run({"aid", "studies", "list", "--admission", "2023", "--area", "411728103", "--student", "p1"});
  EXPECT_HAS(all.out, "STUDYING");
  EXPECT_EQ(listed->admission_year(), 2023);
  EXPECT_EQ(listed->area(), "areas/411728103");
  EXPECT_EQ(listed->student(), "p1");

  v1::TrackedAid aid;
  aid.set_kind(v1::TRACKED_AID_KIND_LOAN_CAMPUS);
  aid.set_agreed_fen(800000);
  v1::ListTrackedAidsResponse tracked;
  *tracked.add_tracked_aids() = aid;
  const auto asked = Answers<v1::ListTrackedAidsRequest>("ListTrackedAids", tracked);
  const Outcome rows =
      Run({"aid", "tracked", "list", "--term", "2023-2024-1", "--kind", "LOAN_CAMPUS", "--state", "AGREED"});
  EXPECT_HAS(rows.out, "8,000.00");
  EXPECT_EQ(asked->kind(), v1::TRACKED_AID_KIND_LOAN_CAMPUS);
  EXPECT_EQ(asked->state(), v1::TRACKED_AID_STATE_AGREED);
  EXPECT_EQ(Run({"aid", "tracked", "list", "--term", "2023-2024-1", "--kind", "LOAN"}).code, 2);
  const auto one = Answers<v1::GetTrackedAidRequest>("GetTrackedAid", aid);
  EXPECT_HAS(Run({"aid", "tracked", "show", "n", "--unmask", "--purpose", "bank"}).out, "LOAN_CAMPUS");
  EXPECT_TRUE(one->unmask());

  v1::ListLoanCandidatesResponse candidates;
  candidates.add_candidates()->set_gap(v1::LOAN_GAP_NOT_ASKED);
  candidates.mutable_candidates(0)->set_ceiling_fen(1600000);
  const auto wanted = Answers<v1::ListLoanCandidatesRequest>("ListLoanCandidates", candidates);
  const Outcome loans = Run({"aid", "loans", "--year", "2023-2024", "--with-contract"});
  EXPECT_HAS(loans.out, "NOT_ASKED");
  EXPECT_HAS(loans.out, "16,000.00");
  EXPECT_EQ(wanted->school_year(), "2023-2024");
  EXPECT_TRUE(wanted->with_contract());
}

}  // namespace
}  // namespace ruraledu::cli
