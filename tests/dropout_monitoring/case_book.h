// The shipped tables of cases, and short ways to write down what happens to one, for the tests of the rules.
#pragma once

#include <string>
#include <vector>

#include "common/base/proto_day.h"
#include "common/domain/calendar.h"
#include "common/domain/load_file.h"
#include "services/dropout_monitoring/case_policy_rules.h"
#include "services/dropout_monitoring/case_step_rules.h"
#include "services/dropout_monitoring/legal_rules.h"

namespace ruraledu::dropout_monitoring {

inline std::string ShippedFile(const std::string& file) {
  return LoadFile(std::string(RURALEDU_SOURCE_DIR) + "/deploy/" + file).value();
}

inline CaseFiles ShippedCaseFiles() {
  const auto text = [](const std::string& name) {
    return ShippedFile("policies/dropout_monitoring/case_" + name + ".csv");
  };
  return {text("policies"), text("action_terms"), text("ladder")};
}

inline CaseCodes ShippedCaseCodes() {
  const auto list = [](const std::string& name) {
    const std::string text = ShippedFile("data/codes/" + name + ".csv");
    return CodeList::Parse(name, text).value();
  };
  return {list("dropout_reason"), list("contact_means"), list("contact_outcome"), list("dropout_placement"),
          list("case_evidence")};
}

inline std::vector<std::string> CodesAbove(std::string_view region) {
  return {std::string(region), std::string(region.substr(0, 4)) + "00000000",
          std::string(region.substr(0, 2)) + "0000000000"};
}

inline const CaseBook& ShippedCases() {
  static const auto* const book =
      new CaseBook(ParseCasePolicies(ShippedCaseFiles()).value(), ShippedCaseCodes(), CodesAbove);
  return *book;
}

inline const WorkCalendar& ShippedWorkdays() {
  static const auto* const calendar = [] {
    const std::string text = ShippedFile("data/holidays.csv");
    return new WorkCalendar(WorkCalendar::Parse("holidays.csv", text).value());
  }();
  return *calendar;
}

inline v1::Finding AbsenceFinding(absl::CivilDay on, int run_days) {
  v1::Finding finding;
  finding.set_channel(v1::DISCOVERY_CHANNEL_ABSENCE);
  *finding.mutable_on() = DateOf(on);
  *finding.mutable_last_attended_on() = DateOf(on - run_days);
  finding.set_run_days(run_days);
  return finding;
}

inline v1::CaseContact Contact(absl::CivilDay on, const std::string& outcome = "REFUSED_FAMILY",
                               const std::string& means = "VISIT") {
  v1::CaseContact contact;
  *contact.mutable_on() = DateOf(on);
  contact.set_means(means);
  contact.set_outcome(outcome);
  contact.set_place("家中");
  contact.add_people("李老师");
  contact.set_result("拒绝返校");
  contact.set_next_step("再次走访");
  return contact;
}

inline v1::CaseProposal Proposal(v1::CaseStepKind kind, const std::string& evidence = "VISIT_RECORD") {
  v1::CaseProposal proposal;
  proposal.set_kind(kind);
  proposal.set_reason("经核实");
  if (!evidence.empty()) {
    v1::CaseEvidence* paper = proposal.add_evidence();
    paper->set_kind(evidence);
    paper->set_file_name("第1号");
  }
  return proposal;
}

inline google::protobuf::RepeatedPtrField<v1::CaseEvidence> OrderRecords() {
  google::protobuf::RepeatedPtrField<v1::CaseEvidence> records;
  for (const char* kind : {"EDUCATION_RECORD", "ORDER"}) {
    v1::CaseEvidence* record = records.Add();
    record->set_kind(kind);
    record->set_file_name("第1号");
  }
  return records;
}

}  // namespace ruraledu::dropout_monitoring
