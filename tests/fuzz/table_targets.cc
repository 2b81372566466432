// Tables and templates of policies that a jurisdiction writes: whatever is in the file is taken or refused with its
// line.
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/domain/load_file.h"
#include "services/dropout_monitoring/absence_message_rules.h"
#include "services/dropout_monitoring/case_policy_rules.h"
#include "services/dropout_monitoring/legal_rules.h"
#include "services/dropout_monitoring/profile_rules.h"
#include "services/dropout_monitoring/responsibility_rules.h"
#include "services/student_aid/application_policy_rules.h"
#include "services/student_aid/compliance_rules.h"
#include "services/student_aid/consent_policy_rules.h"
#include "services/student_aid/department_policy_rules.h"
#include "services/student_aid/follow_up_policy_rules.h"
#include "services/student_aid/fund_policy_rules.h"
#include "services/student_aid/goods_policy_rules.h"
#include "services/student_aid/identification_policy_rules.h"
#include "services/student_aid/office_policy_rules.h"
#include "services/student_aid/payment_policy_rules.h"
#include "tests/fuzz/targets.h"

namespace ruraledu::fuzz {
namespace {

std::string Shipped(const std::string& file) {
  return LoadFile(absl::StrCat(RURALEDU_SOURCE_DIR, "/deploy/", file)).value();
}

template <typename T>
std::string Refused(const absl::StatusOr<T>& value) {
  return value.ok() || !ReasonOf(value.status()).empty()
             ? ""
             : absl::StrCat("an error without a reason: ", value.status().ToString());
}

// One target: a file of <policies>/, read by `parse` as it is mutated.
template <typename Parse>
Target Table(const std::string& name, const std::string& file, Parse parse, int weight = 2) {
  return {
      name, {Shipped("policies/" + file)}, [parse](std::string_view bytes) { return Refused(parse(bytes)); }, weight};
}

// A target for each file of a set, the others as they are shipped.
template <typename Files, typename Parse>
void EachOf(const std::string& prefix, const Files& files,
            const std::vector<std::pair<std::string, std::string Files::*>>& parts, Parse parse, int weight,
            std::vector<Target>* targets) {
  for (const auto& [name, part] : parts) {
    targets->push_back({prefix + name,
                        {files.*part},
                        [files, part = part, parse](std::string_view bytes) {
                          Files mutated = files;
                          mutated.*part = std::string(bytes);
                          return Refused(parse(mutated));
                        },
                        weight});
  }
}

std::string Aid(const std::string& file) {
  return Shipped("policies/student_aid/" + file);
}

void AddAid(std::vector<Target>* targets) {
  using namespace student_aid;  // NOLINT
  targets->push_back(Table("payment_rules", "student_aid/payment_rules.csv", ParsePaymentRules));
  targets->push_back(
      Table("fund_rules", "student_aid/fund_rules.csv", [](std::string_view text) { return FundRules::Parse(text); }));
  targets->push_back(Table("complaint_categories", "student_aid/complaint_categories.csv", ParseComplaintCategories));
  targets->push_back(Table("family_messages", "student_aid/family_messages.csv", ParseMessageTemplates));
  targets->push_back(Table("presence_rules", "student_aid/presence_rules.csv", ParsePresenceRules));
  targets->push_back(Table("compliance_rules", "student_aid/compliance_rules.csv", ComplianceBook::Parse));
  targets->push_back(Table("application_policies", "student_aid/application_policies.csv", [](std::string_view text) {
    return ParseApplicationPolicies({std::string(text), Aid("application_approval_steps.csv")});
  }));
  const FollowUpFiles follow_up{Aid("follow_up_rules.csv"),
                                Aid("outward_letter.txt"),
                                Shipped("data/codes/graduate_measure.csv"),
                                Shipped("data/codes/graduate_contact.csv"),
                                Shipped("data/codes/graduate_outcome.csv"),
                                Shipped("data/codes/graduate_subsidy.csv"),
                                Shipped("data/codes/publicity_channel.csv")};
  EachOf<FollowUpFiles>(
      "follow_up_", follow_up, {{"rules", &FollowUpFiles::rules}, {"letter", &FollowUpFiles::letter}},
      [](const FollowUpFiles& files) {
        return FollowUpBook::Create(files, RegionPathByDigits, [](std::string_view) { return "X"; });
      },
      2, targets);
  const IdentificationFiles identification{Aid("identification_policies.csv"), Aid("identification_levels.csv"),
                                           Aid("identification_groups.csv"), Aid("identification_factors.csv"),
                                           Aid("identification_kinds.csv")};
  EachOf<IdentificationFiles>("identification_", identification,
                              {{"policies", &IdentificationFiles::policies},
                               {"levels", &IdentificationFiles::levels},
                               {"groups", &IdentificationFiles::groups},
                               {"kinds", &IdentificationFiles::kinds}},
                              ParseIdentificationPolicies, 8, targets);
}

void AddDepartments(std::vector<Target>* targets) {
  using namespace student_aid;  // NOLINT
  CodeLists lists;
  for (const char* name : {"aid_department", "aid_purpose", "fact_match"}) {
    lists.Put(CodeList::Parse(name, Shipped(absl::StrCat("data/codes/", name, ".csv"))).value());
  }
  const auto terms = TermCalendar::Parse("term-calendar.csv", Shipped("data/term-calendar.csv")).value();
  targets->push_back(Table("aid_caps", "student_aid/aid_caps.csv", [lists, terms](std::string_view text) {
    return DepartmentBook::Create(text, Aid("fact_sources.csv"), lists, terms);
  }));
  for (const char* name : {"hardship_kind", "stage", "guardian_relation"}) {
    lists.Put(CodeList::Parse(name, Shipped(absl::StrCat("data/codes/", name, ".csv"))).value());
  }
  targets->push_back(Table("goods", "student_aid/goods.csv",
                           [lists, terms](std::string_view text) { return GoodsBook::Create(text, lists, terms); }));
  targets->push_back(Table("fact_sources", "student_aid/fact_sources.csv", [lists, terms](std::string_view text) {
    return DepartmentBook::Create(Aid("aid_caps.csv"), text, lists, terms);
  }));
  for (const char* name : {"guardian_relation", "information_item", "information_channel"}) {
    lists.Put(CodeList::Parse(name, Shipped(absl::StrCat("data/codes/", name, ".csv"))).value());
  }
  targets->push_back(Table("legal_bases", "student_aid/legal_bases.csv",
                           [lists](std::string_view text) { return ConsentBook::Create(text, lists); }));
}

void AddDropout(std::vector<Target>* targets) {
  using namespace dropout_monitoring;  // NOLINT
  const std::string folder = "policies/dropout_monitoring/";
  targets->push_back(
      Table("responsibility_slots", "dropout_monitoring/responsibility_slots.csv", ParseResponsibilitySlots));
  EachOf<ProfileFiles>(
      "absence_",
      {Shipped(folder + "absence_profiles.csv"), Shipped(folder + "absence_cumulative.csv"),
       Shipped(folder + "absence_regions.csv")},
      {{"profiles", &ProfileFiles::profiles},
       {"cumulative", &ProfileFiles::cumulative},
       {"regions", &ProfileFiles::regions}},
      [](const ProfileFiles& files) { return ProfileBook::Parse(files); }, 2, targets);
  const auto channels = CodeList::Parse("contact_channel", Shipped("data/codes/contact_channel.csv")).value();
  targets->push_back(Table("absence_messages", "dropout_monitoring/absence_messages.csv",
                           [channels](std::string_view text) { return AbsenceMessageBook::Parse(text, channels); }));
  EachOf<CaseFiles>("case_",
                    {Shipped(folder + "case_policies.csv"), Shipped(folder + "case_action_terms.csv"),
                     Shipped(folder + "case_ladder.csv")},
                    {{"policies", &CaseFiles::policies}, {"terms", &CaseFiles::terms}, {"ladder", &CaseFiles::ladder}},
                    ParseCasePolicies, 4, targets);
  std::vector<std::string> documents;
  for (int step = 0; step < 4; ++step) {
    documents.push_back(Shipped(absl::StrCat(folder, "documents/legal_", step, ".txt")));
  }
  targets->push_back({"legal_document", documents, [](std::string_view bytes) {
                        return Refused(FillTemplate("x", bytes, DocumentValues({}, {}, "某小学", "某县教育局")));
                      }});
}

}  // namespace

std::vector<Target> TableTargets() {
  std::vector<Target> targets;
  AddAid(&targets);
  AddDepartments(&targets);
  AddDropout(&targets);
  return targets;
}

}  // namespace ruraledu::fuzz
