// Public notices (公示) of identifications and applications: posted, read, closed.
#include <algorithm>
#include <tuple>

#include "common/base/proto_day.h"
#include "common/crypto/masking.h"
#include "common/domain/shard.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/notices.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

std::string AreaOf(const v1::Notice& notice) {
  return notice.area();
}

bool OfApplications(v1::NoticeKind kind) {
  return kind == v1::NOTICE_KIND_SCHOOL_APPLICATIONS || kind == v1::NOTICE_KIND_COUNTY_APPLICATIONS;
}

v1::NoticeLevel LevelOf(v1::NoticeKind kind) {
  return kind == v1::NOTICE_KIND_COUNTY_APPLICATIONS ? v1::NOTICE_LEVEL_COUNTY : v1::NOTICE_LEVEL_SCHOOL;
}

// Who reviews a list posts it: the permission of the method is that of every list.
absl::Status CheckPoster(rpc::Call& call, v1::NoticeKind kind, std::string_view area) {
  const std::string_view needed = kind == v1::NOTICE_KIND_COUNTY_APPLICATIONS ? "student_aid.applications.review_county"
                                  : OfApplications(kind)                      ? "student_aid.applications.review_school"
                                                         : "student_aid.identification.review_school";
  return call.Holds(needed, area) ? absl::OkStatus() : Fail("PERMISSION_DENIED");
}

// What is needed before the write.
struct Posting {
  v1::Notice notice;  // kind, school, area, term
  std::string school_year;
  std::vector<rpc::BatchRow> rows;
  absl::CivilDay ends_on;
  int32_t working_days = 0;
};

// The area of the list, that of the county without a school.
absl::StatusOr<std::string> AreaOfList(rpc::Call& call, db::Transaction& tx, std::string_view shard,
                                       const v1::StartNoticeRequest& request) {
  if (request.school().empty()) {
    return std::string(shard.substr(1));
  }
  ASSIGN_OR_RETURN(const auto school, FindSchool(tx, shard, feed::IdOfName(request.school())));
  if (!school.has_value() || school->name() != request.school()) {
    return call.CheckMissing(request.school());
  }
  return school->area();
}

// The rows asked for, or all that wait.
absl::StatusOr<std::vector<rpc::BatchRow>> RowsOfList(rpc::Call& call, db::Transaction& tx, std::string_view shard,
                                                      const v1::StartNoticeRequest& request, const Posting& posting) {
  const bool applications = OfApplications(request.kind());
  ASSIGN_OR_RETURN(std::vector<rpc::BatchRow> rows, applications
                                                        ? rpc::RowsNamed(request.applications(), "applications")
                                                        : rpc::RowsNamed(request.identifications(), "identifications"));
  const feed::RootTable& table = applications ? kApplications : kIdentifications;
  if (rows.empty()) {
    const AreaRange within = RangeOf(posting.notice.area());
    const v1::ApplicationState waits = request.kind() == v1::NOTICE_KIND_COUNTY_APPLICATIONS
                                           ? v1::APPLICATION_STATE_COUNTY_APPROVED
                                           : v1::APPLICATION_STATE_SCHOOL_APPROVED;
    ASSIGN_OR_RETURN(const auto ids, applications
                                         ? ApplicationsIn(tx, shard, request.term(), within, waits, rpc::kMostRows)
                                         : IdsToPost(tx, shard, posting.school_year, within));
    for (const std::string& id : ids) {
      rows.push_back({absl::StrCat(request.parent(), "/", table.collection, "/", id), ""});
    }
  }
  RETURN_IF_ERROR(rpc::SettleRows(call, tx, shard, table, &rows));
  return rows;
}

// Working days of a notice of the kind in the term.
template <typename Book>
absl::StatusOr<int32_t> NoticeDays(const Book& book, std::string_view region, const Term& term) {
  const auto* policy = book.InForce(region, term);
  return policy != nullptr ? absl::StatusOr<int32_t>(policy->notice_days())
                           : Fail("POLICY_MISSING", {{"region", region}, {"term", term.text()}});
}

