// What the handlers of goods share. For goods_handlers.cc and goods_issue_handlers.cc only.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/rpc/resources.h"
#include "services/student_aid/goods_rules.h"
#include "services/student_aid/store.h"
#include "services/student_aid/study_writes.h"

namespace ruraledu::student_aid {

// A school of the transaction's county that the caller covers. SCHOOL_UNKNOWN.
absl::StatusOr<registry_v1::School> SchoolForGoods(rpc::Call& call, db::Transaction& tx, const std::string& name);

// Who gets what on a day, by the copies of the registry.
class GoodsPupils {
 public:
  GoodsPupils(const rpc::Host& host, const GoodsBook& book, std::string shard)
      : host_(host), book_(book), shard_(std::move(shard)) {}

  struct Pupil {
    std::string school;  // resource name; "": not on the roll of the county
    std::string stage;
    std::set<std::string> kinds;
  };
  // The persons who are enrolled on the day, by id.
  absl::StatusOr<std::map<std::string, Pupil>> Read(db::Transaction& tx, const std::vector<std::string>& persons,
                                                    absl::CivilDay on) const;

 private:
  const rpc::Host& host_;
  const GoodsBook& book_;
  const std::string shard_;
};

// Stocks and movements of one write: every stock is loaded once and put once.
class GoodsWrites {
 public:
  // All of it outlives this.
  GoodsWrites(db::Transaction& tx, const crypto::Sealer& sealer, feed::RootWriter& writer)
      : writer_(writer), stocks_(tx, sealer, kGoodsStocks) {}

  absl::StatusOr<const v1::GoodsStock*> Stock(const std::string& school, const std::string& item);
  // Puts a new movement; what is BOOKED moves its stock. STOCK_EXCEEDED; then nothing has changed.
  absl::Status Enter(const v1::GoodsMovement& movement, std::string_view cause);
  // Puts a movement that was decided on, likewise.
  absl::Status Change(const v1::GoodsMovement& before, const v1::GoodsMovement& after, std::string_view cause);
  absl::Status Finish() { return stocks_.Put(writer_, "MOVE"); }

 private:
  absl::Status Book(const v1::GoodsMovement& movement);

  feed::RootWriter& writer_;
  Roots<v1::GoodsStock> stocks_;
};

}  // namespace ruraledu::student_aid
