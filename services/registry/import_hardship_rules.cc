// Registers of hardship (digest 2.1, DR-14; county profile 13).
#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/proto_day.h"
#include "services/registry/import_rules.h"

namespace ruraledu::registry {
namespace {

const CodeEntry* Kind(const CodeLists& codes, std::string_view kind) {
  const CodeList* list = codes.Find("hardship_kind");
  return list == nullptr ? nullptr : list->Find(kind);
}

// RURAL or URBAN: from its own column, the word of the kind ("农村低保"), or a remark.
std::string AreaOfRow(const CodeLists& codes, const RowView& row) {
  const CodeList* list = codes.Find("hardship_area");
  for (const std::string_view field : {"area", "kind_text", "remark"}) {
    for (const CodeEntry& entry : list == nullptr ? absl::Span<const CodeEntry>() : list->entries()) {
      const auto named = [&](const std::string& word) { return absl::StrContains(row.Get(field), word); };
      if (row.Get(field) == entry.code || named(entry.label_zh) || absl::c_any_of(entry.synonyms, named)) {
        return entry.code;
      }
    }
  }
  return "";
}

bool CertificateEnded(const StudentChecks& checks, const RowView& row) {
  const CodeList* list = checks.codes.Find("certificate_status");
  const CodeEntry* entry =
      list == nullptr || !row.Has("status") ? nullptr : list->FindLabel(row.Get("status"), checks.today);
  return entry != nullptr && entry->code == "ENDED";
}

bool Open(const v1::HardshipRecord& record) {
  return !record.has_valid_to();
}

}  // namespace

std::optional<absl::CivilDay> BirthOfRow(const StudentChecks& checks, const RowView& row) {
  if (const auto birth = row.Day("birth_date"); birth.has_value()) {
    return birth;
  }
  const CitizenIdCheck id = CheckCitizenId(PersonIdOfRow(row), {}, checks.provinces, checks.today);
  return id.ok() ? std::optional(id.birth_date) : std::nullopt;
}

std::optional<RowIssue> CheckHouseholdRow(const StudentChecks& checks, const RowView& row) {
  if (row.Has("citizen_id")) {
    const CitizenIdCheck id = CheckCitizenId(row.Get("citizen_id"), {}, checks.provinces, checks.today);
    if (!id.ok() && id.error != "ID_LEGACY15") {  // old people still have the short number
      return RowIssue{"citizen_id", std::string(id.error)};
    }
  }
  if (row.Has("village_code")) {
    Violations violations;
    CheckVillage(checks, row.Get("village_code"), "village_code", &violations);
    if (!violations.empty()) {
      return IssueOf(violations.status());
    }
  }
  const CodeEntry* kind = Kind(checks.codes, row.Get("kind"));
  if (kind == nullptr || kind->Attribute("family") != "household") {
    return RowIssue{"kind", "CODE_UNKNOWN"};
  }
  if (kind->Attribute("monitored") == "yes" && row.Is("risk_eliminated") && !row.Has("risk_eliminated_on")) {
    return RowIssue{"risk_eliminated_on", "FIELD_REQUIRED"};
  }
  return std::nullopt;
}

v1::HouseholdMember RowToMember(const StudentChecks& checks, const ImportFacts& facts, const RowView& row) {
  v1::HouseholdMember member;
  member.set_display_name(std::string(row.Get("name")));
  bool changed = false;
  member.set_id_number(NormalizeNumber(row.Get("citizen_id"), &changed));
  const CodeList* list = checks.codes.Find("member_relation");
  const CodeEntry* relation = list == nullptr ? nullptr : list->FindLabel(row.Get("relation_to_head"), checks.today);
  member.set_relation(relation == nullptr ? "OTHER" : relation->code);
  *member.mutable_valid_from() = DateOf(std::min(row.Day("recognized_on").value_or(facts.facts_on), facts.facts_on));
  if (const auto left = row.Day("moved_out_on"); left.has_value()) {
    *member.mutable_valid_to() = DateOf(*left);
  }
  return member;
}

std::string VillageOfRow(const RegionTree& regions, const ImportFacts& facts, const RowView& row) {
  if (row.Has("village_code") || !row.Has("village_name")) {
    return std::string(row.Get("village_code"));
  }
  std::string found;
  for (const Region* township : regions.ChildrenOf(absl::StrCat(facts.county, "000000"), facts.facts_on)) {
    if (row.Has("township_name") && township->name != row.Get("township_name")) {
      continue;
    }
    for (const Region* village : regions.ChildrenOf(township->code, facts.facts_on)) {
      if (absl::StartsWith(village->name, row.Get("village_name"))) {
        if (!found.empty()) {
          return "";  // two of that name
        }
        found = village->code;
      }
    }
  }
  return found;
}

std::vector<v1::HardshipRecord> HouseholdRecords(const ImportFacts& facts, const RowView& row) {
  v1::HardshipRecord record;
  record.set_kind(std::string(row.Get("kind")));
  record.set_source(EnumText(facts.source));
  record.set_evidence(facts.evidence);
  *record.mutable_valid_from() =
      DateOf(row.Day("recognized_on").value_or(row.Day("out_of_poverty_on").value_or(facts.facts_on)));
  if (const auto eliminated = row.Day("risk_eliminated_on");
      eliminated.has_value() && absl::StartsWith(record.kind(), "M")) {
    *record.mutable_risk_eliminated_on() = DateOf(*eliminated);
  }
  const std::string under = row.Is("enjoys_policy") ? "P2" : "P3";
  if (absl::StartsWith(record.kind(), "P") && record.kind() != "P1" && row.Has("enjoys_policy")) {
    record.set_kind(under);
  }
  std::vector<v1::HardshipRecord> records = {record};
  if (record.kind() == "M1" && row.Has("out_of_poverty_on") && row.Has("enjoys_policy")) {
    v1::HardshipRecord poor = record;
    poor.set_kind(under);
    poor.clear_risk_eliminated_on();
    *poor.mutable_valid_from() = DateOf(*row.Day("out_of_poverty_on"));
    records.push_back(std::move(poor));
  }
  return records;
}

std::optional<v1::HardshipRecord> PersonRecord(const StudentChecks& checks, const ImportFacts& facts,
                                               const RowView& row) {
  if (row.Has("insured") && !row.Is("insured")) {
    return std::nullopt;
  }
  v1::HardshipRecord record;
  record.set_kind(facts.source == v1::IMPORT_SOURCE_DISABLED_FEDERATION ? "X1" : std::string(row.Get("kind")));
  record.set_source(EnumText(facts.source));
  record.set_evidence(facts.evidence);
  if (record.kind() == "D1" || record.kind() == "D2") {
    record.set_area(AreaOfRow(checks.codes, row));
  }
  absl::CivilDay from = facts.facts_on;
  for (const std::string_view field : {"started_on", "recognized_on", "issued_on"}) {
    from = row.Day(field).value_or(from);
  }
  *record.mutable_valid_from() = DateOf(from);
  if (const auto ended = row.Day("ended_on"); ended.has_value()) {
    *record.mutable_valid_to() = DateOf(std::max(*ended, from));
  } else if (const auto until = row.Day("valid_until"); until.has_value()) {
    *record.mutable_valid_to() = DateOf(std::max(*until + 1, from));
  } else if (CertificateEnded(checks, row)) {
    *record.mutable_valid_to() = DateOf(std::max(facts.facts_on, from));
  }
  return record;
}

std::string KindGroup(const CodeLists& codes, std::string_view kind) {
  const CodeEntry* entry = Kind(codes, kind);
  return entry == nullptr ? std::string(kind)
                          : absl::StrCat(entry->Attribute("family"), "|", entry->Attribute("monitored"));
}

void PutHardship(const CodeLists& codes, v1::HardshipRecord record, bool replaces_group, absl::CivilDay facts_on,
                 google::protobuf::RepeatedPtrField<v1::HardshipRecord>* records) {
  v1::HardshipRecord* same = nullptr;
  for (v1::HardshipRecord& known : *records) {
    const bool mine = known.source() == record.source() && known.kind() == record.kind();
    if (mine && (Open(known) || DayOf(known.valid_from()) == DayOf(record.valid_from()))) {
      same = &known;
    }
  }
  if (same != nullptr) {
    record.set_evidence(same->evidence());  // a repeat changes nothing
    *same = std::move(record);
    return;
  }
  for (v1::HardshipRecord& known : *records) {
    if (!replaces_group || !Open(known) || known.source() != record.source() ||
        KindGroup(codes, known.kind()) != KindGroup(codes, record.kind())) {
      continue;
    }
    if (DayOf(record.valid_from()) <= DayOf(known.valid_from())) {
      *record.mutable_valid_from() = DateOf(std::max(facts_on, DayOf(known.valid_from()).value_or(facts_on)));
    }
    *known.mutable_valid_to() = record.valid_from();
  }
  *records->Add() = std::move(record);
}

bool EndHardships(const CodeLists& codes, std::string_view source, const std::vector<std::string>& groups,
                  absl::CivilDay on, google::protobuf::RepeatedPtrField<v1::HardshipRecord>* records) {
  bool ended = false;
  for (v1::HardshipRecord& record : *records) {
    if (Open(record) && record.source() == source && absl::c_linear_search(groups, KindGroup(codes, record.kind()))) {
      *record.mutable_valid_to() = DateOf(std::max(on, DayOf(record.valid_from()).value_or(on)));
      ended = true;
    }
  }
  return ended;
}

}  // namespace ruraledu::registry
