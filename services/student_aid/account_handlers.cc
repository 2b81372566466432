// Accounts before a batch: checks of cards, and their check by the bank (2.7).
#include <algorithm>
#include <set>

#include "common/base/proto_day.h"
#include "common/domain/shard.h"
#include "ruraledu/student_aid/v1/payment_job.pb.h"
#include "services/student_aid/account_facts.h"
#include "services/student_aid/account_rules.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/payment_file_rules.h"
#include "services/student_aid/payment_run.h"
#include "services/student_aid/payment_store.h"
#include "services/student_aid/payment_writes.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr int64_t kCardsPerMessage = 500;
constexpr std::string_view kUnmaskPayments = "student_aid.payments.unmask";

// States whose amounts are still to be paid.
const v1::ApplicationState kToBePaid[] = {v1::APPLICATION_STATE_SUBMITTED,        v1::APPLICATION_STATE_SCHOOL_APPROVED,
                                          v1::APPLICATION_STATE_ON_SCHOOL_NOTICE, v1::APPLICATION_STATE_COUNTY_APPROVED,
                                          v1::APPLICATION_STATE_ON_COUNTY_NOTICE, v1::APPLICATION_STATE_APPROVED,
                                          v1::APPLICATION_STATE_PAY_FAILED};

PayableFilter FilterOf(const std::string& term) {
  PayableFilter filter{.term = term};
  for (const v1::ApplicationState state : kToBePaid) {
    filter.states.push_back(v1::ApplicationState_Name(state));
  }
  return filter;
}

// The caller's areas within those asked for.
std::vector<AreaRange> Common(const std::vector<AreaRange>& own, const std::vector<AreaRange>& asked) {
  if (asked.empty()) {
    return own;
  }
  std::vector<AreaRange> ranges;
  for (const AreaRange& a : own) {
    for (const AreaRange& b : asked) {
      AreaRange both{std::max(a.lo, b.lo), std::min(a.hi, b.hi)};
      if (both.lo < both.hi) {
        ranges.push_back(std::move(both));
      }
    }
  }
  return ranges;
}

std::string AreaOf(const v1::AccountCheck& check) {
  return check.area();
}

const rpc::RootKind<v1::AccountCheck> kCheck{kAccountChecks, AreaOf, nullptr};

// Each card that passes the own checks, once, in the order of the applications.
class CheckStream final : public rpc::StreamSource<v1::ExportPaymentFileResponse> {
 public:
  CheckStream(const rpc::Host& host, const PaymentRules& rules, std::string shard, v1::AccountCheck check)
      : host_(host), rules_(rules), shard_(std::move(shard)), check_(std::move(check)) {}

  absl::StatusOr<std::optional<v1::ExportPaymentFileResponse>> Next(rpc::Call&) override {
    if (ended_) {
      return std::optional<v1::ExportPaymentFileResponse>();
    }
    std::string text = offset_ == 0 ? CheckFileHead(check_) : "";
    do {
      ASSIGN_OR_RETURN(const bool more, AddPage(&text));
      if (!more) {
        text += CheckFileTail(lines_);
        ended_ = true;
      }
    } while (text.empty());
    v1::ExportPaymentFileResponse response;
    response.set_offset(offset_);
    offset_ += static_cast<int64_t>(text.size());
    response.set_data(std::move(text));
    return std::optional(std::move(response));
  }
  bool ended() const override { return ended_; }

 private:
  // False: there was none.
  absl::StatusOr<bool> AddPage(std::string* text) {
    ASSIGN_OR_RETURN(const PayablePage page, host_.database.Read([&](db::Transaction& tx) {
      return ReadPayable(tx, shard_, FilterOf(check_.term()), after_, kCardsPerMessage);
    }));
    if (page.rows.empty()) {
      return false;
    }
    ASSIGN_OR_RETURN(const AccountFactsOpener opener, AccountFactsOpener::Create(page, host_.keys, shard_));
    for (const db::Row& row : page.rows) {
      ASSIGN_OR_RETURN(OpenedAccount account, opener.Open(row));
      account.facts.set_refused_by_bank(false);  // it is asked again
      if (account.refused.empty() && AccountReasons(rules_, account.facts).empty() &&
          seen_.insert(row.Text(10)).second) {
        absl::StrAppend(text, CheckFileLine(row.Text(10), account.facts));
        ++lines_;
      }
    }
    after_ = {page.rows.back().Text(0), page.rows.back().Text(1)};
    return true;
  }

  const rpc::Host& host_;
  const PaymentRules& rules_;
  const std::string shard_;
  const v1::AccountCheck check_;
  PayableKey after_;
  std::set<std::string> seen_;
  int64_t lines_ = 0, offset_ = 0;
  bool ended_ = false;
};

}  // namespace

absl::StatusOr<v1::EvaluateAccountResponse> Handlers::EvaluateAccount(rpc::Call&,
                                                                      const v1::EvaluateAccountRequest& request) {
  ASSIGN_OR_RETURN(const Term term, ParseTerm(request.term()));
  ASSIGN_OR_RETURN(const PaymentRules* rules, payments_.InForce(request.region_code(), term));
  v1::EvaluateAccountResponse response;
  for (std::string& reason : AccountReasons(*rules, request.facts())) {
    response.add_reasons(std::move(reason));
  }
  response.set_source(rules->source);
  return response;
}

