// The truth as JSON lines.
#include <fstream>

#include "absl/strings/str_join.h"
#include "tests/lib/county/county.h"
#include "tests/lib/county/population.h"
#include "tests/lib/county/text.h"

namespace ruraledu::testlib {
namespace {

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}
std::string Bool(bool value) {
  return value ? "true" : "false";
}
std::string List(const std::vector<std::string>& texts) {
  return Cat("[", absl::StrJoin(texts, ",", [](std::string* out, const std::string& t) { *out += Quoted(t); }), "]");
}

std::string Kinds(const std::vector<KindFact>& kinds) {
  return Cat("[",
             absl::StrJoin(kinds, ",",
                           [](std::string* out, const KindFact& k) {
                             Append(out, "{\"kind\":", Quoted(k.kind), ",\"from\":", Quoted(k.from),
                                    ",\"to\":", Quoted(k.to), ",\"risk_eliminated_on\":", Quoted(k.eliminated_on),
                                    ",\"rural\":", Bool(k.rural), "}");
                           }),
             "]");
}

std::string Aid(const AidResult& aid) {
  std::string items = absl::StrJoin(aid.items, ",", [](std::string* out, const AidItem& i) {
    Append(out, "{\"item\":", Quoted(i.code), ",\"family\":", Quoted(i.family), ",\"fen\":", i.fen,
           ",\"supplementary_fen\":", i.supplementary_fen, ",\"flags\":", List(i.flags), ",\"kinds\":", List(i.kinds),
           "}");
  });
  std::string removed = absl::StrJoin(aid.removals, ",", [](std::string* out, const AidRemoval& r) {
    Append(out, "{\"item\":", Quoted(r.code), ",\"reason\":", Quoted(r.reason), "}");
  });
  return Cat("{\"fen\":", aid.total_fen(), ",\"items\":[", items, "],\"removed\":[", removed, "]}");
}

std::string TermLine(const PupilTerm& t, std::string_view term) {
  std::string line =
      Cat("{\"term\":", Quoted(term), ",\"school\":", Quoted(t.school_code), ",\"stage\":", Quoted(t.stage),
          ",\"grade\":", t.grade, ",\"class\":", t.class_no, ",\"boarding\":", Bool(t.boarding),
          ",\"status\":", Quoted(t.status), ",\"accepted\":", Bool(t.accepted));
  constexpr std::string_view kKindergartens[] = {"", "PUBLIC", "INCLUSIVE", "OTHER"};
  Append(&line, ",\"kindergarten\":", Quoted(kKindergartens[static_cast<int>(t.facts.kindergarten)]),
         ",\"nutrition_pilot\":", Bool(t.facts.in_nutrition_pilot),
         ",\"home_outside_seat\":", Bool(t.facts.home_outside_seat), ",\"tuition_fen\":", t.facts.tuition_fen,
         ",\"accommodation_fen\":", t.facts.accommodation_fen,
         ",\"approved_tuition_fen\":", t.facts.approved_tuition_fen,
         ",\"full_time_formal\":", Bool(t.facts.full_time_formal),
         ",\"agriculture_major\":", Bool(t.facts.agriculture_major),
         ",\"performing_arts_major\":", Bool(t.facts.performing_arts_major),
         ",\"minority_area\":", Bool(t.facts.minority_area), ",\"rural_household\":", Bool(t.facts.rural_household));
  Append(&line, ",\"known_from\":", Quoted(t.known_from < 0 ? "" : kTerms[t.known_from]),
         ",\"classes\":", Quoted(t.classes));
  if (!t.aid.items.empty() || !t.aid.removals.empty()) Append(&line, ",\"aid\":", Aid(t.aid));
  if (t.aid_if_clean.total_fen() != t.aid.total_fen()) {
    Append(&line, ",\"aid_if_clean\":", Aid(t.aid_if_clean));
  }
  return line + "}";
}

void WritePupils(const CountyTruth& truth, std::ostream& out) {
  for (const PupilTruth& p : truth.pupils) {
    std::vector<std::string> terms;
    for (int t = 0; t < 3; ++t) {
      if (!p.terms[t].status.empty() || p.terms[t].known_from >= 0) terms.push_back(TermLine(p.terms[t], kTerms[t]));
    }
    out << "{\"number\":" << Quoted(p.number) << ",\"name\":" << Quoted(p.name) << ",\"id\":" << Quoted(p.id)
        << ",\"birth_date\":" << Quoted(p.birth_date) << ",\"sex\":" << Quoted(p.sex)
        << ",\"second_school\":" << Quoted(p.second_school_code) << ",\"kinds\":" << Kinds(p.kinds)
        << ",\"accepted_kinds\":" << Kinds(p.accepted_kinds) << ",\"terms\":[" << absl::StrJoin(terms, ",") << "]}\n";
  }
}

template <typename Map, typename Fn>
std::string Object(const Map& map, Fn value) {
  return Cat("{",
             absl::StrJoin(
                 map, ",",
                 [&](std::string* out, const auto& pair) { Append(out, Quoted(pair.first), ":", value(pair.second)); }),
             "}");
}

void WriteTotals(const CountyTruth& truth, std::ostream& out) {
  auto number = [](int64_t n) { return Cat(n); };
  for (int t = 0; t < 3; ++t) {
    const TermTotals& x = truth.totals[t];
    std::map<std::string, int64_t> classes;
    for (auto [letter, count] : x.by_class) classes[std::string(1, letter)] = count;
    out << "{\"county\":" << Quoted(truth.county) << ",\"term\":" << Quoted(kTerms[t])
        << ",\"on_register\":" << x.on_register << ",\"enrolled\":" << x.enrolled
        << ",\"entitled_pupils\":" << x.entitled_pupils << ",\"total_fen\":" << x.total_fen
        << ",\"pupils_by_item\":" << Object(x.pupils_by_item, number)
        << ",\"fen_by_item\":" << Object(x.fen_by_item, number) << ",\"classes\":" << Object(classes, number)
        << ",\"coverage\":"
        << Object(x.coverage_by_item, [](const Coverage& c) { return Cat("[", c.aided, ",", c.should_be_aided, "]"); })
        << "}\n";
  }
}

}  // namespace

