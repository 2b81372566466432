// A county in small for the tests of dropout_monitoring: a registry that is only a journal, and the service behind its
// handlers, followed, run and asked in one thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/dashboard/counters.h"
#include "common/dashboard/rebuild.h"
#include "common/domain/load_file.h"
#include "common/rpc/person_erasure.h"
#include "common/rpc/server_call.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ruraledu/dropout_monitoring/v1/dropout_monitoring_service.pb.h"
#include "schema/dashboard.h"
#include "schema/dropout_monitoring.h"
#include "schema/feed.h"
#include "schema/files.h"
#include "schema/rpc.h"
#include "services/dropout_monitoring/absence_run.h"
#include "services/dropout_monitoring/case_clock.h"
#include "services/dropout_monitoring/enrolment_run.h"
#include "services/dropout_monitoring/follower.h"
#include "services/dropout_monitoring/handlers.h"
#include "services/dropout_monitoring/indicators.h"
#include "services/dropout_monitoring/leaver_run.h"
#include "services/dropout_monitoring/population_run.h"
#include "services/dropout_monitoring/standards.h"
#include "services/dropout_monitoring/unnamed_erasure.h"
#include "tests/lib/postgres.h"
#include "tests/lib/registry_feed.h"
#include "tests/lib/temp_folder.h"

namespace ruraledu::dropout_monitoring {

inline constexpr char kCounty[] = "counties/411728";
inline constexpr char kShard[] = "c411728";

using testlib::Place;
using testlib::Registry;
using testlib::TempFolder;

inline const Standards& ShippedStandards() {
  static const auto* const standards = [] {
    const std::string deploy = RURALEDU_SOURCE_DIR "/deploy/";
    return new Standards(*LoadStandards(deploy + "policies", deploy + "data",
                                        std::make_shared<const RegionTree>(*LoadRegions(deploy + "data"))));
  }();
  return *standards;
}

// The service.
class Monitoring {
 public:
  explicit Monitoring(const TempFolder& folder, Registry& registry, db::Options options = {})
      : place(folder, "dropout_monitoring",
              testlib::Joined(feed::Schema(), ruraledu::files::Schema(), rpc::Schema(), dashboard::Schema(), Schema()),
              std::move(options)),
        registry_(registry) {
    Open();
  }

  // As after a restart on another machine, whose clock this is. Outlives the service.
  void UseClock(const Clock& clock) {
    clock_ = &clock;
    Close();
    place.Open();
    Open();
  }

  absl::Status CatchUp() { return follower_->CatchUp(); }
  Handlers& handlers() { return *handlers_; }
  const rpc::Host& host() { return *host_; }

  // Calls a handler as somebody who may everything in `area`.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(std::string_view method, const Request& request,
                                absl::StatusOr<Response> (Handlers::*handler)(rpc::Call&, const Request&),
                                const std::string& area = "411728") {
    return CallAs(rpc::MakeJobCaller("tester", area), method, request, handler);
  }
  // As somebody else.
  template <typename Request, typename Response>
  absl::StatusOr<Response> CallAs(rpc::Caller caller, std::string_view method, const Request& request,
                                  absl::StatusOr<Response> (Handlers::*handler)(rpc::Call&, const Request&),
                                  const std::string& purpose = "") {
    return rpc::RunLocally(
        *engine_, method, std::move(caller), request,
        [&](rpc::Call& call, const Request& asked) { return (*handlers_.*handler)(call, asked); }, purpose);
  }

  // The bytes of a report, and the name of its file in front of them.
  template <typename Request>
  absl::StatusOr<std::string> Export(rpc::Caller caller, const Request& request, const std::string& purpose = "") {
    return rpc::RunLocally(
        *engine_, "ExportReport", std::move(caller), request,
        [&](rpc::Call& call, const Request& asked) -> absl::StatusOr<std::string> {
          ASSIGN_OR_RETURN(const auto source, handlers_->ExportReport(call, asked));
          std::string all;
          while (true) {
            ASSIGN_OR_RETURN(const auto part, source->Next(call));
            if (!part.has_value()) {
              EXPECT_TRUE(source->ended()) << "it would wait for ever";
              return all;
            }
            absl::StrAppend(&all, part->file_name(), part->file_name().empty() ? "" : "\n", part->content());
          }
        },
        purpose);
  }

