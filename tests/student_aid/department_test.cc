// Lists of other departments' aid and caps over all of it, on both databases.
#include "tests/student_aid/department_fixture.h"
#include "tests/student_aid/report_text.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DepartmentTest : public DepartmentFixture, public ::testing::TestWithParam<const char*> {
 protected:
  DepartmentTest() : DepartmentFixture(OptionsOf(GetParam())) {}

  // "p1 LIVING 30000 2023-10-01" of rows, in order.
  std::vector<std::string> Rows(const v1::ListDepartmentAidsRequest& request) {
    const auto all = As("reader", "ListDepartmentAids", request, &Handlers::ListDepartmentAids);
    EXPECT_TRUE(all.ok()) << all.status();
    std::vector<std::string> lines;
    for (const v1::DepartmentAid& row : all->aids()) {
      EXPECT_TRUE(row.masked());
      EXPECT_EQ(row.item(), "");
      lines.push_back(
          absl::StrCat(row.person(), " ", row.purpose(), " ", row.amount_fen(), " ", DayTextOf(row.given_on())));
    }
    return lines;
  }
  static v1::ListDepartmentAidsRequest RowsOfList(const std::string& list) {
    v1::ListDepartmentAidsRequest request;
    request.set_parent(kCounty);
    request.set_list(list);
    return request;
  }
  absl::StatusOr<v1::DepartmentAidList> Withdraw(const std::string& list, const std::string& etag = "") {
    auto request = Naming<v1::WithdrawDepartmentAidListRequest>(list);
    request.set_reason("名单有误");
    request.set_etag(etag);
    return As("officer", "WithdrawDepartmentAidList", request, &Handlers::WithdrawDepartmentAidList);
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, DepartmentTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(DepartmentTest, AListIsReadWholeAndTellsWhomNobodyKnows) {
  const auto list = OpenList();
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_TRUE(list->masked() && list->department().empty()) << "with its rows it may tell a disability";
  const std::string file = Upload(list->name(), Aiding({"1 LIVING 300.00 2023-10-01", "99 LIVING 1.00", "2 营养 50",
                                                        "3 OTHER 7.00", "1 LIVING 300.00 2023-11-01"}));
  const auto job =
      As("clerk", "ImportDepartmentAidList", Reading(list->name(), file), &Handlers::ImportDepartmentAidList);
  ASSERT_TRUE(job.ok()) << job.status();
  ASSERT_TRUE(aid.Turn("c411728", std::string(feed::IdOfName(job->name()))).ok());
  const auto read = As("reader", "GetDepartmentAidList", Naming<v1::GetDepartmentAidListRequest>(list->name()),
                       &Handlers::GetDepartmentAidList);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->state(), v1::DEPARTMENT_AID_LIST_STATE_COUNTED);
  EXPECT_EQ(read->department(), "");
  auto unmasking = Naming<v1::GetDepartmentAidListRequest>(list->name());
  unmasking.set_unmask(true);
  EXPECT_EQ(ReasonOf(As("reader", "GetDepartmentAidList", unmasking, &Handlers::GetDepartmentAidList).status()),
            "PERMISSION_DENIED");
  const auto shown = aid.CallAs(With("COUNTY_AID_OFFICER"), "GetDepartmentAidList", unmasking,
                                &Handlers::GetDepartmentAidList, "AID_REVIEW");
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->department(), "CIVIL_AFFAIRS");
  EXPECT_EQ(read->lines(), 5);
  EXPECT_EQ(read->rows(), 4);
  EXPECT_EQ(read->total_fen(), 65700);
  EXPECT_EQ(read->unmatched(), 1);
  EXPECT_THAT(read->unmatched_lines(), ElementsAre(4));
  EXPECT_GT(read->file_time_us(), 0);
  EXPECT_THAT(Rows(RowsOfList(list->name())), ElementsAre("p1 LIVING 30000 2023-10-01", "p2 MEALS 5000 2023-09-01",
                                                          "p3 OTHER 700 2023-09-01", "p1 LIVING 30000 2023-11-01"));
  EXPECT_EQ(WholeRoot<ruraledu::files::v1::File>(rpc::kFiles, file).state(), ruraledu::files::v1::FILE_STATE_ERASED)
      << "people whom nobody here has to know stand in it";
  v1::ListDepartmentAidsRequest mine = RowsOfList("");
  mine.set_person("p2");
  EXPECT_THAT(Rows(mine), ElementsAre("p2 MEALS 5000 2023-09-01"));
  // What the department calls it is read in clear with permission and purpose only.
  auto get = Naming<v1::GetDepartmentAidRequest>(
      absl::StrCat(kCounty, "/departmentAids/", feed::IdOfName(list->name()), ".0000001"));
  EXPECT_EQ(As("reader", "GetDepartmentAid", get, &Handlers::GetDepartmentAid)->item(), "");
  get.set_unmask(true);
  EXPECT_EQ(
      ReasonOf(
          aid.CallAs(With("COUNTY_AID_OFFICER"), "GetDepartmentAid", get, &Handlers::GetDepartmentAid, "").status()),
      "PURPOSE_REQUIRED");
  const auto clear =
      aid.CallAs(With("COUNTY_AID_OFFICER"), "GetDepartmentAid", get, &Handlers::GetDepartmentAid, "AID_REVIEW");
  ASSERT_TRUE(clear.ok()) << clear.status();
  EXPECT_EQ(clear->item(), "临时救助");
}

