#include "services/student_aid/wiring.h"

#include "common/cache/redis.h"
#include "common/dashboard/counter_audit.h"
#include "common/dashboard/rebuild.h"
#include "common/dashboard/refresher.h"
#include "common/dashboard/terms.h"
#include "common/db/claim_sweeper.h"
#include "common/domain/shard.h"
#include "common/rpc/feed_source.h"
#include "common/rpc/file_service.h"
#include "common/rpc/person_erasure.h"
#include "ruraledu/registry/v1/registry_service.pb.h"
#include "ruraledu/student_aid/v1/student_aid_service.pb.h"
#include "schema/student_aid.h"
#include "services/student_aid/application_run.h"
#include "services/student_aid/consent_gauges.h"
#include "services/student_aid/department_run.h"
#include "services/student_aid/fact_run.h"
#include "services/student_aid/follower.h"
#include "services/student_aid/gauges.h"
#include "services/student_aid/identification_run.h"
#include "services/student_aid/indicators.h"
#include "services/student_aid/ledger_audit.h"
#include "services/student_aid/merge_claims.h"
#include "services/student_aid/mirror_gauges.h"
#include "services/student_aid/mirror_run.h"
#include "services/student_aid/office_gauges.h"
#include "services/student_aid/outward_gauges.h"
#include "services/student_aid/outward_run.h"
#include "services/student_aid/payment_gauges.h"
#include "services/student_aid/payment_run.h"
#include "services/student_aid/run.h"
#include "services/student_aid/service.h"
#include "services/student_aid/standards.h"

