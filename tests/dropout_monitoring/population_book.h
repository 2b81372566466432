// Lists and comparisons for the tests of the population: rows, identity numbers that are good, runs of the job.
#pragma once

#include "common/domain/citizen_id.h"
#include "services/dropout_monitoring/population_run.h"
#include "tests/dropout_monitoring/fixture.h"

namespace ruraledu::dropout_monitoring {

// "4117002016030100", a day of birth and a number within it -> with its check character.
inline std::string IdOf(int year_month_day, int number = 1) {
  const std::string first = absl::StrCat("411700", year_month_day, absl::Dec(number, absl::kZeroPad3));
  return first + std::string(1, CitizenIdCheckCharacter(first));
}

inline v1::Resident ResidentOf(const std::string& display_name, const std::string& id_number, int born = 0,
                               const std::string& village = "411728103001") {
  v1::Resident row;
  row.set_display_name(display_name);
  row.set_id_number(id_number);
  if (born != 0) *row.mutable_birth_date() = Date(born);
  row.set_village(village);
  return row;
}

inline v1::BatchRecordResidentsRequest ListOf(std::vector<v1::Resident> rows, const std::string& source,
                                              absl::CivilDay listed_on) {
  v1::BatchRecordResidentsRequest request;
  request.set_parent(kCounty);
  request.set_source(source);
  *request.mutable_listed_on() = DateOf(listed_on);
  request.mutable_residents()->Assign(rows.begin(), rows.end());
  request.set_request_id(NewId());
  return request;
}

inline v1::StartComparisonRequest Comparing() {
  v1::StartComparisonRequest request;
  request.set_parent(kCounty);
  request.set_request_id(NewId());
  return request;
}

// One turn of a comparison that was started, two children to a page; its end is stored.
inline absl::StatusOr<v1::ComparisonRun> TurnOf(Monitoring& monitoring, const std::string& job) {
  const std::string id(feed::IdOfName(job));
  db::Database& database = *monitoring.place.database;
  ASSIGN_OR_RETURN(const auto row, database.Read([&](db::Transaction& tx) { return db::FindJob(tx, kShard, id); }));
  testlib::OneTurn turn(database, *row);
  ASSIGN_OR_RETURN(const std::string result, RunComparison({monitoring.host(), ShippedStandards(), 2}, turn));
  RETURN_IF_ERROR(database.Write(kShard, [&](db::Transaction& tx) {
    return tx.Execute("UPDATE job SET state = 'SUCCEEDED' WHERE shard = $1 AND id = $2", kShard, id).status();
  }));
  v1::ComparisonRun run;
  EXPECT_TRUE(run.ParseFromString(result));
  return run;
}

inline v1::ComparisonRun Compared(Monitoring& monitoring) {
  const auto job = monitoring.Call("StartComparison", Comparing(), &Handlers::StartComparison);
  EXPECT_TRUE(job.ok()) << job.status();
  const auto run = TurnOf(monitoring, job.ok() ? job->name() : "");
  EXPECT_TRUE(run.ok()) << run.status();
  return run.value_or(v1::ComparisonRun());
}

}  // namespace ruraledu::dropout_monitoring
