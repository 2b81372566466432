// How a root comes apart for its row and its journal entry, and that a prepared writer may run twice.
#include "common/feed/root.h"

#include "common/feed/root_fields.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "tests/common/feed/fixture.h"

namespace ruraledu::feed {
namespace {

using ruraledu::registry::v1::Student;

Student Whole() {
  Student student;
  student.set_name("counties/411728/students/p1");
  student.set_display_name("王小明");           // PERSONAL
  student.set_sex("1");                         // open
  student.set_id_number("11010519491231002X");  // IDENTIFIER
  student.add_hardships()->set_kind("D1");      // SENSITIVE, repeated
  student.add_hardships()->set_kind("P2");
  student.add_enrolments()->set_grade("7");  // open, repeated
  student.add_enrolments()->set_grade("6");
  student.set_etag("\"7\"");
  return student;
}

std::string Without(Student student, void (*keep)(google::protobuf::Message&)) {
  student.clear_etag();
  keep(student);
  return student.SerializeAsString();
}

TEST(RootImage, EachPartIsTheRootWithoutTheOtherFields) {
  const Student student = Whole();
  const RootImage image = ImageOf(student);
  EXPECT_EQ(image.published, Without(student, KeepPublished));
  EXPECT_EQ(image.open, Without(student, KeepOpen));
  EXPECT_EQ(image.sealed, Without(student, KeepSealed));
  EXPECT_EQ(image.classified, Without(student, KeepClassified));
}

TEST(RootImage, OfAnEmptyRootIsEmpty) {
  const RootImage image = ImageOf(Student());
  EXPECT_EQ(image.published + image.open + image.sealed + image.classified, "");
}

// A field of a newer release may be anything: it is never published and never rests in clear.
TEST(RootImage, AFieldThatNobodyKnowsIsSealed) {
  Student student = Whole();
  student.GetReflection()->MutableUnknownFields(&student)->AddLengthDelimited(9000, "secret");
  const RootImage image = ImageOf(student);
  EXPECT_EQ(image.published.find("secret"), std::string::npos);
  EXPECT_EQ(image.open.find("secret"), std::string::npos);
  EXPECT_NE(image.sealed.find("secret"), std::string::npos);
  EXPECT_NE(image.classified.find("secret"), std::string::npos);
}

TEST(RootImage, EqualMapsHaveEqualImages) {
  ruraledu::student_aid::v1::Run one, two;
  for (const char* key : {"A", "B", "C", "D", "E", "F"}) (*one.mutable_classes())[key] = 1;
  for (const char* key : {"F", "E", "D", "C", "B", "A"}) (*two.mutable_classes())[key] = 1;
  EXPECT_EQ(ImageOf(one).published, ImageOf(two).published);
}

TEST(ChangedFields, AreThoseOfTheOldImageThatDifferAndTheName) {
  const Student before = Whole();
  Student after = before;
  after.clear_sex();
  after.mutable_enrolments(1)->set_grade("5");
  after.set_status("ENROLLED");
  Student changed;
  ASSERT_TRUE(changed.ParseFromString(
      ChangedFields(before.GetDescriptor(), ImageOf(before).published, ImageOf(after).published)));
  Student expected;
  expected.set_name(before.name());
  expected.set_sex("1");
  *expected.mutable_enrolments() = before.enrolments();
  EXPECT_EQ(changed.SerializeAsString(), expected.SerializeAsString());
}

const RootTable kStudents{"student", "students", {"note"}, [](const google::protobuf::Message& root) {
                            return std::vector<db::Value>{static_cast<const Student&>(root).display_name()};
                          }};

constexpr db::Migration kStudentTable = {
    "students", 1,
    "CREATE TABLE student (\n  shard TEXT NOT NULL,\n  id TEXT NOT NULL,\n  note TEXT NOT NULL,\n  body BYTEA NOT "
    "NULL,\n"
    "  sealed BYTEA NOT NULL,\n  version BIGINT NOT NULL,\n  PRIMARY KEY (shard, id)\n);\n"};

class Count final : public RootObserver {
 public:
  explicit Count(int& written) : written_(written) {}
  void Changed(const RootTable&, const google::protobuf::Message*, const google::protobuf::Message&) override {
    ++changed_;
  }
  absl::Status Flush(db::Transaction&) override {
    written_ = changed_;
    return absl::OkStatus();
  }

 private:
  int changed_ = 0;
  int& written_;
};

// A write may run again (a lost race, a group commit run alone): what was prepared is whole the second time, too.
TEST(RootWriter, WritesTheSameAgainWhenItsTransactionRunsAgain) {
  TempFolder folder;
  std::vector<db::Migration> migrations(Schema().begin(), Schema().end());
  migrations.push_back(kStudentTable);
  auto database = *db::Database::Open({.url = "sqlite:" + folder / "a.db"}, migrations);
  ASSERT_TRUE(crypto::CreateKeyFile(folder / "a.keys").ok());
  const auto store = DatabaseKeyStore(*database);
  const auto keys = *crypto::KeyRing::Open(folder / "a.keys", store.get());
  const auto sealer = *keys->SealerOf("c411728");
  int counted = 0;
  RootWriter writer("c411728", *sealer, {"tester", "call"}, std::make_unique<Count>(counted));
  EXPECT_EQ(writer.entries(), 0);
  for (int i = 0; i < 501; ++i) {
    Student student = Whole();
    student.set_name(absl::StrCat("counties/411728/students/p", i));
    ASSERT_TRUE(writer.Put(kStudents, nullptr, student, "TEST").ok());
  }
  const auto write = [&](bool fails) {
    return database->Write("c411728", [&](db::Transaction& tx) -> absl::StatusOr<int64_t> {
      const auto version = writer.Write(tx);
      return fails ? absl::StatusOr<int64_t>(absl::AbortedError("again")) : version;
    });
  };
  EXPECT_FALSE(write(true).ok());
  const auto version = write(false);
  ASSERT_TRUE(version.ok()) << version.status();
  EXPECT_EQ(*version, 2) << "500 changes per entry";
  EXPECT_EQ(counted, 501);
  const auto loaded = database->Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<Student>> {
    std::vector<Student> students;
    for (const char* id : {"p0", "p499", "p500"}) {
      ASSIGN_OR_RETURN(auto one, Load<Student>(tx, *sealer, kStudents, "c411728", id));
      students.push_back(one.value_or(Student()));
    }
    return students;
  });
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ((*loaded)[0].id_number(), Whole().id_number());
  EXPECT_EQ((*loaded)[0].etag(), "\"1\"");
  EXPECT_EQ((*loaded)[1].etag(), "\"1\"");
  EXPECT_EQ((*loaded)[2].etag(), "\"2\"");
}

}  // namespace
}  // namespace ruraledu::feed
