// Bank accounts from schools, and the list of who was aided in each term.
#include <algorithm>

#include "absl/strings/str_format.h"
#include "tests/lib/county/columns.h"
#include "tests/lib/county/text.h"
#include "tests/lib/county/writer.h"

namespace ruraledu::testlib {
namespace {

absl::Status WriteBank(CountyWriter& w) {
  const Population& people = w.population;
  std::vector<std::vector<int>> by_school(people.schools.size());
  for (size_t i = 0; i < people.pupils.size(); ++i) {
    if (people.pupils[i].places[1].status == Status::kEnrolled)
      by_school[people.pupils[i].places[1].school].push_back(static_cast<int>(i));
  }
  for (size_t s = 0; s < by_school.size(); ++s) {
    if (by_school[s].empty()) continue;
    Random r = w.random.Fork("bank", s);
    SheetShape shape = DrawShape(w.options.faults, r.Fork("shape"));
    shape.precision_ids = false;
    shape.xlsx = true;
    Sheet sheet(BankColumns(), people.schools[s].name + "学生银行账户", shape);
    std::string last_card;
    for (int i : by_school[s]) {
      const Pupil& p = people.pupils[i];
      const Household& h = people.households[p.household];
      bool own = r.Chance(620000);
      std::string card = own ? BankCard(r) : h.card;
      const Adult& guardian = h.adult(h.guardian);
      bool shared = own && !last_card.empty() && r.Chance(w.options.faults.card_shared / 10);
      if (shared) card = last_card;  // the card of a stranger
      bool short_card = !shared && r.Chance(w.options.faults.card_digit_missing);
      if (own && !shared && !short_card) last_card = card;
      if (short_card) card.erase(9, 1);
      std::string shown = r.Chance(w.options.faults.card_blanks) ? card.substr(0, 4) + " " + card.substr(4) : card;
      int line = sheet.Add({p.number, p.name, p.id, shown, own ? p.name : guardian.name, own ? p.id : guardian.id,
                            own ? "本人" : "监护人"});
      if (shared) w.Fault(line, p.number, "card_number", "CARD_SHARED", true);
      if (short_card) w.Fault(line, p.number, "card_number", "CARD_NUMBER", true);
    }
    absl::Status status = w.Finish(sheet, "bank_accounts", "bank_accounts", people.schools[s].code + "银行账户");
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

class AidListWriter {
 public:
  AidListWriter(CountyWriter& w, int term)
      : w_(w),
        term_(term),
        random_(w.random.Fork("aid list", term)),
        totals_(w.out.truth.totals[term]),
        sheet_(AidColumns(), Cat(w.population.places.name, kTerms[term], "学期资助发放名单"), Shape(w, term)) {}

  absl::Status Write() {
    for (size_t i = 0; i < w_.population.pupils.size(); ++i) WritePupil(static_cast<int>(i));
    std::string term(kTerms[term_]);
    return w_.Finish(sheet_, "aid_records:" + term, "aid_records", Cat("资助发放", term));
  }

 private:
  static SheetShape Shape(CountyWriter& w, int term) {
    SheetShape shape = DrawShape(w.options.faults, w.random.Fork("aid list shape", term));
    shape.precision_ids = false;
    return shape;
  }

  void WritePupil(int i) {
    PupilTruth& truth = w_.out.truth.pupils[i];
    PupilTerm& now = truth.terms[term_];
    if (now.known_from < 0) return;
    const FaultRates& f = w_.options.faults;
    ComparisonFacts facts;
    facts.entitled = now.aid.entitled();
    facts.in_source = std::any_of(truth.accepted_kinds.begin(), truth.accepted_kinds.end(),
                                  [&](const KindFact& kind) { return ListedInTerm(kind, kTerms[term_]); });
    facts.not_enrolled = now.known_status != "ENROLLED";
    const bool twice = w_.population.pupils[i].second_school >= 0 && term_ > 0;
    const std::vector<AidItem>* items = &now.aid.items;
    std::vector<AidItem> wrong;
    if (facts.entitled) {
      facts.aided = !random_.Chance(f.aid_gap);
      facts.id_mismatch = facts.aided && random_.Chance(f.aid_other_id);
    } else if (facts.not_enrolled) {
      items = &truth.terms[0].aid.items;  // somebody forgot to take the pupil off the list
      facts.aided = term_ > 0 && truth.terms[0].aid.entitled() && random_.Chance(f.aid_not_enrolled);
    } else if (truth.kinds.empty() && (now.stage == "PRI" || now.stage == "JUN") && random_.Chance(f.aid_should_not)) {
      facts.aided = true;
      const std::string set = w_.options.county == "411728" ? "SP" : "CN";
      wrong.push_back({Cat(set, now.boarding ? "_LIV_B_" : "_LIV_N_", now.stage), "LIVING", 50000, 0, {}, {}});
      items = &wrong;
    }
    facts.duplicate_school = now.twice || (twice && facts.aided);
    now.classes = ComparisonClasses(facts);
    // Who moved away is compared in the new county, but for aid that this one gave.
    if (now.known_status == "TRANSFERRED" && !facts.aided) now.classes.clear();
    for (const char letter : now.classes) ++totals_.by_class[letter];
    if (!facts.entitled && !facts.aided) return;
    for (const AidItem& item : *items) {
      if (item.fen > 0) Note(i, item.code, item.fen, facts, truth.terms[now.known_from].school_code);
    }
  }

  void Note(int i, const std::string& item, int64_t fen, const ComparisonFacts& facts, const std::string& school) {
    const PupilTruth& truth = w_.out.truth.pupils[i];
    char letter = ComparisonClass(facts);
    w_.out.truth.comparison.push_back({i, std::string(kTerms[term_]), item, letter});
    totals_.coverage_by_item[item].Add(facts);
    if (!facts.aided) return;
    std::string id = truth.id;
    if (facts.id_mismatch) {
      const Pupil& p = w_.population.pupils[i];
      do {
        id = w_.population.ids->Take(p.birth_date, p.male);
      } while (id.empty());
    }
    std::string amount = absl::StrFormat("%d.%02d", fen / 100, fen % 100), term(kTerms[term_]);
    sheet_.Add({truth.number, truth.name, id, school, term, item, amount});
    if (w_.population.pupils[i].second_school >= 0 && term_ > 0) {
      sheet_.Add({truth.number, truth.name, id, truth.second_school_code, term, item, amount});
    }
  }

  CountyWriter& w_;
  int term_;
  Random random_;
  TermTotals& totals_;
  Sheet sheet_;
};

}  // namespace

absl::Status WriteBankAndAid(CountyWriter& writer) {
  if (absl::Status status = WriteBank(writer); !status.ok()) return status;
  for (int term = 0; term < 3; ++term) {
    if (absl::Status status = AidListWriter(writer, term).Write(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::testlib
