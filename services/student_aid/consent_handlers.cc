// Legal bases and consents: recorded, withdrawn, read.
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/student_aid/consent_store.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/pupil_files.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/study_writes.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kUnmaskConsents = "student_aid.consents.unmask";
constexpr int kMostPapers = 200;
constexpr int kMostUses = 20;

std::string AreaOf(const v1::Consent& consent) {
  return consent.area();
}

// Masked, with how it stands on the day.
void Show(absl::CivilDay day, v1::Consent& consent) {
  rpc::MaskRoot(consent);
  consent.set_state(ConsentStateOn(consent, day));
}

absl::Status CheckRegion(const std::string& region) {
  return region.size() == 12 ? absl::OkStatus() : Fail("NAME_INVALID", {{"field", "region_code"}});
}

void CheckPaper(const ConsentBook& book, absl::CivilDay today, const v1::NewConsent& paper, const std::string& at,
                Violations* violations) {
  violations->Require(!paper.student().empty(), absl::StrCat(at, ".student"));
  violations->Require(!paper.uses().empty(), absl::StrCat(at, ".uses"));
  violations->MostElements(absl::StrCat(at, ".uses"), paper.uses_size(), kMostUses);
  violations->Require(!paper.signatory().empty(), absl::StrCat(at, ".signatory"));
  violations->MostBytes(absl::StrCat(at, ".signatory"), paper.signatory(), kMostName);
  if (paper.relation() != kSelf && book.relations().Find(paper.relation(), today) == nullptr) {
    violations->Add(absl::StrCat(at, ".relation"), "CODE_UNKNOWN", {{"list", "guardian_relation"}});
  }
  violations->Require(paper.has_signed_on(), absl::StrCat(at, ".signed_on"));
  const auto signed_on = DayOf(paper.signed_on(), absl::StrCat(at, ".signed_on"), violations);
  if (signed_on.has_value() && *signed_on > today) {
    violations->Add(absl::StrCat(at, ".signed_on"), "DATE_AHEAD", {{"date", DayText(*signed_on)}});
  }
  const auto until = DayOf(paper.valid_until(), absl::StrCat(at, ".valid_until"), violations);
  if (signed_on.has_value() && until.has_value() && *until <= *signed_on) {
    violations->Add(absl::StrCat(at, ".valid_until"), "SPAN_ORDER");
  }
  violations->Require(!paper.file().empty(), absl::StrCat(at, ".file"));
}

absl::Status CheckPapers(const ConsentBook& book, absl::CivilDay today, const v1::BatchRecordConsentsRequest& request) {
  Violations violations;
  violations.Require(!request.consents().empty(), "consents");
  violations.MostElements("consents", request.consents_size(), kMostPapers);
  for (int i = 0; i < request.consents_size() && i < kMostPapers; ++i) {
    CheckPaper(book, today, request.consents(i), absl::StrCat("consents[", i, "]"), &violations);
  }
  return violations.status();
}

// The papers of one batch, within the county's write.
class ConsentWrites {
 public:
  ConsentWrites(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer, feed::RootWriter& writer,
                const ConsentBook& book, std::string parent)
      : call_(call),
        tx_(tx),
        sealer_(sealer),
        writer_(writer),
        book_(book),
        act_(ActOf(call)),
        parent_(std::move(parent)) {}

  // Adds a row per use.
  absl::Status Take(int row, const v1::NewConsent& paper) {
    ASSIGN_OR_RETURN(const auto person, FindPerson(call_, tx_, paper.student()));
    for (int i = 0; i < paper.uses_size(); ++i) {
      std::string name;
      const absl::Status put = person.has_value() ? Put(*person, paper, paper.uses(i), &name)
                                                  : Fail("PERSON_UNKNOWN", {{"parent", parent_}});
      if (!put.ok() && !rpc::RefusesRow(put)) {
        return put;
      }
      absl::StrAppend(&text_, row, " ", i, " ", put.ok() ? name : "", " ", ReasonOf(put), "\n");
    }
    return absl::OkStatus();
  }
  const std::string& text() const { return text_; }

