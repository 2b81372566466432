#include "common/ingest/bank_answer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/domain/money.h"
#include "common/ingest/cell_value.h"
#include "common/ingest/formats.h"
#include "common/ingest/xml_stream.h"

namespace ruraledu::ingest {
namespace {

constexpr size_t kRowDigits = 7;
constexpr size_t kMostDigest = 64;
constexpr size_t kBuffer = 64 << 10;
constexpr size_t kMostText = 4096, kMostName = 100, kMostDepth = 40;

absl::Status Wrong(std::string_view place, std::string_view problem) {
  return Fail("PAYMENT_RETURN_FORMAT", {{"place", place}, {"problem", problem}});
}

// Cut at the start of a character.
std::string Cut(std::string_view text, size_t limit = kMostReference) {
  size_t end = std::min(text.size(), limit);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
    --end;
  }
  return std::string(text.substr(0, end));
}

absl::Status CheckLimit(const BankAnswer& answer, const BankLimits& limits) {
  return static_cast<int64_t>(answer.lines.size()) < limits.lines
             ? absl::OkStatus()
             : Fail("TOO_MANY_ROWS", {{"limit", absl::StrCat(limits.lines)}});
}

absl::StatusOr<int64_t> Amount(std::string_view text, std::string_view place) {
  ASSIGN_OR_RETURN(const int64_t fen, ParseFen(text));
  return fen > 0 ? absl::StatusOr<int64_t>(fen) : Wrong(place, "an amount is above zero");
}

// --- own layout -----------------------------------------------------------------------------------------------------

// The frame of the own layouts: an H line, D lines, a T line, nothing behind it.
class OwnLayout {
 public:
  OwnLayout(std::string_view layout, const BankLimits& limits) : layout_(layout), limits_(limits) {}
  virtual ~OwnLayout() = default;

  absl::Status ReadAll(std::unique_ptr<ByteSource> source) {
    TableOptions options;
    options.limits.file_bytes = limits_.file_bytes;
    options.limits.columns = 16;
    options.limits.row_bytes = kMostText;
    options.limits.rows = limits_.lines + 2;
    ASSIGN_OR_RETURN(const auto reader, OpenText(std::move(source), options));
    for (Row row;;) {
      ASSIGN_OR_RETURN(const bool more, reader->Next(&row));
      if (!more) {
        return closed_ ? absl::OkStatus() : Wrong(place_, "the T line is missing: the file is cut off");
      }
      RETURN_IF_ERROR(Take(row));
    }
  }

 protected:
  virtual absl::Status Line(const Row& row) = 0;
  virtual absl::Status Tail(const Row& row) = 0;

  const std::string& subject() const { return subject_; }
  const std::string& place() const { return place_; }
  int64_t lines() const { return lines_; }

  static absl::StatusOr<std::string> Text(const Row& row, size_t column) {
    return column < row.cells.size() ? ParseText(row.cells[column]) : absl::StatusOr<std::string>("");
  }
  static absl::StatusOr<absl::CivilDay> Day(const Row& row, size_t column) {
    if (column < row.cells.size()) {
      ASSIGN_OR_RETURN(const auto day, ParseDate(row.cells[column]));
      if (day.has_value()) {
        return *day;
      }
    }
    return Fail("DATE_INVALID");
  }
  absl::StatusOr<int64_t> Number(const Row& row, size_t column) const {
    ASSIGN_OR_RETURN(const std::string text, Text(row, column));
    int64_t number = 0;
    return absl::SimpleAtoi(text, &number) && number >= 0 ? absl::StatusOr<int64_t>(number)
                                                          : Wrong(place_, "a number is missing");
  }

 private:
  absl::Status Take(const Row& row) {
    place_ = absl::StrCat("line ", row.line);
    if (closed_) {
      return Wrong(place_, "something stands behind the T line");
    }
    ASSIGN_OR_RETURN(const std::string kind, Text(row, 0));
    if (!opened_) {
      return kind == "H" ? Head(row) : Wrong(place_, "the first line is an H line");
    }
    if (kind == "D") {
      return lines_++ < limits_.lines ? Line(row) : Fail("TOO_MANY_ROWS", {{"limit", absl::StrCat(limits_.lines)}});
    }
    if (kind != "T") {
      return Wrong(place_, "a line begins with H, D or T");
    }
    closed_ = true;
    ASSIGN_OR_RETURN(const int64_t count, Number(row, 1));
    if (count != lines_) {
      return Fail("PAYMENT_RETURN_COUNT", {{"stated", absl::StrCat(count)}, {"found", absl::StrCat(lines_)}});
    }
    return Tail(row);
  }
  absl::Status Head(const Row& row) {
    ASSIGN_OR_RETURN(const std::string layout, Text(row, 1));
    ASSIGN_OR_RETURN(const std::string version, Text(row, 2));
    if (layout != layout_ || version != "1") {
      return Wrong(place_, absl::StrCat("the layout is ", layout_, ", version 1"));
    }
    ASSIGN_OR_RETURN(subject_, Text(row, 3));
    RETURN_IF_ERROR(Day(row, 4).status());
    opened_ = true;
    return subject_.empty() ? Wrong(place_, "the reference is missing") : absl::OkStatus();
  }

