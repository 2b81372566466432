// The generator's own source of randomness: the same seed gives the same numbers on every machine. Integers only.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ruraledu::testlib {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  // An independent stream named by `label`; does not advance this one. Planting faults from their own streams keeps
  // the population the same whether faults are on or off.
  Random Fork(std::string_view label, uint64_t number = 0) const {
    uint64_t hash = 1469598103934665603ull ^ state_;
    for (char c : label) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
    Random fork(hash ^ (number * 0x9e3779b97f4a7c15ull));
    fork.Next();
    return fork;
  }

  uint64_t Next() {  // SplitMix64
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  // 0 ... n-1; n > 0.
  int Below(int n) {
    return static_cast<int>((static_cast<unsigned __int128>(Next()) * static_cast<unsigned>(n)) >> 64);
  }
  int Between(int low, int high) { return low + Below(high - low + 1); }
  // True with `ppm` in a million.
  bool Chance(int ppm) { return Below(1000000) < ppm; }
  // Index drawn by integer weights.
  int Pick(const std::vector<int>& weights) {
    int sum = 0;
    for (int w : weights) sum += w;
    int at = Below(sum);
    for (size_t i = 0; i < weights.size(); ++i) {
      if ((at -= weights[i]) < 0) return static_cast<int>(i);
    }
    return 0;
  }

 private:
  uint64_t state_;
};

}  // namespace ruraledu::testlib
