#include "services/student_aid/store.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/db/jobs.h"
#include "common/domain/shard.h"
#include "services/student_aid/reassess_rules.h"

namespace ruraledu::student_aid {
namespace {

template <typename M>
absl::StatusOr<M> Open(const db::Row& row, size_t column, const feed::RootTable& table, const crypto::Sealer& sealer) {
  M root;
  RETURN_IF_ERROR(feed::ReadRoot(row, column + 1, table, row.Text(column), &sealer, &root));
  return root;
}

// The root behind the id in `column`, null when that is NULL.
template <typename M>
absl::Status OpenOptional(const db::Row& row, size_t column, const feed::RootTable& table, const crypto::Sealer& sealer,
                          google::protobuf::Arena* arena, M** root) {
  *root = row.IsNull(column) ? nullptr : google::protobuf::Arena::CreateMessage<M>(arena);
  return *root == nullptr ? absl::OkStatus() : feed::ReadRoot(row, column + 1, table, row.Text(column), &sealer, *root);
}

// Columns of SealedPage::pupils.
enum PupilColumn : size_t { kPupilBody = 2, kHousehold = 5, kDecision = 9, kComparison = 13, kHouseholdShard = 17 };

// Whether a page is one of persons in the order of their ids: comparisons claim nothing, and every table that is looked
// into lies in that order. A run that an earlier release began in the order of claim shards goes on in that.
bool ById(const PersonKey& after, bool with_comparisons) {
  return with_comparisons && after.claim_shard.empty();
}

std::string_view Behind(bool by_id) {
  return by_id ? "$2 = '' AND p.id > $3" : "(p.claim_shard, p.id) > ($2, $3)";
}

// $6 is empty: the open part of a decision tells a comparison nothing.
std::string PageText(bool by_id, bool with_comparisons) {
  const std::string_view nothing = "NULL, NULL, NULL, NULL", comparison = "c.id, c.body, c.sealed, c.version";
  return absl::StrCat(
      "SELECT ", by_id ? "''" : "p.claim_shard",
      ", p.id, p.body, p.sealed, p.version, h.id, h.body, h.sealed, "
      "h.version, d.id, ",
      with_comparisons ? "$6" : "d.body", ", d.sealed, d.version, ", with_comparisons ? comparison : nothing,
      ", h.shard FROM pupil p LEFT JOIN household h ON h.shard = p.household_shard AND h.id = p.household_id LEFT JOIN "
      "decision d ON d.shard = p.shard AND d.person = p.id AND d.term = $5 AND d.in_force = 1",
      with_comparisons ? " LEFT JOIN comparison c ON c.shard = p.shard AND c.id = p.id || '.' || $5" : "",
      " WHERE p.shard = $1 AND ", Behind(by_id), " ORDER BY ", by_id ? "p.id" : "p.claim_shard, p.id", " LIMIT $4");
}

// Columns of SealedPage::pupils without decisions and comparisons.
constexpr std::string_view kPersonText =
    "SELECT '', p.id, p.body, p.sealed, p.version, h.id, h.body, h.sealed, h.version, NULL, NULL, NULL, NULL, NULL, "
    "NULL, NULL, NULL, h.shard FROM pupil p LEFT JOIN household h ON h.shard = p.household_shard AND h.id = "
    "p.household_id WHERE p.shard = $1 AND ";

absl::Status AddSchools(db::Transaction& tx, std::string_view shard, SealedPage* page) {
  ASSIGN_OR_RETURN(auto schools, AllSchools(tx, shard));
  for (registry_v1::School& school : schools) {
    std::string name = school.name();
    page->schools.emplace(std::move(name), std::move(school));
  }
  return absl::OkStatus();
}

// Rows of a table, of the persons of a page, and of those that were merged into them; `condition` is about a row a and
// $6. CROSS JOIN: SQLite joins in the order of the text; left to itself it walked the aid of the whole county for every
// page.
absl::StatusOr<std::vector<db::Row>> OfPage(db::Transaction& tx, std::string_view table, std::string_view condition,
                                            std::string_view value, std::string_view shard, const PersonKey& after,
                                            bool by_id, const db::Row& last) {
  const std::string_view up_to = by_id ? "$4 = '' AND p.id <= $5" : "(p.claim_shard, p.id) <= ($4, $5)";
  const auto select = [&](std::string_view from, std::string_view where) {
    return tx.Query(absl::StrCat("SELECT p.id, a.id, a.body, a.sealed, a.version FROM ", from, " CROSS JOIN ", table,
                                 " a WHERE ", where, " AND ", Behind(by_id), " AND ", up_to, " AND ", condition),
                    shard, after.claim_shard, after.person, last.Text(0), last.Text(1), value);
  };
  const auto by_person_and_id = [](const db::Row& a, const db::Row& b) {
    return std::tie(a.Text(0), a.Text(1)) < std::tie(b.Text(0), b.Text(1));
  };
  ASSIGN_OR_RETURN(auto rows, select("pupil p", "p.shard = $1 AND a.shard = p.shard AND a.person = p.id"));
  std::sort(rows.begin(), rows.end(), by_person_and_id);
  ASSIGN_OR_RETURN(auto merged, select("pupil q CROSS JOIN pupil p",
                                       "q.shard = $1 AND q.merged_into <> '' AND p.shard = q.shard AND p.id = "
                                       "q.merged_into AND a.shard = q.shard AND a.person = q.id"));
  if (!merged.empty()) {
    std::sort(merged.begin(), merged.end(), by_person_and_id);
    rows.insert(rows.end(), std::make_move_iterator(merged.begin()), std::make_move_iterator(merged.end()));
    std::stable_sort(rows.begin(), rows.end(),
                     [](const db::Row& a, const db::Row& b) { return a.Text(0) < b.Text(0); });
  }
  return rows;
}

}  // namespace

absl::StatusOr<SealedPage> ReadPage(db::Transaction& tx, std::string_view shard, std::string_view term,
                                    const PersonKey& after, int64_t limit, bool with_comparisons) {
  SealedPage page;
  ASSIGN_OR_RETURN(page.positions, CopyPositions(tx, shard));
  ASSIGN_OR_RETURN(page.batch_open, BatchOpen(tx, shard));
  const bool by_id = ById(after, with_comparisons);
  std::vector<db::Value> args = {std::string(shard), after.claim_shard, after.person, limit, std::string(term)};
  if (with_comparisons) {
    args.push_back(db::Blob());
  }
  ASSIGN_OR_RETURN(page.pupils, tx.QueryValues(PageText(by_id, with_comparisons), std::move(args)));
  if (page.pupils.empty()) {
    return page;
  }
  RETURN_IF_ERROR(AddSchools(tx, shard, &page));
  ASSIGN_OR_RETURN(page.aid, OfPage(tx, "aid_record", "a.term = $6 AND a.refused <> 'SUPERSEDED'", term, shard, after,
                                    by_id, page.pupils.back()));
  ASSIGN_OR_RETURN(page.studies, OfPage(tx, "study", "$6 <> ''", term, shard, after, by_id, page.pupils.back()));
  ASSIGN_OR_RETURN(page.tracked, OfPage(tx, "tracked_aid", "a.term = $6 AND a.state = 'TRACKED_AID_STATE_PAID'", term,
                                        shard, after, by_id, page.pupils.back()));
  ASSIGN_OR_RETURN(page.paid, OfPage(tx, "application",
                                     "a.term = $6 AND a.state IN ('APPLICATION_STATE_PAID', "
                                     "'APPLICATION_STATE_RECOVERING', 'APPLICATION_STATE_RECOVERED', "
                                     "'APPLICATION_STATE_WRITTEN_OFF')",
                                     term, shard, after, by_id, page.pupils.back()));
  if (!with_comparisons) {
    ASSIGN_OR_RETURN(page.identifications,
                     OfPage(tx, "identification",
                            "a.school_year = $6 AND a.state IN ('IDENTIFICATION_STATE_CONFIRMED', "
                            "'IDENTIFICATION_STATE_ARCHIVED', 'IDENTIFICATION_STATE_REVOKED')",
                            term.substr(0, term.rfind('-')), shard, after, by_id, page.pupils.back()));
  }
  return page;
}

absl::StatusOr<SealedPage> ReadPersons(db::Transaction& tx, std::string_view shard,
                                       absl::Span<const std::string> persons) {
  SealedPage page;
  ASSIGN_OR_RETURN(page.positions, CopyPositions(tx, shard));
  RETURN_IF_ERROR(AddSchools(tx, shard, &page));
  for (const std::string& person : persons) {
    ASSIGN_OR_RETURN(auto row, tx.QueryOne(absl::StrCat(kPersonText, "p.id = $2"), shard, person));
    if (row.has_value()) {
      page.pupils.push_back(*std::move(row));
    }
  }
  return page;
}

absl::StatusOr<SealedPage> ReadRoll(db::Transaction& tx, std::string_view shard, std::string_view after,
                                    int64_t limit) {
  SealedPage page;
  ASSIGN_OR_RETURN(page.positions, CopyPositions(tx, shard));
  ASSIGN_OR_RETURN(page.batch_open, BatchOpen(tx, shard));
  ASSIGN_OR_RETURN(page.pupils,
                   tx.Query(absl::StrCat(kPersonText, "p.id > $2 ORDER BY p.id LIMIT $3"), shard, after, limit));
  RETURN_IF_ERROR(AddSchools(tx, shard, &page));
  return page;
}

absl::StatusOr<PageOpener> PageOpener::Create(const SealedPage& page, crypto::KeyRing& keys, std::string_view shard) {
  PageOpener opener(keys, shard);
  ASSIGN_OR_RETURN(opener.sealer_, keys.SealerOf(shard));
  opener.aid_ = Group(page.aid);
  opener.identifications_ = Group(page.identifications);
  opener.studies_ = Group(page.studies);
  opener.tracked_ = Group(page.tracked);
  opener.paid_ = Group(page.paid);
  return opener;
}

// Rows of one person stand together.
PageOpener::ByPerson PageOpener::Group(const std::vector<db::Row>& rows) {
  ByPerson grouped;
  for (auto first = rows.begin(); first != rows.end();) {
    const auto end = std::find_if(first, rows.end(), [&](const db::Row& row) { return row.Text(0) != first->Text(0); });
    grouped[first->Text(0)] = absl::MakeConstSpan(&*first, static_cast<size_t>(end - first));
    first = end;
  }
  return grouped;
}

template <typename M>
absl::Status PageOpener::OpenAll(const ByPerson& rows, const feed::RootTable& table, const std::string& person,
                                 std::vector<M>* roots) const {
  const auto found = rows.find(person);
  roots->resize(found == rows.end() ? 0 : found->second.size());
  for (size_t i = 0; i < roots->size(); ++i) {
    const db::Row& record = found->second[i];
    RETURN_IF_ERROR(feed::ReadRoot(record, 2, table, record.Text(1), sealer_.get(), &(*roots)[i]));
  }
  return absl::OkStatus();
}

// A record of the county's own payments, which others may have written, would count them twice.
absl::Status PageOpener::AddPaid(RunPupil* pupil) const {
  std::vector<v1::AidRecord>& aid = pupil->aid;
  aid.erase(std::remove_if(aid.begin(), aid.end(), [](const v1::AidRecord& one) { return one.source() == kOwnAid; }),
            aid.end());
  const auto rows = paid_.find(pupil->copy.key.person);
  for (const db::Row& row : rows == paid_.end() ? absl::Span<const db::Row>() : rows->second) {
    v1::Application application;
    RETURN_IF_ERROR(feed::ReadRoot(row, 2, kApplications, row.Text(1), nullptr, &application));
    if (application.paid_fen() == 0) {
      continue;
    }
    v1::AidRecord& record = aid.emplace_back();
    record.set_person(application.person());
    record.set_item(application.item());
    record.set_term(application.term());
    record.set_amount_fen(application.paid_fen());
    *record.mutable_paid_on() = application.paid_on();
    record.set_area(application.area());
    record.set_school(application.school());
    record.set_source(std::string(kOwnAid));
  }
  return absl::OkStatus();
}

absl::Status PageOpener::Open(const db::Row& row, google::protobuf::Arena* arena, RunPupil* pupil) const {
  pupil->copy.key = {row.Text(0), row.Text(1)};
  RETURN_IF_ERROR(feed::ReadRoot(row, kPupilBody, kPupils, row.Text(1), sealer_.get(), &pupil->copy.student));
  std::optional<registry_v1::Household>& household = pupil->copy.household;
  if (row.IsNull(kHousehold)) {
    household.reset();
  } else {
    std::shared_ptr<const crypto::Sealer> theirs = sealer_;
    if (row.Text(kHouseholdShard) != shard_) {
      ASSIGN_OR_RETURN(theirs, keys_->SealerOf(row.Text(kHouseholdShard)));
    }
    if (!household.has_value()) {
      household.emplace();
    }
    RETURN_IF_ERROR(feed::ReadRoot(row, kHousehold + 1, kHouseholds, row.Text(kHousehold), theirs.get(), &*household));
  }
  RETURN_IF_ERROR(OpenOptional(row, kDecision, kDecisions, *sealer_, arena, &pupil->decision));
  RETURN_IF_ERROR(OpenOptional(row, kComparison, kComparisons, *sealer_, arena, &pupil->comparison));
  RETURN_IF_ERROR(OpenAll(aid_, kAidRecords, pupil->copy.key.person, &pupil->aid));
  RETURN_IF_ERROR(OpenAll(studies_, kStudies, pupil->copy.key.person, &pupil->studies));
  std::vector<v1::TrackedAid> tracked;
  RETURN_IF_ERROR(OpenAll(tracked_, kTrackedAids, pupil->copy.key.person, &tracked));
  for (const v1::TrackedAid& paid : tracked) {
    v1::AidRecord& record = pupil->aid.emplace_back();
    record.set_person(paid.person());
    record.set_item(paid.item());
    record.set_term(paid.term());
    record.set_amount_fen(paid.paid_fen());
    *record.mutable_paid_on() = paid.paid_on();
    record.set_area(paid.area());
  }
  RETURN_IF_ERROR(AddPaid(pupil));
  return OpenAll(identifications_, kIdentifications, pupil->copy.key.person, &pupil->identifications);
}

absl::StatusOr<std::vector<v1::Run>> FindRuns(db::Transaction& tx, const crypto::Sealer& sealer, std::string_view shard,
                                              v1::RunKind kind, std::string_view term, v1::RunState state) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM run WHERE shard = $1 AND kind = $2 AND term = $3 "
                            "AND ($4 = '' OR state = $4) ORDER BY number DESC",
                            shard, v1::RunKind_Name(kind), term,
                            state == v1::RUN_STATE_UNSPECIFIED ? std::string() : v1::RunState_Name(state)));
  std::vector<v1::Run> runs;
  for (const db::Row& row : rows) {
    ASSIGN_OR_RETURN(runs.emplace_back(), Open<v1::Run>(row, 0, kRuns, sealer));
  }
  return runs;
}

