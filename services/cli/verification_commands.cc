// aid verification: a random sample of pupils who were paid is asked whether the money arrived.
#include "absl/strings/ascii.h"
#include "common/base/enum_text.h"
#include "common/domain/money.h"
#include "common/domain/rate.h"
#include "ruraledu/student_aid/v1/verification.pb.h"
#include "services/cli/calls.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct Options {
  std::string county, term, batch, name, area, answer, received, on, note, etag;
  int32_t confidence = 0, margin = 0;
  uint64_t seed = 0;
  bool unanswered = false;
  int64_t limit = 50;
};
using Shared = std::shared_ptr<Options>;

constexpr char kName[] = "counties/411728/verifications/...";
constexpr std::string_view kAnswers[] = {"in-full", "in-part", "not-received", "not-found"};

v1::VerificationAnswer AnswerOf(std::string word) {
  std::replace(word.begin(), word.end(), '-', '_');
  return ValueOf<v1::VerificationAnswer>(absl::AsciiStrToUpper(word));
}

std::string Points(int32_t basis_points) {
  return PercentText(Rate{basis_points, 10000}).value_or("");
}

absl::Status ShowOne(Session& session, const v1::Verification& one) {
  Table table({{"学校区域 school"},
               {"已发放 paid", true},
               {"抽取 drawn", true},
               {"足额 in-full", true},
               {"部分 in-part", true},
               {"未收到 not-received", true},
               {"未找到 not-found", true},
               {"足额率 estimate", true},
               {"误差 margin", true}});
  for (const v1::VerificationStratum& stratum : one.strata()) {
    const Rate rate{stratum.estimate().numerator(), stratum.estimate().denominator()};
    table.Add({stratum.area(), Grouped(stratum.population()), Grouped(stratum.sample()), Grouped(stratum.in_full()),
               Grouped(stratum.in_part()), Grouped(stratum.not_received()), Grouped(stratum.not_found()),
               PercentText(rate).value_or("—"), Points(stratum.margin_bp())});
  }
  table.Add({"合计 total", Grouped(one.population()), Grouped(one.sample()), "", "", "", "",
             one.estimated() ? Points(one.estimate_bp()) : "—", Points(one.margin_bp())});
  return session.Print(one, table);
}

absl::Status DrawOne(Session& session, const Options& options) {
  v1::CreateVerificationRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  request.set_batch(options.batch);
  request.set_confidence_bp(options.confidence);
  request.set_margin_bp(options.margin);
  request.set_seed(options.seed);
  ASSIGN_OR_RETURN(const auto one, session.Call<v1::Verification>("student_aid", "CreateVerification", request));
  return ShowOne(session, one);
}

absl::Status GetOne(Session& session, const Options& options) {
  v1::GetVerificationRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const auto one, session.Call<v1::Verification>("student_aid", "GetVerification", request));
  return ShowOne(session, one);
}

absl::Status ListAllOf(Session& session, const Options& options) {
  v1::ListVerificationsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_term(options.term);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListVerificationsResponse>("student_aid", "ListVerifications",
                                                                                  request, options.limit));
  Table table(
      {{"学期 term"}, {"状态 state"}, {"日期 on"}, {"已发放 paid", true}, {"抽取 drawn", true}, {"资源名 resource"}});
  for (const v1::Verification& one : all.verifications()) {
    table.Add({one.term(), EnumText(one.state()), TextOf(one.made_on()), Grouped(one.population()),
               Grouped(one.sample()), one.name()});
  }
  return session.Print(all, table);
}

absl::Status ListSample(Session& session, const Options& options) {
  v1::ListVerificationEntriesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_verification(options.name);
  request.set_answer(AnswerOf(options.answer));
  request.set_unanswered(options.unanswered);
  request.set_area(AreaOf(options.area));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListVerificationEntriesResponse>(
                                       "student_aid", "ListVerificationEntries", request, options.limit));
  Table table({{"学校区域 school"}, {"学生 pupil"}, {"实发(元) paid", true}, {"答复 answer"}, {"资源名 resource"}});
  for (const v1::VerificationEntry& one : all.entries()) {
    table.Add({one.area(), one.person(), FormatFenGrouped(one.paid_fen()), EnumText(one.answer()), one.name()});
  }
  return session.Print(all, table);
}

