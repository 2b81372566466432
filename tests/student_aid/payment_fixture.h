// A county that pays: pupils with cards, approved applications, money at hand, and the way of a batch through the bank.
#pragma once

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "common/base/enum_text.h"
#include "common/domain/money.h"
#include "services/student_aid/account_rules.h"
#include "services/student_aid/benefit_claims.h"
#include "services/student_aid/ledger.h"
#include "services/student_aid/payment_rules.h"
#include "services/student_aid/payment_store.h"
#include "tests/student_aid/identification_fixture.h"
#include "tests/student_aid/payable_county.h"

namespace ruraledu::student_aid {

inline constexpr char kItem[] = "SP_LIV_B_JUN";
inline constexpr int64_t kAmount = 62500;

class PaymentFixture : public IdentificationFixture {
 protected:
  explicit PaymentFixture(db::Options options = {}) : IdentificationFixture(std::move(options)) {
    On(12, 1);
    for (int n = 1; n <= 7; ++n) PutPupil(absl::StrCat("p", n), Card(n));
    EXPECT_TRUE(aid.CatchUp().ok());
    EXPECT_TRUE(Fund(kItem, 100 * kAmount).ok());
  }

  static std::string Card(int n) { return CardOf(n); }
  void PutPupil(const std::string& person, const std::string& card, const std::string& holder = "王小明",
                const std::string& guardian = "王建国") {
    registry_v1::Student student = Student(person, "JUN", "7", true);
    student.mutable_contact()->set_card_number(card);
    student.mutable_contact()->set_card_holder(holder);
    student.mutable_contact()->set_phone("13800000000");
    registry_v1::Guardian* added = student.add_guardians();
    added->set_display_name(guardian);
    added->set_phone("13900000000");
    registry.Put(student);
  }

  // Money of the item that was allotted and arrived.
  absl::Status Fund(const std::string& item, int64_t fen) {
    const auto sealer = *aid.place.keys->SealerOf("c411728");
    return aid.place.database->Write("c411728", [&](db::Transaction& tx) -> absl::Status {
      feed::RootWriter writer(tx, *sealer, {"treasury", "call"});
      Ledger ledger(tx, writer);
      for (const auto kind : {v1::LEDGER_ENTRY_KIND_ALLOTMENT, v1::LEDGER_ENTRY_KIND_ARRIVAL}) {
        v1::LedgerEntry entry;
        entry.set_kind(kind);
        entry.set_budget_year(2023);
        entry.set_item(item);
        entry.set_amount_fen(fen);
        *entry.mutable_on() = DateOf(absl::CivilDay(2023, 9, 1));
        entry.set_document("遂财教〔2023〕1号");
        RETURN_IF_ERROR(ledger.Post(entry));
      }
      RETURN_IF_ERROR(ledger.Finish());
      return writer.Finish().status();
    });
  }

  static std::string ApplicationName(const std::string& person, const std::string& item = kItem) {
    return absl::StrCat(kCounty, "/applications/", person, ".", kAutumn, ".", item);
  }
  v1::Application Approved(const std::string& person, int64_t fen = kAmount, const std::string& item = kItem) {
    v1::Application application;
    application.set_name(ApplicationName(person, item));
    application.set_person(person);
    application.set_term(kAutumn);
    application.set_item(item);
    application.set_family(Book().FamilyOf(item));
    application.set_area("411728103/s1");
    application.set_state(v1::APPLICATION_STATE_APPROVED);
    application.set_amount_fen(fen);
    for (const auto& [event, by] :
         {std::pair("submit", "teacher"), {"school_approve", "school"}, {"county_approve", "approver"}}) {
      v1::IdentificationStep* step = application.add_steps();
      step->set_event(event);
      step->set_person(absl::StrCat("job:", by));  // as `As` calls them
    }
    return application;
  }
  // Writes applications as their own handlers would leave them.
  void Put(const std::vector<v1::Application>& applications) {
    const auto sealer = *aid.place.keys->SealerOf("c411728");
    const auto put = aid.place.database->Write("c411728", [&](db::Transaction& tx) -> absl::Status {
      feed::RootWriter writer(tx, *sealer, {"tester", "call"}, aid.host().NewCounters());
      for (const v1::Application& application : applications) {
        ASSIGN_OR_RETURN(const auto before, feed::Load<v1::Application>(tx, *sealer, kApplications, "c411728",
                                                                        feed::IdOfName(application.name())));
        RETURN_IF_ERROR(
            writer.Put(kApplications, before.has_value() ? &*before : nullptr, application, "TEST").status());
      }
      return writer.Finish().status();
    });
    EXPECT_TRUE(put.ok()) << put;
  }
  void Approve(const std::vector<std::string>& persons) {
    std::vector<v1::Application> applications;
    for (const std::string& person : persons) applications.push_back(Approved(person));
    Put(applications);
  }

