#include "services/dropout_monitoring/ledger_rules.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/area.h"
#include "common/domain/data_table.h"

namespace ruraledu::dropout_monitoring {
namespace {

using reports_v1::ReportCell;
using Child = v1::ChildFile;

constexpr std::pair<v1::CaseState, std::string_view> kStates[] = {
    {v1::CASE_STATE_SUSPECTED, "疑似辍学"},
    {v1::CASE_STATE_VERIFYING, "核实中"},
    {v1::CASE_STATE_CONFIRMED, "确认辍学"},
    {v1::CASE_STATE_PERSUADING, "劝返中"},
    {v1::CASE_STATE_LEGAL_1, "责令限期返校"},
    {v1::CASE_STATE_LEGAL_2, "行政处罚"},
    {v1::CASE_STATE_LEGAL_3, "司法程序"},
    {v1::CASE_STATE_RETURNED_TRIAL, "已返校（观察期）"},
    {v1::CASE_STATE_MOVED_CONFIRMED, "已确认转出"},
    {v1::CASE_STATE_DECEASED, "死亡"},
    {v1::CASE_STATE_EXEMPT, "免学"},
    {v1::CASE_STATE_CLOSED, "已销号"},
};
constexpr std::pair<v1::DiscoveryChannel, std::string_view> kChannels[] = {
    {v1::DISCOVERY_CHANNEL_ABSENCE, "考勤"},
    {v1::DISCOVERY_CHANNEL_COMPARISON, "数据比对"},
    {v1::DISCOVERY_CHANNEL_HOUSE_VISIT, "入户排查"},
    {v1::DISCOVERY_CHANNEL_REPORT, "报告举报"},
    {v1::DISCOVERY_CHANNEL_TRANSFER_UNCONFIRMED, "转学未确认"},
    {v1::DISCOVERY_CHANNEL_ENROLMENT, "开学未报到"},
};
constexpr std::pair<std::string_view, PlatformFormat> kFormats[] = {
    {"TEXT", PlatformFormat::kText}, {"DATE", PlatformFormat::kIsoDay}, {"DATE8", PlatformFormat::kPlainDay}};

template <typename Rows, typename Key>
std::string LabelIn(const Rows& rows, const Key& key) {
  const auto found = std::find_if(std::begin(rows), std::end(rows), [&](const auto& row) { return row.first == key; });
  return found == std::end(rows) ? "" : std::string(found->second);
}

std::string LabelOf(const CodeList& list, std::string_view code) {
  const CodeEntry* const entry = list.Find(code);
  return entry == nullptr ? std::string(code) : std::string(entry->label_zh);
}

template <const std::string& (Child::*Field)() const>
ReportCell OfChild(const LedgerCase& one) {
  return TextCell((one.file.child().*Field)());
}
template <const std::string& (v1::Case::*Field)() const>
ReportCell OfFile(const LedgerCase& one) {
  return TextCell((one.file.*Field)());
}
template <const google::type::Date& (v1::Case::*Field)() const>
ReportCell DayOfFile(const LedgerCase& one) {
  return DayCell((one.file.*Field)());
}
template <const std::string& (v1::CaseGuardian::*Field)() const>
ReportCell OfGuardians(const LedgerCase& one) {
  std::vector<std::string> values;
  for (const v1::CaseGuardian& guardian : one.file.child().guardians()) {
    values.push_back((guardian.*Field)());
  }
  return TextCell(absl::StrJoin(values, "、"));
}

ReportCell Township(const LedgerCase& one) {
  return TextCell(TownshipOf(one.file.area()));
}
ReportCell Kinds(const LedgerCase& one) {
  return TextCell(absl::StrJoin(one.file.circumstances().kinds(), " "));
}
ReportCell Roles(const LedgerCase& one) {
  std::vector<std::string> names;
  for (const v1::CaseRole& role : one.file.roles()) {
    names.push_back(absl::StrCat(role.slot(), ":", role.display_name()));
  }
  return TextCell(absl::StrJoin(names, "、"));
}
ReportCell LastContact(const LedgerCase& one) {
  return one.file.contacts().empty() ? ReportCell() : DayCell(one.file.contacts().rbegin()->on());
}
ReportCell LegalStep(const LedgerCase& one) {
  return one.file.legal_steps().empty() ? ReportCell() : TextCell(one.file.legal_steps().rbegin()->document_number());
}

constexpr LedgerColumn kColumns[] = {
    {"township", "乡镇代码", "Township", Personal::kNo, Township},
    {"school_code", "学校代码", "School code", Personal::kNo,
     [](const LedgerCase& one) { return TextCell(one.school_code); }},
    {"school", "学校", "School", Personal::kNo, [](const LedgerCase& one) { return TextCell(one.school_name); }},
    {"grade", "年级", "Grade", Personal::kNo, OfFile<&v1::Case::grade>},
    {"number", "个案编号", "Case number", Personal::kNo, OfFile<&v1::Case::number>},
    {"student_number", "学籍号", "Student number", Personal::kIdNumber, OfChild<&Child::student_number>},
    {"name", "姓名", "Name", Personal::kName, OfChild<&Child::display_name>},
    {"sex", "性别", "Sex", Personal::kHidden, OfChild<&Child::sex>},
    {"ethnic_group", "民族", "Ethnic group", Personal::kHidden, OfChild<&Child::ethnic_group>},
    {"birth_date", "出生日期", "Birth date", Personal::kHidden,
     [](const LedgerCase& one) { return DayCell(one.file.child().birth_date()); }},
    {"id_number", "身份证件号", "Identity number", Personal::kIdNumber, OfChild<&Child::id_number>},
    {"village", "户籍村", "Village of the household", Personal::kHidden, OfChild<&Child::household_village>},
    {"address", "家庭住址", "Address", Personal::kAddress, OfChild<&Child::household_address>},
    {"current_address", "现住址", "Where the child is", Personal::kAddress, OfChild<&Child::current_address>},
    {"guardians", "监护人", "Guardians", Personal::kHidden, OfGuardians<&v1::CaseGuardian::display_name>},
    {"guardian_phones", "监护人电话", "Phones", Personal::kHidden, OfGuardians<&v1::CaseGuardian::phone>},
    {"migrant_place", "监护人务工地", "Where they work", Personal::kHidden,
     OfGuardians<&v1::CaseGuardian::migrant_place>},
    {"kinds", "困难类型", "Hardship kinds", Personal::kHidden, Kinds},
    {"left_behind", "留守类型", "Left behind", Personal::kHidden,
     [](const LedgerCase& one) { return CountCell(one.file.circumstances().left_behind_education()); }},
    {"disability_kind", "残疾类别", "Kind of disability", Personal::kHidden,
     [](const LedgerCase& one) { return TextCell(one.file.circumstances().disability_kind()); }},
    {"channel", "发现渠道", "Found by", Personal::kNo,
     [](const LedgerCase& one) { return TextCell(LabelIn(kChannels, one.file.channel())); }},
    {"discovered_on", "发现日期", "Found on", Personal::kNo, DayOfFile<&v1::Case::discovered_on>},
    {"last_attended_on", "最后到校日期", "Last at school on", Personal::kNo, DayOfFile<&v1::Case::last_attended_on>},
    {"state", "状态", "State", Personal::kNo, [](const LedgerCase& one) { return TextCell(StateLabel(one.state)); }},
    {"reason", "辍学原因", "Reason", Personal::kHidden,
     [](const LedgerCase& one) { return TextCell(LabelOf(one.codes.reasons, one.file.reason_code())); }},
    {"reason_code", "辍学原因代码", "Reason code", Personal::kHidden, OfFile<&v1::Case::reason_code>},
    {"poverty", "因贫", "Poverty is a cause", Personal::kHidden,
     [](const LedgerCase& one) { return TextCell(one.file.poverty_caused() ? "是" : "否"); }},
    {"measures", "帮扶措施", "Measures", Personal::kHidden, OfFile<&v1::Case::measures>},
    {"roles", "责任人", "Responsible", Personal::kHidden, Roles},
    {"persuasions", "劝返次数", "Persuasions", Personal::kNo,
     [](const LedgerCase& one) { return CountCell(one.file.persuasions()); }},
    {"last_contact_on", "最近劝返日期", "Last contact on", Personal::kHidden, LastContact},
    {"legal_document", "最近法律文书", "Last legal document", Personal::kHidden, LegalStep},
    {"placement", "安置方式", "Placement", Personal::kNo,
     [](const LedgerCase& one) { return TextCell(LabelOf(one.codes.placements, one.file.placement())); }},
    {"returned_on", "复学日期", "Returned on", Personal::kNo, DayOfFile<&v1::Case::returned_on>},
    {"relapses", "再次辍学次数", "Relapses", Personal::kNo,
     [](const LedgerCase& one) { return CountCell(one.file.relapse_count()); }},
    {"due_on", "办理期限", "Next action due on", Personal::kNo, DayOfFile<&v1::Case::due_on>},
    {"closed_on", "销号日期", "Closed on", Personal::kNo, DayOfFile<&v1::Case::closed_on>},
};

absl::Status CheckColumn(const DataTable& table, size_t row, const PlatformColumn& column) {
  if (column.column == nullptr) {
    return table.Error(row, "no column of the ledgers");
  }
  if (column.platform.empty() || column.heading.empty() || column.source.empty()) {
    return table.Error(row, "a row needs platform, heading and source");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Span<const LedgerColumn> LedgerColumns() {
  return kColumns;
}

const LedgerColumn* FindColumn(std::string_view id) {
  const auto* const found = std::find_if(std::begin(kColumns), std::end(kColumns),
                                         [&](const LedgerColumn& column) { return column.id == id; });
  return found == std::end(kColumns) ? nullptr : found;
}

std::string StateLabel(v1::CaseState state) {
  return LabelIn(kStates, state);
}

absl::StatusOr<PlatformBook> PlatformBook::Parse(const PlatformFiles& files) {
  PlatformBook book;
  ASSIGN_OR_RETURN(const DataTable codes, DataTable::Parse("platform_codes.csv", files.codes,
                                                           {"platform", "codes", "value", "code", "source"}));
  for (size_t row = 0; row < codes.size(); ++row) {
    auto& list = book.codes_[{std::string(codes.Get(row, "platform")), std::string(codes.Get(row, "codes"))}];
    if (codes.Get(row, "source").empty()) {
      return codes.Error(row, "a row needs a source");
    }
    if (!list.emplace(codes.Get(row, "value"), codes.Get(row, "code")).second) {
      return codes.Error(row, "the value stands twice");
    }
  }
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse("platform_columns.csv", files.columns,
                                    {"platform", "valid_from", "field", "heading", "format", "codes", "source"}));
  std::set<std::tuple<std::string, absl::CivilDay, std::string>> headings;
  for (size_t row = 0; row < table.size(); ++row) {
    PlatformColumn column;
    column.platform = std::string(table.Get(row, "platform"));
    column.heading = std::string(table.Get(row, "heading"));
    column.source = std::string(table.Get(row, "source"));
    column.column = FindColumn(table.Get(row, "field"));
    column.codes = std::string(table.Get(row, "codes"));
    ASSIGN_OR_RETURN(column.from, table.Day(row, "valid_from", kFirstDay));
    RETURN_IF_ERROR(CheckColumn(table, row, column));
    const auto* const format = std::find_if(std::begin(kFormats), std::end(kFormats),
                                            [&](const auto& one) { return one.first == table.Get(row, "format"); });
    if (format == std::end(kFormats)) {
      return table.Error(row, "a format is TEXT, DATE or DATE8");
    }
    column.format = format->second;
    if (!column.codes.empty() && !book.codes_.contains({column.platform, column.codes})) {
      return table.Error(row, "no such list in platform_codes.csv");
    }
    if (!headings.emplace(column.platform, column.from, column.heading).second) {
      return table.Error(row, "the heading stands twice");
    }
    book.columns_.push_back(std::move(column));
  }
  return book;
}

std::vector<std::string> PlatformBook::platforms() const {
  std::set<std::string> names;
  for (const PlatformColumn& column : columns_) {
    names.insert(column.platform);
  }
  return {names.begin(), names.end()};
}

std::vector<const PlatformColumn*> PlatformBook::ColumnsOf(std::string_view platform, absl::CivilDay on) const {
  absl::CivilDay newest = kFirstDay;
  for (const PlatformColumn& column : columns_) {
    if (column.platform == platform && column.from <= on) {
      newest = std::max(newest, column.from);
    }
  }
  std::vector<const PlatformColumn*> found;
  for (const PlatformColumn& column : columns_) {
    if (column.platform == platform && column.from == newest) {
      found.push_back(&column);
    }
  }
  return found;
}

ReportCell PlatformBook::Write(const PlatformColumn& column, const ReportCell& value) const {
  std::string text = CellText(value);
  if (column.format == PlatformFormat::kPlainDay && value.has_day()) {
    text = absl::StrReplaceAll(text, {{"-", ""}});
  }
  const auto list = codes_.find({column.platform, column.codes});
  if (!column.codes.empty() && list != codes_.end()) {
    const auto code = list->second.find(text);
    text = code == list->second.end() ? text : code->second;
  }
  return TextCell(text);
}

}  // namespace ruraledu::dropout_monitoring
