// Commands of dropout monitoring that have a file of their own below a group of another one, what they take, and how
// both show a case.
#pragma once

#include "ruraledu/dropout_monitoring/v1/case.pb.h"
#include "ruraledu/dropout_monitoring/v1/placement.pb.h"
#include "services/cli/calls.h"

namespace ruraledu::cli {

Table CaseTable();
void AddCase(const ruraledu::dropout_monitoring::v1::Case& file, Table* table);

// An opinion of the expert committee for disabled children, as commands take it.
struct OpinionOptions {
  std::string on, learns, advises, text;
  std::vector<std::string> members;
};
void AddOpinionOptions(CLI::App* command, OpinionOptions* options);
absl::Status PutOpinion(const OpinionOptions& options, ruraledu::dropout_monitoring::v1::CommitteeOpinion* opinion);

void AddClassListCommands(CLI::App& root, CLI::App* attendance, Action& chosen);  // attendance put, meals put
void AddCaseStepCommands(CLI::App* cases, Action& chosen);           // cases: open, contact, propose, legal ...
void AddZeroReportCommands(CLI::App* reports, Action& chosen);       // zero-reports: prepare, sign, reviews ...
void AddResponsibilityCommands(CLI::App& root, Action& chosen);      // responsibilities
void AddAbsenceMessageCommands(CLI::App* absences, Action& chosen);  // absences messages
void AddSheetCommands(CLI::App* attendance, Action& chosen);         // attendance: sheets, calendars
void AddPlacementCommands(CLI::App* placements, Action& chosen);
void AddCommitteeCommands(CLI::App* placements, Action& chosen);
void AddDossierCommands(CLI::App* dossiers, Action& chosen);

}  // namespace ruraledu::cli
