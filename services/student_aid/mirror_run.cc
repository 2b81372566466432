#include "services/student_aid/mirror_run.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/crypto/hash.h"
#include "common/feed/heads.h"
#include "ruraledu/student_aid/v1/mirror_job.pb.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/ledger_store.h"
#include "services/student_aid/mirror_rules.h"
#include "services/student_aid/mirror_store.h"
#include "services/student_aid/office_store.h"
#include "services/student_aid/report.h"
#include "services/student_aid/snapshot.h"

namespace ruraledu::student_aid {
namespace {

constexpr absl::Duration kFactsPause = absl::Milliseconds(200);

// Aid of one pupil that may have a place in the file.
struct Aid {
  std::string person, item;
  v1::BenefitFamily family = v1::BENEFIT_FAMILY_UNSPECIFIED;
  int64_t fen = 0, paid_fen = 0;
  google::type::Date paid_on;
  bool waived = false;
};

// A page of aid with what is known of its pupils, still sealed.
struct Page {
  std::vector<Aid> aid;
  SealedPage pupils;                                   // each pupil once
  std::map<std::string, std::vector<db::Row>> papers;  // by person: body, sealed, version
  std::map<std::string, int> levels;                   // by person
  std::string area, id;                                // of the last root that was read
  bool more = false;
};

bool WasPaid(v1::ApplicationState state) {
  return state == v1::APPLICATION_STATE_PAID || state == v1::APPLICATION_STATE_RECOVERING;
}
bool WasGranted(v1::ApplicationState state) {
  return WasPaid(state) || state == v1::APPLICATION_STATE_APPROVED || state == v1::APPLICATION_STATE_ORDERED ||
         state == v1::APPLICATION_STATE_PAY_FAILED;
}

class Exporting {
 public:
  Exporting(const MirrorParts& parts, db::JobContext& context, v1::MirrorExportPlan plan)
      : parts_(parts), context_(context), plan_(std::move(plan)) {}

  absl::StatusOr<std::string> Run() {
    if (!cursor_.ParseFromString(context_.job().cursor)) {
      return absl::DataLossError("the cursor of an export does not parse");
    }
    ASSIGN_OR_RETURN(sealer_, parts_.host.keys.SealerOf(shard()));
    RETURN_IF_ERROR(parts_.host.database.Read([&](db::Transaction& tx) { return Load(tx); }));
    if (root_.state() != v1::MIRROR_EXPORT_STATE_RUNNING) {
      return root_.SerializeAsString();
    }
    layout_ = parts_.mirror.Find(root_.layout());
    if (layout_ == nullptr || layout_->digest() != root_.layout_digest()) {
      return Fail("POLICY_SET_UNKNOWN", {{"name", root_.layout()}});
    }
    ASSIGN_OR_RETURN(term_, ParseTerm(root_.term()));
    RETURN_IF_ERROR(CheckReady());
    RETURN_IF_ERROR(FindSchool());
    while (at_ < schools_.size()) {
      RETURN_IF_ERROR(context_.CheckGoOn());
      RETURN_IF_ERROR(WritePage());
    }
    RETURN_IF_ERROR(Freeze());
    return root_.SerializeAsString();
  }

 private:
  const std::string& shard() const { return context_.job().shard; }
  std::string parent() const { return absl::StrCat("counties/", shard().substr(1)); }
  std::string id() const { return std::string(feed::IdOfName(plan_.export_name())); }
  feed::RootWriter::Author author() const { return {absl::StrCat("job:", context_.job().id), context_.job().id}; }

  absl::Status Load(db::Transaction& tx) {
    ASSIGN_OR_RETURN(auto root, feed::Load<v1::MirrorExport>(tx, *sealer_, kMirrorExports, shard(), id()));
    if (!root.has_value()) {
      return absl::DataLossError("an export is not there");
    }
    root_ = *std::move(root);
    return absl::OkStatus();
  }

  absl::Status CheckReady() {
    const std::string instance = parts_.host.database.instance();
    ASSIGN_OR_RETURN(const bool ready, parts_.host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<bool> {
      ASSIGN_OR_RETURN(const bool open, BatchOpen(tx, shard()));
      ASSIGN_OR_RETURN(const bool reached, feed::Reached(tx, "student_aid", instance, plan_.after()));
      return reached && !open;
    }));
    return ready ? absl::OkStatus() : context_.Postpone(db::JobState::kWaitingForFeed, kFactsPause);
  }

