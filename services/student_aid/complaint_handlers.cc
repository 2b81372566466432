// Complaints: taken down, assigned, answered, opened again, read.
#include <set>

#include "common/base/day.h"
#include "common/base/proto_day.h"
#include "common/domain/school_year.h"
#include "common/domain/shard.h"
#include "services/student_aid/complaint_rules.h"
#include "services/student_aid/fund_writes.h"
#include "services/student_aid/handlers.h"
#include "services/student_aid/office_store.h"
#include "services/student_aid/record_writes.h"
#include "services/student_aid/store.h"

namespace ruraledu::student_aid {
namespace {

constexpr std::string_view kSensitive = "student_aid.complaints.sensitive";
constexpr std::string_view kUnmaskComplaints = "student_aid.complaints.unmask";

std::string AreaOf(const v1::Complaint& complaint) {
  return complaint.area();
}

const rpc::RootKind<v1::Complaint> kKind{kComplaints, AreaOf, nullptr};

std::vector<std::string> Names(const google::protobuf::RepeatedPtrField<std::string>& files) {
  return {files.begin(), files.end()};
}

// A sensitive complaint is not there for who may not see it.
absl::Status CheckSeen(rpc::Call& call, const v1::Complaint& complaint) {
  return complaint.sensitive() && !call.Holds(kSensitive, complaint.area()) ? call.CheckMissing(complaint.name())
                                                                            : absl::OkStatus();
}

// A root of the county that a complaint is about; NOT_FOUND when there is none. Settles its area.
template <typename Root>
absl::StatusOr<Root> Load(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer,
                          const feed::RootTable& table, const std::string& name) {
  ASSIGN_OR_RETURN(const std::string of, rpc::ShardOf(name, table.collection));
  if (of != tx.shard()) {
    return Fail("NAME_INVALID", {{"field", table.collection}});
  }
  ASSIGN_OR_RETURN(auto root, feed::Load<Root>(tx, sealer, table, of, feed::IdOfName(name)));
  if (!root.has_value()) {
    return call.CheckMissing(name);
  }
  RETURN_IF_ERROR(call.CheckArea(root->area(), name));
  return *std::move(root);
}

// Whom the complaint is about, and where.
absl::Status FillPlace(rpc::Call& call, db::Transaction& tx, const v1::CreateComplaintRequest& request,
                       v1::Complaint* complaint) {
  complaint->set_area(tx.shard().substr(1));
  if (!request.student().empty()) {
    ASSIGN_OR_RETURN(const std::string person,
                     WhoStays(tx, tx.shard(), std::string(feed::IdOfName(request.student()))));
    ASSIGN_OR_RETURN(const auto place, FindPupil(tx, tx.shard(), person));
    if (!place.has_value()) {
      const absl::Status missing = call.CheckMissing(request.student());
      return absl::IsNotFound(missing) ? Fail("PERSON_UNKNOWN", {{"parent", request.parent()}}) : missing;
    }
    complaint->set_person(person);
    complaint->set_area(place->area);
  } else if (!request.school().empty()) {
    ASSIGN_OR_RETURN(const auto school, FindSchool(tx, tx.shard(), feed::IdOfName(request.school())));
    if (!school.has_value()) {
      const absl::Status missing = call.CheckMissing(request.school());
      return absl::IsNotFound(missing) ? Fail("SCHOOL_UNKNOWN") : missing;
    }
    complaint->set_area(school->area());
  }
  return absl::OkStatus();
}

absl::Status CheckSame(std::string_view field, const std::string& wanted, const std::string& found) {
  return wanted.empty() || wanted == found ? absl::OkStatus() : Fail("NAME_INVALID", {{"field", field}});
}

// What the complaint is about: its application and order are the same pupil's.
absl::Status FillMatter(rpc::Call& call, db::Transaction& tx, const crypto::Sealer& sealer,
                        const v1::CreateComplaintRequest& request, v1::Complaint* complaint) {
  complaint->set_application(request.application());
  if (!request.order().empty()) {
    ASSIGN_OR_RETURN(const auto order, Load<v1::PaymentOrder>(call, tx, sealer, kPaymentOrders, request.order()));
    RETURN_IF_ERROR(CheckSame("order", request.application(), order.application()));
    complaint->set_order(order.name());
    complaint->set_application(order.application());
  }
  if (!complaint->application().empty()) {
    ASSIGN_OR_RETURN(const auto application,
                     Load<v1::Application>(call, tx, sealer, kApplications, complaint->application()));
    RETURN_IF_ERROR(CheckSame("application", complaint->person(), application.person()));
    complaint->set_person(application.person());
    complaint->set_area(request.student().empty() ? application.area() : complaint->area());
  }
  return absl::OkStatus();
}

// Persons who decided on what the complaint is about: on the application, on the identification that it rests on, and
// who ordered the payment.
absl::StatusOr<std::set<std::string>> DecidersOf(db::Transaction& tx, const crypto::Sealer& sealer,
                                                 const v1::Complaint& complaint) {
  std::set<std::string> deciders;
  const auto load = [&]<typename Root>(const feed::RootTable& table, const std::string& name,
                                       Root* root) -> absl::Status {
    if (name.empty()) {
      return absl::OkStatus();
    }
    return feed::LoadRoot(tx, sealer, table, tx.shard(), feed::IdOfName(name), root).status();
  };
  v1::Application application;
  RETURN_IF_ERROR(load(kApplications, complaint.application(), &application));
  AddDeciders(application, &deciders);
  v1::Identification identification;
  RETURN_IF_ERROR(load(kIdentifications, application.identification(), &identification));
  AddDeciders(identification, &deciders);
  v1::PaymentOrder order;
  RETURN_IF_ERROR(load(kPaymentOrders, complaint.order().empty() ? application.order() : complaint.order(), &order));
  v1::PaymentBatch batch;
  RETURN_IF_ERROR(load(kPaymentBatches, order.batch(), &batch));
  if (!batch.payer().empty()) {
    deciders.insert(batch.payer());
  }
  return deciders;
}

absl::Status CheckCreate(const OfficeBook& office, absl::CivilDay today, const v1::CreateComplaintRequest& request) {
  Violations violations;
  if (!ParseTerm(request.term()).ok()) {
    violations.Add("term", "TERM_FORMAT", {{"term", request.term()}});
  }
  if (office.channels().Find(request.channel(), today) == nullptr) {
    violations.Add("channel", "CODE_UNKNOWN", {{"list", "contact_channel"}});
  }
  const auto received = DayOf(request.received_on(), "received_on", &violations);
  if (received.has_value() && *received > today) {
    violations.Add("received_on", "DATE_AHEAD", {{"date", DayText(*received)}});
  }
  violations.MostBytes("complainant", request.complainant(), kMostName);
  violations.MostBytes("contact", request.contact(), kMostName);
  violations.MostBytes("ground", request.ground(), kMostText);
  CheckFiles(request.files(), "files", &violations);
  return violations.status();
}

// CODE_UNKNOWN.
absl::StatusOr<const v1::ComplaintCategory*> CategoryOf(const OfficeBook& office, std::string_view code,
                                                        std::string_view shard, absl::CivilDay day) {
  const v1::ComplaintCategory* category = office.FindCategory(code, RegionOfShard(shard), day);
  if (category == nullptr) {
    Violations violations;
    violations.Add("category", "CODE_UNKNOWN", {{"list", "complaint_categories"}});
    return violations.status();
  }
  return category;
}

// Days and state, nothing of anybody.
v1::GetComplaintStatusResponse StatusOf(const v1::Complaint& complaint, absl::CivilDay today) {
  v1::GetComplaintStatusResponse response;
  response.set_receipt(complaint.receipt());
  response.set_state(complaint.state());
  *response.mutable_received_on() = complaint.received_on();
  *response.mutable_answer_due_on() = complaint.answer_due_on();
  response.set_reopened(complaint.reopened());
  if (complaint.state() == v1::COMPLAINT_STATE_ANSWERED) {
    *response.mutable_answered_on() = complaint.answered_on();
  } else {
    response.set_overdue(today > *DayOf(complaint.answer_due_on()));
  }
  return response;
}

}  // namespace

absl::StatusOr<v1::ListComplaintCategoriesResponse> Handlers::ListComplaintCategories(
    rpc::Call& call, const v1::ListComplaintCategoriesRequest& request) {
  if (request.region_code().size() != 12) {
    return Fail("NAME_INVALID", {{"field", "region_code"}});
  }
  v1::ListComplaintCategoriesResponse response;
  for (const v1::ComplaintCategory* category : office_.Categories(request.region_code(), call.clock().Today())) {
    *response.add_categories() = *category;
  }
  return response;
}

absl::StatusOr<v1::Complaint> Handlers::CreateComplaint(rpc::Call& call, const v1::CreateComplaintRequest& request) {
  const Act act = ActOf(call);
  RETURN_IF_ERROR(CheckCreate(office_, act.on, request));
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  ASSIGN_OR_RETURN(const auto* category, CategoryOf(office_, request.category(), shard, act.on));
  Violations violations;
  const v1::ComplaintPriority priority = PriorityOf(*category, request.priority(), &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  ASSIGN_OR_RETURN(const WorkCalendar calendar, host_.database.Read(feed::ReadWorkCalendar));
  const absl::CivilDay received = DayOf(request.received_on()).value_or(act.on);
  const std::string id = rpc::StableId(call);
  const std::string name = absl::StrCat(request.parent(), "/complaints/", id);
  const std::string secret = host_.keys.Fingerprint({"complaint_receipt", id});
  return rpc::WriteRoot(call, host_, kKind, name, true, "REGISTER",
                        [&](db::Transaction& tx, const v1::Complaint*, v1::Complaint& after) -> absl::Status {
                          RETURN_IF_ERROR(FillPlace(call, tx, request, &after));
                          RETURN_IF_ERROR(FillMatter(call, tx, *sealer, request, &after));
                          after.set_term(request.term());
                          after.set_channel(request.channel());
                          after.set_complainant(request.complainant());
                          after.set_contact(request.contact());
                          after.set_ground(request.ground());
                          after.set_priority(priority);
                          after.set_receipt(ReceiptOf(shard.substr(1), secret));
                          *after.mutable_files() = request.files();
                          RETURN_IF_ERROR(Refer(&call, tx, *sealer, name, {}, Names(after.files())));
                          return Register(act, *category, received, calendar, &after);
                        });
}

absl::StatusOr<v1::Complaint> Handlers::AssignComplaint(rpc::Call& call, const v1::AssignComplaintRequest& request) {
  Violations violations;
  violations.MostBytes("assignee", request.assignee(), kMostName);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kComplaints.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const Act act = ActOf(call);
  return rpc::WriteRoot(call, host_, kKind, request.name(), false, "ASSIGN",
                        [&](db::Transaction& tx, const v1::Complaint* before, v1::Complaint& after) -> absl::Status {
                          RETURN_IF_ERROR(CheckSeen(call, *before));
                          RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
                          ASSIGN_OR_RETURN(const auto deciders, DecidersOf(tx, *sealer, *before));
                          return Assign(act, request.assignee(), deciders, &after);
                        });
}

absl::StatusOr<v1::Complaint> Handlers::AnswerComplaint(rpc::Call& call, const v1::AnswerComplaintRequest& request) {
  Violations violations;
  violations.Require(request.outcome() != v1::COMPLAINT_OUTCOME_UNSPECIFIED, "outcome");
  violations.MostBytes("answer", request.answer(), kMostText);
  CheckFiles(request.files(), "files", &violations);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kComplaints.collection));
  ASSIGN_OR_RETURN(const auto sealer, host_.keys.SealerOf(shard));
  const Act act = ActOf(call, request.answer());
  return rpc::WriteRoot(call, host_, kKind, request.name(), false, "ANSWER",
                        [&](db::Transaction& tx, const v1::Complaint* before, v1::Complaint& after) -> absl::Status {
                          RETURN_IF_ERROR(CheckSeen(call, *before));
                          RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
                          ASSIGN_OR_RETURN(const auto deciders, DecidersOf(tx, *sealer, *before));
                          RETURN_IF_ERROR(Answer(act, request.outcome(), deciders, &after));
                          after.mutable_files()->MergeFrom(request.files());
                          return Refer(&call, tx, *sealer, before->name(), Names(before->files()),
                                       Names(after.files()));
                        });
}

