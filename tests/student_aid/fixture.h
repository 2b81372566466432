// A county in small for the tests of student_aid: a registry that is only a journal, in a database of its own, and the
// service behind its handlers, followed, run and asked in one thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/crypto/hash.h"
#include "common/dashboard/counters.h"
#include "common/dashboard/rebuild.h"
#include "common/db/faults.h"
#include "common/feed/key_store.h"
#include "common/feed/serve.h"
#include "common/rpc/access_table.h"
#include "common/rpc/person_erasure.h"
#include "common/rpc/server_call.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ruraledu/registry/v1/access.pb.h"
#include "ruraledu/registry/v1/import.pb.h"
#include "ruraledu/registry/v1/region.pb.h"
#include "ruraledu/student_aid/v1/student_aid_service.pb.h"
#include "schema/dashboard.h"
#include "schema/feed.h"
#include "schema/files.h"
#include "schema/rpc.h"
#include "schema/student_aid.h"
#include "services/student_aid/application_run.h"
#include "services/student_aid/department_run.h"
#include "services/student_aid/fact_run.h"
#include "services/student_aid/follower.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/identification_run.h"
#include "services/student_aid/indicators.h"
#include "services/student_aid/mirror_run.h"
#include "services/student_aid/outward_run.h"
#include "services/student_aid/payment_run.h"
#include "services/student_aid/run.h"
#include "tests/lib/postgres.h"
#include "tests/lib/registry_feed.h"
#include "tests/lib/temp_folder.h"
#include "tests/student_aid/policy_book.h"

namespace ruraledu::student_aid {

inline constexpr char kCounty[] = "counties/411728";
inline constexpr char kOther[] = "counties/500243";
inline constexpr char kAutumn[] = "2023-2024-1";

using testlib::TempFolder;

using testlib::Joined;
using testlib::OneTurn;
using testlib::Place;
using testlib::Registry;

// The service.
class Aid {
 public:
  explicit Aid(const TempFolder& folder, Registry& registry, db::Options options = {})
      : place(folder, "student_aid",
              Joined(feed::Schema(), ruraledu::files::Schema(), rpc::Schema(), dashboard::Schema(), Schema()),
              std::move(options)),
        registry_(registry) {
    Open();
  }
  // As after a restart of the process, with other standards when given.
  void Reopen(const PolicyBook* standards = nullptr) {
    if (standards != nullptr) book_ = standards;
    Close();
    place.Open();
    Open();
  }

  // As after a restart with other tables of applications; they outlive the service.
  void UseTables(const ApplicationBook& applications) {
    applications_ = &applications;
    Reopen();
  }

  // As after a restart with other caps over all departments' aid; they outlive the service.
  void UseCaps(const DepartmentBook& departments) {
    departments_ = &departments;
    Reopen();
  }

  // As after a restart with other legal bases; they outlive the service.
  void UseBases(const ConsentBook& consents) {
    consents_ = &consents;
    Reopen();
  }

  // As after a restart on another machine, whose clock this is. Outlives the service.
  void UseClock(const Clock& clock) {
    clock_ = &clock;
    Reopen();
  }

  absl::Status CatchUp() { return follower_->CatchUp(); }
  const ConsentBook& consents() { return *consents_; }
  Handlers& handlers() { return *handlers_; }
  const rpc::Host& host() { return *host_; }
  int64_t page = 3;  // persons per write: small, so that runs have several

  // Calls a handler as somebody who may everything in `area`.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(std::string_view method, const Request& request,
                                absl::StatusOr<Response> (Handlers::*handler)(rpc::Call&, const Request&),
                                const std::string& area = "411728") {
    return rpc::RunLocally(*engine_, method, rpc::MakeJobCaller("tester", area), request,
                           [&](rpc::Call& call, const Request& asked) { return (*handlers_.*handler)(call, asked); });
  }

  // As somebody else.
  template <typename Request, typename Response>
  absl::StatusOr<Response> CallAs(rpc::Caller caller, std::string_view method, const Request& request,
                                  absl::StatusOr<Response> (Handlers::*handler)(rpc::Call&, const Request&),
                                  const std::string& purpose) {
    return rpc::RunLocally(
        *engine_, method, std::move(caller), request,
        [&](rpc::Call& call, const Request& asked) { return (*handlers_.*handler)(call, asked); }, purpose);
  }