 private:
  absl::Status Put(const FoundPerson& person, const v1::NewConsent& paper, const std::string& use, std::string* name) {
    const v1::LegalBasis* const basis = book_.Find(use, RegionOfShard(tx_.shard()), act_.on);
    if (basis == nullptr) {
      return Fail("CODE_UNKNOWN", {{"list", "legal_bases"}});
    }
    if (!seen_.emplace(person.id, use).second) {
      return Fail("DUPLICATE_IN_BATCH");
    }
    v1::Consent consent;
    consent.set_name(absl::StrCat(parent_, "/", kConsents.collection, "/", NewId(call_.clock())));
    consent.set_area(person.place.area);
    consent.set_person(person.id);
    consent.set_use(use);
    consent.set_signatory(paper.signatory());
    consent.set_relation(paper.relation());
    *consent.mutable_signed_on() = paper.signed_on();
    if (paper.has_valid_until()) {
      *consent.mutable_valid_until() = paper.valid_until();
    }
    consent.set_file(paper.file());
    ASSIGN_OR_RETURN(const auto birth, BirthDateOf(tx_, tx_.shard(), person.id));
    RETURN_IF_ERROR(RecordConsent(act_, *basis, birth, &consent));
    RETURN_IF_ERROR(CheckPupilFile(tx_, sealer_, paper.file(), person.id));
    RETURN_IF_ERROR(Refer(&call_, tx_, sealer_, consent.name(), {}, {paper.file()}));
    *name = consent.name();
    return writer_.Put(kConsents, nullptr, consent, "RECORD").status();
  }

  rpc::Call& call_;
  db::Transaction& tx_;
  const crypto::Sealer& sealer_;
  feed::RootWriter& writer_;
  const ConsentBook& book_;
  const Act act_;
  const std::string parent_;
  std::set<std::pair<std::string, std::string>> seen_;  // person and use
  std::string text_;
};

// What ConsentWrites wrote down, with the uses of the request.
absl::StatusOr<v1::BatchRecordConsentsResponse> ReadConsentRows(const std::string& text,
                                                                const v1::BatchRecordConsentsRequest& request) {
  v1::BatchRecordConsentsResponse response;
  for (const std::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> parts = absl::StrSplit(line, ' ');
    int row = 0, use = 0;
    if (parts.size() != 4 || !absl::SimpleAtoi(parts[0], &row) || !absl::SimpleAtoi(parts[1], &use)) {
      return absl::InternalError("rows of consents");
    }
    v1::ConsentRow* const to = response.add_rows();
    to->set_row(row);
    to->set_use(request.consents(row).uses(use));
    to->set_name(parts[2]);
    to->set_reason(parts[3]);
  }
  return response;
}

}  // namespace

absl::StatusOr<v1::ListLegalBasesResponse> Handlers::ListLegalBases(rpc::Call& call,
                                                                    const v1::ListLegalBasesRequest& request) {
  RETURN_IF_ERROR(CheckRegion(request.region_code()));
  Violations violations;
  const absl::CivilDay on = DayOf(request.on(), "on", &violations).value_or(call.clock().Today());
  RETURN_IF_ERROR(violations.status());
  v1::ListLegalBasesResponse response;
  for (const v1::LegalBasis* basis : consents_.BasesOn(request.region_code(), on)) {
    *response.add_bases() = *basis;
  }
  return response;
}

absl::StatusOr<v1::EvaluateConsentResponse> Handlers::EvaluateConsent(rpc::Call&,
                                                                      const v1::EvaluateConsentRequest& request) {
  RETURN_IF_ERROR(CheckRegion(request.region_code()));
  Violations violations;
  const auto on = DayOf(request.on(), "on", &violations);
  ConsentFacts facts;
  facts.birth = DayOf(request.birth_date(), "birth_date", &violations);
  if (!consents_.KnowsUse(request.use())) {
    violations.Add("use", "CODE_UNKNOWN", {{"list", "legal_bases"}});
  }
  for (int i = 0; i < request.consents_size(); ++i) {
    const std::string at = absl::StrCat("consents[", i, "]");
    violations.Require(request.consents(i).has_signed_on(), absl::StrCat(at, ".signed_on"));
    DayOf(request.consents(i).signed_on(), absl::StrCat(at, ".signed_on"), &violations);
    DayOf(request.consents(i).valid_until(), absl::StrCat(at, ".valid_until"), &violations);
    DayOf(request.consents(i).withdrawn_on(), absl::StrCat(at, ".withdrawn_on"), &violations);
  }
  RETURN_IF_ERROR(violations.status());
  facts.consents.assign(request.consents().begin(), request.consents().end());
  return student_aid::EvaluateConsent(consents_.Find(request.use(), request.region_code(), *on), *on, facts);
}

