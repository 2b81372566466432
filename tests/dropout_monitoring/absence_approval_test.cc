// Approvals by which a child may stay away: rules, and behind their handlers on both databases.
#include "services/dropout_monitoring/absence_approval_rules.h"
#include "services/dropout_monitoring/care_store.h"
#include "services/dropout_monitoring/care_tables.h"
#include "tests/dropout_monitoring/case_fixture.h"
#include "tests/dropout_monitoring/population_book.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(AbsenceApprovalRules, TheTableIsChecked) {
  const std::string head = "kind,level,most_months,ahead_days,grace_days,evidence,label_zh,source\n";
  const std::string all = head +
                          "SUSPENSION,COUNTY,12,90,7,,a,s\nDELAY,TOWNSHIP,12,90,7,,a,s\n"
                          "EXEMPTION,COUNTY,12,90,7,A|B,a,s\nHOME_TEACHING,COUNTY,6,0,0,,a,s\n";
  const auto book = ApprovalBook::Parse(all);
  ASSERT_TRUE(book.ok()) << book.status();
  EXPECT_EQ(book->Of(v1::APPROVAL_KIND_HOME_TEACHING).most_months, 6);
  EXPECT_THAT(book->Of(v1::APPROVAL_KIND_EXEMPTION).evidence, ElementsAre("A", "B"));
  EXPECT_EQ(DecidedIn(book->Of(v1::APPROVAL_KIND_DELAY), "411728103/s1"), "411728103");
  EXPECT_EQ(DecidedIn(book->Of(v1::APPROVAL_KIND_DELAY), "411728"), "411728");
  EXPECT_EQ(DecidedIn(book->Of(v1::APPROVAL_KIND_EXEMPTION), "411728103/s1"), "411728");
  for (const std::string& wrong :
       {head, all + "DELAY,COUNTY,12,90,7,,a,s\n", all + "OTHER,COUNTY,12,90,7,,a,s\n",
        head + "DELAY,CITY,1,1,1,,a,s\n", head + "DELAY,COUNTY,0,1,1,,a,s\n", head + "DELAY,COUNTY,1,-1,1,,a,s\n",
        head + "DELAY,COUNTY,1,1,x,,a,s\n", head + "DELAY,COUNTY,1,1,1,,a,\n"}) {
    EXPECT_EQ(ReasonOf(ApprovalBook::Parse(wrong).status()), "DATA_FILE") << wrong;
  }
}

TEST(AbsenceApprovalRules, AYearAtATimeByTheCalendar) {
  const ApprovalTerm term{.kind = v1::APPROVAL_KIND_DELAY, .most_months = 12, .ahead_days = 30};
  const auto propose = [&](absl::CivilDay from, absl::CivilDay until) {
    v1::AbsenceApproval approval;
    *approval.mutable_valid_from() = DateOf(from);
    *approval.mutable_valid_until() = DateOf(until);
    return ReasonOf(ProposeApproval(term, {"a", absl::CivilDay(2023, 8, 1), ""}, &approval));
  };
  const absl::CivilDay from(2023, 8, 31);
  EXPECT_EQ(propose(from, absl::CivilDay(2024, 8, 30)), "");
  EXPECT_EQ(propose(from, absl::CivilDay(2024, 8, 31)), "APPROVAL_SPAN") << "a year and a day";
  EXPECT_EQ(propose(from, from), "");
  EXPECT_EQ(propose(from, from - 1), "APPROVAL_SPAN");
  EXPECT_EQ(propose(from + 1, from + 2), "APPROVAL_SPAN") << "31 days ahead";
}

