#include "services/student_aid/department_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "services/student_aid/reassess_rules.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kRoot = "a.id, a.body, a.sealed, a.version";
constexpr std::string_view kCounts =
    "EXISTS (SELECT l.id FROM department_aid_list l WHERE l.shard = a.shard AND l.id = a.list_id AND l.state = "
    "'DEPARTMENT_AID_LIST_STATE_COUNTED')";
constexpr size_t kPersonsPerQuery = 500;

// "c IN ($2, $3)"; the values are added to `args`.
std::string AnyOf(std::string_view column, const std::vector<std::string>& values, std::vector<db::Value>* args) {
  std::vector<std::string> marks;
  for (const std::string& value : values) {
    args->emplace_back(value);
    marks.push_back(absl::StrCat("$", args->size()));
  }
  return absl::StrCat(column, " IN (", absl::StrJoin(marks, ", "), ")");
}

// Appends a condition about a and its values.
using Also = std::function<std::string(std::vector<db::Value>* args)>;

// Calls `each(person who stays, row of kRoot behind one column)` for rows of a table that belong to some persons or to
// those who were merged into them.
absl::Status OfPersons(db::Transaction& tx, std::string_view table, std::string_view shard,
                       const std::vector<std::string>& persons, const Also& also,
                       const std::function<absl::Status(const std::string&, const db::Row&)>& each) {
  for (size_t first = 0; first < persons.size(); first += kPersonsPerQuery) {
    const auto end = persons.begin() + static_cast<ptrdiff_t>(std::min(first + kPersonsPerQuery, persons.size()));
    const std::vector<std::string> some(persons.begin() + static_cast<ptrdiff_t>(first), end);
    std::vector<db::Value> args = {std::string(shard)};
    std::string who = AnyOf("a.person", some, &args);
    const std::string condition = also(&args);
    ASSIGN_OR_RETURN(const auto own, tx.QueryValues(absl::StrCat("SELECT a.person, ", kRoot, " FROM ", table,
                                                                 " a WHERE a.shard = $1 AND ", who, " AND ", condition,
                                                                 " ORDER BY a.person, a.id"),
                                                    args));
    args = {std::string(shard)};
    who = AnyOf("p.merged_into", some, &args);
    const std::string again = also(&args);
    ASSIGN_OR_RETURN(const auto merged,
                     tx.QueryValues(absl::StrCat("SELECT p.merged_into, ", kRoot, " FROM pupil p CROSS JOIN ", table,
                                                 " a WHERE p.shard = $1 AND p.merged_into <> '' AND ", who,
                                                 " AND a.shard = p.shard AND a.person = p.id AND ", again,
                                                 " ORDER BY p.merged_into, a.id"),
                                    args));
    for (const auto* const rows : {&own, &merged}) {
      for (const db::Row& row : *rows) {
        RETURN_IF_ERROR(each(row.Text(0), row));
      }
    }
  }
  return absl::OkStatus();
}

// The terms that share a school year or a calendar year with one.
std::vector<std::string> TermsAround(const Term& term) {
  return {term.Previous().text(), term.text(), term.Next().text()};
}

}  // namespace

absl::StatusOr<std::map<std::string, std::vector<v1::DepartmentAid>>> DepartmentAidOf(
    db::Transaction& tx, const crypto::Sealer* sealer, std::string_view shard, const std::vector<std::string>& persons,
    absl::CivilDay from, absl::CivilDay to) {
  std::map<std::string, std::vector<v1::DepartmentAid>> aid;
  RETURN_IF_ERROR(OfPersons(
      tx, "department_aid", shard, persons,
      [&](std::vector<db::Value>* args) {
        args->emplace_back(DayText(from));
        args->emplace_back(DayText(to));
        return absl::StrCat("a.given_on >= $", args->size() - 1, " AND a.given_on <= $", args->size(), " AND ",
                            kCounts);
      },
      [&](const std::string& person, const db::Row& row) {
        return feed::ReadRoot(row, 2, kDepartmentAids, row.Text(1), sealer, &aid[person].emplace_back());
      }));
  return aid;
}

absl::StatusOr<std::map<std::string, std::vector<v1::Application>>> ApplicationsOf(
    db::Transaction& tx, std::string_view shard, const std::vector<std::string>& persons,
    const std::vector<std::string>& terms) {
  std::map<std::string, std::vector<v1::Application>> applications;
  RETURN_IF_ERROR(OfPersons(
      tx, "application", shard, persons, [&](std::vector<db::Value>* args) { return AnyOf("a.term", terms, args); },
      [&](const std::string& person, const db::Row& row) {
        return feed::ReadRoot(row, 2, kApplications, row.Text(1), nullptr, &applications[person].emplace_back());
      }));
  return applications;
}

