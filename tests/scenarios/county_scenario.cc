#include "tests/scenarios/county_scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ruraledu/dashboard/v1/dashboard.pb.h"
#include "ruraledu/registry/v1/identity.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "services/cli/profile.h"
#include "services/cli/session.h"
#include "tests/lib/county/cash.h"
#include "tests/lib/county/columns.h"
#include "tests/lib/county/population.h"

namespace ruraledu::testlib {
namespace {

namespace aid = ruraledu::student_aid::v1;
namespace registry = ruraledu::registry::v1;
namespace fs = std::filesystem;

using Amounts = std::map<std::string, int64_t>;
using Lines = std::set<std::string>;

std::unique_ptr<rpc::Client> Connect(const Suite& suite, const std::string& who, std::string_view service) {
  const auto profile = cli::LoadProfile(suite.profile(who));
  EXPECT_TRUE(profile.ok()) << profile.status();
  auto client = cli::ConnectWithTokens(*profile, service);
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

std::string Term(int term) {
  return std::string(kTerms[static_cast<size_t>(term)]);
}

// How a row of another department was matched; the findings that are no faults.
bool IsMatch(std::string_view code) {
  return code == "EXACT" || code == "NOT_A_PUPIL" || code == "WEAK_MATCH";
}

// The field whose header the product shows as the column of a finding.
std::string FieldOf(std::string_view source, const std::string& header) {
  for (const SourceColumns& columns : AllColumns()) {
    for (const Column& column : *columns.columns) {
      const bool named = std::any_of(column.headers.begin(), column.headers.end(),
                                     [&](std::string_view word) { return header == word || header == column.field; });
      if (columns.source == source && named) {
        return std::string(column.field);
      }
    }
  }
  return header;
}

std::string Joined(const Lines& lines) {
  return absl::StrJoin(lines, "\n  ");
}

void ExpectSame(const Lines& got, const Lines& want, const std::string& what) {
  Lines missing, extra;
  std::set_difference(want.begin(), want.end(), got.begin(), got.end(), std::inserter(missing, missing.end()));
  std::set_difference(got.begin(), got.end(), want.begin(), want.end(), std::inserter(extra, extra.end()));
  EXPECT_TRUE(missing.empty() && extra.empty())
      << what << "\nmissing:\n  " << Joined(missing) << "\nfalse:\n  " << Joined(extra);
}

}  // namespace

CountyScenario::CountyScenario(Suite& suite, GeneratedCounty county, const std::string& suffix)
    : suite_(suite),
      county_(std::move(county)),
      code_(county_.truth.county),
      parent_("counties/" + code_),
      suffix_(suffix),
      registry_(Connect(suite, "importer" + suffix, "registry")),
      aid_(Connect(suite, "officer" + suffix, "student_aid")) {}

template <typename Response, typename Request>
Response CountyScenario::Call(rpc::Client& client, std::string_view method, const Request& request) {
  auto answer = client.Call<Response>(method, request);
  EXPECT_TRUE(answer.ok()) << method << ": " << answer.status();
  return answer.ok() ? *std::move(answer) : Response();
}

template <typename Response, typename Request, typename Each>
void CountyScenario::Pages(rpc::Client& client, std::string_view method, Request request, Each each) {
  do {
    request.set_page_size(1000);
    const auto page = Call<Response>(client, method, request);
    each(page);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
}

std::string CountyScenario::Cli(const std::string& who, std::vector<std::string> arguments) {
  const std::string shown = absl::StrJoin(arguments, " ");
  arguments.insert(arguments.end(), {"--county", code_});
  const Outcome outcome = suite_.Cli(who + suffix_, std::move(arguments));
  EXPECT_EQ(outcome.code, 0) << shown << "\n" << outcome.out << outcome.err;
  return outcome.out;
}

void CountyScenario::Import(const std::string& source, const std::vector<std::string>& paths, const std::string& batch,
                            const std::string& facts_on, const std::string& school_year) {
  std::vector<std::string> arguments = {"import", source};
  for (const std::string& path : paths) {
    arguments.push_back(county_.dir + "/" + path);
  }
  arguments.insert(arguments.end(), {"--batch", batch, "--facts-on", facts_on, "--mode", "partial", "--apply"});
  if (!school_year.empty()) {
    arguments.insert(arguments.end(), {"--school-year", school_year});
  }
  Cli("importer", arguments);
}

void CountyScenario::LoadBase() {
  // The calendar is the nation's and shipped: a county may not write it.
  for (const char* source : {"villages", "schools", "classes", "teachers"}) {
    Import(source, county_.files.at(source), "base", "2022-09-01");
  }
}

void CountyScenario::LoadTerm(int term, const std::string& batch) {
  const std::string first_day = TermFirstDay(kTerms[static_cast<size_t>(term)]);
  Import("student_roster", {"students/" + Term(term)}, batch, first_day, Term(term).substr(0, 9));
  for (const char* source : {"rural_revitalisation", "civil_affairs", "disabled_federation", "veterans"}) {
    if (county_.files.contains(source)) {
      Import(source, {source}, batch, first_day);
    }
  }
}

void CountyScenario::Decide(int term) {
  suite_.PassOn("importer" + suffix_, "officer" + suffix_);
  Cli("officer", {"aid", "run", "--term", Term(term), "--wait"});
}

void CountyScenario::RecordAid(int term) {
  for (const std::string& file : county_.files.at("aid_records:" + Term(term))) {
    Cli("officer", {"aid", "record", county_.dir + "/" + file, "--paid-on", TermCutOff(Term(term))});
  }
}

void CountyScenario::Compare(int term) {
  Cli("officer", {"aid", "compare", "--term", Term(term), "--wait"});
}

std::vector<registry::Import> CountyScenario::ImportsOf(const std::string& batch) {
  std::vector<registry::Import> found;
  registry::ListImportsRequest request;
  request.set_parent(parent_);
  Pages<registry::ListImportsResponse>(*registry_, "ListImports", request, [&](const auto& page) {
    for (const registry::Import& import : page.imports()) {
      if (import.batch() == batch || absl::StartsWith(import.batch(), batch + "/")) {
        found.push_back(import);
      }
    }
  });
  return found;
}

void CountyScenario::ExpectFindings(int term, const std::string& batch) {
  Lines got, want, matches, wanted_matches;
  std::vector<registry::Import> imports = ImportsOf("base");
  for (registry::Import& import : ImportsOf(batch)) {
    imports.push_back(std::move(import));
  }
  for (const registry::Import& import : imports) {
    const std::string source = registry::ImportSource_Name(import.source()).substr(14);
    std::string lower(source);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    registry::ListImportRowsRequest request;
    request.set_name(import.name());
    request.set_outcome("*");
    Pages<registry::ListImportRowsResponse>(*registry_, "ListImportRows", request, [&](const auto& page) {
      for (const registry::ImportRow& row : page.rows()) {
        const std::string place = absl::StrCat(lower, " ", import.file_name(), " line ", row.line());
        const bool refused = row.outcome() == "ERROR" || row.outcome() == "DUPLICATE";
        if (row.outcome() == "WEAK_MATCH" || (IsMatch(row.code()) && !refused)) {
          matches.insert(absl::StrCat(place, row.outcome() == "WEAK_MATCH" ? " WEAK_MATCH" : " " + row.code()));
        } else if (!row.code().empty()) {
          const std::string field = row.code() == "DUPLICATE_IN_BATCH" ? "" : FieldOf(lower, row.column());
          got.insert(absl::StrCat(place, " ", row.code(), " ", field, refused ? " refused" : " taken"));
        }
      }
    });
  }
  // No import takes the schools' lists of bank accounts yet: their shared and short cards meet nobody.
  const auto loaded = [&](const std::string& source, const std::string& file) {
    return source == "student_roster" ? absl::StartsWith(file, "students/" + Term(term) + "/")
                                      : source != "bank_accounts";
  };
  for (const PlantedFault& fault : county_.truth.faults) {
    if (loaded(fault.source, fault.file)) {
      want.insert(absl::StrCat(fault.source, " ", fs::path(fault.file).filename().string(), " line ", fault.line, " ",
                               fault.reason, " ", fault.reason == "DUPLICATE_IN_BATCH" ? "" : fault.field,
                               fault.refused ? " refused" : " taken"));
    }
  }
  for (const RowTruth& row : county_.truth.rows) {
    const bool known =
        row.pupil >= 0 &&
        county_.truth.pupils[static_cast<size_t>(row.pupil)].terms[static_cast<size_t>(term)].known_from >= 0;
    if (row.match != Match::kRefused && loaded(row.source, row.file)) {
      wanted_matches.insert(absl::StrCat(row.source, " ", fs::path(row.file).filename().string(), " line ", row.line,
                                         " ", known ? MatchCode(row.match) : "NOT_A_PUPIL"));
    }
  }
  ExpectSame(got, want, absl::StrCat("findings of ", code_, " ", Term(term)));
  ExpectSame(matches, wanted_matches, absl::StrCat("matches of ", code_, " ", Term(term)));
}

void CountyScenario::ExpectIdentified(int term, const std::set<int>& pupils) {
  Lines got, want;
  for (const int pupil : pupils) {
    got.insert(NameOf(pupil));
  }
  for (const int pupil : FoundByComparison(county_.truth, term)) {
    want.insert(NameOf(pupil));
  }
  ExpectSame(got, want, absl::StrCat("identified in ", code_, " ", Term(term)));
  Identify(pupils, term, &county_.truth);
}

const std::map<std::string, int>& CountyScenario::Persons() {
  for (size_t i = 0; persons_.empty() || i < county_.truth.pupils.size(); ++i) {
    PersonOf(static_cast<int>(i));
  }
  return persons_;
}

std::string CountyScenario::PersonOf(int pupil) {
  const PupilTruth& truth = county_.truth.pupils[static_cast<size_t>(pupil)];
  registry::FindStudentRequest request;
  request.set_parent(parent_);
  request.set_id_number(truth.id);
  const auto student = registry_->Call<registry::Student>("FindStudent", request);
  if (!student.ok()) {
    return "";
  }
  const std::string person = cli::LastPart(student->name());
  persons_[person] = pupil;
  return person;
}

std::string CountyScenario::NameOf(int pupil) const {
  return county_.truth.pupils[static_cast<size_t>(pupil)].number;
}

void CountyScenario::ExpectDecisions(int term) {
  persons_.clear();
  Lines got, want;
  const std::map<std::string, int>& persons = Persons();
  aid::ListDecisionsRequest request;
  request.set_parent(parent_);
  request.set_term(Term(term));
  const auto line = [&](const std::string& who, const std::string& stage, const Amounts& amounts) {
    return absl::StrCat(who, " ", stage, " ", absl::StrJoin(amounts, " ", absl::PairFormatter("=")));
  };
  Pages<aid::ListDecisionsResponse>(*aid_, "ListDecisions", request, [&](const auto& page) {
    for (const aid::Decision& decision : page.decisions()) {
      Amounts amounts;
      int64_t sum = 0;
      for (const aid::DecisionItem& item : decision.counted()) {
        amounts[item.item()] = item.amount_fen();
        sum += item.amount_fen();
      }
      EXPECT_EQ(sum, decision.amount_fen()) << decision.name();
      const auto pupil = persons.find(decision.person());
      if (!amounts.empty()) {
        got.insert(line(pupil == persons.end() ? decision.person() : NameOf(pupil->second), decision.stage(), amounts));
      }
    }
  });
  for (size_t i = 0; i < county_.truth.pupils.size(); ++i) {
    const PupilTerm& now = county_.truth.pupils[i].terms[static_cast<size_t>(term)];
    Amounts amounts;
    for (const AidItem& item : now.aid.items) {
      amounts[item.code] = item.fen;
    }
    if (!amounts.empty()) {
      const auto& known = county_.truth.pupils[i].terms[static_cast<size_t>(now.known_from)];
      want.insert(line(NameOf(static_cast<int>(i)), known.stage, amounts));
    }
  }
  EXPECT_FALSE(want.empty());
  ExpectSame(got, want, absl::StrCat("decisions of ", code_, " ", Term(term)));
}

void CountyScenario::ExpectComparison(int term) {
  const std::map<std::string, int>& persons = Persons();
  const auto who = [&](const aid::ComparedPerson& person) {
    const auto found = persons.find(cli::LastPart(person.student()));
    return found == persons.end() ? person.student() : NameOf(found->second);
  };
  aid::ListComparisonRowsRequest request;
  request.set_parent(parent_);
  request.set_term(Term(term));
  std::map<std::string, std::string> classes, wanted_classes;
  for (int code = aid::COMPARISON_CLASS_A; code <= aid::COMPARISON_CLASS_F; ++code) {
    request.set_comparison_class(static_cast<aid::ComparisonClass>(code));
    Pages<aid::ListComparisonRowsResponse>(*aid_, "ListComparisonRows", request, [&](const auto& page) {
      for (const aid::ComparedPerson& person : page.persons()) {
        classes[who(person)] += static_cast<char>('A' + code - aid::COMPARISON_CLASS_A);
      }
    });
  }
  request.clear_comparison_class();
  Lines lists, wanted_lists, letters, wanted_letters;
  for (const auto& [list, name] : {std::pair(aid::COMPARISON_LIST_SHOULD_AID, "should-aid"),
                                   std::pair(aid::COMPARISON_LIST_SHOULD_NOT, "should-not")}) {
    request.set_list(list);
    Pages<aid::ListComparisonRowsResponse>(*aid_, "ListComparisonRows", request, [&, name = name](const auto& page) {
      for (const aid::ComparedPerson& person : page.persons()) {
        for (const aid::ComparisonRow& row : person.rows()) {
          lists.insert(absl::StrCat(name, " ", who(person), " ", row.item()));
        }
      }
    });
  }
  for (size_t i = 0; i < county_.truth.pupils.size(); ++i) {
    const std::string& all = county_.truth.pupils[i].terms[static_cast<size_t>(term)].classes;
    if (!all.empty()) {
      wanted_letters.insert(absl::StrCat(NameOf(static_cast<int>(i)), " ", all));
    }
  }
  for (const auto& [pupil, all] : classes) {
    letters.insert(absl::StrCat(pupil, " ", all));
  }
  for (const ComparisonTruth& truth : county_.truth.comparison) {
    if (truth.term == Term(term) && truth.letter != 'A' && truth.letter != 'D') {
      wanted_lists.insert(
          absl::StrCat(truth.letter == 'B' ? "should-aid " : "should-not ", NameOf(truth.pupil), " ", truth.item));
    }
  }
  ExpectSame(letters, wanted_letters, absl::StrCat("classes of ", code_, " ", Term(term)));
  ExpectSame(lists, wanted_lists, absl::StrCat("lists of ", code_, " ", Term(term)));

  aid::GetCoverageRequest coverage_request;
  coverage_request.set_parent(parent_);
  coverage_request.set_term(Term(term));
  const auto coverage = Call<aid::GetCoverageResponse>(*aid_, "GetCoverage", coverage_request);
  Lines rates, wanted_rates;
  for (const aid::AmountByItem& item : coverage.items()) {
    if (item.coverage().denominator() > 0) {
      rates.insert(absl::StrCat(item.item(), " ", item.coverage().numerator(), "/", item.coverage().denominator()));
    }
  }
  for (const auto& [item, rate] : county_.truth.totals[static_cast<size_t>(term)].coverage_by_item) {
    if (rate.should_be_aided > 0) {
      wanted_rates.insert(absl::StrCat(item, " ", rate.aided, "/", rate.should_be_aided));
    }
  }
  ExpectSame(rates, wanted_rates, absl::StrCat("coverage of ", code_, " ", Term(term)));
}

void CountyScenario::ExpectDashboard(int term) {
  using namespace ruraledu::dashboard::v1;
  GetDashboardRequest request;
  request.set_area("areas/" + code_);
  request.set_period(Term(term));
  const Dashboard dashboard = Call<Dashboard>(*aid_, "GetDashboard", request);
  const TermTotals& totals = county_.truth.totals[static_cast<size_t>(term)];
  Lines got, want;
  for (const Indicator& indicator : dashboard.indicators()) {
    const std::string id = indicator.id().substr(indicator.id().find('.') + 1);
    if (id == "entitled" || id == "entitled_fen") {
      got.insert(absl::StrCat(id, " ", indicator.numerator().value()));
    }
    if (id == "entitled_fen" || id == "coverage" || id == "classes") {
      for (const IndicatorPart& part : indicator.parts()) {
        got.insert(absl::StrCat(id, " ", part.code(), " ", part.numerator().value(),
                                part.has_denominator() ? absl::StrCat("/", part.denominator().value()) : ""));
      }
    }
  }
  want.insert(absl::StrCat("entitled ", totals.entitled_pupils));
  want.insert(absl::StrCat("entitled_fen ", totals.total_fen));
  for (const auto& [item, fen] : totals.fen_by_item) {
    if (CountsAsHardshipAid(item)) {
      want.insert(absl::StrCat("entitled_fen ", item, " ", fen));
    }
  }
  for (const auto& [item, rate] : totals.coverage_by_item) {
    if (rate.should_be_aided > 0) {
      want.insert(absl::StrCat("coverage ", item, " ", rate.aided, "/", rate.should_be_aided));
    }
  }
  for (const auto& [letter, count] : totals.by_class) {
    want.insert(absl::StrCat("classes ", std::string(1, letter), " ", count));
  }
  ExpectSame(got, want, absl::StrCat("dashboard of ", code_, " ", Term(term)));
}

void CountyScenario::ExpectNoDifferences(int term) {
  for (const aid::RunKind kind : {aid::RUN_KIND_ENTITLEMENT, aid::RUN_KIND_COMPARISON}) {
    aid::ListRunsRequest request;
    request.set_parent(parent_);
    request.set_term(Term(term));
    request.set_kind(kind);
    request.set_page_size(1);
    const auto runs = Call<aid::ListRunsResponse>(*aid_, "ListRuns", request);
    ASSERT_EQ(runs.runs_size(), 1);
    EXPECT_GT(runs.runs(0).number(), 1);
    EXPECT_EQ(runs.runs(0).state(), aid::RUN_STATE_CLOSED);
    EXPECT_EQ(runs.runs(0).differences(), 0) << runs.runs(0).ShortDebugString();
    EXPECT_EQ(runs.runs(0).invalid_persons(), 0);
  }
}

void CountyScenario::ExpectUnchanged(const std::string& batch) {
  const std::vector<registry::Import> imports = ImportsOf(batch);
  EXPECT_FALSE(imports.empty());
  for (const registry::Import& import : imports) {
    const registry::ImportPreview& preview = import.preview();
    EXPECT_EQ(preview.new_rows() + preview.changed(), 0) << import.ShortDebugString();
    EXPECT_EQ(import.state(), registry::IMPORT_STATE_CLOSED) << import.ShortDebugString();
  }
}

}  // namespace ruraledu::testlib
