// A county with two schools, children and a household for the tests of cases: a clock that the test moves, and people
// with their parts. Teachers act in a class or school, the clerk in a township, the officers in the county.
#pragma once

#include "absl/strings/str_split.h"
#include "common/ingest/byte_source.h"
#include "common/ingest/zip_file.h"
#include "services/dropout_monitoring/absence_approval_store.h"
#include "services/dropout_monitoring/case_tables.h"
#include "tests/dropout_monitoring/case_book.h"
#include "tests/dropout_monitoring/fixture.h"
#include "tests/lib/postgres.h"

namespace ruraledu::dropout_monitoring {

// The shipped calendar of one year as the registry tells it.
inline registry_v1::Calendar CalendarYear(int year) {
  registry_v1::Calendar calendar;
  calendar.set_name(absl::StrCat("calendars/", year));
  calendar.set_year(year);
  const std::string text = ShippedFile("data/holidays.csv");
  for (const std::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    absl::CivilDay day;
    if (line.starts_with(absl::StrCat(year)) && ParseDay(cells[0], &day)) {
      auto* added = calendar.add_days();
      *added->mutable_date() = DateOf(day);
      added->set_kind(cells[1]);
    }
  }
  return calendar;
}

inline db::Options OptionsOf(const std::string& database) {
  db::Options options;
  if (database == "Postgres") options.url = "postgres:" + testlib::Postgres::Get().NewSchema();
  return options;
}

class CaseFixture {
 protected:
  static constexpr char kSchoolArea[] = "411728103/s1";
  static constexpr char kClassArea[] = "411728103/s1/k1";

  explicit CaseFixture(db::Options options = {}) : registry(folder), monitoring(folder, registry, std::move(options)) {
    monitoring.UseClock(clock);
    On(9, 11);
    for (const char* id : {"s1", "s2"}) registry.Put(TownSchool(id));
    registry.Put(Class());
    registry_v1::Household household;
    household.set_name(absl::StrCat(kCounty, "/households/h1"));
    household.set_village("411728103001");
    auto* record = household.add_hardships();
    record->set_kind("P2");
    *record->mutable_valid_from() = Date(20200101);
    registry.Put(household);
    for (const char* id : {"p1", "p2"}) {  // siblings
      registry_v1::Student student = Child(id);
      student.set_household(household.name());
      registry.Put(student);
    }
    registry.Put(Child("p3"));
    registry.Put(CalendarYear(2023));
    EXPECT_TRUE(monitoring.CatchUp().ok());
  }

  static registry_v1::School TownSchool(const std::string& id) {
    registry_v1::School school = School(id);
    school.set_township("411728103");
    return school;
  }
  static registry_v1::Student Child(const std::string& id) {
    registry_v1::Student student = Student(id);
    student.set_village("411728103001");
    auto* guardian = student.add_guardians();
    guardian->set_display_name("王大山");
    guardian->set_relation("FATHER");
    return student;
  }

  // Noon in Shanghai.
  void On(int month, int day, int year = 2023) {
    today = absl::CivilDay(year, month, day);
    clock.Set(absl::FromCivil(absl::CivilHour(year, month, day, 12), absl::FixedTimeZone(8 * 60 * 60)));
  }
  void Later(int days) {
    const absl::CivilDay day = today + days;
    On(day.month(), day.day(), static_cast<int>(day.year()));
  }

  template <typename Request, typename Response>
  absl::StatusOr<Response> As(const std::string& person, const std::string& area, std::string_view method,
                              const Request& request,
                              absl::StatusOr<Response> (Handlers::*handler)(rpc::Call&, const Request&)) {
    return monitoring.CallAs(rpc::MakeJobCaller(person, area), method, request, handler);
  }

