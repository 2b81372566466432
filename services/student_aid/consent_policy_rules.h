// On what legal basis personal data is used, as data, dated, per region, with sources (digest 7.7; PIPL art. 13, 31,
// 35): <policies>/student_aid/legal_bases.csv
//
//   use             code; the row of the lowest region that has one of the code holds
//   kind            DataUseKind of the contract: COMPARISON, ENQUIRY ...
//   department      code of aid_department, of COMPARISON and ENQUIRY; empty: every one without a use of its own
//   region          12 digits; empty is the nation
//   from,until      first day, first day after
//   basis           STATUTORY_DUTY, CONTRACT, or CONSENT for an ENQUIRY or DONOR_REFERRAL: what is asked for one by one
//   inform          yes: whom it concerns is told (art. 35); a statutory duty says no only when the use is the telling
//   consent_months  of CONSENT: months that one holds, 0 until it is withdrawn
//   self_age        of CONSENT: full years from which a pupil signs himself (art. 31: a guardian below 14)
//   label_zh,label_en,source
//
// Also the code lists by which people of a family are named and asked: guardian_relation, information_item,
// information_channel.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/domain/code_list.h"
#include "common/domain/region_path.h"
#include "ruraledu/student_aid/v1/consent.pb.h"

namespace ruraledu::student_aid {

class ConsentBook {
 public:
  // `lists` holds aid_department, guardian_relation, information_item and information_channel. Errors:
  // CODE_LIST_UNKNOWN; DATA_FILE for a region that is none, days out of order, a kind, basis or department that nobody
  // knows, CONSENT of a use that does not ask for it, months or an age where none belong or outside of 0-240 and 1-18,
  // a missing code, label or source, a use of two kinds or departments, two uses of a kind and department, two rows of
  // a use and region that hold on one day, a use without an open row of the nation, no use for enquiries at any
  // department.
  static absl::StatusOr<ConsentBook> Create(std::string_view bases, CodeLists lists,
                                            RegionPath path = RegionPathByDigits);

  // Of each use the row that holds in the region on the day, in order of the uses.
  std::vector<const v1::LegalBasis*> BasesOn(std::string_view region, absl::CivilDay day) const;
  // Null when the use is unknown, or has no row on the day.
  const v1::LegalBasis* Find(std::string_view use, std::string_view region, absl::CivilDay day) const;
  // Of an enquiry at a department; null when nothing is said of the day.
  const v1::LegalBasis* FindEnquiry(std::string_view department, std::string_view region, absl::CivilDay day) const;
  // "": nobody knows the use.
  std::string UseOfEnquiry(std::string_view department) const;
  bool KnowsUse(std::string_view use) const;
  // Chinese label of a use; the code when there is none.
  std::string LabelOf(std::string_view use) const;

  const CodeList& relations() const { return *lists_.Find("guardian_relation"); }
  const CodeList& items() const { return *lists_.Find("information_item"); }
  const CodeList& channels() const { return *lists_.Find("information_channel"); }

 private:
  absl::Status CheckNation() const;

  CodeLists lists_;
  RegionPath path_;
  std::vector<std::string> uses_;  // in the order of the file
  std::vector<v1::LegalBasis> rows_;
};

// Whether a row holds on the day.
bool HoldsOn(const v1::LegalBasis& row, absl::CivilDay day);

}  // namespace ruraledu::student_aid
