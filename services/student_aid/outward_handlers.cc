// Pupils who study elsewhere: cases entered, asked for, answered, taken back, read.
#include <map>

#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/crypto/masking.h"
#include "common/domain/shard.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/outward_letter_rules.h"
#include "services/student_aid/outward_run.h"
#include "services/student_aid/outward_store.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr int kMostEntries = 200;
constexpr size_t kMostLetter = 400;  // bytes: 100 characters
constexpr std::string_view kUnmaskOutward = "student_aid.outward.unmask";

std::string AreaOf(const v1::OutwardCase& one) {
  return one.area();
}

// "411728103": of nine digits within the county.
bool IsTownshipOf(std::string_view township, std::string_view county) {
  return township.size() == 9 && TownshipOf(township) == township && township.starts_with(county);
}

absl::Status CheckEntries(std::string_view county, const v1::BatchEnterOutwardCasesRequest& request) {
  Violations violations;
  if (!ParseTerm(request.term()).ok()) {
    violations.Add("term", "TERM_FORMAT", {{"term", request.term()}});
  }
  violations.Require(request.entries_size() > 0, "entries");
  violations.MostElements("entries", request.entries_size(), kMostEntries);
  for (int i = 0; i < request.entries_size() && i < kMostEntries; ++i) {
    const v1::OutwardEntry& entry = request.entries(i);
    const std::string at = absl::StrCat("entries[", i, "].");
    violations.Require(entry.direction() != v1::OUTWARD_DIRECTION_UNSPECIFIED, at + "direction");
    violations.Require(!entry.stage().empty(), at + "stage");
    violations.Require(!entry.student().empty() || !entry.display_name().empty(), at + "student");
    violations.Require(!entry.student().empty() || !entry.kinds().empty(), at + "kinds");
    violations.MostBytes(at + "display_name", entry.display_name(), kMostName);
    violations.MostBytes(at + "school_name", entry.school_name(), kMostName);
    if (!entry.township().empty() && !IsTownshipOf(entry.township(), county)) {
      violations.Add(at + "township", "REGION_UNKNOWN", {{"level", "township"}, {"region", entry.township()}});
    }
  }
  return violations.status();
}

// A row of a file, ready to be stored, or why it is not.
struct Prepared {
  v1::OutwardCase fresh;
  std::string reason;
};

// Reads what the registry knows of the rows and evaluates them.
class Entering {
 public:
  Entering(rpc::Call& call, const rpc::Host& host, const PolicyBook& book, const FollowUpBook& rules,
           const v1::BatchEnterOutwardCasesRequest& request, std::string shard)
      : call_(call), host_(host), book_(book), rules_(rules), request_(request), shard_(std::move(shard)) {}

  absl::StatusOr<Prepared> Prepare(int at) {
    const v1::OutwardEntry& entry = request_.entries(at);
    Prepared ready;
    v1::OutwardCase& one = ready.fresh;
    one.set_term(request_.term());
    one.set_direction(entry.direction());
    one.set_other_county(entry.other_county());
    one.set_school_name(entry.school_name());
    one.set_by_hand(true);
    const std::string id = entry.student().empty() ? absl::StrCat(rpc::StableId(call_), "-", at)
                                                   : std::string(feed::IdOfName(entry.student()));
    one.set_name(absl::StrCat(request_.parent(), "/outwardCases/", id, ".", request_.term()));
    Fill(entry, &one);
    absl::Status read = entry.other_county() == county() ? Fail("OUTWARD_HOME", {{"county", county()}})
                        : rules_.NameOf(entry.other_county()).empty()
                            ? Fail("REGION_UNKNOWN", {{"level", "county"}, {"region", entry.other_county()}})
                            : absl::OkStatus();
    if (read.ok()) {
      read = entry.student().empty() ? DescribeUnknown(entry, &one) : DescribeStudent(entry, &one);
    }
    if (read.ok()) {
      read = Evaluate(&one);
    }
    if (!read.ok() && !rpc::RefusesRow(read)) {
      return read;
    }
    ready.reason = ReasonOf(read);
    return ready;
  }

