#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "services/student_aid/average_funds.h"
#include "services/student_aid/comparison_rules.h"
#include "services/student_aid/compliance_facts.h"
#include "services/student_aid/province_run.h"
#include "services/student_aid/run.h"

namespace ruraledu::student_aid {
namespace {

std::string Letter(int comparison_class) {
  return std::string(1, static_cast<char>('A' + comparison_class - v1::COMPARISON_CLASS_A));
}

bool Names(const v1::ComplianceFinding& finding, std::string_view item) {
  return std::find(finding.items().begin(), finding.items().end(), item) != finding.items().end();
}

class ComparisonPages {
 public:
  ComparisonPages(CountyRun& run, const Averages& averages, ComplianceReader compliance)
      : run_(run), averages_(averages), compliance_(std::move(compliance)) {}

  absl::Status Page(const SealedPage& page, const PageOpener& opener, v1::RunCursor* cursor, CountyRun::Write* write) {
    const auto writer = std::make_shared<feed::RootWriter>(run_.NewWriter());
    const auto differences = std::make_shared<std::vector<std::pair<std::string, v1::PersonDifference>>>();
    RETURN_IF_ERROR(compliance_.TakePage(page));
    for (const db::Row& row : page.pupils) {
      arena_.Reset();
      RETURN_IF_ERROR(opener.Open(row, &arena_, &pupil_));
      const v1::Comparison* old = pupil_.comparison;
      Compare(page);
      Count(now_, cursor);
      const bool says_nothing =
          now_.result().classes().empty() && now_.result().rows().empty() && now_.result().why_not().empty();
      const bool same = old != nullptr && old->area() == now_.area() &&
                        old->result().SerializeAsString() == now_.result().SerializeAsString();
      if (same || (old == nullptr && says_nothing)) {
        continue;
      }
      AddDifference(old, now_, differences.get(), cursor);
      RETURN_IF_ERROR(writer->Put(kComparisons, old, now_, "COMPARE").status());
    }
    *write = [run = std::string(feed::IdOfName(run_.name())), writer,
              differences](db::Transaction& tx) -> absl::Status {
      RETURN_IF_ERROR(InsertDifferences(tx, run, *differences));
      return writer->Write(tx).status();
    };
    return absl::OkStatus();
  }

 private:
  // Of `pupil_`, into `now_`.
  void Compare(const SealedPage& page) {
    const std::string& person = pupil_.copy.key.person;
    CensusPlace place = PlaceOn(pupil_.copy, page.schools, run_.county(), run_.dates().census);
    PlaceAtUniversity(pupil_.studies, run_.dates().census, &place);
    const bool merged = place.status == "MERGED";  // counts with the record that it became
    now_.Clear();
    now_.set_person(person);
    now_.set_term(run_.term().text());
    now_.set_name(absl::StrCat(run_.parent(), "/comparisons/", person, ".", now_.term()));
    now_.set_area(place.area);
    now_.set_stage(place.stage);
    now_.set_run(run_.name());
    // Somebody who moved away before the census date is compared in the new county, but for aid that this one gave.
    const bool elsewhere = place.status == "TRANSFERRED" && pupil_.aid.empty();
    if (!merged && !elsewhere) {
      auto* facts = google::protobuf::Arena::CreateMessage<v1::ComparisonFacts>(&arena_);
      ReadComparisonFacts(run_.parts().book, pupil_.copy, place, run_.dates(), pupil_.decision, pupil_.aid, facts);
      *now_.mutable_result() = ComparePerson(*facts);
      for (v1::ComparisonRow& row : *now_.mutable_result()->mutable_rows()) {
        averages_.Set(place.stage, &row);
      }
      AddCompliance(page, facts->decision());
    }
  }

