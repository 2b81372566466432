// The shipped policy sets and a short way to write pupils, for the tests of the rules.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/hash.h"
#include "common/domain/load_file.h"
#include "common/ingest/header_map.h"
#include "services/student_aid/application_policy_rules.h"
#include "services/student_aid/compliance_rules.h"
#include "services/student_aid/consent_policy_rules.h"
#include "services/student_aid/department_policy_rules.h"
#include "services/student_aid/entitlement_rules.h"
#include "services/student_aid/follow_up_policy_rules.h"
#include "services/student_aid/fund_policy_rules.h"
#include "services/student_aid/goods_policy_rules.h"
#include "services/student_aid/identification_policy_rules.h"
#include "services/student_aid/mirror_policy_rules.h"
#include "services/student_aid/office_policy_rules.h"
#include "services/student_aid/payment_policy_rules.h"
#include "services/student_aid/restriction_rules.h"
#include "services/student_aid/verification_rules.h"

namespace ruraledu::student_aid {

inline std::string Shipped(const std::string& file) {
  const char* mutated = std::getenv("RURALEDU_MUTATED_SOURCE");  // set by mutate.sh
  return LoadFile(std::string(mutated != nullptr ? mutated : RURALEDU_SOURCE_DIR) + "/deploy/" + file).value();
}

inline std::vector<v1::PolicySet> ShippedSets() {
  std::vector<v1::PolicySet> sets;
  for (const char* name : {"cn", "hn", "nx", "sp"}) {
    const std::string file = std::string("policies/student_aid/") + name + ".textproto";
    sets.push_back(ParsePolicySet(file, Shipped(file)).value());
  }
  return sets;
}

inline void AddShare(v1::PolicyItem* item, const std::string& level, int32_t basis_points) {
  v1::FundingShare* share = item->add_shares();
  share->set_level(level);
  share->set_basis_points(basis_points);
}

inline TermCalendar ShippedCalendar() {
  return TermCalendar::Parse("term-calendar.csv", Shipped("data/term-calendar.csv")).value();
}

inline const PolicyBook& Book() {
  static const PolicyBook* book = new PolicyBook(
      PolicyBook::Create(ShippedSets(), ShippedCalendar(), RegionPathByDigits,
                         PoorAreas::Parse("former-poor-areas.csv", Shipped("data/former-poor-areas.csv")).value())
          .value());
  return *book;
}

// The shipped sets with SP in mode LOCAL (DR-16).
inline const PolicyBook& LocalBook() {
  static const PolicyBook* book = [] {
    std::vector<v1::PolicySet> sets = ShippedSets();
    sets.back().set_standard_mode(v1::STANDARD_MODE_LOCAL);
    return new PolicyBook(PolicyBook::Create(sets, ShippedCalendar()).value());
  }();
  return *book;
}

inline IdentificationFiles ShippedTables() {
  const auto text = [](const std::string& name) {
    return Shipped("policies/student_aid/identification_" + name + ".csv");
  };
  return {text("policies"), text("levels"), text("groups"), text("factors"), text("kinds")};
}

inline CodeList EvidenceKinds() {
  return CodeList::Parse("evidence_kind", Shipped("data/codes/evidence_kind.csv")).value();
}

inline const IdentificationBook& Tables() {
  static const auto* tables =
      new IdentificationBook(ParseIdentificationPolicies(ShippedTables()).value(), EvidenceKinds());
  return *tables;
}

inline ApplicationFiles ShippedApplicationTables() {
  return {Shipped("policies/student_aid/application_policies.csv"),
          Shipped("policies/student_aid/application_approval_steps.csv")};
}

inline std::vector<v1::RestrictionCode> ShippedRestrictionCodes() {
  return ParseRestrictionCodes(Shipped("policies/student_aid/restriction_codes.csv")).value();
}

// The shipped tables with another notice level.
inline const ApplicationBook& ApplicationTables(v1::NoticeLevel level = v1::NOTICE_LEVEL_SCHOOL) {
  static const auto* books = [] {
    auto* all = new std::vector<ApplicationBook>;
    for (int at = 0; at < v1::NoticeLevel_ARRAYSIZE; ++at) {
      auto policies = ParseApplicationPolicies(ShippedApplicationTables()).value();
      policies[0].set_notice_level(static_cast<v1::NoticeLevel>(at));
      all->emplace_back(std::move(policies), ShippedRestrictionCodes());
    }
    return all;
  }();
  return (*books)[level];
}

inline const FundRules& FundTables() {
  static const auto* rules = new FundRules(FundRules::Parse(Shipped("policies/student_aid/fund_rules.csv")).value());
  return *rules;
}

inline const PaymentBook& PaymentTables() {
  static const auto* tables =
      new PaymentBook(ParsePaymentRules(Shipped("policies/student_aid/payment_rules.csv")).value());
  return *tables;
}

inline const OfficeBook& OfficeTables() {
  static const auto* tables =
      new OfficeBook(ParseComplaintCategories(Shipped("policies/student_aid/complaint_categories.csv")).value(),
                     ParseMessageTemplates(Shipped("policies/student_aid/family_messages.csv")).value(),
                     CodeList::Parse("contact_channel", Shipped("data/codes/contact_channel.csv")).value(),
                     CodeList::Parse("hardship_kind", Shipped("data/codes/hardship_kind.csv")).value(),
                     ParsePresenceRules(Shipped("policies/student_aid/presence_rules.csv")).value());
  return *tables;
}

// Mirror of the national system, verification after payment.
inline MirrorFiles ShippedMirror() {
  const auto file = [](const std::string& name) { return Shipped("policies/student_aid/mirror_" + name + ".csv"); };
  return {file("layouts"), file("columns"), file("projects")};
}
inline CodeLists ShippedCodes() {
  return CodeLists::Load(RURALEDU_SOURCE_DIR "/deploy/data/codes").value();
}
// With digests, as the loader makes them.
inline const MirrorBook& MirrorTables() {
  static const auto* book = [] {
    auto* made = new MirrorBook(MirrorBook::Create(ShippedMirror(), ShippedCodes()).value());
    for (v1::MirrorLayout& layout : made->mutable_layouts()) {
      layout.set_digest(crypto::Hex(crypto::Sha256({layout.SerializeAsString()})));
    }
    return made;
  }();
  return *book;
}
inline const ingest::HeaderSpec& MirrorFeedbackHeader() {
  static const auto* spec = new ingest::HeaderSpec(
      ingest::HeaderSpec::Load(RURALEDU_SOURCE_DIR "/deploy/data/headers/mirror_feedback.csv").value());
  return *spec;
}
inline const VerificationBook& VerificationTables() {
  static const auto* book =
      new VerificationBook(VerificationBook::Create(Shipped("policies/student_aid/verification_rules.csv"),
                                                    Shipped("policies/student_aid/verification_quantiles.csv"))
                               .value());
  return *book;
}

// Aid of other departments: the shipped lists with some caps.
inline absl::StatusOr<DepartmentBook> DepartmentsWith(const std::string& caps) {
  return DepartmentBook::Create(caps, Shipped("policies/student_aid/fact_sources.csv"), ShippedCodes(),
                                ShippedCalendar());
}
inline const DepartmentBook& DepartmentTables() {
  static const auto* book = new DepartmentBook(DepartmentsWith(Shipped("policies/student_aid/aid_caps.csv")).value());
  return *book;
}
inline const ingest::HeaderSpec& DepartmentAidHeader() {
  static const auto* spec = new ingest::HeaderSpec(
      ingest::HeaderSpec::Load(RURALEDU_SOURCE_DIR "/deploy/data/headers/department_aid.csv").value());
  return *spec;
}

inline const ComplianceBook& ComplianceTables() {
  static const auto* book =
      new ComplianceBook(ComplianceBook::Parse(Shipped("policies/student_aid/compliance_rules.csv")).value());
  return *book;
}

// Goods: the rows that are shipped, or others.
inline absl::StatusOr<GoodsBook> GoodsWith(const std::string& text) {
  return GoodsBook::Create(text, CodeLists::Load(RURALEDU_SOURCE_DIR "/deploy/data/codes").value(), ShippedCalendar());
}
inline const GoodsBook& GoodsTables() {
  static const auto* book = new GoodsBook(GoodsWith(Shipped("policies/student_aid/goods.csv")).value());
  return *book;
}

// Legal bases: the shipped rows, with some of a county behind them.
inline absl::StatusOr<ConsentBook> ConsentsWith(const std::string& rows) {
  return ConsentBook::Create(absl::StrCat(Shipped("policies/student_aid/legal_bases.csv"), rows), ShippedCodes());
}
inline const ConsentBook& ConsentTables() {
  static const auto* book = new ConsentBook(ConsentsWith("").value());
  return *book;
}

inline const ingest::HeaderSpec& FactAnswersHeader() {
  static const auto* spec = new ingest::HeaderSpec(
      ingest::HeaderSpec::Load(RURALEDU_SOURCE_DIR "/deploy/data/headers/fact_answers.csv").value());
  return *spec;
}

// Studying elsewhere, graduates, publicity.
inline FollowUpFiles ShippedFollowUp() {
  const auto list = [](const std::string& name) { return Shipped("data/codes/" + name + ".csv"); };
  return {Shipped("policies/student_aid/follow_up_rules.csv"),
          Shipped("policies/student_aid/outward_letter.txt"),
          list("graduate_measure"),
          list("graduate_contact"),
          list("graduate_outcome"),
          list("graduate_subsidy"),
          list("publicity_channel")};
}

inline std::string ThreeCounties(std::string_view county) {
  return county == "411728"   ? "遂平县"
         : county == "500243" ? "彭水苗族土家族自治县"
         : county == "640422" ? "西吉县"
                              : "";
}

inline const FollowUpBook& FollowUpTables() {
  static const auto* book =
      new FollowUpBook(FollowUpBook::Create(ShippedFollowUp(), RegionPathByDigits, ThreeCounties).value());
  return *book;
}

inline void SetDate(int ymd, google::type::Date* date) {
  date->set_year(ymd / 10000);
  date->set_month(ymd / 100 % 100);
  date->set_day(ymd % 100);
}

// A kind from a day on; days are YYYYMMDD, 0 = none.
inline void AddKind(v1::PupilFacts* facts, const std::string& kind, int from = 20000101, int to = 0, int eliminated = 0,
                    const std::string& area = "") {
  v1::HardshipFact* fact = facts->add_hardships();
  fact->set_kind(kind);
  fact->set_area(area);
  SetDate(from, fact->mutable_valid_from());
  if (to != 0) SetDate(to, fact->mutable_valid_to());
  if (eliminated != 0) SetDate(eliminated, fact->mutable_risk_eliminated_on());
}

// "JUN 7 BOARDING" in Suiping. Charges are generous, so that waivers are bound by their own limits.
inline v1::PupilFacts Pupil(const std::string& stage, const std::string& grade, bool boarding = false,
                            const std::vector<std::string>& kinds = {"P2"}) {
  v1::PupilFacts facts;
  facts.set_person("p");
  facts.set_status("ENROLLED");
  facts.set_stage(stage);
  facts.set_grade(grade);
  facts.set_boarding(boarding);
  facts.set_school_region("411728000000");
  facts.set_full_time_formal(true);
  facts.set_school_in_province(true);
  facts.set_school_public(true);
  SetDate(20190101, facts.mutable_birth_date());
  facts.mutable_charges()->set_tuition_fen(stage == "VOC" ? 60000 : 80000);
  facts.mutable_charges()->set_accommodation_fen(40000);
  facts.mutable_charges()->set_approved_public_tuition_fen(stage == "VOC" ? 60000 : 80000);
  for (const std::string& kind : kinds) AddKind(&facts, kind);
  return facts;
}

inline v1::EvaluateEntitlementResponse Decide(const v1::PupilFacts& facts, std::string_view term,
                                              const PolicyBook& book = Book()) {
  v1::EvaluateEntitlementRequest request;
  *request.mutable_facts() = facts;
  request.set_term(std::string(term));
  return Evaluate(book, request).value();
}

inline const v1::EntitledItem* Find(const v1::EvaluateEntitlementResponse& decision, std::string_view item) {
  for (const v1::EntitledItem& entitled : decision.items()) {
    if (entitled.item() == item) return &entitled;
  }
  return nullptr;
}

// Amount of an item, -1 when it is not granted.
inline int64_t Fen(const v1::EvaluateEntitlementResponse& decision, std::string_view item) {
  const v1::EntitledItem* entitled = Find(decision, item);
  return entitled == nullptr ? -1 : entitled->amount_fen();
}

// Why an item was not granted; "" when it was or was not considered.
inline std::string Why(const v1::EvaluateEntitlementResponse& decision, std::string_view item) {
  for (const v1::RemovedItem& removed : decision.removed()) {
    if (removed.item() == item) return removed.reason();
  }
  return "";
}

inline bool Flagged(const v1::EvaluateEntitlementResponse& decision, std::string_view item, std::string_view flag) {
  const v1::EntitledItem* entitled = Find(decision, item);
  return entitled != nullptr &&
         std::find(entitled->flags().begin(), entitled->flags().end(), flag) != entitled->flags().end();
}

// Everything that is granted in fen, waivers included.
inline int64_t Total(const v1::EvaluateEntitlementResponse& decision) {
  int64_t sum = 0;
  for (const v1::EntitledItem& item : decision.items()) sum += item.amount_fen();
  return sum;
}

}  // namespace ruraledu::student_aid