// A paper explains that no register knows a child. It explains no absence of one that is on a roll.
TEST(AbsenceApprovalRules, WhatAnApprovalExplains) {
  using Kinds = std::vector<v1::ComparisonKind>;
  const auto left = [](Kinds kinds) {
    TakeOutApproved(&kinds);
    return kinds;
  };
  const auto supported = v1::COMPARISON_KIND_SUPPORTED_DROPOUT;
  EXPECT_THAT(left({v1::COMPARISON_KIND_NEVER_ENROLLED, supported}), IsEmpty());
  EXPECT_THAT(left({v1::COMPARISON_KIND_DOOR_TO_DOOR}), IsEmpty());
  EXPECT_THAT(left({v1::COMPARISON_KIND_NOT_ENROLLED}), IsEmpty());
  EXPECT_THAT(left({v1::COMPARISON_KIND_ON_ROLL_ABSENT, supported}),
              ElementsAre(v1::COMPARISON_KIND_ON_ROLL_ABSENT, supported));
  EXPECT_THAT(left({supported}), ElementsAre(supported)) << "out by its case";
}

class ApprovalTest : public CaseFixture, public ::testing::TestWithParam<const char*> {
 protected:
  ApprovalTest() : CaseFixture(OptionsOf(GetParam())) { On(10, 9); }

  v1::ProposeAbsenceApprovalRequest Asking(const std::string& child, v1::ApprovalKind kind, int from = 20231009,
                                           int until = 20231130) const {
    v1::ProposeAbsenceApprovalRequest request = Of<v1::ProposeAbsenceApprovalRequest>("");
    request.set_parent(kCounty);
    request.set_kind(kind);
    request.set_child(child);
    *request.mutable_valid_from() = Date(from);
    *request.mutable_valid_until() = Date(until);
    for (const char* paper : {"MEDICAL_CERTIFICATE", "COMMITTEE_OPINION"}) {
      v1::CaseEvidence* evidence = request.add_evidence();
      evidence->set_kind(paper);
      evidence->set_file_name("第1号");
    }
    return request;
  }
  absl::StatusOr<v1::AbsenceApproval> Propose(const v1::ProposeAbsenceApprovalRequest& request,
                                              const std::string& area = "411728") {
    return As("officer", area, "ProposeAbsenceApproval", request, &Handlers::ProposeAbsenceApproval);
  }
  absl::StatusOr<v1::AbsenceApproval> Decide(const v1::AbsenceApproval& proposal, bool approve = true,
                                             const std::string& by = "approver", const std::string& area = "411728") {
    v1::DecideAbsenceApprovalRequest request = Of<v1::DecideAbsenceApprovalRequest>(proposal.name());
    request.set_approve(approve);
    request.set_paper("教基〔2023〕1号");
    request.set_reason("材料不全");
    request.set_etag(proposal.etag());
    return As(by, area, "DecideAbsenceApproval", request, &Handlers::DecideAbsenceApproval);
  }
  v1::AbsenceApproval Granted(const v1::ProposeAbsenceApprovalRequest& request) {
    const auto proposed = Propose(request);
    EXPECT_TRUE(proposed.ok()) << proposed.status();
    if (!proposed.ok()) return {};
    const auto granted = Decide(*proposed);
    EXPECT_TRUE(granted.ok()) << granted.status();
    return granted.value_or(v1::AbsenceApproval());
  }
  absl::StatusOr<v1::AbsenceApproval> Withdraw(const v1::AbsenceApproval& approval,
                                               const std::string& area = "411728") {
    v1::WithdrawAbsenceApprovalRequest request = Of<v1::WithdrawAbsenceApprovalRequest>(approval.name());
    request.set_reason("误批");
    request.set_etag(approval.etag());
    return As("approver", area, "WithdrawAbsenceApproval", request, &Handlers::WithdrawAbsenceApproval);
  }
  v1::AbsenceApproval Now(const v1::AbsenceApproval& approval) {
    v1::GetAbsenceApprovalRequest request;
    request.set_name(approval.name());
    return monitoring.Call("GetAbsenceApproval", request, &Handlers::GetAbsenceApproval)
        .value_or(v1::AbsenceApproval());
  }
  void Put(const registry_v1::Student& student) {
    registry.Put(student);
    ASSERT_TRUE(monitoring.CatchUp().ok());
  }
  void Status(const std::string& person, const std::string& status) {
    registry_v1::Student student = Child(person);
    student.set_status(status);
    Put(student);
  }
  // A child of the household register, with an identity number.
  std::string Listed(const std::string& id_number) {
    EXPECT_TRUE(As("officer", "411728", "BatchRecordResidents",
                   ListOf({ResidentOf("孙小树", id_number)}, "POLICE", today), &Handlers::BatchRecordResidents)
                    .ok());
    v1::ListResidentsRequest all;
    all.set_parent(kCounty);
    return monitoring.Call("ListResidents", all, &Handlers::ListResidents)->residents(0).name();
  }
  int64_t OpenCases() {
    return *monitoring.place.database->Read([](db::Transaction& tx) -> absl::StatusOr<int64_t> {
      ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT COUNT(*) FROM dropout_case WHERE is_open = 1"));
      return row->Int(0);
    });
  }
  // In the ledger of disabled children, with an opinion of the committee of today.
  v1::DisabledChild Advised(const std::string& id, bool able) const {
    v1::DisabledChild child;
    child.set_name(absl::StrCat(kCounty, "/disabledChildren/", id));
    child.set_area("411728103/s1/k1");
    child.set_person(id);
    v1::CommitteeOpinion* opinion = child.add_opinions();
    *opinion->mutable_on() = DateOf(today);
    opinion->set_able_to_learn(able);
    return child;
  }
  void Keep(const v1::DisabledChild& child) {
    const auto sealer = monitoring.place.keys->SealerOf(kShard);
    const absl::Status put = monitoring.place.database->Write(kShard, [&](db::Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const auto before, feed::Load<v1::DisabledChild>(tx, **sealer, kDisabledChildren, kShard,
                                                                        feed::IdOfName(child.name())));
      feed::RootWriter writer(tx, **sealer, {"t", "t"});
      RETURN_IF_ERROR(writer.Put(kDisabledChildren, before.has_value() ? &*before : nullptr, child, "PUT").status());
      return writer.Finish().status();
    });
    EXPECT_TRUE(put.ok()) << put;
  }
  static std::string P(const std::string& id) { return absl::StrCat(kCounty, "/students/", id); }
};