namespace ruraledu::student_aid {
namespace {

dashboard::BoardSpec SpecOf(const PolicyBook& book, const IdentificationBook& tables, const FollowUpBook& follow_up,
                            std::shared_ptr<const RegionTree> regions) {
  dashboard::BoardSpec spec{
      .service = "student_aid", .measures = &Measures(), .indicators = Indicators(book, tables, follow_up)};
  spec.places = {[regions] { return regions; }, dashboard::SchoolNames};
  dashboard::ShowByTerm(book.calendar(), &spec);
  return spec;
}

rpc::KeepDays KeepDaysOf(const FollowUpBook& book) {
  return [&book](const std::string& shard, absl::CivilDay today) {
    return book.Days(FollowUpRule::kUnnamedKeepDays, RegionOfShard(shard), today);
  };
}

class RealWiring final : public Wiring {
 public:
  absl::Status Open(rpc::Process& process) {
    // The stubs do not refer to the files of the contracts, so the linker would leave them out.
    google::protobuf::internal::StrongReference(
        descriptor_table_ruraledu_2fstudent_5faid_2fv1_2fstudent_5faid_5fservice_2eproto);
    google::protobuf::internal::StrongReference(descriptor_table_ruraledu_2fregistry_2fv1_2fregistry_5fservice_2eproto);
    ASSIGN_OR_RETURN(base_, process.Lay("student_aid", Schema(), {StudentAidRpc::kContract}, {"registry"}));
    ASSIGN_OR_RETURN(RegionTree regions, LoadRegions(process.config().data_folder));
    const auto tree = std::make_shared<const RegionTree>(std::move(regions));
    RETURN_IF_ERROR(LoadTables(process.config(), tree));
    const obs::RuntimeMetrics& metrics = base_->metrics();
    ASSIGN_OR_RETURN(redis_, rpc::OpenRedis(process.config()));
    board_ = std::make_unique<dashboard::Board>(base_->database(), SpecOf(*book_, *tables_, *follow_up_, tree),
                                                &base_->heads(), redis_.get(), metrics);
    host_ = std::make_unique<rpc::Host>(rpc::Host{base_->database(), base_->keys(), Clock::System(),
                                                  [] { return std::make_unique<dashboard::CounterFold>(Measures()); }});
    ASSIGN_OR_RETURN(files_, rpc::FileService::Open(process.config(), "student_aid", base_->database(), base_->keys()));
    handlers_ = std::make_unique<Handlers>(Parts{
        *host_, base_->heads(), *book_, *tables_, *board_, files_->shelf(), *applications_, *fund_rules_, *payments_,
        *office_, *follow_up_, *mirror_, *verifications_, *departments_, *compliance_, *goods_, *consents_});
    service_ = std::make_unique<StudentAidRpc>(base_->runtime(), *handlers_);
    ASSIGN_OR_RETURN(registry_, process.Peer("registry", "ruraledu.registry.v1.RegistryService"));
    source_ = std::make_unique<rpc::ClientFeedSource>(*registry_);
    copy_ = std::make_unique<RegistryCopy>(base_->keys());
    follower_ = std::make_unique<feed::Follower>(
        base_->database(), *source_, *copy_,
        feed::FollowerOptions{.source_service = "registry", .metrics = metrics.ForFeed("registry")});
    Start();
    process.sampler().Add("student_aid_coverage", CoverageProbe(base_->database(), process.metrics()));
    process.sampler().Add("student_aid_outward", OutwardProbe(base_->database(), process.metrics(), Clock::System()));
    process.sampler().Add("student_aid_payments",
                          PaymentProbe(base_->database(), process.metrics(), *payments_, Clock::System()));
    process.sampler().Add("student_aid_counters",
                          dashboard::CounterAudit(base_->database(), Clock::System(), base_->metrics()));
    process.sampler().Add("student_aid_ledger", LedgerAudit(base_->database(), Clock::System(), *fund_rules_,
                                                            process.metrics(), base_->metrics()));
    // Office.
    process.sampler().Add("student_aid_office", OfficeProbe(base_->database(), process.metrics(), Clock::System()));
    process.sampler().Add("student_aid_consents", ConsentProbe({base_->database(), process.metrics(), *consents_,
                                                                *follow_up_, book_->calendar(), Clock::System()}));
    process.sampler().Add("student_aid_mirror", MirrorProbe(base_->database(), process.metrics()));
    process.sampler().Add("student_aid_unnamed",
                          rpc::UnnamedProbe(*host_, "student_aid", OwnKinds(), KeepDaysOf(*follow_up_)));
    process.sampler().Add("student_aid_files", files_->Probe(base_->metrics()));
    process.sampler().Add("student_aid_cache", rpc::CacheProbe(redis_.get(), *refresher_, base_->metrics()));
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

  rpc::Hosted hosted() override { return {service_.get(), &base_->runtime(), StudentAidRpc::kContract}; }

 private:
  // What the county and the nation say.
  absl::Status LoadTables(const rpc::Config& config, const std::shared_ptr<const RegionTree>& tree) {
    ASSIGN_OR_RETURN(PolicyBook book, LoadStandards(config.policies_folder, config.data_folder, tree));
    book_ = std::make_unique<PolicyBook>(std::move(book));
    ASSIGN_OR_RETURN(IdentificationBook tables,
                     LoadIdentificationTables(config.policies_folder, config.data_folder, tree));
    tables_ = std::make_unique<IdentificationBook>(std::move(tables));
    ASSIGN_OR_RETURN(ApplicationBook applications, LoadApplicationTables(config.policies_folder, tree));
    applications_ = std::make_unique<ApplicationBook>(std::move(applications));
    ASSIGN_OR_RETURN(FundRules fund_rules, LoadFundRules(config.policies_folder, tree));
    fund_rules_ = std::make_unique<FundRules>(std::move(fund_rules));
    ASSIGN_OR_RETURN(PaymentBook payments, LoadPaymentRules(config.policies_folder, tree));
    payments_ = std::make_unique<PaymentBook>(std::move(payments));
    ASSIGN_OR_RETURN(OfficeBook office, LoadOfficeTables(config.policies_folder, config.data_folder, tree));
    office_ = std::make_unique<OfficeBook>(std::move(office));
    ASSIGN_OR_RETURN(FollowUpBook follow_up, LoadFollowUp(config.policies_folder, config.data_folder, tree));
    follow_up_ = std::make_unique<FollowUpBook>(std::move(follow_up));
    ASSIGN_OR_RETURN(MirrorBook mirror, LoadMirror(config.policies_folder, config.data_folder));
    mirror_ = std::make_unique<MirrorBook>(std::move(mirror));
    ASSIGN_OR_RETURN(auto feedback, ingest::HeaderSpec::Load(config.data_folder + "/headers/mirror_feedback.csv"));
    mirror_feedback_ = std::make_unique<ingest::HeaderSpec>(std::move(feedback));
    ASSIGN_OR_RETURN(DepartmentBook departments, LoadDepartments(config.policies_folder, config.data_folder, tree));
    departments_ = std::make_unique<DepartmentBook>(std::move(departments));
    ASSIGN_OR_RETURN(auto department_aid, ingest::HeaderSpec::Load(config.data_folder + "/headers/department_aid.csv"));
    department_aid_ = std::make_unique<ingest::HeaderSpec>(std::move(department_aid));
    ASSIGN_OR_RETURN(auto fact_answers, ingest::HeaderSpec::Load(config.data_folder + "/headers/fact_answers.csv"));
    fact_answers_ = std::make_unique<ingest::HeaderSpec>(std::move(fact_answers));
    ASSIGN_OR_RETURN(ComplianceBook compliance, LoadCompliance(config.policies_folder));
    compliance_ = std::make_unique<ComplianceBook>(std::move(compliance));
    ASSIGN_OR_RETURN(GoodsBook goods, LoadGoods(config.policies_folder, config.data_folder, tree));
    goods_ = std::make_unique<GoodsBook>(std::move(goods));
    ASSIGN_OR_RETURN(ConsentBook consents, LoadConsents(config.policies_folder, config.data_folder, tree));
    consents_ = std::make_unique<ConsentBook>(std::move(consents));
    ASSIGN_OR_RETURN(VerificationBook verifications, LoadVerification(config.policies_folder, tree));
    verifications_ = std::make_unique<VerificationBook>(std::move(verifications));
    return absl::OkStatus();
  }

  void Start() {
    compliance_parts_ = std::make_unique<ComplianceParts>(ComplianceParts{*compliance_, *payments_, *tables_});
    parts_ = std::make_unique<RunParts>(RunParts{*host_, *book_, *compliance_parts_});
    jobs_ = std::make_unique<db::JobEngine>(base_->database(), db::JobEngineOptions{.metrics = base_->metrics()});
    jobs_->Register(std::string(kEntitlementJob),
                    [this](db::JobContext& context) { return RunEntitlement(*parts_, context); });
    jobs_->Register(std::string(kComparisonJob),
                    [this](db::JobContext& context) { return RunComparison(*parts_, context); });
    jobs_->Register(std::string(kMergeClaimsJob),
                    [this](db::JobContext& context) { return RunMergeClaims(*host_, context); });
    jobs_->Register(std::string(rpc::kErasePersonJob),
                    [this](db::JobContext& context) { return rpc::RunErasePerson(*host_, OwnKinds(), context); });
    jobs_->Register(std::string(rpc::kEraseUnnamedJob), [this](db::JobContext& context) {
      return rpc::RunEraseUnnamed(*host_, OwnKinds(), KeepDaysOf(*follow_up_), context);
    });
    proposals_ = std::make_unique<ProposalParts>(ProposalParts{*host_, *tables_});
    jobs_->Register(std::string(kProposalJob),
                    [this](db::JobContext& context) { return RunProposals(*proposals_, context); });
    jobs_->Register(std::string(kMergeRecordsJob),
                    [this](db::JobContext& context) { return RunMergeRecords(*host_, context); });
    outward_parts_ = std::make_unique<OutwardParts>(OutwardParts{*host_, *book_, *follow_up_});
    jobs_->Register(std::string(kOutwardJob),
                    [this](db::JobContext& context) { return RunOutwardCases(*outward_parts_, context); });
    application_parts_ =
        std::make_unique<ApplicationParts>(ApplicationParts{*host_, *book_, *tables_, *applications_, *departments_});
    jobs_->Register(std::string(kApplicationJob),
                    [this](db::JobContext& context) { return RunApplications(*application_parts_, context); });
    payment_parts_ =
        std::make_unique<PaymentParts>(PaymentParts{*host_, *book_, *payments_, files_->shelf(), *departments_});
    jobs_->Register(std::string(kAccountCheckJob),
                    [this](db::JobContext& context) { return RunAccountCheck(*payment_parts_, context); });
    jobs_->Register(std::string(kPaymentOrderJob),
                    [this](db::JobContext& context) { return RunPaymentOrders(*payment_parts_, context); });
    jobs_->Register(std::string(kPaymentSweepJob),
                    [this](db::JobContext& context) { return RunPaymentSweep(*payment_parts_, context); });
    jobs_->Register(std::string(kPaymentReturnJob),
                    [this](db::JobContext& context) { return RunPaymentReturn(*payment_parts_, context); });
    mirror_parts_ =
        std::make_unique<MirrorParts>(MirrorParts{*host_, *book_, *mirror_, *mirror_feedback_, files_->shelf()});
    jobs_->Register(std::string(kMirrorExportJob),
                    [this](db::JobContext& context) { return RunMirrorExport(*mirror_parts_, context); });
    jobs_->Register(std::string(kMirrorAnswerJob),
                    [this](db::JobContext& context) { return RunMirrorFeedback(*mirror_parts_, context); });
    department_parts_ =
        std::make_unique<DepartmentParts>(DepartmentParts{*host_, *departments_, *department_aid_, files_->shelf()});
    jobs_->Register(std::string(kDepartmentAidJob),
                    [this](db::JobContext& context) { return RunDepartmentAidList(*department_parts_, context); });
    fact_parts_ =
        std::make_unique<FactParts>(FactParts{*host_, *departments_, *tables_, *fact_answers_, files_->shelf()});
    jobs_->Register(std::string(kFactAnswersJob),
                    [this](db::JobContext& context) { return RunFactAnswers(*fact_parts_, context); });
    jobs_->Register(std::string(dashboard::kRebuildJob), dashboard::RebuildJob(Measures(), base_->keys()));
    jobs_->Register(std::string(feed::kResealJob), feed::ResealJob(base_->keys(), ResealSteps()));
    files_->Register(*jobs_, base_->metrics());
    follower_->Start();
    jobs_->Start();
    refresher_ = std::make_unique<dashboard::Refresher>(*board_, base_->heads());
    sweeper_ = std::make_unique<db::ClaimSweeper>(base_->database(), base_->metrics());
  }

  // Destroyed from below.
  rpc::Foundation* base_ = nullptr;
  std::unique_ptr<PolicyBook> book_;
  std::unique_ptr<IdentificationBook> tables_;
  std::unique_ptr<ApplicationBook> applications_;
  std::unique_ptr<FundRules> fund_rules_;
  std::unique_ptr<PaymentBook> payments_;
  std::unique_ptr<OfficeBook> office_;
  std::unique_ptr<FollowUpBook> follow_up_;
  std::unique_ptr<MirrorBook> mirror_;
  std::unique_ptr<ingest::HeaderSpec> mirror_feedback_;
  std::unique_ptr<DepartmentBook> departments_;
  std::unique_ptr<ComplianceBook> compliance_;
  std::unique_ptr<GoodsBook> goods_;
  std::unique_ptr<ingest::HeaderSpec> department_aid_;
  std::unique_ptr<ingest::HeaderSpec> fact_answers_;
  std::unique_ptr<VerificationBook> verifications_;
  std::unique_ptr<ConsentBook> consents_;
  std::unique_ptr<cache::RedisClient> redis_;
  std::unique_ptr<dashboard::Board> board_;
  std::unique_ptr<rpc::Host> host_;
  std::unique_ptr<rpc::FileService> files_;
  std::unique_ptr<Handlers> handlers_;
  std::unique_ptr<StudentAidRpc> service_;
  std::unique_ptr<rpc::Client> registry_;
  std::unique_ptr<rpc::ClientFeedSource> source_;
  std::unique_ptr<RegistryCopy> copy_;
  std::unique_ptr<feed::Follower> follower_;
  std::unique_ptr<ComplianceParts> compliance_parts_;
  std::unique_ptr<RunParts> parts_;
  std::unique_ptr<ProposalParts> proposals_;
  std::unique_ptr<OutwardParts> outward_parts_;
  std::unique_ptr<ApplicationParts> application_parts_;
  std::unique_ptr<PaymentParts> payment_parts_;
  std::unique_ptr<MirrorParts> mirror_parts_;
  std::unique_ptr<DepartmentParts> department_parts_;
  std::unique_ptr<FactParts> fact_parts_;
  std::unique_ptr<db::JobEngine> jobs_;
  std::unique_ptr<dashboard::Refresher> refresher_;
  std::unique_ptr<db::ClaimSweeper> sweeper_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Wiring>> Wiring::Create(rpc::Process& process) {
  auto wiring = std::make_unique<RealWiring>();
  RETURN_IF_ERROR(wiring->Open(process));
  return wiring;
}

}  // namespace ruraledu::student_aid
