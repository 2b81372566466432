// ruraledu_xls <address space in bytes> <seconds>: reads the XLS that is open as descriptor 3 and writes its first
// visible sheet as frames to the standard output. Everything that can go wrong in the library ends this process, not
// the caller.
#include <freexl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "absl/strings/str_format.h"
#include "common/ingest/formats.h"
#include "common/ingest/xls_frames.h"

namespace ruraledu::ingest {
namespace {

void Limit(int resource, rlim_t value) {
  rlimit limit{value, value};
  setrlimit(static_cast<__rlimit_resource>(resource), &limit);
}

void LimitProcess(const char* memory, const char* seconds) {
  auto time = static_cast<unsigned>(std::atoi(seconds));
  Limit(RLIMIT_CORE, 0);
  Limit(RLIMIT_FSIZE, 0);
  Limit(RLIMIT_CPU, time);
  alarm(time);
#if !defined(RURALEDU_SANITIZED)  // sanitizers reserve terabytes of addresses
  Limit(RLIMIT_AS, static_cast<rlim_t>(std::atoll(memory)));
#endif
}

void Write(char type, const std::string& content) {
  auto size = static_cast<uint32_t>(content.size());
  if (std::fwrite(&type, 1, 1, stdout) != 1 || std::fwrite(&size, sizeof size, 1, stdout) != 1 ||
      std::fwrite(content.data(), 1, content.size(), stdout) != content.size()) {
    std::_Exit(1);
  }
}

int Refuse(const std::string& reason) {
  Write(kXlsError, reason);
  return 1;
}

std::string Utf16(const std::string& ascii) {
  std::string wide;
  for (char c : ascii) {
    wide.append({c, '\0'});
  }
  return wide;
}

// Hidden sheets are found by their BOUNDSHEET records (type 0x85: u32 position, state, kind, length, flag,
// name) in the raw bytes; the library does not tell. A record cut by a sector boundary is missed: its sheet counts as
// visible.
bool IsHidden(const std::string& bytes, unsigned index) {
  unsigned seen = 0;
  for (size_t at = 0; (at = bytes.find("\x85", at)) != std::string::npos && at + 12 < bytes.size(); ++at) {
    auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[at + i]); };
    size_t size = byte(2) + 256u * byte(3), name = byte(10), wide = byte(11);
    bool record = byte(1) == 0 && byte(8) <= 2 && (byte(9) <= 2 || byte(9) == 6) && wide <= 1 && name >= 1 &&
                  name <= 31 && size == 8 + name * (wide + 1);
    if (record && seen++ == index) {
      return byte(8) != 0;
    }
  }
  return false;
}

CellKind Convert(const FreeXL_CellValue& value, std::string& text) {
  switch (value.type) {
    case FREEXL_CELL_INT:
      text = std::to_string(value.value.int_value);
      return CellKind::kNumber;
    case FREEXL_CELL_DOUBLE:
      text = absl::StrFormat("%.17g", value.value.double_value);
      NormalizeNumber(text);
      return CellKind::kNumber;
    case FREEXL_CELL_TEXT:
    case FREEXL_CELL_SST_TEXT:
      text = value.value.text_value;
      return text.empty() ? CellKind::kEmpty : CellKind::kText;
    case FREEXL_CELL_DATE:
    case FREEXL_CELL_DATETIME:
      text = value.value.text_value;
      return CellKind::kDate;
    case FREEXL_CELL_TIME:
      text = value.value.text_value;
      return CellKind::kText;
    default:
      return CellKind::kEmpty;
  }
}

bool WriteRows(const void* book) {
  unsigned rows = 0;
  unsigned short columns = 0;
  if (freexl_worksheet_dimensions(book, &rows, &columns) != FREEXL_OK) {
    return false;
  }
  std::string frame, text, blanks;
  for (unsigned row = 0; row < rows; ++row) {
    frame.clear();
    blanks.clear();
    AppendNumber(frame, row + 1);
    for (unsigned short column = 0; column < columns; ++column) {
      FreeXL_CellValue value;
      if (freexl_get_cell_value(book, row, column, &value) != FREEXL_OK) {
        return false;
      }
      text.clear();
      CellKind kind = Convert(value, text);
      std::string& to = kind == CellKind::kEmpty ? blanks : frame;
      if (kind != CellKind::kEmpty) {
        frame.append(blanks);
        blanks.clear();
      }
      AppendCell(to, kind, text);
    }
    if (frame.size() > sizeof(uint32_t)) {
      Write(kXlsRow, frame);
    }
  }
  return true;
}

