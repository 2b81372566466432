#include "services/dropout_monitoring/wiring.h"

#include "absl/strings/numbers.h"
#include "common/cache/redis.h"
#include "common/dashboard/counter_audit.h"
#include "common/dashboard/rebuild.h"
#include "common/dashboard/refresher.h"
#include "common/dashboard/terms.h"
#include "common/rpc/feed_source.h"
#include "common/rpc/file_service.h"
#include "common/rpc/person_erasure.h"
#include "ruraledu/dropout_monitoring/v1/dropout_monitoring_service.pb.h"
#include "ruraledu/registry/v1/registry_service.pb.h"
#include "schema/dropout_monitoring.h"
#include "services/dropout_monitoring/absence_run.h"
#include "services/dropout_monitoring/care_gauges.h"
#include "services/dropout_monitoring/case_clock.h"
#include "services/dropout_monitoring/case_gauges.h"
#include "services/dropout_monitoring/enrolment_gauges.h"
#include "services/dropout_monitoring/enrolment_run.h"
#include "services/dropout_monitoring/follower.h"
#include "services/dropout_monitoring/gauges.h"
#include "services/dropout_monitoring/indicators.h"
#include "services/dropout_monitoring/leaver_gauges.h"
#include "services/dropout_monitoring/leaver_run.h"
#include "services/dropout_monitoring/population_gauges.h"
#include "services/dropout_monitoring/population_run.h"
#include "services/dropout_monitoring/service.h"
#include "services/dropout_monitoring/standards.h"
#include "services/dropout_monitoring/unnamed_erasure.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int kEvaluationHour = 18;  // school is over

dashboard::BoardSpec SpecOf(const Standards& standards) {
  dashboard::BoardSpec spec{.service = "dropout_monitoring", .measures = &Measures(), .indicators = Indicators()};
  spec.places = {[regions = standards.regions] { return regions; }, dashboard::SchoolNames};
  dashboard::ShowByTerm(standards.terms, &spec);
  return spec;
}

absl::StatusOr<int> EvaluationHour(const rpc::Config& config) {
  const auto set = config.extra.find("evaluation_hour");
  int hour = kEvaluationHour;
  if (set != config.extra.end() && (!absl::SimpleAtoi(set->second, &hour) || hour < 0 || hour > 23)) {
    return Fail("CONFIG_INVALID", {{"key", "service.evaluation_hour"}, {"problem", "an hour from 0 to 23"}});
  }
  return hour;
}

class RealWiring final : public Wiring {
 public:
  absl::Status Open(rpc::Process& process) {
    // The stubs do not refer to the files of the contracts, so the linker would leave them out.
    google::protobuf::internal::StrongReference(
        descriptor_table_ruraledu_2fdropout_5fmonitoring_2fv1_2fdropout_5fmonitoring_5fservice_2eproto);
    google::protobuf::internal::StrongReference(descriptor_table_ruraledu_2fregistry_2fv1_2fregistry_5fservice_2eproto);
    ASSIGN_OR_RETURN(base_,
                     process.Lay("dropout_monitoring", Schema(), {DropoutMonitoringRpc::kContract}, {"registry"}));
    ASSIGN_OR_RETURN(RegionTree regions, LoadRegions(process.config().data_folder));
    ASSIGN_OR_RETURN(Standards standards, LoadStandards(process.config().policies_folder, process.config().data_folder,
                                                        std::make_shared<const RegionTree>(std::move(regions))));
    standards_ = std::make_unique<Standards>(std::move(standards));
    const obs::RuntimeMetrics& metrics = base_->metrics();
    ASSIGN_OR_RETURN(redis_, rpc::OpenRedis(process.config()));
    board_ = std::make_unique<dashboard::Board>(base_->database(), SpecOf(*standards_), &base_->heads(), redis_.get(),
                                                metrics);
    host_ = std::make_unique<rpc::Host>(rpc::Host{base_->database(), base_->keys(), Clock::System(),
                                                  [] { return std::make_unique<dashboard::CounterFold>(Measures()); }});
    ASSIGN_OR_RETURN(files_,
                     rpc::FileService::Open(process.config(), "dropout_monitoring", base_->database(), base_->keys()));
    handlers_ = std::make_unique<Handlers>(Parts{*host_, base_->heads(), *standards_, *board_, files_->shelf()});
    service_ = std::make_unique<DropoutMonitoringRpc>(base_->runtime(), *handlers_);
    ASSIGN_OR_RETURN(registry_, process.Peer("registry", "ruraledu.registry.v1.RegistryService"));
    source_ = std::make_unique<rpc::ClientFeedSource>(*registry_);
    copy_ = std::make_unique<RegistryCopy>(base_->keys());
    follower_ = std::make_unique<feed::Follower>(
        base_->database(), *source_, *copy_,
        feed::FollowerOptions{.source_service = "registry", .metrics = metrics.ForFeed("registry")});
    Start();
    ASSIGN_OR_RETURN(const int hour, EvaluationHour(process.config()));
    process.sampler().Add("dropout_monitoring_days", [this, hour] { return OpenDay(hour); });
    process.sampler().Add("dropout_monitoring_absences", AbsenceProbe(base_->database(), process.metrics()));
    process.sampler().Add("dropout_monitoring_counters",
                          dashboard::CounterAudit(base_->database(), Clock::System(), base_->metrics()));
    // Cases.
    process.sampler().Add("dropout_monitoring_case_clock", CaseClockProbe(*case_clock_));
    process.sampler().Add("dropout_monitoring_cases", CaseProbe(*host_, *standards_, process.metrics()));
    // Comparisons.
    process.sampler().Add("dropout_monitoring_population", PopulationProbe(*host_, *standards_, process.metrics()));
    process.sampler().Add("dropout_monitoring_unnamed", UnnamedErasureProbe(*host_));
    process.sampler().Add("dropout_monitoring_enrolment", EnrolmentProbe(*host_, *standards_, process.metrics()));
    process.sampler().Add("dropout_monitoring_leavers", LeaverProbe(*host_, *standards_, process.metrics()));
    process.sampler().Add("dropout_monitoring_care", CareProbe(*host_, *standards_, process.metrics()));
    process.sampler().Add("dropout_monitoring_files", files_->Probe(base_->metrics()));
    process.sampler().Add("dropout_monitoring_cache", rpc::CacheProbe(redis_.get(), *refresher_, base_->metrics()));
    return absl::OkStatus();
  }

