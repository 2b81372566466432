// cases: which call each command makes, and what it shows.
#include "ruraledu/dropout_monitoring/v1/case_requests.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr char kName[] = "counties/411728/cases/c1";

class CasesTest : public CliTest {
 protected:
  static v1::Case One() {
    v1::Case file;
    file.set_name(kName);
    file.set_number("411728-2026-000012");
    file.set_state(v1::CASE_STATE_PERSUADING);
    file.set_action(v1::CASE_ACTION_LEGAL_STEP);
    return file;
  }
};

TEST_F(CasesTest, ACaseIsOpenedForAPupilOrForAChildThatNoRegisterKnows) {
  const auto opened = Monitors<v1::OpenCaseRequest>("OpenCase", One());
  const std::string shown =
      Done({"cases", "open", "--student", "counties/411728/students/p1", "--channel", "REPORT", "--found", "2026-10-09",
            "--attended", "2026-09-25", "--sibling-of", "counties/411728/cases/c0"});
  for (const char* text : {kName, "411728-2026-000012", "PERSUADING", "LEGAL_STEP"}) EXPECT_HAS(shown, text);
  EXPECT_ASKED(opened, R"pb(parent: "counties/411728"
                            student: "counties/411728/students/p1"
                            channel: DISCOVERY_CHANNEL_REPORT
                            discovered_on { year: 2026 month: 10 day: 9 }
                            last_attended_on { year: 2026 month: 9 day: 25 }
                            sibling_of: "counties/411728/cases/c0")pb");
  const std::string child =
      Write("child.json", R"({"displayName": "李小红", "sex": "2", "birthDate": {"year": 2016}})");
  Done({"cases", "open", "--child", child, "--township", "411728103", "--channel", "HOUSE_VISIT", "--found",
        "2026-10-09", "--county", "411729"});
  EXPECT_ASKED(opened, R"pb(parent: "counties/411729"
                            child {
                              display_name: "李小红"
                              sex: "2"
                              birth_date { year: 2016 }
                            }
                            township: "411728103"
                            channel: DISCOVERY_CHANNEL_HOUSE_VISIT
                            discovered_on { year: 2026 month: 10 day: 9 })pb");
  EXPECT_EQ(Run({"cases", "open", "--channel", "RUMOUR", "--found", "2026-10-09"}).code, 2);
  EXPECT_EQ(Run({"cases", "open", "--channel", "REPORT", "--found", "9 October"}).code, 3);
}

TEST_F(CasesTest, OnlyWhatIsOnTheCommandLineIsChanged) {
  const auto updated = Monitors<v1::UpdateCaseRequest>("UpdateCase", One());
  Done({"cases", "update", kName, "--reason-code", "03", "--poverty", "no", "--measures", "", "--role",
        "SCHOOL=王老师,13800000000", "--role", "TOWNSHIP=李主任", "--etag", "\"7\""});
  EXPECT_ASKED(updated,
               R"pb(case_file {
                      name: "counties/411728/cases/c1"
                      etag: "\"7\""
                      reason_code: "03"
                      roles { slot: "SCHOOL" display_name: "王老师" phone: "13800000000" }
                      roles { slot: "TOWNSHIP" display_name: "李主任" }
                    }
                    update_mask { paths: "measures" paths: "poverty_caused" paths: "reason_code" paths: "roles" })pb");
  Done({"cases", "update", kName, "--poverty", "yes", "--placement", "SPECIAL_SCHOOL", "--officer", "t9"});
  EXPECT_ASKED(
      updated,
      R"pb(case_file { name: "counties/411728/cases/c1" poverty_caused: true placement: "SPECIAL_SCHOOL" officer: "t9" }
           update_mask { paths: "officer" paths: "placement" paths: "poverty_caused" })pb");
  EXPECT_EQ(Run({"cases", "update", kName}).code, 3) << "nothing is to be changed";
  EXPECT_EQ(Run({"cases", "update", kName, "--role", "王老师"}).code, 3);
  const auto verified = Monitors<v1::VerifyCaseRequest>("VerifyCase", One());
  Done({"cases", "verify", kName, "--etag", "\"8\""});
  EXPECT_ASKED(verified, R"pb(name: "counties/411728/cases/c1" etag: "\"8\"")pb");
}

