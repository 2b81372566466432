#include "tests/lib/lossy_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <new>
#include <random>
#include <string>
#include <vector>

namespace ruraledu::testlib {
namespace {

struct Write {
  sqlite3_int64 offset;
  std::string before, after;  // before is shorter when the write grew the file
};

std::mutex mutex;
std::map<std::string, std::vector<Write>> unsynced;  // by path
bool power = true;
int syncs_left = 0;  // until the power goes; 0: it stays
uint64_t loss_seed = 0;
int full_per_mille = 0;
int64_t full_writes = 0;
std::mt19937_64 full_random;
sqlite3_vfs* real = nullptr;

struct File {
  sqlite3_file base;
  std::string* path;
  sqlite3_file* inner() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
File* Of(sqlite3_file* file) {
  return reinterpret_cast<File*>(file);
}
const sqlite3_io_methods* Inner(sqlite3_file* file) {
  return Of(file)->inner()->pMethods;
}

std::string ReadBack(File* file, sqlite3_int64 offset, sqlite3_int64 size) {
  sqlite3_int64 length = 0;
  Inner(&file->base)->xFileSize(file->inner(), &length);
  std::string bytes(static_cast<size_t>(std::clamp<sqlite3_int64>(length - offset, 0, size)), '\0');
  if (!bytes.empty()) {
    Inner(&file->base)->xRead(file->inner(), bytes.data(), static_cast<int>(bytes.size()), offset);
  }
  return bytes;
}

int Close(sqlite3_file* file) {
  const int code = Inner(file)->xClose(Of(file)->inner());
  delete Of(file)->path;
  return code;
}
int Read(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
  return Inner(file)->xRead(Of(file)->inner(), data, size, offset);
}
int WriteAt(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  std::lock_guard lock(mutex);
  if (!power) {
    return SQLITE_IOERR_WRITE;
  }
  if (full_per_mille > 0 && static_cast<int>(full_random() % 1000) < full_per_mille) {
    ++full_writes;
    return SQLITE_FULL;
  }
  unsynced[*Of(file)->path].push_back(
      {offset, ReadBack(Of(file), offset, size), std::string(static_cast<const char*>(data), size)});
  return Inner(file)->xWrite(Of(file)->inner(), data, size, offset);
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  std::lock_guard lock(mutex);
  if (!power) {
    return SQLITE_IOERR_TRUNCATE;
  }
  sqlite3_int64 length = 0;
  Inner(file)->xFileSize(Of(file)->inner(), &length);
  if (length > size) {
    unsynced[*Of(file)->path].push_back({size, ReadBack(Of(file), size, length - size), ""});
  }
  return Inner(file)->xTruncate(Of(file)->inner(), size);
}
void Lose(uint64_t seed);

int Sync(sqlite3_file* file, int flags) {
  std::lock_guard lock(mutex);
  if (power && syncs_left > 0 && --syncs_left == 0) {
    Lose(loss_seed);
  }
  if (!power) {
    return SQLITE_IOERR_FSYNC;
  }
  unsynced[*Of(file)->path].clear();
  return SQLITE_OK;  // the simulated disk has it; the real one need not
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Inner(file)->xFileSize(Of(file)->inner(), size);
}
int Lock(sqlite3_file* file, int level) {
  return Inner(file)->xLock(Of(file)->inner(), level);
}
int Unlock(sqlite3_file* file, int level) {
  return Inner(file)->xUnlock(Of(file)->inner(), level);
}
int CheckLock(sqlite3_file* file, int* out) {
  return Inner(file)->xCheckReservedLock(Of(file)->inner(), out);
}
int Control(sqlite3_file* file, int op, void* arg) {
  return Inner(file)->xFileControl(Of(file)->inner(), op, arg);
}
int SectorSize(sqlite3_file* file) {
  return Inner(file)->xSectorSize(Of(file)->inner());
}
// No promises about overwriting: SQLite must be as careful as on the plainest disk.
int Characteristics(sqlite3_file*) {
  return 0;
}
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return Inner(file)->xShmMap(Of(file)->inner(), page, size, extend, out);
}
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  return Inner(file)->xShmLock(Of(file)->inner(), offset, n, flags);
}
void ShmBarrier(sqlite3_file* file) {
  Inner(file)->xShmBarrier(Of(file)->inner());
}
int ShmUnmap(sqlite3_file* file, int remove) {
  return Inner(file)->xShmUnmap(Of(file)->inner(), remove);
}

constexpr sqlite3_io_methods kMethods = {
    2,          Close,           Read,   WriteAt, Truncate,   Sync,     FileSize, Lock,   Unlock, CheckLock, Control,
    SectorSize, Characteristics, ShmMap, ShmLock, ShmBarrier, ShmUnmap, nullptr,  nullptr};

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* opened = Of(file);
  opened->base.pMethods = nullptr;
  const int code = real->xOpen(real, name, opened->inner(), flags, out_flags);
  if (opened->inner()->pMethods != nullptr) {
    opened->path = new std::string(name == nullptr ? "" : name);
    opened->base.pMethods = &kMethods;
  }
  return code;
}
int Delete(sqlite3_vfs*, const char* name, int sync) {
  std::lock_guard lock(mutex);
  if (!power) {
    return SQLITE_IOERR_DELETE;
  }
  unsynced.erase(name);
  return real->xDelete(real, name, sync);
}

void Put(std::fstream& file, sqlite3_int64 offset, const std::string& bytes) {
  file.seekp(offset);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// Under the mutex.
void Lose(uint64_t seed) {
  power = false;
  std::mt19937_64 random(seed);
  for (auto& [path, writes] : unsynced) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    for (auto write = writes.rbegin(); write != writes.rend(); ++write) {
      // Beyond the old end the file holds zeros instead of being shorter: what a file system may show as well.
      std::string before = write->before;
      before.resize(std::max(before.size(), write->after.size()), '\0');
      Put(file, write->offset, before);
    }
    for (const Write& write : writes) {
      if (random() % 2 == 0) {
        const size_t sectors = write.after.size() / 512 + 1;
        Put(file, write.offset,
            write.after.substr(0, random() % 4 != 0 ? write.after.size() : random() % sectors * 512));
      }
    }
    writes.clear();
  }
}

}  // namespace

void LossyVfs::Register() {
  static const bool once = [] {
    real = sqlite3_vfs_find(nullptr);
    static sqlite3_vfs vfs = *real;
    vfs.zName = kName;
    vfs.pNext = nullptr;
    vfs.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
    vfs.xOpen = Open;
    vfs.xDelete = Delete;
    return sqlite3_vfs_register(&vfs, /*makeDflt=*/0) == SQLITE_OK;
  }();
  (void)once;
}

void LossyVfs::PowerLoss(uint64_t seed) {
  std::lock_guard lock(mutex);
  Lose(seed);
}

void LossyVfs::PowerLossAtSync(int syncs, uint64_t seed) {
  std::lock_guard lock(mutex);
  syncs_left = syncs;
  loss_seed = seed;
}

bool LossyVfs::has_power() {
  std::lock_guard lock(mutex);
  return power;
}

void LossyVfs::PowerOn() {
  std::lock_guard lock(mutex);
  unsynced.clear();
  syncs_left = 0;
  power = true;
}

void LossyVfs::FillUp(int per_mille, uint64_t seed) {
  std::lock_guard lock(mutex);
  full_per_mille = per_mille;
  full_writes = 0;
  full_random.seed(seed);
}

int64_t LossyVfs::refused() {
  std::lock_guard lock(mutex);
  return full_writes;
}

}  // namespace ruraledu::testlib