absl::StatusOr<std::map<std::string, PupilMoney>> MoneyOf(db::Transaction& tx, const PolicyBook& book,
                                                          const DepartmentBook& departments, std::string_view shard,
                                                          const std::vector<std::string>& persons, const Term& term) {
  std::map<std::string, PupilMoney> money;
  ASSIGN_OR_RETURN(auto own, ApplicationsOf(tx, shard, persons, TermsAround(term)));
  for (auto& [person, applications] : own) {
    for (v1::Application& application : applications) {
      if (!departments.PurposeOf(application.family()).empty()) {
        money[person].own.push_back(std::move(application));
      }
    }
  }
  RETURN_IF_ERROR(OfPersons(
      tx, "aid_record", shard, persons,
      [&](std::vector<db::Value>* args) {
        return absl::StrCat(AnyOf("a.term", TermsAround(term), args), " AND a.refused = ''");
      },
      [&](const std::string& person, const db::Row& row) -> absl::Status {
        v1::AidRecord record;
        RETURN_IF_ERROR(feed::ReadRoot(row, 2, kAidRecords, row.Text(1), nullptr, &record));
        const std::string purpose = departments.PurposeOf(book.FamilyOf(record.item()));
        if (record.source() != kOwnAid && !purpose.empty()) {
          v1::CountedAid& counted = money[person].others.emplace_back();
          counted.set_purpose(purpose);
          counted.set_amount_fen(record.amount_fen());
          *counted.mutable_given_on() = DateOf(departments.calendar().FirstDay(*ParseTerm(record.term())));
        }
        return absl::OkStatus();
      }));
  // Whole calendar years around the school year of the term.
  ASSIGN_OR_RETURN(const auto given, DepartmentAidOf(tx, nullptr, shard, persons, absl::CivilDay(term.year.start, 1, 1),
                                                     absl::CivilDay(term.year.start + 1, 12, 31)));
  for (const auto& [person, rows] : given) {
    for (const v1::DepartmentAid& row : rows) {
      v1::CountedAid& counted = money[person].others.emplace_back();
      counted.set_purpose(row.purpose());
      counted.set_amount_fen(row.amount_fen());
      *counted.mutable_given_on() = row.given_on();
    }
  }
  return money;
}

absl::StatusOr<std::vector<std::string>> CountedLists(db::Transaction& tx, std::string_view shard,
                                                      std::string_view slot, std::string_view digest) {
  ASSIGN_OR_RETURN(
      const auto rows,
      tx.Query("SELECT id FROM department_aid_list WHERE shard = $1 AND state = $2 AND ($3 = '' OR slot = "
               "$3) AND ($4 = '' OR digest = $4) ORDER BY id",
               shard, v1::DepartmentAidListState_Name(v1::DEPARTMENT_AID_LIST_STATE_COUNTED), slot, digest));
  return FirstColumn(rows);
}

absl::StatusOr<std::vector<std::string>> AidedByOthers(db::Transaction& tx, std::string_view shard,
                                                       const AreaRange& within, absl::CivilDay from, absl::CivilDay to,
                                                       std::string_view after, int64_t limit) {
  ASSIGN_OR_RETURN(const auto rows,
                   tx.Query(absl::StrCat("SELECT DISTINCT a.person FROM department_aid a WHERE a.shard = $1 AND a.area "
                                         ">= $2 AND a.area < $3 AND a.person > $4 AND a.given_on >= $5 AND a.given_on "
                                         "<= $6 AND ",
                                         kCounts, " ORDER BY a.person LIMIT $7"),
                            shard, within.lo, within.hi, after, DayText(from), DayText(to), limit));
  return FirstColumn(rows);
}

absl::Status CapCheck::Read(db::Transaction& tx, const std::vector<std::string>& persons, const Term& term) {
  region_ = RegionOfShard(tx.shard());
  const bool capped = !departments_.CapsOn(region_, departments_.calendar().FirstDay(term)).empty();
  capped_[term.text()] = capped;
  if (!capped) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto money, MoneyOf(tx, book_, departments_, tx.shard(), persons, term));
  for (const auto& [person, has] : money) {
    Known& known = known_[absl::StrCat(term.text(), "/", person)];
    known.others = has.others;
    for (const v1::Application& application : has.own) {
      if (beside_(application)) {
        known.promised[application.name()] = CountedOf(departments_, application);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CapCheck::Check(const v1::Application& application) {
  if (!capped_[application.term()]) {
    return absl::OkStatus();
  }
  Known& known = known_[absl::StrCat(application.term(), "/", application.person())];
  v1::EvaluateAidCapRequest ask;
  ask.set_region_code(region_);
  ask.set_term(application.term());
  ask.set_family(application.family());
  ask.set_amount_fen(application.amount_fen());
  ask.mutable_others()->Assign(known.others.begin(), known.others.end());
  for (const auto& [name, counted] : known.promised) {
    if (name != application.name()) {
      *ask.add_others() = counted;
    }
  }
  ASSIGN_OR_RETURN(const auto answer, EvaluateAidCap(departments_, ask));
  RETURN_IF_ERROR(CheckAidCap(ask, answer));
  if (!departments_.PurposeOf(application.family()).empty()) {
    for (const auto& [term, capped] : capped_) {
      known_[absl::StrCat(term, "/", application.person())].promised[application.name()] =
          CountedOf(departments_, application);
    }
  }
  return absl::OkStatus();
}

}  // namespace ruraledu::student_aid
