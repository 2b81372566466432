#include "services/dropout_monitoring/care_store.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/dropout_monitoring/calendar_rules.h"
#include "services/dropout_monitoring/follower.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr std::string_view kGoneStatuses[] = {"DECEASED", "TRANSFERRED", "EMIGRATED"};
constexpr size_t kTownshipDigits = 9;
constexpr std::string_view kDropped = "DROPPED";
constexpr std::string_view kEndStatuses[] = {"GRADUATED", "COMPLETED"};

template <size_t N>
bool OneOf(const std::string_view (&list)[N], const std::string& status) {
  return std::find(std::begin(list), std::end(list), status) != std::end(list);
}

absl::StatusOr<HomeTeaching> HomeTeachingOf(db::Transaction& tx, const std::string& shard,
                                            const v1::DisabledChild& child, absl::CivilDay on) {
  HomeTeaching home;
  const SchoolYear year = TeachingYearOf(on);
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query("SELECT id, body, sealed, version FROM home_lesson WHERE shard = $1 AND child = $2 AND "
                            "given_on >= $3 ORDER BY given_on, id",
                            shard, feed::IdOfName(child.name()), DayText(absl::CivilDay(year.start, 1, 1))));
  ASSIGN_OR_RETURN(const auto lessons, feed::ReadRoots<v1::HomeLesson>(rows, kHomeLessons, nullptr));
  for (const v1::HomeLesson& lesson : lessons) {
    home.lessons.emplace_back(*DayOf(lesson.on()), lesson.lessons());
  }
  const v1::Placement* now = PlacementInForce(child, on);
  ASSIGN_OR_RETURN(const auto calendar,
                   CalendarOf(tx, shard, now == nullptr ? "" : feed::IdOfName(now->school()), year.text()));
  for (const v1::TeachingSpan& span :
       calendar.has_value() ? calendar->spans() : google::protobuf::RepeatedPtrField<v1::TeachingSpan>()) {
    home.spans.emplace_back(*DayOf(span.first_day()), *DayOf(span.last_day()));
  }
  return home;
}

std::string IdByNumber(const crypto::KeyRing& keys, std::string_view digest) {
  return "child-" + absl::BytesToHexString(keys.Fingerprint({"disabled_child", digest}));
}

std::string IdByName(const crypto::KeyRing& keys, std::string_view name, const google::type::Date& birth,
                     std::string_view township) {
  return "child-" + absl::BytesToHexString(keys.Fingerprint({"disabled_child", name, DayTextOf(birth), township}));
}

}  // namespace

bool OnRoll(const CodeList& statuses, const registry_v1::Student& student) {
  const CodeEntry* status = statuses.Find(student.status());
  return status != nullptr && status->Attribute("registered") == "yes" && student.merged_into().empty() &&
         student.moved_to().empty();
}

std::string UnknownChildId(const crypto::KeyRing& keys, const v1::ChildFile& child, std::string_view township) {
  return child.id_number().empty() ? IdByName(keys, child.display_name(), child.birth_date(), township)
                                   : IdByNumber(keys, IdDigest(keys, child.id_number()));
}

std::vector<std::string> FormerIds(const crypto::KeyRing& keys, const registry_v1::Student& student) {
  std::vector<std::string> ids;
  if (!student.id_number().empty()) {
    ids.push_back(IdByNumber(keys, student.id_number()));  // the copy has digests
  }
  for (const std::string_view township :
       {std::string_view(student.village()).substr(0, kTownshipDigits), TownshipOf(student.area())}) {
    ids.push_back(IdByName(keys, student.display_name(), student.birth_date(), township));
  }
  return ids;
}

