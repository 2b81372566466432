// What may be thrown any bytes at: every parser of something that comes from outside. A target aborts nothing and
// returns what is wrong with the answer, "" when all is well; crashes, hangs and undefined behaviour are the
// sanitizers' and the clock's to find.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ruraledu::fuzz {

struct Target {
  std::string name;
  std::vector<std::string> seeds;  // good inputs, to be mutated
  std::function<std::string(std::string_view bytes)> run;
  int weight = 1;  // inputs per round are divided by this: targets that are slow by nature
};

const std::vector<Target>& Targets();
// Those among them that are tables and templates of policies: table_targets.cc.
std::vector<Target> TableTargets();

}  // namespace ruraledu::fuzz
