#include "services/student_aid/standards.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/crypto/hash.h"
#include "common/domain/load_file.h"
#include "common/obs/log.h"
#include "services/student_aid/restriction_rules.h"

namespace ruraledu::student_aid {
namespace {

absl::StatusOr<std::vector<std::string>> FilesIn(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> files;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".textproto") {
      files.push_back(it->path().string());
    }
  }
  if (error || files.empty()) {
    return Fail("DATA_FILE_UNREADABLE", {{"file", folder}});
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

absl::StatusOr<PolicyBook> LoadStandards(const std::string& policies_folder, const std::string& data_folder,
                                         std::shared_ptr<const RegionTree> regions) {
  ASSIGN_OR_RETURN(const auto files, FilesIn(policies_folder + "/student_aid"));
  std::vector<v1::PolicySet> sets;
  for (const std::string& file : files) {
    ASSIGN_OR_RETURN(const std::string text, LoadFile(file));
    ASSIGN_OR_RETURN(sets.emplace_back(), ParsePolicySet(std::filesystem::path(file).filename().string(), text,
                                                         crypto::Hex(crypto::Sha256({text}))));
  }
  ASSIGN_OR_RETURN(const std::string calendar_text, LoadFile(data_folder + "/term-calendar.csv"));
  ASSIGN_OR_RETURN(TermCalendar calendar, TermCalendar::Parse("term-calendar.csv", calendar_text));
  ASSIGN_OR_RETURN(const std::string areas_text, LoadFile(data_folder + "/former-poor-areas.csv"));
  ASSIGN_OR_RETURN(PoorAreas poor_areas, PoorAreas::Parse("former-poor-areas.csv", areas_text));
  ASSIGN_OR_RETURN(PolicyBook book, PolicyBook::Create(std::move(sets), std::move(calendar), RegionPathOf(regions),
                                                       std::move(poor_areas)));
  for (const v1::PolicyFinding& finding : book.findings()) {
    obs::Log(
        obs::Level::kInfo, "policy_finding",
        {{"code", finding.code()}, {"item", finding.item()}, {"term", finding.term()}, {"detail", finding.detail()}});
  }
  return book;
}

absl::StatusOr<IdentificationBook> LoadIdentificationTables(const std::string& policies_folder,
                                                            const std::string& data_folder,
                                                            std::shared_ptr<const RegionTree> regions) {
  IdentificationFiles files;
  const std::pair<const char*, std::string*> wanted[] = {{"policies", &files.policies},
                                                         {"levels", &files.levels},
                                                         {"groups", &files.groups},
                                                         {"factors", &files.factors},
                                                         {"kinds", &files.kinds}};
  for (const auto& [name, text] : wanted) {
    ASSIGN_OR_RETURN(*text, LoadFile(absl::StrCat(policies_folder, "/student_aid/identification_", name, ".csv")));
  }
  ASSIGN_OR_RETURN(auto policies, ParseIdentificationPolicies(files));
  for (v1::IdentificationPolicy& policy : policies) {
    policy.set_digest(crypto::Hex(crypto::Sha256({policy.SerializeAsString()})));
  }
  ASSIGN_OR_RETURN(const std::string evidence, LoadFile(data_folder + "/codes/evidence_kind.csv"));
  ASSIGN_OR_RETURN(CodeList kinds, CodeList::Parse("evidence_kind", evidence));
  return IdentificationBook(std::move(policies), std::move(kinds), RegionPathOf(std::move(regions)));
}

absl::StatusOr<ApplicationBook> LoadApplicationTables(const std::string& policies_folder,
                                                      std::shared_ptr<const RegionTree> regions) {
  const std::string folder = policies_folder + "/student_aid/";
  ApplicationFiles files;
  ASSIGN_OR_RETURN(files.policies, LoadFile(folder + "application_policies.csv"));
  ASSIGN_OR_RETURN(files.steps, LoadFile(folder + "application_approval_steps.csv"));
  ASSIGN_OR_RETURN(auto policies, ParseApplicationPolicies(files));
  for (v1::ApplicationPolicy& policy : policies) {
    policy.set_digest(crypto::Hex(crypto::Sha256({policy.SerializeAsString()})));
  }
  ASSIGN_OR_RETURN(const std::string text, LoadFile(folder + "restriction_codes.csv"));
  ASSIGN_OR_RETURN(auto codes, ParseRestrictionCodes(text));
  return ApplicationBook(std::move(policies), std::move(codes), RegionPathOf(std::move(regions)));
}

absl::StatusOr<FundRules> LoadFundRules(const std::string& policies_folder, std::shared_ptr<const RegionTree> regions) {
  ASSIGN_OR_RETURN(const std::string text, LoadFile(policies_folder + "/student_aid/fund_rules.csv"));
  return FundRules::Parse(text, RegionPathOf(std::move(regions)));
}

absl::StatusOr<PaymentBook> LoadPaymentRules(const std::string& policies_folder,
                                             std::shared_ptr<const RegionTree> regions) {
  ASSIGN_OR_RETURN(const std::string text, LoadFile(policies_folder + "/student_aid/payment_rules.csv"));
  ASSIGN_OR_RETURN(auto rules, ParsePaymentRules(text));
  return PaymentBook(std::move(rules), RegionPathOf(std::move(regions)));
}

absl::StatusOr<OfficeBook> LoadOfficeTables(const std::string& policies_folder, const std::string& data_folder,
                                            std::shared_ptr<const RegionTree> regions) {
  const std::string folder = policies_folder + "/student_aid/";
  ASSIGN_OR_RETURN(const std::string categories_text, LoadFile(folder + "complaint_categories.csv"));
  ASSIGN_OR_RETURN(auto categories, ParseComplaintCategories(categories_text));
  ASSIGN_OR_RETURN(const std::string templates_text, LoadFile(folder + "family_messages.csv"));
  ASSIGN_OR_RETURN(auto templates, ParseMessageTemplates(templates_text));
  ASSIGN_OR_RETURN(const std::string channels_text, LoadFile(data_folder + "/codes/contact_channel.csv"));
  ASSIGN_OR_RETURN(CodeList channels, CodeList::Parse("contact_channel", channels_text));
  ASSIGN_OR_RETURN(const std::string kinds_text, LoadFile(data_folder + "/codes/hardship_kind.csv"));
  ASSIGN_OR_RETURN(CodeList kinds, CodeList::Parse("hardship_kind", kinds_text));
  ASSIGN_OR_RETURN(const std::string presence_text, LoadFile(folder + "presence_rules.csv"));
  ASSIGN_OR_RETURN(auto near, ParsePresenceRules(presence_text));
  return OfficeBook(std::move(categories), std::move(templates), std::move(channels), std::move(kinds), std::move(near),
                    RegionPathOf(std::move(regions)));
}

absl::StatusOr<FollowUpBook> LoadFollowUp(const std::string& policies_folder, const std::string& data_folder,
                                          std::shared_ptr<const RegionTree> regions) {
  FollowUpFiles files;
  ASSIGN_OR_RETURN(files.rules, LoadFile(policies_folder + "/student_aid/follow_up_rules.csv"));
  ASSIGN_OR_RETURN(files.letter, LoadFile(policies_folder + "/student_aid/outward_letter.txt"));
  const std::pair<const char*, std::string*> lists[] = {{"graduate_measure", &files.graduate_measure},
                                                        {"graduate_contact", &files.graduate_contact},
                                                        {"graduate_outcome", &files.graduate_outcome},
                                                        {"graduate_subsidy", &files.graduate_subsidy},
                                                        {"publicity_channel", &files.publicity_channel}};
  for (const auto& [name, text] : lists) {
    ASSIGN_OR_RETURN(*text, LoadFile(absl::StrCat(data_folder, "/codes/", name, ".csv")));
  }
  const CountyName county = [regions](std::string_view digits) {
    const Region* found = digits.size() != RegionDigits(RegionLevel::kCounty) || regions == nullptr
                              ? nullptr
                              : regions->FindLast(absl::StrCat(digits, "000000"));
    return found == nullptr || !found->HasLevel(RegionLevel::kCounty) ? std::string() : found->name;
  };
  return FollowUpBook::Create(files, RegionPathOf(std::move(regions)), county);
}

absl::StatusOr<MirrorBook> LoadMirror(const std::string& policies_folder, const std::string& data_folder) {
  MirrorFiles files;
  const std::pair<const char*, std::string*> wanted[] = {
      {"layouts", &files.layouts}, {"columns", &files.columns}, {"projects", &files.projects}};
  for (const auto& [name, text] : wanted) {
    ASSIGN_OR_RETURN(*text, LoadFile(absl::StrCat(policies_folder, "/student_aid/mirror_", name, ".csv")));
  }
  ASSIGN_OR_RETURN(CodeLists lists, CodeLists::Load(data_folder + "/codes"));
  ASSIGN_OR_RETURN(MirrorBook book, MirrorBook::Create(files, std::move(lists)));
  for (v1::MirrorLayout& layout : book.mutable_layouts()) {
    layout.set_digest(crypto::Hex(crypto::Sha256({layout.SerializeAsString()})));
  }
  return book;
}

absl::StatusOr<DepartmentBook> LoadDepartments(const std::string& policies_folder, const std::string& data_folder,
                                               std::shared_ptr<const RegionTree> regions) {
  ASSIGN_OR_RETURN(const std::string caps, LoadFile(policies_folder + "/student_aid/aid_caps.csv"));
  ASSIGN_OR_RETURN(const std::string facts, LoadFile(policies_folder + "/student_aid/fact_sources.csv"));
  ASSIGN_OR_RETURN(const std::string terms, LoadFile(data_folder + "/term-calendar.csv"));
  ASSIGN_OR_RETURN(TermCalendar calendar, TermCalendar::Parse("term-calendar.csv", terms));
  ASSIGN_OR_RETURN(CodeLists lists, CodeLists::Load(data_folder + "/codes"));
  return DepartmentBook::Create(caps, facts, std::move(lists), std::move(calendar), RegionPathOf(std::move(regions)));
}

absl::StatusOr<ComplianceBook> LoadCompliance(const std::string& policies_folder) {
  ASSIGN_OR_RETURN(const std::string text, LoadFile(policies_folder + "/student_aid/compliance_rules.csv"));
  return ComplianceBook::Parse(text);
}

absl::StatusOr<GoodsBook> LoadGoods(const std::string& policies_folder, const std::string& data_folder,
                                    std::shared_ptr<const RegionTree> regions) {
  ASSIGN_OR_RETURN(const std::string text, LoadFile(policies_folder + "/student_aid/goods.csv"));
  ASSIGN_OR_RETURN(const std::string terms, LoadFile(data_folder + "/term-calendar.csv"));
  ASSIGN_OR_RETURN(TermCalendar calendar, TermCalendar::Parse("term-calendar.csv", terms));
  ASSIGN_OR_RETURN(CodeLists lists, CodeLists::Load(data_folder + "/codes"));
  return GoodsBook::Create(text, std::move(lists), std::move(calendar), RegionPathOf(std::move(regions)));
}

absl::StatusOr<ConsentBook> LoadConsents(const std::string& policies_folder, const std::string& data_folder,
                                         std::shared_ptr<const RegionTree> regions) {
  ASSIGN_OR_RETURN(const std::string bases, LoadFile(policies_folder + "/student_aid/legal_bases.csv"));
  ASSIGN_OR_RETURN(CodeLists lists, CodeLists::Load(data_folder + "/codes"));
  return ConsentBook::Create(bases, std::move(lists), RegionPathOf(std::move(regions)));
}

absl::StatusOr<VerificationBook> LoadVerification(const std::string& policies_folder,
                                                  std::shared_ptr<const RegionTree> regions) {
  const std::string folder = policies_folder + "/student_aid/";
  ASSIGN_OR_RETURN(const std::string rules, LoadFile(folder + "verification_rules.csv"));
  ASSIGN_OR_RETURN(const std::string quantiles, LoadFile(folder + "verification_quantiles.csv"));
  return VerificationBook::Create(rules, quantiles, RegionPathOf(std::move(regions)));
}

}  // namespace ruraledu::student_aid
