// Public notices (公示): posted for a school, read, closed.
#include <algorithm>

#include "common/base/proto_day.h"
#include "common/crypto/masking.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/identification_writes.h"
#include "services/student_aid/notices.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

std::string AreaOf(const v1::Notice& notice) {
  return notice.area();
}

// What is needed before the write.
struct Posting {
  registry_v1::School school;
  std::vector<BatchRow> rows;
  absl::CivilDay ends_on;
  int32_t working_days = 0;
};

absl::StatusOr<Posting> Prepare(rpc::Call& call, const rpc::Host& host, const IdentificationBook& tables,
                                std::string_view shard, const v1::StartNoticeRequest& request) {
  ASSIGN_OR_RETURN(const Term term, ParseTerm(request.term()));
  Posting posting;
  ASSIGN_OR_RETURN(posting.rows, RowsNamed(request.identifications()));
  RETURN_IF_ERROR(host.database.Read([&](db::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const auto school, FindSchool(tx, shard, feed::IdOfName(request.school())));
    if (!school.has_value() || school->name() != request.school()) {
      return call.CheckMissing(request.school());
    }
    posting.school = *school;
    RETURN_IF_ERROR(call.CheckArea(school->area()));
    if (request.identifications().empty()) {
      ASSIGN_OR_RETURN(const auto ids, IdsToPost(tx, shard, term.year.text(), RangeOf(school->area())));
      for (const std::string& id : ids) {
        posting.rows.push_back({absl::StrCat(request.parent(), "/identifications/", id), ""});
      }
    }
    return SettleRows(call, tx, shard, &posting.rows);
  }));
  const std::string region = absl::StrCat(shard.substr(1), "000000");
  const v1::IdentificationPolicy* policy = tables.InForce(region, term);
  if (policy == nullptr) {
    return Fail("POLICY_MISSING", {{"region", region}, {"term", request.term()}});
  }
  ASSIGN_OR_RETURN(const WorkCalendar calendar, host.database.Read(ReadCalendar));
  posting.working_days = policy->notice_days();
  ASSIGN_OR_RETURN(posting.ends_on, calendar.NoticeEnd(call.clock().Today(), policy->notice_days()));
  return posting;
}

absl::Status CheckOfNotice(const Posting& posting, const std::string& school_year, const std::string& term,
                           const v1::Identification& record) {
  RETURN_IF_ERROR(CheckPresent(record, ""));
  if (record.school_year() != school_year) {
    return Fail("TERM_OTHER_YEAR", {{"term", term}, {"school_year", record.school_year()}});
  }
  return RangeOf(posting.school.area()).Contains(record.area()) ? absl::OkStatus() : Fail("SCHOOL_OTHER");
}

// The answer of a write on a notice: the first line is its name, "" without one.
absl::StatusOr<v1::NoticeResponse> Answer(db::Transaction& tx, const crypto::Sealer& sealer, const std::string& text) {
  v1::NoticeResponse response;
  const size_t end = text.find('\n');
  const std::string name = text.substr(0, end);
  if (end != std::string::npos) {
    ReadRows(std::string_view(text).substr(end + 1), response.mutable_rows());
  }
  if (!name.empty()) {
    ASSIGN_OR_RETURN(auto notice, feed::Load<v1::Notice>(tx, sealer, kNotices, tx.shard(), feed::IdOfName(name)));
    *response.mutable_notice() = *std::move(notice);
  }
  return response;
}

}  // namespace

absl::StatusOr<v1::NoticeEntry> EntryOf(db::Transaction& tx, const v1::Identification& record) {
  ASSIGN_OR_RETURN(const auto pupil, FindPupil(tx, tx.shard(), record.person()));
  v1::NoticeEntry entry;
  entry.set_identification(record.name());
  entry.set_masked_name(crypto::Mask(crypto::PersonalField::kName, crypto::MaskForm::kNotice,
                                     pupil.has_value() ? pupil->display_name : ""));
  entry.set_area(record.area());
  entry.set_level(record.level());
  return entry;
}