 private:
  std::string county() const { return shard_.substr(1); }

  void Fill(const v1::OutwardEntry& entry, v1::OutwardCase* one) const {
    one->mutable_input()->set_term(request_.term());
    v1::PupilFacts* facts = one->mutable_input()->mutable_facts();
    facts->set_status("ENROLLED");
    facts->set_stage(entry.stage());
    facts->set_grade(entry.grade());
    facts->set_boarding(entry.boarding());
    facts->set_school_region(absl::StrCat(county(), "000000"));
  }

  absl::Status DescribeUnknown(const v1::OutwardEntry& entry, v1::OutwardCase* one) const {
    one->set_display_name(entry.display_name());
    one->set_area(entry.township().empty() ? county() : entry.township());
    RETURN_IF_ERROR(call_.CheckArea(one->area()));
    ASSIGN_OR_RETURN(const Term term, ParseTerm(request_.term()));
    for (const std::string& kind : entry.kinds()) {
      v1::HardshipFact* fact = one->mutable_input()->mutable_facts()->add_hardships();
      fact->set_kind(kind);
      *fact->mutable_valid_from() = DateOf(book_.calendar().FirstDay(term));
    }
    return absl::OkStatus();
  }

  // A pupil of the county's copy, or one elsewhere whose household is of the county.
  absl::Status DescribeStudent(const v1::OutwardEntry& entry, v1::OutwardCase* one) const {
    const std::string person(feed::IdOfName(entry.student()));
    const auto named = ShardOfName(entry.student());
    for (const std::string& of : {shard_, named.value_or(shard_)}) {
      ASSIGN_OR_RETURN(const SealedPage page, host_.database.Read([&](db::Transaction& tx) {
        return ReadPersons(tx, of, {&person, 1});
      }));
      if (page.pupils.empty()) {
        continue;
      }
      ASSIGN_OR_RETURN(const PageOpener opener, PageOpener::Create(page, host_.keys, of));
      google::protobuf::Arena arena;
      RunPupil pupil;
      RETURN_IF_ERROR(opener.Open(page.pupils.front(), &arena, &pupil));
      const bool home =
          pupil.copy.household.has_value() && ShardOfName(pupil.copy.household->name()).value_or("") == shard_;
      if (of == shard_ || (home && entry.direction() == v1::OUTWARD_DIRECTION_OUT)) {
        return Describe(pupil.copy, home, one);
      }
    }
    const absl::Status missing = call_.CheckMissing(entry.student());
    return absl::IsNotFound(missing) ? Fail("PERSON_UNKNOWN", {{"parent", request_.parent()}}) : missing;
  }

  absl::Status Describe(const PupilCopy& pupil, bool home, v1::OutwardCase* one) const {
    const bool out = one->direction() == v1::OUTWARD_DIRECTION_OUT;
    one->set_area(out && (home || pupil.student.area().empty()) ? HomeArea(pupil, county()) : pupil.student.area());
    RETURN_IF_ERROR(call_.CheckArea(one->area()));
    if (!pupil.student.merged_into().empty()) {
      return Fail("MERGED", {{"name", "another person"}});
    }
    one->set_person(pupil.key.person);
    one->set_display_name(pupil.student.display_name());
    v1::PupilFacts* facts = one->mutable_input()->mutable_facts();
    facts->set_person(pupil.key.person);
    *facts->mutable_birth_date() = pupil.student.birth_date();
    ASSIGN_OR_RETURN(const Term term, ParseTerm(request_.term()));
    ReadHardships(pupil, book_.calendar().FirstDay(term), facts->mutable_hardships());
    return absl::OkStatus();
  }