  // Schools in the order of DR-11; that of the cursor, or the first one.
  absl::Status FindSchool() {
    ASSIGN_OR_RETURN(schools_,
                     parts_.host.database.Read([&](db::Transaction& tx) { return SchoolsInOrder(tx, shard()); }));
    if (schools_.empty() || cursor_.done()) {
      at_ = schools_.size();
      return absl::OkStatus();
    }
    if (cursor_.school().empty()) {
      cursor_.set_school(schools_.front().area());
    }
    at_ = std::find_if(schools_.begin(), schools_.end(), [&](const auto& s) { return s.area() == cursor_.school(); }) -
          schools_.begin();
    return at_ < schools_.size() ? absl::OkStatus() : absl::DataLossError("the school of a cursor is not there");
  }
  // Behind the last application of a school its waivers, behind these the next school.
  void Advance(v1::MirrorExportCursor* cursor) {
    cursor->clear_area();
    cursor->clear_id();
    if (!cursor->waivers() && root_.basis() == v1::MIRROR_BASIS_GRANTED) {
      cursor->set_waivers(true);
      return;
    }
    cursor->set_waivers(false);
    if (++at_ < schools_.size()) {
      cursor->set_school(schools_[at_].area());
    } else {
      cursor->set_done(true);
    }
  }

  absl::Status WritePage() {
    ASSIGN_OR_RETURN(const Page page, parts_.host.database.Read([&](db::Transaction& tx) { return Read(tx); }));
    v1::MirrorExportCursor next = cursor_;
    next.set_area(page.area);
    next.set_id(page.id);
    if (!page.more) {
      Advance(&next);
    }
    if (!page.aid.empty()) {
      feed::RootWriter writer(shard(), *sealer_, author(), parts_.host.NewCounters());
      RETURN_IF_ERROR(AddRows(page, &next, &writer));
      RETURN_IF_ERROR(context_.Chunk([&](db::Transaction& tx) { return writer.Write(tx).status(); },
                                     next.SerializeAsString(), next.rows(), 0));
    }
    cursor_ = std::move(next);
    return absl::OkStatus();
  }

  absl::StatusOr<Page> Read(db::Transaction& tx) {
    Page page;
    RETURN_IF_ERROR(cursor_.waivers() ? ReadWaivers(tx, &page) : ReadApplications(tx, &page));
    std::vector<std::string> persons;
    for (const Aid& aid : page.aid) {
      if (page.papers.try_emplace(aid.person).second) {
        persons.push_back(aid.person);
      }
    }
    ASSIGN_OR_RETURN(page.pupils, ReadPersons(tx, shard(), persons));
    for (const std::string& person : persons) {
      ASSIGN_OR_RETURN(auto paper, PaperOf(tx, shard(), person));
      if (paper.has_value()) {
        page.papers[person].push_back(*std::move(paper));
      }
      ASSIGN_OR_RETURN(page.levels[person], LevelOf(tx, person));
    }
    return page;
  }

  absl::Status ReadApplications(db::Transaction& tx, Page* page) {
    ASSIGN_OR_RETURN(const auto rows, ApplicationsWithin(tx, shard(), root_.term(), RangeOf(cursor_.school()),
                                                         {cursor_.area(), cursor_.id()}, parts_.page));
    page->more = static_cast<int64_t>(rows.size()) == parts_.page;
    for (const db::Row& row : rows) {
      v1::Application application;
      RETURN_IF_ERROR(feed::ReadRoot(row, 1, kApplications, row.Text(0), nullptr, &application));
      page->area = application.area();
      page->id = row.Text(0);
      const bool paid = root_.basis() == v1::MIRROR_BASIS_PAID;
      if (paid ? !WasPaid(application.state()) : !WasGranted(application.state())) {
        continue;
      }
      Aid aid{application.person(),
              application.item(),
              application.family(),
              application.amount_fen(),
              application.paid_fen(),
              {},
              false};
      aid.fen = paid ? application.paid_fen() : application.amount_fen();
      v1::PaymentOrder order;
      if (application.paid_fen() > 0 && !application.order().empty()) {
        RETURN_IF_ERROR(
            feed::LoadRoot(tx, *sealer_, kPaymentOrders, shard(), feed::IdOfName(application.order()), &order)
                .status());
      }
      aid.paid_on = order.paid_on();
      page->aid.push_back(std::move(aid));
    }
    return absl::OkStatus();
  }

