// A SQLite VFS over the default one that forgets unsynced writes at a simulated power loss.
//
// Writes go to the real file; what they did since the last xSync is remembered per file. PowerLoss() takes the power
// away: from then on every write fails, each file is put back to its last synced bytes, and a random subset of the
// unsynced writes (each whole or cut at a 512-byte sector) is applied again, as a disk cache may do. After the database
// is closed, PowerOn() lets a new one open what is left. Besides it can be a disk that is full now and then.
#pragma once

#include <cstdint>

namespace ruraledu::testlib {

class LossyVfs {
 public:
  static constexpr char kName[] = "lossy";
  static void Register();  // once per process is enough
  static void PowerLoss(uint64_t seed);
  // Takes the power away in the `syncs`-th xSync from now, before it has made anything durable: within a commit.
  static void PowerLossAtSync(int syncs, uint64_t seed);
  static bool has_power();
  static void PowerOn();
  // Each write finds the disk full with a chance of `per_mille`, drawn from `seed`; 0 makes room for good.
  static void FillUp(int per_mille, uint64_t seed = 0);
  static int64_t refused();  // writes that found it full
};

}  // namespace ruraledu::testlib
