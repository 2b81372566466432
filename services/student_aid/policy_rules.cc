#include "services/student_aid/policy_rules.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kStages[] = {"PRE", "PRI", "JUN", "HS", "VOC", "COL", "UG", "MA", "PHD", "SPE"};

// Grades of a stage: an optional letter, then a number between first and last; study year = number - first + 1.
struct GradeForm {
  std::string_view letter;
  int first, last;
};
constexpr GradeForm kGrades[] = {{"P", 1, 3}, {"", 1, 6}, {"", 7, 9}, {"", 10, 12}, {"V", 1, 3},
                                 {"", 1, 8},  {"", 1, 8}, {"", 1, 8}, {"", 1, 8},   {"", 1, 12}};

constexpr ConditionInfo kConditions[] = {
    {"FULL_TIME_FORMAL", "NOT_FULL_TIME_FORMAL", "for full-time students with formal registration", "限全日制正式学籍"},
    {"PART_TIME", "NOT_PART_TIME", "for part-time students", "限非全日制"},
    {"IN_PROVINCE", "NOT_IN_PROVINCE", "for students of schools inside the province", "限省内就读"},
    {"OUT_OF_PROVINCE", "NOT_OUT_OF_PROVINCE", "for students of schools outside the province", "限省外就读"},
    {"KINDERGARTEN_APPROVED", "KINDERGARTEN_NOT_APPROVED", "for children in approved kindergartens",
     "限经审批的幼儿园"},
    {"KINDERGARTEN_INCLUSIVE", "KINDERGARTEN_NOT_INCLUSIVE", "these kinds: for children in inclusive kindergartens",
     "限普惠性幼儿园"},
    {"AGRICULTURE_MAJOR", "NOT_AGRICULTURE_MAJOR", "for majors of agriculture", "限涉农专业"},
    {"NOT_PERFORMING_ARTS", "PERFORMING_ARTS", "performing-arts majors other than opera are left out",
     "艺术类表演专业（戏曲表演除外）不享受"},
    {"RURAL_HOUSEHOLD", "NOT_RURAL_HOUSEHOLD", "for rural household registration", "限农村户籍"},
    {"MINORITY_AREA", "NOT_MINORITY_AREA", "for schools in minority areas", "限民族地区学校"},
    {"FORMER_POOR_AREA", "NOT_FORMER_POOR_AREA", "for homes in the 11 former contiguous poor areas",
     "限原集中连片特困地区"},
    {"SCHOOL_PUBLIC", "SCHOOL_NOT_PUBLIC", "for public schools", "限公办学校"},
    {"DISCHARGED_SOLDIER", "NOT_DISCHARGED_SOLDIER", "for discharged soldiers", "限退役士兵"},
    {"CENTRAL_UNIVERSITY", "NOT_CENTRAL_UNIVERSITY", "for central universities", "限中央高校"},
    {"FRESHMAN", "NOT_FRESHMAN", "once per admission, in the autumn of admission (2.4)",
     "限当年入学新生，每次录取一次"},
    {"SELECTED", "NOT_SELECTED", "for those selected in the school year", "限当学年评选入围"},
    {"SPECIAL_EDUCATION", "NOT_SPECIAL_EDUCATION", "for special schools and inclusive classes (NX-2.7a)",
     "限特教学校和随班就读"},
};

// Keeps the first error of the text format parser.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber, const std::string& message) override {
    if (problem.empty()) {
      this->line = line + 1;
      problem = message;
    }
  }
  int line = 0;
  std::string problem;
};

Term TermOrAbort(std::string_view text) {
  return ParseTerm(text).value();
}

// Whether the set has something in force in the term, see PolicyBook::InForce.
bool HoldsIn(const v1::PolicySet& set, const Term& term) {
  if (SpanOf(set).Contains(term)) return true;
  return std::any_of(set.items().begin(), set.items().end(), [&](const auto& item) {
    return !item.from_term().empty() && term < SpanOf(set).from && SpanOf(set, item).Contains(term);
  });
}

// Of two versions that hold in the term: the later one, once its own first term has come.
bool Supersedes(const v1::PolicySet& set, const v1::PolicySet& present, const Term& term) {
  const bool begun = SpanOf(set).from <= term, other_begun = SpanOf(present).from <= term;
  return begun != other_begun ? begun : set.version() > present.version();
}

}  // namespace

absl::Span<const std::string_view> Stages() {
  return kStages;
}

int StageIndex(std::string_view code) {
  for (size_t i = 0; i < std::size(kStages); ++i) {
    if (kStages[i] == code) return static_cast<int>(i);
  }
  return -1;
}