TEST_P(ApprovalTest, IsProposedByOneAndGrantedByAnother) {
  const auto request = Asking(P("p1"), v1::APPROVAL_KIND_SUSPENSION);
  const auto proposed = Propose(request, "411728103");
  ASSERT_TRUE(proposed.ok()) << proposed.status();
  EXPECT_EQ(proposed->child_key(), "p1");
  EXPECT_EQ(proposed->state(), v1::APPROVAL_STATE_PROPOSED);
  EXPECT_FALSE(proposed->has_clock_on()) << "nobody may stay away yet";
  EXPECT_EQ(proposed->evidence_size(), 0) << "masked";
  EXPECT_EQ(Propose(request, "411728103")->name(), proposed->name()) << "a replay";
  EXPECT_EQ(Reason(Decide(*proposed, true, "officer")), "ROLE_HELD");
  EXPECT_EQ(Reason(Decide(*proposed, true, "clerk", "411728103")), "PERMISSION_DENIED")
      << "the county grants this kind";
  auto stale = *proposed;
  stale.set_etag("\"0\"");
  EXPECT_EQ(Reason(Decide(stale)), "ETAG_MISMATCH");
  const auto granted = Decide(*proposed);
  ASSERT_TRUE(granted.ok()) << granted.status();
  EXPECT_EQ(DayOf(granted->clock_on()), absl::CivilDay(2023, 12, 8)) << "seven days of grace";
  EXPECT_EQ(granted->paper(), "") << "masked";
  EXPECT_EQ(Reason(Decide(*granted)), "STATE_TRANSITION");

  const auto delayed = Propose(Asking(P("p2"), v1::APPROVAL_KIND_DELAY));
  ASSERT_TRUE(delayed.ok()) << delayed.status();
  EXPECT_EQ(Reason(Decide(*delayed, true, "clerk", "411728104")), "PERMISSION_DENIED");
  EXPECT_EQ(Decide(*delayed, true, "clerk", "411728103")->state(), v1::APPROVAL_STATE_IN_FORCE) << "by the township";
  const auto refused = Propose(Asking(P("p3"), v1::APPROVAL_KIND_DELAY));
  EXPECT_EQ(Decide(*refused, false)->state(), v1::APPROVAL_STATE_REFUSED);
  v1::DecideAbsenceApprovalRequest bare = Of<v1::DecideAbsenceApprovalRequest>(refused->name());
  bare.set_etag(refused->etag());
  for (const bool approve : {true, false}) {
    bare.set_approve(approve);
    EXPECT_EQ(Reason(As("approver", "411728", "DecideAbsenceApproval", bare, &Handlers::DecideAbsenceApproval)),
              "FIELD_REQUIRED");
  }
  v1::ListAbsenceApprovalsRequest list;
  list.set_parent(kCounty);
  list.set_kind(v1::APPROVAL_KIND_DELAY);
  list.set_state(v1::APPROVAL_STATE_REFUSED);
  const auto listed = monitoring.Call("ListAbsenceApprovals", list, &Handlers::ListAbsenceApprovals);
  ASSERT_EQ(listed->approvals_size(), 1);
  EXPECT_EQ(listed->approvals(0).child_key(), "p3");
  list.set_child("p1");
  EXPECT_EQ(monitoring.Call("ListAbsenceApprovals", list, &Handlers::ListAbsenceApprovals)->approvals_size(), 0);
}

