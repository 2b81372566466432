#include "services/student_aid/mirror_policy_rules.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/domain/data_table.h"
#include "services/student_aid/mirror_rules.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kLayouts = "mirror_layouts.csv";
constexpr std::string_view kColumns = "mirror_columns.csv";
constexpr std::string_view kProjects = "mirror_projects.csv";

std::string NameOf(const DataTable& table, size_t row) {
  return absl::StrCat("mirrorLayouts/", table.Get(row, "layout"), "@", table.Get(row, "version"));
}

std::string_view CodeOf(const v1::MirrorLayout& layout) {
  const std::string_view name = layout.name();
  return name.substr(0, name.find('@'));
}

bool Overlap(const v1::MirrorLayout& a, const v1::MirrorLayout& b) {
  const auto begins = [](const v1::MirrorLayout& one, const v1::MirrorLayout& other) {
    return other.until_term().empty() || *ParseTerm(one.from_term()) <= *ParseTerm(other.until_term());
  };
  return CodeOf(a) == CodeOf(b) && begins(a, b) && begins(b, a);
}

absl::Status ReadLayouts(const DataTable& table, std::vector<v1::MirrorLayout>* layouts) {
  for (size_t row = 0; row < table.size(); ++row) {
    v1::MirrorLayout layout;
    layout.set_name(NameOf(table, row));
    layout.set_label_zh(std::string(table.Get(row, "label_zh")));
    layout.set_from_term(std::string(table.Get(row, "from_term")));
    layout.set_until_term(std::string(table.Get(row, "until_term")));
    int version = 0;
    if (!absl::SimpleAtoi(table.Get(row, "version"), &version) || version < 1 || table.Get(row, "layout").empty() ||
        layout.label_zh().empty() || table.Get(row, "source").empty()) {
      return table.Error(row, "a layout needs a code, a version from 1, a label and a source");
    }
    const auto from = ParseTerm(layout.from_term());
    const auto until = layout.until_term().empty() ? from : ParseTerm(layout.until_term());
    if (!from.ok() || !until.ok() || *until < *from) {
      return table.Error(row, "from_term and until_term are terms in order");
    }
    if (std::any_of(layouts->begin(), layouts->end(), [&](const auto& one) { return Overlap(one, layout); })) {
      return table.Error(row, "two versions of the layout hold in one term");
    }
    layouts->push_back(std::move(layout));
  }
  return absl::OkStatus();
}

// The layout of a row: DATA_FILE when there is none, or the row has no source.
absl::StatusOr<v1::MirrorLayout*> LayoutOf(const DataTable& table, size_t row, std::vector<v1::MirrorLayout>* layouts) {
  const auto found = std::find_if(layouts->begin(), layouts->end(),
                                  [&](const v1::MirrorLayout& one) { return one.name() == NameOf(table, row); });
  if (found == layouts->end() || table.Get(row, "source").empty()) {
    return table.Error(row, "a row needs a layout that is there, and a source");
  }
  return &*found;
}

absl::Status CheckColumn(const DataTable& table, size_t row, const v1::MirrorColumn& column, const CodeLists& lists) {
  if (column.fact() != kUnknownFact && !IsMirrorFact(column.fact())) {
    return table.Error(row, "a fact that nobody makes");
  }
  if (!IsMirrorFormat(column.format())) {
    return table.Error(row, "format is TEXT, LABEL, YUAN, DAY, DAY8 or NUMBER");
  }
  const bool label = column.format() == "LABEL";
  if (label != !column.code_list().empty() || (label && lists.Find(column.code_list()) == nullptr)) {
    return table.Error(row, "LABEL, and nothing else, has a code list that is there");
  }
  return absl::OkStatus();
}

absl::Status ReadColumns(const DataTable& table, const CodeLists& lists, std::vector<v1::MirrorLayout>* layouts) {
  for (size_t row = 0; row < table.size(); ++row) {
    ASSIGN_OR_RETURN(v1::MirrorLayout* const layout, LayoutOf(table, row, layouts));
    v1::MirrorColumn column;
    column.set_heading(std::string(table.Get(row, "heading")));
    column.set_fact(std::string(table.Get(row, "fact")));
    column.set_format(std::string(table.Get(row, "format")));
    column.set_code_list(std::string(table.Get(row, "code_list")));
    column.set_source(std::string(table.Get(row, "source")));
    RETURN_IF_ERROR(CheckColumn(table, row, column, lists));
    const auto& columns = layout->columns();
    if (table.Get(row, "position") != absl::StrCat(columns.size() + 1)) {
      return table.Error(row, "positions count from 1 without a gap");
    }
    if (column.heading().empty() || std::any_of(columns.begin(), columns.end(), [&](const auto& other) {
          return other.heading() == column.heading();
        })) {
      return table.Error(row, "a heading is empty or stands twice");
    }
    *layout->add_columns() = std::move(column);
  }
  return absl::OkStatus();
}