TEST_F(CasesTest, ContactsAndWhatOnePersonProposesAndAnotherDecides) {
  const auto contact = Monitors<v1::RecordContactRequest>("RecordContact", One());
  Done({"cases",     "contact",        kName,        "--on",   "2026-10-12", "--means", "VISIT",
        "--outcome", "REFUSED_FAMILY", "--place",    "家中",   "--with",     "王老师",  "--with",
        "张书记",    "--result",       "要外出打工", "--next", "再访",       "--etag",  "\"7\""});
  EXPECT_ASKED(contact, R"pb(name: "counties/411728/cases/c1"
                             contact {
                               on { year: 2026 month: 10 day: 12 }
                               means: "VISIT"
                               outcome: "REFUSED_FAMILY"
                               place: "家中"
                               people: "王老师"
                               people: "张书记"
                               result: "要外出打工"
                               next_step: "再访"
                             }
                             etag: "\"7\"")pb");
  const auto proposed = Monitors<v1::ProposeCaseStepRequest>("ProposeCaseStep", One());
  Done({"cases",
        "propose",
        kName,
        "MOVE",
        "--reason",
        "已转学",
        "--evidence",
        "DESTINATION_CONFIRMATION=回函=3号@2026-10-20",
        "--evidence",
        "VISIT_RECORD",
        "--evidence",
        "OTHER=counties/411728/files/f1",
        "--destination",
        "counties/411728/schools/s2",
        "--destination-text",
        "郑州某校",
        "--aid",
        "counties/411728/decisions/d1",
        "--etag",
        "\"7\""});
  EXPECT_ASKED(proposed, R"pb(name: "counties/411728/cases/c1"
                              proposal {
                                kind: CASE_STEP_KIND_MOVE
                                reason: "已转学"
                                evidence {
                                  kind: "DESTINATION_CONFIRMATION"
                                  file_name: "回函=3号"
                                  dated_on { year: 2026 month: 10 day: 20 }
                                }
                                evidence { kind: "VISIT_RECORD" }
                                evidence { kind: "OTHER" file_name: "counties/411728/files/f1" }
                                destination: "counties/411728/schools/s2"
                                destination_text: "郑州某校"
                                aid_decision: "counties/411728/decisions/d1"
                              }
                              etag: "\"7\"")pb");
  EXPECT_EQ(Run({"cases", "propose", kName, "MOVE", "--evidence", "OTHER=x@soon"}).code, 3);
  const auto decided = Monitors<v1::DecideCaseStepRequest>("DecideCaseStep", One());
  Done({"cases", "decide", kName, "CLOSE", "--decision", "accept", "--etag", "\"9\""});
  EXPECT_ASKED(decided,
               R"pb(name: "counties/411728/cases/c1" kind: CASE_STEP_KIND_CLOSE accept: true etag: "\"9\"")pb");
  Done({"cases", "decide", kName, "MOVE", "--decision", "reject", "--reason", "无回执"});
  EXPECT_ASKED(decided, R"pb(name: "counties/411728/cases/c1" kind: CASE_STEP_KIND_MOVE reason: "无回执")pb");
  EXPECT_EQ(Run({"cases", "decide", kName, "MOVE"}).code, 2) << "nobody decides by leaving the decision out";
}

