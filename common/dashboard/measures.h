// What a service counts: a table of measures, and per kind of root what one root adds to them.
//
// A counter is the sum of the contributions of all present roots of its shard, so a change of a root is: minus what it
// contributed before, plus what it contributes after. Measures that are not derived from roots (results of runs) are
// changed by AddDeltas (counters.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "common/domain/area.h"
#include "common/feed/root.h"
#include "google/protobuf/message.h"

namespace ruraledu::dashboard {

enum class MeasureKind {
  kFlow,   // adds up within its period: a term, a year, a month
  kStock,  // a level; "now" until the job open_period keeps it under the name of the period that ended
};

struct Measure {
  std::string_view id;  // "pupils"; string literals: tables outlive everything
  MeasureKind kind = MeasureKind::kStock;
  Spine spine = Spine::kSchool;     // how its areas are written (common/domain/area.h)
  std::string_view unit;            // "person", "fen", "item"
  std::string_view dimension = "";  // what its codes mean: "item", "stage"; "" when it has none
  bool from_roots = true;           // false: changed by AddDeltas only, left alone by a rebuild
};

// What a root contributes goes in here. Sums by (measure, area, period, code).
class Contributions {
 public:
  struct KeyView {
    const Measure* measure;
    std::string_view area, period, code;
    bool operator==(const KeyView&) const = default;
  };
  struct Key {
    const Measure* measure;
    std::string area, period, code;
    operator KeyView() const { return {measure, area, period, code}; }  // so that a key is found without a copy
  };
  struct KeyHash {
    using is_transparent = void;
    size_t operator()(const KeyView& key) const { return absl::HashOf(key.measure, key.area, key.period, key.code); }
  };
  struct KeyEqual {
    using is_transparent = void;
    bool operator()(const KeyView& a, const KeyView& b) const { return a == b; }
  };
  using Sums = absl::flat_hash_map<Key, int64_t, KeyHash, KeyEqual>;

  explicit Contributions(const class MeasureBook& book) : book_(book) {}

  // `area`: any area or village text of the shard's own county, down to the class; kept down to the school. `period` is
  // ignored for a STOCK and needed for a FLOW. An unknown measure aborts: a mistake in the service's table.
  void Add(std::string_view measure, std::string_view area, std::string_view period, std::string_view code = "",
           int64_t value = 1);
  // What is added from now on counts `sign` times: -1 while the before-image contributes.
  void set_sign(int64_t sign) { sign_ = sign; }

  const Sums& sums() const { return sums_; }
  // The first area that has no county, "" when all have one.
  const std::string& bad_area() const { return bad_area_; }

 private:
  const MeasureBook& book_;
  int64_t sign_ = 1;
  Sums sums_;
  std::string bad_area_;
};

// What one kind of root adds. Pure; called with both images in full (personal fields included).
struct Contributor {
  const feed::RootTable* table;
  const google::protobuf::Message* prototype;  // &v1::Student::default_instance()
  std::function<void(const google::protobuf::Message& root, Contributions& to)> contribute;
};

// Contributor of a typed root: Of<v1::Student>(kStudents, [](const v1::Student& s, Contributions& to) { ... }).
template <typename M, typename F>
Contributor ContributorOf(const feed::RootTable& table, F contribute) {
  return {&table, &M::default_instance(), [contribute](const google::protobuf::Message& root, Contributions& to) {
            contribute(static_cast<const M&>(root), to);
          }};
}

// The measures of one service. Immutable.
class MeasureBook {
 public:
  // Aborts on a measure declared twice.
  MeasureBook(std::vector<Measure> measures, std::vector<Contributor> contributors);
  MeasureBook(const MeasureBook&) = delete;
  MeasureBook& operator=(const MeasureBook&) = delete;

  const Measure* Find(std::string_view id) const;  // nullptr when there is none
  absl::Span<const Measure> measures() const { return measures_; }
  absl::Span<const Contributor> contributors() const { return contributors_; }
  // Adds what `root` of `table` contributes; nothing when the table has no contributor.
  void Contribute(const feed::RootTable& table, const google::protobuf::Message& root, Contributions& to) const;

 private:
  const std::vector<Measure> measures_;
  const std::vector<Contributor> contributors_;
  absl::flat_hash_map<std::string_view, const Measure*> by_id_;
  absl::flat_hash_map<std::string_view, std::vector<const Contributor*>> by_table_;
};

}  // namespace ruraledu::dashboard