absl::Status ReadProjects(const DataTable& table, const CodeLists& lists, std::vector<v1::MirrorLayout>* layouts) {
  const CodeList* stages = lists.Find("stage");
  for (size_t row = 0; row < table.size(); ++row) {
    ASSIGN_OR_RETURN(v1::MirrorLayout* const layout, LayoutOf(table, row, layouts));
    const auto family = EnumOf<v1::BenefitFamily>(table.Get(row, "family")).value_or(v1::BENEFIT_FAMILY_UNSPECIFIED);
    const std::string stage(table.Get(row, "stage"));
    if (family == v1::BENEFIT_FAMILY_UNSPECIFIED || stages == nullptr || stages->Find(stage) == nullptr ||
        table.Get(row, "project").empty()) {
      return table.Error(row, "a project needs a benefit family, a stage and a name");
    }
    if (!ProjectOf(*layout, family, stage).empty()) {
      return table.Error(row, "the family and stage stand twice");
    }
    v1::MirrorProject* project = layout->add_projects();
    project->set_family(family);
    project->set_stage(stage);
    project->set_project(std::string(table.Get(row, "project")));
    project->set_source(std::string(table.Get(row, "source")));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MirrorBook> MirrorBook::Create(const MirrorFiles& files, CodeLists lists) {
  MirrorBook book;
  book.lists_ = std::move(lists);
  ASSIGN_OR_RETURN(const DataTable layouts,
                   DataTable::Parse(kLayouts, files.layouts,
                                    {"layout", "version", "label_zh", "from_term", "until_term", "source"}));
  RETURN_IF_ERROR(ReadLayouts(layouts, &book.layouts_));
  ASSIGN_OR_RETURN(const DataTable columns, DataTable::Parse(kColumns, files.columns,
                                                             {"layout", "version", "position", "heading", "fact",
                                                              "format", "code_list", "source"}));
  RETURN_IF_ERROR(ReadColumns(columns, book.lists_, &book.layouts_));
  ASSIGN_OR_RETURN(
      const DataTable projects,
      DataTable::Parse(kProjects, files.projects, {"layout", "version", "family", "stage", "project", "source"}));
  RETURN_IF_ERROR(ReadProjects(projects, book.lists_, &book.layouts_));
  for (size_t row = 0; row < layouts.size(); ++row) {
    if (book.layouts_[row].columns().empty() || book.layouts_[row].projects().empty()) {
      return layouts.Error(row, "a layout has columns and projects");
    }
  }
  std::sort(book.layouts_.begin(), book.layouts_.end(),
            [](const v1::MirrorLayout& a, const v1::MirrorLayout& b) { return a.name() < b.name(); });
  return book;
}

const v1::MirrorLayout* MirrorBook::Find(std::string_view name) const {
  const auto found =
      std::find_if(layouts_.begin(), layouts_.end(), [&](const v1::MirrorLayout& one) { return one.name() == name; });
  return found == layouts_.end() ? nullptr : &*found;
}

std::string MirrorBook::LabelOf(std::string_view list, std::string_view code) const {
  const CodeList* codes = lists_.Find(list);
  const CodeEntry* entry = codes == nullptr ? nullptr : codes->Find(code);
  return entry == nullptr ? std::string(code) : entry->label_zh;
}

bool HoldsIn(const v1::MirrorLayout& layout, const Term& term) {
  return *ParseTerm(layout.from_term()) <= term &&
         (layout.until_term().empty() || term <= *ParseTerm(layout.until_term()));
}

std::string ProjectOf(const v1::MirrorLayout& layout, v1::BenefitFamily family, std::string_view stage) {
  const auto& all = layout.projects();
  const auto found = std::find_if(all.begin(), all.end(), [&](const v1::MirrorProject& one) {
    return one.family() == family && one.stage() == stage;
  });
  return found == all.end() ? "" : found->project();
}

bool HasProject(const v1::MirrorLayout& layout, std::string_view project) {
  const auto& all = layout.projects();
  return std::any_of(all.begin(), all.end(), [&](const v1::MirrorProject& one) { return one.project() == project; });
}

bool HasStage(const v1::MirrorLayout& layout, std::string_view stage) {
  const auto& all = layout.projects();
  return std::any_of(all.begin(), all.end(), [&](const v1::MirrorProject& one) { return one.stage() == stage; });
}

}  // namespace ruraledu::student_aid
