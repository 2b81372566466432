// A real Redis server for tests, on a unix socket in a folder of its own; gone with its owner.
#pragma once

#include <sys/types.h>

#include <string>

namespace ruraledu::testlib {

class Redis {
 public:
  // Starts a server. Aborts when that fails: a missing server is a failure, never a skipped test.
  Redis();
  ~Redis();
  Redis(const Redis&) = delete;
  Redis& operator=(const Redis&) = delete;

  std::string address() const { return "unix:" + folder_ + "/redis.sock"; }
  void Start();  // cold: nothing is kept
  void Stop();   // kill -9
  // Stops answering without closing connections, and goes on.
  void Freeze();
  void Thaw();

 private:
  std::string folder_;
  pid_t process_ = 0;
};

}  // namespace ruraledu::testlib