TEST_P(DepartmentTest, DamagedLinesAreNamedAndNothingCounts) {
  const auto list = OpenList();
  ASSERT_TRUE(list.ok()) << list.status();
  std::string content = Aiding({"1 LIVING 300.00", "2 LIVING 3.001", "3 什么 5.00", "1 LIVING 3.00 2024-09-01"});
  absl::StrAppend(&content, "学生,,临时救助,LIVING,5.00,\n");
  const auto refused = Read(list->name(), content);
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_EQ(refused->state(), v1::DEPARTMENT_AID_LIST_STATE_REFUSED);
  std::vector<std::string> errors;
  for (const v1::MirrorLineError& error : refused->errors()) {
    errors.push_back(absl::StrCat(error.line(), " ", error.column(), " ", error.reason()));
  }
  EXPECT_THAT(errors, ElementsAre("4 金额 MONEY_PRECISION", "5 用途 CODE_UNKNOWN", "6 发放日期 DEPARTMENT_AID_DAY",
                                  "8 身份证号 VALUE_REQUIRED"));
  EXPECT_THAT(Rows(RowsOfList(list->name())), IsEmpty());
  EXPECT_EQ(ReasonOf(Read(list->name(), "姓名,金额\n甲,1\n").status()), "HEADER_MISSING");
  const auto corrected = Read(list->name(), Aiding({"1 LIVING 300.00"}));
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  EXPECT_EQ(corrected->state(), v1::DEPARTMENT_AID_LIST_STATE_COUNTED);
  EXPECT_EQ(corrected->error_count(), 0);
}

