// Erasure beyond the roots of a county's own pupils: cases in the shard of another county, whoever slept in a bed,
// complaints and cases about somebody whom no register knows.
#include "tests/lib/known_of_person.h"
#include "tests/student_aid/office_fixture.h"
#include "tests/student_aid/outward_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kHome[] = "c411728";
constexpr char kSchool[] = "c500243";

std::vector<std::string> Known(Aid& aid, const std::string& shard, const std::string& marker) {
  return testlib::KnownOf(*aid.place.database, **aid.place.keys->SealerOf(shard), shard, OwnKinds(), marker);
}

class ElsewhereTest : public OutwardFixture, public ::testing::TestWithParam<const char*> {
 protected:
  ElsewhereTest() : OutwardFixture(OptionsOf(GetParam())) {
    Rename("q1", kOther, true);
    Rename("q3", kOther, true);
    Rename("r1", kCounty, false);
    const auto looked = Look();
    EXPECT_TRUE(looked.ok()) << looked.status();
  }
  // A name with the id in it.
  void Rename(const std::string& person, const std::string& county, bool elsewhere) {
    registry.Put(Pupil(person, county, elsewhere));
    EXPECT_TRUE(aid.CatchUp().ok());
  }
  static registry_v1::Student Pupil(const std::string& person, const std::string& county, bool elsewhere) {
    registry_v1::Student pupil =
        elsewhere ? Student(person, "JUN", "8", true, {}, county, "s9") : Student(person, "JUN", "8");
    pupil.set_display_name("赵" + person);
    pupil.set_household(absl::StrCat(elsewhere ? kCounty : kOther, "/households/h-", person));
    return pupil;
  }
  void EraseInRegistry(const std::string& person, const std::string& county, bool elsewhere = true) {
    registry_v1::Student student = Pupil(person, county, elsewhere);
    student.set_status("GRADUATED");
    feed::KeepPublished(student);
    student.clear_household();
    *student.mutable_erased_on() = Date(20240901);
    registry.Put(student);
    ASSERT_TRUE(aid.CatchUp().ok());
  }
  // Runs what waits, and what that gives; the shards in order.
  std::vector<std::string> RunAll() {
    std::vector<std::string> shards;
    for (;;) {
      const auto waiting = aid.place.database->Read([](db::Transaction& tx) {
        return tx.Query("SELECT shard, id FROM job WHERE kind = 'person_erase' AND state = 'QUEUED' ORDER BY shard");
      });
      if (waiting->empty() || shards.size() > 5) return shards;
      for (const db::Row& row : *waiting) {
        shards.push_back(row.Text(0));
        EXPECT_TRUE(aid.Turn(row.Text(0), row.Text(1)).ok());
      }
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, ElsewhereTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(ElsewhereTest, ThePupilWhomOnlyTheSchoolCountyKnowsIsErasedAtHomeToo) {
  EXPECT_THAT(Known(aid, kHome, "赵q3"), Contains(HasSubstr("row outwardCases")));
  const auto others = Known(aid, kHome, "赵q1");
  EraseInRegistry("q3", kOther);
  EXPECT_THAT(RunAll(), ElementsAre(kSchool, kHome)) << "each once";
  EXPECT_THAT(Known(aid, kHome, "赵q3"), IsEmpty());
  EXPECT_EQ(Case("q3").term(), kAutumn) << "that there was a case stays";
  EXPECT_EQ(Known(aid, kHome, "赵q1"), others);
}

TEST_P(ElsewhereTest, ARecordOfThePersonThereHasItsOwnRetention) {
  EXPECT_THAT(Known(aid, kHome, "赵q1"), Not(IsEmpty()));
  EraseInRegistry("q1", kOther);
  EXPECT_THAT(RunAll(), ElementsAre(kSchool)) << "the registry of the home county still has the pupil";
  EXPECT_THAT(Known(aid, kHome, "赵q1"), Not(IsEmpty()));
  EraseInRegistry("q1", kCounty, false);
  EXPECT_THAT(RunAll(), ElementsAre(kHome));
  EXPECT_THAT(Known(aid, kHome, "赵q1"), IsEmpty());
}

TEST_P(ElsewhereTest, APupilFromElsewhereIsErasedHere) {
  EXPECT_THAT(Known(aid, kHome, "赵r1"), Contains(HasSubstr("row outwardCases")));
  EraseInRegistry("r1", kCounty, false);
  EXPECT_THAT(RunAll(), ElementsAre(kHome));
  EXPECT_THAT(Known(aid, kHome, "赵r1"), IsEmpty());
}

TEST_P(ElsewhereTest, ACaseOfSomebodyUnknownGoesYearsAfterTheLastWord) {
  ASSERT_EQ(Reasons(Enter({Entry("", "赵某某")})), "-");
  const auto probe =
      rpc::UnnamedProbe(aid.host(), "student_aid", OwnKinds(), [](const std::string&, absl::CivilDay) { return 1095; });
  On(10, 7, 2026);
  ASSERT_TRUE(probe().ok());
  RunJobs(rpc::kEraseUnnamedJob);
  EXPECT_THAT(Known(aid, kHome, "赵某某"), Not(IsEmpty()));
  On(10, 8, 2026);
  ASSERT_TRUE(probe().ok());
  RunJobs(rpc::kEraseUnnamedJob);
  EXPECT_THAT(Known(aid, kHome, "赵某某"), IsEmpty());
  EXPECT_THAT(Known(aid, kHome, "赵q3"), Not(IsEmpty())) << "the registry ends that";
}

class UnnamedTest : public OfficeFixture, public ::testing::TestWithParam<const char*> {
 protected:
  UnnamedTest() : OfficeFixture(OptionsOf(GetParam())) {}
  std::string Answered(const v1::CreateComplaintRequest& request) {
    const auto complaint = Complain(request);
    EXPECT_TRUE(complaint.ok()) << complaint.status();
    EXPECT_TRUE(AssignTo(complaint->name(), "zhang").ok());
    EXPECT_TRUE(AnswerAs("zhang", complaint->name()).ok());
    return complaint->name();
  }
  std::string Ground(const std::string& name) { return ComplaintOf(name).ground(); }
  std::vector<db::JobRow> Jobs() {
    return *aid.place.database->Read(
        [](db::Transaction& tx) { return db::ListJobs(tx, kHome, rpc::kEraseUnnamedJob, "", 10); });
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, UnnamedTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(UnnamedTest, AComplaintWithoutAPupilGoesYearsAfterItsAnswer) {
  const std::string unnamed = Answered(Complaining());
  auto about = Complaining();
  about.set_student(Pupil("p1"));
  const std::string named = Answered(about);
  const std::string open = Complain(Complaining())->name();
  const auto probe =
      rpc::UnnamedProbe(aid.host(), "student_aid", OwnKinds(), [](const std::string&, absl::CivilDay) { return 1095; });
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(Jobs(), IsEmpty());
  On(12, 31, 2026);
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(Jobs(), SizeIs(1));
  RunJobs(rpc::kEraseUnnamedJob);
  EXPECT_EQ(Ground(unnamed), "");
  EXPECT_EQ(ComplaintOf(unnamed).state(), v1::COMPLAINT_STATE_ANSWERED) << "that it was answered stays";
  EXPECT_NE(Ground(named), "");
  EXPECT_NE(Ground(open), "") << "nobody answered it yet";
  EXPECT_THAT(Known(aid, kHome, "13900000000"), Not(Contains(absl::StrCat("journal ", unnamed))));
  EXPECT_THAT(Known(aid, kHome, "13900000000"), Contains(absl::StrCat("journal ", named)));
  ASSERT_TRUE(probe().ok());
  EXPECT_THAT(Jobs(), SizeIs(1)) << "nothing is left to erase";
}

TEST_P(UnnamedTest, WhoSleptInABedIsTakenOutOfTheProof) {
  Approve({"p2"});
  v1::RecordPresenceRequest request;
  request.set_parent(kCounty);
  request.set_school(absl::StrCat(kCounty, "/schools/s1"));
  request.set_kind(v1::PRESENCE_KIND_BOARDING);
  request.set_period(kAutumn);
  request.set_beds(100);
  request.set_request_id(NewId());
  for (const char* person : {"p1", "p2"}) {
    v1::PresenceRow* row = request.add_rows();
    row->set_person(person);
    row->set_place(absl::StrCat(person, "的床"));
  }
  const auto check = As("teacher", "RecordPresenceCheck", request, &Handlers::RecordPresenceCheck);
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_THAT(Known(aid, kHome, "p1的床"), SizeIs(2));
  registry_v1::Student student = Student("p1", "JUN", "7", true);
  student.set_status("GRADUATED");
  feed::KeepPublished(student);
  *student.mutable_erased_on() = Date(20240901);
  registry.Put(student);
  ASSERT_TRUE(aid.CatchUp().ok());
  RunJobs(rpc::kErasePersonJob);
  EXPECT_THAT(Known(aid, kHome, "p1的床"), IsEmpty());
  EXPECT_THAT(Known(aid, kHome, "p2的床"), Contains(HasSubstr("row presenceChecks")));
  EXPECT_EQ(WholeRoot<v1::PresenceCheck>(kPresenceChecks, check->name()).present(), 2);
}

}  // namespace
}  // namespace ruraledu::student_aid
