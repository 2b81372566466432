// A county with children of the age of entry and leavers, for the tests of the enrolment drive.
#pragma once

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "common/base/enum_text.h"
#include "services/dropout_monitoring/enrolment_rules.h"
#include "services/dropout_monitoring/enrolment_store.h"
#include "tests/dropout_monitoring/enrolment_book.h"

namespace ruraledu::dropout_monitoring {

class EnrolmentFixture : public CaseFixture {
 protected:
  static constexpr char kYear[] = "2023-2024";
  static constexpr char kVillage[] = "411728103001";

  explicit EnrolmentFixture(const std::string& database) : CaseFixture(OptionsOf(database)) {
    registry_v1::School junior = TownSchool("j1");
    junior.clear_stages();
    junior.add_stages("JUN");
    registry.Put(junior);
    registry.Put(PupilIn("a1", 20170101, "PRE", "P3", 20220901));       // of age
    registry.Put(PupilIn("a2", 20180101, "PRE", "P2", 20220901));       // too young
    registry.Put(PupilIn("a3", 20170102, "PRI", "1", 20220901));        // began a year ago
    registry.Put(PupilIn("b1", 20110101, "PRI", "6", 20220901));        // leaves
    registry.Put(PupilIn("b2", 20110102, "PRI", "6", 20220901, "s2"));  // leaves
    registry.Put(PupilIn("b3", 20120101, "PRI", "5", 20220901));        // stays
    registry_v1::Household household;
    household.set_name(absl::StrCat(kCounty, "/households/h2"));
    household.set_village("411728103002");
    auto* member = household.add_members();
    member->set_display_name("钱小草");
    member->set_id_number(IdOf(20170405));
    member->set_relation("CHILD");
    registry.Put(household);
    EXPECT_TRUE(monitoring.CatchUp().ok());
    const auto listed =
        As("officer", "411728", "BatchRecordResidents",
           ListOf({ResidentOf("孙小树", IdOf(20170201)), ResidentOf("李小山", IdOf(20190201))}, "POLICE", today),
           &Handlers::BatchRecordResidents);
    EXPECT_TRUE(listed.ok()) << listed.status();
    On(8, 20);
  }

