// Text for a terminal: tables whose columns line up although Chinese characters are two cells wide, and progress.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/struct.pb.h"

namespace ruraledu::cli {

// Cells that a terminal uses for UTF-8 text: 2 for East Asian wide and full-width characters, 0 for combining marks.
int DisplayWidth(std::string_view utf8);

struct Heading {
  std::string text;
  bool right = false;  // numbers
};

class Table {
 public:
  explicit Table(std::vector<Heading> headings) : headings_(std::move(headings)) {}
  // As many cells as headings. Control characters are shown as "?", so that data cannot steer the terminal.
  void Add(std::vector<std::string> cells);
  size_t size() const { return rows_.size(); }
  // Lines, each ending with a line break; no blanks at line ends.
  std::string Text() const;
  // A list of objects; keys are the English words of the headings, "data_keys". Numbers are numbers.
  google::protobuf::ListValue Values() const;

 private:
  std::vector<Heading> headings_;
  std::vector<std::vector<std::string>> rows_;
};

// One bar that is drawn over and over on a terminal, and a plain line per tenth elsewhere. `total` 0: unknown.
class Progress {
 public:
  Progress(std::ostream& out, bool terminal, std::string label);
  void Show(int64_t done, int64_t total, std::string_view what = "");
  // Ends the bar, leaving its line on a terminal.
  void End();

 private:
  std::ostream& out_;
  bool terminal_;
  std::string label_, last_;
  int64_t tenth_ = -1;
  bool drawn_ = false;
};

// "12,345".
std::string Grouped(int64_t number);

}  // namespace ruraledu::cli