  template <typename M>
  M WholeRoot(const feed::RootTable& table, const std::string& name) {
    const auto sealer = *aid.place.keys->SealerOf("c411728");
    const auto root = aid.place.database->Read(
        [&](db::Transaction& tx) { return feed::Load<M>(tx, *sealer, table, "c411728", feed::IdOfName(name)); });
    EXPECT_TRUE(root.ok() && root->has_value()) << name << root.status();
    return root.ok() && root->has_value() ? **root : M();
  }
  v1::Application ApplicationOf(const std::string& person) {
    return WholeRoot<v1::Application>(kApplications, ApplicationName(person));
  }
  std::string StateOf(const std::string& person) { return EnumText(ApplicationOf(person).state()); }
  v1::PaymentOrder OrderOf(const std::string& person, int n = 1) {
    return WholeRoot<v1::PaymentOrder>(
        kPaymentOrders, absl::StrCat(kCounty, "/paymentOrders/", person, ".", kAutumn, ".", kItem, ".", n));
  }

  static v1::CreatePaymentBatchRequest Creating(v1::PaymentBatchKind kind = v1::PAYMENT_BATCH_KIND_REGULAR) {
    auto request = PayableBatch(kCounty);
    request.set_kind(kind);
    return request;
  }
  absl::StatusOr<v1::PaymentBatch> Create(const v1::CreatePaymentBatchRequest& request,
                                          const std::string& by = "payer") {
    return As(by, "CreatePaymentBatch", request, &Handlers::CreatePaymentBatch);
  }
  v1::PaymentBatch BatchOf(const std::string& name) { return WholeRoot<v1::PaymentBatch>(kPaymentBatches, name); }
  // Makes a batch and its orders.
  v1::PaymentBatch Order(const v1::CreatePaymentBatchRequest& request = Creating(), const std::string& by = "payer") {
    const auto batch = Create(request, by);
    EXPECT_TRUE(batch.ok()) << batch.status();
    if (!batch.ok()) return {};
    RunJobs(kPaymentOrderJob);
    return BatchOf(batch->name());
  }
  // "p2 CARD_HOLDER p5 FUND_SHORT": what a batch left out.
  std::string LeftOutOf(const std::string& batch) {
    v1::ListLeftOutRequest request;
    request.set_name(batch);
    const auto response = As("reader", "ListLeftOut", request, &Handlers::ListLeftOut);
    if (!response.ok()) return absl::StrCat("refused ", ReasonOf(response.status()));
    std::vector<std::string> rows;
    for (const v1::LeftOut& row : response->rows()) {
      const std::string_view id = feed::IdOfName(row.application());
      rows.push_back(absl::StrCat(id.substr(0, id.find('.')), " ", row.reason()));
    }
    return absl::StrJoin(rows, " ");
  }
  template <typename Request>
  static Request Naming(const std::string& name) {
    Request request;
    request.set_name(name);
    if constexpr (requires { request.set_request_id(""); }) request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::PaymentBatch> Send(const std::string& batch) {
    const auto sent =
        As("payer", "SendPaymentBatch", Naming<v1::SendPaymentBatchRequest>(batch), &Handlers::SendPaymentBatch);
    RunJobs(kPaymentSweepJob);
    return sent;
  }

  // A return file of the own layout: rows of the batch with what happened to them, "1 PAID", "3 REJECTED AC01".
  std::string Answer(const v1::PaymentBatch& batch, const std::vector<std::string>& lines, int64_t fen = kAmount,
                     const std::string& day = "2023-12-01") {
    std::string text = absl::StrCat("H,RURALEDU-RETURN,1,", batch.reference(), ",", day, "\n");
    int64_t hash = 0;
    for (const std::string& line : lines) {
      const std::vector<std::string> parts = absl::StrSplit(line, ' ');
      const int64_t row = std::stoll(parts[0]);
      hash += row;
      absl::StrAppend(&text, "D,", OrderReference(batch.reference(), row), ",", FormatFen(fen), ",", parts[1], ",", day,
                      ",BK", row, ",", parts.size() > 2 ? parts[2] : "", "\n");
    }
    absl::StrAppend(&text, "T,", lines.size(), ",", FormatFen(fen * static_cast<int64_t>(lines.size())), ",", hash,
                    "\n");
    return text;
  }
  // Uploads a file of the batch. Its name.
  std::string Upload(const std::string& batch, const std::string& content) {
    ruraledu::files::v1::CreateFileRequest create;
    create.set_parent(kCounty);
    create.set_request_id(NewId());
    create.mutable_file()->set_owner(batch);
    create.mutable_file()->set_kind(ruraledu::files::v1::FILE_KIND_OTHER);
    create.mutable_file()->set_total_bytes(static_cast<int64_t>(content.size()));
    create.mutable_file()->set_file_name("回盘.csv");
    create.mutable_file()->set_sha256(crypto::Sha256({content}));
    const auto file = As("payer", "CreateFile", create, &Handlers::CreateFile);
    EXPECT_TRUE(file.ok()) << file.status();
    if (!file.ok()) return "";
    for (size_t at = 0; at < content.size(); at += ruraledu::files::kChunkBytes) {
      ruraledu::files::v1::UploadFileChunkRequest chunk;
      chunk.set_name(file->name());
      chunk.set_offset(static_cast<int64_t>(at));
      chunk.set_data(content.substr(at, ruraledu::files::kChunkBytes));
      chunk.set_sha256(crypto::Sha256({chunk.data()}));
      EXPECT_TRUE(As("payer", "UploadFileChunk", chunk, &Handlers::UploadFileChunk).ok());
    }
    const auto committed =
        As("payer", "CommitFile", Naming<ruraledu::files::v1::CommitFileRequest>(file->name()), &Handlers::CommitFile);
    EXPECT_TRUE(committed.ok()) << committed.status();
    return file->name();
  }
  static v1::ImportPaymentReturnRequest Importing(const std::string& batch, const std::string& file,
                                                  v1::PaymentFileFormat format = v1::PAYMENT_FILE_FORMAT_CSV) {
    auto request = Naming<v1::ImportPaymentReturnRequest>(batch);
    request.set_file(file);
    request.set_format(format);
    return request;
  }
  // Uploads and books an answer of the bank.
  absl::StatusOr<v1::PaymentReturn> Import(const std::string& batch, const std::string& content,
                                           v1::PaymentFileFormat format = v1::PAYMENT_FILE_FORMAT_CSV) {
    const auto job = As("clerk", "ImportPaymentReturn", Importing(batch, Upload(batch, content), format),
                        &Handlers::ImportPaymentReturn);
    RETURN_IF_ERROR(job.status());
    RETURN_IF_ERROR(aid.Turn("c411728", std::string(feed::IdOfName(job->name()))));
    ruraledu::jobs::v1::GetJobRequest get;
    get.set_name(job->name());
    ASSIGN_OR_RETURN(const auto done, As("clerk", "GetJob", get, &Handlers::GetJob));
    v1::PaymentReturn result;
    EXPECT_TRUE(done.result().UnpackTo(&result));
    return result;
  }
  // "PAID 2 UNKNOWN 1", or why the file was refused.
  static std::string Outcomes(const absl::StatusOr<v1::PaymentReturn>& booked) {
    if (!booked.ok()) return absl::StrCat("refused ", ReasonOf(booked.status()));
    std::vector<std::string> texts;
    for (const v1::PaymentLineCount& count : booked->outcomes()) {
      texts.push_back(absl::StrCat(v1::PaymentLineOutcome_Name(count.outcome()).substr(21), " ", count.lines()));
    }
    return absl::StrJoin(texts, " ");
  }

  // Net of an account of the fund, in amounts.
  int64_t Net(v1::LedgerAccount account, const std::string& item = kItem) {
    const auto fund = aid.place.database->Read([&](db::Transaction& tx) {
      return LoadFund(tx, "c411728", {2023, item});
    });
    EXPECT_TRUE(fund.ok()) << fund.status();
    EXPECT_EQ(fund->Imbalance(), 0);
    return fund->Net(account);
  }
};

}  // namespace ruraledu::student_aid
