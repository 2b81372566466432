// The two writes of student_aid with a fault before each of their statements: no half write, and the same request_id
// succeeds afterwards, once.
#include <atomic>

#include "tests/student_aid/fixture.h"

namespace ruraledu::student_aid {
namespace {

using ::testing::ElementsAre;

class WritesTest : public ::testing::Test {
 protected:
  WritesTest() : registry(folder), aid(folder, registry, Faulty()) {
    PutCounty(registry);
    EXPECT_TRUE(aid.CatchUp().ok());
  }
  db::Options Faulty() {
    db::Options options;
    options.decorate = db::WithFaults([this](int64_t, std::string_view) {
      return left < 0 || left.fetch_sub(1) > 0 ? absl::OkStatus() : (left = 0, absl::UnknownError("cut off"));
    });
    return options;
  }

  std::atomic<int64_t> left = -1;  // statements that still work; negative: all
  TempFolder folder;
  Registry registry;
  Aid aid;
};

TEST_F(WritesTest, AidIsRecordedWholeOrNotAtAll) {
  bool whole = false;
  for (int64_t cut = 0; !whole; ++cut) {
    ASSERT_LT(cut, 300);
    const std::string term = absl::StrCat(1900 + cut, "-", 1901 + cut, "-1");
    v1::BatchRecordAidRequest request;
    request.set_parent(kCounty);
    request.set_request_id(absl::StrCat("give", cut));
    for (const char* item : {"SP_NUTR", "SP_LIV_B_JUN"}) {
      v1::AidRecord* record = request.add_records();
      record->set_person("p1");
      record->set_item(item);
      record->set_term(term);
      record->set_amount_fen(40000);
      *record->mutable_paid_on() = Date(20231115);
      record->set_source("PRIOR_SYSTEM");
      record->set_school("s1");
    }
    v1::ListAidRecordsRequest list;
    list.set_parent(kCounty);
    list.set_term(term);
    left = cut;
    whole = aid.Call("BatchRecordAid", request, &Handlers::BatchRecordAid).ok();
    left = -1;
    const int stored = aid.Call("ListAidRecords", list, &Handlers::ListAidRecords)->records_size();
    EXPECT_TRUE(stored == 0 || stored == 2) << "cut at " << cut;
    EXPECT_TRUE(stored == 2 || !whole) << "cut at " << cut;
    const auto again = aid.Call("BatchRecordAid", request, &Handlers::BatchRecordAid);
    ASSERT_TRUE(again.ok()) << "cut at " << cut << ": " << again.status();
    EXPECT_THAT(again->outcomes(), ElementsAre("RECORDED", "RECORDED")) << "cut at " << cut;
    EXPECT_EQ(aid.Call("ListAidRecords", list, &Handlers::ListAidRecords)->records_size(), 2) << "cut at " << cut;
  }
}

TEST_F(WritesTest, ARunIsStartedOnce) {
  ruraledu::jobs::v1::ListJobsRequest list;
  list.set_parent(kCounty);
  list.set_page_size(1000);
  bool whole = false;
  for (int64_t cut = 0; !whole; ++cut) {
    ASSERT_LT(cut, 300);
    v1::StartEntitlementRunRequest request;
    request.set_parent(kCounty);
    request.set_term(kAutumn);
    request.set_request_id(absl::StrCat("start", cut));
    left = cut;
    whole = aid.Call("StartEntitlementRun", request, &Handlers::StartEntitlementRun).ok();
    left = -1;
    const auto again = aid.Call("StartEntitlementRun", request, &Handlers::StartEntitlementRun);
    ASSERT_TRUE(again.ok()) << "cut at " << cut << ": " << again.status();
    EXPECT_EQ(aid.Call("ListJobs", list, &Handlers::ListJobs)->jobs_size(), cut + 1) << "cut at " << cut;
    request.set_term("2023-2024-2");
    EXPECT_EQ(ReasonOf(aid.Call("StartEntitlementRun", request, &Handlers::StartEntitlementRun).status()),
              "REQUEST_ID_REUSED");
  }
}

}  // namespace
}  // namespace ruraledu::student_aid
