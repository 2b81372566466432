// Proof of beds and classes: what does not fit, whose day counts, what is refused.
#include "services/student_aid/presence_rules.h"
#include "tests/student_aid/office_fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;

// "BED_TWICE p2 1-1 aided" of each.
template <typename Findings>
std::vector<std::string> TextOf(const Findings& findings) {
  std::vector<std::string> lines;
  for (const v1::PresenceFinding& one : findings) {
    lines.push_back(absl::StrCat(one.reason(), one.person().empty() ? "" : " ", one.person(),
                                 one.place().empty() ? "" : " ", one.place(), one.aided() ? " aided" : ""));
  }
  return lines;
}

v1::PresenceRow Seen(const std::string& person, const std::string& place = "") {
  v1::PresenceRow row;
  row.set_person(person);
  row.set_place(place);
  return row;
}

TEST(PresenceRules, BedsAgainstBoarders) {
  const PresenceFacts facts{.kind = v1::PRESENCE_KIND_BOARDING,
                            .beds = 2,
                            .roll = {{"a", true}, {"b", true}, {"c", true, true}, {"d", false}},
                            .aided = {"b"}};
  EXPECT_EQ(RegisteredOf(facts), 3);
  EXPECT_THAT(
      TextOf(FindingsOf(facts, std::vector{Seen("a", "1-1"), Seen("d", "1-2"), Seen("x", "1-2"), Seen("a", "1-3"),
                                           Seen("c", "1-4")})),
      ElementsAre("BED_OF_NO_BOARDER d 1-2", "BED_TWICE x 1-2", "BOARDERS_ABOVE_BEDS 3/2", "BOARDER_LIVES_NEAR c",
                  "BOARDER_WITHOUT_BED b aided", "NOT_ON_ROLL x 1-2", "PUPIL_TWICE a 1-3"));
  EXPECT_TRUE(FindingsOf({.kind = v1::PRESENCE_KIND_BOARDING, .beds = 1, .roll = {{"a", true}}, .aided = {}},
                         std::vector{Seen("a", "1-1")})
                  .empty());
}

TEST(PresenceRules, ClassesAgainstTheRoll) {
  const PresenceFacts facts{
      .kind = v1::PRESENCE_KIND_IN_CLASS, .beds = 0, .roll = {{"a"}, {"b", true, true}}, .aided = {"b"}};
  EXPECT_EQ(RegisteredOf(facts), 2);
  EXPECT_THAT(TextOf(FindingsOf(facts, std::vector{Seen("a"), Seen("x")})),
              ElementsAre("NOT_IN_CLASS b aided", "NOT_ON_ROLL x"));
}

class PresenceTest : public OfficeFixture, public ::testing::TestWithParam<const char*> {
 protected:
  PresenceTest() : OfficeFixture(OptionsOf(GetParam())) {}

