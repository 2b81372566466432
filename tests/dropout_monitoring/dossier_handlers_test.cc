// Care dossiers and psychological notes behind their handlers, on both databases.
#include "common/obs/metrics.h"
#include "services/dropout_monitoring/care_gauges.h"
#include "tests/dropout_monitoring/care_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DossierTest : public CareFixture, public ::testing::TestWithParam<const char*> {
 protected:
  DossierTest() : CareFixture(OptionsOf(GetParam())) {}

  std::vector<std::string> Listed(
      std::function<void(v1::ListDossiersRequest&)> change = [](auto&) {}, const std::string& area = "411728") {
    v1::ListDossiersRequest request;
    request.set_parent(kCounty);
    change(request);
    std::vector<std::string> persons;
    const auto listed = As("o", area, "ListDossiers", request, &Handlers::ListDossiers);
    EXPECT_TRUE(listed.ok()) << listed.status();
    for (const auto& dossier : listed->dossiers()) persons.push_back(dossier.person());
    return persons;
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, DossierTest, ::testing::Values("Sqlite", "Postgres"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(DossierTest, TheDailyLookOpensThemBySchoolAndByTownship) {
  RunClock();
  EXPECT_THAT(Listed(), ElementsAre("d1", "l1")) << "disabled, left behind; p1 and p2 are out of poverty";
  EXPECT_THAT(Listed([](auto& r) { r.set_group(v1::CARE_GROUP_LEFT_BEHIND); }), ElementsAre("l1"));
  EXPECT_THAT(Listed([](auto& r) { r.set_group(v1::CARE_GROUP_IN_DIFFICULTY); }), ElementsAre("d1"));
  EXPECT_THAT(Listed([](auto& r) { r.set_by_township(true); }, "411728102"), ElementsAre("l1"));
  EXPECT_THAT(Listed([](auto&) {}, "411728102"), IsEmpty()) << "it goes to school in the other township";
  EXPECT_THAT(Listed([](auto& r) { r.set_stale_only(true); }), ElementsAre("d1", "l1"));
  EXPECT_EQ(monitoring.Counter("left_behind_education"), 1);
  EXPECT_EQ(monitoring.Counter("in_difficulty_children"), 1);
  registry_v1::Student back = Child("l1");
  registry.Put(back);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  Later(1);
  RunClock();
  EXPECT_THAT(Listed(), ElementsAre("d1")) << "left behind no more";
  EXPECT_EQ(monitoring.Counter("left_behind_education"), 0);
}

TEST_P(DossierTest, BothOwnersKeepItUpToDate) {
  RunClock();
  v1::PutDossierRequest request = Putting("l1");
  const auto put = Put(request, "411728102");
  ASSERT_TRUE(put.ok()) << put.status() << " the township where it lives";
  EXPECT_TRUE(put->masked());
  EXPECT_THAT(put->DebugString(), Not(HasSubstr("哮喘")));
  EXPECT_EQ(DayOf(put->reviewed_on()), today);
  EXPECT_TRUE(put->in_difficulty());
  EXPECT_EQ(Put(request, "411728102")->etag(), put->etag()) << "replay";
  request = Putting("l1");
  request.mutable_dossier()->set_living("BOARDING");
  request.mutable_update_mask()->add_paths("living");
  ASSERT_TRUE(Put(request, "411728103/s1").ok()) << "its school";
  EXPECT_EQ(DossierOf("l1").living(), "BOARDING");
  EXPECT_TRUE(DossierOf("l1").in_difficulty()) << "the rest stays";
  EXPECT_EQ(Reason(Put(Putting("l1"), "411728101")), "PERMISSION_DENIED");
  EXPECT_EQ(Reason(Put(Putting("none"), "411728101")), "PERMISSION_DENIED");
  EXPECT_EQ(Reason(Put(Putting("none"))), "PERSON_UNKNOWN");
  EXPECT_THAT(Listed([](auto& r) { r.set_stale_only(true); }), ElementsAre("d1"));
  obs::Metrics metrics;
  ASSERT_TRUE(CareProbe(monitoring.host(), ShippedStandards(), metrics)().ok());
  EXPECT_THAT(metrics.Text(), HasSubstr("ruraledu_dropout_monitoring_stale_dossiers{county=\"411728\"} 1"));
  On(3, 1, 2024);
  EXPECT_THAT(Listed([](auto& r) { r.set_stale_only(true); }), ElementsAre("d1", "l1")) << "a new term (DR-33)";
  request = Of<v1::PutDossierRequest>("");
  request.mutable_dossier()->set_name(DossierName("l1"));
  ASSERT_TRUE(Put(request).ok()) << "looked at, all still so";
  EXPECT_EQ(DossierOf("l1").living(), "BOARDING");
}

TEST_P(DossierTest, ParentsDecideBothFlags) {
  v1::PutDossierRequest request = Putting("l1");
  auto* father = request.mutable_dossier()->add_parents();
  father->set_relation("FATHER");
  *father->mutable_away_from() = DateOf(today - 40);
  request.mutable_dossier()->add_parents()->set_relation("MOTHER");
  const auto put = Put(request);
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->left_behind_education(), 0) << "not yet three months";
  EXPECT_TRUE(put->parents().empty());
  Later(60);
  RunClock();
  EXPECT_EQ(DossierOf("l1").left_behind_education(), 1) << "the daily look sees the months pass";
  EXPECT_FALSE(DossierOf("l1").left_behind_civil());
}

TEST_P(DossierTest, WhatIsWrongIsRefused) {
  const auto reason = [&](auto change) {
    v1::PutDossierRequest request = Putting("l1");
    change(*request.mutable_dossier());
    return Reason(Put(request));
  };
  EXPECT_EQ(reason([](auto& d) { d.set_area("411728102"); }), "FIELD_UNKNOWN") << "set by the server";
  EXPECT_EQ(reason([](auto& d) { d.add_kinds("SAD"); }), "CODE_UNKNOWN");
  EXPECT_EQ(reason([](auto& d) { d.set_living("MOON"); }), "CODE_UNKNOWN");
  EXPECT_EQ(reason([](auto& d) { d.add_parents()->set_relation("UNCLE"); }), "CODE_UNKNOWN");
  EXPECT_EQ(reason([](auto& d) { d.add_one_to_one()->set_kind("FRIEND"); }), "CODE_UNKNOWN");
  EXPECT_EQ(reason([](auto& d) { d.mutable_one_to_one()->Add()->mutable_from()->set_month(13); }), "DATE_INVALID");
  EXPECT_EQ(reason([](auto& d) { d.add_one_to_one(); }), "FIELD_REQUIRED");
  EXPECT_EQ(reason([](auto& d) { d.set_health(std::string(2001, 'x')); }), "FIELD_TOO_LONG");
  EXPECT_EQ(reason([](auto& d) { d.set_etag("\"1\""); }), "ETAG_MISMATCH");
  registry_v1::Student moved = Child("m1");
  moved.set_moved_to("counties/500243/students/m1");
  registry.Put(moved);
  ASSERT_TRUE(monitoring.CatchUp().ok());
  EXPECT_EQ(Reason(Put(Putting("m1"))), "MOVED");
}

TEST_P(DossierTest, WhatIsDoneIsRecorded) {
  ASSERT_TRUE(Put(Putting("l1")).ok());
  const std::string name = DossierName("l1");
  v1::RecordCareEventRequest request = Caring(name);
  const auto care = [&] {
    return As("teacher", "411728103/s1", "RecordCareEvent", request, &Handlers::RecordCareEvent);
  };
  const auto recorded = care();
  ASSERT_TRUE(recorded.ok()) << recorded.status();
  EXPECT_EQ(care()->etag(), recorded->etag()) << "replay";
  EXPECT_EQ(DayOf(recorded->last_event_on()), today);
  EXPECT_TRUE(recorded->events().empty()) << "masked";
  request = Caring(name);
  request.mutable_event()->set_kind("PARTY");
  EXPECT_EQ(Reason(care()), "CODE_UNKNOWN");
  request = Caring(name);
  *request.mutable_event()->mutable_on() = DateOf(today + 1);
  EXPECT_EQ(Reason(care()), "DATE_AHEAD");
  request = Caring(name);
  request.mutable_event()->clear_by();
  EXPECT_EQ(Reason(care()), "FIELD_REQUIRED");
  request = Caring(name);
  request.set_etag("\"1\"");
  EXPECT_EQ(Reason(care()), "ETAG_MISMATCH");
  request = Caring(DossierName("none"));
  EXPECT_EQ(Reason(As("o", "411728", "RecordCareEvent", request, &Handlers::RecordCareEvent)), "NOT_FOUND");
  EXPECT_EQ(Reason(care()), "PERMISSION_DENIED");
  v1::GetDossierRequest get;
  get.set_name(name);
  get.set_unmask(true);
  const auto clear =
      monitoring.CallAs(Holder("SCHOOL_DROPOUT_OFFICER"), "GetDossier", get, &Handlers::GetDossier, "DROPOUT_CARE");
  ASSERT_TRUE(clear.ok()) << clear.status();
  EXPECT_EQ(clear->events_size(), 1);
  EXPECT_EQ(clear->events(0).result(), "祖母身体尚好");

  const auto filled = monitoring.place.database->Write(kShard, [&](db::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const auto sealer, monitoring.place.keys->SealerOf(kShard));
    ASSIGN_OR_RETURN(const auto before, feed::Load<v1::Dossier>(tx, *sealer, kDossiers, kShard, feed::IdOfName(name)));
    v1::Dossier after = *before;
    while (after.events_size() < 500) *after.add_events() = after.events(0);
    feed::RootWriter writer(tx, *sealer, {"tester", "call"});
    RETURN_IF_ERROR(writer.Put(kDossiers, &*before, after, "TEST").status());
    return writer.Finish().status();
  });
  ASSERT_TRUE(filled.ok()) << filled;
  request = Caring(name);
  EXPECT_EQ(Reason(care()), "FIELD_TOO_MANY");
}