void TakeFromRegister(const CodeList& statuses, const registry_v1::Student& student, v1::DisabledChild* child) {
  child->set_person(std::string(feed::IdOfName(student.name())));
  const bool on_roll = OnRoll(statuses, student);
  child->set_registered(on_roll && student.status() != kDropped);
  if (on_roll || child->area().empty()) {
    child->set_area(student.area());
  }
  *child->mutable_birth_date() = student.birth_date();
  if (!student.enrolments().empty()) {
    child->set_stage(student.enrolments(0).stage());
    child->set_grade(student.enrolments(0).grade());
  }
  if (!student.disability().kind().empty()) {
    child->mutable_disability()->set_kind(student.disability().kind());
    child->mutable_disability()->set_grade(student.disability().grade());
    child->mutable_disability()->set_certificate(student.disability().certificate());
  }
  const bool beyond = child->stage() != "PRE" && child->stage() != "PRI";
  child->set_gone(OneOf(kGoneStatuses, student.status()) || (beyond && OneOf(kEndStatuses, student.status())) ||
                  !student.merged_into().empty() || !student.moved_to().empty());
}

absl::Status SettleChild(db::Transaction& tx, const Standards& standards, const std::string& shard, absl::CivilDay on,
                         v1::DisabledChild* child) {
  const PlacementBook& book = standards.care.placements;
  ASSIGN_OR_RETURN(const auto* policy, book.policies.InForce(RegionOfShard(shard), on));
  ASSIGN_OR_RETURN(const HomeTeaching home, HomeTeachingOf(tx, shard, *child, on));
  PutFindings(EvaluatePlacement(book, *policy, standards.terms, *child, home, on), child);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<int>> HomeTaughtDays(db::Transaction& tx, const crypto::Sealer& sealer,
                                                  const PlacementBook& book, std::string_view shard,
                                                  const std::string& person, absl::CivilDay from, absl::CivilDay on) {
  ASSIGN_OR_RETURN(const auto child, feed::Load<v1::DisabledChild>(tx, sealer, kDisabledChildren, shard, person));
  const v1::Placement* held = child.has_value() ? PlacementInForce(*child, on) : nullptr;
  const v1::PlacementKind* kind = held == nullptr ? nullptr : book.Kind(held->kind());
  if (kind == nullptr || !kind->at_home()) {
    return std::optional<int>();
  }
  ASSIGN_OR_RETURN(const auto row,
                   tx.QueryOne("SELECT COUNT(DISTINCT given_on) FROM home_lesson WHERE shard = $1 AND child = $2 AND "
                               "given_on >= $3 AND given_on <= $4",
                               shard, person, DayText(from), DayText(on)));
  return std::optional(static_cast<int>(row->Int(0)));
}

absl::StatusOr<std::vector<v1::DisabledChild>> DisabledChildrenIn(db::Transaction& tx, const crypto::Sealer& sealer,
                                                                  std::string_view shard,
                                                                  absl::Span<const AreaRange> ranges) {
  std::vector<v1::DisabledChild> children;
  for (const AreaRange& range : ranges) {
    ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM disabled_child WHERE shard = $1 "
                                               "AND area >= $2 AND area < $3 ORDER BY id",
                                               shard, range.lo, range.hi));
    ASSIGN_OR_RETURN(auto read, feed::ReadRoots<v1::DisabledChild>(rows, kDisabledChildren, &sealer));
    std::move(read.begin(), read.end(), std::back_inserter(children));
  }
  return children;
}

absl::StatusOr<std::vector<v1::DisabledChild>> UnknownChildren(db::Transaction& tx, const crypto::Sealer& sealer,
                                                               std::string_view shard) {
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM disabled_child WHERE shard = $1 "
                                             "AND person = '' ORDER BY id",
                                             shard));
  return feed::ReadRoots<v1::DisabledChild>(rows, kDisabledChildren, &sealer);
}

