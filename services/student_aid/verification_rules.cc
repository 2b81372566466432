#include "services/student_aid/verification_rules.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "absl/numeric/int128.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/data_table.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kRules = "verification_rules.csv";
constexpr std::string_view kQuantiles = "verification_quantiles.csv";
constexpr int32_t kMostMargin = 5000;  // basis points: more says nothing
constexpr absl::int128 kBasis = 10000;
constexpr absl::int128 kMillion = 1000000;

absl::StatusOr<std::map<int32_t, int64_t>> ReadQuantiles(std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse(kQuantiles, text, {"confidence_bp", "z_millionths", "source"}));
  std::map<int32_t, int64_t> quantiles;
  for (size_t row = 0; row < table.size(); ++row) {
    int32_t level = 0;
    int64_t z = 0;
    if (!absl::SimpleAtoi(table.Get(row, "confidence_bp"), &level) ||
        !absl::SimpleAtoi(table.Get(row, "z_millionths"), &z) || level < 1 || level > 9999 ||
        table.Get(row, "source").empty()) {
      return table.Error(row, "a level is between 0 and 10000 basis points, with a quantile and a source");
    }
    if (z <= 0 || z > 10 * static_cast<int64_t>(kMillion) ||
        (!quantiles.empty() && (quantiles.rbegin()->first >= level || quantiles.rbegin()->second >= z))) {
      return table.Error(row, "levels and quantiles rise");
    }
    quantiles[level] = z;
  }
  return quantiles;
}

bool Overlap(const VerificationRule& a, const VerificationRule& b) {
  return a.region == b.region && a.from < b.until && b.from < a.until;
}

absl::StatusOr<VerificationRule> ReadRule(const DataTable& table, size_t row) {
  VerificationRule rule;
  rule.region = std::string(table.Get(row, "region"));
  rule.source = std::string(table.Get(row, "source"));
  if (!rule.region.empty() && rule.region.size() != 12) {
    return table.Error(row, "a region has 12 digits; empty is the nation");
  }
  ASSIGN_OR_RETURN(rule.from, table.Day(row, "from", kFirstDay));
  ASSIGN_OR_RETURN(rule.until, table.Day(row, "until", kLastDay));
  if (rule.until <= rule.from || rule.source.empty()) {
    return table.Error(row, "a row needs a source, and days in order");
  }
  if (!absl::SimpleAtoi(table.Get(row, "confidence_bp"), &rule.confidence_bp) ||
      !absl::SimpleAtoi(table.Get(row, "margin_bp"), &rule.margin_bp) || rule.margin_bp < 1 ||
      rule.margin_bp > kMostMargin) {
    return table.Error(row, "a margin lies between 1 and 5000 basis points");
  }
  return rule;
}

// A generator that is the same everywhere: SplitMix64, and numbers below a limit without bias.
class Generator {
 public:
  explicit Generator(uint64_t seed) : state_(seed) {}
  uint64_t Below(uint64_t limit) {
    const uint64_t reject = (UINT64_MAX - limit + 1) % limit;  // 2^64 mod limit
    uint64_t value = Next();
    while (value < reject) {
      value = Next();
    }
    return value % limit;
  }

 private:
  uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15ull;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  uint64_t state_;
};

// The seed of a stratum: that of the sample and the area, so that a school's draw does not depend on other schools.
uint64_t SeedOf(uint64_t seed, std::string_view area) {
  for (const char c : area) {
    seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;  // FNV-1a
  }
  return seed;
}

