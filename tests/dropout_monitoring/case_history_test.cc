// Random histories of calls and clock jumps on the handlers, many children at once, against the model of
// case_model.h: a call is accepted exactly when the model accepts it and leads to the model's state; no legal step is
// skipped, nothing is closed without evidence and two persons, no child has two open cases, each reminder comes on its
// day and once.
//
// RURALEDU_CASE_SEED repeats a run, RURALEDU_CASE_CHILDREN makes it larger.
#include <iostream>
#include <random>

#include "common/base/enum_text.h"
#include "services/dropout_monitoring/case_writes.h"
#include "tests/dropout_monitoring/case_fixture.h"
#include "tests/dropout_monitoring/case_model.h"
#include "tests/lib/setting.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kChildren = 60;
constexpr int kDays = 60;

using testlib::Setting;

class CaseHandlerHistories : public CaseFixture, public ::testing::Test {
 protected:
  struct Told {
    std::string person, name;  // of the open case; "" none
    bool approved = false;     // may stay away for as long as the histories last
    Model model;
    Reminders reminders;
  };

  void SetUp() override {
    for (int64_t i = 0; i < Setting("RURALEDU_CASE_CHILDREN", kChildren); ++i) {
      Told& told = children.emplace_back();
      told.person = absl::StrCat("h", i);
      registry.Put(Child(told.person));
    }
    registry.Put(CalendarYear(2024));
    ASSERT_TRUE(monitoring.CatchUp().ok());
    for (size_t i = 0; i < children.size(); i += 2) {
      children[i].approved = true;
      Approve(children[i].person, today, today + 360);
    }
  }
  int Below(int limit) { return static_cast<int>(random() % static_cast<uint64_t>(limit)); }

  void Expect(const Told& told, bool accepted, const absl::Status& status, const char* what) {
    EXPECT_EQ(status.ok(), accepted) << what << " of " << told.person << " in " << told.model.state << ": " << status;
    if (status.ok()) ++done[what];
  }

  // A finding by somebody; or by the job, which knows the run.
  void Find(Told& told) {
    const bool fresh = told.name.empty();
    if (Below(2) == 0) {
      const auto opened = OpenFor(told.person);
      ASSERT_TRUE(opened.ok()) << opened.status();
      if (!fresh) {
        EXPECT_EQ(opened->name(), told.name) << "two open cases of a child";
        return;
      }
      told.name = opened->name();
      told.model = Model();
      told.model.run = 0;
    } else {
      Suspect(told, 3 + Below(40));
      if (fresh) told.reminders = Reminders();
      return;
    }
    told.reminders = Reminders();
  }
  void Suspect(Told& told, int run) {
    const bool again = told.model.state == "RETURNED_TRIAL" && !told.name.empty();
    const CaseTools tools{ShippedStandards().cases, *monitoring.place.keys};
    SuspectedFacts facts{.person = told.person,
                         .absence = absl::StrCat(kCounty, "/absences/", told.person),
                         .suspected_on = today,
                         .last_attended = today - (again ? 0 : run),
                         .run_days = run,
                         .actor = "job:1",
                         .today = today,
                         .tools = &tools};
    ASSERT_TRUE(
        Job([&](db::Transaction& tx, feed::RootWriter& writer) { return OpenSuspected(tx, writer, facts); }).ok());
    if (told.name.empty()) {
      told.name = OpenNow(told.person);
      told.model = Model();
    } else if (again) {
      told.model.Relapse();
    }
    told.model.run = run;
    ++done["finding"];
  }
  absl::Status Job(const std::function<absl::Status(db::Transaction&, feed::RootWriter&)>& body) {
    const auto sealer = *monitoring.place.keys->SealerOf(kShard);
    return monitoring.place.database->Write(kShard, [&](db::Transaction& tx) -> absl::Status {
      feed::RootWriter writer(tx, *sealer, {"job:1", "1"});
      RETURN_IF_ERROR(body(tx, writer));
      return writer.Finish().status();
    });
  }
  std::string OpenNow(const std::string& person) {
    const auto rows = *monitoring.place.database->Read([&](db::Transaction& tx) {
      return tx.Query("SELECT id FROM dropout_case WHERE child_key = $1 AND is_open = 1", person);
    });
    EXPECT_EQ(rows.size(), 1u);
    return absl::StrCat(kCounty, "/cases/", rows.empty() ? "" : rows[0].Text(0));
  }

