// Messages to guardians about an absence without leave, as pure steps: who is to be told, the text, what the channel
// answered. Texts are data of the jurisdiction:
//
//   <policies>/dropout_monitoring/absence_messages.csv   template,version,region,valid_from,valid_to,text_zh,source
//   <data>/codes/contact_channel.csv                     how people are reached
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/domain/code_list.h"
#include "common/domain/message_template.h"
#include "ruraledu/dropout_monitoring/v1/absence.pb.h"
#include "ruraledu/dropout_monitoring/v1/absence_message.pb.h"

namespace ruraledu::dropout_monitoring {

// What a deployment says of these messages. Immutable; safe for many threads.
class AbsenceMessageBook {
 public:
  // DATA_FILE: see ReadMessageTemplates; every text has {from} and {days}, {name} beside is masked, and there is
  // nothing else to fill.
  static absl::StatusOr<AbsenceMessageBook> Parse(std::string_view templates, CodeList channels,
                                                  RegionPath path = RegionPathByDigits);

  // REGION_POLICY_MISSING.
  absl::StatusOr<const MessageTemplate*> InForce(std::string_view region, absl::CivilDay day) const;
  const CodeList& channels() const { return channels_; }

 private:
  AbsenceMessageBook(std::vector<MessageTemplate> templates, CodeList channels, RegionPath path)
      : templates_(std::move(templates)), channels_(std::move(channels)), path_(std::move(path)) {}

  std::vector<MessageTemplate> templates_;
  CodeList channels_;
  RegionPath path_;
};

// Whether the family is to be told: a run is open at WARN or above, and no list of meals has the child on one of its
// days. Where class and canteen contradict each other the lists are cleared first.
bool ToBeTold(const v1::AbsenceEvaluation& evaluation);
// "<person>.2023-09-04": a child and its run.
std::string MessageIdOf(const v1::Absence& absence);

// The message about the open run of an absence, or the next attempt at it. STATE_TRANSITION unless it is new or did
// not arrive.
absl::Status SendMessage(absl::CivilDay on, const MessageTemplate& form, const std::string& channel,
                         const v1::Absence& absence, const std::string& masked_name, v1::AbsenceMessage* message);

}  // namespace ruraledu::dropout_monitoring
