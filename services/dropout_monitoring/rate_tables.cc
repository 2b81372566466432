#include "services/dropout_monitoring/rate_tables.h"

#include "ruraledu/dropout_monitoring/v1/rate.pb.h"

namespace ruraledu::dropout_monitoring {

const feed::RootTable kRateFigures{
    "rate_figures",
    "rateFigures",
    {"area", "school_year", "state", "is_replaced"},
    [](const google::protobuf::Message& root) {
      const auto& figures = static_cast<const v1::RateFigures&>(root);
      return std::vector<db::Value>{figures.area(), figures.school_year(), v1::RateFiguresState_Name(figures.state()),
                                    int64_t{figures.state() == v1::RATE_FIGURES_STATE_REPLACED}};
    }};

}  // namespace ruraledu::dropout_monitoring