absl::Status RecordAnswer(Session& session, const Options& options) {
  v1::RecordVerificationAnswerRequest request;
  request.set_name(options.name);
  request.set_answer(AnswerOf(options.answer));
  if (!options.received.empty()) {
    ASSIGN_OR_RETURN(const int64_t fen, ParseFen(options.received));
    request.set_received_fen(fen);
  }
  if (!options.on.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_on(), DateOf("--on", options.on));
  }
  request.set_note(options.note);
  request.set_etag(options.etag);
  ASSIGN_OR_RETURN(const auto entry,
                   session.Call<v1::VerificationEntry>("student_aid", "RecordVerificationAnswer", request));
  Table table({{"学生 pupil"}, {"答复 answer"}});
  table.Add({entry.person(), EnumText(entry.answer())});
  return session.Print(entry, table);
}

absl::Status CloseOne(Session& session, const Options& options) {
  v1::CloseVerificationRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  ASSIGN_OR_RETURN(const auto one, session.Call<v1::Verification>("student_aid", "CloseVerification", request));
  return ShowOne(session, one);
}

absl::Status DrawAgain(Session& session, const Options& options) {
  v1::ReplayVerificationRequest request;
  request.set_name(options.name);
  ASSIGN_OR_RETURN(const auto answer,
                   session.Call<v1::ReplayVerificationResponse>("student_aid", "ReplayVerification", request));
  Table table({{"抽样框一致 frame-same"}, {"样本一致 sample-same"}});
  table.Add({answer.frame_same() ? "是 yes" : "否 no", answer.sample_same() ? "是 yes" : "否 no"});
  return session.Print(answer, table);
}

CLI::App* Named(CLI::App* parent, const Shared& options, const std::string& name, const std::string& about,
                const std::string& what) {
  CLI::App* command = parent->add_subcommand(name, about);
  command->add_option("name", options->name, what)->required();
  return command;
}

void AddSamples(CLI::App* verification, Action& chosen, const Shared& options) {
  CLI::App* draw = verification->add_subcommand("draw", "draws a sample of pupils who were paid, by school");
  draw->add_option("--county", options->county, "six digits");
  draw->add_option("--term", options->term, "2023-2024-1")->required();
  draw->add_option("--batch", options->batch, "only this batch, counties/411728/paymentBatches/...");
  draw->add_option("--confidence", options->confidence, "basis points, 9500; else that of the rules");
  draw->add_option("--margin", options->margin, "basis points, 500; else that of the rules");
  draw->add_option("--seed", options->seed, "else one is made");
  OnCommand(draw, chosen, options, DrawOne);
  CLI::App* list = verification->add_subcommand("list", "verifications of a county");
  list->add_option("--county", options->county, "six digits");
  list->add_option("--term", options->term, "only this term");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListAllOf);
  OnCommand(Named(verification, options, "show", "one verification and its result so far", kName), chosen, options,
            GetOne);
  OnCommand(Named(verification, options, "replay", "draws the sample again", kName), chosen, options, DrawAgain);
  CLI::App* close = Named(verification, options, "close", "closes it when everybody was asked", kName);
  close->add_option("--etag", options->etag, "expected version");
  OnCommand(close, chosen, options, CloseOne);
  AddEvaluate<v1::EvaluateVerificationRequest, v1::EvaluateVerificationResponse>(
      verification, chosen, "student_aid", "EvaluateVerification", "how large a sample of a frame would be");
}

void AddAnswers(CLI::App* verification, Action& chosen, const Shared& options) {
  const std::vector<std::string> words(std::begin(kAnswers), std::end(kAnswers));
  CLI::App* sample = Named(verification, options, "sample", "pupils who were drawn, and their answers", kName);
  sample->add_option("--county", options->county, "six digits");
  sample->add_option("--answer", options->answer, "in-full, in-part, not-received, not-found")
      ->check(CLI::IsMember(words));
  sample->add_flag("--unanswered", options->unanswered, "only those who were not asked yet");
  sample->add_option("--area", options->area, "411728103, 411728103/<school>");
  AddLimit(*sample, &options->limit);
  OnCommand(sample, chosen, options, ListSample);
  CLI::App* answer = Named(verification, options, "answer", "what a pupil or guardian said",
                           "counties/411728/verificationEntries/...");
  answer->add_option("--answer", options->answer, "in-full, in-part, not-received, not-found")
      ->required()
      ->check(CLI::IsMember(words));
  answer->add_option("--received", options->received, "in-part: yuan that arrived");
  answer->add_option("--on", options->on, "day on which it was said; else today");
  answer->add_option("--note", options->note, "in words");
  answer->add_option("--etag", options->etag, "expected version");
  OnCommand(answer, chosen, options, RecordAnswer);
}

}  // namespace

void AddVerificationCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* verification =
      aid.add_subcommand("verification", "asks a sample whether the money arrived (抽样核实)")->require_subcommand(1);
  AddSamples(verification, chosen, options);
  AddAnswers(verification, chosen, options);
}

}  // namespace ruraledu::cli
