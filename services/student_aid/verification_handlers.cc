// Verification after payment: a sample is drawn, answers are recorded, the result is closed.
#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/proto_day.h"
#include "common/crypto/hash.h"
#include "common/domain/area.h"
#include "common/domain/school_year.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/verification_store.h"

namespace ruraledu::student_aid {
namespace {

template <typename M>
std::string AreaOf(const M& root) {
  return root.area();
}

const rpc::RootKind<v1::Verification> kKind{kVerifications, AreaOf<v1::Verification>, nullptr};
const rpc::RootKind<v1::VerificationEntry> kEntry{kVerificationEntries, AreaOf<v1::VerificationEntry>, nullptr};

// Who was paid up to a day, by school, and how much.
struct Frame {
  std::map<std::string, std::map<std::string, int64_t>> schools;  // area, person -> fen
  std::set<std::string> batches;                                  // resource names
  int64_t population = 0;
};

bool PaidOn(const v1::PaymentOrder& order, absl::CivilDay until) {
  const auto paid = DayOf(order.paid_on()), ended = DayOf(order.ended_on());
  return paid.has_value() && *paid <= until &&
         (order.state() == v1::PAYMENT_ORDER_STATE_PAID || (ended.has_value() && *ended > until));
}

absl::StatusOr<Frame> ReadFrame(db::Transaction& tx, std::string_view shard, const std::string& term,
                                std::string_view batch, absl::CivilDay until) {
  ASSIGN_OR_RETURN(const auto rows, PaidOrders(tx, shard, term, batch));
  Frame frame;
  for (const db::Row& row : rows) {
    v1::PaymentOrder order;
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kPaymentOrders, row.Text(0), nullptr, &order));
    const std::string_view school = SchoolOf(order.area());
    if (PaidOn(order, until) && !order.person().empty()) {
      frame.schools[school.empty() ? order.area() : std::string(school)][order.person()] += order.amount_fen();
      frame.batches.insert(order.batch());
    }
  }
  // Who was paid at two schools stands at the first one.
  std::set<std::string> seen;
  for (auto& [area, persons] : frame.schools) {
    std::erase_if(persons, [&](const auto& one) { return !seen.insert(one.first).second; });
    frame.population += static_cast<int64_t>(persons.size());
  }
  std::erase_if(frame.schools, [](const auto& school) { return school.second.empty(); });
  return frame;
}

std::string DigestOf(const crypto::KeyRing& keys, const Frame& frame) {
  std::string text;
  for (const auto& [area, persons] : frame.schools) {
    for (const auto& [person, fen] : persons) {
      absl::StrAppend(&text, area, " ", person, " ", fen, "\n");
    }
  }
  return crypto::Hex(keys.Fingerprint({"verification_frame", text}));
}

v1::EvaluateVerificationRequest SamplingOf(const Frame& frame, std::string_view county, absl::CivilDay on,
                                           int32_t confidence_bp, int32_t margin_bp, uint64_t seed) {
  v1::EvaluateVerificationRequest request;
  request.set_region_code(absl::StrCat(county, "000000"));
  *request.mutable_on() = DateOf(on);
  request.set_confidence_bp(confidence_bp);
  request.set_margin_bp(margin_bp);
  request.set_seed(seed);
  for (const auto& [area, persons] : frame.schools) {
    v1::VerificationFrame* school = request.add_frame();
    school->set_area(area);
    for (const auto& [person, fen] : persons) {
      school->add_persons(person);
    }
  }
  return request;
}

// The first half of a digest of an id that nobody chose.
uint64_t NewSeed(const Clock& clock) {
  uint64_t seed = 0;
  for (const char c : crypto::Sha256({NewId(clock)}).substr(0, 8)) {
    seed = (seed << 8) | static_cast<unsigned char>(c);
  }
  return seed;
}

// Who ordered the payments.
absl::Status AddPayers(db::Transaction& tx, const crypto::Sealer& sealer, const Frame& frame, v1::Verification* made) {
  std::set<std::string> payers;
  for (const std::string& name : frame.batches) {
    v1::PaymentBatch batch;
    RETURN_IF_ERROR(feed::LoadRoot(tx, sealer, kPaymentBatches, tx.shard(), feed::IdOfName(name), &batch).status());
    payers.insert(batch.payer());
  }
  payers.erase("");
  made->mutable_payers()->Assign(payers.begin(), payers.end());
  return absl::OkStatus();
}

absl::Status PutSample(const v1::EvaluateVerificationResponse& drawn, const Frame& frame, const std::string& parent,
                       v1::Verification* made, feed::RootWriter* writer) {
  for (const v1::VerificationFrame& school : drawn.sample()) {
    v1::VerificationStratum* stratum = made->add_strata();
    stratum->set_area(school.area());
    stratum->set_population(static_cast<int64_t>(frame.schools.at(school.area()).size()));
    stratum->set_sample(school.persons_size());
    made->set_sample(made->sample() + school.persons_size());
    for (const std::string& person : school.persons()) {
      v1::VerificationEntry entry;
      entry.set_name(
          absl::StrCat(parent, "/", kVerificationEntries.collection, "/", feed::IdOfName(made->name()), ".", person));
      entry.set_verification(made->name());
      entry.set_person(person);
      entry.set_area(school.area());
      entry.set_paid_fen(frame.schools.at(school.area()).at(person));
      RETURN_IF_ERROR(writer->Put(kVerificationEntries, nullptr, entry, "DRAW").status());
    }
  }
  return absl::OkStatus();
}