TEST_P(DossierTest, NotesAreReadByFewAndEachReadingIsWritten) {
  ASSERT_TRUE(Put(Putting("l1")).ok());
  v1::RecordPsychologicalNoteRequest request = Noting(DossierName("l1"));
  const auto note = [&] {
    return As("counsellor", "411728103/s1", "RecordPsychologicalNote", request, &Handlers::RecordPsychologicalNote);
  };
  const auto written = note();
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(written->text(), "") << "also to who wrote it";
  EXPECT_EQ(note()->name(), written->name()) << "replay";
  v1::ListPsychologicalNotesRequest list;
  list.set_parent(kCounty);
  list.set_dossier(DossierName("l1"));
  const auto listed = As("o", "411728", "ListPsychologicalNotes", list, &Handlers::ListPsychologicalNotes);
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->notes_size(), 1);
  EXPECT_THAT(listed->DebugString(), Not(HasSubstr("不愿说话")));
  v1::GetPsychologicalNoteRequest get;
  get.set_name(written->name());
  const auto read = [&](const rpc::Caller& caller, const std::string& purpose) {
    return monitoring.CallAs(caller, "GetPsychologicalNote", get, &Handlers::GetPsychologicalNote, purpose);
  };
  EXPECT_EQ(Reason(read(rpc::MakeJobCaller("o", "411728"), "")), "PERMISSION_DENIED") << "a job reads none";
  EXPECT_EQ(Reason(read(Holder("COUNTY_DROPOUT_OFFICER"), "DROPOUT_CARE")), "PERMISSION_DENIED")
      << "who reads dossiers in clear reads no note";
  EXPECT_EQ(Reason(read(Holder("SCHOOL_COUNSELLOR", "411728102"), "DROPOUT_CARE")), "PERMISSION_DENIED");
  EXPECT_EQ(Reason(read(Holder("SCHOOL_COUNSELLOR", "411728103/s1"), "")), "PURPOSE_REQUIRED");
  const int64_t before = EntriesOf("a411728");
  const auto clear = read(Holder("SCHOOL_COUNSELLOR", "411728103/s1"), "DROPOUT_CARE");
  ASSERT_TRUE(clear.ok()) << clear.status();
  EXPECT_EQ(clear->text(), "近来不愿说话");
  EXPECT_EQ(EntriesOf("a411728"), before + 1);
  request = Noting(DossierName("l1"));
  request.mutable_note()->clear_text();
  EXPECT_EQ(Reason(note()), "FIELD_REQUIRED");
  request = Noting(DossierName("l1"));
  request.mutable_note()->set_text(std::string(8001, 'x'));
  EXPECT_EQ(Reason(note()), "FIELD_TOO_LONG");
  request = Noting(DossierName("l1"));
  *request.mutable_note()->mutable_on() = DateOf(today + 1);
  EXPECT_EQ(Reason(note()), "DATE_AHEAD");
}