  // Everything that a stream gives until it ends, gathered by `each`; the checks of a call come before it.
  template <typename Request, typename Response, typename Each>
  absl::StatusOr<std::string> Stream(
      rpc::Caller caller, std::string_view method, const Request& request,
      absl::StatusOr<std::unique_ptr<rpc::StreamSource<Response>>> (Handlers::*handler)(rpc::Call&, const Request&),
      const std::string& purpose, Each each) {
    return rpc::RunLocally(
        *engine_, method, std::move(caller), request,
        [&](rpc::Call& call, const Request& asked) -> absl::StatusOr<std::string> {
          ASSIGN_OR_RETURN(const auto source, (*handlers_.*handler)(call, asked));
          std::string all;
          while (true) {
            ASSIGN_OR_RETURN(const auto message, source->Next(call));
            if (!message.has_value()) {
              EXPECT_TRUE(source->ended()) << "it would wait for ever";
              return all;
            }
            each(*message, &all);
          }
        },
        purpose);
  }

  // One turn of a job; its end is stored as the engine would.
  absl::Status Turn(const std::string& shard, const std::string& id) {
    auto job = place.database->Read([&](db::Transaction& tx) { return db::FindJob(tx, shard, id); });
    RETURN_IF_ERROR(job.status());
    OneTurn turn(*place.database, **job);
    const ComplianceParts compliance{ComplianceTables(), PaymentTables(), Tables()};
    const RunParts parts{*host_, *book_, compliance, page};
    absl::StatusOr<std::string> result =
        (*job)->kind == kEntitlementJob        ? RunEntitlement(parts, turn)
        : (*job)->kind == kComparisonJob       ? RunComparison(parts, turn)
        : (*job)->kind == kProposalJob         ? RunProposals({*host_, Tables(), page}, turn)
        : (*job)->kind == kMergeRecordsJob     ? RunMergeRecords(*host_, turn)
        : (*job)->kind == kOutwardJob          ? RunOutwardCases({*host_, *book_, FollowUpTables(), page}, turn)
        : (*job)->kind == kApplicationJob      ? RunApplications(Applying(), turn)
        : (*job)->kind == rpc::kErasePersonJob ? rpc::RunErasePerson(*host_, OwnKinds(), turn)
        : (*job)->kind == rpc::kEraseUnnamedJob
            ? rpc::RunEraseUnnamed(
                  *host_, OwnKinds(), [](const std::string&, absl::CivilDay) { return 1095; }, turn)
        : (*job)->kind == kAccountCheckJob  ? RunAccountCheck(Payments(), turn)
        : (*job)->kind == kPaymentOrderJob  ? RunPaymentOrders(Payments(), turn)
        : (*job)->kind == kPaymentSweepJob  ? RunPaymentSweep(Payments(), turn)
        : (*job)->kind == kPaymentReturnJob ? RunPaymentReturn(Payments(), turn)
        : (*job)->kind == kDepartmentAidJob ? RunDepartmentAidList(Departments(), turn)
        : (*job)->kind == kFactAnswersJob   ? RunFactAnswers(Facts(), turn)
        : (*job)->kind == kMirrorExportJob  ? RunMirrorExport(Mirror(), turn)
        : (*job)->kind == kMirrorAnswerJob  ? RunMirrorFeedback(Mirror(), turn)
        : (*job)->kind == feed::kResealJob  ? feed::ResealJob(*place.keys, ResealSteps())(turn)
                                            : dashboard::RebuildJob(Measures(), *place.keys)(turn);
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

  ApplicationParts Applying() { return {*host_, *book_, Tables(), *applications_, *departments_, page}; }
  PaymentParts Payments() { return {*host_, *book_, PaymentTables(), *shelf, *departments_, page}; }
  FactParts Facts() { return {*host_, *departments_, Tables(), FactAnswersHeader(), *shelf, page}; }
  DepartmentParts Departments() { return {*host_, *departments_, DepartmentAidHeader(), *shelf, page}; }
  MirrorParts Mirror() { return {*host_, *book_, MirrorTables(), MirrorFeedbackHeader(), *shelf, page}; }

  // Starts a run through its handler and runs it to its end.
  absl::StatusOr<v1::Run> Run(v1::RunKind kind, const std::string& parent = kCounty,
                              const std::string& term = kAutumn) {
    absl::StatusOr<ruraledu::jobs::v1::Job> job;
    const std::string area = parent.substr(parent.find('/') + 1);
    if (kind == v1::RUN_KIND_ENTITLEMENT) {
      v1::StartEntitlementRunRequest request;
      Fill(parent, term, &request);
      job = Call("StartEntitlementRun", request, &Handlers::StartEntitlementRun, area);
    } else {
      v1::StartComparisonRunRequest request;
      Fill(parent, term, &request);
      job = Call("StartComparisonRun", request, &Handlers::StartComparisonRun, area);
    }
    RETURN_IF_ERROR(job.status());
    const std::string id(feed::IdOfName(job->name()));
    RETURN_IF_ERROR(Turn(*ShardOfName(parent), id));
    v1::GetRunRequest get;
    get.set_name(absl::StrCat(parent, "/runs/", id));
    return Call("GetRun", get, &Handlers::GetRun, area);
  }
  absl::StatusOr<v1::Run> Entitle(const std::string& parent = kCounty) { return Run(v1::RUN_KIND_ENTITLEMENT, parent); }
  absl::StatusOr<v1::Run> Compare(const std::string& parent = kCounty) { return Run(v1::RUN_KIND_COMPARISON, parent); }

  template <typename Request>
  void Fill(const std::string& parent, const std::string& term, Request* request) {
    request->set_parent(parent);
    request->set_term(term);
    request->set_request_id(NewId());
  }

  // All decisions of a county as text: "p1.2023-2024-1.1 * SP_LIV_B_JUN=62500 -SP_X(DUPLICATE_AID)"; "*" marks those in
  // force.
  std::vector<std::string> Decisions(const std::string& shard = "c411728") {
    const auto sealer = *place.keys->SealerOf(shard);
    return *place.database->Read([&](db::Transaction& tx) -> absl::StatusOr<std::vector<std::string>> {
      ASSIGN_OR_RETURN(const auto rows,
                       tx.Query("SELECT id, body, sealed, version FROM decision WHERE shard = $1 ORDER BY id", shard));
      std::vector<std::string> lines;
      for (const db::Row& row : rows) {
        v1::Decision decision;
        RETURN_IF_ERROR(feed::ReadRoot(row, 1, kDecisions, row.Text(0), sealer.get(), &decision));
        std::string line = absl::StrCat(row.Text(0), decision.in_force() ? " *" : "");
        for (const auto& item : decision.counted()) {
          if (item.counts_in_coverage()) absl::StrAppend(&line, " ", item.item(), "=", item.amount_fen());
        }
        for (const auto& removed : decision.answer().removed()) {
          if (removed.reason() == "DUPLICATE_AID") absl::StrAppend(&line, " -", removed.item());
        }
        lines.push_back(line);
      }
      return lines;
    });
  }
  // "key holder state" of the benefit claims that are not released.
  std::vector<std::string> Claims() {
    return *place.database->Read([](db::Transaction& tx) -> absl::StatusOr<std::vector<std::string>> {
      ASSIGN_OR_RETURN(
          const auto rows,
          tx.Query("SELECT claim_key, holder, state FROM claim WHERE state <> 'RELEASED' ORDER BY claim_key"));
      std::vector<std::string> lines;
      for (const db::Row& row : rows) lines.push_back(absl::StrCat(row.Text(0), " ", row.Text(1), " ", row.Text(2)));
      return lines;
    });
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
  ruraledu::files::Settings file_settings{.clean_unscanned = true};
  std::optional<ruraledu::files::Shelf> shelf;  // contents in the database

 private:
  void Open() {
    copy_ = std::make_unique<RegistryCopy>(*place.keys);
    follower_ = std::make_unique<feed::Follower>(*place.database, registry_, *copy_,
                                                 feed::FollowerOptions{.source_service = "registry"});
    dashboard::BoardSpec spec{.service = "student_aid",
                              .measures = &Measures(),
                              .indicators = Indicators(*book_, Tables(), FollowUpTables())};
    spec.places = {[] { return Regions(); }, dashboard::SchoolNames};
    spec.current_period = [](absl::CivilDay) { return std::string(kAutumn); };
    board_ = std::make_unique<dashboard::Board>(*place.database, std::move(spec), nullptr, nullptr);
    host_ = std::make_unique<rpc::Host>(rpc::Host{*place.database, *place.keys, *clock_,
                                                  [] { return std::make_unique<dashboard::CounterFold>(Measures()); }});
    Regions();  // slow to read: not within a snapshot
    heads_ = std::make_unique<feed::HeadPoller>(*place.database, absl::Seconds(1));
    contents_ = ruraledu::files::OpenRowStore(*place.database);
    shelf.emplace(ruraledu::files::Shelf{*place.database, *place.keys, *contents_, file_settings});
    handlers_ = std::make_unique<Handlers>(Parts{*host_, *heads_, *book_, Tables(), *board_, *shelf, *applications_,
                                                 FundTables(), PaymentTables(), OfficeTables(), FollowUpTables(),
                                                 MirrorTables(), VerificationTables(), *departments_,
                                                 ComplianceTables(), GoodsTables(), *consents_});
    // Nothing else here refers to the file of the service, so the linker would leave it out.
    google::protobuf::internal::StrongReference(
        descriptor_table_ruraledu_2fstudent_5faid_2fv1_2fstudent_5faid_5fservice_2eproto);
    auto engine =
        rpc::Engine::Create({.service = "student_aid",
                             .contracts = {"ruraledu.student_aid.v1.StudentAidService"},
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
    shelf.reset();
    contents_.reset();
    heads_.reset();
    host_.reset();
    board_.reset();
    follower_.reset();
    copy_.reset();
  }
  static std::shared_ptr<const RegionTree> Regions() {
    static const auto* tree = new std::shared_ptr<const RegionTree>(
        std::make_shared<RegionTree>(*LoadRegions(RURALEDU_SOURCE_DIR "/deploy/data")));
    return *tree;
  }

  Registry& registry_;
  const PolicyBook* book_ = &Book();
  const ApplicationBook* applications_ = &ApplicationTables();
  const DepartmentBook* departments_ = &DepartmentTables();
  const ConsentBook* consents_ = &ConsentTables();
  const Clock* clock_ = &Clock::System();
  rpc::RoleBook roles_ = *rpc::RoleBook::Parse(Shipped("policies/roles.csv"));
  rpc::MemoryAccess access_;
  obs::Metrics metrics_;
  std::unique_ptr<RegistryCopy> copy_;
  std::unique_ptr<feed::Follower> follower_;
  std::unique_ptr<dashboard::Board> board_;
  std::unique_ptr<rpc::Host> host_;
  std::unique_ptr<feed::HeadPoller> heads_;
  std::unique_ptr<ruraledu::files::ContentStore> contents_;
  std::unique_ptr<Handlers> handlers_;
  std::unique_ptr<rpc::Engine> engine_;
};

// --- What the registry tells ----------------------------------------------------------------------------------------

inline google::type::Date Date(int ymd) {
  google::type::Date date;
  SetDate(ymd, &date);
  return date;
}

inline registry_v1::School School(const std::string& parent = kCounty, const std::string& id = "s1",
                                  const std::string& township = "411728103") {
  registry_v1::School school;
  school.set_name(absl::StrCat(parent, "/schools/", id));
  school.set_code("3241001234");
  school.set_display_name("常庄中心学校");
  school.set_township(township);
  school.set_area(absl::StrCat(township, "/", id));
  school.add_stages("PRI");
  school.add_stages("JUN");
  school.set_is_public(true);
  school.set_nutrition_pilot("NONE");
  school.set_state(registry_v1::SCHOOL_STATE_OPEN);
  return school;
}

inline registry_v1::HardshipRecord Hardship(const std::string& kind, int from = 20200101, int to = 0) {
  registry_v1::HardshipRecord record;
  record.set_kind(kind);
  record.set_source("RURAL_REVITALISATION");
  *record.mutable_valid_from() = Date(from);
  if (to != 0) *record.mutable_valid_to() = Date(to);
  return record;
}

inline registry_v1::Student Student(const std::string& id, const std::string& stage, const std::string& grade,
                                    bool boards = false, const std::vector<std::string>& kinds = {},
                                    const std::string& parent = kCounty, const std::string& school = "s1") {
  registry_v1::Student student;
  student.set_name(absl::StrCat(parent, "/students/", id));
  student.set_display_name("王小明");
  *student.mutable_birth_date() = Date(20110315);
  student.set_id_type("1");
  student.set_id_number("41172820110315123X");
  student.set_status("ENROLLED");
  *student.mutable_status_from() = Date(20170901);
  auto* enrolment = student.add_enrolments();
  enrolment->set_school(absl::StrCat(parent, "/schools/", school));
  enrolment->set_stage(stage);
  enrolment->set_grade(grade);
  *enrolment->mutable_valid_from() = Date(20220901);
  if (boards) {
    auto* span = student.add_boardings();
    span->set_boarding(true);
    *span->mutable_valid_from() = Date(20220901);
  }
  student.set_area(absl::StrCat(parent == kCounty ? "411728103" : "500243101", "/", school));
  for (const std::string& kind : kinds) *student.add_hardships() = Hardship(kind);
  return student;
}

inline registry_v1::Household Household(const std::string& id, const std::vector<std::string>& kinds,
                                        const std::vector<std::string>& students, const std::string& parent = kCounty) {
  registry_v1::Household household;
  household.set_name(absl::StrCat(parent, "/households/", id));
  household.set_village("411728103001");
  for (const std::string& kind : kinds) *household.add_hardships() = Hardship(kind);
  for (const std::string& student : students) {
    auto* member = household.add_members();
    member->set_student(absl::StrCat(parent, "/students/", student));
    member->set_match("EXACT");
    *member->mutable_valid_from() = Date(20150101);
  }
  return household;
}

inline registry_v1::Import Batch(const std::string& id, registry_v1::ImportState state) {
  registry_v1::Import import;
  import.set_name(absl::StrCat(kCounty, "/imports/", id));
  import.set_state(state);
  return import;
}

// The county of most tests: p1 boards in grade 7, household out of poverty (P2); p2 in grade 3 has rural D1; p3 has
// nothing.
inline void PutCounty(Registry& registry) {
  registry.Put(School());
  registry_v1::Student p1 = Student("p1", "JUN", "7", true);
  p1.set_household(absl::StrCat(kCounty, "/households/h1"));
  registry.Put(Household("h1", {"P2"}, {"p1"}));
  registry.Put(p1);
  registry_v1::Student p2 = Student("p2", "PRI", "3", false, {"D1"});
  p2.mutable_hardships(0)->set_area("RURAL");
  registry.Put(p2);
  registry.Put(Student("p3", "PRI", "4"));
}

class AidTest : public ::testing::Test {
 protected:
  AidTest() : registry(folder), aid(folder, registry) {}

  v1::AidRecord Record(const std::string& person, const std::string& item, int64_t fen,
                       const std::string& school = "s1") {
    v1::AidRecord record;
    record.set_person(person);
    record.set_item(item);
    record.set_term(kAutumn);
    record.set_amount_fen(fen);
    *record.mutable_paid_on() = Date(20231115);
    record.set_source("PRIOR_SYSTEM");
    record.set_school(school);
    return record;
  }
  absl::StatusOr<v1::BatchRecordAidResponse> Give(const std::vector<v1::AidRecord>& records,
                                                  const std::string& parent = kCounty) {
    v1::BatchRecordAidRequest request;
    request.set_parent(parent);
    request.set_request_id(NewId());
    for (const auto& record : records) *request.add_records() = record;
    return aid.Call("BatchRecordAid", request, &Handlers::BatchRecordAid, parent.substr(parent.find('/') + 1));
  }

  TempFolder folder;
  Registry registry;
  Aid aid;
};

}  // namespace ruraledu::student_aid
