// The files of a batch for the bank as text: an own CSV layout and ISO 20022 pain.001.001.03. The same batch gives the
// same bytes (DR-11): they are made of what was frozen, in the order of the rows, and of no clock.
//
// Own layout, UTF-8 without byte order mark, lines ended by LF, fields quoted where they need it, amounts in yuan with
// two decimals:
//   H,RURALEDU-PAY,1,<reference of the batch>,<day on which it was frozen>,<account>,<holder>,<bank code>,CNY
//   D,<reference of the order>,<holder of the card>,<card>,<amount>
//   T,<number of D lines>,<sum of their amounts>,<sum of the last eight digits of their cards>
#pragma once

#include <string>

#include "ruraledu/student_aid/v1/payment.pb.h"

namespace ruraledu::student_aid {

// A file is its head, one text per order in the order of rows, and its tail. `format`: CSV or PAIN_001. Batch and
// orders with their classified fields.
std::string PaymentFileHead(const v1::PaymentBatch& batch, v1::PaymentFileFormat format);
std::string PaymentFileLine(const v1::PaymentOrder& order, v1::PaymentFileFormat format);
std::string PaymentFileTail(const v1::PaymentBatch& batch, v1::PaymentFileFormat format);

// The file of a check of accounts, likewise:
//   H,RURALEDU-CHECK,1,<reference of the check>,<day on which it was made>
//   D,<reference of the card>,<holder>,<card>
//   T,<number of D lines>
std::string CheckFileHead(const v1::AccountCheck& check);
std::string CheckFileLine(const std::string& card_digest, const v1::AccountFacts& facts);
std::string CheckFileTail(int64_t lines);

}  // namespace ruraledu::student_aid