TEST_P(ApprovalTest, WhatIsAskedForIsChecked) {
  const auto kind = v1::APPROVAL_KIND_DELAY;
  EXPECT_EQ(Reason(Propose(Asking(P("p1"), kind, 20231009, 20231008))), "APPROVAL_SPAN");
  EXPECT_EQ(Reason(Propose(Asking(P("p9"), kind))), "NOT_FOUND");
  EXPECT_EQ(Reason(Propose(Asking(absl::StrCat(kCounty, "/residents/none"), kind))), "NOT_FOUND");
  EXPECT_EQ(Reason(Propose(Asking(absl::StrCat(kCounty, "/schools/s1"), kind))), "NAME_INVALID");
  EXPECT_EQ(Reason(Propose(Asking(P("p1"), v1::APPROVAL_KIND_UNSPECIFIED))), "FIELD_REQUIRED");
  EXPECT_EQ(Reason(Propose(Asking(P("p1"), kind), "411728104")), "PERMISSION_DENIED");
  auto without = Asking(P("p1"), kind);
  without.clear_evidence();
  EXPECT_EQ(Reason(Propose(without)), "CASE_EVIDENCE");
  without.add_evidence()->set_kind("NONE");
  without.mutable_evidence(0)->set_file_name("第1号");
  EXPECT_EQ(Reason(Propose(without)), "CODE_UNKNOWN");
  without.mutable_evidence(0)->set_kind("MEDICAL_CERTIFICATE");
  without.mutable_evidence(0)->clear_file_name();
  EXPECT_EQ(Reason(Propose(without)), "FIELD_REQUIRED") << "a kind alone proves nothing";
  without.mutable_evidence(0)->set_file_name("第1号");
  *without.mutable_evidence(0)->mutable_dated_on() = Date(20231010);
  EXPECT_EQ(Reason(Propose(without)), "DATE_AHEAD");

  const auto first = Propose(Asking(P("p1"), kind));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Reason(Propose(Asking(P("p1"), kind, 20231130, 20240131))), "APPROVAL_THERE") << "the last day twice";
  EXPECT_EQ(Reason(Propose(Asking(P("p1"), kind, 20231201, 20240131))), "") << "a renewal";
  EXPECT_EQ(Reason(Propose(Asking(P("p1"), v1::APPROVAL_KIND_SUSPENSION))), "") << "another kind";
  EXPECT_EQ(Reason(Withdraw(*first, "411728104")), "PERMISSION_DENIED");
  const auto withdrawn = Withdraw(*first);
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.status();
  EXPECT_FALSE(withdrawn->has_clock_on()) << "nobody stayed away by it";
  EXPECT_EQ(Reason(Withdraw(*first)), "ETAG_MISMATCH");
  EXPECT_EQ(Reason(Withdraw(*withdrawn)), "STATE_TRANSITION");
  EXPECT_EQ(Reason(Propose(Asking(P("p1"), kind, 20231009, 20231130))), "");
}

