// aid overrides: what the bank did to single orders without a file, proposed by one person and confirmed by another.
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/enum_text.h"
#include "common/domain/money.h"
#include "ruraledu/student_aid/v1/payment_override.pb.h"
#include "services/cli/calls.h"
#include "services/cli/commands.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct Options {
  std::string county, name, batch, document, reason, etag;
  std::vector<std::string> lines;
  bool dry_run = false, open = false;
  int64_t limit = 50;
};
using Shared = std::shared_ptr<Options>;

// "<order>=PAID,2023-12-03[,<reference>[,<reason>]]".
absl::StatusOr<v1::PaymentOverrideLine> LineOf(const std::string& text) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
  std::vector<std::string> words = absl::StrSplit(parts.second, ',');
  words.resize(4);
  v1::PaymentOverrideLine line;
  line.set_order(parts.first);
  line.set_outcome(ValueOf<v1::PaymentLineOutcome>(absl::AsciiStrToUpper(words[0])));
  if (words[1].empty()) {
    return Fail("CLI_ARGUMENT", {{"argument", "lines"}, {"problem", "<order>=PAID,<day>: the day is missing"}});
  }
  ASSIGN_OR_RETURN(*line.mutable_on(), DateOf("lines", words[1]));
  line.set_bank_reference(words[2]);
  line.set_bank_reason(words[3]);
  return line;
}

std::string CountsText(const v1::PaymentBatchCounts& counts) {
  return absl::StrCat(EnumText(counts.state()), "  ", counts.paid_count(), " ", FormatFenGrouped(counts.paid_fen()),
                      "  ", counts.failed_count(), " ", FormatFenGrouped(counts.failed_fen()), "  ",
                      counts.returned_count(), " ", FormatFenGrouped(counts.returned_fen()));
}

// The difference: orders one by one, and the batch.
absl::Status ShowOne(Session& session, const v1::PaymentOverride& one) {
  Table table({{"支付单 order"}, {"原状态 from"}, {"新状态 to"}, {"金额 amount", true}});
  for (const v1::PaymentOverrideRow& row : one.rows()) {
    table.Add({row.line().order(), EnumText(row.from()), EnumText(row.to()), FormatFenGrouped(row.amount_fen())});
  }
  RETURN_IF_ERROR(session.Print(one, table));
  if (!session.console().json) {
    session.console().out << one.name() << " " << EnumText(one.state())
                          << "\n批次 batch: state, paid, failed, returned\n  " << CountsText(one.before()) << "\n  "
                          << CountsText(one.after()) << "\n";
  }
  return absl::OkStatus();
}

template <typename Request>
absl::Status OnOverride(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto one, session.Call<v1::PaymentOverride>("student_aid", method, request));
  return ShowOne(session, one);
}

absl::Status Propose(Session& session, const Options& options) {
  v1::ProposePaymentOverrideRequest request;
  request.set_name(options.batch);
  request.set_document(options.document);
  request.set_validate_only(options.dry_run);
  for (const std::string& text : options.lines) {
    ASSIGN_OR_RETURN(*request.add_lines(), LineOf(text));
  }
  return OnOverride(session, "ProposePaymentOverride", request);
}

absl::Status Confirm(Session& session, const Options& options) {
  v1::ConfirmPaymentOverrideRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  return OnOverride(session, "ConfirmPaymentOverride", request);
}

absl::Status Refuse(Session& session, const Options& options) {
  v1::RefusePaymentOverrideRequest request;
  request.set_name(options.name);
  request.set_etag(options.etag);
  request.set_reason(options.reason);
  return OnOverride(session, "RefusePaymentOverride", request);
}

absl::Status Show(Session& session, const Options& options) {
  v1::GetPaymentOverrideRequest request;
  request.set_name(options.name);
  return OnOverride(session, "GetPaymentOverride", request);
}

absl::Status ListSome(Session& session, const Options& options) {
  v1::ListPaymentOverridesRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_batch(options.batch);
  request.set_proposed_only(options.open);
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListPaymentOverridesResponse>(
                                       "student_aid", "ListPaymentOverrides", request, options.limit));
  Table table({{"状态 state"}, {"行数 rows", true}, {"文号 document"}, {"提议 proposed"}, {"资源名 name"}});
  for (const v1::PaymentOverride& one : all.overrides()) {
    table.Add(
        {EnumText(one.state()), absl::StrCat(one.rows_size()), one.document(), TextOf(one.proposed_on()), one.name()});
  }
  return session.Print(all, table);
}

CLI::App* AddNamed(CLI::App* overrides, const Shared& options, const std::string& name, const std::string& about) {
  CLI::App* command = overrides->add_subcommand(name, about);
  command->add_option("name", options->name, "counties/411728/paymentOverrides/...")->required();
  return command;
}
void AddEtag(CLI::App* command, const Shared& options) {
  command->add_option("--etag", options->etag, "only if the override is still this version");
}

}  // namespace

void AddOverrideCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* overrides =
      aid.add_subcommand("overrides", "what the bank did to orders, told by a letter and not by a file")
          ->require_subcommand(1);
  CLI::App* propose = overrides->add_subcommand("propose", "proposes it and shows the difference");
  propose->add_option("batch", options->batch, "counties/411728/paymentBatches/...")->required();
  propose->add_option("lines", options->lines, "<order>=paid|rejected|returned,2023-12-03[,<reference>[,<reason>]] ...")
      ->required();
  propose->add_option("--document", options->document, "number of the letter")->required();
  propose->add_flag("--dry-run", options->dry_run, "shows the difference and keeps nothing");
  OnCommand(propose, chosen, options, Propose);
  CLI::App* confirm = AddNamed(overrides, options, "confirm", "confirms and books what another person proposed");
  AddEtag(confirm, options);
  OnCommand(confirm, chosen, options, Confirm);
  CLI::App* refuse = AddNamed(overrides, options, "refuse", "refuses what another person proposed");
  refuse->add_option("--reason", options->reason, "why, in words")->required();
  AddEtag(refuse, options);
  OnCommand(refuse, chosen, options, Refuse);
  OnCommand(AddNamed(overrides, options, "show", "one override with its difference"), chosen, options, Show);
  CLI::App* list = overrides->add_subcommand("list", "overrides of a county or batch");
  list->add_option("--county", options->county, "six digits");
  list->add_option("--batch", options->batch, "counties/411728/paymentBatches/...");
  list->add_flag("--open", options->open, "only those that wait for another person");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListSome);
}

}  // namespace ruraledu::cli
