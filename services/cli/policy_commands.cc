// aid policies: the standards that decide.
#include "absl/strings/str_cat.h"
#include "ruraledu/student_aid/v1/run.pb.h"
#include "services/cli/calls.h"

namespace ruraledu::cli {
namespace {

namespace v1 = ruraledu::student_aid::v1;

struct Options {
  std::string term, region;
};

absl::Status ListSets(Session& session, const Options& options) {
  v1::ListPolicySetsRequest request;
  request.set_term(options.term);
  request.set_region_code(options.region);
  ASSIGN_OR_RETURN(const auto all, session.Call<v1::ListPolicySetsResponse>("student_aid", "ListPolicySets", request));
  Table table({{"政策集 set"}, {"名称 label"}, {"自 from"}, {"至 until"}, {"复核 review-by"}, {"项目数 items", true}});
  for (const v1::PolicySet& set : all.policy_sets()) {
    table.Add({set.name(), set.label_zh(), set.from_term(), set.until_term(), TextOf(set.review_by()),
               absl::StrCat(set.items_size())});
  }
  return session.Print(all, table);
}

}  // namespace

void AddPolicyCommands(CLI::App& aid, Action& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* policies = aid.add_subcommand("policies", "standards by jurisdiction (资助政策)")->require_subcommand(1);
  CLI::App* list = policies->add_subcommand("list", "policy sets");
  list->add_option("--term", options->term, "only those in force in this term: 2023-2024-1");
  list->add_option("--region", options->region, "with --term: only those of this region, 12 digits");
  OnCommand(list, chosen, options, ListSets);
  AddShow<v1::GetPolicySetRequest, v1::PolicySet>(policies, chosen, "student_aid", "GetPolicySet",
                                                  "one set with its rows", "policySets/SP@1");
}

}  // namespace ruraledu::cli