  const std::string layout_;
  const BankLimits& limits_;
  std::string subject_, place_ = "line 1";
  int64_t lines_ = 0;
  bool opened_ = false, closed_ = false;
};

class CsvAnswer final : public OwnLayout {
 public:
  explicit CsvAnswer(const BankLimits& limits) : OwnLayout("RURALEDU-RETURN", limits) {}

  BankAnswer Finish() {
    answer_.message = subject();
    return std::move(answer_);
  }

 private:
  absl::Status Line(const Row& row) override {
    BankLine line;
    ASSIGN_OR_RETURN(const std::string reference, Text(row, 1));
    ASSIGN_OR_RETURN(const std::string amount, Text(row, 2));
    ASSIGN_OR_RETURN(line.amount_fen, Amount(amount, place()));
    ASSIGN_OR_RETURN(const std::string outcome, Text(row, 3));
    if (outcome != "PAID" && outcome != "REJECTED" && outcome != "RETURNED") {
      return Wrong(place(), "the outcome is PAID, REJECTED or RETURNED");
    }
    line.outcome = outcome == "PAID"       ? BankOutcome::kPaid
                   : outcome == "REJECTED" ? BankOutcome::kRejected
                                           : BankOutcome::kReturned;
    ASSIGN_OR_RETURN(line.on, Day(row, 4));
    ASSIGN_OR_RETURN(const std::string bank_reference, Text(row, 5));
    ASSIGN_OR_RETURN(const std::string reason, Text(row, 6));
    line.reference = Cut(reference);
    line.bank_reference = Cut(bank_reference);
    line.reason = Cut(reason);
    ASSIGN_OR_RETURN(sum_fen_, AddFen(sum_fen_, *line.amount_fen));
    hash_ += ReferenceRow(reference);
    answer_.lines.push_back(std::move(line));
    return absl::OkStatus();
  }
  absl::Status Tail(const Row& row) override {
    ASSIGN_OR_RETURN(const std::string sum, Text(row, 2));
    ASSIGN_OR_RETURN(const int64_t sum_fen, ParseFen(sum));
    ASSIGN_OR_RETURN(const int64_t hash, Number(row, 3));
    if (sum_fen != sum_fen_) {
      return Fail("PAYMENT_RETURN_SUM", {{"stated", FormatFen(sum_fen)}, {"found", FormatFen(sum_fen_)}});
    }
    return hash == hash_
               ? absl::OkStatus()
               : Fail("PAYMENT_RETURN_HASH", {{"stated", absl::StrCat(hash)}, {"found", absl::StrCat(hash_)}});
  }

  BankAnswer answer_;
  int64_t sum_fen_ = 0, hash_ = 0;
};

class CsvCheck final : public OwnLayout {
 public:
  explicit CsvCheck(const BankLimits& limits) : OwnLayout("RURALEDU-CHECKED", limits) {}

  CheckAnswer Finish() {
    answer_.check = subject();
    return std::move(answer_);
  }

 private:
  absl::Status Line(const Row& row) override {
    CheckedCard card;
    ASSIGN_OR_RETURN(const std::string reference, Text(row, 1));
    ASSIGN_OR_RETURN(const std::string outcome, Text(row, 2));
    ASSIGN_OR_RETURN(const std::string reason, Text(row, 3));
    if (outcome != "OK" && outcome != "REFUSED") {
      return Wrong(place(), "the outcome is OK or REFUSED");
    }
    card.reference = Cut(reference, kMostDigest);
    card.refused = outcome == "REFUSED";
    card.reason = Cut(reason);
    answer_.cards.push_back(std::move(card));
    return absl::OkStatus();
  }
  absl::Status Tail(const Row&) override { return absl::OkStatus(); }

