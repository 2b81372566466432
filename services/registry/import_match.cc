// Possible duplicates of the students that a roster made. Pairs share a block: birth date (or day and month changed)
// and first syllable of the name. The blocks are built in memory once, some tens of bytes per pupil, instead of one
// question to the database per new student: those of the whole county, or of the birth dates in a small file, so that a
// county that comes in hundreds of files is not read hundreds of times.
#include <algorithm>
#include <map>
#include <set>

#include "absl/algorithm/container.h"
#include "absl/hash/hash.h"
#include "services/registry/import_jobs.h"

namespace ruraledu::registry {
namespace {

constexpr int64_t kPage = 10'000;
constexpr size_t kPairs = 200;  // of one transaction
constexpr size_t kFew = 2'000;  // new students, whose birth dates are fewer than the county's

// The part of a sort key before the first tone: the first syllable.
std::string_view BlockOf(std::string_view sort_key) {
  return sort_key.substr(0, sort_key.find_first_of("012345"));
}

class MatchBlocks {
 public:
  struct Pair {
    int64_t line;  // of the new student
    std::string student, other;
  };

  // `fresh`: the new students, by id, and the line that each came with.
  static absl::StatusOr<MatchBlocks> Load(db::Database& database, const std::string& shard,
                                          const std::map<std::string, int64_t>& fresh) {
    MatchBlocks blocks;
    RETURN_IF_ERROR(fresh.size() > kFew ? blocks.ReadCounty(database, shard)
                                        : blocks.ReadBirthsOf(database, shard, fresh));
    for (uint32_t i = 0; i < blocks.persons_.size(); ++i) {
      blocks.order_.push_back(i);
    }
    absl::c_sort(blocks.order_, [&](uint32_t a, uint32_t b) {
      return std::tuple(blocks.persons_[a].birth, blocks.persons_[a].block, a) <
             std::tuple(blocks.persons_[b].birth, blocks.persons_[b].block, b);
    });
    for (const auto& [id, line] : fresh) {
      blocks.MarkNew(id, line);
    }
    return blocks;
  }

  // Pairs with a new student whose names are alike enough to be looked at, in the order of the new student's line.
  std::vector<Pair> Pairs(const NameRules& names, int name_floor) const {
    std::vector<Pair> pairs;
    for (size_t from = 0; from < order_.size();) {
      const size_t to = EndOf(from);
      const std::vector<Named> here = Prepare(names, from, to);
      for (size_t i = 0; i < here.size(); ++i) {
        for (size_t j = i + 1; j < here.size(); ++j) {
          Compare(names, name_floor, here[i], here[j], &pairs);
        }
      }
      CompareSwapped(names, name_floor, here, &pairs);
      from = to;
    }
    absl::c_sort(pairs, [](const Pair& a, const Pair& b) {
      return std::tie(a.line, a.student, a.other) < std::tie(b.line, b.student, b.other);
    });
    return pairs;
  }

 private:
  absl::Status ReadCounty(db::Database& database, const std::string& shard) {
    for (std::string after;;) {
      ASSIGN_OR_RETURN(const auto rows,
                       database.Read([&](db::Transaction& tx) { return MatchRows(tx, shard, after, kPage); }));
      if (rows.empty()) {
        return absl::OkStatus();
      }
      after = rows.back().id;
      absl::c_for_each(rows, [&](const MatchRow& row) { Add(row); });
    }
  }

  absl::Status ReadBirthsOf(db::Database& database, const std::string& shard,
                            const std::map<std::string, int64_t>& fresh) {
    std::vector<std::string> ids;
    for (const auto& [id, line] : fresh) {
      ids.push_back(id);
    }
    ASSIGN_OR_RETURN(const auto births, database.Read([&](db::Transaction& tx) { return BirthsOf(tx, shard, ids); }));
    std::set<absl::CivilDay> days;
    for (const absl::CivilDay birth : births) {
      const auto blocks = BirthBlocks(birth);
      days.insert(blocks.begin(), blocks.end());
    }
    ASSIGN_OR_RETURN(const auto rows,
                     database.Read([&](db::Transaction& tx) { return MatchRowsOfBirths(tx, shard, days); }));
    absl::c_for_each(rows, [&](const MatchRow& row) { Add(row); });
    return absl::OkStatus();
  }

  void MarkNew(std::string_view id, int64_t line) {
    const auto found =
        std::lower_bound(persons_.begin(), persons_.end(), id,
                         [&](const Person& person, std::string_view wanted) { return Id(person) < wanted; });
    if (found != persons_.end() && Id(*found) == id) {
      found->line = line;
    }
  }

  struct Person {
    int64_t line = 0;   // 0: was here before
    uint32_t text = 0;  // where id and name begin
    int32_t birth = 0;
    uint32_t block = 0;
    uint16_t id_bytes = 0, name_bytes = 0;
  };
  struct Named {
    const Person* person;
    PreparedName name;
  };

