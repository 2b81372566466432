#include "common/dashboard/measures.h"

#include <cstdio>
#include <cstdlib>

namespace ruraledu::dashboard {
namespace {

[[noreturn]] void Mistake(std::string_view what, std::string_view measure) {
  std::fprintf(stderr, "dashboard: %.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(measure.size()), measure.data());
  std::abort();
}

}  // namespace

void Contributions::Add(std::string_view measure, std::string_view area, std::string_view period, std::string_view code,
                        int64_t value) {
  const Measure* found = book_.Find(measure);
  if (found == nullptr) {
    Mistake("unknown measure", measure);
  }
  const bool stock = found->kind == MeasureKind::kStock;
  if (!stock && period.empty()) {
    Mistake("a flow needs its period", measure);
  }
  std::string_view place = SchoolOf(area);
  place = place.empty() ? TownshipOf(area) : place;
  place = place.empty() ? CountyOf(area) : place;
  if (place.empty()) {
    bad_area_ = bad_area_.empty() ? std::string(area) + " " : bad_area_;
    return;
  }
  const KeyView key{found, place, stock ? "" : period, code};
  auto sum = sums_.find(key);
  if (sum == sums_.end()) {
    sum = sums_.emplace(Key{found, std::string(place), std::string(key.period), std::string(code)}, 0).first;
  }
  sum->second += sign_ * value;
}

MeasureBook::MeasureBook(std::vector<Measure> measures, std::vector<Contributor> contributors)
    : measures_(std::move(measures)), contributors_(std::move(contributors)) {
  for (const Measure& measure : measures_) {
    if (!by_id_.emplace(measure.id, &measure).second) {
      Mistake("measure declared twice", measure.id);
    }
  }
  for (const Contributor& contributor : contributors_) {
    by_table_[contributor.table->table].push_back(&contributor);
  }
}

const Measure* MeasureBook::Find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

void MeasureBook::Contribute(const feed::RootTable& table, const google::protobuf::Message& root,
                             Contributions& to) const {
  if (const auto found = by_table_.find(table.table); found != by_table_.end()) {
    for (const Contributor* contributor : found->second) {
      contributor->contribute(root, to);
    }
  }
}

}  // namespace ruraledu::dashboard
