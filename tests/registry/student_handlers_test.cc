// Students: enrolment, numbers, status (3.1), masks and unmasking, every reason of refusal.
#include <functional>

#include "tests/registry/fixture.h"

namespace ruraledu::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class StudentHandlersTest : public RegistryTest {
 protected:
  void SetUp() override {
    school = Must(Create(School()));
    one = Must(Create(Class(school)));
  }
  v1::UpdateStudentRequest Updating(const v1::Student& student, const std::vector<std::string>& mask) {
    v1::UpdateStudentRequest request;
    *request.mutable_student() = student;
    *request.mutable_update_mask()->mutable_paths() = {mask.begin(), mask.end()};
    request.set_request_id(NextRequest());
    return request;
  }
  absl::StatusOr<v1::Student> Update(const v1::Student& student, const std::vector<std::string>& mask) {
    return Call("UpdateStudent", Updating(student, mask), &Handlers::UpdateStudent);
  }
  v1::ChangeStudentStatusRequest Changing(const std::string& name, const std::string& status,
                                          absl::CivilDay from = absl::CivilDay(2023, 9, 10)) {
    v1::ChangeStudentStatusRequest request;
    request.set_name(name);
    request.set_status(status);
    *request.mutable_status_from() = DateOf(from);
    request.set_request_id(NextRequest());
    return request;
  }
  absl::StatusOr<v1::Student> Change(const std::string& name, const std::string& status,
                                     absl::CivilDay from = absl::CivilDay(2023, 9, 10)) {
    return Call("ChangeStudentStatus", Changing(name, status, from), &Handlers::ChangeStudentStatus);
  }
  absl::StatusOr<v1::Student> Find(const std::string& id_number, const std::string& parent = kParent) {
    v1::FindStudentRequest request;
    request.set_parent(parent);
    request.set_id_number(id_number);
    return Call("FindStudent", request, &Handlers::FindStudent);
  }
  absl::StatusOr<v1::ListStudentsResponse> List(const std::function<void(v1::ListStudentsRequest&)>& fill,
                                                const std::string& area = "411728") {
    v1::ListStudentsRequest request;
    request.set_parent(kParent);
    fill(request);
    return Call("ListStudents", request, &Handlers::ListStudents, area);
  }
  // As it rests, nothing masked.
  v1::Student Stored(const std::string& name) {
    for (const v1::Student& student : All<v1::Student>(kStudents)) {
      if (student.name() == name) {
        return student;
      }
    }
    ADD_FAILURE() << "no " << name;
    return {};
  }

  const std::string id_ = Id("20140305", 1);
  v1::School school;
  v1::SchoolClass one;
};

TEST_F(StudentHandlersTest, ACreatedStudentIsEnrolledAndMasked) {
  v1::Student wanted = Student(school, " " + id_ + " ");
  wanted.mutable_enrolments(0)->set_class_name(one.name());
  wanted.mutable_contact()->set_phone("13800000000");
  wanted.set_status("GRADUATED");  // the server's
  const v1::Student student = Must(Create(wanted));
  EXPECT_EQ(student.status(), "ENROLLED");
  EXPECT_EQ(student.area(), one.area());
  EXPECT_EQ(student.sex(), Stored(student.name()).sex());
  EXPECT_TRUE(student.masked());
  EXPECT_FALSE(student.has_contact());
  EXPECT_THAT(student.ShortDebugString(), Not(HasSubstr(id_)));
  EXPECT_THAT(student.ShortDebugString(), Not(HasSubstr("子涵")));
  EXPECT_EQ(student.birth_date().month(), 0) << "the year only";
  const v1::Student stored = Stored(student.name());
  EXPECT_EQ(stored.id_number(), id_);
  EXPECT_EQ(DayOf(stored.birth_date()), absl::CivilDay(2014, 3, 5)) << "out of the number";
  EXPECT_EQ(DayOf(stored.status_from()), absl::CivilDay(2023, 9, 1));
  EXPECT_EQ(Must(Read(student.name())).SerializeAsString(), student.SerializeAsString());
  EXPECT_EQ(Must(Find(id_)).SerializeAsString(), student.SerializeAsString());
  EXPECT_EQ(ReasonOf(Find(Id("20140305", 2)).status()), "NOT_FOUND");
  EXPECT_EQ(ReasonOf(Read(absl::StrCat(kParent, "/students/none")).status()), "NOT_FOUND");
}

