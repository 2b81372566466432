#include "common/ingest/bank_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/base/day.h"
#include "common/base/error.h"

namespace ruraledu::ingest {
namespace {

constexpr char kCsv[] =
    "H,RURALEDU-RETURN,1,411728-20231-001,2023-12-05\n"
    "D,411728-20231-001-0000001,800.00,PAID,2023-12-04,BK1,\n"
    "D,411728-20231-001-0000002,400.50,REJECTED,2023-12-04,BK2,AC01\n"
    "D,411728-20231-001-0000001,800.00,RETURNED,2023-12-05,BK3,AC04\n"
    "T,3,2000.50,4\n";

constexpr char kPain[] = R"(<?xml version="1.0" encoding="UTF-8"?>
<p:Document xmlns:p="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><p:CstmrPmtStsRpt>
<p:GrpHdr><p:MsgId>R1</p:MsgId><p:CreDtTm>2023-12-05T10:00:00</p:CreDtTm></p:GrpHdr>
<p:OrgnlGrpInfAndSts><p:OrgnlMsgId>411728-20231-001</p:OrgnlMsgId><p:OrgnlMsgNmId>pain.001.001.03</p:OrgnlMsgNmId>
<p:OrgnlNbOfTxs>3</p:OrgnlNbOfTxs><p:OrgnlCtrlSum>1600.50</p:OrgnlCtrlSum><p:GrpSts>PART</p:GrpSts></p:OrgnlGrpInfAndSts>
<p:OrgnlPmtInfAndSts><p:OrgnlPmtInfId>411728-20231-001</p:OrgnlPmtInfId>
<p:TxInfAndSts><p:OrgnlEndToEndId>411728-20231-001-0000001</p:OrgnlEndToEndId><p:TxSts>ACSC</p:TxSts>
<p:AccptncDtTm>2023-12-04T09:00:00</p:AccptncDtTm><p:AcctSvcrRef>BK1</p:AcctSvcrRef>
<p:OrgnlTxRef><p:Amt><p:InstdAmt Ccy="CNY">800.00</p:InstdAmt></p:Amt></p:OrgnlTxRef></p:TxInfAndSts>
<p:TxInfAndSts><p:OrgnlEndToEndId>411728-20231-001-0000002</p:OrgnlEndToEndId><p:TxSts>RJCT</p:TxSts>
<p:StsRsnInf><p:Rsn><p:Cd>AC01</p:Cd></p:Rsn></p:StsRsnInf></p:TxInfAndSts>
<p:TxInfAndSts><p:OrgnlEndToEndId>411728-20231-001-0000003</p:OrgnlEndToEndId><p:TxSts>PDNG</p:TxSts></p:TxInfAndSts>
</p:OrgnlPmtInfAndSts></p:CstmrPmtStsRpt></p:Document>)";

constexpr char kCamt[] = R"(<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><GrpHdr><MsgId>S1</MsgId></GrpHdr><Stmt>
<Id>1</Id><TxsSummry><TtlNtries><NbOfNtries>4</NbOfNtries><Sum>2900.50</Sum></TtlNtries></TxsSummry>
<Ntry><Amt Ccy="CNY">800.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2023-12-04</Dt></BookgDt>
<AcctSvcrRef>BK1</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>411728-20231-001-0000001</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="CNY">1200.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><DtTm>2023-12-04T08:00:00</DtTm></BookgDt><NtryDtls>
<TxDtls><Refs><AcctSvcrRef>BK2</AcctSvcrRef><EndToEndId>411728-20231-001-0000002</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy="CNY">400.50</Amt></TxAmt></AmtDtls></TxDtls>
<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="CNY">800.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2023-12-06</Dt></BookgDt>
<NtryDtls><TxDtls><Refs><EndToEndId>411728-20231-001-0000001</EndToEndId></Refs><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="CNY">100.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>PDNG</Sts>
<NtryDtls><TxDtls><Refs><EndToEndId>411728-20231-001-0000003</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>)";

absl::StatusOr<BankAnswer> Read(std::string text, BankFormat format, const BankLimits& limits = {}) {
  return ReadBankAnswer(FromString(std::move(text)), format, limits);
}