absl::Status CheckFrame(const VerificationBook& book, const v1::EvaluateVerificationRequest& request) {
  Violations violations;
  if (request.confidence_bp() != 0 && book.QuantileOf(request.confidence_bp()) == 0) {
    violations.Add("confidence_bp", "VERIFICATION_CONFIDENCE", {{"allowed", book.LevelsText()}});
  }
  if (request.margin_bp() < 0 || request.margin_bp() > kMostMargin) {
    violations.Add("margin_bp", "NUMBER_RANGE", {{"low", "0"}, {"high", absl::StrCat(kMostMargin)}});
  }
  std::set<std::string> areas, persons;
  for (int i = 0; i < request.frame_size(); ++i) {
    bool once = areas.insert(request.frame(i).area()).second;
    for (const std::string& person : request.frame(i).persons()) {
      once &= persons.insert(person).second;
    }
    if (!once) {
      violations.Add(absl::StrCat("frame[", i, "]"), "DUPLICATE_IN_BATCH");
    }
  }
  return violations.status();
}

}  // namespace

absl::StatusOr<VerificationBook> VerificationBook::Create(std::string_view rules, std::string_view quantiles,
                                                          RegionPath path) {
  VerificationBook book;
  book.path_ = std::move(path);
  ASSIGN_OR_RETURN(book.quantiles_, ReadQuantiles(quantiles));
  ASSIGN_OR_RETURN(
      const DataTable table,
      DataTable::Parse(kRules, rules, {"region", "from", "until", "confidence_bp", "margin_bp", "source"}));
  bool nation = false;
  for (size_t row = 0; row < table.size(); ++row) {
    ASSIGN_OR_RETURN(VerificationRule rule, ReadRule(table, row));
    if (book.QuantileOf(rule.confidence_bp) == 0) {
      return table.Error(row, "the quantile of the level is missing");
    }
    if (std::any_of(book.rules_.begin(), book.rules_.end(), [&](const auto& other) { return Overlap(other, rule); })) {
      return table.Error(row, "another row of the region holds on one of its days");
    }
    nation |= rule.region.empty() && rule.until == kLastDay;
    book.rules_.push_back(std::move(rule));
  }
  return nation ? absl::StatusOr<VerificationBook>(std::move(book))
                : Fail("DATA_FILE", {{"file", kRules}, {"line", "1"}, {"problem", "no open row of the nation"}});
}

absl::StatusOr<const VerificationRule*> VerificationBook::InForce(std::string_view region, absl::CivilDay day) const {
  const auto* found = NewestInForce<VerificationRule>(
      rules_, path_, region, day, [](const VerificationRule& rule) -> const std::string& { return rule.region; },
      [&](const VerificationRule& rule) { return day < rule.until ? std::optional(rule.from) : std::nullopt; });
  return found != nullptr ? absl::StatusOr<const VerificationRule*>(found)
                          : Fail("POLICY_MISSING", {{"region", region}, {"term", DayText(day)}});
}

int64_t VerificationBook::QuantileOf(int32_t confidence_bp) const {
  const auto found = quantiles_.find(confidence_bp);
  return found == quantiles_.end() ? 0 : found->second;
}

std::string VerificationBook::LevelsText() const {
  return absl::StrJoin(quantiles_, ", ", [](std::string* out, const auto& one) { absl::StrAppend(out, one.first); });
}

int64_t SampleSize(int64_t population, int64_t z_millionths, int32_t margin_bp) {
  if (population <= 0) {
    return 0;
  }
  // n0 = a / b: z^2 / (4 e^2), z in millionths, e in basis points.
  const absl::int128 a = absl::int128(z_millionths) * z_millionths;
  const absl::int128 b = absl::int128(4) * margin_bp * margin_bp * (kMillion * kMillion / (kBasis * kBasis));
  const absl::int128 over = a * population, under = b * population + a - b;
  const absl::int128 size = under <= 0 ? absl::int128(population) : (over + under - 1) / under;
  return std::clamp<int64_t>(static_cast<int64_t>(size), 1, population);
}