absl::StatusOr<v1::BatchRecordConsentsResponse> Handlers::BatchRecordConsents(
    rpc::Call& call, const v1::BatchRecordConsentsRequest& request) {
  RETURN_IF_ERROR(CheckPapers(consents_, call.clock().Today(), request));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        ConsentWrites writes(call, tx, *sealer, writer, consents_, request.parent());
        for (int i = 0; i < request.consents_size(); ++i) {
          RETURN_IF_ERROR(writes.Take(i, request.consents(i)));
        }
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{writes.text(), version};
      },
      [&](db::Transaction&, const std::string& text) { return ReadConsentRows(text, request); });
}

absl::StatusOr<v1::Consent> Handlers::WithdrawConsent(rpc::Call& call, const v1::WithdrawConsentRequest& request) {
  Violations violations;
  violations.MostBytes("reason", request.reason(), kMostText);
  RETURN_IF_ERROR(violations.status());
  const Act act = ActOf(call, request.reason());
  const rpc::RootKind<v1::Consent> kind{kConsents, AreaOf, nullptr, [&](v1::Consent& root) { Show(act.on, root); }};
  return rpc::WriteRoot(call, host_, kind, request.name(), false, "WITHDRAW",
                        [&](db::Transaction&, const v1::Consent* before, v1::Consent& after) -> absl::Status {
                          RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
                          return student_aid::WithdrawConsent(act, &after);
                        });
}

absl::StatusOr<v1::Consent> Handlers::GetConsent(rpc::Call& call, const v1::GetConsentRequest& request) {
  ASSIGN_OR_RETURN(v1::Consent consent, rpc::GetRoot<v1::Consent>(call, host_, kConsents, request.name(), AreaOf));
  const absl::CivilDay today = call.clock().Today();
  if (!request.unmask()) {
    Show(today, consent);
    return consent;
  }
  RETURN_IF_ERROR(AllowUnmask(call, kUnmaskConsents, consent.area(), consent.name()));
  consent.set_state(ConsentStateOn(consent, today));
  return consent;
}

absl::StatusOr<v1::ListConsentsResponse> Handlers::ListConsents(rpc::Call& call,
                                                                const v1::ListConsentsRequest& request) {
  Violations violations;
  const auto ends_before = DayOf(request.ends_before(), "ends_before", &violations);
  RETURN_IF_ERROR(violations.status());
  const absl::CivilDay today = call.clock().Today();
  rpc::ListSpec spec{.area_column = "area", .order = {"valid_until"}};
  if (!request.student().empty()) {
    spec.equal.emplace_back("person", std::string(feed::IdOfName(request.student())));
  }
  if (!request.use().empty()) {
    spec.equal.emplace_back("use_code", request.use());
  }
  if (ends_before.has_value() || request.state() != v1::CONSENT_STATE_UNSPECIFIED) {
    spec.also = [&](std::vector<db::Value>* args) {
      std::vector<std::string> texts;
      if (ends_before.has_value()) {
        texts.push_back(EndedText(DayText(*ends_before), args));
      }
      if (request.state() != v1::CONSENT_STATE_UNSPECIFIED) {
        texts.push_back(InStateText(request.state(), DayText(today), args));
      }
      return absl::StrJoin(texts, " AND ");
    };
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  v1::ListConsentsResponse response;
  ASSIGN_OR_RETURN(
      *response.mutable_next_page_token(),
      rpc::ListRoots(call, host_, kConsents, request.parent(), spec, request, request.page_size(), request.page_token(),
                     [&](const db::Row& row, size_t column, const std::string& id) -> absl::Status {
                       v1::Consent* const consent = response.add_consents();
                       RETURN_IF_ERROR(feed::ReadRoot(row, column, kConsents, id, nullptr, consent));
                       Show(today, *consent);
                       return absl::OkStatus();
                     }));
  return response;
}

}  // namespace ruraledu::student_aid