  // Into `now_`, whose result is there.
  void AddCompliance(const SealedPage& page, const v1::EvaluateEntitlementResponse& decision) {
    v1::ComparisonResult& result = *now_.mutable_result();
    const v1::EvaluateComplianceResponse compliance = EvaluateCompliance(
        compliance_.rules(), compliance_.FactsOf(pupil_, page.schools, decision, now_.stage(), result));
    result.set_compliance(compliance.status());
    for (const v1::ComplianceFinding& finding : compliance.findings()) {
      if (finding.state() == v1::COMPLIANCE_STATE_MET) {
        continue;
      }
      *result.add_compliance_findings() = finding;
      for (v1::ComparisonRow& row : *result.mutable_rows()) {
        if (finding.state() == v1::COMPLIANCE_STATE_UNMET && row.should_be_aided() && Names(finding, row.item())) {
          row.add_unmet(finding.code());
        }
      }
    }
  }

  static void Count(const v1::Comparison& comparison, v1::RunCursor* cursor) {
    const v1::ComparisonResult& result = comparison.result();
    cursor->set_persons(cursor->persons() + 1);
    for (const int code : result.classes()) {
      ++(*cursor->mutable_classes())[Letter(code)];
    }
    bool should = false;
    for (const v1::ComparisonRow& row : result.rows()) {
      v1::RunItemTotal& total = (*cursor->mutable_items())[row.item()];
      total.set_persons(total.persons() + (row.should_be_aided() ? 1 : 0));
      total.set_covered(total.covered() + (row.covered() ? 1 : 0));
      total.set_amount_fen(total.amount_fen() + row.aided_fen());
      should |= row.should_be_aided();
      if (!row.average_item().empty()) {
        const std::string_view place = SchoolOf(comparison.area());
        const std::string school(place.substr(place.find('/') + 1));
        v1::AverageSum& sum = (*cursor->mutable_averages())[absl::StrCat(row.average_item(), "/", school)];
        sum.set_item(row.average_item());
        sum.set_school(school);
        AddToSum(row, &sum);
      }
    }
    cursor->set_entitled_persons(cursor->entitled_persons() + (should ? 1 : 0));
    CountStatus(result, cursor);
  }

  static void CountStatus(const v1::ComparisonResult& result, v1::RunCursor* cursor) {
    switch (result.compliance()) {
      case v1::COMPLIANCE_STATUS_ELIGIBLE_COMPLIANT:
        cursor->set_eligible_compliant(cursor->eligible_compliant() + 1);
        break;
      case v1::COMPLIANCE_STATUS_ELIGIBLE_NOT_COMPLIANT:
        cursor->set_eligible_not_compliant(cursor->eligible_not_compliant() + 1);
        break;
      case v1::COMPLIANCE_STATUS_NOT_ELIGIBLE:
        cursor->set_not_eligible(cursor->not_eligible() + 1);
        break;
      default:
        break;
    }
    for (const std::string& code : UnmetOf(result)) {
      ++(*cursor->mutable_unmet())[code];
    }
  }

  void AddDifference(const v1::Comparison* old, const v1::Comparison& now,
                     std::vector<std::pair<std::string, v1::PersonDifference>>* differences,
                     v1::RunCursor* cursor) const {
    if (!run_.has_previous()) {
      return;
    }
    v1::PersonDifference difference;
    difference.set_student(absl::StrCat(run_.parent(), "/students/", now.person()));
    for (const v1::RunDifference& line :
         CompareRuns(old == nullptr ? std::vector<RunLine>() : LinesOf(old->result()), LinesOf(now.result()))) {
      (line.change() == v1::RUN_CHANGE_NEW    ? difference.mutable_added()
       : line.change() == v1::RUN_CHANGE_GONE ? difference.mutable_gone()
                                              : difference.mutable_changed())
          ->Add(std::string(line.item()));
      difference.set_amount_change_fen(difference.amount_change_fen() + line.after_fen() - line.before_fen());
    }
    const bool moved = old != nullptr && AddComplianceChange(old->result(), now.result(), &difference);
    if (moved || difference.added_size() + difference.gone_size() + difference.changed_size() > 0) {
      differences->emplace_back(now.area(), std::move(difference));
      cursor->set_differences(cursor->differences() + 1);
    }
  }

