// students, households, teachers.
#include <iostream>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "ruraledu/registry/v1/identity.pb.h"
#include "ruraledu/registry/v1/person.pb.h"
#include "ruraledu/registry/v1/requests.pb.h"
#include "services/cli/calls.h"
#include "services/cli/row_recorder.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::registry::v1;

struct Options {
  std::string county, area, status, stage, village, school, name, purpose, id_number, from, reason, file;
  bool unmask = false;
  int64_t limit = 50;
};

std::string GradeOf(const v1::Student& student) {
  return student.enrolments().empty() ? ""
                                      : absl::StrCat(student.enrolments(0).stage(), " ", student.enrolments(0).grade());
}

absl::Status ListStudents(Session& session, const Options& options) {
  v1::ListStudentsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_area(AreaOf(options.area));
  request.set_status(options.status);
  request.set_stage(options.stage);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListStudentsResponse>("registry", "ListStudents", request, options.limit));
  Table table({{"姓名 name"}, {"性别"}, {"年级 grade"}, {"状态 status"}, {"区域 area"}, {"资源名 resource"}});
  for (const v1::Student& student : all.students()) {
    table.Add({student.display_name(), student.sex() == "1" ? "男" : "女", GradeOf(student), student.status(),
               student.area(), student.name()});
  }
  return session.Print(all, table);
}

absl::Status GetStudent(Session& session, const Options& options) {
  v1::GetStudentRequest request;
  request.set_name(options.name);
  request.set_unmask(options.unmask);
  ASSIGN_OR_RETURN(const auto student,
                   session.Call<v1::Student>("registry", "GetStudent", request, {.purpose = options.purpose}));
  return session.PrintJson(student);
}

// The number comes from standard input unless it is given, so that it need not stand in the shell's history.
absl::Status FindStudent(Session& session, const Options& options) {
  v1::FindStudentRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  std::string number = options.id_number;
  if (number.empty()) {
    std::getline(std::cin, number);
  }
  request.set_id_number(number);
  ASSIGN_OR_RETURN(const auto student, session.Call<v1::Student>("registry", "FindStudent", request));
  return session.PrintJson(student);
}

absl::Status ChangeStatus(Session& session, const Options& options) {
  v1::ChangeStudentStatusRequest request;
  request.set_name(options.name);
  request.set_status(options.status);
  request.set_reason(options.reason);
  ASSIGN_OR_RETURN(*request.mutable_status_from(), DateOf("--from", options.from));
  ASSIGN_OR_RETURN(const auto student, session.Call<v1::Student>("registry", "ChangeStudentStatus", request));
  return session.PrintJson(student);
}

absl::Status ListHouseholds(Session& session, const Options& options) {
  v1::ListHouseholdsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_village(options.village);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListHouseholdsResponse>("registry", "ListHouseholds", request, options.limit));
  Table table({{"户编号 number"}, {"村 village"}, {"成员", true}, {"搬迁"}, {"资源名 resource"}});
  for (const v1::Household& household : all.households()) {
    table.Add({household.source_number(), household.village(), absl::StrCat(household.members_size()),
               household.relocated() ? "是" : "", household.name()});
  }
  return session.Print(all, table);
}

absl::Status GetHousehold(Session& session, const Options& options) {
  v1::GetHouseholdRequest request;
  request.set_name(options.name);
  request.set_unmask(options.unmask);
  ASSIGN_OR_RETURN(const auto household,
                   session.Call<v1::Household>("registry", "GetHousehold", request, {.purpose = options.purpose}));
  return session.PrintJson(household);
}

absl::Status ListTeachers(Session& session, const Options& options) {
  v1::ListTeachersRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.County(options.county));
  request.set_school(options.school);
  ASSIGN_OR_RETURN(const auto all,
                   session.ListAll<v1::ListTeachersResponse>("registry", "ListTeachers", request, options.limit));
  Table table({{"姓名 name"}, {"岗位 post"}, {"学科 subject"}, {"职称 title"}, {"区域 area"}});
  for (const v1::Teacher& teacher : all.teachers()) {
    table.Add({teacher.display_name(), teacher.post(), teacher.subject(), teacher.title_grade(), teacher.area()});
  }
  return session.Print(all, table);
}

// The cards that aid is paid to, from a school's list.
class CardRecorder final : public RowRecorder {
 public:
  CardRecorder(Session& session, std::string parent) : RowRecorder(session, std::move(parent), "bank_accounts") {}

