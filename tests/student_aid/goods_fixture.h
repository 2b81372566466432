// A county whose school s1 has received bedding and textbooks; p1 to p3 are poor, p4 is not; s2 is another school.
#pragma once

#include "absl/strings/str_join.h"
#include "services/student_aid/goods_rules.h"
#include "tests/student_aid/office_fixture.h"
#include "tests/student_aid/report_text.h"

namespace ruraledu::student_aid {

class GoodsFixture : public OfficeFixture {
 protected:
  explicit GoodsFixture(db::Options options = {}) : OfficeFixture(std::move(options)) {
    registry.Put(School(kCounty, "s2", "411728104"));
    for (int n = 1; n <= 3; ++n) registry.Put(Student(absl::StrCat("p", n), "JUN", "7", true, {"P2"}));
    registry.Put(Student("p4", "JUN", "7", true));
    EXPECT_TRUE(aid.CatchUp().ok());
  }

  static std::string SchoolName(const std::string& id) { return absl::StrCat(kCounty, "/schools/", id); }
  static std::string StockName(const std::string& item, const std::string& school = "s1") {
    return absl::StrCat(kCounty, "/goodsStocks/", school, ".", item);
  }

  static v1::RecordGoodsMovementRequest Moving(v1::GoodsMovementKind kind, int64_t units,
                                               const std::string& item = "BEDDING", const std::string& school = "s1") {
    v1::RecordGoodsMovementRequest request;
    request.set_parent(kCounty);
    request.set_school(SchoolName(school));
    request.set_item(item);
    request.set_kind(kind);
    request.set_quantity(units);
    *request.mutable_on() = Date(20231120);
    request.set_document("入库单7");
    if (kind == v1::GOODS_MOVEMENT_KIND_RECEIVED) request.set_from_whom("县教育局");
    if (kind == v1::GOODS_MOVEMENT_KIND_LOST || kind == v1::GOODS_MOVEMENT_KIND_SPOILT) request.set_reason("雨淋");
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::GoodsMovement> Record(const v1::RecordGoodsMovementRequest& request,
                                           const std::string& by = "keeper") {
    return As(by, "RecordGoodsMovement", request, &Handlers::RecordGoodsMovement);
  }
  // One that must pass.
  v1::GoodsMovement Recorded(const v1::RecordGoodsMovementRequest& request) {
    const auto movement = Record(request);
    EXPECT_TRUE(movement.ok()) << movement.status();
    return movement.value_or(v1::GoodsMovement());
  }
  void Receive(int64_t units, const std::string& item = "BEDDING", const std::string& school = "s1") {
    Recorded(Moving(v1::GOODS_MOVEMENT_KIND_RECEIVED, units, item, school));
  }
  static v1::BatchIssueGoodsRequest Issuing(const std::vector<std::string>& persons,
                                            const std::string& item = "BEDDING", const std::string& school = "s1") {
    v1::BatchIssueGoodsRequest request;
    request.set_parent(kCounty);
    request.set_school(SchoolName(school));
    request.set_item(item);
    *request.mutable_on() = Date(20231125);
    request.set_document("签领表3");
    for (const std::string& person : persons) request.add_rows()->set_person(person);
    request.set_request_id(NewId());
    return request;
  }
  absl::StatusOr<v1::BatchIssueGoodsResponse> Issue(const v1::BatchIssueGoodsRequest& request,
                                                    const std::string& by = "keeper") {
    return As(by, "BatchIssueGoods", request, &Handlers::BatchIssueGoods);
  }
  // "p1 p4:GOODS_NOT_ENTITLED" of the rows.
  std::string Issued(const v1::BatchIssueGoodsRequest& request) {
    const auto response = Issue(request);
    if (!response.ok()) return ReasonOf(response.status());
    std::vector<std::string> rows;
    for (const v1::GoodsIssueResult& row : response->results()) {
      EXPECT_EQ(row.reason().empty(), row.has_movement());
      rows.push_back(absl::StrCat(row.person(), row.reason().empty() ? "" : ":", row.reason()));
    }
    return absl::StrJoin(rows, " ");
  }
  absl::StatusOr<v1::GoodsMovement> Confirm(const std::string& name, const std::string& by = "leader") {
    return As(by, "ConfirmGoodsMovement", Naming<v1::ConfirmGoodsMovementRequest>(name),
              &Handlers::ConfirmGoodsMovement);
  }
  static v1::RefuseGoodsMovementRequest Refusing(const std::string& name) {
    auto request = Naming<v1::RefuseGoodsMovementRequest>(name);
    request.set_reason("未查清");
    return request;
  }
  static v1::ReverseGoodsMovementRequest Reversing(const std::string& name) {
    auto request = Naming<v1::ReverseGoodsMovementRequest>(name);
    request.set_reason("登错");
    return request;
  }
  absl::StatusOr<v1::GoodsMovement> Reverse(const std::string& name, const std::string& by = "keeper") {
    return As(by, "ReverseGoodsMovement", Reversing(name), &Handlers::ReverseGoodsMovement);
  }
  v1::GoodsStock Stock(const std::string& item = "BEDDING", const std::string& school = "s1") {
    const auto stock = As("reader", "GetGoodsStock", Naming<v1::GetGoodsStockRequest>(StockName(item, school)),
                          &Handlers::GetGoodsStock);
    EXPECT_TRUE(stock.ok()) << stock.status();
    return stock.value_or(v1::GoodsStock());
  }
};

}  // namespace ruraledu::student_aid