TEST_P(DepartmentTest, ALaterListOfTheDepartmentAndPeriodTakesThePlace) {
  const v1::DepartmentAidList first = Counted({"1 LIVING 300.00"});
  const auto money = [&] {
    return *aid.place.database->Read([&](db::Transaction& tx) -> absl::StatusOr<int64_t> {
      ASSIGN_OR_RETURN(const auto all, MoneyOf(tx, Book(), DepartmentTables(), "c411728", {"p1"}, *ParseTerm(kAutumn)));
      int64_t sum = 0;
      for (const auto& [person, has] : all) {
        for (const v1::CountedAid& one : has.others) sum += one.amount_fen();
      }
      return sum;
    });
  };
  EXPECT_EQ(money(), 30000);
  Counted({"1 LIVING 100.00"}, "DISABLED_FEDERATION");
  EXPECT_EQ(money(), 40000);
  const v1::DepartmentAidList second = Counted({"1 LIVING 200.00"});
  EXPECT_EQ(money(), 30000);
  EXPECT_EQ(ListOf(first.name()).state(), v1::DEPARTMENT_AID_LIST_STATE_REPLACED);
  EXPECT_EQ(ListOf(first.name()).replaced_by(), second.name());
  EXPECT_EQ(ReasonOf(Withdraw(second.name(), "\"1\"").status()), "ETAG_MISMATCH");
  const auto withdrawn = Withdraw(second.name(), second.etag());
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.status();
  EXPECT_EQ(money(), 10000);
  EXPECT_EQ(ReasonOf(Withdraw(second.name()).status()), "STATE_TRANSITION");
  auto unsaid = Naming<v1::WithdrawDepartmentAidListRequest>(first.name());
  EXPECT_EQ(ReasonOf(As("officer", "WithdrawDepartmentAidList", unsaid, &Handlers::WithdrawDepartmentAidList).status()),
            "FIELD_REQUIRED");
  // The same file in another list would count twice.
  const auto other = OpenList(Opening("TRADE_UNION"));
  EXPECT_EQ(ReasonOf(Read(other->name(), Aiding({"1 LIVING 100.00"})).status()), "DEPARTMENT_LIST_TWICE");
  EXPECT_EQ(ReasonOf(As("clerk", "ImportDepartmentAidList", Reading(first.name(), "counties/411728/files/none"),
                        &Handlers::ImportDepartmentAidList)
                         .status()),
            "STATE_TRANSITION");
  EXPECT_EQ(ReasonOf(As("clerk", "ImportDepartmentAidList", Reading(other->name(), "counties/411728/files/none"),
                        &Handlers::ImportDepartmentAidList)
                         .status()),
            "FILE_UNKNOWN");
  v1::ListDepartmentAidListsRequest list;
  list.set_parent(kCounty);
  list.set_state(v1::DEPARTMENT_AID_LIST_STATE_COUNTED);
  const auto lists = As("reader", "ListDepartmentAidLists", list, &Handlers::ListDepartmentAidLists);
  ASSERT_TRUE(lists.ok()) << lists.status();
  ASSERT_EQ(lists->lists_size(), 1);
  EXPECT_TRUE(lists->lists(0).masked());
  EXPECT_EQ(ListOf(lists->lists(0).name()).department(), "DISABLED_FEDERATION");
}

TEST_P(DepartmentTest, RefusesListsThatCannotBe) {
  EXPECT_EQ(ReasonOf(OpenList(Opening("NOBODY")).status()), "CODE_UNKNOWN");
  EXPECT_EQ(ReasonOf(OpenList(Opening("CHARITY", 20240101, 20231231)).status()), "SPAN_ORDER");
  auto request = Opening();
  request.clear_from();
  EXPECT_EQ(ReasonOf(OpenList(request).status()), "FIELD_REQUIRED");
  const auto stated = Opening();
  const auto first = OpenList(stated);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(OpenList(stated)->name(), first->name()) << "a replay";
}

TEST_P(DepartmentTest, AnOrderAboveTheCapIsLeftOut) {
  CapAt("900", "CUT");
  Counted({"1 LIVING 300.00", "2 LIVING 275.00"});
  Approve({"p1", "p2", "p3"});  // 625 yuan each
  const v1::PaymentBatch batch = Order();
  EXPECT_EQ(LeftOutOf(batch.name()), "p1 AID_CAP_EXCEEDED");
  EXPECT_EQ(StateOf("p2"), "ORDERED") << "exactly full";
  EXPECT_EQ(StateOf("p1"), "APPROVED");
  CapAt("925", "CUT");
  EXPECT_EQ(LeftOutOf(Order().name()), "");
  EXPECT_EQ(StateOf("p1"), "ORDERED");
}

