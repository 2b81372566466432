// A SQLite VFS over the default one that forgets unsynced writes at a simulated power loss.
//
// Writes go to the real file; what they did since the last xSync is remembered per file. PowerLoss() takes the power
// away: from then on every write fails, each file is put back to its last synced bytes, and a random subset of the
// unsynced writes (each whole or cut at a 512-byte sector) is applied again, as a disk cache may do. After the database
// is closed, PowerOn() lets a new one open what is left.
#pragma once

#include <cstdint>

namespace ruraledu::testlib {

class LossyVfs {
 public:
  static constexpr char kName[] = "lossy";
  static void Register();  // once per process is enough
  static void PowerLoss(uint64_t seed);
  static void PowerOn();
};

}  // namespace ruraledu::testlib
