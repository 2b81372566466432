// A fault before each statement of the writes of attendance: no half write, the same request_id succeeds afterwards,
// once.
#include <atomic>
#include <utility>

#include "common/db/faults.h"
#include "common/feed/journal.h"
#include "tests/dropout_monitoring/attendance_fixture.h"

namespace ruraledu::dropout_monitoring {
namespace {

std::atomic<int64_t> left{-1};  // statements that still work; negative: all

class AttendanceFaults : public AttendanceTest {
 protected:
  static db::Options Cut(db::Options options) {
    options.decorate = db::WithFaults([](int64_t, std::string_view) {
      return left < 0 || left.fetch_sub(1) > 0 ? absl::OkStatus() : (left = 0, absl::UnknownError("cut off"));
    });
    return options;
  }
  AttendanceFaults() : AttendanceTest(Cut(Given())) {}
  ~AttendanceFaults() override { left = -1; }

  // Rows of the roots, with the entries of their versions.
  std::vector<std::string> Rows() {
    return *monitoring.place.database->Read([](db::Transaction& tx) -> absl::StatusOr<std::vector<std::string>> {
      std::vector<std::string> lines;
      for (const char* table : {"sheet", "roster", "school_calendar", "absence", "absence_message"}) {
        ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat("SELECT id, version FROM ", table, " ORDER BY id")));
        for (const db::Row& row : rows) lines.push_back(absl::StrCat(table, " ", row.Text(0), " ", row.Int(1)));
      }
      return lines;
    });
  }
  // Calls with ever more statements that work until none is cut off; a call that failed left nothing and succeeds as
  // soon as it may. `fresh` makes the next call, which is made as often as wanted.
  // `one_write`: false for a job, which may be cut off after a write that then stands.
  void CutEverywhere(const std::function<std::function<absl::Status()>()>& fresh, bool one_write = true) {
    int failed = 0;
    for (int64_t statements = 0;; statements += 2) {
      const auto call = fresh();
      const std::vector<std::string> before = Rows();
      left = statements;
      const absl::Status first = call();
      left = -1;
      const std::vector<std::string> left_behind = Rows();
      failed += first.ok() ? 0 : 1;
      if (!first.ok() && one_write) {
        ASSERT_EQ(left_behind, before) << "half a write after " << statements << " statements";
      }
      const absl::Status again = call();
      ASSERT_TRUE(again.ok()) << again;
      const std::vector<std::string> once = Rows();
      ASSERT_NE(once, before);
      if (left_behind != before) {
        ASSERT_EQ(once, left_behind) << "what stood was whole";
      }
      ASSERT_TRUE(call().ok());
      ASSERT_EQ(Rows(), once) << "twice";
      if (first.ok()) {
        break;
      }
    }
    EXPECT_GT(failed, 2);
    const auto verified = feed::VerifyChain(*monitoring.place.database, kShard);
    EXPECT_TRUE(verified.ok()) << verified.status();
  }
};

TEST_P(AttendanceFaults, OfABatch) {
  CutEverywhere([&] {
    const auto request =
        Batch({Sheet(20230904, {{"p2", v1::MARK_ABSENT}}), Sheet(20230904, {{"p1", v1::MARK_LATE}}, false)});
    return [this, request] {
      return monitoring.Call("BatchRecordAttendance", request, &Handlers::BatchRecordAttendance).status();
    };
  });
}

TEST_P(AttendanceFaults, OfListsOfMeals) {
  CutEverywhere([&] {
    const auto request = MealsOf({Meals(20230904, {}, {"p2"}, true), Meals(20230904, {"p1"})});
    return
        [this, request] { return monitoring.Call("BatchRecordMeals", request, &Handlers::BatchRecordMeals).status(); };
  });
}

TEST_P(AttendanceFaults, OfACalendar) {
  bool half_days = true;
  CutEverywhere([&] {
    const auto request = Calendar(half_days = !half_days);
    return [this, request] {
      return monitoring.Call("PutSchoolCalendar", request, &Handlers::PutSchoolCalendar).status();
    };
  });
}

TEST_P(AttendanceFaults, OfAnEvaluation) {
  ASSERT_EQ(Record({Sheet(20230904, {{"p2", v1::MARK_ABSENT}})}), "R");
  v1::Mark mark = v1::MARK_ABSENT;
  CutEverywhere(
      [&] {
        // Another state to find each time.
        mark = mark == v1::MARK_ABSENT ? v1::MARK_PRESENT : v1::MARK_ABSENT;
        EXPECT_EQ(Record({Sheet(20230904, {{"p1", mark}, {"p3", mark}}, false)}), "R");
        v1::StartEvaluationRequest request;
        request.set_parent(kCounty);
        *request.mutable_on() = Date(20230904);
        request.set_request_id(NewId());
        const auto job = monitoring.Call("StartEvaluation", request, &Handlers::StartEvaluation);
        EXPECT_TRUE(job.ok()) << job.status();
        return [this, id = std::string(feed::IdOfName(job->name()))] { return monitoring.Turn(kShard, id); };
      },
      false);
}

// Messages are made again for those whom they did not reach, as often as wanted.
TEST_P(AttendanceFaults, OfMessagesToGuardians) {
  ASSERT_EQ(Record({Sheet(20230904, {{"p1", v1::MARK_ABSENT}, {"p3", v1::MARK_ABSENT}})}), "R");
  EvaluateDay(20230904);
  const auto send = [this] {
    v1::SendAbsenceMessagesRequest request;
    request.set_parent(kCounty);
    request.set_channel("SMS");
    request.set_again(true);
    request.set_request_id(NewId());
    return [this, request] {
      const auto sent = monitoring.Call("SendAbsenceMessages", request, &Handlers::SendAbsenceMessages);
      if (sent.ok()) EXPECT_EQ(sent->made(), 2);
      return sent.status();
    };
  };
  const auto answer = [this] {
    v1::BatchRecordAbsenceDeliveriesRequest request;
    request.set_parent(kCounty);
    request.set_request_id(NewId());
    for (const char* person : {"p1", "p3"}) {
      v1::AbsenceMessageDelivery* row = request.add_deliveries();
      row->set_message(absl::StrCat(kCounty, "/absenceMessages/", person, ".2023-09-04"));
      row->set_failure("busy");
      *row->mutable_on() = Date(20230904);
    }
    return [this, request] {
      const auto answered =
          monitoring.Call("BatchRecordAbsenceDeliveries", request, &Handlers::BatchRecordAbsenceDeliveries);
      if (answered.ok()) EXPECT_EQ(answered->rows(1).reason(), "");
      return answered.status();
    };
  };
  ASSERT_TRUE(send()().ok());
  CutEverywhere([&] {
    EXPECT_TRUE(answer()().ok());
    return send();
  });
  bool sent = true;
  CutEverywhere([&] {
    if (!std::exchange(sent, false)) EXPECT_TRUE(send()().ok());
    return answer();
  });
}

INSTANTIATE_TEST_SUITE_P(Databases, AttendanceFaults, ::testing::Values("sqlite", "postgres"));

}  // namespace
}  // namespace ruraledu::dropout_monitoring
