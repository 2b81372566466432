// A county of which every pupil has a card of his own and an approved application, and a fund that has the money, as
// the follower, the handlers and the ledger would have left them: for what is shown with many payments at once. The
// answer of the bank to its batch.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/day.h"
#include "common/base/error.h"
#include "common/base/proto_day.h"
#include "common/crypto/keys.h"
#include "common/dashboard/counters.h"
#include "common/db/db.h"
#include "common/domain/money.h"
#include "services/student_aid/account_rules.h"
#include "services/student_aid/indicators.h"
#include "services/student_aid/ledger.h"
#include "services/student_aid/payment_rules.h"
#include "services/student_aid/payment_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {

inline constexpr char kPayableTerm[] = "2023-2024-1";
inline constexpr char kPayableItem[] = "SP_LIV_B_JUN";
inline constexpr int64_t kPayableFen = 62'500;

// A number of 16 digits whose check digit fits.
inline std::string CardOf(int64_t number) {
  const std::string head = absl::StrFormat("62220200%07d", number);
  for (char digit = '0'; digit <= '9'; ++digit) {
    if (PassesLuhn(head + digit)) return head + digit;
  }
  return "";
}

inline std::string PayableArea(std::string_view county, int64_t number) {
  return absl::StrCat(county, 100 + number % 20, "/s", number % 100, "/k", number % 40);
}

inline ruraledu::registry::v1::Student PayablePupil(std::string_view county, int64_t number) {
  ruraledu::registry::v1::Student pupil;
  pupil.set_name(absl::StrCat("counties/", county, "/students/x", number));
  pupil.set_display_name("王小明");
  *pupil.mutable_birth_date() = DateOf(absl::CivilDay(2011, 3, 15));
  pupil.set_status("ENROLLED");
  *pupil.mutable_status_from() = DateOf(absl::CivilDay(2017, 9, 1));
  auto* enrolment = pupil.add_enrolments();
  enrolment->set_school(absl::StrCat("counties/", county, "/schools/s", number % 100));
  enrolment->set_stage("JUN");
  enrolment->set_grade("7");
  *enrolment->mutable_valid_from() = DateOf(absl::CivilDay(2022, 9, 1));
  auto* boards = pupil.add_boardings();
  boards->set_boarding(true);
  *boards->mutable_valid_from() = DateOf(absl::CivilDay(2022, 9, 1));
  auto* poor = pupil.add_hardships();  // which the item is for
  poor->set_kind("P2");
  poor->set_source("RURAL_REVITALISATION");
  *poor->mutable_valid_from() = DateOf(absl::CivilDay(2020, 1, 1));
  pupil.set_area(PayableArea(county, number));
  pupil.mutable_contact()->set_card_number(CardOf(number));
  pupil.mutable_contact()->set_card_holder("王小明");
  pupil.add_guardians()->set_display_name("王建国");
  return pupil;
}

inline v1::Application PayableApplication(std::string_view county, int64_t number) {
  v1::Application application;
  application.set_name(
      absl::StrCat("counties/", county, "/applications/x", number, ".", kPayableTerm, ".", kPayableItem));
  application.set_person(absl::StrCat("x", number));
  application.set_term(kPayableTerm);
  application.set_item(kPayableItem);
  application.set_family(v1::BENEFIT_FAMILY_LIVING);
  application.set_area(PayableArea(county, number));
  application.set_state(v1::APPLICATION_STATE_APPROVED);
  application.set_amount_fen(kPayableFen);
  application.set_approvals_needed(1);
  application.set_approvals(1);
  const absl::CivilDay day(2023, 10, 9);
  for (const auto& [event, to] : {std::pair("submit", "SUBMITTED"),
                                  {"school_approve", "SCHOOL_APPROVED"},
                                  {"post_school", "ON_SCHOOL_NOTICE"},
                                  {"county_approve", "COUNTY_APPROVED"},
                                  {"complete", "APPROVED"}}) {
    v1::IdentificationStep* step = application.add_steps();
    step->set_event(event);
    step->set_from(application.steps_size() > 1 ? application.steps(application.steps_size() - 2).to() : "DRAFT");
    step->set_to(to);
    step->set_person(absl::StrCat("by ", event));
    *step->mutable_on() = DateOf(day);
  }
  return application;
}