absl::StatusOr<std::vector<v1::Run>> PageOfRuns(db::Transaction& tx, std::string_view shard, std::string_view kind,
                                                std::string_view term, std::string_view before, int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM run WHERE shard = $1 AND ($2 = '' OR kind = $2) AND "
                            "($3 = '' OR term = $3) AND ($4 = '' OR id < $4) ORDER BY id DESC LIMIT $5",
                            shard, kind, term, before, limit));
  return feed::ReadRoots<v1::Run>(rows, kRuns, nullptr);
}

absl::Status InsertDifferences(db::Transaction& tx, std::string_view run,
                               const std::vector<std::pair<std::string, v1::PersonDifference>>& by_area) {
  std::vector<std::vector<db::Value>> rows;
  for (const auto& [area, difference] : by_area) {
    rows.push_back({tx.shard(), std::string(run), std::string(feed::IdOfName(difference.student())), area,
                    db::Blob{difference.SerializeAsString()}});
  }
  static constexpr std::string_view kColumns[] = {"shard", "run", "person", "area", "body"};
  return rows.empty() ? absl::OkStatus() : tx.Bulk("run_difference", kColumns, rows);
}

absl::StatusOr<std::vector<DifferenceRow>> ListDifferences(db::Transaction& tx, std::string_view shard,
                                                           std::string_view run, std::string_view after_person,
                                                           int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT person, area, body FROM run_difference WHERE shard = $1 AND run = $2 "
                            "AND person > $3 ORDER BY person LIMIT $4",
                            shard, run, after_person, limit));
  std::vector<DifferenceRow> found;
  for (const db::Row& row : rows) {
    DifferenceRow& next = found.emplace_back(DifferenceRow{row.Text(0), row.Text(1), {}});
    if (!next.difference.ParseFromString(row.Bytes(2))) {
      return absl::DataLossError("a stored difference does not parse");
    }
  }
  return found;
}