TEST_F(StudentHandlersTest, EachReasonOfARefusedStudent) {
  const auto violated = [&](const std::function<void(v1::Student&)>& spoil) {
    v1::Student student = Student(school, id_);
    spoil(student);
    return testlib::Violated(Create(student).status());
  };
  EXPECT_THAT(violated([](auto& s) { s.clear_display_name(); }), ElementsAre("student.display_name FIELD_REQUIRED"));
  EXPECT_THAT(violated([](auto& s) { s.set_id_number("411700201403050179"); }),
              ElementsAre("student.id_number ID_CHECK", "student.birth_date DATE_INVALID"));
  EXPECT_THAT(violated([](auto& s) { s.set_id_type("Q"); }), testing::Contains("student.id_type CODE_UNKNOWN"));
  EXPECT_THAT(
      violated([](auto& s) { s.mutable_birth_date()->set_year(2030), s.set_id_type("Z"), s.clear_id_number(); }),
      testing::Contains("student.birth_date DATE_INVALID"))
      << "in the future, and not a day of the calendar";
  EXPECT_THAT(violated([](auto& s) {
                *s.mutable_birth_date() = DateOf(absl::CivilDay(2014, 2, 28)), s.mutable_birth_date()->set_day(30);
              }),
              ElementsAre("student.birth_date DATE_INVALID"));
  EXPECT_THAT(violated([](auto& s) { s.set_sex("5x"); }), testing::Contains("student.sex CODE_UNKNOWN"));
  EXPECT_THAT(violated([](auto& s) { s.set_ethnic_group("99"); }), ElementsAre("student.ethnic_group CODE_UNKNOWN"));
  EXPECT_THAT(violated([](auto& s) { s.set_health("99x"); }), ElementsAre("student.health CODE_UNKNOWN"));
  EXPECT_THAT(violated([](auto& s) { s.set_village("411728"); }), ElementsAre("student.village REGION_CODE"));
  EXPECT_THAT(violated([](auto& s) { s.set_village("411728999999"); }), ElementsAre("student.village REGION_UNKNOWN"));
  EXPECT_THAT(violated([](auto& s) { s.set_left_behind_education(3); }),
              ElementsAre("student.left_behind_education CODE_UNKNOWN"));
  EXPECT_THAT(violated([](auto& s) { s.add_student_numbers()->set_number("X123"); }), SizeIs(1));
  EXPECT_THAT(violated([](auto& s) { s.mutable_disability()->set_kind("9"); }),
              ElementsAre("student.disability.kind CODE_UNKNOWN"));
  EXPECT_THAT(violated([](auto& s) { s.add_hardships()->set_kind("P9"); }),
              ElementsAre("student.hardships[0].kind CODE_UNKNOWN", "student.hardships[0].valid_from DATE_INVALID"));
  EXPECT_THAT(violated([](auto& s) { s.clear_enrolments(); }), ElementsAre("student.enrolments FIELD_REQUIRED"));
  const auto reason = [&](const std::function<void(v1::Enrolment&)>& spoil) {
    v1::Student student = Student(school, id_);
    spoil(*student.mutable_enrolments(0));
    return ReasonOf(Create(student).status());
  };
  EXPECT_EQ(reason([](auto& e) { e.set_school("counties/411728/schools/none"); }), "SCHOOL_UNKNOWN");
  EXPECT_EQ(reason([](auto& e) { e.set_class_name("counties/411728/classes/none"); }), "CLASS_UNKNOWN");
  EXPECT_EQ(reason([](auto& e) { e.set_grade("33"); }), "CODE_UNKNOWN");
  EXPECT_EQ(reason([](auto& e) { e.set_stage("JUN"); }), "STAGE_NOT_TAUGHT");
  const v1::School other = Must(Create(School("2141000002")));
  EXPECT_EQ(reason([&](auto& e) { e.set_school(other.name()), e.set_class_name(one.name()); }), "CLASS_OTHER_SCHOOL");
  v1::CloseSchoolRequest close;
  close.set_name(other.name());
  *close.mutable_closed_on() = DateOf(absl::CivilDay(2023, 8, 31));
  close.add_replacements(school.name());
  close.set_request_id(NextRequest());
  ASSERT_TRUE(Call("CloseSchool", close, &Handlers::CloseSchool).ok());
  EXPECT_EQ(reason([&](auto& e) { e.set_school(other.name()); }), "SCHOOL_CLOSED");
  EXPECT_THAT(All<v1::Student>(kStudents), IsEmpty()) << "a refused one leaves nothing";
  EXPECT_TRUE(Create(Student(school, id_)).ok()) << "and does not keep the number";
}

