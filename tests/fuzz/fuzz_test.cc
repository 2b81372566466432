// Mutated inputs for every target: the seeds, cut, repeated, spliced, with bits flipped and tokens of the formats put
// in. Seeded: the failing seed is printed and RURALEDU_FUZZ_SEED runs it again; RURALEDU_FUZZ_RUNS (default 400) is the
// number of inputs per target, for a night of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/fuzz/targets.h"

namespace ruraledu::fuzz {
namespace {

constexpr size_t kLongest = 1 << 16;

int64_t Number(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  int64_t value = otherwise;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

// What breaks parsers: ends of ranges, quotes, separators, halves of characters.
constexpr std::string_view kTokens[] = {"\"",
                                        ",",
                                        "\n",
                                        "\r\n",
                                        "\t",
                                        "\0",
                                        "\xff",
                                        "\x81",
                                        "\x81\x30",
                                        "\x84\x31\xa4\x37",
                                        "\xe7\x8e",
                                        "\xef\xbb\xbf",
                                        "\xef\xbc\x91",
                                        "-1",
                                        "0",
                                        "99999999999999999999",
                                        "1E400",
                                        "NaN",
                                        "{",
                                        "}",
                                        "<",
                                        "</",
                                        "<![CDATA[",
                                        "&#0;",
                                        "&lt;",
                                        "''",
                                        "[[",
                                        "]]",
                                        "%s",
                                        "..",
                                        "/",
                                        "\xc2\xa0",
                                        "\xe3\x80\x80",
                                        "2023-02-30",
                                        "9999-12-31",
                                        "PK\x03\x04"};

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  std::string Next(const std::vector<std::string>& seeds) {
    std::string text = seeds[Below(seeds.size())];
    const int changes = static_cast<int>(Below(6));  // none: the seed itself
    for (int i = 0; i < changes; ++i) {
      Change(seeds, &text);
    }
    text.resize(std::min(text.size(), kLongest));
    return text;
  }

 private:
  size_t Below(size_t limit) { return limit == 0 ? 0 : static_cast<size_t>(random_() % limit); }

  void Change(const std::vector<std::string>& seeds, std::string* text) {
    const size_t at = Below(text->size() + 1), length = Below(std::min<size_t>(text->size() - at, 64) + 1);
    switch (Below(8)) {
      case 0:
        text->resize(at);
        break;
      case 1:
        text->erase(at, length);
        break;
      case 2:
        text->insert(at, kTokens[Below(std::size(kTokens))]);
        break;
      case 3:
        if (at < text->size()) (*text)[at] = static_cast<char>((*text)[at] ^ (1 << Below(8)));
        break;
      case 4:
        if (at < text->size()) (*text)[at] = static_cast<char>(random_());
        break;
      case 5:
        text->insert(at, text->substr(Below(text->size() + 1), length));
        break;
      case 6: {
        const std::string& other = seeds[Below(seeds.size())];
        text->replace(at, std::string::npos, other.substr(Below(other.size() + 1)));
        break;
      }
      default:
        text->insert(at, std::string(Below(2'000), at < text->size() ? (*text)[at] : '9'));
    }
  }

  std::mt19937_64 random_;
};

class FuzzTest : public ::testing::TestWithParam<size_t> {};

TEST_P(FuzzTest, AnyBytesAreReadOrRefused) {
  const Target& target = Targets()[GetParam()];
  const auto seed = static_cast<uint64_t>(Number("RURALEDU_FUZZ_SEED", 20230901));
  const int64_t runs = Number("RURALEDU_FUZZ_RUNS", 400) / target.weight;
  for (const std::string& text : target.seeds) {
    EXPECT_EQ(target.run(text), "") << "the seed itself";
  }
  for (int64_t i = 0; i < runs; ++i) {
    Mutator mutator(seed * 1'000'003 + static_cast<uint64_t>(i));
    const std::string text = mutator.Next(target.seeds);
    const std::string problem = target.run(text);
    ASSERT_EQ(problem, "") << "RURALEDU_FUZZ_SEED=" << seed << " input " << i << ": "
                           << absl::CHexEscape(text.substr(0, 2'000));
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzTest, ::testing::Range<size_t>(0, Targets().size()),
                         [](const auto& test) { return Targets()[test.param].name; });

}  // namespace
}  // namespace ruraledu::fuzz
