// A county whose pupils have numbers, and lists of other departments' aid.
#pragma once

#include "services/student_aid/department_store.h"
#include "tests/student_aid/mirror_fixture.h"

namespace ruraledu::student_aid {

inline constexpr char kCapHead[] = "cap,region,from,until,period,purposes,limit_yuan,over,label_zh,source\n";

class DepartmentFixture : public MirrorFixture {
 protected:
  explicit DepartmentFixture(db::Options options = {}) : MirrorFixture(std::move(options)) {}

  static v1::CreateDepartmentAidListRequest Opening(const std::string& department = "CIVIL_AFFAIRS",
                                                    int from = 20230901, int until = 20240831) {
    v1::CreateDepartmentAidListRequest request;
    request.set_parent(kCounty);
    request.set_department(department);
    *request.mutable_from() = Date(from);
    *request.mutable_until() = Date(until);
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::DepartmentAidList> OpenList(const v1::CreateDepartmentAidListRequest& request = Opening()) {
    return As("officer", "CreateDepartmentAidList", request, &Handlers::CreateDepartmentAidList);
  }
  v1::DepartmentAidList ListOf(const std::string& name) {
    return WholeRoot<v1::DepartmentAidList>(kDepartmentAidLists, name);
  }
  // "1 LIVING 300.00 2023-10-01": a pupil, a purpose, an amount, a day that may be left out.
  static std::string Aiding(const std::vector<std::string>& lines) {
    std::string text = "县民政局救助名单\n姓名,身份证号,救助项目,用途,金额,发放日期\n";
    for (const std::string& line : lines) {
      const std::vector<std::string> parts = absl::StrSplit(line, ' ');
      absl::StrAppend(&text, "学生,", IdNumber(std::stoi(parts[0])), ",临时救助,", parts[1], ",", parts[2], ",",
                      parts.size() > 3 ? parts[3] : "", "\n");
    }
    return text + "合计,,,,,\n";
  }
  static v1::ImportDepartmentAidListRequest Reading(const std::string& list, const std::string& file) {
    auto request = Naming<v1::ImportDepartmentAidListRequest>(list);
    request.set_file(file);
    return request;
  }
  absl::StatusOr<v1::DepartmentAidList> Read(const std::string& list, const std::string& content) {
    ASSIGN_OR_RETURN(const auto job, As("clerk", "ImportDepartmentAidList", Reading(list, Upload(list, content)),
                                        &Handlers::ImportDepartmentAidList));
    RETURN_IF_ERROR(aid.Turn("c411728", std::string(feed::IdOfName(job.name()))));
    return ListOf(list);
  }
  // Opens and reads a list that counts.
  v1::DepartmentAidList Counted(const std::vector<std::string>& lines,
                                const std::string& department = "CIVIL_AFFAIRS") {
    const auto list = OpenList(Opening(department));
    EXPECT_TRUE(list.ok()) << list.status();
    const auto read = Read(list->name(), Aiding(lines));
    EXPECT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->state(), v1::DEPARTMENT_AID_LIST_STATE_COUNTED);
    return *read;
  }
  void CapAt(const std::string& yuan, const std::string& over) {
    caps_.push_back(std::make_unique<DepartmentBook>(
        DepartmentsWith(absl::StrCat(kCapHead, "YEAR,411728000000,2023-09-01,,SCHOOL_YEAR,*,", yuan, ",", over,
                                     ",每学年上限,own\n"))
            .value()));
    aid.UseCaps(*caps_.back());
  }

 private:
  std::vector<std::unique_ptr<DepartmentBook>> caps_;  // those before stay: the service refers to them
};

}  // namespace ruraledu::student_aid