struct Books {
  const IdentificationBook& tables;
  const ApplicationBook& applications;
};

absl::StatusOr<Posting> Prepare(rpc::Call& call, const rpc::Host& host, const Books& books, std::string_view shard,
                                const v1::StartNoticeRequest& request) {
  ASSIGN_OR_RETURN(const Term term, ParseTerm(request.term()));
  Violations violations;
  violations.Require(!request.school().empty() || request.kind() == v1::NOTICE_KIND_COUNTY_APPLICATIONS, "school");
  RETURN_IF_ERROR(violations.status());
  Posting posting{.school_year = term.year.text()};
  posting.notice.set_kind(request.kind() == v1::NOTICE_KIND_UNSPECIFIED ? v1::NOTICE_KIND_IDENTIFICATIONS
                                                                        : request.kind());
  posting.notice.set_school(request.school());
  posting.notice.set_term(request.term());
  RETURN_IF_ERROR(host.database.Read([&](db::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const std::string area, AreaOfList(call, tx, shard, request));
    RETURN_IF_ERROR(call.CheckArea(area));
    RETURN_IF_ERROR(CheckPoster(call, request.kind(), area));
    posting.notice.set_area(area);
    ASSIGN_OR_RETURN(posting.rows, RowsOfList(call, tx, shard, request, posting));
    return absl::OkStatus();
  }));
  const std::string region = RegionOfShard(shard);
  ASSIGN_OR_RETURN(posting.working_days, OfApplications(request.kind()) ? NoticeDays(books.applications, region, term)
                                                                        : NoticeDays(books.tables, region, term));
  ASSIGN_OR_RETURN(const WorkCalendar calendar, host.database.Read(feed::ReadWorkCalendar));
  ASSIGN_OR_RETURN(posting.ends_on, calendar.NoticeEnd(call.clock().Today(), posting.working_days));
  return posting;
}

absl::Status CheckOfList(const Posting& posting, const std::string& area) {
  return RangeOf(posting.notice.area()).Contains(area) ? absl::OkStatus() : Fail("SCHOOL_OTHER");
}
absl::Status PostOn(const Posting& posting, const Act& act, const std::string& name, v1::Identification* record) {
  RETURN_IF_ERROR(CheckPresent(*record, ""));
  if (record->school_year() != posting.school_year) {
    return Fail("TERM_OTHER_YEAR", {{"term", posting.notice.term()}, {"school_year", record->school_year()}});
  }
  RETURN_IF_ERROR(CheckOfList(posting, record->area()));
  return Post(act, name, posting.ends_on, record);
}
absl::Status PostOn(const Posting& posting, const Act& act, const std::string& name, v1::Application* application) {
  if (application->term() != posting.notice.term()) {
    return Fail("TERM_OTHER_YEAR", {{"term", posting.notice.term()}, {"school_year", application->term()}});
  }
  RETURN_IF_ERROR(CheckOfList(posting, application->area()));
  return PostApplication(act, LevelOf(posting.notice.kind()), name, posting.ends_on, application);
}

// Posts the rows that pass; the lines of those go onto the list.
template <typename Record>
absl::Status PostRows(db::Transaction& tx, const crypto::Sealer& sealer, feed::RootWriter& writer,
                      const Posting& posting, const Act& act, const std::string& name, std::vector<rpc::BatchRow>* rows,
                      std::vector<v1::NoticeEntry>* entries) {
  return rpc::StepRows<Record>(tx, sealer, writer, TableOf<Record>(), "POST", rows,
                               [&](db::Transaction&, size_t, const Record*, Record& after) -> absl::Status {
                                 RETURN_IF_ERROR(PostOn(posting, act, name, &after));
                                 ASSIGN_OR_RETURN(entries->emplace_back(), EntryOf(tx, after));
                                 return absl::OkStatus();
                               });
}