  // One turn of a job; its end is stored as the engine would.
  absl::Status Turn(const std::string& shard, const std::string& id) {
    ASSIGN_OR_RETURN(const auto job,
                     place.database->Read([&](db::Transaction& tx) { return db::FindJob(tx, shard, id); }));
    testlib::OneTurn turn(*place.database, *job);
    const absl::StatusOr<std::string> result = RunOf(*job, turn);
    if (turn.postponed.has_value() || (!result.ok() && ReasonOf(result.status()).empty())) {
      return result.status();
    }
    RETURN_IF_ERROR(place.database->Write(shard, [&](db::Transaction& tx) {
      return tx
          .Execute("UPDATE job SET state = $3, result = $4 WHERE shard = $1 AND id = $2", shard, id,
                   db::JobStateName(result.ok() ? db::JobState::kSucceeded : db::JobState::kFailed),
                   db::Blob{result.ok() ? *result : ""})
          .status();
    }));
    return result.status();
  }

  int64_t Counter(const std::string& measure, const std::string& area = "411728", const std::string& dimension = "") {
    return *place.database->Read([&](db::Transaction& tx) -> absl::StatusOr<int64_t> {
      ASSIGN_OR_RETURN(
          const auto rows,
          tx.Query("SELECT value FROM counter WHERE measure = $1 AND area = $2 AND ($3 = '' OR dimension = $3) "
                   "ORDER BY dimension",
                   measure, area, dimension));
      int64_t sum = 0;
      for (const db::Row& row : rows) sum += row.Int(0);
      return sum;
    });
  }

  Place place;

 private:
  absl::StatusOr<std::string> RunOf(const db::JobRow& job, db::JobContext& context) {
    if (job.kind == kCaseClockJob) {
      return RunCaseClock({*host_, ShippedStandards(), 2}, context);
    }
    if (job.kind == rpc::kErasePersonJob) {
      return rpc::RunErasePerson(*host_, OwnKinds(), context);
    }
    if (job.kind == rpc::kEraseUnnamedJob) {
      return RunUnnamedErasure(*host_, context);
    }
    if (job.kind == kComparisonJob) {
      return RunComparison({*host_, ShippedStandards(), 2}, context);
    }
    if (job.kind == kEnrolmentJob) {
      return RunEnrolment({*host_, ShippedStandards(), 2}, context);
    }
    if (job.kind == kLeaverJob) {
      return RunLeavers({*host_, ShippedStandards(), 2}, context);
    }
    return job.kind == kEvaluationJob     ? RunEvaluation({*host_, ShippedStandards()}, context)
           : job.kind == feed::kResealJob ? feed::ResealJob(*place.keys, ResealSteps())(context)
                                          : dashboard::RebuildJob(Measures(), *place.keys)(context);
  }

  void Open() {
    copy_ = std::make_unique<RegistryCopy>(*place.keys);
    follower_ = std::make_unique<feed::Follower>(*place.database, registry_, *copy_,
                                                 feed::FollowerOptions{.source_service = "registry"});
    const Standards& standards = ShippedStandards();  // slow to read: not within a snapshot
    dashboard::BoardSpec spec{.service = "dropout_monitoring", .measures = &Measures(), .indicators = Indicators()};
    spec.places = {[&standards] { return standards.regions; }, dashboard::SchoolNames};
    spec.current_period = [](absl::CivilDay) { return std::string("2023-2024-1"); };
    board_ = std::make_unique<dashboard::Board>(*place.database, std::move(spec), nullptr, nullptr);
    host_ = std::make_unique<rpc::Host>(rpc::Host{*place.database, *place.keys, *clock_,
                                                  [] { return std::make_unique<dashboard::CounterFold>(Measures()); }});
    heads_ = std::make_unique<feed::HeadPoller>(*place.database, absl::Seconds(1));
    contents_ = ruraledu::files::OpenRowStore(*place.database);
    shelf_.emplace(ruraledu::files::Shelf{*place.database, *place.keys, *contents_, file_settings_});
    handlers_ = std::make_unique<Handlers>(Parts{*host_, *heads_, standards, *board_, *shelf_});
    // Nothing else here refers to the file of the service, so the linker would leave it out.
    google::protobuf::internal::StrongReference(
        descriptor_table_ruraledu_2fdropout_5fmonitoring_2fv1_2fdropout_5fmonitoring_5fservice_2eproto);
    auto engine =
        rpc::Engine::Create({.service = "dropout_monitoring",
                             .contracts = {"ruraledu.dropout_monitoring.v1.DropoutMonitoringService"},
                             .roles = &roles_,
                             .access = &access_,
                             .fingerprint = [this](std::string_view bytes) { return place.keys->Fingerprint({bytes}); },
                             .instance = [this] { return place.database->instance(); },
                             .metrics = &metrics_,
                             .clock = clock_,
                             .limits = {.workers = 1, .waiters = 1}});
    EXPECT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }
  void Close() {
    engine_.reset();
    handlers_.reset();
    shelf_.reset();
    contents_.reset();
    heads_.reset();
    host_.reset();
    board_.reset();
    follower_.reset();
    copy_.reset();
  }