TEST_P(ApprovalTest, NotBackAfterTheEndOpensACase) {
  Status("p1", "SUSPENDED");
  Status("p2", "SUSPENDED");
  const auto stays = Granted(Asking(P("p1"), v1::APPROVAL_KIND_SUSPENSION));
  const auto comes = Granted(Asking(P("p2"), v1::APPROVAL_KIND_SUSPENSION));
  Keep(Advised("p1", true));
  const auto twice = Granted(Asking(P("p1"), v1::APPROVAL_KIND_HOME_TEACHING));
  const auto waits = Propose(Asking(P("p3"), v1::APPROVAL_KIND_SUSPENSION));
  On(12, 7);
  Status("p2", "RETURNED");
  RunClock();
  EXPECT_EQ(Now(stays).state(), v1::APPROVAL_STATE_IN_FORCE) << "the last day of grace";
  On(12, 8);
  RunClock();
  EXPECT_EQ(Now(comes).state(), v1::APPROVAL_STATE_BACK);
  EXPECT_EQ(Now(comes).case_name(), "");
  EXPECT_EQ(Now(stays).state(), v1::APPROVAL_STATE_NOT_BACK);
  EXPECT_EQ(Now(twice).case_name(), Now(stays).case_name()) << "one open case per child";
  EXPECT_EQ(Now(*waits).state(), v1::APPROVAL_STATE_PROPOSED);
  const auto file = Whole(Now(stays).case_name());
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->person(), "p1");
  EXPECT_EQ(file->state(), v1::CASE_STATE_SUSPECTED);
  EXPECT_EQ(file->findings_size(), 2);
  RunClock();
  EXPECT_EQ(Whole(Now(stays).case_name())->findings_size(), 2) << "looked for once";
  EXPECT_EQ(OpenCases(), 1);
}

TEST_P(ApprovalTest, ARenewalHoldsWithoutAGapOnly) {
  for (const char* person : {"p1", "p2", "p3"}) Status(person, "SUSPENDED");
  const auto renewed = Granted(Asking(P("p1"), v1::APPROVAL_KIND_SUSPENSION));
  const auto gap = Granted(Asking(P("p2"), v1::APPROVAL_KIND_SUSPENSION));
  const auto taken_back = Granted(Asking(P("p3"), v1::APPROVAL_KIND_SUSPENSION));
  const auto next = Granted(Asking(P("p1"), v1::APPROVAL_KIND_SUSPENSION, 20231205, 20240229));
  Granted(Asking(P("p2"), v1::APPROVAL_KIND_SUSPENSION, 20231220, 20240229));
  const auto wrong = Granted(Asking(P("p3"), v1::APPROVAL_KIND_SUSPENSION, 20231201, 20240229));
  ASSERT_TRUE(Withdraw(wrong).ok());
  On(12, 8);
  RunClock();
  EXPECT_EQ(Now(renewed).state(), v1::APPROVAL_STATE_FOLLOWED);
  EXPECT_EQ(Now(renewed).followed_by(), next.name());
  EXPECT_EQ(Now(gap).state(), v1::APPROVAL_STATE_NOT_BACK) << "nothing allows the days until 20 December";
  EXPECT_EQ(Now(taken_back).state(), v1::APPROVAL_STATE_NOT_BACK) << "its renewal was withdrawn";
  EXPECT_EQ(Now(wrong).state(), v1::APPROVAL_STATE_NOT_BACK);
  EXPECT_EQ(OpenCases(), 2);
  On(3, 8, 2024);
  RunClock();
  EXPECT_EQ(Now(next).state(), v1::APPROVAL_STATE_NOT_BACK) << "the renewal ends, too";
  EXPECT_EQ(OpenCases(), 3);
}

