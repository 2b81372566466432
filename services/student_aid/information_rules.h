// Information asked of a guardian (向监护人核实; anchor table A1 row 2, digest 2.6, 2.7): the life of a request as pure
// steps on it, and what it stops. Persons are compared, not accounts.
//
//   asked -> answered, declined or taken back; past its last day an open one has lapsed: told as of a day, not stored
//
// A lapsed one stops nothing; what is heard after it is taken down all the same and is late.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "common/base/error.h"
#include "common/domain/calendar.h"
#include "common/domain/code_list.h"
#include "common/domain/state_machine.h"
#include "ruraledu/student_aid/v1/information_request.pb.h"
#include "services/student_aid/step_rules.h"

namespace ruraledu::student_aid {

inline constexpr Transition kInformationRows[] = {{"OPEN", "answer", "ANSWERED"},    {"LAPSED", "answer", "ANSWERED"},
                                                  {"OPEN", "decline", "DECLINED"},   {"LAPSED", "decline", "DECLINED"},
                                                  {"OPEN", "withdraw", "WITHDRAWN"}, {"OPEN", "lapse", "LAPSED"}};
inline constexpr StateMachine kInformationStates("information_request", "OPEN", kInformationRows);
static_assert(kInformationStates.AllReachable() && kInformationStates.Unambiguous());

using InformationItems = google::protobuf::RepeatedPtrField<std::string>;
using InformationAnswers = google::protobuf::RepeatedPtrField<v1::InformationAnswer>;

// As of a day: LAPSED for an open one whose last day is over.
v1::InformationRequestState InformationStateOn(const v1::InformationRequest& request, absl::CivilDay day);
// Whether something may be asked about a record: it was applied for, and neither refused, revoked, withdrawn nor set
// aside. INFORMATION_RECORD.
absl::Status CheckMayAsk(const v1::Identification& record);
absl::Status CheckMayAsk(const v1::Application& record);

// What is asked: known items, each once (INFORMATION_ITEMS), words with the item OTHER (FIELD_REQUIRED), CODE_UNKNOWN.
void CheckItems(const CodeList& items, absl::CivilDay today, const InformationItems& asked, const std::string& question,
                Violations* violations);
// Begins the clock: working days after today. CALENDAR_MISSING.
absl::Status AskInformation(const Act& act, int32_t days, const WorkCalendar& calendar,
                            v1::InformationRequest* request);

// How an answer was heard.
struct Heard {
  std::string channel;
  bool cannot_write = false;
  std::string witness;  // registry id
};
// STATE_TRANSITION; INFORMATION_ITEMS unless each item that was asked is answered once; FIELD_REQUIRED of a witness for
// somebody who cannot write; ROLE_HELD when that is who records it.
absl::Status AnswerInformation(const Act& act, const Heard& heard, const InformationAnswers& answers,
                               v1::InformationRequest* request);
// STATE_TRANSITION. `act.reason`: what was said.
absl::Status DeclineInformation(const Act& act, const std::string& channel, v1::InformationRequest* request);
// STATE_TRANSITION, FIELD_REQUIRED of the reason.
absl::Status WithdrawInformation(const Act& act, v1::InformationRequest* request);

// What the school's review of a record asks. `due`: the last day of its open requests, the latest one; nullopt: none is
// open. INFORMATION_OPEN while that day is not over.
absl::Status CheckInformed(std::optional<absl::CivilDay> due, absl::CivilDay today);

}  // namespace ruraledu::student_aid
