#include "services/student_aid/wiring.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/cache/redis.h"
#include "common/dashboard/rebuild.h"
#include "common/dashboard/refresher.h"
#include "common/db/claims.h"
#include "common/obs/log.h"
#include "common/rpc/feed_source.h"
#include "ruraledu/student_aid/v1/student_aid_service.pb.h"
#include "schema/student_aid.h"
#include "services/student_aid/follower.h"
#include "services/student_aid/indicators.h"
#include "services/student_aid/run.h"
#include "services/student_aid/service.h"
#include "services/student_aid/standards.h"

namespace ruraledu::student_aid {
namespace {

constexpr char kContract[] = "ruraledu.student_aid.v1.StudentAidService";
constexpr absl::Duration kSweepAge = absl::Minutes(2);  // longer than any write that follows a claim
constexpr absl::Duration kSweepPause = absl::Seconds(15);
constexpr int kTrendTerms = 5;

// Settles claims that a dead process left behind.
class Sweeper {
 public:
  explicit Sweeper(db::Database& database) : thread_([this, &database] { Run(database); }) {}
  ~Sweeper() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

 private:
  void Run(db::Database& database) {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, absl::ToChronoNanoseconds(kSweepPause), [this] { return stop_; })) {
      lock.unlock();
      if (const auto swept = db::SweepClaims(database, kSweepAge, 1000); !swept.ok()) {
        obs::LogStatus(obs::Level::kWarning, "claim_sweep_failed", swept.status());
      }
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

dashboard::BoardSpec SpecOf(const PolicyBook& book, std::shared_ptr<const RegionTree> regions) {
  dashboard::BoardSpec spec{.service = "student_aid", .measures = &Measures(), .indicators = Indicators(book)};
  spec.places = {[regions] { return regions; }, SchoolNames};
  spec.current_period = [&book](absl::CivilDay today) { return book.calendar().TermOf(today).text(); };
  spec.trend_periods = [](std::string_view period) {
    std::vector<std::string> terms;
    if (const auto term = ParseTerm(period); term.ok()) {
      for (int back = kTrendTerms; back > 0; --back) {
        terms.push_back(term->Plus(-back).text());
      }
    }
    return terms;
  };
  return spec;
}

class RealWiring final : public Wiring {
 public:
  absl::Status Open(rpc::Process& process) {
    // The stubs do not refer to the file of the contract, so the linker would leave it out.
    google::protobuf::internal::StrongReference(
        descriptor_table_ruraledu_2fstudent_5faid_2fv1_2fstudent_5faid_5fservice_2eproto);
    ASSIGN_OR_RETURN(base_, process.Lay("student_aid", Schema(), {kContract}, {"registry"}));
    ASSIGN_OR_RETURN(RegionTree regions, LoadRegions(process.config().data_folder));
    const auto tree = std::make_shared<const RegionTree>(std::move(regions));
    ASSIGN_OR_RETURN(PolicyBook book,
                     LoadStandards(process.config().policies_folder, process.config().data_folder, tree));
    book_ = std::make_unique<PolicyBook>(std::move(book));
    const obs::RuntimeMetrics metrics(&process.metrics(), "student_aid");
    RETURN_IF_ERROR(OpenRedis(process.config()));
    board_ = std::make_unique<dashboard::Board>(base_->database(), SpecOf(*book_, tree), &base_->heads(), redis_.get(),
                                                metrics);
    host_ = std::make_unique<rpc::Host>(rpc::Host{base_->database(), base_->keys(), Clock::System(),
                                                  [] { return std::make_unique<dashboard::CounterFold>(Measures()); }});
    handlers_ = std::make_unique<Handlers>(Parts{*host_, base_->heads(), *book_, *board_});
    service_ = std::make_unique<StudentAidRpc>(base_->runtime(), *handlers_);
    ASSIGN_OR_RETURN(registry_, process.Peer("registry", "ruraledu.registry.v1.RegistryService"));
    source_ = std::make_unique<rpc::ClientFeedSource>(*registry_);
    copy_ = std::make_unique<RegistryCopy>(base_->keys());
    follower_ = std::make_unique<feed::Follower>(
        base_->database(), *source_, *copy_,
        feed::FollowerOptions{.source_service = "registry", .metrics = metrics.ForFeed("registry")});
    Start();
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

  rpc::Hosted hosted() override { return {service_.get(), &base_->runtime(), kContract}; }

 private:
  absl::Status OpenRedis(const rpc::Config& config) {
    const auto address = config.extra.find("redis");
    if (address != config.extra.end() && !address->second.empty()) {
      ASSIGN_OR_RETURN(redis_, cache::RedisClient::Open({.address = address->second}));
    }
    return absl::OkStatus();
  }

  void Start() {
    parts_ = std::make_unique<RunParts>(RunParts{*host_, *book_});
    jobs_ = std::make_unique<db::JobEngine>(base_->database(), db::JobEngineOptions());
    jobs_->Register(std::string(kEntitlementJob),
                    [this](db::JobContext& context) { return RunEntitlement(*parts_, context); });
    jobs_->Register(std::string(kComparisonJob),
                    [this](db::JobContext& context) { return RunComparison(*parts_, context); });
    jobs_->Register(std::string(dashboard::kRebuildJob), dashboard::RebuildJob(Measures(), base_->keys()));
    follower_->Start();
    jobs_->Start();
    refresher_ = std::make_unique<dashboard::Refresher>(*board_, base_->heads());
    sweeper_ = std::make_unique<Sweeper>(base_->database());
  }

  // Destroyed from below.
  rpc::Foundation* base_ = nullptr;
  std::unique_ptr<PolicyBook> book_;
  std::unique_ptr<cache::RedisClient> redis_;
  std::unique_ptr<dashboard::Board> board_;
  std::unique_ptr<rpc::Host> host_;
  std::unique_ptr<Handlers> handlers_;
  std::unique_ptr<StudentAidRpc> service_;
  std::unique_ptr<rpc::Client> registry_;
  std::unique_ptr<rpc::ClientFeedSource> source_;
  std::unique_ptr<RegistryCopy> copy_;
  std::unique_ptr<feed::Follower> follower_;
  std::unique_ptr<RunParts> parts_;
  std::unique_ptr<db::JobEngine> jobs_;
  std::unique_ptr<dashboard::Refresher> refresher_;
  std::unique_ptr<Sweeper> sweeper_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Wiring>> Wiring::Create(rpc::Process& process) {
  auto wiring = std::make_unique<RealWiring>();
  RETURN_IF_ERROR(wiring->Open(process));
  return wiring;
}

}  // namespace ruraledu::student_aid
