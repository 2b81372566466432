// zero-reports and their reviews: which call each command makes, and what it shows.
#include "ruraledu/dropout_monitoring/v1/zero_report.pb.h"
#include "tests/cli/fixture.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::dropout_monitoring::v1;

constexpr char kReport[] = "counties/411728/zeroReports/s1.2026-09.1";
constexpr char kReview[] = "counties/411728/reviews/QUARTER.2026-Q3";

class ZeroReportsTest : public CliTest {
 protected:
  static v1::ZeroReport One() {
    v1::ZeroReport report;
    report.set_name(kReport);
    report.set_state(v1::ZERO_REPORT_STATE_PREPARED);
    report.mutable_figures()->set_suspected_total(31);
    return report;
  }
  static v1::Review Reviewed() {
    v1::Review review;
    review.set_name(kReview);
    review.set_state(v1::REVIEW_STATE_APPROVED);
    review.mutable_clearance()->set_missing_reports(17);
    return review;
  }
};

TEST_F(ZeroReportsTest, EveryFigureGoesWhereItBelongs) {
  const auto prepared = Monitors<v1::PrepareZeroReportRequest>("PrepareZeroReport", One());
  const std::string shown = Done({"zero-reports",
                                  "prepare",
                                  "counties/411728/schools/s1",
                                  "2026-09",
                                  "--registered",
                                  "812",
                                  "--present",
                                  "790",
                                  "--on-leave",
                                  "6",
                                  "--suspended",
                                  "5",
                                  "--home-taught",
                                  "4",
                                  "--suspected-new",
                                  "3",
                                  "--suspected-total",
                                  "31",
                                  "--dropped-new",
                                  "2",
                                  "--dropped-total",
                                  "22",
                                  "--returned",
                                  "7",
                                  "--relapsed",
                                  "8",
                                  "--transfer-unconfirmed",
                                  "9",
                                  "--reason",
                                  "漏报一人"});
  for (const char* text : {"PREPARED", "31", kReport}) EXPECT_HAS(shown, text);
  EXPECT_ASKED(prepared, R"pb(parent: "counties/411728"
                              school: "counties/411728/schools/s1"
                              month: "2026-09"
                              figures {
                                registered: 812
                                present: 790
                                on_leave: 6
                                suspended: 5
                                home_taught: 4
                                suspected_new: 3
                                suspected_total: 31
                                dropped_new: 2
                                dropped_total: 22
                                returned: 7
                                relapsed: 8
                                transfer_unconfirmed: 9
                              }
                              correction_reason: "漏报一人")pb");
  EXPECT_EQ(prepared->figures().GetDescriptor()->field_count(), 12) << "a new figure needs an option";
  Done({"zero-reports", "prepare", "counties/411728/schools/s1", "2026-09", "--registered", "5", "--present", "5",
        "--zero"});
  EXPECT_ASKED(prepared, R"pb(parent: "counties/411728"
                              school: "counties/411728/schools/s1"
                              month: "2026-09"
                              figures { registered: 5 present: 5 }
                              zero: true)pb");
  EXPECT_EQ(Run({"zero-reports", "prepare", "counties/411728/schools/s1", "2026-09", "--registered", "5"}).code, 2);
  EXPECT_EQ(Run({"zero-reports", "prepare", "s", "2026-09", "--registered", "5", "--present", "-1"}).code, 2);
}