  absl::Status Evaluate(v1::OutwardCase* one) const {
    ASSIGN_OR_RETURN(const auto answer, student_aid::EvaluateOutwardCase(book_, rules_, one->input()));
    OpenCase(ActOf(call_), answer, one);
    return absl::OkStatus();
  }

  rpc::Call& call_;
  const rpc::Host& host_;
  const PolicyBook& book_;
  const FollowUpBook& rules_;
  const v1::BatchEnterOutwardCasesRequest& request_;
  const std::string shard_;
};

// Rows of a letter or an answer, and the one county that it goes to or comes from.
struct Correspondence {
  std::vector<rpc::BatchRow> rows;
  std::string other_county;  // that of the first row that is there
};
absl::StatusOr<Correspondence> SettleLetter(rpc::Call& call, const rpc::Host& host, std::string_view shard,
                                            const google::protobuf::RepeatedPtrField<std::string>& names,
                                            std::string_view field) {
  Correspondence letter;
  ASSIGN_OR_RETURN(letter.rows, rpc::RowsNamed(names, field));
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  return host.database.Read([&](db::Transaction& tx) -> absl::StatusOr<Correspondence> {
    Correspondence settled = letter;
    RETURN_IF_ERROR(rpc::SettleRows(call, tx, shard, kOutwardCases, &settled.rows));
    for (const rpc::BatchRow& row : settled.rows) {
      if (row.reason.empty()) {
        ASSIGN_OR_RETURN(const auto first,
                         feed::Load<v1::OutwardCase>(tx, *sealer, kOutwardCases, shard, feed::IdOfName(row.name)));
        settled.other_county = first->other_county();
        break;
      }
    }
    return settled;
  });
}

absl::Status CheckSameCounty(const Correspondence& letter, const v1::OutwardCase& one) {
  return one.other_county() == letter.other_county
             ? absl::OkStatus()
             : Fail("OUTWARD_OTHER_COUNTY", {{"county", letter.other_county}, {"other", one.other_county()}});
}

// The number, the day (today when it is unset) and that there is something in it.
absl::StatusOr<Act> CheckLetter(rpc::Call& call, const std::string& number, std::string_view number_field,
                                const google::type::Date& date, std::string_view date_field, bool any,
                                std::string_view rows_field) {
  Violations violations;
  violations.MostBytes(number_field, number, kMostLetter);
  violations.Require(any, rows_field);
  Act act = ActOf(call);
  const auto on = DayOf(date, date_field, &violations);
  if (on.has_value() && *on > act.on) {
    violations.Add(date_field, "DATE_AHEAD", {{"date", DayText(*on)}});
  }
  RETURN_IF_ERROR(violations.status());
  act.on = on.value_or(act.on);
  return act;
}

}  // namespace