int StudyYear(int stage, std::string_view grade) {
  const GradeForm& form = kGrades[stage];
  if (grade.substr(0, form.letter.size()) != form.letter) return 0;
  grade.remove_prefix(form.letter.size());
  int number = 0;
  for (char c : grade) {
    if (c < '0' || c > '9' || number > 12) return 0;
    number = number * 10 + (c - '0');
  }
  if (grade.empty() || grade[0] == '0') return 0;
  return number < form.first || number > form.last ? 0 : number - form.first + 1;
}

absl::Span<const ConditionInfo> Conditions() {
  return kConditions;
}

int ConditionIndex(std::string_view name) {
  for (size_t i = 0; i < std::size(kConditions); ++i) {
    if (kConditions[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

TermSpan SpanOf(const v1::PolicySet& set) {
  TermSpan span{TermOrAbort(set.from_term()), std::nullopt};
  if (!set.until_term().empty()) span.until = TermOrAbort(set.until_term());
  return span;
}

TermSpan SpanOf(const v1::PolicySet& set, const v1::PolicyItem& item) {
  TermSpan span = SpanOf(set);
  if (!item.from_term().empty()) span.from = TermOrAbort(item.from_term());
  if (!item.until_term().empty()) {
    const Term until = TermOrAbort(item.until_term());
    span.until = span.until ? std::min(*span.until, until) : until;
  }
  return span;
}

bool HasMark(const v1::PolicyItem& item, v1::StandardMark mark) {
  return std::find(item.marks().begin(), item.marks().end(), mark) != item.marks().end();
}

absl::StatusOr<v1::PolicySet> ParsePolicySet(std::string_view name, std::string_view text, std::string_view digest) {
  v1::PolicySet set;
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(std::string(text), &set)) {
    return Fail("POLICY_TEXT", {{"name", name}, {"line", absl::StrCat(error.line)}, {"problem", error.problem}});
  }
  set.set_digest(std::string(digest));
  return set;
}

absl::StatusOr<PolicyBook> PolicyBook::Create(std::vector<v1::PolicySet> sets, TermCalendar calendar, RegionPath path,
                                              PoorAreas poor_areas) {
  PolicyBook book(std::move(calendar));
  ASSIGN_OR_RETURN(book.findings_, CheckPolicySets(sets));
  book.sets_ = std::move(sets);
  book.path_ = std::move(path);
  book.poor_areas_ = std::move(poor_areas);
  for (const v1::PolicySet& set : book.sets_) {
    for (const std::string& kind : set.kind_rank()) {
      if (book.KindIndex(kind) < 0) book.kinds_.push_back(kind);
    }
    for (const v1::PolicyItem& item : set.items()) book.families_.emplace(item.code(), item.family());
  }
  if (book.kinds_.size() > 64) return Fail("POLICY_ROW", {{"problem", "more than 64 kinds"}});
  for (const v1::PolicySet& set : book.sets_) book.monitored_ |= book.KindMask(set.monitored_kinds());
  return book;
}

const v1::PolicySet* PolicyBook::Find(std::string_view name) const {
  for (const v1::PolicySet& set : sets_) {
    if (set.name() == name) return &set;
  }
  return nullptr;
}

std::vector<const v1::PolicySet*> PolicyBook::InForce(std::string_view region, const Term& term,
                                                      absl::Span<const std::string> names) const {
  std::vector<std::string> path = path_(region);
  path.emplace_back();  // the nation
  std::vector<const v1::PolicySet*> in_force;
  for (const std::string& code : path) {
    const size_t first = in_force.size();
    for (const v1::PolicySet& set : sets_) {
      if (set.region_code() != code || !HoldsIn(set, term)) continue;
      if (!names.empty()) {
        if (std::find(names.begin(), names.end(), set.name()) != names.end()) in_force.push_back(&set);
        continue;
      }
      const auto other = std::find_if(in_force.begin() + first, in_force.end(), [&](const v1::PolicySet* present) {
        return present->jurisdiction() == set.jurisdiction();
      });
      if (other == in_force.end()) {
        in_force.push_back(&set);
      } else if (Supersedes(set, **other, term)) {
        *other = &set;
      }
    }
  }
  return in_force;
}

v1::BenefitFamily PolicyBook::FamilyOf(std::string_view item) const {
  const auto found = families_.find(item);
  return found == families_.end() ? v1::BENEFIT_FAMILY_UNSPECIFIED : found->second;
}

int PolicyBook::KindIndex(std::string_view kind) const {
  for (size_t i = 0; i < kinds_.size(); ++i) {
    if (kinds_[i] == kind) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace ruraledu::student_aid
