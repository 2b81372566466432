// aid restrictions: who may not apply or is not paid, and why.
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "ruraledu/student_aid/v1/restriction.pb.h"
#include "services/cli/calls.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct Options {
  std::string county, student, name, code, reason, application, area, etag;
  int64_t limit = 50;
};

Table RestrictionTable() {
  return Table({{"区域 area"},
                {"代码 code"},
                {"作用 effect"},
                {"起 from"},
                {"止 until"},
                {"解除 lifted"},
                {"版本 etag"},
                {"资源名 resource"}});
}

void AddRestriction(const v1::Restriction& restriction, Table* table) {
  table->Add({restriction.area(), restriction.code(), EnumText(restriction.effect()), TextOf(restriction.from()),
              TextOf(restriction.until()), TextOf(restriction.lifted_on()), restriction.etag(), restriction.name()});
}

template <typename Request>
absl::Status OnOne(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto restriction, session.Call<v1::Restriction>("student_aid", method, request));
  Table table = RestrictionTable();
  AddRestriction(restriction, &table);
  return session.Print(restriction, table);
}

absl::Status ListCodes(Session& session, const Options&) {
  ASSIGN_OR_RETURN(const auto all, session.Call<v1::ListRestrictionCodesResponse>("student_aid", "ListRestrictionCodes",
                                                                                  v1::ListRestrictionCodesRequest()));
  Table table({{"代码 code"}, {"作用 effect"}, {"名称 label"}, {"依据 source"}});
  for (const v1::RestrictionCode& code : all.codes()) {
    table.Add(
        {code.code(), EnumText(code.effect()), absl::StrCat(code.label_zh(), " ", code.label_en()), code.source()});
  }
  return session.Print(all, table);
}

absl::Status ListAll(Session& session, const Options& options) {
  v1::ListRestrictionsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_student(options.student);
  request.set_area(AreaOf(options.area));
  ASSIGN_OR_RETURN(const auto all, session.ListAll<v1::ListRestrictionsResponse>("student_aid", "ListRestrictions",
                                                                                 request, options.limit));
  Table table = RestrictionTable();
  for (const v1::Restriction& restriction : all.restrictions()) {
    AddRestriction(restriction, &table);
  }
  return session.Print(all, table);
}

absl::Status Put(Session& session, const Options& options) {
  v1::CreateRestrictionRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_student(options.student);
  request.set_code(options.code);
  request.set_reason(options.reason);
  return OnOne(session, "CreateRestriction", request);
}

absl::Status LiftOne(Session& session, const Options& options) {
  v1::LiftRestrictionRequest request;
  request.set_name(options.name);
  request.set_reason(options.reason);
  request.set_etag(options.etag);
  return OnOne(session, "LiftRestriction", request);
}

absl::Status BypassOne(Session& session, const Options& options) {
  v1::BypassRestrictionRequest request;
  request.set_name(options.name);
  request.set_application(options.application);
  request.set_reason(options.reason);
  request.set_etag(options.etag);
  return OnOne(session, "BypassRestriction", request);
}

using Shared = std::shared_ptr<Options>;

void AddReason(CLI::App* command, const Shared& options) {
  command->add_option("--reason", options->reason, "why, in words")->required();
}

void AddRelief(CLI::App* restrictions, Action& chosen, const Shared& options) {
  CLI::App* lift = restrictions->add_subcommand("lift", "lifts a restriction from today on");
  CLI::App* bypass = restrictions->add_subcommand("bypass", "passes a restriction over for one application");
  bypass->add_option("--application", options->application, "counties/411728/applications/...")->required();
  for (CLI::App* command : {lift, bypass}) {
    command->add_option("name", options->name, "counties/411728/restrictions/...")->required();
    command->add_option("--etag", options->etag, "only if the restriction is still this version");
    AddReason(command, options);
  }
  OnCommand(lift, chosen, options, LiftOne);
  OnCommand(bypass, chosen, options, BypassOne);
}

}  // namespace

void AddRestrictionCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* restrictions =
      aid.add_subcommand("restrictions", "who may not apply or is not paid (限制)")->require_subcommand(1);
  OnCommand(restrictions->add_subcommand("codes", "codes and what they do"), chosen, options, ListCodes);
  CLI::App* list = restrictions->add_subcommand("list", "restrictions of a county");
  list->add_option("--county", options->county, "six digits");
  list->add_option("--student", options->student, "only of this student");
  list->add_option("--area", options->area, "only of this area: 411728103");
  AddLimit(*list, &options->limit);
  OnCommand(list, chosen, options, ListAll);
  CLI::App* put = restrictions->add_subcommand("put", "puts a restriction on somebody");
  put->add_option("--county", options->county, "six digits");
  put->add_option("student", options->student, "counties/411728/students/...")->required();
  put->add_option("--code", options->code, "see codes")->required();
  AddReason(put, options);
  OnCommand(put, chosen, options, Put);
  AddRelief(restrictions, chosen, options);
}

}  // namespace ruraledu::cli