  absl::Status ReadWaivers(db::Transaction& tx, Page* page) {
    ASSIGN_OR_RETURN(const auto decisions, DecisionsOf(tx, shard(), root_.term(), RangeOf(cursor_.school()),
                                                       cursor_.area(), cursor_.id(), parts_.page));
    page->more = static_cast<int64_t>(decisions.size()) == parts_.page;
    for (const v1::Decision& decision : decisions) {
      page->area = decision.area();
      page->id = feed::IdOfName(decision.name());
      for (const v1::DecisionItem& counted : decision.counted()) {
        const v1::PolicyItem* item = FindItem(parts_.book, counted.item());
        if (item != nullptr && item->pay_form() == v1::PAY_FORM_WAIVER && counted.amount_fen() > 0) {
          page->aid.push_back(
              {decision.person(), counted.item(), item->family(), counted.amount_fen(), 0, {}, /*waived=*/true});
        }
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<int> LevelOf(db::Transaction& tx, const std::string& person) {
    v1::Identification record;
    RETURN_IF_ERROR(
        feed::LoadRoot(tx, *sealer_, kIdentifications, shard(), absl::StrCat(person, ".", term_.year.text()), &record)
            .status());
    for (const v1::TermLevel& level : record.term_levels()) {
      if (level.term() == root_.term()) {
        return level.level();
      }
    }
    return 0;
  }

  absl::Status AddRows(const Page& page, v1::MirrorExportCursor* cursor, feed::RootWriter* writer) {
    ASSIGN_OR_RETURN(const PageOpener opener, PageOpener::Create(page.pupils, parts_.host.keys, shard()));
    std::map<std::string, size_t> positions;
    for (size_t i = 0; i < page.pupils.pupils.size(); ++i) {
      positions[page.pupils.pupils[i].Text(1)] = i;
    }
    google::protobuf::Arena arena;
    RunPupil pupil;
    for (const Aid& aid : page.aid) {
      const auto at = positions.find(aid.person);
      if (at == positions.end()) {
        cursor->set_left_out(cursor->left_out() + (aid.waived ? 0 : 1));
        continue;
      }
      arena.Reset();
      RETURN_IF_ERROR(opener.Open(page.pupils.pupils[at->second], &arena, &pupil));
      RETURN_IF_ERROR(AddRow(page, aid, pupil, cursor, writer));
    }
    return absl::OkStatus();
  }

  absl::Status AddRow(const Page& page, const Aid& aid, const RunPupil& pupil, v1::MirrorExportCursor* cursor,
                      feed::RootWriter* writer) {
    const CensusPlace place =
        PlaceOn(pupil.copy, page.pupils.schools, shard().substr(1), parts_.book.calendar().CensusDate(term_));
    const std::string project = ProjectOf(*layout_, aid.family, place.stage);
    if (project.empty() || place.enrolment == nullptr) {
      const bool lacks = !aid.waived && (place.enrolment == nullptr || HasStage(*layout_, place.stage));
      cursor->set_left_out(cursor->left_out() + (lacks ? 1 : 0));
      return absl::OkStatus();
    }
    MirrorFacts facts;
    RETURN_IF_ERROR(FillFacts(page, aid, pupil, place, &facts));
    facts.row = cursor->rows() + 1;
    facts.project = project;
    v1::MirrorEntry entry;
    entry.set_name(
        absl::StrCat(parent(), "/", kMirrorEntries.collection, "/", id(), ".", absl::StrFormat("%07d", facts.row)));
    entry.set_of_export(root_.name());
    entry.set_row(facts.row);
    entry.set_person(aid.person);
    entry.set_area(std::string(SchoolOf(place.area)));
    entry.set_term(root_.term());
    entry.set_item(aid.item);
    entry.set_project(project);
    entry.set_waived(aid.waived);
    entry.set_reported_fen(aid.fen);
    entry.set_reported_level(facts.level);
    entry.set_paid_fen(aid.paid_fen);
    entry.set_state(v1::MIRROR_ENTRY_STATE_SENT);
    const auto cells = CellsOf(parts_.mirror, *layout_, facts);
    entry.mutable_cells()->Assign(cells.begin(), cells.end());
    cursor->set_rows(facts.row);
    cursor->set_total_fen(cursor->total_fen() + aid.fen);
    cursor->set_digest(
        MirrorDigest(parts_.host.keys, cursor->digest().empty() ? root_.layout_digest() : cursor->digest(), entry));
    return writer->Put(kMirrorEntries, nullptr, entry, "EXPORT").status();
  }

  absl::Status FillFacts(const Page& page, const Aid& aid, const RunPupil& pupil, const CensusPlace& place,
                         MirrorFacts* facts) {
    const registry_v1::Student& student = pupil.copy.student;
    registry_v1::Student paper;
    const auto& rows = page.papers.at(aid.person);
    if (!rows.empty()) {
      RETURN_IF_ERROR(feed::ReadRoot(rows[0], 0, kPapers, aid.person, sealer_.get(), &paper));
    }
    facts->name = student.display_name();
    facts->id_type = student.id_type();
    facts->id_number = paper.id_number();
    facts->student_number = StudentNumberOf(paper);
    facts->sex = paper.sex();
    facts->ethnic_group = paper.ethnic_group();
    facts->birth_date = DayOf(student.birth_date());
    const auto school = page.pupils.schools.find(place.enrolment->school());
    if (school != page.pupils.schools.end()) {
      facts->school_code = school->second.code();
      facts->school_name = school->second.display_name();
    }
    facts->stage = place.stage;
    facts->grade = place.enrolment->grade();
    facts->study_mode = BoardsOn(student, parts_.book.calendar().CensusDate(term_)) ? "2" : "1";
    facts->term = root_.term();
    facts->item = aid.item;
    facts->item_label = LabelOf(parts_.book, aid.item);
    facts->level = page.levels.at(aid.person);
    facts->amount_fen = aid.fen;
    facts->paid_fen = aid.paid_fen;
    facts->paid_on = DayOf(aid.paid_on);
    facts->card_number = student.contact().card_number();
    facts->card_holder = student.contact().card_holder();
    facts->reference = root_.reference();
    return absl::OkStatus();
  }

  absl::Status Freeze() {
    return context_.Chunk(
        [&](db::Transaction& tx) -> absl::Status {
          RETURN_IF_ERROR(Load(tx));
          v1::MirrorExport frozen = root_;
          RETURN_IF_ERROR(StepExport("freeze", &frozen));
          frozen.set_rows(cursor_.rows());
          frozen.set_total_fen(cursor_.total_fen());
          frozen.set_left_out(cursor_.left_out());
          frozen.set_digest(cursor_.digest().empty() ? "" : crypto::Hex(cursor_.digest()));
          ASSIGN_OR_RETURN(const int64_t heads, HeadsOf(tx, shard(), id()));
          frozen.set_heads(heads);
          ASSIGN_OR_RETURN(*frozen.mutable_positions(), CopyPositions(tx, shard()));
          *frozen.mutable_frozen_on() = DateOf(parts_.host.clock.Today());
          feed::RootWriter writer(tx, *sealer_, author(), parts_.host.NewCounters());
          RETURN_IF_ERROR(writer.Put(kMirrorExports, &root_, frozen, "FREEZE").status());
          RETURN_IF_ERROR(writer.Finish().status());
          return Load(tx);
        },
        cursor_.SerializeAsString(), cursor_.rows(), cursor_.rows());
  }

  const MirrorParts& parts_;
  db::JobContext& context_;
  const v1::MirrorExportPlan plan_;
  std::shared_ptr<const crypto::Sealer> sealer_;
  v1::MirrorExportCursor cursor_;
  v1::MirrorExport root_;
  const v1::MirrorLayout* layout_ = nullptr;
  Term term_;
  std::vector<registry_v1::School> schools_;
  size_t at_ = 0;  // of the school of the cursor
};

}  // namespace

std::string MirrorDigest(const crypto::KeyRing& keys, std::string_view before, const v1::MirrorEntry& entry) {
  std::string text;
  for (const reports_v1::ReportCell& cell : entry.cells()) {
    absl::StrAppend(&text, cell.ByteSizeLong(), ":", cell.SerializeAsString());
  }
  return keys.Fingerprint({"mirror_row", before, text});
}

absl::StatusOr<std::string> RunMirrorExport(const MirrorParts& parts, db::JobContext& context) {
  v1::MirrorExportPlan plan;
  if (!plan.ParseFromString(context.job().input)) {
    return absl::InternalError("mirror_export: input does not parse");
  }
  return Exporting(parts, context, std::move(plan)).Run();
}

}  // namespace ruraledu::student_aid