  CheckAnswer answer_;
};

// --- ISO 20022 ------------------------------------------------------------------------------------------------------

// Follows the elements of a document; what an element holds is given at its end.
class Elements : public XmlEvents {
 public:
  void Start(std::string_view name, const char** attributes) final {
    if (name.size() > kMostName || depth_ >= kMostDepth) {
      Refuse(Wrong("the file", "elements are nested too deeply or have too long names"));
      return;
    }
    starts_.push_back(path_.size());
    absl::StrAppend(&path_, "/", name);
    ++depth_;
    text_.clear();
    if (const std::string_view currency = Attribute(attributes, "Ccy"); !currency.empty() && currency != "CNY") {
      Refuse(Wrong(name, "the currency is CNY"));
      return;
    }
    Keep(Begin());
  }
  void Text(std::string_view text) final {
    if (text_.size() + text.size() > kMostText) {
      Refuse(Wrong(path_, "the text is too long"));
      return;
    }
    text_.append(text);
  }
  void End(std::string_view) final {
    Keep(Close(absl::StripAsciiWhitespace(text_)));
    path_.resize(starts_.back());
    starts_.pop_back();
    --depth_;
    text_.clear();
  }

  virtual absl::StatusOr<BankAnswer> Finish() = 0;

 protected:
  virtual absl::Status Begin() = 0;
  virtual absl::Status Close(std::string_view text) = 0;

  bool At(std::string_view end) const { return absl::EndsWith(path_, end); }
  bool Starts(std::string_view root) const { return path_.starts_with(root); }
  const std::string& path() const { return path_; }

  absl::StatusOr<absl::CivilDay> Day(std::string_view text) const {
    absl::CivilDay day;
    return ParseDay(text.substr(0, 10), &day) ? absl::StatusOr<absl::CivilDay>(day) : Fail("DATE_INVALID");
  }

 private:
  void Keep(const absl::Status& status) {
    if (!status.ok()) {
      Refuse(status);
    }
  }

  std::string path_, text_;
  std::vector<size_t> starts_;
  size_t depth_ = 0;
};

class StatusReport final : public Elements {
 public:
  explicit StatusReport(const BankLimits& limits) : limits_(limits) {}

  absl::StatusOr<BankAnswer> Finish() override {
    if (!report_ || answer_.message.empty()) {
      return Wrong("CstmrPmtStsRpt", "it is no status report of a message");
    }
    if (!transactions_ && ended_) {
      return Fail("PAYMENT_RETURN_GROUP");
    }
    return std::move(answer_);
  }

 private:
  static bool IsPaid(std::string_view status) { return status == "ACSC" || status == "ACCC"; }
  static bool IsEnd(std::string_view status) { return IsPaid(status) || status == "RJCT"; }

  absl::Status Begin() override {
    report_ |= path() == "/Document/CstmrPmtStsRpt";
    if (At("/TxInfAndSts")) {
      RETURN_IF_ERROR(CheckLimit(answer_, limits_));
      transactions_ = true;
      line_ = BankLine();
      line_.on = created_;
      status_.clear();
    }
    return absl::OkStatus();
  }
  absl::Status Close(std::string_view text) override {
    if (At("/GrpHdr/CreDtTm")) {
      ASSIGN_OR_RETURN(created_, Day(text));
    } else if (At("/OrgnlGrpInfAndSts/OrgnlMsgId")) {
      answer_.message = std::string(text);
    } else if (At("/OrgnlGrpInfAndSts/OrgnlNbOfTxs")) {
      int64_t count = 0;
      if (!absl::SimpleAtoi(text, &count)) {
        return Wrong("OrgnlNbOfTxs", "it is no number");
      }
      answer_.message_count = count;
    } else if (At("/OrgnlGrpInfAndSts/OrgnlCtrlSum")) {
      ASSIGN_OR_RETURN(answer_.message_sum_fen, ParseFen(text));
    } else if (At("/OrgnlGrpInfAndSts/GrpSts") || At("/OrgnlPmtInfAndSts/PmtInfSts")) {
      ended_ |= IsEnd(text);
    } else {
      return CloseTransaction(text);
    }
    return absl::OkStatus();
  }
  absl::Status CloseTransaction(std::string_view text) {
    if (At("/TxInfAndSts/OrgnlEndToEndId")) {
      line_.reference = Cut(text);
    } else if (At("/TxInfAndSts/TxSts")) {
      status_ = std::string(text);
    } else if (At("/StsRsnInf/Rsn/Cd") || At("/StsRsnInf/Rsn/Prtry")) {
      line_.reason = Cut(text);
    } else if (At("/TxInfAndSts/AcctSvcrRef")) {
      line_.bank_reference = Cut(text);
    } else if (At("/TxInfAndSts/AccptncDtTm")) {
      ASSIGN_OR_RETURN(line_.on, Day(text));
    } else if (At("/OrgnlTxRef/Amt/InstdAmt")) {
      ASSIGN_OR_RETURN(line_.amount_fen, Amount(text, "InstdAmt"));
    } else if (At("/TxInfAndSts") && IsEnd(status_)) {
      line_.outcome = IsPaid(status_) ? BankOutcome::kPaid : BankOutcome::kRejected;
      answer_.lines.push_back(std::move(line_));
    }
    return absl::OkStatus();
  }

