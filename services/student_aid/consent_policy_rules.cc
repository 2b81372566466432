#include "services/student_aid/consent_policy_rules.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/data_table.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kFile = "legal_bases.csv";
constexpr int32_t kMostMonths = 240;
constexpr int32_t kMostAge = 18;

absl::CivilDay FirstOf(const v1::LegalBasis& row) {
  return DayOf(row.from()).value_or(kFirstDay);
}
absl::CivilDay EndOf(const v1::LegalBasis& row) {
  return DayOf(row.until()).value_or(kLastDay);
}

bool ReadNumber(std::string_view text, int32_t least, int32_t most, int32_t* number) {
  return absl::SimpleAtoi(text, number) && *number >= least && *number <= most;
}

// Whether a use of the kind looks for a consent before it is made: a basis that stops nothing would deceive the family.
bool AsksForConsent(v1::DataUseKind kind) {
  return kind == v1::DATA_USE_KIND_ENQUIRY || kind == v1::DATA_USE_KIND_DONOR_REFERRAL;
}

// Codes, labels, region and days.
absl::Status ReadHead(const DataTable& table, size_t row, v1::LegalBasis* basis) {
  basis->set_use(std::string(table.Get(row, "use")));
  basis->set_department(std::string(table.Get(row, "department")));
  basis->set_region(std::string(table.Get(row, "region")));
  basis->set_label_zh(std::string(table.Get(row, "label_zh")));
  basis->set_label_en(std::string(table.Get(row, "label_en")));
  basis->set_source(std::string(table.Get(row, "source")));
  if (basis->use().empty() || basis->label_zh().empty() || basis->label_en().empty() || basis->source().empty()) {
    return table.Error(row, "a row needs a use, both labels and a source");
  }
  if (!basis->region().empty() && basis->region().size() != 12) {
    return table.Error(row, "a region has 12 digits; empty is the nation");
  }
  ASSIGN_OR_RETURN(const absl::CivilDay from, table.Day(row, "from", kFirstDay));
  ASSIGN_OR_RETURN(const absl::CivilDay until, table.Day(row, "until", kLastDay));
  if (until <= from) {
    return table.Error(row, "the days are not in order");
  }
  if (from != kFirstDay) {
    *basis->mutable_from() = DateOf(from);
  }
  if (until != kLastDay) {
    *basis->mutable_until() = DateOf(until);
  }
  return absl::OkStatus();
}

absl::Status ReadBasis(const DataTable& table, size_t row, v1::LegalBasis* basis) {
  const auto kind = EnumOf<v1::LegalBasisKind>(table.Get(row, "basis")).value_or(v1::LEGAL_BASIS_KIND_UNSPECIFIED);
  if (kind == v1::LEGAL_BASIS_KIND_UNSPECIFIED) {
    return table.Error(row, "a basis is STATUTORY_DUTY, CONSENT or CONTRACT");
  }
  basis->set_basis(kind);
  const std::string_view inform = table.Get(row, "inform");
  if (inform != "yes" && inform != "no") {
    return table.Error(row, "inform is yes or no");
  }
  basis->set_inform(inform == "yes");
  const std::string_view months = table.Get(row, "consent_months"), age = table.Get(row, "self_age");
  if (kind != v1::LEGAL_BASIS_KIND_CONSENT) {
    return months.empty() && age.empty() ? absl::OkStatus()
                                         : table.Error(row, "only a consent has months and an age of signing");
  }
  int32_t number = 0;
  if (!ReadNumber(months, 0, kMostMonths, &number)) {
    return table.Error(row, "consent_months is a number from 0 to 240");
  }
  basis->set_consent_months(number);
  if (!ReadNumber(age, 1, kMostAge, &number)) {
    return table.Error(row, "self_age is a number from 1 to 18");
  }
  basis->set_self_age(number);
  return absl::OkStatus();
}

absl::StatusOr<v1::LegalBasis> ReadRow(const DataTable& table, size_t row, const CodeList& departments) {
  v1::LegalBasis basis;
  RETURN_IF_ERROR(ReadHead(table, row, &basis));
  const auto kind = EnumOf<v1::DataUseKind>(table.Get(row, "kind")).value_or(v1::DATA_USE_KIND_UNSPECIFIED);
  if (kind == v1::DATA_USE_KIND_UNSPECIFIED) {
    return table.Error(row, "no kind of use of the contract has this name");
  }
  basis.set_kind(kind);
  const bool of_department = kind == v1::DATA_USE_KIND_COMPARISON || kind == v1::DATA_USE_KIND_ENQUIRY;
  if (!basis.department().empty() && (!of_department || departments.Find(basis.department()) == nullptr)) {
    return table.Error(row, "a comparison or enquiry may name a department, a code of aid_department");
  }
  RETURN_IF_ERROR(ReadBasis(table, row, &basis));
  if (basis.basis() == v1::LEGAL_BASIS_KIND_CONSENT && !AsksForConsent(kind)) {
    return table.Error(row, "nothing asks for consent before such a use; CONSENT is for ENQUIRY and DONOR_REFERRAL");
  }
  return basis;
}

