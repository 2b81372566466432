// The copy of the registry.
#include "tests/dropout_monitoring/fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Copy : public MonitoringTest {
 protected:
  // "person class from to" of the spans, in order.
  std::vector<std::string> Spans() {
    return Lines("SELECT person, class, valid_from, valid_to FROM enrolment ORDER BY person, number", 4);
  }
  std::vector<std::string> Lines(const std::string& sql, size_t columns) {
    return *monitoring.place.database->Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<std::string>> {
      ASSIGN_OR_RETURN(const auto rows, tx.Query(sql));
      std::vector<std::string> lines;
      for (const db::Row& row : rows) {
        std::string line = row.Text(0);
        for (size_t i = 1; i < columns; ++i) absl::StrAppend(&line, " ", row.Text(i));
        lines.push_back(line);
      }
      return lines;
    });
  }
};

TEST_F(Copy, KeepsPupilsWithTheirSpansAndNumbers) {
  registry.Put(School());
  registry.Put(Class());
  registry_v1::Student student = Student("p1");
  student.add_student_numbers()->set_number("G41172820140315123X");
  student.add_guardians()->set_id_number("411728198801016060");
  student.mutable_contact()->set_card_number("6217000000000000");
  registry.Put(student);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_THAT(Spans(), ElementsAre("p1 k1 2023-09-01 "));

  const auto sealer = *monitoring.place.keys->SealerOf(kShard);
  const std::string digest = NumberDigest(*monitoring.place.keys, "G41172820140315123X");
  ASSERT_TRUE(monitoring.place.database
                  ->Read([&](db::Transaction& tx) -> absl::Status {
                    const auto copy = *LoadPupil(tx, *sealer, kShard, "p1");
                    EXPECT_EQ(copy->contact().card_number(), "") << "not needed here";
                    EXPECT_EQ(copy->guardians(0).id_number(), "");
                    EXPECT_EQ(copy->id_number().size(), 64u) << "a digest";
                    EXPECT_THAT(*PersonsByNumber(tx, kShard, digest), ElementsAre("p1"));
                    EXPECT_EQ((*FindPupil(tx, kShard, "p1"))->area, "411728103/s1/k1");
                    EXPECT_EQ((*FindClass(tx, kShard, "k1"))->grade(), "3");
                    EXPECT_FALSE(FindClass(tx, kShard, "k9")->has_value());
                    return absl::OkStatus();
                  })
                  .ok());
}

TEST_F(Copy, SpansFollowTheirPupilAndAResync) {
  registry.Put(Student("p1"));
  registry.Put(Student("p2"));
  ASSERT_TRUE(monitoring.CatchUp().ok());
  registry_v1::Student moved = Student("p1");
  *moved.mutable_enrolments(0)->mutable_valid_to() = Date(20231009);
  *moved.add_enrolments() = Student("p1", "k2").enrolments(0);
  *moved.mutable_enrolments(1)->mutable_valid_from() = Date(20231009);
  registry.Put(moved);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_THAT(Spans(), ElementsAre("p1 k1 2023-09-01 2023-10-09", "p1 k2 2023-10-09 ", "p2 k1 2023-09-01 "));

  registry.Lose("student", kShard, "p2");
  monitoring.CatchUp().IgnoreError();  // stops the shard: its history was replaced
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_THAT(Spans(), ElementsAre("p1 k1 2023-09-01 2023-10-09", "p1 k2 2023-10-09 "));
  EXPECT_THAT(Lines("SELECT person, digest FROM pupil_number", 1), ElementsAre("p1", "p1"))
      << "identity number, name with birth date";
}

TEST_F(Copy, ForgetsTheRecordThatWasMerged) {
  registry_v1::Student alias = Student("p1");
  alias.set_merged_into(absl::StrCat(kCounty, "/students/p2"));
  registry.Put(alias);
  registry.Put(Student("p2"));
  ASSERT_TRUE(monitoring.CatchUp().ok());
  const auto stays = monitoring.place.database->Read([](db::Transaction& tx) { return WhoStays(tx, kShard, "p1"); });
  EXPECT_EQ(stays.value_or(""), "p2");
}

TEST_F(Copy, AFileBelongsToAPupil) {
  registry.Put(Student("p1"));
  ASSERT_TRUE(monitoring.CatchUp().ok());
  ASSERT_TRUE(monitoring.place.database
                  ->Read([](db::Transaction& tx) -> absl::Status {
                    EXPECT_EQ(AreaOfFileOwner(tx, "counties/411728/students/p1")->value(), "411728103/s1/k1");
                    EXPECT_FALSE(AreaOfFileOwner(tx, "counties/411728/students/p9")->has_value());
                    EXPECT_EQ(ReasonOf(AreaOfFileOwner(tx, "counties/411728/schools/s1").status()), "FILE_OWNER");
                    return absl::OkStatus();
                  })
                  .ok());
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