  static constexpr char kJunior[] = "counties/411728/schools/j1";
  static std::string SchoolName(const std::string& id) { return absl::StrCat(kCounty, "/schools/", id); }
  std::string NameOf(const std::string& level, const std::string& key) {
    return absl::StrCat(kCounty, "/expectedChildren/", kYear, ".", level, ".", key);
  }
  v1::PutEnrolmentDriveRequest Driving(v1::SchoolLevel level, const std::string& from, const std::string& to) {
    v1::PutEnrolmentDriveRequest request = Of<v1::PutEnrolmentDriveRequest>("");
    request.set_parent(kCounty);
    request.set_school_year(kYear);
    request.set_level(level);
    auto* row = request.add_catchments();
    row->set_from(from);
    row->set_school(to);
    return request;
  }
  absl::StatusOr<v1::EnrolmentDrive> Put(const v1::PutEnrolmentDriveRequest& request,
                                         const std::string& area = "411728") {
    return As("officer", area, "PutEnrolmentDrive", request, &Handlers::PutEnrolmentDrive);
  }
  v1::StartEnrolmentRunRequest Starting(const std::string& year = kYear) {
    v1::StartEnrolmentRunRequest request = Of<v1::StartEnrolmentRunRequest>("");
    request.set_parent(kCounty);
    request.set_school_year(year);
    return request;
  }
  v1::EnrolmentRun Ran() {
    const auto run = Turned<v1::EnrolmentRun>(
        monitoring, As("officer", "411728", "StartEnrolmentRun", Starting(), &Handlers::StartEnrolmentRun));
    EXPECT_TRUE(run.ok()) << run.status();
    return run.value_or(v1::EnrolmentRun());
  }
  std::vector<v1::ExpectedChild> Listed(v1::ListExpectedChildrenRequest request = {},
                                        const std::string& area = "411728") {
    request.set_parent(kCounty);
    request.set_school_year(kYear);
    const auto listed = As("o", area, "ListExpectedChildren", request, &Handlers::ListExpectedChildren);
    EXPECT_TRUE(listed.ok()) << listed.status();
    return listed.ok() ? std::vector<v1::ExpectedChild>(listed->children().begin(), listed->children().end())
                       : std::vector<v1::ExpectedChild>();
  }
  // "PRIMARY a1 EXPECTED", the key cut where no register knows the child.
  std::vector<std::string> States() {
    std::vector<std::string> lines;
    for (const auto& child : Listed()) {
      const bool known = !child.child_key().starts_with("child-");
      lines.push_back(absl::StrCat(EnumText(child.level()), " ",
                                   known ? child.child_key() : feed::IdOfName(child.source()).substr(0, 2), " ",
                                   v1::ExpectedState_Name(child.state()).substr(15)));
    }
    return lines;
  }
  v1::ExpectedChild Now(const std::string& name) {
    v1::GetExpectedChildRequest get;
    get.set_name(name);
    const auto child = As("o", "411728", "GetExpectedChild", get, &Handlers::GetExpectedChild);
    EXPECT_TRUE(child.ok()) << child.status();
    return child.value_or(v1::ExpectedChild());
  }
  std::string OfSource(const std::string& collection) {
    for (const auto& child : Listed()) {
      if (absl::StrContains(child.source(), "/" + collection + "/")) return child.name();
    }
    return "";
  }
  v1::BatchIssueEnrolmentNoticesRequest Issuing(const std::vector<std::string>& names, const std::string& school = "") {
    v1::BatchIssueEnrolmentNoticesRequest request = Of<v1::BatchIssueEnrolmentNoticesRequest>("");
    request.set_parent(kCounty);
    request.mutable_children()->Assign(names.begin(), names.end());
    request.set_school(school);
    return request;
  }
  std::string Issued(const v1::BatchIssueEnrolmentNoticesRequest& request, const std::string& area = "411728") {
    const auto answer = As("clerk", area, "BatchIssueEnrolmentNotices", request, &Handlers::BatchIssueEnrolmentNotices);
    return answer.ok() ? absl::StrJoin(answer->outcomes(), " ") : Reason(answer);
  }
  v1::BatchRecordReportedRequest Reporting(const std::string& school, const std::vector<v1::ReportedRow>& rows) {
    v1::BatchRecordReportedRequest request = Of<v1::BatchRecordReportedRequest>("");
    request.set_parent(kCounty);
    request.set_school_year(kYear);
    request.set_school(SchoolName(school));
    *request.mutable_reported_on() = DateOf(today);
    request.mutable_rows()->Assign(rows.begin(), rows.end());
    return request;
  }
  std::string Recorded(const v1::BatchRecordReportedRequest& request, const std::string& area = "411728") {
    const auto answer = As("teacher", area, "BatchRecordReported", request, &Handlers::BatchRecordReported);
    return answer.ok() ? absl::StrJoin(answer->outcomes(), " ") : Reason(answer);
  }
  static v1::ReportedRow ByKey(const std::string& key) {
    v1::ReportedRow row;
    row.set_child(key);
    return row;
  }
  static v1::ReportedRow ByNumber(const std::string& id_number) {
    v1::ReportedRow row;
    row.set_id_number(id_number);
    return row;
  }
  v1::ClaimEnrolmentDestinationRequest Claiming(const std::string& name, const std::string& code = "OTHER_COUNTY") {
    v1::ClaimEnrolmentDestinationRequest request = Of<v1::ClaimEnrolmentDestinationRequest>(name);
    request.set_code(code);
    request.set_place("郑州市某小学");
    request.set_proof("学籍证明 0123");
    return request;
  }
  absl::StatusOr<v1::ExpectedChild> Claim(const v1::ClaimEnrolmentDestinationRequest& request) {
    return As("clerk", "411728", "ClaimEnrolmentDestination", request, &Handlers::ClaimEnrolmentDestination);
  }
  absl::StatusOr<v1::ExpectedChild> Decide(const std::string& name, bool confirm, const std::string& by = "approver",
                                           const std::string& etag = "") {
    v1::DecideEnrolmentDestinationRequest request = Of<v1::DecideEnrolmentDestinationRequest>(name);
    request.set_confirm(confirm);
    request.set_etag(etag.empty() ? Now(name).etag() : etag);
    return As(by, "411728", "DecideEnrolmentDestination", request, &Handlers::DecideEnrolmentDestination);
  }
  std::vector<v1::Case> Cases() {
    v1::ListCasesRequest request;
    request.set_parent(kCounty);
    const auto listed = monitoring.Call("ListCases", request, &Handlers::ListCases);
    EXPECT_TRUE(listed.ok()) << listed.status();
    return {listed->cases().begin(), listed->cases().end()};
  }
  int64_t Versions() {
    const auto rows = monitoring.place.database->Read(
        [](db::Transaction& tx) { return tx.Query("SELECT CAST(SUM(version) AS BIGINT) FROM expected_child"); });
    return rows->at(0).Int(0);
  }
};

}  // namespace ruraledu::dropout_monitoring