// Own aid of another item and term counts like that of a department, within one batch too.
TEST_P(DepartmentTest, OwnOrdersCountBesideEachOther) {
  CapAt("1000", "REFUSE");
  ASSERT_TRUE(Fund("SP_NUTR", 100 * kAmount).ok());
  Put({Approved("p1"), Approved("p1", 40000, "SP_NUTR"), Approved("p2", 30000), Approved("p2", 40000, "SP_NUTR")});
  const std::string left = LeftOutOf(Order().name());
  EXPECT_EQ(left, "p1 AID_CAP_EXCEEDED") << "the second of two";
  EXPECT_EQ(StateOf("p1"), "ORDERED") << "the first one goes";
}

TEST_P(DepartmentTest, PupilsWhomSeveralDepartmentsAidAreNamed) {
  Put({Approved("p1"), Approved("p2", 30000), Approved("p3")});
  Counted({"1 LIVING 300.00 2023-10-01", "2 MEALS 50.00", "3 LIVING 20.00", "3 OTHER 20.00", "4 OTHER 1.00"});
  Counted({"4 OTHER 2.00"}, "CHARITY");
  const std::string head = "411728103|3241001234|常庄中心学校|";
  v1::GetReportRequest request;
  request.set_area("areas/411728");
  request.set_report(v1::REPORT_KIND_DEPARTMENT_OVERLAPS);
  request.set_period("2023-2024");
  const auto lines = [&](bool unmask) {
    request.set_unmask(unmask);
    const auto report =
        aid.CallAs(With("COUNTY_AID_OFFICER"), "GetReport", request, &Handlers::GetReport, unmask ? "AID_REVIEW" : "");
    EXPECT_TRUE(report.ok()) << report.status();
    std::vector<std::string> text;
    for (const auto& row : report->rows()) {
      text.push_back(Line(row));
    }
    return text;
  };
  const auto masked = lines(false);
  ASSERT_THAT(masked, ::testing::SizeIs(6));
  EXPECT_EQ(masked[1], head + "p1|学**|DEPARTMENT_OVERLAP|生活|***|***|2023-10-01|1|300.00");
  const auto clear = lines(true);
  ASSERT_THAT(clear, ::testing::SizeIs(6));
  EXPECT_THAT(clear[0], HasSubstr("p1|学生1|DEPARTMENT_OVERLAP|生活|教育部门|"));
  EXPECT_EQ(clear[1], head + "p1|学生1|DEPARTMENT_OVERLAP|生活|民政部门|临时救助|2023-10-01|1|300.00");
  EXPECT_THAT(clear[2], HasSubstr("p3|学生3|DEPARTMENT_OVERLAP|生活|教育部门|"));
  EXPECT_THAT(clear[4], HasSubstr("p4|学生4|DEPARTMENT_OVERLAP|其他|慈善组织|"));
  request.set_period("2024-2025");
  EXPECT_THAT(lines(false), IsEmpty());
}