TEST_F(StudentHandlersTest, AnIdentityNumberBelongsToOnePersonInAllCounties) {
  ASSERT_TRUE(Create(Student(school, id_)).ok());
  EXPECT_EQ(ReasonOf(Create(Student(school, id_, "别人")).status()), "IDENTITY_TAKEN");
  const v1::School far = Must(Create(School("2141000009", {"PRI"}, "411729001"), kOtherParent));
  const absl::Status taken = Create(Student(far, id_, "别人"), kOtherParent).status();
  EXPECT_EQ(ReasonOf(taken), "IDENTITY_TAKEN");
  EXPECT_THAT(std::string(taken.message()), Not(HasSubstr("411728"))) << "names nobody";
  EXPECT_EQ(ReasonOf(Find(id_, kOtherParent).status()), "NOT_FOUND");
}

// Somebody of another township hears the same, whatever is there and whatever the number's owner: nothing is claimed.
TEST_F(StudentHandlersTest, PermissionComesBeforeWhoHasTheNumber) {
  const v1::Student owner = Must(Create(Student(school, id_)));
  const auto claims = [&] {
    const auto rows = database_->Read([](db::Transaction& tx) { return tx.Query("SELECT claim_key FROM claim"); });
    return rows.ok() ? rows->size() : 0;
  };
  const size_t before = claims();
  const auto neighbour = [&](const v1::Student& student, bool validate_only) {
    v1::CreateStudentRequest request;
    request.set_parent(kParent);
    *request.mutable_student() = student;
    request.set_validate_only(validate_only);
    request.set_request_id(NextRequest());
    return Call("CreateStudent", request, &Handlers::CreateStudent, "411728002").status();
  };
  v1::School none = school;
  none.set_name(absl::StrCat(kParent, "/schools/none"));
  v1::School elsewhere = school;
  elsewhere.set_name(absl::StrCat(kOtherParent, "/schools/none"));
  for (const bool validate_only : {false, true}) {
    const absl::Status denied = neighbour(Student(school, id_), validate_only);
    EXPECT_EQ(ReasonOf(denied), "PERMISSION_DENIED");
    EXPECT_EQ(neighbour(Student(school, Id("20140305", 9)), validate_only), denied);
    EXPECT_EQ(neighbour(Student(none, id_), validate_only), denied);
    EXPECT_EQ(neighbour(Student(elsewhere, id_), validate_only), denied);
  }
  EXPECT_EQ(claims(), before);
  v1::Student change = owner;
  change.set_id_number(Id("20140305", 9));
  const auto updated =
      Call("UpdateStudent", Updating(change, {"id_number"}), &Handlers::UpdateStudent, "411728002").status();
  change.set_name(absl::StrCat(kParent, "/students/none"));
  EXPECT_EQ(ReasonOf(updated), "PERMISSION_DENIED");
  EXPECT_EQ(Call("UpdateStudent", Updating(change, {"id_number"}), &Handlers::UpdateStudent, "411728002").status(),
            updated);
  EXPECT_EQ(claims(), before);
  const v1::School own = Must(Create(School("2141000002", {"PRI"}, "411728002")));
  EXPECT_EQ(ReasonOf(neighbour(Student(own, id_), false)), "IDENTITY_TAKEN") << "in the own township";
}