// "1 800.00 PAID 2023-12-04 BK1 -": the row, amount in fen, outcome, day, reference, reason.
std::string Text(const absl::StatusOr<BankAnswer>& answer) {
  if (!answer.ok()) {
    return ReasonOf(answer.status());
  }
  std::vector<std::string> lines = {answer->message};
  for (const BankLine& line : answer->lines) {
    static constexpr const char* kOutcomes[] = {"PAID", "REJECTED", "RETURNED"};
    lines.push_back(absl::StrCat(
        ReferenceRow(line.reference), " ", line.amount_fen.has_value() ? absl::StrCat(*line.amount_fen) : "?", " ",
        kOutcomes[static_cast<int>(line.outcome)], " ", DayText(line.on), " ", line.bank_reference, " ", line.reason));
  }
  return absl::StrJoin(lines, "|");
}

std::string With(const char* text, std::string_view from, std::string_view to) {
  const std::string changed = absl::StrReplaceAll(text, {{from, to}});
  EXPECT_NE(changed, text) << from;
  return changed;
}

TEST(BankAnswer, TheOwnLayout) {
  const std::string expected =
      "411728-20231-001|1 80000 PAID 2023-12-04 BK1 |2 40050 REJECTED 2023-12-04 BK2 AC01|"
      "1 80000 RETURNED 2023-12-05 BK3 AC04";
  EXPECT_EQ(Text(Read(kCsv, BankFormat::kCsv)), expected);
  EXPECT_EQ(Text(Read(With(kCsv, "\n", "\r\n"), BankFormat::kCsv)), expected);
  EXPECT_EQ(Text(Read(absl::StrCat("\xef\xbb\xbf", kCsv), BankFormat::kCsv)), expected);
  EXPECT_EQ(Text(Read("H,RURALEDU-RETURN,1,B,2023-12-05\nT,0,0.00,0\n", BankFormat::kCsv)), "B")
      << "empty and valid: it says nothing";
}

TEST(BankAnswer, TheOwnLayoutIsRefusedWhole) {
  const std::pair<std::string, const char*> wrong[] = {
      {"", "PAYMENT_RETURN_EMPTY"},
      {With(kCsv, "T,3", "T,4"), "PAYMENT_RETURN_COUNT"},
      {With(kCsv, "2000.50", "2000.51"), "PAYMENT_RETURN_SUM"},
      {With(kCsv, ",4\n", ",5\n"), "PAYMENT_RETURN_HASH"},
      {With(kCsv, "T,3,2000.50,4\n", ""), "PAYMENT_RETURN_FORMAT"},
      {absl::StrCat(kCsv, "D,411728-20231-001-0000002,400.50,PAID,2023-12-04,,\n"), "PAYMENT_RETURN_FORMAT"},
      {With(kCsv, "RURALEDU-RETURN", "RURALEDU-PAY"), "PAYMENT_RETURN_FORMAT"},
      {With(kCsv, "RETURN,1", "RETURN,2"), "PAYMENT_RETURN_FORMAT"},
      {With(kCsv, "H,RURALEDU-RETURN,1,411728-20231-001,2023-12-05\n", ""), "PAYMENT_RETURN_FORMAT"},
      {With(kCsv, "REJECTED", "LOST"), "PAYMENT_RETURN_FORMAT"},
      {With(kCsv, "D,411728-20231-001-0000002", "X,411728-20231-001-0000002"), "PAYMENT_RETURN_FORMAT"},
      {With(kCsv, "400.50", "400.505"), "MONEY_PRECISION"},
      {With(kCsv, "400.50", "-400.50"), "MONEY_NEGATIVE"},
      {With(kCsv, "400.50", "0.00"), "PAYMENT_RETURN_FORMAT"},
      {With(kCsv, "400.50", "four"), "MONEY_FORMAT"},
      {With(kCsv, "2023-12-04,BK2", "2023-02-30,BK2"), "DATE_INVALID"},
      {With(kCsv, ",4\n", ",\n"), "PAYMENT_RETURN_FORMAT"},
  };
  for (const auto& [text, reason] : wrong) {
    EXPECT_EQ(Text(Read(text, BankFormat::kCsv)), reason) << text;
  }
  EXPECT_EQ(Text(Read(kCsv, BankFormat::kCsv, {.lines = 2})), "TOO_MANY_ROWS");
  EXPECT_EQ(Text(Read(kCsv, BankFormat::kCsv, {.file_bytes = 20})), "FILE_TOO_LARGE");
}