absl::Status InsertOwnJob(db::Transaction& tx, std::string_view kind, std::string input) {
  return db::InsertJob(tx, {.shard = tx.shard(),
                            .id = NewId(tx.clock()),
                            .kind = std::string(kind),
                            .input = std::move(input),
                            .subject = "service:student_aid",
                            .area = PrefixOfShard(tx.shard()).value_or("")});
}

std::vector<std::string> FirstColumn(const std::vector<db::Row>& rows) {
  std::vector<std::string> texts;
  texts.reserve(rows.size());
  for (const db::Row& row : rows) {
    texts.push_back(row.Text(0));
  }
  return texts;
}

absl::Status CheckUnchanged(db::Transaction& tx, const feed::RootTable& table,
                            const std::vector<std::pair<std::string, std::string>>& seen) {
  for (const auto& [id, etag] : seen) {
    ASSIGN_OR_RETURN(const auto row,
                     tx.QueryOne(absl::StrCat("SELECT version FROM ", table.table, " WHERE shard = $1 AND id = $2"),
                                 tx.shard(), id));
    if ((row.has_value() ? absl::StrCat("\"", row->Int(0), "\"") : "") != etag) {
      return Fail("HEAD_MOVED", {{"shard", tx.shard()}});
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::AidRecord>> AidOf(db::Transaction& tx, const crypto::Sealer& sealer,
                                                 std::string_view person, std::string_view term,
                                                 v1::BenefitFamily family) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM aid_record WHERE shard = $1 AND person = $2 "
                            "AND term = $3 AND family = $4 AND refused = '' ORDER BY id",
                            tx.shard(), person, term, static_cast<int64_t>(family)));
  std::vector<v1::AidRecord> records;
  for (const db::Row& row : rows) {
    ASSIGN_OR_RETURN(records.emplace_back(), Open<v1::AidRecord>(row, 0, kAidRecords, sealer));
  }
  return records;
}

}  // namespace ruraledu::student_aid
