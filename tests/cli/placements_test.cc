// placements: which call each command makes, and what it shows.
#include "ruraledu/dropout_monitoring/v1/committee.pb.h"
#include "ruraledu/dropout_monitoring/v1/placement.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr char kChild[] = "counties/411728/disabledChildren/p1";

class PlacementsTest : public CliTest {
 protected:
  static v1::DisabledChild One() {
    v1::DisabledChild child;
    child.set_name(kChild);
    child.add_placements()->set_kind("SPECIAL_SCHOOL");
    child.add_placements()->set_kind("HOME_TEACHING");
    child.mutable_placements(1)->set_state(v1::PLACEMENT_STATE_PROPOSED);
    return child;
  }
};

TEST_F(PlacementsTest, AChildIsEnteredWithOrWithoutAStudent) {
  const auto put = Monitors<v1::PutDisabledChildRequest>("PutDisabledChild", One());
  const std::string shown = Done({"placements", "put", "--student", "counties/411728/students/p1", "--kind", "5",
                                  "--grade", "2", "--certificate", "41172820140315123154"});
  for (const char* text : {kChild, "HOME_TEACHING", "PROPOSED"}) EXPECT_HAS(shown, text);
  EXPECT_ASKED(put, R"pb(parent: "counties/411728"
                         student: "counties/411728/students/p1"
                         disability { kind: "5" grade: "2" certificate: "41172820140315123154" })pb");
  const std::string child = Write("child.json", R"({"displayName": "李小红", "birthDate": {"year": 2016}})");
  Done({"placements", "put", "--child", child, "--township", "411728103", "--kind", "1", "--grade", "3"});
  EXPECT_ASKED(put, R"pb(parent: "counties/411728"
                         child {
                           display_name: "李小红"
                           birth_date { year: 2016 }
                         }
                         township: "411728103"
                         disability { kind: "1" grade: "3" })pb");
  EXPECT_EQ(Run({"placements", "put", "--student", "x", "--child", child, "--kind", "1", "--grade", "3"}).code, 2);
  const auto got = Monitors<v1::GetDisabledChildRequest>("GetDisabledChild", One());
  EXPECT_HAS(Done({"placements", "show", kChild, "--unmask", "--purpose", "PLACEMENT"}), "SPECIAL_SCHOOL");
  EXPECT_ASKED(got, R"pb(name: "counties/411728/disabledChildren/p1" unmask: true)pb");
  EXPECT_EQ(purpose_, "PLACEMENT");
}

TEST_F(PlacementsTest, OnePersonProposesAndAnotherDecides) {
  const auto proposed = Monitors<v1::ProposePlacementRequest>("ProposePlacement", One());
  Done({"placements", "propose",
        kChild,       "HOME_TEACHING",
        "--school",   "counties/411728/schools/s1",
        "--from",     "2026-09-01",
        "--until",    "2027-07-10",
        "--lessons",  "4",
        "--teacher",  "王老师",
        "--teacher",  "赵老师",
        "--content",  "语言训练",
        "--evidence", "MEDICAL_CERTIFICATE=诊断1号@2026-08-20",
        "--etag",     "\"7\""});
  EXPECT_ASKED(proposed, R"pb(name: "counties/411728/disabledChildren/p1"
                              placement {
                                kind: "HOME_TEACHING"
                                school: "counties/411728/schools/s1"
                                from { year: 2026 month: 9 day: 1 }
                                until { year: 2027 month: 7 day: 10 }
                                plan { lessons_per_week: 4 teachers: "王老师" teachers: "赵老师" content: "语言训练" }
                                evidence {
                                  kind: "MEDICAL_CERTIFICATE"
                                  file_name: "诊断1号"
                                  dated_on { year: 2026 month: 8 day: 20 }
                                }
                              }
                              etag: "\"7\"")pb");
  Done({"placements", "propose", kChild, "INCLUSIVE_CLASS", "--from", "2026-09-01"});
  EXPECT_FALSE(proposed->placement().has_plan());
  EXPECT_FALSE(proposed->placement().has_until());
  const auto decided = Monitors<v1::DecidePlacementRequest>("DecidePlacement", One());
  Done({"placements", "decide", kChild, "--decision", "accept", "--etag", "\"7\""});
  EXPECT_ASKED(decided, R"pb(name: "counties/411728/disabledChildren/p1" approve: true etag: "\"7\"")pb");
  Done({"placements", "decide", kChild, "--decision", "reject", "--reason", "无计划"});
  EXPECT_ASKED(decided, R"pb(name: "counties/411728/disabledChildren/p1" reason: "无计划")pb");
  const auto opinion = Monitors<v1::RecordCommitteeOpinionRequest>("RecordCommitteeOpinion", One());
  Done({"placements", "opinion", kChild, "--on", "2026-08-25", "--member", "陈医生", "--member", "刘校长", "--learns",
        "yes", "--advises", "HOME_TEACHING", "--text", "可学习", "--etag", "\"7\""});
  EXPECT_ASKED(opinion, R"pb(name: "counties/411728/disabledChildren/p1"
                             opinion {
                               on { year: 2026 month: 8 day: 25 }
                               members: "陈医生"
                               members: "刘校长"
                               able_to_learn: true
                               advised_kind: "HOME_TEACHING"
                               text: "可学习"
                             }
                             etag: "\"7\"")pb");
  Done({"placements", "opinion", kChild, "--on", "2026-08-25", "--member", "a", "--member", "b", "--learns", "no",
        "--advises", "NO_CONDITION"});
  EXPECT_FALSE(opinion->opinion().able_to_learn());
  EXPECT_EQ(Run({"placements", "opinion", kChild, "--on", "2026-08-25", "--member", "a", "--advises", "x"}).code, 2);
}