 private:
  absl::StatusOr<std::string> Add(const Row& row, const Person& person) override {
    if (person.by_name) {
      return std::string("WEAK_MATCH");  // money goes to nobody who is not sure
    }
    if (row.Value("active") == "0") {
      return std::string("CARD_REFUSED");  // the bank would not book on it
    }
    v1::UpdateStudentRequest update;
    update.mutable_student()->set_name(absl::StrCat(parent(), "/students/", person.id));
    update.mutable_student()->mutable_contact()->set_card_number(row.Value("card_number"));
    update.mutable_student()->mutable_contact()->set_card_holder(row.Value("account_holder"));
    update.mutable_update_mask()->add_paths("contact.card_number");
    update.mutable_update_mask()->add_paths("contact.card_holder");
    updates_.push_back(std::move(update));
    return std::string();
  }

  absl::StatusOr<std::vector<std::string>> Send() override {
    std::vector<std::string> outcomes;
    for (const v1::UpdateStudentRequest& update : updates_) {
      const auto student = session().Call<v1::Student>("registry", "UpdateStudent", update);
      if (!student.ok() && !IsOfOne(student.status())) {
        return student.status();
      }
      outcomes.push_back(student.ok() ? "RECORDED" : ReasonOf(student.status()));
    }
    updates_.clear();
    return outcomes;
  }

  std::vector<v1::UpdateStudentRequest> updates_;
};

absl::Status RecordCards(Session& session, const Options& options) {
  ASSIGN_OR_RETURN(std::string parent, session.County(options.county));
  return CardRecorder(session, std::move(parent)).Run(options.file);
}

void AddGet(CLI::App* command, const std::shared_ptr<Options>& options) {
  command->add_option("name", options->name, "resource name")->required();
  AddUnmask(*command, &options->unmask, &options->purpose);
}

void AddList(CLI::App* command, const std::shared_ptr<Options>& options) {
  command->add_option("--county", options->county, "six digits");
  AddLimit(*command, &options->limit);
}

}  // namespace

void AddPersonCommands(CLI::App& root, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* students = root.add_subcommand("students", "students, masked")->require_subcommand(1);
  CLI::App* list = students->add_subcommand("list", "students of a county");
  AddList(list, options);
  list->add_option("--area", options->area, "only of this area: 411728103, 411728103/<school>");
  list->add_option("--status", options->status, "only with this status (3.1): ENROLLED");
  list->add_option("--stage", options->stage, "only of this stage: PRI");
  OnCommand(list, chosen, options, ListStudents);
  CLI::App* get = students->add_subcommand("get", "one student");
  AddGet(get, options);
  OnCommand(get, chosen, options, GetStudent);
  CLI::App* find = students->add_subcommand("find", "a student by identity number");
  find->add_option("--county", options->county, "six digits");
  find->add_option("number", options->id_number, "identity number; read from standard input when left out");
  OnCommand(find, chosen, options, FindStudent);
  CLI::App* status = students->add_subcommand("status", "changes the status of a student (3.1)");
  status->add_option("name", options->name, "resource name")->required();
  status->add_option("status", options->status, "SUSPENDED, ENROLLED, ...")->required();
  status->add_option("--from", options->from, "first day of the new status")->required();
  status->add_option("--reason", options->reason, "reason code");
  OnCommand(status, chosen, options, ChangeStatus);
  CLI::App* cards = students->add_subcommand("cards", "records the cards of pupils, from a school's list");
  cards->add_option("file", options->file, "CSV or Excel: 身份证件号, 姓名, 户名, 银行卡号")
      ->required()
      ->check(CLI::ExistingFile);
  cards->add_option("--county", options->county, "six digits");
  OnCommand(cards, chosen, options, RecordCards);

  CLI::App* households = root.add_subcommand("households", "households, masked")->require_subcommand(1);
  CLI::App* of_county = households->add_subcommand("list", "households of a county");
  AddList(of_county, options);
  of_county->add_option("--village", options->village, "only of this village or township, 12 or 9 digits");
  OnCommand(of_county, chosen, options, ListHouseholds);
  CLI::App* household = households->add_subcommand("get", "one household");
  AddGet(household, options);
  OnCommand(household, chosen, options, GetHousehold);

  CLI::App* teachers = root.add_subcommand("teachers", "teachers of a county");
  AddList(teachers, options);
  teachers->add_option("--school", options->school, "only of this school (resource name)");
  OnCommand(teachers, chosen, options, ListTeachers);
}

}  // namespace ruraledu::cli