int32_t MarginOf(int64_t population, int64_t asked, int64_t z_millionths) {
  if (asked <= 0 || asked >= population) {
    return 0;
  }
  // e^2 = z^2 (N - n) / (4 n (N - 1)) in units of a basis point.
  const absl::int128 over = absl::int128(z_millionths) * z_millionths * (population - asked);
  const absl::int128 under = absl::int128(4) * asked * (population - 1) * (kMillion * kMillion / (kBasis * kBasis));
  int64_t low = 0, high = static_cast<int64_t>(kBasis);
  while (low < high) {  // the smallest whole e with e^2 under >= over
    const int64_t middle = (low + high) / 2;
    if (absl::int128(middle) * middle * under >= over) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return static_cast<int32_t>(low);
}

std::vector<int64_t> Allocate(const std::vector<int64_t>& sizes, int64_t sample) {
  const int64_t all = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
  std::vector<int64_t> parts(sizes.size());
  std::vector<std::pair<int64_t, size_t>> rests;  // remainder, negated to sort the largest first; stratum
  int64_t given = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const absl::int128 share = absl::int128(sample) * sizes[i];
    parts[i] = all == 0 ? 0 : static_cast<int64_t>(share / all);
    rests.emplace_back(all == 0 ? 0 : -static_cast<int64_t>(share % all), i);
    given += parts[i];
  }
  std::sort(rests.begin(), rests.end());
  for (const auto& [rest, i] : rests) {
    if (given < sample && parts[i] < sizes[i]) {
      ++parts[i];
      ++given;
    }
  }
  for (size_t i = 0; i < sizes.size(); ++i) {
    parts[i] = std::clamp<int64_t>(parts[i], std::min<int64_t>(1, sizes[i]), sizes[i]);
  }
  return parts;
}

std::vector<std::string> Draw(std::vector<std::string> persons, int64_t count, uint64_t seed) {
  std::sort(persons.begin(), persons.end());
  const auto wanted = std::min(persons.size(), static_cast<size_t>(std::max<int64_t>(count, 0)));
  Generator generator(seed);
  for (size_t i = 0; i < wanted; ++i) {
    std::swap(persons[i], persons[i + generator.Below(persons.size() - i)]);
  }
  persons.resize(wanted);
  std::sort(persons.begin(), persons.end());
  return persons;
}

absl::StatusOr<v1::EvaluateVerificationResponse> EvaluateSample(const VerificationBook& book,
                                                                const v1::EvaluateVerificationRequest& request) {
  RETURN_IF_ERROR(CheckFrame(book, request));
  const auto on = DayOf(request.on());
  ASSIGN_OR_RETURN(const VerificationRule* const rule, book.InForce(request.region_code(), on.value_or(kLastDay - 1)));
  v1::EvaluateVerificationResponse response;
  response.set_confidence_bp(request.confidence_bp() != 0 ? request.confidence_bp() : rule->confidence_bp);
  response.set_margin_bp(request.margin_bp() != 0 ? request.margin_bp() : rule->margin_bp);
  response.set_source(rule->source);
  std::map<std::string, std::vector<std::string>> schools;
  for (const v1::VerificationFrame& school : request.frame()) {
    schools[school.area()].assign(school.persons().begin(), school.persons().end());
  }
  std::vector<int64_t> sizes;
  for (const auto& [area, persons] : schools) {
    sizes.push_back(static_cast<int64_t>(persons.size()));
  }
  const int64_t population = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
  response.set_needed(SampleSize(population, book.QuantileOf(response.confidence_bp()), response.margin_bp()));
  const std::vector<int64_t> parts = Allocate(sizes, response.needed());
  size_t i = 0;
  for (const auto& [area, persons] : schools) {
    v1::VerificationFrame* drawn = response.add_sample();
    drawn->set_area(area);
    const auto chosen = Draw(persons, parts[i++], SeedOf(request.seed(), area));
    drawn->mutable_persons()->Assign(chosen.begin(), chosen.end());
  }
  return response;
}