absl::Status WriteTruth(const CountyTruth& truth, const std::string& dir) {
  std::ofstream faults(dir + "/faults.jsonl"), rows(dir + "/rows.jsonl"), pupils(dir + "/pupils.jsonl"),
      comparison(dir + "/comparison.jsonl"), totals(dir + "/totals.jsonl");
  for (const PlantedFault& f : truth.faults) {
    faults << "{\"source\":" << Quoted(f.source) << ",\"file\":" << Quoted(f.file) << ",\"line\":" << f.line
           << ",\"key\":" << Quoted(f.key) << ",\"field\":" << Quoted(f.field) << ",\"reason\":" << Quoted(f.reason)
           << ",\"refused\":" << Bool(f.refused) << "}\n";
  }
  for (const RowTruth& r : truth.rows) {
    rows << "{\"source\":" << Quoted(r.source) << ",\"file\":" << Quoted(r.file) << ",\"line\":" << r.line
         << ",\"kind\":" << Quoted(r.kind) << ",\"match\":" << Quoted(MatchCode(r.match))
         << ",\"pupil\":" << (r.pupil < 0 ? "null" : Quoted(truth.pupils[r.pupil].number)) << "}\n";
  }
  WritePupils(truth, pupils);
  for (const ComparisonTruth& c : truth.comparison) {
    comparison << "{\"pupil\":" << Quoted(truth.pupils[c.pupil].number) << ",\"term\":" << Quoted(c.term)
               << ",\"item\":" << Quoted(c.item) << ",\"class\":" << Quoted(std::string(1, c.letter)) << "}\n";
  }
  WriteTotals(truth, totals);
  for (std::ofstream* out : {&faults, &rows, &pupils, &comparison, &totals}) {
    if (!out->flush()) return absl::UnknownError("cannot write the truth below " + dir);
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::testlib
