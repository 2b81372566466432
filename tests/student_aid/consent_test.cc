// Consents: recorded row by row, withdrawn, read; who may be asked about; on both databases.
#include "tests/student_aid/consent_fixture.h"
#include "tests/student_aid/report_text.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ConsentHandlersTest : public ConsentFixture, public ::testing::TestWithParam<const char*> {
 protected:
  ConsentHandlersTest() : ConsentFixture(OptionsOf(GetParam())) {}

  static std::vector<std::string> Reasons(const absl::StatusOr<v1::BatchRecordConsentsResponse>& response) {
    EXPECT_TRUE(response.ok()) << response.status();
    std::vector<std::string> lines;
    if (!response.ok()) return lines;
    for (const v1::ConsentRow& row : response->rows()) {
      EXPECT_EQ(row.name().empty(), !row.reason().empty());
      lines.push_back(absl::StrCat(row.row(), " ", row.use(), " ", row.reason().empty() ? "-" : row.reason()));
    }
    return lines;
  }
  std::string Refused(const v1::NewConsent& paper) { return ReasonOf(Record(Recording({paper})).status()); }
  // "p1 ENQUIRE_CIVIL_AFFAIRS VALID": in the order of the list.
  std::vector<std::string> Listed(const std::function<void(v1::ListConsentsRequest&)>& fill = {},
                                  const std::string& area = "411728") {
    v1::ListConsentsRequest request;
    request.set_parent(kCounty);
    if (fill) fill(request);
    std::vector<std::string> lines;
    do {
      const auto response = As("reader", "ListConsents", request, &Handlers::ListConsents, area);
      EXPECT_TRUE(response.ok()) << response.status();
      if (!response.ok()) return lines;
      for (const v1::Consent& consent : response->consents()) {
        EXPECT_TRUE(consent.masked() && consent.signatory().empty() && consent.withdraw_reason().empty());
        lines.push_back(
            absl::StrCat(consent.person(), " ", consent.use(), " ", v1::ConsentState_Name(consent.state()).substr(14)));
      }
      request.set_page_token(response->next_page_token());
    } while (!request.page_token().empty());
    return lines;
  }
  std::string Gauges() {
    obs::Metrics metrics;
    EXPECT_TRUE(
        ConsentProbe({*aid.place.database, metrics, aid.consents(), FollowUpTables(), Book().calendar(), clock})()
            .ok());
    return metrics.Text();
  }
  v1::Report Report(const std::string& area = "areas/411728", const std::string& of = "411728") {
    v1::GetReportRequest request;
    request.set_area(area);
    request.set_report(v1::REPORT_KIND_CONSENTS);
    request.set_period("2023-2024");
    const auto report = As("reader", "GetReport", request, &Handlers::GetReport, of);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(v1::Report());
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, ConsentHandlersTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(ConsentHandlersTest, PapersAreRecordedUseByUse) {
  aid.file_settings.clean_unscanned = false;
  v1::NewConsent waiting = Paper("p4");
  aid.file_settings.clean_unscanned = true;
  v1::NewConsent nobody = Paper("p1"), self = Paper("p2"), late = Paper("p2"), foreign = Paper("p2"),
                 lost = Paper("p2"), shorter = Paper("p3");
  nobody.set_student(Pupil("nobody"));
  self.set_relation("SELF");
  *late.mutable_valid_until() = Date(20240902);
  foreign.set_student(Pupil("p3"));
  lost.set_file(absl::StrCat(kCounty, "/files/none"));
  *shorter.mutable_valid_until() = Date(20231231);
  const auto request = Recording({Paper("p1", {kAsk, kRefer, "PAYMENT_FILE", "NOTHING"}), nobody, self, late, foreign,
                                  lost, waiting, shorter, Paper("p1")});
  const auto response = Record(request);
  const std::string ask = kAsk;
  EXPECT_THAT(Reasons(response),
              ElementsAre("0 " + ask + " -", "0 DONOR_REFERRAL -", "0 PAYMENT_FILE CONSENT_NOT_NEEDED",
                          "0 NOTHING CODE_UNKNOWN", "1 " + ask + " PERSON_UNKNOWN", "2 " + ask + " CONSENT_SIGNATORY",
                          "3 " + ask + " DUPLICATE_IN_BATCH", "4 " + ask + " FILE_UNKNOWN",
                          "5 " + ask + " DUPLICATE_IN_BATCH", "6 " + ask + " FILE_NOT_CLEAN",
                          "7 " + ask + " DUPLICATE_IN_BATCH", "8 " + ask + " DUPLICATE_IN_BATCH"));
  EXPECT_THAT(Reasons(Record(Recording({late}))), ElementsAre("0 " + ask + " CONSENT_TOO_LONG"));
  EXPECT_THAT(Reasons(Record(Recording({lost}))), ElementsAre("0 " + ask + " FILE_UNKNOWN"));
  EXPECT_THAT(Reasons(Record(Recording({shorter}))), ElementsAre("0 " + ask + " -"));
  const auto replayed = Record(request);
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_EQ(replayed->DebugString(), response->DebugString()) << "the first answer again";
  auto other = request;
  other.mutable_consents(0)->set_relation("FATHER");
  EXPECT_EQ(ReasonOf(Record(other).status()), "REQUEST_ID_REUSED");
  const v1::Consent consent = ConsentOf(response->rows(0).name());
  EXPECT_EQ(consent.person(), "p1");
  EXPECT_EQ(consent.area(), "411728103/s1");
  EXPECT_EQ(consent.signatory(), "李秀英");
  EXPECT_EQ(DayTextOf(consent.valid_until()), "2024-09-01") << "12 months";
  EXPECT_EQ(consent.recorded_by(), "job:clerk");
  EXPECT_EQ(consent.state(), v1::CONSENT_STATE_UNSPECIFIED) << "never stored";
  EXPECT_NE(consent.name(), response->rows(1).name());
  EXPECT_EQ(ConsentOf(response->rows(1).name()).file(), consent.file()) << "one paper";
  const auto erase = Naming<ruraledu::files::v1::EraseFileRequest>(consent.file());
  EXPECT_EQ(ReasonOf(As("officer", "EraseFile", erase, &Handlers::EraseFile).status()), "FILE_REFERENCED");
}

TEST_P(ConsentHandlersTest, EachFieldIsChecked) {
  const v1::NewConsent good = Paper("p1");
  const auto refused = [&](const std::function<void(v1::NewConsent&)>& change) {
    v1::NewConsent paper = good;
    change(paper);
    return Refused(paper);
  };
  EXPECT_EQ(refused([](auto& p) { p.clear_student(); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& p) { p.clear_uses(); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& p) { p.clear_signatory(); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& p) { p.clear_signed_on(); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& p) { p.clear_file(); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& p) {
              for (int i = 0; i < 20; ++i) p.add_uses("U");
            }),
            "FIELD_TOO_MANY");
  EXPECT_EQ(refused([](auto& p) { p.set_signatory(std::string(801, 'x')); }), "FIELD_TOO_LONG");
  EXPECT_EQ(refused([](auto& p) { p.set_relation("NEIGHBOUR"); }), "CODE_UNKNOWN");
  EXPECT_EQ(refused([](auto& p) { p.clear_relation(); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& p) { *p.mutable_signed_on() = Date(20230906); }), "DATE_AHEAD");
  EXPECT_EQ(refused([](auto& p) { *p.mutable_signed_on() = Date(20230231); }), "DATE_INVALID");
  EXPECT_EQ(refused([](auto& p) { *p.mutable_valid_until() = Date(20230901); }), "SPAN_ORDER");
  EXPECT_EQ(refused([](auto& p) { *p.mutable_valid_until() = Date(20231301); }), "DATE_INVALID");
  EXPECT_EQ(ReasonOf(Record(Recording({})).status()), "FIELD_REQUIRED");
  EXPECT_EQ(ReasonOf(Record(Recording(std::vector<v1::NewConsent>(201, good))).status()), "FIELD_TOO_MANY");
  EXPECT_EQ(Refused(good), "");
}

TEST_P(ConsentHandlersTest, AConsentIsTakenBackOnce) {
  const std::string name = Consented(Paper("p1"));
  auto stale = Withdrawing(name);
  stale.set_etag("\"1\"");
  EXPECT_EQ(ReasonOf(Withdraw(stale).status()), "ETAG_MISMATCH");
  auto wordy = Withdrawing(name);
  wordy.set_reason(std::string(2001, 'x'));
  EXPECT_EQ(ReasonOf(Withdraw(wordy).status()), "FIELD_TOO_LONG");
  EXPECT_EQ(ReasonOf(Withdraw(Withdrawing(absl::StrCat(kCounty, "/consents/none"))).status()), "NOT_FOUND");
  On(9, 6);
  const auto request = Withdrawing(name);
  const auto withdrawn = Withdraw(request);
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.status();
  EXPECT_EQ(withdrawn->state(), v1::CONSENT_STATE_WITHDRAWN);
  EXPECT_TRUE(withdrawn->masked() && withdrawn->withdraw_reason().empty());
  EXPECT_EQ(DayTextOf(withdrawn->withdrawn_on()), "2023-09-06");
  EXPECT_EQ(Withdraw(request)->etag(), withdrawn->etag()) << "a replay";
  EXPECT_EQ(ReasonOf(Withdraw(Withdrawing(name)).status()), "CONSENT_OVER");
  EXPECT_EQ(ConsentOf(name).withdraw_reason(), "不再同意");
}

TEST_P(ConsentHandlersTest, ListsBeginWithWhatEndsFirst) {
  const std::string p1 = Consented(Paper("p1", {kAsk}, 20230801));
  Consented(Paper("p2", {kRefer}, 20230901));
  v1::NewConsent shorter = Paper("p3", {kAsk}, 20230801);
  *shorter.mutable_valid_until() = Date(20230905);
  Consented(shorter);
  const std::string p4 = Consented(Paper("p4", {kAsk}, 20230802));
  ASSERT_TRUE(Withdraw(Withdrawing(p4)).ok());
  const std::string ask = kAsk;
  EXPECT_THAT(Listed(), ElementsAre("p3 " + ask + " EXPIRED", "p1 " + ask + " VALID", "p4 " + ask + " WITHDRAWN",
                                    "p2 DONOR_REFERRAL VALID"));
  EXPECT_EQ(Listed([](auto& r) { r.set_page_size(1); }), Listed()) << "page by page";
  EXPECT_THAT(Listed([](auto& r) { r.set_student(Pupil("p1")); }), ElementsAre("p1 " + ask + " VALID"));
  EXPECT_THAT(Listed([](auto& r) { r.set_use(kRefer); }), ElementsAre("p2 DONOR_REFERRAL VALID"));
  EXPECT_THAT(Listed([](auto& r) { r.set_state(v1::CONSENT_STATE_EXPIRED); }), ElementsAre("p3 " + ask + " EXPIRED"));
  EXPECT_THAT(Listed([](auto& r) { r.set_state(v1::CONSENT_STATE_WITHDRAWN); }),
              ElementsAre("p4 " + ask + " WITHDRAWN"));
  EXPECT_THAT(Listed([](auto& r) { *r.mutable_ends_before() = Date(20240801); }),
              ElementsAre("p3 " + ask + " EXPIRED", "p1 " + ask + " VALID"))
      << "by the day after the last one";
  EXPECT_THAT(Listed([](auto& r) {
                *r.mutable_ends_before() = Date(20240801);
                r.set_state(v1::CONSENT_STATE_VALID);
              }),
              ElementsAre("p1 " + ask + " VALID"));
  EXPECT_THAT(Listed([](auto& r) { r.set_area("areas/411728104"); }), IsEmpty());
  EXPECT_EQ(Listed({}, "411728103/s1").size(), 4);
  EXPECT_THAT(Listed({}, "411728104"), IsEmpty()) << "a neighbour learns nothing";
  On(9, 2, 2024);
  EXPECT_THAT(Listed([](auto& r) { r.set_state(v1::CONSENT_STATE_EXPIRED); }).size(), 3) << "nobody wrote anything";
  v1::ListConsentsRequest damaged;
  damaged.set_parent(kCounty);
  *damaged.mutable_ends_before() = Date(20240230);
  EXPECT_EQ(ReasonOf(As("reader", "ListConsents", damaged, &Handlers::ListConsents).status()), "DATE_INVALID");
  v1::GetConsentRequest get;
  get.set_name(p1);
  EXPECT_EQ(As("reader", "GetConsent", get, &Handlers::GetConsent)->signatory(), "");
  EXPECT_EQ(As("reader", "GetConsent", get, &Handlers::GetConsent)->state(), v1::CONSENT_STATE_EXPIRED);
  EXPECT_EQ(ReasonOf(As("reader", "GetConsent", get, &Handlers::GetConsent, "411728104").status()),
            "PERMISSION_DENIED");
  get.set_unmask(true);
  const auto clear = [&](const std::string& role, const std::string& purpose) {
    return aid.CallAs(With(role), "GetConsent", get, &Handlers::GetConsent, purpose);
  };
  EXPECT_EQ(ReasonOf(clear("COUNTY_AID_OFFICER", "").status()), "PURPOSE_REQUIRED");
  EXPECT_EQ(ReasonOf(clear("COUNTY_AID_APPROVER", "AID_REVIEW").status()), "PERMISSION_DENIED");
  ASSERT_TRUE(clear("COUNTY_AID_OFFICER", "AID_REVIEW").ok());
  EXPECT_EQ(clear("COUNTY_AID_OFFICER", "AID_REVIEW")->signatory(), "李秀英");
  EXPECT_EQ(clear("COUNTY_AID_OFFICER", "AID_REVIEW")->state(), v1::CONSENT_STATE_EXPIRED);
}

TEST_P(ConsentHandlersTest, ANeighbourRecordsAndWithdrawsNothing) {
  const auto request = Recording({Paper("p1")});
  EXPECT_EQ(ReasonOf(As("clerk", "BatchRecordConsents", request, &Handlers::BatchRecordConsents, "411728104").status()),
            "PERMISSION_DENIED");
  auto nobody = request;
  nobody.mutable_consents(0)->set_student(Pupil("nobody"));
  EXPECT_EQ(ReasonOf(As("clerk", "BatchRecordConsents", nobody, &Handlers::BatchRecordConsents, "411728104").status()),
            "PERMISSION_DENIED")
      << "nor who there is";
  const std::string name = Consented(Paper("p1"));
  for (const std::string& wanted : {name, absl::StrCat(kCounty, "/consents/none")}) {
    EXPECT_EQ(
        ReasonOf(As("clerk", "WithdrawConsent", Withdrawing(wanted), &Handlers::WithdrawConsent, "411728104").status()),
        "PERMISSION_DENIED");
  }
}

TEST_P(ConsentHandlersTest, TheBasesAreReadAndAUseIsEvaluatedFromFactsAlone) {
  v1::ListLegalBasesRequest list;
  list.set_region_code("411728000000");
  EXPECT_EQ(As("x", "ListLegalBases", list, &Handlers::ListLegalBases)->bases_size(), 16);
  *list.mutable_on() = Date(20211031);
  EXPECT_EQ(As("x", "ListLegalBases", list, &Handlers::ListLegalBases)->bases_size(), 0);
  *list.mutable_on() = Date(20211131);
  EXPECT_EQ(ReasonOf(As("x", "ListLegalBases", list, &Handlers::ListLegalBases).status()), "DATE_INVALID");
  list.clear_on();
  list.set_region_code("411728");
  EXPECT_EQ(ReasonOf(As("x", "ListLegalBases", list, &Handlers::ListLegalBases).status()), "NAME_INVALID");
  v1::EvaluateConsentRequest request;
  request.set_region_code("411728000000");
  request.set_use(kAsk);
  *request.mutable_on() = Date(20230905);
  *request.mutable_birth_date() = Date(20110315);
  const auto evaluate = [&] { return As("x", "EvaluateConsent", request, &Handlers::EvaluateConsent); };
  ASSERT_TRUE(evaluate().ok()) << evaluate().status();
  EXPECT_EQ(evaluate()->finding(), v1::CONSENT_FINDING_NONE);
  EXPECT_TRUE(evaluate()->guardian_signs());
  v1::Consent* consent = request.add_consents();
  consent->set_use(kAsk);
  consent->set_relation("FATHER");
  EXPECT_EQ(ReasonOf(evaluate().status()), "FIELD_REQUIRED");
  *consent->mutable_signed_on() = Date(20230901);
  EXPECT_TRUE(evaluate()->allowed());
  EXPECT_EQ(evaluate()->basis().consent_months(), 12);
  *consent->mutable_withdrawn_on() = Date(20230231);
  EXPECT_EQ(ReasonOf(evaluate().status()), "DATE_INVALID");
  consent->clear_withdrawn_on();
  request.set_use("NOTHING");
  EXPECT_EQ(ReasonOf(evaluate().status()), "CODE_UNKNOWN");
  request.set_region_code("x");
  EXPECT_EQ(ReasonOf(evaluate().status()), "NAME_INVALID");
}

TEST_P(ConsentHandlersTest, ADepartmentIsAskedOnlyAboutWhomABasisIsGiven) {
  Apply(4);
  EXPECT_EQ(ReasonOf(Ask().status()), "FACT_ENQUIRY_BASIS") << "nobody agreed";
  Consented(Paper("p1"));
  v1::NewConsent ended = Paper("p2", {kAsk}, 20230801);
  *ended.mutable_valid_until() = Date(20230905);
  Consented(ended);
  ASSERT_TRUE(Withdraw(Withdrawing(Consented(Paper("p3")))).ok());
  Consented(Paper("p4", {kRefer}));
  const auto enquiry = Ask();
  ASSERT_TRUE(enquiry.ok()) << enquiry.status();
  EXPECT_EQ(enquiry->entries(), 1);
  EXPECT_EQ(enquiry->without_basis(), 3);
  EXPECT_EQ(enquiry->use(), kAsk);
  EXPECT_EQ(enquiry->basis(), v1::LEGAL_BASIS_KIND_CONSENT);
  v1::ListFactEnquiryEntriesRequest list;
  list.set_parent(kCounty);
  const auto entries = As("reader", "ListFactEnquiryEntries", list, &Handlers::ListFactEnquiryEntries);
  ASSERT_EQ(entries->entries_size(), 1);
  EXPECT_EQ(entries->entries(0).person(), "p1");
  Consented(Paper("p3"));
  EXPECT_EQ(Ask()->entries(), 1) << "p3, who agreed again; p1 was asked";
  // Where the law makes it a duty, nobody has to agree.
  aid.UseBases(ConsentTables());
  const auto duty = Ask();
  ASSERT_TRUE(duty.ok()) << duty.status();
  EXPECT_EQ(duty->entries(), 2);
  EXPECT_EQ(duty->without_basis(), 0);
  EXPECT_EQ(duty->basis(), v1::LEGAL_BASIS_KIND_STATUTORY_DUTY);
  EXPECT_EQ(ReasonOf(Ask().status()), "FACT_ENQUIRY_EMPTY");
}

TEST_P(ConsentHandlersTest, AConsentOfSomebodyWhoWasMergedCountsForWhoStays) {
  registry.Put(Student("p9", "JUN", "7"));
  ASSERT_TRUE(aid.CatchUp().ok());
  Apply(1);
  const std::string name = Consented(Paper("p9"));
  EXPECT_EQ(ReasonOf(Ask().status()), "FACT_ENQUIRY_BASIS");
  registry_v1::Student merged = Student("p9", "JUN", "7");
  merged.set_merged_into(Pupil("p1"));
  registry.Put(merged);
  ASSERT_TRUE(aid.CatchUp().ok());
  EXPECT_EQ(Line(Report().total()), "合计||||||1|1|0|0|0|0");
  const auto enquiry = Ask();
  ASSERT_TRUE(enquiry.ok()) << enquiry.status();
  EXPECT_EQ(enquiry->entries(), 1);
  EXPECT_EQ(ConsentOf(name).person(), "p9") << "references stay";
  v1::NewConsent paper = Paper("p9", {kRefer});
  EXPECT_EQ(ConsentOf(Consented(paper)).person(), "p1") << "recorded for who stays, with the file of the other";
}

TEST_P(ConsentHandlersTest, TheReportAndTheGaugesTellWhoLacksOne) {
  Apply(4);
  Consented(Paper("p1"));
  Consented(Paper("p2", {kAsk}, 20221030));  // ends in 55 days
  v1::NewConsent ended = Paper("p3", {kAsk, kRefer}, 20230801);
  *ended.mutable_valid_until() = Date(20230905);
  ASSERT_TRUE(Record(Recording({ended})).ok());
  ASSERT_TRUE(Withdraw(Withdrawing(Consented(Paper("p4")))).ok());
  const v1::Report report = Report();
  std::vector<std::string> lines;
  for (const auto& row : report.rows()) {
    EXPECT_EQ(row.cells_size(), report.columns_size());
    lines.push_back(Line(row));
  }
  const std::string school = "411728103|3241001234|常庄中心学校|";
  EXPECT_THAT(lines, ElementsAre(school + "DONOR_REFERRAL|推荐社会资助|同意|0|0|0|1|0|0",
                                 school + "ENQUIRE_CIVIL_AFFAIRS|查询|同意|4|2|1|1|1|2"));
  EXPECT_EQ(Line(report.total()), "合计||||||4|2|1|2|1|2");
  EXPECT_EQ(report.title_zh(), "个人信息授权同意情况表（遂平县，2023-2024学年）");
  EXPECT_EQ(Report("areas/411728103/s1", "411728103/s1").rows_size(), 2);
  EXPECT_EQ(Report("areas/411728104", "411728104").rows_size(), 0);
  v1::ExportReportRequest csv;
  csv.set_area("areas/411728");
  csv.set_report(v1::REPORT_KIND_CONSENTS);
  csv.set_period("2023-2024");
  csv.set_format(reports_v1::REPORT_FORMAT_CSV);
  const auto file = aid.Stream(
      rpc::MakeJobCaller("reader", "411728"), "ExportReport", csv, &Handlers::ExportReport, "",
      [](const reports_v1::ExportReportResponse& part, std::string* all) { absl::StrAppend(all, part.content()); });
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(*file, HasSubstr("缺少有效同意人数"));
  EXPECT_THAT(*file, HasSubstr("常庄中心学校,ENQUIRE_CIVIL_AFFAIRS,查询,同意,4,2,1,1,1,2"));
  EXPECT_THAT(Gauges(), HasSubstr("ruraledu_student_aid_consents_lacking{county=\"411728\"} 2"));
  EXPECT_THAT(Gauges(), HasSubstr("ruraledu_student_aid_consents_ending{county=\"411728\"} 1"));
  On(10, 30);
  EXPECT_THAT(Gauges(), HasSubstr("ruraledu_student_aid_consents_lacking{county=\"411728\"} 3")) << "p2's has ended";
  EXPECT_THAT(Gauges(), HasSubstr("ruraledu_student_aid_consents_ending{county=\"411728\"} 0"));
  aid.UseBases(ConsentTables());
  EXPECT_THAT(Gauges(), HasSubstr("ruraledu_student_aid_consents_lacking{county=\"411728\"} 0")) << "none is needed";
}

TEST_P(ConsentHandlersTest, WithThePersonTheSignatoryGoesAndThePaper) {
  const v1::NewConsent paper = Paper("p1");
  const std::string name = Consented(paper);
  ASSERT_TRUE(Withdraw(Withdrawing(name)).ok());
  registry_v1::Student student = Student("p1", "JUN", "7");
  student.set_status("GRADUATED");
  feed::KeepPublished(student);
  *student.mutable_erased_on() = Date(20240901);
  registry.Put(student);
  ASSERT_TRUE(aid.CatchUp().ok());
  RunJobs(rpc::kErasePersonJob);
  const v1::Consent erased = ConsentOf(name);
  EXPECT_TRUE(erased.signatory().empty() && erased.withdraw_reason().empty());
  EXPECT_EQ(erased.use(), kAsk) << "that there was one stays";
  EXPECT_EQ(WholeRoot<ruraledu::files::v1::File>(rpc::kFiles, paper.file()).state(),
            ruraledu::files::v1::FILE_STATE_ERASED);
}

}  // namespace
}  // namespace ruraledu::student_aid