// Ends the notice for those who are still on it.
absl::Status EndRows(db::Transaction& tx, const crypto::Sealer& sealer, feed::RootWriter& writer, const Act& act,
                     const v1::Notice& notice, std::vector<rpc::BatchRow>* rows) {
  const feed::RootTable& table = OfApplications(notice.kind()) ? kApplications : kIdentifications;
  ASSIGN_OR_RETURN(const auto ids, OfApplications(notice.kind()) ? ApplicationsOnNotice(tx, tx.shard(), notice.name())
                                                                 : IdsOnNotice(tx, tx.shard(), notice.name()));
  for (const std::string& id : ids) {
    rows->push_back({absl::StrCat("counties/", tx.shard().substr(1), "/", table.collection, "/", id), ""});
  }
  if (OfApplications(notice.kind())) {
    return rpc::StepRows<v1::Application>(tx, sealer, writer, kApplications, "CLOSE", rows,
                                          [&](db::Transaction&, size_t, const v1::Application*,
                                              v1::Application& after) { return EndNotice(act, &after); });
  }
  return rpc::StepRows<v1::Identification>(
      tx, sealer, writer, kIdentifications, "CONFIRM", rows,
      [&](db::Transaction&, size_t, const v1::Identification* record, v1::Identification& after) -> absl::Status {
        RETURN_IF_ERROR(CheckPresent(*record, ""));
        return Confirm(act, &after);
      });
}

// The answer of a write on a notice: the first line is its name, "" without one.
absl::StatusOr<v1::NoticeResponse> Answer(db::Transaction& tx, const crypto::Sealer& sealer, const std::string& text) {
  v1::NoticeResponse response;
  const size_t end = text.find('\n');
  const std::string name = text.substr(0, end);
  if (end != std::string::npos) {
    rpc::ReadRows(std::string_view(text).substr(end + 1), response.mutable_rows());
  }
  if (!name.empty()) {
    ASSIGN_OR_RETURN(auto notice, feed::Load<v1::Notice>(tx, sealer, kNotices, tx.shard(), feed::IdOfName(name)));
    *response.mutable_notice() = *std::move(notice);
  }
  return response;
}

absl::StatusOr<v1::NoticeEntry> LineOf(db::Transaction& tx, const std::string& person, const std::string& area) {
  ASSIGN_OR_RETURN(const auto pupil, FindPupil(tx, tx.shard(), person));
  v1::NoticeEntry entry;
  entry.set_masked_name(crypto::Mask(crypto::PersonalField::kName, crypto::MaskForm::kNotice,
                                     pupil.has_value() ? pupil->display_name : ""));
  entry.set_area(area);
  return entry;
}

}  // namespace

absl::StatusOr<v1::NoticeEntry> EntryOf(db::Transaction& tx, const v1::Identification& record) {
  ASSIGN_OR_RETURN(v1::NoticeEntry entry, LineOf(tx, record.person(), record.area()));
  entry.set_identification(record.name());
  entry.set_level(record.level());
  return entry;
}

absl::StatusOr<v1::NoticeEntry> EntryOf(db::Transaction& tx, const v1::Application& application) {
  ASSIGN_OR_RETURN(v1::NoticeEntry entry, LineOf(tx, application.person(), application.area()));
  entry.set_application(application.name());
  entry.set_item(application.item());
  return entry;
}

void FillNotice(absl::CivilDay posted_on, absl::CivilDay ends_on, int32_t working_days,
                std::vector<v1::NoticeEntry> entries, v1::Notice* notice) {
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {  // DR-11
    return std::tuple(a.area(), a.identification(), a.application()) <
           std::tuple(b.area(), b.identification(), b.application());
  });
  *notice->mutable_posted_on() = DateOf(posted_on);
  *notice->mutable_ends_on() = DateOf(ends_on);
  notice->set_working_days(working_days);
  notice->set_state(v1::NOTICE_STATE_RUNNING);
  notice->mutable_entries()->Assign(entries.begin(), entries.end());
  notice->set_entry_count(static_cast<int32_t>(entries.size()));
}