TEST_P(DossierTest, NothingSealedRestsInClear) {
  ASSERT_TRUE(Put(Putting("l1")).ok());
  ASSERT_TRUE(
      As("o", "411728", "RecordPsychologicalNote", Noting(DossierName("l1")), &Handlers::RecordPsychologicalNote).ok());
  for (const char* table : {"dossier", "psychological_note", "journal"}) {
    const auto rows = monitoring.place.database->Read(
        [&](db::Transaction& tx) { return tx.Query(absl::StrCat("SELECT body FROM ", table)); });
    ASSERT_TRUE(rows.ok()) << rows.status();
    ASSERT_FALSE(rows->empty());
    for (const db::Row& row : *rows) {
      EXPECT_THAT(row.Bytes(0), Not(HasSubstr("哮喘")));
      EXPECT_THAT(row.Bytes(0), Not(HasSubstr("不愿说话")));
    }
  }
}

TEST_P(DossierTest, TheDefinitionsAnswerWithoutAStore) {
  v1::EvaluateCareRequest request;
  request.set_region_code("411728000000");
  *request.mutable_on() = Date(20231201);
  *request.mutable_facts()->mutable_birth_date() = Date(20130501);
  request.mutable_facts()->set_rural_household(true);
  for (const char* relation : {"FATHER", "MOTHER"}) {
    auto* parent = request.mutable_facts()->add_parents();
    parent->set_relation(relation);
    *parent->mutable_away_from() = Date(20230101);
  }
  const auto said = As("o", "411728", "EvaluateCare", request, &Handlers::EvaluateCare);
  ASSERT_TRUE(said.ok()) << said.status();
  EXPECT_TRUE(said->left_behind_civil());
  EXPECT_EQ(said->left_behind_education(), 0) << "does not say that it is at school at home";
}

}  // namespace
}  // namespace ruraledu::dropout_monitoring
