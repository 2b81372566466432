#include "services/dropout_monitoring/tables.h"

#include <algorithm>

#include "common/rpc/file_methods.h"
#include "ruraledu/dropout_monitoring/v1/case.pb.h"
#include "ruraledu/dropout_monitoring/v1/responsibility.pb.h"
#include "ruraledu/dropout_monitoring/v1/zero_report.pb.h"
#include "services/dropout_monitoring/case_tables.h"

namespace ruraledu::dropout_monitoring {

const feed::RootTable kPupils{"pupil", "students", {}, nullptr};
const feed::RootTable kSchools{"school", "schools", {}, nullptr};
const feed::RootTable kClasses{"class", "classes", {}, nullptr};
const feed::RootTable kHouseholds{"household", "households", {}, nullptr};

namespace {

template <typename M>
google::protobuf::Message* Make() {
  return new M;
}

// Own roots, with an empty message of each.
struct OwnRoot {
  const feed::RootTable* table;
  google::protobuf::Message* (*make)();
};
constexpr OwnRoot kOwnRoots[] = {
    // Cases, responsibilities, reports, reviews.
    {&kCases, Make<v1::Case>},
    {&kMechanisms, Make<v1::Mechanism>},
    {&kResponsibilities, Make<v1::Responsibility>},
    {&kReviews, Make<v1::Review>},
    {&kZeroReports, Make<v1::ZeroReport>},
    {&rpc::kFiles, Make<ruraledu::files::v1::File>},
};

}  // namespace

absl::Span<const feed::RootTable* const> OwnRoots() {
  static const auto* const all = [] {
    auto* tables = new std::vector<const feed::RootTable*>;
    for (const OwnRoot& root : kOwnRoots) {
      tables->push_back(root.table);
    }
    return tables;
  }();
  return *all;
}

google::protobuf::Message* NewRoot(const feed::RootTable& table) {
  const auto* const found =
      std::find_if(std::begin(kOwnRoots), std::end(kOwnRoots), [&](const auto& root) { return root.table == &table; });
  return found->make();
}

std::vector<feed::ResealStep> ResealSteps() {
  std::vector<feed::ResealStep> steps;
  for (const feed::RootTable* table : OwnRoots()) {
    if (table != &rpc::kFiles) {  // has steps of its own
      steps.push_back(feed::ResealRoots(*table));
    }
  }
  for (const feed::RootTable* table : {&kPupils, &kSchools, &kClasses, &kHouseholds}) {
    steps.push_back(feed::ResealRoots(*table));
  }
  for (feed::ResealStep& step : rpc::FileResealSteps()) {
    steps.push_back(std::move(step));
  }
  steps.push_back(feed::ResealJournal());
  return steps;
}

}  // namespace ruraledu::dropout_monitoring