  const BankLimits& limits_;
  BankAnswer answer_;
  BankLine line_;
  std::string status_;
  absl::CivilDay created_;
  bool report_ = false, transactions_ = false, ended_ = false;
};

class Statement final : public Elements {
 public:
  explicit Statement(const BankLimits& limits) : limits_(limits) {}

  absl::StatusOr<BankAnswer> Finish() override {
    if (statements_ == 0) {
      return Wrong("BkToCstmrStmt", "it is no statement");
    }
    if (stated_count_.has_value() && *stated_count_ != entries_) {
      return Fail("PAYMENT_RETURN_COUNT",
                  {{"stated", absl::StrCat(*stated_count_)}, {"found", absl::StrCat(entries_)}});
    }
    if (stated_sum_.has_value() && *stated_sum_ != sum_fen_) {
      return Fail("PAYMENT_RETURN_SUM", {{"stated", FormatFen(*stated_sum_)}, {"found", FormatFen(sum_fen_)}});
    }
    return std::move(answer_);
  }

 private:
  // A transaction within an entry.
  struct Details {
    BankLine line;
    std::string direction;
  };

  absl::Status Begin() override {
    if (path() == "/Document/BkToCstmrStmt/Stmt") {
      if (++statements_ > 1) {
        return Fail("PAYMENT_RETURN_STATEMENTS");
      }
    } else if (At("/Stmt/Ntry")) {
      ++entries_;
      details_.clear();
      amount_.reset();
      direction_.clear();
      booked_ = false;
      day_.reset();
      reference_.clear();
    } else if (At("/NtryDtls/TxDtls")) {
      RETURN_IF_ERROR(CheckLimit(answer_, limits_));
      if (static_cast<int64_t>(details_.size()) >= limits_.lines) {
        return Fail("TOO_MANY_ROWS", {{"limit", absl::StrCat(limits_.lines)}});
      }
      details_.emplace_back();
    }
    return absl::OkStatus();
  }
  absl::Status Close(std::string_view text) override {
    if (At("/TxsSummry/TtlNtries/NbOfNtries")) {
      int64_t count = 0;
      if (!absl::SimpleAtoi(text, &count)) {
        return Wrong("NbOfNtries", "it is no number");
      }
      stated_count_ = count;
    } else if (At("/TxsSummry/TtlNtries/Sum")) {
      ASSIGN_OR_RETURN(stated_sum_, ParseFen(text));
    } else if (At("/Ntry/Amt")) {
      ASSIGN_OR_RETURN(amount_, Amount(text, "Amt"));
      ASSIGN_OR_RETURN(sum_fen_, AddFen(sum_fen_, *amount_));
    } else if (At("/Ntry/CdtDbtInd")) {
      direction_ = std::string(text);
    } else if (At("/Ntry/Sts") || At("/Ntry/Sts/Cd")) {
      booked_ |= text == "BOOK";
    } else if (At("/Ntry/BookgDt/Dt") || At("/Ntry/BookgDt/DtTm")) {
      ASSIGN_OR_RETURN(day_, Day(text));
    } else if (At("/Ntry/AcctSvcrRef")) {
      reference_ = Cut(text);
    } else if (At("/Stmt/Ntry")) {
      return CloseEntry();
    } else if (!details_.empty()) {
      return CloseDetails(text, &details_.back());
    }
    return absl::OkStatus();
  }
  static absl::Status TakeAmount(std::string_view text, BankLine* line) {
    ASSIGN_OR_RETURN(line->amount_fen, Amount(text, "Amt"));
    return absl::OkStatus();
  }
  absl::Status CloseDetails(std::string_view text, Details* details) const {
    if (At("/TxDtls/Refs/EndToEndId")) {
      details->line.reference = Cut(text);
    } else if (At("/TxDtls/Refs/AcctSvcrRef")) {
      details->line.bank_reference = Cut(text);
    } else if (At("/TxDtls/CdtDbtInd")) {
      details->direction = std::string(text);
    } else if (At("/RtrInf/Rsn/Cd") || At("/RtrInf/Rsn/Prtry")) {
      details->line.reason = Cut(text);
    } else if (At("/TxDtls/Amt") || At("/TxDtls/AmtDtls/TxAmt/Amt")) {
      return TakeAmount(text, &details->line);
    }
    return absl::OkStatus();
  }
  absl::Status CloseEntry() {
    if (!booked_) {
      return absl::OkStatus();
    }
    if (!amount_.has_value() || !day_.has_value() || (direction_ != "DBIT" && direction_ != "CRDT")) {
      return Wrong("Ntry", "a booked entry has an amount, a day and a direction");
    }
    for (Details& details : details_) {
      BankLine& line = details.line;
      if (line.reference.empty() || line.reference == "NOTPROVIDED") {
        continue;
      }
      RETURN_IF_ERROR(CheckLimit(answer_, limits_));
      line.on = *day_;
      const std::string& direction = details.direction.empty() ? direction_ : details.direction;
      line.outcome = direction == "CRDT" ? BankOutcome::kReturned : BankOutcome::kPaid;
      if (!line.amount_fen.has_value() && details_.size() == 1) {
        line.amount_fen = amount_;
      }
      if (line.bank_reference.empty()) {
        line.bank_reference = reference_;
      }
      answer_.lines.push_back(std::move(line));
    }
    details_.clear();
    return absl::OkStatus();
  }

