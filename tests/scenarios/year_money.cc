// The money of the year: funds, batches, the bank, what comes back, the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/crypto/hash.h"
#include "ruraledu/files/v1/files.pb.h"
#include "ruraledu/registry/v1/identity.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/requests.pb.h"
#include "ruraledu/student_aid/v1/comparison.pb.h"
#include "ruraledu/student_aid/v1/fund.pb.h"
#include "ruraledu/student_aid/v1/ledger.pb.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "tests/lib/county/cash.h"
#include "tests/lib/county/population.h"
#include "tests/scenarios/year_calls.h"
#include "tests/scenarios/year_scenario.h"

namespace ruraledu::testlib {
namespace {

namespace aid = ruraledu::student_aid::v1;
namespace files = ruraledu::files::v1;
namespace registry = ruraledu::registry::v1;

constexpr int kBadCards = 2;

std::string Term(int term) {
  return std::string(kTerms[static_cast<size_t>(term)]);
}

// The calendar year whose money pays the term (DR-02).
int BudgetYear(int term) {
  const std::string text = Term(term);
  return std::stoi(text.back() == '1' ? text.substr(0, 4) : text.substr(5, 4));
}

google::type::Date DateFrom(const std::string& day) {
  google::type::Date date;
  date.set_year(std::stoi(day.substr(0, 4)));
  date.set_month(std::stoi(day.substr(5, 2)));
  date.set_day(std::stoi(day.substr(8, 2)));
  return date;
}

}  // namespace

void YearScenario::Endow(int term, const std::string& day) {
  Amounts needed;
  for (const PupilTruth& pupil : county_.truth().pupils) {
    for (const auto& [item, fen] : CashOf(pupil, term)) {
      needed[item] += fen;
    }
  }
  aid::RecordAllotmentRequest allotment;
  allotment.set_parent(parent_);
  allotment.set_document("豫财教〔2023〕7号");
  allotment.set_level(aid::FUNDING_LEVEL_PROVINCE);
  allotment.set_budget_year(BudgetYear(term));
  *allotment.mutable_on() = DateFrom(day);
  for (const auto& [item, fen] : needed) {
    aid::FundAmount& amount = *allotment.add_items();
    amount.set_item(item);
    amount.set_amount_fen(fen + fen / 10);
  }
  ExpectNoReasons(Must<aid::FundRowsResponse>("officer", "RecordAllotment", allotment));
  aid::RecordArrivalRequest arrival;
  arrival.set_parent(parent_);
  arrival.set_document("入账通知书");
  arrival.set_level(allotment.level());
  arrival.set_budget_year(allotment.budget_year());
  *arrival.mutable_on() = allotment.on();
  *arrival.mutable_items() = allotment.items();
  ExpectNoReasons(Must<aid::FundRowsResponse>("officer", "RecordArrival", arrival));
  PutCards(term);
}

// --- cards ----------------------------------------------------------------------------------------------------------

void YearScenario::PutCard(int pupil, const std::string& number) {
  const PupilTruth& truth = county_.truth().pupils[static_cast<size_t>(pupil)];
  registry::FindStudentRequest find;
  find.set_parent(parent_);
  find.set_id_number(truth.id);
  const auto student = As("importer").Call<registry::Student>("registry", "FindStudent", find);
  ASSERT_TRUE(student.ok()) << student.status();
  registry::UpdateStudentRequest update;
  update.mutable_student()->set_name(student->name());
  update.mutable_student()->mutable_contact()->set_card_number(number);
  update.mutable_student()->mutable_contact()->set_card_holder(truth.name);
  update.mutable_update_mask()->add_paths("contact");
  const auto done = As("importer").Call<registry::Student>("registry", "UpdateStudent", update);
  ASSERT_TRUE(done.ok()) << done.status();
}

// Everybody who is to be paid has a card; the first of the year for some has a wrong digit.
void YearScenario::PutCards(int term) {
  const auto& pupils = county_.truth().pupils;
  for (int i = 0; i < static_cast<int>(pupils.size()); ++i) {
    if (CashOf(pupils[static_cast<size_t>(i)], term).empty()) {
      continue;
    }
    std::string number = CardOf(i);
    if (bad_cards_.size() < kBadCards && term == 1) {
      number.back() = number.back() == '9' ? '0' : static_cast<char>(number.back() + 1);
      bad_cards_.insert(i);
    }
    PutCard(i, number);
  }
}

void YearScenario::MendCards() {
  for (const int pupil : bad_cards_) {
    PutCard(pupil, CardOf(pupil));
  }
  bad_cards_.clear();
}

// --- batches and the bank -------------------------------------------------------------------------------------------

aid::PaymentBatch YearScenario::Batch(int term, aid::PaymentBatchKind kind) {
  aid::CreatePaymentBatchRequest request;
  request.set_parent(parent_);
  request.set_term(Term(term));
  request.set_kind(kind);
  request.mutable_account()->set_holder("遂平县学生资助中心");
  request.mutable_account()->set_number("1702020309024900001");
  request.mutable_account()->set_bank_code("102521000018");
  *request.mutable_after() = (*As("importer").Client("registry"))->after();
  absl::StatusOr<aid::PaymentBatch> batch;
  do {  // the registry was last heard of on the day before
    batch = Call<aid::PaymentBatch>("payer", "CreatePaymentBatch", request);
    poll(nullptr, 0, ReasonOf(batch.status()) == "FEED_SILENT" ? 50 : 0);
  } while (ReasonOf(batch.status()) == "FEED_SILENT");
  EXPECT_TRUE(batch.ok()) << batch.status();
  const auto done = Done("payer", batch->job());
  EXPECT_TRUE(done.ok()) << done.status();
  aid::GetPaymentBatchRequest get;
  get.set_name(batch->name());
  return Must<aid::PaymentBatch>("payer", "GetPaymentBatch", get);
}

PaymentFile YearScenario::FileOf(const aid::PaymentBatch& batch) {
  aid::ExportPaymentFileRequest request;
  request.set_name(batch.name());
  request.set_format(aid::PAYMENT_FILE_FORMAT_CSV);
  std::string text;
  const absl::Status read =
      (*As("payer").Client("student_aid"))
          ->Stream<aid::ExportPaymentFileResponse>("ExportPaymentFile", request,
                                                   [&](const aid::ExportPaymentFileResponse& part) {
                                                     text += part.data();
                                                     return absl::OkStatus();
                                                   },
                                                   {.purpose = kToPay});
  EXPECT_TRUE(read.ok()) << read;
  auto file = ReadPaymentFile(text);
  EXPECT_TRUE(file.ok()) << file.status() << "\n" << text;
  return file.ok() ? *std::move(file) : PaymentFile();
}

std::string YearScenario::Upload(const std::string& batch, const std::string& content) {
  files::CreateFileRequest create;
  create.set_parent(parent_);
  create.mutable_file()->set_owner(batch);
  create.mutable_file()->set_kind(files::FILE_KIND_OTHER);
  create.mutable_file()->set_total_bytes(static_cast<int64_t>(content.size()));
  create.mutable_file()->set_file_name("回盘.csv");
  create.mutable_file()->set_sha256(crypto::Sha256({content}));
  const std::string name = Must<files::File>("payer", "CreateFile", create).name();
  for (size_t offset = 0; offset < content.size();) {
    files::UploadFileChunkRequest chunk;
    chunk.set_name(name);
    chunk.set_offset(static_cast<int64_t>(offset));
    chunk.set_data(content.substr(offset, size_t{1} << 20));
    chunk.set_sha256(crypto::Sha256({chunk.data()}));
    Must<files::UploadFileChunkResponse>("payer", "UploadFileChunk", chunk);
    offset += chunk.data().size();
  }
  files::CommitFileRequest commit;
  commit.set_name(name);
  EXPECT_EQ(Must<files::File>("payer", "CommitFile", commit).state(), files::FILE_STATE_CLEAN);
  return name;
}

void YearScenario::Answer(const aid::PaymentBatch& batch, const BankFile& file) {
  aid::ImportPaymentReturnRequest request;
  request.set_name(batch.name());
  request.set_format(aid::PAYMENT_FILE_FORMAT_CSV);
  request.set_file(Upload(batch.name(), file.text));
  // A file that contradicts itself is refused at once or by its job, and whole.
  const auto job = Call<ruraledu::jobs::v1::Job>("payer", "ImportPaymentReturn", request);
  const auto done = job.ok() ? Done("payer", job->name()) : job;
  if (!file.refused.empty()) {
    EXPECT_EQ(ReasonOf(done.status()), file.refused);
    return;
  }
  ASSERT_TRUE(done.ok()) << done.status() << "\n" << file.text;
  aid::PaymentReturn booked;
  ASSERT_TRUE(done->result().UnpackTo(&booked)) << done->ShortDebugString();
  std::map<std::string, int> outcomes;
  for (const aid::PaymentLineCount& count : booked.outcomes()) {
    outcomes[aid::PaymentLineOutcome_Name(count.outcome()).substr(21)] = static_cast<int>(count.lines());
  }
  EXPECT_EQ(outcomes, file.outcomes) << file.text;
}

void YearScenario::Pay(int term, aid::PaymentBatchKind kind, const std::string& day, const std::string& later) {
  On(day);
  const aid::PaymentBatch batch = Batch(term, kind);
  aid::ListLeftOutRequest list;
  list.set_name(batch.name());
  const auto left_out = Must<aid::ListLeftOutResponse>("payer", "ListLeftOut", list);
  for (const aid::LeftOut& row : left_out.rows()) {
    EXPECT_EQ(row.reason(), "CARD_CHECK_DIGIT") << row.application();
    EXPECT_FALSE(bad_cards_.empty());
  }
  EXPECT_EQ(batch.state(), aid::PAYMENT_BATCH_STATE_ORDERED) << batch.ShortDebugString();
  if (batch.state() != aid::PAYMENT_BATCH_STATE_ORDERED) {
    return;
  }
  aid::SendPaymentBatchRequest send;
  send.set_name(batch.name());
  Must<aid::PaymentBatch>("payer", "SendPaymentBatch", send);
  const PaymentFile file = FileOf(batch);
  EXPECT_EQ(static_cast<int64_t>(file.lines.size()), batch.order_count());
  for (const BankFile& answer : bank_.Pay(file, day)) {
    Answer(batch, answer);
  }
  On(later);
  Answer(batch, bank_.Later(file, later));
  aid::GetPaymentBatchRequest get;
  get.set_name(batch.name());
  EXPECT_EQ(Must<aid::PaymentBatch>("payer", "GetPaymentBatch", get).state(), aid::PAYMENT_BATCH_STATE_CLOSED);
}

void YearScenario::PayIfAny(int term, aid::PaymentBatchKind kind, const std::string& day) {
  const bool reissue = kind == aid::PAYMENT_BATCH_KIND_REISSUE;
  const auto waiting =
      Applications(term, reissue ? aid::APPLICATION_STATE_PAY_FAILED : aid::APPLICATION_STATE_APPROVED);
  const bool any = std::any_of(waiting.begin(), waiting.end(), [&](const Application& application) {
    return reissue || application.supplementary() == (kind == aid::PAYMENT_BATCH_KIND_SUPPLEMENTARY);
  });
  if (any) {
    Pay(term, kind, day, day);
  }
}

// --- recovery and the end -------------------------------------------------------------------------------------------

void YearScenario::Recover(int term, const std::string& day) {
  On(day);
  const std::vector<Application> paid = Applications(term, aid::APPLICATION_STATE_PAID);
  ASSERT_GE(paid.size(), 2u);
  for (const bool whole : {true, false}) {
    const Application& application = whole ? paid.front() : paid.back();
    aid::StartRecoveryRequest start;
    start.set_parent(parent_);
    start.add_applications(application.name());
    start.set_cause(aid::RECOVERY_CAUSE_NOT_ELIGIBLE);
    start.set_document("遂教〔2024〕3号");
    start.set_reason("核定日不符合条件");
    EXPECT_EQ(ReasonOf(Call<aid::StartRecoveryResponse>("payer", "StartRecovery", start).status()), "ROLE_HELD");
    EXPECT_EQ(ReasonOf(Call<aid::StartRecoveryResponse>("approver", "StartRecovery", start).status()), "ROLE_HELD");
    Must<aid::StartRecoveryResponse>("auditor", "StartRecovery", start);
    aid::RecordRecoveryRequest record;
    record.set_name(application.name());
    record.set_amount_fen(whole ? application.paid_fen() : application.paid_fen() / 2);
    *record.mutable_on() = DateFrom(day);
    record.set_document("收据");
    const auto after = Must<Application>("auditor", "RecordRecovery", record);
    if (!whole) {
      EXPECT_EQ(after.recoverable_fen(), application.paid_fen() - record.amount_fen());
      aid::WriteOffRecoveryRequest write_off;
      write_off.set_name(application.name());
      write_off.set_document("遂财〔2024〕9号");
      write_off.set_reason("家庭无力退还");
      EXPECT_EQ(ReasonOf(Call<Application>("auditor", "WriteOffRecovery", write_off).status()), "ROLE_HELD");
      Must<Application>("head", "WriteOffRecovery", write_off);
    }
  }
  EXPECT_EQ(Applications(term, aid::APPLICATION_STATE_RECOVERED).size(), 1u);
  EXPECT_EQ(Applications(term, aid::APPLICATION_STATE_WRITTEN_OFF).size(), 1u);
}

void YearScenario::Step(const std::string& method, const aid::ProposeFundStepRequest& request) {
  const auto step = Must<aid::FundStep>("officer", method, request);
  aid::ConfirmFundStepRequest confirm;
  confirm.set_name(step.name());
  EXPECT_EQ(Must<aid::FundStep>("auditor", "ConfirmFundStep", confirm).state(), aid::FUND_STEP_STATE_CONFIRMED);
}

void YearScenario::Close(int term) {
  aid::ListFundsRequest list;
  list.set_parent(parent_);
  list.set_budget_year(BudgetYear(term));
  aid::ProposeFundStepRequest step;
  step.set_parent(parent_);
  step.set_budget_year(BudgetYear(term));
  step.set_document("年终结转");
  const auto funds = Must<aid::ListFundsResponse>("officer", "ListFunds", list);
  ASSERT_GT(funds.funds_size(), 0);
  for (const aid::Fund& fund : funds.funds()) {
    EXPECT_EQ(fund.payable_fen(), 0) << fund.ShortDebugString();
    EXPECT_EQ(fund.recoverable_fen(), 0) << fund.ShortDebugString();
    EXPECT_GT(fund.available_fen(), 0) << "a tenth was more than is needed";
    aid::FundAmount& amount = *step.add_items();
    amount.set_item(fund.item());
    amount.set_amount_fen(fund.available_fen());
  }
  Step("CarryOver", step);
  step.clear_items();
  Step("CloseFundYear", step);
  aid::RecordAllotmentRequest late;
  late.set_parent(parent_);
  late.set_document("迟到的文件");
  late.set_level(aid::FUNDING_LEVEL_PROVINCE);
  late.set_budget_year(BudgetYear(term));
  *late.mutable_on() = DateFrom(today_);
  aid::FundAmount& amount = *late.add_items();
  amount.set_item(funds.funds(0).item());
  amount.set_amount_fen(100);
  EXPECT_EQ(ReasonsOf(Call<aid::FundRowsResponse>("officer", "RecordAllotment", late)), "FUND_CLOSED");
}

// --- what it all comes to -------------------------------------------------------------------------------------------

void YearScenario::ExpectPaid(int term) {
  const auto& persons = county_.Persons();
  const auto& pupils = county_.truth().pupils;
  std::vector<Amounts> got(pupils.size());
  for (const auto state :
       {aid::APPLICATION_STATE_PAID, aid::APPLICATION_STATE_RECOVERED, aid::APPLICATION_STATE_WRITTEN_OFF,
        aid::APPLICATION_STATE_PAY_FAILED, aid::APPLICATION_STATE_APPROVED, aid::APPLICATION_STATE_ORDERED}) {
    for (const Application& application : Applications(term, state)) {
      ASSERT_TRUE(persons.contains(application.person())) << application.name();
      got[static_cast<size_t>(persons.at(application.person()))][application.item()] = application.paid_fen();
    }
  }
  int64_t paid = 0;
  for (size_t i = 0; i < pupils.size(); ++i) {
    EXPECT_EQ(got[i], CashOf(pupils[i], term)) << pupils[i].number << " in " << Term(term);
    int64_t due = 0;  // of the year so far
    for (int t = 1; t <= term; ++t) {
      for (const auto& [item, fen] : CashOf(pupils[i], t)) {
        due += fen;
      }
    }
    EXPECT_EQ(bank_.Balance(CardOf(static_cast<int>(i))), due) << pupils[i].number;
    paid += due;
  }
  int64_t on_cards = 0;
  for (const auto& [card, fen] : bank_.balances()) {
    on_cards += fen;
  }
  EXPECT_EQ(on_cards, paid) << "and on no other card";
  EXPECT_GT(paid, 0);
  ExpectCovered(term, got);
}

// Compared again, nobody is on the list of those to be aided for an item that was paid (2.9).
void YearScenario::ExpectCovered(int term, const std::vector<Amounts>& got) {
  county_.Compare(term);
  aid::ListComparisonRowsRequest request;
  request.set_parent(parent_);
  request.set_term(Term(term));
  request.set_list(aid::COMPARISON_LIST_SHOULD_AID);
  request.set_page_size(1000);
  do {
    const auto page = Must<aid::ListComparisonRowsResponse>("officer", "ListComparisonRows", request);
    for (const aid::ComparedPerson& person : page.persons()) {
      const Amounts& paid = got[static_cast<size_t>(county_.Persons().at(cli::LastPart(person.student())))];
      for (const aid::ComparisonRow& row : person.rows()) {
        const auto found = paid.find(row.item());
        EXPECT_TRUE(found == paid.end() || found->second == 0) << row.item() << " was paid";
      }
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  aid::GetCoverageRequest coverage;
  coverage.set_parent(parent_);
  coverage.set_term(Term(term));
  EXPECT_GT(Must<aid::GetCoverageResponse>("officer", "GetCoverage", coverage).overall().numerator(), 0);
}

void YearScenario::ExpectFaultsOfEveryKind() {
  for (const char* fault : {"REJECTED", "RETURNED", "UNKNOWN", "DUPLICATE", "COUNT", "HASH", "EMPTY"}) {
    EXPECT_TRUE(bank_.faults().contains(fault)) << fault;
  }
}

void YearScenario::ExpectBalanced(const std::string& day) {
  aid::GetTrialBalanceRequest request;
  request.set_parent(parent_);
  *request.mutable_on() = DateFrom(day);
  const auto balance = Must<aid::TrialBalance>("officer", "GetTrialBalance", request);
  EXPECT_EQ(balance.debit_fen(), balance.credit_fen()) << day;
  std::map<std::pair<int, std::string>, int64_t> differences;  // by fund
  for (const aid::TrialBalanceRow& row : balance.rows()) {
    differences[{row.budget_year(), row.item()}] += row.debit_fen() - row.credit_fen();
  }
  for (const auto& [fund, difference] : differences) {
    EXPECT_EQ(difference, 0) << day << " " << fund.first << " " << fund.second;
  }
}

}  // namespace ruraledu::testlib