  Registry& registry_;
  const Clock* clock_ = &Clock::System();
  rpc::RoleBook roles_ = *rpc::RoleBook::Parse(*LoadFile(RURALEDU_SOURCE_DIR "/deploy/policies/roles.csv"));
  rpc::MemoryAccess access_;
  obs::Metrics metrics_;
  std::unique_ptr<RegistryCopy> copy_;
  std::unique_ptr<feed::Follower> follower_;
  std::unique_ptr<dashboard::Board> board_;
  std::unique_ptr<rpc::Host> host_;
  std::unique_ptr<feed::HeadPoller> heads_;
  std::unique_ptr<ruraledu::files::ContentStore> contents_;
  const ruraledu::files::Settings file_settings_{.clean_unscanned = true};
  std::optional<ruraledu::files::Shelf> shelf_;
  std::unique_ptr<Handlers> handlers_;
  std::unique_ptr<rpc::Engine> engine_;
};

inline google::type::Date Date(int year_month_day) {
  google::type::Date date;
  date.set_year(year_month_day / 10000);
  date.set_month(year_month_day / 100 % 100);
  date.set_day(year_month_day % 100);
  return date;
}

inline registry_v1::School School(const std::string& id = "s1") {
  registry_v1::School school;
  school.set_name(absl::StrCat(kCounty, "/schools/", id));
  school.set_code("2141000001");
  school.set_display_name("查岈山镇中心小学");
  school.set_area(absl::StrCat("411728103/", id));
  school.add_stages("PRI");
  school.set_is_public(true);
  school.set_state(registry_v1::SCHOOL_STATE_OPEN);
  return school;
}

inline registry_v1::SchoolClass Class(const std::string& id = "k1", const std::string& school = "s1") {
  registry_v1::SchoolClass made;
  made.set_name(absl::StrCat(kCounty, "/classes/", id));
  made.set_school(absl::StrCat(kCounty, "/schools/", school));
  made.set_area(absl::StrCat("411728103/", school, "/", id));
  made.set_display_name("三年级一班");
  made.set_stage("PRI");
  made.set_grade("3");
  made.set_school_year("2023-2024");
  return made;
}

inline registry_v1::Student Student(const std::string& id, const std::string& in_class = "k1",
                                    const std::string& school = "s1") {
  registry_v1::Student student;
  student.set_name(absl::StrCat(kCounty, "/students/", id));
  student.set_display_name("王小明");
  *student.mutable_birth_date() = Date(20140315);
  student.set_id_type("1");
  student.set_id_number("41172820140315123X");
  student.set_status("ENROLLED");
  *student.mutable_status_from() = Date(20200901);
  registry_v1::Enrolment* span = student.add_enrolments();
  span->set_school(absl::StrCat(kCounty, "/schools/", school));
  span->set_class_name(absl::StrCat(kCounty, "/classes/", in_class));
  span->set_stage("PRI");
  span->set_grade("3");
  *span->mutable_valid_from() = Date(20230901);
  student.set_area(absl::StrCat("411728103/", school, "/", in_class));
  return student;
}

class MonitoringTest : public ::testing::Test {
 protected:
  MonitoringTest() : registry(folder), monitoring(folder, registry) {}

  TempFolder folder;
  Registry registry;
  Monitoring monitoring;
};

}  // namespace ruraledu::dropout_monitoring