  void Add(const MatchRow& row) {
    persons_.push_back({.text = static_cast<uint32_t>(texts_.size()),
                        .birth = static_cast<int32_t>(row.birth - absl::CivilDay()),
                        .block = static_cast<uint32_t>(absl::HashOf(BlockOf(row.sort_key))),
                        .id_bytes = static_cast<uint16_t>(row.id.size()),
                        .name_bytes = static_cast<uint16_t>(row.display_name.size())});
    texts_ += row.id;
    texts_ += row.display_name;
  }
  std::string_view Id(const Person& person) const {
    return std::string_view(texts_).substr(person.text, person.id_bytes);
  }
  std::string_view Name(const Person& person) const {
    return std::string_view(texts_).substr(person.text + person.id_bytes, person.name_bytes);
  }
  const Person& At(size_t place) const { return persons_[order_[place]]; }

  size_t EndOf(size_t from) const {
    size_t to = from + 1;
    while (to < order_.size() && At(to).birth == At(from).birth && At(to).block == At(from).block) {
      ++to;
    }
    return to;
  }
  std::vector<Named> Prepare(const NameRules& names, size_t from, size_t to) const {
    std::vector<Named> prepared;
    for (size_t place = from; place < to; ++place) {
      prepared.push_back({&At(place), names.Prepare(Name(At(place)))});
    }
    return prepared;
  }
  void Compare(const NameRules& names, int name_floor, const Named& a, const Named& b, std::vector<Pair>* pairs) const {
    const int64_t first = std::min(a.person->line, b.person->line), last = std::max(a.person->line, b.person->line);
    if (last == 0 || NameBlock(a.name) != NameBlock(b.name) || names.Similarity(a.name, b.name) < name_floor) {
      return;
    }
    const int64_t line = first > 0 ? first : last;
    const bool a_first = a.person->line == line;
    pairs->push_back(
        {line, std::string(Id(a_first ? *a.person : *b.person)), std::string(Id(a_first ? *b.person : *a.person))});
  }
  // The block with day and month changed, compared from the one of both that comes first.
  void CompareSwapped(const NameRules& names, int name_floor, const std::vector<Named>& here,
                      std::vector<Pair>* pairs) const {
    const Person& first = *here.front().person;
    for (const absl::CivilDay birth : BirthBlocks(absl::CivilDay() + first.birth)) {
      const auto day = static_cast<int32_t>(birth - absl::CivilDay());
      if (day <= first.birth) {
        continue;
      }
      const auto at = std::lower_bound(order_.begin(), order_.end(), std::pair(day, first.block),
                                       [&](uint32_t place, const std::pair<int32_t, uint32_t>& wanted) {
                                         return std::pair(persons_[place].birth, persons_[place].block) < wanted;
                                       });
      const auto from = static_cast<size_t>(at - order_.begin());
      if (at == order_.end() || At(from).birth != day || At(from).block != first.block) {
        continue;
      }
      for (const Named& other : Prepare(names, from, EndOf(from))) {
        for (const Named& one : here) {
          Compare(names, name_floor, one, other, pairs);
        }
      }
    }
  }

  std::string texts_;
  std::vector<Person> persons_;  // by id
  std::vector<uint32_t> order_;  // by block
};

}  // namespace

absl::Status ImportJob::Match() {
  const ImportCursor next{"REMATCH", 0, cursor_.attempt};
  if (import_.source() != v1::IMPORT_SOURCE_STUDENT_ROSTER) {
    return Chunk(next, [](db::Transaction&) { return absl::OkStatus(); });
  }
  std::map<std::string, int64_t> fresh;
  RETURN_IF_ERROR(EachRosterLine([&](const StagedLine& line) {
    if (line.outcome == "NEW" && line.line > cursor_.line) {
      fresh.emplace(feed::IdOfName(line.root), line.line);
    }
  }));
  ASSIGN_OR_RETURN(const MatchBlocks blocks, MatchBlocks::Load(host_.database, parts_->shard, fresh));
  const auto pairs = blocks.Pairs(parts_->reference->names, parts_->weights.name_floor);
  for (size_t from = 0; from < pairs.size();) {
    size_t to = std::min(from + kPairs, pairs.size());
    while (to < pairs.size() && pairs[to].line == pairs[to - 1].line) {  // the cursor is a line
      ++to;
    }
    RETURN_IF_ERROR(Chunk({"MATCH", pairs[to - 1].line, cursor_.attempt}, [&](db::Transaction& tx) -> absl::Status {
      ImportRun run(tx, *parts_, false);
      for (size_t i = from; i < to; ++i) {
        RETURN_IF_ERROR(run.ProposeDuplicate(pairs[i].student, pairs[i].other));
      }
      return run.Flush();
    }));
    from = to;
  }
  return Chunk(next, [](db::Transaction&) { return absl::OkStatus(); });
}

}  // namespace ruraledu::registry
