#include "services/dropout_monitoring/absence_message_store.h"

#include <map>

#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "ruraledu/dropout_monitoring/v1/absence_message.pb.h"
#include "services/dropout_monitoring/absence_message_rules.h"
#include "services/dropout_monitoring/tables.h"

namespace ruraledu::dropout_monitoring {
namespace {

constexpr int64_t kChildrenPerQuery = 500;

struct PageKey {
  std::string area, person;
};

// Children at a step behind `after`.
absl::StatusOr<std::vector<db::Row>> PageOfAbsent(db::Transaction& tx, std::string_view shard, const AreaRange& range,
                                                  absl::CivilDay day, const PageKey& after) {
  return tx.Query(
      "SELECT a.id, a.body, a.sealed, a.version, p.display_name FROM absence a JOIN pupil p ON p.shard = a.shard AND "
      "p.id = a.id WHERE a.shard = $1 AND a.shown = 1 AND a.area >= $2 AND a.area < $3 AND (a.area, a.id) > ($4, $5) "
      "AND a.step <> $6 AND p.merged_into = '' AND p.display_name <> '' AND EXISTS (SELECT 1 FROM enrolment e WHERE "
      "e.shard = a.shard "
      "AND e.person = a.id AND e.valid_from <= $7 AND (e.valid_to = '' OR e.valid_to > $7)) ORDER BY a.area, a.id "
      "LIMIT $8",
      shard, range.lo, range.hi, after.area, after.person, v1::AbsenceStep_Name(v1::ABSENCE_STEP_UNSPECIFIED),
      DayText(day), kChildrenPerQuery);
}

// States of all messages of those children, by id.
absl::StatusOr<std::map<std::string, std::string>> StatesOfMessages(db::Transaction& tx, std::string_view shard,
                                                                    const AreaRange& range, const PageKey& after,
                                                                    const PageKey& last) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT m.id, m.state FROM absence a JOIN absence_message m ON m.shard = a.shard AND m.person = a.id "
               "WHERE a.shard = $1 AND a.shown = 1 AND a.area >= $2 AND a.area < $3 AND (a.area, a.id) > ($4, $5) AND "
               "(a.area, a.id) <= ($6, $7) AND a.step <> $8",
               shard, range.lo, range.hi, after.area, after.person, last.area, last.person,
               v1::AbsenceStep_Name(v1::ABSENCE_STEP_UNSPECIFIED)));
  std::map<std::string, std::string> states;
  for (const db::Row& row : rows) {
    states.emplace(row.Text(0), row.Text(1));
  }
  return states;
}

// One page more; false: it was the last one of the range.
absl::StatusOr<bool> TakePage(db::Transaction& tx, std::string_view shard, const AreaRange& range, absl::CivilDay day,
                              bool again, PageKey* after, std::vector<ChildToTell>* children) {
  ASSIGN_OR_RETURN(const auto rows, PageOfAbsent(tx, shard, range, day, *after));
  std::vector<ChildToTell> read;
  for (const db::Row& row : rows) {
    ChildToTell& child = read.emplace_back();
    RETURN_IF_ERROR(feed::ReadRoot(row, 1, kAbsences, row.Text(0), nullptr, &child.absence));
    child.display_name = row.Text(4);
  }
  if (read.empty()) {
    return false;
  }
  const PageKey last{read.back().absence.area(), read.back().absence.person()};
  ASSIGN_OR_RETURN(const auto states, StatesOfMessages(tx, shard, range, *after, last));
  for (ChildToTell& child : read) {
    const auto state = states.find(MessageIdOf(child.absence));
    child.again = state != states.end();
    const bool undelivered =
        child.again && state->second == v1::AbsenceMessageState_Name(v1::ABSENCE_MESSAGE_STATE_UNDELIVERED);
    if (ToBeTold(child.absence.evaluation()) && (!child.again || (again && undelivered))) {
      children->push_back(std::move(child));
    }
  }
  *after = last;
  return static_cast<int64_t>(rows.size()) == kChildrenPerQuery;
}

}  // namespace

const feed::RootTable kAbsenceMessages{
    "absence_message",
    "absenceMessages",
    {"area", "person", "state"},
    feed::ColumnsOf<v1::AbsenceMessage>(+[](const v1::AbsenceMessage& m) {
      return std::vector<db::Value>{m.area(), m.person(), v1::AbsenceMessageState_Name(m.state())};
    })};

absl::StatusOr<std::vector<ChildToTell>> ChildrenToTell(db::Transaction& tx, std::string_view shard,
                                                        const AreaRange& range, absl::CivilDay day, bool again,
                                                        size_t limit) {
  std::vector<ChildToTell> children;
  PageKey after;
  bool more = true;
  while (more && children.size() < limit) {
    ASSIGN_OR_RETURN(more, TakePage(tx, shard, range, day, again, &after, &children));
  }
  if (children.size() > limit) {
    children.resize(limit);
  }
  return children;
}

}  // namespace ruraledu::dropout_monitoring