absl::StatusOr<v1::NoticeResponse> Handlers::StartNotice(rpc::Call& call, const v1::StartNoticeRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const Posting posting, Prepare(call, host_, {tables_, applications_}, shard, request));
  const std::string name = absl::StrCat(request.parent(), "/notices/", rpc::StableId(call));
  const Act act = ActOf(call);
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        std::vector<rpc::BatchRow> rows = posting.rows;
        std::vector<v1::NoticeEntry> entries;
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        const auto post = OfApplications(request.kind()) ? PostRows<v1::Application> : PostRows<v1::Identification>;
        RETURN_IF_ERROR(post(tx, *sealer, writer, posting, act, name, &rows, &entries));
        const bool posted = !entries.empty();
        if (posted) {
          v1::Notice notice = posting.notice;
          notice.set_name(name);
          FillNotice(act.on, posting.ends_on, posting.working_days, std::move(entries), &notice);
          RETURN_IF_ERROR(writer.Put(kNotices, nullptr, notice, "POST").status());
        }
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{absl::StrCat(posted ? name : "", "\n", rpc::RowsText(rows)), version};
      },
      [&](db::Transaction& tx, const std::string& text) { return Answer(tx, *sealer, text); });
}

absl::StatusOr<v1::Notice> Handlers::GetNotice(rpc::Call& call, const v1::GetNoticeRequest& request) {
  return rpc::GetRoot<v1::Notice>(call, host_, kNotices, request.name(), AreaOf);  // masked as it was posted
}

absl::StatusOr<v1::ListNoticesResponse> Handlers::ListNotices(rpc::Call& call, const v1::ListNoticesRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (!request.term().empty()) {
    RETURN_IF_ERROR(ParseTerm(request.term()).status());
    spec.equal.emplace_back("term", request.term());
  }
  if (request.running_only()) {
    spec.equal.emplace_back("state", v1::NoticeState_Name(v1::NOTICE_STATE_RUNNING));
  }
  return rpc::ListRoots<v1::Notice, v1::ListNoticesRequest, v1::ListNoticesResponse>(
      call, host_, kNotices, spec, request, &v1::ListNoticesResponse::mutable_notices);
}

absl::StatusOr<v1::NoticeResponse> Handlers::CloseNotice(rpc::Call& call, const v1::CloseNoticeRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kNotices.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  // Settles the area, for replays too.
  ASSIGN_OR_RETURN(const v1::Notice seen, rpc::GetRoot<v1::Notice>(call, host_, kNotices, request.name(), AreaOf));
  RETURN_IF_ERROR(CheckPoster(call, seen.kind(), seen.area()));
  const Act act = ActOf(call);
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const auto before,
                         feed::Load<v1::Notice>(tx, *sealer, kNotices, shard, feed::IdOfName(request.name())));
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        std::vector<rpc::BatchRow> rows;
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(EndRows(tx, *sealer, writer, act, *before, &rows));
        v1::Notice after = *before;
        const bool done = std::all_of(rows.begin(), rows.end(), [](const rpc::BatchRow& row) {
          return row.reason.empty() || row.reason == "MERGED";  // the other record of the person goes on
        });
        if (done) {
          after.set_state(v1::NOTICE_STATE_CLOSED);
        }
        RETURN_IF_ERROR(writer.Put(kNotices, &*before, after, "CLOSE").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{absl::StrCat(request.name(), "\n", rpc::RowsText(rows)), version};
      },
      [&](db::Transaction& tx, const std::string& text) { return Answer(tx, *sealer, text); });
}

}  // namespace ruraledu::student_aid