// Its answers as they are now; a closed one keeps its own.
absl::Status AddResult(db::Transaction& tx, std::string_view shard, const VerificationBook& book,
                       v1::Verification* verification) {
  if (verification->state() != v1::VERIFICATION_STATE_RUNNING) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const AnswerCounts answers, AnswersOf(tx, shard, feed::IdOfName(verification->name())));
  FillResult(book, answers, verification);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::EvaluateVerificationResponse> Handlers::EvaluateVerification(
    rpc::Call&, const v1::EvaluateVerificationRequest& request) {
  Violations violations;
  DayOf(request.on(), "on", &violations);
  RETURN_IF_ERROR(violations.status());
  return EvaluateSample(verifications_, request);
}

absl::StatusOr<v1::Verification> Handlers::CreateVerification(rpc::Call& call,
                                                              const v1::CreateVerificationRequest& request) {
  RETURN_IF_ERROR(call.CheckArea(rpc::CountyOfParent(request.parent())));
  RETURN_IF_ERROR(ParseTerm(request.term()).status());
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  std::string batch;
  if (!request.batch().empty()) {
    RETURN_IF_ERROR(
        rpc::GetRoot<v1::PaymentBatch>(call, host_, kPaymentBatches, request.batch(), AreaOf<v1::PaymentBatch>)
            .status());
    batch = feed::IdOfName(request.batch());
  }
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const Act act = ActOf(call);
  ASSIGN_OR_RETURN(const Frame frame, host_.database.Read([&](db::Transaction& tx) {
    return ReadFrame(tx, shard, request.term(), batch, act.on);
  }));
  const uint64_t seed = request.seed() != 0 ? request.seed() : NewSeed(call.clock());
  ASSIGN_OR_RETURN(const auto drawn,
                   EvaluateSample(verifications_, SamplingOf(frame, shard.substr(1), act.on, request.confidence_bp(),
                                                             request.margin_bp(), seed)));
  if (drawn.sample().empty()) {
    return Fail("VERIFICATION_NOBODY", {{"term", request.term()}});
  }
  v1::Verification made;
  made.set_name(absl::StrCat(request.parent(), "/", kVerifications.collection, "/", rpc::StableId(call)));
  made.set_area(shard.substr(1));
  made.set_term(request.term());
  made.set_batch(request.batch());
  *made.mutable_paid_until() = DateOf(act.on);
  made.set_confidence_bp(drawn.confidence_bp());
  made.set_margin_bp(drawn.margin_bp());
  made.set_seed(seed);
  made.set_frame_digest(DigestOf(host_.keys, frame));
  made.set_population(frame.population);
  made.set_state(v1::VERIFICATION_STATE_RUNNING);
  made.set_made_by(act.person);
  *made.mutable_made_on() = DateOf(act.on);
  return rpc::Write(
      call, host_.database, shard,
      [&](db::Transaction& tx) -> absl::StatusOr<rpc::Written> {
        RETURN_IF_ERROR(call.CheckArea(shard.substr(1)));
        v1::Verification root = made;
        RETURN_IF_ERROR(AddPayers(tx, *sealer, frame, &root));
        feed::RootWriter writer(tx, *sealer, {call.caller().subject, call.call_id()}, host_.NewCounters());
        RETURN_IF_ERROR(PutSample(drawn, frame, request.parent(), &root, &writer));
        RETURN_IF_ERROR(writer.Put(kVerifications, nullptr, root, "DRAW").status());
        ASSIGN_OR_RETURN(const int64_t version, writer.Finish());
        return rpc::Written{root.name(), version};
      },
      [&](db::Transaction& tx, const std::string& name) -> absl::StatusOr<v1::Verification> {
        ASSIGN_OR_RETURN(auto root,
                         feed::Load<v1::Verification>(tx, *sealer, kVerifications, shard, feed::IdOfName(name)));
        RETURN_IF_ERROR(call.CheckArea(root->area()));
        RETURN_IF_ERROR(AddResult(tx, shard, verifications_, &*root));
        return *std::move(root);
      });
}

absl::StatusOr<v1::Verification> Handlers::GetVerification(rpc::Call& call, const v1::GetVerificationRequest& request) {
  ASSIGN_OR_RETURN(v1::Verification found, rpc::GetRoot<v1::Verification>(call, host_, kVerifications, request.name(),
                                                                          AreaOf<v1::Verification>));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.name()));
  RETURN_IF_ERROR(host_.database.Read([&](db::Transaction& tx) { return AddResult(tx, shard, verifications_, &found); },
                                      {.deadline = call.deadline()}));
  return found;
}