absl::StatusOr<v1::EvaluateOutwardCaseResponse> Handlers::EvaluateOutwardCase(
    rpc::Call&, const v1::EvaluateOutwardCaseRequest& request) {
  return student_aid::EvaluateOutwardCase(book_, follow_up_, request);
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::OpenOutwardCases(rpc::Call& call,
                                                                   const v1::OpenOutwardCasesRequest& request) {
  RETURN_IF_ERROR(ParseTerm(request.term()).status());
  v1::OutwardPlan plan;
  plan.set_term(request.term());
  *plan.mutable_on() = DateOf(call.clock().Today());
  *plan.mutable_after() = OfRegistry(request.after());
  return rpc::StartJob(shared_, call, request.parent(), kOutwardJob, plan,
                       NoOpenBatch(shared_, request.parent(), plan.after()));
}

absl::StatusOr<v1::BatchOutwardCasesResponse> Handlers::BatchEnterOutwardCases(
    rpc::Call& call, const v1::BatchEnterOutwardCasesRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  RETURN_IF_ERROR(CheckEntries(shard.substr(1), request));
  Entering entering(call, host_, book_, follow_up_, request, shard);
  std::vector<Prepared> prepared;
  std::vector<rpc::BatchRow> rows;
  std::map<std::string, int> seen;
  for (int i = 0; i < request.entries_size(); ++i) {
    ASSIGN_OR_RETURN(Prepared ready, entering.Prepare(i));
    if (++seen[ready.fresh.name()] > 1) {
      ready.reason = "DUPLICATE_IN_BATCH";
    }
    rows.push_back({ready.fresh.name(), ready.reason});
    prepared.push_back(std::move(ready));
  }
  return StepOnRows<v1::OutwardCase, v1::BatchOutwardCasesResponse>(
      call, host_, shard, std::move(rows), "ENTER",
      [&](db::Transaction&, size_t i, const v1::OutwardCase* before, v1::OutwardCase& after) -> absl::Status {
        if (before != nullptr) {
          return Fail("OUTWARD_EXISTS", {{"name", before->name()}});
        }
        after = prepared[i].fresh;
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::OutwardCase> Handlers::GetOutwardCase(rpc::Call& call, const v1::GetOutwardCaseRequest& request) {
  ASSIGN_OR_RETURN(v1::OutwardCase one,
                   rpc::GetRoot<v1::OutwardCase>(call, host_, kOutwardCases, request.name(), AreaOf));
  if (!request.unmask()) {
    rpc::MaskRoot(one);
    return one;
  }
  RETURN_IF_ERROR(AllowUnmask(call, kUnmaskOutward, one.area(), one.name()));
  return one;
}

absl::StatusOr<v1::ListOutwardCasesResponse> Handlers::ListOutwardCases(rpc::Call& call,
                                                                        const v1::ListOutwardCasesRequest& request) {
  RETURN_IF_ERROR(ParseTerm(request.term()).status());
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}, .equal = {{"term", request.term()}}};
  if (request.direction() != v1::OUTWARD_DIRECTION_UNSPECIFIED) {
    spec.equal.emplace_back("direction", v1::OutwardDirection_Name(request.direction()));
  }
  if (request.state() != v1::OUTWARD_STATE_UNSPECIFIED) {
    spec.equal.emplace_back("state", v1::OutwardState_Name(request.state()));
  }
  if (!request.other_county().empty()) {
    spec.equal.emplace_back("other_county", request.other_county());
  }
  if (request.overdue_only()) {
    spec.also = [today = call.clock().Today()](std::vector<db::Value>* args) { return LateText(today, args); };
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  return rpc::ListRoots<v1::OutwardCase, v1::ListOutwardCasesRequest, v1::ListOutwardCasesResponse>(
      call, host_, kOutwardCases, spec, request, &v1::ListOutwardCasesResponse::mutable_cases);
}

absl::StatusOr<v1::BatchOutwardCasesResponse> Handlers::BatchAskOutwardCases(
    rpc::Call& call, const v1::BatchAskOutwardCasesRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const Act act, CheckLetter(call, request.letter(), "letter", request.asked_on(), "asked_on",
                                              request.cases_size() > 0, "cases"));
  ASSIGN_OR_RETURN(const Correspondence letter, SettleLetter(call, host_, shard, request.cases(), "cases"));
  const int32_t days = follow_up_.Days(FollowUpRule::kOutwardAnswerDays, RegionOfShard(shard), act.on);
  return StepOnRows<v1::OutwardCase, v1::BatchOutwardCasesResponse>(
      call, host_, shard, letter.rows, "ASK",
      [&](db::Transaction&, size_t, const v1::OutwardCase*, v1::OutwardCase& after) -> absl::Status {
        RETURN_IF_ERROR(CheckSameCounty(letter, after));
        return AskFor(act, request.letter(), days, &after);
      });
}

absl::StatusOr<v1::OutwardLetter> Handlers::RenderOutwardLetter(rpc::Call& call,
                                                                const v1::RenderOutwardLetterRequest& request) {
  RETURN_IF_ERROR(ParseTerm(request.term()).status());
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  const std::string county = shard.substr(1);
  ASSIGN_OR_RETURN(const auto cases, host_.database.Read([&](db::Transaction& tx) {
    return CasesOfLetter(tx, shard, request.term(), request.letter());
  }));
  const std::string name = absl::StrCat(request.parent(), "/outwardLetters/", request.letter());
  if (cases.empty()) {
    return call.CheckMissing(name);
  }
  for (const v1::OutwardCase& one : cases) {
    RETURN_IF_ERROR(call.CheckArea(one.area(), name));
  }
  if (request.unmask()) {
    RETURN_IF_ERROR(AllowUnmask(call, kUnmaskOutward, county, name));
  }
  const v1::OutwardCase& first = cases.front();
  LetterFacts facts{.letter = request.letter(),
                    .to = follow_up_.NameOf(first.other_county()),
                    .from = follow_up_.NameOf(county),
                    .term = request.term(),
                    .due = DayText(DayOf(first.asked_on()).value_or(call.clock().Today()) +
                                   follow_up_.Days(FollowUpRule::kOutwardAnswerDays, absl::StrCat(county, "000000"),
                                                   DayOf(first.asked_on()).value_or(call.clock().Today()))),
                    .date = DayText(DayOf(first.asked_on()).value_or(call.clock().Today()))};
  for (const v1::OutwardCase& one : cases) {
    facts.pupils.push_back(
        {request.unmask() ? one.display_name() : crypto::MaskName(one.display_name()), one.school_name()});
  }
  v1::OutwardLetter letter;
  letter.set_letter(request.letter());
  letter.set_other_county(first.other_county());
  letter.set_text(RenderLetter(follow_up_.letter(), facts));
  letter.set_pupils(static_cast<int32_t>(cases.size()));
  letter.set_masked(!request.unmask());
  return letter;
}

absl::StatusOr<v1::BatchOutwardCasesResponse> Handlers::BatchAnswerOutwardCases(
    rpc::Call& call, const v1::BatchAnswerOutwardCasesRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const Act act, CheckLetter(call, request.answer_letter(), "answer_letter", request.answered_on(),
                                              "answered_on", request.answers_size() > 0, "answers"));
  google::protobuf::RepeatedPtrField<std::string> names;
  for (const v1::OutwardAnswer& answer : request.answers()) {
    *names.Add() = answer.name();
  }
  ASSIGN_OR_RETURN(const Correspondence letter, SettleLetter(call, host_, shard, names, "answers"));
  return StepOnRows<v1::OutwardCase, v1::BatchOutwardCasesResponse>(
      call, host_, shard, letter.rows, "ANSWER",
      [&](db::Transaction&, size_t i, const v1::OutwardCase* before, v1::OutwardCase& after) -> absl::Status {
        const v1::OutwardAnswer& answer = request.answers(static_cast<int>(i));
        RETURN_IF_ERROR(CheckPresent(*before, answer.etag()));
        RETURN_IF_ERROR(CheckSameCounty(letter, after));
        RETURN_IF_ERROR(CheckAnswer(book_, answer));
        Violations violations;
        violations.MostBytes("remark", answer.remark(), kMostText);
        RETURN_IF_ERROR(violations.status());
        Act told = act;
        told.reason = answer.remark();
        return TakeAnswer(told, request.answer_letter(), answer, &after);
      });
}

absl::StatusOr<v1::OutwardCase> Handlers::WithdrawOutwardCase(rpc::Call& call,
                                                              const v1::WithdrawOutwardCaseRequest& request) {
  Violations violations;
  violations.MostBytes("reason", request.reason(), kMostText);
  RETURN_IF_ERROR(violations.status());
  const Act act = ActOf(call, request.reason());
  return StepOn<v1::OutwardCase>(
      call, host_, request.name(), request.etag(), "WITHDRAW",
      [&](db::Transaction&, feed::RootWriter&, v1::OutwardCase& after) { return WithdrawCase(act, &after); });
}

}  // namespace ruraledu::student_aid
