#include "common/ingest/zip_file.h"

#include <minizip/unzip.h>

#include <algorithm>
#include <utility>

#include "common/base/error.h"

namespace ruraledu::ingest {

struct ZipFile::Stream {
  std::unique_ptr<ByteSource> source;
  int64_t at = 0;
  absl::Status status;
};

namespace {

constexpr size_t kLongestName = 1024;
constexpr int64_t kRatioFrom = 1 << 20;  // small parts of one repeated value have any ratio

// minizip asks for its bytes through these; `opaque` is the Stream, a handle stands for the one open file.
template <typename Stream>
struct Calls {
  static Stream& Of(void* opaque) { return *static_cast<Stream*>(opaque); }
  static void* Open(void* opaque, const void*, int) { return opaque; }
  static uLong Read(void* opaque, void*, void* out, uLong n) {
    auto got = Of(opaque).source->ReadAt(Of(opaque).at, static_cast<char*>(out), n);
    if (!got.ok()) {
      Of(opaque).status = got.status();
      return 0;
    }
    Of(opaque).at += static_cast<int64_t>(*got);
    return *got;
  }
  static uLong Write(void*, void*, const void*, uLong) { return 0; }
  static ZPOS64_T Tell(void* opaque, void*) { return static_cast<ZPOS64_T>(Of(opaque).at); }
  static long Seek(void* opaque, void*, ZPOS64_T offset, int origin) {
    Stream& stream = Of(opaque);
    int64_t base = origin == ZLIB_FILEFUNC_SEEK_SET   ? 0
                   : origin == ZLIB_FILEFUNC_SEEK_CUR ? stream.at
                                                      : stream.source->size();
    int64_t to = 0;
    if (__builtin_add_overflow(base, static_cast<int64_t>(offset), &to) || to < 0 || to > stream.source->size()) {
      return -1;
    }
    stream.at = to;
    return 0;
  }
  static int Close(void*, void*) { return 0; }
  static int Error(void* opaque, void*) { return Of(opaque).status.ok() ? 0 : -1; }
};

}  // namespace

absl::StatusOr<std::unique_ptr<ZipFile>> ZipFile::Open(std::unique_ptr<ByteSource> source, const TableLimits& limits) {
  std::unique_ptr<ZipFile> file(new ZipFile);
  file->stream_ = std::make_unique<Stream>();
  file->stream_->source = std::move(source);
  file->limits_ = limits;
  using C = Calls<Stream>;
  zlib_filefunc64_def calls = {C::Open, C::Read, C::Write, C::Tell, C::Seek, C::Close, C::Error, file->stream_.get()};
  file->zip_ = unzOpen2_64("", &calls);
  unz_global_info64 info;
  if (file->zip_ == nullptr || unzGetGlobalInfo64(file->zip_, &info) != UNZ_OK) {
    RETURN_IF_ERROR(file->stream_->status);
    return Fail("FILE_TRUNCATED");
  }
  if (info.number_entry > static_cast<ZPOS64_T>(limits.zip_entries)) {
    return Fail("ZIP_BOMB");
  }
  file->entries_ = static_cast<int64_t>(info.number_entry);
  return file;
}

ZipFile::~ZipFile() {
  if (zip_ != nullptr) {
    unzClose(zip_);
  }
}

bool ZipFile::Has(const std::string& part) {
  return unzLocateFile(zip_, part.c_str(), 2) == UNZ_OK;
}

absl::Status ZipFile::Begin(const std::string& part) {
  unzCloseCurrentFile(zip_);
  return Has(part) ? Start() : Fail("FILE_DAMAGED");
}

absl::StatusOr<std::optional<std::string>> ZipFile::BeginNext() {
  unzCloseCurrentFile(zip_);
  if (next_ == entries_) {
    return std::optional<std::string>();
  }
  unz_file_info64 info;
  std::string name(kLongestName, '\0');
  const int moved = next_++ == 0 ? unzGoToFirstFile(zip_) : unzGoToNextFile(zip_);
  if (moved != UNZ_OK ||
      unzGetCurrentFileInfo64(zip_, &info, name.data(), name.size(), nullptr, 0, nullptr, 0) != UNZ_OK ||
      info.size_filename > name.size()) {
    RETURN_IF_ERROR(stream_->status);
    return Fail("FILE_DAMAGED");
  }
  name.resize(info.size_filename);
  RETURN_IF_ERROR(Start());
  return std::optional(std::move(name));
}

absl::Status ZipFile::Start() {
  unz_file_info64 info;
  if (unzGetCurrentFileInfo64(zip_, &info, nullptr, 0, nullptr, 0, nullptr, 0) != UNZ_OK) {
    return Fail("FILE_DAMAGED");
  }
  if ((info.flag & 1) != 0) {
    return Fail("FILE_ENCRYPTED");
  }
  packed_ = static_cast<int64_t>(info.compressed_size);
  declared_ = static_cast<int64_t>(info.uncompressed_size);
  unpacked_ = 0;
  if (declared_ < 0 || declared_ > limits_.unpacked_bytes) {
    return Fail("ZIP_BOMB");
  }
  return unzOpenCurrentFile(zip_) == UNZ_OK ? absl::OkStatus() : Fail("FILE_DAMAGED");
}

absl::StatusOr<size_t> ZipFile::Read(char* out, size_t n) {
  int got = unzReadCurrentFile(zip_, out, static_cast<unsigned>(std::min<size_t>(n, 1 << 30)));
  RETURN_IF_ERROR(stream_->status);
  if (got < 0) {
    return Fail("FILE_DAMAGED");
  }
  if (got == 0) {
    RETURN_IF_ERROR(Finish());
    return size_t{0};
  }
  unpacked_ += got;
  total_ += got;
  bool ratio = unpacked_ > kRatioFrom && unpacked_ / limits_.unpack_ratio > packed_;
  if (ratio || total_ > limits_.unpacked_bytes) {
    return Fail("ZIP_BOMB");
  }
  return static_cast<size_t>(got);
}

absl::Status ZipFile::Finish() {
  bool whole = unpacked_ == declared_;
  return unzCloseCurrentFile(zip_) == UNZ_OK && whole ? absl::OkStatus() : Fail("FILE_DAMAGED");
}

}  // namespace ruraledu::ingest