TEST_P(ApprovalTest, WithdrawnAfterItBeganIsLookedAt) {
  Status("p1", "SUSPENDED");
  const auto granted = Granted(Asking(P("p1"), v1::APPROVAL_KIND_SUSPENSION, 20231009, 20240531));
  On(10, 20);
  const auto withdrawn = Withdraw(granted);
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.status();
  EXPECT_EQ(DayOf(withdrawn->clock_on()), absl::CivilDay(2023, 10, 28));
  On(10, 28);
  RunClock();
  EXPECT_EQ(Now(granted).state(), v1::APPROVAL_STATE_NOT_BACK);
  EXPECT_EQ(OpenCases(), 1);
}

TEST_P(ApprovalTest, WhoDiedMovedOrWasMergedIsNotLookedFor) {
  for (const char* person : {"p1", "p2", "p3"}) Status(person, "SUSPENDED");
  const auto died = Granted(Asking(P("p1"), v1::APPROVAL_KIND_SUSPENSION));
  const auto moved = Granted(Asking(P("p2"), v1::APPROVAL_KIND_SUSPENSION));
  const auto merged = Granted(Asking(P("p3"), v1::APPROVAL_KIND_SUSPENSION));
  Status("p1", "DECEASED");
  registry_v1::Student student = Child("p2");
  student.set_status("TRANSFERRED");
  student.set_moved_to("counties/411702/students/p2");
  Put(student);
  Put(Child("p4"));
  student = Child("p3");
  student.set_status("SUSPENDED");
  student.set_merged_into(P("p4"));
  Put(student);
  On(12, 8);
  RunClock();
  EXPECT_EQ(Now(died).state(), v1::APPROVAL_STATE_LEFT);
  EXPECT_EQ(Now(moved).state(), v1::APPROVAL_STATE_LEFT);
  EXPECT_EQ(Now(merged).state(), v1::APPROVAL_STATE_BACK) << "the record that stays attends";
  EXPECT_EQ(OpenCases(), 0);
}

TEST_P(ApprovalTest, AnApprovedPlacementFollows) {
  Status("p1", "HOME_TAUGHT");
  v1::DisabledChild child = Advised("p1", true);
  v1::Placement* placed = child.add_placements();
  placed->set_kind("HOME_TEACHING");
  placed->set_state(v1::PLACEMENT_STATE_APPROVED);
  *placed->mutable_from() = Date(20231201);
  *placed->mutable_until() = Date(20240601);
  Keep(child);
  const auto granted = Granted(Asking(P("p1"), v1::APPROVAL_KIND_HOME_TEACHING));
  On(12, 8);
  RunClock();
  EXPECT_EQ(Now(granted).state(), v1::APPROVAL_STATE_FOLLOWED);
  EXPECT_EQ(Now(granted).followed_by(), child.name());
}