  ~RealWiring() override {
    if (follower_ != nullptr) {
      follower_->Stop();
    }
    if (jobs_ != nullptr) {
      jobs_->Stop();
    }
  }

  rpc::Hosted hosted() override { return {service_.get(), &base_->runtime(), DropoutMonitoringRpc::kContract}; }

 private:
  void Start() {
    jobs_ = std::make_unique<db::JobEngine>(base_->database(), db::JobEngineOptions{.metrics = base_->metrics()});
    evaluation_ = std::make_unique<EvaluationParts>(EvaluationParts{*host_, *standards_});
    jobs_->Register(std::string(kEvaluationJob),
                    [this](db::JobContext& context) { return RunEvaluation(*evaluation_, context); });
    jobs_->Register(std::string(dashboard::kRebuildJob), dashboard::RebuildJob(Measures(), base_->keys()));
    jobs_->Register(std::string(dashboard::kOpenPeriodJob), dashboard::OpenPeriodJob(base_->keys()));
    jobs_->Register(std::string(feed::kResealJob), feed::ResealJob(base_->keys(), ResealSteps()));
    jobs_->Register(std::string(rpc::kErasePersonJob),
                    [this](db::JobContext& context) { return rpc::RunErasePerson(*host_, OwnKinds(), context); });
    // Cases.
    case_clock_ = std::make_unique<CaseClockParts>(CaseClockParts{*host_, *standards_});
    jobs_->Register(std::string(kCaseClockJob),
                    [this](db::JobContext& context) { return RunCaseClock(*case_clock_, context); });
    // Comparisons.
    comparison_ = std::make_unique<ComparisonParts>(ComparisonParts{*host_, *standards_});
    jobs_->Register(std::string(kComparisonJob),
                    [this](db::JobContext& context) { return RunComparison(*comparison_, context); });
    jobs_->Register(std::string(rpc::kEraseUnnamedJob),
                    [this](db::JobContext& context) { return RunUnnamedErasure(*host_, context); });
    // The enrolment drive, leavers.
    jobs_->Register(std::string(kEnrolmentJob), [this](db::JobContext& context) {
      return RunEnrolment({*host_, *standards_}, context);
    });
    jobs_->Register(std::string(kLeaverJob), [this](db::JobContext& context) {
      return RunLeavers({*host_, *standards_}, context);
    });
    files_->Register(*jobs_, base_->metrics());
    follower_->Start();
    jobs_->Start();
    refresher_ = std::make_unique<dashboard::Refresher>(*board_, base_->heads());
  }

  // Once a day the evaluation, once a term the levels of the one that ended.
  absl::Status OpenDay(int hour) {
    RETURN_IF_ERROR(QueueEvaluations(base_->database(), Clock::System(), hour).status());
    return dashboard::QueueOpenTerm(base_->database(), standards_->terms, Clock::System()).status();
  }

  // Destroyed from below.
  rpc::Foundation* base_ = nullptr;
  std::unique_ptr<Standards> standards_;
  std::unique_ptr<cache::RedisClient> redis_;
  std::unique_ptr<dashboard::Board> board_;
  std::unique_ptr<rpc::Host> host_;
  std::unique_ptr<rpc::FileService> files_;
  std::unique_ptr<Handlers> handlers_;
  std::unique_ptr<DropoutMonitoringRpc> service_;
  std::unique_ptr<rpc::Client> registry_;
  std::unique_ptr<rpc::ClientFeedSource> source_;
  std::unique_ptr<RegistryCopy> copy_;
  std::unique_ptr<feed::Follower> follower_;
  std::unique_ptr<CaseClockParts> case_clock_;
  std::unique_ptr<ComparisonParts> comparison_;
  std::unique_ptr<EvaluationParts> evaluation_;
  std::unique_ptr<db::JobEngine> jobs_;
  std::unique_ptr<dashboard::Refresher> refresher_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Wiring>> Wiring::Create(rpc::Process& process) {
  auto wiring = std::make_unique<RealWiring>();
  RETURN_IF_ERROR(wiring->Open(process));
  return wiring;
}

}  // namespace ruraledu::dropout_monitoring