  // Somebody with a role of the shipped table and a purpose.
  static rpc::Caller Holder(const std::string& role, const std::string& area = "411728") {
    auto access = std::make_shared<rpc::AccountAccess>();
    access->account = "accounts/411728-holder";
    access->person = "holder";
    rpc::GrantRow grant{.name = "grant", .role = role, .area = area, .from = absl::CivilDay(2000, 1, 1)};
    grant.purposes = {"DROPOUT_CARE"};
    access->grants = {grant};
    return {.subject = "holder", .issuer = "test", .access = std::move(access)};
  }

  template <typename Request>
  static Request Of(const std::string& name) {
    Request request;
    if constexpr (requires { request.set_name(name); }) request.set_name(name);
    if constexpr (requires { request.set_request_id(name); }) request.set_request_id(NewId());
    return request;
  }

  v1::OpenCaseRequest Opening(const std::string& person) const {
    v1::OpenCaseRequest request = Of<v1::OpenCaseRequest>("");
    request.set_parent(kCounty);
    request.set_student(absl::StrCat(kCounty, "/students/", person));
    request.set_channel(v1::DISCOVERY_CHANNEL_REPORT);
    *request.mutable_discovered_on() = DateOf(today);
    return request;
  }
  absl::StatusOr<v1::Case> OpenFor(const std::string& person, const std::string& area = "411728") {
    return As("teacher", area, "OpenCase", Opening(person), &Handlers::OpenCase);
  }
  absl::StatusOr<v1::Case> VerifyAs(const std::string& person, const std::string& area, const std::string& name) {
    return As(person, area, "VerifyCase", Of<v1::VerifyCaseRequest>(name), &Handlers::VerifyCase);
  }
  v1::RecordContactRequest Visiting(const std::string& name, const std::string& outcome = "REFUSED_FAMILY") const {
    v1::RecordContactRequest request = Of<v1::RecordContactRequest>(name);
    *request.mutable_contact() = Contact(today, outcome);
    return request;
  }
  absl::StatusOr<v1::Case> Visit(const std::string& name, const std::string& outcome = "REFUSED_FAMILY") {
    return As("teacher", kClassArea, "RecordContact", Visiting(name, outcome), &Handlers::RecordContact);
  }
  v1::ProposeCaseStepRequest Proposing(const std::string& name, const v1::CaseProposal& proposal) const {
    v1::ProposeCaseStepRequest request = Of<v1::ProposeCaseStepRequest>(name);
    *request.mutable_proposal() = proposal;
    return request;
  }
  v1::DecideCaseStepRequest Deciding(const std::string& name, v1::CaseStepKind kind, bool accept = true) const {
    v1::DecideCaseStepRequest request = Of<v1::DecideCaseStepRequest>(name);
    request.set_kind(kind);
    request.set_accept(accept);
    return request;
  }
  absl::StatusOr<v1::Case> Step(const std::string& name, const v1::CaseProposal& proposal) {
    const auto proposed =
        As("officer", "411728", "ProposeCaseStep", Proposing(name, proposal), &Handlers::ProposeCaseStep);
    RETURN_IF_ERROR(proposed.status());
    return As("approver", "411728", "DecideCaseStep", Deciding(name, proposal.kind()), &Handlers::DecideCaseStep);
  }
  v1::IssueLegalStepRequest Issuing(const std::string& name, v1::LegalStepKind kind) const {
    v1::IssueLegalStepRequest request = Of<v1::IssueLegalStepRequest>(name);
    request.set_kind(kind);
    *request.mutable_records() = OrderRecords();
    return request;
  }
  absl::StatusOr<v1::Case> Issue(const std::string& name, v1::LegalStepKind kind, const std::string& area = "411728") {
    return As("officer", area, "IssueLegalStep", Issuing(name, kind), &Handlers::IssueLegalStep);
  }
  // Up to a dropout that two persons confirmed and the family was talked to; the resource name.
  std::string Confirmed(const std::string& person) {
    const auto opened = OpenFor(person);
    EXPECT_TRUE(opened.ok()) << opened.status();
    const std::string name = opened->name();
    EXPECT_TRUE(VerifyAs("teacher", kClassArea, name).ok());
    for (int i = 0; i < 3; ++i) {
      Later(1);
      EXPECT_TRUE(Visit(name).ok());
    }
    const auto confirmed = Step(name, Proposal(v1::CASE_STEP_KIND_CONFIRM_DROPOUT));
    EXPECT_TRUE(confirmed.ok()) << confirmed.status();
    return name;
  }
  // An approval of the child that is in force, as the county granted it.
  void Approve(const std::string& child_key, absl::CivilDay from, absl::CivilDay until,
               v1::ApprovalKind kind = v1::APPROVAL_KIND_EXEMPTION,
               v1::ApprovalState state = v1::APPROVAL_STATE_IN_FORCE) {
    v1::AbsenceApproval approval;
    approval.set_name(absl::StrCat(kCounty, "/absenceApprovals/", NewId()));
    approval.set_area(kClassArea);
    approval.set_child_key(child_key);
    approval.set_kind(kind);
    approval.set_state(state);
    *approval.mutable_valid_from() = DateOf(from);
    *approval.mutable_valid_until() = DateOf(until);
    *approval.mutable_clock_on() = DateOf(until + 8);
    const auto sealer = monitoring.place.keys->SealerOf(kShard);
    const absl::Status put = monitoring.place.database->Write(kShard, [&](db::Transaction& tx) -> absl::Status {
      feed::RootWriter writer(tx, **sealer, {"t", "t"});
      RETURN_IF_ERROR(writer.Put(kAbsenceApprovals, nullptr, approval, "GRANT").status());
      return writer.Finish().status();
    });
    EXPECT_TRUE(put.ok()) << put;
  }
  // The text of a letter.
  static std::string BodyOf(const std::string& docx) {
    auto zip = ingest::ZipFile::Open(ingest::FromString(docx), ingest::TableLimits());
    EXPECT_TRUE(zip.ok() && (*zip)->Begin("word/document.xml").ok());
    std::string text(1 << 16, '\0');
    text.resize((*zip)->Read(text.data(), text.size()).value_or(0));
    return text;
  }
  absl::StatusOr<v1::Case> Whole(const std::string& name) {
    return monitoring.place.database->Read([&](db::Transaction& tx) -> absl::StatusOr<v1::Case> {
      ASSIGN_OR_RETURN(const auto sealer, monitoring.place.keys->SealerOf(kShard));
      ASSIGN_OR_RETURN(auto file, feed::Load<v1::Case>(tx, *sealer, kCases, kShard, feed::IdOfName(name)));
      return file.has_value() ? absl::StatusOr<v1::Case>(*std::move(file)) : absl::NotFoundError(name);
    });
  }
  // What the sampler does once, and the jobs that it gave.
  int RunClock() {
    const CaseClockParts parts{monitoring.host(), ShippedStandards(), 2};
    EXPECT_TRUE(CaseClockProbe(parts)().ok());
    const auto waiting = monitoring.place.database->Read([](db::Transaction& tx) {
      return tx.Query("SELECT shard, id FROM job WHERE kind = 'case_clock' AND state = 'QUEUED' ORDER BY shard, id");
    });
    for (const db::Row& row : *waiting) {
      const absl::Status turned = monitoring.Turn(row.Text(0), row.Text(1));
      EXPECT_TRUE(turned.ok()) << turned;
    }
    return static_cast<int>(waiting->size());
  }
  template <typename T>
  static std::string Reason(const absl::StatusOr<T>& answer) {
    return answer.ok() ? "" : ReasonOf(answer.status());
  }

  TempFolder folder;
  FakeClock clock{absl::UnixEpoch()};
  absl::CivilDay today;
  Registry registry;
  Monitoring monitoring;
};

}  // namespace ruraledu::dropout_monitoring