  static v1::RecordPresenceRequest Recording(v1::PresenceKind kind, const std::string& period,
                                             const std::vector<v1::PresenceRow>& rows, int beds = 100) {
    v1::RecordPresenceRequest request;
    request.set_parent(kCounty);
    request.set_school(absl::StrCat(kCounty, "/schools/s1"));
    request.set_kind(kind);
    request.set_period(period);
    request.set_beds(beds);
    for (const v1::PresenceRow& row : rows) *request.add_rows() = row;
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::PresenceCheck> Record(const v1::RecordPresenceRequest& request) {
    return As("teacher", "RecordPresenceCheck", request, &Handlers::RecordPresenceCheck);
  }
};

INSTANTIATE_TEST_SUITE_P(Databases, PresenceTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(PresenceTest, ABoarderWithoutABedIsAFindingThatIsPublished) {
  Approve({"p2"});
  std::vector<v1::PresenceRow> rows;
  for (int n = 1; n <= 7; ++n) {
    if (n != 2) rows.push_back(Seen(absl::StrCat("p", n), absl::StrCat("1-", n)));
  }
  const auto check = Record(Recording(v1::PRESENCE_KIND_BOARDING, kAutumn, rows));
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_EQ(check->name(), absl::StrCat(kCounty, "/presenceChecks/s1.BOARDING.2023-2024-1"));
  EXPECT_TRUE(check->masked() && check->rows().empty());
  EXPECT_EQ(check->registered(), 7);
  EXPECT_EQ(check->present(), 6);
  EXPECT_THAT(TextOf(check->findings()), ElementsAre("BOARDER_WITHOUT_BED p2 aided"));
  // What supervision reads in the journal.
  const auto entries =
      aid.place.database->Read([&](db::Transaction& tx) { return feed::ReadEntries(tx, "c411728", 0, 1000, nullptr); });
  ASSERT_TRUE(entries.ok()) << entries.status();
  ruraledu::feed::v1::RootEvent event;
  ASSERT_TRUE(event.ParseFromString(entries->back().body()));
  v1::PresenceCheck published;
  ASSERT_TRUE(event.changes(0).after().UnpackTo(&published));
  EXPECT_THAT(TextOf(published.findings()), ElementsAre("BOARDER_WITHOUT_BED p2 aided"));
  EXPECT_TRUE(published.rows().empty());

  // Corrected: the same proof, another content.
  rows.push_back(Seen("p2", "1-2"));
  auto again = Recording(v1::PRESENCE_KIND_BOARDING, kAutumn, rows);
  again.set_etag("\"1\"");
  EXPECT_EQ(ReasonOf(Record(again).status()), "ETAG_MISMATCH");
  again.set_etag(check->etag());
  const auto corrected = Record(again);
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  EXPECT_TRUE(corrected->findings().empty());
  EXPECT_EQ(Record(again)->etag(), corrected->etag()) << "a replay";
  v1::GetPresenceCheckRequest get;
  get.set_name(check->name());
  EXPECT_TRUE(As("reader", "GetPresenceCheck", get, &Handlers::GetPresenceCheck)->rows().empty());
  get.set_unmask(true);
  EXPECT_EQ(aid.CallAs(With("COUNTY_AID_OFFICER"), "GetPresenceCheck", get, &Handlers::GetPresenceCheck, "AID_REVIEW")
                ->rows_size(),
            7);
}

TEST_P(PresenceTest, TheRegisterOfTheDayCounts) {
  registry_v1::Student gone = Student("p7", "JUN", "7", true);
  *gone.mutable_enrolments(0)->mutable_valid_to() = Date(20231101);
  gone.set_status("TRANSFERRED_OUT");
  *gone.mutable_status_from() = Date(20231101);
  registry.Put(gone);
  ASSERT_TRUE(aid.CatchUp().ok());
  const auto october = Record(Recording(v1::PRESENCE_KIND_IN_CLASS, "2023-10", {Seen("p1")}));
  const auto november = Record(Recording(v1::PRESENCE_KIND_IN_CLASS, "2023-11", {Seen("p1")}));
  ASSERT_TRUE(october.ok() && november.ok()) << october.status() << november.status();
  EXPECT_EQ(october->registered(), november->registered() + 1);
  EXPECT_EQ(october->term(), kAutumn);
  EXPECT_EQ(DayText(*DayOf(october->day())), "2023-10-31");
  EXPECT_EQ(october->beds(), 0);
  v1::ListPresenceChecksRequest list;
  list.set_parent(kCounty);
  list.set_findings_only(true);
  list.set_kind(v1::PRESENCE_KIND_IN_CLASS);
  EXPECT_EQ(As("reader", "ListPresenceChecks", list, &Handlers::ListPresenceChecks)->checks_size(), 2);
  list.set_period("2023-11");
  EXPECT_EQ(As("reader", "ListPresenceChecks", list, &Handlers::ListPresenceChecks)->checks_size(), 1);
  list.set_area("areas/411728104");
  EXPECT_EQ(As("reader", "ListPresenceChecks", list, &Handlers::ListPresenceChecks)->checks_size(), 0);
}

TEST_P(PresenceTest, EachFieldIsChecked) {
  const auto refused = [&](const std::function<void(v1::RecordPresenceRequest&)>& change) {
    auto request = Recording(v1::PRESENCE_KIND_BOARDING, kAutumn, {Seen("p1", "1-1")});
    change(request);
    return ReasonOf(Record(request).status());
  };
  EXPECT_EQ(refused([](auto& r) { r.set_school(absl::StrCat(kCounty, "/schools/none")); }), "SCHOOL_UNKNOWN");
  EXPECT_EQ(refused([](auto& r) { r.set_school("counties/500243/schools/s1"); }), "SCHOOL_UNKNOWN");
  EXPECT_EQ(refused([](auto& r) { r.set_period("2023-11"); }), "TERM_FORMAT");
  EXPECT_EQ(refused([](auto& r) { r.set_period("2023-2024-2"); }), "DATE_AHEAD");
  EXPECT_EQ(refused([](auto& r) { r.set_beds(-1); }), "NUMBER_RANGE");
  EXPECT_EQ(refused([](auto& r) { r.mutable_rows(0)->clear_place(); }), "FIELD_REQUIRED");
  EXPECT_EQ(refused([](auto& r) { r.mutable_rows(0)->set_place(std::string(201, 'x')); }), "FIELD_TOO_LONG");
  EXPECT_EQ(refused([](auto& r) {
              for (int i = 0; i < 5000; ++i) *r.add_rows() = Seen("p1", "1");
            }),
            "FIELD_TOO_MANY");
  EXPECT_EQ(refused([](auto& r) {
              r.set_kind(v1::PRESENCE_KIND_IN_CLASS);
              r.set_period("2023-13");
            }),
            "DATE_INVALID");
  EXPECT_EQ(refused([](auto& r) {
              r.set_kind(v1::PRESENCE_KIND_IN_CLASS);
              r.set_period("2024-01");
            }),
            "DATE_AHEAD");
  EXPECT_EQ(ReasonOf(As("x", "RecordPresenceCheck", Recording(v1::PRESENCE_KIND_BOARDING, kAutumn, {Seen("p1", "1-1")}),
                        &Handlers::RecordPresenceCheck, "411728104")
                         .status()),
            "PERMISSION_DENIED");
}

TEST(PresenceTable, RefusesWhatCannotHold) {
  const auto refused = [](const std::string& rows) {
    return std::string(ParsePresenceRules("region,from,until,near,source\n" + rows).status().message());
  };
  EXPECT_EQ(refused(",,,TOWNSHIP,s\n"), "");
  EXPECT_THAT(refused(",,,VILLAGE,s\n"), ::testing::HasSubstr("NONE or TOWNSHIP"));
  EXPECT_THAT(refused(",,,NONE,s\n,2024-01-01,,NONE,s\n"), ::testing::HasSubstr("holds on one"));
  EXPECT_THAT(refused("411728000000,,,NONE,s\n"), ::testing::HasSubstr("nation"));
  const OfficeBook book({}, {}, OfficeTables().channels(), OfficeTables().kinds(),
                        *ParsePresenceRules("region,from,until,near,source\n,,,NONE,s\n411728000000,,,TOWNSHIP,s\n"));
  EXPECT_EQ(book.Near("411728000000", absl::CivilDay(2023, 9, 1)), NearRule::kTownship);
  EXPECT_EQ(book.Near("500243000000", absl::CivilDay(2023, 9, 1)), NearRule::kNone);
}

}  // namespace
}  // namespace ruraledu::student_aid