  const BankLimits& limits_;
  BankAnswer answer_;
  int statements_ = 0;
  int64_t entries_ = 0, sum_fen_ = 0;
  std::optional<int64_t> stated_count_, stated_sum_;
  // The present entry.
  std::vector<Details> details_;
  std::optional<int64_t> amount_;
  std::optional<absl::CivilDay> day_;
  std::string direction_, reference_;
  bool booked_ = false;
};

absl::StatusOr<BankAnswer> ReadXml(ByteSource& source, Elements& elements) {
  XmlStream xml(&elements);
  std::vector<char> buffer(kBuffer);
  int64_t offset = 0;
  for (bool last = false; !last;) {
    ASSIGN_OR_RETURN(const size_t got, source.ReadAt(offset, buffer.data(), buffer.size()));
    offset += static_cast<int64_t>(got);
    last = got == 0 || offset >= source.size();
    const absl::Status fed = xml.Feed(buffer.data(), got, last);
    if (ReasonOf(fed) == "FILE_XML_UNSAFE" || ReasonOf(fed) == "FILE_DAMAGED") {
      return Wrong(absl::StrCat("byte ", offset), "it is no well-formed XML without a document type");
    }
    RETURN_IF_ERROR(fed);
  }
  return elements.Finish();
}

}  // namespace

int64_t ReferenceRow(std::string_view reference) {
  const std::string_view end = reference.substr(reference.size() < kRowDigits ? 0 : reference.size() - kRowDigits);
  int64_t row = 0;
  const bool digits = end.size() == kRowDigits &&
                      std::all_of(end.begin(), end.end(), [](unsigned char c) { return absl::ascii_isdigit(c); });
  return digits && absl::SimpleAtoi(end, &row) ? row : 0;
}

namespace {

absl::Status CheckSize(const ByteSource& source, const BankLimits& limits) {
  if (source.size() == 0) {
    return Fail("PAYMENT_RETURN_EMPTY");
  }
  return source.size() <= limits.file_bytes ? absl::OkStatus()
                                            : Fail("FILE_TOO_LARGE", {{"limit", absl::StrCat(limits.file_bytes)}});
}

}  // namespace

absl::StatusOr<BankAnswer> ReadBankAnswer(std::unique_ptr<ByteSource> source, BankFormat format,
                                          const BankLimits& limits) {
  RETURN_IF_ERROR(CheckSize(*source, limits));
  if (format == BankFormat::kCsv) {
    CsvAnswer answer(limits);
    RETURN_IF_ERROR(answer.ReadAll(std::move(source)));
    return answer.Finish();
  }
  if (format == BankFormat::kPain002) {
    StatusReport report(limits);
    return ReadXml(*source, report);
  }
  Statement statement(limits);
  return ReadXml(*source, statement);
}

absl::StatusOr<CheckAnswer> ReadCheckAnswer(std::unique_ptr<ByteSource> source, const BankLimits& limits) {
  RETURN_IF_ERROR(CheckSize(*source, limits));
  CsvCheck answer(limits);
  RETURN_IF_ERROR(answer.ReadAll(std::move(source)));
  return answer.Finish();
}

}  // namespace ruraledu::ingest
