// Pupils whom several departments aid for the same purpose.
#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/crypto/masking.h"
#include "services/student_aid/department_store.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/report.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kOwn = "教育部门";

// Aid of one giver.
struct Gift {
  std::string giver, item, given_on;
  int64_t fen = 0;
};
using ByPurpose = std::map<std::string, std::vector<Gift>>;

enum Sum { kRows, kFen, kSums };

// What a page reads once: departments of lists.
class Reader {
 public:
  Reader(const ReportParts& parts, db::Transaction& tx, const crypto::Sealer& sealer, std::string shard)
      : parts_(parts), tx_(tx), sealer_(sealer), shard_(std::move(shard)) {}

  absl::Status Own(const std::vector<v1::Application>& applications, ByPurpose* gifts) const {
    for (const v1::Application& one : applications) {
      const std::string purpose = parts_.departments.PurposeOf(one.family());
      if (!purpose.empty() && IsLive(one.state()) && one.amount_fen() > 0) {
        const v1::CountedAid counted = CountedOf(parts_.departments, one);
        (*gifts)[purpose].push_back(
            {std::string(kOwn), LabelOf(parts_.book, one.item()), DayTextOf(counted.given_on()), counted.amount_fen()});
      }
    }
    return absl::OkStatus();
  }
  absl::Status Others(const std::vector<v1::DepartmentAid>& rows, ByPurpose* gifts) {
    for (const v1::DepartmentAid& row : rows) {
      ASSIGN_OR_RETURN(const std::string giver, DepartmentOf(row.list()));
      (*gifts)[row.purpose()].push_back({giver, row.item(), DayTextOf(row.given_on()), row.amount_fen()});
    }
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<std::string> DepartmentOf(const std::string& list) {
    const auto [found, fresh] = departments_.try_emplace(list);
    if (fresh) {
      ASSIGN_OR_RETURN(const auto root, feed::Load<v1::DepartmentAidList>(tx_, sealer_, kDepartmentAidLists, shard_,
                                                                          feed::IdOfName(list)));
      const CodeList* const codes = parts_.departments.lists().Find("aid_department");
      const CodeEntry* const entry = root.has_value() ? codes->Find(root->department()) : nullptr;
      found->second = entry == nullptr ? "" : entry->label_zh;
    }
    return found->second;
  }

  const ReportParts& parts_;
  db::Transaction& tx_;
  const crypto::Sealer& sealer_;
  const std::string shard_;
  std::map<std::string, std::string> departments_;  // by list
};

bool SeveralGive(const std::vector<Gift>& gifts) {
  return std::any_of(gifts.begin(), gifts.end(), [&](const Gift& gift) { return gift.giver != gifts[0].giver; });
}

// What others give tells a hardship kind: it is masked with the name.
std::string Shown(const ReportQuery& query, const Gift& gift, const std::string& text) {
  return query.unmask || gift.giver == kOwn ? text : "***";
}

absl::Status AddPupil(const ReportParts& parts, const ReportQuery& query, db::Transaction& tx,
                      const registry_v1::School& school, const std::string& person, ByPurpose gifts,
                      ReportCursor* cursor, std::vector<reports_v1::ReportRow>* rows) {
  ASSIGN_OR_RETURN(const auto place, FindPupil(tx, absl::StrCat("c", CountyOf(school.area())), person));
  const std::string name = place.has_value() ? place->display_name : "";
  for (auto& [purpose, all] : gifts) {
    if (!SeveralGive(all)) {
      continue;
    }
    std::stable_sort(all.begin(), all.end(), [](const Gift& a, const Gift& b) {
      return std::tie(a.given_on, a.giver, a.item, a.fen) < std::tie(b.given_on, b.giver, b.item, b.fen);
    });
    const CodeEntry* const label = parts.departments.lists().Find("aid_purpose")->Find(purpose);
    for (const Gift& gift : all) {
      rows->push_back(RowOf(
          {TextCell(TownshipOf(school.area())), TextCell(school.code()), TextCell(school.display_name()),
           TextCell(person), TextCell(query.unmask ? name : crypto::MaskName(name)), TextCell("DEPARTMENT_OVERLAP"),
           TextCell(label == nullptr ? purpose : label->label_zh), TextCell(Shown(query, gift, gift.giver)),
           TextCell(Shown(query, gift, gift.item)), TextCell(gift.given_on), CountCell(1), AmountCell(gift.fen)}));
      cursor->sums[kRows] += 1;
      cursor->sums[kFen] += gift.fen;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> AddPage(const ReportParts& parts, const ReportQuery& query,
                                                 db::Transaction& tx, const registry_v1::School& school, int64_t most,
                                                 ReportCursor* at, std::vector<reports_v1::ReportRow>* rows) {
  ASSIGN_OR_RETURN(const SchoolYear year, ParseSchoolYear(query.period));
  const Term autumn{year, Season::kAutumn}, spring{year, Season::kSpring};
  const absl::CivilDay from = parts.departments.calendar().FirstDay(autumn);
  const absl::CivilDay to = parts.departments.calendar().LastDay(spring);
  const std::string shard = absl::StrCat("c", CountyOf(school.area()));
  ASSIGN_OR_RETURN(const auto sealer, parts.host.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(auto persons, AidedByOthers(tx, shard, RangeOf(school.area()), from, to, at->key[1], most));
  ASSIGN_OR_RETURN(const auto own, ApplicationsOf(tx, shard, persons, {autumn.text(), spring.text()}));
  ASSIGN_OR_RETURN(const auto others, DepartmentAidOf(tx, sealer.get(), shard, persons, from, to));
  Reader reader(parts, tx, *sealer, shard);
  for (const std::string& person : persons) {
    ByPurpose gifts;
    if (const auto found = own.find(person); found != own.end()) {
      RETURN_IF_ERROR(reader.Own(found->second, &gifts));
    }
    if (const auto found = others.find(person); found != others.end()) {
      RETURN_IF_ERROR(reader.Others(found->second, &gifts));
    }
    RETURN_IF_ERROR(AddPupil(parts, query, tx, school, person, std::move(gifts), at, rows));
  }
  return persons;
}

// The rest of the key is the last pupil of the school.
absl::Status OverlapsRows(const ReportParts& parts, const ReportQuery& query, int64_t limit, ReportCursor* cursor,
                          std::vector<reports_v1::ReportRow>* rows, reports_v1::ReportRow* total) {
  RETURN_IF_ERROR(BySchool(parts.host, query, limit, cursor, rows,
                           [&](db::Transaction& tx, const registry_v1::School& school, int64_t most, ReportCursor* at,
                               std::vector<reports_v1::ReportRow>* added) -> absl::StatusOr<size_t> {
                             ASSIGN_OR_RETURN(const auto persons, AddPage(parts, query, tx, school, most, at, added));
                             at->key[1] = persons.empty() ? at->key[1] : persons.back();
                             return persons.size();
                           }));
  if (cursor->done) {
    *total = RowOf({TextCell("合计"),
                    {},
                    {},
                    {},
                    {},
                    {},
                    {},
                    {},
                    {},
                    {},
                    CountCell(cursor->sums[kRows]),
                    AmountCell(cursor->sums[kFen])});
  }
  return absl::OkStatus();
}

}  // namespace

ReportSpec DepartmentOverlapsReport() {
  return {.kind = v1::REPORT_KIND_DEPARTMENT_OVERLAPS,
          .id = "department-overlaps",
          .title_zh = "部门间重复资助名单",
          .period = rpc::ReportPeriod::kSchoolYear,
          .below_county = true,
          .key_parts = 2,
          .sums = kSums,
          .columns = {{"township", "乡镇代码", "Township"},
                      {"school_code", "学校代码", "School code"},
                      {"school", "学校", "School"},
                      {"person", "学生编号", "Pupil"},
                      {"name", "姓名", "Name"},
                      {"finding", "问题代码", "Finding"},
                      {"purpose", "资助用途", "Purpose"},
                      {"giver", "资助部门", "Department"},
                      {"item", "资助项目", "Item"},
                      {"given_on", "起始日期", "From"},
                      {"count", "项数", "Gifts"},
                      {"amount_fen", "金额（元）", "Amount"}},
          .rows = OverlapsRows};
}

}  // namespace ruraledu::student_aid