  CountyRun& run_;
  const Averages& averages_;
  ComplianceReader compliance_;
  // Of one person after the other.
  std::array<char, 64 << 10> memory_;
  google::protobuf::Arena arena_{memory_.data(), memory_.size()};
  RunPupil pupil_;
  v1::Comparison now_;
};

// A comparison without an entitlement run would find every aid unfounded.
absl::Status CheckEntitlementRun(const RunParts& parts, const std::string& shard, const std::string& term) {
  ASSIGN_OR_RETURN(const auto sealer, parts.host.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const auto closed, parts.host.database.Read([&](db::Transaction& tx) {
    return FindRuns(tx, *sealer, shard, v1::RUN_KIND_ENTITLEMENT, term, v1::RUN_STATE_CLOSED);
  }));
  return closed.empty() ? Fail("ENTITLEMENT_RUN_MISSING", {{"term", term}}) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<ComplianceReader> CountyRun::NewComplianceReader() {
  ASSIGN_OR_RETURN(auto sealer, parts_.host.keys.SealerOf(shard()));
  return ComplianceReader::Create(parts_.compliance, parts_.host.database, std::move(sealer), shard(), term_,
                                  dates_.first_day, ComplianceOn());
}

absl::CivilDay CountyRun::ComplianceOn() const {
  return NearestDay(parts_.book.calendar(), term_, parts_.host.clock.Today());
}

void CountyRun::CountCompliance(v1::Run* closed) const {
  closed->set_eligible_compliant(cursor_.eligible_compliant());
  closed->set_eligible_not_compliant(cursor_.eligible_not_compliant());
  closed->set_not_eligible(cursor_.not_eligible());
  *closed->mutable_unmet() = cursor_.unmet();
  *closed->mutable_compliance_on() = DateOf(ComplianceOn());
}

// AVERAGE rows hold per school year (DR-19): this term together with the newest closed comparison of the other one.
absl::Status CountyRun::CheckSchoolYear(v1::Run* closed) {
  const std::map<std::string, v1::AverageSum> sums(cursor_.averages().begin(), cursor_.averages().end());
  closed->clear_average_sums();
  for (const auto& [key, sum] : sums) {
    *closed->add_average_sums() = sum;
  }
  const Term other = term_.season == Season::kAutumn ? term_.Next() : term_.Previous();
  ASSIGN_OR_RETURN(const auto others, parts_.host.database.Read([&](db::Transaction& tx) {
    return FindRuns(tx, *sealer_, shard(), v1::RUN_KIND_COMPARISON, other.text(), v1::RUN_STATE_CLOSED);
  }));
  std::vector<v1::AverageSum> year(closed->average_sums().begin(), closed->average_sums().end());
  std::vector<Term> terms = {term_};
  if (!others.empty()) {
    terms.push_back(other);
    year.insert(year.end(), others.front().average_sums().begin(), others.front().average_sums().end());
  }
  ASSIGN_OR_RETURN(const Averages averages, Averages::Of(parts_.book, term_));
  ASSIGN_OR_RETURN(const auto allotted, parts_.host.database.Read([&](db::Transaction& tx) {
    return AllottedOf(tx, shard(), parts_.book, averages, terms);
  }));
  const std::vector<v1::AverageCheck> checks = averages.Check(year, allotted);
  closed->mutable_averages()->Assign(checks.begin(), checks.end());
  return absl::OkStatus();
}

absl::StatusOr<std::string> RunComparison(const RunParts& parts, db::JobContext& context) {
  v1::RunPlan plan;
  if (!plan.ParseFromString(context.job().input)) {
    return absl::DataLossError("the input of a run does not parse");
  }
  if (context.job().shard.starts_with('p')) {
    return RunProvince(parts, context, plan);
  }
  ASSIGN_OR_RETURN(const Term term, ParseTerm(plan.term()));
  RETURN_IF_ERROR(CheckEntitlementRun(parts, context.job().shard, plan.term()));
  CountyRun run(parts, context, plan, term);
  ASSIGN_OR_RETURN(const Averages averages, Averages::Of(parts.book, term));
  ASSIGN_OR_RETURN(auto compliance, run.NewComplianceReader());
  ComparisonPages pages(run, averages, std::move(compliance));
  return run.Go(true, [&](const auto&... page) { return pages.Page(page...); });
}

}  // namespace ruraledu::student_aid
