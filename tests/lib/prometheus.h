// A real Prometheus server for tests, in a folder of its own; gone with its owner.
#pragma once

#include <sys/types.h>

#include <string>

namespace ruraledu::testlib {

class Prometheus {
 public:
  // Starts it with a configuration file, whose folder it may write to, and waits until it is ready. It cannot take "any
  // free port" and tell which: a free one is chosen, and another one when somebody else was faster. Aborts when the
  // server cannot be started: a missing one is a failure, never a skipped test.
  explicit Prometheus(const std::string& config_file);
  ~Prometheus();
  Prometheus(const Prometheus&) = delete;
  Prometheus& operator=(const Prometheus&) = delete;

  // The body of GET `path`, "" when nobody answers.
  std::string Get(const std::string& path) const;
  // Answer of the HTTP API to a PromQL query, JSON on one line.
  std::string Query(const std::string& promql) const;
  // Asks until the answer contains `text` or a minute has passed; the last answer.
  std::string Await(const std::string& promql, const std::string& text) const;

 private:
  bool Start(const std::string& config_file);
  void Stop();

  std::string data_;
  int port_ = 0;
  pid_t process_ = 0;
};

}  // namespace ruraledu::testlib