TEST_F(ZeroReportsTest, ReportsAreSignedShownAndListed) {
  const auto signed_one = Monitors<v1::SignZeroReportRequest>("SignZeroReport", One());
  Done({"zero-reports", "sign", kReport, "--etag", "\"7\""});
  EXPECT_ASKED(signed_one, R"pb(name: "counties/411728/zeroReports/s1.2026-09.1" etag: "\"7\"")pb");
  EXPECT_EQ(Run({"zero-reports", "sign", kReport}).code, 2) << "what was read is signed";
  v1::ZeroReport known = One();
  known.mutable_known()->set_suspected_total(33);
  known.set_etag("\"7\"");
  const auto got = Monitors<v1::GetZeroReportRequest>("GetZeroReport", known);
  const std::string shown = Done({"zero-reports", "show", kReport});
  for (const char* text : {"疑似 suspected-total", "31", "33", "PREPARED", "\"7\""}) EXPECT_HAS(shown, text);
  EXPECT_EQ(got->name(), kReport);
  v1::ListZeroReportsResponse all;
  *all.add_reports() = One();
  const auto listed = Monitors<v1::ListZeroReportsRequest>("ListZeroReports", all);
  EXPECT_HAS(Done({"zero-reports", "list", "2026-09", "--area", "411728103", "--all"}), kReport);
  EXPECT_ASKED(listed, R"pb(parent: "counties/411728"
                            month: "2026-09"
                            area: "areas/411728103"
                            all_versions: true
                            page_size: 50)pb");
  v1::Clearance clearance;
  clearance.mutable_total()->set_on_trial(44);
  const auto asked = Monitors<v1::GetClearanceRequest>("GetClearance", clearance);
  EXPECT_HAS(Done({"zero-reports", "clearance", "--on", "2026-09-30"}), "44");
  EXPECT_ASKED(asked, R"pb(parent: "counties/411728"
                           on { year: 2026 month: 9 day: 30 })pb");
}

TEST_F(ZeroReportsTest, ReviewsArePreparedApprovedAndOpenedAgain) {
  const auto prepared = Monitors<v1::PrepareReviewRequest>("PrepareReview", Reviewed());
  EXPECT_HAS(Done({"zero-reports", "reviews", "prepare", "QUARTER", "2026-Q3", "--findings", "两校迟报"}), "17");
  EXPECT_ASKED(prepared,
               R"pb(parent: "counties/411728" kind: REVIEW_KIND_QUARTER period: "2026-Q3" findings: "两校迟报")pb");
  const auto decided = Monitors<v1::DecideReviewRequest>("DecideReview", Reviewed());
  Done({"zero-reports", "reviews", "approve", kReview, "--etag", "\"7\""});
  EXPECT_ASKED(decided, R"pb(name: "counties/411728/reviews/QUARTER.2026-Q3" approve: true etag: "\"7\"")pb");
  Done({"zero-reports", "reviews", "reopen", kReview, "--reason", "补报", "--etag", "\"8\""});
  EXPECT_ASKED(decided, R"pb(name: "counties/411728/reviews/QUARTER.2026-Q3" reason: "补报" etag: "\"8\"")pb");
  EXPECT_EQ(Run({"zero-reports", "reviews", "approve", kReview}).code, 2);
  EXPECT_EQ(Run({"zero-reports", "reviews", "reopen", kReview, "--etag", "\"8\""}).code, 2);
  const auto shown = Monitors<v1::GetReviewRequest>("GetReview", Reviewed());
  EXPECT_HAS(Done({"zero-reports", "reviews", "show", kReview}), "REVIEW_STATE_APPROVED");
  EXPECT_EQ(shown->name(), kReview);
  v1::ListReviewsResponse all;
  *all.add_reviews() = Reviewed();
  v1::MissingReview* missing = all.add_missing();
  missing->set_kind(v1::REVIEW_KIND_YEAR);
  missing->set_period("2024-2025");
  const auto listed = Monitors<v1::ListReviewsRequest>("ListReviews", all);
  const std::string shown_all = Done({"zero-reports", "reviews", "list", "--kind", "YEAR"});
  for (const char* text : {kReview, "2024-2025", "MISSING"}) EXPECT_HAS(shown_all, text);
  EXPECT_ASKED(listed, R"pb(parent: "counties/411728" kind: REVIEW_KIND_YEAR page_size: 50)pb");
}

}  // namespace
}  // namespace ruraledu::cli
