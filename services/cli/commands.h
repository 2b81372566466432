// The command tree. Each Add…Commands adds its commands to the root; parsing a command line chooses one action, which
// runs afterwards with a session.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/status/status.h"
#include "ruraledu/student_aid/v1/application.pb.h"
#include "ruraledu/student_aid/v1/identification.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "services/cli/session.h"

namespace ruraledu::cli {

using Action = std::function<absl::Status(Session&)>;

// `command` runs `run(session, *options)` when it is the one on the command line.
template <typename Options, typename Run>
void OnCommand(CLI::App* command, Action& chosen, std::shared_ptr<Options> options, Run run) {
  command->callback([command, &chosen, options, run] {
    if (command->get_subcommands().empty()) {
      chosen = [options, run](Session& session) -> absl::Status { return run(session, *options); };
    }
  });
}

// --limit of a list; 0: all.
void AddLimit(CLI::App& command, int64_t* limit);

// --unmask, which needs --purpose.
void AddUnmask(CLI::App& command, bool* unmask, std::string* purpose);

// Lists of a comparison: "should-aid", "should-not", "all"; the clauses that were not met, "ITEM:REASON ...".
ruraledu::student_aid::v1::ComparisonList ListOfName(std::string_view name);
std::string WhyNotText(const ruraledu::student_aid::v1::ComparedPerson& person);

// What the commands of identification and applications share: one record, a call that answers one, the rows of a batch,
// "IDENTIFICATION_STATE_APPLIED" without its prefix.
absl::Status ShowIdentification(Session& session, const ruraledu::student_aid::v1::Identification& record);
template <typename Request>
absl::Status OnIdentification(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto record,
                   session.Call<ruraledu::student_aid::v1::Identification>("student_aid", method, request));
  return ShowIdentification(session, record);
}
absl::Status ShowApplication(Session& session, const ruraledu::student_aid::v1::Application& application);
template <typename Request>
absl::Status OnApplication(Session& session, std::string_view method, const Request& request) {
  ASSIGN_OR_RETURN(const auto application,
                   session.Call<ruraledu::student_aid::v1::Application>("student_aid", method, request));
  return ShowApplication(session, application);
}
Table IdentificationRows(const google::protobuf::RepeatedPtrField<ruraledu::student_aid::v1::IdentificationRow>& rows);

// How far the registry has written the counties of a parent. A run waits until its copy is there, so that it sees what
// somebody else imported a moment ago. Nothing, with a note, when the registry does not tell: it is away, or the caller
// may not ask.
ruraledu::common::v1::Positions WrittenOf(Session& session, const std::string& parent);

void AddImportCommands(CLI::App& root, Action& chosen);    // import
void AddPlaceCommands(CLI::App& root, Action& chosen);     // regions, schools, calendars
void AddPersonCommands(CLI::App& root, Action& chosen);    // students, households, teachers
void AddIdentityCommands(CLI::App& root, Action& chosen);  // reviews, transfers
void AddAccessCommands(CLI::App& root, Action& chosen);    // accounts, grants, token
void AddAidCommands(CLI::App& root, Action& chosen);       // aid
void AddIdentifyCommands(CLI::App& aid, Action& chosen);   // aid identify
// aid identify, aid applications: post, object, appeal ...
void AddNoticeCommands(CLI::App& parent, Action& chosen, bool applications);
// aid outward, aid graduates, aid publicity
void AddOutwardCommands(CLI::App& aid, Action& chosen);
void AddGraduateCommands(CLI::App& aid, Action& chosen);
void AddPublicityCommands(CLI::App& aid, Action& chosen);
// aid mirror, aid verification
void AddMirrorCommands(CLI::App& aid, Action& chosen);
void AddVerificationCommands(CLI::App& aid, Action& chosen);
// aid departments, aid facts, aid evidence
void AddDepartmentCommands(CLI::App& aid, Action& chosen);
// aid consents, aid information
void AddConsentCommands(CLI::App& aid, Action& chosen);
void AddApplicationCommands(CLI::App& aid, Action& chosen);  // aid applications
void AddRestrictionCommands(CLI::App& aid, Action& chosen);  // aid restrictions
void AddAidRecordCommand(CLI::App& aid, Action& chosen);     // aid record
void AddPolicyCommands(CLI::App& aid, Action& chosen);       // aid policies
void AddPaymentCommands(CLI::App& aid, Action& chosen);      // aid payments
void AddOverrideCommands(CLI::App& aid, Action& chosen);     // aid overrides
void AddComplianceCommands(CLI::App& aid, Action& chosen);   // aid compliance
void AddGoodsCommands(CLI::App& aid, Action& chosen);        // aid goods
void AddProgrammeCommands(CLI::App& aid, Action& chosen);    // aid studies, aid tracked, aid loans
void AddFundCommands(CLI::App& aid, Action& chosen);         // aid funds
void AddLedgerCommands(CLI::App& aid, Action& chosen);       // aid ledger, aid reports
void AddAttendanceCommands(CLI::App& root, Action& chosen);  // attendance, absences
void AddOfficeCommands(CLI::App& aid, Action& chosen);       // aid complaints, aid messages
void AddProofCommands(CLI::App& aid, Action& chosen);        // aid presence, aid performance
void AddCaseCommands(CLI::App& root, Action& chosen);        // cases, zero-reports
void AddPopulationCommands(CLI::App& root, Action& chosen);  // population, child-ledgers
void AddDropoutCommands(CLI::App& root, Action& chosen);     // dropout: rates, figures, cohorts, reports
void AddSlipCommands(CLI::App& root, Action& chosen);        // slips
void AddApprovalCommands(CLI::App& root, Action& chosen);    // approvals
void AddRegisterCommands(CLI::App& root, Action& chosen);    // register-checks
void AddEnrolmentCommands(CLI::App& root, Action& chosen);   // enrolment
void AddLeaverCommands(CLI::App& root, Action& chosen);      // leavers
void AddCareCommands(CLI::App& root, Action& chosen);        // risks, placements, dossiers
void AddDashboardCommands(CLI::App& root, Action& chosen);   // dashboard
void AddWorkCommands(CLI::App& root, Action& chosen);        // jobs, journal
void AddExportCommands(CLI::App& root, Action& chosen);      // export
void AddKeyCommands(CLI::App& root, Action& chosen);         // keys
void AddFileCommands(CLI::App& root, Action& chosen);        // files
void AddLocalCommands(CLI::App& root, Action& chosen);       // reasons, pki, tokens, completion

// A bash script that completes the names of commands and options below `root`.
std::string BashCompletion(const CLI::App& root);

// Parses and runs one command line. The exit code: see ShowError; 2 for a wrong command line.
int RunCommandLine(const std::vector<std::string>& arguments, Console console, const Connector& connect,
                   const std::function<void(absl::Duration)>& pause);

}  // namespace ruraledu::cli
