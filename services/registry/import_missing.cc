// Roots that a complete file no longer names.
#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/domain/area.h"
#include "services/registry/import_jobs.h"

namespace ruraledu::registry {
namespace {

constexpr size_t kMissingRows = 2'000;

// Who is named by the rows of the file, well or badly.
struct Named {
  absl::flat_hash_set<std::string> roots;     // ids
  absl::flat_hash_set<std::string> shielded;  // names and person keys in rows with errors
  absl::flat_hash_set<std::string> schools;   // ids, for the scope of a roster
};

absl::StatusOr<Named> ReadNamed(db::Database& database, const ImportParts& parts, std::string_view import_id) {
  Named named;
  for (int64_t after = 0;;) {
    ASSIGN_OR_RETURN(const auto page, database.Read([&](db::Transaction& tx) {
      return ListLines(tx, *parts.sealer, parts.shard, import_id, "*", after, 2'000);
    }));
    for (const StagedLine& line : page) {
      after = line.line;
      const RowView row(line.staged.values());
      if (!line.root.empty()) {
        named.roots.insert(std::string(feed::IdOfName(line.root)));
      }
      if (const auto children = parts.parents.find(line.person_key); children != parts.parents.end()) {
        named.roots.insert(children->second.begin(), children->second.end());
      }
      if (line.outcome == "ERROR" || line.outcome == "DUPLICATE" || line.outcome == "WEAK_MATCH") {
        for (const std::string_view text :
             {row.Get("name"), row.Get("household_number"), std::string_view(line.person_key), row.Get("school_code"),
              row.Get("village_code"), row.Get("staff_number"), row.Get("class_name")}) {
          if (!text.empty()) {
            named.shielded.insert(std::string(text));
          }
        }
      }
      named.schools.insert(std::string(row.Get("school_code")));
    }
    if (page.empty()) {
      return named;
    }
  }
}

// Areas of the schools that a roster names: whom else it does not name is none of its business.
absl::StatusOr<absl::flat_hash_set<std::string>> ScopeOf(db::Transaction& tx, const std::string& shard,
                                                         const Named& named) {
  absl::flat_hash_set<std::string> scope;
  ASSIGN_OR_RETURN(const auto schools, AreasOfSchools(tx, shard));
  for (const auto& [code, area] : schools) {
    if (named.schools.contains(code)) {
      scope.insert(area);
    }
  }
  return scope;
}

// What the pages of one search share.
struct Search {
  const ImportParts& parts;
  const NamedRoots query;
  const Named named;
  const std::vector<std::string> groups;
  std::vector<StagedLine> missing;
  int64_t present = 0;
};

// Whether a complete file of the source would name the root: no pupil who is off the register, no class of another
// year, no village out of use.
bool CouldBeNamed(const Search& search, const NamedRoot& row) {
  const Reference& reference = *search.parts.reference;
  switch (search.parts.facts.source) {
    case v1::IMPORT_SOURCE_STUDENT_ROSTER: {
      const CodeList* statuses = reference.codes.Find("student_status");
      const CodeEntry* status = statuses == nullptr ? nullptr : statuses->Find(row.state);
      return status != nullptr && status->Attribute("registered") == "yes";
    }
    case v1::IMPORT_SOURCE_CLASSES:
      return row.state == search.parts.facts.school_year;
    case v1::IMPORT_SOURCE_VILLAGES:
      return absl::StartsWith(row.id, "village-") && reference.regions.FindLast(row.area) != nullptr;
    default:
      return true;
  }
}

// The line of a root that the file could name; nullopt when it is none of the file's.
absl::StatusOr<std::optional<StagedLine>> LineOf(const Search& search, const std::string& id, ImportRun& run) {
  StagedLine line{.outcome = "MISSING"};
  if (KeyHasManyRows(search.parts.facts.source)) {
    ASSIGN_OR_RETURN(const bool open, search.query.table() == &kHouseholds ? run.EndHousehold(id, search.groups, &line)
                                                                           : run.EndStudent(id, search.groups, &line));
    return open ? std::optional(std::move(line)) : std::nullopt;
  }
  line.root = search.query.table() == &kRegions ? absl::StrCat("regions/", id)
                                                : absl::StrCat("counties/", search.parts.facts.county, "/",
                                                               search.query.table()->collection, "/", id);
  return std::optional(std::move(line));
}

// One page of roots after `after`, which moves on; false when there are no more.
absl::StatusOr<bool> SearchPage(db::Transaction& tx, std::string* after, Search* search) {
  const ImportParts& parts = search->parts;
  const bool of_schools = parts.facts.source == v1::IMPORT_SOURCE_STUDENT_ROSTER ||  //
                          parts.facts.source == v1::IMPORT_SOURCE_CLASSES;
  absl::flat_hash_set<std::string> scope;
  if (of_schools) {
    ASSIGN_OR_RETURN(scope, ScopeOf(tx, parts.shard, search->named));
  }
  ASSIGN_OR_RETURN(const auto rows, search->query.Page(tx, parts.shard, *after, kMissingRows));
  ImportRun run(tx, parts, true);
  for (const NamedRoot& row : rows) {
    *after = row.id;
    if ((of_schools && !scope.contains(std::string(SchoolOf(row.area)))) || !CouldBeNamed(*search, row)) {
      continue;
    }
    ASSIGN_OR_RETURN(auto line, LineOf(*search, *after, run));
    if (!line.has_value()) {
      continue;
    }
    ++search->present;
    const Named& named = search->named;
    if (!named.roots.contains(*after) && !named.shielded.contains(row.names[0]) &&
        !named.shielded.contains(row.names[1])) {
      line->line = kMissingBase + static_cast<int64_t>(search->missing.size());
      search->missing.push_back(*std::move(line));
    }
  }
  return !rows.empty();
}

}  // namespace

// Groups of the kinds that the rows of the file name.
absl::StatusOr<std::vector<std::string>> ImportJob::Groups() const {
  std::vector<std::string> groups;
  for (int64_t after = 0;;) {
    ASSIGN_OR_RETURN(const auto page, host_.database.Read([&](db::Transaction& tx) {
      return ListLines(tx, *parts_->sealer, parts_->shard, id_, "*", after, 2'000);
    }));
    for (const StagedLine& line : page) {
      after = line.line;
      const RowView row(line.staged.values());
      const bool disabled = import_.source() == v1::IMPORT_SOURCE_DISABLED_FEDERATION;
      const std::string group =
          disabled ? KindGroup(parts_->reference->codes, "X1") : KindGroup(parts_->reference->codes, row.Get("kind"));
      if ((disabled || row.Has("kind")) && absl::c_count(groups, group) == 0) {
        groups.push_back(group);
      }
    }
    if (page.empty()) {
      return groups;
    }
  }
}

// A row that is wrong shields whom it may mean.
absl::Status ImportJob::FindMissing() {
  const NamedRoots query(import_.source());
  if (!import_.complete() || query.table() == nullptr) {
    return Chunk({"FINISH", 0, cursor_.attempt}, [](db::Transaction&) { return absl::OkStatus(); });
  }
  ASSIGN_OR_RETURN(Named named, ReadNamed(host_.database, *parts_, id_));
  ASSIGN_OR_RETURN(std::vector<std::string> groups, Groups());
  Search search{*parts_, query, std::move(named), std::move(groups)};
  std::string after;
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(more, host_.database.Read([&](db::Transaction& tx) { return SearchPage(tx, &after, &search); }));
  }
  const std::vector<StagedLine>& missing = search.missing;
  for (size_t from = static_cast<size_t>(cursor_.line); from < missing.size(); from += kMissingRows) {
    const std::vector<StagedLine> part(
        missing.begin() + static_cast<int64_t>(from),
        missing.begin() + static_cast<int64_t>(std::min(from + kMissingRows, missing.size())));
    RETURN_IF_ERROR(
        Chunk({"MISSING", static_cast<int64_t>(from + part.size())}, [&](db::Transaction& tx) -> absl::Status {
          // The county may have moved on since a first try that was cut off: what it left is written anew.
          RETURN_IF_ERROR(DeleteLinesFrom(tx, id_, part.front().line));
          return InsertLines(tx, SealLines(*parts_->sealer, parts_->shard, id_, part));
        }));
  }
  return Chunk({"FINISH", 0, search.present}, [](db::Transaction&) { return absl::OkStatus(); });
}

}  // namespace ruraledu::registry