v1::Notice NoticeOf(const std::string& name, const std::string& school, const std::string& area,
                    const std::string& term, absl::CivilDay posted_on, absl::CivilDay ends_on,
                    std::vector<v1::NoticeEntry> entries) {
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {  // DR-11
    return std::pair(a.area(), a.identification()) < std::pair(b.area(), b.identification());
  });
  v1::Notice notice;
  notice.set_name(name);
  notice.set_school(school);
  notice.set_area(area);
  notice.set_term(term);
  *notice.mutable_posted_on() = DateOf(posted_on);
  *notice.mutable_ends_on() = DateOf(ends_on);
  notice.set_state(v1::NOTICE_STATE_RUNNING);
  notice.mutable_entries()->Assign(entries.begin(), entries.end());
  notice.set_entry_count(static_cast<int32_t>(entries.size()));
  return notice;
}

absl::StatusOr<v1::NoticeResponse> Handlers::StartNotice(rpc::Call& call, const v1::StartNoticeRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const Posting posting, Prepare(call, host_, tables_, shard, request));
  const std::string year = ParseTerm(request.term())->year.text();
  const std::string name = absl::StrCat(request.parent(), "/notices/", rpc::StableId(call));
  const Act act = ActOf(call);
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        std::vector<BatchRow> rows = posting.rows;
        std::vector<v1::NoticeEntry> entries;
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(StepRows(
            tx, *sealer, writer, "POST", &rows,
            [&](db::Transaction&, size_t, const v1::Identification* before, v1::Identification& after) -> absl::Status {
              RETURN_IF_ERROR(CheckOfNotice(posting, year, request.term(), *before));
              RETURN_IF_ERROR(Post(act, name, posting.ends_on, &after));
              ASSIGN_OR_RETURN(entries.emplace_back(), EntryOf(tx, after));
              return absl::OkStatus();
            }));
        const bool posted = !entries.empty();
        if (posted) {
          v1::Notice notice = NoticeOf(name, request.school(), posting.school.area(), request.term(), act.on,
                                       posting.ends_on, std::move(entries));
          notice.set_working_days(posting.working_days);
          RETURN_IF_ERROR(writer.Put(kNotices, nullptr, notice, "POST").status());
        }
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{absl::StrCat(posted ? name : "", "\n", RowsText(rows)), version};
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
  RETURN_IF_ERROR(rpc::GetRoot<v1::Notice>(call, host_, kNotices, request.name(), AreaOf).status());
  const Act act = ActOf(call);
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        ASSIGN_OR_RETURN(const auto before,
                         feed::Load<v1::Notice>(tx, *sealer, kNotices, shard, feed::IdOfName(request.name())));
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        ASSIGN_OR_RETURN(const auto ids, IdsOnNotice(tx, shard, request.name()));
        std::vector<BatchRow> rows;
        for (const std::string& id : ids) {
          rows.push_back({absl::StrCat("counties/", shard.substr(1), "/identifications/", id), ""});
        }
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(StepRows(
            tx, *sealer, writer, "CONFIRM", &rows,
            [&](db::Transaction&, size_t, const v1::Identification* record, v1::Identification& after) -> absl::Status {
              RETURN_IF_ERROR(CheckPresent(*record, ""));
              return Confirm(act, &after);
            }));
        v1::Notice after = *before;
        const bool done = std::all_of(rows.begin(), rows.end(), [](const BatchRow& row) {
          return row.reason.empty() || row.reason == "MERGED";  // the other record of the person goes on
        });
        if (done) {
          after.set_state(v1::NOTICE_STATE_CLOSED);
        }
        RETURN_IF_ERROR(writer.Put(kNotices, &*before, after, "CLOSE").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{absl::StrCat(request.name(), "\n", RowsText(rows)), version};
      },
      [&](db::Transaction& tx, const std::string& text) { return Answer(tx, *sealer, text); });
}

}  // namespace ruraledu::student_aid
