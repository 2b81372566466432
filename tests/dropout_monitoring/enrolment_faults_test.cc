// A fault before each statement of every write of the enrolment drive and of leavers (cut_off.h), and of their runs.
#include "services/dropout_monitoring/enrolment_store.h"
#include "services/dropout_monitoring/leaver_store.h"
#include "tests/dropout_monitoring/cut_off.h"
#include "tests/dropout_monitoring/enrolment_book.h"

namespace ruraledu::dropout_monitoring {
namespace {

class EnrolmentFaults : public CaseFixture, public ::testing::TestWithParam<std::string> {
 protected:
  explicit EnrolmentFaults(Left counter = std::make_shared<std::atomic<int64_t>>(-1))
      : CaseFixture(Faulty(counter)), left(std::move(counter)) {
    for (int n = 1; n <= kMost; ++n) {
      registry.Put(PupilIn(absl::StrCat("x", n), 20170101, "PRE", "P3", 20220901));
      registry.Put(TownSchool(absl::StrCat("z", n)));
      registry_v1::Student leaver = PupilIn(absl::StrCat("y", n), 20080101, "JUN", "9", 20220901, absl::StrCat("z", n));
      *leaver.mutable_enrolments(0)->mutable_valid_to() = Date(20230701);
      registry.Put(leaver);
    }
    EXPECT_TRUE(monitoring.CatchUp().ok());
  }

  template <typename Request, typename Answer>
  Again Repeat(const std::string& by, const Request& request,
               absl::StatusOr<Answer> (Handlers::*handler)(rpc::Call&, const Request&)) {
    return [=, this] { return As(by, "411728", GetParam(), request, handler).status(); };
  }
  static std::string SchoolName(int n) { return absl::StrCat(kCounty, "/schools/z", n); }
  static std::string ChildName(int n) { return absl::StrCat(kCounty, "/expectedChildren/2023-2024.PRIMARY.x", n); }
  static std::string LeaverName(int n) { return absl::StrCat(kCounty, "/leavers/2022-2023.9.y", n); }

  v1::StartEnrolmentRunRequest Expecting() const {
    v1::StartEnrolmentRunRequest request = Of<v1::StartEnrolmentRunRequest>("");
    request.set_parent(kCounty);
    request.set_school_year("2023-2024");
    return request;
  }
  v1::StartLeaverRunRequest Listing() const {
    v1::StartLeaverRunRequest request = Of<v1::StartLeaverRunRequest>("");
    request.set_parent(kCounty);
    request.set_school_year("2022-2023");
    return request;
  }
  void MakeLists() {
    EXPECT_TRUE(Turned<v1::EnrolmentRun>(
                    monitoring, As("t", "411728", "StartEnrolmentRun", Expecting(), &Handlers::StartEnrolmentRun))
                    .ok());
    EXPECT_TRUE(Turned<v1::LeaverRunResult>(monitoring,
                                            As("t", "411728", "StartLeaverRun", Listing(), &Handlers::StartLeaverRun))
                    .ok());
  }