void FillResult(const VerificationBook& book, const AnswerCounts& answers, v1::Verification* verification) {
  const int64_t z = book.QuantileOf(verification->confidence_bp());
  absl::int128 weighted = 0;  // sum of N_h x_h / n_h, in millionths
  bool everywhere = verification->strata_size() > 0;
  for (v1::VerificationStratum& stratum : *verification->mutable_strata()) {
    const auto count = [&](v1::VerificationAnswer answer) {
      const auto found = answers.find({stratum.area(), answer});
      return found == answers.end() ? int64_t{0} : found->second;
    };
    stratum.set_in_full(count(v1::VERIFICATION_ANSWER_IN_FULL));
    stratum.set_in_part(count(v1::VERIFICATION_ANSWER_IN_PART));
    stratum.set_not_received(count(v1::VERIFICATION_ANSWER_NOT_RECEIVED));
    stratum.set_not_found(count(v1::VERIFICATION_ANSWER_NOT_FOUND));
    const int64_t asked = stratum.in_full() + stratum.in_part() + stratum.not_received() + stratum.not_found();
    stratum.clear_estimate();
    stratum.set_margin_bp(MarginOf(stratum.population(), asked, z));
    everywhere &= asked > 0;
    if (asked > 0) {
      stratum.mutable_estimate()->set_numerator(stratum.in_full());
      stratum.mutable_estimate()->set_denominator(asked);
      weighted += kMillion * stratum.population() * stratum.in_full() / asked;
    }
  }
  verification->set_estimated(everywhere && verification->population() > 0);
  const absl::int128 unit = kMillion / kBasis * std::max<int64_t>(verification->population(), 1);
  verification->set_estimate_bp(verification->estimated() ? static_cast<int32_t>((weighted + unit / 2) / unit) : 0);
}

absl::Status TakeAnswer(const Act& act, const v1::Verification& verification,
                        const v1::RecordVerificationAnswerRequest& request, v1::VerificationEntry* entry) {
  if (verification.state() != v1::VERIFICATION_STATE_RUNNING) {
    return Fail("STATE_TRANSITION", {{"machine", "verification"}, {"from", "CLOSED"}, {"event", "answer"}});
  }
  if (std::find(verification.payers().begin(), verification.payers().end(), act.person) !=
      verification.payers().end()) {
    return Fail("ROLE_HELD", {{"held", "PAYER"}, {"wanted", "VERIFIER"}});
  }
  const auto on = DayOf(request.on());
  if (on.has_value() && *on > act.on) {
    return Fail("DATE_AHEAD", {{"date", DayText(*on)}});
  }
  const bool part = request.answer() == v1::VERIFICATION_ANSWER_IN_PART;
  if (part ? request.received_fen() < 1 || request.received_fen() >= entry->paid_fen() : request.received_fen() != 0) {
    Violations violations;
    violations.Add("received_fen", "NUMBER_RANGE",
                   {{"low", part ? "1" : "0"}, {"high", part ? absl::StrCat(entry->paid_fen() - 1) : "0"}});
    return violations.status();
  }
  entry->set_answer(request.answer());
  entry->set_received_fen(request.received_fen());
  entry->set_asked_by(act.person);
  *entry->mutable_asked_on() = DateOf(on.value_or(act.on));
  entry->set_note(request.note());
  return absl::OkStatus();
}

absl::Status CloseVerified(const Act& act, v1::Verification* verification) {
  if (verification->state() != v1::VERIFICATION_STATE_RUNNING) {
    return Fail("STATE_TRANSITION", {{"machine", "verification"}, {"from", "CLOSED"}, {"event", "close"}});
  }
  Violations violations;
  for (int i = 0; i < verification->strata_size(); ++i) {
    const v1::VerificationStratum& one = verification->strata(i);
    violations.Require(one.in_full() + one.in_part() + one.not_received() + one.not_found() == one.sample(),
                       absl::StrCat("strata[", i, "].answers"));
  }
  RETURN_IF_ERROR(violations.status());
  verification->set_state(v1::VERIFICATION_STATE_CLOSED);
  verification->set_closed_by(act.person);
  *verification->mutable_closed_on() = DateOf(act.on);
  return absl::OkStatus();
}

}  // namespace ruraledu::student_aid