// The job that opens applications works out what the caps leave, the same a second time.
class CapRunTest : public DepartmentTest {
 protected:
  void SetUp() override {
    registry_v1::Student p1 = Student("p1", "JUN", "7", true, {"P2"});
    p1.set_id_number(IdNumber(1));
    registry.Put(p1);
    ASSERT_TRUE(aid.CatchUp().ok());
  }
  v1::ApplicationRunResult Work() {
    EXPECT_TRUE(aid.Entitle().ok());
    v1::ProposeApplicationsRequest request;
    request.set_parent(kCounty);
    request.set_term(kAutumn);
    request.set_request_id(NewId());
    const auto job = As("officer", "ProposeApplications", request, &Handlers::ProposeApplications);
    EXPECT_TRUE(job.ok()) << job.status();
    EXPECT_TRUE(aid.Turn("c411728", std::string(feed::IdOfName(job->name()))).ok());
    ruraledu::jobs::v1::GetJobRequest get;
    get.set_name(job->name());
    v1::ApplicationRunResult result;
    EXPECT_TRUE(As("officer", "GetJob", get, &Handlers::GetJob)->result().UnpackTo(&result));
    return result;
  }
  std::string Amounts() {
    std::vector<std::string> texts;
    for (const char* item : {kItem, "SP_NUTR"}) {
      const auto sealer = *aid.place.keys->SealerOf("c411728");
      const auto root = *aid.place.database->Read([&](db::Transaction& tx) {
        return feed::Load<v1::Application>(tx, *sealer, kApplications, "c411728",
                                           feed::IdOfName(ApplicationName("p1", item)));
      });
      if (!root.has_value()) {
        texts.push_back("-");
        continue;
      }
      const v1::Assessment& last = *root->assessments().rbegin();
      texts.push_back(absl::StrCat(root->amount_fen(), " ", last.cap(), " ", last.reason(), " ",
                                   v1::AssessmentCause_Name(last.cause()).substr(17)));
    }
    return absl::StrJoin(texts, "; ");
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, CapRunTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(CapRunTest, CutsWhatDoesNotFitAndGivesItBackWhenItDoes) {
  CapAt("900", "CUT");  // p1 is granted 625 and 400
  Work();
  EXPECT_EQ(Amounts(), "62500   FIRST; 27500 YEAR  FIRST");
  const v1::DepartmentAidList list = Counted({"1 OTHER 500.00"});
  Work();
  EXPECT_EQ(Amounts(), "40000 YEAR  CAP; 0 YEAR AID_CAP_EXCEEDED CAP");
  Work();
  EXPECT_EQ(Amounts(), "40000 YEAR  CAP; 0 YEAR AID_CAP_EXCEEDED CAP") << "a second time changes nothing";
  ASSERT_TRUE(Withdraw(list.name()).ok());
  Work();
  EXPECT_EQ(Amounts(), "62500   CAP; 27500 YEAR  CAP");
}

TEST_P(CapRunTest, OpensNothingThatDoesNotFitWholeWhereTheCapRefuses) {
  CapAt("900", "REFUSE");
  const auto result = Work();
  EXPECT_EQ(Amounts(), "62500   FIRST; -");
  EXPECT_EQ(result.capped(), 1);
  EXPECT_EQ(result.given(), 0);
}

TEST_P(CapRunTest, MoneyThatIsOutIsNotAskedBackBecauseOfACap) {
  CapAt("2000", "CUT");
  Work();
  v1::Application paid = ApplicationOf("p1");
  paid.set_state(v1::APPLICATION_STATE_PAID);
  paid.set_paid_fen(paid.amount_fen());
  Put({paid});
  CapAt("700", "CUT");
  Work();
  EXPECT_EQ(Amounts(), "62500   FIRST; 7500 YEAR  CAP");
  EXPECT_FALSE(ApplicationOf("p1").overpaid());
}

TEST_P(CapRunTest, TheCountyApprovesNothingAboveACap) {
  CapAt("2000", "REFUSE");
  Work();
  ASSERT_TRUE(aid.Compare().ok());
  for (const char* item : {kItem, "SP_NUTR"}) {
    const std::string name = ApplicationName("p1", item);
    v1::Application noticed = WholeRoot<v1::Application>(kApplications, name);
    noticed.set_state(v1::APPLICATION_STATE_ON_SCHOOL_NOTICE);
    noticed.set_posted_at(v1::NOTICE_LEVEL_SCHOOL);
    *noticed.mutable_notice_ends_on() = Date(20231101);
    Put({noticed});
  }
  CapAt("700", "REFUSE");
  v1::BatchReviewApplicationsRequest review;
  review.set_parent(kCounty);
  review.set_decision(v1::REVIEW_DECISION_ACCEPT);
  review.add_applications(ApplicationName("p1"));
  review.add_applications(ApplicationName("p1", "SP_NUTR"));
  review.set_request_id(NewId());
  const auto rows = As("county", "BatchCountyReviewApplications", review, &Handlers::BatchCountyReviewApplications);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->rows(0).reason(), "");
  EXPECT_EQ(rows->rows(1).reason(), "AID_CAP_EXCEEDED") << "what was approved before it counts";
}

}  // namespace
}  // namespace ruraledu::student_aid
