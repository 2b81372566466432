#include "services/student_aid/restriction_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/enum_text.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/domain/data_table.h"

namespace ruraledu::student_aid {
namespace {

bool Bypassed(const v1::Restriction& restriction, std::string_view application) {
  return std::any_of(restriction.bypasses().begin(), restriction.bypasses().end(),
                     [&](const v1::RestrictionBypass& bypass) { return bypass.application() == application; });
}

template <typename Stops>
bool AnyStops(const RestrictionMap& restrictions, std::string_view person, std::string_view application,
              absl::CivilDay on, Stops stops) {
  const auto found = restrictions.find(person);
  return found != restrictions.end() &&
         std::any_of(found->second.begin(), found->second.end(), [&](const v1::Restriction& restriction) {
           return stops(restriction.effect()) && InForce(restriction, on) && !Bypassed(restriction, application);
         });
}

absl::Status CheckOther(const Act& act, const v1::Restriction& restriction) {
  if (!restriction.lifted_by().empty()) {
    return Fail("RESTRICTION_OVER", {{"name", restriction.name()}});
  }
  if (restriction.put_by() == act.person) {
    return Fail("ROLE_HELD", {{"held", "RESTRICTION"}, {"wanted", "RELIEF"}});
  }
  return NeedsReason(act);
}

}  // namespace

absl::StatusOr<std::vector<v1::RestrictionCode>> ParseRestrictionCodes(std::string_view text) {
  ASSIGN_OR_RETURN(const DataTable table, DataTable::Parse("restriction_codes.csv", text,
                                                           {"code", "effect", "label_zh", "label_en", "source"}));
  std::vector<v1::RestrictionCode> codes;
  for (size_t row = 0; row < table.size(); ++row) {
    const auto effect =
        EnumOf<v1::RestrictionEffect>(table.Get(row, "effect")).value_or(v1::RESTRICTION_EFFECT_UNSPECIFIED);
    if (effect == v1::RESTRICTION_EFFECT_UNSPECIFIED) {
      return table.Error(row, "the effect is STOP_APPLY, STOP_PAY or WARN");
    }
    if (table.Get(row, "code").empty() || table.Get(row, "source").empty()) {
      return table.Error(row, "a row needs a code and its source");
    }
    v1::RestrictionCode& code = codes.emplace_back();
    code.set_code(std::string(table.Get(row, "code")));
    code.set_effect(effect);
    code.set_label_zh(std::string(table.Get(row, "label_zh")));
    code.set_label_en(std::string(table.Get(row, "label_en")));
    code.set_source(std::string(table.Get(row, "source")));
    if (std::any_of(codes.begin(), codes.end() - 1, [&](const auto& other) { return other.code() == code.code(); })) {
      return table.Error(row, "the code stands twice");
    }
  }
  std::sort(codes.begin(), codes.end(), [](const auto& a, const auto& b) { return a.code() < b.code(); });
  return codes;
}

bool InForce(const v1::Restriction& restriction, absl::CivilDay on) {
  const auto from = DayOf(restriction.from());
  const auto until = DayOf(restriction.until());
  const auto lifted = DayOf(restriction.lifted_on());
  return from.has_value() && *from <= on && (!until.has_value() || on < *until) &&
         (!lifted.has_value() || on < *lifted);
}

bool StopsPayment(const RestrictionMap& restrictions, std::string_view person, std::string_view application,
                  absl::CivilDay on) {
  return AnyStops(restrictions, person, application, on, [](v1::RestrictionEffect effect) {
    return effect == v1::RESTRICTION_EFFECT_STOP_PAY || effect == v1::RESTRICTION_EFFECT_STOP_APPLY;
  });
}

bool StopsApplication(const RestrictionMap& restrictions, std::string_view person, std::string_view application,
                      absl::CivilDay on) {
  return AnyStops(restrictions, person, application, on,
                  [](v1::RestrictionEffect effect) { return effect == v1::RESTRICTION_EFFECT_STOP_APPLY; });
}

absl::Status PutOn(const Act& act, const v1::RestrictionCode& code, v1::Restriction* restriction) {
  RETURN_IF_ERROR(NeedsReason(act));
  restriction->set_code(code.code());
  restriction->set_effect(code.effect());
  restriction->set_reason(act.reason);
  restriction->set_put_by(act.person);
  if (!restriction->has_from()) {
    *restriction->mutable_from() = DateOf(act.on);
  }
  const auto until = DayOf(restriction->until());
  return until.has_value() && *until <= *DayOf(restriction->from()) ? Fail("RESTRICTION_INTERVAL") : absl::OkStatus();
}

absl::Status Lift(const Act& act, v1::Restriction* restriction) {
  RETURN_IF_ERROR(CheckOther(act, *restriction));
  restriction->set_lifted_by(act.person);
  *restriction->mutable_lifted_on() = DateOf(act.on);
  restriction->set_lift_reason(act.reason);
  return absl::OkStatus();
}

absl::Status Bypass(const Act& act, const std::string& application, v1::Restriction* restriction) {
  RETURN_IF_ERROR(CheckOther(act, *restriction));
  const std::string mark = absl::StrCat("/applications/", restriction->person(), ".");
  if (application.find(mark) == std::string::npos) {
    return Fail("RESTRICTION_OTHER_PERSON", {{"application", application}});
  }
  if (Bypassed(*restriction, application)) {
    return Fail("RESTRICTION_BYPASSED", {{"application", application}});
  }
  v1::RestrictionBypass* bypass = restriction->add_bypasses();
  bypass->set_application(application);
  bypass->set_person(act.person);
  *bypass->mutable_on() = DateOf(act.on);
  bypass->set_reason(act.reason);
  return absl::OkStatus();
}

}  // namespace ruraledu::student_aid
