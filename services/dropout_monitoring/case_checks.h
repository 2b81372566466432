// What the handlers of cases check of a request, and who acts. For *_handlers.cc only.
#pragma once

#include <string>
#include <string_view>

#include "common/db/db.h"
#include "common/rpc/call.h"
#include "services/dropout_monitoring/case_rules.h"

namespace ruraledu::dropout_monitoring {

inline constexpr std::string_view kUnmaskCases = "dropout_monitoring.cases.unmask";

// Who acts: the person behind the account, today.
CaseAct CaseActOf(rpc::Call& call, std::string reason = "");

// PERIOD_APPROVED: an approved review locks what happened in its months.
absl::Status CheckUnlocked(db::Transaction& tx, absl::CivilDay on);

inline constexpr size_t kMostCaseText = 2000;  // bytes: 500 characters
inline constexpr size_t kMostCaseName = 800;
void CheckChild(const v1::ChildFile& child, const std::string& field, Violations* violations);
// At most 20, of kinds that are known on the day, each with the number of the paper or the name of an attachment and
// not dated ahead: a kind alone proves nothing. FIELD_REQUIRED, CODE_UNKNOWN, DATE_AHEAD, DATE_INVALID.
void CheckEvidence(const CaseCodes& codes, absl::CivilDay today,
                   const google::protobuf::RepeatedPtrField<v1::CaseEvidence>& evidence, const std::string& field,
                   Violations* violations);
// A contact has all that 3.1 wants of a persuasion.
void CheckContact(const CaseCodes& codes, absl::CivilDay today, const v1::CaseContact& contact, Violations* violations);
// Reason, placement and roles of a file.
void CheckCodes(const CaseCodes& codes, absl::CivilDay today, const v1::Case& file, const std::string& field,
                Violations* violations);
// Every date in a file that a caller wrote: DATE_INVALID, or FIELD_REQUIRED where the rules cannot do without.
void CheckDates(const v1::Case& file, Violations* violations);

// A student of the locked county by resource name: who stays after merges, and where. NAME_INVALID, or as any resource
// that is not there.
struct StudentPlace {
  std::string person, area;
};
absl::StatusOr<StudentPlace> PlaceOfStudent(rpc::Call& call, db::Transaction& tx, const std::string& student);

// Fields of a file that UpdateCase changes; FIELD_UNKNOWN for another one.
absl::Status CheckChangeable(const v1::Case& changes);
void TakeChangeable(const v1::Case& from, v1::Case* to);

}  // namespace ruraledu::dropout_monitoring