TEST_F(StudentHandlersTest, ACorrectedNumberIsTakenAndTheOldOneGivenBack) {
  const v1::Student student = Must(Create(Student(school, id_)));
  const std::string right = Id("20140305", 3);
  v1::Student change = student;
  change.set_id_number(right);
  const auto corrected = Update(change, {"id_number"});
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_EQ(Must(Find(right)).name(), student.name());
  EXPECT_EQ(ReasonOf(Find(id_).status()), "NOT_FOUND");
  EXPECT_TRUE(Create(Student(school, id_, "原主")).ok()) << "the number was somebody else's";
  EXPECT_EQ(ReasonOf(Create(Student(school, right, "再来")).status()), "IDENTITY_TAKEN");
  change.set_etag("");
  change.set_id_number(id_);
  EXPECT_EQ(ReasonOf(Update(change, {"id_number"}).status()), "IDENTITY_TAKEN");
  change.set_id_number("411700201403050179");
  EXPECT_THAT(testlib::Violated(Update(change, {"id_number"}).status()), ElementsAre("student.id_number ID_CHECK"));
  EXPECT_EQ(change.birth_date().month(), 0) << "the answer was sent back as it came, masked";
  EXPECT_THAT(testlib::Violated(Update(change, {"birth_date"}).status()),
              ElementsAre("student.birth_date DATE_INVALID"));
  EXPECT_EQ(DayOf(Stored(student.name()).birth_date()), absl::CivilDay(2014, 3, 5));
}

TEST_F(StudentHandlersTest, StudentNumbersKeepTheirHistory) {
  const v1::Student student = Must(Create(Student(school, id_)));
  v1::Student change;
  change.set_name(student.name());
  change.add_student_numbers()->set_number("L" + id_);
  ASSERT_TRUE(Update(change, {"student_numbers"}).ok());
  change.clear_student_numbers();
  change.add_student_numbers()->set_number("G" + id_);  // the present one first
  *change.mutable_student_numbers(0)->mutable_valid_from() = DateOf(absl::CivilDay(2023, 9, 15));
  change.add_student_numbers()->set_number("L" + id_);
  const v1::Student masked = Must(Update(change, {"student_numbers"}));
  EXPECT_THAT(masked.ShortDebugString(), Not(HasSubstr(id_)));
  const v1::Student stored = Stored(student.name());
  ASSERT_THAT(stored.student_numbers(), SizeIs(2));
  EXPECT_EQ(stored.student_numbers(0).number(), "G" + id_);
  EXPECT_EQ(stored.student_numbers(1).number(), "L" + id_);
}

TEST_F(StudentHandlersTest, AnUpdateLeavesWhatOnlyTheServerSets) {
  const v1::Student student = Must(Create(Student(school, id_)));
  v1::Student change = student;
  change.set_migrant(true);
  change.set_status("GRADUATED");
  change.set_area("411728002/x");
  change.clear_enrolments();
  change.set_moved_to("counties/411729/students/x");
  change.clear_display_name();  // the masked one would overwrite the name
  change.clear_birth_date();
  change.clear_id_number();
  const v1::Student after = Must(Update(change, {}));
  EXPECT_TRUE(after.migrant());
  EXPECT_EQ(after.status(), "ENROLLED");
  EXPECT_EQ(after.area(), student.area());
  EXPECT_THAT(after.enrolments(), SizeIs(1));
  EXPECT_EQ(after.moved_to(), "");
  EXPECT_EQ(Stored(student.name()).display_name(), "张子涵");
  EXPECT_EQ(ReasonOf(Update(change, {"migrant"}).status()), "ETAG_MISMATCH") << "the etag of before";
  EXPECT_EQ(ReasonOf(Update(change, {"colour"}).status()), "ETAG_MISMATCH");
  change.clear_etag();
  EXPECT_EQ(ReasonOf(Update(change, {"colour"}).status()), "FIELD_UNKNOWN");
  change.set_name(absl::StrCat(kParent, "/students/none"));
  EXPECT_EQ(ReasonOf(Update(change, {"migrant"}).status()), "NOT_FOUND");
}

TEST_F(StudentHandlersTest, AnUpdateOfAPartLeavesTheRest) {
  v1::Student first = Student(school, id_);
  first.mutable_contact()->set_address("东街1号");
  const std::string name = Must(Create(first)).name();
  v1::Student change;
  change.set_name(name);
  change.mutable_contact()->set_card_number("6222020200000000019");
  change.mutable_contact()->set_phone("not named");
  ASSERT_TRUE(Update(change, {"contact.card_number"}).ok());
  EXPECT_EQ(Stored(name).contact().card_number(), "6222020200000000019");
  EXPECT_EQ(Stored(name).contact().address(), "东街1号");
  EXPECT_EQ(Stored(name).contact().phone(), "");
  change.mutable_contact()->clear_card_number();
  ASSERT_TRUE(Update(change, {"contact.card_number"}).ok());
  EXPECT_EQ(Stored(name).contact().card_number(), "");
  EXPECT_EQ(Stored(name).contact().address(), "东街1号");
  for (const char* path : {"contact.colour", "contact.address.street", "student_numbers.number", "contact."}) {
    EXPECT_EQ(ReasonOf(Update(change, {path}).status()), "FIELD_UNKNOWN") << path;
  }
}