absl::StatusOr<v1::ListVerificationsResponse> Handlers::ListVerifications(rpc::Call& call,
                                                                          const v1::ListVerificationsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"term"}};
  if (!request.term().empty()) {
    RETURN_IF_ERROR(ParseTerm(request.term()).status());
    spec.equal.emplace_back("term", request.term());
  }
  return rpc::ListRoots<v1::Verification, v1::ListVerificationsRequest, v1::ListVerificationsResponse>(
      call, host_, kVerifications, spec, request, &v1::ListVerificationsResponse::mutable_verifications);
}

absl::StatusOr<v1::ListVerificationEntriesResponse> Handlers::ListVerificationEntries(
    rpc::Call& call, const v1::ListVerificationEntriesRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"area"}};
  if (!request.verification().empty()) {
    RETURN_IF_ERROR(rpc::ShardOf(request.verification(), kVerifications.collection).status());
    spec.equal.emplace_back("verification", std::string(feed::IdOfName(request.verification())));
  }
  if (request.answer() != v1::VERIFICATION_ANSWER_UNSPECIFIED || request.unanswered()) {
    spec.equal.emplace_back("answer", v1::VerificationAnswer_Name(request.answer()));
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  return rpc::ListRoots<v1::VerificationEntry, v1::ListVerificationEntriesRequest, v1::ListVerificationEntriesResponse>(
      call, host_, kVerificationEntries, spec, request, &v1::ListVerificationEntriesResponse::mutable_entries);
}

absl::StatusOr<v1::ReplayVerificationResponse> Handlers::ReplayVerification(
    rpc::Call& call, const v1::ReplayVerificationRequest& request) {
  ASSIGN_OR_RETURN(
      const v1::Verification made,
      rpc::GetRoot<v1::Verification>(call, host_, kVerifications, request.name(), AreaOf<v1::Verification>));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.name()));
  struct Then {
    Frame frame;
    std::vector<std::string> sample;
  };
  ASSIGN_OR_RETURN(const Then then,
                   host_.database.Read(
                       [&](db::Transaction& tx) -> absl::StatusOr<Then> {
                         Then read;
                         ASSIGN_OR_RETURN(read.frame, ReadFrame(tx, shard, made.term(), feed::IdOfName(made.batch()),
                                                                *DayOf(made.paid_until())));
                         ASSIGN_OR_RETURN(read.sample, SampleOf(tx, shard, feed::IdOfName(made.name())));
                         return read;
                       },
                       {.deadline = call.deadline()}));
  ASSIGN_OR_RETURN(const auto drawn,
                   EvaluateSample(verifications_, SamplingOf(then.frame, shard.substr(1), *DayOf(made.paid_until()),
                                                             made.confidence_bp(), made.margin_bp(), made.seed())));
  std::vector<std::string> persons;
  for (const v1::VerificationFrame& school : drawn.sample()) {
    persons.insert(persons.end(), school.persons().begin(), school.persons().end());
  }
  std::sort(persons.begin(), persons.end());
  v1::ReplayVerificationResponse response;
  response.set_frame_same(DigestOf(host_.keys, then.frame) == made.frame_digest());
  response.set_sample_same(persons == then.sample);
  return response;
}

absl::StatusOr<v1::Verification> Handlers::CloseVerification(rpc::Call& call,
                                                             const v1::CloseVerificationRequest& request) {
  const Act act = ActOf(call);
  return rpc::WriteRoot(
      call, host_, kKind, request.name(), false, "CLOSE",
      [&](db::Transaction& tx, const v1::Verification* before, v1::Verification& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        RETURN_IF_ERROR(AddResult(tx, tx.shard(), verifications_, &after));
        return CloseVerified(act, &after);
      });
}

absl::StatusOr<v1::VerificationEntry> Handlers::RecordVerificationAnswer(
    rpc::Call& call, const v1::RecordVerificationAnswerRequest& request) {
  Violations violations;
  violations.Require(
      v1::VerificationAnswer_IsValid(request.answer()) && request.answer() != v1::VERIFICATION_ANSWER_UNSPECIFIED,
      "answer");
  violations.MostBytes("note", request.note(), kMostText);
  if (request.has_on()) {
    DayOf(request.on(), "on", &violations);
  }
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kVerificationEntries.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const Act act = ActOf(call);
  return rpc::WriteRoot(
      call, host_, kEntry, request.name(), false, "ANSWER",
      [&](db::Transaction& tx, const v1::VerificationEntry* before, v1::VerificationEntry& after) -> absl::Status {
        RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
        ASSIGN_OR_RETURN(const auto made, feed::Load<v1::Verification>(tx, *sealer, kVerifications, shard,
                                                                       feed::IdOfName(before->verification())));
        return TakeAnswer(act, *made, request, &after);
      });
}

}  // namespace ruraledu::student_aid