TEST_F(CasesTest, LegalStepsAndTheirDocuments) {
  const auto issued = Monitors<v1::IssueLegalStepRequest>("IssueLegalStep", One());
  Done({"cases", "legal", kName, "LEGAL_1", "--days", "7", "--record", "EDUCATION_RECORD=谈话1号@2026-10-21",
        "--record", "ORDER=令1号", "--etag", "\"7\""});
  EXPECT_ASKED(issued, R"pb(name: "counties/411728/cases/c1"
                            kind: LEGAL_STEP_KIND_LEGAL_1
                            term_days: 7
                            records {
                              kind: "EDUCATION_RECORD"
                              file_name: "谈话1号"
                              dated_on { year: 2026 month: 10 day: 21 }
                            }
                            records { kind: "ORDER" file_name: "令1号" }
                            etag: "\"7\"")pb");
  v1::RenderLegalDocumentResponse document;
  document.set_content("PK document");
  const auto rendered = Monitors<v1::RenderLegalDocumentRequest>("RenderLegalDocument", document);
  const std::string path = Path("order.docx");
  EXPECT_EQ(Run({"cases", "document", kName, "LEGAL_1", "--out", path}).code, 2) << "no purpose";
  EXPECT_HAS(Done({"cases", "document", kName, "LEGAL_1", "--out", path, "--purpose", "DROPOUT_CONTROL"}), "11 bytes");
  EXPECT_ASKED(rendered, R"pb(name: "counties/411728/cases/c1" kind: LEGAL_STEP_KIND_LEGAL_1)pb");
  EXPECT_EQ(purpose_, "DROPOUT_CONTROL");
  std::stringstream content;
  content << std::ifstream(path).rdbuf();
  EXPECT_EQ(content.str(), "PK document");
  EXPECT_EQ(std::filesystem::status(path).permissions() & std::filesystem::perms::mask,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  rendered->Clear();
  EXPECT_HAS(Run({"cases", "document", kName, "LEGAL_1", "--out", path, "--purpose", "x"}).err, "FILE_EXISTS");
  EXPECT_EQ(rendered->name(), "") << "what cannot be written is not read";
}

TEST_F(CasesTest, TheReturnAndTheHandOver) {
  const auto returned = Monitors<v1::RecordReturnRequest>("RecordReturn", One());
  Done({"cases", "return", kName, "--on", "2026-11-02", "--placement", "ORIGINAL_CLASS", "--etag", "\"7\""});
  EXPECT_ASKED(returned, R"pb(name: "counties/411728/cases/c1"
                              returned_on { year: 2026 month: 11 day: 2 }
                              placement: "ORIGINAL_CLASS"
                              etag: "\"7\"")pb");
  const auto looked = Monitors<v1::RecordFollowUpRequest>("RecordFollowUp", One());
  Done({"cases", "follow-up", kName, "--seen", "present", "--on", "2026-11-09", "--note", "适应良好", "--etag",
        "\"7\""});
  EXPECT_ASKED(looked, R"pb(name: "counties/411728/cases/c1"
                            follow_up {
                              on { year: 2026 month: 11 day: 9 }
                              present: true
                              note: "适应良好"
                            }
                            etag: "\"7\"")pb");
  Done({"cases", "follow-up", kName, "--seen", "absent"});
  EXPECT_ASKED(looked, R"pb(name: "counties/411728/cases/c1"
                            follow_up {})pb");
  EXPECT_EQ(Run({"cases", "follow-up", kName}).code, 2) << "absent is said, not left out";
  const auto offered = Monitors<v1::OfferHandOverRequest>("OfferHandOver", One());
  Done({"cases", "offer", kName, "--to", "TOWNSHIP", "--area", "411728103", "--officer", "t9", "--reason", "户籍在该镇",
        "--etag", "\"7\""});
  EXPECT_ASKED(offered,
               R"pb(name: "counties/411728/cases/c1"
                    hand_over { level: AUTHORITY_LEVEL_TOWNSHIP area: "411728103" officer: "t9" reason: "户籍在该镇" }
                    etag: "\"7\"")pb");
  const auto answered = Monitors<v1::AnswerHandOverRequest>("AnswerHandOver", One());
  Done({"cases", "answer", kName, "--decision", "accept", "--officer", "t8", "--etag", "\"7\""});
  EXPECT_ASKED(answered, R"pb(name: "counties/411728/cases/c1" accept: true officer: "t8" etag: "\"7\"")pb");
  Done({"cases", "answer", kName, "--decision", "reject", "--reason", "不在本镇"});
  EXPECT_ASKED(answered, R"pb(name: "counties/411728/cases/c1" reason: "不在本镇")pb");
}

TEST_F(CasesTest, ListsAndOneCaseInFull) {
  v1::ListCasesResponse all;
  *all.add_cases() = One();
  const auto listed = Monitors<v1::ListCasesRequest>("ListCases", all);
  EXPECT_HAS(Done({"cases", "list", "--state", "LEGAL_1", "--student", "p1", "--led", "--offered", "--open", "--area",
                   "411728103", "--limit", "7"}),
             kName);
  EXPECT_ASKED(listed, R"pb(parent: "counties/411728"
                            area: "areas/411728103"
                            state: CASE_STATE_LEGAL_1
                            open_only: true
                            student: "p1"
                            led_by_caller: true
                            offered_to_caller: true
                            page_size: 7)pb");
  v1::ListNextActionsResponse actions;
  actions.add_actions()->set_action(v1::CASE_ACTION_FOLLOW_UP);
  const auto due = Monitors<v1::ListNextActionsRequest>("ListNextActions", actions);
  EXPECT_HAS(Done({"cases", "actions", "--officer", "t9", "--due-by", "2026-10-31"}), "FOLLOW_UP");
  EXPECT_ASKED(due, R"pb(parent: "counties/411728"
                         officer: "t9"
                         due_by { year: 2026 month: 10 day: 31 }
                         page_size: 50)pb");
  v1::ListEscalationsResponse told;
  v1::IssuedEscalation* one = told.add_escalations();
  one->set_case_name(kName);
  one->set_days_late(31);
  one->mutable_escalation()->set_level(v1::AUTHORITY_LEVEL_CITY);
  one->mutable_escalation()->set_paper("CIRCULAR");
  const auto escalated = Monitors<v1::ListEscalationsRequest>("ListEscalations", told);
  const std::string rungs =
      Done({"cases", "escalations", "--level", "CITY", "--area", "411728103", "--from", "2026-10-01"});
  for (const char* text : {kName, "CITY", "CIRCULAR", "31", "否 no"}) EXPECT_HAS(rungs, text);
  EXPECT_ASKED(escalated, R"pb(parent: "counties/411728"
                               area: "areas/411728103"
                               level: AUTHORITY_LEVEL_CITY
                               issued_from { year: 2026 month: 10 day: 1 }
                               page_size: 50)pb");
  EXPECT_EQ(Run({"cases", "escalations", "--level", "MOON"}).code, 2);
  v1::RenderEscalationPaperResponse paper;
  paper.set_content("PK paper");
  const auto rendered = Monitors<v1::RenderEscalationPaperRequest>("RenderEscalationPaper", paper);
  EXPECT_EQ(Run({"cases", "escalation-paper", kName, "--rung", "4", "--out", Path("p.docx")}).code, 2) << "no action";
  EXPECT_HAS(
      Done({"cases", "escalation-paper", kName, "--action-number", "3", "--rung", "4", "--out", Path("paper.docx")}),
      "8 bytes");
  EXPECT_ASKED(rendered, R"pb(name: "counties/411728/cases/c1" action_number: 3 rung: 4)pb");
  v1::Case full = One();
  full.add_contacts()->set_result("要外出打工");
  const auto shown = Monitors<v1::GetCaseRequest>("GetCase", full);
  EXPECT_HAS(Done({"cases", "show", kName, "--unmask", "--purpose", "DROPOUT_CONTROL"}), "要外出打工");
  EXPECT_ASKED(shown, R"pb(name: "counties/411728/cases/c1" unmask: true)pb");
  EXPECT_EQ(purpose_, "DROPOUT_CONTROL");
  Done({"cases", "show", kName});
  EXPECT_FALSE(shown->unmask());
  EXPECT_EQ(Run({"cases", "show", kName, "--unmask"}).code, 2) << "no purpose";
  v1::ListSiblingsAtRiskResponse siblings;
  siblings.add_siblings()->set_open_case("counties/411728/cases/c2");
  const auto asked = Monitors<v1::ListSiblingsAtRiskRequest>("ListSiblingsAtRisk", siblings);
  EXPECT_HAS(Done({"cases", "siblings", kName}), "counties/411728/cases/c2");
  EXPECT_EQ(asked->name(), kName);
}

TEST_F(CasesTest, RulesAreShownAndAsked) {
  v1::ListCasePoliciesResponse policies;
  v1::CasePolicy* policy = policies.add_policies();
  policy->set_name("casePolicies/CN@1");
  policy->set_stable_days(40);
  v1::LadderRung* rung = policy->add_ladder();
  rung->set_rung(2);
  rung->set_level(v1::AUTHORITY_LEVEL_CITY);
  rung->set_paper("SUPERVISION");
  const auto listed = Monitors<v1::ListCasePoliciesRequest>("ListCasePolicies", policies);
  const std::string table = Done({"cases", "policies", "--region", "411728000000", "--on", "2026-09-01"});
  for (const char* text : {"CN@1", "40", "CITY SUPERVISION"}) EXPECT_HAS(table, text);
  EXPECT_ASKED(listed, R"pb(region_code: "411728000000"
                            on { year: 2026 month: 9 day: 1 })pb");
  v1::EvaluateCaseResponse answer;
  answer.add_events()->set_event("confirm");
  const auto asked = Monitors<v1::EvaluateCaseRequest>("EvaluateCase", answer);
  const std::string facts = Write("facts.json", R"({"facts": {"runDays": 15}, "regionCode": "411728000000"})");
  EXPECT_HAS(Done({"cases", "evaluate", "--facts", facts}), "confirm");
  EXPECT_ASKED(asked, R"pb(facts { run_days: 15 }
                           region_code: "411728000000")pb");
  EXPECT_EQ(Run({"cases", "evaluate", "--facts", Write("wrong.json", "{\"fact\": 1}")}).code, 3);
}

}  // namespace
}  // namespace ruraledu::cli