absl::StatusOr<v1::Complaint> Handlers::ReopenComplaint(rpc::Call& call, const v1::ReopenComplaintRequest& request) {
  Violations violations;
  violations.MostBytes("ground", request.ground(), kMostText);
  RETURN_IF_ERROR(violations.status());
  ASSIGN_OR_RETURN(const std::string shard, rpc::ShardOf(request.name(), kComplaints.collection));
  ASSIGN_OR_RETURN(const WorkCalendar calendar, host_.database.Read(feed::ReadWorkCalendar));
  const Act act = ActOf(call, request.ground());
  return rpc::WriteRoot(call, host_, kKind, request.name(), false, "REOPEN",
                        [&](db::Transaction&, const v1::Complaint* before, v1::Complaint& after) -> absl::Status {
                          RETURN_IF_ERROR(CheckSeen(call, *before));
                          RETURN_IF_ERROR(feed::CheckEtag(request.etag(), before->etag()));
                          ASSIGN_OR_RETURN(const auto* category,
                                           CategoryOf(office_, before->category(), shard, act.on));
                          return Reopen(act, *category, calendar, &after);
                        });
}

absl::StatusOr<v1::Complaint> Handlers::GetComplaint(rpc::Call& call, const v1::GetComplaintRequest& request) {
  ASSIGN_OR_RETURN(v1::Complaint complaint,
                   rpc::GetRoot<v1::Complaint>(call, host_, kComplaints, request.name(), AreaOf));
  RETURN_IF_ERROR(CheckSeen(call, complaint));
  if (!request.unmask()) {
    rpc::MaskRoot(complaint);
    return complaint;
  }
  RETURN_IF_ERROR(AllowUnmask(call, kUnmaskComplaints, complaint.area(), complaint.name()));
  return complaint;
}