// 3.1: the committee's opinion is the evidence of home teaching, not its name.
TEST_P(ApprovalTest, HomeTeachingNeedsTheOpinionOfTheCommittee) {
  const auto asked = Asking(P("p1"), v1::APPROVAL_KIND_HOME_TEACHING);
  EXPECT_EQ(Reason(Propose(asked)), "PLACEMENT_OPINION") << "nothing is known of the child";
  Keep(Advised("p1", false));
  EXPECT_EQ(Reason(Propose(asked)), "PLACEMENT_OPINION") << "not able to learn";
  Keep(Advised("p1", true));
  const auto proposed = Propose(asked);
  ASSERT_TRUE(proposed.ok()) << proposed.status();
  Keep(Advised("p1", false));
  EXPECT_EQ(Reason(Decide(*proposed)), "PLACEMENT_OPINION") << "the newest one counts on the day of the grant";
  Keep(Advised("p1", true));
  EXPECT_EQ(Reason(Decide(*proposed)), "");

  // A child that no register knows stands in the ledger under the key of the ledger.
  const std::string number = IdOf(20160301);
  const std::string listed = Listed(number);
  EXPECT_EQ(Reason(Propose(Asking(listed, v1::APPROVAL_KIND_HOME_TEACHING))), "PLACEMENT_OPINION");
  v1::ChildFile known;
  known.set_id_number(number);
  Keep(Advised(UnknownChildId(*monitoring.place.keys, known, "411728103"), true));
  EXPECT_EQ(Reason(Propose(Asking(listed, v1::APPROVAL_KIND_HOME_TEACHING))), "");
}

// XJ-1a: certificate and county confirmation, for a time. When the time is over the case goes on.
TEST_P(ApprovalTest, ACaseEndsByAnApprovalInForceOnly) {
  const auto exempt = Proposal(v1::CASE_STEP_KIND_EXEMPT, "MEDICAL_CERTIFICATE");
  const std::string name = OpenFor("p1")->name();
  EXPECT_EQ(Reason(Step(name, exempt)), "EXEMPT_UNAPPROVED");
  const auto delayed = Granted(Asking(P("p1"), v1::APPROVAL_KIND_DELAY));
  EXPECT_EQ(Reason(Step(name, exempt)), "EXEMPT_UNAPPROVED") << "a delay is no exemption";
  const auto proposed = Propose(Asking(P("p1"), v1::APPROVAL_KIND_EXEMPTION, 20231010));
  ASSERT_TRUE(proposed.ok()) << proposed.status();
  On(10, 10);
  EXPECT_EQ(Reason(Step(name, exempt)), "EXEMPT_UNAPPROVED") << "nobody granted it yet";
  ASSERT_EQ(Reason(Decide(*proposed)), "");
  On(12, 1);
  EXPECT_EQ(Reason(Step(name, exempt)), "EXEMPT_UNAPPROVED") << "over";
  On(11, 30);
  const auto stepped = Step(name, exempt);
  ASSERT_TRUE(stepped.ok()) << stepped.status();
  EXPECT_EQ(stepped->state(), v1::CASE_STATE_EXEMPT);
  ASSERT_TRUE(Withdraw(delayed).ok());
  Status("p1", "SUSPENDED");
  On(12, 8);
  RunClock();
  const auto again = Whole(name);
  EXPECT_EQ(again->state(), v1::CASE_STATE_VERIFYING) << "not back: nobody closes it as exempt";

  const std::string listed = Listed(IdOf(20160301));
  const std::string unknown(feed::IdOfName(listed));
  v1::OpenCaseRequest open = Opening("");
  open.clear_student();
  open.set_township("411728103");
  open.mutable_child()->set_display_name("孙小树");
  open.mutable_child()->set_id_number(IdOf(20160301));
  const auto opened = As("teacher", "411728", "OpenCase", open, &Handlers::OpenCase);
  ASSERT_TRUE(opened.ok()) << opened.status();
  ASSERT_EQ(opened->child_key(), unknown);
  EXPECT_EQ(Reason(Step(opened->name(), exempt)), "EXEMPT_UNAPPROVED");
  Granted(Asking(listed, v1::APPROVAL_KIND_EXEMPTION, 20231208, 20240131));
  EXPECT_EQ(Reason(Step(opened->name(), exempt)), "");
}

