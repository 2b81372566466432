#include "services/student_aid/payment_file_rules.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/money.h"
#include "services/student_aid/account_rules.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kPurpose = "学生资助 ";  // what the family sees of it; no item, which would tell a hardship

std::string Day(const v1::PaymentBatch& batch) {
  return DayTextOf(batch.frozen_on());
}

std::string Quoted(const std::string& field) {
  return field.find_first_of(",\"\r\n") == std::string::npos
             ? field
             : absl::StrCat("\"", absl::StrReplaceAll(field, {{"\"", "\"\""}}), "\"");
}

std::string Escaped(std::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&apos;"}});
}

// "<tag>text</tag>\n", the text escaped.
std::string Element(std::string_view tag, std::string_view text) {
  return absl::StrCat("<", tag, ">", Escaped(text), "</", tag, ">\n");
}

std::string Totals(const v1::PaymentBatch& batch) {
  return absl::StrCat(Element("NbOfTxs", absl::StrCat(batch.order_count())),
                      Element("CtrlSum", FormatFen(batch.total_fen())));
}

std::string Account(std::string_view tag, std::string_view number, std::string_view currency) {
  return absl::StrCat("<", tag, "><Id><Othr>", "<Id>", Escaped(number), "</Id></Othr></Id>",
                      currency.empty() ? "" : absl::StrCat("<Ccy>", currency, "</Ccy>"), "</", tag, ">\n");
}

std::string XmlHead(const v1::PaymentBatch& batch) {
  const v1::PayingAccount& account = batch.account();
  return absl::StrCat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.03\">\n<CstmrCdtTrfInitn>\n<GrpHdr>\n",
      Element("MsgId", batch.reference()), Element("CreDtTm", absl::StrCat(Day(batch), "T00:00:00")), Totals(batch),
      "<InitgPty>\n", Element("Nm", account.holder()), "</InitgPty>\n</GrpHdr>\n<PmtInf>\n",
      Element("PmtInfId", batch.reference()), "<PmtMtd>TRF</PmtMtd>\n<BtchBookg>false</BtchBookg>\n", Totals(batch),
      Element("ReqdExctnDt", Day(batch)), "<Dbtr>\n", Element("Nm", account.holder()), "</Dbtr>\n",
      Account("DbtrAcct", account.number(), "CNY"),
      "<DbtrAgt><FinInstnId><ClrSysMmbId><ClrSysId><Cd>CNAPS</Cd></ClrSysId><MmbId>", Escaped(account.bank_code()),
      "</MmbId></ClrSysMmbId></FinInstnId></DbtrAgt>\n");
}

std::string XmlLine(const v1::PaymentOrder& order) {
  return absl::StrCat("<CdtTrfTxInf>\n<PmtId>", "<InstrId>", order.reference(), "</InstrId><EndToEndId>",
                      order.reference(), "</EndToEndId></PmtId>\n<Amt><InstdAmt Ccy=\"CNY\">",
                      FormatFen(order.amount_fen()), "</InstdAmt></Amt>\n<Cdtr>", "<Nm>",
                      Escaped(order.card().holder()), "</Nm></Cdtr>\n", Account("CdtrAcct", order.card().number(), ""),
                      "<RmtInf>", "<Ustrd>", kPurpose, Escaped(order.term()), "</Ustrd></RmtInf>\n</CdtTrfTxInf>\n");
}

}  // namespace

std::string PaymentFileHead(const v1::PaymentBatch& batch, v1::PaymentFileFormat format) {
  if (format == v1::PAYMENT_FILE_FORMAT_PAIN_001) {
    return XmlHead(batch);
  }
  const v1::PayingAccount& account = batch.account();
  return absl::StrCat("H,RURALEDU-PAY,1,", batch.reference(), ",", Day(batch), ",", account.number(), ",",
                      Quoted(account.holder()), ",", account.bank_code(), ",CNY\n");
}

std::string PaymentFileLine(const v1::PaymentOrder& order, v1::PaymentFileFormat format) {
  if (format == v1::PAYMENT_FILE_FORMAT_PAIN_001) {
    return XmlLine(order);
  }
  return absl::StrCat("D,", order.reference(), ",", Quoted(order.card().holder()), ",", order.card().number(), ",",
                      FormatFen(order.amount_fen()), "\n");
}

std::string PaymentFileTail(const v1::PaymentBatch& batch, v1::PaymentFileFormat format) {
  return format == v1::PAYMENT_FILE_FORMAT_PAIN_001
             ? "</PmtInf>\n</CstmrCdtTrfInitn>\n</Document>\n"
             : absl::StrCat("T,", batch.order_count(), ",", FormatFen(batch.total_fen()), ",", batch.hash_total(),
                            "\n");
}

std::string CheckFileHead(const v1::AccountCheck& check) {
  const auto day = DayOf(check.made_on());
  return absl::StrCat("H,RURALEDU-CHECK,1,", check.name().substr(check.name().rfind('/') + 1), ",",
                      day.has_value() ? DayText(*day) : "", "\n");
}

std::string CheckFileLine(const std::string& card_digest, const v1::AccountFacts& facts) {
  return absl::StrCat("D,", card_digest, ",", Quoted(facts.card_holder()), ",", CardDigits(facts.card_number()), "\n");
}

std::string CheckFileTail(int64_t lines) {
  return absl::StrCat("T,", lines, "\n");
}

}  // namespace ruraledu::student_aid
