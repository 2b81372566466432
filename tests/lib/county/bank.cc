#include "tests/lib/county/bank.h"

#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "tests/lib/county/text.h"

namespace ruraledu::testlib {
namespace {

constexpr size_t kCardDigits = 8, kRowDigits = 7;
constexpr size_t kLarge = 4;  // lines from which on a file has one fault of each kind in any case

std::string Yuan(int64_t fen) {
  return absl::StrFormat("%d.%02d", fen / 100, fen % 100);
}

absl::StatusOr<int64_t> Fen(const std::string& yuan) {
  const std::vector<std::string> parts = absl::StrSplit(yuan, '.');
  int64_t whole = 0, rest = 0;
  if (parts.size() != 2 || parts[1].size() != 2 || !absl::SimpleAtoi(parts[0], &whole) ||
      !absl::SimpleAtoi(parts[1], &rest) || whole < 0 || rest < 0) {
    return absl::InvalidArgumentError(Cat("no amount: ", yuan));
  }
  return whole * 100 + rest;
}

int64_t LastDigits(const std::string& text, size_t digits) {
  int64_t number = 0;
  return text.size() >= digits && absl::SimpleAtoi(text.substr(text.size() - digits), &number) ? number : -1;
}

}  // namespace

absl::StatusOr<PaymentFile> ReadPaymentFile(const std::string& text) {
  PaymentFile file;
  std::set<std::string> seen;
  int64_t sum = 0, hash = 0;
  bool ended = false;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(text, '\n', absl::SkipEmpty()))) {
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    if (ended) return absl::InvalidArgumentError("lines after the last one");
    if (cells[0] == "H" && cells.size() == 9 && cells[1] == "RURALEDU-PAY" && cells[8] == "CNY") {
      file.reference = cells[3];
    } else if (cells[0] == "D" && cells.size() == 5) {
      const auto fen = Fen(cells[4]);
      if (!fen.ok()) return fen.status();
      if (*fen == 0 || !seen.insert(cells[1]).second) return absl::InvalidArgumentError(Cat("not to be paid: ", line));
      file.lines.push_back({cells[1], cells[2], cells[3], *fen});
      sum += *fen;
      hash += LastDigits(cells[3], kCardDigits);
    } else if (cells[0] == "T" && cells.size() == 4) {
      ended = true;
      if (cells[1] != Cat(file.lines.size()) || cells[2] != Yuan(sum) || cells[3] != Cat(hash)) {
        return absl::InvalidArgumentError(
            Cat("the file contradicts itself: ", line, " of ", file.lines.size(), ",", Yuan(sum), ",", hash));
      }
    } else {
      return absl::InvalidArgumentError(Cat("no line of a payment file: ", line));
    }
  }
  if (!ended || file.reference.empty()) return absl::InvalidArgumentError("no whole file");
  return file;
}

bool Bank::Goes(const PaymentFile& file, size_t line, size_t first) {
  return (file.lines.size() >= kLarge && line == first) || random_.Chance(fault_ppm_);
}

BankFile Bank::Write(const std::string& reference, const std::string& day, const std::vector<Told>& lines,
                     int more_lines, int more_hash) {
  BankFile file;
  int64_t sum = 0, hash = 0;
  Append(&file.text, "H,RURALEDU-RETURN,1,", reference, ",", day, "\n");
  for (const Told& line : lines) {
    Append(&file.text, "D,", line.reference, ",", Yuan(line.fen), ",", line.what, ",", line.day, ",BK", line.reference,
           ",", line.reason, "\n");
    sum += line.fen;
    hash += LastDigits(line.reference, kRowDigits);
  }
  Append(&file.text, "T,", static_cast<int>(lines.size()) + more_lines, ",", Yuan(sum), ",", hash + more_hash, "\n");
  return file;
}

std::vector<BankFile> Bank::Pay(const PaymentFile& file, const std::string& day) {
  std::vector<Told> lines;
  std::map<std::string, int> outcomes;
  for (size_t i = 0; i < file.lines.size(); ++i) {
    const PaymentLine& line = file.lines[i];
    const bool rejected = Goes(file, i, 0);
    states_[line.reference] = rejected ? "REJECTED" : "PAID";
    if (rejected) {
      ++faults_["REJECTED"];
    } else {
      balances_[line.card] += line.fen;
    }
    lines.push_back({line.reference, line.fen, rejected ? "REJECTED" : "PAID", day, rejected ? "AC01" : ""});
    ++outcomes[rejected ? "REJECTED" : "PAID"];
    if (!rejected && Goes(file, i, 1)) {
      lines.push_back(lines.back());
      ++outcomes["DUPLICATE"];
      ++faults_["DUPLICATE"];
    }
    if (Goes(file, i, 2)) {
      lines.push_back(
          {Cat(file.reference, "-", absl::StrFormat("%07d", 9'000'000 + static_cast<int>(i))), 100, "PAID", day, ""});
      ++outcomes["UNKNOWN"];
      ++faults_["UNKNOWN"];
    }
  }
  std::vector<BankFile> answers = {Write(file.reference, day, {}, 0, 0), Write(file.reference, day, lines, 1, 0),
                                   Write(file.reference, day, lines, 0, 1), Write(file.reference, day, lines, 0, 0)};
  answers[1].refused = "PAYMENT_RETURN_COUNT";
  answers[2].refused = "PAYMENT_RETURN_HASH";
  answers[3].outcomes = outcomes;
  for (const char* fault : {"EMPTY", "COUNT", "HASH"}) ++faults_[fault];
  return answers;
}

BankFile Bank::Later(const PaymentFile& file, const std::string& day) {
  std::vector<Told> lines;
  std::map<std::string, int> outcomes;
  for (size_t i = 0; i < file.lines.size(); ++i) {
    const PaymentLine& line = file.lines[i];
    if (states_.at(line.reference) == "PAID" && Goes(file, i, 3)) {
      states_[line.reference] = "RETURNED";
      balances_[line.card] -= line.fen;
      lines.push_back({line.reference, line.fen, "RETURNED", day, "AC04"});
      ++outcomes["RETURNED"];
      ++faults_["RETURNED"];
    } else if (states_.at(line.reference) == "PAID" && Goes(file, i, 1)) {
      lines.push_back({line.reference, line.fen, "PAID", day, ""});
      ++outcomes["DUPLICATE"];
      ++faults_["DUPLICATE"];
    }
  }
  BankFile answer = Write(file.reference, day, lines, 0, 0);
  answer.outcomes = outcomes;
  return answer;
}

int64_t Bank::Balance(const std::string& card) const {
  const auto found = balances_.find(card);
  return found == balances_.end() ? 0 : found->second;
}

}  // namespace ruraledu::testlib
