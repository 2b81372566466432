#include "services/registry/reference.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/domain/load_file.h"
#include "common/domain/shard.h"
#include "common/feed/journal.h"
#include "common/obs/log.h"
#include "services/registry/store.h"
#include "services/registry/tables.h"

namespace ruraledu::registry {
namespace {

constexpr std::string_view kRegionCollection = "regions/";
constexpr int64_t kPerRead = 5000;
constexpr std::string_view kShipper = "service:registry";  // who puts what the deployment ships

Region FromMessage(const v1::Region& message) {
  Region region;
  region.code = message.code();
  region.level = static_cast<RegionLevel>(message.level());
  if (message.also_level() != v1::REGION_LEVEL_UNSPECIFIED) {
    region.also = static_cast<RegionLevel>(message.also_level());
  }
  region.name = message.display_name();
  region.parent = message.parent().substr(message.parent().rfind('-') + 1);
  region.kind = message.kind() == v1::REGION_KIND_FOLDED   ? RegionKind::kFolded
                : message.kind() == v1::REGION_KIND_DIRECT ? RegionKind::kDirect
                                                           : RegionKind::kNormal;
  region.valid_from = DayOf(message.valid_from()).value_or(kFirstDay);
  region.valid_to = DayOf(message.valid_to()).value_or(kLastDay);
  for (const std::string& successor : message.successors()) {
    region.successors.push_back(successor.substr(successor.rfind('-') + 1));
  }
  region.key_support = message.key_support() == v1::KEY_SUPPORT_CITY     ? "CITY"
                       : message.key_support() == v1::KEY_SUPPORT_COUNTY ? "COUNTY"
                                                                         : "";
  region.shard_code = message.shard_code();
  return region;
}

// Regions of a province rest in its shard, villages in their county's.
std::string ShardOfRegionRow(const Region& region) {
  const RegionLevel level = region.level == RegionLevel::kVillage ? RegionLevel::kCounty : RegionLevel::kProvince;
  const size_t digits = RegionDigits(level);
  return ShardOfRegion({absl::StrCat(region.code.substr(0, digits), std::string(12 - digits, '0')), level})
      .value_or("n000000");
}

std::string IdOf(const google::protobuf::Message& root) {
  const auto* name = root.GetDescriptor()->FindFieldByName("name");
  return std::string(feed::IdOfName(root.GetReflection()->GetString(root, name)));
}

using Roots = std::vector<std::unique_ptr<google::protobuf::Message>>;
// Whether the present root stays although the shipped one differs.
using Keeps = std::function<absl::StatusOr<bool>(const PlacedRoot& present)>;

// Writes what was prepared from roots of these versions; nothing when one of them moved: another replica is at it.
absl::Status WriteUnlessMoved(const rpc::Host& host, const feed::RootTable& table, const std::string& shard,
                              const std::map<std::string, int64_t>& read, feed::RootWriter& writer) {
  return host.database.Write(shard, [&](db::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const auto versions, RootVersions(tx, table));
    for (const auto& [id, version] : read) {
      const auto now = versions.find(id);
      if ((now == versions.end() ? 0 : now->second) != version) {
        return absl::OkStatus();
      }
    }
    return writer.Write(tx).status();
  });
}

// Puts the shipped roots of one shard that differ from the present ones, 2,000 per transaction; how many.
absl::StatusOr<int64_t> PutShipped(const rpc::Host& host, const feed::RootTable& table, const std::string& shard,
                                   const Roots& shipped, const Keeps& keeps) {
  constexpr size_t kPerWrite = 2000;
  ASSIGN_OR_RETURN(const auto sealer, host.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(auto roots, host.database.Read([&](db::Transaction& tx) { return RootsOf(tx, table, shard); }));
  std::map<std::string_view, const PlacedRoot*> present;
  for (const PlacedRoot& root : roots) {
    present[root.id] = &root;
  }
  int64_t put = 0;
  for (size_t from = 0; from < shipped.size(); from += kPerWrite) {
    feed::RootWriter writer(shard, *sealer, {std::string(kShipper), "shipped files"});
    std::map<std::string, int64_t> read;  // versions of what is put
    for (size_t i = from; i < std::min(from + kPerWrite, shipped.size()); ++i) {
      const std::string id = IdOf(*shipped[i]);
      const auto found = present.find(id);
      const PlacedRoot* before = found == present.end() ? nullptr : found->second;
      if (before != nullptr) {
        ASSIGN_OR_RETURN(const bool kept, keeps(*before));
        if (kept) {
          continue;
        }
      }
      ASSIGN_OR_RETURN(const bool differs,
                       writer.Put(table, before == nullptr ? nullptr : before->root.get(), *shipped[i], "SEED"));
      if (differs) {
        read[id] = before == nullptr ? 0 : before->version;
      }
    }
    if (!read.empty()) {
      RETURN_IF_ERROR(WriteUnlessMoved(host, table, shard, read, writer));
    }
    put += static_cast<int64_t>(read.size());
  }
  return put;
}

// Every root of a table over all shards, without sealed parts.
template <typename M>
absl::Status ForEachRoot(db::Database& database, const feed::RootTable& table, const std::function<void(M&&)>& each) {
  std::string shard, id;
  for (size_t got = 1; got > 0;) {
    ASSIGN_OR_RETURN(const auto roots,
                     database.Read([&](db::Transaction& tx) { return RootsAfter(tx, table, shard, id, kPerRead); }));
    for (const PlacedRoot& placed : roots) {
      each(std::move(static_cast<M&>(*placed.root)));
      shard = placed.shard;
      id = placed.id;
    }
    got = roots.size();
  }
  return absl::OkStatus();
}

// The CSV that WorkCalendar parses, out of the stored calendars.
std::string CalendarText(const std::vector<v1::Calendar>& calendars) {
  std::string text = "date,kind,name\n";
  for (const v1::Calendar& calendar : calendars) {
    for (const v1::CalendarDay& day : calendar.days()) {
      absl::StrAppend(&text, DayText(*DayOf(day.date())), ",", day.kind(), ",", day.label_zh(), "\n");
    }
  }
  return text;
}

}  // namespace

std::string RegionName(RegionLevel level, std::string_view code) {
  return absl::StrCat(kRegionCollection, RegionLevelText(level), "-", code);
}

absl::StatusOr<RegionId> ParseRegionName(std::string_view name) {
  const size_t dash = name.find('-');
  if (name.starts_with(kRegionCollection) && dash != std::string_view::npos) {
    const auto level = ParseRegionLevel(name.substr(kRegionCollection.size(), dash - kRegionCollection.size()));
    if (level.has_value() && IsRegionCode(name.substr(dash + 1))) {
      return RegionId{std::string(name.substr(dash + 1)), *level};
    }
  }
  return Fail("NAME_INVALID", {{"pattern", "regions/{level}-{code of 12 digits}"}});
}

v1::Region ToMessage(const Region& region, const RegionTree* tree) {
  v1::Region message;
  message.set_name(RegionName(region.level, region.code));
  message.set_code(region.code);
  message.set_level(static_cast<v1::RegionLevel>(region.level));
  if (region.also.has_value()) {
    message.set_also_level(static_cast<v1::RegionLevel>(*region.also));
  }
  message.set_display_name(region.name);
  if (tree != nullptr && !region.parent.empty()) {
    const Region* parent = tree->FindLast(region.parent);
    message.set_parent(RegionName(parent->level, parent->code));
  }
  message.set_kind(region.kind == RegionKind::kFolded   ? v1::REGION_KIND_FOLDED
                   : region.kind == RegionKind::kDirect ? v1::REGION_KIND_DIRECT
                                                        : v1::REGION_KIND_NORMAL);
  if (region.valid_from != kFirstDay) {
    *message.mutable_valid_from() = DateOf(region.valid_from);
  }
  if (region.valid_to != kLastDay) {
    *message.mutable_valid_to() = DateOf(region.valid_to);
  }
  for (const std::string& successor : region.successors) {
    const Region* found = tree == nullptr ? nullptr : tree->FindLast(successor);
    message.add_successors(RegionName(found == nullptr ? region.level : found->level, successor));
  }
  message.set_key_support(region.key_support == "CITY"     ? v1::KEY_SUPPORT_CITY
                          : region.key_support == "COUNTY" ? v1::KEY_SUPPORT_COUNTY
                                                           : v1::KEY_SUPPORT_UNSPECIFIED);
  message.set_shard_code(region.shard_code);
  return message;
}

absl::Status ReferenceBook::PutRegions() {
  RegionReport report;
  ASSIGN_OR_RETURN(const RegionTree tree, LoadRegions(data_folder_, &report));
  std::map<std::string, Roots> by_shard;
  for (const Region& region : tree.regions()) {
    if (region.level != RegionLevel::kVillage) {  // villages come by import
      by_shard[ShardOfRegionRow(region)].push_back(std::make_unique<v1::Region>(ToMessage(region, &tree)));
    }
  }
  int64_t put = 0;
  for (const auto& [shard, regions] : by_shard) {
    ASSIGN_OR_RETURN(const int64_t here,
                     PutShipped(host_, kRegions, shard, regions, [](const PlacedRoot&) { return false; }));
    put += here;
  }
  if (put == 0) {
    return absl::OkStatus();
  }
  for (const std::string& line : report.folded) {
    obs::Log(obs::Level::kInfo, "regions_folded", {{"region", line}});
  }
  obs::Log(
      obs::Level::kInfo, "regions_loaded",
      {{"rows", static_cast<int64_t>(report.rows)}, {"codes", static_cast<int64_t>(report.codes)}, {"written", put}});
  return absl::OkStatus();
}

// The years of holidays.csv.
absl::StatusOr<std::map<int, v1::Calendar>> ReferenceBook::ShippedCalendars() const {
  const std::string file = absl::StrCat(data_folder_, "/holidays.csv");
  ASSIGN_OR_RETURN(const std::string text, LoadFile(file));
  RETURN_IF_ERROR(WorkCalendar::Parse(file, text).status());
  std::map<int, v1::Calendar> years;
  for (const std::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<std::string_view> cells = absl::StrSplit(absl::StripSuffix(line, "\r"), ',');
    absl::CivilDay day;
    if (cells.size() < 3 || !ParseDay(cells[0], &day)) {
      continue;  // the header
    }
    v1::Calendar& calendar = years[static_cast<int>(day.year())];
    auto* added = calendar.add_days();
    *added->mutable_date() = DateOf(day);
    added->set_kind(std::string(cells[1]));
    added->set_label_zh(std::string(cells[2]));
  }
  for (auto& [year, calendar] : years) {
    calendar.set_name(absl::StrCat("calendars/", year));
    calendar.set_year(year);
    calendar.set_source("国务院办公厅节假日安排通知");
    *calendar.mutable_covers_until() = DateOf(absl::CivilDay(year, 12, 31));
  }
  return years;
}

absl::Status ReferenceBook::PutCalendars() {
  ASSIGN_OR_RETURN(auto years, ShippedCalendars());
  Roots shipped;
  for (auto& [year, calendar] : years) {
    shipped.push_back(std::make_unique<v1::Calendar>(std::move(calendar)));
  }
  const std::string shard(kNationShard);
  const Keeps of_imports = [&](const PlacedRoot& present) -> absl::StatusOr<bool> {
    if (static_cast<const v1::Calendar&>(*present.root).days().empty()) {
      return false;  // a withdrawn import made it
    }
    ASSIGN_OR_RETURN(const auto last, host_.database.Read([&](db::Transaction& tx) {
      return feed::ReadSealedEntries(tx, shard, present.version - 1, 1);
    }));
    return last.empty() || last.front().actor() != kShipper;
  };
  return PutShipped(host_, kCalendars, shard, shipped, of_imports).status();
}

absl::Status ReferenceBook::Reload() {
  std::vector<Region> regions;
  RETURN_IF_ERROR(ForEachRoot<v1::Region>(host_.database, kRegions, [&](v1::Region&& r) {
    Region region = FromMessage(r);
    if (region.valid_from < region.valid_to) {  // else a withdrawn import made it: it holds on no day
      regions.push_back(std::move(region));
    }
  }));
  std::vector<v1::Calendar> calendars;
  RETURN_IF_ERROR(ForEachRoot<v1::Calendar>(host_.database, kCalendars,
                                            [&](v1::Calendar&& c) { calendars.push_back(std::move(c)); }));
  ASSIGN_OR_RETURN(RegionTree tree, RegionTree::Build(std::move(regions)));
  ASSIGN_OR_RETURN(WorkCalendar calendar, WorkCalendar::Parse("calendars", CalendarText(calendars)));
  ASSIGN_OR_RETURN(CodeLists codes, CodeLists::Load(absl::StrCat(data_folder_, "/codes")));
  ASSIGN_OR_RETURN(NameRules names, NameRules::Load(data_folder_));
  ASSIGN_OR_RETURN(const CodeList* provinces, codes.Get("citizen_id_province"));
  const ProvincePrefixes prefixes = ProvincePrefixesOf(*provinces);
  const std::string terms_file = absl::StrCat(data_folder_, "/term-calendar.csv");
  ASSIGN_OR_RETURN(const std::string terms_text, LoadFile(terms_file));
  ASSIGN_OR_RETURN(TermCalendar terms, TermCalendar::Parse(terms_file, terms_text));
  auto next = std::make_shared<const Reference>(
      Reference{std::move(tree), std::move(calendar), std::move(codes), std::move(names), prefixes, std::move(terms)});
  absl::MutexLock lock(&mu_);
  current_ = std::move(next);
  return absl::OkStatus();
}

std::shared_ptr<const Reference> ReferenceBook::Get() const {
  absl::MutexLock lock(&mu_);
  return current_;
}

absl::StatusOr<std::unique_ptr<ReferenceBook>> ReferenceBook::Open(const rpc::Host& host,
                                                                   const std::string& data_folder) {
  std::unique_ptr<ReferenceBook> book(new ReferenceBook(host, data_folder));
  RETURN_IF_ERROR(book->PutRegions());
  RETURN_IF_ERROR(book->PutCalendars());
  RETURN_IF_ERROR(book->Reload());
  return book;
}

}  // namespace ruraledu::registry
