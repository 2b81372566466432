// dossiers and their notes: which call each command makes, and what it shows.
#include "ruraledu/dropout_monitoring/v1/dossier.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr char kDossier[] = "counties/411728/dossiers/p1";
constexpr char kNote[] = "counties/411728/psychologicalNotes/n1";

class DossiersTest : public CliTest {
 protected:
  static v1::Dossier One() {
    v1::Dossier dossier;
    dossier.set_name(kDossier);
    dossier.set_left_behind_education(2);
    dossier.set_living("GRANDPARENTS");
    return dossier;
  }
};

TEST_F(DossiersTest, ADossierIsBroughtUpToDate) {
  const auto put = Monitors<v1::PutDossierRequest>("PutDossier", One());
  const std::string file =
      Write("dossier.json", R"({"living": "GRANDPARENTS", "parents": [{"relation": "FATHER"}], "etag": "\"6\""})");
  EXPECT_HAS(Done({"dossiers", "put", kDossier, "--file", file}), kDossier);
  EXPECT_ASKED(put, R"pb(dossier {
                           name: "counties/411728/dossiers/p1"
                           living: "GRANDPARENTS"
                           parents { relation: "FATHER" }
                           etag: "\"6\""
                         })pb");
  Done({"dossiers", "put", kDossier, "--file", file, "--field", "parents", "--field", "kinds", "--etag", "\"7\""});
  EXPECT_EQ(put->dossier().etag(), "\"7\"");
  EXPECT_EQ(put->update_mask().DebugString(), "paths: \"parents\"\npaths: \"kinds\"\n");
  Done({"dossiers", "put", kDossier});
  EXPECT_ASKED(put, R"pb(dossier { name: "counties/411728/dossiers/p1" })pb");
  const auto recorded = Monitors<v1::RecordCareEventRequest>("RecordCareEvent", One());
  Done({"dossiers", "event", kDossier, "HOME_VISIT", "--on", "2026-10-01", "--by", "王老师", "--result", "情况稳定",
        "--etag", "\"7\""});
  EXPECT_ASKED(recorded, R"pb(name: "counties/411728/dossiers/p1"
                              event {
                                kind: "HOME_VISIT"
                                on { year: 2026 month: 10 day: 1 }
                                by: "王老师"
                                result: "情况稳定"
                              }
                              etag: "\"7\"")pb");
}

TEST_F(DossiersTest, OneInFullAndTheDefinitions) {
  const auto got = Monitors<v1::GetDossierRequest>("GetDossier", One());
  EXPECT_HAS(Done({"dossiers", "show", kDossier, "--unmask", "--purpose", "CARE"}), "GRANDPARENTS");
  EXPECT_ASKED(got, R"pb(name: "counties/411728/dossiers/p1" unmask: true)pb");
  EXPECT_EQ(purpose_, "CARE");
  v1::CareEvaluation answer;
  answer.set_boarding_first(true);
  const auto asked = Monitors<v1::EvaluateCareRequest>("EvaluateCare", answer);
  const std::string facts = Write("facts.json", R"({"regionCode": "411728000000", "facts": {"ruralHousehold": true}})");
  EXPECT_HAS(Done({"dossiers", "evaluate", "--facts", facts}), "boardingFirst");
  EXPECT_ASKED(asked, R"pb(region_code: "411728000000"
                           facts { rural_household: true })pb");
  v1::ListDossiersResponse all;
  *all.add_dossiers() = One();
  const auto listed = Monitors<v1::ListDossiersRequest>("ListDossiers", all);
  EXPECT_HAS(Done({"dossiers", "--group", "IN_DIFFICULTY"}), kDossier);
  EXPECT_EQ(listed->group(), v1::CARE_GROUP_IN_DIFFICULTY);
}

TEST_F(DossiersTest, NotesAreReadWithAPurposeAlone) {
  v1::PsychologicalNote note;
  note.set_name(kNote);
  note.set_text("睡眠不好");
  const auto recorded = Monitors<v1::RecordPsychologicalNoteRequest>("RecordPsychologicalNote", note);
  const std::string shown =
      Done({"dossiers", "notes", "record", kDossier, Write("note.txt", "睡眠不好"), "--on", "2026-10-08"});
  EXPECT_HAS(shown, kNote);
  EXPECT_EQ(shown.find("睡眠"), std::string::npos) << "the text is not shown again";
  EXPECT_ASKED(recorded, R"pb(parent: "counties/411728"
                              note {
                                dossier: "counties/411728/dossiers/p1"
                                on { year: 2026 month: 10 day: 8 }
                                text: "睡眠不好"
                              })pb");
  const auto got = Monitors<v1::GetPsychologicalNoteRequest>("GetPsychologicalNote", note);
  EXPECT_EQ(Run({"dossiers", "notes", "show", kNote}).code, 2);
  EXPECT_HAS(Done({"dossiers", "notes", "show", kNote, "--purpose", "PSYCHOLOGICAL_CARE"}), "睡眠不好");
  EXPECT_EQ(got->name(), kNote);
  EXPECT_EQ(purpose_, "PSYCHOLOGICAL_CARE");
  v1::ListPsychologicalNotesResponse all;
  all.add_notes()->set_name(kNote);
  const auto listed = Monitors<v1::ListPsychologicalNotesRequest>("ListPsychologicalNotes", all);
  EXPECT_HAS(Done({"dossiers", "notes", "list", "--dossier", kDossier, "--area", "411728103"}), kNote);
  EXPECT_ASKED(listed, R"pb(parent: "counties/411728"
                            area: "areas/411728103"
                            dossier: "counties/411728/dossiers/p1"
                            page_size: 50)pb");
}

}  // namespace
}  // namespace ruraledu::cli