TEST(BankAnswer, AStatusReportSaysHowPaymentsEnded) {
  const auto answer = Read(kPain, BankFormat::kPain002);
  EXPECT_EQ(Text(answer), "411728-20231-001|1 80000 PAID 2023-12-04 BK1 |2 ? REJECTED 2023-12-05  AC01");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->message_count, 3);
  EXPECT_EQ(answer->message_sum_fen, 160050);
}

TEST(BankAnswer, AStatusReportIsRefusedWhole) {
  std::string group = kPain;
  const size_t from = group.find("<p:OrgnlPmtInfAndSts>"), to = group.find("</p:CstmrPmtStsRpt>");
  group.erase(from, to - from);
  EXPECT_EQ(Text(Read(group, BankFormat::kPain002)), "411728-20231-001") << "a group that is under way says nothing";
  EXPECT_EQ(Text(Read(With(group.c_str(), "PART", "RJCT"), BankFormat::kPain002)), "PAYMENT_RETURN_GROUP");
  EXPECT_EQ(Text(Read(With(group.c_str(), "PART", "ACSC"), BankFormat::kPain002)), "PAYMENT_RETURN_GROUP");
  EXPECT_EQ(Text(Read(With(kPain, "\"CNY\"", "\"USD\""), BankFormat::kPain002)), "PAYMENT_RETURN_FORMAT");
  EXPECT_EQ(Text(Read(With(kPain, "800.00", "800.001"), BankFormat::kPain002)), "MONEY_PRECISION");
  EXPECT_EQ(Text(Read(With(kPain, "<p:OrgnlNbOfTxs>3", "<p:OrgnlNbOfTxs>x"), BankFormat::kPain002)),
            "PAYMENT_RETURN_FORMAT");
  EXPECT_EQ(Text(Read(With(kPain, "</p:Document>", ""), BankFormat::kPain002)), "PAYMENT_RETURN_FORMAT");
  EXPECT_EQ(Text(Read(kCamt, BankFormat::kPain002)), "PAYMENT_RETURN_FORMAT");
  EXPECT_EQ(Text(Read(kCsv, BankFormat::kPain002)), "PAYMENT_RETURN_FORMAT");
  EXPECT_EQ(Text(Read("", BankFormat::kPain002)), "PAYMENT_RETURN_EMPTY");
  EXPECT_EQ(Text(Read(kPain, BankFormat::kPain002, {.lines = 1})), "TOO_MANY_ROWS");
}

TEST(BankAnswer, AStatementSaysWhatWasBooked) {
  EXPECT_EQ(Text(Read(kCamt, BankFormat::kCamt053)),
            "|1 80000 PAID 2023-12-04 BK1 |2 40050 PAID 2023-12-04 BK2 |1 80000 RETURNED 2023-12-06  AC04")
      << "neither what is pending nor what bears no reference";
}

TEST(BankAnswer, AStatementIsRefusedWhole) {
  const std::string statement = kCamt;
  const size_t from = statement.find("<Stmt>"), to = statement.find("</BkToCstmrStmt>");
  std::string two = statement;
  two.insert(to, statement.substr(from, to - from));
  EXPECT_EQ(Text(Read(two, BankFormat::kCamt053)), "PAYMENT_RETURN_STATEMENTS");
  EXPECT_EQ(Text(Read(With(kCamt, "<NbOfNtries>4", "<NbOfNtries>5"), BankFormat::kCamt053)), "PAYMENT_RETURN_COUNT");
  EXPECT_EQ(Text(Read(With(kCamt, "2900.50", "2900.00"), BankFormat::kCamt053)), "PAYMENT_RETURN_SUM");
  EXPECT_EQ(Text(Read(With(kCamt, "<CdtDbtInd>CRDT", "<CdtDbtInd>BOTH"), BankFormat::kCamt053)),
            "PAYMENT_RETURN_FORMAT");
  EXPECT_EQ(Text(Read(With(kCamt, "2023-12-06", "2023-13-06"), BankFormat::kCamt053)), "DATE_INVALID");
  EXPECT_EQ(Text(Read(kPain, BankFormat::kCamt053)), "PAYMENT_RETURN_FORMAT");
  EXPECT_EQ(Text(Read(kCamt, BankFormat::kCamt053, {.lines = 1})), "TOO_MANY_ROWS");
}