absl::StatusOr<v1::ListAccountProblemsResponse> Handlers::ListAccountProblems(
    rpc::Call& call, const v1::ListAccountProblemsRequest& request) {
  ASSIGN_OR_RETURN(const Term term, ParseTerm(request.term()));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const int64_t size, rpc::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const auto asked, WithinArea(request.area()));
  ASSIGN_OR_RETURN(const PaymentRules* rules, payments_.InForce(RegionOfShard(shard), term));
  const std::string token_of = rpc::FilterOf(request);
  PayableKey after;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const auto key, rpc::PageKey(token_of, request.page_token(), 2));
    after = {key[0], key[1]};
  }
  PayableFilter filter = FilterOf(request.term());
  filter.within = Common(call.Ranges(), asked);
  v1::ListAccountProblemsResponse response;
  if (filter.within.empty()) {
    return response;
  }
  ASSIGN_OR_RETURN(
      const PayablePage page,
      host_.database.Read([&](db::Transaction& tx) { return ReadPayable(tx, shard, filter, after, size + 1); },
                          {.deadline = call.deadline()}));
  ASSIGN_OR_RETURN(const AccountFactsOpener opener, AccountFactsOpener::Create(page, host_.keys, shard));
  const size_t shown = std::min(page.rows.size(), static_cast<size_t>(size));
  std::string last;  // a pupil with several items stands once, its applications being neighbours
  for (size_t i = 0; i < shown; ++i) {
    const std::string& id = page.rows[i].Text(1);
    std::string person = id.substr(0, id.find('.'));
    ASSIGN_OR_RETURN(const OpenedAccount account, opener.Open(page.rows[i]));
    std::vector<std::string> reasons =
        account.refused.empty() ? AccountReasons(*rules, account.facts) : std::vector<std::string>{account.refused};
    if (!reasons.empty() && person != last) {
      v1::AccountProblem* problem = response.add_problems();
      problem->set_student(absl::StrCat(request.parent(), "/students/", person));
      problem->set_area(page.rows[i].Text(0));
      problem->mutable_reasons()->Assign(reasons.begin(), reasons.end());
    }
    last = std::move(person);
  }
  if (page.rows.size() > shown) {
    const db::Row& row = page.rows[shown - 1];
    response.set_next_page_token(rpc::PageToken(token_of, {row.Text(0), row.Text(1)}));
  }
  return response;
}

absl::StatusOr<v1::AccountCheck> Handlers::CreateAccountCheck(rpc::Call& call,
                                                              const v1::CreateAccountCheckRequest& request) {
  RETURN_IF_ERROR(ParseTerm(request.term()).status());
  const std::string name = absl::StrCat(request.parent(), "/", kAccountChecks.collection, "/", NewId(call.clock()));
  const Act act = ActOf(call);
  return rpc::WriteRoot(call, host_, kCheck, name, true, "CREATE",
                        [&](db::Transaction&, const v1::AccountCheck*, v1::AccountCheck& after) -> absl::Status {
                          after.set_area(std::string(rpc::CountyOfParent(request.parent())));
                          after.set_term(request.term());
                          after.set_made_by(act.person);
                          *after.mutable_made_on() = DateOf(act.on);
                          return absl::OkStatus();
                        });
}

absl::StatusOr<v1::AccountCheck> Handlers::GetAccountCheck(rpc::Call& call, const v1::GetAccountCheckRequest& request) {
  return rpc::GetRoot<v1::AccountCheck>(call, host_, kAccountChecks, request.name(), AreaOf);
}

absl::StatusOr<std::unique_ptr<rpc::StreamSource<v1::ExportPaymentFileResponse>>> Handlers::ExportAccountCheck(
    rpc::Call& call, const v1::ExportAccountCheckRequest& request) {
  ASSIGN_OR_RETURN(v1::AccountCheck check,
                   rpc::GetRoot<v1::AccountCheck>(call, host_, kAccountChecks, request.name(), AreaOf));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.name()));
  ASSIGN_OR_RETURN(const Term term, ParseTerm(check.term()));
  ASSIGN_OR_RETURN(const PaymentRules* rules, payments_.InForce(RegionOfShard(shard), term));
  RETURN_IF_ERROR(AllowUnmask(call, kUnmaskPayments, check.area(), check.name()));
  return std::make_unique<CheckStream>(host_, *rules, shard, std::move(check));
}

absl::StatusOr<ruraledu::jobs::v1::Job> Handlers::ImportAccountCheck(rpc::Call& call,
                                                                     const v1::ImportAccountCheckRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kAccountChecks.collection));
  // Settles the area, for replays too.
  RETURN_IF_ERROR(rpc::GetRoot<v1::AccountCheck>(call, host_, kAccountChecks, request.name(), AreaOf).status());
  v1::AccountCheckPlan plan;
  plan.set_check(request.name());
  plan.set_file(request.file());
  return rpc::StartJob(
      shared_, call, absl::StrCat("counties/", shard.substr(1)), kAccountCheckJob, plan,
      [&](db::Transaction& tx) { return CheckFileOf(tx, host_.keys, request.file(), request.name()); });
}

}  // namespace ruraledu::student_aid