TEST_P(ApprovalTest, AnApprovalOfAResidentHoldsForThePupilThatItIs) {
  const std::string number = IdOf(20160301);
  Granted(Asking(Listed(number), v1::APPROVAL_KIND_EXEMPTION));
  registry_v1::Student pupil = Child("p7");
  pupil.set_id_number(number);
  pupil.set_display_name("孙小树");
  *pupil.mutable_birth_date() = Date(20160301);
  Put(pupil);
  Compared(monitoring);
  const auto opened = OpenFor("p7");
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(Reason(Step(opened->name(), Proposal(v1::CASE_STEP_KIND_EXEMPT, "MEDICAL_CERTIFICATE"))), "");
}

TEST_P(ApprovalTest, WhoMayStayAwayIsNoFinding) {
  const std::string child = Listed(IdOf(20160301));
  const auto approval = Granted(Asking(child, v1::APPROVAL_KIND_DELAY));
  EXPECT_EQ(Compared(monitoring).kinds_size(), 0);
  On(12, 8);
  RunClock();
  EXPECT_EQ(Now(approval).state(), v1::APPROVAL_STATE_NOT_BACK);
  const auto file = Whole(Now(approval).case_name());
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->child().display_name(), "孙小树");
  const v1::ComparisonRun run = Compared(monitoring);
  ASSERT_EQ(run.kinds_size(), 1);
  EXPECT_EQ(run.kinds(0).kind(), v1::COMPARISON_KIND_NEVER_ENROLLED);
  EXPECT_EQ(run.cases_opened(), 0) << "the case is open already";
}

TEST_P(ApprovalTest, AChildOfAListThatIsAPupilByNow) {
  const std::string number = IdOf(20160301);
  const std::string child = Listed(number);
  const auto approval = Granted(Asking(child, v1::APPROVAL_KIND_DELAY));
  registry_v1::Student pupil = Child("p7");
  pupil.set_id_number(number);
  Put(pupil);
  On(12, 8);
  RunClock();
  EXPECT_EQ(Now(approval).state(), v1::APPROVAL_STATE_BACK) << "found by its number, before any comparison";
  EXPECT_EQ(OpenCases(), 0);
}

TEST_P(ApprovalTest, AnErasedChildLeavesNoPapers) {
  const auto granted = Granted(Asking(P("p1"), v1::APPROVAL_KIND_SUSPENSION));
  const auto paper = [&] {
    return monitoring.place.database->Read([&](db::Transaction& tx) -> absl::StatusOr<std::string> {
      ASSIGN_OR_RETURN(const auto sealer, monitoring.place.keys->SealerOf(kShard));
      v1::AbsenceApproval whole;
      const feed::OwnRoot* kind = nullptr;
      for (const feed::OwnRoot& one : OwnKinds()) {
        if (one.table->collection == "absenceApprovals") kind = &one;
      }
      ASSIGN_OR_RETURN(const bool found,
                       feed::LoadRoot(tx, *sealer, *kind->table, kShard, feed::IdOfName(granted.name()), &whole));
      return found ? whole.paper() : "gone";
    });
  };
  ASSERT_EQ(*paper(), "教基〔2023〕1号");
  registry_v1::Student erased = Child("p1");
  feed::KeepPublished(erased);
  *erased.mutable_erased_on() = DateOf(today);
  Put(erased);
  const auto jobs = monitoring.place.database->Read(
      [](db::Transaction& tx) { return db::ListJobs(tx, kShard, rpc::kErasePersonJob, "", 10); });
  ASSERT_EQ(jobs->size(), 1);
  ASSERT_TRUE(monitoring.Turn(kShard, jobs->front().id).ok());
  EXPECT_EQ(*paper(), "");
  On(12, 8);
  RunClock();
  EXPECT_EQ(Now(granted).state(), v1::APPROVAL_STATE_LEFT);
}

INSTANTIATE_TEST_SUITE_P(Databases, ApprovalTest, ::testing::Values("SQLite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ruraledu::dropout_monitoring
