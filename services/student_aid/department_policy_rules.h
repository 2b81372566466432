// What is data about other departments: which there are, for what purpose aid is, the caps over the sum of all aid of a
// pupil, and which departments know what families report.
//
// <policies>/student_aid/aid_caps.csv:
//
//   cap         code; the row of the lowest region that has one of the code holds, so a county replaces a cap by its
//   own region      12 digits; empty is the nation from,until  first day, first day after; a term goes by its first day
//   period      SCHOOL_YEAR or CALENDAR_YEAR
//   purposes    codes of aid_purpose separated by |, or * for all of them
//   limit_yuan  what all departments together may give a pupil in the period
//   over        REFUSE: an amount that does not fit is not given; CUT: as much as fits is
//   label_zh,source
//
// A deployment without rows caps nothing. `families` of <data>/codes/aid_purpose.csv are benefit families separated by
// |; what is of no purpose (loans, scholarships, waivers for everybody, money of schools) counts under no cap.
//
// <policies>/student_aid/fact_sources.csv: department,factor,from,until,prevails,source. `prevails`: yes when what the
// department verified counts instead of what was reported, where the match (code list fact_match) is usable.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/domain/code_list.h"
#include "common/domain/region_path.h"
#include "common/domain/school_year.h"
#include "ruraledu/student_aid/v1/department_aid.pb.h"

namespace ruraledu::student_aid {

struct AidCap {
  std::string cap, region;
  absl::CivilDay from, until;  // closed, open
  v1::AidCapPeriod period = v1::AID_CAP_PERIOD_UNSPECIFIED;
  std::vector<std::string> purposes;  // empty: all
  int64_t limit_fen = 0;
  v1::AidCapMode mode = v1::AID_CAP_MODE_UNSPECIFIED;
  std::string label_zh, source;
};

struct FactSourceRow {
  std::string department, factor;
  absl::CivilDay from, until;  // closed, open
  bool prevails = false;
};

class DepartmentBook {
 public:
  // `lists` holds aid_department, aid_purpose and fact_match. Errors: CODE_LIST_UNKNOWN; DATA_FILE for a region that is
  // none, days out of order, a period, mode or purpose that nobody knows, a limit that is no number of yuan above 0, a
  // missing label or source, two rows of a cap and region that hold on one day; a family that nobody knows or of two
  // purposes; a department that nobody knows, two rows of a department and factor that hold on one day.
  static absl::StatusOr<DepartmentBook> Create(std::string_view caps, std::string_view facts, CodeLists lists,
                                               TermCalendar calendar, RegionPath path = RegionPathByDigits);

  const CodeLists& lists() const { return lists_; }
  const TermCalendar& calendar() const { return calendar_; }
  bool KnowsDepartment(std::string_view code, absl::CivilDay day) const;
  bool KnowsPurpose(std::string_view code) const;
  // "": what is of the family counts under no cap.
  std::string PurposeOf(v1::BenefitFamily family) const;
  // Caps of a region that hold on the day, in order of code.
  std::vector<const AidCap*> CapsOn(std::string_view region, absl::CivilDay day) const;
  // Factors that a department knows on the day, in order.
  std::vector<std::string> FactorsOf(std::string_view department, absl::CivilDay day) const;
  // Whether what it verified counts instead of what was reported.
  bool Prevails(std::string_view department, std::string_view factor, std::string_view match, absl::CivilDay day) const;

 private:
  absl::Status AddCaps(std::string_view text);
  absl::Status AddFamilies();
  absl::Status AddFacts(std::string_view text);

  CodeLists lists_;
  TermCalendar calendar_;
  RegionPath path_;
  std::vector<AidCap> caps_;
  std::map<v1::BenefitFamily, std::string> purposes_;
  std::vector<FactSourceRow> facts_;
};

}  // namespace ruraledu::student_aid