  void Talk(Told& told) { Talk(told, Below(3) != 0, Below(2) == 0); }
  void Talk(Told& told, bool failed, bool visit) {
    const bool may = told.model.Working();
    v1::RecordContactRequest request = Of<v1::RecordContactRequest>(told.name);
    *request.mutable_contact() = Contact(today, failed ? "REFUSED_FAMILY" : "AGREED_SOON", visit ? "VISIT" : "PHONE");
    Expect(told, may, As("t", "411728", "RecordContact", request, &Handlers::RecordContact).status(), "contact");
    if (!may) return;
    ++told.model.persuasions;
    if (failed) told.model.failed_days.insert(today);
    if (failed && visit) ++told.model.failed_visits;
    if (told.model.state == "CONFIRMED") told.model.state = "PERSUADING";
  }
  void Legal(Told& told, int step) {
    const bool may = told.model.MayTake(step, today);
    Expect(told, may, Issue(told.name, static_cast<v1::LegalStepKind>(step + 1)).status(), "legal");
    if (!may) return;
    told.model.legal = step;
    told.model.term = *ShippedWorkdays().PeriodEnd(today, 7);
    if (step > 0) told.model.state = absl::StrCat("LEGAL_", step);
  }
  void Back(Told& told) {
    const bool may = told.model.Working() && told.model.state != "RETURNED_TRIAL";
    v1::RecordReturnRequest request = Of<v1::RecordReturnRequest>(told.name);
    *request.mutable_returned_on() = DateOf(today);
    request.set_placement("ORIGINAL_CLASS");
    Expect(told, may, As("s", "411728", "RecordReturn", request, &Handlers::RecordReturn).status(), "return");
    if (!may) return;
    told.model.state = "RETURNED_TRIAL";
    told.model.attended = told.model.run = 0;
  }
  // The attendance of some more days, as the evaluation tells it.
  void Attend(Told& told) {
    if (told.model.state != "RETURNED_TRIAL") return;
    told.model.attended += 4;
    told.model.stable |= told.model.attended >= 10;
    const CaseTools tools{ShippedStandards().cases, *monitoring.place.keys};
    const PresentFacts facts{.person = told.person,
                             .first_present = today,
                             .attended_days = told.model.attended,
                             .actor = "job:1",
                             .today = today,
                             .tools = &tools};
    ASSERT_TRUE(
        Job([&](db::Transaction& tx, feed::RootWriter& writer) { return ReportPresent(tx, writer, facts); }).ok());
    ++done["attend"];
  }
  void Look(Told& told) {
    const bool may = told.model.state == "RETURNED_TRIAL", present = Below(3) != 0;
    v1::RecordFollowUpRequest request = Of<v1::RecordFollowUpRequest>(told.name);
    request.mutable_follow_up()->set_present(present);
    Expect(told, may, As("t", "411728", "RecordFollowUp", request, &Handlers::RecordFollowUp).status(), "look");
    if (may && !present) told.model.Relapse();
  }
  // Two persons, sometimes one who tries to be both.
  void Decision(Told& told) {
    static constexpr std::pair<v1::CaseStepKind, const char*> kKinds[] = {
        {v1::CASE_STEP_KIND_CONFIRM_DROPOUT, "VISIT_RECORD"},
        {v1::CASE_STEP_KIND_CONFIRM_DROPOUT, "VISIT_RECORD"},
        {v1::CASE_STEP_KIND_CLOSE, "ATTENDANCE"},
        {v1::CASE_STEP_KIND_CLOSE, "ATTENDANCE"},
        {v1::CASE_STEP_KIND_FALSE_ALARM, "SCHOOL_STATEMENT"},
        {v1::CASE_STEP_KIND_MOVE, "DESTINATION_CONFIRMATION"},
        {v1::CASE_STEP_KIND_DECEASE, "DEATH_CERTIFICATE"},
        {v1::CASE_STEP_KIND_EXEMPT, "MEDICAL_CERTIFICATE"}};
    const auto& [kind, paper] = kKinds[Below(Below(4) == 0 ? 8 : 4)];
    const bool evidence = Below(8) != 0;
    v1::CaseProposal proposal = Proposal(kind, evidence ? paper : "");
    if (kind == v1::CASE_STEP_KIND_MOVE) proposal.set_destination_text("外省某小学");
    const bool may = evidence && May(told, kind);
    Expect(told, may,
           As("a", "411728", "ProposeCaseStep", Proposing(told.name, proposal), &Handlers::ProposeCaseStep).status(),
           "propose");
    if (!may) return;
    const auto decide = [&](const char* who, bool accept) {
      v1::DecideCaseStepRequest request = Deciding(told.name, kind, accept);
      request.set_reason("r");
      return As(who, "411728", "DecideCaseStep", request, &Handlers::DecideCaseStep).status();
    };
    EXPECT_EQ(ReasonOf(decide("a", true)), "ROLE_HELD");
    const bool accept = Below(5) != 0;
    Expect(told, true, decide("b", accept), "decide");
    if (accept) told.model.Take(kind);
  }
  static bool May(const Told& told, v1::CaseStepKind kind) {
    const Model& model = told.model;
    return kind == v1::CASE_STEP_KIND_CONFIRM_DROPOUT ? model.MayConfirm()
           : kind == v1::CASE_STEP_KIND_EXEMPT        ? model.Working() && told.approved
           : kind == v1::CASE_STEP_KIND_FALSE_ALARM   ? model.state == "VERIFYING"
           : kind == v1::CASE_STEP_KIND_CLOSE         ? model.MayClose(false)
                                                      : model.Working();
  }

