// Layouts of the national aid system as data, dated, with sources. What nobody knows is written as UNKNOWN.
//
//   <policies>/student_aid/mirror_layouts.csv   layout,version,label_zh,from_term,until_term,source
//   <policies>/student_aid/mirror_columns.csv   layout,version,position,heading,fact,format,code_list,source
//   <policies>/student_aid/mirror_projects.csv  layout,version,family,stage,project,source
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/code_list.h"
#include "common/domain/school_year.h"
#include "ruraledu/student_aid/v1/mirror.pb.h"

namespace ruraledu::student_aid {

inline constexpr std::string_view kUnknownFact = "UNKNOWN";

struct MirrorFiles {
  std::string layouts, columns, projects;
};

// The layouts of a deployment. Immutable; safe for many threads.
class MirrorBook {
 public:
  // DATA_FILE with the line for: a version below 1; terms out of order; a row without source; a layout that stands
  // twice, or of which two versions hold in one term; positions with a gap, a heading twice; a fact or format that
  // nobody makes, LABEL without a code list that is there; a family or stage that is none, or twice in a layout; a
  // layout without columns or projects.
  static absl::StatusOr<MirrorBook> Create(const MirrorFiles& files, CodeLists lists);

  // In order of name; without digests.
  absl::Span<const v1::MirrorLayout> layouts() const { return layouts_; }
  // nullptr when there is none of that name.
  const v1::MirrorLayout* Find(std::string_view name) const;
  // Chinese label of a code of a list, whenever it held; the code when there is none.
  std::string LabelOf(std::string_view list, std::string_view code) const;
  const CodeLists& lists() const { return lists_; }
  // Sets the digests, which are made outside of rules.
  std::vector<v1::MirrorLayout>& mutable_layouts() { return layouts_; }

 private:
  std::vector<v1::MirrorLayout> layouts_;
  CodeLists lists_;
};

bool HoldsIn(const v1::MirrorLayout& layout, const Term& term);
// How the layout calls aid of a family at a stage, "" when it has no place.
std::string ProjectOf(const v1::MirrorLayout& layout, v1::BenefitFamily family, std::string_view stage);
// Whether the layout has a project of that name.
bool HasProject(const v1::MirrorLayout& layout, std::string_view project);
// Whether the layout is about pupils of a stage.
bool HasStage(const v1::MirrorLayout& layout, std::string_view stage);

}  // namespace ruraledu::student_aid