TEST_F(PlacementsTest, TheCommitteeLooksOnceAYear) {
  v1::ListCommitteeDueResponse all;
  v1::CommitteeDue* due = all.add_children();
  due->set_child(kChild);
  due->set_task(v1::COMMITTEE_TASK_TRANSITION);
  due->set_overdue(true);
  const auto listed = Monitors<v1::ListCommitteeDueRequest>("ListCommitteeDue", all);
  const std::string shown =
      Done({"placements", "committee", "list", "--area", "411728103", "--task", "TRANSITION", "--overdue"});
  for (const char* text : {kChild, "TRANSITION", "yes"}) EXPECT_HAS(shown, text);
  EXPECT_ASKED(listed, R"pb(parent: "counties/411728"
                            area: "areas/411728103"
                            task: COMMITTEE_TASK_TRANSITION
                            overdue_only: true
                            page_size: 50)pb");
  v1::CommitteeReview review;
  review.set_name("counties/411728/committeeReviews/2026-2027.p1");
  review.set_state(v1::COMMITTEE_REVIEW_STATE_ENTERED);
  const auto entered = Monitors<v1::EnterCommitteeReviewRequest>("EnterCommitteeReview", review);
  EXPECT_HAS(Done({"placements",      "committee", "enter",      kChild,         "CHANGE",   "--on",   "2026-10-20",
                   "--member",        "陈医生",    "--member",   "刘校长",       "--learns", "yes",    "--advises",
                   "INCLUSIVE_CLASS", "--text",    "可随班就读", "--correction", "录入有误", "--etag", "\"7\""}),
             "ENTERED");
  EXPECT_ASKED(entered, R"pb(name: "counties/411728/disabledChildren/p1"
                             opinion {
                               on { year: 2026 month: 10 day: 20 }
                               members: "陈医生"
                               members: "刘校长"
                               able_to_learn: true
                               advised_kind: "INCLUSIVE_CLASS"
                               text: "可随班就读"
                             }
                             recommendation: "CHANGE"
                             correction_reason: "录入有误"
                             etag: "\"7\"")pb");
  const auto decided = Monitors<v1::DecideCommitteeReviewRequest>("DecideCommitteeReview", review);
  Done({"placements", "committee", "decide", review.name(), "--decision", "accept", "--etag", "\"8\""});
  EXPECT_ASKED(decided, R"pb(name: "counties/411728/committeeReviews/2026-2027.p1" confirm: true etag: "\"8\"")pb");
  Done({"placements", "committee", "decide", review.name(), "--decision", "reject", "--reason", "缺评估", "--etag",
        "\"8\""});
  EXPECT_ASKED(decided, R"pb(name: "counties/411728/committeeReviews/2026-2027.p1" reason: "缺评估" etag: "\"8\"")pb");
  const auto got = Monitors<v1::GetCommitteeReviewRequest>("GetCommitteeReview", review);
  Done({"placements", "committee", "show", review.name(), "--unmask", "--purpose", "PLACEMENT"});
  EXPECT_ASKED(got, R"pb(name: "counties/411728/committeeReviews/2026-2027.p1" unmask: true)pb");
}

TEST_F(PlacementsTest, LessonsAtHome) {
  v1::HomeLesson lesson;
  lesson.set_name("counties/411728/homeLessons/l1");
  lesson.set_lessons(3);
  const auto recorded = Monitors<v1::RecordHomeLessonRequest>("RecordHomeLesson", lesson);
  EXPECT_HAS(Done({"placements", "lessons", "record", kChild, "--on", "2026-09-08", "--lessons", "3", "--teacher",
                   "王老师", "--note", "认识数字"}),
             "homeLessons/l1");
  EXPECT_ASKED(recorded, R"pb(parent: "counties/411728"
                              lesson {
                                child: "counties/411728/disabledChildren/p1"
                                on { year: 2026 month: 9 day: 8 }
                                lessons: 3
                                teacher: "王老师"
                                note: "认识数字"
                              })pb");
  v1::ListHomeLessonsResponse all;
  *all.add_lessons() = lesson;
  const auto listed = Monitors<v1::ListHomeLessonsRequest>("ListHomeLessons", all);
  EXPECT_HAS(Done({"placements", "lessons", "list", "--child", kChild, "--area", "411728103"}), "homeLessons/l1");
  EXPECT_ASKED(listed, R"pb(parent: "counties/411728"
                            area: "areas/411728103"
                            child: "counties/411728/disabledChildren/p1"
                            page_size: 50)pb");
}

TEST_F(PlacementsTest, RulesAreShownAndAsked) {
  v1::ListPlacementPoliciesResponse all;
  all.add_policies()->set_name("placementPolicies/CN.2017-05-01");
  all.mutable_policies(0)->set_gap_days(14);
  all.add_kinds()->set_label_zh("随班就读");
  Monitors<v1::ListPlacementPoliciesRequest>("ListPlacementPolicies", all);
  const std::string table = Done({"placements", "policies"});
  for (const char* text : {"CN.2017-05-01", "14", "随班就读"}) EXPECT_HAS(table, text);
  v1::EvaluatePlacementResponse answer;
  answer.add_findings()->set_code("LESSONS_SHORT");
  const auto asked = Monitors<v1::EvaluatePlacementRequest>("EvaluatePlacement", answer);
  const std::string facts = Write("facts.json", R"({"regionCode": "411728000000", "lessons": [{"lessons": 2}]})");
  EXPECT_HAS(Done({"placements", "evaluate", "--facts", facts}), "LESSONS_SHORT");
  EXPECT_ASKED(asked, R"pb(region_code: "411728000000"
                           lessons { lessons: 2 })pb");
}

}  // namespace
}  // namespace ruraledu::cli