// Pupils `from` to `to` - 1 of a county, and money for them; `approved`: with their applications.
inline absl::Status PutPayable(db::Database& database, crypto::KeyRing& keys, const std::string& shard, int64_t from,
                               int64_t to, bool approved = true) {
  constexpr int64_t kPerWrite = 2'000;
  const std::string county = shard.substr(1);
  ASSIGN_OR_RETURN(const auto sealer, keys.SealerOf(shard));
  for (int64_t first = from; first < to; first += kPerWrite) {
    const int64_t last = std::min(to, first + kPerWrite);
    RETURN_IF_ERROR(database.Write(shard, [&](db::Transaction& tx) -> absl::Status {
      feed::RootWriter writer(tx, *sealer, {"county", "county"}, std::make_unique<dashboard::CounterFold>(Measures()));
      Ledger ledger(tx, writer);
      for (int64_t number = first; number < last; ++number) {
        RETURN_IF_ERROR(PutPupil(tx, *sealer, PayablePupil(county, number), CardDigest(keys, CardOf(number)),
                                 {.version = 1, .resync = std::nullopt}));
        if (approved) {
          RETURN_IF_ERROR(writer.Put(kApplications, nullptr, PayableApplication(county, number), "COUNTY").status());
        }
      }
      for (const auto kind : {v1::LEDGER_ENTRY_KIND_ALLOTMENT, v1::LEDGER_ENTRY_KIND_ARRIVAL}) {
        v1::LedgerEntry entry;
        entry.set_kind(kind);
        entry.set_budget_year(BudgetYearOf(kPayableTerm));
        entry.set_item(kPayableItem);
        entry.set_amount_fen(kPayableFen * (last - first));
        *entry.mutable_on() = DateOf(absl::CivilDay(2023, 9, 1));
        entry.set_document("遂财教〔2023〕1号");
        RETURN_IF_ERROR(ledger.Post(entry));
      }
      RETURN_IF_ERROR(ledger.Finish());
      return writer.Finish().status();
    }));
  }
  return absl::OkStatus();
}

inline v1::CreatePaymentBatchRequest PayableBatch(const std::string& parent) {
  v1::CreatePaymentBatchRequest request;
  request.set_parent(parent);
  request.set_term(kPayableTerm);
  request.set_kind(v1::PAYMENT_BATCH_KIND_REGULAR);
  request.mutable_account()->set_holder("遂平县学生资助中心");
  request.mutable_account()->set_number("1702020309024900001");
  request.mutable_account()->set_bank_code("102521000018");
  request.set_request_id(NewId());
  return request;
}

// The bank paid all of a batch of equal amounts on a day but every `nth`, which it refused.
inline bool IsRefused(int64_t row, int64_t nth) {
  return row % nth == 0;
}
inline std::string AnswerOfBank(const v1::PaymentBatch& batch, absl::CivilDay on, int64_t nth) {
  std::string text = absl::StrCat("H,RURALEDU-RETURN,1,", batch.reference(), ",", DayText(on), "\n");
  int64_t hash = 0;
  for (int64_t row = 1; row <= batch.order_count(); ++row) {
    hash += row;
    absl::StrAppend(&text, "D,", OrderReference(batch.reference(), row), ",", FormatFen(kPayableFen), ",",
                    IsRefused(row, nth) ? "REJECTED" : "PAID", ",", DayText(on), ",BK", row, ",",
                    IsRefused(row, nth) ? "AC01" : "", "\n");
  }
  absl::StrAppend(&text, "T,", batch.order_count(), ",", FormatFen(batch.total_fen()), ",", hash, "\n");
  return text;
}

}  // namespace ruraledu::student_aid