absl::StatusOr<v1::ListComplaintsResponse> Handlers::ListComplaints(rpc::Call& call,
                                                                    const v1::ListComplaintsRequest& request) {
  rpc::ListSpec spec{.area_column = "area", .order = {"answer_due_on"}};
  if (request.open_only()) {
    spec.equal.emplace_back("is_open", int64_t{1});
  }
  if (!request.category().empty()) {
    spec.equal.emplace_back("category", request.category());
  }
  if (!request.assignee().empty()) {
    spec.equal.emplace_back("assignee", request.assignee());
  }
  if (request.priority() != v1::COMPLAINT_PRIORITY_UNSPECIFIED) {
    spec.equal.emplace_back("priority", v1::ComplaintPriority_Name(request.priority()));
  }
  ASSIGN_OR_RETURN(spec.within, WithinArea(request.area()));
  const std::string_view area =
      request.area().empty() ? rpc::CountyOfParent(request.parent()) : feed::IdOfName(request.area());
  if (!call.Holds(kSensitive, area)) {
    spec.equal.emplace_back("sensitive", int64_t{0});
  }
  return rpc::ListRoots<v1::Complaint, v1::ListComplaintsRequest, v1::ListComplaintsResponse>(
      call, host_, kComplaints, spec, request, &v1::ListComplaintsResponse::mutable_complaints);
}

// By its receipt alone: whoever asks covers the county, a complaint of any category is told.
absl::StatusOr<v1::GetComplaintStatusResponse> Handlers::GetComplaintStatus(
    rpc::Call& call, const v1::GetComplaintStatusRequest& request) {
  ASSIGN_OR_RETURN(const std::string shard, ShardOfName(request.parent()));
  RETURN_IF_ERROR(call.CheckArea(rpc::CountyOfParent(request.parent())));
  const std::string receipt = ReadReceipt(request.receipt());
  return host_.database.Read(
      [&](db::Transaction& tx) -> absl::StatusOr<v1::GetComplaintStatusResponse> {
        ASSIGN_OR_RETURN(const auto rows, ComplaintOfReceipt(tx, shard, receipt));
        if (rows.empty()) {
          return call.CheckMissing(request.parent());
        }
        v1::Complaint complaint;
        RETURN_IF_ERROR(feed::ReadRoot(rows[0], 1, kComplaints, rows[0].Text(0), nullptr, &complaint));
        return StatusOf(complaint, call.clock().Today());
      },
      {.deadline = call.deadline()});
}

}  // namespace ruraledu::student_aid