TEST_F(StudentHandlersTest, StatusFollowsTheTable) {
  const v1::Student student = Must(Create(Student(school, id_)));
  v1::EraseStudentRequest erase;
  erase.set_name(student.name());
  erase.set_reason("RETENTION_ENDED");
  erase.set_request_id(NextRequest());
  EXPECT_EQ(ReasonOf(Call("EraseStudent", erase, &Handlers::EraseStudent).status()), "ERASURE_ENROLLED");
  EXPECT_EQ(Must(Change(student.name(), "SUSPECTED")).status(), "SUSPECTED");
  EXPECT_EQ(ReasonOf(Change(student.name(), "GRADUATED").status()), "STATE_TRANSITION");
  EXPECT_EQ(ReasonOf(Change(student.name(), "NO_SUCH").status()), "STATE_TRANSITION");
  EXPECT_EQ(ReasonOf(Change(student.name(), "DROPPED", absl::CivilDay(2023, 9, 9)).status()), "SPAN_ORDER")
      << "before the present status began";
  v1::ChangeStudentStatusRequest request = Changing(student.name(), "DROPPED", absl::CivilDay(2023, 9, 11));
  request.set_etag(student.etag());
  EXPECT_EQ(ReasonOf(Call("ChangeStudentStatus", request, &Handlers::ChangeStudentStatus).status()), "ETAG_MISMATCH");
  request = Changing(student.name(), "DROPPED");
  request.clear_status_from();
  EXPECT_THAT(testlib::Violated(Call("ChangeStudentStatus", request, &Handlers::ChangeStudentStatus).status()),
              ElementsAre("status_from FIELD_REQUIRED"));
  request = Changing(student.name(), "DROPPED");
  request.mutable_status_from()->set_day(31);
  EXPECT_THAT(testlib::Violated(Call("ChangeStudentStatus", request, &Handlers::ChangeStudentStatus).status()),
              ElementsAre("status_from DATE_INVALID"))
      << "31 September";
  ExpectReplay<v1::ChangeStudentStatusRequest, v1::Student>(
      "ChangeStudentStatus", Changing(student.name(), "DROPPED", absl::CivilDay(2023, 9, 12)),
      &Handlers::ChangeStudentStatus, [](auto& r) { r.set_status("DECEASED"); });
  EXPECT_EQ(DayOf(Must(Read(student.name())).status_from()), absl::CivilDay(2023, 9, 12));
}

TEST_F(StudentHandlersTest, UnmaskingNeedsARightAPurposeAndIsJournalledInTheCallersShard) {
  const v1::Student student = Must(Create(Student(school, id_)));
  v1::GetStudentRequest get;
  get.set_name(student.name());
  get.set_unmask(true);
  const auto as = [&](const rpc::Caller& caller, const std::string& purpose) {
    return CallAs(caller, "GetStudent", get, &Handlers::GetStudent, purpose);
  };
  EXPECT_EQ(ReasonOf(as(Somebody("CLASS_TEACHER"), "").status()), "PERMISSION_DENIED");
  EXPECT_EQ(ReasonOf(as(Somebody("COUNTY_AID_OFFICER"), "").status()), "PURPOSE_REQUIRED");
  EXPECT_EQ(ReasonOf(as(Somebody("COUNTY_AID_OFFICER"), "AID_REVIEW").status()), "PERMISSION_DENIED")
      << "the grant does not cover the purpose";
  EXPECT_EQ(ReasonOf(as(Somebody("COUNTY_AID_OFFICER", "411729", "AID_REVIEW"), "AID_REVIEW").status()),
            "PERMISSION_DENIED");
  const auto entries = [&] {
    return Must(database_->Read([](db::Transaction& tx) {
      return tx.Query("SELECT entity, actor FROM journal WHERE shard = 'a411728' ORDER BY seq");
    }));
  };
  EXPECT_THAT(entries(), IsEmpty()) << "nothing was shown";
  const v1::Student clear = Must(as(Somebody("COUNTY_AID_OFFICER", "411728", "AID_REVIEW"), "AID_REVIEW"));
  EXPECT_EQ(clear.id_number(), id_);
  EXPECT_EQ(clear.display_name(), "张子涵");
  EXPECT_FALSE(clear.masked());
  ASSERT_THAT(entries(), SizeIs(1));
  EXPECT_EQ(entries()[0].Text(0), student.name());
  EXPECT_EQ(entries()[0].Text(1), "person-1");
}

