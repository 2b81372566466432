// What becomes of a county's lists and comparisons without a person: the monthly comparison, and who is erased when no
// register knows it; on both databases.
#include "absl/strings/str_join.h"
#include "common/obs/metrics.h"
#include "services/dropout_monitoring/case_store.h"
#include "services/dropout_monitoring/population_gauges.h"
#include "services/dropout_monitoring/population_tables.h"
#include "services/dropout_monitoring/unnamed_erasure.h"
#include "tests/dropout_monitoring/case_fixture.h"
#include "tests/dropout_monitoring/enrolment_book.h"
#include "tests/dropout_monitoring/population_book.h"
#include "tests/lib/known_of_person.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class UnattendedTest : public CaseFixture, public ::testing::TestWithParam<const char*> {
 protected:
  UnattendedTest() : CaseFixture(OptionsOf(GetParam())) {
    On(10, 9);
    registry_v1::Student student = Child("p3");
    student.set_id_number(IdOf(20140315, '3'));
    registry.Put(student);
    EXPECT_TRUE(monitoring.CatchUp().ok());
  }

  std::string Recorded(std::vector<v1::Resident> rows) {
    const auto answer = As("officer", "411728", "BatchRecordResidents", ListOf(std::move(rows), "POLICE", today),
                           &Handlers::BatchRecordResidents);
    return answer.ok() ? absl::StrJoin(answer->outcomes(), " ") : Reason(answer);
  }
  std::vector<v1::Resident> Residents(v1::ResidentMatch match = v1::RESIDENT_MATCH_UNSPECIFIED) {
    v1::ListResidentsRequest request;
    request.set_parent(kCounty);
    request.set_match(match);
    const auto listed = monitoring.Call("ListResidents", request, &Handlers::ListResidents);
    EXPECT_TRUE(listed.ok()) << listed.status();
    return {listed->residents().begin(), listed->residents().end()};
  }
  // Ends the case of a resident; its name.
  std::string FalseAlarm(const std::string& resident) {
    const auto open = monitoring.place.database->Read(
        [&](db::Transaction& tx) { return OpenCaseOf(tx, kShard, feed::IdOfName(resident)); });
    EXPECT_TRUE(open.ok() && open->has_value());
    const std::string name = absl::StrCat(kCounty, "/cases/", (*open)->id);
    EXPECT_TRUE(VerifyAs("teacher", "411728", name).ok());
    const auto closed = Step(name, Proposal(v1::CASE_STEP_KIND_FALSE_ALARM, "SCHOOL_STATEMENT"));
    EXPECT_TRUE(closed.ok()) << closed.status();
    return name;
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, UnattendedTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

// "QUEUED 2023-10-09", newest first.
std::vector<std::string> ComparisonsOf(Monitoring& monitoring) {
  const auto jobs = *monitoring.place.database->Read(
      [](db::Transaction& tx) { return db::ListJobs(tx, kShard, kComparisonJob, "", 20); });
  std::vector<std::string> lines;
  for (const db::JobRow& job : jobs) {
    v1::ComparisonPlan plan;
    EXPECT_TRUE(plan.ParseFromString(job.input));
    lines.push_back(absl::StrCat(db::JobStateName(job.state), " ", DayText(*DayOf(plan.on()))));
  }
  return lines;
}

TEST_P(UnattendedTest, ACountyIsComparedByItselfOnceAMonth) {  // DR-27
  obs::Metrics metrics;
  auto probe = PopulationProbe(monitoring.host(), ShippedStandards(), metrics);
  const auto looked = [&] {
    EXPECT_TRUE(probe().ok());
    return ComparisonsOf(monitoring);
  };
  const auto age = [&] {
    looked();
    const std::string text = metrics.Text();
    const std::string name = "ruraledu_dropout_monitoring_comparison_age_days{county=\"411728\"} ";
    const size_t at = text.find(name);
    return at == std::string::npos ? "" : text.substr(at + name.size(), text.find('\n', at) - at - name.size());
  };
  EXPECT_THAT(looked(), IsEmpty()) << "a county that wrote nothing has no head";
  On(10, 4);
  Recorded({ResidentOf("孙小树", IdOf(20160301))});
  ASSERT_TRUE(monitoring.place.database
                  ->Write(kShard,
                          [&](db::Transaction& tx) {  // its clock is not the test's
                            return tx.Execute("UPDATE journal SET time_us = $1", clock.NowMicros()).status();
                          })
                  .ok());
  EXPECT_THAT(looked(), IsEmpty()) << "the 5th is the day";
  EXPECT_EQ(age(), "0") << "since the county began";
  On(10, 5);
  EXPECT_THAT(looked(), ElementsAre("QUEUED 2023-10-05"));
  EXPECT_EQ(age(), "1");
  EXPECT_THAT(looked(), ElementsAre("QUEUED 2023-10-05")) << "once";
  On(10, 6);
  EXPECT_THAT(looked(), ElementsAre("QUEUED 2023-10-05")) << "one goes on";
  EXPECT_EQ(TurnWaiting(monitoring, kComparisonJob), 1);
  EXPECT_EQ(age(), "1") << "it is as of the day it was due on";
  EXPECT_THAT(looked(), ElementsAre("SUCCEEDED 2023-10-05")) << "not twice in a month";
  On(10, 31);
  EXPECT_THAT(looked(), ElementsAre("SUCCEEDED 2023-10-05"));
  // A person compares before the day of the next month, and one on it.
  On(11, 4);
  Compared(monitoring);
  On(11, 5);
  EXPECT_THAT(looked(), ElementsAre("QUEUED 2023-11-05", "SUCCEEDED 2023-11-04", "SUCCEEDED 2023-10-05"));
  EXPECT_EQ(TurnWaiting(monitoring, kComparisonJob), 1);
  On(12, 7);
  Compared(monitoring);
  EXPECT_EQ(looked().size(), 4u) << "who compared this month need not be compared again";
  EXPECT_EQ(age(), "0");
  // It fails: the next day tries again.
  On(1, 5, 2024);
  EXPECT_EQ(looked()[0], "QUEUED 2024-01-05");
  ASSERT_TRUE(monitoring.place.database
                  ->Write(kShard,
                          [](db::Transaction& tx) {
                            return tx.Execute("UPDATE job SET state = 'FAILED' WHERE state = 'QUEUED'").status();
                          })
                  .ok());
  EXPECT_EQ(looked()[0], "FAILED 2024-01-05");
  On(1, 6, 2024);
  EXPECT_EQ(looked()[0], "QUEUED 2024-01-06");
}

TEST_P(UnattendedTest, NoCountyIsComparedOnHalfACopy) {
  Recorded({ResidentOf("孙小树", IdOf(20160301))});
  obs::Metrics metrics;
  auto probe = PopulationProbe(monitoring.host(), ShippedStandards(), metrics);
  const auto set = [&](const std::string& sql) {
    const auto done =
        monitoring.place.database->Write(kShard, [&](db::Transaction& tx) { return tx.Execute(sql, kShard).status(); });
    EXPECT_TRUE(done.ok()) << done;
  };
  const auto looked = [&](int day) {
    On(10, day);
    EXPECT_TRUE(probe().ok());
    return ComparisonsOf(monitoring);
  };
  set("UPDATE followed SET source_head = source_head + 1 WHERE shard = $1");
  EXPECT_THAT(looked(9), IsEmpty()) << "the registry has more than the copy";
  set("UPDATE followed SET source_head = source_head - 1, state = 'RESYNCING' WHERE shard = $1");
  EXPECT_THAT(looked(10), IsEmpty());
  set("UPDATE followed SET state = 'FOLLOWING' WHERE shard = $1");
  set("INSERT INTO open_batch (shard, id, version, mark) VALUES ($1, 'b1', 1, 0)");
  EXPECT_THAT(looked(11), IsEmpty()) << "an import is partly applied";
  set("DELETE FROM open_batch WHERE shard = $1");
  EXPECT_THAT(looked(12), ElementsAre("QUEUED 2023-10-12"));
}

TEST_P(UnattendedTest, WhoNoRegisterKnowsGoesAfterItsRetention) {  // 7.7
  // Born 2016-03-01: 15 on 31 August 2031, so of school age until August 2032, and a year more.
  EXPECT_EQ(Recorded({ResidentOf("孙小树", IdOf(20160301)), ResidentOf("王小明", "", 20140315),
                      ResidentOf("郑小溪", IdOf(20140315, '3')), ResidentOf("李小石", IdOf(20190901))}),
            "RECORDED RECORDED RECORDED RECORDED");
  Compared(monitoring);
  std::map<std::string, std::string> names;  // by the last day
  for (const v1::Resident& resident : Residents()) {
    names.emplace(DayText(*DayOf(resident.keep_until())), resident.name());
  }
  ASSERT_TRUE(names.contains("2033-08-31"));
  auto probe = UnnamedErasureProbe(monitoring.host());
  const auto erased = [&] {
    EXPECT_TRUE(probe().ok());
    const int jobs = TurnWaiting(monitoring, rpc::kEraseUnnamedJob);
    std::vector<std::string> left;
    for (const v1::Resident& resident : Residents()) {
      if (resident.has_birth_date()) left.push_back(DayText(*DayOf(resident.keep_until())));
    }
    std::sort(left.begin(), left.end());
    return absl::StrCat(jobs, ": ", absl::StrJoin(left, " "));
  };
  // p3 is the student of one of those of 2014, and may be that of the other: the weak one goes with its day.
  On(8, 31, 2031);
  EXPECT_EQ(erased(), "0: 2031-08-31 2031-08-31 2033-08-31 2037-08-31") << "the last day";
  On(9, 1, 2031);
  EXPECT_EQ(erased(), "1: 2031-08-31 2033-08-31 2037-08-31") << "the student's goes when the registry says so";
  EXPECT_THAT(Residents(v1::RESIDENT_MATCH_WEAK), IsEmpty()) << "nobody is asked about it any more";
  EXPECT_EQ(erased(), "0: 2031-08-31 2033-08-31 2037-08-31");
  // Its case is open: what is about one child goes together, a year after the last of it ended (0046).
  On(9, 1, 2033);
  EXPECT_EQ(erased(), "0: 2031-08-31 2033-08-31 2037-08-31");
  const std::string case_name = FalseAlarm(names["2033-08-31"]);
  On(9, 1, 2034);
  EXPECT_EQ(erased(), "0: 2031-08-31 2033-08-31 2037-08-31") << "the last day of the case";
  On(9, 2, 2034);
  EXPECT_EQ(erased(), "1: 2031-08-31 2037-08-31");
  const v1::ComparisonRun run = Compared(monitoring);
  EXPECT_EQ(run.residents(), 4) << "the rows stay, without what they told";
  EXPECT_EQ(erased(), "0: 2031-08-31 2037-08-31");
  // No row tells the name, and no journal.
  const auto sealer = *monitoring.place.keys->SealerOf(kShard);
  EXPECT_THAT(testlib::KnownOf(*monitoring.place.database, *sealer, kShard, OwnKinds(), "孙小树"), IsEmpty());
  EXPECT_EQ(Whole(case_name)->outcome(), v1::CASE_OUTCOME_FALSE_ALARM) << "what was decided stays";
  EXPECT_THAT(testlib::KnownOf(*monitoring.place.database, *sealer, kShard, OwnKinds(), "李小石"),
              ::testing::Contains(::testing::HasSubstr("row residents/")))
      << "others stay";
  const auto gone = monitoring.place.database->Read([&](db::Transaction& tx) {
    return feed::Load<v1::Resident>(tx, *sealer, kResidents, kShard, feed::IdOfName(names["2033-08-31"]));
  });
  ASSERT_TRUE(gone.ok() && gone->has_value());
  EXPECT_EQ((*gone)->display_name(), "");
  EXPECT_EQ((*gone)->id_number(), "");
  EXPECT_EQ((*gone)->area(), "411728103") << "figures stay";
  // A list names it again: it goes again.
  EXPECT_EQ(Recorded({ResidentOf("孙小树", IdOf(20160301))}), "RECORDED");
  On(9, 3, 2034);
  EXPECT_EQ(erased(), "1: 2031-08-31 2037-08-31");
}

TEST_P(UnattendedTest, ACaseOfWhomNoListNamesGoesAYearAfterItsEnd) {  // 7.7
  v1::OpenCaseRequest request = Opening("");
  request.clear_student();
  request.set_township("411728103");
  request.mutable_child()->set_display_name("张小路");
  *request.mutable_child()->mutable_birth_date() = Date(20140501);
  const auto opened = As("officer", "411728", "OpenCase", request, &Handlers::OpenCase);
  ASSERT_TRUE(opened.ok()) << opened.status();
  auto probe = UnnamedErasureProbe(monitoring.host());
  const auto told = [&] {
    EXPECT_TRUE(probe().ok());
    TurnWaiting(monitoring, rpc::kEraseUnnamedJob);
    const auto sealer = *monitoring.place.keys->SealerOf(kShard);
    return !testlib::KnownOf(*monitoring.place.database, *sealer, kShard, OwnKinds(), "张小路").empty();
  };
  On(10, 9, 2040);
  EXPECT_TRUE(told()) << "an open case has no end";
  ASSERT_TRUE(VerifyAs("teacher", "411728", opened->name()).ok());
  ASSERT_TRUE(Step(opened->name(), Proposal(v1::CASE_STEP_KIND_FALSE_ALARM, "SCHOOL_STATEMENT")).ok());
  On(10, 9, 2041);
  EXPECT_TRUE(told()) << "the last day";
  On(10, 10, 2041);
  EXPECT_FALSE(told());
  EXPECT_EQ(Whole(opened->name())->outcome(), v1::CASE_OUTCOME_FALSE_ALARM) << "what was decided stays";
}

TEST_P(UnattendedTest, WhatWasWrittenBeforeARegisterKnewTheChildGoesWithTheStudent) {  // 7.7
  ASSERT_EQ(Recorded({ResidentOf("孙小树", IdOf(20160301))}), "RECORDED");
  EXPECT_EQ(Compared(monitoring).cases_opened(), 1);
  registry_v1::Student student = Child("p9");
  student.set_display_name("孙小树");
  student.set_id_number(IdOf(20160301));
  registry.Put(student);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  On(11, 9);
  Compared(monitoring);
  ASSERT_EQ(Residents(v1::RESIDENT_MATCH_EXACT).size(), 1);
  registry_v1::Student erased;
  erased.set_name(student.name());
  erased.set_area(student.area());
  *erased.mutable_erased_on() = DateOf(today);
  registry.Put(erased);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  ASSERT_EQ(TurnWaiting(monitoring, rpc::kErasePersonJob), 1);
  const auto sealer = *monitoring.place.keys->SealerOf(kShard);
  EXPECT_THAT(testlib::KnownOf(*monitoring.place.database, *sealer, kShard, OwnKinds(), "孙小树"), IsEmpty());
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