uint32_t Number(const std::string& bytes, size_t at) {
  uint32_t value = 0xFFFFFFFF;
  if (at + sizeof value <= bytes.size()) {
    std::memcpy(&value, bytes.data() + at, sizeof value);
  }
  return value;
}

// Whether the file has every sector that its allocation table says is used; the library reads a cut-off file as if the
// rest were empty. Compound file format: shift of the sector size at 30, next table of tables at 68, 109 tables
// from 76.
bool IsWhole(const std::string& bytes) {
  size_t shift = Number(bytes, 30) & 0xFFFF;
  if (bytes.size() < 512 || (shift != 9 && shift != 12)) {
    return false;
  }
  size_t sector = size_t{1} << shift, have = bytes.size() / sector - 1, index = 0;
  auto table_is_whole = [&](uint32_t table) {
    for (size_t i = 0; i < sector / 4; ++i, ++index) {
      if (table >= have || (Number(bytes, (table + 1) * sector + i * 4) != 0xFFFFFFFF && index >= have)) {
        return false;
      }
    }
    return true;
  };
  for (size_t i = 0; i < 109 && Number(bytes, 76 + i * 4) < 0xFFFFFFFC; ++i) {
    if (!table_is_whole(Number(bytes, 76 + i * 4))) {
      return false;
    }
  }
  size_t chained = 0;
  for (uint32_t list = Number(bytes, 68); list < 0xFFFFFFFC; ++chained) {
    if (list >= have || chained > have) {
      return false;
    }
    size_t at = (list + size_t{1}) * sector;
    for (size_t i = 0; i + 1 < sector / 4 && Number(bytes, at + i * 4) < 0xFFFFFFFC; ++i) {
      if (!table_is_whole(Number(bytes, at + i * 4))) {
        return false;
      }
    }
    list = Number(bytes, at + sector - 4);
  }
  return true;
}

// The index of the first visible sheet, or -1.
int FirstVisible(const std::string& bytes, unsigned sheets) {
  for (unsigned i = 0; i < sheets; ++i) {
    if (!IsHidden(bytes, i)) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

int Run() {
  std::ifstream file("/dev/fd/3", std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  if (bytes.find(Utf16("EncryptedPackage")) != std::string::npos) {
    return Refuse("FILE_ENCRYPTED");
  }
  if (!IsWhole(bytes)) {
    return Refuse("FILE_DAMAGED");
  }
  const void* book = nullptr;
  int result = freexl_open("/dev/fd/3", &book);
  if (result != FREEXL_OK) {
    return Refuse(result == FREEXL_BIFF_WORKBOOK_NOT_FOUND ? "FILE_KIND_UNKNOWN" : "FILE_DAMAGED");
  }
  unsigned password = 0, sheets = 0;
  freexl_get_info(book, FREEXL_BIFF_PASSWORD, &password);
  if (password == FREEXL_BIFF_OBFUSCATED) {
    return Refuse("FILE_ENCRYPTED");
  }
  const char* name = nullptr;
  freexl_get_info(book, FREEXL_BIFF_SHEET_COUNT, &sheets);
  int sheet = FirstVisible(bytes, sheets);
  if (sheet < 0) {
    return Refuse("FILE_EMPTY");
  }
  auto index = static_cast<unsigned short>(sheet);
  if (freexl_get_worksheet_name(book, index, &name) != FREEXL_OK ||
      freexl_select_active_worksheet(book, index) != FREEXL_OK) {
    return Refuse("FILE_DAMAGED");
  }
  Write(kXlsSheet, name == nullptr ? "" : name);
  if (!WriteRows(book)) {
    return Refuse("FILE_DAMAGED");
  }
  Write(kXlsEnd, "");
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace
}  // namespace ruraledu::ingest

int main(int argc, char** argv) {
  if (argc != 3) {
    return 2;
  }
  ruraledu::ingest::LimitProcess(argv[1], argv[2]);
  return ruraledu::ingest::Run();
}