// What is wrong with two rows together; "" when nothing is.
std::string_view Conflict(const v1::LegalBasis& a, const v1::LegalBasis& b) {
  const bool same_matter = a.kind() == b.kind() && a.department() == b.department();
  if (a.use() != b.use()) {
    return same_matter ? "another use has this kind and department" : "";
  }
  if (!same_matter) {
    return "the use has another kind or department in another row";
  }
  const bool same_days = FirstOf(a) < EndOf(b) && FirstOf(b) < EndOf(a);
  return a.region() == b.region() && same_days ? "another row of the use and region holds on one of its days" : "";
}

}  // namespace

bool HoldsOn(const v1::LegalBasis& row, absl::CivilDay day) {
  return FirstOf(row) <= day && day < EndOf(row);
}

absl::StatusOr<ConsentBook> ConsentBook::Create(std::string_view bases, CodeLists lists, RegionPath path) {
  ConsentBook book;
  book.lists_ = std::move(lists);
  book.path_ = std::move(path);
  for (const char* list : {"guardian_relation", "information_item", "information_channel"}) {
    RETURN_IF_ERROR(book.lists_.Get(list).status());
  }
  ASSIGN_OR_RETURN(const CodeList* const departments, book.lists_.Get("aid_department"));
  ASSIGN_OR_RETURN(const DataTable table,
                   DataTable::Parse(kFile, bases,
                                    {"use", "kind", "department", "region", "from", "until", "basis", "inform",
                                     "consent_months", "self_age", "label_zh", "label_en", "source"}));
  for (size_t i = 0; i < table.size(); ++i) {
    ASSIGN_OR_RETURN(v1::LegalBasis row, ReadRow(table, i, *departments));
    for (const v1::LegalBasis& other : book.rows_) {
      if (const std::string_view problem = Conflict(other, row); !problem.empty()) {
        return table.Error(i, problem);
      }
    }
    if (!book.KnowsUse(row.use())) {
      book.uses_.push_back(row.use());
    }
    book.rows_.push_back(std::move(row));
  }
  RETURN_IF_ERROR(book.CheckNation());
  return book;
}

absl::Status ConsentBook::CheckNation() const {
  for (const std::string& use : uses_) {
    const bool open = std::any_of(rows_.begin(), rows_.end(), [&](const v1::LegalBasis& row) {
      return row.use() == use && row.region().empty() && HoldsOn(row, kLastDay - 1);
    });
    if (!open) {
      return Fail("DATA_FILE", {{"file", kFile},
                                {"line", "1"},
                                {"problem", absl::StrCat("a use without an open row of the nation: ", use)}});
    }
  }
  return UseOfEnquiry("").empty()
             ? Fail("DATA_FILE",
                    {{"file", kFile}, {"line", "1"}, {"problem", "no use for enquiries at any department"}})
             : absl::OkStatus();
}

std::vector<const v1::LegalBasis*> ConsentBook::BasesOn(std::string_view region, absl::CivilDay day) const {
  std::vector<const v1::LegalBasis*> bases;
  for (const std::string& use : uses_) {
    if (const v1::LegalBasis* basis = Find(use, region, day); basis != nullptr) {
      bases.push_back(basis);
    }
  }
  return bases;
}

const v1::LegalBasis* ConsentBook::Find(std::string_view use, std::string_view region, absl::CivilDay day) const {
  return NewestInForce<v1::LegalBasis>(
      rows_, path_, region, day, [](const v1::LegalBasis& row) -> const std::string& { return row.region(); },
      [&](const v1::LegalBasis& row) {
        return row.use() == use && HoldsOn(row, day) ? std::optional(FirstOf(row)) : std::nullopt;
      });
}

std::string ConsentBook::UseOfEnquiry(std::string_view department) const {
  const auto of = [&](std::string_view wanted) {
    const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const v1::LegalBasis& row) {
      return row.kind() == v1::DATA_USE_KIND_ENQUIRY && row.department() == wanted;
    });
    return found == rows_.end() ? std::string() : found->use();
  };
  const std::string own = of(department);
  return own.empty() ? of("") : own;
}

const v1::LegalBasis* ConsentBook::FindEnquiry(std::string_view department, std::string_view region,
                                               absl::CivilDay day) const {
  return Find(UseOfEnquiry(department), region, day);
}

bool ConsentBook::KnowsUse(std::string_view use) const {
  return std::find(uses_.begin(), uses_.end(), use) != uses_.end();
}

std::string ConsentBook::LabelOf(std::string_view use) const {
  const auto found =
      std::find_if(rows_.rbegin(), rows_.rend(), [&](const v1::LegalBasis& row) { return row.use() == use; });
  return found == rows_.rend() ? std::string(use) : found->label_zh();
}

}  // namespace ruraledu::student_aid