absl::StatusOr<std::vector<CareRow>> CareRowsBehind(db::Transaction& tx, crypto::KeyRing& keys,
                                                    const CodeList& statuses, const std::string& shard,
                                                    const std::string& after, int64_t limit, absl::CivilDay on) {
  ASSIGN_OR_RETURN(auto known, ReadRegister(tx, keys, shard, "p.id > $2 ORDER BY p.id LIMIT $3", {after, limit}, on));
  std::vector<CareRow> rows;
  if (known.empty()) {
    return rows;
  }
  std::map<std::string, CareRow*, std::less<>> by_person;
  rows.reserve(known.size());
  for (RegisterChild& child : known) {
    CareRow& row = rows.emplace_back();
    row.known = std::move(child);
    row.on_roll = OnRoll(statuses, row.known.student);
    by_person[std::string(feed::IdOfName(row.known.student.name()))] = &row;
  }
  ASSIGN_OR_RETURN(const auto sealer, keys.SealerOf(shard));
  const std::string& last = by_person.rbegin()->first;
  ASSIGN_OR_RETURN(const auto children, tx.Query("SELECT id, body, sealed, version FROM disabled_child WHERE shard = "
                                                 "$1 AND id > $2 AND id <= $3 ORDER BY id",
                                                 shard, after, last));
  for (const db::Row& row : children) {
    if (const auto found = by_person.find(row.Text(0)); found != by_person.end()) {
      RETURN_IF_ERROR(
          feed::ReadRoot(row, 1, kDisabledChildren, row.Text(0), sealer.get(), &found->second->child.emplace()));
    }
  }
  ASSIGN_OR_RETURN(const auto dossiers, tx.Query("SELECT id, body, sealed, version FROM dossier WHERE shard = $1 AND "
                                                 "id > $2 AND id <= $3 ORDER BY id",
                                                 shard, after, last));
  for (const db::Row& row : dossiers) {
    if (const auto found = by_person.find(row.Text(0)); found != by_person.end()) {
      RETURN_IF_ERROR(feed::ReadRoot(row, 1, kDossiers, row.Text(0), sealer.get(), &found->second->dossier.emplace()));
    }
  }
  return rows;
}

absl::StatusOr<std::string> LookedOn(db::Transaction& tx, std::string_view shard) {
  ASSIGN_OR_RETURN(const auto row, tx.QueryOne("SELECT looked_on FROM care_look WHERE shard = $1", shard));
  return row.has_value() ? row->Text(0) : std::string();
}

absl::Status SaveLook(db::Transaction& tx, absl::CivilDay on) {
  return tx
      .Execute(
          "INSERT INTO care_look (shard, looked_on) VALUES ($1, $2) ON CONFLICT (shard) DO UPDATE SET looked_on = "
          "excluded.looked_on",
          tx.shard(), DayText(on))
      .status();
}

absl::StatusOr<CareCounts> CountCare(db::Transaction& tx, std::string_view shard, absl::CivilDay term_began) {
  CareCounts counts;
  ASSIGN_OR_RETURN(const auto rows, tx.Query("SELECT id, body, sealed, version FROM disabled_child WHERE shard = $1 "
                                             "AND has_findings = 1 ORDER BY id",
                                             shard));
  ASSIGN_OR_RETURN(const auto children, feed::ReadRoots<v1::DisabledChild>(rows, kDisabledChildren, nullptr));
  for (const v1::DisabledChild& child : children) {
    for (const v1::PlacementFinding& finding : child.findings()) {
      counts.unplaced += finding.code() == "NO_PLACEMENT" || finding.code() == "APPROVAL_EXPIRED" ? 1 : 0;
      counts.home_gaps += finding.code() == "HOME_TEACHING_GAP" ? 1 : 0;
    }
  }
  ASSIGN_OR_RETURN(const auto stale, tx.QueryOne("SELECT COUNT(*) FROM dossier WHERE shard = $1 AND is_open = 1 AND "
                                                 "reviewed_on < $2",
                                                 shard, DayText(term_began)));
  counts.stale_dossiers = stale->Int(0);
  return counts;
}

}  // namespace ruraledu::dropout_monitoring