  // The n-th call; what it needs is made now.
  Again Next(int n) {
    const std::string& method = GetParam();
    if (method == "StartEnrolmentRun") return Repeat("t", Expecting(), &Handlers::StartEnrolmentRun);
    if (method == "StartLeaverRun") return Repeat("t", Listing(), &Handlers::StartLeaverRun);
    if (n == 1) MakeLists();
    if (method == "PutEnrolmentDrive") {
      v1::PutEnrolmentDriveRequest request = Of<v1::PutEnrolmentDriveRequest>("");
      request.set_parent(kCounty);
      request.set_school_year("2023-2024");
      request.set_level(v1::SCHOOL_LEVEL_PRIMARY);
      request.add_catchments()->set_from("411728103001");
      request.mutable_catchments(0)->set_school(SchoolName(n));
      return Repeat("t", request, &Handlers::PutEnrolmentDrive);
    }
    return absl::StrContains(method, "eaver") ? OnLeaver(n) : OnChild(n);
  }
  Again OnChild(int n) {
    const std::string& method = GetParam();
    if (method == "BatchIssueEnrolmentNotices") {
      v1::BatchIssueEnrolmentNoticesRequest request = Of<v1::BatchIssueEnrolmentNoticesRequest>("");
      request.set_parent(kCounty);
      request.add_children(ChildName(n));
      request.set_school(SchoolName(n));
      return Repeat("t", request, &Handlers::BatchIssueEnrolmentNotices);
    }
    if (method == "ClaimEnrolmentDestination") {
      return Repeat("t", Claiming(n), &Handlers::ClaimEnrolmentDestination);
    }
    if (method == "DecideEnrolmentDestination") {
      const auto claimed =
          As("t", "411728", "ClaimEnrolmentDestination", Claiming(n), &Handlers::ClaimEnrolmentDestination);
      EXPECT_TRUE(claimed.ok()) << claimed.status();
      v1::DecideEnrolmentDestinationRequest request = Of<v1::DecideEnrolmentDestinationRequest>(ChildName(n));
      request.set_confirm(true);
      request.set_etag(claimed->etag());
      return Repeat("b", request, &Handlers::DecideEnrolmentDestination);
    }
    v1::BatchRecordReportedRequest report = Of<v1::BatchRecordReportedRequest>("");
    report.set_parent(kCounty);
    report.set_school_year("2023-2024");
    report.set_school(SchoolName(n));
    *report.mutable_reported_on() = DateOf(today);
    report.add_rows()->set_child(absl::StrCat("x", n));
    if (method == "BatchRecordReported") return Repeat("t", report, &Handlers::BatchRecordReported);
    EXPECT_TRUE(As("t", "411728", "BatchRecordReported", report, &Handlers::BatchRecordReported).ok());
    v1::GetExpectedChildRequest get;
    get.set_name(ChildName(n));
    v1::WithdrawReportedRequest request = Of<v1::WithdrawReportedRequest>(ChildName(n));
    request.set_school(SchoolName(n));
    request.set_etag(As("t", "411728", "GetExpectedChild", get, &Handlers::GetExpectedChild)->etag());
    return Repeat("t", request, &Handlers::WithdrawReported);
  }
  v1::ClaimEnrolmentDestinationRequest Claiming(int n) const {
    v1::ClaimEnrolmentDestinationRequest request = Of<v1::ClaimEnrolmentDestinationRequest>(ChildName(n));
    request.set_code("ABROAD");
    request.set_place("某地");
    request.set_proof("证明");
    return request;
  }
  Again OnLeaver(int n) {
    const std::string& method = GetParam();
    if (method == "BatchRecordLeaverDestinations") {
      v1::BatchRecordLeaverDestinationsRequest request = Of<v1::BatchRecordLeaverDestinationsRequest>("");
      request.set_parent(kCounty);
      request.set_school_year("2022-2023");
      request.add_rows()->set_person(LeaverName(n));
      request.mutable_rows(0)->set_code("WORK");
      return Repeat("t", request, &Handlers::BatchRecordLeaverDestinations);
    }
    if (method == "RecordLeaverCall") {
      v1::RecordLeaverCallRequest request = Of<v1::RecordLeaverCallRequest>(LeaverName(n));
      request.set_outcome("NO_ANSWER");
      return Repeat("t", request, &Handlers::RecordLeaverCall);
    }
    v1::PrepareLeaverLedgerRequest prepare = Of<v1::PrepareLeaverLedgerRequest>("");
    prepare.set_parent(kCounty);
    prepare.set_school_year("2022-2023");
    prepare.set_school(SchoolName(n));
    if (method == "PrepareLeaverLedger") return Repeat("t", prepare, &Handlers::PrepareLeaverLedger);
    const auto drawn = As("t", "411728", "PrepareLeaverLedger", prepare, &Handlers::PrepareLeaverLedger);
    EXPECT_TRUE(drawn.ok()) << drawn.status();
    v1::SignLeaverLedgerRequest sign = Of<v1::SignLeaverLedgerRequest>(drawn->name());
    sign.set_etag(drawn->etag());
    if (method == "SignLeaverLedger") return Repeat("b", sign, &Handlers::SignLeaverLedger);
    v1::CloseLeaverLedgerRequest close = Of<v1::CloseLeaverLedgerRequest>(drawn->name());
    close.set_etag(As("b", "411728", "SignLeaverLedger", sign, &Handlers::SignLeaverLedger)->etag());
    return Repeat("c", close, &Handlers::CloseLeaverLedger);
  }

  CutOff Test() {
    return {.left = left,
            .monitoring = monitoring,
            .roots = {"enrolment_drive", "enrolment_run", "expected_child", "leaver", "leaver_ledger", "dropout_case"},
            .others = {"job"},
            .most = kMost,
            .next = [this](int n) { return Next(n); }};
  }

  static constexpr int kMost = 20;
  Left left;
};

TEST_P(EnrolmentFaults, CutOffAnywhere) {
  CutOffAnywhere(Test());
}

// A run that is cut off goes on where it stopped: each child once, each case once.
class EnrolmentRunFaults : public EnrolmentFaults {};

TEST_P(EnrolmentRunFaults, CutOffAnywhere) {
  On(9, 20);
  const auto job = As("t", "411728", "StartEnrolmentRun", Expecting(), &Handlers::StartEnrolmentRun);
  ASSERT_TRUE(job.ok()) << job.status();
  int cuts = 0;
  for (int cut = 5;; cut += 101, ++cuts) {
    *left = cut;
    const auto run = Turned<v1::EnrolmentRun>(monitoring, job);
    *left = -1;
    ExpectSound(Test());
    if (run.ok()) {
      EXPECT_EQ(run->suspected(), kMost);
      EXPECT_EQ(run->cases_opened(), kMost);
      break;
    }
  }
  EXPECT_GT(cuts, 1) << "so few statements cannot be";
  const auto found = monitoring.place.database->Read([](db::Transaction& tx) {
    return tx.Query(
        "SELECT e.id FROM expected_child e JOIN dropout_case c ON c.shard = e.shard AND c.child_key = "
        "e.child_key ORDER BY e.id");
  });
  EXPECT_EQ(found->size(), static_cast<size_t>(kMost));
}

INSTANTIATE_TEST_SUITE_P(Job, EnrolmentRunFaults, ::testing::Values("StartEnrolmentRun"),
                         [](const auto& info) { return info.param; });

INSTANTIATE_TEST_SUITE_P(Writes, EnrolmentFaults,
                         ::testing::Values("PutEnrolmentDrive", "StartEnrolmentRun", "BatchIssueEnrolmentNotices",
                                           "BatchRecordReported", "WithdrawReported", "ClaimEnrolmentDestination",
                                           "DecideEnrolmentDestination", "StartLeaverRun",
                                           "BatchRecordLeaverDestinations", "RecordLeaverCall", "PrepareLeaverLedger",
                                           "SignLeaverLedger", "CloseLeaverLedger"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ruraledu::dropout_monitoring
