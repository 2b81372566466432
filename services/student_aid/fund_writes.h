// What the handlers of funds share: checks of requests, items and their labels, the age of money, rows of an answer.
// For *_handlers.cc only.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/rpc/call.h"
#include "ruraledu/student_aid/v1/fund.pb.h"
#include "services/student_aid/fund_policy_rules.h"
#include "services/student_aid/ledger_store.h"

namespace ruraledu::student_aid {

inline constexpr int kMostFundItems = 100;

// "2023.SP_NUTR".
std::string FundId(const FundKey& key);
// The newest row of an item; nullptr when no policy set has it.
const v1::PolicyItem* FindItem(const PolicyBook& book, std::string_view item);

// budget_year, document and the number of items.
void CheckFundRequest(int32_t budget_year, const std::string& document, int items, Violations* violations);
// Why a row is left out, "" when it passes so far: ITEM_UNKNOWN, DUPLICATE_IN_BATCH.
std::vector<v1::FundRow> RowsOf(const PolicyBook& book,
                                const google::protobuf::RepeatedPtrField<v1::FundAmount>& items);
// Rows as the text that is remembered of a write.
std::string FundRowsText(const std::vector<v1::FundRow>& rows);
void ReadFundRows(std::string_view text, google::protobuf::RepeatedPtrField<v1::FundRow>* rows);

// What of the money at hand of each fund was allotted for `over_age_year` or earlier. `funds`: all years of the items.
std::map<FundKey, int64_t> OverAge(const std::map<FundKey, FundState>& funds, int32_t over_age_year);

v1::Fund FundOf(const FundKey& key, const FundState& state, int64_t over_age_fen);

}  // namespace ruraledu::student_aid