TEST(BankAnswer, UnsafeXmlIsRefused) {
  const std::string bomb = absl::StrCat("<!DOCTYPE d [<!ENTITY a \"aaaa\">]>", "<Document><x>&a;</x></Document>");
  EXPECT_EQ(Text(Read(bomb, BankFormat::kCamt053)), "PAYMENT_RETURN_FORMAT");
  std::string deep, name(200, 'n');
  for (int i = 0; i < 60; ++i) absl::StrAppend(&deep, "<a>");
  EXPECT_EQ(Text(Read(deep, BankFormat::kCamt053)), "PAYMENT_RETURN_FORMAT");
  EXPECT_EQ(Text(Read(absl::StrCat("<", name, "/>"), BankFormat::kPain002)), "PAYMENT_RETURN_FORMAT");
  EXPECT_EQ(Text(Read(absl::StrCat("<a>", std::string(10'000, 'x'), "</a>"), BankFormat::kPain002)),
            "PAYMENT_RETURN_FORMAT");
}

TEST(BankAnswer, CardsThatWereChecked) {
  const auto read = [](const std::string& text) -> std::string {
    const auto answer = ReadCheckAnswer(FromString(text), {.lines = 3});
    if (!answer.ok()) return ReasonOf(answer.status());
    std::string all = answer->check;
    for (const CheckedCard& card : answer->cards) {
      absl::StrAppend(&all, "|", card.reference, card.refused ? " REFUSED " : " OK ", card.reason);
    }
    return all;
  };
  const std::string head = "H,RURALEDU-CHECKED,1,C,2023-12-05\n";
  EXPECT_EQ(read(head + "D,a1,OK,\nD,b2,REFUSED,AC01\nT,2\n"), "C|a1 OK |b2 REFUSED AC01");
  EXPECT_EQ(read(head + "T,0\n"), "C");
  EXPECT_EQ(read(head + "D,a1,OK,\nT,2\n"), "PAYMENT_RETURN_COUNT");
  EXPECT_EQ(read(head + "D,a1,MAYBE,\nT,1\n"), "PAYMENT_RETURN_FORMAT");
  EXPECT_EQ(read(head + "D,a,OK,\nD,a,OK,\nD,a,OK,\nD,a,OK,\nT,4\n"), "TOO_MANY_ROWS");
  EXPECT_EQ(read("H,RURALEDU-RETURN,1,C,2023-12-05\nT,0\n"), "PAYMENT_RETURN_FORMAT");
  EXPECT_EQ(read(""), "PAYMENT_RETURN_EMPTY");
}

TEST(BankAnswer, LongTextsAreCutAtACharacter) {
  const std::string text = With(kCsv, "BK1", std::string(34, 'x') + "好");
  const auto answer = Read(text, BankFormat::kCsv);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->lines[0].bank_reference, std::string(34, 'x'));
}

TEST(BankAnswer, TheRowIsTheEndOfTheReference) {
  EXPECT_EQ(ReferenceRow("411728-20231-001-0000012"), 12);
  EXPECT_EQ(ReferenceRow("0000012"), 12);
  EXPECT_EQ(ReferenceRow("000012"), 0);
  EXPECT_EQ(ReferenceRow("000x012"), 0);
  EXPECT_EQ(ReferenceRow("-000012"), 0);
  EXPECT_EQ(ReferenceRow(""), 0);
}

}  // namespace
}  // namespace ruraledu::ingest