  // Every fourth child begins as a confirmed dropout whose family is talked to: what comes later is rare otherwise.
  void Begin() {
    std::vector<Told*> early;
    for (size_t i = 0; i < children.size(); i += 4) early.push_back(&children[i]);
    for (Told* told : early) {
      const auto opened = OpenFor(told->person);
      ASSERT_TRUE(opened.ok()) << opened.status();
      told->name = opened->name();
      told->model.run = 0;
      Expect(*told, true, VerifyAs("t", "411728", told->name).status(), "verify");
      told->model.state = "VERIFYING";
      Check(*told);
    }
    for (int day = 0; day < 4; ++day) {
      Later(1);
      RunClock();
      for (Told* told : early) {
        if (day == 3) {
          const auto confirmed = Step(told->name, Proposal(v1::CASE_STEP_KIND_CONFIRM_DROPOUT));
          Expect(*told, true, confirmed.status(), "decide");
          told->model.Take(v1::CASE_STEP_KIND_CONFIRM_DROPOUT);
        }
        Talk(*told, true, true);
        Check(*told);
      }
    }
  }

  void One(Told& told) {
    if (told.name.empty()) return Find(told);
    switch (Below(14)) {
      case 0:
      case 1: {
        const bool may = told.model.state == "SUSPECTED";
        Expect(told, may, VerifyAs("t", "411728", told.name).status(), "verify");
        if (may) told.model.state = "VERIFYING";
        return;
      }
      case 2:
      case 3:
      case 4:
        return Talk(told);
      case 5:
        return Find(told);
      case 6:
      case 7:
        return Legal(told, Below(2) == 0 ? told.model.legal + 1 : Below(4));
      case 8:
        return Back(told);
      case 9:
      case 10:
        return Attend(told);
      case 11:
        return Look(told);
      default:
        return Decision(told);
    }
  }
  void Check(Told& told) {
    const auto file = Whole(told.name);
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_EQ(EnumText(file->state()), told.model.state) << told.person;
    ASSERT_EQ(file->relapse_count(), told.model.relapses) << told.person;
    told.reminders.Watch(*file, today);
    ++done[told.model.state];
    if (file->state() != v1::CASE_STATE_CLOSED) return;
    ASSERT_GT(file->closing_evidence_size(), 0);
    ASSERT_NE(file->closed_by(), "");
    done["reminded"] += static_cast<int>(told.reminders.Check(*file, today));
    told.name.clear();
  }

  uint64_t seed = static_cast<uint64_t>(Setting("RURALEDU_CASE_SEED", std::random_device{}()));
  std::mt19937_64 random{seed};
  std::vector<Told> children;
  std::map<std::string, int> done;
};

TEST_F(CaseHandlerHistories, FollowTheModel) {
  std::cout << "seed " << seed << "\n";
  ASSERT_NO_FATAL_FAILURE(Begin());
  for (int day = 0; day < kDays && !HasFailure(); ++day) {
    for (Told& told : children) {
      if (Below(4) != 0) continue;
      One(told);
      if (!told.name.empty()) ASSERT_NO_FATAL_FAILURE(Check(told));
    }
    // A jump of the clock over some days, on each of which the job runs.
    for (int days = Below(5); days > 0; --days) {
      Later(1);
      RunClock();
      for (Told& told : children) {
        if (!told.name.empty()) told.reminders.Watch(*Whole(told.name), today);
      }
    }
  }
  for (Told& told : children) {
    if (!told.name.empty()) done["reminded"] += static_cast<int>(told.reminders.Check(*Whole(told.name), today));
  }
  for (const char* reached : {"CLOSED", "PERSUADING", "RETURNED_TRIAL", "reminded", "look"}) {
    EXPECT_GT(done[reached], 0) << reached << " was never reached: the histories prove nothing about it";
  }
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