TEST_F(StudentHandlersTest, ListsAreMaskedFilteredAndPaged) {
  const std::vector<std::string> names = {"王一", "王二", "王三"};
  for (int i = 0; i < 3; ++i) {
    v1::Student student = Student(school, Id("20140305", 30 + i), names[i]);
    if (i == 0) {
      student.mutable_enrolments(0)->set_class_name(one.name());
    }
    ASSERT_TRUE(Create(student).ok());
  }
  v1::ListStudentsRequest request;
  request.set_parent(kParent);
  request.set_page_size(2);
  const auto first = Must(Call("ListStudents", request, &Handlers::ListStudents));
  ASSERT_THAT(first.students(), SizeIs(2));
  EXPECT_TRUE(first.students(0).masked());
  EXPECT_THAT(first.ShortDebugString(), Not(HasSubstr("王一")));
  request.set_page_token(first.next_page_token());
  EXPECT_THAT(Must(Call("ListStudents", request, &Handlers::ListStudents)).students(), SizeIs(1));
  request.set_status("SUSPECTED");
  EXPECT_EQ(ReasonOf(Call("ListStudents", request, &Handlers::ListStudents).status()), "PAGE_TOKEN");

  const auto count = [&](const std::function<void(v1::ListStudentsRequest&)>& fill,
                         const std::string& area = "411728") { return Must(List(fill, area)).students_size(); };
  EXPECT_EQ(count([](auto& r) { r.set_status("SUSPECTED"); }), 0);
  EXPECT_EQ(count([](auto& r) { r.set_stage("PRI"); }), 3);
  EXPECT_EQ(count([](auto& r) { r.set_area("areas/411728001"); }), 3);
  EXPECT_EQ(count([&](auto& r) { r.set_area("areas/" + one.area()); }), 1);
  EXPECT_EQ(count([](auto& r) { r.set_area("areas/411728002"); }), 0);
  EXPECT_EQ(count([](auto&) {}, one.area()), 1) << "a class teacher";
  EXPECT_EQ(count([](auto&) {}, "411728002"), 0);
  EXPECT_EQ(ReasonOf(List([](auto& r) { r.set_area("411728001"); }).status()), "NAME_INVALID");
}

TEST_F(StudentHandlersTest, RepeatedWritesGiveTheFirstAnswer) {
  v1::CreateStudentRequest create;
  create.set_parent(kParent);
  *create.mutable_student() = Student(school, id_);
  ExpectReplay<v1::CreateStudentRequest, v1::Student>("CreateStudent", create, &Handlers::CreateStudent,
                                                      [](auto& r) { r.mutable_student()->set_migrant(true); });
  ASSERT_THAT(All<v1::Student>(kStudents), SizeIs(1));
  v1::Student change;
  change.set_name(All<v1::Student>(kStudents)[0].name());
  change.set_relocated(true);
  ExpectReplay<v1::UpdateStudentRequest, v1::Student>("UpdateStudent", Updating(change, {"relocated"}),
                                                      &Handlers::UpdateStudent,
                                                      [](auto& r) { r.mutable_student()->set_relocated(false); });
}

TEST_F(StudentHandlersTest, ValidateOnlyLeavesNothingNotEvenAClaim) {
  v1::CreateStudentRequest create;
  create.set_parent(kParent);
  *create.mutable_student() = Student(school, id_);
  create.set_request_id(NextRequest());
  create.set_validate_only(true);
  EXPECT_TRUE(Call("CreateStudent", create, &Handlers::CreateStudent).ok());
  EXPECT_THAT(All<v1::Student>(kStudents), IsEmpty());
  ASSERT_TRUE(Create(Student(school, id_)).ok());
  create.set_request_id(NextRequest());
  EXPECT_EQ(ReasonOf(Call("CreateStudent", create, &Handlers::CreateStudent).status()), "IDENTITY_TAKEN");
}

}  // namespace
}  // namespace ruraledu::registry
